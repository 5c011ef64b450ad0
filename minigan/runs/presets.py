"""Named recipes, and the one that suits a user's data: where `minigan train` starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.dataset import Data
from ..data.sources import KNOWN, load_dataset
from .models import MANY, MODELS, levels_of, merged
from .recipe import Recipe, RecipeError, sort_out

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
    schedule="hold-cosine",
)
RECIPES: dict[str, tuple[str, Recipe]] = {
    "ring": (
        "eight Gaussians on a circle",
        Recipe(schedule="hold-cosine", instance_noise=0.15, noise_until=0.3),
    ),
    "grid": (
        "twenty-five Gaussians on a square grid",
        Recipe(data="grid", steps=24_000, schedule="hold-cosine", instance_noise=0.6, noise_until=0.5),
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
            schedule="hold-cosine",
            hold=0.0,
        ),
    ),
    "digits": ("1,797 handwritten digits, 8 × 8 pixels", _IMAGES),
    "points": (
        "your own table of numbers",
        Recipe(data="points", latent=8, schedule="hold-cosine", instance_noise=0.3, noise_until=0.3, r1=1.0),
    ),
    "images": (
        "your own images",
        replace(_IMAGES, data="images", latent=64, generator=(256, 512), discriminator=(512, 256), r1=1.0),
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


def _preset(data: str, model: str, steps: int, batch: int, log_every: int, **settings: Any) -> Recipe:
    """A model's recipe: Adam as Kingma and Ba 2015 have it, at a rate that falls to 0 in the end."""
    shared: dict[str, Any] = {"beta1": 0.9, "beta2": 0.999, "schedule": "hold-cosine", "average": 0.99}
    return Recipe(data=data, model=model, steps=steps, batch=batch, log_every=log_every, **shared | settings)


# An epoch of the digits is 22 steps. How many were best for a third of the training images, kept back: 120 for
# made, 80 for flow, 800 for vae, 200 for rbm (the most that were tried).
_OF_PIXELS = {
    "made": (
        "a fully visible belief net: exact log p, pixel by pixel",
        _preset("digits", "made", 2640, 64, 132, model_options={"likelihood": "categorical"}),
    ),
    "flow": (
        "RealNVP: an exact density of dequantised pixels",
        _preset("digits", "flow", 1760, 64, 88, average=0.995),
    ),
    "vae": (
        "a variational autoencoder: a bound on log p",
        _preset("digits", "vae", 17_600, 64, 880, model_options={"likelihood": "binomial"}),
    ),
    "rbm": (
        "a restricted Boltzmann machine: log p up to log Z",
        _preset("digits", "rbm", 4400, 64, 440, average=None, optimizer="sgd", learning_rate=0.05, hold=0.0),
    ),
    "gsn": ("a generative stochastic network: samples by a chain", _preset("digits", "gsn", 2200, 64, 220)),
}
_OF_NUMBERS = {
    "made": (
        "each column a mixture of Gaussians, given those before",
        _preset(
            "ring", "made", 8000, 256, 200,
            model_options={"likelihood": "gaussians", "components": 8, "hidden": (64, 64), "dropout": 0.0},
        ),
    ),
    "flow": (
        "RealNVP: noise, bent until it lies where the data do",
        _preset("ring", "flow", 8000, 256, 200, model_options={"hidden": (64, 64)}),
    ),
    "vae": (
        "a variational autoencoder, whose Gaussians blur",
        _preset(
            "ring", "vae", 8000, 256, 200, model_options={"likelihood": "gaussian", "latent": 2, "hidden": 64}
        ),
    ),
}  # fmt: skip
RECIPES |= {f"digits-{name}": of for name, of in _OF_PIXELS.items()}
RECIPES |= {f"ring-{name}": of for name, of in _OF_NUMBERS.items()}


def for_model(model: str, recipe: Recipe, data: Data) -> Recipe:
    """Where training this model on the data of this recipe starts; RecipeError for one that they do not suit."""
    levels = levels_of(data)
    suited = _OF_NUMBERS if levels is None else _OF_PIXELS
    if model not in suited:
        raise RecipeError(
            f"model={model} is for pixels of whole numbers; for {recipe.data} there are {', '.join(suited)}"
        )
    found = suited[model][1]
    if found.model_options.get("likelihood") == "categorical" and (levels or 0) > MANY:
        found = replace(found, model_options={"likelihood": "binomial"})
    return replace(found, data=recipe.data, data_options=recipe.data_options, batch=min(found.batch, recipe.batch))


def plan(
    source: str | None = None, recipe: Recipe | None = None, settings: dict[str, Any] | None = None
) -> tuple[Recipe, Data]:
    """The recipe of a run, and its data, which are opened here and nowhere else.

    source is a data set's name or a path, recipe what to start from: if not given, the preset that suits the data,
    and the ring if there are none. settings are changes of it, as values or texts; options of the data and
    of the model are settings too, and another model starts from a preset of its own. Raises RecipeError and
    DataError.
    """
    settings = settings or {}
    if recipe is None and (source is None or source in KNOWN):
        recipe = RECIPES[source or "ring"][1]
    where = settings.get("data", source)
    if where is None:
        where = recipe.data if recipe else ""
    if where not in KNOWN and Path(where).exists():
        where = str(Path(where).resolve())
    own, options, of_model = sort_out(settings, where, recipe.model if recipe else "gan")
    options = recipe.data_options | options if recipe else options
    data = load_dataset(where, **options)
    if recipe is None:
        recipe = RECIPES["images" if data.image else "points"][1]
        recipe = replace(recipe, batch=min(recipe.batch, int(data.count)))
    if own.get("model", recipe.model) != recipe.model:
        recipe = for_model(own["model"], recipe, data) if own["model"] in MODELS else Recipe(model=own["model"])
    both = {"data_options": options, "model_options": merged(recipe.model_options, of_model)}
    return replace(recipe, **both | own | {"data": where}), data
