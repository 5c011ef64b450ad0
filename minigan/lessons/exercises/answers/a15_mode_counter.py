"""Exercise 15: modes found, high-quality share and reverse KL, edge cases included."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigan.exercises import close, parts, wrong

HINTS = (
    "Three questions in this order: which centre is each sample nearest to, is it good, and how many good ones "
    "has each mode? Only then shares.",
    "Distances of all to all are an array (n, K): np.linalg.norm(samples[:, None] - centres, axis=2). argmin "
    "along axis 1 says where each belongs; compare its own distance with 3 * sd[of that mode].",
    "counts = np.bincount(mode[good], minlength=len(centres)). If counts.sum() is 0, return (0, 0.0, inf). Else "
    "q = counts / counts.sum(), and sum q * log(q / weights) over the modes with q > 0.",
)
ANSWER = ("count_modes",)
WHY = """
Nearest first, then the judgement by that mode's own sd: the other order gives a wide mode the good samples of its
narrow neighbour. The reverse KL looks at the good samples only, so it says nothing where there are none; inf is a
convention, chosen because a 0 there would crown the worst generator of all. And bincount needs its minlength, or
the modes beyond the last one found are missing from the shapes.

Common mistakes: dividing the high-quality share by the good samples, which is always 1; counting a mode as found
because samples are *nearest* to it, good or not; KL the other way round, which is inf as soon as one mode is
missing; uniform weights where others were given; 0 log 0 = nan.
"""


def count_modes(
    samples: np.ndarray, centres: np.ndarray, sd: np.ndarray, weights: np.ndarray
) -> tuple[int, float, float]:
    """(modes found, high-quality share, reverse KL in nats); inf where no sample is good."""
    distance = np.linalg.norm(samples[:, None] - centres, axis=2)  # (n, K)
    mode = distance.argmin(axis=1)
    good = distance[np.arange(len(samples)), mode] < 3 * sd[mode]
    counts = np.bincount(mode[good], minlength=len(centres))
    if not good.any():
        return 0, 0.0, float("inf")
    q = counts / counts.sum()
    has = q > 0
    return int(has.sum()), float(good.mean()), float((q[has] * np.log(q[has] / weights[has])).sum())


def _by_loop(x: list, centres: list, sd: list, weights: list) -> tuple[int, float, float]:
    """The oracle: one sample at a time, and the KL as code lengths in bits."""
    tally: dict[int, int] = {}
    for point in x:
        own, least = 0, math.inf
        for k, centre in enumerate(centres):
            d = math.dist(point, centre)
            if d < least:
                own, least = k, d
        if least < 3 * sd[own]:
            tally[own] = tally.get(own, 0) + 1
    n = sum(tally.values())
    if n == 0:
        return 0, 0.0, math.inf
    bits = math.fsum(c / n * (math.log2(c) - math.log2(n) - math.log2(weights[k])) for k, c in tally.items())
    return len(tally), n / len(x), bits * math.log(2)


def _draw(rng: np.random.Generator, centres: np.ndarray, sd: np.ndarray, counts: Any) -> np.ndarray:
    """counts[k] samples around centre k, none within 1 % of the border of its 3 sd."""
    rows = []
    for k, count in enumerate(counts):
        for _ in range(int(count)):
            way = rng.standard_normal(centres.shape[1])
            radius = rng.choice([rng.uniform(0, 2.97), rng.uniform(3.03, 6.0)], p=[0.8, 0.2])
            rows.append(centres[k] + radius * sd[k] * way / np.linalg.norm(way))
    return np.array(rows).reshape(-1, centres.shape[1])


def judge(student: Any, rng: np.random.Generator) -> None:
    """Plain, unequal weights and widths, some or all modes missing, the border, one sample, three dimensions."""
    K = int(rng.integers(4, 8))
    angle = 2 * np.pi * np.arange(K) / K
    ring = 3.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    narrow, equal, skew = np.full(K, 0.1), np.full(K, 1 / K), rng.dirichlet(np.full(K, 3.0)) * 0.9 + 0.1 / K
    counts = rng.integers(3, 12, K)
    missing = counts.copy()
    missing[[0, K - 1]] = 0
    far = _draw(rng, ring, narrow, counts) * 1.7
    line, widths, halves = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([1.0, 0.05]), np.array([0.5, 0.5])
    mixed = np.array([[0.9, 0.0], [0.7, 0.0], [0.2, 0.1], [0.99, 0.0]])  # the second, in sd, belongs to the first
    edge = np.array([[0.75, 0.0], [2.25, 0.0], [0.5, 0.0], [2.0, 0.125]])  # exactly 3 sd of .25 off, twice
    solid = rng.normal(0, 4, (5, 3))
    example = np.array([[0.0, 0.1], [4.0, 0.2], [4.1, 0.0], [4.0, 3.0], [1.9, 0.0]])
    cases: list[tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = [
        ("the docstring's example", example, np.array([[0.0, 0.0], [4.0, 0.0]]), np.full(2, 0.1), halves),
        (f"a ring of {K}, equal weights", _draw(rng, ring, narrow, counts), ring, narrow, equal),
        ("unequal weights", _draw(rng, ring, narrow, counts), ring, narrow, skew),
        ("the first and the last mode missing", _draw(rng, ring, narrow, missing), ring, narrow, skew),
        ("no good sample at all", far, ring, narrow, equal),
        ("one sample, good", ring[K - 1 :] + 0.01, ring, narrow, skew),
        ("a mode with bad samples only", np.concatenate([_draw(rng, ring, narrow, missing), ring[:1] * 1.2]), ring,
         narrow, skew),
        ("a wide mode beside a narrow one", mixed, line, widths, np.array([0.7, 0.3])),
        ("two samples at exactly 3 sd", edge, np.array([[0.0, 0.0], [1.5, 0.0]]), np.full(2, 0.25), halves),
        ("three dimensions", _draw(rng, solid, np.full(5, 0.02), [4, 0, 7, 1, 2]), solid, np.full(5, 0.02),
         np.array([0.1, 0.1, 0.2, 0.2, 0.4])),
    ]  # fmt: skip
    for case, *arguments in cases:
        kept = [a.copy() for a in arguments]
        with np.errstate(all="ignore"):  # a warning on the way to the right answer is no mistake
            got = student.count_modes(*arguments)
        parts(case, got, 3, "(modes found, high-quality share, reverse KL)")
        if not all(np.array_equal(a, b) for a, b in zip(arguments, kept, strict=True)):
            wrong(f"{case}: your function changed an argument; leave the caller's arrays as they are")
        wanted = _by_loop(*(a.tolist() for a in kept))
        given = f"{len(kept[0])} samples, K = {len(kept[1])}, sd = {_show(kept[2])}, weights = {_show(kept[3])}"
        for name, have, want in zip(("modes found", "high-quality share", "reverse KL"), got, wanted, strict=True):
            close(f"{case}, {name}{_guess(name, have, want, *kept)}", have, want, 1e-9, given)


def _guess(name: str, have: Any, want: float, x: Any, centres: Any, sd: Any, weights: Any) -> str:
    """A word on what a wrong number might be, or nothing."""
    try:
        have = float(have)
    except (TypeError, ValueError):
        return ""
    everyone = _by_loop(x.tolist(), centres.tolist(), [1e9] * len(sd), weights.tolist())
    if name == "modes found" and have == everyone[0] != want:
        return ": that counts modes with any sample; a good one is asked for"
    if name == "high-quality share" and have == 1 and want < 0.5:
        return ": the share is of all samples, not of the good ones"
    if name != "reverse KL":
        return ""
    if math.isinf(want):
        return ": where no sample is good it is inf, by definition"
    if math.isnan(have):
        return ": nan is 0 log 0; leave out the modes without good samples"
    if math.isinf(have):
        return ": q comes first in KL(q, weights); a mode without samples adds 0"
    flat = _by_loop(x.tolist(), centres.tolist(), sd.tolist(), [1 / len(sd)] * len(sd))[2]
    own = np.linalg.norm(x[:, None] - centres, axis=2)
    mode, good = own.argmin(axis=1), own.min(axis=1) < 3 * sd[own.argmin(axis=1)]
    with np.errstate(divide="ignore"):
        forward = float(
            (weights * np.log(weights / np.bincount(mode[good], minlength=len(sd)) * good.sum())).sum()
        )
    known = (
        (forward, "that is KL(weights, q), forward; q comes first in the reverse one"),
        (everyone[2], "those are the shares of all samples; of the good ones is asked"),
        (flat, "that is against equal weights"),
        (want / math.log(2), "that is in bits"),
    )
    for value, words in known:
        if math.isclose(have, value, rel_tol=1e-7) and not math.isclose(have, want, rel_tol=1e-7):
            return f": {words}"
    return ""


def _show(a: np.ndarray) -> str:
    return "[" + ", ".join(f"{v:.3g}" for v in a) + "]"
