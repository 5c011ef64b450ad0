"""Exercise 1: hints, answer, why, and the judge."""

from __future__ import annotations

from decimal import Decimal, localcontext
from types import ModuleType

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "First make it right for small logits: D = 1 / (1 + exp(-s)), then two means, one for each group, added. Only "
    "then ask where exp overflows, and where 1 - D is exactly 0.",
    "Never form D. Put it into the formula on paper: -log D = log(1 + exp(-s)), and since 1 - D is D with -s for "
    "s, -log(1 - D) = log(1 + exp(s)). What is log(1 + exp(s)) nearly, where s is 1000?",
    "log(1 + exp(s)) = log(exp(0) + exp(s)), and NumPy has that without overflow: np.logaddexp(0, s). Take its "
    "mean at the fakes' s and its mean at the real samples' -s, and add the two.",
)
ANSWER = ("discriminator_loss",)


def discriminator_loss(real_logits: np.ndarray, fake_logits: np.ndarray) -> float:
    """The mean of -log D(x) over real samples plus the mean of -log(1 - D(G(z))) over fakes, from D's logits."""
    real = np.logaddexp(0.0, -real_logits).mean()  # -log D = log(1 + exp(-s))
    fake = np.logaddexp(0.0, fake_logits).mean()  # -log(1 - D) = log(1 + exp(s))
    return float(real + fake)


WHY = """
The loss is a function of the logit, softplus(s) = log(1 + exp(s)), which is nearly 0 far below zero and nearly s
far above. The detour through D loses it: at s = 40 the float64 nearest to D is 1, so 1 - D is 0 and its logarithm
-inf, although the answer is simply 40. Clipping D, to [1e-12, 1 - 1e-12] say, hides the inf, but also caps the
loss at 27.6 nats and makes its slope 0 there, just where D most needs to learn. Two other slips are quiet: one
mean over all samples together weighs the groups by their sizes and halves the loss (.69 for 1.39 when D says one
half), and swapped signs train a D that calls forgeries real. The loss grows by 1 nat per logit of misplaced
confidence and no faster; that is why it can be minimised by steps of a moderate size.
"""


def _oracle(real: np.ndarray, fake: np.ndarray) -> float:
    """The same by way of the probability, as the definition has it, with digits enough that 1 - D is never 0."""

    def pays(s: float, real: bool) -> Decimal:
        with localcontext() as context:
            context.prec = 30 + int(abs(s) / 2.3)  # D or 1 - D is about 10^(-|s| / 2.3)
            D = 1 / (1 + (-Decimal(s)).exp())
            p = D if real else 1 - D
            context.prec = 30
            return -p.ln()

    paid_real = [pays(s, True) for s in real.ravel().tolist()]
    paid_fake = [pays(s, False) for s in fake.ravel().tolist()]
    zero = Decimal()
    return float(sum(paid_real, zero) / len(paid_real) + sum(paid_fake, zero) / len(paid_fake))


def judge(student: ModuleType, rng: np.random.Generator) -> None:
    """Small logits, groups of unequal size, single samples, large logits on the right and on the wrong side."""

    def column(n: int, centre: float, spread: float) -> np.ndarray:
        return np.round(rng.normal(centre, spread, (n, 1)), 3)

    def judged(case: str, real: np.ndarray, fake: np.ndarray) -> None:
        given = f"real_logits {_shown(real)}, fake_logits {_shown(fake)}"
        mine = real.copy(), fake.copy()
        with np.errstate(all="ignore"):
            got = student.discriminator_loss(*mine)
        if np.ndim(got):
            wrong(f"{case}: wanted a number, got an array of shape {np.shape(got)}; did you forget the mean?")
        close(case, got, _oracle(real, fake), 1e-9, given=given)
        if not (np.array_equal(mine[0], real) and np.array_equal(mine[1], fake)):
            wrong(f"{case} (given {given}): your function changed the arrays that it was given")

    judged("the example of the docstring", np.array([[0.0], [2.0]]), np.array([[-1.0]]))
    judged("one real sample and one fake", column(1, 1, 1), column(1, -0.5, 1))
    n = int(rng.integers(3, 7))
    judged("as many real samples as fakes", column(n, 1, 2), column(n, -0.5, 2))
    judged("fewer real samples than fakes", column(n, 1, 2), column(n + int(rng.integers(2, 6)), -0.5, 2))
    judged("more real samples than fakes", column(2 * n, -1, 2), column(n, 0.5, 2))
    far = float(np.round(rng.uniform(40, 60), 2))
    judged("a fake that D is quite sure is real", column(2, 1, 1), np.array([[far], [-0.5]]))
    judged("a real sample that D is quite sure is fake", np.array([[-far], [0.5]]), column(2, 1, 1))
    huge = float(np.round(rng.uniform(800, 1000), 1))
    judged("a huge logit, on the wrong side, of a fake", column(1, 1, 1), np.array([[huge]]))
    judged("a huge logit, on the wrong side, of a real sample", np.array([[-huge]]), column(1, 0, 1))
    judged("huge logits, all on the right side", np.array([[huge]]), np.array([[-huge]]))


def _shown(s: np.ndarray) -> str:
    return "[" + ", ".join(f"[{v:g}]" for v in s[:3, 0]) + (f", ... {len(s)} in all]" if len(s) > 3 else "]")
