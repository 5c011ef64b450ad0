"""A network is a chain of layers over one vector theta; all that backpropagation remembers is in a Trace."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from .backend import Array, Backend
from .layers import Layer, widths_between
from .plan import Plan, Steps
from .streams import Stream

WIDE = 512  # from this many columns on, products are faster on arrays whose batch axis is contiguous


class StaleTraceError(RuntimeError):
    """backward was called on a trace whose network has moved since its forward."""


def check_alike(own: Mapping[str, Array], saved: Mapping[str, Array], whose: str) -> None:
    """ValueError where saved vectors have other names or shapes than one's own."""
    for name in own.keys() | saved.keys():
        here, there = (" x ".join(map(str, v[name].shape)) if name in v else "no" for v in (own, saved))
        if here != there:
            raise ValueError(f"vector {name!r} has {there} numbers there, but {here} in this {whose}")


class Trace:
    """All that one forward pass leaves for its backward pass: every layer's output and its memo.

    ys[0] is the caller's x, ys[k] (B, width k) the output of layer k, dys[k] room for the gradient with respect to
    it. The arrays are allocated once and used again by every pass of this batch size, so y and dx are views into
    the trace, good until its next pass. Two traces of one network never disturb each other.

    Who may write in place is decided here, once: layer k writes its output over its input if it can, does not read
    that input in backward, and the layer before does not read it as its output. The caller's x is never written.
    Gradients need only two arrays, each layer reading one and writing the other.
    """

    def __init__(self, network: Sequential, batch: int, groups: int = 1):
        if batch < 1 or groups < 1 or batch % groups:
            raise ValueError(f"a trace of {batch} rows in {groups} groups: both must be 1 or more, and divide")
        self.network, self.batch, self.groups = network, batch, groups
        backend, layers, widths = network.backend, network.layers, network.widths
        self.memos: list[SimpleNamespace] = [
            layer.memo(backend, batch, width, groups) for layer, width in zip(layers, widths[:-1], strict=True)
        ]
        self.ys: list[Array] = [None]
        for k, (layer, width) in enumerate(zip(layers, widths[1:], strict=True)):
            free = k > 0 and "input" not in layer.reads and "output" not in layers[k - 1].reads
            y = self.ys[k] if free and layer.in_place else self.array(width)
            self.ys.append(y)
        self.dys: list[Array] = []
        self.tangents: list[Array] = []  # room at every layer's input, which only penalties ask for
        self.onward, self.back = (Plan(backend, network.size) for _ in range(2))
        self.version = -1  # of the network, when forward filled this trace

    def array(self, width: int, flat: Array | None = None) -> Array:
        """An array (B, width) in the order that suits the network: a new one, or the head of this flat one."""
        flat = self.network.backend.empty(self.batch * width) if flat is None else flat[: self.batch * width]
        if max(self.network.widths) >= WIDE:
            return flat.reshape(width, self.batch).T
        return flat.reshape(self.batch, width)

    def prepare_backward(self) -> list[Array]:
        """The arrays dys, allocated when first asked for: evaluation needs none."""
        if not self.dys:
            flats = [self.network.backend.empty(self.batch * max(self.network.widths)) for _ in range(2)]
            self.dys = [self.array(width, flats[k % 2]) for k, width in enumerate(self.network.widths)]
        return self.dys

    @property
    def x(self) -> Array:
        """The input of the last forward."""
        return self.ys[0]

    @property
    def y(self) -> Array:
        """The output of the last forward."""
        return self.ys[-1]


class Sequential:
    """y = f_n(... f_2(f_1(x))), with all parameters in one vector `theta` and their gradient in one vector `grad`.

    Each layer's W, b, ... are views of theta, cut when all shapes are known, so an optimiser step, a checkpoint or
    a running average is a line over one vector. `state` is a third vector: what is neither parameter nor
    activation (BatchNorm's running statistics). Starting weights are drawn from the stream (seed, "weights", name,
    layer), so two networks of equal shape differ if their names do.

    width is the input's number of columns, needed only where no layer says it. Raises ValueError where the widths
    of neighbouring layers do not fit.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        backend: str | Backend = "numpy",
        seed: int = 0,
        name: str = "net",
        width: int | None = None,
    ):
        self.layers, self.name, self.seed = list(layers), name, seed
        self.backend = backend if isinstance(backend, Backend) else Backend(backend)
        self.widths = widths_between(self.layers, name, width)
        self.version = 0
        self._bind()
        for k, layer in enumerate(self.layers):
            layer.initialise(Stream(seed, "weights", name, k).at(0))

    def _bind(self) -> None:
        """Allocate the flat vectors and let every layer cut its views; whoever replaces a vector comes here."""
        zeros = self.backend.zeros
        self.size = sum(layer.size for layer in self.layers)
        self.theta, self.grad = zeros(self.size), zeros(self.size)
        self.state = zeros(sum(layer.state_size for layer in self.layers))
        i = s = 0
        for layer in self.layers:
            j, t = i + layer.size, s + layer.state_size
            layer.bind(self.backend, self.theta[i:j], self.grad[i:j], self.state[s:t])
            i, s = j, t

    def __getstate__(self) -> dict:
        kept = {k: v for k, v in self.__dict__.items() if k not in ("theta", "grad", "state")}
        return kept | {"vectors": [self.backend.to_numpy(v).copy() for v in (self.theta, self.grad, self.state)]}

    def __setstate__(self, kept: dict) -> None:
        theta, grad, state = kept.pop("vectors")
        self.__dict__.update(kept)
        self._bind()
        for own, saved in ((self.theta, theta), (self.grad, grad), (self.state, state)):
            own[...] = self.backend.asarray(saved)

    @property
    def random(self) -> bool:
        """Whether a training forward draws random numbers."""
        return any(layer.random for layer in self.layers)

    def summary(self) -> str:
        """A table: layer, shapes and number of parameters."""
        rows = [("layer", "shape of y", "parameters")]
        for layer, width in zip(self.layers, self.widths[1:], strict=True):
            rows.append((repr(layer), f"(B, {width})", f"{layer.size:,}"))
        rows.append((f"{self.name}: (B, {self.widths[0]}) -> (B, {self.widths[-1]})", "", f"{self.size:,}"))
        a, b, c = (max(map(len, column)) for column in zip(*rows, strict=True))
        return "\n".join(f"{p:{a}}  {q:{b}}  {r:>{c}}" for p, q, r in rows)

    __repr__ = summary

    def trace(self, batch: int, groups: int = 1) -> Trace:
        """A new Trace for batches of this many rows; groups: how many equal parts of it BatchNorm keeps apart."""
        return Trace(self, batch, groups)

    def forward(
        self, x: Array, trace: Trace, training: bool = False, rng: np.random.Generator | None = None
    ) -> Array:
        """y (B, out) for x (B, in), leaving in the trace what backward will need; y is a view into the trace.

        training switches Dropout and BatchNorm to their training forms; rng is Dropout's source.
        """
        trace.ys[0] = x = self.check(x, trace, self.widths[0], "x")
        trace.version = -1  # should a layer raise, what it leaves behind is nobody's activations
        y = trace.onward.run(self._forward, x, trace, training, rng)
        trace.version = self.version
        return y

    def _forward(self, x: Array, trace: Trace, training: bool, rng: np.random.Generator | None) -> Steps:
        for layer, y, memo in zip(self.layers, trace.ys[1:], trace.memos, strict=True):
            yield layer.forward, x, y, memo, training, rng
            x = y
        return x

    def backward(
        self,
        dy: Array,
        trace: Trace,
        params: bool = True,
        inputs: bool | slice = False,
        row_weights: Array | None = None,
    ) -> Array:
        """Pull dy = dL/dy (B, out) back through the trace's pass: to `grad` if params, to dL/dx (B, in) if inputs.

        grad is assigned, never added to. inputs may be a slice of rows, where only their dL/dx is wanted.
        row_weights (B, 1) multiply each row's share in grad, after dL/dx is taken without them: so one pass can
        serve two losses whose dy differ by a factor a row. dy is not changed; dL/dx is a view into the trace.
        Without inputs it returns None. Raises StaleTraceError if theta has moved since the trace's forward.
        """
        self.check_fresh(trace)
        dy = self.check(dy, trace, self.widths[-1], "dy")
        if row_weights is not None:
            row_weights = self.check(row_weights, trace, 1, "row_weights")
        return trace.back.run(self._backward, trace.x, dy, trace, params, inputs, row_weights)

    def _backward(
        self, x: Array, dy: Array, trace: Trace, params: bool, inputs: bool | slice, row_weights: Array | None
    ) -> Steps:
        ys, dys = trace.ys, trace.dys or trace.prepare_backward()
        for k in range(len(self.layers) - 1, -1, -1):
            layer, x, y, memo, dx = self.layers[k], ys[k], ys[k + 1], trace.memos[k], dys[k]
            if k > 0 or inputs is True:
                yield layer.backward, x, y, dy, dx, memo
            elif inputs is not False:
                rows = inputs if layer.sliceable else slice(None)
                yield layer.backward, x[rows], y[rows], dy[rows], dx[rows], memo
            if params and layer.size:
                if row_weights is not None:  # in place, but for the caller's dy
                    yield self.backend.xp.multiply, dy, row_weights, dys[k + 1]
                    dy = dys[k + 1]
                yield layer.gradient, x, y, dy, memo
            dy = dx
        if inputs is False:
            return None
        return dy if inputs is True else dy[inputs]

    def tangent(self, dx: Array, trace: Trace) -> Array:
        """dy (B, out) = (dy/dx) dx, the directional derivative at the trace's x along dx (B, in); a view into it.

        Each row has a direction of its own. Raises StaleTraceError as backward does.
        """
        self.check_fresh(trace)
        dx = self.check(dx, trace, self.widths[0], "dx")
        ys, dys = trace.ys, trace.dys or trace.prepare_backward()
        for k, layer in enumerate(self.layers):
            layer.tangent(ys[k], ys[k + 1], dx, dys[k + 1], trace.memos[k])
            dx = dys[k + 1]
        return dx

    def absorb(self, trace: Trace) -> None:
        """Move `state` by what the trace's last training forward saw: once a step, not at every forward."""
        self._check_owner(trace)
        for layer, memo in zip(self.layers, trace.memos, strict=True):
            layer.absorb(memo)

    def __call__(self, x: Array) -> Array:
        """y (B, out) for x (B, in) in evaluation: a fresh array, with no trace to keep."""
        x = self.backend.asarray(x)
        if x.ndim != 2 or x.shape[1] != self.widths[0]:
            raise ValueError(f"network {self.name!r} wants x of shape (B, {self.widths[0]}), not {x.shape}")
        return self.forward(x, self.trace(len(x))).copy() if len(x) else self.backend.empty(0, self.widths[-1])

    def _check_owner(self, trace: Trace) -> None:
        if trace.network is not self:
            raise ValueError(
                f"this trace belongs to another network ({trace.network.name!r}): use {self.name}.trace(batch)"
            )

    def check_fresh(self, trace: Trace) -> None:
        if trace.version != self.version:
            raise StaleTraceError(
                f"network {self.name!r} has moved since this trace was filled, so its activations belong to "
                f"other weights: call {self.name}.forward(x, trace) again"
            )

    def check(self, a: Array, trace: Trace, width: int, what: str) -> Array:
        """a as this backend's array, cast once at the door; a wrong shape or a strange trace raises."""
        self._check_owner(trace)
        if type(a) is not self.backend.xp.ndarray or a.dtype != self.backend.dtype:
            a = self.backend.asarray(a)
        if a.shape != (trace.batch, width):
            raise ValueError(
                f"network {self.name!r} wants {what} of shape ({trace.batch}, {width}) "
                f"with this trace, not {a.shape}"
            )
        return a

    def moved(self) -> None:
        """Say that theta has changed, so that older traces are stale; whoever writes into theta calls it."""
        self.version += 1

    def assign(self, vector: Array) -> None:
        """Set theta to this vector."""
        vector = self.backend.asarray(vector)
        if vector.shape != self.theta.shape:
            raise ValueError(f"network {self.name!r} has {self.size} parameters, the vector {vector.shape}")
        self.theta[...] = vector
        self.moved()

    def copy(self) -> Sequential:
        """Another network with the same layers, theta and state, and vectors of its own."""
        return copy.deepcopy(self)

    __copy__ = copy  # a shallow copy would take the layers, and so their views, away from this network

    def to(self, backend: str | Backend, dtype: str | None = None) -> Sequential:
        """A copy on another backend, or in another float type."""
        if isinstance(backend, str):
            backend = Backend(backend, dtype or self.backend.dtype.name)
        elif dtype is not None:
            backend = Backend(backend.name, dtype)
        twin: Any = object.__new__(type(self))
        twin.__setstate__(copy.deepcopy(self.__getstate__()) | {"backend": backend})
        return twin
