"""Lesson 19's door for MNIST and Fashion-MNIST, on small files of their form."""

from __future__ import annotations

import gzip
import struct
from dataclasses import replace

import numpy as np
import pytest

import minigan as mg
from minigan.judge.metrics import parzen_report
from minigan.lessons import Claims
from minigan.lessons.behind.l19 import of_your_own
from minigan.lessons.l19_first_table import PAPER, first_paper, images

FEW = replace(PAPER, steps=4, log_every=2, generator=(20, 20), discriminator=(8, 8))


def write(path, x):
    packed = struct.pack(">4B3I", 0, 0, 8, 3, *x.shape) + x.tobytes()
    path.write_bytes(gzip.compress(packed) if path.suffix == ".gz" else packed)
    return x.reshape(len(x), -1) / 255


@pytest.mark.parametrize("n", [2, 99, 100, 109, 110, 123])
@pytest.mark.parametrize(
    "name", ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte"]
)
def test_images_come_in_the_files_order_though_the_data_set_holds_some_out(n, name, tmp_path):
    x = write(tmp_path / name, np.random.default_rng(n).integers(0, 256, (n, 4, 3), dtype=np.uint8))
    read = images(tmp_path, "train-images")
    assert read.dtype == np.float32 and np.abs(read - x).max() < 1e-7


def test_a_folder_without_the_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no t10k-images\*; put MNIST's"):
        images(tmp_path, "t10k-images")


def test_five_sixths_are_trained_on_the_next_rows_choose_sigma_and_the_test_file_is_judged(tmp_path, monkeypatch):
    rng, seen = np.random.default_rng(0), []
    train = write(tmp_path / "train-images-idx3-ubyte", rng.integers(0, 256, (240, 6, 6), dtype=np.uint8))
    test = write(tmp_path / "t10k-images-idx3-ubyte", rng.integers(0, 256, (30, 6, 6), dtype=np.uint8))
    step = mg.GAN.step
    monkeypatch.setattr(mg.GAN, "step", lambda gan, real: (seen.append(real.copy()), step(gan, real)))
    report = first_paper(tmp_path, tmp_path / "kept.npz", FEW, samples=50)
    kept = mg.load(tmp_path / "kept.npz")
    assert kept.steps == 4
    again = parzen_report(kept.sample(50), train[200:240], test)
    assert (report.sigma, report.mean) == (again.sigma, pytest.approx(again.mean, abs=1e-4))
    assert report.validation == pytest.approx(again.validation, abs=1e-3)
    epoch = np.concatenate(seen[:2])  # 200 rows in 2 batches of 100: each of the first 200 images, once
    order = np.lexsort(epoch.T), np.lexsort(train[:200].T.astype(np.float32))
    assert np.abs(epoch[order[0]] - train[:200][order[1]]).max() < 1e-6


def test_the_users_images_make_a_claim_and_without_them_there_is_none(tmp_path, monkeypatch):
    digits = mg.load_dataset("digits")
    for name, x in ("train", digits.x), ("t10k", digits.held_out):
        write(tmp_path / f"{name}-images-idx3-ubyte", (15 * x).astype(np.uint8).reshape(-1, 8, 8))
    monkeypatch.delenv("MINIGAN_MNIST", raising=False)
    of_your_own(none := Claims())
    monkeypatch.setenv("MINIGAN_MNIST", str(tmp_path))
    of_your_own(one := Claims())
    assert not none and [claim.name for claim in one] == ["yours"]
    assert one[0].holds and one[0].value < -1, "the blur of real images is ahead by a nat and more"
