"""The named sub-steps of a game's step, and a sentence on what each has made."""

from __future__ import annotations

from typing import Any, Protocol

from .penalties import Penalty

SUBSTEPS = {
    "draw latent": "Random numbers z, a row for each fake.",
    "generate": "G turns each z into a fake.",
    "judge": "D gives each sample a logit: the real ones first, then the fakes.",
    "penalty": "How steep D is at each sample that its penalty looks at; D's gradient has that added.",
    "both gradients": "One pass back through D served both players. Here is dL/dθ of G.",
    "discriminator gradient": "dL/dθ of D: the loss was sent back through D, which alone will move.",
    "discriminator update": "D has moved. Here are its parameters θ.",
    "draw latent again": "Fresh z, for G's own turn.",
    "generate again": "Fresh fakes.",
    "judge again": "D, as it is by now, gives the fresh fakes their logits.",
    "generator gradient": "dL/dθ of G: the slope went through D, which stays as it is, and on into G.",
    "generator update": "G has moved. Here are its parameters θ.",
    "average": "The averaged generator has followed. Here are its parameters θ.",
}


class Game(Protocol):
    """What of a GAN decides its sub-steps."""

    updates: str
    d_steps: int
    penalty: Penalty | None
    average: Any  # a network, or None


def order(game: Game) -> list[str]:
    """The names of one step's sub-steps, as `gan.substeps` yields them."""
    penalty, average = ["penalty"] * (game.penalty is not None), ["average"] * (game.average is not None)
    before = ["draw latent", "generate", "judge", *penalty]
    if game.updates == "simultaneous":
        return [*before, "both gradients", "discriminator update", "generator update", *average]
    of_d = [*before, "discriminator gradient", "discriminator update"]
    of_g = ["draw latent again", "generate again", "judge again", "generator gradient", "generator update"]
    return of_d * game.d_steps + of_g + average
