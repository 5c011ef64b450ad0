"""Do the same seeds still give the same bits as at another revision?

    python tools/same_bits.py REVISION

It checks the revision out beside the work tree, trains the same short runs with both, and compares every array of
their checkpoints, and their histories, byte by byte; and what each makes of the kept run of format 1. Exits with 1
where anything differs.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "runs" / "run_of_format_1"
RUNS = {
    "ring": ["ring"],
    "digits": ["digits"],
    "gaussian": ["gaussian"],
    "goodfellow2014": ["images.gz", "--recipe", "goodfellow2014"],
}
SHORT = ["--steps", "200", "--set", "log_every=50", "--set", "frames=0"]
LOADS = """
import hashlib, sys
import minigan as mg
run = mg.load(sys.argv[1])
for name, vector in run.gan.vectors().items():
    print(name, hashlib.sha256(vector.tobytes()).hexdigest())
print("samples", hashlib.sha256(run.sample(100).tobytes()).hexdigest(), run.history.rows)
"""


def write_images(path: Path, n: int = 2000) -> None:
    """A file of the MNIST family: grey blobs of 28 x 28 pixels, the same at every call."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:28, :28]
    centre, width = rng.uniform(8, 20, (n, 2, 1, 1)), rng.uniform(2, 6, (n, 1, 1))
    blobs = 255 * np.exp(-((y - centre[:, 0]) ** 2 + (x - centre[:, 1]) ** 2) / (2 * width**2))
    path.write_bytes(gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, n, 28, 28) + blobs.astype(np.uint8).tobytes()))


def prints(tree: Path, folder: Path) -> dict[str, str]:
    """The fingerprint of each thing that this tree's minigan makes, by its name."""
    environment = os.environ | {"PYTHONPATH": str(tree), "OPENBLAS_NUM_THREADS": "1"}

    def python(*words: str) -> str:
        command = [sys.executable, *words]
        return subprocess.run(
            command, env=environment, cwd=folder, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    where = python("-c", "import minigan; print(minigan.__file__)").strip()
    if not Path(where).is_relative_to(tree):
        raise SystemExit(f"{where} was imported, not the minigan in {tree}")
    found = {}
    for name, words in RUNS.items():
        python("-m", "minigan", "train", *words, *SHORT, "--out", name)
        with np.load(folder / name / "checkpoint.npz") as arrays:
            for key in sorted(set(arrays.files) - {"about"}):
                found[f"{name}: {key}"] = hashlib.sha256(arrays[key].tobytes()).hexdigest()
        found[f"{name}: history.csv"] = hashlib.sha256((folder / name / "history.csv").read_bytes()).hexdigest()
    for line in python("-c", LOADS, str(KEPT)).splitlines():
        key, _, value = line.partition(" ")
        found[f"run of format 1: {key}"] = value
    return found


def main(revision: str) -> int:
    """Compare, print, and say whether all is equal."""
    with tempfile.TemporaryDirectory() as scratch:
        there = Path(scratch, "tree")
        subprocess.run(["git", "-C", ROOT, "worktree", "add", "--detach", "--quiet", there, revision], check=True)
        try:
            both = []
            for tree in (there, ROOT):
                folder = Path(tempfile.mkdtemp(dir=scratch))
                write_images(folder / "images.gz")
                both.append(prints(tree, folder))
        finally:
            subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", there], check=True)
    before, now = both
    apart = [name for name in before | now if before.get(name) != now.get(name)]
    print(f"{len(before)} fingerprints at {revision}, {len(now)} here, {len(apart)} differ")
    print("\n".join(apart))
    return 1 if apart else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.exit(main(sys.argv[1]))
