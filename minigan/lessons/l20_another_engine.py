# %% [markdown]
# # 20. Same code, another engine: does the answer change?
# *About 10 seconds; afterwards you can write a function once for NumPy and a GPU, say how many digits two engines
# must agree to and why no more, and tell when a GPU would be slower.*
#
# *Needs: lessons 12 and 13.*
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

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

import minigan as mg
from minigan.checks import bench
from minigan.lessons import show

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

    @property
    def T(self) -> Far:
        return Far(self._host.T)

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
    dense: Any = net.layers[0]
    activation = net.layers[1:]
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
    G, D, _ = bench.CASES["digits"]
    for player, widths in ("G", G), ("D", D):
        for k, (i, o) in enumerate(zip(widths[:-1], widths[1:], strict=True), 1):
            last: list[Any] = [mg.Tanh()] if player == "G" else []
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


def on(where: mg.Backend) -> tuple[list, list]:
    """minigan's answer on this backend."""

    def engine(net: mg.Sequential) -> Callable:
        there = net.to(where)
        return lambda x: where.to_numpy(there(where.asarray(x)))

    return in_turn(engine, where.dtype.name)


# %% [markdown]
# ## The engines that are here
#
# Which ones there are depends on your machine, and `behind/l20.py` asks them all: PyTorch where it is installed,
# CuPy where a GPU answers, and the strict stand-in where minigan's repository is at hand. What is missing is named
# above the table, and its claims are left out.
#
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
# ![How far two engines differ, layer by layer, and the time of a step over its floor against the
# width](../../figures/l20_another_engine.png)
#
# Times are no claims: they depend on your machine and on what else it does. The figure in the repository is from
# one core of a busy one with the extra `fast`, the least of many short runs each. `minigan bench` measures yours
# with more care, beside PyTorch, and `minigan bench growth` the curve.

# %% [markdown]
# ## Where adversarial losses live today
#
# What became of the game? Images from noise alone are mostly made by diffusion models now, which are steadier to
# train. The *loss* lives on wherever the output is one of many right ones, a mean over them would be blurred
# (lesson 05), and one pass must do:
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
# ## In five lines
#
# 1. Code that asks its arrays for their module runs on any engine.
# 2. Whoever looks at a number in the loop empties the queue of a GPU and waits.
# 3. Two right engines differ, for addition in another order is another function; a theorem bounds by how much.
# 4. A game multiplies each rounding, so compare engines step by step from the same place.
# 5. Wide networks pay for arithmetic, narrow ones for calls, and a GPU makes only the first cheap.
#
# ## Now you
#
# `minigan exercise start 20` puts `e20_another_engine.py` into your folder `exercises`: a step of D in honest
# NumPy, to be made fit for any engine. `minigan exercise check 20` runs it on NumPy and on a strict engine of its
# own. Then `minigan bench`, for your machine's numbers.
#
# *Next.* Nothing but you: `minigan exercise start capstone`, a blank file in which a whole GAN is to be,
# trained and judged on data that you haven't seen.
#
# *Sources.* Rounding: Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1. Scalars: NumPy
# Enhancement Proposal 50. CuPy's rules: its user guide, "Differences between CuPy and NumPy". Floor and cases:
# `minigan/checks/bench.py`.

# %%
if __name__ == "__main__":
    show(20)
