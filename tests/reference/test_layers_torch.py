"""Every layer and whole networks, forward and backward, against torch.nn and torch.autograd in float64.

Differences are over the largest entry of the array in question; 1e-12 unless a test says why not.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from every_layer import EVERY, stopped_at, through
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import minigan as mg
from minigan.checks import cases, compare
from minigan.checks.references import torch as reference
from minigan.core.backend import Backend
from minigan.core.streams import Stream

FLOAT64 = Backend("numpy", "float64")


def scrambled(layers, width=None, seed=0, backend=FLOAT64):
    net = mg.Sequential(layers, backend, width=width)
    rng = np.random.default_rng(seed)
    net.assign(rng.standard_normal(net.size) * 0.7)
    net.state[...] = rng.uniform(0.5, 2, net.state.size)
    return net


def both(net, x, dy, training=True, groups=1):
    """(minigan's answer, PyTorch's) to the same question."""
    stream = Stream(3, "dropout")
    theirs = reference.pull(net, x, dy, training=training, rng=stream.at(0), groups=groups)
    trace = net.trace(len(x), groups)
    y = net.forward(x, trace, training=training, rng=stream.at(0)).copy()
    dx = net.backward(dy, trace, inputs=True).copy()
    net.absorb(trace)
    return {"y": y, "dx": dx, "dtheta": net.grad.copy(), "state": net.state.copy()}, theirs


def assert_close(ours, theirs, bound=1e-12):
    for name in ours:
        assert compare.difference(ours[name], theirs[name]) <= bound, name


def question(net, rows=12, seed=1):
    rng = np.random.default_rng(seed)
    return (2 * rng.standard_normal((rows, width)) for width in (net.widths[0], net.widths[-1]))


MAKERS = {
    "dense": lambda n: mg.Dense(n, 7),
    "dense without bias": lambda n: mg.Dense(n, 5, bias=False),
    "relu": lambda n: mg.ReLU(),
    "leaky relu": lambda n: mg.LeakyReLU(0.2),
    "leaky relu of slope 0": lambda n: mg.LeakyReLU(0.0),
    "sigmoid": lambda n: mg.Sigmoid(),
    "tanh": lambda n: mg.Tanh(),
    "softplus": lambda n: mg.Softplus(),
    "maxout": lambda n: mg.Maxout(n),
    "dropout": lambda n: mg.Dropout(0.4),
    "batch norm": lambda n: mg.BatchNorm(n, momentum=0.3, epsilon=1e-3),
}


@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", MAKERS)
def test_each_layer_forward_and_backward(name, training, groups, layout):
    net = scrambled([MAKERS[name](6)], width=6)
    assert_close(*both(net, *question(net), training, groups))


@settings(max_examples=60)
@given(
    names=st.lists(st.sampled_from([n for n in MAKERS if n != "maxout"]), min_size=1, max_size=7),
    width=st.integers(1, 9),
    rows=st.integers(2, 6),
    training=st.booleans(),
    seed=st.integers(0, 99),
)
def test_chains_of_any_layers(names, width, rows, training, seed):
    # 1e-10 with BatchNorm: of two rows it makes ±1 whatever they are, so dx is what is left of a cancellation, and
    # a nearly constant column is divided by its small spread. 2e-12 is the worst in 3,000 chains; else 1e-12.
    layers, n = [], width
    for name in names:
        layers.append(MAKERS[name](n))
        n = layers[-1].width_out(n)
    net = scrambled(layers, width, seed)
    bound = 1e-10 if "batch norm" in names else 1e-12
    assert_close(*both(net, *question(net, 2 * rows, seed), training, groups=2), bound)


def test_elementwise_layers_far_out_where_exponentials_overflow():
    x = np.array([[-700.0, -300, -41, -39, -21, -19, -1e-8, 1e-8, 19, 21, 39, 41, 300, 700]])
    dy = np.full_like(x, 1.5)
    for layer in (mg.ReLU(), mg.LeakyReLU(0.2), mg.Softplus(), mg.Tanh(), mg.Sigmoid()):
        # Entry by entry here, so that small tails count. 1e-15 is added for the slopes of Sigmoid and Tanh, which
        # are y(1 - y) and 1 - y² on both sides: where y is the rounding of 1, they are what that leaves.
        ours, theirs = both(scrambled([layer], x.shape[1]), x, dy)
        tails = 0 if isinstance(layer, mg.ReLU | mg.LeakyReLU | mg.Softplus) else 1e-15
        for name in ("y", "dx"):
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-12, atol=tails, err_msg=f"{layer} {name}")


def test_of_equal_columns_maxout_and_pytorch_let_the_first_win():
    net = mg.Sequential([mg.Maxout(3)], FLOAT64, width=6)
    ours, theirs = both(net, np.array([[2.0, 2, 1, 0, 3, 3]]), np.array([[5.0, 7]]))
    np.testing.assert_array_equal(ours["dx"], [[5, 0, 0, 0, 7, 0]])
    assert_close(ours, theirs, 0)


def test_the_twin_of_batch_norm_is_pytorchs_own_over_many_batches():
    # The twin normalises group by group, by hand: with one group it must be what nn.BatchNorm1d does by itself.
    net = scrambled([mg.BatchNorm(4, momentum=0.2)])
    twin, own = reference.twin(net), reference.twin(net)
    own.train()
    for seed in range(5):
        x = torch.from_numpy(np.random.default_rng(seed).standard_normal((8, 4)))
        torch.testing.assert_close(reference.forward(twin, x, training=True), own(x), rtol=0, atol=0)
        reference.absorb(twin)
        np.testing.assert_array_equal(reference.state(twin), reference.state(own))
        trace = net.trace(8)
        net.forward(x.numpy(), trace, training=True)
        net.absorb(trace)
    assert compare.difference(net.state, reference.state(own)) <= 1e-12
    assert own[0].num_batches_tracked == 5


def test_dropout_keeps_the_expectation_as_pytorchs_does():
    x = torch.ones(4, 50_000, dtype=torch.float64)
    twin = reference.twin(mg.Sequential([mg.Dropout(0.3)], FLOAT64, width=50_000))
    y = reference.forward(twin, x, training=True, rng=np.random.default_rng(0))
    assert set(y.unique().tolist()) == set(nn.Dropout(0.3)(x).unique().tolist()) == {0.0, 1 / 0.7}
    assert y.mean().item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("widths", [(3, 600, 2), (700, 5, 1), (64, 128, 256, 64)])
def test_wide_networks_whose_batch_axis_is_contiguous(widths):
    for dtype, bound in (("float64", 1e-12), ("float32", 1e-5)):
        layers = []
        for n_in, n_out in zip(widths, widths[1:], strict=False):
            layers += [mg.Dense(n_in, n_out), mg.LeakyReLU(0.2)]
        net = mg.Sequential(layers, Backend("numpy", dtype))
        x, dy = (a.astype(dtype) for a in question(net, 50))
        assert_close(*both(net, x, dy), bound)


@pytest.mark.parametrize("name", through("torch"))
def test_every_layer_that_has_a_twin_is_held_to_it_here_and_by_minigan_compare(name):
    net = scrambled([EVERY[name].make(6)], width=6)
    assert_close(*both(net, *question(net)))
    assert any(type(layer).__name__ == name for case in cases.LAYERS for layer in case.layers)


def test_a_layer_that_pytorch_does_not_have_is_named():
    for name in stopped_at("torch"):
        with pytest.raises(TypeError, match=name):
            reference.module(EVERY[name].make(6))

    class Square(mg.Layer):
        pass

    with pytest.raises(TypeError, match="Square"):
        reference.module(Square())
