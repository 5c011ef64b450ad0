"""Behind lesson 13, "When can the intern be fired?": its claims, its figure and animation, and its story."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l13_first_gan import (
    DATA,
    SCALED,
    Moment,
    best_accuracy,
    by_hand,
    colleague,
    deal,
    frozen,
    played,
)
from minigan.theory import oracle
from minigan.theory.divergences import expectation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHORT: Any = {"rounds": 2000, "batch": 128}  # a shorter game
BULK = np.linspace(4 - 2.576 * 0.5, 4 + 2.576 * 0.5, 201)[:, None]  # 99 % of the genuine bills
FILM = (*range(0, 100, 10), *range(100, 300, 20), *range(300, 1000, 100), *range(1000, 3001, 250))
BILLS = ((0.95, "crayon"), (0.75, "poor photocopies"), (0.6, "right paper, wrong ink"), (0, "very good bills"))
X = np.linspace(1.8, 6.2, 881)[:, None]


def lived(seed: int, scaled: bool, **others: Any) -> list[str]:
    """A run as its people lived it, told from its numbers; a fresh colleague decides whether she may go."""
    told, fired = ["The intern has never seen a bill. The forger has paper, and a crayon."], False
    for moment in played(seed, scaled, **others):
        verdict, unsure = colleague(moment), np.abs(moment.opinion(BULK) - 0.5).max() < 0.02
        hers = moment.opinion(moment.fakes.sample(1000, np.random.default_rng(moment.round))) > 0.5
        says = "She says 'one half' to every bill." if unsure else f"She takes {hers.sum()} of 1,000 of his bills."
        bills = next(name for bar, name in BILLS if verdict.low >= bar)
        told.append(f"Round {moment.round:4}. {says} A new colleague is right on {verdict.text}: {bills}.")
        fired = verdict.low <= 0.5 <= verdict.high
        if fired:
            break
    if fired:
        end = "The colleague can't tell, and hardly anybody could: she is fired, and he is rich"
    elif unsure:
        end = f"Her manager hears 'one half' and fires her. But his bills are still {bills}"
    else:
        end = f"She stays. His bills are {bills}"
    return [*told, f"{end} (JS {moment.stand.js:.4f} nats)."]


def story() -> list[str]:
    """What `minigan lesson 13 --story` prints: the run, and the one in which she couldn't see."""
    return [*lived(0, True), "", "In another town she gets the weights in mg, unscaled.", *lived(0, False)[1:]]


def best_line(sd: float = 2.0) -> float:
    """The highest V of 21 × 21 straight critics against bills of the right mean and a wrong sd."""
    grid = [(a, c) for a in np.linspace(-2, 2, 21) for c in np.linspace(-2, 2, 21)]
    fakes = mg.Gaussian(4, sd)

    def value(a: float, c: float) -> float:
        return oracle.measure(lambda x: a * (x - 4) + c, DATA, fakes).value

    return max(value(a, c) for a, c in grid)


def value_of_the_best(fakes: oracle.PushForward) -> float:
    """V(D*, G) straight from its definition, E log D*(x) + E log(1 - D*(G(z)))."""
    for_real = expectation(DATA, lambda x: np.log(mg.optimal_discriminator(DATA, fakes, x)), fakes)
    return for_real + expectation(fakes, lambda x: np.log(mg.optimal_discriminator(fakes, DATA, x)), DATA)


def estimated_js(n: int = 10_000, bins: int = 50, runs: int = 200) -> float:
    """The mean JS of two histograms of draws from one distribution, in bins of equal probability."""
    counts = np.random.default_rng(13).multinomial(n, np.full(bins, 1 / bins), size=(runs, 2)) / n
    return float(np.mean([mg.js(a, b) for a, b in counts]))


def off(some: list[Moment]) -> float:
    """How far D is from 1/2 at most, on 99 % of the data, at any of these moments."""
    return max(float(np.abs(m.opinion(BULK) - 0.5).max()) for m in some)


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; quick plays one shorter game of each kind instead of five."""
    made = Claims()
    equal, below, between = made.equal, made.below, made.between
    seeds, size = range(1 if quick else 5), SHORT if quick else {}
    games = {scaled: [played(seed, scaled, **size) for seed in seeds] for scaled in (True, False)}
    ends = {scaled: [run[-1] for run in runs] for scaled, runs in games.items()}
    js = {scaled: [m.stand.js for m in some] for scaled, some in ends.items()}
    seen = {scaled: [colleague(m).accuracy for m in some] for scaled, some in ends.items()}
    best = {scaled: [best_accuracy(DATA, m.fakes) for m in some] for scaled, some in ends.items()}
    run, start = games[True][0], games[True][0][0]

    ours, other = by_hand(deal(0), 50), deal(0)
    mg.train(other, DATA, 50, 256, scaler=SCALED)
    G_apart = np.abs(ours.generator.theta - other.generator.theta).max()
    D_apart = np.abs(ours.discriminator.theta - other.discriminator.theta).max()
    says = "greatest difference after 50 rounds by hand and by gan.step"
    equal("by_hand", says, max(G_apart, D_apart), 0, 0, "same sums")

    equal("start_loss", "D's loss at round 0 (nats)", -start.stand.value, 1.386294, 1e-6, "2 log 2")
    equal("start_opinion", "D farthest from 1/2 at round 0", off([start]), 0, 0, "last layer zero")
    gap = start.stand.gap / start.stand.js
    equal("start_gap", "D's gap at round 0 over JS", gap, 2, 1e-6, "they cancel in V")
    between("start_js", "JS at round 0 (nats)", start.stand.js, 0.2, 0.7, "log 2 at most")
    identity = [abs(value_of_the_best(m.fakes) + math.log(4) - 2 * m.stand.js) for m in run]
    says, source = "V(D*) + log 4 - 2 JS at our eight looks, worst (nats)", "Goodfellow et al. 2014, eq. 6"
    equal("identity", says, max(identity), 0, 1e-8, source)
    least = min(m.stand.gap for m in run)
    below("gap", "least gap of a run, its sign changed (nats)", -least, 0, "eq. 2")

    below("js", "exact JS at the end, worst start (nats)", max(js[True]), 0.002)
    below("opinion", "D farthest from 1/2 on 99 % of the data, worst start", off(ends[True]), 0.02)
    from_end = max(abs(m.stand.value + math.log(4)) for m in ends[True])
    below("value", "V farthest from -log 4, worst start (nats)", from_end, 0.005)
    says = "fresh D right more often than the best critic, worst start"
    more, bar = max(np.subtract(seen[True], best[True])), math.sqrt(math.log(1e5) / 20_000)
    below("fresh", says, more, bar, "1/2 + TV/2; Hoeffding, chance 1e-5 each")
    below("best", "share that the best critic gets right, worst start", max(best[True]), 0.52, "1/2 + TV/2")
    below("loss_low", "D's least loss at our eight looks (nats)", min(-m.stand.value for m in run), 1.3)
    at_five = {m.round: m.opinion(np.array([[5.0]]))[0] for m in run}
    below("fashion", "opinion of 5 mg in round 50, less that in round 20", at_five[50] - at_five[20], -0.05)
    says, source = "JS of two histograms of one distribution, mean (nats)", "(K - 1) / 4n; 4 standard errors"
    equal("floor", says, estimated_js(), 0.001225, 7e-5, source)

    below("raw_opinion", "raw data: D farthest from 1/2, worst start", off(ends[False]), 0.02)
    bends = [np.polyfit(BULK[:, 0], m.D(BULK)[:, 0], 1, full=True)[1].sum() for m in ends[False]]
    says = "raw data: D's logit off a line, root mean square, worst start"
    below("raw_bend", says, math.sqrt(max(bends) / len(BULK)), 0.01)
    between("raw_js_low", "raw data: JS, least (nats)", min(js[False]), 0.05, 0.35)
    between("raw_js_high", "raw data: JS, greatest (nats)", max(js[False]), 0.05, 0.35)
    says, apart = "raw data: fresh D from the best critic, worst start", np.subtract(seen[False], best[False])
    below("raw_fresh", says, max(np.abs(apart)), 0.05, "1/2 + TV/2")
    between("raw_caught", "raw data: share that the fresh D gets right, least", min(seen[False]), 0.55, 0.85)
    equal("lines", "highest V of a straight D, right mean, sd 2 (nats)", best_line(), -1.386294, 1e-6, "-log 4")

    stopped = oracle.standing(by_hand(deal(0), 20), DATA, SCALED)
    equal("frozen_g_js", "G frozen: change of JS", frozen("G").js - stopped.js, 0, 0, "G doesn't move")
    below("frozen_g_gap", "G frozen: D's gap over what it was", frozen("G").gap / stopped.gap, 0.25)
    between("frozen_d_js", "D frozen: JS over what it was", frozen("D").js / stopped.js, 2, 4.5)
    below("together", "both go on: JS (nats)", frozen("").js, 0.005)
    if quick:
        return made

    made.full = True
    three = {w: [played(s, width=w, **SHORT)[-1].stand.js for s in range(3)] for w in (0, 2, 8, 32)}
    widths = {w: float(np.median(some)) for w, some in three.items()}
    between("width_0", "D a straight line: JS (nats)", widths[0], 0.3, 0.7, "log 2 at most")
    for name, w, bar in (("width_2", 2, 0.2), ("width_8", 8, 0.02), ("width_32", 32, 0.002)):
        below(name, f"D {w} wide: JS (nats)", widths[w], bar)
    between("uniform", "uniform z: JS (nats)", played(0, prior="uniform", **SHORT)[-1].stand.js, 0.01, 0.06)
    sds = [math.sqrt(m.fakes.covariance[0, 0]) for m in ends[False]]
    below("raw_sd_low", "raw data: least sd of the bills, for .5 (mg)", min(sds), 0.25)
    between("raw_sd_high", "raw data: greatest sd, for .5 (mg)", max(sds), 1, 2)
    return made


def draw(above: Any, below: Any, moment: Moment) -> None:
    """One moment: both densities, with sixty of the bills, and below what D says over what it had better say."""
    from minigan.plotting import BLUE, GREY, RED

    above.fill_between(X[:, 0], DATA.density(X), color=BLUE, alpha=0.35, linewidth=0, label="data p")
    above.plot(X, moment.fakes.density(X), color=RED, linewidth=1.2, label="fakes p_G, exact")
    x = moment.fakes.sample(60, np.random.default_rng(0))[:, 0]
    above.plot(x, np.full(len(x), -0.1), "|", color=RED, markersize=5, alpha=0.6, label="60 fakes")
    best = mg.optimal_discriminator(DATA, moment.fakes, X)
    best[DATA.density(X) + moment.fakes.density(X) < 1e-3] = np.nan  # there V asks for no opinion
    below.axhline(0.5, color=GREY, linewidth=0.6, linestyle=":")
    below.plot(X, best, color=GREY, linewidth=3, alpha=0.5, label="D*, the best opinion")
    below.plot(X, moment.opinion(X), color="black", linewidth=1.1, linestyle="--", label="D, learned")
    above.set(xlim=(1.8, 6.2), ylim=(-0.2, 1.7), yticks=[0, 1], xticklabels=[])
    below.set(xlim=(1.8, 6.2), ylim=(-0.05, 1.05), yticks=[0, 0.5, 1], yticklabels=["0", "½", "1"])


def draw_standing(axes: Any, run: list[Moment], until: int) -> None:
    """How far both are, round by round, in nats; round 0 is drawn at 5."""
    from minigan.plotting import RED

    rounds = np.maximum([m.round for m in run if m.round <= until], 5)
    for colour, style, what in ((RED, "-", "js"), ("black", "--", "gap")):
        values = [getattr(m.stand, what) for m in run if m.round <= until]
        axes.plot(rounds, values, style, color=colour, linewidth=1.2)
        axes.plot(rounds[-1], values[-1], "o", color=colour, markersize=4)
    axes.set(xscale="log", yscale="log", xlim=(4, 4000), ylim=(3e-4, 2))
    axes.text(8, 4e-4, "JS: how far G is", color=RED, fontsize=8)
    axes.text(8, 8e-4, "gap: how far D is", color="black", fontsize=8)


def figure(quick: bool = False) -> Figure:
    """Six moments of a run, the false end beside its true one, and where both players stood throughout."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    from minigan.plotting import STYLE

    size = SHORT if quick else {}
    run, blind = played(0, **size), played(0, False, **size)
    with rc_context(STYLE):
        picture = Figure((8, 6.2), layout="constrained")
        picture.suptitle("D says one half at the start, at the end, and when it is blind: JS tells them apart")
        panels: Any = picture.subplots(4, 4, height_ratios=[1.5, 1, 1.5, 1])
        shown = [*(m for m in run if m.round in (0, 20, 50, 100, 300)), run[-1], blind[-1]]
        for k, moment in enumerate(shown):
            above, below = panels[2 * (k // 4) : 2 * (k // 4) + 2, k % 4]
            draw(above, below, moment)
            when = "data unscaled" if moment is blind[-1] else f"round {moment.round:,}"
            above.set_title(f"{when}: JS {moment.stand.js:.2g}")
            if k % 4:
                above.set_yticklabels([])
                below.set_yticklabels([])
        for row, name in enumerate(("density, 1/mg", "opinion") * 2):
            panels[row, 0].set_ylabel(name)
        for axes in (*panels[1], *panels[3, :3]):
            axes.set_xlabel("ink, mg")
        grid = panels[2, 3].get_gridspec()
        for axes in panels[2:, 3]:
            axes.remove()
        both = picture.add_subplot(grid[2:, 3])
        draw_standing(both, run, run[-1].round)
        both.set_title("both players, nats")
        both.set_xlabel("round")
        handles = [h for axes in panels[:2, 0] for h in axes.get_legend_handles_labels()[0]]
        picture.legend(handles=handles, loc="outside lower center", ncols=5)
    return picture


def animation(path: str | Path) -> None:
    """The run as an animation: p, the exact p_G, D over D*, and the two numbers as they fall."""
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

    run = played(0, at=FILM)
    picture = Figure((7.2, 3.8), layout="constrained")
    panels: Any = picture.subplot_mosaic([["above", "both"], ["below", "both"]], width_ratios=[3, 2],
                                         height_ratios=[1.5, 1])  # fmt: skip

    def show_frame(k: int) -> list[Any]:
        moment = run[min(k, len(run) - 1)]
        for axes in panels.values():
            axes.clear()
        draw(panels["above"], panels["below"], moment)
        panels["above"].legend(loc="upper left", fontsize=7, frameon=False)
        panels["below"].legend(loc="upper right", fontsize=7, frameon=False, ncols=2)
        panels["above"].set(ylabel="density, 1/mg", ylim=(-0.2, 1.9))
        panels["below"].set(xlabel="ink, mg", ylabel="opinion", ylim=(-0.05, 1.35))
        draw_standing(panels["both"], run, moment.round)
        panels["both"].set(xlabel="round", ylabel="nats")
        stand = moment.stand
        told = f"round {moment.round:5,}     JS {stand.js:.4f}     gap {stand.gap:.4f}"
        picture.suptitle(told, family="monospace")
        return list(panels.values())

    FuncAnimation(picture, show_frame, len(run) + 12).save(path, writer="pillow", fps=6, dpi=90)
