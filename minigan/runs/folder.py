"""A run on disk: trained in a folder, stopped or killed at any moment, gone on with, and the same in the end.

While it is trained in, the folder holds recipe.json; history.csv and frames.bin, which only grow; and
checkpoint.npz, written anew every so many steps, which says how much of those two counts. So the checkpoint alone
decides where a run stands: what was written after it is cut off and made again. samples.png and training.gif are
drawn from these files in the end, and frames.bin goes.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..core.model import Learner
from ..data.dataset import Data
from ..files import lock, whole, write_whole
from . import checkpoint
from .checkpoint import CheckpointError
from .frames import Shown
from .parallel import Ranks
from .recipe import Recipe, RecipeError
from .run import Run, load_run, read, start
from .surroundings import check_alike, experiment, settings_of, surroundings, threads_of, versions
from .training import Diverged, Stopped, as_csv, train

OWN = re.compile(
    r"recipe\.json|history\.csv|frames\.bin|checkpoint(-\d+)?\.npz|(samples|plot)\.png|training\.gif|draws\.(csv|npy|png)"
)
EMPTY = {"bytes": 0, "sha256": hashlib.sha256().hexdigest()}  # the mark of a file that nothing is in


class Log:
    """A file that only grows; its `mark`, kept in a checkpoint, says how much of it the checkpoint knows.

    It is locked while it is open, so that one process at a time trains in a folder. The system drops the lock when
    the process ends, however it ends. Raises CheckpointError where another process holds it.
    """

    def __init__(self, path: Path):
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise CheckpointError(f"{path} is a link, a pipe or a folder; put a file there, for it is written to")
        self.path = path
        self.file = path.open("a+b", buffering=0)  # what is written is with the system at once
        try:
            lock(self.file)
        except BlockingIOError:
            self.file.close()
            raise CheckpointError(
                f"{path.parent} is being trained in by another process; wait for it, or train in another folder"
            ) from None

    def cut(self, mark: dict[str, Any]) -> None:
        """Go back to this mark; raises CheckpointError where it tells of another file."""
        head = checkpoint.kept(self.path, mark)
        self.file.truncate(len(head))
        self.hash, self.size = hashlib.sha256(head), len(head)

    def write(self, content: bytes) -> None:
        """Append, whole: a raw file may take a part, and say only for the rest that the disk is full."""
        rest = memoryview(content)
        while rest:
            rest = rest[self.file.write(rest) :]
        self.hash.update(content)
        self.size += len(content)

    def here(self) -> bool:
        """Whether the file is still in its place, and not another one."""
        return self.path.exists() and os.path.samestat(os.fstat(self.file.fileno()), os.stat(self.path))

    def mark(self) -> dict[str, Any]:
        """The length so far and its checksum, once all of it is on the disk; raises OSError if it is not there."""
        if not self.here():
            raise OSError(errno.ENOENT, "was deleted or moved while it was trained in", str(self.path.parent))
        os.fsync(self.file.fileno())
        return {"bytes": self.size, "sha256": self.hash.hexdigest()}


class Keeper:
    """Keeps a run's folder while it is trained: a hook that writes rows, frames and, when due, a checkpoint.

    It holds the folder's lock from the start to `close`.
    """

    def __init__(self, folder: Path):
        self.folder, self.began, self.saved = folder, -1, -1  # steps: of a new run's start, of the last checkpoint
        self.history = self.frames = Log(folder / "history.csv")

    def take(self, run: Run, data: Data, made_with: list[Any], extra: dict[str, Any] | None = None) -> None:
        """Keep this run: a new one, or with what its checkpoint says beside it, the one that is here.

        made_with lists the surroundings (see `surroundings`) it was trained in, more than one if it was moved.
        """
        self.run, self.data, self.made_with, self.shown = run, data, made_with, Shown(run, data)
        for row in run.history.rows:
            if "quality" in row:  # one name for both, in runs that were begun before they had two
                row[self.shown.quality] = row.pop("quality")
        rows = math.ceil(run.recipe.steps / run.recipe.log_every)
        self.stride = run.recipe.log_every * math.ceil(rows / max(1, run.recipe.frames))
        self.frames = Log(self.folder / "frames.bin")
        for name, log in (("history", self.history), ("frames", self.frames)):
            log.cut(EMPTY if extra is None else extra.get(name, {}))
        if extra is not None:
            self.saved = run.model.steps
        else:
            self.began = run.model.steps
            write_whole(self.folder / "recipe.json", run.recipe.to_json().encode())
            self.save()  # a folder that cannot be written to shows now, not in the end

    def stands(self) -> str:
        """What is left if nothing more is saved."""
        return f"minigan: told to stop; {self.folder} holds its state after step {self.saved:,}, if no later one"

    def worth(self, error: BaseException) -> bool:
        """Whether the folder is worth keeping after this error: whether it holds more than a run that begins."""
        wanted = isinstance(error, Diverged | KeyboardInterrupt)
        return self.history.here() and self.saved > self.began - wanted

    def close(self) -> None:
        """Let go of the folder."""
        self.history.file.close()
        self.frames.file.close()

    def train(self, progress: bool = False, ranks: Ranks | None = None) -> Run:
        """Take the steps that are left, and draw; what stops it gets a note that says what the folder holds."""
        run, recipe = self.run, self.run.recipe
        steps = recipe.steps - run.model.steps
        how: Any = {"hooks": [self], "scaler": run.scaler, "history": run.history, "progress": progress}
        how |= {"log_every": recipe.log_every, "threads": threads_of(run, ranks), "ranks": ranks}
        if ranks is not None:
            _send(run, ranks)
        try:
            with _signals(ranks, self.stands) as stop:
                if steps:
                    train(run.model, self.data, steps, recipe.batch, stop=stop, **how)
            self.draw()
        except BaseException as error:
            if isinstance(error, Diverged | Stopped) and run.model.steps > self.saved:
                self.save()
            if isinstance(error, Diverged):
                self.draw()
                error.add_note(f"{self.folder} holds the last good state")
            elif self.worth(error):
                go_on = f"`minigan train --resume {shlex.quote(str(self.folder))}` goes on"
                error.add_note(f"{self.folder} holds its state after step {self.saved:,}; {go_on}")
            raise
        self.close()
        self.frames.path.unlink()
        return run

    def __call__(self, learner: Learner, row: dict[str, float]) -> None:
        recipe, step, late = self.run.recipe, learner.steps, self.shown.late
        if self.shows(step):
            self.frames.write(self.shown.of(row).astype("<f4").tobytes())
        columns = [*(name for name in row if name not in late), *late]
        self.history.write(as_csv([row], columns, header=self.history.size == 0).encode())
        due = [n for n in (recipe.save_every, recipe.keep_every) if n and step // n > self.saved // n]
        if due or step == recipe.steps:
            self.save(keep=recipe.keep_every in due)

    def shows(self, step: int) -> bool:
        """Whether the animation has a frame of this step."""
        return step % self.stride == 0 or step == self.run.recipe.steps

    def save(self, keep: bool = False) -> None:
        """Write the checkpoint, once all is on the disk that it tells of; and one to keep, by its step."""
        run = self.run
        extra = {"recipe": json.loads(run.recipe.to_json()), "form": run.form, "made with": self.made_with}
        marks = {"history": self.history.mark(), "frames": self.frames.mark()}
        arrays = {"scaler.shift": run.scaler.shift, "scaler.scale": run.scaler.scale}
        for name in [f"checkpoint-{run.model.steps:08}.npz"] * keep + ["checkpoint.npz"]:
            checkpoint.save(run.model, self.folder / name, extra | marks, **arrays)
        self.saved = run.model.steps

    def draw(self) -> None:
        """Draw samples.png and training.gif from the files, each whole or not at all."""
        numbers = np.frombuffer(self.frames.path.read_bytes(), "<f4")
        rows = [row for row in self.run.history.rows if self.shows(int(row["step"]))]
        if not rows:
            return
        frames, plotting, name = self.shown.frames(rows, numbers), self.shown.plotting, self.shown.name
        figure = plotting.samples_figure(self.data, frames[-1], self.run.history, name=name)
        with whole(self.folder / "samples.png") as part:
            plotting.save(figure, part)
        if self.run.recipe.frames:
            with whole(self.folder / "training.gif") as part:
                plotting.animate(self.data, frames, part, name=name)


@contextmanager
def _signals(ranks: Ranks | None = None, stands: Callable[[], str] = str) -> Iterator[Callable[[], bool]]:
    """Gives a function that says whether Ctrl-C or SIGTERM came since; a second Ctrl-C interrupts as ever.

    Ranks take SIGUSR1 likewise, for an mpiexec hands that on and waits, where it ends them soon after the others
    (Open MPI after a quarter of a second). So they say at once what stands if it is too short for more.
    """
    came: list[int] = []

    def note(number: int, frame: Any) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)
        if ranks is not None and ranks.first:
            os.write(2, f"{stands()}\n".encode())  # print is not to be trusted in the middle of a print

    old, numbers = {}, [signal.SIGINT, signal.SIGTERM]
    if ranks is not None and hasattr(signal, "SIGUSR1"):
        numbers.append(signal.SIGUSR1)
    if threading.current_thread() is threading.main_thread():
        for number in numbers:
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup and a shell's & leave it
                old[number] = signal.signal(number, note)
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def begin(
    recipe: Recipe,
    folder: Path,
    progress: bool = False,
    ranks: Ranks | None = None,
    data: Data | None = None,
    tell: Callable[[str], Any] | None = None,
) -> Run:
    """Train as the recipe says and leave a run folder: recipe, history, checkpoint, samples.png, training.gif.

    data are what the recipe names, if they are at hand; tell is given the line on what was read of them, once all
    is found to fit. The folder must not exist, or be empty. A run that fails before its first checkpoint leaves
    nothing behind; any other, and one that diverges or is stopped, leaves what `resume` goes on from. Of several
    ranks only the first writes. Raises what `start` and `train` raise, and OSError.
    """
    if ranks is not None:
        check_alike(ranks, versions() | settings_of(recipe))
        if not ranks.first:
            return follow(ranks, data)
    _check_free(folder)
    state, data = _lead(start(recipe, data), ranks)
    if tell is not None and data.said:
        tell(data.said)
    return train_in(folder, state, data, progress, ranks)


def _lead(begun: tuple[Run, Data], ranks: Ranks | None) -> tuple[Run, Data]:
    """Tell the other ranks what this one has started; all go on if all read the same rows, and else none does."""
    if ranks is not None:
        ranks.broadcast(begun[0].recipe.to_json())
        check_alike(ranks, experiment(*begun))
    return begun


def follow(ranks: Ranks, data: Data | None = None) -> Run:
    """Train beside the first rank, see `_lead`, from the state that it sends, and write nothing."""
    state, data = start(Recipe.from_json(ranks.broadcast(None)), data)
    check_alike(ranks, experiment(state, data))
    steps, vectors = ranks.broadcast(None)
    state.model.restore(steps, vectors)
    recipe, left = state.recipe, state.recipe.steps - steps
    with _signals(ranks) as stop:
        if left:
            how: Any = {"log_every": recipe.log_every, "threads": threads_of(state, ranks), "stop": stop}
            train(state.model, data, left, recipe.batch, scaler=state.scaler, ranks=ranks, **how)
    return state


def _check_free(folder: Path) -> None:
    """Raise RecipeError for a folder that holds anything but what a run leaves that was killed as it began."""
    if folder.exists() and (not folder.is_dir() or any(map(_kept, folder.iterdir()))):
        raise RecipeError(f"{folder} already holds something; give another folder with --out")


def begun(folder: Path) -> bool:
    """Whether this is what a run leaves that was killed as it began, with nothing to go on with."""
    return folder.is_dir() and any(folder.iterdir()) and not any(map(_kept, folder.iterdir()))


def _kept(path: Path) -> bool:
    """Whether a file is more than the first of a run: an empty history, or a file that was still being written."""
    first = path.name in ("history.csv", "frames.bin") and path.is_file() and path.stat().st_size == 0
    return path.is_symlink() or not (first or (path.name.endswith(".part") and _own(path)))


def _own(path: Path) -> bool:
    """Whether a run writes files of this name."""
    return OWN.fullmatch(path.name.removesuffix(".part")) is not None and not path.is_dir()


def train_in(folder: Path, state: Run, data: Data, progress: bool = False, ranks: Ranks | None = None) -> Run:
    """Train this run to its end in a new or empty folder; `begin` says what is left there."""
    _check_free(folder)
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    with closing(Keeper(folder)) as keeper:
        _check_free(folder)  # a rival may have been faster
        try:
            keeper.take(state, data, [surroundings(state, data, ranks)])
            return keeper.train(progress, ranks)
        except BaseException as error:
            if keeper.history.here() and not keeper.worth(error):
                keeper.close()
                for path in filter(_own, folder.iterdir()):
                    path.unlink()
                with suppress(OSError):  # what others put there stays, and the folder with it
                    if made:
                        folder.rmdir()
                error.add_note("nothing was left behind")
            raise


def resume(folder: Path, anyway: bool = False, progress: bool = False, ranks: Ranks | None = None) -> Run:
    """Go on with a run that was stopped or killed: it ends with the bytes that it would have ended with.

    That is so in the same surroundings; where they differ from those that the run records, RecipeError names what
    does, unless it is to go on anyway. A run that has ended is given back as it is. Raises what `load` raises,
    and CheckpointError where another process trains in the folder.
    """
    if ranks is not None:
        check_alike(ranks, versions())
        if not ranks.first:
            return follow(ranks)
    if not (folder / "recipe.json").is_file():
        raise RecipeError(f"{folder} holds no run to go on with; `minigan train` makes one, and says where")
    if (folder / "checkpoint.npz").exists() and not (folder / "frames.bin").exists():
        state, _ = load_run(folder)
        if state.model.steps >= state.recipe.steps:  # it has ended, and may lie where nothing can be written
            if ranks is not None:
                _lead((state, state.dataset()), ranks)
                _send(state, ranks)
            if progress:
                print(f"{folder} took all of its {state.recipe.steps:,} steps before: nothing is left to do")
            return state
    with closing(Keeper(folder)) as keeper:
        if not (folder / "checkpoint.npz").exists():  # killed before its first
            state, data = _lead(start(read(folder / "recipe.json")), ranks)
            keeper.take(state, data, [surroundings(state, data, ranks)])
            return keeper.train(progress, ranks)
        state, extra = load_run(folder)
        if "history" not in extra:
            raise CheckpointError(f"{folder} cannot be gone on with: format 1 kept no frames; train it anew")
        _, data = _lead((state, state.dataset()), ranks)
        keeper.take(state, data, check_surroundings(folder, state, data, extra, anyway, ranks), extra)
        return keeper.train(progress, ranks)


def _send(state: Run, ranks: Ranks) -> None:
    """Let the other ranks start where this one is."""
    model = state.model
    vectors = {name: model.backend.to_numpy(vector) for name, vector in model.vectors().items()}
    ranks.broadcast((model.steps, vectors))


def check_surroundings(
    folder: Path,
    state: Run,
    data: Data,
    extra: dict[str, Any],
    anyway: bool = False,
    ranks: Ranks | None = None,
) -> list[dict[str, Any]]:
    """All surroundings that this run was trained in, by its checkpoint, these here included.

    Raises RecipeError, naming what differs here, unless it is to go on anyway. Another number of ranks, with its
    share of threads, is no difference: it is no part of a run's identity.
    """
    try:
        made_with = [dict(there) for there in extra["made with"]]
        before, now = made_with[-1], surroundings(state, data, ranks)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder} cannot be gone on with: it does not say where it was made") from error
    spread = {"ranks", "threads"} if before.get("ranks", 1) != now["ranks"] else set()
    apart = [k for k in before | now if before.get(k) != now.get(k) and k not in spread]
    differ = [f"{k} was {before.get(k)}, is {now.get(k)}" for k in apart if k != "ranks"]
    if differ and not anyway:
        raise RecipeError(
            f"{folder} was made in other surroundings ({'; '.join(differ)}), so the rest would not be bit for bit "
            f"what it would have been; --anyway goes on all the same"
        )
    return made_with + [now] * bool(differ or spread)
