"""The cookbook's recipes run as they stand."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[1] / "docs" / "cookbook.md").read_text(encoding="utf-8")
RECIPES = [
    pytest.param(code, id=title.lower().replace(" ", "-"))
    for title, body in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
    for code in re.findall(r"```python\n(.*?)```", body, re.S)
]


@pytest.mark.parametrize("code", RECIPES)
def test_a_recipe_runs_and_finds_what_it_says(code, tmp_path, monkeypatch):
    if "onnxruntime" in code and not all(map(find_spec, ("onnx", "onnxruntime"))):
        pytest.skip("the extra onnx is not installed")
    monkeypatch.chdir(tmp_path)
    assert "assert" in code
    exec(compile(code, "recipe", "exec"), {"__name__": "recipe"})


def test_there_are_ten():
    assert len(re.findall(r"^## ", TEXT, re.M)) == 10
