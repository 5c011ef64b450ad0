"""Make every figure that the README shows: `python figures/make.py` (about half a minute)."""

import shutil
import tempfile
from pathlib import Path

from minigan.recipes import RECIPES, run

HERE = Path(__file__).parent

with tempfile.TemporaryDirectory() as folder:
    for name, made, kept in (("ring", "training.gif", "ring.gif"), ("digits", "samples.png", "digits.png")):
        run(RECIPES[name][1], Path(folder, name), progress=True)
        shutil.copyfile(Path(folder, name, made), HERE / kept)
