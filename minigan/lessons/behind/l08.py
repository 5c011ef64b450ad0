"""Behind lesson 08, "Can we sample without a density?": its claims, four leaves of its tree, and its figure."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l02_nine_pixels import de_moivre_tv, expected_tv, partition_function, score, states, world
from minigan.lessons.l08_implicit_models import (
    FLOOR,
    UNIFORM,
    Implicit,
    NoDensity,
    Press,
    VisibleNet,
    built,
    ks,
    line,
    phi,
    valley,
    valley_density,
)
from minigan.theory import oracle
from minigan.theory.divergences import integrate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SD3 = math.sqrt(3)


def bent(pieces: int = 16) -> Implicit:
    """A ReLU network on uniform z that joins quantiles of N(4, .5^2) by straight pieces, from .5 % to 99.5 %."""
    u = np.linspace(0.005, 0.995, pieces + 1)
    x = np.array([NormalDist(4, 0.5).inv_cdf(v) for v in u])
    z = np.linspace(-SD3, SD3, pieces + 1)
    slopes = np.diff(x) / np.diff(z)
    weights = [np.ones(pieces), -z[:-1], np.diff(slopes, prepend=0), x[0]]  # each ReLU adds its change of slope
    return Implicit(built("bent", [mg.Dense(1, pieces), mg.ReLU(), mg.Dense(pieces, 1)], *weights), UNIFORM)


def valley_cdf(x: np.ndarray) -> np.ndarray:
    """P(G(z) <= x) in closed form: G(z) = 2 log(2 cosh(z/2)), so |z| <= 2 arccosh(e^(x/2) / 2)."""
    return 2 * phi(2 * np.arccosh(np.maximum(np.exp(x / 2) / 2, 1))) - 1


def pointwise_peak(cells: int) -> float:
    """The greatest p(z) / |G'(z)|, G' = tanh(z/2), among the cells' middles: at the one nearest the floor."""
    z = 8 / cells  # half a cell from 0
    return NormalDist().pdf(z) / math.tanh(z / 2)


def kolmogorov(scaled: float) -> float:
    """P(sqrt(n) D > scaled) for a right map, as n grows."""
    return 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 50))


def share_failing(bar: float, runs: int, n: int = 1000, seed: int = 8) -> float:
    """How often n draws from the right distribution miss the bar: for any continuous one as for the uniform."""
    u = np.sort(np.random.default_rng(seed).random((runs, n)), axis=1)
    gap = np.maximum(np.arange(1, n + 1) / n - u, u - np.arange(n) / n).max(axis=1)
    return float((math.sqrt(n) * gap > bar).mean())


def cell_masses(z: np.ndarray) -> np.ndarray:
    """Mass (n-1, n-1) under N(0, I) of the cells of a mesh z (n, n, 2) along the axes."""
    return np.diff(phi(z[:, 0, 0]))[:, None] * np.diff(phi(z[0, :, 1]))


def area(x: np.ndarray) -> np.ndarray:
    """Signed area of each cell of a mesh x (n, n, 2), half the cross product of its diagonals."""
    d, e = x[1:, 1:] - x[:-1, :-1], x[:-1, 1:] - x[1:, :-1]
    return (d[..., 0] * e[..., 1] - d[..., 1] * e[..., 0]) / 2


def affine_density(cells: int = 40) -> float:
    """The greatest relative miss of mass / area against the exact density of G(z) = z A + b, b = (1, 2)."""
    A, b = np.array([[1, 2], [-0.1, 0.5]]), np.array([1, 2])
    G = built("affine", [mg.Dense(2, 2)], A, b)
    mesh = np.stack(np.meshgrid(*2 * [np.linspace(-3, 3, cells + 1)], indexing="ij"), axis=-1)
    x = G(mesh.reshape(-1, 2)).reshape(mesh.shape)
    middle = (x[1:, 1:] + x[:-1, :-1]).reshape(-1, 2) / 2
    exact = mg.Gaussian(b, covariance=A.T @ A).density(middle).reshape(cells, cells)
    return float(np.abs(cell_masses(mesh) / np.abs(area(x)) / exact - 1).max())


class Invertible:
    """A change of variables (nonlinear ICA): x = sinh z has an inverse, so p(x) = p_z(z) / |G'(z)|, one term."""

    def ask(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of x (n, 1), in nats: G'(z) = cosh z = sqrt(1 + x^2)."""
        return mg.Gaussian().log_density(np.arcsinh(x)) - np.log1p(x[:, 0] ** 2) / 2

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return np.sinh(rng.standard_normal((n, 1)))


class TinyVAE:
    """z is two fair bits; pixels are independent given z, P(pixel = 1 | z) = theta[z]; the encoder is a table."""

    def __init__(self, p: np.ndarray, rounds: int, seed: int = 0):
        x, self.bounds = states(), []
        self.theta = np.random.default_rng(seed).uniform(0.2, 0.8, (4, 9))
        self.q = np.full((2, 512, 2), 0.5)  # q(z|x) = q[0][x, z1] q[1][x, z2]
        for _ in range(rounds):  # raise the bound: by the best q1 for this q2, the best q2, the best decoder
            joint = self.joint(x)
            self.q[0] = softmax(np.einsum("xab,xb->xa", joint, self.q[1]))
            self.q[1] = softmax(np.einsum("xab,xa->xb", joint, self.q[0]))
            weight = (self.encode(x) * p[:, None, None]).reshape(512, 4)
            self.theta = weight.T @ x / weight.sum(axis=0)[:, None]
            self.bounds.append(float(p @ self.ask(x)))

    def joint(self, x: np.ndarray) -> np.ndarray:
        """log p(x, z) for images (n, 9) and all z: (n, 2, 2)."""
        return (x @ np.log(self.theta).T + (1 - x) @ np.log(1 - self.theta).T - math.log(4)).reshape(-1, 2, 2)

    def encode(self, x: np.ndarray) -> np.ndarray:
        """q(z|x) for images (n, 9): (n, 2, 2)."""
        return np.einsum("xa,xb->xab", *self.q[:, index(x)])

    def ask(self, x: np.ndarray) -> np.ndarray:
        """A lower bound on log p(x), in nats."""
        q = self.encode(x)
        return (q * (self.joint(x) - np.log(q))).sum(axis=(1, 2))

    def exact(self) -> np.ndarray:
        """log p(x) of all 512 images, which real ones can't have: the sum over all z."""
        return np.log(np.exp(self.joint(states())).sum(axis=(1, 2)))

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return (rng.random((n, 9)) < self.theta[rng.integers(4, size=n)]).astype(int)


def softmax(a: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis, from their logs up to a constant."""
    a = np.exp(a - a.max(axis=-1, keepdims=True))
    return a / a.sum(axis=-1, keepdims=True)


def index(x: np.ndarray) -> np.ndarray:
    """The row of each image (n, 9) in states()."""
    return x @ (1 << np.arange(9)[::-1])


class Boltzmann:
    """The world as a Boltzmann machine: a score for each image, and the chain of single pixels that it drives."""

    steps = 90  # ten sweeps of nine pixels

    def ask(self, x: np.ndarray) -> np.ndarray:
        """log p(x) + log Z, in nats."""
        return score(x)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        x, rows = np.zeros((n, 9), int), np.arange(n)  # all walkers start at the dark image
        for _ in range(self.steps):
            k, other = rng.integers(9, size=n), x.copy()
            other[rows, k] ^= 1
            move = rng.random(n) < 1 / (1 + np.exp(score(x) - score(other)))  # p(other) / (p(other) + p(x))
            x[move] = other[move]
        return x

    def matrix(self) -> np.ndarray:
        """(512, 512): the probability that a step leads from a row's image to a column's."""
        T, rows = np.zeros((512, 512)), np.arange(512)
        for k in range(9):
            other = rows ^ (1 << k)
            move = 1 / (1 + np.exp(score(states()) - score(states()[other]))) / 9
            T[rows, other] += move
            T[rows, rows] += 1 / 9 - move
        return T


class Denoiser:
    """A generative stochastic network: flip pixels, then draw what may have been there, by Bayes' rule."""

    steps = 10

    def __init__(self, p: np.ndarray, flip: float = 0.25):
        apart = (states()[:, None] != states()).sum(axis=2)
        self.flip, self.noise = flip, flip**apart * (1 - flip) ** (9 - apart)  # (512, 512), symmetric
        self.repair = self.noise * p / (self.noise @ p)[:, None]  # row: noisy image, column: what it was
        self.stairs = np.cumsum(self.repair, axis=1)

    def ask(self, x: np.ndarray) -> np.ndarray:
        raise NoDensity("it knows how to repair an image, not how probable one is; its chain has p, it has not")

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        x = np.zeros((n, 9), int)
        for _ in range(self.steps):
            noisy = x ^ (rng.random((n, 9)) < self.flip)
            x = states()[(self.stairs[index(noisy)] < rng.random((n, 1))).sum(axis=1).clip(max=511)]
        return x

    def matrix(self) -> np.ndarray:
        """(512, 512): the probability that noise and repair lead from a row's image to a column's."""
        return self.noise @ self.repair


def family(p: np.ndarray) -> dict[str, Any]:
    """The leaves of the tree, in its order."""
    return {
        "fully visible belief net": VisibleNet(p),
        "change of variables": Invertible(),
        "variational autoencoder": TinyVAE(p, 60),
        "Boltzmann machine": Boltzmann(),
        "generative stochastic network": Denoiser(p),
        "GAN": Press(p),
    }


TELLS = (  # of each leaf: its answer to "how probable?", how samples come, and which lesson knows more
    ("{:.3f}, exactly", "pixel by pixel", "02: all 512"),
    ("{:.3f} at x = 0, exactly", "at once", "08"),
    ("{:.3f} or more", "at once", "06: gap .8304 nats"),
    ("{:.3f} - log Z", "by a chain", "02: Z; 07: the chain"),
    ("", "by a chain", "08"),
    ("", "at once", "07: ESS = n; 13"),
)


def after(T: np.ndarray, steps: int) -> np.ndarray:
    """Where a chain (512, 512) that starts at the dark image is after so many steps: probabilities (512,)."""
    return np.linalg.matrix_power(T, steps)[0]


def tv(p: np.ndarray, q: np.ndarray) -> float:
    """The total variation distance of probabilities (512,): half the sum of the differences."""
    return float(np.abs(p - q).sum() / 2)


def frequencies(leaf: Any, n: int, seed: int = 8) -> np.ndarray:
    """How often (512,) each image is among n samples of the leaf; what a network painted is rounded to 0 and 1."""
    x = np.rint(leaf.sample(n, np.random.default_rng(seed))).astype(int)
    return np.bincount(index(x), minlength=512) / n


def table(n: int = 10_000) -> str:
    """Each leaf asked for log p of the image with all pixels lit, and for n samples."""
    p, rows = world(), []
    for (name, leaf), (answers, draws, see) in zip(family(p).items(), TELLS, strict=True):
        pixels = not isinstance(leaf, Invertible)
        try:
            answer = answers.format(leaf.ask(np.ones((1, 9), int) if pixels else np.zeros((1, 1)))[0])
        except NoDensity:
            answer = "no answer"
        off = f"{tv(frequencies(leaf, n), p):.3f}" if pixels else "(a line)"
        rows.append((name, answer, draws, off, see))
    rows.append(("the world itself", f"{math.log(p[-1]):.3f}", "from the list", f"{expected_tv(p, n):.3f}", "02"))
    head = ("", "log p(x), nats", "samples come", f"TV of {n:,}", "lesson")
    return "\n".join("{:30} {:26} {:15} {:>12}  {}".format(*row) for row in (head, *rows))


def refusals(p: np.ndarray) -> int:
    """How many leaves have no answer when asked for the probability of an image."""
    count = 0
    for leaf in family(p).values():
        try:
            leaf.ask(np.zeros((1, 1 if isinstance(leaf, Invertible) else 9), int))
        except NoDensity:
            count += 1
    return count


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; `quick` draws fewer samples."""
    made = Claims()
    n, p = 4_000 if quick else 10_000, world()
    map_claims(made, n)
    says = "leaves of six that can't say log p(x) at all"
    made.equal("refusals", says, refusals(p), 2, 0, "GSN, GAN: Fig. 9")
    leaf_claims(made, p, n)
    return made


def map_claims(made: Claims, n: int) -> None:
    """What G makes of its prior, in one dimension and two."""
    equal, below = made.equal, made.below
    rng, normal, data = np.random.default_rng(8), mg.Latent(1), mg.Gaussian(4, 0.5)
    x = valley().sample(n, rng)

    dkw, level = "2 exp(-2 2.23^2) < 1e-4, any n: Massart 1990", "chance 1e-4 at most"
    right = math.sqrt(n) * ks(line(normal).sample(n, rng), data.cdf)
    below("ks_true", "sqrt(n) D of 4 + .5 z, z normal, against N(4, .5^2)", right, 2.23, dkw)
    equal("ks_136", "P(sqrt(n) D > 1.36) for a right map", kolmogorov(1.36), 0.05, 6e-4, "Smirnov 1948")
    says, source = "share of 2,000 right maps with sqrt(n) D > 1.36", f"Smirnov 1948; 4 standard errors, {level}"
    equal("ks_136_seen", says, share_failing(1.36, 2000), 0.05, 0.02, source)
    below("ks_223", "P(sqrt(n) D > 2.23) for a right map", kolmogorov(2.23), 1e-4, "Massart 1990")

    swapped = ks(line(UNIFORM).sample(n, rng), data.cdf)
    z = math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) / (2 * SD3)))  # where the two densities cross
    uniform_off = NormalDist().cdf(z) - (z + SD3) / (2 * SD3)
    says, source = "D of 4 + .5 z with z uniform, against N(4, .5^2)", f"closed form; {dkw}"
    equal("prior_swap", says, swapped, uniform_off, 2.23 / math.sqrt(n), source)
    pieces, fine = oracle.pushforward(bent().G, UNIFORM), np.linspace(2, 6, 2001)[:, None]
    curved = np.abs(pieces.cdf(fine) - data.cdf(fine)).max()
    says = "D of 16 ReLU pieces on uniform z, against N(4, .5^2)"
    below("prior_bent", says, curved, 0.0223, "the bar at 10,000")
    reach = float(pieces.knots()[-1] - 4) / 0.5
    equal("bounded", "standard deviations that 16 ReLU pieces reach", reach, 2.5758293, 1e-6, "normal table")
    beyond = 200 * NormalDist().cdf(-reach)
    equal("beyond", "% of the data beyond that", beyond, 1, 1e-6, "its construction")

    edges, density = valley_density()
    bins, exact = density * np.diff(edges), np.diff(valley_cdf(edges))
    equal("integral", "integral of the valley's density, cell by cell", bins.sum(), 1, 1e-3, "axiom")
    worst, source = np.abs(bins - exact).max(), "2 Phi(2 arccosh(e^(x/2)/2)) - 1"
    equal("bins", "its worst bin, as a probability", worst, 0, 1e-4, source)
    own = oracle.pushforward(valley().G, normal).cdf(edges[:, None])
    worst, source = np.abs(np.diff(own) - exact).max(), "the same closed form"
    equal("oracle", "the same of minigan's oracle", worst, 0, 1e-4, source)
    near = valley_density(edges=FLOOR + np.array([0, 0.01]))[1][0]
    closed = 100 * valley_cdf(FLOOR + np.array([0.01]))[0]
    equal("floor", "% of samples within .01 of the floor", near, closed, 0.05, source)
    equal("floor_share", "the same, %, as printed", near, 15.9, 0.05, "2 Phi(.2) - 1: normal table")
    says, times = "average density there over that of z at 0", near / NormalDist().pdf(0)
    equal("floor_times", says, times, 40, 0.5, ".159 / .01 / .3989")
    says = "peak of p/|G'| at points: factor from a mesh to one twice as fine"
    doubled = pointwise_peak(2000) / pointwise_peak(1000)
    equal("points", says, doubled, 2, 1e-3, "G'(z) = tanh(z/2), about z/2")
    says = "sqrt(n) D of the valley's samples against its cdf"
    below("floor_ks", says, math.sqrt(n) * ks(x, valley_cdf), 2.23, dkw)
    says = "worst miss of mass / area in the plane, G affine"
    source = "N(b, A'A); cells .15 wide, |z| < 3: twice (.15^2/24)(3^2 - 1)"
    below("plane", says, affine_density(), 0.015, source)


def leaf_claims(made: Claims, p: np.ndarray, n: int) -> None:
    """What the leaves of the tree answer, and how far their samples are from their own laws."""
    equal, below = made.equal, made.below
    chain, ica, vae, boltzmann, gsn, gan = family(p).values()
    worst = np.abs(chain.ask(states()) - np.log(p)).max()
    equal("visible", "chain rule against the list, worst log p, nats", worst, 0, 1e-12, "chain rule")
    lit, by_list = chain.ask(np.ones((1, 9), int))[0], 9.3 - math.log(partition_function())
    source = "12 (.7) + 9 (.1) - log Z"
    equal("lit", "log p of the lit image, chain rule, nats", lit, by_list, 1e-9, source)
    whole = integrate(lambda x: np.exp(ica.ask(x)), np.sinh(np.linspace(-9, 9, 99)))
    equal("inverse", "integral of the density of sinh z", whole, 1, 1e-9, "axiom")

    gap, q = vae.exact() - vae.ask(states()), vae.encode(states())
    posterior = np.exp(vae.joint(states()) - vae.exact()[:, None, None])
    below("vae_bound", "greatest bound - log p(x), 512 images, nats", -gap.min(), 1e-12, "Jensen")
    left = p @ gap - p @ (q * np.log(q / posterior)).sum(axis=(1, 2))
    equal("vae_gap", "mean gap less mean KL(q, posterior), nats", left, 0, 1e-12, "lesson 06's identity")
    fall = -np.diff(vae.bounds).min()
    below("vae_rise", "greatest fall of the bound in a round, nats", fall, 1e-12, "each step is a best one")

    lit_to_dark = boltzmann.ask(np.ones((1, 9)))[0] - boltzmann.ask(np.zeros((1, 9)))[0]
    says, by_list = "lit against dark, log of the ratio, nats", math.log(p[-1] / p[0])
    equal("score", says, lit_to_dark, by_list, 1e-12, "lesson 02's list")
    says, binomial = "mean TV of 10,000 draws from the list", de_moivre_tv(p, 10_000)
    equal("list_tv", says, expected_tv(p, 10_000), binomial, 1e-3, "De Moivre 1730")

    laws, root = {"visible": p, "vae": np.exp(vae.exact()), "gan": p}, np.sqrt(p)
    for name, leaf, sweep, step, rate, rest in (
        ("boltzmann", boltzmann, 9, "sweep", 0.79, 0.083),
        ("gsn", gsn, 1, "repair", 0.50, 0.0008),
    ):
        T = leaf.matrix()
        says = f"{name}: what a step changes in the world, TV"
        equal(f"{name}_rest", says, tv(p @ T, p), 0, 1e-12, "detailed balance")
        values, vectors = np.linalg.eigh(root[:, None] * T / root)  # symmetric, by detailed balance
        spectral = (vectors[0] / root[0] * values ** (10 * sweep)) @ vectors.T * root
        far = [tv(after(T, k * sweep), p) for k in (10, 20, 21)]
        says, source = f"{name}: share of TV that a {step} leaves, late", f"second eigenvalue: {rate}"
        equal(f"{name}_rate", says, far[2] / far[1], values[-2] ** sweep, 1e-4, source)
        source = f"all eigenvalues: {rest}"
        equal(f"{name}_left", f"{name}: TV left after ten", far[0], tv(spectral, p), 1e-9, source)
        laws[name] = after(T, leaf.steps)
    for name, leaf in (("visible", chain), ("vae", vae), ("boltzmann", boltzmann), ("gsn", gsn), ("gan", gan)):
        law = laws[name]
        bar = float(np.sqrt(law * (1 - law) / n).sum()) / 2 + math.sqrt(math.log(1e4) / (2 * n))
        says, source = f"{name}: TV of {n:,} samples from its law", "mean by Jensen + McDiarmid 1989, chance 1e-4"
        below(f"{name}_tv", says, tv(frequencies(leaf, n), law), bar, source)


def figure(quick: bool = False) -> Figure:
    """Equal cells of z, where the valley takes each, and the density that comes of it; and a mesh in the plane."""
    from matplotlib import rc_context
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED, SKY, STYLE

    with rc_context(STYLE):
        picture = Figure((8, 4.9), layout="constrained")
        picture.suptitle(
            "G carries each cell of z with its probability: squeezed cells are dense, folded ones add up"
        )
        halves: Any = picture.subfigures(1, 2, width_ratios=[1.55, 1])
        before, way, after = halves[0].subplots(1, 3, width_ratios=[1, 1.2, 1])
        mesh = np.linspace(-3.2, 3.2, 17)  # cells .4 wide, 0 an end
        ends = valley().G(mesh[:, None])[:, 0]
        fine = np.linspace(-3.2, 3.2, 401)
        before.fill_betweenx(fine, mg.Gaussian().density(fine[:, None]), color=BLUE, alpha=0.6, linewidth=0)
        before.hlines(mesh, 0, 1.6, color=GREY, linewidth=0.5)
        before.set(xlim=(1.6, 0), ylim=(-3.2, 3.2), xlabel="density of z", ylabel="z")
        before.set_title("equal cells of z")
        edges, density = valley_density()
        after.stairs(density, edges, orientation="horizontal", fill=True, color=RED, alpha=0.7)
        after.hlines(ends[mesh >= 0], 0, 1.6, color=GREY, linewidth=0.5)
        reach = ends[-1] - FLOOR  # the floor, where G is lowest, beside z = 0
        after.set(xlim=(0, 1.6), ylim=(FLOOR - reach, FLOOR + reach), xlabel="density of x")
        after.set_title("unequal cells of x")
        after.text(0.8, FLOOR - 0.3, "unbounded at\nthe floor, 2 log 2", ha="center", va="center", fontsize=8)
        after.yaxis.set_label_position("right")
        after.yaxis.tick_right()
        after.set_ylabel("x = G(z)")
        after.set_yticks([FLOOR, 2, 2.5, 3], ["1.39", "2", "2.5", "3"])
        after.spines.left.set_visible(False)
        after.spines.right.set_visible(True)
        to = ends - FLOOR  # where the ends of cells arrive, on a scale from -reach to reach
        for k, alpha, hatch in ((7, 0.9, ""), (8, 0.9, ""), (2, 0.45, "////"), (13, 0.45, "////")):
            way.fill_between([0, 1], [mesh[k] / 3.2, to[k] / reach], [mesh[k + 1] / 3.2, to[k + 1] / reach],
                             facecolor=SKY, alpha=alpha, hatch=hatch, linewidth=0)  # fmt: skip
        for x, y in zip(mesh / 3.2, to / reach, strict=True):
            way.plot(
                [0, 1], [x, y], color="black" if x >= 0 else GREY, linewidth=0.9, linestyle="-" if x >= 0 else ":"
            )
        way.set(xlim=(0, 1), ylim=(-1, 1), xticks=[], yticks=[])
        way.spines[:].set_visible(False)
        way.set_title("G folds at z = 0")

        top, bottom = halves[1].subplots(2, 1)
        layers = [mg.Dense(2, 8, init=("normal", 1.0)), mg.Tanh(), mg.Dense(8, 2)]
        G = mg.Sequential(layers, mg.Backend("numpy", "float64"), seed=6, name="G")
        lines = np.stack(np.meshgrid(*2 * [np.linspace(-2, 2, 21)], indexing="ij"), axis=-1)
        z = mg.Latent(2).fill(np.empty((1000 if quick else 4000, 2)), np.random.default_rng(8))
        z = z[(np.abs(z) < 2).all(axis=1)]
        carried = G(lines.reshape(-1, 2)).reshape(lines.shape)
        for axes, name, grid, dots, colour in ((top, "z", lines, z, BLUE), (bottom, "x", carried, G(z), RED)):
            flip = slice(None, None, -1 if name == "x" else 1)  # x lies down, to fill the panel
            axes.plot(*dots[:, flip].T, ".", color=colour, markersize=1.2)
            axes.add_collection(LineCollection([*grid[..., flip], *grid.swapaxes(0, 1)[..., flip]], color="black",
                                               linewidth=0.4))  # fmt: skip
            axes.set_aspect("equal")
            one, two = (2, 1) if name == "x" else (1, 2)
            axes.set(xlabel=f"{name} {one}", ylabel=f"{name} {two}")
        top.set_title("the same in the plane: samples of z ...")
        bottom.set_title("... and where a G that folds takes them")
    return picture
