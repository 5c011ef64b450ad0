"""A hundred inputs for every reader, by the fuzzer that looks for what its writers did not think of."""

import subprocess
import sys

from fuzz import run


def test_the_fuzzer_finds_nothing(tmp_path):
    line = [sys.executable, run.__file__, "--runs", "100"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    tried = dict(line.split(" inputs")[0].split(": ") for line in done.stdout.splitlines())
    assert list(tried) == list(run.NAMES)
    assert all(int(n) >= 100 for n in tried.values()), tried
    assert list(tmp_path.iterdir()) == []  # crash-... would lie here
