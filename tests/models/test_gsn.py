"""The chain that spoils and mends: on few states its transition matrix can be written down, and solved."""

from __future__ import annotations

import numpy as np
import pytest

import minigan as mg
from minigan.models import GSN
from minigan.models.mixing import mixing


def gsn(dim=4, levels=2, **options):
    backend = mg.Backend("numpy", "float64")
    return GSN(dim, levels, backend=backend, **{"hidden": (8,), "noise": 0.5, "seed": 2} | options)


def matrices(model, x):
    """C(x' | x) and P(x | x') of all pictures x (n, dim): both (n, n), from row to column."""
    same = x[:, None, :] == x[None, :, :]
    C = np.where(same, 1 - model.noise, 0) + model.noise / model.pixel.levels
    log_p = model.pixel.table(model.net(model.pixel.scaled(x)))  # (n, dim, levels)
    P = np.stack([log_p[:, np.arange(x.shape[1]), row.astype(int)].sum(axis=1) for row in x], axis=1)
    return C.prod(axis=2), np.exp(P)


def stationary(T):
    """pi with pi T = pi."""
    n = len(T)
    return np.linalg.lstsq(np.vstack([T.T - np.eye(n), np.ones(n)]), np.append(np.zeros(n), 1.0), rcond=None)[0]


@pytest.mark.parametrize("dim, levels", [(4, 2), (2, 3), (3, 3)])
def test_the_chain_meets_its_enumerated_stationary_distribution(
    dim, levels, scrambled, all_pictures, same_frequencies
):
    model, x = scrambled(gsn(dim, levels), 0.8), all_pictures(dim, levels)
    C, P = matrices(model, x)
    np.testing.assert_allclose([C.sum(axis=1), P.sum(axis=1)], 1)
    pi = stationary(C @ P)
    assert pi.max() > 2 * pi.min() > 0
    second = np.sort(np.abs(np.linalg.eigvals(C @ P)))[-2]
    assert second**40 < 1e-4  # after 40 steps it is there
    same_frequencies(model.sample(20_000, seed=1, steps=40), x, pi)


def test_one_step_of_each_kind_is_what_its_matrix_says(scrambled, all_pictures, same_frequencies):
    model, x = scrambled(gsn(2, 3)), all_pictures(2, 3)
    for row in (0, 5):
        many, rng = np.repeat(x[row : row + 1], 20_000, axis=0), np.random.default_rng(row)
        C, P = matrices(model, x)
        same_frequencies(model.spoil(many, rng), x, C[row])
        same_frequencies(model.mend(many, rng), x, P[row])


def test_where_the_way_back_can_be_learnt_the_chain_draws_from_the_data():
    """Of one pixel P(x | x') is free to be the true one, so theorem 1 holds: pi is the data's distribution."""
    shares = np.array([0.5, 0.05, 0.15, 0.3])
    x = np.repeat(np.arange(4.0), (shares * 200).astype(int))[:, None]
    model = gsn(1, 4, hidden=(16,), walk=1, optimizer=mg.Adam(mg.HoldThenCosine(0.02, 400)))
    model.start(x)
    for _ in range(400):
        model.step(x)
    C, P = matrices(model, np.arange(4.0)[:, None])
    np.testing.assert_allclose(stationary(C @ P), shares, atol=0.03)


@pytest.mark.parametrize("walk", [1, 3])
def test_the_gradient_is_that_of_the_mean_cost(walk, scrambled, slopes_agree):
    model = scrambled(gsn(4, 3, walk=walk), 0.5)
    slopes_agree(model, np.random.default_rng(2).integers(0, 3, (6, 4)).astype(float))


def test_every_pixel_is_spoilt_as_often_as_noise_says():
    model = gsn(1, 4, noise=0.3)
    x = np.full((40_000, 1), 2.0)
    spoilt = model.spoil(x, np.random.default_rng(0))
    counts = np.bincount(spoilt[:, 0].astype(int), minlength=4) / 40_000
    np.testing.assert_allclose(counts, [0.075, 0.075, 0.775, 0.075], atol=0.01)
    for wrong in ({"noise": 0.0}, {"noise": 1.1}, {"walk": 0}):
        with pytest.raises(ValueError, match="wanted are a share above 0"):
            gsn(**wrong)


def test_the_chain_forgets_as_fast_as_the_powers_of_its_matrix_say(scrambled, all_pictures):
    model, x = scrambled(gsn(2, 3, noise=0.3), 1.5, 6), all_pictures(2, 3)
    C, P = matrices(model, x)
    T = C @ P
    pi, rng = stationary(T), np.random.default_rng(5)
    centred, power, exact = x - pi @ x, np.eye(len(x)), []
    for _ in range(4):
        exact.append((pi[:, None] * centred * (power @ centred)).sum() / (pi[:, None] * centred**2).sum())
        power = power @ T
    first = x[rng.choice(len(x), 40_000, p=pi / pi.sum())]
    found = mixing(model.chain(first, rng), first, below=-1, most=3)
    np.testing.assert_allclose(found.rho, exact, atol=0.02)
    assert exact[1] > 0.1
