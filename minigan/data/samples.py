"""Samples back to a file, in the data's own units and columns."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..files import write_whole
from ..theory.distributions import column_names
from .dataset import DataError
from .kinds import Column, decode
from .readers.fields import is_gap, parsed


def write_samples(
    path: str | PathLike[str],
    x: np.ndarray,
    columns: Sequence[str] | None = None,
    image: tuple[int, ...] | None = None,
    kinds: Sequence[Column] | None = None,
) -> None:
    """Write samples x (n, d) to a .csv (a header, then a line each) or a .npy (float32; images in their shape).

    kinds are the columns of the table that x stands for: a .csv then holds its fields, a .npy its numbers in
    float64, a category's by its place among the words. Without them nine digits, "%.9g", bring every float32 back
    as it was. Raises DataError for another ending, for columns or an image that do not make d, for names that read
    as a row of numbers, and where writing fails.
    """
    path, x = Path(path), np.asarray(x, np.float32).reshape(len(x), -1)
    n, d = x.shape
    columns = list(columns or column_names(d))
    if kinds:
        table, columns, image = decode(kinds, x), [column.name for column in kinds], None
        d = len(columns)
    if len(columns) != d or (image and math.prod(image) != d):
        raise DataError(f"samples of {d} numbers do not make {len(columns)} columns and image {image}")
    if all(parsed(name) is not None or is_gap(name) for name in columns):
        raise DataError(f"columns are called {', '.join(columns)}; give one of them a name that is no number")
    ending = path.suffix.lower()
    packed = io.BytesIO()
    if ending == ".csv":
        header = io.StringIO()
        # a name with a semicolon or a tab would be taken for several when it is read again
        quoting: Any = csv.QUOTE_MINIMAL if all(map(str.isidentifier, columns)) else csv.QUOTE_ALL
        csv.writer(header, lineterminator="\n", quoting=quoting).writerow(columns)
        if kinds:
            fields = [column.write(values) for column, values in zip(kinds, table.T, strict=True)]
            csv.writer(header, lineterminator="\n").writerows(zip(*fields, strict=True))
        packed.write(header.getvalue().encode())
        if not kinds:
            np.savetxt(packed, x, fmt="%.9g", delimiter=",")
    elif ending == ".npy":
        np.save(packed, table if kinds else x.reshape(n, *image) if image else x)
    else:
        raise DataError(f"{path}: has an ending that says no format for samples; wanted is .csv or .npy")
    try:
        write_whole(path, packed.getbuffer())
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
