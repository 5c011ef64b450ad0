"""Linux's walls: Landlock (docs.kernel.org/userspace-api/landlock.html), seccomp, and no capabilities.

This file uses the standard library alone, and changes the process that calls it for good.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .calls import ARCH, CALLS, CLONE, CLONE3, PRLIMIT, SOME
else:
    from calls import ARCH, CALLS, CLONE, CLONE3, PRLIMIT, SOME

libc: Any = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
NOT_AT_HOME = 1 << 0 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11  # execute; make devices, sockets, pipes
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
DAC_READ_SEARCH = 1 << 2


def ready() -> bool:
    """Give up all that root may do beyond his files; whether walls can be put up then."""
    if libc is None or libc.prctl(38, 1, 0, 0, 0):  # PR_SET_NO_NEW_PRIVS: what is given up doesn't come back
        return False
    with contextlib.suppress(AttributeError):
        header, has = struct.pack("Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
        if libc.capget(header, has) == 0:
            kept = [sets & DAC_READ_SEARCH for sets in struct.unpack("6I", has.raw)[:2]]  # Python may be another's
            libc.capset(header, struct.pack("6I", *kept, 0, 0, 0, 0))
    return True


def landlock(folder: str, readable: list[str], hidden: list[str]) -> bool:
    """Have the kernel refuse all files but those that are readable and not hidden, and those in the folder."""
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
        if any(path == one or path.startswith(one + "/") for one in secret):
            return
        if not any(one.startswith(path.rstrip("/") + "/") for one in secret):
            allow(path, READ_FILE | READ_DIR)
            return
        with contextlib.suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                if not entry.is_symlink():  # lib64 -> lib would open all of lib, what is hidden there too
                    reveal(os.path.join(path, entry.name))

    allow("/", READ_DIR)
    for path in {os.path.realpath(path) for path in readable}:
        reveal(path)
    allow(folder, rights & ~NOT_AT_HOME)
    allow(os.devnull, READ_FILE | WRITE_FILE)
    up = libc.syscall(446, rules, 0) == 0
    os.close(rules)
    return up


def seccomp() -> bool:
    """Have the kernel refuse CALLS, SOME where their argument says so, and clone where it makes no thread."""
    machine = platform.machine()
    if machine not in ARCH or sys.maxsize < 1 << 32:
        return False
    column = list(ARCH).index(machine)
    load, equal, larger, anybit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse, unknown = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38  # yes, EPERM, ENOSYS
    program = [(load, 0, 0, 4), (equal, 1, 0, ARCH[machine]), (give, 0, 0, refuse), (load, 0, 0, 0)]
    program += [(larger, 0, 1, 1 << 30), (give, 0, 0, refuse)]  # the x32 calls, a second set of numbers
    program += [(equal, 0, 1, CLONE3), (give, 0, 0, unknown)]  # its flags are out of reach; libc then takes clone
    for numbers in CALLS.values():
        if (number := numbers[column]) is not None:
            program += [(equal, 0, 1, number), (give, 0, 0, refuse)]
    for numbers, argument, values in SOME.values():
        program += [(equal, 0, 2 * len(values) + 2, numbers[column]), (load, 0, 0, 16 + 8 * argument)]
        for value in values:
            program += [(equal, 0, 1, value), (give, 0, 0, refuse)]
        program += [(give, 0, 0, allow)]
    program += [(equal, 0, 4, CLONE[column]), (load, 0, 0, 16), (anybit, 0, 1, 0x10000)]  # CLONE_THREAD
    program += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    program += [(equal, 0, 6, PRLIMIT[column]), (load, 0, 0, 32), (equal, 0, 3, 0), (load, 0, 0, 36)]
    program += [(equal, 0, 1, 0), (give, 0, 0, allow), (give, 0, 0, refuse)]  # to ask is allowed: new limits NULL
    program += [(give, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    return libc.prctl(22, 2, header, 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
