"""Penalties on D's slope, and the second derivative that they need: to be read last, once the rest is clear.

D may be right and yet no help: where its logit s rises like a cliff between real samples and fakes, G hears too
much, or nothing. So D is made to pay for its steepness |∇ₓs| as well. That payment's gradient by theta is a
derivative of a derivative, and `tangent_gradient` takes it without a tape: forwards through the network for the
first one, and backwards for the second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, ClassVar, Protocol

from .backend import Array, namespace
from .layers import Dense, Elementwise, Layer, Sigmoid, Softplus, Tanh
from .network import Sequential, Trace
from .streams import fill_uniform


class Penalty(Protocol):
    """What D pays at a point x where its logit has the steepness n = |∇ₓs|, elementwise for n (rows, 1).

    between says where it is asked: at real samples, or at random points between real samples and fakes.
    """

    between: ClassVar[bool]

    def loss(self, n: Array) -> Array:
        """The payment: n (rows, 1) -> (rows, 1)."""
        ...

    def factor(self, n: Array) -> Array:
        """loss'(n) / n: n (rows, 1) -> (rows, 1). The payment's gradient by ∇ₓs is then factor(n) ∇ₓs."""
        ...


@dataclass(frozen=True)
class R1:
    """(gamma / 2) E|∇ₓs|² over real samples: D is to be flat where the data are. Mescheder et al. 2018, eq. 9."""

    gamma: float
    between: ClassVar[bool] = False

    def loss(self, n: Array) -> Array:
        return self.gamma / 2 * n * n

    def factor(self, n: Array) -> Array:
        return namespace(n).full_like(n, self.gamma)


@dataclass(frozen=True)
class GradientPenalty:
    """weight E(|∇ₓs| - 1)², evenly along lines from real samples to fakes. Gulrajani et al. 2017, eq. 3."""

    weight: float = 10.0
    between: ClassVar[bool] = True

    def loss(self, n: Array) -> Array:
        return self.weight * (n - 1) ** 2

    def factor(self, n: Array) -> Array:
        xp = namespace(n)  # below the root of the least number |∇ₓs|² is lost, and n: the pull fades out there
        return 2 * self.weight * (1 - 1 / xp.maximum(n, math.sqrt(xp.finfo(n.dtype).tiny)))


# ---- the second derivative of each layer: what its tangent (df/dx) t depends on -------------------------------
#
# A layer of your own registers what it has: @curvature.register for an elementwise one, else the other two. One
# that is piecewise linear needs nothing for x, and one without parameters nothing for theta.


@singledispatch
def curvature(layer: Layer, xp: Any, y: Array) -> Array:
    """f''(x) / f'(x) of an elementwise layer, told from y = f(x)."""
    raise TypeError(
        f"{type(layer).__name__} has no second derivative: register its curvature in core/penalties.py"
    )


@curvature.register
def _(layer: Sigmoid, xp: Any, y: Array) -> Array:
    return 1 - 2 * y


@curvature.register
def _(layer: Tanh, xp: Any, y: Array) -> Array:
    return -2 * y


@curvature.register
def _(layer: Softplus, xp: Any, y: Array) -> Array:
    return xp.exp(-y)


@singledispatch
def by_input(layer: Layer, x: Array, y: Array, t: Array, q: Array, out: Array, memo: Any) -> None:
    """Write out (B, in) = the derivative by x of <q, (df/dx) t>, t (B, in) and q (B, out) held fixed."""
    raise TypeError(f"{type(layer).__name__} has no second derivative: register by_input in core/penalties.py")


@by_input.register
def _(layer: Elementwise, x: Array, y: Array, t: Array, q: Array, out: Array, memo: Any) -> None:
    layer.backward(x, y, q, out, memo)  # f' q
    out *= curvature(layer, layer.xp, y)
    out *= t


@singledispatch
def by_theta(layer: Layer, x: Array, y: Array, t: Array, q: Array, memo: Any) -> None:
    """Write layer.grad = the derivative by theta of <q, (df/dx) t>."""
    raise TypeError(f"{type(layer).__name__} has no second derivative: register by_theta in core/penalties.py")


@by_theta.register
def _(layer: Dense, x: Array, y: Array, t: Array, q: Array, memo: Any) -> None:
    layer.product(t.T, q, layer.dW)  # the tangent t W is a dense layer of t, without a bias
    layer.db[...] = 0


def is_twice(layer: Layer) -> bool:
    """Whether `tangent_gradient` can go through this layer."""
    asked = curvature if isinstance(layer, Elementwise) else by_input
    known = (asked.dispatch(type(layer)) is not asked.dispatch(object)) or layer.piecewise_linear
    moves = layer.size == 0 or by_theta.dispatch(type(layer)) is not by_theta.dispatch(object)
    return known and moves and not layer.couples_rows


# ---- and of a network -----------------------------------------------------------------------------------------


def tangent_gradient(net: Sequential, dx: Array, dy: Array, trace: Trace, inputs: bool = False) -> Array:
    """Write to net.grad the derivative by theta of <dy, net.tangent(dx)>; dx (B, in), dy (B, out) are held fixed.

    Layer k makes y' = f(y) and t' = (df/dy) t of the y and t before it. Let p and q be how the number depends on
    y and t: both go back through the layer, and p takes along how the layer's derivative moves with y,

        q = (df/dy)ᵀ q',    p = (df/dy)ᵀ p' + d<q', (df/dy) t>/dy

    from q' = dy, p' = 0 at the end. In a chain of piecewise linear layers p stays 0. With g = ∇ₓs, the gradient by
    theta of ½|g|² is tangent_gradient(net, g, 1), which is all that R1 needs. With inputs it returns the
    derivative by x (B, in). Raises StaleTraceError as backward does, and TypeError for a layer that has no second
    derivative.
    """
    net.check_fresh(trace)
    dx, q = net.check(dx, trace, net.widths[0], "dx"), net.check(dy, trace, net.widths[-1], "dy")
    xp, ys, dys = net.backend.xp, trace.ys, trace.dys or trace.prepare_backward()
    ts = trace.tangents = trace.tangents or [trace.array(width) for width in net.widths[:-1]]
    ts[0][...] = dx
    for k, layer in enumerate(net.layers[:-1]):
        layer.tangent(ys[k], ys[k + 1], ts[k], ts[k + 1], trace.memos[k])
    p, end = None, net.size
    for k in range(len(net.layers) - 1, -1, -1):
        layer, x, y, memo = net.layers[k], ys[k], ys[k + 1], trace.memos[k]
        own = net.grad[end - layer.size : end]
        end -= layer.size
        if layer.size:
            by_theta(layer, x, y, ts[k], q, memo)
            if p is not None:
                by_tangent = own.copy()
                layer.gradient(x, y, p, memo)
                own += by_tangent
        if k == 0 and not inputs:
            return None
        if p is not None:
            pulled = xp.empty_like(dys[k])
            layer.backward(x, y, p, pulled, memo)
            p = pulled
        if not layer.piecewise_linear or layer.couples_rows:
            bent = xp.empty_like(dys[k])
            by_input(layer, x, y, ts[k], q, bent, memo)
            p = bent if p is None else xp.add(p, bent, out=p)
        layer.backward(x, y, q, dys[k], memo)
        q = dys[k]
    return xp.zeros_like(dys[0]) if p is None else p


class Steepness:
    """A penalty at work on one D and one batch size: its arrays, allocated once. n (rows, 1) is |∇ₓs|, row by row.

    rows is how many points are asked about, share the weight of each in the mean.
    """

    def __init__(self, penalty: Penalty, D: Sequential, rows: int, share: float):
        backend, width = D.backend, D.widths[0]
        self.penalty, self.D, self.trace, self.n = penalty, D, D.trace(rows), backend.empty(rows, 1)
        self.points, self.mix = backend.empty(rows, width), backend.empty(rows, 1)
        self.ones, self.shares, self.kept = backend.ones(rows, 1), backend.ones(rows, 1), backend.empty(D.size)
        self.shares *= share

    def add_gradient(self, real: Array, fake: Array, rngs: dict[str, Any]) -> Array:
        """Add the penalty's gradient to D's, and give n; real and fake (rows, width) are what D has judged.

        With g = ∇ₓs a row, it is the mean over rows of d loss(|g|)/dg · dg/dtheta, and the first factor is
        factor(|g|) g, a direction for the derivative that `tangent_gradient` takes.
        """
        D, trace = self.D, self.trace
        self.points[...] = real
        if self.penalty.between:
            mix = fill_uniform(self.mix, rngs["penalty"])
            self.points += mix * (fake - self.points)
        D.forward(self.points, trace, training=True, rng=rngs.get("dropout in D"))
        g = D.backward(self.ones, trace, params=False, inputs=True)
        self.n[...] = D.backend.xp.sqrt((g * g).sum(axis=1, keepdims=True))
        g *= self.penalty.factor(self.n)
        self.kept[...] = D.grad
        tangent_gradient(D, g, self.shares, trace)
        D.grad += self.kept
        return self.n

    def loss(self) -> Array:
        """The mean payment over these rows, at the points last asked about."""
        return self.penalty.loss(self.n).mean()
