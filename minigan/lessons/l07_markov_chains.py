# %% [markdown]
# # 07. Random walks: how long must a chain walk?
# *About 2 seconds; afterwards you can walk to samples of an unnormalised density, and tell a chain that is stuck.*
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
from collections.abc import Callable
from functools import cache

import numpy as np

import minigan as mg
from minigan.lessons import Claim, show
from minigan.lessons.l02_nine_pixels import AGREE, LIT, of_single_pixels, score, states, world, z_row_by_row

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
# $$ \mathrm{logit}\, m_i = 0.1 + 0.7 \sum_{j \sim i} (2 m_j - 1). $$
#
# A few rounds settle them: no chance, no noise, the same answer every time, and it is 7.307. The bound is 11.036
# nats and $\log Z$ is 11.698; the gap of .663 nats is the KL divergence to the world. Wait as long as you like, it
# stays.


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
# Back to the walker of the prediction: $p = \tfrac12 N(-3, .5) + \tfrac12 N(3, .5)$ (means and standard
# deviations). One walker proposes moves of standard deviation .5, another of 6.


# %%
def log_peaks(x: np.ndarray) -> np.ndarray:
    """log of 1/2 N(-3, .5) + 1/2 N(3, .5), short of a constant: it would cancel."""
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
# this since $x$ has one dimension: lay a fine grid on it, write down the matrix, solve one linear system.) So show
# the *share of time in each mode*, or start several chains far apart and see whether they agree. A good ESS
# acquits nobody.


# %%
def ess(x: np.ndarray) -> float:
    """Effective sample size of x (n,): Geyer's initial positive sequence, at most n."""
    n, apart = len(x), x - x.mean()
    power = np.abs(np.fft.rfft(apart, 2 * n)) ** 2  # zeros behind, or the end would meet the beginning
    covariance = np.fft.irfft(power)[: n // 2 * 2]
    pairs = (covariance / covariance[0]).reshape(-1, 2).sum(axis=1)
    stop = int(np.argmax(pairs <= 0)) if (pairs <= 0).any() else len(pairs)
    return min(float(n), n / max(2 * pairs[:stop].sum() - 1, 1 / n))


def autoregression(r: float, n: int, chains: int, seed: int = 7) -> np.ndarray:
    """x' = r x + sqrt(1 - r^2) noise, (n, chains): autocorrelations r^k, so that ESS / n is (1 - r) / (1 + r)."""
    x = np.random.default_rng(seed).standard_normal((n, chains))
    x[1:] *= math.sqrt(1 - r * r)
    for t in range(1, n):
        x[t] += r * x[t - 1]
    return x


def on_a_grid(move: float, width: float = 0.025, low: float = -6.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The two-peak chain as a matrix: points (m,), their probabilities, transition matrix (m, m)."""
    x = np.arange(low, 6.5 + width / 2, width)
    log_p = log_peaks(x)
    proposal = width * np.exp(-(((x[:, None] - x) / move) ** 2) / 2) / (move * math.sqrt(2 * math.pi))
    P = proposal * np.exp(np.minimum(0, log_p - log_p[:, None]))
    P[np.diag_indices(len(x))] += 1 - P.sum(axis=1)
    return x, np.exp(log_p) / np.exp(log_p).sum(), P


def steps_per_draw(P: np.ndarray, p: np.ndarray, f: np.ndarray) -> float:
    """tau of f (m,) along the stationary chain P: 1 + 2 sum of all autocorrelations, by one linear system."""
    apart = f - p @ f
    total = np.linalg.solve(np.eye(len(p)) - P + p, apart)  # sum over t >= 0 of P^t apart
    return float(2 * (p * apart) @ total / (p @ apart**2) - 1)


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
#
# **Sources.** Goodfellow (2016), *NIPS 2016 Tutorial: Generative Adversarial Networks*, section 2.3.2 on Markov
# chain approximations. Goodfellow et al. (2014), *Generative Adversarial Nets*, sections 1 and 2, and section 6 on
# what is gained without chains. Metropolis et al. (1953), *Equation of state calculations by fast computing
# machines*, section II. Geyer (1992), *Practical Markov chain Monte Carlo*, section 3.3. Levin, Peres and Wilmer
# (2009), *Markov Chains and Mixing Times*, sections 3.2 and 12.1. Sokal (1997), *Monte Carlo methods in
# statistical mechanics*, section 3.


# %%
SIZES, REPEATS = (100, 1_000, 10_000), 400  # Monte Carlo: images in an average, and averages


def monte_carlo_error(n: int, repeats: int = REPEATS, seed: int = 7) -> float:
    """RMS error of the mean number of pairs that agree, from n independent images."""
    agree = mg.Discrete(np.bincount(score(states(), 1, 0).astype(int), world()))
    rng = np.random.default_rng(seed)
    means = np.array([agree.sample(n, rng).mean() for _ in range(repeats)])
    return math.sqrt(np.mean((means - agree.mean[0]) ** 2))


def tv_by_squaring(P: np.ndarray, p: np.ndarray, steps: int) -> float:
    """TV to p after so many steps from the first state, by powers of the matrix."""
    return float(np.abs(np.linalg.matrix_power(P, steps)[0] - p).sum() / 2)


def claims(quick: bool = False) -> list[Claim]:
    return two_ways() + three_rooms() + nine_pixels() + two_peaks()


def two_ways() -> list[Claim]:
    """The same mean by mean field and by Monte Carlo."""
    x, p = states(), world()
    agree, m = score(x, 1, 0), mean_field()
    simple = np.where(x == 1, m, 1 - m).prod(axis=1)
    log_z = {h: math.log(z_row_by_row(3, AGREE + h)) for h in (-1e-3, -1e-5, 0, 1e-5, 1e-3)}
    exact = (log_z[1e-5] - log_z[-1e-5]) / 2e-5
    sd = math.sqrt((log_z[1e-3] + log_z[-1e-3] - 2 * log_z[0]) / 1e-6)
    bound = float(simple @ score(x)) + mg.entropy(simple)
    push = [
        mg.kl(np.where(x == 1, n, 1 - n).prod(axis=1), p)
        for i in range(9)
        for h in (1e-4, -1e-4)
        for n in [m + h * (np.arange(9) == i)]
    ]
    error = {n: monte_carlo_error(n) for n in SIZES}
    decades, slope = math.log(SIZES[-1] / SIZES[0]), math.log(error[SIZES[-1]] / error[SIZES[0]])
    by_chance = "sigma / sqrt n; bar: 4 standard errors, failed by chance < 1 in 10,000"
    return [
        Claim(
            "pairs",
            "pairs of neighbours that agree, of 12, mean",
            p @ agree,
            exact,
            1e-7,
            "slope of log Z in their weight, row by row: 8.382",
        ),
        Claim(
            "pairs_sd",
            "their standard deviation",
            math.sqrt(p @ agree**2 - (p @ agree) ** 2),
            sd,
            1e-4,
            "curvature of log Z, row by row: 1.982",
        ),
        Claim(
            "mean_field",
            "the same mean by mean field",
            simple @ agree,
            7.307,
            5e-4,
            "the text; it is the minimum: row below",
        ),
        Claim(
            "mean_field_best",
            "what 18 small pushes of m win in KL to the world, at most",
            mg.kl(simple, p) - min(push),
            0,
            0,
            "nothing near a minimum lies below it",
            at_most=True,
        ),
        Claim(
            "mean_field_gap",
            "log Z less mean field's bound, nats",
            log_z[0] - bound,
            mg.kl(simple, p),
            1e-9,
            "KL to the world by listing: .663",
        ),
        Claim("mean_field_bound", "mean field's bound, nats", bound, 11.036, 5e-4, "the text; row above"),
        Claim(
            "beaten_at",
            "draws whose RMS error is mean field's error",
            (sd / (simple @ agree - exact)) ** 2,
            3.4,
            0.05,
            "sigma / sqrt n = error: below four",
        ),
        *(
            Claim(
                f"mc_{n}",
                f"RMS error of {n:,} independent draws, times sqrt n",
                error[n] * math.sqrt(n),
                sd,
                sd * 4 / math.sqrt(2 * REPEATS),
                by_chance,
            )
            for n in SIZES
        ),
        Claim(
            "mc_slope",
            "slope of log RMS error against log n, Monte Carlo",
            slope / decades,
            -0.5,
            4 / math.sqrt(REPEATS) / decades,
            by_chance,
        ),
    ]


def three_rooms() -> list[Claim]:
    pi = np.array([0.25, 0.5, 0.25])
    tv = distances(ROOMS, pi, np.array([1, 0, 0]), 20)
    return [
        Claim("rooms_start", "three rooms: TV at the start in room 1", tv[0], 0.75, 0, "1 - 1/4"),
        Claim(
            "rooms",
            "three rooms: largest difference of TV from .5 x .5^t, steps 1 to 20",
            np.abs(tv[1:] - 0.5 * 0.5 ** np.arange(1, 21)).max(),
            0,
            1e-15,
            "eigenvalues 1, .5, 0",
        ),
        Claim(
            "rooms_lambda",
            "three rooms: second eigenvalue",
            np.sort(np.linalg.eigvals(ROOMS).real)[1],
            0.5,
            1e-12,
            "trace 1.5, determinant 0",
        ),
        Claim(
            "rooms_lucky",
            "three rooms: TV after one step from (.5, 0, .5)",
            distances(ROOMS, pi, np.array([0.5, 0, 0.5]), 1)[1],
            0,
            1e-15,
            "no share in the second eigenvector",
        ),
    ]


def nine_pixels() -> list[Claim]:
    """Metropolis on lesson 02's world, by its whole matrix."""
    found = []
    for name, agree, steps, slow in (("loose", AGREE, 118, 27), ("stiff", 2.0, 11_115, 2_607)):
        p, words = world(agree), f"3 x 3 world, agree {agree:g}"
        P = flip_one_pixel(p)
        values, vectors = spectrum(P, p)
        late, later = tv_by_squaring(P, p, 6 * slow), tv_by_squaring(P, p, 10 * slow)
        faded = (later / late) ** (1 / (4 * slow))
        found += [
            Claim(
                f"{name}_stationary",
                f"{words}: what a step changes in p, at most",
                np.abs(p @ P - p).max(),
                0,
                1e-15,
                "detailed balance",
            ),
            Claim(
                f"{name}_time",
                f"{words}: 1 / (1 - second eigenvalue), steps",
                1 / (1 - values[-2]),
                1 / (1 - faded),
                1e-3 * slow,
                f"TV's fall from step {6 * slow:,} to {10 * slow:,}",
            ),
            Claim(
                f"{name}_steps",
                f"{words}: steps from all dark to TV .01, for the text's {steps:,}",
                steps - 1 + sum(tv_from_dark(values, vectors, p, t) > 0.01 for t in (steps - 1, steps)),
                steps,
                0,
                "TV never rises; next row",
            ),
            Claim(
                f"{name}_tv",
                f"{words}: TV after {steps:,} steps, by eigenvectors",
                tv_from_dark(values, vectors, p, steps),
                tv_by_squaring(P, p, steps),
                1e-9,
                "matrix powers",
            ),
        ]
    p = world()
    alone = of_single_pixels(p)
    row = np.linalg.matrix_power(flip_one_pixel(alone), 300)[0]
    return [
        *found,
        Claim(
            "to_the_model",
            "a wrong model's chain, 300 steps: TV to the model",
            np.abs(row - alone).sum() / 2,
            0,
            1e-6,
            "it converges to the model",
            at_most=True,
        ),
        Claim(
            "not_the_data",
            "a wrong model's chain, 300 steps: TV to the data's world",
            np.abs(row - p).sum() / 2,
            np.maximum(alone - p, 0).sum(),
            1e-6,
            "TV of model and world: .469",
        ),
    ]


def two_peaks() -> list[Claim]:
    """The stuck and the free walker, and what the effective sample size says of them and of G's samples."""
    stuck, free = walk(SHORT), walk(LONG)
    x, p, P = on_a_grid(LONG)
    tau, tau_side = steps_per_draw(P, p, x), steps_per_draw(P, p, np.sign(x))
    accepted = p @ (1 - np.diag(P)) + (x[1] - x[0]) / (LONG * math.sqrt(2 * math.pi))
    x, p, P = on_a_grid(SHORT)
    right = x > 0
    one_peak = P[np.ix_(right, right)]
    one_peak[np.diag_indices(len(one_peak))] += 1 - one_peak.sum(axis=1)  # leaving is refused
    tau_seen = steps_per_draw(one_peak, 2 * p[right], x[right])
    values, vectors = spectrum(P, p)
    weight = ((np.sqrt(p) * (x - p @ x)) @ vectors)[:-1] ** 2  # of each fading eigenvector in x
    tau_slow = weight @ ((1 + values[:-1]) / (1 - values[:-1])) / weight.sum()
    crossings = 2 * STEPS * float(p[right] @ P[np.ix_(right, x < 0)].sum(axis=1))

    def bar(tau: float) -> float:  # Sokal: variance of tau over tau^2 is 2 (2 window + 1) / n; window 6 tau
        return 4 * math.sqrt(2 * (12 * tau + 1) / STEPS / CHAINS) * STEPS / tau

    def median(of: Callable[[np.ndarray], float]) -> float:
        return float(np.median([of(chain) for chain in stuck.T]))

    grid, few = "the chain as a matrix on a grid", "4 of 8 would have to cross, P < 1e-9"
    made = [ess(generated(STEPS, seed)) / STEPS for seed in range(20)]
    series = [ess(chain) / STEPS for chain in autoregression(0.9, STEPS, 20).T]
    return [
        Claim(
            "stuck_share",
            "stuck chain: share of time on the right (median of 8)",
            median(lambda c: float((c > 0).mean())),
            1,
            0,
            f"started there; .5 would be right; {few}",
        ),
        Claim(
            "stuck_mean",
            "stuck chain: its mean (median of 8)",
            median(np.mean),
            3,
            5 * 0.5 * math.sqrt(tau_seen / STEPS / CHAINS),
            f"one peak's; 0 would be right; 4 standard errors; {few}",
        ),
        Claim("stuck_crossings", "stuck chain: expected crossings in 20,000 steps", crossings, 0.0016, 5e-5, grid),
        Claim(
            "stuck_ess",
            "stuck chain: its estimated ESS (median of 8)",
            median(ess),
            STEPS / tau_seen,
            1.25 * bar(tau_seen),
            f"{grid}, one peak alone: 2,400; 4 standard errors",
        ),
        Claim(
            "stuck_tau",
            "stuck chain: steps that are worth one draw, in millions",
            steps_per_draw(P, p, x) / 1e6,
            tau_slow / 1e6,
            1e-3,
            "all eigenvalues of the grid's matrix: 14.8",
        ),
        Claim(
            "stuck_worth",
            "stuck chain: draws that its 20,000 steps are worth",
            STEPS / steps_per_draw(P, p, x),
            STEPS / tau_slow,
            1e-6,
            "the same: .0014",
        ),
        Claim(
            "free_share",
            "free chain: share of time on the right (mean of 8)",
            (free > 0).mean(),
            0.5,
            2 * math.sqrt(tau_side / STEPS / CHAINS),
            "symmetry; 4 standard errors",
        ),
        Claim(
            "free_accepted",
            "free chain: share of moves accepted",
            (np.diff(free, axis=0) != 0).mean(),
            accepted,
            0.01,
            f"{grid}: .17; more than 4 standard errors",
        ),
        Claim(
            "free_ess",
            "free chain: its estimated ESS (mean of 8)",
            np.mean([ess(c) for c in free.T]),
            STEPS / tau,
            bar(tau),
            f"{grid}: 1,300; 4 standard errors",
        ),
        Claim(
            "ar_ess",
            "ESS / n of x' = .9 x + noise, estimated (mean of 20)",
            np.mean(series),
            0.1 / 1.9,
            0.006,
            "(1 - r) / (1 + r) = .0526; 4 standard errors",
        ),
        Claim(
            "g_ess",
            "ESS / n of 20,000 samples of a generator (mean of 20)",
            np.mean(made),
            1,
            0.06,
            "independent; capped at 1; 5 standard errors below the mean of white noise",
        ),
    ]


# %%
def figure(quick: bool = False):
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(8, 4.8), layout="constrained")
    title = "A stuck chain looks calm and is wrong: its ESS is fine, its share of time in each mode isn't"
    drawing.suptitle(title, fontsize=10.5)
    axes = drawing.subplots(2, 3, width_ratios=[2.2, 0.8, 1.7])
    x, shown = np.linspace(-5, 5, 400), 2_000
    density = np.exp(log_peaks(x)) / (2 * 0.5 * math.sqrt(2 * math.pi))
    for row, (move, title) in enumerate(((SHORT, "stuck, moves .5"), (LONG, "free, moves 6"))):
        chains = walk(move)
        one, (trace, side) = chains[:, 0], axes[row, :2]
        trace.plot(one[:shown], ".", color="#D55E00", ms=1.5)
        share, size = (one > 0).mean(), ess(one)
        trace.set_title(f"{title}: {share:.3f} of the time on the right, ESS {size:,.0f}", fontsize=8)
        trace.set(ylim=(-5, 5), ylabel="x", xlim=(0, shown), xticks=[0, 500, 1000, 1500])
        side.plot(density, x, color="#0072B2", label="p")
        side.hist(
            one,
            bins=80,
            range=(-5, 5),
            density=True,
            orientation="horizontal",
            color="#D55E00",
            alpha=0.5,
            label="20,000 steps",
        )
        side.set(ylim=(-5, 5), yticklabels=[], xlim=(0, 1.15))
        side.legend(frameon=False, fontsize=7, loc="center right", handlelength=1, borderaxespad=0)
    axes[1, 0].set_xlabel("step (the first 2,000 of 20,000)")
    axes[1, 1].set_xlabel("density (1 / unit of x)")

    ways, worlds = axes[:, 2]
    p, agree, m = world(), score(states(), 1, 0), mean_field()
    sd = math.sqrt(p @ agree**2 - (p @ agree) ** 2)
    floor = abs(p @ agree - np.where(states() == 1, m, 1 - m).prod(axis=1) @ agree)
    sizes = np.array([1, 100_000])
    ways.loglog(sizes, sd / np.sqrt(sizes), color="#0072B2", label="sigma / sqrt n")
    ways.loglog(SIZES, [monte_carlo_error(n, 100) for n in SIZES], "o", ms=4, color="#D55E00", label="Monte Carlo")
    ways.axhline(floor, color="0.4", ls="--", label="mean field, for ever")
    ways.set(xlabel="independent draws n", ylabel="error (pairs of 12)", ylim=(3e-3, 5))
    ways.set_title("noise fades, bias stays", fontsize=9)
    ways.legend(frameon=False, fontsize=7.5, loc="lower left")
    steps = np.unique(np.geomspace(1, 40_000, 40).astype(int))
    for strength, style, where in ((AGREE, "-", (1.3, 0.15)), (2.0, "--", (230, 0.15))):
        p = world(strength)
        values, vectors = spectrum(flip_one_pixel(p), p)
        tv = [tv_from_dark(values, vectors, p, int(t)) for t in steps]
        colour = "#0072B2" if strength == AGREE else "#D55E00"
        worlds.plot(steps, tv, style, color=colour)
        worlds.text(*where, f"agree {strength:g}", color=colour, fontsize=8)
    worlds.axhline(0.01, color="0.6", lw=0.8)
    worlds.text(1.2, 0.012, "TV .01", fontsize=7.5, color="0.35")
    worlds.set(xscale="log", yscale="log", ylim=(4e-3, 1.5), xlabel="steps from all dark", ylabel="TV to p")
    worlds.set_title("chains on the 3 x 3 world", fontsize=9)
    return drawing


# %% [markdown]
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

# %%
if __name__ == "__main__":
    show("l07_markov_chains", claims, figure)
