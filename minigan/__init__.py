"""minigan: generative adversarial networks from scratch, to be read, checked and run.

    import minigan as mg

    gan = mg.GAN(mg.Sequential([...], name="G"), mg.Sequential([...], name="D"), mg.Latent(2))
    history = mg.train(gan, mg.load_dataset("ring"), steps=2000, batch=128)

The modules, in the order in which they build on each other, are listed in docs/architecture.md.
"""

from .checks.gradcheck import check_gradients
from .core.backend import Backend, BackendError, namespace
from .core.gan import GAN, Latent
from .core.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Maxout, ReLU, Sigmoid, Softplus, Tanh
from .core.network import Sequential, StaleTraceError, Trace
from .core.objectives import (
    R1,
    GradientPenalty,
    Minimax,
    NonSaturating,
    Objective,
    Wasserstein,
    discriminator_loss,
    generator_loss,
    value_function,
)
from .core.optimizers import SGD, Adam, Exponential, HoldThenCosine, Linear, Momentum
from .core.streams import Stream
from .data.datasets import DataError, Dataset, Scaler, load_dataset, scaler
from .runs.recipe import RECIPES, Recipe, RecipeError, Run, load, save
from .runs.training import Batches, Diverged, History, train
from .theory.distributions import Discrete, Distribution, Gaussian, Mixture, grid, ring
from .theory.divergences import cross_entropy, entropy, js, kl, optimal_discriminator, wasserstein1

__version__ = "0.1.0"

__all__ = [name for name in dir() if not name.startswith("_")]
