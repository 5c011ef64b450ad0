"""Behind lesson 10, "What is the game worth?": its claims and its figure."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.core.layers import softplus
from minigan.lessons import Claims
from minigan.lessons.l09_perfect_critic import MESH, P_MASS, Critic, P, best_line
from minigan.lessons.l10_value_of_the_game import SHIFTS, perfect, slope, taught, value, value_from_notes
from minigan.theory.oracle import measure, pushforward

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@cache
def learned(quick: bool) -> dict[float, Critic]:
    """A critic for each shift, taught by fresh notes."""
    shifts, steps = ((0.5, 2.0) if quick else SHIFTS), (1000 if quick else 2000)
    return {m: taught(m, steps) for m in shifts}


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


def js_by_hermite(sd: float) -> float:
    """JS between N(0, 1) and N(0, sd^2), nats: each half a mean over 150 Gauss-Hermite nodes."""
    z, w = np.polynomial.hermite_e.hermegauss(150)
    odds = z * z / 2 * (1 - 1 / sd**2) - math.log(sd), (sd * z) ** 2 / 2 * (1 / sd**2 - 1) + math.log(sd)
    return math.log(2) - float(sum(w @ np.logaddexp(0, a) for a in odds)) / (2 * w.sum())


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; with `quick` fewer critics learn, and fewer intervals are tried."""
    made = Claims()
    equal, below = made.equal, made.below
    forged = {m: mg.Gaussian(m, 1) for m in SHIFTS}
    js = {m: mg.js(P, q) for m, q in forged.items()}
    V = {m: value(perfect(m), m) for m in SHIFTS}
    phi, rng, runs = NormalDist().cdf, np.random.default_rng(10), 200 if quick else 1000
    covered, covered_8, clean_8 = coverage(2.0, runs, rng)[0], *coverage(8.0, runs, rng)

    for m in SHIFTS:
        says, source = f"V(D*) at shift {m:g}, sum of two means (nats)", "-log 4 + 2 JS by quadrature"
        equal(f"value_{m:g}", says, V[m], 2 * js[m] - math.log(4), 1e-9, source)
        equal(f"w1_{m:g}", f"W1 at shift {m:g} (units)", mg.wasserstein1(P, forged[m]), m, 1e-9, "m")
    for m in SHIFTS[1:]:
        up, down = (2 * mg.js(P, mg.Gaussian(m + h)) for h in (1e-3, -1e-3))
        says, source = f"dV(D*)/dm at shift {m:g} (nats a unit)", "2 JS at m + .001 and m - .001"
        equal(f"slope_{m:g}", says, slope(m), (up - down) / 2e-3, 1e-6, source)
    for m in SHIFTS[1:5]:
        found, se = value_from_notes(perfect(m), m, 10_000, rng)
        says = f"V(D*) at shift {m:g} from 10,000 + 10,000 notes (nats)"
        source = "the integral; 4.4 standard errors"
        equal(f"notes_{m:g}", says, found, V[m], 4.4 * se, source)

    G = mg.Sequential([mg.Dense(1, 1)], mg.Backend("numpy", "float64"), name="G")
    G.assign([1.0, 2.0])  # z + 2
    x = np.linspace(-3, 7, 101)[:, None]
    farthest = np.abs(pushforward(G, mg.Latent(1)).density(x) - forged[2.0].density(x)).max()
    below(
        "density", "exact density of G(z) = z + 2 against N(2, 1), farthest on a grid", farthest, 1e-12, "a shift"
    )
    farthest = np.abs(mg.optimal_discriminator(P, forged[0.0], x) - 0.5).max()
    equal("peace", "D* at shift 0, farthest from 1/2 on a grid", farthest, 0, 0, "p = q")
    width, source = value_from_notes(perfect(0), 0, 10_000, rng)[1], "every note gives -log 2"
    equal("no_width", "error bar of V at shift 0 (nats)", width, 0, 1e-15, source)
    bar = 4.4 * math.sqrt(0.95 * 0.05 / runs)
    says, source = "95 % intervals that hold V at shift 2, of 1", "nominal; 4.4 standard errors"
    equal("covered", says, covered, 0.95, bar, source)
    below("covered_8", "95 % intervals that hold V at shift 8, of 1", covered_8, 0.75, "far from .95")
    says, source = "tries at shift 8 without any note on the wrong side, of 1", "Phi(4)^20000; 4.4 standard errors"
    equal("clean_8", says, clean_8, phi(4) ** 20_000, 4.4 * 0.5 / math.sqrt(runs), source)

    shrugs = np.zeros((10, 1))
    d_pays, minimax = float(mg.discriminator_loss(shrugs, shrugs)[0]), mg.generator_loss(shrugs, "minimax")[0]
    equal("sum", "D's loss where D says .5: sum of two means (nats)", d_pays, 2 * math.log(2), 1e-12, "2 log 2")
    says, g_pays = "G's loss where D says .5, label trick (nats)", mg.generator_loss(shrugs)[0]
    equal("label_trick", says, g_pays, math.log(2), 1e-12, "log 2")
    equal("minimax", "G's loss where D says .5, minimax (nats)", minimax, -math.log(2), 1e-12, "-log 2")
    says = "D's loss where D says .5, summed over 10 + 10 (nats)"
    equal("twenty", says, 10 * d_pays, 20 * math.log(2), 1e-12, "20 log 2")

    told, half_bill = mg.js(P, forged[2.0], "bits"), V[2.0] / 2 / math.log(2)
    equal(
        "bits", "what a note tells of its label at shift 2 (bits)", told, 1 + half_bill, 1e-9, "1 - half the bill"
    )
    says, half = "JS at shift 1.378, where a perfect D's half loss is .5 (nats)", 1.378
    source = "log 2 - .5; shift to .0005"
    equal("half_js", says, mg.js(P, mg.Gaussian(half)), math.log(2) - 0.5, 1e-4, source)
    right, says = 1 - float(P_MASS @ (MESH[:, 0] > half / 2)), "share of notes that D* gets right at shift 1.378"
    equal("half_right", says, right, phi(half / 2), 1e-3, "Phi(m / 2)")

    asleep = measure(lambda v: 0 * v, P, forged[4.0])
    equal("asleep", "V of D = .5 at shift 4 (nats)", asleep.value, -math.log(4), 1e-9, "2 log .5")
    equal("asleep_gap", "V(D*) - V(D) of D = .5 at shift 4 (nats)", asleep.gap, 2 * js[4.0], 1e-9, "2 JS")
    wide, even = mg.Gaussian(0, 2), np.linspace(-24, 24, 4801)[:, None]
    flat = np.abs(best_line(even, P.density(even) / 100, wide.density(even) / 100)[0]).max()
    says = "best line between N(0, 1) and N(0, 2^2): larger of |w|, |b|"
    source = "p and q are even: w = 0; then b = 0"
    below("flat", says, flat, 1e-9, source)
    only_lines, says = measure(lambda v: 0 * v, P, wide).js, "JS of N(0, 1) and N(0, 2^2) (nats)"
    equal("only_lines", says, only_lines, js_by_hermite(2), 1e-9, "Gauss-Hermite, 150 nodes")

    awake = learned(quick)
    gap = max(measure(critic, P, forged[m]).gap for m, critic in awake.items())
    below("learned", "V(D*) - V(D) of learned critics, the largest (nats)", gap, 0.001, "0 for D*")
    above = max(value(critic, m) - V[m] for m, critic in awake.items())
    below("below", "V(D) - V(D*) of learned critics, the largest (nats)", above, 1e-9, "D* is the best")
    return made


def figure(quick: bool = False) -> Figure:
    """Left: V(D*), what critics learned, and one asleep. Right: JS flattens, W1 doesn't."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED

    picture = Figure(figsize=(8, 4.5), layout="constrained")
    worth, far = picture.subplots(1, 2, sharex=True)
    m = np.linspace(0, 8, 81)
    V = np.array([value(perfect(k), k) for k in m])
    js = (V + math.log(4)) / 2

    worth.axhline(-math.log(4), color=GREY, lw=1, ls=":")
    worth.text(7.9, -1.36, "D asleep (.5 everywhere): -1.386, at any shift", color=GREY, fontsize=8, ha="right")
    worth.plot(m, V, color=BLUE, lw=2, label="V(D*) = -log 4 + 2 JS, exact")
    awake = learned(quick)
    seen, look = [value(c, k) for k, c in awake.items()], {"ms": 7, "mfc": "none", "mew": 1.6, "color": RED}
    worth.plot(list(awake), seen, "o", label="V(D) of a network that learned", **look)
    arrow = {"arrowstyle": "->", "color": GREY}
    peace = "peace:\nV = -log 4\nD = .5"
    worth.annotate(peace, (0, -1.36), (-0.1, -0.75), color=GREY, fontsize=8, arrowprops=arrow)
    worth.set(ylabel="value of the game (nats, sum of two means)", ylim=(-1.5, 0.06))
    worth.legend(loc="lower right", bbox_to_anchor=(1, 0.14), fontsize=8)
    worth.set_title("What D earns")

    far.plot(m, js / math.log(2), color=BLUE, lw=2)
    far.plot(m, m / 8, color=RED, lw=2, ls="--")
    far.text(3.0, 0.93, "JS / log 2", color=BLUE, ha="right")
    far.text(5.6, 0.6, "W1 / 8: the same\nslope everywhere", color=RED, va="top", fontsize=9)
    for k, place in ((1, (1.35, 0.11)), (4, (4.2, 0.86)), (8, (5.9, 1.03))):
        far.plot(k, (value(perfect(k), k) + math.log(4)) / math.log(4), "o", color=BLUE, ms=5)
        far.text(*place, f"dV/dm = {slope(k):.4f}", color=BLUE, fontsize=8)
    far.set(ylabel="distance, as a share of its largest here", ylim=(0, 1.1), xlim=(-0.15, 8.15))
    far.set_title("What G can feel")
    for axes in (worth, far):
        axes.set_xlabel("shift m of the forgeries (standard deviations)")
        axes.spines[["top", "right"]].set_visible(False)
    picture.suptitle("The game measures JS: right at the end, and flat far away, where W1 still slopes")
    return picture
