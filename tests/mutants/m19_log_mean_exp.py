"""Wrong answers to exercise 19, which its judge must refuse."""

_GOOD = """import numpy as np


def log_mean_exp(a):
    top = a.max(axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    return top[:, 0] + np.log(np.exp(a - top).mean(axis=1))


def best_sigma(distance2, dim, sigmas):
    score = [
        log_mean_exp(-distance2 / (2 * s**2)).mean() - dim * np.log(s * np.sqrt(2 * np.pi)) for s in sigmas
    ]
    best = int(np.argmax(score))
    return float(sigmas[best]), float(score[best])
"""


def _but(old: str, new: str) -> str:
    assert _GOOD.count(old) == 1, old
    return _GOOD.replace(old, new)


_TOP = "top[:, 0] + np.log(np.exp(a - top).mean(axis=1))"

MUTANTS: dict[str, str] = {
    "as the formula stands": _but(_TOP, "np.log(np.exp(a).mean(axis=1))"),
    "a little added, against log 0": _but(_TOP, "np.log(np.exp(a).mean(axis=1) + 1e-300)"),
    "clipped before it is raised": _but(_TOP, "np.log(np.exp(np.clip(a, -700, 700)).mean(axis=1))"),
    "the top of the whole array": _but("a.max(axis=1, keepdims=True)", "np.full((len(a), 1), a.max())"),
    "the top is never added again": _but(_TOP, "np.log(np.exp(a - top).mean(axis=1))"),
    "the least for the largest": _but("a.max(axis=1", "a.min(axis=1"),
    "nan for a row of -inf": _but("np.where(np.isfinite(top), top, 0.0)", "top"),
    "along the wrong axis": _but(_TOP, "(a.max(axis=0) + np.log(np.exp(a - a.max(axis=0)).mean(axis=0)))"),
    "the sum for the mean": _but("np.exp(a - top).mean(axis=1)", "np.exp(a - top).sum(axis=1)"),
    "the mean for the log of the mean of e": _but(_TOP, "a.mean(axis=1)"),
    "the largest term alone": _but(_TOP, "top[:, 0] - np.log(a.shape[1])"),
    "changes the caller's a": _but("    top = a.max", "    a[~np.isfinite(a)] = -1e308\n    top = a.max"),
    "dim forgotten": _but("- dim * np.log(", "- np.log("),
    "no normaliser": _but(" - dim * np.log(s * np.sqrt(2 * np.pi))", ""),
    "sigma not squared": _but("2 * s**2", "2 * s"),
    "the 2 forgotten": _but("(2 * s**2)", "s**2"),
    "2 pi for its root": _but("np.sqrt(2 * np.pi)", "(2 * np.pi)"),
    "the distance squared twice": _but("-distance2 /", "-(distance2**2) /"),
    "the sign of the exponent": _but("log_mean_exp(-distance2", "log_mean_exp(distance2"),
    "the worst width": _but("np.argmax", "np.argmin"),
    "the place for the width": _but("float(sigmas[best]), ", "best, "),
    "the sum over images": _but(
        ".mean() - dim * np.log(s * np.sqrt(2 * np.pi))",
        ".sum() - len(distance2) * dim * np.log(s * np.sqrt(2 * np.pi))",
    ),
    "the median image": _but(
        "log_mean_exp(-distance2 / (2 * s**2)).mean()", "np.median(log_mean_exp(-distance2 / (2 * s**2)))"
    ),
    "sigma alone": _but("return float(sigmas[best]), float(score[best])", "return float(sigmas[best])"),
    "the mean density, then its log": _but(
        "log_mean_exp(-distance2 / (2 * s**2)).mean()", "log_mean_exp((-distance2 / (2 * s**2)).reshape(1, -1))[0]"
    ),
}
