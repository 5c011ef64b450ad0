"""A generative stochastic network: learn to undo noise, and the chain of "spoil, mend" draws from the data.

    x  --C(x' | x)-->  x'  --P(x | x')-->  x  --C-->  ...

If P is the true way back from x' to x, the chain's stationary distribution is that of the data (Bengio, Laufer,
Alain, Yosinski 2014, "Deep Generative Stochastic Networks Trainable by Backprop", theorem 1). No density is ever
written down: all that the model can do is walk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from ..core.backend import Array, Backend
from ..core.layers import Dense, Layer, Tanh
from ..core.model import Model, begin_at
from ..core.network import Sequential
from ..core.optimizers import Adam, Optimizer
from ..core.streams import Stream, fill_uniform
from .likelihood import Categorical


class GSN(Model):
    """C replaces each pixel with probability `noise` by any of its levels; P(x | x') is K-way, pixel by pixel.

    The pixels are mended each on its own, so the less was spoilt, the better they agree, and the shorter are the
    chain's steps.

    Walkback: a step spoils and mends its rows `walk` times in a row, and every spoilt picture on the way is to
    lead back to the row that the walk began with, so that the chain finds home from wherever it strays (Bengio,
    Yao, Alain, Vincent 2013, "Generalized Denoising Auto-Encoders as Generative Models").
    """

    def __init__(
        self,
        dim: int,
        levels: int,
        hidden: Sequence[int] = (500,),
        noise: float = 0.15,
        walk: int = 2,
        optimizer: Optimizer | None = None,
        average: float | None = None,
        backend: str | Backend = "numpy",
        seed: int = 0,
    ):
        if not 0 < noise <= 1 or walk < 1:
            raise ValueError(f"noise is {noise} and walk {walk}; wanted are a share above 0, and 1 or more")
        self.levels, self.hidden, self.noise, self.walk = levels, tuple(hidden), noise, walk
        self.column = self.pixel = Categorical(levels)
        layers: list[Layer] = []
        for n_in, n_out in zip([dim, *hidden], hidden, strict=False):
            layers += [Dense(n_in, n_out, init="glorot"), Tanh()]
        layers.append(Dense(hidden[-1], dim * levels, init="glorot"))
        self.net = Sequential(layers, backend, seed, "mender")
        super().__init__(dim, [self.net], optimizer or Adam(), seed, ["walk"], average)

    def start(self, x: Array) -> None:
        """Begin at independent pixels: the last bias is what fits each column of x (n, dim) alone."""
        begin_at(self.net, self.pixel.fit(self.check(x)))

    def spoil(self, x: Array, rng: np.random.Generator) -> Array:
        """A draw from C(x' | x): (n, dim) -> (n, dim)."""
        u = fill_uniform(self.backend.empty(2, *x.shape), rng)
        anything = self.backend.xp.minimum(self.backend.xp.floor(u[1] * self.pixel.levels), self.pixel.levels - 1)
        return self.backend.xp.where(u[0] < self.noise, anything, x)

    def mend(self, spoilt: Array, rng: np.random.Generator) -> Array:
        """A draw from P(x | x'): (n, dim) -> (n, dim)."""
        return self.pixel.draw(self.net(self.pixel.scaled(spoilt)), rng, self.backend)

    def gradient(self, x: Array, rngs: Mapping[str, np.random.Generator]) -> None:
        """Of the mean over all spoilt pictures x' of the walks of -log P(x | x'), x the row that the walk is from.

        The walk's own draws are data here: no gradient goes back through them.
        """
        met, here = [], x
        for k in range(self.walk):
            met.append(self.spoil(here, rngs["walk"]))
            here = self.mend(met[-1], rngs["walk"]) if k < self.walk - 1 else here
        spoilt, home = self.backend.xp.concatenate(met), self.backend.xp.concatenate([x] * self.walk)
        trace = self.trace(self.net, len(spoilt))
        out = self.net.forward(self.pixel.scaled(spoilt), trace, training=True)
        self.paid = lambda: -self.pixel.log_p(home, out).sum(axis=1)
        self.net.backward(self.pixel.slope(home, out) * (-1 / len(spoilt)), trace)

    def chain(self, x: Array, rng: np.random.Generator) -> Iterator[Array]:
        """The chain from x (n, dim) on, without end: n walks side by side, a picture (n, dim) each step."""
        while True:
            x = self.mend(self.spoil(x, rng), rng)
            yield x

    def sample(self, n: int, seed: int = 0, steps: int = 400) -> Array:
        """n samples (n, dim): as many chains, each from pure noise, so many steps on."""
        rng = Stream(seed, "sample").at(0)
        x = fill_uniform(self.backend.empty(n, self.dim), rng, 0, self.pixel.levels)
        x = self.backend.xp.minimum(self.backend.xp.floor(x), self.pixel.levels - 1)
        return next(islice(self.chain(x, rng), steps - 1, None))
