"""Fuzz the readers, guided by coverage: python tests/fuzz/run.py [READER ...] [--runs N] [--seconds S] [--keep].

Each reader has a process of its own, and starts from its good files and from corpus/READER.tar.xz, which earlier
runs have filled: with --keep, the least set of inputs that reaches all that was reached goes there. An input with
which a reader breaks its promise ends its turn: it is written here as crash-..., and the exit code is 1.
Needs atheris (Linux on x86-64), the extra `fuzz`.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import io
import json
import os
import random
import re
import shlex
import subprocess
import sys
import tarfile
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WATCHED = ["minigan", "csv", "gzip", "json", "zipfile"]
BOUNDS = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=2048"]  # bytes, seconds of one input, MiB in all
GROWTH = 256  # MiB by which one input may raise the memory ever held: a picture may unpack to 36, and its decoder
JSON = ("recipe", "description", "run", "sweep")  # the readers whose inputs are JSON texts
VALUES: list[Any] = [None, True, 0, -1, 0.5, 3, 1e308, float("nan"), 10**30, "", "x", [], {}, [[1]], {"is": "x"}]
NAMES = ("csv", "npy", "npz", "idx", "images", "recipe", "history", "checkpoint", "description", "run")
NAMES += ("members", "sweep")


def corpus(name: str) -> Iterator[bytes]:
    """The inputs that earlier runs found worth keeping."""
    with tarfile.open(HERE / "corpus" / f"{name}.tar.xz") as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            assert file
            yield file.read()


def fuzz(name: str, arguments: list[str]) -> None:
    """Hand this process to libFuzzer, which ends it."""
    import resource

    import atheris

    sys.path.insert(0, str(HERE.parent))
    for module in [m for m in sys.modules if m.partition(".")[0] in WATCHED]:
        del sys.modules[module]  # this file has imported it, unwatched
    watched = [*WATCHED, "PIL"] if name == "images" else WATCHED
    with atheris.instrument_imports(include=watched), warnings.catch_warnings():
        from fuzz.readers import READERS, Image, np

        if name == "images":
            Image.init()  # or it loads its decoders later, unwatched
    for part in np.lib.format.read_magic.__globals__.values():
        if inspect.isfunction(part):  # to instrument NumPy's imports takes six seconds
            atheris.instrument_func(part)
    reader, folder = READERS[name], Path(tempfile.mkdtemp())  # in the place that `call` clears away

    def one(content: bytes) -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        reader.judge(content, folder)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert grown < GROWTH, f"{len(content)} bytes took {grown:.0f} MiB"

    def mutate(content: bytes, most: int, seed: int) -> bytes:
        return rewrite(content, random.Random(seed))[:most] if seed % 2 else atheris.Mutate(content, most)

    again = shlex.join([sys.executable, __file__, "--reader", name])  # how -merge calls this process anew
    atheris.Setup([again, *arguments], one, **{"custom_mutator": mutate} if name in JSON else {})
    atheris.Fuzz()


def rewrite(content: bytes, rng: random.Random) -> bytes:
    """JSON text with another value somewhere in it; mutations of its bytes seldom leave it JSON."""
    try:
        tree = json.loads(content)
        spots = [(at, key) for at in branches(tree) for key in (at if isinstance(at, dict) else range(len(at)))]
        at, key = rng.choice(spots)
        at[key] = rng.choice([*VALUES, *(there[k] for there, k in rng.choices(spots, k=4))])
        return json.dumps(tree).encode()
    except (ValueError, IndexError, RecursionError):
        return content


def branches(tree: Any) -> Iterator[Any]:
    """All objects and lists in a JSON value, itself among them."""
    if isinstance(tree, dict | list):
        yield tree
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from branches(part)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"of {', '.join(NAMES)} (all)")
    parser.add_argument("--runs", type=int, default=-1, help="inputs a reader (without end)")
    parser.add_argument("--seconds", type=int, default=60, help="a reader, at most (60)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (1)")
    parser.add_argument("--keep", action="store_true", help="keep what reached new code")
    args = parser.parse_args()
    if strange := set(args.readers) - set(NAMES):
        parser.error(f"there is no reader {', '.join(strange)}")
    sys.path.insert(0, str(HERE.parent))
    from fuzz.readers import READERS

    failed = 0
    for name in args.readers or NAMES:
        with tempfile.TemporaryDirectory() as work:
            found, least = Path(work, "found"), Path(work, "least")
            found.mkdir()
            least.mkdir()
            for content in [*READERS[name].good().values(), *corpus(name)]:
                (found / hashlib.sha1(content).hexdigest()).write_bytes(content)
            limits = [f"-runs={args.runs}", f"-max_total_time={args.seconds}", f"-seed={args.seed}"]
            code, said = call(name, [str(found), *limits, *BOUNDS], work)
            progress = re.findall(r"^#(\d+).* cov: (\d+) ft: \d+ corp: (\d+)", said, re.M)
            tried, edges, kept = progress[-1] if progress else "???"
            print(f"{name}: {tried} inputs, {edges} edges reached, by {kept} of them", flush=True)
            if code:
                failed = 1
                print(said[-4000:])
            elif args.keep:
                call(name, ["-merge=1", str(least), str(found), *BOUNDS], work)
                keep(name, least, set(READERS[name].good().values()))
    return failed


def call(name: str, arguments: list[str], work: str) -> tuple[int, str]:
    """(exit code, output) of libFuzzer in a process of its own, which leaves its files in the folder work."""
    line, place = [sys.executable, __file__, "--reader", name, *arguments], os.environ | {"TMPDIR": work}
    done = subprocess.run(line, env=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def keep(name: str, folder: Path, good: set[bytes]) -> None:
    """Pack the inputs in a folder, except the good files, as this reader's corpus; equal ones give equal bytes."""
    with tarfile.open(HERE / "corpus" / f"{name}.tar.xz", "w:xz") as archive:
        for path in sorted(folder.iterdir(), key=lambda path: (path.stat().st_size, path.name)):
            if (content := path.read_bytes()) not in good:
                entry = tarfile.TarInfo(path.name[:12])
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--reader"]:
        fuzz(sys.argv[2], sys.argv[3:])
    sys.exit(main())
