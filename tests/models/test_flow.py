"""The flow: it comes back to where it was, and its stretch of space is what a Jacobian by differences says."""

from __future__ import annotations

import numpy as np
import pytest

import minigan as mg
from minigan.core.streams import Stream
from minigan.models import Flow

NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


def flow(dim=4, levels=None, dtype="float64", couplings=5, **options):
    options = {"hidden": (9,), "seed": 3} | options
    return Flow(dim, levels, couplings, backend=mg.Backend("numpy", dtype), **options)


def through(model, x):
    """z and log |det dz/dx| of x (n, dim)."""
    total = 0
    for coupling in model.stack:
        x, log_det, _ = coupling.forward(x)
        total = total + log_det
    return x, total


def back(model, z):
    for coupling in reversed(model.stack):
        z = coupling.inverse(z)
    return z


@pytest.mark.parametrize("dtype, bound", [("float32", 1e-6), ("float64", 1e-14)])
@pytest.mark.parametrize("dim", [2, 5, 12])
def test_it_inverts(dim, dtype, bound, scrambled):
    model = scrambled(flow(dim, dtype=dtype), 0.3)
    x = model.backend.asarray(np.random.default_rng(0).standard_normal((500, dim)))
    z, _ = through(model, x)
    again = back(model, z)
    assert z.dtype == again.dtype == np.dtype(dtype)
    assert np.abs(z - x).max() > 0.5  # it has gone somewhere
    assert np.abs(again - x).max() <= bound * max(1, np.abs(z).max(), np.abs(x).max())


def numerical_log_det(f, x, h=1e-3):
    """log |det df/dx| at each row, by differences of eighth order: (n,)."""
    steps, factors = (1, 2, 3, 4), (4 / 5, -1 / 5, 4 / 105, -1 / 280)
    columns = []
    for k in range(x.shape[1]):
        u = np.eye(x.shape[1])[k] * h
        columns.append(sum(c * (f(x + s * u) - f(x - s * u)) for s, c in zip(steps, factors, strict=True)) / h)
    return np.linalg.slogdet(np.stack(columns, axis=2))[1]


@pytest.mark.parametrize("dim", [2, 5])
def test_the_log_determinant_is_a_numerical_jacobians(dim, scrambled):
    model = scrambled(flow(dim), 0.4)
    x = np.random.default_rng(1).standard_normal((20, dim))
    _, log_det = through(model, x)
    np.testing.assert_allclose(log_det, numerical_log_det(lambda x: through(model, x)[0], x), rtol=0, atol=1e-8)
    assert np.ptp(log_det) > 0.5


def test_so_is_that_of_the_logit():
    model = flow(3, levels=5)
    x = np.random.default_rng(2).integers(0, 5, (20, 3)).astype(float)

    def f(x):
        return model.spread(x, np.random.default_rng(7))[0]

    _, log_det = model.spread(x, np.random.default_rng(7))
    np.testing.assert_allclose(log_det, numerical_log_det(f, x), rtol=0, atol=1e-8)


def test_a_density_of_two_columns_integrates_to_one(scrambled):
    model = scrambled(flow(2), 0.4)
    line = np.linspace(-24, 24, 601)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    assert np.exp(model.density(grid)).sum() * (line[1] - line[0]) ** 2 == pytest.approx(1, abs=1e-6)


class Fixed:
    """An rng whose uniform numbers are these."""

    def __init__(self, u):
        self.u = u

    def uniform(self, low, high, shape):
        return np.broadcast_to(self.u, shape)


@pytest.fixture
def cells(scrambled, all_pictures):
    """A flow over two pixels of three levels, all pictures, and log P of each: the integral over its cell."""
    model = scrambled(flow(2, levels=3, couplings=4), 0.3)
    x, total = all_pictures(2, 3), 0
    for u, w in zip((NODES + 1) / 2, WEIGHTS / 2, strict=True):
        for v, o in zip((NODES + 1) / 2, WEIGHTS / 2, strict=True):
            total = total + w * o * np.exp(model.log_weight(x)(Fixed(np.array([u, v]))))
    return model, x, np.log(total)


def test_the_pictures_have_no_more_than_probability_one(cells):
    total = np.exp(cells[2]).sum()
    assert 0.5 < total < 1  # what the logit's margin leaves out at both ends, no picture has


def test_the_bound_lies_below_log_p_and_tightens_with_k(cells):
    model, x, exact = cells
    last, gaps = (np.full(len(x), -np.inf), 0), []
    for k, repeats in ((1, 4000), (10, 400), (100, 100)):
        found = model.bound(np.tile(x, (repeats, 1)), k, seed=k).reshape(repeats, len(x))
        mean, error = found.mean(axis=0), found.std(axis=0) / np.sqrt(repeats)
        assert (mean < exact + 5 * error).all() and (mean > last[0] - 5 * (error + last[1])).all()
        last, gaps = (mean, error), [*gaps, (exact - mean).mean()]
    assert gaps[0] > 5 * gaps[1] and abs(gaps[2]) < 0.02 < gaps[0], gaps


@pytest.mark.parametrize("levels", [None, 3])
@pytest.mark.parametrize("dim", [2, 5])
def test_the_gradient_is_that_of_the_mean_cost(dim, levels, scrambled, slopes_agree):
    model = scrambled(flow(dim, levels), 0.4)
    slopes_agree(model, np.random.default_rng(2).integers(0, 3, (6, dim)).astype(float), directions=2)


def test_samples_are_whole_numbers_as_often_as_log_p_says(cells):
    model, x, exact = cells
    drawn = model.sample(40_000, seed=2)
    assert ((drawn >= 0) & (drawn <= 2) & (drawn == np.floor(drawn))).all()
    inside = (drawn[:, None] == x).all(axis=2).mean(axis=0)  # and what lies outside is moved to the ends
    assert (inside > np.exp(exact) - 5 * np.sqrt(np.exp(exact) / 40_000)).all()
    np.testing.assert_allclose(inside[4], np.exp(exact[4]), atol=5 * np.sqrt(inside[4] / 40_000))


def test_every_column_is_moved_and_held_by_turns():
    for dim in (2, 5):
        model = flow(dim)
        for coupling in model.stack:
            assert sorted([*coupling.stay, *coupling.move]) == list(range(dim))
        first, second = model.stack[:2]
        np.testing.assert_array_equal(first.stay, second.move)


def test_it_learns_the_ring_better_than_one_gaussian():
    data, model = mg.ring(), flow(2, couplings=6, hidden=(24, 24), dtype="float32", optimizer=mg.Adam(5e-3))
    stream = Stream(0, "batches")
    for step in range(300):
        model.step(data.batch(step, 128, stream))
    x = data.sample(2000, np.random.default_rng(9))
    gaussian = -0.5 * np.log(np.linalg.det(2 * np.pi * np.e * np.cov(x.T)))
    assert model.bound(x).mean() > gaussian + 1


def test_rows_that_are_no_levels_are_refused():
    with pytest.raises(ValueError, match="numbers other than 0, 1"):
        flow(2, levels=3).bound(np.array([[0.0, 3.0]]))


def test_what_cannot_be_a_flow_is_refused():
    for wrong in ({"dim": 1}, {"couplings": 0}, {"margin": 0.5}):
        with pytest.raises(ValueError, match="wanted are 2 columns and 1 coupling or more"):
            flow(**wrong)


def test_of_numbers_it_states_the_density_and_of_levels_a_bound():
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    numbers, levels = Flow(2, couplings=2), Flow(2, 3, couplings=2)
    assert (numbers.says, levels.says) == ("exact", "bound")
    np.testing.assert_array_equal(numbers.log_likelihood(x), numbers.density(x))
    np.testing.assert_allclose(numbers.bound(x, 3), numbers.density(x), rtol=1e-5)  # every draw says the same
    with pytest.raises(TypeError, match="a Flow of 3 levels states a bound"):
        levels.log_likelihood(np.zeros((1, 2)))
