"""A chain's memory, where it is known: of a line's autoregression, and of a chain with a matrix."""

from __future__ import annotations

import numpy as np
import pytest

from minigan.models.mixing import autocorrelation, mixing


def walk(x, a, rng):
    """x' = a x + noise that keeps the variance at 1: the autocorrelation after t steps is a^t."""
    while True:
        x = a * x + np.sqrt(1 - a * a) * rng.standard_normal(x.shape)
        yield x


@pytest.mark.parametrize("a, steps", [(0.5, 4), (0.9, 22)])  # the first t with a^t < .1
def test_an_autoregression_forgets_as_its_power(a, steps):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20_000, 5)) + np.arange(5)
    found = mixing(walk(x - np.arange(5), a, rng), x)
    np.testing.assert_allclose(found.rho, a ** np.arange(len(found.rho)), atol=0.015)
    assert found.steps == steps


def test_who_never_moves_never_forgets():
    x = np.random.default_rng(1).standard_normal((50, 3))
    found = mixing(iter([x] * 30), x, most=20)
    assert found.steps is None and found.rho == pytest.approx([1.0] * 21)


def test_columns_that_vary_count_as_much_as_they_vary():
    rng = np.random.default_rng(2)
    wide, narrow = 10 * rng.standard_normal(4000), rng.standard_normal(4000)
    later = np.stack([wide, rng.standard_normal(4000)], axis=1)
    assert autocorrelation(np.stack([wide, narrow], axis=1), later) == pytest.approx(1, abs=0.02)
