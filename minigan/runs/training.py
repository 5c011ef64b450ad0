"""The training loop: the history, hooks, the health of a run, and the stop at NaN."""

from __future__ import annotations

import csv
import html
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..core.backend import IN_BROWSER, Array
from ..core.model import Learner
from ..core.substeps import SUBSTEPS
from ..data.dataset import Batches, Data, Scaler
from ..files import reason
from .health import diagnose, watch
from .parallel import Ranks
from .threads import blas_threads, threads_for

Hook = Callable[[Any, dict[str, float]], None]


class Diverged(RuntimeError):
    """A number of the run is no longer finite; what learns is back at its last good step, `learner.steps`."""

    def __init__(self, step: int, name: str, good: int):
        self.step, self.name, self.good = step, name, good
        says = f" ({SUBSTEPS[name].rstrip('.')})" if name in SUBSTEPS else ""
        super().__init__(
            f"step {step} made a number in {name!r}{says} that is not finite; "
            f"the last good state is that after step {good}. A lower learning rate is the usual cure"
        )


class Stopped(KeyboardInterrupt):
    """The run was asked to stop, and did after a whole step; what learns is back at its last row."""


class History:
    """The run in numbers: a row every so many steps, of a game step, d_loss, g_loss, value, d_real, d_fake, ...

    Six more tell of a game's health, see `Watch.numbers`: d_accuracy, g_gradient, spread, circling, precision,
    recall; what they say together, `diagnose` tells. A model's row has step and loss. history["value"] is
    a column as an array, NaN where a row has no such entry. It holds no wall time, so a run and its replay leave
    the same bytes.
    """

    def __init__(self, rows: Sequence[dict[str, float]] = ()):
        self.rows = list(rows)
        self.scale: tuple[float, float] | None = None  # largest mean, and sd, of the data as the networks see them

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def __getitem__(self, column: str) -> np.ndarray:
        if self.rows and column not in self.columns:
            raise KeyError(f"the history has no column {column!r}; it has {', '.join(self.columns)}")
        return np.array([row.get(column, np.nan) for row in self.rows], float)

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def __repr__(self) -> str:
        if not self.rows:
            return "History, empty"
        last = len(self) - 1
        shown = [self.rows[i] for i in sorted({round(k * last / 5) for k in range(6)})]
        lines = [f"{f'{len(self)} rows, step':14}" + "".join(f"{row['step']:>12,.0f}" for row in shown)]
        for name in self.columns[1:]:
            cells = (f"{row[name]:12.4g}" if name in row else " " * 12 for row in shown)
            lines += [f"{name:14}" + "".join(cells)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same rows for a notebook, a line each."""
        if not self.rows:
            return "History, empty"
        last = len(self) - 1
        shown = [self.rows[i] for i in sorted({round(k * last / 11) for k in range(12)})]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        cells = [[f"{row[name]:,.4g}" if name in row else "" for name in self.columns] for row in shown]
        for line, row in zip(cells, shown, strict=True):
            line[0] = f"{row['step']:,.0f}"
        lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in cells)
        return f"<table><caption>{len(self):,} rows</caption><tr>{head}</tr>{lines}</table>"

    def to_csv(self, path: str | os.PathLike) -> None:
        """Write the rows, as `as_csv` makes them."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            file.write(as_csv(self.rows, self.columns))

    @classmethod
    def from_csv(cls, path: str | os.PathLike, content: bytes | None = None) -> History:
        """Read what to_csv wrote, or these bytes of it; raises ValueError for anything else."""
        try:
            text = (Path(path).read_bytes() if content is None else content).decode()
            table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
            rows = [{k: float(v) for k, v in row.items() if v} for row in table]
            return cls([row | {"step": int(row["step"])} for row in rows])
        except (ValueError, KeyError, TypeError, OverflowError, csv.Error) as error:
            raise ValueError(f"{path}: is no history, or a damaged one ({reason(error)})") from error


def as_csv(rows: Sequence[dict[str, float]], columns: Sequence[str], header: bool = True) -> str:
    """Rows as lines of a table; a float is written so that reading it gives the same float."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def train(
    learner: Learner,
    data: Data | Array,
    steps: int,
    batch: int,
    hooks: Sequence[Hook] = (),
    scaler: Scaler | None = None,
    log_every: int = 100,
    threads: int | None = None,
    history: History | None = None,
    progress: bool = False,
    stop: Callable[[], bool] = lambda: False,
    ranks: Ranks | None = None,
) -> History:
    """Take `steps` steps of a GAN or a model, on `batch` real samples (an update of D each, if d_steps > 1).

    Every log_every steps, and after the last, a row is added to the history and each hook is called as
    hook(learner, row); what a hook adds to the row becomes a column. Between rows nothing is read back and no loss
    computed. scaler maps the data to the network's range first (see `minigan.scaler`). A given history is
    continued. stop is asked after each step. Raises Diverged where a number stops being finite, Stopped where stop
    says so; then, and after any other exception, the learner is back at its last good row, as is the history.
    """
    for name, value in (("steps", steps), ("batch", batch), ("log_every", log_every)):
        if value != int(value) or value < 1:
            raise ValueError(f"{name} is {value!r}; it must be a whole number, 1 or more")
    batches = Batches(data, learner.turns * batch, learner.seed, scaler)
    history = History() if history is None else history
    last, watched = learner.steps + steps, watch(learner, batches)
    history.scale = watched.scale if watched else None
    good, shown = snapshot(learner), dict[str, str]()
    if ranks is not None:
        ranks.join(learner)
    on_any = (lambda here: here) if ranks is None else ranks.any  # what one finds or is told must turn all
    with blas_threads(threads or threads_for(learner)), _bar(steps, progress) as bar, np.errstate(all="ignore"):
        try:
            while learner.steps < last:
                learner.step(batches.at(learner.steps))
                if on_any(stop()):
                    raise Stopped
                if learner.steps % log_every and learner.steps != last:
                    continue
                row: dict[str, Any] = {"step": learner.steps} | learner.losses()
                if not (np.isfinite(list(row.values())).all() and all(map(is_finite, learner.vectors().values()))):
                    raise find_fault(learner, batches, good, learner.steps, on_any)
                if ranks is not None:
                    ranks.agree(learner)
                shown |= {k: f"{v:.3f}" for k, v in row.items() if k != "step"}
                row |= watched.numbers(learner, history.rows, ranks) if watched else {}
                before = set(row)
                for hook in hooks:
                    hook(learner, row)
                history.rows.append(row)
                good = snapshot(learner)
                shown |= {k: f"{v:.3f}" for k, v in row.items() if k not in before}  # of some rows only, perhaps
                bar.set_postfix(shown, refresh=False)
                bar.set_description_str(", ".join(map(str, diagnose(history))), refresh=False)
                bar.update(row["step"] - (last - steps) - bar.n)
        except BaseException:  # perhaps in the middle of a step
            learner.restore(*good)
            while history.rows and history.rows[-1]["step"] > learner.steps:
                history.rows.pop()
            raise
    return history


def advance(
    learner: Learner,
    data: Data | Array,
    steps: int,
    batch: int,
    scaler: Scaler | None = None,
    threads: int | None = None,
) -> None:
    """Take the very steps that `train` would take, and tell nothing of them."""
    batches = Batches(data, learner.turns * batch, learner.seed, scaler)
    with blas_threads(threads or threads_for(learner)), np.errstate(all="ignore"):
        for _ in range(steps):
            learner.step(batches.at(learner.steps))


class _NoBar:
    """In tqdm's place where nobody could see a bar."""

    n = 0

    def __enter__(self) -> _NoBar:
        return self

    def __exit__(self, *_: object) -> None: ...
    def update(self, n: int) -> None: ...
    def set_postfix(self, *_: Any, **__: Any) -> None: ...
    def set_description_str(self, *_: Any, **__: Any) -> None: ...


def _bar(steps: int, progress: bool) -> Any:
    import sys

    if IN_BROWSER:
        return _NoBar()
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if type(shell).__name__ == "ZMQInteractiveShell":  # a notebook draws the bar itself
        from tqdm.auto import tqdm

        return tqdm(total=steps, unit="step", disable=not progress)
    from tqdm import tqdm

    quiet = not (progress and sys.stderr.isatty())
    return tqdm(total=steps, unit="step", disable=quiet, file=sys.stderr, dynamic_ncols=True)


def is_finite(a: Array) -> bool:
    """Whether every number of it is."""
    return bool(np.isfinite(a.sum())) or bool(np.isfinite(a).all())  # a sum may overflow where no entry does


def snapshot(learner: Learner) -> tuple[int, dict[str, Array]]:
    """What `restore` takes to come back here: the steps, and a copy of each vector."""
    return learner.steps, {name: vector.copy() for name, vector in learner.vectors().items()}


def find_fault(
    learner: Learner,
    batches: Batches,
    good: tuple[int, dict[str, Array]],
    until: int,
    on_any: Callable[[bool], bool] = bool,
) -> Diverged:
    """Go back to the last good state, and repeat the steps since with an eye on every sub-step: which was it?"""
    step, vectors = good
    learner.restore(step, vectors)
    name = ""
    while not name and learner.steps < until:
        fault = learner.steps + 1
        steps = learner.substeps(batches.at(learner.steps))
        name = next((name for name, array in steps if on_any(not is_finite(array))), "")
        if not name:  # a whole step: what does it leave that no sub-step handed out?
            name = next((name for name, vector in learner.vectors().items() if not is_finite(vector)), "")
            if not np.isfinite(list(learner.losses().values())).all():
                name = name or "the losses"
    return Diverged(fault, name or "the losses", step)
