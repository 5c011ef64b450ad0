"""Exercise 12: dx = dy Wᵀ, dW = xᵀ dy, db = 1ᵀ dy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.exercises import close, spent, wrong

HINTS = (
    "Each of the three lines in the loops is a sum over one letter: over o for dx, over r for dW and for db. "
    "A sum over a letter that two matrices share is a matrix product.",
    "Let the shapes lead you: dx (B, I) must come from dy (B, O) and W (I, O), so O has to vanish, and one of "
    "them must be transposed for it. dW (I, O) comes from x (B, I) and dy (B, O): B vanishes.",
    "dx = dy @ W.T, dW = x.T @ dy, and db is dy summed over its rows, dy.sum(axis=0).",
)
ANSWER = ("dense_backward",)
SLOW = 0.1  # seconds of computing: the answer needs a hundredth of it, the loops several times as much
WHY = """
Whatever a number moves, it answers for: x[r, i] moves all columns of row r, so dx sums over columns; W[i, o]
moves column o in all rows, so dW sums over rows; b[o] likewise. A sum over a shared letter is a product, and
the letter that vanishes says which side is transposed. Two products back for the one forward: that is the whole
price.

Common mistakes: a mean in dW or db, which divides by B a second time; dy @ W without the transpose, which even
runs where I = O; db as (1, O), which broadcasts without a word where it shouldn't; dy *= something or x
reshaped in place, so that the layer before, or the other player, gets a damaged array. Square cases hide
some of these.
"""


def dense_backward(x: np.ndarray, W: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dx (B, I), dW (I, O), db (O,)) for x (B, I), W (I, O), dy (B, O)."""
    return dy @ W.T, x.T @ dy, dy.sum(axis=0)


def _moved(a: np.ndarray, loss: Callable[[np.ndarray], complex]) -> np.ndarray:
    """The oracle: a complex step on one number after another, Im loss(a + ih) / h, exact but for rounding."""
    slopes, h = np.zeros(a.shape), 1e-30
    for place in np.ndindex(*a.shape):
        step = a.astype(complex)
        step[place] += 1j * h
        slopes[place] = loss(step).imag / h
    return slopes


def _by_steps(x: np.ndarray, W: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dx, dW, db) of L = sum of dy (x W + b), whose slope at y is dy."""

    def loss(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> complex:
        return complex((dy * (np.einsum("bi,io->bo", x, W) + b)).sum())

    b = np.zeros(W.shape[1])
    return (
        _moved(x, lambda v: loss(v, W, b)),
        _moved(W, lambda v: loss(x, v, b)),
        _moved(b, lambda v: loss(x, W, v)),
    )


def _guess(which: int, got: Any, wanted: np.ndarray, x: np.ndarray, W: np.ndarray, dy: np.ndarray) -> str:
    """A word on what a wrong array might be, or nothing."""
    try:
        got = np.asarray(got, float)
    except (TypeError, ValueError):
        return ""
    rows = max(len(x), 1)
    known = [
        (wanted / rows, "that is the mean over the rows; the sum is asked for, for dy has the 1/B in it"),
        (-wanted, "only the sign is wrong"),
    ]
    if wanted.ndim == 2:
        known.append((wanted.T, "that is its transpose"))
    if which == 0 and W.shape[0] == W.shape[1]:
        known.append((np.einsum("bo,oi->bi", dy, W), "that is dy W; is W on the right way round?"))
    if which == 2:
        known.append((wanted[None], "db has one axis, (O,), as b has"))
        known.append((dy.sum(axis=1), "that is summed over the columns; each b[o] moves column o in all rows"))
    for value, words in known:
        right = got.shape == wanted.shape and np.allclose(got, wanted)
        if not right and got.shape == value.shape and np.allclose(got, value):
            return f": {words}"
    return ""


def _call(student: Any, case: str, *arrays: np.ndarray) -> tuple[Any, Any, Any]:
    """The student's three arrays, or a word on why there are none."""
    kept = [a.copy() for a in arrays]
    try:
        found = student.dense_backward(*arrays)
    except Exception as error:
        said = getattr(error, "said", f"{type(error).__name__}: {error}")
        if named := re.search(r"(?:NameError|UnboundLocalError): .*'(B|I|O|dx|dW|db)'", said):
            wrong(
                f"{case}: {named[1]} has no value. The loops of the docstring say what is wanted. Don't copy "
                "them, for each of their sums is a product of matrices, or a sum over an axis"
            )
        raise
    if found is None:
        wrong(f"{case}: your function returned None; is there a return statement?")
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        wrong(f"{case}: wanted three arrays, (dx, dW, db), got {type(found).__name__} {found!r:.60}")
    for name, now, before in zip(("x", "W", "dy"), arrays, kept, strict=True):
        if not np.array_equal(now, before):
            wrong(f"{case}: your function changed {name}; leave the caller's arrays as they are")
    return found[0], found[1], found[2]


def judge(student: Any, rng: np.random.Generator) -> None:
    """Three widths, one row, none, one column, square, slices of larger arrays; then D behind G, end to end."""
    rows, n_in, n_out = (int(v) for v in rng.permutation([3, 4, 5]) + rng.integers(0, 2) * 3)
    cases = [("the docstring's example", np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [-1.0, 3.0]]))]
    for case, n, i in (
        (f"{rows} rows, {n_in} columns to {n_out}", rows, n_in),
        ("a single row", 1, n_in),
        ("no rows", 0, n_in),
        ("a square W", rows, n_out),
        ("one column in", rows, 1),
    ):
        cases.append((case, rng.standard_normal((n, i)), rng.standard_normal((i, n_out))))
    wide = rng.standard_normal((2 * rows, n_in))
    cases.append(("every second row of a larger array", wide[::2], rng.standard_normal((n_out, n_in)).T))
    for k, (case, x, W) in enumerate(cases):
        dy = np.array([[1.0, 10.0]]) if k == 0 else rng.standard_normal((len(x), W.shape[1]))
        given = f"x {x.shape}, W {W.shape}, dy {dy.shape}"
        wanted = _by_steps(x, W, dy)
        found = _call(student, case, x, W, dy)
        for which, name in enumerate(("dx", "dW", "db")):
            got = found[which]
            hint = "" if got is None else _guess(which, got, wanted[which], x, W, dy)
            close(f"{name}, {case}{hint}", got, wanted[which], 1e-10, given)
    _judge_chain(student, rng)
    _judge_work(student, rng)


def _judge_chain(student: Any, rng: np.random.Generator) -> None:
    """z -> G -> tanh -> D -> s with G's loss, the mean of -log D: D's layer and then G's by the student."""
    n = int(rng.integers(3, 7))
    z, G, a = rng.standard_normal((n, 2)), rng.standard_normal((2, 3)), rng.standard_normal(3)
    D, c = rng.standard_normal((3, 1)), rng.standard_normal(1)

    def loss(G: np.ndarray, a: np.ndarray) -> complex:
        s = np.tanh(np.einsum("bi,io->bo", z, G) + a) @ D + c
        return complex(np.log(1 + np.exp(-s)).mean())

    x = np.tanh(np.einsum("bi,io->bo", z, G) + a)
    s = np.einsum("bi,io->bo", x, D) + c
    dx = _call(student, "a chain, D's layer", x, D, np.array([[-1 / (1 + math.exp(v)) / n] for v in s[:, 0]]))[0]
    _, dG, da = _call(student, "a chain, G's layer", z, G, dx * (1 - x**2))
    case = f"G's {{}} through D, {n} fakes, G 2 to 3, tanh, D 3 to 1, loss mean of -log D"
    close(case.format("dW"), dG, _moved(G, lambda v: loss(v, a)), 1e-10)
    close(case.format("db"), da, _moved(a, lambda v: loss(G, v)), 1e-10)


def _judge_work(student: Any, rng: np.random.Generator) -> None:
    """A batch on which three lines take a thousandth of a second, and the docstring's loops half a second."""
    x, W, dy = (rng.standard_normal(shape) for shape in ((100, 80), (80, 60), (100, 60)))
    begun = spent(student)
    _call(student, "100 rows, 80 columns to 60", x, W, dy)
    if (took := spent(student) - begun) > SLOW:
        wrong(
            f"all numbers are right, but 100 rows, 80 columns to 60, took {took:.2f} seconds of computing: are "
            "those the docstring's loops? Write them as two products of matrices and a sum over an axis"
        )
