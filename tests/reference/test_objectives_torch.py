"""Both players' losses and slopes against PyTorch's cross-entropy and log-sigmoid, from logits up to ±1e4."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid, mse_loss

import minigan as mg
from minigan.checks import compare
from minigan.checks.references import torch as reference
from minigan.core.scores import OBJECTIVES

FAR = np.array([88, 104, 700, 745, 1e3, 1e4])  # where the exponentials of float32 and float64 end, and beyond
EVERYWHERE = np.concatenate([-FAR, np.linspace(-40, 40, 81), FAR])
# log D and log(1 - D) in PyTorch's words
IN_TORCH = {
    ("minimax", "real"): lambda s: -logsigmoid(s),
    ("minimax", "fake"): lambda s: -logsigmoid(-s),
    ("minimax", "generator"): lambda s: logsigmoid(-s),
    ("non-saturating", "real"): lambda s: -logsigmoid(s),
    ("non-saturating", "fake"): lambda s: -logsigmoid(-s),
    ("non-saturating", "generator"): lambda s: -logsigmoid(s),
    ("wasserstein", "real"): lambda s: -s,
    ("wasserstein", "fake"): lambda s: s * 1,
    ("wasserstein", "generator"): lambda s: -s,
    ("least-squares", "real"): lambda s: mse_loss(s, torch.ones_like(s), reduction="none") / 2,
    ("least-squares", "fake"): lambda s: mse_loss(s, torch.zeros_like(s), reduction="none") / 2,
    ("least-squares", "generator"): lambda s: mse_loss(s, torch.ones_like(s), reduction="none") / 2,
}
each_part = pytest.mark.parametrize(("name", "part"), IN_TORCH, ids=str)


def in_torch(name, part, s):
    s = torch.from_numpy(s).requires_grad_()
    loss = IN_TORCH[name, part](s)
    loss.sum().backward()
    return loss.detach().numpy(), s.grad.numpy()


@each_part
def test_each_loss_and_slope_entry_by_entry_with_its_tails_in_float64(name, part):
    for what, theirs in zip(("loss", "slope"), in_torch(name, part, EVERYWHERE), strict=True):
        ours = getattr(OBJECTIVES[name], f"{part}_{what}")(EVERYWHERE)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-307)  # below that float64 has fewer digits


@each_part
def test_each_loss_and_slope_in_float32_is_finite_and_close(name, part):
    s = EVERYWHERE.astype(np.float32)
    for what, theirs in zip(("loss", "slope"), in_torch(name, part, s), strict=True):
        ours = getattr(OBJECTIVES[name], f"{part}_{what}")(s)
        assert ours.dtype == np.float32 and np.isfinite(ours).all()
        # two or three roundings of 6e-8; 1e-37 is where float32 begins to lose digits
        np.testing.assert_allclose(ours, theirs, rtol=5e-7, atol=1e-37)


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-14), ("float32", 5e-7)])
@pytest.mark.parametrize("scale", [0.1, 5, 90, 1e4])
@pytest.mark.parametrize("objective", ["minimax", "non-saturating"])
def test_the_losses_of_a_batch_are_those_of_cross_entropy_with_labels(objective, scale, dtype, bound):
    rng = np.random.default_rng(0)
    real, fake = (scale * rng.uniform(-1, 1, (n, 1)).astype(dtype) for n in (40, 25))  # of unequal number
    d_loss, d_real, d_fake = mg.discriminator_loss(real, fake)
    g_loss, d_judged = mg.generator_loss(fake, objective)

    s_real, s_fake = (torch.from_numpy(s).requires_grad_() for s in (real, fake))
    bce, one, zero = binary_cross_entropy_with_logits, torch.ones_like, torch.zeros_like
    d = bce(s_real, one(s_real)) + bce(s_fake, zero(s_fake))  # the sum of two means: PyTorch-GAN takes half of it
    g = bce(s_fake, one(s_fake)) if objective == "non-saturating" else -bce(s_fake, zero(s_fake))
    slopes = (*torch.autograd.grad(d, (s_real, s_fake)), *torch.autograd.grad(g, s_fake))

    assert float(d_loss) == pytest.approx(d.item(), rel=bound)
    assert float(g_loss) == pytest.approx(g.item(), rel=bound)
    assert float(mg.value_function(real, fake)) == pytest.approx(-d.item(), rel=bound)
    for ours, theirs in zip((d_real, d_fake, d_judged), slopes, strict=True):
        assert ours.dtype == dtype
        assert compare.difference(ours, theirs.numpy()) <= bound


def test_minigan_keeps_the_tail_that_pytorchs_cross_entropy_loses():
    # -log(1 - D) is e^s far below 0. PyTorch has s - logsigmoid(s) for label 0, the difference of two numbers that
    # are nearly equal: 1 % off at s = -30, 0 at -36. So batches are compared over their largest entry above.
    s = np.linspace(-60, -30, 31)[:, None]
    np.testing.assert_allclose(OBJECTIVES["minimax"].fake_loss(s), np.exp(s), rtol=1e-12)
    theirs = [reference.cross_entropy(torch.from_numpy(x), 0).item() for x in s]
    np.testing.assert_allclose(theirs, np.exp(s)[:, 0], rtol=0, atol=1e-14)
