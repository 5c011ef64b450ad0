"""Wrong answers to exercise 2, each of which the judge must refuse."""

HEAD = "import numpy as np\n\n\ndef inverse_cdf(weights, u):\n"

MUTANTS = {
    "an edge goes to the piece on its left": HEAD
    + "    ends = np.cumsum(weights)\n    return np.searchsorted(ends / ends[-1], u)\n",
    "the weights are taken for probabilities": HEAD
    + "    return np.searchsorted(np.cumsum(weights), u, side='right')\n",
    "always the most probable": HEAD + "    return np.full(len(u), np.argmax(weights))\n",
    "searches the weights, not their running sums": HEAD
    + "    return np.searchsorted(np.sort(weights / np.sum(weights)), u, side='right')\n",
    "one too far: a 0 in front of the staircase": HEAD
    + "    ends = np.concatenate([[0], np.cumsum(weights)])\n"
    + "    return np.searchsorted(ends / ends[-1], u, side='right')\n",
    "the last step may end below 1": HEAD
    + "    p = weights / np.sum(weights)\n    return np.searchsorted(np.cumsum(p), u, side='right')\n",
    "the last step may end below 1, cut back to K - 1": HEAD
    + "    p = weights / np.sum(weights)\n"
    + "    return np.minimum(np.searchsorted(np.cumsum(p), u, side='right'), len(p) - 1)\n",
    "draws for itself": HEAD
    + "    rng = np.random.default_rng(0)\n"
    + "    return rng.choice(len(weights), size=len(u), p=weights / np.sum(weights))\n",
    "sorts the weights first": HEAD
    + "    ends = np.cumsum(np.sort(weights)[::-1])\n"
    + "    return np.searchsorted(ends / ends[-1], u, side='right')\n",
    "prints and returns nothing": HEAD
    + "    ends = np.cumsum(weights)\n    print(np.searchsorted(ends / ends[-1], u, side='right'))\n",
    "writes into the weights": HEAD
    + "    weights /= weights.sum()\n    ends = np.cumsum(weights)\n"
    + "    return np.searchsorted(ends / ends[-1], u, side='right')\n",
}
