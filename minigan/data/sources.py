"""From a name, a path or an array to data: what there is, how each kind is read, and which options it has."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..settings import SettingError, checked
from ..theory.distributions import Distribution, Gaussian, grid, ring
from .dataset import DataError, Dataset
from .readers.arrays import read_array, read_npy, read_npz
from .readers.checks import pixel_names
from .readers.idx import read_idx
from .readers.images import IMAGES, read_images
from .readers.tables import read_csv, read_frame

Source = Any  # a name, a path, an array, a list or a DataFrame


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


KNOWN: dict[str, Callable[..., Distribution | Dataset]] = {
    "gaussian": gaussian,
    "ring": ring,
    "grid": grid,
    "digits": digits,
}
READERS: dict[tuple[str, ...], Callable[..., Dataset]] = {  # by the end of a file's name
    (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz"): read_csv,
    (".npy",): read_npy,
    (".npz",): read_npz,
    (".idx", "-ubyte", ".gz"): read_idx,
    IMAGES: read_images,
}
OPTIONS = {name for kind in (*KNOWN.values(), *READERS.values()) for name in inspect.signature(kind).parameters}


def load_dataset(source: Source, **options: Any) -> Distribution | Dataset:
    """The data called source: a known name, a file, a folder of images, or an array.

    "gaussian", N(4, 0.5²), "ring" and "grid" are distributions, their options the parameters (`modes=5`);
    "digits" is the bundled set. A file is a table (.csv, .tsv), an array (.npy; .npz, with `key=` where it
    holds several), of the MNIST family (.idx, -ubyte, .gz) or a picture of several frames; pictures, most often in
    a folder, come to `size=28` pixels a side (see `read_images`). Arrays (n,) and (n, d) are points, or pictures
    with `image=28x28`; (n, h, w) are grey pictures if they look so (`form=images` or `form=points` says it), and
    (n, h, w, 3) are in colour. From 100 rows on, every tenth of a user's own data is held out. Raises DataError.
    """
    make = _maker(source)
    allowed = inspect.signature(make, eval_str=True).parameters
    for key, value in options.items():
        if key not in allowed:
            what = "an array" if isinstance(source, np.ndarray) else source
            raise DataError(f"{what} has no option {key!r}; it has {', '.join(allowed) or 'none'}")
        try:
            options[key] = checked(key, value, allowed[key].annotation)
        except SettingError as error:
            raise DataError(str(error)) from None
    with _reaching(source):
        return make(**options)


def options_of(source: Source) -> list[str]:
    """The names of the options that this source has; raises DataError where there is no such source."""
    return list(inspect.signature(_maker(source)).parameters)


def _maker(source: Source) -> Callable[..., Distribution | Dataset]:
    """The function that makes the data called source; the parameters it has left are the options."""
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        return partial(read_frame, source)
    if isinstance(source, np.ndarray | list | tuple):
        return partial(read_array, source if isinstance(source, np.ndarray) else np.asarray(source))
    if isinstance(source, str) and source in KNOWN:
        return KNOWN[source]
    path = Path(source)
    with _reaching(path):
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
    wanted = ", ".join(ending for endings in READERS if endings != IMAGES for ending in endings)
    raise DataError(
        f"{path}: has an ending that says no format; wanted is {wanted} an image, or a folder of images"
    )


@contextmanager
def _reaching(source: Any) -> Iterator[None]:
    """Make a DataError of the system's refusal to open what lies there."""
    try:
        yield
    except OSError as error:
        where = error.filename or source  # a file in a folder
        raise DataError(f"{where}: cannot be read ({error.strerror}); give a file that can be") from error
