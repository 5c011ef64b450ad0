"""Behind lesson 06, "What does a bound hide?": its claims and its figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l06_variational_bound import (
    VARIANCE,
    W,
    average_bound,
    average_log_p,
    dice_for_the_bound,
    elbo,
    gap,
    learn,
    log_p,
    mean_field,
    posterior,
    sweeps,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def log_p_by_mesh(x: float, w: np.ndarray, reach: float = 8.0, side: int = 321) -> float:
    """The same by adding up p(z) p(x|z) over a mesh of side² positions of the two dials."""
    line, step = np.linspace(-reach, reach, side, retstep=True)
    z1, z2 = np.meshgrid(line, line)
    joint = np.exp(-(z1**2 + z2**2 + (x - w[0] * z1 - w[1] * z2) ** 2) / 2) / (2 * math.pi) ** 1.5
    return math.log(joint.sum() * step**2)


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    made = Claims()
    equal, below = made.equal, made.below

    rng = np.random.default_rng(6)
    x, at = np.linspace(-13, 13, 1001), np.array([2.0])
    slope, precision = posterior(W)
    covariance, best = np.linalg.inv(precision), mean_field(W)
    equal("log_p", "log p(2), nats", log_p(at, W)[0], log_p_by_mesh(2.0, W), 1e-10, "mesh over z, added up")
    equal("mesh_digits", "digits of 321^20", len(str(321**20)), int(20 * math.log10(321)) + 1, 0, "logarithm")
    above = 0  # points where log p(x) is above the bound: 200 q that know nothing, each at 100 x
    for variances in np.exp(rng.uniform(-5, 2, (200, 2))):
        tried, mean = rng.normal(0, math.sqrt(VARIANCE), 100), rng.normal(0, 2, (100, 2))
        above += int((gap(tried, W, np.diag(variances), mean) >= 0).sum())
    says = "points with ELBO <= log p(x), of 20,000 with any x and q, %"
    equal("below", says, above / 200, 100, 0, "Jensen's inequality")
    says, most = "greatest gap where q is the posterior, nats", np.abs(gap(x, W, covariance)).max()
    equal("gap_exact", says, most, 0, 1e-10, "KL of equals")

    says, r = "correlation of z1 and z2 in the posterior", covariance[0, 1] / covariance[0, 0]
    equal("correlation", says, r, -0.9, 1e-12, "-w^2 / (1 + w^2)")
    source = "(1 + w^2) / (1 + 2 w^2)"
    equal("marginal_variance", "variance of z1 in the posterior", covariance[0, 0], 10 / 19, 1e-12, source)
    source = "1 / (1 + w^2); Bishop 2006, 10.1.2"
    equal("narrow_variance", "variance of z1 in the best mean-field q", best[0, 0], 0.1, 1e-12, source)
    floor, source = -math.log(1 - 0.81) / 2, "-1/2 ln(1 - .81)"
    equal("gap", "gap at x = 0, mean-field q, nats", gap(np.zeros(1), W, best)[0], floor, 1e-10, source)
    says, most = "its greatest difference from that for |x| <= 13, nats", np.abs(gap(x, W, best) - floor).max()
    equal("gap_same", says, most, 0, 1e-10, "the posterior's shape is free of x")
    wide, by_hand = gap(at, W, np.diag(np.diag(covariance)))[0], 1 / 0.19 - 1 + math.log(0.19) / 2
    says, source = "gap with the posterior's marginal variances, nats", "1/(1 - r^2) - 1 + 1/2 ln(1 - r^2)"
    equal("gap_marginal", says, wide, by_hand, 1e-10, source)
    sd = math.sqrt(VARIANCE)  # a gap that is constant but for a term in x² has its mean at x = sd
    short = gap(np.array([sd]), W, best, 0.9 * sd * slope[None])[0]
    says = "mean gap over the data, encoder's slope 10 % short, nats"
    source = "1/2 (.1)^2 w'Lw 19 / 19^2 = 9 (.1)^2 on top"
    equal("gap_encoder", says, short, floor + 9 * 0.1**2, 1e-10, source)

    path = sweeps(4.0, W, 200)
    errors = np.abs(path - 4 * slope).max(axis=1)
    says, source = "error of q's mean after a sweep, as a share of that before", "r^2: two Gauss-Seidel half steps"
    equal("sweep_factor", says, errors[11] / errors[10], 0.81, 1e-9, source)
    swept = gap(np.array([4.0]), W, best, path[-1:])[0]
    equal("sweep_floor", "gap after 200 sweeps, nats", swept, floor, 1e-10, "-1/2 ln(1 - .81)")
    draws = dice_for_the_bound(2.0, W, 100_000, rng)
    off = abs(draws.mean() - elbo(at, W, np.outer(at, slope), best)[0]) / draws.std() * math.sqrt(len(draws))
    says = "100,000 reparameterised draws against the ELBO, standard errors"
    below("dice_bound", says, off, 4.5, "a right answer fails 7 times in a million (two-sided)")

    k = (15 + math.sqrt(513)) / 8
    model, ratio = 1 + 2 * k, VARIANCE / (1 + 2 * k)
    lost, hidden = (ratio - 1 - math.log(ratio)) / 2, math.log((1 + k) ** 2 / model) / 2
    learned, free = learn(VARIANCE, W), learn(VARIANCE, np.array([3.0, 2.9]), tied=False)
    variance = 1 + learned @ learned
    learned_gap, free_gap = (gap(np.zeros(1), w, mean_field(w))[0] for w in (learned, free))
    data, fitted = mg.Gaussian(0.0, sd), mg.Gaussian(0.0, math.sqrt(variance))
    source = "(1 + 2k)^2 = 19 (1 + k)"
    equal("learned_k", "w^2 that the bound learns, tied, infinite data", learned[0] ** 2, k, 1e-9, source)
    equal("learned_variance", "variance 1 + 2 w^2 of the model so learned", variance, model, 1e-9, source)
    source = "1/2 (r - 1 - ln r), r = 19 / (1 + 2k)"
    equal("learned_kl", "KL(data, that model), nats", mg.kl(data, fitted), lost, 1e-9, source)
    equal("learned_gap", "gap of that model, nats", learned_gap, hidden, 1e-9, "1/2 ln((1 + k)^2 / (1 + 2k))")
    saved, source = gap(at, W, best)[0] - learned_gap, "the two gaps' closed forms"
    equal("gap_saved", "gap saved by leaving the truth, nats", saved, floor - hidden, 1e-9, source)
    profit = average_bound(learned) - average_bound(W)
    says = "average bound there less average bound at the truth, nats"
    equal("profit", says, profit, floor - hidden - lost, 1e-9, "gap saved - KL")
    tail = -2 * np.sqrt([[variance]])
    beyond, by_hand = 200 * data.cdf(tail)[0], 100 * math.erfc(2 * math.sqrt(model / VARIANCE / 2))
    equal("tail", "data beyond two of that model's sds, %", beyond, by_hand, 1e-9, "erfc")
    beyond, by_hand = 200 * fitted.cdf(tail)[0], 100 * math.erfc(math.sqrt(2))
    equal("tail_expected", "what that model expects there, %", beyond, by_hand, 1e-9, "erfc")
    source = "(sqrt 18, 0): the truth, uncorrelated posterior"
    equal("free_variance", "variance learned with w1 and w2 untied", 1 + free @ free, VARIANCE, 1e-6, source)
    equal("free_gap", "gap of the untied model, nats", free_gap, 0, 1e-9, "correlation 0")
    return made


def figure(quick: bool = False) -> Figure:
    """Left one model's log p(x) and its floor; right their means against the model's variance, with both peaks."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED

    fig = Figure(figsize=(8, 4.5), layout="constrained")
    fig.suptitle("The bound lies .83 nats too low at every x, and its peak is not the truth's", fontsize=11)
    left, right = fig.subplots(1, 2)
    x = np.linspace(-13, 13, 201)
    variances = np.linspace(4, 40, 181)
    loadings = [np.full(2, math.sqrt((v - 1) / 2)) for v in variances]
    top, likelihood = log_p(x, W), np.array([average_log_p(w) for w in loadings])
    low, bound = top - gap(x, W, mean_field(W)), np.array([average_bound(w) for w in loadings])
    for axes, across, upper, lower in ((left, x, top, low), (right, variances, likelihood, bound)):
        axes.fill_between(across, lower, upper, color=RED, alpha=0.2, lw=0)
        axes.plot(across, upper, color=BLUE, lw=2, label="log p(x), exact")
        axes.plot(across, lower, "--", color=RED, lw=2, label="ELBO, mean-field q")
        axes.spines[["top", "right"]].set_visible(False)
    left.set(xlabel="x", ylabel="nats", ylim=(-9.9, -1.9))
    left.set_title("one model: w = (3, 3)", fontsize=10)
    left.text(0, -2.83, "gap .83", ha="center", va="center", fontsize=9)
    left.legend(frameon=False, loc="lower left", fontsize=9)

    inset = left.inset_axes((0.36, 0.26, 0.30, 0.40))
    angle = np.linspace(0, 2 * math.pi, 200)
    for covariance, colour, style in ((np.linalg.inv(posterior(W)[1]), BLUE, "-"), (mean_field(W), RED, "--")):
        line = 2 * np.linalg.cholesky(covariance) @ np.stack([np.cos(angle), np.sin(angle)])
        inset.plot(*line, style, color=colour, lw=1.5)
    inset.set(xticks=[], yticks=[], aspect="equal", xlim=(-1.75, 1.75), ylim=(-1.75, 1.75))
    inset.set_xlabel("$z_1$", fontsize=8, labelpad=1)
    inset.set_ylabel("$z_2$", fontsize=8, labelpad=1)
    inset.set_title("posterior and q, 2 sd", fontsize=8)

    best = learn(VARIANCE, W)
    for w, height, colour, mark, words, side, aside in (
        (W, average_log_p(W), BLUE, "o", "best likelihood:\nvariance 19", "left", 0.6),
        (best, average_bound(best), RED, "s", f"best bound:\n{1 + best @ best:.2f}", "right", -0.6),
    ):
        right.plot([1 + w @ w] * 2, [-4.75, height], ":", color=GREY, lw=1)
        right.plot(1 + w @ w, height, mark, color=colour, ms=8)
        right.text(1 + w @ w + aside, -4.72, words, color=colour, ha=side, va="bottom", fontsize=9)
    right.text(29, -3.4, "gap", ha="center", va="center", fontsize=9)
    right.set(xlabel="variance of the model, 1 + 2w²", ylabel="mean over the data, nats", ylim=(-4.75, -2.7))
    right.set(xlim=(0, 41))
    right.set_title("training on data of variance 19", fontsize=10)
    return fig
