"""What every model keeps as the GAN does: one seed, one run; stopped and gone on with, copied, in float32."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pytest

import minigan as mg
from minigan.core.model import Learner, begin_at
from minigan.models import GSN, MADE, RBM, VAE, Binomial, Categorical, Flow, Gaussian, Gaussians, Mixture

MODELS = {
    "made": lambda **o: MADE(5, Categorical(3), (8, 9), 0.2, **o),
    "made of counts": lambda **o: MADE(5, Binomial(3), (8,), 0.2, **o),
    "made of numbers": lambda **o: MADE(5, Gaussian(), (8,), 0.2, **o),
    "made of several": lambda **o: MADE(5, Gaussians(2), (8,), 0.2, **o),
    "vae": lambda **o: VAE(5, Binomial(3), 2, 8, **o),
    "vae, K-way": lambda **o: VAE(5, Categorical(3), 2, 8, **o),
    "vae of numbers": lambda **o: VAE(5, Gaussian(), 2, 8, **o),
    "flow": lambda **o: Flow(5, 3, 4, (8,), **o),
    "rbm": lambda **o: RBM(5, 3, 4, chains=6, **o),
    "gsn": lambda **o: GSN(5, 3, (8,), **o),
}
each = pytest.mark.parametrize("name", MODELS)


def rows(step, n=8):
    return np.random.default_rng(step).integers(0, 3, (n, 5)).astype("f")


def trained(name, steps=4, **options):
    model = MODELS[name](**options)
    model.start(rows(99, 40))
    for step in range(steps):
        model.step(rows(step))
    return model


def said(model, x):
    """What the model says of rows, whatever kind of statement it makes."""
    if isinstance(model, RBM):
        return model.log_likelihood(x, 0.0)
    if isinstance(model, GSN):
        return model.net(model.pixel.scaled(model.check(x)))
    return model.bound(x, 3) if hasattr(model, "bound") else model.log_likelihood(x)


def assert_same(a, b):
    assert a.vectors().keys() == b.vectors().keys() and a.steps == b.steps
    for one, other in zip(a.vectors().values(), b.vectors().values(), strict=True):
        np.testing.assert_array_equal(one, other)


@each
def test_the_same_seed_gives_the_same_run_and_another_one_another(name):
    assert_same(trained(name), trained(name))
    assert any((a != b).any() for a, b in zip(
        trained(name).vectors().values(), trained(name, seed=1).vectors().values(), strict=True))  # fmt: skip


@each
def test_every_step_has_draws_of_its_own(name):
    first, later = trained(name, 0), trained(name, 0)
    later.steps = 1
    for model in (first, later):
        model.step(rows(0))
    assert any((a != b).any() for a, b in zip(first.vectors().values(), later.vectors().values(), strict=True))


@each
def test_a_run_that_is_gone_on_with_is_the_run_that_never_stopped(name):
    whole, first = trained(name, 7), trained(name, 3)
    kept = {key: vector.copy() for key, vector in first.vectors().items()}
    again = MODELS[name]()
    again.restore(3, kept)
    for step in range(3, 7):
        again.step(rows(step))
    assert_same(again, whole)
    assert again.losses() == whole.losses()
    np.testing.assert_array_equal(again.sample(7, seed=2), whole.sample(7, seed=2))
    np.testing.assert_array_equal(said(again, rows(50)), said(whole, rows(50)))


@each
def test_to_sample_and_to_ask_changes_nothing_of_what_comes_next(name):
    asked, silent = trained(name, 3), trained(name, 3)
    asked.losses(), asked.sample(8), said(asked, rows(50))
    for model in (asked, silent):
        model.step(rows(3))
    assert_same(asked, silent)


@each
def test_the_average_is_that_of_the_steps_and_a_copy_has_it(name):
    model = MODELS[name](average=0.4)
    net = list(model.nets.values())[-1]
    expected = net.theta.copy()
    model.start(rows(99, 40))
    for step in range(6):
        model.step(rows(step))
        keep = min(0.4, (step + 1) / (step + 11))
        expected = keep * expected + (1 - keep) * net.theta
    twin = model.averaged()
    np.testing.assert_allclose(twin.nets[net.name].theta, expected, rtol=1e-5, atol=1e-6)
    assert (said(twin, rows(50)) != said(model, rows(50))).any()
    again = MODELS[name](average=0.4)
    again.restore(6, model.vectors())
    np.testing.assert_array_equal(said(again.averaged(), rows(50)), said(twin, rows(50)))
    with pytest.raises(ValueError, match="keeps no average"):
        MODELS[name]().averaged()
    with pytest.raises(ValueError, match="a decay in"):
        MODELS[name](average=1.0)


@each
def test_samples_are_a_function_of_the_seed(name):
    model = trained(name)
    a = model.sample(9, seed=4)
    assert a.shape == (9, 5) and np.isfinite(a).all()
    np.testing.assert_array_equal(a, model.sample(9, seed=4))
    assert (a != model.sample(9, seed=5)).any()


@each
@pytest.mark.parametrize("way", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"])
def test_copies_go_their_own_way(name, way):
    model = trained(name)
    twin = way(model)
    twin.step(rows(10))
    assert model.steps == 4 and twin.steps == 5
    model.step(rows(10))
    assert_same(model, twin)


@each
def test_float32_from_end_to_end(name):
    model = trained(name)
    assert {vector.dtype for vector in model.vectors().values()} == {np.dtype("float32")}
    assert model.sample(3).dtype == said(model, rows(0)).dtype == model.paid().dtype == np.float32


@each
def test_on_the_guard_it_is_the_same_run(name, guard):
    there = trained(name, backend=mg.Backend("cupy"))
    here = trained(name)
    assert type(there.sample(2)) is guard.ndarray
    for key, vector in there.vectors().items():
        np.testing.assert_allclose(there.backend.to_numpy(vector), here.vectors()[key], rtol=2e-4, atol=1e-6)
    found = there.backend.to_numpy(said(there, there.backend.asarray(rows(50))))
    np.testing.assert_allclose(found, said(here, rows(50)), rtol=1e-4, atol=1e-5)


@each
def test_what_does_not_fit_is_refused(name):
    model = trained(name)
    with pytest.raises(ValueError, match=r"learns rows of 5 columns, not \(2, 4\)"):
        model.step(np.zeros((2, 4)))
    with pytest.raises(ValueError, match="no step was taken yet"):
        MODELS[name]().losses()
    vectors = model.vectors()
    with pytest.raises(ValueError, match="vector 'more' has 2 numbers there, but no in this model"):
        model.restore(4, vectors | {"more": np.zeros(2)})
    assert "after 4 steps" in repr(model)


def test_the_gan_and_all_models_answer_what_training_asks():
    asked = {name for name, _ in inspect.getmembers(Learner, inspect.isfunction) if name[0] != "_"}
    assert asked == {"step", "substeps", "losses", "sample", "vectors", "restore"}
    for kind in (mg.GAN, MADE, VAE, Flow, RBM, GSN, Mixture):
        for name in asked:
            theirs = list(inspect.signature(getattr(Learner, name)).parameters)
            assert list(inspect.signature(getattr(kind, name)).parameters)[: len(theirs)] == theirs, (kind, name)


def test_a_network_that_ends_without_a_bias_cannot_begin_anywhere():
    net = mg.Sequential([mg.Dense(2, 3), mg.Tanh()])
    with pytest.raises(TypeError, match="has no bias to begin from"):
        begin_at(net, np.zeros(3))


def test_every_model_is_a_page():
    for kind in (MADE, VAE, Flow, RBM, GSN, Mixture):
        assert len(inspect.getsource(inspect.getmodule(kind)).splitlines()) <= 180


@each
def test_the_training_loop_trains_it_by_the_same_steps_and_can_tell_them(name):
    model, by_hand = MODELS[name](), MODELS[name]()
    x = rows(7, 24)
    for one in (model, by_hand):
        one.start(x)
    history = mg.train(model, x, steps=6, batch=8, log_every=2)
    batches = mg.Batches(x, 8, by_hand.seed)
    for step in range(6):
        for part, made in by_hand.substeps(batches.at(step)):
            assert part.rpartition(" ")[2] in ("gradient", "update", "average") and np.isfinite(made).all()
    assert_same(model, by_hand)
    assert history.columns == ["step", "loss"] and list(history["step"]) == [2, 4, 6]
    assert mg.diagnose(history) == []


def test_settings_make_the_same_model_again():
    for name in MODELS:
        model = MODELS[name](seed=3, average=0.9)
        assert_same(type(model)(**model.settings), model)


def test_ranks_train_games_alone():
    from minigan.runs.parallel import Ranks

    with pytest.raises(ValueError, match="a VAE learns on one rank; start it without mpiexec"):
        Ranks.join(None, MODELS["vae"]())
