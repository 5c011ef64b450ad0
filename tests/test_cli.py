"""The command line: what it leaves and prints, and the one line for whatever goes wrong."""

from __future__ import annotations

import csv
import errno
import gzip
import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minigan
from minigan import plotting
from minigan.cli import main
from minigan.core import backend
from minigan.runs import checkpoint, presets
from minigan.runs.presets import RECIPES
from minigan.runs.recipe import Recipe
from minigan.runs.run import read
from minigan.runs.threads import cores

TINY = ["--steps", "20"]
for pair in ("log_every=10", "frames=0", "generator=8", "discriminator=8", "batch=16"):
    TINY += ["--set", pair]
HEALTH = ["d_accuracy", "g_gradient", "spread", "circling", "precision", "recall"]
ALL = ["checkpoint.npz", "history.csv", "recipe.json", "samples.png", "training.gif"]


def write_table(path, rows=120):
    x = np.random.default_rng(0).normal([170, 70, 30], [10, 12, 5], (rows, 3))
    lines = ["height,weight,age", *(",".join(f"{number:.3f}" for number in row) for row in x)]
    Path(path).write_text("\n".join(lines) + "\n")
    return x


def write_pictures(folder, n=12):
    Path(folder).mkdir()
    for i in range(n):
        pixels = np.random.default_rng(i).integers(0, 256, (9, 9), dtype=np.uint8)
        Image.fromarray(pixels).save(f"{folder}/{i}.png")


def idx(images):
    return b"\0\0\x08\x03" + np.array(images.shape, ">i4").tobytes() + images.astype(np.uint8).tobytes()


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, np.array(rows, float)


def below(folder):
    """Every path below the folder, and each file's bytes."""
    return {p: None if p.is_dir() else p.read_bytes() for p in Path(folder).rglob("*") if not p.is_symlink()}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs on the ring and on a table, each made once; tests copy what they change."""
    place = tmp_path_factory.mktemp("trained")
    write_table(place / "people.csv")
    assert main(["train", "--out", str(place / "ring"), *TINY]) == 0
    assert main(["train", str(place / "people.csv"), "--out", str(place / "table"), *TINY]) == 0
    return place


@pytest.fixture
def ring_run(trained):
    shutil.copytree(trained / "ring", "ring")
    return Path("ring")


def good(capsys, *args):
    """Run it, see that it went well and in silence on stderr, and return what it printed."""
    code = main([str(a) for a in args])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return out


def bad(capsys, *args, leaves=True):
    """Run it, see one line on stderr, exit code 2 and nothing left behind, and return the line."""
    before = below(".")
    capsys.readouterr()
    code = main([str(a) for a in args])
    out, err = capsys.readouterr()
    assert code == 2 and out == ""
    assert err.startswith("minigan: ") and err.count("\n") == 1 and err.endswith("\n") and "Traceback" not in err
    if leaves:
        assert below(".") == before
    return err


def command(*args, **options):
    """The command as a process of its own, with warnings as errors."""
    options = {"capture_output": True, "text": True} | options
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    line = [sys.executable, "-W", "error", "-m", "minigan", *map(str, args)]
    return subprocess.run(line, env=environment, check=False, **options)


# -------------------------------------------------------------------------------------------------------- train


def test_train_leaves_a_run_says_where_and_what_to_type_next(capsys):
    out = good(capsys, "train", "--out", "run", *TINY, "--set", "frames=2").splitlines()
    assert sorted(os.listdir("run")) == ALL
    numbers = [text.split(" ") for text in out[0].split("  ")]
    losses, health = ["d_loss", "g_loss", "value", "d_real", "d_fake"], HEALTH
    assert [name for name, _ in numbers] == ["step", *losses, *health, "high_quality"]
    assert numbers[0] == ["step", "20"]
    assert out[1] == f"run: {', '.join(ALL)}"
    assert out[2].startswith("next:  ")


def test_what_it_says_to_type_next_can_be_typed(capsys):
    out = good(capsys, "train", "--out", "run", *TINY)
    commands = out.splitlines()[-1].removeprefix("next:  ").split("    ")
    assert len(commands) == 2
    for line in commands:
        name, *args = line.split()
        assert name == "minigan"
        good(capsys, *args)
    assert len(read_table("samples.csv")[1]) == 1000


def test_runs_without_a_place_get_the_next_free_number(capsys):
    for _ in range(2):
        good(capsys, "train", *TINY)
    good(capsys, "train", "gaussian", *TINY)
    shutil.rmtree("runs/ring-001")
    good(capsys, "train", "ring", *TINY)
    assert sorted(os.listdir("runs")) == ["gaussian-001", "ring-001", "ring-002"]


def test_the_recipe_of_a_run_makes_its_checkpoint_again_bit_for_bit(capsys):
    good(capsys, "train", "grid", "--out", "a", "--seed", "3", *TINY, "--set", "side=3", "--set", "dropout=0.1")
    good(capsys, "train", "--recipe", "a/recipe.json", "--out", "b")
    assert below("a") == {Path("a", p.name): content for p, content in below("b").items()}


def test_options_of_the_command_go_before_set_and_set_before_the_recipe(capsys):
    good(capsys, "train", "--out", "run", *TINY, "--set", "seed=5", "--seed", "6", "--set", "threads=1")
    recipe = read("run/recipe.json")
    assert (recipe.steps, recipe.seed, recipe.generator, recipe.threads) == (20, 6, (8,), 1)


def test_a_rate_of_ones_own_for_each_player_reaches_the_run(capsys):
    extra = ["--set", "learning_rate_g=0.003", "--set", "learning_rate_d=2e-3", "--set", "schedule=constant"]
    good(capsys, "train", "--out", "run", *TINY, *extra)
    assert [o.learning_rate for o in minigan.load("run").gan.optimizers] == [0.003, 0.002]


def test_a_preset_may_be_taken_to_other_data(capsys):
    write_table("people.csv")
    good(capsys, "train", "people.csv", "--recipe", "ring", "--out", "run", *TINY)
    recipe = read("run/recipe.json")
    assert recipe.latent == 2 and recipe.instance_noise == RECIPES["ring"][1].instance_noise
    os.mkdir("elsewhere")
    os.chdir("elsewhere")
    good(capsys, "evaluate", "../run")  # the recipe holds the whole path of the data


def test_the_same_seed_gives_the_same_checkpoint_and_another_another(capsys):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        good(capsys, "train", "--out", name, "--seed", seed, *TINY)
    a, b, c = (Path(name, "checkpoint.npz").read_bytes() for name in "abc")
    assert a == b != c


# ----------------------------------------------------------------------------------------------- data of one's own


def test_samples_of_a_table_come_back_under_its_header_and_in_its_units(capsys, trained):
    good(capsys, "sample", trained / "table", "-n", 500, "--out", "new.csv")
    header, x = read_table("new.csv")
    assert header == ["height", "weight", "age"] and x.shape == (500, 3)
    data = read_table(trained / "people.csv")[1]
    assert (data.min(axis=0) < x.mean(axis=0)).all() and (x.mean(axis=0) < data.max(axis=0)).all()


def test_a_table_is_evaluated_by_the_names_of_its_columns(capsys, trained):
    out = good(capsys, "evaluate", trained / "table", "-n", 100)
    assert f"{trained / 'table'}: 100 samples after 20 steps\n" in out
    for text in ("mean of height", "covariance of height, weight", "held-out to sample", "fresh critic"):
        assert text in out
    assert out.splitlines()[1].split() == ["averaged", "live", "shuffled", "mean", "perfect"]


@pytest.mark.parametrize("ending", [".npy", ".npz", ".tsv"])
def test_every_kind_of_table_goes_from_file_to_samples(ending, capsys):
    x = np.random.default_rng(0).normal(5, 1, (80, 3))
    if ending == ".npy":
        np.save("data.npy", x)
    elif ending == ".npz":
        np.savez("data.npz", a=x, b=x)
    else:
        np.savetxt("data.tsv", x, delimiter="\t")
    key = ["--set", "key=b"] if ending == ".npz" else []
    good(capsys, "train", f"data{ending}", "--out", "run", *TINY, *key)
    good(capsys, "sample", "run", "--out", "new.npy")
    assert np.load("new.npy").shape == (64, 3)
    good(capsys, "evaluate", "run", "-n", 50)


@pytest.mark.parametrize("kind", ["folder", "idx", "idx.gz", "npy"])
def test_images_go_from_files_to_images(kind, capsys):
    images, size, shape = np.random.default_rng(0).integers(0, 256, (30, 6, 5)), [], (6, 5)
    data = {"idx": "images.idx", "idx.gz": "images-idx3-ubyte.gz", "npy": "images.npy"}.get(kind, "images")
    if kind == "folder":
        write_pictures(data, 30)
        size, shape = ["--set", "size=14"], (14, 14)
    elif kind == "npy":
        np.save(data, images)
    else:
        Path(data).write_bytes(gzip.compress(idx(images)) if kind == "idx.gz" else idx(images))
    good(capsys, "train", data, "--out", "run", *TINY, *size)
    recipe = read("run/recipe.json")
    assert recipe.latent == RECIPES["images"][1].latent and recipe.data_options == ({"size": 14} if size else {})
    out = good(capsys, "sample", "run", "-n", 9)
    assert out == f"run/draws.png: 9 samples of {shape[0] * shape[1]} numbers\n"
    with Image.open("run/draws.png") as picture:
        assert picture.mode == "L" and min(picture.size) > 300
    good(capsys, "sample", "run", "-n", 9, "--out", "new.npy")
    assert np.load("new.npy").shape == (9, *shape)
    good(capsys, "sample", "run", "-n", 9, "--out", "new.csv")
    assert read_table("new.csv")[0][:2] == ["r1c1", "r1c2"]
    good(capsys, "evaluate", "run", "-n", 20)


def test_the_first_papers_recipe_takes_a_file_of_mnists_form(capsys):
    Path("train-images-idx3-ubyte").write_bytes(idx(np.random.default_rng(0).integers(0, 256, (120, 6, 5))))
    few = ["--steps", 2, "--set", "generator=20,20", "--set", "frames=1", "--out", "run"]
    good(capsys, "train", "train-images-idx3-ubyte", "--recipe", "goodfellow2014", *few)
    recipe = read("run/recipe.json")
    assert recipe.data == str(Path("train-images-idx3-ubyte").resolve()) and recipe.pieces == 5
    good(capsys, "sample", "run", "-n", 9)
    good(capsys, "evaluate", "run", "-n", 20)
    good(capsys, "train", "--recipe", "goodfellow2014", *few[:-1], "again")  # the file that stands here


def test_digits_and_a_line_train_as_the_ring_does(capsys):
    for name, first in (("digits", "held-out"), ("gaussian", "mean of x1")):
        good(capsys, "train", name, "--out", name, *TINY)
        assert first in good(capsys, "evaluate", name, "-n", 50)
        good(capsys, "sample", name, "-n", 5, "--out", f"{name}.png")


# ------------------------------------------------------------------------------------------------------- sample


def test_samples_depend_on_their_seed_alone(capsys, ring_run):
    for name, args in {"a": [], "b": [], "c": ["--seed", 1], "d": ["--live"]}.items():
        good(capsys, "sample", ring_run, "-n", 50, "--out", f"{name}.npy", *args)
    a, b, c, d = (np.load(f"{name}.npy") for name in "abcd")
    np.testing.assert_array_equal(a, b)
    assert not (a == c).any() and not (a == d).any()
    np.testing.assert_array_equal(a, minigan.load(ring_run).sample(50, seed=0).astype(np.float32))


def test_the_file_s_ending_decides_how_samples_are_written(capsys, ring_run):
    for out in ("new.csv", "NEW.CSV", "new.npy", "new.png"):
        assert good(capsys, "sample", ring_run, "--out", out) == f"{out}: 64 samples of 2 numbers\n"
    header, x = read_table("new.csv")
    assert header == ["x1", "x2"]
    np.testing.assert_array_equal(x.astype(np.float32), np.load("new.npy"))
    with Image.open("new.png") as picture:
        assert picture.format == "PNG"


def test_samples_without_a_place_lie_in_the_run(capsys, ring_run):
    assert good(capsys, "sample", ring_run) == "ring/draws.csv: 64 samples of 2 numbers\n"
    assert Path("ring/draws.csv").is_file()


def test_sampling_a_table_needs_its_file_no_longer_but_evaluating_it_does(capsys, trained):
    shutil.copytree(trained / "table", "run")
    recipe = json.loads(Path("run/recipe.json").read_text())
    Path("run/recipe.json").write_text(json.dumps(recipe | {"data": "gone.csv"}))  # a file may move
    good(capsys, "sample", "run")
    assert "'gone.csv' is no file" in bad(capsys, "evaluate", "run")
    Path("run/recipe.json").write_text(json.dumps(recipe | {"data": "ring"}))
    assert "are of two runs: in the first data is 'ring'" in bad(capsys, "sample", "run")


def test_a_run_without_an_average_has_one_generator(capsys):
    good(capsys, "train", "--out", "run", *TINY, "--set", "average=null")
    out = good(capsys, "evaluate", "run", "-n", 100)
    assert out.splitlines()[1].split() == ["generator", "shuffled", "mean", "perfect"]


def test_evaluate_says_the_same_for_the_same_seed(capsys, ring_run):
    first = good(capsys, "evaluate", ring_run, "-n", 101)
    assert first == good(capsys, "evaluate", ring_run, "-n", 101)
    assert first != good(capsys, "evaluate", ring_run, "-n", 101, "--seed", 1)
    for what in ("modes found", "high quality", "reverse KL"):
        assert what in first


# ---------------------------------------------------------------------------------------------- recipes and info


def test_recipes_lists_every_preset_and_each_setting_of_one(capsys):
    out = good(capsys, "recipes")
    assert [line.split()[0] for line in out.splitlines()[: len(RECIPES)]] == list(RECIPES)
    for name in RECIPES:
        lines = good(capsys, "recipes", name).splitlines()
        recipe = RECIPES[name][1]
        named = [field for field in Recipe.__dataclass_fields__ if recipe.has(field) and field != "model_options"]
        assert [line.split()[0] for line in lines] == [*named, *recipe.model_options]


def test_what_recipes_shows_can_be_set(capsys):
    for name, (_, recipe) in RECIPES.items():
        if name in ("points", "images", "goodfellow2014"):  # these wait for a file of the user's
            continue
        texts = {line.split()[0]: line.split()[1] for line in good(capsys, "recipes", name).splitlines()}
        del texts["data_options"]
        assert Recipe().updated(texts) == recipe


def test_info_says_what_is_here_and_what_is_chosen(capsys):
    out = good(capsys, "info")
    for text in (minigan.__version__, np.__version__, "backend", "GPU", "BLAS", "threads", "cores", "MPI"):
        assert text in out


@pytest.mark.parametrize(
    ("version", "says"),
    [
        (
            "echo 'mpiexec (Open MPI) 5.0.11'",
            "mpiexec -n {n} minigan train ...; more ranks than cores want --map-by",
        ),
        ("echo 'HYDRA build details'", "HYDRA build details; mpiexec -n {n} minigan train ...\n"),
        ("exit 1", "an mpiexec that fails"),
        (None, "no mpiexec; pip install 'minigan[mpi]' brings one"),
    ],
)
def test_info_says_what_mpiexec_lets_start(version, says, capsys, tmp_path, monkeypatch):
    if version is not None:
        (tmp_path / "mpiexec").write_text(f"#!/bin/sh\n{version}\n")
        (tmp_path / "mpiexec").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert says.format(n=cores()) in good(capsys, "info")


def test_data_that_changed_since_are_told(capsys, trained, tmp_path):
    shutil.copytree(trained / "table", "table")
    kept = (trained / "people.csv").read_text()
    try:
        lines = kept.splitlines()
        (trained / "people.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
        for command in (["evaluate", "table", "-n", "50"], ["sample", "table", "-n", "5", "--out", "a.png"]):
            assert main(command) == 0
            assert "people.csv has changed since the run was trained on it" in capsys.readouterr().err
        assert main(["sample", "table", "-n", "5", "--out", "a.csv"]) == 0  # which asks nothing of them
        assert capsys.readouterr().err == ""
    finally:
        (trained / "people.csv").write_text(kept)
    assert main(["evaluate", "table", "-n", "50"]) == 0 and capsys.readouterr().err == ""


def test_one_sample_is_enough_to_be_drawn(capsys, ring_run):
    for name in ("one.csv", "one.npy", "one.png"):
        assert "1 samples of" in good(capsys, "sample", "ring", "-n", "1", "--out", name)
    assert np.load("one.npy").shape == (1, 2)


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["train", "--help"], ["sample", "--help"]])
def test_version_and_help_end_well(args, capsys):
    assert main(args) == 0
    out = capsys.readouterr().out
    assert out == f"minigan {minigan.__version__}\n" if args == ["--version"] else out.startswith("usage: minigan")


# ---------------------------------------------------------------------------------------------------- bad input


def bad_files():
    """Files of every sort that cannot be trained on, and what the line must say of each."""
    table = "a,b\n1,2\n3,4\n5,6\n"
    Path("words.csv").write_text(table + "7,many\n")
    Path("gap.csv").write_text(table + "7,\n")
    Path("nan.csv").write_text(table.replace("4", "nan"))
    Path("infinite.csv").write_text(table.replace("4", "inf"))
    Path("ragged.csv").write_text(table + "7\n")
    Path("one.csv").write_text("a,b\n1,2\n")
    Path("constant.csv").write_text("a,b\n1,2\n1,2\n1,2\n")
    Path("empty.csv").write_text("")
    Path("header.csv").write_text("a,b\n")
    Path("binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    Path("notes.doc").write_text("dear diary")
    Path("folder").mkdir()
    Path("broken-images").mkdir()
    Path("broken-images", "a.png").write_bytes(b"no image")
    np.save("nan.npy", np.array([[1, 2], [np.nan, 4]]))
    np.save("colour.npy", np.zeros((5, 6, 4, 4)))
    np.save("words.npy", np.array(["a", "b"]))
    Path("pickled.npy").write_bytes(b"")
    np.save("pickled.npy", np.array([{"a": 1}, None]), allow_pickle=True)
    with open("pickle.npy", "wb") as file:
        pickle.dump([1, 2], file)
    np.savez("two.npz", a=np.eye(2), b=np.eye(2))
    Path("labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0\0\x02\x01\x02")
    Path("cut.gz").write_bytes(gzip.compress(idx(np.random.default_rng(0).integers(0, 256, (9, 4, 4))))[:-40])
    write_table("good.csv", 50)
    return {
        "words.csv": ["line 5", "column 2 ('b')", "'many'", "no number"],
        "gap.csv": ["line 5", "column 2 ('b')", "gap"],
        "nan.csv": ["line 3", "column 2 ('b')", "gap"],
        "infinite.csv": ["line 3", "column 2 ('b')", "infinite"],
        "ragged.csv": ["line 5 has 1 fields where the first has 2"],
        "one.csv": ["one row only", "2 rows at least"],
        "constant.csv": ["column 1 ('a') is constant, as are all"],
        "empty.csv": ["empty"],
        "header.csv": ["no row of numbers"],
        "binary.csv": ["not a table of numbers in UTF-8"],
        "notes.doc": ["ending that says no format", ".csv"],
        "folder": ["no image in it"],
        "broken-images": ["a.png", "not a readable image"],
        "nan.npy": ["row 2", "column 1 ('x1')", "NaN"],
        "colour.npy": ["4 dimensions", "drop the fourth channel"],
        "words.npy": ["wanted are real numbers"],
        "pickled.npy": ["pickled Python objects", "never are"],
        "pickle.npy": ["not an array that np.save wrote"],
        "two.npz": ["several arrays", "key="],
        "labels-idx1-ubyte": ["as labels have"],
        "cut.gz": ["whole gzip file"],
        "none.csv": ["no file or folder here"],
        "good.csv/deeper.csv": ["good.csv/deeper.csv"],
        "rign": ["did you mean 'ring'?"],
        "": ["image"],  # an empty variable of the shell; no reason to train the ring
    }


def test_data_that_cannot_be_trained_on_get_a_line_each_and_leave_nothing(capsys):
    for name, words in bad_files().items():
        line = bad(capsys, "train", name, *(["--out", "run"] if name else []), *TINY, "--set", "batch=2")
        for word in [name, *words]:
            assert word in line, (name, line)


def test_a_file_that_may_not_be_read_is_told(capsys, monkeypatch):
    write_table("people.csv")

    def forbidden(*args):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "people.csv")

    monkeypatch.setattr(Path, "read_bytes", forbidden)  # root may read anything, so a mode would prove nothing
    monkeypatch.setattr(sys.modules[__name__], "below", lambda folder: sorted(Path(folder).rglob("*")))
    line = bad(capsys, "train", "people.csv", *TINY)
    assert "people.csv: " in line and "Permission denied" in line


SETTINGS = {
    "--steps 0": "steps is 0; it must be at least 1",
    "--steps -5": "steps is -5; it must be at least 1",
    "--steps many": "steps is 'many'; it must be a whole number",
    "--steps 1e3": "steps is 1000.0; it must be a whole number",
    "--seed -1": "seed is -1; it must be at least 0",
    "--threads 0": "threads is 0; it must be at least 1",
    "--backend abacus": "backend is 'abacus'; choose one of numpy, cupy, auto",
    "--set batch=0": "batch is 0; it must be at least 1",
    "--set batch": "--set wants KEY=VALUE, not 'batch'",
    "--set bacth=3": "no setting is called 'bacth'; did you mean 'batch'?",
    "--set learning_rate=nan": "learning_rate is 'nan'; it must be a number",
    "--set learning_rate=NaN": "learning_rate is nan; it must be at least 0",
    "--set learning_rate=-1": "learning_rate is -1.0; it must be at least 0",
    "--set generator=0": "hold a width below 1",
    "--set generator=a,b": "generator is 'a,b'; it must be a list of whole numbers",
    "--set modes=abc": "modes is 'abc'; it must be a whole number",
    "--set modes=0": "modes is 0; it must be at least 1",
    "--set sd=-1": "sd is -1.0; wanted one positive number",
    "--set packing=3": "batch is 16; with packing=3 it must be a multiple",
    "--set d_steps=2": "d_steps is 2; more than 1 needs updates=alternating",
    "--set latent=2000000000": "not enough memory",
    f"--set latent=1{'0' * 30}": "",
    f"--set learning_rate=1{'0' * 400}": "",
    "--recipe nope": "recipe 'nope' is neither a file nor one of ring, grid",
    "--recipe broken.json": "broken.json: the recipe is no JSON",
    "--recipe odd.json": "odd.json: no setting is called 'stpes'; did you mean 'steps'?",
    "--recipe binary.json": "binary.json: ",
}


@pytest.mark.parametrize("args", SETTINGS)
def test_a_setting_that_cannot_be_gets_one_line(args, capsys):
    Path("broken.json").write_text("{")
    Path("odd.json").write_text('{"stpes": 3}')
    Path("binary.json").write_bytes(b"\xff\x00")
    assert SETTINGS[args] in bad(capsys, "train", "--out", "run", *TINY, *args.split(" "))


def test_a_batch_larger_than_the_data_is_told_with_both_numbers(capsys):
    write_table("people.csv", 50)
    line = bad(capsys, "train", "people.csv", "--out", "run", *TINY, "--set", "batch=51")
    assert "batch is 51" in line and "the data have 50" in line


@pytest.mark.parametrize("why", ["no CuPy", "no GPU"])
def test_a_backend_that_is_not_here_is_told_with_its_reason(why, capsys, monkeypatch):
    if why == "no CuPy":
        monkeypatch.setitem(sys.modules, "cupy", None)
        backend.find_cupy.cache_clear() if hasattr(backend.find_cupy, "cache_clear") else None
    else:
        monkeypatch.setattr(backend, "find_cupy", lambda: (None, "CuPy is installed, but it sees no GPU: get one"))
    line = bad(capsys, "train", "--out", "run", "--backend", "cupy", *TINY)
    assert ("cupy" in line.lower()) and (why == "no CuPy" or "sees no GPU" in line)
    good(capsys, "train", "--out", "run", "--backend", "auto", *TINY)  # which takes NumPy instead


def test_a_place_that_holds_a_run_is_left_as_it_is(capsys, ring_run):
    line = bad(capsys, "train", "--out", "ring", *TINY)
    assert line == "minigan: ring already holds something; give another folder with --out\n"


def test_a_place_below_a_file_is_told(capsys):
    Path("file.txt").write_text("dear diary")
    assert "file.txt/run: Not a directory" in bad(capsys, "train", "--out", "file.txt/run", *TINY)


@pytest.mark.parametrize("module, name", [(checkpoint, "save"), (plotting, "save"), (plotting, "animate")])
def test_a_full_disk_gets_one_line_that_says_what_is_left(module, name, capsys, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    nothing = module is checkpoint
    with monkeypatch.context() as patch:
        patch.setattr(module, name, full)
        line = bad(capsys, "train", "--out", "run", *TINY, "--set", "frames=2", leaves=nothing)
    left = "run holds its state after step 20; `minigan train --resume run` goes on"
    assert line == f"minigan: No space left on device; {'nothing was left behind' if nothing else left}\n"
    if not nothing:
        good(capsys, "train", "--resume", "run")
        assert sorted(os.listdir("run")) == ALL


@pytest.mark.parametrize("limit", [100, 2_000, 20_000])
def test_a_file_that_the_system_cuts_short_gets_one_line_and_leaves_nothing(limit, place):
    resource = pytest.importorskip("resource")

    def small_files():  # what a quota does: writing past the limit fails in the middle of a file
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = command("train", "--out", "run", *TINY, preexec_fn=small_files)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("minigan: File too large") and done.stderr.count("\n") == 1
    assert below(place) == {}


def test_a_run_that_diverges_names_the_step_and_the_last_good_checkpoint(capsys):
    wild = ["--set", "optimizer=sgd", "--set", "learning_rate=1e10", "--set", "log_every=1"]
    line = bad(capsys, "train", "--out", "run", *TINY, *wild, leaves=False)
    run = minigan.load("run")
    good_step = run.gan.steps
    assert good_step > 0 and f"the last good state is that after step {good_step}." in line
    assert f"step {good_step + 1} made a number in '" in line and "; run holds the last good state" in line
    good(capsys, "sample", "run", "-n", 5)


def test_an_interrupt_says_so_and_what_to_type_goes_on(capsys, monkeypatch):
    step = minigan.GAN.step

    def interrupted(gan, real):
        if gan.steps == 15:
            raise KeyboardInterrupt
        step(gan, real)

    with monkeypatch.context() as patch:
        patch.setattr(minigan.GAN, "step", interrupted)
        assert main(["train", "--out", "run", *TINY]) == 130
    go_on = "`minigan train --resume run` goes on"
    assert capsys.readouterr().err == f"minigan: interrupted; run holds its state after step 0; {go_on}\n"
    out = good(capsys, "train", "--resume", "run")
    assert minigan.load("run").gan.steps == 20 and "next:  minigan evaluate run" in out


WRONG = {
    "": "required: COMMAND",
    "trian": "'trian'",
    "train --colour red": "unrecognized arguments: --colour",
    "train ring grid": "grid",
    "sample": "required: run",
    "sample nowhere": "nowhere is no run folder",
    "sample .": "recipe.json: No such file",
    "sample ring -n 0": "'0' is no whole number of 1 or more",
    "sample ring -n ten": "'ten' is no whole number of 1 or more",
    "sample ring -n -5": "-n",
    "sample ring --seed x": "--seed",
    "sample ring --seed -1": "seed is -1",
    "sample ring -n 1000000000000": "not enough memory",
    "sample ring --out new.doc": "new.doc: cannot tell the format from its ending; give .csv, .npy or .png",
    "sample ring --out new": "new: cannot tell the format",
    "sample ring --out none/new.csv": "none/new.csv: cannot be written (No such file or directory)",
    "sample ring --out none/new.png": "none/new.png: No such file or directory",
    "evaluate nowhere": "nowhere is no run folder",
    "evaluate ring -n 1": "'1' is no whole number of 2 or more",
    "train ring --set generator=4611686018427387904": "a width of 4,611,686,018,427,387,904 in 2 pieces",
    "train ring --set batch=4611686018427387904": "batch is 4611686018427387904; it must be at least 1",
    "train ring --set latent=1000000000000": "latent is 1000000000000; it must be at least 1 and at most",
    "sample ring -n 4611686018427387904": "-n: 4611686018427387904 is more than 1,000,000,000,000",
    "recipes rign": "no recipe is called 'rign'; there are ring, grid",
    "bench gpu": "bench has no 'gpu'; choose of speed, growth, processes",
}


@pytest.mark.parametrize("args", WRONG)
def test_any_other_wrong_command_gets_one_line_too(args, capsys, ring_run):
    assert WRONG[args] in bad(capsys, *args.split())


@pytest.mark.parametrize(
    "name, content, says",
    [
        ("checkpoint.npz", b"PK\x03\x04", "checkpoint.npz cannot be loaded: it is no .npz archive"),
        ("checkpoint.npz", None, "checkpoint.npz: No such file or directory"),
        ("recipe.json", b"{", "recipe.json: the recipe is no JSON"),
        ("history.csv", b"step,a\n1,x\n", "history.csv is not the one that its checkpoint was saved with"),
        ("history.csv", None, "history.csv: No such file or directory"),
    ],
)
@pytest.mark.parametrize("what", ["sample", "evaluate"])
def test_a_damaged_run_is_told_by_the_file(name, content, says, what, capsys, ring_run):
    (ring_run / name).unlink()
    if content is not None:
        (ring_run / name).write_bytes(content)
    assert says in bad(capsys, what, ring_run)


@pytest.mark.parametrize("columns", [1, 3, 6])
def test_data_that_changed_under_a_run_are_told(columns, capsys):
    np.save("data.npy", np.random.default_rng(0).normal(size=(50, 2)))
    good(capsys, "train", "data.npy", "--out", "run", *TINY)
    np.save("data.npy", np.random.default_rng(0).normal(size=(50, columns)))
    for args in (["evaluate", "run"], ["sample", "run", "--out", "new.png"]):
        assert f"data.npy: has {columns} columns, the run was trained on 2" in bad(capsys, *args)


@pytest.mark.parametrize("args", [["train", "rign"], ["sample", "nowhere"], ["train", "--recipe", "nope"]])
def test_debug_shows_the_traceback(args):
    with pytest.raises(ValueError):
        main(["--debug", *args])


def test_what_nobody_foresaw_keeps_its_traceback(monkeypatch):
    def surprise(*args):
        raise AssertionError("a defect")

    monkeypatch.setattr(presets, "plan", surprise)
    with pytest.raises(AssertionError):  # one line would hide where it happened
        main(["train"])


# --------------------------------------------------------------------------------------------- as a real command


def test_the_command_trains_and_without_a_terminal_stderr_stays_empty(place):
    done = command("train", "--out", "run", *TINY, "--set", "frames=2")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(os.listdir("run")) == ALL
    failed = command("train", "--out", "run", *TINY)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr == "minigan: run already holds something; give another folder with --out\n"


def test_on_a_terminal_the_progress_bar_shows_every_number(place):
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 200))
    done = command("train", "--out", "run", *TINY, capture_output=False, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 0 and "20/20" in shown
    for name in ("d_loss", "g_loss", "value", "d_real", "d_fake", "high_quality"):
        assert f"{name}=" in shown


@pytest.mark.parametrize("args", [["recipes"], ["recipes", "ring"], ["info"], ["--help"], ["--version"]])
def test_a_reader_that_leaves_early_causes_no_traceback(args):
    reads, writes = os.pipe()
    os.close(reads)
    done = command(*args, capture_output=False, stdout=writes, stderr=subprocess.PIPE)
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", [{1}, {2}, {0, 1, 2}], ids=str)
@pytest.mark.parametrize("args", [["recipes"], ["info"], ["train", "--out", "run", *TINY], ["sample", "none"]])
def test_a_stream_that_is_closed_is_no_fault(args, closed, tmp_path):
    shell = " ".join(["exec", '"$0"', "-W", "error", "-m", "minigan", '"$@"', *(f"{n}>&-" for n in closed)])
    done = subprocess.run(["sh", "-c", shell, sys.executable, *args], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == (2 if args[0] == "sample" else 0)
    assert "Traceback" not in done.stderr and (2 in closed or args[0] == "sample" or done.stderr == "")
    if args[0] == "train":  # whose files did not take the streams' numbers
        assert set(os.listdir(tmp_path / "run")) >= {"checkpoint.npz", "history.csv", "recipe.json"}
        assert (tmp_path / "run" / "history.csv").read_text().startswith("step,d_loss")


def test_the_installed_command_is_the_same_as_the_module():
    installed = Path(sys.executable).with_name("minigan")
    done = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == command("--version").stdout == f"minigan {minigan.__version__}\n"


# -------------------------------------------------------------------------------------- the way of a setting


def test_a_users_file_is_opened_once(tmp_path):
    np.savetxt(tmp_path / "table.csv", np.random.default_rng(0).normal(size=(60, 2)), delimiter=",")
    code = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" else None)
from minigan.cli import main
from minigan.runs.threads import cores
assert main(["train", "table.csv", "--steps", "3", "--set", "frames=0", "--out", "run"]) == 0
print(sum(str(path).endswith("table.csv") for path in opened))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "1"
