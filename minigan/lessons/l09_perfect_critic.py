# %% [markdown]
# # 09. Two heaps: what would a perfect critic say?
# *About 2 seconds; afterwards you can derive the best answer that any critic can give, train a network until it
# gives that answer, and tell a critic who knows the world from one who knows a list.*
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
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.core.layers import sigmoid
from minigan.lessons import Claim, show
from minigan.theory.oracle import measure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
# notes the least bill is at $w = -2$, $b = 2$, exactly; from finitely many the fit scatters around it.


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
# the line's valley at its start: along its steepest direction it curves $\kappa$ times as much as along its
# flattest.
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


# %%
def worth(critic: Critic, every: int = 1) -> float:
    """V(D) in the world, in nats: the integral over x, as a sum over the mesh, or every so-manyth place of it."""
    s = critic(MESH[::every])
    return -float(P_MASS[::every] @ np.logaddexp(0, -s) + Q_MASS[::every] @ np.logaddexp(0, s)) * every


def own_bill(critic: Critic, genuine: np.ndarray, forged: np.ndarray) -> float:
    """-V on these very notes, in nats: the sum of two means."""
    return float(mg.discriminator_loss(critic(genuine), critic(forged))[0])


@cache
def student(quick: bool, seed: int) -> Critic:
    """A critic who learnt from fresh notes."""
    return learn(fresh, steps=1500 if quick else 2000, seed=seed)


@cache
def crammer(quick: bool, seed: int = 0, notes: int = 50) -> tuple[Critic, np.ndarray, list[np.ndarray]]:
    """A critic who saw one list again and again -> (critic, (step, own bill, bill in the world), the list)."""
    given, seen = fresh(notes, np.random.default_rng(9 + seed)), []
    steps = 1500 if quick else 4000
    looks = {0, *np.geomspace(10, steps, 10 if quick else 40).astype(int).tolist()}

    def watch(step: int, critic: Critic) -> None:
        if step in looks:
            seen.append((step, own_bill(critic, *given), -worth(critic, 10)))

    critic = learn(lambda n, rng: given, width=64, steps=steps, batch=notes, seed=seed, watch=watch)
    return critic, np.array(seen), list(given)


# %% [markdown]
# ## And if the heaps are not equal?
#
# The bank gets one forgery in a hundred notes, not fifty. And a popular trick (*one-sided label smoothing*) tells
# the critic "this one is genuine, .9" instead of 1, so that she doesn't grow too sure. Both change the valley
# at each $x$, and so its bottom. Where to? And can $p/q$ still be had from such a critic's answer? Your exercise.


# %%
def descent(x: np.ndarray, steps: int, best: float) -> tuple[int, float, float]:
    """Plain descent for the line, fed with x (401, 1), at rate 1 / steepest curvature at the start -> (steps until
    the bill is within .0001 of the best, the bill then, kappa)."""
    A, theta = np.hstack([x, np.ones_like(x)]), np.zeros(2)
    genuine, forged = P_MASS[::50] * 50, Q_MASS[::50] * 50
    curvature = np.linalg.eigvalsh(A.T @ (A * ((genuine + forged) / 4)[:, None]))
    for step in range(steps + 1):
        s = A @ theta
        bill = float(genuine @ np.logaddexp(0, -s) + forged @ np.logaddexp(0, s))
        if bill < best + 1e-4 or step == steps:
            break
        D = sigmoid(np, s)
        theta -= A.T @ (forged * D - genuine * (1 - D)) / curvature[1]
    return step, bill, float(curvature[1] / curvature[0])


def step_bound(x: np.ndarray, steepest: float, best: float) -> float:
    """Steps that suffice: in a valley that curves between mu and L, a step of 1 / L leaves at most 1 - mu / L."""
    mu = float(np.linalg.eigvalsh(best_line(x, P_MASS, Q_MASS)[1])[0])  # on the way there it curves more
    return math.log((math.log(4) - best) / 1e-4) / -math.log(1 - mu / steepest)


def slope_sd(k: int, rng: np.random.Generator) -> float:
    """The sd, over 2,000 batches of k + k notes, of the slope in w of the line at w = b = 0."""
    genuine, forged = fresh(2000 * k, rng)
    return float(((forged - genuine) / 2).reshape(2000, k).mean(axis=1).std(ddof=1))


def first_step(net: mg.Sequential, rng: np.random.Generator) -> tuple[float, float, float]:
    """One batch and one step of Adam -> (bill, largest slope, the moves' largest distance from the rate)."""
    trace, before = net.trace(512), net.theta.copy()
    logits = net.forward(np.concatenate(fresh(256, rng)), trace)
    bill, *back = mg.discriminator_loss(logits[:256], logits[256:])
    net.backward(np.concatenate(back), trace)
    mg.Adam(0.01).bind(net).step()
    moved = np.abs(net.theta - before)[np.abs(net.grad) > 1e-4]
    return float(bill), float(np.abs(net.grad).max()), float(np.abs(moved - 0.01).max(initial=0))


def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers."""
    best = math.log(4) - 2 * mg.js(P, Q)  # the perfect critic's bill
    x = np.linspace(LOW, HIGH, 667)[:, None]
    exact, phi = mg.optimal_discriminator(P, Q, x), NormalDist().cdf
    d_star = mg.optimal_discriminator(P, Q, np.array([[0.0], [1.0]]))
    shrug = measure(lambda v: np.where((v > LOW) & (v < HIGH), 2 - 2 * v, 0), P, Q, [LOW, HIGH])

    rng, line = np.random.default_rng(9), best_line(MESH, P_MASS, Q_MASS)[0]
    coarse = MESH[::50]
    in_mg, in_sd, scaled = (descent(u, 5000, best) for u in (1000 + 4 * coarse, coarse, (coarse - 1) / 2**0.5))
    zeros = blank(16, 0)
    zeros.assign(np.zeros(zeros.size))
    no_slope = first_step(zeros, rng)[1]
    blind, _, off = first_step(blank(16, 0), rng)
    layer, signal = mg.Sequential([mg.Dense(512, 512), mg.LeakyReLU()], seed=9), rng.standard_normal((1000, 512))

    students = [student(quick, seed) for seed in range(1 if quick else 5)]
    worst = max(float(np.abs(sigmoid(np, critic(x)) - exact).max()) for critic in students)
    notes, genuine = np.concatenate(fresh(100_000, rng)), np.repeat([1.0, 0.0], 100_000)
    said = sigmoid(np, students[0](notes))
    pick = (said > 0.6) & (said < 0.8)
    right = float(((said > 0.5) == genuine).mean())
    calm = measure(students[0], P, Q)
    crammed, _, given = crammer(quick)
    own = own_bill(crammed, *given)
    # fmt: off
    made = [
        Claim("half_way", "D* at x = 1", float(d_star[1]), 0.5, 1e-15, "p = q there"),
        Claim("middle", "D* at x = 0, amid the genuine notes", float(d_star[0]), 1 / (1 + math.exp(-2)), 1e-15,
              "sigmoid(2)"),
        Claim("bill", "the perfect critic's bill (nats, sum of two means)",
              -worth(lambda v: 2 - 2 * v[:, 0]), best, 1e-9, "log 4 - 2 JS by quadrature"),
        Claim("right", "notes that a learned critic gets right, of 1", right, phi(1),
              4.4 * math.sqrt(phi(1) * phi(-1) / len(notes)) + 1e-4, "Phi(1) = 1/2 + TV/2; 4.4 standard errors"),
        Claim("w", "logistic D, infinitely many notes: w", float(line[0]), -2, 1e-9, "log p/q = 2 - 2x"),
        Claim("b", "logistic D, infinitely many notes: b", float(line[1]), 2, 1e-9, "log p/q = 2 - 2x"),
        *(Claim(f"batch_{k}", f"sd of the slope in w at 0, batches of {k} + {k}", slope_sd(k, rng),
                math.sqrt(0.5 / k), 4.4 * math.sqrt(0.5 / k / 4000), "sqrt(1/2 / n); 4.4 standard errors")
          for k in (256, 4)),
        Claim("zeros", "largest slope of a network of zeros", no_slope, 0, 0,
              "every path has a 0; the last bias: equal heaps"),
        Claim("blind", "bill at the start, last layer 0 (nats)", blind, 2 * math.log(2), 1e-6, "2 log 2"),
        Claim("he", "mean square behind a He layer and its kink, over that before",
              float(np.square(layer(signal), dtype=float).mean() / np.square(signal).mean()), 1.04, 0.02,
              "2 (1 + .2^2) / 2; 7 standard errors"),
        Claim("adam", "Adam's first step: largest distance from the rate .01", off, 0, 2e-6,
              "m / sqrt(v) = +-1, but for epsilon", at_most=True),
        Claim("kappa_mg", "kappa of the line's valley, in mg (log10)", math.log10(in_mg[2]),
              2 * math.log10(1004**2 + 33) - math.log10(32), 1e-5, "trace^2 / determinant, nearly"),
        Claim("kappa_sd", "kappa in 4 mg from 1000 mg", in_sd[2], 3 + 2 * math.sqrt(2), 1e-9,
              "eigenvalues of ((3, 1), (1, 1)) / 2"),
        Claim("kappa", "kappa, scaled", scaled[2], 1, 1e-9, "the identity / 2"),
        Claim("stuck", "bill after 5,000 steps of descent in mg (nats)", in_mg[1], 2 * math.log(2), 1e-4,
              "(1 - 1/kappa)^5000 = 1"),
        Claim("steps_sd", "steps of descent in 4 mg", in_sd[0], step_bound(MESH, 1 + math.sqrt(0.5), best), 0,
              "Boyd, Vandenberghe section 9.3", at_most=True),
        Claim("steps", "steps of descent, scaled", scaled[0], step_bound((MESH - 1) / math.sqrt(2), 0.5, best), 0,
              "Boyd, Vandenberghe section 9.3", at_most=True),
        Claim("learned", "learned D against D* on [-2.33, 4.33], worst of the seeds", worst, 0.02, 0,
              "p / (p + q)", at_most=True),
        Claim("inside", "share of both heaps in [-2.33, 4.33]",
              float((P_MASS + Q_MASS)[np.ravel((MESH > LOW) & (MESH < HIGH))].sum() / 2),
              (phi(HIGH) - phi(LOW) + phi(HIGH - 2) - phi(LOW - 2)) / 2, 1e-4, "normal cdf, .99"),
        Claim("learned_gap", "V(D*) - V(D) of the learned D (nats)", calm.gap, 0.001, 0, "0 for D*", at_most=True),
        Claim("sum_rule", "V of the learned D, as an integral (nats)", worth(students[0]), -best - calm.gap, 1e-6,
              "-log 4 + 2 JS - gap, by the coins' KL"),
        Claim("calibrated", "genuine among notes that were given .6 to .8", float(genuine[pick].mean()),
              float(said[pick].mean()), 0.02 + 4.4 * 0.46 / math.sqrt(pick.sum()),
              "the mean of what was said; 4.4 standard errors and .02"),
        Claim("shrug", "what .5 outside [-2.33, 4.33] costs a perfect critic (nats)", shrug.gap,
              0.02 * math.log(2), 0, "mass .02, log 2 each", at_most=True),
        Claim("own", "a crammer's bill on its own 50 + 50 notes (nats)", own, 0.6, 0,
              "below .7126: only memory can", at_most=True),
        Claim("world", "V of the crammer in the world (nats)", worth(crammed), -math.log(4), 0,
              "worse than always .5: -log 4", at_most=True),
    ]
    if not quick:  # the same notes and the same network, fed with milligrams
        raw = learn(lambda n, rng: (1000 + 4 * P.sample(n, rng), 1000 + 4 * Q.sample(n, rng)), centre=0, scale=1)
        made.append(
            Claim("asleep", "bill of a network fed with mg, after 2,000 steps (nats)",
                  -worth(lambda v: raw(1000 + 4 * v)), 2 * math.log(2), 0.01, "a coin's price", full=True))
    # fmt: on
    return made


# %%
def figure(quick: bool = False) -> Figure:
    """Left: D* and what two critics learned. Right: the crammer's two bills."""
    from matplotlib.figure import Figure

    blue, vermillion, grey = "#0072B2", "#D55E00", "#595959"
    picture = Figure(figsize=(8, 4.5), layout="constrained")
    opinions, bills = picture.subplots(1, 2, width_ratios=[1.25, 1])
    crammed, history, (genuine, forged) = crammer(quick)
    x = np.linspace(-4, 6, 1001)[:, None]

    opinions.plot(x, mg.optimal_discriminator(P, Q, x), color="black", lw=5, alpha=0.25, label="D* = p / (p + q)")
    opinions.plot(x, sigmoid(np, student(quick, 0)(x)), color=blue, lw=1.8, label="D, fresh notes")
    opinions.plot(x, sigmoid(np, crammed(x)), color=vermillion, lw=1.2, ls="--", label="D, one list of 50 + 50")
    opinions.plot(genuine, np.full(len(genuine), 1.06), "|", color=blue, markersize=9)
    opinions.plot(forged, np.full(len(forged), -0.06), "|", color=vermillion, markersize=9)
    for edge in (LOW, HIGH):
        opinions.axvline(edge, color=grey, lw=0.8, ls=":")
    opinions.text(-3.9, 1.095, "genuine list", color=blue, fontsize=8)
    opinions.text(5.9, -0.115, "forged list", color=vermillion, fontsize=8, ha="right")
    opinions.set(xlim=(-4, 6), ylim=(-0.14, 1.15), ylabel="probability that it is genuine")
    opinions.set_xlabel("weight, in 4 mg from 1000 mg (dotted: 99 % of notes)")
    opinions.legend(loc="center right", fontsize=8)

    step, own, world = history.T
    best = math.log(4) - 2 * mg.js(P, Q)
    bills.plot(step, world, color=vermillion, lw=1.8)
    bills.plot(step, own, color=vermillion, lw=1.8, ls="--")
    bills.axhline(2 * math.log(2), color=grey, lw=0.8, ls=":")
    bills.axhline(best, color="black", lw=5, alpha=0.25)
    bills.text(1, 2 * math.log(2) + 0.06, "always .5: 1.386", color=grey, fontsize=8)
    bills.text(1, best - 0.2, "D*: .7126", fontsize=8)
    bills.text(step[-1], 0.08, "on its list", color=vermillion, fontsize=8, ha="right")
    bills.text(step[-1] / 6, world[-1] * 0.75, "on unseen notes", color=vermillion, fontsize=8, ha="right")
    bills.set_xscale("symlog", linthresh=10)
    bills.set(xlim=(0, step[-1]), ylim=(0, None), xlabel="step", ylabel="bill -V(D) (nats, sum of two means)")
    bills.set_title("The one with the list pays")
    opinions.set_title("Two critics and the perfect one")
    for axes in (opinions, bills):
        axes.spines[["top", "right"]].set_visible(False)
    picture.suptitle("Fresh notes teach D*; a short list, seen again and again, teaches the list")
    return picture


# %% [markdown]
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
    show("l09_perfect_critic", claims, figure)
