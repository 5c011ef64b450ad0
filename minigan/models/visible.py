"""A fully visible belief net: every pixel is guessed from those before it, so log p is a sum, and exact.

    p(x) = Π_i p(x_i | x_1 ... x_(i-1))                       the chain rule of probability, no approximation

One network gives all the factors at once, if its weights are masked so that output i hears of inputs 1 ... i-1
alone. Germain, Gregor, Murray, Larochelle 2015, "MADE: Masked Autoencoder for Distribution Estimation".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.backend import Array, Backend
from ..core.layers import Dense, Dropout, Layer, ReLU
from ..core.model import Model, begin_at
from ..core.network import Sequential
from ..core.optimizers import Adam, Optimizer
from ..core.penalties import by_theta
from ..core.streams import Stream
from .likelihood import Likelihood


@dataclass(eq=False)
class Masked(Dense):
    """y = x (W ∘ M) + b, where M_io is 1 if column o may hear of column i, else 0: x (B, I), W and M (I, O).

    Every column has a degree: a pixel's columns its place 1 ... D, a hidden one the number of pixels that it may
    hear of, 1 ... D-1 and round again (or spread over them, if columns are fewer). M_io is 1 where degree(o) is at
    least degree(i), in the last layer where it is greater: so no path leads from a pixel to itself or to one
    before it (ibid., section 4). place is "first", "hidden" or "last". A weight under a 0 of M has the gradient 0
    and starts at 0, where any optimiser leaves it.
    """

    pixels: int = 2
    place: str = "hidden"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.place not in ("first", "hidden", "last"):
            raise ValueError(f"place is {self.place!r}; choose 'first', 'hidden' or 'last'")
        width = {"first": self.n_in, "last": self.n_out}.get(self.place, self.pixels)
        if width % self.pixels:
            raise ValueError(f"{width} columns cannot be shared out to {self.pixels} pixels")

    def degrees(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the columns of x (I,), and of y (O,)."""

        def of(width: int, visible: bool) -> np.ndarray:
            columns = np.arange(width)
            if visible:
                return 1 + columns // (width // self.pixels)
            most = max(1, self.pixels - 1)
            return 1 + (columns * most // width if width < most else columns % most)

        return of(self.n_in, self.place == "first"), of(self.n_out, self.place == "last")

    def bind(self, backend: Backend, theta: Array, grad: Array, state: Array) -> None:
        super().bind(backend, theta, grad, state)
        given, taken = self.degrees()
        hears = taken > given[:, None] if self.place == "last" else taken >= given[:, None]
        self.M, self.heard = backend.asarray(hears), backend.empty(self.n_in, self.n_out)

    def initialise(self, rng: np.random.Generator) -> None:
        super().initialise(rng)
        self.W *= self.M

    def forward(self, x: Array, y: Array, memo: Any, training: bool, rng: np.random.Generator | None) -> None:
        self.xp.multiply(self.W, self.M, out=self.heard)
        self.product(x, self.heard, y)
        if self.bias:
            y += self.b

    def backward(self, x: Array, y: Array, dy: Array, dx: Array, memo: Any) -> None:
        self.product(dy, self.heard.T, dx)

    def gradient(self, x: Array, y: Array, dy: Array, memo: Any) -> None:
        super().gradient(x, y, dy, memo)
        self.dW *= self.M

    def tangent(self, x: Array, y: Array, dx: Array, dy: Array, memo: Any) -> None:
        self.product(dx, self.heard, dy)


@by_theta.register
def _(layer: Masked, x: Array, y: Array, t: Array, q: Array, memo: Any) -> None:
    layer.product(t.T, q, layer.dW)  # the second derivative, which core/penalties.py asks for: Dense's, and masked
    layer.dW *= layer.M
    layer.db[...] = 0


class MADE(Model):
    """log p(x) = Σ_i log p(x_i | x_1 ... x_(i-1)), each factor from `per` outputs of one masked network.

    hidden are the widths of its hidden layers, dropout the share of their columns that a step leaves out.
    """

    says = "exact"

    def __init__(
        self,
        dim: int,
        likelihood: Likelihood,
        hidden: Sequence[int] = (512, 512),
        dropout: float = 0.5,
        optimizer: Optimizer | None = None,
        average: float | None = None,
        backend: str | Backend = "numpy",
        seed: int = 0,
    ):
        self.likelihood, self.hidden, self.dropout = likelihood, tuple(hidden), dropout
        self.column = likelihood
        layers: list[Layer] = []
        for k, (n_in, n_out) in enumerate(zip([dim, *hidden], hidden, strict=False)):
            layers += [Masked(n_in, n_out, pixels=dim, place="hidden" if k else "first"), ReLU()]
            layers += [Dropout(dropout)] if dropout else []
        layers.append(Masked(hidden[-1], dim * likelihood.per, pixels=dim, place="last"))
        self.net = Sequential(layers, backend, seed, "made")
        super().__init__(dim, [self.net], optimizer or Adam(), seed, ["dropout"], average)

    def start(self, x: Array) -> None:
        """Begin at independent pixels: the last bias is what fits each column of x (n, dim) alone."""
        begin_at(self.net, self.likelihood.fit(self.check(x)))

    def gradient(self, x: Array, rngs: Mapping[str, np.random.Generator]) -> None:
        """Of the mean of -log p(x): one pass, for all factors are there at once."""
        trace = self.trace(self.net, len(x))
        out = self.net.forward(self.likelihood.scaled(x), trace, training=True, rng=rngs["dropout"])
        self.paid = lambda: -self.likelihood.log_p(x, out).sum(axis=1)
        self.net.backward(self.likelihood.slope(x, out) * (-1 / len(x)), trace)

    def log_likelihood(self, x: Array) -> Array:
        """log p(x) of each row, exact, in nats: x (n, dim) -> (n,)."""
        x = self.known(x)
        return self.likelihood.log_p(x, self.net(self.likelihood.scaled(x))).sum(axis=1)

    def sample(self, n: int, seed: int = 0) -> Array:
        """n samples (n, dim), pixel by pixel: each asks for a whole pass, as output i needs the pixels before."""
        rng, x, per = Stream(seed, "sample").at(0), self.backend.zeros(n, self.dim), self.likelihood.per
        for i in range(self.dim):
            out = self.net(self.likelihood.scaled(x))
            x[:, i : i + 1] = self.likelihood.draw(out[:, i * per : (i + 1) * per], rng, self.backend)
        return x
