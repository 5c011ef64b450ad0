"""Arrays, in memory and in NumPy's own files."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ...files import read_header, room, shorten
from ...theory.distributions import column_names
from ..dataset import DataError, Dataset
from .checks import as_pictures, check_form, check_width, checked, hint, refusing

APART = 1000  # ranges of two channels that differ by more are not of one scale


def read_array(
    a: np.ndarray,
    image: str | None = None,
    label: str | int | None = None,
    form: str | None = None,
    transpose: bool = False,
) -> Dataset:
    """An array in memory."""
    if np.ma.is_masked(a):
        raise DataError("array: has masked values, which are gaps; fill them, or delete their rows")
    return shaped(np.asarray(a), "array", image, label, form, transpose)


def read_npy(
    path: Path,
    image: str | None = None,
    label: str | int | None = None,
    form: str | None = None,
    transpose: bool = False,
) -> Dataset:
    """An array that `np.save` wrote."""
    with path.open("rb") as stream:
        return shaped(parse_npy(str(path), stream, path.stat().st_size), path, image, label, form, transpose)


def read_npz(
    path: Path,
    key: str | None = None,
    image: str | None = None,
    label: str | int | None = None,
    form: str | None = None,
    transpose: bool = False,
) -> Dataset:
    """The one array that `np.savez` wrote, or the one called key of several; labels are another, or a column.

    If no label is given, x_train has the labels y_train, and images.npy or the like the labels labels.npy, where
    such an array is there and has one whole number a row.
    """
    with refusing(path, "an .npz archive"), zipfile.ZipFile(path) as archive:
        members = {m.filename[:-4]: m for m in archive.infolist() if m.filename.endswith(".npy")}
        if not members:
            raise DataError(f"{path}: holds no array; write one with np.savez(path, x=array)")
        if key not in members and (key is not None or len(members) > 1):
            found = "several arrays" if key is None else f"no array {key!r}"
            listed = ", ".join([shorten(name) for name in members][:8]) + ", ..." * (len(members) > 8)
            choose = "choose one with --set key=NAME, or key=NAME in Python"
            raise DataError(f"{path}: holds {found}; {choose}, of {listed}")
        key = next(iter(members)) if key is None else key
        a = _member(path, archive, members[key])
        beside = label if label in members else _partner(key) if label is None else None
        if beside not in members:
            return shaped(a, path, image, label, form, transpose)
        labels = _member(path, archive, members[str(beside)])
        fit = labels.shape in ((len(a),), (len(a), 1)) and labels.dtype.kind in "iub"
        if label is None and not fit:
            return shaped(a, path, image, None, form, transpose)
        if not fit:
            raise DataError(
                f"{path}: {beside!r} has shape {labels.shape} and type {labels.dtype}; wanted as labels are "
                f"{len(a):,} whole numbers, so choose another, or a column"
            )
        return shaped(a, path, image, None, form, transpose, labels=labels.reshape(-1))


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    size = path.stat().st_size
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without bounds
        raise DataError(f"{path}: is not packed as NumPy packs; write it with np.savez_compressed")
    if member.file_size > room(size):
        raise DataError(
            f"{path}: claims to unpack {size:,} bytes to {member.file_size:,}; "
            f"if that is so, write it with np.savez"
        )
    with archive.open(member) as stream:
        return parse_npy(str(path), stream, member.file_size)


def _partner(key: str) -> str:
    """What the labels of the array of this name are called, by custom."""
    for data, labels in (("images", "labels"), ("data", "labels"), ("x", "y"), ("X", "y")):
        if key == data or key.endswith(f"_{data}") or key.startswith(f"{data}_"):
            return key.replace(data, labels)
    return ""


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


def shaped(
    a: np.ndarray,
    where: str | Path,
    image: str | None = None,
    label: str | int | None = None,
    form: str | None = None,
    transpose: bool = False,
    *,
    pixels: tuple[float, float] | None = None,
    labels: np.ndarray | None = None,
) -> Dataset:
    """The array as images or as points, as its options say, or else its shape.

    (n,) and (n, d) are points, and images with `image=`; (n, h, w) are images if `channel_axis` finds none;
    (n, h, w, 1 or 3) and (n, 1 or 3, h, w) are images. `form=images` and `form=points` say what an array of more
    than two dimensions is; transpose=true turns images that lie on their side, as EMNIST's do.
    """
    check_form(str(where), a.dtype, a.shape)
    notes: list[str] = []
    if form not in (None, "images", "points"):
        raise DataError(f"form is {shorten(form)}; choose one of images, points")
    if form == "points" and (image or transpose):
        raise DataError(f"{where}: form=points leaves no image to shape; leave out image and transpose")
    check_width(where, math.prod(a.shape[1:]))
    if a.ndim <= 2:
        rows = a.reshape(len(a), -1)
        if not image and (form == "images" or transpose):
            cure = hint(rows) or "give image=28x28, or what they have"
            raise DataError(f"{where}: a row is an image if its height and width are given; {cure}")
        a, names, own = as_pictures(where, rows, column_names(rows.shape[1]), image, label, transpose)
        return checked(a, where, names, pixels if image else None, notes, labels if own is None else own)
    if image or label is not None:
        what = f"image={image}" if image else f"label={label}"
        raise DataError(f"{where}: {what} speaks of rows (n, d), and this has shape {a.shape}; leave it out")
    if a.ndim == 4 and a.shape[3] not in (1, 3):
        a = np.moveaxis(a, 1, 3)
        notes.append("channels moved last")
    axis = channel_axis(a) if a.ndim == 3 and form != "images" else None
    if form == "points" or axis:
        of = None
        if axis:
            of = np.broadcast_to(
                np.arange(a.shape[axis]).reshape((-1, 1) if axis == 1 else -1), a.shape[1:]
            ).ravel()
            notes.append(
                f"{a.shape[axis]} channels, each in a scale of its own (form=images makes pixels of them)"
            )
        return checked(a, where, None, None, notes, labels, points=True, channels=of)
    if a.ndim == 4 and a.shape[3] == 3 and (a[..., :1] == a).all():
        a = a[..., 0]
        notes.append("3 equal colours made grey")
    if transpose:
        a = a.swapaxes(1, 2)
        notes.append("turned over the diagonal")
    return checked(a, where, None, pixels, notes, labels)


def channel_axis(a: np.ndarray) -> int | None:
    """The axis, 2 or 1, along which (n, h, w) holds channels in scales of their own; None where it holds pixels.

    Bytes are pixels. Other numbers are, unless rows or columns that vary have ranges that are `APART` in size, or
    that do not reach into each other and are far apart or of very different sizes.
    """
    if a.dtype.itemsize == 1 or not a.size:
        return None
    for axis in (2, 1):
        others = tuple({0, 1, 2} - {axis})
        with np.errstate(invalid="ignore"):  # of a NaN that signals, a cast warns
            low, high = a.min(axis=others).astype(float), a.max(axis=others).astype(float)
        if not np.isfinite([low, high]).all():
            return None  # to be refused where it stands
        low, high = low[high > low], high[high > low]
        if not low.size:
            continue
        ranges, gap = high - low, low.max() - high.min()
        ratio = ranges.max() / ranges.min()
        if ratio > APART or (gap > 0 and ratio > 10) or gap > 3 * ranges.max():
            return axis
    return None
