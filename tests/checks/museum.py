"""A museum of wrong backwards, and of what else goes wrong in a GAN without a word: each beside its right form.

Every exhibit says in a line what it gets wrong; `EXHIBITS` names the check that must fail it, and pass the right
one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minigan.checks.gradcheck import check_gradients
from minigan.core.gan import GAN, Latent
from minigan.core.layers import (
    BatchNorm,
    Dense,
    Dropout,
    Elementwise,
    Layer,
    LeakyReLU,
    Maxout,
    ReLU,
    Sigmoid,
    Softplus,
    Tanh,
    sigmoid,
)
from minigan.core.network import Sequential, StaleTraceError
from minigan.core.objectives import Minimax, NonSaturating
from minigan.core.optimizers import SGD, Adam, Momentum
from minigan.core.streams import Stream

# ---- layers


@dataclass(eq=False)
class ForgetsDy(Tanh):
    """The local slope alone: the chain rule's other factor is missing."""

    def slope(self, xp, y, dy, dx):
        dx[...] = 1 - y * y


@dataclass(eq=False)
class AddsInsteadOfMultiplying(Tanh):
    """Slope plus dy."""

    def slope(self, xp, y, dy, dx):
        dx[...] = 1 - y * y + dy


@dataclass(eq=False)
class TanhsSlopeFromTheInput(Tanh):
    """1 - x² where 1 - y² is meant."""

    reads = frozenset({"input"})
    in_place = False

    def backward(self, x, y, dy, dx, memo):
        dx[...] = (1 - x * x) * dy


@dataclass(eq=False)
class SigmoidsSlopeFromTheInput(Sigmoid):
    """x (1 - x) where y (1 - y) is meant."""

    reads = frozenset({"input"})
    in_place = False

    def backward(self, x, y, dy, dx, memo):
        dx[...] = x * (1 - x) * dy


@dataclass(eq=False)
class KinkOnTheWrongSide(LeakyReLU):
    """The two slopes exchanged."""

    def slope(self, xp, y, dy, dx):
        dx[...] = xp.where(y > 0, self.a, 1) * dy


@dataclass(eq=False)
class Nothing(Softplus):
    """No gradient at all."""

    def slope(self, xp, y, dy, dx):
        dx[...] = 0


@dataclass(eq=False)
class NotANumber(ReLU):
    """NaN, which compares as neither larger nor smaller than any bound."""

    def slope(self, xp, y, dy, dx):
        dx[...] = float("nan")


@dataclass(eq=False)
class LetsNeighboursWriteOverItsOutput(Sigmoid):
    """Right alone, but silent about reading its output, so an in-place activation after it writes there."""

    reads = frozenset()


@dataclass(eq=False)
class WritesBeforeItHasRead(Elementwise):
    """y = 1 + e^x, with slope y - 1; written over its x, it finds the 1 there."""

    def value(self, xp, x, y):
        y[...] = 1
        y += xp.exp(x)

    def slope(self, xp, y, dy, dx):
        dx[...] = (y - 1) * dy


@dataclass(eq=False)
class KeepsToAPlaceOfItsOwn(WritesBeforeItHasRead):
    """y = 1 + e^x, never written over its x."""

    in_place = False


@dataclass(eq=False)
class TransposedWeight(Dense):
    """dx = dy W, which fits where W is square."""

    def backward(self, x, y, dy, dx, memo):
        self.xp.matmul(dy, self.W, out=dx)


@dataclass(eq=False)
class TransposedGradient(Dense):
    """dW = dyᵀ x, which fits where W is square."""

    def gradient(self, x, y, dy, memo):
        super().gradient(x, y, dy, memo)
        self.dW[...] = self.dW.T.copy()


@dataclass(eq=False)
class MeanForASum(Dense):
    """The batch's mean, although the loss has taken it already."""

    def gradient(self, x, y, dy, memo):
        super().gradient(x, y, dy / len(dy), memo)


@dataclass(eq=False)
class ForgetsTheBias(Dense):
    """db = 0."""

    def gradient(self, x, y, dy, memo):
        self.xp.matmul(x.T, dy, out=self.dW)
        self.db[...] = 0


@dataclass(eq=False)
class Accumulates(Dense):
    """dW += where dW = is meant: right the first time, from a gradient of 0."""

    def gradient(self, x, y, dy, memo):
        self.dW += x.T @ dy
        self.db += dy.sum(axis=0)


@dataclass(eq=False)
class WrongTangent(Dense):
    """Forward mode with another W."""

    def tangent(self, x, y, dx, dy, memo):
        self.xp.matmul(dx, 1.01 * self.W, out=dy)


@dataclass(eq=False)
class WithoutCoupling(BatchNorm):
    """Mean and variance taken for constants, as if a row did not move them."""

    def backward(self, x, y, dy, dx, memo):
        dx[...] = (dy.reshape(memo.groups) * self.gamma * memo.scale).reshape(dx.shape)


@dataclass(eq=False)
class WithoutVarianceTerm(BatchNorm):
    """The variance taken for a constant."""

    def backward(self, x, y, dy, dx, memo):
        dy = dy.reshape(memo.groups)
        dx[...] = ((dy - dy.mean(axis=1, keepdims=True)) * self.gamma * memo.scale).reshape(dx.shape)


@dataclass(eq=False)
class WithoutGamma(BatchNorm):
    """dx without the factor gamma: right in every new network, where gamma is 1."""

    def backward(self, x, y, dy, dx, memo):
        super().backward(x, y, dy / self.gamma, dx, memo)


@dataclass(eq=False)
class DropsWithoutScale(Dropout):
    """The mask without 1 / (1 - p)."""

    def backward(self, x, y, dy, dx, memo):
        dx[...] = dy * (memo.mask > 0)


@dataclass(eq=False)
class DropsByAnotherMask(Dropout):
    """Another mask than forward's."""

    def backward(self, x, y, dy, dx, memo):
        self.xp.multiply(dy, memo.mask[::-1], out=dx)


@dataclass(eq=False)
class SharesTheWinnings(Maxout):
    """dy in equal parts to all competitors."""

    def backward(self, x, y, dy, dx, memo):
        dx.reshape(memo.won.shape)[...] = dy[:, :, None] / self.k


@dataclass(eq=False)
class PaysAllTies(Maxout):
    """The whole of dy to each of several equals; right wherever there are none."""

    def backward(self, x, y, dy, dx, memo):
        best = memo.tied * dy[:, :, None]
        dx[...] = best.reshape(dx.shape)

    def forward(self, x, y, memo, training, rng):
        super().forward(x, y, memo, training, rng)
        memo.tied = x.reshape(memo.won.shape) == y[:, :, None]


@dataclass(eq=False)
class SubtractsTheBatchMean(Layer):
    """y = x - mean over the batch, with a right backward, but silent about coupling the rows."""

    reads = frozenset()

    def forward(self, x, y, memo, training, rng):
        y[...] = x - x.mean(axis=0)

    def backward(self, x, y, dy, dx, memo):
        dx[...] = dy - dy.mean(axis=0)


@dataclass(eq=False)
class SaysThatItCouplesRows(SubtractsTheBatchMean):
    """y = x - mean over the batch, declared."""

    couples_rows = True


# ---- objectives


class RealAndFakeSwapped(Minimax):
    """Each kind of sample pulled by the other's slope."""

    def real_slope(self, s):
        return sigmoid(np, s)

    def fake_slope(self, s):
        return -sigmoid(np, -s)


class LabelTrickWithMinimaxsGradient(NonSaturating):
    """G's loss is -log D, its slope that of log(1 - D), which dies where the trick was to help."""

    def generator_slope(self, s):
        return -sigmoid(np, s)


class AscendsItsOwnLoss(NonSaturating):
    """The sign of G's slope."""

    def generator_slope(self, s):
        return sigmoid(np, -s)


# ---- the game


class Plain(GAN):
    """The simultaneous step in its plainest form, with a pass through D for each player; right."""

    def substeps(self, real):
        G, D, B, game = self.generator, self.discriminator, len(real), self.objective
        real = G.backend.asarray(real)
        z = self.latent.fill(G.backend.empty(B, self.latent.dim), Stream(self.seed, "latent").at(self.steps))
        made, both = G.trace(B), D.trace(2 * B)
        s = D.forward(np.concatenate([real, G.forward(z, made, training=True)]), both, training=True)
        yield "judge", s
        for_d = np.concatenate([game.real_slope(s[:B]), game.fake_slope(s[B:])])
        for_g = game.generator_slope(s[B:])
        G.backward(self.gradients(D, both, for_d, for_g, B), made)
        yield "both gradients", G.grad
        self.optimizers[1].step()
        self.optimizers[0].step()
        self.steps += 1

    def gradients(self, D, both, for_d, for_g, B):
        """Leave D's gradient in D, and return dL/dfake."""
        D.backward(for_d / B, both)
        return D.backward(np.concatenate([0 * for_g, for_g]) / B, both, params=False, inputs=True)[B:]


class DividesTheFactors(Plain):
    """One pass for both players, by the quotient of their factors: 0/0 where D is sure."""

    def gradients(self, D, both, for_d, for_g, B):
        with np.errstate(divide="ignore", invalid="ignore"):
            return D.backward(for_d / B, both, inputs=True)[B:] * (for_g / for_d[B:])


class SumOverTheBatch(Plain):
    """D's gradient summed over the batch, its loss a mean."""

    def gradients(self, D, both, for_d, for_g, B):
        return super().gradients(D, both, for_d * B, for_g, B)


class GDescendsDsLoss(Plain):
    """The slope of D's loss sent on into G, which then helps D."""

    def gradients(self, D, both, for_d, for_g, B):
        return super().gradients(D, both, for_d, for_d[B:], B)


class LeavesGsSlopesInD(Plain):
    """G's pass run with D's parameters too, so that D's gradient is overwritten by it: the missing `detach`."""

    def gradients(self, D, both, for_d, for_g, B):
        D.backward(for_d / B, both)
        return D.backward(np.concatenate([0 * for_g, for_g]) / B, both, inputs=True)[B:]


class JudgesByOldActivations(Plain):
    """G's pass through activations that D's update has left behind: a stale trace."""

    def gradients(self, D, both, for_d, for_g, B):
        D.backward(for_d / B, both)
        self.optimizers[1].step()
        return D.backward(np.concatenate([0 * for_g, for_g]) / B, both, params=False, inputs=True)[B:]


# ---- what else can be wrong


class SeveredCopy(Sequential):
    """A deepcopy with equal numbers, whose layers' views are of another theta than its own."""

    def __deepcopy__(self, memo):
        twin = self.to(self.backend)
        twin.theta, twin.grad = twin.theta.copy(), twin.grad.copy()
        return twin


@dataclass(eq=False)
class AdamWithoutThePowerT(Adam):
    """m / (1 - beta1) where m / (1 - beta1^t) is meant: too short or too long for the first thousand steps."""

    def step(self):
        self.steps += 1
        g = self.net.grad
        self.m += (1 - self.beta1) * (g - self.m)
        self.v += (1 - self.beta2) * (g * g - self.v)
        m, v = self.m / (1 - self.beta1), self.v / (1 - self.beta2)
        self.net.theta -= self.learning_rate * m / (np.sqrt(v) + self.epsilon)
        self.net.moved()


@dataclass(eq=False)
class MomentumBackwards(Momentum):
    """v <- -momentum v - rate g: it brakes where it should roll."""

    def step(self):
        self.v[...] = -self.momentum * self.v - self.learning_rate * self.net.grad
        self.net.theta += self.v
        self.net.moved()


# ---- the checks: True for what is right


def points(rows: int = 5, width: int = 4) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((rows, width))


def between_others(layer: Layer) -> Sequential:
    """The layer with neighbours, one of which writes in place, and no parameter at its starting value."""
    layer = type(layer)(**layer.__getstate__())
    net = Sequential([Dense(4, 4), layer, Tanh(), Dense(layer.width_out(4), 2)])
    net.assign(np.random.default_rng(1).standard_normal(net.size))
    return net


def alone_and_between_others(layer: Layer) -> bool:
    """check_gradients of the layer and of a network around it; what is wrong must fail in both."""
    oks = {check_gradients(what, points(), training=True).ok for what in (layer, between_others(layer))}
    assert len(oks) == 1, "the layer alone and the network around it are judged differently"
    return oks.pop()


def at_ties(layer: Layer) -> bool:
    """check_gradients where competitors are equal."""
    return check_gradients(layer, np.array([[1.0, 1, 2, 0], [3, 3, 5, 5], [0, 1, 2, 3]])).ok


def slopes(objective: Any) -> bool:
    """check_gradients of the objective, and of both players in a game for it."""
    cases = ((objective, np.linspace(-4, 4, 9)), (game(GAN, objective), points(6, 2)))
    oks = {check_gradients(what, x).ok for what, x in cases}
    assert len(oks) == 1, "the objective alone and the game for it are judged differently"
    return oks.pop()


def game(kind: type[GAN] = GAN, objective: Any = "non-saturating", bias: float = 0.0, **options: Any) -> GAN:
    """A small game, with D's last bias at will."""
    G = Sequential([Dense(3, 6), Tanh(), Dense(6, 2)], name="G", seed=4)
    D = Sequential([Dense(2, 6), LeakyReLU(), Dense(6, 1)], name="D", seed=4)
    D.theta[-1] = bias
    return kind(G, D, Latent(3), objective, **{"updates": "simultaneous"} | options)


def both_players(kind: type[GAN]) -> bool:
    """check_gradients of a whole GAN; a StaleTraceError is a verdict too."""
    try:
        return check_gradients(game(kind), points(6, 2)).ok
    except StaleTraceError:
        return False


def sure_of_its_fakes(kind: type[GAN]) -> bool:
    """One step in float32 at logits of -200, where both of D's and G's factors are 0 or 1."""
    gan = game(kind, "minimax", -200.0)
    gan.step(points(6, 2))
    return bool(np.isfinite(gan.generator.theta).all() and np.isfinite(gan.discriminator.theta).all())


def a_copy_moves(kind: type[Sequential]) -> bool:
    """An optimiser step on a deepcopy changes what the copy says."""
    net = copy.deepcopy(kind([Dense(4, 1)]))
    before = net(points())
    net.grad[...] = 1
    SGD(0.1).bind(net).step()
    return bool((net(points()) != before).all())


def moves(optimiser: Any, steps: int, by: float) -> bool:
    """So many steps under a constant gradient of 1 move theta so far."""
    net = Sequential([Dense(1, 1)], "numpy")
    start = net.theta.copy()
    bound = optimiser.bind(net)
    for _ in range(steps):
        net.grad[...] = 1
        bound.step()
    return bool(np.allclose(start - net.theta, by, rtol=1e-4))


class Exhibit(NamedTuple):
    wrong: Any
    right: Any
    check: Callable[[Any], bool]


EXHIBITS = [
    Exhibit(ForgetsDy(), Tanh(), alone_and_between_others),
    Exhibit(AddsInsteadOfMultiplying(), Tanh(), alone_and_between_others),
    Exhibit(TanhsSlopeFromTheInput(), Tanh(), alone_and_between_others),
    Exhibit(SigmoidsSlopeFromTheInput(), Sigmoid(), alone_and_between_others),
    Exhibit(KinkOnTheWrongSide(), LeakyReLU(), alone_and_between_others),
    Exhibit(Nothing(), Softplus(), alone_and_between_others),
    Exhibit(NotANumber(), ReLU(), alone_and_between_others),
    Exhibit(LetsNeighboursWriteOverItsOutput(), Sigmoid(), alone_and_between_others),
    Exhibit(WritesBeforeItHasRead(), KeepsToAPlaceOfItsOwn(), alone_and_between_others),
    Exhibit(TransposedWeight(4, 4), Dense(4, 4), alone_and_between_others),
    Exhibit(TransposedGradient(4, 4), Dense(4, 4), alone_and_between_others),
    Exhibit(MeanForASum(4, 3), Dense(4, 3), alone_and_between_others),
    Exhibit(ForgetsTheBias(4, 3), Dense(4, 3), alone_and_between_others),
    Exhibit(Accumulates(4, 4), Dense(4, 4), alone_and_between_others),
    Exhibit(WrongTangent(4, 4), Dense(4, 4), alone_and_between_others),
    Exhibit(WithoutCoupling(4), BatchNorm(4), alone_and_between_others),
    Exhibit(WithoutVarianceTerm(4), BatchNorm(4), alone_and_between_others),
    Exhibit(WithoutGamma(4), BatchNorm(4), alone_and_between_others),
    Exhibit(DropsWithoutScale(0.5), Dropout(0.5), alone_and_between_others),
    Exhibit(DropsByAnotherMask(0.5), Dropout(0.5), alone_and_between_others),
    Exhibit(SharesTheWinnings(2), Maxout(2), alone_and_between_others),
    Exhibit(PaysAllTies(2), Maxout(2), at_ties),
    Exhibit(SubtractsTheBatchMean(), SaysThatItCouplesRows(), alone_and_between_others),
    Exhibit(RealAndFakeSwapped(), Minimax(), slopes),
    Exhibit(LabelTrickWithMinimaxsGradient(), NonSaturating(), slopes),
    Exhibit(AscendsItsOwnLoss(), NonSaturating(), slopes),
    Exhibit(SumOverTheBatch, Plain, both_players),
    Exhibit(GDescendsDsLoss, Plain, both_players),
    Exhibit(LeavesGsSlopesInD, Plain, both_players),
    Exhibit(JudgesByOldActivations, Plain, both_players),
    Exhibit(DividesTheFactors, Plain, sure_of_its_fakes),
    Exhibit(DividesTheFactors, GAN, sure_of_its_fakes),
    Exhibit(SeveredCopy, Sequential, a_copy_moves),
    Exhibit(AdamWithoutThePowerT(0.01), Adam(0.01), lambda rule: moves(rule, 20, 0.2)),  # by the rate, every step
    Exhibit(MomentumBackwards(0.01, 0.5), Momentum(0.01, 0.5), lambda rule: moves(rule, 3, 0.0425)),
]
