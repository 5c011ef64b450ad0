"""What makes a pass fast that is taken again and again: its calls prepared once, or made rows of a table.

`network.forward` and `network.backward` say which calls a pass is made of. A Plan makes these calls and remembers
for which arrays; where the next pass is over the same ones, it takes Dense and the elementwise layers apart, so
that nothing is looked up, checked or chosen again. With numba, table.py walks what is known in one compiled loop.
All of this is layers.py once more, number by number the same bits, and a test holds it to that.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from operator import is_
from typing import Any

import numpy as np

from .backend import Backend
from .layers import Dense, Elementwise

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
    """These calls, or fewer that do the same; loops: whether numba may compile some of them."""
    parts = (part for function, *args in steps for part in taken_apart(backend, function, *args))
    if loops:
        from .table import tabled  # which needs numba

        return tabled(backend, parts, as_call)
    return [as_call(backend, *part) for part in parts]


def taken_apart(backend: Backend, function: Callable, *args: Any) -> Steps:
    """The operations that one call is made of, by name, each with its arrays; a method not known here is one."""
    layer: Any = getattr(function, "__self__", None)
    method = getattr(function, "__func__", function)
    if backend.xp is not np:  # a GPU's calls wait for nobody
        yield "call", function, *args
    elif method is FORWARD:
        x, y, *_ = args
        yield "product", x, layer.W, y
        if layer.bias:
            yield "add", y, layer.b
    elif method is BACKWARD:
        _, _, dy, dx, _ = args
        yield "product", dy, layer.W.T, dx
    elif method is GRADIENT:
        x, _, dy, memo = args
        yield "product", x.T, dy, layer.dW
        if layer.bias:
            yield "product", memo.ones, dy, layer.db
    elif method is VALUE:
        x, y, *_ = args
        yield "value", layer, x, y
    elif method is SLOPE:
        _, y, dy, dx, _ = args
        yield "slope", layer, y, dy, dx
    elif method is np.multiply:
        yield "weigh", *args
    else:
        yield "call", function, *args


def as_call(backend: Backend, operation: str, *args: Any) -> Call:
    """One operation as a call from Python."""
    if operation == "product":
        return backend.multiplier(*args)
    if operation == "add":
        y, b = args
        return partial(np.add, y, b, y)
    if operation == "weigh":
        return partial(np.multiply, *args)
    function, *rest = args
    if operation == "call":
        return partial(function, *rest)
    return partial(getattr(function, operation), np, *rest)  # a layer's value or slope
