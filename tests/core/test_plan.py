"""A pass that comes again is prepared, and stays the same pass: bit for bit, and whoever wrote its layers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from every_layer import MAKERS

import minigan as mg
from minigan.core import network
from minigan.core.backend import Backend, find_numba
from minigan.core.layers import Dense, LeakyReLU, ReLU, Sigmoid, Tanh
from minigan.core.network import Sequential

HOW = {"prepared": math.inf} | ({"with loops": 0} if find_numba() else {})


def on(patience, dtype="float32"):
    backend = Backend("numpy", dtype)
    backend.patience = patience
    return backend


def passes(net, again, inputs, weigh):
    """y, dx and grad of some passes: again and again on one trace, or each as it is written, on a new one."""
    rng, masks, found = np.random.default_rng(0), np.random.default_rng(3), []
    x, dy, weights = (net.backend.empty(6, n) for n in (net.widths[0], net.widths[-1], 1))
    trace = net.trace(6)
    for k in range(4):
        for array in (x, dy, weights):
            array[...] = rng.standard_normal(array.shape)
        net.theta[...] = rng.standard_normal(net.size)
        net.moved()
        trace = trace if again else net.trace(6)
        y = net.forward(x, trace, training=True, rng=masks)
        assert trace.onward.again == (k if again else 0)
        dx = net.backward(dy, trace, True, inputs, weights if weigh else None)
        found += [y.copy(), net.grad.copy(), 0 if dx is None else dx.copy()]
    return found


LAYERS = [Dense(4, 4) if name == "Dense" else make(4) for name, make in MAKERS.items()]
SLICE = slice(2, 5)


@pytest.mark.parametrize("wide", [4, 10**6])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("layer", [*LAYERS, LeakyReLU(0.3), LeakyReLU(0.0)], ids=str)
def test_a_prepared_pass_gives_the_bits_of_the_one_as_written(layer, how, dtype, wide, monkeypatch):
    monkeypatch.setattr(network, "WIDE", wide)  # batch contiguous, and not
    for inputs, weigh in ((False, False), (True, True), (SLICE, True), (SLICE, False)):
        found = []
        for again in (False, True):
            kinds = [
                Dense(4, 4),
                type(layer)(**layer.__getstate__()),
                Dense(layer.width_out(4), 3, bias=False),
                Tanh(),
            ]
            found.append(passes(Sequential(kinds, on(HOW[how], dtype), name="net"), again, inputs, weigh))
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("how", HOW)
def test_loops_and_formulas_say_the_same_of_infinities_zeros_and_what_is_no_number(how):
    odd = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 3e38, -3e38, 1, -1], np.float32)
    x, dy = (np.ascontiguousarray(part.reshape(-1, 11)) for part in np.meshgrid(odd, odd))
    for layer in (LeakyReLU(0.2), ReLU(), Tanh(), Sigmoid()):
        found = []
        for again in (False, True):
            net = Sequential([Dense(11, 11), type(layer)(**layer.__getstate__())], on(HOW[how]), name="net")
            net.layers[0].b[...] = odd
            trace = net.trace(11)
            with np.errstate(all="ignore"):
                for _ in range(3 if again else 1):
                    y = net.forward(x, trace).copy()
                    trace.ys[-1][...] = x
                    net.backward(dy, trace)
            found += [[y.tobytes(), trace.dys[1].tobytes()]]
        assert found[0] == found[1], layer


class Twice(Dense):
    """A student's own: y = 2 (x W + b)."""

    def forward(self, x, y, memo, training, rng):
        super().forward(x, y, memo, training, rng)
        y *= 2


class Steep(LeakyReLU):
    """A student's own slope, which no loop knows."""

    def slope(self, xp, y, dy, dx):
        dx[...] = 7 * dy


@pytest.mark.parametrize("how", HOW)
def test_a_layer_of_ones_own_is_called_as_it_was_written(how):
    net = Sequential([Twice(2, 3), Steep(0.2)], on(HOW[how]), name="net")
    x, dy, trace = np.ones((4, 2), "float32"), np.ones((4, 3), "float32"), net.trace(4)
    plain = x @ net.layers[0].W
    for _ in range(3):
        np.testing.assert_array_equal(net.forward(x, trace), 2 * np.maximum(plain, np.float32(0.2) * plain))
        net.backward(dy, trace)
        np.testing.assert_array_equal(net.layers[0].db, np.full(3, 28))


@pytest.mark.parametrize("how", HOW)
def test_a_setting_that_changes_between_passes_is_heeded(how):
    net = Sequential([Dense(2, 3), LeakyReLU(0.2)], on(HOW[how]), name="net")
    x, trace = np.ones((4, 2), "float32"), net.trace(4)
    for a in (0.2, 0.2, 0.2, 0.5):
        net.layers[1].a = a
        plain = x @ net.layers[0].W
        np.testing.assert_array_equal(net.forward(x, trace), np.maximum(plain, np.float32(a) * plain))


def test_a_pass_that_raised_is_not_gone_on_with():
    net = Sequential([Dense(2, 3), mg.Dropout(0.5)], name="net")
    x, trace = np.ones((4, 2), "float32"), net.trace(4)
    for _ in range(3):
        with pytest.raises(ValueError, match="Dropout draws a mask"):
            net.forward(x, trace, training=True)
    kept = [net.forward(x, trace).copy() for _ in range(3)]
    with pytest.raises(ValueError, match="Dropout draws a mask"):
        net.forward(x, trace, training=True)
    with pytest.raises(network.StaleTraceError):
        net.backward(np.ones((4, 3), "float32"), trace)
    np.testing.assert_array_equal(net.forward(x, trace), kept[0])
    np.testing.assert_array_equal(kept[2], kept[0])


def test_an_inherited_loop_is_not_taken_for_a_formula_of_ones_own():
    class Frozen(mg.Adam):
        @staticmethod
        def formula(xp, theta, *rest):
            theta += 1

    net = Sequential([Dense(2, 3)], on(0), name="net")
    start = net.theta.copy()
    optimizer = Frozen(0.1).bind(net)
    optimizer.step()
    np.testing.assert_array_equal(net.theta, start + 1)


if find_numba() is not None:

    def test_a_small_game_has_its_loops_compiled_once_it_has_proven_long():
        gans = []
        for patience in (math.inf, 3):
            nets = (
                Sequential([Dense(2, 5), LeakyReLU(), Dense(5, out)], on(patience), name=n)
                for n, out in (("G", 2), ("D", 1))
            )
            gans.append(mg.GAN(*nets, mg.Latent(2)))
        real = np.random.default_rng(0).standard_normal((8, 2))
        for _ in range(9):
            for gan in gans:
                gan.step(real)
        for one, other in zip(*(gan.vectors().values() for gan in gans), strict=True):
            np.testing.assert_array_equal(one, other)
        early, late = ([type(call).__name__ for call in gan._work.made.onward.calls] for gan in gans)
        assert "Table" in late and "Table" not in early
