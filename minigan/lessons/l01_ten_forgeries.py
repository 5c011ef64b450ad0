# %% [markdown]
# # 01. Ten forgeries: what happens in one round?
# *About 2 seconds; afterwards you can follow every number of one round of a GAN, name who pays what, and say why a
# critic at fifty-fifty need not mean peace.*
#
# *Needs: logarithms, derivatives and the chain rule; no other lesson.*
#
# You own a parrot that imitates your voice. Your little brother sits in front of a curtain; behind it is you or
# the parrot, and he must say which. Afterwards he is told the truth. Whenever he was right he gets a sweet,
# whenever he was wrong the parrot gets a nut: twenty sounds, twenty treats, and what one of them earns the other
# has lost. Your brother learns what gives a parrot away, the parrot learns what your brother falls for, and they
# meet again. Nobody ever teaches the parrot to speak: **all that it learns comes through your brother's opinion.**
# If both go on improving, the parrot will sound like you.
#
# That is a **generative adversarial network**, and each of its words names a part:
#
# - *generative*: its product is something that makes new data, here the parrot, called the generator G;
# - *adversarial*: it learns against an opponent, here your brother, called the discriminator D or the critic,
#   whose loss is its gain;
# - *network*: both are functions with parameters and slopes, neural networks as a rule, so that a penalty can be
#   turned into a small change of every parameter.
#
# (Nothing in it is about voices. Later lessons tell the same game of a forger and a bank's intern, and of
# pictures.)
#
# In this lesson we play one such round with every number on the table. It is the example of Prince's
# *Understanding Deep Learning*, notebook 15.1, with his numbers: small enough for a pocket calculator, and yet it
# is a whole GAN, with nearly all the troubles that the other lessons are about.

# %%
from __future__ import annotations

import numpy as np

import minigan as mg
from minigan.core.backend import Backend
from minigan.core.layers import Dense
from minigan.lessons import show

# %% [markdown]
# ## The players
#
# A sound is one number $x$, its pitch. Ten times you sing, around pitch 7.5, and ten times the parrot has a go:
# ten forgeries. The parrot starts from *noise*: a number $z$ that means nothing and only makes each attempt
# different from the last.

# %%
REAL = np.array(
    [9.264052345967665, 7.900157208367223, 8.47873798410574, 9.740893199201459, 9.367557990149967,
     6.522722120123589, 8.45008841752559, 7.348642791702302, 7.3967811482064425, 7.910598501938372]
)  # fmt: skip
NOISE = np.array(
    [1.6243453636632417, -0.6117564136500754, -0.5281717522634557, -1.0729686221561705, 0.8654076293246785,
     -2.3015386968802827, 1.74481176421648, -0.7612069008951028, 0.31903909605709857, -0.2493703754774101]
)  # fmt: skip
THETA, PHI0, PHI1 = 3.0, -2.0, 1.0


# %% [markdown]
# The parrot has one parameter, $\theta$; the brother has two, $\phi_0$ and $\phi_1$:
#
# $$ G(z) = z + \theta, \qquad D(x) = \sigma(\phi_0 + \phi_1 x), \qquad \sigma(s) = \frac{1}{1 + e^{-s}}. $$
#
# $D(x)$ is the probability, in the brother's opinion, that $x$ is you. The number under $\sigma$ is called the
# **logit**: above 0 he leans towards "real", below 0 towards "fake".


# %%
def generate(z: np.ndarray, theta: float) -> np.ndarray:
    """G: what the parrot makes of the noise."""
    return z + theta


def logit(x: np.ndarray, phi0: float, phi1: float) -> np.ndarray:
    """D's logit: how sure the brother is that x is real, before the sigmoid."""
    return phi0 + phi1 * x


def sigmoid(s: np.ndarray) -> np.ndarray:
    """A logit as a probability."""
    return 1 / (1 + np.exp(-s))


# %% [markdown]
# They begin with $\theta = 3$, so the parrot is far too low, and with $\phi_0 = -2$, $\phi_1 = 1$.
#
# > **Predict before you read on.** Your brother says "real" wherever $D(x) > 1/2$. At which pitch does he change
# > his mind? How many of your ten sounds will he get right, how many of the parrot's, and who gets more treats?
# > And when we charge him for what he didn't know, which of the two groups makes the bill?
#
# ## What an opinion costs
#
# Counting treats is a poor teacher: move $\phi_0$ a little and, as a rule, no verdict changes, so the count says
# nothing about the direction to go. We charge for the *probability* instead. Whoever gives probability $p$ to what
# turns out to be true pays $-\log p$: nothing for $p = 1$, $\log 2 = .693$ for a shrug of one half, and without
# limit for being sure and wrong. With natural logarithms the unit is the **nat**. For a real sound the truth is
# "real", for a forgery "fake", and so the brother pays
#
# $$ L_D = -\sum_{i=1}^{10} \log D(x_i) \;-\; \sum_{i=1}^{10} \log\bigl(1 - D(G(z_i))\bigr). $$
#
# He wants $L_D$ small. The parrot can move only the second sum, and wants it *large*: the brother's loss is the
# parrot's gain. This is the game of Goodfellow et al. 2014, eq. 1, with its sign turned and sums for the averages.


# %%
def payments(theta: float, phi0: float, phi1: float) -> tuple[np.ndarray, np.ndarray]:
    """What D pays for each real sound and for each forgery, in nats: -log D(x) and -log(1 - D(G(z)))."""
    real, fake = sigmoid(logit(REAL, phi0, phi1)), sigmoid(logit(generate(NOISE, theta), phi0, phi1))
    return -np.log(real), -np.log(1 - fake)


def walk(theta: float = THETA, phi0: float = PHI0, phi1: float = PHI1) -> None:
    """Print a whole round, number by number."""
    print("     z   x = G(z)   logit    D(x)   pays   treat to")
    groups = (NOISE, generate(NOISE, theta)), (None, REAL)
    for (z, x), paid in zip(groups, payments(theta, phi0, phi1)[::-1], strict=True):
        for i, s in enumerate(logit(x, phi0, phi1)):
            noise = f"{z[i]:6.2f}" if z is not None else "  real"
            right = s > 0 if z is None else s <= 0
            row = f"{noise}  {x[i]:9.3f}  {s:6.3f}  {sigmoid(s):6.4f}  {paid[i]:5.3f}"
            print(f"{row}   {'brother' if right else 'parrot'}")
        print(f"{'':33}{paid.sum():7.3f} nats\n")


if __name__ == "__main__":
    walk()

# %% [markdown]
# ## What happened
#
# ![The round as a data flow](../../figures/l01_ten_forgeries.png)
#
# Noise goes into G and forgeries come out; forgeries and real sounds go into the *same* D, which isn't told which
# is which; what comes out is charged. He changes his mind at pitch 2, for there $-2 + x = 0$. So all 10 real
# sounds are recognised, but so low a bar also lets in 8 of the 10 forgeries: **12 treats for the brother, 8 for
# the parrot**. The bill is **13.8148 nats**, of which the ten real sounds cost .0304 and the ten forgeries
# 13.7844.
#
# Three things that one hears about this round are nearly true, and it pays to have them exactly.
#
# *"D is penalised for its mistakes."* D is charged for every doubt. The fourth forgery, at pitch 1.927, is rightly
# called fake, with $D = .482$, and costs .657 nats all the same, hardly less than a shrug. That is what keeps a
# critic learning after the last mistake is gone.
#
# *"D's loss is G's gain."* For the forgeries, yes: those 13.7844 nats are exactly what G raises. The .0304 for the
# real sounds are D's own affair; no $\theta$ can change them.
#
# *"At first D is as bad as G."* In the bill, yes: a D that says one half to everything pays $20 \log 2 = 13.8629$,
# so his opinions are worth next to nothing. In treats he looks better, 12 to 8. **A count and a loss can disagree;
# it is the loss that is trained.**
#
# ## The same game from G's side, twice
#
# How does G learn without ever seeing a real sound? By asking how the bill moves with $\theta$. As
# $\frac{d}{ds}[-\log(1 - \sigma(s))] = \sigma(s)$, the chain rule leads through D:
#
# $$ \frac{\partial}{\partial\theta} \sum_i -\log\bigl(1 - D(G(z_i))\bigr) = \phi_1 \sum_i D(G(z_i)) = 6.673
# \text{ nats per unit of pitch}. $$
#
# It is positive: sing higher. Note $\phi_1$ in it: G learns through D's parameters, and a D that ignores pitch
# ($\phi_1 = 0$) would teach it nothing.
#
# In practice G is often given another wish: not "make D pay for calling this fake", but "make D call this real",
# as if the label on the forgery said so. This **label trick** makes G pay $-\sum \log D(G(z_i)) = 4.755779$ nats,
# to be lowered. It pulls the same way, with another strength; lesson 11 is about the difference, and you will see
# its worth before this lesson ends.
#
# ## The bill on other people's notepads
#
# Programs print this loss in different units, and much confusion comes from it. A sum over twenty: 13.8148. The
# mean over the real ones plus the mean over the forgeries, which is minigan's way: 1.38148, "per pair". The mean
# over all twenty: .69074. (The appendix has minigan's `discriminator_loss` say it.)
#
# > **A riddle.** You will learn in lesson 10 that where no critic can tell G from the data, the best that D can do
# > is to say one half and pay $2 \log 2 = 1.386294$ nats per pair. Our round shows 1.38148, nearly the same. Has
# > the parrot won after no training at all?
#
# No. The two halves give it away: at peace each group costs .693 a head, and here the real sounds cost .003 and
# the forgeries 1.378. They make up the famous number by accident. And **an equilibrium is not a number, it is a
# state in which neither player can do better alone**. D can: the highest forgery is at 4.745 and your lowest sound
# at 6.523, so a D that changes its mind half-way, steeply, has no doubt left and pays nothing. G can too, by its
# slope of 6.673.
#
# Never read a loss near 1.386 as success. It is what success looks like, and so does a critic who is asleep.
#
# ## Round after round
#
# Now let them learn. The notebook's round: 300 small steps of D downhill on its bill (rate .01), then 3 steps of G
# uphill on its share of it (rate .02), always with the same ten real sounds and the same noise. The slopes are the
# one above and, for D, the opinion minus the truth (1 for real, 0 for fake), summed plain for $\phi_0$ and times
# $x$ for $\phi_1$. The argument `centre` makes D hear $x - c$ instead of $x$; leave it at 0 for now.


# %%
def d_slopes(x: np.ndarray, phi0: float, phi1: float, truth: np.ndarray) -> tuple[float, float]:
    """The slopes of D's bill with respect to phi0 and phi1."""
    off = sigmoid(logit(x, phi0, phi1)) - truth
    return off.sum(), off @ x


def play(rounds: int, centre: float = 0.0, label_trick: bool = False) -> np.ndarray:
    """UDL's loop -> (rounds + 1, 4): theta, phi0, phi1 and D's bill in nats at the end of each round."""
    theta, phi0, phi1 = THETA, PHI0 + PHI1 * centre, PHI1  # the same D, said in other coordinates
    real, noise, truth = REAL - centre, NOISE - centre, np.repeat([1.0, 0.0], 10)
    history = []
    for n in range(rounds + 1):
        if n:
            sounds = np.concatenate([real, generate(noise, theta)])
            for _ in range(300):
                slope0, slope1 = d_slopes(sounds, phi0, phi1, truth)
                phi0, phi1 = phi0 - 0.01 * slope0, phi1 - 0.01 * slope1
            for _ in range(3):
                D = sigmoid(logit(generate(noise, theta), phi0, phi1))
                theta += 0.02 * phi1 * (1 - D if label_trick else D).sum()
        s = logit(real, phi0, phi1), logit(generate(noise, theta), phi0, phi1)
        bill = np.logaddexp(0, -s[0]).sum() + np.logaddexp(0, s[1]).sum()  # -log D and -log(1 - D), never log(0)
        history.append((theta, phi0, phi1, bill))
    return np.array(history)


# %% [markdown]
# > **Predict:** where should $\theta$ end? And will it get there?
#
# This D judges by one straight logit, so all that G can be taught is the mean. Peace is where the two means agree:
# $\theta^* = \bar x - \bar z = 8.238 + .097 = 8.335$, with $\phi_0 = \phi_1 = 0$, where all three slopes are 0.
#
# Five rounds, as in the notebook, take $\theta$ from 3 to **3.343**. The direction is right and the pace is poor,
# for D is now right 20 times out of 20 and so *sure* of every forgery that $D(G(z))$, the factor in G's slope, is
# nearly 0. A critic can be too good to learn from. (All treats to the brother; the parrot starves.)
#
# Forty-eight rounds: $\theta$ creeps, then runs, passes 8.335 in round 34, is at 10.24 in round 36, turns, and is
# down at 7.03 in round 48. From round 34 on D's bill never falls below 20.55 nats, *though a tossed coin pays
# 13.86*. In rounds 36 to 48 it calls all twenty sounds real, so the treats stand at 10 to 10 and 50 % of its
# verdicts are right: to someone who counts only verdicts this looks like peace. Prince's comment is that the game
# is extremely unstable. Why?
#
# ## Why it swings
#
# One part can be settled with a pencil. Near peace D's bill is a bowl. Take one direction in it, call the distance
# from the bottom the error $e$ and the curvature $\lambda$: the bill is $\frac12 \lambda e^2$ higher than at the
# bottom, its slope is $\lambda e$, and a step of size $\eta$ leaves $(1 - \eta\lambda)\, e$. If $\eta\lambda$
# exceeds 2 the step lands farther away than it began, on the other side. How steep is D's bowl? Its curvatures are
# sums of squares of the pitches (the appendix has them), the pitches are near 8, and along the steepest direction
# $\lambda = 350$. At $\eta = .01$ the factor is $-2.501$. **Every step of D makes its error two and a half times
# as large, on the other side.** D doesn't fail to find the truth; it is thrown off it, and more steps wouldn't
# help.
#
# The cure is not cleverness but centring: let D hear $x - 7.5$. It is the same family of critics, in other
# coordinates, but the squares shrink and the factor becomes .891: safe. Now `play(100, centre=7.5,
# label_trick=True)` settles at $\theta = 8.335164$ to six decimals, both players at rest, the bill at $20 \log 2$.
# And this time it *is* peace. With the centring alone it gets there too, by round 300, but only after a long stall
# near the start, where D is too sure: try it, and you will have met the reason for the label trick.
#
# Scaling your data, keeping the critic's slope alive, telling peace from sleep: the rest of the course is these
# three, with more parameters.
#
# ## In five lines
#
# 1. A generator G makes samples from noise, and a discriminator D gives each a probability that it is real.
# 2. D pays $-\log$ of the probability that it gave to the truth, so it is charged for every doubt, not for
#    mistakes alone.
# 3. What D pays for the fakes is G's gain, and G's slope comes through D's parameters, for G sees no real sample.
# 4. A count of right verdicts and a loss can disagree, and a loss near $2 \log 2 = 1.386$ nats a pair proves
#    nothing.
# 5. Centre and scale the data, for else every step of D may throw it farther off; and a D that is too sure teaches
#    G nothing.
#
# ## Now you
#
# `minigan exercise start 1` gives you a file with one gap: write D's loss, from logits, so that it survives a
# critic who is very sure. (`-log(1 - D)` doesn't: in floating point, $\sigma(40)$ is exactly 1.) Then
# `minigan exercise check 1` judges it.
#
# *Next.* The parrot's voice was one number. Lesson 02 asks what the probability of a whole *image* can mean.
#
# *Sources.* S. J. D. Prince, *Understanding Deep Learning* (2023), section 15.1 and notebook 15.1 (its two printed
# targets are claims here). I. Goodfellow et al., *Generative Adversarial Nets* (2014), eq. 1 and section 3 (the
# label trick). I. Goodfellow, *NIPS 2016 Tutorial: Generative Adversarial Networks*, section 3. The parrot and his
# treats come from H. Heidenreich's and the ten forgeries from Z. Jost's introductions to GANs.

# %% [markdown]
# ## Appendix: a voice of two numbers
#
# Did it matter that a sound was one number? Suppose that your brother hears pitch *and* timbre, and lay the same
# twenty sounds along a slanted line in that plane, at $(x \cos\alpha, x \sin\alpha)$. Now his logit has two
# weights. With $\phi_1 \cos\alpha$ and $\phi_1 \sin\alpha$ he listens along the line, and as $\cos^2\alpha +
# \sin^2\alpha = 1$, that gives the same twenty opinions, the same treats and the same bill. D's loss sees logits
# and nothing else. So the same few lines serve voices, banknotes, and pictures of 784 pixels.
#
# ## Appendix: the bowl's curvature
#
# At peace $D = \frac12$ for all twenty sounds, and the second derivatives of the bill by $\phi_0$ and $\phi_1$ are
# $D(1 - D) = \frac14$ times the sums of $1$, $x$ and $x^2$:
#
# $$ H = \frac14 \sum_{i=1}^{20} \begin{pmatrix} 1 & x_i \\ x_i & x_i^2 \end{pmatrix}. $$
#
# Its eigenvectors are the directions in which a step only stretches or flips the error, and its eigenvalues are
# the curvatures $\lambda$ there. The larger one is 350; for $x - 7.5$ it is less than 11.

# %% [markdown]
# ## Appendix: the bill by minigan


# %%
def players(theta: float = THETA, phi0: float = PHI0, phi1: float = PHI1) -> tuple[mg.Sequential, mg.Sequential]:
    """The same G and D as networks: one dense layer each, y = W x + b, in float64."""
    G = mg.Sequential([Dense(1, 1)], Backend("numpy", "float64"), name="G")
    D = mg.Sequential([Dense(1, 1)], Backend("numpy", "float64"), name="D")
    G.assign([1.0, theta])  # W, b
    D.assign([phi1, phi0])
    return G, D


def bill_by_minigan() -> float:
    """Nats per pair: the mean over the real sounds plus the mean over the forgeries."""
    G, D = players()
    return float(mg.discriminator_loss(D(REAL[:, None]), D(G(NOISE[:, None])))[0])


# %%
if __name__ == "__main__":
    show(1)
