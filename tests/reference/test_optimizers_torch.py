"""SGD, Momentum and Adam against torch.optim, constant rates and PyTorch's own schedulers, for 100 steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LinearLR

import minigan as mg
from minigan.checks import compare
from minigan.checks.references import torch as reference
from minigan.core.backend import Backend

STEPS, SIZE = 100, 1000
SCHEDULES = {
    "constant": (lambda rate: rate, None),
    "exponential": (lambda rate: mg.Exponential(rate, 0.97), lambda o: ExponentialLR(o, 0.97)),
    "linear": (lambda rate: mg.Linear(rate, 120), lambda o: LinearLR(o, 1.0, 0.0, 120)),
    "cosine": (lambda rate: mg.HoldThenCosine(rate, STEPS, hold=0), lambda o: CosineAnnealingLR(o, STEPS)),
}
RULES = {
    "sgd": (lambda rate: mg.SGD(rate), lambda p, rate: torch.optim.SGD(p, rate), 0.05),
    "momentum": (lambda rate: mg.Momentum(rate, 0.9), lambda p, rate: torch.optim.SGD(p, rate, 0.9), 0.01),
    "adam": (lambda rate: mg.Adam(rate), lambda p, rate: torch.optim.Adam(p, rate), 0.01),
    "adam of a GAN": (
        lambda rate: mg.Adam(rate, 0.5, 0.99, 1e-7),
        lambda p, rate: torch.optim.Adam(p, rate, (0.5, 0.99), 1e-7),
        2e-4,
    ),
    "fused adam": (lambda rate: mg.Adam(rate), lambda p, rate: torch.optim.Adam(p, rate, fused=True), 0.01),
}


def walk(net, rule, theta, theirs, scheduler):
    """STEPS steps of both down the same noisy valley, whose gradient depends on where each is."""
    rng, own = np.random.default_rng(0), rule.bind(net)
    stiff = np.geomspace(1e-3, 3, SIZE).astype(net.theta.dtype)
    for _ in range(STEPS):
        noise = rng.standard_normal(SIZE).astype(net.theta.dtype)
        net.grad[...] = stiff * net.theta + noise
        theta.grad = torch.from_numpy(stiff) * theta.detach() + torch.from_numpy(noise)
        own.step()
        theirs.step()
        if scheduler:
            scheduler.step()
    return own


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-13), ("float32", 2e-6)])
@pytest.mark.parametrize(
    ("rule", "schedule"),
    [(r, s) for r in RULES for s in SCHEDULES if r != "momentum" or s == "constant"],  # see the next test
)
def test_100_steps(rule, schedule, dtype, bound):
    ours, theirs, rate = RULES[rule]
    of, scheduled = SCHEDULES[schedule]
    net = mg.Sequential([mg.Dense(SIZE, 1, bias=False)], Backend("numpy", dtype))
    theta = torch.from_numpy(net.theta.copy()).requires_grad_()
    optimizer = theirs([theta], rate)
    own = walk(net, ours(of(rate)), theta, optimizer, scheduled and scheduled(optimizer))
    assert compare.difference(net.theta, theta.detach().numpy()) <= bound
    state = optimizer.state[theta]
    if isinstance(own, mg.Adam):  # minigan keeps the bare sums, without the factors 1 - beta
        assert compare.difference(own.m * (1 - own.beta1), state["exp_avg"].numpy()) <= 10 * bound
        assert compare.difference(own.v * (1 - own.beta2), state["exp_avg_sq"].numpy()) <= 10 * bound
    if isinstance(own, mg.Momentum):  # PyTorch's buffer is without the rate, and downhill is minus
        assert compare.difference(own.v, -rate * state["momentum_buffer"].numpy()) <= 10 * bound


def test_momentum_with_a_falling_rate_is_the_books_and_not_pytorchs():
    # The book: v <- mu v - rate g, theta <- theta + v. PyTorch: b <- mu b + g, theta <- theta - rate b.
    # With b' = rate b the two are one where the rate stands still. By hand, in torch:
    rate, steps = mg.Exponential(0.05, 0.9), 20
    net = mg.Sequential([mg.Dense(SIZE, 1, bias=False)], Backend("numpy", "float64"))
    book, b = torch.from_numpy(net.theta.copy()), 0.0
    pytorchs = book.clone().requires_grad_()
    own, optimizer = mg.Momentum(rate, 0.9).bind(net), torch.optim.SGD([pytorchs], 0.05, 0.9)
    scheduler, rng = ExponentialLR(optimizer, 0.9), np.random.default_rng(0)
    for t in range(steps):
        net.grad[...] = rng.standard_normal(SIZE)
        grad = torch.from_numpy(net.grad.copy())
        b = 0.9 * b - rate(t) * grad
        book += b
        pytorchs.grad = grad
        own.step()
        optimizer.step()
        scheduler.step()
    assert compare.difference(net.theta, book.numpy()) <= 1e-13
    assert compare.difference(net.theta, pytorchs.detach().numpy()) > 0.1


def test_the_references_momentum_is_pytorchs_own_while_the_rate_is_constant():
    net = mg.Sequential([mg.Dense(3, 4)], Backend("numpy", "float64"))
    twin, other = reference.twin(net), reference.twin(net)
    moves, own = reference.Moves(mg.Momentum(0.05, 0.8), twin), torch.optim.SGD(other.parameters(), 0.05, 0.8)
    x = torch.randn(7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for _ in range(STEPS):
        for module, optimizer in ((twin, moves), (other, own)):
            module.zero_grad()
            module(x).tanh().square().sum().backward()
            optimizer.step()
    assert compare.difference(reference.flat(twin), reference.flat(other)) <= 1e-13
