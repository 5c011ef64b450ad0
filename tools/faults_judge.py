"""Grade a class that does everything wrong; print a line of Markdown for each kind: files, graded rightly, how.

    python tools/faults_judge.py [--files 100] [--jobs 2] [--seed 0]     some minutes on two cores

A file is graded rightly if an answer passed and all else failed; the folder must be as it was, byte for byte,
minigan too, and no process may be left. The forgeries of tests/forgeries/ come last.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib.util
import inspect
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from minigan.exercises import Key, find, grade, ladder
from minigan.exercises.grade import Row
from minigan.exercises.judge import PACKAGE

TESTS = Path(__file__).resolve().parent.parent / "tests"
QUICK = [key for key in ladder() if not hasattr(find(key).answer, "SECONDS")]
DELETE = (
    "import shutil\nfrom pathlib import Path\nfor p in (Path(__file__).parents[1], Path.cwd(), Path.home()):\n"
)
BROKEN = {  # what a file does before anything else, and how many of a hundred do so
    "hangs": ("while True:\n    pass\n", 4),
    "hangs in C": ("import numpy as np\nwhile True:\n    np.linalg.svd(np.ones((400, 400)))\n", 2),
    "crashes Python": ("import os\nos.abort()\n", 4),
    "ends Python": ("import os\nos._exit(0)\n", 4),
    "deletes what it can reach": (DELETE + "    shutil.rmtree(p, ignore_errors=True)\nraise SystemExit\n", 6),
    "forks for ever": ("import os\nwhile True:\n    os.fork()\n", 4),
    "starts daemons": ("import subprocess\nsubprocess.Popen(['sleep', '1000.0625'], start_new_session=True)\n", 4),
    "prints 100 MB": ("for _ in range(100):\n    print('x' * 10**6)\n", 4),
    "takes all memory": ("x = []\nwhile True:\n    x.append(bytes(1 << 24))\n", 4),
    "fills the disk": ("f = open('x', 'wb')\nwhile True:\n    f.write(bytes(1 << 20))\n", 4),
}


def answer(key: Key) -> str:
    """The answer's module without its judge."""
    tree = ast.parse(inspect.getsource(find(key).answer))
    kept = [n for n in tree.body if not (isinstance(n, ast.FunctionDef) and n.name == "judge")]
    return ast.unparse([n for n in kept if getattr(n, "module", "") != "minigan.exercises"])  # type: ignore[arg-type]


def mutants(key: Key) -> list[str]:
    """The wrong answers that the tests know."""
    path = TESTS / "mutants" / f"{find(key).twin('m')}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.MUTANTS.values())


def classroom(folder: Path, files: int, rng: random.Random) -> dict[str, str]:
    """Hand in so many files -> what each is, by its path; a third are right, the rest wrong or broken."""
    kinds: dict[str, str] = {}

    def hand_in(key: Key, source: str, kind: str) -> None:
        path = folder / f"student-{len(kinds):03}" / find(key).path.name
        path.parent.mkdir(parents=True)
        path.write_text(source, encoding="utf-8")
        kinds[path.relative_to(folder).as_posix()] = kind

    for kind, (source, share) in BROKEN.items():
        for _ in range(max(1, round(share * files / 100))):
            hand_in(rng.choice(QUICK), source, kind)
    keys = list(ladder())
    while len(kinds) < files:
        key = keys[len(kinds) % len(keys)]
        right = (len(kinds) + len(kinds) // len(keys)) % 2  # each exercise now this, now that
        hand_in(key, answer(key) if right else rng.choice(mutants(key)), "right" if right else "wrong")
    return kinds


def fingerprint(folder: Path) -> str:
    """One hash of all that is in a folder, but for what Python compiles."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            total.update(path.as_posix().encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def left() -> int:
    """How many processes there are that this one, or a child of it, has started."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            parents[int(status.parent.name)] = int(fields[1])
        except OSError:
            continue
    sleeping = [p for p in Path("/proc").glob("[0-9]*/cmdline") if _reads(p) == "sleep\x001000.0625\x00"]
    return sum(parent == os.getpid() for parent in parents.values()) + len(sleeping)


def _reads(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def report(rows: list[Row], kinds: dict[str, str]) -> int:
    """A line for each kind; returns how many were graded wrongly."""
    bad = 0
    for kind in dict.fromkeys(kinds.values()):
        these = [row for row in rows if kinds[row["file"]] == kind]
        rightly = sum((row["verdict"] == "passed") == (kind == "right") for row in these)
        said = Counter(row["message"].splitlines()[-1][:60].replace("|", " ") for row in these)
        words = "; ".join(f"{what} ({count})" for what, count in said.most_common(2)) if kind in BROKEN else ""
        print(f"| {kind} | {len(these)} | {rightly} | {words} |", flush=True)
        bad += len(these) - rightly
    return bad


def main() -> int:
    """Grade a class and the forgeries."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    bad, minigan = 0, fingerprint(PACKAGE)
    print("| a student's file | handed in | graded rightly | what is said |\n|---|---:|---:|---|", flush=True)
    with tempfile.TemporaryDirectory() as place:
        for name in ("class", "forgers"):
            folder = Path(place, name)
            if name == "class":
                kinds = classroom(folder, asked.files, random.Random(asked.seed))
            else:
                kinds = {}
                for k, forgery in enumerate(sorted((TESTS / "forgeries").glob("*.py"))):
                    path = folder / f"forger-{k:02}" / forgery.name
                    path.parent.mkdir(parents=True)
                    path.write_bytes(forgery.read_bytes())
                    kinds[path.relative_to(folder).as_posix()] = "a forgery"
            before, begun = fingerprint(folder), time.monotonic()
            rows = list(grade(folder, Path(place, f"{name}.csv"), asked.jobs))
            seconds = time.monotonic() - begun
            bad += report(rows, kinds)
            whole, running = fingerprint(folder) == before, left()
            bad += (not whole) + running
            print(
                f"\n{len(rows)} files in {seconds:.0f} s, {asked.jobs} at a time; the folder is "
                f"{'as it was' if whole else 'DAMAGED'}, {running} processes are left\n",
                flush=True,
            )
    if fingerprint(PACKAGE) != minigan:
        print("minigan itself was CHANGED")
        bad += 1
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
