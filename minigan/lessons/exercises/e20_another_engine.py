"""Exercise 20: a step of D for any engine.

Fill the gap, then ask `minigan exercise check 20`. It calls your function with NumPy, in both float types, and
with a strict engine of its own, which refuses NumPy and lets nobody look; `minigan exercise hint 20` gives a hint,
and `minigan exercise solution 20` opens once yours has passed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def step_on_numpy(
    real: np.ndarray, fake: np.ndarray, w: np.ndarray, b: np.ndarray, rate: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """One step of a one-layer D down its loss, as one writes it for NumPy: it is right, and runs nowhere else."""
    x = np.concatenate([real, fake])
    label = np.zeros(len(x))
    label[: len(real)] = 1
    s = x @ w + b
    loss = float(np.mean(np.logaddexp(0, s) - label * s))
    if not math.isfinite(loss):
        raise ValueError(f"the loss is {loss}")
    slope = (1 / (1 + np.exp(-s)) - label) / len(x)
    return w - rate * (x.T @ slope), b - rate * np.sum(slope), loss


def step(xp: Any, real: Any, fake: Any, w: Any, b: Any, rate: float) -> tuple[Any, Any, Any]:
    """(w, b, loss): the same numbers on the engine xp, whose arrays real, fake, w and b are.

    real (m, d) and fake (n, d) are samples, w (d,) and b (1,) D's weights and bias; the loss is that before the
    step, the mean over all m + n rows, in nats. xp is NumPy, or a module of NumPy's names: concatenate, zeros,
    zeros_like, full, where, exp, log1p, logaddexp, maximum, abs, mean, sum and so on. Its arrays have operators,
    shape, dtype, T, mean, sum, reshape, astype, len() and indices. On an engine that is not NumPy:

    - nothing of np. may touch an array, and an array that np. has made may touch none of xp's;
    - no value may be looked at, by float(), bool(), if, print, item or get: a GPU would have to stop for it. So
      the loss is an array without dimensions, and whether it is finite is the caller's concern. No array is a
      shape or an index either (x[x > 0] has a length that hangs on values): xp.where(mask, a, b) chooses.

    On every engine the three results have the float type of w, so in float32 nothing becomes float64, and the
    arguments stay as they are.
    """
    raise NotImplementedError("your code here")
