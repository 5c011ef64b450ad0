"""Exercise 18: nearest neighbours both ways."""

from __future__ import annotations

import math
from statistics import median
from typing import Any

import numpy as np

from minigan.exercises import close, parts, wrong

HINTS = (
    "Three searches, and each asks 'from whom to whom?'. The median is over those who ask. Which set asks in r1, "
    "which in r2? And which of the three searches knows nothing of the samples?",
    "For one query: difference = references - query, of shape (m, d); then the root of the sum of squares of "
    "each row, then the least. Turn both arrays into floats first: bytes can't go below 0.",
    "The distances: np.array([np.sqrt(((references - q) ** 2).sum(axis=1)).min() for q in queries]). With it, "
    "unit = np.median(nearest_distances(held_out, train)); raise ValueError if it is 0. r1 is the same from "
    "samples to train, r2 from held_out to samples, each over unit.",
)
ANSWER = ("nearest_distances", "neighbour_ratios")
WHY = """
r1 asks each sample how far it is from what was seen in training: copies give 0. r2 asks each new image whether
the samples know anything like it: one image repeated, or copies under noise, leave new images alone and r2
rises. The unit is what new images get, so a perfect sampler has 1 and 1.

Common mistakes: the search turned round (from samples to held-out images: what the samples leave out, nobody
misses); the mean, which one lost image moves, in the place of the median; squared distances, whose ratio is
squared as well, or the root after the median, another number when two are averaged; bytes subtracted as bytes,
where 3 - 5 = 254; and |a|^2 - 2ab + |b|^2 without care, fast, but far from 0 the three large terms cancel and a
copy gets a distance, or nan.
"""


def nearest_distances(queries: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Euclidean distance (n,) from each of queries (n, d) to the nearest of references (m, d)."""
    queries, references = np.asarray(queries, float), np.asarray(references, float)
    return np.array([np.sqrt(((references - query) ** 2).sum(axis=1)).min() for query in queries])


def neighbour_ratios(samples: np.ndarray, train: np.ndarray, held_out: np.ndarray) -> tuple[float, float]:
    """(samples to train, held-out to samples): median distances over that from held-out to train."""
    unit = np.median(nearest_distances(held_out, train))
    if unit == 0:
        raise ValueError("half of held_out or more is in train: nothing was held out")
    there, back = nearest_distances(samples, train), nearest_distances(held_out, samples)
    return float(np.median(there) / unit), float(np.median(back) / unit)


def _loop(queries: np.ndarray, references: np.ndarray) -> list[float]:
    """The oracle: math.dist, one pair at a time."""
    those = references.tolist()
    return [min(math.dist(query, other) for other in those) for query in queries.tolist()]


def _ratios(samples: np.ndarray, train: np.ndarray, held_out: np.ndarray) -> tuple[float, float]:
    unit = median(_loop(held_out, train))
    return median(_loop(samples, train)) / unit, median(_loop(held_out, samples)) / unit


def _call(function: Any, case: str, *arrays: np.ndarray) -> Any:
    """The student's answer, once it is known that it left the arrays alone."""
    kept = [a.copy() for a in arrays]
    with np.errstate(all="ignore"):
        got = function(*arrays)
    if not all(np.array_equal(a, b) for a, b in zip(arrays, kept, strict=True)):
        wrong(f"{case}: your function changed an array that it was given; leave the caller's as they are")
    return got


def _guess(which: int, got: Any, samples: np.ndarray, train: np.ndarray, held_out: np.ndarray) -> str:
    """A word on what a wrong ratio might be, or nothing."""
    there, back, unit = _loop(samples, train), _loop(held_out, samples), _loop(held_out, train)
    asked, m = (there, back)[which], median(unit)
    wanted = median(asked) / m
    known = [
        (median((back, there)[which]) / m, "that is the other ratio: r1 comes first"),
        (wanted**2, "that is a ratio of squared distances; take the root"),
        ((sum(asked) / len(asked)) / (sum(unit) / len(unit)), "those are means; medians are asked for"),
        (1 / wanted if wanted else math.inf, "that is upside down; the unit belongs below"),
        (median(asked), "that is the median distance; divide it by the unit"),
        (median(_loop(train, samples)) / m, "that is from training images to samples"),
        (median(_loop(samples, held_out)) / m, "that is from samples to held-out images"),
        (
            math.sqrt(median(d * d for d in asked) / median(d * d for d in unit)),
            "did you take the median of squares, then the root? With an even number that is another one",
        ),
    ]
    for value, words in known:
        if math.isclose(got, value, rel_tol=1e-9) and not math.isclose(got, wanted, rel_tol=1e-9):
            return f": {words}"
    return ""


def judge(student: Any, rng: np.random.Generator) -> None:
    """Distances: the example, sizes, one row, bytes, copies far from 0. Then the ratios of eight samplers."""
    d = int(rng.integers(3, 8))
    n, m, h = (int(k) for k in rng.choice(np.arange(10, 30), 3, replace=False))
    scale = np.linspace(1, 4, d)  # a skewed cloud, so that means and medians part
    clouds = [rng.gamma(1.0, 1.0, (k, d)) * scale for k in (n, m, h)]
    bytes_ = [rng.integers(0, 256, (k, d)).astype(np.uint8) for k in (n, m, h)]
    far = clouds[1] + 1e8
    near = far[rng.permutation(m)[:9]] + np.repeat([0.0, 0.1], [5, 4])[:, None]
    cases = [
        ("the docstring's example", np.array([[0, 0], [3, 5]]), np.array([[3, 4], [6, 8]])),
        (f"{n} queries, {m} references, {d} columns", clouds[0], clouds[1]),
        ("one query", clouds[0][:1], clouds[1]),
        ("one reference", clouds[0], clouds[1][:1]),
        ("one column", clouds[0][:, :1], clouds[1][:, :1]),
        ("bytes (uint8, where 3 - 5 is 254)", bytes_[0], bytes_[1]),
        ("copies, and nearly copies, of references that are far from 0", near, far),
    ]
    for case, queries, references in cases:
        given = f"queries {queries.dtype} {queries.shape}, references {references.shape}"
        got = _call(student.nearest_distances, f"nearest_distances, {case}", queries, references)
        close(f"nearest_distances, {case}", got, _loop(queries, references), 1e-9, given)

    samples, train, held_out = clouds
    noisy = train + rng.normal(0, 1, train.shape)
    even = [a[: len(a) // 2 * 2] for a in clouds]
    games: list[tuple[Any, ...]] = [
        ("the docstring's example", *(np.array([[float(v)] for v in vs]) for vs in ((1, 9), (0, 10), (2, 6, 13)))),
        ("an honest sampler", samples, train, held_out),
        ("even numbers of all three", *even),
        ("a copier, whose r1 is 0", train[rng.permutation(m)], train, held_out),
        ("a copier with noise", noisy, train, held_out),
        ("one held-out image for ever", np.repeat(held_out[:1], n, axis=0), train, held_out),
        ("bytes (uint8)", *bytes_),
        ("one sample", samples[:1], train, held_out),
    ]
    for case, *arrays in games:
        pair = _call(student.neighbour_ratios, f"neighbour_ratios, {case}", *arrays)
        parts(f"neighbour_ratios, {case}", pair, 2, "two numbers, (r1, r2)")
        for which, name in enumerate(("r1", "r2")):
            hint = _guess(which, pair[which], *arrays) if isinstance(pair[which], int | float | np.number) else ""
            shapes = ", ".join(str(a.shape) for a in arrays)
            close(f"{name} of {case}{hint}", pair[which], _ratios(*arrays)[which], 1e-9, f"shapes {shapes}")
    try:
        got = _call(student.neighbour_ratios, "held-out images from the training set", samples, train, train[:5])
    except ValueError:
        return
    wrong(f"held-out images that are in the training set, unit 0: wanted a ValueError, got {got!r:.80}")
