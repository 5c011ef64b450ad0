"""What is said of samples: one set of scores for whoever asks, and the table of `minigan evaluate`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..core.layers import Dense, LeakyReLU
from ..core.network import Sequential
from ..core.objectives import discriminator_loss
from ..core.optimizers import Adam, HoldThenCosine
from ..core.streams import Stream
from ..data.dataset import Data, moments, of_channels
from ..theory.distributions import Distribution, Mixture
from .metrics import (
    frechet_distance,
    label_mix,
    mode_report,
    nearest,
    neighbour_ratios,
    perfect_mode_report,
    wilson_interval,
)

SCORES = (
    *("modes", "high_quality", "reverse_kl"),
    *("samples_to_train", "held_out_to_samples", "least_class"),
    *("critic", "frechet"),
)
FEW = 4  # columns: up to here every mean and covariance has a line of its own
NEIGHBOURS = 1000  # samples, at most, that neighbours are looked for of


def unit_of(data: Data) -> np.ndarray:
    """What a distance of 1 is, in each column (d,): its own sd, so that no column counts more for its unit.

    Pixels share one, the root of their mean variance, for a grey level is the same in each of them, and so do the
    columns of a channel. A column that never changes keeps its own unit.
    """
    sd = data.standard_deviation
    if data.pixels:
        sd = np.full_like(sd, math.sqrt(np.square(sd).mean()))
    elif data.channels is not None:
        sd = np.sqrt(of_channels(data, np.square(sd)))
    return np.where(sd > 0, sd, 1.0)


def scores(
    samples: np.ndarray, data: Data, seed: int = 0, fast: bool = False, critic: Verdict | None = None
) -> dict[str, float]:
    """Every score of samples (n, d), in the data's units, by its name.

    Mixtures: modes, high_quality (a share), reverse_kl (nats). Sets with held-out rows, unless half of those stand
    among the training rows too: the two neighbour ratios. Sets with labels: least_class, the smallest share of a
    class. All: critic, the accuracy of a fresh critic, who is trained here unless his verdict is given, and
    frechet. Neighbours and Fréchet's distance are taken in `unit_of`, so the latter is in sd². fast leaves out
    what takes time: it gives those of a mixture, or frechet.
    """
    found: dict[str, float] = {}
    unit = unit_of(data)
    if isinstance(data, Mixture):
        report = mode_report(samples, data)
        found = {"modes": report.found, "high_quality": report.high_quality, "reverse_kl": report.reverse_kl}
        if fast:
            return found
    if not fast:
        if _held_apart(data):
            sets = samples[:NEIGHBOURS], data.x, data.held_out
            found |= neighbour_ratios(*(rows / unit for rows in sets))._asdict()
        if data.labels is not None:
            found["least_class"] = float(label_shares(samples, data).min())
        found["critic"] = (critic or fresh_critic(samples, data, seed)).accuracy
    found["frechet"] = frechet_distance(samples, data, unit)
    return {name: float(value) for name, value in found.items()}


def _held_apart(data: Data) -> bool:
    """Whether rows are held out, and most of them stand nowhere among the training rows."""
    return data.held_out is not None and bool(np.median(nearest(data.held_out, data.x)[0]) > 0)


def label_shares(samples: np.ndarray, data: Data) -> np.ndarray:
    """The mix of labels, each sample labelled as its nearest training row."""
    unit = unit_of(data)
    return label_mix(samples[:NEIGHBOURS] / unit, data.x / unit, data.labels)


@dataclass(frozen=True)
class Row:
    """One line of the table: what is measured, on each generator, and what a perfect sampler scores."""

    what: str
    scores: dict[str, str]
    perfect: str


def cheats(data: Data, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """n samples of two generators that know the data and are no good: a number that they reach says little.

    One draws each column on its own, so that all that columns have to do with each other is lost; there is none
    for a single column. The other gives the mean, again and again.
    """
    found = {"shuffled": rng.permuted(draws(data, n, rng), axis=0), "mean": np.tile(data.mean, (n, 1))}
    return found if data.dim > 1 else {"mean": found["mean"]}


def draws(data: Data, n: int, rng: np.random.Generator) -> np.ndarray:
    """n independent draws of a distribution, or rows picked at random, some more than once."""
    if isinstance(data, Distribution):
        return data.sample(n, rng)
    assert data.x is not None
    return data.x[rng.integers(len(data.x), size=n)]


def evaluate(generators: dict[str, np.ndarray], data: Data, seed: int = 0) -> list[Row]:
    """The table for samples (n, d) of each named generator, in the data's units; n at least 2, equal for all.

    It has the `scores` of each, the mix of labels where there are any, and means and covariances. Two `cheats`
    stand beside them, then what a perfect sampler scores on average.
    """
    n = len(next(iter(generators.values())))
    generators = generators | cheats(data, n, Stream(seed, "cheats").at(0))
    critics = {name: fresh_critic(x, data, seed) for name, x in generators.items()}
    found = {name: scores(x, data, critic=critics[name]) for name, x in generators.items()}
    rows: list[Row] = []

    def add(what: str, score: str, says: Callable[[float], str], perfect: str) -> None:
        if all(score in one for one in found.values()):
            rows.append(Row(what, {name: says(one[score]) for name, one in found.items()}, perfect))

    if isinstance(data, Mixture):
        K, ideal = len(data.means), perfect_mode_report(data, n)
        add("modes found", "modes", lambda v: f"{v:.0f} of {K}", f"{ideal.found:.0f} of {K}")
        add("high quality", "high_quality", lambda v: f"{v:.1%}", f"{ideal.high_quality:.1%}")
        add("reverse KL, nats", "reverse_kl", lambda v: f"{v:.4f}", f"{ideal.reverse_kl:.4f}")
    for score, what in (
        ("samples_to_train", "sample to training / held-out to training"),
        ("held_out_to_samples", "held-out to sample / held-out to training"),
    ):
        add(what, score, lambda v: f"{v:.2f}", "1.00")
    rows += _label_rows(generators, data)
    rows.append(Row("fresh critic's accuracy [95 %]", {k: v.text for k, v in critics.items()}, "50 %"))
    rows += _moment_rows(generators, data)
    add("Fréchet distance, sd²", "frechet", lambda v: f"{v:.3g}", f"{frechet_floor(data, n, seed):.3g}")
    return rows


def frechet_floor(data: Data, n: int, seed: int = 0) -> float:
    """What Fréchet's distance, in sd², is on average where there is none: n draws of the data beside the data.

    A distribution is known; rows are themselves a draw, so as many are drawn anew, as in Efron's (1979) bootstrap:
    fewer rows than columns know too little of themselves, and it is too low.
    """
    found = []
    for k in range(4):
        rng = Stream(seed, "Fréchet's floor").at(k)
        beside = data if math.isinf(data.count) else draws(data, int(data.count), rng)
        found.append(frechet_distance(draws(data, n, rng), beside, unit_of(data)))
    return float(np.mean(found))


def _label_rows(generators: dict[str, np.ndarray], data: Data) -> list[Row]:
    """A line a label: its share among samples, each labelled as its nearest training row."""
    if data.labels is None:
        return []
    mixes = {name: label_shares(x, data) for name, x in generators.items()}
    real = np.bincount(data.labels) / len(data.labels)
    return [
        Row(
            f"share of label {data.classes[label] if data.classes else label}, by nearest neighbour",
            {name: f"{mix[label]:.1%}" for name, mix in mixes.items()},
            f"{share:.1%}",
        )
        for label, share in enumerate(real)
    ]


def _moment_rows(generators: dict[str, np.ndarray], data: Data) -> list[Row]:
    """A line a mean and a covariance, for few columns; else the largest error of either, and where it is."""
    mean, covariance = data.moments()
    moments_of = {name: moments(x) for name, x in generators.items()}
    unit, name_of = unit_of(data), data.columns
    rows: list[Row] = []

    def number(a: float, scale: float) -> str:
        return f"{0.0 if abs(a) < 1e-9 * scale else a:.4g}"

    def worst(errors: np.ndarray) -> str:
        where = np.unravel_index(np.abs(errors).argmax(), errors.shape)
        return f"{abs(errors[where]):.2f} ({', '.join(dict.fromkeys(name_of[j] for j in where))})"

    if len(mean) > FEW:
        off = {name: worst((m - mean) / unit) for name, (m, _) in moments_of.items()}
        rows.append(Row("largest error of a mean, in sd", off, "0.00"))
        off = {name: worst((c - covariance) / np.outer(unit, unit)) for name, (_, c) in moments_of.items()}
        rows.append(Row("largest error of a covariance, in sd²", off, "0.00"))
        return rows
    for j, a in enumerate(name_of):
        at_j = {name: number(m[j], unit[j]) for name, (m, _) in moments_of.items()}
        rows.append(Row(f"mean of {a}", at_j, number(mean[j], unit[j])))
    for j, a in enumerate(name_of):
        for k, b in enumerate(name_of[j:], j):
            scale = unit[j] * unit[k]
            at_jk = {name: number(c[j, k], scale) for name, (_, c) in moments_of.items()}
            what = f"variance of {a}" if j == k else f"covariance of {a}, {b}"
            rows.append(Row(what, at_jk, number(covariance[j, k], scale)))
    return rows


def as_table(rows: list[Row]) -> str:
    """The rows as text, aligned."""
    head = ["", *rows[0].scores, "perfect"]
    return aligned([head, *([row.what, *row.scores.values(), row.perfect] for row in rows)])


def aligned(cells: list[list[str]]) -> str:
    """Lines of cells as text: the first column begins where the line does, the others end below each other."""
    first, *rest = (max(map(len, column)) for column in zip(*cells, strict=True))
    lines = (f"{c[0]:{first}}" + "".join(f"  {x:>{w}}" for x, w in zip(c[1:], rest, strict=True)) for c in cells)
    return "\n".join(lines)


@dataclass(frozen=True)
class Verdict:
    """How often a classifier that tells samples from data was right, of so many that it had not seen."""

    right: int
    of: int

    @property
    def accuracy(self) -> float:
        return self.right / self.of

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracies that this does not refute, by Wilson's interval of 95 %."""
        return wilson_interval(self.right, self.of)

    @property
    def low(self) -> float:
        return self.interval[0]

    @property
    def high(self) -> float:
        return self.interval[1]

    @property
    def text(self) -> str:
        return f"{self.accuracy:.1%} [{self.low:.1%}, {self.high:.1%}]"


def fresh_critic(samples: np.ndarray, data: Data, seed: int = 0, steps: int = 600) -> Verdict:
    """Train a new D to tell samples from data on one half of both, and count how often it is right on the other.

    A two-sample test (Lopez-Paz and Oquab 2017): .5 means that this critic finds no difference, 1 that it is never
    wrong. The best critic there is has 1/2 + TV/2. A Dataset's held-out rows are judged, its others trained on; as
    many samples as rows on each side. The interval is Wilson's, 95 %.
    """
    rng = Stream(seed, "fresh critic").at(0)
    real, unseen = data.split(len(samples) // 2, rng)
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
    return Verdict(right, 2 * judged)
