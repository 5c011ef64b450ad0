"""Wrong answers to exercise 3, which its judge must refuse."""

_HEAD = "import numpy as np\n\n\ndef gaussian_score(x, mu, sigma):\n    gap = x - mu\n"

MUTANTS: dict[str, str] = {
    "forgets -n / sigma": _HEAD + "    return gap.sum() / sigma**2, (gap**2).sum() / sigma**3\n",
    "the mean over the points, not the sum": _HEAD
    + "    return gap.mean() / sigma**2, -1 / sigma + (gap**2).mean() / sigma**3\n",
    "the slope in sigma squared": _HEAD
    + "    return gap.sum() / sigma**2, -len(x) / (2 * sigma**2) + (gap**2).sum() / (2 * sigma**4)\n",
    "the slope in log sigma": _HEAD + "    return gap.sum() / sigma**2, -len(x) + (gap**2).sum() / sigma**2\n",
    "the slopes of the loss: both signs turned": _HEAD
    + "    return -gap.sum() / sigma**2, len(x) / sigma - (gap**2).sum() / sigma**3\n",
    "the data's own mean in the place of mu, in the second slope": _HEAD
    + "    own = x - x.sum() / max(len(x), 1)\n"
    "    return gap.sum() / sigma**2, -len(x) / sigma + (own**2).sum() / sigma**3\n",
    "-1 / sigma once, not for every point": _HEAD
    + "    return gap.sum() / sigma**2, -1 / sigma + (gap**2).sum() / sigma**3\n",
    "forgets to divide by sigma squared in the first slope": _HEAD
    + "    return gap.sum(), -len(x) / sigma + (gap**2).sum() / sigma**3\n",
    "works in place: the caller's x is changed": "def gaussian_score(x, mu, sigma):\n"
    "    x = x.astype(float, copy=False)\n    x -= mu\n"
    "    return x.sum() / sigma**2, -len(x) / sigma + (x**2).sum() / sigma**3\n",
    "the two slopes exchanged": _HEAD
    + "    return -len(x) / sigma + (gap**2).sum() / sigma**3, gap.sum() / sigma**2\n",
    "1 / sigma in the first slope": _HEAD
    + "    return gap.sum() / sigma, -len(x) / sigma + (gap**2).sum() / sigma**3\n",
    "1 / sigma^2 in the second slope": _HEAD
    + "    return gap.sum() / sigma**2, -len(x) / sigma + (gap**2).sum() / sigma**2\n",
    "1 / sigma^4 in the second slope": _HEAD
    + "    return gap.sum() / sigma**2, -len(x) / sigma + (gap**2).sum() / sigma**4\n",
    "returns the second slope alone": _HEAD + "    return -len(x) / sigma + (gap**2).sum() / sigma**3\n",
}
