"""Arrays, in memory and in NumPy's own files."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ...files import read_header, room, shorten
from ..dataset import DataError, Dataset
from .checks import check_form, checked, refusing


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
            choose = "choose one with --set key=NAME, or key=NAME in Python"
            raise DataError(f"{path}: holds {found}; {choose}, of {listed}")
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
