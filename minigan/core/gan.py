"""The game: two networks, the steps of one iteration by name, and a generator averaged over time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .backend import Array, Backend
from .layers import sigmoid
from .network import Sequential, check_alike
from .objectives import Objective, find_objective
from .optimizers import Adam, Optimizer, Rate, at_step, blend, check_decay, newest_share
from .penalties import Penalty
from .streams import Stream, fill_normal, fill_uniform
from .workspace import Alone, Workspace, check_fit, check_whole

# The default game. Recipes start from it too.
UPDATES, OPTIMIZER, AVERAGE = "simultaneous", Adam(1e-3, 0.5, 0.99), 0.999


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

    updates="alternating" is Algorithm 1 of Goodfellow et al. 2014: `d_steps` updates of D, each on fresh z and
    real samples, then one of G on fresh z. "simultaneous" takes both gradients at one point with the same
    fakes; one backward pass through D serves both players, for each one's gradient is a row times its own factor.

    objective is "non-saturating", "minimax", "wasserstein", "least-squares" or an Objective. optimizers are G's
    and D's, or one for both, unbound. average is the decay of the averaged generator (min(average, t/(t+10)) at
    step t), or None. instance_noise is the sd of Gaussian noise on all that D sees, a number or a function of the
    step (Sønderby et al. 2017). penalty is what D pays for being steep, or None. Raises ValueError where pieces do
    not fit.
    """

    _work: Workspace | None  # made by the first step
    left = ""  # within a step: the sub-step that was the last
    says = "none"  # of log p(x): see model.py

    def __init__(
        self,
        generator: Sequential,
        discriminator: Sequential,
        latent: Latent,
        objective: str | Objective = "non-saturating",
        updates: str = UPDATES,
        d_steps: int = 1,
        optimizers: Optimizer | tuple[Optimizer, Optimizer] = OPTIMIZER,
        average: float | None = AVERAGE,
        packing: int = 1,
        instance_noise: Rate | None = None,
        penalty: Penalty | None = None,
        seed: int = 0,
    ):
        self.generator, self.discriminator, self.latent = generator, discriminator, latent
        self.dim = generator.widths[-1]
        self.objective, self.updates, self.d_steps = find_objective(objective), updates, d_steps
        self.packing, self.instance_noise, self.penalty, self.seed = packing, instance_noise, penalty, seed
        check_fit(generator, discriminator, latent.dim, updates, d_steps, packing, penalty)
        check_decay(average)
        for_g, for_d = (optimizers, optimizers) if isinstance(optimizers, Optimizer) else optimizers
        self.optimizers = for_g.bind(generator), for_d.bind(discriminator)
        self.decay, self.average = average, generator.copy() if average is not None else None
        self.steps, self._work = 0, None
        self._noise_sd()  # refuses a negative one
        draws = {
            "latent": True,
            "instance noise": instance_noise is not None,
            "dropout in G": generator.random,
            "dropout in D": discriminator.random,
            "penalty": penalty is not None and penalty.between,
        }
        self.streams = {name: Stream(seed, name) for name in draws if draws[name]}
        self._make_ready()

    def __repr__(self) -> str:
        pairs = zip((self.generator, self.discriminator), self.optimizers, strict=True)
        sides = [f"{n.name}: {n.widths[0]} -> {n.widths[-1]}, {n.size:,} parameters, {o!r}" for n, o in pairs]
        head = f"GAN after {self.steps:,} steps: {self.objective.name}, {self.updates} updates"
        return "\n".join([head, *sides])

    @property
    def turns(self) -> int:
        """How many batches a step learns from: an update of D each."""
        return self.d_steps

    @property
    def size(self) -> int:
        """The number of parameters, of both players."""
        return self.generator.size + self.discriminator.size

    @property
    def backend(self) -> Backend:
        """Where the arrays live: G's, which D shares."""
        return self.generator.backend

    def step(self, real: Array) -> None:
        """One iteration on real samples (d_steps × B, dim)."""
        for _ in self.substeps(real):
            pass

    def substeps(self, real: Array) -> Iterator[tuple[str, Array]]:
        """One iteration, yielding each sub-step's name when it is done (see substeps.py), and what it made."""
        real = self.backend.asarray(real)
        batch, rest = divmod(len(real), self.d_steps)
        if real.ndim != 2 or real.shape[1] != self.dim or batch < 1 or rest or batch % self.packing:
            raise ValueError(
                f"real samples have shape {real.shape}; wanted ({self.d_steps} × B, {self.dim}), "
                f"with B a multiple of packing = {self.packing}"
            )
        check_whole(self)
        work = self._work
        if work is None or work.whole != batch:
            game = self.latent.dim, self.packing, self.objective, self.penalty
            work = self._work = Workspace(self.generator, self.discriminator, *game, self.shared, batch)
        players = self._simultaneous if self.updates == "simultaneous" else self._alternating
        rngs = {name: work.draws(name, stream.at(self.steps)) for name, stream in self.streams.items()}
        if work.batch != batch:
            real = real.reshape(self.d_steps, batch, self.dim)[:, work.samples].reshape(-1, self.dim)
        for self.left, array in players(real, work, rngs):
            yield self.left, array
        if self.average is not None and self.decay is not None:
            share = newest_share(self.decay, self.steps)
            self._blend(self.average.theta, self.generator.theta, share)
            if self.average.state.size:
                self._blend(self.average.state, self.generator.state, share)
            self.average.moved()
            self.left = "average"
            yield self.left, self.average.theta
        self.steps, self.left = self.steps + 1, ""

    def _alternating(self, real: Array, work: Workspace, rngs: dict[str, Any]) -> Iterator[tuple[str, Array]]:
        G, D, on_real, on_fakes = self.generator, self.discriminator, work.on_real, work.on_fakes
        for k in range(self.d_steps):
            yield "draw latent", self.latent.fill(work.z, rngs["latent"])
            yield "generate", self._generate(work, rngs)
            work.seen[: work.batch] = real[k * work.batch : (k + 1) * work.batch]
            self._add_noise(work, work.seen, rngs)
            yield "judge", D.forward(work.packs, work.both, training=True, rng=rngs.get("dropout in D"))
            work.real_slope(work.both.y[on_real], work.d_both[on_real], work.weight)
            work.fake_slope(work.both.y[on_fakes], work.d_both[on_fakes], work.weight)
            D.backward(work.d_both, work.both)
            D.absorb(work.both)
            if work.steepness is not None:
                yield "penalty", work.steepness.add_gradient(work.packs[on_real], work.packs[on_fakes], rngs)
            self.shared.sum(D.grad)
            yield "discriminator gradient", D.grad
            self.optimizers[1].step()
            yield "discriminator update", D.theta
        yield "draw latent again", self.latent.fill(work.z, rngs["latent"])
        yield "generate again", self._generate(work, rngs)
        self._add_noise(work, work.seen[work.batch :], rngs)
        masks = rngs.get("dropout in D")
        yield "judge again", D.forward(work.fake_packs, work.fake, training=True, rng=masks)
        work.generator_slope(work.fake.y, work.d_fake, work.weight)
        dx = D.backward(work.d_fake, work.fake, params=False, inputs=True)
        G.backward(work.samples_of(dx), work.made)
        G.absorb(work.made)
        self.shared.sum(G.grad)
        yield "generator gradient", G.grad
        self.optimizers[0].step()
        yield "generator update", G.theta

    def _simultaneous(self, real: Array, work: Workspace, rngs: dict[str, Any]) -> Iterator[tuple[str, Array]]:
        G, D, on_real, on_fakes = self.generator, self.discriminator, work.on_real, work.on_fakes
        yield "draw latent", self.latent.fill(work.z, rngs["latent"])
        yield "generate", self._generate(work, rngs)
        work.seen[: work.batch] = real
        self._add_noise(work, work.seen, rngs)
        yield "judge", D.forward(work.packs, work.both, training=True, rng=rngs.get("dropout in D"))
        # Every row goes back through D as 1/rows. D's share of it is its slope at that row, G's is G's slope. The
        # quotient of the two slopes would do in one pass less, but at logits of -90 it is 0/0 in float32.
        work.real_slope(work.both.y[on_real], work.factors[on_real])
        work.fake_slope(work.both.y[on_fakes], work.factors[on_fakes])
        dx = D.backward(work.unit, work.both, inputs=on_fakes, row_weights=work.factors)
        work.generator_slope(work.both.y[on_fakes], work.d_fake)
        dx *= work.d_fake
        G.backward(work.samples_of(dx), work.made)
        G.absorb(work.made)
        if work.steepness is not None:
            yield "penalty", work.steepness.add_gradient(work.packs[on_real], work.packs[on_fakes], rngs)
        self.shared.sum(D.grad)
        self.shared.sum(G.grad)
        yield "both gradients", G.grad
        self.optimizers[1].step()
        yield "discriminator update", D.theta
        self.optimizers[0].step()
        yield "generator update", G.theta

    def _generate(self, work: Workspace, rngs: dict[str, Any]) -> Array:
        fake = self.generator.forward(work.z, work.made, training=True, rng=rngs.get("dropout in G"))
        work.seen[work.batch :] = fake
        return fake

    def _add_noise(self, work: Workspace, seen: Array, rngs: dict[str, Any]) -> None:
        if sd := self._noise_sd():
            noise = fill_normal(work.noise[: len(seen)], rngs["instance noise"])
            noise *= sd
            seen += noise

    def _noise_sd(self) -> float:
        sd = 0.0 if self.instance_noise is None else at_step(self.instance_noise, self.steps)
        if not sd >= 0:
            raise ValueError(f"instance_noise is {sd!r} at step {self.steps}; a standard deviation is 0 or more")
        return sd

    def sample(self, n: int, seed: int = 0, averaged: bool = True) -> Array:
        """n samples (n, dim), a pure function of (generator, seed); of the averaged generator if there is one."""
        generator = self.average if averaged and self.average is not None else self.generator
        z = generator.backend.empty(n, self.latent.dim)
        return generator(self.latent.fill(z, Stream(seed, "sample").at(0)))

    @property
    def log_odds(self) -> bool:
        """Whether D's logits are log-odds, so that there are probabilities and V; else they are scores."""
        return getattr(self.objective, "log_odds", False)

    def opinion(self, x: Array) -> Array:
        """D(x), the probability (n,) that D gives each pack (n, packing × dim) of being real.

        ValueError for an objective whose logits are scores and no log-odds: gan.discriminator(x) gives those.
        """
        if not self.log_odds:
            raise ValueError(f"{self.objective.name}: D gives scores, no probabilities; ask gan.discriminator(x)")
        return sigmoid(self.discriminator.backend.xp, self.discriminator(x))[:, 0]

    def pull(self, x: Array) -> Array:
        """Where G is drawn to from packs of fakes x: -∂ℓ/∂x (n, packing × dim), in the network's units.

        ℓ(D(x)) is what G pays for one pack, L_G the mean of n: this is -n ∂L_G/∂x, without dropout or noise.
        """
        D, x = self.discriminator, self.backend.asarray(x)
        trace = D.trace(len(x))
        slope = self.objective.generator_slope(D.forward(x, trace))
        return -D.backward(slope, trace, params=False, inputs=True)

    def logits(self) -> tuple[Array, Array, Array]:
        """D's logits of the last step: on real samples (rows, 1), on fakes, and on those that G was judged by."""
        if self._work is None or self.steps == 0:
            raise ValueError("no step was taken yet, so there are no logits to compute losses from")
        work = self._work
        real, fake = work.both.y[work.on_real], work.both.y[work.on_fakes]
        return real, fake, fake if self.updates == "simultaneous" else work.fake.y

    def losses(self) -> dict[str, float]:
        """What the last step's logits say: d_loss and g_loss (nats), and the numbers that the objective names.

        d_loss is without the penalty, which is beside it where there is one. All are computed when asked for, not
        in the step, and this reads them back to the host.
        """
        real, fake, judged = self.logits()
        game, work, backend = self.objective, self._work, self.backend
        assert work is not None  # else there were no logits
        found = {
            "d_loss": game.real_loss(real).mean() + game.fake_loss(fake).mean(),
            "g_loss": game.generator_loss(judged).mean(),
        }
        if hasattr(game, "numbers"):
            found |= game.numbers(real, fake)
        if work.steepness is not None:
            found["penalty"] = work.steepness.loss()
        values = backend.to_numpy(backend.xp.stack([backend.asarray(number) for number in found.values()]))
        if work.batch != work.whole:  # means over this process's rows
            values = values * (work.rows * work.weight)
            self.shared.sum(values)
        return dict(zip(found, values.tolist(), strict=True))

    def vectors(self) -> dict[str, Array]:
        """Every vector that the next step depends on, by name: what a checkpoint holds beside `steps`."""
        nets = {"generator": self.generator, "discriminator": self.discriminator}
        if self.average is not None:
            nets["average"] = self.average
        found = {f"{name}.{what}": getattr(net, what) for name, net in nets.items() for what in ("theta", "state")}
        for name, optimizer in zip(nets, self.optimizers, strict=False):
            found |= {f"{name}.{slot}": getattr(optimizer, slot) for slot in optimizer.slots}
        return found

    def restore(self, steps: int, vectors: Mapping[str, Array]) -> None:
        """Return to what `vectors()` was after this many steps; ValueError where names or lengths differ."""
        own = self.vectors()
        check_alike(own, vectors, "GAN")
        self.left = "restore"
        for name, vector in own.items():
            vector[...] = self.backend.asarray(vectors[name])
        for net in filter(None, (self.generator, self.discriminator, self.average)):
            net.moved()
        for optimizer, updates in zip(self.optimizers, (steps, steps * self.d_steps), strict=True):
            optimizer.steps = updates
        self.steps, self._work, self.left = steps, None, ""  # its logits are of another step

    def __getstate__(self) -> dict:
        return {k: v for k, v in self.__dict__.items() if k not in ("_work", "_blend", "shared")}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._make_ready()

    def _make_ready(self) -> None:
        """Make what no copy takes along."""
        self._blend = self.backend.kernel(blend, self.generator.size)
        self.share(Alone())

    def share(self, shared: Alone) -> None:
        """Play from now on with those rows of every batch that are said to be this process's."""
        self.shared, self._work = shared, None
