"""50 steps of every model against PyTorch: its distributions, autograd and optimisers, from the same draws.

Only the random numbers are shared. Nothing else of minigan is asked: each model is written down once more, as one
would with PyTorch, and all its vectors must be minigan's. In float64 the bound is 1e-10 of the largest entry.
"""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.distributions import Binomial as TorchBinomial  # noqa: E402
from torch.distributions import Categorical as TorchCategorical  # noqa: E402
from torch.distributions import Independent, MixtureSameFamily, Normal, TransformedDistribution, kl_divergence  # noqa: E402
from torch.distributions.transforms import AffineTransform, SigmoidTransform, Transform  # noqa: E402
from torch.nn import functional as F  # noqa: E402

import minigan as mg  # noqa: E402
from minigan.checks.references import torch as reference  # noqa: E402
from minigan.core.layers import Dropout  # noqa: E402
from minigan.core.streams import Stream  # noqa: E402
from minigan.models import GSN, MADE, RBM, VAE, Binomial, Categorical, Flow, Gaussian, Gaussians, Masked  # noqa: E402

STEPS, BATCH, DIM, LEVELS = 50, 16, 6, 4
FLOAT64 = {"backend": mg.Backend("numpy", "float64"), "seed": 3}
KINDS = {
    "categorical": Categorical(LEVELS),
    "binomial": Binomial(LEVELS),
    "gaussian": Gaussian(),
    "gaussians": Gaussians(3),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    torch.set_num_threads(1)


def uniform(rng, *shape):
    return torch.from_numpy(rng.uniform(0, 1, shape))


def normal(rng, *shape):
    return torch.from_numpy(rng.standard_normal(shape))


class Net(nn.Module):
    """A twin of the network in PyTorch, masks and dropout's draws included."""

    def __init__(self, net):
        super().__init__()
        self.net, self.there = net, reference.twin(net)

    def forward(self, x, rng=None):
        for layer, there in zip(self.net.layers, self.there, strict=True):
            if isinstance(layer, Masked):
                x = F.linear(x, there.weight * torch.from_numpy(layer.M.T.copy()), there.bias)
            elif isinstance(layer, Dropout):
                x = x * (uniform(rng, *x.shape) >= layer.p) / (1 - layer.p)
            else:
                x = there(x)
        return x


def distribution(likelihood, out):
    """p(x | out) as torch.distributions has it."""
    out = out.reshape(len(out), -1, likelihood.per)
    match likelihood:
        case Categorical():
            return TorchCategorical(logits=out)
        case Binomial():
            return TorchBinomial(likelihood.levels - 1, logits=out[:, :, 0])
        case Gaussians():
            logits, m, log_s = out.reshape(*out.shape[:2], 3, -1).unbind(dim=2)
            return MixtureSameFamily(TorchCategorical(logits=logits), Normal(m, log_s.exp()))
    return Normal(out[:, :, 0], out[:, :, 1].exp())


def drawn(logits, rng):
    """A draw of each column from (B, D, K) logits by the inverse of its distribution function."""
    below = logits.softmax(dim=2).cumsum(dim=2)[:, :, :-1]
    return (uniform(rng, *logits.shape[:2])[:, :, None] > below).sum(dim=2).double()


def scaled(likelihood, x):
    return x if isinstance(likelihood, Gaussian | Gaussians) else 2 * x / (likelihood.levels - 1) - 1


def rows(step, kind="categorical"):
    rng = np.random.default_rng([step, 9])
    ups = rng.random((BATCH, 1)) < 0.4
    x = np.where(ups, rng.binomial(LEVELS - 1, 0.8, (BATCH, DIM)), rng.binomial(LEVELS - 1, 0.2, (BATCH, DIM)))
    return x + (rng.standard_normal(x.shape) if kind.startswith("gauss") else 0.0)


def started(model, kind="categorical"):
    model.start(rows(1000, kind))
    return model


def assert_equal_after_steps(model, nets, loss, names, kind="categorical", rest=None):
    """Take the steps in both, and compare each network's theta, the optimiser's slots, the last cost and the rest.

    loss(x, *rngs) is PyTorch's scalar, nets its twins in the order of the model's networks.
    """
    moves = [reference.Moves(o, n.there) for o, n in zip(model.optimizers, nets, strict=True)]
    streams = [Stream(model.seed, name) for name in names]
    before = [own.theta.copy() for own in model.nets.values()]
    for step in range(STEPS):
        x = rows(step, kind)
        model.step(x)
        for there in nets:
            there.zero_grad()
        cost = loss(torch.from_numpy(x), *(stream.at(step) for stream in streams))
        cost.backward()
        for move in moves:
            move.step()
    assert model.losses()["loss"] == pytest.approx(cost.item(), rel=1e-10, abs=1e-10)
    ours = model.vectors()
    for (name, own), there, move, start in zip(model.nets.items(), nets, moves, before, strict=True):
        assert np.abs(own.theta - start).max() > 0.01
        theirs = {"theta": reference.flat(there.there)} | move.slots()
        for slot, vector in theirs.items():
            mine = ours[f"{name}.{slot}"]
            np.testing.assert_allclose(mine, vector, rtol=0, atol=1e-10 * np.abs(vector).max(), err_msg=slot)
    for name, vector in (rest() if rest else {}).items():
        np.testing.assert_array_equal(ours[name], vector)


@each_kind
def test_made(kind):
    likelihood = KINDS[kind]
    model = started(MADE(DIM, likelihood, (20, 17), 0.3, mg.Adam(3e-3), **FLOAT64), kind)
    net = Net(model.net)

    def loss(x, rng):
        return -distribution(likelihood, net(scaled(likelihood, x), rng)).log_prob(x).sum(dim=1).mean()

    assert_equal_after_steps(model, [net], loss, ["dropout"], kind)


@each_kind
def test_vae(kind):
    likelihood = KINDS[kind]
    model = started(VAE(DIM, likelihood, 3, 20, mg.Adam(3e-3), **FLOAT64), kind)
    encoder, decoder = Net(model.encoder), Net(model.decoder)

    def loss(x, rng):
        mu, log_var = encoder(scaled(likelihood, x)).chunk(2, dim=1)
        q = Normal(mu, (log_var / 2).exp())
        z = q.loc + q.scale * normal(rng, *mu.shape)
        log_p = distribution(likelihood, decoder(z)).log_prob(x).sum(dim=1)
        return (kl_divergence(q, Normal(0.0, 1.0)).sum(dim=1) - log_p).mean()

    assert_equal_after_steps(model, [encoder, decoder], loss, ["latent"], kind)


class Coupled(Transform):
    """A coupling, as torch.distributions wants a bijection: from noise to data."""

    bijective = True
    domain = codomain = torch.distributions.constraints.real_vector

    def __init__(self, coupling, net):
        super().__init__()
        self.stay, self.move, self.net = torch.from_numpy(coupling.stay), torch.from_numpy(coupling.move), net

    def parts(self, y):
        a, t = self.net(y[:, self.stay]).chunk(2, dim=1)
        return 2 * torch.tanh(a / 2), t

    def _inverse(self, x):
        s, t = self.parts(x)
        return x.index_copy(1, self.move, x[:, self.move] * s.exp() + t)

    def log_abs_det_jacobian(self, z, x):
        return -self.parts(x)[0].sum(dim=1)


@pytest.mark.parametrize("levels", [LEVELS, None])
def test_flow(levels):
    model = Flow(DIM, levels, 4, (20, 9), optimizer=mg.Adam(3e-3), **FLOAT64)
    nets = [Net(coupling.net) for coupling in model.stack]

    def loss(x, rng):
        chain = [Coupled(c, n) for c, n in zip(model.stack, nets, strict=True)][::-1]
        if levels is not None:
            x = x + uniform(rng, *x.shape)
            wide = 1 - 2 * model.margin
            shrunk = AffineTransform(-model.margin * levels / wide, levels / wide, event_dim=1)
            chain += [torch.distributions.transforms.IndependentTransform(SigmoidTransform(), 1), shrunk]
        noise = Independent(Normal(torch.zeros(DIM).double(), 1.0), 1)
        return -TransformedDistribution(noise, chain, validate_args=False).log_prob(x).mean()

    assert_equal_after_steps(model, nets, loss, ["dequantisation"], "categorical" if levels else "gaussian")


class Machine(nn.Module):
    """A Boltzmann machine's parameters, with log Z's gradient left to chains."""

    def __init__(self, layer):
        super().__init__()
        self.b, self.c, self.W = (nn.Parameter(torch.from_numpy(v.T.copy())) for v in (layer.b, layer.c, layer.W))

    @property
    def there(self):
        return self

    def minus_f(self, x):
        v = F.one_hot(x.long(), LEVELS).reshape(len(x), -1).double()
        return v @ self.b + F.softplus(v @ self.W.T + self.c, threshold=40).sum(dim=1)

    @torch.no_grad()
    def gibbs(self, x, rng):
        v = F.one_hot(x.long(), LEVELS).reshape(len(x), -1).double()
        on = torch.sigmoid(v @ self.W.T + self.c)
        h = (uniform(rng, *on.shape) < on).double()
        return drawn((h @ self.W + self.b).reshape(len(x), DIM, LEVELS), rng)


@pytest.mark.parametrize(
    "rule", [mg.SGD(0.05), mg.Momentum(0.02, 0.5), mg.Adam(3e-3)], ids=["sgd", "momentum", "adam"]
)
def test_rbm(rule):
    model = started(RBM(DIM, LEVELS, 8, chains=20, sweeps=2, optimizer=rule, **FLOAT64))
    machine, kept = Machine(model.seen), {"chains": torch.from_numpy(model.particles.copy())}

    def loss(x, rng):
        for _ in range(2):
            kept["chains"] = machine.gibbs(kept["chains"], rng)
        return machine.minus_f(kept["chains"]).mean() - machine.minus_f(x).mean()

    assert_equal_after_steps(
        model, [machine], loss, ["chains"], rest=lambda: {"particles": kept["chains"].numpy().ravel()}
    )


def test_gsn():
    model = started(GSN(DIM, LEVELS, (20,), 0.4, 3, mg.Adam(3e-3), **FLOAT64))
    net = Net(model.net)

    def loss(x, rng):
        here, costs = x, []
        for _ in range(3):
            u = uniform(rng, 2, *x.shape)
            spoilt = torch.where(u[0] < 0.4, (u[1] * LEVELS).floor(), here)
            logits = net(scaled(KINDS["categorical"], spoilt)).reshape(len(x), DIM, LEVELS)
            costs.append(F.cross_entropy(logits.transpose(1, 2), x.long(), reduction="none").sum(dim=1).mean())
            here = drawn(logits.detach(), rng) if len(costs) < 3 else here
        return sum(costs) / 3

    assert_equal_after_steps(model, [net], loss, ["walk"])
