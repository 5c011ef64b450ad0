"""From a table's columns to what a network learns: which they are, of what kind, and what cannot be used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from ...files import shorten
from ..dataset import DataError, Dataset
from ..kinds import Column, date_formats, encode, number_column, seconds
from .checks import LARGEST, as_pictures, checked, listed, place, trouble
from .fields import GAP, NUMBER, Fields

ROW_NAMES = ("", "unnamed: 0", "rownames", "row.names", "row_names", "index")
PAIRS = {"false": "true", "f": "t", "no": "yes", "n": "y"}
MOST = 64  # categories: each becomes a column of the network's, and more are the labels of rows
GAPS_MAY = ("refuse", "drop", "mean")


@dataclass
class Asked:
    """What a user asks of a table's columns; `read_csv` says what each is."""

    columns: Any = None
    drop: Any = None
    gaps: str = "refuse"
    kinds: Any = None
    label: Any = None
    image: str | None = None
    transpose: bool = False


@dataclass
class Table:
    """Columns as they were read, by name. line says where row i stands, in the units that messages call a spot."""

    where: str | Path
    names: list[str]
    fields: list[Fields]
    rows: int
    line: Callable[[int], int]
    spot: str = "line"

    def take(self, columns: Iterable[int], rows: np.ndarray | None = None) -> Table:
        """Those columns, and those rows, a mask (n,), alone."""
        chosen = list(columns)
        names, fields = [self.names[j] for j in chosen], [self.fields[j] for j in chosen]
        if rows is None or rows.all():
            return replace(self, names=names, fields=fields)
        kept = np.flatnonzero(rows)
        line = lambda i: self.line(int(kept[i]))  # noqa: E731
        return replace(self, names=names, fields=[x.take(rows) for x in fields], rows=len(kept), line=line)

    def holes(self) -> np.ndarray:
        """Where the gaps are, (rows, columns)."""
        gaps = [fields.codes == GAP for fields in self.fields]
        return np.stack(gaps, axis=1) if gaps else np.zeros((self.rows, 0), bool)

    def dataset(self, asked: Asked) -> Dataset:
        """What is asked of the table, as a Dataset; DataError with all that is wrong with it."""
        if self.rows < 2:
            what = "one row only" if self.rows else "no row of numbers"
            raise DataError(f"{self.where}: holds {what}; wanted are 2 rows at least")
        if asked.image is not None:
            return self._pictures(asked)
        wanted = self._wanted(asked)
        taken, left_out = self._taken(asked)
        table = replace(self, names=[name or "x1" for name in self.names]).take(taken)
        empty = table.holes().all(axis=0)
        left_out += [f"{shorten(table.names[j])}, which is empty" for j in np.flatnonzero(empty)]
        table = table.take(np.flatnonzero(~empty).tolist())
        whole = ~np.any(table.holes(), axis=1)
        if asked.gaps == "drop":
            left_out += [f"{(~whole).sum():,} rows with a gap"] * (not whole.all())
            table = table.take(range(len(table.names)), whole)
        if not table.names:
            raise DataError(f"{self.where}: no column is left to learn; choose others")
        if table.rows < 2:
            raise DataError(
                f"{self.where}: {table.rows} of {self.rows:,} rows have no gap; say gaps=mean, or drop columns"
            )
        judged = [table.judge(j, wanted.get(name, "")) for j, name in enumerate(table.names)]
        offences = [found for found in judged if isinstance(found, str)]
        if asked.gaps == "refuse" and not whole.all():
            offences.append(table.gaps())
        if offences:
            raise DataError(f"{self.where}: {listed(offences)}")
        kinds, values = zip(*(found for found in judged if not isinstance(found, str)), strict=True)
        for column, numbers in zip(kinds, values, strict=True):
            gone = np.isnan(numbers)
            numbers[gone] = column.middle(numbers[~gone]) if gone.any() else ()
        names = [name for column in kinds for name in column.names]
        if not names:
            raise DataError(
                f"{self.where}: {place(table.names, 0)} is constant, as are all; there is nothing to learn"
            )
        labels = self._labels(asked, whole if asked.gaps == "drop" else None)
        data = checked(
            encode(kinds, np.stack(values, axis=1)), self.where, names, kinds=list(kinds), labels=labels
        )
        counts = [c.name for c, v in zip(kinds, values, strict=True) if c.kind == "number" and _counts(v)]
        return replace(data, said=_said(data, kinds, left_out, counts))

    def _pictures(self, asked: Asked) -> Dataset:
        """The rows as images of this shape; a label is a column beside them."""
        taken, left_out = self._taken(asked)
        table = self.take(taken)
        judged = [table.judge(j, "number") for j in range(len(taken)) if (table.fields[j].codes != NUMBER).any()]
        if offences := [found if isinstance(found, str) else table.gaps() for found in judged]:
            raise DataError(f"{self.where}: {listed(offences)}")
        x = np.stack([fields.numbers for fields in table.fields], axis=1) if taken else np.zeros((self.rows, 0))
        a, _, _ = as_pictures(self.where, x, table.names, asked.image, None, asked.transpose)
        return checked(a, self.where, notes=[f"left out: {x}" for x in left_out], labels=self._labels(asked, None))

    def _labels(self, asked: Asked, rows: np.ndarray | None) -> np.ndarray | None:
        """The labels that are asked for, numbers or words (rows,)."""
        if asked.label is None:
            return None
        fields = self.take([self.names.index(str(asked.label))], rows).fields[0]
        if (fields.codes == GAP).any():
            raise DataError(f"{self.where}: the label {shorten(str(asked.label))} has gaps; delete those rows")
        if not fields.words:
            return fields.numbers
        column, values = category(str(asked.label), fields)
        return np.array(column.words)[values.astype(int)]

    # ---- which columns

    def _wanted(self, asked: Asked) -> dict[str, str]:
        """What the user says of some columns: their kinds, by name."""
        if asked.gaps not in GAPS_MAY:
            raise DataError(f"{self.where}: gaps is {shorten(asked.gaps)}; choose one of {', '.join(GAPS_MAY)}")
        kinds = asked.kinds or {}
        if isinstance(kinds, str):
            pairs = [part.partition(":") for part in kinds.split(",")]
            kinds = {name.strip(): kind.strip() for name, _, kind in pairs}
        for name, kind in kinds.items():
            if str(kind).partition(":")[0] not in ("number", "category", "date"):
                raise DataError(
                    f"{self.where}: kinds says {shorten(str(kind))} of {shorten(name)}; choose number, category "
                    f"or date, as in kinds=a:category,b:date:%d/%m/%Y"
                )
        return kinds

    def _taken(self, asked: Asked) -> tuple[list[int], list[str]]:
        """Which columns to learn, and a word on what is left out unasked."""
        chosen, dropped, label = _list(asked.columns), _list(asked.drop), _list(asked.label)
        for name in [*chosen, *dropped, *label, *(self._wanted(asked))]:
            if name not in self.names:
                near = get_close_matches(name, self.names, 1)
                hint = (
                    f"did you mean {near[0]!r}?" if near else "it has " + ", ".join(map(shorten, self.names[:12]))
                )
                raise DataError(f"{self.where}: has no column {shorten(name)}; {hint}")
        gone = {*dropped, *label}
        taken = [j for j, name in enumerate(self.names) if (name in chosen or not chosen) and name not in gone]
        told = []
        while taken and (first := self.names[taken[0]]).lower() in ROW_NAMES and first not in chosen:
            if not (what := _row_names(self.fields[taken[0]])):
                break
            told.append(f"{shorten(first) if first else 'the first column'}, which {what} the rows")
            taken = taken[1:]
        return taken, told

    # ---- what each is

    def judge(self, j: int, wanted: str = "") -> tuple[Column, np.ndarray] | str:
        """What column j is, and its values (rows,) float64, NaN for a gap; or what is wrong with it."""
        kind, _, form = wanted.partition(":")
        name, fields, where = self.names[j], self.fields[j], place(self.names, j)
        words, is_word = fields.words, fields.codes >= 0
        has_numbers = bool((fields.codes == NUMBER).any())
        if kind == "category":
            return category(name, fields)
        if kind == "date" or (not kind and not has_numbers and date_formats(words[:1])):
            return f"{where} has numbers among its dates" if has_numbers else date(name, fields, form)
        if kind == "number" or has_numbers:
            bad = is_word | (np.abs(fields.numbers) > LARGEST)
            if not bad.any():
                return number_column(name, fields.numbers[fields.codes == NUMBER]), fields.numbers.copy()
            i = int(bad.argmax())
            spot = f"{self.spot} {self.line(i)}, {where}"
            more = f" (and {bad.sum() - 1:,} more of this column)" if bad.sum() > 1 else ""
            if not is_word[i]:
                return f"{spot} {trouble(float(fields.numbers[i]))}{more}"
            cure = f"mend it, or learn words with kinds={shorten(name)}:category"
            if re.fullmatch(r"[+-]?\d*,\d+", words[fields.codes[i]]):
                cure = "write a decimal point, or say decimal=,"
            return f"{spot} is {shorten(words[fields.codes[i]])}, which is no number{more}; {cure}"
        if len(words) > MOST or 2 * len(words) > is_word.sum() > 3:
            return (
                f"{where} holds {len(words):,} different words in {is_word.sum():,} rows, such as "
                f"{shorten(words[0])}: labels of rows, from which nothing can be learnt; leave them out with "
                f"drop={shorten(name)}, or say kinds={shorten(name)}:category"
            )
        return category(name, fields)

    def gaps(self) -> str:
        """What is said of gaps: how many, where, and what each cure would keep."""
        holes = self.holes()
        i, j = (int(at[0]) for at in holes.nonzero())
        many = Counter({name: int(k) for name, k in zip(self.names, holes.sum(axis=0), strict=True) if k})
        where = ", ".join(f"{k:,} in {shorten(name)}" for name, k in many.most_common(5))
        return (
            f"{self.spot} {self.line(i)}, {place(self.names, j)} is a gap, of {holes.sum():,} "
            f"({where}{', ...' * (len(many) > 5)}); gaps=drop keeps the {(~holes.any(axis=1)).sum():,} of "
            f"{self.rows:,} rows that have none, gaps=mean fills them with means"
        )


def category(name: str, fields: Fields) -> tuple[Column, np.ndarray]:
    """Words in the order of the alphabet, behind numbers by their size; but false before true."""
    is_number, is_word = fields.codes == NUMBER, fields.codes >= 0
    found, at = np.unique(fields.numbers[is_number], return_inverse=True)
    words = [*(number_column(name, found).write(found) if len(found) > 1 else [f"{v:g}" for v in found])]
    order = np.argsort(fields.words).argsort() if fields.words else np.zeros(0, int)
    words += sorted(fields.words)
    values = np.full(len(fields.codes), np.nan)
    values[is_number] = at
    values[is_word] = len(found) + order[fields.codes[is_word]]
    if len(words) == 2 and PAIRS.get(words[1].lower()) == words[0].lower():
        words, values = words[::-1], 1 - values
    return Column(name, "category", tuple(words), None, 0.0, len(words) - 1.0), values


def date(name: str, fields: Fields, form: str) -> tuple[Column, np.ndarray] | str:
    """Dates of one format; where two formats fit and differ, the user must say which."""
    forms = [form] if form else date_formats(fields.words)
    say = f"say kinds={shorten(name)}:date:FORMAT, as in %d/%m/%Y"
    if not forms:
        return f"column {shorten(name)} holds dates of no one format, such as {shorten(fields.words[0])}; {say}"
    found = [[seconds(word, form) for word in fields.words] for form in forms]
    if None in found[0]:
        bad = fields.words[found[0].index(None)]
        return (
            f"column {shorten(name)} has {shorten(bad)}, which is no date of the format {form}; mend it, or {say}"
        )
    if any(other != found[0] for other in found[1:]):
        return f"column {shorten(name)} has the day or the month first, as in {shorten(fields.words[0])}; {say}"
    values = np.full(len(fields.codes), np.nan)
    is_word = fields.codes >= 0
    own = values[is_word] = np.array(found[0])[fields.codes[is_word]]
    if own.min() == own.max():
        return category(name, fields)
    return Column(
        name, "date", (forms[0],), None, float(own.min()), float(own.max()), float(np.sort(own)[len(own) // 2])
    ), values


def _row_names(fields: Fields) -> str:
    """What an unnamed first column does to the rows: it "counts" or "labels" them, or neither."""
    if (fields.codes == NUMBER).all():
        steps = np.diff(fields.numbers)
        return "counts" if (steps >= 1).all() and (fields.numbers == fields.numbers.round()).all() else ""
    return "labels" if len(fields.words) == len(fields.codes) else ""


def _counts(values: np.ndarray) -> bool:
    return len(values) > 2 and bool((np.diff(values) == 1).all())


def _list(names: Any) -> list[str]:
    """Names in a list, or in a text with commas between, as texts."""
    if names is None:
        return []
    return [
        str(name).strip() for name in (names.split(",") if isinstance(names, str) else np.ravel(names).tolist())
    ]


def _said(data: Dataset, columns: Sequence[Column], left_out: Sequence[str], counts: Sequence[str]) -> str:
    """One line on what was read; counts are columns that are learnt although they may be row numbers."""
    kinds: dict[str, list[str]] = {}
    for column in columns:
        kinds.setdefault(column.said, []).append(column.name)
    groups = [
        f"{', '.join(names[:8])}{f' and {len(names) - 8} more' * (len(names) > 8)} ({kind})"
        for kind, names in kinds.items()
    ]
    held = 0 if data.held_out is None else len(data.held_out)
    return (
        f"{data.name}: {len(data.x) + held:,} rows of {', '.join(groups)}"
        + (f"; left out: {'; '.join(left_out)}" if left_out else "")
        + "".join(
            f"; {shorten(name)} counts the rows, which drop={shorten(name)} would leave out" for name in counts
        )
        + (f"; {len(data.classes)} labels kept beside them" if data.classes else "")
        + (f"; {held:,} rows held out" if held else "")
    )
