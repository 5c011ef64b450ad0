# %% [markdown]
# # 01. Ten forgeries: what happens in one round?
# *About 2 seconds; afterwards you can follow every number of one round of a GAN, name who pays what, and say why a
# critic at fifty-fifty need not mean peace.*
#
# A forger paints; a critic is shown paintings, some by the master and some by the forger, and says of each how
# sure he is that it is genuine. Afterwards both are told the truth. The critic studies what gave the forgeries
# away, the forger studies what the critic fell for, and they meet again. Nobody ever teaches the forger to paint:
# **all that he learns comes through the critic's opinion.** If both go on improving, the forgeries end up worth
# hanging.
#
# That is a **generative adversarial network**, and each of its words names a part:
#
# - *generative*: its product is something that makes new data, here the forger, called the generator G;
# - *adversarial*: it learns against an opponent, the critic, called the discriminator D, whose loss is its gain;
# - *network*: both are functions with parameters and slopes, neural networks as a rule, so that a penalty can be
#   turned into a small change of every parameter.
#
# Nothing in it is about pictures. Take a parrot that imitates your voice, and your little brother in front of a
# curtain. Behind it is you or the parrot, and your brother must say which. Whenever he is right he gets a sweet;
# whenever he is wrong the parrot gets a nut. Twenty sounds, twenty treats: what one of them earns the other has
# lost.
#
# In this lesson we play one such round with every number on the table. It is the example of Prince's
# *Understanding Deep Learning*, notebook 15.1, with his numbers: small enough for a pocket calculator, and yet it
# is a whole GAN, with nearly all the troubles that the other nineteen lessons are about.

# %%
from __future__ import annotations

from typing import Any

import numpy as np

import minigan as mg
from minigan.core.backend import Backend
from minigan.lessons import Claim, show

# %% [markdown]
# ## The players
#
# A sound is one number $x$, its pitch. Ten times you sing, around pitch 7.5, and ten times the parrot has a go.
# The parrot starts from *noise*: a number $z$ that means nothing and only makes each attempt different from the
# last.

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
# > **Predict, before you read on.** Your brother says "real" wherever $D(x) > 1/2$. At which pitch does he change
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
# ![The round as a data flow](../figures/l01_ten_forgeries.png)
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
# over all twenty: .69074. Here is minigan's:


# %%
def players(theta: float = THETA, phi0: float = PHI0, phi1: float = PHI1) -> tuple[mg.Sequential, mg.Sequential]:
    """The same G and D as networks: one dense layer each, y = W x + b, in float64."""
    G = mg.Sequential([mg.Dense(1, 1)], Backend("numpy", "float64"), name="G")
    D = mg.Sequential([mg.Dense(1, 1)], Backend("numpy", "float64"), name="D")
    G.assign([1.0, theta])  # W, b
    D.assign([phi1, phi0])
    return G, D


def bill_by_minigan() -> float:
    """Nats per pair: the mean over the real sounds plus the mean over the forgeries."""
    G, D = players()
    return float(mg.discriminator_loss(D(REAL[:, None]), D(G(NOISE[:, None])))[0])


# %% [markdown]
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
# ## A voice of two numbers
#
# Did it matter that a sound was one number? Suppose that your brother hears pitch *and* timbre, and lay the same
# twenty sounds along a slanted line in that plane. His logit is now $\phi_0 + \phi \cdot x$ with two weights; one
# that listens along the line gives the same twenty opinions, the same treats and the same bill. D's loss sees
# logits and nothing else. So the same few lines serve voices, banknotes, and pictures of 784 pixels.


# %%
def two_number_bill(angle: float = np.pi / 6) -> tuple[float, int]:
    """(D's bill in nats, treats for the brother) with pitch and timbre for one number, and two weights in D."""
    along = np.array([np.cos(angle), np.sin(angle)])
    real, fake = np.outer(REAL, along), np.outer(generate(NOISE, THETA), along)  # (10, 2) each
    weights = PHI1 * along
    s_real, s_fake = PHI0 + real @ weights, PHI0 + fake @ weights
    bill = -np.log(sigmoid(s_real)).sum() - np.log(1 - sigmoid(s_fake)).sum()
    return float(bill), int((s_real > 0).sum() + (s_fake <= 0).sum())


# %% [markdown]
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
# One part can be settled with a pencil. Near peace D's bill is a bowl whose curvatures are the eigenvalues
# $\lambda$ of
#
# $$ H = \frac14 \sum_{i=1}^{20} \begin{pmatrix} 1 & x_i \\ x_i & x_i^2 \end{pmatrix}, $$
#
# and a step of size $\eta$ multiplies an error along an eigenvector by $1 - \eta\lambda$. The pitches are near 8,
# so their squares are large: $\lambda = 350$, and at $\eta = .01$ the factor is $-2.501$. **Every step of D makes
# its error two and a half times as large, on the other side.** D doesn't fail to find the truth; it is thrown off
# it, and more steps wouldn't help.
#
# The cure is not cleverness but centring: let D hear $x - 7.5$. It is the same family of critics, in other
# coordinates, but the sums in $H$ shrink and the factor becomes .891: safe. Now
# `play(100, centre=7.5, label_trick=True)` settles at $\theta = 8.335164$ to six decimals, both players at
# rest, the bill at $20 \log 2$. And this time it *is* peace. With the centring alone it gets there too, by
# round 300, but only after a long stall near the start, where D is too sure: try it, and you will have met the
# reason for the label trick.
#
# Scaling your data, keeping the critic's slope alive, telling peace from sleep: the rest of the course is these
# three, with more parameters.


# %%
def by_minigan(rounds: int) -> np.ndarray:
    """The same loop with minigan's networks and their backward -> rows like those of `play`."""
    G, D = players()
    real, noise = REAL[:, None], NOISE[:, None]
    g_trace, trace, both = G.trace(10), D.trace(10), D.trace(20)
    history = []
    for n in range(rounds + 1):
        bill = 10 * mg.discriminator_loss(D(real), D(G(noise)))[0]  # 10: from means to sums
        history.append((G.theta[1], D.theta[1], D.theta[0], float(bill)))
        if n == rounds:
            break
        sounds = np.concatenate([real, G(noise)])
        for _ in range(300):
            s = D.forward(sounds, both)
            _, d_real, d_fake = mg.discriminator_loss(s[:10], s[10:])
            D.backward(np.concatenate([d_real, d_fake]), both)
            D.assign(D.theta - 0.01 * 10 * D.grad)
        for _ in range(3):
            s = D.forward(G.forward(noise, g_trace), trace)
            _, d_fake = mg.generator_loss(s, "minimax")
            G.backward(D.backward(d_fake, trace, params=False, inputs=True), g_trace)
            G.assign(G.theta - [0.0, 0.02 * 10 * G.grad[1]])  # W stays 1
    return np.array(history)


def step_factor(centre: float) -> float:
    """By how much one step of D multiplies a small error at peace, measured along the steepest direction."""
    x = np.concatenate([REAL, NOISE + REAL.mean() - NOISE.mean()]) - centre
    _, vectors = np.linalg.eigh(np.array([[20, x.sum()], [x.sum(), x @ x]]) / 4)
    error = 1e-6 * vectors[:, -1]
    after = error - 0.01 * np.array(d_slopes(x, *error, np.repeat([1.0, 0.0], 10)))
    return float(after @ error / (error @ error))


# %% [markdown]
# ## Now you
#
# `minigan exercise start 1` gives you a file with one gap: write D's loss, from logits, so that it survives a
# critic who is very sure. (`-log(1 - D)` doesn't: in floating point, $\sigma(40)$ is exactly 1.) Then
# `minigan exercise check 1` judges it.
#
# Next: the parrot's voice was one number. Lesson 02 asks what the probability of a whole *image* can mean.
#
# Sources: S. J. D. Prince, *Understanding Deep Learning* (2023), section 15.1 and notebook 15.1 (its two printed
# targets are claims below). I. Goodfellow et al., *Generative Adversarial Nets* (2014), eq. 1 and section 3 (the
# label trick); the forger is theirs too, as a counterfeiter. I. Goodfellow, *NIPS 2016 Tutorial: Generative
# Adversarial Networks*, section 3. The parrot and his treats come from H. Heidenreich's and the ten forgeries from
# Z. Jost's introductions to GANs.


# %%
UDL_D, UDL_G = 13.814757170851447, 13.78437035945412  # printed in notebook 15.1


def claims(quick: bool = False) -> list[Claim]:
    """The numbers of this lesson; the long games only in full."""
    draws = [np.random.RandomState(seed).normal(size=10) for seed in (0, 1)]
    drawn = np.concatenate([draws[0] + 7.5, draws[1]])
    real, fake = payments(THETA, PHI0, PHI1)
    s_fake = logit(generate(NOISE, THETA), PHI0, PHI1)
    right = int((logit(REAL, PHI0, PHI1) > 0).sum()), int((s_fake <= 0).sum())
    peace = float(REAL.mean() - NOISE.mean())
    at_peace = np.concatenate([REAL, NOISE + peace])
    highest, lowest = generate(NOISE, THETA).max(), REAL.min()
    steep = payments(THETA, -20 * (highest + lowest) / 2, 20.0)
    h = 1e-5
    up, down = payments(THETA + h, PHI0, PHI1)[1].sum(), payments(THETA - h, PHI0, PHI1)[1].sum()
    two_bill, two_treats = two_number_bill()
    five, checked = play(5), by_minigan(5)
    doubt = PHI0 + PHI1 * (NOISE[3] + THETA)  # the logit of the fourth forgery, -.073
    udl, nets = "UDL notebook 15.1", "minigan's networks and backward"

    def factor(centre: float) -> float:
        x = [float(v) - centre for v in at_peace]
        one, two = sum(x), sum(v * v for v in x)
        # 4 lambda is the larger root of r^2 - (20 + two) r + 20 two - one^2
        return 1 - 0.01 / 4 * ((20 + two) / 2 + (((20 - two) / 2) ** 2 + one**2) ** 0.5)

    made = [
        Claim("numbers", "largest difference of the twenty literals from UDL's draws",
              float(np.abs(np.concatenate([REAL, NOISE]) - drawn).max()), 0.0, 1e-12,
              "NumPy's frozen legacy generator, seeds 0 and 1"),
        Claim("treats_brother", "treats for the brother, of 20", right[0] + right[1], 12, 0,
              "D > 1/2 just where x > 2: 10 reals, and 2 fakes below"),
        Claim("treats_parrot", "treats for the parrot, of 20", 20 - sum(right), 8, 0, "20 - 12"),
        Claim("d_loss", "D's bill for 10 + 10 sounds, nats", real.sum() + fake.sum(), UDL_D, 1e-12, udl),
        Claim("d_real", "of it for the 10 real ones, nats", real.sum(), UDL_D - UDL_G, 1e-12,
              "difference of UDL's two numbers"),
        Claim("g_term", "of it for the 10 forgeries, which G raises, nats", fake.sum(), UDL_G, 1e-12, udl),
        Claim("label_trick", "what the label trick makes G pay, nats", -np.log(sigmoid(s_fake)).sum(),
              UDL_G - (10 * (PHI0 + THETA) + NOISE.sum()), 1e-12,
              "-log D = -log(1 - D) - s: UDL's number less the sum of the logits"),
        Claim("doubt", "what D pays for the fourth forgery, rightly called fake, nats", fake[3],
              np.log(2) + doubt / 2 + doubt**2 / 8 - doubt**4 / 192, 1e-9, "Taylor series of log(1 + e^s)"),
        Claim("coin", "what always saying one half costs, nats", sum(map(np.sum, payments(THETA, 0, 0))),
              20 * np.log(2), 1e-12, "20 log 2"),
        Claim("per_pair", "D's bill in minigan's unit, nats per pair", bill_by_minigan(), UDL_D / 10, 1e-12,
              "UDL's sum over 10"),
        Claim("no_peace", "the same twenty with a steep D half-way between them, nats", sum(map(np.sum, steep)),
              20 * np.exp(-20 * (lowest - highest) / 2), 0.0, "log(1 + e^-a) < e^-a, a the least logit",
              at_most=True),
        Claim("theta_slope", "slope of G's term, nats per unit of theta", float(PHI1 * sigmoid(s_fake).sum()),
              (up - down) / (2 * h), 1e-8, "central difference, h = 1e-5"),
        Claim("two_numbers", "D's bill with voices of two numbers, nats", two_bill, UDL_D, 1e-12,
              f"{udl}, and cos^2 + sin^2 = 1"),
        Claim("two_treats", "treats for the brother with voices of two numbers", two_treats, 12, 0, "as with one"),
        Claim("theta_5", "theta after 5 rounds", five[5, 0], checked[5, 0], 1e-9, nets),
        Claim("right_5", "D's right verdicts after 5 rounds, of 20",
              int((logit(REAL, *five[5, 1:3]) > 0).sum() + (logit(NOISE + five[5, 0], *five[5, 1:3]) <= 0).sum()),
              20, 0, "the two groups are apart, and D has learned it"),
        Claim("peace", "theta at peace", peace, (sum(REAL.tolist()) - sum(NOISE.tolist())) / 10, 1e-12,
              "where the means agree"),
        Claim("at_rest", "the larger of D's slopes there, with phi = 0",
              float(np.abs(d_slopes(at_peace, 0.0, 0.0, np.repeat([1.0, 0.0], 10))).max()), 0.0, 1e-12,
              "(sum of forgeries - sum of reals) / 2 = 0"),
        Claim("thrown", "what one step of D does to its error at peace", step_factor(0.0), factor(0.0), 1e-6,
              "1 - .01 lambda, lambda by the quadratic formula"),
        Claim("safe", "the same where D hears x - 7.5", step_factor(7.5), factor(7.5), 1e-6, "the same formula"),
    ]  # fmt: skip
    if quick:
        return made
    long, same = play(48), by_minigan(48)
    calm, stalled = play(100, centre=7.5, label_trick=True)[-1], play(300, centre=7.5)[-1]

    def fewest(history: np.ndarray) -> int:
        return min(int((logit(np.concatenate([REAL, NOISE + t]), a, b) > 0).sum()) for t, a, b, _ in history[36:])

    made += [
        Claim("passes", "round in which theta passes 8.335", int(np.argmax(long[:, 0] > peace)),
              int(np.argmax(same[:, 0] > peace)), 0, nets, full=True),
        Claim("theta_36", "theta after 36 rounds", long[36, 0], same[36, 0], 1e-6, nets, full=True),
        Claim("theta_48", "theta after 48 rounds", long[48, 0], same[48, 0], 1e-6, nets, full=True),
        Claim("worse_than_coin", "the least that D's bill is after rounds 34 to 48, nats", long[34:, 3].min(),
              same[34:, 3].min(), 1e-6, nets, full=True),
        Claim("all_real", "the fewest sounds called real after rounds 36 to 48, of 20", fewest(long), fewest(same),
              0, nets, full=True),
        Claim("settles", "theta after 100 rounds, centred, with the label trick", calm[0], peace, 1e-6,
              "mean x - mean z", full=True),
        Claim("settled_bill", "D's bill then, nats", calm[3], 20 * np.log(2), 1e-6, "20 log 2", full=True),
        Claim("stall_ends", "theta after 300 rounds, centred, without the trick", stalled[0], peace, 1e-6,
              "mean x - mean z", full=True),
    ]  # fmt: skip
    return made


# %%
def figure(quick: bool = False) -> Any:
    """The round as a data flow: noise to G, forgeries and reals to D, opinions to bills, and slopes back."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    from minigan.plotting import FAKE as RED
    from minigan.plotting import GREY, STYLE
    from minigan.plotting import REAL as BLUE

    fakes = generate(NOISE, THETA)
    paid_real, paid_fake = payments(THETA, PHI0, PHI1)
    with rc_context(STYLE):
        drawing = Figure((8, 5.6), layout="constrained")
        ax = drawing.subplots()
        ax.set(xlim=(0, 100), ylim=(27.4, -2.6))
        ax.axis("off")

        def box(x: float, top: float, width: float, bottom: float, text: str, colour: str) -> None:
            ax.add_patch(FancyBboxPatch((x, top), width, bottom - top, boxstyle="round,pad=0,rounding_size=0.8",
                                        facecolor="white", edgecolor=colour, linewidth=1.6))  # fmt: skip
            ax.text(x + width / 2, (top + bottom) / 2, text, ha="center", va="center", fontsize=9, linespacing=1.5)

        def arrow(x0: float, y0: float, x1: float, y1: float, **how: Any) -> None:
            how = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0} | how
            ax.annotate("", (x1, y1), (x0, y0), arrowprops=how)

        heads = (4, "noise z"), (30, "sound x"), (60, "D(x), probability\nof real"), (90, "D pays,\nnats")
        for x, text in (*heads, (74.5, "treat\nto")):
            ax.text(x, -0.9, text, ha="center", va="bottom", fontsize=9, color=GREY)
        groups = (fakes, paid_fake, RED, 0.0), (REAL, paid_real, BLUE, 12.0)
        for group, (xs, paid, colour, top) in enumerate(groups):
            for i, x in enumerate(xs):
                y, D = top + i + 0.3, float(sigmoid(logit(x, PHI0, PHI1)))
                right = (D > 0.5) == bool(group)
                if not group:
                    ax.text(6.5, y, f"{NOISE[i]:.2f}", ha="right", va="center", fontsize=8)
                ax.text(32.5, y, f"{x:.2f}", ha="right", va="center", fontsize=8, color=colour)
                ax.barh(y, 14 * D, 0.72, left=53, color=colour, alpha=0.45 if group else 0.75)
                ax.text(52.4, y, f"{D:.4f}", ha="right", va="center", fontsize=8)
                ax.text(74.5, y, "brother" if right else "parrot", ha="center", va="center", fontsize=8,
                        fontweight="normal" if right else "bold")  # fmt: skip
                ax.barh(y, 4.6 * paid[i], 0.72, left=87, color=colour, alpha=0.45 if group else 0.75)
                ax.text(86.5, y, f"{paid[i]:.4f}", ha="right", va="center", fontsize=8)
            ax.text(86.5, top + 10.35, f"{paid.sum():.4f}", ha="right", va="center", fontsize=9, fontweight="bold")
            says = "D lowers" if group else "D lowers,\nG raises"
            ax.text(87.5, top + 10, says, va="top", fontsize=8, color=GREY)
            ax.plot([60, 60], [top - 0.25, top + 9.8], color="black", linewidth=0.8, linestyle=":")
        ax.text(60, 22.35, "½", ha="center", va="center", fontsize=9)
        caught = int((logit(REAL, PHI0, PHI1) > 0).sum() + (logit(fakes, PHI0, PHI1) <= 0).sum())
        ax.text(74.5, 22.35, f"{caught} : {20 - caught}", ha="center", va="center", fontsize=9, fontweight="bold")
        box(11.5, 0, 11, 9.6, "G\n\nz + θ\nθ = 3", RED)
        box(35.5, 0, 10.5, 21.6, "D\n\nσ(φ₀ + φ₁x)\nφ₀ = −2\nφ₁ = 1", "black")
        ax.text(17, 16.8, "ten real sounds", ha="center", va="center", fontsize=9, color=BLUE)
        for y, spans in (4.8, ((8, 11.3), (22.7, 26.3), (33, 35.3))), (16.8, ((24.7, 27.3), (33, 35.3))):
            for x0, x1 in spans:
                arrow(x0, y, x1, y)
        # the slopes, on their way back: to D, and through D to G
        dashed = {"color": GREY, "linestyle": "--"}
        slopes = d_slopes(np.concatenate([REAL, fakes]), PHI0, PHI1, np.repeat([1.0, 0.0], 10))
        up = PHI1 * sigmoid(logit(fakes, PHI0, PHI1)).sum()
        ax.plot([92, 92, 40.75], [23.4, 25, 25], color=GREY, linewidth=1.2, linestyle="--")
        arrow(40.75, 25, 40.75, 21.9, **dashed)
        ax.plot([35.5, 17], [11, 11], color=GREY, linewidth=1.2, linestyle="--")
        arrow(17, 11, 17, 9.9, **dashed)
        ax.text(8, 12.2, f"slope of θ {up:+.2f}:\nG climbs, through D", va="center", fontsize=8.5)
        ax.text(42, 26.1, f"slopes of φ₀ {slopes[0]:+.2f} and φ₁ {slopes[1]:+.2f} nats per unit:  D descends",
                fontsize=8.5, va="center")  # fmt: skip
        whole = paid_fake.sum() + paid_real.sum()
        drawing.suptitle(f"One round: ten forgeries cost the critic {paid_fake.sum():.2f} of his {whole:.2f} nats")
    return drawing


# %%
if __name__ == "__main__":
    show("l01_ten_forgeries", claims, figure)
