"""Exercise 9: D* = alpha beta p / (alpha p + (1 - alpha) q), and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "Do as the lesson did: take one place, write the bill as -A log D - B log(1 - D), and put its slope to 0. "
    "Which terms belong to A, and which to B? The bottom of such a valley is at A / (A + B).",
    "A = alpha beta p. B has two terms, alpha (1 - beta) p and (1 - alpha) q. In A + B the beta cancels. Where "
    "A + B is 0, np.where(total > 0, ..., alpha * beta) gives what is asked for.",
    "D = alpha * beta * p / (alpha * p + (1 - alpha) * q). Multiply out and solve for p / q: it is (1 - alpha) "
    "* D / (alpha * (beta - D)). Dividing by 0 gives the inf that is wanted, and np.errstate(divide='ignore') "
    "keeps NumPy quiet about it.",
)
ANSWER = ("perfect_critic", "density_ratio")
WHY = """
The bill at a place is -A log D - B log(1 - D) with A = alpha beta p and B = alpha (1 - beta) p + (1 - alpha) q:
least at A / (A + B). Shares move the logit by log(alpha / (1 - alpha)), the same at every x: a bank that sees
one forgery in a hundred believes more notes, and is right to. Smoothing multiplies D by beta: she never says
more than beta, while the shape p / (p + q) is kept. That is why only the real side is smoothed. With a label f
above 0 for the fakes, f (1 - alpha) q would join A, and where p is nearly 0 she would say f with a bump wherever
q has one: G would be praised for staying where its samples are (Goodfellow 2016, section 4.2).

Common mistakes: beta in the lower line too (a real note has weight 1, however its label is split); a little
added below against 0 / 0, which is far from little where p and q are 1e-300; D / (1 - D), which is p / q for
equal shares and hard labels only.
"""


def perfect_critic(p: np.ndarray, q: np.ndarray, alpha: float = 0.5, beta: float = 1.0) -> np.ndarray:
    """D* (n,) for the share alpha of real notes and their label beta."""
    real, total = alpha * p, alpha * p + (1 - alpha) * q
    return np.where(total > 0, beta * real / np.where(total > 0, total, 1), alpha * beta)


def density_ratio(D: np.ndarray, alpha: float = 0.5, beta: float = 1.0) -> np.ndarray:
    """p/q (n,) from the perfect critic's D (n,)."""
    with np.errstate(divide="ignore"):
        return (1 - alpha) * D / (alpha * (beta - D))


def _by_search(p: float, q: float, alpha: float, beta: float) -> float:
    """The oracle: halve [0, 1] by the sign of the bill's slope, until nothing is left to halve."""
    scale = max(p, q)
    if scale == 0:
        return alpha * beta
    p, q, low, high = p / scale, q / scale, 0.0, 1.0
    for _ in range(1100):
        D = (low + high) / 2
        if D in (low, high):
            break
        up = alpha * p * (1 - beta) / (1 - D) + (1 - alpha) * q / (1 - D)
        if up > alpha * p * beta / D:
            high = D
        else:
            low = D
    return high if high == 1.0 else low


def _guess(got: Any, wanted: np.ndarray, p: np.ndarray, q: np.ndarray, alpha: float, beta: float) -> str:
    """A word on what a wrong answer might be, or nothing."""
    try:
        got = np.asarray(got, float)
    except (TypeError, ValueError):
        return ""
    if got.shape != wanted.shape:
        return ""
    if np.isnan(got).any():
        return ": nan comes from 0 / 0; where p = q = 0 alpha beta is asked for"
    if np.allclose(got, wanted, 1e-9, 1e-9):
        return ""
    with np.errstate(all="ignore"):
        known = [
            (p / (p + q), "that is p / (p + q), for equal shares and labels 1"),
            (beta * p / (p + q), "that is for equal shares; where does alpha come in?"),
            (alpha * p / (alpha * p + (1 - alpha) * q), "that is for labels 1; where does beta come in?"),
            (alpha * beta * p / (alpha * beta * p + (1 - alpha) * q), "has the part 1 - beta of the bill for a "
             "real note been left out?"),
            ((1 - alpha) * beta * p / ((1 - alpha) * p + alpha * q), "alpha is the share of the real notes"),
        ]  # fmt: skip
    for value, words in known:
        if np.allclose(got, value, 1e-7, 1e-9):
            return f": {words}"
    return ""


def _guess_ratio(got: Any, wanted: np.ndarray, D: np.ndarray, alpha: float, beta: float) -> str:
    """A word on what a wrong ratio might be, or nothing."""
    with np.errstate(all="ignore"):
        known = [
            (1 / wanted, "that is q / p"),
            (D / (1 - D), "that is D / (1 - D), for equal shares and labels 1"),
            ((1 - alpha) * D / (alpha * (1 - D)), "that is for labels 1; where does beta come in?"),
            (D / (beta - D), "that is for equal shares; where does alpha come in?"),
            (alpha * D / ((1 - alpha) * (beta - D)), "alpha is the share of the real notes"),
        ]
    try:
        inner = np.asarray(got, float)[1:-1]
    except (TypeError, ValueError, IndexError):
        return ""
    for value, words in known:
        same = inner.shape == value[1:-1].shape and np.allclose(inner, value[1:-1], 1e-7)
        if same and not np.allclose(inner, wanted[1:-1], 1e-7):
            return f": {words}"
    return ""


def judge(student: Any, rng: np.random.Generator) -> None:
    """Equal shares, unequal ones, smoothed labels, both, zeros, tiny densities; then the way back."""
    n = int(rng.integers(4, 8))
    p, q = rng.uniform(0.05, 1, n), rng.uniform(0.05, 1, n)
    alpha = float(rng.uniform(0.1, 0.4) if rng.random() < 0.5 else rng.uniform(0.6, 0.9))
    beta = float(rng.uniform(0.55, 0.95))
    some = np.array([0.0, 0.3, 0.0, 0.7]), np.array([0.4, 0.0, 0.0, 0.2])
    cases: list[tuple[str, np.ndarray, np.ndarray, dict[str, float]]] = [
        ("the docstring's example", np.array([1.0, 0.0]), np.array([3.0, 2.0]), {"alpha": 0.75, "beta": 0.8}),
        ("nothing said of shares and labels", p, q, {}),
        ("unequal shares", p, q, {"alpha": alpha}),
        ("smoothed labels", p, q, {"beta": beta}),
        ("both", p, q, {"alpha": alpha, "beta": beta}),
        ("zeros in p, in q, in both", *some, {"alpha": alpha, "beta": beta}),
        ("densities near 1e-300", p * 1e-300, q * 1e-300, {"alpha": alpha, "beta": beta}),
        ("no places", p[:0], q[:0], {"alpha": alpha, "beta": beta}),
    ]
    for case, a, b, how in cases:
        kept = a.copy(), b.copy()
        with np.errstate(all="ignore"):
            got = student.perfect_critic(a, b, **how)
        if not (np.array_equal(a, kept[0]) and np.array_equal(b, kept[1])):
            wrong(f"perfect_critic, {case}: your function changed p or q; leave the caller's arrays as they are")
        al, be = how.get("alpha", 0.5), how.get("beta", 1.0)
        pairs = zip(*(v.tolist() for v in kept), strict=True)
        wanted = np.array([_by_search(x, y, al, be) for x, y in pairs])
        words = "" if got is None else _guess(got, wanted, *kept, al, be)
        given = f"p = {_show(kept[0])}, q = {_show(kept[1])}, alpha = {al:.4g}, beta = {be:.4g}"
        close(f"perfect_critic, {case}{words}", got, wanted, 1e-9, given)
    for case, al, be in (
        ("equal shares, labels 1", 0.5, 1.0),
        ("unequal shares", alpha, 1.0),
        ("smoothed labels", 0.5, beta),
        ("both", alpha, beta),
    ):
        ratio = np.array([0.0, *rng.uniform(0.05, 20, n), np.inf])
        D = np.array([0.0, *(_by_search(r, 1.0, al, be) for r in ratio[1:-1]), be])
        kept_D = D.copy()
        with np.errstate(all="ignore"):
            got = student.density_ratio(D, al, be)
        if not np.array_equal(D, kept_D):
            wrong(f"density_ratio, {case}: your function changed D; leave the caller's array as it is")
        words = "" if got is None else _guess_ratio(got, ratio, D, al, be)
        close(
            f"density_ratio, {case}{words}", got, ratio, 1e-7, f"D = {_show(D)}, alpha = {al:.4g}, beta = {be:.4g}"
        )


def _show(a: np.ndarray) -> str:
    return "[" + ", ".join(f"{v:.4g}" for v in a) + "]"
