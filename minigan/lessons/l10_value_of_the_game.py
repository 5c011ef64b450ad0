# %% [markdown]
# # 10. The value of the game: what is the game worth?
# *About 2 seconds; afterwards you can say what a critic's loss measures, read 1.386, .693 and .5 off a screen
# without mixing them up, and tell why the perfect critic is a bad teacher.*
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
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.core.layers import softplus
from minigan.lessons import Claim, show
from minigan.lessons.l09_perfect_critic import MESH, P_MASS, Critic, Heaps, P, best_line, learn
from minigan.theory.oracle import measure, pushforward

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
# pays in 1.265440, the gap takes out 1.265440. The intern who knows only lines: give her $N(0, 1)$ against $N(0,
# 2)$, sd 2, and her best line is flat, $w = b = 0$, bill 1.386294, awake and doing her best, while JS is .0927.
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


@cache
def learned(quick: bool) -> dict[float, Critic]:
    """A critic for each shift, taught by fresh notes on scaled weights."""
    shifts, steps = ((0.5, 2.0) if quick else SHIFTS), (1000 if quick else 2000)
    return {m: learn(heaps(m), steps=steps, centre=m / 2, scale=math.sqrt(1 + m * m / 4)) for m in shifts}


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


# %%
def coverage(m: float, runs: int, rng: np.random.Generator, n: int = 10_000) -> tuple[float, float]:
    """Over so many runs of n + n notes: how often +-1.96 standard errors hold V(D*), and how often no note is
    nearer to the other heap's mean."""
    truth, held, clean = value(perfect(m), m), 0, 0
    for _ in range(runs):
        x, z = rng.standard_normal((2, n))
        gains = -softplus(np, m * x - m * m / 2), -softplus(np, -m * z - m * m / 2)
        estimate, se = sum(g.mean() for g in gains), math.sqrt(sum(g.var(ddof=1) for g in gains) / n)
        held += abs(estimate - truth) <= 1.96 * se
        clean += x.max() < m / 2 and z.min() > -m / 2
    return held / runs, clean / runs


def slope(m: float) -> float:
    """dV(D*)/dm = m E_q[D*], as a sum over the mesh (nats a unit of x)."""
    return m * float(P_MASS @ (1 / (1 + np.exp(-perfect(m)(MESH + m)))))


def js_by_hermite(sd: float) -> float:
    """JS between N(0, 1) and N(0, sd), nats: each half a mean over 150 Gauss-Hermite nodes."""
    z, w = np.polynomial.hermite_e.hermegauss(150)
    odds = z * z / 2 * (1 - 1 / sd**2) - math.log(sd), (sd * z) ** 2 / 2 * (1 / sd**2 - 1) + math.log(sd)
    return math.log(2) - float(sum(w @ np.logaddexp(0, a) for a in odds)) / (2 * w.sum())


def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers."""
    forged = {m: mg.Gaussian(m, 1) for m in SHIFTS}
    js = {m: mg.js(P, q) for m, q in forged.items()}
    V = {m: value(perfect(m), m) for m in SHIFTS}
    phi, rng, runs = NormalDist().cdf, np.random.default_rng(10), 200 if quick else 1000
    G = mg.Sequential([mg.Dense(1, 1)], mg.Backend("numpy", "float64"), name="G")
    G.assign([1.0, 2.0])  # z + 2
    x = np.linspace(-3, 7, 101)[:, None]
    p_G = pushforward(G, mg.Latent(1))
    covered, covered_8, clean_8 = coverage(2.0, runs, rng)[0], *coverage(8.0, runs, rng)
    asleep, awake = measure(lambda v: 0 * v, P, forged[4.0]), learned(quick)
    gaps = [measure(critic, P, forged[m]).gap for m, critic in awake.items()]
    wide, even = mg.Gaussian(0, 2), np.linspace(-24, 24, 4801)[:, None]
    flat = best_line(even, P.density(even) / 100, wide.density(even) / 100)[0]
    only_lines = measure(lambda v: 0 * v, P, wide)
    shrugs, half = np.zeros((10, 1)), 1.378
    # fmt: off
    made = []
    for m in SHIFTS:
        made += [
            Claim(f"value_{m:g}", f"V(D*) at shift {m:g}, sum of two means (nats)", V[m], 2 * js[m] - math.log(4),
                  1e-9, "-log 4 + 2 JS by quadrature"),
            Claim(f"w1_{m:g}", f"W1 at shift {m:g} (units)", mg.wasserstein1(P, forged[m]), m, 1e-9, "m"),
        ]
    for m in SHIFTS[1:]:
        up, down = (2 * mg.js(P, mg.Gaussian(m + h)) for h in (1e-3, -1e-3))
        made.append(
            Claim(f"slope_{m:g}", f"dV(D*)/dm at shift {m:g} (nats a unit)", slope(m), (up - down) / 2e-3, 1e-6,
                  "2 JS at m + .001 and m - .001"))
    for m in SHIFTS[1:5]:
        found, se = value_from_notes(perfect(m), m, 10_000, rng)
        made.append(
            Claim(f"notes_{m:g}", f"V(D*) at shift {m:g} from 10,000 + 10,000 notes (nats)", found, V[m],
                  4.4 * se, "the integral; 4.4 standard errors"))
    return [
        *made,
        Claim("density", "exact density of G(z) = z + 2 against N(2, 1), farthest on a grid",
              float(np.abs(p_G.density(x) - forged[2.0].density(x)).max()), 1e-12, 0, "a shift", at_most=True),
        Claim("peace", "D* at shift 0, farthest from 1/2 on a grid",
              float(np.abs(mg.optimal_discriminator(P, forged[0.0], x) - 0.5).max()), 0, 0, "p = q"),
        Claim("no_width", "error bar of V at shift 0 (nats)", value_from_notes(perfect(0), 0, 10_000, rng)[1], 0,
              1e-15, "every note gives -log 2"),
        Claim("covered", "95 % intervals that hold V at shift 2, of 1", covered, 0.95,
              4.4 * math.sqrt(0.95 * 0.05 / runs), "nominal; 4.4 standard errors"),
        Claim("covered_8", "95 % intervals that hold V at shift 8, of 1", covered_8, 0.75, 0, "far from .95",
              at_most=True),
        Claim("clean_8", "tries at shift 8 without any note on the wrong side, of 1", clean_8, phi(4) ** 20_000,
              4.4 * 0.5 / math.sqrt(runs), "Phi(4)^20000; 4.4 standard errors"),
        Claim("sum", "D's loss where D says .5: sum of two means (nats)",
              float(mg.discriminator_loss(shrugs, shrugs)[0]), 2 * math.log(2), 1e-12, "2 log 2"),
        Claim("label_trick", "G's loss where D says .5, label trick (nats)", float(mg.generator_loss(shrugs)[0]),
              math.log(2), 1e-12, "log 2"),
        Claim("minimax", "G's loss where D says .5, minimax (nats)",
              float(mg.generator_loss(shrugs, "minimax")[0]), -math.log(2), 1e-12, "-log 2"),
        Claim("twenty", "D's loss where D says .5, summed over 10 + 10 (nats)",
              10 * float(mg.discriminator_loss(shrugs, shrugs)[0]), 20 * math.log(2), 1e-12, "20 log 2"),
        Claim("bits", "what a note tells of its label at shift 2 (bits)", mg.js(P, forged[2.0], "bits"),
              1 + V[2.0] / 2 / math.log(2), 1e-9, "1 - half the bill"),
        Claim("half_js", "JS at shift 1.378, where a perfect D's half loss is .5 (nats)",
              mg.js(P, mg.Gaussian(half)), math.log(2) - 0.5, 1e-4, "log 2 - .5; shift to .0005"),
        Claim("half_right", "share of notes that D* gets right at shift 1.378",
              1 - float(P_MASS @ (MESH[:, 0] > half / 2)), phi(half / 2), 1e-3, "Phi(m / 2)"),
        Claim("asleep", "V of D = .5 at shift 4 (nats)", asleep.value, -math.log(4), 1e-9, "2 log .5"),
        Claim("asleep_gap", "V(D*) - V(D) of D = .5 at shift 4 (nats)", asleep.gap, 2 * js[4.0], 1e-9, "2 JS"),
        Claim("flat", "best line between N(0, 1) and N(0, 2): larger of |w|, |b|", float(np.abs(flat).max()), 1e-9,
              0, "p and q are even: w = 0; then b = 0", at_most=True),
        Claim("only_lines", "JS of N(0, 1) and N(0, 2) (nats)", only_lines.js, js_by_hermite(2), 1e-9,
              "Gauss-Hermite, 150 nodes"),
        Claim("learned", "V(D*) - V(D) of learned critics, the largest (nats)", max(gaps), 0.001, 0, "0 for D*",
              at_most=True),
        Claim("below", "V(D) - V(D*) of learned critics, the largest (nats)",
              max(value(critic, m) - V[m] for m, critic in awake.items()), 1e-9, 0, "D* is the best",
              at_most=True),
    ]
    # fmt: on


# %%
def figure(quick: bool = False) -> Figure:
    """Left: V(D*), what critics learned, and one asleep. Right: JS flattens, W1 doesn't."""
    from matplotlib.figure import Figure

    blue, vermillion, grey = "#0072B2", "#D55E00", "#595959"
    picture = Figure(figsize=(8, 4.5), layout="constrained")
    worth, far = picture.subplots(1, 2, sharex=True)
    m = np.linspace(0, 8, 81)
    V = np.array([value(perfect(k), k) for k in m])
    js = (V + math.log(4)) / 2

    worth.axhline(-math.log(4), color=grey, lw=1, ls=":")
    worth.text(7.9, -1.36, "D asleep (.5 everywhere): -1.386, at any shift", color=grey, fontsize=8, ha="right")
    worth.plot(m, V, color=blue, lw=2, label="V(D*) = -log 4 + 2 JS, exact")
    awake = learned(quick)
    worth.plot(list(awake), [value(c, k) for k, c in awake.items()], "o", ms=7, mfc="none", mew=1.6,
               color=vermillion, label="V(D) of a network that learned")  # fmt: skip
    arrow = {"arrowstyle": "->", "color": grey}
    worth.annotate(
        "peace:\nV = -log 4\nD = .5", (0, -1.36), (-0.1, -0.75), color=grey, fontsize=8, arrowprops=arrow
    )
    worth.set(ylabel="value of the game (nats, sum of two means)", ylim=(-1.5, 0.06))
    worth.legend(loc="lower right", bbox_to_anchor=(1, 0.14), fontsize=8)
    worth.set_title("What D earns")

    far.plot(m, js / math.log(2), color=blue, lw=2)
    far.plot(m, m / 8, color=vermillion, lw=2, ls="--")
    far.text(3.0, 0.93, "JS / log 2", color=blue, ha="right")
    far.text(5.6, 0.6, "W1 / 8: the same\nslope everywhere", color=vermillion, va="top", fontsize=9)
    for k, place in ((1, (1.35, 0.11)), (4, (4.2, 0.86)), (8, (5.9, 1.03))):
        far.plot(k, (value(perfect(k), k) + math.log(4)) / math.log(4), "o", color=blue, ms=5)
        far.text(*place, f"dV/dm = {slope(k):.4f}", color=blue, fontsize=8)
    far.set(ylabel="distance, as a share of its largest here", ylim=(0, 1.1), xlim=(-0.15, 8.15))
    far.set_title("What G can feel")
    for axes in (worth, far):
        axes.set_xlabel("shift m of the forgeries (standard deviations)")
        axes.spines[["top", "right"]].set_visible(False)
    picture.suptitle("The game measures JS: right at the end, and flat far away, where W1 still slopes")
    return picture


# %% [markdown]
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
    show("l10_value_of_the_game", claims, figure)
