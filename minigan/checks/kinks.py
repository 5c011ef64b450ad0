"""Where right answers differ: what several libraries say where a slope is a choice, or a formula has two readings.

Printed by `minigan compare --kinks`, and written to docs/differences.md by `python tools/differences.py --write`.
Every answer is computed by the library that is installed here; one that is not is left out, and named.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from ..core.layers import LeakyReLU, Maxout, ReLU, Softplus, Tanh
from ..core.objectives import OBJECTIVES
from ..core.optimizers import Adam, Exponential, Momentum
from .asked import (
    BATCH,
    GAMMA,
    by_autograd,
    by_jax,
    by_keras,
    by_tinygrad,
    by_torch,
    flat,
    in_jax,
    in_torch,
    load,
    lost,
    moved,
    moved_keras,
    moved_torch,
    normed,
    of,
    pulled,
    variance,
    variance_keras,
    variance_tinygrad,
    variance_torch,
)

PACKAGES = {"PyTorch": "torch", "JAX": "jax", "Keras": "keras", "autograd": "autograd", "tinygrad": "tinygrad"}
NEEDS = {"Keras": "jax"}  # the backend that it is asked on


class Row(NamedTuple):
    """A question, what it means for somebody who compares, and who is asked: the library, then its function."""

    question: str
    means: str
    ask: dict[str, Callable[[], Any]]


def error(y: float) -> str:
    """How far y is from tanh 0.3."""
    off = abs(y - np.tanh(0.3))
    return f"{off:.0e}" if off > 1e-15 else "below 1e-15"


ZERO, TIE, ORIGIN = [0.0], [1.0, 1.0, 0.0], [0.0, 0.0]
ROWS = [
    Row(
        "the slope of leaky ReLU(0.2) at exactly 0",
        "every number from 0.2 to 1 is right. It shows where inputs are exactly 0: biases start at 0, and so "
        "behind empty pixels or units that are off. Compare at random weights and biases.",
        {
            "minigan": lambda: pulled(LeakyReLU(0.2), ZERO),
            "PyTorch": by_torch(lambda torch, x: torch.nn.functional.leaky_relu(x, 0.2), ZERO),
            "JAX": by_jax(lambda jax, x: jax.nn.leaky_relu(x, 0.2), ZERO),
            "Keras": by_keras(lambda keras, x: keras.ops.leaky_relu(x, 0.2), ZERO),
            "tinygrad": by_tinygrad(lambda x: x.leaky_relu(0.2), ZERO),
        },
    ),
    Row(
        "the slope of max(x, 0) at exactly 0",
        "a ReLU written with another function is another ReLU there: a unit that starts at 0 learns, or does "
        "not. PyTorch's clamp has changed its mind: 1 up to 2.13, 0 in 2.14.",
        {
            "minigan": lambda: pulled(ReLU(), ZERO),
            "PyTorch relu": by_torch(lambda torch, x: torch.relu(x), ZERO),
            "PyTorch clamp": by_torch(lambda torch, x: x.clamp(min=0), ZERO),
            "PyTorch maximum": by_torch(lambda torch, x: torch.maximum(x, torch.zeros_like(x)), ZERO),
            "JAX nn.relu": by_jax(lambda jax, x: jax.nn.relu(x), ZERO),
            "JAX maximum": by_jax(lambda jax, x: jax.numpy.maximum(x, 0), ZERO),
            "Keras relu": by_keras(lambda keras, x: keras.ops.relu(x), ZERO),
            "autograd maximum": by_autograd(lambda anp, x: anp.maximum(x, 0), ZERO),
            "tinygrad relu": by_tinygrad(lambda x: x.relu(), ZERO),
            "tinygrad clip": by_tinygrad(lambda x: x.clip(0, None), ZERO),
        },
    ),
    Row(
        "the slope of |x| at exactly 0",
        "an L1 penalty pushes weights that are exactly 0 in JAX, and leaves them alone elsewhere.",
        {
            "PyTorch": by_torch(lambda torch, x: x.abs(), ZERO),
            "JAX": by_jax(lambda jax, x: jax.numpy.abs(x), ZERO),
            "Keras": by_keras(lambda keras, x: keras.ops.abs(x), ZERO),
            "autograd": by_autograd(lambda anp, x: anp.abs(x), ZERO),
            "tinygrad": by_tinygrad(lambda x: x.abs(), ZERO),
        },
    ),
    Row(
        "the slope of max(1, 1, 0)",
        "one winner or equal shares: from weights that are all 0, Maxout trains its first piece alone, or all "
        "pieces alike and for ever so.",
        {
            "minigan Maxout": lambda: pulled(Maxout(3), TIE),
            "PyTorch max(dim)": by_torch(lambda torch, x: x.max(dim=0).values, TIE),
            "PyTorch amax": by_torch(lambda torch, x: x.amax(dim=0), TIE),
            "JAX": by_jax(lambda jax, x: x.max(), TIE),
            "Keras": by_keras(lambda keras, x: keras.ops.max(x), TIE),
            "autograd": by_autograd(lambda anp, x: anp.max(x), TIE),
            "tinygrad": by_tinygrad(lambda x: x.max(), TIE),
        },
    ),
    Row(
        "the slope of max behind batch normalisation, beside minigan's",
        "a loss, and no choice: compiled, JAX looks for the entry that equals the maximum; both were computed "
        "anew and rounded otherwise, none is equal, and the slope is lost. Take argmax and take_along_axis.",
        {
            "PyTorch": lost(
                by_torch(
                    lambda torch, x: normed(x.mean(0), x.var(0, correction=0), x, torch.tensor(GAMMA)).amax(2),
                    BATCH,
                )
            ),
            "JAX": lost(by_jax(lambda jax, x: normed(x.mean(0), x.var(0), x, GAMMA).max(2), BATCH)),
            "JAX jit": lost(by_jax(lambda jax, x: normed(x.mean(0), x.var(0), x, GAMMA).max(2), BATCH, jit=True)),
        },
    ),
    Row(
        "the slope of a vector's length |g| at g = 0",
        "WGAN-GP asks for it, and at points where all units of D are off or dropped D's slope is 0: one such "
        "row makes all of theta NaN (a game with ReLU and dropout in D lasts one or two steps). Where the squares "
        "are 0, take no root: jnp.where, inside and outside.",
        {
            "minigan GradientPenalty": flat,
            "PyTorch vector_norm": by_torch(lambda torch, x: torch.linalg.vector_norm(x), ORIGIN),
            "PyTorch sqrt of sum": by_torch(lambda torch, x: (x * x).sum().sqrt(), ORIGIN),
            "JAX norm": by_jax(lambda jax, x: jax.numpy.linalg.norm(x), ORIGIN),
            "Keras norm": by_keras(lambda keras, x: keras.ops.norm(x), ORIGIN),
            "autograd norm": by_autograd(lambda anp, x: anp.linalg.norm(x), ORIGIN),
            "tinygrad sqrt of sum": by_tinygrad(lambda x: (x * x).sum().sqrt(), ORIGIN),
        },
    ),
    Row(
        "Adam(1, epsilon 1e-8): the first step where the gradient is 1e-6",
        "Keras adds epsilon before v is corrected, as if it were 1/sqrt(1 - beta2^t) times as large (32 times "
        "in the first step), and its own default is 1e-7. It shows where gradients are small: a G that D has "
        "beaten.",
        {
            "minigan": lambda: moved(Adam(1.0), [1e-6]),
            "PyTorch": moved_torch("Adam", [1.0], 1e-6),
            "Keras": moved_keras("Adam", [1.0], 1e-6, epsilon=1e-8),
            "Keras by default": moved_keras("Adam", [1.0], 1e-6),
        },
    ),
    Row(
        "momentum .9: two steps of gradient 1, at rate 1 and then .1",
        "under a falling rate PyTorch's rate slows what already rolls, the book's (Goodfellow et al. 2016, eq. "
        "8.15) only what joins. At a constant rate they are one.",
        {
            "minigan": lambda: moved(Momentum(Exponential(1.0, 0.1), 0.9), [1, 1]),
            "PyTorch": moved_torch("SGD", [1.0, 0.1], 1.0, momentum=0.9),
            "Keras": moved_keras("SGD", [1.0, 0.1], 1.0, momentum=0.9),
        },
    ),
    Row(
        "the running variance, from 1, after one batch (0, 2) at momentum .1",
        "the batch is normalised by its own variance, 1/n; what is kept is 1/(n - 1) or 1/n. In small batches "
        "the evaluated networks differ.",
        {
            "minigan": variance,
            "PyTorch": variance_torch,
            "Keras": variance_keras,
            "tinygrad": variance_tinygrad,
        },
    ),
    Row(
        "the error of tanh(0.3), asked in float64",
        "Keras on JAX computes it in float32, and batch normalisation too, even where JAX is told to compute in "
        "float64 (untold, all of JAX is float32). No comparison with it comes closer than 1e-8.",
        {
            "minigan": lambda: error(of(Tanh(), 0.3)),
            "PyTorch": lambda: error(in_torch(lambda torch: torch.tensor(0.3, dtype=torch.float64).tanh())()),
            "JAX": lambda: error(in_jax(lambda jax: jax.numpy.tanh(0.3))()),
            "Keras": lambda: error(in_jax(lambda jax: load("keras").ops.tanh(jax.numpy.asarray(0.3)))()),
        },
    ),
    Row(
        "-log(1 - D) at the logit -40 (e^-40 = 4.25e-18)",
        "a loss taken as s - log sigmoid(s) loses its tail. Its slopes are right, and so is training; only the "
        "curve of losses is 0 too early.",
        {
            "minigan": lambda: float(OBJECTIVES["minimax"].fake_loss(np.array([-40.0]))[0]),
            "PyTorch": in_torch(
                lambda torch: torch.nn.functional.binary_cross_entropy_with_logits(
                    *torch.tensor([-40.0, 0]).double()
                )
            ),
            "JAX log_sigmoid": in_jax(lambda jax: -jax.nn.log_sigmoid(40.0)),
            "Keras": in_jax(
                lambda jax: load("keras").ops.binary_crossentropy(
                    jax.numpy.zeros(1), jax.numpy.full(1, -40.0), from_logits=True
                )[0]
            ),
        },
    ),
    Row(
        "softplus(25) - 25 (e^-25 = 1.39e-11)",
        "PyTorch's is x from its threshold of 20 on: nn.Softplus(threshold=40) before you compare in float64.",
        {
            "minigan": lambda: of(Softplus(), 25) - 25,
            "PyTorch": in_torch(lambda torch: torch.nn.functional.softplus(torch.tensor(25.0).double()) - 25),
            "JAX": in_jax(lambda jax: jax.nn.softplus(25.0) - 25),
            "Keras": in_jax(lambda jax: load("keras").ops.softplus(jax.numpy.asarray(25.0)) - 25),
        },
    ),
]


def versions() -> tuple[dict[str, str], list[str]]:
    """({library: its version} of those that can be asked here, the names of the others)."""
    here = {
        name: version(package)
        for name, package in PACKAGES.items()
        if find_spec(package) is not None and find_spec(NEEDS.get(name, package)) is not None
    }
    return here, [name for name in PACKAGES if name not in here]


def show(answer: Any) -> str:
    """An answer in three digits: a number, or (one, two, three)."""
    if isinstance(answer, str):
        return answer
    texts = [f"{number + 0.0:.3g}".replace("nan", "NaN") for number in np.ravel(answer)]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def answers(row: Row, libraries: dict[str, str]) -> dict[str, list[str]]:
    """{answer: who gives it}, of minigan and these libraries."""
    found: dict[str, list[str]] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of what is asked here on purpose: 0/0, other float types
        for who, ask in row.ask.items():
            if who.split()[0] in ("minigan", *libraries):
                found.setdefault(show(ask()), []).append(who)
    return found


def report() -> str:
    """The table for a terminal."""
    here, missing = versions()
    lines = [f"minigan beside {', '.join(f'{name} {v}' for name, v in here.items()) or 'nobody'}"]
    if missing:
        lines.append(f"(left out, since not installed here: {', '.join(missing)})")
    for row in ROWS:
        if not (found := answers(row, here)):
            continue
        lines += ["", row.question]
        margin = max(map(len, found)) + 6
        for answer, who in found.items():
            left = f"    {answer}".ljust(margin)
            lines.append(textwrap.fill(", ".join(who), 98, initial_indent=left, subsequent_indent=" " * margin))
        lines.append(textwrap.fill(row.means, 98))
    return "\n".join(lines)


INTRODUCTION = """\
# Where right answers differ

Two libraries can both be right and give other numbers: where a function has a kink its slope is a choice, and some
formulas have two readings. Whoever holds minigan, or a program of their own, against another library meets these
first at inputs that are exactly 0, weights that start at 0, and units that are off.

Every answer was computed, by `python tools/differences.py --write`, with {}.
`minigan compare --kinks` asks the libraries that you have.
"""


def page() -> str:
    """The table as docs/differences.md."""
    here, missing = versions()
    who = ", ".join(f"{name} {v}" for name, v in here.items()).replace("Keras", "Keras (on JAX)")
    lines = [INTRODUCTION.format(who + f"; not installed: {', '.join(missing)}" * bool(missing))]
    lines += ["| the question | the answers | what it means |", "|---|---|---|"]
    for row in ROWS:
        found = "; ".join(f"**{answer}**: {', '.join(who)}" for answer, who in answers(row, here).items())
        lines.append(
            " | ".join(["", *(cell.replace("|", "\\|") for cell in (row.question, found, row.means)), ""]).strip()
        )
    return "\n".join(lines) + "\n"
