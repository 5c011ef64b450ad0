"""The house, read from its own imports: which file imports which, in what order, and how many lines each is.

python tools/house.py            the files in the order in which they build on each other, and the first evening
python tools/house.py --write    put that table into README.md
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "minigan"
# From the ground up. A file may import files of its own room and of rooms further left.
ROOMS = ("core", "files", "settings", "theory", "data", "models", "judge", "plotting", "runs")
ROOMS += ("checks", "live", "exercises", "lessons", "commands", "cli")
EVENING = ("core/plain.py", "core/layers.py", "core/network.py", "core/objectives.py", "core/gan.py")
UNTIL = "class Maxout"  # in layers.py, what comes from here on can wait


class Import(NamedTuple):
    """One file takes something from another, in this line."""

    taker: str
    giver: str
    line: int

    def __str__(self) -> str:
        return f"minigan/{self.taker}:{self.line} imports minigan/{self.giver}"


def room(file: str) -> str:
    """The room of a file of the package: its folder, or its own name."""
    return file.partition("/")[0].removesuffix(".py")


def files() -> list[str]:
    """Every file of the package but the faces, which hand names on and are imported by nobody inside."""
    paths = (path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
    return sorted(
        p for p in paths if p not in ("__init__.py", "__main__.py") and not p.startswith("lessons/exercises/")
    )


def imports(file: str, text: str | None = None) -> Iterator[Import]:
    """What this file imports from the package, at its top, in its functions and for its types alike.

    text is what the file holds, if it is not to be read.
    """
    known, here = set(files()), file.split("/")[:-1]
    text = (PACKAGE / file).read_text(encoding="utf-8") if text is None else text
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            base = ["minigan", *here][: len(here) + 2 - node.level] if node.level else []
            base += (node.module or "").split(".") if node.module else []
            for name in [alias.name for alias in node.names]:
                yield from _found(file, [*base, name], known, node.lineno)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _found(file, alias.name.split("."), known, node.lineno)


def _found(file: str, parts: list[str], known: set[str], line: int) -> Iterator[Import]:
    """The file that a dotted name leads to: the module itself, or the one that holds the name."""
    if parts[0] != "minigan" or len(parts) < 2:
        return
    for inside in ("/".join(parts[1:]), "/".join(parts[1:-1])):
        for path in (f"{inside}.py", f"{inside}/__init__.py"):
            if path in known and path != file:
                yield Import(file, path, line)
                return


def floors() -> dict[str, int]:
    """The floor of each file: one above the highest that it imports. Circles are left where they are."""
    below = {file: {found.giver for found in imports(file)} for file in files()}
    floor = dict.fromkeys(below, 0)
    for _ in below:
        for file, others in below.items():
            floor[file] = max((floor[other] + 1 for other in others), default=0)
    return floor


def order() -> list[str]:
    """The files in the order in which they build on each other: by room, then by floor."""
    floor = floors()
    rooms = [f for f in floor if room(f) != "lessons"]
    return sorted(rooms, key=lambda f: (ROOMS.index(room(f)), f.endswith("__init__.py") - 1, floor[f], f))


def count(file: str) -> int:
    """Lines of a file."""
    return len((PACKAGE / file).read_text(encoding="utf-8").splitlines())


def evening() -> dict[str, int]:
    """Lines of what is read first, by file."""
    found = {file: count(file) for file in EVENING if (PACKAGE / file).exists()}
    text = (PACKAGE / "core/layers.py").read_text(encoding="utf-8").split(UNTIL)[0]
    return found | {"core/layers.py": text.rstrip().removesuffix("@dataclass(eq=False)").rstrip().count("\n") + 1}


def says(file: str) -> str:
    """What a file is: the first line of its text, without what comes after a stop or a colon's list."""
    first = ast.get_docstring(ast.parse((PACKAGE / file).read_text(encoding="utf-8"))) or ""
    return first.splitlines()[0].rstrip(".")


def table() -> str:
    """The files as the README shows them."""
    first = evening()
    rows = ["| file | lines | what it is |", "|---|---:|---|"]
    rows += [f"| `minigan/{f}` | {count(f)} | {says(f)} |" for f in order() if not f.endswith("__init__.py")]
    return "\n".join(
        [
            f"The first evening is {sum(first.values()):,} lines: "
            + ", ".join(f"`{file}`" + " (as far as `Softplus`)" * (file == "core/layers.py") for file in first)
            + ".",
            "",
            *rows,
        ]
    )


def main(arguments: list[str]) -> int:
    """Print the table, or write it."""
    if arguments == ["--write"]:
        path = ROOT / "README.md"
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"(<!-- lines -->\n).*?(\n<!-- /lines -->)", _between, text, flags=re.S), "utf-8")
    elif arguments:
        raise SystemExit(__doc__)
    else:
        print(table())
    return 0


def _between(found: re.Match) -> str:
    return f"{found[1]}{table()}{found[2]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
