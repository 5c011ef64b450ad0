"""The health of a run: what a row of the history knows of it, and what a history says is wrong.

Each ill is told with the number that shows it, the lesson that explains it and a setting to try. The bounds were
chosen on half of a hundred runs that were labelled first, and tried on the rest: docs/health.md has both tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.backend import Backend
from ..core.gan import GAN
from ..data.dataset import Batches
from ..judge.metrics import precision_and_recall
from .parallel import Ranks

SEEN = 256  # samples of the live generator, and real rows, that are compared
WINDOW = 32  # rows in which the turns of D are counted, and before which precision and recall may still be low
MARGIN = 0.15  # right: more than 1/2 + this of the pairs, wrong: less than 1/2 - this
NEAR = 0.1  # sd of the data: nearer than this is near enough, for health
RECENT = 8  # rows whose median is judged
BOUNDED = 1 / (1 + math.exp(-1)) + 1e-6  # D's opinion at most, where its logit is a sigmoid's value


class Watch:
    """Takes the numbers of a game that show how it fails, beside some real rows as the networks see them."""

    def __init__(self, batches: Batches, backend: Backend):
        x = backend.to_numpy(batches.some(1000))
        self.real = x[:: math.ceil(len(x) / SEEN)]
        self.sd = math.sqrt(float(x.var(axis=0).sum()))
        self.scale = float(np.abs(x.mean(axis=0)).max()), self.sd / math.sqrt(x.shape[1])

    def numbers(
        self, gan: Any, before: Sequence[dict[str, float]] = (), ranks: Ranks | None = None
    ) -> dict[str, float]:
        """Of the last step; `before` are the history's rows so far.

        d_accuracy is the share of pairs, of a real sample and a fake, of which D gives the real one the higher
        logit: 1/2 where it cannot tell, 1 where it always can. g_gradient is the norm of G's gradient. spread is
        that of the live generator's samples, the root of their summed variance, over the data's. circling counts
        how often in the last WINDOW rows D turned from right to wrong or back: G runs ahead of D, and D after it.
        precision and recall are those of the live generator's samples, see `precision_and_recall`.
        """
        backend = gan.generator.backend
        logits = np.hstack([backend.to_numpy(s) for s in gan.logits()[:2]])  # of real and fake, pack by pack
        if ranks is not None:
            logits = ranks.gather(logits)
        rows, real, fake = len(logits), logits[:, 0], np.sort(logits[:, 1])
        below = np.searchsorted(fake, real, "left") + np.searchsorted(fake, real, "right")  # ties are half right
        accuracy = float(below.mean()) / (2 * rows)
        margin = max(MARGIN, 3 / math.sqrt(6 * rows))  # three standard deviations of an accuracy that is 1/2
        past = [row["d_accuracy"] for row in before[1 - WINDOW :] if "d_accuracy" in row]
        sides = [a > 0.5 for a in (*past, accuracy) if abs(a - 0.5) > margin]
        samples = backend.to_numpy(gan.sample(SEEN, averaged=False))
        sd = math.sqrt(float(samples.var(axis=0).sum()))
        precision = recall = math.nan
        if len(self.real) > 3 and np.isfinite(samples).all():
            precision, recall = precision_and_recall(samples, self.real, least=NEAR * self.sd)
        return {
            "d_accuracy": accuracy,
            "g_gradient": float(backend.xp.linalg.norm(gan.generator.grad)),
            "spread": sd / self.sd if self.sd else math.nan,
            "circling": sum(a != b for a, b in zip(sides, sides[1:], strict=False)),
            "precision": precision,
            "recall": recall,
        }


def watch(learner: Any, batches: Batches) -> Watch | None:
    """The watch over a game; there is none over a model that goes down one loss."""
    return Watch(batches, learner.backend) if isinstance(learner, GAN) else None


@dataclass(frozen=True, repr=False)
class Ill:
    """What is wrong with a run: a word, the numbers that show it, the lesson that explains it, what to try."""

    word: str
    numbers: str
    lesson: int
    cure: str

    def __str__(self) -> str:
        return f"{self.word} ({self.numbers})"

    def __repr__(self) -> str:
        return f"{self}: lesson {self.lesson} explains it; try {self.cure}"


def learns_by_heart(rows: Sequence[dict[str, float]]) -> Ill | None:
    """A model whose rows that were kept back have become less probable since, by a nat or more."""
    told = [(row["held_out"], int(row["step"])) for row in rows if math.isfinite(row.get("held_out", math.nan))]
    if not told or max(told)[0] - told[-1][0] < 1:
        return None
    best, step = max(told)
    shown = f"held_out fell from {best:.1f} nats at step {step:,} to {told[-1][0]:.1f}"
    return Ill("learns by heart", shown, 21, f"steps={step}")


def diagnose(run: Any) -> list[Ill]:
    """What the history of a Run, a History, or its rows, say is wrong in the end; the main thing first.

    Medians of the last RECENT rows are judged, of half as many at least, so one bad row is no ill. Precision and
    recall are judged once there are more than WINDOW rows: a game begins far from its data.
    """
    history = getattr(run, "history", run)
    if learnt := learns_by_heart(getattr(history, "rows", history)):
        return [learnt]
    rows = [row for row in getattr(history, "rows", history) if "precision" in row]  # older histories lack them
    scale = getattr(history, "scale", None)
    ills: list[Ill] = []
    if scale and (scale[0] > 10 * scale[1] or not 0.1 < scale[1] < 10):
        shown = f"the networks see a mean of {scale[0]:.3g} and an sd of {scale[1]:.3g}"
        ills.append(Ill("unscaled data", shown, 13, "scaler=minigan.scaler(data)"))
    if len(rows) < RECENT / 2:
        return ills
    recent = rows[-RECENT:]
    now = {name: float(np.median([row.get(name, math.nan) for row in recent])) for name in rows[-1]}
    accuracy, gradient, spread = now["d_accuracy"], now["g_gradient"], now["spread"]
    precision, recall = now["precision"], now["recall"]
    right, grown = f"d_accuracy {accuracy:.3f}", len(rows) > WINDOW
    if abs(now["g_loss"]) > 100 or abs(now["d_loss"]) > 20 or gradient > 1000:
        shown = f"d_loss {now['d_loss']:.3g}, g_loss {now['g_loss']:.3g}, g_gradient {gradient:.2g}"
        ills.append(
            Ill("diverging", shown, 14, "a lower learning_rate, or r1=0.1 (gradient_penalty for wasserstein)")
        )
    opinions = [row[name] for row in rows for name in ("d_real", "d_fake") if name in row]
    if len(rows) >= RECENT and opinions and min(opinions) >= 0.5 and max(opinions) <= BOUNDED:
        shown = f"D's mean opinions kept from {min(opinions):.3f} to {max(opinions):.3f}"
        ills.append(Ill("D is bounded", shown, 9, "a D without a Sigmoid at its end: it is to give logits"))
    if (gradient < 1e-4 and abs(accuracy - 0.5) > 0.1) or (accuracy > 0.985 and gradient < 0.1):
        shown = f"g_gradient {gradient:.2g}, {right}"
        if abs(now["g_loss"]) < 0.1:
            ills.append(Ill("saturated", shown, 11, "objective=non-saturating"))
        elif gradient < 1e-4:
            ills.append(
                Ill("G is at rest", shown, 12, "generator_activation=leaky_relu, and a lower learning_rate_g")
            )
    if spread < 0.25:
        shown = f"spread {spread:.2g} of the data's"
        ills.append(Ill("collapsed", shown, 15, "packing=2, or a lower learning_rate_g"))
    if accuracy > 0.97:
        shown = f"{right}, d_loss {now['d_loss']:.2g}"
        ills.append(Ill("D wins", shown, 13, "instance_noise=0.3, or a lower learning_rate_d"))
    circles = now["circling"] >= 5  # then precision and recall tell where it is, and not what it comes to
    if circles:
        shown = f"{now['circling']:.0f} turns of D in {WINDOW} rows"
        ills.append(Ill("circling", shown, 14, "beta1=0.5, r1=0.1, or lower learning rates"))
    if grown and not circles and recall < 0.3 and precision > 0.25 and spread >= 0.25:
        shown = f"recall {recall:.2f}"
        ills.append(Ill("partly collapsed", shown, 15, "packing=2, or a larger latent"))
    if grown and not circles and precision < 0.1 and accuracy < 0.8:
        shown = f"precision {precision:.2f}, {right}"
        ills.append(Ill("D is too weak", shown, 13, "a wider or deeper discriminator"))
    return ills
