"""The exercises: start, check, hint, solution. A student's code runs in a process of its own, with a time limit.

A judge calls `wrong` or `close` with what it gave, what came and what was wanted. Whatever else a student's code
does, raise, print, hang, exit or write over files, ends as one report, and the progress file is written by the
parent from what it knew before.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

FOLDER = Path("exercises")  # of the student, where the command is given
PROGRESS = "progress.json"
SECONDS = 20.0
PRINTED = 4000  # characters of what a student's code prints


class Wrong(Exception):
    """What a judge has to say against an answer."""


def wrong(message: str) -> NoReturn:
    """Fail the answer, in words: the case, the value given, the value wanted."""
    raise Wrong(message)


def close(case: str, got: Any, wanted: Any, tolerance: float = 1e-9, given: str = "") -> None:
    """Fail the answer unless got is wanted, to this absolute and relative tolerance; say where they part most."""
    where = f"{case}{f' (given {given})' if given else ''}"
    if got is None:
        wrong(f"{where}: your function returned None; is there a return statement?")
    try:
        have, want = np.asarray(got, float), np.asarray(wanted, float)
    except (TypeError, ValueError):
        wrong(f"{where}: wanted numbers, got {type(got).__name__} {got!r:.80}")
    if have.shape != want.shape:
        wrong(f"{where}: wanted shape {want.shape}, got {have.shape}")
    with np.errstate(invalid="ignore"):
        off = np.where(have == want, 0.0, np.abs(have - want) / np.maximum(1.0, np.abs(want)))
    off = np.where(np.isfinite(off) | (have == want), off, np.inf)
    if off.size and off.max() > tolerance:
        i = np.unravel_index(int(off.argmax()), off.shape)
        place = f" at {list(map(int, i))}" if off.ndim else ""
        wrong(f"{where}: wanted {want[i]:.10g}{place}, got {have[i]:.10g}")


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
    paths = sorted((Path(__file__).parent / "lessons" / "exercises").glob("e[0-9][0-9]_*.py"))
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
        kept = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
        return {"done": [int(n) for n in kept["done"]], "hints": {k: int(v) for k, v in kept["hints"].items()}}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"done": [], "hints": {}}


def remember(kept: dict[str, Any], folder: Path = FOLDER) -> None:
    """Write the progress, whole or not at all."""
    from .files import write_whole

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / PROGRESS, (json.dumps(kept) + "\n").encode())


def check(
    number: int, folder: Path = FOLDER, seed: int | None = None, seconds: float | None = None
) -> tuple[bool, str]:
    """Judge the student's file on random data that he does not see -> (passed, what is to be said).

    It is stopped after so many seconds: SECONDS, unless the answer's module says how many its judge needs.
    """
    exercise = find(number)
    path = folder / exercise.path.name
    if not path.is_file():
        raise ValueError(f"{path} is not there; `minigan exercise start {number}` puts it there")
    kept = progress(folder)
    limit: float = getattr(exercise.answer, "SECONDS", SECONDS) if seconds is None else seconds
    passed, message = _judge_apart(exercise, path, secrets.randbits(32) if seed is None else seed, limit)
    if passed and number not in kept["done"]:
        kept["done"] = sorted([*kept["done"], number])
    remember(kept, folder)
    return passed, message


def hint(number: int, folder: Path = FOLDER) -> str:
    """The next of three hints; the last one again when all were shown."""
    hints, kept = find(number).answer.HINTS, progress(folder)
    shown = min(kept["hints"].get(str(number), 0) + 1, len(hints))
    kept["hints"][str(number)] = shown
    remember(kept, folder)
    return f"hint {shown} of {len(hints)}: {hints[shown - 1]}"


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


def _judge_apart(exercise: Exercise, path: Path, seed: int, seconds: float) -> tuple[bool, str]:
    """Run the judge in another process; its verdict comes back in a file, behind a word that the judge knows."""
    with tempfile.TemporaryDirectory() as folder:
        word, verdict, printed = secrets.token_hex(16), Path(folder, "verdict"), Path(folder, "printed")
        command = [sys.executable, "-m", "minigan.exercises", str(exercise.number), str(path.resolve()), str(seed)]
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        with open(printed, "wb") as output:
            child = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that what it starts can be stopped with it
            )
            try:
                child.communicate(f"{word}\n{verdict}".encode(), timeout=seconds)
            except subprocess.TimeoutExpired:
                _stop(child)
                return False, f"it ran for more than {seconds:g} seconds and was stopped: does a loop never end?"
        with open(printed, "rb") as output:
            text = output.read(PRINTED).decode("utf-8", "replace").rstrip()
        head = f"it printed:\n{text}\n" if text else ""
        said = verdict.read_text(encoding="utf-8") if verdict.is_file() else ""
    first, _, message = said.partition("\n")
    if first == f"{word} passed":
        return True, f"{head}passed"
    if first == f"{word} failed":
        return False, head + message
    return False, f"{head}it ended Python (exit code {child.returncode}) before it could be judged"


def _stop(child: subprocess.Popen) -> None:
    if hasattr(os, "killpg"):
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()


def _judge_here(number: int, path: Path, seed: int) -> tuple[bool, str]:
    """Import the student's file and judge it -> (passed, message); tracebacks begin at his own file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    student = importlib.util.module_from_spec(spec)
    judge = find(number).answer.judge
    try:
        spec.loader.exec_module(student)
        judge(student, np.random.default_rng(seed))
    except Wrong as error:
        return False, str(error)
    except NotImplementedError:
        return False, f"the gap is still empty: write your code in {path}, and take out the raise"
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: it is the student's code
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == path]
        if isinstance(error, SyntaxError):
            return False, "".join(traceback.format_exception_only(error)).rstrip()
        if not frames:
            return False, f"{type(error).__name__}: {error} (your function was called as its docstring says)"
        shown = "".join(traceback.format_list(frames)) + "".join(traceback.format_exception_only(error))
        return False, shown.rstrip()
    return True, ""


def _child(number: str, path: str, seed: str) -> None:
    word, verdict = sys.stdin.read().split("\n")
    passed, message = _judge_here(int(number), Path(path), int(seed))
    Path(verdict).write_text(f"{word} {'passed' if passed else 'failed'}\n{message}", encoding="utf-8")


if __name__ == "__main__":
    from minigan import exercises as this  # the module that the answers import: its Wrong is the one they raise

    this._child(*sys.argv[1:])
