"""minigan: generative adversarial networks from scratch, to be read, checked and run.

    import minigan as mg

    gan = mg.GAN(mg.Sequential([...], name="G"), mg.Sequential([...], name="D"), mg.Latent(2))
    history = mg.train(gan, mg.load_dataset("ring"), steps=2000, batch=128)

Begin with core/plain.py, a whole GAN on one page; docs/architecture.md says how the rest builds on it.
"""

from typing import Any

__version__ = "0.1.0"

from .checks.gradcheck import check_gradients
from .core.backend import Backend, BackendError, namespace
from .core.gan import GAN, Latent
from .core.layers import *  # every layer of the registry there
from .core.model import fingerprint
from .core.network import Sequential, StaleTraceError, Trace
from .core.objectives import (
    Minimax,
    NonSaturating,
    Objective,
    discriminator_loss,
    generator_loss,
    value_function,
)
from .core.optimizers import SGD, Adam, Exponential, HoldThenCosine, Linear, Momentum
from .core.penalties import R1, GradientPenalty, Penalty, tangent_gradient
from .core.scores import LeastSquares, Wasserstein
from .core.streams import Stream
from .core.workspace import HalfStepError
from .data.dataset import Batches, DataError, Dataset, Scaler, scaler
from .data.sources import load_dataset
from .runs.health import diagnose
from .runs.presets import RECIPES
from .runs.recipe import Recipe, RecipeError
from .runs.run import Run, load, save
from .runs.training import Diverged, History, train
from .theory.distributions import Discrete, Distribution, Gaussian, Mixture, grid, ring
from .theory.divergences import cross_entropy, entropy, js, kl, optimal_discriminator, wasserstein1

# What wants most of the house is imported when it is asked for, so that `import minigan` stays quick.
_LATE = {"family": "family"} | dict.fromkeys(
    ("plot_gradients", "plot_history", "plot_run", "plot_samples"), "plots"
)

__all__ = [name for name in (*dir(), *_LATE) if not name.startswith("_") and name != "Any"]


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module 'minigan' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".runs.{_LATE[name]}", __name__), name)
