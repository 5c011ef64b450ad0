"""What `minigan compare` does: hold every part of minigan against PyTorch or JAX, and show why right answers part.

PyTorch's answers come from PyTorch if it is installed, else from the file of golden numbers that
tests/reference/write_golden.py had it compute. JAX's come from JAX.
"""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..core.backend import Array, Backend
from ..core.layers import LeakyReLU
from ..data.dataset import Batches
from ..runs.threads import blas_threads
from ..theory.distributions import ring
from .cases import LONG, MARKS, PARTS, Answer, Case, Engine, LongGame
from .references import ours

GOLDEN = resources.files("minigan.checks") / "reference.npz"
Theirs = Callable[[Case, str], Answer]
BOUNDS = {"float64": 1e-12, "float32": 1e-5}  # of every difference, over the largest entry of what is compared
SURE = 100  # the step until which the two sides of the long game must agree
PARTED = 0.1  # between two samples, where the ring's radius is 2


def reference(name: str = "torch") -> tuple[Theirs, str, str]:
    """(the answer of "torch" or "jax" to a case in a float type, its name, and where it comes from in words).

    Raises ValueError for JAX where it is not installed; PyTorch's golden numbers stand in for it.
    """
    if find_spec(name) is not None:
        there: Any = import_module(f"minigan.checks.references.{name}")
        return by(there), there.NAME, f"{there.NAME} {there.VERSION}, computed now"
    if name != "torch":
        raise ValueError("JAX is not installed, and has no golden numbers here: pip install 'minigan[reference]'")
    return (
        golden,
        "PyTorch",
        (
            f"golden numbers, computed by PyTorch {_golden()['PyTorch']}\n"
            "(PyTorch is not installed here; pip install 'minigan[reference]' to have it compute them now)"
        ),
    )


def by(engine: Engine) -> Theirs:
    """This engine's answers."""
    return lambda case, dtype: case.by(engine, dtype)


def pack(answer: Answer) -> Array:
    """All arrays of an answer as one vector."""
    return np.concatenate([np.ravel(answer[name]) for name in sorted(answer)])


@cache
def _golden() -> dict[str, Array]:
    with GOLDEN.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return dict(archive)


def golden(case: Case, dtype: str) -> Answer:
    """PyTorch's answer from the file; raises ValueError where the file does not fit the case."""
    own = case.by(ours, dtype)
    numbers = _golden().get(f"{case.name}, {dtype}", np.empty(0))
    names, sizes = sorted(own), [np.size(own[name]) for name in sorted(own)]
    if sum(sizes) != len(numbers):
        raise ValueError(
            f"the golden file has {len(numbers)} numbers for {case.name!r} in {dtype}, which makes {sum(sizes)}: "
            f"it is of another version; tests/reference/write_golden.py writes it anew"
        )
    return dict(zip(names, np.split(numbers, np.cumsum(sizes)[:-1]), strict=True))


def difference(ours: Array, theirs: Array) -> float:
    """max |ours - theirs| / max |theirs|, in float64; NaN where either has one."""
    a, b = (np.ravel(np.asarray(v, np.float64)) for v in (ours, theirs))
    if not a.size:
        return 0.0
    return float(np.abs(a - b).max() / (np.abs(b).max() or 1.0))


def differences(case: Case, dtype: str, theirs: Theirs) -> dict[str, float]:
    """The largest difference of each column of a case."""
    a, b = case.by(ours, dtype), theirs(case, dtype)
    if a.keys() != b.keys():
        raise ValueError(f"{case.name}: minigan answers {sorted(a)}, the reference {sorted(b)}")
    found: dict[str, float] = {}
    for name in a:
        if np.size(a[name]):
            column = name.partition(".")[0]
            found[column] = max(found.get(column, 0.0), difference(a[name], b[name]), key=_nan_first)
    return found


def _nan_first(number: float) -> float:
    return math.inf if math.isnan(number) else number


def run(out: Path | None = None, other: str = "torch") -> bool:
    """Print the whole comparison -> whether every difference is within its bound; out draws the long game."""
    theirs, name, source = reference(other)
    print(f"minigan against {source}\n")
    bounds = " and ".join(f"{bound:.0e} in {dtype}" for dtype, bound in BOUNDS.items())
    say(
        f"Each number is the largest difference over the largest entry. The rounding of one number is 1e-16 in "
        f"float64 and 6e-08 in float32; a ! marks what is more than the bound, {bounds}."
    )
    with _one_thread():
        within = [_print_part(title, cases, theirs) for title, cases in PARTS]
        within.append(_print_long_game(theirs, name, out))
        _print_kink()
    good = all(within)
    print("\nEverything agrees within its bound." if good else "\nNOT within the bounds: see the ! above.")
    return good


def say(text: str) -> None:
    """Print a paragraph for a terminal of 100 columns."""
    print(textwrap.fill(text, 98))


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread for NumPy, and for PyTorch if it is in use: networks this small are slower on more."""
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 0
    if torch:
        torch.set_num_threads(1)
    try:
        with blas_threads(1):
            yield
    finally:
        if torch:
            torch.set_num_threads(threads)


def _print_part(title: str, cases: list[Case], theirs: Theirs) -> bool:
    rows = [(case.name, {dtype: differences(case, dtype, theirs) for dtype in BOUNDS}) for case in cases]
    columns = list(dict.fromkeys(name for _, found in rows for name in found["float64"]))
    print(f"\n{title}\n{'':35}" + "".join(f"{dtype:{8 * len(columns)}}" for dtype in BOUNDS).rstrip())
    print(f"{'':35}" + "".join(f"{name:8}" for name in columns * len(BOUNDS)).rstrip())
    good = True
    for name, found in rows:
        cells = []
        for dtype, bound in BOUNDS.items():
            for column in columns:
                number = found[dtype].get(column)
                fits = number is None or number <= bound
                good &= fits
                cells.append("" if number is None else f"{number:.0e}{'' if fits else '!'}" if number else "0")
        print(f"{name:35}" + "".join(f"{cell:8}" for cell in cells).rstrip())
    return good


def growth(steps: Array, distance: Array) -> tuple[float, int]:
    """(factor a step, the last step of the fit): least squares on log distance, from SURE until they part."""
    parted = np.flatnonzero(distance > PARTED)
    end = parted[0] + 1 if len(parted) else len(steps)
    window = slice(int(np.searchsorted(steps, SURE)), end)
    slope = np.polyfit(steps[window], np.log(np.maximum(distance[window], 1e-300)), 1)[0]
    return math.exp(slope), int(steps[end - 1])


def _print_long_game(theirs: Theirs, name: str, out: Path | None) -> bool:
    steps, shape = np.array(MARKS), (len(MARKS), 16, 2)
    own = {dtype: LONG.by(ours, dtype) for dtype in BOUNDS}
    others = {dtype: theirs(LONG, dtype) for dtype in BOUNDS}
    nudged = LongGame(nudge=True).by(ours, "float32")

    def apart(a: Answer, b: Answer) -> Array:
        both = (np.asarray(v["samples"], np.float64).reshape(shape) for v in (a, b))
        return np.abs(np.subtract(*both)).max(axis=(1, 2))

    distance = {dtype: apart(own[dtype], others[dtype]) for dtype in BOUNDS}
    itself, ratio = apart(own["float32"], nudged), distance["float32"] / np.maximum(distance["float64"], 1e-300)
    print("\na long game: two training curves until they part")
    say(
        "tanh in both networks, Adam(0.005), the ring (radius 2); weights, batches and noise are shared. How far "
        "apart are the samples that the two sides make of the same 16 z? On the right: minigan beside minigan "
        "with the last bit of one of D's weights changed."
    )
    print(f"\n       D's loss, float32      samples apart: minigan - {name:7}     minigan - minigan")
    print(f" step  minigan    {name:7}     float32    float64    ratio          float32, one bit changed")
    for i, step in enumerate(steps):
        losses = "   ".join(f"{side['float32']['d_loss'][i]:.6f}" for side in (own, others))
        a, b = distance["float32"][i], distance["float64"][i]
        print(f"{step:5,}  {losses}    {a:.1e}    {b:.1e}    {ratio[i]:.0e}          {itself[i]:.1e}")
    print()
    for dtype in reversed(BOUNDS):
        factor, end = growth(steps, distance[dtype])
        when = f"{PARTED} apart at step {end:,}" if distance[dtype].max() > PARTED else f"not {PARTED} apart yet"
        print(f"{dtype}: from step {SURE} on the distance grows by a factor {factor:.3f} a step; {when}")
    both_grow = ratio[distance["float32"] <= PARTED]
    between = f"between {both_grow.min():.0e} and {both_grow.max():.0e}, " if len(both_grow) else ""
    say(
        "Why they part: no step is wrong, but the two sides add in different orders. That leaves a rounding, of "
        "2^-24 in float32 and 2^-53 in float64, and the game multiplies it, by much the same factors in both, "
        f"until it is as large as the picture. So their ratio lies {between}about 2^29 = 5e+08, until the float32 "
        "samples have parted; then it falls, for float64's distance alone still grows. One bit of one weight does "
        "the same to minigan alone. Two right programs agree at every step that they take from the same place, "
        "and no two agree for ever."
    )
    if out is not None:
        from ..plotting import save
        from .figures import parting_figure

        sides = {"minigan, float32": own, f"{name}, float32": others}
        curves = {name: side["float32"]["d_loss"] for name, side in sides.items()}
        save(parting_figure(steps, curves, distance, PARTED), out)
        print(f"{out}: both curves, and how far they are apart")
    good = True
    for dtype, bound in BOUNDS.items():
        largest = distance[dtype][steps <= SURE].max() / 2  # of the radius
        if not largest <= bound:
            good = False
            print(f"! {dtype}: the samples are {largest:.0e} of the radius apart by step {SURE}")
    return good


@dataclass(eq=False)
class Watched(LeakyReLU):
    """LeakyReLU that notes on which side of its kink each number fell."""

    def bind(self, backend: Backend, theta: Array, grad: Array, state: Array) -> None:
        super().bind(backend, theta, grad, state)
        self.sides: list[Array] = []

    def forward(self, x: Array, y: Array, memo: Any, training: bool, rng: np.random.Generator | None) -> None:
        super().forward(x, y, memo, training, rng)
        self.sides.append(y > 0)


@dataclass(frozen=True)
class Kink:
    """The first step in which float32 and float64 fell on two sides of a kink so that it showed.

    crossed of so many numbers lay on two sides; before, after and 200 steps later are distances of D's weights.
    """

    step: int
    crossed: int
    of: int
    before: float
    after: float
    later: float


def first_kink(steps: int = 3000, later: int = 200) -> Kink | None:
    """The game with LeakyReLU in D at a usual rate, in float32 beside float64; None if no kink showed."""
    game = LongGame(activation=Watched, rate=1e-3)
    pair = [game.gan(dtype) for dtype in BOUNDS]
    batches, before, kink = Batches(ring(), 64, seed=0), 0.0, None
    for step in range(1, steps + 1):
        sides = []
        for gan in pair:
            watched = [layer for layer in gan.discriminator.layers if isinstance(layer, Watched)]
            for layer in watched:
                layer.sides.clear()
            gan.step(batches.at(step - 1))
            sides.append(np.concatenate([np.ravel(side) for layer in watched for side in layer.sides]))
        apart = float(np.abs(pair[0].discriminator.theta - pair[1].discriminator.theta).max())
        crossed = int((sides[0] != sides[1]).sum())
        shows = apart > 5 * max(before, 1e-6)  # little may hang on a number
        if kink is None and crossed and shows:
            kink = Kink(step, crossed, len(sides[0]), before, apart, math.nan)
        if kink is not None and step == kink.step + later:
            return Kink(kink.step, kink.crossed, kink.of, kink.before, kink.after, apart)
        before = apart
    return kink


def _print_kink() -> None:
    kink = first_kink()
    print("\nthe ring's own way to part: a kink")
    say(
        "With LeakyReLU in D and Adam(0.001), minigan in float32 beside minigan in float64: no number fell on two "
        "sides of a kink so that it showed, and they stayed together."
        if kink is None
        else f"With LeakyReLU in D and Adam(0.001), minigan in float32 beside minigan in float64: in "
        f"{kink.step - 1:,} steps the distance of D's weights only grows to {kink.before:.0e}. In step "
        f"{kink.step:,}, {kink.crossed} of the {kink.of:,} numbers that enter a LeakyReLU lay above 0 in one "
        f"and below 0 in the other, so that its slope was 1 here and 0.2 there: the distance jumps to "
        f"{kink.after:.0e}, and 200 steps later it is {kink.later:.0e}."
    )
