"""One run on several processes: each takes its rows of every batch, and the gradients are summed (MPI).

    mpiexec -n 2 minigan train digits

Every rank draws the step's whole batch and noise and takes its own rows, so the number of ranks is no part of a
run's identity: the curve is that of one process, up to the order of a sum. Each player's flat gradient is summed
over the ranks once an update; all else is done alike on every rank, and `agree` holds them to it. That they begin
alike is asked before the first step, see `surroundings.check_alike`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..core.backend import Array
from ..core.gan import GAN, Alone
from ..core.model import Learner, fingerprint

LAUNCHED = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS")  # set by the mpiexec of Open MPI, MPICH, Intel
PLACES = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "MPI_LOCALRANKID")  # and to which rank, in the same order
CUDA_AWARE = "MINIGAN_CUDA_AWARE_MPI"  # set it to 1 where the MPI library takes device arrays: it cannot be asked


class ParallelError(RuntimeError):
    """Processes that are to be one run are not, or cannot be; the message says why."""


class Ranks(Alone):
    """This process among those of an MPI communicator: `rank` of `size`, `local` of which share its machine.

    rows, draws and sum are what a GAN asks of it, see `join`; the rest is for the loop that trains.
    """

    def __init__(self, comm: Any = None):
        try:
            from mpi4py import MPI
        except ImportError as error:
            raise ParallelError("several ranks need mpi4py and an MPI: pip install 'minigan[mpi]'") from error
        self.mpi, self.comm = MPI, MPI.COMM_WORLD if comm is None else comm
        self.rank, self.size = self.comm.Get_rank(), self.comm.Get_size()
        self.local = self.comm.Split_type(MPI.COMM_TYPE_SHARED).Get_size()

    def __repr__(self) -> str:
        return f"rank {self.rank} of {self.size}"

    @property
    def first(self) -> bool:
        """Whether this rank is the one that writes and speaks."""
        return self.rank == 0

    def join(self, gan: Any) -> None:
        """Let this GAN be one of several that play one game: each rank calls `step` with the whole batch.

        ValueError for what is no GAN: a model's step is not dealt out.
        """
        if not isinstance(gan, GAN):
            raise ValueError(f"a {type(gan).__name__} learns on one rank; start it without mpiexec")
        for net in (gan.generator, gan.discriminator):
            if any(layer.couples_rows for layer in net.layers):
                raise ValueError(
                    f"BatchNorm in {net.name} couples the rows of a batch, which {self.size} ranks would split; "
                    f"take it out, or train on one"
                )
        gan.share(self)

    def rows(self, n: int) -> slice:
        """Which of n rows are this rank's; shares differ by one row at most."""
        if n < self.size:
            raise ParallelError(f"{n} rows a batch cannot be shared by {self.size} ranks: take fewer")
        return slice(n * self.rank // self.size, n * (self.rank + 1) // self.size)

    def draws(self, rng: np.random.Generator, own: slice, n: int) -> Share:
        """A source that draws for all n rows, and gives these."""
        return Share(rng, own, n)

    def sum(self, vector: Array) -> None:
        """Replace the vector by its sum over all ranks."""
        if isinstance(vector, np.ndarray) or os.environ.get(CUDA_AWARE) == "1":
            self.comm.Allreduce(self.mpi.IN_PLACE, vector)
        else:
            host = vector.get()
            self.comm.Allreduce(self.mpi.IN_PLACE, host)
            vector.set(host)

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """The rows of all ranks, below each other."""
        return np.concatenate(self.comm.allgather(rows))

    def every(self, thing: Any) -> list[Any]:
        """What each rank gives here, on every rank."""
        return self.comm.allgather(thing)

    def broadcast(self, thing: Any) -> Any:
        """What the first rank gives here, on every rank."""
        return self.comm.bcast(thing)

    def any(self, here: bool) -> bool:
        """Whether it is so on any rank."""
        return bool(self.comm.allreduce(bool(here), op=self.mpi.LOR))

    def agree(self, learner: Learner) -> None:
        """Raise ParallelError, on every rank, where one is in another state than the rest, if by one bit."""
        every = self.comm.allgather(fingerprint(learner))
        odd = [rank for rank, other in enumerate(every) if other != every[0]]
        if odd:
            others = ", ".join(map(str, odd))
            raise ParallelError(
                f"after step {learner.steps} the weights of ranks {others} differ from rank 0's: "
                f"they no longer play one game. Other machines, NumPy or BLAS versions can do that; use alike ones"
            )

    def abort(self) -> None:
        """End every rank of the run, now: one that waits for a dead one would wait for ever."""
        self.comm.Abort(2)


class Share:
    """A source of random numbers that draws for every rank, and gives this one its rows.

    An array of k × own rows is k kinds of rows below each other (real samples and fakes, say), and is cut from
    k × n that are drawn.
    """

    def __init__(self, rng: np.random.Generator, own: slice, n: int):
        self.rng, self.own, self.n = rng, own, n

    def _cut(self, draw: Any, shape: tuple[int, ...]) -> np.ndarray:
        kinds = shape[0] // (self.own.stop - self.own.start)
        return draw((kinds, self.n, *shape[1:]))[:, self.own].reshape(shape)

    def standard_normal(self, shape: tuple[int, ...]) -> np.ndarray:
        return self._cut(self.rng.standard_normal, shape)

    def uniform(self, low: float, high: float, shape: tuple[int, ...]) -> np.ndarray:
        return self._cut(lambda whole: self.rng.uniform(low, high, whole), shape)


@contextmanager
def together(ranks: Ranks | None, shared: tuple[type[BaseException], ...]) -> Iterator[None]:
    """What stops one rank stops all: those that would wait for it for ever.

    Errors of the kinds `shared` are raised on every rank by themselves, and only the first one's go on from here.
    """
    try:
        yield
    except BaseException as error:
        if ranks is None or (ranks.first and isinstance(error, shared)):
            raise
        if not isinstance(error, shared):
            print(f"minigan: {ranks}: {' '.join(str(error).split()) or repr(error)}", file=sys.stderr, flush=True)
            ranks.abort()


def launched() -> tuple[int, int]:
    """(rank, size) that an mpiexec gave this process, by its environment alone; (0, 1) if it is alone."""
    found = [
        (int(os.environ.get(place, "0")), int(size))
        for name, place in zip(LAUNCHED, PLACES, strict=True)
        if (size := os.environ.get(name, "")).isdigit()
    ]
    return max(found, key=lambda of: of[1], default=(0, 1))


def world() -> Ranks | None:
    """The ranks that this process was launched among by an mpiexec; None if it is alone."""
    return Ranks() if launched()[1] > 1 else None
