"""Time travel: the state of a run at any step, one step in slow motion, and another future from there.

Randomness is a function of (seed, stream, step), so a recipe holds every state of its run: it is the start, and
the steps since. A checkpoint on the way makes that shorter, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..core.substeps import SUBSTEPS
from ..data.dataset import Batches, Data
from .folder import check_surroundings, train_in
from .recipe import Recipe, RecipeError
from .run import Run, load_run, start
from .training import advance

# Settings that another future shares with its past.
OWN = ("data", "data_options", "model", "model_options", "batch_norm", "dtype")


def rebuild(folder: Path, step: int, anyway: bool = False) -> tuple[Run, Data]:
    """The run of this folder as it was after so many steps, and its data.

    It starts from the folder's checkpoint where that is not later, from a kept one (see the setting keep_every),
    or else from the beginning, which may be a parent's. Raises RecipeError for a step that the run does not have,
    and where the machine or its libraries are others than those the run was made with, so that the bits may be
    too, unless it is to be done anyway; CheckpointError and OSError as `load` does.
    """
    last, extra = load_run(folder)
    data = last.dataset()
    if not 0 <= step <= last.recipe.steps:
        raise RecipeError(f"{folder} has the steps 0 to {last.recipe.steps:,}; step {step:,} is none of them")
    if not anyway:
        check_surroundings(folder, last, data, extra)
    near = last if last.model.steps <= step else None
    for path in folder.glob("checkpoint-*.npz"):
        at = int(number) if (number := path.stem.partition("-")[2]).isdecimal() else step + 1
        if at <= step and (near is None or at > near.model.steps):
            near = load_run(folder, name=path.name)[0]
    recipe = last.recipe
    while recipe.parent and step < recipe.parent["step"]:
        recipe = Recipe.from_json(json.dumps(recipe.parent["recipe"]))
    run = near or start(recipe, data)[0]
    advance(run.model, data, step - run.model.steps, run.recipe.batch, run.scaler, run.recipe.threads)
    return run, data


class Look(NamedTuple):
    """What one named sub-step made: an array's shape, and some numbers of it."""

    name: str
    shape: tuple[int, ...]
    mean: float
    sd: float
    least: float
    most: float
    first: list[float]


def walk(run: Run, data: Data) -> Iterator[Look]:
    """Take the run's next step in slow motion, and look at the array that each named sub-step makes."""
    model, recipe = run.model, run.recipe
    real = Batches(data, model.turns * recipe.batch, model.seed, run.scaler).at(model.steps)
    for name, made in model.substeps(real):
        x = np.array(model.backend.to_numpy(made), float)
        yield Look(name, x.shape, x.mean(), x.std(), x.min(), x.max(), x.ravel()[:3].tolist())


def as_table(looks: list[Look]) -> str:
    """The looks as text, a line each; below, a sentence on each name."""
    lines = [f"{'sub-step':22}{'shape':>14}{'mean':>11}{'sd':>11}{'least':>11}{'most':>11}  begins"]
    for look in looks:
        numbers = "".join(f"{x:11.4g}" for x in (look.mean, look.sd, look.least, look.most))
        lines.append(f"{look.name:22}{look.shape!s:>14}{numbers}  {' '.join(f'{x:.5g}' for x in look.first)}")
    names = [name for name in dict.fromkeys(look.name for look in looks) if name in SUBSTEPS]
    return "\n".join([*lines, "", *(f"{name:22}  {SUBSTEPS[name]}" for name in names)]).rstrip()


def fork(
    folder: Path, step: int, settings: dict[str, Any], out: Path, anyway: bool = False, progress: bool = False
) -> Run:
    """Go on from this step with other settings, in a new run folder whose recipe names its parent.

    That recipe (its `parent` is the old one, and the step) is all that it takes to make the new run again. Raises
    RecipeError for settings that would not fit the networks as they stand, and as `rebuild` does.
    """
    if not settings:
        raise RecipeError("a fork changes something: give --fork KEY=VALUE, a setting of the recipe")
    run, data = rebuild(folder, step, anyway)
    recipe = descend(run.recipe, step, settings)
    return train_in(out, *start(recipe, data, past=run), progress=progress)


def descend(parent: Recipe, step: int, settings: dict[str, Any]) -> Recipe:
    """The recipe of a fork."""
    if clash := [key for key in settings if key in OWN or not hasattr(parent, key)]:
        raise RecipeError(f"a fork cannot change {clash[0]}: it is what the new run shares with the old")
    return replace(parent.updated(settings), parent={"recipe": json.loads(parent.to_json()), "step": step})
