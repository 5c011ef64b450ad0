"""Images in rows and columns."""

from __future__ import annotations

import math
import os

import numpy as np
from PIL import Image


def image_grid(x: np.ndarray, image: tuple[int, int], columns: int = 8) -> np.ndarray:
    """Images x (n, h * w), row by row, as one (H, W); between them and where they run out it is NaN."""
    (h, w), columns = image, min(columns, len(x))
    rows = math.ceil(len(x) / columns)
    tiles = np.full((rows * columns, h + 1, w + 1), np.nan)
    tiles[: len(x), :h, :w] = x.reshape(-1, h, w)
    whole = tiles.reshape(rows, columns, h + 1, w + 1).swapaxes(1, 2).reshape(rows * (h + 1), -1)
    return whole[:-1, :-1]


def save_images(
    x: np.ndarray, image: tuple[int, int], path: str | os.PathLike[str], pixels: tuple[float, float]
) -> None:
    """Write images x (n, h * w) as one PNG of greys, in a square, every pixel magnified enough to be seen.

    pixels are the values of black and of white; what lies beyond them is cut off.
    """
    low, high = pixels
    whole = (image_grid(x, image, math.ceil(math.sqrt(len(x)))) - low) / (high - low)
    grey = np.rint(255 * np.nan_to_num(whole, nan=1.0).clip(0, 1)).astype(np.uint8)
    zoom = max(1, 640 // max(grey.shape))
    Image.fromarray(grey.repeat(zoom, axis=0).repeat(zoom, axis=1)).save(path, "PNG")
