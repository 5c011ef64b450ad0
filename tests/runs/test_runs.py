"""A run's folder: what is left in it, and what not."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace

import numpy as np
import pytest

import minigan as mg
from minigan import plotting
from minigan.core import backend
from minigan.runs import checkpoint, run
from minigan.runs import folder as runs
from minigan.runs import frames as pictures
from minigan.runs.folder import begin
from minigan.runs.recipe import Recipe, RecipeError
from minigan.runs.training import Diverged, History

TINY = Recipe(steps=20, log_every=10, save_every=10, frames=0, generator=(8,), discriminator=(8,), batch=32)
ALL = {"recipe.json", "history.csv", "checkpoint.npz", "samples.png", "training.gif"}


def names(folder):
    return {path.name for path in folder.iterdir()}


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a run leaves that nothing happens to."""
    place = tmp_path_factory.mktemp("whole") / "run"
    begin(replace(TINY, frames=2), place)
    return files(place)


def test_the_same_recipe_leaves_the_same_bytes_and_another_seed_others(tmp_path):
    recipe = replace(TINY, dropout=0.2, instance_noise=0.3, batch_norm=True)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        begin(replace(recipe, seed=seed), tmp_path / name)
    a, b, c = (files(tmp_path / name) for name in "abc")
    assert a == b
    assert not {name for name in a if a[name] == c[name]}


@pytest.mark.parametrize("save_every, log_every", [(1, 1), (7, 2), (1000, 3)])
def test_how_often_it_saves_changes_nothing_but_what_the_recipe_says_of_it(save_every, log_every, tmp_path):
    begin(replace(TINY, log_every=log_every, save_every=20), tmp_path / "a")
    begin(replace(TINY, log_every=log_every, save_every=save_every), tmp_path / "b")
    for name in ("history.csv", "samples.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    a, b = (checkpoint.read(tmp_path / name / "checkpoint.npz") for name in "ab")
    assert a[1].pop("recipe").pop("save_every") == 20 and b[1].pop("recipe").pop("save_every") == save_every
    assert a[1] == b[1]
    for name, vector in a[0].vectors().items():
        np.testing.assert_array_equal(vector, b[0].vectors()[name])


@pytest.mark.parametrize(
    "save_every, log_every, saved",
    [(10, 10, [0, 10, 20, 25]), (3, 10, [0, 10, 20, 25]), (12, 5, [0, 15, 25]), (99, 1, [0, 25])],
)
def test_a_checkpoint_is_made_at_the_first_row_when_one_is_due_and_at_the_end(
    save_every, log_every, saved, tmp_path, monkeypatch
):
    at, save = [], checkpoint.save
    monkeypatch.setattr(checkpoint, "save", lambda gan, *a, **more: (at.append(gan.steps), save(gan, *a, **more)))
    begin(replace(TINY, steps=25, save_every=save_every, log_every=log_every), tmp_path / "run")
    assert at == saved


def test_all_that_a_checkpoint_tells_of_is_on_the_disk_before_it_takes_the_old_one_s_place(tmp_path, monkeypatch):
    place, done, fsync, replace_ = tmp_path / "run", [], os.fsync, os.replace

    def synced(fd):
        fsync(fd)
        done.append(next(p.name for p in place.iterdir() if p.stat().st_ino == os.fstat(fd).st_ino))

    def replaced(part, path):
        replace_(part, path)
        done.append(f"-> {path.name}")

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    begin(TINY, place)
    save = ["history.csv", "frames.bin", "checkpoint.npz.part", "-> checkpoint.npz"]
    assert done[:14] == ["recipe.json.part", "-> recipe.json", *3 * save]  # after steps 0, 10 and 20


def test_while_it_trains_the_folder_holds_all_rows_so_far_and_a_checkpoint_that_loads(tmp_path, monkeypatch):
    place, step, seen = tmp_path / "run", mg.GAN.step, []

    def watched(gan, real):
        if gan.steps in (14, 29):
            assert names(place) == {"recipe.json", "history.csv", "frames.bin", "checkpoint.npz"}
            seen.append((mg.load(place).gan.steps, len(History.from_csv(place / "history.csv"))))
            assert len(mg.load(place).history) == mg.load(place).gan.steps // 2
        step(gan, real)

    monkeypatch.setattr(mg.GAN, "step", watched)
    begin(replace(TINY, steps=30, log_every=2, save_every=10), place)
    assert seen == [(10, 7), (20, 14)]


def test_without_frames_there_is_no_animation(tmp_path):
    begin(TINY, tmp_path / "run")
    assert names(tmp_path / "run") == ALL - {"training.gif"}


@pytest.mark.parametrize("steps, frames", [(30, 1), (30, 2), (29, 2), (29, 29), (7, 60), (31, 7)])
def test_the_animation_has_at_most_as_many_frames_as_asked_for_and_ends_with_the_last_step(
    steps, frames, tmp_path, monkeypatch
):
    shown = []
    monkeypatch.setattr(plotting, "animate", lambda data, f, path, name: (shown.extend(f), path.touch()))
    monkeypatch.setattr(plotting, "samples_figure", lambda *args, **options: None)
    monkeypatch.setattr(plotting, "save", lambda figure, path: path.touch())
    monkeypatch.setattr(pictures, "SAMPLES", 10)
    begin(replace(TINY, steps=steps, frames=frames, log_every=1), tmp_path / "run")
    at = [frame.step for frame in shown]
    assert at[-1] == steps and len(at) <= frames
    assert len(at) > min(steps, frames) / 3  # and not many fewer
    assert all(frame.row["step"] == frame.step and "high_quality" in frame.row for frame in shown)


@pytest.mark.parametrize("data", ["ring", "gaussian", "digits"])
def test_a_frame_comes_back_from_its_file_as_what_the_figures_show(data, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(plotting, "animate", lambda data, f, path, name: (shown.extend(f), path.touch()))
    state = begin(replace(TINY, data=data, frames=1), tmp_path / "run")
    samples, grid = state.sample(run.SAMPLES), plotting.opinion_grid(state.dataset())
    np.testing.assert_array_equal(shown[0].samples, samples[:64] if data == "digits" else samples)
    if data == "digits":
        assert shown[0].opinion is None and grid is None
    else:
        np.testing.assert_array_equal(shown[0].opinion, state.opinion(grid))


def test_an_empty_folder_is_as_good_as_none(tmp_path):
    begin(TINY, tmp_path)
    assert names(tmp_path) == ALL - {"training.gif"}


@pytest.mark.parametrize("what", ["file", "folder with a file", "run"])
def test_a_place_that_holds_something_is_refused_and_left_as_it_was(what, tmp_path):
    place = tmp_path / "place"
    if what == "file":
        place.write_text("dear diary")
    else:
        place.mkdir()
        (place / ("recipe.json" if what == "run" else ".hidden")).write_text("dear diary")
    with pytest.raises(RecipeError, match="already holds something; give another folder with --out"):
        begin(TINY, place)
    kept = place if what == "file" else next(iter(place.iterdir()))
    assert kept.read_text() == "dear diary" and len(list(tmp_path.rglob("*"))) == 1 + (what != "file")


def full(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def on_call(number, function, fails):
    calls = []

    def wrapped(*args, **kwargs):
        calls.append(1)
        return (fails if len(calls) == number else function)(*args, **kwargs)

    return wrapped


FAILURES = {  # where a disk is full, at which call, and what is then saved
    "first checkpoint": (checkpoint, "save", 1, 0),
    "second checkpoint": (checkpoint, "save", 2, 0),
    "last checkpoint": (checkpoint, "save", 3, 10),
    "first row": (runs.Log, "write", 1, 0),
    "last row": (runs.Log, "write", 4, 10),
    "flushing": (os, "fsync", 1, 0),
    "picture": (plotting, "save", 1, 20),
    "animation": (plotting, "animate", 1, 20),
}


@pytest.mark.parametrize("made", [True, False], ids=["new folder", "empty folder"])
@pytest.mark.parametrize("module, name, call, saved", FAILURES.values(), ids=FAILURES)
def test_a_run_that_fails_leaves_nothing_or_what_is_needed_to_go_on(
    module, name, call, saved, made, whole, tmp_path, monkeypatch
):
    place = tmp_path / "run"
    if not made:
        place.mkdir()
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left") as caught:
        patch.setattr(module, name, on_call(call, getattr(module, name), full))
        begin(replace(TINY, frames=2), place)
    assert set(tmp_path.iterdir()) <= {place}
    (note,) = caught.value.__notes__
    if not saved:
        assert note == "nothing was left behind"
        assert not place.exists() if made else list(place.iterdir()) == []
        return
    assert note == f"{place} holds its state after step {saved}; `minigan train --resume {place}` goes on"
    assert mg.load(place).gan.steps == saved and not list(place.glob("*.part"))
    runs.resume(place)
    assert files(place) == whole


def test_a_recipe_that_does_not_fit_makes_no_folder(tmp_path):
    np.save(tmp_path / "data.npy", np.random.default_rng(0).normal(size=(120, 3)))
    data = str(tmp_path / "data.npy")
    for wrong in (
        replace(TINY, data=data, batch=109),  # of 120 rows 12 are held out
        replace(TINY, data=data, batch=55, updates="alternating", d_steps=2),
        replace(TINY, backend="cupy") if backend.find_cupy()[0] is None else replace(TINY, data="nothing"),
        replace(TINY, data="nothing"),
    ):
        with pytest.raises((ValueError, mg.BackendError)):
            begin(wrong, tmp_path / "run")
        assert not (tmp_path / "run").exists()


def test_a_diverging_run_leaves_its_last_good_state_and_its_pictures(tmp_path):
    wild = replace(TINY, optimizer="sgd", learning_rate=1e10, log_every=1, frames=20)
    with pytest.raises(Diverged) as caught:
        begin(wild, tmp_path / "run")
    assert names(tmp_path / "run") == ALL | {"frames.bin"}
    assert caught.value.__notes__ == [f"{tmp_path / 'run'} holds the last good state"]
    back = mg.load(tmp_path / "run")
    assert 0 < back.gan.steps == caught.value.good == back.history["step"][-1]
    assert all(np.isfinite(vector).all() for vector in back.gan.vectors().values())
    again, data = run.start(wild)
    mg.train(again.gan, data, back.gan.steps, wild.batch, scaler=again.scaler)
    for name, vector in again.gan.vectors().items():
        np.testing.assert_array_equal(back.gan.vectors()[name], vector)
    left = files(tmp_path / "run")
    with pytest.raises(Diverged) as again:  # it is what the recipe says
        runs.resume(tmp_path / "run")
    assert str(again.value) == str(caught.value)
    assert files(tmp_path / "run") == left


def test_a_run_that_diverges_at_once_leaves_its_start(tmp_path):
    with pytest.raises(Diverged, match=r"step \d made .* after step 0\."):
        begin(replace(TINY, optimizer="sgd", learning_rate=1e38), tmp_path / "run")
    back = mg.load(tmp_path / "run")
    fresh, _ = run.start(back.recipe)
    assert back.gan.steps == 0 and len(back.history) == 0
    np.testing.assert_array_equal(back.gan.generator.theta, fresh.gan.generator.theta)


def test_samples_that_overflow_though_no_weight_does_are_divergence_too(tmp_path, monkeypatch):
    sample, calls = run.Run.sample, []

    def overflowing(self, n, *args, **options):
        calls.append(n)
        return sample(self, n, *args, **options) * (1 if len(calls) == 1 else np.inf)

    monkeypatch.setattr(run.Run, "sample", overflowing)
    with pytest.raises(Diverged, match=r"step 20 made a number in 'samples' .* after step 10"):
        begin(replace(TINY, frames=2), tmp_path / "run")
    assert mg.load(tmp_path / "run").gan.steps == 10


def test_a_run_records_what_its_bits_depend_on(tmp_path):
    begin(replace(TINY, data="digits"), tmp_path / "run")
    _, extra, _ = checkpoint.read(tmp_path / "run" / "checkpoint.npz")
    (made_with,) = extra["made with"]
    assert made_with["numpy"] == np.__version__ and made_with["threads"] == 1
    wanted = {"minigan", "machine", "system", "python", "numpy", "blas", "threads", "ranks", "data"}
    assert set(made_with) == wanted
    assert all(made_with.values())
    recipe = json.loads((tmp_path / "run" / "recipe.json").read_text())
    assert recipe == json.loads(replace(TINY, data="digits").to_json()) == extra["recipe"]


# ---------------------------------------------------------------------------------------- what cannot be told


def test_where_the_theory_cannot_be_told_a_run_goes_on_with_nan_and_is_drawn(tmp_path, monkeypatch):
    def refuse(*_):
        raise pictures.oracle.OracleError("G turns more than 64 times")

    monkeypatch.setattr(pictures.oracle, "standing", refuse)
    recipe = replace(TINY, data="gaussian", latent=1, frames=2)
    history = begin(recipe, tmp_path / "run").history
    assert np.isnan(history["js"]).all() and np.isnan(history["gap"]).all()
    assert np.isfinite(history["value"]).all() and names(tmp_path / "run") == ALL
    back = mg.load(tmp_path / "run")
    assert np.isnan(back.history["js"]).all() and mg.diagnose(back) == mg.diagnose(back.history)


# --------------------------------------------------------------------------------------------- games of scores


@pytest.mark.parametrize("data", ["ring", "gaussian"])
def test_a_wasserstein_run_tells_no_value_and_no_probability(data, tmp_path, capsys):
    wanted = {"data": data, "latent": 1 if data == "gaussian" else 2}
    recipe = replace(TINY, objective="wasserstein", gradient_penalty=1.0, frames=2, **wanted)
    state = begin(recipe, tmp_path / "run")
    assert names(tmp_path / "run") == ALL
    columns = state.history.columns
    assert columns[:4] == ["step", "d_loss", "g_loss", "advantage"]
    assert not {"value", "d_real", "d_fake", "gap"} & set(columns) and ("js" in columns) == (data == "gaussian")
    back = mg.load(tmp_path / "run")
    grid = plotting.opinion_grid(back.dataset())
    with pytest.raises(ValueError, match="D gives scores, no probabilities"):
        back.opinion(grid)
    ranks, real = back.judge(grid, back.dataset()), back.dataset().some(500, np.random.default_rng(0))
    scores = back.gan.discriminator(back.scaler.to_network(grid))[:, 0]
    of_real = back.gan.discriminator(back.scaler.to_network(real))[:, 0]
    np.testing.assert_allclose(ranks, [(of_real < s).mean() for s in scores])


def test_a_run_on_v_is_judged_by_its_opinion(tmp_path):
    state = begin(TINY, tmp_path / "run")
    x = np.random.default_rng(0).normal(size=(7, 2))
    np.testing.assert_array_equal(state.judge(x, state.dataset()), state.opinion(x))
