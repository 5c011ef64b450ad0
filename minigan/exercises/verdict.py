"""What a judge says against an answer: `wrong` in words, `close` of numbers."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np


class Wrong(Exception):
    """What a judge has to say against an answer."""


def wrong(message: str) -> NoReturn:
    """Fail the answer, in words: the case, the value given, the value wanted."""
    raise Wrong(message)


def close(case: str, got: Any, wanted: Any, tolerance: float = 1e-9, given: str = "") -> None:
    """Fail the answer unless got is wanted, to this absolute and relative tolerance; say where they part most."""
    where = f"{case}{f' (given {given})' if given else ''}"
    if got is None:
        wrong(f"{where}: your function returned None; is there a return statement?")
    try:
        kind = np.asarray(got).dtype.kind
        if kind == "c":
            wrong(f"{where}: wanted real numbers, got complex ones: {got!r:.80}")
        if kind in "US":  # NumPy would read numbers out of texts
            raise TypeError
        have, want = np.asarray(got, float), np.asarray(wanted, float)
    except (TypeError, ValueError):
        wrong(f"{where}: wanted numbers, got {type(got).__name__} {got!r:.80}")
    if have.shape != want.shape:
        wrong(f"{where}: wanted shape {want.shape}, got {have.shape}")
    with np.errstate(invalid="ignore"):
        off = np.where(have == want, 0.0, np.abs(have - want) / np.maximum(1.0, np.abs(want)))
    off = np.where(np.isfinite(off) | (have == want), off, np.inf)
    if off.size and off.max() > tolerance:
        i = np.unravel_index(int(off.argmax()), off.shape)
        place = f" at {list(map(int, i))}" if off.ndim else ""
        wrong(f"{where}: wanted {want[i]:.10g}{place}, got {have[i]:.10g}")


def parts(case: str, got: Any, count: int, names: str) -> Any:
    """got, if it is so many values in a tuple, a list or an array; else fail the answer, by their names."""
    if got is None:
        wrong(f"{case}: your function returned None; is there a return statement?")
    if not isinstance(got, (tuple, list, np.ndarray)) or not getattr(got, "ndim", 1) or len(got) != count:
        wrong(f"{case}: wanted {names}, got {got!r:.80}")
    return got
