"""Every case of `minigan compare` against JAX, and that asking JAX leaves the caller's own JAX as it was."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest

from minigan.checks import compare
from minigan.checks.cases import LONG, PARTS
from minigan.checks.references import jax as reference
from minigan.cli import main
from minigan.core.layers import Tanh

CASES = [case for _, cases in PARTS for case in cases]


@pytest.fixture
def short(monkeypatch):
    """Objectives alone."""
    monkeypatch.setattr(compare, "PARTS", [compare.PARTS[1]])
    monkeypatch.setattr(compare, "_print_long_game", lambda *_: True)
    monkeypatch.setattr(compare, "_print_kink", lambda: None)


@pytest.mark.parametrize("dtype", compare.BOUNDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_case_agrees_with_jax_to_1e_12_in_float64_and_1e_5_in_float32(case, dtype):
    answer = case.by(reference, dtype)
    assert {array.dtype.name for array in answer.values() if array.size} == {dtype}
    found = compare.differences(case, dtype, lambda *_: answer)
    assert found and max(found.values()) <= compare.BOUNDS[dtype], found


def test_the_whole_report(capsys):
    assert main(["compare", "--with", "jax"]) == 0
    text = capsys.readouterr().out
    assert f"JAX {jax.__version__}, computed now" in text and "PyTorch" not in text and "golden" not in text
    assert "Everything agrees within its bound." in text and "minigan    JAX" in text
    assert max(map(len, text.splitlines())) <= 100


def test_what_is_broken_is_found(short, monkeypatch, capsys):
    monkeypatch.setattr(compare, "PARTS", [("layers", [c for c in CASES if c.name == "Tanh()"])])
    monkeypatch.setattr(Tanh, "slope", lambda self, xp, y, dy, dx: xp.multiply(1 - y, dy, out=dx))
    assert main(["compare", "--with", "jax"]) == 1
    assert "NOT within the bounds" in capsys.readouterr().out


def test_the_callers_jax_keeps_its_own_float_type(short):
    before = jax.config.jax_enable_x64
    game = reference.Game(LONG.gan("float64"))
    main(["compare", "--with", "jax"])
    assert jax.config.jax_enable_x64 == before == (jnp.ones(1).dtype == jnp.float64)
    assert game.vectors()["generator.theta"].dtype == "float64"
