"""The game: whole iterations against a slow implementation, and every promise of the step."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

from minigan.core.backend import Backend
from minigan.core.gan import GAN, Latent
from minigan.core.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Tanh
from minigan.core.network import Sequential, StaleTraceError
from minigan.core.objectives import value_function
from minigan.core.optimizers import SGD, Adam, Exponential, Linear, Momentum
from minigan.core.streams import Stream
from minigan.core.workspace import HalfStepError
from minigan.runs import checkpoint
from minigan.runs.recipe import Recipe

MODES = ["alternating", "simultaneous"]


def players(backend="numpy", packing=1, extra_g=(), extra_d=(), dim=2, hidden=6):
    backend = Backend(backend) if isinstance(backend, str) else backend
    G = Sequential([Dense(3, hidden), *extra_g, Tanh(), Dense(hidden, dim)], backend, name="G")
    D = Sequential([Dense(packing * dim, hidden), LeakyReLU(0.2), *extra_d, Dense(hidden, 1)], backend, name="D")
    return G, D


def game(backend="numpy", packing=1, extra_g=(), extra_d=(), **options):
    G, D = players(backend, packing, extra_g, extra_d)
    return GAN(G, D, Latent(3), packing=packing, **{"updates": "alternating"} | options)


def batches(n, rows=8, dim=2, seed=0):
    return np.random.default_rng(seed).standard_normal((n, rows, dim)) + [2] * dim


DOUBLE = Backend("numpy", "float64")


# ------------------------------------ a slow GAN: naive formulas, nothing shared, one player at a time


class SlowNet:
    """Dense, LeakyReLU and Tanh by their definitions; a backward pass returns (dL/dtheta, dL/dx)."""

    def __init__(self, net):
        self.layers, self.theta = net.layers, net.theta.copy()

    def parts(self, theta):
        i = 0
        for layer in self.layers:
            if isinstance(layer, Dense):
                j, k = i + layer.n_in * layer.n_out, i + (layer.n_in + 1) * layer.n_out
                yield layer, theta[i:j].reshape(layer.n_in, layer.n_out), theta[j:k]
                i = k
            else:
                yield layer, None, None

    def forward(self, x):
        self.xs = [x]
        for layer, W, b in self.parts(self.theta):
            if W is not None:
                x = x @ W + b
            elif isinstance(layer, LeakyReLU):
                x = np.where(x > 0, x, layer.a * x)
            else:
                x = np.tanh(x)
            self.xs.append(x)
        return x

    def backward(self, dy):
        grads = []
        for (layer, W, _), x in zip(reversed(list(self.parts(self.theta))), self.xs[-2::-1], strict=True):
            if W is not None:
                grads = [(x.T @ dy).ravel(), dy.sum(axis=0), *grads]
                dy = dy @ W.T
            elif isinstance(layer, LeakyReLU):
                dy = dy * np.where(x > 0, 1, layer.a)
            else:
                dy = dy * (1 - np.tanh(x) ** 2)
        return np.concatenate(grads), dy


class SlowAdam:
    """Kingma and Ba 2015, Algorithm 1, line by line."""

    def __init__(self, rate, b1=0.5, b2=0.999, epsilon=1e-8):
        self.rate, self.b1, self.b2, self.epsilon, self.t, self.m, self.v = rate, b1, b2, epsilon, 0, 0.0, 0.0

    def move(self, theta, grad):
        self.t += 1
        self.m = self.b1 * self.m + (1 - self.b1) * grad
        self.v = self.b2 * self.v + (1 - self.b2) * grad**2
        m_hat, v_hat = self.m / (1 - self.b1**self.t), self.v / (1 - self.b2**self.t)
        return theta - self.rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


def slow_run(gan, reals, rates):
    """Train a copy of this GAN by the book; returns the thetas of G, D and the averaged G."""
    G, D, average = SlowNet(gan.generator), SlowNet(gan.discriminator), gan.generator.theta.copy()
    for_g, for_d = SlowAdam(rates[0]), SlowAdam(rates[1])
    latent, noise = Stream(gan.seed, "latent"), Stream(gan.seed, "instance noise")
    dim, pack = gan.generator.widths[-1], gan.packing

    def judge(samples):
        packs = np.array([np.concatenate(samples[i : i + pack]) for i in range(0, len(samples), pack)])
        return 1 / (1 + np.exp(-D.forward(packs)))

    for t, real in enumerate(reals, 1):
        z_rng, noise_rng = latent.at(t - 1), noise.at(t - 1)
        batch = len(real) // gan.d_steps
        sd = gan.instance_noise(t - 1) if gan.instance_noise else 0

        def noisy(samples, rng=noise_rng, sd=sd):
            return samples + sd * rng.standard_normal(samples.shape) if sd else samples

        for k in range(gan.d_steps):
            fakes = G.forward(z_rng.standard_normal((batch, gan.latent.dim)))
            seen = noisy(np.concatenate([real[k * batch : (k + 1) * batch], fakes]))
            shown_real, shown_fake = seen[:batch], seen[batch:]
            p = judge(shown_real)  # d(-log p)/ds = -(1/p) p(1-p)
            from_real, _ = D.backward(-(1 / p) * p * (1 - p) / len(p))
            q = judge(shown_fake)  # d(-log(1-q))/ds = (1/(1-q)) q(1-q)
            from_fake, _ = D.backward(1 / (1 - q) * q * (1 - q) / len(q))
            theta_d = for_d.move(D.theta, from_real + from_fake)
            if gan.updates == "alternating":
                D.theta = theta_d
        if gan.updates == "alternating":
            shown_fake = noisy(G.forward(z_rng.standard_normal((batch, gan.latent.dim))))
        q = judge(shown_fake)
        # G minimises log(1-q), or -log q
        dq = -1 / (1 - q) if gan.objective.name == "minimax" else -1 / q
        _, dx = D.backward(dq * q * (1 - q) / len(q))
        grad_g, _ = G.backward(dx.reshape(batch, dim))
        G.theta = for_g.move(G.theta, grad_g)
        D.theta = theta_d
        keep = min(gan.decay, t / (t + 10))
        average = keep * average + (1 - keep) * G.theta
    return G.theta, D.theta, average


@pytest.mark.parametrize("objective", ["non-saturating", "minimax"])
@pytest.mark.parametrize(
    ("packing", "noise"), [(1, None), (2, None), (1, Exponential(0.5, 0.8)), (2, lambda t: 0.1)]
)
@pytest.mark.parametrize(("updates", "d_steps"), [("alternating", 1), ("alternating", 3), ("simultaneous", 1)])
def test_twenty_steps_equal_a_slow_implementation_of_the_book(updates, d_steps, packing, noise, objective, layout):
    rates = 3e-2, 2e-2  # large, so that twenty steps go somewhere
    gan = game(
        DOUBLE,
        packing,
        objective=objective,
        updates=updates,
        d_steps=d_steps,
        instance_noise=noise,
        optimizers=tuple(Adam(rate, 0.5, 0.999) for rate in rates),
        average=0.6,
        seed=11,
    )
    start = [net.theta.copy() for net in (gan.generator, gan.discriminator)]
    reals = batches(20, rows=8 * d_steps)
    G, D, average = slow_run(gan, reals, rates)
    for real in reals:
        gan.step(real)
    ends = gan.generator.theta, gan.discriminator.theta, gan.average.theta
    for end, wanted in zip(ends, (G, D, average), strict=True):
        np.testing.assert_allclose(end, wanted, rtol=1e-12, atol=1e-12)
    assert all(np.abs(now - then).max() > 0.1 for now, then in zip(ends, start, strict=False))


def test_with_dropout_in_d_the_shared_pass_equals_two_passes_over_the_same_masks():
    gan = game(DOUBLE, extra_d=[Dropout(0.4)], updates="simultaneous", seed=3)
    G, D = gan.generator.copy(), gan.discriminator.copy()
    real = batches(1)[0]
    for name, _ in gan.substeps(real):
        if name == "both gradients":
            break
    rows = len(real)
    made, judged = G.trace(rows), D.trace(2 * rows)
    fake = G.forward(Stream(3, "latent").at(0).standard_normal((rows, 3)), made, training=True)
    s = D.forward(np.concatenate([real, fake]), judged, training=True, rng=Stream(3, "dropout in D").at(0))
    p = 1 / (1 + np.exp(-s))
    D.backward(np.concatenate([p[:rows] - 1, p[rows:]]) / rows, judged)
    to_g = np.concatenate([np.zeros((rows, 1)), p[rows:] - 1]) / rows
    G.backward(D.backward(to_g, judged, params=False, inputs=True)[rows:], made)
    np.testing.assert_allclose(gan.discriminator.grad, D.grad, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(gan.generator.grad, G.grad, rtol=1e-12, atol=1e-15)


# ----------------------------------------------------------------------------------------- sub-steps

JUDGED = ["draw latent", "generate", "judge", "discriminator gradient", "discriminator update"]
AGAIN = ["draw latent again", "generate again", "judge again", "generator gradient", "generator update"]
BOTH = ["draw latent", "generate", "judge", "both gradients", "discriminator update", "generator update"]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"d_steps": 1}, [*JUDGED, *AGAIN, "average"]),
        ({"d_steps": 3}, [*JUDGED * 3, *AGAIN, "average"]),
        ({"average": None}, [*JUDGED, *AGAIN]),
        ({"updates": "simultaneous"}, [*BOTH, "average"]),
    ],
)
def test_substeps_have_fixed_names_and_order(options, names):
    gan = game(**options)
    assert [name for name, _ in gan.substeps(batches(1, 6)[0])] == names


def test_each_substep_hands_out_the_array_that_it_made():
    gan = game()
    seen = dict(gan.substeps(batches(1)[0]))
    shapes = {name: array.shape for name, array in seen.items()}
    assert shapes["draw latent"] == (8, 3) and shapes["generate"] == shapes["generate again"] == (8, 2)
    assert shapes["judge"] == (16, 1) and shapes["judge again"] == (8, 1)
    assert seen["discriminator gradient"] is gan.discriminator.grad
    assert seen["generator gradient"] is gan.generator.grad
    assert seen["discriminator update"] is gan.discriminator.theta
    assert seen["generator update"] is gan.generator.theta and seen["average"] is gan.average.theta


def snapshot(net):
    return {name: getattr(net, name).copy() for name in ("theta", "grad", "state")}


def changed(net, before):
    return {name for name, vector in before.items() if not np.array_equal(getattr(net, name), vector)}


def test_ds_step_never_touches_gs_vectors_and_gs_gradient_never_computes_ds():
    G, D = players(extra_g=[BatchNorm(6)], extra_d=[BatchNorm(6)])
    gan = GAN(G, D, Latent(3), updates="alternating", average=None)
    for net in (G, D):
        net.grad[...] = 123
    g, d = snapshot(G), snapshot(D)
    for name, _ in gan.substeps(batches(1)[0]):
        touched = changed(G, g), changed(D, d)
        if name in JUDGED:
            assert not touched[0], f"{name} changed G's {touched[0]}"
        if name == "discriminator update":
            assert touched[1] == {"theta", "grad", "state"}
            d = snapshot(D)
        if name in AGAIN:
            assert not touched[1], f"{name} changed D's {touched[1]}"
    assert changed(G, g) == {"theta", "grad", "state"}


def test_each_player_absorbs_its_running_statistics_once_for_each_of_its_updates():
    gan = game(extra_g=[BatchNorm(6)], extra_d=[BatchNorm(6)], d_steps=3)
    calls = []
    for net in (gan.generator, gan.discriminator):
        net.absorb = lambda trace, net=net: calls.append(net.name)
    gan.step(batches(1, 12)[0])
    assert calls == ["D", "D", "D", "G"]


def test_batchnorm_in_d_sees_real_samples_and_fakes_as_two_groups():
    gan = game(DOUBLE, extra_d=[BatchNorm(6)])
    G, D = gan.generator.copy(), gan.discriminator.copy()
    real = batches(1)[0]
    logits = next(array.copy() for name, array in gan.substeps(real) if name == "judge")
    fake = G(Stream(0, "latent").at(0).standard_normal((8, 3)))
    alone = [D.forward(x, D.trace(8), training=True).copy() for x in (real, fake)]
    np.testing.assert_allclose(logits, np.concatenate(alone), rtol=1e-12)


# ------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize("updates", MODES)
def test_a_run_stays_in_its_float_type_from_end_to_end(updates, backend):
    gan = game(
        backend,
        extra_g=[BatchNorm(6), Dropout(0.2)],
        extra_d=[Dropout(0.2)],
        updates=updates,
        optimizers=(Adam(lambda t: np.float64(1e-3)), Momentum(Exponential(np.float64(1e-2), 0.9))),
        instance_noise=lambda t: np.float64(0.1),
    )
    for real in batches(3):  # float64 samples, cast at the door
        gan.step(real)
    room = gan._work
    traces = [trace for trace in (room.made, room.both, room.fake) if trace.version >= 0]  # those in use
    arrays = {
        **gan.vectors(),
        **{f"{net.name}.grad": net.grad for net in (gan.generator, gan.discriminator)},
        **{f"trace {i}, y{k}": y for i, trace in enumerate(traces) for k, y in enumerate(trace.ys)},
        **{f"trace {i}, dy{k}": dy for i, trace in enumerate(traces) for k, dy in enumerate(trace.dys)},
        **{name: getattr(room, name) for name in ("z", "seen", "noise", "d_both", "d_fake", "factors")},
        **{
            f"trace {i}, memo {k}, {name}": note
            for i, trace in enumerate(traces)
            for k, memo in enumerate(trace.memos)
            for name, note in vars(memo).items()
            if getattr(note, "dtype", None) in ("float32", "float64")
        },
        "sample": gan.sample(5),
        "opinion": gan.opinion(gan.sample(5)),
    }
    assert len(arrays) > 50
    assert {name: a.dtype for name, a in arrays.items() if a.dtype != backend.dtype} == {}


@pytest.mark.parametrize("updates", MODES)
@pytest.mark.parametrize("objective", ["non-saturating", "minimax"])
@pytest.mark.parametrize("logit", [1e4, -1e4, 90, -90, 0])
def test_whole_steps_stay_finite_at_extreme_logits(logit, objective, updates, backend):
    gan = game(backend, objective=objective, updates=updates)
    gan.discriminator.layers[-1].b[...] = logit
    gan.discriminator.moved()
    for real in batches(3):
        gan.step(real)
    assert all(np.isfinite(backend.to_numpy(vector)).all() for vector in gan.vectors().values())
    assert all(math.isfinite(number) for number in gan.losses().values())


@pytest.mark.parametrize("updates", MODES)
def test_at_logits_where_one_players_slope_is_zero_the_other_still_moves(updates):
    gan = game(updates=updates)  # D is sure that all is fake: slopes e^-90 for D's fakes, 1 for G
    gan.discriminator.layers[-1].b[...] = -90
    gan.discriminator.moved()
    before = gan.generator.theta.copy()
    gan.step(batches(1)[0])
    assert np.abs(gan.generator.grad).max() > 1e-3
    assert (gan.generator.theta != before).mean() > 0.9


@pytest.mark.parametrize("updates", MODES)
def test_losses_are_computed_from_the_logits_of_the_last_step(updates, backend):
    gan = game(backend, updates=updates)
    for real in batches(2):
        last = {name: backend.to_numpy(array).copy() for name, array in gan.substeps(real)}
    real, fake = last["judge"][:8].astype(float), last["judge"][8:].astype(float)
    for_g = last.get("judge again", fake).astype(float)
    p, q = (1 / (1 + np.exp(-s)) for s in (real, fake))
    value = np.log(p).mean() + np.log(1 - q).mean()
    wanted = {
        "d_loss": -value,
        "g_loss": -np.log(1 / (1 + np.exp(-for_g))).mean(),
        "value": value,
        "d_real": p.mean(),
        "d_fake": q.mean(),
    }
    assert gan.losses() == pytest.approx(wanted, rel=1e-5)
    assert gan.losses()["value"] == pytest.approx(float(value_function(real, fake)), rel=1e-5)


def test_before_the_first_step_there_are_no_losses():
    with pytest.raises(ValueError, match="no step was taken"):
        game().losses()


# ------------------------------------------------------------------------------------------- packing


def test_packing_lays_neighbouring_samples_side_by_side():
    gan = game(DOUBLE, packing=2)
    D = gan.discriminator.copy()
    real = batches(1)[0]
    arrays = {name: array.copy() for name, array in gan.substeps(real)}
    by_hand = [np.concatenate(pair) for samples in (real, arrays["generate"]) for pair in samples.reshape(4, 2, 2)]
    np.testing.assert_allclose(arrays["judge"], D(np.array(by_hand)), rtol=1e-12)


# ------------------------------------------------------------------------------------------- average


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.999])
def test_the_average_starts_fast_and_settles_at_its_decay(decay):
    gan = game(DOUBLE, extra_g=[BatchNorm(6)], average=decay)
    G = gan.generator
    wanted = np.concatenate([G.theta, G.state])
    for t, real in enumerate(batches(30), 1):
        gan.step(real)
        keep = min(decay, t / (t + 10))
        wanted = keep * wanted + (1 - keep) * np.concatenate([G.theta, G.state])
    np.testing.assert_allclose(np.concatenate([gan.average.theta, gan.average.state]), wanted, rtol=1e-12)


def test_without_an_average_sample_and_vectors_speak_of_the_live_generator():
    gan = game(average=None)
    assert gan.average is None and not any(name.startswith("average") for name in gan.vectors())
    np.testing.assert_array_equal(gan.sample(4), gan.sample(4, averaged=False))


# ----------------------------------------------------------------------------------- samples, opinion


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_sample_is_a_pure_function_of_the_generator_and_the_seed(kind, backend):
    G, D = players(backend)
    gan = GAN(G, D, Latent(3, kind))
    gan.step(batches(1)[0])
    first = backend.to_numpy(gan.sample(10, seed=4)).copy()
    np.testing.assert_array_equal(backend.to_numpy(gan.sample(10, seed=4)), first)
    assert (backend.to_numpy(gan.sample(10, seed=5)) != first).any()
    assert (backend.to_numpy(gan.sample(10, seed=4, averaged=False)) != first).any()
    # The same z, so the same samples up to the order in which a product sums.
    np.testing.assert_allclose(backend.to_numpy(gan.sample(100, seed=4))[:10], first, rtol=1e-4, atol=1e-6)


def test_samples_depend_neither_on_the_step_nor_on_the_gans_own_seed():
    one, other = (
        game(seed=1),
        game(seed=2),
    )  # equal starting weights, since the networks have a seed of their own
    other.steps = 5
    np.testing.assert_array_equal(one.sample(4, seed=9), other.sample(4, seed=9))


def test_sampling_in_the_middle_of_a_step_changes_nothing():
    gan, other = (game(extra_g=[Dropout(0.3)]) for _ in range(2))
    for real in batches(2):
        gan.step(real)
        for _ in other.substeps(real):
            other.sample(3)
            other.opinion(real)
    np.testing.assert_array_equal(gan.generator.theta, other.generator.theta)


def test_no_samples_are_an_empty_array():
    assert game().sample(0).shape == (0, 2)


def test_opinion_is_ds_probability_for_each_pack():
    gan = game(packing=2)
    packs = np.random.default_rng(0).standard_normal((5, 4))
    wanted = 1 / (1 + np.exp(-gan.discriminator(packs)[:, 0]))
    np.testing.assert_allclose(gan.opinion(packs), wanted, rtol=1e-6)


def test_latent_draws_have_the_moments_that_they_name():
    rng = np.random.default_rng(0)
    for latent, low, high in [
        (Latent(2), -math.inf, math.inf),
        (Latent(2, "uniform"), -math.sqrt(3), math.sqrt(3)),
    ]:
        z = latent.fill(np.empty((50_000, 2)), rng)
        assert low <= z.min() and z.max() < high
        assert z.mean() == pytest.approx(0, abs=0.015) and z.var() == pytest.approx(1, abs=0.015)
    z = Latent(1, "uniform", -1, 4).fill(np.empty((50_000, 1)), rng)
    assert z.min() == pytest.approx(-1, abs=0.01) and z.max() == pytest.approx(4, abs=0.01)


# -------------------------------------------------------------------------------------- copies, seeds


def everything(gan):
    return {name: vector.copy() for name, vector in gan.vectors().items()}


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda gan: pickle.loads(pickle.dumps(gan))])
@pytest.mark.parametrize("updates", MODES)
def test_a_copied_gan_trains_on_bit_for_bit_as_the_original_does(updates, twin_of):
    extra_d = [Dropout(0.2)]
    gan = game(extra_g=[BatchNorm(6), Dropout(0.2)], extra_d=extra_d, updates=updates, instance_noise=0.1)
    reals = batches(6)
    for real in reals[:3]:
        gan.step(real)
    twin, frozen = twin_of(gan), everything(gan)
    for real in reals[3:]:
        twin.step(real)
    for name, vector in gan.vectors().items():
        np.testing.assert_array_equal(vector, frozen[name], err_msg=f"the copy moved the original's {name}")
    for real in reals[3:]:
        gan.step(real)
    for name, vector in gan.vectors().items():
        assert vector.size == 0 or (vector != frozen[name]).any()
        np.testing.assert_array_equal(vector, twin.vectors()[name], err_msg=name)
    assert twin.losses() == gan.losses() and twin.steps == gan.steps == 6


@pytest.mark.parametrize("d_steps", [1, 3])
def test_vectors_and_the_step_number_restore_all_that_a_step_depends_on(d_steps):
    def make():
        optimizers = Adam(Exponential(1e-3, 0.9)), Momentum(Exponential(1e-2, 0.9))
        return game(extra_g=[BatchNorm(6)], d_steps=d_steps, optimizers=optimizers)

    gan, fresh = make(), make()
    reals = batches(4, rows=6)
    for real in reals[:2]:
        gan.step(real)
    saved = everything(gan)
    assert {"generator.m", "generator.v", "discriminator.v", "average.theta", "generator.state"} <= set(saved)
    fresh.step(reals[3])
    fresh.restore(2, saved)
    with pytest.raises(ValueError, match="no step was taken"):
        fresh.losses()  # the logits of its own step are not those of step 2
    for real in reals[2:]:
        gan.step(real)
        fresh.step(real)
    for name, vector in gan.vectors().items():
        np.testing.assert_array_equal(vector, fresh.vectors()[name], err_msg=name)


@pytest.mark.parametrize("wrong", [{"generator.theta": np.zeros(3)}, {"stranger": np.zeros(3)}])
def test_restore_refuses_vectors_of_another_gan_and_changes_nothing(wrong):
    gan = game()
    before = everything(gan)
    with pytest.raises(ValueError, match=f"vector '{next(iter(wrong))}' has 3 numbers"):
        gan.restore(1, {name: vector + 1 for name, vector in before.items()} | wrong)
    assert gan.steps == 0
    for name, vector in gan.vectors().items():
        np.testing.assert_array_equal(vector, before[name])


@pytest.mark.parametrize(
    "move", [lambda gan: gan.step(batches(1)[0]), lambda gan: gan.restore(0, everything(gan))]
)
def test_steps_and_restoring_make_older_traces_of_every_network_stale(move):
    gan = game()
    traces = []
    for net in (gan.generator, gan.discriminator, gan.average):
        traces.append(net.trace(2))
        net.forward(np.ones((2, net.widths[0])), traces[-1])
    move(gan)
    for trace in traces:
        with pytest.raises(StaleTraceError):
            trace.network.backward(np.ones_like(trace.y), trace)


def test_one_optimiser_given_to_both_players_serves_each_on_its_own():
    one, two = Adam(1e-2), (Adam(1e-2), Adam(1e-2))
    shared, apart = game(optimizers=(one, one)), game(optimizers=two)
    for real in batches(3):
        shared.step(real)
        apart.step(real)
    for name, vector in shared.vectors().items():
        np.testing.assert_array_equal(vector, apart.vectors()[name], err_msg=name)
    assert one.net is None


def test_the_seed_decides_the_run():
    ends = []
    for seed in (1, 1, 2):
        gan = game(seed=seed)
        gan.step(batches(1)[0])
        ends.append(gan.generator.theta)
    assert (ends[0] == ends[1]).all() and (ends[0] != ends[2]).any()


def test_the_step_number_decides_the_draws():
    gan = game()
    drawn = [next(gan.substeps(batches(1)[0]))[1].copy() for _ in range(2)]  # abandoned after the first draw
    gan.step(batches(1)[0])
    drawn.append(next(gan.substeps(batches(1)[0]))[1].copy())
    assert (drawn[0] == drawn[1]).all() and (drawn[0] != drawn[2]).all()


def test_g_gets_fresh_noise_in_alternating_updates():
    drawn = [array.copy() for name, array in game(d_steps=2).substeps(batches(1)[0]) if "latent" in name]
    assert len(drawn) == 3 and all((a != b).all() for a, b in zip(drawn, drawn[1:], strict=False))


def test_the_batch_size_may_change_between_steps():
    gan = game()
    for rows in (8, 4, 8):
        gan.step(batches(1, rows)[0])
    assert gan.steps == 3


def test_the_callers_samples_are_never_written():
    real = batches(1)[0].astype(np.float32)
    before = real.copy()
    gan = game(instance_noise=1.0)
    gan.step(real)
    np.testing.assert_array_equal(real, before)


# ----------------------------------------------------------------------------------- your own objective


class Hinge:
    """D wants logits above 1 for real samples and below -1 for fakes; G wants them high (Lim and Ye 2017)."""

    name = "hinge"

    def real_loss(self, s):
        return np.maximum(0, 1 - s)

    def real_slope(self, s):
        return -(s < 1).astype(s.dtype)

    def fake_loss(self, s):
        return np.maximum(0, 1 + s)

    def fake_slope(self, s):
        return (s > -1).astype(s.dtype)

    def generator_loss(self, s):
        return -s

    def generator_slope(self, s):
        return -np.ones_like(s)


class LeastSquares:
    """D's logit is to be 1 for real samples and 0 for fakes, G's 1 (Mao et al. 2017)."""

    name = "least squares"

    def real_loss(self, s):
        return (s - 1) ** 2 / 2

    def real_slope(self, s):
        return s - 1

    def fake_loss(self, s):
        return s**2 / 2

    def fake_slope(self, s):
        return s

    def generator_loss(self, s):
        return (s - 1) ** 2 / 2

    def generator_slope(self, s):
        return s - 1


@pytest.mark.parametrize("objective", [Hinge(), LeastSquares(), "minimax", "non-saturating"])
@pytest.mark.parametrize("updates", MODES)
def test_any_objective_plugs_in_and_both_gradients_are_those_of_its_losses(objective, updates):
    gan = game(DOUBLE, objective=objective, updates=updates, optimizers=(SGD(0.0), SGD(0.0)), average=None)
    G, D, real, h = gan.generator, gan.discriminator, batches(1)[0], 1e-6

    def losses():  # theta stands still and step 0's draws come again, so this is a function of the thetas
        gan.steps = 0
        gan.step(real)
        return gan.losses()

    rng = np.random.default_rng(0)
    for net, loss in ((D, "d_loss"), (G, "g_loss")):
        losses()
        theta, slope = net.theta.copy(), net.grad.copy()
        u = rng.standard_normal(net.size) / math.sqrt(net.size)
        ends = []
        for sign in (1, -1):
            net.assign(theta + sign * h * u)
            ends.append(losses()[loss])
        net.assign(theta)
        assert (slope @ u) == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6)


# ------------------------------------------------------------------------------------------- refusals


def nets(g=(3, 2), d=(2, 1), g_name="G", d_name="D", **d_options):
    return Sequential([Dense(*g)], name=g_name), Sequential([Dense(*d)], name=d_name, **d_options)


class Coupling(Layer):
    couples_rows = True


def same_twice():
    G, _ = nets()
    return G, G


@pytest.mark.parametrize(
    ("pair", "options", "message"),
    [
        (lambda: nets(g_name="D"), {}, r"both networks are called 'D' with seed 0.*name='G'"),
        (same_twice, {}, r"two networks"),
        (lambda: nets(backend=DOUBLE), {}, r"one backend and dtype.*float32.*float64"),
        (lambda: nets(g=(4, 2)), {}, r"the latent has 3 dimensions, but G takes 4"),
        (lambda: nets(d=(3, 1)), {}, r"G makes 2 columns and packing is 1, so D must take 2, but it takes 3"),
        (nets, {"packing": 2}, r"packing is 2, so D must take 4, but it takes 2"),
        (nets, {"packing": 0}, r"packing is 0"),
        (lambda: nets(d=(2, 2)), {}, r"one logit a row, but it gives 2 columns"),
        (nets, {"updates": "both"}, r"updates is 'both'; choose 'alternating' or 'simultaneous'"),
        (nets, {"d_steps": 0}, r"d_steps is 0"),
        (nets, {"updates": "simultaneous", "d_steps": 2}, r"d_steps is 2; .* 1 with simultaneous updates"),
        (nets, {"objective": "hinge"}, r"objective is 'hinge'; choose one of 'non-saturating'"),
        (nets, {"average": 1.0}, r"average is 1.0; it must be a decay in \[0, 1\), or None"),
        (nets, {"average": -0.5}, r"average is -0.5"),
        (nets, {"seed": -1}, r"seed is -1"),
        (
            lambda: players(extra_d=[BatchNorm(6)]),
            {"updates": "simultaneous"},
            r"BatchNorm in D couples the rows",
        ),
        (lambda: players(extra_d=[Coupling()]), {"updates": "simultaneous"}, r"couples the rows"),
    ],
)
def test_pieces_that_do_not_fit_are_refused_with_what_was_given_and_wanted(pair, options, message):
    G, D = pair()
    with pytest.raises(ValueError, match=message):
        GAN(G, D, Latent(3), **options)


@pytest.mark.parametrize("settings", [(0,), (2, "gaussian"), (2, "uniform", 1.0, 1.0)])
def test_a_latent_without_meaning_is_refused(settings):
    with pytest.raises(ValueError, match="dim must be 1 or more, kind 'normal' or 'uniform', and low below high"):
        Latent(*settings)


@pytest.mark.parametrize("shape", [(8,), (8, 3), (0, 2), (7, 2), (6, 2), (2, 4, 2)])
def test_real_samples_of_another_shape_are_refused(shape):
    gan = game(packing=2, d_steps=2)  # so rows must be a multiple of 4
    with pytest.raises(ValueError, match=r"wanted \(2 × B, 2\), with B a multiple of packing = 2"):
        gan.step(np.zeros(shape))
    assert gan.steps == 0


def test_equal_layers_start_differently_in_g_and_d():
    G, D = (Sequential([Dense(4, 4), Dense(4, 4)], name=name) for name in "GD")
    for a, b in ((G.layers[0].W, D.layers[0].W), (G.layers[0].W, G.layers[1].W)):
        assert (a != b).all()


# ------------------------------------------------------------------------------------------ one default game


def stated(gan):
    """What the game was told, as a checkpoint describes it."""
    about = checkpoint.about(gan)
    return {
        k: about[k] for k in ("objective", "updates", "d_steps", "optimizers", "average", "packing", "penalty")
    }


def test_a_gan_and_a_recipe_start_from_the_same_game():
    recipe = Recipe().build(2)
    G, D = (Sequential([type(i)(**i.__getstate__()) for i in net.layers], name=net.name)
            for net in (recipe.generator, recipe.discriminator))  # fmt: skip
    gan = GAN(G, D, Latent(2))
    assert stated(gan) == stated(recipe)
    assert stated(gan)["optimizers"] == [{"is": "Adam", "learning_rate": 1e-3, "beta1": 0.5, "beta2": 0.99,
                                          "epsilon": 1e-8}] * 2  # fmt: skip
    assert (gan.updates, gan.decay) == ("simultaneous", 0.999)
    for real in batches(5):
        gan.step(real)
        recipe.step(real)
    for ours, theirs in zip(gan.vectors().values(), recipe.vectors().values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_one_optimiser_for_both_players_is_one_for_each():
    rule = SGD(0.1)
    gan = game(optimizers=rule)
    assert [o.net for o in gan.optimizers] == [gan.generator, gan.discriminator] and rule.net is None
    two = game(optimizers=(SGD(0.1), SGD(0.1)))
    for real in batches(3):
        gan.step(real)
        two.step(real)
    np.testing.assert_array_equal(gan.generator.theta, two.generator.theta)


@pytest.mark.parametrize("noise", [-0.1, math.nan, lambda step: -1e-9])
def test_negative_instance_noise_is_refused_at_the_start(noise):
    with pytest.raises(ValueError, match="at step 0; a standard deviation is 0 or more"):
        game(instance_noise=noise)


def test_noise_that_turns_negative_is_refused_at_that_step():
    gan = game(instance_noise=Linear(0.2, 10, final=-0.2))
    with pytest.raises(ValueError, match=r"instance_noise is -0\.0\d+ at step 6"):
        for real in batches(10):
            gan.step(real)
    assert gan.steps == 6


@pytest.mark.parametrize("norm", [False, True], ids=["plain", "BatchNorm"])
@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
def test_a_step_that_was_left_is_gone_on_from_where_nothing_changed_and_else_refused_by_name(
    updates, norm, tmp_path
):
    def play():
        G = Sequential([Dense(2, 8), *([BatchNorm(8)] if norm else []), Tanh(), Dense(8, 2)], name="G")
        D = Sequential([Dense(2, 8), LeakyReLU(), Dense(8, 1)], name="D")
        d_steps = 2 if updates == "alternating" else 1
        return GAN(G, D, Latent(2), updates=updates, d_steps=d_steps, optimizers=(Adam(1e-2), Adam(1e-2)))

    batches = np.random.default_rng(0).normal(size=(3, 16, 2))
    names = [name for name, _ in play().substeps(batches[0])]
    refused = []
    for k, name in enumerate(names):
        left, whole = play(), play()
        for gan in (left, whole):
            gan.step(batches[0])
        kept = {key: vector.copy() for key, vector in left.vectors().items()}
        for j, _ in enumerate(left.substeps(batches[1])):
            if j == k:
                break
        whole.step(batches[1])
        try:
            left.step(batches[1])
        except HalfStepError as error:
            refused.append(k)
            assert f"left after {name!r}" in str(error) and "between steps 1 and 2" in str(error)
            with pytest.raises(HalfStepError):
                checkpoint.save(left, tmp_path / "half.npz")
            assert not list(tmp_path.iterdir())
            with pytest.raises(HalfStepError):
                copy.deepcopy(left).step(batches[1])
            left.restore(1, kept)
            left.step(batches[1])
        for key, vector in whole.vectors().items():
            np.testing.assert_array_equal(left.vectors()[key], vector)
    first = names.index("judge") + (not norm)
    assert refused == list(range(first, len(names)))  # the first sub-steps keep nothing


def test_a_game_says_what_it_is():
    said = repr(
        GAN(Sequential([Dense(3, 2)], name="G"), Sequential([Dense(2, 1)], name="D"), Latent(3))
    ).splitlines()
    assert said[0] == "GAN after 0 steps: non-saturating, simultaneous updates"
    assert said[1].startswith("G: 3 -> 2, 8 parameters, Adam(learning_rate=0.001")
    assert said[2].startswith("D: 2 -> 1, 3 parameters, Adam(learning_rate=0.001")
