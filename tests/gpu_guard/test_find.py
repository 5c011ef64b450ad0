"""What minigan says of a CuPy that cannot compute, with a module of our own in CuPy's place."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import gpu_guard
from minigan.core import backend
from minigan.core.backend import Backend, BackendError


@pytest.fixture
def find(monkeypatch):
    """minigan's search for CuPy, which finds this module, or fails to import it."""

    def find(module):
        monkeypatch.setitem(sys.modules, "cupy", module)
        backend.find_cupy.cache_clear()
        return backend.find_cupy()

    yield find
    backend.find_cupy.cache_clear()


def broken(error, gpu, **parts):
    """A CuPy whose first array raises this."""

    def fail(*args):
        raise error

    return SimpleNamespace(**({"ones": fail} | parts), cuda=SimpleNamespace(is_available=lambda: gpu))


def no_library(*args):
    raise ImportError("no libcublasLt.so.12\nSearched in many places")


CASES = {
    "not installed": (None, "CuPy is not installed (pip install 'minigan[cuda12]' or 'minigan[cuda13]')"),
    "no driver": (
        broken(RuntimeError("cudaErrorInsufficientDriver: too old\nand more"), False),
        "CuPy is installed, but no GPU answers (cudaErrorInsufficientDriver: too old)",
    ),
    "an error without words": (
        broken(MemoryError(), False),
        "CuPy is installed, but no GPU answers (MemoryError)",
    ),
    "a GPU, but no cuBLAS": (
        broken(None, True, ones=np.ones, dot=no_library),
        "CuPy cannot compute on the GPU here (no libcublasLt.so.12; CuPy's extra [ctk] brings the libraries)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_cupy_that_cannot_compute_is_left_alone_and_the_reason_is_told(case, find):
    module, why = CASES[case]
    assert find(module) == (None, why)
    auto = Backend("auto")
    assert auto.xp is np and auto.reason == why
    with pytest.raises(BackendError) as caught:
        Backend("cupy")
    assert str(caught.value) == f"backend 'cupy' was asked for, but {why}; 'numpy' runs everywhere"


def test_a_cupy_that_computes_is_taken(find):
    assert find(gpu_guard.cupy) == (gpu_guard.cupy, "")
    assert Backend("auto").xp is gpu_guard.cupy and Backend("auto").reason == "a GPU answers"
