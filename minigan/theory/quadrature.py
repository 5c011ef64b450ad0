"""Integrals in one dimension, to the digits asked for or refused: Gauss-Legendre rules on halved panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)  # exact for polynomials up to degree 31
MAX_PANELS = 1 << 14
ENOUGH, SLIVER = 40, 1e-5  # after so many halvings, the panels that are left may hold this share of ∫ |f|
HALVINGS = 50  # and these are the last: no jump is worth more

Function = Callable[[np.ndarray], np.ndarray]  # points (n, 1) -> values (n,), or (n, k) for k functions at once


class OracleError(ArithmeticError):
    """A quantity that is infinite, or that float64 cannot tell: the line says which, and of what."""


def integrate(f: Function, edges: Any, tolerance: float = 1e-13, relative: float = 1e-13) -> Any:
    """∫ f(x) dx from the least to the greatest of `edges`, by Gauss-Legendre rules; f maps (n, 1) to (n,).

    Edges cut the panels: put them around whatever is too narrow to be noticed from afar. Each panel is
    compared with its two halves and, where they differ by more than the tolerance (or `relative` of ∫ |f|, if
    that is more), is replaced by them. inf where f is. Where f gives k columns (n, k) the integrals are an array
    (k,), else a float. OracleError, an ArithmeticError, where it does not settle: f is too rough, or too narrow
    for its distance from 0, or rises to a pole that has no integral.
    """

    def rule(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The integral over each panel (panels, k), and that of |f|."""
        x = (a + b)[:, None] / 2 + (b - a)[:, None] / 2 * NODES
        with np.errstate(over="ignore", invalid="ignore"):
            y = f(x.reshape(-1, 1))
        shape.append(y.shape[1:])
        y = y.reshape(*x.shape, -1)
        edge = (x <= a[:, None]) | (b[:, None] <= x)
        y[edge[:, :, None] & np.isinf(y)] = 0  # rounding took a node to the panel's end, where f may have an atom
        half = ((b - a) / 2)[:, None]
        return half * (WEIGHTS @ y), half * (WEIGHTS @ np.abs(y))

    def result(total: np.ndarray) -> Any:
        return total if shape[0] else float(total[0])

    shape = list[tuple[int, ...]]()
    edges = np.unique(edges)
    a, b = edges[:-1], edges[1:]
    whole, size = rule(a, b)
    total, scale = np.zeros(whole.shape[1]), size.sum(axis=0)
    for halving in range(HALVINGS + 1):
        if np.isnan(whole).any():
            raise OracleError(f"quadrature over [{edges[0]:g}, {edges[-1]:g}] meets values that are no numbers")
        if np.isinf(whole).any():
            return result(total + whole.sum(axis=0))
        if not a.size:
            return result(total)
        if a.size > MAX_PANELS:
            break
        middle = (a + b) / 2
        (left, size), (right, more) = rule(a, middle), rule(middle, b)
        scale = np.maximum(scale, (size + more).sum(axis=0))
        settled = (np.abs(left + right - whole) <= np.maximum(tolerance, relative * scale)).all(axis=1)
        total += (left + right)[settled].sum(axis=0)
        if halving == ENOUGH and ((size + more)[~settled].sum(axis=0) > SLIVER * scale).any():
            break
        if halving == HALVINGS:
            return result(total + (left + right)[~settled].sum(axis=0))
        a, middle, b, left, right = (v[~settled] for v in (a, middle, b, left, right))
        a, b, whole = np.concatenate([a, middle]), np.concatenate([middle, b]), np.concatenate([left, right])
    raise OracleError(f"quadrature over [{edges[0]:g}, {edges[-1]:g}] does not settle near x = {a[0]:.6g}")
