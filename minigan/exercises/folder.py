"""The empty folder that a student's process works in, which is gone afterwards whatever he has made in it."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def own_folder() -> Iterator[str]:
    """A new folder, for as long as this lasts."""
    folder = os.path.realpath(tempfile.mkdtemp(prefix="minigan-"))
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: str) -> None:
    """Remove a folder however deep it is: each folder in it is moved up first, so no path gets long.

    What the system keeps (an attribute, a process that has it open on Windows) stays.
    """
    name = secrets.token_hex(8)  # none that he has taken
    left, found = [folder], 0
    while left:
        here = left.pop()
        with suppress(OSError):
            os.chmod(here, 0o700)
        for entry in _inside(here):
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    found += 1
                    left.append(os.path.join(folder, f"{name}-{found}"))
                    os.rename(entry.path, left[-1])
                else:
                    os.unlink(entry.path)
        if here != folder:
            with suppress(OSError):
                os.rmdir(here)
    with suppress(OSError):
        os.rmdir(folder)


def _inside(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
