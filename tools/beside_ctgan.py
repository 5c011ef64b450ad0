"""Train minigan, CTGAN and TVAE on the same five real tables, each as it comes, and ask all the same questions.

    pip install ctgan==0.12.1 scikit-learn plotly statsmodels
    python tools/beside_ctgan.py [--seeds 0:3] [--rows 4000]     half an hour on two cores

Every tenth row is held out from all. Each model gives as many rows as it was trained on; they are read back by
minigan's reader of tables, so categories are categories, and asked, in units of each column's own sd: how far the
means are off (the worst column), how far correlations of pairs are off (the mean, and the worst), and how often a
fresh critic tells samples from the held-out rows (half is the best there is). Seconds are those of training alone,
on the same cores. Medians over seeds, with the least and the most.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from ctgan import CTGAN, TVAE
from sklearn import datasets
from statsmodels.datasets import fair

import minigan as mg
from minigan.data.kinds import encode
from minigan.data.readers.fields import fields_of
from minigan.data.samples import write_samples
from minigan.judge.evaluation import fresh_critic, unit_of
from minigan.runs.folder import begin
from minigan.runs.presets import plan


def tables(rows: int) -> dict[str, pd.DataFrame]:
    """The five, with their columns as a user finds them."""
    found = {}
    for name in ("iris", "wine", "breast_cancer"):
        bunch = getattr(datasets, f"load_{name}")(as_frame=True)
        frame = bunch.data.copy()
        frame["kind"] = [str(bunch.target_names[label]) for label in bunch.target]
        found[name] = frame
    from plotly import data

    found["tips"] = data.tips(return_type="pandas")
    found["affairs"] = fair.load_pandas().data
    return {name: frame.sample(min(rows, len(frame)), random_state=0) for name, frame in found.items()}


def minigan(frame: pd.DataFrame, place: Path, seed: int) -> pd.DataFrame:
    """What `minigan train FILE` makes, and `minigan sample` writes."""
    frame.to_csv(place / "train.csv", index=False)
    recipe, data = plan(str(place / "train.csv"), None, {"seed": seed})
    run = begin(recipe, place / "run", data=data)
    write_samples(place / "samples.csv", run.sample(len(frame)), run.form["columns"], kinds=run.kinds)
    return pd.read_csv(place / "samples.csv")


def theirs(model: Callable) -> Callable[[pd.DataFrame, Path, int], pd.DataFrame]:
    """A model of the package's at its defaults; it is told which columns are words."""

    def train(frame: pd.DataFrame, place: Path, seed: int) -> pd.DataFrame:
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002  (which they draw from)
        words = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
        own = model()
        own.fit(frame, words)
        return own.sample(len(frame))

    return train


MODELS = {"minigan": minigan, "CTGAN": theirs(CTGAN), "TVAE": theirs(TVAE)}


def judged(samples: pd.DataFrame, data: mg.Dataset) -> dict[str, float]:
    """The figures of samples beside the data."""
    values = []
    for column in data.kinds:
        if column.kind == "category":
            of = {word: float(k) for k, word in enumerate(column.words)}
            values.append(np.array([of.get(str(word), 0.0) for word in samples[column.name]]))
        else:
            values.append(fields_of(samples[column.name].to_numpy(float)).numbers)
    x, unit = encode(data.kinds, np.stack(values, axis=1)), unit_of(data)
    off = np.abs(x.mean(axis=0) - data.mean) / unit
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.nan_to_num(np.corrcoef(x.T)) - np.nan_to_num(np.corrcoef(data.x.T)))
    pairs = apart[np.triu_indices(len(apart), 1)]
    critic = fresh_critic(x, data).accuracy
    return {"mean": off.max(), "correlation": pairs.mean(), "worst correlation": pairs.max(), "critic": critic}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="0:3")
    parser.add_argument("--rows", type=int, default=4000, help="of a table, at most")
    parser.add_argument("--models", default=",".join(MODELS))
    args = parser.parse_args()
    seeds = range(*map(int, args.seeds.split(":")))
    warnings.simplefilter("ignore")
    print("| table | model | worst mean, sd | correlations off by, mean | worst | fresh critic | seconds |")
    print("|---|---|---|---|---|---|---|")
    for name, frame in tables(args.rows).items():
        held = np.arange(len(frame)) % 10 == 9
        with tempfile.TemporaryDirectory() as folder:
            frame.to_csv(Path(folder, "all.csv"), index=False)
            data = mg.load_dataset(Path(folder, "all.csv"))
            for model in args.models.split(","):
                train, found = MODELS[model], []
                for seed in seeds:
                    place = Path(folder, f"{model}{seed}")
                    place.mkdir()
                    start = time.perf_counter()
                    samples = train(frame[~held], place, seed)
                    seconds = time.perf_counter() - start
                    found.append(judged(samples, data) | {"seconds": seconds})
                told = []
                for score in ("mean", "correlation", "worst correlation", "critic", "seconds"):
                    own = np.array([one[score] for one in found])
                    form = "{:.0f}" if score == "seconds" else "{:.2f}"
                    low, middle, high = (form.format(v) for v in (own.min(), np.median(own), own.max()))
                    told.append(f"{middle} ({low} to {high})")
                rows = f"{name}, {len(frame):,} × {data.dim}"
                print(f"| {rows} | {model} | {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
