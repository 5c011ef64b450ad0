"""Backends: where arrays live, told from the arrays themselves, with CuPy in one file."""

from __future__ import annotations

import inspect
import pickle
from pathlib import Path

import numpy as np
import pytest

import minigan
import minigan.core.backend
from minigan.core.backend import BLOCK, LINE, Backend, BackendError, find_cupy, namespace

CupyArray = type("ndarray", (), {"__module__": "cupy"})  # what namespace can see of a CuPy array


@pytest.fixture
def no_cupy(monkeypatch):
    monkeypatch.setattr(minigan.core.backend, "find_cupy", lambda: (None, "the GPU is on holiday"))


def test_a_backend_has_at_most_ten_public_methods():
    methods = [n for n, _ in inspect.getmembers(Backend, callable) if not n.startswith("_")]
    assert 0 < len(methods) <= 10, methods


def test_cupy_is_imported_in_one_file_alone():
    sources = {path.name: path.read_text("utf-8") for path in Path(minigan.__file__).parent.rglob("*.py")}
    importers = {name for name, text in sources.items() if "import cupy" in text or "from cupy" in text}
    assert importers == {"backend.py"} and len(sources) > 7


@pytest.mark.parametrize("args", [(), (1.0, 2), (np.ones(2),), (np.float64(1), np.ones((2, 2)), 3), ([1, 2],)])
def test_arrays_of_one_kind_and_scalars_have_a_namespace(args):
    assert namespace(*args) is np


def test_a_cupy_array_asks_for_cupy(monkeypatch):
    module = object()
    monkeypatch.setattr(minigan.core.backend, "find_cupy", lambda: (module, ""))
    assert namespace(CupyArray(), 2.0, np.float32(1)) is module


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((np.ones(2), CupyArray()), "argument 1 is a numpy array and argument 2 a cupy array"),
        ((CupyArray(), 1.0, np.ones(2)), "argument 1 is a cupy array and argument 3 a numpy array"),
        ((0, np.ones(2), np.ones(2), CupyArray()), "argument 2 is a numpy array and argument 4 a cupy array"),
    ],
)
def test_where_numpy_and_cupy_meet_both_arguments_are_named_with_the_cure(args, message):
    with pytest.raises(TypeError, match=message + r".*to_numpy"):
        namespace(*args)


@pytest.mark.skipif(find_cupy()[0] is not None, reason="a GPU answers here")
def test_without_cupy_asking_for_it_says_why_it_cannot_be():
    with pytest.raises(BackendError, match=r"'cupy' was asked for, but CuPy is (not )?installed.*'numpy' runs"):
        Backend("cupy")


def test_without_a_gpu_cupy_is_refused_and_auto_falls_back_and_says_why(no_cupy):
    with pytest.raises(BackendError, match="the GPU is on holiday"):
        Backend("cupy")
    auto = Backend("auto")
    assert auto.name == "numpy" and auto.xp is np and auto.reason == "the GPU is on holiday"


def test_auto_takes_the_gpu_where_one_answers(monkeypatch):
    monkeypatch.setattr(minigan.core.backend, "find_cupy", lambda: (object(), ""))
    assert Backend("auto").name == "cupy" and Backend("numpy").name == "numpy"


@pytest.mark.parametrize("dtype", ["float16", "int32", "float", int, None])
def test_a_float_type_that_minigan_does_not_compute_in_is_refused(dtype):
    with pytest.raises(ValueError, match="minigan computes in 'float32' or 'float64'"):
        Backend("numpy", dtype)


@pytest.mark.parametrize("dtype", ["float64", np.float64, np.dtype("float64")])
def test_a_float_type_may_be_given_as_numpy_gives_it(dtype):
    assert Backend("numpy", dtype).dtype == "float64"


def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="backend is 'torch'; choose 'numpy', 'cupy' or 'auto'"):
        Backend("torch")


def test_new_arrays_have_the_backends_type_and_shape(backend):
    for array, value in ((backend.empty(2, 3), None), (backend.zeros(2, 3), 0), (backend.ones(2, 3), 1)):
        assert array.shape == (2, 3) and array.dtype == backend.dtype and type(array) is backend.xp.ndarray
        assert value is None or (backend.to_numpy(array) == value).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_new_arrays_of_numpys_begin_with_a_cache_line(dtype):
    made = [
        make(*shape)
        for make in (Backend("numpy", dtype).empty, Backend("numpy", dtype).zeros)
        for shape in [(1,), (3, 5), (17,), (1000, 31), ()]
    ]
    assert all(array.ctypes.data % LINE == 0 and array.flags.c_contiguous for array in made)


@pytest.mark.parametrize("rows", [1, 5, 200])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_product_is_the_same_bits_by_matmul_and_by_dot(rows, order, backend):
    rng = np.random.default_rng(0)
    for inner in (1, 2, 70):
        a, b = (backend.asarray(rng.standard_normal(shape)) for shape in ((rows, inner), (inner, 200)))
        out = backend.xp.empty((rows, 200), backend.dtype, order=order)
        backend.product(a, b, out)
        by_dot = backend.xp.dot(a, b) if out.flags.c_contiguous else backend.xp.dot(b.T, a.T).T
        np.testing.assert_array_equal(backend.to_numpy(out), backend.to_numpy(by_dot))


def test_asarray_casts_and_copies_only_where_it_must(backend):
    array = backend.asarray([[1, 2], [3, 4]])
    assert array.dtype == backend.dtype and backend.to_numpy(array).tolist() == [[1, 2], [3, 4]]
    assert backend.asarray(array) is array
    assert type(backend.to_numpy(array)) is np.ndarray


def test_a_pickled_backend_is_the_same_backend(backend):
    twin = pickle.loads(pickle.dumps(backend))
    assert repr(twin) == repr(backend) and twin.xp is backend.xp


def wave(xp, y, x, scale):
    t = xp.sqrt(x * x + 1)
    t *= scale
    y += t


@pytest.mark.parametrize("n", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 17])
def test_a_kernel_in_blocks_gives_each_element_what_the_whole_formula_gives(n, backend):
    x = backend.asarray(np.random.default_rng(0).standard_normal(n))
    results = []
    for blocked in (False, True):
        y = backend.ones(n)
        backend.kernel(wave, blocked)(y, x, 0.3)
        results.append(backend.to_numpy(y))
    np.testing.assert_array_equal(*results)
    np.testing.assert_allclose(results[0], 1 + 0.3 * np.sqrt(backend.to_numpy(x) ** 2 + 1), rtol=1e-6)


def test_a_blocked_kernel_sees_no_more_than_a_block_at_a_time():
    lengths = []
    Backend().kernel(lambda xp, y: lengths.append(len(y)), 2 * BLOCK + 5)(np.zeros(2 * BLOCK + 5))
    assert lengths == [BLOCK, BLOCK, 5]
