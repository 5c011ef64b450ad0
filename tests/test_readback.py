"""Invariant 8: nothing inside a step reads a value back to the host; a GPU would wait there for all its work."""

import numpy as np
import pytest

from minigan import GAN, Adam, BatchNorm, Dense, Dropout, Latent, LeakyReLU, Maxout, Sequential, Tanh
from minigan.backend import Backend


class ReadBack(AssertionError):
    """A number of an array became a Python number."""


def refuse(*args, **kwargs):
    raise ReadBack("a value was read back to the host")


def unless_along_an_axis(name):
    def method(self, axis=None, **how):
        if axis is None:
            refuse()
        return getattr(np.ndarray, name)(self, axis, **how)

    return method


class Device(np.ndarray):
    """An array that computes and refuses to be read; a reduction to one number counts as a reading."""

    item = tolist = __float__ = __bool__ = __int__ = __index__ = refuse


for name in ("sum", "mean", "max", "min", "any", "all"):
    setattr(Device, name, unless_along_an_axis(name))


@pytest.fixture
def device(monkeypatch):
    """Every array that a Backend makes is a Device."""
    for name in ("empty", "zeros", "ones", "asarray"):
        make = getattr(Backend, name)
        monkeypatch.setattr(Backend, name, lambda self, *args, make=make: make(self, *args).view(Device))
    monkeypatch.setattr(Backend, "to_numpy", refuse)


def game(updates):
    middle = [BatchNorm(8)] if updates == "alternating" else []
    G = Sequential([Dense(3, 8), BatchNorm(8), Tanh(), Dense(8, 2)], name="G")
    D = Sequential([Dense(2, 8), *middle, LeakyReLU(), Maxout(2), Dropout(0.3), Dense(4, 1)], name="D")
    adam = Adam(1e-3, 0.5)
    return GAN(G, D, Latent(3), updates=updates, optimizers=(adam, adam), instance_noise=0.1)


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
def test_a_step_reads_nothing_back_to_the_host(device, monkeypatch, updates):
    with monkeypatch.context() as m:
        m.setattr(Backend, "to_numpy", lambda self, a: np.asarray(a))  # the averaged generator starts as a copy
        gan = game(updates)
    real = np.random.default_rng(0).standard_normal((8, 2))
    for _ in range(3):
        gan.step(real)
    with pytest.raises(ReadBack):
        gan.losses()  # what asks for losses does read them: the guard sees it
