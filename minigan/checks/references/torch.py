"""The same sums in PyTorch: what `minigan compare`, the tests and lesson 20 hold minigan against.

Nothing of minigan's mathematics is used here: torch.nn goes forward, torch.autograd backward, torch.optim moves
the weights. Only the random numbers are shared, drawn from the same streams. Read `Game` beside gan.py: it is the
same step, with what PyTorch needs and minigan does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import batch_norm, binary_cross_entropy_with_logits, mse_loss

from ...core.gan import GAN
from ...core.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Maxout, ReLU, Sigmoid, Softplus, Tanh
from ...core.network import Sequential
from ...core.optimizers import SGD, Adam, Momentum, Optimizer, at_step
from ...core.penalties import Penalty
from ...core.streams import Stream, fill_normal, fill_uniform

Tensor = Any  # a torch.Tensor
Module = Any  # a torch.nn.Sequential
NAME, VERSION = "PyTorch", torch.__version__
STREAMS = "latent", "instance noise", "dropout in G", "dropout in D", "penalty"  # as GAN names them


def module(layer: Layer) -> Module:
    """The layer as PyTorch has it, with weights of its own; raises TypeError for a layer that it does not have."""
    match layer:
        case Dense():
            return nn.Linear(layer.n_in, layer.n_out, layer.bias)
        case ReLU():
            return nn.ReLU()
        case LeakyReLU():
            return nn.LeakyReLU(layer.a)
        case Sigmoid():
            return nn.Sigmoid()
        case Tanh():
            return nn.Tanh()
        case Softplus():
            return nn.Softplus(threshold=40)  # beyond it y = x: at PyTorch's own 20 that is wrong by e^-20 = 2e-9
        case Maxout():
            return nn.MaxPool1d(layer.k)  # the maximum of k neighbours, which convolutional networks call pooling
        case Dropout():
            return nn.Dropout(layer.p)
        case BatchNorm():
            return nn.BatchNorm1d(layer.n, layer.epsilon, layer.momentum)
    raise TypeError(f"PyTorch has no twin of {layer!r} here: add a case to references.torch.module")


def twin(net: Sequential) -> Module:
    """The same network in PyTorch: the same layers, theta, state and float type."""
    copied = nn.Sequential(*map(module, net.layers)).to(getattr(torch, net.backend.dtype.name))
    with torch.no_grad():
        for layer, there in zip(net.layers, copied, strict=True):
            own: list[Any] = []
            if isinstance(layer, Dense):
                own = [layer.W.T, layer.b]  # PyTorch keeps W as (out, in)
            elif isinstance(layer, BatchNorm):
                own = [layer.gamma, layer.beta, layer.mean, layer.variance]
            for tensor, array in zip([*there.parameters(), *there.buffers()], own, strict=False):
                tensor.copy_(torch.from_numpy(net.backend.to_numpy(array)))
    return copied


def flat(net: Module, of: Callable[[Tensor], Tensor] = lambda p: p) -> np.ndarray:
    """of(p) of every parameter p, in one vector in the order of minigan's theta."""
    parts = [of(p).detach().t().reshape(-1) for p in net.parameters()]
    return torch.cat(parts).numpy() if parts else np.empty(0)


def state(net: Module) -> np.ndarray:
    """The running statistics, in the order of minigan's state."""
    parts = [v.numpy().copy() for name, v in net.named_buffers() if "running" in name]
    return np.concatenate(parts) if parts else np.empty(0)


def forward(net: Module, x: Tensor, training: bool = False, rng: Any = None, groups: int = 1) -> Tensor:
    """y = net(x), with the dropout masks of minigan's stream, and batch statistics for each group of rows.

    The running statistics wait in each BatchNorm's `moved` for `absorb`; PyTorch's own move at every forward.
    """
    net.train(training)
    for layer in net:
        if training and isinstance(layer, nn.Dropout):
            mask = fill_uniform(np.empty_like(x.detach().numpy()), rng) >= layer.p
            x = x * torch.from_numpy(mask) / (1 - layer.p)
        elif training and isinstance(layer, nn.BatchNorm1d):
            shares = [(part, layer.running_mean.clone(), layer.running_var.clone()) for part in x.chunk(groups)]
            rest = layer.weight, layer.bias, True, layer.momentum, layer.eps
            x = torch.cat([batch_norm(*share, *rest) for share in shares])  # and the clones have moved
            layer.moved = [torch.stack(moved).mean(0) for moved in list(zip(*shares, strict=True))[1:]]
        else:
            x = layer(x)
    return x


def absorb(net: Module) -> None:
    """Move the running statistics by what the last training forward saw."""
    for layer in net:
        if hasattr(layer, "moved"):
            layer.running_mean, layer.running_var = layer.moved


def pull(net: Sequential, x: np.ndarray, dy: np.ndarray, **how: Any) -> dict[str, np.ndarray]:
    """y for x, then dy pulled back to x and theta by autograd, and the state that a step would leave."""
    there, point = twin(net), torch.from_numpy(x).requires_grad_()
    y = forward(there, point, **how)
    y.backward(torch.from_numpy(dy))
    absorb(there)
    found = {"y": y.detach().numpy(), "dx": point.grad.numpy(), "dtheta": flat(there, lambda p: p.grad)}
    return found | {"state": state(there)}


class Moves:
    """PyTorch's optimiser for the same rule, with its rate and momentum set before each step."""

    def __init__(self, rule: Optimizer, net: Module):
        self.rule, self.net, self.steps = rule, net, 0
        match rule:
            case Adam():
                betas = rule.beta1, rule.beta2
                self.torch: Any = torch.optim.Adam(net.parameters(), betas=betas, eps=rule.epsilon)
            case Momentum():
                self.torch = torch.optim.SGD(net.parameters(), momentum=0.9)
            case SGD():
                self.torch = torch.optim.SGD(net.parameters())
            case _:
                raise TypeError(f"PyTorch has no twin of {rule!r} here: add a case to references.torch.Moves")

    def step(self) -> None:
        """Move the network once, by what backward left in each parameter's .grad."""
        group = self.torch.param_groups[0]
        group["lr"] = at_step(self.rule.learning_rate, self.steps)
        if isinstance(self.rule, Momentum):
            # PyTorch's rate multiplies all that rolls, the book's only the gradient that joins it. The two are
            # one while the rate is constant; where it falls, only the book's can be had from PyTorch like this:
            group["momentum"] = at_step(self.rule.momentum, self.steps)
            for p in self.net.parameters():
                p.grad *= group["lr"]
            group["lr"] = 1.0
        self.torch.step()
        self.steps += 1

    def slots(self) -> dict[str, np.ndarray]:
        """The running averages as minigan keeps them: bare sums, where PyTorch's have 1 - beta in front."""
        of = self.torch.state
        match self.rule:
            case Adam(beta1=b1, beta2=b2):
                return {
                    "m": flat(self.net, lambda p: of[p]["exp_avg"] / (1 - b1)),
                    "v": flat(self.net, lambda p: of[p]["exp_avg_sq"] / (1 - b2)),
                }
            case Momentum():
                return {"v": flat(self.net, lambda p: -of[p]["momentum_buffer"])}
        return {}


def cross_entropy(logits: Tensor, label: int) -> Tensor:
    """The mean of -log of the probability that D gives to this label: 1 is real, 0 fake."""
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def square_error(scores: Tensor, label: int) -> Tensor:
    """The mean square of what separates these scores from this label."""
    return mse_loss(scores, torch.full_like(scores, label))


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor, objective: str = "minimax") -> Tensor:
    """-V(D, G): real samples carry label 1, fakes label 0; or a critic's two means; or squares from the labels."""
    if objective == "wasserstein":
        return fake_logits.mean() - real_logits.mean()
    if objective == "least-squares":
        return (square_error(real_logits, 1) + square_error(fake_logits, 0)) / 2
    return cross_entropy(real_logits, 1) + cross_entropy(fake_logits, 0)


def generator_loss(fake_logits: Tensor, objective: str) -> Tensor:
    """Non-saturating: the fakes with label 1; minimax: what D pays for them, with the sign turned."""
    if objective == "wasserstein":
        return -fake_logits.mean()
    if objective == "least-squares":
        return square_error(fake_logits, 1) / 2
    return -cross_entropy(fake_logits, 0) if objective == "minimax" else cross_entropy(fake_logits, 1)


def judge(real: np.ndarray, fake: np.ndarray, objective: str) -> dict[str, np.ndarray]:
    """Both players' losses for these logits, and their slopes by autograd."""
    there, made = (torch.from_numpy(s).requires_grad_() for s in (real, fake))
    d_loss, g_loss = discriminator_loss(there, made, objective), generator_loss(made, objective)
    d = [slope.numpy() for slope in torch.autograd.grad(d_loss, (there, made))]
    (g,) = torch.autograd.grad(g_loss, made)
    losses = {"D loss": d_loss.detach().numpy(), "G loss": g_loss.detach().numpy()}
    return losses | {"slopes.d": np.stack(d), "slopes.g": g.numpy()}


def payment(D: Module, penalty: Penalty, real: Tensor, fake: Tensor, rngs: dict[str, Any]) -> Tensor:
    """What D pays for its slope; create_graph keeps the slope's own tape, to go back along it."""
    points = real
    if penalty.between:
        share = fill_uniform(np.empty_like(real[:, :1].numpy()), rngs["penalty"])
        points = real + torch.from_numpy(share) * (fake - real)
    points = points.detach().requires_grad_()
    judged = forward(D, points, training=True, rng=rngs["dropout in D"])
    (g,) = torch.autograd.grad(judged.sum(), points, create_graph=True)
    return penalty.loss(torch.linalg.vector_norm(g, dim=1)).mean()


def penalise(
    net: Sequential, penalty: Penalty, real: np.ndarray, fake: np.ndarray, rngs: dict[str, Any]
) -> dict[str, np.ndarray]:
    """What D pays for its slope, and the gradient of that by theta: autograd of autograd."""
    D = twin(net)
    paid = payment(D, penalty, torch.from_numpy(real), torch.from_numpy(fake), rngs)
    paid.backward()
    dtheta = flat(D, lambda p: torch.zeros_like(p) if p.grad is None else p.grad)  # None: it does not matter
    return {"loss": paid.detach().numpy(), "dtheta": dtheta}


def fit(net: Sequential, rule: Optimizer, x: np.ndarray, target: np.ndarray, steps: int) -> dict[str, np.ndarray]:
    """theta and the running averages after so many steps down the mean squared error of net(x)."""
    there = twin(net)
    moves = Moves(rule, there)
    for _ in range(steps):
        there.zero_grad()
        mse_loss(forward(there, torch.from_numpy(x)), torch.from_numpy(target)).backward()
        moves.step()
    return {"theta": flat(there)} | {f"moments.{slot}": vector for slot, vector in moves.slots().items()}


class Game:
    """A GAN's game in PyTorch, from where the GAN stands now: the same weights, and the same noise at every step.

    step, losses and vectors mean what they mean in `minigan.GAN`; of the GAN only settings are read later. Raises
    ValueError for a GAN that has taken steps.
    """

    def __init__(self, gan: GAN):
        if gan.steps:
            raise ValueError(f"the GAN has taken {gan.steps} steps already: the reference starts with it, at 0")
        self.gan, self.objective, self.steps = gan, gan.objective.name, 0
        self.G, self.D = twin(gan.generator), twin(gan.discriminator)
        self.average = None if gan.average is None else twin(gan.average)
        self.for_g, self.for_d = Moves(gan.optimizers[0], self.G), Moves(gan.optimizers[1], self.D)
        self.streams = {name: Stream(gan.seed, name) for name in STREAMS}

    def step(self, real: np.ndarray) -> None:
        """One iteration on real samples (d_steps × B, dim)."""
        rngs = {name: stream.at(self.steps) for name, stream in self.streams.items()}
        x = torch.from_numpy(np.asarray(real, self.gan.generator.backend.dtype))
        self._simultaneous(x, rngs) if self.gan.updates == "simultaneous" else self._alternating(x, rngs)
        if self.average is not None and self.gan.decay is not None:
            keep = min(self.gan.decay, (self.steps + 1) / (self.steps + 11))
            pairs = zip(self.average.state_dict().values(), self.G.state_dict().values(), strict=True)
            for averaged, live in pairs:
                if averaged.is_floating_point():  # all but BatchNorm's own count of batches
                    averaged.lerp_(live, 1 - keep)
        self.steps += 1

    def _alternating(self, real: Tensor, rngs: dict[str, Any]) -> None:
        for part in real.chunk(self.gan.d_steps):
            fake = self._generate(len(part), rngs)
            # detach: else backward would go on through the fakes into G. minigan's D.backward ends at D's input.
            seen = self._noisy(rngs, part, fake.detach())
            self.real, self.fake = self._judge(seen, rngs, 2).chunk(2)
            # zero_grad: PyTorch adds each gradient to what is there, and G's step left its own in D, which nobody
            # asked for. minigan's backward assigns, and with params=False leaves D alone.
            self.D.zero_grad()
            discriminator_loss(self.real, self.fake, self.objective).backward()
            absorb(self.D)
            self._penalise(seen, rngs)
            self.for_d.step()
        fake = self._generate(len(part), rngs)
        self.judged = self._judge(self._noisy(rngs, fake), rngs)
        self.G.zero_grad()
        generator_loss(self.judged, self.objective).backward()
        absorb(self.G)
        self.for_g.step()

    def _simultaneous(self, real: Tensor, rngs: dict[str, Any]) -> None:
        fake = self._generate(len(real), rngs)
        seen = self._noisy(rngs, real, fake)
        self.real, self.fake = self._judge(seen, rngs, 2).chunk(2)
        self.judged = self.fake
        self.D.zero_grad()
        self.G.zero_grad()
        # Two losses, so two passes back through D, each told where to leave its gradient, and the first told to
        # keep the tape for the second. minigan makes one pass and gives each row two factors.
        d_loss = discriminator_loss(self.real, self.fake, self.objective)
        d_loss.backward(inputs=list(self.D.parameters()), retain_graph=True)
        generator_loss(self.judged, self.objective).backward(inputs=list(self.G.parameters()))
        self._penalise(seen.detach(), rngs)
        absorb(self.G)
        self.for_d.step()
        self.for_g.step()

    def _generate(self, batch: int, rngs: dict[str, Any]) -> Tensor:
        z = np.empty((batch, self.gan.latent.dim), self.gan.generator.backend.dtype)
        z = torch.from_numpy(self.gan.latent.fill(z, rngs["latent"]))
        return forward(self.G, z, training=True, rng=rngs["dropout in G"])

    def _noisy(self, rngs: dict[str, Any], *samples: Tensor) -> Tensor:
        """The samples as D sees them, below each other, with instance noise."""
        x = torch.cat(samples)
        sd = 0.0 if self.gan.instance_noise is None else at_step(self.gan.instance_noise, self.steps)
        if sd > 0:
            noise = fill_normal(np.empty(x.shape, self.gan.generator.backend.dtype), rngs["instance noise"])
            x = x + sd * torch.from_numpy(noise)
        return x

    def _judge(self, x: Tensor, rngs: dict[str, Any], groups: int = 1) -> Tensor:
        packs = x.reshape(len(x) // self.gan.packing, -1)
        return forward(self.D, packs, training=True, rng=rngs["dropout in D"], groups=groups)

    def _penalise(self, seen: Tensor, rngs: dict[str, Any]) -> None:
        """Add the penalty's gradient to D's."""
        if self.gan.penalty is not None:
            real, fake = seen.reshape(len(seen) // self.gan.packing, -1).chunk(2)
            self.penalty = payment(self.D, self.gan.penalty, real, fake, rngs)
            self.penalty.backward(inputs=list(self.D.parameters()))

    def losses(self) -> dict[str, float]:
        """d_loss and g_loss of the last step, in nats, and the penalty where there is one."""
        found = {
            "d_loss": discriminator_loss(self.real, self.fake, self.objective).item(),
            "g_loss": generator_loss(self.judged, self.objective).item(),
        }
        return found if self.gan.penalty is None else found | {"penalty": self.penalty.item()}

    def vectors(self) -> dict[str, np.ndarray]:
        """Every vector that the next step depends on, under minigan's names and in its order."""
        players = {"generator": self.G, "discriminator": self.D}
        nets = players if self.average is None else players | {"average": self.average}
        found = {f"{name}.theta": flat(net) for name, net in nets.items()}
        found |= {f"{name}.state": state(net) for name, net in nets.items()}
        for name, moves in zip(players, (self.for_g, self.for_d), strict=True):
            found |= {f"{name}.{slot}": vector for slot, vector in moves.slots().items()}
        return found
