"""Exercise 10: JS = (V + log 4) / 2, with its standard error."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigan.exercises import close, parts, wrong

HINTS = (
    "Make two arrays of gains first: log D for each real note, log(1 - D) for each fake. Everything else is "
    "means and variances of these two. And note that 1 - D of a logit s is D of the logit -s.",
    "log D = -log(1 + exp(-s)) overflows for s = -1000. np.logaddexp(0, -s) is log(exp(0) + exp(-s)), computed "
    "so that nothing overflows. The standard error of V is sqrt(var_real / n + var_fake / m), with var(ddof=1).",
    "won = -np.logaddexp(0, -real) and kept = -np.logaddexp(0, fake); JS is (won.mean() + kept.mean() + log 4) "
    "/ 2, and its standard error half of sqrt(won.var(ddof=1) / n + kept.var(ddof=1) / m).",
)
ANSWER = ("jensen_shannon",)
WHY = """
The perfect critic's gain is V = -log 4 + 2 JS, so JS can be read off a bill: nobody had to know p or q. For a
critic that isn't perfect V is smaller, and with it the estimate: what you get is a floor under JS, on notes that
she hasn't learned from. (On her own training notes it may be anything up to log 2, see lesson 09.) In bits it is
what one note tells, on average, of its label.

Common mistakes: forgetting log 4, or the half; one mean over all notes, which weighs the two heaps by their
sizes; log of a sigmoid, which is log 0 for a critic that is sure; D clipped away from 0, which makes the surest
mistakes cheap and the floor no floor; the standard error of V for that of JS; cutting the estimate off at 0,
after which it is too large on average.
"""


def jensen_shannon(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """(JS, standard error) in nats from D's logits: real (n,), fake (m,)."""
    won, kept = -np.logaddexp(0, -real), -np.logaddexp(0, fake)
    js = (won.mean() + kept.mean() + math.log(4)) / 2
    return float(js), math.sqrt(won.var(ddof=1) / len(won) + kept.var(ddof=1) / len(kept)) / 2


def _gains(logits: list[float]) -> list[float]:
    return [s - math.log1p(math.exp(s)) if s < 0 else -math.log1p(math.exp(-s)) for s in logits]


def _by_loop(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """The oracle for any logits: note by note, exact sums, squares taken about the mean."""
    total, variance = 2 * math.log(2), 0.0
    for heap in (_gains(real.tolist()), _gains((-fake).tolist())):
        mean = math.fsum(heap) / len(heap)
        total += mean
        variance += math.fsum((g - mean) ** 2 for g in heap) / (len(heap) - 1) / len(heap)
    return total / 2, math.sqrt(variance) / 2


def _exact(shift: float) -> float:
    """The oracle for perfect critics: JS of N(0, 1) and N(shift, 1), from its definition, as a sum over a mesh."""
    x = np.arange(-12, 12 + shift, 0.01)
    p, q = (np.exp(-((x - c) ** 2) / 2) / math.sqrt(2 * math.pi) for c in (0.0, shift))
    return float((p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q))).sum()) * 0.01 / 2


def _guess(got: Any, real: np.ndarray, fake: np.ndarray) -> str:
    """A word on what a wrong estimate might be, or nothing."""
    js = _by_loop(real, fake)[0]
    v, both = 2 * js - math.log(4), _gains(real.tolist()) + _gains((-fake).tolist())
    known = [
        (v, "that is V; JS = (V + log 4) / 2"),
        (v + math.log(4), "that is 2 JS; is the half missing?"),
        (v / 2, "has log 4 been forgotten?"),
        ((v + math.log(2)) / 2, "log 4 is to be added, not log 2"),
        (js / math.log(2), "that is in bits; nats are asked for"),
        (math.fsum(both) / len(both) + math.log(2), "that is one mean over all notes; V is the sum of two means"),
        (max(js, 0.0), "nothing is to be cut off at 0"),
    ]
    if not math.isfinite(got):
        return ": log 0 or an overflow; np.logaddexp(0, s) is log(1 + exp(s)) without either"
    if math.isclose(got, js, rel_tol=1e-9, abs_tol=1e-9):
        return ""
    for value, words in known:
        if math.isclose(got, value, rel_tol=1e-9, abs_tol=1e-12):
            return f": {words}"
    return ": nearly; is D clipped, or a little added to it?" if abs(got - js) < 1e-5 else ""


def _about(se: Any, wanted: float, real: np.ndarray, fake: np.ndarray) -> str:
    """A word on a wrong standard error, or nothing."""
    if not isinstance(se, int | float | np.number) or wanted == 0:
        return ""
    heaps = _gains(real.tolist()), _gains((-fake).tolist())
    known = [
        (2 * wanted, "that is V's; JS is half of V + log 4"),
        (wanted**2, "that is the variance; take the root"),
        (math.sqrt(sum(float(np.var(h)) / len(h) for h in heaps)) / 2, "variances divide by n - 1 (ddof=1)"),
        (math.sqrt(sum(float(np.var(h, ddof=1)) for h in heaps)) / 2, "that is the spread of single notes, not of "
         "their mean: over n and m"),
    ]  # fmt: skip
    return next((f": {words}" for value, words in known if math.isclose(se, value, rel_tol=1e-7)), "")


def judge(student: Any, rng: np.random.Generator) -> None:
    """The example, three secret shifts, a critic asleep, one too sure, one who is wrong, one upside down."""
    cases: list[tuple[str, np.ndarray, np.ndarray, float | None]] = [
        ("the docstring's example", np.array([0.0, 2.0]), np.array([0.0, -2.0]), None)
    ]
    for _ in range(3):
        shift = float(rng.uniform(0.5, 4))
        n, m = (int(k) for k in rng.integers(3000, 6000, 2))
        m += 1 if n == m else 0
        x, y = rng.standard_normal(n), rng.standard_normal(m) + shift
        real, fake = (shift * shift / 2 - shift * v for v in (x, y))
        cases.append((f"a perfect D at shift {shift:.4g}, {n} real and {m} fake", real, fake, shift))
    few, more = rng.normal(0, 2, 5), rng.normal(0, 2, 9)
    cases += [
        ("5 real, 9 fake, any logits", few, more, None),
        ("a D asleep, all logits 0", np.zeros(4), np.zeros(6), None),
        ("a D that is sure and right, logits 1000 and -1000", np.full(3, 1000.0), np.full(4, -1000.0), None),
        ("a D that is sure and once wrong", np.array([1000.0, -1000.0, 3.0]), np.array([-1000.0, -2.0]), None),
        ("a D upside down", -np.abs(few), np.abs(more), None),
    ]
    for case, real, fake, secret in cases:
        kept, n, m = (real.copy(), fake.copy()), len(real), len(fake)
        with np.errstate(all="ignore"):
            pair = student.jensen_shannon(real, fake)
        parts(case, pair, 2, "two numbers, (JS, standard error)")
        if not (np.array_equal(real, kept[0]) and np.array_equal(fake, kept[1])):
            wrong(f"{case}: your function changed its arrays; leave them as they are")
        wanted, got, se = _by_loop(*kept), pair[0], pair[1]
        number = isinstance(got, int | float | np.number)
        words = _guess(float(got), *kept) if number else ""
        if secret is not None and number:
            truth, away = _exact(secret), abs(float(got) - _exact(secret)) / wanted[1]
            if not away <= 4.4:
                wrong(
                    f"{case}{words}: JS is {truth:.6g} nats, and {float(got):.6g} is {away:.1f} standard errors "
                    f"of {wanted[1]:.2g} away; 4.4 are allowed"
                )
        given = f"real = {_show(kept[0])}, fake = {_show(kept[1])}" if n < 20 else ""
        close(f"{case}, JS{words}", got, wanted[0], 1e-9, given)
        close(f"{case}, the standard error{_about(se, wanted[1], *kept)}", se, wanted[1], 1e-9, given)


def _show(a: np.ndarray) -> str:
    return "[" + ", ".join(f"{v:.4g}" for v in a) + "]"
