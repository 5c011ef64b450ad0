"""Exercise 19, answered: the largest exponent leaves the sum before it is raised."""

from __future__ import annotations

import math
from decimal import Context, Decimal, localcontext
from typing import Any

import numpy as np

from minigan.exercises import close, parts, wrong

HINTS = (
    "Divide every e^a of a row by e^top, where top is the row's largest a: nothing is above e^0 = 1 then, and one "
    "term is 1. What must you add to the logarithm for it? And which row's top is taken?",
    "top = a.max(axis=1, keepdims=True), then a - top, exp, mean over axis 1, log, and add top again. Where a row "
    "is all -inf, -inf - -inf is nan: take 0 for its top (np.where with np.isfinite).",
    "For each s of sigmas: log_mean_exp(-distance2 / (2 * s**2)).mean() - dim * np.log(s * np.sqrt(2 * np.pi)). "
    "Put these into a list; np.argmax of it takes the first of equals. Return the width and the score there.",
)
ANSWER = ("log_mean_exp", "best_sigma")
WHY = """
log mean e^a = top + log mean e^(a - top) is an identity for any top; the row's largest makes it safe. The largest
term becomes 1, so the sum is never 0, and what vanishes beside it is smaller than the last digit anyway. The top
of the whole array won't do: a row that lies 800 below it vanishes as before, and a test image that no sample is
near to is just such a row. Adding a little to the sum, against log 0, makes every distant image cost the same, so
that a model which misses them is forgiven.

Common mistakes in the search: sum for mean (log m too much, which moves no argmax but every score); dim forgotten
in the normaliser, so that far too wide a sigma looks best; sigma for sigma squared, or a distance that is squared
twice. The normaliser is what makes the scores of two widths comparable at all: without it a wider
kernel is always nearer.
"""


def log_mean_exp(a: np.ndarray) -> np.ndarray:
    """log of the mean of e^a along each row: a (n, m) -> (n,)."""
    top = a.max(axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return top[:, 0] + np.log(np.exp(a - top).mean(axis=1))


def best_sigma(distance2: np.ndarray, dim: int, sigmas: np.ndarray) -> tuple[float, float]:
    """(the width with the highest mean log-likelihood, that mean in nats), the first of equals."""
    score = [log_mean_exp(-distance2 / (2 * s**2)).mean() - dim * np.log(s * np.sqrt(2 * np.pi)) for s in sigmas]
    best = int(np.argmax(score))
    return float(sigmas[best]), float(score[best])


def by_decimals(row: list[float]) -> float:
    """The oracle: the loop as it stands, in decimal numbers, whose exponents end far beyond 10^(10^17)."""
    with localcontext(Context(prec=40, Emax=10**17, Emin=-(10**17))):
        if any(abs(v) > 1e17 for v in row if math.isfinite(v)):  # beyond: only the largest counts
            top = max(row)
            return top + math.log(sum(v == top for v in row) / len(row))
        total = sum((Decimal(v).exp() for v in row if v > -math.inf), Decimal(0))
        return float((total / len(row)).ln()) if total else -math.inf


def _guess(got: Any, rows: list[list[float]], wanted: list[float]) -> str:
    """A word on what a wrong answer might be, or nothing."""
    got = np.asarray(got, dtype=float)
    if got.shape != (len(rows),):
        return ""
    if np.isnan(got).any():
        return ": nan is inf - inf or log of less than 0; is a row of nothing but -inf among them?"
    if np.isinf(got).any() and not np.isinf(wanted).any():
        return ": e^a became 0 or inf before the logarithm; which number can be taken out of the row's sum?"
    if np.allclose(got, np.array(wanted) + math.log(len(rows[0])), atol=1e-9):
        return ": that is the log of the sum; the mean is asked for"
    return ""


def judge(student: Any, rng: np.random.Generator) -> None:
    """Harmless rows, far rows, rows far apart, -inf; then the search on data like images, and at both ends."""
    n, m = int(rng.integers(3, 7)), int(rng.integers(4, 9))
    plain = rng.normal(0, 2, (n, m))
    holes = plain.copy()
    holes[0, 1:] = -np.inf
    empty = plain.copy()
    empty[1] = -np.inf
    shift = rng.uniform(1e3, 1e6)
    cases = [
        ("numbers near 0", plain),
        ("one column", plain[:, :1]),
        (f"the same, {shift:.6g} higher", plain + shift),
        (f"the same, {shift:.6g} lower", plain - shift),
        ("rows that lie 2,000 apart", plain + 2000.0 * np.arange(n)[:, None]),
        ("columns that lie 2,000 apart", plain + 2000.0 * rng.permutation(m)),
        ("some -inf among them", holes),
        ("a row of nothing but -inf", empty),
        ("numbers of 1e300", np.array([[1e300, 1e300, -1e300], [-1e300, -1e300, -1e300]])),
    ]
    for case, a in cases:
        given = a.copy()
        with np.errstate(all="ignore"):
            got = student.log_mean_exp(given)
        if not np.array_equal(given, a):
            wrong(f"log_mean_exp, {case}: your function changed a; leave the caller's array as it is")
        wanted = [by_decimals(row) for row in a.tolist()]
        hint = "" if got is None else _guess(got, a.tolist(), wanted)
        close(f"log_mean_exp, {case}{hint}", got, wanted, 1e-9, f"a[0] = {np.array2string(a[0], precision=4)}")

    for dim, spread in ((int(rng.integers(2, 5)), 1.0), (784, 0.2)):
        samples = rng.normal(0, spread, (6, dim))
        images = samples[rng.integers(0, 6, 5)] + rng.normal(0, spread / 2, (5, dim))
        images[0] += 3 * spread  # one that no sample is near to
        distance2 = np.array([[math.dist(x, mu) ** 2 for mu in samples] for x in images])
        grid = np.geomspace(spread / 8, spread * 6, int(rng.integers(7, 12)))
        _search(student, f"best_sigma, {dim} pixels, widths in order", distance2, dim, grid)
        _search(student, f"best_sigma, {dim} pixels, widths in any order", distance2, dim, rng.permutation(grid))
    _search(student, "best_sigma, one width", distance2, dim, grid[:1])
    _search(student, "best_sigma, the docstring's example", np.array([[4.0, 4.0]]), 4, np.array([0.5, 1.0, 2.0]))


def _search(student: Any, case: str, distance2: np.ndarray, dim: int, sigmas: np.ndarray) -> None:
    """Ask for the best sigma; the oracle's densities are decimal numbers, with no logarithm before the end."""

    def score(sigma: float) -> float:
        peak = Decimal(sigma * math.sqrt(2 * math.pi)) ** -dim
        zero = Decimal()
        heights = [
            sum((Decimal(-d / (2 * sigma**2)).exp() for d in row), zero) / len(row) for row in distance2.tolist()
        ]
        return float(sum(((height * peak).ln() for height in heights), zero) / len(heights))

    kept, tried = distance2.copy(), sigmas.copy()
    with np.errstate(all="ignore"):
        got = student.best_sigma(kept, dim, tried)
    if not (np.array_equal(kept, distance2) and np.array_equal(tried, sigmas)):
        wrong(f"{case}: your function changed its arguments; leave the caller's arrays as they are")
    parts(case, got, 2, "two numbers, (sigma, mean log-likelihood)")
    with localcontext(Context(prec=40, Emax=10**17, Emin=-(10**17))):
        scores = [score(s) for s in sigmas.tolist()]
    best = max(range(len(scores)), key=scores.__getitem__)
    given = f"sigmas = {np.array2string(sigmas, precision=4)}"
    close(f"{case}: the sigma", got[0], sigmas[best], 1e-12, given)
    hint, number = "", bool(np.isscalar(got[1]))
    if number and math.isclose(float(got[1]), scores[best] * len(distance2), rel_tol=1e-9):
        hint = ", which is the sum over images where the mean is asked for"
    close(f"{case}: its mean log-likelihood{hint}", got[1], scores[best], 1e-9, given)
