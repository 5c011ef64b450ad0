"""A restricted Boltzmann machine: an energy of pictures v and causes h, with a Markov chain in its gradient.

    p(v) = Σ_h e^(b·v + c·h + v·W h) / Z = e^(-F(v)) / Z,    -F(v) = b·v + Σ_j log(1 + e^(c_j + v·W_j))

Every pixel is a unit of K values (one-hot), every h_j is 0 or 1. Z, the sum over all pictures, is out of reach, so
the gradient takes its half of it from chains that are kept from step to step: persistent contrastive divergence,
Tieleman 2008. annealing.py tells log Z.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..core.backend import Array, Backend
from ..core.layers import Layer, sigmoid, softplus
from ..core.model import Model
from ..core.network import Sequential
from ..core.optimizers import SGD, Optimizer
from ..core.streams import Stream, fill_normal, fill_uniform
from .likelihood import Categorical


@dataclass(eq=False)
class FreeEnergy(Layer):
    """y = -F(v) = b·v + Σ_j log(1 + e^(c_j + v·W_j)): v (B, V) -> y (B, 1); theta is b, c, W.

    b (V,) are the visible biases, c (H,) the hidden ones, W (V, H) the couplings.
    """

    visible: int
    hidden: int
    sd: float = 0.01  # of the starting weights; biases start at 0

    reads = frozenset({"input"})

    @property
    def size(self) -> int:
        return self.visible + self.hidden + self.visible * self.hidden

    @property
    def width(self) -> int:
        return self.visible

    def width_out(self, width: int) -> int:
        return 1

    def bind(self, backend: Backend, theta: Array, grad: Array, state: Array) -> None:
        super().bind(backend, theta, grad, state)
        V, VH = self.visible, self.visible + self.hidden
        (self.b, self.c, self.W), (self.db, self.dc, self.dW) = (
            (v[:V], v[V:VH], v[VH:].reshape(V, self.hidden)) for v in (theta, grad)
        )

    def initialise(self, rng: np.random.Generator) -> None:
        self.b[...] = self.c[...] = 0
        fill_normal(self.W, rng)
        self.W *= self.sd

    def memo(self, backend: Backend, batch: int, width: int, groups: int) -> SimpleNamespace:
        return SimpleNamespace(on=backend.empty(batch, self.hidden))

    def forward(self, x: Array, y: Array, memo: Any, training: bool, rng: np.random.Generator | None) -> None:
        a = x @ self.W + self.c
        memo.on[...] = sigmoid(self.xp, a)
        y[...] = (x @ self.b + softplus(self.xp, a).sum(axis=1))[:, None]

    def backward(self, x: Array, y: Array, dy: Array, dx: Array, memo: Any) -> None:
        dx[...] = dy * (self.b + memo.on @ self.W.T)

    def gradient(self, x: Array, y: Array, dy: Array, memo: Any) -> None:
        """d(-F) is v in b, p(h_j = 1 | v) in c_j, their product in W: the slope of log(1 + e^a) is sigmoid(a)."""
        on = dy * memo.on
        self.db[...], self.dc[...], self.dW[...] = dy[:, 0] @ x, on.sum(axis=0), x.T @ on

    def tangent(self, x: Array, y: Array, dx: Array, dy: Array, memo: Any) -> None:
        dy[...] = (dx @ self.b + (memo.on * (dx @ self.W)).sum(axis=1))[:, None]


class RBM(Model):
    """dim pixels of `levels` values, hidden causes, and chains kept from step to step: the `particles`."""

    says = "estimate"  # exact but for log Z, which annealing.py estimates

    def __init__(
        self,
        dim: int,
        levels: int,
        hidden: int = 100,
        chains: int = 200,
        sweeps: int = 1,
        optimizer: Optimizer | None = None,
        average: float | None = None,
        backend: str | Backend = "numpy",
        seed: int = 0,
    ):
        self.levels, self.hidden, self.chains, self.sweeps = levels, hidden, chains, sweeps
        self.column = self.pixel = Categorical(levels)
        self.seen = FreeEnergy(dim * levels, hidden)
        self.net = Sequential([self.seen], backend, seed, "machine")
        super().__init__(dim, [self.net], optimizer or SGD(0.05), seed, ["chains"], average)
        self.base = self.backend.zeros(dim * levels)  # visible biases of a machine without causes: the base
        self.particles = self.independent(chains, Stream(seed, "first chains").at(0))

    def independent(self, n: int, rng: np.random.Generator) -> Array:
        """n pictures (n, dim) of independent pixels, p(x_d = k) as e^base says."""
        return self.pixel.draw(self.backend.xp.tile(self.base, (n, 1)), rng, self.backend)

    def start(self, x: Array) -> None:
        """Begin at independent pixels: the base machine, where the chains start, fits each column of x alone."""
        self.base[...] = self.seen.b[...] = self.pixel.fit(self.check(x))
        self.particles[...] = self.independent(len(self.particles), Stream(self.seed, "first chains").at(0))
        self.net.moved()

    def one_hot(self, x: Array) -> Array:
        """x (n, dim) as units, of which one a pixel is 1: (n, dim × levels)."""
        v = self.backend.zeros(len(x), self.dim, self.pixel.levels)
        v[self.pixel.at(x)] = 1
        return v.reshape(len(x), -1)

    def gibbs(self, x: Array, rng: np.random.Generator, beta: float = 1.0) -> Array:
        """One sweep: h given x, then x given h, both at once for all units; (n, dim) -> (n, dim).

        p(h_j = 1 | v) = sigmoid(c_j + v·W_j) and p(v_dk = 1 | h) ~ e^(b_dk + W_dk·h). With beta < 1 the machine is
        the one between the base and this one: b and W h weigh beta, the base's biases the rest.
        """
        a = self.one_hot(x) @ self.seen.W + self.seen.c
        u = fill_uniform(self.backend.empty(*a.shape), rng)
        h = self.backend.asarray(u < sigmoid(self.backend.xp, beta * a))
        wh = (self.seen.W @ h.T).T  # h Wᵀ, each level's numbers side by side: what the levels' sums are faster on
        return self.pixel.draw(beta * (wh + self.seen.b) + (1 - beta) * self.base, rng, self.backend)

    def gradient(self, x: Array, rngs: Mapping[str, np.random.Generator]) -> None:
        """Of -log p(x) = F(x) + log Z. As d log Z = -E over p of dF: the mean of dF over data less that over p.

        The particles stand for p: they move on with the machine, which changes slower than they mix.
        """
        for _ in range(self.sweeps):
            self.particles[...] = self.gibbs(self.particles, rngs["chains"])
        n, m = len(x), len(self.particles)
        trace = self.trace(self.net, n + m)
        y = self.net.forward(self.one_hot(self.backend.xp.concatenate([x, self.particles])), trace)
        self.paid = lambda: y[n:].mean() - y[:n, 0]  # F(x) less the chains' F, which cannot tell log Z
        dy = self.backend.empty(n + m, 1)
        dy[:n], dy[n:] = -1 / n, 1 / m
        self.net.backward(dy, trace)

    def log_likelihood(self, x: Array, log_z: float) -> Array:
        """log p(x) = -F(x) - log Z: x (n, dim) -> (n,) nats; as exact as log_z is."""
        return self.net(self.one_hot(self.known(x)))[:, 0] - log_z

    def chain(self, x: Array, rng: np.random.Generator) -> Iterator[Array]:
        """The chain from x (n, dim) on, without end: n walks side by side, a picture (n, dim) each sweep."""
        while True:
            x = self.gibbs(x, rng)
            yield x

    def sample(self, n: int, seed: int = 0, steps: int = 1000) -> Array:
        """n samples (n, dim): the particles, gone on with for so many sweeps."""
        x = self.particles[self.backend.xp.arange(n) % len(self.particles)]
        return next(islice(self.chain(x, Stream(seed, "sample").at(0)), steps - 1, None))

    def vectors(self) -> dict[str, Array]:
        return super().vectors() | {"base": self.base, "particles": self.particles.reshape(-1)}
