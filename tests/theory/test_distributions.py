"""Densities against formulas written out, moments and cdfs against quadrature, draws against both."""

import math

import numpy as np
import pytest

from minigan.theory.distributions import Discrete, Gaussian, Mixture, grid, ring
from minigan.theory.divergences import expectation, integrate

LINES = [
    Gaussian(4.0, 0.5),
    Mixture([-3.0, 3.0], 0.5),
    Mixture([0.0, 0.4, 9.0], [0.01, 2.0, 0.3], weights=[0.2, 0.7, 0.1]),
]
PLANES = [
    Gaussian([1.0, -2.0], [0.5, 2.0]),
    Gaussian([1.0, 2.0], covariance=[[1.01, 1.95], [1.95, 4.25]]),
    Mixture([[0.0, 1.0], [3.0, -1.0], [2.0, 2.0]], [0.5, 1.0, 0.2], weights=[0.5, 0.2, 0.3]),
]


def generator():
    return np.random.default_rng(20140610)


def column(*x):
    return np.array(x, dtype=float)[:, None]


# ---- densities


def test_gaussian_density_is_the_textbook_formula():
    x = column(-1.0, 4.0, 4.5)
    expected = [math.exp(-((v - 4.0) ** 2) / (2 * 0.25)) / math.sqrt(2 * math.pi * 0.25) for v in x[:, 0]]
    np.testing.assert_allclose(Gaussian(4.0, 0.5).density(x), expected, rtol=1e-13)


def test_correlated_gaussian_density_from_determinant_and_inverse():
    C = np.array([[1.01, 1.95], [1.95, 4.25]])
    x = generator().normal(size=(50, 2))
    apart = x - [1.0, 2.0]
    peak = 1 / (2 * math.pi * math.sqrt(np.linalg.det(C)))
    expected = [peak * math.exp(-a @ np.linalg.inv(C) @ a / 2) for a in apart]
    np.testing.assert_allclose(Gaussian([1, 2], covariance=C).density(x), expected, rtol=1e-9)


def test_a_scalar_sd_a_vector_and_a_diagonal_covariance_are_one_gaussian():
    x = generator().normal(size=(20, 3))
    a = Gaussian(np.zeros(3), 0.5).log_density(x)
    np.testing.assert_allclose(Gaussian(0.0, [0.5, 0.5, 0.5]).log_density(x), a, rtol=1e-13)
    np.testing.assert_allclose(Gaussian(0.0, covariance=0.25 * np.eye(3)).log_density(x), a, rtol=1e-13)


def test_mixture_density_is_the_weighted_sum_of_its_parts():
    p = PLANES[2]
    x = generator().normal(size=(50, 2)) * 2
    parts = [w * Gaussian(m, s).density(x) for w, m, s in zip(p.weights, p.means, p.sd, strict=True)]
    np.testing.assert_allclose(p.density(x), sum(parts), rtol=1e-12)


def test_log_density_is_finite_and_right_where_the_density_underflows():
    p = ring()
    x = np.array([[1000.0, 0.0]])  # 998 from the nearest centre: exp(-1.2e9) is 0
    # Every other centre is .58 farther at least, and its part exp(-1.4e6) of the nearest's.
    expected = -math.log(8) - math.log(2 * math.pi * 0.02**2) - 998.0**2 / (2 * 0.02**2)
    assert p.density(x)[0] == 0
    assert p.log_density(x)[0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("p", LINES)
def test_density_integrates_to_one_and_to_the_closed_moments(p):
    assert expectation(p, lambda x: np.ones(len(x))) == pytest.approx(1, abs=1e-12)
    assert expectation(p, lambda x: x[:, 0]) == pytest.approx(p.mean[0], abs=1e-11)
    variance = expectation(p, lambda x: (x[:, 0] - p.mean[0]) ** 2)
    assert variance == pytest.approx(p.covariance[0, 0], abs=1e-11)


@pytest.mark.parametrize("p", LINES)
def test_cdf_is_the_integral_of_the_density(p):
    for x in (-3.2, 0.005, 0.4, 3.9, 12.0):
        edges = [*p.knots()[p.knots() < x], x]
        area = integrate(p.density, edges) if len(edges) > 1 else 0.0
        assert p.cdf(column(x))[0] == pytest.approx(area, abs=1e-12)


def test_cdf_keeps_its_digits_in_the_left_tail():
    # Abramowitz and Stegun 1964, table 26.2: -log10 Q(x) is 9.00586 at 6 and 88.56010 at 20.
    tail = np.log10(Gaussian().cdf(column(-6.0, -20.0)))
    np.testing.assert_allclose(-tail, [9.00586, 88.56010], atol=5e-6)


def test_no_mans_land_of_the_moment_matched_gaussian():
    # Modes at ±3, sd .5: the Gaussian with the same moments puts 37.8 % within 1.5, the mixture .13 %.
    p = LINES[1]
    wide = Gaussian(p.mean, np.sqrt(p.covariance[0]))
    shares = [float(np.diff(a.cdf(column(-1.5, 1.5)))[0]) for a in (wide, p)]
    assert shares[0] == pytest.approx(0.3781, abs=5e-5)
    assert shares[1] == pytest.approx(math.erfc(3 / math.sqrt(2)) / 2, rel=1e-9)


# ---- draws


@pytest.mark.parametrize("p", LINES + PLANES + [Discrete([0.2, 0.5, 0.3], [1.0, -2.0, 5.0])])
def test_draws_have_the_mean_and_covariance(p):
    n = 200_000
    apart = p.sample(n, generator()) - p.mean
    products = np.einsum("ni,nj->nij", apart, apart)
    # 5 standard errors: a right answer fails once in two million
    assert np.all(np.abs(apart.mean(axis=0)) < 5 * apart.std(axis=0) / math.sqrt(n))
    assert np.all(np.abs(products.mean(axis=0) - p.covariance) < 5 * products.std(axis=0) / math.sqrt(n))


@pytest.mark.parametrize("p", LINES)
def test_draws_follow_the_cdf(p):
    n = 50_000
    u = np.sort(p.cdf(p.sample(n, generator())))
    rank = np.arange(n)
    distance = max((u - rank / n).max(), ((rank + 1) / n - u).max())
    assert distance < 2.23 / math.sqrt(n)  # Kolmogorov's point for one failure in 10,000


@pytest.mark.parametrize("p", [*LINES, *PLANES, ring(), Discrete([0.5, 0.5])])
def test_a_sample_is_reproducible_float64_and_leaves_the_stream_at_the_same_place(p):
    rng, again = generator(), generator()
    x = p.sample(7, rng)
    assert x.shape == (7, p.dim) and x.dtype == np.float64
    np.testing.assert_array_equal(x, p.sample(7, again))
    assert rng.random() == again.random()


def test_two_mixtures_that_pick_different_components_use_the_stream_alike():
    # A draw per component would call rng as often as there are components that were picked.
    left, right = generator(), generator()
    Mixture([0.0, 1.0], 0.1, weights=[0.999, 0.001]).sample(5, left)
    Mixture([0.0, 1.0, 2.0], 0.1).sample(5, right)
    assert left.random() == right.random()


# ---- the standard examples


def test_ring_has_as_many_distinct_centres_as_asked_for():
    p = ring(modes=8, radius=2.0, sd=0.02)
    apart = np.linalg.norm(p.means[:, None] - p.means, axis=2)[~np.eye(8, dtype=bool)]
    assert apart.min() == pytest.approx(2 * 2.0 * math.sin(math.pi / 8))  # no centre twice
    np.testing.assert_allclose(np.linalg.norm(p.means, axis=1), 2.0)
    np.testing.assert_allclose(p.mean, 0, atol=1e-15)
    np.testing.assert_allclose(p.covariance, (2 + 0.02**2) * np.eye(2), atol=1e-14)


def test_grid_is_the_square_of_published_experiments():
    p = grid()
    assert {tuple(m) for m in p.means} == {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    np.testing.assert_allclose(p.covariance, (8 + 0.05**2) * np.eye(2), atol=1e-14)
    assert p.sd.tolist() == [0.05] * 25


# ---- discrete


def test_discrete_mass_moments_and_staircase():
    p = Discrete([0.25, 0.0, 0.75], values=[3.0, 2.0, -1.0])
    x = column(-2.0, -1.0, 0.0, 2.0, 3.0, 4.0)
    assert p.density(x).tolist() == [0, 0.75, 0, 0, 0.25, 0]
    assert p.log_density(x)[[0, 3]].tolist() == [-math.inf, -math.inf]
    assert p.cdf(x).tolist() == [0, 0.75, 0.75, 0.75, 1, 1]
    assert p.mean.tolist() == [0.0] and p.covariance.tolist() == [[3.0]]
    assert set(p.sample(1000, generator())[:, 0]) == {-1.0, 3.0}  # never the value without mass


def test_a_uniform_number_of_exactly_zero_picks_a_value_that_has_mass():
    class Zeros:
        def random(self, n):
            return np.zeros(n)

    assert Discrete([0.0, 1.0]).sample(1, Zeros()).tolist() == [[1.0]]


# ---- errors


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: Gaussian(0.0, 0.0), "sd > 0"),
        (lambda: Gaussian(0.0, -1.0), "sd > 0"),
        (lambda: Gaussian(math.nan), "mean is nan; wanted finite numbers"),
        (lambda: Gaussian(np.zeros((2, 2))), "wanted"),
        (lambda: Gaussian(0.0, 1.0, covariance=[[1.0]]), "wants one of them"),
        (lambda: Gaussian([0, 0], covariance=[1.0, 1.0]), "wanted"),
        (lambda: Gaussian([0, 0, 0], covariance=np.eye(2)), r"mean has shape \(3,\)"),
        (lambda: Gaussian([0, 0], covariance=[[1, 0.5], [0, 1]]), "symmetric"),
        (lambda: Gaussian([0, 0], covariance=[[1, 2], [2, 1]]), "eigenvalue -1; wanted all of them positive"),
        (lambda: Mixture(np.zeros((0, 2)), 1.0), "at least 1"),
        (lambda: Mixture([0.0, 1.0], [1.0, 1.0, 1.0]), "one for each of 2 means"),
        (lambda: Mixture([0.0, 1.0], 0.0), "positive number"),
        (lambda: Mixture([0.0, 1.0], 1.0, weights=[0.5, 0.6]), "weights sums to 1.1"),
        (lambda: Mixture([0.0, 1.0], 1.0, weights=[1.0, 0.0]), "positive numbers, one a mean"),
        (lambda: Discrete([0.5, 0.4]), "probabilities sums to 0.9"),
        (lambda: Discrete([1.5, -0.5]), "negative entry, -0.5"),
        (lambda: Discrete([0.5, 0.5], values=[1.0, 1.0]), "different values"),
        (lambda: ring(modes=0), "at least 1"),
        (lambda: Gaussian().log_density(np.zeros(3)), r"wants \(n, 1\); x\[:, None\]"),
        (lambda: ring().log_density(np.zeros((3, 1))), r"shape \(3, 1\); Mixture\(dim=2\) wants \(n, 2\)"),
        (lambda: ring().cdf(np.zeros((3, 2))), "no cdf"),
        (lambda: Gaussian([0, 0]).cdf(np.zeros((3, 2))), "no cdf"),
        (lambda: Gaussian([0, 0]).knots(), "no knots"),
        (lambda: ring().knots(), "no knots"),
    ],
)
def test_wrong_arguments_are_told(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_a_covariance_that_is_symmetric_up_to_rounding_is_taken():
    C = np.array([[1.0, 1e-17], [-1e-17, 1.0]])
    peak = Gaussian([0, 0], covariance=C).log_density(np.zeros((1, 2)))
    np.testing.assert_allclose(peak, -math.log(2 * math.pi))
