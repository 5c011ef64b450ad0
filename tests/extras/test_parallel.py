"""A game on several processes is the game on one, up to the order of a sum; under a real mpiexec, and by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import mpi_games
import numpy as np
import pytest

import minigan as mg
from minigan import parallel

HERE = Path(__file__).parent


class Alone:
    """A communicator of one process that says it is `rank` of `size`: enough to ask who takes what."""

    def __init__(self, rank, size):
        self.rank, self.size = rank, size

    rows = parallel.Ranks.rows


def mpiexec(n, *command, **environment):
    """Run a command on n ranks -> CompletedProcess. The settings let Open MPI run as root, and on fewer cores."""
    beside = Path(sys.executable).parent / "mpiexec"
    program = beside if beside.exists() else shutil.which("mpiexec")
    if program is None:
        pytest.skip("there is no mpiexec here: pip install 'minigan[mpi]'")
    own = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OPENBLAS_NUM_THREADS": "1"}
    own["PRTE_MCA_rmaps_default_mapping_policy"] = ":oversubscribe"
    call = [str(program), "-n", str(n), sys.executable, *map(str, command)]
    return subprocess.run(call, capture_output=True, text=True, timeout=120, env=os.environ | own | environment)


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
        gan.spread(Alone(0, 2))


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
