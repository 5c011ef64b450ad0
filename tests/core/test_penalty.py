"""Penalties on D's slope: the second derivative, its closed forms, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import minigan as mg
from minigan.core.layers import Elementwise, Layer


def players(*d, backend="numpy", packing=1, **options):
    d = d or (mg.Dense(2 * packing, 8), mg.LeakyReLU(), mg.Dense(8, 1))
    G = mg.Sequential([mg.Dense(2, 8), mg.Tanh(), mg.Dense(8, 2)], backend, name="G")
    return mg.GAN(
        G,
        mg.Sequential(d, backend, name="D"),
        mg.Latent(2),
        packing=packing,
        **{"updates": "alternating"} | options,
    )


def real(rows=6, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, 2))


def test_of_a_linear_d_the_penalty_is_a_line_of_algebra(backend):
    # s = x W v has the slope g = (W v)ᵀ at every x, and ½|W v|² a gradient that one can write down
    net = mg.Sequential([mg.Dense(3, 4), mg.Dense(4, 1)], backend)
    x, (first, second) = backend.asarray(np.ones((5, 3))), net.layers
    trace = net.trace(5)
    net.forward(x, trace)
    g = net.backward(backend.ones(5, 1), trace, params=False, inputs=True).copy()
    mg.tangent_gradient(net, g, backend.ones(5, 1), trace)
    W, v = backend.to_numpy(first.W), backend.to_numpy(second.W)
    of_one = W @ v  # (3, 1)
    close = {"rtol": 1e-5 if backend.dtype == np.float32 else 1e-12}
    np.testing.assert_allclose(backend.to_numpy(first.dW), 5 * of_one @ v.T, **close)
    np.testing.assert_allclose(backend.to_numpy(second.dW), 5 * W.T @ of_one, **close)
    assert not backend.to_numpy(first.db).any() and not backend.to_numpy(second.db).any()


def test_the_dirac_gans_discriminator_is_pulled_to_zero_by_gamma_psi():
    gan = mg.GAN(
        mg.Sequential([mg.Dense(1, 1)], name="G"),
        mg.Sequential([mg.Dense(1, 1, bias=False)], name="D"),
        mg.Latent(1),
        updates="simultaneous",
        optimizers=(mg.SGD(0.0), mg.SGD(0.1)),
        penalty=mg.R1(0.3),
    )
    gan.generator.assign([0, 0])  # all fakes at 0, where the data are, so D learns from the penalty alone
    gan.discriminator.assign([2.0])
    gan.step(np.zeros((4, 1)))
    assert gan.discriminator.theta[0] == pytest.approx(2.0 * (1 - 0.1 * 0.3), rel=1e-6)
    assert gan.losses()["penalty"] == pytest.approx(0.3 / 2 * 4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1e-3, 1e-11, 1e-13, 1e-18, 0.0])
def test_wgan_gp_pulls_with_twice_its_weight_however_small_the_slope_is(n, dtype):
    # d/dg w (|g| - 1)² = 2 w (|g| - 1) g/|g|: of length 2 w where |g| is small, and at 0 there is no direction
    g = np.full((1, 1), n, dtype)
    with np.errstate(all="raise", under="ignore"):
        pull = mg.GradientPenalty(10.0).factor(np.sqrt(g * g)) * g
    assert abs(pull[0, 0]) == pytest.approx(20 * (1 - n) if n else 0, rel=1e-6)


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
@pytest.mark.parametrize("penalty", [mg.R1(0.5), mg.GradientPenalty(4.0)], ids=str)
def test_a_penalty_moves_d_and_leaves_gs_gradient_alone(penalty, updates):
    with_it, without = players(updates=updates, penalty=penalty), players(updates=updates)
    seen = {}
    for name, gan in (("with", with_it), ("without", without)):
        for step, made in gan.substeps(real()):
            if step == ("discriminator gradient" if updates == "alternating" else "both gradients"):
                seen[name] = gan.discriminator.grad.copy(), gan.generator.grad.copy()
            if step == "penalty":
                assert made.shape == (6, 1) and (made > 0).all()
    assert not np.allclose(seen["with"][0], seen["without"][0])
    if updates == "simultaneous":
        np.testing.assert_array_equal(seen["with"][1], seen["without"][1])


def test_r1_looks_at_real_samples_and_wgan_gp_between_them_and_the_fakes():
    for penalty in (mg.R1(1.0), mg.GradientPenalty()):
        gan, x = players(penalty=penalty), real()
        for step, _ in gan.substeps(x):
            if step == "penalty":
                points, fake = gan._work.steepness.points.copy(), gan._work.seen[6:].copy()
        if not penalty.between:
            np.testing.assert_array_equal(points, x.astype("f"))
        else:
            share = (points - x) / (fake - x)
            np.testing.assert_allclose(share[:, 0], share[:, 1], rtol=1e-3)
            assert (share > 0).all() and (share < 1).all() and np.ptp(share[:, 0]) > 0.1


def test_a_penalty_of_zero_changes_nothing():
    plain, zero = players(), players(penalty=mg.R1(0.0))
    for gan in (plain, zero):
        for k in range(3):
            gan.step(real(seed=k))
    np.testing.assert_array_equal(plain.discriminator.theta, zero.discriminator.theta)


def test_a_flat_critic_has_a_penalty_and_no_nan():
    gan = players(penalty=mg.GradientPenalty(2.0), objective="wasserstein")
    gan.discriminator.assign(np.zeros(gan.discriminator.size))
    gan.step(real())
    assert gan.losses()["penalty"] == pytest.approx(2.0) and np.isfinite(gan.discriminator.theta).all()


def test_every_number_keeps_its_type(backend):
    gan = players(backend=backend, penalty=mg.GradientPenalty(), packing=2)
    for name, made in gan.substeps(real(8)):
        assert made.dtype == backend.dtype, name
    assert gan._work.steepness.n.dtype == backend.dtype


def test_a_penalised_run_goes_on_from_a_file_as_if_it_had_never_stopped(tmp_path):
    for penalty in (mg.R1(0.5), mg.GradientPenalty(4.0)):
        gan = players(penalty=penalty, instance_noise=0.1)
        gan.step(real(seed=0))
        mg.save(gan, tmp_path / "gan.npz")
        again = mg.load(tmp_path / "gan.npz")
        assert again.penalty == penalty
        for one in (gan, again):
            one.step(real(seed=1))
        np.testing.assert_array_equal(gan.discriminator.theta, again.discriminator.theta)


def test_d_with_batch_norm_or_a_layer_without_second_derivative_is_refused_by_name():
    with pytest.raises(ValueError, match="BatchNorm in D couples the rows"):
        players(mg.Dense(2, 4), mg.BatchNorm(4), mg.Dense(4, 1), penalty=mg.R1(1.0))

    class Square(Layer):
        def forward(self, x, y, memo, training, rng):
            y[...] = x * x

        def backward(self, x, y, dy, dx, memo):
            dx[...] = 2 * x * dy

    gan = players(mg.Dense(2, 4), Square(), mg.Dense(4, 1), penalty=mg.R1(1.0))
    with pytest.raises(TypeError, match="Square has no second derivative: register by_input"):
        gan.step(real())

    class Cube(Elementwise):
        def value(self, xp, x, y):
            y[...] = x**3

        def slope(self, xp, y, dy, dx):
            dx[...] = 3 * xp.cbrt(y) ** 2 * dy

    gan = players(mg.Dense(2, 4), Cube(), mg.Dense(4, 1), penalty=mg.R1(1.0))
    with pytest.raises(TypeError, match="Cube has no second derivative: register its curvature"):
        gan.step(real())


def test_tangent_gradient_refuses_a_stale_trace_and_changes_neither_of_its_arguments():
    net = mg.Sequential([mg.Dense(2, 3), mg.Tanh(), mg.Dense(3, 1)])
    trace, x = net.trace(4), real(4).astype("f")
    net.forward(x, trace)
    dx, dy = np.full((4, 2), 0.5, "f"), np.full((4, 1), 2, "f")
    mg.tangent_gradient(net, dx, dy, trace)
    assert (dx == 0.5).all() and (dy == 2).all()
    net.moved()
    with pytest.raises(mg.StaleTraceError):
        mg.tangent_gradient(net, dx, dy, trace)


def test_without_inputs_nothing_is_returned_and_with_them_a_straight_network_says_zero():
    net = mg.Sequential([mg.Dense(2, 3), mg.ReLU(), mg.Dense(3, 1)])
    trace = net.trace(4)
    net.forward(real(4), trace)
    assert mg.tangent_gradient(net, np.ones((4, 2)), np.ones((4, 1)), trace) is None
    by_x = mg.tangent_gradient(net, np.ones((4, 2)), np.ones((4, 1)), trace, inputs=True)
    assert by_x.shape == (4, 2) and not by_x.any()


def test_recipes_say_which_penalty_and_take_one():
    recipe = mg.RECIPES["ring"][1].updated({"r1": "0.1"})
    assert recipe.build(2).penalty == mg.R1(0.1)
    recipe = mg.RECIPES["ring"][1].updated({"gradient_penalty": "10", "objective": "wasserstein"})
    assert recipe.build(2).penalty == mg.GradientPenalty(10.0) and recipe.build(2).objective.name == "wasserstein"
    with pytest.raises(mg.RecipeError, match="one penalty"):
        recipe.updated({"r1": 1})
