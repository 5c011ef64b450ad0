"""The checker checked: a museum of wrong backwards that it must catch, and right ones that it must pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from minigan.gradcheck import Probe, Report, check_gradients
from minigan.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Maxout, ReLU, Sigmoid, Softplus, Tanh
from minigan.network import Sequential


@dataclass(eq=False)
class ForgetsDy(Tanh):
    def slope(self, xp, y, dy, dx):
        dx[...] = 1 - y * y


@dataclass(eq=False)
class AddsInsteadOfMultiplying(Tanh):
    def slope(self, xp, y, dy, dx):
        dx[...] = 1 - y * y + dy


@dataclass(eq=False)
class SlopeOfTheInput(Sigmoid):
    reads = frozenset({"input"})
    in_place = False

    def backward(self, x, y, dy, dx, memo):
        dx[...] = x * (1 - x) * dy


@dataclass(eq=False)
class KinkOnTheWrongSide(LeakyReLU):
    def slope(self, xp, y, dy, dx):
        dx[...] = xp.where(y > 0, self.a, 1) * dy


@dataclass(eq=False)
class TransposedWeight(Dense):
    def backward(self, x, y, dy, dx, memo):
        self.xp.matmul(dy, self.W, out=dx)


@dataclass(eq=False)
class MeanForASum(Dense):
    def gradient(self, x, y, dy, memo):
        super().gradient(x, y, dy / len(dy), memo)


@dataclass(eq=False)
class NoBiasGradient(Dense):
    def gradient(self, x, y, dy, memo):
        self.xp.matmul(x.T, dy, out=self.dW)
        self.db[...] = 0


@dataclass(eq=False)
class TransposedGradient(Dense):
    def gradient(self, x, y, dy, memo):
        super().gradient(x, y, dy, memo)
        self.dW[...] = self.dW.T.copy()


@dataclass(eq=False)
class Accumulates(Dense):
    def gradient(self, x, y, dy, memo):
        self.dW += x.T @ dy
        self.db += dy.sum(axis=0)


@dataclass(eq=False)
class WithoutCoupling(BatchNorm):
    def backward(self, x, y, dy, dx, memo):
        dx[...] = (dy.reshape(memo.groups) * self.gamma * memo.scale).reshape(dx.shape)


@dataclass(eq=False)
class WithoutVarianceTerm(BatchNorm):
    def backward(self, x, y, dy, dx, memo):
        dy = dy.reshape(memo.groups)
        dx[...] = ((dy - dy.mean(axis=1, keepdims=True)) * self.gamma * memo.scale).reshape(dx.shape)


@dataclass(eq=False)
class DropsAnotherMask(Dropout):
    def backward(self, x, y, dy, dx, memo):
        self.xp.multiply(dy, memo.mask[::-1], out=dx)


@dataclass(eq=False)
class SharesTheWinnings(Maxout):
    def backward(self, x, y, dy, dx, memo):
        dx.reshape(memo.won.shape)[...] = dy[:, :, None] / self.k


@dataclass(eq=False)
class WrongTangent(Dense):
    def tangent(self, x, y, dx, dy, memo):
        self.xp.matmul(dx, 1.01 * self.W, out=dy)


@dataclass(eq=False)
class Nothing(Softplus):
    def slope(self, xp, y, dy, dx):
        dx[...] = 0


@dataclass(eq=False)
class NotANumber(ReLU):
    def slope(self, xp, y, dy, dx):
        dx[...] = float("nan")


MUSEUM = [
    ForgetsDy(),
    AddsInsteadOfMultiplying(),
    SlopeOfTheInput(),
    KinkOnTheWrongSide(),
    TransposedWeight(4, 4),
    MeanForASum(4, 3),
    NoBiasGradient(4, 3),
    TransposedGradient(4, 4),
    Accumulates(4, 4),
    WithoutCoupling(4),
    WithoutVarianceTerm(4),
    DropsAnotherMask(0.5),
    SharesTheWinnings(2),
    WrongTangent(4, 4),
    Nothing(),
    NotANumber(),
]
RIGHT = [
    Dense(4, 4),
    Dense(4, 3),
    BatchNorm(4),
    Dropout(0.5),
    Maxout(2),
    Tanh(),
    Sigmoid(),
    Softplus(),
    LeakyReLU(),
]


def x_of(rows=5, width=4, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, width))


def neighbours(layer):
    """The layer between two dense ones, made anew."""
    layer = type(layer)(**layer.__getstate__())
    return Sequential([Dense(4, 4), layer, Dense(layer.width_out(4), 2)])


@pytest.mark.parametrize("wrong", MUSEUM, ids=lambda layer: type(layer).__name__)
def test_every_exhibit_of_the_museum_is_caught_alone_and_inside_a_network(wrong):
    for what in (wrong, neighbours(wrong)):
        report = check_gradients(what, x_of(), training=True)
        assert not report.ok and report.error > 1e-3 and "WRONG" in str(report)


@pytest.mark.parametrize("right", RIGHT, ids=lambda layer: type(layer).__name__)
def test_what_is_right_is_passed_alone_and_inside_a_network(right):
    for what in (right, neighbours(right)):
        report = check_gradients(what, x_of(), training=True)
        assert report.ok, str(report)


def test_dy_is_not_the_x_that_the_same_seed_would_give():
    # With dy = x a dense layer's dW is symmetric, and BatchNorm's dx nearly 0: faults in them would not show.
    assert not check_gradients(
        TransposedGradient(4, 4), np.random.default_rng(3).standard_normal((5, 4)), seed=3
    ).ok


def test_a_gradient_that_grows_with_every_call_is_caught_although_the_first_call_is_right():
    net = Sequential([Accumulates(3, 2)])
    trace = net.trace(4)
    x, dy = x_of(4, 3), x_of(4, 2)
    net.forward(x, trace)
    net.backward(dy, trace)
    np.testing.assert_allclose(net.layers[0].dW, x.T @ dy, rtol=1e-5)  # right, from a grad of 0
    assert not check_gradients(net, x).ok


def test_checking_changes_nothing_that_is_checked():
    net = Sequential([Dense(4, 3), BatchNorm(3), Dropout(0.5)])
    x = x_of()
    before = x.copy(), net.theta.copy(), net.grad.copy(), net.state.copy(), net.version
    check_gradients(net, x, training=True)
    check_gradients(net.layers[0], x)
    after = x, net.theta, net.grad, net.state, net.version
    for a, b in zip(after, before, strict=True):
        np.testing.assert_array_equal(a, b)


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
    assert check_gradients(net.layers[0], x_of()).ok
    net.assign([3])
    assert not check_gradients(net.layers[0], x_of()).ok
    norm = Sequential([BatchNorm(4)])
    norm.state[4:] = 100  # dy/dx is then gamma / sqrt(100), not the 1 of a new layer
    report = check_gradients(norm.layers[0], x_of())
    at_one_place = next(p for p in report.probes if p.where == "x[0, 0]").analytic
    new = check_gradients(BatchNorm(4), x_of())
    assert at_one_place == pytest.approx(
        next(p for p in new.probes if p.where == "x[0, 0]").analytic / 10, rel=1e-4
    )


def test_all_coordinates_are_probed_where_they_are_few_and_a_sample_where_they_are_many():
    few = {p.where for p in check_gradients(Dense(2, 2), x_of(3, 2)).probes}
    assert {f"x[{r}, {i}]" for r in range(3) for i in range(2)} | {f"theta[{i}]" for i in range(6)} <= few
    many = check_gradients(Dense(20, 20), x_of(10, 20), coordinates=7, directions=3).probes
    assert sum(p.where.startswith("theta[") for p in many) == 7 and len(many) == 2 * 7 + 3 * 3


def test_the_report_lists_the_worst_first_and_names_the_place():
    report = check_gradients(NoBiasGradient(4, 3), x_of())
    errors = [p.error for p in report.probes]
    assert errors == sorted(errors, reverse=True) and errors[0] == report.error
    wrong = {p.where for p in report.probes if p.error > report.bound and "[" in p.where}
    assert wrong == {"theta[12]", "theta[13]", "theta[14]"}  # the biases follow the 4 × 3 weights
    first = str(report).splitlines()[1]
    assert first.startswith(report.probes[0].where) and first.endswith("DIFFERS")


def test_a_forward_that_gives_no_number_is_never_ok_even_where_backward_says_zero():
    @dataclass(eq=False)
    class Broken(Nothing):
        def value(self, xp, x, y):
            y[...] = float("nan")

    report = check_gradients(Broken(), x_of())
    assert report.error == float("inf") and not report.ok


def test_a_report_is_ok_up_to_its_bound():
    for error, ok in ((0.0, True), (1e-7, True), (1.1e-7, False), (float("inf"), False)):
        assert Report((Probe("x[0]", 1.0, 1.0, error),), 1e-7, 1e-5).ok is ok


def test_small_errors_show_where_gradients_are_right_but_not_where_h_is_too_large():
    net = Sequential([Dense(4, 8), Tanh(), Dense(8, 1)])
    errors = [check_gradients(net, x_of(), h=h).error for h in (1e-1, 1e-2, 1e-3)]
    assert errors[1] == pytest.approx(errors[0] / 100, rel=0.5)  # truncation falls as h²
    assert errors[2] == pytest.approx(errors[1] / 100, rel=0.5)
