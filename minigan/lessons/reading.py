"""A lesson's file as what is read: its cells, its formulas, the minutes that it takes, and a notebook of it.

A lesson is in jupytext's percent format: `# %% [markdown]` begins text, with a `# ` before each line, and `# %%`
begins code.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

FORMULA = re.compile(r"\$\$(?P<displayed>.+?)\$\$|(?<![\\$])\$(?P<inline>[^$]+)\$", re.S)
IMAGE = re.compile(r"!\[(.*?)\]\([^)]*\)", re.S)

# Who reads in order to learn takes in 200 words of plain text a minute (Carver 1992, Journal of Reading 36, pages
# 84 to 95). We know of no measured rate for formulas and code: the other three are estimates.
WORDS = 200  # a minute
INLINE = 3  # words that a formula within a line counts for
DISPLAYED = 30  # seconds for one on a line of its own
CODE = 3  # seconds for a line of it


class Cell(NamedTuple):
    """A piece of a lesson: its text without the comment signs, or its code."""

    markdown: bool
    source: str


def cells(text: str) -> list[Cell]:
    """The cells of a percent script, without the empty lines around each."""
    found = []
    for kind, body in re.findall(r"^# %%( \[markdown\])?\n(.*?)(?=^# %%|\Z)", text, re.M | re.S):
        source = re.sub(r"^# ?", "", body, flags=re.M) if kind else body
        found.append(Cell(bool(kind), source.strip("\n")))
    return found


def teaches(cell: Cell) -> bool:
    """Whether a cell is part of the chapter: not the code at the end that only shows the numbers."""
    return not cell.source.startswith("if __name__")


def minutes(text: str) -> float:
    """How long a lesson takes to read: its words, its formulas, and its lines of code but for the imports."""
    words, seconds = 0, 0
    for cell in filter(teaches, cells(text)):
        if cell.markdown:
            for formula in FORMULA.finditer(cell.source):
                words += INLINE * bool(formula["inline"])
                seconds += DISPLAYED * bool(formula["displayed"])
            words += sum(any(map(str.isalnum, word)) for word in FORMULA.sub(" ", cell.source).split())
        else:
            lines = [line for line in cell.source.splitlines() if line.strip()]
            seconds += CODE * sum(not line.startswith(("import ", "from ")) for line in lines)
    return words / WORDS + seconds / 60


def notebook(text: str) -> str:
    """The lesson as an .ipynb that runs as it is, wherever minigan is installed (nbformat 4.5)."""
    made = []
    for k, cell in enumerate(cells(text)):
        source = IMAGE.sub(r"*Figure: \1; the last cell draws it.*", cell.source) if cell.markdown else cell.source
        one = {"id": f"cell-{k}", "metadata": {}, "source": source.splitlines(keepends=True)}
        more: dict[str, Any] = {} if cell.markdown else {"execution_count": None, "outputs": []}
        made.append({"cell_type": "markdown" if cell.markdown else "code"} | one | more)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": made}, indent=1) + "\n"
