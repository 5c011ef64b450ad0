"""Behind lesson 12, "Who pays for the error?": its claims and its figure."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.core.layers import Dense
from minigan.lessons import Claims
from minigan.lessons.l12_who_pays import EXACT, Net, adam, bills, charge_g, checked, momentum, players

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def as_pairs(net: mg.Sequential) -> Net:
    """A minigan network of dense and tanh layers as the pairs (W, b) of the lesson."""
    return [(layer.W, layer.b) for layer in net.layers if isinstance(layer, Dense)]


def one_step() -> dict[str, float]:
    """What one whole step of a GAN says about `charge_g`, and about who was moved by which update."""
    G, D = players()
    gan = mg.GAN(G, D, mg.Latent(2), updates="alternating", average=None, optimizers=mg.Adam(0.01))
    before, found = G.theta.copy(), {}
    for name, made in gan.substeps(np.random.default_rng(12).standard_normal((16, 2))):
        if name == "discriminator update":
            found["d_leaves_g"] = float(np.abs(G.theta - before).max())
            d_after = D.theta.copy()
        if name == "draw latent again":
            by_hand, _ = charge_g(made, as_pairs(G), as_pairs(D))
        if name == "generator gradient":
            found["through_d"] = float(np.abs(G.grad - by_hand).max() / np.abs(by_hand).max())
    found["g_leaves_d"] = float(np.abs(D.theta - d_after).max())
    return found


def never_cleared() -> float:
    """D's own bill for sixteen fakes plus the minimax G's for the same, largest, as a share of the first."""
    D = players()[1]
    trace, rng = D.trace(16), np.random.default_rng(12)
    s = D.forward(rng.standard_normal((16, 2)), trace)
    D.backward(mg.discriminator_loss(s, s)[2], trace)
    own = D.grad.copy()
    D.backward(mg.generator_loss(s, "minimax")[1], trace)
    return float(np.abs(own + D.grad).max() / np.abs(own).max())


@cache
def v_curve(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """(h, the largest relative error of central differences along random directions) in this float type."""
    curve = checked().curve
    assert curve is not None
    return curve(dtype)


def arm(h: np.ndarray, error: np.ndarray, low: float, high: float) -> float:
    """The slope of log error against log h, by least squares, for h from low to high."""
    here = (h >= low * 0.999) & (h <= high * 1.001)
    return float(np.polyfit(np.log(h[here]), np.log(error[here]), 1)[0])


def bottom(h: np.ndarray, error: np.ndarray) -> tuple[float, float]:
    """(h, error) where three neighbours together are lowest: a single dip may be luck."""
    k = 1 + int(np.argmin(np.log(error[:-2]) + np.log(error[1:-1]) + np.log(error[2:])))
    return float(h[k]), float(np.exp(np.log(error[k - 1 : k + 2]).mean()))


def by_minigan(rule: mg.SGD | mg.Momentum | mg.Adam, slopes: np.ndarray) -> np.ndarray:
    """theta after minigan's own optimiser took the same slopes, from 0."""
    net = mg.Sequential([Dense(slopes.shape[1], 1, bias=False)], EXACT)
    net.assign(np.zeros(slopes.shape[1]))
    bound = rule.bind(net)
    for g in slopes:
        net.grad[...] = g
        bound.step()
    return net.theta.copy()


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    made = Claims()
    equal, below = made.equal, made.below
    rng = np.random.default_rng(12)

    G, D = players()
    equal("numbers", "numbers in G and D together", G.size + D.size, 147, 0, "82 + 65, by hand")
    dx, dW, db = bills(np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [-1.0, 3.0]]), np.array([[1.0, 10.0]]))
    off = np.concatenate([dx.ravel(), dW.ravel(), db]) - np.array([1, 29, 1, 10, 2, 20, 1, 10])
    says = "the example's dx, dW and db, farthest from those by hand"
    equal("by_hand", says, np.abs(off).max(), 0, 0, "three sums, by hand")
    x, W = rng.standard_normal((5, 3)), rng.standard_normal((3, 4))
    of_x = mg.check_gradients((lambda v: v @ W, lambda v, d: bills(v, W, d)[0]), x)
    of_w = mg.check_gradients((lambda v: x @ v, lambda v, d: bills(x, v, d)[1]), W)
    of_b = mg.check_gradients((lambda v: x @ W + v, lambda v, d: bills(x, W, d)[2]), rng.standard_normal(4))
    says = "the loops' dx, dW and db against differences (relative)"
    below("loops", says, max(of_x.error, of_w.error, of_b.error), 1e-7, "nudging")

    step = one_step()
    says, source = "G's gradient through D, by hand against minigan's (relative)", "two programs of one chain rule"
    below("through_d", says, step["through_d"], 1e-12, source)
    says = "both players' gradients against differences (relative)"
    below("check", says, checked().error, 1e-7, "nudging, in float64")
    equal("d_leaves_g", "what D's step moves in G", step["d_leaves_g"], 0, 0, "D pays for D's loss alone")
    equal("g_leaves_d", "what G's step moves in D", step["g_leaves_d"], 0, 0, "G pays for G's loss alone")
    says = "D's bill for fakes plus the minimax G's, as a share"
    below("never_cleared", says, never_cleared(), 1e-14, "D/n - D/n = 0")

    (h, e64), (_, e32) = v_curve("float64"), v_curve("float32")

    def at(step: float) -> float:
        return float(e64[np.abs(np.log(h / step)).argmin()])

    equal("arm_up", "slope of the right arm, float64, h 1e-4 to 1e-2", arm(h, e64, 1e-4, 1e-2), 2, 0.05, "c h^2")
    says, source = "slope of the left arm, float64, h 1e-12 to 1e-6", "r / h; sd .03 over 40 networks"
    equal("arm_down", says, arm(h, e64, 1e-12, 1e-6), -1, 0.15, source)
    best_h, least_32 = bottom(h, e64)[0], bottom(h, e32)[1]
    source = "eps^(1/3), up to a factor of 10"
    equal("best_h", "best h, float64 (log10)", math.log10(best_h), math.log10(2**-52) / 3, 1, source)
    says, source = "digits that float32 can confirm (-log10 of the least error)", "eps^(2/3), up to a factor of 10"
    equal("best_32", says, -math.log10(least_32), 23 * 2 / 3 * math.log10(2), 1, source)
    says, source = "error at h = 1e-12, float64 (log10)", "eps / h, up to a factor of 10"
    equal("too_small", says, math.log10(at(1e-12)), math.log10(2**-52 / 1e-12), 1, source)
    says, source = "error at h = 1e-2 over that at 1e-12", "c h^2 = c 1e-4 against r / h"
    below("too_large", says, at(1e-2) / at(1e-12), 1, source)

    slopes = rng.standard_normal((100, 6)) * 10.0 ** np.arange(-3, 3)
    start = np.zeros(6)
    apart = momentum(start, slopes, 0.01, 0.9) - by_minigan(mg.Momentum(0.01, 0.9), slopes)
    says = "momentum by hand and minigan's, after 100 steps"
    below("momentum", says, np.abs(apart).max(), 1e-10, "one formula twice")
    apart = adam(start, slopes, 0.01, 0.5, 0.9) - by_minigan(mg.Adam(0.01, 0.5, 0.9), slopes)
    says, source = "Adam by hand and minigan's, after 100 steps", "Kingma and Ba, Algorithm 1, in another form"
    below("adam", says, np.abs(apart).max(), 1e-12, source)
    even, one = np.ones((300, 1)), np.zeros(1)
    speed = momentum(one, even[:299], 0.01, 0.9) - momentum(one, even, 0.01, 0.9)
    says = "momentum .9 down an even slope, in plain steps"
    equal("speed", says, float(speed[0]) / 0.01, 10, 1e-9, "1 / (1 - mu)")
    first = -adam(np.zeros(2), np.array([[400.0, 0.0004]]), 0.01, 0.9, 0.999) / 0.01
    equal("first_large", "Adam's first step for slope 400, in rates", first[0], 1, 1e-4, "g / |g|")
    equal("first_small", "the same for slope .0004", first[1], 1, 1e-4, "g / (|g| + epsilon)")
    raw = -adam(one, even[:1], 0.01, 0.9, 0.999, unbiased=False) / 0.01
    says = "the first step without the two divisions, in rates"
    equal("uncorrected", says, raw[0], math.sqrt(10), 1e-5, ".1 / sqrt .001")
    return made


def figure(quick: bool = False) -> Figure:
    """The error of central differences against h, in both float types."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED

    picture = Figure(figsize=(8, 4.5), layout="constrained")
    axes = picture.subplots()
    for dtype, colour, marker in (("float32", RED, "s"), ("float64", BLUE, "o")):
        h, error = v_curve(dtype)
        axes.loglog(h, error, color=colour, marker=marker, markersize=4, lw=1.5)
    left, right = np.array([1e-12, 1e-6]), np.array([3e-5, 0.3])
    axes.loglog(left, 1e-16 / left, color=GREY, ls="--", lw=1)
    axes.loglog(right, 0.1 * right**2, color=GREY, ls="--", lw=1)
    axes.text(1.2e-12, 6e-7, "rounding, 1/h", color=GREY)
    axes.text(4e-3, 3e-7, "the missed bend, $h^2$", color=GREY)
    axes.text(1e-11, 2, "float32", color=RED)
    axes.text(2e-11, 4e-4, "float64", color=BLUE)
    axes.axhline(1e-7, color=GREY, lw=0.8, ls=":")
    axes.text(12, 6e-8, "a check's bound", color=GREY, fontsize=9, ha="right", va="top")
    axes.set(xlim=(7e-13, 15), ylim=(1e-11, 9))
    axes.set(xlabel="step h along a random direction of all weights", ylabel="relative error of the slope")
    axes.set_title("A smaller step is not a better one: $h = 10^{-5}$ in float64, and never float32")
    axes.spines[["top", "right"]].set_visible(False)
    return picture
