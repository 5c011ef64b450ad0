"""How many passes over the digits a third of the training images asks for: what the presets' steps come from.

    python tools/passes.py made 60 100 150 200

A model of the preset's settings and schedule learns from two thirds of the training images for each of these
passes, and says log p, or its bound, of the third. No held-out image is asked.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import minigan as mg
from minigan.core.streams import Stream
from minigan.runs.presets import RECIPES
from minigan.runs.run import start
from minigan.runs.statements import statement
from minigan.runs.training import advance


def main(model: str, *passes: str) -> None:
    """Train for each number of passes, and print what the third says."""
    digits = mg.load_dataset("digits")
    order, cut = Stream(0, "early stopping").at(0).permutation(len(digits.x)), len(digits.x) // 3
    kept_back, rest = order[:cut], order[cut:]
    data = replace(digits, x=digits.x[rest], labels=digits.labels[rest], held_out=digits.x[kept_back])
    preset = RECIPES[f"digits-{model}"][1]
    for count in map(int, passes):
        recipe = replace(preset, steps=count * (len(rest) // preset.batch))
        run, _ = start(recipe, data)
        advance(run.model, data, recipe.steps, recipe.batch, run.scaler, recipe.threads)
        print(f"{model}, {count} passes: {statement(run, data.held_out).text}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
