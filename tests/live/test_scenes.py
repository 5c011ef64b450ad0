"""The scenes of the lessons: each is a run, each answer is what that run does."""

from __future__ import annotations

import json
import math
from urllib.parse import parse_qsl

import pytest

from minigan.lessons import __file__ as lessons
from minigan.live import bundle
from minigan.live.link import Link
from minigan.live.session import Session
from minigan.settings import typed

SCENES = {scene["id"]: scene for scene in json.loads(bundle.files()["scenes.json"])}


def scene(name, folder, *more):
    """The session of a scene, at the step of its link."""
    said = dict(parse_qsl(SCENES[name]["link"]))
    changes = [change.split("~") for change in filter(None, said.pop("changes", "").split("!"))]
    changes = [(int(step), key, typed(value)) for step, key, value in changes]
    step, data = int(said.pop("step", 0)), said.pop("data")
    session = Session(Link(data, {key: typed(value) for key, value in said.items()}, [*changes, *more]), folder)
    session.go_to(step)
    return session


def told(session):
    return session.told(exact=True)


def test_every_scene_is_whole_and_belongs_to_a_lesson():
    from pathlib import Path

    numbers = {path.name[1:3] for path in Path(lessons).parent.glob("l??_*.py")}
    keys = {"id", "lesson", "title", "link", "question", "guesses", "until", "outcome"}
    assert {"09", "10", "11", "13", "14", "15", "17"} <= {scene["lesson"] for scene in SCENES.values()} <= numbers
    for found in SCENES.values():
        assert found.keys() == keys and len(found["guesses"]) >= 2 and all(map(bool, found.values()))
        assert found["until"] in ("change", "walk") or type(found["until"]) is int


def test_the_page_of_the_site_lists_them_all():
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "live.md").read_text("utf-8")
    for found in SCENES.values():
        line = f'| {found["lesson"]} | <a href="live/index.html#scene={found["id"]}">{found["title"]}</a> |'
        assert f"{line} {found['question']} |" in text


def test_a_frozen_g_leaves_d_to_come_to_its_best(tmp_path):
    session = scene("critic", tmp_path)
    session.play(1)
    assert told(session)["exact live"]["gap"] == pytest.approx(0.82, abs=0.02)
    session.play(999)
    assert told(session)["exact live"]["gap"] < 0.03


def test_v_rises_from_minus_log_4_when_d_catches_up(tmp_path):
    session = scene("value", tmp_path)
    start = told(session)["exact live"]
    assert start["value"] == pytest.approx(-math.log(4), abs=0.01) and start["js"] == pytest.approx(
        0.054, abs=0.001
    )
    session.go_to(SCENES["value"]["until"])
    now = told(session)["exact live"]
    assert now["js"] == start["js"] and now["value"] > start["value"] + 0.05
    assert 2 * now["js"] - math.log(4) == pytest.approx(-1.279, abs=0.001)


def test_the_other_label_pulls_more_than_twenty_times_as_hard(tmp_path):
    flat = told(scene("label", tmp_path))["pull"]
    steep = told(scene("label", tmp_path, (600, "objective", "non-saturating")))["pull"]
    assert flat == pytest.approx(0.7, abs=0.1) and steep > 20 * flat


def test_a_d_that_learned_nothing_ends_the_game_falsely(tmp_path):
    session = scene("false-end", tmp_path)
    session.go_to(1990)  # the change is at 2000
    losses, pull = session.gan.losses(), told(session)["pull"]
    assert losses["d_real"] == pytest.approx(0.5, abs=0.03) == losses["d_fake"]
    assert losses["d_loss"] == pytest.approx(math.log(4), abs=0.03) and told(session)["exact live"]["js"] > 0.3
    session.go_to(2200)
    assert told(session)["pull"] > 50 * pull


def test_the_game_swings_until_r1_calms_it(tmp_path):
    session = scene("circle", tmp_path)
    session.play(1000)
    swing = [row["js"] for row in session.rows if "js" in row and row["step"] > 200]
    turns = sum((b - a) * (c - b) < 0 for a, b, c in zip(swing, swing[1:], swing[2:], strict=False))
    assert turns >= 4 and max(swing) > 3 * min(swing) and min(swing) > 0.02
    session.change("r1", 1.0)
    session.play(1500)
    calm = [row["js"] for row in session.rows if "js" in row and row["step"] > 2000]
    assert max(calm) < 0.08 and max(calm) - min(calm) < (max(swing) - min(swing)) / 3


def test_a_slow_d_lets_the_modes_collapse_and_a_faster_one_cures_it(tmp_path):
    session = scene("collapse", tmp_path)
    session.play(3000)
    assert 2 <= told(session)["modes live"][0] <= 6
    cured = scene("cure", tmp_path)
    assert cured.gan.steps == 3000 and told(cured)["modes live"] == told(session)["modes live"]
    cured.go_to(SCENES["cure"]["until"])
    assert told(cured)["modes live"][0] == 8 and told(cured)["modes live"][2] > 0.5
