"""The family photo: every model on the same data, asked what it can say of them and what it pays for that.

    minigan family digits --seeds 0:5 --out family

Each model trains in a run folder of its own there, as `minigan train --set model=...` would train it, so what was
stopped is gone on with. family.csv has a line a run; the table has the means over the seeds.
"""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.streams import Stream
from ..data.dataset import Data
from ..files import whole, write_whole
from ..judge.evaluation import aligned, draws, label_shares, scores
from ..judge.metrics import mean_interval
from ..models import Binomial, Categorical, Mixture
from ..models.mixing import mixing
from .folder import begin, resume
from .models import MODELS, levels_of, of_levels
from .presets import plan
from .recipe import Recipe, RecipeError
from .run import Run, load_run
from .run import read as read_recipe
from .statements import DRAWS, best_statement, statement, unseen
from .training import as_csv

ASKED = 1000  # samples that are timed and judged
SHOWN = 500  # samples of each model in the picture, at most
K = {"vae": 5000}  # draws of the tightest bound, where they are other than DRAWS
MIXED = 0.1  # the autocorrelation below which two links count as independent
COLUMNS = {
    "says": "says",
    "log_p": "log p, nats",
    "log_p_1": "at k = 1",
    "low": "",
    "high": "",
    "samples_to_train": "to train",
    "held_out_to_samples": "to samples",
    "critic": "critic",
    "labels": "labels",
    "chain": "chain",
    "sampling": "1,000 in s",
    "training": "trained in s",
    "parameters": "parameters",
}
HEAD = ["model", "seed", "steps", *COLUMNS]  # of family.csv
OF_NUMBERS = ("says", "low", "high")  # columns whose mean over seeds says nothing
LEGEND = f"""\
log p, nats    mean over rows that no model has seen; a bound is of 50 draws, a vae's of 5,000, and at k = 1 of one
to train       distance of a sample from the nearest training row, over that of a held-out row: 0 is a copier's
to samples     distance of a held-out row from the nearest sample, over that from the nearest training row
critic         how often a fresh critic tells samples from held-out rows: 50 % where he cannot
labels         total variation between the labels of samples and of the data
chain          links until the autocorrelation is below {MIXED}: 1 for samples that are drawn anew"""


def suited(data: Data) -> list[str]:
    """The models that these data suit, the GAN last: chains want levels, and a flow two columns."""
    refused = [name for name in MODELS if of_levels(name)] * (levels_of(data) is None) + ["flow"] * (data.dim < 2)
    return [name for name in MODELS if name not in refused] + ["gan"]


def recipe_for(source: str, model: str, seed: int, settings: dict[str, Any] | None = None) -> Recipe:
    """The preset of this model for these data, without pictures on the way."""
    own = {} if model == "gan" else {"model": model}
    recipe, _ = plan(source, settings=own | {"seed": seed} | (settings or {}))
    return replace(recipe, frames=0)


def family(
    source: str = "digits",
    models: Sequence[str] = (),
    seeds: Sequence[int] = (0,),
    out: Path | None = None,
    settings: dict[str, Any] | None = None,
    tell: Callable[[str], Any] = lambda line: None,
) -> list[dict[str, Any]]:
    """Train each model with each seed on these data and ask it everything: a row a run, by the names of COLUMNS.

    With a folder `out`, runs are kept there, and a row that family.csv has for the same recipe is not made again.
    settings are of every recipe; without models, all that suit the data. Raises what `begin` and `plan` raise.
    """
    import tempfile

    _, data = plan(source)
    asked = [(model, seed) for model in models or suited(data) for seed in seeds]
    recipes = {key: recipe_for(source, *key, settings) for key in asked}
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) if out is None else out
        table = place / "family.csv"
        rows = {(row["model"], row["seed"], row["steps"]): row for row in read(table)}
        for (model, seed), recipe in recipes.items():
            key = model, seed, recipe.steps
            folder = place / f"{model}-{seed}"
            begun = (folder / "recipe.json").exists()
            if begun and read_recipe(folder / "recipe.json") != recipe:
                raise RecipeError(f"{folder} holds a run of another recipe; give another folder with --out")
            if key not in rows or not begun:
                began = time.perf_counter()
                run = resume(folder) if begun else begin(recipe, folder, data=data)
                row = {"model": model, "seed": seed, "steps": recipe.steps}
                rows[key] = row | portrait(run, data, time.perf_counter() - began)
                write_whole(table, as_csv(list(rows.values()), HEAD).encode())
            tell(f"{model}, seed {seed}: {_said(rows[key])}")
        return [rows[model, seed, recipe.steps] for (model, seed), recipe in recipes.items()]


def photo(rows: Iterable[dict[str, Any]], out: Path, data: Data) -> Path:
    """Draw what the first run of each model made, from its folder, as family.png there."""
    from .. import plotting

    drawn: dict[str, np.ndarray] = {}
    for row in rows:
        if (name := row["model"]) not in drawn:
            drawn[name] = load_run(out / f"{name}-{row['seed']}")[0].sample(20 if data.image else SHOWN)
    with whole(out / "family.png") as part:
        plotting.save(plotting.family_figure(data, drawn), part)
    return out / "family.png"


def portrait(run: Run, data: Data, seconds: float = math.nan) -> dict[str, Any]:
    """What is to be said of one trained model: see COLUMNS and LEGEND. seconds are those of its training."""
    rows = unseen(data)
    said = statement(run, rows, K.get(run.recipe.model, DRAWS))
    found: dict[str, Any] = {"says": said.kind, "log_p": said.value, "low": said.low, "high": said.high}
    found["log_p_1"] = statement(run, rows, 1).value if said.kind == "bound" else math.nan
    run.sample(10)  # once, so that what is made at the first call is not timed
    began = time.perf_counter()
    x = whole_levels(run.sample(ASKED), data)
    found |= {"sampling": time.perf_counter() - began, "training": seconds, "parameters": run.model.size}
    found |= judged(x, data) | {"chain": chain_of(run) if hasattr(run.model, "chain") else 1}
    return {name: found[name] if name == "says" else float(found.get(name, math.nan)) for name in COLUMNS}


def whole_levels(x: np.ndarray, data: Data) -> np.ndarray:
    """Samples x (n, dim) at the nearest values that pixels of these data can have; as they are for other data.

    A GAN makes any grey, and a critic who has met whole numbers alone tells it by that.
    """
    return x if levels_of(data) is None or data.pixels is None else np.clip(np.rint(x), *data.pixels)


def judged(x: np.ndarray, data: Data) -> dict[str, float]:
    """The scores of samples x (n, dim) that the table has, as far as the data know them."""
    found = scores(x, data)
    wanted = ["samples_to_train", "held_out_to_samples", "critic"]
    shown = {name: found[name] for name in wanted if name in found}
    if data.labels is not None:
        real = np.bincount(data.labels) / len(data.labels)
        shown["labels"] = float(np.abs(label_shares(x, data) - real).sum()) / 2
    return shown


def chain_of(run: Run) -> float:
    """Links of the model's chain until its autocorrelation is below MIXED; NaN where 1,000 are too few."""
    model = run.best()
    first = model.sample(ASKED)
    steps = mixing(model.chain(first, Stream(0, "mixing").at(0)), first, MIXED).steps
    return math.nan if steps is None else steps


def yardsticks(data: Data) -> list[dict[str, Any]]:
    """What stands beside the family: simple exact models, a copier of training rows, a perfect sampler."""
    rows: list[dict[str, Any]] = []
    levels, held = levels_of(data), unseen(data)
    if levels is not None and data.x is not None and data.pixels is not None:
        seen, asked = data.x - data.pixels[0], held - data.pixels[0]
        for name, components, kind in (
            ("independent counts", 1, Binomial),
            ("independent pixels", 1, Categorical),
            ("ten counts", 10, Binomial),
            ("ten pictures", 10, Categorical),
        ):
            mixture = Mixture(data.dim, kind(levels), components)
            mixture.start(seen)
            for _ in range(60 if components > 1 else 0):
                mixture.step(seen)
            log_p = float(mixture.log_likelihood(asked).mean())
            x = mixture.sample(ASKED) + data.pixels[0]
            rows.append({"model": name, "says": "exact", "log_p": log_p, "chain": 1} | judged(x, data))
    rng, best = Stream(0, "yardsticks").at(0), best_statement(data, held)
    if data.x is not None:
        rows.append({"model": "a copier", "says": "none"} | judged(draws(data, ASKED, rng), data))
        perfect: dict[str, Any] = dict.fromkeys(("samples_to_train", "held_out_to_samples"), 1.0) | {"critic": 0.5}
        rows.append({"model": "perfect", "says": "none"} | perfect)
    else:
        x = draws(data, ASKED, rng)
        rows.append({"model": "perfect", "says": best.kind, "log_p": best.value, "chain": 1} | judged(x, data))
    return rows


def summary(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A line a model: means over its seeds, and `log_p_reach`, half of the 95 % interval of log p's mean."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["model"], []).append(row)
    lines = []
    for model, group in groups.items():
        line: dict[str, Any] = {"model": model, "seeds": len(group)} | {n: group[0].get(n, "") for n in OF_NUMBERS}
        for name in COLUMNS:
            values = [row[name] for row in group if isinstance(row.get(name), int | float)]
            if name not in OF_NUMBERS and values:
                mean, low, _ = mean_interval(values)
                line |= {name: mean} | ({"log_p_reach": mean - low} if name == "log_p" and len(values) > 1 else {})
        lines.append(line)
    return lines


FORMS = {
    "log_p": "{:.2f}",
    "log_p_1": "{:.2f}",
    "samples_to_train": "{:.2f}",
    "held_out_to_samples": "{:.2f}",
    "critic": "{:.0%}",
    "labels": "{:.3f}",
    "chain": "{:.0f}",
    "sampling": "{:.2g}",
    "training": "{:.0f}",
    "parameters": "{:,.0f}",
}


def as_table(lines: list[dict[str, Any]]) -> str:
    """The lines of a summary as text."""
    shown = [name for name in COLUMNS if name in FORMS or name == "says"]
    head = ["", *(COLUMNS[name] for name in shown)]
    cells = [head, *([line["model"], *(_cell(line, name) for name in shown)] for line in lines)]
    return aligned(cells)


def _cell(line: dict[str, Any], name: str) -> str:
    value = line.get(name, "")
    if name == "says" or not isinstance(value, int | float) or math.isnan(value):
        return value if isinstance(value, str) else ""
    reach = line.get("log_p_reach", math.nan) if name == "log_p" else math.nan
    return FORMS[name].format(value) + (f" ± {reach:.2f}" if reach < math.inf else "")


def _said(row: dict[str, Any]) -> str:
    log_p = f"log p {row['log_p']:.2f} ({row['says']}), " if row["says"] != "none" else ""
    return f"{log_p}fresh critic {row['critic']:.0%}, trained in {row['training']:.0f} s"


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a family.csv; none where there is no file. RecipeError for another file."""
    if not path.exists():
        return []
    try:
        found = []
        for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")), strict=True):
            which = {"model": row["model"], "seed": int(row["seed"]), "steps": int(row["steps"])}
            said = {name: row[name] if name == "says" else float(row[name] or "nan") for name in COLUMNS}
            found.append(which | said)
        return found
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise RecipeError(
            f"{path} is no table of a family; delete it, or give another folder with --out"
        ) from error
