"""Tables of numbers in text: .csv and .tsv."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...files import shorten
from ...theory.distributions import column_names
from ..dataset import DataError, Dataset
from .checks import LARGEST, check_width, checked, place, refusing, trouble, within

GAPS = ("", "na", "n/a", "nan", "null", "none", "-", "?")  # what programs write where a number is missing


def read_csv(path: Path) -> Dataset:
    """A table of numbers in UTF-8, a sample a line, with or without a header.

    Fields are parted by tabs if there is one in the first line, else by semicolons if there is one, else by
    commas, and may be quoted. The first row is a header if any field in it is a word: neither a number nor a
    mark for a gap. Blank lines are passed over.
    """
    with refusing(path, "a table of numbers in UTF-8"):
        text = path.read_bytes().decode("utf-8-sig")  # with or without a byte order mark
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        unquoted = re.sub('"[^"]*"', "", text.lstrip("\n").partition("\n")[0])
        delimiter = next((mark for mark in "\t;" if mark in unquoted), ",")
        lines = io.StringIO(text)
        first = next(filter(None, csv.reader(lines, delimiter=delimiter)), [])
        check_width(path, len(first))
        columns = column_names(len(first))
        header = is_header(first)
        if header:
            columns = [" ".join(field.split()) or x for field, x in zip(first, columns, strict=True)]
        else:
            lines.seek(0)
        body = lines.read()
        if not body.strip():
            raise DataError(f"{path}: holds no row of numbers; wanted are 2 at least")
        try:  # the quick reading, which cannot say what is wrong
            x = np.loadtxt(
                io.StringIO(body), np.float32, delimiter=delimiter, quotechar='"', comments=None, ndmin=2
            )
        except ValueError:
            x = np.full((1, len(columns)), np.nan, np.float32)
        if x.shape[1] != len(columns) or not within(x):
            raise DataError(f"{path}: {culprit(text, delimiter, header, columns)}")
    return checked(x, path, columns)


def number(field: str) -> float | None:
    """The field as a number, or None, also for what only Python reads: 1_000, or another script's digits."""
    try:
        return float(field) if field.strip().isascii() and "_" not in field else None
    except ValueError:
        return None


def is_gap(field: str) -> bool:
    """Whether the field is empty or a mark for a missing number."""
    return field.strip().lower() in GAPS


def is_header(row: Sequence[str]) -> bool:
    """Whether any field is a word. A gap is none: a first row with a gap is reported, not swallowed."""
    return any(number(field) is None and not is_gap(field) for field in row)


def culprit(text: str, delimiter: str, header: bool, columns: list[str]) -> str:
    """What is wrong in a table, and where: the slow reading, field by field, after the quick one failed."""
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    for i, row in enumerate(filter(None, rows)):
        if header and i == 0:
            continue
        if len(row) != len(columns):
            return (
                f"line {rows.line_num} has {len(row)} fields where the first has {len(columns)}; "
                f"give every line as many"
            )
        for j, field in enumerate(row):
            value, spot = number(field), f"line {rows.line_num}, {place(columns, j)}"
            if is_gap(field):
                return f"{spot} is a gap, {shorten(field)}; fill it, or delete the line"
            if value is None:
                cure = "write a decimal point" if "," in field else "code words as numbers, or delete them"
                return f"{spot} is {shorten(field)}, which is no number; {cure}"
            if not abs(value) <= LARGEST:
                return f"{spot} {trouble(value)}"
    return f"is no table of numbers parted by {delimiter!r}; quote no more than whole fields"
