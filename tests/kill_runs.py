"""Kill processes that train, and go on with their run: `python kill_runs.py FOLDER RECIPE KILLS SEED`.

Each child is a fork of this process, which has imported everything already, and trains by `runs.resume`. Every other
one is killed at a random moment, the rest in the middle of a save: they are halted when a half-written checkpoint is
seen, and killed if it is still there. One more is killed so while it draws, and a last one is left to end. Prints how
many were killed at random and in a save.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from minigan import plotting, runs  # noqa: F401

ROWS = 5_000  # bytes: some 30 rows, before which a child is killed that is faster than its moment


def child(folder: Path) -> int:
    pid = os.fork()
    if not pid:
        try:
            runs.resume(folder)
        except BaseException as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return pid


def kill(pid: int, due: Callable[[], bool]) -> bool:
    """Kill the child at a moment when this is so; False if it ended before."""
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return sys.exit(f"a child ended with {status}") if status else False
        if due():
            os.kill(pid, signal.SIGSTOP)
            os.waitpid(pid, os.WUNTRACED)
            if due():  # it may have gone on until it was halted
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return True
            os.kill(pid, signal.SIGCONT)


def main(folder: Path, recipe: str, kills: int, seed: int) -> None:
    folder.mkdir()
    (folder / "recipe.json").write_text(recipe)
    rng, history, saving = random.Random(seed), folder / "history.csv", folder / "checkpoint.npz.part"
    for k in range(kills):
        saving.unlink(missing_ok=True)  # what the last one left: the next is to be this child's
        moment, size = time.monotonic() + rng.uniform(0, 0.1), history.stat().st_size if history.exists() else 0
        at_random = lambda: time.monotonic() > moment or history.stat().st_size > size + ROWS  # noqa: B023, E731
        if not kill(child(folder), at_random if k % 2 else saving.exists):
            sys.exit("the run was over before it was killed often enough")
    if not kill(child(folder), (folder / "training.gif.part").exists):
        sys.exit("nobody saw it draw")
    if kill(child(folder), lambda: False):
        sys.exit("the last one did not end")
    print(kills // 2, kills - kills // 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
