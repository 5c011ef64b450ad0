"""`minigan compare`: what it prints, and that it says so, with exit code 1, when something is wrong."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from minigan.checks import compare
from minigan.checks.cases import LayerCase, LongGame
from minigan.checks.compare import BOUNDS, difference, growth
from minigan.cli import main
from minigan.core.layers import Tanh
from minigan.core.optimizers import Adam


@pytest.fixture(autouse=True)
def no_torch(monkeypatch):
    """As where PyTorch is not installed; tests/reference has the comparison with PyTorch itself."""
    monkeypatch.setattr(compare, "find_spec", lambda name: None)


@pytest.fixture
def short(monkeypatch):
    """Layers and optimisers alone."""
    monkeypatch.setattr(compare, "PARTS", [compare.PARTS[0], compare.PARTS[3]])
    monkeypatch.setattr(compare, "_print_long_game", lambda *_: True)
    monkeypatch.setattr(compare, "_print_kink", lambda: None)


def test_the_whole_report_without_pytorch(tmp_path, capsys):
    figure = tmp_path / "parting.png"
    assert main(["compare", "--out", str(figure)]) == 0
    text = capsys.readouterr().out
    assert "golden numbers, computed by PyTorch 2." in text and "pip install 'minigan[reference]'" in text
    assert "Everything agrees within its bound." in text and "!" not in text.replace("a ! marks", "")
    for _, cases in compare.PARTS:
        assert all(f"\n{case.name} " in text for case in cases)
    assert max(map(len, text.replace(str(tmp_path), "").splitlines())) <= 100
    with Image.open(figure) as image:
        assert image.size[0] == 960 and len(image.getcolors(1 << 20)) > 10


@pytest.mark.parametrize(
    ("owner", "name", "broken"),
    [
        (Tanh, "slope", lambda self, xp, y, dy, dx: xp.multiply(1 - y, dy, out=dx)),
        (Adam, "scalars", lambda self, rate: (rate, self.epsilon, self.beta1, self.beta2)),
    ],
    ids=["a slope", "Adam without its correction"],
)
def test_what_is_broken_is_marked_and_the_exit_code_is_1(owner, name, broken, short, monkeypatch, capsys):
    assert main(["compare"]) == 0
    capsys.readouterr()
    monkeypatch.setattr(owner, name, broken)
    assert main(["compare"]) == 1
    text = capsys.readouterr().out
    marked = [line for line in text.splitlines() if "!" in line and "a ! marks" not in line]
    assert "NOT within the bounds" in text and any(line.startswith(owner.__name__) for line in marked)
    assert not any(line.startswith(("ReLU", "Dense")) for line in marked)


def test_a_break_that_only_the_long_game_shows_is_marked_too(monkeypatch, capsys):
    monkeypatch.setattr(compare, "PARTS", [])
    monkeypatch.setattr(compare, "_print_kink", lambda: None)
    monkeypatch.setattr(compare, "LONG", LongGame(rate=5.001e-3))
    assert main(["compare"]) == 1
    text = capsys.readouterr().out
    assert "! float64" in text and "! float32" in text


def test_a_nan_is_a_difference(short, monkeypatch, capsys):
    monkeypatch.setattr(Tanh, "value", lambda self, xp, x, y: y.fill(np.nan))
    assert main(["compare"]) == 1
    assert "nan!" in capsys.readouterr().out
    assert np.isnan(difference(np.array([1.0, np.nan]), np.ones(2)))


def test_golden_numbers_of_another_version_are_refused(short, monkeypatch, capsys):
    monkeypatch.setattr(compare, "PARTS", [("layers", [LayerCase("Tanh()", [Tanh()], 7)])])
    assert main(["compare"]) == 2
    assert "it is of another version" in capsys.readouterr().err


def test_jax_that_is_not_installed_is_asked_for_in_one_line(capsys):
    assert main(["compare", "--with", "jax"]) == 2
    assert (
        "JAX is not installed" in (said := capsys.readouterr().err) and "pip install 'minigan[reference]'" in said
    )


def test_the_ratio_of_the_two_float_types_is_told_as_the_table_has_it(monkeypatch, capsys):
    monkeypatch.setattr(compare, "PARTS", [])
    monkeypatch.setattr(compare, "_print_kink", lambda: None)
    assert main(["compare"]) == 0
    text = capsys.readouterr().out
    rows = [line.split() for line in text.splitlines() if re.match(r"[ \d,]{5}  \d", line)]
    assert len(rows) == len(compare.MARKS)
    together = [float(row[5]) for row in rows if float(row[3]) < compare.PARTED]
    low, high = re.search(r"their ratio lies between (\S+) and (\S+),", " ".join(text.split())).groups()
    assert (float(low), float(high)) == (min(together), max(together))


@pytest.mark.parametrize("name", ["figure.jpg", "figure"])
def test_a_figure_must_be_a_png(name, capsys):
    assert main(["compare", "--out", name]) == 2
    assert "ends in .png" in capsys.readouterr().err


def test_a_difference_is_over_the_largest_entry():
    assert difference(np.array([1.0, 1e-9]), np.array([1.0, 2e-9])) == pytest.approx(1e-9)
    assert difference(np.zeros(3), np.zeros(3)) == 0
    assert difference(np.zeros(0), np.zeros(0)) == 0


def test_growth_is_fitted_until_the_two_sides_have_parted():
    steps = np.arange(50, 1001, 50)
    distance = np.minimum(1e-7 * 1.03**steps, 2.0)
    factor, end = growth(steps, distance)
    assert factor == pytest.approx(1.03, rel=1e-9)
    assert end == steps[distance > compare.PARTED][0]
    assert growth(steps, np.full(len(steps), 1e-9)) == (pytest.approx(1), 1000)


@pytest.mark.parametrize("dtype", BOUNDS)
def test_a_nudge_is_the_last_bit_of_one_weight(dtype):
    plain, nudged = compare.LONG.gan(dtype), LongGame(nudge=True).gan(dtype)
    np.testing.assert_array_equal(plain.generator.theta, nudged.generator.theta)
    away = nudged.discriminator.theta - plain.discriminator.theta
    assert np.count_nonzero(away) == 1
    assert abs(away).max() == np.spacing(abs(plain.discriminator.theta[away != 0]))


def test_float32_and_float64_part_at_a_kink():
    kink = compare.first_kink()
    assert kink is not None and 1 <= kink.crossed < 10 and kink.of == 64 * 3 * 32  # [real; fake], then fakes
    assert kink.before < 1e-5 < kink.later  # hundreds of steps took it to the one, 200 more to the other


def test_a_smooth_game_has_no_such_jump(monkeypatch):
    class Smooth(compare.Watched):
        def value(self, xp, x, y):
            y[...] = np.logaddexp(0, x)

        def slope(self, xp, y, dy, dx):
            dx[...] = -np.expm1(-y) * dy

        def forward(self, x, y, memo, training, rng):
            super().forward(x, y, memo, training, rng)
            self.sides[-1] = np.full(y.size, y.dtype == np.float64)  # as if every number lay on two sides

    monkeypatch.setattr(compare, "Watched", Smooth)
    assert compare.first_kink(steps=1500) is None


def test_without_a_kink_nothing_is_found(capsys, monkeypatch):
    assert compare.first_kink(steps=5) is None
    monkeypatch.setattr(compare, "first_kink", lambda: None)
    compare._print_kink()
    assert "they stayed together" in capsys.readouterr().out


def test_the_bounds_are_those_that_the_readme_may_state():
    assert BOUNDS == {"float64": 1e-12, "float32": 1e-5}
