"""Every lesson reads, runs and is right: its claims hold, its figure is drawn, its text begins as it must."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from minigan.cli import main
from minigan.lessons import Claim, lessons, show
from minigan.runs.training import blas_threads

KNOWN = lessons()
README = (Path(__file__).parents[1] / "lessons" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def quick_claims():
    """The claims of each lesson with --quick, computed once."""
    computed: dict[int, list[Claim]] = {}

    def of(number: int) -> list[Claim]:
        if number not in computed:
            with blas_threads(1):
                computed[number] = list(KNOWN[number].module.claims(True))
        return computed[number]

    return of


@pytest.mark.parametrize("number", KNOWN)
def test_every_claim_holds(number, quick_claims):
    claims = quick_claims(number)
    assert claims and len({claim.name for claim in claims}) == len(claims)
    for claim in claims:
        assert claim.holds, claim
        assert not claim.full, f"{claim.name} needs the full run, and came with --quick"


@pytest.mark.parametrize("number", KNOWN)
def test_a_claim_says_where_it_comes_from_and_asks_for_something(number, quick_claims):
    for claim in quick_claims(number):
        assert claim.says and claim.source, claim
        slack = abs(claim.expected) if claim.expected else 1.0
        assert claim.at_most or claim.tolerance <= slack, f"{claim.name}: nearly anything would do"


@pytest.mark.long
@pytest.mark.parametrize("number", KNOWN)
def test_every_claim_of_the_full_run_holds(number):
    with blas_threads(1):
        for claim in KNOWN[number].module.claims(False):
            assert claim.holds, claim


@pytest.mark.parametrize("number", KNOWN)
def test_every_figure_has_a_title_and_labelled_axes(number):
    with blas_threads(1):
        figure = KNOWN[number].module.figure(True)
    axes = figure.get_axes()
    assert axes and (figure.get_suptitle() or any(a.get_title() for a in axes))
    assert any(a.get_xlabel() or a.get_ylabel() for a in axes) or number in (1,)  # a data flow has no axes


@pytest.mark.parametrize("number", KNOWN)
def test_a_lesson_is_a_percent_script_that_ends_by_showing_itself(number):
    text = KNOWN[number].path.read_text(encoding="utf-8")
    assert text.startswith("# %% [markdown]\n# # ")
    assert f'show("{KNOWN[number].path.stem}", claims, figure)' in text
    assert f"minigan exercise start {number}" in text
    assert not re.search(r"^[ \t]*(print|plt)\b.*", text.split("# %%\nif __name__")[0].split("def ")[0], re.M)


def test_importing_lessons_computes_nothing():
    code = "import time; t = time.perf_counter(); import minigan.lessons as m\n"
    code += "import sys; [x.module for x in m.lessons().values()]; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_script_and_command_print_the_same_numbers(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    number = min(KNOWN)
    monkeypatch.setattr("minigan.lessons.figures", lambda: tmp_path)
    assert main(["lesson", str(number), "--quick"]) == 0
    said = capsys.readouterr().out
    with monkeypatch.context() as m:
        m.setattr(sys, "argv", ["a script", "--quick"])
        lesson = KNOWN[number]
        assert show(lesson.path.stem, lesson.module.claims, lesson.module.figure)
    table = capsys.readouterr().out
    assert table in said
    assert (tmp_path / f"{lesson.path.stem}.png").is_file()


def test_a_claim_that_does_not_hold_is_told(tmp_path, capsys, monkeypatch):
    from matplotlib.figure import Figure

    monkeypatch.chdir(tmp_path)
    claims = [Claim("a", "right", 1.0, 1.0, 0.0, "x"), Claim("b", "wrong", 1.1, 1.0, 0.01, "y")]
    assert not show("none", lambda quick: claims, lambda quick: Figure(), quick=True)
    lines = capsys.readouterr().out.splitlines()
    assert "DOES NOT HOLD" in lines[2] and "DOES NOT HOLD" not in lines[1]
    nan = Claim("c", "not a number", float("nan"), 1.0, 1.0, "z")
    assert not nan.holds
    assert Claim("d", "a bound", 0.5, 1.0, 0.0, "z", at_most=True).holds
    assert not Claim("e", "a bound", 1.5, 1.0, 0.0, "z", at_most=True).holds


def test_the_list_names_every_lesson(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["lesson"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(KNOWN)
    for line, lesson in zip(lines, KNOWN.values(), strict=True):
        assert f"{lesson.number:02}" in line and lesson.title in line and lesson.question in line and " s)" in line


def test_a_lesson_that_does_not_exist_is_refused_in_a_line(capsys):
    assert main(["lesson", "99"]) == 2
    assert "there is no lesson '99'" in capsys.readouterr().err


def test_the_concept_table_names_claims_that_exist(quick_claims):
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (\d\d) \| (.+?) \|$", README, re.M)
    assert {int(row[0]) for row in rows} == set(range(1, 57))
    for number, _, lesson, names in rows:
        known = {claim.name for claim in quick_claims(int(lesson))}
        text = KNOWN[int(lesson)].path.read_text(encoding="utf-8")  # claims of the full run are seen here alone
        for name in re.findall(r"`(.+?)`", names):
            assert name in known or f'"{name}"' in text, f"concept {number}: lesson {lesson} has no claim {name}"
