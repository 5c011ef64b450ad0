"""A normalising flow: an invertible map f to Gaussian noise, whose stretch of space is known at every point.

    log p(x) = log N(f(x); 0, I) + log |det df/dx|                     a change of variables, no approximation

A coupling moves half of the columns by what the other half says, so its Jacobian is triangular and its inverse
free. Dinh, Sohl-Dickstein, Bengio 2017, "Density estimation using Real NVP".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace

import numpy as np

from ..core.backend import Array, Backend
from ..core.layers import Dense, Layer, Tanh, sigmoid
from ..core.model import Bounded
from ..core.network import Sequential, Trace
from ..core.optimizers import Adam, Optimizer
from ..core.streams import Stream, fill_normal, fill_uniform
from .likelihood import Categorical

LIMIT = 2.0  # no coupling stretches a column by more than e^2


class Coupling:
    """y_stay = x_stay, y_move = x_move e^s + t, with s and t of x_stay by a network (ibid., eqs. 4 and 5).

    log |det dy/dx| = Σ s (eq. 6), and x_move = (y_move - t) e^-s. s = c tanh(a / c) keeps |s| below c = LIMIT. The
    network's last layer starts near 0, and so the coupling near the identity.
    """

    def __init__(
        self, stay: np.ndarray, move: np.ndarray, hidden: Sequence[int], backend: Backend, seed: int, name: str
    ):
        self.stay, self.move = backend.xp.asarray(stay), backend.xp.asarray(move)
        layers: list[Layer] = []
        for n_in, n_out in zip([len(stay), *hidden], hidden, strict=False):
            layers += [Dense(n_in, n_out, init="glorot"), Tanh()]
        layers.append(Dense(hidden[-1], 2 * len(move), init=("normal", 0.01)))
        self.net = Sequential(layers, backend, seed, name)

    def ask(self, out: Array) -> tuple[Array, Array]:
        """s and t (B, moved) from the network's output (B, 2 moved)."""
        n = len(self.move)
        return LIMIT * self.net.backend.xp.tanh(out[:, :n] / LIMIT), out[:, n:]

    def forward(self, x: Array, trace: Trace | None = None) -> tuple[Array, Array, SimpleNamespace]:
        """y (B, dim) and log |det| (B,), and the notes for backward."""
        held = x[:, self.stay]
        s, t = self.ask(self.net(held) if trace is None else self.net.forward(held, trace, training=True))
        stretched = x[:, self.move] * self.net.backend.xp.exp(s)
        y = x.copy()
        y[:, self.move] = stretched + t
        return y, s.sum(axis=1), SimpleNamespace(s=s, stretched=stretched, trace=trace)

    def inverse(self, y: Array) -> Array:
        """x (B, dim) of y (B, dim)."""
        s, t = self.ask(self.net(y[:, self.stay]))
        x = y.copy()
        x[:, self.move] = (y[:, self.move] - t) * self.net.backend.xp.exp(-s)
        return x

    def backward(self, dy: Array, d_log_det: float, notes: SimpleNamespace) -> Array:
        """dL/dx (B, dim), and the network's grad, given dL/dy (B, dim) and dL/d log |det|, a number for all rows.

        y_move = x_move e^s + t: dt = dy_move, ds = dy_move x_move e^s + d_log_det, dx_move = dy_move e^s; and
        ds/da = 1 - tanh²(a / c). What goes back through the network is added to dx_stay.
        """
        dt = dy[:, self.move]
        da = (dt * notes.stretched + d_log_det) * (1 - (notes.s / LIMIT) ** 2)
        held = self.net.backward(self.net.backend.xp.concatenate([da, dt], axis=1), notes.trace, inputs=True)
        dx = dy.copy()
        dx[:, self.move] = dt * self.net.backend.xp.exp(notes.s)
        dx[:, self.stay] += held
        return dx


class Flow(Bounded):
    """A chain of couplings of random halves. levels: of whole numbers 0 ... levels - 1; None: x has a density.

    Whole numbers have no density, so each gets noise u ~ U[0, 1) and fills its cell: P(x) = E_u[p(x + u)], and
    E_u log p(x + u) is a bound of log P(x) (Theis, van den Oord, Bethge 2016, section 3.1). Numbers between bounds
    are stretched over the line by a logit, (x + u) / levels shrunk by `margin` from both ends before (Dinh et al.,
    section 4.1), which has a Jacobian too.
    """

    def __init__(
        self,
        dim: int,
        levels: int | None = None,
        couplings: int = 8,
        hidden: Sequence[int] = (256,),
        margin: float = 0.01,
        optimizer: Optimizer | None = None,
        average: float | None = None,
        backend: str | Backend = "numpy",
        seed: int = 0,
    ):
        if dim < 2 or couplings < 1 or not 0 < margin < 0.5:
            raise ValueError(
                f"a flow of {dim} columns, {couplings} couplings and margin {margin}: wanted are 2 columns and 1 "
                f"coupling or more, and a margin between 0 and .5"
            )
        self.levels, self.hidden, self.margin, self.couplings = levels, tuple(hidden), margin, couplings
        backend = backend if isinstance(backend, Backend) else Backend(backend)
        self.stack = []
        for k in range(couplings):
            if k % 2 == 0:  # every second coupling moves what the one before held
                order = Stream(seed, "halves", k).at(0).permutation(dim)
                halves = order[: dim // 2], order[dim // 2 :]
            stay, move = halves[k % 2], halves[1 - k % 2]
            self.stack.append(Coupling(np.sort(stay), np.sort(move), hidden, backend, seed, f"coupling {k}"))
        if levels is None:
            self.says = "exact"
        else:
            self.column = Categorical(levels)
        nets = [coupling.net for coupling in self.stack]
        super().__init__(dim, nets, optimizer or Adam(), seed, ["dequantisation"], average)

    def spread(self, x: Array, rng: np.random.Generator) -> tuple[Array, Array | float]:
        """x (n, dim) as numbers on the line, and log |det| (n,) of that; whole numbers take their noise."""
        if self.levels is None:
            return x, 0.0
        xp, wide = self.backend.xp, 1 - 2 * self.margin
        u = fill_uniform(self.backend.empty(*x.shape), rng)
        y = self.margin + (x + u) * (wide / self.levels)
        log_y, log_rest = xp.log(y), xp.log(1 - y)
        return log_y - log_rest, (math.log(wide / self.levels) - log_y - log_rest).sum(axis=1)

    def density(self, y: Array) -> Array:
        """log p of points on the line, exact: y (n, dim) -> (n,) nats."""
        total: Array | float = 0.0
        for coupling in self.stack:
            y, log_det, _ = coupling.forward(y)
            total = total + log_det
        return total - (y * y).sum(axis=1) / 2 - self.dim / 2 * math.log(2 * math.pi)

    def gradient(self, x: Array, rngs: Mapping[str, np.random.Generator]) -> None:
        """Of the mean of -log p(x + u): forwards through all couplings, and back through them."""
        y, total = self.spread(x, rngs["dequantisation"])
        passes: list[SimpleNamespace] = []
        for coupling in self.stack:
            y, log_det, notes = coupling.forward(y, self.trace(coupling.net, len(x)))
            total = total + log_det
            passes.append(notes)
        self.paid = lambda: (y * y).sum(axis=1) / 2 + self.dim / 2 * math.log(2 * math.pi) - total
        dy = y / len(x)  # of z²/2
        for coupling, notes in zip(reversed(self.stack), reversed(passes), strict=True):
            dy = coupling.backward(dy, -1 / len(x), notes)

    def log_likelihood(self, x: Array) -> Array:
        """log p(x) of each row of numbers, exact: x (n, dim) -> (n,) nats; TypeError for levels, see `bound`."""
        if self.levels is not None:
            raise TypeError(f"a Flow of {self.levels} levels states a bound: ask bound(x, k)")
        return self.density(self.check(x))

    def log_weight(self, x: Array) -> Callable[[np.random.Generator], Array]:
        """rng -> log p(x + u) of one u a row, and the mean of p(x + u) is P(x): x (n, dim), w (n,)."""

        def log_w(rng: np.random.Generator) -> Array:
            y, log_det = self.spread(x, rng)
            return self.density(y) + log_det

        return log_w

    def sample(self, n: int, seed: int = 0) -> Array:
        """n samples (n, dim): noise, back through the couplings, the logit, and down to whole numbers."""
        y = fill_normal(self.backend.empty(n, self.dim), Stream(seed, "sample").at(0))
        for coupling in reversed(self.stack):
            y = coupling.inverse(y)
        if self.levels is None:
            return y
        xp = self.backend.xp
        x = (sigmoid(xp, y) - self.margin) * (self.levels / (1 - 2 * self.margin))
        return xp.clip(xp.floor(x), 0, self.levels - 1)
