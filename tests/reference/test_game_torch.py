"""100 steps of whole games against PyTorch: every vector that the next step depends on.

Weights, batches, noise and dropout masks are shared; all else is torch.nn, torch.autograd and torch.optim.

In float64 the bound is 1e-12 of a vector's largest entry unless a test says why not; 4e-14 is measured. In float32
it is 2e-5, where 4e-6 is measured: a rounding of 6e-8 at each of 100 steps. That holds for smooth networks. Where
there are kinks (ReLU, LeakyReLU, Maxout), about one number in ten million falls on two sides of one in float32, a
game of 100 steps can have as many, and then a slope jumps, and the two part by 1e-4 or more (the preset "grid"
does, before step 100). So games with kinks are compared in float64, where that happens to no number.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import minigan as mg
from minigan.checks import compare
from minigan.checks.references import torch as reference
from minigan.checks.references.gan_py import gan_py_step
from minigan.core.backend import Backend
from minigan.runs.presets import RECIPES
from minigan.runs.run import start
from minigan.theory.distributions import ring

BOUNDS = {"float64": 1e-12, "float32": 2e-5}
each_dtype = pytest.mark.parametrize("dtype", BOUNDS)


def game(dtype, generator=None, discriminator=None, latent=2, **options):
    backend = Backend("numpy", dtype)
    generator = generator or [mg.Dense(2, 16), mg.Tanh(), mg.Dense(16, 16), mg.Softplus(), mg.Dense(16, 2)]
    discriminator = discriminator or [mg.Dense(2, 16), mg.Softplus(), mg.Dense(16, 16), mg.Tanh(), mg.Dense(16, 1)]
    G, D = mg.Sequential(generator, backend, name="G"), mg.Sequential(discriminator, backend, name="D")
    return mg.GAN(G, D, mg.Latent(latent, "normal"), **{"seed": 4, "updates": "alternating"} | options)


def play(gan, data=None, batch=32, steps=100):
    """{vector: largest difference over largest entry} after so many steps, losses included."""
    theirs = reference.Game(gan)
    batches = mg.Batches(ring() if data is None else data, batch * gan.d_steps, seed=2)
    for step in range(steps):
        real = batches.at(step)
        gan.step(real)
        theirs.step(real)
    ours, others = gan.vectors() | gan.losses(), theirs.vectors() | theirs.losses()
    for name in ("value", "d_real", "d_fake", "advantage"):  # D's loss says it too
        ours.pop(name, None)
    assert ours.keys() == others.keys()
    assert all(np.shape(ours[name]) == np.shape(others[name]) for name in ours)
    return {name: compare.difference(ours[name], others[name]) for name in ours}


def assert_within(found, bound):
    beyond = {name: f"{number:.1e}" for name, number in found.items() if not number <= bound}
    assert not beyond


ORDERS = {
    "alternating": {},
    "three updates of D": {"d_steps": 3},
    "simultaneous": {"updates": "simultaneous"},
}
each_order = pytest.mark.parametrize("order", ORDERS)


@each_dtype
@each_order
@pytest.mark.parametrize("objective", ["non-saturating", "minimax"])
def test_the_plain_game(objective, order, dtype):
    assert_within(play(game(dtype, objective=objective, **ORDERS[order])), BOUNDS[dtype])


@each_dtype
@each_order
@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam"])
def test_every_optimiser_with_a_schedule(rule, order, dtype):
    falling = mg.HoldThenCosine(0.02, 120)
    rules = {
        "sgd": (mg.SGD(falling), mg.SGD(0.05)),
        "momentum": (mg.Momentum(falling, 0.5), mg.Momentum(0.01, mg.Linear(0.9, 300))),
        "adam": (mg.Adam(mg.Exponential(1e-3, 0.99), 0.5, 0.99), mg.Adam(mg.Linear(1e-3, 150))),
    }
    assert_within(play(game(dtype, optimizers=rules[rule], **ORDERS[order])), BOUNDS[dtype])


@each_dtype
@each_order
def test_dropout_and_instance_noise_in_both_networks(order, dtype):
    gan = game(
        dtype,
        [mg.Dense(2, 16), mg.Tanh(), mg.Dropout(0.2), mg.Dense(16, 8), mg.Softplus(), mg.Dense(8, 2)],
        [mg.Dense(2, 9), mg.Dropout(0.5), mg.Tanh(), mg.Dense(9, 8), mg.Dropout(0.1), mg.Tanh(), mg.Dense(8, 1)],
        instance_noise=mg.Linear(0.4, 80),  # 0 before the end
        **ORDERS[order],
    )
    assert_within(play(gan), BOUNDS[dtype])


@each_order
def test_kinks(order):
    gan = game(
        "float64",
        [mg.Dense(2, 18), mg.Maxout(3), mg.Dropout(0.2), mg.Dense(6, 8), mg.ReLU(), mg.Dense(8, 2)],
        [mg.Dense(2, 18), mg.Maxout(2), mg.Dropout(0.5), mg.Dense(9, 8), mg.LeakyReLU(0.2), mg.Dense(8, 1)],
        instance_noise=0.2,
        **ORDERS[order],
    )
    assert_within(play(gan), BOUNDS["float64"])


@each_dtype
@pytest.mark.parametrize("d_steps", [1, 3])
def test_batch_statistics_in_both_networks_per_half_in_d(d_steps, dtype):
    gan = game(
        dtype,
        [mg.Dense(2, 12, bias=False), mg.BatchNorm(12), mg.Tanh(), mg.Dropout(0.1), mg.Dense(12, 2)],
        [mg.Dense(2, 9), mg.Softplus(), mg.Dense(9, 8, False), mg.BatchNorm(8, 0.3), mg.Tanh(), mg.Dense(8, 1)],
        d_steps=d_steps,
    )
    assert_within(play(gan), BOUNDS[dtype])


@each_dtype
def test_batch_statistics_in_g_with_simultaneous_updates(dtype):
    G = [mg.Dense(2, 12, bias=False), mg.BatchNorm(12), mg.Tanh(), mg.Dense(12, 2)]
    assert_within(play(game(dtype, G, updates="simultaneous")), BOUNDS[dtype])


@each_dtype
@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
def test_packs_of_four_samples_and_no_average(updates, dtype):
    D = [mg.Dense(8, 16), mg.Tanh(), mg.Dense(16, 1)]
    gan = game(dtype, discriminator=D, packing=4, average=None, updates=updates)
    found = play(gan)
    assert "average.theta" not in found
    assert_within(found, BOUNDS[dtype])


SMOOTH = [mg.R1(0.5), mg.GradientPenalty(3.0)]


@each_dtype
@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
@pytest.mark.parametrize("penalty", SMOOTH, ids=str)
def test_a_penalty_on_ds_slope_is_what_autograd_of_autograd_gives(penalty, updates, dtype):
    objective = "wasserstein" if penalty.between else "non-saturating"
    assert_within(play(game(dtype, penalty=penalty, objective=objective, updates=updates)), BOUNDS[dtype])


@pytest.mark.parametrize("penalty", SMOOTH, ids=str)
def test_a_penalty_with_kinks_dropout_noise_and_packs(penalty):
    D = [mg.Dense(4, 18), mg.Maxout(3), mg.Dropout(0.2), mg.Dense(6, 8), mg.LeakyReLU(0.2), mg.Dense(8, 1)]
    gan = game("float64", discriminator=D, packing=2, d_steps=2, instance_noise=0.1, penalty=penalty)
    assert_within(play(gan), BOUNDS["float64"])


def test_where_the_loss_does_not_depend_on_a_parameter_adam_walks_on_roundings():
    # A bias in front of BatchNorm is subtracted again with the batch's mean: its gradient is 0, and its rounding,
    # 1e-18, is all that Adam has to divide by its own size (epsilon = 1e-8 makes it 1e-10 of a full step, and 100
    # steps may add up). So that bias, and the running mean that follows it, agree to 1e-10 only. In float32 the
    # rounding is as large as epsilon: there both walk where they like, and no output depends on it.
    def gan(dtype):
        return game(dtype, [mg.Dense(2, 12), mg.BatchNorm(12), mg.Tanh(), mg.Dense(12, 2)])

    found = play(gan("float64"))
    assert_within(found, 1e-10)
    walker = {"generator.theta", "generator.state", "average.theta", "average.state", "generator.m", "generator.v"}
    assert_within({name: number for name, number in found.items() if name not in walker}, 1e-12)

    ours, z = gan("float32"), np.random.default_rng(0).standard_normal((50, 2))
    theirs, batches = reference.Game(ours), mg.Batches(ring(), 32, seed=2)
    for step in range(100):
        ours.step(batches.at(step))
        theirs.step(batches.at(step))
    b, other = ours.generator.layers[0].b, theirs.G[0].bias.detach().numpy()
    assert compare.difference(b, other) > 1e-3
    W, other = ours.generator.layers[0].W, theirs.G[0].weight.detach().numpy().T
    assert compare.difference(W, other) <= BOUNDS["float32"]
    made = reference.forward(theirs.G, torch.from_numpy(np.float32(z)), training=True).detach().numpy()
    assert compare.difference(ours.generator.forward(z, ours.generator.trace(50), training=True), made) <= 2e-5


@pytest.mark.parametrize("name", ["ring", "grid", "gaussian", "digits"])
def test_the_presets_as_they_are(name):
    recipe = replace(RECIPES[name][1], dtype="float64")
    run, data = start(recipe)
    theirs = reference.Game(run.gan)
    batches = mg.Batches(data, recipe.batch * recipe.d_steps, recipe.seed, run.scaler)
    for step in range(100):
        real = batches.at(step)
        run.gan.step(real)
        theirs.step(real)
    others = theirs.vectors()
    found = {name: compare.difference(vector, others[name]) for name, vector in run.gan.vectors().items()}
    assert_within(found, BOUNDS["float64"])


def test_the_first_papers_recipe_is_its_published_step():
    # Written from mnist.yaml and the cost it names: D pays HALF the sum of two cross-entropies, G the label trick
    # through the same dropout masks; v <- m v - rate gradient with ONE rate, .1 / 1.000004^t, for both players.
    recipe = replace(
        RECIPES["goodfellow2014"][1], data="digits", dtype="float64", generator=(30, 30), discriminator=(12, 12)
    )
    recipe = replace(recipe, steps=80, init_g=0.3, init_d=0.3)  # from ±.005 a hundred steps hardly move D
    run, data = start(recipe)
    gan, bce = run.gan, torch.nn.functional.binary_cross_entropy_with_logits
    G, D = reference.twin(gan.generator), reference.twin(gan.discriminator)
    parameters = [[*G.parameters()], [*D.parameters()]]
    v = [[torch.zeros_like(p) for p in player] for player in parameters]
    batches = mg.Batches(data.x / np.float32(16), recipe.batch, recipe.seed)
    latent, masks = mg.Stream(recipe.seed, "latent"), mg.Stream(recipe.seed, "dropout in D")
    for t in range(100):
        real = batches.at(t)
        gan.step(real)
        z = latent.at(t).uniform(-(3**0.5), 3**0.5, (100, 100))
        fake = reference.forward(G, torch.from_numpy(z))
        logits = reference.forward(D, torch.cat([torch.from_numpy(real).double(), fake]), True, masks.at(t))
        ones = torch.ones(100, 1, dtype=torch.float64)
        d_cost = 0.5 * (bce(logits[:100], ones) + bce(logits[100:], 0 * ones))
        g_cost = bce(logits[100:], ones)
        slopes = [
            torch.autograd.grad(cost, player, retain_graph=True)
            for cost, player in zip((g_cost, d_cost), parameters, strict=True)
        ]
        rate, momentum = 0.1 / 1.000004**t, 0.5 + 0.2 * min(1, t / 80)
        with torch.no_grad():
            for player in range(2):
                for p, velocity, slope in zip(parameters[player], v[player], slopes[player], strict=True):
                    velocity.mul_(momentum).sub_(rate * slope)
                    p.add_(velocity)
    for net, there in ((gan.generator, G), (gan.discriminator, D)):
        assert compare.difference(net.theta, reference.flat(there)) <= BOUNDS["float64"]
    assert abs(gan.losses()["value"] + 1.386) > 0.05  # they have played


def test_adam_over_a_vector_of_many_blocks():
    widths, layers = (64, 512, 512), []
    for n_in, n_out in zip(widths, widths[1:], strict=False):
        layers += [mg.Dense(n_in, n_out), mg.LeakyReLU(0.2)]
    G = [*layers, mg.Dense(512, 2), mg.Tanh()]
    assert_within(play(game("float64", G, latent=64, updates="simultaneous"), steps=5), 1e-12)


def test_the_reference_starts_where_the_gan_starts_and_no_later():
    gan = game("float32")
    gan.step(np.zeros((8, 2)))
    with pytest.raises(ValueError, match="1 steps already"):
        reference.Game(gan)


@pytest.mark.parametrize(
    "how", [{}, {"fused": True}, pytest.param({"fused": True, "compiled": True}, marks=pytest.mark.long)], ids=str
)
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")  # torch.compile imports what it warns of
def test_a_step_of_gan_py_is_minigans_simultaneous_update(how, monkeypatch):
    # gan.py updates G first, but D's loss sees fakes that were made before: both gradients are of one point. D
    # pays half its loss, which Adam does not notice but for epsilon: half the gradient over epsilon is the whole
    # one over 2 epsilon.
    players, adam = [], torch.optim.Adam

    def watched(parameters, **options):
        players.append(list(parameters))
        return adam(players[-1], **options)

    gan = game(
        "float64",
        [mg.Dense(3, 16), mg.LeakyReLU(0.2), mg.Dense(16, 8), mg.LeakyReLU(0.2), mg.Dense(8, 2), mg.Tanh()],
        [mg.Dense(2, 16), mg.LeakyReLU(0.2), mg.Dense(16, 8), mg.LeakyReLU(0.2), mg.Dense(8, 1)],
        latent=3,
        updates="simultaneous",
        optimizers=(mg.Adam(2e-4, 0.5, 0.999), mg.Adam(2e-4, 0.5, 0.999, epsilon=2e-8)),
    )
    monkeypatch.setattr(torch.optim, "Adam", watched)
    torch.set_default_dtype(torch.float64)
    try:
        step = gan_py_step((3, 16, 8, 2), (2, 16, 8, 1), 32, **how)
        torch.set_default_dtype(torch.float32)
        for net, parameters in zip((gan.generator, gan.discriminator), players, strict=True):
            with torch.no_grad():
                for there, here in zip(parameters, reference.twin(net).parameters(), strict=True):
                    there.copy_(here)
        latent, batches = mg.Stream(gan.seed, "latent"), mg.Batches(ring(), 32, seed=2)
        for k in range(100):
            z = torch.from_numpy(latent.at(k).standard_normal((32, 3)))
            monkeypatch.setattr(torch, "randn", lambda *shape, z=z: z.reshape(shape))
            step(torch.from_numpy(batches.at(k)))
            gan.step(batches.at(k))
    finally:
        torch.set_default_dtype(torch.float32)
    for net, parameters in zip((gan.generator, gan.discriminator), players, strict=True):
        theirs = np.concatenate([p.detach().t().reshape(-1).numpy() for p in parameters])
        assert compare.difference(net.theta, theirs) <= 1e-12
