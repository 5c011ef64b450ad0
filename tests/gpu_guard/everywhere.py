"""`pytest --on-guard`: the numeric tests once more, with the stand-in for CuPy in NumPy's place.

Then every Backend("numpy") computes on the stand-in. minigan meets all of CuPy's refusals, while the tests' own
lines may look at an array as if it were NumPy's. So the tests run as they are, and their results must be
NumPy's.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigan
import minigan.core.backend
from minigan.core.backend import Backend

from . import stand_in

HERE, TESTS, MINIGAN = Path(__file__).parent, Path(__file__).parents[1], Path(minigan.__file__).parent
ON_THE_HOST = str(MINIGAN / "checks" / "gradcheck.py")  # asks for NumPy by name: a check wants no other arrays
ROOMS = ("core", "runs")
NUMERIC = ("layers", "network", "objectives", "penalty", "optimizers", "streams", "gan", "training", "checkpoint")
NO_NUMBERS = {  # what a test asks that is no question of numbers
    "test_a_trace_is_filled_again_without_new_arrays": "the addresses of arrays",
    "test_arrays_of_the_right_type_are_taken_as_they_are": "whether a NumPy array is copied",
    "test_two_traces_of_one_network_do_not_disturb_each_other": "whether a NumPy array is copied",
    "test_a_change_of_any_byte_is_refused": "files",
    "test_an_exception_at_any_line_of_a_step_leaves_a_whole_state": "exceptions, also in the stand-in",
    "test_whatever_a_forger_changes_loads_or_is_refused_with_no_more_memory_than_it_is_long": "files",
    "test_whatever_a_forger_describes_loads_or_is_refused": "files",
}


def asked_by_a_test() -> bool:
    """Whether the innermost line outside of the guard and of other people's code is a test's."""
    frame = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(str(TESTS)) and not path.startswith(str(HERE)):
            return True
        if path.startswith(str(MINIGAN)) and path != ON_THE_HOST:
            return False
        frame = frame.f_back  # type: ignore[assignment]
    return True


def install() -> None:
    """From here on NumPy backends compute on the stand-in, for this process."""
    make = Backend.__init__

    def on_guard(self: Backend, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        asks = [frame.f_code.co_filename for frame in (sys._getframe(1), sys._getframe(2))]
        if self.xp is np and ON_THE_HOST not in asks:
            self.xp = stand_in.cupy

    Backend.__init__ = on_guard  # type: ignore[method-assign]
    minigan.core.backend.find_cupy = lambda: (stand_in.cupy, "")  # type: ignore[assignment]
    stand_in.tolerates = asked_by_a_test


def leaves_out(path: Path) -> bool:
    """Whether a test file, or a folder within tests, holds no numeric tests."""
    if path.is_dir():
        return path.parent == TESTS and path.name not in ROOMS
    return path.suffix == ".py" and path.stem.removeprefix("test_") not in NUMERIC


def select(config: pytest.Config, items: list[Any]) -> None:
    """Keep the tests that ask for numbers, and are not on the guard anyway."""
    left_out = [i for i in items if i.originalname in NO_NUMBERS or "backend" in i.fixturenames]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
