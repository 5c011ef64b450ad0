"""Recipes as data, and a run as it comes back from its folder."""

from __future__ import annotations

import math
import struct
from dataclasses import fields, replace

import numpy as np
import pytest
from PIL import Image

import minigan as mg
from minigan.core.optimizers import SGD, Adam, Exponential, HoldThenCosine, Linear, Momentum
from minigan.data.dataset import DataError
from minigan.data.readers.checks import pixel_names
from minigan.data.sources import load_dataset
from minigan.runs import checkpoint, run
from minigan.runs import recipe as recipes
from minigan.runs.folder import begin
from minigan.runs.presets import RECIPES, plan
from minigan.runs.recipe import Recipe, RecipeError
from minigan.settings import typed

STEPS = Recipe().steps
TINY = Recipe(steps=20, log_every=10, frames=0, generator=(8,), discriminator=(8,), batch=32)
ALL = {"recipe.json", "history.csv", "checkpoint.npz", "samples.png", "training.gif"}


@pytest.fixture
def table(tmp_path):
    """A table of 120 lines in centimetres and kilograms."""
    rng = np.random.default_rng(0)
    x = rng.normal([170, 70, 30], [10, 12, 5], (120, 3))
    path = tmp_path / "people.csv"
    np.savetxt(path, x, delimiter=",", header="height,weight,age", comments="", fmt="%.3f")
    return path


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(12):
        Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8)).save(folder / f"{i}.png")
    return folder


def names(folder):
    return {path.name for path in folder.iterdir()}


# ------------------------------------------------------------------------------------------------ JSON in and out


@pytest.mark.parametrize("name", RECIPES)
def test_a_preset_comes_back_from_its_json_as_it_was(name):
    recipe = RECIPES[name][1]
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert Recipe.from_json(recipe.to_json()).to_json() == recipe.to_json()


def test_a_recipe_far_from_every_default_comes_back_too():
    odd = Recipe(
        data="digits", data_options={"size": 14}, batch=30, packing=3, updates="alternating", d_steps=2,
        generator=(), learning_rate_g=1e-9, learning_rate_d=1 / 3, average=None, threads=3, batch_norm=True,
    )  # fmt: skip
    assert Recipe.from_json(odd.to_json()) == odd


def test_keys_that_are_left_out_have_their_defaults():
    assert Recipe.from_json('{"steps": 7}') == Recipe(steps=7)


@pytest.mark.parametrize(
    "text, says",
    [
        ("{", "is no JSON"),
        ("[1]", r"a JSON object of settings, not \[1\]"),
        ('{"stpes": 3}', "no setting is called 'stpes'; did you mean 'steps'?"),
        ('{"learning_rate_x": 3}', "did you mean 'learning_rate"),
        ('{"qqq": 3}', "no setting is called 'qqq'; there are data, data_options, steps"),
        ('{"average": NaN}', "average is nan; it must be at least 0 and below 1"),
        ('{"data_options": 3}', "data_options is 3; it must be an object of settings"),
        ('{"generator": [64, "64"]}', "it must be a list of whole numbers"),
    ],
)
def test_json_that_is_no_recipe_is_refused(text, says):
    with pytest.raises(RecipeError, match=says):
        Recipe.from_json(text)


def test_a_file_that_is_no_recipe_is_named(tmp_path):
    (tmp_path / "a.json").write_text('{"stpes": 3}')
    (tmp_path / "b.json").write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match=r"a\.json: no setting is called 'stpes'"):
        run.read(tmp_path / "a.json")
    with pytest.raises(RecipeError, match=r"b\.json: "):
        run.read(tmp_path / "b.json")


# ------------------------------------------------------------------------------------------------------- limits

BOUNDED = {f.name: f.metadata for f in fields(Recipe) if "least" in f.metadata}
CHOSEN = {f.name: f.metadata["choices"] for f in fields(Recipe) if "choices" in f.metadata}
WHOLE = [f.name for f in fields(Recipe) if recipes.TYPES[f.name] is int]
TOGETHER = {"packing": {"batch": 1}, "d_steps": {"updates": "alternating"}}  # what must go with a limit


@pytest.mark.parametrize("name", BOUNDED)
def test_each_lower_limit_is_allowed_and_nothing_below_it(name):
    least = BOUNDED[name]["least"]
    kind = int if recipes.TYPES[name] in (int, int | None) else float
    Recipe(**{name: kind(least)} | TOGETHER.get(name, {}))
    below = least - 1 if kind is int else math.nextafter(least, -math.inf)
    with pytest.raises(RecipeError, match=rf"{name} is .*; it must be at least {least}\b"):
        Recipe(**{name: below})


@pytest.mark.parametrize("name", [n for n, limits in BOUNDED.items() if "most" in limits])
def test_each_upper_limit_is_allowed_and_nothing_above_it(name):
    least, most = BOUNDED[name]["least"], BOUNDED[name]["most"]
    Recipe(**{name: most})
    with pytest.raises(RecipeError, match=rf"{name} is .*; it must be at least {least} and at most {most}"):
        Recipe(**{name: most + 1 if recipes.TYPES[name] is int else math.nextafter(most, math.inf)})


@pytest.mark.parametrize("name", [n for n, limits in BOUNDED.items() if "below" in limits])
def test_what_must_stay_below_a_number_may_not_be_it(name):
    below = BOUNDED[name]["below"]
    Recipe(**{name: math.nextafter(below, 0)})
    with pytest.raises(RecipeError, match=rf"{name} is .*; it must be at least 0 and below {below}"):
        Recipe(**{name: below})


@pytest.mark.parametrize("name", [n for n in BOUNDED if recipes.TYPES[n] in (float, float | None)])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_setting_is_nan_or_infinite(name, value):
    with pytest.raises(RecipeError, match=rf"{name} is -?(nan|inf); it must be"):
        Recipe(**{name: value})


@pytest.mark.parametrize("name", CHOSEN)
def test_a_choice_is_one_of_those_named(name):
    for choice in CHOSEN[name]:
        assert getattr(Recipe(**{name: choice}), name) == choice
    with pytest.raises(RecipeError, match=f"{name} is 'x'; choose one of {', '.join(CHOSEN[name])}"):
        Recipe(**{name: "x"})


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("value", [2.0, True, "2", None])
def test_a_whole_number_is_nothing_else(name, value):
    with pytest.raises(RecipeError, match=f"{name} is {value!r}; it must be a whole number"):
        Recipe(**{name: value})


@pytest.mark.parametrize(
    "settings, says",
    [
        ({"learning_rate": "fast"}, "learning_rate is 'fast'; it must be a number"),
        ({"learning_rate": None}, "learning_rate is None; it must be a number"),
        ({"learning_rate_g": True}, "learning_rate_g is True; it must be a number or null"),
        ({"batch_norm": 1}, "batch_norm is 1; it must be true or false"),
        ({"data": 3}, "data is 3; it must be a text"),
        ({"generator": 64}, "generator is 64; it must be a list of whole numbers"),
        ({"generator": (64, 0)}, "generator and discriminator hold a width below 1"),
        ({"discriminator": (-1,)}, "generator and discriminator hold a width below 1"),
        ({"discriminator": (1.5,)}, "it must be a list of whole numbers"),
        ({"batch": 10, "packing": 4}, "batch is 10; with packing=4 it must be a multiple of that"),
        ({"d_steps": 2}, "d_steps is 2; more than 1 needs updates=alternating"),
        ({"output_bias": True, "generator_output": "relu"}, "inverts linear, sigmoid and tanh, not relu"),
        ({"generator_output": "maxout"}, "generator_output is 'maxout'; choose one of linear"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(settings, says):
    with pytest.raises(RecipeError, match=says):
        Recipe(**settings)


# ------------------------------------------------------------------------------------------------------ updated


@pytest.mark.parametrize(
    "text, key, value",
    [
        ("7", "steps", 7),
        ("1e-2", "learning_rate", 0.01),
        ("3", "learning_rate", 3.0),
        ("64,32", "generator", (64, 32)),
        ("[64, 32]", "generator", (64, 32)),
        ("64", "generator", (64,)),
        ("[]", "generator", ()),
        ("null", "average", None),
        ("none", "average", None),
        ("None", "threads", None),
        ("true", "batch_norm", True),
        ("True", "batch_norm", True),
        ("False", "batch_norm", False),
        ("minimax", "objective", "minimax"),
        ("grid", "data", "grid"),
        ('{"modes": 5}', "data_options", {"modes": 5}),
    ],
)
def test_settings_are_read_from_their_texts(text, key, value):
    found = getattr(Recipe(batch_norm=text == "False").updated({key: text}), key)
    assert found == value and type(found) is type(value)


def test_a_setting_of_the_data_set_goes_to_its_options():
    recipe = TINY.updated({"modes": "5", "sd": "0.1", "steps": "3"})
    assert recipe.data_options == {"modes": 5, "sd": 0.1} and recipe.steps == 3
    assert recipe.updated({"modes": 6}).data_options == {"modes": 6, "sd": 0.1}
    assert TINY.data_options == {}  # the first is untouched
    state, data = run.start(recipe)
    assert len(data.means) == 5 and len(state.dataset().means) == 5


def test_options_follow_the_data_set_that_is_named_beside_them():
    assert TINY.updated({"data": "grid", "side": "3"}).data_options == {"side": 3}
    with pytest.raises(RecipeError, match="ring has no option 'side'; it has modes"):
        TINY.updated({"side": "3"})


def test_a_path_that_looks_like_a_number_stays_a_path(tmp_path, monkeypatch, table):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "2024"
    folder.mkdir()
    assert TINY.updated({"data": "2024"}).data == "2024"


def test_an_unknown_setting_gets_the_nearest_among_the_data_sets_own_too():
    with pytest.raises(RecipeError, match=r"'mode'; did you mean 'modes'\?"):
        TINY.updated({"mode": "5"})
    with pytest.raises(RecipeError, match=r"'learning_rat'; did you mean 'learning_rate'\?"):
        TINY.updated({"learning_rat": "5"})


@pytest.mark.parametrize(
    "option, says",
    [
        ({"modes": "abc"}, "modes is 'abc'; it must be a whole number"),
        ({"modes": 2.5}, "modes is 2.5; it must be a whole number"),
        ({"modes": None}, "modes is None; it must be a whole number"),
        ({"radius": [1, 2]}, r"radius is \[1, 2\]; it must be a number"),
        ({"sd": True}, "sd is True; it must be a number"),
    ],
)
def test_an_option_of_the_wrong_type_is_refused_before_it_does_harm(option, says):
    with pytest.raises((DataError, RecipeError), match=says):
        run.start(replace(TINY, data_options=option))


def test_an_option_that_the_data_set_lacks_is_refused():
    with pytest.raises(DataError, match="gaussian has no option 'modes'; it has mean, sd"):
        run.start(replace(TINY, data="gaussian", data_options={"modes": 3}))


# -------------------------------------------------------------------------------------------------------- build


def test_the_players_are_built_as_the_recipe_says():
    gan = Recipe(
        latent=3, latent_kind="uniform", generator=(8, 6), generator_output="tanh", batch_norm=True,
        discriminator=(10,), dropout=0.25, packing=2, updates="alternating", d_steps=3, average=None,
        objective="minimax", instance_noise=0.5, noise_until=0.25, steps=100, seed=5,
    ).build(4)  # fmt: skip
    d, b, t = mg.Dense, mg.BatchNorm, mg.Tanh
    assert [type(layer) for layer in gan.generator.layers] == [d, b, t, d, b, t, d, t]
    assert gan.generator.widths[0] == 3 and gan.generator.widths[-1] == 4
    assert [type(layer) for layer in gan.discriminator.layers] == [d, mg.LeakyReLU, mg.Dropout, d]
    assert gan.discriminator.widths[0] == 8 and gan.discriminator.layers[2].p == 0.25
    assert (gan.updates, gan.d_steps, gan.packing, gan.seed) == ("alternating", 3, 2, 5)
    assert gan.average is None and gan.objective.name == "minimax" and gan.latent.kind == "uniform"
    assert gan.instance_noise == Linear(0.5, 100, 0.25)


def test_no_hidden_layer_is_a_player_too():
    gan = Recipe(generator=(), discriminator=()).build(2)
    assert [type(layer) for layer in gan.generator.layers] == [mg.Dense]


def test_each_players_own_rate_goes_before_the_common_one():
    both = Recipe(schedule="constant", learning_rate=0.5)
    assert [o.learning_rate for o in both.build(2).optimizers] == [0.5, 0.5]
    assert [o.learning_rate for o in replace(both, learning_rate_g=0.1).build(2).optimizers] == [0.1, 0.5]
    assert [o.learning_rate for o in replace(both, learning_rate_d=0.0).build(2).optimizers] == [0.5, 0.0]


@pytest.mark.parametrize(
    "settings, wanted",
    [
        ({}, Adam(1e-3, 0.5, 0.99)),
        ({"schedule": "hold-cosine"}, Adam(HoldThenCosine(1e-3, STEPS, 0.5), 0.5, 0.99)),
        ({"schedule": "constant", "beta1": 0.1, "beta2": 0.2}, Adam(1e-3, 0.1, 0.2)),
        ({"optimizer": "sgd", "schedule": "exponential", "decay": 0.9}, SGD(Exponential(1e-3, 0.9))),
        (
            {"optimizer": "momentum", "schedule": "hold-cosine", "momentum": 0.3, "hold": 0.2},
            Momentum(HoldThenCosine(1e-3, STEPS, 0.2), 0.3),
        ),
        (
            {"optimizer": "momentum", "schedule": "constant", "momentum_final": 0.99, "momentum_until": 0.2},
            Momentum(1e-3, Linear(0.9, STEPS, 0.2, 0.99)),
        ),
        (
            {"optimizer": "sgd", "schedule": "exponential", "decay": 0.9, "rate_floor": 0.25, "learning_rate": 2},
            SGD(Exponential(2.0, 0.9, 0.5)),
        ),
    ],
)
def test_optimiser_and_schedule_are_those_of_the_recipe(settings, wanted):
    for optimizer in Recipe(**settings).build(2).optimizers:
        assert type(optimizer) is type(wanted) and checkpoint.describe(optimizer) == checkpoint.describe(wanted)


@pytest.mark.parametrize("name", sorted(set(RECIPES) - {"points", "images", "goodfellow2014"}))
def test_a_preset_fits_its_data(name):
    state, data = run.start(RECIPES[name][1])
    dim = data.dim if isinstance(data, mg.Distribution) else data.x.shape[1]
    assert state.sample(3).shape == (3, dim)
    assert RECIPES[name][1].data == name.partition("-")[0]


# ------------------------------------------------------------------------------------------- the first paper's

PAPER = RECIPES["goodfellow2014"][1]


def idx(path, images):
    """An IDX file of these bytes, as MNIST's are."""
    path.write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, *images.shape) + images.tobytes())
    return path


@pytest.fixture
def mnist(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (120, 8, 8), dtype=np.uint8) // rng.integers(1, 9, (8, 8), dtype=np.uint8)
    images[:, 0] = 0  # a row that is always black, as MNIST's border is
    return idx(tmp_path / "train-images-idx3-ubyte", images)


def test_the_first_papers_players_are_those_of_its_mnist_yaml():
    gan = PAPER.build(784, np.full(784, 0.25))
    g, d = gan.generator.layers, gan.discriminator.layers
    assert gan.latent == mg.Latent(100, "uniform", -math.sqrt(3), math.sqrt(3))
    assert [type(layer) for layer in g] == [mg.Dense, mg.ReLU, mg.Dense, mg.ReLU, mg.Dense, mg.Sigmoid]
    assert gan.generator.widths == [100, 1200, 1200, 1200, 1200, 784, 784]
    unit = [mg.Dense, mg.Maxout, mg.Dropout]
    assert [type(layer) for layer in d] == [mg.Dropout, *unit, *unit, mg.Dense]
    assert gan.discriminator.widths == [784, 784, 1200, 240, 240, 1200, 240, 240, 1]
    assert [layer.p for layer in d if isinstance(layer, mg.Dropout)] == [0.2, 0.5, 0.5]
    assert {layer.k for layer in d if isinstance(layer, mg.Maxout)} == {5}
    for layers, bound in ((g, 0.05), (d, 0.005)):
        for layer in layers:
            if isinstance(layer, mg.Dense):
                assert bound * 0.98 < np.abs(layer.W).max() <= np.float32(bound)
                assert layer.W.std() == pytest.approx(bound / math.sqrt(3), rel=0.1)
    assert not any(layer.b.any() for layer in (g[0], g[2], d[1], d[4], d[7]))
    assert (gan.updates, gan.objective.name, gan.average) == ("simultaneous", "non-saturating", None)
    assert PAPER.batch == 100 and PAPER.steps == 250 * 50_000 // PAPER.batch


def test_the_first_papers_rates_and_momentum_at_every_age():
    for optimizer, half in zip(PAPER.build(4, np.full(4, 0.5)).optimizers, (1, 0.5), strict=True):
        assert type(optimizer) is Momentum
        for step in (0, 1, 125_000, 2_800_000, 2_900_000, 10_000_000):
            wanted = max(1e-6, 0.1 / 1.000004**step)  # the floor is met after 2.88 million steps
            assert optimizer.learning_rate(step) == pytest.approx(half * wanted, rel=1e-9)
        for epoch, wanted in ((0, 0.5), (125, 0.6), (250, 0.7), (300, 0.7)):
            assert optimizer.momentum(epoch * 500) == pytest.approx(wanted)


def test_the_first_papers_recipe_trains_on_an_idx_file_in_the_unit_range(mnist, tmp_path):
    recipe = replace(PAPER, data=str(mnist), steps=3, log_every=1, frames=0, generator=(30, 30))
    state, data = run.start(recipe)
    x = state.scaler.to_network(data.x)
    assert (x.min(), x.max()) == (0, 1) and np.array_equal(x * 255, data.x)
    start_at = state.gan.generator(np.zeros((1, 100)))[0]
    np.testing.assert_allclose(start_at, x.mean(axis=0).clip(1e-7), rtol=1e-5)
    made = begin(recipe, tmp_path / "run")
    samples = made.sample(50)
    assert samples.min() >= 0 and samples.max() <= 255 and samples.std() > 1 and made.gan.steps == 3
    back = run.load(tmp_path / "run")
    assert back.recipe == recipe and np.array_equal(back.sample(50), samples)


@pytest.mark.parametrize("output", ["linear", "sigmoid", "tanh"])
def test_the_output_bias_starts_the_generator_at_the_mean(output):
    mean = np.array([0.1, 0.5, 0.9])
    gan = Recipe(generator_output=output, output_bias=True, dtype="float64").build(3, mean)
    for net in (gan.generator, gan.average):
        np.testing.assert_allclose(net(np.zeros((1, 2)))[0], mean, rtol=1e-12)


@pytest.mark.parametrize("output, ends", [("sigmoid", [0.0, 1.0]), ("tanh", [-1.0, 1.0])])
def test_a_mean_that_an_output_cannot_reach_is_kept_off_by_a_ten_millionth(output, ends):
    gan = Recipe(generator_output=output, output_bias=True, dtype="float64").build(2, np.array(ends))
    off = np.abs(gan.generator(np.zeros((1, 2)))[0] - ends)
    np.testing.assert_allclose(off, 1e-7 * (ends[1] - ends[0]), rtol=1e-6)


def test_an_output_bias_without_a_mean_says_what_is_missing():
    with pytest.raises(RecipeError, match=r"give build\(dim, mean\)"):
        Recipe(output_bias=True).build(2)


@pytest.mark.parametrize("output, ends", [("linear", (-1, 1)), ("tanh", (-1, 1)), ("sigmoid", (0, 1))])
def test_pixels_are_scaled_to_what_the_output_can_reach(output, ends):
    state, data = run.start(replace(RECIPES["digits"][1], generator_output=output))
    z = state.scaler.to_network(data.x)
    assert (z.min(), z.max()) == ends
    assert np.array_equal(state.scaler.to_data(z), data.x)


# --------------------------------------------------------------------------------------------------- plan


@pytest.mark.parametrize("name", ["ring", "grid", "gaussian", "digits"])
def test_a_known_data_set_has_a_preset_of_its_own(name):
    assert plan(name)[0] == RECIPES[name][1]


def test_a_table_gets_the_preset_for_points_and_its_whole_path(table, monkeypatch):
    monkeypatch.chdir(table.parent)
    rows = len(load_dataset(table).x)
    assert rows < RECIPES["points"][1].batch, "so that the batch shrinks to the data"
    assert plan("people.csv")[0] == replace(RECIPES["points"][1], data=str(table.resolve()), batch=rows)


def test_a_folder_of_images_gets_the_preset_for_images(pictures):
    found, wanted = plan(str(pictures))[0], RECIPES["images"][1]
    assert found == replace(wanted, data=str(pictures.resolve()), batch=found.batch)
    assert found.batch <= wanted.batch


def test_an_archive_of_several_arrays_is_read_with_its_key(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "two.npz", a=rng.random((9, 2)), b=rng.random((9, 4, 4)))
    path = str(tmp_path / "two.npz")
    assert plan(path, settings={"key": "a", "steps": "3"})[0].generator == RECIPES["points"][1].generator
    assert plan(path, settings={"key": "b"})[0].generator == RECIPES["images"][1].generator
    with pytest.raises(DataError, match="several arrays"):
        plan(path)


def test_data_that_do_not_exist_are_refused():
    with pytest.raises(DataError, match="did you mean 'ring'"):
        plan("rign")


# ---------------------------------------------------------------------------------------------------------- run


def test_a_run_leaves_five_files_and_comes_back_from_them(tmp_path):
    recipe = replace(TINY, frames=2)
    state = begin(recipe, tmp_path / "run")
    assert names(tmp_path / "run") == ALL
    back = mg.load(tmp_path / "run")
    assert back.recipe == recipe and back.gan.steps == 20
    assert back.history["step"].tolist() == [10, 20]
    assert back.history.columns[-1] == "high_quality" and np.isfinite(back.history["high_quality"]).all()
    np.testing.assert_array_equal(back.sample(9, seed=3), state.sample(9, seed=3))
    assert not np.array_equal(back.sample(9, averaged=False), back.sample(9))
    x = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_array_equal(back.opinion(x), state.opinion(x))
    with Image.open(tmp_path / "run" / "training.gif") as gif:
        assert gif.n_frames == 2


def test_a_table_is_scaled_for_training_and_samples_come_back_in_its_units(table, tmp_path):
    state = begin(replace(TINY, data=str(table), latent=4), tmp_path / "run")
    back = mg.load(tmp_path / "run")
    assert back.form["columns"] == ["height", "weight", "age"] and back.form["image"] is None
    data = back.dataset()
    np.testing.assert_allclose(back.scaler.shift, data.x.mean(axis=0), rtol=1e-5)
    z = back.gan.sample(50)
    np.testing.assert_array_equal(back.sample(50, raw=True), back.scaler.to_data(z))
    np.testing.assert_array_equal(state.sample(50), back.sample(50))


def test_packs_are_made_of_copies_when_d_is_asked_for_its_opinion():
    state, data = run.start(replace(TINY, packing=4))
    x = data.sample(6, np.random.default_rng(0))
    packs = np.concatenate([state.scaler.to_network(x)] * 4, axis=1)
    np.testing.assert_array_equal(state.opinion(x), state.gan.opinion(packs))


def test_a_gan_alone_is_no_run(tmp_path):
    begin(TINY, tmp_path / "run")
    mg.save(mg.load(tmp_path / "run").gan, tmp_path / "run" / "checkpoint.npz")
    with pytest.raises(checkpoint.CheckpointError, match=r"checkpoint\.npz holds a GAN or a model, but no run"):
        mg.load(tmp_path / "run")
    assert isinstance(mg.load(tmp_path / "run" / "checkpoint.npz"), mg.GAN)


def test_an_image_run_knows_its_shape_and_greys(pictures, tmp_path):
    recipe = replace(TINY, data=str(pictures), data_options={"size": 6}, batch=8)
    begin(recipe, tmp_path / "run")
    form = mg.load(tmp_path / "run").form
    assert form == {"columns": pixel_names(6, 6), "image": [6, 6], "pixels": [0.0, 255.0]}


@pytest.mark.parametrize("settings", [{"schedule": "hold-cosine"}, {"schedule": "exponential", "decay": 0.99}])
def test_ds_schedule_lasts_as_long_as_gs_however_often_d_moves(settings):
    recipe = replace(Recipe(steps=100), updates="alternating", d_steps=3, **settings)
    for_g, for_d = recipe.build(2).optimizers
    for step in (0, 30, 60, 99):
        assert for_d.learning_rate(3 * step) == pytest.approx(for_g.learning_rate(step), rel=1e-9)
    recipe = replace(recipe, optimizer="momentum", momentum=0.5, momentum_final=0.7)
    for_g, for_d = recipe.build(2).optimizers
    assert for_d.momentum(150) == pytest.approx(for_g.momentum(50))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (".3", 0.3),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("1.e3", 1000.0),
        ("+1e+3", 1000.0),
        ("1,.5", [1, 0.5]),
        ("64,64", [64, 64]),
    ]
    + [(text, text) for text in ("007", "1..2", ".", "1-2", "1+2", "1++2", "+", "2020-01-02", "a,b")],
)
def test_a_number_is_one_however_people_write_it(text, value):
    assert typed(text) == value and type(typed(text)) is type(value)
