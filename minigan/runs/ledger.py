"""The ledger of a sweep: every line that was ever finished in its folder, one process at a time writing it.

members.csv has a line a member; sweep.json says what was asked for and what each line was made with. Both are
written whole or not at all, after each line. sweep.lock is empty, and locked while a sweep runs.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..files import contents, lock, reason, shorten, write_whole
from ..settings import shown
from .recipe import Recipe, RecipeError
from .surroundings import apart

OWN = ("member", "seed", "status", "made_with", "check")  # columns that are neither settings nor scores
FILES = ("sweep.json", "members.csv", "results.csv")
UNKNOWN = {"minigan": "one that did not say"}  # what the lines of an older sweep were made with

MOST = 100_000  # runs of a sweep

Key = tuple[str, ...]  # of a line: its settings' values and its seed, as they stand in members.csv


def members(
    recipe: Recipe, seeds: Sequence[int], settings: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[Key, Recipe]]:
    """(key, recipe) of each combination of the settings' values with each seed; RecipeError for too many."""
    if (count := math.prod(map(len, (seeds, *settings.values())))) > MOST:
        raise RecipeError(f"these are {count:,} runs; a sweep takes {MOST:,} at most, so ask for fewer")
    for values in itertools.product(*settings.values()):
        for seed in seeds:
            member = replace(recipe.updated(dict(zip(settings, values, strict=True))), seed=seed)
            yield (*(_text(_value(member, key)) for key in settings), str(seed)), member


class Ledger:
    """The lines of a sweep's folder, read, locked and ready to be added to; close it to let go of the folder.

    A folder that is new, or holds a sweep of this recipe over these settings, is this sweep's; other seeds and
    values may be asked of it again and again, and what it holds of them stays. Raises RecipeError for another
    folder, for one that another process sweeps in, and for files that no sweep has left as they are.
    """

    def __init__(self, folder: Path, recipe: Recipe, seeds: Sequence[int], settings: Mapping[str, Sequence[Any]]):
        self.folder, self.settings, self.description = folder, list(settings), ""
        _check_free(folder)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "sweep.lock"
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise RecipeError(
                f"{path} is a link, a pipe or a folder; delete it, for it is opened to be written to"
            )
        self.lock = path.open("ab")
        try:
            lock(self.lock)
            asked = {"seeds": list(seeds), "settings": {name: list(values) for name, values in settings.items()}}
            self._read(recipe, json.loads(json.dumps(asked)))  # as it will be read
        except BaseException as error:
            self.lock.close()
            if isinstance(error, BlockingIOError):
                raise RecipeError(
                    f"{folder} is being swept in by another process; wait for it, or give another --out"
                ) from None
            raise

    def close(self) -> None:
        """Let go of the folder."""
        self.lock.close()

    def _read(self, recipe: Recipe, asked: dict[str, Any]) -> None:
        """Read what the folder holds, check that it is one sweep's, and note what is asked of it now."""
        self.recipe = recipe
        path, self.asked, self.made_with = self.folder / "sweep.json", [asked], dict[str, dict[str, str]]()
        if path.exists():
            before, earlier, self.made_with = _description(path)
            if before != recipe or any(list(plan["settings"]) != self.settings for plan in earlier):
                raise RecipeError(
                    f"{self.folder} holds a sweep of another recipe or other settings; give another --out"
                )
            self.asked = earlier + [asked] * (asked not in earlier)
        plans = (members(recipe, plan["seeds"], plan["settings"]) for plan in self.asked)
        try:
            known = dict(itertools.chain.from_iterable(plans))
        except (RecipeError, ValueError, TypeError) as error:
            raise RecipeError(
                f"{path} asks for what cannot be ({reason(error)}); put it back as it was"
            ) from error
        turn = {key[:-1]: number for number, key in reversed([*enumerate(known)])}  # settings as first asked for
        self.heads: dict[Key, dict[str, Any]] = {
            key: {"member": _name(member), "seed": member.seed}
            | {name: _value(member, name) for name in self.settings}
            for key, member in sorted(known.items(), key=lambda item: (turn[item[0][:-1]], item[1].seed))
        }
        self.rows = self._lines(self.folder / "members.csv")
        if not path.exists():
            self._describe()

    def _lines(self, path: Path) -> dict[Key, dict[str, Any]]:
        """The lines of members.csv, by their key."""
        if not path.exists():
            return {}
        rows: dict[Key, dict[str, Any]] = {}
        for number, row in enumerate(_parse(path), 2):
            key = (*(row.get(name, "") for name in self.settings), row["seed"])
            says = f"{path}, line {number}: "
            if key not in self.heads or key in rows:
                twice = "stands there twice" if key in rows else "was never asked for, says sweep.json"
                raise RecipeError(f"{says}seed {', '.join(key[-1:] + key[:-1])} {twice}; delete that line")
            if row.get("made_with", "") not in ("", *self.made_with):
                raise RecipeError(f"{says}made_with is not in sweep.json; the two are of different sweeps")
            if row.get("check", "") not in ("", _check(row)):
                raise RecipeError(f"{says}was changed after it was written; put it back, or delete it")
            rows[key] = row | self.heads[key] | {"member": row["member"]}  # perhaps an earlier version's name
        return rows

    def done(self, key: Key) -> bool:
        """Whether there is a good line of this member."""
        return key in self.rows and self.rows[key]["status"] == "done"

    def add(self, key: Key, line: Mapping[str, Any]) -> None:
        """Write the rest of a member's line: now, for the next may be the last. OSError if it cannot be written.

        Its made_with stands in sweep.json, once for all lines that share it, and by its name here.
        """
        row: dict[str, Any] = self.heads[key] | dict(line)
        if "made_with" in row:
            name = _hash(row["made_with"])
            self.made_with.setdefault(name, row["made_with"])
            row["made_with"] = name
        self._describe()  # first, so that it knows of every line there is
        rows = self.rows | {key: row | {"check": _check(row)}}
        write_whole(self.folder / "members.csv", as_csv(self._ordered(rows)).encode())
        self.rows = rows

    def lines(self) -> list[dict[str, Any]]:
        """All lines: settings as they were first asked for, and the seeds of each in order."""
        return self._ordered(self.rows)

    def _ordered(self, rows: Mapping[Key, dict[str, Any]]) -> list[dict[str, Any]]:
        return [rows[key] for key in self.heads if key in rows]

    def check_one_experiment(self, more: Iterable[Mapping[str, str]] = ()) -> None:
        """Raise RecipeError where the lines, and what more is to come, are not of one experiment (see `apart`)."""
        names = dict.fromkeys(row.get("made_with", "") for row in self.lines() if row["status"] == "done")
        if differ := apart([*(self.made_with.get(name, UNKNOWN) for name in names), *more]):
            raise RecipeError(
                f"{self.folder} holds lines of more than one experiment ({'; '.join(differ)}), of which no mean "
                f"is taken; give another --out, or --anyway to take it all the same"
            )

    def _describe(self) -> None:
        about = {"recipe": json.loads(self.recipe.to_json()), "asked": self.asked, "made with": self.made_with}
        text = json.dumps(about, indent=2) + "\n"
        if text != self.description:
            write_whole(self.folder / "sweep.json", text.encode())
            self.description = text


def _check_free(folder: Path) -> None:
    """Raise RecipeError for a folder that holds other things than a sweep, or the beginning of one."""
    if not folder.exists() or (folder.is_dir() and (folder / "sweep.json").exists()):
        return
    first = {"sweep.lock", *(f"{name}.part" for name in FILES)}
    if not folder.is_dir() or any(path.name not in first for path in folder.iterdir()):
        raise RecipeError(f"{folder} already holds something that is no sweep; give another folder with --out")


def _description(path: Path) -> tuple[Recipe, list[dict[str, Any]], dict[str, dict[str, str]]]:
    """(recipe, what was asked, what lines were made with) of a sweep.json; RecipeError for what is none."""
    try:
        plain = json.loads(contents(path).decode())
        recipe = Recipe.from_json(json.dumps(plain["recipe"]))
        earlier = plain["asked"] if "asked" in plain else [{key: plain[key] for key in ("seeds", "settings")}]
        for plan in earlier:
            seeds, settings = plan["seeds"], plan["settings"]
            if plan.keys() != {"seeds", "settings"} or not all(type(seed) is int and seed >= 0 for seed in seeds):
                raise ValueError(f"it asks for seeds {shown(seeds)}")
            if not all(type(values) is list and values for values in settings.values()):
                raise ValueError(f"it asks for settings {shown(settings)}")
        made_with = plain.get("made with", {})
        if any(name != _hash(there) for name, there in made_with.items()):
            raise ValueError("what its lines were made with has been changed")
        return recipe, earlier, made_with
    except OSError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        said = reason(error) if isinstance(error, ValueError) else f"no sweep's description ({reason(error, 40)})"
        raise RecipeError(
            f"{path} is not as a sweep writes it: {said}; put it back as it was, or give another --out"
        ) from error


def _parse(path: Path) -> list[dict[str, str]]:
    """The lines of a members.csv, without empty cells; RecipeError for any that writing them anew would change.

    So a mark of the byte order, another delimiter, other ends of lines or a file that was cut off within a line
    are all one fault: minigan writes none of them.
    """
    try:
        text = contents(path).decode()
        table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows, columns = list(table), list(table.fieldnames or ())
        again = as_csv(rows, columns) if all(None not in row for row in rows) else ""
    except OSError:
        raise
    except (ValueError, csv.Error) as error:
        raise RecipeError(f"{path} is no table of a sweep ({reason(error)}); {MEND}") from error
    if not {"member", "seed", "status"} <= set(columns):
        raise RecipeError(f"{path} begins with {shorten(text[:40])}, not with a sweep's columns; {MEND}")
    if again != text:
        wanted, found = again.splitlines(True), text.splitlines(True)
        same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(wanted, found, strict=False))
        raise RecipeError(f"{path}: line {sum(1 for _ in same) + 1} is not as a sweep writes it; {MEND}")
    return [{name: cell for name, cell in row.items() if cell} for row in rows]


MEND = "put it back as it was, or move it away, and its runs are made again"


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Iterable[str] = ()) -> str:
    """Rows as a table of these columns, and of those that the rows have beyond them."""
    text = io.StringIO()
    names = dict.fromkeys([*columns, *(name for row in rows for name in row)])
    writer = csv.DictWriter(text, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _name(member: Recipe) -> str:
    return hashlib.sha256(member.to_json().encode()).hexdigest()[:12]


def _hash(plain: Any) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:12]


def _check(row: Mapping[str, Any]) -> str:
    """What changes when any cell of a line does."""
    return _hash({name: cell for name, value in row.items() if (cell := _text(value)) and name != "check"})


def _value(recipe: Recipe, key: str) -> Any:
    return getattr(recipe, key) if hasattr(recipe, key) else recipe.data_options[key]


def _text(value: Any) -> str:
    """A value as csv writes it."""
    return "" if value is None else str(value)
