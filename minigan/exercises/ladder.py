"""The ladder of exercises, and what a student does on it: start, check, hint, solution. His progress is kept."""

from __future__ import annotations

import importlib
import inspect
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files import alone, contents, reason, write_whole
from ..runs.signals import terminable
from .judge import judged

FOLDER = Path("exercises")  # of the student, where the command is given
PROGRESS = "progress.json"


@dataclass(frozen=True)
class Exercise:
    """An exercise's files: what the student gets, and the module with its hints, answer and judge."""

    number: int
    name: str
    path: Path

    @property
    def title(self) -> str:
        """The first line of the file."""
        return self.path.read_text(encoding="utf-8").split("\n", 1)[0].strip('" ').rstrip(".")

    @property
    def answer(self) -> Any:
        """The module answers/aNN_name.py."""
        return importlib.import_module(f"minigan.lessons.exercises.answers.a{self.name[1:]}")


def ladder() -> dict[int, Exercise]:
    """All exercises by number."""
    paths = sorted((Path(__file__).parents[1] / "lessons" / "exercises").glob("e[0-9][0-9]_*.py"))
    return {int(path.stem[1:3]): Exercise(int(path.stem[1:3]), path.stem, path) for path in paths}


def find(number: int) -> Exercise:
    """The exercise of this number; raises ValueError where there is none."""
    known = ladder()
    if number not in known:
        raise ValueError(f"there is no exercise {number}; there are {', '.join(map(str, known))}")
    return known[number]


def start(number: int, folder: Path = FOLDER) -> Path:
    """Put a copy of the exercise into the student's folder; raises ValueError where one is there already."""
    exercise = find(number)
    target = folder / exercise.path.name
    if target.exists():
        raise ValueError(f"{target} is there already; rename or delete it to start over")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(exercise.path, target)
    return target


def progress(folder: Path = FOLDER) -> dict[str, Any]:
    """{"done": [numbers], "hints": {number: how many were shown}}; a damaged file counts as none."""
    try:
        kept = json.loads(contents(folder / PROGRESS))
        hints = {k: max(0, int(v)) for k, v in kept["hints"].items()}
        return {"done": [int(n) for n in kept["done"]], "hints": hints}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return {"done": [], "hints": {}}


@contextmanager
def remember(folder: Path = FOLDER) -> Iterator[dict[str, Any]]:
    """The progress, to be changed; it is then written whole or not at all. One process at a time is in here."""
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / f"{PROGRESS}.lock"):
        kept = progress(folder)
        yield kept
        write_whole(folder / PROGRESS, (json.dumps(kept) + "\n").encode())


def _keep(folder: Path, change: Callable[[dict[str, Any]], None]) -> str:
    """Change what is kept; where that cannot be, a line that says so, for it changes no verdict."""
    try:
        with remember(folder) as kept:
            change(kept)
    except (OSError, ValueError) as error:
        return f"\n(this could not be kept in {folder / PROGRESS}: {reason(error)})"
    return ""


def check(
    number: int, folder: Path = FOLDER, seed: int | None = None, seconds: float | None = None
) -> tuple[bool, str]:
    """Judge the student's file -> (passed, what is to be said), and keep it in mind if it passed; see `judged`."""
    exercise = find(number)
    path = folder / exercise.path.name
    if not path.is_file():
        raise ValueError(_missing(path, number))
    with terminable():
        verdict = judged(exercise, path, seed, seconds, hidden=(folder,))
    note = _keep(folder, lambda kept: kept.update(done=sorted({*kept["done"], number}))) if verdict.passed else ""
    head = f"it printed:\n{verdict.printed}\n" if verdict.printed else ""
    return verdict.passed, head + verdict.message + note


def _missing(path: Path, number: int) -> str:
    """What is to be said where no file of the student's is."""
    if path.exists():
        return f"{path} is {'a folder' if path.is_dir() else 'a pipe or a device'}, not a file"
    near = f"; {path.name} is in this folder: go one up" if Path(path.name).is_file() else ""
    return f"{path.absolute()} is not there; `minigan exercise start {number}` puts it there{near}"


def hint(number: int, folder: Path = FOLDER) -> str:
    """The next of three hints; the last one again when all were shown."""
    hints = find(number).answer.HINTS
    shown = min(progress(folder)["hints"].get(str(number), 0) + 1, len(hints))
    note = _keep(folder, lambda kept: kept["hints"].update({str(number): shown}))
    return f"hint {shown} of {len(hints)}: {hints[shown - 1]}{note}"


def solution(number: int, folder: Path = FOLDER) -> str:
    """The answer and why it is so, once the student's own has passed; else ValueError."""
    exercise = find(number)
    if number not in progress(folder)["done"]:
        raise ValueError(
            f"the solution is shown once yours has passed: `minigan exercise check {number}`, or `hint {number}`"
        )
    answer = exercise.answer
    parts = [inspect.getsource(thing) for name, thing in vars(answer).items() if name in answer.ANSWER]
    return "\n\n".join(parts) + f"\n{inspect.cleandoc(answer.WHY)}"
