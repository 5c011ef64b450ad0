"""MADE: probabilities that sum to 1 over all pictures, and no output that hears of what it should guess."""

from __future__ import annotations

import numpy as np
import pytest

import minigan as mg
from minigan.core.streams import Stream
from minigan.models import MADE, Binomial, Categorical, Gaussian, Gaussians, Masked

KINDS = {"categorical": Categorical(3), "binomial": Binomial(3)}
HIDDEN = [(12,), (7, 9), (2, 16, 5)]


def made(kind=KINDS["categorical"], dim=4, hidden=(7, 9), **options):
    return MADE(dim, kind, hidden, backend=mg.Backend("numpy", "float64"), **{"seed": 5, "dropout": 0.0} | options)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("kind", KINDS)
def test_all_pictures_together_have_probability_one(kind, hidden, all_pictures, scrambled):
    x = all_pictures(4, 3)  # 2 x 2 pixels
    log_p = scrambled(made(KINDS[kind], hidden=hidden)).log_likelihood(x)
    assert np.exp(log_p).sum() == pytest.approx(1, abs=1e-13)
    assert np.ptp(log_p) > 1  # and no uniform ones


@pytest.mark.parametrize("hidden", HIDDEN)
def test_output_i_is_exactly_unmoved_by_inputs_from_i_on_and_hears_of_all_before(hidden, scrambled):
    rng = np.random.default_rng(0)
    model = scrambled(made(hidden=hidden))
    x = rng.uniform(0, 2, (50, 4))
    out = model.net(x).reshape(50, 4, 3)
    for j in range(4):
        other = x.copy()
        other[:, j] = rng.uniform(0, 2, 50)
        moved = (model.net(other).reshape(50, 4, 3) != out).any(axis=(0, 2))
        assert not moved[: j + 1].any()
        heard = min(hidden) >= 3  # two hidden columns have not a degree for each of three pixels
        assert not heard or moved[j + 1 :].all()


def test_a_weight_without_its_mask_would_be_seen(scrambled):
    model = scrambled(made())
    first = model.net.layers[0]
    first.M[3, :] = 1  # the last pixel is heard of by all
    x = np.zeros((1, 4))
    out = model.net(x).copy()
    x[0, 3] = 1
    assert (model.net(x) != out)[0, :9].any()


@pytest.mark.parametrize("place, widths", [("first", (4, 10)), ("hidden", (6, 10)), ("last", (6, 12))])
def test_the_masked_layer_passes_the_gradient_check(place, widths, scramble):
    net = scramble(mg.Sequential([Masked(*widths, pixels=4, place=place)], "numpy"))
    x = np.random.default_rng(1).standard_normal((5, widths[0]))
    report = mg.check_gradients(net, x, coordinates=1000)
    assert report.ok, str(report)


def test_the_masks_of_three_pixels_by_hand():
    first, hidden, last = (
        Masked(3, 4, pixels=3, place="first"),
        Masked(4, 2, pixels=3),
        Masked(2, 6, pixels=3, place="last"),
    )
    mg.Sequential([first, hidden, last])
    np.testing.assert_array_equal(first.M, [[1, 1, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0]])  # of degrees 1 2 1 2
    np.testing.assert_array_equal(hidden.M, [[1, 1], [0, 1], [1, 1], [0, 1]])
    np.testing.assert_array_equal(last.M, [[0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1]])  # two columns a pixel
    with pytest.raises(ValueError, match="5 columns cannot be shared out to 3 pixels"):
        Masked(5, 4, pixels=3, place="first")
    with pytest.raises(ValueError, match="choose 'first', 'hidden' or 'last'"):
        Masked(3, 3, pixels=3, place="middle")


@pytest.mark.parametrize("kind", [*KINDS.values(), Gaussian()], ids=str)
def test_the_gradient_is_that_of_the_mean_cost(kind, scrambled, slopes_agree):
    model = scrambled(made(kind, dropout=0.4), 0.5)
    x = np.random.default_rng(2).integers(0, 3, (6, 4)).astype(float)
    slopes_agree(model, x)


def test_the_cost_of_a_step_is_minus_log_p(all_pictures):
    model, x = made(), all_pictures(4, 3)
    before = model.log_likelihood(x).mean()
    model.step(x)
    assert model.losses()["loss"] == pytest.approx(-before, rel=1e-13)


def test_masked_weights_stay_nothing_whatever_moves_them(all_pictures):
    for rule in (mg.SGD(0.1), mg.Momentum(0.1), mg.Adam(0.1)):
        model = made(optimizer=rule)
        for _ in range(5):
            model.step(all_pictures(4, 3))
        for layer in model.net.layers[::2]:
            assert not layer.W[layer.M == 0].any() and layer.W.any()


def test_samples_come_as_often_as_log_p_says(all_pictures, scrambled, same_frequencies):
    model, x = scrambled(made()), all_pictures(4, 3)
    same_frequencies(model.sample(20_000, seed=3), x, np.exp(model.log_likelihood(x)))


def test_it_begins_at_independent_pixels_and_learns_what_they_cannot_say():
    rng = np.random.default_rng(3)
    x = np.repeat(rng.integers(0, 3, (300, 1)), 4, axis=1).astype(float)  # four equal pixels
    model = made(hidden=(32,), optimizer=mg.Adam(0.01))
    model.start(x)
    for layer in model.net.layers[:1]:
        layer.W[...] = 0  # then nothing is heard of
    model.net.moved()
    assert model.log_likelihood(x).mean() == pytest.approx(-4 * np.log(3), abs=0.05)
    model = made(hidden=(32,), optimizer=mg.Adam(0.01))
    model.start(x)
    for _ in range(200):
        model.step(x)
    assert model.log_likelihood(x).mean() == pytest.approx(-np.log(3), abs=0.05)


def test_with_gaussian_columns_it_is_a_density(scrambled):
    model = scrambled(MADE(2, Gaussian(), (8,), 0, backend=mg.Backend("numpy", "float64")), 0.5)
    line = np.linspace(-25, 25, 601)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    assert np.exp(model.log_likelihood(grid)).sum() * (line[1] - line[0]) ** 2 == pytest.approx(1, abs=1e-3)


def test_with_several_gaussians_a_column_it_learns_the_ring():
    data, stream = mg.ring(), Stream(0, "batches")
    found = {}
    for kind in (Gaussian(), Gaussians(8)):
        model = MADE(2, kind, (32,), 0, mg.Adam(0.01))
        model.start(data.sample(1000, np.random.default_rng(0)))
        for step in range(300):
            model.step(data.batch(step, 128, stream))
        found[kind] = model.log_likelihood(data.sample(1000, np.random.default_rng(1))).mean()
    assert found[Gaussians(8)] > found[Gaussian()] + 1


def test_one_column_needs_no_weights_to_be_right(float64):
    model = MADE(1, Categorical(4), (3,), 0, backend=float64)
    x = np.arange(4.0)[:, None]
    model.start(np.array([[0.0], [1], [1], [3]]))
    np.testing.assert_allclose(np.exp(model.log_likelihood(x)), np.array([1.5, 2.5, 0.5, 1.5]) / 6)


def test_a_narrow_layer_hears_of_early_and_late_pixels_alike():
    layer = Masked(64, 10, pixels=64)
    _, degrees = layer.degrees()
    assert degrees.min() == 1 and degrees.max() > 50 and len(set(degrees)) == 10
    _, round_again = Masked(4, 9, pixels=4).degrees()
    assert list(round_again) == [1, 2, 3] * 3
