# %% [markdown]
# # 20. Same code, another engine: does the answer change?
# *About 10 seconds; afterwards you can write a function once for NumPy and a GPU, say how many digits two engines
# must agree to and why no more, and tell when a GPU would be slower.*
#
# Nineteen lessons have run on one engine: NumPy, float32 for training, float64 for checks, on the processor of the
# machine before you. A graphics card (GPU) does the same sums a hundred at a time, and CuPy offers it under
# NumPy's names. PyTorch has an engine of its own. The formulas don't care. Do the numbers?
#
# **Predict before you read on.** (1) A $z$ goes through all layers of G and D in float32, on two engines, from the
# same weights. Do the two logits agree to the last bit? If not: is one of the engines wrong? (2) A loop prints D's
# loss after each step. Why might that line alone make it slower on a GPU? (3) A GPU multiplies matrices ten or a
# hundred times as fast. By how much does it speed up the ring's game?

# %%
from __future__ import annotations

import importlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from importlib.util import find_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

import minigan as mg
from minigan.checks import bench, cases, compare
from minigan.core import backend
from minigan.core.backend import Backend, find_cupy
from minigan.lessons import HERE, Claim, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}  # u: the largest relative error of one rounding

# %% [markdown]
# ## One name instead of another
#
# CuPy's functions are called as NumPy's, so code for both needs no two versions. It needs to *ask* which one: the
# module goes by the name `xp`, and comes from whoever owns the arrays. That is all that `minigan.Backend` is, a
# module `.xp` and a float type, and a function that owns no arrays asks those it is given, `xp = namespace(real,
# fake)`.
#
# What can go wrong? Let us build a GPU, or rather what is *strict* about one. Its arrays live elsewhere. NumPy
# can't compute with them, and a number that Python wants to look at has to be copied to the host (the processor's
# side):


# %%
class Far:
    """An array somewhere else: it computes with its like and with numbers, refuses NumPy, and counts who looks."""

    copies = 0
    __array_ufunc__ = None  # so that neither np.exp(far) nor array + far finds a way

    def __init__(self, host: Any):
        self._host = np.asarray(host)

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError("this array is not on the host: call .get() for a copy, or compute where it is")

    __array_function__ = __array__  # np.mean(far), np.concatenate([far, far])

    def get(self) -> np.ndarray:
        Far.copies += 1
        return self._host.copy()

    def __float__(self) -> float:
        return float(self.get())

    def __bool__(self) -> bool:
        return bool(self.get())


def _there(function: Callable) -> Callable:
    """A NumPy function for arrays that are elsewhere, and stay there."""

    def call(*args: Any, **kwargs: Any) -> Far:
        if any(isinstance(a, np.ndarray) for a in args):
            raise TypeError(f"{function.__name__} was given an array of the host's")
        return Far(function(*(a._host if isinstance(a, Far) else a for a in args), **kwargs))

    return call


FUNCTIONS = "exp", "log", "log1p", "logaddexp", "abs", "maximum"
OPERATORS = "neg", "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "matmul"
far = SimpleNamespace(asarray=Far, **{name: _there(getattr(np, name)) for name in FUNCTIONS})  # the module
for name in ("mean", "sum", *(f"__{operator}__" for operator in OPERATORS)):
    setattr(Far, name, _there(getattr(np.ndarray, name)))
Far.T = property(_there(np.transpose))  # type: ignore[attr-defined]

# %% [markdown]
# D's loss, as anyone would write it, and the same with one line more:


# %%
def on_numpy(real: Any, fake: Any) -> Any:
    """D's loss from its logits (nats)."""
    return np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()


def anywhere(real: Any, fake: Any) -> Any:
    """The same, wherever the logits are."""
    xp = far if isinstance(real, Far) else np  # minigan: xp = namespace(real, fake)
    return xp.logaddexp(0, -real).mean() + xp.logaddexp(0, fake).mean()


# %% [markdown]
# The first is refused. The second gives NumPy's bits, for here NumPy computes behind the curtain. (CuPy is kinder
# than our toy: `np.exp` of its arrays it takes over itself. An array of each side in one sum, such as labels made
# by `np.zeros`, it refuses too.) A refusal is the kind of mistake to be thankful for. The other one is silent. A
# processor hands its work to the GPU as a queue of *kernels*, small programs over whole arrays, and goes on at
# once to prepare the next. Whoever looks at a number, with `float(loss)`, `print(loss)` or `if loss < best`, stops
# until all that was queued is done and copied, and the queue runs dry.


# %%
def descend(xp: Any, x: Any, label: Any, steps: int, watch: int) -> tuple[Any, list[float]]:
    """(w, losses seen): a D of three weights by gradient descent on 64 rows, looked at every `watch` steps."""
    w, seen = xp.asarray(np.zeros(3)), []
    for step in range(1, steps + 1):
        s = x @ w
        w = w - 0.5 * (x.T @ (1 / (1 + xp.exp(-s)) - label)) / 64
        if step % watch == 0:
            seen.append(float((xp.logaddexp(0, s) - label * s).mean()))
    return w, seen


SEEN = np.random.default_rng(20).standard_normal((64, 3)) + np.repeat([[0.0], [1.0]], 32, axis=0)

# %% [markdown]
# Two hundred steps that look every time make 200 copies, with `watch=50` it is 4, and $w$ is the same to the bit:
# who watches learns nothing about the game but its delay. minigan computes a loss when the history asks, every so
# many steps, and nothing inside a step is ever read.
#
# A third trap has nothing to do with GPUs. `x * np.sqrt(2)` makes a float64 array out of a float32 one, since
# NumPy 2 takes its own scalars seriously; `x * math.sqrt(2)` doesn't. Here that doubles the time, on many a GPU it
# is worse by far. Hence `math` for single numbers, in all of minigan.
#
# Our toy knows ten functions. In minigan's repository `tests/gpu_guard` is the same idea grown up, all of CuPy's
# names with CuPy's own refusals, and the numeric tests run on it. A stand-in proves that nothing is refused and
# nothing read back, on any machine. That a real GPU gives these numbers, only a real GPU can say.
#
# ## Why two right engines differ
#
# Take three numbers, $1$, $u$ and $u$ with $u = 2^{-24}$, in float32. From the left, $1 + u$ is rounded to 1,
# twice. From the right, $u + u$ is exact, and the sum is $1 + 2^{-23}$. **Addition in another order is another
# function.** A product of matrices is made of long sums, and each engine (each *BLAS*, each processor type, each
# number of threads) has an order that suits it. So the answer to (1) is no, and neither is wrong.
#
# How far apart can they be? For a sum of $n$ products, in *any* order,
#
# $$|\mathrm{fl}(x \cdot w) - x \cdot w| \le \gamma_n \, |x| \cdot |w|, \qquad \gamma_n = \frac{nu}{1 - nu}$$
#
# (Higham 2002, eq. 3.5). An activation whose slope is at most 1 makes no error larger, and adds a rounding or two
# of its own. So for *one* layer, from an input that both engines share, the most that a number of $y$ may be off
# is


# %%
def allowed(net: mg.Sequential, x: np.ndarray, u: float) -> np.ndarray:
    """How far y (B, O) of a dense layer with its activation may be off for this x, all in float64."""
    dense, *activation = net.layers
    n = dense.n_in + 1  # the bias is one more term
    most = n * u / (1 - n * u) * (abs(x) @ abs(dense.W) + abs(dense.b))
    if not activation:
        return most
    roundings = 8 if isinstance(activation[0], mg.Tanh) else 2  # 4 units in the last place: what libraries promise
    return most + roundings * u * (abs(net(x)) + most)


# %% [markdown]
# It is a theorem, so no machine can break it. It holds for the worst case, all roundings in one direction. They
# come in both, and then their sum grows more like $\sqrt n$ than like $n$: the figure shows how far below it real
# engines stay. It also shows what becomes of the difference when each layer takes the one before at its word, from
# $z$ to the logit: not much. (To chain the theorem as well would be no use: it has to allow each layer its largest
# gain, and soon has nothing left to forbid.)
#
# The networks are the bench's G and D for digits, each dense layer with its activation a small network, and all
# their weights float32 numbers, so that every engine starts from the same.


# %%
@cache
def stages() -> list[mg.Sequential]:
    """G's three layers and D's three, each with its activation."""
    made = []
    for player, widths, last in zip("GD", bench.CASES["digits"], ([mg.Tanh()], []), strict=False):
        for k, (i, o) in enumerate(zip(widths[:-1], widths[1:], strict=True), 1):
            end = last if k == len(widths) - 1 else [mg.LeakyReLU(0.2)]
            made.append(mg.Sequential([mg.Dense(i, o), *end], name=f"{player} {k}"))
    return made


@cache
def inputs() -> list[np.ndarray]:
    """What each stage is given: 64 z, and then what float64 makes of them, rounded to float32."""
    x = np.random.default_rng(20).standard_normal((64, 32), dtype=np.float32)
    given = [x]
    for net in stages()[:-1]:
        x = net.to("numpy", "float64")(x.astype(float))
        given.append(x.astype(np.float32))
    return given


def in_turn(engine: Callable[[mg.Sequential], Callable], dtype: str) -> tuple[list, list]:
    """(each stage's output from its given input, each one's from the output before), for an engine's own nets."""
    alone, chained, x = [], [], inputs()[0].astype(dtype)
    for net, given in zip(map(engine, stages()), inputs(), strict=True):
        alone.append(net(given.astype(dtype)))
        chained.append(x := net(x))
    return alone, chained


def on(where: Backend) -> tuple[list, list]:
    """minigan's answer on this backend."""

    def engine(net: mg.Sequential) -> Callable:
        there = net.to(where)
        return lambda x: where.to_numpy(there(where.asarray(x)))

    return in_turn(engine, where.dtype.name)


def on_torch(dtype: str) -> tuple[list, list]:
    """PyTorch's, by its own layers."""
    import torch

    from minigan.checks import reference

    def engine(net: mg.Sequential) -> Callable:
        there = reference.twin(net.to("numpy", dtype))
        return lambda x: there(torch.from_numpy(x)).detach().numpy()

    return in_turn(engine, dtype)


# %% [markdown]
# ## The engines that are here
#
# Which ones there are depends on your machine: PyTorch where it is installed, CuPy where a GPU answers, and the
# strict stand-in where minigan's repository is at hand. What is missing is named above the table, and its claims
# are left out.


# %%
def stand_in() -> Any:
    """The tests' strict stand-in for CuPy, the package gpu_guard; None where there is no folder of tests."""
    tests = HERE.parent / "tests"
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
            widths = bench.CASES["tiny"][:2]
            G, D = (mg.Sequential(bench.stack(w), at, name=n) for n, w in zip("GD", widths, strict=True))
            gan = mg.GAN(G, D, mg.Latent(2), updates="alternating", optimizers=mg.Adam(2e-4, 0.5), average=None)
            for _ in range(steps):
                ledger.downloads.clear()
                gan.step(at.asarray(SEEN[:, :2]))
            copies = sum(ledger.downloads.values())
            vectors.append([at.to_numpy(v).copy() for v in gan.vectors().values()])
    return max(float(np.abs(a - b).max(initial=0)) for a, b in zip(*vectors, strict=True)), copies


# %% [markdown]
# A whole game is no other matter, as long as it is short. `minigan compare` plays 100 steps from the same weights,
# batches and noise, here and in PyTorch, and finds every vector the same to $10^{-12}$ in float64. It also plays
# on, until the two part for good: the game multiplies each rounding, step after step, so *no two engines agree for
# ever*. Compare engines step by step from the same place, never by their last picture.
#
# ## What it costs
#
# One number can't say it. A step of the bench's games, at width $h$, spends $\propto h^2$ on the products of
# matrices and about the same for any $h$ on *calls*, each with its overhead. The products alone, into arrays that
# are there, are the **floor**: no engine with these products can be faster. The right half of the figure shows the
# time of a step over that floor. Narrow nets pay for calls, many times the floor; wide ones pay for arithmetic.
#
# On a GPU both parts change. The products become far cheaper, and a call becomes the launch of a kernel, which
# costs microseconds, no less than a call of NumPy's. So the answer to (3) is: it may well become *slower*. The
# ring's game is nearly all calls; a GPU begins to pay where the curve here comes down to the floor. That holds for
# any engine and any framework, and it is why minigan's default is NumPy even where a GPU is present.
#
# Times are no claims: they depend on your machine and on what else it does. The figure in the repository is from
# one core of a busy one with the extra `fast`, the least of many short runs each. `minigan bench` measures yours
# with more care, beside PyTorch, and `minigan bench growth` the curve.


# %%
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
            nets = (mg.Sequential(bench.stack(w, *last), where, name=name)
                    for name, w, last in (("G", G, [mg.Tanh()]), ("D", D, [])))  # fmt: skip
            gan = mg.GAN(*nets, mg.Latent(64), updates="alternating", average=None)
            steps[f"NumPy {dtype}"] = partial(gan.step, where.asarray(real))
        if others:
            import torch

            from minigan.checks.reference import gan_py_step

            step = gan_py_step(G, D, 64, fused=True)
            steps["PyTorch float32"] = partial(step, torch.from_numpy(real).float())
        with compare._one_thread():
            times = least(steps, rounds)
        for name in list(times)[1:]:
            ratios.setdefault(name, []).append(times[name] / times["floor"])
    return widths, ratios


# %%
def refused(function: Callable, *args: Any) -> bool:
    """Whether the engine says no."""
    try:
        function(*args)
    except TypeError:
        return True
    return False


def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers, of the engines that are here; all of them are fast, so `quick` leaves none out."""
    rng = np.random.default_rng(20)
    real, fake = rng.standard_normal((2, 64, 1)) * 3
    label = np.repeat([0.0, 1.0], 32)
    looks, weights = {}, []
    for watch in (1, 50):
        Far.copies = 0
        w, _ = descend(far, Far(SEEN), Far(label), 200, watch)
        looks[watch] = Far.copies
        weights.append(w.get())
    weights.append(descend(np, SEEN, label, 200, 50)[0])
    one, u = np.float32(1), np.float32(2.0**-24)
    few = np.ones(3, np.float32)
    game = compare.differences(cases.GAMES[0], "float64", compare.golden)
    # fmt: off
    found = [
        Claim("refused", "D's loss by np. on arrays that are elsewhere is refused (1: yes)",
              float(refused(on_numpy, Far(real), Far(fake))), 1, 0, "by construction: stricter than CuPy"),
        Claim("mixed", "so is an array of each side in one sum (1: yes)",
              float(refused(lambda: Far(real) + fake) and refused(lambda: fake + Far(real))), 1, 0,
              "by construction, and CuPy's rule"),
        Claim("anywhere", "the same loss by xp, there against here (nats)",
              abs(float(anywhere(Far(real), Far(fake))) - float(on_numpy(real, fake))), 0, 0, "the same sums"),
        Claim("looks_each", "copies to the host in 200 steps that look each time", looks[1], 200, 0, "counted"),
        Claim("looks_50", "copies where every 50th looks", looks[50], 200 / 50, 0, "counted"),
        Claim("unmoved", "what looking changes in w; and being elsewhere",
              float(np.ptp(weights, axis=0).max()), 0, 0, "the same sums"),
        Claim("widened", "bytes a number of a float32 array times np.sqrt(2)", (few * np.sqrt(2)).itemsize, 8, 0,
              "NumPy 2 (NEP 50)"),
        Claim("kept", "bytes a number of it times math.sqrt(2)", (few * math.sqrt(2)).itemsize, 4, 0, "the same"),
        Claim("from_left", "(1 + u) + u - 1 in float32, u = 2^-24", float((one + u) + u - one), 0, 0,
              "ties go to even"),
        Claim("from_right", "1 + (u + u) - 1", float(one + (u + u) - one), 2.0**-23, 0, "exact"),
    ]
    for name in engines():
        if name != "NumPy float64":
            dtype, short = name.split()[-1], name.lower().replace(" ", "_").replace("-", "_")
            found.append(Claim(f"{short}_bound", f"{name}: the largest difference over its bound, layer by layer",
                               share_of_bound(name), 1, 0, "Higham 2002, eq. 3.5", at_most=True))
            found.append(Claim(short, f"{name}: from z to the logit, the largest difference (relative)",
                               float(apart(name, True).max()), compare.BOUNDS[dtype], 0,
                               "what `minigan compare` allows", at_most=True))
    found.append(Claim("game", "100 steps of a game here and by PyTorch, float64, farthest vector (relative)",
                       max(game.values()), compare.BOUNDS["float64"], 0, "PyTorch's numbers, kept in minigan",
                       at_most=True))
    if stand_in() is not None:
        pairs = zip(engines()["stand-in float32"][1], engines()["NumPy float32"][1], strict=True)
        same = max(float(np.abs(a - b).max()) for a, b in pairs)
        parted, copies = game_on_stand_in()
        found += [
            Claim("stand_in_same", "the stand-in's layers against NumPy's, float32", same, 0, 0, "NumPy computes"),
            Claim("stand_in_game", "a whole game there and here, every vector", parted, 0, 0, "NumPy computes"),
            Claim("stand_in_copies", "copies to the host in a step of it", copies, 0, 0, "nobody looks"),
        ]
    # fmt: on
    if absent := [name for name in ("PyTorch", "CuPy", "stand-in") if f"{name} float32" not in engines()]:
        print(f"not here, so left out: {', '.join(absent)}")
    return found


# %%
def figure(quick: bool = False) -> Figure:
    """Left: how far the engines are from float64 after each layer; right: a step's time over the floor."""
    from matplotlib.figure import Figure

    styles = {
        "NumPy float32": ("#0072B2", "o", "-"), "PyTorch float32": ("#D55E00", "s", "--"),
        "CuPy float32": ("#009E73", "^", ":"), "NumPy float64": ("#56B4E9", "D", "-."),
    }  # fmt: skip
    picture = Figure(figsize=(8, 4.5), layout="constrained")
    left, right = picture.subplots(1, 2)
    at, exact = np.arange(1, 7), engines()["NumPy float64"][0]
    most = [float(d.max() / np.abs(y).max()) for d, y in zip(bounds("float32"), exact, strict=True)]
    left.semilogy(at, most, color="#595959", lw=1.5)
    left.text(3.25, 0.7 * most[2], "what the theorem\nallows one layer", color="#595959", fontsize=9, va="center")
    for name in [name for name in styles if name in engines() and name != "NumPy float64"]:
        colour, marker, line = styles[name]
        left.semilogy(at, apart(name, False), color=colour, marker=marker, ls="none", ms=5, mfc="white")
        left.semilogy(at, apart(name, True), color=colour, marker=marker, ls=line, lw=1.2, ms=5, label=name)
    left.axhline(UNIT["float32"], color="#595959", lw=0.8, ls=":")
    left.text(6.2, UNIT["float32"] * 0.85, "one rounding", color="#595959", fontsize=9, ha="right", va="top")
    left.set_xticks(at, ["G 1", "G 2", "G 3", "D 1", "D 2", "logit"])
    left.set(xlabel="after layer", ylabel="largest difference from float64, relative")
    left.set_ylim(2e-8, 4e-3)
    says = "filled: all layers from z on\nhollow: one layer alone"
    left.legend(frameon=False, fontsize=9, loc="upper left", title=says, title_fontsize=9, alignment="left")
    widths, ratios = clocked(quick)
    for name, over in ratios.items():
        colour, marker, line = styles[name]
        right.loglog(widths, over, color=colour, marker=marker, ls=line, lw=1.5, ms=5, label=name)
    right.axhline(1, color="#595959", lw=1)
    right.text(widths[0], 1.06, "the floor: float32 products alone", color="#595959", fontsize=9, va="bottom")
    right.set_xticks(widths, list(map(str, widths)))
    right.minorticks_off()
    right.set_yticks(ticks := [1, 2, 5, 10, 20, 50], list(map(str, ticks)))
    right.set(xlabel="width of the hidden layers", ylabel="time of a step over the floor (one thread)")
    right.legend(frameon=False, fontsize=9, loc="upper right")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    picture.suptitle("Another engine: the same answer to five digits, at a price that depends on the width")
    return picture


# %% [markdown]
# ## Where adversarial losses live today
#
# This is the last lesson, so: what became of the game? Images from noise alone are mostly made by diffusion models
# now, which are steadier to train. The *loss* lives on wherever the output is one of many right ones, a mean over
# them would be blurred (lesson 05), and one pass must do:
#
# - **Sound.** Vocoders turn a spectrogram into a wave against several critics (MelGAN, Kumar et al. 2019;
#   HiFi-GAN, Kong et al. 2020), and neural audio codecs train their decoders so (SoundStream, Zeghidour et al.
#   2021; EnCodec, Défossez et al. 2022).
# - **Super-resolution** (SRGAN, Ledig et al. 2017; ESRGAN, Wang et al. 2018), and image to image with a condition:
#   conditional GANs (Mirza and Osindero 2014), where both players also see a label or a picture (pix2pix, Isola et
#   al. 2017).
# - **Inside diffusion itself.** VAE-GAN (Larsen et al. 2016) and VQGAN (Esser et al. 2021) led to the autoencoders
#   of latent diffusion, trained with a critic of patches beside other losses (Rombach et al. 2022, section 3.1).
#   And diffusion models of many steps are distilled into ones of one to four with an adversarial loss (Sauer et
#   al. 2023; Yin et al. 2024).
#
# And the game itself got simpler. R3GAN (Huang et al. 2024) drops the collection of tricks for three things: D
# judges *pairs*, how much more real is this than that; R1, which you know from lesson 14; and R2, the same penalty
# at the fakes. With these and a modern network it surpasses StyleGAN2 on the paper's four data sets.
#
# ## Now you
#
# `minigan exercise start 20` puts `e20_another_engine.py` into your folder `exercises`: a step of D in honest
# NumPy, to be made fit for any engine. `minigan exercise check 20` runs it on NumPy and on a strict engine of its
# own. Then `minigan bench`, for your machine's numbers.
#
# *Next.* Nothing but you: `minigan exercise start 21` is the capstone, a blank file in which a whole GAN is to be,
# trained and judged on data that you haven't seen.
#
# *Sources.* Rounding: Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1. Scalars: NumPy
# Enhancement Proposal 50. CuPy's rules: its user guide, "Differences between CuPy and NumPy". Floor and cases:
# `minigan/bench.py`.

# %%
if __name__ == "__main__":
    show("l20_another_engine", claims, figure)
