"""The law of x = G(z) for a number z: where G rises, falls, rests and jumps, and the density that follows.

    p_G(x) = Σ over branches of p_z(z(x)) |dz/dx|,    and an atom wherever G rests

A branch is a stretch of z where G only rises or only falls, so that it can be undone there. A network of straight
pieces is cut where it turns, and its branches are exact to rounding. Of any other G the branches are found from a
mesh (`tracing`), and there z(x) is solved for and the slope measured. NumPy and float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from ..core.gan import Latent
from ..core.network import Sequential
from .distributions import LOG_2PI, REACH, Distribution, Gaussian
from .quadrature import Function, OracleError, integrate
from .tracing import JUMP, REST, Numbers, Trace, trace

MIDDLE = 8.5  # standard deviations of a normal z; beyond lie 2e-17 of the probability
END = 39.0  # beyond it the density of z is no double, and integrals over z end
FAR = 1e9  # where z ends: so far log p_G may be asked for, where G only rises or falls beyond END
THIN = 1e-12  # of the spread of x: by how much straight pieces may seem to rise where they rest
MESH = 65521  # steps of z over the middle, for a function; odd, so that no round z is looked at alone
HUGE = 1e150  # its square is still a number; G is asked for no more, and is that at a pole
TINY = 1e-290  # below it numbers lose their digits: a tail ends there
EPS = float(np.finfo(np.float64).eps)


class Units(Protocol):
    """What lies between the data's units and the networks': a Scaler, for one."""

    def to_network(self, x: np.ndarray) -> np.ndarray: ...
    def to_data(self, z: np.ndarray) -> np.ndarray: ...


@dataclass
class Branch:
    """A stretch of z where G only rises, or only falls: the ends x (k+1,) of its cells, rising, and their z.

    In each cell G is straight.
    """

    x: np.ndarray
    z: np.ndarray

    def solve(self, x: np.ndarray) -> np.ndarray:
        """The z with G(z) = x: (n,) -> (n,)."""
        i, share = self._place(x)
        return self.z[i] + share * (self.z[i + 1] - self.z[i])

    def slope(self, z: np.ndarray, x: np.ndarray) -> np.ndarray:
        """|dx/dz| there: (n,)."""
        i, _ = self._place(x)
        return np.abs((self.x[i + 1] - self.x[i]) / (self.z[i + 1] - self.z[i]))

    def _place(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which cell x is in, and how far along."""
        i = np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, len(self.x) - 2)
        return i, (x - self.x[i]) / (self.x[i + 1] - self.x[i])


@dataclass
class Curve(Branch):
    """A branch of any G: its cells only bracket the z that is looked for."""

    G: Numbers
    step: float  # for slopes: the cube root of what G is rounded to

    def solve(self, x: np.ndarray) -> np.ndarray:
        """By false position (Illinois), and every third time by halving, whatever G is like."""
        i, share = self._place(x)
        a, b, at_a, at_b = self.z[i], self.z[i + 1], self.x[i] - x, self.x[i + 1] - x
        fine, best = np.maximum(1e-8 * np.minimum(-at_a, at_b), 2 * EPS * np.abs(x)), a + share * (b - a)
        go, z, before = np.arange(len(x)), best.copy(), np.zeros(len(x))
        for turn in range(150):
            best[go] = z
            off = self.G(z) - x[go]
            on = (np.abs(off) > fine[go]) & (np.abs(b - a) > 2 * EPS * np.abs(z))
            if not on.any():
                break
            go, z, off, a, b, at_a, at_b, before = (v[on] for v in (go, z, off, a, b, at_a, at_b, before))
            side, low = np.sign(off), off < 0
            held = np.where(side == before, 0.5, 1.0)  # what is kept twice counts half: so both ends move
            a, at_a, at_b = np.where(low, z, a), np.where(low, off, held * at_a), np.where(low, held * at_b, off)
            b, before = np.where(low, b, z), side
            z = (a + b) / 2 if turn % 4 == 3 else a + at_a / (at_a - at_b) * (b - a)
        return best

    def slope(self, z: np.ndarray, x: np.ndarray) -> np.ndarray:
        """By a central difference within the branch. At its very ends, where G may turn and all its digits would
        cancel, the slope is that a little further in: that moves 1e-6 of the probability."""
        low, high = np.sort(self.z[[0, -1]])
        margin = np.minimum(self.step / 10 * np.maximum(1, np.abs(z)), (high - low) / 4)
        z = np.clip(z, low + margin, high - margin)
        h = np.minimum(10 * margin, np.minimum(z - low, high - z) / 4)
        own = super().slope(z, x)
        slope = self._difference(z, h, own)
        # Far from the cell's own slope, G is singular nearby: the step shrinks until that is out of sight.
        odd, size = np.flatnonzero(np.abs(slope - own) > 0.05 * own), np.abs(x)
        for _ in range(16):
            if not odd.size:
                break
            h[odd] /= 8
            finer = self._difference(z[odd], h[odd], own[odd])
            better = np.abs(finer - slope[odd]) > 1e-4 * finer + 100 * self.step**3 * size[odd] / h[odd]
            odd = odd[better]
            slope[odd] = finer[better]
        return np.where(slope > 0, slope, 1e-9 * own)

    def _difference(self, z: np.ndarray, h: np.ndarray, default: np.ndarray) -> np.ndarray:
        rise, wide = np.abs(self.G(z + h) - self.G(z - h)), (z + h) - (z - h)
        return np.divide(rise, wide, out=default.copy(), where=wide > 0)


class PushForward(Distribution):
    """p_G, the distribution of x = G(z) for a number z; `pushforward` makes it.

    Its probability is that of z, so the integral is 1 whatever G does: at a fold |dz/dx| has no bound, and where G
    is steep p_G is low, but no z is lost. What G flattens to a point is an atom: probability without a density.
    `atoms` (k, 2) lists them, x and probability; `density` is that of the rest.
    js and wasserstein1 count an atom as what it is, kl(p_G, data) is inf beside one, and the entropy -inf.

    mean and covariance are integrals over z, found when they are asked for: OracleError where one is infinite or
    hangs on a tail that float64 cannot reach.
    """

    dim = 1

    def __init__(self, latent: Latent, z: np.ndarray, x: np.ndarray, way: np.ndarray, G: Numbers):
        """z (m+1,) ends of the cells, rising, x (m+1,) = G(z), and for each cell its way (m,): 1, -1, or 0 if it
        rests there. G itself is for `sample`."""
        self.latent, self._G = latent, G
        self._z, self._x, self._turns = z, x, np.unique([0, *(np.flatnonzero(np.diff(way)) + 1), len(way)])
        self._way = way[self._turns[:-1]]  # of each stretch between two turns
        self._span = np.sort(x[np.stack([self._turns[:-1], self._turns[1:]])], axis=0)  # its x, from .. to
        self.branches, atoms = list[Branch](), []
        for i, j, up in zip(self._turns[:-1], self._turns[1:], self._way, strict=True):
            if abs(up) == 1:
                self.branches.append(self._branch(x[i : j + 1][::up], z[i : j + 1][::up]))
            elif up == REST and (mass := float(self._mass(z[i], z[j]))) > 1e-12:
                atoms.append((float(x[i]), mass))
        places, where = np.unique([a for a, _ in atoms], return_inverse=True)
        self.atoms = np.stack([places, np.bincount(where, [m for _, m in atoms], len(places))], axis=1)
        near = np.abs(z) < END if latent.kind == "normal" else np.full(len(z), True)
        self._knots = np.unique(np.concatenate([x[near], self.atoms[:, 0]]))

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """G(z) for n draws of z: (n, 1)."""
        return self._G(self.latent.fill(np.empty((n, 1)), rng)[:, 0])[:, None]

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log p_G(x) beside the atoms, in nats, -inf where no z arrives: x (n, 1) -> (n,).

        ValueError for another shape.
        """
        x = self._points(x)[:, 0]
        total = np.full(len(x), -np.inf)
        for branch in self.branches:
            here = (branch.x[0] <= x) & (x <= branch.x[-1])
            if here.any():
                z = branch.solve(x[here])
                with np.errstate(divide="ignore"):
                    arrived = log_prior(self.latent, z) - np.log(branch.slope(z, x[here]))
                total[here] = np.logaddexp(total[here], arrived)
        return total

    def mass_at(self, x: np.ndarray) -> np.ndarray:
        """P(G(z) = x), which is 0 but for atoms: x (n, 1) -> (n,)."""
        x = self._points(x)[:, 0]
        if not len(self.atoms):
            return np.zeros(len(x))
        at, mass = self.atoms.T
        i = np.minimum(np.searchsorted(at, x), len(at) - 1)
        return np.where(x == at[i], mass[i], 0.0)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """P(G(z) <= x), what has arrived on every branch: x (n, 1) -> (n,). ValueError for another shape."""
        return self._arrived(x, 0)

    def survival(self, x: np.ndarray) -> np.ndarray:
        """P(G(z) > x), to the last digits where it is small: x (n, 1) -> (n,)."""
        return self._arrived(x, -1)

    def _arrived(self, x: np.ndarray, end: int) -> np.ndarray:
        """The probability between each x and the lower (0) or the upper (-1) end."""
        x = self._points(x)[:, 0]
        total = np.zeros(len(x))
        for branch in self.branches:
            z = branch.z[np.where(x <= branch.x[0], 0, -1)]
            here = (branch.x[0] < x) & (x < branch.x[-1])
            if here.any():
                z[here] = branch.solve(x[here])
            total += self._mass(branch.z[end], z)
        if len(self.atoms):
            sums = np.concatenate([[0.0], np.cumsum(self.atoms[:, 1])])
            below = sums[np.searchsorted(self.atoms[:, 0], x, side="right")]
            total += below if end == 0 else sums[-1] - below
        return total

    def knots(self) -> np.ndarray:
        """Where G takes the ends of the cells: between them p_G is smooth."""
        return self._knots

    @cached_property
    def mean(self) -> np.ndarray:  # type: ignore[override]  # found when it is asked for
        return np.array([self._moment("mean", lambda x: x)])

    @cached_property
    def covariance(self) -> np.ndarray:  # type: ignore[override]
        centre = self.mean[0]
        return np.array([[self._moment("variance", lambda x: (x - centre) ** 2)]])

    @cached_property
    def width(self) -> float:
        """E |G(z) - its mean|: OracleError where that is infinite."""
        centre = self.mean[0]
        return self._moment("mean", lambda x: np.abs(x - centre))

    def _moment(self, name: str, g: Numbers) -> float:
        try:
            return float(self._over_atoms(lambda x: g(x[:, 0])) + self._over_z(g, (), 1e-300, 1e-10))
        except OracleError as error:
            raise OracleError(f"the {name} of G(z) is infinite, or not to be told: {error}") from None

    def _over_z(self, g: Numbers, edges: np.ndarray | tuple, tolerance: float, relative: float) -> Any:
        """∫ p_z(z) g(G(z)) dz over all z where G moves, by panels between its turns and the edges."""
        if not self.branches:
            return 0.0
        ends = self._z[self._turns]

        def integrand(z: np.ndarray) -> np.ndarray:
            z = z[:, 0]
            i = np.clip(np.searchsorted(ends, z, side="right") - 1, 0, len(self._way) - 1)
            with np.errstate(over="ignore"):
                y = g(np.clip(self._at(z), *self._span[:, i]))  # a turn is known to its rounding
            with np.errstate(divide="ignore"):  # p_z may be too small for a double where p_z g is not
                y = np.sign(y) * np.exp((np.log(np.abs(y)).T + log_prior(self.latent, z)).T)
            y[np.abs(self._way[i]) != 1] = 0.0
            return y

        panels = self._panels()
        places = np.unique(np.clip(np.concatenate([panels, ends, edges]), panels[0], panels[-1]))
        # A sliver beside a pole would hold all of an infinite integral, and nothing would be left to settle.
        places = places[np.diff(places, prepend=-np.inf) > 1e-13 * np.maximum(1, np.abs(places))]
        total = integrate(integrand, places, tolerance, relative)
        if self.latent.kind == "normal":
            z = panels[[0, -1]]
            left = np.abs(integrand(z[:, None])).max(axis=0)
            if not (left <= 1e-7 * np.abs(total) + 1e-12).all():
                raise OracleError(f"at z = {z[0]:g} or {z[1]:g}, where the integral over z ends, it still grows")
        return total

    def _at(self, z: np.ndarray) -> np.ndarray:
        """G(z), by its straight pieces."""
        return np.interp(z, self._z, self._x)

    def _panels(self) -> np.ndarray:
        """The ends of the cells, as far as there is a density of z."""
        return self._z[np.abs(self._z) < END] if self.latent.kind == "normal" else self._z

    def _branch(self, x: np.ndarray, z: np.ndarray) -> Branch:
        return Branch(x, z)

    def _mass(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The probability of z between a and b, with no loss of digits in either tail."""
        if self.latent.kind == "uniform":
            return np.abs(b - a) / (self.latent.high - self.latent.low)
        left, right = (Gaussian().cdf(-np.abs(v).reshape(-1, 1)).reshape(np.shape(v)) for v in (a, b))
        return np.where((a < 0) == (b < 0), np.abs(left - right), 1 - left - right)


class Traced(PushForward):
    """p_G of any G that can be asked: undone on each branch by solving, and averaged over z.

    `resolution` is how closely slopes are known, `blur` the probability where rounding hides them.
    """

    def __init__(self, latent: Latent, found: Trace, G: Numbers, rounding: float):
        """`found` is what G does, and rounding the relative one of its values."""
        z, x, way, creeps = found
        self.latent, self._step = latent, rounding ** (1 / 3)
        mass = self._mass(z[:-1], z[1:])
        if mass[creeps].sum() <= 1e-6:  # no atom is made of so little
            way = np.where(creeps, JUMP, way)
        # A single cell that goes its own way, and in which no z lies, is no branch but a pole.
        turned = np.diff(way, prepend=2, append=2) != 0
        way = np.where(turned[:-1] & turned[1:] & (mass < 1e-16) & (np.abs(way) == 1), JUMP, way)
        super().__init__(latent, z, x, way, G)
        self.resolution = max(1e-9, rounding ** (2 / 3))
        rise = np.abs(np.diff(x))
        with np.errstate(all="ignore"):
            step = self._step * np.maximum(1, np.abs(z[1:])) / np.diff(z)
            error = np.fmin(rounding * np.maximum(np.abs(x[1:]), np.abs(x[:-1])) / (2 * step * rise), 1)
        self.blur = float(mass[creeps].sum() + mass[np.abs(way) == 1] @ error[np.abs(way) == 1] ** 2)
        near = np.concatenate(
            [self._at(self._panels()), self._at(self._poles()), x[self._turns], self.atoms[:, 0]]
        )
        self._knots = np.unique(near[np.abs(near) < HUGE])

    def expectation(self, g: Function, edges: np.ndarray, tolerance: float = 1e-13) -> Any:
        """E[g(G(z))], over z: there no tail is too long, and no fold too high."""
        edges = np.setdiff1d(edges, self._knots)  # its own are panels of z already
        back = [b.solve(edges[(b.x[0] < edges) & (edges < b.x[-1])]) for b in self.branches]
        over = self._over_z(lambda x: g(x[:, None]), np.concatenate([*back, []]), tolerance, tolerance)
        return self._over_atoms(g) + over

    def _at(self, z: np.ndarray) -> np.ndarray:
        return self._G(z)

    def _poles(self) -> np.ndarray:
        """z ever closer to the ends of branches where G rises or falls ever faster."""
        near, halves = [np.empty(0)], 0.5 ** np.arange(0, 60, 2)
        for b in self.branches:
            for x, z in ((b.x[:3], b.z[:2]), (b.x[:-4:-1], b.z[:-3:-1])):
                if len(x) == 3 and abs(x[0] - x[1]) > 4 * abs(x[1] - x[2]):
                    near.append(z[0] + (z[1] - z[0]) * halves)
        return np.concatenate(near)

    def _panels(self) -> np.ndarray:
        low, high = self._z[[0, -1]]
        if self.latent.kind == "uniform":
            return np.linspace(low, high, 34)
        tail = np.linspace(MIDDLE, END, 13)
        z = np.concatenate([-tail[::-1], np.linspace(-8, 8, 33), tail])
        return np.unique(np.clip(z, low, high))

    def _branch(self, x: np.ndarray, z: np.ndarray) -> Branch:
        return Curve(x, z, self._G, self._step)


def log_prior(latent: Latent, z: np.ndarray) -> np.ndarray:
    """log p_z(z), in nats, at numbers z that the latent can take."""
    if latent.kind == "normal":
        return -(z * z + LOG_2PI) / 2
    return np.full(z.shape, -math.log(latent.high - latent.low))


def pushforward(generator: Sequential | Callable, latent: Latent, scaler: Units | None = None) -> PushForward:
    """The distribution of G(z), or of scaler.to_data(G(z)): with a scaler its density is in the data's units.

    generator is a network from one column to one, or any function of z (n, 1), in NumPy. A network of straight
    pieces (Dense, ReLU, LeakyReLU, Maxout, ...) is cut where it turns, and p_G is exact to rounding.

    Of any other G, in float64, js, kl, entropy, cross-entropy, wasserstein1, mean and covariance err by less than
    1e-4, of the value where that is above 1 (1e-6 is usual), as long as G does nothing within one step of a mesh
    of z that it does not do beside it: 1/65,000 of the range of z, which is 17 standard deviations of a normal
    one, or 1/4,000 for a network. A spike or a jump that is smaller is not seen. G is what it computes: a value
    that it keeps over a stretch of z is an atom.

    What holds no such promise is refused. An OracleError says, at the question, that an integral is infinite or
    does not settle, or that rounding hides a density (kl and entropy alone); and at once, that G turns more than
    64 times. Where z is beyond 39, whose density is no double, G is followed as far as it goes one way; beyond
    that, or where x is above 1e150, p_G is 0. Two kinds are wrong without a refusal: a tail that goes on turning
    is cut at its third turn beyond 8.5; stairs that are finer than the mesh count as a slope.

    ValueError for a latent or a generator of more dimensions, or a G that is not finite where z has probability.
    """
    if latent.dim != 1:
        raise ValueError(f"the latent has {latent.dim} dimensions; p_G is known exactly for 1")
    net = on_a_line(generator, "G") if isinstance(generator, Sequential) else None
    rounding = EPS

    def G(z: np.ndarray) -> np.ndarray:
        nonlocal rounding
        with np.errstate(all="ignore"):
            x = np.asarray((net or generator)(z[:, None])).reshape(len(z), 1)
            if x.dtype.kind == "f":
                rounding = max(rounding, float(np.finfo(x.dtype).eps))
            x = x.astype(np.float64, copy=False)
            return np.clip(x if scaler is None else scaler.to_data(x), -HUGE, HUGE)[:, 0]

    normal = latent.kind == "normal"
    if net is not None and all(layer.piecewise_linear for layer in net.layers):
        z = with_turns(net, np.array([-FAR, *REACH, FAR] if normal else [latent.low, latent.high]))
        x = G(z)
        _check_finite(z, x)
        middle = x[np.abs(z) <= MIDDLE] if normal else x
        thin = THIN * np.ptp(middle) + THIN / 100 * np.abs(middle).max()
        way = np.where(np.abs(np.diff(x)) > thin, np.sign(np.diff(x)), 0).astype(int)
        return PushForward(latent, z, x, way, G)
    mesh = MESH if net is None else MESH // 16
    if normal:
        z = np.linspace(-MIDDLE, MIDDLE, mesh + 1)
        tail = np.concatenate([np.linspace(MIDDLE, END, mesh // 8), np.geomspace(END, FAR, 400)[1:]])[1:]
        z = np.concatenate([-tail[::-1], z, tail])
        z = z[_reach(z, G(z))]
    else:
        z = np.linspace(latent.low, latent.high, mesh + 1)
    _check_finite(z, G(z))
    return Traced(latent, trace(G, z, rounding), G, rounding)


def _reach(z: np.ndarray, x: np.ndarray) -> slice:
    """The z around the middle as far as G is below HUGE, turns twice at most, and not at all beyond END."""
    way = np.sign(np.diff(np.nan_to_num(x)))
    turns = np.concatenate([[False], way[:-1] * way[1:] < 0, [False]])
    ends = []
    for tail in (z < -MIDDLE, z > MIDDLE):
        far = np.abs(z[tail]).argsort()
        size = np.abs(x[tail])
        bad = ~(size < HUGE) | (size < TINY) | (turns[tail] & (np.abs(z[tail]) > END))
        bad[far] |= np.cumsum(turns[tail][far]) > 2
        ends.append(np.abs(z[tail][bad]).min(initial=np.inf))
    return slice(*np.searchsorted(z, [np.nextafter(-ends[0], 0), ends[1]]))


def _check_finite(z: np.ndarray, x: np.ndarray) -> None:
    bad = ~(np.abs(x) < HUGE)
    if bad.any():
        raise ValueError(f"G(z) is {x[bad][0]:g} at z = {z[bad][0]:g}; p_G wants numbers below {HUGE:g}")


def on_a_line(net: Sequential, name: str) -> Sequential:
    """The network in NumPy and float64; ValueError unless it maps one column to one."""
    if net.widths[0] != 1 or net.widths[-1] != 1:
        raise ValueError(
            f"{name} maps {net.widths[0]} columns to {net.widths[-1]}; the theory is exact on a line, for 1 to 1"
        )
    return net.to("numpy", "float64")


def with_turns(net: Sequential, z: np.ndarray) -> np.ndarray:
    """z (n,), rising, with those points between them added where a layer of the net has a kink.

    Each turns where a number crosses 0. That number is straight between the points found so far, if the layers
    before are; so each crossing is found by one division, layer by layer.
    """
    x = z[:, None]
    for layer in net.layers:
        kinks = layer.kinks(x)
        a, b = kinks[:-1], kinks[1:]
        i, j = np.nonzero((a < 0) != (b < 0))
        share = (a[i, j] / (a[i, j] - b[i, j]))[:, None]
        z, kept = np.unique(np.concatenate([z, z[i] + share[:, 0] * (z[i + 1] - z[i])]), return_index=True)
        x = np.concatenate([x, x[i] + share * (x[i + 1] - x[i])])[kept]
        y = np.empty((len(x), layer.width_out(x.shape[1])))
        layer.forward(x, y, layer.memo(net.backend, len(x), x.shape[1], 1), False, None)
        x = y
    return z
