"""Behind lesson 07, "How long must a chain walk?": its claims and its figure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l02_nine_pixels import AGREE, of_single_pixels, score, states, world, z_row_by_row
from minigan.lessons.l07_markov_chains import (
    CHAINS,
    LONG,
    ROOMS,
    SHORT,
    STEPS,
    distances,
    ess,
    flip_one_pixel,
    generated,
    log_peaks,
    mean_field,
    spectrum,
    tv_from_dark,
    walk,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


def autoregression(r: float, n: int, chains: int, seed: int = 7) -> np.ndarray:
    """x' = r x + sqrt(1 - r^2) noise, (n, chains): autocorrelations r^k, so that ESS / n is (1 - r) / (1 + r)."""
    x = np.random.default_rng(seed).standard_normal((n, chains))
    x[1:] *= math.sqrt(1 - r * r)
    for t in range(1, n):
        x[t] += r * x[t - 1]
    return x


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    made = Claims()
    two_ways(made)
    three_rooms(made)
    nine_pixels(made)
    two_peaks(made)
    return made


def two_ways(made: Claims) -> None:
    """The same mean by mean field and by Monte Carlo."""
    equal, below = made.equal, made.below
    x, p = states(), world()
    agree, m = score(x, 1, 0), mean_field()
    simple = np.where(x == 1, m, 1 - m).prod(axis=1)
    log_z = {h: math.log(z_row_by_row(3, AGREE + h)) for h in (-1e-3, -1e-5, 0, 1e-5, 1e-3)}
    exact = (log_z[1e-5] - log_z[-1e-5]) / 2e-5
    sd = math.sqrt((log_z[1e-3] + log_z[-1e-3] - 2 * log_z[0]) / 1e-6)

    source = "slope of log Z in their weight, row by row: 8.382"
    equal("pairs", "pairs of neighbours that agree, of 12, mean", p @ agree, exact, 1e-7, source)
    spread = math.sqrt(p @ agree**2 - (p @ agree) ** 2)
    equal("pairs_sd", "their standard deviation", spread, sd, 1e-4, "curvature of log Z, row by row: 1.982")

    source = "the text; it is the minimum: row below"
    equal("mean_field", "the same mean by mean field", simple @ agree, 7.307, 5e-4, source)
    push = [
        mg.kl(np.where(x == 1, n, 1 - n).prod(axis=1), p)
        for i in range(9)
        for h in (1e-4, -1e-4)
        for n in [m + h * (np.arange(9) == i)]
    ]
    won, says = mg.kl(simple, p) - min(push), "what 18 small pushes of m win in KL to the world, at most"
    below("mean_field_best", says, won, 0, "nothing near a minimum lies below it")
    bound = float(simple @ score(x)) + mg.entropy(simple)
    gap, source = log_z[0] - bound, "KL to the world by listing: .663"
    equal("mean_field_gap", "log Z less mean field's bound, nats", gap, mg.kl(simple, p), 1e-9, source)
    equal("mean_field_bound", "mean field's bound, nats", bound, 11.036, 5e-4, "the text; row above")
    draws = (sd / (simple @ agree - exact)) ** 2
    source = "sigma / sqrt n = error: below four"
    equal("beaten_at", "draws whose RMS error is mean field's error", draws, 3.4, 0.05, source)

    error = {n: monte_carlo_error(n) for n in SIZES}
    by_chance = "sigma / sqrt n; bar: 4 standard errors, failed by chance < 1 in 10,000"
    for n in SIZES:
        says, bar = f"RMS error of {n:,} independent draws, times sqrt n", sd * 4 / math.sqrt(2 * REPEATS)
        equal(f"mc_{n}", says, error[n] * math.sqrt(n), sd, bar, by_chance)
    decades, slope = math.log(SIZES[-1] / SIZES[0]), math.log(error[SIZES[-1]] / error[SIZES[0]])
    says, bar = "slope of log RMS error against log n, Monte Carlo", 4 / math.sqrt(REPEATS) / decades
    equal("mc_slope", says, slope / decades, -0.5, bar, by_chance)


def three_rooms(made: Claims) -> None:
    """How fast the chain of three rooms forgets where it began."""
    equal = made.equal
    pi = np.array([0.25, 0.5, 0.25])
    tv = distances(ROOMS, pi, np.array([1, 0, 0]), 20)
    equal("rooms_start", "three rooms: TV at the start in room 1", tv[0], 0.75, 0, "1 - 1/4")
    farthest = np.abs(tv[1:] - 0.5 * 0.5 ** np.arange(1, 21)).max()
    says = "three rooms: largest difference of TV from .5 x .5^t, steps 1 to 20"
    equal("rooms", says, farthest, 0, 1e-15, "eigenvalues 1, .5, 0")
    second = np.sort(np.linalg.eigvals(ROOMS).real)[1]
    equal("rooms_lambda", "three rooms: second eigenvalue", second, 0.5, 1e-12, "trace 1.5, determinant 0")
    lucky = distances(ROOMS, pi, np.array([0.5, 0, 0.5]), 1)[1]
    says, source = "three rooms: TV after one step from (.5, 0, .5)", "no share in the second eigenvector"
    equal("rooms_lucky", says, lucky, 0, 1e-15, source)


def nine_pixels(made: Claims) -> None:
    """Metropolis on lesson 02's world, by its whole matrix."""
    equal, below = made.equal, made.below
    for name, agree, steps, slow in (("loose", AGREE, 118, 27), ("stiff", 2.0, 11_115, 2_607)):
        p, words = world(agree), f"3 x 3 world, agree {agree:g}"
        P = flip_one_pixel(p)
        values, vectors = spectrum(P, p)
        changed, says = np.abs(p @ P - p).max(), f"{words}: what a step changes in p, at most"
        equal(f"{name}_stationary", says, changed, 0, 1e-15, "detailed balance")

        late, later = tv_by_squaring(P, p, 6 * slow), tv_by_squaring(P, p, 10 * slow)
        faded = (later / late) ** (1 / (4 * slow))
        says = f"{words}: 1 / (1 - second eigenvalue), steps"
        source = f"TV's fall from step {6 * slow:,} to {10 * slow:,}"
        equal(f"{name}_time", says, 1 / (1 - values[-2]), 1 / (1 - faded), 1e-3 * slow, source)

        needed = steps - 1 + sum(tv_from_dark(values, vectors, p, t) > 0.01 for t in (steps - 1, steps))
        says = f"{words}: steps from all dark to TV .01, for the text's {steps:,}"
        equal(f"{name}_steps", says, needed, steps, 0, "TV never rises; next row")
        by_vectors, by_powers = tv_from_dark(values, vectors, p, steps), tv_by_squaring(P, p, steps)
        says = f"{words}: TV after {steps:,} steps, by eigenvectors"
        equal(f"{name}_tv", says, by_vectors, by_powers, 1e-9, "matrix powers")

    p = world()
    alone = of_single_pixels(p)
    row = np.linalg.matrix_power(flip_one_pixel(alone), 300)[0]
    says, to_model = "a wrong model's chain, 300 steps: TV to the model", np.abs(row - alone).sum() / 2
    below("to_the_model", says, to_model, 1e-6, "it converges to the model")
    says, to_data = "a wrong model's chain, 300 steps: TV to the data's world", np.abs(row - p).sum() / 2
    distance = np.maximum(alone - p, 0).sum()
    equal("not_the_data", says, to_data, distance, 1e-6, "TV of model and world: .469")


def two_peaks(made: Claims) -> None:
    """The stuck and the free walker, and what the effective sample size says of them and of G's samples."""
    equal = made.equal
    stuck, free = walk(SHORT), walk(LONG)
    grid, few = "the chain as a matrix on a grid", "4 of 8 would have to cross, P < 1e-9"

    def bar(tau: float) -> float:  # Sokal: variance of tau over tau^2 is 2 (2 window + 1) / n; window 6 tau
        return 4 * math.sqrt(2 * (12 * tau + 1) / STEPS / CHAINS) * STEPS / tau

    def median(of: Callable[[np.ndarray], Any]) -> float:
        return float(np.median([of(chain) for chain in stuck.T]))

    x, p, P = on_a_grid(SHORT)
    right = x > 0
    one_peak = P[np.ix_(right, right)]
    one_peak[np.diag_indices(len(one_peak))] += 1 - one_peak.sum(axis=1)  # leaving is refused
    tau_seen = steps_per_draw(one_peak, 2 * p[right], x[right])
    share = median(lambda c: (c > 0).mean())
    says, source = "stuck chain: share of time on the right (median of 8)", "started there; .5 would be right"
    equal("stuck_share", says, share, 1, 0, f"{source}; {few}")
    source = f"one peak's; 0 would be right; 4 standard errors; {few}"
    five_sd = 5 * 0.5 * math.sqrt(tau_seen / STEPS / CHAINS)
    equal("stuck_mean", "stuck chain: its mean (median of 8)", median(np.mean), 3, five_sd, source)
    crossings = 2 * STEPS * float(p[right] @ P[np.ix_(right, x < 0)].sum(axis=1))
    equal("stuck_crossings", "stuck chain: expected crossings in 20,000 steps", crossings, 0.0016, 5e-5, grid)
    says = "stuck chain: its estimated ESS (median of 8)"
    source = f"{grid}, one peak alone: 2,400; 4 standard errors"
    equal("stuck_ess", says, median(ess), STEPS / tau_seen, 1.25 * bar(tau_seen), source)

    tau = steps_per_draw(P, p, x)
    values, vectors = spectrum(P, p)
    weight = ((np.sqrt(p) * (x - p @ x)) @ vectors)[:-1] ** 2  # of each fading eigenvector in x
    tau_slow = weight @ ((1 + values[:-1]) / (1 - values[:-1])) / weight.sum()
    says = "stuck chain: steps that are worth one draw, in millions"
    source = "all eigenvalues of the grid's matrix: 14.8"
    equal("stuck_tau", says, tau / 1e6, tau_slow / 1e6, 1e-3, source)
    says = "stuck chain: draws that its 20,000 steps are worth"
    equal("stuck_worth", says, STEPS / tau, STEPS / tau_slow, 1e-6, "the same: .0014")

    x, p, P = on_a_grid(LONG)
    tau, tau_side = steps_per_draw(P, p, x), steps_per_draw(P, p, np.sign(x))
    says, four_se = "free chain: share of time on the right (mean of 8)", 2 * math.sqrt(tau_side / STEPS / CHAINS)
    equal("free_share", says, (free > 0).mean(), 0.5, four_se, "symmetry; 4 standard errors")
    moved = (np.diff(free, axis=0) != 0).mean()
    accepted = p @ (1 - np.diag(P)) + (x[1] - x[0]) / (LONG * math.sqrt(2 * math.pi))
    source = f"{grid}: .17; more than 4 standard errors"
    equal("free_accepted", "free chain: share of moves accepted", moved, accepted, 0.01, source)
    seen, source = np.mean([ess(c) for c in free.T]), f"{grid}: 1,300; 4 standard errors"
    equal("free_ess", "free chain: its estimated ESS (mean of 8)", seen, STEPS / tau, bar(tau), source)

    series = np.mean([ess(chain) / STEPS for chain in autoregression(0.9, STEPS, 20).T])
    says = "ESS / n of x' = .9 x + noise, estimated (mean of 20)"
    source = "(1 - r) / (1 + r) = .0526; 4 standard errors"
    equal("ar_ess", says, series, 0.1 / 1.9, 0.006, source)
    fresh = np.mean([ess(generated(STEPS, seed)) / STEPS for seed in range(20)])
    source = "independent; capped at 1; 5 standard errors below the mean of white noise"
    equal("g_ess", "ESS / n of 20,000 samples of a generator (mean of 20)", fresh, 1, 0.06, source)


def figure(quick: bool = False) -> Figure:
    """The stuck and the free chain with what they have seen; noise against bias; chains in two worlds."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, RED

    drawing = Figure(figsize=(8, 4.8), layout="constrained")
    title = "A stuck chain looks calm and is wrong: its ESS is fine, its share of time in each mode isn't"
    drawing.suptitle(title, fontsize=10.5)
    axes: Any = drawing.subplots(2, 3, width_ratios=[2.2, 0.8, 1.7])
    x, shown = np.linspace(-5, 5, 400), 2_000
    density = np.exp(log_peaks(x)) / (2 * 0.5 * math.sqrt(2 * math.pi))
    seen = {"bins": 80, "range": (-5, 5), "density": True, "orientation": "horizontal", "alpha": 0.5}
    for row, (move, title) in enumerate(((SHORT, "stuck, moves .5"), (LONG, "free, moves 6"))):
        one, (trace, side) = walk(move)[:, 0], axes[row, :2]
        trace.plot(one[:shown], ".", color=RED, ms=1.5)
        share, size = (one > 0).mean(), ess(one)
        trace.set_title(f"{title}: {share:.3f} of the time on the right, ESS {size:,.0f}", fontsize=8)
        trace.set(ylim=(-5, 5), ylabel="x", xlim=(0, shown), xticks=[0, 500, 1000, 1500])
        side.plot(density, x, color=BLUE, label="p")
        side.hist(one, color=RED, label="20,000 steps", **seen)
        side.set(ylim=(-5, 5), yticklabels=[], xlim=(0, 1.15))
        side.legend(frameon=False, fontsize=7, loc="center right", handlelength=1, borderaxespad=0)
    axes[1, 0].set_xlabel("step (the first 2,000 of 20,000)")
    axes[1, 1].set_xlabel("density (1 / unit of x)")

    ways, worlds = axes[:, 2]
    p, agree, m = world(), score(states(), 1, 0), mean_field()
    sd = math.sqrt(p @ agree**2 - (p @ agree) ** 2)
    floor = abs(p @ agree - np.where(states() == 1, m, 1 - m).prod(axis=1) @ agree)
    sizes = np.array([1, 100_000])
    ways.loglog(sizes, sd / np.sqrt(sizes), color=BLUE, label="sigma / sqrt n")
    ways.loglog(SIZES, [monte_carlo_error(n, 100) for n in SIZES], "o", ms=4, color=RED, label="Monte Carlo")
    ways.axhline(floor, color="0.4", ls="--", label="mean field, for ever")
    ways.set(xlabel="independent draws n", ylabel="error (pairs of 12)", ylim=(3e-3, 5))
    ways.set_title("noise fades, bias stays", fontsize=9)
    ways.legend(frameon=False, fontsize=7.5, loc="lower left")
    steps = np.unique(np.geomspace(1, 40_000, 40).astype(int))
    for strength, style, colour, where in ((AGREE, "-", BLUE, (1.3, 0.15)), (2.0, "--", RED, (230, 0.15))):
        p = world(strength)
        values, vectors = spectrum(flip_one_pixel(p), p)
        tv = [tv_from_dark(values, vectors, p, int(t)) for t in steps]
        worlds.plot(steps, tv, style, color=colour)
        worlds.text(*where, f"agree {strength:g}", color=colour, fontsize=8)
    worlds.axhline(0.01, color="0.6", lw=0.8)
    worlds.text(1.2, 0.012, "TV .01", fontsize=7.5, color="0.35")
    worlds.set(xscale="log", yscale="log", ylim=(4e-3, 1.5), xlabel="steps from all dark", ylabel="TV to p")
    worlds.set_title("chains on the 3 x 3 world", fontsize=9)
    return drawing
