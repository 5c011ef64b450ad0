"""The house as its imports have it: one way between the rooms and inside them, and an evening at the door."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
spec = importlib.util.spec_from_file_location("house", ROOT / "tools" / "house.py")
house = importlib.util.module_from_spec(spec)
sys.modules["house"] = house
spec.loader.exec_module(house)

IMPORTS = [found for file in house.files() for found in house.imports(file)]


def circles(imports):
    """Each pair of imports that closes a circle: A takes from B, and B comes, over however many, to A."""
    below = {}
    for found in imports:
        below.setdefault(found.taker, {})[found.giver] = found

    def way(start, end, seen):
        for giver, found in below.get(start, {}).items():
            if giver == end:
                return found
            if giver not in seen and (back := way(giver, end, seen | {giver})) is not None:
                return back
        return None

    return [(found, back) for found in imports if (back := way(found.giver, found.taker, {found.giver}))]


def test_no_file_imports_from_a_room_further_up():
    rank = {name: k for k, name in enumerate(house.ROOMS)}
    assert {house.room(file) for file in house.files()} == set(house.ROOMS)
    upward = [str(i) for i in IMPORTS if rank[house.room(i.giver)] > rank[house.room(i.taker)]]
    assert not upward, "\n".join(upward)


def test_no_two_files_import_each_other_however_far_around():
    found = circles(IMPORTS)
    assert not found, "\n".join(f"{a}, and {b}" for a, b in found)


def test_the_two_tests_above_see_what_they_look_for():
    up = house.Import("core/gan.py", "runs/training.py", 7)
    assert up not in IMPORTS and len(IMPORTS) > 100
    round_about = circles([*IMPORTS, up])
    assert (up in (a for a, _ in round_about)) and all("imports minigan/" in str(b) for _, b in round_about)
    assert house.ROOMS.index(house.room(up.giver)) > house.ROOMS.index(house.room(up.taker))
    text = (
        "import minigan.runs.training\nfrom minigan.runs.training import x\ndef f():\n from ..runs import folder"
    )
    assert sorted(i.line for i in house.imports("core/gan.py", text)) == [1, 2, 4]


MAY_NAME = {"core/backend.py": {"cupy", "numba"}, "core/table.py": {"numba", "llvmlite"}}


@pytest.mark.parametrize("file", [f for f in house.files() if f.startswith("core/")])
def test_core_takes_numpy_and_itself_alone(file):
    allowed = {"numpy", *sys.stdlib_module_names} | MAY_NAME.get(file, set())
    for node in ast.walk(ast.parse((house.PACKAGE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= allowed, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1 or node.module.partition(".")[0] in allowed, node.lineno


def test_nobody_names_cupy_or_numba_who_need_not():
    for file in house.files():
        text = (house.PACKAGE / file).read_text(encoding="utf-8")
        named = {node.name.partition(".")[0] for n in ast.walk(ast.parse(text)) for node in getattr(n, "names", [])
                 if not isinstance(node, str)}  # fmt: skip
        assert named & {"cupy", "numba", "llvmlite"} <= MAY_NAME.get(file, set()), file


def test_the_first_evening_is_short():
    lines = house.evening()
    assert list(lines) == list(house.EVENING) and all(lines.values())
    assert sum(lines.values()) <= 1250, lines


@pytest.mark.parametrize("file", house.files())
def test_every_file_begins_by_saying_what_it_is(file):
    if not file.startswith("lessons/l"):
        assert 20 < len(house.says(file)) < 120


def test_importing_minigan_brings_neither_figures_nor_folders_and_late_names_are_there():
    code = """
import sys, minigan as mg
late = {"minigan.runs.family", "minigan.runs.folder", "minigan.runs.plots", "matplotlib"} & set(sys.modules)
assert not late, late
assert {"family", "plot_run"} <= set(mg.__all__) and callable(mg.family) and callable(mg.plot_run)
try:
    mg.famly
except AttributeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "module 'minigan' has no attribute 'famly'\n"
