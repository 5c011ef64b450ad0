"""Behind lesson 02, "What is the probability of an image?": its claims and its figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l02_nine_pixels import (
    AGREE,
    IMAGES,
    LIT,
    REPEATS,
    SIDE,
    de_moivre_tv,
    expected_tv,
    measured_tv,
    of_single_pixels,
    partition_function,
    states,
    world,
    z_row_by_row,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES = (1_000, 10_000, 100_000)  # draws in an experiment


def entropy_row_by_row() -> float:
    """The world's entropy in bits without the list: log Z less the mean score, by Z row by row."""
    step = 1e-5  # for d log Z / dt of the world with scores t s(x), which is the mean score
    warmer, cooler = (math.log(z_row_by_row(3, t * AGREE, t * LIT)) for t in (1 + step, 1 - step))
    return (math.log(z_row_by_row()) - (warmer - cooler) / (2 * step)) / math.log(2)


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; the experiments with 100,000 draws only in full."""
    made = Claims()
    equal = made.equal

    p, z, listed = world(), z_row_by_row(), math.log(partition_function())
    equal("states", "images of 3 x 3 binary pixels", len(states()), 512, 0, "2^9")
    equal("sum", "sum of their probabilities", p.sum(), 1, 1e-12, "what a distribution is")
    source = "carried row by row, by 8 x 8 matrices"
    equal("log_z", "log Z by listing 512 images, nats", listed, math.log(z), 1e-11, source)
    equal("log_z_printed", "log Z, to the digits of the text, nats", listed, 11.698, 5e-4, "the text")
    best, source = math.exp(12 * AGREE + 9 * LIT) / z, "e^(12 x .7 + 9 x .1) over Z row by row: .0909"
    equal("largest", "probability of the all-lit image, the largest of all", p.max(), best, 1e-14, source)
    dark, source = math.exp(12 * AGREE) / z, "e^(12 x .7) over Z row by row: .0369"
    equal("all_dark", "probability of the all-dark image", p[0], dark, 1e-14, source)
    chess, source = math.exp(5 * LIT) / z, "Z row by row over e^(5 x .1): 73,000"
    equal("chessboard", "a chessboard is drawn once in so many draws", 1 / p[0b101010101], 1 / chess, 1e-6, source)

    bits, entropy = mg.entropy(p, "bits"), entropy_row_by_row()
    source = "log Z - d log Z / dt, scores times t, row by row: 7.668"
    equal("entropy", "entropy of the world, bits", bits, entropy, 1e-7, source)
    equal("effective", "2^entropy: as many equally probable images", 2**bits, 2**entropy, 1e-4, "the same: 203")
    alone, lit = of_single_pixels(p), p @ states()
    says = "all-lit image, if pixels didn't know of each other"
    equal("alone_largest", says, alone[-1], 0.0067, 5e-5, "the text")
    says = "the all-lit image's probability over that"
    source = "e^(12 x .7 + 9 x .1) over Z row by row and nine means: 13.6"
    equal("alone_factor", says, p[-1] / alone[-1], best / math.prod(lit), 1e-9, source)
    tie = sum(mg.entropy(np.array([m, 1 - m]), "bits") for m in lit) - entropy
    source = "the nine pixels' entropies less the world's: 1.190"
    equal("tie", "KL from the world to its single pixels, bits", mg.kl(p, alone, "bits"), tie, 1e-6, source)

    picks = np.bincount(np.full(1000, p.argmax()), minlength=512) / 1000
    says = "entropy of 1,000 picks of the most probable, bits"
    equal("argmax_entropy", says, mg.entropy(picks, "bits"), 0, 0, "log 1")
    missed, source = np.abs(picks - p).sum() / 2, "all but the largest probability: .909"
    equal("argmax_tv", "TV of those picks from the world", missed, 1 - best, 1e-12, source)
    source, tv = "De Moivre's exact mean; McDiarmid's bar, failed by chance < 1 in 10,000", {}
    for n in SIZES[:2] if quick else SIZES:
        made.full = n == SIZES[-1]
        tv[n], bar = measured_tv(p, n), math.sqrt(math.log(2e4) / (2 * n * REPEATS))
        equal(f"tv_{n}", f"mean TV of the frequencies of {n:,} draws", tv[n], de_moivre_tv(p, n), bar, source)
    made.full, source = False, "the text; within 1 % of the exact mean above"
    for n, printed in zip(SIZES, (0.2299, 0.0727, 0.0230), strict=True):
        equal(f"tv_formula_{n}", f"the formula for it at n = {n:,}", expected_tv(p, n), printed, 6e-5, source)
    says, ratio = (
        "the formula over De Moivre's exact mean, n = 1,000",
        expected_tv(p, 1000) / de_moivre_tv(p, 1000),
    )
    equal("tv_formula", says, ratio, 1, 0.01, "central limit theorem")
    says, source = "the formula at n = 10, where it is of no use", "ten times that at 1,000: 2.30"
    equal("tv_10", says, expected_tv(p, 10), 10 * expected_tv(p, 1000), 1e-12, source)

    says = "the 237 digits of the images of 28 x 28 binary pixels, less 2^784"
    equal("digits", says, IMAGES - 2**784, 0, 0, "whole numbers")
    by_logs, source = 10 ** (784 * math.log10(2) - 236), "logarithms: 1.02"
    equal("digits_rounded", "the same over 1e236", IMAGES / 10**236, by_logs, 1e-10, source)
    lifetimes = math.log10(IMAGES / 1e18 / (13.8e9 * 31_557_600))
    says, source = "log10 of the ages of the universe that listing them takes", "1e18 terms a second, 13.8e9 years"
    equal("lifetimes", says, lifetimes, 200, 0.5, source)
    doubled = len(states(18)) / len(states(4))
    equal("doubling", "terms in a list of 18 bits over one of 4", doubled, 2**14, 0, "2 a bit")
    says, source = "log Z of a world of 6 x 3 pixels by listing 262,144, nats", "row by row, by 8 x 8 matrices"
    equal("log_z_18", says, math.log(partition_function(6)), math.log(z_row_by_row(6)), 1e-10, source)
    if quick:
        return made

    made.full = True
    slope = math.log(tv[100_000] / tv[1_000]) / math.log(100)
    says = "slope of log mean TV against log n, 1,000 to 100,000 draws"
    equal("tv_slope", says, slope, -0.5, 0.03, "the formula; bar: those of tv_1000 and tv_100000 together")
    return made


def show_image(axes: Any, image: np.ndarray) -> None:
    """Show one image without ticks, lit pixels light."""
    axes.imshow(image, cmap="gray", vmin=-0.25, vmax=1)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color="0.5")


def figure(quick: bool = False) -> Figure:
    """The line of all 512 pieces with 16 darts on it, their shares of 10,000 draws, and how the miss shrinks."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED, STYLE

    p, pictures = world(), states().reshape(-1, SIDE, SIDE)
    order = p.argsort()[::-1]
    ends = np.cumsum(p[order])
    n, rng = 10_000, np.random.default_rng(0)
    seen = np.bincount(mg.Discrete(p).sample(n, rng)[:, 0].astype(int), minlength=512)[order] / n
    darts = np.sort(rng.random(16))
    with rc_context(STYLE):
        drawing = Figure((8, 5.2), layout="constrained")
        drawing.suptitle(
            "Sampling shows every image as often as it deserves; even the likeliest is only one in eleven"
        )
        halves: Any = drawing.subfigures(2, 1, height_ratios=[1.15, 1])
        line = halves[0].subplots()
        line.set(xlim=(-0.002, 1.002), ylim=(-1.32, 1.3), yticks=[], xticks=[])
        line.spines[:].set_visible(False)
        for k, end in enumerate(ends):  # every other piece dark, as long as the eye can tell them apart
            shade = (0.85, 0.45)[k % 2] if k < 150 else 0.65
            line.axvspan(end - p[order[k]], end, 0.5, 0.62, color=BLUE, alpha=shade, linewidth=0)
        for k in range(8):
            middle = ends[k] - p[order[k]] / 2
            show_image(line.inset_axes([0.045 + 0.062 * k, 0.82, 0.05, 0.18]), pictures[order[k]])
            line.plot([middle, 0.07 + 0.062 * k], [0.31, 0.8], color=GREY, linewidth=0.7)
        told = "the eight likeliest, and the pieces\nthat they have of the line from 0 to 1,\nwhich all 512 fill"
        line.text(0.56, 1.05, told, va="center", fontsize=8.5)
        for k, dart in enumerate(darts):
            x = (k + 0.5) / 16
            image = pictures[order[np.searchsorted(ends, dart, side="right")]]
            line.plot([dart, dart, x], [-0.04, -0.12, -0.62], color=RED, linewidth=1)
            show_image(line.inset_axes([x - 0.025, 0.08, 0.05, 0.18]), image)
        line.plot(darts, np.full(16, -0.06), "^", color=RED, markersize=5)
        line.text(0.5, -1.3, "16 darts, and the image whose piece each hits", color=RED, ha="center", fontsize=8.5)

        shares, miss = halves[1].subplots(1, 2, width_ratios=[1.5, 1])
        rank, drawn = np.arange(1, 513), seen > 0
        shares.loglog(rank, p[order], color=BLUE, linewidth=2, drawstyle="steps-mid", label="probability")
        shares.loglog(rank[drawn], seen[drawn], ".", color=RED, markersize=3, label=f"share of {n:,} draws")
        shares.set(xlabel="image, by rank of its probability", ylabel="probability", ylim=(5e-6, 0.2))
        shares.set_xticks([1, 10, 100, 512], ["1", "10", "100", "512"])
        shares.minorticks_off()
        shares.legend(loc="lower left")
        sizes = np.array([1_000, 10_000] if quick else SIZES)
        grid = np.geomspace(300, 300_000, 50)
        miss.loglog(grid, [expected_tv(p, k) for k in grid], color=BLUE, label="formula, slope −1/2")
        measured = [measured_tv(p, k, 10) for k in sizes]
        miss.loglog(sizes, measured, "o", color=RED, label="mean of 10 experiments")
        miss.axhline(1 - p.max(), color=GREY, linestyle="--")
        miss.text(330, 1.05, "always the likeliest", va="bottom", fontsize=8, color=GREY)
        miss.set(xlabel="draws n", ylabel="TV of frequencies from p", ylim=(0.01, 2.5))
        miss.legend(loc="lower left")
    return drawing
