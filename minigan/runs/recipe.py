"""A run as data: what is trained, on what and how (`Recipe`), named presets, and what a run leaves (`Run`)."""

from __future__ import annotations

import inspect
import json
import math
import os
import reprlib
import types
import typing
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from ..core.backend import Backend
from ..core.gan import GAN, Latent
from ..core.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Maxout, ReLU, Sigmoid, Softplus, Tanh
from ..core.network import Sequential
from ..core.objectives import OBJECTIVES, R1, GradientPenalty
from ..core.optimizers import SGD, Adam, Exponential, HoldThenCosine, Linear, Momentum, Optimizer, Rate
from ..data.datasets import KNOWN, LARGEST, DataError, Dataset, Scaler, load_dataset, maker, reason, scaler
from ..theory.distributions import Distribution
from . import checkpoint
from .checkpoint import CheckpointError
from .training import Batches, History, advance

ACTIVATIONS: dict[str, type[Layer] | None] = {
    "linear": None,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "sigmoid": Sigmoid,
    "softplus": Softplus,
    "tanh": Tanh,
}
HIDDEN = ACTIVATIONS | {"maxout": Maxout}


class RecipeError(ValueError):
    """A recipe asks for something that does not exist or cannot be; the message says what and what can."""


def setting(default: Any, says: str, **limits: Any) -> Any:
    """A field of Recipe: its default, what it is in a line, and its limits (least, most, below, choices)."""
    about = {"says": says} | limits
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=about)
    return field(default=default, metadata=about)


@dataclass(frozen=True)
class Recipe:
    """All that decides a run: two equal recipes give the same run, bit for bit, on the same machine and libraries.

    Whatever has units (learning rates, instance noise) is in those of the scaled data. Raises RecipeError for a
    value that cannot be.
    """

    data: str = setting("ring", "a data set's name, or the path of a file or a folder of images")
    data_options: dict[str, Any] = setting({}, "the data set's own settings, such as size for images")
    steps: int = setting(16_000, "how many steps to take", least=1)
    batch: int = setting(256, "real samples of each update of D, and fakes of each update", least=1)
    seed: int = setting(0, "what all random numbers follow from", least=0)
    latent: int = setting(2, "dimensions of z", least=1)
    latent_kind: str = setting("normal", "distribution of z", choices=("normal", "uniform"))
    generator: tuple[int, ...] = setting((64, 64, 64), "widths of G's hidden layers")
    generator_activation: str = setting("tanh", "after G's hidden layers", choices=HIDDEN)
    generator_output: str = setting("linear", "after G's last layer; sigmoid: pixels 0 to 1", choices=ACTIVATIONS)
    output_bias: bool = setting(False, "start G's last bias so that G(0) is the data's mean")
    init_g: float | None = setting(None, "G's weights start uniform on ± this; null for He's", least=0, most=1e6)
    batch_norm: bool = setting(False, "normalise G's hidden layers over the batch")
    discriminator: tuple[int, ...] = setting((64, 64, 64), "widths of D's hidden layers")
    discriminator_activation: str = setting("leaky_relu", "after D's hidden layers", choices=HIDDEN)
    init_d: float | None = setting(None, "D's weights start uniform on ± this; null for He's", least=0, most=1e6)
    pieces: int = setting(2, "linear pieces of each maxout unit", least=2)
    dropout_input: float = setting(0.0, "share of what D sees set to 0 in training", least=0, below=1)
    dropout: float = setting(0.0, "share of D's hidden numbers set to 0 in training", least=0, below=1)
    objective: str = setting("non-saturating", "what G minimises", choices=OBJECTIVES)
    updates: str = setting("simultaneous", "order of the players", choices=("simultaneous", "alternating"))
    d_steps: int = setting(1, "updates of D for each of G (alternating)", least=1)
    packing: int = setting(1, "samples that D sees side by side", least=1)
    optimizer: str = setting("adam", "how both players move", choices=("adam", "momentum", "sgd"))
    learning_rate: float = setting(1e-3, "of both players, at the start", least=0)
    learning_rate_g: float | None = setting(None, "of G alone, where it differs", least=0)
    learning_rate_d: float | None = setting(None, "of D alone, where it differs", least=0)
    beta1: float = setting(0.5, "Adam's memory of the gradient", least=0, below=1)
    beta2: float = setting(0.99, "Adam's memory of its square", least=0, below=1)
    momentum: float = setting(0.9, "the memory of optimizer momentum", least=0, below=1)
    momentum_final: float | None = setting(None, "what it comes to along a line; null to stay", least=0, below=1)
    momentum_until: float = setting(1.0, "share of the steps in which it does", least=0, most=1)
    schedule: str = setting("hold-cosine", "of the rates", choices=("constant", "hold-cosine", "exponential"))
    hold: float = setting(0.5, "share of the steps before a hold-cosine rate falls to 0", least=0, most=1)
    decay: float = setting(1.0, "factor of an exponential rate at each step", least=0, most=1)
    rate_floor: float = setting(0.0, "share of its start that such a rate keeps", least=0, most=1)
    instance_noise: float = setting(0.0, "standard deviation of noise on all that D sees, at the start", least=0)
    noise_until: float = setting(1.0, "share of the steps in which it falls to 0", least=0, most=1)
    r1: float = setting(0.0, "gamma of the R1 penalty on D's slope at real samples", least=0)
    gradient_penalty: float = setting(0.0, "weight of WGAN-GP's penalty, for objective wasserstein", least=0)
    average: float | None = setting(0.999, "decay of the averaged generator; null for none", least=0, below=1)
    log_every: int = setting(100, "steps between two rows of the history", least=1)
    save_every: int = setting(2000, "steps between two checkpoints, each made at the next row", least=1)
    frames: int = setting(60, "pictures of the animation, at most; 0 for no animation", least=0)
    keep_every: int = setting(0, "steps between checkpoints kept for `minigan replay`; 0 for none", least=0)
    parent: dict[str, Any] = setting({}, "of a fork: the recipe and the step that it goes on from")
    backend: str = setting("numpy", "where arrays live", choices=("numpy", "cupy", "auto"))
    dtype: str = setting("float32", "their type", choices=("float32", "float64"))
    threads: int | None = setting(None, "BLAS threads; null to choose by the networks' size", least=1)

    def __post_init__(self) -> None:
        for f in fields(self):
            kind, limits, value = TYPES[f.name], f.metadata, getattr(self, f.name)
            if isinstance(value, list):
                value = tuple(value)
            if _huge(value):
                raise RecipeError(f"{f.name} is {_shown(value)}; whole numbers end at 2^63")
            if float in _parts(kind) and type(value) is int:
                value = float(value)
            object.__setattr__(self, f.name, value)
            if not _fits(value, kind):
                raise RecipeError(f"{f.name} is {_shown(value)}; it must be {_in_words(kind)}")
            if value is None:
                continue
            if "choices" in limits and value not in limits["choices"]:
                raise RecipeError(f"{f.name} is {_shown(value)}; choose one of {', '.join(limits['choices'])}")
            if "least" in limits and not self._within(value, **limits):
                bounds = [f"at least {limits['least']}"]
                bounds += [f"at most {limits['most']}"] if "most" in limits else []
                bounds += [f"below {limits['below']}"] if "below" in limits else []
                raise RecipeError(f"{f.name} is {_shown(value)}; it must be {' and '.join(bounds)}")
        for key, value in self.data_options.items():
            if not _fits(value, int | float | str | bool | None) or not (
                isinstance(value, str | None) or value == 0 or 1 / LARGEST <= abs(value) <= LARGEST
            ):
                wanted = f"a number of size {1 / LARGEST:g} to {LARGEST:g}, a text, true, false or null"
                raise RecipeError(f"{_shown(key)[1:-1]} is {_shown(value)}; it must be {wanted}")
        if min(self.generator + self.discriminator, default=1) < 1:
            raise RecipeError("generator and discriminator hold a width below 1; a layer needs a column at least")
        if self.batch % self.packing:
            raise RecipeError(f"batch is {self.batch}; with packing={self.packing} it must be a multiple of that")
        if self.parent:
            self._check_parent()
        if self.r1 and self.gradient_penalty:
            raise RecipeError("r1 and gradient_penalty are both above 0; D takes one penalty")
        if self.output_bias and self.generator_output not in ("linear", "sigmoid", "tanh"):
            raise RecipeError(f"output_bias inverts linear, sigmoid and tanh, not {self.generator_output}")
        if self.updates == "simultaneous" and self.d_steps > 1:
            raise RecipeError(f"d_steps is {self.d_steps}; more than 1 needs updates=alternating")

    def _check_parent(self) -> None:
        step = self.parent.get("step")
        if self.parent.keys() != {"recipe", "step"} or type(step) is not int:
            raise RecipeError(f"parent is {_shown(self.parent)}; it must be an object of a recipe and a step")
        try:
            parent = Recipe.from_json(json.dumps(self.parent["recipe"]))
        except (RecipeError, RecursionError) as error:  # the parent's own parent is checked likewise
            raise RecipeError(f"the parent is no recipe: {reason(error)}") from error
        if not parent.parent.get("step", 0) <= step <= parent.steps:
            raise RecipeError(f"parent has the step {_shown(step)}, which its recipe never takes; give another")
        if self.steps <= step:
            raise RecipeError(f"steps is {self.steps}; a fork from step {step} wants more than that")

    @staticmethod
    def _within(value: float, least: float, most: float = math.inf, below: float = math.inf, **_: Any) -> bool:
        return least <= value <= most and value < below  # false for NaN, and for infinity

    def to_json(self) -> str:
        """The recipe as JSON text."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The recipe of a JSON text: keys left out have their defaults, unknown and repeated ones are refused."""
        try:
            plain = json.loads(text, object_pairs_hook=_once)
        except RecipeError:
            raise
        except (ValueError, RecursionError) as error:
            raise RecipeError(f"the recipe is no JSON that can be read: {error}; correct it there") from error
        if not isinstance(plain, dict):
            raise RecipeError(f"a recipe is a JSON object of settings, not {_shown(plain)}")
        for key in plain:
            if key not in TYPES:
                raise RecipeError(_unknown(key, TYPES))
        return cls(**plain)

    def updated(self, settings: dict[str, Any]) -> Recipe:
        """This recipe with other settings, as values or as texts; the data set's own options are settings too."""
        own: dict[str, Any] = {}
        options = dict(self.data_options)
        of_data = list(inspect.signature(maker(settings.get("data", self.data))).parameters)
        for key, value in settings.items():
            value = _read(value) if isinstance(value, str) and TYPES.get(key) is not str else value
            if key in TYPES:
                own[key] = (value,) if isinstance(value, int) and tuple in _parts(TYPES[key]) else value
            elif key in of_data:
                options[key] = value
            else:
                raise RecipeError(_unknown(key, [*TYPES, *of_data]))
        return replace(self, **{"data_options": options, **own})

    def scaler(self, data: Distribution | Dataset) -> Scaler:
        """The map between the data and the range that G's output can reach."""
        return scaler(data, darkest=0.0 if self.generator_output == "sigmoid" else -1.0)

    def build(self, dim: int, mean: np.ndarray | None = None) -> GAN:
        """The GAN of this recipe for samples of `dim` columns, at its starting weights.

        mean (dim,) is that of the scaled data, for output_bias; RecipeError where it is missing then.
        """
        where = Backend(self.backend, self.dtype)
        widths = (self.latent, *self.generator, dim)
        for_g = _stack(widths, self.generator_activation, self.pieces, self.init_g, self.batch_norm)
        for_g += [kind()] if (kind := ACTIVATIONS[self.generator_output]) else []
        widths = (self.packing * dim, *self.discriminator, 1)
        for_d: list[Layer] = [Dropout(self.dropout_input)] if self.dropout_input else []
        for_d += _stack(widths, self.discriminator_activation, self.pieces, self.init_d, dropout=self.dropout)
        generator = Sequential(for_g, where, self.seed, "G")
        if self.output_bias:
            if mean is None:
                raise RecipeError("output_bias starts G at the mean of the scaled data; give build(dim, mean)")
            last = next(layer for layer in reversed(for_g) if isinstance(layer, Dense))
            last.b[...] = where.asarray(_inverse(self.generator_output, mean))
            generator.moved()
        penalty = R1(self.r1) if self.r1 else None
        noise = Linear(self.instance_noise, self.steps, self.noise_until) if self.instance_noise else None
        return GAN(
            generator,
            Sequential(for_d, where, self.seed, "D", self.packing * dim),
            Latent(self.latent, self.latent_kind),
            objective=self.objective,
            updates=self.updates,
            d_steps=self.d_steps,
            optimizers=(
                self._optimizer(self.learning_rate_g),
                self._optimizer(self.learning_rate_d, self.d_steps),
            ),
            average=self.average,
            packing=self.packing,
            instance_noise=noise,
            penalty=GradientPenalty(self.gradient_penalty) if self.gradient_penalty else penalty,
            seed=self.seed,
        )

    def _optimizer(self, own_rate: float | None, updates: int = 1) -> Optimizer:
        """That of a player who moves so many times a step; its schedules count its own updates."""
        start, steps = self.learning_rate if own_rate is None else own_rate, self.steps * updates
        schedules: dict[str, Rate] = {
            "constant": start,
            "hold-cosine": HoldThenCosine(start, steps, self.hold),
            "exponential": Exponential(start, self.decay ** (1 / updates), self.rate_floor * start),
        }
        rate = schedules[self.schedule]
        if self.optimizer == "sgd":
            return SGD(rate)
        if self.optimizer == "momentum":
            first, last = self.momentum, self.momentum_final
            return Momentum(rate, first if last is None else Linear(first, steps, self.momentum_until, last))
        return Adam(rate, self.beta1, self.beta2)


def _stack(
    widths: Sequence[int],
    activation: str,
    pieces: int,
    bound: float | None,
    batch_norm: bool = False,
    dropout: float = 0.0,
) -> list[Layer]:
    """Dense layers of these widths, each but the last with its normalisation, activation and dropout."""
    init: str | tuple[str, float] = "he" if bound is None else ("uniform", bound)
    layers: list[Layer] = []
    for n_in, n_out in zip(widths[:-1], widths[1:-1], strict=False):
        n = n_out * pieces if activation == "maxout" else n_out
        layers.append(Dense(n_in, n, init=init))
        layers += [BatchNorm(n)] if batch_norm else []
        if activation == "maxout":
            layers.append(Maxout(pieces))
        elif kind := ACTIVATIONS[activation]:
            layers.append(kind())
        layers += [Dropout(dropout)] if dropout else []
    return [*layers, Dense(widths[-2], widths[-1], init=init)]


def _inverse(output: str, mean: np.ndarray) -> np.ndarray:
    """What an output layer maps to this mean (d,), kept 1e-7 of its range away from ends that it cannot reach."""
    if output == "linear":
        return mean
    share = np.clip(mean if output == "sigmoid" else (mean + 1) / 2, 1e-7, 1 - 1e-7)
    logit = np.log(share / (1 - share))
    return logit if output == "sigmoid" else logit / 2  # tanh(a / 2) = 2 sigmoid(a) - 1


SAMPLES = 2500  # of the averaged generator, for the figures and the quality in the history
TYPES: dict[str, Any] = typing.get_type_hints(Recipe)


def _parts(kind: Any) -> tuple[Any, ...]:
    """The types that a field may have: those of a union, without their brackets."""
    kinds = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    return tuple(typing.get_origin(k) or k for k in kinds)


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(value, tuple) and not all(type(width) is int for width in value):
        return False
    return type(value) in _parts(kind)


def _huge(value: Any) -> bool:
    """Whether this is or holds a whole number that no array's size or index can be."""
    numbers = value if isinstance(value, tuple) else (value,)
    return any(type(number) is int and abs(number) >= 1 << 63 for number in numbers)


def _shown(value: Any) -> str:
    """A value of any size and depth, for a message of one line."""
    text = reprlib.repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these keys and values; of two values for a key, json would keep the last and say nothing."""
    plain = dict(pairs)
    if len(plain) < len(pairs):
        key = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise RecipeError(f"{_shown(key)} is set twice; keep one of them")
    return plain


def _in_words(kind: Any) -> str:
    names = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    names |= {types.NoneType: "null", tuple: "a list of whole numbers", dict: "an object of settings"}
    return " or ".join(names[part] for part in _parts(kind))


def _read(text: str) -> Any:
    """A setting typed on a command line: a number, true, null, a list as 64,64 or [64, 64], else the text."""
    for attempt in (text, text.lower().replace("none", "null"), f"[{text}]"):
        try:
            return json.loads(attempt)
        except ValueError:
            continue
    return text


def _unknown(key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"no setting is called {_shown(key)}; {hint}"


_IMAGES = Recipe(
    data="digits",
    steps=20_000,
    batch=64,
    latent=32,
    generator=(128, 256),
    generator_output="tanh",
    discriminator=(256, 128),
    hold=0.0,
    instance_noise=0.7,
    beta2=0.999,
)
RECIPES: dict[str, tuple[str, Recipe]] = {
    "ring": ("eight Gaussians on a circle", Recipe(instance_noise=0.15, noise_until=0.3)),
    "grid": (
        "twenty-five Gaussians on a square grid",
        Recipe(data="grid", steps=24_000, instance_noise=0.6, noise_until=0.5),
    ),
    "gaussian": (
        "one Gaussian on a line, N(4, 0.5²)",
        Recipe(
            data="gaussian",
            steps=3000,
            latent=1,
            generator=(16, 16),
            generator_activation="leaky_relu",
            discriminator=(32, 32),
            learning_rate_d=3e-3,
            beta2=0.999,
            hold=0.0,
        ),
    ),
    "digits": ("1,797 handwritten digits, 8 × 8 pixels", _IMAGES),
    "points": ("your own table of numbers", Recipe(data="points", latent=8, instance_noise=0.3, noise_until=0.3)),
    "images": (
        "your own grey images",
        replace(_IMAGES, data="images", latent=64, generator=(256, 512), discriminator=(512, 256)),
    ),
    "goodfellow2014": (
        "the first paper's, for MNIST's or Fashion-MNIST's file",
        Recipe(  # github.com/goodfeli/adversarial, mnist.yaml
            data="train-images-idx3-ubyte",
            steps=125_000,  # 250 epochs of 50,000 images; the published run was stopped by eye
            batch=100,
            latent=100,
            latent_kind="uniform",
            generator=(1200, 1200),
            generator_activation="relu",
            generator_output="sigmoid",
            output_bias=True,
            init_g=0.05,
            discriminator=(240, 240),
            discriminator_activation="maxout",
            init_d=0.005,
            pieces=5,
            dropout_input=0.2,
            dropout=0.5,
            optimizer="momentum",
            learning_rate=0.1,
            learning_rate_d=0.05,  # their D pays half the sum of two means: half the gradient, at .1
            momentum=0.5,
            momentum_final=0.7,
            schedule="exponential",
            decay=1 / 1.000004,
            rate_floor=1e-5,  # 1e-6 of .1
            average=None,
            log_every=500,
            frames=50,
        ),
    ),
}


def recipe_for(data: str, settings: dict[str, Any] | None = None) -> Recipe:
    """The preset that suits this data: its own, or that for tables or images of the user's.

    settings may hold options that the data cannot be read without (`key`, of an .npz of several arrays).
    """
    if data in ("ring", "grid", "gaussian", "digits"):
        return RECIPES[data][1]
    options = inspect.signature(maker(data)).parameters
    loaded = _load_data(data, {k: _read(v) for k, v in (settings or {}).items() if k in options})
    assert isinstance(loaded, Dataset)  # a file holds no Distribution
    recipe = RECIPES["images" if loaded.image else "points"][1]
    return replace(recipe, data=str(Path(data).resolve()), batch=min(recipe.batch, len(loaded.x)))


def _load_data(data: str, options: dict[str, Any]) -> Distribution | Dataset:
    """load_dataset, for options that may come from a command line or a file, and be of any type."""
    for key, parameter in inspect.signature(maker(data), eval_str=True).parameters.items():
        value, kind = options.get(key, parameter.default), parameter.annotation
        if not _fits(value, kind) and not (type(value) is int and kind is float):
            raise RecipeError(f"{key} is {_shown(value)}; it must be {_in_words(kind)}")
    return load_dataset(data, **options)


@dataclass
class Run:
    """What a run leaves: its recipe, the trained GAN, the scaler between its units and the data's, its history.

    form (columns, image, pixels) says how a sample is to be written; it is empty for a Distribution.
    """

    recipe: Recipe
    gan: GAN
    scaler: Scaler
    history: History
    form: dict[str, Any] = field(default_factory=dict)

    def sample(self, n: int, seed: int = 0, averaged: bool = True) -> np.ndarray:
        """n samples (n, dim) in the data's own units; of the averaged generator unless told otherwise."""
        return self.scaler.to_data(self.gan.generator.backend.to_numpy(self.gan.sample(n, seed, averaged)))

    def opinion(self, x: np.ndarray) -> np.ndarray:
        """D's probability (n,) that x (n, dim), in the data's units, is real; a pack is copies of x."""
        z = np.tile(self.scaler.to_network(x), self.gan.packing)
        return self.gan.generator.backend.to_numpy(self.gan.opinion(z))

    def dataset(self) -> Distribution | Dataset:
        """The data that the run was trained on, loaded anew; raises DataError if they have other columns now."""
        data = _load_data(self.recipe.data, self.recipe.data_options)
        now, then = _columns(data), self.gan.generator.widths[-1]
        if now != then:
            raise DataError(f"{self.recipe.data}: has {now} columns, the run was trained on {then}; restore it")
        return data


def start(recipe: Recipe, past: Run | None = None) -> tuple[Run, Distribution | Dataset]:
    """A run before its first step, and its data; raises where recipe and data do not fit.

    That of a fork is where its parent was at that step: `past`, if it is at hand, else the parent is run again.
    """
    data = _load_data(recipe.data, recipe.data_options)
    scales = recipe.scaler(data)
    mean = data.mean if isinstance(data, Distribution) else data.x.mean(axis=0, dtype=np.float64)
    gan = recipe.build(_columns(data), scales.to_network(mean))
    if recipe.parent:
        past = past or _past(recipe.parent)
        try:
            gan.restore(past.gan.steps, past.gan.vectors())
        except ValueError as error:
            raise RecipeError(f"a fork goes on with its parent's networks and optimisers: {error}") from error
    Batches(data, gan.d_steps * recipe.batch, recipe.seed)  # refuses a batch that is larger than the data
    form = {} if isinstance(data, Distribution) else _form(data)
    return Run(recipe, gan, scales, History(), form), data


def _past(parent: dict[str, Any]) -> Run:
    """The run that a fork goes on from, at that step."""
    recipe = Recipe.from_json(json.dumps(parent["recipe"]))
    run, data = start(recipe)
    advance(run.gan, data, parent["step"] - run.gan.steps, recipe.batch, run.scaler, recipe.threads)
    return run


def _columns(data: Distribution | Dataset) -> int:
    return data.dim if isinstance(data, Distribution) else data.x.shape[1]


def _form(data: Dataset) -> dict[str, Any]:
    image, pixels = (list(v) if v else None for v in (data.image, data.pixels))
    return {"columns": data.columns, "image": image, "pixels": pixels}


def save(gan: GAN, path: str | os.PathLike) -> None:
    """Write a GAN to a checkpoint file (.npz), whole or not at all."""
    checkpoint.save(gan, path)


def load(
    path: str | os.PathLike, backend: str | None = None, classes: Sequence[type] = (), dtype: str | None = None
) -> Any:
    """A Run from a run's folder, or a GAN from a checkpoint file.

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
    gan, extra, arrays = checkpoint.read(file, backend, classes, dtype)
    if "scaler.shift" not in arrays:
        raise CheckpointError(f"{file} holds a GAN, but no run: it has no scaler")
    try:
        content = None  # format 1 knew neither its recipe nor its history
        if "recipe" in extra:
            own = Recipe.from_json(json.dumps(extra["recipe"]))
            apart = [f.name for f in fields(Recipe) if getattr(own, f.name) != getattr(recipe, f.name)]
            if apart and (apart != ["data"] or {own.data, recipe.data} & KNOWN.keys()):  # a file may have moved
                raise CheckpointError(
                    f"{recipe_json} and {file} are of two runs: in the first {apart[0]} is "
                    f"{_shown(getattr(recipe, apart[0]))}, in the second {_shown(getattr(own, apart[0]))}"
                )
            content = checkpoint.kept(history_csv, extra["history"])
        scales, form = Scaler(arrays["scaler.shift"], arrays["scaler.scale"]), extra["form"]
        if not _describes(form, scales, gan.generator.widths[-1]):
            raise CheckpointError(f"{file} cannot be loaded: its scaler or form is not that of what G makes")
        return Run(recipe, gan, scales, History.from_csv(history_csv, content), form), extra
    except (KeyError, TypeError, AttributeError, RecursionError, RecipeError) as error:
        raise CheckpointError(f"{file} cannot be loaded: it does not describe a run ({error!r:.80})") from error


def _describes(form: dict[str, Any], scales: Scaler, dim: int) -> bool:
    """Whether a scaler and a form are those of samples of dim columns."""
    columns, image, pixels = form.get("columns"), form.get("image"), form.get("pixels") or []
    named = columns is None or (len(columns) == dim and all(type(name) is str for name in columns))
    shaped = image is None or (type(image) is list and _fits(tuple(image), tuple) and math.prod(image) == dim)
    ranged = image is None or (len(pixels) == 2 and -math.inf < pixels[0] < pixels[1] < math.inf)
    scaled = all(v.shape == (dim,) and v.dtype.kind == "f" and np.isfinite(v).all() for v in vars(scales).values())
    return named and shaped and ranged and scaled


def read(path: str | os.PathLike) -> Recipe:
    """The recipe in a JSON file; raises RecipeError or OSError, naming the file."""
    try:
        return Recipe.from_json(checkpoint.contents(path).decode("utf-8-sig"))  # with or without a byte order mark
    except ValueError as error:
        raise RecipeError(f"{path}: {error}") from error
