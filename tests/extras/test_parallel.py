"""A game on several processes is the game on one, up to the order of a sum; under a real mpiexec, and by hand."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import mpi_games
import numpy as np
import pytest

import minigan as mg
from minigan.cli import main
from minigan.files import lock
from minigan.runs import parallel

HERE = Path(__file__).parent


class Alone:
    """A communicator of one process that says it is `rank` of `size`: enough to ask who takes what."""

    def __init__(self, rank, size):
        self.rank, self.size = rank, size

    rows, join = parallel.Ranks.rows, parallel.Ranks.join


def launch(n, *command):
    """Start a command on n ranks -> Popen. The settings let Open MPI run as root, and on fewer cores."""
    beside = Path(sys.executable).parent / "mpiexec"
    program = beside if beside.exists() else shutil.which("mpiexec")
    if program is None:
        pytest.skip("there is no mpiexec here: pip install 'minigan[mpi]'")
    own = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OPENBLAS_NUM_THREADS": "1"}
    own["PRTE_MCA_rmaps_default_mapping_policy"] = ":oversubscribe"
    call = [str(program), "-n", str(n), sys.executable, *map(str, command)]
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | own)


def ended(process):
    """What came of it -> CompletedProcess."""
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def mpiexec(n, *command):
    """Run a command on n ranks to its end -> CompletedProcess."""
    return ended(launch(n, *command))


@pytest.mark.parametrize("ranks", [2, 3])
def test_whole_games_on_several_ranks_end_where_one_process_ends(ranks, tmp_path):
    done = mpiexec(ranks, HERE / "mpi_games.py", tmp_path / "found.npz")
    assert done.returncode == 0, done.stderr
    found, alone = np.load(tmp_path / "found.npz"), mpi_games.play()
    assert set(found.files) == alone.keys()
    for name, wanted in alone.items():  # 1e-10 is measured, after 40 steps
        np.testing.assert_allclose(found[name], wanted, rtol=0, atol=1e-9 * max(1, np.abs(wanted).max(initial=0)))


def test_ranks_whose_weights_differ_by_a_bit_are_stopped_and_named(tmp_path):
    done = mpiexec(2, HERE / "mpi_games.py", tmp_path / "found.npz", "fault")
    assert done.returncode != 0 and not (tmp_path / "found.npz").exists()
    assert "after step 1 the weights of ranks 1 differ from rank 0's" in done.stderr


@pytest.mark.parametrize("n", [3, 7, 64])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_row_is_one_ranks_and_shares_are_even(n, size):
    shares = [Alone(rank, size).rows(n) for rank in range(size)]
    assert [row for share in shares for row in range(n)[share]] == list(range(n))
    lengths = [share.stop - share.start for share in shares]
    assert max(lengths) - min(lengths) <= 1


def test_more_ranks_than_rows_are_refused():
    with pytest.raises(parallel.ParallelError, match="2 rows a batch cannot be shared by 3 ranks"):
        Alone(0, 3).rows(2)


@pytest.mark.parametrize("kinds", [1, 2])
def test_the_shares_of_a_draw_are_the_draw(kinds):
    def of(rng):
        return rng.standard_normal((kinds * 7, 3)), rng.uniform(-1, 2, (kinds * 7, 1))

    whole = of(np.random.default_rng(5))
    for share in (slice(0, 3), slice(3, 7)):
        mine = parallel.Share(np.random.default_rng(5), share, 7)
        own = share.stop - share.start
        for drawn, all_rows in zip(
            (mine.standard_normal((kinds * own, 3)), mine.uniform(-1, 2, (kinds * own, 1))), whole, strict=True
        ):
            np.testing.assert_array_equal(drawn, all_rows.reshape(kinds, 7, -1)[:, share].reshape(drawn.shape))


def test_batch_norm_is_refused_by_name_on_several_ranks():
    G = mg.Sequential([mg.Dense(2, 4), mg.BatchNorm(4), mg.Dense(4, 2)], name="G")
    gan = mg.GAN(G, mg.Sequential([mg.Dense(2, 1)], name="D"), mg.Latent(2))
    with pytest.raises(ValueError, match="BatchNorm in G couples the rows of a batch, which 2 ranks would split"):
        Alone(0, 2).join(gan)


def test_a_process_that_no_mpiexec_launched_is_alone(monkeypatch):
    for name in parallel.LAUNCHED:
        monkeypatch.delenv(name, raising=False)
    assert parallel.world() is None
    monkeypatch.setenv(parallel.LAUNCHED[0], "1")
    assert parallel.world() is None


def test_without_mpi4py_the_ranks_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setenv(parallel.LAUNCHED[0], "2")
    with pytest.raises(parallel.ParallelError, match=r"pip install 'minigan\[mpi\]'"):
        parallel.world()


# ---- minigan train


TRAIN = ["train", "digits", "--steps", "60", "--set", "dtype=float64", "--set", "frames=0", "--set", "log_every=5"]
TRAIN += ["--set", "save_every=10"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The history of the run that one process makes."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    assert main([*TRAIN, "--out", str(folder)]) == 0
    return mg.load(folder).history


def assert_same_curve(folder, alone):
    run = mg.load(folder)
    assert run.gan.steps == 60 and run.history.columns == alone.columns and len(run.history) == len(alone)
    for column in alone.columns:
        np.testing.assert_allclose(run.history[column], alone[column], rtol=1e-9, atol=1e-9)


def test_a_run_of_two_ranks_has_the_curve_of_one_and_only_the_first_writes_and_speaks(tmp_path, alone):
    done = mpiexec(2, "-m", "minigan", *TRAIN, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert_same_curve(tmp_path / "run", alone)
    assert done.stdout.count("next:") == 1 and done.stderr == ""


def test_when_a_rank_is_killed_all_end_and_the_run_goes_on_with_another_number(tmp_path, alone):
    folder = tmp_path / "run"
    done = mpiexec(2, HERE / "mpi_train.py", "die", 33, *TRAIN, "--out", folder)
    assert done.returncode != 0 and "rank 1" in done.stderr + done.stdout
    assert mg.load(folder).gan.steps == 30
    done = mpiexec(3, "-m", "minigan", "train", "--resume", folder)
    assert done.returncode == 0, done.stderr
    assert_same_curve(folder, alone)


def test_an_error_on_one_rank_is_told_once_and_ends_all(tmp_path, alone):
    folder = tmp_path / "run"
    done = mpiexec(2, HERE / "mpi_train.py", "fail", 33, *TRAIN, "--out", folder)
    assert done.returncode != 0
    assert done.stderr.count("minigan: rank 1 of 2: the cable was pulled") == 1
    assert main(["train", "--resume", str(folder)]) == 0
    assert_same_curve(folder, alone)


def test_what_the_first_rank_refuses_ends_all_with_its_message(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    done = mpiexec(2, "-m", "minigan", *TRAIN, "--out", tmp_path)
    assert done.returncode != 0 and done.stderr.count("already holds something") == 1


def test_a_signal_to_one_rank_stops_all_after_the_same_step_and_saves(tmp_path, alone):
    folder = tmp_path / "run"
    done = mpiexec(2, HERE / "mpi_train.py", "term", 33, *TRAIN, "--out", folder)
    assert done.returncode != 0 and done.stderr.count(f"minigan train --resume {folder}") == 1
    assert mg.load(folder).gan.steps == 30  # the last row
    assert main(["train", "--resume", str(folder)]) == 0
    assert_same_curve(folder, alone)


def test_a_run_that_diverges_on_two_ranks_says_so_once(tmp_path):
    wild = ["--set", "learning_rate=1e30", "--set", "optimizer=sgd"]
    done = mpiexec(2, "-m", "minigan", *TRAIN, *wild, "--out", tmp_path / "run")
    assert done.returncode != 0 and done.stderr.count("not finite") == 1


# ---- ranks that are not of one run


@pytest.mark.parametrize(
    "fault, names",
    [
        ("data", ("rows of digits: ",)),
        ("held_out", ("rows of digits: ",)),
        ("version", ("minigan: ", mg.__version__, "0.0.7")),
    ],
)
def test_a_rank_with_other_data_or_another_version_is_named_before_anything_is_written(fault, names, tmp_path):
    done = mpiexec(2, HERE / "mpi_train.py", fault, 0, *TRAIN, "--out", tmp_path / "run")
    assert done.returncode != 0 and done.stderr.count("minigan: ranks 0 and 1 (on ") == 1, done.stderr
    assert all(name in done.stderr for name in names) and "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_rank_with_another_recipe_is_named_and_its_setting(tmp_path):
    own = ["-m", "minigan", *TRAIN, "--out", tmp_path / "run"]
    done = mpiexec(1, *own, ":", "-n", 1, sys.executable, *own, "--seed", 3)
    assert done.returncode != 0 and done.stderr.count("minigan: ranks 0 and 1 (on ") == 1, done.stderr
    assert "(seed: 0 and 3)" in done.stderr and not (tmp_path / "run").exists()


def test_a_run_that_is_gone_on_with_asks_the_ranks_again_and_is_left_as_it_was(tmp_path, alone):
    folder = tmp_path / "run"
    assert mpiexec(2, HERE / "mpi_train.py", "die", 33, *TRAIN, "--out", folder).returncode != 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = mpiexec(2, HERE / "mpi_train.py", "data", 0, "train", "--resume", folder)
    assert done.returncode != 0 and "rows of digits: " in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert main(["train", "--resume", str(folder)]) == 0
    assert_same_curve(folder, alone)


@pytest.mark.parametrize("command", ["sweep gaussian", "evaluate run", "replay run --at 3 --fork steps=9", "info"])
def test_what_is_not_shared_by_ranks_is_refused_once(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = mpiexec(2, "-m", "minigan", *command.split())
    assert done.returncode != 0 and not any(tmp_path.iterdir())
    assert done.stderr.count("minigan: `train` alone is shared by ranks, and mpiexec started 2") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("launcher", range(len(parallel.LAUNCHED)))
def test_the_first_of_the_ranks_speaks_whoever_launched_them(launcher, monkeypatch, capsys):
    for name in (*parallel.LAUNCHED, *parallel.PLACES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(parallel.LAUNCHED[launcher], "4")
    for rank in range(2):
        monkeypatch.setenv(parallel.PLACES[launcher], str(rank))
        assert parallel.launched() == (rank, 4) and main(["recipes"]) == 2 * (rank == 0)
        assert ("mpiexec started 4" in capsys.readouterr().err) == (rank == 0)


# ---- told to stop


def wait_for_step(folder, step):
    """Wait until this step's row is there."""
    rows = folder / "history.csv"
    while not (rows.exists() and f"\n{step}," in rows.read_text()):
        time.sleep(0.01)


def wait_for_lock(folder):
    """Wait for the ranks to be gone: mpiexec may be so before them."""
    with (folder / "history.csv").open("ab") as file:
        while True:
            with suppress(BlockingIOError):
                return lock(file)
            time.sleep(0.01)


RARELY = ["--set", "save_every=60"]


def test_sigusr1_to_mpiexec_stops_all_saves_and_says_so(tmp_path, alone):
    folder = tmp_path / "run"
    run = launch(2, HERE / "mpi_train.py", "brisk", 20, *TRAIN, *RARELY, "--out", folder)
    wait_for_step(folder, 30)
    run.send_signal(signal.SIGUSR1)
    done = ended(run)
    steps = mg.load(folder).gan.steps
    assert done.returncode != 0 and 30 <= steps < 60
    assert f"minigan: told to stop; {folder} holds its state after step 0, if no later one\n" in done.stderr
    assert f"{folder} holds its state after step {steps}; `minigan train --resume {folder}` goes on" in done.stderr
    assert main(["train", "--resume", str(folder)]) == 0
    assert_same_curve(folder, alone)


@pytest.mark.parametrize("fault", ["brisk", "slow", "hang"])
def test_sigterm_to_mpiexec_saves_if_a_quarter_of_a_second_will_do_and_else_the_last_stands(
    fault, tmp_path, alone
):
    """Open MPI ends the ranks then, and lets nothing through that they say meanwhile."""
    folder = tmp_path / "run"
    run = launch(2, HERE / "mpi_train.py", fault, 32, *TRAIN, *RARELY * (fault == "brisk"), "--out", folder)
    wait_for_step(folder, 40 if fault == "brisk" else 30)
    time.sleep(0.3 * (fault != "brisk"))  # into step 33
    run.terminate()
    assert ended(run).returncode != 0
    steps = mg.load(folder).gan.steps
    assert 40 <= steps < 60 if fault == "brisk" else steps == 30
    wait_for_lock(folder)
    assert main(["train", "--resume", str(folder)]) == 0
    assert_same_curve(folder, alone)
