"""Wrong answers to exercise 9, which its judge must refuse."""

_HEAD = "import numpy as np\n\n\ndef perfect_critic(p, q, alpha=0.5, beta=1.0):\n"
_SAFE = "    return np.where(total > 0, real / np.where(total > 0, total, 1), alpha * beta)\n"
_BACK = "\n\ndef density_ratio(D, alpha=0.5, beta=1.0):\n    return "
_RIGHT_BACK = _BACK + "(1 - alpha) * D / (alpha * (beta - D))\n"
_RIGHT = _HEAD + "    real, total = alpha * beta * p, alpha * p + (1 - alpha) * q\n" + _SAFE

MUTANTS: dict[str, str] = {
    "p / (p + q), whatever the shares and labels": _HEAD + "    real, total = p, p + q\n" + _SAFE + _RIGHT_BACK,
    "shares forgotten": _HEAD + "    real, total = beta * p, p + q\n" + _SAFE + _RIGHT_BACK,
    "labels forgotten": _HEAD + "    real, total = alpha * p, alpha * p + (1 - alpha) * q\n" + _SAFE + _RIGHT_BACK,
    "beta below as well": _HEAD
    + "    real = alpha * beta * p\n    total = real + (1 - alpha) * q\n"
    + _SAFE
    + _RIGHT_BACK,
    "alpha for the fakes": _HEAD
    + "    real, total = (1 - alpha) * beta * p, (1 - alpha) * p + alpha * q\n"
    + _SAFE
    + _RIGHT_BACK,
    "both sides smoothed": _HEAD
    + "    real = alpha * beta * p + (1 - alpha) * (1 - beta) * q\n"
    + "    total = alpha * p + (1 - alpha) * q\n"
    + _SAFE
    + _RIGHT_BACK,
    "a little added against 0 / 0": _HEAD
    + "    return alpha * beta * p / (alpha * p + (1 - alpha) * q + 1e-12)\n"
    + _RIGHT_BACK,
    "nan where nobody is": _HEAD + "    return alpha * beta * p / (alpha * p + (1 - alpha) * q)\n" + _RIGHT_BACK,
    "one half where nobody is": _RIGHT.replace("alpha * beta)\n", "0.5)\n") + _RIGHT_BACK,
    "writes into p": _HEAD
    + "    p *= alpha\n    total = p + (1 - alpha) * q\n    real = beta * p\n"
    + _SAFE
    + _RIGHT_BACK,
    "the ratio as for equal shares and labels 1": _RIGHT + _BACK + "D / (1 - D)\n",
    "the ratio without the label": _RIGHT + _BACK + "(1 - alpha) * D / (alpha * (1 - D))\n",
    "the ratio with the shares the wrong way": _RIGHT + _BACK + "alpha * D / ((1 - alpha) * (beta - D))\n",
    "q / p": _RIGHT + _BACK + "alpha * (beta - D) / ((1 - alpha) * D)\n",
    "the ratio clipped against infinity": _RIGHT
    + _BACK
    + "(1 - alpha) * D / (alpha * np.maximum(beta - D, 1e-8))\n",
}
