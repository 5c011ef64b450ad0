"""The named sub-steps: the table knows them all and no other, and G's pull is the slope that the step uses."""

from __future__ import annotations

import numpy as np
import pytest

from minigan.core.backend import Backend
from minigan.core.gan import GAN, Latent
from minigan.core.layers import BatchNorm, Dense, LeakyReLU, Tanh
from minigan.core.model import fingerprint
from minigan.core.network import Sequential
from minigan.core.penalties import R1
from minigan.core.scores import OBJECTIVES
from minigan.core.substeps import SUBSTEPS, order

GAMES = [
    {"updates": updates, "d_steps": d_steps, "penalty": penalty, "average": average}
    for updates, d_steps in (("simultaneous", 1), ("alternating", 1), ("alternating", 3))
    for penalty in (None, R1(0.5))
    for average in (None, 0.99)
]


def game(dtype="float64", packing=1, **options):
    backend = Backend("numpy", dtype)
    G = Sequential([Dense(3, 6), Tanh(), Dense(6, 2)], backend, name="G")
    D = Sequential([Dense(packing * 2, 6), LeakyReLU(0.2), Dense(6, 1)], backend, name="D")
    return GAN(G, D, Latent(3), packing=packing, **options)


def real(gan, rows=8):
    return np.random.default_rng(0).standard_normal((gan.d_steps * rows, 2)) + 2


@pytest.mark.parametrize("options", GAMES, ids=str)
def test_the_order_of_sub_steps_is_the_one_that_a_step_has(options):
    gan = game(**options)
    names = [name for name, _ in gan.substeps(real(gan))]
    assert order(gan) == names and set(names) <= SUBSTEPS.keys()


def test_the_table_has_a_sentence_for_every_name_and_no_other_name():
    assert {name for options in GAMES for name in order(game(**options))} == SUBSTEPS.keys()
    assert all(says.endswith(".") and len(says) > 10 for says in SUBSTEPS.values())


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("packing", [1, 2])
def test_the_pull_is_the_negative_slope_of_what_each_fake_costs_g(objective, packing):
    gan = game(packing=packing, objective=objective)
    x, h = np.random.default_rng(1).standard_normal((5, packing * 2)), 1e-6

    def cost(at):
        return gan.objective.generator_loss(gan.discriminator(at))[:, 0]

    pull = gan.pull(x)
    for column in range(packing * 2):
        step = h * np.eye(packing * 2)[column]
        slope = (cost(x + step) - cost(x - step)) / (2 * h)
        np.testing.assert_allclose(-pull[:, column], slope, atol=1e-9)
    assert np.abs(pull).max() > 0.01 and pull.shape == x.shape


def test_a_step_of_fakes_along_the_pull_lowers_the_loss_of_g_and_nothing_is_moved_by_asking():
    gan = game("float32")
    x, before = gan.sample(64), fingerprint(gan)
    loss = [gan.objective.generator_loss(gan.discriminator(x + s * gan.pull(x))).mean() for s in (0, 0.01)]
    assert loss[1] < loss[0] and fingerprint(gan) == before


@pytest.mark.parametrize("name", ["generator.theta", "discriminator.v", "average.state", "generator.m"])
def test_a_fingerprint_sees_the_last_bit_of_every_vector(name):
    gan = game("float32")
    if name == "average.state":
        G = Sequential([Dense(3, 6), BatchNorm(6), Tanh(), Dense(6, 2)], name="G")
        gan = GAN(G, gan.discriminator, Latent(3))
    gan.step(real(gan))
    before, vector = fingerprint(gan), gan.vectors()[name]
    assert before == fingerprint(gan) and len(before) == 16
    kept = vector[-1].copy()
    vector[-1] = np.nextafter(kept, np.float32(np.inf))
    assert fingerprint(gan) != before
    vector[-1] = kept
    assert fingerprint(gan) == before
    gan.steps += 1
    assert fingerprint(gan) != before
