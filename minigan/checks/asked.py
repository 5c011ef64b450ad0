"""How minigan and other libraries are asked for a slope, a step or a number, for the table of checks/kinks.py.

Each function here returns a question, to be put later; a library is imported when it is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from ..core.backend import Array, Backend
from ..core.layers import BatchNorm, Dense, Layer, Maxout
from ..core.network import Sequential
from ..core.optimizers import Optimizer
from ..core.penalties import GradientPenalty
from .references import ours


def load(name: str) -> Any:
    """The library, ready to be asked; Keras is asked on JAX, tinygrad without a compiler."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    os.environ.setdefault("DEV", "PYTHON")
    return import_module(name)


def pulled(layer: Layer, x: list[float]) -> Array:
    """minigan's slope at x of the sum of what this layer makes of it."""
    net = Sequential([layer], Backend("numpy", "float64"), width=len(x))
    return ours.pull(net, np.array([x]), np.ones((1, net.widths[-1])), False, None, 1)["dx"]


def by_torch(f: Callable[[Any, Any], Any], x: Any) -> Callable[[], Array]:
    """PyTorch's slope of the sum of f(torch, x)."""

    def ask() -> Array:
        torch = load("torch")
        point = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        f(torch, point).sum().backward()
        return point.grad.numpy()

    return ask


def by_jax(f: Callable[[Any, Any], Any], x: Any, jit: bool = False) -> Callable[[], Array]:
    """JAX's slope of the sum of f(jax, x)."""

    def ask() -> Array:
        jax = load("jax")
        with jax.enable_x64(True):
            slope = jax.grad(lambda x: f(jax, x).sum())
            return np.asarray((jax.jit(slope) if jit else slope)(jax.numpy.asarray(x, float)))

    return ask


def by_keras(f: Callable[[Any, Any], Any], x: Any) -> Callable[[], Array]:
    """Keras's slope of the sum of f(keras, x), on JAX."""
    return by_jax(lambda jax, x: f(load("keras"), x), x)


def by_autograd(f: Callable[[Any, Any], Any], x: Any) -> Callable[[], Array]:
    """autograd's slope of the sum of f(autograd.numpy, x)."""

    def ask() -> Array:
        anp = load("autograd.numpy")
        return load("autograd").grad(lambda x: anp.sum(f(anp, x)))(np.asarray(x, float))

    return ask


def by_tinygrad(f: Callable[[Any], Any], x: Any) -> Callable[[], Array]:
    """tinygrad's slope of the sum of f(x)."""

    def ask() -> Array:
        point = load("tinygrad").Tensor(np.asarray(x, float))
        f(point).sum().backward()
        return point.grad.numpy()

    return ask


# ---- what is no slope -----------------------------------------------------------------------------------------


def moved(rule: Optimizer, grads: Sequence[float]) -> float:
    """How far minigan's rule moves a number from 0, by these gradients."""
    net = Sequential([Dense(1, 1, bias=False)], Backend("numpy", "float64"))
    net.assign(np.zeros(1))
    rule = rule.bind(net)
    for grad in grads:
        net.grad[...] = grad
        rule.step()
    return float(net.theta[0])


def moved_torch(name: str, rates: Sequence[float], grad: float, **options: Any) -> Callable[[], float]:
    """How far torch.optim's rule of this name moves a number from 0, at these rates."""

    def ask() -> float:
        torch = load("torch")
        p = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        rule = getattr(torch.optim, name)([p], lr=rates[0], **options)
        for rule.param_groups[0]["lr"] in rates:
            p.grad = torch.full_like(p, grad)
            rule.step()
        return p.item()

    return ask


def moved_keras(name: str, rates: Sequence[float], grad: float, **options: Any) -> Callable[[], float]:
    """How far Keras's rule of this name moves a number from 0, at these rates."""

    def ask() -> float:
        keras, jax = load("keras"), load("jax")
        with jax.enable_x64(True):
            p = keras.Variable(np.zeros(1), dtype="float64")
            rule = getattr(keras.optimizers, name)(rates[0], **options)
            rule.build([p])
            for rate in rates:
                rule.learning_rate = rate
                rule.apply([jax.numpy.full(1, grad)], [p])
            return float(p.value[0])

    return ask


def variance() -> float:
    """minigan's running variance, from 1, after one batch (0, 2)."""
    net = Sequential([BatchNorm(1)], Backend("numpy", "float64"))
    return ours.pull(net, np.array([[0.0], [2]]), np.ones((2, 1)), True, None, 1)["state"][1]


def variance_torch() -> float:
    """The same of torch.nn.BatchNorm1d."""
    torch = load("torch")
    norm = torch.nn.BatchNorm1d(1)
    norm(torch.tensor([[0.0], [2]]))
    return norm.running_var.item()


def variance_keras() -> float:
    """The same of keras.layers.BatchNormalization, at the same momentum, which Keras calls .9."""
    norm = load("keras").layers.BatchNormalization(momentum=0.9)
    norm(np.array([[0.0], [2]], np.float32), training=True)
    return float(np.asarray(norm.moving_variance)[0])


def variance_tinygrad() -> float:
    """The same of tinygrad.nn.BatchNorm."""
    tinygrad = load("tinygrad")
    norm = tinygrad.nn.BatchNorm(1)
    with load("tinygrad.helpers").Context(TRAINING=1):
        norm(tinygrad.Tensor(np.array([[0.0], [2]], np.float32)))
    return float(norm.running_var.numpy()[0])


def in_torch(f: Callable[[Any], Any]) -> Callable[[], float]:
    """The number f(torch)."""
    return lambda: float(f(load("torch")))


def in_jax(f: Callable[[Any], Any]) -> Callable[[], float]:
    """The number f(jax), where JAX is told to compute in float64."""

    def ask() -> float:
        jax = load("jax")
        with jax.enable_x64(True):
            return float(f(jax))

    return ask


def of(layer: Layer, x: float) -> float:
    """What minigan's layer makes of x, in float64."""
    return float(Sequential([layer], Backend("numpy", "float64"), width=1)([[x]])[0, 0])


BATCH, GAMMA = (np.random.default_rng(seed).standard_normal(shape) for seed, shape in ((0, (24, 12)), (1, 12)))


def normed(mean: Any, variance: Any, x: Any, gamma: Any) -> Any:
    """Batch normalisation of x (24, 12), in pairs (24, 6, 2)."""
    return (gamma * ((x - mean) / (variance + 1e-5) ** 0.5) + 0.3).reshape(24, 6, 2)


def lost(slope: Callable[[], Array]) -> Callable[[], str]:
    """In how many rows of BATCH this slope of the larger of each pair is not what minigan's layers say."""

    def ask() -> str:
        net = Sequential([BatchNorm(12), Maxout(2)], Backend("numpy", "float64"))
        net.assign(np.concatenate([GAMMA, np.full(12, 0.3)]))
        right = ours.pull(net, BATCH, np.ones((24, 6)), True, None, 1)["dx"]
        wrong = int((np.abs(slope() - right) > 1e-3).any(axis=1).sum())
        return f"wrong in {wrong} of 24 rows" if wrong else "right"

    return ask


def flat() -> float:
    """How hard minigan's WGAN-GP pulls at a D whose slope is 0 everywhere."""
    D = Sequential([Dense(2, 1, bias=False)], Backend("numpy", "float64"), name="D")
    D.assign(np.zeros(2))
    rngs = {"penalty": np.random.default_rng(0)}
    found = ours.penalise(D, GradientPenalty(10.0), np.ones((4, 2)), np.zeros((4, 2)), rngs)
    return float(np.abs(found["dtheta"]).max())
