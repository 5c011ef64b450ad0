"""Where right answers differ: each row of the table, for minigan and for the libraries that are installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from minigan.checks import kinks
from minigan.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "differences.md").read_text(encoding="utf-8")
HERE, MISSING = kinks.versions()
OLD_CLAMP = HERE.get("PyTorch", "2.13") < "2.14"
# The truth of each row, in its order. Where there is a choice, what each library chose: who is not named here is
# not held to it. "JAX jit" of the maximum depends on how this processor's code is compiled.
ROWS = [
    {"minigan": "0.2", "PyTorch": "0.2", "JAX": "1"},
    {
        "minigan": "0",
        "PyTorch relu": "0",
        "JAX nn.relu": "0",
        "PyTorch clamp": "1" if OLD_CLAMP else "0",
        "PyTorch maximum": "0.5",
        "JAX maximum": "0.5",
    },
    {"PyTorch": "0", "JAX": "1"},
    {
        "minigan Maxout": "(1, 0, 0)",
        "PyTorch max(dim)": "(1, 0, 0)",
        "PyTorch amax": "(0.5, 0.5, 0)",
        "JAX": "(0.5, 0.5, 0)",
    },
    {"PyTorch": "right", "JAX": "right"},
    {
        "minigan GradientPenalty": "0",
        "PyTorch vector_norm": "(0, 0)",
        "PyTorch sqrt of sum": "(NaN, NaN)",
        "JAX norm": "(NaN, NaN)",
    },
    {"minigan": "-0.99", "PyTorch": "-0.99"},  # 1e-6 / (1e-6 + 1e-8)
    {"minigan": "-2", "PyTorch": "-1.19"},  # -1 - (.9 + .1), and -1 - .1 (.9 + 1)
    {"minigan": "1.1", "PyTorch": "1.1"},  # .9 + .1 × 2
    {"minigan": "below 1e-15", "PyTorch": "below 1e-15", "JAX": "below 1e-15"},
    {"minigan": "4.25e-18", "PyTorch": "0", "JAX log_sigmoid": "4.25e-18"},
    {"minigan": "1.39e-11", "PyTorch": "0", "JAX": "1.39e-11"},
]


def by_who(row):
    return {who: answer for answer, all_who in kinks.answers(row, HERE).items() for who in all_who}


@pytest.mark.parametrize(
    ("row", "truth"), list(zip(kinks.ROWS, ROWS, strict=True)), ids=lambda v: getattr(v, "question", "")
)
def test_each_row_says_what_is_so(row, truth):
    found = by_who(row)
    assert found or not HERE  # minigan has no |x|
    for who, answer in truth.items():
        if who.split()[0] in ("minigan", *HERE):
            assert found[who] == answer, who
        else:
            assert who not in found


@pytest.mark.parametrize("row", kinks.ROWS, ids=lambda row: row.question)
def test_the_page_says_what_the_libraries_of_its_versions_say_here(row):
    said = next(line for line in PAGE.splitlines() if line.startswith("| " + row.question.replace("|", "\\|")))
    cells = re.split(r"(?<!\\) \| ", said)
    written = {
        who: answer.strip("*")
        for answer, _, all_who in (part.rpartition(": ") for part in cells[1].split("; "))
        for who in all_who.split(", ")
    }
    assert written.keys() == set(row.ask) and cells[2].rstrip(" |").replace("\\|", "|") == row.means
    for who, answer in by_who(row).items():
        library = who.split()[0]
        if library == "minigan" or f"{library} {HERE[library].partition('+')[0]}" in PAGE.replace(" (on JAX)", ""):
            assert written[who] == answer or who == "JAX jit", who


def test_the_command_prints_every_row_and_names_who_is_not_here(capsys, monkeypatch):
    here = dict(list(HERE.items())[:1])
    monkeypatch.setattr(kinks, "versions", lambda: (here, ["Nobody", *MISSING]))
    assert main(["compare", "--kinks"]) == 0
    text = capsys.readouterr().out
    assert all((f"\n{row.question}\n" in text) == bool(kinks.answers(row, here)) for row in kinks.ROWS)
    assert "left out, since not installed here: Nobody" in text
    assert max(map(len, text.splitlines())) <= 100


def test_without_any_library_minigan_answers_alone(monkeypatch):
    monkeypatch.setattr(kinks, "find_spec", lambda name: None)
    assert kinks.versions() == ({}, list(kinks.PACKAGES))
    text = kinks.report()
    assert "beside nobody" in text and "    0.2  minigan\n" in text and "PyTorch clamp" not in text
    monkeypatch.setattr(kinks, "find_spec", lambda name: None if name == "jax" else name)
    monkeypatch.setattr(kinks, "version", lambda name: "1")
    assert kinks.versions()[1] == ["JAX", "Keras"]  # which is asked on JAX
