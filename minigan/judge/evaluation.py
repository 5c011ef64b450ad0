"""What `minigan evaluate` says of a run: its samples held against the data, a perfect sampler's score beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.layers import Dense, LeakyReLU
from ..core.network import Sequential
from ..core.objectives import discriminator_loss
from ..core.optimizers import Adam, HoldThenCosine
from ..core.streams import Stream
from ..data.datasets import Dataset
from ..theory.distributions import Distribution, Mixture
from .metrics import (
    frechet_distance,
    label_mix,
    mode_report,
    moments,
    nearest,
    neighbour_ratios,
    perfect_mode_report,
    wilson_interval,
)

FEW = 4  # columns: up to here every mean and covariance has a line of its own


@dataclass(frozen=True)
class Row:
    """One line of the table: what is measured, on each generator, and what a perfect sampler scores."""

    what: str
    scores: dict[str, str]
    perfect: str


def evaluate(generators: dict[str, np.ndarray], data: Distribution | Dataset, seed: int = 0) -> list[Row]:
    """The table for samples (n, d) of each named generator, in the data's units; n at least 2, equal for all.

    Mixtures: modes, high-quality share, reverse KL. Sets with held-out rows, unless half of those stand among the
    training rows too: the neighbour ratios, and the mix of labels where there are any. All: a fresh critic's
    accuracy, the Fréchet distance, means and covariances.
    """
    n = len(next(iter(generators.values())))
    rows: list[Row] = []

    def add(what: str, score: Any, perfect: str) -> None:
        rows.append(Row(what, {name: score(x) for name, x in generators.items()}, perfect))

    if isinstance(data, Mixture):
        K, ideal = len(data.means), perfect_mode_report(data, n)
        add("modes found", lambda x: f"{mode_report(x, data).found} of {K}", f"{ideal.found:.0f} of {K}")
        add("high quality", lambda x: f"{mode_report(x, data).high_quality:.1%}", f"{ideal.high_quality:.1%}")
        add("reverse KL, nats", lambda x: f"{mode_report(x, data).reverse_kl:.4f}", f"{ideal.reverse_kl:.4f}")
    held_out = data.held_out if isinstance(data, Dataset) else None
    if isinstance(data, Dataset) and held_out is not None and np.median(nearest(held_out, data.x)[0]) > 0:
        fewer = min(n, 1000)
        ratios = {name: neighbour_ratios(x[:fewer], data.x, held_out) for name, x in generators.items()}
        for what, field in (
            ("sample to training / held-out to training", "samples_to_train"),
            ("held-out to sample / held-out to training", "held_out_to_samples"),
        ):
            rows.append(Row(what, {name: f"{getattr(r, field):.2f}" for name, r in ratios.items()}, "1.00"))
        if data.labels is not None:
            mixes = {name: label_mix(x[:fewer], data.x, data.labels) for name, x in generators.items()}
            real = np.bincount(data.labels) / len(data.labels)
            for label, share in enumerate(real):
                rows.append(
                    Row(
                        f"share of label {label}, by nearest neighbour",
                        {name: f"{mix[label]:.1%}" for name, mix in mixes.items()},
                        f"{share:.1%}",
                    )
                )
    add("fresh critic's accuracy [95 %]", lambda x: fresh_critic(x, data, seed).text, "50 %")
    mean, covariance = moments(data if isinstance(data, Distribution) else data.x)
    moments_of = {name: moments(x) for name, x in generators.items()}
    unit = float(np.sqrt(np.trace(covariance) / len(mean)))  # the columns' root mean square sd
    names = data.columns if isinstance(data, Dataset) else [f"x{j}" for j in range(1, len(mean) + 1)]

    def number(a: float) -> str:
        return f"{0.0 if abs(a) < 1e-9 * unit else a:.4g}"

    if len(mean) <= FEW:
        for j, a in enumerate(names):
            at_j = {name: number(m[j]) for name, (m, _) in moments_of.items()}
            rows.append(Row(f"mean of {a}", at_j, number(mean[j])))
        for j, a in enumerate(names):
            for k, b in enumerate(names[j:], j):
                at_jk = {name: number(c[j, k]) for name, (_, c) in moments_of.items()}
                what = f"variance of {a}" if j == k else f"covariance of {a}, {b}"
                rows.append(Row(what, at_jk, number(covariance[j, k])))
    else:
        for what, which, truth, scale in (
            ("largest error of a mean, in sd", 0, mean, unit),
            ("largest error of a covariance, in sd²", 1, covariance, unit**2),
        ):
            off = {name: f"{np.abs(m[which] - truth).max() / scale:.2f}" for name, m in moments_of.items()}
            rows.append(Row(what, off, "0.00"))
    reference = data if isinstance(data, Distribution) else data.x
    add("Fréchet distance, units²", lambda x: f"{frechet_distance(x, reference):.4g}", "0")
    return rows


def as_table(rows: list[Row]) -> str:
    """The rows as text, aligned."""
    cells = [("", *rows[0].scores, "perfect")] + [(r.what, *r.scores.values(), r.perfect) for r in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    first, *rest = widths
    lines = [f"{c[0]:{first}}" + "".join(f"  {x:>{w}}" for x, w in zip(c[1:], rest, strict=True)) for c in cells]
    return "\n".join(lines)


@dataclass(frozen=True)
class Verdict:
    """How often a classifier tells samples from data that it has not seen, and the interval of that share."""

    accuracy: float
    low: float
    high: float

    @property
    def text(self) -> str:
        return f"{self.accuracy:.1%} [{self.low:.1%}, {self.high:.1%}]"


def fresh_critic(samples: np.ndarray, data: Distribution | Dataset, seed: int = 0, steps: int = 600) -> Verdict:
    """Train a new D to tell samples from data on one half of both, and count how often it is right on the other.

    A two-sample test (Lopez-Paz and Oquab 2017): .5 means that this critic finds no difference, 1 that it is never
    wrong. The best critic there is has 1/2 + TV/2. A Dataset's held-out rows are judged, its others trained on; as
    many samples as rows on each side. The interval is Wilson's, 95 %.
    """
    rng = Stream(seed, "fresh critic").at(0)
    if isinstance(data, Distribution):
        half = len(samples) // 2
        real, unseen = data.sample(half, rng), data.sample(half, rng)
    else:
        rows = data.x[rng.permutation(len(data.x))]
        cut = len(rows) // 2
        real, unseen = (rows, data.held_out) if data.held_out is not None else (rows[:cut], rows[cut:])
    judged = min(len(unseen), len(samples) // 2)
    learnt = min(len(real), len(samples) - judged)
    if judged < 1 or learnt < 1:
        raise ValueError(f"a fresh critic needs 2 samples and 2 real rows at least, not {len(samples)}")
    real, unseen, fake, unseen_fake = real[:learnt], unseen[:judged], samples[judged:][:learnt], samples[:judged]
    shift, scale = real.mean(axis=0), real.std(axis=0)
    scale = np.where(scale > 0, scale, 1)
    real, unseen, fake, unseen_fake = ((x - shift) / scale for x in (real, unseen, fake, unseen_fake))
    critic = Sequential(
        [Dense(real.shape[1], 64), LeakyReLU(), Dense(64, 64), LeakyReLU(), Dense(64, 1)], seed=seed, name="critic"
    )
    adam = Adam(HoldThenCosine(3e-3, steps, hold=0.0), 0.9, 0.999).bind(critic)
    batch = min(128, learnt)
    trace = critic.trace(2 * batch)
    for _ in range(steps):
        pick = rng.integers(learnt, size=(2, batch))
        logits = critic.forward(np.concatenate([real[pick[0]], fake[pick[1]]]), trace)
        _, d_real, d_fake = discriminator_loss(logits[:batch], logits[batch:])
        critic.backward(np.concatenate([d_real, d_fake]), trace)
        adam.step()
    right = int((critic(unseen) > 0).sum() + (critic(unseen_fake) <= 0).sum())
    low, high = wilson_interval(right, 2 * judged)
    return Verdict(right / (2 * judged), low, high)
