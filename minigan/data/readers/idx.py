"""Images of the MNIST family, in IDX files."""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path

import numpy as np

from ...files import room
from ..dataset import DataError, Dataset
from .checks import check_form, checked, refusing


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
