"""Small examples whose numbers others have published, reproduced with minigan's networks, objectives and steps.

UDL is S. J. D. Prince, Understanding Deep Learning (2023), notebook 15.1; 15.2 is in test_divergences.py. CS231n
is Stanford's course, assignment 3, on generative adversarial networks. The Dirac-GAN is that of Mescheder, Geiger
and Nowozin, Which Training Methods for GANs do actually Converge? (2018), with the settings of their notebook.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

import minigan as mg
from minigan.core.backend import Backend
from minigan.core.scores import OBJECTIVES

FLOAT64 = Backend("numpy", "float64")


# ------------------------------------------------------------------------------------------- UDL 15.1


def udl():
    """D(x) = sigmoid(-2 + x) on 10 real samples N(7.5, 1) and 10 fakes z + 3, as the notebook draws them."""
    G = mg.Sequential([mg.Dense(1, 1)], FLOAT64, name="G")
    D = mg.Sequential([mg.Dense(1, 1)], FLOAT64, name="D")
    G.assign([1.0, 3.0])
    D.assign([1.0, -2.0])
    real = np.random.RandomState(0).normal(size=(10, 1)) + 7.5
    z = np.random.RandomState(1).normal(size=(10, 1))
    return G, D, real, z


def test_udl_15_1_the_discriminators_loss_is_13_81():
    G, D, real, z = udl()
    loss, _, _ = mg.discriminator_loss(D(real), D(G(z)))
    assert 10 * loss == pytest.approx(13.814757170851447, rel=1e-14)  # the notebook sums where minigan takes means


def test_udl_15_1_the_generators_term_is_13_78_and_with_the_label_trick_4_76():
    G, D, _, z = udl()
    minimax, _ = mg.generator_loss(D(G(z)), "minimax")
    trick, _ = mg.generator_loss(D(G(z)), "non-saturating")
    assert -10 * minimax == pytest.approx(13.78437035945412, rel=1e-14)  # printed as what D pays for the fakes
    assert 10 * trick == pytest.approx(4.755779, abs=5e-7)


def test_udl_15_1_both_players_gradients_are_those_of_the_printed_losses():
    G, D, real, z = udl()

    def d_loss(theta):
        D.assign(theta)
        return float(mg.discriminator_loss(D(real), D(G(z)))[0])

    start, h = D.theta.copy(), 1e-6
    numeric = [(d_loss(start + h * e) - d_loss(start - h * e)) / (2 * h) for e in np.eye(2)]
    D.assign(start)
    trace = D.trace(20)
    logits = D.forward(np.concatenate([real, G(z)]), trace)
    _, *slopes = mg.discriminator_loss(logits[:10], logits[10:])
    D.backward(np.concatenate(slopes), trace)
    np.testing.assert_allclose(D.grad, numeric, rtol=1e-8)


# ------------------------------------------------------- a generator that is one number: points in the plane


@dataclass(eq=False)
class Point(mg.Dense):
    """y = b whatever z is: the generator of one number."""

    def forward(self, x, y, memo, training, rng):
        y[...] = self.b

    def gradient(self, x, y, dy, memo):
        self.dW[...] = 0
        self.db[...] = dy.sum(axis=0)


class Bilinear:
    """The game on V = s at a fake's logit s: D goes up, G goes down. With s = y x it is CS231n's f(x, y) = xy."""

    name = "bilinear"

    def real_loss(self, s):
        return 0 * s

    real_slope = real_loss

    def fake_loss(self, s):
        return -s

    def fake_slope(self, s):
        return 0 * s - 1

    def generator_loss(self, s):
        return s

    def generator_slope(self, s):
        return 0 * s + 1


def orbit(start, step, steps, objective, updates):
    """[(x, y) after each step]: G is the point x, D's logit is y times its input, and the data lie at 0."""
    G = mg.Sequential([Point(1, 1)], FLOAT64, name="G")
    D = mg.Sequential([mg.Dense(1, 1, bias=False)], FLOAT64, name="D")
    G.assign([0.0, start[0]])
    D.assign([start[1]])
    rules = mg.SGD(step), mg.SGD(step)
    gan = mg.GAN(G, D, mg.Latent(1), objective=objective, updates=updates, optimizers=rules, average=None)
    points = []
    for _ in range(steps):
        gan.step(np.zeros((1, 1)))
        points.append((G.layers[0].b[0], D.theta[0]))
    return np.array(points)


def radius(points):
    return math.hypot(*points[-1])


# ------------------------------------------------------------- CS231n: min over x, max over y, of f(x, y) = xy


def test_cs231n_alternating_steps_of_1_go_round_in_six():
    points = orbit((1.0, 1.0), 1.0, 12, Bilinear(), "alternating")
    six = [(-1, 2), (-2, 1), (-1, -1), (1, -2), (2, -1), (1, 1)]  # y moves first, as D does
    np.testing.assert_array_equal(points, six + six)


def test_simultaneous_steps_of_1_go_round_in_eight_and_outwards():
    points = orbit((1.0, 1.0), 1.0, 8, Bilinear(), "simultaneous")
    np.testing.assert_array_equal(points[-1], (16, 16))  # |1 + i|^8 = 16


@pytest.mark.parametrize("h", [0.01, 0.1, 0.5])
def test_simultaneous_steps_spiral_outwards_by_sqrt_1_plus_h_squared(h):
    points = orbit((1.0, 1.0), h, 50, Bilinear(), "simultaneous")
    radii = np.hypot(*points.T)
    np.testing.assert_allclose(radii, math.sqrt(2) * (1 + h * h) ** (np.arange(1, 51) / 2), rtol=1e-12)


# ------------------------------------------------------------------------------------------ the Dirac-GAN

H, STEPS = 0.2, 500


def recursion(start, objective, order="simultaneous", r1=0.0):
    """The same orbit without networks: theta is the fake, psi D's weight; r1 is the penalty's gamma."""
    theta, psi = start
    game = OBJECTIVES[objective]
    for _ in range(STEPS):
        before = theta
        if order == "G first":
            theta -= H * psi * float(game.generator_slope(np.float64(psi * theta)))
        at = theta if order == "G first" else before
        new_psi = psi - H * (at * float(game.fake_slope(np.float64(psi * at))) + r1 * psi)
        if order == "simultaneous":
            theta -= H * psi * float(game.generator_slope(np.float64(psi * theta)))
        psi = new_psi
        if order == "D first":
            theta -= H * psi * float(game.generator_slope(np.float64(psi * theta)))
    return math.hypot(theta, psi)


# His notebook's numbers are 3.0969, 1.4210, .6402 and 2.643e-6; the others follow from the same recursion.
# Mescheder's field is theta' = -psi f'(psi theta), psi' = +theta f'(psi theta), f'(t) = sigmoid(-t): his D is high
# on the fake side. In minigan's convention (D(x) = sigmoid(psi x), V of Goodfellow's eq. 1) his (1, 1) is (1, -1).
OURS, MESCHEDERS = (1.0, 1.0), (1.0, -1.0)


@pytest.mark.parametrize(
    ("start", "objective", "updates", "wanted"),
    [
        (OURS, "minimax", "simultaneous", 3.353),
        (OURS, "minimax", "alternating", 1.339),
        (OURS, "non-saturating", "simultaneous", 0.640),
        (MESCHEDERS, "minimax", "simultaneous", 3.0969),
        (MESCHEDERS, "minimax", "alternating", 1.413),
        (MESCHEDERS, "non-saturating", "simultaneous", 0.6402),
    ],
)
def test_the_dirac_gan_after_500_steps_of_minigan(start, objective, updates, wanted):
    found = radius(orbit(start, H, STEPS, objective, updates))
    assert found == pytest.approx(wanted, abs=0.5 * 10 ** -len(str(wanted).partition(".")[2]))
    order = "simultaneous" if updates == "simultaneous" else "D first"
    assert found == pytest.approx(recursion(start, objective, order), rel=1e-9)


@pytest.mark.parametrize(
    ("start", "order", "r1", "wanted"),
    [
        (OURS, "G first", 0.0, 1.495),
        (MESCHEDERS, "G first", 0.0, 1.4210),
        (OURS, "simultaneous", 0.3, 4.8e-6),
        (MESCHEDERS, "simultaneous", 0.3, 2.643e-6),
        (MESCHEDERS, "simultaneous", 1.0, 9.5e-22),
    ],
)
def test_the_dirac_gan_with_what_minigans_step_does_not_do(start, order, r1, wanted):
    assert recursion(start, "minimax", order, r1) == pytest.approx(wanted, rel=2e-2 if wanted < 1e-3 else 4e-4)


def test_near_the_equilibrium_both_objectives_leave_it_by_the_modulus_1_004988():
    modulus = abs(1 + H * 0.5j)  # of the eigenvalues of a step's Jacobian at 0
    assert modulus == pytest.approx(1.004988, abs=5e-7)
    for objective in ("minimax", "non-saturating"):
        far = radius(orbit((1e-4 / math.sqrt(2), 1e-4 / math.sqrt(2)), H, STEPS, objective, "simultaneous"))
        assert far / 1e-4 == pytest.approx(modulus**STEPS, rel=1e-3)  # 12.03
