"""A run on the page, here: its time, its changes, its links and scripts, against `minigan train` bit for bit."""

from __future__ import annotations

import contextlib
import io
import json
import re

import numpy as np
import pytest

import minigan as mg
from minigan.cli import main
from minigan.core.substeps import SUBSTEPS, order
from minigan.live import link as links
from minigan.live.link import PRESETS, Link
from minigan.live.session import Desk, Session
from minigan.runs.recipe import Recipe, RecipeError
from minigan.runs.run import start
from minigan.theory import oracle

CHANGES = [
    (7, "learning_rate_d", 5e-4),
    (7, "r1", 0.1),
    (12, "updates", "alternating"),
    (20, "d_steps", 2),
    (25, "learning_rate_g", 0.0),
    (31, "objective", "minimax"),
    (33, "batch", 32),
    (36, "instance_noise", 0.1),
]
POINTS = "".join(a + b for a in "CHMRWbglqv" for b in "DIOTYdis")  # eighty, two letters each


def opened(folder, data="ring", changes=(), **settings):
    return Session(Link(data, settings, list(changes)), folder)


def plain(recipe, steps):
    """The game of a recipe after so many steps, by the plainest loop."""
    run, data = start(recipe)
    batches = mg.Batches(data, run.gan.d_steps * recipe.batch, recipe.seed, run.scaler)
    while run.gan.steps < steps:
        run.gan.step(batches.at(run.gan.steps))
    return run.gan


def asked(desk, **message):
    """An answer's numbers and arrays."""
    answer = desk.answer(json.dumps(message))
    length = int.from_bytes(answer[:4], "little")
    told, at, arrays = json.loads(answer[4 : 4 + length]), 4 + length, {}
    for name, shape in told["arrays"]:
        size = 4 * int(np.prod(shape))
        arrays[name] = np.frombuffer(answer[at : at + size], np.float32).reshape(shape)
        at += size
    assert at == len(answer)
    return told, arrays


@pytest.mark.parametrize("data", ["ring", "grid", "gaussian"])
def test_a_run_on_the_page_is_that_of_its_recipe(data, tmp_path):
    session = opened(tmp_path, data, seed=3)
    session.play(15)
    assert mg.fingerprint(session.gan) == mg.fingerprint(plain(session.recipe, 15))


def test_changes_under_way_are_forks_and_the_recipe_alone_makes_the_run_again(tmp_path):
    session = opened(tmp_path)
    for step, key, value in CHANGES:
        session.go_to(step)
        session.change(key, value)
    session.play(44 - session.gan.steps)
    mark = mg.fingerprint(session.gan)
    recipe = Recipe.from_json(session.exported()["recipe"])
    assert mg.fingerprint(plain(recipe, 44)) == mark
    again = opened(tmp_path, changes=session.link.changes)  # as a link would say it
    again.play(44)
    assert mg.fingerprint(again.gan) == mark
    for step, key, value in CHANGES:
        again.go_to(step)
        assert getattr(again.recipe, key) == value, step


@pytest.mark.parametrize("changes", [[], CHANGES, [(0, "r1", 0.1)], [(40, "learning_rate_d", 0.01)]], ids=len)
def test_the_script_of_a_run_is_short_and_comes_to_the_same_losses(changes, tmp_path):
    session = opened(tmp_path, changes=changes, seed=2)
    session.play(40)
    text = session.exported()["python"]
    assert len([line for line in text.splitlines() if line.strip()]) <= 16 + len({step for step, *_ in changes})
    assert all(len(line) <= 115 for line in text.splitlines())
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(text, {})
    last = session.gan.losses() if 40 not in [step for step, *_ in changes] else mg.fingerprint(session.gan)
    assert out.getvalue() == f"40 {last}\n"


@pytest.mark.parametrize("data", ["ring", "drawn"])
def test_the_recipe_of_the_page_trains_natively_to_the_same_bits(data, tmp_path, monkeypatch):
    session = Session(Link(data, {"steps": 30, "batch": 32}, [(10, "learning_rate_g", 0.005)], POINTS), tmp_path)
    session.play(30)
    saved = session.exported()
    (tmp_path / "recipe.json").write_text(saved["recipe"])
    if saved["table"]:
        (tmp_path / saved["name"]).write_text(saved["table"])
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--recipe", "recipe.json", "--set", "frames=0", "--out", "run"]) == 0
    assert mg.fingerprint(mg.load(tmp_path / "run").gan) == mg.fingerprint(session.gan)


def test_rewinding_comes_to_the_same_bits_wherever_it_starts_from(tmp_path):
    session = opened(tmp_path, changes=[(150, "learning_rate_d", 1e-3), (260, "d_steps", 1)])
    marks = {}
    for step in (0, 1, 99, 150, 151, 230, 320):
        session.go_to(step)
        marks[step] = mg.fingerprint(session.gan)
    assert len(set(marks.values())) == len(marks)
    for step in (151, 320, 0, 230, 99, 150, 1):
        session.go_to(step)
        assert (session.gan.steps, mg.fingerprint(session.gan)) == (step, marks[step])
    assert session.reached == 320
    rows = [row["step"] for row in session.rows]
    assert rows == sorted(set(rows)) and rows[-1] == 320


def test_states_that_are_kept_stay_few_and_rewinding_still_works(tmp_path, monkeypatch):
    monkeypatch.setattr("minigan.live.session.MOST_KEPT", 1)  # so that eight are the most
    session = opened(tmp_path, generator=[4], discriminator=[4], batch=8)
    session.play(2000)
    assert len(session.kept) <= 9 and session.apart > 100
    mark = mg.fingerprint(session.gan)
    session.go_to(333)
    session.go_to(2000)
    assert mg.fingerprint(session.gan) == mark


@pytest.mark.parametrize("settings", [{}, {"updates": "alternating", "d_steps": 2, "r1": 0.1}], ids=str)
def test_slow_motion_names_every_sub_step_and_is_the_same_step(settings, tmp_path):
    slow, fast = (opened(tmp_path, **settings) for _ in range(2))
    slow.play(5)
    names = []
    for _ in order(slow.gan):
        slow.substep()
        told = slow.told()["slow"]
        names.append(told["name"])
        assert told["says"] == SUBSTEPS[told["name"]] and told["order"][told["place"]] == told["name"]
        made = np.asarray(slow.made, float)
        assert told["mean"] == pytest.approx(made.mean()) and tuple(told["shape"]) == made.shape
    assert names == order(slow.gan) and slow.gan.steps == 5 + (slow.slow is None)
    slow.substep()  # the first of the next step
    assert slow.told()["slow"]["name"] == "draw latent" and slow.gan.steps == 6
    slow.finish()
    fast.play(7)
    assert mg.fingerprint(slow.gan) == mg.fingerprint(fast.gan)
    slow.substep()
    slow.go_to(7)  # leaves a step in the middle and comes back
    assert mg.fingerprint(slow.gan) == mg.fingerprint(fast.gan)


def test_a_frozen_player_stays_and_the_other_moves(tmp_path):
    session = opened(tmp_path)
    session.play(5)
    session.change("learning_rate_d", 0.0)
    before = session.gan.generator.theta.copy(), session.gan.discriminator.theta.copy()
    session.play(5)
    assert (session.gan.discriminator.theta == before[1]).all()
    assert (session.gan.generator.theta != before[0]).any()


def test_a_change_in_the_past_forgets_what_came_after_it(tmp_path):
    session = opened(tmp_path, changes=[(20, "r1", 0.1), (40, "batch", 32)])
    session.play(60)
    session.go_to(30)
    session.change("learning_rate_g", 0.01)
    assert session.link.changes == [(20, "r1", 0.1), (30, "learning_rate_g", 0.01)]
    assert session.reached == 30 and max(row["step"] for row in session.rows) == 20


def test_a_change_that_cannot_be_leaves_all_as_it_was(tmp_path):
    session = opened(tmp_path)
    session.play(10)
    mark = mg.fingerprint(session.gan)
    for key, value in (("d_steps", 3), ("generator", [8]), ("batch", 0)):
        with pytest.raises(RecipeError):
            session.change(key, value)
    assert (mg.fingerprint(session.gan), session.link.changes) == (mark, [])


@pytest.mark.parametrize("rate", [1e30, 1e6])
def test_a_nan_names_its_sub_step_with_its_sentence_and_the_session_is_back_at_a_good_state(rate, tmp_path):
    desk = Desk(tmp_path)
    asked(desk, do="open", link={"data": "ring", "settings": {"optimizer": "sgd", "learning_rate_d": rate}})
    told, _ = asked(desk, do="play", steps=300, view={})
    found = re.match(r"step (\d+) made a number in '([\w ]+)' \((.*)\) that is not finite", told["error"])
    assert told["kind"] == "Diverged" and SUBSTEPS[found[2]].startswith(found[3])
    told, _ = asked(desk, do="look", view={"exact": True})
    assert "error" not in told and told["step"] == 0 and told["rows"] == []
    session = desk.session
    with np.errstate(all="ignore"):  # and it was that very sub-step
        session.gan.restore(0, session.kept[0].vectors)
        for step in range(1, int(found[1]) + 1):
            for name, array in session.gan.substeps(session.batches.at(step - 1)):
                finite = np.isfinite(array).all()
                assert finite or (step, name) == (int(found[1]), found[2])
                if not finite:
                    return
    raise AssertionError("no number was infinite")


def test_a_run_ends_at_its_last_step(tmp_path):
    session = opened(tmp_path, steps=25)
    session.play(1000)
    session.substep()
    assert session.gan.steps == 25 and session.told()["slow"] is None


def test_what_is_drawn_is_what_minigan_says(tmp_path):
    desk = Desk(tmp_path)
    asked(desk, do="open", link={"data": "gaussian"})
    layers = ["heat", "pull", "manifold", "average"]
    told, arrays = asked(desk, do="play", steps=200, view={"layers": layers, "exact": True})
    session = desk.session
    run, data, x = session.run, session.data, session.picture.places
    p_g = oracle.pushforward(run.gan.generator, run.gan.latent, run.scaler)
    same = {
        "fakes": run.scaler.to_data(run.gan.generator(session.picture.z)),
        "average": run.scaler.to_data(run.gan.average(session.picture.z)),
        "manifold": run.scaler.to_data(run.gan.generator(session.picture.quantiles)),
        "heat": run.opinion(x),
        "p": data.density(x),
        "p_g": p_g.density(x),
        "best": mg.optimal_discriminator(data, p_g, x),
        "pull": run.gan.pull(run.gan.generator(session.picture.z)) * run.scaler.scale,
    }
    for name, values in same.items():
        np.testing.assert_allclose(arrays[name], values, rtol=1e-5, atol=1e-6, err_msg=name)
    exact = oracle.standing(run, data, averaged=False)
    assert told["exact live"] == pytest.approx({"js": exact.js, "gap": exact.gap, "value": exact.value})
    assert told["rows"][-1]["js"] == pytest.approx(exact.js) and told["fingerprint"] == mg.fingerprint(run.gan)
    told, _ = asked(desk, do="hover", at=[4.2], averaged=False)
    assert told["hover"]["d"] == pytest.approx(run.opinion(np.array([[4.2]]))[0])
    assert told["hover"]["p"] == pytest.approx(data.density(np.array([[4.2]]))[0])
    near, z = told["hover"]["fake"]["x"], np.float32([told["hover"]["fake"]["z"]])
    assert run.scaler.to_data(run.gan.generator(z))[0] == pytest.approx(near, rel=1e-5)


@pytest.mark.parametrize("latent", ["1 normal", "2 uniform"])
def test_another_latent_is_drawn_and_parted_by_its_own_quantiles(latent, tmp_path):
    dim, kind = latent.split()
    desk = Desk(tmp_path)
    settings = {"latent": int(dim), "latent_kind": kind}
    asked(desk, do="open", link={"data": "ring", "settings": settings})
    told, arrays = asked(desk, do="play", steps=60, view={"layers": ["manifold"], "exact": True})
    assert "error" not in told and arrays["manifold"].shape == (33 if dim == "1" else 17 * 17, 2)
    quantiles = arrays["quantiles"]
    draws = desk.session.gan.latent.fill(np.empty((100_000, 1)), np.random.default_rng(0))
    shares = np.histogram(draws, quantiles[:, 0] if dim == "1" else quantiles[:17, 0])[0] / len(draws)
    np.testing.assert_allclose(shares, shares.mean(), atol=0.005)


def test_js_on_a_grid_is_near_0_for_the_data_itself_and_log_2_for_fakes_that_are_elsewhere(tmp_path):
    session = opened(tmp_path)
    session.play(200)
    picture, rng = session.picture, np.random.default_rng(5)
    assert session.rows[-1]["js"] == pytest.approx(picture.js(session.run))
    same = mg.js(picture.real_shares, picture._shares(session.data.sample(2000, rng)))
    assert same < 0.02
    assert mg.js(picture.real_shares, picture._shares(np.full((10, 2), 99.0))) == pytest.approx(np.log(2))
    early = picture.js(session.run)
    session.play(3800)
    assert picture.js(session.run) < early / 3


def test_the_cells_of_the_manifold_hold_equal_probability(tmp_path):
    session = opened(tmp_path)
    z = session.picture.quantiles.reshape(17, 17, 2)
    draws = np.random.default_rng(0).standard_normal(200_000)
    shares = np.histogram(draws, z[0, :, 0])[0] / len(draws)
    np.testing.assert_allclose(shares, 2 / 33, atol=0.003)
    assert (z[:, 0, 1] == z[0, :, 0]).all()


def test_drawn_points_and_tables_are_read_as_any_table_and_small_ones_get_a_smaller_batch(tmp_path):
    session = Session(Link("drawn", points=POINTS), tmp_path)
    np.testing.assert_allclose(session.data.x, links.rows_of(POINTS), rtol=1e-6)
    few = Session(Link("drawn", points=POINTS[:60]), tmp_path)
    assert few.recipe.batch == 30 and few.link.settings == {"batch": 30}
    few.play(3)
    rows = np.random.default_rng(0).standard_normal((10_000, 2)) @ [[2, 1], [0, 1]]
    table = Session(Link("csv", name="mine.csv"), tmp_path, links.as_csv(rows))
    assert table.data.count == 9000 and table.recipe.data == "mine.csv"
    with pytest.raises(ValueError, match="3 columns"):
        Session(Link("csv", name="b.csv"), tmp_path, "a,b,c\n1.5,2,3\n2,3.5,4\n3,1,2.5\n")


def test_the_name_of_a_file_leads_nowhere_else(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    Session(Link("csv", name="../../escaped.csv"), inside, links.as_csv(links.rows_of(POINTS)))
    assert [path.name for path in tmp_path.rglob("*.csv")] == ["escaped.csv"] and (inside / "escaped.csv").exists()


@pytest.mark.parametrize(
    "message",
    [
        {"do": "play", "steps": 1},
        {"do": "open", "link": {"data": "nowhere"}},
        {"do": "open", "link": {"data": "drawn", "points": "a!"}},
        {"do": "open", "link": {"data": "ring", "settings": {"no_such": 1}}},
        {"do": "open", "link": {"data": "ring", "changes": [[5, "generator", [4]]]}},
        {"do": "dance"},
    ],
    ids=json.dumps,
)
def test_an_error_is_an_answer_of_one_line(message, tmp_path):
    told, arrays = asked(Desk(tmp_path), **message)
    assert told["error"] and "\n" not in told["error"] and arrays == {}


def test_a_link_says_what_is_not_the_presets_and_nothing_else(tmp_path):
    session = opened(tmp_path, learning_rate_d=1e-3, sd=0.1, generator=[16])
    assert session.opened()["settings"] == {"learning_rate_d": 1e-3, "sd": 0.1, "generator": (16,)}
    again = Session(Link("ring", json.loads(json.dumps(session.opened()["settings"]))), tmp_path)
    assert again.recipe == session.recipe
    for name in PRESETS:
        assert links.differing(PRESETS[name], name) == {}


def test_each_player_has_an_optimiser_of_its_own(tmp_path):
    G, D = opened(tmp_path, optimizer="sgd", optimizer_d="momentum").gan.optimizers
    assert (type(G).__name__, type(D).__name__) == ("SGD", "Momentum")


@pytest.mark.parametrize("objective", ["wasserstein", "least-squares"])
def test_a_game_of_scores_is_drawn_by_rank_and_tells_no_probability(objective, tmp_path):
    desk = Desk(tmp_path)
    asked(desk, do="open", link={"data": "ring", "settings": {"objective": objective, "r1": 1}})
    told, arrays = asked(desk, do="play", steps=20, view={"layers": ["heat"], "exact": True})
    assert told["probability"] is False and "value" not in told["losses"] and "error" not in told
    assert arrays["heat"].min() >= 0 and arrays["heat"].max() <= 1
