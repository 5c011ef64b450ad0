"""Run the lessons, and store what their pages show: each claim's number in docs/results/, each figure in figures/.

python tools/results.py          all of them (five minutes on two cores)
python tools/results.py 4 9      lessons 4 and 9
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from minigan.lessons import Claim, lessons, row
from minigan.plotting import save
from minigan.runs.threads import blas_threads

ROOT = Path(__file__).resolve().parent.parent
RESULTS, FIGURES = ROOT / "docs" / "results", ROOT / "figures"


def stored(number: int, claims: list[Claim]) -> str:
    """A lesson's claims as its page shows them, in JSON, one a line; ValueError where one does not hold."""
    if wrong := [claim.name for claim in claims if not claim.holds]:
        raise ValueError(f"lesson {number}: {', '.join(wrong)} do not hold, so nothing of it is stored")
    lines = [json.dumps({"name": claim.name} | row(claim), ensure_ascii=False) for claim in claims]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main(numbers: list[int]) -> None:
    """Run these lessons in full, or all that there are."""
    RESULTS.mkdir(exist_ok=True)
    for number in numbers or lessons():
        lesson = lessons()[number]
        with blas_threads(1):
            text = stored(number, list(lesson.behind.claims(False)))
            save(lesson.behind.figure(False), FIGURES / f"{lesson.path.stem}.png")
            if hasattr(lesson.behind, "animation"):
                lesson.behind.animation(FIGURES / f"{lesson.path.stem}.gif")
        (RESULTS / f"l{number:02}.json").write_text(text, encoding="utf-8")
        print(f"lesson {number:02}", flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
