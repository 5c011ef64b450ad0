"""The ladder of exercises, and what a student does on it: start, check, hint, solution. His progress is kept."""

from __future__ import annotations

import importlib
import inspect
import json
import re
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

Key = int | str  # which exercise: a lesson's by its number, the capstone by its name
LADDER = 2  # which ladder a progress is of; one that says none is of the first
MOVED: dict[Key, Key] = {21: "capstone"}  # what was another exercise on the first ladder, and is which one now


@dataclass(frozen=True)
class Exercise:
    """An exercise's files: what the student gets, and the module with its hints, answer and judge."""

    key: Key
    path: Path

    @property
    def title(self) -> str:
        """The first line of the file."""
        return self.path.read_text(encoding="utf-8").split("\n", 1)[0].strip('" ').rstrip(".")

    @property
    def answer(self) -> Any:
        """The module answers/aNN_name.py, or answers/capstone.py."""
        return importlib.import_module(f"minigan.lessons.exercises.answers.{self.twin('a')}")

    def twin(self, letter: str) -> str:
        """The name of the module that belongs to it: a04_kl has the answer to e04_kl, a name stays a name."""
        return re.sub(r"^e(?=\d)", letter, self.path.stem)

    def file(self, folder: Path) -> Path:
        """Where the student's copy is, or is to be; under a name that it once had, if it is there alone."""
        older = [f"e{number}_{self.path.name}" for number, key in MOVED.items() if key == self.key]
        here = [folder / name for name in (self.path.name, *older)]
        return next((path for path in here if path.exists()), here[0])


def label(key: Key) -> str:
    """The key as lists show and order it: 04, capstone."""
    return f"{key!s:0>2}"


def handed_in(name: str) -> Key | None:
    """The exercise that a file of this name is for: e04_kl.py, e04_mine.py, capstone.py (and e21_capstone.py)."""
    found = re.fullmatch(r"(?:e21_)?(capstone)(?:_.*)?\.py|e(\d\d)_.*\.py", name)
    return (found[1] or int(found[2])) if found else None


def ladder() -> dict[Key, Exercise]:
    """All exercises by their key, in order."""
    paths = (Path(__file__).parents[1] / "lessons" / "exercises").glob("*.py")
    known = {key: Exercise(key, path) for path in paths if (key := handed_in(path.name)) is not None}
    return {key: known[key] for key in sorted(known, key=label)}


def find(key: Key) -> Exercise:
    """The exercise of this key; raises ValueError where there is none."""
    known = ladder()
    if key not in known:
        raise ValueError(f"there is no exercise {key}; there are {', '.join(map(str, known))}")
    return known[key]


def start(key: Key, folder: Path = FOLDER) -> Path:
    """Put a copy of the exercise into the student's folder; raises ValueError where one is there already."""
    exercise = find(key)
    target = exercise.file(folder)
    if target.exists():
        raise ValueError(f"{target} is there already; rename or delete it to start over")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(exercise.path, target)
    return target


def progress(folder: Path = FOLDER) -> dict[str, Any]:
    """{"done": [keys], "hints": {key, as text: how many were shown}}; a damaged file counts as none."""
    try:
        kept = json.loads(contents(folder / PROGRESS))
        moved = MOVED if int(kept.get("ladder", 1)) < LADDER else {}
        hints = {str(_key(k, moved)): max(0, int(v)) for k, v in kept["hints"].items()}
        return {"done": [_key(k, moved) for k in kept["done"]], "hints": hints}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return {"done": [], "hints": {}}


def _key(said: Any, moved: dict[Key, Key]) -> Key:
    """The exercise that a progress calls so; raises ValueError or TypeError for what is no exercise's name."""
    key = said if said in MOVED.values() else int(said)
    return moved.get(key, key)


@contextmanager
def remember(folder: Path = FOLDER) -> Iterator[dict[str, Any]]:
    """The progress, to be changed; it is then written whole or not at all. One process at a time is in here."""
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / f"{PROGRESS}.lock"):
        kept = progress(folder)
        yield kept
        write_whole(folder / PROGRESS, (json.dumps({"ladder": LADDER} | kept) + "\n").encode())


def _keep(folder: Path, change: Callable[[dict[str, Any]], None]) -> str:
    """Change what is kept; where that cannot be, a line that says so, for it changes no verdict."""
    try:
        with remember(folder) as kept:
            change(kept)
    except (OSError, ValueError) as error:
        return f"\n(this could not be kept in {folder / PROGRESS}: {reason(error)})"
    return ""


def check(
    key: Key, folder: Path = FOLDER, seed: int | None = None, seconds: float | None = None
) -> tuple[bool, str]:
    """Judge the student's file -> (passed, what is to be said), and keep it in mind if it passed; see `judged`."""
    exercise = find(key)
    path = exercise.file(folder)
    if not path.is_file():
        raise ValueError(_missing(path, key))
    with terminable():
        verdict = judged(exercise, path, seed, seconds, hidden=(folder,))
    note = ""
    if verdict.passed:
        note = _keep(folder, lambda kept: kept.update(done=sorted({*kept["done"], key}, key=label)))
    head = f"it printed:\n{verdict.printed}\n" if verdict.printed else ""
    return verdict.passed, head + verdict.message + note


def _missing(path: Path, key: Key) -> str:
    """What is to be said where no file of the student's is."""
    if path.exists():
        return f"{path} is {'a folder' if path.is_dir() else 'a pipe or a device'}, not a file"
    near = f"; {path.name} is in this folder: go one up" if Path(path.name).is_file() else ""
    return f"{path.absolute()} is not there; `minigan exercise start {key}` puts it there{near}"


def hint(key: Key, folder: Path = FOLDER) -> str:
    """The next of three hints; the last one again when all were shown."""
    hints = find(key).answer.HINTS
    shown = min(progress(folder)["hints"].get(str(key), 0) + 1, len(hints))
    note = _keep(folder, lambda kept: kept["hints"].update({str(key): shown}))
    return f"hint {shown} of {len(hints)}: {hints[shown - 1]}{note}"


def solution(key: Key, folder: Path = FOLDER) -> str:
    """The answer and why it is so, once the student's own has passed; else ValueError."""
    exercise = find(key)
    if key not in progress(folder)["done"]:
        raise ValueError(
            f"the solution is shown once yours has passed: `minigan exercise check {key}`, or `hint {key}`"
        )
    answer = exercise.answer
    parts = [inspect.getsource(thing) for name, thing in vars(answer).items() if name in answer.ANSWER]
    return "\n\n".join(parts) + f"\n{inspect.cleandoc(answer.WHY)}"
