"""Behind lesson 14, "Why does it circle?": its claims and its figure."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.core.layers import Dense, Tanh
from minigan.lessons import Claims
from minigan.lessons.l14_why_circle import STEPS, H, both, chase, dirac, evenly, game, jacobian, r1_gradient, walk

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOUR: dict[str, dict[str, Any]] = {
    "both at once": {},
    "in turn, D first": {"updates": "alternating"},
    "label trick, at once": {"objective": "non-saturating"},
    "R1, at once": {"penalty": mg.R1(0.3)},
}


@cache
def four() -> dict[str, np.ndarray]:
    """The four runs of the table."""
    return {name: walk(dirac(1, 1, **how)) for name, how in FOUR.items()}


def radii(points: np.ndarray) -> np.ndarray:
    """The distance of the last two numbers from (0, 0), at each step."""
    return np.hypot(points[:, -2], points[:, -1])


def per_step(r: np.ndarray) -> float:
    """By how much a run's radius is multiplied with each step: the slope of its logarithm."""
    return math.exp(np.polyfit(np.arange(len(r)), np.log(r), 1)[0])


def turn(signal: np.ndarray) -> float:
    """Steps in a full turn: twice the mean distance between changes of sign."""
    k = np.flatnonzero(np.sign(signal[1:]) != np.sign(signal[:-1]))
    return 2 * float(np.diff(k + signal[k] / (signal[k] - signal[k + 1])).mean())


def recursion(trick: bool = False, in_turn: bool = False, gamma: float = 0.0) -> float:
    """The oracle: the Dirac-GAN from (1, 1) in plain numbers, its radius after 500 steps of .2."""
    theta, psi = 1.0, 1.0
    for _ in range(STEPS):
        new = psi - H * (theta / (1 + math.exp(-psi * theta)) + gamma * psi)
        seen = new if in_turn else psi
        theta, psi = theta + H * seen / (1 + math.exp(seen * theta * (1 if trick else -1))), new
    return math.hypot(theta, psi)


def one_step(J: np.ndarray, h: float, of_g: int = 0) -> np.ndarray:
    """M: what a step does to a small distance; in turn, if of_g says how many numbers, the first, are G's."""
    eye, is_g = np.eye(len(J)), (np.arange(len(J)) < of_g)[:, None]
    return (eye + h * J * is_g) @ (eye + h * J * ~is_g) if of_g else eye + h * J


def with_momentum(J: np.ndarray, h: float, mu: float) -> np.ndarray:
    """M for (w, q): q <- mu q + h J w, then w <- w + q."""
    eye = np.eye(len(J))
    return np.block([[eye + h * J, mu * eye], [h * J, mu * eye]])


def modulus(M: np.ndarray) -> float:
    """The largest absolute eigenvalue."""
    return float(np.abs(np.linalg.eigvals(M)).max())


def twelve(h: float, a: float = 1.0, b: float = 0.0) -> mg.GAN:
    """G: a z + b. D: 1 -> 3 tanh -> 1, which bends around -1, 0 and 1; its last layer is 0."""
    D = [Dense(1, 3), Tanh(), Dense(3, 1)]
    return game([Dense(1, 1)], D, [a, b, 1, 1, 1, -1, 0, 1, 0, 0, 0, 0], h)


def twelve_by_hand(x: np.ndarray) -> np.ndarray:
    """Its Jacobian at the equilibrium by formula; only G's two and D's last four numbers pull. x = z (n, 1)."""
    one = np.ones_like(x)
    y = np.hstack([np.tanh(x + np.array([-1, 0, 1])), one])  # what D's last layer reads
    pull = np.hstack([x, one]).T @ np.hstack([1 - y[:, :3] ** 2, 0 * x])  # how G moves that
    J = np.zeros((12, 12))
    J[:2, 8:], J[8:, :2], J[8:, 8:] = pull, -pull.T, -y.T @ y
    return J / (2 * len(x))


def parts(w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W (2, 3), b and v of a D with three tanh units, from the vector of all its numbers."""
    return w[:6].reshape(2, 3), w[6:9], w[9:12]


def r1_value(x: np.ndarray, W: np.ndarray, b: np.ndarray, v: np.ndarray) -> float:
    """R1 itself, one bill at a time."""
    slopes = [(W * (1 - np.tanh(row @ W + b) ** 2)) @ v for row in x]
    return float(np.mean([g @ g for g in slopes]) / 2)


def paid(penalty: mg.R1 | None, bills: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """D's gradient in a step of minigan's with this penalty."""
    gan = game([Dense(1, 2)], [Dense(2, 3), Tanh(), Dense(3, 1)], [0.0] * 4 + theta.tolist(), 0.0, penalty=penalty)
    gan.step(bills)
    return gan.discriminator.grad.copy()


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    made = Claims()
    equal, below = made.equal, made.below

    # The games with a number each.
    six, eight = chase(1, 6, in_turn=True), chase(1, 8, in_turn=False)
    listed = [(-1, 2), (-2, 1), (-1, -1), (1, -2), (2, -1), (1, 1)]
    says, source = "xy, step 1, y first: farthest from the six points listed", "by hand; 2 pi / arccos(1/2) = 6"
    equal("six", says, np.abs(six - listed).max(), 0, 0, source)
    equal("six_mean", "largest coordinate of their mean", np.abs(six.mean(0)).max(), 0, 0, "by hand")
    says, times = "xy, step 1, at once: times the radius after 8 rounds", radii(eight)[-1] / math.sqrt(2)
    equal("eight", says, times, 16, 1e-12, "sqrt(2)^8")
    oracles = {
        "at_once": recursion(),
        "in_turn": recursion(in_turn=True),
        "trick": recursion(trick=True),
        "r1": recursion(gamma=0.3),
    }
    for (name, expected), (how, points) in zip(oracles.items(), four().items(), strict=True):
        says = f"Dirac-GAN, 500 steps of .2 from (1, 1), {how}: radius"
        equal(name, says, radii(points)[-1], expected, 1e-9 * expected, "a recursion without networks")
    strays = np.abs(radii(four()["in turn, D first"]) / math.sqrt(2) - 1).max()
    below("in_turn_stays", "in turn: farthest off 1.414 on its way, relative", strays, 0.06, "bar")
    turning = radii(walk(dirac(1, 1, objective="non-saturating", updates="alternating")))
    expected, source = math.sqrt(8 / (STEPS * H)), "sqrt(8 / (n h)), to leading order"
    equal("trick_in_turn", "label trick in turn: radius", turning[-1], expected, 5e-3, source)
    for name, how, expected, tolerance in (
        ("theirs", "both at once", 3.0969, 5e-5),
        ("theirs_trick", "label trick, at once", 0.6402, 5e-5),
        ("theirs_r1", "R1, at once", 2.643e-6, 5e-10),
    ):
        says, end = f"from (1, -1), {how}: radius", radii(walk(dirac(1, -1, **FOUR[how])))[-1]
        equal(name, says, end, expected, tolerance, "the code of Mescheder et al. 2018")

    # The forecast, and where it ends. (a doesn't matter: without its row and column.)
    saddle, objectives = np.array([[0, 0.5], [-0.5, 0]]), ("minimax", "non-saturating")
    J, J_trick = (jacobian(dirac(0, 0, objective=name))[1:, 1:] for name in objectives)
    says = "Jacobians at (0, 0), minimax and label trick: farthest from the formula"
    farthest = max(np.abs(J - saddle).max(), np.abs(J_trick - saddle).max())
    below("jacobian", says, farthest, 1e-9, "[[0, 1/2], [-1/2, 0]]")
    says, m = "forecast at once, h = .2: times the radius, a step", modulus(one_step(J, H))
    equal("modulus", says, m, math.sqrt(1.01), 1e-9, "sqrt(1 + h^2 / 4)")
    m, source = modulus(one_step(J, H, 1)), "determinant 1, a complex pair"
    equal("modulus_in_turn", "forecast in turn: the same", m, 1, 1e-9, source)
    for name, objective in zip(("twelvefold", "twelvefold_trick"), objectives, strict=True):
        near = radii(walk(dirac(7e-5, 7e-5, objective=objective)))
        says = f"{objective} at once, 500 steps from radius 1e-4: times the radius"
        equal(name, says, near[-1] / near[0], 1.01**250, 1e-3, "1.01^250; from 1.414 that were 17")
    for name, start in (("orbit", 1), ("orbit_inside", 0.01)):
        orbit = radii(walk(dirac(start, start, objective="non-saturating"), steps=4000))[2000:]
        says = f"label trick from ({start}, {start}): mean radius, steps 2,000 to 4,000"
        equal(name, says, orbit.mean(), math.sqrt(2 * H), 2e-3, "sqrt(2 h), to leading order")

    # Twelve numbers.
    x = evenly(16)
    by_hand, found = twelve_by_hand(x), jacobian(twelve(H), x)
    says = "12 numbers: Jacobian by differences, farthest from the formula"
    below("twelve", says, np.abs(found - by_hand).max(), 1e-8, "E[y'(z, 1)] / 2 and -E[y y^T] / 2")
    flat = (np.abs(np.linalg.eigvals(found)) < 1e-4).sum()
    equal("flat", "eigenvalues that are 0", flat, 6, 0, "D's first layer has six numbers")
    pairs = [sorted((z for z in np.linalg.eigvals(m) if z.imag > 1e-3), key=abs) for m in (found, by_hand)]
    for name, k, steps, measured, pair in zip(("width", "mean"), (0, 1), (1000, 120), *pairs, strict=True):
        equal(name + "_real", f"the {name}'s eigenvalue: real part", measured.real, pair.real, 1e-6, "the formula")
        equal(name + "_imag", "and imaginary part", measured.imag, pair.imag, 1e-6, "the formula")
        kick = 1e-4 * np.eye(2)[k]
        run = walk(twelve(H, 1 + kick[0], kick[1]), x, steps) - both(twelve(H))
        says = f"h = .2, the {name} kicked: steps in a turn, counted"
        expected = 2 * math.pi / np.angle(1 + H * pair)
        equal(name + "_turn", says, turn(run[:, k]), expected, 1.0, "2 pi / arg(1 + h lambda)")
        if name == "width":
            swing, source = np.linalg.norm(run[-834:], axis=1), "|1 + h lambda|, over four turns"
            says = "times the width's swing, a step, in the run"
            equal("width_shrinks", says, per_step(swing), abs(1 + H * pair), 3e-4, source)

    # Width, R1 and momentum.
    for name, s in (("thin", 0.2), ("wide", 0.5)):
        run, expected = walk(dirac(7e-5, 7e-5, a=s), s * evenly(2)), math.sqrt(1 - H * s * s / 2 + H * H / 4)
        says = f"bills at +-{s}, h = .2, from 1e-4: times the radius, a step"
        equal(name, says, per_step(radii(run)), expected, 1e-4, "sqrt(1 - h s^2/2 + h^2/4)")
    bills, theta = np.random.default_rng(14).standard_normal((5, 2)), np.random.default_rng(15).standard_normal(13)
    as_pair = (lambda w: np.array([r1_value(bills, *parts(w))]), lambda w, d: d * r1_gradient(bills, *parts(w)))
    says, error = "R1's gradient for a D with a bend: relative error", mg.check_gradients(as_pair, theta).error
    below("r1_nudged", says, error, 1e-7, "central differences of R1")
    apart = paid(mg.R1(0.7), bills, theta) - paid(None, bills, theta) - 0.7 * r1_gradient(bills, *parts(theta))
    says = "the same: farthest from minigan's, in a step"
    below("r1_minigan", says, np.abs(apart).max(), 1e-12, "the derivation by hand")
    braked = jacobian(dirac(0, 0, penalty=mg.R1(0.3)))[1:, 1:]
    says, m = "R1 .3, h = .2: times the radius, a step", modulus(one_step(braked, H))
    equal("r1_modulus", says, m, math.sqrt(0.95), 1e-9, "sqrt(1 - h gamma + h^2/4)")
    for name, gamma in (("r1_critical", 1.0), ("r1_stiff", 9.0)):
        expected, end = recursion(gamma=gamma), radii(walk(dirac(1, 1, penalty=mg.R1(gamma))))[-1]
        says = f"R1 {gamma:g}: radius after 500 steps from (1, 1)"
        equal(name, says, end, expected, 1e-6 * expected, "the recursion")
    for mu in (0.0, 0.5, 0.9):
        h, says = H * (1 - mu), f"R1 .3, momentum {mu:g}: times the radius, a step, in the run"
        rule = mg.Momentum(h, mu) if mu else mg.SGD(h)
        run = radii(walk(dirac(7e-8, 7e-8, penalty=mg.R1(0.3), optimizers=rule)))
        expected, source = modulus(with_momentum(braked, h, mu)), "eigenvalue of the doubled matrix"
        equal(f"momentum_{mu:g}", says, per_step(run[200:]), expected, 3e-4, source)
    return made


def figure(quick: bool = False) -> Figure:
    """Four phase portraits with the circles that were forecast, and the radius against the step."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREEN, GREY, RED

    edge, orbit = 3.7, math.sqrt(2 * H)
    drawn = (RED, "-"), (BLUE, "--"), (GREEN, "-."), ("#000000", ":")
    looks = dict(zip(FOUR, drawn, strict=True))
    forecasts = [(17.0, "17"), (math.sqrt(2), "1.41"), (orbit, f"{orbit:.3f}"), (0.0, "0")]
    picture = Figure(figsize=(8, 4.9), layout="constrained")
    grid = picture.add_gridspec(2, 4, height_ratios=(1.1, 1))
    around = np.linspace(0, 2 * np.pi, 200)
    x, y = np.meshgrid(*[np.linspace(-3.2, 3.2, 8)] * 2)
    for k, (name, points) in enumerate(four().items()):
        axes = picture.add_subplot(grid[0, k])
        up = 1 / (1 + np.exp(x * y * (1 if k == 2 else -1)))
        u, v = y * up, -x / (1 + np.exp(-x * y)) - (0.3 * y if k == 3 else 0)
        size = np.hypot(u, v) + 1e-12
        axes.quiver(x, y, u / size, v / size, color="#C4C4C4", width=0.008, scale=13, pivot="mid")
        axes.plot(*points[:, 1:].T, color=looks[name][0], lw=1)
        axes.plot(*points[0, 1:], "o", color=looks[name][0], markersize=5)
        axes.plot(*points[-1, 1:], "s", color=looks[name][0], markersize=5, markeredgecolor="white", zorder=5)
        r, says = forecasts[k]
        if 0 < r < edge:
            axes.plot(r * np.cos(around), r * np.sin(around), color=GREY, ls=(0, (3, 2)), lw=1.5, zorder=4)
        axes.set(xlim=(-edge, edge), ylim=(-edge, edge), aspect="equal", xlabel="θ, the fake's place")
        axes.set_title(f"{name}\nradius {radii(points)[-1]:.3g}, forecast {says}", fontsize=8.5)
        axes.set_xticks([-2, 0, 2])
        axes.set_yticks([-2, 0, 2], labels=["-2", "0", "2"] if k == 0 else [""] * 3)
        if k == 0:
            axes.set_ylabel("ψ, D's weight")
    axes = picture.add_subplot(grid[1, :])
    n = np.arange(STEPS + 1)
    for forecast in (math.sqrt(2) * 1.01 ** (n / 2), math.sqrt(2) * 0.95 ** (n / 2), np.full(STEPS + 1, orbit)):
        axes.plot(n, forecast, color=GREY, lw=0.9)
    for name, points in four().items():
        axes.plot(n, radii(points), color=looks[name][0], ls=looks[name][1], lw=2, label=name)
    axes.text(300, 9, "eigenvalue: 1.004988 a step", color=GREY, fontsize=9, ha="right")
    axes.text(98, 0.24, "eigenvalue with R1: .97468 a step", color=GREY, fontsize=9)
    axes.text(495, 0.43, "$\\sqrt{2h}$", color=GREY, fontsize=9, ha="right")
    axes.set(xlabel="step (h = 0.2, from (1, 1))", ylabel="distance from (0, 0)", yscale="log", xlim=(0, 500))
    axes.set_ylim(0.08, 25)
    axes.set_yticks([0.1, 1, 10], labels=["0.1", "1", "10"])
    axes.legend(fontsize=9, frameon=False, loc="lower right", ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    picture.suptitle("A GAN circles its equilibrium: of four ways to step, only R1's arrives")
    return picture
