"""The family photo: rows that are kept, means with intervals, yardsticks that are what they are."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

import minigan as mg
from minigan.cli import main
from minigan.models import annealed_log_z
from minigan.runs import family, statements
from minigan.runs.recipe import RecipeError
from minigan.runs.statements import unseen


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """Few samples and draws, so that a family of three steps is asked in a moment."""
    monkeypatch.setattr(family, "ASKED", 60)
    monkeypatch.setattr(family, "K", {"vae": 5})
    monkeypatch.setattr(statements, "annealed_log_z", partial(annealed_log_z, chains=50, temperatures=100))


def a_family(out, models=("vae", "gan"), seeds=(0,), **settings):
    return family.family("digits", models, seeds, out, {"steps": 3} | settings)


def test_a_row_has_all_that_its_model_can_say(tmp_path):
    vae, gan = a_family(tmp_path)
    assert (vae["says"], gan["says"]) == ("bound", "none") and math.isnan(gan["log_p"])
    assert vae["log_p"] > vae["log_p_1"] and vae["log_p"] < -100
    for row in (vae, gan):
        assert 0 <= row["critic"] <= 1 and 0 <= row["labels"] <= 1 and row["chain"] == 1
        assert row["sampling"] > 0 and row["training"] > 0 and row["parameters"] > 10_000
    run = mg.load(tmp_path / "vae-0")
    assert run.log_p(unseen(run.dataset()), 5).mean() == pytest.approx(vae["log_p"], abs=1e-4)


def test_what_is_there_is_not_made_again_and_other_seeds_come_beside(tmp_path, monkeypatch):
    first = a_family(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(family, "portrait", None)
        assert repr(a_family(tmp_path)) == repr(first)
    both = a_family(tmp_path, seeds=(0, 1))
    assert [(row["model"], row["seed"]) for row in both] == [("vae", 0), ("vae", 1), ("gan", 0), ("gan", 1)]
    assert both[0]["log_p"] == first[0]["log_p"] != both[1]["log_p"]
    (tmp_path / "family.csv").unlink()  # the runs are there still
    assert a_family(tmp_path)[0]["log_p"] == first[0]["log_p"]


def test_a_folder_of_another_recipe_is_refused(tmp_path):
    a_family(tmp_path, ["gan"])
    with pytest.raises(RecipeError, match="holds a run of another recipe"):
        a_family(tmp_path, ["gan"], learning_rate=0.5, steps=4)
    with pytest.raises(RecipeError, match="holds a run of another recipe"):  # though family.csv has its steps
        a_family(tmp_path, ["gan"], learning_rate=0.5)
    with pytest.raises(RecipeError, match="holds a run of another recipe"):
        family.family("ring", ["gan"], [0], tmp_path, {"steps": 3})
    (tmp_path / "family.csv").write_text("model,seed\nvae,first\n")
    with pytest.raises(RecipeError, match="is no table of a family"):
        a_family(tmp_path)


def test_a_chain_is_followed_and_its_estimate_has_an_interval(tmp_path, monkeypatch):
    monkeypatch.setattr(family, "chain_of", lambda run: 7)
    (rbm,) = a_family(tmp_path, ["rbm"])
    assert rbm["says"] == "estimate" and rbm["low"] < rbm["log_p"] < rbm["high"] and rbm["chain"] == 7


def test_means_over_seeds_have_the_interval_of_students_t():
    rows = [{"model": "vae", "says": "bound", "log_p": value, "critic": 0.5} for value in (-84.0, -83.0, -82.0)]
    (line,) = family.summary(rows)
    assert line["log_p"] == -83 and line["seeds"] == 3
    assert line["log_p_reach"] == pytest.approx(4.302653 / math.sqrt(3), abs=1e-5)  # t of 2 degrees of freedom
    assert "-83.00 ± 2.48" in family.as_table([line]) and "bound" in family.as_table([line])


def test_the_yardsticks_are_what_their_names_say():
    found = {row["model"]: row for row in family.yardsticks(mg.load_dataset("digits"))}
    assert found["independent counts"]["log_p"] == pytest.approx(-250.85, abs=0.01)
    assert found["independent pixels"]["log_p"] == pytest.approx(-107.11, abs=0.01)
    assert found["a copier"]["samples_to_train"] == 0 and found["perfect"]["critic"] == 0.5
    assert found["ten pictures"]["log_p"] > found["ten counts"]["log_p"]


def test_of_a_distribution_the_perfect_row_is_its_own_density():
    (perfect,) = family.yardsticks(mg.ring())
    apart = -math.log(8) - 1 - math.log(2 * math.pi * 0.02**2)  # of eight Gaussians of sd .02 that never meet
    assert perfect["log_p"] == pytest.approx(apart, abs=0.1) and perfect["critic"] < 0.7
    assert family.suited(mg.ring()) == ["made", "flow", "vae", "gan"]
    assert family.suited(mg.Gaussian()) == ["made", "vae", "gan"]


def test_the_command_prints_the_table_and_draws_the_photo(tmp_path, capsys):
    told = ["family", "ring", "--models", "vae,gan", "--set", "steps=3", "--out", str(tmp_path / "ring")]
    assert main(told) == 0
    out = capsys.readouterr().out
    assert "vae, seed 0: log p" in out and "perfect" in out and "links until" in out
    assert (tmp_path / "ring" / "family.png").stat().st_size > 10_000
    assert main([*told[:3], "vae,gpt", *told[4:]]) == 2
    assert "model is 'gpt'; choose one of gan, made" in capsys.readouterr().err


def test_the_photo_of_images_has_a_line_for_each(tmp_path):
    rows = a_family(tmp_path)
    figure = family.photo(rows, tmp_path, mg.load_dataset("digits"))
    assert figure == tmp_path / "family.png" and figure.exists()
    assert np.isfinite([row["critic"] for row in rows]).all()


def test_a_table_of_ones_own_has_a_family_too(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "mine.npy", rng.normal([3, -50, 0], [1, 20, 0.1], (300, 3)))
    rows = family.family(str(tmp_path / "mine.npy"), seeds=[0], settings={"steps": 3})
    assert [(row["model"], row["says"]) for row in rows] == [
        ("made", "exact"), ("flow", "exact"), ("vae", "bound"), ("gan", "none"),
    ]  # fmt: skip
    assert all(0 < row["samples_to_train"] < 100 for row in rows)
