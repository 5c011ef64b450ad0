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

from minigan.cli import main

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


def test_the_other_code_runs():
    for text in CODE[1:]:
        exec(text, {})


EXTRAS = {"sweep": "joblib", "export": "onnx"}  # what a command needs beside minigan


def test_the_commands_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("minigan.lessons.figures", lambda: tmp_path)
    quick = ["--steps", "20", "--set", "log_every=10", "--set", "frames=2"]
    assert len(COMMANDS) >= 5
    for line in COMMANDS:
        words = shlex.split(line.replace("1500", "15"), comments=True)[1:]
        if find_spec(EXTRAS.get(words[0], "minigan")) is None:
            continue
        assert main(words + (quick if words[0] == "train" else [])) == 0, (line, capsys.readouterr().err)
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
