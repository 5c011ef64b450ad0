"""What a run leaves, and how one starts: its recipe, its GAN, the scaling between its units and the data's."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.gan import GAN
from ..core.model import Model
from ..data.dataset import Batches, Data, DataError, Scaler
from ..data.kinds import Column, from_json, settle
from ..data.sources import KNOWN, load_dataset
from ..files import contents
from ..settings import fits, shown
from . import checkpoint
from .checkpoint import CheckpointError
from .recipe import Recipe, RecipeError
from .training import History, advance

SAMPLES = 2500  # of the averaged generator, for the figures and the quality in the history


@dataclass(repr=False)
class Run:
    """What a run leaves: its recipe, what it trained, the scaler between its units and the data's, its history.

    model is the GAN, or the model that the recipe names. form (columns, image, pixels, kinds) says how a sample is
    to be written; it is empty for a Distribution.
    """

    recipe: Recipe
    model: Any
    scaler: Scaler
    history: History
    form: dict[str, Any] = field(default_factory=dict)
    rows: str = ""  # the fingerprint of what it was trained on, where that is known

    def __repr__(self) -> str:
        head = f"Run on {Path(self.recipe.data).name} of {self.recipe.steps:,} steps"
        return f"{head}\n{self.model!r}\n{self.history!r}"

    @property
    def gan(self) -> GAN:
        """The GAN of a run that trained one; RecipeError for a model, which has neither G nor D."""
        if not isinstance(self.model, GAN):
            raise RecipeError(
                f"this run is of model={self.recipe.model}, which has neither G nor D; run.model has it"
            )
        return self.model

    def best(self, averaged: bool = True) -> Any:
        """What is asked for samples and probabilities: the model, of averaged weights where it has them."""
        return self.model.averaged() if averaged and getattr(self.model, "averages", None) else self.model

    def sample(self, n: int, seed: int = 0, averaged: bool = True, raw: bool = False) -> np.ndarray:
        """n samples (n, dim) in the data's own units; of the averaged generator or model unless told otherwise.

        Those of a table are the nearest that the table could hold: whole numbers are whole, and one word of each
        category is 1. raw ones are what was drawn.
        """
        of_gan = {"averaged": averaged} if isinstance(self.model, GAN) else {}
        made = self.best(averaged).sample(n, seed, **of_gan)
        x = self.scaler.to_data(self.model.backend.to_numpy(made))
        return x if raw or not self.kinds else settle(self.kinds, x)

    @property
    def kinds(self) -> list[Column]:
        """The columns of the table that it was trained on; none for other data."""
        return from_json(self.form.get("kinds") or ())

    def log_p(self, x: np.ndarray, k: int = 1, averaged: bool = True) -> np.ndarray:
        """log p of rows x (n, dim) in the data's own units, or its bound of k draws: (n,) nats.

        Of pixels it is the probability of their levels; of other columns the density, and as z = (x - shift) /
        scale, log p(x) = log p(z) - Σ log scale. RecipeError for what states neither (see `minigan.models`).
        """
        asked = self.best(averaged)
        if asked.says not in ("exact", "bound"):
            raise RecipeError(f"a model={self.recipe.model} says nothing of log p that can be read off")
        z = asked.backend.asarray(self.scaler.to_network(x))
        said = asked.log_likelihood(z) if asked.says == "exact" else asked.bound(z, k)
        return asked.backend.to_numpy(said).astype(float) - np.log(self.scaler.scale.astype(float)).sum()

    def opinion(self, x: np.ndarray) -> np.ndarray:
        """D's probability (n,) that x (n, dim), in the data's units, is real; a pack is copies of x."""
        return self.gan.generator.backend.to_numpy(self.gan.opinion(self._packs(x)))

    def judge(self, x: np.ndarray, data: Data) -> np.ndarray:
        """What D says of x (n, dim), from 0 to 1, for a picture: its opinion, where there is one.

        A D whose logits are scores ranks: it is the share (n,) of 500 real rows that score lower.
        """
        if self.gan.log_odds:
            return self.opinion(x)
        real = data.some(500, np.random.default_rng(0))
        backend, D = self.gan.generator.backend, self.gan.discriminator
        of_x, of_real = (backend.to_numpy(D(self._packs(rows)))[:, 0] for rows in (x, real))
        return np.searchsorted(np.sort(of_real), of_x) / len(of_real)

    def _packs(self, x: np.ndarray) -> np.ndarray:
        return np.tile(self.scaler.to_network(x), self.gan.packing)

    def dataset(self) -> Data:
        """The data that the run was trained on, loaded anew; raises DataError if they have other columns now."""
        data = load_dataset(self.recipe.data, **self.recipe.data_options)
        now, then = data.dim, len(self.scaler.shift)
        if now != then:
            raise DataError(f"{self.recipe.data}: has {now} columns, the run was trained on {then}; restore it")
        return data

    def changed(self, data: Data) -> bool:
        """Whether these are other rows than the run was trained on."""
        return self.rows not in ("", data.fingerprint())


def start(recipe: Recipe, data: Data | None = None, past: Run | None = None) -> tuple[Run, Data]:
    """A run before its first step, and its data; raises where recipe and data do not fit.

    data are what the recipe names, if they are at hand, else they are loaded. A fork starts where its parent was
    at that step: `past`, if it is at hand, else the parent is run again.
    """
    data = load_dataset(recipe.data, **recipe.data_options) if data is None else data
    recipe = replace(recipe, said=data.said)
    model = recipe.learner(data)
    if recipe.parent:
        past = past or _past(recipe.parent, data)
        try:
            model.restore(past.model.steps, past.model.vectors())
        except ValueError as error:
            raise RecipeError(f"a fork goes on with its parent's networks and optimisers: {error}") from error
    Batches(data, model.turns * recipe.batch, recipe.seed)  # refuses a batch that is larger than the data
    return Run(recipe, model, recipe.scaler(data), History(), _form(data), data.fingerprint()), data


def _form(data: Data) -> dict[str, Any]:
    """How a sample is to be written; nothing need be said of a Distribution's."""
    if data.count == math.inf:
        return {}
    image, pixels = (list(v) if v else None for v in (data.image, data.pixels))
    told = {"kinds": [asdict(column) for column in data.kinds]} if data.kinds else {}
    return {"columns": data.columns, "image": image, "pixels": pixels} | told


def _past(parent: dict[str, Any], data: Data) -> Run:
    """The run that a fork goes on from, at that step."""
    recipe = Recipe.from_json(json.dumps(parent["recipe"]))
    run, _ = start(recipe, data)
    advance(run.model, data, parent["step"] - run.model.steps, recipe.batch, run.scaler, recipe.threads)
    return run


def save(model: GAN | Model, path: str | os.PathLike) -> None:
    """Write a GAN, or a model, to a checkpoint file (.npz), whole or not at all."""
    checkpoint.save(model, path)


def load(
    path: str | os.PathLike, backend: str | None = None, classes: Sequence[type] = (), dtype: str | None = None
) -> Any:
    """A Run from a run's folder, or a GAN or a model from a checkpoint file.

    backend and dtype override those it was made with; classes are layers, objectives or schedules of your own that
    it uses. Raises CheckpointError, RecipeError or OSError, naming the file.
    """
    if Path(path).is_dir():
        return load_run(Path(path), backend, classes, dtype)[0]
    return checkpoint.read(path, backend, classes, dtype)[0]


def load_run(
    folder: Path,
    backend: str | None = None,
    classes: Sequence[type] = (),
    dtype: str | None = None,
    name: str = "checkpoint.npz",
) -> tuple[Run, dict[str, Any]]:
    """The Run in a folder as its checkpoint knows it, and what else that says; its files must be of one run.

    name is the checkpoint's, if an older one was kept. Raises as `load` does. No link is followed that leads out
    of the folder.
    """
    recipe_json, history_csv, file = (folder / part for part in ("recipe.json", "history.csv", name))
    for path in (recipe_json, history_csv, file):
        if os.path.dirname(os.path.realpath(path)) != os.path.realpath(folder):
            raise CheckpointError(f"{path} is a link out of the run's folder; put the file itself there")
        if path.exists() and not path.is_file():
            raise CheckpointError(f"{path} is a folder, a pipe or a device; put a file there")
    recipe = read(recipe_json)
    model, extra, arrays = checkpoint.read(file, backend, classes, dtype)
    if "scaler.shift" not in arrays:
        raise CheckpointError(f"{file} holds a GAN or a model, but no run: it has no scaler")
    try:
        content = None  # format 1 knew neither its recipe nor its history
        if "recipe" in extra:
            own = Recipe.from_json(json.dumps(extra["recipe"]))
            names = [f.name for f in fields(Recipe) if f.compare]
            apart = [name for name in names if getattr(own, name) != getattr(recipe, name)]
            if apart and (apart != ["data"] or {own.data, recipe.data} & KNOWN.keys()):  # a file may have moved
                raise CheckpointError(
                    f"{recipe_json} and {file} are of two runs: in the first {apart[0]} is "
                    f"{shown(getattr(recipe, apart[0]))}, in the second {shown(getattr(own, apart[0]))}"
                )
            content = checkpoint.kept(history_csv, extra["history"])
        scales, form = Scaler(arrays["scaler.shift"], arrays["scaler.scale"]), extra["form"]
        if not _describes(form, scales, model.dim):
            raise CheckpointError(f"{file} cannot be loaded: its scaler or form is not that of what it makes")
        history, places = History.from_csv(history_csv, content), extra.get("made with")
        rows = places[-1].get("data", "") if isinstance(places, list) else ""  # format 1 did not know
        return Run(recipe, model, scales, history, form, rows), extra
    except (LookupError, TypeError, AttributeError, RecursionError, RecipeError) as error:
        raise CheckpointError(f"{file} cannot be loaded: it does not describe a run ({error!r:.80})") from error


def _describes(form: dict[str, Any], scales: Scaler, dim: int) -> bool:
    """Whether a scaler and a form are those of samples of dim columns."""
    columns, image, pixels = form.get("columns"), form.get("image"), form.get("pixels") or []
    named = columns is None or (len(columns) == dim and all(type(name) is str for name in columns))
    shaped = image is None or (type(image) is list and fits(tuple(image), tuple) and math.prod(image) == dim)
    shaped = shaped and (image is None or (len(image) in (2, 3) and image[2:] in ([], [3]) and min(image) > 0))
    ranged = image is None or (len(pixels) == 2 and -math.inf < pixels[0] < pixels[1] < math.inf)
    scaled = all(v.shape == (dim,) and v.dtype.kind == "f" and np.isfinite(v).all() for v in vars(scales).values())
    kinds = from_json(form.get("kinds") or ())
    return named and shaped and ranged and scaled and (not kinds or sum(len(c.names) for c in kinds) == dim)


def read(path: str | os.PathLike) -> Recipe:
    """The recipe in a JSON file; raises RecipeError or OSError, naming the file."""
    try:
        return Recipe.from_json(contents(path).decode("utf-8-sig"))  # with or without a byte order mark
    except ValueError as error:
        raise RecipeError(f"{path}: {error}") from error
