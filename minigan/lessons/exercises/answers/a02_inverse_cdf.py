"""The answer to exercise 2, its hints, and its judge."""

from fractions import Fraction
from typing import Any

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "The right ends of the pieces are the running sums of the weights. Draw [1, 2, 0, 1] on paper, with its four "
    "right ends, and throw u = .25 at it: how many right ends does the dart have on its left, or exactly under "
    "it?",
    "np.cumsum gives the right ends. Divide them by the last of them, so that the line ends at exactly 1 "
    "(another sum is rounded otherwise). np.searchsorted then finds all darts at once; its argument `side` "
    "decides about edges.",
    "ends = np.cumsum(weights); return np.searchsorted(ends / ends[-1], u, side=...): 'right' counts the ends at "
    "or below u, so u = 0 with a first weight of 0 goes on to the first piece that has a width.",
)
ANSWER = ("inverse_cdf",)
WHY = """
The running sums are the distribution function at the indices 0 to K - 1, a staircase; u lies below a fraction
p[k] of its height for index k, and reading the staircase from the side turns a uniform height into an index: P(k)
is the height of step k. Binary search makes it log K steps a dart. Three slips are common. side="left" gives an
edge to the piece on its left, so u = 0 hits a first piece of width zero. Dividing by weights.sum() leaves a last
step that may end below 1, because NumPy adds in another order than cumsum: some day a dart passes over it and the
index is K, out of the list; cutting that back to K - 1 is no cure where the last weights are 0. And argmax isn't
sampling: it has entropy 0.
"""


def inverse_cdf(weights: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The piece that each dart hits: weights (K,), u (n,) -> (n,)."""
    ends = np.cumsum(weights)
    return np.searchsorted(ends / ends[-1], u, side="right")


LAST = 1 - 2.0**-53  # the largest dart


def judge(student: Any, rng: np.random.Generator) -> None:
    """Darts by the dozen, each found again by walking along the line in exact fractions."""
    example = np.array([1, 2, 0, 1])
    _same(student, "the example of the docstring", example, np.array([0.0, 0.2, 0.25, 0.74, 0.75]))
    _same(student, "probabilities that sum to 1", rng.dirichlet(np.ones(7)), rng.random(40))
    _same(student, "weights that don't sum to 1", rng.gamma(1.0, size=9) * rng.uniform(3, 30), rng.random(40))
    holes = rng.gamma(1.0, size=12)
    holes[rng.permutation(10)[:5] + 1] = 0
    _same(student, "some weights are 0", holes, rng.random(60))
    _same(student, "the first two weights are 0 and the dart is 0", np.array([0.0, 0.0, 2.0, 1.0]), np.zeros(1))
    sixteenths = rng.permutation(np.array([1, 2, 3, 4, 0, 6]))  # of 16: their edges are exact in floating point
    _same(student, "darts exactly on edges", sixteenths, np.arange(16) / 16)
    _same(student, "a single weight", rng.gamma(1.0, size=1), rng.random(3))
    _same(student, "no darts at all", holes, np.empty(0))
    for size in rng.integers(20, 2000, 30):
        weights = np.concatenate([rng.random(size), np.zeros(rng.integers(1, 4))])
        got = _ask(student, "the largest dart there is", weights, np.array([LAST]))
        if int(got[0]) != size - 1:
            wrong(
                f"the largest dart there is (given {size} weights above 0 and then {len(weights) - size} of 0, "
                f"u = [1 - 2^-53]): wanted {size - 1}, the last index with a weight above 0, got {int(got[0])}"
            )
    weights, u = rng.gamma(0.5, size=512), rng.random(200_000)
    got = _ask(student, "200,000 darts at 512 weights", weights, u)
    if not ((got >= 0) & (got < 512)).all():
        wrong(
            f"200,000 darts at 512 weights: wanted indices from 0 to 511, got some from {got.min()} to {got.max()}"
        )
    share = np.bincount(got.astype(int), minlength=512) / len(u)
    away = np.abs(share - weights / weights.sum()).max()
    if away > 0.006:  # 5 standard deviations of the worst index, p = 1/2
        wrong(f"200,000 darts at 512 weights: the share of an index is {away:.4f} off its probability")


def _same(student: Any, case: str, weights: np.ndarray, u: np.ndarray) -> None:
    got = _ask(student, case, weights, u)
    wanted = np.array([_walk(weights, dart) for dart in u], dtype=float)
    given = f"weights {_short(weights)}, u {_short(u)}"
    close(case, got, wanted, 0, given)


def _ask(student: Any, case: str, weights: np.ndarray, u: np.ndarray) -> np.ndarray:
    weights_before, u_before = weights.copy(), u.copy()
    got = student.inverse_cdf(weights, u)
    if not (np.array_equal(weights, weights_before) and np.array_equal(u, u_before)):
        wrong(f"{case}: your function writes into the arrays that it is given; take a copy")
    close(f"{case}: how many numbers come back", None if got is None else np.shape(got), (len(u),), 0)
    got = np.asarray(got)
    if got.dtype.kind not in "biuf":
        wrong(f"{case}: wanted indices, got numbers of type {got.dtype}")
    return got


def _walk(weights: np.ndarray, dart: float) -> int:
    """The slow loop, in fractions."""
    exact = [Fraction(float(weight)) for weight in weights]
    left, k = Fraction(float(dart)) * sum(exact), 0
    while left >= exact[k]:
        left, k = left - exact[k], k + 1
    return k


def _short(a: np.ndarray) -> str:
    text = np.array2string(a[:16], precision=4, separator=", ", max_line_width=10_000)
    return text if len(a) <= 16 else text[:-1] + f", ... {len(a)} in all]"
