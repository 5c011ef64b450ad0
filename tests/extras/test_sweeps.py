"""Sweeps: every member runs once, on processes or on a cluster; a failed one is told and tried again."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace

import distributed
import numpy as np
import pytest

import minigan as mg
from minigan.cli import main
from minigan.judge.metrics import mean_interval
from minigan.runs import sweeps
from minigan.runs.run import start

TINY = replace(mg.RECIPES["gaussian"][1], steps=20, batch=32, log_every=10)


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def counted(monkeypatch):
    """The recipes that were trained, in this process instead of others."""
    trained = []

    def run_member(text, threads=1, really=sweeps.run_member):
        trained.append(json.loads(text))
        return really(text, threads)

    monkeypatch.setattr(sweeps, "run_member", run_member)
    return trained


def test_a_sweep_is_every_setting_with_every_seed_and_each_run_is_the_one_that_train_makes(tmp_path):
    rows = sweeps.sweep(TINY, [0, 3], {"learning_rate": ["1e-3", "1e-2"]}, tmp_path / "s", workers=2)
    assert [(row["seed"], row["learning_rate"]) for row in rows] == [(0, 1e-3), (3, 1e-3), (0, 1e-2), (3, 1e-2)]
    run, data = start(replace(TINY, seed=3, learning_rate=1e-2))
    mg.train(run.gan, data, 20, 32, scaler=run.scaler, log_every=10, threads=1, history=run.history)
    wanted = sweeps.scores(run.sample(2500), data)
    for score in wanted:
        assert float(rows[3][score]) == wanted[score], score
    assert float(rows[3]["d_loss"]) == run.history["d_loss"][-1]
    assert [row["status"] for row in table(tmp_path / "s/members.csv")] == ["done"] * 4


def test_results_hold_means_and_students_intervals(tmp_path, counted):
    rows = sweeps.sweep(TINY, [0, 1, 2], {}, tmp_path / "s", workers=1)
    (line,) = table(tmp_path / "s/results.csv")
    values = [float(row["frechet"]) for row in rows]
    half = 4.302653 * np.std(values, ddof=1) / math.sqrt(3)  # t of 2 degrees of freedom at 97.5 %, from tables
    assert float(line["frechet"]) == pytest.approx(np.mean(values))
    assert float(line["frechet_high"]) - float(line["frechet"]) == pytest.approx(half, rel=1e-6)
    assert (line["done"], line["failed"]) == ("3", "0")


def test_a_rerun_does_what_is_missing_and_nothing_else(tmp_path, counted):
    folder = tmp_path / "s"
    first = sweeps.sweep(TINY, [0, 1], {"beta1": ["0", "0.5"]}, folder, workers=1)
    assert len(counted) == 4
    lines = (folder / "members.csv").read_text().splitlines()
    (folder / "members.csv").write_text("\n".join(lines[:2] + lines[3:]) + "\n")  # one is lost
    again = sweeps.sweep(TINY, [0, 1], {"beta1": ["0", "0.5"]}, folder, workers=1)
    assert [(r["seed"], r["beta1"]) for r in counted[4:]] == [(first[1]["seed"], first[1]["beta1"])]
    assert [float(r["frechet"]) for r in again] == [float(r["frechet"]) for r in first]
    more = sweeps.sweep(TINY, [0, 1, 2], {"beta1": ["0", "0.5"]}, folder, workers=1)
    assert len(counted) == 7 and len(more) == 6
    assert len(table(folder / "results.csv")) == 2  # what was read and what was just run is one setting


def test_a_member_that_fails_is_told_and_the_others_are_kept(tmp_path, capsys):
    recipe = tmp_path / "tiny.json"
    recipe.write_text(TINY.to_json())
    command = ["sweep", str(recipe), "--seeds", "0:2", "--workers", "2", "--out", str(tmp_path / "s")]
    assert main([*command, "--set", "learning_rate=1e-3,1e30", "--set", "optimizer=sgd"]) == 2
    said = capsys.readouterr()
    assert "2 of 4 runs failed; the same command tries them again" in said.err
    assert "seed 1: failed: Diverged: step" in said.err
    assert [row["status"][:6] for row in table(tmp_path / "s/members.csv")] == ["done", "done", "failed", "failed"]
    results = table(tmp_path / "s/results.csv")
    assert [(row["done"], row["failed"]) for row in results] == [("2", "0"), ("0", "2")]
    assert "±" in said.out and "d_loss" not in said.out


def test_a_cluster_of_two_dask_workers_gives_the_numbers_of_this_machine(tmp_path):
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options, local_directory=str(tmp_path / "dask")) as cluster:
        address = cluster.scheduler_address
        far = sweeps.sweep(TINY, [0, 1], {}, tmp_path / "far", cluster=address)
    sweeps.sweep(TINY, [0, 1], {}, tmp_path / "near", workers=1)
    assert [row["status"] for row in far] == ["done", "done"]
    assert (tmp_path / "far/members.csv").read_bytes() == (tmp_path / "near/members.csv").read_bytes()


@pytest.mark.parametrize("data", ["ring", "digits"])
def test_scores_are_those_of_the_metrics(data):
    recipe = replace(mg.RECIPES[data][1], steps=1)
    run, source = start(recipe)
    found = sweeps.scores(run.sample(1000), source)
    assert {"critic", "frechet"} <= found.keys()
    assert found.keys() >= ({"modes", "high_quality", "reverse_kl"} if data == "ring" else {"least_class"})


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("0:3", [0, 1, 2]),
        ("7", [7]),
        ("4,0", [4, 0]),
        ("2:2", None),
        ("x", None),
        ("1,1", None),
        ("-1:2", None),
        ("0:999999999999", None),
    ],
)
def test_seeds_are_a_range_or_a_list(text, seeds):
    if seeds is None:
        with pytest.raises(mg.RecipeError, match="a range as 0:10"):
            sweeps.parse_seeds(text)
    else:
        assert sweeps.parse_seeds(text) == seeds


def test_values_are_split_at_commas_but_not_within_brackets():
    assert sweeps.parse_values("1e-4,1e-3") == ["1e-4", "1e-3"]
    assert sweeps.parse_values("[64,64], [128]") == ["[64,64]", "[128]"]
    assert sweeps.parse_values("adam") == ["adam"]


def test_what_cannot_be_is_refused_before_anything_is_trained(tmp_path, capsys, counted):
    def refused(*arguments):
        assert main(["sweep", "gaussian", "--workers", "1", *arguments]) == 2
        return capsys.readouterr().err

    assert "did you mean 'learning_rate'" in refused("--set", "learning_rat=1", "--out", str(tmp_path / "a"))
    assert "must be at least 0" in refused("--set", "learning_rate=1e-3,-1", "--out", str(tmp_path / "b"))
    wide = ",".join(map(str, range(400)))
    wide = ["--set", f"latent={wide}", "--set", f"steps={wide}"]
    assert "these are 800,000 runs; a sweep takes 100,000 at most" in refused(*wide, "--out", str(tmp_path / "e"))
    assert "neither a file nor one of" in (main(["sweep", "rong"]) == 2 and capsys.readouterr().err)
    (tmp_path / "c").mkdir()
    (tmp_path / "c/mine.txt").write_text("mine")
    assert "already holds something" in refused("--out", str(tmp_path / "c"))
    sweeps.sweep(TINY, [0], {}, tmp_path / "d", workers=1)
    assert "another recipe" in refused("--out", str(tmp_path / "d"))
    assert len(counted) == 1 and not (tmp_path / "a").exists() and not (tmp_path / "b").exists()


def test_an_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = [low < 0 < high for _, low, high in (mean_interval(rng.standard_normal(4)) for _ in range(4000))]
    assert np.mean(inside) == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 4000))
    assert mean_interval([2.0]) == (2.0, -math.inf, math.inf)
    for nu, t in ((1, 12.706205), (4, 2.776445), (9, 2.262157), (100, 1.983972)):  # tables of Student's t
        x = np.zeros(nu + 1)
        x[0] = 1
        mean, _, high = mean_interval(x)
        assert (high - mean) / (x.std(ddof=1) / math.sqrt(nu + 1)) == pytest.approx(t, abs=1e-6)
    with pytest.raises(ValueError, match="one at least"):
        mean_interval([])
