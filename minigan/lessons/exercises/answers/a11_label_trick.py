"""Exercise 11: -sigmoid(s) / n, -sigmoid(-s) / n, and which way seven rules push D(G(z))."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "Take one fake first. log(1 - D) = -log(1 + e^s) and -log D = log(1 + e^-s): differentiate these two in s, "
    "and write the result as a D or a 1 - D. The loss is a mean over n fakes. For the quiz: which of the terms "
    "can G move at all, and does it want them up or down?",
    "The slopes are -D and -(1 - D), over n. 1 - D loses its digits where D rounds to 1: write it as "
    "sigmoid(-s). In the quiz, a rule that raises log(1 - D) lowers D(G(z)), and -V is what D itself wants small.",
    "1 / (1 + np.exp(-s)) overflows on one side only: np.exp(np.minimum(s, 0)) / (1 + np.exp(-np.abs(s))) never "
    "does. The gradients are -sigmoid(s) / s.size and -sigmoid(-s) / s.size. In the quiz four rules push up, two "
    "down, and one moves nothing, for no fake stands in it.",
)
ANSWER = ("_sigmoid", "honest_gradient", "label_trick_gradient", "quiz")
WHY = """
Both slopes are negative: to pay less, G raises the logit, whichever label it uses. The honest one has the size
of D and fades like e^s where D is sure of a fake; the label trick's has the size of 1 - D, and is full there.
In numbers 1 - sigmoid(s) is 0 from s = 37 on, where sigmoid(-s) still has all its digits.

Common mistakes: the slope in D instead of s (-1 / (1 - D) and -1 / D: multiply by D (1 - D)); the sum for the
mean; both slopes positive, for a G that *descends* a loss needs the slope of that loss, and it is negative; a
clip at 1e-7 against log 0, which makes the slope wrong just where it is small. In the quiz, (b) is the popular
bug: label 0 and descent make G help D. (e) is the same bug in other clothes, and (f) is what G can't move at
all.
"""


def _sigmoid(s: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-s), without a positive exponent."""
    return np.exp(np.minimum(s, 0)) / (1 + np.exp(-np.abs(s)))


def honest_gradient(logits: np.ndarray) -> np.ndarray:
    """d mean log(1 - D) / d logits = -D / n, logits (n, 1)."""
    return -_sigmoid(logits) / logits.size


def label_trick_gradient(logits: np.ndarray) -> np.ndarray:
    """d mean -log D / d logits = -(1 - D) / n, logits (n, 1)."""
    return -_sigmoid(-logits) / logits.size


def quiz() -> dict[str, str]:
    """What each rule does to D(G(z))."""
    return {"a": "up", "b": "down", "c": "up", "d": "up", "e": "down", "f": "same", "g": "up"}


def _loss(s: Decimal, label_trick: bool) -> Decimal:
    """log(1 - D) or -log D at one logit, from D itself, in the digits of the context."""
    d = 1 / (1 + (-s).exp())
    return -d.ln() if label_trick else (1 - d).ln()


def _by_nudging(logits: np.ndarray, label_trick: bool) -> np.ndarray:
    """The oracle: central differences of the loss in 1,500 digits of decimal arithmetic, one logit at a time."""
    slopes = []
    with localcontext() as context:
        for value in logits.ravel().tolist():
            context.prec = 60 + int(abs(value))  # e^1000 has 435 digits, and 1 - D must keep 40 of its own
            s, h = Decimal(value), Decimal(10) ** -15
            rise = _loss(s + h, label_trick) - _loss(s - h, label_trick)
            slopes.append(float(rise / (2 * h) / logits.size))
    return np.array(slopes).reshape(logits.shape)


def _guess(got: Any, wanted: np.ndarray, other: np.ndarray, s: np.ndarray) -> str:
    """A word on what a wrong gradient might be, or nothing."""
    try:
        got = np.asarray(got, float)
    except (TypeError, ValueError):
        return ""
    if got.shape != wanted.shape:
        return ""
    if not np.isfinite(got).all():
        return ": a nan or inf; which exponent becomes too large?"
    d = 1 / (1 + np.exp(-np.clip(s, -500, 500)))
    known = [
        (-wanted, "only the sign is wrong; a G that descends needs the slope of its loss"),
        (wanted * len(s), "that is for the sum over the fakes; the mean is asked for"),
        (other, "that is the other label's gradient"),
        (-other, "that is the other label's gradient, with the wrong sign"),
    ]
    with np.errstate(all="ignore"):
        in_d = wanted / (d * (1 - d))
        known.append((in_d, "that is the slope in D; the one in the logit has D (1 - D) as a factor"))
        for value, words in known:
            if np.allclose(got, value, rtol=1e-6, atol=0) and not np.allclose(got, wanted, rtol=1e-6, atol=0):
                return f": {words}"
    return ""


def _nudged(rule: str, s_real: np.ndarray, s_fake: np.ndarray) -> float:
    """How much one small step of this rule raises the mean D(G(z)): numbers alone, no slope by formula."""

    def pays(d: np.ndarray, y: float) -> float:
        return float(np.mean(-y * np.log(d) - (1 - y) * np.log(1 - d)))

    def opinion(s: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-s))

    def down(s: np.ndarray) -> float:  # what G descends
        real, fake = opinion(s_real), opinion(s)
        return {
            "a": float(np.mean(np.log(real)) + np.mean(np.log(1 - fake))),
            "b": pays(fake, 0),
            "c": -pays(fake, 0),
            "d": pays(fake, 1),
            "e": pays(real, 1) + pays(fake, 0),
            "f": pays(real, 1),
            "g": -pays(real, 1) - pays(fake, 0),
        }[rule]

    push, h = np.zeros_like(s_fake), 1e-5
    for i in range(len(s_fake)):
        step = np.zeros_like(s_fake)
        step[i] = h
        push[i] = (down(s_fake + step) - down(s_fake - step)) / (2 * h)
    return float(opinion(s_fake - 0.1 * push).mean() - opinion(s_fake).mean())


def judge(student: Any, rng: np.random.Generator) -> None:
    """Both gradients on moderate, far, mixed and single logits, digit by digit; then the quiz, by nudging."""
    n = int(rng.integers(3, 7))
    moderate = rng.normal(0, 2, (n, 1))
    cases = [
        ("the docstring's example", np.array([[0.0], [-5.0]])),
        (f"{n} moderate logits", moderate),
        ("one logit", moderate[:1]),
        ("fakes that D sees through", -rng.uniform(20, 60, (n, 1))),
        ("fakes that D believes", rng.uniform(20, 60, (n, 1))),
        ("both tails", np.array([[-1000.0], [-450.0], [450.0], [1000.0]])),
    ]
    for case, logits in cases:
        wanted = [_by_nudging(logits, label_trick) for label_trick in (False, True)]
        for which, name in enumerate(("honest_gradient", "label_trick_gradient")):
            kept, given = logits.copy(), f"logits = [{', '.join(f'{v:.5g}' for v in logits.ravel())}]"
            with np.errstate(all="ignore"):  # a warning on the way to the right answer is no mistake
                got = getattr(student, name)(logits)
            if not np.array_equal(logits, kept):
                wrong(f"{name}, {case}: your function changed logits; leave the caller's array as it is")
            hint = "" if got is None else _guess(got, wanted[which], wanted[1 - which], logits)
            close(f"{name}, {case}{hint}", got, wanted[which], 1e-12, given)
            for i, (have, want) in enumerate(zip(np.ravel(got).tolist(), wanted[which].ravel(), strict=True)):
                if abs(want) > 1e-290 and not math.isclose(have, want, rel_tol=1e-12):
                    wrong(
                        f"{name}, {case} (given {given}): small, but its digits are lost: wanted {want:.13g} at "
                        f"[{i}, 0], got {have:.13g}; does a 1 - D or a clip stand in it?"
                    )
    answers = student.quiz()
    s_real, s_fake = rng.normal(1, 1, 5), rng.normal(-1, 1, 5)
    if not isinstance(answers, dict) or set(answers) != set("abcdefg"):
        wrong(f"quiz: wanted a dict with the keys a to g, got {answers!r:.80}")
    if "..." in answers.values():
        dots = ", ".join(rule for rule in "abcdefg" if answers[rule] == "...")
        wrong(f"both gradients are right; in the quiz the dots still stand at {dots}")
    for rule in "abcdefg":
        rise = _nudged(rule, s_real, s_fake)
        truth = "same" if abs(rise) < 1e-9 else "up" if rise > 0 else "down"
        if answers[rule] not in ("up", "down", "same"):
            wrong(f'quiz, {rule}: wanted "up", "down" or "same", got {answers[rule]!r:.40}')
        if answers[rule] != truth:
            before = float(np.mean(1 / (1 + np.exp(-s_fake))))
            wrong(
                f"quiz, {rule}: you say {answers[rule]!r}; I took one step of it, and the mean D(G(z)) went from "
                f"{before:.6f} to {before + rise:.6f}"
            )
