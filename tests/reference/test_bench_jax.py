"""The step of JAX that `minigan bench` times is minigan's, from the same weights and noise, in float64."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from minigan.checks.bench import CASES, game
from minigan.checks.references import jax_step
from minigan.core.streams import Stream

FORMS = {"grad": jax_step.by_grad, "one pass": jax_step.in_one_pass}


def layers(net, vector):
    """[(W, b), ...] of a vector in the network's order."""
    found, i = [], 0
    for n_in, n_out in ((layer.n_in, layer.n_out) for layer in net.layers[::2]):
        found.append(
            (vector[i : i + n_in * n_out].reshape(n_in, n_out), vector[(i := i + n_in * n_out) :][:n_out])
        )
        i += n_out
    return found


@pytest.mark.parametrize("case", ["tiny", "digits"])
@pytest.mark.parametrize("form", FORMS)
def test_the_steps_that_are_timed_in_jax_are_minigans(form, case):
    G, D, batch = CASES[case]
    gan, real = (
        game(G, D, "simultaneous", dtype="float64"),
        np.random.default_rng(0).standard_normal((batch, D[0])),
    )
    draws = Stream(gan.seed, "latent")
    with jax.enable_x64(True):
        state = jax_step.new_state(*(layers(net, net.theta) for net in (gan.generator, gan.discriminator)))
        step = jax.jit(partial(jax_step.iterate, FORMS[form]))
        for k in range(5):
            z = gan.latent.fill(
                np.empty((batch, G[0])), draws.at(k)
            )  # a new one: JAX reads it when it comes to it
            state = step(state, real, z)
            gan.step(real)
        for net, name in ((gan.generator, "G"), (gan.discriminator, "D")):
            theirs_flat = jax.tree.leaves(state["nets"][name])  # W, b, W, b, ...
            for ours, theirs in zip(sum(layers(net, net.theta), ()), theirs_flat, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-13)
    assert not np.array_equal(gan.generator.theta, game(G, D, "simultaneous", dtype="float64").generator.theta)


@pytest.mark.parametrize("form", FORMS.values())
def test_a_scan_takes_the_steps_that_calls_take_one_by_one(form):
    G, D, batch = CASES["tiny"]
    with jax.enable_x64(True):
        real = np.random.default_rng(0).standard_normal((batch, D[0]))
        by_calls, by_scan = (jax_step.JaxStep(G, D, real, form, steps) for steps in (1, 4))
        for _ in range(4):
            by_calls()
        by_scan()
        by_scan.wait()
        assert int(by_scan.state["t"]) == 4
        for one, other in zip(*(jax.tree.leaves(s.state["nets"]) for s in (by_calls, by_scan)), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)
            assert one.dtype == jnp.float64
