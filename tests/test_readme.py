"""The README says what is so: its code runs and prints what it says, its commands work, its counts are true."""

import contextlib
import io
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import minigan as mg
from minigan.cli import main
from minigan.judge.evaluation import scores
from minigan.runs import family

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.S)
CODE = [text for language, text in BLOCKS if language == "python"]
LINES = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
COMMANDS = [line for line in LINES if line.startswith("minigan")]


def test_the_twelve_lines_print_what_the_readme_says():
    said = next(text for language, text in BLOCKS if language == "").split()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(CODE[0], {})
    for printed, promised in zip(out.getvalue().split(), said, strict=True):
        number = promised.rstrip(",")
        if re.fullmatch(r"-?\d+\.\d+", number):
            assert float(printed.rstrip(",")) == pytest.approx(float(number), abs=0.03)  # BLAS kernels differ
        else:
            assert printed == promised


def equal_vectors(gan, run):
    return all((a == b).all() for a, b in zip(gan.vectors().values(), run.gan.vectors().values(), strict=True))


def test_the_twelve_lines_are_what_the_command_trains_to_the_bit(tmp_path):
    space = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(CODE[0], space)
    assert main(["train", "gaussian", "--set", "frames=0", "--out", str(tmp_path / "run")]) == 0
    assert equal_vectors(space["gan"], mg.load(tmp_path / "run"))


def ring_script():
    """The script under "The same from Python"."""
    return next(text for text in CODE if 'load_dataset("ring")' in text)


def test_the_ring_from_python_is_minigan_train_to_the_bit_in_fifteen_lines(tmp_path):
    text, space = ring_script(), {}
    assert sum(bool(line.strip()) for line in text.splitlines()) <= 15
    exec(text.replace("16_000", "300"), space)
    assert main(["train", "--steps", "300", "--set", "frames=0", "--out", str(tmp_path / "run")]) == 0
    assert equal_vectors(space["gan"], mg.load(tmp_path / "run"))


@pytest.mark.long
def test_and_at_full_length_it_is_as_good(tmp_path):
    space = {}
    exec(ring_script(), space)
    assert main(["train", "--out", str(tmp_path / "run")]) == 0
    assert equal_vectors(space["gan"], mg.load(tmp_path / "run"))
    found = scores(space["scaler"].to_data(space["gan"].sample(2500)), mg.ring())
    assert found["modes"] == 8 and found["high_quality"] > 0.95 and found["reverse_kl"] < 0.01


def test_the_other_code_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (
        main(["train", "--steps", "20", "--set", "log_every=10", "--set", "frames=2"]) == 0
    )  # leaves runs/ring-001
    for text in CODE[1:]:
        if text != ring_script():
            exec(text, {})


EXTRAS = {"sweep": "joblib", "export": "onnx"}  # what a command needs beside minigan


def test_the_commands_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(family, "K", {})  # of 5,000 draws 50 say that the command works
    quick = {
        "train": ["--steps", "20", "--set", "log_every=10", "--set", "frames=2"],
        "family": ["--set", "steps=20", "--models", "vae,gan"],  # chains take their time to be sampled
    }
    assert len(COMMANDS) >= 5
    for line in COMMANDS:
        words = shlex.split(line.replace("1500", "15"), comments=True)[1:]
        if find_spec(EXTRAS.get(words[0], "minigan")) is None:
            continue
        assert main(words + quick.get(words[0], [])) == 0, (line, capsys.readouterr().err)
    checkpoints = [tmp_path / "runs" / name / "checkpoint.npz" for name in ("digits", "again")]
    assert checkpoints[0].read_bytes() == checkpoints[1].read_bytes()


def test_the_table_of_files_is_the_one_that_the_script_makes():
    made = subprocess.run(
        [sys.executable, ROOT / "tools" / "house.py"], check=True, stdout=subprocess.PIPE, text=True
    )
    assert re.search(r"<!-- lines -->\n(.*?)<!-- /lines -->", README, re.S)[1] == made.stdout


def test_what_the_readme_links_to_is_there():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
