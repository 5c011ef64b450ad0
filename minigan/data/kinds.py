"""What the columns of a table are, how each becomes numbers that a network can learn, and fields again.

There are three kinds. A number is learnt as it is, and comes back with as many decimals as the data have: a whole
number comes back whole. A date is learnt as seconds. Of a category each word becomes a column of zeros and ones
(one-hot), and the largest of them says which word comes back; two words, as true and false, need one column alone,
and one word, a constant, needs none. Nothing that comes back lies outside the bounds of the data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAYS = "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y"
TIMES = "%H:%M", "%H:%M:%S", "%H:%M:%S.%f"
FORMATS = (
    *DAYS,
    "%Y-%m",
    "%b %d %Y",
    "%d %b %Y",
    *(f"{day}{mark}{t}" for day in DAYS for mark in " T" for t in TIMES),
)
DECIMALS = 9  # at most, of what is written; float32 has no more to tell


@dataclass(frozen=True)
class Column:
    """One column of a user's table. low and high are the bounds of its values, in its own units.

    kind is "number", "date" or "category"; decimals are what a number is written with, None for nine digits.
    words are the categories, or a date's one format. origin is taken from numbers in float64, before float32 would
    make different ones equal.
    """

    name: str
    kind: str
    words: tuple[str, ...] = ()
    decimals: int | None = None
    low: float = 0.0
    high: float = 0.0
    origin: float = 0.0

    @property
    def names(self) -> list[str]:
        """What the network's columns are called, one for each."""
        if self.kind == "date":
            return [f"{self.name} (seconds from {self.write(np.array([self.origin]))[0]})"]
        if self.kind == "number":
            return [f"{self.name} - {self.origin:.12g}" if self.origin else self.name]
        if len(self.words) == 2:
            return [self.name]
        return [f"{self.name}={word}" for word in self.words] if len(self.words) > 2 else []

    @property
    def said(self) -> str:
        """The kind, in a word for a reader."""
        if self.kind == "category" and len(self.words) < 3:
            return "constant" if len(self.words) == 1 else "/".join(self.words)
        if self.kind == "category":
            return f"{len(self.words)} categories"
        return {"date": "date"}.get(self.kind, "whole number" if self.decimals == 0 else "number")

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Numbers, seconds, or which word it is (n,) float64, as the network's columns (n, len(names)) float32."""
        if self.kind == "category" and len(self.words) != 2:
            return (values[:, None] == np.arange(len(self.words))).astype(np.float32)[:, : len(self.names)]
        return (values - self.origin).astype(np.float32)[:, None]

    def decode(self, x: np.ndarray) -> np.ndarray:
        """What `encode` was given, of columns that a generator made: the nearest that the data could hold."""
        if self.kind == "category":
            return x.argmax(axis=1).astype(float) if len(self.words) > 2 else (x > 0.5).sum(axis=1).astype(float)
        values = np.clip(x[:, 0] + self.origin, self.low, self.high)
        if self.kind == "date":
            return np.clip(np.rint(values / self.unit) * self.unit, self.low, self.high)
        return values if self.decimals is None else values.round(self.decimals)

    def middle(self, values: np.ndarray) -> float:
        """What fills a gap among these values: their mean, or the commonest of them."""
        if self.kind == "category":
            return float(np.bincount(values.astype(int)).argmax())
        return float(self.decode(np.array([[values.mean() - self.origin]]))[0])

    @property
    def unit(self) -> float:
        """The seconds between two dates that their format tells apart; months are told by days."""
        ends = ("%f", 1e-6), ("%S", 1.0), ("%M", 60.0)
        return next((seconds for end, seconds in ends if self.words[0].endswith(end)), 86400.0)

    def write(self, values: np.ndarray) -> list[str]:
        """The fields of a file, of what `decode` gave."""
        if self.kind == "category":
            return [self.words[int(value)] for value in values]
        if self.kind == "date":
            return [(EPOCH + timedelta(seconds=value)).strftime(self.words[0]) for value in values.tolist()]
        form = "{:.9g}" if self.decimals is None else f"{{:.{self.decimals}f}}"
        return [form.format(value + 0.0) for value in values.tolist()]  # + 0.0: no -0


def number_column(name: str, values: np.ndarray) -> Column:
    """The column of these numbers (n,) float64; a constant where they are one."""
    fits = _are_of(values, DECIMALS)  # most numbers that are measured do not, and need no more trials
    decimals = next((k for k in range(DECIMALS + 1) if _are_of(values, k)), None) if fits else None
    low, high = float(values.min()), float(values.max())
    if low == high:
        return Column(name, "category", (f"{low:.17g}" if decimals is None else f"{low:.{decimals}f}",))
    return Column(name, "number", (), decimals, low, high, origin_of(values))


def _are_of(values: np.ndarray, decimals: int) -> bool:
    """Whether that many decimals say the values, to the last digit that float64 is sure of."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool((np.abs(values.round(decimals) - values) <= 1e-15 * np.abs(values)).all())


def origin_of(values: np.ndarray) -> float:
    """0 where float32 tells the values (n,) apart as well as float64, else a value in their middle.

    Values that are no further from 0 than a hundred times their range have little to gain.
    """
    rounded = values.astype(np.float32)
    if np.abs(values).max() <= 100 * np.ptp(values) or len(np.unique(rounded)) == len(np.unique(values)):
        return 0.0
    middle = float(np.sort(values)[len(values) // 2])
    closer = len(np.unique((values - middle).astype(np.float32)))
    return middle if closer > len(np.unique(rounded)) else 0.0


def date_formats(fields: Sequence[str]) -> list[str]:
    """The formats that all of the fields have: mostly none, or one; two where a day may be a month."""
    return [form for form in FORMATS if all(seconds(field, form) is not None for field in fields)]


def seconds(field: str, form: str) -> float | None:
    """The seconds since 1970 began, in UTC; None where the field is not of the format."""
    try:
        return (datetime.strptime(field.strip(), form).replace(tzinfo=UTC) - EPOCH).total_seconds()
    except ValueError:
        return None


# ---- all columns of a table --------------------------------------------------------------------------------


def encode(kinds: Sequence[Column], values: np.ndarray) -> np.ndarray:
    """The table (n, len(kinds)) float64 as a network's columns (n, d) float32."""
    return np.hstack([column.encode(values[:, j]) for j, column in enumerate(kinds)])


def decode(kinds: Sequence[Column], x: np.ndarray) -> np.ndarray:
    """The table (n, len(kinds)) that a network's columns (n, d) stand for."""
    ends = np.cumsum([len(column.names) for column in kinds])[:-1]
    parts = np.split(np.asarray(x, np.float64), ends, axis=1)
    return np.stack([column.decode(part) for column, part in zip(kinds, parts, strict=True)], axis=1)


def settle(kinds: Sequence[Column], x: np.ndarray) -> np.ndarray:
    """The nearest to x (n, d) that a table of these columns could hold."""
    return encode(kinds, decode(kinds, x))


def one_hot(kinds: Sequence[Column] | None, d: int) -> np.ndarray:
    """Which of a network's d columns are zeros and ones, for a category's words, (d,)."""
    return np.array([column.kind == "category" for column in kinds or () for _ in column.names] or [False] * d)


def from_json(kinds: Any) -> list[Column]:
    """The columns that a run's folder tells; raises TypeError where they are none."""
    found = [Column(**{**column, "words": tuple(column["words"])}) for column in kinds]
    for column in found:
        numbers = (column.low, column.high, column.origin)
        texts = (column.name, *column.words)
        if not all(type(text) is str for text in texts) or column.kind not in ("number", "date", "category"):
            raise TypeError("a column's name, kind and words are texts")
        if not all(type(number) is float and math.isfinite(number) for number in numbers):
            raise TypeError("a column's bounds and origin are numbers")
        if column.decimals not in (None, *range(DECIMALS + 1)):
            raise TypeError(f"a column's decimals are 0 to {DECIMALS}")
        if (column.kind != "number" and not column.words) or column.low > column.high:
            raise TypeError("a date has a format, a category its words, and low is at most high")
    return found
