"""The lessons as pages, written before Sphinx reads: the file's text and code, the stored numbers and figure.

Nothing is run here. What a lesson has computed stands in results/lNN.json and in ../figures, which
tools/results.py writes.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from minigan.exercises import ladder
from minigan.files import write_whole
from minigan.lessons import PATHS, Lesson, lessons, minutes_of
from minigan.lessons.reading import FORMULA, cells, notebook, teaches

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGES = HERE / "lessons"
NUMBERS = re.compile(r"(?<![\w/])[Ll]essons? \d\d(?:(?:, | and |, and | to )\d\d)*")
UNTOUCHED = re.compile(rf"{FORMULA.pattern}|`[^`]+`|\[[^\]]*\]\([^)]*\)", re.S)  # formulas, code and links


def linked(text: str, known: dict[int, Lesson], own: int) -> str:
    """Markdown in which `lesson 04` leads to that lesson's page."""

    def one(found: re.Match) -> str:
        n = int(found[0])
        return f"[{found[0]}]({known[n].path.stem}.md)" if n in known and n != own else found[0]

    def between(text: str) -> str:
        return NUMBERS.sub(lambda found: re.sub(r"\d\d", one, found[0]), text)

    made, end = [], 0
    for kept in UNTOUCHED.finditer(text):
        made += [between(text[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*made, between(text[end:])])


def folded(summary: str, *body: str) -> str:
    """Markdown that is shown when its line is clicked."""
    return "\n\n".join([f"<details><summary>{html.escape(summary)}</summary>", *body, "</details>"])


def table(claims: list[dict[str, str]]) -> str:
    """The claims as a table of HTML, which no formula or bar in them can break."""
    rows = ["<tr><th>what</th><th>now</th><th>must be</th><th>from</th></tr>"]
    for claim in claims:
        told = [html.escape(claim[key]) for key in ("says", "now", "must be", "from")]
        rows.append(f"<tr><td>{told[0]}</td><td>{told[1]}</td><td>{told[2]}</td><td>{told[3]}</td></tr>")
    return '<div class="table-wrapper"><table class="docutils claims">' + "\n".join(rows) + "</table></div>"


def about(lesson: Lesson) -> str:
    """The line under a lesson's title: how long it takes to read, and its other forms."""
    said = [f"{lesson.minutes} minutes to read", "[symbols](../glossary.md)"]
    said += [f"{{download}}`notebook <{lesson.path.stem}.ipynb>`"]
    said += [f"in the terminal `minigan lesson {lesson.number} --text`"]
    return "{.about}\n" + " · ".join(said)


def scenes(lesson: Lesson) -> list[str]:
    """The scenes of the live page that are set up for this lesson, each as a question with its link."""
    asked = json.loads((ROOT / "minigan" / "live" / "page" / "scenes.json").read_text(encoding="utf-8"))
    return [
        f"**Live.** {scene['question']} "
        f'<a href="../live/index.html#scene={scene["id"]}">{html.escape(scene["title"])}</a>, in your browser.'
        for scene in asked
        if int(scene["lesson"]) == lesson.number
    ]


def chapter(lesson: Lesson) -> str:
    """A lesson's page as Markdown: its cells, and folded at the end the exercise's file and the numbers."""
    known, n = lessons(), lesson.number
    results = HERE / "results" / f"l{n:02}.json"
    if not results.is_file():
        raise FileNotFoundError(
            f"{results} is not there; `python tools/results.py {n}` runs the lesson and stores it"
        )
    claims = json.loads(results.read_text(encoding="utf-8"))
    made = [
        linked(cell.source, known, n) if cell.markdown else f"```python\n{cell.source}\n```"
        for cell in filter(teaches, cells(lesson.text))
    ]
    title, rest = made[0].split("\n", 1)
    text = "\n\n".join([title, about(lesson), rest, *made[1:], *scenes(lesson)])
    if n in ladder():
        start = ladder()[n].path
        code = f"```python\n{start.read_text(encoding='utf-8')}```"
        text += "\n\n" + folded(f"{start.name}, as the exercise begins", code)
    says = f"The {len(claims)} numbers that this lesson states, as its run computes them"
    return f"{text}\n\n{folded(says, table(claims))}\n"


def contents() -> str:
    """The page that lists the lessons, and the ways through them."""
    known = lessons()
    rows = ["| | lesson | minutes to read |", "|---|---|---:|"]
    rows += [f"| {n:02} | [{x.title}]({x.path.stem}.md): {x.question} | {x.minutes} |" for n, x in known.items()]
    ways = []
    for name, numbers in PATHS.items():
        listed = " ".join(f"[{n:02}]({known[n].path.stem}.md)" for n in numbers)
        ways.append(f"- **{name.capitalize()}**, {minutes_of(name)} minutes: {listed}")
    said = "Each asks a question, asks you for a prediction, derives the answer and computes it. Its numbers are\n"
    said += "checked when it runs, and stand folded at the end of its page."
    tree = "```{toctree}\n:hidden:\n:glob:\nl[0-9]*\n```"
    return "\n\n".join(["# The lessons", said, "\n".join(rows), "## Ways through", "\n".join(ways), tree]) + "\n"


def write(path: Path, content: bytes) -> None:
    """Write what has changed, so that Sphinx reads anew only that; whole, for another build may read it now."""
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)


def pages(app: object) -> None:
    """Write a page and a notebook for every lesson, and drop those of lessons that are gone."""
    made = {PAGES / "index.md": contents()}
    for lesson in lessons().values():
        made[PAGES / f"{lesson.path.stem}.md"] = chapter(lesson)
        made[PAGES / f"{lesson.path.stem}.ipynb"] = notebook(lesson.text)
    PAGES.mkdir(exist_ok=True)
    for old in set(PAGES.glob("l[0-9]*")) - set(made):
        old.unlink(missing_ok=True)
    for path, text in made.items():
        write(path, text.encode())


def setup(app: object) -> dict[str, bool]:
    """What Sphinx asks of an extension."""
    app.connect("builder-inited", pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
