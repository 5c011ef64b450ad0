# %% [markdown]
# # 10. The value of the game: what is the game worth?
# *About 2 seconds; afterwards you can say what a critic's loss measures, read 1.386, .693 and .5 off a screen
# without mixing them up, and tell why the perfect critic is a bad teacher.*
#
# *Needs: lesson 09, and of lesson 05 the Jensen-Shannon divergence.*
#
# The intern of lesson 09 has become perfect. Now it is the forger's turn: he lightens his paper, and what was 8 mg
# too heavy is 4 mg, 2 mg, 0. In her units (4 mg) genuine notes follow $p = N(0, 1)$ and his $q = N(m, 1)$, and he
# turns the knob $m$, the **shift**: his generator is $G(z) = z + m$. After each turn she is perfect again.
#
# **Predict before you read on.** What does she pay per pair of notes, one genuine and one forged, when $m = 0$ and
# nobody can tell them apart? Many say: .5, because she is right half of the time. And how much easier does his
# life get when he goes from $m = 8$ to $m = 7$?

# %%
from __future__ import annotations

import math

import numpy as np

from minigan.core.layers import softplus
from minigan.lessons import show
from minigan.lessons.l09_perfect_critic import MESH, P_MASS, Critic, Heaps, learn

SHIFTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # in genuine standard deviations

# %% [markdown]
# ## The rule of the game
#
# What she gains, in nats, is what both play for, the **value** of the game. She raises it, he lowers it:
#
# $$\min_G \max_D V(D, G), \qquad V(D, G) = E_{x \sim p}[\log D(x)] + E_{z}[\log(1 - D(G(z)))] .$$
#
# $E$ is an average: over genuine notes in one term, over his noise $z$ in the other. Two averages, *added*. Both
# logarithms are of numbers below 1, so $V \le 0$, and $-V$ is her bill of lesson 09. Read the formula from the
# inside: for each $G$ she takes the best $D$; of all $G$ he takes the one that leaves her least.
#
# Lesson 09 solved the inside, $D^* = p / (p + q)$. Put it in, and halve both denominators; that takes out
# $-\log 2$, twice:
#
# $$V(D^*, G) = \int p \log \frac{p}{p + q} + \int q \log \frac{q}{p + q}
#   = -2 \log 2 + \int p \log \frac{p}{(p + q)/2} + \int q \log \frac{q}{(p + q)/2}
#   = -\log 4 + 2\, \mathrm{JS}(p, q) .$$
#
# There it is, lesson 05's Jensen-Shannon divergence, and nobody asked for it: it came out of a classifier's bill.
# It is never negative and 0 only where $q = p$. So **the game has one best $G$: the one whose forgeries are
# distributed as the real notes are. There $V = -\log 4 = -1.386294$, and $D^* = \frac12$ wherever a note can
# fall.**
#
# An average can be had in two ways: exactly, as an integral, or from notes, with an interval. In code:


# %%
def perfect(m: float) -> Critic:
    """The logit of D* on shift m: log p/q = m^2/2 - m x."""
    return lambda x: m * m / 2 - m * x[:, 0]


def value(critic: Critic, m: float) -> float:
    """V(D, G) on shift m, in nats: the two integrals, as sums over the mesh."""
    x = MESH  # p's part at x; q's part at x + m, where q weighs what p does at x
    return -float(P_MASS @ softplus(np, -critic(x)) + P_MASS @ softplus(np, critic(x + m)))


def value_from_notes(critic: Critic, m: float, n: int, rng: np.random.Generator) -> tuple[float, float]:
    """V(D, G) from n genuine and n forged notes, and its standard error (nats)."""
    x, z = rng.standard_normal((2, n, 1))
    gains = -softplus(np, -critic(x)), -softplus(np, critic(z + m))
    return float(sum(g.mean() for g in gains)), math.sqrt(sum(g.var(ddof=1) for g in gains) / n)


# %% [markdown]
# Six shifts, by the integrals. (The slope in the fourth column and the distance $W_1$ in the fifth are explained
# at the end.)
#
# | shift $m$ | $V(D^*, G)$ | JS, nats | slope $dV/dm$ | $W_1$ |
# |---|---|---|---|---|
# | 0 | -1.386294 | 0 | 0 | 0 |
# | 0.5 | -1.325672 | .0303 | .2353 | .5 |
# | 1 | -1.163451 | .1114 | .3980 | 1 |
# | 2 | -.712633 | .3368 | .4496 | 2 |
# | 4 | -.120854 | .6327 | .1372 | 4 |
# | 8 | -.000187 | .6931 | .0004 | 8 |
#
# From 10,000 + 10,000 notes the same numbers come out, but for their standard errors. The interval of $\pm 1.96$
# of them holds the truth in 95 % of all tries at shift 2. At shift 8, in fewer than 75 %. Most of what she pays
# there she pays for notes on the wrong side of the middle. They are so rare that in 53 % of tries there is not one
# of them in either heap, and then she seems to pay far too little, and the error bar is far too short. An error
# bar knows only what has happened. (At shift 0 it has no width at all: $D^* = \frac12$ for every note, so that
# every sample gives $-\log 4$.)
#
# ## Why .693 and 1.386 are losses and .5 is not
#
# Everybody who trains a GAN asks: *what should the losses be?* At peace $D$ says $\frac12$, and a note for which
# you said $\frac12$ costs $-\log \frac12 = .693$ nats. All else is bookkeeping:
#
# | on the screen, at peace | what was computed |
# |---|---|
# | **.5** | $D$'s *output*, a probability. Its accuracy too. Not a loss |
# | **1.386** $= 2 \log 2$ | D's loss, mean over real + mean over fake: the paper's $-V$, and minigan's |
# | **.693** $= \log 2$ | half of that, as many programs print it; or G's loss by lesson 11's trick, $-\log D$ |
# | **-.693** | G's loss in the minimax game, mean of $\log(1 - D)$ |
# | **13.863** | lesson 01's bill, summed over 10 + 10 |
#
# Half a perfect critic's bill is what she still doesn't know about a note's label once she has seen the note: at
# peace $\log 2$, which is 1 bit, the full price of a coin. JS is what the note has told her: .486 bits at shift 2.
#
# So a D loss that halts at .5 (where peace would be .693) is no success. Half the bill is $\log 2 - \mathrm{JS}$
# at best, so JS is .193 nats *or more*. Our two bells would still be 1.378 apart or more, and a perfect critic
# would get 75.5 notes out of 100 right, or more.
#
# ## The converse is false
#
# "The loss is 1.386, so G is perfect": no. For any $D$ at all
#
# $$V(D, G) = -\log 4 + \underbrace{2\,\mathrm{JS}(p, q)}_{\text{G is not there yet}}
#   - \underbrace{[V(D^*, G) - V(D, G)]}_{\text{D is not at its best}},$$
#
# and two wrongs can cancel. The intern asleep, $D = \frac12$: her bill is 1.386294 at shift 4 as at shift 0; 2 JS
# pays in 1.265440, the gap takes out 1.265440. The intern who knows only lines: give her $N(0, 1)$ against
# $N(0, 2^2)$ and her best line is flat, $w = b = 0$, bill 1.386294, awake and doing her best, while JS is .0927.
# (Lesson 01's round was another such accident.) So "50 % everywhere" is a sign of success only from a critic that
# *could* have said more. Ask a fresh one, about notes that she hasn't seen (lesson 13).
#
# A network trained as in lesson 09 is awake: at each shift its $V$ is below $V(D^*)$, as it must be, and by less
# than .001 nats. That is how JS can be measured where nobody knows a density: train a critic, take $(V + \log 4) /
# 2$, and know that the truth is no smaller. From samples alone that is your exercise.


# %%
def heaps(m: float) -> Heaps:
    """What draws n genuine and n forged notes on shift m, for lesson 09's `learn`."""
    return lambda n, rng: (rng.standard_normal((n, 1)), rng.standard_normal((n, 1)) + m)


def taught(m: float, steps: int = 2000) -> Critic:
    """A critic taught by fresh notes of shift m, on scaled weights."""
    return learn(heaps(m), steps=steps, centre=m / 2, scale=math.sqrt(1 + m * m / 4))


# %% [markdown]
# ## A perfect critic is a bad teacher
#
# Back to $m = 8$. The forger asks the value which way to go, and the slope answers .0004. Why? $D^*$ is already at
# its best, so a small change of it changes nothing; what remains is that his notes move. With the logit $s = m^2/2
# - m x$, each note's $\log(1 - D^*) = -\log(1 + e^s)$ has the slope $-D^* s'(x) = m D^*$ in $x$, and so
#
# $$\frac{d V(D^*, G)}{d m} = m \, E_{x \sim q}[D^*(x)] :$$
#
# **the shift times the mean opinion of his notes.** The surer she is that they are forged, the less he learns from
# her, and a perfect intern, facing a crayon bill, is perfectly sure. This is the blindness of JS that lesson 05
# announced: it looks only where *both* have notes. At shift 8 JS is at its ceiling, $\log 2$, and has stopped
# counting.
#
# A distance that asks how far the notes would have to be *carried*, the Wasserstein distance $W_1$, is $m$ itself.
# Its slope is 1, near and far. GANs have been built on it (Arjovsky et al. 2017); their critic no longer says
# probabilities. We meet a cheaper way out first.
#
# ![The value of the game against the shift, flat far away, and W1, which is
# not](../../figures/l10_value_of_the_game.png)


# %%
def slope(m: float) -> float:
    """dV(D*)/dm = m E_q[D*], as a sum over the mesh (nats a unit of x)."""
    return m * float(P_MASS @ (1 / (1 + np.exp(-perfect(m)(MESH + m)))))


# %% [markdown]
# ## In five lines
#
# 1. $V$ is two averages, added; D raises it and G lowers it.
# 2. Against the best D it is $-\log 4 + 2\,\mathrm{JS}(p, q)$, lowest just where $q = p$.
# 3. At peace D's output is .5, its loss $\log 2 = .693$ a note, or 1.386 a pair.
# 4. The converse is false, for a critic asleep, or one too simple for the task, shows the same numbers.
# 5. Far away a perfect critic teaches nothing: the slope is the shift times the mean opinion of the fakes.
#
# ## Now you
#
# `minigan exercise start 10` puts `e10_value_of_the_game.py` into your folder `exercises`: from a critic's logits
# on real and forged notes, and nothing else, estimate JS with its standard error. `minigan exercise check 10`
# judges it on secret shifts.
#
# *Next.* His notes are hopeless, her opinion is certain, and the value is flat. The inventors of the game saw it
# and lied about a label. Lesson 11: why?
#
# *Sources.* The value, its minimum and JS: Goodfellow et al. 2014, eq. 1 and theorem 1. JS: Lin 1991, eq. 4.1.
# The dying slope of the perfect critic: Arjovsky and Bottou 2017, theorem 2.4. $W_1$: Arjovsky, Chintala and
# Bottou 2017, section 2, example 1.

# %%
if __name__ == "__main__":
    show(10)
