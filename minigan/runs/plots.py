"""A run as pictures: samples beside data, D's opinion, the course of training, the gradient in each layer."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.gan import GAN
from ..data.dataset import Batches, Data
from .frames import Shown
from .run import SAMPLES, Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..plotting import Frame


def plot_samples(run: Run, n: int = SAMPLES, seed: int = 0, data: Data | None = None) -> Figure:
    """n samples of a run beside its data, over D's opinion where there is a plane to show it on."""
    from .. import plotting

    data = run.dataset() if data is None else data
    return plotting.samples_figure(data, frame_of(run, data, run.sample(n, seed)), name=Shown(run, data).name)


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

    data = run.dataset() if data is None else data
    frame, norms = frame_of(run, data, run.sample(SAMPLES)), gradient_norms(run, data)
    return plotting.page_figure(data, frame, run.history, norms, Shown(run, data).name)


def frame_of(run: Run, data: Data, samples: np.ndarray) -> Frame:
    """What the figures show of a run as it stands."""
    from .. import plotting

    shown = Shown(run, data)
    judged = None if shown.grid is None else run.judge(shown.grid, data)
    row = run.history.rows[-1] if run.history.rows else {}
    return plotting.Frame(run.model.steps, samples, judged, row, **shown.how)


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
