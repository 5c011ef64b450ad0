"""Many students' files at once: each judged with its limits, in parallel, into one table that can be gone on with.

The folder holds one folder per student, and that, at any depth, his files under the names that the exercises have.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from ..files import alone, contents, write_whole
from ..runs.signals import terminable
from ..runs.threads import cores
from .judge import LIVE, MOST_SOURCE, judged, visible
from .ladder import Exercise, handed_in, label, ladder

COLUMNS = ("student", "exercise", "file", "verdict", "message", "seconds", "sha256", "seed", "minigan")
Row = dict[str, str]


def submissions(folder: Path) -> Iterator[tuple[str, Exercise, Path]]:
    """(student, exercise, path relative to the folder) of every file that has an exercise's name, in order."""
    known = ladder()
    for top, folders, names in os.walk(folder):  # which follows no links
        folders.sort()
        for name in sorted(names):
            path = Path(top, name).relative_to(folder)
            key = handed_in(name)
            if key in known and len(path.parts) > 1:
                yield path.parts[0], known[key], path


def passed_over(folder: Path) -> list[str]:
    """What lies there, looks like an exercise's file or a student's folder, and is none."""
    taken = {path for _, _, path in submissions(folder)}
    over = [path for path in folder.iterdir() if path.is_symlink()]
    for top, _, names in os.walk(folder):
        over += [Path(top, name) for name in names if re.match(r"(?i)e\d\d?[_\- ]|capstone", name)]
    return sorted({_shown(path.relative_to(folder)) for path in over if path.relative_to(folder) not in taken})


def grade(folder: Path, out: Path, jobs: int | None = None) -> Iterator[Row]:
    """Judge all that lies below the folder -> a row each, as it is known; they are kept in the table `out`.

    A row that is in the table already, for the same bytes and the same minigan, is kept and not judged again.
    Every student has data of his own: a row's seed follows from a secret of this call, from student and exercise,
    and stands in the table, so that a verdict can be had again. Raises ValueError where there is nothing to judge,
    or where `out` is another table.
    """
    found = list(submissions(folder))
    if not found:  # and nothing is left behind where the table would be
        raise ValueError(f"{folder}: no exercises there; wanted {folder}/STUDENT/e04_kl.py and the like")
    with _alone(out):
        yield from _graded(folder, found, out, jobs)


def _graded(folder: Path, found: list[tuple[str, Exercise, Path]], out: Path, jobs: int | None) -> Iterator[Row]:
    rows, secret, last = _read(out), secrets.token_hex(), time.monotonic()
    table: dict[str, Row] = {}
    write_whole(out, _csv(rows))  # what cannot be written is better known now
    with terminable(), ThreadPoolExecutor(cores() if jobs is None else jobs) as pool:
        try:
            begun = {}
            for student, exercise, path in found:
                key = f"{secret}\n{student}\n{exercise.key}"
                seed = int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()[:8], "big")
                kept = rows.get(_shown(path))
                begun[pool.submit(_row, folder, student, exercise, path, seed, kept)] = path
            for done in as_completed(begun):
                row = done.result()
                table[row["file"]] = row
                if time.monotonic() - last > 1:
                    write_whole(out, _csv(rows | table))
                    last = time.monotonic()
                yield row
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(future.done() for future in begun):
                for running in list(LIVE):
                    running.kill()
                time.sleep(0.05)
            raise
        finally:
            write_whole(out, _csv(dict(sorted((table if len(table) == len(found) else rows | table).items()))))


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Be the only call that writes this table; raises ValueError where there is another."""
    try:
        with alone(out.with_name(f"{out.name}.lock"), 0):
            yield
    except TimeoutError:
        raise ValueError(f"{out}: another `minigan grade` is writing it; wait, or choose another --out") from None


def _row(folder: Path, student: str, exercise: Exercise, path: Path, seed: int, kept: Row | None) -> Row:
    from .. import __version__

    row = dict.fromkeys(COLUMNS, "") | {"student": _shown(student), "file": _shown(path)}
    row |= {"exercise": str(exercise.key), "minigan": __version__}
    try:
        if (folder / path).is_symlink():
            raise ValueError("it is a link")
        if (folder / path).stat().st_size > MOST_SOURCE:
            raise ValueError(f"it has more than {MOST_SOURCE >> 20} MiB")
        row["sha256"] = hashlib.sha256(contents(folder / path)).hexdigest()
        if kept is not None and all(kept[k] == row[k] for k in ("student", "exercise", "sha256", "minigan")):
            return kept
        verdict = judged(exercise, folder / path, seed, hidden=(folder,))
    except Exception as error:  # whatever one file does, the others are graded
        said = str(error) if isinstance(error, (OSError, ValueError)) else f"{type(error).__name__}: {error}"
        return row | {"verdict": "unread", "message": visible(said[:1000])}
    came = {"verdict": "passed" if verdict.passed else "failed", "message": verdict.message}
    return row | came | {"seconds": f"{verdict.seconds:.2f}", "seed": str(seed)}


def _shown(name: str | Path) -> str:
    """A name in one line of text, another for each: what is not to be printed, bytes among it, is written out."""
    return "".join(c if c.isprintable() and c != "\\" else repr(c)[1:-1] for c in os.fspath(name))


def _csv(rows: dict[str, Row]) -> bytes:
    """The table, a line a row; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO(newline="")
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    table.writerow(COLUMNS)
    for row in rows.values():
        cells = [_escaped(row[column].encode("utf-8", "replace").decode()) for column in COLUMNS]
        table.writerow(["'" + cell if cell.startswith(("=", "+", "-", "@", "'")) else cell for cell in cells])
    return text.getvalue().encode()


def _escaped(cell: str) -> str:
    return re.sub(r"[\\\t\r\n]", lambda c: repr(c[0])[1:-1], cell)


def _plain(cell: str) -> str:
    return re.sub(r"\\[\\trn]", lambda c: {"\\": "\\", "t": "\t", "r": "\r", "n": "\n"}[c[0][1]], cell)


def _read(path: Path) -> dict[str, Row]:
    """The rows of a table by their file; none where there is no table yet."""
    if not path.exists():
        return {}
    usual = csv.field_size_limit(1 << 24)  # of the whole process, so it is put back
    try:
        header, *lines = csv.reader(io.StringIO(contents(path).decode(), newline=""))
        if tuple(header) != COLUMNS or any(len(line) != len(COLUMNS) for line in lines):
            raise ValueError("other columns")
    except (ValueError, csv.Error) as error:
        raise ValueError(
            f"{path} is there and is no table of grades ({error}); give another name with --out"
        ) from None
    finally:
        csv.field_size_limit(usual)
    rows = (dict(zip(COLUMNS, [_plain(cell.removeprefix("'")) for cell in line], strict=True)) for line in lines)
    return {row["file"]: row for row in rows}


def summary(rows: list[Row], most: int = 3) -> str:
    """For the teacher: of each exercise, how many are right, and what is said most often of the others."""
    lines = []
    for key, exercise in ladder().items():
        these = [row for row in rows if row["exercise"] == str(key)]
        if not these:
            continue
        right = sum(row["verdict"] == "passed" for row in these)
        lines.append(f"{label(key)}  {exercise.title}: {right} of {len(these)} right")
        said = Counter(_gist(row["message"]) for row in these if row["verdict"] != "passed")
        lines += [f"      {count} x  {gist}" for gist, count in said.most_common(most)]
    return "\n".join(lines)


def _gist(message: str) -> str:
    """A message without what differs from student to student: the case's numbers, the lines of his file."""
    message = message[:10_000]  # the patterns below take their time
    line = (
        message.strip().splitlines()[-1 if message.lstrip().startswith("File ") else 0] if message.strip() else ""
    )
    line = re.sub(r"\S*[/\\](e\d\d_|capstone)", r"\1", line)
    line = re.sub(r" \(given .*?\)(?=:)", "", line)
    line = re.sub(r"(?<![\w.])[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?", "#", line)
    return line if len(line) <= 110 else line[:107] + "..."
