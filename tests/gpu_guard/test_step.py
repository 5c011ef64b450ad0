"""Invariant 8 and the cost of a step: nothing is read back to the host, and kernels are few."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from every_layer import MAKERS

import minigan as mg
from gpu_guard import HostCopy, counting, no_sync
from gpu_guard.games import GAMES, batches, game
from minigan import cli
from minigan.core.backend import Backend
from minigan.core.layers import Dense, LeakyReLU, Maxout, Tanh
from minigan.core.network import Sequential

LAYERS = [Dense(4, 4) if name == "Dense" else make(4) for name, make in MAKERS.items()]
LAUNCHES = 70  # of a step, alternating, three dense layers a player, whatever their size


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", GAMES)
def test_a_game_on_the_guard_is_the_game_on_numpy_bit_for_bit_and_reads_nothing_back(name, dtype, guard, layout):
    ours, theirs = (game(Backend(where, dtype), **GAMES[name]) for where in ("cupy", "numpy"))
    for real in batches(ours, 3):
        with no_sync():
            ours.step(real)
        theirs.step(real)
    assert ours.losses() == theirs.losses()
    packs = np.ones((5, 2 * ours.packing))
    found = [*ours.vectors().values(), ours.sample(5), ours.discriminator(packs)]
    wanted = [*theirs.vectors().values(), theirs.sample(5), theirs.discriminator(packs)]
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == dtype
        np.testing.assert_array_equal(a.get(), b)


def passes(backend, layers, scramble):
    """All that a network of these layers can be asked, on the host."""
    net = scramble(Sequential([type(layer)(**layer.__getstate__()) for layer in layers], backend, width=4))
    rng = np.random.default_rng(1)
    x, dx, dy = (rng.standard_normal((6, net.widths[end])) for end in (0, 0, -1))
    trace, masks = net.trace(6, groups=2), np.random.default_rng(2)
    with no_sync():
        found = [net.forward(x, trace, training=True, rng=masks).copy()]
        found += [net.backward(dy, trace, inputs=True).copy(), net.grad.copy()]
        found += [net.backward(dy, trace, inputs=slice(1, 4)).copy(), net.tangent(dx, trace).copy()]
        found += [net.backward(dy, trace, inputs=True, row_weights=dy[:, :1]).copy(), net.grad.copy()]
        with contextlib.suppress(TypeError):  # BatchNorm has no second derivative, and says so
            found += [mg.tangent_gradient(net, dx, dy, trace, inputs=True).copy(), net.grad.copy()]
        net.absorb(trace)
        found += [net(x), net.state]
    return [backend.to_numpy(array) for array in found]


@pytest.mark.parametrize("first", LAYERS, ids=lambda layer: type(layer).__name__)
def test_every_pair_of_layers_gives_numpys_bits(first, guard, layout, scramble):
    for second in LAYERS:
        if isinstance(first, Maxout) and second.width:
            continue  # Maxout halves the columns that these want
        ours, theirs = (passes(Backend(where), [first, second], scramble) for where in ("cupy", "numpy"))
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b, f"{first} {second}")


@pytest.mark.parametrize("widths", [(8, 8), (300, 20), (2, 2)])
def test_a_step_launches_no_more_than_seventy_kernels(widths, guard):
    hidden, batch = widths
    nets = [
        Sequential(
            [Dense(n_in, hidden), LeakyReLU(), Dense(hidden, hidden), LeakyReLU(), Dense(hidden, n_out), *last],
            "cupy",
            name=name,
        )
        for name, n_in, n_out, last in (("G", 3, 2, [Tanh()]), ("D", 2, 1, []))
    ]
    gan = mg.GAN(*nets, mg.Latent(3), updates="alternating")
    real = np.random.default_rng(0).standard_normal((batch, 2))
    gan.step(real)
    with counting() as seen, no_sync():
        gan.step(real)
    assert seen.launches.total() <= LAUNCHES, seen.launches
    assert seen.uploads.total() == 3, seen.uploads  # the real samples, and a latent batch for either player


def test_what_asks_for_losses_reads_them_back_and_once(guard):
    gan = game("cupy")
    gan.step(batches(gan, 1)[0])
    with no_sync(), pytest.raises(HostCopy):
        gan.losses()
    with counting() as seen:
        gan.losses()
    assert seen.downloads.total() == 1


def test_training_reads_back_at_log_steps_alone(guard):
    seen = []
    for steps in (20, 80):
        with counting() as ledger:
            mg.train(game("cupy", penalty=mg.R1(0.1)), mg.ring(), steps, 8, log_every=steps)
        seen.append(ledger)
    few, many = seen
    assert few.downloads == many.downloads and many.launches.total() > 3.5 * few.launches.total()


def test_the_command_line_trains_on_it_and_leaves_the_run_that_numpy_leaves(guard, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for where in ("cupy", "numpy"):
        assert not cli.main(["train", "--backend", where, "--steps", "20", "--out", where])
    ours, theirs = (np.load(f"{where}/checkpoint.npz") for where in ("cupy", "numpy"))
    for key in ("generator.theta", "discriminator.theta", "average.theta"):
        np.testing.assert_array_equal(ours[key], theirs[key])
    assert not cli.main(["sample", "cupy", "-n", "9", "--out", "samples.npy"])
    capsys.readouterr()
    assert not cli.main(["info"])
    said = capsys.readouterr().out
    assert "auto would choose cupy: a GPU answers" in said and "a stand-in, which is no GPU" in said
