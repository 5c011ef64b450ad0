"""What the whole suite shares: the backends that a test runs on, and networks with nothing left at zero."""

from __future__ import annotations

from pathlib import Path

import gpu_guard
import numpy as np
import pytest
from gpu_guard import everywhere
from hypothesis import settings

import minigan.core.backend
from minigan.core import network
from minigan.core.backend import Backend, find_cupy

# Each test that asks for `backend` runs on all of these; a new place where arrays can live is a line here.
BACKENDS = [
    pytest.param(("numpy", "float32"), id="numpy-float32"),
    pytest.param(("numpy", "float64"), id="numpy-float64"),
    pytest.param(("guard", "float32"), id="guard-float32"),
    pytest.param(("guard", "float64"), id="guard-float64"),
    pytest.param(("cupy", "float32"), id="cupy-float32", marks=pytest.mark.gpu),
    pytest.param(("cupy", "float64"), id="cupy-float64", marks=pytest.mark.gpu),
]

TESTS = Path(__file__).parent
CORE = TESTS / "core"

settings.register_profile("minigan", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("minigan")


def pytest_addoption(parser):
    parser.addoption("--on-guard", action="store_true", help="the numeric tests, on the stand-in for CuPy")


def pytest_configure(config):
    config.addinivalue_line("markers", "gpu: computes on a GPU with CuPy; skipped where there is none")
    if config.getoption("--on-guard"):
        everywhere.install()


def pytest_ignore_collect(collection_path, config):
    if config.getoption("markexpr") == "core" and collection_path.parent == TESTS and collection_path != CORE:
        return True  # a gate is for looking through often: nothing else is even imported
    return True if config.getoption("--on-guard") and everywhere.leaves_out(collection_path) else None


def pytest_collection_modifyitems(config, items):
    for item in items:
        if item.path.is_relative_to(CORE) and not item.get_closest_marker("gpu"):
            item.add_marker("core")
    if config.getoption("--on-guard"):
        everywhere.select(config, items)


@pytest.fixture
def guard(monkeypatch):
    """CuPy's place is taken by the stand-in, so that Backend("cupy") computes on it."""
    monkeypatch.setattr(minigan.core.backend, "find_cupy", lambda: (gpu_guard.cupy, ""))
    return gpu_guard.cupy


@pytest.fixture(params=BACKENDS)
def backend(request):
    """Where the arrays of this test live."""
    name, dtype = request.param
    if name == "guard":
        request.getfixturevalue("guard")
    elif name == "cupy" and find_cupy()[0] is None:
        pytest.skip(find_cupy()[1])
    return Backend("cupy" if name == "guard" else name, dtype)


@pytest.fixture(params=["rows contiguous", "batch contiguous"])
def layout(request, monkeypatch):
    """How traces store activations: as narrow networks do, or as wide ones."""
    monkeypatch.setattr(network, "WIDE", 1 if request.param == "batch contiguous" else 1 << 30)
    return request.param


@pytest.fixture(scope="session")
def scramble():
    """A function that fills a network's theta and state with random numbers: no zero hides a fault."""

    def scramble(net, seed=0):
        rng = np.random.default_rng(seed)
        net.assign(rng.standard_normal(net.size))
        net.state[...] = net.backend.asarray(rng.uniform(0.5, 2, net.state.size))
        return net

    return scramble
