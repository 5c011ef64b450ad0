"""Threads are a setting: one BLAS thread for a small game, all cores for a large one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..core.backend import IN_BROWSER
from ..core.model import Learner

ONE_THREAD = 500_000  # parameters: below this a second BLAS thread costs more than it brings

_lock = threading.Lock()
_asked: dict[int, list[int]] = {}  # by Python thread: the limits that it is within, the last of which holds
_before: Any = None  # how to give the BLAS back what it had


def _forked() -> None:
    """Forget what only the parent's other threads were within."""
    global _lock
    _lock = threading.Lock()
    for thread in _asked.keys() - {threading.get_ident()}:
        del _asked[thread]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


@contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """Give the BLAS under NumPy this many threads for a while.

    The limit is the process's, and bits depend on it: two Python threads may be within one only if they ask for
    the same. RuntimeError for the second if they do not.
    """
    global _before
    if IN_BROWSER:  # there are no threads to give
        yield
        return
    own = threading.get_ident()
    with _lock:
        others = {limits[-1] for thread, limits in _asked.items() if thread != own}
        if others - {threads}:
            raise RuntimeError(
                f"another Python thread computes with {others.pop()} BLAS threads, this one asks for {threads}; "
                f"the limit is the process's, so give both the same, with threads=..., or run one after the other"
            )
        if not others:
            limiter = _limit(threads)
            _before = _before if _asked else limiter
        _asked.setdefault(own, []).append(threads)
    try:
        yield
    finally:
        with _lock:
            _asked[own].pop()
            if _asked[own]:
                _limit(_asked[own][-1])
            else:
                del _asked[own]
            if not _asked:
                _take_over()
                _before.restore_original_limits()
                _take_over()


def _limit(threads: int) -> Any:
    import threadpoolctl

    _take_over()
    limiter = threadpoolctl.threadpool_limits(threads, "blas")
    _take_over()
    return limiter


def _take_over() -> None:
    """Let this Python thread set the limit: threadpoolctl 3.8 ignores all but the first that did, in silence."""
    import threadpoolctl

    clear = getattr(threadpoolctl.OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)


def thread_pools() -> list[dict[str, Any]]:
    """The thread pools of this process's libraries, as threadpoolctl describes them; none in a browser."""
    if IN_BROWSER:
        return []
    import threadpoolctl

    return threadpoolctl.threadpool_info()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_for(learner: Learner) -> int:
    """One BLAS thread for small networks, all cores for large ones."""
    return 1 if learner.size < ONE_THREAD else cores()
