"""Metrics against slow loops, closed forms, published numbers, and the cheats they are there to catch."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan.data.dataset import moments
from minigan.judge import metrics
from minigan.judge.metrics import (
    chi_cdf,
    frechet_distance,
    label_mix,
    mode_report,
    nearest,
    neighbour_ratios,
    parzen_log_likelihood,
    parzen_report,
    perfect_mode_report,
    wilson_interval,
)
from minigan.theory.distributions import Gaussian, Mixture, grid, ring


def generator():
    return np.random.default_rng(20140610)


# ---- modes


def test_mode_report_on_samples_counted_by_hand():
    p = Mixture([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]], 1.0)
    samples = [[0, 0], [2.9, 0], [0, 2.9], [2.5, 2.5], [10, 0], [0, 6.9]]  # the 4th is 3.54 off, the last 3.1
    report = mode_report(samples, p)
    assert report.found == 2
    assert report.high_quality == 4 / 6
    assert report.reverse_kl == pytest.approx(3 / 4 * math.log(3) + 1 / 4 * math.log(1))
    assert report.shares.tolist() == [4 / 6, 1 / 6, 1 / 6, 0]
    assert report.reverse_kl_all == pytest.approx(4 / 6 * math.log(16 / 6) + 2 * (1 / 6) * math.log(4 / 6))


def test_a_box_is_not_a_ball():
    corner = [[0.059, 0.059]]  # within 3 sd in both coordinates, .083 from the centre
    report = mode_report(corner, Mixture([[0.0, 0.0], [2.0, 0.0]], 0.02))
    assert report.high_quality == 0 and report.found == 0 and report.reverse_kl == math.inf
    assert report.shares.tolist() == [1, 0] and report.reverse_kl_all == pytest.approx(math.log(2))


def test_unequal_modes_are_judged_by_their_own_weight_and_sd():
    p = Mixture([0.0, 10.0], [1.0, 0.1], weights=[0.75, 0.25])
    report = mode_report([[2.0], [-2.0], [2.5], [10.2]], p)
    assert report.high_quality == 1 and report.reverse_kl == 0
    assert mode_report([[10.4]], p).high_quality == 0


def test_a_perfect_sampler_scores_what_is_promised():
    p, n, runs = ring(), 2500, 400
    perfect = perfect_mode_report(p, n)
    rng = generator()
    reports = [mode_report(p.sample(n, rng), p) for _ in range(runs)]
    quality = np.array([r.high_quality for r in reports])
    assert abs(quality.mean() - perfect.high_quality) < 4.5 * math.sqrt(0.98889 * 0.01111 / n / runs)
    slack = 4.5 * math.sqrt(14) / (2 * n) / math.sqrt(runs)  # 2n KL is chi-squared: 7 degrees, sd √14
    for name in ("reverse_kl", "reverse_kl_all"):
        assert abs(np.mean([getattr(r, name) for r in reports]) - perfect.reverse_kl) < slack
    assert all(r.found == 8 for r in reports) and perfect.found == pytest.approx(8, abs=1e-12)


def test_published_ceilings_and_floors():
    assert perfect_mode_report(ring(), 2500).high_quality == pytest.approx(1 - math.exp(-4.5), abs=1e-15)
    assert perfect_mode_report(ring(), 2500).high_quality == pytest.approx(0.98889, abs=5e-6)
    assert perfect_mode_report(ring(), 2500).reverse_kl == pytest.approx(0.0014)
    assert perfect_mode_report(grid(), 2500).reverse_kl == pytest.approx(0.0048)


def test_one_sample_finds_one_mode_or_none():
    assert perfect_mode_report(ring(), 1).found == pytest.approx(1 - math.exp(-4.5), abs=1e-14)


def test_chi_cdf_in_every_dimension():
    assert chi_cdf(3, 1) == pytest.approx(0.9973002039367398, abs=1e-15)  # the three-sigma rule
    # P(χ² < x), from tables: .95 at 7.8147 (3), 11.0705 (5), 18.3070 (10), 31.4104 (20)
    for dim, x in ((3, 7.8147), (5, 11.0705), (10, 18.3070), (20, 31.4104)):
        assert chi_cdf(math.sqrt(x), dim) == pytest.approx(0.95, abs=2e-6)
    # In even dimensions, 1 minus the chance that a Poisson count of mean r²/2 stays below dim / 2.
    poisson = sum(4.5**k * math.exp(-4.5) / math.factorial(k) for k in range(6))
    assert chi_cdf(3, 12) == pytest.approx(1 - poisson, abs=1e-15)
    assert chi_cdf(0, 3) == 0 and 0 <= chi_cdf(3, 784) < 1e-15
    assert chi_cdf(40, 785) == pytest.approx(1, abs=1e-12)


def test_a_gaussian_with_the_ring_s_moments_has_frechet_zero_and_almost_no_quality():
    p, q = ring(), Gaussian([0.0, 0.0], math.sqrt(2.0004))
    assert frechet_distance(p, q) == pytest.approx(0, abs=1e-12)
    # Noncentral chi-square: 8 balls of radius .06 at radius 2, density nearly flat in each, give .2649 %.
    n = 200_000
    report = mode_report(q.sample(n, generator()), p)
    assert abs(report.high_quality - 0.002649) < 4 * math.sqrt(0.002649 / n)


# ---- neighbours


@pytest.mark.parametrize("block", [1, 37 * 5, metrics.BLOCK])
@pytest.mark.parametrize("exclude_self", [False, True])
def test_nearest_against_a_loop_in_blocks_of_any_size(monkeypatch, block, exclude_self):
    monkeypatch.setattr(metrics, "BLOCK", block)
    references = generator().normal(size=(37, 3)) + 5
    queries = references if exclude_self else generator().normal(size=(23, 3)) + 5.5
    distance, index = nearest(queries, references, exclude_self)
    for i, q in enumerate(queries):
        others = np.array([math.dist(q, r) for r in references])
        if exclude_self:
            others[i] = math.inf
        assert index[i] == np.argmin(others)
        assert distance[i] == pytest.approx(min(others), rel=1e-14)


def test_nearest_far_from_the_origin_keeps_its_digits():
    # |a|² - 2 a·b + |b|² of numbers near 1e8 has no digit left of a distance of 1.
    references = np.array([[0.0], [1.0], [2.0]]) + 1e8
    distance, index = nearest(references + 0.25, references)
    assert distance.tolist() == [0.25] * 3 and index.tolist() == [0, 1, 2]


def test_a_copy_is_at_distance_zero():
    x = generator().normal(size=(50, 64)) * 1e3
    assert nearest(x, x)[0].max() == 0
    assert nearest(x, x, exclude_self=True)[0].min() > 0


@pytest.mark.parametrize("dim", [1, 2, 5])
@pytest.mark.parametrize("far", [0, 1e4, 1e8, 1e12])
def test_nearest_is_right_though_one_heap_lies_far_from_the_other(far, dim):
    rng = generator()
    references = np.concatenate([rng.normal(size=(300, dim)), rng.normal(size=(300, dim)) + far])
    queries = np.concatenate([rng.normal(size=(100, dim)), rng.normal(size=(30, dim)) + far])
    index = nearest(queries, references)[1]
    assert index.tolist() == [np.square(q - references).sum(axis=1).argmin() for q in queries]


def test_of_equally_near_ones_the_first_is_nearest():
    lattice = generator().integers(0, 4, (400, 3)) * 0.1 + 0.7
    index = nearest(lattice, lattice)[1]
    assert index.tolist() == [np.square(q - lattice).sum(axis=1).argmin() for q in lattice]


def test_label_mix_counts_every_class_even_the_missing():
    references = [[0.0], [10.0], [20.0]]
    assert label_mix([[1.0], [-1.0], [9.0], [2.0]], references, [2, 0, 3]).tolist() == [0.25, 0, 0.75, 0]


def images(n, rng):
    """n draws from a fixed law in 16 dimensions, with four clusters."""
    centres = np.random.default_rng(1).normal(size=(4, 16)) * 2
    return centres[rng.integers(4, size=n)] + rng.normal(size=(n, 16))


def test_neighbour_ratios_pass_the_truth_and_no_cheat():
    rng = generator()
    train, held_out = images(1000, rng), images(1000, rng)
    spacing = np.median(nearest(held_out, train)[0])
    for_real = neighbour_ratios(images(1000, rng), train, held_out)
    assert for_real == pytest.approx((1, 1), abs=0.05)  # 5 sd
    memoriser = neighbour_ratios(train, train, held_out)
    assert memoriser == (0, 1)  # its samples are the training set: the second alone would be fooled
    noise = rng.normal(size=train.shape)
    noisy = train + noise * spacing / np.linalg.norm(noise, axis=1, keepdims=True)
    cheat = neighbour_ratios(noisy, train, held_out)
    assert cheat.samples_to_train == pytest.approx(1, abs=0.05)  # the first alone would be fooled
    assert cheat.held_out_to_samples > 1.08
    collapsed = neighbour_ratios(np.repeat(images(1, rng), 1000, axis=0), train, held_out)
    assert collapsed.held_out_to_samples > 1.5


# ---- moments


def test_moments_of_samples_and_of_a_distribution():
    mean, covariance = moments([[1.0, 2.0], [3.0, 2.0], [5.0, 8.0]])
    assert mean.tolist() == [3, 4]
    assert covariance.tolist() == [[4, 6], [6, 12]]
    assert moments(ring())[1] == pytest.approx((2 + 0.02**2) * np.eye(2))


def test_frechet_distance_in_one_dimension():
    # (m₁ - m₂)² + (s₁ - s₂)²
    assert frechet_distance(Gaussian(1.0, 2.0), Gaussian(4.0, 0.5)) == pytest.approx(9 + 2.25, abs=1e-13)


def test_frechet_distance_of_commuting_and_of_general_covariances():
    p, q = Gaussian([0, 0], [1, 2]), Gaussian([1, 0], [3, 5])
    assert frechet_distance(p, q) == pytest.approx(1 + 4 + 9, abs=1e-13)
    rng = generator()
    a, b = (x @ x.T for x in rng.normal(size=(2, 4, 4)))
    # The eigenvalues of C₁ C₂ itself, no symmetric root taken
    overlap = np.sqrt(np.linalg.eigvals(a @ b).real).sum()
    expected = np.trace(a) + np.trace(b) - 2 * overlap
    p, q = (Gaussian(np.zeros(4), covariance=c) for c in (a, b))
    assert frechet_distance(p, q) == pytest.approx(expected, abs=1e-9)
    assert frechet_distance(q, p) == pytest.approx(frechet_distance(p, q), abs=1e-12)


def test_frechet_distance_of_singular_covariances_loses_no_digits():
    # 30 dimensions in 64, turned: eigenvalues of C₁^½ C₂ C₁^½ that are 0 but for rounding have roots of 1e-8.
    rng = generator()
    turn = np.linalg.qr(rng.normal(size=(64, 64)))[0]
    x = rng.normal(size=(500, 30)) @ turn[:30]
    assert frechet_distance(x, x) < 1e-12
    assert frechet_distance(x, x + 0.5) == pytest.approx(64 * 0.25, abs=1e-11)


def test_frechet_distance_of_few_samples_in_many_dimensions_loses_no_digits():
    rng = generator()
    x, y = rng.normal(size=(2, 8, 20))
    assert frechet_distance(x, x) < 1e-13
    assert frechet_distance(x, x + 1) == pytest.approx(20, abs=1e-13)
    # 7 and 7 dimensions of 20: the singular values of the two sets themselves, no covariance taken
    a, b = (s - s.mean(axis=0) for s in (x, y))
    overlap = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    expected = np.square(x.mean(0) - y.mean(0)).sum() + (np.square(a).sum() + np.square(b).sum() - 2 * overlap) / 7
    assert frechet_distance(x, y) == pytest.approx(expected, abs=1e-12)


def test_frechet_distance_in_the_units_that_are_asked_for():
    p, q = Gaussian([0, 0], [1, 2]), Gaussian([1, 0], [3, 5])
    assert frechet_distance(p, q, unit=[1, 0.5]) == pytest.approx(1 + 4 + 36, abs=1e-12)


# ---- Wilson


@pytest.mark.parametrize(
    "successes, n, low, high",
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_as_published(successes, n, low, high):
    """Newcombe 1998, table I, method 3."""
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_interval_solves_its_equation_and_stays_in_range(trial, confidence):
    k, n = trial
    low, high = wilson_interval(k, n, confidence)
    assert 0 <= low <= k / n <= high <= 1
    # Wilson's ends are the probabilities from which k/n is z standard deviations away, z by definition.
    z = [abs(k / n - p) / math.sqrt(p * (1 - p) / n) for p in (low, high) if 1e-9 < p < 1 - 1e-9]
    assert [math.erf(v / math.sqrt(2)) for v in z] == pytest.approx([confidence] * len(z), abs=1e-9)
    mirror = wilson_interval(n - k, n, confidence)
    assert mirror == pytest.approx((1 - high, 1 - low), abs=1e-12)


# ---- likelihood of samples


def parzen_by_loop(samples, x, sigma):
    """log p̂ at one x, number by number."""
    d = len(x)
    terms = [-sum((a - b) ** 2 for a, b in zip(x, mu, strict=True)) / (2 * sigma**2) for mu in samples]
    top = max(terms)
    total = math.fsum(math.exp(t - top) for t in terms)
    return top + math.log(total / len(samples)) - d * math.log(sigma * math.sqrt(2 * math.pi))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_parzen_against_a_loop_near_the_origin_and_far_from_it(dtype, offset):
    rng = generator()
    samples = (rng.random((13, 6)) + offset).astype(dtype)
    x = (rng.random((7, 6)) + offset).astype(dtype)
    for sigma in (0.01, 0.3, 20.0):
        logs = parzen_log_likelihood(samples, x, sigma)
        wanted = [parzen_by_loop(samples.astype(float), row, sigma) for row in x.astype(float)]
        assert logs.dtype == np.float64 and logs == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_parzen_of_one_sample_is_its_gaussian():
    p = Gaussian([1.0, -2.0, 0.5], 0.7)
    x = generator().normal(size=(20, 3))
    assert parzen_log_likelihood(p.mean[None], x, 0.7) == pytest.approx(p.log_density(x), rel=1e-13)


def test_parzen_of_many_samples_of_a_gaussian_is_that_gaussian_blurred():
    n, sd, sigma = 200_000, 0.6, 0.8  # N(0, .36) * N(0, .64) = N(0, 1)
    x = np.linspace(-2, 2, 9)[:, None]
    density = np.exp(parzen_log_likelihood(generator().normal(0, sd, (n, 1)), x, sigma))
    wanted = np.exp(Gaussian(0.0, 1.0).log_density(x))
    assert np.abs(density - wanted).max() < 4.5 * 0.25 / math.sqrt(n)  # a number from 0 to .5 has sd .25 at most


def test_parzen_integrates_to_one():
    x = np.linspace(-30, 30, 60_001)[:, None]
    samples = generator().normal(size=(11, 1))
    assert np.exp(parzen_log_likelihood(samples, x, 0.05)).sum() * 1e-3 == pytest.approx(1, abs=1e-12)


def test_parzen_far_away_neither_overflows_nor_is_log_zero():
    samples, far = np.zeros((3, 784)), np.full((1, 784), 1e6)
    wanted = -784e12 / 2 / 1e-4 - 784 * math.log(0.01 * math.sqrt(2 * math.pi))
    with np.errstate(all="raise", under="ignore"):
        assert parzen_log_likelihood(samples, far, 0.01) == pytest.approx([wanted], rel=1e-13)


def test_parzen_of_the_ring_s_centres_is_the_ring_and_scores_minus_its_entropy():
    p = ring()
    x = p.sample(20_000, generator())
    logs = parzen_log_likelihood(p.means, x, 0.02)
    assert logs == pytest.approx(p.log_density(x), abs=1e-10)
    perfect = -math.log(8) - math.log(2 * math.pi * 0.02**2) - 1  # 2.907 nats; each axis of a kernel costs 1/2
    assert perfect == pytest.approx(2.907, abs=5e-4)
    assert abs(logs.mean() - perfect) < 4.5 / math.sqrt(20_000)  # |x - μ|² / 2σ² is exponential: sd 1


@pytest.mark.parametrize("block", [1, 2 * 13 * 3, metrics.BLOCK])
def test_blocks_and_sigmas_at_once_do_not_change_parzen(monkeypatch, block):
    samples, x = generator().normal(size=(13, 5)), generator().normal(size=(10, 5)) + 1
    sigmas = [0.1, 0.5, 2.0]
    one_by_one = [[parzen_by_loop(samples, row, sigma) for row in x] for sigma in sigmas]
    monkeypatch.setattr(metrics, "BLOCK", block)
    logs = parzen_log_likelihood(samples, x, sigmas)
    assert logs.shape == (3, 10) and logs == pytest.approx(np.array(one_by_one), rel=1e-12)


def test_the_report_chooses_sigma_by_validation_and_judges_on_the_test_set():
    p = Gaussian(np.zeros(4), 1.0)
    rng = generator()
    samples, validation, test = (p.sample(300, rng) for _ in range(3))
    test = test * 2 + 1  # a sigma that suited these would be larger
    report = parzen_report(samples, validation, test)
    assert report.sigmas == pytest.approx(10 ** np.linspace(-1, 0, 10))
    by_hand = [np.mean([parzen_by_loop(samples, row, s) for row in validation]) for s in report.sigmas]
    assert report.validation == pytest.approx(by_hand, rel=1e-10)
    assert report.sigma == report.sigmas[np.argmax(by_hand)] and 0.1 < report.sigma < 1
    logs = [parzen_by_loop(samples, row, report.sigma) for row in test]
    assert report.mean == pytest.approx(np.mean(logs), rel=1e-10)
    sd = math.sqrt(np.mean(np.square(np.array(logs) - np.mean(logs))))  # 1/n, as published
    assert report.standard_error == pytest.approx(sd / math.sqrt(300), rel=1e-10)


# ---- errors


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: mode_report(np.zeros((0, 2)), ring()), r"shape \(0, 2\)"),
        (lambda: mode_report(np.zeros((3, 1)), ring()), r"queries is \(3, 1\), references \(8, 2\)"),
        (lambda: mode_report([[math.nan, math.inf]], ring()), "2 numbers that are not finite"),
        (lambda: perfect_mode_report(ring(), 0), "n is 0"),
        (lambda: chi_cdf(-1, 2), "radius"),
        (lambda: nearest(np.zeros(3), np.zeros((3, 1))), r"queries has shape \(3,\)"),
        (lambda: nearest(np.zeros((3, 1)), np.zeros((2, 1)), exclude_self=True), "got 3 and 2 rows"),
        (lambda: nearest(np.zeros((1, 1)), np.zeros((1, 1)), exclude_self=True), "2 rows or more"),
        (lambda: label_mix(np.zeros((1, 1)), np.zeros((2, 1)), [0]), r"wanted \(2,\)"),
        (lambda: label_mix(np.zeros((1, 1)), np.zeros((2, 1)), [0.0, 1.0]), "whole numbers"),
        (lambda: label_mix(np.zeros((1, 1)), np.zeros((2, 1)), [0, -1]), ">= 0"),
        (lambda: neighbour_ratios([[1.0]], [[0.0]], [[0.0]]), "held_out or more is in train"),
        (lambda: moments(np.zeros((1, 2))), "2 rows at least"),
        (lambda: frechet_distance(ring(), Gaussian()), "x has 2 coordinates and y 1"),
        (lambda: parzen_log_likelihood(np.zeros((2, 3)), np.zeros((2, 2)), 1), r"\(2, 3\), x \(2, 2\)"),
        (lambda: parzen_log_likelihood(np.zeros((2, 3)), [[math.nan] * 3], 1), "x has 3 numbers that are not"),
        (lambda: parzen_log_likelihood(np.zeros((2, 3)), np.zeros((2, 3)), 0.0), "sigma is 0.0; wanted"),
        (lambda: parzen_log_likelihood(np.zeros((2, 3)), np.zeros((2, 3)), [1, math.nan]), "sigma is"),
        (lambda: parzen_report(*[np.zeros((2, 3))] * 3, sigmas=0.5), r"sigmas has shape \(\); wanted"),
        (lambda: wilson_interval(3, 2), "successes is 3, n 2"),
        (lambda: wilson_interval(0, 0), "n >= 1"),
        (lambda: wilson_interval(1, 2, 1.0), "confidence"),
    ],
)
def test_wrong_arguments_are_told(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# ---- Student's t


@pytest.mark.parametrize(
    ("confidence", "nu", "t"),
    [
        (0.5, 1, 1.0),  # tan(π/4)
        (0.95, 1, 12.706204736174705),
        (0.95, 2, 4.302652729749464),
        (0.99, 9, 3.2498355415921263),
        (0.95, 41, 2.0195409704413767),
        (0.95, 42, 2.018081702818439),
    ],
)
def test_student_t_of_few_degrees_of_freedom(confidence, nu, t):
    """By the incomplete beta function in 40 digits, and tan(π c/2) for one degree of freedom."""
    assert metrics.student_t(confidence, nu) == pytest.approx(t, rel=1e-12)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("nu", [1_000, 50_000, 1_000_000, 10**12])
def test_student_t_of_many_degrees_of_freedom_tends_to_the_normal_quantile(confidence, nu):
    """Fisher and Cornish's (1960) expansion in 1/nu: the next term is below 1e3 / nu⁴."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    t = z + sum(term / nu**k for k, term in enumerate(terms, 1))
    assert metrics.student_t(confidence, nu) == pytest.approx(t, rel=1e-12, abs=1e3 / nu**4)
