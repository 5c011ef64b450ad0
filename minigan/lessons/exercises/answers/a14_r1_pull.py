"""Exercise 14: R1's field for s(x) = psi1 x + psi2 x^2, on samples and on N(0, s^2)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "Two derivatives, in this order: first by x, which gives the slope of the logit at a bill, a formula in psi1, "
    "psi2 and x. Then R1, which is made of that slope, by psi1 and by psi2. What is the slope at x?",
    "The slope is g = psi1 + 2 psi2 x, and R1 = gamma/2 mean(g^2). By the chain rule dR1/dpsi is gamma times the "
    "mean of g dg/dpsi: what are dg/dpsi1 and dg/dpsi2? And the field goes downhill.",
    "r1_field: g = psi[0] + 2 * psi[1] * x, and -gamma * [mean of g, mean of g * 2 * x]. For the bell multiply "
    "out g * 2 x = 2 psi1 x + 4 psi2 x^2 first; under N(0, s^2) the mean of x is 0 and that of x^2 is s^2.",
)
ANSWER = ("r1_field", "r1_field_bell")
WHY = """
R1 reads the slope by x and is differentiated by psi: two derivatives by different things, one after the other. If
g = psi1 + 2 psi2 x, the field is -gamma (mean of g, mean of 2 x g). On a bell around 0 the two part, into (-gamma
psi1, -4 gamma s^2 psi2): R1 brakes the tilt psi1 equally hard wherever the bills lie, and the bend psi2 by the
width of the bills; not at all where all lie at 0, for there a parabola is flat. That is the Dirac-GAN: its one
brake is -gamma psi1.

Common mistakes: uphill, without the minus; 2 gamma, though the 1/2 in R1 is there to cancel that 2; the logit
squared, or the slope of the probability D, in place of the logit's slope; the sum over the bills, which brakes
harder with a larger batch; the square of the mean slope, where up and down would cancel; each psi for itself,
which is right on a bell around 0 and nowhere else; s where s^2 is meant.
"""


def r1_field(psi: np.ndarray, x: np.ndarray, gamma: float) -> np.ndarray:
    """-gradient by psi (2,) of gamma / 2 mean (psi1 + 2 psi2 x)^2, for bills x (n,)."""
    slope = psi[0] + 2 * psi[1] * x
    return -gamma * np.array([slope.mean(), (2 * x * slope).mean()])


def r1_field_bell(psi: np.ndarray, s: float, gamma: float) -> np.ndarray:
    """The same where x ~ N(0, s^2)."""
    return np.array([-gamma * psi[0], -4 * gamma * s**2 * psi[1]])


def _payment(psi: list[complex], x: list[float], share: list[float], gamma: float) -> complex:
    """gamma / 2 times the mean over weighted bills of the logit's squared slope, got by differences.

    The difference over +-1 is exact for a parabola: nothing of the derivative is written down here.
    """

    def s(at: float) -> complex:
        return psi[0] * at + psi[1] * at * at

    return gamma / 2 * sum(w * ((s(at + 1) - s(at - 1)) / 2) ** 2 for at, w in zip(x, share, strict=True))


def _downhill(psi: np.ndarray, x: np.ndarray, share: np.ndarray, gamma: float) -> np.ndarray:
    """The oracle: minus the payment's derivatives, each by a complex step, Im payment(psi + ih) / h."""
    field, h = [], 1e-30
    for k in range(2):
        moved = [complex(v) for v in psi.tolist()]
        moved[k] += 1j * h
        field.append(-_payment(moved, x.tolist(), share.tolist(), gamma).imag / h)
    return np.array(field)


def _guess(got: Any, wanted: np.ndarray, known: list[tuple[np.ndarray, str]]) -> str:
    """A word on what a wrong answer might be, or nothing."""
    try:
        got = np.asarray(got, float)
    except (TypeError, ValueError):
        return ""
    if got.shape != (2,) or np.allclose(got, wanted, rtol=1e-9, atol=1e-12):
        return ""
    shared = [
        (-wanted, "only the sign is wrong: the field goes downhill"),
        (2 * wanted, "twice too much: R1 has a 1/2 in front, for the 2 that comes down from the square"),
        (wanted / 2, "half of it: the 2 that comes down from the square cancels the 1/2"),
        (wanted[::-1], "the two are exchanged"),
    ]
    for value, words in [*shared, *known]:
        if np.allclose(got, value, rtol=1e-9, atol=1e-12):
            return f": {words}"
    return ""


def _call(case: str, function: Any, *given: Any) -> Any:
    """What the student's function returns; it must leave the arrays that it is given as they are."""
    kept = [np.copy(v) for v in given]
    got = function(*given)
    for now, before in zip(given, kept, strict=True):
        if not np.array_equal(now, before):
            wrong(f"{case}: your function changed an array that it was given; leave the caller's as they are")
    return got


def _judge_samples(student: Any, case: str, psi: np.ndarray, x: np.ndarray, gamma: float) -> None:
    n = len(x)
    got = _call(f"r1_field, {case}", student.r1_field, psi, x, gamma)
    wanted = _downhill(psi, x, np.full(n, 1 / n), gamma)
    alone = -gamma * np.array([psi[0], 4 * np.mean(x**2) * psi[1]])
    plain = psi[0] + psi[1] * x
    logit = -gamma * np.array([np.mean((psi[0] * x + psi[1] * x**2) * v) for v in (x, x**2)])
    mean = -gamma * (psi[0] + 2 * psi[1] * x.mean()) * np.array([1, 2 * x.mean()])
    known = [
        (n * wanted, "that is the sum over the bills; the mean is asked for"),
        (alone, "psi1 and psi2 pull on each other unless the bills' mean is 0: multiply (psi1 + 2 psi2 x)^2 out"),
        (logit, "that is the logit's square; R1 is of the logit's slope along x"),
        (wanted[0] * np.ones(2), "psi2 moves the slope by 2 x, not by 1: dg/dpsi2 = 2 x goes into the mean"),
        (-gamma * np.array([plain.mean(), (x * plain).mean()]), "the slope of psi2 x^2 is 2 psi2 x"),
        (mean, "that is the square of the mean slope; R1 is the mean of the squares"),
    ]
    given = f"psi = {_show(psi)}, x = {_show(x)}, gamma = {gamma:.4g}"
    close(f"r1_field, {case}{_guess(got, wanted, known)}", got, wanted, 1e-9, given)


def _judge_bell(student: Any, case: str, psi: np.ndarray, s: float, gamma: float) -> None:
    got = _call(f"r1_field_bell, {case}", student.r1_field_bell, psi, s, gamma)
    nodes, weights = np.polynomial.hermite_e.hermegauss(6)  # exact under N(0, 1) up to x^11
    wanted = _downhill(psi, s * nodes, weights / math.sqrt(2 * math.pi), gamma)
    known = [
        (wanted * [1, 1 / s if s else 1], "s where s^2 is meant?"),
        (wanted * [1, 0.5], "the bend's is half of what it ought to be: the slope is psi1 + 2 psi2 x, squared"),
        (wanted * [1, 0.25], "the bend's lacks a 4: the slope is psi1 + 2 psi2 x, squared"),
    ]
    given = f"psi = {_show(psi)}, s = {s:.4g}, gamma = {gamma:.4g}"
    close(f"r1_field_bell, {case}{_guess(got, wanted, known)}", got, wanted, 1e-9, given)


def judge(student: Any, rng: np.random.Generator) -> None:
    """Bills anywhere, one, all in one place, a straight and a purely bent critic, gamma 0; then two bells."""
    psi, gamma, n = rng.normal(0, 1.5, 2), float(rng.uniform(0.2, 3)), int(rng.integers(4, 8))
    bills = rng.normal(rng.choice([-2, 2]), 1, n)
    _judge_samples(student, "the docstring's example", np.ones(2), np.array([0.0, 1, -1, 4]), 0.5)
    _judge_samples(student, f"{n} bills", psi, bills, gamma)
    _judge_samples(student, "a single bill", psi, bills[:1], gamma)
    _judge_samples(student, "all bills at 0, the Dirac-GAN", psi, np.zeros(3), gamma)
    _judge_samples(student, "a straight critic", psi * [1, 0], bills, gamma)
    _judge_samples(student, "a critic that is a pure bend", psi * [0, 1], bills, gamma)
    _judge_samples(student, "gamma 0", psi, bills, 0.0)
    s = float(rng.choice([rng.uniform(0.2, 0.7), rng.uniform(1.5, 3)]))
    _judge_bell(student, "a bell", psi, s, gamma)
    _judge_bell(student, "a bell of no width", psi, 0.0, gamma)
    _judge_bell(student, "gamma 0", psi, s, 0.0)


def _show(a: np.ndarray) -> str:
    return "[" + ", ".join(f"{v:.4g}" for v in a) + "]"
