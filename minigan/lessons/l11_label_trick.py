# %% [markdown]
# # 11. The label trick: why lie about the label?
# *About 1 second; afterwards you can give G's slope under either label, say which divergence each one follows, and
# tell when an honest generator learns nothing.*
#
# *Needs: lessons 09 and 10, and of lesson 05 the prices of the divergences.*
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
from functools import cache

import numpy as np

import minigan as mg
from minigan.core.backend import Backend
from minigan.lessons import show
from minigan.theory.divergences import expectation

EXACT = Backend("numpy", "float64")
DATA = mg.Gaussian(0, 1)

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


# %% [markdown]
# ## Two villages again: the column that was missing
#
# Lesson 05 fitted one bell, $q = N(\mu, \sigma^2)$, to $\tfrac12 N(-3, .5^2) + \tfrac12 N(3, .5^2)$ by three
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
# ![The slopes of three payments against D's opinion, and where each takes a G that starts far
# away](../../figures/l11_label_trick.png)
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


# %% [markdown]
# ## In five lines
#
# 1. An honest G pays $\log(1 - D)$, with the slope $-D$ by the logit; one that lies pays $-\log D$, with
#    $-(1 - D)$.
# 2. Both push the same way, but from a critic who is sure the honest one learns next to nothing.
# 3. Against a perfect D the honest G descends 2 JS, the lying one KL$(q, p)$ - 2 JS; $-e^s$ is maximum likelihood.
# 4. With the lie the two losses no longer add up to 0, so it is another game with the same point of rest.
# 5. G's slope goes through D and G's own fakes alone, and a D that says the same to all teaches nothing.
#
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
    show(11)
