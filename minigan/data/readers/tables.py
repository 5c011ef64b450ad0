"""Tables: text of lines and fields (.csv, .tsv, .txt, gzipped or not), or a DataFrame.

The csv module parts the text. What fields mean is decided by rules, here, in fields.py and in columns.py, not by a
library that guesses: each can be said in a sentence, all that is wrong with a file is told at once, and memory is
bounded by the size of the file.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ...files import room, shorten
from ..dataset import DataError, Dataset
from .checks import check_width, listed, refusing
from .columns import Asked, Table
from .fields import GAP, Fields, Reading, fields_of, is_gap, parsed

Names = str | int | float | list | None
SHOWN = 200  # rows that tell how the text is parted, and what its first line is


def read_csv(
    path: Path,
    columns: Names = None,
    drop: Names = None,
    gaps: str = "refuse",
    kinds: str | dict | None = None,
    header: bool | None = None,
    decimal: str | None = None,
    label: Names = None,
    image: str | None = None,
    transpose: bool = False,
) -> Dataset:
    """A table in UTF-8, a row a line, with or without a header; its names may be quoted, and its fields.

    Fields are parted by the first of tab, semicolon, comma, | and blanks that parts the lines evenly. columns are
    those to learn, if not all; drop those to leave out; label one to keep beside the data. Gaps are refused, or
    "drop" leaves out their rows, or "mean" fills them with the mean or the commonest word. kinds says what columns
    are, where that is not plain: "year:category,born:date:%d/%m/%Y". decimal is "." or ",". image="28x28" says
    that each row is one, on its side with transpose. Blank lines are passed over; an unnamed first column that
    counts or labels the rows is left out.
    """
    asked = Asked(columns, drop, gaps, kinds, label, image, transpose)
    with refusing(path, "a table of numbers in UTF-8"):
        if decimal not in (None, ".", ","):
            raise DataError(f"{path}: decimal is {shorten(decimal)}; it is . or ,")
        return Sheet(path, _text(path), header, decimal).table().dataset(asked)


def read_frame(
    frame: Any, columns: Names = None, drop: Names = None, gaps: str = "refuse", kinds: str | dict | None = None,
    label: Names = None, image: str | None = None, transpose: bool = False,
) -> Dataset:  # fmt: skip
    """A DataFrame; its options are those of a table in a file."""
    names = [str(name) for name in frame.columns]
    fields = [fields_of(frame.iloc[:, j]) for j in range(len(names))]
    table = Table("DataFrame", names, fields, len(frame), lambda i: i + 1, "row")
    return table.dataset(Asked(columns, drop, gaps, kinds, label, image, transpose))


class Sheet:
    """The text of a table, parted into rows of fields."""

    def __init__(self, path: Path, text: str, header: bool | None, decimal: str | None):
        self.path, self.delimiter = path, _delimiter(text)
        if self.delimiter == " ":
            text = "\n".join(line.strip(" ") for line in text.removeprefix("#").split("\n"))
        self.text = text
        first = [row for _, row in islice(self.rows(), SHOWN)]
        if not first:
            raise DataError(f"{path}: holds no row of numbers; wanted are 2 at least")
        check_width(path, max(map(len, first)), 1 << 16)  # each takes a thousand bytes
        self._refuse_titles([len(row) for row in first], first[0])
        self.decimal = decimal or self._decimal()
        self.header = _is_header(first, self.decimal) if header is None else header
        if len(first) < 1 + self.header:
            raise DataError(f"{path}: holds no row of numbers; wanted are 2 at least")
        width = len(first[0])
        if self.header:
            corner = [""] * (len(first) > 1 and len(first[1]) == width + 1)  # R writes none above row names
            names = corner + [" ".join(field.split()) for field in first[0]]
            self.names = [name if name or j == 0 else f"x{j + 1}" for j, name in enumerate(names)]
        else:
            self.names = [f"x{j + 1}" for j in range(width)]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The line that each row ends on, and its fields."""
        blanks = self.delimiter == " "
        reader = csv.reader(_lines(self.text), delimiter=self.delimiter, skipinitialspace=blanks)
        return ((reader.line_num, row) for row in reader if row and (row[1:] or row[0].strip()))

    def table(self) -> Table:
        """Its columns."""
        names, fields = self.names, self._quick() or self._slow()
        if len(names) > 1 and names[-1] == f"x{len(names)}" and (fields[-1].codes == GAP).all():
            names, fields = names[:-1], fields[:-1]  # every line ends with a separator
        return Table(self.path, names, fields, len(fields[0].codes), self.line)

    def line(self, row: int) -> int:
        """Where the row stands: looked up when something must be told of it."""
        return next(islice(self.rows(), row + self.header, None))[0]

    def _quick(self) -> list[Fields] | None:
        """All columns at once, by NumPy's reader, if every field is a number; else None."""
        if self.decimal == "," or "_" in self.text:
            return None
        body = islice(_lines(self.text), next(self.rows())[0] if self.header else 0, None)
        mark = None if self.delimiter == " " else self.delimiter
        try:
            x = np.loadtxt(body, np.float64, delimiter=mark, quotechar='"', comments=None, ndmin=2)
        except ValueError:
            return None
        if x.shape[1] != len(self.names) or not len(x) or np.isnan(x).any():
            return None
        return [fields_of(column) for column in x.T]

    def _slow(self) -> list[Fields]:
        """All columns, field by field; DataError where lines have more or fewer fields than the first."""
        columns, odd = [Reading(self.decimal) for _ in self.names], []
        for line, row in islice(self.rows(), int(self.header), None):
            if len(row) != len(columns):
                odd.append(f"line {line} has {len(row)} fields where the first has {len(columns)}")
                continue
            for column, field in zip(columns, row, strict=True):
                column.add(field)
        if odd:
            raise DataError(f"{self.path}: {listed(odd)}; quote fields that hold {self.delimiter!r}")
        return [column.fields() for column in columns]

    def _decimal(self) -> str:
        """A comma is decimal where it parts no fields, and stands in some number as no thousands' comma would."""
        if self.delimiter == "," or not re.search(r"\d,\d", self.text):
            return "."
        if re.search(r"(?<![\d,.])\d+,(\d{1,2}|\d{4,})(?![\d,.])|(?<!\d)0,\d|\d\.\d{3},\d", self.text):
            return ","
        if re.search(r"\d,\d{3}\.\d|\d,\d{3},\d{3}(?!\d)", self.text):
            return "."
        found = re.search(r"\d*,\d{3}", self.text)
        raise DataError(
            f"{self.path}: {shorten(found[0] if found else '')} may be a thousand or a fraction; say decimal=. or "
            f"decimal=,"
        )

    def _refuse_titles(self, widths: list[int], first: list[str]) -> None:
        """Refuse what stands above the table and is none of it, such as a title."""
        usual, often = Counter(widths).most_common(1)[0]
        above = next(k for k, width in enumerate(widths) if width >= usual - 1)
        if above and 2 * often > len(widths) > 2:
            raise DataError(
                f"{self.path}: line 1 reads {shorten(' '.join(first))} where the table has {usual} columns; "
                f"delete what stands above its header, {above} line{'s' * (above > 1)}"
            )


def _lines(text: str) -> Iterator[str]:
    """Its lines, each with its end, without a copy of all."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _text(path: Path) -> str:
    """All of a file, unpacked, its lines ended by newlines."""
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        most = room(len(content))
        with gzip.open(io.BytesIO(content)) as stream:
            content = stream.read(most + 1)
        if len(content) > most:
            raise DataError(f"{path}: unpacks to more than {most:,} bytes; if that is right, unpack it first")
    text = content.decode("utf-8-sig")  # with or without a byte order mark
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _delimiter(text: str) -> str:
    """The first mark that parts the first lines evenly; else the first that the first line has; else a comma."""
    lines = [line for line in text[: 1 << 16].split("\n")[:SHOWN] if line.strip()]
    first = re.sub('"[^"]*"', "quoted", lines[0]) if lines else ""
    there = [mark for mark in "\t;,|" if mark in first]
    for mark in there:
        widths = {len(row) for row in csv.reader(lines[:-1] or lines, delimiter=mark)}
        if len(widths) == 1 and max(widths) > 1:
            return mark
    if not there and " " in first.strip(" #"):
        below = [field for line in lines[1:] for field in line.split()]
        if any(_kind(field, ".") == "number" for field in below) and not any(
            mark in "".join(lines) for mark in "\t;|"
        ):
            return " "
    return there[0] if there else ","


def _is_header(first: list[list[str]], decimal: str) -> bool:
    """Whether the first row names the columns: a word above numbers does, and words that come nowhere again.

    So do 0, 1, 2, ... or years, one after the other, above numbers that are not all whole, and numbers that rise
    behind an empty corner above rows that have names. R leaves the corner out.
    """
    head, below = first[0], first[1:]
    columns = [[row[j] for row in below if j < len(row)] for j in range(len(head))]
    kinds = [_kind(field, decimal) for field in head]
    if below and len(below[0]) == len(head) + 1:
        return all(kind == "word" for kind in kinds)
    for kind, column in zip(kinds, columns, strict=True):
        if kind == "word" and (not column or any(_kind(field, decimal) == "number" for field in column)):
            return True
    own = [(x, column) for x, kind, column in zip(head, kinds, columns, strict=True) if kind == "word"]
    if any(x not in column and 2 * len(set(column)) <= len(column) for x, column in own):
        return True
    if "word" in kinds:
        return "number" not in kinds and not any(x in column for x, column in own)
    if len(head) > 2 and not head[0].strip() and below and len(set(columns[0])) == len(below):
        values = [parsed(field) for field in head[1:]]
        return all(a is not None and b is not None and a < b for a, b in pairwise(values))
    numbers = [field.strip() for field in head]
    if not all(re.fullmatch(r"\d+", field) for field in numbers):
        return False
    plain = all(re.fullmatch(r"\d+", field.strip()) for row in below for field in row)
    start = int(numbers[0][:9])
    counts = len(numbers) > 1 and numbers == [str(start + j) for j in range(len(numbers))]
    return counts and not plain and (start == 0 or 1000 <= start < 3000)


def _kind(field: str, decimal: str) -> str:
    return "gap" if is_gap(field) else "word" if parsed(field, decimal) is None else "number"
