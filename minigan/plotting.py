"""Every figure, as functions that return a matplotlib Figure; none touches pyplot or its global state.

Real data are blue and samples orange throughout (Okabe and Ito 2008), and told apart by marker or shade too.
The picture of a run and the animation of its training share one view, laid out once for one kind of data;
its `Update` puts a frame into it.
"""

from __future__ import annotations

import math
import os
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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

from .checks.gradcheck import Report
from .data.datasets import Dataset, column_names
from .theory.distributions import Discrete, Distribution, Mixture

REAL, FAKE, GREY = "#0072B2", "#D55E00", "#595959"
BANDS = [0, *np.arange(0.05, 1, 0.1), 1]  # steps of D's opinion; .45 to .55, "cannot tell", is white
OPINION = LinearSegmentedColormap.from_list("opinion", ["#F8D3B6", "#FFFFFF", "#92C0DD"], len(BANDS) - 1)  # pale
SIDE, IMAGES, PANELS = 64, 64, 4  # points of the opinion grid a side; images shown; panels of a table
WIDTH, DPI = 6.4, 150  # inches and dots an inch: 960 pixels, so that a README of 800 shows it sharp
LETTERS = 84  # of a title in that width
GIF_DPI, COLOURS, FRAME_MS, LAST_MS = 90, 128, 100, 2000
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

Data = Distribution | Dataset


@dataclass(frozen=True)
class Frame:
    """What the figures show of one step of a run.

    samples (n, dim) are the averaged generator's, in the data's own units; opinion is D's probability at the
    points of `opinion_grid(data)`, flat, or None for none; density is the exact one of G(z) there, in one
    dimension, or None for none; row is the history's row of that step.
    """

    step: int
    samples: np.ndarray
    opinion: np.ndarray | None = None
    row: dict[str, float] = field(default_factory=dict)
    density: np.ndarray | None = None


Update = Callable[[Frame], list[Artist]]  # puts a frame into its view -> what may have moved, bottom to top


def opinion_grid(data: Data) -> np.ndarray | None:
    """The points, in data units, where a figure wants D's opinion: (200, 1) or (64 * 64, 2).

    The plane goes row by row from the bottom, so `opinion.reshape(64, 64)` is an image. None for images and
    for tables of more than two columns, which have no plane to show it on.
    """
    if _image(data) or _dim(data) > 2:
        return None
    low, high = _span(data)
    if len(low) == 1:
        return np.linspace(low, high, 200)
    x, y = np.linspace(low, high, SIDE).T
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


@rc_context(STYLE)
def samples_figure(data: Data, frame: Frame, history: Any = None, *, name: str | None = None) -> Figure:
    """What the averaged generator makes at that step, beside the data and over D's opinion.

    With a history, whose columns history["step"], "value", "d_real" and "d_fake" are arrays, V and D's mean
    opinions are drawn below. name is what the title calls the data, if not by their own name.
    """
    when, below = f" after {frame.step:,} steps", 0.0 if history is None else 1.9
    figure, bottom, update = _lay_out(data, frame, DPI, below, name, when)
    update(frame)
    if bottom:
        _curves(bottom, history)
    return figure


@rc_context(STYLE)
def animate(data: Data, frames: Sequence[Frame], path: str | os.PathLike[str], *, name: str | None = None) -> None:
    """Write the frames as a GIF that loops and rests on the last for two seconds; same frames, same bytes.

    What never changes is drawn once, and only what a frame moves is drawn over it. All frames share one
    palette, the commonest colours of three of them. ValueError where there are no frames.
    """
    if not frames:
        raise ValueError("frames is empty; an animation wants one frame at least")
    figure, bottom, update = _lay_out(data, frames[0], GIF_DPI, 0.3, name, "")
    assert bottom
    caption = bottom.text(0.5, 0.5, "", ha="center", va="center", family="DejaVu Sans Mono")
    for artist in (moving := [*update(frames[0]), caption]):
        artist.set_animated(True)
    canvas = FigureCanvasAgg(figure)
    with _any_letters():
        canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)

    def draw(frame: Frame) -> np.ndarray:
        canvas.restore_region(still)
        update(frame)
        caption.set_text(_numbers(data, frame))
        for artist in moving:
            figure.draw_artist(artist)
        return np.asarray(canvas.buffer_rgba())[..., :3].copy()

    colours = _palette([draw(frames[i]) for i in (0, len(frames) // 2, -1)])
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.tobytes())
    pages = [Image.fromarray(draw(f)).quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]
    for page in pages:
        page.putpalette((colours | colours >> 6).tobytes())  # white is 255 again
    durations = [FRAME_MS] * (len(pages) - 1) + [LAST_MS]
    pages[0].save(path, "GIF", save_all=True, append_images=pages[1:], duration=durations, loop=0)


@rc_context(STYLE)
def gradient_error_figure(report: Report) -> Figure:
    """The relative error of central differences against their step h, in float64 and in float32.

    Truncation falls as h² and rounding grows as 1/h: grey lines of these slopes, laid through the curve's arms.
    The band is where the check, in float64, put its steps. A backward that is wrong shows as a floor above the
    bound. ValueError for a report without a curve.
    """
    if report.curve is None:
        raise ValueError("this report has no curve to draw; one that check_gradients makes has")
    figure = Figure((WIDTH, 3.4), DPI, layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, dtype, colour in zip(panels, ("float64", "float32"), (REAL, FAKE), strict=True):
        h, error = report.curve(dtype)
        best = h[np.argmin(error)]
        for slope, style, cause in ((2, "--", "truncation"), (-1, ":", "rounding")):
            arm = ((h > best) if slope > 0 else (h < best)) & (error > 0) & (error < 0.1)  # above .1 all is lost
            if arm.any():
                level = np.exp(np.median(np.log(error[arm] / h[arm] ** slope)))
                axes.plot(h, level * h**slope, style, color=GREY, label=f"{cause}, slope {slope:+d}")
        axes.plot(h, error, ".-", color=colour, linewidth=1.4, label="largest of all random directions")
        if dtype == "float64":
            axes.axvspan(*report.h, color=REAL, alpha=0.15, linewidth=0, label="steps of the check")
            axes.axhline(report.bound, color="black", linewidth=0.8, label="its bound")
        axes.set(title=dtype, xlabel="step h", xscale="log", yscale="log", xlim=(h[-1], h[0]), ylim=(1e-13, 10))
    panels[0].set_ylabel("relative error")
    figure.suptitle("Backward against central differences: a shorter step truncates less and rounds more")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3)
    return figure


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write the figure as a PNG that names no software and no time: the same figure gives the same bytes."""
    with _any_letters():
        figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})


@contextmanager
def _any_letters() -> Iterator[None]:
    """Draw boxes for letters that the font lacks, in a column's name say, and do not warn of each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


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


# ---- views of samples beside data --------------------------------------------------------------------------


class View(NamedTuple):
    """How one kind of data is shown."""

    lay: Callable[[FigureBase, Data, Frame], Update]  # any frame of those to come: with D's opinion, or without
    height: float  # inches
    shows: str


def _view(data: Data, judged: bool) -> View:
    if _image(data):
        return View(_lay_images, 3.7, "images of the averaged generator beside real ones")
    if (d := _dim(data)) > 2:
        some = f", {PANELS + 1} of {d} columns" if d > PANELS + 1 else ""
        return View(_lay_table, 2.7, f"samples of the averaged generator over real data{some}")
    if d == 2:
        on = "D's opinion" if judged else "real data"
        return View(_lay_plane, 5.0, f"samples of the averaged generator over {on}")
    return View(_lay_line, 4.2 if judged else 3.2, "samples of the averaged generator against the data")


def _lay_out(
    data: Data, frame: Frame, dpi: int, below: float, name: str | None, when: str
) -> tuple[Figure, FigureBase | None, Update]:
    """A figure with the view that suits, and an empty part of so many inches below it, None for 0."""
    judged = frame.opinion is not None
    view = _view(data, judged)
    heights = [view.height, below] if below else [view.height]
    figure = Figure((WIDTH, sum(heights)), dpi, layout="constrained")
    top, *bottom = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    name = name or (data.name if isinstance(data, Dataset) else type(data).__name__)
    name = name.encode(errors="replace").decode()  # the names of files need not be text
    title = textwrap.fill(f"{name}{when}:", LETTERS)
    top.suptitle(title + (" " if len(title) + len(view.shows) < LETTERS else "\n") + view.shows)
    return figure, bottom[0] if bottom else None, view.lay(top, data, frame)


def _lay_line(figure: FigureBase, data: Data, like: Frame) -> Update:
    """Densities, over D's opinion on the same x axis; with what theory says of both, where it is known."""
    low, high = (float(end[0]) for end in _span(data))
    edges, x = np.linspace(low, high, 61), np.linspace(low, high, 200)
    heights = [2, 1] if like.opinion is not None else [1]
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    panels[-1].set_xlabel(_columns(data)[0])
    if isinstance(data, Distribution) and not isinstance(data, Discrete):
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
        if like.density is not None:
            best += axes.plot(x, np.full(200, np.nan), color=REAL, linewidth=1.6, linestyle=":", label="D*, exact")
        half = None if best else "½, D's ideal where the two agree"
        axes.axhline(0.5, color=GREY, linestyle="--", linewidth=1, label=half)
        axes.set(ylim=(0, 1), yticks=[0, 0.5, 1], ylabel="D's opinion:\nprobability of real")
    _legend(figure, list(panels))

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
        bar.set_label("D's opinion: probability that a point is real")
        bar.minorticks_off()
    clouds = _clouds(axes, data, (0, 1), (low, high))
    if isinstance(data, Distribution) and 0.5 < np.divide(*(high - low)) < 2:  # columns rarely share a unit
        axes.set_aspect("equal")
    _legend(figure, [axes])

    def update(frame: Frame) -> list[Artist]:
        for heat in heats:
            heat.set_data(np.asarray(frame.opinion).reshape(SIDE, SIDE))
        return [*heats, *clouds(frame), *axes.spines.values()]  # the map covers half of the spines

    return update


def _lay_table(figure: FigureBase, data: Data, like: Frame) -> Update:
    """Each of the first columns against the next, in up to four panels; the last column meets the first."""
    d, span = _dim(data), _span(data)
    panels = figure.subplots(1, min(d, PANELS), squeeze=False)[0]
    updates = [_clouds(axes, data, (j, (j + 1) % d), span) for j, axes in enumerate(panels)]
    _legend(figure, panels[:1])
    return lambda frame: [artist for update in updates for artist in update(frame)]


def _lay_images(figure: FigureBase, data: Data, like: Frame) -> Update:
    """A square of samples, and one of real images."""
    assert isinstance(data, Dataset) and data.image and data.pixels
    image, (black, white) = data.image, data.pixels
    both = figure.subplots(1, 2, gridspec_kw={"wspace": 0.06})
    shown = [axes.imshow(image_grid(data.x[:IMAGES], image), "gray", vmin=black, vmax=white) for axes in both]
    for axes, title, colour in zip(both, ("samples", "real data"), (FAKE, REAL), strict=True):
        axes.set_title(title, color=colour)
        axes.set_axis_off()

    def update(frame: Frame) -> list[Artist]:
        shown[0].set_data(image_grid(frame.samples[:IMAGES], image))
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


# ---- the course of a run -----------------------------------------------------------------------------------


def _curves(figure: FigureBase, history: Any) -> None:
    """V and D's mean opinions against the step, with the lines where they lie if D can tell nothing apart."""
    left, right = figure.subplots(1, 2)
    step = history["step"]
    mark = "." if len(step) < 10 else ""  # one point makes no line
    left.plot(step, history["value"], color="black", marker=mark)
    left.axhline(-math.log(4), color=GREY, linestyle="--", linewidth=1, label="−log 4 = −1.386")
    left.set_ylabel("V(D, G) in nats")
    right.plot(step, history["d_real"], color=REAL, marker=mark, label="real data")
    right.plot(step, history["d_fake"], color=FAKE, linestyle=":", marker=mark, label="samples")
    right.axhline(0.5, color=GREY, linestyle="--", linewidth=1)
    right.set(ylabel="D's mean opinion", ylim=(0, 1), yticks=[0, 0.5, 1])
    for axes in (left, right):
        axes.set_xlabel("step")
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], integer=True))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.legend(ncols=2)


def _numbers(data: Data, frame: Frame) -> str:
    """The step and its numbers on one line, each as wide in every frame."""
    quality = "high quality {:4.0%}" if isinstance(data, Mixture) else "Fréchet {:<7.3g}"  # as metrics.quality
    shown = {"value": "V {:.3f} nats"}
    if "js" in frame.row:
        shown |= {"js": "JS {:.4f}", "gap": "V(D*) - V(D) {:.4f}"}
    else:
        shown |= {"d_real": "D(real) {:.2f}", "d_fake": "D(samples) {:.2f}", "quality": quality}
    words = [text.format(frame.row[key]) for key, text in shown.items() if key in frame.row]
    return "  ".join([f"step {frame.step:7,}", *words])


# ---- shared ------------------------------------------------------------------------------------------------


def _image(data: Data) -> tuple[int, int] | None:
    return data.image if isinstance(data, Dataset) else None


def _dim(data: Data) -> int:
    return data.x.shape[1] if isinstance(data, Dataset) else data.dim


def _columns(data: Data) -> list[str]:
    """The columns' names, on one line each and cut to what an axis can hold."""
    names = data.columns if isinstance(data, Dataset) else column_names(data.dim)
    return [" ".join(name.split())[:30] for name in names]


def _span(data: Data) -> tuple[np.ndarray, np.ndarray]:
    """The corners (d,) of what is shown: the range of x, or three standard deviations, and a margin."""
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
    if isinstance(data, Dataset):
        return data.x[:: math.ceil(len(data.x) / 500)]
    return data.sample(500, np.random.default_rng(0))


def _histogram(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The density of x in the bins; what lies beyond them counts in the total."""
    return np.histogram(x, edges)[0] / (len(x) * np.diff(edges))


def _legend(figure: FigureBase, panels: Sequence[Axes]) -> None:
    """One legend for all panels, below them."""
    handles = [handle for axes in panels for handle in axes.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def _palette(pictures: list[np.ndarray]) -> np.ndarray:
    """The commonest colours (k, 3) of RGB pictures (h, w, 3), each rounded down to 6 bits a channel.

    So Pillow rounds a colour before it looks for the nearest: a common one is met exactly.
    """
    pixels = np.concatenate(pictures).reshape(-1, 3) >> 2
    codes, counts = np.unique(pixels @ np.array([1 << 12, 1 << 6, 1]), return_counts=True)
    common = codes[np.argsort(-counts, kind="stable")[:COLOURS]]
    return (np.stack([common >> 12, common >> 6 & 63, common & 63], axis=1) << 2).astype(np.uint8)


@rc_context(STYLE)
def parting_figure(
    steps: np.ndarray, curves: dict[str, np.ndarray], distance: dict[str, np.ndarray], far: float
) -> Figure:
    """Training curves (by name: D's loss at the steps), and below them on a log scale how far two runs are apart.

    distance is by float type; far is where the dotted line says that they have parted.
    """
    figure = Figure((WIDTH, 4.8), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True)
    for (name, loss), colour, line in zip(curves.items(), (REAL, FAKE), ("-", "--"), strict=True):
        top.plot(steps, loss, line, color=colour, label=name)
    top.set_ylabel("D's loss in nats")
    for (dtype, apart), line in zip(distance.items(), ("-", "--"), strict=True):
        bottom.semilogy(steps, apart, line, color="black", marker=".", label=dtype)
    bottom.axhline(far, color=GREY, linestyle=":", linewidth=1, label=f"{far:g}: parted")
    bottom.set(xlabel="step", ylabel="samples apart")
    bottom.xaxis.set_major_formatter("{x:,.0f}")
    for axes in (top, bottom):
        axes.legend(ncols=3)
    figure.suptitle("Two right programs part: the game multiplies their roundings")
    return figure
