"""Files that are no answers and want to pass as one: none does, and nothing outside their own folder changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import pytest
from test_exercises import answer_alone

from minigan import exercises
from minigan.exercises import find, handed_in, judge, judged
from minigan.exercises.judge import PACKAGE

FORGERIES = sorted((Path(__file__).parent / "forgeries").glob("*.py"))


def fingerprint(folder: Path) -> dict[str, str]:
    """What is in a folder, but for what Python compiles."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module", autouse=True)
def minigan_is_unharmed():
    before = fingerprint(PACKAGE)
    yield
    assert fingerprint(PACKAGE) == before


def test_there_are_many():
    assert len(FORGERIES) >= 30


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda path: path.stem)
def test_no_forgery_passes(forgery, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exercise = find(handed_in(forgery.name))
    path = exercises.start(exercise.key)
    path.write_bytes(forgery.read_bytes())
    before = fingerprint(tmp_path)
    verdict = judged(exercise, path, hidden=(path.parent,))
    assert not verdict.passed, verdict
    assert fingerprint(tmp_path) == before
    assert exercises.progress()["done"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="the wall is Linux's")
@pytest.mark.parametrize("forgery", ["e04_opens_in_c", "e04_reads_from_a_folders_number"])
def test_a_link_into_the_prefix_shows_no_answer(forgery, tmp_path, monkeypatch):
    """A virtual environment's lib64 is a link to lib, in which minigan and its answers are."""
    prefix, folder = tmp_path / "prefix", tmp_path / "exercises"
    package = prefix / "lib" / "minigan"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    (prefix / "lib64").symlink_to("lib")
    folder.mkdir()
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setattr(judge, "PACKAGE", package)
    monkeypatch.setattr(judge, "HIDDEN", package / judge.HIDDEN.relative_to(PACKAGE))
    path = next(path for path in FORGERIES if path.stem == forgery)
    (folder / path.name).write_bytes(path.read_bytes())
    assert not judged(find(4), folder / path.name).passed
    (folder / path.name).write_text(answer_alone(4), encoding="utf-8")
    assert judged(find(4), folder / path.name).passed


WALLS = {"guard": "def guard(*args): pass", "wall": "def wall(*args): return []"}
BELOW_PYTHON = {"e04_starts_below_the_guards"}  # what audit events tell nothing of


@pytest.mark.skipif(sys.platform != "linux", reason="one of the walls is Linux's")
@pytest.mark.long
@pytest.mark.parametrize("without", WALLS)
def test_each_wall_alone_keeps_them_out(without, tmp_path, monkeypatch):
    """The student's process with one of its two walls taken down: the other holds all but what it cannot see."""
    for path in judge.CHILD.parent.glob("*.py"):
        shutil.copy(path, tmp_path)
    with open(tmp_path / "confine.py", "a", encoding="utf-8") as file:
        file.write(f"\n{WALLS[without]}\n")
    monkeypatch.setattr(judge, "CHILD", tmp_path / "child.py")
    passed = {path.stem for path in FORGERIES if judged(find(handed_in(path.name)), path).passed}
    assert passed == (BELOW_PYTHON if without == "wall" else set())


def test_what_lies_beside_an_answer_shadows_nothing(tmp_path, monkeypatch):
    """A right answer is right, whatever the folder holds that is called as a module is."""
    monkeypatch.chdir(tmp_path)
    path = exercises.start(4)
    path.write_text(answer_alone(4) + "\nimport random\nimport json", encoding="utf-8")
    for folder in (tmp_path, path.parent):
        for name in ("random.py", "numpy.py", "json.py", "protocol.py", "sitecustomize.py"):
            (folder / name).write_text("raise SystemExit('the wrong one')\n")
        (folder / "minigan").mkdir()
        (folder / "minigan" / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    assert exercises.check(4) == (True, "passed")
