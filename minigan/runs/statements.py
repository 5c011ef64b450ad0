"""What a run's model can say of the probability of rows that it has not seen, and what kind of statement it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..core.streams import Stream
from ..data.dataset import Data
from ..judge.evaluation import Row
from ..models import RBM, annealed_log_z
from .run import Run

DRAWS = 50  # of noise or of z, for a bound
JUDGED = 2000  # draws of a distribution that are judged


@dataclass(frozen=True)
class Statement:
    """The mean of log p over rows, in nats: kind is "exact", "bound", "estimate" or "none" (value is NaN then).

    error is the standard error of that mean, over the rows. Only an estimate has an interval of its own, low to
    high, within which it would be exact.
    """

    kind: str
    value: float = math.nan
    error: float = math.nan
    low: float = math.nan
    high: float = math.nan
    draws: int = 0  # of a bound

    @property
    def text(self) -> str:
        """The statement in a few words."""
        if self.kind == "none":
            return "none"
        inside = f" [{self.low:.2f}, {self.high:.2f}]" if self.kind == "estimate" else ""
        of = f" of {self.draws:,} draws" if self.kind == "bound" else ""
        return f"{self.value:.2f}{inside} {self.kind}{of}"


def unseen(data: Data) -> np.ndarray:
    """The rows that statements are made of: those held out, or draws; a data set without either is its own."""
    if data.held_out is not None:
        return data.held_out
    return data.some(JUDGED, Stream(0, "unseen").at(0)) if data.x is None else data.x


def statement(run: Run, rows: np.ndarray, draws: int = DRAWS, averaged: bool = True) -> Statement:
    """What the run's model says of these rows (n, dim), in the data's units; a bound is of so many draws."""
    model = run.best(averaged)
    kind = model.says
    if kind == "none":
        return Statement(kind)
    if isinstance(model, RBM):
        z, log_z = model.backend.asarray(run.scaler.to_network(rows)), annealed_log_z(model)
        said = model.backend.to_numpy(model.log_likelihood(z, log_z.value)).astype(float)
        ends = {"low": said.mean() + log_z.value - log_z.high, "high": said.mean() + log_z.value - log_z.low}
    else:
        said, ends = run.log_p(rows, draws, averaged), {}
    error = float(said.std(ddof=1)) / math.sqrt(len(said))
    return Statement(kind, float(said.mean()), error, **ends, draws=draws if kind == "bound" else 0)


def best_statement(data: Data, rows: np.ndarray) -> Statement:
    """What the data's own density says of the rows, which no model beats on average; none if it is not known."""
    if not data.has_density:
        return Statement("none")
    said = data.log_density(rows)  # type: ignore[attr-defined]
    return Statement("exact", float(said.mean()), float(said.std(ddof=1)) / math.sqrt(len(said)))


def said_row(run: Run, data: Data, averaged: dict[str, bool], beside: Row) -> Row:
    """What a model says of unseen rows, as a line of `evaluate`: by name, of averaged weights or not.

    The other columns are those of the row beside it; what is perfect is known of a density alone.
    """
    rows = unseen(data)
    said = {name: statement(run, rows, averaged=kept).text for name, kept in averaged.items()}
    best = best_statement(data, rows)
    what = "held-out rows" if data.held_out is not None else f"{len(rows):,} rows"
    of = "log p" if run.recipe.levels(data) is not None else "log density"
    cells = dict.fromkeys(beside.scores, "") | said
    return Row(f"{of} of {what}, nats", cells, "" if best.kind == "none" else best.text)
