"""The stored generator of digits: what it makes are digits, and so it is all along the walk."""

from __future__ import annotations

import numpy as np
import pytest

import minigan as mg
from minigan.judge.metrics import nearest
from minigan.live.gallery import SHOWN, STORED, Gallery


@pytest.fixture(scope="module")
def gallery():
    return Gallery()


def test_its_file_is_small_and_says_how_it_was_made(gallery):
    assert STORED.stat().st_size < 40_000
    with np.load(STORED, allow_pickle=False) as stored:
        recipe = mg.Recipe.from_json(stored["recipe"].tobytes().decode())
    assert recipe.data == "digits" and gallery.latent(0, 0).shape == (SHOWN, recipe.latent)


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_its_images_are_as_near_to_real_digits_as_other_real_ones_are(gallery, share):
    data = mg.load_dataset("digits")
    images = gallery.images(0, share)
    assert images.shape == (SHOWN, 64) and images.min() >= 0 and images.max() <= 1
    far = np.median(nearest(images * 16, data.x)[0])
    held_out = np.median(nearest(data.held_out, data.x)[0])
    blends = np.median(nearest((data.x[:300] + data.x[700:1000]) / 2, data.x)[0])
    assert far < 1.15 * held_out < blends  # pixels laid over each other are farther
    assert np.unique(nearest(images * 16, data.x)[1]).size > 0.8 * SHOWN  # and they are not one digit


def test_every_z_on_the_way_is_normal_and_the_ends_are_the_draws(gallery):
    z = gallery.latent(3, 0.37)
    assert z.std() == pytest.approx(1, abs=0.08) and abs(z.mean()) < 0.1
    np.testing.assert_allclose(gallery.latent(3, 1), gallery.latent(4, 0), atol=1e-6)
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="0 to 1"):
            gallery.images(0, share)
