"""Optimisers: each against its textbook form written out again, and schedules at their corners."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan.core.backend import BLOCK, Backend
from minigan.core.layers import Dense, Tanh
from minigan.core.network import Sequential
from minigan.core.optimizers import SGD, Adam, Exponential, HoldThenCosine, Linear, Momentum, Optimizer, at_step


def network(backend="numpy", n=20):
    return Sequential([Dense(1, n, bias=False)], backend)


def grads(steps, n=20, seed=0):
    """Gradients of all sizes, some of them 0."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((steps, n)) * 10.0 ** rng.integers(-6, 6, n) * (rng.random((steps, n)) > 0.2)


def run(optimiser, gradients, backend="numpy"):
    net = network(backend, gradients.shape[1])
    net.assign(np.linspace(-1, 1, net.size))
    bound = optimiser.bind(net)
    for g in gradients:
        net.grad[...] = net.backend.asarray(g)
        bound.step()
    return net.backend.to_numpy(net.theta)


# ------------------------------------------------------- the textbook, a number at a time, one step per line


def by_the_book_sgd(theta, gradients, rate):
    for t, g in enumerate(gradients):
        theta = theta - rate(t) * g
    return theta


def by_the_book_momentum(theta, gradients, rate, momentum):
    v = 0.0
    for t, g in enumerate(gradients):
        v = momentum(t) * v - rate(t) * g
        theta = theta + v
    return theta


def by_the_book_adam(theta, gradients, rate, b1, b2, epsilon):
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
        theta = theta - rate(t - 1) * m_hat / (math.sqrt(v_hat) + epsilon)
    return theta


def falling(t):
    return 0.1 * 0.97**t


CASES = [
    (SGD(0.1), lambda a, g: by_the_book_sgd(a, g, lambda t: 0.1)),
    (SGD(falling), lambda a, g: by_the_book_sgd(a, g, falling)),
    (Momentum(0.1, 0.9), lambda a, g: by_the_book_momentum(a, g, lambda t: 0.1, lambda t: 0.9)),
    (
        Momentum(falling, lambda t: min(0.9, 0.5 + t / 50)),
        lambda a, g: by_the_book_momentum(a, g, falling, lambda t: min(0.9, 0.5 + t / 50)),
    ),
    (Adam(1e-3), lambda a, g: by_the_book_adam(a, g, lambda t: 1e-3, 0.9, 0.999, 1e-8)),
    (Adam(falling, 0.5, 0.99, 1e-3), lambda a, g: by_the_book_adam(a, g, falling, 0.5, 0.99, 1e-3)),
    (Adam(0.01, 0.0, 0.0), lambda a, g: by_the_book_adam(a, g, lambda t: 0.01, 0.0, 0.0, 1e-8)),
]


@pytest.mark.parametrize(("optimiser", "by_the_book"), CASES)
def test_a_hundred_steps_equal_the_textbook(optimiser, by_the_book):
    gradients = grads(100)
    theta = run(optimiser, gradients, Backend("numpy", "float64"))
    start = np.linspace(-1, 1, 20)
    for i in range(20):
        wanted = by_the_book(float(start[i]), gradients[:, i].tolist())
        assert theta[i] == pytest.approx(wanted, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("optimiser", [SGD(0.1), Momentum(0.1), Adam(0.01)])
def test_steps_keep_the_float_type_of_all_vectors_whatever_the_rate_is(optimiser, backend):
    optimiser = copy.copy(optimiser)
    optimiser.learning_rate = lambda t: np.float64(0.01) / (t + 1)  # NumPy 2 would widen float32 arrays by it
    net = network(backend)
    bound = optimiser.bind(net)
    net.grad[...] = 1
    for _ in range(3):
        bound.step()
    vectors = [net.theta, net.grad, *(getattr(bound, slot) for slot in bound.slots)]
    assert {v.dtype.name for v in vectors} == {backend.dtype.name}


@pytest.mark.parametrize("optimiser", [SGD(0.1), Momentum(0.1), Adam(0.01)])
def test_adam_in_float32_is_adam_in_float64_to_float32s_precision(optimiser, backend):
    gradients = grads(50)
    gradients /= np.abs(gradients).max(axis=0)
    wanted = run(optimiser, gradients, Backend("numpy", "float64"))
    np.testing.assert_allclose(run(optimiser, gradients, backend), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("optimiser", [SGD(0.1), Momentum(0.1), Adam(0.01)])
def test_a_theta_longer_than_a_block_moves_bit_for_bit_as_an_unblocked_one(optimiser):
    n = 2 * BLOCK + 77
    gradients = grads(3, n)
    net = network(n=n)
    net.assign(np.linspace(-1, 1, n))
    bound = optimiser.bind(net)
    bound._update = net.backend.kernel(bound.formula)  # the whole vector at once
    for g in gradients:
        net.grad[...] = g
        bound.step()
    np.testing.assert_array_equal(run(optimiser, gradients), net.theta)


@pytest.mark.parametrize("g", [1e-12, 1e-3, 1e6])
def test_adams_first_step_is_its_rate_whatever_the_size_of_the_gradient(g):
    moved = run(Adam(0.01, epsilon=1e-30), np.full((1, 3), g), Backend("numpy", "float64"))
    np.testing.assert_allclose(moved, np.linspace(-1, 1, 3) - 0.01, rtol=1e-9)


def test_adam_stands_still_where_the_gradient_was_always_zero():
    np.testing.assert_array_equal(run(Adam(0.1), np.zeros((5, 3))), np.linspace(-1, 1, 3).astype(np.float32))


# ---------------------------------------------------------------------------------------------- binding


def test_binding_makes_a_copy_so_that_one_recipe_serves_two_networks():
    recipe = Adam(0.1)
    one, two = network(), network(n=3)
    a, b = recipe.bind(one), recipe.bind(two)
    one.grad[...], two.grad[...] = 1, 2
    a.step()
    assert (a.steps, b.steps) == (1, 0) and a.net is one and b.net is two and recipe.net is None
    assert len(a.m) == 20 and len(b.m) == 3 and not b.m.any() and (a.m == 1).all()


def test_binding_a_bound_optimiser_again_starts_afresh_and_leaves_the_first_alone():
    net, other = network(), network()
    first = Momentum(0.1).bind(net)
    net.grad[...] = 1
    first.step()
    v = first.v.copy()
    second = first.bind(other)
    assert second.steps == 0 and not second.v.any()
    other.grad[...] = 5
    second.step()
    np.testing.assert_array_equal(first.v, v)
    assert first.net is net and first.steps == 1


def test_an_unbound_optimiser_says_how_to_bind_it():
    with pytest.raises(ValueError, match=r"Adam\(\.\.\.\)\.bind\(net\)"):
        Adam(0.1).step()


def test_an_optimiser_without_a_formula_is_told_so():
    net = network()
    with pytest.raises(TypeError, match="needs a formula"):
        Optimizer(0.1).bind(net).step()


def test_an_unbound_optimiser_can_be_copied_and_pickled():
    for twin in (copy.deepcopy(Adam(0.3)), pickle.loads(pickle.dumps(Adam(0.3)))):
        np.testing.assert_array_equal(run(twin, grads(3)), run(Adam(0.3), grads(3)))


def test_an_optimiser_finds_the_minimum_of_a_bowl():
    net = Sequential([Dense(1, 4, bias=False), Tanh()], seed=1)
    bound = Adam(0.05).bind(net)
    for _ in range(500):
        net.grad[...] = net.theta - 3  # the gradient of |theta - 3|² / 2
        bound.step()
    np.testing.assert_allclose(net.theta, 3, atol=1e-2)


# -------------------------------------------------------------------------------------------- schedules


def test_a_rate_is_a_number_or_a_function_of_the_step():
    assert at_step(0.1, 7) == 0.1 and at_step(lambda t: t / 2, 7) == 3.5


def test_a_schedule_is_asked_for_steps_from_zero_on():
    asked = []
    run(SGD(lambda t: asked.append(t) or 0.1), grads(3))
    assert asked == [0, 1, 2]


@given(steps=st.integers(1, 5000), hold=st.floats(0, 1))
def test_hold_then_cosine_holds_then_falls_and_ends_at_zero(steps, hold):
    rates = [HoldThenCosine(0.2, steps, hold)(t) for t in range(0, steps + 2, max(1, steps // 50))]
    assert rates[0] == 0.2 and all(a >= b for a, b in zip(rates, rates[1:], strict=False))
    held = math.floor(hold * steps)
    assert HoldThenCosine(0.2, steps, hold)(min(held, steps - 1)) == pytest.approx(0.2, rel=1e-12)
    assert HoldThenCosine(0.2, steps, hold)(steps) == HoldThenCosine(0.2, steps, hold)(2 * steps) == 0


def test_half_way_down_the_cosine_the_rate_is_one_half():
    assert HoldThenCosine(0.2, 100, 0.5)(75) == pytest.approx(0.1)
    assert HoldThenCosine(0.2, 100, 0.5)(50) == 0.2 > HoldThenCosine(0.2, 100, 0.5)(51)


def test_exponential_decays_to_its_floor():
    rate = Exponential(1.0, 0.5, floor=0.1)
    assert [rate(t) for t in range(5)] == [1.0, 0.5, 0.25, 0.125, 0.1]


def test_linear_falls_to_zero_at_its_share_of_the_steps_and_stays_there():
    rate = Linear(1.0, 10, until=0.4)
    assert [rate(t) for t in (0, 1, 2, 3, 4, 9)] == pytest.approx([1, 0.75, 0.5, 0.25, 0, 0])


def test_linear_rises_to_its_final_value_too():
    rate = Linear(0.5, 20, until=0.5, final=0.7)
    assert [rate(t) for t in (0, 5, 10, 19)] == pytest.approx([0.5, 0.6, 0.7, 0.7])
