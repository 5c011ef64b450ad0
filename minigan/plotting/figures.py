"""The figures of a run: samples beside data and the course of training, as a picture and as an animation."""

from __future__ import annotations

import math
import os
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import MaxNLocator
from PIL import Image

from ..data.dataset import Data
from .course import lay_gradients, lay_history, panels_of
from .style import DPI, FAKE, GREY, REAL, STYLE, WIDTH, any_letters
from .views import Frame, Update, view_of

LETTERS = 84  # of a title in the figures' width
GIF_DPI, COLOURS, FRAME_MS, LAST_MS = 90, 128, 100, 2000
LEVELS = np.array([0, 60, 124, 188, 252], np.uint8)  # of each channel, in an animation of colour images


@rc_context(STYLE)
def samples_figure(data: Data, frame: Frame, history: Any = None, *, name: str | None = None) -> Figure:
    """What the averaged generator makes at that step, beside the data and over D's opinion.

    With a history, whose columns are arrays, the course of the game is drawn below: V and D's mean opinions, or
    both losses where the game is not on V; of a model its loss, and what it was found to be worth. name is what
    the title calls the data, if not by their own name.
    """
    when, below = f" after {frame.step:,} steps", 0.0 if history is None else 1.9
    figure, bottom, update = _lay_out(data, frame, DPI, below, name, when)
    update(frame)
    if bottom and "loss" in history:
        lay_history(bottom, history, columns=2)
    elif bottom:
        _curves(bottom, history)
    return figure


@rc_context(STYLE)
def page_figure(
    data: Data,
    frame: Frame,
    history: Any,
    norms: Mapping[str, tuple[float, float]],
    name: str | None = None,
    scaled: bool = False,
) -> Figure:
    """One page: the samples as `samples_figure` shows them, every column of the history, the layers' gradients.

    scaled says that the loss of a model is that of scaled columns.
    """
    rows = math.ceil(len(panels_of(history)) / 3)
    course = 1.7 * rows
    below = course + 0.9 + 0.2 * len(norms)
    figure, bottom, update = _lay_out(data, frame, DPI, below, name, f" after {frame.step:,} steps")
    update(frame)
    assert bottom is not None
    parts: Any = bottom.subfigures(2, 1, height_ratios=[course, below - course])
    upper, lower = parts
    lay_history(upper, history, scaled=scaled)
    lay_gradients(lower, norms)
    return figure


@rc_context(STYLE)
def animate(data: Data, frames: Sequence[Frame], path: str | os.PathLike[str], *, name: str | None = None) -> None:
    """Write the frames as a GIF that loops and rests on the last for two seconds; same frames, same bytes.

    What never changes is drawn once, and only what a frame moves is drawn over it. All frames share one
    palette: the commonest colours of three of them, and for images in colour a coarse one of all. ValueError where
    there are no frames.
    """
    if not frames:
        raise ValueError("frames is empty; an animation wants one frame at least")
    figure, bottom, update = _lay_out(data, frames[0], GIF_DPI, 0.3, name, "")
    assert bottom
    caption = bottom.text(0.5, 0.5, "", ha="center", va="center", family="DejaVu Sans Mono")
    for artist in (moving := [*update(frames[0]), caption]):
        artist.set_animated(True)
    canvas = FigureCanvasAgg(figure)
    with any_letters():
        canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)

    def draw(frame: Frame) -> np.ndarray:
        canvas.restore_region(still)
        update(frame)
        caption.set_text(_numbers(frame))
        for artist in moving:
            figure.draw_artist(artist)
        return np.asarray(canvas.buffer_rgba())[..., :3].copy()

    colours = _palette([draw(frames[i]) for i in (0, len(frames) // 2, -1)])
    if data.image and len(data.image) == 3:  # the commonest need not be near to all that samples may show
        colours = np.concatenate([colours, np.stack(np.meshgrid(*[LEVELS] * 3), axis=-1).reshape(-1, 3)])
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.tobytes())
    pages = [Image.fromarray(draw(f)).quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]
    for page in pages:
        page.putpalette((colours | colours >> 6).tobytes())  # white is 255 again
    durations = [FRAME_MS] * (len(pages) - 1) + [LAST_MS]
    pages[0].save(path, "GIF", save_all=True, append_images=pages[1:], duration=durations, loop=0)


def _lay_out(
    data: Data, frame: Frame, dpi: int, below: float, name: str | None, when: str
) -> tuple[Figure, FigureBase | None, Update]:
    """A figure with the view that suits, and an empty part of so many inches below it, None for 0."""
    view = view_of(data, frame)
    heights = [view.height, below] if below else [view.height]
    figure = Figure((WIDTH, sum(heights)), dpi, layout="constrained")
    top, *bottom = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    name = (name or data.name).encode(errors="replace").decode()  # the names of files need not be text
    title = textwrap.fill(f"{name}{when}:", LETTERS)
    top.suptitle(title + (" " if len(title) + len(view.shows) < LETTERS else "\n") + view.shows)
    return figure, bottom[0] if bottom else None, view.lay(top, data, frame)


def _curves(figure: FigureBase, history: Any) -> None:
    """The course of the game against the step, with the lines where it lies if D can tell nothing apart.

    In a game on V that is V, and D's mean opinions; else both losses, and how often D is right.
    """
    left, right = figure.subplots(1, 2)
    step = history["step"]
    mark = "." if len(step) < 10 else ""  # one point makes no line
    if "value" in history:
        left.plot(step, history["value"], color="black", marker=mark)
        left.axhline(-math.log(4), color=GREY, linestyle="--", linewidth=1, label="−log 4 = −1.386")
        left.set_ylabel("V(D, G) in nats")
        right.plot(step, history["d_real"], color=REAL, marker=mark, label="real data")
        right.plot(step, history["d_fake"], color=FAKE, linestyle=":", marker=mark, label="samples")
        right.set_ylabel("D's mean opinion")
    else:
        left.plot(step, history["d_loss"], color=REAL, marker=mark, label="D's loss")
        left.plot(step, history["g_loss"], color=FAKE, linestyle=":", marker=mark, label="G's loss")
        right.plot(step, history["d_accuracy"], color="black", marker=mark, label="real above fake")
        right.set_ylabel("share of pairs\nthat D puts right")
    right.axhline(0.5, color=GREY, linestyle="--", linewidth=1)
    right.set(ylim=(0, 1), yticks=[0, 0.5, 1])
    for axes in (left, right):
        axes.set_xlabel("step")
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], integer=True))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.legend(ncols=2)


def _numbers(frame: Frame) -> str:
    """The step and its numbers on one line, each as wide in every frame."""
    if "loss" in frame.row:
        shown = {"loss": "loss {:.2f} nats", "held_out": "held-out log p {:.2f}"}
    else:
        shown = {"value": "V {:.3f} nats"} if "value" in frame.row else {"d_loss": "D's loss {:.3f}"}
    if "js" in frame.row:
        shown |= {"js": "JS {:.4f}", "gap": "V(D*) - V(D) {:.4f}"}
    elif "value" in frame.row:
        shown |= {"d_real": "D(real) {:.2f}", "d_fake": "D(samples) {:.2f}"}
    elif "loss" not in frame.row:
        shown |= {"d_accuracy": "D right {:4.0%}"}
    if "js" not in frame.row:
        shown |= {"high_quality": "high quality {:4.0%}", "frechet": "Fréchet {:<7.3g} sd²"}
    words = [text.format(frame.row[key]) for key, text in shown.items() if key in frame.row]
    return "  ".join([f"step {frame.step:7,}", *words])


def _palette(pictures: list[np.ndarray]) -> np.ndarray:
    """The commonest colours (k, 3) of RGB pictures (h, w, 3), each rounded down to 6 bits a channel.

    So Pillow rounds a colour before it looks for the nearest: a common one is met exactly.
    """
    pixels = np.concatenate(pictures).reshape(-1, 3) >> 2
    codes, counts = np.unique(pixels @ np.array([1 << 12, 1 << 6, 1]), return_counts=True)
    common = codes[np.argsort(-counts, kind="stable")[:COLOURS]]
    return (np.stack([common >> 12, common >> 6 & 63, common & 63], axis=1) << 2).astype(np.uint8)
