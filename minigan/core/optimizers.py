"""Optimisers: a rule that moves one vector theta along one vector grad, and schedules for its rate.

An optimiser is a recipe until `bind(net)` makes a copy of it that owns its running averages, one vector each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from .backend import Array
from .network import Sequential

Rate = float | Callable[[int], float]  # a number, or a function of the step, which counts from 0


@dataclass(frozen=True)
class HoldThenCosine:
    """rate for the first `hold` share of `steps`, then half a cosine down to 0 at `steps`."""

    rate: float
    steps: int
    hold: float = 0.5

    def __call__(self, step: int) -> float:
        held = self.hold * self.steps
        falling = 1.0 if step >= self.steps else max(0.0, step - held) / max(1.0, self.steps - held)
        return self.rate * (1 + math.cos(math.pi * falling)) / 2


@dataclass(frozen=True)
class Exponential:
    """rate × decay^step, but never below `floor`."""

    rate: float
    decay: float
    floor: float = 0.0

    def __call__(self, step: int) -> float:
        return max(self.floor, self.rate * self.decay**step)


@dataclass(frozen=True)
class Linear:
    """rate at step 0, along a line to `final` at the `until` share of `steps`; for instance noise or momentum."""

    rate: float
    steps: int
    until: float = 1.0
    final: float = 0.0

    def __call__(self, step: int) -> float:
        left = max(0.0, 1 - step / max(1.0, self.until * self.steps))
        return self.final + (self.rate - self.final) * left


def at_step(rate: Rate, step: int) -> float:
    """The value of a number, or of a function of the step."""
    return rate(step) if callable(rate) else rate


def check_decay(average: float | None) -> None:
    """ValueError for what is no decay of weights averaged over time."""
    if average is not None and not 0 <= average < 1:
        raise ValueError(f"average is {average!r}; it must be a decay in [0, 1), or None")


def newest_share(decay: float, step: int) -> float:
    """How much of the average the weights after this step, from 0, are: 1 - decay, and more in the beginning."""
    return 1 - min(decay, (step + 1) / (step + 11))


def blend(xp: Any, average: Array, theta: Array, share: float) -> None:
    """average <- average + share (theta - average), elementwise and in place."""
    step = theta - average
    step *= share
    average += step


@dataclass(eq=False)
class Optimizer:
    """What all optimisers share: binding, counting steps, and the vectors named in `slots`."""

    learning_rate: Rate

    slots: ClassVar[tuple[str, ...]] = ()
    loop: ClassVar[Callable | None] = None  # the formula once more, element by element, for numba to compile

    def __post_init__(self) -> None:
        self.net: Any = None  # until bound
        self.steps = 0
        self._update: Any = None

    def bind(self, net: Sequential) -> Any:
        """A copy of this optimiser that moves this network, its slots at 0."""
        bound: Any = object.__new__(type(self))
        vars(bound).update(vars(self), net=net, steps=0)
        for slot in self.slots:
            setattr(bound, slot, net.backend.zeros(net.size))
        bound._make_ready()
        return bound

    def _make_ready(self) -> None:
        own = next(vars(kind) for kind in type(self).__mro__ if "formula" in vars(kind))
        loop = self.loop if "loop" in own else None  # one that is inherited is not that of a formula of one's own
        self._update = self.net.backend.kernel(self.formula, self.net.size, loop)

    def step(self) -> None:
        """Move the network's theta once, by the gradient that its last backward left."""
        if self.net is None:
            raise ValueError(f"{self} moves no network yet: {type(self).__name__}(...).bind(net) does")
        rate = at_step(self.learning_rate, self.steps)
        self.steps += 1
        vectors = (getattr(self, slot) for slot in self.slots)
        self._update(self.net.theta, self.net.grad, *vectors, *self.scalars(rate))
        self.net.moved()

    def scalars(self, rate: float) -> tuple[float, ...]:
        """The numbers that this step's formula needs; self.steps counts this step already."""
        return (rate,)

    @staticmethod
    def formula(xp: Any, theta: Array, grad: Array, *rest: Any) -> None:
        """The update, elementwise and in place."""
        raise TypeError("an optimiser needs a formula")

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_update": None}  # a kernel is made anew, not copied

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        if self.net is not None:
            self._make_ready()


@dataclass(eq=False)
class SGD(Optimizer):
    """theta <- theta - rate grad."""

    learning_rate: Rate = 0.1

    @staticmethod
    def formula(xp: Any, theta: Array, grad: Array, rate: float) -> None:
        theta -= rate * grad


@dataclass(eq=False)
class Momentum(Optimizer):
    """v <- momentum v - rate grad, theta <- theta + v (Goodfellow, Bengio, Courville 2016, eqs. 8.15 and 8.16).

    momentum is a number or a function of the step. At a constant rate this is PyTorch's form; where the rate
    falls, PyTorch's slows what is already rolling and this one does not.
    """

    learning_rate: Rate = 0.1
    momentum: Rate = 0.9

    slots = ("v",)

    def scalars(self, rate: float) -> tuple[float, ...]:
        return rate, at_step(self.momentum, self.steps - 1)

    @staticmethod
    def formula(xp: Any, theta: Array, grad: Array, v: Array, rate: float, momentum: float) -> None:
        v *= momentum
        v -= rate * grad
        theta += v


@dataclass(eq=False)
class Adam(Optimizer):
    """theta <- theta - rate m̂ / (sqrt(v̂) + epsilon), with m̂, v̂ the averages of grad and grad², unbiased.

    m̂ = (1 - b1) Σ b1^(t-i) grad_i / (1 - b1^t), and v̂ likewise with b2 and grad². Here m and v hold the bare
    sums Σ b^(t-i) (...)_i, which saves two passes over theta; all else goes into two numbers a step. Kingma and
    Ba 2015, Algorithm 1.
    """

    learning_rate: Rate = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    slots = ("m", "v")

    def scalars(self, rate: float) -> tuple[float, ...]:
        t = self.steps
        c1 = (1 - self.beta1) / (1 - self.beta1**t)  # m̂ = c1 m
        c2 = math.sqrt((1 - self.beta2) / (1 - self.beta2**t))  # sqrt(v̂) = c2 sqrt(v)
        return rate * c1 / c2, self.epsilon / c2, self.beta1, self.beta2

    @staticmethod
    def formula(
        xp: Any, theta: Array, grad: Array, m: Array, v: Array, rate: float, epsilon: float, b1: float, b2: float
    ) -> None:
        m *= b1
        m += grad
        v *= b2
        t = grad * grad
        v += t
        xp.sqrt(v, out=t)
        t += epsilon
        xp.divide(m, t, out=t)
        t *= rate
        theta -= t

    @staticmethod
    def loop(
        theta: Array, grad: Array, m: Array, v: Array, rate: float, epsilon: float, b1: float, b2: float
    ) -> None:
        number = theta.dtype.type
        r, e, c1, c2 = number(rate), number(epsilon), number(b1), number(b2)
        for i in range(len(theta)):
            m[i] = m[i] * c1 + grad[i]
            v[i] = v[i] * c2 + grad[i] * grad[i]
            theta[i] -= m[i] / (math.sqrt(v[i]) + e) * r
