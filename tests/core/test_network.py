"""Networks and traces: one theta, views that stay views, nothing written that another still needs."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan.core import network
from minigan.core.backend import Backend
from minigan.core.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Maxout, ReLU, Sigmoid, Softplus, Tanh
from minigan.core.network import Sequential, StaleTraceError
from minigan.core.optimizers import SGD, Adam

LEADERS = [
    lambda: Dense(4, 4),
    ReLU,
    LeakyReLU,
    Sigmoid,
    Tanh,
    Softplus,
    Maxout,
    Dropout,
    lambda: BatchNorm(4),
]
names_of_layers = pytest.mark.parametrize("leader", LEADERS, ids=lambda make: repr(make()))


def small(backend="numpy", name="net", dtype=None):
    backend = Backend(backend, dtype) if dtype else backend
    return Sequential([Dense(3, 5), Tanh(), Dropout(0.3), BatchNorm(5), Dense(5, 2)], backend, name=name)


def passed(net, rows=6, seed=0, training=False):
    """A random x, a random dy and a trace that has seen x."""
    rng = np.random.default_rng(seed)
    x, dy = (rng.standard_normal((rows, net.widths[end])).astype(net.backend.dtype) for end in (0, -1))
    trace = net.trace(rows)
    net.forward(x, trace, training, rng)
    return x, dy, trace


def forwards(net, **options):
    x, _, trace = passed(net)
    return net.backend.to_numpy(net.forward(x, trace, **options)).copy()


# -------------------------------------------------------------------------------- one theta, its views


def test_every_weight_and_gradient_is_a_view_of_the_flat_vectors():
    net = small()
    first, norm, last = net.layers[0], net.layers[3], net.layers[4]
    for i, views in enumerate([(first.W, first.b, norm.gamma, norm.beta, last.W, last.b), (first.dW, last.db)]):
        for view in views:
            assert np.shares_memory(view, (net.theta, net.grad)[i])
    assert np.shares_memory(norm.mean, net.state) and np.shares_memory(norm.variance, net.state)
    assert net.size == len(net.theta) == len(net.grad) == (3 + 1) * 5 + 2 * 5 + (5 + 1) * 2
    assert len(net.state) == 10


def test_the_views_tile_theta_in_the_order_of_the_layers():
    net = small()
    net.assign(np.arange(net.size))
    flat = [v.ravel() for v in (net.layers[0].W, net.layers[0].b, net.layers[3].gamma, net.layers[3].beta)]
    flat += [net.layers[4].W.ravel(), net.layers[4].b]
    np.testing.assert_array_equal(np.concatenate(flat), net.theta)


COPIES = {
    "copy()": lambda net: net.copy(),
    "copy.copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "to()": lambda net: net.to("numpy"),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_has_views_of_its_own_and_an_optimiser_moves_it_alone(how, scramble):
    net = scramble(small())
    twin = COPIES[how](net)
    before = forwards(net)
    np.testing.assert_array_equal(forwards(twin), before)
    np.testing.assert_array_equal(twin.state, net.state)
    for one, other in ((net, twin), (twin, net)):  # both still move, and neither moves the other
        assert np.shares_memory(one.layers[0].W, one.theta)
        assert not np.shares_memory(one.theta, other.theta) and not np.shares_memory(one.state, other.state)
        still, old = forwards(other), forwards(one)
        _, dy, trace = passed(one)
        one.backward(dy, trace)
        SGD(0.1).bind(one).step()
        assert (forwards(one) != old).any()
        np.testing.assert_array_equal(forwards(other), still)


def test_a_copied_optimiser_moves_the_network_that_was_copied_with_it(scramble):
    net = scramble(small())
    _, dy, trace = passed(net)
    optimiser = Adam(0.1).bind(net)
    net.backward(dy, trace)
    optimiser.step()
    twin = pickle.loads(pickle.dumps(optimiser))
    twin.net.grad[...] = net.grad
    for each in (optimiser, twin):
        each.step()
    assert twin.net is not net
    np.testing.assert_array_equal(twin.net.theta, net.theta)
    np.testing.assert_array_equal(forwards(twin.net), forwards(net))


@pytest.mark.parametrize(
    "where", [("numpy", "float64"), (Backend("numpy", "float64"), None), (Backend(), "float64")]
)
def test_to_changes_the_float_type_of_all_vectors(where, scramble):
    net = scramble(small())
    twin = net.to(*where)
    assert {v.dtype.name for v in (twin.theta, twin.grad, twin.state, twin(np.ones((1, 3))))} == {"float64"}
    np.testing.assert_array_equal(twin.theta, net.theta)
    np.testing.assert_allclose(forwards(twin), forwards(net), rtol=1e-4, atol=1e-5)


# ------------------------------------------------------------------------------- whose gradient is wanted


def test_backward_assigns_and_never_accumulates(scramble, layout):
    net = scramble(small())
    _, dy, trace = passed(net)
    dx = net.backward(dy, trace, inputs=True).copy()
    grad = net.grad.copy()
    net.grad[...] = 1e6
    np.testing.assert_array_equal(net.backward(dy, trace, inputs=True), dx)
    np.testing.assert_array_equal(net.grad, grad)


def test_without_params_grad_is_left_untouched_bit_for_bit(scramble, layout):
    net = scramble(small())
    _, dy, trace = passed(net)
    with_params = net.backward(dy, trace, inputs=True).copy()
    net.grad[...] = sentinel = np.random.default_rng(5).standard_normal(net.size).astype(np.float32)
    np.testing.assert_array_equal(net.backward(dy, trace, params=False, inputs=True), with_params)
    np.testing.assert_array_equal(net.grad, sentinel)


def test_without_inputs_there_is_no_dx_and_the_first_layer_is_not_asked_for_it(scramble, monkeypatch):
    net = scramble(small())
    _, dy, trace = passed(net)
    monkeypatch.setattr(net.layers[0], "backward", None)
    assert net.backward(dy, trace) is None
    with pytest.raises(TypeError):
        net.backward(dy, trace, inputs=True)


@names_of_layers
@pytest.mark.parametrize("rows", [slice(2, 5), slice(3, None), slice(None, None, 2)])
def test_dx_of_a_slice_of_rows_is_that_slice_of_dx(leader, rows, layout, scramble):
    net = scramble(Sequential([leader(), Tanh()], Backend("numpy", "float64"), width=4))
    _, dy, trace = passed(net, training=True)
    whole = net.backward(dy, trace, inputs=True).copy()
    grad = net.grad.copy()
    np.testing.assert_allclose(net.backward(dy, trace, inputs=rows), whole[rows], rtol=1e-14)
    np.testing.assert_array_equal(net.grad, grad)


def test_a_first_dense_layer_computes_dx_for_the_wanted_rows_alone(monkeypatch):
    net = small()
    _, dy, trace = passed(net)
    asked, backward = [], Dense.backward

    def spy(self, x, y, dy, dx, memo):
        asked.append(len(dx))
        backward(self, x, y, dy, dx, memo)

    monkeypatch.setattr(Dense, "backward", spy)
    net.backward(dy, trace, inputs=slice(2, 5))
    assert asked == [6, 3]  # the last layer for all rows, the first for three


@given(
    rows=st.integers(1, 7),
    width=st.integers(1, 4),
    last=st.sampled_from([lambda w: Dense(w, 2), lambda w: Tanh(), lambda w: BatchNorm(w)]),
    wide=st.booleans(),
)
def test_row_weights_scale_each_rows_share_of_grad_and_leave_dx_alone(scramble, rows, width, last, wide):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "WIDE", 1 if wide else 1 << 30)
        layers = [Dense(width, 6), LeakyReLU(), Maxout(2), BatchNorm(3), Dense(3, 3), Softplus(), last(3)]
        net = scramble(Sequential(layers, Backend("numpy", "float64")))
        x, dy, trace = passed(net, rows)
        weights = np.random.default_rng(1).standard_normal((rows, 1))
        dx = net.backward(dy, trace, inputs=True, row_weights=weights).copy()
        grad = net.grad.copy()
        by_row, dx_by_row = np.zeros(net.size), []
        alone = net.trace(1)
        for r in range(rows):
            net.forward(x[r : r + 1], alone)
            dx_by_row.append(net.backward(dy[r : r + 1], alone, inputs=True).copy())
            by_row += weights[r] * net.grad
    np.testing.assert_allclose(grad, by_row, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dx, np.concatenate(dx_by_row), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("shape", [(6,), (1, 6), (5, 1), (6, 2)])
def test_row_weights_of_another_shape_are_refused(shape):
    net = small()
    _, dy, trace = passed(net)
    with pytest.raises(ValueError, match=r"weights of shape \(6, 1\)"):
        net.backward(dy, trace, row_weights=np.ones(shape, np.float32))


def test_the_tangent_of_a_network_is_its_directional_derivative(scramble, layout):
    layers = [Dense(3, 4), Tanh(), Maxout(2), Softplus(), Dense(2, 3)]
    net = scramble(Sequential(layers, Backend("numpy", "float64")))
    x, _, trace = passed(net)
    u = np.random.default_rng(1).standard_normal(x.shape)
    by_difference = (net(x + 1e-6 * u) - net(x - 1e-6 * u)) / 2e-6
    np.testing.assert_allclose(net.tangent(u, trace), by_difference, rtol=1e-6, atol=1e-8)


# ------------------------------------------------------------------------------------- who may be written


@names_of_layers
def test_the_callers_x_dy_and_weights_are_never_written(leader, layout, scramble):
    net = scramble(Sequential([leader(), Dropout(0.2), Tanh()], width=4))
    rng = np.random.default_rng(0)
    trace = net.trace(6)
    x, dy = (rng.standard_normal((6, net.widths[end])).astype(np.float32) for end in (0, -1))
    weights = rng.standard_normal((6, 1)).astype(np.float32)
    before = [a.copy() for a in (x, dy, weights)]
    net.forward(x, trace, training=True, rng=rng)
    net.backward(dy, trace, inputs=True, row_weights=weights)
    net.tangent(x, trace)
    for a, b in zip((x, dy, weights), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_two_traces_of_one_network_do_not_disturb_each_other(scramble, layout):
    net = scramble(small())
    x, dy, trace = passed(net, training=True)
    y, dx = trace.y.copy(), net.backward(dy, trace, inputs=True).copy()
    grad, state = net.grad.copy(), net.state.copy()
    _, other_dy, other = passed(net, seed=9, training=True)
    net.backward(other_dy, other, inputs=True)
    np.testing.assert_array_equal(trace.y, y)
    np.testing.assert_array_equal(net.state, state)  # forward moves no running statistics
    np.testing.assert_array_equal(net.backward(dy, trace, inputs=True), dx)
    np.testing.assert_array_equal(net.grad, grad)
    assert trace.x is x


def test_a_trace_is_filled_again_without_new_arrays(scramble):
    net = scramble(small())
    _, dy, trace = passed(net)
    net.backward(dy, trace)
    addresses = [a.ctypes.data for a in (*trace.ys[1:], *trace.dys)]
    x = np.ones((6, 3), np.float32)
    net.forward(x, trace)
    net.backward(dy, trace)
    assert [a.ctypes.data for a in (*trace.ys[1:], *trace.dys)] == addresses


@pytest.mark.parametrize(
    ("layers", "shared"),
    [
        ([Dense(4, 4), ReLU()], {(1, 2)}),
        ([Dense(4, 4), Dropout(), Dropout(), Tanh()], {(1, 2), (2, 3), (3, 4)}),
        ([Dense(4, 4), Tanh(), Dropout()], {(1, 2)}),  # Dropout must not write over what Tanh reads
        ([Dense(4, 4), Sigmoid(), Tanh()], {(1, 2)}),
        ([ReLU(), Dense(4, 4)], set()),  # never over the caller's x
        ([Dense(4, 4), BatchNorm(4), Maxout()], set()),
    ],
    ids=repr,
)
def test_a_layer_writes_over_its_input_exactly_where_nobody_needs_it_again(layers, shared):
    ys = Sequential(layers, width=4).trace(3).ys
    assert {(k, k + 1) for k in range(1, len(layers)) if ys[k] is ys[k + 1]} == shared


def test_a_layer_that_does_not_say_what_it_reads_has_its_input_and_output_kept(scramble):
    class Square(Layer):  # forgets to say that it reads its input
        def forward(self, x, y, memo, training, rng):
            y[...] = x * x

        def backward(self, x, y, dy, dx, memo):
            dx[...] = 2 * x * dy

    class Exp(Layer):  # forgets to say that it reads its output
        def forward(self, x, y, memo, training, rng):
            self.xp.exp(x, out=y)

        def backward(self, x, y, dy, dx, memo):
            dx[...] = y * dy

    for layer in (Square, Exp):
        kept = Sequential([Dense(4, 4), Dropout(), layer(), Dropout()]).trace(2).ys
        assert kept[2] is not kept[3] and kept[3] is not kept[4], layer.__name__


def test_a_layer_that_reads_its_input_never_writes_over_it_even_if_it_says_that_it_could():
    class Greedy(LeakyReLU):
        reads = frozenset({"input"})

    ys = Sequential([Dense(4, 4), Greedy()]).trace(2).ys
    assert ys[1] is not ys[2]


def test_the_order_of_memory_follows_the_widest_layer_and_changes_no_number(monkeypatch, scramble):
    results = []
    for wide in (5, 6):
        monkeypatch.setattr(network, "WIDE", wide)
        net = scramble(small(dtype="float64"))
        _, dy, trace = passed(net, training=True)
        dx = net.backward(dy, trace, inputs=True)
        results.append((trace.y.copy(), dx.copy(), net.grad.copy()))
        assert trace.y.flags.f_contiguous == (wide == 5) and trace.y.flags.c_contiguous == (wide == 6)
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


# -------------------------------------------------------------------------------------------- staleness


def step_of(optimiser):
    return lambda net: optimiser.bind(net).step()


@pytest.mark.parametrize(
    "move",
    [
        lambda net: net.assign(net.theta.copy()),
        lambda net: net.moved(),
        step_of(SGD(0.1)),
        step_of(Adam(0.1)),
    ],
    ids=["assign", "moved", "SGD", "Adam"],
)
def test_backward_through_a_network_that_has_moved_names_the_network_and_the_cure(move):
    net = small(name="critic")
    x, dy, trace = passed(net)
    move(net)
    with pytest.raises(StaleTraceError, match=r"'critic' has moved.*critic\.forward\(x, trace\)"):
        net.backward(dy, trace)
    with pytest.raises(StaleTraceError, match="'critic' has moved"):
        net.tangent(x, trace)
    net.forward(x, trace)
    net.backward(dy, trace)  # the cure


def test_a_trace_without_a_forward_or_with_a_failed_one_is_stale():
    net = small()
    x, dy, trace = passed(net)
    with pytest.raises(ValueError, match="rng"):
        net.forward(2 * x, trace, training=True)  # Dropout refuses, with half of the trace overwritten
    for broken in (trace, net.trace(6)):
        with pytest.raises(StaleTraceError):
            net.backward(dy, broken)


def test_a_trace_of_another_network_is_refused_even_of_a_copy():
    net, other = small(name="G"), small(name="D")
    x, dy, trace = passed(net)
    for stranger in (other, net.copy()):
        for use in (
            lambda net=stranger: net.forward(x, trace),
            lambda net=stranger: net.backward(dy, trace),
            lambda net=stranger: net.tangent(x, trace),
            lambda net=stranger: net.absorb(trace),
        ):
            with pytest.raises(ValueError, match=r"belongs to another network.*\.trace\(batch\)"):
                use()


# --------------------------------------------------------------------------------------- at the door


def test_input_of_another_type_is_cast_once_at_the_door(backend, scramble):
    net = scramble(small(backend))
    trace = net.trace(2)
    for x in ([[1, 2, 3], [4, 5, 6]], np.arange(1, 7).reshape(2, 3), np.arange(1.0, 7.0).reshape(2, 3)):
        assert net.forward(x, trace).dtype == backend.dtype == trace.x.dtype
        assert net.backward([[1, 0], [0, 1]], trace, inputs=True).dtype == backend.dtype


def test_arrays_of_the_right_type_are_taken_as_they_are():
    net = small()
    x = np.ones((2, 3), np.float32)
    trace = net.trace(2)
    net.forward(x, trace)
    assert trace.x is x


@pytest.mark.parametrize("shape", [(5, 3), (6, 2), (3,), (6, 3, 1)])
def test_a_wrong_shape_is_refused_with_both_shapes(shape):
    net = small(name="critic")
    with pytest.raises(ValueError, match=r"'critic' wants x of shape \(6, 3\) with this trace, not \("):
        net.forward(np.ones(shape), net.trace(6))
    _, _, trace = passed(net)
    with pytest.raises(ValueError, match=r"'critic' wants dy of shape \(6, 2\) with this trace, not \("):
        net.backward(np.ones(shape) if shape != (6, 2) else np.ones((6, 3)), trace)


@pytest.mark.parametrize("shape", [(3,), (2, 4)])
def test_calling_a_network_with_a_wrong_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"wants x of shape \(B, 3\), not"):
        small()(np.ones(shape))


def test_calling_a_network_evaluates_into_a_fresh_array(backend, scramble):
    net = scramble(small(backend))
    x = np.random.default_rng(0).standard_normal((4, 3))
    first = net(x)
    again = backend.to_numpy(net(x))
    np.testing.assert_array_equal(backend.to_numpy(first), again)
    first[...] = 0
    np.testing.assert_array_equal(backend.to_numpy(net(x)), again)
    assert net(np.ones((0, 3))).shape == (0, 2)


@pytest.mark.parametrize("options", [(0,), (4, 0), (5, 2)])
def test_a_trace_without_rows_or_with_unequal_groups_is_refused(options):
    with pytest.raises(ValueError, match="must be 1 or more, and divide"):
        small().trace(*options)


def test_assign_refuses_a_vector_of_another_length():
    with pytest.raises(ValueError, match=r"'net' has 42 parameters, the vector \(3,\)"):
        small().assign([1, 2, 3])


def used():
    layer = Dense(2, 2)
    Sequential([layer])
    return [layer]


@pytest.mark.parametrize(
    ("layers", "options", "error", "message"),
    [
        (list, {}, ValueError, "'net' has no layers"),
        (lambda: [Dense(2, 3), "relu"], {}, TypeError, "layer 1 of network 'net' is 'relu'"),
        (lambda: [ReLU] * 2, {"width": 2}, TypeError, "which is no minigan Layer"),
        (lambda: [ReLU(), Tanh()], {}, ValueError, r"give width=\.\.\."),
        (
            lambda: [Dense(2, 3), Dense(4, 1)],
            {},
            ValueError,
            r"layer 1 .* wants 4 columns, but layer 0 gives 3",
        ),
        (lambda: [Dense(2, 3)], {"width": 5}, ValueError, r"layer 0 .* wants 2 columns, but the input has 5"),
        (
            lambda: [Dense(2, 6), Maxout(3), Dense(3, 1)],
            {},
            ValueError,
            "wants 3 columns, but layer 1 gives 2",
        ),
        (lambda: [BatchNorm(2)] * 2, {}, ValueError, "already has a place in a network"),
        (used, {}, ValueError, r"already has a place in a network.*net\.copy\(\)"),
    ],
)
def test_layers_that_cannot_be_a_network_are_refused(layers, options, error, message):
    with pytest.raises(error, match=message):
        Sequential(layers(), **options)


def test_summary_counts_every_parameter():
    lines = small(name="critic").summary().splitlines()
    counts = [int(line.split()[-1]) for line in lines[1:]]
    assert counts[:-1] == [20, 0, 0, 10, 12] and counts[-1] == sum(counts[:-1])
    assert "critic: (B, 3) -> (B, 2)" in lines[-1]


def test_a_networks_repr_shows_its_layers_and_name():
    net = Sequential([Dense(2, 1)], name="D")
    assert repr(net) == net.summary()
