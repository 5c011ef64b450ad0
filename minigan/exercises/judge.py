"""The judge's end: it starts the student's process, calls his functions there, and keeps the answer at home."""

from __future__ import annotations

import io
import json
import math
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
import tokenize
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakValueDictionary

import numpy as np

from ..core.network import Sequential
from ..core.optimizers import Optimizer
from ..files import contents
from ..runs.checkpoint import describe
from .folder import own_folder
from .protocol import CALL, MOST, SAID, Deck, Ended, Formula, Peer, ProtocolError, Tree
from .verdict import Wrong

SECONDS = 20.0
FRAMEWORKS = ("autograd", "chainer", "flax", "jax", "keras", "mlx", "mxnet", "optax", "paddle", "sklearn",
              "tensorflow", "theano", "tinygrad", "torch")  # fmt: skip
BY_ITSELF = "does by itself what is to be learned here. Write it in Python and NumPy; then compare, by all means"
PRINTED, MOST_PRINTED = (
    4000,
    16 << 20,
)  # characters that are shown of what the student's code prints; bytes at most
MOST_SOURCE = 1 << 20  # bytes of his file
PACKAGE = Path(__file__).parents[1]
HIDDEN = PACKAGE / "lessons" / "exercises" / "answers"
CHILD = Path(__file__).with_name("child.py")


class Remote:
    """What lives in the student's process: it can be called and asked for attributes, and is nothing else here."""

    def __init__(self, student: Student, number: int, text: str):
        self.__dict__.update(_student=student, _number=number, _text=text)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or hasattr(np.ndarray, name):  # it is no array, whatever it says
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return self._student.attribute(self, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._student.call(self._number, args, kwargs)

    def __repr__(self) -> str:
        return self._text

    def __del__(self) -> None:
        self._student.dropped.append(self._number)


def repeat(function: Callable[[], Any], times: int) -> None:
    """Call a function so many times, and tell the student's process once where it lives there."""
    if isinstance(function, Remote):
        function._student.repeat(function, times)
    else:
        for _ in range(times):
            function()


def spent(thing: Any) -> float:
    """The CPU seconds used so far by the process in which this lives: the student's, or else this one."""
    return thing._student.spent() if isinstance(thing, Remote) else time.process_time()


LIVE: set[Student] = set()  # those whose process runs


class Student(Peer):
    """The student's process and our end of the pipes to it; `stop` ends it, with all that it has started."""

    def __init__(self, folder: str, seconds: float, hidden: list[str], wall: float, barred: dict[str, str]):
        roots = [Path(p).resolve() for p in (PACKAGE, sys.prefix, sys.base_prefix)]  # without these nothing runs
        hidden = [h for h in hidden if not any(root.is_relative_to(Path(h).resolve()) for root in roots)]
        begin = json.dumps(
            {"parent": os.getpid(), "folder": folder, "seconds": seconds, "path": _path(), "hidden": hidden}
            | {"readable": _readable(), "minigan": str(PACKAGE), "barred": barred}
        )
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-u", "-X", "utf8", str(CHILD), begin],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is ours, and what it starts can be stopped with it
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        super().__init__(self.process.stdout.fileno(), self.process.stdin.fileno())
        self.remotes: WeakValueDictionary[int, Remote] = WeakValueDictionary()
        self.kinds: WeakValueDictionary[str, type[Remote]] = WeakValueDictionary()
        self.late = self.loud = False
        self.printed = b""
        self.over = threading.Event()
        LIVE.add(self)
        self.watchers = [threading.Thread(target=w, daemon=True) for w in (lambda: self._wait(wall), self._listen)]
        for watcher in self.watchers:
            watcher.start()

    def _wait(self, seconds: float) -> None:
        """Kill it when its time is up."""
        if not self.over.wait(seconds):
            self.late = True
            self.kill()

    def _listen(self) -> None:
        """Keep the first of what it prints, and kill it for too much."""
        size = 0
        with suppress(OSError, ValueError):
            while part := os.read(self.process.stderr.fileno(), 1 << 16):  # type: ignore[union-attr]
                size += len(part)
                self.printed += part[: max(0, 4 * PRINTED - len(self.printed))]
                if size > MOST_PRINTED:
                    self.loud = True
                    self.kill()
                    break

    def kill(self) -> None:
        """End it at once, and its process group."""
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(OSError):
            self.process.kill()

    def stop(self) -> None:
        """End it if it still runs, and wait until it is gone."""
        self.over.set()
        if self.process.poll() is None:
            self.kill()
        self.process.wait()
        LIVE.discard(self)
        for watcher in self.watchers:
            watcher.join(1)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    # What the judge asks.

    def load(self, source: str, path: str) -> Any:
        """His module, once its text has run."""
        return self.ask("load", source, path, Path(path).stem)

    def attribute(self, remote: Remote, name: str) -> Any:
        """An attribute; arrays in it stay shared until it is asked for again, functions are asked for once."""
        back: set[int] = set()
        value = self.ask("get", remote._number, name, back=back)
        self.hold((remote._number, name), back)
        if isinstance(value, Remote):
            remote.__dict__[name] = value
        return value

    def call(self, number: int, args: tuple, kwargs: dict) -> Any:
        """What his function returns; what it changes in the arrays it was given is changed in ours."""
        share: set[int] = set()
        try:
            return self.ask("call", number, args, kwargs, np.geterr()["invalid"], share=share)
        finally:
            self.hold(CALL, set())

    def repeat(self, remote: Remote, times: int) -> None:
        """Call a function of his so many times, without arguments."""
        self.ask("repeat", remote._number, times)

    def spent(self) -> float:
        """The CPU seconds that his process has used, by its own clock."""
        said = self.ask("spent", 0)
        if not isinstance(said, float) or not 0 <= said < math.inf:
            raise ProtocolError("no time")
        return said

    def serve(self, what: str, parts: list[Tree], arrays: list[np.ndarray]) -> None:
        """Do for his code what it may ask for: call a function, look at what a thing exposes, or use an operator.

        A mistake of his goes back to him. What a judge has to say against him ends the game here and now.
        """
        try:
            number, *rest = (self.unpack(part, arrays) for part in parts)
            thing = self.things[number]
            if what == "call" and callable(thing) and not isinstance(thing, type):
                value = thing(*rest[0], **rest[1])
            elif what == "get" and rest[0] in getattr(type(thing), "exposes", ()):
                value = getattr(thing, rest[0])
            elif what == "operator" and rest[0] in getattr(type(thing), "operators", ()):
                value = getattr(thing, rest[0])(*rest[1])
            else:
                raise AttributeError(f"{type(thing).__name__} does not let you do that")
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError) as error:
            return self.tell_error(error)
        return self.tell(value)

    def foreign(self, value: Any, arrays: list[np.ndarray], share: set[int] | None) -> Tree | None:
        """How what a judge hands over travels: as a number, or as what the other side can build for itself."""
        match value:
            case Remote():
                return ["yours", value._number]
            case Formula():
                return ["formula", value.text]
            case Deck():
                return ["deck", self.pack(value.rows, arrays)]
            case np.random.Generator():
                return ["generator", value.bit_generator.state]
            case Sequential() if share is not None:
                plain = {"name": value.name, "seed": value.seed, "width": value.widths[0]}
                plain |= {"layers": describe(value.layers), "dtype": value.backend.dtype.name}
                theta = self.together(value.theta, arrays, share, value.moved)
                return ["network", plain, theta, self.together(value.grad, arrays, share)]
            case Optimizer() if share is not None:
                return ["optimizer", describe(value), self.together(value.net.theta, arrays, share)]
        kind = next(
            (k for k, has in (("operand", "operators"), ("thing", "exposes")) if hasattr(type(value), has)), None
        )
        if kind is None and callable(value) and not isinstance(value, type):
            kind = "function"
        if kind is None:
            return None
        tree: list[Tree] = [kind, self.keep(value), getattr(value, "__name__", type(value).__name__)]
        if kind == "operand":  # what is no secret of it is told at once
            tree.append(self.pack({name: getattr(value, name) for name in value.facts}, arrays))
        return tree

    def at_home(self, value: Any) -> Tree:
        """Nothing else is handed over."""
        raise TypeError(f"a judge cannot hand over {type(value).__name__}")

    def arrived(self, tree: Tree, arrays: list[np.ndarray], share: set[int] | None) -> Any:
        """A stub of something of his, under the name of its type."""
        match tree:
            case ["mine", int(number), str(name), str(text)]:
                if (known := self.remotes.get(number)) is None:
                    if len(self.remotes) >= MOST:
                        raise ProtocolError(f"more than {MOST:,} things to call")
                    known = self.remotes[number] = self._kind(name[:40])(self, number, text[:100])
                return known
        raise ProtocolError("a value of no known kind")

    def _kind(self, name: str) -> type[Remote]:
        """The class of the stubs of a type of his, by its name."""
        kind = self.kinds.get(name)
        if kind is None:
            kind = self.kinds[name] = type(re.sub(r"\W", "", name) or "object", (Remote,), {})
        return kind


def _path() -> list[str]:
    """Where the student's process finds modules: where we do, but for the working folder, and for a checkout's."""
    out = {os.getcwd()} | (
        {str(PACKAGE.parent)} if PACKAGE.parent.name not in ("site-packages", "dist-packages") else set()
    )
    return [entry for entry in sys.path if os.path.isabs(entry) and entry not in out]


def _readable() -> list[str]:
    """What it may read: Python, its packages, minigan, and what the system has for all."""
    system = ["/usr", "/lib", "/lib64", "/etc", "/opt", "/nix", "/proc", "/sys/devices/system", "/dev/urandom"]
    return [*system, sys.prefix, sys.base_prefix, os.path.dirname(sys.executable), *_path(), str(PACKAGE)]


def _answers() -> list[str]:
    """Where answers lie: this minigan's, what Python compiled of them, and other minigans' that he can read."""
    others = (os.path.join(entry, HIDDEN.relative_to(PACKAGE.parent)) for entry in _path())
    return [str(HIDDEN), os.path.dirname(cache_from_source(str(HIDDEN / "a.py"))), *filter(os.path.isdir, others)]


def _environment(folder: str) -> dict[str, str]:
    kept = {
        k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "LD_LIBRARY_PATH")
    }
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    home = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP"), folder)
    return kept | threads | home | {"MPLBACKEND": "agg"}


def visible(text: str) -> str:
    """The text with what a terminal would obey written out: an escape is shown as \\x1b, and does nothing."""
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text.replace("\r\n", "\n"))


@dataclass(frozen=True)
class Verdict:
    """What came of a check: whether it passed, what is to be said, what the student's code printed."""

    passed: bool
    message: str
    printed: str = ""
    seconds: float = 0.0


class Exercise(Protocol):
    """What is judged: its answer's module has judge(student, rng), and perhaps SECONDS."""

    @property
    def answer(self) -> Any:
        """The module; it may also have WALL, seconds by the clock on the wall, and BARRED, {module: why not}."""


def judged(
    exercise: Exercise,
    path: Path,
    seed: int | None = None,
    seconds: float | None = None,
    hidden: tuple[Path, ...] = (),
) -> Verdict:
    """Judge the student's file on random data that he does not see, drawn when his code has run.

    It is stopped after so many seconds: SECONDS, unless the answer's module says how many its judge needs. Where
    it has WALL, the SECONDS are of computing (CPU) and WALL by the clock. hidden are folders that his code may not
    read. Raises OSError where the file cannot be read.
    """
    begun, answer = time.monotonic(), exercise.answer
    limit: float = getattr(answer, "SECONDS", SECONDS) if seconds is None else seconds
    wall: float = getattr(answer, "WALL", limit) if seconds is None else seconds
    barred = dict.fromkeys(FRAMEWORKS, BY_ITSELF) | getattr(answer, "BARRED", {})
    try:
        if path.stat().st_size > MOST_SOURCE:
            return Verdict(False, f"the file has more than {MOST_SOURCE >> 20} MiB")
        content = contents(path)
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)  # his first lines may name one
        source = content.decode(encoding)
    except (ValueError, SyntaxError, LookupError) as error:
        return Verdict(False, f"{path.name} is no text in UTF-8, or in what its first lines name: {error}")
    rng = np.random.default_rng(secrets.randbits(64) if seed is None else seed)
    with own_folder() as folder:
        student = Student(folder, limit, [*_answers(), *map(str, hidden)], wall, barred)
        try:
            message = _heard(answer.judge, student, source, path, rng)
        except Ended:
            message = _ended(student, wall if student.late else limit)
        finally:
            student.stop()
    printed = student.printed.decode("utf-8", "replace")[:PRINTED].rstrip()
    said = "passed" if message is None else visible(message)
    return Verdict(message is None, said, visible(printed), time.monotonic() - begun)


def _heard(judge: Callable, student: Student, source: str, path: Path, rng: np.random.Generator) -> str | None:
    """What the judge, or the student's own error, has to say; None where all is right."""
    try:
        judge(student.load(source, str(path.resolve())), rng)
    except Wrong as error:
        return str(error)
    except Ended:
        raise
    except ProtocolError as error:
        return f"it sent what is no value: {error!s:.{SAID}}"
    except NotImplementedError:
        return f"the gap is still empty: write your code in {path}, and take out the raise"
    except Exception as error:
        said = getattr(error, "said", f"{type(error).__name__}: {error}")
        if said.startswith("Barred: "):
            return said.removeprefix("Barred: ")
        if missing := re.fullmatch(r"AttributeError: module '.*' has no attribute '(\w+)'", said):
            return f"your file has no {missing[1]} yet; `minigan exercise start` puts the file there as it begins"
        return getattr(error, "shown", "") or f"{said} (your function was called as its docstring says)"
    return None


def _ended(student: Student, limit: float) -> str:
    student.process.wait()
    code = student.process.returncode
    if student.loud:
        return f"it printed more than {MOST_PRINTED >> 20} MiB and was stopped: does a loop print?"
    if student.late or (hasattr(signal, "SIGXCPU") and code == -signal.SIGXCPU):
        return f"it ran for more than {limit:g} seconds and was stopped: does a loop never end?"
    return f"it ended Python (exit code {code}) before it could be judged"
