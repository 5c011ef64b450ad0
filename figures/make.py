"""Make the README's own figures: `python figures/make.py` (a minute). Those of the lessons: tools/results.py."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

import minigan as mg
from minigan.judge.metrics import nearest
from minigan.plotting import FAKE, REAL, STYLE, image_grid, save
from minigan.runs.folder import begin
from minigan.runs.presets import RECIPES

HERE = Path(__file__).parent


@rc_context(STYLE)
def by_class(samples: np.ndarray, rows: int = 8) -> Figure:
    """The first samples of each class, as their nearest training image has it, beside real digits kept aside."""
    data: Any = mg.load_dataset("digits")
    classes = data.labels[nearest(samples, data.x)[1]]
    drawing = Figure((8, 3.7), layout="constrained")
    drawing.suptitle("Digits out of noise: samples by class, beside real digits that G has not seen")
    panels = drawing.subplots(1, 2, gridspec_kw={"wspace": 0.08})
    made, real = (samples, classes, "samples", FAKE), (data.held_out, data.held_out_labels, "real digits", REAL)
    for axes, (x, labels, title, colour) in zip(panels, (made, real), strict=True):
        columns = np.stack([x[labels == c][:rows] for c in range(10)], axis=1)  # (rows, 10, 64)
        axes.imshow(image_grid(columns.reshape(-1, 64), (8, 8), 10), cmap="gray_r", vmin=0, vmax=16)
        axes.set_title(title, color=colour)
        axes.set_axis_off()
    return drawing


with tempfile.TemporaryDirectory() as folder:
    begin(RECIPES["ring"][1], Path(folder, "ring"), progress=True)
    shutil.copyfile(Path(folder, "ring", "training.gif"), HERE / "ring.gif")
    run = begin(RECIPES["digits"][1], Path(folder, "digits"), progress=True)
    save(by_class(run.sample(1437)), HERE / "digits.png")
