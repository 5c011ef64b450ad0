"""Exercise 16: a Gaussian with exact sample moments, and k-means centres."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.exercises import wrong

HINTS = (
    "Fréchet: noise of any kind can be given any mean and covariance by an affine map: take its own out, put "
    "train's in. Parzen: what lies in the middle of its neighbours? Their mean.",
    "Fréchet: with A the Cholesky factor of the noise's own sample covariance, (noise - its mean) @ inv(A).T has "
    "covariance I exactly. Parzen: start from n rows of train, give each row of train to its nearest centre, "
    "move each centre to the mean of its rows, and repeat.",
    "Fréchet: noise = rng.standard_normal((n, d)); noise -= noise.mean(0); A and L the Cholesky factors of "
    "np.atleast_2d(np.cov(noise.T)) and of np.atleast_2d(np.cov(train.T)); return train.mean(0) + "
    "noise @ np.linalg.inv(A).T @ L.T. Parzen: 10 rounds of k-means with n centres; skip a centre without rows, "
    "and in the end nudge one that is still a row of train.",
)
ANSWER = ("fool_frechet", "fool_parzen")
WHY = """
Fréchet's distance is a function of two moments, and there is a whole family of samples that share them: white
noise, taken through the right matrix, is one. True samples have them only to about 1/sqrt(n), so they lose to
you. Parzen's estimate judges the fakes after adding sigma of noise to each. True samples carry the data's own
spread, and get sigma on top; averages of neighbours have had their spread taken out, and sigma puts it back.

Common mistakes: drawing from N(mean, covariance), which has the right moments only on average; whitening by the
standard deviations, which leaves the correlations; the factor on the wrong side (rows are samples: x @ L.T);
np.cov's n - 1 against np.var's n. For Parzen: copies of rows, which only equal the truth; the overall mean n
times, which covers nothing; a jitter around rows, which adds spread instead of taking it out.
"""


def fool_frechet(train: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise (n, d) with exactly the sample mean and covariance of train (m, d)."""
    noise = rng.standard_normal((n, train.shape[1]))
    noise -= noise.mean(axis=0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(noise.T)))).T
    return train.mean(axis=0) + white @ np.linalg.cholesky(np.atleast_2d(np.cov(train.T))).T


def fool_parzen(train: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """n centres of k-means on train (m, d): each the mean of the rows around it."""
    centres = train[rng.choice(len(train), n, replace=False)].copy()
    for _ in range(10):
        own = np.square(train[:, None] - centres).sum(axis=2).argmin(axis=1)
        for j in range(n):
            if (own == j).any():
                centres[j] = train[own == j].mean(axis=0)
    alone = (centres[:, None] == train).all(axis=2).any(axis=1)  # a centre of one row is a copy of it
    return centres + 1e-6 * alone[:, None] * train.std(axis=0)


def _frechet(x: np.ndarray, y: np.ndarray) -> float:
    """The oracle: the trace of (C1 C2)^(1/2) from the eigenvalues of the product itself."""

    def moments(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = np.array([math.fsum(column) / len(a) for column in a.T])
        apart = a - mean
        return mean, np.einsum("ni,nj->ij", apart, apart) / (len(a) - 1)

    (m1, c1), (m2, c2) = moments(x), moments(y)
    root = np.sqrt(np.maximum(np.linalg.eigvals(c1 @ c2).real, 0)).sum()
    return float(((m1 - m2) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * root)


def _parzen(centres: np.ndarray, test: np.ndarray, sigmas: np.ndarray) -> float:
    """The oracle: the best mean log-likelihood (nats) over sigmas, one point at a time."""
    totals = np.zeros(len(sigmas))
    n, d = centres.shape
    for point in test:
        exponents = -((centres - point) ** 2).sum(axis=1)[:, None] / (2 * sigmas**2)  # (n, S)
        totals += np.logaddexp.reduce(exponents, axis=0)
    totals -= len(test) * (math.log(n) + d * np.log(sigmas * math.sqrt(2 * math.pi)))
    return float(totals.max() / len(test))


def _world(rng: np.random.Generator, d: int, K: int, sd: float) -> tuple[np.ndarray, Callable[[int], np.ndarray]]:
    """K centres, 400 sd apart in few dimensions and 15 in many, and their sampler."""
    while True:
        means = rng.uniform(-4, 4, (K, d))
        gaps = [np.linalg.norm(a - b) for i, a in enumerate(means) for b in means[:i]]
        if min(gaps) > (400 if d < 6 else 15) * sd:
            break

    def sample(n: int) -> np.ndarray:
        return means[rng.integers(K, size=n)] + sd * rng.standard_normal((n, d))

    return means, sample


def _checked(name: str, case: str, fakes: Any, n: int, d: int) -> np.ndarray:
    if fakes is None:
        wrong(f"{name}, {case}: your function returned None; is there a return statement?")
    if not isinstance(fakes, np.ndarray) or fakes.shape != (n, d) or fakes.dtype.kind != "f":
        shape = getattr(fakes, "shape", type(fakes).__name__)
        wrong(f"{name}, {case}: wanted an array of floats of shape ({n}, {d}), got {shape}")
    if not np.isfinite(fakes).all():
        wrong(f"{name}, {case}: some of your fakes are not finite")
    return fakes


def judge(student: Any, rng: np.random.Generator) -> None:
    """Fréchet in one to five dimensions; Parzen in twelve and sixteen, against three true samplers."""
    for d, K, m, n in ((2, 4, 400, 300), (1, 2, 200, 200), (5, 3, 300, 150)):
        means, sample = _world(rng, d, K, 0.005)
        train = sample(m)
        kept, case = train.copy(), f"{K} modes in {d} dimension{'s' * (d > 1)}, {m} rows of train, n = {n}"
        given = student.fool_frechet(train, n, np.random.default_rng(rng.integers(1 << 30)))
        fakes = _checked("fool_frechet", case, given, n, d)
        if not np.array_equal(train, kept):
            wrong(f"fool_frechet, {case}: your function changed train; leave the caller's array as it is")
        if len(np.unique(fakes, axis=0)) < n:
            wrong(f"fool_frechet, {case}: some row occurs twice; n different fakes are asked for")
        near = np.linalg.norm(fakes[:, None] - means, axis=2).min(axis=1) < 0.015
        got, truth = _frechet(fakes, train), _frechet(sample(n), train)
        bar = 1e-9 * float(np.trace(np.atleast_2d(np.cov(train.T))))
        if not got <= bar:
            wrong(
                f"fool_frechet, {case}: your Fréchet distance is {got:.3g}, wanted at most {bar:.3g} "
                f"(true samples have {truth:.3g}); does the sample's own mean and covariance equal train's?"
            )
        if not near.mean() <= 0.1:
            wrong(f"fool_frechet, {case}: {near.mean():.0%} of your fakes are good; a cheat has at most 10 %")
    for d, K, n in ((12, 4, 50), (16, 5, 40)):
        _, sample = _world(rng, d, K, 0.3)
        train, test, sigmas = sample(20 * n), sample(300), 0.3 * np.logspace(-1, 1.5, 26)
        kept, case = train.copy(), f"{K} modes in {d} dimensions, {20 * n} rows of train, n = {n}"
        given = student.fool_parzen(train, n, np.random.default_rng(rng.integers(1 << 30)))
        fakes = _checked("fool_parzen", case, given, n, d)
        if not np.array_equal(train, kept):
            wrong(f"fool_parzen, {case}: your function changed train; leave the caller's array as it is")
        if (fakes[:, None] == train).all(axis=2).any():
            wrong(f"fool_parzen, {case}: a row of train is among your fakes; that is copying")
        got, truth = _parzen(fakes, test, sigmas), max(_parzen(sample(n), test, sigmas) for _ in range(3))
        if not got >= truth + 0.5:
            wrong(
                f"fool_parzen, {case}: your fakes score {got:.4g} nats, the best of three true samplers "
                f"{truth:.4g}; wanted {truth + 0.5:.4g} at least"
            )
