"""When to stop is asked of rows that were kept back, and of no others; then all rows are learnt from."""

from __future__ import annotations

import numpy as np
import pytest

import minigan as mg
from minigan.models import GSN, MADE, RBM, VAE, Binomial, Categorical, Gaussian
from minigan.models.fitting import fit, learn, score


def rows(n, seed=0):
    """Two kinds of pictures: a model that is too large learns these by heart."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random((n, 1)) < 0.5, rng.binomial(2, 0.2, (n, 6)), rng.binomial(2, 0.8, (n, 6))).astype(
        "f"
    )


def large(average=None):
    return MADE(6, Categorical(3), (64,), 0, mg.Adam(0.01), average, seed=1)


@pytest.mark.parametrize("average", [None, 0.9])
def test_it_stops_before_the_rows_are_known_by_heart_and_is_better_for_it(average):
    x, held_out = rows(90), rows(2000, seed=1)
    model, passes, course = fit(lambda: large(average), x, most=100, batch=30, every=2, patience=8)
    assert 2 <= passes < course[-1][0] < 100  # it looked further, and turned back
    assert max(course, key=lambda answer: answer[1])[0] == passes
    by_heart = large()
    by_heart.start(x)
    learn(by_heart, x, 100, 30)
    assert score(by_heart, x) > score(model, x) and score(model, held_out) > score(by_heart, held_out) + 0.5


def test_the_model_has_learnt_from_all_rows_for_as_many_passes_to_the_bit():
    x = rows(60)
    model, passes, _ = fit(large, x, most=10, batch=20)
    again = large()
    again.start(x)
    learn(again, x, passes, 20)
    assert model.steps == passes * 3
    np.testing.assert_array_equal(model.net.theta, again.net.theta)


def test_nothing_is_learnt_from_the_rows_that_say_when_to_stop():
    x, met, asked = rows(60), [], []

    class Spied(MADE):
        def step(self, real):
            met.append(np.array(real))
            super().step(real)

    def ask(model, kept_back):
        asked.append((len(met), kept_back))
        return -float(len(asked))  # never better

    x += np.arange(60)[:, None] * 1e-6  # so that no two rows are equal
    _, passes, _ = fit(lambda: Spied(6, Gaussian(), (8,)), x, batch=20, every=1, patience=3, ask=ask)
    learnt = np.concatenate(met[: asked[-1][0]])
    assert len(asked) == 4 and passes == 1 and len(asked[0][1]) == 20
    assert not (learnt[:, None] == asked[0][1]).all(axis=2).any()
    assert len(np.unique(np.concatenate(met[asked[-1][0] :]), axis=0)) == 60


def test_to_go_on_is_the_same_as_to_go_through():
    x, whole, parts = rows(60), large(), large()
    learn(whole, x, 5, 20)
    learn(parts, x, 2, 20)
    learn(parts, x, 5, 20, first=2)
    np.testing.assert_array_equal(whole.net.theta, parts.net.theta)


def test_each_kind_of_model_is_asked_what_it_can_say():
    x = rows(40)
    made, vae, gsn = large(), VAE(6, Binomial(3), 2, 8), GSN(6, 3, (8,), walk=1)
    assert score(made, x) == pytest.approx(made.log_likelihood(x).mean())
    assert score(vae, x) == pytest.approx(vae.bound(x, 4).mean())
    assert score(gsn, x) == score(gsn, x) == pytest.approx(-6 * np.log(3), abs=2)
    with pytest.raises(TypeError, match="without its log Z"):
        score(RBM(6, 3, 4), x)  # it needs log Z, which whoever asks must say how to find
