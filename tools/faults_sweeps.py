"""Try faults on sweeps and ranks, again and again, and print a Markdown line for each kind: tried, survived, how.

    python tools/faults_sweeps.py [--times 6] [--seed 0]     some ten minutes on two cores, 165 trials

A trial survives if what happened is said in one line, within seconds and with what is kept; if no finished line is
lost; and if, after what a user would type next, the folder holds the bytes of one that nothing happened to. It
wants the extras cluster and mpi.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

import minigan as mg
from minigan.files import lock
from minigan.runs import sweeps
from minigan.runs.recipe import RecipeError

SMALL = replace(mg.RECIPES["gaussian"][1], steps=600, batch=32, log_every=50)
QUICK = replace(SMALL, steps=20, log_every=10)
MEMBERS, SECONDS = 8, 20  # of a sweep; and how long a process may take to end that was told to, or lost its others
ALONE = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
MPI = ALONE | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
MPI |= {"PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}
FAULTY = Path(__file__).parent.parent / "tests" / "extras" / "mpi_train.py"
TRAIN = ["train", "digits", "--steps", "60", "--set", "frames=0", "--set", "log_every=5", "--set", "save_every=10"]
TABLES = ("members.csv", "results.csv")


class Lost(Exception):
    """A trial that did not survive; the message says how, in capitals first."""


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES if (folder / name).exists()}


def done(folder: Path) -> set[str]:
    """The lines that are finished."""
    path = folder / "members.csv"
    return set(path.read_text().splitlines()[1:]) if path.exists() else set()


def run_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".part"}


def said_well(said: str, folder: Path | None = None) -> None:
    """Raise Lost unless this is a line, or two, of minigan's that say what is kept in the folder."""
    own = [line for line in said.splitlines() if line.startswith("minigan: ")]
    if "Traceback" in said or not own:
        raise Lost("TRACEBACK: " + said[-300:])
    if folder is not None and f"{folder} keeps {len(done(folder))} of {MEMBERS} runs" not in own[-1]:
        raise Lost("UNCLEAR: " + own[-1])


class Trials:
    """A place to try things in, and what a sweep and a run of two ranks leave that nothing happened to."""

    def __init__(self, place: Path, rng: random.Random):
        self.place, self.rng = place, rng
        for name, recipe in (("small", SMALL), ("quick", QUICK)):
            (place / f"{name}.json").write_text(recipe.to_json())
        self.ended(self.start(place / "whole"))
        self.whole = tables(place / "whole")
        self.sweep(place / "quick", range(MEMBERS))
        self.quick = tables(place / "quick")
        self.ended(self.ranks("none", place / "run"))
        self.run = run_files(place / "run")

    # ---- what a user does

    def start(self, folder: Path, *more: str, seeds: str = f"0:{MEMBERS}", **how: object) -> subprocess.Popen:
        command = [sys.executable, "-m", "minigan", "sweep", str(self.place / "small.json"), "--seeds", seeds]
        command += ["--out", str(folder), *(more or ["--workers", "2"])]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
        return subprocess.Popen(command, env=ALONE, **pipes, **how)

    def ranks(self, fault: str, folder: Path, *more: str, at: int = 0) -> subprocess.Popen:
        program = Path(sys.executable).parent / "mpiexec"
        command = [program if program.exists() else "mpiexec", "-n", "2", sys.executable, FAULTY, fault, at]
        command += [*(more or TRAIN), *([] if "--resume" in more else ["--out", folder])]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
        return subprocess.Popen(list(map(str, command)), env=MPI, **pipes)

    def ended(self, process: subprocess.Popen, seconds: float = 300) -> str:
        """All that it says; raises Lost where it, or one that holds its pipe, lives for longer."""
        try:
            return process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise Lost(f"STUCK for {seconds:g} s") from None

    def wait(self, folder: Path, process: subprocess.Popen) -> None:
        """Until a random number of lines is there, and a random moment longer."""
        lines = self.rng.randrange(MEMBERS - 1)
        while process.poll() is None and len(done(folder)) < lines:
            time.sleep(0.01)
        time.sleep(self.rng.uniform(0, 0.3 if lines else 3))

    def workers(self, process: subprocess.Popen) -> list[int]:
        found = subprocess.run(
            ["pgrep", "-P", str(process.pid), "-f", "popen_loky"], capture_output=True, text=True
        )
        return list(map(int, found.stdout.split()))

    def go_on(self, folder: Path, kept: set[str]) -> str:
        """The same command again: no line that was kept is lost, and then all is as it would have been."""
        said = self.ended(self.start(folder))
        if lost := kept - done(folder):
            raise Lost(f"LOST {len(lost)} lines: {said[-200:]}")
        if tables(folder) != self.whole:
            raise Lost("WRONG BYTES: " + said[-200:])
        return "said, the same bytes in the end"

    def sweep(self, folder: Path, seeds: range | list[int], **how: bool) -> None:
        """A sweep in this process."""
        sweeps.sweep(QUICK, list(seeds), {}, folder, workers=1, **how)

    # ---- the kinds: each takes an empty path and gives what came of it

    def a_worker_killed(self, folder: Path) -> str:
        process = self.start(folder)
        self.wait(folder, process)
        if not (workers := self.workers(process)):
            self.ended(process)
            return self.go_on(folder, done(folder)).replace("said", "ended before")
        os.kill(self.rng.choice(workers), self.rng.choice([signal.SIGKILL, signal.SIGTERM]))
        said = self.ended(process, SECONDS)
        if process.returncode == 0:
            return self.go_on(folder, done(folder)).replace("said", "ended before")
        said_well(said, folder)
        return self.go_on(folder, done(folder))

    def all_killed(self, folder: Path) -> str:
        process = self.start(folder)
        self.wait(folder, process)
        process.kill()
        self.ended(process, SECONDS)
        return self.go_on(folder, done(folder)).replace("said", "no worker stays")

    def told_to_stop(self, folder: Path) -> str:
        process = self.start(folder)
        while process.poll() is None and not (folder / "sweep.json").exists():
            time.sleep(0.01)
        self.wait(folder, process)
        if self.rng.random() < 0.5:
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGINT)
        said = self.ended(process, SECONDS)
        if process.returncode == 0:
            return self.go_on(folder, done(folder)).replace("said", "ended before")
        said_well(said, folder)
        return self.go_on(folder, done(folder))

    def two_at_once(self, folder: Path) -> str:
        """Of the same members, or of others; who is refused tries again."""
        halves = self.rng.choice([("0:4", "4:8"), ("0:8", "0:8")])
        both = [self.start(folder, seeds=seeds) for seeds in halves]
        said = [self.ended(process) for process in both]
        if not any(process.returncode == 0 for process in both):
            raise Lost("BOTH refused: " + said[0][-200:])
        for process, text in zip(both, said, strict=True):
            if process.returncode:
                said_well(text)
        return self.go_on(folder, done(folder)).replace("said", "one refused in a line")

    def one_after_another(self, folder: Path) -> str:
        cuts = sorted(self.rng.sample(range(1, MEMBERS), 3))
        kept: set[str] = set()
        for first, last in zip([0, *cuts], [*cuts, MEMBERS], strict=True):
            self.sweep(folder, range(first, last))
            if kept - done(folder):
                raise Lost("LOST lines")
            kept = done(folder)
        if tables(folder) != self.quick:
            raise Lost("WRONG BYTES")
        return "every line kept, the bytes of one sweep"

    def damaged(self, folder: Path, name: str, damage: Callable[[bytes], bytes]) -> str:
        """Refused in a line that names the file, and then it is put back; or done anew, with the same bytes."""
        shutil.copytree(self.place / "quick", folder)
        path = folder / name
        good = path.read_bytes()
        path.write_bytes(bad := damage(good))
        try:
            self.sweep(folder, range(MEMBERS))
            how = "completed, the same bytes"
        except RecipeError as error:
            if name not in str(error) and str(folder) not in str(error):
                raise Lost(f"UNCLEAR: {error}") from None
            if path.read_bytes() != bad or "\n" in str(error):
                raise Lost("TOUCHED, though it was refused") from None
            path.write_bytes(good)
            self.sweep(folder, range(MEMBERS))
            how = "refused by name, whole when it is put back"
        if tables(folder) != self.quick:
            raise Lost("WRONG BYTES")
        return how

    def a_file_broken(self, folder: Path) -> str:
        name = self.rng.choice(["members.csv", "sweep.json"])
        kinds: list[Callable[[bytes], bytes]] = [
            lambda good: b"",
            lambda good: b"null\n",
            lambda good: good[: self.rng.randrange(len(good))],
            lambda good: good[: self.rng.randrange(len(good))],
            lambda good: b"\xef\xbb\xbf" + good,
            lambda good: good.replace(b",", b";"),
            lambda good: good.replace(b"\n", b"\r\n"),
        ]
        return self.damaged(folder, name, self.rng.choice(kinds))

    def a_bit_changed(self, folder: Path) -> str:
        def damage(good: bytes) -> bytes:
            content = bytearray(good)
            content[self.rng.randrange(len(content))] ^= 1 << self.rng.randrange(8)
            return bytes(content)

        return self.damaged(folder, self.rng.choice(["members.csv", "sweep.json"]), damage)

    def no_room(self, folder: Path) -> str:
        """Files may not grow beyond a size, as under a quota; then they may again."""
        size = self.rng.randrange(100, len(self.whole["members.csv"]) + 500)
        process = self.start(folder, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        said = self.ended(process)
        if process.returncode:
            said_well(said, folder if (folder / "members.csv").exists() else None)
        return self.go_on(folder, done(folder))

    def data_changed(self, folder: Path) -> str:
        """Between two halves of a sweep, in one number of one row."""
        points = folder.with_suffix(".csv")
        x = np.random.default_rng(self.rng.randrange(1 << 30)).normal(size=(200, 2)).round(3)

        def write() -> None:
            np.savetxt(points, x, delimiter=",", fmt="%.3f")

        write()
        recipe = replace(QUICK, data=str(points), latent=2)
        sweeps.sweep(recipe, [0, 1], {}, folder, workers=1)
        before, row = tables(folder), self.rng.randrange(200)
        x[row, self.rng.randrange(2)] += 0.001
        write()
        try:
            sweeps.sweep(recipe, [0, 1, 2, 3], {}, folder, workers=1)
        except RecipeError as error:
            if str(points) not in str(error) or tables(folder) != before:
                raise Lost(f"UNCLEAR: {error}") from None
            return "refused by name, nothing trained"
        raise Lost("AVERAGED over other data")

    def a_cluster_dies(self, folder: Path) -> str:
        at = folder.with_suffix(".json")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": ALONE}
        own = ["--no-dashboard", "--scheduler-file", str(at)]
        dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", *own]
        scheduler = subprocess.Popen(dask, **quiet)
        dask = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1", *own]
        workers = [subprocess.Popen(dask, **quiet) for _ in range(2)]
        try:
            while not at.exists():
                time.sleep(0.05)
            process = self.start(folder, "--cluster", json.loads(at.read_text())["address"])
            while process.poll() is None and not done(folder):
                time.sleep(0.01)
            self.wait(folder, process)
            victims = self.rng.choice([[scheduler], workers, [scheduler, *workers], workers[:1]])
            for victim in victims:
                victim.kill()
            said = self.ended(process, 300 if victims == workers[:1] else SECONDS)
        finally:
            for one in (scheduler, *workers):
                one.kill()
                one.wait()
        if process.returncode:
            said_well(said, folder)
        return self.go_on(folder, done(folder))

    def ranks_unlike(self, folder: Path) -> str:
        fault = self.rng.choice(["data", "held_out", "version", "recipe"])
        if fault == "recipe":
            other = [
                sys.executable,
                FAULTY,
                "none",
                "0",
                *TRAIN,
                "--seed",
                self.rng.randrange(1, 99),
                "--out",
                folder,
            ]
            process = self.ranks("none", folder, *TRAIN, "--out", folder, ":", "-n", "1", *map(str, other))
        else:
            process = self.ranks(fault, folder)
        said = self.ended(process)
        said_well(said)
        if not process.returncode or folder.exists() or said.count("are not of one run (") != 1:
            raise Lost("TRAINED, though ranks differ")
        return "refused by rank and name, nothing written"

    def ranks_told_to_stop(self, folder: Path) -> str:
        """mpiexec is told, or a rank killed, at a random step; then the same number of ranks goes on."""
        process = self.ranks("brisk", folder)
        while process.poll() is None and not (folder / "checkpoint.npz").exists():
            time.sleep(0.01)
        time.sleep(self.rng.uniform(0, 1.2))
        number = self.rng.choice([signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGKILL])
        process.send_signal(number)
        said = self.ended(process, SECONDS)
        if number == signal.SIGUSR1 and process.returncode:
            said_well(said)
        with open(folder / "history.csv", "ab") as file:
            for _ in range(100 * SECONDS):  # mpiexec may be gone before its ranks
                try:
                    lock(file)
                    break
                except BlockingIOError:
                    time.sleep(0.01)
            else:
                raise Lost("STUCK: a rank lives on")
        said = self.ended(self.ranks("none", folder, "train", "--resume", str(folder)))
        if run_files(folder) != self.run:
            raise Lost("WRONG BYTES: " + said[-300:])
        return "gone on with, the same bytes"


KINDS: dict[str, tuple[str, float]] = {  # and how often, beside --times: what takes a moment more often
    "a_worker_killed": ("a worker gets SIGKILL or SIGTERM at a random moment", 1),
    "all_killed": ("a sweep's own process gets SIGKILL at a random moment", 1),
    "told_to_stop": ("Ctrl-C or SIGTERM at a random moment", 1),
    "two_at_once": ("two sweeps begin in one folder at once", 1),
    "one_after_another": ("four sweeps of other seeds, one after another, in one folder", 4),
    "a_file_broken": ("members.csv or sweep.json empty, null, torn, with a BOM, semicolons or CRLF", 8),
    "a_bit_changed": ("one bit of members.csv or sweep.json changed", 5),
    "no_room": ("no room for a file beyond a random size", 1),
    "data_changed": ("one number of the data changed between two halves of a sweep", 3),
    "a_cluster_dies": ("Dask: the scheduler, one worker, all, or everything gets SIGKILL", 0.8),
    "ranks_unlike": ("ranks with other data, held-out rows, recipe or version", 0.8),
    "ranks_told_to_stop": ("mpiexec gets SIGTERM, SIGINT, SIGUSR1 or SIGKILL at a random moment", 0.8),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", help="some of them alone, as no_room,two_at_once")
    asked = parser.parse_args()
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's & has it ignored, here and in all children
    bad = total = 0
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(Path(folder), random.Random(asked.seed))
        print("| fault | tried | survived | how |\n|---|---:|---:|---|", flush=True)
        for name in asked.kinds.split(",") if asked.kinds else KINDS:
            says, share = KINDS[name]
            kind: Callable[[Path], str] = getattr(trials, name)
            came: Counter[str] = Counter()
            for k in range(times := max(1, round(asked.times * share))):
                try:
                    came[kind(Path(folder, f"{name}-{k}"))] += 1
                except Lost as error:
                    came[" ".join(str(error).split())] += 1
                    bad += 1
            lost = sum(count for what, count in came.items() if what.split()[0].strip(":").isupper())
            how = "; ".join(f"{what} ({count})" for what, count in came.most_common())
            print(f"| {says} | {times} | {times - lost} | {how} |", flush=True)
            total += times
    print(f"\n{total} trials, {bad} of which did not survive")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
