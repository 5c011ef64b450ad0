"""A sweep's folder: no finished line is lost, whoever asks for what next, and no mean is taken of unlike lines."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import distributed
import numpy as np
import pytest

import minigan as mg
from minigan.cli import main
from minigan.files import lock
from minigan.runs import ledger, surroundings, sweeps
from minigan.runs.parallel import ParallelError
from minigan.runs.run import start

TINY = replace(mg.RECIPES["gaussian"][1], steps=20, batch=32, log_every=10)
HERE = surroundings.versions()
NAMES = ["members.csv", "results.csv", "sweep.json"]


def line(text, threads=1):
    """What a member leaves, without its training: a score that is a function of its recipe."""
    recipe = json.loads(text)
    return {"status": "done", "frechet": recipe["seed"] + recipe["learning_rate"], "made_with": HERE}


@pytest.fixture
def trained(monkeypatch):
    """The seeds that were trained, or would have been."""
    seeds = []
    monkeypatch.setattr(
        sweeps, "run_member", lambda text, *_: seeds.append(json.loads(text)["seed"]) or line(text)
    )
    return seeds


def sweep(folder, seeds, settings=None, **how):
    return sweeps.sweep(TINY, seeds, settings or {}, folder, workers=1, **how)


def files(folder):
    return {name: (folder / name).read_bytes() for name in NAMES if (folder / name).exists()}


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def refused(*words):
    return pytest.raises(mg.RecipeError, match=".*".join(map(re.escape, words)))


def test_a_sweep_of_other_seeds_keeps_the_lines_that_are_there(tmp_path, trained):
    sweep(tmp_path / "a", range(4))
    rows = sweep(tmp_path / "a", range(4, 8))
    assert trained == list(range(8)) and [row["seed"] for row in rows] == list(range(8))
    sweep(tmp_path / "b", range(8))
    for name in ("members.csv", "results.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    before = files(tmp_path / "b")
    del trained[:]
    sweep(tmp_path / "b", range(2, 4))
    after = files(tmp_path / "b")
    assert not trained and before["members.csv"] == after["members.csv"]
    assert before["results.csv"] == after["results.csv"]


def test_the_order_in_which_seeds_were_asked_for_changes_no_byte(tmp_path, trained):
    for name, asked in (("a", [range(8)]), ("b", [range(4, 8), range(4)]), ("c", [[7, 0, 3], range(8)])):
        for seeds in asked:
            sweep(tmp_path / name, seeds, {"beta1": ["0.5", "0"]})
    for name in ("members.csv", "results.csv"):
        assert len({(tmp_path / folder / name).read_bytes() for folder in "abc"}) == 1


def test_other_values_come_beside_those_that_are_there_and_one_value_is_one_however_it_is_typed(tmp_path, trained):
    sweep(tmp_path, [0, 1], {"learning_rate": ["1e-3"]})
    sweep(tmp_path, [1, 2], {"learning_rate": ["0.001", "1e-2"]})
    assert trained == [0, 1, 2, 1, 2]
    found = [(row["learning_rate"], row["seed"]) for row in table(tmp_path / "members.csv")]
    assert found == [("0.001", "0"), ("0.001", "1"), ("0.001", "2"), ("0.01", "1"), ("0.01", "2")]
    assert [row["done"] for row in table(tmp_path / "results.csv")] == ["3", "2"]


@pytest.mark.parametrize("widths", [["[8,8]", "8"], [(8, 8), (8,)]])
def test_a_setting_that_is_none_or_a_list_is_found_again(widths, tmp_path, trained):
    found = []
    for _ in range(2):
        sweep(tmp_path, [0], {"average": ["null", "0.9"], "generator": widths})
        found.append(files(tmp_path))
    assert trained == [0] * 4 and found[0] == found[1]


def test_a_line_keeps_the_name_that_an_earlier_version_gave_its_member(tmp_path, trained, monkeypatch):
    sweep(tmp_path, range(2))
    names = [row["member"] for row in table(tmp_path / "members.csv")]
    monkeypatch.setattr(ledger, "_name", lambda member: "0" * 12)  # as if a recipe had a setting more now
    for _ in range(2):
        sweep(tmp_path, range(3))
    assert [row["member"] for row in table(tmp_path / "members.csv")] == [*names, "0" * 12] and len(trained) == 3


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_whatever_stops_a_sweep_says_what_is_kept_and_the_next_makes_the_rest(
    error, tmp_path, trained, monkeypatch
):
    sweep(tmp_path / "whole", range(5))
    folder, left, really = tmp_path / "s", [2], ledger.write_whole

    def failing(path, content):
        left[0] -= path.name == "members.csv"
        if left[0] < 0:
            raise error
        really(path, content)

    with monkeypatch.context() as there:
        there.setattr(ledger, "write_whole", failing)
        with pytest.raises(type(error)) as caught:
            sweep(folder, range(5))
    assert caught.value.__notes__ == [f"{folder} keeps 2 of 5 runs, and the same command makes the rest"]
    assert len(table(folder / "members.csv")) == 2
    sweep(folder, range(5))
    assert files(folder) == files(tmp_path / "whole")


def test_a_folder_that_another_process_sweeps_in_is_refused_and_left_alone(tmp_path, trained):
    sweep(tmp_path, range(2))
    before = files(tmp_path)
    with open(tmp_path / "sweep.lock", "ab") as held:
        lock(held)
        with refused("is being swept in by another process; wait for it"):
            sweep(tmp_path, range(2, 4))
    assert files(tmp_path) == before and len(trained) == 2
    sweep(tmp_path, range(2, 4))
    assert len(trained) == 4


@pytest.mark.parametrize("left", [["sweep.lock"], ["sweep.lock", "sweep.json.part"]])
def test_what_a_sweep_leaves_that_was_killed_as_it_began_is_taken(left, tmp_path, trained):
    for name in left:
        (tmp_path / name).touch()
    sweep(tmp_path, [0])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*NAMES, "sweep.lock"])


def test_a_lock_that_is_a_link_is_refused(tmp_path, trained):
    sweep(tmp_path / "s", [0])
    (tmp_path / "s/sweep.lock").unlink()
    (tmp_path / "s/sweep.lock").symlink_to(tmp_path / "elsewhere")
    with refused("sweep.lock is a link"):
        sweep(tmp_path / "s", [0])
    assert not (tmp_path / "elsewhere").exists()


# ---- one experiment


def write_points(path, shift=0.0, at=slice(None)):
    """300 rows of a table, 30 of which minigan holds out."""
    x = np.random.default_rng(0).normal(size=(300, 2))
    x[at] += shift
    np.savetxt(path, x, delimiter=",", fmt="%.4f", header="a,b", comments="")


def held_out_row(path):
    """The number of a row that is held out."""
    data = mg.load_dataset(path)
    rows = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float32)
    return next(n for n, row in enumerate(rows) if (data.held_out == row).all(axis=1).any())


@pytest.mark.parametrize("part", ["all", "held out"])
def test_data_that_change_between_two_halves_are_named_and_averaged_only_when_told(part, tmp_path, capsys):
    points, folder = tmp_path / "d.csv", tmp_path / "s"
    write_points(points)
    recipe = replace(TINY, data=str(points), latent=2)
    (tmp_path / "r.json").write_text(recipe.to_json())
    command = ["sweep", str(tmp_path / "r.json"), "--workers", "1", "--out", str(folder), "--seeds"]
    assert main([*command, "0:2"]) == 0
    before = files(folder)
    write_points(points, 1.0, slice(None) if part == "all" else held_out_row(points))
    assert main([*command, "0:2"]) == 0  # nothing is to be run, and what is there is of one experiment
    assert files(folder) == before
    assert main([*command, "0:4"]) == 2
    said = capsys.readouterr().err
    assert f"more than one experiment (rows of {points}: " in said and said.count("\n") == 1
    assert files(folder) == before
    assert main([*command, "0:4", "--anyway"]) == 0
    assert len({row["made_with"] for row in table(folder / "members.csv")}) == 2
    assert table(folder / "results.csv")[0]["done"] == "4"
    assert main([*command, "0:4"]) == 2  # and is told again
    write_points(points)
    assert main([*command[:-2], str(tmp_path / "t"), "--seeds", "0:2"]) == 0
    assert files(tmp_path / "t") == before  # a hash of what is in the file, not of when it was written


def test_another_version_is_named_before_anything_is_trained(tmp_path, trained, monkeypatch):
    sweep(tmp_path, range(2))
    monkeypatch.setattr(surroundings, "__version__", "9.9")
    with refused("more than one experiment", f"minigan: {mg.__version__} and 9.9", "--anyway"):
        sweep(tmp_path, range(4))
    assert trained == [0, 1]
    sweep(tmp_path, range(4), anyway=True)
    assert trained == [0, 1, 2, 3]


def test_lines_that_workers_made_otherwise_are_kept_and_not_averaged(tmp_path, monkeypatch):
    def unlike(text, threads=1):
        found = line(text)
        return found | {"made_with": HERE | {"numpy": "1.0"}} if '"seed": 2' in text else found

    monkeypatch.setattr(sweeps, "run_member", unlike)
    with refused("more than one experiment", f"numpy: {np.__version__} and 1.0"):
        sweep(tmp_path, range(4))
    assert len(table(tmp_path / "members.csv")) == 4 and not (tmp_path / "results.csv").exists()
    sweep(tmp_path, range(4), anyway=True)
    assert table(tmp_path / "results.csv")[0]["done"] == "4"


def test_other_data_at_another_setting_are_no_other_experiment(tmp_path):
    for name in "ab":
        write_points(tmp_path / f"{name}.csv", shift=ord(name))
    paths = [str(tmp_path / f"{name}.csv") for name in "ab"]
    rows = sweeps.sweep(replace(TINY, latent=2), [0, 1], {"data": paths}, tmp_path / "s", workers=1)
    again = sweeps.sweep(replace(TINY, latent=2), [2], {"data": paths}, tmp_path / "s", workers=1)
    assert [row["status"] for row in again] == ["done"] * 6 and len(rows) == 4


@pytest.mark.parametrize("part", ["x", "held_out", "labels"])
def test_all_that_scores_are_taken_of_is_hashed_under_the_name_of_its_source(part):
    run, data = start(replace(mg.RECIPES["digits"][1], steps=1))
    before = surroundings.experiment(run, data)
    getattr(data, part)[7] += 1
    (told,) = surroundings.apart([before, surroundings.experiment(run, data)])
    assert told.startswith("rows of digits: ")
    run.recipe = replace(run.recipe, data_options={"size": 4})  # by which rows may well differ
    assert not surroundings.apart([before, surroundings.experiment(run, data)])


def test_apart_names_what_not_all_say_alike_and_nothing_that_one_alone_says():
    assert surroundings.apart([]) == surroundings.apart([{"a": "1"}, {"b": "2"}, {"a": "1"}]) == []
    assert surroundings.apart([{"a": "1"}, {"b": "2"}, {"a": "3"}]) == ["a: 1 and 3"]
    long = "x" * 70  # told apart whole, and shown in part
    assert len(surroundings.apart([{"a": long + "1"}, {"a": long + "2"}])) == 1
    assert surroundings.apart([{"h": "0" * 64}, {"h": "0" * 63 + "1"}]) != []


# ---- broken files

BROKEN_JSON = {
    "empty": "",
    "null": "null",
    "list": "[]",
    "object": "{}",
    "recipe": '{"recipe": 1}',
    "word": "x",
    "torn": None,
    "mark": None,
    "semicolons": None,
    "latin": None,
    "seeds": {"asked": [{"seeds": ["0"], "settings": {}}]},
    "asked": {"asked": 3},
    "no plan": {"asked": [None]},
    "settings": {"asked": [{"seeds": [0], "settings": {"beta1": "0.5"}}]},
    "value": {"asked": [{"seeds": [0], "settings": {"beta1": [7]}}]},
    "made with": {"made with": ["x"]},
    "versions": {"made with": {"x": 3}},
    "no versions": {"made with": {}},
    "another version": None,
}


@pytest.mark.parametrize("kind", BROKEN_JSON)
def test_a_broken_description_is_refused_in_a_line_and_nothing_is_touched(kind, tmp_path, trained, capsys):
    folder = tmp_path / "s"
    settings = {"beta1": ["0.5"]} if kind == "value" else {}
    sweep(folder, range(3), settings)
    path = folder / "sweep.json"
    good, how = path.read_text(), BROKEN_JSON[kind]
    made = {"torn": good[:-40], "mark": "\ufeff" + good, "semicolons": good.replace(",", ";"), "latin": good + "é"}
    made["another version"] = good.replace(np.__version__, "9.9")
    if isinstance(how, dict):
        how = json.dumps(json.loads(good) | how)
    path.write_bytes((made[kind] if how is None else how).encode("latin-1" if kind == "latin" else "utf-8"))
    before = files(folder)
    with refused("sweep.json") as caught:
        sweep(folder, range(3), settings)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
    assert files(folder) == before and len(trained) == 3


BROKEN_TABLE = {
    "empty": lambda text: "",
    "null": lambda text: "null\n",
    "a mark": lambda text: "\ufeff" + text,
    "semicolons": lambda text: text.replace(",", ";"),
    "other ends of lines": lambda text: text.replace("\n", "\r\n"),
    "no head": lambda text: text.partition("\n")[2],
    "torn": lambda text: text[:-40],
    "no status": lambda text: text.replace(",status", ",stat"),
    "a zero byte": lambda text: text + "a\0b",
    "a cell too many": lambda text: text.replace("done,", "done,7,", 1),
    "a score emptied": lambda text: text.replace("1.001", ""),
    "a score that is a word": lambda text: text.replace("1.001", "good"),
    "a line twice": lambda text: text + text.splitlines(True)[-1],
    "a seed of another": lambda text: text.replace(",2,done", ",9,done"),
    "made otherwise": lambda text: re.sub("(?m)[0-9a-f]{12},([0-9a-f]{12})$", r"zzz,\1", text),
    "a digit": lambda text: text.replace("1.001", "1.002"),
    "a check": lambda text: re.sub("[0-9a-f]{12}\n$", "0123456789ab\n", text),
}


@pytest.mark.parametrize("kind", BROKEN_TABLE)
def test_a_broken_table_is_refused_in_a_line_and_nothing_is_touched(kind, tmp_path, trained):
    sweep(tmp_path, range(3))
    path = tmp_path / "members.csv"
    path.write_bytes(BROKEN_TABLE[kind](path.read_text()).encode())
    before = files(tmp_path)
    with refused("members.csv") as caught:
        sweep(tmp_path, range(3))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
    assert files(tmp_path) == before and len(trained) == 3


def test_a_table_cut_off_anywhere_is_refused_or_completed_to_the_same_bytes(tmp_path, trained):
    sweep(tmp_path, range(3))
    path, whole = tmp_path / "members.csv", files(tmp_path)
    ends = [n + 1 for n, byte in enumerate(whole["members.csv"]) if byte == ord("\n")]
    for length in range(len(whole["members.csv"])):
        path.write_bytes(whole["members.csv"][:length])
        if length in ends:
            sweep(tmp_path, range(3))
            assert files(tmp_path) == whole
        else:
            with refused("members.csv"):
                sweep(tmp_path, range(3))
    assert len(trained) == 3 + 3 + 2 + 1


def test_an_older_score_that_is_no_number_is_refused_in_a_line(tmp_path, trained):
    sweep(tmp_path, range(3))
    rows = [{k: v for k, v in row.items() if k != "check"} for row in table(tmp_path / "members.csv")]
    for score in ("", "good"):
        rows[1]["frechet"] = score
        (tmp_path / "members.csv").write_text(ledger.as_csv(rows))
        with refused("frechet of seed 1 is no number in members.csv; delete its line"):
            sweep(tmp_path, range(3))


def test_files_that_are_none_are_refused_in_a_line(tmp_path, trained):
    sweep(tmp_path, [0])
    for name in ("members.csv", "sweep.json"):
        kept = (tmp_path / name).read_bytes()
        (tmp_path / name).unlink()
        os.mkfifo(tmp_path / name)
        with refused(name):
            sweep(tmp_path, [0])
        (tmp_path / name).unlink()
        (tmp_path / name).write_bytes(kept)


def test_an_older_sweep_is_read_and_its_lines_are_not_averaged_with_new_ones_untold(tmp_path, trained):
    sweep(tmp_path, range(2))
    about = {"recipe": json.loads(TINY.to_json()), "seeds": [0, 1], "settings": {}}
    (tmp_path / "sweep.json").write_text(json.dumps(about, indent=2) + "\n")
    rows = [
        {k: v for k, v in row.items() if k not in ("made_with", "check")}
        for row in table(tmp_path / "members.csv")
    ]
    (tmp_path / "members.csv").write_text(ledger.as_csv(rows))
    assert [row["seed"] for row in sweep(tmp_path, range(2))] == [0, 1] and len(trained) == 2
    with refused("more than one experiment", "minigan: one that did not say and "):
        sweep(tmp_path, range(4))
    assert len(sweep(tmp_path, range(4), anyway=True)) == 4 and len(trained) == 4


# ---- workers that die


def test_a_worker_that_is_killed_is_said_with_what_is_kept(tmp_path, monkeypatch):
    def mortal(key, text, threads, line={"status": "done", "frechet": 1.0}):  # noqa: B006
        import os
        import time

        if key == ("2",):
            time.sleep(1)
            os.kill(os.getpid(), 9)
        return key, line

    monkeypatch.setattr(sweeps, "_named", mortal)
    with pytest.raises(ParallelError, match="a worker process was killed") as caught:
        sweeps.sweep(TINY, range(3), {}, tmp_path, workers=2)
    assert caught.value.__notes__ == [f"{tmp_path} keeps 2 of 3 runs, and the same command makes the rest"]
    assert [row["seed"] for row in table(tmp_path / "members.csv")] == ["0", "1"]


def test_workers_of_a_cluster_that_are_gone_are_said_and_waited_for_a_while(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(sweeps.time, "monotonic", lambda: now[0])
    watch = sweeps.Workers("tcp://there")
    for now[0], here in [(0, set()), (99, set()), (100, {"a", "b"}), (101, {"b"}), (102, set()), (106, set())]:
        watch.see(here)
    assert capsys.readouterr().err.splitlines() == [
        "worker a is gone, 1 are left to take its runs",
        "worker b is gone, 0 are left to take its runs",
    ]
    watch.see({"c"})
    now[0] = 107
    watch.see(set())
    now[0] = 113
    with pytest.raises(ParallelError, match="the workers of tcp://there are all gone"):
        watch.see(set())


class Cluster:
    """A Dask client whose first member is finished, but the worker that has its line is gone; then all is lost."""

    def __init__(self, *_, **__):
        self.status, self.futures, self.turns = "running", [], 0

    def submit(self, *_, **__):
        self.futures.append(future := Future())
        return future

    def scheduler_info(self):
        self.turns += 1
        if self.turns == 1:
            raise OSError("the line is dead")
        if self.turns == 2:
            self.futures[0].line = {"status": "done", "frechet": 1.0}
        if self.turns == 3:
            self.status = "connecting"
        return {"workers": {"a": 1}}

    def close(self, **_):
        self.status = "closed"


class Future:
    line = None
    status = property(lambda self: "finished")
    cancelled = exception = lambda self, **_: None

    def result(self, **_):
        if self.line is None:
            raise TimeoutError
        return self.line


def test_a_line_that_is_gone_with_its_worker_is_waited_for_and_no_longer_than_the_scheduler_lives(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(distributed, "Client", Cluster)
    monkeypatch.setattr(sweeps.time, "sleep", lambda seconds: None)
    with pytest.raises(ParallelError, match="the Dask scheduler at there is gone") as caught:
        sweep(tmp_path, range(2), cluster="there")
    assert caught.value.__notes__ == [f"{tmp_path} keeps 1 of 2 runs, and the same command makes the rest"]


def test_a_scheduler_that_does_not_answer_is_said(tmp_path, capsys):
    (tmp_path / "r.json").write_text(TINY.to_json())
    command = ["sweep", str(tmp_path / "r.json"), "--cluster", "nonsense://x", "--out", str(tmp_path / "s")]
    assert main(command) == 2
    assert "no Dask scheduler answers at nonsense://x" in capsys.readouterr().err


def started(folder, *more, steps=1500):
    """A sweep of ten members in a process of its own, once it has two lines -> (process, its workers)."""
    recipe = folder.parent / "recipe.json"
    recipe.write_text(replace(TINY, steps=steps).to_json())
    command = [sys.executable, "-m", "minigan", "sweep", recipe, "--seeds", "0:10", "--out", folder, *more]
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines = folder / "members.csv"
    while process.poll() is None and not (lines.exists() and len(lines.read_text().splitlines()) > 2):
        time.sleep(0.01)
    found = subprocess.run(["pgrep", "-P", str(process.pid), "-f", "popen_loky"], capture_output=True, text=True)
    return process, list(map(int, found.stdout.split()))


@pytest.mark.long
@pytest.mark.parametrize("how", ["a worker is killed", "SIGTERM", "Ctrl-C", "SIGKILL"])
def test_a_sweep_that_ends_early_lets_go_of_its_pipe_says_what_it_keeps_and_is_completed(how, tmp_path):
    process, workers = started(tmp_path / "s", "--workers", "2")
    assert len(workers) == 2
    if how == "a worker is killed":
        os.kill(workers[0], signal.SIGKILL)
    elif how == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGTERM if how == "SIGTERM" else signal.SIGKILL)
    said = process.communicate(timeout=20)[0]  # workers that lived on would hold the other end for minutes
    kept = len(table(tmp_path / "s/members.csv"))
    if how != "SIGKILL":
        assert f"keeps {kept} of 10 runs, and the same command makes the rest\n" in said and said.count("\n") == 1
    assert 2 <= kept < 10
    for folder in ("s", "whole"):
        assert (
            main(["sweep", str(tmp_path / "recipe.json"), "--seeds", "0:10", "--out", str(tmp_path / folder)]) == 0
        )
    assert files(tmp_path / "s") == files(tmp_path / "whole")


@pytest.mark.long
@pytest.mark.parametrize("how", ["the scheduler", "the workers", "both"])
def test_a_cluster_that_dies_is_said_within_seconds(how, tmp_path):
    at = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen([*dask, "--scheduler-file", at], **quiet)
    dask = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1", "--no-dashboard"]
    workers = [subprocess.Popen([*dask, "--scheduler-file", at], **quiet) for _ in range(2)]
    try:
        while not at.exists():
            time.sleep(0.05)
        process, _ = started(tmp_path / "s", "--cluster", json.loads(at.read_text())["address"])
        for victim in [scheduler] * (how != "the workers") + workers * (how != "the scheduler"):
            victim.kill()
        said = process.communicate(timeout=30)[0]
    finally:
        for one in (scheduler, *workers):
            one.kill()
            one.wait()
    kept = len(table(tmp_path / "s/members.csv"))
    assert f"keeps {kept} of 10 runs, and the same command makes the rest" in said.splitlines()[-1]
    assert "Traceback" not in said and 2 <= kept < 10
    assert ("are all gone" if how == "the workers" else "scheduler at ") in said
