"""The table of where right answers differ, computed by the libraries that are installed here.

python tools/differences.py            print it
python tools/differences.py --write    put it into docs/differences.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from minigan.checks.kinks import page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "differences.md"


def main(arguments: list[str]) -> int:
    """Print the table, or write it."""
    if arguments == ["--write"]:
        PAGE.write_text(page(), encoding="utf-8")
    elif arguments:
        raise SystemExit(__doc__)
    else:
        print(page(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
