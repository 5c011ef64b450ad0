"""Threads are a setting: one BLAS thread for a small game, all cores for a large one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..core.gan import GAN

ONE_THREAD = 500_000  # parameters: below this a second BLAS thread costs more than it brings


@contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """Give the BLAS under NumPy this many threads for a while."""
    import threadpoolctl

    with threadpoolctl.threadpool_limits(limits=threads, user_api="blas"):
        yield


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_for(gan: GAN) -> int:
    """One BLAS thread for a small game, all cores for a large one."""
    return 1 if gan.generator.size + gan.discriminator.size < ONE_THREAD else cores()
