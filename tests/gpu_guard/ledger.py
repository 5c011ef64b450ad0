"""What a GPU would have been asked to do: kernel launches, and copies in either direction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class HostCopy(AssertionError):
    """A value was copied to the host where nothing may be: a GPU would have to finish all its work first."""


class Ledger:
    """Three counters by name: launches, downloads (device to host) and uploads (host to device)."""

    def __init__(self) -> None:
        self.launches: Counter[str] = Counter()
        self.downloads: Counter[str] = Counter()
        self.uploads: Counter[str] = Counter()


_open: list[Ledger] = []
_dtypes: list[list[str]] = []
_forbidden = _muted = 0


@contextmanager
def counting() -> Iterator[Ledger]:
    """A ledger of what happens within the block."""
    _open.append(Ledger())
    try:
        yield _open[-1]
    finally:
        _open.pop()


@contextmanager
def no_sync() -> Iterator[None]:
    """Within the block a copy to the host raises HostCopy."""
    global _forbidden
    _forbidden += 1
    try:
        yield
    finally:
        _forbidden -= 1


@contextmanager
def one_launch(name: str, size: int) -> Iterator[None]:
    """Whatever the block launches counts as one launch."""
    global _muted
    launch(name, size)
    _muted += 1
    try:
        yield
    finally:
        _muted -= 1


def launch(name: str, size: int = 1, times: int = 1) -> None:
    """A kernel of this name over so many elements; CuPy launches nothing for none."""
    if size and times and not _muted:
        for ledger in _open:
            ledger.launches[name] += times


def upload(name: str) -> None:
    """A copy from the host: it waits for nothing but itself."""
    for ledger in _open:
        ledger.uploads[name] += 1


def download(name: str) -> None:
    """A copy to the host, which waits for all launches before it."""
    for ledger in _open:
        ledger.downloads[name] += 1
    if _forbidden:
        raise HostCopy(f"{name} copies a value to the host")


@contextmanager
def recording() -> Iterator[list[str]]:
    """The types of the results of all ufuncs within the block, in turn."""
    _dtypes.append([])
    try:
        yield _dtypes[-1]
    finally:
        _dtypes.pop()


def is_recording() -> bool:
    return bool(_dtypes)


def computed(dtype: str) -> None:
    """A ufunc gave this type."""
    if _dtypes:
        _dtypes[-1].append(dtype)
