"""The family photo: what each model draws, a line each, beside the data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from ..data.dataset import Data
from .images import image_grid, lit
from .style import DPI, FAKE, REAL, STYLE, WIDTH


@rc_context(STYLE)
def family_figure(data: Data, samples: Mapping[str, np.ndarray], title: str = "") -> Figure:
    """Samples (n, dim) of each name, in the data's units: images in a line each, points in a panel each."""
    shown = {"real data": data.some(len(next(iter(samples.values()))), np.random.default_rng(0)), **samples}
    figure = _lines(data, shown) if data.image else _panels(data, shown)
    if title:
        figure.suptitle(title)
    return figure


def _lines(data: Data, shown: Mapping[str, np.ndarray]) -> Figure:
    """Images of each name side by side, as many as fit into the width."""
    assert data.image is not None and data.pixels is not None
    figure = Figure((WIDTH, 0.42 * len(shown)), DPI, layout="constrained")
    for axes, (name, x) in zip(figure.subplots(len(shown), 1, squeeze=False)[:, 0], shown.items(), strict=True):
        axes.imshow(lit(image_grid(x[:20], data.image, 20), data.pixels), "gray", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        colour = REAL if name == "real data" else "black"
        axes.set_ylabel(name, rotation=0, ha="right", va="center", color=colour)
    return figure


def _panels(data: Data, shown: Mapping[str, np.ndarray]) -> Figure:
    """The first two columns of each name's points, all panels on one scale; one column as a histogram."""
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure = Figure((WIDTH, 2.2 * rows), DPI, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    low, high = data.extent()
    for axes, (name, x) in zip(panels, shown.items(), strict=False):
        colour = REAL if name == "real data" else FAKE
        if data.dim == 1:
            axes.hist(x[:, 0], np.linspace(low[0], high[0], 41), color=colour, density=True)
        else:
            axes.plot(x[:, 0], x[:, 1], ".", markersize=1.5, color=colour)
            axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        axes.set_title(name)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    return figure
