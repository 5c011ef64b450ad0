"""The course on the command line: lessons to read, exercises to do, a class to grade."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def lesson(args: argparse.Namespace) -> None:
    from ..exercises import ladder
    from ..lessons import lessons, show

    if args.quick and not args.check:
        raise ValueError("--quick leaves out what takes long to compute, so it goes with --check")
    known = lessons()
    if args.what == "list":
        if args.text or args.check or args.notebook or args.story:
            raise ValueError(f"which lesson? There are {', '.join(map(str, known))}")
        return _list_lessons(known)
    if not args.what.isdigit() or int(args.what) not in known:
        raise ValueError(f"there is no lesson {args.what!r}; there are {', '.join(map(str, known))}")
    chosen = known[int(args.what)]
    if args.notebook:
        return _write_notebook(chosen)
    if args.story and not hasattr(chosen.behind, "story"):
        raise ValueError(f"lesson {chosen.number} tells no story; lesson 13 does")
    if not args.story and not args.check:
        return _read_lesson(chosen, args.text)
    print(f"{chosen.number:02}. {chosen.title}: {chosen.question}")
    if args.story:
        print("\n".join(chosen.behind.story()))
    elif not show(chosen.number, args.quick):
        raise ValueError(f"a claim of lesson {chosen.number} does not hold here: a fault of minigan's, report it")
    elif chosen.number in ladder():
        print(f"next:  minigan exercise start {chosen.number}")
    return None


def _list_lessons(known: dict[int, Any]) -> None:
    from ..exercises import ladder, progress
    from ..lessons import PATHS, minutes_of

    done, judged = progress()["done"], ladder()
    for n, one in known.items():
        mark = "done" if n in done else "open" if n in judged else ""
        print(f"{n:02}  {one.title}: {one.question}  ({one.minutes} min)  {mark}".rstrip())
    _list_exercises([key for key in judged if key not in known])
    print("\nways through, with minutes to read:")
    for name, numbers in PATHS.items():
        print(f"{name:12}  {minutes_of(name):3} min  {' '.join(f'{n:02}' for n in numbers)}")


def _write_notebook(chosen: Any) -> None:
    from ..files import write_whole
    from ..lessons.reading import notebook

    path = Path(f"{chosen.path.stem}.ipynb")
    if path.exists():
        raise ValueError(f"{path} is there already; rename or delete it to have it anew")
    write_whole(path, notebook(chosen.text).encode())
    print(f"{path}\nnext:  open it in Jupyter (pip install jupyterlab), in the environment that has minigan")


def _read_lesson(chosen: Any, as_text: bool) -> None:
    from ..exercises import ladder
    from ..lessons.pages import opened, page
    from ..lessons.terminal import show_chapter

    n, found = chosen.number, page(f"lessons/{chosen.path.stem}")
    if found is not None and not as_text and opened(found):
        print(f"{found}: opened in the browser; `minigan lesson {n} --text` prints it here")
    else:
        show_chapter(chosen.text, n)
        if found is None:
            print('page:  not built here; `pip install -e ".[docs]" && make -C docs` builds it in a clone')
    exercise = f"    minigan exercise start {n}" if n in ladder() else ""
    print(f"next:  minigan lesson {n} --check{exercise}")


def exercise(args: argparse.Namespace) -> None:
    from .. import exercises

    if args.what == "list":
        _list_exercises(exercises.ladder())
        return
    if args.which is None:
        raise ValueError(f"which one? `minigan exercise {args.what} N`; `minigan exercise list` has the numbers")
    key = int(args.which) if args.which.isdecimal() else args.which
    if args.what == "start":
        path = exercises.start(key)
        print(f"{path}\nnext:  write your code there, then  minigan exercise check {key}")
    elif args.what == "check":
        passed, message = exercises.check(key)
        print(message)
        if not passed:
            raise ValueError(f"exercise {key} has not passed; `minigan exercise hint {key}` helps")
        print(f"next:  minigan exercise solution {key}")
    elif args.what == "hint":
        print(exercises.hint(key))
    else:
        print(exercises.solution(key))


def _list_exercises(keys: Iterable[int | str]) -> None:
    from ..exercises import find, label, progress

    done = progress()["done"]
    for key in keys:
        print(f"{label(key)}  {find(key).title}  {'done' if key in done else 'open'}")


def grade(args: argparse.Namespace) -> None:
    from ..exercises import grade, passed_over, summary, visible

    if not args.folder.is_dir():
        raise ValueError(f"{args.folder} is no folder; wanted one with a folder per student in it")
    rows = []
    for row in grade(args.folder, args.out, args.jobs):
        rows.append(row)
        print(visible(f"{row['file']}: {row['verdict']}"), flush=True)
    if over := passed_over(args.folder):
        print(
            f"passed over, in no student's folder or of another name: {', '.join(over[:20])}; {len(over)} in all"
        )
    print(f"\n{summary(rows)}\n{args.out}: {len(rows)} files; the same command judges what is new or has changed")
