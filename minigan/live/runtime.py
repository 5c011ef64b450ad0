"""Python and NumPy for the browser: which files, from where, and that they are the right ones.

Pyodide 0.27.7 (CPython 3.12.7, NumPy 2.0.2) is compiled for WebAssembly by its own project. Its files are fetched
once, held to their SHA-256, and kept in the user's cache.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from ..files import write_whole

VERSION = "0.27.7"
SOURCE = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"  # where Pyodide's own documentation sends one
# name: bytes, SHA-256; NumPy's is that of Pyodide's lock file, of which page/pyodide-lock.json is a part
FILES = {
    "pyodide.mjs": (13931, "04c052c815abb0bf2981fa38c2dfa58e3120ee5288c956df2b2a15e301782c5f"),
    "pyodide.asm.js": (1255688, "6b4c90de5b7172873f04f21884d0e9d2274e305fe32116558fe3e4fbe3618d51"),
    "pyodide.asm.wasm": (10105545, "a50dd1843f805a0b7c45b61037ee0d7b26dfe85efe0e18ef95a34ad24e401f5f"),
    "python_stdlib.zip": (2360737, "16611534726e5d8ac2bd8f926410b2dcb8d6f49aa24913463533b457a2115c16"),
    "numpy-2.0.2-cp312-cp312-pyodide_2024_0_wasm32.whl": (
        3061133,
        "ebb61241d962b98b21597d7ce43b67668a6d5bab3acec4fbe958657320d7cd08",
    ),
}
SECONDS = 60  # in which a file has to say something more


class RuntimeMissing(OSError):
    """Pyodide cannot be had: the message says why, and what does without."""


def size() -> int:
    """Bytes of all files together."""
    return sum(length for length, _ in FILES.values())


def cache() -> Path:
    """The folder that keeps this version: in XDG_CACHE_HOME or ~/.cache, on Windows in LOCALAPPDATA."""
    named = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    return (Path(named) if named else Path.home() / ".cache") / "minigan" / f"pyodide-{VERSION}"


def is_right(name: str, content: bytes) -> bool:
    """Whether this is that very file."""
    return FILES[name] == (len(content), hashlib.sha256(content).hexdigest())


def missing(folder: Path) -> list[str]:
    """The names of the files that are not in this folder as they must be."""
    return [
        name for name in FILES if not ((folder / name).is_file() and is_right(name, (folder / name).read_bytes()))
    ]


def fetch(folder: Path, source: str = SOURCE, says: Callable[[str], object] = print) -> None:
    """Have every file in this folder: what is missing is fetched, and kept only if it is right.

    Raises RuntimeMissing where the source cannot be reached or gives something else.
    """
    wanted = missing(folder)
    if not wanted:
        return
    megabytes = sum(FILES[name][0] for name in wanted) / 1e6
    says(f"fetching Python and NumPy for the browser, {megabytes:.1f} MB, once, from {source} to {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        try:
            with urlopen(source + name, timeout=SECONDS) as answer:
                content = answer.read(FILES[name][0] + 1)
        except (URLError, OSError) as error:
            raise RuntimeMissing(
                f"{name} cannot be fetched from {source} ({getattr(error, 'reason', error)})"
            ) from None
        if not is_right(name, content):
            raise RuntimeMissing(
                f"{source} gave another {name} than the one that is known; nothing of it was kept"
            )
        write_whole(folder / name, content)
