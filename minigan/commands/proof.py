"""What surrounds a run on the command line: this machine, other libraries, the clock, the live page."""

from __future__ import annotations

import argparse
import os
import sys

from .. import __version__
from ..core.backend import Backend
from .words import one_line


def info(args: argparse.Namespace) -> None:
    import platform

    import numpy as np
    import threadpoolctl

    from ..runs.threads import ONE_THREAD, cores

    auto = Backend("auto")
    gpu = auto.xp.cuda.runtime.getDeviceProperties(0)["name"].decode() if auto.name == "cupy" else "none"
    pools = threadpoolctl.threadpool_info()
    blas = ", ".join(f"{p['internal_api']} {p['version']} ({p.get('architecture', '?')})" for p in pools)
    print(f"minigan    {__version__}, Python {platform.python_version()}, NumPy {np.__version__}")
    print(f"backend    numpy is the default; auto would choose {auto.name}: {auto.reason}")
    print(f"GPU        {gpu}")
    print(f"BLAS       {blas or 'none that threadpoolctl knows'}")
    print(f"threads    {cores()} cores; 1 BLAS thread for games below {ONE_THREAD:,} parameters, all cores above")
    print(f"MPI        {_mpi()}")


def _mpi() -> str:
    """Which mpiexec is here, and what it lets start."""
    import shutil
    import subprocess

    from ..runs.threads import cores

    if (mpiexec := shutil.which("mpiexec")) is None:
        return "no mpiexec; pip install 'minigan[mpi]' brings one"
    said = subprocess.run([mpiexec, "--version"], capture_output=True, text=True).stdout.strip()
    more = ""
    if "Open MPI" in said:
        more = "; more ranks than cores want --map-by :OVERSUBSCRIBE"
        if hasattr(os, "getuid") and os.getuid() == 0:
            more += ", and the user root --allow-run-as-root"
    return (
        f"{said.splitlines()[0]}; mpiexec -n {cores()} minigan train ...{more}"
        if said
        else "an mpiexec that fails"
    )


def compare(args: argparse.Namespace) -> int:
    from ..checks import compare, kinks

    if args.kinks:
        print(kinks.report())
        return 0
    if args.out and args.out.suffix.lower() != ".png":
        raise ValueError(f"{args.out}: the figure is a PNG; give a name that ends in .png")
    return 0 if compare.run(args.out, args.other) else 1


def bench(args: argparse.Namespace) -> None:
    from ..checks import bench

    if args.targets:
        return bench.targets(args.seeds)
    cases = args.cases.split(",") if args.cases else list(bench.CASES)
    parts = args.what or ["speed", "growth", "processes"]
    for given, known in ((cases, bench.CASES), (parts, ("speed", "growth", "processes"))):
        for name in given:
            if name not in known:
                raise ValueError(f"bench has no {name!r}; choose of {', '.join(known)}")
    threads = args.threads or bench.cores()
    for part in parts:
        if part == "speed":
            bench.speed(cases, threads, args.rounds)
        elif part == "growth":
            bench.growth(threads, args.rounds)
        else:
            bench.processes(threads)
    return None


def live(args: argparse.Namespace) -> None:
    import webbrowser

    from ..live import bundle, runtime
    from ..live.server import Server

    if args.out is not None:
        bundle.write(args.out)
        print(f"{args.out}: the page; it takes Pyodide from {runtime.SOURCE}, or from ?base=FOLDER/")
        return
    folder = None if args.native else args.runtime or runtime.cache()
    if folder is not None:
        try:
            runtime.fetch(folder)
        except OSError as error:
            print(f"{one_line(error)}; so the page computes here, with NumPy", file=sys.stderr)
            folder = None
    with Server(args.port, folder) as server:
        print(f"{server.address}\nCtrl-C ends it", flush=True)
        if not args.no_browser:
            webbrowser.open(server.address)
        server.serve_forever()
