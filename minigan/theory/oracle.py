"""The exact theory of a game on a line: the density of G(z), the value of the game, where both players stand.

Where data and latent have one dimension each, nothing about a GAN need be estimated. `pushforward` gives p_G as
a Distribution, so that mg.js(data, p_G) and mg.optimal_discriminator(data, p_G, x) are what the theory means by
them; `standing` says how far G is from the data, and D from its best. NumPy and float64: these are yardsticks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..core.gan import GAN
from ..core.layers import softplus
from .distributions import Distribution
from .divergences import LOG_2, js, log_ratio
from .generated import PushForward, Units, on_a_line, pushforward, with_turns
from .quadrature import Function, OracleError

__all__ = ["OracleError", "PushForward", "Standing", "knows", "measure", "pushforward", "standing"]


class Trained(Protocol):
    """A GAN and its units: a Run, for one."""

    @property
    def gan(self) -> GAN: ...
    @property
    def scaler(self) -> Units: ...


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

    def lost(way: int) -> Function:
        """What D, with log-odds s, pays beyond D* at a real x (-1) or a fake one (1)."""

        def at(x: np.ndarray) -> np.ndarray:
            s = np.asarray(logits(x), np.float64).reshape(len(x))
            own, other = (data, generated) if way == -1 else (generated, data)
            return softplus(np, way * s) - softplus(np, -log_ratio(own, other, x))

        return at

    places = np.concatenate([data.knots(), generated.knots(), np.ravel(edges)])
    digits = max(1e-9, data.resolution, generated.resolution)
    gap = sum(float(p.expectation(lost(way), places, digits)) for p, way in ((data, -1), (generated, 1)))
    return Standing(js(data, generated), max(0.0, gap))


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
    generated, D = pushforward(generator, gan.latent, scaler), on_a_line(gan.discriminator, "D")
    inside = np.concatenate([data.knots(), generated.knots()])[:, None]
    to_network, to_data = (scaler.to_network, scaler.to_data) if scaler else (np.asarray, np.asarray)
    turns = with_turns(D, np.unique(to_network(inside)))
    return measure(lambda x: D(to_network(x)), data, generated, to_data(turns[:, None]))
