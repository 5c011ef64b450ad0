"""The answer to exercise 8, its hints and its judge."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "Don't differentiate G. For each cell you need three numbers only: its probability, and the lower and the "
    "upper end of where G takes it, np.minimum and np.maximum of neighbours in x = G(z).",
    "Ask first for something simpler than a bin: which share of a cell arrives to the left of one edge e? It "
    "is (e - low) / (high - low), cut to lie between 0 and 1 (np.clip); for a cell with high == low it is 0 or "
    "1. What is in a bin is the difference of two such numbers.",
    "share = np.clip((edges[:, None] - low) / width, 0, 1) is (k+1, m), width = np.maximum(high - low, 1e-300) "
    "keeps a flat cell from dividing by 0, share @ mass is the cdf at the edges, and np.diff of that over "
    "np.diff(edges) is the answer.",
)
ANSWER = ("density",)
WHY = """
Probability is what G carries; density is only what results when it is laid down. A cell's probability is
known exactly, from the cdf, and arrives as a whole, so nothing is lost and nothing blows up: the integral is
1 whatever G does. The formula with 1/|G'| is the same thing for infinitely small cells, and at a fold, where
G' = 0, it divides by 0. Common mistakes: to sort x or to read P(Z <= z) as the cdf of x, which is right only
while G rises; to put a whole cell into the bin of its middle, which leaves gaps where G is steep; to give all
cells the same probability; to keep the sign of x[i+1] - x[i], so that falling pieces count as negative; to
divide the result by its sum, which hides what fell outside; to forget that bins have widths of their own.
"""


def density(G: Callable, cdf: Callable, z: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The density of G(z) in the bins between edges."""
    x, mass = G(z), np.diff(cdf(z))
    low, high = np.minimum(x[:-1], x[1:]), np.maximum(x[:-1], x[1:])
    width = np.maximum(high - low, 1e-300)  # a cell that G takes to one number is as narrow as can be
    share = np.clip((edges[:, None] - low) / width, 0, 1)  # (k+1, m): of each cell, left of each edge
    return np.diff(share @ mass) / np.diff(edges)


def by_overlaps(x: list[float], F: list[float], edges: list[float]) -> list[float]:
    """The oracle: what each cell gives to each bin, two loops and no cdf of x."""
    got = [0.0] * (len(edges) - 1)
    for i in range(len(x) - 1):
        a, b, mass = min(x[i], x[i + 1]), max(x[i], x[i + 1]), F[i + 1] - F[i]
        for j in range(len(got)):
            left, right = edges[j], edges[j + 1]
            if a == b:
                got[j] += mass / (right - left) if left < a < right else 0.0
            else:
                got[j] += mass * max(0.0, min(b, right) - max(a, left)) / (b - a) / (right - left)
    return got


def judge(student: Any, rng: np.random.Generator) -> None:
    def normal(z: np.ndarray) -> np.ndarray:
        return np.array([NormalDist().cdf(v) for v in np.asarray(z).ravel()]).reshape(np.shape(z))

    def uniform(z: np.ndarray) -> np.ndarray:
        return np.clip((np.asarray(z) + 1) / 2, 0, 1)

    def ask(G: Callable, cdf: Callable, z: np.ndarray, edges: np.ndarray) -> Any:
        with np.errstate(all="ignore"):
            return student.density(G, cdf, z.copy(), edges.copy())

    close(
        "the docstring's example", ask(np.abs, uniform, np.array([-1, 0, 0.5, 1]), np.array([0, 0.25, 1, 2])),
        [1, 1, 0], given="G = np.abs, z uniform on [-1, 1]",
    )  # fmt: skip

    # Straight lines have a closed form: a rising one and a falling one, in uneven bins.
    for way in (1, -1):
        slope, shift = way * rng.uniform(0.5, 2), rng.normal()
        z = np.sort(rng.uniform(-1, 1, 9))
        edges = np.sort(slope * rng.uniform(-0.9, 0.9, 6) + shift)
        inside = np.clip(edges, *sorted([slope * z[0] + shift, slope * z[-1] + shift]))
        close(
            f"a {'rising' if way > 0 else 'falling'} line, G(z) = {slope:.3f} z {shift:+.3f}, uniform z",
            ask(lambda z, a=slope, b=shift: a * z + b, uniform, z, edges),
            np.diff(inside) / (2 * abs(slope)) / np.diff(edges), given=f"edges {edges.round(3).tolist()}",
        )  # fmt: skip

    # A fold with a closed form: |z| of a normal z, in bins that end where cells do.
    half = np.concatenate([[0], np.sort(rng.uniform(0.1, 3, 8))])
    wanted = [
        2 * (NormalDist().cdf(b) - NormalDist().cdf(a)) / (b - a) for a, b in zip(half[:-1], half[1:], strict=True)
    ]
    got = ask(np.abs, normal, np.concatenate([-half[:0:-1], half]), half)
    close("G(z) = |z|, two branches on each other, z normal", got, wanted, given=f"edges {half.round(3).tolist()}")

    # Any G on a coarse mesh, far jumps and folds, bins that don't hold it all.
    for case in ("some G that folds", "some G that folds, and bins that are narrow against its cells"):
        z = np.sort(rng.normal(size=rng.integers(8, 30)))
        x = rng.normal(size=len(z)) * rng.uniform(0.5, 3)
        edges = np.sort(rng.uniform(x.min() - 0.3, x.max() * 0.7, 8 if case.endswith("folds") else 60))
        F = normal(z).tolist()
        close(case, ask(lambda z, x=x: x.copy(), normal, z, edges), by_overlaps(x.tolist(), F, edges.tolist()),
              given=f"{len(z) - 1} cells, {len(edges) - 1} uneven bins, z normal")  # fmt: skip

    # A flat stretch: a whole cell arrives at one number.
    z = np.array([-2.0, -1, 0.5, 2])
    x = np.array([0, rng.uniform(1.1, 1.9), 0, 3])
    x[2] = x[1]
    edges = np.array([-0.5, 1, 2, 4])
    got = ask(lambda z, x=x: x.copy(), normal, z, edges)
    if not np.isfinite(np.asarray(got, float)).all():
        wrong(f"G stands still on a cell, x = {x.round(3).tolist()}: wanted finite densities, got {got}")
    close(
        "G stands still on one cell, which then arrives at one number", got,
        by_overlaps(x.tolist(), normal(z).tolist(), edges.tolist()), given=f"G(z) = {x.round(3).tolist()}",
    )  # fmt: skip

    # A smooth fold against its closed form: G(z) = a z², chi-squared, where 1/|G'| has no bound.
    a = rng.uniform(0.5, 2)
    edges = a * np.array([0, 0.01, 0.1, 0.5, 1, 3])
    cdf = np.array([math.erf(math.sqrt(e / a / 2)) for e in edges])
    close(
        f"G(z) = {a:.3f} z², a smooth fold, 2,000 cells of a normal z",
        ask(lambda z: a * z**2, normal, np.linspace(-6, 6, 2001), edges) * np.diff(edges), np.diff(cdf), 1e-3,
        given=f"probabilities of the bins with edges {edges.round(3).tolist()}",
    )  # fmt: skip
