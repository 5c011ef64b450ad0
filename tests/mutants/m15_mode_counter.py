"""Wrong answers to exercise 15, which its judge must refuse."""

_HEAD = """import numpy as np


def count_modes(samples, centres, sd, weights):
    distance = np.linalg.norm(samples[:, None] - centres, axis=2)
    mode = distance.argmin(axis=1)
    own = distance[np.arange(len(samples)), mode]
    K, n = len(centres), len(samples)
"""
_GOOD = "    good = own < 3 * sd[mode]\n"
_NONE = "    if not good.any():\n        return 0, 0.0, np.inf\n"
_COUNT = "    counts = np.bincount(mode[good], minlength=K)\n"
_KL = "    q = counts / counts.sum()\n    has = q > 0\n    kl = (q[has] * np.log(q[has] / weights[has])).sum()\n"
_END = "    return int(has.sum()), good.mean(), kl\n"

MUTANTS: dict[str, str] = {
    "reverse KL 0 where nothing is good": _HEAD + _GOOD + _NONE.replace("np.inf", "0.0") + _COUNT + _KL + _END,
    "no care for the case where nothing is good": _HEAD + _GOOD + _COUNT + _KL + _END,
    "finds modes that have bad samples only": _HEAD + _GOOD + _NONE + _COUNT + _KL
    + "    return len(np.unique(mode)), good.mean(), kl\n",
    "0 log 0 is nan": _HEAD + _GOOD + _NONE + _COUNT
    + "    q = counts / counts.sum()\n    has = q > 0\n    kl = (q * np.log(q / weights)).sum()\n" + _END,
    "forward KL": _HEAD + _GOOD + _NONE + _COUNT
    + "    q = counts / counts.sum()\n    has = q > 0\n    kl = (weights * np.log(weights / q)).sum()\n" + _END,
    "shares of all samples": _HEAD + _GOOD + _NONE + "    counts = np.bincount(mode, minlength=K)\n" + _KL
    + "    return len(np.unique(mode[good])), good.mean(), kl\n",
    "equal weights": _HEAD + _GOOD + _NONE + _COUNT + _KL.replace("/ weights[has]", "* K") + _END,
    "at 3 sd still good": _HEAD + _GOOD.replace("<", "<=") + _NONE + _COUNT + _KL + _END,
    "nearest in sd": _HEAD.replace("axis=2)", "axis=2) / sd") + "    good = own < 3\n" + _NONE + _COUNT + _KL
    + _END,
    "the first mode's sd for all": _HEAD + _GOOD.replace("sd[mode]", "sd[0]") + _NONE + _COUNT + _KL + _END,
    "divides by n in the reverse KL": _HEAD + _GOOD + _NONE + _COUNT + _KL.replace("counts.sum()", "n") + _END,
    "in bits": _HEAD + _GOOD + _NONE + _COUNT + _KL.replace("np.log", "np.log2") + _END,
    "the last modes missing from the count": _HEAD + _GOOD + _NONE + _COUNT.replace(", minlength=K", "")
    + _KL + _END,
    "prints and returns nothing": _HEAD + _GOOD + _NONE + _COUNT + _KL
    + _END.replace("return ", "print(").replace("kl", "kl)"),
}  # fmt: skip
