"""Exercise 21, answered: weights against q's whole density, and a mean that is taken before the logarithm."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from typing import Any

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "log q(z|x) is a sum over latents of log N(z; mu, sigma²) = -(z - mu)²/(2 sigma²) - log sigma - ½ log 2π, "
    "and (z - mu)/sigma is eps. For the bound: the mean weight of a group is inside the logarithm, the mean over "
    "groups outside. Which axis is which becomes clear with log_w.reshape(k // m, m, n).",
    "log_q = -(eps**2 / 2 + np.log(sigma) + np.log(2 * np.pi) / 2).sum(axis=-1), which is (k, n): sigma (n, "
    "latent) is stretched over the draws by itself. In the bound, take the largest log weight of each group out "
    "of it before exp, as exercise 19 does of each row, and add it after log.",
    "log_weights: return log_joint(mu + sigma * eps) - log_q. bound: groups = log_w.reshape(-1, m, "
    "log_w.shape[1]); top = groups.max(axis=1); logs = top + np.log(np.exp(groups - top[:, None]).mean(axis=1)); "
    "return the mean of logs over axis 0.",
)
ANSWER = ("log_weights", "bound")
WHY = """
The mean of w over q is p(x), whatever q is, as long as q is not 0 where p(x, z) is not. The logarithm is
concave, so a mean of logarithms is at most the logarithm of the mean (Jensen): the bound lies below log p(x) on
average. And a group of 2m draws is two groups of m: the log of the mean of their two mean weights is at least
the mean of the two logs. So with the same draws no doubling of m ever lowers the bound, whatever the numbers.
That is theorem 1 of Burda et al. in a line; their proof takes all subsets of m draws, where you take
neighbours. With m without end the bound comes to log p(x). Where q is the exact posterior all weights are p(x),
and one draw says it as well as a thousand.

What the bound can't tell is how far below it still is. A few draws that outweigh all others are the sign that q
misses most of the posterior: the mean of such weights is low nearly always and huge hardly ever, so its
logarithm is far below on average. And one image's bound may lie above log p(x) by luck: only its average may
not.

Common mistakes: log sigma left out of q, so that the more q shrinks the higher the "bound" rises, above log
p(x) too; ½ log 2π once instead of once for each latent; a variance where an sd is meant; the mean of log w for
the log of the mean, which is the ELBO however many draws it has; the sum without 1/m, which is log m too much;
exp before the largest is out, for e^-2000 is 0 in float64 and its log -inf; and the largest of all images or
groups taken out instead of each group's own, so that a group far below vanishes as before.
"""


def log_weights(
    log_joint: Callable[[np.ndarray], np.ndarray], mu: np.ndarray, sigma: np.ndarray, eps: np.ndarray
) -> np.ndarray:
    """log p(x, z) - log q(z|x) (k, n) at z = mu + sigma eps: mu, sigma (n, latent), eps (k, n, latent)."""
    log_q = -(eps**2 / 2 + np.log(sigma) + math.log(2 * math.pi) / 2).sum(axis=-1)
    return log_joint(mu + sigma * eps) - log_q


def bound(log_w: np.ndarray, m: int) -> np.ndarray:
    """The mean, over groups of m draws, of the log of their mean weight: log_w (k, n) -> (n,) nats."""
    groups = log_w.reshape(-1, m, log_w.shape[1])
    top = groups.max(axis=1)
    return (top + np.log(np.exp(groups - top[:, None]).mean(axis=1))).mean(axis=0)


class World:
    """The oracle: z ~ N(0, I), and an image has one pixel for each latent, x_j given z_j ~ N(a_j z_j, s_j²).

    log p(x) and the posterior are known in closed form; log p(x, z) is added up number by number.
    """

    def __init__(self, rng: np.random.Generator, n: int, latent: int, far: float = 0.0):
        self.a = (rng.uniform(0.5, 2, latent) * rng.choice([-1, 1], latent)).tolist()
        self.s = rng.uniform(0.3, 1.5, latent).tolist()
        self.x = (rng.normal(0, 2, (n, latent)) + far * rng.choice([-1, 1], (n, latent))).tolist()

    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        """The means and sds (n, latent) of p(z|x)."""
        a, s2 = np.array(self.a), np.array(self.s) ** 2
        return np.array(self.x) * a / (a**2 + s2), np.tile(np.sqrt(s2 / (a**2 + s2)), (len(self.x), 1))

    def log_p(self) -> list[float]:
        """log p(x) of each image: x_j ~ N(0, a_j² + s_j²)."""
        sds = [math.hypot(a, s) for a, s in zip(self.a, self.s, strict=True)]
        return [math.fsum(_log_normal(v, sd) for v, sd in zip(x, sds, strict=True)) for x in self.x]

    def joint(self, z: np.ndarray) -> np.ndarray:
        """log p(x, z): z (k, n, latent) -> (k, n)."""
        return np.array([[self._joint(*pair) for pair in zip(self.x, draw, strict=True)] for draw in z.tolist()])

    def _joint(self, x: list[float], z: list[float]) -> float:
        likelihood = [_log_normal(v - a * c, s) for v, c, a, s in zip(x, z, self.a, self.s, strict=True)]
        return math.fsum(likelihood + [_log_normal(c, 1.0) for c in z])


def _log_normal(away: float, sd: float) -> float:
    """log N(away; 0, sd²)."""
    return -((away / sd) ** 2) / 2 - math.log(sd * math.sqrt(2 * math.pi))


def log_density(mu: np.ndarray, sigma: np.ndarray, z: np.ndarray) -> np.ndarray:
    """log q(z|x) (k, n), a number at a time."""
    sds = sigma.tolist()
    return np.array(
        [[math.fsum(map(_log_normal, *row)) for row in zip(draw, sds, strict=True)] for draw in (z - mu).tolist()]
    )


def by_decimals(log_w: np.ndarray, m: int) -> list[float]:
    """The loop of the docstring, in decimal numbers, which hold e^-2000 and e^2000 alike."""
    with localcontext(Context(prec=40, Emax=10**6, Emin=-(10**6))):
        w = [[Decimal(v).exp() for v in row] for row in log_w.tolist()]
        means = [[sum(column) / m for column in zip(*w[g : g + m], strict=True)] for g in range(0, len(w), m)]
        return [float(sum(mean.ln() for mean in own) / len(own)) for own in zip(*means, strict=True)]


def judge(student: Any, rng: np.random.Generator) -> None:
    """The weights under the exact posterior and under other q; bounds of any numbers; at last both together."""
    touching = []
    for latent in (1, 3):
        world = World(rng, 4, latent)
        case = f"log_weights, q the exact posterior, latent = {latent}: every draw must weigh p(x)"
        log_w = _weights(student, case, world, *world.posterior(), rng.standard_normal((6, 4, latent)), exact=True)
        touching.append((log_w, world.log_p()))
    for case, n, latent, k, far in (
        ("one draw", 1, 2, 1, 0.0),
        ("each image with a q of its own", 3, 2, 6, 0.0),
        ("as many draws as images and latents", 3, 3, 3, 0.0),
        ("images that the model can hardly believe", 3, 2, 4, 60.0),
    ):
        mu, sigma = rng.normal(0, 1, (n, latent)), np.exp(rng.uniform(-5, 1, (n, latent)))
        eps = rng.standard_normal((k, n, latent))
        _weights(student, f"log_weights, {case}", World(rng, n, latent, far), mu, sigma, eps)

    n = int(rng.integers(2, 5))
    log_w, draw = rng.normal(-90, 3, (12, n)), np.arange(12)[:, None]
    _bound(student, "the docstring's example", np.log([[1.0], [3.0]]), 2)
    _bound(student, "one draw", log_w[:1], 1)
    for m in (12, 1, 2, 4, 6, 3):
        _bound(student, "12 draws", log_w, m)
    _bound(student, "weights of about e^-2000", log_w - 2000, 4)
    _bound(student, "weights of about e^2000", log_w + 2000, 4)
    _bound(student, "images that lie 2,000 apart", log_w - 2000.0 * np.arange(n), 3)
    _bound(student, "groups that lie 2,000 apart", log_w - 2000.0 * (draw // 4), 4)
    _bound(student, "draws that lie 2,000 apart", log_w - 2000.0 * rng.permutation(draw), 4)

    for log_w, log_p in touching:
        for m in (1, 2, 6):
            close(
                f"bound of log_weights, q the exact posterior, m = {m}: log p(x)", student.bound(log_w, m), log_p
            )


def _weights(
    student: Any, case: str, world: World, mu: np.ndarray, sigma: np.ndarray, eps: np.ndarray, exact: bool = False
) -> np.ndarray:
    """Ask for log weights; log_joint answers for the right z alone. exact: every weight must be p(x)."""
    z = np.array([[list(map(_draw, *row)) for row in zip(mu, sigma, draw, strict=True)] for draw in eps])
    joint = world.joint(z)
    wanted = np.array([world.log_p()] * len(eps)) if exact else joint - log_density(mu, sigma, z)
    rows = ", ".join(f"{name} {a.ravel().tolist()}" for name, a in (("mu", mu), ("sigma", sigma), ("eps", eps)))
    words = rows if eps.size <= 2 else ""

    def log_joint(asked: np.ndarray) -> np.ndarray:
        close(f"{case}: the z that log_joint was given", asked, z, 1e-9, words)
        return joint.copy()

    given = [a.copy() for a in (mu, sigma, eps)]
    got = student.log_weights(log_joint, *given)
    for name, before, after in zip(("mu", "sigma", "eps"), (mu, sigma, eps), given, strict=True):
        if not np.array_equal(before, after):
            wrong(f"{case}: your function changed {name}; the arguments must stay as they are")
    narrow, constant = np.log(sigma).sum(axis=1), eps.shape[2] * math.log(2 * math.pi) / 2
    known = (
        (wanted - narrow, "log sigma is missing in log q"),
        (wanted - 2 * narrow, "log sigma has the wrong sign in log q"),
        (wanted - constant, "½ log 2π for each latent is missing in log q"),
    )
    close(f"{case}{_guess(got, wanted, known)}", got, wanted, 1e-9, words)
    return np.asarray(got, float)


def _draw(mu: float, sigma: float, eps: float) -> float:
    return mu + sigma * eps


def _bound(student: Any, case: str, log_w: np.ndarray, m: int) -> None:
    """Ask for a bound; it must be what the loop says in decimal numbers."""
    given, wanted = log_w.copy(), np.array(by_decimals(log_w, m))
    with np.errstate(all="ignore"):
        got = student.bound(given, m)
    case = f"bound, {case}, m = {m}"
    if not np.array_equal(given, log_w):
        wrong(f"{case}: your function changed log_w; leave the caller's array as it is")
    known = (
        (np.array(by_decimals(log_w, 1)), "that is the mean of log w, the ELBO"),
        (np.array(by_decimals(log_w, len(log_w))), "that is the log of the mean over all draws, in one group"),
        (wanted + math.log(m), "that is the log of the sum; the mean is asked for"),
        (np.array(by_decimals(log_w[:m], m)), "that is the first group alone"),
        (wanted / math.log(2), "that is in bits"),
    )
    words = f"log_w[:, 0] = {np.round(log_w[:, 0], 3).tolist()}"
    close(f"{case}{_guess(got, wanted, known)}", got, wanted, 1e-9, words)


def _guess(got: Any, wanted: np.ndarray, known: tuple[tuple[np.ndarray, str], ...]) -> str:
    """A word on what a wrong answer might be, or nothing."""
    try:
        got = np.asarray(got, float)
    except (TypeError, ValueError):
        return ""
    if got.shape != wanted.shape or np.allclose(got, wanted, 1e-9, 1e-9):
        return ""
    if not np.isfinite(got).all():
        return ": e^log w became 0 or inf before the logarithm; take each group's largest out first"
    return next((f": {words}" for value, words in known if np.allclose(got, value, 1e-9, 1e-9)), "")
