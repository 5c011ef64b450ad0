"""The Boltzmann machine, so small that every sum can be taken: p, its gradient, log Z, its chain."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import minigan as mg
from minigan.models import RBM, FreeEnergy, annealed_log_z, exact_log_z


def machine(hidden=5, dim=4, levels=3, size=0.7, seed=1, **options):
    """A machine with random couplings and biases, and a base that fits none of it."""
    model = RBM(dim, levels, hidden, backend=mg.Backend("numpy", "float64"), **{"chains": 50} | options)
    rng = np.random.default_rng(seed)
    model.net.assign(size * rng.standard_normal(model.net.size))
    model.base[...] = 0.5 * rng.standard_normal(dim * levels)
    return model


def test_minus_f_is_the_sum_over_all_causes(all_pictures):
    model = machine(3)
    v = model.one_hot(all_pictures(4, 3))
    seen, total = model.seen, 0
    for h in itertools.product((0, 1), repeat=3):
        total = total + np.exp(v @ seen.b + seen.c @ h + v @ seen.W @ h)
    np.testing.assert_allclose(model.net(v)[:, 0], np.log(total), rtol=1e-12)


def test_its_layer_passes_the_gradient_check(scramble):
    net = scramble(mg.Sequential([FreeEnergy(6, 4)]))
    report = mg.check_gradients(net, np.random.default_rng(0).standard_normal((5, 6)), coordinates=1000)
    assert report.ok, str(report)


@pytest.mark.parametrize("hidden", [1, 4, 12])
def test_all_pictures_together_have_probability_one(hidden, all_pictures):
    model = machine(hidden)
    log_p = model.log_likelihood(all_pictures(4, 3), exact_log_z(model))
    assert np.exp(log_p).sum() == pytest.approx(1, abs=1e-12) and np.ptp(log_p) > 1


def test_more_causes_than_can_be_summed_are_refused():
    with pytest.raises(ValueError, match="17 hidden units have"):
        exact_log_z(machine(17))


def exact_gradient(model, x, pictures):
    """Of the mean of -log p over x, the model's expectation summed over all pictures."""
    p = np.exp(model.log_likelihood(pictures, exact_log_z(model)))
    rows = model.one_hot(np.concatenate([x, pictures]))
    trace = model.net.trace(len(rows))
    model.net.forward(rows, trace)
    model.net.backward(np.concatenate([np.full(len(x), -1 / len(x)), p])[:, None], trace)
    return model.net.grad.copy()


def test_the_exact_gradient_is_that_of_log_p(all_pictures):
    model, pictures = machine(), all_pictures(4, 3)
    x = pictures[::7]
    gradient, theta = exact_gradient(model, x, pictures), model.net.theta.copy()
    rng = np.random.default_rng(2)
    for _ in range(6):
        u, ends = rng.standard_normal(model.net.size), []
        for h in (1e-5, -1e-5):
            model.net.assign(theta + h * u)
            ends.append(-model.log_likelihood(x, exact_log_z(model)).mean())
        assert gradient @ u == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-7)


def test_with_many_chains_that_have_mixed_a_step_goes_along_the_exact_gradient(all_pictures):
    model, pictures = machine(size=0.4, chains=20_000, sweeps=30), all_pictures(4, 3)
    x = pictures[::7]
    exact = exact_gradient(model, x, pictures)
    model.gradient(x, {"chains": model.streams["chains"].at(0)})
    chained = model.net.grad
    error = 0.5 / np.sqrt(20_000)  # what is averaged lies between 0 and 1
    np.testing.assert_allclose(chained, exact, atol=5 * error)
    assert np.abs(exact).max() > 20 * error


def test_the_chain_visits_each_picture_as_often_as_p_says(all_pictures, same_frequencies):
    model, pictures = machine(size=0.5, dim=3), all_pictures(3, 3)
    p = np.exp(model.log_likelihood(pictures, exact_log_z(model)))
    same_frequencies(model.sample(20_000, seed=1, steps=60), pictures, p)


@pytest.mark.parametrize("beta", [0.0, 0.4])
def test_a_sweep_at_beta_leaves_the_machine_in_between_as_it_is(beta, all_pictures, same_frequencies):
    """Starting from exact draws of p*_beta, one sweep draws from it again."""
    model, pictures = machine(size=0.8, dim=3), all_pictures(3, 3)
    v, seen = model.one_hot(pictures), model.seen
    log_p = v @ ((1 - beta) * model.base + beta * seen.b) + np.log1p(np.exp(beta * (v @ seen.W + seen.c))).sum(
        axis=1
    )
    p = np.exp(log_p) / np.exp(log_p).sum()
    rng = np.random.default_rng(4)
    x = pictures[rng.choice(len(p), 30_000, p=p)]
    same_frequencies(model.gibbs(x, rng, beta), pictures, p)


@pytest.mark.parametrize("hidden", [1, 4, 12])
def test_annealing_meets_the_enumerated_log_z(hidden):
    for seed in range(3):
        model = machine(hidden, seed=seed)
        found, exact = annealed_log_z(model, 200, 100, seed), exact_log_z(model)
        assert found.low <= exact <= found.high and found.low < found.value < found.high
        assert found.high - found.low < 0.3 and abs(exact - found.value) < 0.1


def test_in_float32_and_on_the_guard_it_is_the_same_log_z(guard):
    exact, found = [], []
    for backend in (mg.Backend("numpy"), mg.Backend("cupy")):
        model = RBM(4, 3, 8, backend=backend)
        model.net.assign(machine(8).net.theta)
        exact.append(exact_log_z(model))
        found.append(annealed_log_z(model, 200, 50).value)
    assert exact == pytest.approx([exact_log_z(machine(8))] * 2, abs=1e-5)
    assert found[0] == pytest.approx(found[1], abs=1e-4) and abs(found[0] - exact[0]) < 0.2


@pytest.mark.long
@pytest.mark.parametrize("hidden", [1, 4, 8, 12])
def test_annealing_meets_it_within_its_interval_for_95_of_100_seeds(hidden):
    met = 0
    for seed in range(100):
        model = machine(hidden, seed=seed)
        found = annealed_log_z(model, 200, 100, seed)
        met += found.low <= exact_log_z(model) <= found.high
    assert met >= 95


def test_annealing_needs_the_way_and_not_only_its_end():
    """One temperature is importance sampling from the base: the same mean, and an interval many times as wide."""
    model = machine(8, size=1.0)
    at_once, on_the_way = annealed_log_z(model, 200, 1), annealed_log_z(model, 200, 200)
    assert at_once.high - at_once.value > 5 * (on_the_way.high - on_the_way.value)


def test_a_machine_without_couplings_needs_no_way_at_all():
    model = machine(5, size=0.0)
    model.seen.b[...] = model.base
    assert annealed_log_z(model, 10, 3).value == pytest.approx(exact_log_z(model), abs=1e-12)


def test_it_begins_at_independent_pixels_and_learns_what_they_cannot_say():
    rng = np.random.default_rng(3)
    x = np.repeat(rng.choice([0.0, 2.0], (200, 1)), 4, axis=1)  # all dark or all bright
    model = RBM(4, 3, 4, backend=mg.Backend("numpy", "float64"), optimizer=mg.SGD(0.05))
    model.start(x)
    assert model.log_likelihood(x, exact_log_z(model)).mean() == pytest.approx(-4 * np.log(2), abs=0.1)
    for _ in range(400):
        model.step(x)
    assert model.log_likelihood(x, exact_log_z(model)).mean() > -1.5
    assert abs(model.losses()["loss"]) < 1
