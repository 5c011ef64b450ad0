"""Models beside the GAN as runs: settings, folders, checkpoints and statements are theirs too."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import minigan as mg
from minigan.cli import main
from minigan.models import GSN, MADE, RBM, VAE, Binomial, Categorical, Flow, Gaussian, Gaussians, annealed_log_z
from minigan.runs import checkpoint, replay, statements
from minigan.runs.checkpoint import CheckpointError
from minigan.runs.folder import begin
from minigan.runs.presets import RECIPES, plan
from minigan.runs.recipe import Recipe, RecipeError
from minigan.runs.run import start
from minigan.runs.statements import statement, unseen

SMALL = {"steps": 12, "log_every": 4, "save_every": 4, "frames": 2, "batch": 32}
OPTIONS = {
    "made": {"hidden": (16,), "dropout": 0.2},
    "flow": {"hidden": (16,), "couplings": 2},
    "vae": {"likelihood": "binomial", "hidden": 16, "latent": 3},
    "rbm": {"hidden": 8, "chains": 20},
    "gsn": {"hidden": (16,)},
}


def small(model, data="digits", **settings):
    return Recipe(data=data, model=model, model_options=OPTIONS[model] | settings, **SMALL)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """By the name of a model, the folder of a short run of it on the digits; each made once."""
    place = tmp_path_factory.mktemp("models")

    def folder(model):
        if not (place / model).exists():
            begin(small(model), place / model)
        return place / model

    return folder


# ------------------------------------------------------------------------------------------------------- recipes


@pytest.mark.parametrize("model", OPTIONS)
def test_a_recipe_of_a_model_names_its_settings_alone_and_comes_back(model):
    recipe = small(model)
    plain = json.loads(recipe.to_json())
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert plain["model"] == model and "discriminator" not in plain and "latent_kind" not in plain
    assert "model_options" not in json.loads(mg.Recipe().to_json())


@pytest.mark.parametrize("model", OPTIONS)
def test_the_digits_start_from_the_models_own_preset(model):
    recipe, data = plan("digits", settings={"model": model, "steps": "30"})
    assert recipe == replace(RECIPES[f"digits-{model}"][1], steps=30) and data.name == "digits"


@pytest.mark.parametrize("model", ["made", "flow", "vae"])
def test_points_start_from_the_preset_of_numbers(model, tmp_path):
    np.save(tmp_path / "mine.npy", np.random.default_rng(0).normal(size=(90, 3)))
    recipe, _ = plan(str(tmp_path / "mine.npy"), settings={"model": model})
    preset = RECIPES[f"ring-{model}"][1]
    assert recipe == replace(preset, data=recipe.data, batch=recipe.batch) and recipe.batch <= 90


def test_a_setting_of_the_models_own_comes_before_the_gans_of_that_name():
    recipe, _ = plan("digits", settings={"model": "vae", "latent": "7", "hidden": "50", "learning_rate": "0.01"})
    assert recipe.model_options == {"likelihood": "binomial", "latent": 7, "hidden": 50}
    assert Recipe(model="gsn").model_options == {"hidden": (500,), "noise": 0.15, "walk": 2}  # stated, not implied
    assert (recipe.latent, recipe.learning_rate) == (2, 0.01)
    assert start(recipe)[0].model.latent == 7


REFUSED = {
    "the GAN's": (
        {"model": "vae", "packing": "2"},
        "packing is a setting of model=gan, and this recipe has model=vae",
    ),
    "unknown": ({"model": "vae", "hiden": "2"}, "no setting is called 'hiden'; did you mean 'hidden'"),
    "of another type": ({"model": "vae", "hidden": "3.5"}, "hidden is 3.5; it must be a whole number"),
    "no width": ({"model": "made", "hidden": "0"}, "hidden is (0,); wanted"),
    "no likelihood": ({"model": "vae", "likelihood": "poisson"}, "choose one of categorical, binomial, gaussian"),
    "no mixture": ({"model": "made", "components": "3"}, "components is a setting of likelihood=gaussians"),
    "no model": ({"model": "vea"}, "model is 'vea'; choose one of gan, made"),
    "no share": ({"model": "gsn", "noise": "2"}, "model=gsn: noise is 2.0"),
    "the model's, of a GAN": (
        {"couplings": "3"},
        "couplings is a setting of model=flow",
    ),
    "the GAN's default": ({"model": "made", "latent": "2"}, "latent is a setting of model=gan, and this recipe"),
}


@pytest.mark.parametrize("settings, says", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_set_is_refused_in_a_line(settings, says):
    with pytest.raises(RecipeError) as refused:
        start(plan("digits", settings=settings)[0])
    assert says in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("model", ["rbm", "gsn"])
def test_a_model_of_levels_refuses_other_numbers(model):
    with pytest.raises(RecipeError, match=f"model={model} is for pixels of whole numbers"):
        plan("ring", settings={"model": model})
    with pytest.raises(RecipeError, match=f"model={model} is for pixels of whole numbers, and these data have"):
        start(small(model, "ring"))
    with pytest.raises(RecipeError, match="likelihood=categorical is for pixels"):
        start(small("made", "ring", likelihood="categorical"))


def test_a_likelihood_that_is_given_brings_its_own_components():
    recipe, _ = plan("ring", settings={"model": "made", "likelihood": "gaussian"})
    assert "components" not in recipe.model_options
    assert RECIPES["ring-made"][1].updated({"likelihood": "gaussian"}) == replace(
        RECIPES["ring-made"][1], model_options=recipe.model_options
    )
    both = RECIPES["ring-made"][1].updated({"likelihood": "gaussians", "components": "3"})
    assert both.model_options["components"] == 3


def test_another_model_is_another_recipe_and_not_a_setting_of_this():
    with pytest.raises(RecipeError, match="another model starts from a recipe of its own"):
        RECIPES["digits"][1].updated({"model": "made"})
    assert RECIPES["digits-vae"][1].updated({"model": "gsn"}).model_options["walk"] == 2


def test_chains_are_not_built_for_photographs(tmp_path):
    np.save(tmp_path / "grey.npy", np.random.default_rng(0).integers(0, 256, (80, 4, 4), dtype=np.uint8))
    for model in ("rbm", "gsn"):
        with pytest.raises(RecipeError, match="a unit for each of a pixel's 256 levels, and 32 are the most"):
            start(plan(str(tmp_path / "grey.npy"), settings={"model": model})[0])
    recipe, data = plan(str(tmp_path / "grey.npy"), settings={"model": "made"})
    assert recipe.model_options["likelihood"] == "binomial" and start(recipe, data)


# ---------------------------------------------------------------------------------------------------------- runs


@pytest.mark.parametrize("model", OPTIONS)
def test_a_run_comes_back_and_draws_what_it_drew(model, made):
    run, back = mg.load(made(model)), mg.load(made(model))
    assert type(run.model) is {"made": MADE, "flow": Flow, "vae": VAE, "rbm": RBM, "gsn": GSN}[model]
    x = run.sample(20, seed=3)
    np.testing.assert_array_equal(x, back.sample(20, seed=3))
    assert x.shape == (20, 64) and x.min() >= 0 and x.max() <= 16 and not (x % 1).any()
    assert list(run.history["step"]) == [4, 8, 12] and np.isfinite(run.history["loss"]).all()
    assert ("held_out" in run.history) == (model in ("made", "flow", "vae"))
    assert f"{type(run.model).__name__} after 12 steps" in repr(run)


@pytest.mark.parametrize("model", OPTIONS)
def test_time_travel_reaches_the_states_on_the_way(model, made, tmp_path):
    recipe = small(model)
    begin(replace(recipe, steps=8), tmp_path / "shorter")
    there, _ = replay.rebuild(made(model), 8)
    other = mg.load(tmp_path / "shorter").model.vectors()
    for name, vector in there.model.vectors().items():
        np.testing.assert_array_equal(vector, other[name])
    looks = list(replay.walk(there, there.dataset()))
    assert there.model.steps == 9
    assert {look.name.rpartition(" ")[2] for look in looks} == {"gradient", "update", "average"}


def test_a_fork_keeps_the_model_and_changes_the_rate(made, tmp_path):
    run = replay.fork(made("vae"), 4, {"learning_rate": "0.01", "steps": "8"}, tmp_path / "fork")
    assert run.model.steps == 8 and run.recipe.parent["step"] == 4
    with pytest.raises(RecipeError, match="a fork cannot change model"):
        replay.fork(made("vae"), 4, {"model": "made"}, tmp_path / "other")


def test_a_number_that_is_not_finite_names_its_sub_step(tmp_path):
    with pytest.raises(mg.Diverged, match=r"coupling . (gradient|update)"):
        begin(replace(small("flow"), optimizer="sgd", learning_rate=1e30), tmp_path / "run")


def test_a_model_has_neither_g_nor_d(made, tmp_path, capsys):
    with pytest.raises(RecipeError, match="this run is of model=vae, which has neither G nor D"):
        mg.load(made("vae")).gan  # noqa: B018
    assert main(["export", str(made("vae")), str(tmp_path / "vae.onnx")]) == 2
    assert "has neither G nor D" in capsys.readouterr().err


def test_the_commands_speak_of_models(made, tmp_path, capsys):
    run = str(made("made"))
    assert main(["evaluate", run, "-n", "50"]) == 0
    table = capsys.readouterr().out
    assert "log p of held-out rows, nats" in table and "exact" in table and "fresh critic" in table
    assert main(["sample", run, "-n", "9", "--out", str(tmp_path / "made.csv")]) == 0
    assert main(["sample", run, "-n", "9", "--out", str(tmp_path / "made.png")]) == 0
    assert main(["recipes", "digits-vae"]) == 0
    said = capsys.readouterr().out
    assert "likelihood" in said and "of model=vae" in said and "discriminator" not in said


def test_the_command_trains_on_points_and_shows_them(tmp_path, capsys):
    told = ["--set", "model=vae", "--set", "hidden=8", "--set", "log_every=10", "--steps", "20"]
    assert main(["train", "ring", *told, "--out", str(tmp_path / "blur")]) == 0
    assert (tmp_path / "blur" / "samples.png").stat().st_size > 10_000
    assert main(["evaluate", str(tmp_path / "blur"), "-n", "200"]) == 0
    assert "log density of 2,000 rows, nats" in capsys.readouterr().out
    assert main(["sample", str(tmp_path / "blur"), "-n", "9", "--out", str(tmp_path / "blur.png")]) == 0


def test_what_learns_by_heart_is_told_so_with_the_step_at_which_it_was_best():
    rows = [{"step": step, "loss": 1.0, "held_out": value} for step, value in ((10, -5), (20, -3), (30, -9.5))]
    (ill,) = mg.diagnose(rows)
    assert "learns by heart (held_out fell from -3.0 nats at step 20 to -9.5)" in str(ill) and "steps=20" in repr(
        ill
    )
    assert mg.diagnose(rows[:2]) == []


@pytest.mark.parametrize("model", OPTIONS)
def test_pixels_that_were_scaled_are_refused_at_the_first_step(model):
    run, data = start(small(model))
    with pytest.raises(ValueError, match="rows of numbers other than 0, 1"):
        mg.train(run.model, data.x / 16, steps=1, batch=32)


# ---------------------------------------------------------------------------------------------------- statements


def test_a_density_is_told_in_the_datas_own_units(tmp_path):
    """Of data that are one Gaussian a model that begins at the columns' own Gaussian knows log p at once."""
    wide = np.random.default_rng(0).normal([3.0, -50.0], [0.01, 20.0], (4000, 2))
    recipe = Recipe(data="wide.npy", model="made", model_options={"likelihood": "gaussian", "hidden": 4}, steps=1)
    run, data = start(recipe, mg.load_dataset(wide))
    run.model.net.assign(np.zeros(run.model.net.size))
    run.model.start(run.scaler.to_network(data.x))
    said = statement(run, unseen(data), averaged=False)
    best = -sum(math.log(sd) + 0.5 * math.log(2 * math.pi) + 0.5 for sd in (0.01, 20.0))
    assert said.kind == "exact" and abs(said.value - best) < 0.2


def test_what_a_model_of_levels_states_is_a_probability_of_levels(made):
    run = mg.load(made("made"))
    rows = unseen(run.dataset())
    np.testing.assert_allclose(run.log_p(rows, averaged=False), run.model.log_likelihood(rows), rtol=1e-6)
    assert statement(run, rows).kind == "exact" and run.log_p(rows).max() < 0
    assert statement(mg.load(made("gsn")), rows).text == "none"


def test_a_boltzmann_machine_is_estimated_and_refuses_to_be_exact(made, monkeypatch):
    quick = partial(annealed_log_z, chains=50, temperatures=100)
    monkeypatch.setattr(statements, "annealed_log_z", quick)
    run = mg.load(made("rbm"))
    said = statement(run, unseen(run.dataset()))
    assert said.kind == "estimate" and said.low <= said.value <= said.high
    with pytest.raises(RecipeError, match="says nothing of log p that can be read off"):
        run.log_p(unseen(run.dataset()))


# --------------------------------------------------------------------------------------------------- checkpoints

BARE = {
    "made": lambda: MADE(4, Categorical(3), hidden=(6,), average=0.9),
    "mixed": lambda: MADE(2, Gaussians(3), hidden=(6, 5), dropout=0.0),
    "flow": lambda: Flow(4, None, couplings=3, hidden=(5,)),
    "levels": lambda: Flow(4, 3, couplings=2, hidden=(5,), average=0.5),
    "vae": lambda: VAE(4, Binomial(3), latent=2, hidden=5, optimizer=mg.SGD(mg.Linear(0.1, 10))),
    "numbers": lambda: VAE(4, Gaussian(), latent=2, hidden=5),
    "rbm": lambda: RBM(4, 3, hidden=5, chains=7),
    "gsn": lambda: GSN(4, 3, hidden=(5,), walk=3),
}


@pytest.mark.parametrize("make", BARE.values(), ids=BARE)
def test_a_model_is_saved_and_goes_on_bit_for_bit(make, tmp_path):
    model, x = make(), np.random.default_rng(0).integers(0, 3, (12, make().dim)).astype(np.float32)
    model.start(x)
    for _ in range(3):
        model.step(x)
    mg.save(model, tmp_path / "model.npz")
    back = mg.load(tmp_path / "model.npz")
    assert type(back) is type(model) and repr(back) == repr(model)
    for other in (model, back):
        other.step(x)
    mg.save(model, tmp_path / "a.npz")
    mg.save(back, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


CHANGES = {
    "wider": (lambda p: p["settings"].update(hidden=[60]), "its model wants"),
    "enormous": (lambda p: p["settings"].update(hidden=[10**9]), "it wants 1,000,000,000 of something"),
    "many columns": (lambda p: p["settings"].update(dim=10**7), "it wants 10,000,000 of something"),
    "many couplings": (lambda p: p["settings"].update(couplings=60_000), "it wants 60000 couplings"),
    "a product": (lambda p: p["settings"].update(hidden=[60_000, 60_000]), "of something"),
    "no model": (lambda p: p.update({"is": "Adam"}), "no model that minigan knows"),
    "another": (lambda p: p.update({"is": "os.system"}), "no model that minigan knows"),
    "no steps": (lambda p: p.update(steps=-1), "it says that -1 steps were taken"),
    "a setting too many": (lambda p: p["settings"].update(colour="red"), "describes no GAN and no model"),
}


@pytest.mark.parametrize("change, says", CHANGES.values(), ids=CHANGES)
def test_a_description_of_a_model_that_cannot_be_is_refused_before_it_takes_memory(change, says, tmp_path):
    file = tmp_path / "model.npz"
    mg.save(Flow(4, None, couplings=3, hidden=(5,)), file)
    with np.load(file) as archive:
        arrays = dict(archive)
    plain = json.loads(arrays["about"].tobytes())
    change(plain["model"])
    told = np.frombuffer(json.dumps(plain).encode(), np.uint8)
    file.write_bytes(checkpoint.pack(arrays | {"about": told}))
    with pytest.raises(CheckpointError, match=says):
        mg.load(file)
