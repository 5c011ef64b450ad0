"""Exercise 17: a reshape on the way to D, and a reshape on the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "G knows nothing of packs: call it once, on z as it is, and get B different fakes. Only what D sees changes, "
    "from (B, d) to (B / m, m d). In which order does NumPy keep the numbers of an array?",
    "Neighbouring rows of a (B, d) array lie one after the other in memory, so x.reshape(B // m, m * d) puts m of "
    "them side by side. Back from packs to samples is the reshape the other way; nothing is added or averaged.",
    "np.logaddexp(0, -s) is -log sigmoid(s). G's slope at a fake pack's logit is -sigmoid(-s) / R, R = B // m; "
    "times D's slope at that pack it is (R, m d), and .reshape(B, d) makes it the fakes'.",
)
ANSWER = ("packed_round",)
WHY = """
A reshape moves no number, it only draws other borders: sample i stands in pack i // m, forth and back, so the
backward of packing is the same reshape in reverse. Each fake gets a slope of its own, for D's opinion of the pack
depends on each of them differently, and on who its neighbours are: that is how G learns to be diverse.

Common mistakes: G is packed too (one fake repeated m times, or one slope for the whole pack), and then D is shown
twins and the cure is undone; reshape(m, ...) and a transpose, which puts samples r, r + R, ... together, or mixes
coordinates; a mean over samples instead of packs, off by m; packs that are half real and half fake, which no
label fits.
"""


def packed_round(
    z: np.ndarray, real: np.ndarray, m: int, G: Callable, D: Callable
) -> tuple[float, float, np.ndarray]:
    """(D's loss, G's loss, dL_G / dfakes (B, d)), in nats, means over the B / m packs."""
    B, d = real.shape
    if B % m:
        raise ValueError(f"{B} samples do not fill packs of {m}")
    s_real, _ = D(real.reshape(B // m, m * d))
    s_fake, slope = D(G(z).reshape(B // m, m * d))
    d_loss = np.logaddexp(0, -s_real).mean() + np.logaddexp(0, s_fake).mean()
    g_loss = np.logaddexp(0, -s_fake).mean()
    weight = -np.exp(-np.logaddexp(0, s_fake)) / (B // m)
    return float(d_loss), float(g_loss), (weight[:, None] * slope).reshape(B, d)


def _networks(rng: np.random.Generator, k: int, d: int, m: int, bias: float) -> tuple[Callable, ...]:
    """(G, D, D's logit of one pack): a G that bends, and a D that sees how a pack's samples belong together."""
    A, shift = rng.standard_normal((k, d)), rng.standard_normal(d)
    w, V = rng.standard_normal(m * d), rng.standard_normal((m * d, m * d))

    def G(z: np.ndarray) -> np.ndarray:
        z = np.asarray(z, float)
        if z.ndim != 2 or z.shape[1] != k:
            raise ValueError(f"G takes z of shape (rows, {k}), one row a fake, not {z.shape}")
        return np.tanh(z @ A) + shift

    def logit(pack: np.ndarray) -> Any:
        return bias + pack @ w + pack @ V @ pack

    def D(packs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        packs = np.asarray(packs, float)
        if packs.ndim != 2 or packs.shape[1] != m * d:
            raise ValueError(f"D takes packs of shape (rows, {m * d}) for m = {m}, d = {d}, not {packs.shape}")
        return np.array([logit(p) for p in packs]), w + packs @ (V + V.T)

    return G, D, logit


def _by_loop(z: list, real: list, m: int, G: Callable, logit: Callable) -> tuple[float, float, np.ndarray]:
    """The oracle: pack by pack with lists, and G's slope by an imaginary step at one number after another."""
    B, d, h = len(real), len(real[0]), 1e-30
    fakes = [list(map(float, G(np.array([row]))[0])) for row in z]

    def pay(s: complex, sign: float) -> complex:
        t = sign * s  # log(1 + e^t)
        large = t.real > 0
        tail = np.log1p(np.exp(-t if large else t))
        return complex(t + tail if large else tail)

    def total(samples: list, sign: float) -> complex:
        packs = [[number for row in samples[r * m : r * m + m] for number in row] for r in range(B // m)]
        return sum(pay(complex(logit(np.array(p))), sign) for p in packs) / len(packs)

    slope = np.zeros((B, d))
    for i in range(B):
        for j in range(d):
            moved: list = [list(row) for row in fakes]
            moved[i][j] += 1j * h
            slope[i, j] = total(moved, -1).imag / h
    return (total(real, -1) + total(fakes, 1)).real, total(fakes, -1).real, slope


def _guess(got: Any, wanted: np.ndarray, m: int) -> str:
    """A word on what a wrong slope might be, or nothing."""
    try:
        got = np.asarray(got, float)
    except (TypeError, ValueError):
        return ""
    B, d = wanted.shape
    same = np.repeat(wanted.reshape(B // m, m, d).mean(axis=1), m, axis=0)
    for value, words in (
        (wanted.reshape(B // m, m * d), "that is the slope at the packs; the fakes' own is (B, d)"),
        (wanted / m, "that is 1/m of it; the loss is a mean over packs, not samples"),
        (-wanted, "only the sign is wrong"),
        (same, "each fake of a pack has the pack's mean slope; each has its own"),
    ):
        right = got.shape == wanted.shape and np.allclose(got, wanted)
        if not right and got.shape == value.shape and np.allclose(got, value):
            return f": {words}"
    return ""


def _check(student: Any, case: str, z: np.ndarray, real: np.ndarray, m: int, nets: tuple) -> None:
    G, D, logit = nets
    kept, given = (z.copy(), real.copy()), f"z {z.shape}, real {real.shape}, m = {m}"
    found = student.packed_round(z, real, m, G, D)
    if found is None:
        wrong(f"{case}: your function returned None; is there a return statement?")
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        wrong(f"{case}: wanted (D's loss, G's loss, slope), got {type(found).__name__} {found!r:.60}")
    if not (np.array_equal(z, kept[0]) and np.array_equal(real, kept[1])):
        wrong(f"{case}: your function changed z or real; leave the caller's arrays as they are")
    d_loss, g_loss, slope = _by_loop(z.tolist(), real.tolist(), m, G, logit)
    close(f"D's loss, {case}", found[0], d_loss, 1e-9, given)
    close(f"G's loss, {case}", found[1], g_loss, 1e-9, given)
    hint = "" if found[2] is None else _guess(found[2], slope, m)
    close(f"G's slope at the fakes, {case}{hint}", found[2], slope, 1e-9, given)


def judge(student: Any, rng: np.random.Generator) -> None:
    """The example, packs of several sizes, one pack, no packing, far logits, and packs that don't fill."""
    z = np.array([[1.0], [2.0], [3.0], [4.0]])
    line = lambda pack: pack @ np.array([1.0, -1.0])  # noqa: E731
    pair = (lambda z: z, lambda packs: (line(packs), np.tile([1.0, -1.0], (len(packs), 1))), line)
    _check(student, "the docstring's example", z, np.zeros((4, 1)), 2, pair)
    k, d = int(rng.integers(1, 4)), int(rng.integers(2, 4))
    for case, packs, m, bias in (
        ("packs of 2", int(rng.integers(3, 6)), 2, 0.0),
        ("packs of 3", int(rng.integers(2, 5)), 3, 0.0),
        ("a single pack", 1, 4, 0.0),
        ("m = 1, the plain game", 5, 1, 0.0),
        ("logits near 1000", 2, 2, 1000.0),
        ("logits near -1000", 2, 2, -1000.0),
    ):
        nets = _networks(rng, k, d, m, bias)
        B = packs * m
        _check(student, case, rng.standard_normal((B, k)), rng.standard_normal((B, d)), m, nets)
    B, m = 7, 3
    G, D, _ = _networks(rng, k, d, m, 0.0)
    try:
        found = student.packed_round(rng.standard_normal((B, k)), rng.standard_normal((B, d)), m, G, D)
    except ValueError:
        return
    wrong(f"7 samples in packs of 3: wanted a ValueError, got {found!r:.60}; who is left out?")
