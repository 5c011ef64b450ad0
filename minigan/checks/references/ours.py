"""minigan's own answers to the cases, under the names that its references have: nothing here computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core import objectives
from ...core.gan import GAN
from ...core.network import Sequential
from ...core.optimizers import Optimizer
from ...core.penalties import Penalty, Steepness

NAME = "minigan"


def pull(net: Sequential, x: np.ndarray, dy: np.ndarray, training: bool, rng: Any, groups: int) -> dict:
    """y for x, then dy pulled back to x and theta, and the state that a step leaves."""
    trace = net.trace(len(x), groups)
    y = net.forward(x, trace, training, rng).copy()
    dx = net.backward(dy, trace, inputs=True)
    net.absorb(trace)
    return {"y": y, "dx": dx, "dtheta": net.grad, "state": net.state}


def judge(real: np.ndarray, fake: np.ndarray, objective: str) -> dict:
    """Both players' losses for these logits, and their slopes."""
    d_loss, d_real, d_fake = objectives.discriminator_loss(real, fake, objective)
    g_loss, d_judged = objectives.generator_loss(fake, objective)
    return {"D loss": d_loss, "G loss": g_loss, "slopes.d": np.stack([d_real, d_fake]), "slopes.g": d_judged}


def penalise(net: Sequential, penalty: Penalty, real: np.ndarray, fake: np.ndarray, rngs: dict[str, Any]) -> dict:
    """What D pays for its slope, and the gradient of that by theta."""
    steepness = Steepness(penalty, net, len(real), 1 / len(real))
    net.grad[...] = 0
    steepness.add_gradient(real, fake, rngs)
    return {"loss": steepness.loss(), "dtheta": net.grad}


def fit(net: Sequential, rule: Optimizer, x: np.ndarray, target: np.ndarray, steps: int) -> dict:
    """theta and the running averages after so many steps down the mean squared error of net(x)."""
    trace, rule = net.trace(len(x)), rule.bind(net)
    for _ in range(steps):
        net.backward(2 / target.size * (net.forward(x, trace) - target), trace)
        rule.step()
    return {"theta": net.theta} | {f"moments.{slot}": getattr(rule, slot) for slot in rule.slots}


def Game(gan: GAN) -> GAN:
    """The game itself."""
    return gan
