"""The training step of `minigan bench` as JAX does it best: compiled whole, its buffers donated."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Net = Any  # [(W, b), ...], jax.Arrays
State = dict[str, Any]  # G's and D's layers, Adam's two averages of each, the step t, and a key for z
RATE, BETA1, BETA2, EPSILON, SLOPE = 2e-4, 0.5, 0.999, 1e-8, 0.2


@cache
def use_threads(threads: int) -> None:
    """Make XLA's pool with this many threads, in a process in which JAX has not computed yet.

    XLA reads the pool's size from the environment's NPROC when its first array is made, and keeps it. XLA_FLAGS
    knows one thread or all, and an affinity would bind NumPy's and PyTorch's threads too.
    """
    before = os.environ.get("NPROC")
    os.environ["NPROC"] = str(threads)
    jax.devices("cpu")
    if before is None:
        del os.environ["NPROC"]
    else:
        os.environ["NPROC"] = before


def new_state(G: Sequence[tuple], D: Sequence[tuple], key: int = 0) -> State:
    """A state that starts from these layers, [(W, b), ...]."""
    nets = {"G": jax.tree.map(jnp.array, list(G)), "D": jax.tree.map(jnp.array, list(D))}
    m, v = (jax.tree.map(jnp.zeros_like, nets) for _ in range(2))
    return {"nets": nets, "m": m, "v": v, "t": jnp.zeros((), jnp.int32), "key": jax.random.key(key)}


def forward(net: Net, x: jax.Array) -> list[jax.Array]:
    """[x, each hidden layer's output, the last layer's a]: a = x W + b, and max(a, 0.2 a) in all but the last."""
    outputs = [x]
    for W, b in net[:-1]:
        a = outputs[-1] @ W + b
        outputs.append(jnp.maximum(a, SLOPE * a))
    W, b = net[-1]
    return [*outputs, outputs[-1] @ W + b]


def by_grad(nets: dict[str, Net], real: jax.Array, z: jax.Array) -> dict[str, Net]:
    """Both players' gradients as jax.grad takes them, each of its own loss."""

    def generate(G: Net) -> jax.Array:
        return jnp.tanh(forward(G, z)[-1])

    def d_loss(D: Net, fake: jax.Array) -> jax.Array:
        on_real, on_fakes = jnp.split(forward(D, jnp.concatenate([real, fake]))[-1], 2)
        return jax.nn.softplus(-on_real).mean() + jax.nn.softplus(on_fakes).mean()

    def g_loss(G: Net) -> jax.Array:
        return jax.nn.softplus(-forward(nets["D"], generate(G))[-1]).mean()

    return {"G": jax.grad(g_loss)(nets["G"]), "D": jax.grad(d_loss)(nets["D"], generate(nets["G"]))}


def in_one_pass(nets: dict[str, Net], real: jax.Array, z: jax.Array) -> dict[str, Net]:
    """The same gradients from one pass back through D, as minigan takes them: each is a row times its factor."""
    made, batch = forward(nets["G"], z), len(real)
    fake = jnp.tanh(made[-1])
    judged = forward(nets["D"], jnp.concatenate([real, fake]))
    on_real, on_fakes = jnp.split(judged[-1], 2)
    factors = jnp.concatenate([-jax.nn.sigmoid(-on_real), jax.nn.sigmoid(on_fakes)])
    unit = jnp.full((2 * batch, 1), 1 / batch, real.dtype)
    for_d, dx = backward(nets["D"], judged, unit, factors)
    dx = (dx[batch:] @ nets["D"][0][0].T) * -jax.nn.sigmoid(-on_fakes)
    return {"G": backward(nets["G"], made, dx * (1 - fake * fake), 1)[0], "D": for_d}


def backward(net: Net, outputs: list, dy: jax.Array, factors: Any) -> tuple[Net, jax.Array]:
    """([(dW, db), ...] of rows times factors, dL/da of the first layer)."""
    gradients: list[tuple] = []
    for k in range(len(net) - 1, -1, -1):
        row = dy * factors
        gradients.insert(0, (outputs[k].T @ row, row.sum(axis=0)))
        if k > 0:
            dy = (dy @ net[k][0].T) * jnp.where(outputs[k] > 0, 1, SLOPE).astype(dy.dtype)
    return gradients, dy


def iterate(gradients: Callable, state: State, real: jax.Array, z: jax.Array) -> State:
    """The next state: both gradients at one point, then a step of Adam for each player."""
    grads, t = gradients(state["nets"], real, z), state["t"] + 1
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, state["m"], grads)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, state["v"], grads)
    time = t.astype(real.dtype)
    unbias_m, unbias_v = 1 / (1 - BETA1**time), 1 / (1 - BETA2**time)
    nets = jax.tree.map(
        lambda w, m, v: w - RATE * (m * unbias_m) / (jnp.sqrt(v * unbias_v) + EPSILON), state["nets"], m, v
    )
    return state | {"nets": nets, "m": m, "v": v, "t": t}


class JaxStep:
    """A game that a call moves on by `steps` steps: one a call, or as many as a lax.scan is long, on fresh z each.

    A call returns before it is done, as calls of JAX do; wait() until it is.
    """

    def __init__(self, G: Sequence[int], D: Sequence[int], real: np.ndarray, gradients: Callable, steps: int = 1):
        rng, self.steps, self.real = np.random.default_rng(0), steps, jnp.asarray(real)
        nets = (
            [
                (rng.standard_normal((i, o)) * (2 / i) ** 0.5, np.zeros(o))
                for i, o in zip(w[:-1], w[1:], strict=True)
            ]
            for w in (G, D)
        )
        self.state = new_state(*(jax.tree.map(lambda a: a.astype(real.dtype), net) for net in nets))

        def one(state: State, real: jax.Array) -> State:
            z = jax.random.normal(jax.random.fold_in(state["key"], state["t"]), (len(real), G[0]), real.dtype)
            return iterate(gradients, state, real, z)

        def many(state: State, real: jax.Array) -> State:
            return jax.lax.scan(lambda now, _: (one(now, real), None), state, length=steps)[0]

        self._run = jax.jit(one if steps == 1 else many, donate_argnums=0)

    def __call__(self) -> None:
        self.state = self._run(self.state, self.real)

    def wait(self) -> None:
        """Return when all that was called is done."""
        jax.block_until_ready(self.state)
