"""A GAN on disk: exact, plain, whole or not at all, and never a program."""

from __future__ import annotations

import copy
import errno
import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import tracemalloc
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import minigan as mg
from minigan.core import backend
from minigan.runs import checkpoint
from minigan.runs.checkpoint import CheckpointError
from minigan.runs.run import start


def game(seed=0, dtype="float32", extra_g=(), extra_d=(), **options):
    be = mg.Backend("numpy", dtype)
    G = mg.Sequential([mg.Dense(3, 8), *extra_g, mg.Tanh(), mg.Dense(8, 2)], be, seed, "G")
    D = mg.Sequential([mg.Dense(2, 8), mg.LeakyReLU(0.1), *extra_d, mg.Dense(8, 1)], be, seed, "D")
    return mg.GAN(G, D, mg.Latent(3), seed=seed, **{"updates": "alternating"} | options)


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
        assert word in message.replace(str(path), "")  # which holds this test's name
    return message


# ------------------------------------------------------------------------------------------------ there and back


OPTIONS = {
    "plain": {},
    "momentum": {"optimizers": (mg.Momentum(0.1, mg.Linear(0.9, 50)), mg.SGD(mg.Exponential(0.1, 0.99, 0.01)))},
    "first paper": {
        "extra_d": [mg.Maxout(2), mg.Dropout(0.5), mg.Dense(4, 8, init=("uniform", 0.005))],
        "optimizers": (mg.Momentum(mg.Exponential(0.1, 0.9, 1e-3), mg.Linear(0.5, 50, 0.5, 0.7)), mg.SGD(0.1)),
        "updates": "simultaneous",
        "average": None,
    },
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
        "assert 'minigan' not in sys.modules; assert about['format'] == 2;"
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
    message = refused(path, "holds Python objects" if how == "npz" else "no .npz archive")
    assert "allow_pickle" not in message  # no advice to open it after all
    assert not mark.exists()
    pickle.loads(pickle.dumps(Trap(mark)))
    assert mark.exists()  # the trap works


def test_every_truncated_file_is_refused(file):
    mg.save(trained(), file)
    whole = file.read_bytes()
    for length in [*range(0, 200, 7), *range(200, len(whole), 101), *range(len(whole) - 70, len(whole))]:
        file.write_bytes(whole[:length])
        refused(file, "it was cut short" if length > len(whole) - 65 else "no .npz archive, or was cut short")


def test_a_change_of_any_byte_is_refused(file):
    mg.save(game(), file)
    whole, rng = file.read_bytes(), np.random.default_rng(0)
    for place, bit in enumerate(rng.integers(8, size=len(whole))):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << bit
        file.write_bytes(damaged)
        refused(file)


def test_the_checksum_is_that_of_all_bytes_before_it(file):
    mg.save(trained(), file)
    whole = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        assert archive.comment.decode() == hashlib.sha256(whole[:-64]).hexdigest()
    with file.open("ab") as more:
        more.write(b"0" * 64)
    refused(file)


def seal(content):
    """The bytes with a comment's length and a checksum that are right: what a forger would write."""
    content = bytearray(content)
    end = content.rfind(b"PK\5\6")
    del content[end + 22 :]
    content[end + 20 : end + 22] = b"\x40\0"
    return bytes(content) + hashlib.sha256(content).hexdigest().encode()


@cache
def whole_file():
    return bytes(checkpoint.pack({"about": as_bytes(described())} | game().vectors()))


@settings(max_examples=300)
@given(data=st.data())
def test_whatever_a_forger_changes_loads_or_is_refused_with_no_more_memory_than_it_is_long(data):
    content = bytearray(whole_file())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.sampled_from([0, 1, 2, 4, 8, 64]))
        content[start : start + length] = data.draw(st.binary(max_size=16))
    content = seal(content) if content.rfind(b"PK\5\6") >= 0 else bytes(content)
    tracemalloc.start()
    try:
        arrays, _ = checkpoint.unpack(content)
        assert sum(a.nbytes for a in arrays.values()) <= len(content)
    except CheckpointError as error:
        assert len(str(error)) < 400
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 20 * len(content) + 16_000_000  # a module may be imported on the way, and other threads count


def as_bytes(plain):
    return np.frombuffer(json.dumps(plain).encode(), np.uint8)


def described():
    return {"format": checkpoint.FORMAT, "gan": checkpoint.about(game()), "extra": {}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 1 << 70) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["is", "n_in", "rate"]), inner),
    max_leaves=5,
)


@settings(max_examples=300)
@given(path=st.data(), value=JSON)
@example(path=["gan", "networks", 0, "layers", 0, "n_in"], value=10**12)
@example(path=["gan", "networks", 1, "layers", 0, "n_out"], value=10**12)
@example(path=["gan", "latent", "dim"], value=10**12)
@example(path=["gan", "packing"], value=10**12)
@example(path=["gan", "steps"], value=-1)
@example(path=["gan", "steps"], value=0.5)
def test_whatever_a_forger_describes_loads_or_is_refused(path, value, tmp_path_factory):
    plain = described()
    place, keys = plain, path if isinstance(path, list) else None
    for depth in range(9):
        inside = list(place) if isinstance(place, dict) else range(len(place))
        key = keys[depth] if keys else path.draw(st.sampled_from(list(inside)))
        last = depth == len(keys) - 1 if keys else not isinstance(place[key], dict | list) or not place[key]
        if last or (not keys and path.draw(st.booleans())):
            place[key] = value
            break
        place = place[key]
    file = tmp_path_factory.getbasetemp() / "forged.npz"
    file.write_bytes(checkpoint.pack({"about": as_bytes(plain)} | game().vectors()))
    with suppress(CheckpointError):
        mg.load(file)  # what is imported on the way is not the file's
    tracemalloc.start()
    try:
        assert isinstance(mg.load(file), mg.GAN)
    except CheckpointError as error:
        assert "\n" not in str(error)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def npz(path, *entries, compression=zipfile.ZIP_STORED):
    """An archive of (name, bytes), with a right checksum."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    path.write_bytes(seal(packed.getvalue()))


def npy(shape, dtype="'<f4'", data=b""):
    """The bytes of an .npy whose header says whatever it says."""
    header = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + data


HEADERS = {
    "a terabyte": (npy("(1000000, 1000000)"), "claims <f4 of shape (1000000, 1000000), 4,000,000,000,000 bytes"),
    "more than there is": (npy("(3,)", data=b"1234"), "12 bytes, and 4 follow"),
    "less than there is": (npy("(1,)", data=b"12345678"), "4 bytes, and 8 follow"),
    "a negative length": (npy("(-1,)"), "shape (-1,)"),
    "two negative lengths": (npy("(-1, -1)", data=b"1234"), "shape (-1, -1), 4 bytes, and 4 follow"),
    "objects": (npy("(1,)", "'|O'", b"cos\nsystem\n"), "holds Python objects"),
    "objects in a record": (npy("(1,)", "[('a', '|O')]"), "holds Python objects"),
    "a record": (npy("(1,)", "[('a', '<f4')]", b"1234"), "claims |V4"),
    "code for a header": (npy("__import__('os').abort()"), "no array that NumPy wrote"),
    "no header": (b"12345678", "no array that NumPy wrote"),
    "nothing": (b"", "no array that NumPy wrote"),
}


@pytest.mark.parametrize("data, says", HEADERS.values(), ids=HEADERS)
def test_a_header_is_held_against_what_follows_it_before_memory_is_asked_for(data, says, file):
    npz(file, ("x.npy", data))
    tracemalloc.start()
    refused(file, "its entry 'x'", says)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_compressed_entries_are_refused_unread(file):
    npz(file, ("x.npy", npy("(100000000,)", data=bytes(400_000))), compression=zipfile.ZIP_DEFLATED)
    refused(file, "compressed")


def test_entries_that_share_their_bytes_are_refused(file):
    """A bomb without compression: many entries of the directory point to one place in the file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x0.npy", npy("(10000,)", data=bytes(40_000)))
        first = archive.filelist[0]
        for k in range(1, 100):
            twin = copy.copy(first)
            twin.filename = f"x{k}.npy"
            archive.filelist.append(twin)
    file.write_bytes(seal(packed.getvalue()))
    refused(file, "claim to be longer than its")


@pytest.mark.parametrize("name", ["../x.npy", "/etc/x.npy", "a/b.npy", "..\\x.npy", "x.npy/"])
def test_an_entry_with_the_name_of_a_path_is_refused(name, file):
    npz(file, (name, npy("(1,)", data=b"1234")))
    refused(file, "has the name of a path")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_refused(file):
    npz(file, ("x.npy", npy("(1,)", data=b"1234")), ("x.npy", npy("(1,)", data=b"5678")))
    refused(file, "or of another entry")


def test_what_is_no_file_is_not_read(tmp_path):
    refused(os.devnull, "it is no file")
    pipe = tmp_path / "pipe"
    if hasattr(os, "mkfifo"):
        os.mkfifo(pipe)
        refused(pipe, "it is no file")  # and does not wait for somebody to write
    if Path("/dev/zero").exists():
        refused("/dev/zero", "it is no file")


# ------------------------------------------------------------------------------------------- other times and types


def test_a_file_of_format_1_loads():
    old = Path(__file__).parent / "run_of_format_1"
    run = mg.load(old)
    assert run.gan.steps == 20 and run.history["step"].tolist() == [10, 20]
    assert run.recipe.generator == (4,) and run.gan.instance_noise == mg.Linear(0.1, 20)
    again, data = start(run.recipe)
    mg.train(again.gan, data, 20, run.recipe.batch, scaler=again.scaler)
    for name, vector in again.gan.vectors().items():  # other kernels round otherwise
        np.testing.assert_allclose(run.gan.vectors()[name], vector, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("made, wanted", [("float64", "float32"), ("float32", "float64")])
def test_another_float_type_is_taken_only_when_asked_for(made, wanted, file):
    gan = trained(dtype=made)
    mg.save(gan, file)
    assert mg.load(file).generator.backend.dtype == made
    back = mg.load(file, dtype=wanted)
    assert {v.dtype.name for v in back.vectors().values()} == {wanted} and back.steps == gan.steps
    for name, vector in gan.vectors().items():
        np.testing.assert_array_equal(back.vectors()[name], vector.astype(wanted))
    np.testing.assert_allclose(back.sample(20), gan.sample(20), rtol=1e-4, atol=1e-5)
    mg.train(back, mg.ring(), 3, 8)


def test_vectors_of_another_type_than_the_description_s_are_refused(file):
    mg.save(trained(dtype="float64"), file)
    rewrite(file, lambda plain, arrays: plain["gan"].update(dtype="float32"))
    refused(file, "'generator.theta' holds float64 of shape (50,); wanted is a vector of float32")


def test_what_float32_cannot_hold_is_not_made_infinite(file):
    gan = trained(dtype="float64")
    gan.optimizers[0].v[3] = 1e60
    mg.save(gan, file)
    assert mg.load(file).optimizers[0].v[3] == 1e60
    refused(file, "overflow", dtype="float32")


def test_a_gan_made_on_a_gpu_loads_where_there_is_none(file, monkeypatch):
    gan = trained()
    mg.save(gan, file)
    rewrite(file, lambda plain, arrays: plain["gan"].update(backend="cupy"))
    monkeypatch.setattr(backend, "find_cupy", lambda: (None, "no GPU answers"))
    back = mg.load(file)
    assert back.generator.backend.name == "numpy" and state(back) == state(gan)
    refused(file, "cannot be loaded", "no GPU answers", backend="cupy")


@pytest.mark.gpu
def test_a_gan_moves_between_main_memory_and_a_gpu(file):
    gan = trained()
    mg.save(gan, file)
    there = mg.load(file, backend="cupy")
    mg.train(there, mg.ring(), 3, 8)
    mg.save(there, file)
    assert mg.load(file).generator.backend.name == "cupy"
    here = mg.load(file, backend="numpy")
    for name, vector in there.vectors().items():
        np.testing.assert_array_equal(here.vectors()[name], there.generator.backend.to_numpy(vector))


def rewrite(file, change):
    """The same checkpoint with its description changed, and a right checksum."""
    with np.load(file) as archive:
        arrays = dict(archive)
    plain = json.loads(arrays["about"].tobytes())
    plain = change(plain, arrays) or plain
    file.write_bytes(checkpoint.pack(arrays | {"about": as_bytes(plain)}))


def nest(depth):
    return [nest(depth - 1)] if depth else 0


CHANGES = {
    "another format": (lambda p, a: p.update(format=99), "its format is 99, this minigan reads 1 and 2"),
    "an older format's number": (lambda p, a: p.update(format=0), "its format is 0, this minigan reads 1 and 2"),
    "a vector missing": (lambda p, a: a.pop("generator.m").fill(0), "it describes no GAN and no model (KeyError"),
    "a vector too short": (
        lambda p, a: a.update({"generator.m": np.zeros(3, np.float32)}),
        "'generator.m' has 3 numbers",
    ),
    "no weights": (
        lambda p, a: a.update({"generator.theta": np.zeros(3)}),
        "'generator.theta' has 3 numbers, its layers want",
    ),
    "a matrix": (lambda p, a: a.update({"generator.m": np.zeros((5, 10), np.float32)}), "of shape (5, 10)"),
    "a list": (lambda p, a: [1, 2], "it describes no GAN and no model"),
    "steps before the first": (lambda p, a: p["gan"].update(steps=-1), "it says that -1 steps were taken"),
    "half a step": (lambda p, a: p["gan"].update(steps=0.5), "it says that 0.5 steps were taken"),
    "steps in words": (lambda p, a: p["gan"].update(steps="three"), "it says that 'three' steps were taken"),
    "no gan": (lambda p, a: p.update(gan=None), "it describes no GAN and no model"),
    "no about": (
        lambda p, a: a.update(unknown=a["generator.m"]) or {"format": 2},
        "it describes no GAN and no model",
    ),
    "nested too deeply": (lambda p, a: p["gan"].update(latent=nest(900)), "cannot be loaded"),
    "an unknown setting": (
        lambda p, a: p["gan"]["latent"].update(colour="red"),
        "it describes no GAN and no model",
    ),
    "a module to import": (lambda p, a: p["gan"].update(latent={"is": "os.system"}), "uses 'os.system'"),
    "a class by no name": (lambda p, a: p["gan"].update(latent={"is": ["Latent"]}), "describes no GAN"),
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
    says = {
        "foreign": "no entry 'about'",
        "text": "no .npz archive",
        "array": "no .npz archive",
    }
    for path in tmp_path.iterdir():
        refused(path, says.get(path.stem, "cannot be loaded"))


def test_a_file_that_is_not_there_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        mg.load(tmp_path / "none.npz")


def test_a_backend_that_is_not_here_is_told(file):
    mg.save(game(), file)
    cupy, _ = backend.find_cupy()
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
