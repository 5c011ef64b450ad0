"""Wrong answers to exercise 8 that a student may well write; the judge must refuse each."""

HEAD = "import numpy as np\n\n\ndef density(G, cdf, z, edges):\n"

MUTANTS: dict[str, str] = {
    "reads the prior's cdf as that of x, as if G always rose": HEAD + "    order = np.argsort(G(z))\n"
    "    return np.diff(np.interp(edges, G(z)[order], cdf(z)[order])) / np.diff(edges)\n",
    "puts each cell whole into the bin of its middle": HEAD + "    x, mass = G(z), np.diff(cdf(z))\n"
    "    return np.histogram((x[1:] + x[:-1]) / 2, edges, weights=mass)[0] / np.diff(edges)\n",
    "the formula at points: p / |G'|, interpolated": HEAD + "    x, mass = G(z), np.diff(cdf(z))\n"
    "    p = mass / np.abs(np.diff(x))\n"
    "    middle = (x[1:] + x[:-1]) / 2\n"
    "    order = np.argsort(middle)\n"
    "    return np.interp((edges[1:] + edges[:-1]) / 2, middle[order], p[order])\n",
    "gives all cells the same probability": HEAD + "    x = G(z)\n"
    "    low, high = np.minimum(x[:-1], x[1:]), np.maximum(x[:-1], x[1:])\n"
    "    share = np.clip((edges[:, None] - low) / np.maximum(high - low, 1e-300), 0, 1)\n"
    "    return np.diff(share.mean(axis=1)) / np.diff(edges)\n",
    "keeps the sign of falling cells": HEAD + "    x, mass = G(z), np.diff(cdf(z))\n"
    "    share = np.clip((edges[:, None] - x[:-1]) / (np.diff(x) + 1e-300), 0, 1)\n"
    "    return np.diff(share @ mass) / np.diff(edges)\n",
    "divides by the sum, so that what fell outside is hidden": HEAD + "    x, mass = G(z), np.diff(cdf(z))\n"
    "    low, high = np.minimum(x[:-1], x[1:]), np.maximum(x[:-1], x[1:])\n"
    "    share = np.clip((edges[:, None] - low) / np.maximum(high - low, 1e-300), 0, 1)\n"
    "    got = np.diff(share @ mass)\n"
    "    return got / got.sum() / np.diff(edges)\n",
    "returns probabilities, not densities": HEAD + "    x, mass = G(z), np.diff(cdf(z))\n"
    "    low, high = np.minimum(x[:-1], x[1:]), np.maximum(x[:-1], x[1:])\n"
    "    share = np.clip((edges[:, None] - low) / np.maximum(high - low, 1e-300), 0, 1)\n"
    "    return np.diff(share @ mass)\n",
    "divides every bin by the width of the first": HEAD + "    x, mass = G(z), np.diff(cdf(z))\n"
    "    low, high = np.minimum(x[:-1], x[1:]), np.maximum(x[:-1], x[1:])\n"
    "    share = np.clip((edges[:, None] - low) / np.maximum(high - low, 1e-300), 0, 1)\n"
    "    return np.diff(share @ mass) / (edges[1] - edges[0])\n",
    "makes a density of each cell first, infinite where G stands still": HEAD
    + "    x, mass = G(z), np.diff(cdf(z))\n"
    "    low, high = np.minimum(x[:-1], x[1:]), np.maximum(x[:-1], x[1:])\n"
    "    left, right = edges[:-1, None], edges[1:, None]\n"
    "    overlap = np.maximum(np.minimum(high, right) - np.maximum(low, left), 0)\n"
    "    return (overlap * (mass / (high - low))).sum(axis=1) / np.diff(edges)\n",
    "leaves out the cells on which G stands still": HEAD + "    x, mass = G(z), np.diff(cdf(z))\n"
    "    low, high = np.minimum(x[:-1], x[1:]), np.maximum(x[:-1], x[1:])\n"
    "    low, high, mass = low[high > low], high[high > low], mass[high > low]\n"
    "    share = np.clip((edges[:, None] - low) / (high - low), 0, 1)\n"
    "    return np.diff(share @ mass) / np.diff(edges)\n",
}
