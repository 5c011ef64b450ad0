"""How far a chain must walk to forget where it began: its autocorrelation, and the steps until that is small."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from ..core.backend import Array, Backend


class Mixing(NamedTuple):
    """steps: the first whose autocorrelation is below the bound, or None; rho: that of the steps 0, 1, 2, ..."""

    steps: int | None
    rho: list[float]


def autocorrelation(first: np.ndarray, later: np.ndarray) -> float:
    """Σ_d Cov(x_0d, x_td) / Σ_d Var(x_d) over chains side by side: first and later (n, dim), both of one law."""
    a, b = (rows - rows.mean(axis=0) for rows in (first, later))
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def mixing(chain: Iterator[Array], first: Array, below: float = 0.1, most: int = 1000) -> Mixing:
    """Follow chains that begin at `first` (n, dim), which must be drawn from their stationary law.

    Of independent draws the autocorrelation is 0 within 1/sqrt(n dim), so n decides how low `below` can be.
    """
    host = Backend().to_numpy
    start = host(first).astype(float)
    rho = [1.0]
    for x in islice(chain, most):
        rho.append(autocorrelation(start, host(x).astype(float)))
        if rho[-1] < below:
            return Mixing(len(rho) - 1, rho)
    return Mixing(None, rho)
