"""Behind lesson 08, "Can we sample without a density?": its claims and its figure."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l08_implicit_models import (
    FLOOR,
    UNIFORM,
    Implicit,
    built,
    ks,
    line,
    phi,
    valley,
    valley_density,
)
from minigan.theory import oracle

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


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; `quick` draws fewer samples."""
    made = Claims()
    map_claims(made, 4_000 if quick else 10_000)
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
