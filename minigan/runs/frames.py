"""What the figures of a run show of a step: samples, what D says beside them, and how good they are."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.gan import GAN
from ..data.dataset import Data
from ..judge.evaluation import scores
from ..theory import oracle
from ..theory.distributions import Mixture
from .run import SAMPLES, Run
from .training import Diverged

if TYPE_CHECKING:
    from ..plotting import Frame

DRAWS = 10  # of noise or of z, at which a bound is taken for the history


class Shown:
    """What is kept of a step of this run for its figures, as one vector, and the frames that it comes to.

    A game shows D's opinion on a grid, and on a line the exact density of G(z); `quality` names the column that
    says how good the samples are, or how probable the held-out rows, and is empty where neither can be said fast.
    """

    def __init__(self, run: Run, data: Data):
        from .. import plotting  # matplotlib is imported when a figure is wanted

        self.run, self.data, self.plotting = run, data, plotting
        self.game = isinstance(run.model, GAN)
        self.grid = plotting.opinion_grid(data) if self.game else None
        self.exact = self.game and oracle.knows(run.gan, data)
        self.how: dict[str, Any] = {"ranks": not run.gan.log_odds} if self.game else {"maker": "the model"}
        self.few = bool(data.image) and not self.game  # a chain or a pass for every pixel is dear
        self.most = plotting.IMAGES if self.few else SAMPLES
        self.quality = self._quality()

    def _quality(self) -> str:
        if isinstance(self.data, Mixture):
            return "high_quality"
        if self.run.model.says in ("exact", "bound") and self.data.held_out is not None:
            return "held_out"
        return "" if self.few else "frechet"

    @property
    def late(self) -> list[str]:
        """The columns that only rows with a frame have."""
        found = ["js"] * self.exact + ["gap"] * (self.exact and self.run.gan.log_odds)
        return found + [self.quality] * bool(self.quality)

    def of(self, row: dict[str, float]) -> np.ndarray:
        """The vector of this row's step: samples, D's opinions, and the density of G(z).

        Puts the quality into the row, and where both players stand (see `oracle`) if that is known.
        """
        samples = self.run.sample(self.most)
        if not np.isfinite(samples).all():  # the weights are finite, and what they make no longer
            rows = self.run.history.rows
            raise Diverged(int(row["step"]), "samples", int(rows[-1]["step"]) if rows else 0)
        if self.quality == "held_out":
            assert self.data.held_out is not None
            row[self.quality] = float(self.run.log_p(self.data.held_out, DRAWS).mean())
        elif self.quality:
            row[self.quality] = scores(samples, self.data, fast=True)[self.quality]
        shown = samples[: self.plotting.IMAGES] if self.run.form.get("image") else samples
        parts = [shown.ravel()]
        if self.grid is not None:
            parts.append(self.run.judge(self.grid, self.data))
        if self.exact:
            gan, grid = self.run.gan, np.asarray(self.grid)
            generator = gan.generator if gan.average is None else gan.average
            try:
                where = oracle.standing(self.run, self.data)
                density = oracle.pushforward(generator, gan.latent, self.run.scaler).density(grid)
            except oracle.OracleError:  # this G cannot be told exactly; the run goes on without
                where, density = oracle.Standing(math.nan, math.nan), np.full(len(grid), math.nan)
            row |= {"js": where.js} | ({"gap": where.gap} if gan.log_odds else {})
            parts.append(density)
        return np.concatenate(parts)

    def frames(self, rows: list[dict[str, Any]], numbers: np.ndarray) -> list[Frame]:
        """The frames of these rows, from their vectors one after the other."""
        width, beside = self.data.dim, 0 if self.grid is None else len(self.grid)
        found = []
        for row, x in zip(rows, numbers.reshape(len(rows), -1), strict=True):
            end = len(x) - beside * (1 + self.exact)
            judged, density = x[end : end + beside] if beside else None, x[-beside:] if self.exact else None
            shown = int(row["step"]), x[:end].reshape(-1, width), judged, row, density
            found.append(self.plotting.Frame(*shown, **self.how))
        return found

    def now(self, n: int | None = None, seed: int = 0) -> Frame:
        """The frame of the run as it stands, of n samples or as many as are shown."""
        judged = None if self.grid is None else self.run.judge(self.grid, self.data)
        row = self.run.history.rows[-1] if self.run.history.rows else {}
        x = self.run.sample(self.most if n is None else n, seed)
        return self.plotting.Frame(self.run.model.steps, x, judged, row, **self.how)

    @property
    def scaled(self) -> bool:
        """Whether the loss is of scaled columns, so that its nats are not those of log p in the data's units."""
        return bool(np.any(self.run.scaler.scale != 1))

    @property
    def name(self) -> str:
        """What the titles call the data."""
        return Path(self.run.recipe.data).stem
