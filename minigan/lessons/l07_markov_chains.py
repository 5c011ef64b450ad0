# %% [markdown]
# # 07. Random walks: how long must a chain walk?
# *About 2 seconds; afterwards you can walk to samples of an unnormalised density, and tell a chain that is stuck.*
#
# *Needs: matrices and their eigenvalues, and lesson 02; its first section also 06.*
#
# In lesson 02 we drew images from a world of 512 by listing it, and saw that nobody will ever list $2^{784}$. Two
# ways around the list were announced. Lesson 06 took the first: replace the distribution by a simpler one, and
# live with what that costs. This lesson takes the other: keep the distribution, and approximate by *chance*.
#
# **Predict before you read on.** Two peaks, equally high, six units apart, each half a unit wide. Somebody walks
# at random, half a unit at a time, upwards gladly and downwards reluctantly, starting on the right peak. After
# 20,000 steps, what share of the time has been spent on the right peak? And will the usual statistics warn us?

# %%
import math
from functools import cache

import numpy as np

import minigan as mg
from minigan.lessons import show
from minigan.lessons.l02_nine_pixels import AGREE, LIT

STEPS, CHAINS = 20_000, 8
SHORT, LONG = 0.5, 6.0  # standard deviations of the two walkers' moves

# %% [markdown]
# ## One number, two ways to approximate it
#
# In lesson 02's world, how many of the 12 pairs of neighbours agree on average? The list says 8.382. Without it:
#
# **The deterministic way.** Give each pixel its own probability $m_i$ of being lit, independent of the others, and
# choose the nine that bring the bound of lesson 06 as close to $\log Z$ as they can. Setting the bound's
# derivative to 0 gives the mean-field equations, in which each pixel sees only the average of its neighbours:
#
# $$ \log \frac{m_i}{1 - m_i} = 0.1 + 0.7 \sum_{j \sim i} (2 m_j - 1). $$
#
# (The sum is over the neighbours $j$ of pixel $i$; the left side is the logit of lesson 01.) A few rounds settle
# them: no chance, no noise, the same answer every time, and it is 7.307. The bound is 11.036 nats and $\log Z$ is
# 11.698; the gap of .663 nats is the KL divergence to the world. Wait as long as you like, it stays.


# %%
def mean_field(rounds: int = 100) -> np.ndarray:
    """Nine probabilities (9,) of being lit that make the bound on log Z as high as independent pixels can."""
    place = np.array([divmod(i, 3) for i in range(9)])
    neighbours = np.abs(place[:, None] - place).sum(axis=2) == 1
    m = np.full(9, 0.9)
    for _ in range(rounds):
        for i in range(9):
            m[i] = 1 / (1 + math.exp(-LIT - AGREE * (2 * m[neighbours[i]] - 1).sum()))
    return m


# %% [markdown]
# **The stochastic way.** Draw $n$ images and average. The mean of the estimate is right at every $n$, and its
# standard deviation is $\sigma/\sqrt n$, here with $\sigma = 1.982$: on log-log paper a line of slope -1/2. Four
# images beat the mean field, on average. That is the trade: *bias without noise* against *noise without bias*. The
# first has a floor; the second has none but is slow: ten times the precision for a hundred times the draws.
#
# That settles it, if only somebody hands us the draws. In lesson 02 the list did.
#
# ## A chain with three states
#
# A Markov chain makes draws by walking. From where it is, $x$, it goes to an $x'$ drawn from a rule $q(x' \mid
# x)$, which knows nothing of the past. Take three rooms in a row. In an end room you stay or go, half and half; in
# the middle you stay with probability 1/2 and go left or right with 1/4 each:
#
# $$ P = \begin{pmatrix} .5 & .5 & 0 \\ .25 & .5 & .25 \\ 0 & .5 & .5 \end{pmatrix}. $$
#
# A row of probabilities becomes $r P$ after a step. The row $\pi = (.25, .5, .25)$ stays as it is: it is the
# chain's *stationary* distribution. Start in the first room, $r = (1, 0, 0)$: the total variation distance to
# $\pi$ is .75, then .25, .125, .0625: it is $.5 \times .5^t$ from the first step on. The .5 that is multiplied
# again and again is the second eigenvalue of $P$; the eigenvalues are 1, .5 and 0, and what belongs to 0 is gone
# after one step.
#
# It is a rate and not a law for every start: from $(.5, 0, .5)$ the chain is at $\pi$ after a single step, for
# that start has no share in the second eigenvector. (If eigenvalues are complex or negative, their absolute value
# counts.)

# %%
ROOMS = np.array([[0.5, 0.5, 0], [0.25, 0.5, 0.25], [0, 0.5, 0.5]])


def distances(P: np.ndarray, target: np.ndarray, start: np.ndarray, steps: int) -> np.ndarray:
    """TV to target after 0, 1, ... steps of the chain P: (steps + 1,)."""
    row, found = np.asarray(start, float), []
    for _ in range(steps + 1):
        found.append(np.abs(row - target).sum() / 2)
        row = row @ P
    return np.array(found)


# %% [markdown]
# ## A chain that goes where we want: Metropolis
#
# There the rule was given and we asked where it leads. Now the goal $p$ is given, and we want a rule. Propose a
# move to a neighbour $x'$, such that $x'$ would propose $x$ just as readily. Then *accept* it with probability
#
# $$ \alpha = \min\Big(1, \frac{p(x')}{p(x)}\Big), \qquad\text{else stay, and count your place once more.} $$
#
# Why it works: between two places the traffic is $p(x)\, q\, \min(1, p(x')/p(x)) = q \min(p(x), p(x'))$, and this
# is symmetric. As much goes there as comes back (*detailed balance*), so $p$ stays as it is. And look at the
# quotient: **$Z$ cancels**. Scores suffice, even for $2^{784}$ images.
#
# On lesson 02's world: choose one of nine pixels, propose to flip it. With 512 states we can write down the whole
# 512 x 512 matrix and *know* what the chain does, before walking a step.


# %%
def flip_one_pixel(p: np.ndarray) -> np.ndarray:
    """The transition matrix (512, 512) of Metropolis that proposes to flip one of nine pixels."""
    P, here = np.zeros((512, 512)), np.arange(512)
    for pixel in range(9):
        there = here ^ (1 << pixel)
        P[here, there] = np.minimum(1, p[there] / p) / 9
    P[here, here] = 1 - P.sum(axis=1)  # refused: stay
    return P


def spectrum(P: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (n,), the greatest last, of a chain in detailed balance with p, and eigenvectors in its columns.

    They are those of sqrt(p(x)) P(x, y) / sqrt(p(y)), which detailed balance makes symmetric.
    """
    root = np.sqrt(p)
    symmetric = root[:, None] * P / root
    return np.linalg.eigh((symmetric + symmetric.T) / 2)


def tv_from_dark(values: np.ndarray, vectors: np.ndarray, p: np.ndarray, steps: int) -> float:
    """TV to p after so many steps from the all-dark image: all eigenvectors but the last fade."""
    row = (vectors * values**steps) @ vectors[0] * np.sqrt(p / p[0])
    return float(np.abs(row - p).sum() / 2)


# %% [markdown]
# From the dark image, 118 steps bring the chain within TV .01 of our world (13 flips tried per pixel). Now let
# neighbours agree more strongly, 2.0 instead of .7: most of the probability sits on the all-lit and the all-dark
# image, and between them every path leads over improbable ground. The same chain now needs 11,115 steps. The
# second eigenvalue knew: $1/(1-\lambda_2)$ is 27 steps in the one world and 2,607 in the other.
#
# **Where does it go?** One reads that a chain converges to the distribution of the *data set*. Kindly: to that of
# the **model** whose $p$ we put into the quotient, as the tutorial has it. If the model is wrong the chain goes to
# the wrong place, faithfully. Take data from our world and fit the model without ties between pixels (lesson 02),
# by maximum likelihood. After 300 steps its chain is at the model to a millionth, and stays .469 away from the
# data's world forever. Nor does "the same apply to GANs": they use no chain at all, as we'll see below.
#
# ## Two peaks
#
# Back to the walker of the prediction: $p = \tfrac12 N(-3, .5^2) + \tfrac12 N(3, .5^2)$. One walker proposes moves
# of standard deviation .5, another of 6.


# %%
def log_peaks(x: np.ndarray) -> np.ndarray:
    """log of 1/2 N(-3, .5^2) + 1/2 N(3, .5^2), short of a constant: it would cancel."""
    return np.logaddexp(-2 * (x - 3) ** 2, -2 * (x + 3) ** 2)


@cache
def walk(move: float, steps: int = STEPS, chains: int = CHAINS, seed: int = 7, start: float = 3.0) -> np.ndarray:
    """So many chains side by side, from start: (steps + 1, chains)."""
    rng = np.random.default_rng(seed)
    moves, darts = rng.normal(0, move, (steps, chains)), np.log(rng.random((steps, chains)))
    path = np.empty((steps + 1, chains))
    path[0] = start
    here = log_peaks(path[0])
    for t in range(steps):
        proposed = path[t] + moves[t]
        there = log_peaks(proposed)
        accept = darts[t] < there - here
        path[t + 1] = np.where(accept, proposed, path[t])
        here = np.where(accept, there, here)
    return path


# %% [markdown]
# The walker with short steps spends **all** its time on the right: share 1.000, where .5 is right. It would say
# that the mean is 3.00, and its histogram is a beautiful peak. The one with long steps has only 17 % of its
# proposals accepted, most of the others land in the desert, and yet it has the share right: .50.
#
# Would the usual statistics warn us? Draws of a chain resemble their predecessors, so $n$ of them are worth fewer.
# With autocorrelations $\rho_k$ the *effective sample size* is
#
# $$ \mathrm{ESS} = \frac{n}{\tau}, \qquad \tau = 1 + 2 \sum_{k \ge 1} \rho_k, $$
#
# and since estimated $\rho_k$ end in noise, one adds them in pairs and stops where a pair is no longer positive
# (Geyer 1992, section 3.3). The free walker: about 1,300 of 20,000. The stuck one: about **2,400. The stuck chain
# looks better**. No wonder: the estimate is made from what the chain has seen, and it saw one peak, which it
# covers well. Its true $\tau$ is 14.8 million steps, so 20,000 of them are worth .0014 of one draw. (We can know
# this since $x$ has one dimension: lay a fine grid on it, write down the matrix, solve one linear system, as
# behind/l07.py does.) So show the *share of time in each mode*, or start several chains far apart and see whether
# they agree. A good ESS acquits nobody.
#
# ![A stuck and a free chain on two peaks; noise that fades and bias that stays; chains on two
# worlds](../../figures/l07_markov_chains.png)


# %%
def ess(x: np.ndarray) -> float:
    """Effective sample size of x (n,): Geyer's initial positive sequence, at most n."""
    n, apart = len(x), x - x.mean()
    power = np.abs(np.fft.rfft(apart, 2 * n)) ** 2  # zeros behind, or the end would meet the beginning
    covariance = np.fft.irfft(power)[: n // 2 * 2]
    pairs = (covariance / covariance[0]).reshape(-1, 2).sum(axis=1)
    stop = int(np.argmax(pairs <= 0)) if (pairs <= 0).any() else len(pairs)
    return min(float(n), n / max(2 * pairs[:stop].sum() - 1, 1 / n))


# %% [markdown]
# Is the estimator itself any good? On a series whose answer is known, $x' = .9 x + \text{noise}$ with
# $\mathrm{ESS}/n = (1-.9)/(1+.9) = .0526$, it is.
#
# ## And a GAN?
#
# A generator takes a fresh $z$ for every sample. Nothing of one sample enters the next, so they are independent,
# and $n$ samples are worth $n$: no burn-in, no waiting, no crossing. The estimator, capped at 1, gives ESS$/n$ = 1
# within .06 for a net straight from its initialisation, and would for the best one in the world. That is the point
# to keep: *independent isn't the same as right*. A GAN stuck on one peak (lesson 15) shows ESS = $n$ too. The
# chain's trouble is to get there; the generator's is to have learned where.


# %%
def generated(n: int, seed: int) -> np.ndarray:
    """n samples (n,) of a small generator, each from its own z."""
    G = mg.Sequential([mg.Dense(2, 16), mg.LeakyReLU(), mg.Dense(16, 1)], seed=seed, name="G")
    return G(np.random.default_rng(seed).standard_normal((n, 2)))[:, 0].astype(float)


# %% [markdown]
# ## What goes wrong in practice
#
# - **Refused moves are dropped.** The place must be counted again; else the peaks, where most moves are refused,
#   are counted too rarely.
# - **The beginning is kept.** The first hundreds of steps tell of the start. Throw them away, and say how many.
# - **One chain is believed.** Start several far apart; compare them (Gelman and Rubin 1992).
# - **Only uphill moves are accepted.** Then it is a climber, and its samples are one mode's top.
#
# In training, a Boltzmann machine needs such a chain for every gradient, and its modes drift apart as it learns:
# the better the model, the slower the walk. That was the state of the art that GANs set out to leave.

# %% [markdown]
# ## In five lines
#
# 1. A deterministic approximation has bias without noise; Monte Carlo has noise without bias, like $n^{-1/2}$.
# 2. Metropolis accepts a move with probability $\min(1, p(x')/p(x))$, in which $Z$ cancels.
# 3. Such a chain goes to its model's distribution, not to the data's, at the rate of its second eigenvalue.
# 4. A chain stuck on one peak looks fine to itself, so show the share of time in each mode or start several
#    chains.
# 5. A generator's samples are independent and count in full, which does not make them right.
#
# ## Now you
#
# `minigan exercise start 7` puts `exercises/e07_metropolis.py` into your folder: write the acceptance rule, and a
# walk that obeys it, for densities of which only the logarithm fits into a number. Then `minigan exercise check
# 7`; if you are stuck, `minigan exercise hint 7`.
#
# Things to try here: `walk(1.5)` crosses sometimes; what does `ess` make of a chain that crossed once? And of two
# chains laid end to end, one from each side?
#
# Next, lesson 08: a walk is one way to samples without $Z$. Can one go there in a single step?
#
# *Sources.* Goodfellow (2016), *NIPS 2016 Tutorial: Generative Adversarial Networks*, section 2.3.2 on Markov
# chain approximations. Goodfellow et al. (2014), *Generative Adversarial Nets*, sections 1 and 2, and section 6 on
# what is gained without chains. Metropolis et al. (1953), *Equation of state calculations by fast computing
# machines*, section II. Geyer (1992), *Practical Markov chain Monte Carlo*, section 3.3. Levin, Peres and Wilmer
# (2009), *Markov Chains and Mixing Times*, sections 3.2 and 12.1. Sokal (1997), *Monte Carlo methods in
# statistical mechanics*, section 3.

# %%
if __name__ == "__main__":
    show(7)
