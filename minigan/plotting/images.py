"""Images in rows and columns, grey or in colour."""

from __future__ import annotations

import math
import os

import numpy as np
from PIL import Image


def image_grid(x: np.ndarray, image: tuple[int, ...], columns: int = 8) -> np.ndarray:
    """Images x (n, h * w), row by row, as one (H, W); between them and where they run out it is NaN.

    Colour images (n, h * w * 3) become (H, W, 3).
    """
    (h, w, *colours), columns = image, min(columns, len(x))
    rows = math.ceil(len(x) / columns)
    tiles = np.full((rows * columns, h + 1, w + 1, *colours), np.nan)
    tiles[: len(x), :h, :w] = x.reshape(-1, *image)
    whole = tiles.reshape(rows, columns, h + 1, w + 1, *colours).swapaxes(1, 2)
    return whole.reshape(rows * (h + 1), columns * (w + 1), *colours)[:-1, :-1]


def lit(whole: np.ndarray, pixels: tuple[float, float]) -> np.ndarray:
    """Pixels in their units as shares of light, black 0 to white 1, cut off there; NaN becomes white."""
    low, high = pixels
    return np.nan_to_num((whole - low) / (high - low), nan=1.0).clip(0, 1)


def save_images(
    x: np.ndarray, image: tuple[int, ...], path: str | os.PathLike[str], pixels: tuple[float, float]
) -> None:
    """Write images x (n, h * w) or (n, h * w * 3) as one PNG, in a square, every pixel magnified to be seen.

    pixels are the values of black and of white, or of no and of all light; what lies beyond them is cut off.
    """
    shares = lit(image_grid(x, image, math.ceil(math.sqrt(len(x)))), pixels)
    levels = np.rint(255 * shares).astype(np.uint8)
    zoom = max(1, 640 // max(levels.shape))
    Image.fromarray(levels.repeat(zoom, axis=0).repeat(zoom, axis=1)).save(path, "PNG")
