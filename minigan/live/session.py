"""A run on the page: its time (play, step, slow motion, rewind), its changes under way, and what is told of it.

The same in a browser and behind a server. Nothing here trains: that is `gan.step` and `gan.substeps`, on the very
batches that `minigan train` would take.
"""

from __future__ import annotations

import json
import math
import platform
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import __version__
from ..core.backend import Array
from ..core.gan import GAN
from ..core.model import fingerprint
from ..core.substeps import SUBSTEPS, order
from ..data.dataset import Batches, Data
from ..data.sources import load_dataset
from ..runs.recipe import Recipe
from ..runs.run import start
from ..runs.training import find_fault, is_finite, snapshot
from ..theory import oracle
from . import link as links
from .gallery import Gallery
from .link import Link
from .picture import Picture

ROW_EVERY = 20  # steps between two points of the curves
JS_EVERY = {True: 50, False: 200}  # and between two of the JS: the exact one, and that on a grid, which is dearer
MOST_KEPT = 1 << 24  # bytes of states that rewinding may start from


class State(NamedTuple):
    """Where a run was after so many steps."""

    step: int
    vectors: dict[str, Array]


class Session:
    """A run on the page. folder is where the rows of a table are put, to be read as any table is."""

    def __init__(self, link: Link, folder: Path, table: str = ""):
        self.link = link
        recipe = link.recipe()
        if link.data == "drawn":
            table = links.as_csv(links.rows_of(link.points))
        if table:
            (folder / recipe.data).write_text(table, encoding="utf-8")
        source = str(folder / recipe.data) if link.data in ("drawn", "csv") else recipe.data
        self.data: Data = load_dataset(source, **recipe.data_options)
        if self.data.dim > 2:
            raise ValueError(f"{recipe.data} has {self.data.dim} columns of numbers; the page draws two")
        self.table = table
        if self.data.count < recipe.d_steps * recipe.batch:
            link.settings["batch"] = int(self.data.count) // recipe.d_steps
            recipe = link.recipe()
        self.recipes: list[tuple[int, Recipe]] = [(0, recipe), *link.forks()]
        self.run, _ = start(recipe, self.data)
        self.picture = Picture(self.data, self.gan.latent)
        self.rows: list[dict[str, Any]] = []
        self.kept, self.apart, self.reached = [self._state()], 100, 0
        self.slow: Iterator[tuple[str, Array]] | None = None
        self.place = -1  # which sub-step was the last
        self.made: Array | None = None  # and its array
        self._return_to(self.kept[0])  # there may be a change at step 0

    @property
    def gan(self) -> GAN:
        return self.run.gan

    @property
    def on_a_line(self) -> bool:
        """Whether all is known exactly."""
        return oracle.knows(self.gan, self.data)

    # ---- time ----------------------------------------------------------------------------------------------

    def play(self, steps: int, seconds: float = math.inf) -> None:
        """Take up to so many steps in up to so many seconds; none beyond the end of the recipe."""
        self.finish()
        end, last = time.perf_counter() + seconds, min(self.gan.steps + steps, self.recipe.steps)
        with np.errstate(all="ignore"):
            while self.gan.steps < last:
                self.gan.step(self.batches.at(self.gan.steps))
                self._after_step()
                if time.perf_counter() > end:
                    break

    def substep(self) -> None:
        """The next named sub-step; after the last one of a step, the first of the next."""
        if self.slow is None and self.gan.steps < self.recipe.steps:
            self.slow, self.place = self.gan.substeps(self.batches.at(self.gan.steps)), -1
        with np.errstate(all="ignore"):
            found = next(self.slow, None) if self.slow is not None else None
            if found is not None:
                self.place, self.made = self.place + 1, found[1]
                return
        if self.slow is not None:
            self._leave_slow()
            self.substep()

    def finish(self) -> None:
        """The rest of a step in slow motion."""
        if self.slow is not None:
            with np.errstate(all="ignore"):
                for _ in self.slow:
                    pass
            self._leave_slow()

    def _leave_slow(self) -> None:
        self.slow, self.made, self.place = None, None, -1
        self._after_step()

    def go_to(self, step: int, seconds: float = math.inf) -> None:
        """Be at this step: from the last state kept before it, or from here, by the very steps of the run."""
        step = max(0, min(step, self.recipe.steps))
        if step < self.gan.steps or self.slow is not None:
            self.slow, self.made, self.place = None, None, -1
            self._return_to(self.kept[bisect_right([state.step for state in self.kept], step) - 1])
        self.play(step - self.gan.steps, seconds)

    def change(self, key: str, value: Any) -> None:
        """Go on from here with another setting. What was changed later than this step is forgotten."""
        self.finish()
        here = self.gan.steps
        changes = [c for c in self.link.changes if c[0] <= here and (c[0], c[1]) != (here, key)]
        wanted = replace(self.link, changes=[*changes, (here, key, value)])
        self.recipes = [(0, wanted.recipe()), *wanted.forks()]  # raises before anything has changed
        self.link, self.reached = wanted, here
        self.kept = [state for state in self.kept if state.step <= here]
        self.rows = [row for row in self.rows if row["step"] <= here]
        self._return_to(self._state())

    def _after_step(self) -> None:
        step = self.gan.steps
        self.reached = max(self.reached, step)
        if step % ROW_EVERY == 0:
            self._look_at_losses()
        if step >= self.kept[-1].step + self.apart:
            self._keep()
        if step in self.turns:
            self._return_to(self._state())

    def _return_to(self, state: State) -> None:
        """Play from this state on, by the recipe that holds there."""
        recipe = next(recipe for step, recipe in reversed(self.recipes) if step <= state.step)
        run, _ = start(replace(recipe, parent={}), self.data)
        run.gan.restore(*state)
        self.run = replace(run, recipe=recipe)
        self._settle()

    def _settle(self) -> None:
        self.recipe = self.run.recipe
        self.turns = {step for step, _ in self.recipes[1:] if step > self.gan.steps}
        self.batches = Batches(self.data, self.gan.d_steps * self.recipe.batch, self.gan.seed, self.run.scaler)

    def _state(self) -> State:
        return State(*snapshot(self.gan))

    def _keep(self) -> None:
        """Keep this state if all its numbers are finite; every other one goes when there are too many."""
        self.check()
        self.kept.append(self._state())
        size = sum(vector.nbytes for vector in self.kept[-1].vectors.values())
        if len(self.kept) > max(8, min(256, MOST_KEPT // size)):
            self.kept, self.apart = self.kept[::2], 2 * self.apart

    def check(self) -> None:
        """Raise Diverged, from the last state that was kept, if a number is not finite: which sub-step made it."""
        if all(map(is_finite, self.gan.vectors().values())):
            return
        until, state = self.gan.steps, self.kept[bisect_right([s.step for s in self.kept], self.gan.steps - 1) - 1]
        self._return_to(state)
        with np.errstate(all="ignore"):
            fault = find_fault(self.gan, self.batches, state, until)
        self.rows = [row for row in self.rows if row["step"] <= state.step]
        self.reached = state.step
        self._return_to(state)
        raise fault

    def _look_at_losses(self) -> None:
        if self.rows and self.rows[-1]["step"] >= self.gan.steps:
            return  # after a rewind it is there already
        row: dict[str, Any] = {"step": self.gan.steps} | self.gan.losses()
        if not all(map(math.isfinite, row.values())):
            self.check()
        if self.gan.steps % JS_EVERY[self.on_a_line] == 0:
            row["js"] = self.picture.js(self.run)
        self.rows.append(row)

    # ---- what a message gets back --------------------------------------------------------------------------

    def told(self, since: int = -1, exact: bool = False) -> dict[str, Any]:
        """The numbers beside the picture; those that take time only if they are to be exact."""
        gan = self.gan
        found: dict[str, Any] = {
            "step": gan.steps,
            "reached": self.reached,
            "end": self.recipe.steps,
            "line": self.on_a_line,
            "dim": self.data.dim,
            "probability": gan.log_odds,
            "rows": [row for row in self.rows if row["step"] > since],
            "changes": self.link.changes,
            "now": {key: getattr(self.recipe, key) for key in links.UNDER_WAY},
            "slow": self._slowly(),
        }
        if exact and self.slow is None:
            found["fingerprint"] = fingerprint(gan)
            with suppress(ValueError):  # no step was taken from here yet
                found["losses"] = gan.losses()
            found |= self.picture.standing(self.run)
        return found

    def _slowly(self) -> dict[str, Any] | None:
        """The last sub-step of slow motion: its name, what it did, and the array that it made."""
        if self.made is None:
            return None
        names, made = order(self.gan), np.asarray(self.made, np.float64)
        name, shown = names[self.place], made.reshape(len(made), -1)[:256, :64]
        numbers = {"mean": made.mean(), "sd": made.std(), "least": made.min(), "most": made.max()}
        return {
            "place": self.place,
            "order": names,
            "name": name,
            "says": SUBSTEPS[name],
            "shape": made.shape,
            "values": shown.round(5).tolist(),
            **{key: float(value) for key, value in numbers.items()},
        }

    def opened(self) -> dict[str, Any]:
        """What the page fills its controls from: the recipe of the beginning, and what a link says of it."""
        recipe = self.recipes[0][1]
        return {
            "recipe": json.loads(recipe.to_json()),
            "settings": links.differing(recipe, self.link.data),
            "data": self.link.data,
            "says": self.data.said,
            "under_way": links.UNDER_WAY,
            "versions": versions(),
            "box": self.picture.box,
        }

    def exported(self) -> dict[str, str]:
        """The run as a script, as a recipe, and the rows that both read."""
        made = next(recipe for step, recipe in reversed(self.recipes) if step <= self.gan.steps)
        return {
            "python": links.as_python(made, self.gan.steps),
            "recipe": made.to_json(),
            "table": self.table,
            "name": made.data,
        }


def versions() -> dict[str, str]:
    """What a run's last bits depend on."""
    return {"minigan": __version__, "numpy": np.__version__, "python": platform.python_version()}


class Desk:
    """Where messages come in: JSON in, and out the bytes of an answer, numbers first and then arrays.

    An answer is the length of its JSON as four bytes, the JSON, and the float32 arrays that its "arrays" lists as
    (name, shape), in a row. A message says what to `do`; what it wants drawn is its `view`.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.session: Session | None = None
        self.gallery = Gallery()

    def answer(self, message: str) -> bytes:
        """What this message gets back; an error is an answer too, in one line."""
        try:
            asked = json.loads(message)
            told, arrays = self._do(asked)
        except Exception as error:  # the page shows it, whatever it is, and what is there stays
            told, arrays = {"error": f"{error}" or type(error).__name__, "kind": type(error).__name__}, {}
        head, parts = {**told, "arrays": []}, []
        for name, array in arrays.items():
            head["arrays"].append((name, array.shape))
            parts.append(np.ascontiguousarray(array, np.float32).tobytes())
        text = json.dumps(links.finite(head)).encode()
        text += b" " * (-len(text) % 4)  # so that the arrays begin where floats may
        return b"".join([len(text).to_bytes(4, "little"), text, *parts])

    def _do(self, asked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        todo, told = asked["do"], {}
        if todo == "digits":
            return {"digits": True}, {"images": self.gallery.images(asked["seed"], asked["share"])}
        if todo == "open":
            link = Link(**asked["link"])
            link.changes = [(int(step), key, value) for step, key, value in link.changes]
            self.session = Session(link, self.folder, asked.get("table", ""))
            told = {"opened": self.session.opened()}
        session = self.session
        if session is None:
            raise ValueError("nothing was opened yet")
        doing: dict[str, Callable[[], Any]] = {
            "open": lambda: None,
            "look": lambda: None,
            "play": lambda: session.play(asked["steps"], asked.get("seconds", math.inf)),
            "substep": session.substep,
            "go to": lambda: session.go_to(asked["step"], asked.get("seconds", math.inf)),
            "change": lambda: session.change(asked["key"], asked["value"]),
            "hover": lambda: told.update(hover=session.picture.at(session.run, asked["at"], asked["averaged"])),
            "export": lambda: told.update(exported=session.exported()),
        }
        doing[todo]()
        view = asked.get("view")
        if view is None:
            return told, {}
        exact = bool(view.get("exact"))
        if exact:
            session.check()
        told |= session.told(view.get("since", -1), exact)
        return told, session.picture.arrays(session.run, view.get("layers", ()))
