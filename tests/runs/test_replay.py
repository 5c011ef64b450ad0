"""Time travel: any state of a run again, bit for bit, by whatever way; and forks that their recipes can make."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import minigan as mg
from minigan.cli import main
from minigan.core.substeps import SUBSTEPS
from minigan.runs import folder as runs
from minigan.runs import replay
from minigan.runs.recipe import Recipe, RecipeError
from minigan.runs.run import read, start

TINY = Recipe(steps=40, log_every=5, save_every=10, frames=0, generator=(8,), discriminator=(8,), batch=16)
TINY = replace(TINY, instance_noise=0.2)
KINDS = {
    "ring": TINY,
    "digits": replace(TINY, data="digits", batch_norm=True, dropout=0.3, updates="alternating", d_steps=2, r1=0.1),
    "momentum": replace(TINY, data="gaussian", latent=1, optimizer="momentum", average=None, dtype="float64"),
}


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """These are drawn from files that other tests look at, and take most of a tiny run's time."""
    monkeypatch.setattr(runs.Keeper, "draw", lambda keeper: None)


def assert_equal(a, b):
    assert a.steps == b.steps and a.vectors().keys() == b.vectors().keys()
    for name, vector in a.vectors().items():
        np.testing.assert_array_equal(vector, b.vectors()[name], err_msg=name)


def after(recipe, step):
    """The game of this recipe after so many steps, by the plain loop."""
    run, data = start(recipe)
    if step:
        mg.train(run.gan, data, step, recipe.batch, scaler=run.scaler, log_every=recipe.log_every)
    return run.gan


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keep_every", [0, 10])
def test_every_state_comes_back_bit_for_bit_from_whichever_checkpoint_is_near(kind, keep_every, tmp_path):
    recipe = replace(KINDS[kind], keep_every=keep_every)
    runs.begin(recipe, tmp_path / "run")
    assert len(list((tmp_path / "run").glob("checkpoint-*.npz"))) == (4 if keep_every else 0)
    for step in (0, 1, 10, 27, 40):
        run, _ = replay.rebuild(tmp_path / "run", step)
        assert_equal(run.gan, after(recipe, step))


def test_the_nearest_checkpoint_is_taken_and_no_later_one(tmp_path, monkeypatch):
    runs.begin(replace(TINY, keep_every=10), tmp_path / "run")
    taken, step = [], mg.GAN.step
    monkeypatch.setattr(mg.GAN, "step", lambda gan, real: (taken.append(gan.steps), step(gan, real)))
    replay.rebuild(tmp_path / "run", 27)
    assert taken == list(range(20, 27))


def test_a_run_that_was_stopped_can_be_looked_ahead_of(tmp_path, monkeypatch):
    step = mg.GAN.step

    def interrupted(gan, real):
        if gan.steps == 22:
            raise KeyboardInterrupt
        step(gan, real)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(mg.GAN, "step", interrupted)
        runs.begin(TINY, tmp_path / "run")
    assert mg.load(tmp_path / "run").gan.steps == 20
    assert_equal(replay.rebuild(tmp_path / "run", 35)[0].gan, after(TINY, 35))


@pytest.mark.parametrize("kind", KINDS)
def test_slow_motion_shows_every_sub_step_and_ends_where_the_step_ends(kind, tmp_path):
    recipe = KINDS[kind]
    runs.begin(recipe, tmp_path / "run")
    run, data = replay.rebuild(tmp_path / "run", 12)
    looks = list(replay.walk(run, data))
    assert_equal(run.gan, after(recipe, 13))
    names = [look.name for look in looks]
    assert names[0] == "draw latent" and ("average" in names) == (recipe.average is not None)
    twin = after(recipe, 12)
    real = mg.Batches(data, twin.d_steps * recipe.batch, twin.seed, run.scaler).at(12)
    for look, (name, made) in zip(looks, twin.substeps(real), strict=True):
        assert (look.name, look.shape) == (name, made.shape)
        assert look.mean == pytest.approx(made.astype(float).mean(), abs=1e-12)
        assert (look.least, look.most) == (made.min(), made.max())
        assert look.first == made.astype(float).ravel()[:3].tolist()
    table, sentences = replay.as_table(looks).split("\n\n")
    assert len(table.splitlines()) == len(looks) + 1
    said = dict(line.split("  ", 1) for line in sentences.splitlines())
    assert {name: says.strip() for name, says in said.items()} == {name: SUBSTEPS[name] for name in names}


def test_a_fork_parts_at_its_step_and_its_recipe_alone_makes_it_again(tmp_path):
    runs.begin(TINY, tmp_path / "run")
    forked = replay.fork(tmp_path / "run", 22, {"learning_rate": "1e-2"}, tmp_path / "fork")
    recipe = read(tmp_path / "fork/recipe.json")
    assert recipe.parent["step"] == 22 and recipe.learning_rate == 1e-2
    assert Recipe.from_json(json.dumps(recipe.parent["recipe"])) == TINY
    assert_equal(start(recipe)[0].gan, replay.rebuild(tmp_path / "run", 22)[0].gan)  # the same past
    steps = [int(row["step"]) for row in forked.history.rows]
    assert steps == [25, 30, 35, 40]
    runs.begin(recipe, tmp_path / "again")
    for path in (tmp_path / "fork").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name
    assert not np.array_equal(forked.gan.generator.theta, after(TINY, 40).generator.theta)


def test_a_fork_that_changes_nothing_that_matters_is_the_run_itself(tmp_path):
    runs.begin(TINY, tmp_path / "run")
    forked = replay.fork(tmp_path / "run", 20, {"frames": "3"}, tmp_path / "fork")
    assert_equal(forked.gan, after(TINY, 40))


def test_a_fork_of_a_fork(tmp_path):
    runs.begin(TINY, tmp_path / "a")
    replay.fork(tmp_path / "a", 10, {"objective": "minimax"}, tmp_path / "b")
    last = replay.fork(tmp_path / "b", 30, {"steps": "50"}, tmp_path / "c")
    assert last.recipe.parent["recipe"]["parent"]["step"] == 10 and last.gan.steps == 50
    assert_equal(replay.rebuild(tmp_path / "c", 30)[0].gan, replay.rebuild(tmp_path / "b", 30)[0].gan)
    assert_equal(replay.rebuild(tmp_path / "c", 4)[0].gan, after(TINY, 4))  # before the forks there was one run


@pytest.mark.parametrize(
    ("step", "settings", "says"),
    [
        (41, {"beta1": "0"}, "has the steps 0 to 40; step 41 is none of them"),
        (-1, {"beta1": "0"}, "step -1 is none of them"),
        (20, {}, "a fork changes something"),
        (20, {"generator": "9"}, "a fork goes on with its parent's networks and optimisers"),
        (20, {"optimizer": "sgd"}, "a fork goes on with its parent's networks and optimisers"),
        (20, {"data": "grid"}, "a fork cannot change data"),
        (20, {"steps": "20"}, "a fork from step 20 wants more than that"),
        (20, {"beta_1": "0"}, "a fork cannot change beta_1|no setting is called 'beta_1'"),
    ],
)
def test_what_cannot_be_forked_is_refused_in_a_line(step, settings, says, tmp_path):
    runs.begin(TINY, tmp_path / "run")
    with pytest.raises(RecipeError, match=says):
        replay.fork(tmp_path / "run", step, settings, tmp_path / "fork")
    assert not (tmp_path / "fork").exists()


def test_other_surroundings_are_named_and_gone_back_in_only_when_told(tmp_path, monkeypatch):
    runs.begin(TINY, tmp_path / "run")
    here = runs.surroundings
    monkeypatch.setattr(runs, "surroundings", lambda *about: here(*about) | {"numpy": "9.9"})
    with pytest.raises(RecipeError, match=r"numpy was .*, is 9\.9"):
        replay.rebuild(tmp_path / "run", 5)
    assert_equal(replay.rebuild(tmp_path / "run", 5, anyway=True)[0].gan, after(TINY, 5))


def test_by_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs.begin(TINY, tmp_path / "run")
    assert main(["replay", "run", "--at", "7"]) == 0
    assert_equal(mg.load(tmp_path / "run/step-00000007.npz"), after(TINY, 7))
    assert main(["replay", "run", "--at", "7", "--substeps"]) == 0
    said = capsys.readouterr().out
    assert "step 8, from the state after 7" in said and "both gradients" in said
    assert main(["replay", "run", "--at", "20", "--fork", "learning_rate=1e-2", "--fork", "beta1=0.9"]) == 0
    assert read(tmp_path / "run-fork-001/recipe.json").beta1 == 0.9
    for wrong in (["--out", "x.png"], ["--substeps", "--fork", "beta1=0"]):
        assert main(["replay", "run", "--at", "7", *wrong]) == 2
        assert capsys.readouterr().err.count("\n") == 1
