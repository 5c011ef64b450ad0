"""Behind lesson 09, "What would a perfect critic say?": its claims and its figure."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.core.layers import sigmoid
from minigan.lessons import Claims
from minigan.lessons.l09_perfect_critic import (
    HIGH,
    LOW,
    MESH,
    P_MASS,
    Q_MASS,
    Critic,
    P,
    Q,
    best_line,
    blank,
    cram,
    fresh,
    learn,
    own_bill,
    worth,
)
from minigan.theory.oracle import measure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@cache
def student(quick: bool, seed: int) -> Critic:
    """A critic who learnt from fresh notes."""
    return learn(fresh, steps=1500 if quick else 2000, seed=seed)


@cache
def crammer(quick: bool, seed: int = 0, notes: int = 50) -> tuple[Critic, np.ndarray, list[np.ndarray]]:
    """A critic who saw one list again and again -> (critic, (step, own bill, bill in the world), the list)."""
    given = fresh(notes, np.random.default_rng(9 + seed))
    seen: list[tuple[int, float, float]] = []
    steps = 1500 if quick else 4000
    looks = {0, *np.geomspace(10, steps, 10 if quick else 40).astype(int).tolist()}

    def watch(step: int, critic: Critic) -> None:
        if step in looks:
            seen.append((step, own_bill(critic, *given), -worth(critic, 10)))

    critic = cram(given, steps, seed, watch)
    return critic, np.array(seen), list(given)


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


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; with `quick` fewer critics learn, for fewer steps, and none in milligrams."""
    made = Claims()
    equal, below = made.equal, made.below
    best, phi = math.log(4) - 2 * mg.js(P, Q), NormalDist().cdf  # the perfect critic's bill
    rng = np.random.default_rng(9)  # everything below draws from it, in this order
    zeros = blank(16, 0)
    zeros.assign(np.zeros(zeros.size))
    no_slope = first_step(zeros, rng)[1]
    blind, _, off = first_step(blank(16, 0), rng)
    signal = rng.standard_normal((1000, 512))
    notes, genuine = np.concatenate(fresh(100_000, rng)), np.repeat([1.0, 0.0], 100_000)
    students = [student(quick, seed) for seed in range(1 if quick else 5)]
    said = sigmoid(np, students[0](notes))

    d_star = mg.optimal_discriminator(P, Q, np.array([[0.0], [1.0]]))
    equal("half_way", "D* at x = 1", d_star[1], 0.5, 1e-15, "p = q there")
    amid = 1 / (1 + math.exp(-2))
    equal("middle", "D* at x = 0, amid the genuine notes", d_star[0], amid, 1e-15, "sigmoid(2)")
    bill, says = -worth(lambda v: 2 - 2 * v[:, 0]), "the perfect critic's bill (nats, sum of two means)"
    equal("bill", says, bill, best, 1e-9, "log 4 - 2 JS by quadrature")
    right, says = ((said > 0.5) == genuine).mean(), "notes that a learned critic gets right, of 1"
    bar = 4.4 * math.sqrt(phi(1) * phi(-1) / len(notes)) + 1e-4
    equal("right", says, right, phi(1), bar, "Phi(1) = 1/2 + TV/2; 4.4 standard errors")
    line, source = best_line(MESH, P_MASS, Q_MASS)[0], "log p/q = 2 - 2x"
    equal("w", "logistic D, infinitely many notes: w", line[0], -2, 1e-9, source)
    equal("b", "logistic D, infinitely many notes: b", line[1], 2, 1e-9, source)

    for k in (256, 4):
        says, sd = f"sd of the slope in w at 0, batches of {k} + {k}", math.sqrt(0.5 / k)
        bar = 4.4 * math.sqrt(0.5 / k / 4000)
        equal(f"batch_{k}", says, slope_sd(k, rng), sd, bar, "sqrt(1/2 / n); 4.4 standard errors")
    source = "every path has a 0; the last bias: equal heaps"
    equal("zeros", "largest slope of a network of zeros", no_slope, 0, 0, source)
    equal("blind", "bill at the start, last layer 0 (nats)", blind, 2 * math.log(2), 1e-6, "2 log 2")
    layer = mg.Sequential([mg.Dense(512, 512), mg.LeakyReLU()], seed=9)
    kept = float(np.square(layer(signal), dtype=float).mean() / np.square(signal).mean())
    says = "mean square behind a He layer and its kink, over that before"
    source = "2 (1 + .2^2) / 2; 7 standard errors"
    equal("he", says, kept, 1.04, 0.02, source)
    says = "Adam's first step: largest distance from the rate .01"
    below("adam", says, off, 2e-6, "m / sqrt(v) = +-1, but for epsilon")

    coarse = MESH[::50]
    in_mg, in_sd, scaled = (descent(u, 5000, best) for u in (1000 + 4 * coarse, coarse, (coarse - 1) / 2**0.5))
    says, nearly = "kappa of the line's valley, in mg (log10)", 2 * math.log10(1004**2 + 33) - math.log10(32)
    equal("kappa_mg", says, math.log10(in_mg[2]), nearly, 1e-5, "trace^2 / determinant, nearly")
    says, source = "kappa in 4 mg from 1000 mg", "eigenvalues of ((3, 1), (1, 1)) / 2"
    equal("kappa_sd", says, in_sd[2], 3 + 2 * math.sqrt(2), 1e-9, source)
    equal("kappa", "kappa, scaled", scaled[2], 1, 1e-9, "the identity / 2")
    says = "bill after 5,000 steps of descent in mg (nats)"
    equal("stuck", says, in_mg[1], 2 * math.log(2), 1e-4, "(1 - 1/kappa)^5000 = 1")
    bar, source = step_bound(MESH, 1 + math.sqrt(0.5), best), "Boyd, Vandenberghe section 9.3"
    below("steps_sd", "steps of descent in 4 mg", in_sd[0], bar, source)
    bar = step_bound((MESH - 1) / math.sqrt(2), 0.5, best)
    below("steps", "steps of descent, scaled", scaled[0], bar, source)

    x = np.linspace(LOW, HIGH, 667)[:, None]
    exact = mg.optimal_discriminator(P, Q, x)
    worst = max(float(np.abs(sigmoid(np, critic(x)) - exact).max()) for critic in students)
    below("learned", "learned D against D* on [-2.33, 4.33], worst of the seeds", worst, 0.02, "p / (p + q)")
    inside = (P_MASS + Q_MASS)[np.ravel((MESH > LOW) & (MESH < HIGH))].sum() / 2
    by_cdf = (phi(HIGH) - phi(LOW) + phi(HIGH - 2) - phi(LOW - 2)) / 2
    says = "share of both heaps in [-2.33, 4.33]"
    equal("inside", says, inside, by_cdf, 1e-4, "normal cdf, .99")
    calm = measure(students[0], P, Q)
    below("learned_gap", "V(D*) - V(D) of the learned D (nats)", calm.gap, 0.001, "0 for D*")
    says, source = "V of the learned D, as an integral (nats)", "-log 4 + 2 JS - gap, by the coins' KL"
    equal("sum_rule", says, worth(students[0]), -best - calm.gap, 1e-6, source)
    pick = (said > 0.6) & (said < 0.8)
    bar, says = 0.02 + 4.4 * 0.46 / math.sqrt(pick.sum()), "genuine among notes that were given .6 to .8"
    source = "the mean of what was said; 4.4 standard errors and .02"
    equal("calibrated", says, genuine[pick].mean(), said[pick].mean(), bar, source)
    shrug = measure(lambda v: np.where((v > LOW) & (v < HIGH), 2 - 2 * v, 0), P, Q, [LOW, HIGH])
    says = "what .5 outside [-2.33, 4.33] costs a perfect critic (nats)"
    below("shrug", says, shrug.gap, 0.02 * math.log(2), "mass .02, log 2 each")

    crammed, _, given = crammer(quick)
    says, source = "a crammer's bill on its own 50 + 50 notes (nats)", "below .7126: only memory can"
    below("own", says, own_bill(crammed, *given), 0.6, source)
    says = "V of the crammer in the world (nats)"
    below("world", says, worth(crammed), -math.log(4), "worse than always .5: -log 4")
    if quick:
        return made
    made.full = True  # the same notes and the same network, fed with milligrams
    raw = learn(lambda n, rng: (1000 + 4 * P.sample(n, rng), 1000 + 4 * Q.sample(n, rng)), centre=0, scale=1)
    bill, says = -worth(lambda v: raw(1000 + 4 * v)), "bill of a network fed with mg, after 2,000 steps (nats)"
    equal("asleep", says, bill, 2 * math.log(2), 0.01, "a coin's price")
    return made


def figure(quick: bool = False) -> Figure:
    """Left: D* and what two critics learned. Right: the crammer's two bills."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED

    picture = Figure(figsize=(8, 4.5), layout="constrained")
    opinions, bills = picture.subplots(1, 2, width_ratios=[1.25, 1])
    crammed, history, (genuine, forged) = crammer(quick)
    x = np.linspace(-4, 6, 1001)[:, None]

    opinions.plot(x, mg.optimal_discriminator(P, Q, x), color="black", lw=5, alpha=0.25, label="D* = p / (p + q)")
    opinions.plot(x, sigmoid(np, student(quick, 0)(x)), color=BLUE, lw=1.8, label="D, fresh notes")
    opinions.plot(x, sigmoid(np, crammed(x)), color=RED, lw=1.2, ls="--", label="D, one list of 50 + 50")
    opinions.plot(genuine, np.full(len(genuine), 1.06), "|", color=BLUE, markersize=9)
    opinions.plot(forged, np.full(len(forged), -0.06), "|", color=RED, markersize=9)
    for edge in (LOW, HIGH):
        opinions.axvline(edge, color=GREY, lw=0.8, ls=":")
    opinions.text(-3.9, 1.095, "genuine list", color=BLUE, fontsize=8)
    opinions.text(5.9, -0.115, "forged list", color=RED, fontsize=8, ha="right")
    opinions.set(xlim=(-4, 6), ylim=(-0.14, 1.15), ylabel="probability that it is genuine")
    opinions.set_xlabel("weight, in 4 mg from 1000 mg (dotted: 99 % of notes)")
    opinions.legend(loc="center right", fontsize=8)

    step, own, world = history.T
    best = math.log(4) - 2 * mg.js(P, Q)
    bills.plot(step, world, color=RED, lw=1.8)
    bills.plot(step, own, color=RED, lw=1.8, ls="--")
    bills.axhline(2 * math.log(2), color=GREY, lw=0.8, ls=":")
    bills.axhline(best, color="black", lw=5, alpha=0.25)
    bills.text(1, 2 * math.log(2) + 0.06, "always .5: 1.386", color=GREY, fontsize=8)
    bills.text(1, best - 0.2, "D*: .7126", fontsize=8)
    bills.text(step[-1], 0.08, "on its list", color=RED, fontsize=8, ha="right")
    bills.text(step[-1] / 6, world[-1] * 0.75, "on unseen notes", color=RED, fontsize=8, ha="right")
    bills.set_xscale("symlog", linthresh=10)
    bills.set(xlim=(0, step[-1]), ylim=(0, None), xlabel="step", ylabel="bill -V(D) (nats, sum of two means)")
    bills.set_title("The one with the list pays")
    opinions.set_title("Two critics and the perfect one")
    for axes in (opinions, bills):
        axes.spines[["top", "right"]].set_visible(False)
    picture.suptitle("Fresh notes teach D*; a short list, seen again and again, teaches the list")
    return picture
