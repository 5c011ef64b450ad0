"""300 steps of whole games against JAX in float64: every vector that the next step depends on, to 1e-10.

Weights, batches, noise and dropout masks are shared; the networks, their gradients, the penalties and the
optimisers are checks/references/jax.py. 1e-10 of a vector's largest entry: a rounding of 1e-16 at each step, which
the game multiplies.
"""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

import minigan as mg
from minigan.checks import compare
from minigan.checks.references import jax as reference
from minigan.core.backend import Backend
from minigan.theory.distributions import ring

BOUND = 1e-10


def game(generator, discriminator, dtype="float64", **options):
    backend = Backend("numpy", dtype)
    G, D = mg.Sequential(generator, backend, name="G"), mg.Sequential(discriminator, backend, name="D")
    return mg.GAN(G, D, options.pop("latent", mg.Latent(2)), **{"seed": 4, "updates": "alternating"} | options)


def play(gan, steps=300, batch=32):
    """{vector or loss: largest difference over largest entry}; the discriminator must have learned something."""
    theirs, start = reference.Game(gan), gan.discriminator.theta.copy()
    batches = mg.Batches(ring(), batch * gan.d_steps, seed=2)
    for step in range(steps):
        real = batches.at(step)
        gan.step(real)
        theirs.step(real)
    others = theirs.vectors() | theirs.losses()
    own = {name: value for name, value in (gan.vectors() | gan.losses()).items() if name in others}
    assert gan.vectors().keys() <= own.keys() == others.keys()
    assert all(np.shape(own[name]) == np.shape(others[name]) for name in own)
    assert compare.difference(gan.discriminator.theta, start) > 0.01
    return {name: compare.difference(own[name], others[name]) for name in own}


def plain(inside=mg.Tanh):
    return (
        [mg.Dense(2, 16), inside(), mg.Dense(16, 16), mg.Softplus(), mg.Dense(16, 2)],
        [mg.Dense(2, 16), mg.Softplus(), mg.Dense(16, 16), inside(), mg.Dense(16, 1)],
    )


FOLDED = [mg.Dense(4, 18), mg.Maxout(3), mg.Dropout(0.2), mg.Dense(6, 8), mg.LeakyReLU(0.2), mg.Dense(8, 1)]
NORMED = (
    [mg.Dense(2, 12, bias=False), mg.BatchNorm(12), mg.Tanh(), mg.Dropout(0.1), mg.Dense(12, 2)],
    [mg.Dense(2, 9), mg.Softplus(), mg.Dense(9, 8, False), mg.BatchNorm(8, 0.3), mg.Tanh(), mg.Dense(8, 1)],
)
GAMES = {
    "alternating, Adam": (*plain(), {}),
    "simultaneous, minimax, Adam": (*plain(mg.Sigmoid), {"updates": "simultaneous", "objective": "minimax"}),
    "R1, alternating, 2 steps of D": (*plain(), {"penalty": mg.R1(0.5), "d_steps": 2}),
    "R1, simultaneous": (*plain(), {"penalty": mg.R1(2.0), "updates": "simultaneous"}),
    "WGAN-GP, 3 steps of D": (
        *plain(),
        {"penalty": mg.GradientPenalty(10.0), "objective": "wasserstein", "d_steps": 3},
    ),
    "WGAN-GP with kinks, dropout, packs, noise": (
        plain(mg.ReLU)[0],
        FOLDED,
        {
            "penalty": mg.GradientPenalty(3.0),
            "objective": "wasserstein",
            "packing": 2,
            "instance_noise": mg.Linear(0.3, 200),
            "optimizers": (mg.Momentum(mg.Linear(0.02, 400), 0.5), mg.Momentum(0.01, mg.Linear(0.9, 600))),
        },
    ),
    "batch statistics in both, a falling rate, uniform z": (
        *NORMED,
        {
            "latent": mg.Latent(2, "uniform"),
            "optimizers": (mg.Adam(mg.HoldThenCosine(1e-3, 300), 0.5), mg.Adam(mg.Exponential(1e-3, 0.99))),
        },
    ),
    "SGD, no average": (*plain(), {"optimizers": mg.SGD(0.05), "average": None}),
}


@pytest.mark.parametrize("name", GAMES)
def test_300_steps(name):
    G, D, options = GAMES[name]
    found = play(game(*deepcopy((G, D)), **options))
    assert max(found.values()) <= BOUND, {key: f"{value:.0e}" for key, value in found.items()}


def test_a_dead_discriminator_pays_a_penalty_that_is_a_number():
    # Every unit of D is off, so its slope is 0 and so is its length, whose own slope is no number in a plain
    # jnp.linalg.norm. Here as in minigan the pull is 0 there, and the game goes on.
    D = [mg.Dense(2, 4), mg.ReLU(), mg.Dense(4, 1)]
    gan = game(plain()[0], D, penalty=mg.GradientPenalty(10.0), objective="wasserstein")
    gan.discriminator.layers[0].b[...] = -1e3
    gan.discriminator.moved()
    theirs = reference.Game(gan)
    for step in range(3):
        real = mg.Batches(ring(), 8, seed=2).at(step)
        gan.step(real)
        theirs.step(real)
    assert theirs.losses()["penalty"] == gan.losses()["penalty"] == 10
    assert compare.difference(gan.discriminator.theta, theirs.vectors()["discriminator.theta"]) <= 1e-12


def test_float32_stays_float32():
    gan = game(*plain(), dtype="float32", penalty=mg.R1(1.0), instance_noise=0.1)
    theirs = reference.Game(gan)
    theirs.step(mg.Batches(ring(), 8, seed=2).at(0))
    assert {vector.dtype.name for vector in theirs.vectors().values()} == {"float32"}


def test_the_reference_starts_where_the_gan_starts_and_no_later():
    gan = game(*plain())
    gan.step(np.zeros((8, 2)))
    with pytest.raises(ValueError, match="1 steps already"):
        reference.Game(gan)
