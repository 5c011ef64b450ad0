"""Many students' files: each judged on data of its own, in a table that can be gone on with, and summed up."""

from __future__ import annotations

import csv
import io
import os
import sys
import threading
from pathlib import Path

import pytest
from test_exercises import answer_alone, mutants
from test_forgeries import fingerprint

from minigan.cli import main
from minigan.exercises import Key, find, grade, judged, passed_over, summary
from minigan.exercises.grade import COLUMNS, _csv, _gist, _read, submissions
from minigan.exercises.judge import LIVE


def hand_in(folder: Path, student: str, key: Key, source: str, inside: str = "") -> Path:
    path = folder / student / inside / find(key).path.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return path


@pytest.fixture
def school(tmp_path):
    folder = tmp_path / "class"
    hand_in(folder, "anna", 4, answer_alone(4))
    hand_in(folder, "anna", 3, answer_alone(3), "exercises")
    hand_in(folder, "ben", 4, next(iter(mutants(4).values())))
    hand_in(folder, "=cmd()", 4, "import os\nos._exit(3)\n")
    hand_in(folder, "dora", 4, find(4).path.read_text(encoding="utf-8"))
    (folder / "dora" / "notes.txt").write_text("e04_kl.py")
    (folder / "e04_kl.py").write_text("nobody's")
    return folder


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))


def test_a_class_is_graded_and_the_table_says_what_came(school, tmp_path):
    before, out = fingerprint(school), tmp_path / "grades.csv"
    rows = {row["file"]: row for row in grade(school, out, jobs=2)}
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "anna/e04_kl.py": "passed",
        "anna/exercises/e03_gaussian_score.py": "passed",
        "ben/e04_kl.py": "failed",
        "=cmd()/e04_kl.py": "failed",
        "dora/e04_kl.py": "failed",
    }
    assert "exit code 3" in rows["=cmd()/e04_kl.py"]["message"]
    assert len({row["seed"] for row in rows.values()}) == 5
    assert fingerprint(school) == before and not LIVE
    kept = table(out)
    assert [row["file"].removeprefix("'") for row in kept] == sorted(rows)
    assert tuple(kept[0]) == COLUMNS and all(row["sha256"] for row in kept)
    ben = rows["ben/e04_kl.py"]
    again = judged(find(4), school / "ben" / "e04_kl.py", int(ben["seed"]))
    assert again.message == ben["message"]  # the seed in the table gives the verdict again


def test_what_is_known_is_kept_and_what_has_changed_is_judged_again(school, tmp_path, capsys):
    out = tmp_path / "grades.csv"
    first = {row["file"]: row for row in grade(school, out)}
    hand_in(school, "ben", 4, answer_alone(4))
    (school / "dora" / "e04_kl.py").unlink()
    second = {row["file"]: row for row in grade(school, out)}
    assert second.pop("ben/e04_kl.py")["verdict"] == "passed"
    assert second == {name: first[name] for name in second} and "dora/e04_kl.py" not in second
    assert main(["grade", str(school), "--out", str(out)]) == 0
    assert "2 of 3 right" in capsys.readouterr().out


def test_a_grading_that_is_stopped_keeps_its_rows_and_ends_its_processes(school, tmp_path):
    hand_in(school, "eve", 4, "while True:\n    pass\n")
    out = tmp_path / "grades.csv"
    rows = grade(school, out, jobs=2)
    first = [next(rows), next(rows)]
    rows.close()
    assert not LIVE and not [t for t in threading.enumerate() if "ThreadPool" in t.name]
    assert {row["file"] for row in _read(out).values()} >= {row["file"] for row in first}


def test_a_spreadsheet_is_given_no_formula():
    hostile = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "'=quoted", "plain", 'a"b,c\nd']
    rows = {f: dict.fromkeys(COLUMNS, f) | {"file": f} for f in hostile}
    cells = [cell for line in csv.reader(io.StringIO(_csv(rows).decode(), newline="")) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_table_is_read_as_it_was_written(tmp_path):
    rows = {f: dict.fromkeys(COLUMNS, f) for f in ("=1+1", "'", "plain", 'a"b,c\nd')}
    (tmp_path / "t.csv").write_bytes(_csv(rows))
    assert _read(tmp_path / "t.csv") == rows


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"", b"\xff\xfe", b'"', ",".join(COLUMNS).encode() + b"\n1\n"])
def test_another_file_in_the_place_of_the_table_is_left_alone(content, school, tmp_path, capsys):
    out = tmp_path / "mine.csv"
    out.write_bytes(content)
    assert main(["grade", str(school), "--out", str(out)]) == 2
    assert "no table of grades" in capsys.readouterr().err
    assert out.read_bytes() == content


def test_a_folder_without_students_is_told_of_and_leaves_nothing_behind(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["grade", str(tmp_path / "none")]) == 2
    assert "no folder" in capsys.readouterr().err
    assert main(["grade", str(tmp_path)]) == 2
    assert "STUDENT" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_capstone_is_graded_under_its_name_and_the_older_one(school, tmp_path):
    for student in ("anna", "ben"):
        hand_in(school, student, "capstone", "x = 1\n")
    (school / "ben" / "capstone.py").rename(school / "ben" / "e21_capstone.py")
    hand_in(school, "dora", 21, "x = 1\n").rename(school / "dora" / "e21_mine.py")
    hand_in(school, "dora", "capstone", "x = 1\n").rename(school / "dora" / "Capstone.py")
    (school / "notes").mkdir()
    rows = {row["file"]: row for row in grade(school, tmp_path / "grades.csv")}
    for name in ("anna/capstone.py", "ben/e21_capstone.py"):
        assert rows[name]["exercise"] == "capstone" and "no class GAN" in rows[name]["message"]
    assert rows["dora/e21_mine.py"]["exercise"] == "21"
    assert passed_over(school) == ["dora/Capstone.py", "e04_kl.py"]
    lines = [line for line in summary(list(rows.values())).splitlines() if line[0] != " "]
    assert [line.split()[0] for line in lines] == ["03", "04", "21", "capstone"]
    assert lines[-1].endswith("0 of 2 right")
    again = {row["file"]: row for row in grade(school, tmp_path / "grades.csv")}
    assert again == rows  # none of them judged again: every row's seed is what it was


def test_links_are_not_followed(school, tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("raise SystemExit('read')\n")
    (school / "finn").mkdir()
    (school / "finn" / "e04_kl.py").symlink_to(secret)
    (school / "gina").symlink_to(school / "anna", target_is_directory=True)
    names = [path.as_posix() for _, _, path in submissions(school)]
    assert not [name for name in names if name.startswith("gina")]
    rows = {row["file"]: row for row in grade(school, tmp_path / "grades.csv")}
    assert rows["finn/e04_kl.py"]["verdict"] == "unread" and "link" in rows["finn/e04_kl.py"]["message"]


def test_nobody_reads_what_another_handed_in(school, tmp_path):
    source = (
        "from pathlib import Path\nexec(Path(__file__).parents[1].joinpath('anna', 'e04_kl.py').read_text())\n"
    )
    hand_in(school, "copy", 4, source)
    rows = {row["file"]: row for row in grade(school, tmp_path / "grades.csv")}
    assert rows["copy/e04_kl.py"]["verdict"] == "failed" and "PermissionError" in rows["copy/e04_kl.py"]["message"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there")
def test_every_name_has_a_row_of_its_own_in_a_line_of_its_own(school, tmp_path, capsys):
    for name in (b"M\xfcller", b"M\xf6ller", b"two\nlines", b"back\\slash"):
        hand_in(school, os.fsdecode(name), 4, "x = 1\n")
    hand_in(school, "eve", 4, "raise ValueError('a\\nb')\n").rename(school / "eve" / "E04-kl.py")
    (school / "linked").symlink_to(school / "anna", target_is_directory=True)
    out = tmp_path / "grades.csv"
    assert main(["grade", str(school), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "3 in all" in said and "eve/E04-kl.py" in said and "linked" in said
    kept = table(out)
    assert len(kept) == 9 and len(out.read_bytes().splitlines()) == 10
    assert {"M\\\\udcfcller", "M\\\\udcf6ller", "two\\\\nlines"} < {row["student"] for row in kept}
    before = _read(out)
    assert main(["grade", str(school), "--out", str(out)]) == 0 and _read(out) == before


def test_two_gradings_into_one_table_are_not_at_once(school, tmp_path, capsys):
    out = tmp_path / "grades.csv"
    rows = grade(school, out, jobs=1)
    next(rows)
    assert main(["grade", str(school), "--out", str(out)]) == 2
    assert "another `minigan grade` is writing it" in capsys.readouterr().err
    rows.close()


def test_what_breaks_the_judge_costs_its_own_row_alone(school, tmp_path, monkeypatch):
    def breaks(exercise, path, *args, **kwargs):
        if "ben" in path.parts:
            raise RecursionError("too deep")
        return judged(exercise, path, *args, **kwargs)

    monkeypatch.setattr(sys.modules["minigan.exercises.grade"], "judged", breaks)
    (school / "dora" / "e04_kl.py").write_bytes(b"#" * (1 << 21))
    rows = {row["file"]: row for row in grade(school, tmp_path / "grades.csv")}
    assert rows["ben/e04_kl.py"]["message"] == "RecursionError: too deep" and len(rows) == 5
    assert rows["dora/e04_kl.py"]["verdict"] == "unread" and "1 MiB" in rows["dora/e04_kl.py"]["message"]


def test_the_summary_counts_the_commonest_mistakes():
    def row(verdict, message, number="4"):
        return dict.fromkeys(COLUMNS, "") | {"exercise": number, "verdict": verdict, "message": message}

    said = "case (given p = [0.1, 2e-5]): wanted {}, got {}"
    rows = [row("passed", "passed"), *(row("failed", said.format(k, k / 3)) for k in range(3)), row("failed", "x")]
    text = summary(rows)
    assert (
        "1 of 5 right" in text
        and "3 x  case: wanted #, got #" in text
        and text.index("3 x") < text.index("1 x  x")
    )
    empty = "the gap is still empty: write your code in {}, and take out the raise"
    assert _gist(empty.format("/a/capstone.py")) == _gist(empty.format("/b/c/capstone.py"))
    assert _gist('  File "/a/b/e04_kl.py", line 3, in kl\n    x\nNameError: x') == "NameError: x"


def test_reading_a_table_leaves_the_limit_of_the_csv_module_as_it_was(tmp_path):
    before = csv.field_size_limit()
    (tmp_path / "grades.csv").write_text("no table\n")
    with pytest.raises(ValueError, match="no table of grades"):
        _read(tmp_path / "grades.csv")
    assert csv.field_size_limit() == before
