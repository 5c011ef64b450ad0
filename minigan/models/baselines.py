"""What every model has to beat: independent pixels, and a mixture of a few such pictures, by EM.

    p(x) = Σ_j pi_j Π_d p_jd(x_d)          components j, columns d; with one component the columns are independent

EM (Dempster, Laird, Rubin 1977) asks which component each row is from, r_nj = p(j | x_n), then gives each
component the shares of its rows; log p of the rows never falls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..core.backend import Array, Backend
from ..core.layers import sigmoid
from ..core.streams import Stream
from .likelihood import Binomial, Categorical, log_sum_exp


class Mixture:
    """`components` pictures of independent columns: each K-way (Categorical) or a count (Binomial).

    smoothing: so many rows that have each column's own shares are added to every component, so that no probability
    is 0. One component needs no step: `start` is its fit. NumPy and float64 throughout: it is a yardstick.
    """

    says = "exact"
    turns = 1
    backend = Backend("numpy", "float64")

    def __init__(
        self,
        dim: int,
        likelihood: Categorical | Binomial,
        components: int = 1,
        smoothing: float = 1.0,
        seed: int = 0,
    ):
        if components < 1 or smoothing <= 0:
            raise ValueError(f"{components} components, smoothing {smoothing}: wanted are 1 or more, and above 0")
        self.dim, self.likelihood, self.smoothing, self.seed = dim, likelihood, smoothing, seed
        self.out = np.zeros((components, dim * likelihood.per))  # what a network would say, for each component
        self.log_pi = np.full(components, -np.log(components))
        self.average, self.steps = np.zeros(dim * likelihood.per), 0
        self.paid: np.ndarray | None = None

    def start(self, x: Array) -> None:
        """Every component at the columns' own shares; where there are several, mixed with a row of x (n, dim)."""
        self.average[...] = self.likelihood.fit(self._check(x))
        self.out[...] = self.average
        if len(self.out) > 1:
            chosen = Stream(self.seed, "components").at(0).choice(len(x), len(self.out), replace=False)
            self._refit(np.asarray(x, float)[chosen], np.eye(len(self.out)))
            self.log_pi[...] = -np.log(len(self.out))

    @property
    def size(self) -> int:
        """The number of parameters."""
        return self.out.size + self.log_pi.size

    def step(self, real: Array) -> None:
        """One turn of EM on the rows real (n, dim): all of them, for these two steps know no rate."""
        for _ in self.substeps(real):
            pass

    def substeps(self, real: Array) -> Iterator[tuple[str, Array]]:
        """That turn's two halves: whose each row is, r (n, J), and what fits its rows best."""
        x = self._check(real)
        joint = self._joint(x)
        log_p = log_sum_exp(np, joint)
        self.paid = -log_p
        r = np.exp(joint - log_p[:, None])
        yield "expectation", r
        self._refit(x, r)
        self.steps += 1
        yield "maximisation", self.out

    def _refit(self, x: np.ndarray, r: np.ndarray) -> None:
        """The components that fit rows x (n, dim) best, row n belonging to j by r_nj (n, J)."""
        n, a = r.sum(axis=0), self.smoothing
        self.log_pi[...] = np.log((n + 1e-9) / (n + 1e-9).sum())
        if isinstance(self.likelihood, Binomial):
            top = self.likelihood.levels - 1
            p = (r.T @ x / top + a * sigmoid(np, self.average)) / (n + a)[:, None]
            self.out[...] = np.log(p) - np.log1p(-p)
        else:
            self.out[...] = np.log((r.T @ self._one_hot(x) + a * np.exp(self.average)) / (n + a)[:, None])

    def _joint(self, x: np.ndarray) -> np.ndarray:
        """log pi_j + log p(x | j): (n, J)."""
        table = self.likelihood.table(self.out)  # log p of every level: (J, dim, levels)
        return self.log_pi + self._one_hot(x) @ table.reshape(len(table), -1).T

    def _one_hot(self, x: np.ndarray) -> np.ndarray:
        return (x[:, :, None] == np.arange(self.likelihood.levels)).reshape(len(x), -1).astype(float)

    def _check(self, x: Array) -> np.ndarray:
        x = np.asarray(x, float)
        if x.ndim != 2 or x.shape[1] != self.dim:
            raise ValueError(f"this mixture is of rows of {self.dim} columns, not {x.shape}")
        self.likelihood.check(x)
        return x

    def log_likelihood(self, x: Array) -> np.ndarray:
        """log p(x) of each row, exact, in nats: x (n, dim) -> (n,)."""
        return log_sum_exp(np, self._joint(self._check(x)))

    def losses(self) -> dict[str, float]:
        if self.paid is None:
            raise ValueError("no step was taken yet, so there is no loss to tell")
        return {"loss": float(self.paid.mean())}

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """n samples (n, dim): a component, then its columns."""
        rng = Stream(seed, "sample").at(0)
        which = rng.choice(len(self.out), n, p=np.exp(self.log_pi))
        return self.likelihood.draw(self.out[which], rng, self.backend)

    def vectors(self) -> dict[str, Array]:
        return {"pictures": self.out, "log pi": self.log_pi, "average": self.average}

    def restore(self, steps: int, vectors: Mapping[str, Array]) -> None:
        for name, vector in self.vectors().items():
            vector[...] = vectors[name]
        self.steps, self.paid = steps, None
