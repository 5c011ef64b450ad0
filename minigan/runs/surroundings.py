"""What a run's bits depend on beside its recipe, and whether a sweep's members, or ranks, share what they must."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from .. import __version__
from ..core.backend import Backend
from ..data.dataset import Data
from .parallel import ParallelError, Ranks
from .recipe import Recipe
from .run import Run
from .threads import cores, thread_pools, threads_for


def versions(backend: Backend | None = None) -> dict[str, str]:
    """The libraries that numbers come from."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    found = {"minigan": __version__, "python": platform.python_version(), "numpy": np.__version__}
    found["blas"] = f"{blas['name']} {blas['version']}"
    if backend is not None and backend.name == "cupy":
        found["cupy"] = backend.xp.__version__
    return found


def experiment(run: Run, data: Data) -> dict[str, str]:
    """What runs have in common that may be averaged, or be one: the versions, and every row of the data.

    Of one experiment are those that say the same wherever both say something (see `apart`). Rows are hashed under
    the name of their source: those trained on, those held out, and labels, for scores are taken of them all. The
    machine and its threads are no part of it, as they change the last bits and no mean.
    """
    digest, options = hashlib.sha256(), run.recipe.data_options
    parts = [part for part in (data.x, data.held_out, data.labels) if part is not None]
    for part in parts:
        digest.update(f"{part.dtype.str} {part.shape}".encode())
        digest.update(np.ascontiguousarray(part).data)
    source = f"rows of {run.recipe.data}" + (f" {json.dumps(options, sort_keys=True)}" if options else "")
    return versions(run.model.backend) | ({source: digest.hexdigest()} if parts else {})


def apart(members: Iterable[Mapping[str, str]]) -> list[str]:
    """In which things not all of these say the same, with what they say: none, if they are one experiment."""
    said: dict[str, dict[str, None]] = {}
    for member in members:
        for name, value in member.items():
            said.setdefault(name, {})[value] = None
    return [f"{name}: {' and '.join(map(_short, values))}" for name, values in said.items() if len(values) > 1]


def _short(value: str) -> str:
    """The value, for a message of one line; of a hash, what tells it from another."""
    if len(value) == 64 and value.isalnum():
        return value[:12]
    return value if len(value) <= 60 else value[:57] + "..."


def settings_of(recipe: Recipe) -> dict[str, str]:
    """A recipe as `apart` compares it: each setting as a text."""
    return {name: json.dumps(value, sort_keys=True) for name, value in asdict(recipe).items()}


def check_alike(ranks: Ranks, here: Mapping[str, str]) -> None:
    """Raise ParallelError, on every rank, where one says other things than the first; it names rank and thing."""
    every = ranks.every((platform.node(), dict(here)))
    for rank, (machine, there) in enumerate(every):
        if differ := apart([every[0][1], there]):
            raise ParallelError(
                f"ranks 0 and {rank} (on {machine}) are not of one run ({'; '.join(differ)}); "
                f"give every rank the same recipe, data and versions"
            )


def threads_of(state: Run, ranks: Ranks | None) -> int:
    """BLAS threads: as many as the recipe says or the networks want, and a rank's share of the cores at most."""
    wanted = state.recipe.threads or threads_for(state.model)
    return wanted if ranks is None else min(wanted, max(1, cores() // ranks.local))


def surroundings(run: Run, data: Data, ranks: Ranks | None = None) -> dict[str, Any]:
    """What a run's bits depend on beside its recipe: machine, libraries, BLAS threads, the data's own numbers."""
    backend = run.model.backend
    config = np.show_config(mode="dicts")
    blas, pools = config["Build Dependencies"]["blas"], thread_pools()
    kernels = {pool.get("architecture") for pool in pools if pool["internal_api"] in blas["name"]}
    found = {
        "minigan": __version__,
        "machine": " ".join([platform.machine(), *config.get("SIMD Extensions", {}).get("found", [])]),
        "system": " ".join((platform.system(), *platform.libc_ver())),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": " ".join([blas["name"], blas["version"], *sorted(filter(None, kernels))]),
        "threads": threads_of(run, ranks),
        "ranks": 1 if ranks is None else ranks.size,
    }
    if backend.name == "cupy":
        device = backend.xp.cuda.runtime.getDeviceProperties(0)["name"].decode()
        found["gpu"] = f"{device}, CuPy {backend.xp.__version__}"
    rows = data.fingerprint()
    return found | ({"data": rows} if rows else {})
