"""The exact theory on a line, against closed forms, brute force, and itself."""

import math
from statistics import NormalDist

import numpy as np
import pytest

import minigan as mg
from minigan.runs.presets import RECIPES
from minigan.runs.run import start
from minigan.theory import oracle
from minigan.theory.divergences import integrate

NORMAL, UNIFORM = mg.Latent(1), mg.Latent(1, "uniform", -1, 1)
PHI = NormalDist().cdf
DATA = mg.Gaussian(4, 0.5)


def network(*layers, weights=None, name="G", dtype="float64", seed=0):
    net = mg.Sequential(list(layers), mg.Backend("numpy", dtype), name=name, seed=seed)
    if weights is not None:
        net.assign(np.concatenate([np.ravel(w) for w in weights]))
    return net


def line(slope, shift, name="G"):
    return network(mg.Dense(1, 1), weights=([slope], [shift]), name=name)


def game(seed=0, activation=mg.LeakyReLU, **options):
    """An untrained GAN on a line, with turns in places of its own."""
    G = network(mg.Dense(1, 16), activation(), mg.Dense(16, 16), activation(), mg.Dense(16, 1), seed=seed)
    D = network(
        mg.Dense(1, 32), activation(), mg.Dense(32, 32), activation(), mg.Dense(32, 1), name="D", seed=seed
    )
    rng = np.random.default_rng(seed)
    for net in (G, D):
        net.assign(net.theta + 0.3 * rng.standard_normal(net.size))
    return mg.GAN(G, D, mg.Latent(1), seed=seed, **{"updates": "alternating"} | options)


def total(p):
    return integrate(p.density, p.knots())


# ---- the density of G(z) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("slope", [0.5, -3.0])
@pytest.mark.parametrize("kind", ["network", "function"])
def test_a_line_makes_a_gaussian(slope, kind):
    G = line(slope, 4) if kind == "network" else lambda z: slope * z + 4
    p, exact = oracle.pushforward(G, NORMAL), mg.Gaussian(4, abs(slope))
    x = 4 + abs(slope) * np.linspace(-6, 6, 99)[:, None]
    np.testing.assert_allclose(p.log_density(x), exact.log_density(x), atol=1e-10)
    np.testing.assert_allclose(p.cdf(x), exact.cdf(x), atol=1e-14)
    np.testing.assert_allclose([p.mean[0], p.covariance[0, 0]], [4, slope**2], rtol=1e-9)
    assert mg.js(p, exact) < 1e-12 and mg.wasserstein1(p, exact) < 1e-9


def test_the_tails_go_as_far_as_the_logarithm():
    x = np.array([[-300.0], [300.0]])
    p = oracle.pushforward(line(1, 0), NORMAL)
    np.testing.assert_allclose(p.log_density(x), -45000 - 0.9189385, atol=1e-6)
    curve = oracle.pushforward(lambda z: 1 * z, NORMAL)  # of a function, as far as there is any density
    assert curve.log_density(np.array([[30.0]]))[0] == pytest.approx(-450 - 0.9189385, abs=1e-6)


def test_a_fold_adds_its_two_sides():
    valley = network(mg.Dense(1, 2), mg.ReLU(), mg.Dense(2, 1), weights=([1, -1], [0, 0], [1, 1], [0]))
    x = np.linspace(0.01, 4, 50)[:, None]
    for G in (np.abs, valley):  # |z|, as a function and as two ReLUs
        p = oracle.pushforward(G, NORMAL)
        np.testing.assert_allclose(p.density(x), 2 * mg.Gaussian().density(x), rtol=1e-12)
        assert total(p) == pytest.approx(1, abs=1e-12) and len(p.branches) == 2
        assert not len(p.atoms) and np.isneginf(p.log_density(-x)).all()


def test_a_smooth_fold_loses_nothing_where_its_density_has_no_bound():
    p = oracle.pushforward(np.square, NORMAL)  # chi squared, 1/sqrt(x) at 0
    x = np.array([1e-6, 1e-4, 0.01, 0.1, 1, 3, 9])[:, None]
    np.testing.assert_allclose(p.cdf(x), [2 * PHI(math.sqrt(a)) - 1 for a in x[:, 0]], atol=1e-9)
    np.testing.assert_allclose(p.density(x)[:, None], np.exp(-x / 2) / np.sqrt(2 * math.pi * x), rtol=1e-7)
    assert total(p) == pytest.approx(1, abs=1e-6)  # by quadrature in x, which cannot come nearer to a pole
    np.testing.assert_allclose([p.mean[0], p.covariance[0, 0]], [1, 2], rtol=1e-9)


class Squashed(mg.Distribution):
    """tanh(a z + b) in closed form: p(x) = φ((artanh x - b)/a) / (a (1 - x²))."""

    dim, mean, covariance = 1, np.zeros(1), np.eye(1)

    def __init__(self, a, b):
        self.a, self.b = a, b

    def sample(self, n, rng):
        return np.tanh(self.a * rng.standard_normal((n, 1)) + self.b)

    def log_density(self, x):
        inside = np.clip(x[:, 0], -1 + 1e-16, 1 - 1e-16)
        z = mg.Gaussian(self.b, self.a).log_density(np.arctanh(inside)[:, None])
        return np.where(np.abs(x[:, 0]) < 1, z - np.log1p(-(inside**2)), -np.inf)

    def knots(self):
        return np.unique(np.tanh(np.linspace(-30, 30, 601)))


def test_tanh_agrees_with_its_closed_form():
    exact = Squashed(0.8, 0.3)
    G = network(mg.Dense(1, 1), mg.Tanh(), weights=([0.8], [0.3]))
    p, data = oracle.pushforward(G, NORMAL), mg.Gaussian(0.5, 0.4)
    x = np.linspace(-0.9, 0.95, 60)[:, None]
    np.testing.assert_allclose(p.density(x), exact.density(x), rtol=0.05)
    assert mg.js(data, p) == pytest.approx(mg.js(data, exact), abs=2e-5)
    assert mg.js(p, exact) < 2e-5


def test_the_density_is_the_jacobians_where_g_is_smooth():
    """p_z / |G'|, with G' from the network's own tangent, at points of a rising branch."""
    weights = np.linspace(0.2, 1, 8), *np.ones((2, 8)), [0]
    G = network(mg.Dense(1, 8), mg.Softplus(), mg.Dense(8, 1), weights=weights)
    z = np.linspace(-2.5, 2.5, 40)[:, None]
    trace = G.trace(len(z))
    x = G.forward(z, trace).copy()
    slope = G.tangent(np.ones_like(z), trace)[:, 0]
    p = oracle.pushforward(G, NORMAL)
    np.testing.assert_allclose(p.density(x), mg.Gaussian().density(z) / np.abs(slope), rtol=0.05)


def test_a_uniform_latent():
    p = oracle.pushforward(line(-2, 1), UNIFORM)
    x = np.array([[-1.01], [-0.99], [0.5], [2.99], [3.01]])
    np.testing.assert_allclose(p.density(x), [0, 0.25, 0.25, 0.25, 0])
    np.testing.assert_allclose(p.cdf(x), [0, 0.0025, 0.375, 0.9975, 1])
    np.testing.assert_allclose([p.mean[0], p.covariance[0, 0]], [1, 4 / 3])
    q, height = mg.Gaussian(1, 1), 0.25  # JS by hand: inside the box both, outside the Gaussian alone

    def inside(x):
        b = q.density(x)
        return (height * np.log(2 * height / (height + b)) + b * np.log(2 * b / (height + b))) / 2

    outside = 1 - (PHI(2) - PHI(-2))
    assert mg.js(p, q) == pytest.approx(integrate(inside, [-1, 0, 1, 2, 3]) + outside * math.log(2) / 2, abs=1e-10)


def test_what_g_flattens_is_an_atom():
    """ReLU(z) is 0 half of the time: JS counts that half as out of the data's reach."""
    p = oracle.pushforward(network(mg.Dense(1, 1), mg.ReLU(), weights=([1], [0])), NORMAL)
    np.testing.assert_allclose(p.atoms, [[0, 0.5]], atol=1e-12)
    assert total(p) == pytest.approx(0.5, abs=1e-9)  # the density has the rest
    np.testing.assert_allclose(p.cdf(np.array([[-1e-6], [0], [1e-6]])), [0, 0.5, 0.5], atol=1e-6)
    data = mg.Gaussian()
    assert mg.optimal_discriminator(data, p, np.array([[0.0]]))[0] == 0
    assert mg.kl(p, data) == math.inf and mg.kl(data, p) == math.inf and mg.entropy(p) == -math.inf
    assert mg.js(p, p) == mg.kl(p, p) == 0
    # Of the data ½ meets nothing, ½ meets an equal density; of the fakes ½ meets nothing.
    wanted = (math.log(2) * 0.5 + 0 + 0.5 * math.log(2) + 0) / 2
    assert mg.js(data, p) == pytest.approx(wanted, abs=1e-9)
    everything = oracle.pushforward(lambda z: 0 * z + 3, UNIFORM)
    np.testing.assert_allclose(everything.atoms, [[3, 1]])
    assert mg.js(DATA, everything) == pytest.approx(math.log(2), abs=1e-9)


STACKS = {
    "LeakyReLU": lambda: [mg.Dense(1, 16), mg.LeakyReLU(), mg.Dense(16, 16), mg.LeakyReLU(), mg.Dense(16, 1)],
    "ReLU": lambda: [mg.Dense(1, 16), mg.ReLU(), mg.Dense(16, 16), mg.ReLU(), mg.Dense(16, 1)],
    "Maxout": lambda: [mg.Dense(1, 15), mg.Maxout(3), mg.Dense(5, 6), mg.Maxout(2), mg.Dense(3, 1)],
    "BatchNorm": lambda: [mg.Dense(1, 8), mg.BatchNorm(8), mg.ReLU(), mg.Dropout(), mg.Dense(8, 1)],
    "Tanh": lambda: [mg.Dense(1, 8), mg.Tanh(), mg.Dense(8, 8), mg.Tanh(), mg.Dense(8, 1)],
    "mixed": lambda: [mg.Dense(1, 8), mg.Softplus(), mg.Dense(8, 8), mg.ReLU(), mg.Dense(8, 1)],
}


@pytest.mark.parametrize("latent", [NORMAL, UNIFORM], ids=["normal", "uniform"])
@pytest.mark.parametrize("stack", STACKS)
def test_any_network_keeps_its_probability_and_puts_it_where_g_does(stack, latent, scramble):
    for seed in range(3):
        G = scramble(network(*STACKS[stack]()), seed)
        p = oracle.pushforward(G, latent)
        assert total(p) + p.atoms[:, 1].sum() == pytest.approx(1, abs=1e-6)
        assert p.cdf(p.knots()[-1:, None])[0] == pytest.approx(1, abs=1e-12)
        z = (np.arange(100_000) + 0.5) / 100_000  # brute force: a mesh of equal probabilities
        z = np.array([NormalDist().inv_cdf(u) for u in z]) if latent is NORMAL else 2 * z - 1
        x = np.sort(G(z[:, None])[:, 0])
        places = np.quantile(x, np.linspace(0.02, 0.98, 25)) + 1e-6 * np.ptp(x)
        seen = np.searchsorted(x, places, side="right") / len(x)
        np.testing.assert_allclose(p.cdf(places[:, None]), seen, atol=2e-3)
        low, high = places[3], places[-3]
        inside = integrate(p.density, [low, *p.knots()[(p.knots() > low) & (p.knots() < high)], high])
        inside += p.atoms[(low < p.atoms[:, 0]) & (p.atoms[:, 0] <= high), 1].sum()
        assert inside == pytest.approx(float(np.diff(p.cdf(np.array([[low], [high]])))[0]), abs=1e-6)
        assert p.mean[0] == pytest.approx(x.mean(), abs=5e-3 * x.std())


@pytest.mark.parametrize("stack", ["LeakyReLU", "ReLU", "Maxout", "BatchNorm"])
def test_straight_pieces_are_found_to_rounding(stack, scramble):
    G = scramble(network(*STACKS[stack]()), 5)
    z = oracle.with_turns(G, np.array([-9.0, 9.0]))
    fine = np.random.default_rng(0).uniform(-9, 9, 5000)
    x = G(fine[:, None])[:, 0]
    np.testing.assert_allclose(np.interp(fine, z, G(z[:, None])[:, 0]), x, atol=1e-11 * np.ptp(x))
    assert len(z) > 5


def test_the_scaler_puts_the_density_into_the_datas_units():
    scaler, G = mg.scaler(DATA), line(0.7, 0.4)
    p = oracle.pushforward(G, NORMAL, scaler)
    exact = mg.Gaussian(4 + 0.5 * 0.4, 0.5 * 0.7)
    x = np.linspace(3, 5, 9)[:, None]
    np.testing.assert_allclose(p.density(x), exact.density(x), rtol=1e-7)
    drawn = p.sample(4000, np.random.default_rng(0))
    assert drawn.shape == (4000, 1) and drawn.dtype == np.float64
    assert abs(drawn.mean() - 4.2) < 4.5 * 0.35 / math.sqrt(4000)


# ---- where the game stands ---------------------------------------------------------------------------------

SHIFTS = {0.0: -1.386294, 0.5: -1.325672, 1.0: -1.163451, 2.0: -0.712633, 4.0: -0.120854, 8.0: -0.000187}


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_value_at_the_perfect_d(shift):
    """log p - log q = shift²/2 - shift x for N(0,1) against N(shift,1): one dense layer is D*."""
    gan = mg.GAN(line(1, shift), line(-shift, shift**2 / 2, "D"), NORMAL)
    stand = oracle.standing(gan, mg.Gaussian())
    assert stand.gap < 1e-12
    assert stand.value == pytest.approx(SHIFTS[shift], abs=6e-7)
    assert stand.best_value == pytest.approx(-math.log(4) + 2 * stand.js, abs=1e-15)


def test_no_opinion_has_the_value_of_the_end_and_is_no_end():
    stand = oracle.measure(lambda x: np.zeros(len(x)), DATA, mg.Gaussian(4, 0.1))
    assert stand.value == pytest.approx(-math.log(4), abs=1e-9)
    assert stand.gap == pytest.approx(2 * stand.js, abs=1e-9) and stand.js > 0.2


def test_a_d_may_be_sure():
    """Beyond a uniform p_G the perfect D is infinitely sure, and right; a D that is surely wrong has no value."""
    box = oracle.pushforward(line(1, 0), UNIFORM)
    for p, q in ((mg.Gaussian(), box), (box, mg.Gaussian())):
        stand = oracle.measure(lambda x, p=p, q=q: p.log_density(x) - q.log_density(x), p, q)
        assert stand.gap < 1e-12 and stand.js > 0.05
    assert oracle.measure(lambda x: np.full(len(x), np.inf), DATA, DATA).value == -math.inf


def test_a_d_that_is_off_by_a_constant_loses_what_the_formula_says():
    """p_G = p, logit b everywhere: V = -log(1 + e^-b) - log(1 + e^b), so the gap is 2 log cosh(b/2)."""
    stand = oracle.measure(lambda x: np.full(len(x), 1.5), DATA, DATA)
    assert stand.js == 0 and stand.gap == pytest.approx(2 * math.log(math.cosh(0.75)), abs=1e-9)


@pytest.mark.parametrize("activation", [mg.LeakyReLU, mg.ReLU, mg.Tanh])
def test_value_and_gap_of_random_games(activation):
    scaler, n = mg.scaler(DATA), 40_000
    for seed in range(4):
        gan = game(seed, activation)
        stand = oracle.standing(gan, DATA, scaler, averaged=False)
        assert stand.gap > 0 and 0 < stand.js < math.log(2)
        rng = np.random.default_rng(seed)
        real = gan.discriminator(scaler.to_network(DATA.sample(n, rng)))
        fake = gan.discriminator(gan.generator(rng.standard_normal((n, 1))))
        terms = -np.logaddexp(0, -real), -np.logaddexp(0, fake)
        error = math.sqrt(sum(t.var() for t in terms) / n)
        assert abs(stand.value - float(mg.value_function(real, fake))) < 4.5 * error


def test_units_do_not_move_the_standing():
    """What G and D see is the same game, told in the data's units or in the network's."""
    gan = game(1)
    told = oracle.standing(gan, DATA, mg.scaler(DATA))
    same = oracle.standing(gan, mg.Gaussian())
    assert told.js == pytest.approx(same.js, abs=1e-9) and told.gap == pytest.approx(same.gap, abs=1e-8)


def test_float32_will_do_and_the_gan_is_not_touched():
    gan = game(2)
    wanted = oracle.standing(gan, DATA)
    single = game(2)
    single.generator, single.discriminator, single.average = (
        net.to("numpy", "float32") for net in (gan.generator, gan.discriminator, gan.average)
    )
    before = {k: v.copy() for k, v in single.vectors().items()}, single.discriminator.version
    got = oracle.standing(single, DATA)
    assert got.js == pytest.approx(wanted.js, abs=1e-6) and got.gap == pytest.approx(wanted.gap, abs=1e-5)
    assert all(np.array_equal(v, before[0][k]) for k, v in single.vectors().items())
    assert single.discriminator.version == before[1]
    rough = oracle.measure(single.discriminator, DATA, oracle.pushforward(single.average, NORMAL))
    assert rough.gap == pytest.approx(wanted.gap, abs=1e-5)


def test_the_averaged_generator_unless_told_otherwise():
    gan, data = game(3), mg.Gaussian()
    gan.generator.assign(gan.generator.theta * 1.5)
    ours, live = oracle.standing(gan, data), oracle.standing(gan, data, averaged=False)
    assert ours.js == pytest.approx(mg.js(data, oracle.pushforward(gan.average, NORMAL)), abs=1e-12)
    assert live.js == pytest.approx(mg.js(data, oracle.pushforward(gan.generator, NORMAL)), abs=1e-12)
    assert abs(live.js - ours.js) > 1e-3
    alone = mg.GAN(gan.generator, gan.discriminator, NORMAL, average=None)
    assert oracle.standing(alone, data) == live


def test_a_run_brings_its_scaler():
    run, data = start(RECIPES["gaussian"][1])
    assert oracle.standing(run, data) == oracle.standing(run.gan, data, run.scaler)
    assert oracle.standing(run, data) != oracle.standing(run.gan, data)


# ---- refusals ----------------------------------------------------------------------------------------------


def wide(latent=1, out=1, packing=1):
    G, D = network(mg.Dense(latent, out)), network(mg.Dense(out * packing, 1), name="D")
    return mg.GAN(G, D, mg.Latent(latent), packing=packing)


@pytest.mark.parametrize(
    ("act", "error", "says"),
    [
        (lambda: oracle.standing(wide(packing=2), DATA), ValueError, "packing is 2"),
        (lambda: oracle.standing(wide(latent=3), DATA), ValueError, "latent has 3 dimensions"),
        (lambda: oracle.standing(wide(out=2), DATA), ValueError, "G maps 1 columns to 2"),
        (lambda: oracle.standing(wide(), mg.ring()), ValueError, "data is Mixture(dim=2)"),
        (lambda: oracle.standing(wide(), mg.Discrete([0.5, 0.5])), ValueError, "a density in one dimension"),
        (lambda: oracle.standing(wide(), np.zeros((9, 1))), TypeError, "data is a ndarray"),
        (lambda: oracle.measure(lambda x: x, DATA, 3), TypeError, "generated is a int"),
        (lambda: oracle.pushforward(np.log, UNIFORM), ValueError, "at z = -1"),
        (lambda: oracle.pushforward(line(1, 0), NORMAL).cdf(np.zeros(3)), ValueError, "wants (n, 1)"),
    ],
)
def test_what_it_cannot_do_is_refused_by_name(act, error, says):
    with np.errstate(all="ignore"), pytest.raises(error) as told:
        act()
    assert says in str(told.value)
