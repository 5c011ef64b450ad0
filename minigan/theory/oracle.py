"""The exact theory of a game on a line: the density of G(z), the value of the game, where both players stand.

Where data and latent have one dimension each, nothing about a GAN need be estimated. `pushforward` gives p_G as
a Distribution, so that mg.js(data, p_G) and mg.optimal_discriminator(data, p_G, x) are what the theory means by
them; `standing` says how far G is from the data, and D from its best. NumPy and float64: these are yardsticks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..core.gan import GAN, Latent
from ..core.layers import softplus
from ..core.network import Sequential
from .distributions import LOG_2PI, REACH, Distribution, Gaussian
from .divergences import LOG_2, NODES, WEIGHTS, integrate, js

MIDDLE = 8.5  # standard deviations of a normal z that are cut into cells; beyond lie 2e-17 of the probability
FAR = 1000.0  # where z ends for straight pieces: the tails of log p_G are those of the outermost two
CELLS = 128  # in the middle to begin with, where G is not made of straight pieces
BEND, MOST = 3e-6, 4096  # when a cell is straight enough, and how many there may be
THIN = 1e-12  # of the spread of x: the width that is given to what G flattens to a point

Function = Callable[[np.ndarray], np.ndarray]  # numbers (n, 1) -> (n, 1) or (n,)


class Units(Protocol):
    """What lies between the data's units and the networks': a Scaler, for one."""

    def to_network(self, x: np.ndarray) -> np.ndarray: ...
    def to_data(self, z: np.ndarray) -> np.ndarray: ...


class Trained(Protocol):
    """A GAN and its units: a Run, for one."""

    @property
    def gan(self) -> GAN: ...
    @property
    def scaler(self) -> Units: ...


# ---- the density of G(z) -----------------------------------------------------------------------------------


class Branch(NamedTuple):
    """A stretch of z where G only rises, or only falls: the ends x (k+1,) of its cells, rising, and their z."""

    x: np.ndarray
    z: np.ndarray


class PushForward(Distribution):
    """p_G, the distribution of x = G(z) for a number z, found cell by cell; `pushforward` makes it.

    G is taken as straight within each cell of z. On each branch, where it rises or falls, it can be undone:

        p_G(x) = Σ over branches of p_z(z(x)) |dz/dx|

    So a cell's probability arrives as a whole, over the image of the cell, and the integral is 1 whatever G does:
    at a fold |dz/dx| has no bound, but no cell is infinitely small.

    What G flattens to a point is an atom: probability without a density. `atoms` (k, 2) lists them, x and
    probability. So that quadrature sees it, log_density draws an atom as a bar, 1e-12 of the spread of x wide and
    accordingly high: there a perfect D says "fake", and JS counts the atom as what it is, out of the data's reach.
    """

    dim = 1

    def __init__(self, latent: Latent, z: np.ndarray, x: np.ndarray, G: Function):
        """z (m+1,) ends of the cells, rising, and x (m+1,) = G(z); G itself is for `sample`."""
        if not np.isfinite(x).all():
            raise ValueError(f"G(z) is {x[~np.isfinite(x)][0]} at z = {z[~np.isfinite(x)][0]:g}: p_G is unknown")
        self.latent, self._G = latent, G
        normal = latent.kind == "normal"
        middle = x[np.abs(z) <= MIDDLE] if normal else x
        thin = float(THIN * np.ptp(middle) + THIN / 100 * np.abs(middle).max()) or THIN
        way = np.where(np.abs(np.diff(x)) > thin, np.sign(np.diff(x)), 0).astype(int)
        turns = [0, *(np.flatnonzero(np.diff(way)) + 1).tolist(), len(way)]
        self.branches, atoms = list[Branch](), []
        for i, j in zip(turns[:-1], turns[1:], strict=True):
            if way[i]:
                self.branches.append(Branch(x[i : j + 1][:: way[i]], z[i : j + 1][:: way[i]]))
            elif (mass := float(np.diff(self._latent_cdf(z[[i, j]]))[0])) > 1e-12:
                atoms.append((float(x[i : j + 1].mean()), mass))
        self.atoms = np.array(atoms).reshape(-1, 2)
        self._bars = self.atoms[:, :1] + np.array([-0.5, 0.5]) * thin  # (k, 2)
        ends = [b.x[np.abs(b.z) < FAR] if normal else b.x for b in self.branches]
        self._knots = np.unique(np.concatenate([*ends, self._bars.ravel()]))
        nodes = (z[:-1] + z[1:])[:, None] / 2 + np.diff(z)[:, None] / 2 * NODES
        mass_at = np.exp(_log_prior(latent, nodes)) * np.diff(z)[:, None] / 2 * WEIGHTS
        x_at = np.interp(nodes, z, x)
        self.mean = np.array([(mass_at * x_at).sum()])
        self.covariance = np.array([[(mass_at * (x_at - self.mean) ** 2).sum()]])

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """G(z) for n draws of z: (n, 1)."""
        return np.asarray(self._G(self.latent.fill(np.empty((n, 1)), rng)), np.float64).reshape(n, 1)

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log p_G(x), in nats, -inf where no z arrives: x (n, 1) -> (n,). ValueError for another shape."""
        x = self._points(x)[:, 0]
        total = np.full(len(x), -np.inf)
        for branch in self.branches:
            here = (branch.x[0] <= x) & (x < branch.x[-1])
            i = np.searchsorted(branch.x, x[here], side="right") - 1
            rate = np.diff(branch.z) / np.diff(branch.x)  # dz/dx, cell by cell
            z = branch.z[i] + rate[i] * (x[here] - branch.x[i])
            total[here] = np.logaddexp(total[here], _log_prior(self.latent, z) + np.log(np.abs(rate))[i])
        for (low, high), mass in zip(self._bars, self.atoms[:, 1], strict=True):
            here = (low <= x) & (x <= high)
            total[here] = np.logaddexp(total[here], math.log(mass / (high - low)))
        return total

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """P(G(z) <= x), what has arrived on every branch: x (n, 1) -> (n,). ValueError for another shape."""
        x = self._points(x)[:, 0]
        total = np.zeros(len(x))
        for branch in self.branches:
            total += np.abs(self._latent_cdf(np.interp(x, branch.x, branch.z)) - self._latent_cdf(branch.z[:1]))
        for (low, high), mass in zip(self._bars, self.atoms[:, 1], strict=True):
            total += mass * np.clip((x - low) / (high - low), 0, 1)
        return total

    def knots(self) -> np.ndarray:
        """Where G takes the ends of the cells: between them p_G is smooth."""
        return self._knots

    def _latent_cdf(self, z: np.ndarray) -> np.ndarray:
        if self.latent.kind == "normal":
            return Gaussian().cdf(z[:, None])
        return (z - self.latent.low) / (self.latent.high - self.latent.low)


def _log_prior(latent: Latent, z: np.ndarray) -> np.ndarray:
    """log p_z(z), in nats, at numbers z that the latent can take."""
    if latent.kind == "normal":
        return -(z * z + LOG_2PI) / 2
    return np.full(z.shape, -math.log(latent.high - latent.low))


def pushforward(generator: Sequential | Function, latent: Latent, scaler: Units | None = None) -> PushForward:
    """The distribution of G(z), or of scaler.to_data(G(z)): with a scaler its density is in the data's units.

    generator is a network from one column to one, or any function of z (n, 1). A network of straight pieces
    (Dense, ReLU, LeakyReLU, Maxout, ...) is cut where it turns, and p_G is exact to rounding. Anything else is cut
    until it is nearly straight in each cell, finely at folds: no probability is lost then either, and JS errs by
    less than 1e-4 nats (1e-5 is usual).

    ValueError for a latent or a generator of more dimensions, or a G that is not finite.
    """
    if latent.dim != 1:
        raise ValueError(f"the latent has {latent.dim} dimensions; p_G is known exactly for 1")
    net = _on_a_line(generator, "G") if isinstance(generator, Sequential) else None

    def G(z: np.ndarray) -> np.ndarray:
        x = np.asarray((net or generator)(z), np.float64).reshape(len(z), 1)
        return x if scaler is None else scaler.to_data(x)

    normal = latent.kind == "normal"
    if net is not None and all(layer.piecewise_linear for layer in net.layers):
        z = _with_turns(net, np.array([-FAR, *REACH, FAR] if normal else [latent.low, latent.high]))
    else:
        low, high = (-MIDDLE, MIDDLE) if normal else (latent.low, latent.high)
        z = np.linspace(low, high, CELLS + 1)
        z = _until_straight(G, np.unique([*REACH, *z]) if normal else z, latent)
    return PushForward(latent, z, G(z[:, None])[:, 0], G)


def _until_straight(G: Function, z: np.ndarray, latent: Latent) -> np.ndarray:
    """z (n,), rising, with points added until hardly any probability is in cells where G bends.

    A cell is cut while its probability times its bend squared, which is about what it adds to JS, is above BEND.
    The bend is how far G is from its line there, over the line's rise; off the middle, which hides inflections.
    """
    while len(z) < MOST:
        low, high = z[:-1], z[1:]
        between = low + 0.4 * (high - low)
        x, y = G(z[:, None])[:, 0], G(between[:, None])[:, 0]
        rise = np.diff(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            bend = np.minimum(4 * np.abs((y - x[:-1]) / rise - 0.4), 1)
        cut = np.exp(_log_prior(latent, between)) * (high - low) * bend**2 > BEND
        if not cut.any():
            break
        z = np.sort(np.concatenate([z, between[cut]]))
    return z


def _on_a_line(net: Sequential, name: str) -> Sequential:
    """The network in NumPy and float64; ValueError unless it maps one column to one."""
    if net.widths[0] != 1 or net.widths[-1] != 1:
        raise ValueError(
            f"{name} maps {net.widths[0]} columns to {net.widths[-1]}; the theory is exact on a line, for 1 to 1"
        )
    return net.to("numpy", "float64")


def _with_turns(net: Sequential, z: np.ndarray) -> np.ndarray:
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


# ---- where the game stands ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """How far each player has to go, in nats; no estimate.

        V(D, G) = -log 4 + 2 js - gap

    js is JS(p, p_G), how far G is from the data: 0 only where p_G = p. gap is V(D*, G) - V(D, G), how far D is
    from its best against this G: ∫ (p + p_G) KL(D*, D) dx, never negative, 0 only where D = D*. Goodfellow et al.
    2014, eq. 2 and 6. The value alone says neither: D = 1/2 has -log 4 against any G.
    """

    js: float
    gap: float

    @property
    def best_value(self) -> float:
        """V(D*, G) = -log 4 + 2 JS."""
        return 2 * (self.js - LOG_2)

    @property
    def value(self) -> float:
        """V(D, G)."""
        return self.best_value - self.gap


def measure(logits: Function, data: Distribution, generated: Distribution, edges: Any = ()) -> Standing:
    """Where any D stands against any density of fakes: logits is D as a function of x (n, 1), in the data's units.

    By quadrature, to about 1e-8 nats; `edges` are places where D turns sharply. A D in float32 will do. TypeError
    for what is no Distribution, ValueError for one without a density on a line.
    """
    _check_density("data", data)
    _check_density("generated", generated)

    def lost(x: np.ndarray) -> np.ndarray:
        """(p + q) KL(D*, D), with log-odds a of D*, s of D."""
        log_p, log_q = data.log_density(x), generated.log_density(x)
        s, total = np.asarray(logits(x), np.float64).reshape(len(x)), np.zeros(len(x))
        with np.errstate(invalid="ignore"):
            a = log_p - log_q  # infinite where only one of them is there, and both may be sure then
            for mass, way in ((np.exp(log_p), -1), (np.exp(log_q), 1)):
                total += np.where(mass > 0, mass * (softplus(np, way * s) - softplus(np, way * a)), 0)
        return total

    places = np.concatenate([data.knots(), generated.knots(), np.ravel(edges)])
    return Standing(js(data, generated), max(0.0, integrate(lost, places, tolerance=1e-9)))


def _check_density(name: str, p: Any) -> None:
    if not isinstance(p, Distribution):
        raise TypeError(f"{name} is a {type(p).__name__}; the exact theory wants a Distribution, with a density")
    if p.dim != 1 or not p.has_density:
        raise ValueError(f"{name} is {p}; the exact theory wants a density in one dimension")


def knows(gan: GAN, data: Any) -> bool:
    """Whether nothing about this game need be estimated: it is on a line, and its data have a density."""
    return data.has_density and data.dim == gan.latent.dim == gan.packing == 1


def standing(game: GAN | Trained, data: Any, scaler: Units | None = None, averaged: bool = True) -> Standing:
    """Where a GAN, or a run, stands against its data: the averaged generator unless told otherwise, and D.

    A scaler lies between the data's units and the networks'; a run has its own. The GAN may live anywhere, and is
    not touched. ValueError for packing and for more than one dimension. About 4 ms for small nets.
    """
    _check_density("data", data)
    gan, own = (game, None) if isinstance(game, GAN) else (game.gan, game.scaler)
    scaler = scaler or own
    if gan.packing != 1:
        raise ValueError(f"packing is {gan.packing}, so D judges packs of samples; the exact theory is for 1")
    generator = gan.average if averaged and gan.average is not None else gan.generator
    generated, D = pushforward(generator, gan.latent, scaler), _on_a_line(gan.discriminator, "D")
    inside = np.concatenate([data.knots(), generated.knots()])[:, None]
    to_network, to_data = (scaler.to_network, scaler.to_data) if scaler else (np.asarray, np.asarray)
    turns = _with_turns(D, np.unique(to_network(inside)))
    return measure(lambda x: D(to_network(x)), data, generated, to_data(turns[:, None]))
