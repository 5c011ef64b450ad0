"""The same sums in JAX, as pure functions of vectors: what `minigan compare --with jax` holds minigan against.

A network here is its theta and its state, one vector each, in minigan's order. jax.numpy and jax.nn go forward,
jax.grad backward, as often as asked; objectives, penalties and optimisers are written from their papers. A step of
the game is one function from all vectors and random numbers to the next vectors, which jax.jit compiles. Random
numbers are drawn before it, from minigan's streams. Whoever asks for float64 gets it: JAX's own default of 32 bits
is lifted while one of these functions runs, and for nobody else.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...core.gan import GAN
from ...core.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Maxout, ReLU, Sigmoid, Softplus, Tanh
from ...core.network import Sequential
from ...core.optimizers import SGD, Adam, Momentum, Optimizer, at_step
from ...core.penalties import R1, GradientPenalty, Penalty
from ...core.streams import Stream

Vector = Any  # a jax.Array
NAME, VERSION = "JAX", jax.__version__
STREAMS = "latent", "instance noise", "dropout in G", "dropout in D", "penalty"  # as GAN names them
wide = jax.enable_x64(True)  # around whatever computes


def layer_forward(layer: Layer, theta: Vector, state: Vector, x: Vector, mask: Any, groups: int) -> tuple:
    """(y, the state that a step would leave); mask and groups are None and 0 in evaluation.

    Raises TypeError for a layer that has no twin here.
    """
    match layer:
        case Dense():
            W = theta[: layer.n_in * layer.n_out].reshape(layer.n_in, layer.n_out)
            return (x @ W + theta[W.size :] if layer.bias else x @ W), state
        case ReLU():
            return jax.nn.relu(x), state
        case LeakyReLU():
            return jax.nn.leaky_relu(x, layer.a), state
        case Sigmoid():
            return jax.nn.sigmoid(x), state
        case Tanh():
            return jnp.tanh(x), state
        case Softplus():
            return jax.nn.softplus(x), state
        case Maxout():
            # jnp.max's slope asks which entry equals the maximum, to the bit: compiled behind BatchNorm, whose
            # numbers it computes twice and not alike, it finds none, and the gradient is lost.
            pieces = x.reshape(len(x), -1, layer.k)
            return jnp.take_along_axis(pieces, pieces.argmax(axis=2, keepdims=True), axis=2)[..., 0], state
        case Dropout():
            return (x if mask is None else jnp.where(mask, x, 0) / (1 - layer.p)), state
        case BatchNorm():
            (gamma, beta), running = theta.reshape(2, -1), state.reshape(2, -1)
            if not groups:
                mean, variance = running
                return gamma * (x - mean) / jnp.sqrt(variance + layer.epsilon) + beta, state
            parts = x.reshape(groups, -1, layer.n)
            n, mean, variance = parts.shape[1], parts.mean(axis=1), parts.var(axis=1)
            x_hat = (parts - mean[:, None]) / jnp.sqrt(variance[:, None] + layer.epsilon)
            seen = jnp.stack([mean.mean(axis=0), variance.mean(axis=0) * n / (n - 1)])
            moved = (1 - layer.momentum) * running + layer.momentum * seen
            return gamma * x_hat.reshape(x.shape) + beta, moved.reshape(-1)
    raise TypeError(f"JAX has no twin of {layer!r} here: add a case to references.jax.layer_forward")


def forward(net: Sequential, theta: Vector, state: Vector, x: Vector, masks: Any = None, groups: int = 0) -> tuple:
    """(y, the state that a step would leave), with batch statistics for each of so many groups of rows.

    masks are those of `draw_masks`, in training; without them the network is evaluated.
    """
    states = []
    for k, layer in enumerate(net.layers):
        own, theta = theta[: layer.size], theta[layer.size :]
        kept, state = state[: layer.state_size], state[layer.state_size :]
        x, kept = layer_forward(layer, own, kept, x, masks and masks[k], groups if masks else 0)
        states.append(kept)
    return x, jnp.concatenate(states)


def uniform(rng: Any, rows: int, columns: int, net: Sequential) -> np.ndarray:
    """Draws (rows, columns) from [0, 1), rounded to the network's float type."""
    return rng.uniform(size=(rows, columns)).astype(net.backend.dtype)


def draw_masks(net: Sequential, rows: int, rng: Any) -> list:
    """What each layer needs of chance in a training forward of so many rows: Dropout a mask, the others None."""
    return [
        uniform(rng, rows, width, net) >= layer.p if isinstance(layer, Dropout) else None
        for layer, width in zip(net.layers, net.widths, strict=False)
    ]


def discriminator_loss(real: Vector, fake: Vector, objective: str) -> Vector:
    """-V(D, G), Goodfellow et al. 2014, eq. 1; two means, Arjovsky et al. 2017, eq. 2; or two squares."""
    if objective == "wasserstein":
        return fake.mean() - real.mean()
    if objective == "least-squares":
        return (jnp.square(real - 1).mean() + jnp.square(fake).mean()) / 2
    return -jax.nn.log_sigmoid(real).mean() - jax.nn.log_sigmoid(-fake).mean()


def generator_loss(fake: Vector, objective: str) -> Vector:
    """Mean log(1 - D(G(z))), or -log D(G(z)), or the critic's score with its sign turned, or its square from 1."""
    match objective:
        case "least-squares":
            return jnp.square(fake - 1).mean() / 2
        case "wasserstein":
            return -fake.mean()
        case "minimax":
            return jax.nn.log_sigmoid(-fake).mean()
        case "non-saturating":
            return -jax.nn.log_sigmoid(fake).mean()
    raise ValueError(f"JAX has no twin of {objective!r} here: add its losses to references/jax.py")


def payment(
    D: Sequential, theta: Vector, penalty: Penalty, real: Vector, fake: Vector, share: Any, masks: Any
) -> Any:
    """What D pays for its slope g at each point, on average: R1 gamma/2 |g|², WGAN-GP weight (|g| - 1)²."""
    points = real if share is None else real + share * (fake - real)
    state = jnp.zeros(0, theta.dtype)  # no BatchNorm here: it would couple the rows
    g = jax.grad(lambda x: forward(D, theta, state, x, masks, 1)[0].sum())(points)
    squares = (g * g).sum(axis=1)
    match penalty:
        case R1(gamma=gamma):
            return gamma / 2 * squares.mean()
        case GradientPenalty(weight=weight):
            # A root's slope at 0 is infinite, and 0 times that no number: where g = 0, no root is asked for.
            some = squares > 0
            length = jnp.where(some, jnp.sqrt(jnp.where(some, squares, 1)), 0)
            return weight * ((length - 1) ** 2).mean()
    raise TypeError(f"JAX has no twin of {penalty!r} here: add a case to references.jax.payment")


def empty_slots(rule: Optimizer, theta: Vector) -> dict[str, Vector]:
    """The averages of an optimiser that has not moved yet."""
    return {slot: jnp.zeros_like(theta) for slot in {Adam: "mv", Momentum: "v"}.get(type(rule), "")}


def numbers(rule: Optimizer, step: int) -> dict[str, float]:
    """What the rule needs to know about this step, which counts from 0."""
    found = {"rate": at_step(rule.learning_rate, step)}
    match rule:
        case Momentum():
            found["momentum"] = at_step(rule.momentum, step)
        case Adam(beta1=b1, beta2=b2):
            found |= {"c1": 1 - b1 ** (step + 1), "c2": 1 - b2 ** (step + 1)}
    return found


def move(rule: Optimizer, theta: Vector, slots: dict, grad: Vector, now: dict) -> tuple[Vector, dict]:
    """(theta, averages) a step further, by the numbers of `numbers`."""
    match rule:
        case Adam(beta1=b1, beta2=b2, epsilon=epsilon):  # Kingma and Ba 2015, Algorithm 1
            m = b1 * slots["m"] + (1 - b1) * grad
            v = b2 * slots["v"] + (1 - b2) * grad**2
            unbiased = m / now["c1"], jnp.sqrt(v / now["c2"])
            return theta - now["rate"] * unbiased[0] / (unbiased[1] + epsilon), {"m": m, "v": v}
        case Momentum():  # Goodfellow, Bengio, Courville 2016, eqs. 8.15 and 8.16
            v = now["momentum"] * slots["v"] - now["rate"] * grad
            return theta + v, {"v": v}
        case SGD():
            return theta - now["rate"] * grad, {}
    raise TypeError(f"JAX has no twin of {rule!r} here: add a case to references.jax.move")


def bare(rule: Optimizer, slots: dict) -> dict[str, np.ndarray]:
    """The averages as minigan keeps them: Adam's without the factor 1 - beta."""
    factors = {"m": 1 - rule.beta1, "v": 1 - rule.beta2} if isinstance(rule, Adam) else {}
    return {slot: np.asarray(vector) / factors.get(slot, 1) for slot, vector in slots.items()}


# ---- what a case asks -----------------------------------------------------------------------------------------


@wide
def pull(net: Sequential, x: np.ndarray, dy: np.ndarray, training: bool, rng: Any, groups: int) -> dict:
    """y for x, then dy pulled back to x and theta by jax.vjp, and the state that a step would leave."""
    masks = draw_masks(net, len(x), rng) if training else None

    @jax.jit
    def answer(theta: Vector, state: Vector, x: Vector, dy: Vector) -> dict:
        f = partial(forward, net, state=state, masks=masks, groups=groups)
        y, back, moved = jax.vjp(lambda theta, x: f(theta=theta, x=x), theta, x, has_aux=True)
        return dict(zip(("dtheta", "dx"), back(dy), strict=True)) | {"y": y, "state": moved}

    return jax.device_get(answer(net.theta, net.state, x, dy))


@wide
def judge(real: np.ndarray, fake: np.ndarray, objective: str) -> dict:
    """Both players' losses for these logits, and their slopes by jax.grad."""

    @jax.jit
    def answer(real: Vector, fake: Vector) -> dict:
        d_loss, d = jax.value_and_grad(discriminator_loss, (0, 1))(real, fake, objective)
        g_loss, g = jax.value_and_grad(generator_loss)(fake, objective)
        return {"D loss": d_loss, "G loss": g_loss, "slopes.d": jnp.stack(d), "slopes.g": g}

    return jax.device_get(answer(real, fake))


@wide
def penalise(net: Sequential, penalty: Penalty, real: np.ndarray, fake: np.ndarray, rngs: dict[str, Any]) -> dict:
    """What D pays for its slope, and the gradient of that by theta: jax.grad of jax.grad."""
    share = uniform(rngs["penalty"], len(real), 1, net) if penalty.between else None
    masks = draw_masks(net, len(real), rngs["dropout in D"])
    asked = jax.jit(jax.value_and_grad(lambda theta: payment(net, theta, penalty, real, fake, share, masks)))
    paid, dtheta = asked(net.theta)
    return jax.device_get({"loss": paid, "dtheta": dtheta})


@wide
def fit(net: Sequential, rule: Optimizer, x: np.ndarray, target: np.ndarray, steps: int) -> dict:
    """theta and the averages after so many steps down the mean squared error of net(x)."""
    theta, state = jnp.asarray(net.theta), jnp.asarray(net.state)
    slots = empty_slots(rule, theta)
    slope = jax.grad(lambda theta: ((forward(net, theta, state, x)[0] - target) ** 2).mean())
    step = jax.jit(lambda theta, slots, now: move(rule, theta, slots, slope(theta), now))
    for k in range(steps):
        theta, slots = step(theta, slots, numbers(rule, k))
    return {"theta": np.asarray(theta)} | {f"moments.{slot}": vector for slot, vector in bare(rule, slots).items()}


class Game:
    """A GAN's game in JAX, from where the GAN stands now: the same vectors, and the same noise at every step.

    step, losses and vectors mean what they mean in `minigan.GAN`; of the GAN only settings are read later. Raises
    ValueError for a GAN that has taken steps.
    """

    @wide
    def __init__(self, gan: GAN):
        if gan.steps:
            raise ValueError(f"the GAN has taken {gan.steps} steps already: the reference starts with it, at 0")
        self.gan, self.steps = gan, 0
        self.G, self.D, self.objective = gan.generator, gan.discriminator, gan.objective.name
        self.streams = {name: Stream(gan.seed, name) for name in STREAMS}
        nets = {"G": self.G, "D": self.D} | ({} if gan.average is None else {"average": gan.average})
        self.now = {
            name: {"theta": jnp.array(net.theta), "state": jnp.array(net.state)} for name, net in nets.items()
        }
        for name, rule in zip("GD", gan.optimizers, strict=True):
            self.now[name]["slots"] = empty_slots(rule, self.now[name]["theta"])
        self.paid: dict[str, Vector] = {}
        self._jitted = jax.jit(self._iteration)

    @wide
    def step(self, real: np.ndarray) -> None:
        """One iteration on real samples (d_steps × B, dim)."""
        gan, dtype = self.gan, self.G.backend.dtype
        parts = np.split(np.asarray(real, dtype), gan.d_steps)
        rngs = {name: stream.at(self.steps) for name, stream in self.streams.items()}
        draws = [self._draw(rngs, len(part), part) for part in parts]
        draws += draws if gan.updates == "simultaneous" else [self._draw(rngs, len(parts[0]), None)]
        rules = zip("GD", gan.optimizers, (1, gan.d_steps), strict=True)
        rates = {name: [numbers(rule, self.steps * n + k) for k in range(n)] for name, rule, n in rules}
        keep = None if gan.decay is None else min(gan.decay, (self.steps + 1) / (self.steps + 11))
        self.now, self.paid = self._jitted(self.now, draws, rates, keep)
        self.steps += 1

    def _draw(self, rngs: dict[str, Any], batch: int, real: Any) -> dict[str, Any]:
        """The random numbers of a turn, D's on real samples or G's without, in the order in which gan.py draws."""
        gan, dtype = self.gan, self.G.backend.dtype
        rows = batch if real is None else 2 * batch
        sd = 0.0 if gan.instance_noise is None else at_step(gan.instance_noise, self.steps)
        z = gan.latent.fill(np.empty((batch, gan.latent.dim), dtype), rngs["latent"])
        drawn = {"real": real, "z": z, "in G": draw_masks(self.G, batch, rngs["dropout in G"])}
        if sd > 0:
            drawn["noise"] = rngs["instance noise"].standard_normal((rows, self.G.widths[-1])).astype(dtype) * sd
        drawn["in D"] = draw_masks(self.D, rows // gan.packing, rngs["dropout in D"])
        if real is not None and gan.penalty is not None:
            packs = batch // gan.packing
            if gan.penalty.between:
                drawn["share"] = uniform(rngs["penalty"], packs, 1, self.D)
            drawn["in penalty"] = draw_masks(self.D, packs, rngs["dropout in D"])
        return drawn

    def _generate(self, theta: Vector, now: dict, draw: dict) -> tuple:
        return forward(self.G, theta, now["G"]["state"], draw["z"], draw["in G"], 1)

    def _judge(self, theta: Vector, now: dict, x: Vector, draw: dict) -> tuple:
        """(D's logits, the state that it would leave, the packs that it saw)."""
        packs = (x + draw.get("noise", 0)).reshape(-1, self.D.widths[0])
        groups = 1 if draw["real"] is None else 2
        return *forward(self.D, theta, now["D"]["state"], packs, draw["in D"], groups), packs

    def _d_cost(self, theta: Vector, now: dict, fake: Vector, draw: dict) -> tuple:
        """What D pays, and beside it its state and its losses by name."""
        logits, state, packs = self._judge(theta, now, jnp.concatenate([draw["real"], fake]), draw)
        on_real, on_fakes = jnp.split(logits, 2)
        paid = {"d_loss": discriminator_loss(on_real, on_fakes, self.objective)}
        if (penalty := self.gan.penalty) is not None:
            real, made = jnp.split(packs, 2)
            share, masks = draw.get("share"), draw["in penalty"]
            paid["penalty"] = payment(self.D, theta, penalty, real, made, share, masks)
        return sum(paid.values()), (state, paid)

    def _g_cost(self, theta: Vector, now: dict, draw: dict) -> tuple:
        """What G pays for its fakes, judged alone or below the real samples; and beside it G's state."""
        fake, state = self._generate(theta, now, draw)
        below = fake if draw["real"] is None else jnp.concatenate([draw["real"], fake])
        logits = self._judge(now["D"]["theta"], now, below, draw)[0][-(len(fake) // self.gan.packing) :]
        return generator_loss(logits, self.objective), state

    def _gradients(self, name: str, now: dict, draw: dict) -> tuple:
        """(gradient, state that it leaves, losses) of one player, G or D."""
        theta = now[name]["theta"]
        if name == "G":
            (loss, state), grad = jax.value_and_grad(self._g_cost, has_aux=True)(theta, now, draw)
            return grad, state, {"g_loss": loss}
        fake = self._generate(now["G"]["theta"], now, draw)[0]
        (_, (state, paid)), grad = jax.value_and_grad(self._d_cost, has_aux=True)(theta, now, fake, draw)
        return grad, state, paid

    def _iteration(self, now: dict, draws: list, rates: dict, keep: Any) -> tuple[dict, dict]:
        """(all vectors, the losses): each turn starts from where the one before has left the other player.

        With simultaneous updates D and G both look at the start, and at the same draws.
        """
        start = now if self.gan.updates == "simultaneous" else None
        paid: dict[str, Vector] = {}
        turns = zip("D" * self.gan.d_steps + "G", draws, rates["D"] + rates["G"], strict=True)
        for name, draw, rate in turns:
            grad, state, more = self._gradients(name, start or now, draw)
            rule = self.gan.optimizers["GD".index(name)]
            theta, slots = move(rule, now[name]["theta"], now[name]["slots"], grad, rate)
            now = now | {name: {"theta": theta, "state": state, "slots": slots}}
            paid |= more
        if keep is not None:
            live, average = now["G"], now["average"]
            now["average"] = {what: keep * average[what] + (1 - keep) * live[what] for what in average}
        return now, paid

    def losses(self) -> dict[str, float]:
        """d_loss and g_loss of the last step, in nats, and the penalty where there is one."""
        return {name: float(loss) for name, loss in self.paid.items()}

    def vectors(self) -> dict[str, np.ndarray]:
        """Every vector that the next step depends on, under minigan's names and in its order."""
        rules = dict(zip("GD", self.gan.optimizers, strict=True))
        found: dict[str, np.ndarray] = {}
        for name, own in self.now.items():
            of = {"G": "generator", "D": "discriminator"}.get(name, name)
            found |= {f"{of}.{what}": np.asarray(own[what]) for what in ("theta", "state")}
            if name in rules:
                found |= {f"{of}.{slot}": vector for slot, vector in bare(rules[name], own["slots"]).items()}
        return found
