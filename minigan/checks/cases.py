"""The cases of `minigan compare`: each is one computation that several engines do from the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..core.backend import Array, Backend
from ..core.gan import GAN, Latent
from ..core.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Maxout, ReLU, Sigmoid, Softplus, Tanh
from ..core.network import Sequential
from ..core.optimizers import SGD, Adam, HoldThenCosine, Linear, Momentum, Optimizer
from ..core.penalties import R1, GradientPenalty, Penalty
from ..core.streams import Stream
from ..data.dataset import Batches
from ..theory.distributions import ring

MARKS = (1, *range(50, 1201, 50))  # the steps at which the long game is looked at

Answer = dict[str, Array]  # "column" or "column.more": an array


class Engine(Protocol):
    """Who does a case's sums: minigan, PyTorch or JAX, each a module of checks/references with these names.

    A reference reads the settings and starting vectors of minigan's objects; all mathematics is its own.
    """

    NAME: str

    def pull(self, net: Sequential, x: Array, dy: Array, training: bool, rng: Any, groups: int) -> Answer:
        """y for x, dx and dtheta for dy, and the state that a step leaves."""
        ...

    def judge(self, real: Array, fake: Array, objective: str) -> Answer:
        """Both players' losses for these logits (n, 1), and their slopes d (2, n, 1) and g (n, 1)."""
        ...

    def penalise(self, net: Sequential, penalty: Penalty, real: Array, fake: Array, rngs: dict) -> Answer:
        """The mean payment of D for its slope, and dtheta."""
        ...

    def fit(self, net: Sequential, rule: Optimizer, x: Array, target: Array, steps: int) -> Answer:
        """theta and the rule's moments, after so many steps down the mean squared error."""
        ...

    def Game(self, gan: GAN) -> Any:
        """The GAN's game, from where it stands: with step(real), losses() and vectors() as a GAN has them."""
        ...


class Case(Protocol):
    """One computation, answered by an engine in "float64" or "float32"."""

    @property
    def name(self) -> str: ...
    def by(self, engine: Engine, dtype: str) -> Answer: ...


@dataclass(frozen=True)
class LayerCase:
    """Forward, backward and the running statistics of layers with random parameters, for random x and dy."""

    name: str
    layers: Sequence[Layer]
    width: int
    training: bool = True

    def by(self, engine: Engine, dtype: str) -> Answer:
        net = Sequential(deepcopy(self.layers), Backend("numpy", dtype), name=self.name, width=self.width)
        rng = Stream(0, "compare", self.name).at(0)
        net.assign(rng.standard_normal(net.size))
        net.state[...] = rng.uniform(0.5, 2, net.state.size)
        x, dy = (net.backend.asarray(rng.standard_normal((12, width))) for width in (self.width, net.widths[-1]))
        return engine.pull(net, x, dy, training=self.training, rng=rng, groups=2)


@dataclass(frozen=True)
class ObjectiveCase:
    """Both players' losses and slopes, from logits of this size."""

    name: str
    objective: str
    scale: float

    def by(self, engine: Engine, dtype: str) -> Answer:
        s = np.linspace(-1, 1, 42).reshape(2, -1, 1) ** 3 * self.scale  # dense about 0, and up to ±scale
        return engine.judge(s[1].astype(dtype)[::-1].copy(), s[0].astype(dtype), self.objective)


@dataclass(frozen=True)
class PenaltyCase:
    """What D pays for its slope, and the gradient of that by theta, a derivative of a derivative."""

    name: str
    penalty: Penalty
    layers: Sequence[Layer]

    def by(self, engine: Engine, dtype: str) -> Answer:
        D = Sequential(deepcopy(self.layers), Backend("numpy", dtype), name="D")
        rng = Stream(0, "compare", self.name).at(0)
        D.assign(rng.standard_normal(D.size))
        real, fake = (D.backend.asarray(rng.standard_normal((16, D.widths[0]))) for _ in range(2))
        rngs = {name: Stream(0, "compare", self.name, name).at(0) for name in ("penalty", "dropout in D")}
        return engine.penalise(D, self.penalty, real, fake, rngs)


@dataclass(frozen=True)
class OptimizerCase:
    """100 steps of a small regression: what the rule makes of theta, and its running averages."""

    name: str
    rule: Optimizer

    def by(self, engine: Engine, dtype: str) -> Answer:
        net = Sequential([Dense(3, 8), Tanh(), Dense(8, 2)], Backend("numpy", dtype))
        rng = Stream(0, "compare", self.name).at(0)
        x, target = (net.backend.asarray(rng.standard_normal((16, width))) for width in (3, 2))
        return engine.fit(net, self.rule, x, target, 100)


@dataclass(frozen=True)
class GameCase:
    """100 steps of a whole game: every vector that the next step depends on."""

    name: str
    generator: Sequence[Layer]
    discriminator: Sequence[Layer]
    options: dict[str, Any]

    def gan(self, dtype: str) -> GAN:
        """The game at its start, and equal at every call."""
        backend = Backend("numpy", dtype)
        generator, discriminator = deepcopy((self.generator, self.discriminator))  # a layer lives in one network
        G, D = Sequential(generator, backend, name="G"), Sequential(discriminator, backend, name="D")
        options: dict[str, Any] = {"latent": Latent(2), "seed": 1, "updates": "alternating"} | self.options
        options = {"optimizers": Adam(2e-4, 0.5, 0.999)} | options
        return GAN(G, D, **options)

    def by(self, engine: Engine, dtype: str) -> Answer:
        game = engine.Game(self.gan(dtype))
        batches = Batches(ring(), 16 * self.options.get("d_steps", 1), seed=1)
        for step in range(100):
            game.step(batches.at(step))
        return {_column(name) + "." + name: vector for name, vector in game.vectors().items()}


def _column(name: str) -> str:
    player, what = name.split(".")
    return {"theta": "theta", "state": "state"}.get(what, "moments") if player != "average" else "average"


@dataclass(frozen=True)
class LongGame:
    """A smooth game at a high rate: what G makes of 16 fixed z, and D's loss, at each of MARKS.

    2-16-16-2 against 2-16-16-1 on the ring; activation is D's. nudge changes the last bit of one of D's weights.
    """

    name: str = "the long game"
    activation: Callable[[], Layer] = Tanh
    rate: float = 5e-3
    nudge: bool = False

    def gan(self, dtype: str) -> GAN:
        """The game at its start, and equal at every call."""
        backend, f = Backend("numpy", dtype), self.activation
        G = Sequential([Dense(2, 16), Tanh(), Dense(16, 16), Tanh(), Dense(16, 2)], backend, name="G")
        D = Sequential([Dense(2, 16), f(), Dense(16, 16), f(), Dense(16, 1)], backend, name="D")
        if self.nudge:
            D.theta[0] = np.nextafter(D.theta[0], D.theta.dtype.type(9))
            D.moved()
        return GAN(G, D, Latent(2), updates="alternating", optimizers=Adam(self.rate, 0.5, 0.99))

    def by(self, engine: Engine, dtype: str) -> Answer:
        gan = self.gan(dtype)
        game, G = engine.Game(gan), gan.generator.copy()  # one G makes the samples of both sides' theta
        batches, z = Batches(ring(), 64, seed=0), Stream(0, "compare").at(0).standard_normal((16, 2)).astype(dtype)
        samples, losses = [], []
        for step in range(1, MARKS[-1] + 1):
            game.step(batches.at(step - 1))
            if step in MARKS:
                G.assign(game.vectors()["generator.theta"])
                samples.append(G(z))
                losses.append(game.losses()["d_loss"])
        return {"samples": np.stack(samples), "d_loss": np.array(losses)}


CHAIN = [
    *(Dense(6, 12), BatchNorm(12), LeakyReLU(0.2), Dropout(0.3), Dense(12, 12), Maxout(3), Tanh()),
    *(Dense(4, 8), ReLU(), Dense(8, 8), Softplus(), Dense(8, 4), Sigmoid(), Dense(4, 1)),
]
LAYERS: list[Case] = [
    LayerCase("Dense(6, 4)", [Dense(6, 4)], 6),
    LayerCase("Dense(6, 4, bias=False)", [Dense(6, 4, bias=False)], 6),
    LayerCase("ReLU()", [ReLU()], 6),
    LayerCase("LeakyReLU(0.2)", [LeakyReLU(0.2)], 6),
    LayerCase("Sigmoid()", [Sigmoid()], 6),
    LayerCase("Tanh()", [Tanh()], 6),
    LayerCase("Softplus()", [Softplus()], 6),
    LayerCase("Maxout(3)", [Maxout(3)], 6),
    LayerCase("Dropout(0.5), training", [Dropout(0.5)], 6),
    LayerCase("Dropout(0.5), evaluation", [Dropout(0.5)], 6, training=False),
    LayerCase("BatchNorm(6), training", [BatchNorm(6)], 6),
    LayerCase("BatchNorm(6), evaluation", [BatchNorm(6)], 6, training=False),
    LayerCase("all of them in a chain", CHAIN, 6),
]
OBJECTIVES: list[Case] = [
    ObjectiveCase(f"{objective}, logits to ±{scale:g}", objective, scale)
    for objective in ("non-saturating", "minimax", "wasserstein", "least-squares")
    for scale in (5, 1e4)
]
CURVED = [Dense(2, 8), Tanh(), Dense(8, 8), Softplus(), Dense(8, 8), Sigmoid(), Dense(8, 1)]
FOLDED = [Dense(2, 9), Maxout(3), Dropout(0.3), Dense(3, 8), LeakyReLU(0.2), Dense(8, 8), ReLU(), Dense(8, 1)]
PENALTIES: list[Case] = [
    PenaltyCase(f"{name}, {shape}", penalty, layers)
    for name, penalty in (("R1", R1(2.0)), ("GradientPenalty", GradientPenalty(10.0)))
    for shape, layers in (("a curved D", CURVED), ("a folded D", FOLDED))
]
OPTIMIZERS: list[Case] = [
    OptimizerCase("SGD", SGD(0.1)),
    OptimizerCase("SGD, hold then cosine", SGD(HoldThenCosine(0.1, 100))),
    OptimizerCase("Momentum", Momentum(0.05, 0.9)),
    OptimizerCase("Momentum, both falling", Momentum(Linear(0.05, 100), Linear(0.9, 200))),
    OptimizerCase("Adam", Adam(1e-2)),
    OptimizerCase("Adam, hold then cosine", Adam(HoldThenCosine(1e-2, 100), 0.5, 0.99)),
]
PLAIN = (
    [Dense(2, 8), Tanh(), Dense(8, 8), Tanh(), Dense(8, 2)],
    [Dense(2, 8), LeakyReLU(0.2), Dense(8, 8), LeakyReLU(0.2), Dense(8, 1)],
)
GAMES: list[Case] = [
    GameCase("alternating", *PLAIN, {}),
    GameCase(
        "alternating, d_steps 3, batch norm",
        [Dense(2, 8, bias=False), BatchNorm(8), ReLU(), Dense(8, 2)],
        [Dense(2, 8), LeakyReLU(0.2), Dropout(0.2), Dense(8, 8, bias=False), BatchNorm(8), Tanh(), Dense(8, 1)],
        {"d_steps": 3, "instance_noise": Linear(0.5, 100)},
    ),
    GameCase("simultaneous", *PLAIN, {"updates": "simultaneous"}),
    GameCase(
        "simultaneous, dropout, Maxout",
        [Dense(2, 8), ReLU(), Dropout(0.2), Dense(8, 2)],
        [Dense(4, 12), Maxout(3), Dropout(0.3), Dense(4, 1)],
        {
            "updates": "simultaneous",
            "objective": "minimax",
            "instance_noise": 0.1,
            "packing": 2,
            "optimizers": (Momentum(Linear(0.02, 200), 0.5), SGD(0.05)),
        },
    ),
    GameCase("alternating, R1", *PLAIN, {"penalty": R1(2.0), "d_steps": 2}),
    GameCase(
        "simultaneous, Wasserstein, dropout",
        [Dense(2, 8), ReLU(), Dense(8, 2)],
        [Dense(2, 8), Softplus(), Dropout(0.3), Dense(8, 8), Tanh(), Dense(8, 1)],
        {"updates": "simultaneous", "objective": "wasserstein", "penalty": GradientPenalty(10.0)},
    ),
    GameCase("alternating, least squares", *PLAIN, {"objective": "least-squares"}),
]
LONG = LongGame()
PARTS: list[tuple[str, list[Case]]] = [
    ("layers: forward and backward, parameters and inputs random", LAYERS),
    ("objectives: from D's logits", OBJECTIVES),
    ("penalties: what D pays for its slope, and a derivative of a derivative", PENALTIES),
    ("optimisers: 100 steps of a small regression", OPTIMIZERS),
    ("games: 100 steps, from the same weights, batches, noise and dropout masks", GAMES),
]
