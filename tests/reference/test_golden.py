"""minigan against the numbers that PyTorch computed: the comparison that needs no PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from minigan.checks import compare
from minigan.checks.compare import BOUNDS, GOLDEN, LONG, MARKS, PARTS, SURE
from minigan.checks.references import ours as minigan

CASES = [case for _, cases in PARTS for case in cases]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_dtype = pytest.mark.parametrize("dtype", BOUNDS)


@each_dtype
@each_case
def test_each_case_agrees_with_pytorch_to_1e_12_in_float64_and_1e_5_in_float32(case, dtype):
    # float32: the worst measured is 9e-7, in the moments after 100 steps, from a rounding of 6e-8 each step.
    found = compare.differences(case, dtype, compare.golden)
    assert found and max(found.values()) <= BOUNDS[dtype], found


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 1e-5)])
def test_the_long_game_agrees_while_it_must_and_parts_in_the_end(dtype, bound):
    ours, theirs = LONG.by(minigan, dtype), compare.golden(LONG, dtype)
    sure = np.array(MARKS) <= SURE
    samples = theirs["samples"].reshape(ours["samples"].shape)
    assert np.abs(ours["samples"] - samples)[sure].max() <= bound
    np.testing.assert_allclose(ours["d_loss"][sure], theirs["d_loss"][sure], rtol=bound)
    assert np.abs(ours["samples"] - samples)[-1].max() > 0.01  # else the game teaches nothing about parting


def test_the_file_holds_every_case_and_nothing_else_and_is_small():
    names = {f"{case.name}, {dtype}" for case in [*CASES, LONG] for dtype in BOUNDS}
    with GOLDEN.open("rb") as file, np.load(file) as archive:
        assert set(archive) == names | {"PyTorch"}
        assert all(archive[name].dtype == name.rsplit(" ", 1)[1] for name in names)
    assert GOLDEN.stat().st_size < 200_000


def test_the_names_of_the_cases_differ():
    assert len({case.name for case in CASES}) == len(CASES)
