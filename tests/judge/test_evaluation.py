"""The table of `minigan evaluate`: fair to the truth, and blind to no cheat."""

from __future__ import annotations

import re

import numpy as np
import pytest

from minigan.data.dataset import Dataset
from minigan.data.sources import load_dataset
from minigan.judge.evaluation import Row, Verdict, as_table, evaluate, frechet_floor, fresh_critic, unit_of
from minigan.judge.evaluation import scores as scores_of
from minigan.theory.distributions import Distribution, Gaussian, grid, ring

RING, GRID, DIGITS = ring(), grid(), load_dataset("digits")
assert isinstance(DIGITS, Dataset)


def rng(seed=0):
    return np.random.default_rng(seed)


def scores(rows, name):
    return {row.what: row.scores[name] for row in rows}


def percent(text):
    return float(text.split("%")[0])


def table_of(x):
    """The array as a user's data set."""
    data = load_dataset(np.asarray(x, np.float32))
    assert isinstance(data, Dataset)
    return data


@pytest.fixture(scope="module")
def on_ring():
    g = rng()
    return evaluate(
        {
            "perfect": RING.sample(2500, g),
            "collapsed": RING.means[0] + 0.02 * g.standard_normal((2500, 2)),
            "blurred": np.sqrt(2) * g.standard_normal((2500, 2)),  # the ring's own mean and covariance
        },
        RING,
    )


@pytest.fixture(scope="module")
def on_digits():
    g = rng()
    return evaluate(
        {
            "held-out": DIGITS.held_out,
            "copies": DIGITS.x[g.choice(len(DIGITS.x), 360, replace=False)] + g.normal(0, 0.1, (360, 64)),
            "one image": np.repeat(DIGITS.x[:1], 360, axis=0) + g.normal(0, 0.1, (360, 64)),
        },
        DIGITS,
    )


# ------------------------------------------------------------------------------------------------------ the rows


def test_perfect_samples_of_the_ring_score_as_the_column_beside_them_says(on_ring):
    rows = {row.what: row for row in on_ring}
    assert rows["modes found"].scores["perfect"] == rows["modes found"].perfect == "8 of 8"
    for what, near in (("high quality", 1), ("mean of x1", 0.1), ("variance of x2", 0.1)):
        assert float(rows[what].scores["perfect"].strip("%")) == pytest.approx(
            float(rows[what].perfect.strip("%")), abs=near
        )
    assert rows["high quality"].perfect == "98.9%" and rows["reverse KL, nats"].perfect == "0.0014"
    assert float(rows["reverse KL, nats"].scores["perfect"]) < 0.005


def test_a_collapsed_sampler_is_seen_though_each_of_its_samples_is_good(on_ring):
    found = scores(on_ring, "collapsed")
    assert percent(found["high quality"]) > 98
    assert found["modes found"] == "1 of 8" and found["reverse KL, nats"] == "2.0794"  # log 8
    assert percent(found["fresh critic's accuracy [95 %]"]) > 90


def test_the_right_moments_alone_are_seen_through(on_ring):
    found = scores(on_ring, "blurred")
    assert float(found["Fréchet distance, sd²"]) < 0.01
    assert percent(found["high quality"]) < 2 and percent(found["fresh critic's accuracy [95 %]"]) > 85


def test_held_out_digits_score_as_the_column_beside_them_says(on_digits):
    for row in on_digits:
        score = row.scores["held-out"]
        if row.what == "sample to training / held-out to training":
            assert score == row.perfect == "1.00"
        if row.what.startswith("share of label"):
            assert percent(score) == pytest.approx(percent(row.perfect), abs=1.5)
        if row.what.startswith("largest error of a mean"):
            assert float(score.split()[0]) < 0.2
    assert sum(row.what.startswith("share of label") for row in on_digits) == 10


def test_copies_of_training_images_are_seen_by_their_distance_alone(on_digits):
    found = scores(on_digits, "copies")
    assert float(found["sample to training / held-out to training"]) < 0.1
    low = percent(found["fresh critic's accuracy [95 %]"].split("[")[1])
    assert low < 50  # a critic who is judged on new images has nothing to say against copies of old ones


def test_one_image_again_and_again_is_seen_by_the_other_ratio(on_digits):
    found = scores(on_digits, "one image")
    assert float(found["held-out to sample / held-out to training"]) > 2
    assert sorted(percent(found[f"share of label {k}, by nearest neighbour"]) for k in range(10))[-2:] == [0, 100]


def test_every_row_has_a_score_for_every_generator(on_ring, on_digits):
    assert all(list(row.scores) == ["perfect", "collapsed", "blurred", "shuffled", "mean"] for row in on_ring)
    assert all(list(row.scores) == ["held-out", "copies", "one image", "shuffled", "mean"] for row in on_digits)


def test_up_to_four_columns_each_moment_has_a_line_by_its_columns_name():
    data = table_of(rng().normal([1, 2, 3], [1, 2, 3], (200, 3)))
    data.columns[:] = ["height", "weight", "age"]
    rows = [row.what for row in evaluate({"g": data.x}, data)]
    wanted = [f"mean of {name}" for name in data.columns]
    wanted += ["variance of height", "covariance of height, weight", "covariance of height, age"]
    wanted += ["variance of weight", "covariance of weight, age", "variance of age"]
    assert [what for what in rows if "mean of" in what or "variance of" in what] == wanted
    assert "sample to training / held-out to training" in rows  # from 100 rows on some are held out
    assert not any("label" in what or "modes" in what for what in rows)


def test_moments_are_those_of_the_samples_and_of_the_data():
    data = table_of(rng().normal([1, 2], [1, 2], (90, 2)))
    x = rng(1).normal([5, -3], [0.5, 4], (50, 2))
    rows = {row.what: row for row in evaluate({"g": x}, data)}
    assert float(rows["mean of x2"].scores["g"]) == pytest.approx(x[:, 1].mean(), rel=1e-3)
    assert float(rows["mean of x2"].perfect) == pytest.approx(data.x[:, 1].mean(), rel=1e-3)
    assert float(rows["covariance of x1, x2"].scores["g"]) == pytest.approx(np.cov(x.T)[0, 1], rel=1e-3)
    assert float(rows["variance of x1"].perfect) == pytest.approx(data.x[:, 0].var(ddof=1), rel=1e-3)


def test_beyond_four_columns_the_largest_errors_stand_for_all_moments():
    data = table_of(rng().normal(size=(90, 6)))
    shifted = data.x.copy()
    shifted[:, 3] += 2
    rows = {row.what: row.scores["g"] for row in evaluate({"g": shifted}, data)}
    error, column = rows["largest error of a mean, in sd"].split()
    assert float(error) == pytest.approx(2 / data.x[:, 3].std(), abs=0.01) and column == "(x4)"
    assert rows["largest error of a covariance, in sd²"].startswith("0.00 ")
    assert not any(what.startswith(("mean of", "variance of")) for what in rows)


# ---------------------------------------------------------------------------------- units, cheats, and the floor


@pytest.fixture(scope="module")
def wide():
    """A table of 14 columns whose units span six orders of magnitude, and as many rows more of the same law."""
    g = rng()
    units = 10.0 ** np.array([0, -3, 2, 1, -1, 3, 0, 0, 1, -2, 2, 0, -1, 1])
    x = (g.normal(size=(2000, 14)) @ g.normal(size=(14, 14)) + 5) * units
    return table_of(x[:1000]), x[1000:].astype(np.float32)


def test_a_column_of_a_small_unit_counts_as_much_as_any(wide):
    data, good = wide
    sd = data.standard_deviation
    moved = good + 3 * sd * (np.arange(14) == 1)  # the second column's unit is a millionth of the sixth's
    flat = np.where(np.arange(14) < 12, data.mean, good)
    rows = {row.what: row.scores for row in evaluate({"good": good, "moved": moved, "flat": flat}, data)}
    mean, covariance = rows["largest error of a mean, in sd"], rows["largest error of a covariance, in sd²"]
    assert float(mean["good"].split()[0]) < 0.2 and float(covariance["good"].split()[0]) < 0.25
    assert 2.7 < float(mean["moved"].split()[0]) < 3.3 and mean["moved"].endswith("(x2)")
    assert covariance["flat"].startswith("1.00 ")
    distance = {name: float(text) for name, text in rows["Fréchet distance, sd²"].items()}
    assert distance["good"] < 0.3 and distance["moved"] > 8 and distance["flat"] > 11
    near = {k: float(v) for k, v in rows["held-out to sample / held-out to training"].items()}
    assert near["good"] == pytest.approx(1, abs=0.1) and min(near["moved"], near["flat"]) > 1.3


def test_no_score_depends_on_the_units_of_a_column(wide):
    data, good = wide
    units = np.float32(2.0) ** np.arange(-7, 7)  # powers of two, so that nothing is rounded
    other = Dataset("same", data.x * units, data.columns, held_out=data.held_out * units)
    ours, theirs = scores_of(good, data), scores_of(good * units, other)
    assert ours.pop("critic") == pytest.approx(theirs.pop("critic"), abs=0.05)  # a training: rounded otherwise
    assert ours == pytest.approx(theirs, rel=1e-9) and ours.keys() == {
        *("samples_to_train", "held_out_to_samples", "frechet")
    }


def test_pixels_share_their_unit(on_digits):
    unit = unit_of(DIGITS)
    assert (unit == unit[0]).all() and unit[0] ** 2 == pytest.approx(DIGITS.x.var(axis=0).mean())


def test_two_cheats_stand_beside_the_generators_and_show_what_a_number_misses(on_ring, on_digits):
    shuffled, mean = scores(on_ring, "shuffled"), scores(on_ring, "mean")
    assert percent(shuffled["high quality"]) == pytest.approx(37, abs=3) and shuffled["modes found"] == "8 of 8"
    assert mean["high quality"] == "0.0%" and float(mean["Fréchet distance, sd²"]) == pytest.approx(2, abs=1e-3)
    on_grid = scores(evaluate({"g": GRID.sample(2500, rng())}, GRID), "shuffled")
    assert (
        percent(on_grid["high quality"]) > 98
    )  # the grid is a product: its columns have nothing to do with another
    assert percent(on_grid["fresh critic's accuracy [95 %]"]) < 53
    assert float(scores(on_digits, "shuffled")["Fréchet distance, sd²"]) > 15
    assert "shuffled" not in evaluate({"g": rng().normal(4, 0.5, (50, 1))}, Gaussian(4.0, 0.5))[0].scores


@pytest.mark.parametrize(("n", "expected"), [(32, 47), (1000, 1.1)])
def test_frechet_s_floor_is_what_draws_of_one_law_are_apart(n, expected):
    """Of 64 standard normal columns; beside a draw as large it is 61 and 2.2, so that is the floor of few rows."""
    law = Gaussian(np.zeros(64), 1.0)
    assert frechet_floor(law, n) == pytest.approx(expected, rel=0.06)
    if n > 64:
        rows = Dataset("rows", law.sample(n, rng()).astype(np.float32), law.columns)
        assert frechet_floor(rows, n) == pytest.approx(2.2, rel=0.15)


def test_the_perfect_column_has_the_floor_and_a_perfect_sampler_is_near_it():
    row = next(row for row in evaluate({"g": DIGITS.held_out}, DIGITS) if row.what.startswith("Fréchet"))
    assert 0.5 < float(row.scores["g"]) / float(row.perfect) < 1.5


@pytest.mark.parametrize("n", [2, 3, 5, 11])
def test_few_samples_are_enough_for_every_kind_of_data(n):
    tables = [table_of(rng().normal(size=shape)) for shape in ((3, 2), (150, 6))]
    for data in (RING, Gaussian(4.0, 0.5), DIGITS, *tables):
        x = data.sample(n, rng()) if isinstance(data, Distribution) else rng().random((n, data.x.shape[1]))
        assert "nan" not in as_table(evaluate({"g": x}, data))


def test_data_that_repeat_themselves_are_evaluated_without_the_ratios():
    ratings = table_of(rng().integers(1, 6, (300, 2)))  # the held-out rows are all in the training rows too
    rows = evaluate({"g": ratings.x + rng(1).normal(0, 0.1, ratings.x.shape)}, ratings)
    whats = [row.what for row in rows]
    assert not any("held-out" in what for what in whats)
    assert "mean of x1" in whats and "fresh critic's accuracy [95 %]" in whats


def test_the_table_is_the_same_for_the_same_seed_and_data():
    x = RING.sample(100, rng())
    assert evaluate({"g": x}, RING, seed=3) == evaluate({"g": x}, RING, seed=3)
    assert evaluate({"g": x}, RING, seed=3) != evaluate({"g": x}, RING, seed=4)


# ------------------------------------------------------------------------------------------------------ as a text


def test_every_column_of_the_table_ends_where_its_head_does():
    scores = {"averaged": "1", "live": "22.2%"}
    assert as_table([Row("short", scores, "3"), Row("much longer", scores, "666 of 7")]).split("\n") == [
        "             averaged   live   perfect",
        "short               1  22.2%         3",
        "much longer         1  22.2%  666 of 7",
    ]


def test_tables_of_three_and_of_six_columns_are_aligned():
    for d in (3, 6):
        data = table_of(rng().normal(size=(120, d)))
        lines = as_table(evaluate({"averaged": data.x, "live": data.x}, data)).split("\n")
        assert len({len(line) for line in lines}) == 1
        head, *body = (re.split(r"\s{2,}", line.strip()) for line in lines)
        assert head == ["averaged", "live", "shuffled", "mean", "perfect"]
        assert {len(cells) for cells in body} == {6}


# ------------------------------------------------------------------------------------------------ the fresh critic


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_fresh_critic_finds_no_difference_where_there_is_none(seed):
    verdict = fresh_critic(RING.sample(2500, rng(seed + 50)), RING, seed)
    assert verdict.low < 0.5 < verdict.high


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_on_shifted_gaussians_it_comes_near_the_best_critic_there_is(seed):
    best = 0.8413  # 1/2 + TV/2 = Φ(1), for N(0, 1) and N(2, 1)
    verdict = fresh_critic(rng(seed + 50).normal(0, 1, (4000, 1)), Gaussian(2.0, 1.0), seed)
    assert abs(verdict.accuracy - best) < 0.03
    assert verdict.low < best < verdict.high


def test_it_sees_all_where_nothing_overlaps():
    verdict = fresh_critic(rng().normal(0, 1, (400, 1)), Gaussian(30.0, 1.0))
    assert verdict.accuracy == 1 and verdict.high == 1 and 0.98 < verdict.low < 1


def test_it_is_judged_on_what_it_has_not_seen():
    noise = table_of(rng().normal(size=(99, 20)))  # no rows held out: it could learn these by heart
    verdict = fresh_critic(rng(1).normal(size=(400, 20)), noise)
    assert verdict.low < 0.5 < verdict.high


def test_held_out_rows_are_judged_and_never_trained_on():
    x = rng().normal(size=(400, 2)).astype(np.float32)
    data = Dataset("split", x, ["a", "b"], held_out=x[:100] + np.float32(40))
    verdict = fresh_critic(rng(1).normal(40, 1, (400, 2)), data)  # samples lie where the held-out rows do
    assert 0.4 < verdict.accuracy < 0.6  # it has learnt that what is there is fake, and calls all of it fake


def test_a_constant_column_does_it_no_harm():
    data = Dataset("flat", np.c_[rng().normal(size=200), np.ones(200)].astype(np.float32), ["a", "b"])
    assert np.isfinite(fresh_critic(data.x[:100], data).accuracy)


def test_units_do_not_matter_to_it():
    x, y = rng(1).normal(size=(400, 2)), rng(2).normal(size=(399, 2)) + 1
    plain = fresh_critic(x, table_of(y))
    tiny = fresh_critic(x * [1e-6, 1e6], table_of(y * [1e-6, 1e6]))
    assert abs(plain.accuracy - tiny.accuracy) < 0.03


@pytest.mark.parametrize("samples, rows", [(1, 50), (0, 50)])
def test_too_few_to_judge_is_told(samples, rows):
    with pytest.raises(ValueError, match=rf"needs 2 samples and 2 real rows at least, not {samples}"):
        fresh_critic(np.zeros((samples, 2)), table_of(rng().normal(size=(rows, 2))))


def test_a_verdict_reads_as_a_share_and_its_interval():
    assert Verdict(200, 400).text == "50.0% [45.1%, 54.9%]"
