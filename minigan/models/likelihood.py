"""What a column may be once a network has spoken: one of K values, a count, or a number; with log p and its slope.

A network's output out (B, D per) has `per` numbers for each of the D columns of x (B, D), side by side.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.backend import Array, Backend, namespace
from ..core.layers import sigmoid, softplus
from ..core.streams import fill_normal, fill_uniform

LEAST = 0.01  # sd that a column begins with at least: one that never changes would begin with an infinite density


def log_sum_exp(xp: Any, a: Array) -> Array:
    """log Σ_k e^(a_k) over the last axis, without overflow."""
    top = a.max(axis=-1)
    return top + xp.log(xp.exp(a - top[..., None]).sum(axis=-1))


class Likelihood(ABC):
    """p(x_d | out_d) of each column; all in nats."""

    per: int  # numbers of a network's output for each column

    @abstractmethod
    def log_p(self, x: Array, out: Array) -> Array:
        """log p of each column: x (B, D), out (B, D per) -> (B, D)."""

    @abstractmethod
    def slope(self, x: Array, out: Array) -> Array:
        """d log p / d out: (B, D), (B, D per) -> (B, D per)."""

    @abstractmethod
    def draw(self, out: Array, rng: np.random.Generator, backend: Backend) -> Array:
        """One draw of each column: out (B, D per) -> (B, D)."""

    @abstractmethod
    def fit(self, x: Array) -> Array:
        """The output (D per,) that suits all the rows x (n, D) when nothing else is known."""

    def check(self, x: Array) -> None:  # noqa: B027
        """ValueError where a number of x (B, D) cannot be."""

    def scaled(self, x: Array) -> Array:
        """x (B, D) as a network likes to read it, about as large as 1."""
        return x

    def split(self, out: Array) -> Array:
        """out (B, D per) as (B, D, per), the same numbers."""
        return out.reshape(len(out), -1, self.per)


@dataclass(frozen=True)
class Discrete(Likelihood):
    """A column that has one of the values 0, 1, ..., levels - 1."""

    levels: int

    def __post_init__(self) -> None:
        if self.levels < 2:
            raise ValueError(f"{self}: a column that varies has 2 levels or more")

    def table(self, out: Array) -> Array:
        """log p of every level: out (B, D per) -> (B, D, levels)."""
        raise NotImplementedError

    def check(self, x: Array) -> None:
        """ValueError where a number of x is no level."""
        if bool(((x < 0) | (x >= self.levels) | (x % 1 != 0)).any()):
            raise ValueError(f"rows of numbers other than 0, 1, ..., {self.levels - 1}, the {self.levels} levels")

    def draw(self, out: Array, rng: np.random.Generator, backend: Backend) -> Array:
        """The level at which the sum of probabilities passes a uniform number u: one up for each sum below u."""
        p = backend.xp.exp(self.table(out))
        u, x, below = fill_uniform(backend.empty(*p.shape[:2]), rng), backend.zeros(*p.shape[:2]), 0
        for level in range(self.levels - 1):
            below = below + p[:, :, level]
            x += u > below
        return x

    def scaled(self, x: Array) -> Array:
        return x * (2 / (self.levels - 1)) - 1

    def shares(self, x: Array) -> Array:
        """How often each column has each level in x (n, D), half a case added to every count: (D, levels)."""
        self.check(x)
        xp = namespace(x)
        counts = xp.stack([(x == level).sum(axis=0) for level in range(self.levels)], axis=1)
        return (counts + 0.5) / (len(x) + self.levels / 2)


@dataclass(frozen=True)
class Categorical(Discrete):
    """p(x = k) = e^(a_k) / Σ_l e^(a_l): K logits a column, and any distribution over its K values."""

    @property
    def per(self) -> int:  # type: ignore[override]
        return self.levels

    def at(self, x: Array) -> tuple[Array, Array, Array]:
        """Where in (B, D, levels) the values x (B, D) are."""
        xp = namespace(x)
        return xp.arange(len(x))[:, None], xp.arange(x.shape[1])[None, :], x.astype("int64")

    def table(self, out: Array) -> Array:
        a = self.split(out)
        return a - log_sum_exp(namespace(out), a)[:, :, None]

    def log_p(self, x: Array, out: Array) -> Array:
        a = self.split(out)
        return a[self.at(x)] - log_sum_exp(namespace(out), a)

    def slope(self, x: Array, out: Array) -> Array:
        """1 at the value that came, minus the probability of each: since d log Σ e^a / da_k = p_k."""
        a = self.split(out)
        p = namespace(out).exp(a - a.max(axis=2)[:, :, None])
        p *= -1 / p.sum(axis=2)[:, :, None]
        p[self.at(x)] += 1
        return p.reshape(out.shape)

    def fit(self, x: Array) -> Array:
        return namespace(x).log(self.shares(x)).ravel()


@dataclass(frozen=True)
class Binomial(Discrete):
    """p(x) = C(n, x) p^x (1 - p)^(n - x) with n = levels - 1 and p = sigmoid(a): one logit, as counts of n have.

    log p = log C(n, x) + x a - n log(1 + e^a), whose slope in a is x - n sigmoid(a).
    """

    per = 1

    def choices(self, backend_array: Array) -> Array:
        """log C(n, k) for k = 0 ... n, beside this array: (levels,)."""
        n = self.levels - 1
        logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(n + 1)]
        return namespace(backend_array).asarray(logs, backend_array.dtype)

    def table(self, out: Array) -> Array:
        xp, n = namespace(out), self.levels - 1
        k = xp.arange(self.levels, dtype=out.dtype)
        return self.choices(out) + out[:, :, None] * k - n * softplus(xp, out)[:, :, None]

    def log_p(self, x: Array, out: Array) -> Array:
        return self.choices(out)[x.astype("int64")] + x * out - (self.levels - 1) * softplus(namespace(out), out)

    def slope(self, x: Array, out: Array) -> Array:
        return x - (self.levels - 1) * sigmoid(namespace(out), out)

    def fit(self, x: Array) -> Array:
        self.check(x)
        total, hits = len(x) * (self.levels - 1) + 1, x.sum(axis=0) + 0.5
        return namespace(x).log(hits / (total - hits))


@dataclass(frozen=True)
class Gaussian(Likelihood):
    """p(x) = N(m, s²), with m and log s from the network, for columns of any numbers.

    log p = -((x - m)/s)²/2 - log s - log(2 pi)/2; its slopes are (x - m)/s² in m, ((x - m)/s)² - 1 in log s.
    """

    per = 2

    def log_p(self, x: Array, out: Array) -> Array:
        m, log_s = self.split(out)[:, :, 0], self.split(out)[:, :, 1]
        e = (x - m) * namespace(out).exp(-log_s)
        return -0.5 * e * e - log_s - 0.5 * math.log(2 * math.pi)

    def slope(self, x: Array, out: Array) -> Array:
        xp, (m, log_s) = namespace(out), (self.split(out)[:, :, 0], self.split(out)[:, :, 1])
        e = (x - m) * xp.exp(-log_s)
        return xp.stack([e * xp.exp(-log_s), e * e - 1], axis=2).reshape(out.shape)

    def draw(self, out: Array, rng: np.random.Generator, backend: Backend) -> Array:
        m, log_s = self.split(out)[:, :, 0], self.split(out)[:, :, 1]
        return m + backend.xp.exp(log_s) * fill_normal(backend.empty(*m.shape), rng)

    def fit(self, x: Array) -> Array:
        xp = namespace(x)
        return xp.stack([x.mean(axis=0), xp.log(xp.maximum(x.std(axis=0), LEAST))], axis=1).ravel()


@dataclass(frozen=True)
class Gaussians(Likelihood):
    """p(x) = Σ_j pi_j N(m_j, s_j²), for columns with several places to be: per j a logit of pi, m and log s.

    log p = log Σ_j e^(log pi_j + log N_j). With r_j the share of j in that sum, the slopes are r_j - pi_j in the
    logit, and r_j times a Gaussian's in m_j and log s_j.
    """

    components: int = 4

    def __post_init__(self) -> None:
        if self.components < 2:
            raise ValueError(f"{self}: several are 2 or more, and one is Gaussian()")

    @property
    def per(self) -> int:  # type: ignore[override]
        return 3 * self.components

    def parts(self, out: Array) -> tuple[Array, Array, Array]:
        """log pi, m and log s, each (B, D, J)."""
        a = out.reshape(len(out), -1, 3, self.components)
        return a[:, :, 0] - log_sum_exp(namespace(out), a[:, :, 0])[:, :, None], a[:, :, 1], a[:, :, 2]

    def joint(self, x: Array, out: Array) -> tuple[Array, Array]:
        """log pi_j + log N_j, and (x - m_j) / s_j: both (B, D, J)."""
        log_pi, m, log_s = self.parts(out)
        e = (x[:, :, None] - m) * namespace(out).exp(-log_s)
        return log_pi - 0.5 * e * e - log_s - 0.5 * math.log(2 * math.pi), e

    def log_p(self, x: Array, out: Array) -> Array:
        return log_sum_exp(namespace(out), self.joint(x, out)[0])

    def slope(self, x: Array, out: Array) -> Array:
        xp, (log_pi, _, log_s), (joint, e) = namespace(out), self.parts(out), self.joint(x, out)
        r = xp.exp(joint - log_sum_exp(xp, joint)[:, :, None])
        slopes = [r - xp.exp(log_pi), r * e * xp.exp(-log_s), r * (e * e - 1)]
        return xp.stack(slopes, axis=2).reshape(out.shape)

    def draw(self, out: Array, rng: np.random.Generator, backend: Backend) -> Array:
        """A component as a Categorical draws it, then a number of it."""
        log_pi, m, log_s = self.parts(out)
        chosen = (
            Categorical(self.components)
            .draw(log_pi.reshape(len(out), -1), rng, backend)
            .astype("int64")[:, :, None]
        )
        m, log_s = (backend.xp.take_along_axis(a, chosen, axis=2)[:, :, 0] for a in (m, log_s))
        return m + backend.xp.exp(log_s) * fill_normal(backend.empty(*m.shape), rng)

    def fit(self, x: Array) -> Array:
        """Equal shares at the columns' quantiles, each as wide as all: no best fit, but one to begin at."""
        xp, J = namespace(x), self.components
        m = xp.stack([xp.sort(x, axis=0)[int((j + 0.5) / J * len(x))] for j in range(J)], axis=1)
        log_s = xp.log(xp.maximum(x.std(axis=0), LEAST))[:, None] + xp.zeros_like(m)
        return xp.stack([xp.zeros_like(m), m, log_s], axis=1).ravel()
