"""The health of a run: each number against what it means, each ill as it is made, and no false alarm."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import minigan as mg
from minigan.core.gan import GAN, Latent
from minigan.core.layers import Dense, LeakyReLU, Tanh
from minigan.core.network import Sequential
from minigan.core.optimizers import SGD
from minigan.data.dataset import Batches, Scaler
from minigan.judge.metrics import precision_and_recall
from minigan.lessons import lessons
from minigan.runs import health
from minigan.runs.health import RECENT, SEEN, WINDOW, Watch, diagnose
from minigan.runs.presets import RECIPES
from minigan.runs.run import start
from minigan.runs.training import History, train
from minigan.theory.distributions import Distribution, ring

MODES = ["alternating", "simultaneous"]
TABLE = np.random.default_rng(7).normal([3, -1], [1, 2], (70, 2)).astype(np.float32)


def game(updates="alternating", seed=0, rate=1e-3):
    G = Sequential([Dense(2, 8), Tanh(), Dense(8, 2)], seed=seed, name="G")
    D = Sequential([Dense(2, 8), LeakyReLU(), Dense(8, 1)], seed=seed, name="D")
    return GAN(G, D, Latent(2), updates=updates, seed=seed, optimizers=(SGD(rate), SGD(rate)))


def judged(gan, before=()):
    """The numbers of a game on TABLE, as it stands."""
    with np.errstate(all="ignore"):
        return Watch(Batches(TABLE, 8, 0), gan.generator.backend).numbers(gan, before)


@pytest.mark.parametrize("updates", MODES)
@pytest.mark.parametrize("packing", [1, 2])
def test_d_accuracy_is_the_share_of_pairs_that_d_puts_right(updates, packing):
    G = Sequential([Dense(2, 8), Tanh(), Dense(8, 2)], name="G")
    D = Sequential([Dense(2 * packing, 8), Tanh(), Dense(8, 1)], name="D")
    gan = GAN(G, D, Latent(2), updates=updates, packing=packing)
    gan.step(TABLE[:32])
    logits = gan._work.both.y[:, 0]
    logits[:] = np.round(logits, 1)  # so that some are equal
    rows = len(logits) // 2
    pairs = [np.sign(r - f) / 2 + 0.5 for r in logits[:rows] for f in logits[rows:]]
    assert 0.5 in pairs and judged(gan)["d_accuracy"] == pytest.approx(np.mean(pairs), rel=1e-12)


def test_g_gradient_is_the_norm_of_what_moved_g():
    gan, rate = game(rate=0.5), 0.5
    before = gan.generator.theta.copy()
    gan.step(TABLE[:8])
    moved = np.linalg.norm((gan.generator.theta - before).astype(float)) / rate
    assert judged(gan)["g_gradient"] == pytest.approx(moved, rel=1e-5)


@pytest.mark.parametrize("data", [ring(), TABLE], ids=["distribution", "table"])
@pytest.mark.parametrize("scaler", [None, Scaler(np.float32([1, 2]), np.float32([4, 8]))], ids=["plain", "scaled"])
def test_spread_is_that_of_live_samples_over_the_data_s(data, scaler):
    gan = game()
    row = train(gan, data, 1, 8, scaler=scaler).rows[0]
    real = data.sample(100_000, np.random.default_rng(0)) if isinstance(data, Distribution) else data
    real = real if scaler is None else scaler.to_network(real)
    fake = gan.sample(SEEN, averaged=False)
    wanted = np.sqrt(np.cov(fake.T, bias=True).trace() / np.cov(real.T, bias=True).trace())
    assert row["spread"] == pytest.approx(wanted, rel=0.05 if isinstance(data, Distribution) else 1e-5)
    gan.generator.assign(np.zeros(gan.generator.size))  # all samples are one
    gan.average.assign(np.ones(gan.average.size))
    assert judged(gan)["spread"] == 0


def test_data_without_a_spread_are_no_reason_to_fail():
    assert np.isnan(train(game(), np.ones((20, 2)), 1, 8)["spread"]).all()


@pytest.mark.parametrize(
    "accuracies, rows, turns",
    [
        ([0.9, 0.1, 0.9, 0.1], 256, 4),  # and 1 at last
        ([0.66, 0.34, 0.5, 0.34, 0.66], 256, 2),
        ([0.64, 0.36] * 10, 256, 0),  # within the margin
        ([0.9, 0.1] * 20, 256, 31),  # of 32 rows
        ([0.9, 0.1] + [0.5] * 31, 256, 0),  # too long ago
        ([0.7, 0.3] * 10, 8, 0),  # eight pairs of rows are that often so by chance
        ([], 256, 0),
    ],
)
def test_circling_counts_the_turns_of_d_from_right_to_wrong(accuracies, rows, turns):
    gan = game()
    gan.step(np.zeros((rows, 2), np.float32))
    gan._work.both.y[:rows] = 1
    gan._work.both.y[rows:] = 0
    row = judged(gan, [{"step": 0}] + [{"d_accuracy": a} for a in accuracies])
    assert row["d_accuracy"] == 1 and row["circling"] == turns


def test_precision_and_recall_are_those_of_live_samples():
    gan, real = game(), TABLE[:SEEN]
    row = train(gan, TABLE, 1, 8).rows[0]
    near = health.NEAR * np.sqrt(real.var(axis=0).sum())
    wanted = precision_and_recall(gan.sample(SEEN, averaged=False), real, least=near)
    assert (row["precision"], row["recall"]) == pytest.approx(wanted)
    few = train(game(), TABLE[:3], 1, 2).rows[0]  # three rows have no third neighbour
    assert math.isnan(few["precision"]) and math.isnan(few["recall"])


# ------------------------------------------------------------------------------------------ what rows say is wrong

WELL = {
    "d_loss": 1.3,
    "g_loss": 0.8,
    "d_real": 0.55,
    "d_fake": 0.45,
    "d_accuracy": 0.6,
    "g_gradient": 1.0,
    "spread": 1.0,
    "circling": 0,
    "precision": 0.9,
    "recall": 0.9,
}
ILLS = {
    "diverging": {"g_loss": 300.0},
    "D is bounded": {"d_real": 0.6, "d_fake": 0.52},
    "saturated": {"d_accuracy": 1.0, "g_gradient": 0.02, "g_loss": -0.001},
    "G is at rest": {"d_accuracy": 1.0, "g_gradient": 0.0, "g_loss": 9.0},
    "collapsed": {"spread": 0.1},
    "D wins": {"d_accuracy": 1.0, "g_loss": 9.0},
    "circling": {"circling": 9},
    "partly collapsed": {"recall": 0.2},
    "D is too weak": {"precision": 0.05},
}


def rows_of(**changed):
    return [{"step": 100 * k} | WELL | changed for k in range(1, WINDOW + 9)]


@pytest.mark.parametrize("word", ILLS)
def test_each_ill_is_told_first_with_its_number_a_lesson_and_a_cure(word):
    ill = diagnose(rows_of(**ILLS[word]))[0]
    assert ill.word == word and 1 <= ill.lesson <= 20 and ill.cure
    shown = next(value for value in ILLS[word].values())
    assert any(f"{shown:{form}}" in ill.numbers for form in (".3g", ".3f", ".2g", ".2f", ".0f"))
    assert repr(ill) == f"{word} ({ill.numbers}): lesson {ill.lesson} explains it; try {ill.cure}"
    assert ill.lesson in lessons()


@pytest.mark.parametrize("word", ILLS)
def test_a_bad_moment_is_no_ill(word):
    rows = rows_of()
    for row in rows[-RECENT // 2 + 1 :]:
        row.update(ILLS[word])
    assert diagnose(rows) == []


def test_where_the_two_agree_no_gradient_is_no_ill():
    assert diagnose(rows_of(d_accuracy=0.5, g_gradient=0.0)) == []


def test_before_the_window_is_full_precision_and_recall_are_not_asked():
    for changed in ILLS["partly collapsed"], ILLS["D is too weak"]:
        assert diagnose(rows_of(**changed)[:WINDOW]) == [] and diagnose(rows_of(**changed)[: WINDOW + 1])


def test_histories_that_know_less_are_told_nothing_of():
    assert diagnose([]) == [] and diagnose(History()) == []
    assert diagnose([{"step": 100, "d_loss": 1.0, "g_loss": 1.0, "spread": 0.0}]) == []  # of format 1


@pytest.mark.parametrize(("mean", "sd"), [(1000, 5), (1, 0.001), (0, 0.001), (0, 3000)])
def test_data_that_nobody_scaled_are_told_at_the_first_row(mean, sd):
    x = np.random.default_rng(0).normal(mean, sd, (200, 2)).astype(np.float32)
    raw, scaled = train(game(), x, 1, 8), train(game(), x, 1, 8, scaler=mg.scaler(mg.load_dataset(x)))
    assert diagnose(raw)[0].word == "unscaled data" and "scaler" in diagnose(raw)[0].cure
    assert not [ill for ill in diagnose(scaled) if ill.word == "unscaled data"]


@pytest.mark.parametrize("name", ["digits", "ring", "gaussian"])
def test_no_recipe_s_data_are_unscaled(name):
    run, data = start(RECIPES[name][1])
    assert not diagnose(train(run.gan, data, 1, 64, scaler=run.scaler))


# ------------------------------------------------------------------------------------------------ failures, made


def told(recipe, steps=None):
    """The words that are said at each row of a run by this recipe."""
    run, data = start(recipe)
    history = train(run.gan, data, steps or recipe.steps, recipe.batch, (), run.scaler, recipe.log_every)
    return [[ill.word for ill in diagnose(history.rows[: k + 1])] for k in range(len(history))]


MADE = {
    # D is right at once, and minimax then gives G nothing to learn from (Arjovsky and Bottou 2017, theorem 2.4)
    "saturated": (
        replace(RECIPES["digits"][1], objective="minimax", instance_noise=0.0, learning_rate_g=0.0),
        500,
    ),
    # the label trick's G learns from a D that is always right, and too slowly
    "D wins": (replace(RECIPES["digits"][1], instance_noise=0.0, learning_rate_g=1e-5), 500),
    # a linear D compares means and nothing else, so one point at the mean is as good as any
    "collapsed": (replace(RECIPES["gaussian"][1], generator=(), discriminator=(), learning_rate=1e-2), 3000),
    # momentum carries both players past each other
    "circling": (
        replace(RECIPES["gaussian"][1], optimizer="momentum", learning_rate=0.02, schedule="constant"),
        3000,
    ),
}


@pytest.mark.parametrize("word", MADE)
def test_a_failure_that_was_made_is_told_as_it_happens(word):
    recipe, steps = MADE[word]
    said = told(replace(recipe, learning_rate_d=None), steps)
    assert sum(word in words for words in said) >= len(said) / 4


def test_a_good_run_is_not_said_to_be_ill():
    assert not any(told(RECIPES["gaussian"][1]))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", ["ring", "grid", "gaussian", "digits"])
def test_no_default_run_is_said_to_be_ill_at_any_row(name, seed):
    assert not any(told(replace(RECIPES[name][1], seed=seed)))
