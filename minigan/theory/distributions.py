"""Distributions that are known exactly: they can be drawn from, and their density can be asked.

A GAN sees only samples. A lesson about GANs needs the truth beside them, so the data of the examples come
from here, where mean, covariance and density are formulas. NumPy and float64 throughout: these are the
yardsticks.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from ..core.backend import Array, namespace
from ..core.streams import Stream
from .quadrature import Function, integrate

LOG_2PI = math.log(2 * math.pi)
# Where a Gaussian must be looked at, in standard deviations: closely in the middle, then out to where its
# density is below the smallest double. Nothing round: log p turns sharply where two components balance, in
# examples a round place, and panels that end just there may never look into the turn.
REACH = np.array([-38.7, -16.3, -8.1, -4.1, -2.2, -0.9, 0.13, 1.1, 1.9, 3.8, 7.7, 15.9, 38.9])

_erfc = np.vectorize(math.erfc, otypes=[float])


class Distribution(ABC):
    """A distribution over points with `dim` coordinates; x is always (n, dim), and what is asked of it (n,).

    Who writes one gives `dim`, `mean`, `covariance`, `sample` and `log_density`, and in one dimension `cdf`
    and `knots` as well: the divergences need no more. What a GAN that learns from it asks (`Data` in
    data/dataset.py says what each means) follows from these.
    """

    dim: int
    mean: np.ndarray  # (dim,)
    covariance: np.ndarray  # (dim, dim)

    has_density: ClassVar[bool] = True  # log_density is that of a density, not of a probability mass
    resolution: float = 1e-13  # how closely the density is known: quadrature asks for no more digits
    blur: float = 0.0  # the probability where it is not known at all
    atoms: np.ndarray = np.empty((0, 2))  # points on a line, with the probability of each, beside the density
    count = math.inf
    x = image = pixels = labels = held_out = classes = channels = kinds = None
    said = ""

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent draws (n, dim), by the same calls of rng whatever they turn out to be."""

    @abstractmethod
    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log p(x), in nats: x (n, dim) -> (n,). ValueError for another shape."""

    def density(self, x: np.ndarray) -> np.ndarray:
        """p(x): x (n, dim) -> (n,). ValueError for another shape."""
        return np.exp(self.log_density(x))

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """F(x) = P(X <= x): x (n, 1) -> (n,). ValueError in more than one dimension."""
        raise self._lacks("cdf")

    def survival(self, x: np.ndarray) -> np.ndarray:
        """P(X > x) = 1 - F(x), where it can be had to the last digits of a tail: x (n, 1) -> (n,)."""
        return 1 - self.cdf(x)

    def mass_at(self, x: np.ndarray) -> np.ndarray:
        """P(X = x), which is 0 but for atoms: x (n, 1) -> (n,)."""
        return np.zeros(len(x))

    def expectation(self, g: Function, edges: np.ndarray, tolerance: float = 1e-13) -> Any:
        """E[g(X)] = Σ over atoms + ∫ p g dx on panels between the edges; g maps (n, 1) to (n,) or (n, k).

        `divergences.expectation` chooses edges and tolerance. g is asked only where p > 0.
        """

        def integrand(x: np.ndarray) -> np.ndarray:
            p = self.density(x)
            here = (p > 0) & (p < math.inf)  # at an atom there is no density; the sum has it
            y = g(x[here])
            full = np.zeros((len(x), *y.shape[1:]))
            full[here] = (y.T * p[here]).T
            return full

        return self._over_atoms(g) + integrate(integrand, edges, tolerance, tolerance)

    def _over_atoms(self, g: Function) -> Any:
        return self.atoms[:, 1] @ g(self.atoms[:, :1]) if len(self.atoms) else 0.0

    def knots(self) -> np.ndarray:
        """Points (m,) in one dimension that hold all the mass between them, close together where p is steep.

        Quadrature starts from them. ValueError in more than one dimension.
        """
        raise self._lacks("knots")

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def columns(self) -> list[str]:
        return column_names(self.dim)

    @property
    def width(self) -> float:
        """How far X is from its mean, about, in one dimension."""
        return math.sqrt(self.covariance[0, 0])

    @property
    def standard_deviation(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return self.mean, self.covariance

    def batch(self, step: int, n: int, stream: Stream) -> np.ndarray:
        return self.sample(n, stream.at(step))

    def some(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.sample(n, rng)

    def split(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return self.sample(n, rng), self.sample(n, rng)

    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        reach = 3 * self.standard_deviation
        return self.mean - reach, self.mean + reach

    def fingerprint(self) -> str:
        return ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(dim={self.dim})"

    def _points(self, x: Any) -> np.ndarray:
        """x as float64, (n, dim)."""
        x = np.asarray(x, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != self.dim:
            cure = "; x[:, None] makes a column of n numbers" if x.ndim == self.dim == 1 else ""
            raise ValueError(f"x has shape {x.shape}; {self} wants (n, {self.dim}){cure}")
        return x

    def _line(self, x: Any, what: str) -> np.ndarray:
        """x (n, 1) as a vector (n,), for what there is in one dimension only."""
        if self.dim != 1:
            raise self._lacks(what)
        return self._points(x)[:, 0]

    def _lacks(self, what: str) -> ValueError:
        return ValueError(f"{self} has no {what}; distributions in one dimension can have it")


class Gaussian(Distribution):
    """N(mean, Σ), with Σ from `sd` (one for all coordinates, or one for each) or given as `covariance`.

        log p(x) = -½ |L⁻¹ (x - mean)|² - log det L - d/2 log 2π,    Σ = L Lᵀ

    mean is a scalar or (dim,), sd a scalar or (dim,), 1 unless told, covariance (dim, dim).
    ValueError for an sd that is not positive, a Σ that is not symmetric and positive definite, or both given.
    """

    def __init__(self, mean: Any = 0.0, sd: Any = None, *, covariance: Any = None):
        if sd is not None and covariance is not None:
            raise ValueError("sd and covariance are both given; a Gaussian wants one of them")
        if covariance is None:
            mean, sd = np.broadcast_arrays(*_finite(mean=mean, sd=1.0 if sd is None else sd))
            if mean.ndim > 1 or not (sd > 0).all():
                raise ValueError(f"mean is {mean.tolist()}, sd {sd.tolist()}; wanted (dim,) both, and sd > 0")
            self.mean = np.atleast_1d(mean).copy()
            root = np.diag(np.atleast_1d(sd))
            self.covariance = root * root
        else:
            mean, self.covariance = _finite(mean=mean, covariance=covariance)
            wanted = (self.covariance.shape[:1] or (1,)) * 2
            if self.covariance.shape != wanted or mean.ndim > 1 or mean.size not in (1, wanted[0]):
                raise ValueError(
                    f"mean has shape {mean.shape} and covariance {self.covariance.shape}; "
                    f"wanted (dim,) and (dim, dim)"
                )
            self.mean = np.broadcast_to(mean, wanted[:1]).copy()
            root = _cholesky(self.covariance)
        self.dim = len(self.mean)
        self._root = root  # L
        self._whiten = np.diag(1 / np.diag(root)) if covariance is None else np.linalg.inv(root)  # L⁻¹
        self._log_peak = -float(np.log(np.diag(root)).sum()) - self.dim / 2 * LOG_2PI

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """mean + L ε, ε standard normal (n, dim)."""
        return self.mean + rng.standard_normal((n, self.dim)) @ self._root.T

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log p(x), in nats: x (n, dim) -> (n,). ValueError for another shape."""
        white = (self._points(x) - self.mean) @ self._whiten.T
        return self._log_peak - np.square(white).sum(axis=1) / 2

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """Φ((x - mean) / sd): x (n, 1) -> (n,). ValueError in more than one dimension."""
        return _normal_cdf((self._line(x, "cdf") - self.mean) / self._root[0])

    def survival(self, x: np.ndarray) -> np.ndarray:
        """Φ((mean - x) / sd): x (n, 1) -> (n,). ValueError in more than one dimension."""
        return _normal_cdf((self.mean - self._line(x, "survival")) / self._root[0])

    def knots(self) -> np.ndarray:
        """mean + sd · REACH. ValueError in more than one dimension."""
        return self.mean + self._root[0] * REACH if self.dim == 1 else super().knots()


class Mixture(Distribution):
    """A weighted sum of K round Gaussians.

        p(x) = Σₖ wₖ N(x; mₖ, sₖ² I)

    means (K, dim), or (K,) for dim 1; sd a scalar or (K,), positive; weights (K,), positive, with sum 1,
    equal unless told. ValueError for anything else.
    """

    def __init__(self, means: Any, sd: Any, weights: Any = None):
        means, sd = _finite(means=means, sd=sd)
        self.means = means[:, None] if means.ndim == 1 else means
        if self.means.ndim != 2 or self.means.size == 0:
            raise ValueError(f"means has shape {means.shape}; wanted (K, dim), K and dim at least 1")
        K, self.dim = self.means.shape
        if sd.shape not in ((), (K,)) or not (sd > 0).all():
            raise ValueError(f"sd is {sd.tolist()}; wanted one positive number, or one for each of {K} means")
        self.sd = np.full(K, sd)
        self.weights = np.full(K, 1 / K) if weights is None else as_probabilities(weights, "weights")
        if self.weights.shape != (K,) or not (self.weights > 0).all():
            raise ValueError(f"weights is {self.weights.tolist()}; wanted {K} positive numbers, one a mean")
        self.mean = self.weights @ self.means
        apart = self.means - self.mean
        self.covariance = (self.weights * apart.T) @ apart + self.weights @ self.sd**2 * np.eye(self.dim)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """A component for each row, then its noise: two calls of rng, so a stream replays draw for draw."""
        k = _choose(self.weights, n, rng)
        return self.means[k] + self.sd[k, None] * rng.standard_normal((n, self.dim))

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log p(x), in nats: x (n, dim) -> (n,). ValueError for another shape."""
        distance2 = np.square(self._points(x)[:, None] - self.means).sum(axis=2)  # (n, K)
        log_peaks = np.log(self.weights) - self.dim * (np.log(self.sd) + LOG_2PI / 2)  # (K,)
        joint = log_peaks - distance2 / (2 * self.sd**2)
        top = joint.max(axis=1, keepdims=True)  # taken out, or far away every exp is 0 and the log -inf
        return top[:, 0] + np.log(np.exp(joint - top).sum(axis=1))

    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        reach = 3 * self.sd[:, None]
        return (self.means - reach).min(axis=0), (self.means + reach).max(axis=0)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """Σₖ wₖ Φ((x - mₖ) / sₖ): x (n, 1) -> (n,). ValueError in more than one dimension."""
        return _normal_cdf((self._line(x, "cdf")[:, None] - self.means[:, 0]) / self.sd) @ self.weights

    def survival(self, x: np.ndarray) -> np.ndarray:
        """Σₖ wₖ Φ((mₖ - x) / sₖ): x (n, 1) -> (n,). ValueError in more than one dimension."""
        return _normal_cdf((self.means[:, 0] - self._line(x, "survival")[:, None]) / self.sd) @ self.weights

    def knots(self) -> np.ndarray:
        """The knots of every component. ValueError in more than one dimension."""
        return (self.means + self.sd[:, None] * REACH).ravel() if self.dim == 1 else super().knots()


class Discrete(Distribution):
    """Finitely many numbers, each with its probability; `density` is the probability mass.

    probabilities (n,), with sum 1; values (n,), all different, 0 .. n-1 unless told. Kept in order of value.
    ValueError for anything else.
    """

    dim = 1
    has_density = False

    def __init__(self, probabilities: Any, values: Any = None):
        mass = as_probabilities(probabilities, "probabilities")
        (values,) = _finite(values=np.arange(mass.size) if values is None else values)
        if mass.ndim != 1 or values.shape != mass.shape or len(np.unique(values)) != len(values):
            raise ValueError(
                f"probabilities has shape {mass.shape} and values {values.shape}; "
                f"wanted (n,) both, and n different values"
            )
        order = np.argsort(values)
        self.values, self.probabilities = values[order], mass[order]
        self.mean = np.array([self.probabilities @ self.values])
        self.covariance = np.array([[self.probabilities @ (self.values - self.mean) ** 2]])

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """The inverse of the cdf at n uniform numbers: (n, 1)."""
        return self.values[_choose(self.probabilities, n, rng), None]

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log P(X = x), -inf beside the values: x (n, 1) -> (n,). ValueError for another shape."""
        x = self._points(x)[:, 0]
        i = np.minimum(np.searchsorted(self.values, x), len(self.values) - 1)
        mass = np.where(self.values[i] == x, self.probabilities[i], 0.0)
        return np.log(mass, out=np.full(len(x), -np.inf), where=mass > 0)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """P(X <= x), a staircase: x (n, 1) -> (n,). ValueError for another shape."""
        stairs = np.concatenate([[0.0], np.cumsum(self.probabilities)])
        return stairs[np.searchsorted(self.values, self._line(x, "cdf"), side="right")]

    def knots(self) -> np.ndarray:
        """The values: the cdf is flat between them."""
        return self.values


def column_names(d: int) -> list[str]:
    """x1 to xd: what columns are called that nobody named."""
    return [f"x{j}" for j in range(1, d + 1)]


def ring(modes: int = 8, radius: float = 2.0, sd: float = 0.02) -> Mixture:
    """Equal Gaussians evenly on a circle, the standard test of mode collapse (Metz et al. 2017, section 3.1).

    Centre k is at angle 2πk/modes, k = 0 .. modes-1: the full turn is left out, for it would be centre 0
    again and leave one mode fewer than was asked for.
    """
    if modes < 1:
        raise ValueError(f"modes is {modes}; it must be at least 1")
    angles = 2 * math.pi * np.arange(modes) / modes
    return Mixture(radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), sd)


def grid(side: int = 5, spacing: float = 2.0, sd: float = 0.05) -> Mixture:
    """side × side equal Gaussians on a square lattice around 0 (Lin et al. 2018, section 4.1: their 2D-grid)."""
    if side < 1:
        raise ValueError(f"side is {side}; it must be at least 1")
    line = spacing * (np.arange(side) - (side - 1) / 2)
    return Mixture(np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2), sd)


def as_probabilities(p: Any, name: str = "p") -> Array:
    """p in float64, on the side where it lives, checked and divided by its sum.

    The sum must be 1 within 1e-9, or 1e-6 where p comes in float32; dividing by it removes that rounding.
    ValueError otherwise, or where a probability is negative.
    """
    xp = namespace(p)
    slack = 1e-6 if str(getattr(p, "dtype", "")) == "float32" else 1e-9
    p = xp.asarray(p, dtype=xp.float64)
    if bool((p < 0).any()):
        raise ValueError(f"{name} has a negative entry, {float(p.min()):g}; probabilities are 0 or more")
    total = float(p.sum())
    if not abs(total - 1) <= slack:  # said this way round, NaN is caught too
        raise ValueError(f"{name} sums to {total:.10g}; probabilities sum to 1 within {slack:g}")
    return p / total


def _finite(**arguments: Any) -> list[np.ndarray]:
    """Each argument as a float64 array. ValueError, by name, for one that is not of finite numbers."""
    arrays = []
    for name, value in arguments.items():
        array = np.asarray(value, dtype=np.float64)
        if not np.isfinite(array).all():
            raise ValueError(f"{name} is {array.tolist()}; wanted finite numbers")
        arrays.append(array)
    return arrays


def _cholesky(covariance: np.ndarray) -> np.ndarray:
    """L, lower triangular, with L Lᵀ = covariance. ValueError where there is none."""
    # LAPACK reads the lower half alone, and would not tell.
    if np.abs(covariance - covariance.T).max() > 1e-9 * np.abs(covariance).max():
        raise ValueError(f"covariance is {covariance.tolist()}; wanted a symmetric matrix")
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        low = np.linalg.eigvalsh(covariance)[0]
        raise ValueError(f"covariance has the eigenvalue {low:g}; wanted all of them positive") from None


def _normal_cdf(z: np.ndarray) -> np.ndarray:
    """Φ(z) = ½ erfc(-z/√2): exact to the last digits in the left tail, where ½ (1 + erf) is 0."""
    return _erfc(z / -math.sqrt(2)) / 2


def _choose(probabilities: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """n indices with these probabilities, from one call of rng."""
    stairs = np.cumsum(probabilities)
    return np.searchsorted(stairs / stairs[-1], rng.random(n), side="right")
