"""How good samples are, when the truth is known or a held-out set stands for it.

Every number here can be fooled, and the lessons fool each in turn. So each comes with what a perfect sampler
would score, or in a pair that no single cheat passes. NumPy and float64; nothing is trained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import NormalDist
from typing import Any, NamedTuple, cast

import numpy as np

from ..data.dataset import Data, finite_rows
from ..theory.distributions import Mixture
from ..theory.divergences import kl

HIGH_QUALITY = 3.0  # standard deviations from the nearest centre
BLOCK = 1 << 23  # numbers: 64 MB of distances at a time


# ---- modes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ModeReport:
    """Which modes of a mixture samples reach, how closely, and in which proportions; divergences in nats."""

    found: float  # modes with at least one high-quality sample; a whole number, unless it is an expectation
    high_quality: float  # share of the samples within HIGH_QUALITY sd of their nearest centre
    reverse_kl: float  # KL(shares of the modes among high-quality samples, weights); inf where there is none
    shares: np.ndarray  # (K,) shares of the modes among all samples, each counted for its nearest
    reverse_kl_all: float  # KL(shares, weights)


def mode_report(samples: Any, mixture: Mixture) -> ModeReport:
    """Modes found, high-quality share and reverse KL of samples (n, dim), as in PacGAN (Lin et al. 2018).

    A sample belongs to the nearest centre in Euclidean distance, and is of high quality within 3 sd of it.
    Samples that are nowhere near a mode have no share among high-quality ones, so the same is told of all
    samples too. ValueError for another shape, no samples, or numbers that are not finite.
    """
    distance, mode = nearest(samples, mixture.means)
    good = distance < HIGH_QUALITY * mixture.sd[mode]
    K = len(mixture.means)
    shares = np.bincount(mode, minlength=K) / len(mode)
    counts = np.bincount(mode[good], minlength=K)
    return ModeReport(
        found=int((counts > 0).sum()),
        high_quality=float(good.mean()),
        reverse_kl=kl(counts / counts.sum(), mixture.weights) if good.any() else math.inf,
        shares=shares,
        reverse_kl_all=kl(shares, mixture.weights),
    )


def perfect_mode_report(mixture: Mixture, n: int) -> ModeReport:
    """What n draws from the mixture itself score on average: quality's ceiling and the floor of reverse KL.

        high quality = P(χ_dim < 3),   modes found = Σₖ 1 - (1 - wₖ P(χ_dim < 3))ⁿ,   reverse KL = (K - 1) /
        2n

    For modes that do not overlap, 6 sd or more apart, and n large beside K: the reverse KL is Miller's (1955)
    first-order bias of an entropy that is estimated by counting. ValueError for n < 1.
    """
    if n < 1:
        raise ValueError(f"n is {n}; wanted 1 sample at least")
    good = chi_cdf(HIGH_QUALITY, mixture.dim)
    chance = (len(mixture.means) - 1) / (2 * n)
    found = float((1 - (1 - mixture.weights * good) ** n).sum())
    return ModeReport(found, good, chance, mixture.weights, chance)


def chi_cdf(radius: float, dim: int) -> float:
    """P(|ε| < r) for ε standard normal in `dim` dimensions, absolutely exact to about 1e-15.

        P₁ = erf(r/√2),   P₂ = 1 - e^(-r²/2),   P_{d+2} = P_d - (r²/2)^(d/2) e^(-r²/2) / Γ(d/2 + 1)

    ValueError for a negative radius or a dim below 1. The recursion is integration by parts.
    """
    if radius < 0 or dim < 1:
        raise ValueError(f"radius is {radius} and dim {dim}; wanted radius >= 0 and dim >= 1")
    if radius == 0:
        return 0.0
    half = radius * radius / 2
    share = math.erf(math.sqrt(half)) if dim % 2 else -math.expm1(-half)
    for d in range(1 if dim % 2 else 2, dim, 2):  # in logarithms: the power and Γ overflow from dim 340 on
        share -= math.exp(d / 2 * math.log(half) - half - math.lgamma(d / 2 + 1))
    return max(share, 0.0)


# ---- neighbours --------------------------------------------------------------------------------------------


def nearest(queries: Any, references: Any, exclude_self: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Euclidean distance (n,) and index (n,) of the nearest of references (m, d) to each of queries (n, d).

    |a - b|² = |a|² - 2 a·b + |b|² makes the search one matrix product, taken in blocks of rows so that memory
    stays at 64 MB. Where rounding leaves more than one that may be the nearest, as for two heaps far from each
    other, |a - b| is taken of each of them: the first of the nearest is found, always. With exclude_self, both
    sets are the same and no row is its own neighbour. ValueError for shapes that do not fit, an empty set, or
    numbers that are not finite.
    """
    queries, references = finite_rows(queries, "queries"), finite_rows(references, "references")
    n, m = len(queries), len(references)
    if queries.shape[1] != references.shape[1]:
        raise ValueError(f"queries is {queries.shape}, references {references.shape}; wanted (n, d), (m, d)")
    if exclude_self and (n != m or m < 2):
        raise ValueError(f"exclude_self compares a set of 2 rows or more with itself; got {n} and {m} rows")
    centre = references.mean(axis=0)  # far from the origin, the three terms would cancel and leave rounding
    points = references - centre
    norms, minus2 = np.square(points).sum(axis=1), -2 * points.T
    rounding = (queries.shape[1] + 4) * np.finfo(np.float64).eps * 2  # of both distances that are compared
    index = np.empty(n, dtype=np.intp)
    rows = max(1, BLOCK // m)
    for start in range(0, n, rows):
        near = queries[start : start + rows] - centre
        distance2 = near @ minus2  # (rows, m), short of |a|²,
        distance2 += norms  # which is the same along a row and changes no order
        if exclude_self:
            own = np.arange(len(distance2))
            distance2[own, start + own] = np.inf
        found = distance2.argmin(axis=1, out=index[start : start + rows])
        best = np.arange(len(near)), found
        limit = distance2[best] + rounding * (np.linalg.norm(near, axis=1) + math.sqrt(norms.max())) ** 2
        distance2[best] = np.inf
        for row in np.flatnonzero(distance2.min(axis=1) <= limit):
            few = np.append(np.flatnonzero(distance2[row] <= limit[row]), found[row])
            few.sort()
            found[row] = few[np.square(queries[start + row] - references[few]).sum(axis=1).argmin()]
    return np.sqrt(np.square(queries - references[index]).sum(axis=1)), index


def label_mix(samples: Any, references: Any, labels: Any) -> np.ndarray:
    """Shares (C,) of the classes 0 .. C-1 among samples (n, d), each classed as its nearest reference.

    references (m, d) have the labels (m,), whole numbers from 0; C is the greatest of them + 1. ValueError
    for labels of another kind, and as for `nearest`.
    """
    labels = np.asarray(labels)
    if labels.shape != (len(references),) or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError(
            f"labels has shape {labels.shape} and dtype {labels.dtype}; "
            f"wanted ({len(references)},), whole numbers >= 0"
        )
    classes = labels[nearest(samples, references)[1]]
    return np.bincount(classes, minlength=int(labels.max()) + 1) / len(classes)


class NeighbourRatios(NamedTuple):
    """Two median nearest-neighbour distances, over that from held-out to training data: 1 and 1, if perfect.

    A copier has the first near 0. Copies with noise, one sample repeated, or a blur have the second above 1.
    """

    samples_to_train: float
    held_out_to_samples: float


def neighbour_ratios(samples: Any, train: Any, held_out: Any) -> NeighbourRatios:
    """Do samples (n, d) lie as new data would: not too near to training data, not too far from the rest?

        samples_to_train    = median d(sample, train)    / median d(held-out, train)
        held_out_to_samples = median d(held-out, sample) / median d(held-out, train)

    The more points there are, the nearer the nearest: take n = m. ValueError where held_out lies in train,
    and as for `nearest`.
    """
    unit = float(np.median(nearest(held_out, train)[0]))
    if unit == 0:
        raise ValueError("half of held_out or more is in train, at distance 0; wanted data that was held out")
    return NeighbourRatios(
        float(np.median(nearest(samples, train)[0])) / unit,
        float(np.median(nearest(held_out, samples)[0])) / unit,
    )


def precision_and_recall(samples: Any, real: Any, k: int = 3, least: float = 0.0) -> tuple[float, float]:
    """The share of samples (n, d) that lie where real rows (m, d) do, and the share of those where samples do.

    A set lies in the balls around its points that reach to their k-th neighbours in the set, or as far as `least`
    where that is farther. Blurred or wild samples have little precision, and a collapsed generator has little
    recall. For two draws of one law both are near 1 in few dimensions, and some .65 in 64. ValueError unless both
    have more than k rows, and as for `nearest`. Kynkäänniemi et al. 2019, eq. 1 and 2.
    """
    samples, real = finite_rows(samples, "samples"), finite_rows(real, "real")
    if min(len(samples), len(real)) <= k:
        raise ValueError(f"there are {len(samples)} samples and {len(real)} real rows; wanted more than k = {k}")
    centre = real.mean(axis=0)  # as in `nearest`; at a ball's edge it does not matter who is counted by rounding
    samples, real = samples - centre, real - centre
    between = _distances(samples, real)
    found = []
    for rows, apart in ((real, between), (samples, between.T)):
        radius = np.maximum(np.partition(_distances(rows, rows), k, axis=1)[:, k], least)  # each is its own first
        found.append(float((apart <= radius).any(axis=1).mean()))
    return found[0], found[1]


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances (n, m) of rows (n, d) and (m, d)."""
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * (a @ b.T)
    return np.sqrt(np.maximum(squares, 0))


# ---- moments -----------------------------------------------------------------------------------------------


def frechet_distance(x: Any, y: Any, unit: Any = 1.0) -> float:
    """The squared Wasserstein-2 distance of the Gaussians that have the moments of x and y (see `moments`).

        d² = |m₁ - m₂|² + tr(C₁ + C₂ - 2 (C₁ C₂)^½),    in unit², a number or one for each column (d,)

    With Rᵢᵀ Rᵢ = Cᵢ the last trace is the sum of the singular values of R₁ R₂ᵀ. For samples R is the triangle of
    the QR decomposition of what they are apart from their mean: no number is squared, so none whose square is lost
    to rounding comes back as a root of 1e-8. It sees two moments and nothing else. ValueError for two dimensions,
    and as for `moments`. Heusel et al. 2017, eq. 6.
    """
    (mean1, root1), (mean2, root2) = _mean_and_root(x), _mean_and_root(y)
    if mean1.shape != mean2.shape:
        raise ValueError(f"x has {len(mean1)} coordinates and y {len(mean2)}; wanted the same")
    apart, root1, root2 = (mean1 - mean2) / unit, root1 / unit, root2 / unit
    overlap = np.linalg.svd(root1 @ root2.T, compute_uv=False).sum()
    squares = (float(np.square(a).sum()) for a in (apart, root1, root2))
    return max(sum(squares) - 2 * float(overlap), 0.0)


def _mean_and_root(x: Any) -> tuple[np.ndarray, np.ndarray]:
    """The mean (d,) of samples or data, and an R (any, d) with Rᵀ R their covariance."""
    return _of_data(x) if hasattr(x, "moments") else _of_rows(x)


@lru_cache(maxsize=4)
def _of_data(data: Data) -> tuple[np.ndarray, np.ndarray]:
    if data.x is not None:
        return _of_rows(data.x)
    mean, covariance = data.moments()
    w, v = np.linalg.eigh(covariance)
    return mean, np.sqrt(np.maximum(w, 0))[:, None] * v.T  # rounding takes a zero eigenvalue below zero


def _of_rows(x: Any) -> tuple[np.ndarray, np.ndarray]:
    x = finite_rows(x, "x")
    if len(x) < 2:
        raise ValueError(f"x has shape {x.shape}; a covariance needs 2 rows at least")
    mean = x.mean(axis=0)
    root = np.linalg.qr((x - mean) / math.sqrt(len(x) - 1), mode="r")
    return mean, cast(np.ndarray, root)  # NumPy's stubs know of no mode


# ---- likelihood of samples -----------------------------------------------------------------------------------


def parzen_log_likelihood(samples: Any, x: Any, sigma: Any) -> np.ndarray:
    """log p̂ (n,) in nats at x (n, d), where p̂ is the mean of Gaussians of sd sigma around the m samples (m, d).

        log p̂(x) = log 1/m Σⱼ exp(-|x - μⱼ|² / 2σ²) - d log(σ √(2π))

    Sigmas (S,) give (S, n), from distances that are taken once. As in `nearest` these are matrix products in
    blocks of 64 MB, so the answer is uncertain by some 1e-15 |μ|² / σ², |μ| being the samples' distance from
    their mean. The largest exponent is drawn out of the sum, so nothing overflows, and far away the answer is no
    log 0. ValueError for shapes that do not fit, a sigma that is not above 0, or numbers that are not finite.
    """
    samples, x, sigma = finite_rows(samples, "samples"), finite_rows(x, "x"), np.asarray(sigma, dtype=np.float64)
    (m, d), n = samples.shape, len(x)
    if x.shape[1] != d:
        raise ValueError(f"samples is {samples.shape}, x {x.shape}; wanted (m, d), (n, d)")
    if not ((sigma > 0) & (sigma < np.inf)).all():
        raise ValueError(f"sigma is {sigma}; wanted numbers above 0")
    centre = samples.mean(axis=0)  # far from the origin, the three terms would cancel and leave rounding
    points = samples - centre
    norms, minus2 = np.square(points).sum(axis=1), -2 * points.T
    logs = np.empty((*sigma.shape, n))
    rows = max(1, BLOCK // (2 * m))  # two blocks: the squared distances, and what is made of them
    for start in range(0, n, rows):
        near = x[start : start + rows] - centre
        distance2 = near @ minus2  # (rows, m)
        distance2 += norms
        distance2 += np.square(near).sum(axis=1, keepdims=True)
        closest = distance2.min(axis=1, keepdims=True)
        distance2 -= closest  # so that the largest exponent is 0
        power = np.empty_like(distance2)
        for k in np.ndindex(sigma.shape):
            np.multiply(distance2, -0.5 / sigma[k] ** 2, out=power)
            mean = np.exp(power, out=power).mean(axis=1)
            logs[k][start : start + rows] = np.log(mean) - closest[:, 0] * (0.5 / sigma[k] ** 2)
    return logs - d * np.log(sigma * math.sqrt(2 * math.pi))[..., None]


@dataclass(frozen=True, eq=False)
class ParzenReport:
    """A Parzen estimate and how its sigma was chosen; nats per point."""

    mean: float  # of the test points' log-likelihoods
    standard_error: float  # their sd (1/n) over √n: of the choice of test points only, not of samples or sigma
    sigma: float  # the best of sigmas on the validation points; the first of equals
    sigmas: np.ndarray  # (S,) tried
    validation: np.ndarray  # (S,) mean log-likelihood of the validation points


def parzen_report(samples: Any, validation: Any, test: Any, sigmas: Any = None) -> ParzenReport:
    """Choose sigma on validation (v, d), then judge samples (m, d) by their mean log p̂ on test points (n, d).

    sigmas are ten from .1 to 1, evenly in logarithm, unless given. With pixels in [0, 1], m = n = 10,000 and
    v = 1,000 this is the published protocol. A density depends on its unit: pixels in [-1, 1] cost d log 2.
    ValueError as for `parzen_log_likelihood`. Goodfellow et al. 2014, section 5, and their parzen_ll.py.
    """
    sigmas = np.logspace(-1, 0, 10) if sigmas is None else np.asarray(sigmas, dtype=np.float64)
    if sigmas.ndim != 1 or len(sigmas) == 0:
        raise ValueError(f"sigmas has shape {sigmas.shape}; wanted (S,), S at least 1")
    means = parzen_log_likelihood(samples, validation, sigmas).mean(axis=1)
    sigma = float(sigmas[means.argmax()])
    logs = parzen_log_likelihood(samples, test, sigma)
    return ParzenReport(float(logs.mean()), float(logs.std() / math.sqrt(len(logs))), sigma, sigmas, means)


# ---- shares ------------------------------------------------------------------------------------------------


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The probabilities of success that n trials with this many successes do not refute (Wilson 1927).

        (k + z²/2 ± z √(k (n - k) / n + z²/4)) / (n + z²),    z the normal quantile, 1.96 for .95

    Unlike p̂ ± z √(p̂ (1 - p̂) / n) it never leaves [0, 1] and is no point at 0 of n. ValueError for counts
    or a confidence that cannot be.
    """
    if not 0 <= successes <= n or n < 1 or not 0 < confidence < 1:
        raise ValueError(
            f"successes is {successes}, n {n}, confidence {confidence}; "
            f"wanted 0 <= successes <= n, n >= 1, 0 < confidence < 1"
        )
    z = NormalDist().inv_cdf((1 + confidence) / 2)

    def low(k: int) -> float:  # the product of both roots over the upper one: nothing cancels, 0 of n gives 0
        return k * k / n / (k + z * z / 2 + z * math.sqrt(k * (n - k) / n + z * z / 4))

    return low(successes), 1 - low(n - successes)


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float, float]:
    """(mean, low, high) of independent values, by Student's t; the interval is (-inf, inf) for a single one.

    ValueError for no values.
    """
    x = np.array(values, float)
    if x.size < 1 or x.ndim != 1:
        raise ValueError(f"values have shape {x.shape}; an interval wants a list of numbers, one at least")
    if x.size == 1:
        return float(x[0]), -math.inf, math.inf
    mean, reach = float(x.mean()), student_t(confidence, x.size - 1) * float(x.std(ddof=1)) / math.sqrt(x.size)
    return mean, mean - reach, mean + reach


@cache
def student_t(confidence: float, nu: int) -> float:
    """The t that |T| stays below with this confidence, T having Student's distribution of nu degrees of freedom.

    With t = sqrt(nu) tan a its density is proportional to cos(a)^(nu - 1), smooth on a quarter turn, so that a few
    nodes integrate it: those of the part where it is above e^-40, for it grows narrow as nu grows.
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    end = math.pi / 2 if nu < 42 else math.asin(math.sqrt(-math.expm1(-80 / (nu - 1))))

    def inside(angle: float) -> float:
        log_cosine = np.log1p(-(np.sin((nodes + 1) * angle / 2) ** 2)) / 2
        return float((weights * np.exp((nu - 1) * log_cosine)).sum()) * angle

    low, high = 0.0, end
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) < confidence * inside(end) else (low, middle)
    return math.sqrt(nu) * math.tan(low)
