"""The value of the game, and what each player makes of it; all from D's logits.

With s = logit D(x), so D(x) = sigmoid(s), log D = -softplus(-s) and log(1 - D) = -softplus(s): neither form can
overflow or take the logarithm of 0. All losses are in nats.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from .backend import Array, namespace
from .layers import sigmoid, softplus


class Objective(Protocol):
    """What each player pays at one logit s, elementwise, and the slope d/ds of each payment.

    D minimises mean real_loss over real samples plus mean fake_loss over fakes, G mean generator_loss over fakes.
    One of your own has the same methods, and is given to `GAN(objective=...)` as an instance:

        class Hinge(mg.Objective):
            name = "hinge"

            def real_loss(self, s): return np.maximum(0, 1 - s)
            def real_slope(self, s): return -1.0 * (s < 1)
            def fake_loss(self, s): return np.maximum(0, 1 + s)
            def fake_slope(self, s): return 1.0 * (s > -1)
            def generator_loss(self, s): return -s
            def generator_slope(self, s): return -np.ones_like(s)
            def numbers(self, real, fake): return {"inside": (real < 1).mean() + (fake > -1).mean()}

    `mg.check_gradients(Hinge(), s)` says whether losses and slopes agree. s is (n, 1), and so is what comes back.
    """

    name: str
    log_odds: ClassVar[bool] = False  # whether s is the log of D's odds for real, so that sigmoid(s) is D(x)

    def real_loss(self, s: Array) -> Array:
        """What D pays for real samples of logits s (n, 1): (n, 1)."""
        ...

    def real_slope(self, s: Array) -> Array:
        """d real_loss / ds: (n, 1) -> (n, 1)."""
        ...

    def fake_loss(self, s: Array) -> Array:
        """What D pays for fakes of logits s (n, 1): (n, 1)."""
        ...

    def fake_slope(self, s: Array) -> Array:
        """d fake_loss / ds: (n, 1) -> (n, 1)."""
        ...

    def generator_loss(self, s: Array) -> Array:
        """What G pays for its fakes, of logits s (n, 1): (n, 1)."""
        ...

    def generator_slope(self, s: Array) -> Array:
        """d generator_loss / ds: (n, 1) -> (n, 1)."""
        ...

    def numbers(self, real: Array, fake: Array) -> dict[str, Array]:
        """What a history tells beside both losses, by name: numbers of the logits real (n, 1) and fake (m, 1)."""
        return {}


class Minimax(Objective):
    """Both players on V(D, G): D pays -log D(x) and -log(1 - D(G(z))), G pays log(1 - D(G(z))).

    G's loss leaves out V's real term, which G cannot move: the gradients are those of V. Goodfellow et al. 2014,
    eq. 1.
    """

    name = "minimax"
    log_odds = True

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

    def numbers(self, real: Array, fake: Array) -> dict[str, Array]:
        """V(D, G) in nats, and the means of D(x) and of D(G(z))."""
        xp = namespace(real, fake)
        means = {"d_real": sigmoid(xp, real).mean(), "d_fake": sigmoid(xp, fake).mean()}
        return {"value": value_function(real, fake)} | means


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


# By name; scores.py adds the games whose logits are scores and no log-odds.
OBJECTIVES: dict[str, Objective] = {o.name: o for o in (NonSaturating(), Minimax())}


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


def discriminator_loss(
    real_logits: Array, fake_logits: Array, objective: str | Objective = "non-saturating"
) -> tuple[Array, Array, Array]:
    """(D's loss, its gradient d_real (n, 1), d_fake (m, 1)): the sum of the two means, not their half.

    In the games on V that loss is -V, with d_real = (D(x) - 1) / n and d_fake = D(G(z)) / m.
    """
    game = find_objective(objective)
    return (
        game.real_loss(real_logits).mean() + game.fake_loss(fake_logits).mean(),
        game.real_slope(real_logits) / real_logits.size,
        game.fake_slope(fake_logits) / fake_logits.size,
    )


def generator_loss(fake_logits: Array, objective: str | Objective = "non-saturating") -> tuple[Array, Array]:
    """(G's loss, its gradient d_fake (m, 1)): mean -log D(G(z)), or mean log(1 - D(G(z))) for "minimax"."""
    game = find_objective(objective)
    return game.generator_loss(fake_logits).mean(), game.generator_slope(fake_logits) / fake_logits.size
