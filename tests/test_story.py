"""The story of lesson 13 is told from the run's own numbers, and nobody is fired who can still be told apart."""

import re

import pytest

from minigan.cli import main
from minigan.lessons.behind import l13 as lesson
from minigan.runs.threads import blas_threads

SHORT = {"rounds": 2000, "batch": 128}  # the runs of --quick, which the lesson's own tests share


@pytest.fixture(scope="module")
def runs():
    with blas_threads(1):
        return {scaled: (lesson.played(0, scaled, **SHORT), lesson.lived(0, scaled, **SHORT)) for scaled in (1, 0)}


@pytest.mark.parametrize("scaled", [1, 0])
def test_a_line_a_moment_with_its_own_numbers(runs, scaled):
    moments, told = runs[scaled]
    rounds = [line for line in told if line.startswith("Round")]
    assert len(told) == len(rounds) + 2
    for moment, line in zip(moments, rounds, strict=False):
        assert int(re.search(r"Round +(\d+)", line)[1]) == moment.round
        assert lesson.colleague(moment).text in line
    assert "'one half' to every bill" in rounds[0]


def test_she_is_fired_when_a_fresh_colleague_cannot_tell(runs):
    moments, told = runs[1]
    rounds = [line for line in told if line.startswith("Round")]
    verdicts = [lesson.colleague(moment) for moment in moments[: len(rounds)]]
    assert [v.low <= 0.5 <= v.high for v in verdicts] == [False] * (len(verdicts) - 1) + [True]
    assert "she is fired" in told[-1] and f"JS {moments[len(rounds) - 1].stand.js:.4f}" in told[-1]


def test_one_half_alone_fires_nobody_rightly(runs):
    moments, told = runs[0]
    assert len(told) == len(moments) + 2
    assert "fires her. But his bills are still" in told[-1] and moments[-1].stand.js > 0.05


def test_the_command_tells_it(capsys, monkeypatch):
    monkeypatch.setattr(lesson, "story", lambda: ["once", "upon a time"])
    assert main(["lesson", "13", "--story"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["once", "upon a time"]
    assert main(["lesson", "4", "--story"]) == 2
    assert "lesson 4 tells no story" in capsys.readouterr().err
