"""Gradient checks: does what backward says agree with what a small step does?

For y = f(x; theta) and a random upstream dy, L = <dy, y> is a number whose gradient backward must give. Along a
random unit direction u the slope <dL/dx, u> is compared with the difference (L(x + h u) - L(x - h u)) / 2h,
whose error is about h² of truncation and 1e-16 / h of rounding; and the same coordinate by coordinate. All in
float64, on copies: nothing that is checked is changed. A dy of ones would hide a backward that forgets dy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .backend import Backend
from .layers import Layer
from .network import Sequential
from .streams import Stream

SMALL = 1e-3  # gradients this far below the largest are judged by the largest: small over small says nothing


@dataclass(frozen=True)
class Probe:
    """One comparison: where, what backward says, what the difference quotient says, and their relative error."""

    where: str
    analytic: float
    numeric: float
    error: float


@dataclass(frozen=True)
class Report:
    """The probes of one check, worst first; `ok` if none is above the bound."""

    probes: tuple[Probe, ...]
    bound: float
    h: float

    @property
    def error(self) -> float:
        """The largest relative error; infinite where a probe is not a number."""
        return max(p.error for p in self.probes)

    @property
    def ok(self) -> bool:
        return self.error <= self.bound

    def __str__(self) -> str:
        lines = [f"{'where':24} {'analytic':>14} {'numeric':>14} {'rel. error':>10}  verdict"]
        for p in self.probes[:8]:
            verdict = "ok" if p.error <= self.bound else "DIFFERS"
            lines.append(f"{p.where:24} {p.analytic:14.6e} {p.numeric:14.6e} {p.error:10.1e}  {verdict}")
        verdict = "ok" if self.ok else "WRONG"
        lines.append(f"{len(self.probes)} probes, h = {self.h:g}, bound {self.bound:g}: {verdict}")
        return "\n".join(lines)


def check_gradients(
    what: Sequential | Layer,
    x: np.ndarray,
    seed: int = 0,
    h: float = 1e-5,
    bound: float = 1e-7,
    directions: int = 4,
    coordinates: int = 24,
    training: bool = False,
) -> Report:
    """Compare backward and tangent of a network, or of one layer, with central differences at x (B, in).

    Probes: random directions in x and in theta, single coordinates of both (all of them where there are fewer than
    `coordinates`), and tangent against backward through <dy, J u> = <Jᵀ dy, u>. The relative error is |a - n| /
    max(|a|, |n|, SMALL × the largest gradient). With training=True Dropout draws the same mask in every pass.
    """
    if isinstance(what, Layer):
        net = Sequential([_fresh(what)], Backend("numpy", "float64"), name="checked", width=x.shape[1])
        if hasattr(what, "xp"):  # its present weights, not new ones
            net.assign(net.backend.to_numpy(what.theta))
            net.state[...] = net.backend.to_numpy(what.state)
    else:
        net = what
    net = net.to("numpy", "float64")
    x = np.array(x, np.float64)
    rng = Stream(seed, "gradient check").at(0)  # default_rng(seed) may be where x is from: dy = x hides much
    masks = Stream(seed, "dropout in a gradient check")
    trace = net.trace(len(x))

    def forward(at: np.ndarray) -> np.ndarray:
        return net.forward(at, trace, training, masks.at(0))

    dy = rng.standard_normal(forward(x).shape)
    for room in (net.grad, *trace.prepare_backward()):
        room[...] = 1  # so that it shows where a layer leaves out a number, or adds to what was there
    dx = np.array(net.backward(dy, trace, inputs=True))
    grad = net.grad.copy()
    theta = net.theta.copy()

    def along_x(u: np.ndarray) -> float:
        return float((dy * forward(x + h * u)).sum() - (dy * forward(x - h * u)).sum()) / (2 * h)

    def along_theta(u: np.ndarray) -> float:
        ends = []
        for sign in (1, -1):
            net.assign(theta + sign * h * u)
            ends.append(float((dy * forward(x)).sum()))
        net.assign(theta)
        return (ends[0] - ends[1]) / (2 * h)

    probes: list[tuple[str, float, float, float]] = []
    sides: list[tuple[str, np.ndarray, Callable]] = [("x", dx, along_x)]
    if net.size:
        sides.append(("theta", grad, along_theta))
    for name, gradient, along in sides:
        floor = SMALL * float(np.abs(gradient).max(initial=0))
        for k in range(directions):
            u = rng.standard_normal(gradient.shape)
            u /= np.linalg.norm(u)
            probes.append((f"{name} along direction {k}", float((gradient * u).sum()), along(u), floor))
        chosen = rng.permutation(gradient.size)[:coordinates]
        for i in chosen:
            u = np.zeros(gradient.shape)
            u.flat[i] = 1
            place = tuple(map(int, np.unravel_index(i, gradient.shape)))
            probes.append((f"{name}{list(place)}", float(gradient.flat[i]), along(u), floor))
    forward(x)
    for k in range(directions):
        u = rng.standard_normal(x.shape)
        floor = SMALL * float(np.abs(dx).max(initial=0))
        probes.append((f"tangent {k}", float((dy * net.tangent(u, trace)).sum()), float((dx * u).sum()), floor))
    done = [Probe(where, a, n, _relative(a, n, floor)) for where, a, n, floor in probes]
    return Report(tuple(sorted(done, key=lambda probe: -probe.error)), bound, h)


def _fresh(layer: Layer) -> Layer:
    return type(layer)(**layer.__getstate__())


def _relative(a: float, n: float, floor: float) -> float:
    if a == n:
        return 0.0
    error = abs(a - n) / (max(abs(a), abs(n), floor) or 1.0)
    return error if error == error else float("inf")
