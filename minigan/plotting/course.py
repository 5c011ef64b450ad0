"""The course of training as curves, and what the next step's gradient is in each layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from .style import DPI, FAKE, GREEN, GREY, PURPLE, REAL, STYLE, WIDTH

BLACK = "black"
# Of each panel: its y axis, its columns with their colours and names, where it lies if all is well, and its scale.
PANELS: list[tuple[str, dict[str, tuple[str, str]], float | None, str]] = [
    ("V(D, G) in nats", {"value": (BLACK, "V")}, -math.log(4), "linear"),
    ("loss in nats", {"d_loss": (REAL, "D's"), "g_loss": (FAKE, "G's")}, None, "linear"),
    ("loss in nats a row", {"loss": (BLACK, "of a batch")}, None, "linear"),
    ("D's mean opinion", {"d_real": (REAL, "real data"), "d_fake": (FAKE, "samples")}, 0.5, "linear"),
    ("share of pairs", {"d_accuracy": (BLACK, "that D puts right")}, 0.5, "linear"),
    ("norm", {"g_gradient": (FAKE, "of G's gradient")}, None, "log"),
    (
        "share",
        {"precision": (GREEN, "precision"), "recall": (PURPLE, "recall"), "spread": (GREY, "spread")},
        1.0,
        "linear",
    ),
    ("turns", {"circling": (BLACK, "of D in 32 rows")}, None, "linear"),
    ("penalty in nats", {"penalty": (REAL, "what D pays")}, None, "linear"),
    ("nats", {"js": (FAKE, "JS: G's way to go"), "gap": (REAL, "gap: D's")}, None, "log"),
    ("share of samples", {"high_quality": (GREEN, "high quality")}, 1.0, "linear"),
    ("Fréchet, sd²", {"frechet": (GREEN, "to the data")}, None, "log"),
    ("log p in nats", {"held_out": (GREEN, "of held-out rows")}, None, "linear"),
]


@rc_context(STYLE)
def history_figure(history: Any, columns: int = 3) -> Figure:
    """Every column of a history against the step, those of one unit in a panel: a dashed line is the aim."""
    count = len(panels_of(history))
    figure = Figure((WIDTH, 1.7 * math.ceil(count / columns)), DPI, layout="constrained")
    lay_history(figure, history, columns)
    return figure


def panels_of(history: Any) -> list[tuple[str, dict[str, tuple[str, str]], float | None, str]]:
    """The panels that this history has anything for; what no panel knows, a hook's column say, has its own."""
    known = {name for _, lines, _, _ in PANELS for name in lines}
    own = [
        (name, {name: (BLACK, name)}, None, "linear") for name in history.columns if name not in {*known, "step"}
    ]
    found = [(y, {k: v for k, v in lines.items() if k in history}, aim, scale) for y, lines, aim, scale in PANELS]
    return [panel for panel in [*found, *own] if panel[1]]


def lay_history(figure: FigureBase, history: Any, columns: int = 3, scaled: bool = False) -> None:
    """Draw the panels into a figure, or a part of one; scaled says that a model's loss is of scaled columns."""
    panels = panels_of(history)
    if not panels:
        raise ValueError("the history is empty: there is no course to draw before the first row")
    rows = math.ceil(len(panels) / columns)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    step = history["step"]
    for axes, (y, lines, aim, scale) in zip(grid, panels, strict=False):
        for name, (colour, label) in lines.items():
            values = history[name]
            there = np.isfinite(values) & ((values > 0) | (scale == "linear"))
            style = ":" if colour == FAKE and len(lines) > 1 else "-"
            mark = "." if there.sum() < 10 else ""  # one point makes no line
            axes.plot(step[there], values[there], color=colour, linestyle=style, marker=mark, label=label)
        if aim is not None:
            axes.axhline(aim, color=GREY, linestyle="--", linewidth=1)
        axes.set(ylabel=f"{y},\nof scaled columns" if scaled and "loss" in lines else y, yscale=scale)
        if scale == "log":
            _plain(axes.yaxis)
        axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], integer=True))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.legend(fontsize=7, handlelength=1.2)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[max(0, len(panels) - columns) : len(panels)]:
        axes.set_xlabel("step")
        axes.tick_params(labelbottom=True)


@rc_context(STYLE)
def gradients_figure(norms: Mapping[str, tuple[float, float]]) -> Figure:
    """Of each layer with parameters, by name: the norms of its gradient and its parameters, (gradient, theta)."""
    figure = Figure((WIDTH, 0.9 + 0.2 * len(norms)), DPI, layout="constrained")
    lay_gradients(figure, norms)
    return figure


def lay_gradients(figure: FigureBase, norms: Mapping[str, tuple[float, float]]) -> None:
    """Draw both norms as points, on one logarithmic scale, into a figure or a part of one."""
    axes = figure.subplots()
    places = np.arange(len(norms))[::-1]
    gradient, theta = np.array(list(norms.values())).T
    axes.hlines(places, gradient, theta, color=GREY, linewidth=0.5)
    axes.plot(gradient, places, "o", color=FAKE, label="gradient of the next step")
    axes.plot(theta, places, "s", color="black", markersize=4, label="parameters")
    axes.set_yticks(places, list(norms))
    axes.set(xscale="log", xlabel="Euclidean norm", ylim=(-0.6, len(norms) - 0.4))
    _plain(axes.xaxis)
    figure.legend(loc="outside lower center", ncols=2)


def _plain(axis: Any) -> None:
    """Numbers as they are read along a logarithmic axis: .1, 1, 10, or in steps of 1, 2, 5 where it is short."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1.0,) if high > 100 * low else (1.0, 2.0, 5.0)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
