# %% [markdown]
# # 09. Two heaps: what would a perfect critic say?
# *About 2 seconds; afterwards you can derive the best answer that any critic can give, train a network until it
# gives that answer, and tell a critic who knows the world from one who knows a list.*
#
# *Needs: derivatives and integrals, and lessons 01 and 03; 04 where KL is named.*
#
# The bank's intern knows what a genuine note weighs: 1000 mg, with a standard deviation of 4 (lesson 03). Now the
# forger's first notes are in. His paper is too heavy: 1008 mg, with the same spread. On her table are two heaps of
# equal size, and for each note that comes in she is to say the probability that it is genuine. Let us measure
# in a genuine note's standard deviations from its mean, $x = (\text{weight} - 1000) / 4$: genuine notes follow
# $p = N(0, 1)$, forged ones $q = N(2, 1)$.
#
# **Predict before you read on.** What should she say at $x = 1$? At $x = 0$? And a *perfect* intern, who knows
# both $p$ and $q$ by heart: how many notes out of 100 does she get right?

# %%
from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

import minigan as mg
from minigan.core.layers import sigmoid
from minigan.lessons import show

P, Q = mg.Gaussian(0, 1), mg.Gaussian(2, 1)  # genuine and forged, in units of 4 mg from 1000 mg
LOW, HIGH = -2.33, 4.33  # between them lie 99 % of the two heaps together
MESH = np.linspace(-9, 11, 20_001)[:, None]  # for integrals over x, as sums
P_MASS, Q_MASS = (d.density(MESH) * (MESH[1, 0] - MESH[0, 0]) for d in (P, Q))

# %% [markdown]
# ## The answer, one place at a time
#
# Lesson 01 told what a critic pays: $-\log D$ for a genuine note, $-\log(1 - D)$ for a forgery, $D$ being the
# probability of "genuine" that she gave. Over both heaps, in nats, the sum of the two means is
#
# $$-V(D) = -\int p(x) \log D(x)\,dx - \int q(x) \log(1 - D(x))\,dx .$$
#
# Nothing ties her answer here to her answer there, so she may look for the best one **at each $x$ by itself**.
# There she pays $-p \log D - q \log(1 - D)$, a valley in $D$, and at its bottom the slope is 0:
#
# $$-\frac{p}{D} + \frac{q}{1 - D} = 0 \qquad\Longrightarrow\qquad D^*(x) = \frac{p(x)}{p(x) + q(x)} .$$
#
# That is the perfect critic. It is Bayes' rule: of the notes that weigh $x$, the share that is genuine. With
# lesson 01's $\sigma(s) = 1 / (1 + e^{-s})$ her logit is $\log p/q$, and for our two bells it is simple:
#
# $$D^*(x) = \sigma\left(\log \frac{p(x)}{q(x)}\right)
#   = \sigma\left(-\frac{x^2}{2} + \frac{(x - 2)^2}{2}\right) = \sigma(2 - 2x) .$$
#
# So at $x = 1$ she shrugs, .5. At $x = 0$, the very middle of the genuine notes, she says .8808 and *no more*:
# some forgeries weigh that. And she gets 84.13 notes out of 100 right. **Perfect means that nobody can do better,
# not that she is never wrong.** Where the heaps overlap there is nothing to know. (Her share is $\frac12 +
# \frac12$ TV, with lesson 02's total variation.)
#
# Turn the formula round and lesson 04's promise is kept: $p/q = D^* / (1 - D^*)$. She has never heard of a
# density, and carries in her head the ratio of two.
#
# ## Let her learn it
#
# Now she knows neither $p$ nor $q$; she only sees notes. The simplest critic has two numbers, $D(x) = \sigma(wx +
# b)$: logistic regression. Its logit is a straight line, and so, as it happens, is $D^*$'s. With infinitely many
# notes the least bill is at $w = -2$, $b = 2$, exactly; from finitely many the fit scatters around it. (The code
# finds it by Newton's method: a step is the slope over the curvature, and a dozen are plenty.)


# %%
def best_line(x: np.ndarray, genuine: np.ndarray, forged: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton's method for D = sigmoid(w x + b) on notes x (n, 1) with these masses -> ((w, b), Hessian of -V)."""
    A, theta = np.hstack([x, np.ones_like(x)]), np.zeros(2)
    for _ in range(12):
        D = sigmoid(np, A @ theta)
        slope = A.T @ (forged * D - genuine * (1 - D))  # opinion minus label, weighed
        H = A.T @ (A * ((genuine + forged) * D * (1 - D))[:, None])
        theta = theta - np.linalg.solve(H, slope)
    return theta, H


# %% [markdown]
# Not every pair of heaps has its $D^*$ on a line, so from here on $D$ is a network: 1 number in, two layers of 16
# units, 1 logit out. Each unit has a kink: it hands on a positive number as it is, and .2 of a negative one
# (LeakyReLU, with a leak of .2). How a network learns has not been told yet, and all later lessons use it.
#
# ## How networks are trained
#
# **The slope.** Put all weights and biases into one vector $\theta$ and go downhill on the bill: $\theta
# \leftarrow \theta - \text{rate} \cdot \text{slope}$, as lesson 03 climbed with two numbers. What each note sends
# back from its logit is simply *opinion minus label*, $D - 1$ or $D - 0$. How it gets to every weight: lesson 12.
#
# **Batches.** The exact slope needs all notes there are. Some hundred fresh ones give a noisy one, right on
# average, with an error like $n^{-1/2}$. For the line at $w = b = 0$ the slope in $w$ is 1; from 256 + 256 notes
# it has a standard deviation of .0442, from 4 + 4 of .354. Many cheap noisy steps beat few exact ones.
#
# **The start.** All weights 0? Then no unit says anything, no slope reaches any of them, and the bill stays at
# $2 \log 2 = 1.386294$ for ever. So hidden weights begin at random, and *how large* matters: He's rule, variance
# $2 / (\text{number of inputs})$, keeps the mean square of the signals from layer to layer (times 1.04, with our
# leak). Half that sd would leave a quarter, layer after layer. The last layer may begin at 0. Then $D = .5$
# everywhere, and the intern starts as blind as the forger is clumsy; but now that layer has a slope, and she soon
# isn't.
#
# **Scaling.** One rate for all of $\theta$ suits only a valley that is equally steep in all directions. Measure
# the line's valley at its start. Along its steepest direction it curves $\kappa$ times as much as along its
# flattest, and the flattest is crossed last: a rate that the steep direction can bear takes some $\kappa$ times as
# many steps.
#
# | $x$ is | $\kappa$ | plain descent, rate 1 / (steepest curvature), until the bill is within .0001 of the best |
# |---|---|---|
# | weight in mg, about 1004 | $3.2 \cdot 10^{10}$ | after 5,000 steps still 1.3863, a coin's price |
# | 4 mg units from 1000 mg | $3 + 2 \sqrt 2 = 5.83$ | 90 steps (theory allows it 261) |
# | mean 0, sd 1 over both heaps | 1 | 20 steps (theory: 62) |
#
# A network fares no better: fed with milligrams, ours still pays 1.39, a coin's price, after 2,000 steps. Its
# kinks begin at $x = 0$ and all notes lie a thousand units to one side, so at first it is a line, in that line's
# valley. **Scale the data first**: subtract the mean, divide by the standard deviation. (Lesson 13 shows how
# unscaled data make a whole GAN look finished when it isn't.)
#
# **Adam** does from within what scaling does from without: it keeps running means $m$ of each slope and $v$ of its
# square, and moves each parameter by rate $\cdot\, m / \sqrt v$ (both corrected for beginning at 0; lesson 12 does
# it by hand). The first step moves *every* parameter that has a slope by the rate, .01, be the slope large or
# small. Adam can't turn a slanted valley straight, so we scale as well. And since batches are noisy, the rate
# falls to 0 along a cosine: big steps to arrive, small ones to settle.
#
# That is all. The loop at the end of `learn` is the training:

# %%
Heaps = Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]  # n, rng -> n genuine, n forged (n, 1)
Critic = Callable[[np.ndarray], np.ndarray]  # x (n, 1) -> logits (n,)


def fresh(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """n genuine notes and n forged ones that nobody has seen before, each (n, 1)."""
    return P.sample(n, rng), Q.sample(n, rng)


def blank(width: int, seed: int) -> mg.Sequential:
    """A critic's network before its first note: He's start, and a last layer of zeros."""
    hidden = [mg.Dense(1, width), mg.LeakyReLU(), mg.Dense(width, width), mg.LeakyReLU()]
    return mg.Sequential([*hidden, mg.Dense(width, 1, init=("normal", 0.0))], seed=seed, name="D")


def learn(
    heaps: Heaps,
    width: int = 16,
    steps: int = 2000,
    batch: int = 256,
    seed: int = 0,
    centre: float = 1.0,
    scale: float = math.sqrt(2),  # the mean and the sd of both heaps together
    watch: Callable[[int, Critic], None] = lambda step, critic: None,
) -> Critic:
    """Train a network to tell the heaps apart -> the critic; watch(step, critic) may look on."""
    D, rng = blank(width, seed), np.random.default_rng(seed)
    adam = mg.Adam(mg.HoldThenCosine(0.01, steps, hold=0.0), beta1=0.9).bind(D)
    trace = D.trace(2 * batch)

    def critic(x: np.ndarray) -> np.ndarray:
        return D((x - centre) / scale)[:, 0].astype(float)

    for step in range(steps):
        watch(step, critic)
        x = (np.concatenate(heaps(batch, rng)) - centre) / scale
        logits = D.forward(x, trace)
        _, d_genuine, d_forged = mg.discriminator_loss(logits[:batch], logits[batch:])  # opinion - label, / batch
        D.backward(np.concatenate([d_genuine, d_forged]), trace)
        adam.step()
    watch(steps, critic)
    return critic


# %% [markdown]
# She gets there. After 2,000 batches of fresh notes her $D$ is within .02 of $D^*$ on $[-2.33, 4.33]$, where 99 %
# of the notes are, from five different starts; her bill is within .001 of .7126 nats, the perfect critic's. And it
# is a *probability* that she says, not just a score: of the notes to which she gives about .7, about .7 are
# genuine.
#
# Where hardly any note falls she is free. A perfect critic who said .5 everywhere outside that interval would lose
# only .0136 nats. So read nothing into $D$ where neither heap has been.
#
# ## The world and the list
#
# $D^*$ was derived for the world, $p$ and $q$. A training set is another world: 50 + 50 notes, no two alike. *Its*
# perfect critic says 1 on each of the 50 genuine weights, 0 on each of the 50 others, and pays nothing. A network
# that is wide enough (64 units) and sees the same notes 4,000 times heads there, as lesson 03's mixture put its
# needle on a note. Its bill on its own 100 notes falls below .6, and *no* critic's mean bill on unseen notes can
# be below .7126. On those this one pays more than 1.386: she would do better to say .5 always.
#
# How far off is a critic? Put $D^*$ beside $D$, and what is lost has a name from lesson 04:
#
# $$V(D^*) - V(D) = \int (p + q)\; \mathrm{KL}\bigl((D^*, 1 - D^*),\, (D, 1 - D)\bigr)\, dx \;\ge\; 0 .$$
#
# At each $x$ she pays for a wrong belief about one coin, so the gap is never negative: **a bill below the world's
# best is memory** (or luck, if it comes from few notes). Judge a critic on notes kept aside. In a GAN too: there
# the forger's notes are always fresh, but the *real* ones are a list.
#
# ![A critic taught by fresh notes lies on the perfect one; one taught by a list learns the list, and pays for
# it](../../figures/l09_perfect_critic.png)


# %%
def worth(critic: Critic, every: int = 1) -> float:
    """V(D) in the world, in nats: the integral over x, as a sum over the mesh, or every so-manyth place of it."""
    s = critic(MESH[::every])
    return -float(P_MASS[::every] @ np.logaddexp(0, -s) + Q_MASS[::every] @ np.logaddexp(0, s)) * every


def own_bill(critic: Critic, genuine: np.ndarray, forged: np.ndarray) -> float:
    """-V on these very notes, in nats: the sum of two means."""
    return float(mg.discriminator_loss(critic(genuine), critic(forged))[0])


def cram(
    given: tuple[np.ndarray, np.ndarray],
    steps: int = 4000,
    seed: int = 0,
    watch: Callable[[int, Critic], None] = lambda step, critic: None,
) -> Critic:
    """A critic who sees one list, genuine and forged (n, 1), again and again."""
    return learn(lambda n, rng: given, width=64, steps=steps, batch=len(given[0]), seed=seed, watch=watch)


# %% [markdown]
# ## And if the heaps are not equal?
#
# The bank gets one forgery in a hundred notes, not fifty. And a popular trick (*one-sided label smoothing*) tells
# the critic "this one is genuine, .9" instead of 1, so that she doesn't grow too sure. Both change the valley
# at each $x$, and so its bottom. Where to? And can $p/q$ still be had from such a critic's answer? Your exercise.

# %% [markdown]
# ## In five lines
#
# 1. At each $x$ by itself the best opinion is $D^* = p/(p+q)$, the share of genuine notes there.
# 2. Its logit is $\log p/q$, so a critic who never heard of a density carries the ratio of two.
# 3. Perfect is not infallible: where the heaps overlap there is nothing to know.
# 4. A network learns it from scaled data, random first weights, noisy batches, Adam's steps and a falling rate.
# 5. A critic with a short list and a wide network learns the list: a bill below the world's best is memory.
#
# ## Now you
#
# `minigan exercise start 9` puts `e09_perfect_critic.py` into your folder `exercises`: $D^*$ for shares that
# aren't equal and labels that aren't 1, and the way back from $D$ to $p/q$. `minigan exercise check 9` judges it.
#
# *Next.* The perfect critic pays .7126 nats here. If the forger lightens his paper, that bill will rise. Up to
# where, and what does it measure on the way? Lesson 10: what is the game worth?
#
# *Sources.* $D^*$: Goodfellow et al. 2014, proposition 1. The ratio from a classifier: Goodfellow 2016, NeurIPS
# tutorial, section 3.4; Sugiyama, Suzuki and Kanamori 2012, chapter 4. Label smoothing: the tutorial, section 4.2.
# He's start: He et al. 2015, eq. 10. Adam: Kingma and Ba 2015, Algorithm 1. Rates of descent: Boyd and
# Vandenberghe 2004, section 9.3.

# %%
if __name__ == "__main__":
    show(9)
