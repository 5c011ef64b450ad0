"""Where a function of one number rises, falls, rests and jumps, found by asking it.

On a mesh first, and between its points by halving. What a function does wholly between two neighbouring points of
the mesh is not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .quadrature import OracleError

REST, JUMP = 0, 2  # beside 1, rising, and -1, falling
TURNS = 64  # how often a function may turn: each way between is undone by itself
HALVINGS = 64  # from one step of the mesh to neighbouring numbers
ROUNDED = 16  # roundings: what two values may differ by where a function rests
NARROW = 1e-9  # of its value: by how much it may drift in all there
NEAR = 1e-8  # how far from its end a rest is looked at: does G leave it at once, or creep?

Numbers = Callable[[np.ndarray], np.ndarray]  # (n,) -> (n,)


class Trace(NamedTuple):
    """Points z (m+1,), rising, x (m+1,) = G(z), and for each cell between two of them which way G goes there.

    way (m,) is 1 or -1, REST or JUMP: a jump is a cell between two numbers with hardly any between.
    creeps (m,) says that rounding alone may have made it rest.
    """

    z: np.ndarray
    x: np.ndarray
    way: np.ndarray
    creeps: np.ndarray


def trace(G: Numbers, z: np.ndarray, rounding: float) -> Trace:
    """What G does along the mesh z (m+1,), rising; rounding is the relative one of its values.

    OracleError where it turns more than TURNS times.
    """
    jumps = np.empty((0, 2))
    for _ in range(3):  # once more: beside sign(0) = 0 there are two
        new = _jumps(G, z, G(z))
        jumps, z = np.concatenate([jumps, new]), np.union1d(z, new)
    jumps = jumps[np.argsort(jumps[:, 0])]
    rests, creeps = _rests(G, z, G(z), rounding)
    z = np.union1d(z, rests)
    still = _within(z, rests) | _within(z, jumps)
    z = np.union1d(z, _turns(G, z, G(z), still))
    x = G(z)
    still = _within(z, rests) | _within(z, jumps)
    level = np.flatnonzero((np.diff(x) == 0) & ~still)  # beside a turn G may round to the turn's own value
    spare = level + 1 - (np.append(still, True)[level + 1])
    z, x = np.delete(z, spare), np.delete(x, spare)
    way = np.where(_within(z, rests), REST, np.sign(np.diff(x)))
    way = np.where(_within(z, jumps), JUMP, way).astype(int)
    return Trace(z, x, way, _within(z, rests[creeps]))


def _within(z: np.ndarray, stretches: np.ndarray) -> np.ndarray:
    """Which cells of z lie within one of the stretches (k, 2), rising and apart."""
    if not len(stretches):
        return np.zeros(len(z) - 1, bool)
    i = np.maximum(np.searchsorted(stretches[:, 0], z[:-1], side="right") - 1, 0)
    return (stretches[i, 0] <= z[:-1]) & (z[1:] <= stretches[i, 1])


def _jumps(G: Numbers, z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Neighbouring numbers (k, 2) between which G jumps: a quarter of the cell's change is left there, or more.

    Looked for in cells that change by more than 4 times as much as one of their neighbours.
    """
    change = np.abs(np.diff(x))
    beside = np.concatenate([change[:1], change, change[-1:]])
    wide = np.diff(z) > 4 * np.spacing(np.abs(z[1:]))
    i = np.flatnonzero((change > 4 * np.minimum(beside[:-2], beside[2:])) & (change > 0) & wide)
    a, b, at_a, at_b = z[i], z[i + 1], x[i], x[i + 1]
    for _ in range(HALVINGS):
        middle = (a + b) / 2
        y = G(middle)
        left = np.abs(y - at_a) > np.abs(at_b - y)
        a, at_a = np.where(left, a, middle), np.where(left, at_a, y)
        b, at_b = np.where(left, middle, b), np.where(left, y, at_b)
    return np.stack([a, b], axis=1)[(np.abs(at_b - at_a) > change[i] / 4) & (a < b)]


def _rests(G: Numbers, z: np.ndarray, x: np.ndarray, rounding: float) -> tuple[np.ndarray, np.ndarray]:
    """Stretches (k, 2), of two cells or more, where G keeps its value; and which of them it leaves at a creep.

    relu(z) leaves 0 at once; tanh(30 z) comes to 1 so slowly that rounding makes a rest of what is none.
    """
    size = np.maximum(np.abs(x[:-1]), np.abs(x[1:]))
    flat = np.concatenate([[False], np.abs(np.diff(x)) <= ROUNDED * rounding * size, [False]])
    edges = np.flatnonzero(np.diff(flat.astype(int))).reshape(-1, 2)
    i, j = edges[edges[:, 1] - edges[:, 0] > 1].T
    drift = np.array([np.ptp(x[a : b + 1]) for a, b in zip(i, j, strict=True)])
    narrow = drift <= max(4 * ROUNDED * rounding, NARROW) * np.abs(x[i])
    i, j, drift = i[narrow], j[narrow], drift[narrow]
    creeps = drift > 4 * ROUNDED * rounding * np.abs(x[i])
    ends = []
    for k, beyond, side in ((i, np.maximum(i - 1, 0), -1), (j, np.minimum(j + 1, len(z) - 1), 1)):
        inside, outside, value = z[k], z[beyond], x[k]
        slack = ROUNDED * rounding * np.abs(value)
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            same = np.abs(G(middle) - value) <= slack
            inside, outside = np.where(same, middle, inside), np.where(same, outside, middle)
        left = np.clip(inside + side * NEAR * np.maximum(1, np.abs(inside)), z[0], z[-1])
        creeps |= (np.abs(G(left) - value) <= 2 * slack + 1e-290) & (k != beyond)
        ends.append(inside)
    return np.stack(ends, axis=1), creeps


def _turns(G: Numbers, z: np.ndarray, x: np.ndarray, still: np.ndarray) -> np.ndarray:
    """Where G turns between two cells that go opposite ways, neither of them still: (k,)."""
    way = np.sign(np.diff(x))
    i = np.flatnonzero((way[:-1] * way[1:] <= 0) & ~still[:-1] & ~still[1:])
    if len(i) > TURNS:
        raise OracleError(
            f"G turns {len(i)} times between z = {z[i[0]]:g} and {z[i[-1]]:g}; wanted {TURNS} at most"
        )
    up = np.where(way[i] == 0, -way[i + 1], way[i])[:, None]
    a, b, rows = z[i], z[i + 2], np.arange(len(i))
    for _ in range(HALVINGS):
        five = a[:, None] + (b - a)[:, None] * np.linspace(0, 1, 5)
        best = np.clip(np.argmax(up * G(five.ravel()).reshape(five.shape), axis=1), 1, 3)
        a, b = five[rows, best - 1], five[rows, best + 1]
    return (a + b) / 2
