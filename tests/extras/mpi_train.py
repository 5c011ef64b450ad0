"""`minigan` under mpiexec, with a fault on one rank: mpi_train.py FAULT STEP minigan's arguments ...

FAULT is die, fail, term or usr1, at that step of rank 1; or what rank 1 has otherwise than rank 0 from the start:
data, held_out or version. brisk, slow and hang are of all ranks, from that step on: a step takes so long.
"""

from __future__ import annotations

import os
import signal
import sys
import time

import minigan as mg
from minigan.cli import main
from minigan.runs import parallel, presets, run, surroundings

fault, at, *arguments = sys.argv[1:]
ranks, step, load_dataset = parallel.Ranks(), mg.GAN.step, run.load_dataset
SECONDS = {"brisk": 0.02, "slow": 1, "hang": 60}
SIGNALS = {"die": signal.SIGKILL, "term": signal.SIGTERM, "usr1": signal.SIGUSR1}


def faulty(gan, real):
    if gan.steps >= int(at):
        time.sleep(SECONDS.get(fault, 0))
    if gan.steps == int(at) and ranks.rank == 1:
        if fault == "fail":
            raise OSError("the cable was pulled")
        if fault in SIGNALS:
            os.kill(os.getpid(), SIGNALS[fault])
    step(gan, real)


def other_rows(*args, **options):
    data = load_dataset(*args, **options)
    (data.x if fault == "data" else data.held_out)[3, 5] += 1
    return data


mg.GAN.step = faulty
if ranks.rank == 1:
    if fault in ("data", "held_out"):
        run.load_dataset = presets.load_dataset = other_rows
    if fault == "version":
        surroundings.__version__ = "0.0.7"
sys.exit(main(arguments))
