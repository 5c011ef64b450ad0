"""Behind lesson 17, "Which of them work, and against what?": its claims, its figure, and the stored runs.

`python -m minigan.lessons.behind.l17 --remake` runs all of them anew and stores them.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.judge.metrics import mean_interval, perfect_mode_report, student_t
from minigan.lessons import HERE, Claims
from minigan.lessons.l17_scoreboard import (
    DROPS,
    MISWEIGHS,
    PLAIN,
    ROWS,
    packed_variation,
    sigmoid,
    unrolled,
    unrolled_run,
)
from minigan.runs.run import SAMPLES, start
from minigan.runs.sweeps import run_member
from minigan.runs.threads import blas_threads

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNROLL = {"unrolling": (5, 0.005), "slow D, unrolling": (5, 0.03)}  # steps, and their rate
RATES = {"D rate 1e-5": 1e-5, "D rate 3e-4": 3e-4, "D rate 1e-2": 1e-2, "D rate 3e-2": 3e-2}
ALL = ROWS | {name: {"learning_rate_d": rate} for name, rate in RATES.items()}
SEEDS, SHORT = range(10), 1000  # SHORT: steps of the runs that --quick repeats
SHORT_ROWS = ("plain", "packing 2", "unrolling")

KEPT = ("modes", "high_quality", "reverse_kl", "critic", "d_accuracy", "g_gradient")


def recipe_of(name: str, seed: int, steps: int) -> mg.Recipe:
    """The recipe of a row's run."""
    return replace(PLAIN, seed=seed, steps=steps, **ALL[name])


def member(name: str, seed: int, steps: int) -> dict[str, Any]:
    """Run one seed of one row and score it."""
    recipe = recipe_of(name, seed, steps)
    with blas_threads(1):
        if name in UNROLL:
            found: dict[str, Any] = unrolled_run(recipe, *UNROLL[name])
        else:
            found = run_member(recipe.to_json())
    if found.get("status", "done") != "done":
        raise RuntimeError(f"{name}, seed {seed}: {found['status']}")
    return {"row": name, "steps": steps, "seed": seed} | {key: found[key] for key in KEPT if key in found}


def here() -> dict[str, Any]:
    """What bits depend on: the machine and the libraries."""
    from minigan.runs.folder import surroundings

    with blas_threads(1):
        return surroundings(*start(PLAIN))


def remake(arguments: Sequence[str]) -> None:
    """Run every member, in parallel, and store the results with the recipe that made them."""
    parser = argparse.ArgumentParser(prog="python -m minigan.lessons.behind.l17", description=remake.__doc__)
    parser.add_argument("--remake", action="store_true", required=True, help="replace what is stored")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--cluster", help="a Dask scheduler's address, in their place")
    asked = parser.parse_args(arguments)
    from joblib import Parallel, delayed, parallel_config

    plan = [(name, seed, PLAIN.steps) for name in ALL for seed in SEEDS]
    plan += [(name, seed, SHORT) for name in SHORT_ROWS for seed in SEEDS]
    where: dict[str, Any] = {"backend": "loky", "n_jobs": asked.workers}
    if asked.cluster:
        where = {"backend": "dask", "n_jobs": -1, "scheduler_host": asked.cluster}
    table = []
    with parallel_config(**where):
        for found in Parallel(return_as="generator")(delayed(member)(*which) for which in plan):
            table.append(found)
            print(*found.values(), flush=True)
    (HERE / "data").mkdir(exist_ok=True)
    with open(HERE / "data" / "l17_members.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ("row", "steps", "seed", *KEPT), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    about = {
        "made by": "python -m minigan.lessons.behind.l17 --remake",
        "made on": here(),
        "recipe": asdict(PLAIN),
        "rows": ALL,
        "unrolling (steps, rate)": UNROLL,
    }
    text = json.dumps(about, indent=1) + "\n"
    (HERE / "data" / "l17_recipe.json").write_text(text, encoding="utf-8")


@cache
def stored() -> dict[tuple[str, int], list[dict[str, float]]]:
    """The stored scores of each (row, steps), a dict a seed; NaN where a run has none."""
    table: dict[tuple[str, int], list[dict[str, float]]] = {}
    with open(HERE / "data" / "l17_members.csv", newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            numbers = {key: float(line[key] or "nan") for key in KEPT}
            table.setdefault((line["row"], int(line["steps"])), []).append(numbers)
    return table


def score(name: str, key: str) -> np.ndarray:
    """A score of the ten seeds of a row; a reverse KL without any good sample counts as one mode's, log 8."""
    found = np.array([seed[key] for seed in stored()[name, PLAIN.steps]])
    return np.where(np.isinf(found), math.log(8), found)


def typical(name: str, key: str) -> float:
    """Its mean over the seeds; the geometric one of what is positive and spreads over factors."""
    found = score(name, key)
    return float(np.exp(np.log(found).mean()) if key in ("reverse_kl", "g_gradient") else found.mean())


@cache
def again(name: str, seed: int, steps: int) -> dict[str, Any]:
    """Run a stored member once more."""
    return member(name, seed, steps)


def repeated(quick: bool) -> list[tuple[str, int, int]]:
    """What this run of the lesson repeats."""
    if quick:
        return [("plain", 0, SHORT), ("packing 2", 0, SHORT)]
    return [("unrolling", 0, SHORT)] + [(name, 0, PLAIN.steps) for name in ROWS if name not in UNROLL]


def strangeness(name: str, seed: int, steps: int) -> float:
    """How far a repeated run lies from the stored seeds' mean, over s sqrt(1 + 1/10): Student's t, if alike."""
    far = []
    for key, scale in (("high_quality", np.array), ("reverse_kl", np.log)):
        x = scale([run[key] for run in stored()[name, steps]])
        new = float(scale(again(name, seed, steps)[key]))
        if np.isfinite([*x, new]).all() and x.std() > 0:
            far.append(abs(new - x.mean()) / (x.std(ddof=1) * math.sqrt(1 + 1 / len(x))))
    return max(far, default=0.0)


CURES = ("packing 2", "packing 4", "R1", "noise", "three D steps", "two rates", "Wasserstein", "unrolling")
MODES_BACK = ("packing 2", "Wasserstein", "R1", "noise")
BEST = "three, tanh, decay"


def losses(better: str, worse: str, key: str) -> int:
    """On how many of ten seeds the first row is *not* better (quality: higher; reverse KL: lower)."""
    sign = -1 if key == "reverse_kl" else 1
    return int((sign * (score(better, key) - score(worse, key)) <= 0).sum())


def directional_error() -> tuple[float, float]:
    """Errors of the unrolled gradient: against the whole loss's difference quotient; with k = 0, D.backward."""
    widths, n, k, rate, h = [2, 16, 16, 1], 32, 5, 0.3, 1e-6
    rng = np.random.default_rng(17)
    layers = [mg.Dense(2, 16), mg.LeakyReLU(), mg.Dense(16, 16), mg.LeakyReLU(), mg.Dense(16, 1)]
    D = mg.Sequential(layers, name="D").to("numpy", "float64")
    start_at, (real, fake, way) = D.theta.copy(), rng.standard_normal((3, n, 2))
    labels, trace, small = np.repeat([[1.0], [0.0]], n, axis=0), D.trace(2 * n), D.trace(n)

    def loss(fake: np.ndarray) -> float:
        D.assign(start_at)
        for _ in range(k):
            s = D.forward(np.concatenate([real, fake]), trace)
            D.backward((sigmoid(s) - labels) / n, trace)
            D.assign(D.theta - rate * D.grad)
        return float(mg.generator_loss(D(fake))[0])

    slope = float((way * unrolled(start_at, widths, real, fake, k, rate)).sum())
    quotient = (loss(fake + h * way) - loss(fake - h * way)) / (2 * h)
    D.assign(start_at)
    plain = D.backward(mg.generator_loss(D.forward(fake, small))[1], small, params=False, inputs=True)
    apart = np.abs(unrolled(start_at, widths, real, fake, 0, rate) - plain).max() / np.abs(plain).max()
    return abs(slope - quotient) / abs(quotient), float(apart)


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; quick repeats two short runs, the full run one seed of nearly each row."""
    made = Claims()
    equal, below = made.equal, made.below

    ideal, (unrolled_error, plain_error) = perfect_mode_report(mg.ring(), SAMPLES), directional_error()
    parts = repeated(quick)
    sure, luck = "sign test: 0 of 10 by chance once in 1,024", "sign test: 1 or less once in 93"
    doubt, nothing = "sign test: 2 or less once in 18", "5 if it does nothing; 2 to 8 in 98 of 100"

    drops, misweighs = ({m: packed_variation(q, m) for m in (1, 2, 4)} for q in (DROPS, MISWEIGHS))
    says = "single samples: variation of 'drops' less that of 'misweighs'"
    equal("tie", says, drops[1] - misweighs[1], 0, 1e-12, "2/8 missing; 4 (1/2) / 8 misplaced")
    equal("drops_2", "pairs: total variation of 'drops'", drops[2], 7 / 16, 1e-12, "1 - (6/8)^2")
    source = "(5/4 + 2/4 + 3/4) / 8"
    equal("misweighs_2", "pairs: total variation of 'misweighs'", misweighs[2], 5 / 16, 1e-12, source)
    equal("drops_4", "packs of 4: total variation of 'drops'", drops[4], 175 / 256, 1e-12, "1 - (6/8)^4")
    by_number = sum(math.comb(4, j) * abs(1.5**j * 0.5 ** (4 - j) - 1) for j in range(5)) / 32
    source = "by the number of favoured modes in the pack"
    equal("misweighs_4", "packs of 4: total variation of 'misweighs'", misweighs[4], by_number, 1e-12, source)

    says = "unrolled gradient, 5 steps: relative error against a difference quotient"
    below("unrolled", says, unrolled_error, 1e-7, "of the whole unrolled loss, float64, h 1e-6")
    says = "unrolled gradient, 0 steps: relative error against D's backward"
    below("unrolled_0", says, plain_error, 1e-12, "the same function")

    fewest = min(len(stored().get((name, PLAIN.steps), [])) for name in ALL)
    says = "stored runs of each row of the scoreboard, fewest"
    equal("members", says, fewest, len(SEEDS), 0, "ten seeds")
    bar = student_t(1 - 1e-4 / (2 * len(parts)), len(SEEDS) - 1)
    says = f"repeated now, {len(parts)} runs: largest distance from the stored seeds, in Student's t"
    source = "a new seed's: beyond it once in 10,000, for all runs together"
    below("agrees", says, max(strangeness(*part) for part in parts), bar, source)

    says = "seeds of 10 where averaging does not raise the quality"
    equal("averaging", says, losses("plain", "live", "high_quality"), 0, 0, sure)
    gain = typical("live", "high_quality") / typical("plain", "high_quality")
    below("averaging_gain", "live over averaged quality, means of ten seeds", gain, 0.5, "half, stored")
    bars = {"packing 2": (1, luck), "Wasserstein": (1, luck), "R1": (2, doubt), "noise": (2, doubt)}
    for name, (allowed, source) in bars.items():
        says = f"seeds of 10 where {name} does not lower the reverse KL"
        below(f"{name.split()[0].lower()}_kl", says, losses(name, "plain", "reverse_kl"), allowed, source)
    found = min(float(score(name, "modes").min()) for name in ("packing 2", "R1", "Wasserstein"))
    says = "modes found by packing 2, R1 and Wasserstein, fewest of thirty runs"
    equal("all_modes", says, found, 8, 0, "all, as a perfect sampler")
    raised = 10 - min(losses(name, "plain", "high_quality") for name in MODES_BACK)
    says = "seeds of 10 where packing 2, Wasserstein, R1 or noise raises quality, the most"
    below("no_quality", says, raised, 8, "9 or 10 would be more than luck")
    says = "seeds of 10 where packing 4 has no lower quality than packing 2"
    equal("dose", says, losses("packing 2", "packing 4", "high_quality"), 0, 0, sure)
    says = "seeds of 10 where two rates lower the reverse KL"
    equal("two_rates", says, 10 - losses("two rates", "plain", "reverse_kl"), 5, 3, nothing)
    says = "seeds of 10 where three cures have a higher quality than packing 2"
    equal("no_sum", says, 10 - losses("three cures", "packing 2", "high_quality"), 5, 3, nothing)
    most = max(losses("tanh in G", name, "high_quality") for name in CURES)
    says = "seeds of 10 where tanh in G has no higher quality than a cure, most over the cures"
    below("tanh", says, most, 1, luck)
    most = max(losses(BEST, name, "high_quality") for name in ROWS if name not in (BEST, "tanh in G"))
    says = "seeds of 10 where the best row has no higher quality than another, most, but for tanh in G"
    equal("best", says, most, 0, 0, sure)
    highest = 100 * float(score(BEST, "high_quality").max())
    says = "quality of the best row, highest of ten seeds (%)"
    below("nobody", says, highest, 98.8891, "a perfect sampler's")

    norms = typical("slow D", "g_gradient") / typical("plain", "g_gradient")
    says = "norm of G's gradient, D's rate 1e-4 over 1e-3, geometric means"
    below("gradient", says, norms, 0.01, "a hundredth, stored")
    says = "modes found with D's rate 1e-4, most of ten seeds"
    below("slow_d", says, score("slow D", "modes").max(), 3, "8 for a perfect sampler")
    says = "seeds of 10 where D's rate 3e-4 has no lower quality than 1e-3"
    equal("slower", says, losses("plain", "D rate 3e-4", "high_quality"), 0, 0, sure)
    fast, half = 100 * typical("D rate 3e-2", "high_quality"), ideal.high_quality * 50
    says = "quality with D's rate 3e-2, mean of ten seeds (%)"
    equal("faster", says, fast, half, 10, "about half of 98.89 %")
    lag = typical("slow D", "high_quality") / typical("D rate 3e-2", "high_quality")
    says = "quality with D's rate 1e-4 over that with 3e-2, means of ten seeds"
    below("lag", says, lag, 0.01, "a hundredth, stored")
    says = "seeds of 10 where unrolling does not lower slow D's reverse KL"
    below("cured", says, losses("slow D, unrolling", "slow D", "reverse_kl"), 1, luck)
    says = "seeds of 10 where unrolling does not lower plain's quality"
    equal("not_cured", says, losses("plain", "unrolling", "high_quality"), 0, 0, sure)

    modes = score("plain", "modes")
    equal("plain_all", "plain: modes found, most of ten seeds", modes.max(), 8, 0, "a perfect sampler's")
    below("plain_few", "plain: modes found, fewest of ten seeds", modes.min(), 6, "two of 8 lost")
    says = "a perfect sampler's quality (%)"
    equal("ceiling", says, 100 * ideal.high_quality, 98.8891, 1e-4, "1 - exp(-9/2)")
    equal("floor", "a perfect sampler's reverse KL (nats)", ideal.reverse_kl, 0.0014, 1e-12, "7 / 5,000")

    about, now = json.loads((HERE / "data" / "l17_recipe.json").read_text(encoding="utf-8")), here()
    if all(now.get(key) == what for key, what in about["made on"].items()):  # elsewhere these are other runs
        apart = sum(
            again(*part)[key] != stored()[part[0], part[2]][part[1]][key]
            for part in parts
            for key in KEPT
            if key in again(*part)
        )
        says = "numbers of the repeated runs that differ from the stored ones, by any bit"
        equal("identical", says, apart, 0, 0, "the same machine, libraries and recipe")
    return made


def figure(quick: bool = False) -> Figure:
    """Each row's ten seeds, their mean and its 95 % interval, for three scores; the perfect sampler as a line."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED

    picture = Figure(figsize=(8, 4.9), layout="constrained")
    ideal = perfect_mode_report(mg.ring(), SAMPLES)
    panels = picture.subplots(1, 3, sharey=True)
    places = np.arange(len(ROWS))[::-1]
    for axes, key, factor, best, label in (
        (panels[0], "modes", 1, ideal.found, "modes found, of 8"),
        (panels[1], "high_quality", 100, 100 * ideal.high_quality, "samples within 3 sd of a mode (%)"),
        (panels[2], "reverse_kl", 1, ideal.reverse_kl, "reverse KL (nats), less is better"),
    ):
        log = key == "reverse_kl"
        axes.axvline(best, color=BLUE, linestyle="--", linewidth=1.4)
        for y, name in zip(places, ROWS, strict=True):
            x = factor * score(name, key)
            mean, low, high = np.exp(mean_interval(np.log(x).tolist())) if log else mean_interval(x.tolist())
            axes.plot(x, np.full(len(x), y - 0.22), "|", color=GREY, markersize=4, alpha=0.7)
            axes.plot([low, high], [y, y], color=RED, linewidth=2, solid_capstyle="butt")
            axes.plot(mean, y, "o", color=RED, markersize=5)
        axes.set_xlabel(label, fontsize=9)
        axes.tick_params(labelsize=9)
        axes.grid(axis="y", color="#E6E6E6")
        axes.set_axisbelow(True)
    panels[0].set(xlim=(0, 8.6), yticks=places, yticklabels=list(ROWS))
    panels[1].set(xlim=(-3, 103))
    panels[2].set(xscale="log", xlim=(3, 8e-4))
    panels[1].text(96, places[0], "a perfect sampler", color=BLUE, fontsize=8.5, ha="right", va="center")
    said = "Cures bring modes back; a better patient beats every single cure"
    picture.suptitle(said, fontsize=11)
    return picture


if __name__ == "__main__":
    remake(sys.argv[1:])
