"""Try faults on run folders, again and again, and print a line of Markdown for each kind: tried, survived, how.

    python tools/faults_runs.py [--times 40] [--seed 0]     some minutes on two cores

A trial survives if the run ends, after what a user would type next, with the bytes of one that nothing happened
to; or if it is refused in one line, and nothing that was whole before is damaged.
"""

from __future__ import annotations

import argparse
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
from pathlib import Path

import minigan as mg
from minigan.runs.checkpoint import CheckpointError
from minigan.runs.folder import begin, resume
from minigan.runs.recipe import Recipe, RecipeError

SMALL = Recipe(steps=400, log_every=4, save_every=20, frames=3, generator=(8,), discriminator=(8,), batch=16)
SETTINGS = [f"--set={k}={getattr(SMALL, k)}" for k in ("steps", "log_every", "save_every", "frames", "batch")]
SETTINGS += ["--set=generator=8", "--set=discriminator=8", "--set=schedule=constant", "--set=instance_noise=0"]
COMMAND = [sys.executable, "-m", "minigan", "train"]
ALONE = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".part"}


class Trials:
    """A place to try things in, the bytes that are wanted, and a run that was stopped half way."""

    def __init__(self, place: Path, rng: random.Random):
        self.place, self.rng = place, rng
        self.start(place / "whole").wait()
        self.wanted, self.recipe = files(place / "whole"), mg.load(place / "whole").recipe
        self.half = place / "half"
        begun = self.start(self.half)
        while not (self.half / "checkpoint.npz").exists():
            time.sleep(0.01)
        time.sleep(0.3)
        begun.send_signal(signal.SIGTERM)
        begun.wait()

    def start(self, folder: Path, *more: str, **how: object) -> subprocess.Popen:
        command = [*COMMAND, "ring", *SETTINGS, "--out", str(folder), *more]
        return subprocess.Popen(
            command, env=ALONE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how
        )

    def go_on(self, folder: Path) -> str:
        """What a user types next: go on with it, or give the command again; then the bytes are compared."""
        said = subprocess.run([*COMMAND, "--resume", str(folder)], env=ALONE, capture_output=True, text=True)
        if said.returncode and "holds no run" in said.stderr:
            again = self.start(folder)
            said = subprocess.CompletedProcess([], again.wait(), "", again.stdout.read() if again.stdout else "")
        if said.returncode:
            return "STUCK: " + said.stderr.strip().splitlines()[-1][:150]
        return "the same bytes" if files(folder) == self.wanted else "WRONG BYTES"

    # ---- the kinds: each takes an empty path and gives what came of it

    def killed_as_it_begins(self, folder: Path) -> str:
        if (child := os.fork()) == 0:
            left = self.rng.randrange(20, 2500)

            def tracer(frame, event, arg):
                nonlocal left
                if "minigan" not in frame.f_code.co_filename:
                    return None
                left -= 1
                if left == 0:
                    os._exit(9)
                return tracer

            sys.settrace(tracer)
            begin(self.recipe, folder)
            os._exit(0)
        os.waitpid(child, 0)
        return self.go_on(folder)

    def killed(self, folder: Path) -> str:
        run = self.start(folder)
        time.sleep(self.rng.uniform(0.2, 2.0))
        run.kill()
        run.wait()
        return self.go_on(folder)

    def stopped(self, folder: Path) -> str:
        run = self.start(folder)
        time.sleep(self.rng.uniform(0.2, 2.0))
        run.send_signal(self.rng.choice([signal.SIGTERM, signal.SIGINT]))
        said = run.communicate()[0]
        return self.go_on(folder) if "Traceback" not in said else "TRACEBACK"

    def no_room(self, folder: Path) -> str:
        """Files may not grow beyond a size, as under a quota; then they may again."""
        size = self.rng.randrange(100, 60_000)
        run = self.start(folder, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        said = run.communicate()[0]
        if "Traceback" in said:
            return "TRACEBACK"
        return self.go_on(folder)

    def two_go_on(self, folder: Path) -> str:
        shutil.copytree(self.half, folder)
        command = [*COMMAND, "--resume", str(folder)]
        both = [subprocess.Popen(command, env=ALONE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in "ab"]
        said = b"".join(one.communicate()[1] for one in both)
        if b"Traceback" in said or all(one.returncode for one in both):
            return "STUCK: " + said.decode()[-150:]
        return "one of them, the same bytes" if files(folder) == self.wanted else "WRONG BYTES"

    def two_begin(self, folder: Path) -> str:
        both = [self.start(folder) for _ in "ab"]
        said = "".join(one.communicate()[0] for one in both)
        if "Traceback" in said or all(one.returncode for one in both):
            return "STUCK: " + said[-150:]
        return "one of them, the same bytes" if files(folder) == self.wanted else "WRONG BYTES"

    def copied(self, folder: Path) -> str:
        live = folder.with_name(folder.name + "-live")
        run = self.start(live)
        while not (live / "recipe.json").exists():
            time.sleep(0.01)
        time.sleep(self.rng.uniform(0.0, 1.0))
        subprocess.run(["cp", "-r", live, folder], capture_output=True)
        run.wait()
        said = self.go_on(folder)
        if files(live) != self.wanted:
            return "WRONG BYTES"
        return "refused in a line" if said.startswith("STUCK: minigan:") else said

    def held(self, folder: Path) -> str:
        run = self.start(folder)
        while run.poll() is None:
            time.sleep(self.rng.uniform(0.02, 0.2))
            run.send_signal(signal.SIGSTOP)
            time.sleep(0.02)
            run.send_signal(signal.SIGCONT)
        return "the same bytes" if files(folder) == self.wanted else "WRONG BYTES"

    def moved(self, folder: Path) -> str:
        first = folder.with_name(folder.name + "-first")
        run = self.start(first)
        while not (first / "checkpoint.npz").exists():
            time.sleep(0.01)
        time.sleep(self.rng.uniform(0.0, 0.5))
        first.rename(folder)
        said = run.communicate()[0]
        return self.go_on(folder) if "Traceback" not in said else "TRACEBACK"

    def a_byte_changed(self, folder: Path) -> str:
        shutil.copytree(self.half, folder)
        victim = self.rng.choice([path for path in folder.iterdir() if path.stat().st_size])
        content = bytearray(victim.read_bytes())
        content[self.rng.randrange(len(content))] ^= 1 << self.rng.randrange(8)
        victim.write_bytes(content)
        try:
            resume(folder)
        except (CheckpointError, RecipeError, ValueError) as error:
            return (
                "refused by name" if victim.name in str(error) or "minigan" in str(error) else f"UNCLEAR: {error}"
            )
        if files(folder) == self.wanted:
            return "the same bytes"
        return "WRONG BYTES"

    def an_exception_within(self, folder: Path) -> str:
        """Any line of a training that raises, in one process; then it is gone on with."""
        left = self.rng.randrange(2000, 60_000)

        class Any(Exception):
            pass

        def tracer(frame, event, arg):
            nonlocal left
            if "minigan" not in frame.f_code.co_filename or "threads" in frame.f_code.co_filename:
                return None
            left -= 1
            if left == 0:
                raise Any
            return tracer

        def game() -> mg.GAN:
            return SMALL.build(2)

        gan, whole, data = game(), game(), mg.ring()
        history, wanted = mg.History(), mg.train(whole, data, 60, 16, log_every=4)
        try:
            sys.settrace(tracer)
            mg.train(gan, data, 60, 16, log_every=4, history=history)
        except Any:
            pass
        finally:
            sys.settrace(None)
        try:
            if gan.steps < 60:
                mg.train(gan, data, 60 - gan.steps, 16, log_every=4, history=history)
        except mg.HalfStepError:
            return "refused by name"
        same = (
            all((gan.vectors()[k] == v).all() for k, v in whole.vectors().items()) and history.rows == wanted.rows
        )
        return "the same bits" if same else "WRONG BITS"


KINDS: dict[str, tuple[str, float]] = {  # and how often, beside --times
    "killed_as_it_begins": ("killed at a random line before its first checkpoint", 1.5),
    "killed": ("SIGKILL at a random moment", 1.5),
    "stopped": ("Ctrl-C or SIGTERM at a random moment", 1),
    "no_room": ("no room for a file beyond a random size", 1),
    "two_go_on": ("two processes go on with one run at once", 1),
    "two_begin": ("two begin in one new folder at once", 1),
    "copied": ("copied while it trains; the copy gone on with", 0.5),
    "held": ("SIGSTOP and SIGCONT, again and again", 0.25),
    "moved": ("the folder moved while it trains; gone on with there", 0.5),
    "a_byte_changed": ("one bit of one file changed", 2),
    "an_exception_within": ("an exception at a random line of mg.train, then going on", 1.5),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    bad = total = 0
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(Path(folder), random.Random(asked.seed))
        print("| fault | tried | survived | how |\n|---|---:|---:|---|", flush=True)
        for name, (says, share) in KINDS.items():
            kind: Callable[[Path], str] = getattr(trials, name)
            times = max(1, round(asked.times * share))
            came = Counter(kind(Path(folder, f"{name}-{k}")) for k in range(times))
            lost = sum(count for what, count in came.items() if what.split()[0].isupper())
            how = "; ".join(f"{what} ({count})" for what, count in came.most_common())
            print(f"| {says} | {times} | {times - lost} | {how} |", flush=True)
            bad, total = bad + lost, total + times
    print(f"\n{total} trials, {bad} of which did not survive")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
