"""Exercise 5: the slopes of reverse KL for one bell, and the walk down."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.exercises import Formula, close, wrong

Slope = Callable[[np.ndarray], np.ndarray]
EPS = np.linspace(-8, 8, 1601)
CHANCE = np.exp(-(EPS**2) / 2) / np.exp(-(EPS**2) / 2).sum()

HINTS = (
    "Nothing but x = m + s ε depends on m and s, apart from -log s. Raise m a little: every x moves by as much. "
    "Raise s: each x moves by its own ε. The chain rule then wants the slope of log p at x: slope_p(x).",
    "d KL / d m is minus the mean of slope_p(x); d KL / d s is -1/s minus the mean of ε slope_p(x). The -1/s is "
    "the entropy's: without it the bell shrinks to a point. For the walk, go AGAINST both slopes, many times.",
    "push = slope_p(m + s * EPS); return -(CHANCE @ push), -1 / s - CHANCE @ (EPS * push). And the walk: 3,000 "
    "times, dm, ds = reverse_kl_slopes(m, s, slope_p), then m, s = m - 0.02 * dm, max(s - 0.02 * ds, 1e-3).",
)
ANSWER = ("reverse_kl_slopes", "reverse_kl_fit")
WHY = """
The bell is a generator, G(ε) = m + s ε, and its samples are pushed: each feels the slope of log p where it stands
and hands it on to m in full and to s in proportion to its ε. The term -1/s pushes outward; it keeps the samples
from all climbing onto p's highest point. Nothing here speaks of places where there are no samples, so a village
that is never visited is never missed: that is why the fit picks one, and where it starts decides which.

Common mistakes: forgetting -1/s (the fit shrinks until only rounding stops it); forgetting the ε in the second
mean; the opposite sign, which runs away; averaging over the data, which is forward KL and fits mean 0; taking s
for the variance; starting in the middle, where the lesson's fit stays in a shallow trap at (0, 2.493).
"""


def reverse_kl_slopes(m: float, s: float, slope_p: Slope) -> tuple[float, float]:
    """(d KL / d m, d KL / d s) of KL(N(m, s²), p), in nats a unit of x."""
    push = slope_p(m + s * EPS)
    return -float(CHANCE @ push), -1 / s - float(CHANCE @ (EPS * push))


def reverse_kl_fit(slope_p: Slope, m: float = 1.0, s: float = 1.0) -> tuple[float, float]:
    """Gradient descent with a fixed rate -> (m, s) where both slopes are 0."""
    for _ in range(3000):
        slope_m, slope_s = reverse_kl_slopes(m, s, slope_p)
        m, s = m - 0.02 * slope_m, max(s - 0.02 * slope_s, 1e-3)
    return m, s


def _polynomial_slopes(m: float, s: float, c: list[float]) -> tuple[float, float]:
    """The oracle, for slope_p = c0 + c1 x + c2 x² + c3 x³: the normal's moments, and no ε at all.

    Stein's lemma: E[ε f(m + s ε)] = s E[f'(x)].
    """
    x1, x2, x3 = m, m * m + s * s, m**3 + 3 * m * s * s
    mean = c[0] + c[1] * x1 + c[2] * x2 + c[3] * x3
    return -mean, -1 / s - s * (c[1] + 2 * c[2] * x1 + 3 * c[3] * x2)


def _pair(case: str, got: Any, names: str, given: str) -> tuple[float, float]:
    """got as two finite numbers, or words."""
    if got is None:
        wrong(f"{case} (given {given}): your function returned None; is there a return statement?")
    try:
        first, second = (float(v) for v in got)
    except (TypeError, ValueError):
        wrong(f"{case} (given {given}): wanted two numbers, {names}, got {got!r:.80}")
    if not math.isfinite(first + second):
        wrong(
            f"{case} (given {given}): got ({first:g}, {second:g}), not finite; "
            "do you go against the slopes, in steps that are small enough, and does s stay above 0?"
        )
    return first, second


def _cubic(a: float, b: float, c: float, d: float) -> Formula:
    return Formula("a + x * (b + x * (c + x * d))", a=a, b=b, c=c, d=d)


def _check_slopes(student: Any, case: str, m: float, s: float, c: list[float]) -> None:
    given = f"m = {m:.6g}, s = {s:.6g}, slope_p(x) = {c[0]:.4g} + {c[1]:.4g} x + {c[2]:.4g} x² + {c[3]:.4g} x³"
    got = _pair(
        case,
        student.reverse_kl_slopes(m, s, _cubic(*c)),
        "(d KL / d m, d KL / d s)",
        given,
    )
    wanted = _polynomial_slopes(m, s, c)
    scale = max(1.0, *map(abs, wanted))

    def near(a: float, b: float) -> bool:
        return abs(a - b) < 1e-6 * scale

    for which, name in enumerate(("m", "s")):
        hint = ""
        if near(wanted[which], got[which]):
            continue
        if near(-wanted[which], got[which]):
            hint = ": the sign is wrong; KL has -log p in it"
        elif which == 1 and near(wanted[1] + 1 / s, got[1]):
            hint = ": is -log s differentiated too?"
        elif which == 1 and near(-1 / s + wanted[0], got[1]):
            hint = ": raise s, and a sample moves by its ε, not by 1"
        elif which == 1 and near(wanted[1] * s, got[1]):
            hint = ": that is the slope in log s"
        elif which == 1 and near(wanted[1] / (2 * s), got[1]):
            hint = ": that is the slope in the variance"
        close(f"{case}, d KL / d {name}{hint}", got[which], wanted[which], 1e-6, given)


def _check_fit(
    student: Any, case: str, slope: Slope, start: tuple[float, float], right: list[tuple[float, float]], given: str
) -> None:
    given += f", start m = {start[0]:.6g}, s = {start[1]:.6g}"
    got = _pair(case, student.reverse_kl_fit(slope, *start), "(m, s)", given)
    if got[1] <= 0:
        wrong(f"{case} (given {given}): wanted s > 0, a standard deviation, got {got[1]:.6g}")
    wanted = min(right, key=lambda place: abs(place[0] - got[0]))
    places = " or ".join(f"({a:.6g}, {b:.6g})" for a, b in right)
    either = "" if len(right) == 1 else f"; right is {places}"
    if len(right) == 2 and abs(got[0] - sum(a for a, _ in right) / 2) < 0.1 * abs(right[0][0] - right[1][0]):
        either += "; yours is between the modes, which is forward KL's answer or a trap, not the nearest minimum"
    slopes = _pair(case, student.reverse_kl_slopes(*got, slope), "the slopes", given)
    if max(map(abs, slopes)) > 0.01:
        either += f"; your walk isn't over, at its end your slopes are ({slopes[0]:.3g}, {slopes[1]:.3g})"
    close(f"{case}, m{either}", got[0], wanted[0], 1e-4, given)
    hint = "; that is the variance" if math.isclose(got[1], wanted[1] ** 2, rel_tol=1e-3) else either
    close(f"{case}, s{hint}", got[1], wanted[1], 1e-4, given)


def judge(student: Any, rng: np.random.Generator) -> None:
    """Judge, without NumPy's warnings: a walk that runs away is told about in words."""
    with np.errstate(all="ignore"):
        _judge(student, rng)


def _judge(student: Any, rng: np.random.Generator) -> None:
    """Slopes for polynomial log-densities, known by moments; fits of one bell, a quartic well and two modes."""
    _check_slopes(student, "slopes: the docstring's example, p = N(0, 1)", 3.0, 2.0, [0.0, -1.0, 0.0, 0.0])
    m, s = float(rng.normal(0, 2)), float(rng.uniform(0.5, 2))
    centre, sd = float(rng.normal(0, 2)), float(rng.uniform(0.5, 2))
    _check_slopes(student, "slopes: p a bell", m, s, [centre / sd**2, -1 / sd**2, 0.0, 0.0])
    _check_slopes(student, "slopes: p a narrower bell of the same mean", m, s, [4 * m / s**2, -4 / s**2, 0.0, 0.0])
    c = [float(v) for v in rng.normal(0, 1, 3)]
    _check_slopes(student, "slopes: p skew, flat in places", m, s, [*c, -float(rng.uniform(0.5, 2))])
    _check_slopes(student, "slopes: a narrow q", m, 0.02, [*c, -1.0])

    # The formulas are written with numbers that are not the answer: his code can read what it is given.
    sd = float(rng.uniform(0.6, 2))
    centre = 1 + float(rng.uniform(1, 3)) * float(rng.choice([-1, 1]))
    _check_fit(
        student, "fit: p a bell", Formula("a + b * x", a=centre / sd**2, b=-1 / sd**2), (1.0, 1.0), [(centre, sd)],
        f"p = N({centre:.4g}, {sd:.4g}²)",
    )  # fmt: skip
    # log p = -k (x - centre)^4 / 4: at m = centre the slope in s is -1/s + 3 k s^3, which is 0 at (3 k)^(-1/4)
    k, start = float(rng.uniform(0.3, 1.5)), (centre + float(rng.uniform(0.3, 0.8)), float(rng.uniform(0.5, 1)))
    _check_fit(
        student, "fit: p a flat-bottomed well",
        _cubic(k * centre**3, -3 * k * centre**2, 3 * k * centre, -k), start,
        [(centre, (3 * k) ** -0.25)], f"log p = -{k:.4g} (x - {centre:.4g})^4 / 4",
    )  # fmt: skip
    named = "p = 1/2 N(-3, .5²) + 1/2 N(3, .5²)"
    _check_fit(
        student, "fit: the two villages", Formula("(3 * np.tanh(12 * x) - x) / 0.25"), (1.0, 1.0),
        [(-3.0, 0.5), (3.0, 0.5)], named,
    )  # fmt: skip
    # two modes 12 standard deviations apart and more: what one lends the other is below 1e-8
    middle, sd = float(rng.normal(0, 2)), float(rng.uniform(0.4, 0.6))
    half = sd * float(rng.uniform(6, 7))
    side = float(rng.choice([-1, 1]))
    start = (middle + side * half * float(rng.uniform(0.7, 1.1)), float(rng.uniform(0.4, 0.8)))

    steep = half / sd**2
    two = {"a": steep, "b": steep, "c": -steep * middle, "d": -1 / sd**2, "e": middle / sd**2}
    _check_fit(
        student, "fit: two modes elsewhere", Formula("a * np.tanh(b * x + c) + d * x + e", **two), start,
        [(middle - half, sd), (middle + half, sd)],
        f"p = 1/2 N({middle - half:.4g}, {sd:.4g}²) + 1/2 N({middle + half:.4g}, {sd:.4g}²)",
    )  # fmt: skip
