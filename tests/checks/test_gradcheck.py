"""The checker checked: the museum is caught, what is right passes, kinks are named, steps well chosen."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pytest
from every_layer import MAKERS
from hypothesis import given
from hypothesis import strategies as st
from museum import (
    EXHIBITS,
    Accumulates,
    ForgetsTheBias,
    LetsNeighboursWriteOverItsOutput,
    Nothing,
    Plain,
    SaysThatItCouplesRows,
    SubtractsTheBatchMean,
    TransposedGradient,
    WritesBeforeItHasRead,
    game,
    points,
)

from minigan.checks import gradcheck
from minigan.checks.gradcheck import Probe, Report, check_gradients
from minigan.core.gan import GAN, Latent
from minigan.core.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Maxout, ReLU, Sigmoid, Tanh
from minigan.core.network import Sequential
from minigan.core.objectives import discriminator_loss, generator_loss, value_function
from minigan.core.optimizers import Adam
from minigan.core.penalties import R1, GradientPenalty
from minigan.core.scores import OBJECTIVES


def name(thing):
    return getattr(thing, "__name__", type(thing).__name__)


def random_points(rows, width, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, width))


# ---- the museum


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda e: f"{name(e.wrong)}-{name(e.right)}")
def test_every_exhibit_of_the_museum_is_caught_and_its_right_form_passes(exhibit):
    assert exhibit.check(exhibit.right)
    assert not exhibit.check(exhibit.wrong)


def test_the_museum_says_of_every_exhibit_what_it_gets_wrong():
    assert len({name(e.wrong) for e in EXHIBITS}) >= 30
    for e in EXHIBITS:
        kind = e.wrong if isinstance(e.wrong, type) else type(e.wrong)
        assert kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}("), kind  # as dataclasses make up


# ---- what is right passes below 1e-7

HIDDEN = [kind for kind in MAKERS if kind != "Dense"]


def stack(widths, hidden, name, seed=0):
    """Dense layers of these widths, each but the last followed by hidden layers by name."""
    layers, width = [], widths[0]
    for k, wide in enumerate(widths[1:]):
        layers.append(Dense(width, wide))
        width = wide
        for kind in hidden if k < len(widths) - 2 else ():
            layers.append(MAKERS[kind](width))
            width = layers[-1].width_out(width)
    net = Sequential(layers, name=name, seed=seed)
    net.assign(net.theta + 0.1 * np.random.default_rng(seed).standard_normal(net.size))  # no bias is 0
    return net


def players(objective="minimax", updates="alternating", g=("BatchNorm", "Tanh"), d=("LeakyReLU",), **options):
    packing = options.get("packing", 1)
    G, D = stack([3, 6, 2], g, "G"), stack([2 * packing, 8, 1], d, "D")
    return GAN(G, D, Latent(3), objective, updates, **options)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("kind", MAKERS)
def test_every_layer_passes_at_every_coordinate(kind, training):
    layer, width = MAKERS[kind](6), 6
    for seed in range(5):
        x = random_points(6, width, seed)
        report = check_gradients(layer, x, seed, training=training, coordinates=1000)
        assert report.ok, str(report)


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_every_slope_of_an_objective_is_that_of_its_loss(objective):
    report = check_gradients(objective, np.linspace(-6, 6, 21)[:, None], coordinates=1000)
    assert report.ok and len(report.probes) == 3 * (4 + 21), str(report)
    assert {re.match(r"\w+", p.where)[0] for p in report.probes} == {"real_loss", "fake_loss", "generator_loss"}


def test_the_losses_of_whole_batches_and_the_value_pass_as_pairs_of_functions():
    real, fake = random_points(7, 1), random_points(4, 1, 1)
    pairs = [
        (real, lambda s: -value_function(s, fake), lambda s, dy: dy * discriminator_loss(s, fake)[1]),
        (fake, lambda s: -value_function(real, s), lambda s, dy: dy * discriminator_loss(real, s)[2]),
    ]
    pairs += [
        (fake, lambda s, o=which: generator_loss(s, o)[0], lambda s, dy, o=which: dy * generator_loss(s, o)[1])
        for which in OBJECTIVES
    ]
    for x, f, df in pairs:
        assert check_gradients((f, df), x).ok
        assert not check_gradients((f, lambda s, dy, df=df: len(s) * df(s, dy)), x).ok  # a sum for a mean


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize(
    ("updates", "options"),
    [
        ("alternating", {}),
        ("simultaneous", {}),
        ("alternating", {"d_steps": 3}),
        ("alternating", {"packing": 2}),
        ("simultaneous", {"packing": 3}),
        ("alternating", {"d": ("BatchNorm", "Softplus")}),
        ("alternating", {"g": ("BatchNorm", "ReLU", "Dropout"), "d": ("Maxout", "Dropout")}),
        ("simultaneous", {"g": ("Dropout", "Tanh"), "d": ("Dropout", "LeakyReLU"), "instance_noise": 0.3}),
        ("simultaneous", {"d": ("Sigmoid",)}),
        ("alternating", {"penalty": R1(0.7), "d": ("Tanh", "Softplus"), "d_steps": 2}),
        ("simultaneous", {"penalty": R1(2.0), "d": ("Maxout", "Dropout"), "instance_noise": 0.3}),
        ("simultaneous", {"penalty": GradientPenalty(3.0), "d": ("LeakyReLU", "Sigmoid"), "packing": 2}),
    ],
    ids=str,
)
def test_d_alone_and_g_through_d_pass_in_the_gans_own_mode(objective, updates, options):
    report = check_gradients(players(objective, updates, **options), random_points(12, 2), coordinates=99)
    assert report.ok, str(report)
    assert {p.where[:7] for p in report.probes} == {"D.theta", "G.theta"}


@given(
    widths=st.lists(st.integers(1, 5).map(lambda n: 2 * n), min_size=2, max_size=5),
    hidden=st.lists(st.sampled_from(HIDDEN), max_size=3),
    batch=st.integers(6, 16),
    seed=st.integers(0, 999),
)
def test_networks_of_any_depth_width_batch_and_activation_pass(widths, hidden, batch, seed):
    widths = [w * 2 ** hidden.count("Maxout") for w in widths]
    net = stack(widths, hidden, "net", seed)
    report = check_gradients(net, random_points(batch, widths[0], seed), seed, training=True, coordinates=8)
    assert report.ok, str(report)


@given(
    updates=st.sampled_from(["alternating", "simultaneous"]),
    objective=st.sampled_from(list(OBJECTIVES)),
    g=st.lists(st.sampled_from(HIDDEN), min_size=1, max_size=2),
    d=st.lists(st.sampled_from([kind for kind in HIDDEN if kind != "BatchNorm"]), min_size=1, max_size=2),
    packing=st.integers(1, 2),
    packs=st.integers(3, 6),
    seed=st.integers(0, 999),
)
def test_any_pair_of_players_passes(updates, objective, g, d, packing, packs, seed):
    G = stack([3, 4 * 2 ** g.count("Maxout"), 2], g, "G", seed)
    D = stack([2 * packing, 4 * 2 ** d.count("Maxout"), 1], d, "D", seed)
    gan = GAN(G, D, Latent(3), objective, updates, packing=packing, seed=seed)
    report = check_gradients(gan, random_points(packs * packing, 2, seed), seed, coordinates=6)
    assert report.ok, str(report)


def test_a_gan_is_checked_where_its_training_stands():
    gan = players(optimizers=(Adam(0.01), Adam(0.01)))
    before = check_gradients(gan, random_points(8, 2))
    for k in range(3):
        gan.step(random_points(8, 2, k))
    after = check_gradients(gan, random_points(8, 2))
    assert after.ok
    slopes = [{p.where: p.analytic for p in r.probes if "direction" in p.where} for r in (before, after)]
    assert len(slopes[0]) == 8 and all(slopes[0][where] != slopes[1][where] for where in slopes[0])


def test_a_plain_implementation_of_the_game_gives_the_very_gradients_of_ours():
    ours, plain = (check_gradients(game(kind), points(6, 2)) for kind in (GAN, Plain))
    for a, b in zip(*(sorted(r.probes, key=lambda p: p.where) for r in (ours, plain)), strict=True):
        assert a.where == b.where and a.analytic == pytest.approx(b.analytic, rel=1e-9, abs=1e-12)


# ---- functions


def test_a_pair_of_functions_passes_if_it_is_right_at_an_x_of_any_shape():
    W = random_points(3, 2, 5)
    for x in (random_points(4, 3), random_points(1, 3)[0], np.array(0.3)):
        f = (lambda x: np.sin(x @ W)) if x.ndim else np.sin
        df = (lambda x, dy: (np.cos(x @ W) * dy) @ W.T) if x.ndim else (lambda x, dy: np.cos(x) * dy)
        assert check_gradients((f, df), x).ok
        assert not check_gradients((f, lambda x, dy, df=df: 1.0001 * df(x, dy)), x).ok


def test_functions_that_write_into_what_they_are_given_disturb_nothing():
    def f(x):
        np.sin(x, out=x)
        return x

    def df(x, dy):
        dy *= np.cos(x)
        return dy

    report = check_gradients((f, df), points())
    assert report.ok
    alike = check_gradients((np.sin, lambda x, dy: np.cos(x) * dy), points())
    assert [p.analytic for p in report.probes] == [p.analytic for p in alike.probes]


def test_a_gradient_of_another_shape_is_refused_with_both_shapes():
    with pytest.raises(ValueError, match=r"the shape of x, \(5, 4\), but df gave \(4,\)"):
        check_gradients((np.sin, lambda x, dy: (np.cos(x) * dy).sum(axis=0)), points())


@pytest.mark.parametrize("what", [np.sin, (np.sin,), "minimax", None])
def test_what_has_no_gradient_is_refused_with_what_has(what):
    with pytest.raises(TypeError, match=r"has no gradient to check: give a network, a layer, a GAN, an Objective"):
        check_gradients(what, points())


# ---- kinks


def relu_near_its_kink(distance, slope=1.0):
    """x -> relu(x W + b) with one unit this far from its kink in row 0, and its backward times `slope`."""

    @dataclass(eq=False)
    class Bent(ReLU):
        def slope(self, xp, y, dy, dx):
            dx[...] = slope * (y > 0) * dy

    net = Sequential([Dense(2, 3), Bent()]).to("numpy", "float64")
    x = random_points(4, 2)
    net.layers[0].b[2] = distance - (x @ net.layers[0].W)[0, 2]
    net.moved()
    return net, x


@pytest.mark.parametrize("distance", [1e-9, -1e-9, 1e-6, -1e-6])
def test_a_relu_input_closer_to_its_kink_than_the_step_is_named_and_judged_on_its_own_side(distance):
    net, x = relu_near_its_kink(distance)
    report = check_gradients(net, x, h=1e-5, coordinates=1000)
    assert report.ok, str(report)
    met = {kink for p in report.probes for kink in p.kinks}
    assert met == {"layer 1 Bent row 0 column 2"}
    at_the_bias = next(p for p in report.probes if p.where.startswith("theta[8]"))
    assert at_the_bias.kinks and at_the_bias.verdict == "ok"
    assert "probes, " in str(report) and "of them with a kink within h" in str(report)


@pytest.mark.parametrize("distance", [1e-9, -1e-9])
def test_an_error_beside_a_kink_is_still_caught_there(distance):
    net, x = relu_near_its_kink(distance, slope=1.01)
    report = check_gradients(net, x, h=1e-5, coordinates=1000)
    assert not report.ok
    if distance > 0:  # below it backward gives 0 however wrong it is
        assert any(p.verdict == "DIFFERS" and p.kinks for p in report.probes)


def test_the_chosen_step_stays_clear_of_a_kink_where_there_is_room():
    net, x = relu_near_its_kink(1e-5)
    assert any(p.kinks for p in check_gradients(net, x, h=1e-4, coordinates=1000).probes)
    report = check_gradients(net, x, coordinates=1000)
    assert report.ok and report.h[0] < 1e-5 and not any(p.kinks for p in report.probes)


def test_kinks_on_both_sides_leave_room_for_a_shorter_step():
    net = Sequential([Dense(1, 2), ReLU(), Dense(2, 1)]).to("numpy", "float64")
    net.assign([1, 1, -0.5 + 1e-6, -0.5 - 1e-6, 1, 2, 0])  # at x = .5 the two units are 1e-6 this side and that
    report = check_gradients(net, [[0.5]], h=1e-5, bound=1e-6)  # at steps of 1e-7 rounding shows
    probe = next(p for p in report.probes if p.where == "x[0, 0]")
    assert probe.verdict == "ok" and probe.h < 1e-6 and len(probe.kinks) == 2
    assert abs(probe.numeric) > 0 and report.ok


def test_where_kinks_lie_on_both_sides_the_probe_says_neither_right_nor_wrong():
    net = Sequential([Dense(1, 4), LeakyReLU(0.2), Dense(4, 1)])  # biases 0: at x = 0 every unit is at its kink
    report = check_gradients(net, [[0.0], [1.0]], coordinates=1000)
    undecided = {p.where for p in report.probes if p.verdict == "kink"}
    assert "x[0, 0]" in undecided and "x[1, 0]" not in undecided
    assert report.ok and report.error < 1e-7, str(report)
    assert re.search(r"kink, within h: layer 1 LeakyReLU row 0 column \d and 3 more", str(report))


def test_where_every_probe_is_at_a_kink_nothing_is_known_and_the_report_is_not_ok():
    net = Sequential([Dense(1, 4), LeakyReLU(0.2), Dense(4, 1)])
    report = check_gradients(net, [[0.0]])
    assert not report.ok and "x: every probe met a kink" in str(report)


def test_maxouts_kink_is_where_competitors_are_equal():
    x = np.array([[1.0, 1 + 1e-9, -2, 0], [3, 1, 5, 7]])
    report = check_gradients(Maxout(2), x, h=1e-5)
    assert report.ok and {k for p in report.probes for k in p.kinks} == {"layer 0 Maxout row 0 column 0"}


def test_in_a_game_the_kinks_name_their_player():
    gan = players(g=("Tanh",))
    gan.discriminator.theta[:-9] = 0  # W and b of the first layer: D's units all sit at their kinks
    gan.discriminator.moved()
    report = check_gradients(gan, random_points(4, 2))
    kinks = {kink for p in report.probes for kink in p.kinks}
    assert kinks and all(re.fullmatch(r"D's layer 1 LeakyReLU row \d column \d", kink) for kink in kinks)


def test_a_kink_that_no_layer_tells_of_is_found_by_its_slopes_and_named_by_the_output():
    x = np.array([-1.0, 0.3, 2.0])
    relu = (lambda x: np.maximum(x - 0.3, 0), lambda x, dy: (x > 0.3) * dy)
    report = check_gradients(relu, x)
    at_kink = {p.where: p for p in report.probes if p.verdict == "kink"}
    assert report.ok and at_kink["x[1]"].kinks == ("y[1]",) and {"x[0]", "x[2]"}.isdisjoint(at_kink)
    outside = (relu[0], lambda x, dy: np.where(x == 0.3, 1.5, x > 0.3) * dy)  # a slope of neither side
    assert not check_gradients(outside, x).ok


def test_a_small_error_where_all_is_smooth_is_never_taken_for_a_kink():
    for error in (1e-4, 1e-5, 1e-6, 3e-7):
        report = check_gradients((np.exp, lambda x, dy, e=error: (1 + e) * np.exp(x) * dy), points())
        assert not report.ok and not any(p.kinks for p in report.probes)


# ---- promises


def test_a_layer_that_couples_rows_in_silence_is_told_to_say_so():
    layer = SubtractsTheBatchMean()
    report = check_gradients(layer, points())
    assert report.error < 1e-7 and not report.ok
    assert "y depends on other rows" in str(report) and "set couples_rows = True" in str(report)
    assert check_gradients(SaysThatItCouplesRows(), points()).ok


def test_its_game_is_wrong_in_simultaneous_mode_and_refused_once_it_says_so():
    def gan(layer):
        G, D = stack([3, 6, 2], ("Tanh",), "G"), Sequential([Dense(2, 4), layer, Tanh(), Dense(4, 1)], name="D")
        return GAN(G, D, Latent(3), updates="simultaneous")

    report = check_gradients(gan(SubtractsTheBatchMean()), points(6, 2))
    assert report.error > 1e-3 and "layer 1 of D, SubtractsTheBatchMean()" in report.faults[0]
    with pytest.raises(ValueError, match="couples the rows"):
        gan(SaysThatItCouplesRows())


def test_a_row_may_be_coupled_by_its_extremes_too():
    @dataclass(eq=False)
    class FromTheExtreme(SubtractsTheBatchMean):
        reduce: str = "max"

        def forward(self, x, y, memo, training, rng):
            y[...] = x - getattr(x, self.reduce)(axis=0)

        def backward(self, x, y, dy, dx, memo):
            dx[...] = dy

    for reduce in ("max", "min"):
        faults = check_gradients(FromTheExtreme(reduce), points(5, 1)).faults
        assert len(faults) == 1 and "other rows" in faults[0]


@pytest.mark.parametrize(
    ("layer", "cure"),
    [
        (LetsNeighboursWriteOverItsOutput(), "backward reads more than `reads` says"),
        (WritesBeforeItHasRead(), "set in_place = False"),
    ],
    ids=name,
)
def test_other_broken_promises_are_named_with_their_cure(layer, cure):
    assert any(cure in fault for fault in check_gradients(layer, points()).faults)


@pytest.mark.parametrize("kind", MAKERS)
def test_our_layers_keep_their_promises(kind):
    layer, width = MAKERS[kind](6), 6
    assert check_gradients(layer, random_points(5, width), training=True).faults == ()


# ---- the step


def sines():
    """A network whose differences have both errors: curved, and with rounding."""
    return Sequential([Dense(4, 8), Tanh(), Dense(8, 8), Sigmoid(), Dense(8, 1)])


def test_the_errors_of_the_curve_fall_as_h_squared_and_grow_as_1_over_h():
    report = check_gradients(sines(), points())
    (h, fine), (_, rough) = report.curve("float64"), report.curve("float32")
    for error, low, high, wanted in ((fine, 1e-3, 1e-1, 2), (fine, 1e-11, 1e-7, -1), (rough, 1e-5, 1e-3, -1)):
        arm = (h >= 0.99 * low) & (h <= 1.01 * high)
        assert np.polyfit(np.log(h[arm]), np.log(error[arm]), 1)[0] == pytest.approx(wanted, abs=0.35)
    np.testing.assert_allclose(rough[h > 0.3], fine[h > 0.3], rtol=0.05)  # truncation has no float type
    assert fine.min() < 1e-8 < 1e-5 < rough.min() < 1e-2
    assert h[rough.argmin()] > 100 * h[fine.argmin()]


def test_the_chosen_steps_are_near_the_best_there_are():
    report = check_gradients(sines(), points(), directions=6, coordinates=0)
    h, error = report.curve("float64")
    assert report.error < 10 * error.min()
    chosen = (h >= report.h[0]) & (h <= report.h[1])
    assert np.abs(np.log10(h[error.argmin()]) - np.log10(h[chosen])).min() < 1


def test_a_step_is_chosen_for_the_curvature_of_its_place():
    steps = {}
    for k in (1, 30):
        pair = (lambda x, k=k: np.sin(k * x), lambda x, dy, k=k: k * np.cos(k * x) * dy)
        report = check_gradients(pair, np.array([0.4]))
        assert report.ok
        steps[k] = report.h[1]
    # r / 2c is eps |sin kx| / (k³ |cos kx| / 3)
    for k, h in steps.items():
        best = (np.finfo(float).eps * abs(np.sin(0.4 * k)) / (k**3 * abs(np.cos(0.4 * k)) / 3)) ** (1 / 3)
        assert h == pytest.approx(best, rel=0.05)


def test_where_nothing_is_curved_the_longest_step_is_taken():
    assert check_gradients((lambda x: 3 * x, lambda x, dy: 3 * dy), np.array([2.0])).h[1] > 0.1 * gradcheck.PILOT


def test_a_gradient_that_drowns_in_rounding_is_told_from_a_wrong_one_by_longer_steps():
    pair = (lambda x: 1 + 1e-6 * np.sin(x), lambda x, dy: 1e-6 * np.cos(x) * dy)
    report = check_gradients(pair, points())
    assert report.ok and report.h[1] > gradcheck.PILOT and not any(p.kinks for p in report.probes)
    assert not check_gradients((pair[0], lambda x, dy: (1 + 1e-6) * pair[1](x, dy)), points()).ok


def test_a_given_step_is_taken_everywhere_and_one_too_long_shows():
    errors = []
    for h in (1e-1, 1e-2):
        report = check_gradients(sines(), points(), h=h)
        assert report.h == (h, h) and not report.ok
        errors.append(report.error)
    assert errors[1] == pytest.approx(errors[0] / 100, rel=0.5)


# ---- the report


def test_all_coordinates_are_probed_where_they_are_few_and_a_sample_where_they_are_many():
    few = {p.where for p in check_gradients(Dense(2, 2), random_points(3, 2)).probes}
    assert {f"x[{r}, {i}]" for r in range(3) for i in range(2)} <= few
    assert {f"theta[{i}] of 0 Dense" for i in range(6)} <= few
    many = check_gradients(Dense(20, 20), random_points(10, 20), coordinates=7, directions=3).probes
    assert sum(p.where.startswith("theta[") for p in many) == 7
    assert len(many) == 4 * (7 + 3) + 3  # of x and theta, of y and of the tangent; and the tangent itself


def test_a_coordinate_of_theta_names_its_layer():
    net = Sequential([Dense(2, 3), Tanh(), Dense(3, 1, bias=False)])
    named = {p.where for p in check_gradients(net, random_points(3, 2)).probes}
    assert {"theta[8] of 0 Dense", "theta[9] of 2 Dense", "theta[11] of 2 Dense"} <= named


def test_the_report_lists_the_worst_first_and_names_the_place():
    report = check_gradients(ForgetsTheBias(4, 3), points())
    wrong = [p for p in report.probes if p.verdict == "DIFFERS"]
    assert report.probes[: len(wrong)] == tuple(wrong) and wrong[0].error == report.error > 1e-3
    errors = [p.error for p in wrong]
    assert errors == sorted(errors, reverse=True)
    places = {p.where.split()[0] for p in wrong if "[" in p.where}
    assert places == {"theta[12]", "theta[13]", "theta[14]"}  # the biases follow the 4 × 3 weights
    head, first, *_, last = str(report).splitlines()
    assert head.split() == ["where", "analytic", "numeric", "rel.", "error", "h", "verdict"]
    assert first.startswith(wrong[0].where) and first.endswith("DIFFERS") and last.endswith("bound 1e-07: WRONG")


def test_the_table_of_what_is_right_says_so_with_its_steps():
    report = check_gradients(Tanh(), points())
    lines = str(report).splitlines()
    assert len(lines) == 10 and lines[1].endswith("  ok")
    low, high = report.h
    assert lines[-1] == (
        f"{len(report.probes)} probes; h from {low:.1e} to {high:.1e}; worst {report.error:.1e}, bound 1e-07: ok"
    )


def test_errors_are_relative_to_the_larger_number_and_never_to_less_than_a_thousandth_of_the_largest_gradient():
    scale = np.array([1e-6, 0.5, 1.0])
    pair = (lambda x: (scale * x).sum(), lambda x, dy: (scale + np.array([1e-6, 0, 0])) * dy)
    probes = {p.where: p for p in check_gradients(pair, np.ones(3), directions=0).probes}
    assert probes["x[0]"].error == pytest.approx(1e-6 / 1e-3, rel=1e-3)  # not 1/2
    twice = check_gradients((lambda x: x.sum(), lambda x, dy: 2 * dy * np.ones(3)), np.ones(3), directions=0)
    assert twice.error == pytest.approx(0.5)


def test_a_report_is_ok_up_to_its_bound_and_without_faults():
    for error, ok in ((0.0, True), (1e-7, True), (1.1e-7, False), (float("inf"), False)):
        assert Report((Probe("x[0]", 1.0, 1.0, error),), 1e-7).ok is ok
    assert not Report((Probe("x[0]", 1.0, 1.0, 0.0),), 1e-7, ("a fault",)).ok
    assert not Report((), 1e-7).ok  # who probes nothing knows nothing
    kink = Probe("x[0]", 1.0, 2.0, 0.5, "kink")
    assert Report((kink, Probe("x[1]", 1.0, 1.0, 0.0)), 1e-7).ok and not Report((kink,), 1e-7).ok


def test_a_forward_that_gives_no_number_is_never_ok_even_where_backward_says_zero():
    @dataclass(eq=False)
    class Broken(Nothing):
        def value(self, xp, x, y):
            y[...] = float("nan")

    report = check_gradients(Broken(), points())
    assert report.error == float("inf") and not report.ok


def test_dy_is_not_the_x_that_the_same_seed_would_give():
    # With dy = x a dense layer's dW is symmetric, and BatchNorm's dx nearly 0: faults in them would not show.
    assert not check_gradients(Sequential([TransposedGradient(4, 4)]), random_points(5, 4, 3), seed=3).ok


# ---- what is checked stays as it was


def test_checking_changes_nothing_that_is_checked():
    net = Sequential([Dense(4, 3), BatchNorm(3), Dropout(0.5)])
    x = points()
    before = x.copy(), net.theta.copy(), net.grad.copy(), net.state.copy(), net.version
    check_gradients(net, x, training=True)
    check_gradients(net.layers[0], x)
    after = x, net.theta, net.grad, net.state, net.version
    for a, b in zip(after, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
def test_checking_a_gan_changes_no_bit_of_its_training_even_in_the_middle_of_a_step(updates):
    def train(check):
        gan = players(updates=updates, g=("Dropout", "Tanh"), d=("Dropout", "LeakyReLU"), instance_noise=0.1)
        for k in range(3):
            for substep, _ in gan.substeps(random_points(6, 2, k)):
                if check and substep == "generate":
                    check_gradients(gan, random_points(6, 2), coordinates=1, directions=1).curve("float32")
        return gan

    with_checks, without = train(True), train(False)
    assert with_checks.steps == 3
    for name, vector in without.vectors().items():
        np.testing.assert_array_equal(vector, with_checks.vectors()[name])


def test_a_gradient_that_grows_with_every_call_is_caught_although_the_first_call_is_right():
    net = Sequential([Accumulates(3, 2)])
    trace = net.trace(4)
    x, dy = random_points(4, 3), random_points(4, 2)
    net.forward(x, trace)
    net.backward(dy, trace)
    np.testing.assert_allclose(net.layers[0].dW, x.T @ dy, rtol=1e-5)  # right, from a grad of 0
    report = check_gradients(net, x)
    assert not report.ok and report.faults == ()  # it reads no more than it says


@dataclass(eq=False)
class Scale(Layer):
    """y = c x, with a view of theta whose name only its author knows; wrong where c is above 2."""

    @property
    def size(self):
        return 1

    def bind(self, backend, theta, grad, state):
        super().bind(backend, theta, grad, state)
        self.c, self.dc = theta, grad

    def initialise(self, rng):
        self.c[...] = 1

    def forward(self, x, y, memo, training, rng):
        y[...] = self.c * x

    def backward(self, x, y, dy, dx, memo):
        dx[...] = self.c.clip(max=2) * dy

    def gradient(self, x, y, dy, memo):
        self.dc[...] = (x * dy).sum()


def test_a_layer_of_a_network_is_checked_at_its_present_parameters_and_state():
    net = Sequential([Scale()], width=4)
    assert check_gradients(net.layers[0], points()).ok
    net.assign([3])
    assert not check_gradients(net.layers[0], points()).ok
    norm = Sequential([BatchNorm(4)])

    def slope():
        return next(p for p in check_gradients(norm.layers[0], points()).probes if p.where == "x[0, 0]").analytic

    before = slope()
    norm.state[4:] = 100  # dy/dx is then gamma / sqrt(100)
    assert slope() == pytest.approx(before / 10, rel=1e-4)


def test_a_layer_without_a_network_is_checked_off_its_starting_values():
    @dataclass(eq=False)
    class RightAtTheStart(Scale):
        def backward(self, x, y, dy, dx, memo):
            dx[...] = dy  # without c, which starts at 1

    assert not check_gradients(RightAtTheStart(), points()).ok
    assert check_gradients(Sequential([RightAtTheStart()], width=4), points()).ok  # a network is, where it stands


def test_a_network_of_a_kind_of_your_own_is_checked_as_that_kind():
    class Doubled(Sequential):
        def backward(self, dy, trace, **options):
            return super().backward(2 * np.asarray(dy), trace, **options)

    assert not check_gradients(Doubled([Dense(4, 2)]), points()).ok


@pytest.mark.parametrize("what", ["layer", "network", "GAN"])
def test_a_single_row_is_told_to_be_one_of_rows(what):
    G, D = Sequential([Dense(2, 2)], name="G"), Sequential([Dense(2, 1)], name="D")
    subject = {"layer": Dense(2, 2), "network": G, "GAN": GAN(G, D, Latent(2))}[what]
    with pytest.raises(ValueError, match=r"x has shape \(2,\).* give \[x\] for a single one"):
        check_gradients(subject, [0.1, 0.2])
