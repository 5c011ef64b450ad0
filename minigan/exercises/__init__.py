"""The exercises: start, check, hint, solution, and grade. A student's code runs in a process of its own, confined.

A judge (`judge(student, rng)` of an answer's module) runs here, and calls `wrong` or `close` with what it gave, what
came and what was wanted. The student's process knows neither the answer nor the seed, and what it sends are plain
values. SECURITY.md says what that keeps out, and what it does not.
"""

from .judge import Verdict, judged, repeat
from .ladder import FOLDER, PROGRESS, Exercise, check, find, hint, ladder, progress, remember, solution, start
from .protocol import Deck, Formula
from .verdict import Wrong, close, wrong

__all__ = [name for name in dir() if not name.startswith("_")]
