"""What a column may be: probabilities that sum to 1, slopes of log p, draws as often as they should come."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minigan.models import Binomial, Categorical, Gaussian, Gaussians

KINDS = {"categorical": Categorical(5), "binomial": Binomial(5), "gaussian": Gaussian(), "gaussians": Gaussians(3)}
DISCRETE = ["categorical", "binomial"]
each = pytest.mark.parametrize("name", KINDS)


def rows(name, n=6, columns=3, seed=0):
    rng = np.random.default_rng(seed)
    out = rng.standard_normal((n, columns * KINDS[name].per))
    return (rng.integers(0, 5, (n, columns)).astype(float) if name in DISCRETE else out[:, :columns] * 2), out


@each
@pytest.mark.parametrize("order", ["C", "F"])
def test_slopes_are_those_of_log_p_at_every_coordinate(name, order):
    kind, (x, out) = KINDS[name], rows(name)
    out = np.asarray(out, order=order)
    slope, h = kind.slope(x, out), 1e-5
    assert slope.shape == out.shape
    for k in range(out.shape[1]):
        up, down = (np.where(np.arange(out.shape[1]) == k, out + s, out) for s in (h, -h))
        numeric = (kind.log_p(x, up) - kind.log_p(x, down)).sum(axis=1) / (2 * h)
        np.testing.assert_allclose(slope[:, k], numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", DISCRETE)
def test_the_levels_of_a_column_sum_to_one_and_the_table_has_each(name):
    kind, (x, out) = KINDS[name], rows(name)
    np.testing.assert_allclose(np.exp(kind.table(out)).sum(axis=2), 1, rtol=1e-13)
    for level in range(5):
        np.testing.assert_allclose(kind.table(out)[:, :, level], kind.log_p(np.full(x.shape, float(level)), out))


def test_a_count_has_the_binomials_probabilities():
    out = np.array([[math.log(0.3 / 0.7)]])
    expected = [math.comb(4, k) * 0.3**k * 0.7 ** (4 - k) for k in range(5)]
    np.testing.assert_allclose(np.exp(Binomial(5).table(out))[0, 0], expected, rtol=1e-13)


def test_a_number_has_the_normal_density():
    out = np.array([[1.0, math.log(2.0)]])
    expected = math.exp(-0.5 * ((2.5 - 1) / 2) ** 2) / (2 * math.sqrt(2 * math.pi))
    assert math.exp(Gaussian().log_p(np.array([[2.5]]), out)[0, 0]) == pytest.approx(expected, rel=1e-14)


@each
def test_draws_have_the_mean_and_the_variance_that_the_density_says(name, float64):
    kind, (_, out) = KINDS[name], rows(name, n=1)
    x = kind.draw(np.repeat(out, 40_000, axis=0), np.random.default_rng(1), float64)
    if name == "gaussian":
        m, log_s = kind.split(out)[0].T
        mean, variance = m, np.exp(2 * log_s)
    elif name == "gaussians":
        log_pi, m, log_s = (part[0] for part in kind.parts(out))
        mean = (np.exp(log_pi) * m).sum(axis=1)
        variance = (np.exp(log_pi) * (m**2 + np.exp(2 * log_s))).sum(axis=1) - mean**2
    else:
        p, k = np.exp(kind.table(out))[0], np.arange(5)
        mean = p @ k
        variance = p @ k**2 - mean**2
    np.testing.assert_array_less(np.abs(x.mean(axis=0) - mean), 5 * np.sqrt(variance / len(x)))
    np.testing.assert_allclose(x.var(axis=0), variance, rtol=0.1)


@pytest.mark.parametrize("name", [*DISCRETE, "gaussian"])
def test_what_fits_a_column_alone_is_where_the_slope_is_nothing(name):
    x, _ = rows(name, n=400)
    fit = np.repeat(KINDS[name].fit(x)[None], len(x), axis=0)
    bound = 3 if name in DISCRETE else 1e-2  # a half case a value is added, and a millionth to the deviation
    assert np.abs(KINDS[name].slope(x, fit).sum(axis=0)).max() < bound


def test_several_gaussians_are_a_density_and_one_is_a_gaussian():
    x, (_, out) = np.linspace(-40, 40, 8001)[:, None], rows("gaussians", n=1, columns=1)
    p = np.exp(Gaussians(3).log_p(x, np.repeat(out, len(x), axis=0)))
    assert p.sum() * 0.01 == pytest.approx(1, abs=1e-6)
    twins = np.array([[7.0, -2.0, 0.3, 0.3, -0.2, -0.2]])  # whatever their logits say
    np.testing.assert_allclose(Gaussians(2).log_p(x[:1], twins), Gaussian().log_p(x[:1], twins[:, [2, 4]]))
    with pytest.raises(ValueError, match="2 or more"):
        Gaussians(1)


def test_several_gaussians_begin_spread_over_the_column():
    x = np.repeat([[0.0], [10.0]], 100, axis=0)
    kind = Gaussians(2)
    _, m, _ = kind.parts(kind.fit(x)[None])
    np.testing.assert_array_equal(m[0], [[0, 10]])


@pytest.mark.parametrize("name", DISCRETE)
def test_large_logits_overflow_nowhere_in_float32(name):
    kind = KINDS[name]
    for size in (1e4, -1e4):
        out = np.full((2, 3 * kind.per), size, np.float32)
        out[:, ::2] *= -1
        x = np.array([[0, 4, 2], [4, 0, 1]], np.float32)
        assert all(np.isfinite(found).all() for found in (kind.log_p(x, out), kind.slope(x, out), kind.table(out)))
        assert kind.log_p(x, out).dtype == kind.slope(x, out).dtype == np.float32


@pytest.mark.parametrize("bad", [-1.0, 5.0, 0.5, np.nan])
def test_a_number_that_is_no_level_is_refused(bad):
    with pytest.raises(ValueError, match=r"numbers other than 0, 1, \.\.\., 4"):
        Categorical(5).check(np.array([[0.0, bad]]))
    Categorical(5).check(np.array([[0.0, 4.0]]))
    with pytest.raises(ValueError, match="2 levels or more"):
        Binomial(1)
