"""Exercise 4: KL of discrete distributions, with 0 log 0 = 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "Which outcomes count at all? Only those that happen under p. Look at them alone, and half of the trouble "
    "with zeros is gone.",
    "happens = p > 0 is an array of True and False; p[happens] and q[happens] leave the others out. Is some "
    "q[happens] 0? Then the answer is float('inf').",
    "On the outcomes with p > 0 take log(p) - log(q), not log(p / q): p / q can be too large for a float64 where "
    "both logarithms are harmless. Then sum p * (log p - log q).",
)
ANSWER = ("kl",)
WHY = """
p log(p / q) goes to 0 with p, so an outcome that never happens is left out. One that happens under p and never
under q has an infinite code word under q, and KL says so: adding 1e-10 to q, or skipping the place, turns
"impossible" into a mild figure, and the one fact that KL wanted to tell you is gone.

Common mistakes: q and p exchanged (KL isn't symmetric); log2, which gives bits; the mean over the outcomes, which
weighs them equally where p shall weigh them; np.nan_to_num over everything, which hides also what ought to be
seen; p / q, which overflows for a tiny q, where log p - log q doesn't.
"""


def kl(p: np.ndarray, q: np.ndarray) -> float:
    """KL(p, q) in nats: p (n,), q (n,); 0 log 0 = 0, and inf where q = 0 < p."""
    happens = p > 0
    p, q = p[happens], q[happens]
    if (q == 0).any():
        return float("inf")
    return float((p * (np.log(p) - np.log(q))).sum())


def _by_loop(p: np.ndarray, q: np.ndarray) -> float:
    """The oracle: code lengths in bits, one outcome at a time, summed exactly, then turned into nats."""
    terms = []
    for a, b in zip(p.tolist(), q.tolist(), strict=True):
        if a == 0:
            continue
        if b == 0:
            return math.inf
        terms += [a * math.log2(a), -a * math.log2(b)]
    return math.fsum(terms) * math.log(2)


def _guess(got: Any, p: np.ndarray, q: np.ndarray) -> str:
    """A word on what a wrong answer might be, or nothing."""
    try:
        got = float(got)
    except (TypeError, ValueError):
        return ""
    wanted = _by_loop(p, q)
    if math.isnan(got):
        return ": nan comes from 0 * inf or inf - inf; leave out the outcomes with p = 0 before any logarithm"
    if math.isinf(wanted):
        return ": an outcome that p has and q hasn't makes it inf" if math.isfinite(got) else ""
    if math.isinf(got):
        return ": every q here is above 0 where p is; a p / q that overflows, or a log 0 where p = 0?"
    known = [
        (_by_loop(q, p), "that is KL(q, p); p comes first"),
        (wanted / math.log(2), "that is in bits; nats are asked for"),
        (wanted / len(p), "that is the mean over the outcomes; the sum is asked for"),
        (-wanted, "only the sign is wrong"),
        (wanted - math.fsum(a * math.log(a) for a in p.tolist() if a), "that is the cross-entropy, -sum p log q"),
    ]
    for value, words in known:
        if math.isclose(got, value, rel_tol=1e-7, abs_tol=1e-12):
            return f": {words}"
    return ""


def judge(student: Any, rng: np.random.Generator) -> None:
    """No zeros, equal, zeros in p, in q, in both, in a tiny q; and two independent pairs, whose KLs must add."""
    n = int(rng.integers(4, 9))
    p, q = rng.dirichlet(np.full(n, 2.0)), rng.dirichlet(np.full(n, 2.0))
    i, j = (int(k) for k in rng.choice(n, 2, replace=False))

    def without(a: np.ndarray, *places: int) -> np.ndarray:
        a = a.copy()
        a[list(places)] = 0.0
        return a / a.sum()

    most = int(p.argmax())  # at least 1/8: p / q is then beyond float64
    tiny = without(q, most)
    tiny[most] = 1e-310
    one = np.zeros(n)
    one[i] = 1.0
    cases = [
        ("the docstring's example", np.array([0.9, 0.1]), np.array([0.5, 0.5])),
        (f"{n} outcomes, no zeros", p, q),
        ("q equal to p", p, p.copy()),
        (f"p[{i}] = 0", without(p, i), q),
        (f"p[{i}] = 0 and q[{i}] = 0", without(p, i), without(q, i)),
        (f"q[{j}] = 0 where p[{j}] > 0", p, without(q, j)),
        (f"p[{i}] = 0 and q[{j}] = 0 where p[{j}] > 0", without(p, i), without(q, j)),
        (f"p all on outcome {i}", one, q),
        (f"q[{most}] = 1e-310, tiny but not 0", p, tiny),
    ]
    for case, a, b in cases:
        given_a, given_b = a.copy(), b.copy()
        given = f"p = {_show(a)}, q = {_show(b)}"
        with np.errstate(all="ignore"):  # a warning on the way to the right answer is no mistake
            got = student.kl(a, b)
        if not (np.array_equal(a, given_a) and np.array_equal(b, given_b)):
            wrong(f"{case}: your function changed p or q; leave the caller's arrays as they are")
        wanted = _by_loop(given_a, given_b)
        close(f"{case}{'' if got is None else _guess(got, given_a, given_b)}", got, wanted, 1e-9, given)
    r, s = rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3))
    both = student.kl(np.outer(p, r).ravel(), np.outer(q, s).ravel())
    close("two independent draws at once, whose KLs add", both, _by_loop(p, q) + _by_loop(r, s), 1e-9)


def _show(a: np.ndarray) -> str:
    return "[" + ", ".join(f"{v:.4g}" for v in a) + "]"
