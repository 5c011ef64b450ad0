"""A hundred inputs for every reader, by the fuzzer that looks for what its writers did not think of."""

import subprocess
import sys

import pytest
from fuzz import run

SOON = ("csv", "images", "checkpoint")  # most of the time goes into watching the imports, reader by reader


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name not in SOON)) for name in run.NAMES]
)
def test_the_fuzzer_finds_nothing(tmp_path, name):
    line = [sys.executable, run.__file__, name, "--runs", "100"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    reader, tried = done.stdout.split(" inputs")[0].split(": ")
    assert reader == name and int(tried) >= 100, done.stdout
    assert list(tmp_path.iterdir()) == []  # crash-... would lie here
