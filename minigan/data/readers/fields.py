"""The fields of a table: which are numbers, which are gaps, and which are words."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

GAPS = {  # as pandas marks them, and a few more
    *("", "-", ".", "?", "na", "n/a", "#n/a", "#n/a n/a", "#na", "<na>", "nan", "-nan", "null", "none", "nat"),
    *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
}
GAP, NUMBER = -2, -1
THOUSANDS = {".": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?"), ",": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?")}


@dataclass
class Fields:
    """A column as it was read: codes (n,) say GAP, NUMBER or which of the words; numbers (n,) are float64."""

    numbers: np.ndarray
    codes: np.ndarray
    words: list[str]

    def take(self, rows: np.ndarray) -> Fields:
        """Those of the rows, a mask (n,), alone; and of the words those that they have."""
        codes = self.codes[rows]
        used = np.unique(codes[codes >= 0])
        renamed = np.where(codes >= 0, np.searchsorted(used, codes), codes).astype(np.intc)
        return Fields(self.numbers[rows], renamed, [self.words[code] for code in used])


class Reading:
    """A column that is being read, field by field, in twelve bytes each."""

    def __init__(self, decimal: str = "."):
        self.decimal, self.words = decimal, dict[str, int]()
        self.numbers, self.codes = array("d"), array("i")

    def add(self, field: str) -> None:
        """Take the next field."""
        number = parsed(field, self.decimal)
        if number is None:
            code = GAP if is_gap(field) else self.words.setdefault(" ".join(field.split()), len(self.words))
        else:
            code = GAP if number != number else NUMBER
        self.numbers.append(np.nan if number is None else number)
        self.codes.append(code)

    def fields(self) -> Fields:
        """What was read."""
        return Fields(np.frombuffer(self.numbers), np.frombuffer(self.codes, np.intc), list(self.words))


def fields_of(values: Iterable[Any]) -> Fields:
    """A column in memory: numbers as they are, anything else as what it would be in a file."""
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        numbers = np.asarray(values, np.float64)
        return Fields(numbers, np.where(np.isnan(numbers), GAP, NUMBER).astype(np.intc), [])
    reading = Reading()
    for value in values:
        number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
        reading.add(repr(float(value)) if number else "" if value is None else str(value))
    return reading.fields()


def parsed(field: str, decimal: str = ".") -> float | None:
    """The field as a number, or None, also for what only Python reads: 1_000, or another script's digits."""
    if (not field.isascii() and not (field := field.strip()).isascii()) or "_" in field:
        return None
    if decimal == "," or "," in field:
        field = field.strip()
        if THOUSANDS[decimal].fullmatch(field):
            field = field.replace("," if decimal == "." else ".", "")
        if decimal == ",":
            field = "" if "." in field else field.replace(",", ".")
    try:
        return float(field)
    except ValueError:
        return None


def is_gap(field: str) -> bool:
    """Whether the field is empty or a mark for a missing value."""
    return field.strip().lower() in GAPS
