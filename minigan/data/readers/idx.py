"""Arrays of the MNIST family, in IDX files."""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path

import numpy as np

from ...files import room
from ..dataset import DataError, Dataset
from .arrays import shaped
from .checks import check_form, refusing

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path, image: str | None = None, form: str | None = None, transpose: bool = False) -> Dataset:
    """Images or rows in an IDX file, as MNIST and its family come, gzipped or not, and their labels.

    The labels of train-images-idx3-ubyte are those of train-labels-idx1-ubyte, where that lies beside it. Unsigned
    bytes are pixels from 0 to 255. EMNIST's images lie on their side: transpose=true turns them.
    """
    a = parse_idx(path)
    if a.ndim == 1:
        images = path.name.replace("labels", "images").replace("idx1", "idx3")
        raise DataError(f"{path}: has one dimension, as labels have; the images are in {images!r} or so")
    beside = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    labels = parse_idx(beside) if beside != path and beside.is_file() else None
    if labels is not None and (labels.shape != (len(a),) or labels.dtype.kind == "f"):
        raise DataError(
            f"{beside}: has shape {labels.shape}, and {path.name!r} beside it {len(a):,} images; download both "
            f"again, or move it away"
        )
    pixels = (0.0, 255.0) if a.dtype == np.uint8 else None
    return shaped(a, path, image, None, form, transpose, pixels=pixels, labels=labels)


def parse_idx(path: Path) -> np.ndarray:
    """The array in an IDX file, gzipped or not; the size that its header claims is judged before it is read.

    Bytes 0, 0, the type of a number, how many dimensions; the sizes, big-endian, 4 bytes each; the numbers.
    Source: LeCun, Cortes and Burges, The MNIST Database, "File formats for the MNIST database".
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"  # not by the name: browsers unpack a .gz and keep its name
    with refusing(path, "a whole gzip file"), gzip.open(path) if zipped else path.open("rb") as stream:
        magic = stream.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0":
            raise DataError(f"{path}: begins with {magic!r}, as no IDX or gzip file does; download it again")
        if magic[2] not in TYPES:
            known = ", ".join(f"{kind:#04x}" for kind in TYPES)
            raise DataError(f"{path}: holds IDX type {magic[2]:#04x}; there are {known}, so download it again")
        dtype, dimensions = np.dtype(TYPES[magic[2]]), magic[3]
        if not 1 <= dimensions <= 4:
            raise DataError(
                f"{path}: has {dimensions} dimensions; wanted are 2 to 4, as (n, height, width), so reshape it"
            )
        sizes = stream.read(4 * dimensions)
        if len(sizes) < 4 * dimensions:
            raise DataError(f"{path}: ends inside its header; download it again")
        shape = struct.unpack(f">{dimensions}I", sizes)
        check_form(str(path), dtype, shape)
        claimed, numbers = dtype.itemsize * math.prod(shape), " x ".join(map(str, shape))
        if zipped and claimed > room(size):
            raise DataError(
                f"{path}: claims to unpack {size:,} bytes to {numbers} numbers; if that is so, unpack it first"
            )
        content = stream.read(claimed + 1) if zipped or claimed <= size else b""  # + 1: do more follow?
        if len(content) != claimed:
            raise DataError(
                f"{path}: its header claims {numbers} = {math.prod(shape):,} numbers, and "
                f"{'more' if len(content) > claimed else 'fewer'} follow; download it again"
            )
    return np.frombuffer(content, dtype).reshape(shape)
