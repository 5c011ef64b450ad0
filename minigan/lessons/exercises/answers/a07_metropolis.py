"""The answer to exercise 7, its hints, and its judge."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from minigan.exercises import Formula, close, wrong

HINTS = (
    "p_there / p_here is e to a difference, and that difference is harmless where both p are not. In which of "
    "the two forms, u < e^difference or log u < difference, can nothing overflow? And which cases does -inf "
    "spoil?",
    "u < exp(min(0, log_there - log_here)) is the rule. -inf - (-inf) is NaN, so settle places with p = 0 apart: "
    "never accept where log_there is -inf. In the walk, path[t + 1] is either the proposal or path[t], never "
    "nothing.",
    "possible = log_there > -np.inf; difference = np.where(possible, log_there, 0) - log_here; return possible & "
    "(u < np.exp(np.minimum(0, difference))). The walk: path = [start]; for each move and dart: there = path[-1] "
    "+ move; path.append(there if accept(...) else path[-1]).",
)
ANSWER = ("accept", "walk")
WHY = """
Only the quotient counts, so Z cancels and logarithms may be shifted by any constant; taking e to the difference,
cut at 0, never overflows, while e to each of them is 0 / 0 at -2000. Detailed balance is what makes it right: the
traffic from x to x' is q min(p(x), p(x')), the same both ways, and every other rule must be checked against it.
The slips that cost most look harmless: dropping the refused steps (then improbable places, which refuse seldom,
are counted too often), turning the quotient round (the walk seeks the valleys), accepting only
what goes up (a climber, not a sampler), and comparing u with the difference of logarithms itself.
"""


def accept(log_here: np.ndarray, log_there: np.ndarray, u: np.ndarray) -> np.ndarray:
    """True with probability min(1, p_there / p_here), (n,)."""
    possible = log_there > -np.inf
    difference = np.where(possible, log_there, 0) - log_here
    return possible & (u < np.exp(np.minimum(0, difference)))


def walk(log_p: Callable[[float], float], start: float, moves: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The path (n + 1,), in which a refused step counts its place once more."""
    path = [start]
    for move, dart in zip(moves, u, strict=True):
        there = path[-1] + move
        logs = np.array([log_p(path[-1])]), np.array([log_p(there)])
        path.append(there if accept(*logs, np.array([dart]))[0] else path[-1])
    return np.array(path, dtype=float)


def judge(student: Any, rng: np.random.Generator) -> None:
    """The rule against quotients of 60 digits, the walk against a walk by quotients, and both against p itself."""
    given = np.array([0.0, 0.0, -2000.0]), np.array([-1.0, 2.0, -2000.5]), np.array([0.4, 0.99, 0.6])
    _rule(student, "accept, the example of the docstring", *given)
    n = 12
    _rule(student, "accept, ordinary places", rng.normal(0, 2, n), rng.normal(0, 2, n), rng.random(n))
    low = rng.uniform(-3000, -2000, n)
    _rule(student, "accept, both p below the smallest float", low, low + rng.normal(0, 2, n), rng.random(n))
    _rule(student, "accept, both p above the largest float", -low, rng.normal(0, 2, n) - low, rng.random(n))
    same = rng.normal(0, 3, n)
    _rule(student, "accept, equal p, u up to the largest", same, same, np.r_[rng.random(n - 1), 1 - 2.0**-53])
    far = rng.uniform(-900, 900, n)
    _rule(student, "accept, far up and far down", np.zeros(n), far, rng.random(n))
    nowhere = np.full(3, -np.inf)
    _rule(student, "accept, towards p = 0", rng.normal(0, 1, 3), nowhere, np.array([0.0, 0.3, 0.9]))
    _rule(student, "accept, from p = 0 to p > 0", nowhere, rng.normal(-5, 1, 3), rng.random(3))
    _rule(student, "accept, from p = 0 to p = 0", nowhere, nowhere, np.array([0.0, 0.3, 0.9]))
    _rule(student, "accept, no moves at all", np.empty(0), np.empty(0), np.empty(0))

    example = np.array([1.0, 1.0, -2.0]), np.array([0.3, 0.9, 0.5])
    _path(student, "walk, the example of the docstring", Formula("-abs(x)"), 0.0, *example)
    centre, width = rng.normal(0, 5), rng.uniform(0.5, 2)
    n = 200
    for case, log_p, start in (
        ("walk on a peak", "-(((x - centre) / width) ** 2) / 2", centre + width),
        ("walk on a peak, log p about -5,000", "-(((x - centre) / width) ** 2) / 2 - 5000", centre),
        ("walk on a stretch of p > 0", "0.0 if abs(x - centre) < width else -np.inf", centre),
    ):
        _path(
            student,
            case,
            Formula(log_p, centre=centre, width=width),
            start,
            rng.normal(0, 2 * width, n),
            rng.random(n),
        )
    _path(student, "walk, no moves at all", Formula("0.0"), centre, np.empty(0), np.empty(0))


def _rule(student: Any, case: str, log_here: np.ndarray, log_there: np.ndarray, u: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        got = student.accept(log_here.copy(), log_there.copy(), u.copy())
    close(f"{case}: how many answers come back", None if got is None else np.shape(got), (len(u),), 0)
    got = np.asarray(got)
    if got.size and not np.isin(got, (0, 1)).all():
        wrong(f"{case}: wanted True or False for each move, got {got.ravel()[:4].tolist()}: decide by u")
    for here, there, dart, said in zip(log_here, log_there, u, got, strict=True):
        if bool(said) != _decide(here, there, dart):
            wrong(
                f"{case} (given log_here {here:.10g}, log_there {there:.10g}, u {dart:.10g}): "
                f"wanted {_decide(here, there, dart)}, got {bool(said)}"
            )


def _decide(here: float, there: float, dart: float) -> bool:
    """u p_here < p_there, with 60 digits and exponents without end."""
    with localcontext() as context:
        context.prec = 60
        p_here, p_there = (Decimal(float(log)).exp() if log > -math.inf else Decimal(0) for log in (here, there))
        return p_there > 0 and Decimal(float(dart)) * p_here < p_there


def _path(student: Any, case: str, log_p: Callable, start: float, moves: np.ndarray, u: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        got = student.walk(log_p, start, moves.copy(), u.copy())
    at, path = start, [start]
    for move, dart in zip(moves, u, strict=True):
        at = at + move if _decide(log_p(at), log_p(at + move), dart) else at
        path.append(at)
    if got is not None and np.shape(got) != (len(path),):
        wrong(
            f"{case} (given {len(moves)} moves): wanted a path of {len(path)} places, got shape {np.shape(got)}; "
            f"the start is one of them, and a refused move counts its place once more"
        )
    if got is not None:
        away = np.flatnonzero(~np.isclose(np.asarray(got, float), path, rtol=0, atol=1e-9))
        if away.size and away[0] > 0:
            t = int(away[0]) - 1
            here, there = path[t], path[t] + moves[t]
            wrong(
                f"{case}, step {t} (given x = {here:.6g} with log p {log_p(here):.6g}, proposed {there:.6g} with "
                f"log p {log_p(there):.6g}, u {u[t]:.6g}): wanted {path[t + 1]:.6g}, got {float(got[t + 1]):.6g}"
            )
    close(case, got, path, 1e-9)
