# %% [markdown]
# # 15. One-trick pony: why make eight things when one will do?
# *About 16 seconds; afterwards you can say why a generator drops modes, tell a stuck collapse from a rotating one,
# and count both beside what a perfect sampler would score.*
#
# *Needs: lessons 09, 11 and 13.*
#
# Your parrot earns a treat whenever your brother, in front of the curtain, takes it for you. You know eight words.
# The parrot has found that its "hello" fools him best. It is a sensible bird: it says "hello", and nothing else. A
# generator whose samples are all alike: Z. Jost's introduction to GANs gives this its name, **mode collapse**.
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
from statistics import NormalDist
from typing import Any

import numpy as np

import minigan as mg
from minigan.core.layers import Dense, LeakyReLU
from minigan.core.objectives import find_objective
from minigan.judge.metrics import mode_report
from minigan.lessons import show
from minigan.runs.recipe import Recipe
from minigan.runs.run import start
from minigan.runs.training import train

# %% [markdown]
# ## Follow the recipe to the letter
#
# Another article describes the training in turns. $D$ learns until nothing more can be gained against this $G$;
# then $D$ rests, and $G$ learns until nothing more can be gained against this $D$. It is nearly the 2014 paper,
# whose Proposition 2 also lets $D$ reach its optimum in every round. The difference is small, and decides: there
# $p_G$ is moved a little at a time, here $G$ may go all the way.
#
# Take lesson 13's data, $p = N(4, .5^2)$, and a beginner $p_G = N(0, 1)$. The optimal $D$ needs no training, for
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
    """logit D* for data N(4, .5²) and fakes N(0, 1)."""
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
    G = mg.Sequential([Dense(1, 16), LeakyReLU(), Dense(16, 1)], seed=seed, name="G")
    trace, stream = G.trace(batch), mg.Stream(seed, "latent")
    game = find_objective("minimax")
    for teach in (True, False):
        adam = mg.Adam(mg.HoldThenCosine(1e-2, steps, hold=0.5), 0.5, 0.999).bind(G)
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
    first, last, half = Dense(1, 16), Dense(16, 2), 1e-3  # half of a jump, in z
    G = mg.Sequential([first, LeakyReLU(0.2), last], "numpy", name="by hand")
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
# modes, so that on average not 1 in 50 is good. $D$ marks the place down, and off it goes.
#
# ![the rotating collapse, step by step](../../figures/l15_mode_collapse.gif)
#
# Watch the shares. Averaged over the looks, the leading mode of the moment has three times its due or more. Yet
# in every run 6 modes at least have their turn in the lead, and the *time average* of the shares is within .2 nats
# of uniform: it covers what no moment does. So there are two kinds of collapse: one that stays with its trick, and
# one that changes it all the time.
#
# ![Six moments of a rotating collapse, a stuck one, and the shares of the modes in
# both](../../figures/l15_mode_collapse.png)
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

# %% [markdown]
# ## In five lines
#
# 1. G's loss is a mean over single samples, and nothing in it asks them to differ.
# 2. Trained to the end against the exact $D^*$ of its first fakes, G goes to the one point where that $D^*$ is
#    highest.
# 3. A stuck collapse keeps its few modes, a rotating one goes through many: look at several steps.
# 4. Share of good samples and reverse KL travel together, beside a perfect sampler's 98.89 % and .0014 nats.
# 5. A network whose weights could stand on all eight modes does not find them: the game leads elsewhere.
#
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
    show(15)
