# %% [markdown]
# # 16. Every metric lies once: which number can you believe?
# *About 5 seconds; afterwards you can fool eleven numbers that are used to judge generators, say what each
# doesn't see, and name a failed training from the number that shows it.*
#
# *Needs: lessons 10, 13 and 15.*
#
# How good are the fakes? Z. Jost's introduction to GANs calls that a hard question and moves on, and it is one.
# People answer it all the same, in one number, and put the numbers into tables. Frank Abagnale, the story goes,
# passed for an airline pilot without being able to fly: he knew what people looked at. So let us find out what
# each number looks at, by being Abagnale.
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

import numpy as np

import minigan as mg
from minigan.data.dataset import Dataset
from minigan.judge.evaluation import fresh_critic
from minigan.judge.metrics import frechet_distance, mode_report, nearest, neighbour_ratios, parzen_report
from minigan.lessons import show
from minigan.runs.recipe import Recipe
from minigan.runs.training import Diverged, train
from minigan.theory.divergences import wasserstein1_samples

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
# For Parzen the best of a few $\sigma$ is taken, on points set aside. The last two are in units of the
# same distance from unseen to training points. On digits nobody knows the modes, so there "modes" are classes, by
# the nearest training image, and the quality row stays empty.
#
# A *cheat* is any way of making samples that nobody would call learning. The judge is a rule: **a cheat passes a
# metric if it scores no worse than the worst of twenty true samplers** of the same size. The critic is passed if
# its 95 % interval reaches down to 50 %.

# %%
ROWS = ("Parzen (nats)", "Fréchet", "critic (%)", "W1", "modes", "quality (%)", "reverse KL", "sample→train",
        "held-out→sample")  # fmt: skip


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
# And on the 8x8 digits, pixels from 0 to 1, 877 to train on and 360 unseen, each cheat of 300 images:
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
# programming, and in many dimensions takes very many samples. (And mind the benchmark. The popular grid of 5 x 5
# modes is a product of its two coordinates, so that shuffled grid points *are* grid points: 98.9 % are good, the
# ceiling. No score on the grid can tell whether a generator knows which coordinates go together.)
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
#
# **Precision and coverage see spheres.** They stand beside the nine in many papers. Put a sphere around
# each real point, out to its fifth-nearest real neighbour. *Precision* is the share of samples in some sphere,
# *coverage* the share of spheres with some sample in them. Now take 1,000 points of $N(0, I)$ in 64 dimensions.
# **Predict**: what do 1,000 copies of the one point 0 score, and what do fresh true samples?


# %%
def precision_and_coverage(
    samples: np.ndarray, real: np.ndarray, k: int = 5, edge: bool = True
) -> tuple[float, float]:
    """The share of samples (n, d) in some sphere, and of spheres with a sample; edge: a sphere holds its edge."""

    def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:  # squared distances, by |a - b|² = |a|² - 2 a·b + |b|²
        return np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * a @ b.T

    radius = np.sort(apart(real, real), axis=1)[:, k, None]  # its own distance to itself, 0, comes first
    far = apart(real, samples)
    inside = far <= radius if edge else far < radius
    return float(inside.any(axis=0).mean()), float(inside.any(axis=1).mean())


# %% [markdown]
# The copies score **1 and 1**; the truth gets a precision under .8. The points lie at about $\sqrt{64} = 8$ from
# 0, and at about $\sqrt{128} = 11.3$ from each other, with every point's fifth neighbour farther off than 0 is. So
# the middle, where no point ever falls, is in *every* sphere. (On the digits the mean image has precision 1 too,
# but is in few spheres: handwriting is no ball. And *recall*, the share of real points in spheres around the
# samples, is 0 for copies: take it along.)
#
# Does a sphere hold what lies on its edge? It sounds like hair-splitting, until rows repeat. Write each of 50
# digits ten times, and hold this set against itself: all spheres have radius 0, and precision and coverage are 1
# if the edge counts, and 0 if it doesn't. The library prdc takes the second reading, minigan's own metrics the
# first. Whole numbers and categories repeat easily. So look before you believe a 0.
#
# ![Metric by cheat: what passes, and the score](../../figures/l16_every_metric_lies.png)
#
# ## The failure gallery
#
# The article knows two ways to fail: a run that learns nothing, and one that settles in the wrong place. How does
# one tell which it was? A run leaves a few numbers, and most failures have one that gives them away. Here are five
# runs on $N(4, .5^2)$, networks of 16 and 32 units, and a function that names them:
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
#
# ## In five lines
#
# 1. For each of these numbers there is a cheat that scores no worse than a true sampler.
# 2. Fréchet sees two moments, Parzen a blur, W1 by coordinates shadows, precision and coverage only spheres.
# 3. No cheat passes all of them, so report metrics in pairs with opposite blind spots.
# 4. Print beside each score what a true sampler of the same size gets, and hold data back.
# 5. A failed run has a name, and the number that gives it away; that D says one half is asked last.
#
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

# %% [markdown]
# ## Appendix: k-means


# %%
def k_means(x: np.ndarray, k: int, rng: np.random.Generator, rounds: int = 20) -> np.ndarray:
    """k centres (k, d): each point goes to its nearest centre, each centre to its points' mean, and again."""
    centres = x[rng.choice(len(x), k, replace=False)].copy()
    for _ in range(rounds):
        own = nearest(x, centres)[1]
        for j in range(k):
            if (own == j).any():
                centres[j] = x[own == j].mean(axis=0)
    return centres


# %%
if __name__ == "__main__":
    show(16)
