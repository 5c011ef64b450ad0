"""What the student's process may not do, and the walls that hold it to that: it confines who calls it.

Three walls, each for itself: limits of the system (`limit`); Python's own audit events (`guard`), on every system,
and no obstacle to who wants to pass; and on Linux the kernel's Landlock and seccomp (`wall`), which no code takes
down again. This file uses the standard library alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys
import threading
import time
from typing import Any

MEMORY, FILE, FILES = 2 << 30, 16 << 20, 64  # bytes, bytes a file, open files
libc: Any = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """End this process when its parent does, however that ends."""
    if libc is not None:
        libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
        if os.getppid() != parent:  # it was too fast
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.WaitForSingleObject(kernel.OpenProcess(0x100000, False, parent), -1)  # SYNCHRONIZE, for ever
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
                resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, most))


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


def guard(folder: str, hidden: list[str], modules: tuple[str, ...], free: tuple[str, ...] = ()) -> None:
    """Refuse other processes, changes outside this folder, and what lies in hidden folders and modules.

    free are events that are left alone, where a wall stands behind them.
    """
    real, absolute, slash, fsdecode = os.path.realpath, os.path.abspath, os.sep, os.fsdecode
    home, secret = real(folder).casefold(), [real(path).casefold() for path in hidden]
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    me, null = os.getpid(), os.devnull

    def below(path: Any, top: str) -> bool:
        if isinstance(path, int):  # a file that is open already
            return False
        path = real(absolute(fsdecode(path))).casefold()  # there are systems to which a and A are one
        return path == top or path.startswith(top + slash)

    def hook(event: str, args: tuple) -> None:
        if event == "open":
            path, _, flags = args
            if isinstance(path, int) or path is None or path == null:
                return
            if any(below(path, top) for top in secret) and not below(path, home):
                raise PermissionError("an exercise may not read there")
            if flags & writes and not below(path, home):
                raise PermissionError("an exercise may write into its own folder alone")
        elif event == "import":
            if args[0].startswith(modules):
                raise ImportError(f"{args[0]} is not there for an exercise")
        elif event.startswith(STARTS):
            raise PermissionError("an exercise starts no other process")
        elif event.startswith(CHANGES):
            paths = [a for a in args if isinstance(a, str | bytes)]
            if not paths or not all(below(path, home) for path in paths):
                raise PermissionError("an exercise may change its own folder alone")
        elif (
            event.startswith(REACHES) and not event.startswith(free) and not (event == "os.kill" and args[0] == me)
        ):
            raise PermissionError(f"{event} is not for an exercise")

    sys.addaudithook(hook)


# Linux: Landlock (docs.kernel.org/userspace-api/landlock.html) and seccomp.

READ_FILE, READ_DIR, WRITE_FILE, TRUNCATE = 1 << 2, 1 << 3, 1 << 1, 1 << 14
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}


def wall(folder: str, readable: list[str], hidden: list[str]) -> list[str]:
    """Put up what the kernel has: he reads what is readable and not hidden, writes here, starts nothing.

    Returns the names of the walls that stand.
    """
    if libc is None or libc.prctl(38, 1, 0, 0, 0):  # PR_SET_NO_NEW_PRIVS
        return []
    return [
        name for name, up in (("landlock", _landlock(folder, readable, hidden)), ("seccomp", _seccomp())) if up
    ]


def _landlock(folder: str, readable: list[str], hidden: list[str]) -> bool:
    abi = libc.syscall(444, None, 0, 1)
    if abi < 1:
        return False
    rights = RIGHTS[min(abi, 5)]
    scopes = struct.pack("QQQ", rights, 3, 3)[: 8 if abi < 4 else 16 if abi < 6 else 24]  # files, TCP, signals
    rules = libc.syscall(444, scopes, len(scopes), 0)
    if rules < 0:
        return False
    secret = [os.path.realpath(path) for path in hidden]

    def allow(path: str, access: int) -> None:
        try:
            where = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        if not os.path.isdir(path):
            access &= READ_FILE | WRITE_FILE | TRUNCATE
        libc.syscall(445, rules, 1, struct.pack("=Qi", access & rights, where), 0)
        os.close(where)

    def reveal(path: str) -> None:
        """Allow to read what is at and below this path, but for what is hidden."""
        if path in secret:
            return
        if not any(one.startswith(path.rstrip("/") + "/") for one in secret):
            allow(path, READ_FILE | READ_DIR)
            return
        with contextlib.suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                reveal(os.path.join(path, entry.name))

    allow("/", READ_DIR)
    for path in {os.path.realpath(path) for path in readable}:
        reveal(path)
    allow(folder, rights & ~(1 << 0))  # all but to execute
    allow(os.devnull, READ_FILE | WRITE_FILE)
    up = libc.syscall(446, rules, 0) == 0
    os.close(rules)
    return up


# What starts a process, signals one, traces one or opens a socket: x86_64, aarch64.
CALLS = {
    "x86_64": (0xC000003E, 56, (57, 58, 59, 322, 62, 200, 234, 129, 297, 424, 101, 310, 311, 41, 425, 160)),
    "aarch64": (0xC00000B7, 220, (221, 281, 129, 130, 131, 138, 240, 424, 117, 270, 271, 198, 425, 164)),
}
CLONE3, CLONE_THREAD, PRLIMIT = 435, 0x10000, {"x86_64": 302, "aarch64": 261}


def _seccomp() -> bool:
    """Have the kernel refuse CALLS, and clone where it makes no thread."""
    machine = platform.machine()
    if machine not in CALLS or sys.maxsize < 1 << 32:
        return False
    arch, clone, calls = CALLS[machine]
    load, equal, larger, anybit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse, unknown = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38  # yes, EPERM, ENOSYS
    program = [(load, 0, 0, 4), (equal, 1, 0, arch), (give, 0, 0, refuse), (load, 0, 0, 0)]
    program += [(larger, 0, 1, 1 << 30), (give, 0, 0, refuse)]  # the x32 calls, a second set of numbers
    program += [(equal, 0, 1, CLONE3), (give, 0, 0, unknown)]  # its flags are out of reach; libc then takes clone
    for call in calls:
        program += [(equal, 0, 1, call), (give, 0, 0, refuse)]
    program += [(equal, 0, 4, clone), (load, 0, 0, 16), (anybit, 0, 1, CLONE_THREAD), (give, 0, 0, allow)]
    program += [(give, 0, 0, refuse)]
    program += [(equal, 0, 6, PRLIMIT[machine]), (load, 0, 0, 32), (equal, 0, 3, 0), (load, 0, 0, 36)]
    program += [
        (equal, 0, 1, 0),
        (give, 0, 0, allow),
        (give, 0, 0, refuse),
    ]  # to ask is allowed: new limits are NULL
    program += [(give, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    return libc.prctl(22, 2, header, 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
