"""Wrong answers to exercise 10, which its judge must refuse."""

_HEAD = "import numpy as np\n\n\ndef jensen_shannon(real, fake):\n"
_GAINS = "    won, kept = -np.logaddexp(0, -real), -np.logaddexp(0, fake)\n"
_JS = "    js = (won.mean() + kept.mean() + np.log(4)) / 2\n"
_SE = "    se = np.sqrt(won.var(ddof=1) / len(won) + kept.var(ddof=1) / len(kept)) / 2\n"
_END = "    return js, se\n"
_D = "    d, e = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))\n"

MUTANTS: dict[str, str] = {
    "V itself": _HEAD + _GAINS + "    js = won.mean() + kept.mean()\n" + _SE + _END,
    "the half forgotten": _HEAD + _GAINS + "    js = won.mean() + kept.mean() + np.log(4)\n" + _SE + _END,
    "log 4 forgotten": _HEAD + _GAINS + "    js = (won.mean() + kept.mean()) / 2\n" + _SE + _END,
    "log 2 for log 4": _HEAD + _GAINS + "    js = (won.mean() + kept.mean() + np.log(2)) / 2\n" + _SE + _END,
    "in bits": _HEAD + _GAINS + _JS + _SE + "    return js / np.log(2), se / np.log(2)\n",
    "one mean over all notes": _HEAD
    + _GAINS
    + "    js = np.concatenate([won, kept]).mean() + np.log(2)\n"
    + _SE
    + _END,
    "the logarithm of a sigmoid": _HEAD + _D + "    won, kept = np.log(d), np.log(1 - e)\n" + _JS + _SE + _END,
    "D clipped away from 0 and 1": _HEAD
    + _D
    + "    d, e = np.clip(d, 1e-7, 1 - 1e-7), np.clip(e, 1e-7, 1 - 1e-7)\n"
    + "    won, kept = np.log(d), np.log(1 - e)\n"
    + _JS
    + _SE
    + _END,
    "logits taken for probabilities": _HEAD
    + "    won, kept = np.log(np.abs(real) + 1e-12), np.log(np.abs(1 - fake) + 1e-12)\n"
    + _JS
    + _SE
    + _END,
    "the label trick's sign on the fakes": _HEAD
    + "    won, kept = -np.logaddexp(0, -real), -np.logaddexp(0, -fake)\n"
    + _JS
    + _SE
    + _END,
    "cut off at 0": _HEAD + _GAINS + _JS + "    js = max(js, 0.0)\n" + _SE + _END,
    "V's standard error": _HEAD + _GAINS + _JS + _SE + "    return js, 2 * se\n",
    "the variance, not its root": _HEAD + _GAINS + _JS + _SE + "    return js, se ** 2\n",
    "the standard deviation of a note": _HEAD
    + _GAINS
    + _JS
    + "    se = np.sqrt(won.var(ddof=1) + kept.var(ddof=1)) / 2\n"
    + _END,
    "variances divided by n": _HEAD
    + _GAINS
    + _JS
    + "    se = np.sqrt(won.var() / len(won) + kept.var() / len(kept)) / 2\n"
    + _END,
    "no standard error": _HEAD + _GAINS + _JS + "    return js\n",
}
