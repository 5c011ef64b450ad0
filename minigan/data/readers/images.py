"""A folder of images, as grey squares."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np

from ...files import room
from ..dataset import DataError, Dataset
from .checks import checked, refusing

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")  # no other decoder of Pillow's is let run
SCANS = 100  # of a progressive JPEG: each takes 33 bytes and goes over all pixels; libtiff draws the same line


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
