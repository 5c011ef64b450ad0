"""Layers: every derivative against difference quotients, alone and in every chain; every value by hand."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from every_layer import MAKERS, through
from hypothesis import given
from hypothesis import strategies as st

from minigan.checks.gradcheck import check_gradients
from minigan.core import network
from minigan.core.layers import (
    BatchNorm,
    Dense,
    Dropout,
    Elementwise,
    Layer,
    LeakyReLU,
    Maxout,
    ReLU,
    Sigmoid,
    Softplus,
    Tanh,
    sigmoid,
    softplus,
)
from minigan.core.network import Sequential
from minigan.core.streams import Stream


@dataclass(eq=False)
class Swish(Layer):
    """A student's layer without parameters: y = x sigmoid(x), whose slope needs the input."""

    reads = frozenset({"input"})

    def forward(self, x, y, memo, training, rng):
        y[...] = x * sigmoid(self.xp, x)

    def backward(self, x, y, dy, dx, memo):
        s = sigmoid(self.xp, x)
        dx[...] = dy * s * (1 + x * (1 - s))


@dataclass(eq=False)
class PReLU(Layer):
    """A student's layer with parameters: y = x where x > 0, else a x, with a slope a for each column."""

    n: int

    reads = frozenset({"input"})

    @property
    def size(self):
        return self.n

    @property
    def width(self):
        return self.n

    def bind(self, backend, theta, grad, state):
        super().bind(backend, theta, grad, state)
        self.a, self.da = theta, grad

    def initialise(self, rng):
        self.a[...] = 0.25

    def forward(self, x, y, memo, training, rng):
        y[...] = self.xp.where(x > 0, x, self.a * x)

    def backward(self, x, y, dy, dx, memo):
        dx[...] = self.xp.where(x > 0, dy, self.a * dy)

    def gradient(self, x, y, dy, memo):
        self.da[...] = self.xp.where(x > 0, 0, x * dy).sum(axis=0)


STUDENTS = {"Swish": lambda w: Swish(), "PReLU": lambda w: PReLU(w)}


def chain(names, width=8):
    """The layers of these names, each as wide as the one before makes it."""
    layers, w = [], width
    for name in names:
        layers.append((MAKERS | STUDENTS)[name](w))
        w = layers[-1].width_out(w)
    return layers


def faults(chains, scramble, width=8, batch=9, points=1, **options):
    """The chains whose gradients are wrong at every one of so many random points."""
    found = []
    for names in chains:
        for seed in range(points):
            net = scramble(Sequential(chain(names, width), width=width), seed)
            x = np.random.default_rng(100 + seed).standard_normal((batch, width))
            report = check_gradients(net, x, seed=seed, training=True, **options)
            if report.ok:
                break
        else:
            found.append(f"{'-'.join(names)}: {report.error:.1e}")
    return found


# ------------------------------------------------------------------------------------------ gradients


ONE_OF_EACH = {
    "Dense": (Dense(5, 3), 5),
    "Dense without bias": (Dense(5, 3, bias=False), 5),
    "square Dense": (Dense(4, 4), 4),
    "ReLU": (ReLU(), 4),
    "LeakyReLU": (LeakyReLU(0.2), 4),
    "LeakyReLU of slope 0": (LeakyReLU(0.0), 4),
    "Sigmoid": (Sigmoid(), 4),
    "Tanh": (Tanh(), 4),
    "Softplus": (Softplus(), 4),
    "Maxout of 2": (Maxout(2), 6),
    "Maxout of 3": (Maxout(3), 6),
    "Dropout": (Dropout(0.3), 5),
    "BatchNorm": (BatchNorm(3), 3),
    "Swish": (Swish(), 4),
    "PReLU": (PReLU(4), 4),
}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_each_layer_agrees_with_difference_quotients_at_every_coordinate(name, training, layout, scramble):
    prototype, width = ONE_OF_EACH[name]
    net = scramble(Sequential([type(prototype)(**prototype.__getstate__())], width=width), seed=3)
    x = np.random.default_rng(4).standard_normal((6, width))
    report = check_gradients(net, x, training=training, coordinates=10_000, directions=6)
    one_derivative = 6 + x.size + (6 + net.size if net.size else 0)
    two = one_derivative if type(prototype).__name__ in through("twice") else 0
    assert len(report.probes) == one_derivative + 6 + two
    assert report.ok, str(report)


@pytest.mark.parametrize("first", MAKERS)
def test_every_pair_and_triple_of_layers_passes_the_gradient_check(first, layout, scramble):
    pairs = [(first, second) for second in MAKERS]
    triples = [(first, *rest) for rest in itertools.product(MAKERS, repeat=2)]
    # BatchNorm after two sigmoids is so curved that the quotient's own error is 4e-7
    assert faults(pairs + triples, scramble, coordinates=4, directions=2, bound=1e-6) == []


@pytest.mark.parametrize("own", STUDENTS)
def test_a_layer_of_your_own_passes_between_any_two_neighbours(own, layout, scramble):
    chains = [(a, own, b) for a, b in itertools.product(MAKERS, repeat=2)]
    assert faults(chains, scramble, coordinates=4, directions=2, bound=1e-6) == []


@given(
    names=st.lists(st.sampled_from([*MAKERS, *STUDENTS]), min_size=1, max_size=6),
    inner=st.integers(1, 4),
    batch=st.integers(5, 20),
    wide=st.booleans(),
)
def test_networks_of_any_depth_width_and_batch_pass_the_gradient_check(scramble, names, inner, batch, wide):
    width = inner * 2 ** max(1, names.count("Maxout"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "WIDE", 1 if wide else 1 << 30)
        patch.setitem(MAKERS, "Dense", lambda w: Dense(w, w + width))
        # One point in a few thousand lies within h of a kink, or leaves BatchNorm a column with a single number
        # other than 0: there the quotient is wrong. A wrong formula is wrong at all of three points.
        options = {"points": 3, "coordinates": 4, "directions": 2, "bound": 1e-4}
        assert faults([names], scramble, width, batch, **options) == []


# -------------------------------------------------------------------------------------------- values


def by_hand(formula):
    return np.vectorize(formula, otypes=[float])


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        (ReLU(), lambda x: x if x > 0 else 0),
        (LeakyReLU(0.2), lambda x: x if x > 0 else 0.2 * x),
        (Sigmoid(), lambda x: 1 / (1 + math.exp(-x))),
        (Tanh(), lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x))),
        (Softplus(), lambda x: math.log(1 + math.exp(x))),
    ],
    ids=lambda p: type(p).__name__ if isinstance(p, Layer) else "",
)
def test_activations_have_their_textbook_values(layer, formula, backend):
    net = Sequential([type(layer)(**layer.__getstate__())], backend=backend, width=3)
    x = np.array([[-4.0, -0.5, 0.0], [0.25, 1.0, 5.0]])
    tolerance = 1e-6 if backend.dtype == "float32" else 1e-14
    np.testing.assert_allclose(backend.to_numpy(net(x)), by_hand(formula)(x), rtol=tolerance)


@pytest.mark.parametrize(("layer", "slope"), [(ReLU(), 0.0), (LeakyReLU(0.2), 0.2)], ids=["ReLU", "LeakyReLU"])
def test_at_the_kink_the_slope_is_that_of_the_left_branch(layer, slope):
    net = Sequential([type(layer)(**layer.__getstate__())], width=1)
    trace = net.trace(1)
    net.forward(np.zeros((1, 1)), trace)
    assert net.backward(np.ones((1, 1)), trace, inputs=True) == np.float32(slope)


@pytest.mark.parametrize(
    ("layer", "below", "above"),
    [
        (ReLU(), 0.0, math.inf),
        (LeakyReLU(0.2), -math.inf, math.inf),
        (LeakyReLU(0.0), 0.0, math.inf),  # 0 times an infinity is no number
        (Sigmoid(), 0.0, 1.0),
        (Tanh(), -1.0, 1.0),
        (Softplus(), 0.0, math.inf),
    ],
    ids=repr,
)
def test_at_the_infinities_an_activation_takes_its_limits_and_is_silent(layer, below, above, backend):
    net = Sequential([replace(layer)], backend, width=2)
    x = backend.asarray(np.array([[-math.inf, math.inf]]))
    with np.errstate(all="raise", under="ignore"):
        assert backend.to_numpy(net(x)).tolist() == [[below, above]]


def test_tanh_s_slope_in_float32_ends_at_10_as_it_says():
    net = Sequential([Tanh()], width=1)
    x = np.array([[-10.01], [-9.98], [9.98], [10.01]], np.float32)
    trace = net.trace(4)
    net.forward(x, trace)
    slope = net.backward(np.ones((4, 1), np.float32), trace, params=False, inputs=True)
    assert (slope > 0).ravel().tolist() == [False, True, True, False]


def test_sigmoid_and_softplus_are_exact_in_both_tails_and_silent(backend):
    x = backend.asarray([-1e4, -90, 0, 90, 1e4])
    xp, rtol = backend.xp, 1e-6 if backend.dtype == "float32" else 1e-14
    s, p = (backend.to_numpy(f(xp, x)).astype(float) for f in (sigmoid, softplus))
    # e^-90 is 8.2e-40, which float32 holds only as a subnormal number, of few digits
    np.testing.assert_allclose(s, [0, math.exp(-90), 0.5, 1, 1], rtol=rtol, atol=1e-44)
    np.testing.assert_allclose(p, [0, math.exp(-90), math.log(2), 90, 1e4], rtol=rtol, atol=1e-44)
    assert s[1] > 0 and p[1] > 0


def test_dense_is_a_sum_over_inputs_plus_a_bias(backend, scramble, layout):
    net = scramble(Sequential([Dense(3, 2)], backend=backend))
    x = np.random.default_rng(1).standard_normal((4, 3))
    W, b = (backend.to_numpy(v) for v in (net.layers[0].W, net.layers[0].b))
    wanted = [[sum(x[r, i] * W[i, o] for i in range(3)) + b[o] for o in range(2)] for r in range(4)]
    np.testing.assert_allclose(backend.to_numpy(net(x)), wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("init", "sd", "bound"),
    [
        ("he", math.sqrt(2 / 400), None),
        ("glorot", math.sqrt(2 / 1000), math.sqrt(6 / 1000)),
        (("normal", 0.02), 0.02, None),
        (("uniform", 0.05), 0.05 / math.sqrt(3), 0.05),
    ],
)
def test_starting_weights_have_the_spread_that_init_names_and_biases_are_zero(init, sd, bound):
    layer = Sequential([Dense(400, 600, init=init)]).layers[0]
    assert layer.W.std() == pytest.approx(sd, rel=0.01)  # 240,000 draws: the error is about 0.15 %
    assert abs(layer.W.mean()) < 0.01 * sd
    assert not layer.b.any()
    furthest = float(np.abs(layer.W).max())
    assert furthest > 4 * sd if bound is None else 0.99 * bound < furthest <= np.float32(bound)


def test_dense_without_bias_has_weights_alone():
    net = Sequential([Dense(3, 2, bias=False)])
    assert net.size == 6 and net.layers[0].b.size == 0
    assert not net(np.zeros((1, 3))).any()


def test_maxout_pools_neighbours_and_of_equals_the_first_wins(layout):
    net = Sequential([Maxout(3)], width=6)
    trace = net.trace(2)
    x = np.array([[1, 5, 2, 7, 7, 6], [3, 3, 3, -1, -2, -1]], float)
    assert net.forward(x, trace).tolist() == [[5, 7], [3, -1]]
    dx = net.backward([[10, 20], [30, 40]], trace, inputs=True)
    assert dx.tolist() == [[0, 10, 0, 20, 0, 0], [30, 0, 0, 40, 0, 0]]


# ------------------------------------------------------------------------------------------- dropout


def dropped(net, rng, rows=2000):
    trace = net.trace(rows)
    return net.forward(np.ones((rows, net.widths[0])), trace, training=True, rng=rng), trace


def test_dropout_keeps_the_expectation_and_its_backward_uses_the_same_mask(backend):
    net = Sequential([Dropout(0.3)], backend=backend, width=50)
    y, trace = dropped(net, np.random.default_rng(0))
    y = backend.to_numpy(y).copy()
    assert set(np.unique(y)) == {0, backend.dtype.type(1 / 0.7)}
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.01)
    dy = np.random.default_rng(1).standard_normal(y.shape).astype(backend.dtype)
    np.testing.assert_array_equal(backend.to_numpy(net.backward(dy, trace, inputs=True)), dy * y)


def test_dropout_draws_a_new_mask_each_time_and_the_same_from_the_same_source():
    net = Sequential([Dropout(0.5)], width=8)
    rng = np.random.default_rng(0)
    first, second = (dropped(net, rng)[0].copy() for _ in range(2))
    assert (first != second).any()
    np.testing.assert_array_equal(dropped(net, np.random.default_rng(0))[0], first)


def test_dropout_in_evaluation_passes_x_and_dy_through_and_needs_no_rng():
    net = Sequential([Dropout(0.5)], width=3)
    _, trace = dropped(net, np.random.default_rng(0), rows=4)
    x = np.random.default_rng(1).standard_normal((4, 3)).astype(np.float32)
    np.testing.assert_array_equal(net.forward(x, trace), x)
    np.testing.assert_array_equal(net.backward(x, trace, inputs=True), x)


def test_dropout_in_training_without_a_source_of_randomness_raises():
    net = Sequential([Dense(2, 2), Dropout(0.5)])
    with pytest.raises(ValueError, match=r"forward\(x, trace, training=True, rng=\.\.\.\)"):
        net.forward(np.ones((3, 2)), net.trace(3), training=True)


# ----------------------------------------------------------------------------------------- BatchNorm


def test_batchnorm_in_training_gives_each_column_the_mean_beta_and_the_spread_gamma(backend, layout):
    net = Sequential([BatchNorm(3)], backend=backend)
    net.assign([2, 3, 4, -1, 0, 1])
    x = 5 + 7 * np.random.default_rng(0).standard_normal((200, 3))
    y = backend.to_numpy(net.forward(x, net.trace(200), training=True))
    np.testing.assert_allclose(y.mean(axis=0), [-1, 0, 1], atol=1e-5)
    np.testing.assert_allclose(y.std(axis=0), [2, 3, 4], rtol=1e-5)


def test_batchnorm_keeps_groups_of_rows_apart(layout):
    net = Sequential([BatchNorm(2)])
    real, fake = np.random.default_rng(0).standard_normal((2, 6, 2)) * [[[1]], [[9]]] + [[[0]], [[50]]]
    both = net.forward(np.concatenate([real, fake]), net.trace(12, groups=2), training=True)
    for part, x in ((both[:6], real), (both[6:], fake)):
        np.testing.assert_allclose(part, net.forward(x, net.trace(6), training=True), rtol=1e-5, atol=1e-6)


def test_the_gradients_of_two_groups_are_those_of_two_batches(scramble, layout):
    net = scramble(Sequential([Dense(3, 4), BatchNorm(4), Tanh(), Dense(4, 1)], "numpy")).to("numpy", "float64")
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((10, 3)), rng.standard_normal((10, 1))

    def gradients(x, dy, groups):
        trace = net.trace(len(x), groups)
        net.forward(x, trace, training=True)
        dx = net.backward(dy, trace, inputs=True)
        return dx.copy(), net.grad.copy()

    dx, grad = gradients(x, dy, 2)
    (dx1, grad1), (dx2, grad2) = gradients(x[:5], dy[:5], 1), gradients(x[5:], dy[5:], 1)
    np.testing.assert_allclose(dx, np.concatenate([dx1, dx2]), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(grad, grad1 + grad2, rtol=1e-12, atol=1e-14)


def test_running_statistics_move_in_absorb_alone_by_the_hand_computed_step(backend):
    net = Sequential([BatchNorm(2, momentum=0.25)], backend=backend)
    x = np.random.default_rng(0).standard_normal((2, 5, 2)) * 3 + 4
    trace = net.trace(10, groups=2)
    net.forward(x.reshape(10, 2), trace, training=True)
    assert backend.to_numpy(net.state).tolist() == [0, 0, 1, 1]
    net.absorb(trace)
    mean, variance = (
        x.mean(axis=1).mean(axis=0),
        x.var(axis=1, ddof=1).mean(axis=0),
    )  # of each group, averaged
    wanted = np.concatenate([0.25 * mean, 0.75 * 1 + 0.25 * variance])
    np.testing.assert_allclose(backend.to_numpy(net.state), wanted, rtol=1e-5)
    net.absorb(trace)  # from state s towards b: 3/4 s + 1/4 b again
    twice = 0.75 * wanted + 0.25 * np.concatenate([mean, variance])
    np.testing.assert_allclose(backend.to_numpy(net.state), twice, rtol=1e-5)


def test_batchnorm_in_evaluation_uses_the_running_statistics_and_absorbs_nothing(backend):
    net = Sequential([BatchNorm(2, epsilon=0.5)], backend=backend)
    net.assign([2, 3, 10, 20])
    net.state[...] = backend.asarray([1, -1, 3.5, 8.5])
    trace = net.trace(1)
    y = net.forward([[2.0, 5.0]], trace)
    # gamma (x - mean) / sqrt(variance + epsilon) + beta: 2 × 1 / 2 + 10 and 3 × 6 / 3 + 20
    np.testing.assert_allclose(backend.to_numpy(y), [[11, 26]], rtol=1e-6)
    net.absorb(trace)
    assert backend.to_numpy(net.state).tolist() == [1, -1, 3.5, 8.5]


def test_in_evaluation_a_row_does_not_depend_on_the_others_but_in_training_it_does(scramble):
    net = scramble(Sequential([BatchNorm(3)]))
    x = np.random.default_rng(0).standard_normal((4, 3))
    other = np.concatenate([x[:1], 5 * x[1:]])
    for training in (False, True):
        a, b = (net.forward(v, net.trace(4), training)[0] for v in (x, other))
        assert (a == b).all() != training


def test_batchnorm_cannot_train_on_one_row():
    net = Sequential([BatchNorm(2)])
    with pytest.raises(ValueError, match="at least 2 rows of each kind"):
        net.forward(np.ones((2, 2)), net.trace(2, groups=2), training=True)


# ------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(0, 3), r"Dense\(0, 3\): both widths must be 1 or more"),
        (lambda: Dense(3, -1), r"Dense\(3, -1\): both widths"),
        (lambda: Dense(2, 2, init="hee"), r"init is 'hee'; choose 'he', 'glorot'"),
        (lambda: Dense(2, 2, init=("he", 1.0)), r"init is \('he', 1.0\)"),
        (lambda: LeakyReLU(1.0), r"slope is 1.0; it must be at least 0 and below 1"),
        (lambda: LeakyReLU(-0.1), r"slope is -0.1"),
        (lambda: Maxout(1), r"Maxout\(k=1\): at least 2"),
        (lambda: Sequential([Maxout(2)], width=5), r"cannot pool 5 columns"),
        (lambda: Dropout(1.0), r"Dropout's p is 1.0"),
        (lambda: Dropout(-0.5), r"Dropout's p is -0.5"),
        (lambda: BatchNorm(0), r"BatchNorm\(0\)"),
    ],
)
def test_settings_without_meaning_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("method", ["forward", "backward", "gradient"])
def test_a_layer_of_your_own_that_lacks_a_method_is_told_which(method):
    @dataclass(eq=False)
    class Half(PReLU):
        pass

    setattr(Half, method, getattr(Layer, method))
    with pytest.raises(TypeError, match=f"Half .*write its {method} method"):
        check_gradients(Half(2), np.ones((2, 2)))


@pytest.mark.parametrize("method", ["value", "slope"])
def test_an_elementwise_layer_that_lacks_a_formula_is_told_which(method):
    @dataclass(eq=False)
    class Half(ReLU):
        pass

    setattr(Half, method, getattr(Elementwise, method))
    with pytest.raises(TypeError, match=f"Half .*write its {method} method"):
        check_gradients(Half(), np.ones((2, 2)))


# ------------------------------------------------------------------------- what a layer may rely upon


@pytest.mark.parametrize("name", MAKERS)
def test_a_layer_starts_the_same_from_the_same_stream(name):
    a, b = (Sequential([MAKERS[name](6)], width=6, seed=5, name="n") for _ in range(2))
    np.testing.assert_array_equal(a.theta, b.theta)


def test_initial_weights_are_the_draws_of_the_stream_of_seed_name_and_layer():
    net = Sequential([Tanh(), Dense(3, 2, init=("normal", 1.0))], seed=7, name="critic")
    draws = Stream(7, "weights", "critic", 1).at(0).standard_normal((3, 2))
    np.testing.assert_array_equal(net.layers[1].W, draws.astype(np.float32))
