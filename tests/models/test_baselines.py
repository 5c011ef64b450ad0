"""The yardsticks: EM climbs, probabilities sum to 1, and the digits give the numbers that everyone is held to."""

from __future__ import annotations

import numpy as np
import pytest

import minigan as mg
from minigan.models import Binomial, Categorical, Mixture

KINDS = {"categorical": Categorical, "binomial": Binomial}
each = pytest.mark.parametrize("kind", KINDS)


def rows(n=200, seed=0):
    """Two kinds of pictures of four pixels and three levels."""
    rng = np.random.default_rng(seed)
    dark = rng.random((n, 1)) < 0.2
    return np.where(dark, rng.binomial(2, 0.1, (n, 4)), rng.binomial(2, 0.8, (n, 4))).astype(float)


@each
@pytest.mark.parametrize("components", [1, 3])
def test_all_pictures_together_have_probability_one(kind, components, all_pictures):
    model, x = Mixture(4, KINDS[kind](3), components), rows()
    model.start(x)
    for _ in range(3):
        model.step(x)
    assert np.exp(model.log_likelihood(all_pictures(4, 3))).sum() == pytest.approx(1, abs=1e-12)


def test_one_component_is_counting():
    x = np.array([[0.0, 2], [0, 1], [2, 1]])
    categorical, binomial = Mixture(2, Categorical(3)), Mixture(2, Binomial(3))
    categorical.start(x)
    binomial.start(x)
    p = np.array([[2.5, 0.5, 1.5], [0.5, 2.5, 1.5]]) / 4.5
    assert np.exp(categorical.log_likelihood([[2.0, 1.0]]))[0] == pytest.approx(p[0, 2] * p[1, 1])
    q = np.array([2.5, 4.5]) / 7  # of 3 rows of 2, with half a hit and half a miss
    assert np.exp(binomial.log_likelihood([[2.0, 1.0]]))[0] == pytest.approx(q[0] ** 2 * 2 * q[1] * (1 - q[1]))


@each
def test_em_never_goes_down(kind):
    model, x = Mixture(4, KINDS[kind](3), 3, smoothing=1e-9), rows()
    model.start(x)
    found = []
    for _ in range(30):
        model.step(x)
        found.append(-model.losses()["loss"])
    assert (np.diff(found) > -1e-7).all() and found[-1] > found[0] + 0.1


@each
def test_it_finds_the_two_kinds_and_beats_independent_pixels(kind):
    x, held_out = rows(), rows(seed=1)
    model, alone = Mixture(4, KINDS[kind](3), 2), Mixture(4, KINDS[kind](3))
    model.start(x)
    alone.start(x)
    for _ in range(40):
        model.step(x)
    assert model.log_likelihood(held_out).mean() > alone.log_likelihood(held_out).mean() + 0.3
    np.testing.assert_allclose(np.sort(np.exp(model.log_pi)), [0.2, 0.8], atol=0.1)


@each
def test_samples_come_as_often_as_log_p_says(kind, all_pictures, same_frequencies):
    model, x = Mixture(4, KINDS[kind](3), 2), rows()
    model.start(x)
    model.step(x)
    pictures = all_pictures(4, 3)
    same_frequencies(model.sample(20_000, seed=2), pictures, np.exp(model.log_likelihood(pictures)))


def test_the_digits_held_out():
    """The guess that a count of 16 small pixels is binomial costs 144 nats an image."""
    digits, found = mg.load_dataset("digits"), {}
    for name, kind in KINDS.items():
        for components in (1, 10):
            model = Mixture(64, kind(17), components)
            model.start(digits.x)
            for _ in range(40 if components > 1 else 0):
                model.step(digits.x)
            found[name, components] = model.log_likelihood(digits.held_out).mean()
    assert found["binomial", 1] == pytest.approx(-250.9, abs=0.1)
    assert found["categorical", 1] == pytest.approx(-107.1, abs=0.1)
    assert found["binomial", 10] == pytest.approx(-164.4, abs=3)
    assert found["categorical", 10] == pytest.approx(-100.2, abs=1)


def test_what_is_no_mixture_is_refused():
    with pytest.raises(ValueError, match="wanted are 1 or more, and above 0"):
        Mixture(4, Categorical(3), 0)
    with pytest.raises(ValueError, match=r"rows of 4 columns, not \(2, 3\)"):
        Mixture(4, Categorical(3)).start(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="numbers other than"):
        Mixture(4, Categorical(3)).start(np.full((2, 4), 3.0))
