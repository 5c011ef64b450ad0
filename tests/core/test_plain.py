"""core/plain.py: what it prints is right, and minigan's step is its step."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigan as mg
from minigan.core import plain
from minigan.core.backend import Backend

TEXT = Path(plain.__file__).read_text(encoding="utf-8")
STEPS, BATCH = 200, 32


def as_lists(net):
    """The weights of a network of dense layers as plain.py keeps them."""
    return [v.copy() for layer in net.layers if isinstance(layer, mg.Dense) for v in (layer.W, layer.b)]


def test_a_step_of_minigan_is_the_step_of_the_page_over_200_steps():
    backend = Backend("numpy", "float64")
    G = mg.Sequential([mg.Dense(2, 16), mg.LeakyReLU(plain.SLOPE), mg.Dense(16, 2)], backend, name="G")
    D = mg.Sequential([mg.Dense(2, 16), mg.LeakyReLU(plain.SLOPE), mg.Dense(16, 1)], backend, name="D")
    page_g, page_d = as_lists(G), as_lists(D)
    gan = mg.GAN(G, D, mg.Latent(2), updates="alternating", optimizers=mg.Adam(2e-3, 0.5, 0.99), average=None)
    adam_g, adam_d = plain.new_adam(page_g), plain.new_adam(page_d)
    batches, noise = mg.Batches(mg.ring(), BATCH, seed=0), mg.Stream(0, "latent")
    for t in range(1, STEPS + 1):
        real, rng = batches.at(t - 1), noise.at(t - 1)
        gan.step(real)
        z, z_again = rng.standard_normal((BATCH, 2)), rng.standard_normal((BATCH, 2))
        fake = plain.forward(page_g, z)[-1]
        plain.move(page_d, plain.discriminator_gradient(page_d, real, fake), adam_d, t, 2e-3)
        plain.move(page_g, plain.generator_gradient(page_g, page_d, z_again), adam_g, t, 2e-3)
    for ours, theirs in ((G, page_g), (D, page_d)):
        wanted = np.concatenate([v.ravel() for v in theirs])
        np.testing.assert_allclose(ours.theta, wanted, rtol=0, atol=1e-12 * np.abs(wanted).max())
    assert np.abs(page_g[0] - as_lists(G.copy())[0]).max() < 1e-10 and gan.steps == STEPS


@pytest.mark.parametrize("of", ["discriminator", "generator"])
def test_its_gradients_are_those_of_the_losses_that_it_names(of):
    rng = np.random.default_rng(0)
    G, D = plain.new_network([2, 5, 3], rng), plain.new_network([3, 4, 1], rng)
    z, real = rng.standard_normal((6, 2)), rng.standard_normal((6, 3))

    def loss():
        s_real, s_fake = (plain.forward(D, x)[-1] for x in (real, plain.forward(G, z)[-1]))
        if of == "generator":
            return -np.log(plain.sigmoid(s_fake)).mean()
        return -np.log(plain.sigmoid(s_real)).mean() - np.log(1 - plain.sigmoid(s_fake)).mean()

    fake = plain.forward(G, z)[-1]
    net, gradient = (
        (D, plain.discriminator_gradient(D, real, fake))
        if of == "discriminator"
        else (G, plain.generator_gradient(G, D, z))
    )
    for w, g in zip(net, gradient, strict=True):
        for i in np.ndindex(w.shape):
            kept, h = w[i], 1e-6
            w[i] = kept + h
            up = loss()
            w[i] = kept - h
            numeric, w[i] = (up - loss()) / (2 * h), kept
            assert g[i] == pytest.approx(numeric, abs=1e-8)


def test_it_fits_on_a_page_and_takes_nothing_but_numpy():
    assert len(TEXT.splitlines()) <= 120
    assert re.findall(r"^(?:import|from) .*", TEXT, re.M) == ["import numpy as np"]


def test_as_a_script_it_finds_the_gaussian_and_prints_three_numbers(tmp_path):
    for command in (["-m", "minigan.core.plain"], [plain.__file__]):
        done = subprocess.run(
            [sys.executable, "-W", "error", *command], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        mean, sd, value = map(float, re.findall(r"-?\d+\.\d+", done.stdout))
        assert mean == pytest.approx(4, abs=0.05) and sd == pytest.approx(0.5, abs=0.05)
        assert value == pytest.approx(-np.log(4), abs=0.01)
