"""Behind lesson 20, "Does the answer change?": its claims and its figure, on every engine that is here."""

from __future__ import annotations

import importlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

import minigan as mg
from minigan.checks import bench, cases, compare
from minigan.core import backend
from minigan.core.backend import Backend, find_cupy
from minigan.lessons import HERE, Claims
from minigan.lessons.l20_another_engine import (
    SEEN,
    Far,
    allowed,
    anywhere,
    descend,
    far,
    in_turn,
    inputs,
    on,
    on_numpy,
    stages,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}  # u: the largest relative error of one rounding


def on_torch(dtype: str) -> tuple[list, list]:
    """PyTorch's answer, by its own layers."""
    import torch

    from minigan.checks.references import torch as reference

    def engine(net: mg.Sequential) -> Callable:
        there = reference.twin(net.to("numpy", dtype))
        return lambda x: there(torch.from_numpy(x)).detach().numpy()

    return in_turn(engine, dtype)


def stand_in() -> Any:
    """The tests' strict stand-in for CuPy, the package gpu_guard; None where there is no folder of tests."""
    tests = HERE.parents[1] / "tests"
    if not (tests / "gpu_guard" / "__init__.py").is_file():
        return None
    with mock.patch.object(sys, "path", [str(tests), *sys.path]):
        return importlib.import_module("gpu_guard")


@contextmanager
def in_cupys_place(module: Any) -> Iterator[Backend]:
    """Backend("cupy"), computing on this module."""
    with mock.patch.object(backend, "find_cupy", lambda: (module, "")):
        yield Backend("cupy")


@cache
def engines() -> dict[str, tuple[list, list]]:
    """Every engine's answer: six outputs alone, and six in a chain."""
    answers = {f"NumPy {dtype}": on(Backend("numpy", dtype)) for dtype in ("float64", "float32")}
    if (guard := stand_in()) is not None:
        with in_cupys_place(guard.cupy) as there:
            answers["stand-in float32"] = on(there)
    if find_cupy()[0] is not None:
        answers |= {f"CuPy {dtype}": on(Backend("cupy", dtype)) for dtype in ("float32", "float64")}
    if find_spec("torch") is not None:
        answers |= {f"PyTorch {dtype}": on_torch(dtype) for dtype in ("float32", "float64")}
    return answers


@cache
def bounds(dtype: str) -> list[np.ndarray]:
    """The most that each number of each stage may be off in this float type, against float64."""
    u = UNIT[dtype] + UNIT["float64"]  # both sides round
    nets = (net.to("numpy", "float64") for net in stages())
    return [allowed(net, x.astype(float), u) for net, x in zip(nets, inputs(), strict=True)]


def apart(name: str, chained: bool) -> np.ndarray:
    """The largest difference from NumPy float64 over the largest number, after each of the six stages."""
    pairs = zip(engines()[name][chained], engines()["NumPy float64"][chained], strict=True)
    return np.array([compare.difference(a, b) for a, b in pairs])


def share_of_bound(name: str) -> float:
    """The largest difference of any number over its bound, the stages taken alone."""
    triples = zip(engines()[name][0], engines()["NumPy float64"][0], bounds(name.split()[-1]), strict=True)
    return max(float((np.abs(a - b) / most).max()) for a, b, most in triples)


def game_on_stand_in(steps: int = 3) -> tuple[float, int]:
    """(farthest apart from NumPy's bits after these steps, copies to the host within the last): a whole game."""
    guard, vectors, copies = stand_in(), [], 0
    for where in (Backend("numpy"), None):
        with in_cupys_place(guard.cupy) as there, guard.counting() as ledger:
            at = where or there
            for_g, for_d, _ = bench.CASES["tiny"]
            G, D = (mg.Sequential(bench.stack(w), at, name=n) for n, w in (("G", for_g), ("D", for_d)))
            gan = mg.GAN(G, D, mg.Latent(2), updates="alternating", optimizers=mg.Adam(2e-4, 0.5), average=None)
            for _ in range(steps):
                ledger.downloads.clear()
                gan.step(at.asarray(SEEN[:, :2]))
            copies = sum(ledger.downloads.values())
            vectors.append([at.to_numpy(v).copy() for v in gan.vectors().values()])
    return max(float(np.abs(a - b).max(initial=0)) for a, b in zip(*vectors, strict=True)), copies


def least(contenders: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Seconds per call: the least of so many short runs by turns, for what else a machine does can only add."""
    found, calls = {}, {}
    for name, call in contenders.items():
        call()
        begun = time.perf_counter()
        call()
        calls[name], found[name] = max(1, int(0.003 / (time.perf_counter() - begun))), math.inf
    for _ in range(rounds):
        for name, call in contenders.items():
            begun = time.perf_counter()
            for _ in range(calls[name]):
                call()
            found[name] = min(found[name], (time.perf_counter() - begun) / calls[name])
    return found


@cache
def clocked(quick: bool) -> tuple[list[int], dict[str, list[float]]]:
    """(widths, {engine: a step's time over the floor's}): games of 64-h-h-64 against 64-h-h-1, batch 64."""
    widths, rounds = ([16, 128], 3) if quick else ([16, 32, 64, 128, 256, 512, 1024], 25)
    ratios: dict[str, list[float]] = {}
    others = find_spec("torch") is not None and not quick  # its optimisers take a second to import
    for h in widths:
        G, D, real = (64, h, h, 64), (64, h, h, 1), np.random.default_rng(0).standard_normal((64, 64))
        steps = {"floor": bench.products(G, D, 64, "alternating")}
        for dtype in ("float32", "float64"):
            where = Backend("numpy", dtype)
            for_g = mg.Sequential(bench.stack(G, mg.Tanh()), where, name="G")
            for_d = mg.Sequential(bench.stack(D), where, name="D")
            gan = mg.GAN(for_g, for_d, mg.Latent(64), updates="alternating", average=None)
            steps[f"NumPy {dtype}"] = partial(gan.step, where.asarray(real))
        if others:
            import torch

            from minigan.checks.references.gan_py import gan_py_step

            step = gan_py_step(G, D, 64, fused=True)
            steps["PyTorch float32"] = partial(step, torch.from_numpy(real).float())
        with compare._one_thread():
            times = least(steps, rounds)
        for name in list(times)[1:]:
            ratios.setdefault(name, []).append(times[name] / times["floor"])
    return widths, ratios


def refused(function: Callable, *args: Any) -> bool:
    """Whether the engine says no."""
    try:
        function(*args)
    except TypeError:
        return True
    return False


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers, of the engines that are here; all of them are fast, so `quick` leaves none out."""
    made = Claims()
    equal, below = made.equal, made.below

    rng = np.random.default_rng(20)
    real, fake = rng.standard_normal((2, 64, 1)) * 3
    there: Any = Far(real)
    says, source = (
        "D's loss by np. on arrays that are elsewhere is refused (1: yes)",
        "by construction: stricter than CuPy",
    )
    equal("refused", says, refused(on_numpy, there, Far(fake)), 1, 0, source)
    both = refused(lambda: there + fake) and refused(lambda: fake + there)
    source = "by construction, and CuPy's rule"
    equal("mixed", "so is an array of each side in one sum (1: yes)", both, 1, 0, source)
    apart_by = abs(float(anywhere(there, Far(fake))) - float(on_numpy(real, fake)))
    equal("anywhere", "the same loss by xp, there against here (nats)", apart_by, 0, 0, "the same sums")

    label, looks, weights = np.repeat([0.0, 1.0], 32), {}, []
    for watch in (1, 50):
        Far.copies = 0
        w, _ = descend(far, Far(SEEN), Far(label), 200, watch)
        looks[watch] = Far.copies
        weights.append(w.get())
    weights.append(descend(np, SEEN, label, 200, 50)[0])
    equal("looks_each", "copies to the host in 200 steps that look each time", looks[1], 200, 0, "counted")
    equal("looks_50", "copies where every 50th looks", looks[50], 200 / 50, 0, "counted")
    moved = np.ptp(weights, axis=0).max()
    equal("unmoved", "what looking changes in w; and being elsewhere", moved, 0, 0, "the same sums")

    few, one, u = np.ones(3, np.float32), np.float32(1), np.float32(2.0**-24)
    says = "bytes a number of a float32 array times np.sqrt(2)"
    equal("widened", says, (few * np.sqrt(2)).itemsize, 8, 0, "NumPy 2 (NEP 50)")
    equal("kept", "bytes a number of it times math.sqrt(2)", (few * math.sqrt(2)).itemsize, 4, 0, "the same")
    equal("from_left", "(1 + u) + u - 1 in float32, u = 2^-24", (one + u) + u - one, 0, 0, "ties go to even")
    equal("from_right", "1 + (u + u) - 1", one + (u + u) - one, 2.0**-23, 0, "exact")

    for name in engines():
        if name != "NumPy float64":
            dtype, short = name.split()[-1], name.lower().replace(" ", "_").replace("-", "_")
            says = f"{name}: the largest difference over its bound, layer by layer"
            below(f"{short}_bound", says, share_of_bound(name), 1, "Higham 2002, eq. 3.5")
            says, farthest = (
                f"{name}: from z to the logit, the largest difference (relative)",
                apart(name, True).max(),
            )
            below(short, says, farthest, compare.BOUNDS[dtype], "what `minigan compare` allows")
    game = compare.differences(cases.GAMES[0], "float64", compare.golden)
    says = "100 steps of a game here and by PyTorch, float64, farthest vector (relative)"
    below("game", says, max(game.values()), compare.BOUNDS["float64"], "PyTorch's numbers, kept in minigan")

    if stand_in() is not None:
        pairs = zip(engines()["stand-in float32"][1], engines()["NumPy float32"][1], strict=True)
        same = max(np.abs(a - b).max() for a, b in pairs)
        says = "the stand-in's layers against NumPy's, float32"
        equal("stand_in_same", says, same, 0, 0, "NumPy computes")
        parted, copies = game_on_stand_in()
        equal("stand_in_game", "a whole game there and here, every vector", parted, 0, 0, "NumPy computes")
        equal("stand_in_copies", "copies to the host in a step of it", copies, 0, 0, "nobody looks")
    if absent := [name for name in ("PyTorch", "CuPy", "stand-in") if f"{name} float32" not in engines()]:
        print(f"not here, so left out: {', '.join(absent)}")
    return made


def figure(quick: bool = False) -> Figure:
    """Left: how far the engines are from float64 after each layer; right: a step's time over the floor."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREEN, GREY, RED, SKY

    styles = {
        "NumPy float32": (BLUE, "o", "-"),
        "PyTorch float32": (RED, "s", "--"),
        "CuPy float32": (GREEN, "^", ":"),
        "NumPy float64": (SKY, "D", "-."),
    }
    picture = Figure(figsize=(8, 4.5), layout="constrained")
    left, right = picture.subplots(1, 2)
    at, exact = np.arange(1, 7), engines()["NumPy float64"][0]
    most = [float(d.max() / np.abs(y).max()) for d, y in zip(bounds("float32"), exact, strict=True)]
    left.semilogy(at, most, color=GREY, lw=1.5)
    left.text(3.25, 0.7 * most[2], "what the theorem\nallows one layer", color=GREY, fontsize=9, va="center")
    for name in [name for name in styles if name in engines() and name != "NumPy float64"]:
        colour, marker, line = styles[name]
        left.semilogy(at, apart(name, False), color=colour, marker=marker, ls="none", ms=5, mfc="white")
        left.semilogy(at, apart(name, True), color=colour, marker=marker, ls=line, lw=1.2, ms=5, label=name)
    left.axhline(UNIT["float32"], color=GREY, lw=0.8, ls=":")
    left.text(6.2, UNIT["float32"] * 0.85, "one rounding", color=GREY, fontsize=9, ha="right", va="top")
    left.set_xticks(at, ["G 1", "G 2", "G 3", "D 1", "D 2", "logit"])
    left.set(xlabel="after layer", ylabel="largest difference from float64, relative")
    left.set_ylim(2e-8, 4e-3)
    says = "filled: all layers from z on\nhollow: one layer alone"
    left.legend(frameon=False, fontsize=9, loc="upper left", title=says, title_fontsize=9, alignment="left")
    widths, ratios = clocked(quick)
    for name, over in ratios.items():
        colour, marker, line = styles[name]
        right.loglog(widths, over, color=colour, marker=marker, ls=line, lw=1.5, ms=5, label=name)
    right.axhline(1, color=GREY, lw=1)
    right.text(widths[0], 1.06, "the floor: float32 products alone", color=GREY, fontsize=9, va="bottom")
    right.set_xticks(widths, list(map(str, widths)))
    right.minorticks_off()
    right.set_yticks(ticks := [1, 2, 5, 10, 20, 50], list(map(str, ticks)))
    right.set(xlabel="width of the hidden layers", ylabel="time of a step over the floor (one thread)")
    right.legend(frameon=False, fontsize=9, loc="upper right")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    picture.suptitle("Another engine: the same answer to five digits, at a price that depends on the width")
    return picture
