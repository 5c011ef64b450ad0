"""Full disks, vanished folders, rivals, damaged and swapped files: each refused or outlived, and nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import minigan as mg
from minigan.cli import main
from minigan.runs import checkpoint, replay
from minigan.runs import folder as runs
from minigan.runs.checkpoint import CheckpointError
from minigan.runs.folder import begin, resume
from minigan.runs.recipe import Recipe, RecipeError
from minigan.runs.training import Stopped

TINY = Recipe(steps=40, log_every=4, save_every=8, frames=5, generator=(8,), discriminator=(8,), batch=16)
MINIGAN = f"{sys.executable} -W error -m minigan"
ALONE = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def stop_after(monkeypatch, steps):
    step = mg.GAN.step

    def counted(gan, real):
        step(gan, real)
        if gan.steps == steps:
            raise Stopped

    monkeypatch.setattr(mg.GAN, "step", counted)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Of seeds 0 and 1 the files of a run that was stopped after step 20 of 40, and of one that was not."""
    place = tmp_path_factory.mktemp("made")
    for seed in (0, 1):
        begin(replace(TINY, seed=seed), place / f"whole-{seed}")
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
            stop_after(patch, 22)
            begin(replace(TINY, seed=seed), place / f"half-{seed}")
    return {path.name: files(path) for path in place.iterdir()}


@pytest.fixture
def half(made, tmp_path):
    """A run that was stopped after step 20, to be gone on with, or to be damaged first."""
    return put(made["half-0"], tmp_path / "run")


def put(content, folder):
    folder.mkdir()
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return folder


# ------------------------------------------------------------------------------------------ killed as it begins


def killed(lines, play, *args):
    """Do this in a child that is killed after so many lines of minigan's own; True if it got to its end before."""
    child = os.fork()
    if child == 0:
        count = 0

        def tracer(frame, event, arg):
            nonlocal count
            if "minigan" not in frame.f_code.co_filename:
                return None
            count += 1
            if count == lines:
                os._exit(9)
            return tracer

        try:
            sys.settrace(tracer)
            play(*args)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def gone_on_with(place, again):
    """What a user would do: go on with it, or where there is nothing to go on with, give the command again."""
    try:
        resume(place)
    except RecipeError as error:
        assert "holds no run to go on with; `minigan train` makes one" in str(error)
        again()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize("times", [4, pytest.param(60, marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", ["run", "fork"])
def test_killed_at_any_early_moment_it_can_be_gone_on_with_or_begun_again(kind, times, tmp_path, made):
    recipe = replace(TINY, steps=24, save_every=16, frames=2)
    parent = put(made["half-0"], tmp_path / "parent")
    resume(parent)
    play = {
        "run": lambda place: begin(recipe, place),
        "fork": lambda place: replay.fork(parent, 12, {"steps": "32"}, place),
    }[kind]
    play(tmp_path / "whole")
    wanted = files(tmp_path / "whole")
    lines = 2000  # of the way to the first checkpoint, and beyond
    for k in range(times):
        place = tmp_path / f"{k}"
        killed(lines * (k + 1) // (times + 1), play, place)
        gone_on_with(place, lambda place=place: play(place))
        assert files(place) == wanted, sorted(files(place))


@pytest.mark.parametrize("left", ["history.csv", "frames.bin", "checkpoint.npz.part", "recipe.json.part"])
def test_what_a_run_leaves_that_was_killed_as_it_began_is_taken_with_a_word(left, tmp_path, capsys):
    place = tmp_path / "run"
    place.mkdir()
    (place / left).write_bytes(b"" if left in ("history.csv", "frames.bin") else b"half")
    settings = [f"--set={key}={getattr(TINY, key)}" for key in ("steps", "log_every", "batch")]
    small = ["--set=generator=8", "--set=discriminator=8", "--set=frames=0"]
    assert main(["train", "ring", *settings, *small, "--out", str(place)]) == 0
    assert f"{place} held the beginning of a run that was killed; it is taken\n" in capsys.readouterr().err
    assert not list(place.glob("*.part")) and mg.load(place).gan.steps == 40


@pytest.mark.parametrize("kept", ["history.csv", "notes.part", "checkpoint.npz", "link.part"])
def test_a_folder_that_holds_more_is_not_taken(kept, tmp_path):
    place = tmp_path / "run"
    place.mkdir()
    if kept == "link.part":
        (place / kept).symlink_to(tmp_path / "elsewhere")
    else:
        (place / kept).write_text("step\n1\n")
    with pytest.raises(RecipeError, match="already holds something"):
        begin(TINY, place)
    assert [path.name for path in place.iterdir()] == [kept]


def test_a_run_that_fails_early_removes_what_is_its_own_and_nothing_else(tmp_path, monkeypatch):
    place, save = tmp_path / "run", checkpoint.save

    def full(gan, path, *args, **more):
        if gan.steps:
            (place / "notes.txt").write_text("mine")
            (place / "mine").mkdir()
            (place / "checkpoint.npz.old").write_text("mine too")
            raise OSError("No space left")
        save(gan, path, *args, **more)

    monkeypatch.setattr(checkpoint, "save", full)
    with pytest.raises(OSError, match="No space left"):
        begin(TINY, place)
    assert sorted(path.name for path in place.iterdir()) == ["checkpoint.npz.old", "mine", "notes.txt"]


# -------------------------------------------------------------------------------------------------- a torn history

TAILS = {
    "half a line": b"24,1.38629",
    "a line without its end": b"24,1.4,0.7,-1.4,0.5,0.5,0.5,0.1,1.0,0,",
    "rows that the checkpoint does not know": b"24,1,1,1,1,1,1,1,1,0,\n28,2,2,2,2,2,2,2,2,0,0.5\n",
    "zeros, as a file system leaves after a power cut": bytes(400),
    "no text at all": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
@pytest.mark.parametrize("name", ["history.csv", "frames.bin"])
def test_what_was_written_after_the_checkpoint_is_cut_off_and_made_again(name, tail, half, made):
    with (half / name).open("ab") as file:
        file.write(tail)
    assert mg.load(half).history["step"].tolist() == [4, 8, 12, 16, 20]
    resume(half)
    assert files(half) == made["whole-0"]


# ------------------------------------------------------------------------------------------------ damaged, swapped


def told(folder, *words):
    """The one line with which this folder is refused, by load and by resume alike."""
    with pytest.raises((CheckpointError, RecipeError, OSError)) as caught:
        resume(folder)
    message = str(caught.value)
    assert "\n" not in message and all(word in message for word in words), message
    return message


@pytest.mark.parametrize("name", ["history.csv", "frames.bin"])
@pytest.mark.parametrize("how", ["cut short", "empty", "gone"])
def test_a_log_that_is_shorter_than_the_checkpoint_knows_is_refused_by_name(name, how, half):
    path = half / name
    if how == "gone":
        path.unlink()
    else:
        os.truncate(path, 0 if how == "empty" else path.stat().st_size - 1)
    told(half, f"{path} is not the one that its checkpoint was saved with")


@pytest.mark.parametrize("places", [100, pytest.param(None, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", ["history.csv", "checkpoint.npz", "recipe.json"])
def test_a_run_loads_as_it_was_or_not_at_all_whichever_byte_is_changed(name, places, half):
    path, rng = half / name, np.random.default_rng(0)
    content, before = path.read_bytes(), mg.load(half)
    places, refused = places or len(content), 0
    for place in rng.permutation(len(content))[:places]:
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            back = mg.load(half)
        except (CheckpointError, RecipeError) as error:
            assert str(half) in str(error) and "\n" not in str(error)
            refused += 1
        else:  # a blank between two settings
            assert back.recipe == before.recipe and back.history.rows == before.history.rows
    assert refused == places if name != "recipe.json" else refused > places / 2


def test_a_frame_that_was_changed_is_refused(half):
    path = half / "frames.bin"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    told(half, "frames.bin is not the one")


SWAPPED = {
    "recipe.json": "recipe.json and {}/checkpoint.npz are of two runs: in the first seed is 1, in the second 0",
    "checkpoint.npz": "recipe.json and {}/checkpoint.npz are of two runs: in the first seed is 0, in the second 1",
    "history.csv": "{}/history.csv is not the one that its checkpoint was saved with",
    "frames.bin": "{}/frames.bin is not the one that its checkpoint was saved with",
}


@pytest.mark.parametrize("name", SWAPPED)
def test_a_file_of_another_run_is_refused_by_name(name, half, made):
    (half / name).write_bytes(made["half-1"][name])
    before = files(half)
    told(half, SWAPPED[name].format(half))
    assert files(half) == before


def test_the_checkpoint_of_another_data_set_is_refused_though_all_else_is_equal(half, made):
    recipe = half / "recipe.json"
    recipe.write_text(recipe.read_text().replace('"ring"', '"grid"'))
    told(half, "in the first data is 'grid', in the second 'ring'")


@pytest.mark.parametrize("name", ["recipe.json", "checkpoint.npz", "history.csv"])
def test_a_link_out_of_the_folder_is_not_followed(name, half, tmp_path):
    (half / name).rename(tmp_path / "elsewhere")
    (half / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match=f"{name} is a link out of the run's folder"):
        mg.load(half)
    (half / name).unlink()
    (half / name).symlink_to(name)  # a loop
    with pytest.raises((OSError, CheckpointError, RecipeError)):
        mg.load(half)


def forged(half, **extra):
    """The checkpoint with another extra, and with a right checksum."""
    gan, old, arrays = checkpoint.read(half / "checkpoint.npz")
    checkpoint.save(gan, half / "checkpoint.npz", old | extra, **arrays)


FORGED = {
    "history": [None, 3, {}, {"bytes": "x", "sha256": 7}, {"bytes": 1e9, "sha256": 7}, {"bytes": -1, "sha256": 7}],
    "frames": [None, 3, {}, {"bytes": None, "sha256": ""}],
    "recipe": [None, 3, {"stpes": 3}, {"steps": "3"}, []],
    "form": [None, 3],
    "made with": [None, 3, [], [3], ["numpy"], {"numpy": "2"}],
}


@pytest.mark.parametrize("key, value", [(key, value) for key, values in FORGED.items() for value in values])
def test_what_a_forger_says_beside_the_weights_is_refused_in_one_line(key, value, half, capsys):
    forged(half, **{key: value})
    assert main(["train", "--resume", str(half)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"minigan: {half}") and err.count("\n") == 1


# ------------------------------------------------------------------------------------------------------ the folder


def when(monkeypatch, steps, act):
    """Do this before the step that follows so many."""
    step = mg.GAN.step

    def watched(gan, real):
        if gan.steps == steps:
            act()
        step(gan, real)

    monkeypatch.setattr(mg.GAN, "step", watched)


def test_a_folder_that_is_deleted_in_training_ends_the_run_at_its_next_save(tmp_path, monkeypatch, capsys):
    place = tmp_path / "run"
    when(monkeypatch, 21, lambda: shutil.rmtree(place))
    (tmp_path / "recipe.json").write_text(TINY.to_json())
    assert main(["train", "--recipe", str(tmp_path / "recipe.json"), "--out", str(place)]) == 2
    err = capsys.readouterr().err
    assert err == f"minigan: {place}: was deleted or moved while it was trained in\n"
    assert not place.exists()


@pytest.mark.parametrize("step", [3, 21])
def test_another_run_in_the_place_of_one_that_was_deleted_is_not_touched(step, tmp_path, monkeypatch, made):
    place = tmp_path / "run"
    when(monkeypatch, step, lambda: (shutil.rmtree(place), put(made["half-1"], place)))
    with pytest.raises(OSError, match="was deleted or moved"):
        begin(TINY, place)
    assert files(place) == made["half-1"]


def test_a_folder_that_is_moved_while_it_is_trained_in_can_be_gone_on_with_there(tmp_path, monkeypatch, made):
    place, moved = tmp_path / "run", tmp_path / "moved"
    with monkeypatch.context() as patch, pytest.raises(OSError, match="was deleted or moved"):
        when(patch, 21, lambda: place.rename(moved))
        begin(TINY, place)
    assert mg.load(moved).gan.steps == 16
    resume(moved)
    assert files(moved) == made["whole-0"]


# ---------------------------------------------------------------------------------------------------------- rivals


def test_two_processes_cannot_go_on_with_one_run(half):
    with pytest.raises(CheckpointError, match=r"run is being trained in by another process; wait for it"):
        rival = runs.Keeper(half)
        try:
            resume(half)
        finally:
            rival.close()
    assert resume(half).gan.steps == 40


def test_the_second_process_is_refused_and_a_killed_one_leaves_no_lock(half, made, tmp_path):
    endless = replace(TINY, steps=1_000_000, seed=5)
    (tmp_path / "recipe.json").write_text(endless.to_json())
    place = tmp_path / "endless"
    command = [*MINIGAN.split(), "train", "--recipe", tmp_path / "recipe.json", "--out", place]
    with subprocess.Popen(command, env=ALONE) as first:
        while not (place / "history.csv").exists() or (place / "history.csv").stat().st_size < 1000:
            assert first.poll() is None
        os.kill(first.pid, signal.SIGSTOP)
        line = [*MINIGAN.split(), "train", "--resume", place]
        second = subprocess.run(line, env=ALONE, capture_output=True, text=True, check=False)
        said_once(second, f"minigan: {place} is being trained in by another process; wait for it")
        assert mg.load(place).gan.steps > 0  # looking is allowed
        first.kill()
    runs.Keeper(place).close()


@pytest.mark.parametrize("name", ["start", "Keeper"])
def test_of_two_that_start_in_one_empty_folder_the_slower_gives_way(name, tmp_path, monkeypatch, made):
    place, quick = tmp_path / "run", getattr(runs, name)

    def slow(*given):
        monkeypatch.setattr(runs, name, quick)
        if place.exists():
            place.rmdir()  # made by the slower, a moment ago
        begin(TINY, place)
        return quick(*given)

    monkeypatch.setattr(runs, name, slow)
    with pytest.raises(RecipeError, match="already holds something"):
        begin(replace(TINY, seed=1), place)
    assert files(place) == made["whole-0"]


# ---------------------------------------------------------------------------------------------------------- clocks


def test_no_clock_decides_anything(half, made, monkeypatch):
    now = iter(range(10**9, 0, -1000))
    for name in ("time", "monotonic", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: float(next(now)))
    for path in half.iterdir():
        os.utime(path, (2**33, 2**33))  # in the year 2242
    resume(half)
    assert files(half) == made["whole-0"]


# ----------------------------------------------------------------------------------------------------------- disks


def shell(script, **options):
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=ALONE, check=False, **options)


INSIDE = "unshare --map-root-user --mount"  # a mount that no other process sees and that ends with this one
CAN_MOUNT = sys.platform == "linux" and shell(f"{INSIDE} mount -t tmpfs none /tmp").returncode == 0


def said_once(done, words):
    """A command that failed in one line."""
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1, done
    assert "Traceback" not in done.stderr


if CAN_MOUNT:  # elsewhere only the limit on a file's size can be tried, below

    @pytest.mark.parametrize("size", [8, 60, 140, 300])  # KiB
    def test_a_full_disk_loses_nothing_that_was_saved(size, made, tmp_path):
        disk, out = tmp_path / "disk", tmp_path / "out"
        disk.mkdir()
        out.mkdir()
        (tmp_path / "recipe.json").write_text(TINY.to_json())
        script = f"""
            mount -t tmpfs -o size={size}k none {disk} || exit 99
            {MINIGAN} train --recipe {tmp_path}/recipe.json --out {disk}/run
            test $? = 2 || exit 98
            cp -r {disk}/run {out}/left 2>/dev/null
            mount -o remount,size=20m {disk} || exit 97
            test ! -e {disk}/run || {MINIGAN} train --resume {disk}/run >/dev/null || exit 96
            cp -r {disk}/run {out}/run 2>/dev/null
            exit 2"""
        done = subprocess.run([*INSIDE.split(), "sh", "-c", script], capture_output=True, text=True, env=ALONE)
        said_once(done, "No space left on device")
        if (out / "left").exists():
            assert "goes on" in done.stderr and mg.load(out / "left").gan.steps >= 8
            assert files(out / "run") == made["whole-0"]
        else:
            assert "nothing was left behind" in done.stderr and size < 100

    def test_a_folder_that_may_only_be_read_is_told_and_left(half, tmp_path):
        before = files(half)
        for line, words in {
            f"train --out {half}/new --steps 9": f"{half}/new: Read-only file system",
            f"train --resume {half}": f"{half}/history.csv: Read-only file system",
        }.items():
            script = f"mount --bind {half} {half} && mount -o remount,ro,bind {half} && {MINIGAN} {line}"
            done = subprocess.run([*INSIDE.split(), "sh", "-c", script], capture_output=True, text=True, env=ALONE)
            said_once(done, words)
        assert files(half) == before


if hasattr(os, "geteuid") and os.geteuid():  # root may write anywhere

    def test_a_folder_without_permission_is_told_and_left(half):
        before = files(half)
        for path in (*half.iterdir(), half):
            path.chmod(0o500)
        said_once(shell(f"{MINIGAN} train --resume {half}"), "history.csv: Permission denied")
        said_once(shell(f"{MINIGAN} train --out {half}/new --steps 9"), "new: Permission denied")
        assert files(half) == before


@pytest.mark.parametrize("limit", [500, 2_500, 100_000, 150_000])
def test_a_quota_that_cuts_a_file_short_loses_nothing_that_was_saved(limit, made, tmp_path):
    resource = pytest.importorskip("resource")
    (tmp_path / "recipe.json").write_text(TINY.to_json())
    place = tmp_path / "run"
    quota = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))  # noqa: E731
    done = shell(f"{MINIGAN} train --recipe {tmp_path}/recipe.json --out {place}", preexec_fn=quota)
    said_once(done, "File too large")
    if "nothing was left behind" in done.stderr:
        assert not place.exists() and limit < 100_000
        return
    assert mg.load(place).gan.steps >= 8
    resume(place)
    assert files(place) == made["whole-0"]
