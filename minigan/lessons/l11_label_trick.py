# %% [markdown]
# # 11. The label trick: why lie about the label?
# *About 1 second; afterwards you can give G's slope under either label, say which divergence each one follows, and
# tell when an honest generator learns nothing.*
#
# A man walks into the bank with a dollar drawn in crayon. The intern is new, but not that new: she gives it
# $D = .0067$, one chance in 149 to be genuine. In one of the articles both of them learn a lot from this first
# day. She does, no doubt. But does *he*?
#
# Open any GAN program at the place where G is trained. The fakes go through D, and their loss is computed against
# the label **1**, "real". But they are fakes, and the program made them itself. Why does it lie?
#
# **Predict before you read on.** D's opinion is $\sigma(s)$, and the crayon bill has the logit $s = -5$. G may
# push $s$ up a little. By how many nats a unit of $s$ does G's loss improve with the honest label? And with the
# lie? And when the intern gets better, will the forger learn more from her, or less?

# %%
from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.core.backend import Backend
from minigan.lessons import Claim, show
from minigan.lessons.l01_ten_forgeries import NOISE, PHI0, PHI1, REAL, THETA
from minigan.theory.divergences import expectation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXACT = Backend("numpy", "float64")

# %% [markdown]
# ## Two ways to pay a forger
#
# D pays binary cross-entropy, with the label $y = 1$ for real and $y = 0$ for fake:
#
# $$ \mathrm{BCE}(D, y) = -y \log D - (1 - y) \log (1 - D) . $$
#
# *Honest.* G's fakes keep the label 0, and what D pays for them G gains. So G pays $-\mathrm{BCE}(D, 0) =
# \log(1 - D)$ for each fake, the only part of $V$ that it can move: this is the minimax game of lesson 10.
#
# *The lie.* G pays $\mathrm{BCE}(D, 1) = -\log D$, as if it were a critic who had been told that the fake is real.
#
# The two look like one wish in two spellings. Now take the slopes. With $D = \sigma(s)$ we have $1 - D =
# \sigma(-s)$, and the derivative of $\log \sigma(s)$ is $1 - \sigma(s)$, so
#
# $$ \frac{d}{ds} \log(1 - D) = -D, \qquad\qquad \frac{d}{ds} \bigl(-\log D\bigr) = -(1 - D) . $$
#
# Both are negative: either way G improves by raising the logit. The *strength* is opposite. At the crayon bill
# the honest slope is .0067 in size, the other .9933, which is $e^5 = 148$ times as much; only at $D = \tfrac12$
# do they agree. The honest forger listens to those of his bills that were nearly taken for real, the other one
# to those that failed. On the first day they all fail.


# %%
def bce(d: np.ndarray, label: float) -> np.ndarray:
    """Binary cross-entropy of the opinions d against one label, nats each."""
    return -label * np.log(d) - (1 - label) * np.log(1 - d)


# log |slope| of what G pays for a fake of logit s: log D, log(1 - D), and that of a third payment, -e^s, of which
# more below. (Logarithms, for e^s itself can be beyond any float.)
LOG_SLOPE = {
    "honest": lambda s: -np.logaddexp(0, -s),
    "lie": lambda s: -np.logaddexp(0, s),
    "likelihood": lambda s: s,
}

# %% [markdown]
# Signs are the easiest thing to get wrong here. One of the articles reads the formula as a wish for a D that is
# thoroughly confused and a G that isn't. The first half is a fair wish, but it is *G's*: $V$ is high where D is
# right, so $\max_D$ makes D as little confused as possible. The second half is in no formula: nobody asks G
# anything. When in doubt, nudge: take one small step and look whether $D(G(z))$ went up. The exercise has a quiz.
#
# ## Is it still one game?
#
# What D loses, G gains: D pays $-V$ and G pays $V$, which is $0$ together, always. (minigan's minimax generator
# leaves out the real term, which G cannot move. On lesson 01's round, in means, D pays 1.381476 nats and G
# -1.378437; their sum .003039 is what D pays for the real sounds.) Under the lie G pays .475578 and the sum is
# 1.857054. It isn't 0, and it isn't a constant either: both can gain at once, or lose. So a text that shows the
# minimax formula and a program with label 1 describe two different games. They have the same point of rest,
# $p_G = p$ with $D = \tfrac12$, and push each fake in the same direction; only the strengths differ.
#
# ## What each really minimises
#
# Let D be perfect, so that $s = \log p/q$ (lesson 09; $q$ is the fakes' density). In lesson 05 a crumb of model
# mass at a place with $t = \log p/q$ had a *price*, and a divergence's slope was the mean change of the price
# under the moving samples. With D held still G's slope is just that, with the payment for the price. So compare
# the payments with lesson 05's prices, $-e^t$ for $\mathrm{KL}(p, q)$, $-t$ for $\mathrm{KL}(q, p)$, $-\tfrac12
# \log(1 + e^t)$ for JS:
#
# $$ \begin{aligned}
# \text{honest:} \quad & \log(1 - D) = -\log(1 + e^s) && \Rightarrow\ 2\,\mathrm{JS}(p, q) \\
# \text{the lie:} \quad & -\log D = -s + \log(1 + e^s) && \Rightarrow\ \mathrm{KL}(q, p) - 2\,\mathrm{JS}(p, q) \\
# \text{a third:} \quad & -e^s && \Rightarrow\ \mathrm{KL}(p, q)
# \end{aligned} $$
#
# The second line looks alarming: is G rewarded for being *far* in JS? No. Write the three logarithms out, and they
# combine to $2\,\mathrm{KL}\bigl(\tfrac{p+q}2, p\bigr)$, which is never negative, and 0 only for $q = p$. The
# third is maximum likelihood. One of the articles says that GANs make use of it; the usual ones don't, but **this
# one does**, and without ever asking G for a density.
#
# Test it where all is known: data $N(0, 1)$, fakes $N(m, 1)$ from $G(z) = m + z$, and $s(x) = m^2/2 - m x$. The
# slope of G's mean payment with respect to $m$, nats a unit of $x$, D held still:
#
# | $m$ | honest | the lie | likelihood |
# |---|---|---|---|
# | 0.5 | .2353 | .2647 | 0.5 |
# | 1 | .3980 | .6020 | 1 |
# | 2 | .4496 | 1.5504 | 2 |
# | 4 | .1372 | 3.8628 | 4 |
# | 8 | .0004 | 7.9996 | 8 |
#
# The honest column is the slope of $2\,\mathrm{JS}$ in lesson 10, honest and lie together are
# $\mathrm{KL}(q, p)' = m$, and the last column is $\mathrm{KL}(p, q)' = m$. (These are statements about *slopes*.
# The mean likelihood payment itself is $-1$ at every $m$: its value tells nothing, its slope everything.)
#
# One of the articles tells of Abagnale the forger and Hanratty the detective, and would have the two improve at
# one pace. The table says when that matters. A blind detective, the same $D$ for everything, teaches nothing under
# any label: a slope of exactly 0, for $D(G(z))$ can't be moved. One who is right in 99.997 % of cases ($m = 8$)
# teaches the *honest* forger next to nothing either. In between lies a best detective, and one can try to keep D
# there. Or one can lie, and wish for the best D there is.


# %%
def critic(x: np.ndarray, m: float) -> np.ndarray:
    """The perfect D's logit log p/q at x, for data N(0, 1) and fakes N(m, 1)."""
    return m * m / 2 - m * x


def pull(way: str, m: float) -> float:
    """The slope in m of E_q[payment], D held still: each sample moves with m, and ds/dx = -m."""
    return expectation(mg.Gaussian(m, 1), lambda x: m * np.exp(LOG_SLOPE[way](critic(x[:, 0], m))), DATA)


DATA = mg.Gaussian(0, 1)

# %% [markdown]
# ## Two villages again: the column that was missing
#
# Lesson 05 fitted one bell, $q = N(\mu, \sigma)$, to $\tfrac12 N(-3, .5) + \tfrac12 N(3, .5)$ by three
# divergences. Now let a GAN do it: $G(z) = \mu + \sigma z$, a perfect D after every step, a start at $(1, 1)$.
# It is lesson 05's loop, but no divergence stands in it, only what G pays.


# %%
def villages(
    way: str, m: float = 1.0, s: float = 1.0, rate: float = 0.2, steps: int = 2000
) -> tuple[float, float]:
    """(mu, sigma) where G ends, by lesson 05's steps in units of the bell's own width."""
    x = np.linspace(-30, 30, 3001)
    log_p = mg.Mixture([-3.0, 3.0], 0.5).log_density(x[:, None])
    slope_p = (3 * np.tanh(12 * x) - x) / 0.5**2
    for _ in range(steps):
        z = (x - m) / s
        log_q = -z * z / 2 - math.log(s * math.sqrt(2 * math.pi))
        logit = log_p - log_q  # the perfect critic of this moment
        dx = -np.exp(log_q + LOG_SLOPE[way](logit)) * (slope_p + z / s) * (x[1] - x[0])  # G's slope at each sample
        m, s = m - rate * s * s * float(dx.sum()), s * math.exp(-rate * s * float(dx @ z) / 2)
    return m, s


# %% [markdown]
# | payment | $\mu$ | $\sigma$ | lesson 05's fit by |
# |---|---|---|---|
# | honest | 3 | 0.5 | JS |
# | the lie | 3 | 0.5 | (reverse KL gives the same) |
# | likelihood | 0 | 3.041 | forward KL |
#
# The usual GANs pick a village, the likelihood GAN parks in the field. So it is with a model too small and a D
# that is perfect. It is no theory of mode collapse: lesson 05 said why not.
#
# ## What goes wrong in practice
#
# Start far away, at $m = 25$: $\mathrm{KL} = m^2/2 = 312.5$ nats. By the table, *two* of the payments should bring
# G home. Give each 200 steps of rate .1, with 64 fakes a step and a perfect critic. **Which?**


# %%
@cache
def far_start(way: str, m: float = 25.0, steps: int = 200, adam: bool = False) -> np.ndarray:
    """m after each step (steps + 1,), when G follows what 64 fakes a step tell; SGD of rate .1, or Adam."""
    G = mg.Sequential([mg.Dense(1, 1)], backend=EXACT, name="G")  # G(z) = 1 z + m, of which m alone may learn
    G.assign(np.array([1.0, m]))
    rule = (mg.Adam(0.1, beta1=0.5) if adam else mg.SGD(0.1)).bind(G)
    trace, rng, path = G.trace(64), np.random.default_rng(11), [m]
    for _ in range(steps):
        x, m = G.forward(rng.standard_normal((64, 1)), trace), path[-1]
        G.backward(m * np.exp(LOG_SLOPE[way](critic(x, m))) / 64, trace)  # the slope in s, times ds/dx = -m
        G.grad[0] = 0
        rule.step()
        path.append(float(G.theta[1]))
    return np.array(path)


# %% [markdown]
# Only the lie. The honest G ends at 312.5 nats, where it began; the lying one at less than .001. And the
# likelihood payment, whose slope at 25 is *exactly* 25, ends at 312.5 as well. Its mean is carried by fakes so
# good that they practically never come: under $q$ the weight $e^s$ has mean 1 and standard deviation
# $\sqrt{e^{m^2} - 1}$. That is 2,981 at $m = 4$, so that a slope with a standard error of 10 % takes $(2981 /
# .1)^2$ fakes, nearly $10^9$. An exact slope that no sample shows moves nobody.
#
# One caution. Adam divides a slope by its own recent size (lesson 09), so a small slope alone doesn't stop it:
# from $m = 8$, where the honest slope is .0004, Adam of rate .1 brings the honest G below $m = 1$ in 200 steps.
# (If the honest loss works fine for you, this may be why.) At 25 the slope is far below the $\epsilon = 10^{-8}$
# that Adam adds to that size, and G stays where it is. And the lie has a weak side too: it hardly pushes the fakes
# that D believes.
#
# ## Indirect, and without labels
#
# G is never told "look like *this* photograph". Its slope goes through D and its own fakes alone: show D a
# completely different batch of real data in that very step, and G's gradient stays the same bit for bit. What the
# data are like reaches G only through what D has *learned*. And nobody has to label anything. D's labels say who
# made a sample; they carry 1 bit each and are free, for half of the samples we made ourselves. So an adversarial
# loss counts as unsupervised. G's label is "1" for all: 0 bits. A lie that is always the same informs nobody.


# %%
def generator_gradient(objective: str, real: np.ndarray, blind: bool = False) -> np.ndarray:
    """G's gradient in one step against these real samples; blind: a D that says the same to everybody."""
    G = mg.Sequential([mg.Dense(2, 8), mg.Tanh(), mg.Dense(8, 2)], backend=EXACT, name="G")
    D = mg.Sequential([mg.Dense(2, 8), mg.LeakyReLU(), mg.Dense(8, 1)], backend=EXACT, name="D")
    if blind:
        D.assign(np.zeros(D.size))
    gan = mg.GAN(G, D, mg.Latent(2), objective=objective, updates="simultaneous", average=None)
    return next(G.grad.copy() for name, _ in gan.substeps(real) if name == "both gradients")


# %%
def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    s = np.linspace(-30, 30, 601)
    d = 1 / (1 + np.exp(-s))
    honest, lie = mg.Minimax(), mg.NonSaturating()
    five, zero = np.array([-5.0]), np.zeros(1)
    slope_h, slope_l = -float(honest.generator_slope(five)[0]), -float(lie.generator_slope(five)[0])

    s_real, s_fake = ((PHI0 + PHI1 * x)[:, None] for x in (REAL, NOISE + THETA))
    d_pays = float(mg.discriminator_loss(s_real, s_fake)[0])
    v = float(mg.value_function(s_real, s_fake))
    g_honest, g_lie = (float(mg.generator_loss(s_fake, name)[0]) for name in ("minimax", "non-saturating"))
    # The same round by lesson 01's published sums over ten, and -log sigma written out for this oracle.
    real_part = float(np.mean([math.log1p(math.exp(-x)) for x in s_real[:, 0]]))
    lie_part = float(np.mean([math.log1p(math.exp(-x)) for x in s_fake[:, 0]]))

    rng = np.random.default_rng(11)
    batch, other = rng.standard_normal((32, 2)), 100 * rng.standard_normal((32, 2))
    grads = {o: generator_gradient(o, batch) for o in ("minimax", "non-saturating")}
    moved = max(float(np.abs(g - generator_gradient(o, other)).max()) for o, g in grads.items())
    blind = max(float(np.abs(generator_gradient(o, batch, blind=True)).max()) for o in grads)

    shifts = (0.5, 1.0, 2.0, 4.0, 8.0)
    fakes = [mg.Gaussian(m, 1) for m in shifts]
    halves = [mg.Mixture([0.0, m], 1.0) for m in shifts]
    softened = max(
        abs(mg.kl(q, DATA) - 2 * mg.js(DATA, q) - 2 * mg.kl(half, DATA))
        for q, half in zip(fakes, halves, strict=True)
    )
    value = max(abs(weight(m, 1) - 1) for m in shifts)
    homes = {way: villages(way) for way in LOG_SLOPE}
    ends = {way: float(far_start(way)[-1]) for way in LOG_SLOPE}
    tail = "e^s < 1e-48 unless one of 12,800 z is below -8"
    # fmt: off
    made = [
        Claim("bce", "BCE(D(G(z)), 1) and minigan's -log D(G(z)), largest difference at 601 logits (nats)",
              float(np.abs(bce(d, 1) - lie.generator_loss(s)).max()), 1e-12, 0, "an identity", at_most=True),
        Claim("bce_honest", "-BCE(D(G(z)), 0) and minigan's log(1 - D(G(z))), the same at logits up to 5 (nats)",
              float(np.abs(bce(d, 0) + honest.generator_loss(s))[s <= 5].max()), 1e-12, 0, "an identity",
              at_most=True),
        Claim("slope_honest", "size of the honest slope at logit -5, which is D", slope_h,
              1 / (1 + math.e**5), 1e-12, "sigma(-5)"),
        Claim("slope_lie", "size of the lie's slope at logit -5", slope_l, 1 / (1 + math.e**-5), 1e-12,
              "1 - sigma(-5)"),
        Claim("slope_ratio", "how many times the lie's slope is the larger", slope_l / slope_h, math.e**5, 1e-9,
              "(1 - D) / D = e^-s"),
        Claim("slope_half", "either slope where D = 1/2, farthest from -1/2",
              max(abs(float(o.generator_slope(zero)[0]) + 0.5) for o in (honest, lie)), 0, 0, "sigma(0)"),
        Claim("zero_sum", "D's -V and G's V together, on lesson 01's round (nats)", d_pays + v, 0, 1e-15,
              "-V + V = 0"),
        Claim("d_pays", "what D pays there, means (nats)", d_pays, 1.3814757170851447, 1e-12,
              "UDL notebook 15.1, 13.814757170851447 / 10"),
        Claim("minimax_sum", "the two together, without V's real term for G (nats)", d_pays + g_honest, real_part,
              1e-12, "mean -log D(x) by hand"),
        Claim("label_sum", "both players under the lie: no longer zero-sum (nats)", d_pays + g_lie,
              1.3814757170851447 + lie_part, 1e-12, "UDL 15.1 and mean log(1 + e^-s)"),
        Claim("softened", "KL(q,p) - 2 JS against 2 KL((p+q)/2, p), m = .5 to 8, largest difference (nats)",
              softened, 1e-9, 0, "(p+q) log((p+q) / 2p), written out", at_most=True),
        Claim("value", "the likelihood payment at D*, farthest from -1 (nats)", value, 1e-9, 0,
              "the integral of q p/q", at_most=True),
        Claim("critic_8", "share that D* gets right at m = 8", (1 + total_variation(8.0)) / 2,
              NormalDist().cdf(4), 1e-9, "Phi(m / 2)"),
        Claim("blind", "G's largest gradient against a blind D, both labels", blind, 0, 0, "ds/dx = 0"),
        Claim("other_reals", "change of G's gradient when D is shown other reals", moved, 0, 0,
              "no real sample stands in it"),
        Claim("label_bits", "what D's labels say, half of them 1 (bits each)",
              mg.entropy(np.array([0.5, 0.5]), "bits"), 1, 0, "log2 2"),
        Claim("lie_bits", "what G's labels say, all of them 1 (bits each)", mg.entropy(np.array([1.0]), "bits"),
              0, 0, "log2 1"),
        Claim("far_honest", "KL after 200 honest steps from m = 25 (nats)", ends["honest"] ** 2 / 2, 312.5, 1e-9,
              "25^2 / 2, for " + tail),
        Claim("far_lie", "KL after 200 steps of lying (nats)", ends["lie"] ** 2 / 2, 1e-3, 0,
              "(25 x .95^200)^2 / 2 is 4e-7: m shrinks by .9 to .95 a step", at_most=True),
        Claim("far_likelihood", "KL after 200 steps by the likelihood payment (nats)", ends["likelihood"] ** 2 / 2,
              312.5, 1e-9, "25^2 / 2, for " + tail),
        Claim("far_adam", "m after 200 honest steps of Adam from m = 8", far_start("honest", 8.0, adam=True)[-1],
              1, 0, "70 full steps of .1 would do; 120 other seeds did", at_most=True),
        Claim("far_adam_25", "the same from m = 25", far_start("honest", 25.0, adam=True)[-1], 25, 1e-9,
              "Adam moves by rate x slope / epsilon at most: 1e-8 of 1e-48"),
        Claim("spread", "sd of e^s at m = 4, where its mean is 1", math.sqrt(weight(4.0, 2) - 1),
              math.sqrt(math.e**16 - 1), 1e-3, "lognormal: e^(m^2) - 1"),
    ]
    for name, way, mu, sd, why in (
        ("honest", "honest", 3, 0.5, "q = 2p near 3 has slope 0"),
        ("lie", "lie", 3, 0.5, "q = 2p near 3 has slope 0"),
        ("ml", "likelihood", 0, math.sqrt(9.25), "the data's mean and sd"),
    ):
        made += [
            Claim(f"villages_{name}_mu", f"GAN on two villages, {way}: mu", homes[way][0], mu, 1e-6, why),
            Claim(f"villages_{name}_sd", f"GAN on two villages, {way}: sigma", homes[way][1], sd, 1e-6, why),
        ]
    for m in shifts:
        js = slope_of(lambda a: 2 * mg.js(DATA, mg.Gaussian(a, 1)), m)
        at = f"at m = {m:g} (nats a unit)"
        made += [
            Claim(f"honest_{m:g}", f"honest slope {at}", pull("honest", m), js, 1e-7, "d/dm 2 JS, by differences"),
            Claim(f"lie_{m:g}", f"the lie's slope {at}", pull("lie", m), m - js, 1e-7, "d/dm [KL(q,p) - 2 JS]"),
            Claim(f"likelihood_{m:g}", f"the likelihood payment's slope {at}", pull("likelihood", m), m, 1e-9,
                  "d/dm KL(p, q) = m"),
        ]
    return made
    # fmt: on


def weight(m: float, power: int) -> float:
    """The mean of e^(power s) over the fakes N(m, 1)."""
    here = mg.Gaussian(m * (1 - power), 1)  # where that mean comes from
    return expectation(mg.Gaussian(m, 1), lambda x: np.exp(power * critic(x[:, 0], m)), here)


def total_variation(m: float) -> float:
    """Half of the mean |p/q - 1| over the fakes: what a perfect D is right more often than a coin, doubled."""
    return expectation(mg.Gaussian(m, 1), lambda x: np.abs(np.expm1(critic(x[:, 0], m))), DATA) / 2


def slope_of(f: Callable[[float], float], m: float, h: float = 0.01) -> float:
    """f'(m) by differences of fourth order, which know nothing of a critic."""
    return (8 * (f(m + h) - f(m - h)) - (f(m + 2 * h) - f(m - 2 * h))) / (12 * h)


# %%
def figure(quick: bool = False) -> Figure:
    """The slopes against D(G(z)), and what they do to a G that starts far away."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(8, 4.5), layout="constrained")
    picture.suptitle("Where D is sure of a fake, the honest G learns nothing; the lying one comes home")
    left, right = picture.subplots(1, 2)
    s = np.linspace(-8, 4, 200)
    looks = {"honest": ("#0072B2", "-"), "lie": ("#D55E00", "-"), "likelihood": ("#595959", ":")}
    names = {"honest": "honest, log(1 - D)", "lie": "the lie, -log D", "likelihood": r"likelihood, $-e^s$"}
    for way, (colour, line) in looks.items():
        left.semilogy(s, np.exp(LOG_SLOPE[way](s)), color=colour, ls=line, lw=2)
        right.plot(far_start(way), color=colour, ls=line, lw=3 if way == "honest" else 2)
    left.annotate("", (-5, 0.0075), (-5, 0.9), arrowprops={"arrowstyle": "<->", "color": "#595959"})
    left.text(-5.15, 0.06, "148 times", color="#595959", ha="right")
    left.text(-7.9, 1.25, names["lie"], color=looks["lie"][0])
    left.text(-5.3, 0.0022, names["honest"], color=looks["honest"][0])
    left.text(0.6, 8, names["likelihood"], color=looks["likelihood"][0], ha="right")
    ticks = [-8.0, -5.0, -2.0, 0.0, 2.0, 4.0]
    left.set_xticks(ticks, [f"{t:g}\n{1 / (1 + math.exp(-t)):.{2 if t > -5 else 4}f}" for t in ticks])
    left.set(
        ylim=(3e-4, 60),
        xlabel="logit of a fake, and below it D(G(z))",
        ylabel="size of G's slope (nats a logit)",
        xlim=(-8.3, 4.3),
    )
    right.text(100, 23.2, "honest and likelihood:\nstill 312.5 nats away", color=looks["honest"][0], va="top")
    right.text(22, 5, "the lie: home", color=looks["lie"][0])
    right.axhline(0, color="#595959", lw=0.8)
    right.text(198, 0.3, "mean of the data", color="#595959", ha="right", fontsize=9)
    right.set(xlabel="step", ylabel="mean m of the fakes (data sd)", xlim=(0, 200))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return picture


# %% [markdown]
# ## Now you
#
# `minigan exercise start 11` puts `e11_label_trick.py` into your folder `exercises`: both gradients with respect
# to the logit, so that they survive logits of $\pm 1000$, and the sign quiz. `minigan exercise check 11` judges
# it.
#
# *Next.* All slopes here ended at the logit or at a sample. Between them and G's thousands of weights lie D's
# layers and then G's. Lesson 12: who pays for the error?
#
# *Sources.* Both objectives: Goodfellow et al. 2014, sections 3 and 4. All three side by side: Goodfellow 2016,
# NeurIPS tutorial, sections 3.2.1 to 3.2.4, and 4.4 on balancing the players; 3.2.5 on what a divergence doesn't
# explain. KL - 2 JS: Arjovsky and Bottou 2017, theorem 2.5. Lesson 01's round: Prince 2023, notebook 15.1.

# %%
if __name__ == "__main__":
    show("l11_label_trick", claims, figure)
