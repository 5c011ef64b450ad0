"""What every lesson stands on: the claim, the list of lessons, and the run that prints and draws them.

A lesson is a file lNN_name.py that is read: Markdown cells with the code that teaches between them. Behind it
stands behind/lNN.py: claims(quick) gives its numbers, each with what it must be and why, and figure(quick) its
picture. Importing either runs nothing.
"""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .reading import minutes

HERE = Path(__file__).resolve().parent
PATHS = {  # ways through the lessons
    "half an hour": (1, 13),
    "an evening": (1, 9, 10, 11, 13, 15),
    "theory": (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 21),
    "builder": (9, 12, 13, 15, 16, 17),
}


@dataclass(frozen=True)
class Claim:
    """A number that a lesson states: what it is now, what it must be, and where that comes from.

    tolerance is absolute; with at_most, `expected` is an upper bound. A claim that is `full` needs the full run
    and is left out by --quick.
    """

    name: str
    says: str
    value: float
    expected: float
    tolerance: float
    source: str
    at_most: bool = False
    full: bool = False

    @property
    def holds(self) -> bool:
        """Whether the value is what it must be; never for NaN."""
        if self.at_most:
            return self.value <= self.expected + self.tolerance
        return self.value == self.expected or abs(self.value - self.expected) <= self.tolerance


class Claims(list[Claim]):
    """A lesson's claims, added as they are computed; those added while `full` is set need the full run."""

    full = False

    def equal(self, name: str, says: str, value: Any, expected: float, tolerance: float, source: str) -> None:
        """Add that the value is what is expected, within the tolerance."""
        self.append(Claim(name, says, float(value), float(expected), tolerance, source, full=self.full))

    def below(self, name: str, says: str, value: Any, bar: float, source: str = "bar") -> None:
        """Add that the value is at most the bar."""
        self.append(Claim(name, says, float(value), float(bar), 0, source, at_most=True, full=self.full))

    def between(self, name: str, says: str, value: Any, low: float, high: float, source: str = "bars") -> None:
        """Add that the value lies between two bars, which are told too."""
        told = f"{says}: {low:g} to {high:g}"
        self.equal(name, told, value, (low + high) / 2, (high - low) / 2, source)


@dataclass(frozen=True)
class Lesson:
    """A lesson, as the first lines of its file tell it."""

    number: int
    title: str
    question: str
    seconds: float
    path: Path

    @property
    def text(self) -> str:
        """Its file, as it stands."""
        return self.path.read_text(encoding="utf-8")

    @property
    def minutes(self) -> int:
        """How long it takes to read: at least a minute."""
        return max(1, round(minutes(self.text)))

    @property
    def module(self) -> Any:
        """The lesson's text, imported."""
        return importlib.import_module(f"minigan.lessons.{self.path.stem}")

    @property
    def behind(self) -> Any:
        """What stands behind it: claims(quick), figure(quick), and for some an animation or a story."""
        return importlib.import_module(f"minigan.lessons.behind.{self.path.stem[:3]}")


def lessons() -> dict[int, Lesson]:
    """All lessons by their number."""
    found = {}
    for path in sorted(HERE.glob("l[0-9][0-9]_*.py")):
        text = path.read_text(encoding="utf-8")
        head = re.search(r"^# # (\d\d)\. ([^:]+): (.+\?)$", text, re.M)
        spent = re.search(r"^# \*About ([\d.]+) seconds?", text, re.M)
        if head is None or spent is None:
            raise ValueError(f"{path.name} must begin with '# # NN. Title: question?' and '# *About N seconds'")
        number = int(head[1])
        found[number] = Lesson(number, head[2], head[3], float(spent[1]), path)
    return found


def minutes_of(path: str) -> int:
    """How long the lessons of a path take to read together."""
    known = lessons()
    return round(sum(minutes(known[n].text) for n in PATHS[path]))


def row(claim: Claim) -> dict[str, str]:
    """A claim as a row of the table."""
    bound = ("<= " if claim.at_most else "") + f"{claim.expected:.10g}"
    return {"says": claim.says, "now": f"{claim.value:.10g}", "must be": bound, "from": claim.source}


def show(number: int, quick: bool | None = None) -> bool:
    """Print a lesson's claims as a table, draw its figure to the current folder, and say whether all hold.

    quick is what the command line says (--quick), unless given.
    """
    from minigan.plotting import save
    from minigan.runs.threads import blas_threads

    lesson = lessons()[number]
    quick = "--quick" in sys.argv[1:] if quick is None else quick
    with blas_threads(1):  # a lesson's networks are small
        made = list(lesson.behind.claims(quick))
        picture = lesson.behind.figure(quick)
    width = max(len(claim.says) for claim in made)
    print(f"{'':{width}}  {'now':>14}  {'must be':>16}   from")
    for claim in made:
        said, verdict = row(claim), "" if claim.holds else "   DOES NOT HOLD"
        print(f"{said['says']:{width}}  {said['now']:>14}  {said['must be']:>16}   {said['from']}{verdict}")
    path = Path.cwd() / f"{lesson.path.stem}.png"
    save(picture, path)
    if (ipython := sys.modules.get("IPython")) is not None and ipython.get_ipython() is not None:
        ipython.display.display(ipython.display.Image(filename=str(path)))  # in a notebook
    print(f"figure: {path.name}")
    return all(claim.holds for claim in made)
