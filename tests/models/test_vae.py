"""The VAE's bound, held against log p itself: of a latent of one dimension the integral can be taken."""

from __future__ import annotations

import numpy as np
import pytest

import minigan as mg
from minigan.core.streams import Stream, fill_normal
from minigan.exercises import find
from minigan.models import VAE, Binomial, Categorical, Gaussian

KINDS = {"categorical": Categorical(3), "binomial": Binomial(3)}
Z = np.linspace(-9, 9, 3001)[:, None]
LOG_DZ = np.log(Z[1, 0] - Z[0, 0])
LOG_PRIOR = -(Z[:, 0] ** 2) / 2 - np.log(2 * np.pi) / 2
each_kind = pytest.mark.parametrize("kind", KINDS)


def vae(kind="binomial", latent=1, dim=4, **options):
    backend = mg.Backend("numpy", "float64")
    return VAE(dim, KINDS.get(kind, kind), latent, hidden=6, backend=backend, **{"seed": 2} | options)


def log_joint(model, x):
    """log p(x | z) for all rows x (n, dim) and all Z: (n, m)."""
    out = model.decoder(Z)
    return np.stack([model.likelihood.log_p(np.repeat(row[None], len(Z), 0), out).sum(axis=1) for row in x])


def log_p(model, x):
    """log ∫ p(x | z) N(z; 0, 1) dz by the trapezoidal rule, which is exact to rounding for smooth tails: (n,)."""
    return np.log(np.exp(log_joint(model, x) + LOG_PRIOR + LOG_DZ).sum(axis=1))


def elbo(model, x):
    """E over q(z | x) of log p(x | z) + log N(z; 0, 1) - log q(z | x), by the same rule: (n,)."""
    mu, log_var = model.posterior(model.encoder(model.likelihood.scaled(x)))
    log_q = -((Z[:, 0] - mu) ** 2) / (2 * np.exp(log_var)) - log_var / 2 - np.log(2 * np.pi) / 2
    return (np.exp(log_q + LOG_DZ) * (log_joint(model, x) + LOG_PRIOR - log_q)).sum(axis=1)


def bounds(model, x, k, repeats):
    """Mean and standard error over repeats of the bound of each row: (n,), (n,)."""
    found = model.bound(np.tile(x, (repeats, 1)), k, seed=k).reshape(repeats, len(x))
    return found.mean(axis=0), found.std(axis=0) / np.sqrt(repeats)


@pytest.fixture(params=KINDS)
def tiny(request, scrambled, all_pictures):
    model = scrambled(vae(request.param), 0.6)
    model.encoder.assign(model.encoder.theta / 4)  # q near the prior: a narrow one has weights without a variance
    return model, all_pictures(4, 3)


def test_all_pictures_together_have_probability_one(tiny):
    model, x = tiny
    exact = log_p(model, x)
    assert np.exp(exact).sum() == pytest.approx(1, abs=1e-12) and np.ptp(exact) > 1


def test_the_bound_lies_below_log_p_and_tightens_with_k(tiny):
    model, x = tiny
    exact = log_p(model, x)
    last, gaps = (np.full(len(x), -np.inf), 0), []
    for k, repeats in ((1, 2000), (5, 400), (50, 100), (300, 50)):
        mean, error = bounds(model, x, k, repeats)
        assert (mean < exact + 5 * error + 1e-12).all()
        assert (mean > last[0] - 5 * (error + last[1])).all()
        last, gaps = (mean, error), [*gaps, (exact - mean).mean()]
    assert gaps[0] > 2 * gaps[1] > 8 * gaps[2] > 0 and abs(gaps[3]) < 0.01 < gaps[0]


def test_the_bound_is_what_exercise_21_asks_for_from_the_same_draws(scrambled, all_pictures):
    model, x, k, answer = scrambled(vae(latent=2), 0.6), all_pictures(4, 3), 6, find(21).answer
    eps = np.stack([fill_normal(np.empty((len(x), 2)), Stream(3, "bound").at(j)) for j in range(k)])
    mu, log_var = model.posterior(model.encoder(model.likelihood.scaled(x)))

    def joint(z):
        fit = np.stack([model.likelihood.log_p(x, model.decoder(draw)).sum(axis=1) for draw in z])
        return fit - (z**2 + np.log(2 * np.pi)).sum(axis=-1) / 2

    log_w = answer.log_weights(joint, mu, np.exp(log_var / 2), eps)
    np.testing.assert_allclose(answer.bound(log_w, k), model.bound(x, k, seed=3), atol=1e-12)


def test_one_draw_is_the_elbo_on_average_and_so_is_the_cost_that_is_trained(tiny):
    model, x = tiny
    exact = elbo(model, x)
    mean, error = bounds(model, x, 1, 1000)
    np.testing.assert_array_less(np.abs(mean - exact), 5 * error)
    many = np.tile(x, (1000, 1))
    model.gradient(many, {"latent": model.streams["latent"].at(0)})
    paid = -model.paid().reshape(1000, len(x))
    np.testing.assert_array_less(np.abs(paid.mean(axis=0) - exact), 5 * paid.std(axis=0) / np.sqrt(1000))


def test_a_weights_mean_is_p(tiny):
    model, x = tiny
    w = np.exp(model.log_weight(np.tile(x, (2000, 1)))(np.random.default_rng(0))).reshape(2000, len(x))
    np.testing.assert_array_less(
        np.abs(w.mean(axis=0) - np.exp(log_p(model, x))), 5 * w.std(axis=0) / np.sqrt(2000)
    )


def test_the_draws_of_a_smaller_k_are_the_first_of_a_larger_one(tiny):
    model, x = tiny
    log_w = model.bound(x, 1, seed=4)
    two = model.bound(x, 2, seed=4)
    other = np.log(2 * np.exp(two) - np.exp(log_w))
    np.testing.assert_allclose(model.bound(x, 2, seed=4), np.logaddexp(log_w, other) - np.log(2))
    assert (model.bound(x, 1, seed=5) != log_w).any()
    with pytest.raises(ValueError, match="1 draw or more"):
        model.bound(x, 0)


@pytest.mark.parametrize("kind", [*KINDS, Gaussian()], ids=str)
@pytest.mark.parametrize("latent", [1, 3])
def test_the_gradient_is_that_of_the_mean_cost_with_the_noise_held(kind, latent, scrambled, slopes_agree):
    model = scrambled(vae(kind, latent), 0.5)
    slopes_agree(model, np.random.default_rng(2).integers(0, 3, (6, 4)).astype(float))


def test_samples_come_as_often_as_log_p_says(tiny, same_frequencies):
    model, x = tiny
    same_frequencies(model.sample(20_000, seed=1), x, np.exp(log_p(model, x)))


@each_kind
def test_training_raises_the_bound(kind):
    rng = np.random.default_rng(3)
    x = np.repeat(rng.choice([0.0, 2.0], (200, 1)), 4, axis=1)  # all dark or all bright
    model = vae(kind, optimizer=mg.Adam(0.02))
    model.start(x)
    alone = model.bound(x, 50).mean()
    for _ in range(300):
        model.step(x)
    assert alone < -2.8 < -1 < model.bound(x, 50).mean() <= -np.log(2) + 0.02
