"""The command line, thin: each command calls the library and prints what it says.

What goes wrong prints one line that says what was given, what was wanted and what to do, and exits with 2;
--debug shows the traceback instead.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from . import __version__
from .core.backend import Backend, BackendError
from .runs.parallel import ParallelError, launched
from .runs.training import Diverged

MOST = 10**12  # samples, rounds, ...
NOT_SHARED = "`train` alone is shared by ranks, and mpiexec started {}; give this command without mpiexec"


def main(argv: list[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    _open_streams()
    try:
        args = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    rank, ranks = launched()
    if ranks > 1 and args.command is not train:
        if rank > 0:
            return 0  # an mpiexec ends the others when one fails, and this could be before the first has spoken
        print(f"minigan: {NOT_SHARED.format(ranks)}", file=sys.stderr)
        return 2
    try:
        code = args.command(args)
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        if args.debug:
            raise
        print(f"minigan: interrupted{_notes(stop)}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, MemoryError, OverflowError, BackendError, ParallelError, Diverged) as error:
        if args.debug:
            raise
        print(f"minigan: {_one_line(error)}", file=sys.stderr)
        return 2
    return code or 0


def _open_streams() -> None:
    """Put what swallows all in the place of a stream that is closed, so that no file of a run gets its number.

    A letter that a stream cannot show, for its encoding lacks it, is written out.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))
        if number and isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _one_line(error: BaseException) -> str:
    said = "\n".join(
        " ".join(line.split()) for line in str(error).split("\n  ")
    )  # a list has a line for each thing
    if isinstance(error, OSError) and error.strerror:
        said = error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        said = f"not enough memory ({error}); take a smaller batch, network or number of samples"
    return "\n  ".join(map(_printable, (said + _notes(error)).split("\n")))


def _printable(text: str) -> str:
    """The text with a mark for each letter that would move the cursor; a file's name may hold any."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _notes(error: BaseException) -> str:
    return "".join(f"; {note}" for note in getattr(error, "__notes__", []))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if wrong := re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message):
            near = get_close_matches(wrong[1], re.findall(r"[\w-]+", wrong[2]), 1)
            message = message.replace(" (choose", f"; did you mean {near[0]!r}? (choose", 1) if near else message
        self.exit(2, f"minigan: {message}; `{self.prog} --help` says what there is\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="minigan", description="Generative adversarial networks from scratch: train one, and look inside."
    )
    parser.add_argument("--version", action="version", version=f"minigan {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, says: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".")
        sub.set_defaults(command=run)
        return sub

    sub = command("train", train, "train a GAN and leave a run folder")
    sub.add_argument("data", nargs="?", help="ring (the default), grid, gaussian, digits; a file or folder")
    sub.add_argument("--recipe", metavar="NAME|FILE", help="a preset of `minigan recipes`, or a recipe.json")
    sub.add_argument("--steps", metavar="N", help="how many steps to take")
    sub.add_argument("--seed", metavar="S", help="what all random numbers follow from")
    sub.add_argument("--backend", metavar="B", help="numpy, cupy or auto")
    sub.add_argument("--threads", metavar="N", help="BLAS threads")
    sub.add_argument("--out", metavar="DIR", type=Path, help="the run folder (else runs/NAME-001 or so)")
    sub.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help="any setting of the recipe")
    sub.add_argument("--resume", metavar="DIR", type=Path, help="go on with a run that was stopped or killed")
    sub.add_argument("--anyway", action="store_true", help="with --resume: though machine or libraries differ")

    sub = command("sample", sample, "draw samples from a trained run")
    sub.add_argument("run", type=Path, help="a run folder")
    sub.add_argument("-n", type=_count(1), default=64, help="how many (64)")
    sub.add_argument("--out", metavar="FILE", type=Path, help=".csv, .npy or .png (else in the run folder)")
    sub.add_argument("--seed", type=int, default=0, help="another seed, other samples (0)")
    sub.add_argument("--live", action="store_true", help="from the live generator, not its average")
    sub.add_argument(
        "--raw", action="store_true", help="a table's numbers as G made them, not as the data have them"
    )

    sub = command("evaluate", evaluate, "hold a run's samples against its data")
    sub.add_argument("run", type=Path, help="a run folder")
    sub.add_argument("-n", type=_count(2), default=2500, help="how many samples (2500)")
    sub.add_argument("--seed", type=int, default=0, help="of the samples and of the fresh critic (0)")

    sub = command("plot", plot, "draw a run on one page: samples, D's opinion, the course of training, gradients")
    sub.add_argument("run", type=Path, help="a run folder")
    sub.add_argument("--out", metavar="FILE", type=Path, help="a .png (else plot.png in the run folder)")

    sub = command("export", export, "write a run's generator as ONNX, to be used elsewhere")
    sub.add_argument("run", type=Path, help="a run folder")
    sub.add_argument("file", type=Path, help="where to: FILE.onnx")
    sub.add_argument("--live", action="store_true", help="the live generator, not its average")

    sub = command("replay", replay, "go back to any step of a run: look at it, or take another future from there")
    sub.add_argument("run", type=Path, help="a run folder")
    sub.add_argument("--at", metavar="STEP", type=int, required=True, help="after so many steps")
    sub.add_argument("--substeps", action="store_true", help="take the next step in slow motion")
    sub.add_argument("--fork", metavar="KEY=VALUE", action="append", default=[], help="go on with another setting")
    sub.add_argument("--out", metavar="PATH", type=Path, help="the fork's folder, or a .npz for the state")
    sub.add_argument("--anyway", action="store_true", help="though machine or libraries differ")

    sub = command("recipes", recipes, "list the presets, or show one with what each setting means")
    sub.add_argument("name", nargs="?", help="a preset")
    command("info", info, "say which backend, BLAS, threads and GPU are here, and what is chosen")

    sub = command("sweep", sweep, "train a recipe over seeds and settings, in parallel, and tabulate the scores")
    sub.add_argument("recipe", metavar="RECIPE", help="a preset of `minigan recipes`, or a recipe.json")
    sub.add_argument("--seeds", default="0:5", help="as 0:10 or 0,4,7 (0:5)")
    sub.add_argument("--set", metavar="KEY=A,B", action="append", default=[], help="a setting, and its values")
    sub.add_argument("--workers", type=_count(1), help="processes on this machine (all cores, if not given)")
    sub.add_argument("--cluster", metavar="ADDRESS", help="of a Dask scheduler, instead of this machine")
    sub.add_argument("--out", metavar="DIR", type=Path, help="the sweep's folder; an old one is completed")
    sub.add_argument("--anyway", action="store_true", help="average though data or versions have changed")

    sub = command(
        "family", family, "train every model of the taxonomy on the same data, and put them on one table"
    )
    sub.add_argument("data", nargs="?", default="digits", help="digits (the default), ring, ...; a file or folder")
    sub.add_argument(
        "--models", metavar="A,B", help="which: made, flow, vae, rbm, gsn, gan (all that suit the data)"
    )
    sub.add_argument("--seeds", default="0", help="as 0:5 or 0,4,7 (0)")
    sub.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help="a setting of every recipe")
    sub.add_argument("--out", metavar="DIR", type=Path, help="the family's folder; an old one is completed")

    sub = command("compare", compare, "hold every part against PyTorch or JAX; exits with 1 where one differs")
    sub.add_argument("--with", dest="other", choices=("torch", "jax"), default="torch", help="which (torch)")
    sub.add_argument("--kinks", action="store_true", help="instead: where right answers differ, and what it means")
    sub.add_argument("--out", metavar="FILE", type=Path, help="draw two training curves that part, as .png")

    sub = command("lesson", lesson, "list the lessons, or open one: in the browser, or here as text")
    sub.add_argument("what", nargs="?", default="list", metavar="list|N", help="list (the default), or a number")
    instead = sub.add_mutually_exclusive_group()
    instead.add_argument("--text", action="store_true", help="as text in the terminal, though there is a browser")
    instead.add_argument("--check", action="store_true", help="compute its numbers and its figure, and check them")
    instead.add_argument("--notebook", action="store_true", help="write it into this folder as an .ipynb")
    instead.add_argument("--story", action="store_true", help="tell the run as its people lived it (lesson 13)")
    sub.add_argument("--quick", action="store_true", help="with --check: leave out what takes long")

    sub = command("exercise", exercise, "start an exercise, have it judged, get a hint, see the solution")
    sub.add_argument("what", nargs="?", default="list", choices=("list", "start", "check", "hint", "solution"))
    sub.add_argument("which", nargs="?", metavar="N|capstone", help="the number of its lesson, or capstone")

    sub = command("grade", grade, "judge the exercises of many students, and write a table")
    sub.add_argument("folder", type=Path, help="FOLDER/STUDENT/e04_kl.py, and so on: a folder per student")
    sub.add_argument("--out", metavar="FILE", type=Path, default=Path("grades.csv"), help="the table (grades.csv)")
    sub.add_argument("--jobs", metavar="N", type=_count(1), help="how many at once (as many as there are cores)")

    sub = command("live", live, "watch a GAN learn, on a page in your browser, on this very code")
    sub.add_argument("--port", type=int, default=0, help="of 127.0.0.1 (a free one)")
    sub.add_argument("--native", action="store_true", help="compute here, with NumPy, and not in the browser")
    sub.add_argument("--runtime", metavar="DIR", type=Path, help="where Pyodide's files are, or shall be kept")
    sub.add_argument("--no-browser", action="store_true", help="print the address only")
    sub.add_argument("--out", metavar="DIR", type=Path, help="instead: write the page there, for a web server")

    sub = command(
        "bench", bench, "measure the speed of a step, beside PyTorch's and JAX's, and what the README promises"
    )
    sub.add_argument("what", nargs="*", metavar="WHAT", help="speed, growth, processes (all, if not given)")
    sub.add_argument("--targets", action="store_true", help="instead: time and quality of the default recipes")
    sub.add_argument("--seeds", type=_count(1), default=3, help="of each recipe, for --targets (3)")
    sub.add_argument("--cases", metavar="A,B", help="tiny,toy,digits,mnist,goodfellow (all, if not given)")
    sub.add_argument("--threads", type=int, help="for all libraries alike (all cores, if not given)")
    sub.add_argument("--rounds", type=_count(2), default=9, help="how often each contender has its turn (9)")
    return parser


def _count(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number of {least} or more")
        if int(text) > MOST:
            raise argparse.ArgumentTypeError(f"{text} is more than {MOST:,}, the most that can be asked for")
        return int(text)

    return read


def train(args: argparse.Namespace) -> None:
    from .runs import folder
    from .runs.parallel import together, world
    from .runs.presets import plan
    from .runs.recipe import RecipeError

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
    print(_printable(line), flush=True)


def _ended(run: Any, folder: Path, ranks: Any = None) -> None:
    """What train says in the end: the last numbers, what is wrong with them, the files, and what to type next."""
    from .runs.health import diagnose

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
    from .runs.presets import RECIPES
    from .runs.recipe import RecipeError
    from .runs.run import read

    if name in RECIPES:
        return RECIPES[name][1]
    if not Path(name).is_file():
        raise RecipeError(f"recipe {name!r} is neither a file nor one of {', '.join(RECIPES)}")
    return read(name)


def _free_folder(parent: Path, name: str) -> Path:
    return next(f for i in range(1, 10_000) if not (f := parent / f"{name}-{i:03}").exists())


def _load_run(folder: Path) -> Any:
    from .runs.recipe import RecipeError
    from .runs.run import Run, load

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
    from .data.dataset import DataError
    from .data.samples import write_samples

    run = _load_run(args.run)
    x = run.sample(args.n, args.seed, averaged=not args.live, raw=args.raw)
    image, columns, pixels = (run.form.get(k) for k in ("image", "columns", "pixels"))
    out = args.out or args.run / ("draws.png" if image else "draws.csv")
    if out.is_symlink():  # in a folder that came from elsewhere it may lead anywhere
        raise DataError(f"{out}: is a link, and would be written through; give another place with --out")
    if out.suffix.lower() == ".png":
        from . import plotting

        if image:
            plotting.save_images(x, tuple(image), out, tuple(pixels))
        else:
            from .runs.plots import plot_samples

            plotting.save(plot_samples(run, args.n, args.seed, _data_of(run)), out)
    elif out.suffix.lower() in (".csv", ".npy"):
        write_samples(out, x, columns, tuple(image) if image else None, None if args.raw else run.kinds)
    else:
        raise DataError(f"{out}: cannot tell the format from its ending; give .csv, .npy or .png")
    print(f"{out}: {args.n} samples of {x.shape[1]} numbers")


def plot(args: argparse.Namespace) -> None:
    from . import plotting
    from .runs.plots import plot_run

    run, out = _load_run(args.run), args.out or args.run / "plot.png"
    if out.suffix.lower() != ".png" or out.is_symlink():
        raise ValueError(f"{out}: the page is a PNG, and no link is written through; give another name with --out")
    plotting.save(plot_run(run, _data_of(run)), out)
    print(f"{out}: after {run.model.steps:,} steps")


def evaluate(args: argparse.Namespace) -> None:
    from .judge import evaluation
    from .runs.statements import said_row

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
    from .runs import replay
    from .runs.run import save

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
    from .runs import sweeps

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
    from .runs import family
    from .runs.presets import plan
    from .runs.sweeps import parse_seeds

    models = args.models.split(",") if args.models else []
    folder, (_, data) = args.out or _free_folder(Path("families"), Path(args.data).stem), plan(args.data)
    rows = family.family(args.data, models, parse_seeds(args.seeds), folder, _pairs(args.set), _say)
    print(f"\n{family.as_table(family.summary(rows) + family.yardsticks(data))}\n\n{family.LEGEND}")
    print(f"{family.photo(rows, folder, data)}, family.csv; a run folder for each model and seed")


def export(args: argparse.Namespace) -> None:
    from .runs.export import ExportError, export

    if args.file.suffix.lower() != ".onnx":
        raise ExportError(f"{args.file}: the export is ONNX; give a name that ends in .onnx")
    run = _load_run(args.run)
    export(run, args.file, averaged=not args.live)
    columns = run.gan.generator.widths[-1]
    print(f"{args.file}: z (n, {run.gan.latent.dim}) -> samples (n, {columns}), in the data's units")


def recipes(args: argparse.Namespace) -> None:
    from .runs.presets import RECIPES
    from .runs.recipe import RecipeError

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


def live(args: argparse.Namespace) -> None:
    import webbrowser

    from .live import bundle, runtime
    from .live.server import Server

    if args.out is not None:
        bundle.write(args.out)
        print(f"{args.out}: the page; it takes Pyodide from {runtime.SOURCE}, or from ?base=FOLDER/")
        return
    folder = None if args.native else args.runtime or runtime.cache()
    if folder is not None:
        try:
            runtime.fetch(folder)
        except OSError as error:
            print(f"{_one_line(error)}; so the page computes here, with NumPy", file=sys.stderr)
            folder = None
    with Server(args.port, folder) as server:
        print(f"{server.address}\nCtrl-C ends it", flush=True)
        if not args.no_browser:
            webbrowser.open(server.address)
        server.serve_forever()


def info(args: argparse.Namespace) -> None:
    import platform

    import numpy as np
    import threadpoolctl

    from .runs.threads import ONE_THREAD, cores

    auto = Backend("auto")
    gpu = auto.xp.cuda.runtime.getDeviceProperties(0)["name"].decode() if auto.name == "cupy" else "none"
    pools = threadpoolctl.threadpool_info()
    blas = ", ".join(f"{p['internal_api']} {p['version']} ({p.get('architecture', '?')})" for p in pools)
    print(f"minigan    {__version__}, Python {platform.python_version()}, NumPy {np.__version__}")
    print(f"backend    numpy is the default; auto would choose {auto.name}: {auto.reason}")
    print(f"GPU        {gpu}")
    print(f"BLAS       {blas or 'none that threadpoolctl knows'}")
    print(f"threads    {cores()} cores; 1 BLAS thread for games below {ONE_THREAD:,} parameters, all cores above")
    print(f"MPI        {_mpi()}")


def _mpi() -> str:
    """Which mpiexec is here, and what it lets start."""
    import shutil
    import subprocess

    from .runs.threads import cores

    if (mpiexec := shutil.which("mpiexec")) is None:
        return "no mpiexec; pip install 'minigan[mpi]' brings one"
    said = subprocess.run([mpiexec, "--version"], capture_output=True, text=True).stdout.strip()
    more = ""
    if "Open MPI" in said:
        more = "; more ranks than cores want --map-by :OVERSUBSCRIBE"
        if hasattr(os, "getuid") and os.getuid() == 0:
            more += ", and the user root --allow-run-as-root"
    return (
        f"{said.splitlines()[0]}; mpiexec -n {cores()} minigan train ...{more}"
        if said
        else "an mpiexec that fails"
    )


def compare(args: argparse.Namespace) -> int:
    from .checks import compare, kinks

    if args.kinks:
        print(kinks.report())
        return 0
    if args.out and args.out.suffix.lower() != ".png":
        raise ValueError(f"{args.out}: the figure is a PNG; give a name that ends in .png")
    return 0 if compare.run(args.out, args.other) else 1


def lesson(args: argparse.Namespace) -> None:
    from .exercises import ladder
    from .lessons import lessons, show

    if args.quick and not args.check:
        raise ValueError("--quick leaves out what takes long to compute, so it goes with --check")
    known = lessons()
    if args.what == "list":
        if args.text or args.check or args.notebook or args.story:
            raise ValueError(f"which lesson? There are {', '.join(map(str, known))}")
        return _list_lessons(known)
    if not args.what.isdigit() or int(args.what) not in known:
        raise ValueError(f"there is no lesson {args.what!r}; there are {', '.join(map(str, known))}")
    chosen = known[int(args.what)]
    if args.notebook:
        return _write_notebook(chosen)
    if args.story and not hasattr(chosen.behind, "story"):
        raise ValueError(f"lesson {chosen.number} tells no story; lesson 13 does")
    if not args.story and not args.check:
        return _read_lesson(chosen, args.text)
    print(f"{chosen.number:02}. {chosen.title}: {chosen.question}")
    if args.story:
        print("\n".join(chosen.behind.story()))
    elif not show(chosen.number, args.quick):
        raise ValueError(f"a claim of lesson {chosen.number} does not hold here: a fault of minigan's, report it")
    elif chosen.number in ladder():
        print(f"next:  minigan exercise start {chosen.number}")
    return None


def _list_lessons(known: dict[int, Any]) -> None:
    from .exercises import ladder, progress
    from .lessons import PATHS, minutes_of

    done, judged = progress()["done"], ladder()
    for n, one in known.items():
        mark = "done" if n in done else "open" if n in judged else ""
        print(f"{n:02}  {one.title}: {one.question}  ({one.minutes} min)  {mark}".rstrip())
    _list_exercises([key for key in judged if key not in known])
    print("\nways through, with minutes to read:")
    for name, numbers in PATHS.items():
        print(f"{name:12}  {minutes_of(name):3} min  {' '.join(f'{n:02}' for n in numbers)}")


def _write_notebook(chosen: Any) -> None:
    from .files import write_whole
    from .lessons.reading import notebook

    path = Path(f"{chosen.path.stem}.ipynb")
    if path.exists():
        raise ValueError(f"{path} is there already; rename or delete it to have it anew")
    write_whole(path, notebook(chosen.text).encode())
    print(f"{path}\nnext:  open it in Jupyter (pip install jupyterlab), in the environment that has minigan")


def _read_lesson(chosen: Any, as_text: bool) -> None:
    from .exercises import ladder
    from .lessons.pages import opened, page
    from .lessons.terminal import show_chapter

    n, found = chosen.number, page(f"lessons/{chosen.path.stem}")
    if found is not None and not as_text and opened(found):
        print(f"{found}: opened in the browser; `minigan lesson {n} --text` prints it here")
    else:
        show_chapter(chosen.text, n)
        if found is None:
            print('page:  not built here; `pip install -e ".[docs]" && make -C docs` builds it in a clone')
    exercise = f"    minigan exercise start {n}" if n in ladder() else ""
    print(f"next:  minigan lesson {n} --check{exercise}")


def exercise(args: argparse.Namespace) -> None:
    from . import exercises

    if args.what == "list":
        _list_exercises(exercises.ladder())
        return
    if args.which is None:
        raise ValueError(f"which one? `minigan exercise {args.what} N`; `minigan exercise list` has the numbers")
    key = int(args.which) if args.which.isdecimal() else args.which
    if args.what == "start":
        path = exercises.start(key)
        print(f"{path}\nnext:  write your code there, then  minigan exercise check {key}")
    elif args.what == "check":
        passed, message = exercises.check(key)
        print(message)
        if not passed:
            raise ValueError(f"exercise {key} has not passed; `minigan exercise hint {key}` helps")
        print(f"next:  minigan exercise solution {key}")
    elif args.what == "hint":
        print(exercises.hint(key))
    else:
        print(exercises.solution(key))


def _list_exercises(keys: Iterable[int | str]) -> None:
    from .exercises import find, label, progress

    done = progress()["done"]
    for key in keys:
        print(f"{label(key)}  {find(key).title}  {'done' if key in done else 'open'}")


def grade(args: argparse.Namespace) -> None:
    from .exercises import grade, passed_over, summary, visible

    if not args.folder.is_dir():
        raise ValueError(f"{args.folder} is no folder; wanted one with a folder per student in it")
    rows = []
    for row in grade(args.folder, args.out, args.jobs):
        rows.append(row)
        print(visible(f"{row['file']}: {row['verdict']}"), flush=True)
    if over := passed_over(args.folder):
        print(
            f"passed over, in no student's folder or of another name: {', '.join(over[:20])}; {len(over)} in all"
        )
    print(f"\n{summary(rows)}\n{args.out}: {len(rows)} files; the same command judges what is new or has changed")


def bench(args: argparse.Namespace) -> None:
    from .checks import bench

    if args.targets:
        return bench.targets(args.seeds)
    cases = args.cases.split(",") if args.cases else list(bench.CASES)
    parts = args.what or ["speed", "growth", "processes"]
    for given, known in ((cases, bench.CASES), (parts, ("speed", "growth", "processes"))):
        for name in given:
            if name not in known:
                raise ValueError(f"bench has no {name!r}; choose of {', '.join(known)}")
    threads = args.threads or bench.cores()
    for part in parts:
        if part == "speed":
            bench.speed(cases, threads, args.rounds)
        elif part == "growth":
            bench.growth(threads, args.rounds)
        else:
            bench.processes(threads)
    return None
