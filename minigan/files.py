"""Files from strangers and to disk: bounded reading, whole writing, and what an error says in one line."""

from __future__ import annotations

import io
import os
import stat
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np


def contents(path: str | os.PathLike) -> bytes:
    """All bytes of a file; raises ValueError for what is none, such as a device, which may never end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError("it is no file")
    return Path(path).read_bytes()


def room(size: int) -> int:
    """How many bytes a packed file of so many may unpack to: 4 MiB, or 128 times as many (MNIST's: 5 times)."""
    return max(1 << 22, 128 * size)


def read_header(head: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    """(shape, Fortran order, dtype) that an .npy claims; raises nearly anything where it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of headers that Python 2 wrote, and reads them well
        if np.lib.format.read_magic(head) == (1, 0):
            return np.lib.format.read_array_header_1_0(head)
        # 2.0; only named fields need a 3.0, which this refuses as they are refused
        return np.lib.format.read_array_header_2_0(head)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place to write to, which becomes the path when all went well, and leaves nothing when it did not."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)  # a link there would lead the bytes elsewhere
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file whole or not at all: beside its place, to the disk, and then renamed. Raises OSError."""
    with whole(path) as part, open(part, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def lock(file: Any) -> None:
    """Hold this file until it is closed, however its process ends; BlockingIOError if another process holds it."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(1 << 30)  # a byte that is never reached, for a locked one cannot be read
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
    elif sys.platform != "emscripten":  # a browser's files are one process's own
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # a file system without locks: better unlocked than not at all
            pass


@contextmanager
def alone(path: Path, seconds: float = 3.0) -> Iterator[None]:
    """Be the only process in here that names this path; the others wait, and raise TimeoutError after so long."""
    with path.open("a+b") as file:
        end = time.monotonic() + seconds
        while True:
            try:
                lock(file)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise TimeoutError(f"{path}: another process has held it for {seconds:g} seconds") from None
                time.sleep(0.02)
        yield


def reason(error: Exception, most: int = 120) -> str:
    """What an error says, for a message of one line: it may quote the file, at any length and in any letters."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    return " ".join(text.split())[:most] or type(error).__name__


def shorten(field: str) -> str:
    """The field in quotes, cut to what a one-line message can hold."""
    text = repr(field)
    return text if len(text) <= 60 else text[:56] + "..." + text[-1]
