"""Exercise 3: the two slopes of a Gaussian's log-likelihood."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from minigan.exercises import close, parts, wrong

HINTS = (
    "Take one point first: log N(x; mu, sigma^2) is -log sigma - (x - mu)^2 / (2 sigma^2) and a constant. "
    "Differentiate these two terms one at a time, then sum over the points.",
    "-log sigma gives -1/sigma for every point, so -n/sigma in all: without it a wider sigma would always look "
    "better. And 1/sigma^2 = sigma^-2 has the derivative -2 sigma^-3.",
    "With gap = x - mu: the slope in mu is gap.sum() / sigma**2, the slope in sigma is "
    "-len(x) / sigma + (gap**2).sum() / sigma**3. Return both, as a tuple of two numbers.",
)
ANSWER = ("gaussian_score",)
WHY = """
Each point adds gap / sigma^2 to the slope in mu: it pulls the mean towards itself, the harder the surer the model
is. Each adds (gap^2 - sigma^2) / sigma^3 to the slope in sigma: outside one sigma it widens the model, inside it
narrows it. Where both sums vanish, mu is the mean and sigma^2 the mean square around it, divided by n.

Common mistakes: forgetting -n/sigma, the price of being wide, without which sigma has no maximum; giving the slope
in sigma^2 (smaller by 2 sigma) or in log sigma (larger by sigma), both honest slopes of other questions; the mean
over the points instead of the sum; the sample's mean in the place of mu, right at the top of the hill only.
"""


def gaussian_score(x: np.ndarray, mu: float, sigma: float) -> tuple[float, float]:
    """(d log L / d mu, d log L / d sigma), sums over the points x (n,), in nats per unit of x."""
    gap = np.asarray(x, float) - mu
    return float(gap.sum()) / sigma**2, -len(gap) / sigma + float((gap**2).sum()) / sigma**3


def _slopes(x: list[float], mu: float, sigma: float) -> tuple[float, float]:
    """The oracle: a complex step along each parameter, Im log L(W + ih) / h, exact but for rounding."""

    def log_l(m: complex, s: complex) -> complex:
        return sum((-cmath.log(s) - ((v - m) / s) ** 2 / 2 for v in x), 0j)

    h = 1e-30
    return log_l(mu + 1j * h, sigma).imag / h, log_l(mu, sigma + 1j * h).imag / h


def _guess(which: int, got: Any, x: list[float], mu: float, sigma: float) -> str:
    """A word on what a wrong slope might be, or nothing."""
    both, n, gaps = _slopes(x, mu, sigma), len(x), [v - mu for v in x]
    wanted = both[which]
    first, second = math.fsum(gaps), math.fsum(gap * gap for gap in gaps)
    known = [
        (both[1 - which], "that is the other slope: are the two exchanged? The one in mu comes first"),
        (wanted / max(n, 1), "that is the mean over the points; the sum is asked for"),
        (-wanted, "only the sign is wrong"),
    ]
    if which == 1:
        known += [
            (wanted / (2 * sigma), "that is the slope in sigma^2; the one in sigma is asked for"),
            (wanted * sigma, "that is the slope in log sigma; the one in sigma is asked for"),
            (wanted + n / sigma, "is -log sigma differentiated too? It stands in log L once for each point"),
        ]
    if which == 0:
        told = "the power of sigma is off: (x - mu)^2 / (2 sigma^2), differentiated in mu, keeps its sigma^2"
        known += [(first / sigma**p, told) for p in (0, 1, 3, 4)]
    else:
        told = "the power of sigma is off in the second term: differentiated in sigma, sigma^-2 has another power"
        known += [(second / sigma**p - n / sigma, told) for p in (1, 2, 4, 5)]
    middle = sum(x) / n if n else 0.0
    known.append((_slopes(x, middle, sigma)[which], "did you put the points' mean in the place of mu?"))
    for value, words in known:
        if math.isclose(got, value, rel_tol=1e-6) and not math.isclose(got, wanted, rel_tol=1e-6):
            return f": {words}"
    return ""


def judge(student: Any, rng: np.random.Generator) -> None:
    """Several points, one, none, integers, a narrow and a wide sigma, and the top of the hill."""
    n = int(rng.integers(5, 12))
    mu, sigma = (
        float(rng.normal(0, 3)),
        float(rng.uniform(0.4, 0.8) if rng.random() < 0.5 else rng.uniform(1.5, 4)),
    )
    drawn = rng.normal(mu + rng.choice([-1.0, 1.0]), 2 * sigma, n)
    whole = rng.integers(-9, 10, n)
    top = float(drawn.mean()), math.sqrt(float(np.mean((drawn - drawn.mean()) ** 2)))
    cases: list[tuple[str, np.ndarray, float, float]] = [
        ("the docstring's example", np.array([1.0, 4.0, 5.0]), 2.0, 2.0),
        (f"{n} points", drawn, mu, sigma),
        ("one point", drawn[:1], mu, sigma),
        ("whole numbers", whole, round(mu, 1), sigma),
        ("a narrow sigma", drawn, mu, 1e-3),
        ("a wide sigma", drawn, mu, 500.0),
        ("at the maximum, where both slopes are 0", drawn, *top),
        ("no points", np.zeros(0), mu, sigma),
    ]
    for case, x, m, s in cases:
        kept, points = x.copy(), [float(v) for v in x]
        given = f"x = [{', '.join(f'{v:.4g}' for v in x)}], mu = {m:.6g}, sigma = {s:.6g}"
        names = "two numbers, (d log L / d mu, d log L / d sigma)"
        pair = parts(case, student.gaussian_score(x, m, s), 2, names)
        if not np.array_equal(x, kept):
            wrong(f"{case}: your function changed x; leave the caller's array as it is")
        for which, name in enumerate(("mu", "sigma")):
            got, wanted = pair[which], _slopes(points, m, s)[which]
            hint = _guess(which, got, points, m, s) if isinstance(got, int | float | np.number) else ""
            close(f"{case}, d log L / d {name}{hint}", got, wanted, 1e-9, given)
