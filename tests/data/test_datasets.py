"""Every format there and back, and every refusal by its words; arbitrary bytes are test_hostile.py's."""

import gzip
import hashlib
import io
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from minigan.data import sources
from minigan.data.dataset import DataError, Dataset, Scaler, scaler
from minigan.data.readers.checks import LARGEST, pixel_names
from minigan.data.samples import write_samples
from minigan.data.sources import load_dataset
from minigan.theory.distributions import Distribution, Gaussian, column_names

# SHA-256 of the 1797 x 64 pixels, a byte each, and of the labels in scikit-learn's digits.csv.gz, read with
# split() and int() alone.
PIXELS = "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
LABELS = "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0"
CLASSES = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
POINTS = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)


def refused(source, *words, **options):
    """load_dataset raises one line that holds all the words; returns it."""
    with pytest.raises(DataError) as caught:
        load_dataset(source, **options)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message
    return message


def fixed(source, **options) -> Dataset:
    data = load_dataset(source, **options)
    assert isinstance(data, Dataset)
    assert data.x.dtype == np.float32
    assert data.x.shape[1] == len(data.columns)
    return data


@pytest.fixture
def csv(tmp_path):
    def write(text, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def idx_bytes(images, magic=b"\0\0\x08\x03", shape=None):
    return magic + struct.pack(">3I", *(shape or images.shape)) + images.tobytes()


def npy_bytes(a, **change):
    """What np.save writes, or that with something else in its header."""
    header = np.lib.format.header_data_from_array_1_0(a) | change
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + a.tobytes()


# ---- known names


@pytest.mark.parametrize("name, dim", [("gaussian", 1), ("ring", 2), ("grid", 2)])
def test_distributions_have_names(name, dim):
    data = load_dataset(name)
    assert isinstance(data, Distribution)
    assert data.sample(5, np.random.default_rng(0)).shape == (5, dim)


def test_gaussian_is_n_4_half():
    data = load_dataset("gaussian")
    assert data.mean == [4.0]
    assert data.covariance == [[0.25]]


def test_options_reach_the_distribution():
    few, many = load_dataset("ring", modes=2, radius=3.0, sd=0.1), load_dataset("ring")
    np.testing.assert_allclose(np.diag(few.covariance), [9.01, 0.01], atol=1e-12)
    assert not np.allclose(few.covariance, many.covariance)


def test_an_unknown_option_is_refused_with_those_there_are(tmp_path):
    refused("ring", "'size'", "modes, radius, sd", size=28)
    refused("digits", "'size'", "none", size=28)
    refused(POINTS, "an array", "'key'", key="x")
    np.save(tmp_path / "a.npy", POINTS)
    refused(tmp_path / "a.npy", "'key'", "image, label, form, transpose", key="x")


def test_an_unknown_name_gets_the_nearest(tmp_path):
    refused("rnig", "gaussian, ring, grid, digits", "did you mean 'ring'?")
    refused("qqqqqq", "check its spelling")
    (tmp_path / "heights.csv").write_text("1")
    refused(tmp_path / "hieghts.csv", "did you mean 'heights.csv'?")
    refused(tmp_path / "no" / "such" / "folder.csv", "no file or folder")
    refused("nul\0byte.csv", "no file or folder")
    refused("x" * 5000 + ".csv", "cannot be read", "too long")


# ---- the digits


def test_digits_are_the_real_ones():
    data = fixed("digits")
    assert (data.x.shape, data.held_out.shape) == ((1437, 64), (360, 64))
    assert (data.name, data.image, data.pixels) == ("digits", (8, 8), (0.0, 16.0))
    assert data.columns == pixel_names(8, 8)
    both = np.concatenate([data.x, data.held_out])
    assert (both.min(), both.max()) == (0, 16)
    labels = np.concatenate([data.labels, data.held_out_labels])
    assert np.bincount(labels).tolist() == CLASSES


def test_digits_file_holds_every_pixel_in_the_order_of_the_source():
    path = Path(sources.__file__).parent / "digits.npz"
    assert path.stat().st_size < 50_000
    with np.load(path) as bundle:
        assert bundle["images"].dtype == bundle["labels"].dtype == np.uint8
        assert hashlib.sha256(bundle["images"].tobytes()).hexdigest() == PIXELS
        assert hashlib.sha256(bundle["labels"].tobytes()).hexdigest() == LABELS


def test_digits_hold_out_a_fifth_of_every_class():
    data = fixed("digits")
    held = np.bincount(data.held_out_labels)
    assert (np.abs(held - np.array(CLASSES) / 5) < 1).all()
    # x and labels were cut by the same mask: the first zero of the file is held out, the second is trained on
    assert data.held_out_labels[0] == 0
    assert data.labels[0] == 1
    assert data.held_out[0, :8].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert data.x[0, :8].tolist() == [0, 0, 0, 12, 13, 5, 0, 0]


# ---- scaling


@pytest.mark.parametrize("name", ["gaussian", "ring", "grid"])
def test_a_distribution_is_scaled_by_its_exact_moments(name):
    data = load_dataset(name)
    z = scaler(data).to_network(data.sample(20_000, np.random.default_rng(1)))
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=0.02)
    correlated = Gaussian([1.0, 2.0], covariance=[[4.0, 3.0], [3.0, 9.0]])
    assert (scaler(correlated).shift.tolist(), scaler(correlated).scale.tolist()) == ([1, 2], [2, 3])


def test_points_are_scaled_by_the_rows_trained_on():
    x = np.arange(200.0)[:, None] * [1.0, 1e6] + [0.0, 5e8]
    x[9::10] = 0  # the rows held out
    data = fixed(x)
    z = scaler(data).to_network(data.x)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=1e-5)


def test_pixels_are_scaled_to_one_range():
    data = fixed("digits")
    z = scaler(data).to_network(data.x)
    assert (z.min(), z.max()) == (-1, 1)
    assert scaler(data).to_network(np.full((1, 64), 8, np.float32)).tolist() == [[0] * 64]
    assert (scaler(data).to_data(z) == data.x).all()


@given(
    hnp.arrays(np.float32, (7, 2), elements=st.floats(-1e6, 1e6, width=32)),
    st.sampled_from([np.float32, np.float64]),
)
def test_a_scaler_there_and_back(x, dtype):
    there = Scaler(np.array([3, -7], np.float32), np.array([0.5, 1e3], np.float32))
    back = there.to_data(there.to_network(x.astype(dtype)))
    assert back.dtype == dtype
    np.testing.assert_allclose(back, x, rtol=1e-6, atol=1e-3)


# ---- what arrays become


def test_every_tenth_row_is_held_out_from_100_on():
    assert fixed(np.arange(99.0)).held_out is None
    assert fixed(np.arange(100.0)).held_out.shape == (10, 1)
    data = fixed(np.arange(105.0))
    assert data.held_out[:, 0].tolist() == list(range(9, 105, 10))
    assert sorted([*data.x[:, 0], *data.held_out[:, 0]]) == list(range(105))


def test_shapes_of_points_and_images():
    assert fixed(np.arange(5)).columns == ["x1"]
    assert fixed(POINTS).columns == ["x1", "x2", "x3"]
    images = np.arange(24).reshape(2, 3, 4)
    for a in (images, images[..., None], np.asfortranarray(images), images.astype(">i2")):
        data = fixed(a)
        assert (data.image, data.pixels, data.columns[5]) == ((3, 4), (0, 23), "r2c2")
        assert data.x.ravel().tolist() == list(range(24))


def test_one_constant_pixel_is_no_trouble_and_a_constant_column_is():
    images = np.arange(24.0).reshape(2, 3, 4)
    images[:, 0, 0] = 5
    assert fixed(images).x[:, 0].tolist() == [5, 5]
    refused(np.full((3, 2, 2), 7), "every pixel", "7", "differ")
    refused(np.array([[1, 2.5, 3], [2, 2.5, 4]]), "column 2 ('x2') is constant", "2.5", "delete")
    refused(np.array([[1, 2, 3], [2, 2, 3]]), "column 2 ('x2') (and 1 more) is constant")
    refused(np.array([1.7e9, 1.7e9 + 1]), "constant", "in float32", "subtract")
    refused(np.array([0, 1e-45]), "constant")  # its deviation would be zero
    least = fixed(np.array([0, 2.0**-125]))
    assert scaler(least).to_network(least.x).tolist() == [[-1], [1]]


@pytest.mark.parametrize(
    "a, words",
    [
        (np.array(3.0), ["0 dimensions", "(n, d)"]),
        (np.zeros((2, 5, 4, 4)), ["4 dimensions", "drop the fourth channel"]),
        (np.zeros((2, 5, 4, 2)), ["4 dimensions", "reshape"]),
        (np.zeros((2, 3, 4, 5, 6)), ["5 dimensions", "reshape"]),
        (np.zeros((1, 3)), ["one row", "2 rows"]),
        (np.zeros((0, 3)), ["empty"]),
        (np.zeros((3, 0)), ["empty"]),
        (np.array([1 + 2j, 3]), ["complex128", "real"]),
        (np.array(["a", "b"]), ["<U1", "real"]),
        (np.array(["2020", "2021"], "datetime64[Y]"), ["datetime64", "real"]),
        (np.array([(1, 2.0)] * 3, "i4,f8"), ["real numbers"]),
        (np.array([1, None]), ["pickled", "any code", "np.save"]),
        (np.array([[1, 2], [3, np.nan]]), ["row 2, column 2 ('x2')", "NaN", "gap"]),
        (np.array([[1, 2], [-np.inf, 4]]), ["row 2, column 1 ('x1')", "infinite"]),
        (np.array([[1, 2], [3, 1e300]]), ["row 2, column 2", "1e+300", "rescale"]),
        (np.array([[1, 2], [3, -2 * LARGEST]]), ["row 2, column 2", "-2e+18", "rescale"]),
    ],
)
def test_arrays_that_are_refused(a, words, tmp_path):
    refused(a, "array", *words)
    np.save(tmp_path / "a.npy", a)
    refused(tmp_path / "a.npy", "a.npy", *words)
    np.savez(tmp_path / "a.npz", a=a)
    refused(tmp_path / "a.npz", "a.npz", *words)


# ---- files in general


def test_files_that_are_no_data(tmp_path):
    for ending in (".csv", ".npy", ".npz", ".idx", "-ubyte", ".gz"):
        (tmp_path / f"empty{ending}").touch()
        refused(tmp_path / f"empty{ending}", "empty", "0 bytes")
    (tmp_path / "notes.doc").write_text("words")
    refused(tmp_path / "notes.doc", "notes.doc", "ending", ".csv, .tsv, .txt", "folder of images")
    (tmp_path / "folder.csv").mkdir()
    refused(tmp_path / "folder.csv", "folder", "no image")
    with pytest.raises(TypeError):
        load_dataset(3)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", POINTS)

    def forbidden(*_, **__):  # root may read anything, so a mode of 000 would prove nothing
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    refused(tmp_path / "a.npy", "a.npy", "Permission denied")


def test_a_file_called_like_a_known_name_needs_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ring").mkdir()
    assert isinstance(load_dataset("ring"), Distribution)
    refused("./ring", "no image")
    refused(Path("ring"), "no image")


# ---- tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_tables_with_a_header(csv, delimiter, newline, mark):
    lines = [["height", '"weight, kg"'], ["1.5", " 2"], ["-3e2", '"4"']]
    data = fixed(csv(mark + newline.join(map(delimiter.join, lines)) + newline))
    assert data.columns == ["height", "weight, kg"]
    assert data.x.tolist() == [[1.5, 2], [-300, 4]]
    assert data.name == "table"


def test_tables_without_a_header_and_odd_but_good_ones(csv):
    assert fixed(csv("1,2\n3,4")).columns == ["x1", "x2"]
    assert fixed(csv("1\n2\n3\n")).x.tolist() == [[1], [2], [3]]
    assert fixed(csv("\n\na,b\n\n1,2\n   \n3,4\n\n")).x.tolist() == [[1, 2], [3, 4]]
    assert fixed(csv("id,,2020\n1,2,3\n4,5,6")).columns == ["id", "x2", "2020"]
    assert fixed(csv('"two\nlines",b\n1,2\n3,4')).columns == ["two lines", "b"]
    assert fixed(csv('"a;b",c\n1,2\n3,4')).columns == ["a;b", "c"]
    assert fixed(csv("a\tb;c\n1\t2\n3\t4", "table.TSV")).columns == ["a", "b;c"]
    assert fixed(csv("1,2\n3,4\n", "two.dots.csv")).name == "two.dots"


@pytest.mark.parametrize(
    "text, words",
    [
        ("a,b\n1,2\n3,x\n", ["line 3, column 2 ('b')", "'x'", "no number"]),
        ("a,b\n1,2\n\n3,x\n", ["line 4, column 2 ('b')"]),
        ('a,b\n"1,5",2\n3,4\n', ["line 2, column 1 ('a')", "'1,5'", "decimal point"]),
        ("a,b\n1,\n3,4\n", ["line 2, column 2 ('b')", "gap", "gaps=mean"]),
        ("1,,2\n3,4,5\n", ["line 1, column 2 ('x2')", "gap"]),
        ("1,NA\n3,4\n", ["line 1, column 2 ('x2')", "gap"]),
        ("a,b\n1,2\n3,nan\n", ["line 3, column 2 ('b')", "gap"]),
        ("a,b\n1,2\n-nan,4\n", ["line 3, column 1 ('a')", "gap"]),
        ("a,b\n1,2\n3,-inf\n", ["line 3, column 2 ('b')", "infinite"]),
        ("a,b\n1,2\n3,1e30\n", ["line 3, column 2 ('b')", "1e+30", "rescale"]),
        ("a,b\n1,2\n3,1e300\n", ["line 3, column 2 ('b')", "1e+300", "rescale"]),
        ("a,b\n1,2\n3\n", ["line 3", "1 fields", "2"]),
        ("a,b\n1,2,3,4\n4,5,6,7\n", ["line 1 reads 'a b'", "4 columns", "delete"]),
        ("a,b\n1,2\n1,2,3\n4,5\n", ["line 3 has 3 fields where the first has 2"]),
        ("1,2\n3,4,5\n", ["line 2", "3 fields", "2"]),
        ("a,b\n3,4\n1_000,2\n", ["line 3, column 1", "'1_000'", "no number"]),
        ("a,b\n٣,2\n3,4\n", ["line 2, column 1", "no number"]),
        ("a,b\n1,2\n", ["one row", "2 rows"]),
        ("a,b\n", ["no row of numbers", "2"]),
        ("\n \n", ["no row of numbers"]),
        ("a,b\n1,2\n1,2\n", ["column 1 ('a') is constant", "all"]),
        ("a,b\n1,2\n3,{}\n".format("w" * 100), ["line 3", "'www", "..."]),
        (b"a,b\n1,\xff\n", ["UTF-8", "0xff"]),
        ("a,b\n1,2\n3,4\n".encode("utf-16"), ["UTF-8"]),
        ("1," + "2" * 200_000 + "\n", ["field"]),
    ],
)
def test_tables_that_are_refused(csv, text, words):
    refused(csv(text), "table.csv", *words)


def test_a_long_good_table_needs_no_slow_reading(csv, monkeypatch):
    x = np.random.default_rng(0).normal(size=(20_000, 5)).astype(np.float32)
    path = csv("")
    write_samples(path, x, list("abcde"))
    monkeypatch.setattr("minigan.data.readers.tables.Reading", None)
    data = fixed(path)
    assert (data.x == x[np.arange(20_000) % 10 != 9]).all()


# ---- NumPy's files


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8", "i1", "u8", ">i4", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_and_npz_there_and_back(tmp_path, dtype, order):
    a = np.array([[0, 1, 0], [1, 0, 1]], dtype, order=order)
    np.save(tmp_path / "a.npy", a)
    np.savez(tmp_path / "plain.npz", a)
    np.savez_compressed(tmp_path / "packed.npz", a)
    for name in ("a.npy", "plain.npz", "packed.npz"):
        assert (fixed(tmp_path / name).x == a).all()


def test_npz_with_several_arrays(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=POINTS, y_train=np.arange(30))
    refused(path, "several arrays", "--set key=NAME, or key=NAME in Python", "'x_train', 'y_train'")
    refused(path, "no array 'x'", "'x_train', 'y_train'", key="x")
    assert (fixed(path, key="x_train").x == POINTS).all()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "words")
    refused(path, "no array", "np.savez")


class Trap:
    """Whoever loads its pickle leaves a file behind."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def test_pickles_are_refused_unopened(tmp_path):
    mark = tmp_path / "sprung"
    a = np.array([Trap(mark), 1], object)
    np.save(tmp_path / "a.npy", a, allow_pickle=True)
    np.savez(tmp_path / "a.npz", a)
    (tmp_path / "b.npy").write_bytes(pickle.dumps(a))
    refused(tmp_path / "a.npy", "pickled", "any code", "np.save")
    refused(tmp_path / "a.npz", "pickled", "any code", "np.save")
    refused(tmp_path / "b.npy", "np.save")
    assert not mark.exists()
    np.load(tmp_path / "a.npy", allow_pickle=True)
    assert mark.exists()  # the trap works


@pytest.mark.parametrize("shape", [(10**12, 3), (10**9, 10**9), (29, 3), (31, 3), (2**70, 3)])
def test_a_header_that_lies_is_refused_before_memory_is_asked_for(tmp_path, shape):
    lie = npy_bytes(POINTS, shape=shape)
    (tmp_path / "a.npy").write_bytes(lie)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", lie)
    tracemalloc.start()
    for name in ("a.npy", "a.npz"):
        refused(tmp_path / name, name, "claims", f"{12 * shape[0] * shape[1] // 3:,} bytes")
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("cut", [3, 9, 60, 200])
def test_truncated_npy_and_npz(tmp_path, cut):
    np.save(tmp_path / "a.npy", POINTS)
    np.savez(tmp_path / "a.npz", POINTS)
    for name in ("a.npy", "a.npz"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:cut])
        refused(path, name, "again")


def test_trailing_negative_and_old_npy(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(npy_bytes(POINTS) + b"x")
    refused(path, "claims 360 bytes", "361 follow")
    path.write_bytes(npy_bytes(POINTS, shape=(-30, -3)))
    refused(path, "empty")
    path.write_bytes(npy_bytes(POINTS, shape=(0, 10**30)))
    refused(path, "empty")
    path.write_bytes(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{")
    refused(path, "np.save")


def test_npy_headers_of_python_2_are_read(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(npy_bytes(POINTS).replace(b"(30, 3), }", b"(30L, 3L)}"))
    assert (fixed(path).x == POINTS).all()


def test_a_damaged_or_lying_archive(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, POINTS)
    good = path.read_bytes()
    at = good.index(POINTS.tobytes()[:16])
    path.write_bytes(good[:at] + b"\xff" + good[at + 1 :])
    refused(path, "CRC")
    size = struct.pack("<I", len(npy_bytes(POINTS)))
    where = good.rindex(b"PK\x01\x02") + 24  # the uncompressed size in the central directory
    assert good[where : where + 4] == size
    path.write_bytes(good[:where] + struct.pack("<I", 4_000_000_000) + good[where + 4 :])
    refused(path, "4,000,000,000", "unpack")


# ---- IDX


@pytest.mark.parametrize(
    "name, packed",
    [
        ("train-images-idx3-ubyte", False),
        ("train-images-idx3-ubyte.gz", True),
        ("a.idx", False),
        ("train-images.idx3-ubyte", False),
        ("unpacked-by-the-browser.gz", False),
        ("packed.IDX", True),
    ],
)
def test_idx_there_and_back(tmp_path, name, packed):
    images = np.random.default_rng(0).integers(9, 99, (120, 4, 5), np.uint8)
    raw = idx_bytes(images)
    (tmp_path / name).write_bytes(gzip.compress(raw) if packed else raw)
    data = fixed(tmp_path / name)
    assert (data.image, data.pixels) == ((4, 5), (0, 255))
    assert (data.x[:9] == images.reshape(120, 20)[:9]).all()
    assert (data.held_out == images.reshape(120, 20)[9::10]).all()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "change, words",
    [
        ({"magic": b"\1\0\x08\x03"}, ["begins with", "IDX"]),
        ({"magic": b"\0\0\x0a\x03"}, ["0x0a", "0x08, 0x09"]),
        ({"magic": b"\0\0\x08\x05"}, ["5 dimensions", "2 to 4", "(n, height, width)"]),
        ({"magic": b"\0\0\x08\x00"}, ["0 dimensions"]),
        ({"magic": b"\0\0\x08\x01"}, ["claims 10 = 10 numbers", "more follow"]),
        ({"shape": (9, 4, 5)}, ["claims 9 x 4 x 5 = 180 numbers", "more follow"]),
        ({"shape": (11, 4, 5)}, ["claims 11 x 4 x 5 = 220 numbers", "fewer follow"]),
        ({"shape": (2**32 - 1,) * 3}, ["4294967295 x 4294967295"]),
        ({"shape": (0, 4, 5)}, ["empty"]),
        ({"shape": (1, 4, 5)}, ["one row"]),
    ],
)
def test_idx_files_that_are_refused(tmp_path, change, words, packed):
    raw = idx_bytes(np.arange(200, dtype=np.uint8).reshape(10, 4, 5), **change)
    path = tmp_path / "train-labels-idx1-ubyte"
    path.write_bytes(gzip.compress(raw) if packed else raw)
    tracemalloc.start()
    refused(path, path.name, *words)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_idx_files_cut_off_and_blown_up(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (10, 9, 9), np.uint8)
    path = tmp_path / "a.gz"
    for cut in (5, 12, 100):
        path.write_bytes(gzip.compress(idx_bytes(images))[:cut])
        refused(path, "gzip", "again")
        path.write_bytes(idx_bytes(images)[:cut])
        refused(path, "follow" if cut == 100 else "header", "again")
    path.write_bytes(b"no such thing")
    refused(path, "b'no s'", "no IDX or gzip file")
    path.write_bytes(gzip.compress(b"no such thing"))
    refused(path, "b'no s'", "no IDX or gzip file")
    # a bomb: 50 MB of zeros behind a modest header are not unpacked further than that header claims
    path.write_bytes(gzip.compress(idx_bytes(images) + bytes(50_000_000)))
    tracemalloc.start()
    refused(path, "claims 10 x 9 x 9 = 810 numbers", "more follow")
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


# ---- folders of images


def test_images_in_folders(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (3, 28, 28), np.uint8)
    (tmp_path / "b").mkdir()
    (tmp_path / ".thumbnails").mkdir()
    for i, name in enumerate(["b/1.png", "a.PNG", "c.png"]):
        Image.fromarray(pixels[i]).save(tmp_path / name, format="png")
    (tmp_path / "._a.png").write_bytes(b"what macOS leaves behind")
    (tmp_path / ".thumbnails" / "a.png").write_bytes(b"or a file browser")
    (tmp_path / "notes.txt").write_text("words")
    data = fixed(tmp_path)
    assert (data.image, data.pixels, data.name) == ((28, 28), (0, 255), tmp_path.name)
    assert (data.x.reshape(3, 28, 28) == pixels[[1, 0, 2]]).all()  # a.PNG, b/1.png, c.png
    assert fixed(tmp_path, size=7).x.shape == (3, 49)
    for size in (0, 7.5, 10**6, "7"):
        refused(tmp_path, "size is", "whole number", size=size)


def test_images_are_grey_upright_and_on_white(tmp_path):
    colour = Image.new("RGBA", (4, 4), (0, 0, 0, 0))  # transparent, and black beneath
    colour.putpixel((0, 0), (255, 0, 0, 255))
    colour.save(tmp_path / "1.png")
    turned = Image.fromarray(np.repeat(np.uint8([[0], [0], [255], [255]]), 4, axis=1))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned.save(tmp_path / "2.png", exif=exif)
    first, second = fixed(tmp_path, size=4, grey=True).x.reshape(2, 4, 4)
    assert first[0, 0] == 76  # .299 of 255
    assert (first.ravel()[1:] == 255).all()
    assert second[:, 0].tolist() == [255, 255, 0, 0]


def test_images_that_are_refused(tmp_path):
    good = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))
    good.save(tmp_path / "a.png")
    refused(tmp_path, "one row")
    broken = tmp_path / "broken.png"
    for wreck in (b"", b"junk", (tmp_path / "a.png").read_bytes()[:50]):
        broken.write_bytes(wreck)
        refused(tmp_path, "broken.png", "readable image")
    Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8)).save(broken)
    refused(tmp_path, "broken.png", "more than 8 bits", "'a.png' has 8")


# ---- writing

floats = hnp.arrays(np.float32, (5, 2), elements=st.floats(-(2.0**59), 2.0**59, width=32))
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(floats, st.sampled_from([".csv", ".npy"]))
def test_samples_come_back_bit_for_bit(tmp_path, x, ending):
    x[:2, :] = [[1], [2]]  # no column is constant
    path = tmp_path / f"samples{ending}"
    write_samples(path, x, ["a, b", 'say "c"'])
    data = fixed(path)
    assert data.x.tobytes() == x.tobytes()
    assert data.columns == (["a, b", 'say "c"'] if ending == ".csv" else ["x1", "x2"])


def test_nine_digits_are_enough_and_needed(tmp_path):
    bits = np.random.default_rng(0).integers(0x20000000, 0x5D000000, (999, 3), np.uint32)  # 1e-19 to 6e17
    x = bits.view(np.float32)
    write_samples(tmp_path / "x.csv", x)
    data = fixed(tmp_path / "x.csv")
    assert data.x.tobytes() == x[np.arange(999) % 10 != 9].tobytes()


def test_images_are_written_as_images(tmp_path):
    data = fixed("digits")
    write_samples(tmp_path / "digits.npy", data.x[:50], data.columns, data.image)
    assert np.load(tmp_path / "digits.npy").shape == (50, 8, 8)
    back = fixed(tmp_path / "digits.npy")
    assert (back.image, back.pixels, back.columns) == (data.image, data.pixels, data.columns)
    assert (back.x == data.x[:50]).all()
    write_samples(tmp_path / "digits.csv", data.x[:50], data.columns, data.image)
    assert (tmp_path / "digits.csv").read_text().startswith("r1c1,r1c2,")


def test_samples_that_cannot_be_written(tmp_path):
    for path, words, more in [
        (tmp_path / "a.png", "ending.* .csv or .npy", {}),
        (tmp_path / "a", "ending.* .csv or .npy", {}),
        (tmp_path / "no" / "folder.csv", "cannot be written .No such file", {}),
        (tmp_path / "a.csv", "3 numbers .* 2 columns", {"columns": ["a", "b"]}),
        (tmp_path / "a.npy", "3 numbers .* image .2, 2.", {"image": (2, 2)}),
        (tmp_path / "a.csv", "no number", {"columns": ["1", "2", "nan"]}),
    ]:
        with pytest.raises(DataError, match=words):
            write_samples(path, POINTS, **more)
    assert list(tmp_path.iterdir()) == []
    assert column_names(2) == ["x1", "x2"]


# ---- two readings of a table


@settings(quick, max_examples=300)
@given(st.text(alphabet='01.,;\t\n\r "ae-n_', max_size=40))
def test_the_quick_and_the_slow_reading_of_a_table_agree(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text, newline="")
    try:
        assert np.isfinite(fixed(path).x).all()
    except DataError as error:
        assert "parted by" not in str(error) or '"' in text  # no culprit: only where quotes stray


@pytest.mark.parametrize("shape", [(12,), (6, 2), (4, 3, 3)])
@pytest.mark.parametrize(("dtype", "bits"), [("f2", 0x7C01), ("f4", 0x7F800001), ("f8", 0x7FF0000000000001)])
def test_a_nan_that_signals_is_refused_as_every_other_without_a_warning(shape, dtype, bits):
    a = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
    a.reshape(-1).view(f"u{a.itemsize}")[5] = bits
    with pytest.raises(DataError, match="is NaN, which is a gap"):
        load_dataset(a)
