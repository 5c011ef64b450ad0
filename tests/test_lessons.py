"""Every lesson reads, runs and is right: its claims hold, its figure is drawn, its text begins as it must."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from minigan.cli import main
from minigan.lessons import HERE, PATHS, Claim, lessons, show
from minigan.plotting import BLUE, GREEN, GREY, PURPLE, RED, SKY, YELLOW
from minigan.runs.threads import blas_threads

KNOWN = lessons()
QUICK = dict(
    zip(KNOWN, [20, 26, 18, 32, 44, 24, 36, 17, 26, 40, 44, 20, 26, 38, 26, 38, 34, 16, 25, 22, 57], strict=True)
)
FULL = dict(
    zip(KNOWN, [28, 28, 18, 32, 44, 24, 36, 17, 27, 40, 44, 20, 33, 38, 30, 38, 34, 30, 30, 22, 58], strict=True)
)
ROOT = Path(__file__).parents[1]
README = (ROOT / "lessons" / "README.md").read_text(encoding="utf-8")


CONCEPTS = re.findall(r"^\| (\d+) \| (.+?) \| (\d\d) \| (.+?) \|$", README, re.M)


@pytest.mark.parametrize("number", KNOWN)
def test_every_claim_holds_says_where_it_comes_from_and_asks_for_something(number):
    """FULL and QUICK are what each lesson has stated so far; a new claim raises them."""
    with blas_threads(1):
        claims = KNOWN[number].behind.claims(True)
    there = 4 if number == 20 and find_spec("torch") is None else 0  # lesson 20 asks PyTorch too, where it is
    assert len(claims) >= QUICK[number] - there
    known = {claim.name for claim in claims}
    assert len(known) == len(claims)
    stored = json.loads((ROOT / "docs" / "results" / f"l{number:02}.json").read_text(encoding="utf-8"))
    if there == 0:
        whole = known <= {row["name"] for row in stored} and len(stored) >= FULL[number]
        assert whole, f"python tools/results.py {number} stores what the lesson's page shows"
    for claim in claims:
        assert claim.holds, claim
        assert not claim.full, f"{claim.name} needs the full run, and came with --quick"
        assert claim.says and claim.source, claim
        slack = abs(claim.expected) if claim.expected else 1.0
        assert claim.at_most or claim.tolerance <= slack, f"{claim.name}: nearly anything would do"
    text = (HERE / "behind" / f"l{number:02}.py").read_text(encoding="utf-8")  # of the full run's claims too
    for concept, _, lesson, names in CONCEPTS:
        for name in re.findall(r"`(.+?)`", names) if int(lesson) == number else ():
            assert name in known or f'"{name}"' in text, f"concept {concept}: lesson {number} has no claim {name}"


def test_the_table_has_every_concept():
    assert {int(row[0]) for row in CONCEPTS} == set(range(1, 57))


@pytest.mark.long
@pytest.mark.parametrize("number", KNOWN)
def test_every_claim_of_the_full_run_holds(number):
    with blas_threads(1):
        claims = KNOWN[number].behind.claims(False)
    assert len(claims) >= FULL[number]
    for claim in claims:
        assert claim.holds, claim


@pytest.mark.parametrize("number", KNOWN)
def test_every_figure_has_a_title_and_labelled_axes(number):
    with blas_threads(1):
        figure = KNOWN[number].behind.figure(True)
    axes = figure.get_axes()
    assert axes and (figure.get_suptitle() or any(a.get_title() for a in axes))
    assert any(a.get_xlabel() or a.get_ylabel() for a in axes) or number in (1,)  # a data flow has no axes


@pytest.mark.parametrize("number", KNOWN)
def test_a_lesson_is_a_percent_script_that_ends_by_showing_itself(number):
    text = KNOWN[number].path.read_text(encoding="utf-8")
    assert text.startswith("# %% [markdown]\n# # ")
    assert f"show({number})" in text.split("# %%\nif __name__")[-1]
    assert f"minigan exercise start {number}" in text
    assert not re.search(r"^[ \t]*(print|plt)\b.*", text.split("# %%\nif __name__")[0].split("def ")[0], re.M)


@pytest.mark.parametrize("number", KNOWN)
def test_a_lesson_says_what_it_needs_and_ends_in_five_lines_before_its_exercise(number):
    text = KNOWN[number].path.read_text(encoding="utf-8")
    head = text.split("# %%")[1]
    needs = re.findall(r"^# \*Needs: (.+)\.\*$", head, re.M)
    assert len(needs) == 1, "one line at the head, '# *Needs: ... .*'"
    told = re.findall(r"(?<=[ ,])(\d\d)(?: to (\d\d))?", needs[0])
    assert all(int(last or first) < number for first, last in told), "what a lesson needs comes before it"
    recap = re.findall(r"^# ## In five lines\n#\n(.+?)\n#\n# ## Now you\n", text, re.M | re.S)
    assert len(recap) == 1, "'## In five lines' stands once, and '## Now you' follows it"
    items = re.split(r"^# \d\. ", recap[0].replace("\n#    ", " "), flags=re.M)[1:]
    assert len(items) == 5
    for item in items:
        sentence = item.strip()
        assert sentence.endswith(".") and not re.search(r"[.?!] [A-Z]", sentence), f"one sentence: {sentence}"
        assert len(sentence.split()) <= 35, f"a line to remember: {sentence}"
    asides = text.split("# ## Appendix")[1:]
    assert not re.search(r"^# ## (?!Appendix)", "".join(asides), re.M), "appendices stand at the end"


@pytest.mark.parametrize("number", KNOWN)
def test_a_lesson_shows_its_figure_and_says_in_words_what_is_on_it(number):
    lesson = KNOWN[number]
    shown = re.findall(r"!\[([^]]*)\]\((.+?)\)", lesson.path.read_text(encoding="utf-8").replace("\n# ", " "))
    assert f"../../figures/{lesson.path.stem}.png" in [path for _, path in shown]
    for words, path in shown:
        assert len(words) >= 10, f"{path}: say what it shows"
        assert (lesson.path.parent / path).is_file(), path


@pytest.mark.parametrize("number", KNOWN)
def test_a_lesson_is_text_and_what_teaches_with_the_rest_behind_it(number):
    lesson = KNOWN[number]
    text = lesson.path.read_text(encoding="utf-8")
    behind = (HERE / "behind" / f"l{number:02}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 350
    assert "## Now you" in text and not re.search(r"\bClaims?\b|^def (claims|figure)\b", text, re.M)
    assert "Claim(" not in behind and behind.startswith(f'"""Behind lesson {number:02}, ')
    colours = "|".join((BLUE, RED, GREY, GREEN, YELLOW, SKY, PURPLE))
    assert not re.search(colours, text + behind, re.I), "the palette is minigan.plotting's"


def test_importing_lessons_computes_nothing():
    code = "import time; t = time.perf_counter(); import minigan.lessons as m\n"
    code += (
        "import sys; [(x.module, x.behind) for x in m.lessons().values()]; assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_script_and_command_print_the_same_numbers(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    number = min(KNOWN)
    assert main(["lesson", str(number), "--check", "--quick"]) == 0
    said = capsys.readouterr().out
    with monkeypatch.context() as m:
        m.setattr(sys, "argv", ["a script", "--quick"])
        lesson = KNOWN[number]
        assert show(number)
    table = capsys.readouterr().out
    assert table in said
    assert (tmp_path / f"{lesson.path.stem}.png").is_file()


def test_a_claim_that_does_not_hold_is_told(tmp_path, capsys, monkeypatch):
    from matplotlib.figure import Figure

    monkeypatch.chdir(tmp_path)
    claims = [Claim("a", "right", 1.0, 1.0, 0.0, "x"), Claim("b", "wrong", 1.1, 1.0, 0.01, "y")]
    monkeypatch.setattr(KNOWN[1].behind, "claims", lambda quick: claims)
    monkeypatch.setattr(KNOWN[1].behind, "figure", lambda quick: Figure())
    assert not show(1, quick=True)
    lines = capsys.readouterr().out.splitlines()
    assert "DOES NOT HOLD" in lines[2] and "DOES NOT HOLD" not in lines[1]
    nan = Claim("c", "not a number", float("nan"), 1.0, 1.0, "z")
    assert not nan.holds
    assert Claim("d", "a bound", 0.5, 1.0, 0.0, "z", at_most=True).holds
    assert not Claim("e", "a bound", 1.5, 1.0, 0.0, "z", at_most=True).holds


def test_the_list_names_every_lesson_and_the_ways_through(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["lesson"]) == 0
    listed, ways = (part.splitlines() for part in capsys.readouterr().out.split("\n\n"))
    assert listed.pop().startswith("capstone")
    for line, lesson in zip(listed, KNOWN.values(), strict=True):
        assert f"{lesson.number:02}" in line and lesson.title in line and lesson.question in line
        assert f"({lesson.minutes} min)" in line
    assert len(ways) == 1 + len(PATHS)


def test_a_lesson_that_does_not_exist_is_refused_in_a_line(capsys):
    assert main(["lesson", "99"]) == 2
    assert "there is no lesson '99'" in capsys.readouterr().err


def test_lesson_21_prints_the_table_that_is_stored():
    text = KNOWN[21].path.read_text(encoding="utf-8")
    for table in (KNOWN[21].behind.printed(), KNOWN[21].behind.leaves()):
        assert "\n".join(f"# {line}" for line in table) in text


def test_the_readme_has_the_family_as_it_is_stored():
    behind, readme = KNOWN[21].behind, (ROOT / "README.md").read_text(encoding="utf-8")
    for name, line in behind.summary().items():
        row = re.search(rf"^\| `{name}`.*$", readme, re.M)[0]
        assert f"| {line['critic']:.0%} |".replace("%", " %") in row
        if line["says"] != "none":
            assert f"| {line['log_p']:.2f} ± {line['log_p_reach']:.2f}".replace("± 0.", "± .") in row
        if line["says"] == "bound":
            assert f"(one draw: {line['log_p_1']:.2f})" in row
    rows = behind.yardsticks()
    three = [rows[name] for name in ("ten pictures", "independent pixels", "independent counts")]
    assert "| " + " / ".join(f"{row['log_p']:.1f}" for row in three) + " | exact |" in readme
