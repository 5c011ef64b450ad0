"""The figures of the checks: the error of a gradient against its step, and two training curves that part."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from ..plotting.style import DPI, FAKE, GREY, REAL, STYLE, WIDTH

Curve = Callable[[str], tuple[np.ndarray, np.ndarray]]  # a float type -> steps h, and the error at each


@rc_context(STYLE)
def gradient_error_figure(curve: Curve, steps: tuple[float, float], bound: float) -> Figure:
    """The relative error of central differences against their step h, in float64 and in float32.

    Truncation falls as h² and rounding grows as 1/h: grey lines of these slopes, laid through the curve's arms.
    The band is where the check, in float64, put its steps. A backward that is wrong shows as a floor above the
    bound.
    """
    figure = Figure((WIDTH, 3.4), DPI, layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, dtype, colour in zip(panels, ("float64", "float32"), (REAL, FAKE), strict=True):
        h, error = curve(dtype)
        best = h[np.argmin(error)]
        for slope, style, cause in ((2, "--", "truncation"), (-1, ":", "rounding")):
            arm = ((h > best) if slope > 0 else (h < best)) & (error > 0) & (error < 0.1)  # above .1 all is lost
            if arm.any():
                level = np.exp(np.median(np.log(error[arm] / h[arm] ** slope)))
                axes.plot(h, level * h**slope, style, color=GREY, label=f"{cause}, slope {slope:+d}")
        axes.plot(h, error, ".-", color=colour, linewidth=1.4, label="largest of all random directions")
        if dtype == "float64":
            axes.axvspan(*steps, color=REAL, alpha=0.15, linewidth=0, label="steps of the check")
            axes.axhline(bound, color="black", linewidth=0.8, label="its bound")
        axes.set(title=dtype, xlabel="step h", xscale="log", yscale="log", xlim=(h[-1], h[0]), ylim=(1e-13, 10))
    panels[0].set_ylabel("relative error")
    figure.suptitle("Backward against central differences: a shorter step truncates less and rounds more")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3)
    return figure


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
