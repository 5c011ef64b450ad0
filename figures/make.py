"""Make every figure and animation of the README and the lessons: `python figures/make.py` (some minutes)."""

import shutil
import tempfile
from pathlib import Path

from minigan.lessons import lessons
from minigan.plotting import save
from minigan.runs.folder import begin
from minigan.runs.presets import RECIPES
from minigan.runs.threads import blas_threads

HERE = Path(__file__).parent

with tempfile.TemporaryDirectory() as folder:
    for name, made, kept in (("ring", "training.gif", "ring.gif"), ("digits", "samples.png", "digits.png")):
        begin(RECIPES[name][1], Path(folder, name), progress=True)
        shutil.copyfile(Path(folder, name, made), HERE / kept)
with blas_threads(1):
    for lesson in lessons().values():
        save(lesson.behind.figure(False), HERE / f"{lesson.path.stem}.png")
        if hasattr(lesson.behind, "animation"):
            lesson.behind.animation(HERE / f"{lesson.path.stem}.gif")
