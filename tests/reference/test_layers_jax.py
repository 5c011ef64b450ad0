"""Every layer and chains of them, forward and backward, against jax.numpy and jax.vjp in float64."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from every_layer import EVERY, stopped_at, through

import minigan as mg
from minigan.checks import cases, compare
from minigan.checks.references import jax as reference
from minigan.checks.references import ours
from minigan.core.backend import Backend
from minigan.core.layers import LAYERS
from minigan.core.streams import Stream

FLOAT64 = Backend("numpy", "float64")


def scrambled(layers, width=None, seed=0):
    net = mg.Sequential(layers, FLOAT64, width=width)
    rng = np.random.default_rng(seed)
    net.assign(rng.standard_normal(net.size) * 0.7)
    net.state[...] = rng.uniform(0.5, 2, net.state.size)
    return net


def differences(net, training=True, groups=1, rows=12):
    rng = np.random.default_rng(1)
    x, dy = (2 * rng.standard_normal((rows, width)) for width in (net.widths[0], net.widths[-1]))
    theirs, own = (
        engine.pull(net, x, dy, training=training, rng=Stream(3, "dropout").at(0), groups=groups)
        for engine in (reference, ours)  # in this order: minigan moves its network's state
    )
    return {name: compare.difference(own[name], theirs[name]) for name in own}


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", through("jax"))
def test_each_layer_forward_and_backward(name, training, groups, layout):
    found = differences(scrambled([EVERY[name].make(6)], width=6), training, groups)
    assert max(found.values()) <= 1e-12, found


@pytest.mark.parametrize("seed", range(5))
def test_chains_of_all_layers_in_random_order(seed):
    layers, width = [], 6
    for name in np.random.default_rng(seed).permutation(through("jax")):
        layers.append(EVERY[name].make(width))
        width = layers[-1].width_out(width)
    found = differences(scrambled(layers, 6, seed), groups=2, rows=24)
    assert max(found.values()) <= 1e-11, found


@pytest.mark.parametrize("name", ["Softplus", "Sigmoid", "Tanh", "LeakyReLU"])
def test_far_out_where_exponentials_overflow(name):
    x = np.array([[-700.0, -300, -41, -19, -1e-8, 1e-8, 19, 41, 300, 700]])
    net = scrambled([EVERY[name].make(10)], 10)
    pulled = [engine.pull(net, x, np.ones_like(x), False, None, 1) for engine in (reference, ours)]
    # 2e-15: where y is the rounding of 1, the slopes y(1 - y) and 1 - y² are what that leaves; JAX's tanh of 19 is
    # 1 - 7 u, its slope 14 u
    for array in ("y", "dx"):
        np.testing.assert_allclose(pulled[1][array], pulled[0][array], rtol=1e-12, atol=2e-15)


def test_no_layer_was_forgotten_by_the_twin_or_by_minigan_compare():
    vectors = jnp.zeros(200), jnp.zeros(100), jnp.ones((4, 6))
    forgot = []
    for name in LAYERS:
        made = next(entry.make(6) for entry in EVERY.values() if type(entry.make(6)) is LAYERS[name])
        theta, state = vectors[0][: made.size], vectors[1][: made.state_size]
        try:
            reference.layer_forward(made, theta, state, vectors[2], None, 0)
        except TypeError as error:
            assert type(made).__name__ in str(error)
            forgot.append(type(made).__name__)
    assert forgot == stopped_at("jax")
    compared = {type(layer).__name__ for case in cases.LAYERS for layer in case.layers}
    assert set(through("jax")) <= compared


def test_what_jax_does_not_have_is_named():
    class Square(mg.Layer):
        pass

    net = mg.Sequential([mg.Dense(2, 1)], FLOAT64)
    with pytest.raises(TypeError, match=r"Square.*layer_forward"):
        reference.layer_forward(Square(), None, None, None, None, 0)
    with pytest.raises(TypeError, match=r"no twin of 'hinge' here.*payment"):
        reference.payment(net, jnp.zeros(3), "hinge", jnp.ones((4, 2)), jnp.ones((4, 2)), None, None)
    with pytest.raises(TypeError, match=r"no twin of 'lion' here.*move"):
        reference.move("lion", None, {}, None, {})
    with pytest.raises(ValueError, match=r"no twin of 'hinge' here.*losses"):
        reference.judge(np.ones((3, 1)), np.ones((3, 1)), "hinge")
