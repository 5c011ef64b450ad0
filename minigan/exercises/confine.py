"""What the student's process may not do, and the walls that hold it to that: it confines who calls it.

Three walls, each for itself: limits of the system (`limit`); Python's own audit events (`guard`), on every system,
and no obstacle to who wants to pass; and on Linux the kernel's (`wall`), which no code takes down again.
This file uses the standard library alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import sys
import threading
import time
from importlib.util import module_from_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import kernel
else:
    import kernel

MEMORY, FILE, FILES = 2 << 30, 16 << 20, 64  # bytes, bytes a file, open files


def die_with(parent: int) -> None:
    """End this process when its parent does, however that ends."""
    if kernel.libc is not None:
        kernel.libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
        if os.getppid() != parent:  # it was too fast
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    if sys.platform == "win32":
        system = ctypes.windll.kernel32
        system.WaitForSingleObject(system.OpenProcess(0x100000, False, parent), -1)  # SYNCHRONIZE, for ever
    while sys.platform != "win32" and os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def limit(seconds: float) -> None:
    """Limit CPU time, memory, the size of a file and how many are open, where the system has such limits."""
    with contextlib.suppress(ImportError):
        import resource

        cpu = int(seconds) + 2
        for what, most in (("CPU", cpu), ("AS", MEMORY), ("FSIZE", FILE), ("NOFILE", FILES), ("CORE", 0)):
            with contextlib.suppress(ValueError, OSError, AttributeError):
                kill = most + (what == "CPU")  # a second after SIGXCPU, which says what was too much, SIGKILL
                resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, kill))


# Python's audit events: https://docs.python.org/3/library/audit_events.html

STARTS = (
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "pty.spawn",
)
REACHES = (
    "os.kill",
    "ctypes.",
    "socket.connect",
    "socket.bind",
    "socket.send",
    "socket.getaddr",
    "winreg.",
    "gc.get_",
)
CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
           "os.chown", "os.chflags", "os.utime", "os.setxattr", "os.removexattr")  # fmt: skip


# Modules in C that open files, or run code, without an event.
SILENT = ("readline", "_xxsubinterpreters", "_xxinterp", "_interp", "_sqlite3", "_dbm", "_gdbm", "_test")


def guard(folder: str, hidden: list[str], modules: tuple[str, ...], walled: bool) -> None:
    """Refuse other processes, changes outside this folder, and what lies in hidden folders and modules.

    Where no wall stands behind it, it also refuses what would get around it most easily.
    """
    paths = _private_paths()
    home, secret = paths.realpath(folder).casefold(), [paths.realpath(path).casefold() for path in hidden]
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    me, null, slash = os.getpid(), os.devnull, os.sep
    names = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()
    free = ("ctypes.",) if walled else ()
    modules = modules if walled else modules + SILENT
    if not walled:
        kernel.libc = None  # what it has looked up already is called without an event

    def given(path: Any) -> str:
        """The path that the system is given, whatever a subclass of str says of itself."""
        if issubclass(type(path), bytes):
            return bytes.__getitem__(path, slice(None)).decode(*names)
        return str.__getitem__(path, slice(None))

    def below(path: str, top: str) -> bool:
        path = paths.realpath(path).casefold()  # there are systems to which a and A are one
        return path == top or path.startswith(top + slash)

    def by_number(path: str) -> bool:
        """Whether this may be a folder to be named by its number (dir_fd), or a path from there on."""
        try:
            return (".." in path and not paths.isabs(path)) or paths.stat.S_ISDIR(paths.os.stat(path).st_mode)
        except OSError:
            return False

    def hook(event: str, args: tuple) -> None:
        if event == "open":
            path, _, flags = args
            if path is None or issubclass(type(path), int):  # open already, or nothing
                return
            if (path := given(path)) == null:
                return
            inside = below(path, home)
            if any(below(path, top) for top in secret) and not inside:
                raise PermissionError("an exercise may not read there")
            if flags & writes and not inside:
                raise PermissionError("an exercise may write into its own folder alone")
            if not walled and by_number(path) and not inside:
                raise PermissionError("an exercise may open no folder but its own")
        elif event == "import":
            if args[0].startswith(modules):
                raise ImportError(f"{args[0]} is not there for an exercise")
        elif event.startswith(STARTS):
            raise PermissionError("an exercise starts no other process")
        elif event.startswith(CHANGES):
            named = [given(a) for a in args if issubclass(type(a), str | bytes)]
            if not named or not all(below(path, home) for path in named):
                raise PermissionError("an exercise may change its own folder alone")
        elif (
            event.startswith(REACHES) and not event.startswith(free) and not (event == "os.kill" and args[0] == me)
        ):
            raise PermissionError(f"{event} is not for an exercise")

    sys.addaudithook(hook)


def _private_paths() -> Any:
    """os.path as it is now, in a module of its own that no later patch of os reaches."""
    spec: Any = os.path.__spec__
    own: Any = module_from_spec(spec)
    spec.loader.exec_module(own)
    own.os, own.stat = SimpleNamespace(**vars(os)), SimpleNamespace(**vars(stat))
    return own


def wall(folder: str, readable: list[str], hidden: list[str]) -> list[str]:
    """Put up what the kernel has: he reads what is readable and not hidden, writes here, starts nothing.

    Returns the names of the walls that stand.
    """
    if not kernel.ready():
        return []
    walls = {"landlock": kernel.landlock(folder, readable, hidden), "seccomp": kernel.seccomp()}
    return [name for name, up in walls.items() if up]
