"""The exercises: start, check, hint, solution, and grade. A student's code runs in a process of its own, confined.

A judge (`judge(student, rng)` of an answer's module) runs here; it calls `wrong` or `close` with what it gave,
what came and what was wanted. The student's process knows neither answer nor seed, and sends plain values alone.
SECURITY.md says what that keeps out, and what it does not.
"""

from .grade import grade, passed_over, summary
from .judge import Verdict, judged, repeat, spent, visible
from .ladder import (
    FOLDER,
    PROGRESS,
    Exercise,
    Key,
    check,
    find,
    handed_in,
    hint,
    label,
    ladder,
    progress,
    remember,
    solution,
    start,
)
from .protocol import Deck, Formula
from .verdict import Wrong, close, parts, wrong

__all__ = [
    "FOLDER",
    "PROGRESS",
    "Deck",
    "Exercise",
    "Formula",
    "Key",
    "Verdict",
    "Wrong",
    "check",
    "close",
    "find",
    "grade",
    "handed_in",
    "hint",
    "judged",
    "label",
    "ladder",
    "parts",
    "passed_over",
    "progress",
    "remember",
    "repeat",
    "solution",
    "spent",
    "start",
    "summary",
    "visible",
    "wrong",
]
