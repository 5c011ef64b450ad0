"""The models that a recipe can name beside the GAN: their settings, what they take data for, and their making."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.backend import Backend
from ..core.model import Model
from ..core.optimizers import Optimizer
from ..core.streams import Stream
from ..data.dataset import Data, Scaler
from ..models import GSN, MADE, RBM, VAE, Binomial, Categorical, Flow, Gaussian, Gaussians
from ..models.likelihood import Discrete, Likelihood
from ..settings import SettingError, checked, unknown

MODELS: dict[str, type[Model]] = {"made": MADE, "flow": Flow, "vae": VAE, "rbm": RBM, "gsn": GSN}
LIKELIHOODS: dict[str, type[Likelihood]] = {
    "categorical": Categorical,
    "binomial": Binomial,
    "gaussian": Gaussian,
    "gaussians": Gaussians,
}
# What the data, or the recipe's own settings, say of every model.
GIVEN = ("dim", "levels", "optimizer", "average", "backend", "seed")
MANY = 32  # levels: above, a probability for each of them is too much to learn
FIRST = 1000  # draws of a distribution that a model begins from


def options_of(model: str) -> dict[str, Any]:
    """A model's own settings, by name, and their types: what its class is made with; none for the GAN."""
    if model not in MODELS:
        return {}
    make = MODELS[model]
    types = typing.get_type_hints(make.__init__)
    found = {name: types[name] for name in inspect.signature(make).parameters if name not in GIVEN}
    found = {name: tuple[int, ...] if kind == Sequence[int] else kind for name, kind in found.items()}
    return found | ({"likelihood": str, "components": int} if "likelihood" in found else {})


def of_levels(model: str) -> bool:
    """Whether a model takes columns for levels alone: whether its class cannot be made without their number."""
    levels = inspect.signature(MODELS[model]).parameters.get("levels") if model in MODELS else None
    return levels is not None and levels.default is levels.empty


def merged(kept: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Settings of a model with others in their place; a likelihood that is given brings its own components."""
    stay = {name: value for name, value in kept.items() if name != "components" or "likelihood" not in given}
    return stay | given


def check_options(model: str, options: dict[str, Any]) -> dict[str, Any]:
    """All settings of a model, each in its type: these, and what its class says of the others; SettingError.

    A likelihood that is not given stays so, for it depends on the data.
    """
    known = options_of(model)
    parameters = inspect.signature(MODELS[model]).parameters if known else {}
    defaults = {name: p.default for name, p in parameters.items() if name in known and p.default is not p.empty}
    for name in options:
        if name not in known:
            raise SettingError(f"model={model}: {unknown(name, known)}")
    choices = {"likelihood": LIKELIHOODS}
    fine = {}
    for name, value in (defaults | options).items():
        value = (value,) if known[name] == tuple[int, ...] and type(value) is int else value
        least = {float: 0, int: 1}.get(known[name])
        fine[name] = checked(name, value, known[name], least, choices=choices.get(name, ()))
        if isinstance(fine[name], tuple) and min(fine[name], default=0) < 1:
            raise SettingError(f"{name} is {fine[name]}; wanted are one width or more, of a column or more each")
    if "components" in fine and fine.get("likelihood") != "gaussians":
        raise SettingError("components is a setting of likelihood=gaussians")
    return fine


def levels_of(data: Data) -> int | None:
    """How many values a pixel can have, where all pixels are whole numbers from the darkest on; else None."""
    if data.pixels is None or data.x is None:
        return None
    darkest, brightest = data.pixels
    whole = not (data.x % 1).any() and darkest % 1 == 0 and brightest % 1 == 0
    return int(brightest - darkest) + 1 if whole and 1 <= brightest - darkest < 256 else None


def levels_for(model: str, options: dict[str, Any], data: Data) -> int | None:
    """The levels that this model takes the data's pixels for; None where it takes columns for any numbers.

    SettingError for a model of levels on data that have none.
    """
    levels, likelihood = levels_of(data), LIKELIHOODS.get(options.get("likelihood", ""))
    if of_levels(model) and (levels or 0) > MANY:
        raise SettingError(
            f"model={model} has a unit for each of a pixel's {levels} levels, and {MANY} are the most that it is "
            f"built for; made, flow and vae take these pixels"
        )
    if of_levels(model) or (likelihood is not None and issubclass(likelihood, Discrete)):
        if levels is None:
            what = f"likelihood={options['likelihood']}" if likelihood else f"model={model}"
            raise SettingError(
                f"{what} is for pixels of whole numbers, and these data have other columns; "
                f"made, flow and vae take any numbers, with likelihood=gaussian or gaussians"
            )
        return levels
    return None if likelihood else levels


def units(levels: int | None, data: Data) -> Scaler | None:
    """The map from pixels to the levels 0, 1, 2, ...; None where a model takes columns for any numbers."""
    if levels is None or data.pixels is None:
        return None
    return Scaler(np.full(data.dim, data.pixels[0], np.float32), np.ones(data.dim, np.float32))


def build(
    model: str,
    options: dict[str, Any],
    dim: int,
    levels: int | None,
    optimizer: Optimizer,
    average: float | None,
    backend: Backend,
    seed: int,
) -> Model:
    """The model of this name for rows of `dim` columns, before it has seen any; SettingError if it cannot be."""
    make: Any = MODELS[model]
    own = {name: value for name, value in options.items() if name != "components"}
    takes = inspect.signature(make).parameters
    if "levels" in takes:
        own["levels"] = levels
    if "likelihood" in takes:
        kind: Any = LIKELIHOODS[options.get("likelihood", "gaussian" if levels is None else "categorical")]
        more = {"components": options["components"]} if "components" in options else {}
        own["likelihood"] = kind(levels) if issubclass(kind, Discrete) else kind(**more)
    try:
        return make(dim, **own, optimizer=optimizer, average=average, backend=backend, seed=seed)
    except ValueError as error:
        raise SettingError(f"model={model}: {error}") from error


def first_rows(data: Data, scales: Scaler) -> np.ndarray:
    """The rows that a model begins from, in its units: all that there are, or draws."""
    x = data.some(FIRST, Stream(0, "first rows").at(0)) if data.x is None else data.x
    return scales.to_network(x)
