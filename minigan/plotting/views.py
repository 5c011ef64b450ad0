"""How one kind of data is shown, samples beside real ones: a line, a plane, a table, images.

The picture of a run and the animation of its training share one view, laid out once; its `Update` puts a frame in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import FigureBase

from ..data.dataset import Data
from ..data.kinds import one_hot
from ..theory.distributions import Distribution
from .images import image_grid, lit
from .style import BANDS, FAKE, GREY, OPINION, REAL, legend

SIDE, IMAGES, PANELS = 64, 64, 4  # points of the opinion grid a side; images shown; panels of a table


class Judgement(NamedTuple):
    """What D says of a point: its name, and what it is, in long and in short."""

    name: str
    meaning: str
    short: str


OPINION_OF_D = Judgement("D's opinion", "probability that a point is real", "probability of real")
RANK_BY_D = Judgement("D's ranking", "share of real samples that score lower", "share of real below")


@dataclass(frozen=True)
class Frame:
    """What the figures show of one step of a run.

    samples (n, dim) are the averaged generator's, in the data's own units; opinion is D(x) at the points of
    `opinion_grid(data)`, flat, or None for none; density is the exact one of G(z) there, in one dimension, or None
    for none; row is the history's row of that step. ranks says that D gives scores and no probabilities: opinion
    is then the share of real samples with a lower score. maker is what the samples are drawn from.
    """

    step: int
    samples: np.ndarray
    opinion: np.ndarray | None = None
    row: dict[str, float] = field(default_factory=dict)
    density: np.ndarray | None = None
    ranks: bool = False
    maker: str = "the averaged generator"

    @property
    def judgement(self) -> Judgement:
        """What `opinion` is."""
        return RANK_BY_D if self.ranks else OPINION_OF_D


Update = Callable[[Frame], list[Artist]]  # puts a frame into its view -> what may have moved, bottom to top


def opinion_grid(data: Data) -> np.ndarray | None:
    """The points, in data units, where a figure wants D's opinion: (200, 1) or (64 * 64, 2).

    The plane goes row by row from the bottom, so `opinion.reshape(64, 64)` is an image. None for images and
    for tables of more than two columns, which have no plane to show it on.
    """
    if data.image or data.dim > 2:
        return None
    low, high = _span(data)
    if len(low) == 1:
        return np.linspace(low, high, 200)
    x, y = np.linspace(low, high, SIDE).T
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


class View(NamedTuple):
    """How one kind of data is shown."""

    lay: Callable[[FigureBase, Data, Frame], Update]  # any frame of those to come: with D's opinion, or without
    height: float  # inches
    shows: str


def view_of(data: Data, frame: Frame) -> View:
    """How these data are shown, with or without what D says of them, as in this frame."""
    judged, maker = frame.opinion is not None, frame.maker
    if data.image:
        return View(_lay_images, 3.7, f"images of {maker} beside real ones")
    if (d := data.dim) > 2:
        some = f", {PANELS + 1} of {d} columns" if d > PANELS + 1 else ""
        return View(_lay_table, 2.7, f"samples of {maker} over real data{some}")
    if d == 2:
        on = frame.judgement.name if judged else "real data"
        return View(_lay_plane, 5.0, f"samples of {maker} over {on}")
    return View(_lay_line, 4.2 if judged else 3.2, f"samples of {maker} against the data")


def _lay_line(figure: FigureBase, data: Data, like: Frame) -> Update:
    """Densities, over D's opinion on the same x axis; with what theory says of both, where it is known."""
    low, high = (float(end[0]) for end in _span(data))
    edges, x = np.linspace(low, high, 61), np.linspace(low, high, 200)
    heights = [2, 1] if like.opinion is not None else [1]
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    panels[-1].set_xlabel(_columns(data)[0])
    if isinstance(data, Distribution) and data.has_density:
        p = data.density(x[:, None])
        panels[0].fill_between(x, p, color=REAL, alpha=0.35, linewidth=0, label="real data, exact")
    else:
        p = _histogram(_real(data)[:, 0], edges)
        panels[0].stairs(p, edges, fill=True, color=REAL, alpha=0.35, label="real data")
    made = panels[0].stairs(0 * edges[1:], edges, color=FAKE, linewidth=1.6, label="samples")
    panels[0].set(xlim=(low, high), ylim=(0, 1.35 * p.max()), ylabel="density")
    exact, best, curves = list[Any](), list[Any](), list[Any]()
    if like.density is not None:
        exact += panels[0].plot(x, np.full(200, np.nan), color="black", linewidth=1, label="G(z), exact")
    for axes in panels[1:]:
        curves += axes.plot(x, np.full(200, np.nan), color="black", linewidth=1.6, label="D")
        if like.density is not None and not like.ranks:
            best += axes.plot(x, np.full(200, np.nan), color=REAL, linewidth=1.6, linestyle=":", label="D*, exact")
        half = None if best or like.ranks else "½, D's ideal where the two agree"
        axes.axhline(0.5, color=GREY, linestyle="--", linewidth=1, label=half)
        axes.set(ylim=(0, 1), yticks=[0, 0.5, 1], ylabel=f"{like.judgement.name}:\n{like.judgement.short}")
    legend(figure, list(panels))

    def update(frame: Frame) -> list[Artist]:
        made.set_data(_histogram(frame.samples[:, 0], edges))
        for curve in curves:
            curve.set_ydata(frame.opinion)
        if frame.density is not None:
            total = p + frame.density
            for curve in exact:
                curve.set_ydata(frame.density)
            for curve in best:
                curve.set_ydata(np.where(total > 1e-9, p / np.maximum(total, 1e-9), np.nan))
        return [made, *exact, *best, *curves]

    return update


def _lay_plane(figure: FigureBase, data: Data, like: Frame) -> Update:
    """Real points and samples over D's opinion as a heat map."""
    axes, (low, high) = figure.subplots(), _span(data)
    heats: list[Any] = []
    if like.opinion is not None:
        half = (high - low) / (SIDE - 1) / 2  # the grid's points are the centres of the map's pixels
        (left, bottom), (right, top) = low - half, high + half
        heat = axes.imshow(
            np.full((SIDE, SIDE), 0.5), OPINION, BoundaryNorm(BANDS, OPINION.N), aspect="auto", origin="lower",
            extent=(left, right, bottom, top), interpolation="bilinear", interpolation_stage="data",
        )  # fmt: skip
        heats.append(heat)
        bar = figure.colorbar(heat, ax=axes, ticks=[0, 0.25, 0.5, 0.75, 1], spacing="proportional")
        bar.set_label(f"{like.judgement.name}: {like.judgement.meaning}")
        bar.minorticks_off()
    clouds = _clouds(axes, data, (0, 1), (low, high))
    if data.has_density and 0.5 < np.divide(*(high - low)) < 2:  # a table's columns rarely share a unit
        axes.set_aspect("equal")
    legend(figure, [axes])

    def update(frame: Frame) -> list[Artist]:
        for heat in heats:
            heat.set_data(np.asarray(frame.opinion).reshape(SIDE, SIDE))
        return [*heats, *clouds(frame), *axes.spines.values()]  # the map covers half of the spines

    return update


def _lay_table(figure: FigureBase, data: Data, like: Frame) -> Update:
    """Each of the first columns against the next, in up to four panels; the last column meets the first.

    Numbers come before zeros and ones, whose clouds are points.
    """
    d, span = data.dim, _span(data)
    order = one_hot(data.kinds, d).argsort(kind="stable").tolist()
    panels = figure.subplots(1, min(d, PANELS), squeeze=False)[0]
    updates = [_clouds(axes, data, (order[j], order[(j + 1) % d]), span) for j, axes in enumerate(panels)]
    legend(figure, panels[:1])
    return lambda frame: [artist for update in updates for artist in update(frame)]


def _lay_images(figure: FigureBase, data: Data, like: Frame) -> Update:
    """A square of samples, and one of real images."""
    assert data.x is not None and data.image and data.pixels
    image, pixels = data.image, data.pixels

    def grid(x: np.ndarray) -> np.ndarray:
        whole = image_grid(x[:IMAGES], image)
        return lit(whole, pixels) if len(image) == 3 else whole

    both, (black, white) = figure.subplots(1, 2, gridspec_kw={"wspace": 0.06}), pixels
    shown = [axes.imshow(grid(data.x), "gray", vmin=black, vmax=white) for axes in both]
    for axes, title, colour in zip(both, ("samples", "real data"), (FAKE, REAL), strict=True):
        axes.set_title(title, color=colour)
        axes.set_axis_off()

    def update(frame: Frame) -> list[Artist]:
        shown[0].set_data(grid(frame.samples))
        return shown[:1]

    return update


def _clouds(axes: Axes, data: Data, pair: tuple[int, int], span: tuple[np.ndarray, np.ndarray]) -> Update:
    """Two columns of real points and samples: dark rings, and light dots over them."""
    (i, j), (low, high), columns, real = pair, span, _columns(data), _real(data)
    clouds = axes.plot(real[:, i], real[:, j], "o", ms=5, mfc="none", mew=0.8, color=REAL, label="real data")
    clouds += axes.plot([], [], "o", ms=2, mew=0, color=FAKE, label="samples")
    axes.set(xlabel=columns[i], ylabel=columns[j], xlim=(low[i], high[i]), ylim=(low[j], high[j]))

    def update(frame: Frame) -> list[Artist]:
        clouds[1].set_data(frame.samples[:, i], frame.samples[:, j])
        return list(clouds)

    return update


def _columns(data: Data) -> list[str]:
    """The columns' names, on one line each and cut to what an axis can hold."""
    return [" ".join(name.split())[:30] for name in data.columns]


def _span(data: Data) -> tuple[np.ndarray, np.ndarray]:
    """The corners (d,) of what is shown: where the data lie, and a margin."""
    low, high = data.extent()
    margin = 0.15 * (high - low)
    return low - margin, high + margin


def _real(data: Data) -> np.ndarray:
    """Up to 500 real points, the same ones in every figure."""
    return data.some(500, np.random.default_rng(0))


def _histogram(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The density of x in the bins; what lies beyond them counts in the total."""
    return np.histogram(x, edges)[0] / (len(x) * np.diff(edges))
