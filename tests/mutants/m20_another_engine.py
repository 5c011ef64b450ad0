"""Wrong answers to exercise 20, which its judge must refuse."""

_HEAD = "import math\n\nimport numpy as np\n\n\ndef step(xp, real, fake, w, b, rate):\n"
_RIGHT = """\
    x = xp.concatenate([real, fake])
    s = x @ w + b
    label = xp.zeros_like(s)
    label[: len(real)] = 1
    loss = xp.mean(xp.logaddexp(0, s) - label * s)
    slope = (1 / (1 + xp.exp(-s)) - label) / len(x)
    return w - rate * (x.T @ slope), b - rate * xp.sum(slope), loss
"""


def _but(*changes: tuple[str, str]) -> str:
    """The right answer with each (this, by that) replaced."""
    text = _RIGHT
    for this, by_that in changes:
        assert this in text
        text = text.replace(this, by_that)
    return _HEAD + text


MUTANTS: dict[str, str] = {
    "NumPy's version as it was": _but(("xp.", "np.")),
    "one np. is left": _but(("xp.exp", "np.exp")),
    "labels made by NumPy": _but(("xp.zeros_like(s)", "np.zeros(len(x), s.dtype)")),
    "labels made by NumPy and brought over in every step": _but(
        ("xp.zeros_like(s)\n    label[: len(real)] = 1", "xp.asarray(np.arange(len(x)) < len(real), s.dtype)")
    ),
    "labels in float64": _but(("xp.zeros_like(s)", "xp.zeros(len(x))")),
    "the loss as a Python number": _but(("loss = xp.mean(xp.logaddexp(0, s) - label * s)",
                                         "loss = float(xp.mean(xp.logaddexp(0, s) - label * s))")),
    "looks whether the loss is finite": _but(
        ("    slope =", "    if not xp.isfinite(loss):\n        raise ValueError\n    slope =")
    ),
    "a loop over the rows, which reads each": _but(
        ("label[: len(real)] = 1", "for k, row in enumerate(real):\n        label[k] = 1")
    ),
    "computes on the host": _but(
        ("    x = xp.", "    if xp is not np:\n        real, fake, w, b = [a.get() for a in (real, fake, w, b)]\n"
                        "    x = np."),
        ("xp.", "np."),
    ),
    "moves the caller's w": _but(
        ("    return w - rate * (x.T @ slope)", "    w -= rate * (x.T @ slope)\n    return w")
    ),
    "b as a bare sum, by Python": _but(("b - rate * xp.sum(slope)", "b - rate * sum(slope)")),
    "the sum for the mean": _but(("loss = xp.mean", "loss = xp.sum")),
    "the labels exchanged": _but(("label[: len(real)]", "label[len(real) :]")),
    "a rate that widens": _but(("    return", "    rate = np.float64(rate)\n    return")),
    "a zero of NumPy's in the loss": _but(("xp.logaddexp(0, s)", "xp.logaddexp(np.zeros(1), s)")),
}  # fmt: skip
