"""What every format is checked for, and how an array from anywhere becomes a Dataset.

Files come from strangers: the size that a header claims is held against the file before memory is asked for,
nothing pickled is ever loaded, and what is wrong raises one `DataError`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ...files import reason, shorten
from ...theory.distributions import column_names
from ..dataset import TINY, DataError, Dataset
from ..kinds import Column, one_hot

LARGEST = 1e18  # the square of anything much larger is beyond float32, and distances are made of squares
COLUMNS = 1 << 20  # of a sample, at most: those of an image of 1024 x 1024
CLASSES = 100  # at most: what has more values is no label


def check_form(where: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Refuse an array for its dtype or shape, which a file's header tells before the file is loaded."""
    form = f"({', '.join(map(str, shape))})"[:80]
    if dtype.hasobject:
        raise DataError(
            f"{where}: holds pickled Python objects, which can run any code when loaded, so they never are; "
            f"save numbers alone, with np.save(path, array.astype('float32'))"
        )
    if dtype.kind not in "biuf":
        raise DataError(f"{where}: holds {str(dtype)[:40]} values; wanted are real numbers, so convert them")
    if not 1 <= len(shape) <= 4 or (len(shape) == 4 and not {shape[1], shape[3]} & {1, 3}):
        cure = "drop the fourth channel, array[..., :3]" if shape[3:] == (4,) else "reshape it"
        raise DataError(
            f"{where}: has {len(shape)} dimensions, {form}; wanted are points (n, d) or images "
            f"(n, height, width) or (n, height, width, 3), so {cure}"
        )
    if min(shape) < 1 or shape[0] < 2:
        what = "is empty" if min(shape) < 1 else "holds one row only"
        raise DataError(f"{where}: {what}, of shape {form}; wanted are 2 rows at least, so collect more")


def check_width(where: str | Path, d: int, most: int = COLUMNS) -> None:
    """Refuse samples of more numbers than any network here can take, before each of them gets a name."""
    if d > most:
        raise DataError(f"{where}: has {d:,} columns; at most {most:,} can be learnt, so make them fewer")


def checked(
    a: np.ndarray,
    where: str | Path,
    columns: list[str] | None = None,
    pixels: tuple[float, float] | None = None,
    notes: Sequence[str] = (),
    labels: np.ndarray | None = None,
    points: bool = False,
    channels: np.ndarray | None = None,
    kinds: list[Column] | None = None,
) -> Dataset:
    """The array as a Dataset, every tenth row held out from 100 rows on; where it came from names it.

    Images are (n, h, w), (n, h, w, 1) or (n, h, w, 3), unless all arrays are said to be points; if their format
    does not fix the range of their pixels, it is that of their darkest and brightest. labels (n,) are numbers or
    texts; channels (d,) says which columns are of one channel, and so of one scale. notes are what its reader has
    to say beyond the size, for the line `said`.
    """
    check_form(str(where), a.dtype, a.shape)
    a = a[..., 0] if a.ndim == 4 and a.shape[3] == 1 else a
    n, image = len(a), a.shape[1:] if a.ndim > 2 and not points else None
    rows = a.reshape(n, -1)
    with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is refused below, and named
        x = rows.astype(np.float32)  # (n, d)
    check_width(where, x.shape[1])
    columns = columns or (pixel_names(*a.shape[1:]) if a.ndim > 2 else column_names(x.shape[1]))
    asks = hint(x) if a.ndim == 2 else ""
    if not within(x):
        i, j = divmod(int((np.abs(x) <= LARGEST).argmin()), x.shape[1])
        raise DataError(f"{where}: row {i + 1}, {place(columns, j)} {trouble(float(rows[i, j]))}")

    held = held_out(n)
    train = x[~held]
    low, high = train.min(axis=0), train.max(axis=0)
    if channels is not None:  # a column may be constant where its channel is not
        least, most = np.full(channels.max() + 1, np.inf), np.full(channels.max() + 1, -np.inf)
        np.minimum.at(least, channels, low)
        np.maximum.at(most, channels, high)
        low, high = least[channels], most[channels]
    if image:
        pixels = pixels or (float(low.min()), float(high.max()))
        if high.max() - low.min() < TINY:
            raise DataError(f"{where}: every pixel of every image is {low[0]:g}; give images that differ")
    elif (constant := np.flatnonzero((high - low < TINY) & ~one_hot(kinds, x.shape[1]))).size:
        j, others = constant[0], f" (and {constant.size - 1} more)" if constant.size > 1 else ""
        raise DataError(
            f"{where}: {place(columns, j)}{others} is constant, {low[j]:g} in float32, and has no standard "
            f"deviation to scale by; delete it, or subtract what all its values share{asks and f'; or {asks}'}"
        )
    said = [f"{Path(where).name}: {n:,} {_form(image, x.shape[1])}{asks and f' ({asks})'}", *notes]
    rest, classes, of = x[held] if held.any() else None, None, None
    if labels is not None:
        classes, of = classed(where, labels)
        said.append(f"{len(classes)} labels kept beside them")
    if rest is not None:
        said.append(f"{len(rest):,} of them held out")
    return Dataset(
        Path(Path(where).name.removesuffix(".gz")).stem, train, columns, image, pixels,
        labels=None if of is None else of[~held],
        held_out=rest,
        held_out_labels=None if of is None or rest is None else of[held],
        classes=classes,
        channels=channels,
        kinds=kinds,
        said="".join(letter if letter.isprintable() else "?" for letter in ", ".join(said)),  # a name may be odd
    )  # fmt: skip


def _form(image: tuple[int, ...] | None, d: int) -> str:
    if image is None:
        return f"rows of {d:,} columns" if d > 1 else "numbers"
    return f"{'colour' if len(image) == 3 else 'grey'} images of {image[0]} x {image[1]} pixels"


def classed(where: str | Path, labels: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The names of the labels, in order, and each row's as a whole number (n,)."""
    if labels.dtype.kind == "f":
        whole = np.isfinite(labels) & (labels == np.rint(labels))
        if not whole.all():
            raise DataError(f"{where}: a label is {labels[~whole][0]:g}; wanted are whole numbers, or words")
    values, of = np.unique(labels, return_inverse=True)
    if len(values) > CLASSES:
        raise DataError(
            f"{where}: its labels have {len(values):,} different values; at most {CLASSES} are labels, so give "
            f"another column, or none"
        )
    return [f"{value:.0f}" if labels.dtype.kind == "f" else str(value) for value in values], of.reshape(-1)


def as_pictures(
    where: str | Path,
    rows: np.ndarray,
    columns: Sequence[str],
    image: str | None = None,
    label: str | int | None = None,
    transpose: bool = False,
) -> tuple[np.ndarray, list[str] | None, np.ndarray | None]:
    """What a table (n, d) is with the options `image=28x28` and `label=NAME`: images, names of columns, labels.

    image is height x width, with x3 behind for the three colours of each pixel side by side, or 3x before for one
    whole image of each colour; transpose says that the images lie on their side. label is a column, by name or
    counted from 1. So (n, d) becomes (n, height, width[, 3]), whose columns need no names (None), or stays a table
    without its labels. DataError where the columns do not make such images.
    """
    names, labels = list(columns), None
    if label is not None:
        at = names.index(label) if label in names else label - 1 if isinstance(label, int) else -1
        if not 0 <= at < len(names):
            some = ", ".join(map(shorten, names[:8])) + ", ..." * (len(names) > 8)
            raise DataError(f"{where}: label is {shorten(str(label))}, which is no column; choose one of {some}")
        labels, rows, names = rows[:, at], np.delete(rows, at, axis=1), names[:at] + names[at + 1 :]
        if not names:
            raise DataError(f"{where}: has no column beside the labels; give the others too")
    if image is None:
        return rows, names, labels
    sides = re.fullmatch(r"(3x)?([1-9]\d{0,6})x([1-9]\d{0,6})(x3)?", image)
    if not sides or (sides[1] and sides[4]):
        raise DataError(f"image is {shorten(image)}; wanted is height x width as 28x28, and 28x28x3 for colours")
    h, w, d = int(sides[2]), int(sides[3]), rows.shape[1]
    shape = (h, w, 3) if sides[4] else (3, h, w) if sides[1] else (h, w)
    if math.prod(shape) != d:
        cure = f"; {hint(rows) or 'give the height and width that they have'}"
        if math.prod(shape) == d - 1:
            cure = f", one more: if the first is a label, add label={shorten(names[0])[1:-1]}"
        raise DataError(f"{where}: image={image} wants {math.prod(shape):,} columns, there are {d:,}{cure}")
    pictures = rows.reshape(-1, *shape)
    if sides[1]:
        pictures = np.moveaxis(pictures, 1, 3)
    return pictures.swapaxes(1, 2) if transpose else pictures, None, labels


def hint(x: np.ndarray) -> str:
    """How rows (n, d) may be images: whole numbers, as many as a square of 8 pixels a side or more has."""
    d = x.shape[1]
    for channels, label in ((1, 0), (1, 1), (3, 0), (3, 1)):
        side = math.isqrt((d - label) // channels)
        if side >= 8 and channels * side * side + label == d and (x == np.rint(x)).all():
            asks = f"image={side}x{side}{'x3' * (channels == 3)}{' with label=NAME' * label}"
            return f"{asks}, if these are pixels"
    return ""


def held_out(n: int) -> np.ndarray:
    """Which of n rows are never trained on, (n,): every tenth, from 100 on."""
    held = np.zeros(n, bool)
    held[9::10] = n >= 100
    return held


def listed(offences: Sequence[str], most: int = 10) -> str:
    """What is wrong with a file: in a line if it is one thing, else a line each, the first ten."""
    if len(offences) == 1:
        return offences[0]
    more = [f"... and {len(offences) - most:,} more"] if len(offences) > most else []
    return "\n  ".join([f"{len(offences):,} things are wrong", *offences[:most], *more])


def within(x: np.ndarray) -> bool:
    """Whether all numbers are within ±LARGEST, and none is NaN, which is not <= anything."""
    return bool(x.max() <= LARGEST and x.min() >= -LARGEST)


def trouble(value: float) -> str:
    """What is wrong with a number that is not within ±LARGEST, and what to do."""
    if math.isnan(value):
        return "is NaN, which is a gap; fill it, or delete the row"
    if math.isinf(value):
        return "is infinite; replace it, or delete the row"
    return f"is {value:g}, and float32 cannot square what is beyond {LARGEST:g}; rescale the column"


def place(columns: Sequence[str], j: int) -> str:
    """Column j for a message: counted from 1, and by name."""
    return f"column {j + 1} ({shorten(columns[j])})"


def pixel_names(height: int, width: int, colours: int = 0) -> list[str]:
    """r1c1, r1c2, ...: the pixels row by row, as they lie in x; in colour r1c1_red, r1c1_green, ..."""
    ends = ("_red", "_green", "_blue") if colours else ("",)
    rows, across = range(1, height + 1), range(1, width + 1)
    return [f"r{row}c{column}{end}" for row in rows for column in across for end in ends]


@contextmanager
def refusing(where: str | Path, wanted: str) -> Iterator[None]:
    """Make a DataError of whatever a decoder raises; a broken file can make it raise nearly anything."""
    try:
        yield
    except (DataError, PermissionError):  # the second is told by load_dataset
        raise
    except Exception as error:
        raise DataError(f"{where}: is not {wanted} ({reason(error)}); write or download it again") from error
