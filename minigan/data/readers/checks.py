"""What every format is checked for, and how an array from anywhere becomes a Dataset.

Files come from strangers: the size that a header claims is held against the file before memory is asked for,
nothing pickled is ever loaded, and what is wrong raises one `DataError`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ...files import reason, shorten
from ...theory.distributions import column_names
from ..dataset import TINY, DataError, Dataset

LARGEST = 1e18  # the square of anything much larger is beyond float32, and distances are made of squares
COLUMNS = 1 << 20  # of a sample, at most: those of an image of 1024 x 1024


def check_form(where: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Refuse an array for its dtype or shape, which a file's header tells before the file is loaded."""
    form = f"({', '.join(map(str, shape))})"[:80]
    if dtype.hasobject:
        raise DataError(
            f"{where}: holds pickled Python objects, which can run any code when loaded, so they never are; "
            f"save numbers alone, with np.save(path, array.astype('float32'))"
        )
    if dtype.kind not in "biuf":
        raise DataError(f"{where}: holds {str(dtype)[:40]} values; wanted are real numbers, so convert them")
    if not 1 <= len(shape) <= 4 or (len(shape) == 4 and shape[3] != 1):
        cure = "average the colours over the last axis" if shape[3:] in ((3,), (4,)) else "reshape it"
        raise DataError(
            f"{where}: has {len(shape)} dimensions, {form}; wanted are points (n, d) or grey images "
            f"(n, height, width), so {cure}"
        )
    if min(shape) < 1 or shape[0] < 2:
        what = "is empty" if min(shape) < 1 else "holds one row only"
        raise DataError(f"{where}: {what}, of shape {form}; wanted are 2 rows at least, so collect more")


def check_width(where: str | Path, d: int) -> None:
    """Refuse samples of more numbers than any network here can take, before each of them gets a name."""
    if d > COLUMNS:
        raise DataError(f"{where}: has {d:,} columns; at most {COLUMNS:,} can be learnt, so make them fewer")


def checked(
    a: np.ndarray,
    where: str | Path,
    columns: list[str] | None = None,
    pixels: tuple[float, float] | None = None,
    notes: Sequence[str] = (),
) -> Dataset:
    """The array as a Dataset, every tenth row held out from 100 rows on; where it came from names it.

    notes are what its reader has to say beyond the size, for the line `said`. Images whose format does not fix the
    range of their pixels have that of their darkest and brightest.
    """
    check_form(str(where), a.dtype, a.shape)
    n, image = len(a), (a.shape[1], a.shape[2]) if a.ndim > 2 else None
    rows = a.reshape(n, -1)
    with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is refused below, and named
        x = rows.astype(np.float32)  # (n, d)
    check_width(where, x.shape[1])
    columns = columns or (pixel_names(*image) if image else column_names(x.shape[1]))
    if not within(x):
        i, j = divmod(int((np.abs(x) <= LARGEST).argmin()), x.shape[1])
        raise DataError(f"{where}: row {i + 1}, {place(columns, j)} {trouble(float(rows[i, j]))}")

    held = np.zeros(n, bool)
    held[9::10] = n >= 100
    train = x[~held]
    low, high = train.min(axis=0), train.max(axis=0)
    if image:
        pixels = pixels or (float(low.min()), float(high.max()))
        if high.max() - low.min() < TINY:
            raise DataError(f"{where}: every pixel of every image is {low[0]:g}; give images that differ")
    elif (constant := np.flatnonzero(high - low < TINY)).size:
        j, others = constant[0], f" (and {constant.size - 1} more)" if constant.size > 1 else ""
        raise DataError(
            f"{where}: {place(columns, j)}{others} is constant, {low[j]:g} in float32, and has no standard "
            f"deviation to scale by; delete it, or subtract what all its values share"
        )
    form = "images of " + " x ".join(map(str, image)) if image else f"rows of {x.shape[1]:,} columns"
    rest = x[held] if held.any() else None
    kept = () if rest is None else (f"{len(rest):,} of them held out",)
    said = ", ".join((f"{Path(where).name}: {n:,} {form}", *notes, *kept))
    return Dataset(Path(where).stem, train, columns, image, pixels, held_out=rest, said=said)


def within(x: np.ndarray) -> bool:
    """Whether all numbers are within ±LARGEST, and none is NaN, which is not <= anything."""
    return bool(x.max() <= LARGEST and x.min() >= -LARGEST)


def trouble(value: float) -> str:
    """What is wrong with a number that is not within ±LARGEST, and what to do."""
    if math.isnan(value):
        return "is NaN, which is a gap; fill it, or delete the row"
    if math.isinf(value):
        return "is infinite; replace it, or delete the row"
    return f"is {value:g}, and float32 cannot square what is beyond {LARGEST:g}; rescale the column"


def place(columns: Sequence[str], j: int) -> str:
    """Column j for a message: counted from 1, and by name."""
    return f"column {j + 1} ({shorten(columns[j])})"


def pixel_names(height: int, width: int) -> list[str]:
    """r1c1, r1c2, ...: the pixels row by row, as they lie in x."""
    return [f"r{row}c{column}" for row in range(1, height + 1) for column in range(1, width + 1)]


@contextmanager
def refusing(where: str | Path, wanted: str) -> Iterator[None]:
    """Make a DataError of whatever a decoder raises; a broken file can make it raise nearly anything."""
    try:
        yield
    except (DataError, PermissionError):  # the second is told by load_dataset
        raise
    except Exception as error:
        raise DataError(f"{where}: is not {wanted} ({reason(error)}); write or download it again") from error
