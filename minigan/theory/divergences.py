"""How far apart two distributions are: entropy, cross-entropy, KL, JS, Wasserstein-1; and the perfect D.

p and q are two arrays of probabilities (NumPy or CuPy) or two `Distribution`s. Arrays give exact sums. For
distributions there is a closed form where one exists, else quadrature in one dimension; in more, an estimate
from samples, which is another thing and has other names: `monte_carlo_...`. Nats, unless unit="bits" is asked
for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ..core.backend import Array, namespace
from .distributions import Discrete, Distribution, Gaussian, as_probabilities
from .quadrature import Function, OracleError, integrate

LOG_2 = math.log(2)

Law: TypeAlias = Distribution | Array  # a Distribution, or an array of probabilities


# ---- divergences -------------------------------------------------------------------------------------------


def entropy(p: Law, unit: str = "nats") -> float:
    """H(p) = -Σ p log p: how long the shortest code for draws from p is, on average; ∫ for Σ with a density.

    0 log 0 = 0. A density's entropy can be negative: it moves with the scale of x. -inf beside an atom, which
    is a density without a bound. ValueError and OracleError as for `kl`. Cover and Thomas 2006, eq. 2.1 and 8.1.
    """
    _check_sharp(p)
    return cross_entropy(p, p, unit)


def cross_entropy(p: Law, q: Law, unit: str = "nats") -> float:
    """H(p, q) = -Σ p log q = H(p) + KL(p, q): the code's length when q is believed and p is true.

    It is also the expected negative log-likelihood that q gives to data from p. A Gaussian q asks for nothing
    of p but its moments, so its closed form holds for every p, in every dimension:

        H(p, q) = ½ [log det 2πΣq + tr Σq⁻¹Σp + (mp - mq)ᵀ Σq⁻¹ (mp - mq)]

    inf where q = 0 < p. ValueError and OracleError as for `kl`.
    """
    p, q = _pair(p, q)
    if not isinstance(p, Distribution):
        return _mean_of(lambda xp, p, q: -xp.log(q), p, q) / _nats(unit)
    if isinstance(q, Gaussian):
        spread = p.covariance + np.outer(p.mean - q.mean, p.mean - q.mean)
        log_det = np.linalg.slogdet(2 * math.pi * q.covariance)[1]
        return float(log_det + np.trace(np.linalg.solve(q.covariance, spread))) / 2 / _nats(unit)

    def log_q(x: np.ndarray) -> np.ndarray:
        return np.where((p.mass_at(x) > 0) & (q.mass_at(x) > 0), math.inf, q.log_density(x))

    return -expectation(p, log_q, q) / _nats(unit)


def kl(p: Law, q: Law, unit: str = "nats") -> float:
    """KL(p, q) = Σ p log(p / q), the Kullback-Leibler divergence of q from p; 0 only where they are equal.

    Between Gaussians, with w the eigenvalues of Lq⁻¹ Σp Lq⁻ᵀ:

        KL = ½ [Σ (w - 1 - log w) + |Lq⁻¹ (mp - mq)|²]

    inf where q = 0 < p, so also where p has an atom and q has none. ValueError for negative probabilities or a
    sum other than 1 (within 1e-9, or 1e-6 in float32), for two shapes or dimensions, for a mass against a
    density, and for distributions in more than one dimension without a closed form. OracleError where the
    integral does not settle (it may be infinite), or where rounding hides a part of p's density (`blur`). Cover
    and Thomas 2006, eq. 2.26.
    """
    p, q = _pair(p, q)
    _check_sharp(p)
    if not isinstance(p, Distribution):
        nats = _mean_of(lambda xp, p, q: xp.log(p) - xp.log(q), p, q)  # p / q would overflow for a tiny q
    elif isinstance(p, Gaussian) and isinstance(q, Gaussian):
        whiten = np.linalg.inv(np.linalg.cholesky(q.covariance))
        w = np.linalg.eigvalsh(whiten @ p.covariance @ whiten.T)
        nats = float((w - 1 - np.log(w)).sum() + np.square(whiten @ (p.mean - q.mean)).sum()) / 2
    else:
        nats = expectation(p, lambda x: log_ratio(p, q, x), q)
    return max(nats, 0.0) / _nats(unit)  # rounding takes a zero below zero


def js(p: Law, q: Law, unit: str = "nats") -> float:
    """JS(p, q) = ½ KL(p, m) + ½ KL(q, m), m = (p + q) / 2: symmetric, and never above log 2.

    It is what a perfect critic is worth, max V(D, G) = V(D*) = -log 4 + 2 JS (Goodfellow et al. 2014, eq. 6).
    ValueError as for `kl`; Gaussians have no closed form here. Lin 1991, eq. 4.1.
    """
    p, q = _pair(p, q)
    if not isinstance(p, Distribution):
        # p / m as 2 (p / (p + q)): p + q does not underflow where (p + q) / 2 does.
        halves = [_mean_of(lambda xp, a, b: xp.log(2 * (a / (a + b))), a, b) for a, b in ((p, q), (q, p))]
    else:
        halves = [expectation(a, _log_share(a, b), b) for a, b in ((p, q), (q, p))]
    return min(max(sum(halves) / 2, 0.0), LOG_2) / _nats(unit)


def wasserstein1(p: Law, q: Law, positions: Any = None) -> float:
    """W1(p, q) = ∫ |F - G| dx, F and G the cdfs: the least work that moves p onto q (Vallender 1974).

    Two vectors of probabilities lie at `positions` (n,), in any order, 0 .. n-1 unless told; distributions,
    in one dimension, know where they lie. In the unit of x. ValueError as for `kl`; a mass may meet a density
    here. OracleError where a mean is infinite, and W1 with it.
    """
    if isinstance(p, Distribution) and isinstance(q, Distribution):
        if positions is not None:
            raise ValueError("positions are given with two distributions; they go with two arrays")
        one, other = p, q

        def gap(x: np.ndarray) -> np.ndarray:
            """|F - G|, in the right tail as |(1 - G) - (1 - F)|: F and G are 1 there, to rounding."""
            F, G = one.cdf(x), other.cdf(x)
            right = F + G > 1
            F[right], G[right] = one.survival(x[right]), other.survival(x[right])
            return np.abs(F - G)

        edges, digits = np.concatenate([p.knots(), q.knots()]), max(p.resolution, q.resolution)
        apart, reach = abs(float(p.mean[0] - q.mean[0])), p.width + q.width
        found = integrate(gap, edges, digits * (reach or 1.0), digits)
        slack = 1e-6 * (apart + reach) + 1e-9
        if not apart - slack <= found <= apart + reach + slack:  # Jensen; and a walk by way of the two means
            raise OracleError(f"W1 of {p} and {q} came as {found:g}, but their means are {apart:g} apart")
        return found
    masses: tuple[Any, Any] = _pair(p, q)
    p, q = masses
    xp = namespace(p, q)
    x = xp.asarray(range(len(p)) if positions is None else positions, dtype=xp.float64)
    if p.ndim != 1 or x.shape != p.shape:
        raise ValueError(f"p has shape {p.shape} and positions {x.shape}; wanted (n,) both")
    order = xp.argsort(x)
    apart = xp.cumsum((p - q)[order])[:-1]  # F - G, constant from each position to the next
    return float((xp.abs(apart) * xp.diff(x[order])).sum())


def wasserstein1_samples(x: Array, y: Array) -> float:
    """W1 between two sets of numbers, x (n,) and y (m,), or columns: ∫₀¹ |F⁻¹(u) - G⁻¹(u)| du.

    F⁻¹ and G⁻¹ are the quantile functions. With n = m it is the mean distance between the sorted sets.
    Quantiles are cdfs with the axes swapped and the area between them is the same, so it is W1 of n masses
    1/n against m masses 1/m. ValueError for another shape or an empty set.
    """
    xp = namespace(x, y)
    x, y = (xp.asarray(a, dtype=xp.float64) for a in (x, y))
    for name, a in (("x", x), ("y", y)):
        if a.size == 0 or a.size != len(a):
            raise ValueError(f"{name} has shape {a.shape}; wanted n numbers, (n,) or (n, 1)")
    n, m = x.size, y.size
    mass = xp.zeros((2, n + m))
    mass[0, :n], mass[1, n:] = 1 / n, 1 / m
    return wasserstein1(mass[0], mass[1], xp.concatenate([x.ravel(), y.ravel()]))


def optimal_discriminator(p: Law, q: Law, x: Any = None) -> Array:
    """D*(x) = p(x) / (p(x) + q(x)), the D that maximises V(D, G) when real data follow p and fakes q.

    Arrays p, q (n, ...) are probabilities or densities at the same points, and D* is in their place; for two
    distributions it is taken at x (n, dim) from the log-densities, and is right where both densities
    underflow. Where both are exactly 0, V does not see D and any value is optimal: ½, "no opinion".
    ValueError for two shapes, a negative entry, or an x that is missing or not needed. Goodfellow et al.
    2014, eq. 2.
    """
    if isinstance(p, Distribution) and isinstance(q, Distribution):
        if x is None:
            raise ValueError(f"x is missing; D* of {p} and {q} wants the points (n, {p.dim}) to be taken at")
        _check_alike(p, q)
        best = np.exp(-np.logaddexp(0.0, -log_ratio(p, q, x)))
        return np.where((q.mass_at(x) > 0) & (p.mass_at(x) == 0), 0.0, best)
    if x is not None or isinstance(p, Distribution) or isinstance(q, Distribution):
        raise ValueError(f"p is {_kind(p)}, q is {_kind(q)}; wanted two distributions and x, or two arrays")
    xp = namespace(p, q)
    p, q = xp.asarray(p), xp.asarray(q)
    if p.shape != q.shape or bool((p < 0).any()) or bool((q < 0).any()):
        raise ValueError(f"p has shape {p.shape} and q {q.shape}; wanted one shape, and no entry below 0")
    both = p + q
    return xp.where(both > 0, p / xp.where(both > 0, both, 1), 0.5)


# ---- estimates ---------------------------------------------------------------------------------------------


class Estimate(NamedTuple):
    """A mean over random draws, and the standard deviation that it has from one set of draws to the next."""

    value: float
    standard_error: float


def monte_carlo_cross_entropy(
    p: Distribution, q: Distribution, *, samples: int, rng: np.random.Generator, unit: str = "nats"
) -> Estimate:
    """H(p, q) in any dimension, as the mean of -log q over draws from p; the entropy of p with q = p."""
    _check_alike(p, q)
    return _mean([-q.log_density(p.sample(samples, rng))], unit)


def monte_carlo_kl(
    p: Distribution, q: Distribution, *, samples: int, rng: np.random.Generator, unit: str = "nats"
) -> Estimate:
    """KL(p, q) in any dimension, as the mean of log p - log q over draws from p.

    Unbiased, so unlike the truth it can fall below 0; and blind to places that p visits more rarely than once
    in `samples` draws, whatever they cost.
    """
    _check_alike(p, q)
    x = p.sample(samples, rng)
    return _mean([p.log_density(x) - q.log_density(x)], unit)


def monte_carlo_js(
    p: Distribution, q: Distribution, *, samples: int, rng: np.random.Generator, unit: str = "nats"
) -> Estimate:
    """JS(p, q) in any dimension: half the mean of log p/m over draws from p, half of log q/m from q.

    `samples` draws are taken from each of the two.
    """
    _check_alike(p, q)
    return _mean([_log_share(a, b)(a.sample(samples, rng)) for a, b in ((p, q), (q, p))], unit)


def _mean(terms: list[np.ndarray], unit: str) -> Estimate:
    """The mean of the means of independent sets of draws, each (n,), with its standard error."""
    n, scale = len(terms[0]), len(terms) * _nats(unit)
    if n < 2:
        raise ValueError(f"samples is {n}; a standard error needs 2 at least")
    variance = sum(float(a.var(ddof=1)) for a in terms) / n
    return Estimate(sum(float(a.mean()) for a in terms) / scale, math.sqrt(variance) / scale)


# ---- means ------------------------------------------------------------------------------------------------


def expectation(p: Distribution, g: Function, *beside: Distribution) -> float:
    """E[g(x)] = ∫ p(x) g(x) dx, by quadrature in one dimension, and a sum over atoms; g maps (n, 1) to (n,).

    g is asked only where p > 0, which makes 0 log 0 = 0. Name `beside` the distributions that g asks, so that
    their narrow parts are looked at too. ValueError in more dimensions: panels become too many.
    """
    if p.dim != 1:
        raise ValueError(
            f"{p} has no closed form for this, and quadrature is for one dimension; ask for an estimate: "
            f"monte_carlo_cross_entropy, monte_carlo_kl or monte_carlo_js(p, q, samples=..., rng=...)"
        )
    laws = (p, *beside)
    return float(p.expectation(g, np.concatenate([a.knots() for a in laws]), max(a.resolution for a in laws)))


def log_ratio(p: Distribution, q: Distribution, x: np.ndarray) -> np.ndarray:
    """log p/q at draws x (n, dim) from p: of the masses at p's atoms, else of the densities; 0 where both are 0.

    An atom that q alone has meets no draw from p, though a number in float64 may fall on it.
    """
    x = np.asarray(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = p.log_density(x) - q.log_density(x)
        if len(p.atoms):
            mass = p.mass_at(x)
            ratio = np.where(mass > 0, np.log(mass) - np.log(q.mass_at(x)), ratio)
    return np.where(np.isnan(ratio), 0.0, ratio)


# ---- shared ------------------------------------------------------------------------------------------------


def _pair(p: Law, q: Law) -> tuple[Any, Any]:
    """p and q fit to be compared: two densities, or two arrays of masses, which two Discretes become here.

    ValueError where they cannot be.
    """
    if isinstance(p, Distribution) or isinstance(q, Distribution):
        _check_alike(p, q)
        if not (isinstance(p, Discrete) and isinstance(q, Discrete)):
            return p, q
        x = np.union1d(p.values, q.values)[:, None]
        return p.density(x), q.density(x)
    namespace(p, q)  # one side for both
    p, q = as_probabilities(p, "p"), as_probabilities(q, "q")
    if p.shape != q.shape:
        raise ValueError(f"p has shape {p.shape} and q {q.shape}; wanted one shape")
    return p, q


def _check_alike(p: Law, q: Law) -> None:
    """ValueError unless p and q are two densities, or two Discretes, over the same space."""
    if not (isinstance(p, Distribution) and isinstance(q, Distribution)):
        raise ValueError(f"p is {_kind(p)}, q is {_kind(q)}; wanted two distributions, or two arrays")
    if p.dim != q.dim or isinstance(p, Discrete) != isinstance(q, Discrete):
        raise ValueError(f"p is {p}, q is {q}; wanted the same dimension, and two densities or two Discretes")


def _mean_of(g: Callable, p: Array, q: Array) -> float:
    """Σ p g(xp, p, q) over the places where p > 0, which makes 0 log 0 = 0."""
    xp, support = namespace(p, q), p > 0
    p, q = p[support], q[support]
    with np.errstate(divide="ignore"):  # log 0 = -inf is the answer where q = 0 < p
        return float((p * g(xp, p, q)).sum())


def _log_share(p: Distribution, q: Distribution) -> Function:
    """log p/m with m = (p + q) / 2, at x: log 2 - log(1 + q/p)."""
    return lambda x: LOG_2 - np.logaddexp(0.0, -log_ratio(p, q, x))


def _check_sharp(p: Law) -> None:
    """OracleError where rounding hides so much of p's density that its entropy is not known to 1e-4."""
    if isinstance(p, Distribution) and p.blur > 1e-6:
        raise OracleError(
            f"{p.blur:.2g} of the probability of {p} lies where G(z) moves by less than rounding shows, a steep "
            f"density or an atom: its entropy and KL are unknown; js and wasserstein1 are not moved by it"
        )


def _kind(p: Any) -> str:
    return repr(p) if isinstance(p, Distribution) else f"an array of shape {np.shape(p)}"


def _nats(unit: str) -> float:
    """How many nats one of this unit is."""
    if unit not in ("nats", "bits"):
        raise ValueError(f"unit is {unit!r}; wanted 'nats' or 'bits'")
    return 1.0 if unit == "nats" else LOG_2
