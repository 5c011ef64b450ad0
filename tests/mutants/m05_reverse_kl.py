"""Wrong answers to exercise 5, which its judge must refuse."""

_HEAD = """import numpy as np

EPS = np.linspace(-8, 8, 1601)
CHANCE = np.exp(-(EPS**2) / 2) / np.exp(-(EPS**2) / 2).sum()


"""
_SLOPES = """def reverse_kl_slopes(m, s, slope_p):
    push = slope_p(m + s * EPS)
    return -(CHANCE @ push), -1 / s - CHANCE @ (EPS * push)


"""
_FIT = """def reverse_kl_fit(slope_p, m=1.0, s=1.0):
    for _ in range(3000):
        dm, ds = reverse_kl_slopes(m, s, slope_p)
        m, s = m - 0.02 * dm, max(s - 0.02 * ds, 1e-3)
    return m, s
"""


def _slopes(old: str, new: str) -> str:
    assert old in _SLOPES
    return _HEAD + _SLOPES.replace(old, new) + _FIT


def _fit(old: str, new: str) -> str:
    assert old in _FIT
    return _HEAD + _SLOPES + _FIT.replace(old, new)


MUTANTS: dict[str, str] = {
    "forgets the entropy's -1/s": _slopes("-1 / s - CHANCE", "-(CHANCE").replace("* push)\n", "* push))\n"),
    "forgets the ε in the second mean": _slopes("CHANCE @ (EPS * push)", "CHANCE @ push"),
    "both signs turned": _slopes(
        "-(CHANCE @ push), -1 / s - CHANCE @ (EPS * push)", "CHANCE @ push, 1 / s + CHANCE @ (EPS * push)"
    ),
    "the mean over EPS without the chances": _slopes("CHANCE @ (EPS * push)", "(EPS * push).mean()"),
    "takes s for the variance": _slopes("m + s * EPS", "m + s**0.5 * EPS"),
    "the slope in log s": _slopes("-1 / s - CHANCE @ (EPS * push)", "-1 - s * (CHANCE @ (EPS * push))"),
    "ε not scaled by s": _slopes("m + s * EPS", "m + EPS"),
    "asks the slope at the mean only": _slopes("slope_p(m + s * EPS)", "slope_p(np.full(EPS.shape, m))"),
    "climbs instead of descending": _fit(
        "m - 0.02 * dm, max(s - 0.02 * ds, 1e-3)", "m + 0.02 * dm, max(s + 0.02 * ds, 1e-3)"
    ),
    "never moves s": _fit("max(s - 0.02 * ds, 1e-3)", "s"),
    "stops too early": _fit("3000", "50"),
    "returns the variance": _fit("return m, s", "return m, s * s"),
    "ignores the start it is given and begins in the middle": _fit("    for _", "    m, s = 0.0, 1.0\n    for _"),
    "moment matching: forward KL's fit": _HEAD
    + _SLOPES
    + """def reverse_kl_fit(slope_p, m=1.0, s=1.0):
    x = np.linspace(-30, 30, 6001)
    slope = slope_p(x)
    log_p = np.concatenate([[0.0], np.cumsum((slope[1:] + slope[:-1]) / 2) * (x[1] - x[0])])
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    m = p @ x
    return m, (p @ (x - m) ** 2) ** 0.5
""",
    "forgets the return": _fit("    return m, s\n", ""),
}
