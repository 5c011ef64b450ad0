"""The training loop: real batches as a function of the step, the history, the hooks, and the stop at NaN."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .backend import Array
from .datasets import Dataset, Scaler
from .distributions import Distribution
from .gan import GAN
from .streams import Stream

ONE_THREAD = 500_000  # parameters: below this a second BLAS thread costs more than it brings
Hook = Callable[[GAN, dict[str, float]], None]


class Diverged(RuntimeError):
    """A number of the run is no longer finite; the GAN is back at its last good step, `gan.steps`."""

    def __init__(self, step: int, name: str, good: int):
        self.step, self.name, self.good = step, name, good
        super().__init__(
            f"step {step} made a number in {name!r} that is not finite; "
            f"the last good state is that after step {good}. A lower learning rate is the usual cure"
        )


class History:
    """The run in numbers: a row every so many steps, columns step, d_loss, g_loss, value, d_real, d_fake, ...

    history["value"] is a column as an array, NaN where a row has no such entry. It holds no wall time, so a run
    and its replay leave the same bytes.
    """

    def __init__(self, rows: Sequence[dict[str, float]] = ()):
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> np.ndarray:
        if self.rows and column not in self.columns:
            raise KeyError(f"the history has no column {column!r}; it has {', '.join(self.columns)}")
        return np.array([row.get(column, np.nan) for row in self.rows], float)

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def __repr__(self) -> str:
        return f"History of {len(self)} rows: {', '.join(self.columns)}" if self.rows else "History, empty"

    def to_csv(self, path: str | os.PathLike) -> None:
        """Write the rows; a float is written so that reading it gives the same float."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)

    @classmethod
    def from_csv(cls, path: str | os.PathLike) -> History:
        """Read what to_csv wrote; raises ValueError for anything else."""
        try:
            with open(path, newline="", encoding="utf-8") as file:
                rows = [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file, strict=True)]
            return cls([row | {"step": int(row["step"])} for row in rows])
        except (ValueError, KeyError, TypeError, OverflowError, csv.Error) as error:
            raise ValueError(f"{path}: is no history, or a damaged one ({error})") from error


class Batches:
    """The real samples of each step, in the network's units: `batches.at(step)` (batch, dim).

    A Distribution gives fresh samples; a Dataset or array is gone through in a new order every epoch, without
    replacement. Both are pure functions of (data, batch, seed, step). Raises ValueError for a batch of more rows
    than the data have.
    """

    def __init__(self, data: Distribution | Dataset | Array, batch: int, seed: int, scaler: Scaler | None = None):
        if batch < 1:
            raise ValueError(f"batch is {batch}; it must be 1 or more")
        self.data, self.batch, self.scaler, self.epoch = data, batch, scaler, -1
        self.stream = Stream(seed, "batches")
        if not isinstance(data, Distribution):
            self.x: Array = data.x if isinstance(data, Dataset) else data
            if len(self.x) < batch:
                raise ValueError(
                    f"batch is {batch} real samples a step, but the data have {len(self.x)}: take fewer"
                )
            if scaler is not None:
                self.x = scaler.to_network(self.x)

    def at(self, step: int) -> Array:
        """This step's batch."""
        if isinstance(self.data, Distribution):
            x = self.data.sample(self.batch, self.stream.at(step))
            return x if self.scaler is None else self.scaler.to_network(x)
        epoch, turn = divmod(step, len(self.x) // self.batch)
        if epoch != self.epoch:
            self.order, self.epoch = self.stream.at(epoch).permutation(len(self.x)), epoch
        return self.x[self.order[turn * self.batch : (turn + 1) * self.batch]]


@contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """Give the BLAS under NumPy this many threads for a while."""
    import threadpoolctl

    with threadpoolctl.threadpool_limits(limits=threads, user_api="blas"):
        yield


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_for(gan: GAN) -> int:
    """One BLAS thread for a small game, all cores for a large one."""
    return 1 if gan.generator.size + gan.discriminator.size < ONE_THREAD else cores()


def train(
    gan: GAN,
    data: Distribution | Dataset | Array,
    steps: int,
    batch: int,
    hooks: Sequence[Hook] = (),
    scaler: Scaler | None = None,
    log_every: int = 100,
    threads: int | None = None,
    history: History | None = None,
    progress: bool = False,
) -> History:
    """Take `steps` steps on batches of `batch` real samples (an update of D each, if d_steps > 1) -> History.

    Every log_every steps, and after the last, a row is added to the history and each hook is called as
    hook(gan, row); what a hook adds to the row becomes a column. Between rows nothing is read back and no loss
    computed. scaler maps the data to the network's range first (see `minigan.scaler`). A given history is
    continued. Raises Diverged where a number stops being finite; then, and after a KeyboardInterrupt, the GAN is
    back at its last good row.
    """
    for name, value in (("steps", steps), ("batch", batch), ("log_every", log_every)):
        if value != int(value) or value < 1:
            raise ValueError(f"{name} is {value!r}; it must be a whole number, 1 or more")
    batches = Batches(data, gan.d_steps * batch, gan.seed, scaler)
    history = History() if history is None else history
    last = gan.steps + steps
    good, shown = _snapshot(gan), dict[str, str]()
    with blas_threads(threads or threads_for(gan)), _bar(steps, progress) as bar, np.errstate(all="ignore"):
        try:
            while gan.steps < last:
                gan.step(batches.at(gan.steps))
                if gan.steps % log_every and gan.steps != last:
                    continue
                row: dict[str, Any] = {"step": gan.steps} | gan.losses()
                if not (np.isfinite(list(row.values())).all() and all(map(_finite, gan.vectors().values()))):
                    raise _find_fault(gan, batches, good, until=gan.steps)
                for hook in hooks:
                    hook(gan, row)
                history.rows.append(row)
                good = _snapshot(gan)
                shown |= {k: f"{v:.3f}" for k, v in row.items() if k != "step"}  # a hook may add to some rows only
                bar.set_postfix(shown, refresh=False)
                bar.update(row["step"] - (last - steps) - bar.n)
        except (Diverged, KeyboardInterrupt):  # perhaps in the middle of a step
            gan.restore(*good)
            raise
    return history


def _bar(steps: int, progress: bool) -> Any:
    import sys

    from tqdm import tqdm

    quiet = not (progress and sys.stderr.isatty())
    return tqdm(total=steps, unit="step", disable=quiet, file=sys.stderr, dynamic_ncols=True)


def _finite(a: Array) -> bool:
    return bool(np.isfinite(a.sum())) or bool(np.isfinite(a).all())  # a sum may overflow where no entry does


def _snapshot(gan: GAN) -> tuple[int, dict[str, Array]]:
    return gan.steps, {name: vector.copy() for name, vector in gan.vectors().items()}


def _find_fault(gan: GAN, batches: Batches, good: tuple[int, dict[str, Array]], until: int) -> Diverged:
    """Go back to the last good state and repeat the steps since, with an eye on every sub-step."""
    step, vectors = good
    gan.restore(step, vectors)
    name = ""
    while not name and gan.steps < until:
        fault = gan.steps + 1
        name = next((name for name, array in gan.substeps(batches.at(gan.steps)) if not _finite(array)), "")
        if not name:  # a whole step: what does it leave that no sub-step handed out?
            name = next((name for name, vector in gan.vectors().items() if not _finite(vector)), "")
            if not np.isfinite(list(gan.losses().values())).all():
                name = name or "the losses"
    return Diverged(fault, name or "the losses", step)

