"""How long the lessons take to read: what README.md says of it, and the tables in lessons/README.md.

python tools/reading.py            print both tables
python tools/reading.py --write    put all of it there, after a lesson's text has changed
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from minigan.exercises import ladder
from minigan.lessons import PATHS, lessons, minutes_of

ROOT = Path(__file__).resolve().parent.parent
READMES = (ROOT / "README.md", ROOT / "lessons" / "README.md")


def table() -> str:
    """A row for each lesson: its file, its question, its exercise, and the minutes."""
    judged = ladder()
    rows = ["| | Lesson | Question | Exercise | Minutes to read |", "|---|---|---|---|---:|"]
    for n, one in lessons().items():
        task = judged[n].title.partition(": ")[2] if n in judged else ""
        title = f"[{one.title}](../minigan/lessons/{one.path.name})"
        rows.append(f"| {n:02} | {title} | {one.question} | {task} | {one.minutes} |")
    return "\n".join(rows)


def ways() -> str:
    """A row for each way through: its lessons, and their minutes together."""
    rows = ["| Way | Lessons | Minutes to read |", "|---|---|---:|"]
    for name, numbers in PATHS.items():
        rows.append(f"| {name} | {', '.join(f'{n:02}' for n in numbers)} | {minutes_of(name)} |")
    return "\n".join(rows)


def filled(text: str) -> str:
    """A README's text with what is measured now."""
    spent = [one.minutes for one in lessons().values()]
    text = re.sub(r"\d+ to \d+( minutes of reading each)", rf"{min(spent)} to {max(spent)}\1", text)
    for mark, made in (("lessons", table()), ("ways", ways())):
        pattern = rf"(<!-- {mark} -->\n).*?(\n<!-- /{mark} -->)"
        text = re.sub(pattern, lambda found, made=made: f"{found[1]}{made}{found[2]}", text, flags=re.S)
    return text


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        for path in READMES:
            path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(f"{table()}\n\n{ways()}")
