"""Every figure, as functions that return a matplotlib Figure; none touches pyplot or its global state.

Real data are blue and samples orange throughout (Okabe and Ito 2008), dark and light where there is no colour.
What the picture of a run shows, the animation of its training shows too: a view is laid out once, and its
`Update` puts one frame after another into it.
"""

from __future__ import annotations

import math
import os
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import MaxNLocator
from PIL import Image

from .datasets import Dataset, column_names
from .distributions import Discrete, Distribution, Mixture

REAL, FAKE, GREY = "#0072B2", "#D55E00", "#595959"
OPINION = LinearSegmentedColormap.from_list("opinion", ["#E9A97A", "#FFFFFF", "#6FA8CC"])
BANDS = np.array([0, *np.arange(0.05, 1, 0.1), 1])  # of D's opinion; the middle one, .45 to .55, is "cannot tell"
SIDE, IMAGES, PANELS = 64, 64, 4  # points of the opinion grid a side; images shown; scatter panels of a table
WIDTH, DPI = 6.4, 150  # inches and dots per inch: 960 pixels wide, as sharp as a README shows
GIF_DPI, FRAME_MS, LAST_MS = 90, 100, 2000
STYLE: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that the bytes are the same everywhere
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "text.parse_math": False,  # a column called "US$ or $" is no formula
}

Data = Distribution | Dataset


@dataclass(frozen=True)
class Frame:
    """What a figure shows of one step of a run.

    samples (n, dim) are the averaged generator's, in the data's own units; opinion is D's probability at the
    points of `opinion_grid(data)`, flat, or None where there is none; row is the history's row of that step.
    """

    step: int
    samples: np.ndarray
    opinion: np.ndarray | None = None
    row: dict[str, float] = field(default_factory=dict)


Update = Callable[[Frame], list[Artist]]  # puts a frame into a laid out view -> what it moved, bottom to top


class View(NamedTuple):
    """How one kind of data is shown: `lay(figure, data, judged)` makes the axes, judged if D's opinion is known."""

    lay: Callable[[FigureBase, Data, bool], Update]
    height: float  # inches
    message: str


def opinion_grid(data: Data) -> np.ndarray | None:
    """The points where a figure wants D's opinion: (200, 1) on a line, (64 * 64, 2) in a plane, None elsewhere.

    In data units. The plane goes row by row from the bottom, so that `opinion.reshape(64, 64)` is an image.
    """
    if _image(data) or _dim(data) > 2:
        return None
    low, high = _span(data)
    if len(low) == 1:
        return np.linspace(low, high, 200)
    axes = np.linspace(low, high, SIDE)
    return np.stack(np.meshgrid(axes[:, 0], axes[:, 1]), axis=-1).reshape(-1, 2)


@rc_context(STYLE)
def samples_figure(data: Data, frame: Frame, history: Any = None, *, name: str | None = None) -> Figure:
    """What the averaged generator makes after a run, beside the data and over D's opinion.

    With a history (`history["step"]`, "value", "d_real" and "d_fake" are arrays) V and D's mean opinions are
    drawn below. name is what the title calls the data, if not by their own name.
    """
    view = _view(data)
    rows = [view.height, 1.9] if history is not None else [view.height]
    figure = Figure((WIDTH, sum(rows)), DPI, layout="constrained")
    parts = figure.subfigures(len(rows), 1, height_ratios=rows, squeeze=False)[:, 0]
    judged = frame.opinion is not None
    parts[0].suptitle(_title(view, data, name, judged, f" after {frame.step:,} steps"))
    view.lay(parts[0], data, judged)(frame)
    if history is not None:
        _curves(parts[1], history)
    return figure


@rc_context(STYLE)
def animate(
    data: Data, frames: Sequence[Frame], path: str | os.PathLike[str], *, name: str | None = None
) -> None:
    """Write the frames as a GIF that loops, the last one held for two seconds; the same frames, the same bytes.

    What never changes is drawn once, and only what a frame moves is drawn over it. All frames share the
    colours of the first and the last, at most 128. ValueError if there are no frames.
    """
    if not frames:
        raise ValueError("frames is empty; an animation wants one frame at least")
    view, judged = _view(data), frames[0].opinion is not None
    figure = Figure((WIDTH, view.height), GIF_DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    figure.suptitle(_title(view, data, name, judged, ""))
    numbers = figure.supxlabel(_numbers(frames[0]), fontsize=9, family="DejaVu Sans Mono")
    update = view.lay(figure, data, judged)
    moving = [*update(frames[0]), numbers]
    for artist in moving:
        artist.set_animated(True)
    canvas.draw()
    background = canvas.copy_from_bbox(figure.bbox)

    def draw(frame: Frame) -> Image.Image:
        canvas.restore_region(background)
        update(frame)
        numbers.set_text(_numbers(frame))
        for artist in moving:
            figure.draw_artist(artist)
        return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])  # a copy

    ends = np.concatenate([np.asarray(draw(frames[i])) for i in (0, -1)])
    palette = Image.fromarray(ends).quantize(128, Image.Quantize.MEDIANCUT)
    first, *others = [draw(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [FRAME_MS] * len(others) + [LAST_MS]
    first.save(path, "GIF", save_all=True, append_images=others, duration=durations, loop=0)


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write the figure as a PNG without the version of the software, so that the same figure gives the same bytes."""
    figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})


def image_grid(x: np.ndarray, image: tuple[int, int], columns: int = 8) -> np.ndarray:
    """Images x (n, h * w) side by side, row by row, as one (H, W), with a pixel of NaN between them."""
    (h, w), columns = image, min(columns, len(x))
    rows = math.ceil(len(x) / columns)
    tiles = np.full((rows * columns, h + 1, w + 1), np.nan)
    tiles[: len(x), :h, :w] = x.reshape(-1, h, w)
    whole = tiles.reshape(rows, columns, h + 1, w + 1).swapaxes(1, 2).reshape(rows * (h + 1), -1)
    return whole[:-1, :-1]


def save_images(
    x: np.ndarray, image: tuple[int, int], path: str | os.PathLike[str], pixels: tuple[float, float]
) -> None:
    """Write images x (n, h * w) as one grey PNG, a square of them, each pixel magnified to be seen.

    pixels are the values that are black and white; what is beyond them is cut off.
    """
    (low, high), columns = pixels, math.ceil(math.sqrt(len(x)))
    grey = np.nan_to_num((image_grid(x, image, columns) - low) / (high - low), nan=0.5)
    picture = Image.fromarray(np.rint(255 * grey.clip(0, 1)).astype(np.uint8))
    picture.resize((np.array(picture.size) * max(1, 640 // max(picture.size))).tolist(), 0).save(path, "PNG")


# ---- the views of samples beside data


def _view(data: Data) -> View:
    if _image(data):
        return View(_lay_images, 3.9, "images of the averaged generator beside real ones")
    if _dim(data) == 1:
        return View(_lay_line, 4.4, "samples of the averaged generator against the data")
    if _dim(data) == 2:
        return View(_lay_plane, 5.0, "samples of the averaged generator over real data")
    return View(_lay_table, 2.6, "samples of the averaged generator over real data")


def _lay_line(figure: FigureBase, data: Data, judged: bool) -> Update:
    """Densities, over D's opinion on the same x axis."""
    low, high = (float(end[0]) for end in _span(data))
    edges, x = np.linspace(low, high, 61), np.linspace(low, high, 200)
    panels = figure.subplots(1 + judged, 1, sharex=True, squeeze=False, height_ratios=[2, 1][: 1 + judged])[:, 0]
    panels[-1].set_xlabel(_columns(data)[0])
    top = panels[0]
    if isinstance(data, Distribution) and not isinstance(data, Discrete):
        p = data.density(x[:, None])
        top.fill_between(x, p, color=REAL, alpha=0.35, linewidth=0, label="real data, exact density")
    else:
        p = _histogram(_real(data)[:, 0], edges)
        top.stairs(p, edges, fill=True, color=REAL, alpha=0.35, label="real data")
    made = top.stairs(0 * edges[1:], edges, color=FAKE, linewidth=1.6, label="samples")
    top.set(xlim=(low, high), ylim=(0, 1.5 * p.max()), ylabel="density")
    moving: list[Any] = [made]
    for axes in panels[1:]:
        axes.axhline(0.5, color=GREY, linestyle="--", linewidth=1, label="½, ideal once the two densities agree")
        moving += axes.plot(x, np.full(200, np.nan), color="black", linewidth=1.6, label="D")
        axes.set(ylim=(0, 1), yticks=[0, 0.5, 1], ylabel="D's opinion:\nprobability of real")
    for axes in panels:
        axes.legend(loc="upper right", ncols=2)

    def update(frame: Frame) -> list[Artist]:
        made.set_data(_histogram(frame.samples[:, 0], edges))
        for curve in moving[1:]:
            curve.set_ydata(frame.opinion)
        return moving

    return update


def _lay_plane(figure: FigureBase, data: Data, judged: bool) -> Update:
    """Real points and samples over D's opinion as a heat map."""
    low, high = _span(data)
    axes = figure.subplots()
    moving: list[Any] = []
    if judged:
        (x0, y0), (x1, y1) = low - (half := (high - low) / (SIDE - 1) / 2), high + half  # points are pixels' centres
        heat = axes.imshow(
            np.full((SIDE, SIDE), 0.5), OPINION, BoundaryNorm(BANDS, 256), aspect="auto", origin="lower",
            extent=(x0, x1, y0, y1), interpolation="bilinear", interpolation_stage="data",
        )  # fmt: skip
        bar = figure.colorbar(heat, ax=axes, ticks=[0, 0.25, 0.5, 0.75, 1], spacing="proportional")
        bar.set_label("D's opinion: probability that a point is real")
        moving.append(heat)
    clouds = _clouds(axes, data, (0, 1), (low, high))
    ratio = (high - low)[1] / (high - low)[0]
    if isinstance(data, Distribution) and 0.5 < ratio < 2:  # the columns of a table rarely share a unit
        axes.set_aspect("equal")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)

    def update(frame: Frame) -> list[Artist]:
        if frame.opinion is not None:
            heat.set_data(frame.opinion.reshape(SIDE, SIDE))
        return [*moving, *clouds(frame), *axes.spines.values()]

    return update


def _lay_table(figure: FigureBase, data: Data, judged: bool) -> Update:
    """Neighbouring columns against each other, in up to four panels; the last of few columns meets the first."""
    d, span = _dim(data), _span(data)
    panels = figure.subplots(1, min(d, PANELS), squeeze=False)[0]
    updates = [_clouds(axes, data, (j, (j + 1) % d), span) for j, axes in enumerate(panels)]
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return lambda frame: [artist for update in updates for artist in update(frame)]


def _lay_images(figure: FigureBase, data: Data, judged: bool) -> Update:
    """A square of samples, and one of real images."""
    assert isinstance(data, Dataset) and data.image and data.pixels
    shape, (black, white) = data.image, data.pixels
    left, right = figure.subplots(1, 2)
    grids = [
        axes.imshow(image_grid(data.x[:IMAGES], shape), "gray", vmin=black, vmax=white) for axes in (left, right)
    ]
    for axes, title, colour in ((left, "samples", FAKE), (right, "real data", REAL)):
        axes.set_title(title, color=colour)
        axes.set_axis_off()

    def update(frame: Frame) -> list[Artist]:
        grids[0].set_data(image_grid(frame.samples[:IMAGES], shape))
        return grids[:1]

    return update


def _clouds(axes: Axes, data: Data, pair: tuple[int, int], span: tuple[np.ndarray, np.ndarray]) -> Update:
    """Real points and samples in two of their columns: dark discs, and light dots over them."""
    i, j = pair
    real = _real(data)
    moving = axes.plot(real[:, i], real[:, j], "o", ms=4.5, mec="white", mew=0.3, color=REAL, label="real data")
    moving += axes.plot([], [], "o", ms=1.8, mew=0, color=FAKE, label="samples")
    (x, y), (low, high) = (_columns(data)[k] for k in pair), span
    axes.set(xlabel=x, ylabel=y, xlim=(low[i], high[i]), ylim=(low[j], high[j]))

    def update(frame: Frame) -> list[Artist]:
        moving[1].set_data(frame.samples[:, i], frame.samples[:, j])
        return list(moving)

    return update


# ---- the course of a run


def _curves(figure: FigureBase, history: Any) -> None:
    """V and D's mean opinions against the step, each with the line where it ends once nothing can be told apart."""
    left, right = figure.subplots(1, 2)
    step = history["step"]
    few = {"marker": "." if len(step) < 10 else ""}  # one point makes no line
    left.plot(step, history["value"], color="black", **few)
    left.axhline(-math.log(4), color=GREY, linestyle="--", linewidth=1, label="−log 4 = −1.386")
    left.set(ylabel="V(D, G) in nats")
    right.plot(step, history["d_real"], color=REAL, label="real data", **few)
    right.plot(step, history["d_fake"], color=FAKE, linestyle=":", label="samples", **few)
    right.axhline(0.5, color=GREY, linestyle="--", linewidth=1)
    right.set(ylabel="D's mean opinion", ylim=(0, 1), yticks=[0, 0.5, 1])
    for axes in (left, right):
        axes.set_xlabel("step")
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.legend(loc="best", ncols=2)


# ---- shared


def _image(data: Data) -> tuple[int, int] | None:
    return data.image if isinstance(data, Dataset) else None


def _dim(data: Data) -> int:
    return data.x.shape[1] if isinstance(data, Dataset) else data.dim


def _columns(data: Data) -> list[str]:
    """The columns' names on one line each, cut to what an axis can hold."""
    names = data.columns if isinstance(data, Dataset) else column_names(data.dim)
    return [textwrap.shorten(name, 1000)[:30] for name in names]


def _span(data: Data) -> tuple[np.ndarray, np.ndarray]:
    """The corners (d,) of what a figure shows: the data's range, or three standard deviations, and a margin."""
    if isinstance(data, Dataset):
        low, high = data.x.min(axis=0).astype(float), data.x.max(axis=0).astype(float)
    else:
        centres, sd = data.mean[None], np.sqrt(np.diag(data.covariance))
        if isinstance(data, Mixture):
            centres, sd = data.means, data.sd[:, None]
        low, high = (centres - 3 * sd).min(axis=0), (centres + 3 * sd).max(axis=0)
    margin = 0.15 * (high - low)
    return low - margin, high + margin


def _real(data: Data) -> np.ndarray:
    """Up to 500 real points, the same ones in every figure."""
    return data.x[:: -(-len(data.x) // 500)] if isinstance(data, Dataset) else data.sample(500, np.random.default_rng(0))


def _histogram(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The density of x in the bins; what lies beyond them counts in the total."""
    return np.histogram(x, edges)[0] / (len(x) * np.diff(edges))


def _title(view: View, data: Data, name: str | None, judged: bool, when: str) -> str:
    name = name or (data.name if isinstance(data, Dataset) else type(data).__name__)
    return textwrap.fill(f"{name}{when}: {view.message}", 80)


def _numbers(frame: Frame) -> str:
    """The step and its numbers on one line, each as wide in every frame."""
    words = {"value": "V {:6.3f} nats", "d_real": "D(real) {:.2f}", "d_fake": "D(samples) {:.2f}", "quality": "quality {:.2f}"}
    known = [text.format(frame.row[key]) for key, text in words.items() if key in frame.row]
    return "  ".join([f"step {frame.step:7,}", *known])
