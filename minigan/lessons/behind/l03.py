"""Behind lesson 03, "Which parameters made this data likely?": its claims and its figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l03_maximum_likelihood import (
    LATER,
    MUS,
    NOTES,
    SIGMAS,
    START,
    climb,
    closed_form,
    lamp,
    log_likelihood,
    spike,
    surface,
)
from minigan.theory.divergences import integrate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

THIN = 1e-12  # mg
WIDTHS = 10.0 ** np.arange(1, -13, -0.25)  # mg


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    made = Claims()
    equal, below = made.equal, made.below

    mu, sigma = closed_form(NOTES)
    equal("mean", "Gaussian's MLE, mu (mg)", mu, 1000, 1e-12, "by hand: distances sum to 0")
    equal("sd", "Gaussian's MLE, sigma (mg), divides by n", sigma, 4, 1e-12, "by hand: sqrt(160/10)")
    heights, source = surface(NOTES, MUS, SIGMAS), "closed form; half a cell"
    row, column = np.unravel_index(int(heights.argmax()), heights.shape)
    equal("grid_mean", "argmax on a grid, mu (mg)", MUS[column], mu, 0.25, source)
    equal("grid_sd", "argmax on a grid, sigma (mg)", SIGMAS[row], sigma, 0.125, source)
    off = np.abs(climb(NOTES, *START)[-1] - (mu, sigma)).max()
    says = "gradient ascent against closed form: largest difference in mu, sigma (mg)"
    below("climb", says, off, 1e-8, "two routes to one argmax")
    thrown, by_hand = climb(NOTES, 990, 3, 0.5, 1)[1, 1], 3 * math.exp(0.5 * (116 / 9 - 1))
    says, source = "sigma after one step of rate .5 from (990, 3) (mg)", "3 exp(.5 (116/9 - 1)), 116 = 16 + 10^2"
    equal("jump", says, thrown, by_hand, 1e-9, source)

    honest = mg.Gaussian(mu, sigma)
    top, formula = log_likelihood(honest, NOTES), "-n/2 log(2 pi e sigma^2)"
    says = "log-likelihood at the top, sum over 10 notes (nats, weights in mg)"
    equal("top", says, top, -5 * math.log(2 * math.pi * math.e * 16), 1e-10, formula)
    grams = NOTES / 1000
    in_grams = log_likelihood(mg.Gaussian(*closed_form(grams)), grams)
    by_hand = -5 * math.log(2 * math.pi * math.e * 16e-6)
    equal("grams", "the same, weights in g (nats)", in_grams, by_hand, 1e-9, "10 log 1000 higher")
    hundred = np.tile(NOTES, 100)
    product, source = np.prod(honest.density(hundred[:, None])), "exp(-2805) is below the least double"
    equal("product", "product of 1,000 densities in float64 (mg^-1000)", product, 0, 0, source)
    logs, by_hand = log_likelihood(honest, hundred), -500 * math.log(2 * math.pi * math.e * 16)
    equal("sum", "sum of their logarithms (nats)", logs, by_hand, 1e-8, formula)
    given = top - log_likelihood(mg.Gaussian(mu, math.sqrt(160 / 9)), NOTES)
    says = "log-likelihood that dividing by n - 1 gives away (nats, 10 notes)"
    equal("one_n", says, given, 5 * math.log(10 / 9) - 0.5, 1e-10, "closed form")
    sets = 20_000
    tens = mg.Gaussian(1000, 4).sample(10 * sets, np.random.default_rng(3)).reshape(sets, 10)
    mean_square = tens.var(axis=1).mean()  # NumPy's var divides by n unless told otherwise
    bar = 4 * math.sqrt(2 * 16**2 * 9 / 100 / sets)  # var of a mean square of ten: 2 sigma^4 (n - 1) / n^2
    says = "mean of sigma_MLE^2 over 20,000 samples of 10 from sigma^2 = 16 (mg^2)"
    equal("bias", says, mean_square, 14.4, bar, "(n-1)/n 16; 4 standard errors, missed once in 15,000")

    thetas, area = np.linspace(0, 1, 1001), integrate(lamp, [0.0, 1.0])
    centre = integrate(lambda t: t.ravel() * lamp(t), [0.0, 1.0]) / area
    equal("lamp_argmax", "argmax of theta^7 (1-theta)^3", thetas[lamp(thetas).argmax()], 0.7, 1e-9, "7/10")
    equal("lamp_area", "area under theta^7 (1-theta)^3: not 1", area, 1 / 1320, 1e-14, "7! 3! / 11!")
    equal("lamp_posterior", "mean of theta after dividing by that area", centre, 2 / 3, 1e-10, "Beta(8, 4)")

    thin, thicker = (log_likelihood(spike(s), NOTES) for s in (THIN, 10 * THIN))
    says = "what a 10 times thinner spike adds to a mixture's log-likelihood (nats)"
    equal("tenfold", says, thin - thicker, math.log(10), 1e-9, "log 10: no maximum")
    by_hand = -math.log(2 * THIN * math.sqrt(2 * math.pi)) + sum(
        -math.log(2 * 4 * math.sqrt(2 * math.pi)) - (x - 1000) ** 2 / 32 for x in NOTES if x != NOTES[1]
    )
    says = "mixture with s = 1e-12 mg, log-likelihood of the 10 notes (nats)"
    equal("spike", says, thin, by_hand, 1e-9, "each note's nearer component, summed in plain Python")
    loss = (log_likelihood(honest, LATER) - log_likelihood(spike(THIN), LATER)) / len(LATER)
    says, source = "what that mixture loses on each new note (nats)", "log 2: half its mass"
    equal("later", says, loss, math.log(2), 1e-9, source)
    return made


def figure(quick: bool = False) -> Figure:
    """Left: the hill and the climb. Right: the hill without a top."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED

    picture = Figure(figsize=(8, 4.5), layout="constrained")
    hill, endless = picture.subplots(1, 2, width_ratios=[1.15, 1])

    heights = surface(NOTES, MUS, SIGMAS)
    top = log_likelihood(mg.Gaussian(*closed_form(NOTES)), NOTES)
    levels = [-64, -32, -16, -8, -4, -2, -1, -0.25, 0]
    hill.contourf(MUS, SIGMAS, heights - top, [-200, *levels], cmap="Greys_r", alpha=0.45)
    lines = hill.contour(MUS, SIGMAS, heights - top, levels[:-1], colors=GREY, linewidths=0.6, linestyles="solid")
    hill.clabel(lines, lines.levels[2:], fmt="%g", fontsize=7)
    path = climb(NOTES, *START)
    line = {"color": RED, "lw": 1.8}
    hill.plot(*path.T, **line, marker="o", markersize=4, markevery=50, label="climb, a dot every 50 steps")
    hill.plot(*START, "s", color=RED, markersize=6)
    hill.plot(*closed_form(NOTES), "*", color=BLUE, markersize=14, label="formula: (1000, 4)")
    hill.set(xlim=MUS[[0, -1]], ylim=SIGMAS[[0, -1]], xlabel="μ (mg)", ylabel="σ (mg)")
    hill.set_title("One Gaussian: log L below its top (nats)")
    hill.legend(loc="upper right", fontsize=8)

    endless.plot(WIDTHS, [log_likelihood(spike(s), NOTES) for s in WIDTHS], **line)
    endless.axhline(top, color=BLUE, lw=1.4, ls="--")
    endless.text(1e-12, top + 0.5, "best single Gaussian, -28.05", color=BLUE, fontsize=8, ha="right")
    endless.text(1e-6, -17, "+2.30 nats for each\ntenfold thinner s", color=RED, fontsize=8, ha="right")
    endless.set_xscale("log")
    endless.invert_xaxis()
    endless.set(xlabel="s, width of the needle (mg)", ylabel="log L of 10 notes (nats)")
    endless.set_title("A mixture, one part on one note")
    picture.suptitle("Formula and climb meet at one top; a mixture's likelihood has none")
    return picture
