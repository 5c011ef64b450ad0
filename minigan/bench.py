"""What `minigan bench` does: measure what the README promises, so that nobody needs to believe it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from .datasets import Dataset, load_dataset
from .distributions import Mixture
from .metrics import label_mix, mode_report, neighbour_ratios
from .recipes import load


def targets(seeds: int) -> None:
    """Print how long the default recipes take, as whole processes with their animation, and how good they end."""
    extra = median(_import_time() for _ in range(5))
    print(f"import minigan adds {extra:.3f} s to import numpy (median of 5; promised: 0.15)")
    _recipe("ring", seeds, 30, _ring)
    _recipe("digits", seeds, 60, _digits)
    with tempfile.TemporaryDirectory() as folder:
        prints = []
        for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
            _minigan("train", "--steps", "300", "--seed", seed, "--out", f"{folder}/{name}")
            prints.append(hashlib.sha256(Path(folder, name, "checkpoint.npz").read_bytes()).hexdigest()[:16])
    same, other = prints[0] == prints[1], prints[0] != prints[2]
    print(f"300 steps of ring: seed 0 {prints[0]}, again {prints[1]}, seed 1 {prints[2]}", end=": ")
    print("equal seeds equal bits, other seeds others" if same and other else "NOT AS PROMISED")


def _minigan(*args: str) -> None:
    subprocess.run([sys.executable, "-m", "minigan", *args], check=True, stdout=subprocess.DEVNULL)


def _import_time() -> float:
    code = "import time, numpy; t = time.perf_counter(); import minigan; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def _recipe(name: str, seeds: int, promised: float, score: Callable[[str], str]) -> None:
    print(f"minigan train {name} (promised: {promised:.0f} s)")
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            out = f"{folder}/{seed}"
            begun = time.perf_counter()
            _minigan("train", name, "--seed", str(seed), "--out", out)
            print(f"  seed {seed}: {time.perf_counter() - begun:5.1f} s  {score(out)}", flush=True)


def _ring(folder: str) -> str:
    run, data = load(folder), load_dataset("ring")
    assert isinstance(data, Mixture)
    parts = []
    for which in ("averaged", "live"):
        report = mode_report(run.sample(2500, averaged=which == "averaged"), data)
        parts.append(
            f"{which}: {report.found} modes, {report.high_quality:.1%} good, reverse KL {report.reverse_kl:.4f}"
        )
    return "; ".join(parts)


def _digits(folder: str) -> str:
    run, data = load(folder), load_dataset("digits")
    assert isinstance(data, Dataset) and data.held_out is not None
    parts = []
    for which in ("averaged", "live"):
        x = run.sample(1000, averaged=which == "averaged")
        ratios = neighbour_ratios(x, data.x, data.held_out)
        least = np.min(label_mix(x, data.x, data.labels))
        parts.append(
            f"{which}: least class {least:.1%}, sample to training {ratios.samples_to_train:.2f}, "
            f"held-out to sample {ratios.held_out_to_samples:.2f}"
        )
    return "; ".join(parts)
