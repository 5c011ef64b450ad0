"""The explicit models of the family beside the same architectures in PyTorch: what they learn, and in what time.

    python tools/family_torch.py [SEED] [MODEL ...]

Each twin starts from the same weights, sees the same batches under the same schedule for as many steps, draws its
own dropout and noise, and takes its gradients by autograd. Both train alternately, a stretch each, so that
whatever else the machine does meets both; the ratio is that of the medians. What the twin learned is asked through
minigan.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

import minigan as mg
from minigan.core.optimizers import at_step, newest_share
from minigan.data.dataset import Batches
from minigan.models import MADE, VAE, Flow
from minigan.models.flow import LIMIT
from minigan.models.visible import Masked
from minigan.runs.family import recipe_for
from minigan.runs.run import start
from minigan.runs.statements import statement
from minigan.runs.threads import blas_threads, threads_for
from minigan.runs.training import advance

STRETCHES = 20


class Net(torch.nn.Module):
    """A Sequential of minigan's, with its weights."""

    def __init__(self, net: mg.Sequential):
        super().__init__()
        self.layers = net.layers
        dense = [layer for layer in net.layers if isinstance(layer, mg.Dense)]
        self.W, self.b = (torch.nn.ParameterList(torch.tensor(a.copy()) for a in of) for of in
                          ([d.W for d in dense], [d.b for d in dense]))  # fmt: skip
        self.masks = [torch.tensor(d.M.copy()) if isinstance(d, Masked) else None for d in dense]

    def forward(self, x: Tensor) -> Tensor:
        k = 0
        for layer in self.layers:
            if isinstance(layer, mg.Dense):
                mask = self.masks[k]
                x = torch.addmm(self.b[k], x, self.W[k] if mask is None else self.W[k] * mask)
                k += 1
            elif isinstance(layer, mg.Dropout):
                x = F.dropout(x, layer.p)
            else:
                x = torch.relu(x) if isinstance(layer, mg.ReLU) else torch.tanh(x)
        return x

    def write(self, net: mg.Sequential, averaged: list[Tensor]) -> None:
        """Put these parameters, in the order of `parameters()`, into minigan's network."""
        dense = [layer for layer in net.layers if isinstance(layer, mg.Dense)]
        for layer, W, b in zip(dense, averaged[: len(dense)], averaged[len(dense) :], strict=True):
            layer.W[...], layer.b[...] = W.numpy(), b.numpy()
        net.moved()


def loss_of(model: Any, nets: list[Net]) -> Callable[[Tensor], Tensor]:
    """The mean loss of rows, for autograd."""
    if isinstance(model, MADE):
        (net,) = nets

        def made(x: Tensor) -> Tensor:
            out = net(x * (2 / 16) - 1).reshape(len(x), 64, 17)
            return F.cross_entropy(out.reshape(-1, 17), x.long().reshape(-1), reduction="sum") / len(x)

        return made
    if isinstance(model, VAE):
        encoder, decoder = nets
        choices = torch.tensor([math.log(math.comb(16, k)) for k in range(17)])

        def vae(x: Tensor) -> Tensor:
            mu, log_var = encoder(x * (2 / 16) - 1).chunk(2, dim=1)
            sigma = torch.exp(log_var / 2)
            a = decoder(mu + sigma * torch.randn_like(mu))
            log_p = choices[x.long()] + x * a - 16 * F.softplus(a)
            kl = (mu * mu + sigma * sigma - log_var - 1).sum() / 2
            return (kl - log_p.sum()) / len(x)

        return vae

    def flow(x: Tensor) -> Tensor:
        wide = 1 - 2 * model.margin
        y = model.margin + (x + torch.rand_like(x)) * (wide / 17)
        total = (math.log(wide / 17) - torch.log(y) - torch.log(1 - y)).sum(dim=1)
        y = torch.log(y) - torch.log(1 - y)
        for net, coupling in zip(nets, model.stack, strict=True):
            stay, move = torch.as_tensor(coupling.stay), torch.as_tensor(coupling.move)
            out = net(y[:, stay])
            s, t = LIMIT * torch.tanh(out[:, : len(move)] / LIMIT), out[:, len(move) :]
            y = y.index_copy(1, move, y[:, move] * torch.exp(s) + t)
            total = total + s.sum(dim=1)
        return ((y * y).sum(dim=1) / 2 + 32 * math.log(2 * math.pi) - total).mean()

    assert isinstance(model, Flow)
    return flow


class Twin:
    """PyTorch's half: the steps that `advance` takes, by autograd and torch.optim.Adam (fused)."""

    def __init__(self, run: Any, data: Any):
        self.recipe, self.decay, self.steps = run.recipe, run.model.decay, 0
        self.nets = [Net(net) for net in run.model.nets.values()]
        self.parameters = [p for net in self.nets for p in net.parameters()]
        self.averages = [p.detach().clone() for p in self.parameters]
        self.loss, self.rate = loss_of(run.model, self.nets), run.model.optimizer.learning_rate
        self.adam = torch.optim.Adam(self.parameters, betas=(0.9, 0.999), fused=True)
        self.batches = Batches(data, run.recipe.batch, run.recipe.seed, run.scaler)

    def advance(self, steps: int) -> None:
        for _ in range(steps):
            self.adam.param_groups[0]["lr"] = at_step(self.rate, self.steps)
            self.adam.zero_grad()
            self.loss(torch.from_numpy(self.batches.at(self.steps))).backward()
            self.adam.step()
            with torch.no_grad():
                torch._foreach_lerp_(self.averages, self.parameters, newest_share(self.decay, self.steps))
            self.steps += 1


def beside(name: str, seed: int) -> None:
    """Train both, a stretch each, and print what they say of the held-out digits, and the ratio of their times."""
    recipe = recipe_for("digits", name, seed)
    run, data = start(recipe)
    twin, other = Twin(run, data), start(recipe)[0]
    torch.set_num_threads(threads_for(run.model))
    torch.manual_seed(seed)
    spent: dict[str, list[float]] = {"minigan": [], "torch": []}
    stretch = recipe.steps // STRETCHES
    sides = {
        "minigan": lambda: advance(run.model, data, stretch, recipe.batch, run.scaler),
        "torch": lambda: twin.advance(stretch),
    }
    for _ in range(STRETCHES):
        for side, go in sides.items():
            began = time.perf_counter()
            go()
            spent[side].append(time.perf_counter() - began)
    averaged = iter(twin.averages)
    for net, own in zip(twin.nets, other.model.nets.values(), strict=True):
        net.write(own, [next(averaged) for _ in net.parameters()])
    with blas_threads(1):
        ours, theirs = (statement(r, data.held_out, 50, averaged=a) for r, a in ((run, True), (other, False)))
    ratio = statistics.median(spent["minigan"]) / statistics.median(spent["torch"])
    print(
        f"{name:5} seed {seed}: {ours.value:.2f} and PyTorch {theirs.value:.2f} ({ours.kind}), "
        f"{sum(spent['minigan']):.1f} s and {sum(spent['torch']):.1f} s, ratio of medians {ratio:.2f}",
        flush=True,
    )


if __name__ == "__main__":
    words = sys.argv[1:]
    seeds = [int(word) for word in words if word.isdigit()] or [0]
    for model in [word for word in words if not word.isdigit()] or ["flow", "vae", "made"]:
        beside(model, seeds[0])
