"""The lessons' pages, where they have been built, and the way to them in a browser.

`make -C docs` puts the whole site into minigan/pages. A clone has it from then on, and a wheel that is built there
carries it.
"""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

PAGES = Path(__file__).resolve().parents[1] / "pages"
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")  # where a browser has a window, or is named


def page(name: str) -> Path | None:
    """The page of this name, as `lessons/l04_how_far`, or None where the pages have not been built."""
    path = PAGES / f"{name}.html"
    return path if path.is_file() else None


def opened(path: Path) -> bool:
    """Open the page in the reader's browser; False where nobody looks on, or there is no browser to look with."""
    seen = sys.platform in ("darwin", "win32") or any(map(os.environ.get, SCREENS))
    try:
        return seen and sys.stdout.isatty() and webbrowser.open(path.as_uri())
    except webbrowser.Error:
        return False
