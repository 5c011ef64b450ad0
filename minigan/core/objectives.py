"""The value of the game, and what each player makes of it; all from D's logits.

With s = logit D(x), so D(x) = sigmoid(s), log D = -softplus(-s) and log(1 - D) = -softplus(s): neither form can
overflow or take the logarithm of 0. All losses are in nats.

An Objective is three functions of one logit, each with its slope. D minimises mean real_loss over real samples
plus mean fake_loss over fakes; G minimises mean generator_loss over fakes. A loss of your own plugs in as a class
with the same six methods (hinge: real_loss = max(0, 1 - s), ...), given to `GAN(objective=...)` as an instance.

A Penalty is what D pays beside for the steepness of its logit, |∇ₓs| at some points x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from .backend import Array, namespace
from .layers import sigmoid, softplus


class Objective(Protocol):
    """What each player pays at one logit s, elementwise, and the slope d/ds of each payment."""

    name: str

    def real_loss(self, s: Array) -> Array: ...
    def real_slope(self, s: Array) -> Array: ...
    def fake_loss(self, s: Array) -> Array: ...
    def fake_slope(self, s: Array) -> Array: ...
    def generator_loss(self, s: Array) -> Array: ...
    def generator_slope(self, s: Array) -> Array: ...


class Minimax:
    """Both players on V(D, G): D pays -log D(x) and -log(1 - D(G(z))), G pays log(1 - D(G(z))).

    G's loss leaves out V's real term, which G cannot move: the gradients are those of V. Goodfellow et al. 2014,
    eq. 1.
    """

    name = "minimax"

    def real_loss(self, s: Array) -> Array:
        return softplus(namespace(s), -s)

    def real_slope(self, s: Array) -> Array:
        return -sigmoid(namespace(s), -s)

    def fake_loss(self, s: Array) -> Array:
        return softplus(namespace(s), s)

    def fake_slope(self, s: Array) -> Array:
        return sigmoid(namespace(s), s)

    def generator_loss(self, s: Array) -> Array:
        return -softplus(namespace(s), s)

    def generator_slope(self, s: Array) -> Array:
        return -sigmoid(namespace(s), s)


class NonSaturating(Minimax):
    """D as in minimax; G pays -log D(G(z)), as if its fakes were labelled real ("the label trick").

    Where D is sure of a fake (s far below 0) minimax's slope dies like e^s while this one's tends to -1.
    Goodfellow et al. 2014, section 3.
    """

    name = "non-saturating"

    def generator_loss(self, s: Array) -> Array:
        return softplus(namespace(s), -s)

    def generator_slope(self, s: Array) -> Array:
        return -sigmoid(namespace(s), -s)


class Wasserstein:
    """D's logit as a critic's score: D pays -s on real samples and s on fakes, G pays -s.

    Among critics of slope 1 at most, the best one's advantage is the Wasserstein-1 distance; so this wants a
    GradientPenalty (or R1) beside it, without which D has no best. Arjovsky et al. 2017, eq. 2 and 3.
    """

    name = "wasserstein"

    def real_loss(self, s: Array) -> Array:
        return -s

    def real_slope(self, s: Array) -> Array:
        return 0 * s - 1  # of s's type and shape, and, unlike full_like, what CuPy can fuse

    def fake_loss(self, s: Array) -> Array:
        return +s  # a copy: the logits are a view into the trace

    def fake_slope(self, s: Array) -> Array:
        return 0 * s + 1

    def generator_loss(self, s: Array) -> Array:
        return -s

    def generator_slope(self, s: Array) -> Array:
        return 0 * s - 1


OBJECTIVES: dict[str, Objective] = {o.name: o for o in (NonSaturating(), Minimax(), Wasserstein())}


class Penalty(Protocol):
    """What D pays for the steepness n = |∇ₓs| of its logit, and `factor` = loss'(n) / n, both elementwise.

    The loss's gradient with respect to ∇ₓs is then factor ∇ₓs. between says where it is asked: at real samples, or
    at random points between real samples and fakes.
    """

    between: ClassVar[bool]

    def loss(self, n: Array) -> Array: ...
    def factor(self, n: Array) -> Array: ...


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
        return 2 * self.weight * (1 - 1 / namespace(n).maximum(n, 1e-12))  # where n is 0, so is ∇ₓs


def find_objective(objective: str | Objective) -> Objective:
    """The objective of this name, or the object itself; raises ValueError for an unknown name."""
    if not isinstance(objective, str):
        return objective
    if objective not in OBJECTIVES:
        raise ValueError(f"objective is {objective!r}; choose one of {', '.join(map(repr, OBJECTIVES))}")
    return OBJECTIVES[objective]


def value_function(real_logits: Array, fake_logits: Array) -> Array:
    """V(D, G) = mean log D(x) + mean log(1 - D(G(z))), in nats; logits (n, 1) and (m, 1), n and m may differ.

    Goodfellow et al. 2014, eq. 1, with means over samples for the expectations.
    """
    xp = namespace(real_logits, fake_logits)
    return -softplus(xp, -real_logits).mean() - softplus(xp, fake_logits).mean()


def discriminator_loss(real_logits: Array, fake_logits: Array) -> tuple[Array, Array, Array]:
    """(-V, its gradient d_real (n, 1), d_fake (m, 1)): the sum of the two means, not their half.

    d_real = (D(x) - 1) / n and d_fake = D(G(z)) / m.
    """
    game = OBJECTIVES["minimax"]
    return (
        -value_function(real_logits, fake_logits),
        game.real_slope(real_logits) / real_logits.size,
        game.fake_slope(fake_logits) / fake_logits.size,
    )


def generator_loss(fake_logits: Array, objective: str | Objective = "non-saturating") -> tuple[Array, Array]:
    """(G's loss, its gradient d_fake (m, 1)): mean -log D(G(z)), or mean log(1 - D(G(z))) for "minimax"."""
    game = find_objective(objective)
    return game.generator_loss(fake_logits).mean(), game.generator_slope(fake_logits) / fake_logits.size
