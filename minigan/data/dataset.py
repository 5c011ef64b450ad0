"""What a GAN learns from, once it is in memory: rows, their columns and scaling, and the batch of each step.

A `Dataset` keeps its numbers in their own units (centimetres, grey levels); a `Scaler` maps them to the range that
a network trains in, and back. Whoever uses data asks what `Data` says, of a Dataset and a Distribution alike.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np

from ..core.backend import Array
from ..core.streams import Stream
from ..theory.distributions import column_names
from .kinds import Column, one_hot

TINY = float(np.finfo(np.float32).tiny)  # below it float32 loses digits: nothing to divide by


class DataError(ValueError):
    """The data cannot be used; the message says in one line what was found, what was wanted, what to do."""


class Data(Protocol):
    """What training, judging and drawing ask of data; rows are (n, dim), in the data's own units.

    x (count, dim) are the rows to train on; a Distribution has none, and an infinite count. held_out (m, dim) are
    rows that are never trained on, labels (count,) whole numbers from 0, and classes their names. image is
    (height, width) where a row is one, or (height, width, 3) in colour, and pixels its darkest and brightest
    values. channels (dim,), from 0, are equal for columns of one scale; kinds say what the columns of a table are.
    What there is not is None. said is a line on what was read of a file.
    """

    @property
    def name(self) -> str: ...
    @property
    def dim(self) -> int: ...
    @property
    def columns(self) -> list[str]: ...
    @property
    def x(self) -> np.ndarray | None: ...
    @property
    def image(self) -> tuple[int, ...] | None: ...
    @property
    def pixels(self) -> tuple[float, float] | None: ...
    @property
    def labels(self) -> np.ndarray | None: ...
    @property
    def classes(self) -> list[str] | None: ...
    @property
    def channels(self) -> np.ndarray | None: ...
    @property
    def held_out(self) -> np.ndarray | None: ...
    @property
    def kinds(self) -> list[Column] | None: ...
    @property
    def count(self) -> float: ...
    @property
    def said(self) -> str: ...
    @property
    def has_density(self) -> bool:
        """Whether p(x) is known, as a density."""
        ...

    @property
    def mean(self) -> np.ndarray:
        """(dim,), float64."""
        ...

    @property
    def standard_deviation(self) -> np.ndarray:
        """Of each column: (dim,), float64; of rows, divided by n."""
        ...

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean (dim,) and covariance (dim, dim): exact ones, or those of the rows, divided by n - 1."""
        ...

    def batch(self, step: int, n: int, stream: Stream) -> np.ndarray:
        """The n real rows of this step: a function of (data, n, stream, step)."""
        ...

    def some(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """About n rows that show what the data are: draws, or rows at even distances."""
        ...

    def split(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Rows to learn from, and other ones to be judged on: n draws of each, or all rows, held-out ones last."""
        ...

    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        """The corners (dim,) of where the data lie: the range of rows, or three standard deviations."""
        ...

    def fingerprint(self) -> str:
        """A hash of the rows; empty for a Distribution, which its recipe says whole."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A fixed set of rows, in the data's own units; `load_dataset` makes it and checks it.

    x (n, d) float32 is trained on, held_out (m, d) never. An image is a row of height * width pixels, in colour of
    three numbers each, from pixels[0], the darkest they can be or are, to pixels[1], the brightest. Which rows are
    held out belongs to the data, not to a run's seed: all runs are judged on the same ones. said is one line on
    what was read, and how it was taken; empty for a set that is known by its name.
    """

    name: str
    x: np.ndarray
    columns: list[str]
    image: tuple[int, ...] | None = None
    pixels: tuple[float, float] | None = None
    labels: np.ndarray | None = None
    held_out: np.ndarray | None = None
    held_out_labels: np.ndarray | None = None
    kinds: list[Column] | None = None
    classes: list[str] | None = None
    channels: np.ndarray | None = None
    said: str = ""

    has_density = False

    def __repr__(self) -> str:
        rows = f"{len(self.x):,} rows" + (
            f", {len(self.held_out):,} held out" if self.held_out is not None else ""
        )
        form = f"{' x '.join(map(str, self.image))} pixels" if self.image else ", ".join(self.columns[:8])
        more = f" and {self.dim - 8} more columns" if not self.image and self.dim > 8 else ""
        return f"Dataset {self.name!r}: {rows}; {form}{more}"

    @property
    def dim(self) -> int:
        return self.x.shape[1]

    @property
    def count(self) -> float:
        return len(self.x)

    @cached_property
    def mean(self) -> np.ndarray:
        return self.x.mean(axis=0, dtype=np.float64)

    @cached_property
    def standard_deviation(self) -> np.ndarray:
        return self.x.std(axis=0, dtype=np.float64)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        return moments(self.x)

    def batch(self, step: int, n: int, stream: Stream) -> np.ndarray:
        """Rows without replacement, in a new order every epoch; what does not fill a batch is left out of it."""
        epoch, turn = divmod(step, len(self.x) // n)
        return self.x[_shuffled(stream, epoch, len(self.x))[turn * n : (turn + 1) * n]]

    def some(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.x[:: math.ceil(len(self.x) / n)]

    def split(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rows = self.x[rng.permutation(len(self.x))]
        cut = len(rows) // 2
        return (rows, self.held_out) if self.held_out is not None else (rows[:cut], rows[cut:])

    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        return self.x.min(axis=0).astype(float), self.x.max(axis=0).astype(float)

    def fingerprint(self) -> str:
        return hashlib.sha256(np.ascontiguousarray(self.x).data).hexdigest()


@lru_cache(maxsize=4)
def _shuffled(stream: Stream, epoch: int, n: int) -> np.ndarray:
    return stream.at(epoch).permutation(n)


def as_data(data: Any) -> Data:
    """The data as they are, or rows (n, d), an array, a list or a DataFrame, as a Dataset; else DataError."""
    if hasattr(data, "batch"):
        return data
    x = data if hasattr(data, "__cuda_array_interface__") else np.asarray(data)
    if x.ndim != 2 or x.dtype.kind not in "fiub":
        raise DataError(
            f"array: has shape {x.shape} and type {x.dtype}; wanted are rows of numbers (n, d). "
            f"minigan.load_dataset(array) takes images too"
        )
    named = getattr(data, "columns", None)
    return Dataset("array", x, column_names(x.shape[1]) if named is None else [str(name) for name in named])


def check_finite(data: Data) -> None:
    """Raise DataError where a number of the rows is not finite, naming its place."""
    x = data.x
    with np.errstate(over="ignore"):
        if x is None or np.isfinite(x.sum()):
            return
    bad = ~np.isfinite(x)  # a sum may overflow where no entry does
    if not bad.any():
        return
    i, j = (int(where[0]) for where in bad.nonzero())
    raise DataError(
        f"{data.name}: row {i + 1}, column {j + 1} ({data.columns[j]}) is {float(x[i, j])}; "
        f"delete the row, or fill it"
    )


def moments(x: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mean (d,) and covariance (d, d): of samples (n, d), divided by n - 1; or of data, see `Data.moments`.

    ValueError for another shape, fewer than 2 samples, or numbers that are not finite.
    """
    if hasattr(x, "moments"):
        return x.moments()
    x = finite_rows(x, "x")
    if len(x) < 2:
        raise ValueError(f"x has shape {x.shape}; a covariance needs 2 rows at least")
    apart = x - x.mean(axis=0)
    return x.mean(axis=0), apart.T @ apart / (len(x) - 1)


def finite_rows(x: Any, name: str) -> np.ndarray:
    """x as float64, (n, d) with n >= 1. ValueError for another shape, or numbers that are not finite."""
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(f"{name} has shape {x.shape}; wanted (n, d), n at least 1")
    bad = int(np.count_nonzero(~np.isfinite(x)))
    if bad:
        raise ValueError(f"{name} has {bad} numbers that are not finite; did the training diverge?")
    return x


# ---- scaling -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Scaler:
    """The affine map from data units x to the network's range z, column by column, and back.

        z = (x - shift) / scale

    shift and scale (d,) float32 are all there is to save. x and z (n, d) are NumPy arrays, of float32 or
    float64, and keep their dtype. Nothing is clipped: a generator that leaves the range of the pixels should
    be seen to leave it.
    """

    shift: np.ndarray
    scale: np.ndarray

    def to_network(self, x: np.ndarray) -> np.ndarray:
        """z = (x - shift) / scale."""
        return (x - self.shift) / self.scale

    def to_data(self, z: np.ndarray) -> np.ndarray:
        """x = shift + scale z."""
        return self.shift + self.scale * z


def scaler(data: Data, darkest: float = -1.0) -> Scaler:
    """The scaler that suits the data: points to mean 0 and standard deviation 1, pixels to [darkest, 1].

    Each column has its own map, but the columns of one channel share one, as they share a unit. A column of zeros
    and ones that are all one, for a word that no training row has, keeps its scale.

    A distribution's moments are its exact ones, a table's those of its training rows (divided by n). Pixels
    share one map, for brightness means something only beside a neighbour's. Raises DataError where float32 cannot
    tell the samples apart.
    """
    if data.pixels:
        low, high = data.pixels
        scale = np.full(data.dim, (high - low) / (1 - darkest))
        return Scaler((low - darkest * scale).astype(np.float32), scale.astype(np.float32))
    shift, scale = data.mean, data.standard_deviation
    if data.kinds:
        scale = np.where(one_hot(data.kinds, data.dim) & (scale == 0), 1.0, scale)
    if data.channels is not None:
        shift = of_channels(data, data.mean)
        scale = np.sqrt(of_channels(data, data.standard_deviation**2 + (data.mean - shift) ** 2))
    if not (np.abs(shift) * np.finfo(np.float32).eps < scale).all():
        raise DataError(
            f"{data.name} has mean {shift.tolist()!s:.60} and standard deviation {scale.tolist()!s:.60}, "
            f"and float32 cannot tell its samples apart; move it nearer to 0, or widen it"
        )
    return Scaler(shift.astype(np.float32), scale.astype(np.float32))


def of_channels(data: Data, values: np.ndarray) -> np.ndarray:
    """The mean of the values (dim,) in each channel, at all of its columns; the values where there are none."""
    if (of := data.channels) is None:
        return values
    return (np.bincount(of, values) / np.bincount(of))[of]


class Batches:
    """The real samples of each step, in the network's units: `batches.at(step)` (batch, dim).

    A Distribution gives fresh samples; a Dataset or array is gone through in a new order every epoch, without
    replacement. Both are pure functions of (data, batch, seed, step). Raises ValueError for a batch of more rows
    than the data have.
    """

    def __init__(self, data: Data | Array, batch: int, seed: int, scaler: Scaler | None = None):
        self.data, self.batch, self.scaler = as_data(data), batch, scaler
        self.stream = Stream(seed, "batches")
        check_finite(self.data)
        if batch < 1:
            raise ValueError(f"batch is {batch}; it must be 1 or more")
        if self.data.count < batch:
            raise ValueError(
                f"batch is {batch} real samples a step, but the data have {self.data.count}: take fewer"
            )

    def at(self, step: int) -> Array:
        """This step's batch."""
        return self._scaled(self.data.batch(step, self.batch, self.stream))

    def some(self, n: int) -> Array:
        """About n rows that show what the data are."""
        return self._scaled(self.data.some(n, Stream(0, "spread").at(0)))

    def _scaled(self, x: Array) -> Array:
        return x if self.scaler is None else self.scaler.to_network(x)
