"""A run as data: what is trained, on what and how. Equal recipes give equal runs, bit for bit."""

from __future__ import annotations

import json
import typing
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from ..core.backend import Backend
from ..core.gan import AVERAGE, GAN, OPTIMIZER, UPDATES, Latent
from ..core.layers import LAYERS, BatchNorm, Dense, Dropout, Elementwise, Layer, Maxout
from ..core.model import Model
from ..core.network import Sequential
from ..core.optimizers import SGD, Adam, Exponential, HoldThenCosine, Linear, Momentum, Optimizer, Rate
from ..core.penalties import R1, GradientPenalty
from ..core.scores import OBJECTIVES
from ..data.dataset import Data, Scaler, scaler
from ..data.readers.checks import LARGEST
from ..data.sources import OPTIONS
from ..data.sources import options_of as options_of_data
from ..files import reason
from ..settings import SettingError, checked, fits, parts, shown, typed, unknown
from .models import MODELS, build, check_options, first_rows, levels_for, merged, options_of, units

ACTIVATIONS: dict[str, type[Layer] | None] = {
    "linear": None,
    **{name: kind for name, kind in LAYERS.items() if issubclass(kind, Elementwise)},
}
HIDDEN = ACTIVATIONS | {"maxout": Maxout}
MOST = 2**31 - 1  # rows or columns of an array
MOVES = ("adam", "momentum", "sgd")
DEFAULT = asdict(OPTIMIZER)  # of the default game, see core/gan.py


class RecipeError(ValueError):
    """A recipe asks for something that does not exist or cannot be; the message says what and what can."""


def setting(default: Any, says: str, **limits: Any) -> Any:
    """A field of Recipe: its default, what it is in a line, and its limits (least, most, below, choices)."""
    about = {"says": says} | limits
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=about)
    return field(default=default, metadata=about)


def of_gan(default: Any, says: str, **limits: Any) -> Any:
    """A setting that only a GAN has."""
    return setting(default, says, of="gan", **limits)


@dataclass(frozen=True)
class Recipe:
    """All that decides a run: two equal recipes give the same run, bit for bit, on the same machine and libraries.

    Whatever has units (learning rates, instance noise) is in those of the scaled data. Raises RecipeError for a
    value that cannot be.
    """

    data: str = setting("ring", "a data set's name, or the path of a file or a folder of images")
    data_options: dict[str, Any] = setting({}, "the data set's own settings, such as size for images")
    steps: int = setting(16_000, "how many steps to take", least=1)
    batch: int = setting(256, "real samples of each update of D, and fakes of each update", least=1, most=MOST)
    seed: int = setting(0, "what all random numbers follow from", least=0)
    model: str = setting("gan", "what learns", choices=("gan", *MODELS))
    model_options: dict[str, Any] = setting({}, "the settings of a model that is no GAN, such as hidden")
    latent: int = of_gan(2, "dimensions of z", least=1, most=MOST)
    latent_kind: str = of_gan("normal", "distribution of z", choices=("normal", "uniform"))
    generator: tuple[int, ...] = of_gan((64, 64, 64), "widths of G's hidden layers")
    generator_activation: str = of_gan("tanh", "after G's hidden layers", choices=HIDDEN)
    generator_output: str = of_gan("linear", "after G's last layer; sigmoid: pixels 0 to 1", choices=ACTIVATIONS)
    output_bias: bool = of_gan(False, "start G's last bias so that G(0) is the data's mean")
    init_g: float | None = of_gan(None, "G's weights start uniform on ± this; null for He's", least=0, most=1e6)
    batch_norm: bool = of_gan(False, "normalise G's hidden layers over the batch")
    discriminator: tuple[int, ...] = of_gan((64, 64, 64), "widths of D's hidden layers")
    discriminator_activation: str = of_gan("leaky_relu", "after D's hidden layers", choices=HIDDEN)
    init_d: float | None = of_gan(None, "D's weights start uniform on ± this; null for He's", least=0, most=1e6)
    pieces: int = of_gan(2, "linear pieces of each maxout unit", least=2)
    dropout_input: float = of_gan(0.0, "share of what D sees set to 0 in training", least=0, below=1)
    dropout: float = of_gan(0.0, "share of D's hidden numbers set to 0 in training", least=0, below=1)
    objective: str = of_gan("non-saturating", "what G minimises", choices=OBJECTIVES)
    updates: str = of_gan(UPDATES, "order of the players", choices=("simultaneous", "alternating"))
    d_steps: int = of_gan(1, "updates of D for each of G (alternating)", least=1)
    packing: int = of_gan(1, "samples that D sees side by side", least=1)
    optimizer: str = setting("adam", "how both players move", choices=MOVES)
    optimizer_d: str | None = of_gan(None, "how D moves, where it differs", choices=MOVES)
    learning_rate: float = setting(DEFAULT["learning_rate"], "of both players, at the start", least=0)
    learning_rate_g: float | None = of_gan(None, "of G alone, where it differs", least=0)
    learning_rate_d: float | None = of_gan(None, "of D alone, where it differs", least=0)
    beta1: float = setting(DEFAULT["beta1"], "Adam's memory of the gradient", least=0, below=1)
    beta2: float = setting(DEFAULT["beta2"], "Adam's memory of its square", least=0, below=1)
    momentum: float = setting(0.9, "the memory of optimizer momentum", least=0, below=1)
    momentum_final: float | None = setting(None, "what it comes to along a line; null to stay", least=0, below=1)
    momentum_until: float = setting(1.0, "share of the steps in which it does", least=0, most=1)
    schedule: str = setting("constant", "of the rates", choices=("constant", "hold-cosine", "exponential"))
    hold: float = setting(0.5, "share of the steps before a hold-cosine rate falls to 0", least=0, most=1)
    decay: float = setting(1.0, "factor of an exponential rate at each step", least=0, most=1)
    rate_floor: float = setting(0.0, "share of its start that such a rate keeps", least=0, most=1)
    instance_noise: float = of_gan(0.0, "standard deviation of noise on all that D sees, at the start", least=0)
    noise_until: float = of_gan(1.0, "share of the steps in which it falls to 0", least=0, most=1)
    r1: float = of_gan(0.0, "gamma of the R1 penalty on D's slope at real samples", least=0)
    gradient_penalty: float = of_gan(0.0, "weight of WGAN-GP's penalty, for objective wasserstein", least=0)
    average: float | None = setting(AVERAGE, "decay of the averaged generator; null for none", least=0, below=1)
    log_every: int = setting(100, "steps between two rows of the history", least=1)
    save_every: int = setting(2000, "steps between two checkpoints, each made at the next row", least=1)
    frames: int = setting(60, "pictures of the animation, at most; 0 for no animation", least=0)
    keep_every: int = setting(0, "steps between checkpoints kept for `minigan replay`; 0 for none", least=0)
    parent: dict[str, Any] = setting({}, "of a fork: the recipe and the step that it goes on from")
    said: str = field(default="", compare=False, metadata={"says": "what was read of the data, as a run found it"})
    backend: str = setting("numpy", "where arrays live", choices=("numpy", "cupy", "auto"))
    dtype: str = setting("float32", "their type", choices=("float32", "float64"))
    threads: int | None = setting(None, "BLAS threads; null to choose by the networks' size", least=1)

    def __post_init__(self) -> None:
        for f in fields(self):
            limits = {name: limit for name, limit in f.metadata.items() if name not in ("says", "of")}
            try:
                value = checked(f.name, getattr(self, f.name), TYPES[f.name], **limits)
            except SettingError as error:
                raise RecipeError(str(error)) from None
            object.__setattr__(self, f.name, value)
        for key, value in self.data_options.items():
            if not fits(value, int | float | str | bool | None) or not (
                isinstance(value, str | None) or value == 0 or 1 / LARGEST <= abs(value) <= LARGEST
            ):
                wanted = f"a number of size {1 / LARGEST:g} to {LARGEST:g}, a text, true, false or null"
                raise RecipeError(f"{shown(key)[1:-1]} is {shown(value)}; it must be {wanted}")
        self._check_model()
        widths = self.generator + self.discriminator
        if min(widths, default=1) < 1:
            raise RecipeError("generator and discriminator hold a width below 1; a layer needs a column at least")
        if max(widths, default=1) * self.pieces > MOST:
            raise RecipeError(f"a width of {max(widths):,} in {self.pieces} pieces is more than {MOST:,} columns")
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

    def _check_model(self) -> None:
        try:
            object.__setattr__(self, "model_options", check_options(self.model, self.model_options))
        except SettingError as error:
            raise RecipeError(str(error)) from None
        for name, default in OF_GAN.items():
            if self.model != "gan" and getattr(self, name) != default:
                said = f"{name} is a setting of model=gan, and this recipe has model={self.model}"
                raise RecipeError(f"{said}, whose own are {', '.join(options_of(self.model))}")

    def has(self, name: str) -> bool:
        """Whether a setting of this name says anything of this recipe's model."""
        return (name not in OF_GAN) if self.model != "gan" else name != "model_options"

    def _check_parent(self) -> None:
        step = self.parent.get("step")
        if self.parent.keys() != {"recipe", "step"} or type(step) is not int:
            raise RecipeError(f"parent is {shown(self.parent)}; it must be an object of a recipe and a step")
        try:
            parent = Recipe.from_json(json.dumps(self.parent["recipe"]))
        except (RecipeError, RecursionError) as error:  # the parent's own parent is checked likewise
            raise RecipeError(f"the parent is no recipe: {reason(error)}") from error
        if not parent.parent.get("step", 0) <= step <= parent.steps:
            raise RecipeError(f"parent has the step {shown(step)}, which its recipe never takes; give another")
        if self.steps <= step:
            raise RecipeError(f"steps is {self.steps}; a fork from step {step} wants more than that")

    def to_json(self) -> str:
        """The recipe as JSON text: what its model has; what was read stands in it once a run has read it."""
        plain = {key: value for key, value in asdict(self).items() if self.has(key) and (key != "said" or value)}
        return json.dumps(plain, indent=2) + "\n"

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
            raise RecipeError(f"a recipe is a JSON object of settings, not {shown(plain)}")
        for key in plain:
            if key not in TYPES:
                raise RecipeError(unknown(key, TYPES))
        return cls(**plain)

    def updated(self, settings: dict[str, Any]) -> Recipe:
        """This recipe with other settings, as values or as texts; the data set's own options are settings too."""
        own, options, of_model = sort_out(settings, settings.get("data", self.data), self.model)
        other = own.get("model", self.model) != self.model
        if other and any(getattr(self, name) != default for name, default in OF_GAN.items()):
            raise RecipeError(
                f"model is {shown(own['model'])} in place of {self.model}, and another model starts from a recipe "
                f"of its own: `minigan recipes` lists them"
            )
        both = {
            "data_options": self.data_options | options,
            "model_options": merged({} if other else self.model_options, of_model),
        }
        return replace(self, **both | own)

    def scaler(self, data: Data) -> Scaler:
        """The map between the data and the range that G's output can reach, or that the model takes them in."""
        levels = None if self.model == "gan" else self.levels(data)
        return units(levels, data) or scaler(data, darkest=0.0 if self.generator_output == "sigmoid" else -1.0)

    def levels(self, data: Data) -> int | None:
        """How many values the model takes a pixel to have, None for any number; RecipeError where it cannot."""
        try:
            return levels_for(self.model, self.model_options, data)
        except SettingError as error:
            raise RecipeError(str(error)) from None

    def learner(self, data: Data) -> GAN | Model:
        """The GAN, or the model, of this recipe for these data, before its first step."""
        scales = self.scaler(data)
        if self.model == "gan":
            return self.build(data.dim, scales.to_network(data.mean))
        where, made = (
            Backend(self.backend, self.dtype),
            (self.model, self.model_options, data.dim, self.levels(data)),
        )
        try:
            model = build(*made, self._optimizer(self.optimizer), self.average, where, self.seed)
        except SettingError as error:
            raise RecipeError(str(error)) from None
        model.start(where.asarray(first_rows(data, scales)))
        return model

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
                self._optimizer(self.optimizer, self.learning_rate_g),
                self._optimizer(self.optimizer_d or self.optimizer, self.learning_rate_d, self.d_steps),
            ),
            average=self.average,
            packing=self.packing,
            instance_noise=noise,
            penalty=GradientPenalty(self.gradient_penalty) if self.gradient_penalty else penalty,
            seed=self.seed,
        )

    def _optimizer(self, kind: str, own_rate: float | None = None, updates: int = 1) -> Optimizer:
        """That of a player who moves so many times a step; its schedules count its own updates."""
        start, steps = self.learning_rate if own_rate is None else own_rate, self.steps * updates
        schedules: dict[str, Rate] = {
            "constant": start,
            "hold-cosine": HoldThenCosine(start, steps, self.hold),
            "exponential": Exponential(start, self.decay ** (1 / updates), self.rate_floor * start),
        }
        rate = schedules[self.schedule]
        if kind == "sgd":
            return SGD(rate)
        if kind == "momentum":
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


def sort_out(
    settings: dict[str, Any], source: str, model: str = "gan"
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """(settings of a recipe, options of its data, those of its model), out of all, as values or texts.

    A model's own `latent` or `dropout` comes before the GAN's. RecipeError for any other setting.
    """
    own: dict[str, Any] = {}
    options: dict[str, Any] = {}
    of_model: dict[str, Any] = {}
    model = settings.get("model", model)
    of_its_own = options_of(model)
    for key, value in settings.items():
        wanted = of_its_own.get(key) or TYPES.get(key)
        value = typed(value) if isinstance(value, str) and wanted is not str else value
        if key in of_its_own:
            of_model[key] = value
        elif key in OF_GAN and of_its_own:
            said = f"{key} is a setting of model=gan, and this recipe has model={model}"
            raise RecipeError(f"{said}, whose own are {', '.join(of_its_own)}")
        elif key in TYPES:
            own[key] = (value,) if isinstance(value, int) and tuple in parts(TYPES[key]) else value
        elif key in options_of_data(source):
            options[key] = value
        elif key in OPTIONS:
            there = ", ".join(options_of_data(source)) or "none"
            raise RecipeError(f"{source} has no option {key!r}; it has {there}")
        else:
            hidden = ("data_options", "model_options", "parent", "said", *(OF_GAN if of_its_own else ()))
            known = [name for name in TYPES if name not in hidden]
            if whose := [name for name in MODELS if key in options_of(name)]:
                raise RecipeError(
                    f"{key} is a setting of model={' or model='.join(whose)}, and this has model={model}"
                )
            raise RecipeError(unknown(key, [*of_its_own, *known, *options_of_data(source)]))
    return own, options, of_model


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these keys and values; of two values for a key, json would keep the last and say nothing."""
    plain = dict(pairs)
    if len(plain) < len(pairs):
        key = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise RecipeError(f"{shown(key)} is set twice; keep one of them")
    return plain


TYPES: dict[str, Any] = typing.get_type_hints(Recipe)
OF_GAN = {f.name: f.default for f in fields(Recipe) if f.metadata.get("of") == "gan"}  # and their defaults
