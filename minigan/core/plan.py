"""What makes a pass fast that is taken again and again: its calls prepared once, and loops for numba to compile.

`network.forward` and `network.backward` say which calls a pass is made of. A Plan makes these calls and remembers
for which arrays; where the next pass is over the same ones, it takes Dense and the elementwise layers apart, so
that nothing is looked up, checked or chosen again. With numba, what stands between two products is one compiled
loop. All of this is layers.py once more, number by number the same bits, and a test holds it to that.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from operator import is_
from typing import Any

import numpy as np

from .backend import Array, Backend
from .layers import Dense, Elementwise, LeakyReLU, ReLU, Sigmoid, Tanh

Call = Callable[[], Any]
Steps = Generator[tuple, None, Any]  # yields (function, *arguments) of each call; returns what the pass returns


class Plan:
    """The calls of a network's last pass in one direction, prepared if it comes again."""

    def __init__(self, backend: Backend, size: int):
        self.backend, self.size = backend, size  # of theta
        self.args: tuple = ()
        self.calls: list[Call] = []
        self.result: Any = None
        self.again = 0  # how often the same pass has come again

    def run(self, steps: Callable[..., Steps], *args: Any) -> Any:
        """Make the calls that steps(*args) yields, and return what it returns."""
        if len(args) != len(self.args) or not all(map(is_, args, self.args)):
            return self._as_they_come(steps, args)
        if self.again in (0, self.backend.patience):
            self.calls = prepared(self.backend, steps(*args), self.backend.compiles(self.size, self.again))
        self.again += 1
        for call in self.calls:
            call()
        return self.result

    def _as_they_come(self, steps: Callable[..., Steps], args: tuple) -> Any:
        def noted() -> Steps:
            self.result = yield from steps(*args)

        for function, *rest in noted():
            function(*rest)
        self.args, self.again = args, 0  # should a call raise, there was no such pass
        return self.result


# Methods as they stand in layers.py: whoever overrides or patches one finds his own called, as a whole.
FORWARD, BACKWARD, GRADIENT = Dense.forward, Dense.backward, Dense.gradient
VALUE, SLOPE = Elementwise.forward, Elementwise.backward


def prepared(backend: Backend, steps: Steps, loops: bool) -> list[Call]:
    """These calls, or shorter ones that do the same; loops: whether numba may compile some of them."""
    calls: list[Call] = []
    biased: tuple[Any, Any] = (None, None)  # (y, b), where the last call is the loop y += b
    for function, *args in steps:
        layer: Any = getattr(function, "__self__", None)
        method = getattr(function, "__func__", None)
        (before, b), biased = biased, (None, None)
        if backend.xp is not np or method not in (FORWARD, BACKWARD, GRADIENT, VALUE, SLOPE):
            calls.append(partial(function, *args))
        elif method is FORWARD:
            x, y, *_ = args
            calls.append(backend.multiplier(x, layer.W, y))
            if layer.bias and loops:
                calls.append(bias_call(backend, y, layer.b))
                biased = y, layer.b
            elif layer.bias:
                calls.append(partial(np.add, y, layer.b, y))
        elif method is BACKWARD:
            _, _, dy, dx, _ = args
            calls.append(backend.multiplier(dy, layer.W.T, dx))
        elif method is GRADIENT:
            x, _, dy, memo = args
            calls.append(backend.multiplier(x.T, dy, layer.dW))
            if layer.bias:
                calls.append(backend.multiplier(memo.ones, dy, layer.db))
        elif method is VALUE:
            x, y, *_ = args
            if y is before and type(layer).value is LEAKY and layer.a > 0:
                calls[-1] = bias_call(backend, y, b, layer)  # both in one loop
            else:
                calls.append(partial(layer.value, np, x, y))
        else:
            _, y, dy, dx, _ = args
            found = slope_call(backend, layer, y, dy, dx) if loops else None
            calls.append(found or partial(layer.slope, np, y, dy, dx))
    return calls


def bias_call(backend: Backend, y: Array, b: Array, leaky: LeakyReLU | None = None) -> Call:
    """y += b, and then max(y, a y) if a LeakyReLU comes with it; y (B, O) in either order."""
    by_rows = not y.flags.c_contiguous  # y.T is C's array then, with a number of b a row
    lines, loop = (y.T if by_rows else y), backend.compiled(add_bias)
    if leaky is None:
        return partial(loop, lines, b, 1.0, by_rows)
    return lambda: loop(lines, b, leaky.a, by_rows)


def slope_call(backend: Backend, layer: Elementwise, y: Array, dy: Array, dx: Array) -> Call | None:
    """dx = f'(x) dy in one loop, along the rows or columns of y; None for a layer that has no loop."""
    found = SLOPES.get(type(layer).slope)
    if found is None:
        return None
    loop, arrays = backend.compiled(found), (y, dy, dx) if y.flags.c_contiguous else (y.T, dy.T, dx.T)
    return (lambda: loop(*arrays, layer.a)) if isinstance(layer, LeakyReLU) else partial(loop, *arrays)


# ---- the loops: what numba compiles, each number as the formula in layers.py has it ---------------------------


def add_bias(y: Array, b: Array, a: float, by_rows: bool) -> None:
    """y <- max(y + b, a (y + b)), for a > 0; 1 leaves y + b."""
    low = y.dtype.type(a)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            s = y[i, j] + (b[i] if by_rows else b[j])
            y[i, j] = s if s > 0 else low * s


def leaky_slope(y: Array, dy: Array, dx: Array, a: float) -> None:
    low = y.dtype.type(a)
    up = y.dtype.type(1 - a) + low  # rounded as the formula rounds it, which need not be 1
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            dx[i, j] = (up if y[i, j] > 0 else low) * dy[i, j]


def relu_slope(y: Array, dy: Array, dx: Array) -> None:
    one, none = y.dtype.type(1), y.dtype.type(0)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            dx[i, j] = (one if y[i, j] > 0 else none) * dy[i, j]


def tanh_slope(y: Array, dy: Array, dx: Array) -> None:
    one = y.dtype.type(1)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            dx[i, j] = (one - y[i, j] * y[i, j]) * dy[i, j]


def sigmoid_slope(y: Array, dy: Array, dx: Array) -> None:
    one = y.dtype.type(1)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            dx[i, j] = y[i, j] * (one - y[i, j]) * dy[i, j]


LEAKY = LeakyReLU.value
SLOPES: dict[Callable, Callable] = {
    LeakyReLU.slope: leaky_slope,
    ReLU.slope: relu_slope,
    Tanh.slope: tanh_slope,
    Sigmoid.slope: sigmoid_slope,
}
