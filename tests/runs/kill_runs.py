"""Kill processes that train, and go on with their run: `python kill_runs.py FOLDER RECIPE KILLS SEED`.

Each child is a fork of this process, which has imported everything already, and trains by `runs.resume`. Every
other one is killed at a random moment; the rest halt in the middle of a save, before they tell the system to write
or to rename, and are killed there. One more is killed while it draws, and a last one is left to end.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minigan import plotting  # noqa: F401
from minigan.runs import folder as runs

ROWS = 5_000  # bytes: some 30 rows, before which a child is killed that is faster than its moment
CALLS = 4  # to the system in a save: fsync of the two logs and of the new checkpoint, and its renaming


def child(folder: Path, halt: int = 0) -> int:
    """A process that goes on with the run, but halts before its so-manieth call to fsync or replace."""
    pid = os.fork()
    if pid:
        return pid
    calls = iter(range(1, 1 << 30))

    def halting(function: Callable) -> Callable:
        def call(*args: Any) -> None:
            if next(calls) == halt:
                os.kill(os.getpid(), signal.SIGSTOP)
            function(*args)

        return call

    os.fsync, os.replace = halting(os.fsync), halting(os.replace)
    try:
        runs.resume(folder)
    except BaseException as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def kill(pid: int, due: Callable[[], bool]) -> bool:
    """Kill the child as soon as this is so, or when it halts; False if it ended before."""
    while True:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found and not os.WIFSTOPPED(status):
            return sys.exit(f"a child ended with {status}") if status else False
        if found or due():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return True


def main(folder: Path, recipe: str, kills: int, seed: int) -> None:
    folder.mkdir()
    (folder / "recipe.json").write_text(recipe)
    rng, history = random.Random(seed), folder / "history.csv"
    for k in range(kills):
        moment, size = time.monotonic() + rng.uniform(0, 0.1), history.stat().st_size if history.exists() else 0
        at_random = lambda: time.monotonic() > moment or history.stat().st_size > size + ROWS  # noqa: B023, E731
        in_a_save = k % 2 == 0
        halt = rng.randint(1, 3 * CALLS) if in_a_save else 0
        if not kill(child(folder, halt), (lambda: False) if in_a_save else at_random):
            sys.exit("the run was over before it was killed often enough")
    if not kill(child(folder), (folder / "training.gif.part").exists):
        sys.exit("nobody saw it draw")
    if kill(child(folder), lambda: False):
        sys.exit("the last one did not end")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
