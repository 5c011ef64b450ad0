"""A run on the command line: made, gone on with, sampled, drawn, judged, replayed, swept, exported."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..runs.parallel import ParallelError
from ..runs.training import Diverged
from .words import printable


def train(args: argparse.Namespace) -> None:
    from ..runs import folder
    from ..runs.parallel import together, world
    from ..runs.presets import plan
    from ..runs.recipe import RecipeError

    ranks = world()
    with together(ranks, (ParallelError, Diverged, KeyboardInterrupt)):
        if args.resume is not None:
            own = ("command", "debug", "resume", "anyway")
            if others := [name for name, value in vars(args).items() if name not in own and value]:
                raise RecipeError(
                    f"--resume goes on as the run's own recipe says; leave out {', '.join(others)}. "
                    f"Another future is a fork: `minigan replay {args.resume} --at STEP --fork steps=N`"
                )
            return _ended(folder.resume(args.resume, args.anyway, True, ranks), args.resume, ranks)
        if args.anyway:
            raise RecipeError("--anyway goes with --resume DIR")
        settings: dict[str, Any] = dict(_pairs(args.set))
        settings |= {k: v for k in ("steps", "seed", "backend", "threads") if (v := getattr(args, k)) is not None}
        recipe, data = plan(args.data, args.recipe and _find_recipe(args.recipe), settings)
        out = args.out or _free_folder(Path("runs"), Path(recipe.data).stem)
        if (ranks is None or ranks.first) and folder.begun(out):
            print(f"{out} held the beginning of a run that was killed; it is taken", file=sys.stderr)
        return _ended(folder.begin(recipe, out, True, ranks, data, _say), out, ranks)


def _say(line: str) -> None:
    print(printable(line), flush=True)


def _ended(run: Any, folder: Path, ranks: Any = None) -> None:
    """What train says in the end: the last numbers, what is wrong with them, the files, and what to type next."""
    from ..runs.health import diagnose

    if ranks is not None and not ranks.first:
        return
    last = run.history.rows[-1]
    print("  ".join(f"{k} {v:,.0f}" if k in ("step", "circling") else f"{k} {v:.4g}" for k, v in last.items()))
    for ill in diagnose(run):
        print(f"health: {ill!r}")
    files = ", ".join(sorted(path.name for path in folder.iterdir()))
    print(f"{folder}: {files}")
    print(f"next:  minigan evaluate {folder}    minigan sample {folder} -n 1000 --out samples.csv")


def _pairs(texts: list[str]) -> dict[str, str]:
    """What --set says."""
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"--set wants KEY=VALUE, not {text!r}")
        pairs[key.strip()] = value.strip()
    return pairs


def _find_recipe(name: str) -> Any:
    from ..runs.presets import RECIPES
    from ..runs.recipe import RecipeError
    from ..runs.run import read

    if name in RECIPES:
        return RECIPES[name][1]
    if not Path(name).is_file():
        raise RecipeError(f"recipe {name!r} is neither a file nor one of {', '.join(RECIPES)}")
    return read(name)


def _free_folder(parent: Path, name: str) -> Path:
    return next(f for i in range(1, 10_000) if not (f := parent / f"{name}-{i:03}").exists())


def _load_run(folder: Path) -> Any:
    from ..runs.recipe import RecipeError
    from ..runs.run import Run, load

    if not folder.is_dir():
        raise RecipeError(f"{folder} is no run folder; `minigan train` makes one, and says where")
    run = load(folder)
    assert isinstance(run, Run)
    return run


def _data_of(run: Any) -> Any:
    data = run.dataset()
    if run.changed(data):
        print(
            f"{run.recipe.data} has changed since the run was trained on it: what follows is of it now",
            file=sys.stderr,
        )
    return data


def sample(args: argparse.Namespace) -> None:
    from ..data.dataset import DataError
    from ..data.samples import write_samples

    run = _load_run(args.run)
    x = run.sample(args.n, args.seed, averaged=not args.live, raw=args.raw)
    image, columns, pixels = (run.form.get(k) for k in ("image", "columns", "pixels"))
    out = args.out or args.run / ("draws.png" if image else "draws.csv")
    if out.is_symlink():  # in a folder that came from elsewhere it may lead anywhere
        raise DataError(f"{out}: is a link, and would be written through; give another place with --out")
    if out.suffix.lower() == ".png":
        from .. import plotting

        if image:
            plotting.save_images(x, tuple(image), out, tuple(pixels))
        else:
            from ..runs.plots import plot_samples

            plotting.save(plot_samples(run, args.n, args.seed, _data_of(run)), out)
    elif out.suffix.lower() in (".csv", ".npy"):
        write_samples(out, x, columns, tuple(image) if image else None, None if args.raw else run.kinds)
    else:
        raise DataError(f"{out}: cannot tell the format from its ending; give .csv, .npy or .png")
    print(f"{out}: {args.n} samples of {x.shape[1]} numbers")


def plot(args: argparse.Namespace) -> None:
    from .. import plotting
    from ..runs.plots import plot_run

    run, out = _load_run(args.run), args.out or args.run / "plot.png"
    if out.suffix.lower() != ".png" or out.is_symlink():
        raise ValueError(f"{out}: the page is a PNG, and no link is written through; give another name with --out")
    plotting.save(plot_run(run, _data_of(run)), out)
    print(f"{out}: after {run.model.steps:,} steps")


def evaluate(args: argparse.Namespace) -> None:
    from ..judge import evaluation
    from ..runs.statements import said_row

    run = _load_run(args.run)
    data, game = _data_of(run), run.recipe.model == "gan"
    averaged = run.gan.average is not None if game else bool(run.model.averages)
    names = {"averaged": True, "live": False} if averaged else {"generator" if game else run.recipe.model: False}
    samples = {name: run.sample(args.n, args.seed, averaged=kept) for name, kept in names.items()}
    rows = evaluation.evaluate(samples, data, args.seed)
    if run.model.says != "none":
        rows.insert(0, said_row(run, data, names, rows[0]))
    print(f"{args.run}: {args.n} samples after {run.model.steps:,} steps\n{evaluation.as_table(rows)}")


def replay(args: argparse.Namespace) -> None:
    from ..runs import replay
    from ..runs.run import save

    if args.fork:
        if args.substeps:
            raise ValueError("--substeps looks at a step, --fork goes on from it: give one of them")
        folder = args.out or _free_folder(args.run.parent, f"{args.run.name}-fork")
        return _ended(replay.fork(args.run, args.at, _pairs(args.fork), folder, args.anyway, True), folder)
    run, data = replay.rebuild(args.run, args.at, args.anyway)
    if args.substeps:
        print(f"{args.run}: step {args.at + 1:,}, from the state after {args.at:,}")
        return print(replay.as_table(list(replay.walk(run, data))))
    path = args.out or args.run / f"step-{args.at:08}.npz"
    if path.suffix != ".npz":
        raise ValueError(f"{path}: the state is a checkpoint; give a name that ends in .npz")
    save(run.model, path)
    what = "game" if run.recipe.model == "gan" else "model"
    print(f"{path}: the {what} after {args.at:,} steps; `minigan.load` gives it back")
    return None


def sweep(args: argparse.Namespace) -> None:
    from ..runs import sweeps

    recipe, seeds = _find_recipe(args.recipe), sweeps.parse_seeds(args.seeds)
    settings = {key: sweeps.parse_values(value) for key, value in _pairs(args.set).items()}
    folder = args.out or _free_folder(Path("sweeps"), Path(args.recipe).stem)
    rows = sweeps.sweep(recipe, seeds, settings, folder, args.workers, args.cluster, True, args.anyway)
    print(sweeps.as_table(sweeps.summary(rows, list(settings))))
    failed = [row for row in rows if row["status"] != "done"]
    for row in failed:
        print(f"member {row['member']}, seed {row['seed']}: {row['status']}", file=sys.stderr)
    print(f"{folder}: results.csv, members.csv, sweep.json")
    if failed:
        raise ValueError(f"{len(failed)} of {len(rows)} runs failed; the same command tries them again")


def family(args: argparse.Namespace) -> None:
    from ..runs import family
    from ..runs.presets import plan
    from ..runs.sweeps import parse_seeds

    models = args.models.split(",") if args.models else []
    folder, (_, data) = args.out or _free_folder(Path("families"), Path(args.data).stem), plan(args.data)
    rows = family.family(args.data, models, parse_seeds(args.seeds), folder, _pairs(args.set), _say)
    print(f"\n{family.as_table(family.summary(rows) + family.yardsticks(data))}\n\n{family.LEGEND}")
    print(f"{family.photo(rows, folder, data)}, family.csv; a run folder for each model and seed")


def export(args: argparse.Namespace) -> None:
    from ..runs.export import ExportError, export

    if args.file.suffix.lower() != ".onnx":
        raise ExportError(f"{args.file}: the export is ONNX; give a name that ends in .onnx")
    run = _load_run(args.run)
    export(run, args.file, averaged=not args.live)
    columns = run.gan.generator.widths[-1]
    print(f"{args.file}: z (n, {run.gan.latent.dim}) -> samples (n, {columns}), in the data's units")


def recipes(args: argparse.Namespace) -> None:
    from ..runs.presets import RECIPES
    from ..runs.recipe import RecipeError

    if args.name is None:
        for name, (says, recipe) in RECIPES.items():
            print(f"{name:14} {says} ({recipe.steps:,} steps of {recipe.batch})")
        print("\n`minigan recipes NAME` shows its settings; change one with `minigan train --set KEY=VALUE`")
        return
    if args.name not in RECIPES:
        raise RecipeError(f"no recipe is called {args.name!r}; there are {', '.join(RECIPES)}")
    recipe = RECIPES[args.name][1]
    for f in fields(recipe):
        if recipe.has(f.name) and f.name != "model_options":
            print(f"{f.name:25} {_told(getattr(recipe, f.name)):15} {f.metadata['says']}")
    for name, value in recipe.model_options.items():
        print(f"{name:25} {_told(value):15} of model={recipe.model}")


def _told(value: Any) -> str:
    """A setting's value, as --set takes it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else "null" if value is None else str(value)
