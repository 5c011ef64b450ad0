"""Games that are not on V: D's logit is a score, and what is far from real is told by how far its score is.

No sigmoid is taken, so there are no probabilities D(x) to show; sample by sample a score still ranks.
"""

from __future__ import annotations

from .backend import Array
from .objectives import OBJECTIVES, Objective


class Wasserstein(Objective):
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

    def numbers(self, real: Array, fake: Array) -> dict[str, Array]:
        """The critic's advantage: the mean score of real samples, less that of fakes."""
        return {"advantage": real.mean() - fake.mean()}


class LeastSquares(Objective):
    """D's logit as a guess at a label, 1 for real and 0 for fake, paid by half the square of its error; G wants 1.

    The best D's score is p / (p + p_G), as the probability is in the games on V. A fake far on the right side of D
    still pays, so G's slope does not die. Mao et al. 2017, eq. 9: their eq. 2 with a = 0 and b = c = 1.
    """

    name = "least-squares"

    def real_loss(self, s: Array) -> Array:
        return 0.5 * (s - 1) ** 2

    def real_slope(self, s: Array) -> Array:
        return s - 1

    def fake_loss(self, s: Array) -> Array:
        return 0.5 * s**2

    def fake_slope(self, s: Array) -> Array:
        return s + 0

    def generator_loss(self, s: Array) -> Array:
        return 0.5 * (s - 1) ** 2

    def generator_slope(self, s: Array) -> Array:
        return s - 1

    def numbers(self, real: Array, fake: Array) -> dict[str, Array]:
        """The mean scores of real samples and of fakes; both are 1/2 where D can tell nothing."""
        return {"score_real": real.mean(), "score_fake": fake.mean()}


OBJECTIVES.update({game.name: game for game in (Wasserstein(), LeastSquares())})
