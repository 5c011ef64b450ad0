"""Wrong answers to exercise 4, which its judge must refuse."""

_HEAD = "import numpy as np\n\n\ndef kl(p, q):\n"
_KEEP = "    keep = p > 0\n    p, q = p[keep], q[keep]\n"

MUTANTS: dict[str, str] = {
    "no care for zeros: nan": _HEAD + "    return float((p * np.log(p / q)).sum())\n",
    "p and q exchanged": _HEAD
    + "    keep = q > 0\n    p, q = p[keep], q[keep]\n    return (q * np.log(q / p)).sum()\n",
    "in bits": _HEAD + _KEEP + "    return (p * (np.log2(p) - np.log2(q))).sum()\n",
    "the mean over the outcomes": _HEAD + _KEEP + "    return (p * (np.log(p) - np.log(q))).mean()\n",
    "a little added to both, against log 0": _HEAD
    + "    p, q = p + 1e-12, q + 1e-12\n    return (p * np.log(p / q)).sum()\n",
    "leaves out where q = 0 as well": _HEAD
    + "    keep = (p > 0) & (q > 0)\n    return (p[keep] * np.log(p[keep] / q[keep])).sum()\n",
    "turns every nan and inf into a number": _HEAD + "    return np.nan_to_num(p * np.log(p / q)).sum()\n",
    "p / q overflows for a tiny q": _HEAD + _KEEP + "    return (p * np.log(p / q)).sum()\n",
    "the absolute value of each term": _HEAD + _KEEP + "    return np.abs(p * (np.log(p) - np.log(q))).sum()\n",
    "the cross-entropy": _HEAD + _KEEP + "    return -(p * np.log(q)).sum()\n",
    "inf wherever q = 0, though p = 0 there": _HEAD
    + "    if (q == 0).any():\n        return np.inf\n    p, q = p[p > 0], q[p > 0]\n"
    "    return (p * (np.log(p) - np.log(q))).sum()\n",
    "prints the answer and returns nothing": _HEAD + _KEEP + "    print((p * (np.log(p) - np.log(q))).sum())\n",
}
