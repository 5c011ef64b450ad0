"""Many runs of one recipe, over seeds and settings, in parallel: on this machine's cores, or on a Dask cluster.

    minigan sweep ring --seeds 0:10 --set learning_rate=1e-4,1e-3

A member is one seed at one setting. It leaves no run folder but a line of scores, in members.csv, as soon as it is
done; results.csv has a line a setting, with means and intervals over the seeds. A member that fails has a line
that says why. Running the same sweep again does what is missing or has failed, and nothing else; other seeds or
values come beside what is there.
"""

from __future__ import annotations

import logging
import math
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..files import reason, write_whole
from ..judge.evaluation import SCORES, scores
from ..judge.metrics import mean_interval
from .ledger import MOST, OWN, Key, Ledger, as_csv, members
from .parallel import ParallelError
from .recipe import Recipe, RecipeError
from .run import SAMPLES, start
from .signals import terminable
from .statements import statement, unseen
from .surroundings import experiment
from .threads import cores
from .training import train

PATIENCE = 5  # seconds without a worker, where there was one


def run_member(text: str, threads: int = 1) -> dict[str, Any]:
    """Train what this recipe (JSON) says and score it: the rest of its line, which also says what failed.

    made_with in it is what lines that are averaged must share, see `experiment`.
    """
    try:
        recipe = Recipe.from_json(text)
        run, data = start(recipe)
        made_with = experiment(run, data)
        how = recipe.steps, recipe.batch, (), run.scaler, recipe.log_every, recipe.threads or threads, run.history
        train(run.model, data, *how)
        last = {name: value for name, value in run.history.rows[-1].items() if name != "step"}
        found = scores(run.sample(SAMPLES), data)
        if run.model.says in ("exact", "bound"):
            found = {"log_p": statement(run, unseen(data)).value} | found
        return {"status": "done"} | found | last | {"made_with": made_with}
    except Exception as error:  # one member's fault, of whatever kind, is no reason to lose the others
        return _failed(error)


def _failed(error: BaseException) -> dict[str, Any]:
    return {"status": f"failed: {type(error).__name__}: {' '.join(str(error).split())}"}


def sweep(
    recipe: Recipe,
    seeds: Sequence[int],
    settings: Mapping[str, Sequence[Any]],
    folder: Path,
    workers: int | None = None,
    cluster: str | None = None,
    progress: bool = False,
    anyway: bool = False,
) -> list[dict[str, Any]]:
    """Run the members that this folder has no good line of, and give all lines of members.csv.

    workers is the number of processes on this machine (all cores, if not given), each with its share of the cores
    for its BLAS; cluster is the address of a Dask scheduler, whose workers are then used. Raises RecipeError for
    a folder that holds another sweep or is in use, and for a setting that cannot be, before anything is trained;
    and where lines were made with other data or versions than the rest, unless a mean is to be taken anyway.
    ParallelError says that workers or the scheduler are gone. Whatever stops a sweep, finished lines stay.
    """
    from tqdm import tqdm

    for library, extra, asked in (("joblib", "sweep", cluster is None), ("distributed", "cluster", bool(cluster))):
        if asked and find_spec(library) is None:
            raise RecipeError(f"this wants {library}: pip install 'minigan[{extra}]'")
    plan = dict(members(recipe, seeds, settings))
    with closing(Ledger(folder, recipe, seeds, settings)) as ledger:
        missing = {key: member for key, member in plan.items() if not ledger.done(key)}
        if missing and not anyway:
            ledger.check_one_experiment([] if cluster is not None else _here(missing.values()))
        jobs = {key: member.to_json() for key, member in missing.items()}
        found = _on_this_machine(jobs, workers or cores()) if cluster is None else _on_cluster(jobs, cluster)
        quiet = not (progress and sys.stderr.isatty())
        try:
            with terminable(), closing(found):
                for key, line in tqdm(found, total=len(missing), unit="run", disable=quiet):
                    ledger.add(key, line)
        except BaseException as error:
            kept = sum(map(ledger.done, plan))
            error.add_note(f"{folder} keeps {kept} of {len(plan)} runs, and the same command makes the rest")
            raise
        if not anyway:
            ledger.check_one_experiment()
        lines = ledger.lines()
        write_whole(folder / "results.csv", as_csv(summary(lines, list(settings))).encode())
        return lines


def _here(recipes: Iterable[Recipe]) -> Iterator[dict[str, str]]:
    """What lines of these would be made with: once for each of their data."""
    for recipe in {(recipe.data, str(recipe.data_options)): recipe for recipe in recipes}.values():
        with suppress(Exception):  # what is wrong with it, its own line will say
            yield experiment(*start(recipe))


def _on_this_machine(jobs: Mapping[Key, str], workers: int) -> Generator[tuple[Key, dict[str, Any]]]:
    """Each member as it is done, by processes of joblib's that end with this one."""
    from joblib import Parallel, delayed, parallel_config

    threads = max(1, cores() // workers)
    with parallel_config("loky", n_jobs=workers, initializer=_begin_worker, initargs=[os.getpid()]):
        run = Parallel(return_as="generator_unordered")
    try:
        with _deaf_children():
            found = run(delayed(_named)(key, text, threads) for key, text in jobs.items())
        yield from found
    except BrokenExecutor as error:
        raise ParallelError(
            "a worker process was killed, by the system perhaps, if memory ran out: fewer --workers want less"
        ) from error


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Let processes that are started here never hear Ctrl-C, not even before their first line of Python."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # a child keeps it; ours waits till after
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _named(key: Key, text: str, threads: int) -> tuple[Key, dict[str, Any]]:
    return key, run_member(text, threads)


def _begin_worker(parent: int) -> None:
    """Let a worker process end soon after its parent, and leave the progress bar to that.

    It would else wait minutes for work, and hold every pipe that it inherited.
    """
    from tqdm import tqdm

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where `_deaf_children` can do nothing
    tqdm.set_lock(threading.RLock())  # its own, for all processes, is missed by the system if this one is killed
    threading.Thread(target=watch, daemon=True).start()


def _on_cluster(jobs: Mapping[Key, str], address: str) -> Generator[tuple[Key, dict[str, Any]]]:
    """Each member as it is done by the workers of this Dask scheduler, which is asked whether it lives."""
    from distributed import Client

    if not jobs:
        return
    with _quiet("distributed"):  # its logs tell in tracebacks what is said here in a line
        try:
            client = Client(address, timeout=5, set_as_default=False)
        except (OSError, ValueError) as error:  # also TimeoutError
            raise ParallelError(
                f"no Dask scheduler answers at {address} ({reason(error)}); `dask scheduler` starts one"
            ) from error
        try:
            waiting = {client.submit(run_member, text, pure=False): key for key, text in jobs.items()}
            watch = Workers(address)
            while waiting:
                for future in [future for future in waiting if future.status in ("finished", "error")]:
                    try:
                        fault = future.exception(timeout=PATIENCE)  # it killed worker after worker, perhaps
                        line = future.result(timeout=PATIENCE) if fault is None else _failed(fault)
                    except (TimeoutError, CancelledError):  # gone with its worker, or the scheduler: see below
                        break
                    yield waiting.pop(future), line
                if client.status != "running" or any(future.cancelled() for future in waiting):
                    raise ParallelError(f"the Dask scheduler at {address} is gone; start it again")
                with suppress(OSError):  # it has gone since, which the next turn sees
                    watch.see(set(client.scheduler_info()["workers"]))
                time.sleep(0.2)
        finally:
            client.close(timeout=1)


class Workers:
    """The workers of a Dask scheduler as they come and go: without any, Dask waits for one for ever."""

    def __init__(self, address: str):
        self.address, self.known, self.since = address, set[str](), math.inf  # since when all have been gone

    def see(self, here: set[str]) -> None:
        """Say which are gone; raises ParallelError when there were some, and none has been for `PATIENCE`."""
        now = time.monotonic()
        for worker in self.known - here:
            print(f"worker {worker} is gone, {len(here)} are left to take its runs", file=sys.stderr)
        self.since = math.inf if here else now if self.known else self.since
        self.known = here
        if now - self.since > PATIENCE:
            raise ParallelError(
                f"the workers of {self.address} are all gone; `dask worker {self.address}` adds one"
            )


@contextmanager
def _quiet(library: str) -> Iterator[None]:
    """Let this library's loggers, each of which may have handlers of its own, write nowhere for a while."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == library]
    before = {name: logging.getLogger(name).handlers for name in names}
    for name in names:
        logging.getLogger(name).handlers = [logging.NullHandler()]
    try:
        yield
    finally:
        for name, handlers in before.items():
            logging.getLogger(name).handlers = handlers


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
                mean, low, high = mean_interval([_number(row, score) for row in done])
                line |= {score: mean, f"{score}_low": low, f"{score}_high": high}
        lines.append(line)
    return lines


def _number(row: Mapping[str, Any], score: str) -> float:
    try:
        return float(row.get(score, ""))
    except ValueError:
        raise RecipeError(f"{score} of seed {row['seed']} is no number in members.csv; delete its line") from None


def as_table(lines: list[dict[str, Any]]) -> str:
    """The summary as text: a line a setting, each score as mean ± half its interval; the rest is in the file."""
    shown: list[dict[str, str]] = []
    for line in lines:
        row: dict[str, str] = {}
        for name, value in line.items():
            if name in SCORES or name == "log_p":
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
        seeds: Sequence[int] = range(int(first), int(last)) if colon else [int(part) for part in text.split(",")]
    except ValueError:
        seeds = []
    if not seeds or seeds[MOST:] or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise RecipeError(
            f"--seeds is {text!r:.60}; a range as 0:10, or different whole numbers as 0,4,7 ({MOST:,} at most)"
        )
    return list(seeds)
