"""What the proofs of the models share: all small pictures, weights with nothing at zero, slopes of a loss."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from minigan.core.backend import Backend

FLOAT64 = Backend("numpy", "float64")


def _all_pictures(pixels, levels):
    return np.array(list(itertools.product(range(levels), repeat=pixels)), float)


@pytest.fixture
def all_pictures():
    """A function: every picture of so many pixels and levels, (levels^pixels, pixels)."""
    return _all_pictures


@pytest.fixture
def float64():
    return FLOAT64


@pytest.fixture
def scrambled():
    """A function: the model, its weights and biases filled with random numbers of this size."""

    def scrambled(model, size=0.7, seed=1):
        rng = np.random.default_rng(seed)
        for net in model.nets.values():
            net.assign(size * rng.standard_normal(net.size))
        return model

    return scrambled


@pytest.fixture
def same_frequencies():
    """A function: assert that rows drawn are as frequent as p says, each within five standard deviations."""

    def same(rows, pictures, p):
        levels = int(pictures.max()) + 1
        digits = levels ** np.arange(pictures.shape[1])
        place = np.argsort(pictures @ digits)
        counts = np.bincount((np.asarray(rows) @ digits).astype(int), minlength=len(p))
        expected = len(rows) * p[place]
        assert counts.sum() == len(rows) and len(counts) == len(p)
        assert (np.abs(counts - expected) <= 5 * np.sqrt(expected) + 1).all()

    return same


@pytest.fixture
def slopes_agree():
    """A function: assert that gradient() agrees with difference quotients of the mean loss, draws held fixed."""

    def agree(model, x, bound=1e-7, directions=6, h=1e-5):
        def cost():
            rngs = {name: stream.at(3) for name, stream in model.streams.items()}
            model.gradient(x, rngs)
            return model.paid().mean()

        cost()
        grads = {name: net.grad.copy() for name, net in model.nets.items()}
        rng, worst = np.random.default_rng(8), 0.0
        for name, net in model.nets.items():
            theta = net.theta.copy()
            for _ in range(directions):
                u = rng.standard_normal(net.size)
                ends = []
                for t in (-2 * h, -h, h, 2 * h):
                    net.assign(theta + t * u)
                    ends.append(cost())
                numeric = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * h)
                analytic = grads[name] @ u
                worst = max(worst, abs(analytic - numeric) / max(abs(analytic), abs(numeric), 1e-3))
            net.assign(theta)
        assert worst <= bound, worst

    return agree
