"""The law of G(z) for any G: right to 1e-4 or refused by name, against closed forms and sums over a fine mesh."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigan as mg
from minigan.theory import oracle
from minigan.theory.divergences import integrate, log_ratio
from minigan.theory.oracle import OracleError

NORMAL, UNIFORM = mg.Latent(1), mg.Latent(1, "uniform", -1, 1)
DATA, LOG_2, PHI = mg.Gaussian(0.5, 0.8), math.log(2), NormalDist().cdf
Z, DZ = np.linspace(-37, 37, 1_000_001, retstep=True)


def phi(z):
    return np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def divergences_of(G, inverse, slope):
    """JS(data, p), KL(p, data), H(p) of a rising G: sums over z for p's half, over x for the data's."""
    data = mg.Gaussian(0.5, 0.8)
    with np.errstate(all="ignore"):
        log_p = -(Z**2) / 2 - math.log(2 * math.pi) / 2 - np.log(slope(Z))
        ratio = log_p - data.log_density(G(Z)[:, None])
        x = np.linspace(-9, 10, 1_000_003)
        z = inverse(x)
        other = data.log_density(x[:, None]) - np.log(phi(z) / slope(z))
    mass, real = phi(Z) * DZ, data.density(x[:, None]) * (x[1] - x[0])
    other = np.where(np.isnan(other), np.inf, other)  # where no z arrives
    js = (mass @ (LOG_2 - np.logaddexp(0, -ratio)) + real @ (LOG_2 - np.logaddexp(0, -other))) / 2
    return js, mass @ ratio, -(mass @ log_p)


HEAVY = {
    "sinh": lambda k: (lambda z: np.sinh(k * z), lambda x: np.arcsinh(x) / k, lambda z: k * np.cosh(k * z)),
    "exp": lambda k: (lambda z: np.exp(k * z), lambda x: np.log(x) / k, lambda z: k * np.exp(k * z)),
}


@pytest.mark.parametrize("k", [0.5, 1, 2, 3, 4])
@pytest.mark.parametrize("name", HEAVY)
def test_steep_pieces_are_no_atoms(name, k):
    G, inverse, slope = HEAVY[name](k)
    p = oracle.pushforward(G, NORMAL)
    js, kl, entropy = divergences_of(G, inverse, slope)
    assert not len(p.atoms)
    assert mg.js(DATA, p) == pytest.approx(js, abs=1e-5)
    assert mg.kl(p, DATA) == pytest.approx(kl, rel=1e-6)
    assert mg.entropy(p) == pytest.approx(entropy, abs=1e-6)


def test_the_divergences_of_sinh_and_exp_of_3z():
    """By adaptive quadrature elsewhere; with the cells of a steep G taken for atoms they are .60 and .59."""
    for G, js in ((lambda z: np.sinh(3 * z), 0.30395009), (lambda z: np.exp(3 * z), 0.2922550)):
        assert mg.js(DATA, oracle.pushforward(G, NORMAL)) == pytest.approx(js, abs=1e-6)


@pytest.mark.parametrize("k", [0.5, 1, 2, 3, 5])
def test_moments_and_w1_of_heavy_tails(k):
    """E exp(kz) = exp(k²/2), E sinh(kz)² = (exp(2k²) - 1) / 2, E |sinh kz| = exp(k²/2) erf(k/√2)."""
    p, twice = (oracle.pushforward(lambda z, c=c: c * np.sinh(k * z), NORMAL) for c in (1, 2))
    assert p.covariance[0, 0] == pytest.approx(math.expm1(2 * k * k) / 2, rel=1e-9)
    assert abs(p.mean[0]) < 1e-9 * p.width
    wanted = math.exp(k * k / 2) * math.erf(k / math.sqrt(2))
    assert p.width == pytest.approx(wanted, rel=1e-9)
    assert mg.wasserstein1(p, twice) == pytest.approx(wanted, rel=1e-6)
    p, moved = (oracle.pushforward(lambda z, c=c: np.exp(k * z) + c, NORMAL) for c in (0, 1))
    assert p.mean[0] == pytest.approx(math.exp(k * k / 2), rel=1e-9)
    assert p.covariance[0, 0] == pytest.approx(math.expm1(k * k) * math.exp(k * k), rel=1e-9)
    assert mg.wasserstein1(p, moved) == pytest.approx(1, abs=1e-4)
    assert mg.entropy(p) == pytest.approx(
        0.5 + math.log(k) + math.log(2 * math.pi) / 2, abs=1e-7
    )  # ln k: lognormal


RISING = {
    "sinh": lambda x: np.sinh(2 * x),
    "exp": np.exp,
    "cube": lambda x: x**3,
    "cube root": np.cbrt,
    "arctan": np.arctan,
    "tanh": np.tanh,
    "logistic": lambda x: 1 / (1 + np.exp(-5 * x)),
    "kinks": lambda x: np.maximum(x, 0) + 0.1 * x + np.minimum(x + 0.3, 0),
    "a jump": lambda x: x + 2 * np.sign(x - 0.2),
    "a stair and a slope": lambda x: np.floor(x) + x,
    "falling": lambda x: -x - np.exp(x / 2),
}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(RISING)), *[st.floats(-1, 1), st.floats(0.3, 1.5)] * 2)
def test_what_is_done_to_both_moves_no_divergence(name, m, s, n, t):
    """KL and JS of h(x), h(y) are those of x, y for every h that can be undone; or an OracleError says why not."""
    h, p, q = RISING[name], mg.Gaussian(m, s), mg.Gaussian(n, t)
    laws = [oracle.pushforward(lambda z, a=a, b=b: h(a + b * z), NORMAL) for a, b in ((m, s), (n, t))]
    for ask in (mg.js, mg.kl):
        try:
            found = ask(*laws)
        except OracleError as error:
            assert ask is mg.kl and ("rounding" in str(error) or "settle" in str(error))
        else:
            assert found == pytest.approx(ask(p, q), rel=1e-4, abs=1e-4), (ask, name)


def test_folds_and_many_branches():
    chi = oracle.pushforward(np.square, NORMAL)
    wanted = 0.5 + math.log(2 * math.sqrt(math.pi)) + 0.5 * (-1.9635100260214235)  # digamma(1/2)
    assert mg.entropy(chi) == pytest.approx(wanted, abs=1e-5)
    cube = oracle.pushforward(lambda z: z**3, NORMAL)  # H + E log 3z², E log z² = digamma(1/2) + log 2
    assert mg.entropy(cube) == pytest.approx(1.4189385 + math.log(3) - 1.9635100 + LOG_2, abs=2e-5)
    assert cube.covariance[0, 0] == pytest.approx(15, rel=1e-9)
    arcsine = oracle.pushforward(lambda z: np.sin(math.pi * z), UNIFORM)  # H = log π/2
    assert mg.entropy(arcsine) == pytest.approx(math.log(math.pi / 2), abs=1e-5)
    assert mg.wasserstein1(
        arcsine, oracle.pushforward(lambda z: 3 + np.sin(math.pi * z), UNIFORM)
    ) == pytest.approx(3)


# ---- atoms, jumps


def clipped(low, high):
    return oracle.pushforward(lambda z: np.clip(z, low, high), NORMAL)


def test_an_atom_is_infinitely_far_for_kl_and_no_wider_than_a_point():
    p = oracle.pushforward(lambda z: np.maximum(z - 0.5, 0), NORMAL)
    np.testing.assert_allclose(p.atoms, [[0, PHI(0.5)]], atol=1e-12)
    assert mg.kl(p, DATA) == mg.kl(DATA, p) == math.inf and mg.entropy(p) == -math.inf
    edges = np.linspace(0, 10, 40)

    def both(x):
        """p (log p/m) + q (log q/m) where both have a density."""
        a, b = phi(x[:, 0] + 0.5), DATA.density(x)
        return a * np.log(2 * a / (a + b)) + b * np.log(2 * b / (a + b))

    alone = PHI(0.5) + DATA.cdf(np.zeros((1, 1)))[0]
    assert mg.js(DATA, p) == pytest.approx((alone * LOG_2 + integrate(both, edges)) / 2, abs=1e-8)
    mean = phi(0.5) - 0.5 * PHI(-0.5)
    assert p.mean[0] == pytest.approx(mean, abs=1e-9)
    x = np.array([[0.0], [0.5]])
    assert mg.optimal_discriminator(DATA, p, x)[0] == 0 < mg.optimal_discriminator(DATA, p, x)[1] < 1
    fooled = oracle.measure(lambda x: np.full(len(x), -np.inf), DATA, p)
    assert fooled.value == -math.inf  # it calls the data fake
    perfect = oracle.measure(lambda x: np.where(p.mass_at(x) > 0, -np.inf, log_ratio(DATA, p, x)), DATA, p)
    assert perfect.gap == pytest.approx(0, abs=1e-12) and perfect.js == pytest.approx(mg.js(DATA, p), abs=1e-9)


def test_two_laws_with_atoms_compare_their_masses():
    p, q = clipped(-1, 1), clipped(-1, 0.5)
    a, b, between = PHI(-1), PHI(-0.5), PHI(1) - PHI(0.5)
    assert mg.kl(p, p) == mg.js(p, p) == 0
    assert mg.kl(p, q) == mg.kl(q, p) == math.inf
    # Alike up to .5; then q has one atom, and p a density and an atom: nothing is shared.
    assert mg.js(p, q) == pytest.approx(LOG_2 * (b + between + a) / 2, abs=1e-9)
    assert mg.wasserstein1(p, q) == pytest.approx(integrate(lambda x: PHIS(-x[:, 0]), [0.5, 1]), abs=1e-9)
    shifted = oracle.pushforward(lambda z: np.clip(z + 0.3, -1, 1), NORMAL)
    ends = [(PHI(-1), PHI(-1.3)), (PHI(-1), PHI(-0.7))]
    inner = integrate(lambda x: phi(x[:, 0]) * (0.3**2 - 0.6 * x[:, 0]) / 2, [-1, 1])
    assert mg.kl(p, shifted) == pytest.approx(sum(u * math.log(u / v) for u, v in ends) + inner, abs=1e-8)


PHIS = np.vectorize(PHI)


def test_steps_are_atoms_alone():
    p = oracle.pushforward(np.floor, NORMAL)
    assert p.atoms[:, 1].sum() == pytest.approx(1, abs=1e-12) and mg.js(DATA, p) == pytest.approx(LOG_2, abs=1e-9)
    for at, mass in p.atoms:
        assert mass == pytest.approx(PHI(at + 1) - PHI(at), abs=1e-12)
    flip = oracle.pushforward(lambda z: (z > 0.3).astype(int), UNIFORM)
    np.testing.assert_allclose(flip.atoms, [[0, 0.65], [1, 0.35]], atol=1e-12)
    assert flip.covariance[0, 0] == pytest.approx(0.65 * 0.35) and flip.mean[0] == pytest.approx(0.35)


def test_no_z_arrives_in_a_jump():
    p = oracle.pushforward(lambda z: z + np.sign(z), NORMAL)
    assert np.isneginf(p.log_density(np.array([[-0.99], [0], [0.5]]))).all() and not len(p.atoms)
    assert mg.kl(DATA, p) == math.inf and mg.entropy(p) == pytest.approx(mg.entropy(mg.Gaussian()), abs=1e-5)
    assert p.covariance[0, 0] == pytest.approx(2 + 2 * math.sqrt(2 / math.pi), rel=1e-9)


def test_a_narrow_spike_is_seen():
    """A spike of G, 1e-3 wide, sends that much of the probability up to 5: by brute force."""
    G = lambda z: z + 5 * np.exp(-(((z - 0.3) / 1e-3) ** 2))  # noqa: E731
    p = oracle.pushforward(G, NORMAL)
    x = np.array([-1.0, 0.29, 0.31, 1, 3, 5])
    z = np.linspace(-9, 9, 4_000_001)
    seen = [phi(z[G(z) <= a]).sum() * (z[1] - z[0]) for a in x]
    np.testing.assert_allclose(p.cdf(x[:, None]), seen, atol=2e-5)
    assert len(p.branches) == 3


# ---- refusals


@pytest.mark.parametrize(
    ("G", "latent", "ask", "says"),
    [
        (lambda z: np.tan(math.pi / 2 * z), UNIFORM, lambda p: p.mean, "the mean of G(z) is infinite"),
        (lambda z: np.tan(math.pi / 2 * z), UNIFORM, lambda p: mg.wasserstein1(DATA, p), "is infinite"),
        (lambda z: 1 / z, NORMAL, lambda p: p.covariance, "is infinite, or not to be told"),
        (lambda z: 1 / z, NORMAL, lambda p: mg.kl(p, DATA), "does not settle"),
        (lambda z: np.abs(z) ** -0.5, NORMAL, lambda p: p.covariance, "the variance of G(z)"),
        (lambda z: np.exp(z * z / 2), NORMAL, lambda p: p.mean, "it still grows"),
        (lambda z: np.exp(20 * z), NORMAL, lambda p: p.mean, "it still grows"),
        (lambda z: np.tanh(30 * z), NORMAL, mg.entropy, "where G(z) moves by less than rounding shows"),
        (lambda z: np.tanh(30 * z), NORMAL, lambda p: mg.kl(p, DATA), "by less than rounding"),
        (lambda z: np.tanh(1e5 * z), NORMAL, mg.entropy, "by less than rounding"),
        (lambda z: 5 + 1e-13 * z, NORMAL, mg.entropy, "by less than rounding"),
        (lambda z: np.sin(50 * z), NORMAL, mg.entropy, "G turns"),
        (lambda z: z + np.random.default_rng(0).normal(size=z.shape), NORMAL, mg.entropy, "G turns"),
    ],
)
def test_what_cannot_be_told_is_refused_by_name(G, latent, ask, says):
    with pytest.raises(OracleError) as told:
        ask(oracle.pushforward(G, latent))
    assert says in str(told.value)


def test_what_rounding_hides_moves_neither_js_nor_w1():
    """tanh(30z) is near ±1 for all but little of z."""
    p, z = oracle.pushforward(lambda z: np.tanh(30 * z), NORMAL), Z
    mass = phi(z) * DZ
    wanted = integrate(lambda x: np.abs(PHIS(np.arctanh(x[:, 0]) / 30) - DATA.cdf(x)), np.linspace(-1, 1, 9))
    outside = integrate(lambda x: DATA.cdf(-x), [1, 2, 9]) + integrate(lambda x: 1 - DATA.cdf(x), [1, 2, 9])
    assert mg.wasserstein1(DATA, p) == pytest.approx(wanted + outside, abs=1e-6)
    with np.errstate(divide="ignore"):
        ratio = np.log(phi(z) / 30) + 2 * np.logaddexp(30 * z, -30 * z) - 2 * LOG_2
        ratio -= DATA.log_density(np.tanh(30 * z)[:, None])
    x = np.linspace(-1, 1, 400_003)[1:-1]
    ours = phi(np.arctanh(x) / 30) / (30 * (1 - x**2))
    q = DATA.density(x[:, None])
    real = (q * np.log(2 * q / (q + ours))).sum() * (x[1] - x[0])
    real += LOG_2 * (1 - np.diff(DATA.cdf(np.array([[-1.0], [1.0]])))[0])
    assert mg.js(DATA, p) == pytest.approx((mass @ (LOG_2 - np.logaddexp(0, -ratio)) + real) / 2, abs=1e-4)


def test_float32_is_good_for_four_digits():
    p = oracle.pushforward(lambda z: np.sinh(z.astype(np.float32)), NORMAL)
    q = oracle.pushforward(np.sinh, NORMAL)
    assert mg.js(DATA, p) == pytest.approx(mg.js(DATA, q), abs=1e-4)
    assert mg.entropy(p) == pytest.approx(mg.entropy(q), abs=1e-4)


def test_beside_a_pole_the_density_is_that_of_the_tails_as_far_as_doubles_go():
    p, x = oracle.pushforward(lambda z: 1 / z, NORMAL), np.array([[1e-1], [3e-2], [1e-3], [-1e-8]])
    true = -1 / (2 * x[:, 0] ** 2) - np.log(2 * np.pi) / 2 - 2 * np.log(np.abs(x[:, 0]))
    np.testing.assert_allclose(p.log_density(x), true, rtol=1e-6)
    assert mg.kl(DATA, p) == np.inf  # ∫ 1/x² about 0
