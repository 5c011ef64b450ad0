"""Pictures in a folder, of every kind that Pillow reads here, as squares of one size, grey or in colour."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...files import shorten
from ..dataset import DataError, Dataset
from .checks import CLASSES, checked, refusing, within

ENDINGS = {  # of the formats that are read; no other decoder of Pillow's is let run
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".pgm", ".ppm", ".pbm", ".pnm"),
    "JPEG2000": (".jp2", ".j2k", ".jpx"),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif"),
}
IMAGES = tuple(ending for endings in ENDINGS.values() for ending in endings)
PAGE = 36 << 20  # bytes that any picture may unpack to: of A4, 300 dots an inch in colour, or 600 in grey
FITS = ("crop", "pad", "squeeze")
SCANS = 100  # of a progressive JPEG: each takes 33 bytes and goes over all pixels; libtiff draws the same line
RUNS = 128  # pixels a byte of a BMP in run lengths: one of 255 takes two
FILLED = 1 << 22  # pixels of such a BMP: Pillow fills its lines in Python, one at a time
FAINT = 8  # of 255: what the red, green and blue of a grey pixel may differ by after a JPEG has rounded them


class Taken(NamedTuple):
    """How pictures are to be taken."""

    size: int
    grey: bool
    fit: str
    background: str


def read_images(
    folder: Path, size: int = 28, grey: bool = False, fit: str = "crop", background: str = "white"
) -> Dataset:
    """All pictures in a folder and its folders, in the order of their paths, as size x size; or in one file.

    A set with colours in it is in colour, unless `grey`. Of a picture that is no square the middle is taken
    (fit=crop), or all of it within a margin (pad), or it is squeezed (squeeze); what is transparent lies on the
    background, white or black. Each frame of a GIF or TIFF is a picture. Pixels go from 0 to 255; those of 16 bits
    or of floats, which must be so in every file, have the range of the set. Where all pictures lie in folders of
    their own, the names of these are labels. Hidden files and those of other endings are passed over, and counted.
    """
    if not (isinstance(size, int) and 1 <= size <= 1024):
        raise DataError(f"size is {size!r}; wanted is a whole number of pixels a side, 1 to 1024")
    for option, value, known in (("fit", fit, FITS), ("background", background, ("white", "black"))):
        if value not in known:
            raise DataError(f"{option} is {value!r}; choose one of {', '.join(known)}")
    paths, passed = ([folder], Counter[str]()) if folder.is_file() else _listed(folder)
    how, facts, pictures, of = Taken(size, grey, fit, background), Counter[str](), list[np.ndarray](), list[Path]()
    for path in paths:
        pictures += (found := list(_pictures(path, how, facts)))
        of += [path] * len(found)
    deep = [picture.dtype == np.float32 for picture in pictures]
    if any(deep) and not all(deep):
        one, name = of[deep.index(True)], shorten(of[deep.index(False)].name)
        raise DataError(f"{one}: has more than 8 bits a pixel, and {name} has 8; convert one of the two")
    if any(picture.ndim == 3 for picture in pictures):
        pictures = [p if p.ndim == 3 else np.stack([p] * 3, axis=2) for p in pictures]
    images = np.stack(pictures)
    if facts["transparent"] and np.ptp(images) == 0:
        other = {"white": "black", "black": "white"}[background]
        raise DataError(
            f"{folder}: {facts['transparent']:,} of {len(images):,} pictures are transparent, and on {background} "
            f"nothing is seen of any; set background={other}"
        )
    return checked(
        images,
        folder.resolve(),
        pixels=None if any(deep) else (0.0, 255.0),
        notes=_notes(paths, len(images), passed, facts, how),
        labels=_classes(folder, of),
    )


def _listed(folder: Path) -> tuple[list[Path], Counter[str]]:
    """The files that are pictures, in order, and how many of each other kind were passed over."""
    paths, passed, readable = list[Path](), Counter[str](), {e for f in decoders() for e in ENDINGS[f]}
    for path in folder.rglob("*"):
        if path.is_dir():
            continue
        if any(part[0] == "." for part in path.relative_to(folder).parts):
            passed["hidden"] += 1
        elif (ending := path.suffix.lower()) in readable:
            paths.append(path)
        else:
            passed[ending[:12] if ending[1:].isalnum() else "without an ending"] += 1
    if not paths:
        there = f" (there are {_counted(passed)})" if passed else ""
        raise DataError(
            f"{folder}: is a folder with no image in it that can be read here{there}; wanted are "
            f"{', '.join(e for e in IMAGES if e in readable)}{_cure(passed)}"
        )
    if odd := [path for path in paths if not path.is_file()]:
        raise DataError(f"{odd[0]}: is a link to nowhere, a pipe or a device; delete it")
    return sorted(paths, key=lambda path: path.relative_to(folder).as_posix()), passed


@cache
def decoders() -> tuple[str, ...]:
    """The formats of `ENDINGS` that can be read here: HEIF where pillow-heif is installed."""
    from PIL import Image, features  # here, because only pictures need it

    with suppress(ImportError):
        import_module("pillow_heif").register_heif_opener()
    Image.init()
    asks = {"JPEG2000": "jpg_2000", "AVIF": "avif", "WEBP": "webp"}
    return tuple(f for f in ENDINGS if f in Image.OPEN and (f not in asks or features.check(asks[f])))


def _pictures(path: Path, how: Taken, facts: Counter[str]) -> Iterator[np.ndarray]:
    """Every frame of a file, upright: (size, size) or (size, size, 3) bytes, or (size, size) float32."""
    from PIL import Image, ImageOps

    content = path.read_bytes()
    with refusing(path, "a readable image"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what it can read all the same
        try:
            image = Image.open(io.BytesIO(content), formats=decoders())
        except Image.UnidentifiedImageError:
            known = ", ".join(decoders())
            raise DataError(f"{path}: is not a readable image of {known}; convert it, or delete it") from None
        frames = (
            1 if image.format == "MPO" else getattr(image, "n_frames", 1)
        )  # MPO: a photograph, and its previews
        most = max(PAGE, 512 * len(content))  # 128 colour pixels a byte
        _judge(path, image, frames, len(content), most)
        if frames * how.size**2 * 12 > most:
            raise DataError(
                f"{path}: has {frames:,} frames, too many for {len(content):,} bytes at size={how.size}; "
                f"take a smaller size, or save them as files"
            )
        if image.format in ("JPEG", "MPO") and content.count(b"\xff\xda") > SCANS:
            raise DataError(f"{path}: is a progressive JPEG of more than {SCANS} scans; save it as another format")
        runs = [tile[0] for tile in getattr(image, "tile", [])] == ["bmp_rle"]
        if runs and image.width * image.height > min(FILLED, RUNS * len(content)):
            raise DataError(
                f"{path}: claims {image.width} x {image.height} pixels in run lengths of {len(content):,} bytes; "
                f"save it as a PNG"
            )
        facts["files of several frames"] += frames > 1
        for k in range(frames):
            if frames > 1:
                image.seek(k)
                if k and image.format == "TIFF" and image.tag_v2.get(254, 0) & 1:  # type: ignore[attr-defined]
                    continue  # a smaller copy of another frame
                _judge(path, image, 1, len(content), most)
            yield _square(path, ImageOps.exif_transpose(image), how, facts)


def _judge(path: Path, image: Any, frames: int, size: int, most: int) -> None:
    """Refuse a picture that would unpack to more than so many bytes, before it does."""
    if image.width * image.height * frames * (1 if image.mode in ("1", "L") else 4) > most:
        of = f"{frames:,} frames of " if frames > 1 else ""
        raise DataError(
            f"{path}: claims to unpack {size:,} bytes to {of}{image.width} x {image.height} pixels; "
            f"if that is so, make it smaller"
        )


def _square(path: Path, image: Any, how: Taken, facts: Counter[str]) -> np.ndarray:
    """One upright picture as a square of pixels, black 0 to white 255; a deeper one in its own range."""
    from PIL import Image

    if image.width != image.height:
        facts["not square"] += 1
    if image.mode.startswith(("I", "F")):  # 16 bits, 32, or floats, which Pillow would cut off at 8
        deep = np.asarray(image).astype(np.float32)
        if not within(deep):
            raise DataError(f"{path}: has a pixel that is no number, or beyond 1e18; mend it, or delete the file")
        facts["deep"] += 1
        return np.asarray(_fitted(Image.fromarray(deep), how, float(deep.min()), float(deep.max())))
    if image.mode.upper().endswith("A") or "transparency" in image.info:
        image = image.convert("RGBA")
        facts["transparent"] += image.getextrema()[3][0] < 255
        image = Image.alpha_composite(Image.new("RGBA", image.size, how.background), image)
    if image.mode not in ("1", "L"):
        colour = np.asarray(_fitted(image.convert("RGB"), how))
        if np.ptp(colour, axis=2).max() > FAINT:
            if not how.grey:
                facts["in colour"] += 1
                return colour
            facts["made grey"] += 1
    return np.asarray(_fitted(image.convert("L"), how))


def _fitted(image: Any, how: Taken, black: float = 0, white: float = 255) -> Any:
    """The picture as a square of size x size, in its mode."""
    from PIL import Image

    (w, h), size, linear = image.size, how.size, Image.Resampling.BILINEAR
    if how.fit == "crop":
        side = min(w, h)
        left, top = (w - side) // 2, (h - side) // 2
        return image.resize((size, size), linear, (left, top, left + side, top + side))
    if how.fit == "squeeze" or w == h:
        return image.resize((size, size), linear)
    scale = size / max(w, h)
    inner = max(1, round(w * scale)), max(1, round(h * scale))
    shade = white if how.background == "white" else black
    page = Image.new(image.mode, (size, size), (int(shade),) * 3 if image.mode == "RGB" else shade)
    page.paste(image.resize(inner, linear), ((size - inner[0]) // 2, (size - inner[1]) // 2))
    return page


def _classes(folder: Path, of: list[Path]) -> np.ndarray | None:
    """The names of the folders that the pictures lie in, if none lies in the folder itself and they are few."""
    names = [path.parent.name for path in of]
    if folder.is_file() or any(path.parent == folder for path in of) or not 2 <= len(set(names)) <= CLASSES:
        return None
    return np.array(names)


def _notes(paths: list[Path], n: int, passed: Counter[str], facts: Counter[str], how: Taken) -> list[str]:
    """What was done to the pictures to read them, for the line on what was read."""
    said = [f"from {len(paths):,} file{'s' * (len(paths) > 1)}"]
    if facts["files of several frames"]:
        said[0] += " with all their frames"
    if passed:
        said.append(f"{_counted(passed)} passed over{_cure(passed)}")
    if k := facts["not square"]:
        done = {"crop": "cropped", "pad": f"padded in {how.background}", "squeeze": "squeezed"}[how.fit]
        said.append(f"{k:,} {done} to a square")
    if k := facts["transparent"]:
        said.append(f"{k:,} transparent ones on {how.background}")
    if k := facts["made grey"]:
        said.append(f"3 colours made grey in {k:,}")
    elif 0 < (k := facts["in colour"]) < n:
        said.append(f"{k:,} of them in colour (grey=true makes all grey)")
    if facts["deep"]:
        said.append("more than 8 bits a pixel, in the range of the set")
    return said


def _counted(passed: Counter[str]) -> str:
    """How many files of which kinds: 3 .txt, 1 hidden."""
    common = passed.most_common(4)
    more = passed.total() - sum(k for _, k in common)
    return ", ".join([f"{k:,} {kind}" for kind, k in common] + [f"{more:,} more"] * (more > 0))


def _cure(passed: Counter[str]) -> str:
    """How files that were passed over can be read."""
    return " (pip install pillow-heif reads .heic)" if passed.keys() & set(ENDINGS["HEIF"]) else ""
