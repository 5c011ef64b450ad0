"""Gradient checks: does what backward says agree with what a small step does?

For y = f(v) and a random upstream dy, L = <dy, y> is a number, whose gradient g = Jᵀ dy backward must give. <g, u>
is compared with the central difference q(h) = (L(v + h u) - L(v - h u)) / 2h, along random directions u and along
single coordinates, in float64 and on copies: nothing that is checked is changed. A dy of ones would hide a
backward that forgets dy.

The difference errs by truncation, c h² with c = |L'''| / 6, and by rounding, r / h with r near 1e-16 |dy y|. Their
sum is least at h = (r / 2c)^(1/3) (Press et al. 2007, section 5.7). Every probe measures its own c, by steps of
PILOT and of twice that, and takes that h; backward has no say in it. `report.figure()` draws the V of both errors.
Where q(h) is too coarse to agree, (4 q(h/2) - q(h)) / 3, which errs by h⁴ (Richardson 1911), decides with longer
steps, that is with less rounding.

Across a kink no difference is a slope. A layer with kinks says on which piece of f each number is (its `branch`),
so a step across one is seen and named. It is then taken on the other side alone, as
(4 L(v + h u) - L(v + 2h u) - 3 L(v)) / 2h, whose error is of order h² too; where kinks lie on both sides of even a
shorter step, the probe is marked "kink" and says neither right nor wrong.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core.backend import Backend
from ..core.gan import GAN
from ..core.layers import Layer
from ..core.network import Sequential, Trace
from ..core.objectives import Objective
from ..core.optimizers import SGD
from ..core.penalties import is_twice, tangent_gradient
from ..core.streams import Stream

SMALL = 1e-3  # gradients this far below the largest are judged by the largest: small over small says nothing
PILOT, SHORTEST = 1e-4, 1e-7  # steps of q: the longest, which also measures c, and the shortest
PARTS = "real", "fake", "generator"  # of an Objective
CURVE = 10.0 ** -np.arange(0, 12.1, 0.25)  # the steps of the figure

Pair = tuple[Callable[[np.ndarray], Any], Callable[[np.ndarray, np.ndarray], Any]]


@dataclass(frozen=True)
class Probe:
    """One comparison: where, what backward says, what the difference of step h says, and their relative error.

    verdict is "ok", "DIFFERS", or "kink" where no difference could tell; kinks names those within the step.
    """

    where: str
    analytic: float
    numeric: float
    error: float
    verdict: str = "ok"
    h: float = 0.0
    kinks: tuple[str, ...] = ()

    def __str__(self) -> str:
        line = f"{self.where:26} {self.analytic:14.6e} {self.numeric:14.6e} {self.error:10.1e} {self.h:8.1e}"
        others = f" and {len(self.kinks) - 1} more" if len(self.kinks) > 1 else ""
        return f"{line}  {self.verdict}" + (f", within h: {self.kinks[0]}{others}" if self.kinks else "")


@dataclass(frozen=True)
class Report:
    """The probes of one check, worst first, and the promises that layers break (`faults`); it prints as a table.

    curve(dtype) measures (h, the largest error of all random directions) again, in "float64" or "float32".
    """

    probes: tuple[Probe, ...]
    bound: float
    faults: tuple[str, ...] = ()
    curve: Callable[[str], tuple[np.ndarray, np.ndarray]] | None = field(default=None, repr=False)

    @property
    def error(self) -> float:
        """The largest relative error where a difference could tell; infinite where a probe is not a number."""
        return max((p.error for p in self.probes if p.verdict != "kink"), default=float("inf"))

    @property
    def ok(self) -> bool:
        return self.error <= self.bound and not self.faults

    @property
    def h(self) -> tuple[float, float]:
        """The shortest and the longest step that was chosen."""
        steps = [p.h for p in self.probes if p.h] or [0.0]
        return min(steps), max(steps)

    def __str__(self) -> str:
        head = f"{'where':26} {'analytic':>14} {'numeric':>14} {'rel. error':>10} {'h':>8}  verdict"
        kinks = sum(bool(p.kinks) for p in self.probes)
        steps = "h from {:.1e} to {:.1e}".format(*self.h)
        count = f"{len(self.probes)} probes" + (f", {kinks} of them with a kink within h" if kinks else "")
        last = f"{count}; {steps}; worst {self.error:.1e}, bound {self.bound:g}: {'ok' if self.ok else 'WRONG'}"
        return "\n".join([head, *map(str, self.probes[:8]), *self.faults, last])

    def figure(self) -> Any:
        """The error against h in both float types, as a matplotlib Figure."""
        from .figures import gradient_error_figure

        if self.curve is None:
            raise ValueError("this report has no curve to draw; one that check_gradients makes has")
        return gradient_error_figure(self.curve, self.h, self.bound)


def check_gradients(
    what: Sequential | Layer | GAN | Objective | Pair,
    x: Any,
    seed: int = 0,
    h: float | None = None,
    bound: float = 1e-7,
    directions: int = 4,
    coordinates: int = 24,
    training: bool = False,
) -> Report:
    """Compare what backward says at x with central differences. What can be checked:

    a network or a layer, at x (B, in): dx, dtheta, and tangent, by <dy, J u> = <Jᵀ dy, u>; and tangent_gradient,
        where every layer has a second derivative. With training=True Dropout draws the same mask in every pass.
        A layer that no network holds yet is nudged off its starting
        values, where a gamma of 1 or a bias of 0 would hide faults;
    a GAN, at real samples x: the gradients of D's loss, and of G's through D, that its next step would use, both
        at its present point, with the same z, masks and noise in every pass;
    an objective, at logits x of any shape: each slope against its loss;
    two functions f(x) -> y and df(x, dy) -> dx, at x of any shape.

    Of the coordinates all are probed, or so many at random. h is chosen for each probe unless it is given. Errors
    are |a - n| / max(|a|, |n|, SMALL × the largest gradient). Layers must also keep what they promise in
    `couples_rows`, `reads` and `in_place`. Raises TypeError for what has no gradient.
    """
    sides, nets = _open(what, x, seed, training, "float64")
    rng = Stream(seed, "directions of a gradient check").at(0)
    faults = [fault for net in nets for k in range(len(net.layers)) for fault in _broken_promises(net, k)]
    probes: list[Probe] = []
    drawn: list[tuple[int, np.ndarray]] = []
    for k, side in enumerate(sides):
        found: list[Probe] = []
        for j in range(directions):
            u = rng.standard_normal(side.v.shape)
            u /= np.linalg.norm(u)
            drawn.append((k, u))
            found.append(side.probe(f"{side.name} along direction {j}", u, h, bound))
        for i in rng.permutation(side.v.size)[:coordinates].tolist():
            u = np.zeros(side.v.shape)
            u.flat[i] = 1
            found.append(side.probe(side.place(i), u, h, bound))
        if all(p.verdict == "kink" for p in found):
            faults.append(f"{side.name}: every probe met a kink, so nothing is known here; check at another x")
        for j in range(directions if side.tangent else 0):
            u = rng.standard_normal(side.v.shape)
            found.append(side.compare(f"tangent {j}", side.tangent(u), side.claim(u), bound))
        probes += found

    def curve(dtype: str) -> tuple[np.ndarray, np.ndarray]:
        """(h, the largest error of all random directions) of central differences in this float type."""
        again, _ = _open(what, x, seed, training, dtype)
        errors = [
            max(sides[k].compare("", sides[k].claim(u), again[k].slope(u, h), bound).error for k, u in drawn)
            for h in CURVE
        ]
        return CURVE, np.array(errors)

    probes.sort(key=lambda p: (p.verdict != "DIFFERS", -p.error))
    return Report(tuple(probes), bound, tuple(faults), curve)


# ---- one probe -------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Side:
    """One vector v that L = <dy, values(v)> depends on, and the gradient that backward claims.

    values leaves in `seen` the branch that each number took, layer by layer. net is given where v is its theta.
    """

    name: str
    v: np.ndarray
    values: Callable[[np.ndarray], np.ndarray]
    dy: Any
    gradient: np.ndarray
    seen: list[tuple[str, np.ndarray]] = field(default_factory=list)
    net: Sequential | None = None
    tangent: Any = None  # u -> <dy, J u>

    def __post_init__(self) -> None:
        self.floor = SMALL * float(np.abs(self.gradient).max(initial=0))
        self.y = self.at(self.v).copy()
        self.branches = list(self.seen)
        self.rounding = float(np.finfo(float).eps * np.linalg.norm(self.dy * self.y))

    def place(self, i: int) -> str:
        """The name of coordinate i."""
        if self.net is None:
            return f"{self.name}{list(map(int, np.unravel_index(i, self.v.shape)))}"
        k = int(np.searchsorted(np.cumsum([layer.size for layer in self.net.layers]), i, side="right"))
        return f"{self.name}[{i}] of {k} {type(self.net.layers[k]).__name__}"

    def at(self, v: np.ndarray) -> np.ndarray:
        self.seen.clear()
        return self.values(v)

    def claim(self, u: np.ndarray) -> float:
        """<g, u>."""
        return float((self.gradient * u).sum())

    def rise(self, step: np.ndarray) -> float:
        """L(v + step) - L(v)."""
        return float((self.dy * (self.at(self.v + step) - self.y)).sum())

    def slope(self, u: np.ndarray, h: float) -> float:
        """The central difference."""
        return (self.rise(h * u) - self.rise(-h * u)) / (2 * h)

    def one_sided(self, u: np.ndarray, h: float) -> float:
        """The difference of v, v + h u and v + 2h u; h < 0 takes the other side."""
        return (4 * self.rise(h * u) - self.rise(2 * h * u)) / (2 * h)

    def best_step(self, u: np.ndarray) -> float:
        """(r / 2c)^(1/3), c being told from slope(2 PILOT) - slope(PILOT) = 3 c PILOT²."""
        c = abs(self.slope(u, 2 * PILOT) - self.slope(u, PILOT)) / (3 * PILOT**2)
        return min(PILOT, max(SHORTEST, (self.rounding / (2 * c)) ** (1 / 3))) if c > 0 else PILOT

    def crossed(self, step: np.ndarray) -> list[str]:
        """The kinks between v and v + step."""
        self.at(self.v + step)
        return [
            f"{layer} row {place[0]} column {place[1]}"
            for (layer, before), (_, after) in zip(self.branches, self.seen, strict=True)
            for place in np.argwhere(before != after)
        ]

    def compare(self, where: str, a: float, n: float, bound: float, h: float = 0.0, kinks: Any = ()) -> Probe:
        error = 0.0 if a == n else abs(a - n) / (max(abs(a), abs(n), self.floor) or 1.0)
        error = error if error == error else float("inf")
        return Probe(where, a, n, error, "ok" if error <= bound else "DIFFERS", h, tuple(kinks))

    def probe(self, where: str, u: np.ndarray, h: float | None, bound: float) -> Probe:
        """Claim against difference; where they disagree, a side without kinks decides, or a finer formula."""
        a, given, h = self.claim(u), h, h or self.best_step(u)
        first = self.compare(where, a, self.slope(u, h), bound, h)
        if first.verdict == "ok":
            return first
        kinks: dict[str, None] = {}
        for step in (h, h / 8, h / 64):
            up, down = self.crossed(2 * step * u), self.crossed(-2 * step * u)
            kinks |= dict.fromkeys(up + down)
            if kinks and not (up and down) and step >= SHORTEST:
                n = self.slope(u, step) if up == down else self.one_sided(u, -step if up else step)
                return self.compare(where, a, n, bound, step, kinks)
        if not kinks:  # that a layer told of
            for step in () if given else (8 * h, 64 * h, 512 * h):
                n = (4 * self.slope(u, step / 2) - self.slope(u, step)) / 3
                if (finer := self.compare(where, a, n, bound, step)).verdict == "ok":
                    return finer
            # Where L is smooth the slopes on either side agree: they enclose a claim that differs only at a kink.
            low, high = sorted((self.one_sided(u, -h), self.one_sided(u, h)))
            slack = bound * max(abs(a), abs(first.numeric), self.floor)
            if not low - slack <= a <= high + slack:
                return first
            bend = np.abs(self.dy * (self.at(self.v + h * u) - 2 * self.y + self.at(self.v - h * u)))
            kinks = {f"y{list(map(int, np.unravel_index(int(bend.argmax()), bend.shape)))}": None}
        return Probe(where, a, first.numeric, first.error, "kink", h, tuple(kinks))


# ---- what can be checked ---------------------------------------------------------------------------------------


def _open(what: Any, x: Any, seed: int, training: bool, dtype: str) -> tuple[list[_Side], list[Sequential]]:
    """The vectors that a loss of `what` depends on, and its networks: copies in this float type."""
    x = np.array(x, dtype)
    rng = Stream(seed, "gradient check").at(0)  # default_rng(seed) may be where x is from: dy = x hides much
    if isinstance(what, GAN | Sequential | Layer) and x.ndim != 2:
        raise ValueError(f"x has shape {x.shape}; this is checked at rows (B, d), so give [x] for a single one")
    if isinstance(what, GAN):
        return _open_gan(what, x, dtype)
    if isinstance(what, Sequential | Layer):
        net = what if isinstance(what, Sequential) else _alone(what, x.shape[-1], rng)
        return _open_network(net.to("numpy", dtype), x, Stream(seed, "dropout in a gradient check"), training, rng)
    if isinstance(what, tuple) and len(what) == 2 and all(map(callable, what)):
        return [_open_pair("x", what, x, rng)], []
    if all(hasattr(what, f"{part}_{kind}") for part in PARTS for kind in ("loss", "slope")):
        return [_open_pair(f"{part}_loss", _pair(what, part), x, rng) for part in PARTS], []
    raise TypeError(
        f"{what!r} has no gradient to check: give a network, a layer, a GAN, an Objective with its six methods, "
        f"or two functions (f, df) with f(x) -> y and df(x, dy) -> dx"
    )


def _pair(objective: Any, part: str) -> Pair:
    slope = getattr(objective, f"{part}_slope")
    return getattr(objective, f"{part}_loss"), lambda s, dy: slope(s) * dy


def _open_pair(name: str, pair: Pair, x: np.ndarray, rng: np.random.Generator) -> _Side:
    f, df = pair
    dy = np.array(rng.standard_normal(np.shape(f(x.copy()))))
    gradient = np.array(df(x.copy(), dy.copy()))
    if gradient.shape != x.shape:
        raise ValueError(f"dx must have the shape of x, {x.shape}, but df gave {gradient.shape}")
    return _Side(name, x, lambda v: np.array(f(v.astype(x.dtype))), dy, gradient)


def _alone(layer: Layer, width: int, rng: np.random.Generator) -> Sequential:
    """A network of this layer: at its present parameters, or near its starting values where it has none yet."""
    backend = Backend("numpy", "float64")
    net = Sequential([type(layer)(**layer.__getstate__())], backend, name="checked", width=width)
    for name, own in (("theta", net.theta), ("state", net.state)):
        if hasattr(layer, "xp"):
            own[...] = backend.to_numpy(getattr(layer, name))
        else:
            own += 0.1 * rng.standard_normal(own.size)
    return net


def _open_network(
    net: Sequential, x: np.ndarray, masks: Stream, training: bool, rng: np.random.Generator
) -> tuple[list[_Side], list[Sequential]]:
    trace, seen = net.trace(len(x)), _watch(net)

    def forward(at: np.ndarray) -> np.ndarray:
        return net.forward(at, trace, training, masks.at(0))

    def tangent(u: np.ndarray) -> float:
        forward(x)
        return float((dy * net.tangent(u, trace)).sum())

    dy = rng.standard_normal(forward(x).shape)
    for room in (net.grad, *trace.prepare_backward()):
        room[...] = 1  # so that it shows where a layer leaves out a number, or adds to what was there
    dx = np.array(net.backward(dy, trace, inputs=True))
    sides = [_Side("x", x, forward, dy, dx, seen, tangent=tangent)]
    if net.size:
        values = _of_theta(net, lambda: forward(x))
        sides.append(_Side("theta", net.theta.copy(), values, dy, net.grad.copy(), seen, net))
    if all(map(is_twice, net.layers)):
        u = rng.standard_normal(x.shape).astype(x.dtype)

        def tangents(at: np.ndarray) -> np.ndarray:
            forward(at)
            return net.tangent(u, trace).copy()

        forward(x)
        net.grad[...] = 1
        dx = np.array(tangent_gradient(net, u, dy, trace, inputs=True))
        sides.append(_Side("x of the tangent", x, tangents, dy, dx, seen))
        if net.size:
            values = _of_theta(net, lambda: tangents(x))
            sides.append(_Side("theta of the tangent", net.theta.copy(), values, dy, net.grad.copy(), seen, net))
    return sides, [net]


def _open_gan(gan: GAN, real: np.ndarray, dtype: str) -> tuple[list[_Side], list[Sequential]]:
    """D's and G's theta, each under its player's loss, by whole steps of a copy whose optimisers have rate 0."""
    twin = copy.copy(gan)
    G, D = gan.generator.to("numpy", dtype), gan.discriminator.to("numpy", dtype)
    twin.generator, twin.discriminator, twin.optimizers = G, D, (SGD(0.0).bind(G), SGD(0.0).bind(D))
    twin.streams, twin.average, twin.left = copy.deepcopy(gan.streams), None, ""
    seen = _watch(D, "D's ", _watch(G, "G's "))

    def play() -> dict[str, np.ndarray]:
        """One step: each player's loss, row by row, and its gradient; D's of all its d_steps."""
        G.grad[...] = D.grad[...] = 1
        for_d, d_grad = [], np.zeros(D.size)
        for name, made in twin.substeps(real):
            if name == "judge":
                half = len(made) // 2
                for_d += [gan.objective.real_loss(made[:half]), gan.objective.fake_loss(made[half:])]
            if name == "penalty" and gan.penalty is not None:
                for_d.append(gan.penalty.loss(made))
            if name in ("judge", "judge again"):
                for_g = gan.objective.generator_loss(made[-half:])
            if name in ("discriminator gradient", "both gradients"):
                d_grad = d_grad + D.grad
        twin.steps = gan.steps
        return {"D": np.concatenate(for_d), "G": for_g, "dD": d_grad, "dG": G.grad.copy()}

    first = play()
    share = 1 / len(first["G"])
    sides = [
        _Side("D.theta", D.theta.copy(), _of_theta(D, lambda: play()["D"]), share, first["dD"], seen, D),
        _Side("G.theta", G.theta.copy(), _of_theta(G, lambda: play()["G"]), share, first["dG"], seen, G),
    ]
    return sides, [G, D]


def _of_theta(net: Sequential, values: Callable[[], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """values() as a function of net's theta, which is put back after each call."""
    own = net.theta.copy()

    def at(theta: np.ndarray) -> np.ndarray:
        net.assign(theta)
        y = values()
        net.assign(own)
        return y

    return at


def _watch(net: Sequential, owner: str = "", seen: list | None = None) -> list[tuple[str, np.ndarray]]:
    """A list to which every forward of this network adds the branch that each number took."""
    seen, forward = [] if seen is None else seen, net.forward

    def watched(x: np.ndarray, trace: Trace, *args: Any, **options: Any) -> np.ndarray:
        y = forward(x, trace, *args, **options)
        for k, (layer, memo) in enumerate(zip(net.layers, trace.memos, strict=True)):
            if (branch := layer.branch(trace.ys[k], trace.ys[k + 1], memo)) is not None:
                seen.append((f"{owner}layer {k} {type(layer).__name__}", branch.copy()))
        return y

    vars(net)["forward"] = watched  # on this copy alone
    return seen


def _broken_promises(net: Sequential, k: int, rows: int = 6) -> Iterator[str]:
    """What layer k declares and does not keep, with the cure; at random x, for it should hold at any."""
    layer, rng, name = net.layers[k], Stream(0, "promises").at(0), f"layer {k} of {net.name}, {net.layers[k]!r}"
    x, unread_x, dx = (rng.standard_normal((rows, net.widths[k])) for _ in range(3))
    y, unread_y, dy = (rng.standard_normal((rows, net.widths[k + 1])) for _ in range(3))
    memo, masks = layer.memo(net.backend, rows, net.widths[k], 1), Stream(0, "masks")

    def forward(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        layer.forward(x, y, memo, True, masks.at(0))
        return y

    def backward(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        net.grad[...] = 0
        layer.backward(x, y, dy, dx, memo)
        if layer.size:
            layer.gradient(x, y, dy, memo)
        return np.concatenate([dx.ravel(), net.grad])

    others = [forward(np.concatenate([row, x[1:]]), y)[1:].copy() for row in (x[:1], x[:1] + 10, x[:1] - 10)]
    if not layer.couples_rows and not all(np.allclose(y, others[0], equal_nan=True) for y in others):
        yield f"{name}: y depends on other rows, so simultaneous updates go wrong; set couples_rows = True"
    forward(x, y)
    declared = x if "input" in layer.reads else unread_x, y if "output" in layer.reads else unread_y
    if not np.allclose(backward(*declared), backward(x, y), equal_nan=True):
        yield f"{name}: backward reads more than `reads` says, so neighbours may write over it; name it"
    if layer.in_place and not np.allclose(forward(x, x), y, equal_nan=True):
        yield f"{name}: y comes out different when written over x; set in_place = False"
