"""What a GAN learns from: a distribution to draw from, or a table or a set of images read once from a file.

A `Dataset` keeps its numbers in their own units (centimetres, grey levels); a `Scaler` maps them to the range
that a network trains in, and back. Files come from strangers: the size that a header claims is held against
the file before memory is asked for, nothing pickled is ever loaded, and what is wrong raises one `DataError`.
"""

from __future__ import annotations

import csv
import gzip
import inspect
import io
import math
import os
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..theory.distributions import Distribution, Gaussian, grid, ring

LARGEST = 1e18  # the square of anything much larger is beyond float32, and distances are made of squares
TINY = float(np.finfo(np.float32).tiny)  # below it float32 loses digits: nothing to divide by
COLUMNS = 1 << 20  # of a sample, at most: those of an image of 1024 x 1024
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")  # no other decoder of Pillow's is let run
SCANS = 100  # of a progressive JPEG: each takes 33 bytes and goes over all pixels; libtiff draws the same line
GAPS = ("", "na", "n/a", "nan", "null", "none", "-", "?")  # what programs write where a number is missing


class DataError(ValueError):
    """The data cannot be used; the message says in one line what was found, what was wanted, what to do."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """A fixed set of rows, in the data's own units; `load_dataset` makes it and checks it.

    x (n, d) float32 is trained on, held_out (m, d) never. An image is a row of height * width pixels, from
    pixels[0], the darkest they can be or are, to pixels[1], the brightest. Which rows are held out belongs to
    the data, not to a run's seed: all runs are judged on the same ones.
    """

    name: str
    x: np.ndarray
    columns: list[str]
    image: tuple[int, int] | None = None
    pixels: tuple[float, float] | None = None
    labels: np.ndarray | None = None
    held_out: np.ndarray | None = None
    held_out_labels: np.ndarray | None = None


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


def scaler(data: Dataset | Distribution, darkest: float = -1.0) -> Scaler:
    """The scaler that suits the data: points to mean 0 and standard deviation 1, pixels to [darkest, 1].

    A distribution's moments are its exact ones, a table's those of its training rows (divided by n). Pixels
    share one map, for brightness means something only beside a neighbour's. Raises DataError for a distribution
    whose samples float32 cannot tell apart.
    """
    if not isinstance(data, Dataset):
        shift, scale = data.mean, np.sqrt(np.diag(data.covariance))
        if not (np.abs(shift) * np.finfo(np.float32).eps < scale).all():
            raise DataError(
                f"{data} has mean {shift.tolist()!s:.60} and standard deviation {scale.tolist()!s:.60}, "
                f"and float32 cannot tell its samples apart; move it nearer to 0, or widen it"
            )
    elif data.pixels:
        (low, high), d = data.pixels, data.x.shape[1]
        scale = np.full(d, (high - low) / (1 - darkest))
        shift = low - darkest * scale
    else:
        shift, scale = data.x.mean(axis=0, dtype=np.float64), data.x.std(axis=0, dtype=np.float64)
    return Scaler(shift.astype(np.float32), scale.astype(np.float32))


def load_dataset(source: str | PathLike[str] | np.ndarray, **options: Any) -> Distribution | Dataset:
    """The data called source: a known name, a file, a folder of images, or an array.

    "gaussian", N(4, 0.5²), "ring" and "grid" are distributions, their options the parameters (`modes=5`);
    "digits" is the bundled set. A file is a table (.csv, .tsv), an array (.npy; .npz, with `key=` where it
    holds several) or of the MNIST family (.idx, -ubyte, .gz); images in a folder come to `size=28` pixels a
    side. Arrays (n,) and (n, d) are points, (n, h, w) and (n, h, w, 1) grey images. From 100 rows on, every
    tenth of a user's own data is held out. Raises DataError.
    """
    make = maker(source)
    allowed = list(inspect.signature(make).parameters)
    if strange := sorted(set(options) - set(allowed)):
        what = "an array" if isinstance(source, np.ndarray) else source
        raise DataError(f"{what} has no option {strange[0]!r}; it has {', '.join(allowed) or 'none'}")
    with reaching(source):
        return make(**options)


def maker(source: str | PathLike[str] | np.ndarray) -> Callable[..., Distribution | Dataset]:
    """The function that makes the data called source; the parameters it has left are the options."""
    if isinstance(source, np.ndarray):
        return partial(read_array, source)
    if isinstance(source, str) and source in KNOWN:
        return KNOWN[source]
    path = Path(source)
    with reaching(path):
        if path.is_dir():
            return partial(read_images, path)
        if not path.is_file():
            if path.exists():
                raise DataError(f"{path}: is a pipe or a device, which may never end; copy it to a file")
            here = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
            close = get_close_matches(path.name, [*KNOWN, *here], n=1)
            raise DataError(
                f"{str(source)!r} is no file or folder here and no known data set ({', '.join(KNOWN)}); "
                + (f"did you mean {close[0]!r}?" if close else "check its spelling")
            )
        if not path.stat().st_size:
            raise DataError(f"{path}: is empty (0 bytes); write or download it again")
    for endings, read in READERS.items():
        if path.name.lower().endswith(endings):
            return partial(read, path)
    wanted = ", ".join(ending for endings in READERS for ending in endings)
    raise DataError(f"{path}: has an ending that says no format; wanted is {wanted} or a folder of images")


@contextmanager
def reaching(source: Any) -> Iterator[None]:
    """Make a DataError of the system's refusal to open what lies there."""
    try:
        yield
    except OSError as error:
        where = error.filename or source  # a file in a folder
        raise DataError(f"{where}: cannot be read ({error.strerror}); give a file that can be") from error


def gaussian(mean: float = 4.0, sd: float = 0.5) -> Distribution:
    """N(mean, sd²) on the line."""
    return Gaussian(mean, sd)


def digits() -> Dataset:
    """1,797 handwritten digits, 8 x 8, pixels 0 to 16: 1,437 to train on and 360 held out.

    Every fifth image is held out, counted through the images sorted by label (in file order within a label),
    so that every class gives a fifth of itself to within one image; every fifth in file order would be 26
    twos and 48 threes. Both parts have the same 13 writers: held out are new images, not new hands.
    Source: Alpaydin and Kaynak, UCI Optical Recognition of Handwritten Digits, doi:10.24432/C50P49, CC BY 4.0
    """
    with np.load(Path(__file__).parent / "digits.npz", allow_pickle=False) as bundle:
        images, labels = bundle["images"], bundle["labels"].astype(np.int64)
    n, height, width = images.shape
    x = images.reshape(n, -1).astype(np.float32)
    held = np.zeros(n, bool)
    held[labels.argsort(kind="stable")[::5]] = True
    names, image = pixel_names(height, width), (height, width)
    return Dataset("digits", x[~held], names, image, (0.0, 16.0), labels[~held], x[held], labels[held])


# ---- the checks that every format shares


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
    if not 1 <= len(shape) <= 4 or (len(shape) == 4 and shape[3] != 1):
        cure = "average the colours over the last axis" if shape[3:] in ((3,), (4,)) else "reshape it"
        raise DataError(
            f"{where}: has {len(shape)} dimensions, {form}; wanted are points (n, d) or grey images "
            f"(n, height, width), so {cure}"
        )
    if min(shape) < 1 or shape[0] < 2:
        what = "is empty" if min(shape) < 1 else "holds one row only"
        raise DataError(f"{where}: {what}, of shape {form}; wanted are 2 rows at least, so collect more")


def check_width(where: str | Path, d: int) -> None:
    """Refuse samples of more numbers than any network here can take, before each of them gets a name."""
    if d > COLUMNS:
        raise DataError(f"{where}: has {d:,} columns; at most {COLUMNS:,} can be learnt, so make them fewer")


def checked(
    a: np.ndarray,
    where: str | Path,
    columns: list[str] | None = None,
    pixels: tuple[float, float] | None = None,
) -> Dataset:
    """The array as a Dataset, every tenth row held out from 100 rows on; where it came from names it.

    Images whose format does not fix the range of their pixels have that of their darkest and brightest.
    """
    check_form(str(where), a.dtype, a.shape)
    n, image = len(a), (a.shape[1], a.shape[2]) if a.ndim > 2 else None
    rows = a.reshape(n, -1)
    with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is refused below, and named
        x = rows.astype(np.float32)  # (n, d)
    check_width(where, x.shape[1])
    columns = columns or (pixel_names(*image) if image else column_names(x.shape[1]))
    if not within(x):
        i, j = divmod(int((np.abs(x) <= LARGEST).argmin()), x.shape[1])
        raise DataError(f"{where}: row {i + 1}, {place(columns, j)} {trouble(float(rows[i, j]))}")

    held = np.zeros(n, bool)
    held[9::10] = n >= 100
    train = x[~held]
    low, high = train.min(axis=0), train.max(axis=0)
    if image:
        pixels = pixels or (float(low.min()), float(high.max()))
        if high.max() - low.min() < TINY:
            raise DataError(f"{where}: every pixel of every image is {low[0]:g}; give images that differ")
    elif (constant := np.flatnonzero(high - low < TINY)).size:
        j, others = constant[0], f" (and {constant.size - 1} more)" if constant.size > 1 else ""
        raise DataError(
            f"{where}: {place(columns, j)}{others} is constant, {low[j]:g} in float32, and has no standard "
            f"deviation to scale by; delete it, or subtract what all its values share"
        )
    return Dataset(Path(where).stem, train, columns, image, pixels, held_out=x[held] if held.any() else None)


def within(x: np.ndarray) -> bool:
    """Whether all numbers are within ±LARGEST, and none is NaN, which is not <= anything."""
    return bool(x.max() <= LARGEST and x.min() >= -LARGEST)


def room(size: int) -> int:
    """How many bytes a packed file of so many may unpack to: 4 MiB, or 128 times as many (MNIST's: 5 times)."""
    return max(1 << 22, 128 * size)


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


def shorten(field: str) -> str:
    """The field in quotes, cut to what a one-line message can hold."""
    text = repr(field)
    return text if len(text) <= 60 else text[:56] + "..." + text[-1]


def column_names(d: int) -> list[str]:
    """x1 to xd: what columns are called that nobody named."""
    return [f"x{j}" for j in range(1, d + 1)]


def pixel_names(height: int, width: int) -> list[str]:
    """r1c1, r1c2, ...: the pixels row by row, as they lie in x."""
    return [f"r{row}c{column}" for row in range(1, height + 1) for column in range(1, width + 1)]


@contextmanager
def refusing(where: str | Path, wanted: str) -> Iterator[None]:
    """Make a DataError of whatever a decoder raises; a broken file can make it raise nearly anything."""
    try:
        yield
    except (DataError, PermissionError):  # the second is told by load_dataset
        raise
    except Exception as error:
        raise DataError(f"{where}: is not {wanted} ({reason(error)}); write or download it again") from error


def reason(error: Exception, most: int = 120) -> str:
    """What an error says, for a message of one line: it may quote the file, at any length and in any letters."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    return " ".join(text.split())[:most] or type(error).__name__


# ---- arrays, in memory and in NumPy's files


def read_array(a: np.ndarray) -> Dataset:
    """An array in memory."""
    if np.ma.is_masked(a):
        raise DataError("array: has masked values, which are gaps; fill them, or delete their rows")
    return checked(np.asarray(a), "array")


def read_npy(path: Path) -> Dataset:
    """An array that `np.save` wrote."""
    with path.open("rb") as stream:
        return checked(parse_npy(str(path), stream, path.stat().st_size), path)


def read_npz(path: Path, key: str | None = None) -> Dataset:
    """The one array that `np.savez` wrote, or the one called key of several."""
    with refusing(path, "an .npz archive"), zipfile.ZipFile(path) as archive:
        members = {m.filename[:-4]: m for m in archive.infolist() if m.filename.endswith(".npy")}
        if not members:
            raise DataError(f"{path}: holds no array; write one with np.savez(path, x=array)")
        if key not in members and (key is not None or len(members) > 1):
            found = "several arrays" if key is None else f"no array {key!r}"
            listed = ", ".join([shorten(name) for name in members][:8]) + ", ..." * (len(members) > 8)
            raise DataError(f"{path}: holds {found}; choose one with key=, of {listed}")
        member = members[key] if key is not None else next(iter(members.values()))
        size = path.stat().st_size
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without bounds
            raise DataError(f"{path}: is not packed as NumPy packs; write it with np.savez_compressed")
        if member.file_size > room(size):
            raise DataError(
                f"{path}: claims to unpack {size:,} bytes to {member.file_size:,}; "
                f"if that is so, write it with np.savez"
            )
        with archive.open(member) as stream:
            return checked(parse_npy(str(path), stream, member.file_size), path)


def parse_npy(where: str, stream: Any, size: int) -> np.ndarray:
    """The array in a seekable stream of size bytes: the header is judged before the body is read.

    `np.load` would first allocate whatever the header claims.
    """
    with refusing(where, "an array that np.save wrote"):
        head = io.BytesIO(stream.read(1 << 14))  # room enough: NumPy refuses more than 10,000 characters
        shape, fortran, dtype = read_header(head)
        check_form(where, dtype, shape)
        claimed, held = dtype.itemsize * math.prod(shape), size - head.tell()
        if claimed != held:
            raise DataError(
                f"{where}: its header claims {claimed:,} bytes of numbers, and {held:,} follow; "
                f"write or download it again"
            )
        stream.seek(head.tell())
        return np.frombuffer(stream.read(claimed), dtype).reshape(shape, order="F" if fortran else "C")


def read_header(head: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    """(shape, Fortran order, dtype) that an .npy claims; raises nearly anything where it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of headers that Python 2 wrote, and reads them well
        if np.lib.format.read_magic(head) == (1, 0):
            return np.lib.format.read_array_header_1_0(head)
        # 2.0; only named fields need a 3.0, which this refuses as they are refused
        return np.lib.format.read_array_header_2_0(head)


# ---- tables of text


def read_csv(path: Path) -> Dataset:
    """A table of numbers in UTF-8, a sample a line, with or without a header.

    Fields are parted by tabs if there is one in the first line, else by semicolons if there is one, else by
    commas, and may be quoted. The first row is a header if any field in it is a word: neither a number nor a
    mark for a gap. Blank lines are passed over.
    """
    with refusing(path, "a table of numbers in UTF-8"):
        text = path.read_bytes().decode("utf-8-sig")  # with or without a byte order mark
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        unquoted = re.sub('"[^"]*"', "", text.lstrip("\n").partition("\n")[0])
        delimiter = next((mark for mark in "\t;" if mark in unquoted), ",")
        lines = io.StringIO(text)
        first = next(filter(None, csv.reader(lines, delimiter=delimiter)), [])
        check_width(path, len(first))
        columns = column_names(len(first))
        header = is_header(first)
        if header:
            columns = [" ".join(field.split()) or x for field, x in zip(first, columns, strict=True)]
        else:
            lines.seek(0)
        body = lines.read()
        if not body.strip():
            raise DataError(f"{path}: holds no row of numbers; wanted are 2 at least")
        try:  # the quick reading, which cannot say what is wrong
            x = np.loadtxt(
                io.StringIO(body), np.float32, delimiter=delimiter, quotechar='"', comments=None, ndmin=2
            )
        except ValueError:
            x = np.full((1, len(columns)), np.nan, np.float32)
        if x.shape[1] != len(columns) or not within(x):
            raise DataError(f"{path}: {culprit(text, delimiter, header, columns)}")
    return checked(x, path, columns)


def number(field: str) -> float | None:
    """The field as a number, or None, also for what only Python reads: 1_000, or another script's digits."""
    try:
        return float(field) if field.strip().isascii() and "_" not in field else None
    except ValueError:
        return None


def is_gap(field: str) -> bool:
    """Whether the field is empty or a mark for a missing number."""
    return field.strip().lower() in GAPS


def is_header(row: Sequence[str]) -> bool:
    """Whether any field is a word. A gap is none: a first row with a gap is reported, not swallowed."""
    return any(number(field) is None and not is_gap(field) for field in row)


def culprit(text: str, delimiter: str, header: bool, columns: list[str]) -> str:
    """What is wrong in a table, and where: the slow reading, field by field, after the quick one failed."""
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    for i, row in enumerate(filter(None, rows)):
        if header and i == 0:
            continue
        if len(row) != len(columns):
            return (
                f"line {rows.line_num} has {len(row)} fields where the first has {len(columns)}; "
                f"give every line as many"
            )
        for j, field in enumerate(row):
            value, spot = number(field), f"line {rows.line_num}, {place(columns, j)}"
            if is_gap(field):
                return f"{spot} is a gap, {shorten(field)}; fill it, or delete the line"
            if value is None:
                cure = "write a decimal point" if "," in field else "code words as numbers, or delete them"
                return f"{spot} is {shorten(field)}, which is no number; {cure}"
            if not abs(value) <= LARGEST:
                return f"{spot} {trouble(value)}"
    return f"is no table of numbers parted by {delimiter!r}; quote no more than whole fields"


# ---- images


def read_idx(path: Path) -> Dataset:
    """Images of unsigned bytes in an IDX file, as MNIST and its family come, gzipped or not.

    Bytes 0, 0, 8 (unsigned bytes), 3 (dimensions); n, height and width, big-endian, 4 bytes each; the pixels.
    Source: LeCun, Cortes and Burges, The MNIST Database, "File formats for the MNIST database".
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"  # not by the name: browsers unpack a .gz and keep its name
    with refusing(path, "a whole gzip file"), gzip.open(path) if zipped else path.open("rb") as stream:
        magic = stream.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0":
            raise DataError(f"{path}: begins with {magic!r}, as no IDX or gzip file does; download it again")
        if magic[2] != 8:
            raise DataError(f"{path}: holds IDX type {magic[2]:#04x}; wanted are unsigned bytes, type 0x08")
        if magic[3] == 1:
            images = path.name.replace("labels", "images").replace("idx1", "idx3")
            raise DataError(f"{path}: has one dimension, as labels have; the images are in {images!r} or so")
        if magic[3] != 3:
            raise DataError(f"{path}: has {magic[3]} dimensions; wanted are 3, (n, height, width)")
        sizes = stream.read(12)
        if len(sizes) < 12:
            raise DataError(f"{path}: ends inside its header; download it again")
        shape = struct.unpack(">3I", sizes)
        check_form(str(path), np.dtype(np.uint8), shape)
        claimed = math.prod(shape)
        if zipped and claimed > room(size):
            raise DataError(
                f"{path}: claims to unpack {size:,} bytes to {' x '.join(map(str, shape))} pixels; "
                f"if that is so, unpack it first"
            )
        pixels = stream.read(claimed + 1) if zipped or claimed <= size else b""  # + 1: do more follow?
        if len(pixels) != claimed:
            raise DataError(
                f"{path}: its header claims {' x '.join(map(str, shape))} = {claimed:,} pixels, and "
                f"{'more' if len(pixels) > claimed else 'fewer'} follow; download it again"
            )
    return checked(np.frombuffer(pixels, np.uint8).reshape(shape), path, pixels=(0.0, 255.0))


def read_images(folder: Path, size: int = 28) -> Dataset:
    """All images in a folder and its folders, in the order of their paths: grey, squeezed to size x size.

    Hidden files are passed over.
    """
    if not (isinstance(size, int) and 1 <= size <= 1024):
        raise DataError(f"size is {size!r}; wanted is a whole number of pixels a side, 1 to 1024")
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in IMAGES and not path.is_dir()]
    paths = [path for path in paths if not any(part[0] == "." for part in path.relative_to(folder).parts)]
    if not paths:
        raise DataError(f"{folder}: is a folder with no image in it; wanted are {', '.join(IMAGES)}")
    if odd := [path for path in paths if not path.is_file()]:
        raise DataError(f"{odd[0]}: is a link to nowhere, a pipe or a device; delete it")
    images = np.empty((len(paths), size, size), np.uint8)
    for i, path in enumerate(sorted(paths, key=lambda path: path.relative_to(folder).as_posix())):
        images[i] = grey(path, size)
    return checked(images, folder.resolve(), pixels=(0.0, 255.0))


def grey(path: Path, size: int) -> np.ndarray:
    """One image, upright, as bytes (size, size), black 0 to white 255; what is transparent becomes white."""
    from PIL import Image, ImageOps  # here, because only folders of images need it

    content = path.read_bytes()
    with refusing(path, "a readable image"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what it can read all the same
        try:
            image = Image.open(io.BytesIO(content), formats=FORMATS)
        except Image.UnidentifiedImageError:
            known = ", ".join(FORMATS)
            raise DataError(f"{path}: is not a readable image of {known}; convert it, or delete it") from None
        if image.mode.startswith(("I", "F")):  # Pillow would clip them to 8
            raise DataError(f"{path}: has more than 8 bits a pixel (mode {image.mode}); convert it to 8")
        if image.width * image.height > room(len(content)):
            raise DataError(
                f"{path}: claims to unpack {len(content):,} bytes to {image.width} x {image.height} pixels; "
                f"if that is so, make it smaller"
            )
        if image.format in ("JPEG", "MPO") and content.count(b"\xff\xda") > SCANS:
            raise DataError(f"{path}: is a progressive JPEG of more than {SCANS} scans; save it as another format")
        upright = ImageOps.exif_transpose(image)
        if upright.mode.upper().endswith("A") or "transparency" in upright.info:
            upright = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
        return np.asarray(upright.convert("L").resize((size, size), Image.Resampling.BILINEAR))


KNOWN: dict[str, Callable[..., Distribution | Dataset]] = {
    "gaussian": gaussian,
    "ring": ring,
    "grid": grid,
    "digits": digits,
}
READERS: dict[tuple[str, ...], Callable[..., Dataset]] = {  # by the end of a file's name
    (".csv", ".tsv"): read_csv,
    (".npy",): read_npy,
    (".npz",): read_npz,
    (".idx", "-ubyte", ".gz"): read_idx,
}


# ---- and back to a file


def write_samples(
    path: str | PathLike[str],
    x: np.ndarray,
    columns: Sequence[str] | None = None,
    image: tuple[int, int] | None = None,
) -> None:
    """Write samples x (n, d) to a .csv (a header, then a line each) or a .npy (float32; images as (n, h, w)).

    Nine digits, "%.9g", bring every float32 back as it was. Raises DataError for another ending, for columns
    or an image that do not make d, for names that read as a row of numbers, and where writing fails.
    """
    path, x = Path(path), np.asarray(x, np.float32).reshape(len(x), -1)
    n, d = x.shape
    columns = list(columns or column_names(d))
    if len(columns) != d or (image and math.prod(image) != d):
        raise DataError(f"samples of {d} numbers do not make {len(columns)} columns and image {image}")
    if not is_header(columns):
        raise DataError(f"columns are called {', '.join(columns)}; give one of them a name that is no number")
    ending = path.suffix.lower()
    packed = io.BytesIO()
    if ending == ".csv":
        header = io.StringIO()
        # a name with a semicolon or a tab would be taken for several when it is read again
        quoting: Any = csv.QUOTE_MINIMAL if all(map(str.isidentifier, columns)) else csv.QUOTE_ALL
        csv.writer(header, lineterminator="\n", quoting=quoting).writerow(columns)
        packed.write(header.getvalue().encode())
        np.savetxt(packed, x, fmt="%.9g", delimiter=",")
    elif ending == ".npy":
        np.save(packed, x.reshape(n, *image) if image else x)
    else:
        raise DataError(f"{path}: has an ending that says no format for samples; wanted is .csv or .npy")
    try:
        write_whole(path, packed.getbuffer())
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file whole or not at all: beside its place, to the disk, and then renamed. Raises OSError."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)  # a link there would lead the bytes elsewhere
    try:
        with open(part, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
