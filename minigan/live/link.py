"""A link is a run: data, settings, the changes under way and a step; as a recipe, and as a few lines of Python.

A change under way is a fork (see `minigan.runs.replay`), so the recipe of a run that was changed holds the recipes
before it, and `minigan train --recipe` makes it again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..runs.presets import RECIPES
from ..runs.recipe import TYPES, Recipe, RecipeError
from ..runs.replay import descend
from ..settings import shown

STEPS = 50_000  # a run on the page: its rates are constant, so that it may be looked at for as long
_RING = Recipe(
    data="ring",
    data_options={"sd": 0.05},
    steps=STEPS,
    batch=64,
    generator=(32, 32),
    discriminator=(32, 32),
    learning_rate_g=2e-3,
    learning_rate_d=2e-3,
    instance_noise=0.3,
    noise_until=0.08,
)
PRESETS = {
    "ring": _RING,
    "grid": replace(
        _RING,
        data="grid",
        data_options={"sd": 0.1},
        batch=128,
        generator=(32, 32, 32),
        discriminator=(32, 32, 32),
        instance_noise=0.4,
        noise_until=0.16,
    ),
    "gaussian": replace(
        RECIPES["gaussian"][1], steps=STEPS, batch=128, learning_rate_g=1e-3, schedule="constant", hold=0.5
    ),
    "drawn": replace(_RING, data="drawn.csv", data_options={}, instance_noise=0.2),
    "csv": replace(_RING, data="points.csv", data_options={}, instance_noise=0.2),
}
UNDER_WAY = ["learning_rate_g", "learning_rate_d", "objective", "updates", "d_steps", "batch"]
UNDER_WAY += ["instance_noise", "r1"]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
REACH = 3.0  # drawn points lie on a lattice of 64 x 64 over [-REACH, REACH]²


@dataclass
class Link:
    """What an address says of a run.

    changes are (step, setting, value); points are drawn ones, two letters each; name is that of a CSV file, whose
    rows no link holds.
    """

    data: str = "ring"
    settings: dict[str, Any] = field(default_factory=dict)
    changes: list[tuple[int, str, Any]] = field(default_factory=list)
    points: str = ""
    name: str = ""

    def recipe(self) -> Recipe:
        """That of the beginning. RecipeError for what cannot be."""
        if self.data not in PRESETS:
            raise RecipeError(f"data is {shown(self.data)}; the page has {', '.join(PRESETS)}")
        file = {"data": Path(self.name).name} if self.data == "csv" and self.name else {}
        return PRESETS[self.data].updated(self.settings | file)

    def forks(self) -> Iterator[tuple[int, Recipe]]:
        """(step, the recipe from there on) for each step at which something was changed, in their order."""
        recipe, at = self.recipe(), dict[int, dict[str, Any]]()
        for step, key, value in sorted(self.changes, key=lambda change: change[0]):
            if key not in UNDER_WAY:
                raise RecipeError(f"{shown(key)} cannot change under way; what can is {', '.join(UNDER_WAY)}")
            at.setdefault(int(step), {})[key] = value
        for step, settings in at.items():
            recipe = descend(recipe, step, settings)
            yield step, recipe


def rows_of(points: str) -> np.ndarray:
    """Drawn points (n, 2), of two letters each: the column and the row of the lattice. ValueError for others."""
    if len(points) % 2 or set(points) - set(LETTERS):
        raise ValueError("the drawn points of this link cannot be read; draw them anew")
    at = np.array([LETTERS.index(letter) for letter in points], float).reshape(-1, 2)
    return (at / (len(LETTERS) - 1) * 2 - 1) * REACH


def as_csv(rows: np.ndarray) -> str:
    """Rows as the text of a table that `minigan train` reads."""
    return "\n".join(["x,y", *(f"{x:.9g},{y:.9g}" for x, y in rows)]) + "\n"


def as_python(recipe: Recipe, step: int) -> str:
    """The run of this recipe up to this step, as a script."""
    forks, since = list[str](), step  # steps since the last change
    while recipe.parent:
        parent = Recipe(**recipe.parent["recipe"])
        told = {key: value for key, value in _settings(recipe).items() if value != getattr(parent, key)}
        forks.insert(0, f"recipe = descend(recipe, {recipe.parent['step']}, {told})")
        since, recipe = min(since, step - recipe.parent["step"]), parent
    default = _settings(Recipe())
    own = ", ".join(f"{key}={value!r}" for key, value in _settings(recipe).items() if value != default[key])
    lines = ["import minigan as mg", *["from minigan.runs.replay import descend"] * bool(forks)]
    lines += ["from minigan.runs.run import start", "", *_wrapped(f"recipe = mg.Recipe({own})"), *forks]
    return "\n".join(
        [
            *lines,
            "run, data = start(recipe)",
            "gan, real = run.gan, run.gan.d_steps * recipe.batch",
            "batches = mg.Batches(data, real, recipe.seed, run.scaler)",
            f"while gan.steps < {step}:",
            "    gan.step(batches.at(gan.steps))",
            # after a change there are no losses before the next step
            "print(gan.steps, gan.losses())" if since else "print(gan.steps, mg.fingerprint(gan))",
            "",
        ]
    )


def _settings(recipe: Recipe) -> dict[str, Any]:
    return {key: getattr(recipe, key) for key in TYPES if key not in ("parent", "said")}


def _wrapped(line: str, width: int = 88) -> list[str]:
    """The line, broken after commas and indented under its bracket."""
    indent, lines = " " * (line.index("(") + 1), [""]
    for part in line.replace(", ", ", \0").split("\0"):
        if len(lines[-1]) + len(part.rstrip()) > width:
            lines.append(indent)
        lines[-1] += part
    return [text.rstrip() for text in lines]


def differing(recipe: Recipe, preset: str) -> dict[str, Any]:
    """What a link has to say: the settings, and options of the data, that are not those of the preset."""
    base = PRESETS[preset]
    own = {
        k: v for k, v in _settings(recipe).items() if k not in ("data", "data_options") and v != getattr(base, k)
    }
    return own | {k: v for k, v in recipe.data_options.items() if v != base.data_options.get(k)}


def finite(x: Any) -> Any:
    """x without numbers that JSON has not: a NaN or an infinity becomes None."""
    if isinstance(x, float):
        return x if math.isfinite(x) else None
    if isinstance(x, dict):
        return {key: finite(value) for key, value in x.items()}
    return [finite(value) for value in x] if isinstance(x, list | tuple) else x
