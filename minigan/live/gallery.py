"""Digits that a small stored generator makes, and the walk through its z."""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path

import numpy as np

from ..core.gan import GAN
from ..core.streams import Stream
from ..runs.recipe import Recipe

STORED = Path(__file__).parent / "digits.npz"  # tools/live_digits.py trained it
SHOWN = 64


class Gallery:
    """The stored generator; it is loaded when it is first asked."""

    @cached_property
    def gan(self) -> GAN:
        with np.load(STORED, allow_pickle=False) as stored:
            recipe = Recipe.from_json(stored["recipe"].tobytes().decode())
            gan = recipe.build(64)
            gan.generator.assign(stored["theta"].astype(np.float32))
        return gan

    def latent(self, seed: int, share: float) -> np.ndarray:
        """z (64, Z) at this share of the way from the draws of seed to those of the next, along a quarter circle.

        z = cos(π share / 2) a + sin(π share / 2) b of two normal a, b is normal again: no z on the way is odd.
        """
        a, b = (
            self.gan.latent.fill(np.empty((SHOWN, self.gan.latent.dim), np.float32), Stream(s, "gallery").at(0))
            for s in (seed, seed + 1)
        )
        return math.cos(math.pi * share / 2) * a + math.sin(math.pi * share / 2) * b

    def images(self, seed: int, share: float) -> np.ndarray:
        """Digits (64, 64), a row of 8 x 8 pixels each, from 0 to 1. ValueError for a share outside of 0 to 1."""
        if not 0 <= share <= 1:
            raise ValueError(f"the share of the way is {share:g}; it is 0 to 1")
        return np.clip((self.gan.generator(self.latent(seed, share)) + 1) / 2, 0, 1)
