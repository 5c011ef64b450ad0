# %% [markdown]
# # 15. One-trick pony: why make eight things when one will do?
# *About 16 seconds; afterwards you can say why a generator drops modes, tell a stuck collapse from a rotating one,
# and count both beside what a perfect sampler would score.*
#
# Your parrot earns a treat whenever your brother, in front of the curtain, takes it for you. You know eight words.
# The parrot has found that its "hello" fools him best. It is a sensible bird: it says "hello", and nothing else. A
# generator whose samples are all alike: one of our five articles gives this failure its name, **mode collapse**.
# (A *mode* is a place where data are frequent: one of your words.)
#
# **Predict before you read on.** What will your brother do about it, and what will the parrot do then? Does it
# settle on all eight words in the end? And if a bird that says one of your words perfectly is scored by "which
# share of what it says is good?", what does it get?

# %%
from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.core.objectives import find_objective
from minigan.judge.metrics import mode_report, perfect_mode_report
from minigan.lessons import Claim, show
from minigan.runs.recipe import Recipe
from minigan.runs.run import start
from minigan.runs.training import train

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# %% [markdown]
# ## Follow the recipe to the letter
#
# Another article describes the training in turns. $D$ learns until nothing more can be gained against this $G$;
# then $D$ rests, and $G$ learns until nothing more can be gained against this $D$. It is nearly the 2014 paper,
# whose Proposition 2 also lets $D$ reach its optimum in every round. The difference is small, and decides: there
# $p_G$ is moved a little at a time, here $G$ may go all the way.
#
# Take lesson 13's data, $p = N(4, .5)$, and a beginner $p_G = N(0, 1)$. The optimal $D$ needs no training, for
# its logit is $\log p - \log p_G$ (lesson 09):
#
# $$ \operatorname{logit} D^*(x) = -\frac{(x - 4)^2}{2 \cdot .25} + \frac{x^2}{2} + \log 2
#    = -\tfrac32 x^2 + 16 x - 31.31 . $$
#
# A parabola. Now $G$ wants every sample where $D^*$ is highest. Nothing in its loss says that samples should
# *differ*: the loss is a mean of one-sample losses, so the best place for one is the best place for all, and that
# is $x = 16/3 = 5.333$, where the slope $16 - 3x$ is 0. It isn't even the most probable place of the data: it is
# 2.67 sd beyond their mean, and only .38 % of them lie further out. It is where data are most frequent *compared
# with the fakes*, which stand on the left.
#
# The smallest $G$ that can be right here is $G(z) = az + b$. At $a = \tfrac12, b = 4$ it is perfect. It starts at
# $a = 1, b = 0$, and descends the minimax loss $E \log(1 - D^*(G(z)))$:

# %%
Z = np.linspace(-8, 8, 1601)
MASS = np.exp(-Z * Z / 2) / np.exp(-Z * Z / 2).sum()  # means over z ~ N(0, 1), as exact as float64 allows


def logit(x: np.ndarray) -> np.ndarray:
    """logit D* for data N(4, .5) and fakes N(0, 1)."""
    return -1.5 * x**2 + 16 * x - 32 + math.log(2)


def to_the_end(objective: str, steps: int, rate: float = 0.1) -> tuple[float, float]:
    """(a, b) of G(z) = a z + b after so many steps against the fixed D*; the slopes are exact."""
    a, b, slope_of = 1.0, 0.0, find_objective(objective).generator_slope
    for _ in range(steps):
        x = a * Z + b
        slope = slope_of(logit(x)) * (16 - 3 * x)  # of the loss, in x
        a, b = a - rate * float(MASS @ (slope * Z)), b - rate * float(MASS @ slope)
    return a, b


# %% [markdown]
# After 200 steps $b = 5.3333$, and $a$, the sd of everything that $G$ makes, is 0 to 9 decimals. Where $D^*$ is
# near 1 the loss is nearly minus the logit, a parabola in $x$: its mean over $z$ is $\frac32 (a^2 + (b -
# \frac{16}{3})^2)$ plus a constant, least at $a = 0$. A network does the same: 16 hidden units that begin as
# $G(z) = z$ and take 2,000 Adam steps end within .01 of 5.333, with an sd under .02.
#
# With the label trick $G$ collapses too, to an sd below .001 in 1,000 steps, but gets stuck on the way: once $D^*$
# is as good as 1, which it is long before 5.333, the trick's weight $1 - D$ is as good as 0.
#
# *What isn't so.* "Train $G$ to the end against any fixed $D$ and it collapses" is more than this shows. A
# *trained* $D$ is a network, whose logit may rise along some ray for ever, and then $G$ runs off along the ray.
# And had $p_G$ been narrower than the data, the parabola would open upwards, with its argmax at infinity. It is
# this exact $D^*$ that makes a point the answer.


# %%
def network_to_the_end(seed: int, steps: int = 2000, batch: int = 256) -> tuple[float, float]:
    """Mean and sd of a small network's samples, taught G(z) = z first, then set against the fixed D*."""
    from minigan.core.layers import Dense, LeakyReLU
    from minigan.core.optimizers import Adam, HoldThenCosine

    G = mg.Sequential([Dense(1, 16), LeakyReLU(), Dense(16, 1)], seed=seed, name="G")
    trace, stream = G.trace(batch), mg.Stream(seed, "latent")
    game = find_objective("minimax")
    for teach in (True, False):
        adam = Adam(HoldThenCosine(1e-2, steps, hold=0.5), 0.5, 0.999).bind(G)
        for step in range(steps):
            z = stream.at(step + steps * teach).standard_normal((batch, 1))
            x = G.forward(z, trace)
            slope = x - z if teach else game.generator_slope(logit(x)) * (16 - 3 * x)
            G.backward(slope / batch, trace)
            adam.step()
    x = G(stream.at(2 * steps).standard_normal((10_000, 1)))
    return float(x.mean()), float(x.std())


# %% [markdown]
# ## What the brother does next
#
# He has heard nothing but "hello" for a day, so he stops believing it: with $p_k = \frac18$ and a bird that says
# word 0 only, $D^*_0 = \frac{1/8}{1/8 + 1} = \frac19$, and $D^*_k = 1$ for all the others. The best answer is any
# *other* word, alone. So the bird goes from one word to the next and never says two on a day. This is no
# equilibrium but a chase. $\min_G \max_D$ and $\max_D \min_G$ are different games, and to let $G$ move last and
# to the end is to play the second, where one point is always a best answer (Goodfellow 2016, section 5.1.1).
#
# Memory is what helps. Let the brother answer the *average* of all that the bird has ever said, and in eight days
# it must go through all eight words, one after the other; the average is then exact.


# %%
def chase(days: int, memory: bool) -> list[int]:
    """Which of eight words the bird says each day, if D is optimal against yesterday's, or all days so far."""
    said: list[int] = []
    for _ in range(days):
        known = said if memory else said[-1:]
        q = np.bincount(known, minlength=8) / max(len(known), 1)
        opinion = (1 / 8) / (1 / 8 + q)
        said.append(int(opinion.argmax()))  # the first of equals
    return said


# %% [markdown]
# ## Counting
#
# Now networks, on the standard course: eight Gaussians of sd .02 on a circle of radius 2. We need numbers, and as
# everywhere in this house each comes with what a *perfect* sampler scores, here for 2,500 samples:
#
# - **high quality**: the share of samples within 3 sd of the nearest centre. In the plane the distance has
#   $P(r < 3\,\mathrm{sd}) = 1 - e^{-9/2}$, so a perfect sampler has **98.89 %**, with an sd of .21 from one draw
#   to the next. 100 % isn't perfection but a symptom.
# - **modes found**: those with at least one good sample. 8.
# - **reverse KL** from the modes' shares among the good samples to $\frac18$ each, in nats. By chance alone it is
#   $(K - 1)/2n = .0014$ on average ($K = 8$ modes), that is the floor, and above .0060 once in 10,000 times
#   ($2n\,\mathrm{KL}$ is $\chi^2$ with 7 degrees of freedom, nearly).
#
# *And if nothing is good?* Then there are no shares, and 0/0 is not 0. We **define** the reverse KL as $\infty$
# there, the worst there is, and print the shares of *all* samples too, each counted for its nearest centre. A
# paper's table can hide this case by leaving it out.
#
# The perfect "hello" of your prediction has high quality 100 %, better than the data, and a reverse KL of
# $\log 8 = 2.0794$. Neither number may travel without the other.

# %%
RING = mg.ring()
N = 2500
GAME = Recipe(
    batch=128,
    generator_activation="leaky_relu",
    updates="alternating",
    beta2=0.999,
    average=None,
    schedule="hold-cosine",
)
GAMES = {
    "stuck": replace(GAME, steps=8000, latent=1, generator=(16,), discriminator=(64, 64)),
    "rotating": replace(
        GAME, steps=3000, generator=(64, 64), discriminator=(64, 64), schedule="constant", beta1=0.9,
        learning_rate_g=3e-3, learning_rate_d=3e-4,
    ),
}  # fmt: skip
LOOKS, AXIS = 60, np.linspace(-4, 4, 48)


@dataclass(frozen=True)
class Look:
    """What is seen of a run at one step."""

    step: int
    samples: np.ndarray
    report: Any
    value: float
    opinion: np.ndarray | None


@cache
def looks(kind: str, steps: int, seed: int) -> list[Look]:
    """Train; look LOOKS times, evenly spaced, at 2,500 samples and (seed 0) at D's opinion of the plane."""
    recipe = replace(GAMES[kind], steps=steps, seed=seed)
    run, data = start(recipe)
    places = np.stack(np.meshgrid(AXIS, AXIS), axis=-1).reshape(-1, 2)
    seen: list[Look] = []

    def look(gan: mg.GAN, row: dict[str, float]) -> None:
        x = run.sample(N, seed=gan.steps)
        judged = None if seed else run.opinion(places).reshape(len(AXIS), -1)
        seen.append(Look(gan.steps, x, mode_report(x, RING), row["value"], judged))

    train(run.gan, data, recipe.steps, recipe.batch, [look], run.scaler, log_every=recipe.steps // LOOKS)
    return seen


# %% [markdown]
# ## Stuck
#
# One latent number, 16 hidden units in $G$, 64 and 64 in $D$, and nothing to help. Of five seeds none
# ends with more than half of the modes, and in the last quarter of a run their set hardly changes:
# nothing moves any more. (Such runs differ from machine to machine; the claims state bars with room for that.)
#
# "Well, it's a tiny network." That would be a fine excuse, so let us take it away. With one latent number, $G$
# draws a curve with at most 16 bends. It needs 14: stand on a centre, jump (two bends), stand on the next. Here it
# is with its weights written by hand, and it finds 8 of 8, with a reverse KL no larger than chance makes it. The
# network *can*. The game doesn't lead there.


# %%
def by_hand() -> mg.Sequential:
    """A 1-16-2 network that stands on each of the ring's centres for an eighth of its z, and jumps between."""
    from statistics import NormalDist

    from minigan.core.layers import Dense, LeakyReLU

    G = mg.Sequential([Dense(1, 16), LeakyReLU(0.2), Dense(16, 2)], "numpy", name="by hand")
    first, last, half = G.layers[0], G.layers[2], 1e-3  # half of a jump, in z
    first.W[...], first.b[...], last.W[...] = 1, 0, 0
    for k in range(7):
        jump = NormalDist().inv_cdf((k + 1) / 8)
        first.b[2 * k], first.b[2 * k + 1] = half - jump, -half - jump
        climb = (RING.means[k + 1] - RING.means[k]) / (0.8 * 2 * half)  # leaky(u) = .2 u + .8 max(u, 0)
        last.W[2 * k], last.W[2 * k + 1] = climb, -climb
    last.b[...] = RING.means[0] - 0.2 * sum(2 * half * last.W[2 * k] for k in range(7))
    G.moved()
    return G


# %% [markdown]
# ## Rotating
#
# Now give $G$ ten times the rate of $D$ and a long memory ($\beta_1 = .9$). It is the chase of above, by gradient:
# a clump of samples, spread on average over fewer than five of the eight sectors, and mostly between the narrow
# modes, so that at no look 1 in 10 is good. $D$ marks the place down, and off it goes.
#
# ![the rotating collapse, step by step](../figures/l15_mode_collapse.gif)
#
# Watch the shares. Averaged over the looks, the leading mode of the moment has three times its due or more. Yet
# in every run 6 modes at least have their turn in the lead, and the *time average* of the shares is within .2 nats
# of uniform: it covers what no moment does. So there are two kinds of collapse: one that stays with its trick, and
# one that changes it all the time.
#
# *And the loss?* On average over the run $V$ is within .35 nats of $-\log 4 = -1.386$, the value of the game at
# equilibrium. Nothing here is at equilibrium; the mean of a curve that swings only looks so. That is why the
# numbers above count samples.
#
# ## What goes wrong in practice
#
# - *Whose fault?* A picture at the last step can't tell a stuck run from a rotating one. Look at several steps.
# - *Same benchmark, other numbers.* For a plain GAN on eight Gaussians, one paper reports 1 mode of 8 (VEEGAN,
#   2017), another 6.3 on average (PacGAN, 2018). Details differ, so take baselines from your own runs.
# - *Is it the divergence?* It is tempting to say that JS prefers few modes, as reverse KL did in lesson 05. But
#   GANs that play lesson 11's maximum-likelihood game choose few modes too (Goodfellow 2016, section 3.2.5). What
#   we saw is the order of the players' moves, and their rates.


# %%
CHI2_7 = 29.878  # exceeded once in 10,000 times, Abramowitz and Stegun table 26.8


def runs(kind: str, quick: bool) -> list[list[Look]]:
    """Five seeds of this collapse; quick: one, of half the steps."""
    steps = GAMES[kind].steps // (2 if quick else 1)
    return [looks(kind, steps, seed) for seed in range(1 if quick else 5)]


def drawn(look: Look, share: float = 0.01) -> list[int]:
    """The modes with this share or more of all samples."""
    return np.flatnonzero(look.report.shares >= share).tolist()


def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers; quick trains one seed of each collapse, for half the steps."""
    x = np.linspace(-3, 7, 11)[:, None]
    D = mg.optimal_discriminator(mg.Gaussian(4, 0.5), mg.Gaussian(0, 1), x)
    line = 1 / (1 + np.exp(-logit(x[:, 0])))
    a, b = to_the_end("minimax", 200)
    beyond = float(mg.Gaussian(4, 0.5).cdf(np.array([[b]]))[0])
    stalled = to_the_end("non-saturating", 1000)[0]
    nets = [network_to_the_end(seed) for seed in range(1 if quick else 3)]
    farthest = max((m for m, _ in nets), key=lambda m: abs(m - 16 / 3))

    rng, times = np.random.default_rng(15), 100
    reports = [mode_report(RING.sample(N, rng), RING) for _ in range(times)]
    ideal = perfect_mode_report(RING, N)
    share = 1 - math.exp(-4.5)
    pony = mode_report(np.repeat(RING.means[:1], N, axis=0), RING)
    nowhere = mode_report(np.zeros((N, 2)), RING)
    z = np.random.default_rng(16).standard_normal((N, 1))
    handmade = mode_report(by_hand()(z), RING)

    stuck, rotating = runs("stuck", quick), runs("rotating", quick)
    ends = [run[-1].report for run in stuck]
    late = [[frozenset(drawn(look, 0.1)) for look in run[-LOOKS // 4 :]] for run in stuck]
    later = [run[6:] for run in rotating]  # a tenth of the run to get going
    means = [np.mean([look.report.shares for look in run], axis=0) for run in later]
    # fmt: off
    made = [
        Claim("d_star", "logit D* as a parabola: largest error of D* at 11 points", float(np.abs(D - line).max()),
              1e-12, 0, "p / (p + p_G), from the densities", at_most=True),
        Claim("argmax", "where D* is highest: G's mean at the end (minimax)", b, 16 / 3, 1e-9, "16 - 3x = 0"),
        Claim("sd_end", "sd of G's samples then", abs(a), 1e-9, 0, "a point wins against a fixed D*",
              at_most=True),
        Claim("beyond_sd", "the argmax, in the data's sd from their mean", (b - 4) / 0.5, 8 / 3, 1e-8,
              "(16/3 - 4) / .5"),
        Claim("beyond", "share of the data beyond it (%)", 100 * (1 - beyond),
              50 * math.erfc(8 / 3 / math.sqrt(2)), 1e-6, "1 - Phi(8/3), by erfc"),
        Claim("network_mean", "a network's mean there, farthest of the seeds", farthest, 16 / 3, 0.01,
              "16/3; half of the sd's bar"),
        Claim("network_sd", "a network's sd there, largest of the seeds", max(s for _, s in nets), 0.02, 0,
              "0, but for the steps that are left", at_most=True),
        Claim("trick_sd", "the label trick's sd after 1,000 steps", abs(stalled), 0.001, 0, "collapsed too",
              at_most=True),
        Claim("hello", "D* of 'hello' when nothing else is said", 1 / 8 / (1 / 8 + 1), 1 / 9, 1e-12,
              "p / (p + 1)"),
        Claim("chase", "words that the bird says on two days running, of 40 days",
              int((np.diff(chase(40, False)) == 0).sum()), 0, 0, "yesterday's has D* = 1/9, the others 1"),
        Claim("memory", "words in 8 days, if the brother remembers all", len(set(chase(8, True))), 8, 0,
              "D* is lowest on what was said"),
        Claim("ceiling", "a perfect sampler's high-quality share (%)", 100 * ideal.high_quality, 98.8891, 1e-4,
              "1 - exp(-9/2)"),
        Claim("ceiling_drawn", "the same, drawn 100 x 2,500 times (%)",
              100 * float(np.mean([r.high_quality for r in reports])), 100 * share,
              400 * math.sqrt(share * (1 - share) / N / times), "4 standard errors, missed once in 15,000"),
        Claim("ceiling_sd", "its sd from one draw of 2,500 to the next (%)",
              100 * float(np.std([r.high_quality for r in reports])), 100 * math.sqrt(share * (1 - share) / N),
              0.06, "binomial; 4 standard errors of an sd of 100"),
        Claim("floor", "a perfect sampler's reverse KL, n = 2,500 (nats)", ideal.reverse_kl, 0.0014, 1e-12,
              "(8 - 1) / (2 x 2,500)"),
        Claim("floor_drawn", "the same, mean of 100 draws (nats)", float(np.mean([r.reverse_kl for r in reports])),
              0.0014, 4 * math.sqrt(14) / (2 * N * math.sqrt(times)) + 2e-5,
              "2n KL is chi2 with 7; 4 standard errors"),
        Claim("pony", "one word, perfectly: high quality (%)", 100 * pony.high_quality, 100, 0, "all at a centre"),
        Claim("pony_kl", "its reverse KL (nats)", pony.reverse_kl, math.log(8), 1e-12, "log 8"),
        Claim("nowhere", "reverse KL where no sample is good (nats)", nowhere.reverse_kl, math.inf, 0,
              "by definition"),
        Claim("by_hand", "modes found by the 1-16-2 network with weights by hand", handmade.found, 8, 0,
              "built so"),
        Claim("by_hand_kl", "its reverse KL, n = 2,500 (nats)", handmade.reverse_kl, CHI2_7 / (2 * N), 0,
              "the floor's 1 in 10,000", at_most=True),
        Claim("stuck_modes", "stuck: modes found, the most of all seeds", max(r.found for r in ends), 4, 0,
              "half of what a perfect sampler finds; seeds fixed", at_most=True),
        Claim("stuck_kl", "stuck: .0060, chance's 1 in 10,000, over the reverse KL, largest of the seeds",
              max(CHI2_7 / (2 * N) / r.reverse_kl for r in ends), 0.05, 0,
              "20 times beyond chance; log 8 - log 4 would give .009", at_most=True),
        Claim("stuck_still", "stuck: sets of modes above 10 % in the last quarter, most of the seeds",
              max(len(set(run)) for run in late), 2, 0, "1 if nothing moves, and one at the bar", at_most=True,
              full=True),
        Claim("turning_good", "rotating: high quality, the largest at any look (%)",
              100 * max(look.report.high_quality for run in later for look in run), 10, 0,
              "a perfect one has 98.89", at_most=True),
        Claim("turning_modes", "rotating: modes with 1 % or more at a look, mean over looks and seeds",
              float(np.mean([len(drawn(look)) for run in later for look in run])), 5, 0, "a perfect sampler has 8",
              at_most=True),
        Claim("turning_rest", "rotating: share of all but the leading mode, mean over looks, largest of seeds",
              max(1 - float(np.mean([look.report.shares.max() for look in run])) for run in later), 5 / 8, 0,
              "7/8 is due; the leading one has three times its due", at_most=True),
        Claim("turning_all", "rotating: modes that lead at some look, least of the seeds",
              min(len({int(look.report.shares.argmax()) for look in run}) for run in later), 8, 2,
              "8 if each has its turn", full=True),
        Claim("turning_average",
              "rotating: KL from uniform of the shares' mean over looks (nats), largest of seeds",
              max(mg.kl(mean, RING.weights) for mean in means), 0.2, 0,
              "a tenth of log 8: the time average covers", at_most=True, full=True),
        Claim("turning_value", "rotating: mean of V over looks and seeds (nats)",
              float(np.mean([look.value for run in later for look in run])), -math.log(4), 0.35,
              "the equilibrium's value, which this is not", full=True),
    ]
    # fmt: on
    return [claim for claim in made if not (quick and claim.full)]


# %%
BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#595959"


def draw_ring(axes: Any, look: Look) -> None:
    """Samples over D's opinion of the plane, and the eight centres."""
    from minigan.plotting import BANDS, OPINION

    if look.opinion is not None:
        axes.contourf(AXIS, AXIS, look.opinion, levels=BANDS, cmap=OPINION)
    axes.plot(*RING.means.T, "o", color="none", markeredgecolor=BLUE, markersize=5, markeredgewidth=1.2)
    axes.plot(*look.samples[:400].clip(-3.95, 3.95).T, ".", color=VERMILLION, markersize=2.5)  # the far at the rim
    axes.set(xlim=(-4, 4), ylim=(-4, 4), xticks=[], yticks=[], aspect="equal")


def figure(quick: bool = False) -> Figure:
    """Six looks at the rotating collapse; below, the modes' shares of both collapses."""
    from matplotlib.figure import Figure

    stuck, rotating = runs("stuck", quick)[0][-1], runs("rotating", quick)[0]
    picture = Figure(figsize=(8, 4.5), layout="constrained")
    top, bottom = picture.subfigures(2, 1, height_ratios=[1, 1.2])
    for axes, look in zip(top.subplots(1, 6), rotating[-6:], strict=True):
        draw_ring(axes, look)
        axes.set_xlabel(f"step {look.step:,}", fontsize=9)
    said = "rotating: samples (dots; the far ones at the rim) leave a place when D (blue: real) marks it down"
    top.suptitle(said, fontsize=9.5)

    plane, *bars = bottom.subplots(1, 4, width_ratios=[1.05, 1, 1, 1])
    draw_ring(plane, stuck)
    plane.set_xlabel(f"step {stuck.step:,}", fontsize=9)
    plane.set_title("stuck", fontsize=9.5)
    mean = np.mean([look.report.shares for look in rotating], axis=0)
    for axes, shares, title in (
        (bars[0], stuck.report.shares, "stuck, at the end"),
        (bars[1], rotating[-1].report.shares, "rotating, at the end"),
        (bars[2], mean, f"rotating, {LOOKS} looks"),
    ):
        axes.bar(range(1, 9), shares, color=VERMILLION, width=0.7)
        axes.axhline(1 / 8, color=BLUE, ls="--", lw=1.2)
        axes.set(ylim=(0, 1), xticks=range(1, 9), yticks=[0, 0.5, 1])
        axes.set_xlabel("mode", fontsize=9)
        axes.set_title(title, fontsize=9.5)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    for axes, report in ((bars[0], stuck.report), (bars[1], rotating[-1].report)):
        said = f"{report.found} of 8 found\n{report.high_quality:.1%} good\nreverse KL {report.reverse_kl:.2f}"
        axes.text(8.4, 0.97, said, fontsize=8, va="top", ha="right")
    bars[0].set_ylabel("share of all samples", fontsize=9)
    bars[2].text(8.4, 0.15, "truth: 1/8", color=BLUE, fontsize=8, ha="right")
    picture.suptitle("Two ways to collapse: stay on a few modes, or move on for ever", fontsize=11)
    return picture


def animation(path: str | Path) -> None:
    """Write the rotating collapse as a GIF: the clump, D's opinion, the shares. Not in the lesson's time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    pages = []
    for look in looks("rotating", 3000, 0):
        picture = Figure(figsize=(6.4, 3.6), dpi=90, layout="constrained")
        left, right = picture.subplots(1, 2, width_ratios=[1.15, 1])
        draw_ring(left, look)
        left.set_xlabel(f"step {look.step:5,}; shade: D's opinion", family="DejaVu Sans Mono", fontsize=8)
        right.bar(range(1, 9), look.report.shares, color=VERMILLION, width=0.7)
        right.axhline(1 / 8, color=BLUE, ls="--", lw=1.2)
        right.text(8.4, 0.95, "dashed: the truth, 1/8", color=BLUE, fontsize=8, ha="right")
        right.set(ylim=(0, 1), xlabel="mode", ylabel="share of all samples", xticks=range(1, 9))
        right.spines[["top", "right"]].set_visible(False)
        picture.suptitle("Rotating collapse: G outruns D, and D is always a place behind", fontsize=10)
        canvas = FigureCanvasAgg(picture)
        canvas.draw()
        pages.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]))
    palette = pages[len(pages) // 2].quantize(48)
    flat = [page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages]
    flat[0].save(path, "GIF", save_all=True, append_images=flat[1:], duration=200, loop=0)


# %% [markdown]
# ## Now you
#
# `minigan exercise start 15` puts `e15_mode_counter.py` into your folder `exercises`: write the counter, with the
# case where nothing is good. `minigan exercise check 15` judges it.
#
# *Next.* We trusted three numbers here, and one of them preferred a pony to the truth. Lesson 16 fools every
# metric in the house, once each.
#
# *Sources.* Optimal $D$ and Proposition 2: Goodfellow et al. 2014, section 4. Collapse and min-max against
# max-min: Goodfellow 2016, NeurIPS tutorial, section 5.1.1. The ring: Metz et al. 2017, section 3.1. The counts:
# Srivastava et al. 2017 (VEEGAN), table 1, and Lin et al. 2018 (PacGAN), section 4.1. Playing against
# the average: Brown 1951. The bias of a counted entropy: Miller 1955.

# %%
if __name__ == "__main__":
    show("l15_mode_collapse", claims, figure)
