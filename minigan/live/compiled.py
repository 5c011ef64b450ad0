"""What a browser keeps of a start, so that the next one compiles nothing: the bytecode of all that was imported.

Pyodide brings the standard library as sources, and so do NumPy's wheel and this package: half of a start goes into
compiling them. Only the worker asks for this, when it has nothing else to do.
"""

from __future__ import annotations

import io
import marshal
import sys
import zipfile
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import ModuleType
from typing import Any

# Of a .pyc that is held to no source: PEP 552. Whoever keeps it knows that the sources are the same.
HEAD = MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)


class Compiled:
    """An archive that grows by a module a step: one of an archive on sys.path by its place in there, any other by
    its file in a __pycache__, from the root on.
    """

    def __init__(self) -> None:
        self.content = io.BytesIO()
        self.archive = zipfile.ZipFile(self.content, "w")  # stored as it is: to inflate it would take as long
        self.left: Iterator[ModuleType] = iter(list(sys.modules.values()))

    def step(self) -> bool:
        """Add the next module; whether there was one."""
        for module in self.left:
            spec: Any = getattr(module, "__spec__", None)
            source, cached = getattr(spec, "origin", None) or "", getattr(spec, "cached", None) or ""
            inside = source.partition(".zip/")[2]
            if inside and (code := spec.loader.get_code(spec.name)):
                self.archive.writestr(f"{Path(inside).with_suffix('.pyc')}", HEAD + marshal.dumps(code))
                return True
            if cached and Path(cached).is_file():
                self.archive.writestr(cached.lstrip("/"), HEAD + Path(cached).read_bytes()[len(HEAD) :])
                return True
        return False

    def bytes(self) -> bytes:
        """The whole archive."""
        self.archive.close()
        return self.content.getvalue()


def unpack(path: str) -> None:
    """Put what belongs into folders there; the rest is read from the archive, which is first on sys.path."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall("/", [name for name in archive.namelist() if "__pycache__" in name])
