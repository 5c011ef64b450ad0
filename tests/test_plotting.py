"""Figures of every kind of data: what they show and name, and files that are the same bytes each time."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib import rcParams
from matplotlib.colors import to_hex
from matplotlib.text import Text
from PIL import Image

import minigan as mg
from minigan import plotting
from minigan.checks.gradcheck import Probe, Report, check_gradients
from minigan.core.layers import Dense, Tanh
from minigan.core.network import Sequential
from minigan.data.dataset import Dataset
from minigan.data.sources import load_dataset
from minigan.plotting import Frame, animate, figures, image_grid, opinion_grid, samples_figure, save, save_images
from minigan.theory.distributions import Discrete, Gaussian, Mixture, grid, ring


def table(*columns, n=120):
    rng = np.random.default_rng(5)
    return Dataset("stars", rng.normal(10, 2, (n, len(columns))).astype(np.float32), list(columns))


LINES = {
    "gaussian": Gaussian(4.0, 0.5),
    "mixture": Mixture([-3.0, 3.0], 0.5),
    "discrete": Discrete([0.2, 0.8], [0.0, 4.0]),
    "one column": table("age in years"),
}
PLANES = {
    "ring": ring(),
    "grid": grid(),
    "tilted": Gaussian([1.0, 2.0], covariance=[[1.01, 1.95], [1.95, 4.25]]),
    "long": Gaussian([1.0, -2.0], [0.5, 5.0]),
    "two columns": table("period (d)", "price in $ or US$"),
}
OTHERS = {
    "three columns": table("a", "b", "c"),
    "seven columns": table(*"abcdefg"),
    "gaussian in 3-D": Gaussian([0.0, 1.0, 2.0]),
    "digits": load_dataset("digits"),
    "colours": load_dataset(np.random.default_rng(0).integers(0, 256, (70, 5, 4, 3), np.uint8)),
}
EVERY = LINES | PLANES | OTHERS
HISTORY = {
    "step": np.arange(100, 1100, 100),
    "value": np.linspace(-1.0, -1.386, 10),
    "d_real": np.linspace(0.8, 0.5, 10),
    "d_fake": np.linspace(0.2, 0.5, 10),
}


def frames_of(data, n=3, samples=200):
    """Frames of a training that never was: points nearer and nearer to the data, an opinion that fades to ½."""
    rng, points, frames = np.random.default_rng(1), opinion_grid(data), []
    for k in range(n):
        far = 1 - k / n
        x = data.x[:samples] if isinstance(data, Dataset) else data.sample(samples, rng)
        row = {
            "step": 100 * k,
            "value": -1.386 - far,
            "d_real": 0.5,
            "d_fake": 0.5 - far / 3,
            "high_quality": k / n,
        }
        opinion = None if points is None else 0.5 + 0.5 * far * np.sin(points.sum(axis=1))
        frames.append(Frame(100 * k, x + far * rng.normal(size=x.shape), opinion, row))
    return frames


def png(figure):
    file = io.BytesIO()
    save(figure, file)
    return file.getvalue()


def pixels(file):
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


def axes_called(figure, ylabel):
    return next(axes for axes in figure.axes if axes.get_ylabel().startswith(ylabel))


def texts(figure):
    """All that is written in it."""
    return [text.get_text() for text in figure.findobj(Text)]


# ---- where D is asked


@pytest.mark.parametrize("data", LINES.values(), ids=LINES)
def test_opinion_grid_of_a_line_goes_from_end_to_end(data):
    points = opinion_grid(data)
    assert points.shape == (200, 1)
    assert (np.diff(points[:, 0]) > 0).all()
    x = data.x if isinstance(data, Dataset) else data.sample(500, np.random.default_rng(2))
    assert ((x > points[0]) & (x < points[-1])).mean() > 0.99


def test_opinion_grid_of_the_ring_is_an_image_from_the_bottom_row_up():
    points = opinion_grid(ring(radius=2.0, sd=0.02)).reshape(64, 64, 2)
    # Centres at ±2, 3 sd of .02 beyond them, then .15 of that width on each side.
    edge = 2.06 * 1.3
    np.testing.assert_allclose(points[0, 0], [-edge, -edge], atol=1e-12)
    np.testing.assert_allclose(points[0, -1], [edge, -edge], atol=1e-12)
    np.testing.assert_allclose(points[-1, 0], [-edge, edge], atol=1e-12)


def test_opinion_grid_of_a_table_covers_its_range():
    data = table("a", "b")
    points = opinion_grid(data)
    assert points.shape == (64 * 64, 2)
    assert (points.min(axis=0) < data.x.min(axis=0)).all()
    assert (points.max(axis=0) > data.x.max(axis=0)).all()


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_no_opinion_grid_where_no_plane_could_show_it(data):
    assert opinion_grid(data) is None


# ---- the figure of a run


@pytest.fixture(params=EVERY.values(), ids=EVERY, scope="module")
def drawn(request):
    """A figure of each kind of data, and its bytes; what shares an x axis learns to hide numbers when drawn."""
    figure = samples_figure(request.param, frames_of(request.param)[-1], HISTORY, name="these")
    return request.param, figure, png(figure)


def test_a_figure_has_the_same_bytes_twice(drawn):
    data, _, first = drawn
    assert first == png(samples_figure(data, frames_of(data)[-1], HISTORY, name="these"))
    with Image.open(io.BytesIO(first)) as image:
        assert image.width == 960
        assert "Software" not in image.info


def test_every_axis_with_numbers_is_labelled(drawn):
    _, figure, _ = drawn
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            numbers = [label for label in axis.get_ticklabels() if label.get_visible() and label.get_text()]
            assert axis.get_label_text() or not (axes.axison and numbers), axes
    words = texts(figure)
    assert any(text.startswith("these after 200 steps:") for text in words)
    assert {"V(D, G) in nats", "D's mean opinion", "−log 4 = −1.386"} <= set(words)


def test_nothing_is_clipped_by_the_edge_of_the_figure(drawn):
    _, figure, _ = drawn
    width, height = figure.bbox.size
    box = figure.get_tightbbox().transformed(figure.dpi_scale_trans)
    assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1


def test_the_history_is_drawn_with_its_two_references():
    figure = samples_figure(ring(), frames_of(ring())[-1], HISTORY)
    value, opinions = axes_called(figure, "V(D, G)"), axes_called(figure, "D's mean")
    np.testing.assert_array_equal(
        value.lines[0].get_xydata(), np.stack([HISTORY["step"], HISTORY["value"]], axis=1)
    )
    assert value.lines[1].get_ydata() == pytest.approx([-1.3863, -1.3863], abs=1e-4)
    for line, column in zip(opinions.lines, ("d_real", "d_fake"), strict=False):
        np.testing.assert_array_equal(line.get_ydata(), HISTORY[column])
    assert list(opinions.lines[2].get_ydata()) == [0.5, 0.5]


def test_without_a_history_there_are_no_curves():
    with_curves, without = (samples_figure(ring(), frames_of(ring())[-1], h) for h in (HISTORY, None))
    assert len(with_curves.axes) - len(without.axes) == 2


def test_a_line_shows_the_exact_density_and_the_samples():
    data = Gaussian(4.0, 0.5)
    frame = frames_of(data, samples=4000)[-1]
    figure = samples_figure(data, frame)
    top, bottom = figure.axes
    outline = top.collections[0].get_paths()[0].vertices[:, 1]
    assert outline.max() == pytest.approx(0.798, abs=0.001)  # 1 / (.5 √(2π))
    heights, edges, _ = top.patches[0].get_data()
    inside = ((frame.samples > edges[0]) & (frame.samples < edges[-1])).mean()
    assert heights @ np.diff(edges) == pytest.approx(inside, abs=1e-12)
    np.testing.assert_array_equal(
        bottom.lines[0].get_xydata(), np.column_stack([opinion_grid(data), frame.opinion])
    )


def test_a_plane_shows_the_right_points_in_the_right_colours_over_the_right_opinion():
    data = ring()
    frame = frames_of(data)[-1]
    axes = samples_figure(data, frame).axes[0]
    real, made = axes.lines
    assert (to_hex(real.get_color()), to_hex(made.get_color())) == ("#0072b2", "#d55e00")
    assert real.get_marker() == made.get_marker() == "o"
    assert real.get_fillstyle() != "none" and real.get_markerfacecolor() == "none"  # rings under dots
    np.testing.assert_array_equal(real.get_xydata(), data.sample(500, np.random.default_rng(0)))
    np.testing.assert_array_equal(made.get_xydata(), frame.samples)
    heat = axes.images[0]
    np.testing.assert_array_equal(heat.get_array(), frame.opinion.reshape(64, 64))
    left, right, bottom, top = heat.get_extent()
    x = left + (np.arange(64) + 0.5) * (right - left) / 64  # the pixels' centres
    y = bottom + (np.arange(64) + 0.5) * (top - bottom) / 64
    np.testing.assert_allclose(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2), opinion_grid(data), atol=1e-12)


def test_opinions_of_one_half_are_white_and_their_ends_are_blue_and_orange():
    heat = samples_figure(ring(), frames_of(ring())[-1]).axes[0].images[0]
    low, middle, high = (np.array(heat.to_rgba(value)[:3]) for value in (0.0, 0.5, 1.0))
    np.testing.assert_array_equal(middle, 1)
    assert low[0] > low[2] and high[2] > high[0]
    assert np.dot(low - high, [0.299, 0.587, 0.114]) > 0.05  # told apart without colour


def test_without_an_opinion_no_map_is_drawn_and_no_title_claims_one():
    for data, panels in ((ring(), 1), (Gaussian(4.0, 0.5), 1)):
        figure = samples_figure(data, Frame(7, frames_of(data)[-1].samples))
        png(figure)
        assert len(figure.axes) == panels
        assert not figure.axes[0].images
        assert not any("opinion" in text for text in texts(figure))


def test_a_table_shows_its_numbers_before_its_categories(tmp_path):
    (tmp_path / "a.csv").write_text("kind,a,b\n" + "".join(f"{'xyz'[i % 3]},{i},{i * i}\n" for i in range(30)))
    data = load_dataset(tmp_path / "a.csv")
    figure = samples_figure(data, Frame(7, data.x))
    drawn = [(axes.get_xlabel(), axes.get_ylabel()) for axes in figure.axes[:3]]
    assert drawn == [("a", "b"), ("b", "kind=x"), ("kind=x", "kind=y")]


def test_a_table_shows_neighbouring_columns_by_name():
    figure = samples_figure(OTHERS["three columns"], frames_of(OTHERS["three columns"])[-1])
    assert [(a.get_xlabel(), a.get_ylabel()) for a in figure.axes] == [("a", "b"), ("b", "c"), ("c", "a")]
    figure = samples_figure(OTHERS["seven columns"], frames_of(OTHERS["seven columns"])[-1])
    assert len(figure.axes) == 4
    assert any("5 of 7 columns" in text for text in texts(figure))


def test_images_are_shown_beside_real_ones_on_one_scale_of_greys():
    data = OTHERS["digits"]
    frame = frames_of(data)[-1]
    left, right = (axes.images[0] for axes in samples_figure(data, frame).axes)
    np.testing.assert_allclose(left.get_array().filled(np.nan), image_grid(frame.samples[:64], (8, 8)))
    np.testing.assert_allclose(right.get_array().filled(np.nan), image_grid(data.x[:64], (8, 8)))
    assert left.get_clim() == right.get_clim() == (0, 16)


def test_images_in_colour_are_shown_in_colour_cut_off_at_no_light_and_all():
    data = OTHERS["colours"]
    frame = frames_of(data)[0]
    frame.samples[0, :3] = data.pixels[0] - 9, data.pixels[1] + 9, np.mean(data.pixels)
    left, right = (np.asarray(axes.images[0].get_array()) for axes in samples_figure(data, frame).axes)
    np.testing.assert_allclose(left[0, 0], [0, 1, 0.5])
    whole = image_grid(data.x[:64], data.image)
    assert whole.shape == (47, 39, 3)
    low, high = data.pixels
    seen = ~np.isnan(whole)
    np.testing.assert_allclose(right[seen], ((whole - low) / (high - low))[seen])
    assert (right[~seen] == 1).all()  # paper, between them


def test_an_animation_in_colour_keeps_its_letters_black(tmp_path):
    flat = np.random.default_rng(0).integers(0, 256, (200, 1, 1, 3), np.uint8).repeat(4, axis=1).repeat(4, axis=2)
    data = load_dataset(flat)  # more colours than its palette's commonest, each commoner than black
    other = load_dataset(flat[::-1].copy())
    animate(data, frames_of(data, 1) + frames_of(other, 1), tmp_path / "a.gif")
    assert pixels(tmp_path / "a.gif")[:18].max(axis=-1).min() == 0  # the title's rows


def test_a_name_is_cut_and_kept_on_one_line():
    data = table("mass\nof the star " * 9, "$x$")
    axes = samples_figure(data, frames_of(data)[-1]).axes[0]
    assert len(axes.get_xlabel()) == 30 and "\n" not in axes.get_xlabel()
    assert axes.get_ylabel() == "$x$" and not axes.yaxis.label.get_parse_math()


def test_figures_leave_the_style_of_the_user_alone():
    before = dict(rcParams)
    png(samples_figure(ring(), frames_of(ring())[-1], HISTORY))
    assert dict(rcParams) == before


# ---- the animation


@pytest.mark.parametrize("data", EVERY.values(), ids=EVERY)
def test_an_animation_has_all_frames_loops_and_repeats_byte_for_byte(data, tmp_path):
    frames = frames_of(data, n=4)
    for name in ("a.gif", "b.gif"):
        animate(data, frames, tmp_path / name, name="these")
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 4
        assert gif.info["loop"] == 0
        durations = []
        for k in range(4):
            gif.seek(k)
            durations.append(gif.info["duration"])
    assert durations == [100, 100, 100, 2000]


def test_an_animation_of_one_frame_rests_on_it(tmp_path):
    animate(ring(), frames_of(ring(), n=1), tmp_path / "one.gif")
    with Image.open(tmp_path / "one.gif") as gif:
        assert (gif.n_frames, gif.info["duration"]) == (1, 2000)


@pytest.mark.parametrize(
    "data", [PLANES["ring"], LINES["gaussian"], OTHERS["digits"]], ids=["ring", "gaussian", "digits"]
)
def test_a_frame_looks_the_same_whatever_came_before_it(data, tmp_path):
    frames = frames_of(data)
    animate(data, frames, tmp_path / "all.gif")
    animate(data, [frames[-1], frames[0], frames[-1]], tmp_path / "other.gif")
    last = []
    for name in ("all.gif", "other.gif"):
        with Image.open(tmp_path / name) as gif:
            gif.seek(2)
            last.append(np.asarray(gif.convert("RGB")).astype(int))
    # Their palettes differ, so the odd mixed colour may; a trace left of another frame would be thousands.
    assert (np.abs(last[0] - last[1]).max(axis=-1) > 60).mean() < 1e-3


def test_frames_of_an_animation_differ_and_its_paper_is_white(tmp_path):
    animate(ring(), frames_of(ring()), tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as gif:
        pages = []
        for k in range(3):
            gif.seek(k)
            pages.append(np.asarray(gif.convert("RGB")))
    assert (pages[0] != pages[2]).any(axis=-1).mean() > 0.05
    assert all((page[0, 0] == 255).all() for page in pages)


def test_an_animation_of_a_long_ring_stays_small(tmp_path):
    animate(ring(), frames_of(ring(), n=55, samples=2500), tmp_path / "a.gif")
    assert (tmp_path / "a.gif").stat().st_size < 1.5e6


def test_no_frames_are_refused(tmp_path):
    with pytest.raises(ValueError, match="one frame at least"):
        animate(ring(), [], tmp_path / "a.gif")
    assert not list(tmp_path.iterdir())


def test_the_numbers_keep_their_places():
    lines = [figures._numbers(frame) for frame in frames_of(ring(), n=9)]
    assert len({len(line) for line in lines}) == 1
    assert lines[0] == "step       0  V -2.386 nats  D(real) 0.50  D(samples) 0.17  high quality   0%"
    assert figures._numbers(Frame(1200, np.zeros((1, 1)))) == "step   1,200"


# ---- images


def test_image_grid_puts_every_pixel_in_its_place():
    x = np.arange(3 * 6, dtype=float).reshape(3, 6)
    whole = image_grid(x, (2, 3), columns=2)
    assert whole.shape == (5, 7)
    for k, (row, column) in enumerate([(0, 0), (0, 4), (3, 0)]):
        np.testing.assert_array_equal(whole[row : row + 2, column : column + 3], x[k].reshape(2, 3))
    assert np.isnan(whole).sum() == 5 * 7 - 3 * 6
    assert image_grid(x, (2, 3)).shape == (2, 11)  # no room is kept for images that there are not


def test_saved_images_are_whole_pixels_of_grey_between_black_and_white(tmp_path):
    x = np.array([[-5.0, 0.0, 8.0, 16.0], [16.0, 99.0, 0.0, 4.0]])
    save_images(x, (2, 2), tmp_path / "x.png", (0.0, 16.0))
    whole = pixels(tmp_path / "x.png")
    zoom = 640 // 5
    assert whole.shape == (2 * zoom, 5 * zoom, 3)
    grey = whole[zoom // 2 :: zoom, zoom // 2 :: zoom, 0]
    np.testing.assert_array_equal(grey, [[0, 0, 255, 255, 255], [128, 255, 255, 0, 64]])
    np.testing.assert_array_equal(whole[..., 0], grey.repeat(zoom, axis=0).repeat(zoom, axis=1))
    first = (tmp_path / "x.png").read_bytes()
    save_images(x, (2, 2), tmp_path / "x.png", (0.0, 16.0))
    assert (tmp_path / "x.png").read_bytes() == first


def test_saved_images_in_colour_have_the_colours_of_their_pixels(tmp_path):
    x = np.arange(2 * 12.0).reshape(2, 12) * 10
    save_images(x, (2, 2, 3), tmp_path / "x.png", (0.0, 255.0))
    whole, zoom = pixels(tmp_path / "x.png"), 640 // 5
    seen = whole[zoom // 2 :: zoom, zoom // 2 :: zoom]
    np.testing.assert_array_equal(seen[:, :2], x[0].reshape(2, 2, 3))
    np.testing.assert_array_equal(seen[:, 3:], x[1].reshape(2, 2, 3))
    assert (seen[:, 2] == 255).all()


# ---- gradient checks


def test_the_error_of_differences_is_drawn_against_their_step_in_both_float_types():
    net = Sequential([Dense(2, 8), Tanh(), Dense(8, 1)])
    report = check_gradients(net, np.random.default_rng(0).standard_normal((6, 2)))
    figure = report.figure()
    assert [axes.get_title() for axes in figure.axes] == ["float64", "float32"]
    for axes in figure.axes:
        lines = {line.get_label(): line.get_xydata() for line in axes.lines}
        np.testing.assert_array_equal(
            lines["largest of all random directions"], np.column_stack(report.curve(axes.get_title()))
        )
        for label, slope in (("truncation, slope +2", 2), ("rounding, slope -1", -1)):
            x, y = np.log(lines[label]).T
            np.testing.assert_allclose(np.diff(y) / np.diff(x), slope)
            h, error = report.curve(axes.get_title())
            arm = (error > 0) & (error < 0.1) & ((h > h[error.argmin()]) if slope > 0 else (h < h[error.argmin()]))
            assert np.median(np.abs(y[arm] - np.log(error[arm]))) < np.log(2)  # it lies along the curve's arm
        assert axes.get_xscale() == axes.get_yscale() == "log"
        assert axes.get_xlabel() == "step h"
    band = next(p for p in figure.axes[0].patches if p.get_label() == "steps of the check")
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx(report.h)
    assert "its bound" in texts(figure) and png(figure) == png(report.figure())


def test_a_wrong_gradient_and_an_exact_one_can_be_drawn_too():
    for factor, power in ((1.1, 3), (1.0, 1)):
        pair = (lambda x, p=power: x**p, lambda x, dy, f=factor, p=power: f * p * x ** (p - 1) * dy)
        png(check_gradients(pair, np.array([0.0, 0.5, 2.0])).figure())
    with pytest.raises(ValueError, match="no curve to draw"):
        Report((Probe("x[0]", 1.0, 1.0, 0.0),), 1e-7).figure()


# ------------------------------------------------------------------------------------------- a run on one page


def test_a_page_has_a_panel_for_every_column_of_the_history_and_a_point_for_every_layer():
    from minigan.plotting import course

    rows = [{"step": 10 * k, "value": -1.3, "d_loss": 1.3, "g_loss": 0.7, "mine": k} for k in (1, 2, 3)]
    history = mg.History(rows)
    shown = course.panels_of(history)
    assert [name for _, lines, _, _ in shown for name in lines] == ["value", "d_loss", "g_loss", "mine"]
    figure = plotting.history_figure(history)
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_visible()] == [y for y, *_ in shown]
    with pytest.raises(ValueError, match="the history is empty"):
        plotting.history_figure(mg.History())


def test_a_logarithmic_axis_is_read_without_mathematics():
    figure = plotting.gradients_figure({"G, layer 1: Dense": (0.2, 9.0), "D, layer 1: Dense": (0.5, 4.0)})
    figure.draw_without_rendering()
    (axes,) = figure.axes
    told = {text.get_text() for text in axes.get_xticklabels(which="both")} - {""}
    assert told and all(float(text) > 0 for text in told)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["G, layer 1: Dense", "D, layer 1: Dense"]


def test_the_gradients_of_a_run_are_those_of_its_next_step_and_leave_it_as_it_was():
    from minigan.runs.plots import gradient_norms
    from minigan.runs.run import start

    recipe = mg.Recipe(steps=20, generator=(8,), discriminator=(8,), batch=32)
    run, data = start(recipe)
    before = {name: vector.copy() for name, vector in run.gan.vectors().items()}
    norms = gradient_norms(run, data)
    for name, vector in run.gan.vectors().items():
        np.testing.assert_array_equal(vector, before[name])
    run.gan.step(mg.Batches(data, 32, 0, run.scaler).at(0))
    G, D = run.gan.generator, run.gan.discriminator
    assert len(norms) == 4
    for net in (G, D):
        squares = [gradient**2 for name, (gradient, _) in norms.items() if name.startswith(net.name)]
        assert sum(squares) == pytest.approx(float(net.grad @ net.grad), rel=1e-5)


@pytest.mark.parametrize("data", ["ring", "gaussian", "digits"])
def test_the_command_draws_the_page(data, tmp_path, capsys):
    from minigan.cli import main
    from minigan.runs.folder import begin

    begin(mg.Recipe(data=data, steps=20, log_every=10, latent=1, frames=0, batch=32), tmp_path / "run")
    assert main(["plot", str(tmp_path / "run")]) == 0
    assert (tmp_path / "run" / "plot.png").stat().st_size > 20_000
    assert main(["plot", str(tmp_path / "run"), "--out", str(tmp_path / "page.pdf")]) == 2
    assert "the page is a PNG" in capsys.readouterr().err
    for figure in (mg.plot_samples, mg.plot_history, mg.plot_gradients, mg.plot_run):
        assert figure(mg.load(tmp_path / "run")).axes
