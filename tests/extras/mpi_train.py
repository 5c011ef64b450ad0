"""`minigan` under mpiexec, with a fault on one rank: mpi_train.py die|term|fail STEP minigan's arguments ..."""

from __future__ import annotations

import os
import signal
import sys

import minigan as mg
from minigan.cli import main
from minigan.runs import parallel

fault, at, *arguments = sys.argv[1:]
ranks, step = parallel.Ranks(), mg.GAN.step


def faulty(gan, real):
    if gan.steps == int(at) and ranks.rank == 1:
        if fault == "fail":
            raise OSError("the cable was pulled")
        os.kill(os.getpid(), signal.SIGKILL if fault == "die" else signal.SIGTERM)
    step(gan, real)


mg.GAN.step = faulty
sys.exit(main(arguments))
