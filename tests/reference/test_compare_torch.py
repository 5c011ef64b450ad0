"""`minigan compare` where PyTorch is installed, and the golden numbers beside what PyTorch computes now."""

from __future__ import annotations

import pytest
import torch

from minigan.checks import compare
from minigan.checks.references import torch as reference
from minigan.cli import main
from minigan.core.layers import Tanh


def test_the_whole_report(capsys):
    threads = torch.get_num_threads()
    assert main(["compare"]) == 0
    text = capsys.readouterr().out
    assert f"PyTorch {torch.__version__}, computed now" in text and "golden" not in text
    assert "Everything agrees within its bound." in text
    assert max(map(len, text.splitlines())) <= 100
    assert torch.get_num_threads() == threads


def test_what_is_broken_is_found(monkeypatch, capsys):
    monkeypatch.setattr(compare, "PARTS", [compare.PARTS[0]])
    monkeypatch.setattr(compare, "_print_long_game", lambda *_: True)
    monkeypatch.setattr(compare, "_print_kink", lambda: None)
    monkeypatch.setattr(Tanh, "slope", lambda self, xp, y, dy, dx: xp.multiply(1 - y, dy, out=dx))
    assert main(["compare"]) == 1
    assert "NOT within the bounds" in capsys.readouterr().out


@pytest.mark.parametrize("dtype", compare.BOUNDS)
@pytest.mark.parametrize("case", [c for _, cases in compare.PARTS for c in cases], ids=lambda case: case.name)
def test_the_golden_numbers_are_pytorchs(case, dtype):
    now, golden = case.by(reference, dtype), compare.golden(case, dtype)
    assert compare.difference(compare.pack(now), compare.pack(golden)) <= compare.BOUNDS[dtype]
