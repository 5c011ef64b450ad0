"""A run as pictures: samples beside data, D's opinion, the course of training, the gradient in each layer."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.gan import GAN
from ..data.dataset import Batches, Data
from .frames import Shown
from .run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_samples(run: Run, n: int | None = None, seed: int = 0, data: Data | None = None) -> Figure:
    """n samples of a run beside its data, as many as fit if not given, over D's opinion where a plane shows it."""
    from .. import plotting

    shown = Shown(run, run.dataset() if data is None else data)
    return plotting.samples_figure(shown.data, shown.now(n, seed), name=shown.name)


def plot_history(run: Any) -> Figure:
    """Every column of a run's history, or of a History, against the step."""
    from .. import plotting

    return plotting.history_figure(getattr(run, "history", run))


def plot_gradients(run: Run, data: Data | None = None) -> Figure:
    """The norm of the gradient that the next step would take in each layer, beside that of its parameters."""
    from .. import plotting

    return plotting.gradients_figure(gradient_norms(run, run.dataset() if data is None else data))


def plot_run(run: Run, data: Data | None = None) -> Figure:
    """A run on one page: samples over D's opinion, the course of training, the gradient in each layer."""
    from .. import plotting

    shown = Shown(run, run.dataset() if data is None else data)
    return plotting.page_figure(
        shown.data, shown.now(), run.history, gradient_norms(run, shown.data), shown.name, shown.scaled
    )


def gradient_norms(run: Run, data: Data) -> dict[str, tuple[float, float]]:
    """(norm of the gradient, norm of the parameters) of each layer that has any; the run stays as it is."""
    model = copy.deepcopy(run.model)
    real = Batches(data, model.turns * run.recipe.batch, model.seed, run.scaler).at(model.steps)
    model.step(real)
    nets = [model.generator, model.discriminator] if isinstance(model, GAN) else list(model.nets.values())
    norms = {}
    for net in nets:
        for k, layer in enumerate(net.layers, 1):
            if layer.size:
                pair = (model.backend.to_numpy(v).astype(float) for v in (layer.grad, layer.theta))
                gradient, theta = (float(np.linalg.norm(v)) for v in pair)
                norms[f"{net.name}, layer {k}: {type(layer).__name__}"] = gradient, theta
    return norms
