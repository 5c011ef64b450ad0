# %% [markdown]
# # 16. Every metric lies once: which number can you believe?
# *About 5 seconds; afterwards you can fool nine numbers that are used to judge generators, say what each doesn't
# see, and name a failed training from the number that shows it.*
#
# How good are the fakes? One of our five articles calls that a hard question and moves on, and it is one. People
# answer it all the same, in one number, and put the numbers into tables. Frank Abagnale, the story goes, passed
# for an airline pilot without being able to fly: he knew what people looked at. So let us find out what each
# number looks at, by being Abagnale.
#
# **Predict before you read on.** Our yardstick is a *true sampler*: fresh draws from the very distribution that
# made the data. Is there a metric on which something else beats it, not by luck but every time? Is there one on
# which nothing does?

# %%
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.data.dataset import Dataset
from minigan.judge.evaluation import fresh_critic
from minigan.judge.metrics import (
    frechet_distance,
    label_mix,
    mode_report,
    nearest,
    neighbour_ratios,
    parzen_log_likelihood,
    parzen_report,
    perfect_mode_report,
)
from minigan.lessons import Claim, show
from minigan.runs.recipe import Recipe
from minigan.runs.training import Diverged, train
from minigan.theory.divergences import wasserstein1_samples

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RING = mg.ring()

# %% [markdown]
# ## Nine numbers
#
# | metric | what it does | better |
# |---|---|---|
# | Parzen | mean log-likelihood (nats) of unseen points under a bell of width $\sigma$ on each sample | higher |
# | Fréchet | distance of two Gaussians that have the samples' and the data's means and covariances | lower |
# | critic | accuracy of a *fresh* classifier, samples against unseen data | 50 % |
# | W1 | lesson 10's $W_1$ of one coordinate to the data's, mean over the coordinates | lower |
# | modes, quality, reverse KL | lesson 15's three counts | |
# | sample to train | median distance from a sample to the nearest training point | 1 |
# | held-out to sample | median distance from an unseen point to the nearest sample | lower |
#
# For Parzen the best of a few $\sigma$ is taken, on points set aside. The last two are in units of the same
# distance from unseen to training points. On digits nobody knows the modes, so there "modes" are classes, by the
# nearest training image, and the quality row stays empty.
#
# The judge is a rule: **a cheat passes a metric if it scores no worse than the worst of twenty true samplers** of
# the same size. The critic is passed if its 95 % interval reaches down to 50 %.

# %%
ROWS = ("Parzen (nats)", "Fréchet", "critic (%)", "W1", "modes", "quality (%)", "reverse KL", "sample→train",
        "held-out→sample")  # fmt: skip
BETTER = (1, -1, -1, -1, 1, 1, -1, 0, -1)  # higher, lower, or, 0, within the range of the truth


@dataclass(frozen=True)
class World:
    """What samples are held against: training and unseen points, and what is known of their modes."""

    train: np.ndarray
    held_out: np.ndarray
    validation: np.ndarray
    sigmas: np.ndarray
    modes: Callable[[np.ndarray], tuple[float, float, float]]  # samples -> found, quality, reverse KL


def score(x: np.ndarray, world: World, steps: int = 0) -> np.ndarray:
    """The nine numbers of samples x (n, d), and the low end of the critic's interval; it is trained if steps."""
    parzen = parzen_report(x, world.validation, world.held_out[:400], world.sigmas).mean
    d = x.shape[1]
    w1 = np.mean([wasserstein1_samples(x[:, j], world.held_out[:, j]) for j in range(d)])
    names = [f"x{j}" for j in range(d)]
    data = Dataset("data", world.train.astype(np.float32), names, held_out=world.held_out.astype(np.float32))
    verdict = fresh_critic(x, data, seed=0, steps=steps) if steps else None
    critic = (100 * verdict.accuracy, 100 * verdict.low) if verdict else (50.0, 50.0)
    found, good, kl = world.modes(x)
    ratios = neighbour_ratios(x, world.train, world.held_out)
    frechet = frechet_distance(x, world.held_out)
    return np.array([parzen, frechet, critic[0], w1, found, 100 * good, kl, *ratios, critic[1]])


# %% [markdown]
# ## The cheats on the ring
#
# - **pins**: the eight centres, again and again, without their spread.
# - **moments**: one Gaussian, $N(0, 2.0004\, I)$, with exactly the ring's mean and covariance
#   ($r^2/2 + \mathrm{sd}^2 = 2 + .0004$).
# - **shuffled**: training points, each with the second coordinate of another.
# - **copies**: the training points themselves.
# - **pony**: lesson 15's, all samples at one true point.
#
# And on the 8x8 digits, pixels from 0 to 1, each of 300 images:
#
# - **k-means**: 300 averages of training images. **copies**: 300 training images. **copies + noise**: the same,
#   with just so much noise that the distance to the nearest training image is what a new image has. **one
#   image**: a true one that the training never saw, chosen for its usual distance, 300 times.


# %%
def ring_world(n: int, rng: np.random.Generator) -> World:
    """The ring: n points to train on, n unseen, 300 to choose sigma on."""

    def modes(x: np.ndarray) -> tuple[float, float, float]:
        report = mode_report(x, RING)
        return report.found, report.high_quality, report.reverse_kl

    sigmas = 0.02 * 2.0 ** np.arange(-2, 6)
    return World(RING.sample(n, rng), RING.sample(n, rng), RING.sample(300, rng), sigmas, modes)


def ring_cheats(world: World, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Samples (n, 2) of each cheat."""
    x = world.train
    n = len(x)
    return {
        "pins": RING.means[np.arange(n) % 8],
        "moments": rng.multivariate_normal(RING.mean, RING.covariance, n),
        "shuffled": np.stack([x[:, 0], rng.permutation(x[:, 1])], axis=1),
        "copies": x.copy(),
        "pony": np.repeat(RING.means[:1], n, axis=0),
    }


def digit_world(rng: np.random.Generator) -> tuple[World, np.ndarray]:
    """The digits, split anew: 877 to train on, 360 unseen, 200 for sigma; and 360 more: a true sampler's."""
    data = mg.load_dataset("digits")
    x = np.concatenate([data.x, data.held_out]) / 16.0
    labels = np.concatenate([data.labels, data.held_out_labels])
    order = rng.permutation(len(x))
    x, labels = x[order], labels[order]
    real = np.bincount(labels) / len(labels)

    def modes(samples: np.ndarray) -> tuple[float, float, float]:
        mix = label_mix(samples, x[:877], labels[:877])
        return float((mix > 0).sum()), math.nan, mg.kl(mix, real)

    return World(x[:877], x[877:1237], x[1237:1437], np.logspace(-1.2, -0.3, 8), modes), x[1437:]


def k_means(x: np.ndarray, k: int, rng: np.random.Generator, rounds: int = 20) -> np.ndarray:
    """k centres (k, d): each point goes to its nearest centre, each centre to its points' mean, and again."""
    centres = x[rng.choice(len(x), k, replace=False)].copy()
    for _ in range(rounds):
        own = nearest(x, centres)[1]
        for j in range(k):
            if (own == j).any():
                centres[j] = x[own == j].mean(axis=0)
    return centres


def digit_cheats(world: World, unseen: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Samples (300, 64) of each cheat."""
    x = world.train
    copies = x[rng.choice(len(x), 300, replace=False)]
    noise, unit = rng.standard_normal(copies.shape), np.median(nearest(world.held_out, x)[0])
    low, high = 0.0, 1.0
    for _ in range(20):  # the sd at which the first ratio is 1
        sd = (low + high) / 2
        low, high = (sd, high) if np.median(nearest(copies + sd * noise, x)[0]) < unit else (low, sd)
    usual = np.abs(nearest(unseen, x)[0] - unit).argmin()
    return {
        "k-means": k_means(x, 300, rng),
        "copies": copies,
        "copies + noise": copies + sd * noise,
        "one image": np.repeat(unseen[usual : usual + 1], 300, axis=0),
    }


# %% [markdown]
# ## What each doesn't see
#
# **Fréchet sees means and covariances.** Between the ring and *moments* it is 0, exactly, though .265 % of that
# Gaussian's samples are near a mode, against 98.89 % of the truth. From samples it isn't 0, but neither is the
# truth's. (In the FID the moments are those of a network's features. That changes what is seen; it still ends at
# the covariance.)
#
# **Parzen sees the samples blurred, not the samples.** A bell of $\sigma = .02$ on each pin *is* the ring, so the
# pins score $-H = -\log 8 - \log(2\pi \cdot .02^2) - 1 = 2.907$ nats, the best that any density can on average,
# and beat 2,500 true samples, whose own spread is counted twice. On the digits 300 averages beat 300 true images
# by more than 3 nats: an average has had the spread of its images taken out, and the blur puts it back. Theis et
# al. (2016) found it on MNIST. Read with care: *at equal numbers*. All 1,237 images that are neither test nor for
# $\sigma$ beat the 300 averages.
#
# **W1, coordinate by coordinate, sees shadows.** *Shuffled* has the same coordinates as the training points, so
# its W1 to them is 0. A coordinate of the ring is near $\pm 2$ for 1/8 of the points each, near $\pm\sqrt 2$ for
# 1/4 each, near 0 for 1/4, so $4 \cdot \frac18 \cdot \frac14 + 4 \cdot \frac14 \cdot \frac14 = \frac38$ of the
# pairs land near a centre: 37.1 % are good. $W_1$ in the plane would see it, but has to be found by linear
# programming, and in many dimensions takes very many samples.
#
# **Modes found** sees no bad sample: *shuffled* finds all 8. **Quality** sees no missing mode: the pony has 100 %.
# **Reverse KL**, of the modes' shares, doesn't see what lies within a mode: *pins*.
#
# **The critic** sees what a small network learns in 600 steps. A critic that asked "is this point *exactly* a
# centre?" would never be wrong about the pins. This one is right about half of the time. And it can't object to
# copies: it is asked whether they look true, and they do.
#
# **Sample to train** unmasks copies (0), but noise on the copies lifts it back to 1, and *one image*, unseen, has
# it too. **Held-out to sample** catches both, and passes copies on the ring: it is the same distance from unseen
# to training points that it is divided by. Together they are hard to fool, and that is the practical advice:
# *report metrics in pairs with opposite blind spots*.

# %%
TRUTHS = 20


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


# %% [markdown]
# ## The failure gallery
#
# The article knows two ways to fail: a run that learns nothing, and one that settles in the wrong place. How does
# one tell which it was? A run leaves a few numbers, and most failures have one that gives them away. Here are five
# runs on $N(4, .5)$, networks of 16 and 32 units, and a function that names them:
#
# | name | what was done | what shows it |
# |---|---|---|
# | **blown up** | plain descent, rate 30 | a number that isn't finite, within 50 steps |
# | **never learned** | data not scaled, $G$ ends in a tanh: 4 is out of reach | $D$ is sure: below .05 on fakes |
# | **circling** | $G$'s rate ten times $D$'s, nothing decays | $G$'s mean swings by more than half the data's sd |
# | **healthy** | scaled, rates falling, averaged | a fresh critic below 55 % |
# | **false equilibrium** | data not scaled (lesson 13) | $D$ within .05 of one half; a fresh critic isn't |
#
# Two more have their numbers elsewhere: **collapsed** (reverse KL, lesson 15) and **memorised** (sample to train
# at 0, above). The order of the rows is the order to ask in. That $D$ says .5 is asked last: a perfect $G$ would
# leave it at that, and so would a blind $D$.

# %%
LINE = mg.Gaussian(4, 0.5)
GAME = Recipe(
    data="gaussian", steps=2000, batch=128, latent=1, generator=(16, 16), generator_activation="leaky_relu",
    discriminator=(32, 32), learning_rate_d=3e-3, beta2=0.999, schedule="hold-cosine", hold=0.0,
    updates="alternating",
)  # fmt: skip
CONSTANT = replace(GAME, schedule="constant", average=None, learning_rate_d=1e-3)
GALLERY: dict[str, tuple[Recipe, bool]] = {  # and whether the data are scaled
    "healthy": (GAME, True),
    "false equilibrium": (CONSTANT, False),
    "circling": (replace(CONSTANT, learning_rate_g=1e-2, beta1=0.9), True),
    "never learned": (replace(CONSTANT, generator_output="tanh", steps=1000), False),
    "blown up": (replace(CONSTANT, optimizer="sgd", learning_rate=30.0, learning_rate_d=30.0, steps=500), True),
}


@dataclass(frozen=True)
class Signs:
    """The numbers that a run leaves: D's mean opinions and the swing of G's mean over the second half."""

    diverged_at: int = 0
    d_real: float = math.nan
    d_fake: float = math.nan
    swing: float = math.nan  # in the data's sd
    critic: float = math.nan


@cache
def signs(name: str) -> Signs:
    """Train this picture of the gallery and read its numbers."""
    recipe, scaled = GALLERY[name]
    gan, scaler = recipe.build(1), mg.scaler(LINE) if scaled else None
    seen: list[tuple[float, float, float]] = []

    def made(n: int, seed: int, averaged: bool) -> np.ndarray:
        x = np.asarray(gan.sample(n, seed, averaged), np.float64)
        return scaler.to_data(x) if scaler else x

    def hook(gan: mg.GAN, row: dict[str, float]) -> None:
        seen.append((row["d_real"], row["d_fake"], float(made(500, gan.steps, False).mean())))

    try:
        train(gan, LINE, recipe.steps, recipe.batch, [hook], scaler, log_every=recipe.steps // 40)
    except Diverged as error:
        return Signs(diverged_at=error.step)
    late = np.array(seen[20:])
    critic = fresh_critic(made(4000, 0, True), LINE).accuracy
    return Signs(0, late[:, 0].mean(), late[:, 1].mean(), late[:, 2].std() / 0.5, critic)


def diagnose(s: Signs) -> str:
    """The name of what happened, from its numbers."""
    if s.diverged_at:
        return "blown up"
    if s.d_real > 0.95 and s.d_fake < 0.05:
        return "never learned"
    if s.swing > 0.5:
        return "circling"
    if s.critic < 0.55:
        return "healthy"
    return "false equilibrium" if max(abs(s.d_real - 0.5), abs(s.d_fake - 0.5)) < 0.05 else "not finished"


# %% [markdown]
# ## What to do with this
#
# Nothing here says that metrics are worthless: *every* cheat of ours is caught by some row, and in our matrix the
# true sampler alone passes everywhere. A good score is one good answer to one question. So ask several, print
# beside each what the truth scores at the same $n$, and hold data back. It is often said that a generator has
# arrived when no observer can tell its samples from real ones. The critic's 50 % says that *this* observer can't.


# %%
def near_a_mode() -> float:
    """P(|x - c| < .06) for x from N(0, 2.0004 I) and |c| = 2, times 8: Rice's density, by the midpoint rule."""
    s2 = 2.0004
    r = (np.arange(10_000) + 0.5) * 0.06 / 10_000
    return 8 * float(np.sum(r / s2 * np.exp(-(r**2 + 4) / (2 * s2)) * np.i0(2 * r / s2)) * 0.06 / 10_000)


def cell(matrix: Matrix, row: str, column: str) -> float:
    """One score of the matrix."""
    return float(matrix.scores[ROWS.index(row), matrix.columns.index(column)])


def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers; quick takes fewer points, true samplers and critic's steps."""
    ring, digits = ring_matrix(quick), digit_matrix(quick)
    have = ~np.isnan(digits.scores[:, 0])  # digits have no quality row
    passed = np.concatenate([ring.passes[:, 1:], digits.passes[:, 1:]], axis=1)
    rng, n = np.random.default_rng(18), 200_000
    gaussian = mg.Gaussian(RING.mean, covariance=RING.covariance)
    test = RING.sample(10_000, rng)
    pins = parzen_log_likelihood(RING.means, test, 0.02)
    exact = -math.log(8) - math.log(2 * math.pi * 0.02**2) - 1
    some = RING.sample(n, rng)
    shuffled = np.stack([some[:, 0], rng.permutation(some[:, 1])], axis=1)
    report = mode_report(shuffled, RING)
    w1 = max(wasserstein1_samples(shuffled[:, j], some[:, j]) for j in range(2))
    world, unseen = digit_world(rng)
    by_means, by_all = (
        parzen_report(x, world.validation, world.held_out, world.sigmas).mean
        for x in (k_means(world.train, 300, rng), np.concatenate([world.train, unseen]))
    )
    ceiling = 1 - math.exp(-4.5)
    runs = {name: signs(name) for name in GALLERY}
    false = runs["false equilibrium"]
    # fmt: off
    made = [
        Claim("every_row", "metrics that no cheat passes", float((~passed.any(axis=1)).sum()), 0, 0,
              "every metric lies once"),
        Claim("no_column", "cheats that pass every metric", float(passed.all(axis=0).sum()), 0, 0,
              "none is the truth"),
        Claim("truth", "metrics that the truth itself passes, ring and digits",
              float(ring.passes[:, 0].sum() + digits.passes[have, 0].sum()), 17, 0, "9 + 8; seeds fixed"),
        Claim("frechet", "Fréchet distance of N(0, 2.0004 I) and the ring, from their exact moments",
              frechet_distance(gaussian, RING), 1e-12, 0, "0: equal moments", at_most=True),
        Claim("variance", "variance of each coordinate of the ring", RING.covariance[0, 0], 2.0004, 1e-12,
              "2^2 / 2 + .02^2"),
        Claim("near", "share of N(0, 2.0004 I) within 3 sd of a mode (%)", 100 * near_a_mode(), 0.265, 0.0005,
              "8 times a non-central chi2: first order .2648"),
        Claim("ceiling", "the ring's own share (%)", 100 * perfect_mode_report(RING, 2500).high_quality,
              100 * ceiling, 1e-9, "1 - exp(-9/2)"),
        Claim("pins", "pins on Parzen at sigma .02 (nats)", float(pins.mean()), exact, 4 / math.sqrt(len(test)),
              "-log 8 - log(2 pi .02^2) - 1; 4 standard errors"),
        Claim("pins_win", "Parzen: 2,500 true samples less the pins (nats)",
              cell(ring, "Parzen (nats)", "the truth") - cell(ring, "Parzen (nats)", "pins"), 0, 0,
              "the entropy is the ceiling (Gibbs)", at_most=True),
        Claim("pins_critic", "the critic's accuracy on the pins (%)", cell(ring, "critic (%)", "pins"), 55, 0,
              "50 if it sees nothing; a perfect one has 100", at_most=True),
        Claim("pins_caught", "pins: 1 over held-out to sample", 1 / cell(ring, "held-out→sample", "pins"),
              1 / 4, 0, "caught: 1 is due", at_most=True),
        Claim("k_means_wins", "digits, Parzen: 300 true images less 300 k-means centres (nats)",
              cell(digits, "Parzen (nats)", "the truth") - cell(digits, "Parzen (nats)", "k-means"), -3, 0,
              "Theis et al. 2016, table 1: the same order", at_most=True),
        Claim("all_images", "300 k-means centres less all 1,237 true images (nats)", by_means - by_all, 0, 0,
              "at unequal numbers truth wins", at_most=True),
        Claim("w1", "W1 of shuffled points to the same points, either coordinate", w1, 1e-12, 0,
              "the same coordinates", at_most=True),
        Claim("shuffled", "shuffled points within 3 sd of a mode (%)", 100 * report.high_quality, 37.5 * ceiling,
              400 * math.sqrt(0.375 * 0.625 / n) + 0.05, "(4 / 32 + 4 / 16) (1 - exp(-9/2)), nearly"),
        Claim("shuffled_modes", "modes that they find", report.found, 8, 0, "each pair of axes comes up"),
        Claim("pony", "the pony's quality (%)", cell(ring, "quality (%)", "pony"), 100, 0, "all at a centre"),
        Claim("copies", "copies: sample to train", cell(ring, "sample→train", "copies"), 0, 0,
              "each is its own neighbour"),
        Claim("copies_second", "copies on the ring: held-out to sample",
              cell(ring, "held-out→sample", "copies"), 1, 1e-12, "numerator and denominator are one"),
        Claim("noise_first", "digits, copies + noise: sample to train",
              cell(digits, "sample→train", "copies + noise"), 1, 1e-3, "built so"),
        Claim("noise_second", "their held-out to sample, over the truth's",
              cell(digits, "held-out→sample", "the truth") / cell(digits, "held-out→sample", "copies + noise"),
              0.9, 0, "caught: 1 is due; noise is farther from everything", at_most=True),
        Claim("one_image", "digits, one image: 1 over held-out to sample",
              1 / cell(digits, "held-out→sample", "one image"), 1 / 2, 0, "caught: 1 is due", at_most=True),
        Claim("named", "gallery: runs that are named as they were made",
              sum(diagnose(s) == name for name, s in runs.items()), 5, 0, "one of each"),
        Claim("healthy", "healthy: a fresh critic's accuracy (%)", 100 * runs["healthy"].critic, 55, 0,
              "50; 55 is 6 standard errors off", at_most=True),
        Claim("false_d", "false equilibrium: D's mean opinion, off 1/2",
              max(abs(false.d_real - 0.5), abs(false.d_fake - 0.5)), 0.05, 0, "as if all were well", at_most=True),
        Claim("false_critic", "false equilibrium: a fresh critic's errors (%)", 100 - 100 * false.critic, 40, 0,
              "50 if all were well", at_most=True),
        Claim("circling", "circling: 1 over the swing of G's mean, in the data's sd", 1 / runs["circling"].swing,
              2, 0, "more than half an sd", at_most=True),
        Claim("never", "never learned: D's mean opinion of the fakes", runs["never learned"].d_fake, 0.05, 0,
              "0: tanh ends at 1, 6 sd below the data", at_most=True),
        Claim("blown", "blown up: the step", runs["blown up"].diverged_at, 50, 0, "the rate is 30", at_most=True),
    ]
    # fmt: on
    return [claim for claim in made if not (quick and claim.full)]


# %%
def figure(quick: bool = False) -> Figure:
    """The matrix, metric by cheat: what passes, and the score."""
    from matplotlib.figure import Figure

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
                face = ("#B9D6EA" if j == 0 else "#D55E00") if fooled else "#FFFFFF"
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
    parts[0].set_yticks([i + 0.5 for i in range(len(ROWS))], ROWS, fontsize=8)
    said = "Orange: the cheat scores as well as the truth. Every metric is fooled, no cheat fools all"
    picture.suptitle(said, fontsize=10.5)
    return picture


def _short(value: float) -> str:
    if not math.isfinite(value):
        return "inf"
    if value == round(value) or abs(value) >= 30:
        return f"{value:.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3}f}"


def _wrap(name: str) -> str:
    return "\n".join(name.split(" ", 1))


# %% [markdown]
# ## Now you
#
# `minigan exercise start 16` puts `e16_build_a_cheat.py` into your folder `exercises`: be Abagnale, and beat the
# true sampler on two metrics. `minigan exercise check 16` judges your forgeries.
#
# *Next.* We can tell collapse from health now, by more than one number. Lesson 17 puts the cures on one
# scoreboard.
#
# *Sources.* Parzen: Goodfellow et al. 2014, section 5; what it doesn't measure: Theis, van den Oord and Bethge
# 2016, section 3. Fréchet: Heusel et al. 2017, eq. 6. Two-sample tests by a classifier: Lopez-Paz and Oquab 2017.
# Modes: Lin et al. 2018, section 4.1. W1 by sorting: Vallender 1974. Non-convergence and its forms: Goodfellow
# 2016, NeurIPS tutorial, section 5.1.

# %%
if __name__ == "__main__":
    show("l16_every_metric_lies", claims, figure)
