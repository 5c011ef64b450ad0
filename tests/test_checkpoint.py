"""A GAN on disk: exact, plain, whole or not at all, and never a program."""

from __future__ import annotations

import copy
import errno
import json
import os
import pickle
import subprocess
import sys
import zipfile
from dataclasses import dataclass

import numpy as np
import pytest

import minigan as mg
from minigan import checkpoint
from minigan.checkpoint import CheckpointError


def game(seed=0, dtype="float32", extra_g=(), extra_d=(), **options):
    be = mg.Backend("numpy", dtype)
    G = mg.Sequential([mg.Dense(3, 8), *extra_g, mg.Tanh(), mg.Dense(8, 2)], be, seed, "G")
    D = mg.Sequential([mg.Dense(2, 8), mg.LeakyReLU(0.1), *extra_d, mg.Dense(8, 1)], be, seed, "D")
    return mg.GAN(G, D, mg.Latent(3), seed=seed, **options)


def trained(steps=5, **options):
    gan = game(**options)
    mg.train(gan, mg.ring(), steps, 8)
    return gan


def state(gan):
    return gan.steps, {name: vector.tobytes() for name, vector in gan.vectors().items()}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "gan.npz"


def refused(path, *words, **options):
    """The one clear message with which this file is refused."""
    with pytest.raises(CheckpointError) as caught:
        mg.load(path, **options)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message
    for word in words:
        assert word in message
    return message


# ------------------------------------------------------------------------------------------------ there and back


OPTIONS = {
    "plain": {},
    "momentum": {"optimizers": (mg.Momentum(0.1, mg.Linear(0.9, 50)), mg.SGD(mg.Exponential(0.1, 0.99, 0.01)))},
    "no average": {"average": None},
    "rich": {
        "extra_g": [mg.BatchNorm(8), mg.Maxout(2), mg.ReLU(), mg.Dense(4, 8, bias=False, init=("uniform", 0.2))],
        "extra_d": [mg.Dropout(0.2), mg.Softplus(), mg.Dense(8, 8, init="glorot"), mg.Sigmoid()],
        "optimizers": (mg.Adam(mg.HoldThenCosine(1e-3, 50), 0.5, 0.99), mg.Adam(1e-4)),
        "instance_noise": mg.Linear(0.3, 50),
        "objective": "minimax",
        "d_steps": 2,
        "seed": 7,
    },
    "double": {"dtype": "float64", "updates": "simultaneous", "instance_noise": 0.1},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_gan_comes_back_with_all_that_it_was(options, file):
    gan = trained(**options)
    mg.save(gan, file)
    back = mg.load(file)
    assert state(back) == state(gan)
    assert checkpoint.about(back) == checkpoint.about(gan)
    np.testing.assert_array_equal(back.sample(5), gan.sample(5))
    for one in (back, gan):  # and goes on as the other does
        mg.train(one, mg.ring(), 5, 8)
    assert state(back) == state(gan)


def test_saved_twice_the_bytes_are_the_same(tmp_path):
    gan = trained()
    mg.save(gan, tmp_path / "a.npz")
    mg.save(copy.deepcopy(gan), tmp_path / "b.npz")
    mg.save(mg.load(tmp_path / "a.npz"), tmp_path / "c.npz")
    a, b, c = ((tmp_path / name).read_bytes() for name in ("a.npz", "b.npz", "c.npz"))
    assert a == b == c
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}  # the clock is nowhere in it


def test_numpy_alone_reads_it(file):
    gan = trained()
    mg.save(gan, file)
    code = (
        "import sys, json, numpy as np; file = np.load(sys.argv[1], allow_pickle=False);"
        "about = json.loads(file['about'].tobytes());"
        "assert 'minigan' not in sys.modules;"
        "print(about['gan']['steps'], float(file['generator.theta'].sum()), *file.files)"
    )
    out = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    steps, total, *names = out.stdout.split()
    assert int(steps) == 5 and float(total) == float(gan.generator.theta.sum())
    assert names == ["about", *gan.vectors()]


def test_the_loaded_layers_are_views_of_theta(file):
    mg.save(trained(), file)
    gan = mg.load(file)
    for net in (gan.generator, gan.discriminator, gan.average):
        for layer in (net.layers[0], net.layers[-1]):
            assert np.shares_memory(layer.W, net.theta) and np.shares_memory(layer.dW, net.grad)
    assert gan.optimizers[0].net is gan.generator and gan.optimizers[1].net is gan.discriminator


def test_numpy_scalars_among_the_settings_are_saved_as_numbers(file):
    options = {"average": np.float32(0.5), "instance_noise": np.float32(0.25), "seed": np.int64(3)}
    gan = game(optimizers=(mg.Adam(np.float64(1e-3)), mg.SGD(np.float32(0.5))), **options)
    mg.save(gan, file)
    back = mg.load(file)
    assert (back.decay, back.instance_noise, back.seed) == (0.5, 0.25, 3)
    assert back.optimizers[1].learning_rate == 0.5


def test_a_pickled_or_copied_gan_is_saved_as_the_original(file, tmp_path):
    gan = trained()
    mg.save(gan, file)
    mg.save(pickle.loads(pickle.dumps(gan)), tmp_path / "copy.npz")
    assert (tmp_path / "copy.npz").read_bytes() == file.read_bytes()


# ------------------------------------------------------------------------------------------- pieces of one's own


@dataclass(eq=False)
class Scale(mg.Layer):
    """y = factor x."""

    factor: float = 1.0

    def forward(self, x, y, memo, training, rng):
        y[...] = self.factor * x

    def backward(self, x, y, dy, dx, memo):
        dx[...] = self.factor * dy


@dataclass(frozen=True)
class Staircase:
    """A rate that is divided by 10 every so many steps."""

    rate: float
    length: int

    def __call__(self, step):
        return self.rate * 0.1 ** (step // self.length)


class Hinge:
    name = "hinge"

    def real_loss(self, s):
        return np.maximum(0, 1 - s)

    def real_slope(self, s):
        return -(s < 1).astype(s.dtype)

    def fake_loss(self, s):
        return np.maximum(0, 1 + s)

    def fake_slope(self, s):
        return (s > -1).astype(s.dtype)

    def generator_loss(self, s):
        return -s

    def generator_slope(self, s):
        return -np.ones_like(s)


@dataclass
class Smooth(mg.NonSaturating):
    """One-sided label smoothing: real samples are labelled `label`. It keeps its parent's name."""

    label: float = 1.0

    def real_slope(self, s):
        return mg.NonSaturating.real_slope(self, s) + np.float32(1 - self.label)


@pytest.mark.parametrize(
    "piece, name",
    [
        ({"extra_g": [Scale(0.5)]}, "Scale"),
        ({"optimizers": (mg.Adam(Staircase(1e-2, 3)), mg.Adam(1e-3))}, "Staircase"),
        ({"objective": Hinge()}, "Hinge"),
        ({"objective": Smooth(0.9)}, "Smooth"),
    ],
    ids=["layer", "schedule", "objective", "objective with a setting"],
)
def test_a_piece_of_ones_own_is_asked_for_by_name_and_then_serves(piece, name, file):
    gan = trained(**piece)
    mg.save(gan, file)
    refused(file, repr(name), f"classes=[{name}]")
    back = mg.load(file, classes=[globals()[name]])
    for one in (back, gan):
        mg.train(one, mg.ring(), 5, 8)
    assert state(back) == state(gan)


def test_the_settings_of_an_objective_of_ones_own_come_back(file):
    mg.save(game(objective=Smooth(0.9)), file)
    assert mg.load(file, classes=[Smooth]).objective.label == 0.9


def test_a_lambda_is_refused_with_the_cure_and_no_file_is_made(file):
    gan = game(optimizers=(mg.Adam(lambda step: 1e-3), mg.Adam(1e-3)))
    with pytest.raises(TypeError, match=r"lambda.* cannot be saved: .* make .* a dataclass with a __call__"):
        mg.save(gan, file)
    assert list(file.parent.iterdir()) == []


def test_an_objective_with_hidden_settings_is_refused():
    class Leaky(Hinge):
        def __init__(self, slope):
            self.slope = slope

    with pytest.raises(TypeError, match="cannot be saved"):
        checkpoint.about(game(objective=Leaky(0.1)))


# ----------------------------------------------------------------------------------------------- files gone wrong


class Trap:
    """Unpickling it leaves a mark."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("how", ["npz", "npy", "pickle"])
def test_a_pickle_is_refused_and_never_run(how, tmp_path):
    path, mark = tmp_path / "trap.npz", tmp_path / "mark"
    trap = np.array([Trap(mark)], dtype=object)
    with path.open("wb") as file:
        if how == "npz":
            np.savez(file, about=trap)
        elif how == "npy":
            np.save(file, trap)
        else:
            pickle.dump(Trap(mark), file)
    message = refused(path, "no minigan checkpoint")
    assert "allow_pickle" not in message  # no advice to open it after all
    assert not mark.exists()
    pickle.loads(pickle.dumps(Trap(mark)))
    assert mark.exists()  # the trap works


def test_every_truncated_file_is_refused(file):
    mg.save(trained(), file)
    whole = file.read_bytes()
    for length in [*range(0, 200, 7), *range(200, len(whole), 101), len(whole) - 1]:
        file.write_bytes(whole[:length])
        refused(file)


def test_a_changed_byte_is_refused_or_of_no_account(file):
    gan = trained()
    mg.save(gan, file)
    whole, rng, good = file.read_bytes(), np.random.default_rng(0), state(gan)
    refusals = 0
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        file.write_bytes(damaged)
        try:
            back = mg.load(file)
        except CheckpointError as error:
            refusals += 1
            assert str(file) in str(error)
        else:  # a date or a flag of the archive
            assert state(back) == good
    assert refusals > 200


def rewrite(file, change):
    """The same checkpoint with its description changed."""
    with np.load(file) as archive:
        arrays = dict(archive)
    plain = json.loads(arrays["about"].tobytes())
    plain = change(plain, arrays) or plain
    arrays["about"] = np.frombuffer(json.dumps(plain).encode(), np.uint8)
    np.savez(file, **arrays)


CHANGES = {
    "another format": (lambda p, a: p.update(format=99), "its format is 99, this minigan reads 1"),
    "a vector missing": (lambda p, a: a.pop("generator.m").fill(0), "no minigan checkpoint"),
    "a vector too short": (lambda p, a: a.update({"generator.m": np.zeros(3)}), "'generator.m' has 3 numbers"),
    "a list": (lambda p, a: [1, 2], "no minigan checkpoint"),
    "no gan": (lambda p, a: p.update(gan=None), "no minigan checkpoint"),
    "an unknown setting": (lambda p, a: p["gan"]["latent"].update(colour="red"), "no minigan checkpoint"),
    "a module to import": (lambda p, a: p["gan"].update(latent={"is": "os.system"}), "uses 'os.system'"),
    "a class by no name": (lambda p, a: p["gan"].update(latent={"is": ["Latent"]}), "no minigan checkpoint"),
    "impossible": (lambda p, a: p["gan"].update(d_steps=0), "d_steps is 0"),
    "a wrong width": (lambda p, a: p["gan"]["latent"].update(dim=4), "the latent has 4 dimensions"),
    "no such backend": (lambda p, a: p["gan"].update(backend="abacus"), "abacus"),
}


@pytest.mark.parametrize("change, says", CHANGES.values(), ids=CHANGES)
def test_a_description_that_cannot_be_is_refused(change, says, file):
    mg.save(trained(), file)
    rewrite(file, lambda plain, arrays: None)
    mg.load(file)  # rewriting alone does no harm
    rewrite(file, change)
    refused(file, says)


def test_another_programs_arrays_are_no_checkpoint(tmp_path):
    np.savez(tmp_path / "foreign.npz", x=np.arange(3))
    np.savez(tmp_path / "about.npz", about=np.arange(3))
    (tmp_path / "text.npz").write_text("step,loss\n1,2\n")
    with (tmp_path / "array.npz").open("wb") as file:
        np.save(file, np.arange(3))
    for path in tmp_path.iterdir():
        refused(path, "no minigan checkpoint")


def test_a_file_that_is_not_there_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        mg.load(tmp_path / "none.npz")


def test_a_backend_that_is_not_here_is_told(file):
    mg.save(game(), file)
    cupy, _ = mg.backend.find_cupy()
    if cupy is None:
        refused(file, "cannot be loaded", backend="cupy")
    else:
        assert mg.load(file, backend="cupy").generator.backend.name == "cupy"
    assert mg.load(file, backend="numpy").generator.backend.name == "numpy"


# ----------------------------------------------------------------------------------------------- writes gone wrong


def full(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupted(*args):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "where, fails, error",
    [
        ((os, "replace"), full, OSError),
        ((os, "fsync"), full, OSError),
        ((os, "fsync"), interrupted, KeyboardInterrupt),
    ],
    ids=["renaming", "writing", "interrupted"],
)
@pytest.mark.parametrize("before", [True, False], ids=["over an older one", "first"])
def test_a_write_that_fails_leaves_what_was_there(where, fails, error, before, file, monkeypatch):
    older = trained(3)
    if before:
        mg.save(older, file)
    with monkeypatch.context() as patch, pytest.raises(error):
        patch.setattr(*where, fails)
        mg.save(trained(5), file)
    assert [path.name for path in file.parent.iterdir()] == ["gan.npz"] * before
    if before:
        assert state(mg.load(file)) == state(older)


def test_a_path_without_an_ending_gets_none(tmp_path):
    mg.save(game(), tmp_path / "gan")
    assert [path.name for path in tmp_path.iterdir()] == ["gan"]
    assert mg.load(tmp_path / "gan").steps == 0
