"""The training step that most people start from, as PyTorch-GAN's gan.py writes it: what `minigan bench` times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn


def gan_py_step(
    g_widths: Sequence[int],
    d_widths: Sequence[int],
    batch: int,
    fused: bool = False,
    compiled: bool = False,
) -> Callable[[Any], None]:
    """One training step as PyTorch-GAN's gan.py writes it -> step(real), real a tensor (batch, d_widths[0]).

    G is updated first, then D on the same fakes, detached; D pays half the sum of its two losses. Hidden layers
    LeakyReLU(0.2), tanh on G, one logit for D, Adam(2e-4, 0.5, 0.999). fused takes PyTorch's fused Adam; compiled
    has torch.compile fuse each player's forward pass with its loss. https://github.com/eriklindernoren/PyTorch-GAN
    """

    def network(widths: Sequence[int], *last: nn.Module) -> nn.Sequential:
        layers: list[nn.Module] = []
        for n_in, n_out in zip(widths, widths[1:], strict=False):
            layers += [nn.Linear(n_in, n_out), nn.LeakyReLU(0.2, inplace=True)]
        return nn.Sequential(*layers[:-1], *last)

    G, D = network(g_widths, nn.Tanh()), network(d_widths)
    loss = nn.BCEWithLogitsLoss()
    for_g, for_d = (torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=fused) for net in (G, D))
    valid, fake = torch.ones(batch, 1), torch.zeros(batch, 1)

    def generator_loss(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        made = G(z)
        return loss(D(made), valid), made

    def discriminator_loss(real: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
        return (loss(D(real), valid) + loss(D(made), fake)) / 2

    if compiled:
        generator_loss, discriminator_loss = map(torch.compile, (generator_loss, discriminator_loss))

    def step(real: torch.Tensor) -> None:
        for_g.zero_grad()
        g_loss, made = generator_loss(torch.randn(batch, g_widths[0]))
        g_loss.backward()  # also into D's .grad, which nobody wants: hence D's zero_grad below
        for_g.step()
        for_d.zero_grad()
        d_loss = discriminator_loss(real, made.detach())
        d_loss.backward()
        for_d.step()

    return step
