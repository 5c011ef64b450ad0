"""What is otherwise in a browser, tested here: products, threads, bars, locks, a NumPy that says less of itself.

tests/live runs the whole package in a real one.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

import minigan as mg
from minigan import files
from minigan.core import backend
from minigan.runs import threads, training
from minigan.runs.recipe import Recipe
from minigan.runs.run import start
from minigan.runs.surroundings import surroundings

SMALL = Recipe(generator=(16, 16), discriminator=(16, 16), batch=32, r1=0.1)


@pytest.fixture
def browser(monkeypatch):
    """Every module that asks is told that it is in one, and what is not there cannot be imported."""
    for module in (backend, threads, training):
        monkeypatch.setattr(module, "IN_BROWSER", True)
    for name in ("threadpoolctl", "tqdm", "tqdm.auto"):
        monkeypatch.setitem(sys.modules, name, None)


def vectors(recipe, steps=5):
    run, data = start(recipe)
    mg.train(run.gan, data, steps, recipe.batch, scaler=run.scaler, log_every=2, progress=True)
    return run.gan.vectors()


@pytest.mark.parametrize("updates", ["simultaneous", "alternating"])
def test_a_run_is_the_same_to_rounding_and_needs_neither_thread_pools_nor_bars(updates, request):
    recipe = mg.Recipe(**{**vars(SMALL), "updates": updates})
    here = vectors(recipe)
    request.getfixturevalue("browser")
    for name, vector in vectors(recipe).items():
        np.testing.assert_allclose(vector, here[name], rtol=2e-4, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("columns", [3, 32, 40])
def test_products_of_matrices_go_by_their_size_and_are_right_in_either_order(browser, order, columns):
    rng, where = np.random.default_rng(0), backend.Backend()
    a, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((7, 5), (5, columns)))
    out = np.empty((7, columns), np.float32, order)
    call = where.multiplier(a, b, out)
    assert call.func is (np.matmul if columns < 40 else np.einsum)
    call()
    np.testing.assert_allclose(out, a @ b, rtol=1e-4, atol=1e-5)
    turned = np.empty((5, columns), np.float32)
    where.product(a.T, np.ascontiguousarray(out), turned)
    np.testing.assert_allclose(turned, a.T @ out, rtol=1e-4, atol=1e-5)
    row = np.empty(columns, np.float32)
    where.product(np.ones(7, np.float32), np.ascontiguousarray(out), row)
    np.testing.assert_allclose(row, out.sum(axis=0), rtol=1e-4, atol=1e-5)


def test_outside_a_browser_the_products_are_blas():
    a = np.ones((4, 4), np.float32)
    assert not backend.IN_BROWSER and backend.Backend().multiplier(a, a, a.copy()).func is np.dot


def test_a_file_is_held_where_no_fcntl_is(tmp_path, monkeypatch):
    monkeypatch.setattr(files.sys, "platform", "emscripten")
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with files.alone(tmp_path / "held"):
        assert (tmp_path / "held").exists()


def test_surroundings_are_told_of_a_numpy_that_knows_no_extensions(browser, monkeypatch):
    config = {"Build Dependencies": {"blas": {"name": "none", "version": "1"}}}
    monkeypatch.setattr(np, "show_config", lambda mode: config)
    told = surroundings(*start(SMALL))
    assert told["machine"] and not told["machine"].endswith(" ") and told["blas"] == "none 1"
