"""Many runs of one recipe, over seeds and settings, in parallel: on this machine's cores, or on a Dask cluster.

    minigan sweep ring --seeds 0:10 --set learning_rate=1e-4,1e-3

A member is one seed at one setting. It leaves no run folder but a line of scores, in members.csv, as soon as it is
done; results.csv has a line a setting, with means and intervals over the seeds. A member that fails has a line
that says why. Running the same sweep again does what is missing or has failed, and nothing else.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..files import write_whole
from ..judge.evaluation import SCORES, scores
from ..judge.metrics import mean_interval
from .recipe import Recipe, RecipeError
from .run import SAMPLES, start
from .threads import cores
from .training import train

OWN = ("member", "seed", "status")  # columns that are no scores


def members(
    recipe: Recipe, seeds: Sequence[int], settings: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[str, Recipe]]:
    """(name, recipe) of each combination of the settings' values with each seed; the name is the recipe's hash."""
    for values in itertools.product(*settings.values()):
        for seed in seeds:
            member = replace(recipe.updated(dict(zip(settings, values, strict=True))), seed=seed)
            yield hashlib.sha256(member.to_json().encode()).hexdigest()[:12], member


def run_member(text: str, threads: int = 1) -> dict[str, Any]:
    """Train what this recipe (JSON) says and score it: the rest of its line, which also says what failed."""
    try:
        recipe = Recipe.from_json(text)
        run, data = start(recipe)
        how = recipe.steps, recipe.batch, (), run.scaler, recipe.log_every, recipe.threads or threads, run.history
        train(run.gan, data, *how)
        last = {name: value for name, value in run.history.rows[-1].items() if name != "step"}
        return {"status": "done"} | scores(run.sample(SAMPLES), data) | last
    except Exception as error:  # one member's fault, of whatever kind, is no reason to lose the others
        return {"status": f"failed: {type(error).__name__}: {' '.join(str(error).split())}"}


def sweep(
    recipe: Recipe,
    seeds: Sequence[int],
    settings: Mapping[str, Sequence[Any]],
    folder: Path,
    workers: int | None = None,
    cluster: str | None = None,
    progress: bool = False,
) -> list[dict[str, Any]]:
    """Run the members that this folder has no good line of, and give all lines of members.csv.

    workers is the number of processes on this machine (all cores, if not given), each with its share of the cores
    for its BLAS; cluster is the address of a Dask scheduler, whose workers are then used. Raises RecipeError for
    a folder that holds another sweep, and for a setting that cannot be, before anything is trained.
    """
    from tqdm import tqdm

    try:
        from joblib import Parallel, delayed, parallel_config
    except ImportError as error:
        raise RecipeError("a sweep needs joblib: pip install 'minigan[sweep]'") from error
    plan = dict(members(recipe, seeds, settings))
    _claim(folder, {"recipe": json.loads(recipe.to_json()), "seeds": list(seeds), "settings": settings})
    path = folder / "members.csv"
    known = {
        name: {"member": name, "seed": member.seed} | {key: _value(member, key) for key in settings}
        for name, member in plan.items()
    }
    old = {row["member"]: row for row in _read(path) if row["status"] == "done"}
    table: dict[str, dict[str, Any]] = {name: old[name] | known[name] for name in plan if name in old}
    missing = [name for name in plan if name not in table]
    workers = workers or cores()
    threads = max(1, cores() // workers)
    how: dict[str, Any] = {"backend": "loky", "n_jobs": workers}
    if cluster is not None:
        how = {"backend": "dask", "n_jobs": -1, "scheduler_host": cluster}
    with parallel_config(**how):
        jobs = Parallel(return_as="generator_unordered")(
            delayed(_named)(name, plan[name].to_json(), threads) for name in missing
        )
        quiet = not (progress and sys.stderr.isatty())
        for name, found in tqdm(jobs, total=len(missing), unit="run", disable=quiet):
            table[name] = known[name] | found
            _write(path, [table[name] for name in plan if name in table])  # now: the next may be the last
    rows = [table[name] for name in plan]
    _write(folder / "results.csv", summary(rows, list(settings)))
    return rows


def summary(rows: Iterable[dict[str, Any]], settings: Sequence[str]) -> list[dict[str, Any]]:
    """A line a setting: how many are done and have failed; each score's mean, and its 95 % interval over seeds."""
    groups: dict[tuple, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in settings), []).append(row)
    lines = []
    for values, group in groups.items():
        done = [row for row in group if row["status"] == "done"]
        line = dict(zip(settings, values, strict=True)) | {"done": len(done), "failed": len(group) - len(done)}
        for score in done[0] if done else ():
            if score not in (*OWN, *settings):
                mean, low, high = mean_interval([float(row[score]) for row in done])
                line |= {score: mean, f"{score}_low": low, f"{score}_high": high}
        lines.append(line)
    return lines


def as_table(lines: list[dict[str, Any]]) -> str:
    """The summary as text: a line a setting, each score as mean ± half its interval; the rest is in the file."""
    shown: list[dict[str, str]] = []
    for line in lines:
        row: dict[str, str] = {}
        for name, value in line.items():
            if name in SCORES:
                row[name] = f"{value:.4g} ± {value - line[f'{name}_low']:.2g}"
            elif f"{name}_low" not in line and not name.endswith(("_low", "_high")):
                row[name] = str(value)
        shown.append(row)
    columns = list(dict.fromkeys(name for row in shown for name in row))
    cells = [columns, *([row.get(name, "") for name in columns] for row in shown)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(f"{x:>{w}}" for x, w in zip(row, widths, strict=True)) for row in cells)


def parse_values(text: str) -> list[str]:
    """The values of "1e-4,1e-3", or of "[64,64],[128]" where each is a list itself."""
    return [value.strip() for value in re.findall(r"\[[^\]]*\]|[^,]+", text)]


def parse_seeds(text: str) -> list[int]:
    """The seeds of "0:10" (ten of them), "3" or "0,4,7"; raises RecipeError for another text."""
    try:
        first, colon, last = text.partition(":")
        seeds = list(range(int(first), int(last))) if colon else [int(part) for part in text.split(",")]
    except ValueError:
        seeds = []
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise RecipeError(f"--seeds is {text!r}; give a range as 0:10, or different whole numbers as 0,4,7")
    return seeds


def _named(name: str, text: str, threads: int) -> tuple[str, dict[str, Any]]:
    return name, run_member(text, threads)


def _value(recipe: Recipe, key: str) -> Any:
    return getattr(recipe, key) if hasattr(recipe, key) else recipe.data_options[key]


def _claim(folder: Path, about: dict[str, Any]) -> None:
    """Make the folder this sweep's; more seeds or values may be asked of it later, but no other recipe."""
    path = folder / "sweep.json"
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        if before["recipe"] != about["recipe"] or list(before["settings"]) != list(about["settings"]):
            raise RecipeError(f"{folder} holds a sweep of another recipe or other settings; give another --out")
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RecipeError(f"{folder} already holds something that is no sweep; give another folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(about, indent=2) + "\n").encode())


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    text = io.StringIO()
    columns = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())
