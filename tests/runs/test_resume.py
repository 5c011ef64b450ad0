"""A run that was stopped or killed, and gone on with, is the run that nothing happened to, byte for byte."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import minigan as mg
from minigan.cli import main
from minigan.core.model import Model
from minigan.runs import checkpoint
from minigan.runs import folder as runs
from minigan.runs.checkpoint import CheckpointError
from minigan.runs.folder import begin, resume
from minigan.runs.recipe import Recipe, RecipeError
from minigan.runs.run import start
from minigan.runs.training import Stopped

HERE = Path(__file__).parent
TINY = Recipe(
    steps=60, log_every=4, save_every=8, frames=4, generator=(8,), discriminator=(8,), batch=16, instance_noise=0.2
)
KINDS = {
    "ring": TINY,
    "line": replace(TINY, data="gaussian", dtype="float64", optimizer="momentum", average=None),
    "digits": replace(TINY, data="digits", batch_norm=True, dropout=0.3, updates="alternating", d_steps=2, r1=0.1),
    "table": replace(TINY, data="people.npy", latent=3, packing=2),
}
SMALL = {"steps": 60, "log_every": 4, "save_every": 8, "frames": 4, "batch": 16}
KINDS |= {
    "made": Recipe(data="digits", model="made", model_options={"hidden": [16], "dropout": 0.3}, **SMALL),
    "flow": Recipe(model="flow", model_options={"hidden": 8, "couplings": 2}, **SMALL),
    "vae": Recipe(data="digits", model="vae", model_options={"likelihood": "binomial", "hidden": 16}, **SMALL),
    "rbm": Recipe(data="digits", model="rbm", model_options={"hidden": 8, "chains": 20}, optimizer="sgd", **SMALL),
    "gsn": Recipe(data="digits", model="gsn", model_options={"hidden": 16}, **SMALL),
}


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def wholes(tmp_path_factory):
    """By the name of a recipe, the recipe and what its run leaves that nothing happens to; each made once."""
    place, made = tmp_path_factory.mktemp("wholes"), {}
    np.save(place / "people.npy", np.random.default_rng(0).normal([170, 70, 30], [10, 12, 5], (120, 3)))

    def whole(name):
        if name not in made:
            recipe = KINDS[name]
            recipe = replace(recipe, data=str(place / recipe.data)) if name == "table" else recipe
            begin(recipe, place / name)
            made[name] = recipe, files(place / name)
        return made[name]

    return whole


def stopped(recipe, folder, monkeypatch, after, play=begin):
    """Train until after so many steps a signal asks to stop."""
    what = mg.GAN if recipe.model == "gan" else Model
    step = what.step

    def signalled(gan, real):
        step(gan, real)
        if gan.steps == after:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch, pytest.raises(Stopped) as caught:
        patch.setattr(what, "step", signalled)
        play(*([recipe] if play is begin else []), folder)
    return caught.value


# ---------------------------------------------------------------------------------------------------- stop and go


@pytest.mark.parametrize("name", KINDS)
def test_stopped_here_and_there_and_gone_on_with_it_leaves_the_same_bytes(name, wholes, tmp_path, monkeypatch):
    recipe, whole = wholes(name)
    place = tmp_path / "run"
    stopped(recipe, place, monkeypatch, 3)
    assert mg.load(place).model.steps == 0
    stopped(recipe, place, monkeypatch, 17, resume)
    assert mg.load(place).model.steps == 16
    stopped(recipe, place, monkeypatch, 38, resume)
    assert mg.load(place).model.steps == 36  # saved when it was stopped, at the last row
    resume(place)
    assert files(place) == whole


def test_a_stop_says_what_is_saved_and_how_to_go_on(wholes, tmp_path, monkeypatch):
    place = tmp_path / "a run's"
    stop = stopped(TINY, place, monkeypatch, 22)
    go_on = f"`minigan train --resume {shlex.quote(str(place))}` goes on"
    assert stop.__notes__ == [f"{place} holds its state after step 20; {go_on}"]
    assert set(files(place)) == {"recipe.json", "history.csv", "checkpoint.npz", "frames.bin"}


def test_what_it_gives_back_is_what_it_leaves(wholes, tmp_path, monkeypatch):
    stopped(TINY, tmp_path / "run", monkeypatch, 30)
    back, left = resume(tmp_path / "run"), mg.load(tmp_path / "run")
    assert back.history.rows == left.history.rows and len(back.history) == 15
    np.testing.assert_array_equal(back.sample(9), left.sample(9))


def test_a_run_that_has_ended_is_left_as_it_is(wholes, tmp_path):
    place, (_, whole) = tmp_path / "run", wholes("ring")
    place.mkdir()
    for name, content in whole.items():
        (place / name).write_bytes(content)
    times = {path: path.stat().st_mtime_ns for path in place.iterdir()}
    with pytest.MonkeyPatch.context() as patch:  # it need not be written to
        patch.setattr(runs, "Log", None)
        assert resume(place).model.steps == 60
    assert {path: path.stat().st_mtime_ns for path in place.iterdir()} == times


@pytest.mark.parametrize("there", [{"recipe.json"}, {"recipe.json", "history.csv"}, None])
def test_a_run_killed_before_its_first_checkpoint_begins_anew(there, wholes, tmp_path, monkeypatch):
    recipe, whole = wholes("ring")
    place = tmp_path / "run"
    stopped(recipe, place, monkeypatch, 5)
    (place / "checkpoint.npz").rename(place / "checkpoint.npz.part")  # it was being written
    for name in set(files(place)) - (there or set(files(place))):
        (place / name).unlink()
    resume(place)
    assert files(place) == whole


@pytest.mark.parametrize("what", ["nowhere", "empty", "file"])
def test_where_there_is_no_run_there_is_none_to_go_on_with(what, tmp_path):
    place = tmp_path / what
    if what == "empty":
        place.mkdir()
    elif what == "file":
        place.write_text("dear diary")
    with pytest.raises(RecipeError, match="holds no run to go on with; `minigan train` makes one"):
        resume(place)
    assert not place.is_dir() or not files(place)


def test_a_run_of_format_1_loads_but_cannot_be_gone_on_with(tmp_path):
    place = tmp_path / "run"
    shutil.copytree(HERE / "run_of_format_1", place)
    before = files(place)
    assert resume(place).model.steps == 20  # it has ended
    assert files(place) == before
    (place / "recipe.json").write_text(replace(mg.load(place).recipe, steps=40).to_json())
    with pytest.raises(CheckpointError, match="cannot be gone on with: format 1 kept no frames"):
        resume(place)


# ---------------------------------------------------------------------------------------------- other surroundings


OTHER = {"numpy": "1.26.4", "threads": 8, "blas": "MKL 2024.2", "machine": "arm64", "gpu": "H100"}


@pytest.mark.parametrize("name, value", OTHER.items(), ids=OTHER)
def test_surroundings_that_differ_are_named_and_gone_on_in_only_when_told(
    name, value, wholes, tmp_path, monkeypatch, capsys
):
    place, real = tmp_path / "run", runs.surroundings
    with monkeypatch.context() as there:
        there.setattr(runs, "surroundings", lambda *args: real(*args) | {name: value})
        stopped(TINY, place, monkeypatch, 30)
    before, now = files(place), real(mg.load(place), mg.ring()).get(name)
    assert main(["train", "--resume", str(place)]) == 2
    line = capsys.readouterr().err
    assert f"{name} was {value}, is {now}" in line and "--anyway goes on all the same" in line
    assert line.count(" was ") == 2 and files(place) == before  # the other is "was made in other surroundings"
    assert main(["train", "--resume", str(place), "--anyway"]) == 0
    _, extra, _ = checkpoint.read(place / "checkpoint.npz")
    assert [there.get(name) for there in extra["made with"]] == [value, now]
    left = files(place)
    whole = wholes("ring")[1]
    assert left.pop("checkpoint.npz") != whole["checkpoint.npz"]
    assert left == {name: whole[name] for name in left}


def test_data_that_changed_are_named_too(tmp_path, monkeypatch):
    x = np.random.default_rng(0).normal(size=(90, 3))
    np.save(tmp_path / "data.npy", x)
    recipe = replace(TINY, data=str(tmp_path / "data.npy"))
    stopped(recipe, tmp_path / "run", monkeypatch, 30)
    x[7, 1] += 1e-3
    np.save(tmp_path / "data.npy", x)
    with pytest.raises(RecipeError, match=r"data was \w{64}, is \w{64}"):
        resume(tmp_path / "run")
    np.save(tmp_path / "data.npy", x[:, :2])
    with pytest.raises(mg.DataError, match="has 2 columns, the run was trained on 3"):
        resume(tmp_path / "run", anyway=True)


def test_data_may_move_and_the_recipe_say_where_to(tmp_path, monkeypatch):
    np.save(tmp_path / "data.npy", np.random.default_rng(0).normal(size=(90, 3)))
    recipe = replace(TINY, data=str(tmp_path / "data.npy"))
    stopped(recipe, tmp_path / "run", monkeypatch, 30)
    (tmp_path / "data.npy").rename(tmp_path / "moved.npy")
    (tmp_path / "run" / "recipe.json").write_text(replace(recipe, data=str(tmp_path / "moved.npy")).to_json())
    assert resume(tmp_path / "run").model.steps == 60


def test_a_recipe_holds_what_was_read_and_is_equal_without_it(tmp_path):
    np.save(tmp_path / "data.npy", np.random.default_rng(0).normal(size=(100, 3)))
    recipe = replace(TINY, data=str(tmp_path / "data.npy"), said="what a recipe of another run said")
    run = begin(recipe, tmp_path / "run")
    assert run.recipe.said == "data.npy: 100 rows of 3 columns, 10 of them held out"
    assert (
        Recipe.from_json((tmp_path / "run" / "recipe.json").read_text()).said
        == mg.load(tmp_path / "run").recipe.said
        == run.recipe.said
    )
    assert run.recipe == recipe == Recipe.from_json(recipe.to_json())
    assert "said" not in Recipe().to_json()


# ------------------------------------------------------------------------------------------------ the command line


@pytest.mark.parametrize(
    "args, says",
    [
        (["grid"], "leave out data"),
        (["--steps", "9"], "leave out steps"),
        (["--set", "batch=3", "--out", "b"], "leave out out, set"),
    ],
)
def test_going_on_takes_no_settings(args, says, tmp_path, capsys):
    assert main(["train", "--resume", str(tmp_path), *args]) == 2
    assert capsys.readouterr().err == (
        f"minigan: --resume goes on as the run's own recipe says; {says}. "
        f"Another future is a fork: `minigan replay {tmp_path} --at STEP --fork steps=N`\n"
    )


def test_anyway_goes_with_resume(capsys):
    assert main(["train", "--anyway"]) == 2
    assert capsys.readouterr().err == "minigan: --anyway goes with --resume DIR\n"


def test_a_finished_run_of_the_first_format_is_told_of_as_it_is(tmp_path, capsys):
    shutil.copytree(HERE / "run_of_format_1", tmp_path / "run")
    before = files(tmp_path / "run")
    assert main(["train", "--resume", str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    assert "step" in said and "health" not in said
    assert files(tmp_path / "run") == before


COMMAND = [sys.executable, "-W", "error", "-m", "minigan", "train"]
ALONE = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_first_and_says_what_to_type(number, wholes, tmp_path, capsys):
    recipe, place = replace(TINY, steps=100_000, log_every=50, save_every=100_000), tmp_path / "run"
    (tmp_path / "recipe.json").write_text(recipe.to_json())
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": ALONE}
    if os.name == "posix":  # a shell's & would leave SIGINT ignored, here and in all that starts from here
        options["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen([*COMMAND, "--recipe", tmp_path / "recipe.json", "--out", place], **options) as process:
        while not (place / "history.csv").exists() or (place / "history.csv").stat().st_size < 2000:
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    steps = mg.load(place).model.steps
    assert steps > 0 and steps == mg.load(place).history["step"][-1]
    go_on = f"minigan train --resume {place}"
    assert err == f"minigan: interrupted; {place} holds its state after step {steps:,}; `{go_on}` goes on\n"
    fresh, data = start(recipe)
    mg.train(fresh.gan, data, steps, recipe.batch, scaler=fresh.scaler)
    for name, vector in fresh.model.vectors().items():
        np.testing.assert_array_equal(mg.load(place).model.vectors()[name], vector)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.parametrize("kills", [6, pytest.param(25, marks=pytest.mark.long)])
def test_killed_at_random_moments_and_in_saves_and_gone_on_with_it_leaves_the_same_bytes(kills, tmp_path):
    recipe = replace(TINY, steps=40 * kills, log_every=1, save_every=2, frames=5)
    begin(recipe, tmp_path / "whole")
    args = [HERE / "kill_runs.py", tmp_path / "run", recipe.to_json(), str(kills), "0"]
    done = subprocess.run([*COMMAND[:3], *args], capture_output=True, text=True, env=ALONE, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert files(tmp_path / "run") == files(tmp_path / "whole")


@pytest.mark.long
def test_the_command_itself_killed_25_times_leaves_the_same_bytes(tmp_path):
    """As a user would be struck: whole processes, from their start on, killed wherever they are."""
    recipe, place = replace(TINY, steps=12_000, log_every=5, save_every=10, frames=20), tmp_path / "run"
    (tmp_path / "recipe.json").write_text(recipe.to_json())
    begin(recipe, tmp_path / "whole")
    rng, line, left = np.random.default_rng(0), ["--recipe", tmp_path / "recipe.json", "--out", place], []
    for _ in range(25):
        with subprocess.Popen([*COMMAND, *line], stderr=subprocess.PIPE, env=ALONE) as process:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(rng.uniform(0.1, 1.2))
            process.kill()
        names = files(place) if place.exists() else {}
        left.append((mg.load(place).model.steps if "checkpoint.npz" in names else None, set(names)))
        if (place / "recipe.json").exists():
            line = ["--resume", place]
        elif place.exists():
            shutil.rmtree(place)
    assert main(["train", "--resume", str(place)]) == 0
    assert files(place) == files(tmp_path / "whole")
    print(*((step, "in a save") if "checkpoint.npz.part" in names else step for step, names in left))
