"""The page as files: what stands in this package, and the package itself, packed for the browser."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

from ..files import write_whole

PACKAGE = Path(__file__).resolve().parent.parent
PAGE = PACKAGE / "live" / "page"
# What the page never asks for.
LEFT_OUT = ("pages", "lessons", "exercises", "commands", "cli.py", "live/page", "checks/reference", "__pycache__")
TYPES = {".html": "text/html", ".css": "text/css", ".mjs": "text/javascript", ".js": "text/javascript"}
TYPES |= {".json": "application/json", ".png": "image/png", ".zip": "application/zip", ".whl": "application/zip"}
TYPES |= {".wasm": "application/wasm", ".npz": "application/octet-stream"}


@cache
def packed() -> bytes:
    """This package as a .zip, the same bytes for the same files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(PACKAGE.rglob("*")):
            inside = path.relative_to(PACKAGE).as_posix()
            left_out = any(inside.startswith(part) or f"/{part}/" in f"/{inside}" for part in LEFT_OUT)
            if path.is_file() and not left_out and path.suffix in (".py", ".npz"):
                entry = zipfile.ZipInfo(f"minigan/{inside}", (2026, 1, 1, 0, 0, 0))
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


def files() -> dict[str, bytes]:
    """Every file of the page by its name; with those of Pyodide beside them it is complete."""
    found = {path.name: path.read_bytes() for path in sorted(PAGE.iterdir()) if path.is_file()}
    return found | {"minigan.zip": packed()}


def write(folder: Path) -> None:
    """Put the page into a folder, for any server of files. It takes Pyodide from its CDN, or from ?base=."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        write_whole(folder / name, content)
