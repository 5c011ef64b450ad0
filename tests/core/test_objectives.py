"""The value of the game and the players' losses: stable at any logit, and true to the theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigan as mg
from minigan.core.backend import BLOCK, Backend
from minigan.core.objectives import (
    Minimax,
    NonSaturating,
    Objective,
    discriminator_loss,
    find_objective,
    generator_loss,
    value_function,
)
from minigan.core.scores import OBJECTIVES

PARTS = ["real", "fake", "generator"]
every_part = pytest.mark.parametrize("part", PARTS)
every_objective = pytest.mark.parametrize("name", OBJECTIVES)
probabilities = st.floats(1e-6, 1)


def both(name, part):
    return getattr(OBJECTIVES[name], f"{part}_loss"), getattr(OBJECTIVES[name], f"{part}_slope")


def distributions(size):
    """Two probability vectors of one size, with no zeros."""
    lists = st.lists(probabilities, min_size=size, max_size=size)
    return st.tuples(lists, lists).map(lambda pq: tuple(np.array(v) / sum(v) for v in pq))


# --------------------------------------------------------------------------------- losses and slopes


@every_part
@every_objective
def test_each_slope_is_the_derivative_of_its_loss(name, part):
    loss, slope = both(name, part)
    s, h = np.linspace(-12, 12, 49), 1e-5
    np.testing.assert_allclose(slope(s), (loss(s + h) - loss(s - h)) / (2 * h), rtol=1e-7, atol=1e-10)


@every_part
@every_objective
def test_losses_and_slopes_are_finite_and_keep_their_type_at_any_logit(name, part, backend):
    s = backend.asarray([[1e4], [-1e4], [90], [-90], [0]])
    for f in both(name, part):
        out = f(s)
        assert out.dtype == backend.dtype and out.shape == s.shape
        assert np.isfinite(backend.to_numpy(out)).all()


@pytest.mark.parametrize(
    ("name", "part", "formula"),
    [
        ("minimax", "real", lambda d: -math.log(d)),
        ("minimax", "fake", lambda d: -math.log(1 - d)),
        ("minimax", "generator", lambda d: math.log(1 - d)),
        ("non-saturating", "real", lambda d: -math.log(d)),
        ("non-saturating", "fake", lambda d: -math.log(1 - d)),
        ("non-saturating", "generator", lambda d: -math.log(d)),
        ("wasserstein", "real", lambda d: -math.log(d / (1 - d))),
        ("wasserstein", "fake", lambda d: math.log(d / (1 - d))),
        ("wasserstein", "generator", lambda d: -math.log(d / (1 - d))),
        ("least-squares", "real", lambda d: 0.5 * (math.log(d / (1 - d)) - 1) ** 2),
        ("least-squares", "fake", lambda d: 0.5 * math.log(d / (1 - d)) ** 2),
        ("least-squares", "generator", lambda d: 0.5 * (math.log(d / (1 - d)) - 1) ** 2),
    ],
)
def test_each_loss_is_the_logarithm_that_the_paper_writes(name, part, formula):
    loss, _ = both(name, part)
    for s in (-4.0, -0.5, 0.0, 1.0, 6.0):
        assert loss(np.array(s)) == pytest.approx(formula(1 / (1 + math.exp(-s))), rel=1e-12)


def test_where_d_is_sure_of_a_fake_minimax_hardly_moves_g_and_the_label_trick_does():
    s = np.array([-5.0])
    minimax, non_saturating = -Minimax().generator_slope(s)[0], -NonSaturating().generator_slope(s)[0]
    assert minimax == pytest.approx(0.006693, abs=5e-7)
    assert non_saturating == pytest.approx(0.993307, abs=5e-7)
    assert non_saturating / minimax == pytest.approx(math.exp(5), rel=1e-12)


def test_every_generators_loss_pushes_the_logit_up_but_squares_only_as_far_as_their_label():
    s = np.linspace(-30, 30, 61)
    for name, objective in OBJECTIVES.items():
        wanted = s < 1 if name == "least-squares" else np.full(61, True)
        np.testing.assert_array_equal(objective.generator_slope(s) < 0, wanted)


def test_the_best_score_by_squares_is_the_probability_that_the_best_d_gives():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(8)), rng.dirichlet(np.ones(8))
    game, s = OBJECTIVES["least-squares"], p / (p + q)
    np.testing.assert_allclose(p * game.real_slope(s) + q * game.fake_slope(s), 0, atol=1e-15)
    np.testing.assert_allclose(s, mg.optimal_discriminator(p, q), rtol=1e-12)


# --------------------------------------------------------------------------------------- the value V


def test_v_is_the_mean_of_two_logarithms_over_samples_of_unequal_number(backend):
    real, fake = np.array([[0.3], [-1.0], [2.0]]), np.array([[0.5], [-0.25]])
    wanted = np.log(1 / (1 + np.exp(-real))).mean() + np.log(1 - 1 / (1 + np.exp(-fake))).mean()
    value = value_function(backend.asarray(real), backend.asarray(fake))
    assert value.dtype == backend.dtype
    assert float(value) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("shapes", [((4, 1), (4, 1)), ((7, 1), (3, 1))])
def test_a_discriminator_that_always_says_one_half_has_value_minus_two_log_two(shapes):
    assert value_function(*map(np.zeros, shapes)) == pytest.approx(-2 * math.log(2), rel=1e-15)


@given(pq=distributions(5), slopes=st.lists(st.floats(-3, 3), min_size=5, max_size=5), h=st.floats(0.01, 2))
def test_d_star_is_p_over_p_plus_q_and_no_other_d_has_a_higher_value(pq, slopes, h):
    p, q = pq

    def value(logits):  # the expectations of eq. 1, over the points of p and q
        return -(p @ OBJECTIVES["minimax"].real_loss(logits)) - q @ OBJECTIVES["minimax"].fake_loss(logits)

    star = np.log(p / q)  # the logit of p / (p + q)
    np.testing.assert_allclose(1 / (1 + np.exp(-star)), p / (p + q), rtol=1e-9)
    assert value(star + h * np.array(slopes)) <= value(star) + 1e-12
    gradient = p * Minimax().real_slope(star) + q * Minimax().fake_slope(star)
    np.testing.assert_allclose(gradient, 0, atol=1e-15)


@given(pq=distributions(6))
def test_the_value_of_d_star_is_minus_log_four_plus_twice_the_jensen_shannon_divergence(pq):
    p, q = pq
    m = (p + q) / 2
    js = (p @ np.log(p / m) + q @ np.log(q / m)) / 2
    star = np.log(p / q)
    value = -(p @ OBJECTIVES["minimax"].real_loss(star)) - q @ OBJECTIVES["minimax"].fake_loss(star)
    assert value == pytest.approx(-math.log(4) + 2 * js, rel=1e-9, abs=1e-9)


def test_v_at_d_star_of_samples_is_the_sum_over_counts():
    # p = (3/4, 1/4) and q = (1/2, 1/2) as samples of unequal number; D* = (3/5, 1/3)
    logits = np.log([1.5, 0.5])
    value = value_function(logits[[0, 0, 0, 1]], logits[[0, 1]])
    wanted = 3 / 4 * math.log(3 / 5) + 1 / 4 * math.log(1 / 3) + math.log(2 / 5) / 2 + math.log(2 / 3) / 2
    assert value == pytest.approx(wanted, rel=1e-12)


# ---------------------------------------------------------------------------------- the two functions


def by_difference(loss, s, h=1e-5):
    out = np.empty_like(s)
    for i in range(len(s)):
        e = np.zeros_like(s)
        e[i] = h
        out[i] = (loss(s + e) - loss(s - e)) / (2 * h)
    return out


def test_the_discriminators_loss_is_minus_v_with_its_gradient_for_unequal_numbers():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((5, 1)), rng.standard_normal((3, 1))
    loss, d_real, d_fake = discriminator_loss(real, fake)
    assert loss == -value_function(real, fake)
    wanted_real = by_difference(lambda s: discriminator_loss(s, fake)[0], real)
    wanted_fake = by_difference(lambda s: discriminator_loss(real, s)[0], fake)
    np.testing.assert_allclose(d_real, wanted_real, rtol=1e-8)
    np.testing.assert_allclose(d_fake, wanted_fake, rtol=1e-8)
    np.testing.assert_allclose(d_real, (1 / (1 + np.exp(-real)) - 1) / 5, rtol=1e-12)


@every_objective
def test_the_generators_loss_comes_with_its_gradient(name, backend):
    s = np.random.default_rng(0).standard_normal((4, 1))
    loss, d_fake = generator_loss(s, name)
    np.testing.assert_allclose(d_fake, by_difference(lambda s: generator_loss(s, name)[0], s), rtol=1e-8)
    assert loss == pytest.approx(OBJECTIVES[name].generator_loss(s).mean())
    there, d_there = generator_loss(backend.asarray(s), name)
    assert there.dtype == d_there.dtype == backend.dtype and float(there) == pytest.approx(loss, rel=1e-5)


def test_the_generators_loss_is_non_saturating_unless_told_otherwise():
    s = np.array([[-2.0], [1.0]])
    assert generator_loss(s)[0] == generator_loss(s, "non-saturating")[0] != generator_loss(s, "minimax")[0]


def test_minimax_generator_loss_is_vs_fake_term():
    real, fake = np.zeros((3, 1)), np.array([[-2.0], [1.0]])
    assert generator_loss(fake, "minimax")[0] == pytest.approx(value_function(real, fake) + math.log(2))


def test_a_million_logits_keep_float32_means_accurate():
    s = np.random.default_rng(0).standard_normal((16 * BLOCK, 1))
    assert value_function(Backend().asarray(s), Backend().asarray(s)) == pytest.approx(
        value_function(s, s), rel=1e-5
    )


def test_an_objective_is_found_by_name_or_taken_as_it_is():
    own = object()
    assert find_objective("minimax").name == "minimax" and find_objective(own) is own
    with pytest.raises(ValueError, match="objective is 'hinge'; choose one of 'non-saturating', 'minimax'"):
        find_objective("hinge")


# ------------------------------------------------------------------------- numbers by an objective's own names


def hinge():
    """The objective that the docstring shows."""
    text = Objective.__doc__.split("as an instance:\n\n")[1].split("\n\n    `mg.check_gradients")[0]
    space = {"mg": mg, "np": np}
    exec("\n".join(line[8:] for line in text.splitlines()), space)
    return space["Hinge"]


def small_gan(objective, **options):
    G = mg.Sequential([mg.Dense(2, 8), mg.Tanh(), mg.Dense(8, 2)], name="G")
    D = mg.Sequential([mg.Dense(2, 8), mg.LeakyReLU(), mg.Dense(8, 1)], name="D")
    return mg.GAN(G, D, mg.Latent(2), objective=objective, **options)


def test_the_hinge_of_the_docstring_is_ten_lines_that_train_save_and_name_their_number(tmp_path):
    Hinge = hinge()
    kinks_apart = np.linspace(-3, 3, 14)[:, None]
    assert mg.check_gradients(Hinge(), kinks_apart).ok
    history = mg.train(gan := small_gan(Hinge()), mg.ring(), 20, 16, log_every=10)
    assert history.columns[:4] == ["step", "d_loss", "g_loss", "inside"]
    assert not {"value", "d_real", "d_fake"} & set(history.columns)
    real, fake, _ = gan.logits()
    assert history["inside"][-1] == pytest.approx(float((real < 1).mean() + (fake > -1).mean()), rel=1e-6)
    mg.save(gan, tmp_path / "gan.npz")
    assert mg.load(tmp_path / "gan.npz", classes=[Hinge]).objective.name == "hinge"


def test_an_objective_of_six_methods_alone_plays_too_and_names_nothing():
    class LeastSquares:
        name = "least squares"

        def real_loss(self, s):
            return (s - 1) ** 2

        def real_slope(self, s):
            return 2 * (s - 1)

        def fake_loss(self, s):
            return s**2

        def fake_slope(self, s):
            return 2 * s

        def generator_loss(self, s):
            return (s - 1) ** 2

        def generator_slope(self, s):
            return 2 * (s - 1)

    history = mg.train(gan := small_gan(LeastSquares()), mg.ring(), 4, 16, log_every=2)
    assert history.columns[:4] == ["step", "d_loss", "g_loss", "d_accuracy"]
    with pytest.raises(ValueError, match="least squares: D gives scores, no probabilities"):
        gan.opinion(np.zeros((3, 2)))


@every_objective
def test_only_a_game_on_v_has_a_value_and_probabilities(name):
    gan = small_gan(name, penalty=mg.R1(0.1))
    gan.step(np.random.default_rng(0).standard_normal((16, 2)))
    numbers = list(gan.losses())
    if name == "wasserstein":
        assert numbers == ["d_loss", "g_loss", "advantage", "penalty"]
        assert gan.losses()["advantage"] == pytest.approx(-gan.losses()["d_loss"], rel=1e-6)
        with pytest.raises(ValueError, match=r"ask gan\.discriminator"):
            gan.opinion(np.zeros((3, 2)))
    elif name == "least-squares":
        assert numbers == ["d_loss", "g_loss", "score_real", "score_fake", "penalty"]
        with pytest.raises(ValueError, match=r"ask gan\.discriminator"):
            gan.opinion(np.zeros((3, 2)))
    else:
        assert numbers == ["d_loss", "g_loss", "value", "d_real", "d_fake", "penalty"]
        assert ((p := gan.opinion(np.zeros((3, 2)))) > 0).all() and (p < 1).all()
        assert gan.losses()["value"] == pytest.approx(-gan.losses()["d_loss"], rel=1e-6)


@every_objective
def test_the_discriminators_loss_takes_the_objective(name):
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((5, 1)), rng.standard_normal((3, 1))
    loss, d_real, d_fake = discriminator_loss(real, fake, name)
    assert loss == OBJECTIVES[name].real_loss(real).mean() + OBJECTIVES[name].fake_loss(fake).mean()
    np.testing.assert_allclose(
        d_real, by_difference(lambda s: discriminator_loss(s, fake, name)[0], real), rtol=1e-8
    )
    np.testing.assert_allclose(
        d_fake, by_difference(lambda s: discriminator_loss(real, s, name)[0], fake), rtol=1e-8
    )
    own = discriminator_loss(real, fake, hinge()())
    assert own[0] == np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean()
