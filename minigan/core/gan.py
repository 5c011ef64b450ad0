"""The game: two networks, the steps of one iteration by name, and a generator averaged over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..runs.parallel import Ranks, Share
from .backend import Array
from .layers import sigmoid
from .network import Sequential
from .objectives import OBJECTIVES, Objective, Penalty, find_objective
from .optimizers import Adam, Optimizer, Rate, at_step
from .streams import Stream, fill_normal, fill_uniform


@dataclass(frozen=True)
class Latent:
    """The distribution of z: `dim` independent coordinates, N(0, 1) or uniform on [low, high).

    Without bounds the uniform one lies on ±sqrt 3, which gives it variance 1, as in the code of Goodfellow et al.
    2014. It is a description: the GAN that holds it owns the stream of draws.
    """

    dim: int
    kind: str = "normal"
    low: float = -math.sqrt(3)
    high: float = math.sqrt(3)

    def __post_init__(self) -> None:
        if self.dim < 1 or self.kind not in ("normal", "uniform") or self.low >= self.high:
            raise ValueError(f"{self}: dim must be 1 or more, kind 'normal' or 'uniform', and low below high")

    def fill(self, z: Array, rng: np.random.Generator) -> Array:
        """Fill z (B, dim) with draws."""
        return fill_normal(z, rng) if self.kind == "normal" else fill_uniform(z, rng, self.low, self.high)


class GAN:
    """A generator G and a discriminator D, and how they are trained against each other.

    G maps z (B, latent.dim) to samples (B, dim); D maps `packing` samples side by side, (B / packing,
    packing × dim), to one logit a pack (Lin et al. 2018; 1 is the plain game).

    updates="alternating" is Algorithm 1 of Goodfellow et al. 2014: `d_steps` updates of D, each on a fresh batch
    of z and real samples, then one of G on fresh z. "simultaneous" takes both gradients at one point with the same
    fakes, and one backward pass through D serves both players: D's logit is one number a row, so each player's
    gradient is the same row times a factor of its own.

    objective is "non-saturating", "minimax" or an Objective. optimizers are G's and D's, unbound. average is the
    decay of the averaged generator (min(average, t/(t+10)) at step t), or None. instance_noise is the standard
    deviation of Gaussian noise on all that D sees, a number or a function of the step (Sønderby et al. 2017).
    penalty is what D pays for being steep, such as R1(gamma), or None.
    Raises ValueError where the pieces do not fit.
    """

    def __init__(
        self,
        generator: Sequential,
        discriminator: Sequential,
        latent: Latent,
        objective: str | Objective = "non-saturating",
        updates: str = "alternating",
        d_steps: int = 1,
        optimizers: tuple[Optimizer, Optimizer] | None = None,
        average: float | None = 0.999,
        packing: int = 1,
        instance_noise: Rate | None = None,
        penalty: Penalty | None = None,
        seed: int = 0,
    ):
        self.generator, self.discriminator, self.latent = generator, discriminator, latent
        self.objective, self.updates, self.d_steps = find_objective(objective), updates, d_steps
        self.packing, self.instance_noise, self.penalty, self.seed = packing, instance_noise, penalty, seed
        self._check(average)
        for_g, for_d = optimizers or (Adam(2e-4, 0.5, 0.999), Adam(2e-4, 0.5, 0.999))
        self.optimizers = for_g.bind(generator), for_d.bind(discriminator)
        self.decay = average
        self.average = generator.copy() if average is not None else None
        self.steps = 0
        draws = {
            "latent": True,
            "instance noise": instance_noise is not None,
            "dropout in G": generator.random,
            "dropout in D": discriminator.random,
            "penalty": penalty is not None and penalty.between,
        }
        self.streams = {name: Stream(seed, name) for name in draws if draws[name]}
        self._blend = generator.backend.kernel(_blend, generator.size)
        self._room: _Room | None = None
        self.ranks: Ranks | None = None

    def spread(self, ranks: Ranks) -> None:
        """Take part in one game on several processes, each of which calls `step` with the whole batch."""
        for net in (self.generator, self.discriminator):
            if any(layer.couples_rows for layer in net.layers):
                raise ValueError(
                    f"BatchNorm in {net.name} couples the rows of a batch, which {ranks.size} ranks would split; "
                    f"take it out, or train on one"
                )
        self.ranks, self._room = ranks, None

    def _check(self, average: float | None) -> None:
        G, D = self.generator, self.discriminator
        if G is D or G.backend.name != D.backend.name or G.backend.dtype != D.backend.dtype:
            raise ValueError(f"G and D must be two networks on one backend and dtype: {G.backend}, {D.backend}")
        if (G.name, G.seed) == (D.name, D.seed):
            raise ValueError(
                f"both networks are called {G.name!r} with seed {G.seed}, so layers of equal shape would start "
                f"with equal weights: give them names, Sequential(..., name='G') and Sequential(..., name='D')"
            )
        if G.widths[0] != self.latent.dim:
            raise ValueError(f"the latent has {self.latent.dim} dimensions, but G takes {G.widths[0]}")
        if self.packing < 1 or D.widths[0] != self.packing * G.widths[-1]:
            raise ValueError(
                f"G makes {G.widths[-1]} columns and packing is {self.packing}, so D must take "
                f"{self.packing * G.widths[-1]}, but it takes {D.widths[0]}"
            )
        if D.widths[-1] != 1:
            raise ValueError(f"D must give one logit a row, but it gives {D.widths[-1]} columns")
        if self.updates not in ("alternating", "simultaneous"):
            raise ValueError(f"updates is {self.updates!r}; choose 'alternating' or 'simultaneous'")
        if self.d_steps < 1 or (self.updates == "simultaneous" and self.d_steps != 1):
            raise ValueError(f"d_steps is {self.d_steps}; it must be 1 or more, and 1 with simultaneous updates")
        if self.updates == "simultaneous" and any(layer.couples_rows for layer in D.layers):
            raise ValueError(
                "BatchNorm in D couples the rows of a batch, so G's and D's gradients are no longer row-scalings "
                "of one: take updates='alternating', or take it out of D"
            )
        if self.penalty is not None and any(layer.couples_rows for layer in D.layers):
            raise ValueError("a penalty asks for each sample's own slope, but BatchNorm in D couples the rows")
        if average is not None and not 0 <= average < 1:
            raise ValueError(f"average is {average!r}; it must be a decay in [0, 1), or None")

    def step(self, real: Array) -> None:
        """One iteration on real samples (d_steps × B, dim)."""
        for _ in self.substeps(real):
            pass

    def substeps(self, real: Array) -> Iterator[tuple[str, Array]]:
        """One iteration, yielding the name of each sub-step when it is done and the array that it made.

        Alternating, d_steps times: draw latent, generate, judge, [penalty,] discriminator gradient, discriminator
        update; then: draw latent again, generate again, judge again, generator gradient, generator update,
        average. Simultaneous: draw latent, generate, judge, [penalty,] both gradients, discriminator update,
        generator update, average.
        """
        real = self.generator.backend.asarray(real)
        batch, rest = divmod(len(real), self.d_steps)
        dim = self.generator.widths[-1]
        if real.ndim != 2 or real.shape[1] != dim or batch < 1 or rest or batch % self.packing:
            raise ValueError(
                f"real samples have shape {real.shape}; wanted ({self.d_steps} × B, {dim}), "
                f"with B a multiple of packing = {self.packing}"
            )
        if self._room is None or self._room.whole != batch:
            self._room = _Room(self, batch)
        players = self._simultaneous if self.updates == "simultaneous" else self._alternating
        rngs: dict[str, Any] = {name: stream.at(self.steps) for name, stream in self.streams.items()}
        if self.ranks is not None:
            real = real.reshape(self.d_steps, batch, dim)[:, self._room.samples].reshape(-1, dim)
            rngs = {name: self._room.share(name, rng) for name, rng in rngs.items()}
        yield from players(real, self._room, rngs)
        if self.average is not None and self.decay is not None:
            keep = min(self.decay, (self.steps + 1) / (self.steps + 11))
            self._blend(self.average.theta, self.generator.theta, 1 - keep)
            if self.average.state.size:
                self._blend(self.average.state, self.generator.state, 1 - keep)
            self.average.moved()
            yield "average", self.average.theta
        self.steps += 1

    def _alternating(self, real: Array, room: _Room, rngs: dict[str, Any]) -> Iterator[tuple[str, Array]]:
        G, D, rows = self.generator, self.discriminator, room.rows
        for k in range(self.d_steps):
            yield "draw latent", self.latent.fill(room.z, rngs["latent"])
            yield "generate", self._generate(room, rngs)
            room.seen[: room.batch] = real[k * room.batch : (k + 1) * room.batch]
            self._add_noise(room, room.seen, rngs)
            yield "judge", D.forward(room.packs, room.both, training=True, rng=rngs.get("dropout in D"))
            room.real_slope(room.both.y[:rows], room.d_both[:rows], room.weight)
            room.fake_slope(room.both.y[rows:], room.d_both[rows:], room.weight)
            D.backward(room.d_both, room.both)
            D.absorb(room.both)
            if self.penalty is not None:
                yield "penalty", self._penalise(room, rngs, self.penalty)
            self._sum(D.grad)
            yield "discriminator gradient", D.grad
            self.optimizers[1].step()
            yield "discriminator update", D.theta
        yield "draw latent again", self.latent.fill(room.z, rngs["latent"])
        yield "generate again", self._generate(room, rngs)
        self._add_noise(room, room.seen[room.batch :], rngs)
        yield "judge again", D.forward(room.packs[rows:], room.fake, training=True, rng=rngs.get("dropout in D"))
        room.generator_slope(room.fake.y, room.d_fake, room.weight)
        dx = D.backward(room.d_fake, room.fake, params=False, inputs=True)
        G.backward(dx.reshape(room.batch, -1), room.made)
        G.absorb(room.made)
        self._sum(G.grad)
        yield "generator gradient", G.grad
        self.optimizers[0].step()
        yield "generator update", G.theta

    def _simultaneous(self, real: Array, room: _Room, rngs: dict[str, Any]) -> Iterator[tuple[str, Array]]:
        G, D, rows = self.generator, self.discriminator, room.rows
        yield "draw latent", self.latent.fill(room.z, rngs["latent"])
        yield "generate", self._generate(room, rngs)
        room.seen[: room.batch] = real
        self._add_noise(room, room.seen, rngs)
        yield "judge", D.forward(room.packs, room.both, training=True, rng=rngs.get("dropout in D"))
        # Every row goes back through D as 1/rows. D's share of it is its slope at that row, G's is G's slope. The
        # quotient of the two slopes would do in one pass less, but at logits of -90 it is 0/0 in float32.
        room.real_slope(room.both.y[:rows], room.factors[:rows])
        room.fake_slope(room.both.y[rows:], room.factors[rows:])
        dx = D.backward(room.unit, room.both, inputs=slice(rows, None), weights=room.factors)
        room.generator_slope(room.both.y[rows:], room.d_fake)
        dx *= room.d_fake
        G.backward(dx.reshape(room.batch, -1), room.made)
        G.absorb(room.made)
        if self.penalty is not None:
            yield "penalty", self._penalise(room, rngs, self.penalty)
        self._sum(D.grad)
        self._sum(G.grad)
        yield "both gradients", G.grad
        self.optimizers[1].step()
        yield "discriminator update", D.theta
        self.optimizers[0].step()
        yield "generator update", G.theta

    def _sum(self, grad: Array) -> None:
        """Add up what the ranks' rows say; alone, that is all there is."""
        if self.ranks is not None:
            self.ranks.sum(grad)

    def _generate(self, room: _Room, rngs: dict[str, Any]) -> Array:
        fake = self.generator.forward(room.z, room.made, training=True, rng=rngs.get("dropout in G"))
        room.seen[room.batch :] = fake
        return fake

    def _add_noise(self, room: _Room, seen: Array, rngs: dict[str, Any]) -> None:
        sd = 0.0 if self.instance_noise is None else at_step(self.instance_noise, self.steps)
        if sd > 0:
            noise = fill_normal(room.noise[: len(seen)], rngs["instance noise"])
            noise *= sd
            seen += noise

    def _penalise(self, room: _Room, rngs: dict[str, Any], penalty: Penalty) -> Array:
        """Add the penalty's gradient to D's, and give D's steepness (rows, 1) at the points where it was asked.

        With g = ∇ₓs a row, it is the mean over rows of d loss(|g|)/dg · dg/dtheta, and the first factor is
        factor(|g|) g, a direction for the derivative that `tangent_gradient` takes.
        """
        D, rows, trace, xp = self.discriminator, room.rows, room.steep, self.discriminator.backend.xp
        room.points[...] = room.packs[:rows]
        if penalty.between:
            mix = fill_uniform(room.mix, rngs["penalty"])
            room.points += mix * (room.packs[rows:] - room.points)
        D.forward(room.points, trace, training=True, rng=rngs.get("dropout in D"))
        g = D.backward(room.ones, trace, params=False, inputs=True)
        room.steepness[...] = xp.sqrt((g * g).sum(axis=1, keepdims=True))
        g *= penalty.factor(room.steepness)
        room.kept[...] = D.grad
        D.tangent_gradient(g, room.unit[:rows], trace)
        D.grad += room.kept
        return room.steepness

    def sample(self, n: int, seed: int = 0, averaged: bool = True) -> Array:
        """n samples (n, dim), a pure function of (generator, seed); of the averaged generator if there is one."""
        generator = self.average if averaged and self.average is not None else self.generator
        z = generator.backend.empty(n, self.latent.dim)
        return generator(self.latent.fill(z, Stream(seed, "sample").at(0)))

    def opinion(self, x: Array) -> Array:
        """D's probability (n,) that each pack (n, packing × dim) is real."""
        return sigmoid(self.discriminator.backend.xp, self.discriminator(x))[:, 0]

    def losses(self) -> dict[str, float]:
        """What the last step's logits say: d_loss, g_loss, value (nats), and the mean opinions d_real, d_fake.

        d_loss is without the penalty, which is beside it where there is one. All are computed when asked for, not
        in the step, and this reads them back to the host.
        """
        if self._room is None or self.steps == 0:
            raise ValueError("no step was taken yet, so there are no logits to compute losses from")
        xp, rows, room = self.generator.backend.xp, self._room.rows, self._room
        real, fake = room.both.y[:rows], room.both.y[rows:]
        for_g = fake if self.updates == "simultaneous" else room.fake.y
        game, standard = self.objective, find_objective("minimax")
        numbers = {
            "d_loss": game.real_loss(real).mean() + game.fake_loss(fake).mean(),
            "g_loss": game.generator_loss(for_g).mean(),
            "value": -standard.real_loss(real).mean() - standard.fake_loss(fake).mean(),
            "d_real": sigmoid(xp, real).mean(),
            "d_fake": sigmoid(xp, fake).mean(),
        }
        if self.penalty is not None:
            numbers["penalty"] = self.penalty.loss(room.steepness).mean()
        values = self.generator.backend.to_numpy(xp.stack(list(numbers.values())))
        if self.ranks is not None:  # means over this rank's rows
            values = values * (rows * room.weight)
            self.ranks.sum(values)
        return dict(zip(numbers, values.tolist(), strict=True))

    def vectors(self) -> dict[str, Array]:
        """Every vector that the next step depends on, by name: what a checkpoint holds beside `steps`."""
        nets = {"generator": self.generator, "discriminator": self.discriminator}
        if self.average is not None:
            nets["average"] = self.average
        found = {f"{name}.{what}": getattr(net, what) for name, net in nets.items() for what in ("theta", "state")}
        for name, optimizer in zip(nets, self.optimizers, strict=False):
            found |= {f"{name}.{slot}": getattr(optimizer, slot) for slot in optimizer.slots}
        return found

    def restore(self, steps: int, vectors: dict[str, Array]) -> None:
        """Return to what `vectors()` was after this many steps; ValueError where names or lengths differ."""
        own = self.vectors()
        for name in own.keys() | vectors.keys():
            lengths = [len(v[name]) if name in v else None for v in (own, vectors)]
            if lengths[0] != lengths[1]:
                raise ValueError(f"vector {name!r} has {lengths[1]} numbers there, but {lengths[0]} in this GAN")
        for name, vector in own.items():
            vector[...] = self.generator.backend.asarray(vectors[name])
        for net in (self.generator, self.discriminator, self.average):
            if net is not None:
                net.moved()
        for optimizer, updates in zip(self.optimizers, (steps, steps * self.d_steps), strict=True):
            optimizer.steps = updates
        self.steps, self._room = steps, None  # the room's logits are of another step

    def __getstate__(self) -> dict:
        return {k: v for k, v in self.__dict__.items() if k not in ("_room", "_blend", "ranks")}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self.ranks = None
        self._room, self._blend = None, self.generator.backend.kernel(_blend, self.generator.size)


def _blend(xp: Any, average: Array, theta: Array, share: float) -> None:
    step = theta - average
    step *= share
    average += step


def _slope(gan: GAN, name: str) -> Callable:
    """out = weight × a slope of the objective's; one kernel for ours, which are written so that CuPy can fuse."""
    backend = gan.generator.backend

    def slope(xp: Any, s: Array, out: Array, weight: float | None = None) -> None:
        out[...] = getattr(gan.objective, name)(s)
        if weight is not None:
            out *= weight

    return backend.kernel(slope) if gan.objective in OBJECTIVES.values() else partial(slope, backend.xp)


class _Room:
    """The arrays of one step at one batch size, for the rows of it that are this process's; allocated once."""

    def __init__(self, gan: GAN, whole: int):
        G, D, m = gan.generator, gan.discriminator, gan.packing
        backend, dim = G.backend, G.widths[-1]
        self.whole, self.whole_rows = whole, whole // m
        self.own = slice(0, self.whole_rows) if gan.ranks is None else gan.ranks.rows(self.whole_rows)
        self.rows, self.weight = self.own.stop - self.own.start, 1 / self.whole_rows
        self.samples = slice(m * self.own.start, m * self.own.stop)
        batch = self.batch = m * self.rows
        self.z = backend.empty(batch, gan.latent.dim)
        self.seen = backend.empty(2 * batch, dim)  # what D sees: real samples, then fakes
        self.packs = self.seen.reshape(2 * self.rows, m * dim)  # the same numbers, m samples a row
        self.noise = backend.empty(2 * batch, dim)
        self.real_slope, self.fake_slope = _slope(gan, "real_slope"), _slope(gan, "fake_slope")
        self.generator_slope = _slope(gan, "generator_slope")
        self.made = G.trace(batch)
        self.both = D.trace(2 * self.rows, groups=2)
        self.fake = D.trace(self.rows)
        self.d_both, self.d_fake = backend.empty(2 * self.rows, 1), backend.empty(self.rows, 1)
        self.unit, self.factors = backend.ones(2 * self.rows, 1), backend.empty(2 * self.rows, 1)
        self.unit *= self.weight
        if gan.penalty is not None:
            self.steep, self.points = D.trace(self.rows), backend.empty(self.rows, m * dim)
            self.mix, self.steepness = backend.empty(self.rows, 1), backend.empty(self.rows, 1)
            self.ones, self.kept = backend.ones(self.rows, 1), backend.empty(D.size)

    def share(self, name: str, rng: np.random.Generator) -> Share:
        """The stream of this name, cut to this process's rows: of packs where D draws, else of samples."""
        if name in ("dropout in D", "penalty"):
            return Share(rng, self.own, self.whole_rows)
        return Share(rng, self.samples, self.whole)
