# %% [markdown]
# # 05. Two directions: cover or pick?
# *About 1 second; afterwards you can say which way round a divergence is meant, fit with either, and name what
# that choice does to a model that is too small, and what it doesn't explain.*
#
# *Needs: integrals, and lessons 03 and 04.*
#
# An ice-cream van serves two villages, six kilometres apart, with fields between. There is one van, and one
# number will say how well it is parked. If you are charged for **every villager whom the van is far from**, where
# do you park? And if you are charged for **every hour the van stands where nobody lives**?
#
# Lesson 04 left us with $\mathrm{KL}(p, q) \ne \mathrm{KL}(q, p)$. There the asymmetry was an oddity of two
# numbers. Here it decides what is learned. The data $p$ are two narrow bells, the model $q$ has only one:
#
# $$ p = \tfrac12 N(-3, 0.5^2) + \tfrac12 N(3, 0.5^2), \qquad q = N(m, s^2), $$
#
# with variances as second arguments. No $m$ and $s$ make the two equal, so *something* has to give.
#
# **Predict** before reading on, and write it down: $m$ and $s$ when $\mathrm{KL}(p, q)$ is least, and $m$ and $s$
# when $\mathrm{KL}(q, p)$ is.

# %%
from __future__ import annotations

import math

import numpy as np

import minigan as mg
from minigan.lessons import show

DATA = mg.Mixture([-3.0, 3.0], 0.5)
X = np.linspace(-30, 30, 3001)  # a sum over these, times DX, is an integral: exact to rounding for smooth bells
DX = X[1] - X[0]
LOG_P = DATA.log_density(X[:, None])
SLOPE_P = (3 * np.tanh(12 * X) - X) / 0.5**2  # d/dx log p(x), from p ~ exp(-(x² + 9) / 2(.5²)) cosh(12 x)


def log_bell(m: float, s: float) -> np.ndarray:
    """log q on the grid, nats."""
    return -((X - m) ** 2) / (2 * s * s) - math.log(s * math.sqrt(2 * math.pi))


# %% [markdown]
# ## Forward: who is left out?
#
# $\mathrm{KL}(p, q) = \int p \log (p/q)$ averages **over the data**. Wherever data lie and $q$ is nearly 0, the
# logarithm is enormous. A model may waste mass on empty fields at little cost, but it may leave no villager out:
# it **covers**. This is the direction of lesson 03: its only part that depends on the model is the expected
# negative log-likelihood, so *maximum likelihood is forward KL*. For one bell it has a closed form: with $\mu$
# and $\sigma^2$ the data's mean and variance,
#
# $$ -E_p[\log q] = \log s + \tfrac12 \log 2\pi + \frac{\sigma^2 + (\mu - m)^2}{2 s^2}
#    \quad\Rightarrow\quad m = \mu = 0, \quad s^2 = \sigma^2 = 0.5^2 + 3^2 = 9.25 . $$
#
# So $s = 3.041$, at a cost of $\tfrac12 \ln 37 - \ln 2 = 1.1123$ nats. The villages lie one sd to either side,
# and the van stands in the field.
#
# ## Reverse: who is standing in the field?
#
# $\mathrm{KL}(q, p) = \int q \log (q/p)$ averages **over the model's own samples**. A sample where $p$ is nearly
# 0 is ruinous; a village that is never visited is never charged for. It **picks**. Park the bell exactly on the
# right-hand village: there $p$ is half of $q$, so every sample pays $\log 2$, and $\mathrm{KL} = \ln 2 = 0.6931$
# nats (less $3 \times 10^{-9}$, for the little of the left village that reaches over).
#
# ## JS: both at once
#
# Compare each with the half-and-half mixture $(p + q)/2$ and take the mean. That is the **Jensen-Shannon
# divergence**:
#
# $$ \mathrm{JS}(p, q) = \tfrac12 \mathrm{KL}\!\left(p, \tfrac{p+q}2\right)
#                      + \tfrac12 \mathrm{KL}\!\left(q, \tfrac{p+q}2\right) . $$
#
# It is symmetric, so there is no direction left to choose, and since $(p+q)/2 \ge p/2$ no logarithm exceeds
# $\log 2$: it lies between 0 and $\ln 2$ nats, which it reaches for distributions that never meet. Which of the
# two habits will it have? **Predict** that too.


# %%
def divergence(way: str, log_q: np.ndarray) -> float:
    """KL(p, q) "forward", KL(q, p) "reverse", or "JS", in nats, by summing over the grid."""
    p, q, t = np.exp(LOG_P), np.exp(log_q), LOG_P - log_q  # t = log p/q
    if abs(q.sum() * DX - 1) > 1e-9:
        return math.inf  # q has left the grid, or is too narrow for it: refuse, rather than integrate nothing
    parts = {
        "forward": p * t,
        "reverse": -q * t,
        "JS": p * (math.log(2) - np.logaddexp(0, -t)) / 2 + q * (math.log(2) - np.logaddexp(0, t)) / 2,
    }
    return float(parts[way].sum() * DX)


# %% [markdown]
# ## One gradient for all three
#
# Each is an integral $F = \int \varphi(p, q)\,dx$. Put a crumb of mass at $x$, and $F$ changes by
# $h(x) = \partial \varphi / \partial q$: the **price** of standing at $x$. (The first line below: of
# $p \log p - p \log q$ the derivative by the number $q$ is $-p/q$.) With $t = \log p/q$, up to constants,
#
# | | price $h$ | its slope $h'$ |
# |---|---|---|
# | forward, $\varphi = p \log (p/q)$ | $-e^{t}$ | $-e^{t}\,t'$ |
# | reverse, $\varphi = q \log (q/p)$ | $-t$ | $-t'$ |
# | JS | $-\tfrac12 \log(1 + e^{t})$ | $-\tfrac12 \frac{p}{p+q}\,t'$ |
#
# A bell's samples are $x = m + s\varepsilon$, $\varepsilon$ standard normal. Raise $m$ and every sample moves by
# 1; raise $s$ and each moves by its $\varepsilon$. Moving a sample by $dx$ costs $h'\,dx$, so
#
# $$ \frac{\partial F}{\partial m} = E_q[h'(x)], \qquad
#    \frac{\partial F}{\partial s} = E_q[\varepsilon\,h'(x)] . $$
#
# (In symbols: $\partial q/\partial m = -q'$ and $\partial q/\partial s = -(\varepsilon q)'$; integrate by parts.)
# Multiply $q$ by the table's factors and all three become one formula,
#
# $$ \frac{\partial F}{\partial (m, s)} = -\int w(x)\,t'(x)\,(1, \varepsilon)\,dx, \qquad
#    w = p, \quad q, \quad \tfrac12 \frac{pq}{p+q} . $$
#
# **That is the whole difference: where each one looks.** Forward looks where the data are. Reverse looks where
# its own samples are. JS looks only where *both* are, and is blind everywhere else, which will trouble us in
# lesson 10. The factor $p/(p+q)$ is no accident either: lesson 09 will meet it as the perfect critic.


# %%
def slopes(way: str, m: float, s: float) -> tuple[float, float]:
    """The derivatives of the divergence with respect to m and s, nats a unit of x."""
    e, log_q = (X - m) / s, log_bell(m, s)
    log_w = {
        "forward": LOG_P,
        "reverse": log_q,
        "JS": LOG_P + log_q - np.logaddexp(LOG_P, log_q) - math.log(2),
    }[way]
    push = -np.exp(log_w) * (SLOPE_P + e / s) * DX  # t' = (log p)' - (log q)', and (log q)' = -e / s
    return float(push.sum()), float((push * e).sum())


# %% [markdown]
# Downhill we go in steps that the bell measures in its own width ($s^2$ for $m$, $s/2$ for $\log s$: Amari's
# natural gradient, which suits a narrow bell and a wide one alike), halved until the step really leads down.


# %%
def descend(way: str, m: float, s: float) -> tuple[float, float]:
    """Follow the slopes down from (m, s) until nothing more is gained -> the (m, s) of the minimum found."""
    here = divergence(way, log_bell(m, s))
    for _ in range(400):
        down_m, down_s = slopes(way, m, s)
        step = 1.0
        while True:
            to_m, to_s = m - step * s * s * down_m, s * math.exp(-step * s * down_s / 2)
            there = divergence(way, log_bell(to_m, to_s))
            if there < here or step < 1e-9:
                break
            step /= 2
        if here - there < 1e-15:
            break
        m, s, here = to_m, to_s, there
    return m, s


# %% [markdown]
# ## What came out
#
# All three start from the same place, $m = 1$, $s = 1$. In nats, with every fit judged by all three:
#
# | fitted by | $m$ | $s$ | forward KL | reverse KL | JS |
# |---|---|---|---|---|---|
# | forward | 0 | 3.041 | **1.1123** | 5.7586 | .2972 |
# | reverse | 3 | 0.5 | 35.307 | **.6931** | .2158 |
# | JS | 3 | 0.5 | 35.307 | .6931 | **.2158** |
#
# Start at $m = -1$ and reverse KL and JS end at $-3$: the two villages are equally good, and chance picks. JS
# sides with reverse here, at $\tfrac34 \ln \tfrac43 = .2158$ (on the right village the mixture is $\tfrac34 q$,
# on the left $\tfrac12 p$; the rest is arithmetic). Look along the rows: what one direction calls best, the other
# calls dreadful, $36 - \ln 2 = 35.307$ nats against 1.1123. There is no such thing as *the* closest bell.
#
# ![The fits by forward and reverse KL and JS over two bells, and all three against the share of a second
# bell](../../figures/l05_cover_or_pick.png)
#
# ## Less blurry than the alternatives?
#
# GAN images are often praised as sharper than those of likelihood-trained models. The forward fit shows what
# could be meant: 37.81 % of its samples fall at $|x| < 1.5$, where only .135 % of the data are. An "average
# village" is the one-dimensional blur. The reverse fit puts .135 % of its samples there, as the data do, and none
# in the left village, whose half of the data it has lost. **Blurred or missing** is the choice a too small
# model has.
#
# ## What goes wrong in practice
#
# **The landscape has traps.** Forward KL of a bell has one minimum. JS has a second one, in the field: at
# $(0, 3.025)$, .2972 nats, it curves upwards in every direction. So has reverse KL: started at $m = 0$ the fit
# ends at $s = 2.493$, 5.136 nats, over seven times as bad as picking. It looks like a saddle, balanced by
# symmetry alone; it is not. Its curvature along $m$ is +.161: nudge it by .1 and it rolls back. The saddles are
# further out, at $m = \pm .875$, $s = 2.338$, a rim just .032 nats higher. Symmetry of the start did not do it; a
# shallow bowl did.
#
# **Neither direction can be had for the asking.** Forward KL needs $q$'s density and only samples of $p$: that is
# why likelihood is the usual one, and why lessons 06 to 08 labour to get a density at all. Reverse KL needs
# $\log p$, and nobody has that for photographs. JS needs $p/(p+q)$ alone, and *that ratio a classifier can
# learn*.
#
# **Reverse KL hears no complaint.** Its every average is over $q$'s samples. Once parked at 3, each sample costs
# $\ln 2$ and none of them tells that a second village exists.


# %%
def bend(way: str, m: float, s: float, h: float = 1e-4) -> np.ndarray:
    """The second derivatives with respect to (m, s), 2 x 2: differences of the slopes. Both eigenvalues above 0
    make a flat place a minimum; one of each sign makes it a saddle."""
    along_m = np.subtract(slopes(way, m + h, s), slopes(way, m - h, s)) / (2 * h)
    along_s = np.subtract(slopes(way, m, s + h), slopes(way, m, s - h)) / (2 * h)
    return np.array([along_m, along_s])


def flat_place(way: str, m: float, s: float) -> tuple[float, float]:
    """Where the slopes vanish near (m, s), by Newton's half steps, which find saddles as readily as minima."""
    for _ in range(60):
        step = np.linalg.solve(bend(way, m, s), slopes(way, m, s)) / 2
        m, s = m - float(step[0]), s - float(step[1])
    return m, s


# %% [markdown]
# ## "GANs make use of maximum likelihood": do they?
#
# One of the articles says so, and there is a true core: the *critic* of a GAN is a classifier, fitted by maximum
# likelihood of its labels. But the generator of the standard game isn't. Against a perfect critic, its cost is
# $2\,\mathrm{JS} - \ln 4$ (Goodfellow et al. 2014, theorem 1; lesson 10), and the table settles it: of our two
# bells JS prefers the picky one, .2158 to .2972, while the likelihood prefers the other by $35.307 - 1.112 =
# 34.19$ nats a data point. Two criteria that rank two models differently are two criteria. (There is *one*
# generator cost that makes the game maximum likelihood, Goodfellow 2016, section 3.2.4. We'll derive it in lesson
# 11.)
#
# ## What this does not explain
#
# It is tempting to go on: "GANs minimise something like reverse KL, *therefore* they are sharp, *therefore* they
# lose modes". Goodfellow's tutorial looks at this reading in section 3.2.5 and withdraws it: GANs trained to
# maximise likelihood, it reports, are still sharp and still keep few modes. And picking was never a wish of
# reverse KL: it took as many modes as one bell *could* have. Give the model two bells, $q_w = w\,N(-3, 0.5^2) + (1
# - w)\,N(3, 0.5^2)$, and
#
# $$ \mathrm{KL}(q_w, p) = \ln 2 - H(w), \qquad H(w) = -w \ln w - (1 - w) \ln (1 - w) . $$
#
# At $w = 0$ this falls vertically: already a share of $w = .01$ lowers .6931 to .6371 nats. **All three
# directions are best at $w = \tfrac12$, with 0 nats**, and there the forward fit is as sharp as the data: blur
# came from too few bells, not from likelihood alone. A network that can make eight modes and makes three,
# as in lesson 15, is doing something no divergence here asks for. The cause has to be looked for in the *game*,
# and lessons 14 and 15 do.


# %%
def log_two_bells(w: float) -> np.ndarray:
    """log of w N(-3, .5²) + (1 - w) N(3, .5²) on the grid, for 0 < w < 1."""
    return np.logaddexp(math.log(w) + log_bell(-3, 0.5), math.log1p(-w) + log_bell(3, 0.5))


# %% [markdown]
# ## In five lines
#
# 1. Forward KL averages over the data and covers them; to minimise it is maximum likelihood.
# 2. Reverse KL averages over the model's own samples and picks what they can reach.
# 3. JS compares both with their half-and-half mixture, lies between 0 and $\log 2$, and looks only where both are.
# 4. A model that is too small is blurred or leaves something out, and no fit of it is the closest by every
#    measure.
# 5. Where the model can be right all three are best at the same place, so a divergence alone loses no modes.
#
# ## Now you
#
# `minigan exercise start 5` hands you reverse KL with a gap: the two slopes from samples' own point of view
# ($E[h'(m + s\varepsilon)]$, where $x = m + s\varepsilon$ is the smallest generator there is) and the walk
# downhill. Which of two equal villages you end in is up to you.
#
# **Next**: real models have many hidden causes for one $x$, and their likelihood is an integral that nobody can
# do. Lesson 06 bounds it instead, and meets reverse KL again, inside the bound.
#
# **Sources.** Goodfellow, *NIPS 2016 Tutorial: Generative Adversarial Networks*, sections 3.2.4 and 3.2.5 with
# figure 14 (cover or pick, and why it doesn't explain GANs); Goodfellow et al. 2014, theorem 1; Lin 1991, eq. 4.1
# (JS); Bishop 2006, section 10.1.2 (the two directions); Theis, van den Oord and Bethge 2016, figure 1 (one
# Gaussian by three criteria); Amari 1998 (natural gradient); Kingma and Welling 2014, section 2.4
# ($x = m + s\varepsilon$).

# %%
if __name__ == "__main__":
    show(5)
