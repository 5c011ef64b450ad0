"""Divergences against published numbers, closed forms and each other."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan.theory.distributions import Discrete, Distribution, Gaussian, Mixture, ring
from minigan.theory.divergences import (
    cross_entropy,
    entropy,
    expectation,
    integrate,
    js,
    kl,
    monte_carlo_cross_entropy,
    monte_carlo_js,
    monte_carlo_kl,
    optimal_discriminator,
    wasserstein1,
    wasserstein1_samples,
)

LOG_2 = math.log(2)
TWO_MODES = Mixture([-3.0, 3.0], 0.5)
# Understanding Deep Learning, notebook 15.2
UDL_P = np.array([5, 3, 2, 1, 8, 7, 5, 9, 2, 1]) / 43
UDL_Q = np.array([4, 10, 1, 1, 4, 6, 3, 2, 0, 1]) / 32


class Uniform(Distribution):
    """A reader's own distribution, with edges: what the divergences must be able to take."""

    dim = 1

    def __init__(self, low, high):
        self.low, self.high = low, high
        self.mean, self.covariance = np.array([(low + high) / 2]), np.array([[(high - low) ** 2 / 12]])

    def sample(self, n, rng):
        return rng.uniform(self.low, self.high, (n, 1))

    def log_density(self, x):
        inside = (x[:, 0] >= self.low) & (x[:, 0] <= self.high)
        return np.where(inside, -math.log(self.high - self.low), -math.inf)

    def cdf(self, x):
        return np.clip((x[:, 0] - self.low) / (self.high - self.low), 0, 1)

    def knots(self):
        return np.array([self.low, self.high])


@st.composite
def probability_pairs(draw):
    """Two distributions over 1 to 8 outcomes, with zeros among them."""
    n = draw(st.integers(1, 8))
    weights = st.lists(st.sampled_from([0.0, 0.0, 1e-12, 1e-3, 0.5, 1.0, 3.0]), min_size=n, max_size=n)
    p, q = (np.array(draw(weights.filter(any))) for _ in range(2))
    return p / p.sum(), q / q.sum()


numbers = st.floats(-5, 5)
gaussians = st.builds(Gaussian, numbers, st.floats(0.1, 5))
mixtures = st.builds(Mixture, st.lists(numbers, min_size=2, max_size=2), st.floats(0.05, 3))


def as_mixture(p):
    """The same Gaussian under another name, for which no closed form is looked up."""
    return Mixture([p.mean[0]], math.sqrt(p.covariance[0, 0]))


# ---- known numbers


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_four_letters_cost_a_quarter_bit_more_with_the_wrong_code(dtype):
    p, q = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8], dtype), np.full(4, 1 / 4, dtype)
    found = [entropy(p, "bits"), cross_entropy(p, q, "bits"), kl(p, q, "bits")]
    assert found == pytest.approx([1.75, 2.0, 0.25], abs=1e-14)


def test_kl_is_not_symmetric():
    p, q = [0.9, 0.1], [0.5, 0.5]
    assert kl(p, q) == pytest.approx(0.3681, abs=5e-5)
    assert kl(q, p) == pytest.approx(0.5108, abs=5e-5)
    assert kl(q, p) == pytest.approx(math.log(5 / 3), abs=1e-15)


def test_equal_entropies_do_not_mean_equal_distributions():
    p, q = [0.9, 0.1], [0.1, 0.9]
    assert entropy(p, "bits") == entropy(q, "bits") == pytest.approx(0.469, abs=5e-4)
    assert kl(p, q, "bits") == pytest.approx(0.8 * math.log2(9), abs=1e-15)
    assert kl(p, q, "bits") == pytest.approx(2.536, abs=5e-4)


def test_kl_breaks_the_triangle_inequality():
    a, b, c = [0.9, 0.1], [0.5, 0.5], [0.1, 0.9]
    assert kl(a, c) == pytest.approx(1.758, abs=5e-4)
    assert kl(a, b) + kl(b, c) == pytest.approx(0.879, abs=5e-4)


def test_forward_fit_covers_and_reverse_fit_picks():
    cover, pick = Gaussian(0.0, math.sqrt(9.25)), Gaussian(3.0, 0.5)
    assert math.sqrt(TWO_MODES.covariance[0, 0]) == pytest.approx(3.041, abs=5e-4)
    assert kl(TWO_MODES, cover) == pytest.approx(1.1123, abs=5e-5)
    for sd in (2.9, 3.2):  # matching moments is the minimum
        assert kl(TWO_MODES, Gaussian(0.0, sd)) > kl(TWO_MODES, cover)
    assert LOG_2 - kl(pick, TWO_MODES) == pytest.approx(3.0e-9, abs=0.05e-9)
    assert js(TWO_MODES, pick) == pytest.approx(0.75 * math.log(4 / 3), abs=1e-8)
    assert js(TWO_MODES, Gaussian(0.0, 3.025)) == pytest.approx(0.2972, abs=5e-5)


V_AND_JS = [
    (0.0, -1.386294, 0.0),
    (0.5, -1.325672, 0.0303),
    (1.0, -1.163451, 0.1114),
    (2.0, -0.712633, 0.3368),
    (4.0, -0.120854, 0.6327),
    (8.0, -0.000187, 0.6931),
]


@pytest.mark.parametrize("shift, value, divergence", V_AND_JS)
def test_the_value_of_the_perfect_critic_is_js(shift, value, divergence):
    p, q = Gaussian(0.0), Gaussian(shift)
    v = expectation(p, lambda x: np.log(optimal_discriminator(p, q, x)), q)
    v += expectation(q, lambda x: np.log(optimal_discriminator(q, p, x)), p)  # 1 - D*, without the 1 -
    assert v == pytest.approx(value, abs=5e-7)
    assert v == pytest.approx(-math.log(4) + 2 * js(p, q), abs=1e-10)
    assert js(p, q) == pytest.approx(divergence, abs=5e-5)
    assert wasserstein1(p, q) == pytest.approx(shift, abs=1e-12)


def test_understanding_deep_learning_15_2():
    # The notebook solves a linear program with the cost |i - j| / 9.
    assert wasserstein1(UDL_P, UDL_Q, np.arange(10) / 9) == pytest.approx(0.15148578811369506, abs=1e-15)
    assert wasserstein1(UDL_P, UDL_Q) == pytest.approx(9 * 0.15148578811369506, abs=1e-14)
    assert kl(UDL_P, UDL_Q) == math.inf
    assert kl(UDL_Q, UDL_P) == pytest.approx(0.36471, abs=5e-6)
    assert js(UDL_P, UDL_Q) == pytest.approx(0.08418, abs=5e-6)


def test_entropy_of_the_ring_is_that_of_a_mode_and_of_the_choice():
    expected = math.log(8) + math.log(2 * math.pi * math.e * 0.02**2)  # modes that do not touch
    found = monte_carlo_cross_entropy(ring(), ring(), samples=20_000, rng=np.random.default_rng(1))
    assert abs(found.value - expected) < 5 * found.standard_error < 0.05


# ---- what is always true


@given(probability_pairs())
def test_arrays_keep_the_laws(pair):
    p, q = pair
    divergence = kl(p, q)
    assert divergence >= 0 and kl(p, p) == 0
    assert (divergence == math.inf) == bool(((q == 0) & (p > 0)).any())
    assert cross_entropy(p, q) == pytest.approx(entropy(p) + divergence, abs=1e-11)
    assert 0 <= entropy(p) <= math.log(len(p)) + 1e-15
    assert 0 <= js(p, q) <= LOG_2
    assert js(p, q) == pytest.approx(js(q, p), abs=1e-15)
    assert entropy(p, "bits") * LOG_2 == pytest.approx(entropy(p), abs=1e-15)


@given(probability_pairs())
def test_arrays_against_a_loop(pair):
    p, q = pair
    m = (p + q) / 2
    against_m = [sum(a * math.log(a / b) for a, b in zip(r, m, strict=True) if a > 0) for r in (p, q)]
    assert js(p, q) == pytest.approx(sum(against_m) / 2, abs=1e-14)
    assert entropy(p) == pytest.approx(-sum(a * math.log(a) for a in p if a > 0), abs=1e-14)
    work = sum(abs(sum((p - q)[:i])) for i in range(1, len(p)))
    assert wasserstein1(p, q) == pytest.approx(work, abs=1e-14)


@settings(max_examples=40, deadline=None)
@given(st.one_of(gaussians, mixtures), st.one_of(gaussians, mixtures))
def test_densities_keep_the_laws(p, q):
    assert kl(p, q) >= 0
    assert cross_entropy(p, q) == pytest.approx(entropy(p) + kl(p, q), rel=1e-10, abs=1e-10)
    assert 0 <= js(p, q) <= LOG_2
    assert js(p, q) == pytest.approx(js(q, p), abs=1e-12)
    assert js(p, q) <= (kl(p, q) + kl(q, p)) / 4 + 1e-12
    assert wasserstein1(p, q) >= abs(p.mean[0] - q.mean[0]) - 1e-10


@settings(max_examples=60, deadline=None)
@given(gaussians, gaussians)
def test_quadrature_meets_the_closed_forms(p, q):
    a, b = as_mixture(p), as_mixture(q)
    assert entropy(a) == pytest.approx(entropy(p), abs=1e-10)
    assert cross_entropy(a, b) == pytest.approx(cross_entropy(p, q), rel=1e-11, abs=1e-10)
    assert cross_entropy(a, q) == pytest.approx(cross_entropy(p, q), rel=1e-13)
    assert kl(a, b) == pytest.approx(kl(p, q), rel=1e-11, abs=1e-10)


@settings(max_examples=40, deadline=None)
@given(gaussians, gaussians)
def test_w1_of_gaussians_is_the_mean_of_a_folded_normal(p, q):
    # The best plan keeps the order, x -> mq + sq (x - mp) / sp, so W1 = E |mp - mq + (sp - sq) ε|.
    m = abs(p.mean[0] - q.mean[0])
    s = abs(math.sqrt(p.covariance[0, 0]) - math.sqrt(q.covariance[0, 0]))
    expected = m
    if s > 1e-3 * m:
        expected = s * math.sqrt(2 / math.pi) * math.exp(-((m / s) ** 2) / 2)
        expected += m * math.erf(m / s / math.sqrt(2))
    assert wasserstein1(p, q) == pytest.approx(expected, abs=1e-10)


def test_gaussian_closed_forms_in_more_dimensions():
    a = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, -0.4], [0.0, -0.4, 0.5]])
    b = np.array([[1.0, -0.2, 0.1], [-0.2, 3.0, 0.0], [0.1, 0.0, 0.8]])
    p, q = Gaussian([0, 1, 2], covariance=a), Gaussian([1, 1, 0], covariance=b)
    d, inverse = q.mean - p.mean, np.linalg.inv(b)
    log_det = math.log(np.linalg.det(b) / np.linalg.det(a))
    assert kl(p, q) == pytest.approx((np.trace(inverse @ a) - 3 + d @ inverse @ d + log_det) / 2, abs=1e-13)
    volume = (2 * math.pi * math.e) ** 3 * np.linalg.det(a)
    assert entropy(p) == pytest.approx(math.log(volume) / 2, abs=1e-13)
    assert cross_entropy(p, q) == pytest.approx(entropy(p) + kl(p, q), abs=1e-13)
    assert kl(p, p) == pytest.approx(0, abs=1e-14)


# ---- quadrature where it is hard


def test_narrow_components_far_apart_are_not_missed():
    means, sd = np.array([0.0, 1.0, 50.0, 1000.0]), 1e-3
    p = Mixture(means, sd)
    expected = math.log(4) + math.log(2 * math.pi * math.e * sd**2) / 2
    assert entropy(p) == pytest.approx(expected, abs=1e-10)
    assert wasserstein1(p, Mixture(means + 0.25, sd)) == pytest.approx(0.25, abs=1e-10)
    assert js(p, Mixture(means + 0.5, sd)) == pytest.approx(LOG_2, abs=1e-12)


def test_a_huge_divergence_is_right_to_twelve_digits():
    p, q = Gaussian(0.0, 1.0), Gaussian(3e3, 1e-4)
    assert kl(as_mixture(p), as_mixture(q)) == pytest.approx(kl(p, q), rel=1e-12)


def test_a_corner_in_the_log_density_is_found():
    # -log q is (|x| - 3)² / 2s² + const but for a corner 7e-5 wide at 0, and E|x| = √(2/π) for x ~ N(0, 1).
    s = 0.02
    expected = (10 - 6 * math.sqrt(2 / math.pi)) / (2 * s**2) + math.log(2 * s * math.sqrt(2 * math.pi))
    corner = math.pi**2 / 12 * (s**2 / 3) / math.sqrt(2 * math.pi)  # ∫ log(1 + e^(-6|x|/s²)) dx · N(0; 0, 1)
    found = cross_entropy(Gaussian(), Mixture([-3.0, 3.0], s))
    assert found == pytest.approx(expected - corner, abs=1e-9)  # 6513.57 - .00004


def test_a_spike_is_found_though_it_is_ten_thousand_times_narrower_than_the_rest():
    c, s = 1e-3, 1e-4
    found = cross_entropy(Gaussian(), Mixture([0.0, 0.3], [1.0, s], weights=[1 - c, c]))
    # Beside the spike q is (1 - c) N(0, 1); on it, t = (x - .3) / s, φ is flat.
    phi, t = Gaussian().density([[0.3]])[0], np.linspace(-9, 9, 20_001)
    ratio = c / (1 - c) * np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi) / (s * phi)
    gain = s * phi * np.trapezoid(np.log1p(ratio), t)
    assert found == pytest.approx(entropy(Gaussian()) - math.log(1 - c) - gain, abs=1e-4 * gain)


def test_integrate_takes_kinks_and_jumps():
    assert integrate(lambda x: np.abs(x[:, 0] - 1 / 3), [0, 1]) == pytest.approx(5 / 18, abs=1e-13)
    assert integrate(lambda x: (x[:, 0] < 1 / 3) * 1.0, [0, 1]) == pytest.approx(1 / 3, abs=1e-13)
    far = 2.0**20  # where neighbouring numbers are 1e-10 apart, so no cut can meet the tolerance
    step = integrate(lambda x: (x[:, 0] < far + 1 / 3) * 1.0, [far, far + 1])
    assert step == pytest.approx(1 / 3, abs=1e-9)
    assert integrate(lambda x: x[:, 0] ** 31, [0, 1]) == pytest.approx(1 / 32, abs=1e-15)


def test_integrate_says_when_it_cannot():
    noise = np.random.default_rng(0)
    with pytest.raises(ArithmeticError, match="does not settle"):
        integrate(lambda x: noise.normal(size=len(x)), [0, 1])


def test_a_density_with_edges():
    p, q = Uniform(0.0, 1.0), Uniform(0.0, 2.0)
    assert kl(p, q) == pytest.approx(LOG_2, abs=1e-14)
    assert kl(q, p) == cross_entropy(q, p) == math.inf
    # Half of q lies where p is not: D* is 2/3 and 0.
    assert js(p, q) == pytest.approx((math.log(4 / 3) + math.log(2 / 3) / 2 + LOG_2 / 2) / 2, abs=1e-13)
    assert wasserstein1(p, q) == pytest.approx(0.5, abs=1e-14)
    assert entropy(q) == pytest.approx(LOG_2, abs=1e-14)


# ---- discrete distributions


def test_discretes_meet_on_all_of_their_values():
    p, q = Discrete([0.5, 0.5], [0.0, 1.0]), Discrete([0.5, 0.5], [1.0, 3.0])
    assert kl(p, q) == math.inf
    assert js(p, q) == pytest.approx(LOG_2 / 2, abs=1e-15)
    assert wasserstein1(p, q) == pytest.approx(1.5, abs=1e-14)
    assert entropy(p, "bits") == pytest.approx(1, abs=1e-15)


def test_w1_of_a_point_against_a_density_is_a_mean_distance():
    assert wasserstein1(Discrete([1.0]), Gaussian()) == pytest.approx(math.sqrt(2 / math.pi), abs=1e-12)


# ---- W1


def test_w1_sees_the_distance_that_js_cannot():
    near, far = (Gaussian(m, 0.01) for m in (10.0, 100.0))
    p = Gaussian(0.0, 0.01)
    assert [js(p, near), js(p, far)] == pytest.approx([LOG_2, LOG_2], abs=1e-15)
    assert [wasserstein1(p, near), wasserstein1(p, far)] == pytest.approx([10, 100], abs=1e-10)


def test_positions_may_come_in_any_order():
    order = np.random.default_rng(3).permutation(10)
    there = wasserstein1(UDL_P[order], UDL_Q[order], order / 9)
    assert there == pytest.approx(wasserstein1(UDL_P, UDL_Q, np.arange(10) / 9), abs=1e-15)


@given(st.lists(numbers, min_size=1, max_size=7), st.lists(numbers, min_size=1, max_size=7))
def test_w1_of_samples_through_quantile_functions(x, y):
    # Each number repeated until both sets have n·m: then the sorted sets are paired, and that is W1.
    pairs = zip(np.sort(np.repeat(x, len(y))), np.sort(np.repeat(y, len(x))), strict=True)
    expected = sum(abs(a - b) for a, b in pairs) / (len(x) * len(y))
    assert wasserstein1_samples(np.array(x), np.array(y)) == pytest.approx(expected, abs=1e-13)


def test_w1_of_few_samples_is_the_best_of_all_plans():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(6, 1)), rng.normal(size=(6, 1)) + 1
    plans = (np.abs(x - y[list(order)]).mean() for order in itertools.permutations(range(6)))
    assert wasserstein1_samples(x, y) == pytest.approx(min(plans), abs=1e-14)


# ---- estimates


@pytest.mark.parametrize(
    "estimate, exact",
    [(monte_carlo_cross_entropy, cross_entropy), (monte_carlo_kl, kl), (monte_carlo_js, js)],
)
def test_estimates_meet_the_exact_values_within_their_standard_errors(estimate, exact):
    p, q, rng = Gaussian(0.0), Gaussian(1.0, 1.5), np.random.default_rng(7)
    runs = [estimate(p, q, samples=500, rng=rng, unit="bits") for _ in range(400)]
    z = np.array([(r.value - exact(p, q, "bits")) / r.standard_error for r in runs])
    assert abs(z.mean()) < 4.5 / math.sqrt(400)
    assert abs(z.std() - 1) < 4.5 / math.sqrt(2 * 400)  # the standard error is what it says


def test_estimates_work_in_two_dimensions():
    rng = np.random.default_rng(11)
    modes = [ring(radius=r, sd=0.1) for r in (2.0, 2.1)]
    # The modes do not touch, so KL is that of two of them: (shift / sd)² / 2.
    found = monte_carlo_kl(*modes, samples=20_000, rng=rng)
    assert abs(found.value - 0.5) < 5 * found.standard_error < 0.05
    far = monte_carlo_js(ring(), Gaussian([50.0, 0.0], 0.1), samples=100, rng=rng)
    assert far.value == pytest.approx(LOG_2, abs=1e-12) and far.standard_error < 1e-12


# ---- D*


@given(probability_pairs())
def test_d_star_is_the_best_d(pair):
    p, q = pair

    def value(D):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(p > 0, p * np.log(D), 0).sum() + np.where(q > 0, q * np.log(1 - D), 0).sum()

    D = optimal_discriminator(p, q)
    best = value(D)
    assert best == pytest.approx(-math.log(4) + 2 * js(p, q), abs=1e-11)
    for other in (0.5 * D + 0.25, 0.99 * D + 0.001, np.full_like(D, 0.5)):
        assert value(other) <= best + 1e-12


def test_d_star_of_arrays():
    D = optimal_discriminator(np.array([0.0, 0.2, 0.8, 0.0]), np.array([0.5, 0.2, 0.0, 0.0]))
    assert D.tolist() == [0, 0.5, 1, 0.5]  # no opinion where nothing can come from
    assert optimal_discriminator(np.ones(3, "float32"), np.ones(3, "float32")).dtype == np.float32


def test_d_star_is_right_where_both_densities_underflow():
    # log p/q = (x - 1)²/2 - x²/2 = ½ - x, whatever the densities are.
    x = np.array([[-3.0], [0.5], [200.0], [-200.0]])
    D = optimal_discriminator(Gaussian(0.0), Gaussian(1.0), x)
    assert Gaussian(1.0).density(x)[2] == 0
    np.testing.assert_allclose(D, [1 / (1 + math.exp(-3.5)), 0.5, math.exp(-199.5), 1.0], rtol=1e-12)


def test_d_star_of_discretes_between_their_values():
    p, q = Discrete([0.5, 0.5], [0.0, 1.0]), Discrete([1.0], [1.0])
    assert optimal_discriminator(p, q, [[0.0], [1.0], [0.5]]).tolist() == pytest.approx([1, 1 / 3, 0.5])


# ---- errors and edges


def test_rounding_leaves_no_divergence_out_of_range():
    rng = np.random.default_rng(0)
    for _ in range(100):
        p = rng.dirichlet(np.ones(4))
        q = p * (1 + 1e-9 * rng.normal(size=4))  # KL is 1e-18, and sums of this kind err by 1e-16
        apart = np.concatenate([p, np.zeros(4)]), np.concatenate([np.zeros(4), q / q.sum()])
        assert 0 <= kl(p, q / q.sum()) < 1e-15 and 0 <= js(p, q / q.sum()) < 1e-15
        assert LOG_2 - 1e-15 < js(*apart) <= LOG_2


def test_probabilities_that_underflow():
    tiny = np.array([1.0, 1e-310])  # p / q would overflow
    assert kl([0.5, 0.5], tiny) == pytest.approx(-LOG_2 + 155 * math.log(10), rel=1e-12)
    p, q = np.array([1.0, 5e-324]), np.array([1.0, 0.0])
    assert js(p, q) < 1e-300
    assert kl(q, p) == 0 and kl(p, q) == math.inf
    assert math.copysign(1, entropy(q)) == 1  # 0, and not -0


def test_the_sum_is_checked_as_closely_as_the_dtype_allows():
    p = np.full(3, 1 / 3)
    assert kl(p.astype("float32"), p) == pytest.approx(0, abs=1e-14)  # the rounding of float32 is divided out
    for slack, dtype in ((1e-9, "float64"), (1e-6, "float32")):
        assert entropy(np.array([0.5, 0.5 + 0.4 * slack], dtype)) == pytest.approx(LOG_2, abs=1e-12)
        with pytest.raises(ValueError, match="probabilities sum to 1 within"):
            entropy(np.array([0.5, 0.5 + 4 * slack], dtype))


G1, G2 = Gaussian(), Gaussian([0, 0])


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: kl([0.5, 0.6], [0.5, 0.5]), r"p sums to 1.1; probabilities sum to 1 within 1e-09"),
        (lambda: kl([0.5, 0.5], [1.5, -0.5]), "q has a negative entry, -0.5"),
        (lambda: kl([0.5, 0.5], [math.nan, 0.5]), "q sums to nan"),
        (lambda: kl([1.0], [0.5, 0.5]), r"p has shape \(1,\) and q \(2,\); wanted one shape"),
        (lambda: kl(G1, [0.5, 0.5]), r"p is Gaussian\(dim=1\), q is an array of shape \(2,\)"),
        (lambda: kl(G1, G2), "same dimension"),
        (lambda: js(G1, Discrete([1.0])), "two densities or two Discretes"),
        (lambda: js(G2, G2), "no closed form .* monte_carlo_js"),
        (lambda: kl(ring(), G2), "no closed form"),
        (lambda: entropy(ring()), "monte_carlo_cross_entropy"),
        (lambda: kl([1.0], [1.0], unit="bit"), "unit is 'bit'; wanted 'nats' or 'bits'"),
        (lambda: monte_carlo_kl(G1, G2, samples=9, rng=np.random.default_rng(0)), "same dimension"),
        (lambda: monte_carlo_kl(G1, G1, samples=1, rng=np.random.default_rng(0)), "samples is 1"),
        (lambda: wasserstein1(G2, G2), "no knots; distributions in one dimension"),
        (lambda: wasserstein1(G1, G1, [0, 1]), "positions"),
        (lambda: wasserstein1([0.5, 0.5], [0.5, 0.5], [0.0]), r"positions \(1,\)"),
        (lambda: wasserstein1_samples(np.zeros((3, 2)), np.zeros(3)), r"x has shape \(3, 2\)"),
        (lambda: wasserstein1_samples(np.zeros(3), np.zeros(0)), r"y has shape \(0,\)"),
        (lambda: optimal_discriminator(G1, G1), "x is missing"),
        (lambda: optimal_discriminator(G1, np.ones(2), np.ones((2, 1))), "wanted two distributions and x"),
        (lambda: optimal_discriminator(np.ones(2), np.ones(2), np.ones(2)), "wanted two distributions and x"),
        (lambda: optimal_discriminator(np.ones(2), np.ones(3)), "wanted one shape"),
        (lambda: optimal_discriminator(np.ones(2), -np.ones(2)), "below 0"),
    ],
)
def test_wrong_arguments_are_told(call, said):
    with pytest.raises(ValueError, match=said):
        call()
