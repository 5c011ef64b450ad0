"""A run as data: what is trained, on what and how (`Recipe`), named presets, and what a run leaves (`Run`)."""

from __future__ import annotations

import inspect
import json
import math
import os
import platform
import shutil
import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from . import checkpoint
from .backend import Backend
from .datasets import DataError, Dataset, Scaler, load_dataset, maker, scaler
from .distributions import Distribution
from .gan import GAN, Latent
from .layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from .metrics import quality
from .network import Sequential
from .objectives import OBJECTIVES
from .optimizers import SGD, Adam, Exponential, HoldThenCosine, Linear, Momentum, Optimizer, Rate
from .training import Batches, Diverged, History, threads_for, train

ACTIVATIONS: dict[str, type[Layer] | None] = {
    "linear": None,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "sigmoid": Sigmoid,
    "softplus": Softplus,
    "tanh": Tanh,
}


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
    generator_activation: str = setting("tanh", "after G's hidden layers", choices=ACTIVATIONS)
    generator_output: str = setting("linear", "after G's last layer", choices=ACTIVATIONS)
    batch_norm: bool = setting(False, "normalise G's hidden layers over the batch")
    discriminator: tuple[int, ...] = setting((64, 64, 64), "widths of D's hidden layers")
    discriminator_activation: str = setting("leaky_relu", "after D's hidden layers", choices=ACTIVATIONS)
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
    schedule: str = setting("hold-cosine", "of the rates", choices=("constant", "hold-cosine", "exponential"))
    hold: float = setting(0.5, "share of the steps before a hold-cosine rate falls to 0", least=0, most=1)
    decay: float = setting(1.0, "factor of an exponential rate at each step", least=0, most=1)
    instance_noise: float = setting(0.0, "standard deviation of noise on all that D sees, at the start", least=0)
    noise_until: float = setting(1.0, "share of the steps in which it falls to 0", least=0, most=1)
    average: float | None = setting(0.999, "decay of the averaged generator; null for none", least=0, below=1)
    log_every: int = setting(100, "steps between two rows of the history", least=1)
    frames: int = setting(60, "pictures of the animation, at most; 0 for no animation", least=0)
    backend: str = setting("numpy", "where arrays live", choices=("numpy", "cupy", "auto"))
    dtype: str = setting("float32", "their type", choices=("float32", "float64"))
    threads: int | None = setting(None, "BLAS threads; null to choose by the networks' size", least=1)

    def __post_init__(self) -> None:
        for f in fields(self):
            kind, limits, value = TYPES[f.name], f.metadata, getattr(self, f.name)
            if isinstance(value, list):
                value = tuple(value)
            elif float in _parts(kind) and type(value) is int:
                value = float(value)
            object.__setattr__(self, f.name, value)
            if not _fits(value, kind):
                raise RecipeError(f"{f.name} is {value!r}; it must be {_in_words(kind)}")
            if value is None:
                continue
            if "choices" in limits and value not in limits["choices"]:
                raise RecipeError(f"{f.name} is {value!r}; choose one of {', '.join(limits['choices'])}")
            if "least" in limits and not self._within(value, **limits):
                bounds = [f"at least {limits['least']}"]
                bounds += [f"at most {limits['most']}"] if "most" in limits else []
                bounds += [f"below {limits['below']}"] if "below" in limits else []
                raise RecipeError(f"{f.name} is {value}; it must be {' and '.join(bounds)}")
        if min(self.generator + self.discriminator, default=1) < 1:
            raise RecipeError("generator and discriminator hold a width below 1; a layer needs a column at least")
        if self.batch % self.packing:
            raise RecipeError(f"batch is {self.batch}; with packing={self.packing} it must be a multiple of that")
        if self.updates == "simultaneous" and self.d_steps > 1:
            raise RecipeError(f"d_steps is {self.d_steps}; more than 1 needs updates=alternating")

    @staticmethod
    def _within(value: float, least: float, most: float = math.inf, below: float = math.inf, **_: Any) -> bool:
        return least <= value <= most and value < below  # false for NaN, and for infinity

    def to_json(self) -> str:
        """The recipe as JSON text."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The recipe of a JSON text; a key that is left out has its default, an unknown one is refused by name."""
        try:
            plain = json.loads(text)
        except ValueError as error:
            raise RecipeError(f"the recipe is no JSON: {error}") from error
        if not isinstance(plain, dict):
            raise RecipeError(f"a recipe is a JSON object of settings, not {plain!r:.60}")
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

    def build(self, dim: int) -> GAN:
        """The GAN of this recipe for samples of `dim` columns, at its starting weights."""
        where = Backend(self.backend, self.dtype)
        widths = (self.latent, *self.generator, dim)
        for_g = _stack(widths, self.generator_activation, self.generator_output, batch_norm=self.batch_norm)
        widths = (self.packing * dim, *self.discriminator, 1)
        for_d = _stack(widths, self.discriminator_activation, dropout=self.dropout)
        noise = Linear(self.instance_noise, self.steps, self.noise_until) if self.instance_noise else None
        return GAN(
            Sequential(for_g, where, self.seed, "G"),
            Sequential(for_d, where, self.seed, "D"),
            Latent(self.latent, self.latent_kind),
            objective=self.objective,
            updates=self.updates,
            d_steps=self.d_steps,
            optimizers=(self._optimizer(self.learning_rate_g), self._optimizer(self.learning_rate_d)),
            average=self.average,
            packing=self.packing,
            instance_noise=noise,
            seed=self.seed,
        )

    def _optimizer(self, own_rate: float | None) -> Optimizer:
        start = self.learning_rate if own_rate is None else own_rate
        schedules: dict[str, Rate] = {
            "constant": start,
            "hold-cosine": HoldThenCosine(start, self.steps, self.hold),
            "exponential": Exponential(start, self.decay),
        }
        rate = schedules[self.schedule]
        if self.optimizer == "sgd":
            return SGD(rate)
        if self.optimizer == "momentum":
            return Momentum(rate, self.momentum)
        return Adam(rate, self.beta1, self.beta2)


def _stack(
    widths: Sequence[int],
    activation: str,
    output: str = "linear",
    batch_norm: bool = False,
    dropout: float = 0.0,
) -> list[Layer]:
    """Dense layers of these widths, each but the last with its normalisation, activation and dropout."""
    layers: list[Layer] = []
    for n_in, n_out in zip(widths[:-1], widths[1:-1], strict=False):
        layers.append(Dense(n_in, n_out))
        layers += [BatchNorm(n_out)] if batch_norm else []
        layers += [kind()] if (kind := ACTIVATIONS[activation]) else []
        layers += [Dropout(dropout)] if dropout else []
    layers.append(Dense(widths[-2], widths[-1]))
    return layers + ([kind()] if (kind := ACTIVATIONS[output]) else [])


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
    return f"no setting is called {key!r}; {hint}"


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
            raise RecipeError(f"{key} is {value!r}; it must be {_in_words(kind)}")
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

    def save(self, folder: Path) -> None:
        """Write recipe.json, history.csv and checkpoint.npz into this folder."""
        (folder / "recipe.json").write_text(self.recipe.to_json(), encoding="utf-8")
        self.history.to_csv(folder / "history.csv")
        arrays = {"scaler.shift": self.scaler.shift, "scaler.scale": self.scaler.scale}
        extra = {"form": self.form, "made with": versions(self.recipe.threads or threads_for(self.gan))}
        checkpoint.save(self.gan, folder / "checkpoint.npz", extra, **arrays)


def start(recipe: Recipe) -> tuple[Run, Distribution | Dataset]:
    """A run before its first step, and its data; raises where recipe and data do not fit."""
    data = _load_data(recipe.data, recipe.data_options)
    gan = recipe.build(_columns(data))
    Batches(data, gan.d_steps * recipe.batch, recipe.seed)  # refuses a batch that is larger than the data
    form = {} if isinstance(data, Distribution) else _form(data)
    return Run(recipe, gan, scaler(data), History(), form), data


def _columns(data: Distribution | Dataset) -> int:
    return data.dim if isinstance(data, Distribution) else data.x.shape[1]


def _form(data: Dataset) -> dict[str, Any]:
    image, pixels = (list(v) if v else None for v in (data.image, data.pixels))
    return {"columns": data.columns, "image": image, "pixels": pixels}


def save(gan: GAN, path: str | os.PathLike) -> None:
    """Write a GAN to a checkpoint file (.npz), whole or not at all."""
    checkpoint.save(gan, path)


def load(path: str | os.PathLike, backend: str | None = None, classes: Sequence[type] = ()) -> Any:
    """A Run from a run's folder, or a GAN from a checkpoint file.

    backend overrides the one it was made on; classes are layers, objectives or schedules of your own that it uses.
    Raises CheckpointError, RecipeError or OSError, naming the file.
    """
    path = Path(path)
    if not path.is_dir():
        return checkpoint.read(path, backend, classes)[0]
    recipe = read(path / "recipe.json")
    gan, extra, arrays = checkpoint.read(path / "checkpoint.npz", backend, classes)
    if "scaler.shift" not in arrays:
        raise checkpoint.CheckpointError(f"{path / 'checkpoint.npz'} holds a GAN, but no run: it has no scaler")
    scales = Scaler(arrays["scaler.shift"], arrays["scaler.scale"])
    return Run(recipe, gan, scales, History.from_csv(path / "history.csv"), extra["form"])


def read(path: str | os.PathLike) -> Recipe:
    """The recipe in a JSON file; raises RecipeError or OSError, naming the file."""
    try:
        return Recipe.from_json(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise RecipeError(f"{path}: {error}") from error


def versions(threads: int) -> dict[str, Any]:
    """What a run's bits depend on beside its recipe: machine, Python, NumPy, BLAS, threads."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "threads": threads,
    }


def run(recipe: Recipe, folder: Path, progress: bool = False) -> Run:
    """Train as the recipe says and leave a run folder: recipe, history, checkpoint, samples.png, training.gif.

    The folder must not exist, or be empty. A run that fails leaves nothing behind, except that one that diverges
    or is interrupted leaves its last good state. Raises what `start` and `train` raise, and OSError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RecipeError(f"{folder} already holds something; give another folder with --out")
    state, data = start(recipe)
    from . import plotting  # matplotlib is imported when a figure is wanted

    grid, name = plotting.opinion_grid(data), Path(recipe.data).stem
    rows = math.ceil(recipe.steps / recipe.log_every)
    stride = recipe.log_every * math.ceil(rows / max(1, recipe.frames))
    frames: list[plotting.Frame] = []

    def watch(gan: GAN, row: dict[str, float]) -> None:
        step = int(row["step"])
        if step % stride == 0 or step == recipe.steps:
            samples, opinion = state.sample(SAMPLES), None if grid is None else state.opinion(grid)
            if not np.isfinite(samples).all():  # the weights are finite, and what they make no longer
                raise Diverged(step, "samples", int(state.history.rows[-1]["step"]) if state.history else 0)
            row["quality"] = quality(samples, data)[1]
            frames.append(plotting.Frame(step, samples, opinion, dict(row)))

    def leave() -> None:
        state.save(folder)
        if frames:
            figure = plotting.samples_figure(data, frames[-1], state.history, name=name)
            plotting.save(figure, folder / "samples.png")
        if frames and recipe.frames:
            plotting.animate(data, frames, folder / "training.gif", name=name)

    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    how = (recipe.steps, recipe.batch, [watch], state.scaler, recipe.log_every, recipe.threads, state.history)
    try:
        state.save(folder)  # a folder that cannot be written to shows now, not in the end
        train(state.gan, data, *how, progress=progress)
        leave()
    except (Diverged, KeyboardInterrupt):
        leave()
        raise
    except BaseException:
        for path in [folder] if made else folder.iterdir():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        raise
    return state
