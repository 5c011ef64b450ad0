"""How every figure looks: one palette, one style, and PNGs that are the same bytes each time.

Real data are blue and samples orange throughout (Okabe and Ito 2008), and told apart by marker or shade too. No
figure touches pyplot or its global state.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure, FigureBase

BLUE, RED, GREY, GREEN = "#0072B2", "#D55E00", "#595959", "#009E73"
YELLOW, SKY, PURPLE = "#E69F00", "#56B4E9", "#CC79A7"
REAL, FAKE = BLUE, RED  # data and samples, wherever they meet
BANDS = [0, *np.arange(0.05, 1, 0.1), 1]  # steps of D(x); .45 to .55, "cannot tell", is white
OPINION = LinearSegmentedColormap.from_list("opinion", ["#F8D3B6", "#FFFFFF", "#92C0DD"], len(BANDS) - 1)  # pale
WIDTH, DPI = 6.4, 150  # inches and dots an inch: 960 pixels, so that a README of 800 shows it sharp
STYLE: Any = {
    "font.family": "DejaVu Sans",  # matplotlib brings it along: the same letters on every machine
    "font.size": 9,
    "figure.titlesize": 10,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "text.parse_math": False,  # a column called "US$ or $" is no formula
}


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write the figure as a PNG that names no software and no time: the same figure gives the same bytes."""
    with any_letters():
        figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})


@contextmanager
def any_letters() -> Iterator[None]:
    """Draw boxes for letters that the font lacks, in a column's name say, and do not warn of each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


def legend(figure: FigureBase, panels: Sequence[Axes]) -> None:
    """One legend for all panels, below them."""
    handles = [handle for axes in panels for handle in axes.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
