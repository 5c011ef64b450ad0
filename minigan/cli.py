"""The command line: its words, and what is said where one goes wrong. What each command does is in commands/.

What goes wrong prints one line that says what was given, what was wanted and what to do, and exits with 2;
--debug shows the traceback instead.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from . import __version__
from .commands.course import exercise, grade, lesson
from .commands.proof import bench, compare, info, live
from .commands.runs import evaluate, export, family, plot, recipes, replay, sample, sweep, train
from .commands.words import notes, one_line
from .core.backend import BackendError
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
        print(f"minigan: interrupted{notes(stop)}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, MemoryError, OverflowError, BackendError, ParallelError, Diverged) as error:
        if args.debug:
            raise
        print(f"minigan: {one_line(error)}", file=sys.stderr)
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
