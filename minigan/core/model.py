"""What training asks of whatever learns from batches, and how a model of networks and one loss answers."""

from __future__ import annotations

import copy
import hashlib
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from .backend import Array, Backend
from .layers import Dense
from .network import Sequential, Trace, check_alike
from .optimizers import Optimizer, blend, check_decay, newest_share
from .streams import Stream


class Learner(Protocol):
    """A thing that learns from batches; the GAN is one, and so is each of `minigan.models`.

    Whoever trains it knows no more: takes steps, asks what they cost, draws samples, and keeps `vectors()` and
    `steps` in a checkpoint, from which `restore` goes on bit for bit.
    """

    steps: int
    seed: int
    dim: int  # columns of a row
    says: str  # of log p(x): "exact", "bound", "estimate" or "none"

    @property
    def turns(self) -> int:
        """How many batches a step learns from, one after the other."""
        ...

    @property
    def size(self) -> int:
        """The number of parameters."""
        ...

    @property
    def backend(self) -> Backend:
        """Where its arrays live."""
        ...

    def step(self, real: Array) -> None:
        """Learn from the rows real (turns × B, dim)."""
        ...

    def substeps(self, real: Array) -> Iterator[tuple[str, Array]]:
        """The same step, yielding the name of each part when it is done and the array that it made."""
        ...

    def losses(self) -> dict[str, float]:
        """What the last step's rows cost, in nats, by name; computed when asked for."""
        ...

    def sample(self, n: int, seed: int = 0) -> Array:
        """n samples (n, dim), a pure function of (the model, seed)."""
        ...

    def vectors(self) -> dict[str, Array]:
        """Every vector that the next step depends on, by name."""
        ...

    def restore(self, steps: int, vectors: Mapping[str, Array]) -> None:
        """Return to what `vectors()` was after this many steps."""
        ...


def fingerprint(learner: Learner) -> str:
    """16 hex digits of all that the next step depends on: `steps`, and every vector, by name and bit by bit.

    Two that say the same are in one state; one last bit of one weight makes it another.
    """
    digest = hashlib.blake2b(str(learner.steps).encode(), digest_size=8)
    for name, vector in learner.vectors().items():
        digest.update(f"/{name} {vector.dtype.name} {len(vector)}/".encode())
        digest.update(np.ascontiguousarray(learner.backend.to_numpy(vector)).data)
    return digest.hexdigest()


def begin_at(net: Sequential, y: Array) -> None:
    """Set the bias of the last layer, so that the network says y (out,) wherever its weights say nothing."""
    last = net.layers[-1]
    if not isinstance(last, Dense) or not last.bias:
        raise TypeError(f"network {net.name!r} ends in {last!r}, which has no bias to begin from")
    last.b[...] = y
    net.moved()


class Model:
    """Networks that go down one loss together, each moved by its own copy of the optimiser.

    Who writes one gives three methods: `gradient(x, rngs)`, which leaves in every network's `grad` that of the
    mean loss of the rows x (B, dim), and in `paid` a function that says what each row cost, (B,) nats; `sample`;
    and what it can say of a row's probability, `log_likelihood` or `bound`. `says` tells which kind of statement
    that is. draws are the names of the streams that a step draws from; rngs has each, set to this step. average is
    the decay of weights averaged over time, as the GAN's generator has them, or None; `averaged()` has them. What
    its class is made with is kept under the same name, so that `settings` finds it.
    """

    says: str = "none"
    turns = 1
    column: Any = None  # what says by its check(x) which numbers a column may hold; None for any

    def __init__(
        self,
        dim: int,
        nets: Sequence[Sequential],
        optimizer: Optimizer,
        seed: int,
        draws: Sequence[str],
        average: float | None = None,
    ):
        check_decay(average)
        self.dim, self.nets, self.backend = dim, {net.name: net for net in nets}, nets[0].backend
        self.optimizer, self.optimizers = optimizer, [optimizer.bind(net) for net in nets]
        self.seed, self.steps, self.decay = seed, 0, average
        self.averages = {net.name: net.theta.copy() for net in nets} if average is not None else {}
        self.streams = {name: Stream(seed, name) for name in draws}
        self.paid: Callable[[], Array] | None = None  # asked by losses() alone: no step computes what nobody reads
        self._traces: dict[str, Trace] = {}

    def __repr__(self) -> str:
        sides = [f"{n.name}: {n.widths[0]} -> {n.widths[-1]}, {n.size:,} parameters" for n in self.nets.values()]
        return "\n".join([f"{type(self).__name__} after {self.steps:,} steps, {self.optimizers[0]!r}", *sides])

    @property
    def size(self) -> int:
        """The number of parameters."""
        return sum(net.size for net in self.nets.values())

    @property
    def settings(self) -> dict[str, Any]:
        """What type(self)(**settings) takes to be made as this one was: all but the backend, by name."""
        names = [name for name in inspect.signature(type(self)).parameters if name not in ("average", "backend")]
        return {name: getattr(self, name) for name in names} | {"average": self.decay}

    def start(self, x: Array) -> None:
        """Set what the training rows x (n, dim) alone can tell, before the first step; by default nothing."""

    def step(self, real: Array) -> None:
        for _ in self.substeps(real):
            pass

    def substeps(self, real: Array) -> Iterator[tuple[str, Array]]:
        """A step, as the GAN has them: for each network by its name a gradient, an update, and its average."""
        x = self.known(real) if self.steps == 0 else self.check(real)  # one batch tells of a scaling that is wrong
        self.gradient(x, {name: stream.at(self.steps) for name, stream in self.streams.items()})
        for name, net in self.nets.items():
            yield f"{name} gradient", net.grad
        for net, optimizer in zip(self.nets.values(), self.optimizers, strict=True):
            optimizer.step()
            yield f"{net.name} update", net.theta
        for name, kept in self.averages.items():
            blend(self.backend.xp, kept, self.nets[name].theta, newest_share(self.decay or 0, self.steps))
            yield f"{name} average", kept
        self.steps += 1

    def averaged(self) -> Any:
        """This model with the weights averaged over its steps: a copy, to be asked and sampled from."""
        if not self.averages:
            raise ValueError(f"this {type(self).__name__} keeps no average: make it with average=0.99, say")
        twin = copy.deepcopy(self)
        for name, kept in twin.averages.items():
            twin.nets[name].assign(kept)
        return twin

    def gradient(self, x: Array, rngs: Mapping[str, np.random.Generator]) -> None:
        """Write every network's grad, of the mean loss over rows x (B, dim), and set `paid`."""
        raise TypeError(f"{type(self).__name__} does not say how to learn: write its gradient method")

    def losses(self) -> dict[str, float]:
        if self.paid is None:
            raise ValueError("no step was taken yet, so there is no loss to tell")
        return {"loss": float(self.paid().mean())}

    def check(self, x: Array) -> Array:
        """The rows x (n, dim) in this backend and float type; ValueError for another shape."""
        x = self.backend.asarray(x)
        if x.ndim != 2 or x.shape[1] != self.dim or not len(x):
            raise ValueError(f"{type(self).__name__} learns rows of {self.dim} columns, not {x.shape}")
        return x

    def known(self, x: Array) -> Array:
        """The rows x as `check` has them; ValueError where a number is none that `column` knows."""
        x = self.check(x)
        if self.column is not None:
            self.column.check(x)
        return x

    def trace(self, net: Sequential, rows: int) -> Trace:
        """This network's trace for so many rows, the same one from step to step."""
        if net.name not in self._traces or self._traces[net.name].batch != rows:
            self._traces[net.name] = net.trace(rows)
        return self._traces[net.name]

    def vectors(self) -> dict[str, Array]:
        found: dict[str, Array] = {}
        for net, optimizer in zip(self.nets.values(), self.optimizers, strict=True):
            found |= {f"{net.name}.theta": net.theta, f"{net.name}.state": net.state}
            found |= {f"{net.name}.{slot}": getattr(optimizer, slot) for slot in optimizer.slots}
        return found | {f"{name}.average": kept for name, kept in self.averages.items()}

    def restore(self, steps: int, vectors: Mapping[str, Array]) -> None:
        own = self.vectors()
        check_alike(own, vectors, "model")
        for name, vector in own.items():
            vector[...] = self.backend.asarray(vectors[name])
        for net, optimizer in zip(self.nets.values(), self.optimizers, strict=True):
            net.moved()
            optimizer.steps = steps
        self.steps, self.paid = steps, None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_traces": {}, "paid": None}


class Bounded(Model):
    """A model whose p(x) = E[w] is an integral over draws that it can only sample: it can state a bound.

    Who writes one gives `log_weight(x)`, for rows x (n, dim): a function of an rng that gives log w (n,) of one
    draw a row. What is the same for all draws is computed before.
    """

    says = "bound"

    def log_weight(self, x: Array) -> Callable[[np.random.Generator], Array]:
        """rng -> log w (n,), with E[w] = p(x), for one draw a row of x (n, dim)."""
        raise TypeError(f"{type(self).__name__} has no bound: write its log_weight method")

    def bound(self, x: Array, k: int = 1, seed: int = 0) -> Array:
        """log (1/k) Σ_j w_j for each row x (n, dim): (n,) nats, in expectation below log p(x), and rising with k.

        Jensen: E log w <= log E w. The mean of k draws varies less, so the logarithm loses less (Burda, Grosse,
        Salakhutdinov 2016, eq. 8 and theorem 1). The draws of a smaller k are the first of a larger one's.
        """
        if k < 1:
            raise ValueError(f"k is {k}; a bound takes 1 draw or more")
        log_weight, draws = self.log_weight(self.known(x)), Stream(seed, "bound")
        total = log_weight(draws.at(0))
        for j in range(1, k):
            total = self.backend.xp.logaddexp(total, log_weight(draws.at(j)))
        return total - math.log(k)
