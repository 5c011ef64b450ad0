"""Wrong answers to exercise 14, which its judge must refuse."""

_HEAD = "import numpy as np\n\n\n"
_BELL = """

def r1_field_bell(psi, s, gamma):
    return np.array([-gamma * psi[0], -4 * gamma * s**2 * psi[1]])
"""
_FIELD = """def r1_field(psi, x, gamma):
    g = psi[0] + 2 * psi[1] * x
    return -gamma * np.array([g.mean(), (2 * x * g).mean()])
"""


def _field(body: str) -> str:
    """A wrong r1_field with a right r1_field_bell."""
    return _HEAD + "def r1_field(psi, x, gamma):\n" + body + _BELL


def _bell(body: str) -> str:
    """A right r1_field with a wrong r1_field_bell."""
    return _HEAD + _FIELD + "\n\ndef r1_field_bell(psi, s, gamma):\n" + body


MUTANTS: dict[str, str] = {
    "uphill": _field(
        "    g = psi[0] + 2 * psi[1] * x\n    return gamma * np.array([g.mean(), (2 * x * g).mean()])\n"
    ),
    "2 gamma: the half is forgotten": _field(
        "    g = psi[0] + 2 * psi[1] * x\n    return -2 * gamma * np.array([g.mean(), (2 * x * g).mean()])\n"
    ),
    "the sum over the bills": _field(
        "    g = psi[0] + 2 * psi[1] * x\n    return -gamma * np.array([g.sum(), (2 * x * g).sum()])\n"
    ),
    "the logit's square": _field(
        "    s = psi[0] * x + psi[1] * x**2\n    return -gamma * np.array([(s * x).mean(), (s * x**2).mean()])\n"
    ),
    "the slope of the probability, not of the logit": _field(
        "    s = psi[0] * x + psi[1] * x**2\n    d = 1 / (1 + np.exp(-s))\n"
        "    g = (psi[0] + 2 * psi[1] * x) * (d * (1 - d)) ** 2\n"
        "    return -gamma * np.array([g.mean(), (2 * x * g).mean()])\n"
    ),
    "the square of the mean slope": _field(
        "    g = psi[0] + 2 * psi[1] * x.mean()\n    return -gamma * np.array([g, 2 * x.mean() * g])\n"
    ),
    "each psi alone, as on a bell around 0": _field(
        "    return -gamma * np.array([psi[0], 4 * (x**2).mean() * psi[1]])\n"
    ),
    "the slope without the 2": _field(
        "    g = psi[0] + psi[1] * x\n    return -gamma * np.array([g.mean(), (x * g).mean()])\n"
    ),
    "no factor 2 x for psi2": _field(
        "    g = psi[0] + 2 * psi[1] * x\n    return -gamma * np.array([g.mean(), g.mean()])\n"
    ),
    "the mean of |slope|: its sign instead of its size": _field(
        "    g = np.sign(psi[0] + 2 * psi[1] * x)\n    return -gamma * np.array([g.mean(), (2 * x * g).mean()])\n"
    ),
    "changes x on the way": _field(
        "    x *= 2\n    g = psi[0] + psi[1] * x\n    return -gamma * np.array([g.mean(), (x * g).mean()])\n"
    ),
    "prints and returns nothing": _field("    print(-gamma * psi)\n"),
    "the bell: s for s^2": _bell("    return np.array([-gamma * psi[0], -4 * gamma * s * psi[1]])\n"),
    "the bell: 2 for 4": _bell("    return np.array([-gamma * psi[0], -2 * gamma * s**2 * psi[1]])\n"),
    "the bell: by drawing": _bell(
        "    return r1_field(psi, np.random.default_rng(0).normal(0, s, 10000), gamma)\n"
    ),
    "the bell: width on the tilt as well": _bell("    return -gamma * s**2 * np.array([psi[0], 4 * psi[1]])\n"),
}
