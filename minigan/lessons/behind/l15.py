"""Behind lesson 15, "Why make eight things when one will do?": its claims, its figure and its animation."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.judge.metrics import mode_report, perfect_mode_report
from minigan.lessons import Claims
from minigan.lessons.l15_mode_collapse import (
    AXIS,
    GAMES,
    LOOKS,
    RING,
    Look,
    N,
    by_hand,
    chase,
    logit,
    looks,
    network_to_the_end,
    to_the_end,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CHI2_7 = 29.878  # exceeded once in 10,000 times, Abramowitz and Stegun table 26.8


def runs(kind: str, quick: bool) -> list[list[Look]]:
    """Five seeds of this collapse; quick: one, of half the steps."""
    steps = GAMES[kind].steps // (2 if quick else 1)
    return [looks(kind, steps, seed) for seed in range(1 if quick else 5)]


def drawn(look: Look, share: float = 0.01) -> list[int]:
    """The modes with this share or more of all samples."""
    return np.flatnonzero(look.report.shares >= share).tolist()


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; quick trains one seed of each collapse, for half the steps."""
    made = Claims()
    equal, below = made.equal, made.below

    # To the end against a fixed D*.
    x = np.linspace(-3, 7, 11)[:, None]
    D = mg.optimal_discriminator(mg.Gaussian(4, 0.5), mg.Gaussian(0, 1), x)
    line = 1 / (1 + np.exp(-logit(x[:, 0])))
    says, source = "logit D* as a parabola: largest error of D* at 11 points", "p / (p + p_G), from the densities"
    below("d_star", says, np.abs(D - line).max(), 1e-12, source)
    a, b = to_the_end("minimax", 200)
    equal("argmax", "where D* is highest: G's mean at the end (minimax)", b, 16 / 3, 1e-9, "16 - 3x = 0")
    below("sd_end", "sd of G's samples then", abs(a), 1e-9, "a point wins against a fixed D*")
    says = "the argmax, in the data's sd from their mean"
    equal("beyond_sd", says, (b - 4) / 0.5, 8 / 3, 1e-8, "(16/3 - 4) / .5")
    beyond = 1 - float(mg.Gaussian(4, 0.5).cdf(np.array([[b]]))[0])
    expected, source = 50 * math.erfc(8 / 3 / math.sqrt(2)), "1 - Phi(8/3), by erfc"
    equal("beyond", "share of the data beyond it (%)", 100 * beyond, expected, 1e-6, source)
    nets = [network_to_the_end(seed) for seed in range(1 if quick else 3)]
    farthest = max((m for m, _ in nets), key=lambda m: abs(m - 16 / 3))
    says = "a network's mean there, farthest of the seeds"
    equal("network_mean", says, farthest, 16 / 3, 0.01, "16/3; half of the sd's bar")
    says, widest = "a network's sd there, largest of the seeds", max(sd for _, sd in nets)
    below("network_sd", says, widest, 0.02, "0, but for the steps that are left")
    stalled = to_the_end("non-saturating", 1000)[0]
    below("trick_sd", "the label trick's sd after 1,000 steps", abs(stalled), 0.001, "collapsed too")

    # What the brother does next.
    says = "D* of 'hello' when nothing else is said"
    equal("hello", says, 1 / 8 / (1 / 8 + 1), 1 / 9, 1e-12, "p / (p + 1)")
    says = "words that the bird says on two days running, of 40 days"
    again = (np.diff(chase(40, False)) == 0).sum()
    equal("chase", says, again, 0, 0, "yesterday's has D* = 1/9, the others 1")
    says, source = "words in 8 days, if the brother remembers all", "D* is lowest on what was said"
    equal("memory", says, len(set(chase(8, True))), 8, 0, source)

    # Counting.
    rng, times = np.random.default_rng(15), 100
    reports = [mode_report(RING.sample(N, rng), RING) for _ in range(times)]
    ideal, share = perfect_mode_report(RING, N), 1 - math.exp(-4.5)
    says = "a perfect sampler's high-quality share (%)"
    equal("ceiling", says, 100 * ideal.high_quality, 98.8891, 1e-4, "1 - exp(-9/2)")
    good = [r.high_quality for r in reports]
    bar, source = 400 * math.sqrt(share * (1 - share) / N / times), "4 standard errors, missed once in 15,000"
    says = "the same, drawn 100 x 2,500 times (%)"
    equal("ceiling_drawn", says, 100 * float(np.mean(good)), 100 * share, bar, source)
    says, sd = "its sd from one draw of 2,500 to the next (%)", math.sqrt(share * (1 - share) / N)
    source = "binomial; 4 standard errors of an sd of 100"
    equal("ceiling_sd", says, 100 * float(np.std(good)), 100 * sd, 0.06, source)
    says = "a perfect sampler's reverse KL, n = 2,500 (nats)"
    equal("floor", says, ideal.reverse_kl, 0.0014, 1e-12, "(8 - 1) / (2 x 2,500)")
    mean, bar = np.mean([r.reverse_kl for r in reports]), 4 * math.sqrt(14) / (2 * N * math.sqrt(times)) + 2e-5
    source = "2n KL is chi2 with 7; 4 standard errors"
    equal("floor_drawn", "the same, mean of 100 draws (nats)", mean, 0.0014, bar, source)
    pony = mode_report(np.repeat(RING.means[:1], N, axis=0), RING)
    equal("pony", "one word, perfectly: high quality (%)", 100 * pony.high_quality, 100, 0, "all at a centre")
    equal("pony_kl", "its reverse KL (nats)", pony.reverse_kl, math.log(8), 1e-12, "log 8")
    nowhere = mode_report(np.zeros((N, 2)), RING)
    says = "reverse KL where no sample is good (nats)"
    equal("nowhere", says, nowhere.reverse_kl, math.inf, 0, "by definition")

    # Stuck.
    z = np.random.default_rng(16).standard_normal((N, 1))
    handmade = mode_report(by_hand()(z), RING)
    says = "modes found by the 1-16-2 network with weights by hand"
    equal("by_hand", says, handmade.found, 8, 0, "built so")
    chance = CHI2_7 / (2 * N)
    below("by_hand_kl", "its reverse KL, n = 2,500 (nats)", handmade.reverse_kl, chance, "the floor's 1 in 10,000")
    stuck = runs("stuck", quick)
    ends = [run[-1].report for run in stuck]
    says, source = "stuck: modes found, the most of all seeds", "half of what a perfect sampler finds; seeds fixed"
    below("stuck_modes", says, max(r.found for r in ends), 4, source)
    says = "stuck: .0060, chance's 1 in 10,000, over the reverse KL, largest of the seeds"
    source = "20 times beyond chance; log 8 - log 4 would give .009"
    below("stuck_kl", says, max(chance / r.reverse_kl for r in ends), 0.05, source)

    # Rotating.
    later = [run[6:] for run in runs("rotating", quick)]  # a tenth of the run to get going
    every = [look for run in later for look in run]
    says = "rotating: high quality, mean over looks and seeds (%)"
    good = np.mean([look.report.high_quality for look in every])
    below("turning_good", says, 100 * good, 2, "a perfect one has 98.89")
    says = "rotating: modes with 1 % or more at a look, mean over looks and seeds"
    modes = np.mean([len(drawn(look)) for look in every])
    below("turning_modes", says, modes, 5, "a perfect sampler has 8")
    says = "rotating: share of all but the leading mode, mean over looks, largest of seeds"
    rest = max(1 - float(np.mean([look.report.shares.max() for look in run])) for run in later)
    below("turning_rest", says, rest, 5 / 8, "7/8 is due; the leading one has three times its due")
    if quick:
        return made

    made.full = True
    late = [{frozenset(drawn(look, 0.1)) for look in run[-LOOKS // 4 :]} for run in stuck]
    says = "stuck: sets of modes above 10 % in the last quarter, most of the seeds"
    below("stuck_still", says, max(len(sets) for sets in late), 2, "1 if nothing moves, and one at the bar")
    leaders = [{int(look.report.shares.argmax()) for look in run} for run in later]
    says, fewest = "rotating: modes that lead at some look, least of the seeds", min(len(led) for led in leaders)
    equal("turning_all", says, fewest, 8, 2, "8 if each has its turn")
    means = [np.mean([look.report.shares for look in run], axis=0) for run in later]
    says = "rotating: KL from uniform of the shares' mean over looks (nats), largest of seeds"
    farthest = max(mg.kl(mean, RING.weights) for mean in means)
    below("turning_average", says, farthest, 0.2, "a tenth of log 8: the time average covers")
    says, value = "rotating: mean of V over looks and seeds (nats)", np.mean([look.value for look in every])
    equal("turning_value", says, value, -math.log(4), 0.35, "the equilibrium's value, which this is not")
    return made


def draw_ring(axes: Any, look: Look) -> None:
    """Samples over D's opinion of the plane, and the eight centres."""
    from minigan.plotting import BANDS, BLUE, OPINION, RED

    if look.opinion is not None:
        axes.contourf(AXIS, AXIS, look.opinion, levels=BANDS, cmap=OPINION)
    axes.plot(*RING.means.T, "o", color="none", markeredgecolor=BLUE, markersize=5, markeredgewidth=1.2)
    axes.plot(*look.samples[:400].clip(-3.95, 3.95).T, ".", color=RED, markersize=2.5)  # the far at the rim
    axes.set(xlim=(-4, 4), ylim=(-4, 4), xticks=[], yticks=[], aspect="equal")


def figure(quick: bool = False) -> Figure:
    """Six looks at the rotating collapse; below, the modes' shares of both collapses."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, RED

    stuck, rotating = runs("stuck", quick)[0][-1], runs("rotating", quick)[0]
    picture = Figure(figsize=(8, 4.5), layout="constrained")
    halves: Any = picture.subfigures(2, 1, height_ratios=[1, 1.2])
    top, bottom = halves
    for axes, look in zip(top.subplots(1, 6), rotating[-6:], strict=True):
        draw_ring(axes, look)
        axes.set_xlabel(f"step {look.step:,}", fontsize=9)
    said = "rotating: samples (dots; far ones at the rim) leave a place when D (blue, dark: real) marks it down"
    top.suptitle(said, fontsize=9.5)

    plane, *bars = bottom.subplots(1, 4, width_ratios=[1.05, 1, 1, 1])
    draw_ring(plane, stuck)
    plane.set_xlabel(f"step {stuck.step:,}", fontsize=9)
    plane.set_title("stuck", fontsize=9.5)
    mean = np.mean([look.report.shares for look in rotating], axis=0)
    for axes, shares, title in (
        (bars[0], stuck.report.shares, "stuck, at the end"),
        (bars[1], rotating[-1].report.shares, "rotating, at the end"),
        (bars[2], mean, f"rotating, {LOOKS} looks"),
    ):
        axes.bar(range(1, 9), shares, color=RED, width=0.7)
        axes.axhline(1 / 8, color=BLUE, ls="--", lw=1.2)
        axes.set(ylim=(0, 1), xticks=range(1, 9), yticks=[0, 0.5, 1])
        axes.set_xlabel("mode", fontsize=9)
        axes.set_title(title, fontsize=9.5)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    for axes, report in ((bars[0], stuck.report), (bars[1], rotating[-1].report)):
        said = f"{report.found} of 8 found\n{report.high_quality:.1%} good\nreverse KL {report.reverse_kl:.2f}"
        axes.text(8.4, 0.97, said, fontsize=8, va="top", ha="right")
    bars[0].set_ylabel("share of all samples", fontsize=9)
    bars[2].text(8.4, 0.15, "truth: 1/8", color=BLUE, fontsize=8, ha="right")
    picture.suptitle("Two ways to collapse: stay on a few modes, or move on for ever", fontsize=11)
    return picture


def animation(path: str | Path) -> None:
    """Write the rotating collapse as a GIF: the clump, D's opinion, the shares. Not in the lesson's time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    from minigan.plotting import BLUE, RED

    pages = []
    for look in looks("rotating", 3000, 0):
        picture = Figure(figsize=(6.4, 3.6), dpi=90, layout="constrained")
        left, right = picture.subplots(1, 2, width_ratios=[1.15, 1])
        draw_ring(left, look)
        left.set_xlabel(f"step {look.step:5,}; shade: D's opinion", family="DejaVu Sans Mono", fontsize=8)
        right.bar(range(1, 9), look.report.shares, color=RED, width=0.7)
        right.axhline(1 / 8, color=BLUE, ls="--", lw=1.2)
        right.text(8.4, 0.95, "dashed: the truth, 1/8", color=BLUE, fontsize=8, ha="right")
        right.set(ylim=(0, 1), xlabel="mode", ylabel="share of all samples", xticks=range(1, 9))
        right.spines[["top", "right"]].set_visible(False)
        picture.suptitle("Rotating collapse: G outruns D, and D is always a place behind", fontsize=10)
        canvas = FigureCanvasAgg(picture)
        canvas.draw()
        pages.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]))
    palette = pages[len(pages) // 2].quantize(48)
    flat = [page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages]
    flat[0].save(path, "GIF", save_all=True, append_images=flat[1:], duration=200, loop=0)
