"""What a game needs beside its rules: pieces that fit, the arrays of a step, the rows that are this process's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .backend import Array, Backend
from .network import Sequential
from .objectives import Minimax, NonSaturating, Objective
from .penalties import Penalty, Steepness
from .scores import OBJECTIVES  # all of them


def check_fit(
    G: Sequential, D: Sequential, latent: int, updates: str, d_steps: int, packing: int, penalty: Penalty | None
) -> None:
    """Raise ValueError where these cannot be one game, with what was given, what was wanted and what to do."""
    if G is D or G.backend.name != D.backend.name or G.backend.dtype != D.backend.dtype:
        raise ValueError(f"G and D must be two networks on one backend and dtype: {G.backend}, {D.backend}")
    if (G.name, G.seed) == (D.name, D.seed):
        raise ValueError(
            f"both networks are called {G.name!r} with seed {G.seed}, so layers of equal shape would start "
            f"with equal weights: give them names, Sequential(..., name='G') and Sequential(..., name='D')"
        )
    if G.widths[0] != latent:
        raise ValueError(f"the latent has {latent} dimensions, but G takes {G.widths[0]}")
    if packing < 1 or D.widths[0] != packing * G.widths[-1]:
        raise ValueError(
            f"G makes {G.widths[-1]} columns and packing is {packing}, so D must take "
            f"{packing * G.widths[-1]}, but it takes {D.widths[0]}"
        )
    if D.widths[-1] != 1:
        raise ValueError(f"D must give one logit a row, but it gives {D.widths[-1]} columns")
    if updates not in ("alternating", "simultaneous"):
        raise ValueError(f"updates is {updates!r}; choose 'alternating' or 'simultaneous'")
    if d_steps < 1 or (updates == "simultaneous" and d_steps != 1):
        raise ValueError(f"d_steps is {d_steps}; it must be 1 or more, and 1 with simultaneous updates")
    if updates == "simultaneous" and any(layer.couples_rows for layer in D.layers):
        raise ValueError(
            "BatchNorm in D couples the rows of a batch, so G's and D's gradients are no longer row-scalings "
            "of one: take updates='alternating', or take it out of D"
        )
    if penalty is not None and any(layer.couples_rows for layer in D.layers):
        raise ValueError("a penalty asks for each sample's own slope, but BatchNorm in D couples the rows")


class HalfStepError(RuntimeError):
    """A step was left in the middle, and the GAN is between two states; the message says where."""


def check_whole(gan: Any) -> None:
    """Raise HalfStepError where the GAN's last step was left after something of it had changed."""
    kept = gan.left in ("draw latent", "generate", "judge") and gan.optimizers[1].steps == gan.steps * gan.d_steps
    if gan.left == "judge" and (gan.generator.state.size or gan.discriminator.state.size):
        kept = False  # what comes next moves running statistics
    if gan.left and not kept:
        raise HalfStepError(
            f"a step was left after {gan.left!r}, so this GAN is between steps {gan.steps} and {gan.steps + 1}: "
            f"take all of its sub-steps, or bring back a whole state with gan.restore or minigan.load"
        )


class Alone:
    """How a game is shared: here one process has all of it. runs/parallel.py answers for several."""

    def rows(self, n: int) -> slice:
        """Which of n rows are this process's."""
        return slice(0, n)

    def draws(self, rng: np.random.Generator, own: slice, n: int) -> Any:
        """A source of the random numbers of these rows, given that of all n."""
        return rng

    def sum(self, vector: Array) -> None:
        """Replace a vector, summed over this process's rows, by its sum over all rows."""


class Workspace:
    """The arrays of one step of a game on this many samples, allocated once; and which of them are this process's.

    samples are its rows of the batch, own its rows of packs; weight is the share of a pack in a mean over all.
    """

    def __init__(
        self,
        G: Sequential,
        D: Sequential,
        latent: int,
        packing: int,
        objective: Objective,
        penalty: Penalty | None,
        shared: Alone,
        whole: int,
    ):
        backend, m, dim = G.backend, packing, G.widths[-1]
        self.shared, self.whole, self.packs_of_all = shared, whole, whole // m
        self.own = shared.rows(self.packs_of_all)
        self.rows, self.weight = self.own.stop - self.own.start, 1 / self.packs_of_all
        self.samples = slice(m * self.own.start, m * self.own.stop)
        batch = self.batch = m * self.rows
        self.z = backend.empty(batch, latent)
        self.seen = backend.empty(2 * batch, dim)  # what D sees: real samples, then fakes
        self.packs = self.seen.reshape(2 * self.rows, m * dim)  # the same numbers, m samples a row
        self.on_real, self.on_fakes = slice(None, self.rows), slice(self.rows, None)  # rows of packs, or of logits
        self.fake_packs = self.packs[self.on_fakes]  # cut once: a pass over the same array is prepared
        self.noise = backend.empty(2 * batch, dim)
        self.real_slope, self.fake_slope, self.generator_slope = (
            _kernel(backend, objective, name) for name in ("real_slope", "fake_slope", "generator_slope")
        )
        self.made = G.trace(batch)
        self.both = D.trace(2 * self.rows, groups=2)
        self.fake = D.trace(self.rows)
        self.d_both, self.d_fake = backend.empty(2 * self.rows, 1), backend.empty(self.rows, 1)
        self.unit, self.factors = backend.ones(2 * self.rows, 1), backend.empty(2 * self.rows, 1)
        self.unit *= self.weight
        self.steepness = Steepness(penalty, D, self.rows, self.weight) if penalty is not None else None

    def samples_of(self, packs: Array) -> Array:
        """Packs (rows, packing × dim) as samples (batch, dim): the same array if packing is 1."""
        return packs if self.rows == self.batch else packs.reshape(self.batch, -1)

    def draws(self, name: str, rng: np.random.Generator) -> Any:
        """The stream of this name, for this process's rows: of packs where D draws, else of samples."""
        if name in ("dropout in D", "penalty"):
            return self.shared.draws(rng, self.own, self.packs_of_all)
        return self.shared.draws(rng, self.samples, self.whole)


SIGMOIDS = {  # slopes that are u sigmoid(v s), by u and v
    Minimax.real_slope: (-1, -1),
    Minimax.fake_slope: (1, 1),
    Minimax.generator_slope: (-1, 1),
    NonSaturating.generator_slope: (-1, -1),
}


def _kernel(backend: Backend, objective: Objective, name: str) -> Callable:
    """out = weight × a slope of the objective's; one kernel for ours, which are written so that CuPy can fuse."""

    def slope(xp: Any, s: Array, out: Array, weight: float | None = None) -> None:
        out[...] = getattr(objective, name)(s)
        if weight is not None:
            out *= weight

    if objective not in OBJECTIVES.values():
        return partial(slope, backend.xp)
    signs = SIGMOIDS.get(getattr(type(objective), name))
    if signs is None:
        return backend.kernel(slope)

    def arguments(s: Array, out: Array, weight: float = 1.0) -> tuple:
        return s, np.exp(np.copysign(s, -1)), out, weight, *signs  # numba's own exp has other last bits

    return backend.kernel(slope, loop=signed_sigmoid, arguments=arguments)


def signed_sigmoid(s: Array, e: Array, out: Array, weight: float, u: int, v: int) -> None:
    """out = weight u sigmoid(v s) for columns s (n, 1), given e = e^-|s|: both branches of it need no other."""
    one, factor = s.dtype.type(1), s.dtype.type(weight)
    for i in range(len(s)):
        part = (one if v * s[i, 0] >= 0 else e[i, 0]) / (one + e[i, 0])
        out[i, 0] = (part if u > 0 else -part) * factor
