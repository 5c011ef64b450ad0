"""Exercise 6, answered: the ELBO as fit minus toll."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "Both parts are averages of squares. Under any q, the average of (a - z)² is (a - mean)² + variance. "
    "Write log p(x|z) and log p(z) - log q(z) down with pencil and paper and put that in.",
    "Under q, w·z has mean w·mean and variance Σⱼ wⱼ² varianceⱼ (no correlations), so the fit is "
    "-½ log(2π noise_sd²) - [(x - w·mean)² + Σⱼ wⱼ² varianceⱼ] / (2 noise_sd²). The toll of one latent is "
    "½ (variance + mean² - 1 - log variance), and it is 0 where q is the prior.",
    "miss = x - mean @ w; spread = variance @ w**2; "
    "fit = -np.log(2 * np.pi * noise_sd**2) / 2 - (miss**2 + spread) / (2 * noise_sd**2); "
    "toll = (variance + mean**2 - 1 - np.log(variance)).sum(axis=1) / 2; now return fit - toll.",
)
ANSWER = ("elbo",)


def elbo(x: np.ndarray, mean: np.ndarray, variance: np.ndarray, w: np.ndarray, noise_sd: float) -> np.ndarray:
    """The ELBO of each point, in nats, exactly: x (n,), mean and variance (n, d), w (d,) -> (n,)."""
    miss, spread = x - mean @ w, variance @ w**2
    fit = -np.log(2 * np.pi * noise_sd**2) / 2 - (miss**2 + spread) / (2 * noise_sd**2)
    toll = (variance + mean**2 - 1 - np.log(variance)).sum(axis=1) / 2
    return fit - toll


WHY = """
Everything in the bound is a Gaussian's logarithm, so it is quadratic in z, and the average of a quadratic needs
only q's means and variances. Two terms are left out most often. The spread, the sum of w² variance, is what a q
that is unsure pays in the fit: without it a wide q costs nothing there. And -½ log(2π noise_sd²) looks like a
constant that may be dropped, but log p(x) has it too, so without it the floor can rise above the truth, and
with a noise that is learned it isn't constant. The toll is subtracted, it is KL(q, prior) and not the other way
round, and it sums over latents, never over points. Real encoders put out log variances: a net may say any
number, and exp makes it one that is positive.
"""


def by_definition(x: float, mean: list[float], variance: list[float], w: list[float], noise_sd: float) -> float:
    """The oracle: the mean of log p(x|z) + log p(z) - log q(z) over 2d points z = mean ± sqrt(d variance_j) e_j.

    For a quadratic that mean is exact: no formula for a KL or for an average is used.
    """
    d, terms = len(w), []
    for j in range(d):
        for u in (math.sqrt(d), -math.sqrt(d)):
            z = [m + (u * math.sqrt(variance[i]) if i == j else 0.0) for i, m in enumerate(mean)]
            log_q = -(u**2) / 2 - sum(math.log(2 * math.pi * v) for v in variance) / 2
            log_prior = -math.fsum(a * a for a in z) / 2 - d * math.log(2 * math.pi) / 2
            miss = (x - math.fsum(a * b for a, b in zip(w, z, strict=True))) / noise_sd
            terms.append(-(miss**2) / 2 - math.log(2 * math.pi * noise_sd**2) / 2 + log_prior - log_q)
    return math.fsum(terms) / len(terms)


def judge(student: Any, rng: np.random.Generator) -> None:
    """Each part alone, then both, then a batch, an exact posterior and tiny variances."""

    def ask(case: str, x: Any, mean: Any, variance: Any, w: Any, noise_sd: float, wanted: Any = None) -> None:
        given = [np.array(a, dtype=float) for a in (x, mean, variance, w)]
        kept = [a.copy() for a in given]
        got = student.elbo(*given, noise_sd)
        if wanted is None:
            points = zip(kept[0].tolist(), kept[1].tolist(), kept[2].tolist(), strict=True)
            wanted = [by_definition(a, m, v, kept[3].tolist(), noise_sd) for a, m, v in points]
        if len(kept[0]) == 1:
            x_, mean_, variance_, w_ = (np.array2string(a, precision=4, separator=", ") for a in kept)
            words = f"x {x_}, mean {mean_}, variance {variance_}, w {w_}, noise_sd {noise_sd:.4g}"
        else:
            words = f"{len(kept[0])} points, {len(kept[3])} latents, noise_sd {noise_sd:.4g}"
        close(case, got, wanted, 1e-9, given=words)
        names = ("x", "mean", "variance", "w")
        for name, before, after in zip(names, kept, given, strict=True):
            if not np.array_equal(before, after):
                wrong(f"{case}: your function changed {name}; the arguments must stay as they are")

    def some(n: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Means, variances, loadings and data, of no special size."""
        mean, variance = rng.normal(0, 2, (n, d)), np.exp(rng.uniform(-2, 1, (n, d)))
        return rng.normal(0, 3, n), mean, variance, rng.uniform(0.5, 2, d) * rng.choice([-1, 1], d)

    x, mean, variance, w = some(1, 2)
    first, second = (student.elbo(x.copy(), mean.copy(), variance.copy(), w.copy(), 1.0) for _ in "12")
    if repr(first) != repr(second):
        wrong(f"asked twice the same, you answered {first} and {second}: wanted the exact average, without dice")

    noise_sd = float(rng.uniform(1.5, 3))
    ask("w is 0, so z says nothing of x: what is left is log N(x; 0, 1) less the toll KL(q, prior)",
        x, mean, variance, np.zeros(2), 1.0)  # fmt: skip
    ask("q is the prior, so the toll is 0 and what is left is the fit",
        x, np.zeros((1, 2)), np.ones((1, 2)), w, 1.0)  # fmt: skip
    ask("q is the prior, and noise_sd is not 1", x, np.zeros((1, 2)), np.ones((1, 2)), w, noise_sd)
    ask("the example in the docstring", [2.0], [[6 / 19, 6 / 19]], [[0.1, 0.1]], [3.0, 3.0], 1.0,
        [-math.log(2 * math.pi * 19) / 2 - 2 / 19 - math.log(100 / 19) / 2])  # fmt: skip
    ask("one point, two latents, everything at once", x, mean, variance, w, noise_sd)

    x, mean, variance, w = some(5, 3)
    w[1] = 0.0
    ask("a batch, each point with a q of its own", x, mean, variance, w, noise_sd)
    x, mean, variance, w = some(3, 3)
    ask("as many points as latents", x, mean, variance, w, noise_sd)

    x, _, _, w = some(4, 1)
    total = noise_sd**2 + w[0] ** 2  # the variance of x: the posterior of one latent is a q, and the bound touches
    log_p = [-math.log(2 * math.pi * total) / 2 - a * a / (2 * total) for a in x.tolist()]
    ask("one latent and q the exact posterior: the bound touches log p(x)",
        x, (x * w[0] / total)[:, None], np.full((4, 1), noise_sd**2 / total), w, noise_sd, log_p)  # fmt: skip

    x, mean, variance, w = some(2, 2)
    ask("variances of 1e-30: a q that is almost sure", x, mean, np.full((2, 2), 1e-30), w, noise_sd)
