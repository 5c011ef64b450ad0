"""Behind lesson 16, "Which number can you believe?": its matrix of scores, its claims and its figure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.judge.metrics import (
    frechet_distance,
    label_mix,
    mode_report,
    parzen_log_likelihood,
    parzen_report,
    perfect_mode_report,
    precision_and_recall,
)
from minigan.lessons import Claims
from minigan.lessons.l16_every_metric_lies import (
    GALLERY,
    RING,
    ROWS,
    World,
    diagnose,
    digit_cheats,
    k_means,
    precision_and_coverage,
    ring_cheats,
    ring_world,
    score,
    signs,
)
from minigan.theory.divergences import wasserstein1_samples

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRUTHS = 20
BETTER = (1, -1, -1, -1, 1, 1, -1, 0, -1)  # of each row: higher, lower, or, 0, within the range of the truth
ARROWS = {1: "↑", -1: "↓", 0: "→ 1"}


@dataclass(frozen=True)
class Matrix:
    """Scores and verdicts: (9, columns), the truth first; NaN where there is no score."""

    columns: list[str]
    scores: np.ndarray
    passes: np.ndarray


def judged(columns: list[str], scores: np.ndarray, truths: np.ndarray) -> Matrix:
    """scores (columns, 10) against those of true samplers (TRUTHS, 10)."""
    passes = np.empty((len(columns), 9), bool)
    for j, way in enumerate(BETTER):
        low, high = truths[:, j].min(), truths[:, j].max()
        passes[:, j] = (scores[:, j] >= low if way >= 0 else True) & (scores[:, j] <= high if way <= 0 else True)
    passes[:, 2] = scores[:, 9] <= 50
    return Matrix(columns, scores[:, :9].T, passes.T)


@cache
def ring_matrix(quick: bool) -> Matrix:
    """All cheats on the ring; quick: 1,000 points, eight true samplers."""
    rng = np.random.default_rng(16)
    n, steps = (1000, 200) if quick else (2500, 600)
    world = ring_world(n, rng)
    truths = [score(RING.sample(n, rng), world) for _ in range(8 if quick else TRUTHS)]
    cheats = ring_cheats(world, rng)
    scores = [score(x, world, steps) for x in (RING.sample(n, rng), *cheats.values())]
    return judged(["the truth", *cheats], np.array(scores), np.array([*truths, scores[0]]))


def digit_world(rng: np.random.Generator) -> tuple[World, np.ndarray]:
    """The digits, split anew: 877 to train on, 360 unseen, 200 for sigma; and 360 more: a true sampler's."""
    data: Any = mg.load_dataset("digits")
    x = np.concatenate([data.x, data.held_out]) / 16.0
    labels = np.concatenate([data.labels, data.held_out_labels])
    order = rng.permutation(len(x))
    x, labels = x[order], labels[order]
    real = np.bincount(labels) / len(labels)

    def modes(samples: np.ndarray) -> tuple[float, float, float]:
        mix = label_mix(samples, x[:877], labels[:877])
        return float((mix > 0).sum()), math.nan, mg.kl(mix, real)

    return World(x[:877], x[877:1237], x[1237:1437], np.logspace(-1.2, -0.3, 8), modes), x[1437:]


@cache
def digit_matrix(quick: bool) -> Matrix:
    """All cheats on the digits; the true samplers are other splits of the same 1,797 images."""
    rng = np.random.default_rng(17)
    truths = []
    for _ in range(8 if quick else TRUTHS):
        world, unseen = digit_world(rng)
        truths.append(score(unseen[:300], world))
    cheats = digit_cheats(world, unseen, rng)
    scores = [score(x, world, 200 if quick else 600) for x in (unseen[:300], *cheats.values())]
    return judged(["the truth", *cheats], np.array(scores), np.array(truths))


def cell(matrix: Matrix, row: str, column: str) -> float:
    """One score of the matrix."""
    return float(matrix.scores[ROWS.index(row), matrix.columns.index(column)])


def near_a_mode() -> float:
    """P(|x - c| < .06) for x from N(0, 2.0004 I) and |c| = 2, times 8: Rice's density, by the midpoint rule."""
    s2 = 2.0004
    r = (np.arange(10_000) + 0.5) * 0.06 / 10_000
    return 8 * float(np.sum(r / s2 * np.exp(-(r**2 + 4) / (2 * s2)) * np.i0(2 * r / s2)) * 0.06 / 10_000)


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; quick takes fewer points, true samplers and critic's steps."""
    made = Claims()
    equal, below = made.equal, made.below
    ring, digits = ring_matrix(quick), digit_matrix(quick)
    rng, n = np.random.default_rng(18), 200_000
    test, some = RING.sample(10_000, rng), RING.sample(n, rng)
    shuffled = np.stack([some[:, 0], rng.permutation(some[:, 1])], axis=1)
    world, unseen = digit_world(rng)
    means = k_means(world.train, 300, rng)

    # The whole matrix.
    passed = np.concatenate([ring.passes[:, 1:], digits.passes[:, 1:]], axis=1)
    lonely = (~passed.any(axis=1)).sum()
    equal("every_row", "metrics that no cheat passes", lonely, 0, 0, "every metric lies once")
    equal("no_column", "cheats that pass every metric", passed.all(axis=0).sum(), 0, 0, "none is the truth")
    have = ~np.isnan(digits.scores[:, 0])  # digits have no quality row
    says, truth = "metrics that the truth itself passes, ring and digits", ring.passes[:, 0].sum()
    equal("truth", says, truth + digits.passes[have, 0].sum(), 17, 0, "9 + 8; seeds fixed")

    # Fréchet.
    gaussian = mg.Gaussian(RING.mean, covariance=RING.covariance)
    says = "Fréchet distance of N(0, 2.0004 I) and the ring, from their exact moments"
    below("frechet", says, frechet_distance(gaussian, RING), 1e-12, "0: equal moments")
    says = "variance of each coordinate of the ring"
    equal("variance", says, RING.covariance[0, 0], 2.0004, 1e-12, "2^2 / 2 + .02^2")
    says = "share of N(0, 2.0004 I) within 3 sd of a mode (%)"
    equal("near", says, 100 * near_a_mode(), 0.265, 0.0005, "8 times a non-central chi2: first order .2648")
    ceiling = 1 - math.exp(-4.5)
    own = perfect_mode_report(RING, 2500).high_quality
    equal("ceiling", "the ring's own share (%)", 100 * own, 100 * ceiling, 1e-9, "1 - exp(-9/2)")

    # Parzen and the critic.
    pins, exact = parzen_log_likelihood(RING.means, test, 0.02), -math.log(8) - math.log(2 * math.pi * 0.02**2) - 1
    source = "-log 8 - log(2 pi .02^2) - 1; 4 standard errors"
    equal("pins", "pins on Parzen at sigma .02 (nats)", pins.mean(), exact, 4 / math.sqrt(len(test)), source)
    less = cell(ring, "Parzen (nats)", "the truth") - cell(ring, "Parzen (nats)", "pins")
    says = "Parzen: 2,500 true samples less the pins (nats)"
    below("pins_win", says, less, 0, "the entropy is the ceiling (Gibbs)")
    says, source = "the critic's accuracy on the pins (%)", "50 if it sees nothing; a perfect one has 100"
    below("pins_critic", says, cell(ring, "critic (%)", "pins"), 55, source)
    away = cell(ring, "held-out→sample", "pins")
    below("pins_caught", "pins: 1 over held-out to sample", 1 / away, 1 / 4, "caught: 1 is due")
    less = cell(digits, "Parzen (nats)", "the truth") - cell(digits, "Parzen (nats)", "k-means")
    says = "digits, Parzen: 300 true images less 300 k-means centres (nats)"
    below("k_means_wins", says, less, -3, "Theis et al. 2016, table 1: the same order")
    both = (means, np.concatenate([world.train, unseen]))
    by_means, by_all = (parzen_report(x, world.validation, world.held_out, world.sigmas).mean for x in both)
    says = "300 k-means centres less all 1,237 true images (nats)"
    below("all_images", says, by_means - by_all, 0, "at unequal numbers truth wins")

    # W1, and the modes.
    w1 = max(wasserstein1_samples(shuffled[:, j], some[:, j]) for j in range(2))
    says = "W1 of shuffled points to the same points, either coordinate"
    below("w1", says, w1, 1e-12, "the same coordinates")
    report, bar = mode_report(shuffled, RING), 400 * math.sqrt(0.375 * 0.625 / n) + 0.05
    says, source = "shuffled points within 3 sd of a mode (%)", "(4 / 32 + 4 / 16) (1 - exp(-9/2)), nearly"
    equal("shuffled", says, 100 * report.high_quality, 37.5 * ceiling, bar, source)
    equal("shuffled_modes", "modes that they find", report.found, 8, 0, "each pair of axes comes up")
    equal("pony", "the pony's quality (%)", cell(ring, "quality (%)", "pony"), 100, 0, "all at a centre")

    # Precision and coverage, and the grid.
    cloud, fresh = np.random.default_rng(64).standard_normal((2, 1000, 64))
    middle = np.zeros((1, 64))  # a thousand copies of it are in the same spheres
    precision, coverage = precision_and_coverage(middle, cloud)
    source = "|x| is near 8, its fifth neighbour beyond"
    equal("middle_precision", "N(0, I), 64 dimensions: precision of copies of 0", precision, 1, 0, source)
    equal("middle_coverage", "and their coverage", coverage, 1, 0, source)
    says = "precision of 1,000 fresh true samples"
    below("true_precision", says, precision_and_coverage(fresh, cloud)[0], 0.8, "less than the copies'")
    recall = precision_and_recall(np.repeat(middle, 1000, axis=0), cloud)[1]
    equal("middle_recall", "recall of the copies", recall, 0, 0, "their spheres have radius 0")
    mean = world.train.mean(axis=0, keepdims=True)
    precision, coverage = precision_and_coverage(mean, world.train)
    equal("mean_precision", "digits: precision of the mean image", precision, 1, 0, "it is in some sphere")
    below("mean_coverage", "digits: its coverage", coverage, 0.1, "it is far from most")
    twins = np.repeat(np.round(16 * world.train[:50]), 10, axis=0)  # whole numbers: their distances are exact
    for name, edge in (("without", False), ("with", True)):
        says = f"50 digits, each ten times, {name} the edge: precision + coverage"
        two = precision_and_coverage(twins, twins, edge=edge)
        equal(f"edge_{name}", says, sum(two), 2 * edge, 0, "radius 0: all or nothing")
    grid = mg.grid()
    points = grid.sample(n, rng)
    points = np.stack([points[:, 0], rng.permutation(points[:, 1])], axis=1)
    share, bar = 100 * mode_report(points, grid).high_quality, 390 * math.sqrt(ceiling * (1 - ceiling) / n)
    says, source = "the 5 x 5 grid, shuffled: within 3 sd of a mode (%)", "a product; missed once in 10,000"
    equal("grid_shuffled", says, share, 100 * ceiling, bar, source)

    # Copies.
    first = cell(ring, "sample→train", "copies")
    equal("copies", "copies: sample to train", first, 0, 0, "each is its own neighbour")
    says, source = "copies on the ring: held-out to sample", "numerator and denominator are one"
    equal("copies_second", says, cell(ring, "held-out→sample", "copies"), 1, 1e-12, source)
    says = "digits, copies + noise: sample to train"
    equal("noise_first", says, cell(digits, "sample→train", "copies + noise"), 1, 1e-3, "built so")
    share = cell(digits, "held-out→sample", "the truth") / cell(digits, "held-out→sample", "copies + noise")
    says = "their held-out to sample, over the truth's"
    below("noise_second", says, share, 0.9, "caught: 1 is due; noise is farther from everything")
    away = cell(digits, "held-out→sample", "one image")
    below("one_image", "digits, one image: 1 over held-out to sample", 1 / away, 1 / 2, "caught: 1 is due")

    # The gallery.
    runs = {name: signs(name) for name in GALLERY}
    right = sum(diagnose(found) == name for name, found in runs.items())
    equal("named", "gallery: runs that are named as they were made", right, 5, 0, "one of each")
    says, source = "healthy: a fresh critic's accuracy (%)", "50; 55 is 6 standard errors off"
    below("healthy", says, 100 * runs["healthy"].critic, 55, source)
    false = runs["false equilibrium"]
    says = "false equilibrium: D's mean opinion, off 1/2"
    off = max(abs(false.d_real - 0.5), abs(false.d_fake - 0.5))
    below("false_d", says, off, 0.05, "as if all were well")
    says = "false equilibrium: a fresh critic's errors (%)"
    below("false_critic", says, 100 - 100 * false.critic, 40, "50 if all were well")
    says, swing = "circling: 1 over the swing of G's mean, in the data's sd", runs["circling"].swing
    below("circling", says, 1 / swing, 2, "more than half an sd")
    says, source = "never learned: D's mean opinion of the fakes", "0: tanh ends at 1, 6 sd below the data"
    below("never", says, runs["never learned"].d_fake, 0.05, source)
    below("blown", "blown up: the step", runs["blown up"].diverged_at, 50, "the rate is 30")
    return made


def figure(quick: bool = False) -> Figure:
    """The matrix, metric by cheat: what passes, and the score."""
    from matplotlib.figure import Figure

    from minigan.plotting import RED

    picture = Figure(figsize=(8, 4.5), layout="constrained")
    parts = picture.subplots(1, 2, width_ratios=[6, 5])
    for axes, matrix, title in zip(
        parts, (ring_matrix(quick), digit_matrix(quick)), ("ring of 8", "8x8 digits, 300 images"), strict=True
    ):
        for i in range(len(ROWS)):
            for j in range(len(matrix.columns)):
                value = matrix.scores[i, j]
                if math.isnan(value):
                    continue
                fooled = matrix.passes[i, j]
                face = ("#B9D6EA" if j == 0 else RED) if fooled else "#FFFFFF"
                axes.fill([j, j + 1, j + 1, j], [i, i, i + 1, i + 1], color=face, lw=0)
                ink = "#FFFFFF" if fooled and j else "#404040"
                weight = "bold" if fooled and j else "normal"
                where = {"ha": "center", "va": "center", "fontsize": 8, "color": ink, "weight": weight}
                axes.text(j + 0.5, i + 0.5, _short(value), where)
        axes.set(xlim=(0, len(matrix.columns)), ylim=(len(ROWS), 0), yticks=[])
        names = [_wrap(column) for column in matrix.columns]
        axes.set_xticks([j + 0.5 for j in range(len(names))], names, fontsize=8)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.hlines(range(len(ROWS) + 1), 0, len(matrix.columns), color="#C0C0C0", lw=0.6)
        axes.vlines(range(len(matrix.columns) + 1), 0, len(ROWS), color="#C0C0C0", lw=0.6)
        axes.set_xlabel(title, fontsize=9)
        for side in axes.spines.values():
            side.set_visible(False)
    better = ["→ 50" if row.startswith("critic") else ARROWS[way] for row, way in zip(ROWS, BETTER, strict=True)]
    labels = [f"{row}   {way}" for row, way in zip(ROWS, better, strict=True)]
    parts[0].set_yticks([i + 0.5 for i in range(len(ROWS))], labels, fontsize=8)
    said = "Orange: the cheat scores as well as the truth. Every metric is fooled, no cheat fools all"
    picture.suptitle(said, fontsize=10.5)
    picture.supxlabel("↑ higher is better, ↓ lower is better, → towards", fontsize=8.5, x=0.02, ha="left")
    return picture


def _short(value: float) -> str:
    if not math.isfinite(value):
        return "inf"
    if value == round(value) or abs(value) >= 30:
        return f"{value:.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3}f}"


def _wrap(name: str) -> str:
    return "\n".join(name.split(" ", 1))
