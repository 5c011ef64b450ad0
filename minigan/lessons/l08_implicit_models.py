# %% [markdown]
# # 08. Implicit models: can we sample without a density?
# *About 3 seconds; afterwards you can compute the density of G(z), folds included, and place a model.*
#
# The police catch the counterfeiter and hold up a banknote: how probable was it that your press would make exactly
# this one? He can't say. He owns a press, not a table of probabilities. He can turn the handle, and a note drops
# out; he can do it a thousand times; and that is all he can do.
#
# A generator is such a press. A **latent** variable $z$, hidden because no data set contains it, is drawn from a
# simple **prior** $p_z$, normal or uniform, and $x = G(z)$ drops out. Three distributions are in play: the prior,
# the data's, and a third, $p_G$, that of $G(z)$: the **push-forward** of the prior by $G$. All training has one
# aim, $p_G \to p_\text{data}$. Yet nowhere in $G$ is there a formula for $p_G$. A model that writes down $p(x)$,
# if only up to a constant, is **explicit**; one that can only be sampled is **implicit**.
#
# **Predict before you read on.** Let $z \sim N(0, 1)$, and let $G(z) = \log(1 + e^z) + \log(1 + e^{-z})$, a smooth
# valley with its floor at $z = 0$, $G(0) = 2 \log 2$. Near the floor, is the density of $x$ about 0 (few $x$ are
# that small), about .4 (the density of $z$ there), or something else? What share of samples lies within .01 of the
# floor?

# %%
from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

import minigan as mg
from minigan.lessons import Claim, show
from minigan.lessons.l02_nine_pixels import de_moivre_tv, expected_tv, partition_function, score, states, world
from minigan.theory import oracle
from minigan.theory.divergences import integrate

SD3 = math.sqrt(3)
FLOOR = 2 * math.log(2)


class NoDensity(TypeError):
    """The question has no answer: this model has no formula for p(x)."""


class Implicit:
    """A generator and its prior: all that a trained GAN leaves you."""

    def __init__(self, G: mg.Sequential, prior: mg.Latent):
        self.G, self.prior = G, prior

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """x = G(z), (n, dim): n draws by one pass through the network."""
        return self.G(self.prior.fill(np.empty((n, self.prior.dim)), rng))

    def log_density(self, x: Any) -> np.ndarray:
        raise NoDensity(
            f"{self.G.name} can't say how probable x is: it turns z into x and never asks which z would give "
            f"this x. Draw from it with sample(n, rng); in one dimension, pushforward() finds p(x) from outside"
        )


def built(name: str, layers: list[mg.Layer], *weights: Any) -> mg.Sequential:
    """A network whose weights are given (W, b, W, b, ...), not trained; float64, as this lesson measures."""
    net = mg.Sequential(layers, mg.Backend("numpy", "float64"), name=name)
    net.assign(np.concatenate([np.ravel(w) for w in weights]))
    return net


def valley() -> Implicit:
    """G(z) = softplus(z) + softplus(-z) on z ~ N(0, 1)."""
    layers = [mg.Dense(1, 2), mg.Softplus(), mg.Dense(2, 1)]
    return Implicit(built("valley", layers, [1, -1], [0, 0], [1, 1], [0]), mg.Latent(1))


# %% [markdown]
# Ask `valley().log_density(x)`, and you get no number but a reason. So a sentence that one often meets needs
# mending: a GAN is *not* asked for the probability of an image, and can't be. Nor do implicit models "sample
# indirectly". They sample as directly as one can, noise in and sample out. What is indirect is how they *learn*:
# with no $p(x)$ to raise, $G$ hears about the data through a critic alone (lesson 09).
#
# ## The density, found from outside
#
# In one dimension we can do what $G$ can't. Where $G$ is monotone, the probability between $z$ and $z + dz$ has to
# arrive between $G(z)$ and $G(z + dz)$; so $p_G(x) |dx| = p_z(z) |dz|$, and if several $z$ arrive at one $x$, they
# add:
#
# $$p_G(x) = \sum_{z:\, G(z) = x} \frac{p_z(z)}{|G'(z)|}$$
#
# At the valley's floor $G' = 0$, and the formula says $\infty$. That is no mistake: $p_G$ *is* unbounded there,
# like $1/\sqrt{x - 2 \log 2}$. But its integral is finite, and a computer that evaluates the formula at points
# gets nonsense: infinity if a point meets the floor, else a peak that doubles whenever the mesh gets twice as
# fine.
#
# So don't take points, take **cells**. Cut the $z$ axis into cells; give each its probability, the difference of
# the prior's cdf $F_z$ at its ends; and lay that probability down where $G$ takes the cell. A bin's density is
# what it receives, over its width. Nothing is divided by $G'$, and no probability is lost:


# %%
def pushforward(x: np.ndarray, mass: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Density (k,) of G(z) in the bins between edges (k+1,): x (m+1,) = G(mesh), mass (m,) of the mesh's cells.

    Each cell spreads its mass evenly from the lower of its two ends to the upper; cells that overlap add up.
    """
    low, high = np.minimum(x[:-1], x[1:]), np.maximum(x[:-1], x[1:])
    left_of_edge = np.clip((edges[:, None] - low) / np.maximum(high - low, 1e-300), 0, 1)  # (k+1, m): shares
    return np.diff(left_of_edge @ mass) / np.diff(edges)


def phi(z: np.ndarray) -> np.ndarray:
    """The cdf of N(0, 1) at n numbers z: (n,)."""
    return mg.Gaussian().cdf(z.reshape(-1, 1))


def valley_cdf(x: np.ndarray) -> np.ndarray:
    """P(G(z) <= x) in closed form: G(z) = 2 log(2 cosh(z/2)), so |z| <= 2 arccosh(e^(x/2) / 2)."""
    return 2 * phi(2 * np.arccosh(np.maximum(np.exp(x / 2) / 2, 1))) - 1


def valley_density(cells: int = 1000, edges: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Edges (k+1,) of bins .02 wide from the floor on, or those given, and the density (k,) in them."""
    z = np.linspace(-8, 8, cells + 1)
    edges = FLOOR + np.arange(0, 7, 0.02) if edges is None else edges
    return edges, pushforward(valley().G(z[:, None])[:, 0], np.diff(phi(z)), edges)


def pointwise_peak(cells: int) -> float:
    """The greatest p(z) / |G'(z)|, G' = tanh(z/2), among the cells' middles: at the one nearest the floor."""
    z = 8 / cells  # half a cell from 0
    return NormalDist().pdf(z) / math.tanh(z / 2)


# %% [markdown]
# The answer to the prediction: within .01 of the floor lie 15.9 % of the samples, about a sixth; the density there
# averages 16, forty times that of $z$. Not because those $z$ are especially common, but because $G$ is flat there
# and squeezes them together. **Where $G$ is steep $p_G$ is thin, where $G$ is flat $p_G$ is thick, and folds
# add.** (`oracle.pushforward` does this for every one-dimensional $G$ of ours, without bins: it
# cuts a network where its ReLUs turn, and undoes each straight piece.)
#
# ## When is G right?
#
# Let the data be $N(4, .5)$, mean and standard deviation. With $z \sim N(0, 1)$ the map $G(z) = 4 + .5 z$ is
# exactly right. We can see that from samples alone: the **Kolmogorov-Smirnov distance** is the largest gap between
# the samples' own cdf, a staircase of $n$ steps, and the data's. Even for the true map it isn't 0, it is of the
# size $1/\sqrt n$. The bar in textbooks is $1.36/\sqrt n$; a right map
# stays below it in 95 cases of 100:
#
# $$P(\sqrt n \, D_n > \lambda) \to 2 \sum_{k \ge 1} (-1)^{k-1} e^{-2 k^2 \lambda^2} \quad (\text{.05 at } 1.36),
# \qquad \text{and never above } 2 e^{-2 \lambda^2} \text{ (Massart 1990)}$$
#
# As a bar that a test must pass, 1.36 is unfair: one right answer in twenty fails. This lesson and its judge use
# $2.23/\sqrt n$, which a right answer misses less than once in 10,000.


# %%
def ks(samples: np.ndarray, cdf: Callable[[np.ndarray], np.ndarray]) -> float:
    """The largest gap between cdf and the staircase of samples (n, 1); it is found at a step's foot or its top."""
    F, n = cdf(np.sort(samples, axis=0)), len(samples)
    return float(max((np.arange(1, n + 1) / n - F).max(), (F - np.arange(n) / n).max()))


def line(prior: mg.Latent) -> Implicit:
    """G(z) = 4 + .5 z, the true map for N(4, .5) if z ~ N(0, 1)."""
    return Implicit(built("line", [mg.Dense(1, 1)], [0.5], [4]), prior)


def bent(pieces: int = 16) -> Implicit:
    """A ReLU network on uniform z that joins quantiles of N(4, .5) by straight pieces, from .5 % to 99.5 %."""
    u = np.linspace(0.005, 0.995, pieces + 1)
    x = np.array([NormalDist(4, 0.5).inv_cdf(v) for v in u])
    z = np.linspace(-SD3, SD3, pieces + 1)
    slopes = np.diff(x) / np.diff(z)
    weights = [np.ones(pieces), -z[:-1], np.diff(slopes, prepend=0), x[0]]  # each ReLU adds its change of slope
    return Implicit(built("bent", [mg.Dense(1, pieces), mg.ReLU(), mg.Dense(pieces, 1)], *weights), UNIFORM)


UNIFORM = mg.Latent(1, "uniform")  # on +-sqrt 3: mean 0 and variance 1, as N(0, 1) has


# %% [markdown]
# ## Does the prior matter?
#
# Swap the prior for the uniform one of the same mean and variance and keep the class of $G$, straight lines: no
# line will do now. The same one still has the right mean and the right standard deviation, but a distance of .057,
# which $n = 10{,}000$ samples expose. A line only shifts and stretches; the shape of $p_G$ is the prior's.
#
# Let $G$ bend, and the shape comes from $G$: sixteen ReLU pieces bring the uniform prior within the bar's reach.
# One thing they can't do. A network with bounded slopes takes a bounded $z$ to a bounded $x$: this one ends at
# 2.576 standard deviations, where the data go on, with 1 % of their probability beyond. So the prior is a
# convenience as far as $G$ can make up for it. That is why lesson 13 feeds normal noise to its G.
#
# ## In the plane, and why it ends there
#
# The same works in two dimensions: a mesh over $z$, each cell's probability over the *area* of its image. For
# $G(z) = z A + b$ all images have the area $|\det A|$ times that of the cell. The figure shows a $G$ that bends
# and folds.


# %%
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


# %% [markdown]
# Two things forbid this for images. A mesh of only ten cells an axis over a $z$ of 100 numbers has $10^{100}$
# cells. And if $z$ has fewer coordinates than $x$, then $G$ bends a thin sheet through the space of images: a
# sheet has no volume, so $p_G$ is no density there at all, 0 almost everywhere and infinite on the sheet. There
# the question "how probable is this image" hasn't been left unanswered; it has no answer.
#
# ## The family tree
#
# Goodfellow's tutorial (2016, section 2.2 and Fig. 9) sorts deep generative models that *could* be trained by
# maximum likelihood by one question: what do they do about $p(x)$? Here every leaf of his tree runs. Five of the
# six are asked to be lesson 02's world of nine pixels, where all 512 probabilities are known; each answers `ask`,
# the probability of an image, as far as it can, and `sample`.
#
# ```text
# p(x) is written down   exactly              fully visible belief net, change of variables
# (explicit)             approximately        by a bound: variational autoencoder
#                                             by a Markov chain: Boltzmann machine
# p(x) is not            sampled by a chain   generative stochastic network
# (implicit)             sampled directly     GAN
# ```
#
# **Explicit, tractable: the fully visible belief net.** The chain rule, pixel by pixel, each given those before:
# $p(x) = p(x_1)\, p(x_2 | x_1) \cdots p(x_9 | x_1 \ldots x_8)$. Exact, and always sums to 1. The price: nine draws
# in a row for one image (for a photograph, millions), and here 511 numbers in tables where real ones (NADE,
# PixelRNN) use a network.


# %%
class VisibleNet:
    """A fully visible belief net: tables[k][x_1, ..., x_k] = P(x_(k+1) = 1 | x_1, ..., x_k)."""

    tells, draws, see = "{:.3f}, exactly", "pixel by pixel", "02: all 512"

    def __init__(self, p: np.ndarray):
        heads = [p.reshape((2,) * 9).sum(axis=tuple(range(k, 9))) for k in range(10)]  # p(x_1 .. x_k)
        self.tables = [heads[k + 1][..., 1] / heads[k] for k in range(9)]

    def ask(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of images (n, 9), in nats."""
        on = [table[tuple(x[:, :k].T)] for k, table in enumerate(self.tables)]
        return sum(np.log(np.where(x[:, k] == 1, p, 1 - p)) for k, p in enumerate(on))

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        x = np.zeros((n, 9), int)
        for k, table in enumerate(self.tables):
            x[:, k] = rng.random(n) < table[tuple(x[:, :k].T)]
        return x


class Invertible:
    """A change of variables (nonlinear ICA): x = sinh z has an inverse, so p(x) = p_z(z) / |G'(z)|, one term."""

    tells, draws, see = "{:.3f} at x = 0, exactly", "at once", "08"

    def ask(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of x (n, 1), in nats: G'(z) = cosh z = sqrt(1 + x^2)."""
        return mg.Gaussian().log_density(np.arcsinh(x)) - np.log1p(x[:, 0] ** 2) / 2

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return np.sinh(rng.standard_normal((n, 1)))


# %% [markdown]
# **Explicit, tractable: change of variables** (nonlinear ICA, normalising flows). If $G$ has an inverse, our sum
# over all $z$ has one term, and $G$ *can* be asked. The price: $z$ has as many coordinates as $x$, and $G$ may not
# fold. It is the only leaf that can't do nine pixels: a continuous, invertible map makes no zeros and ones. It
# gets a line of numbers.
#
# **Explicit, approximate, deterministic: the variational autoencoder.** A decoder $p(x|z)$ is written down, and so
# is the prior; $p(x)$ is the average of the one over the other, too long a sum for real ones. So one bounds it
# (lesson 06): $\log p(x) \ge E_{q(z|x)}[\log p(x, z) - \log q(z|x)]$. Ours has a $z$ of two bits and a $q$ that
# treats them as independent, and is trained by raising the bound, which never falls. So "VAEs have an explicit
# distribution" is right as far as it is *written*; what you get for an image is a number below the answer. Samples
# come at once.


# %%
class TinyVAE:
    """z is two fair bits; pixels are independent given z, P(pixel = 1 | z) = theta[z]; the encoder is a table."""

    tells, draws, see = "{:.3f} or more", "at once", "06: gap .8304 nats"

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
    a = np.exp(a - a.max(axis=-1, keepdims=True))
    return a / a.sum(axis=-1, keepdims=True)


def index(x: np.ndarray) -> np.ndarray:
    """The row of each image (n, 9) in states()."""
    return x @ (1 << np.arange(9)[::-1])


# %% [markdown]
# **Explicit, approximate, by Markov chain: the Boltzmann machine.** It knows a score, $p(x) = e^{s(x)} / Z$, and
# $Z$ is a sum over all images: 512 here, $2^{784}$ for a small digit. So it answers "up to a constant": which of
# two images is the more probable, and by what factor. That is enough for a Gibbs chain (lesson 07): take a pixel
# at random and draw it anew given the eight others, where $Z$ cancels. Each image takes a walk, and early ones are
# wrong.
#
# **Implicit, by Markov chain: the generative stochastic network.** Learn only to *repair*: noise is put on an
# image, and $x'$ is drawn from what might have been there before. Repeat, and the chain's images follow $p$
# (Bengio et al. 2013), although nobody wrote $p$ down, not even up to a constant. Ours flips each pixel with
# probability .25.
#
# **Implicit, direct: the GAN.** A press: one pass, any number of images, no chain, and not a word about $p(x)$. To
# show that a network *can* be perfect here, ours is built by hand: $z$ uniform on [0, 1), 511 steep sigmoids that
# count how many of the world's 511 steps $z$ has passed, and a last layer that paints the image of that number.


# %%
class Boltzmann:
    """The world as a Boltzmann machine: a score for each image, and the chain of single pixels that it drives."""

    tells, draws, see = "{:.3f} - log Z", "by a chain", "02: Z; 07: the chain"
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

    tells, draws, see = "", "by a chain", "08"
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


class Press(Implicit):
    """The G that a GAN would have to find: on z uniform in [0, 1), its push-forward is the world."""

    tells, draws, see = "", "at once", "07: ESS = n; 13"

    def __init__(self, p: np.ndarray):
        x, steps = states().astype(float), np.cumsum(p)[:-1]
        layers = [mg.Dense(1, 511), mg.Sigmoid(), mg.Dense(511, 9)]
        G = built("press", layers, np.full(511, 1e12), -1e12 * steps, np.diff(x, axis=0), x[0])
        super().__init__(G, mg.Latent(1, "uniform", 0, 1))

    ask = Implicit.log_density


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
    for name, leaf in family(p).items():
        pixels = not isinstance(leaf, Invertible)
        try:
            answer = leaf.tells.format(leaf.ask(np.ones((1, 9), int) if pixels else np.zeros((1, 1)))[0])
        except NoDensity:
            answer = "no answer"
        off = f"{tv(frequencies(leaf, n), p):.3f}" if pixels else "(a line)"
        rows.append((name, answer, leaf.draws, off, leaf.see))
    rows.append(("the world itself", f"{math.log(p[-1]):.3f}", "from the list", f"{expected_tv(p, n):.3f}", "02"))
    head = ("", "log p(x), nats", "samples come", f"TV of {n:,}", "lesson")
    return "\n".join("{:30} {:26} {:15} {:>12}  {}".format(*row) for row in (head, *rows))


# %%
if __name__ == "__main__":
    print(table(), end="\n\n")

# %% [markdown]
# Read the table by its columns. *How probable is this image?* Exactly; at least so much; up to a constant; no
# answer, twice. *Give me an image*: at once, pixel by pixel, or by a chain that needs time: each sweep of the
# Boltzmann machine's leaves .79 of its distance to go, each repair .50, and ten sweeps leave .083, ten repairs
# .0008. *How far are 10,000 samples from the world?* Not 0 even for draws from the list itself: .073 on average
# (lesson 02). The press is as good as the list, and so is the chain rule. The VAE isn't: within each of its four
# palettes the pixels don't know of each other.
#
# No leaf has everything, which is why the tree has so many. The GAN gave up the first column to have the second,
# and pays in training: what can't be asked for $p(x)$ can't be trained by raising it. Its table row was built by
# hand; it also shows why GANs don't like pixels of 0 and 1: between its steps the press is flat, and a critic's
# gradient would tell it nothing (tutorial, section 5.3).
#
# **Next**: if only samples can be had, learn from samples. Somebody must look at two heaps, real and made, and say
# which is which. Lesson 09 asks what a perfect critic would answer.
#
# *Sources.* I. Goodfellow, NeurIPS 2016 tutorial, sections 2.2 to 2.5, 5.3 and Fig. 9. I. Goodfellow et al. 2014,
# section 4 ($p_G$). S. Mohamed and B. Lakshminarayanan 2016, section 1 (implicit models). Y. Bengio et al. 2013
# (denoising as a chain). P. Massart 1990 (the constant 2). N. Smirnov 1948 (the table with 1.36).


# %%
def kolmogorov(scaled: float) -> float:
    """P(sqrt(n) D > scaled) for a right map, as n grows."""
    return 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 50))


def share_failing(bar: float, runs: int, n: int = 1000, seed: int = 8) -> float:
    """How often n draws from the right distribution miss the bar: for any continuous one as for the uniform."""
    u = np.sort(np.random.default_rng(seed).random((runs, n)), axis=1)
    gap = np.maximum(np.arange(1, n + 1) / n - u, u - np.arange(n) / n).max(axis=1)
    return float((math.sqrt(n) * gap > bar).mean())


def refusals(p: np.ndarray) -> int:
    """How many leaves have no answer when asked for the probability of an image."""
    count = 0
    for leaf in family(p).values():
        try:
            leaf.ask(np.zeros((1, 1 if isinstance(leaf, Invertible) else 9), int))
        except NoDensity:
            count += 1
    return count


def claims(quick: bool = False) -> list[Claim]:
    n, rng, p, normal = 4_000 if quick else 10_000, np.random.default_rng(8), world(), mg.Latent(1)
    edges, density = valley_density()
    bins, exact = density * np.diff(edges), np.diff(valley_cdf(edges))
    own = oracle.pushforward(valley().G, normal).cdf(edges[:, None])
    near = valley_density(edges=FLOOR + np.array([0, 0.01]))[1][0]
    x = valley().sample(n, rng)
    right = ks(line(normal).sample(n, rng), mg.Gaussian(4, 0.5).cdf)
    swapped = ks(line(UNIFORM).sample(n, rng), mg.Gaussian(4, 0.5).cdf)
    made, fine = oracle.pushforward(bent().G, UNIFORM), np.linspace(2, 6, 2001)[:, None]
    reach = float(made.knots()[-1] - 4) / 0.5
    curved = float(np.abs(made.cdf(fine) - mg.Gaussian(4, 0.5).cdf(fine)).max())
    z = math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) / (2 * SD3)))  # where the two densities cross
    uniform_off = NormalDist().cdf(z) - (z + SD3) / (2 * SD3)
    dkw, level = "2 exp(-2 2.23^2) < 1e-4, any n: Massart 1990", "chance 1e-4 at most"
    first = [
        Claim("ks_true", "sqrt(n) D of 4 + .5 z, z normal, against N(4, .5)", math.sqrt(n) * right, 2.23, 0, dkw,
              at_most=True),
        Claim("ks_136", "P(sqrt(n) D > 1.36) for a right map", kolmogorov(1.36), 0.05, 6e-4, "Smirnov 1948"),
        Claim("ks_136_seen", "share of 2,000 right maps with sqrt(n) D > 1.36", share_failing(1.36, 2000), 0.05,
              0.02, f"Smirnov 1948; 4 standard errors, {level}"),
        Claim("ks_223", "P(sqrt(n) D > 2.23) for a right map", kolmogorov(2.23), 1e-4, 0, "Massart 1990",
              at_most=True),
        Claim("prior_swap", "D of 4 + .5 z with z uniform, against N(4, .5)", swapped, uniform_off,
              2.23 / math.sqrt(n), f"closed form; {dkw}"),
        Claim("prior_bent", "D of 16 ReLU pieces on uniform z, against N(4, .5)", curved, 0.0223, 0,
              "the bar at 10,000", at_most=True),
        Claim("bounded", "standard deviations that 16 ReLU pieces reach", reach, 2.5758293, 1e-6, "normal table"),
        Claim("beyond", "% of the data beyond that", 200 * NormalDist().cdf(-reach), 1, 1e-6, "its construction"),
        Claim("integral", "integral of the valley's density, cell by cell", float(bins.sum()), 1, 1e-3, "axiom"),
        Claim("bins", "its worst bin, as a probability", float(np.abs(bins - exact).max()), 0, 1e-4,
              "2 Phi(2 arccosh(e^(x/2)/2)) - 1"),
        Claim("oracle", "the same of minigan's oracle", float(np.abs(np.diff(own) - exact).max()), 0, 1e-4,
              "the same closed form"),
        Claim("floor", "% of samples within .01 of the floor", near, 100 * valley_cdf(FLOOR + np.array([0.01]))[0],
              0.05, "the same closed form"),
        Claim("floor_share", "the same, %, as printed", near, 15.9, 0.05, "2 Phi(.2) - 1: normal table"),
        Claim("floor_times", "average density there over that of z at 0", near / NormalDist().pdf(0), 40, 0.5,
              ".159 / .01 / .3989"),
        Claim("points", "peak of p/|G'| at points: factor from a mesh to one twice as fine",
              pointwise_peak(2000) / pointwise_peak(1000), 2, 1e-3, "G'(z) = tanh(z/2), about z/2"),
        Claim("floor_ks", "sqrt(n) D of the valley's samples against its cdf", math.sqrt(n) * ks(x, valley_cdf),
              2.23, 0, dkw, at_most=True),
        Claim("plane", "worst miss of mass / area in the plane, G affine", affine_density(), 0.015, 0,
              "N(b, A'A); cells .15 wide, |z| < 3: twice (.15^2/24)(3^2 - 1)", at_most=True),
        Claim("refusals", "leaves of six that can't say log p(x) at all", refusals(p), 2, 0, "GSN, GAN: Fig. 9"),
    ]  # fmt: skip
    return first + leaf_claims(p, n)


def leaf_claims(p: np.ndarray, n: int) -> list[Claim]:
    leaves = family(p)
    chain, ica, vae, boltzmann, gsn, gan = leaves.values()
    gap, q = vae.exact() - vae.ask(states()), vae.encode(states())
    posterior = np.exp(vae.joint(states()) - vae.exact()[:, None, None])
    made = [
        Claim("visible", "chain rule against the list, worst log p, nats",
              float(np.abs(chain.ask(states()) - np.log(p)).max()), 0, 1e-12, "chain rule"),
        Claim("lit", "log p of the lit image, chain rule, nats", chain.ask(np.ones((1, 9), int))[0],
              9.3 - math.log(partition_function()), 1e-9, "12 (.7) + 9 (.1) - log Z"),
        Claim("inverse", "integral of the density of sinh z", integrate(lambda x: np.exp(ica.ask(x)),
              np.sinh(np.linspace(-9, 9, 99))), 1, 1e-9, "axiom"),
        Claim("vae_bound", "greatest bound - log p(x), 512 images, nats", float(-gap.min()), 0, 1e-12, "Jensen",
              at_most=True),
        Claim("vae_gap", "mean gap less mean KL(q, posterior), nats",
              float(p @ gap - p @ (q * np.log(q / posterior)).sum(axis=(1, 2))), 0, 1e-12, "lesson 06's identity"),
        Claim("vae_rise", "greatest fall of the bound in a round, nats", float(-np.diff(vae.bounds).min()), 0,
              1e-12, "each step is a best one", at_most=True),
        Claim("score", "lit against dark, log of the ratio, nats",
              float(boltzmann.ask(np.ones((1, 9)))[0] - boltzmann.ask(np.zeros((1, 9)))[0]),
              math.log(p[-1] / p[0]), 1e-12, "lesson 02's list"),
        Claim("list_tv", "mean TV of 10,000 draws from the list", expected_tv(p, 10_000), de_moivre_tv(p, 10_000),
              1e-3, "De Moivre 1730"),
    ]  # fmt: skip
    laws = {"visible": p, "vae": np.exp(vae.exact()), "gan": p}
    for name, leaf, sweep, rate, left in (("boltzmann", boltzmann, 9, 0.79, 0.083), ("gsn", gsn, 1, 0.50, 0.0008)):
        T = leaf.matrix()
        made.append(
            Claim(
                f"{name}_rest",
                f"{name}: what a step changes in the world, TV",
                tv(p @ T, p),
                0,
                1e-12,
                "detailed balance",
            )
        )
        root = np.sqrt(p)
        values, vectors = np.linalg.eigh(root[:, None] * T / root)  # symmetric, by detailed balance
        spectral = (vectors[0] / root[0] * values ** (10 * sweep)) @ vectors.T * root
        far = [tv(after(T, k * sweep), p) for k in (10, 20, 21)]
        made += [
            Claim(f"{name}_rate", f"{name}: share of TV that a {'sweep' if sweep > 1 else 'repair'} leaves, late",
                  far[2] / far[1], values[-2] ** sweep, 1e-4, f"second eigenvalue: {rate}"),
            Claim(f"{name}_left", f"{name}: TV left after ten", far[0], tv(spectral, p), 1e-9,
                  f"all eigenvalues: {left}"),
        ]  # fmt: skip
        laws[name] = after(T, leaf.steps)
    for name, leaf in (("visible", chain), ("vae", vae), ("boltzmann", boltzmann), ("gsn", gsn), ("gan", gan)):
        law = laws[name]
        bar = float(np.sqrt(law * (1 - law) / n).sum()) / 2 + math.sqrt(math.log(1e4) / (2 * n))
        made.append(
            Claim(
                f"{name}_tv",
                f"{name}: TV of {n:,} samples from its law",
                tv(frequencies(leaf, n), law),
                bar,
                0,
                "mean by Jensen + McDiarmid 1989, chance 1e-4",
                at_most=True,
            )
        )
    return made


def figure(quick: bool = False) -> Any:
    """One axis carried through the valley, cell by cell; and a mesh in the plane that bends and folds."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import PowerNorm
    from matplotlib.figure import Figure

    blue, red, grey = "#0072B2", "#D55E00", "#595959"
    picture = Figure((8, 4.5), layout="constrained")
    picture.suptitle("G carries each cell of z with its probability: squeezed cells are dense, folded ones add up")
    halves: Any = picture.subfigures(1, 2, width_ratios=[5, 4])
    left, right = halves
    curve, side, below, blank = left.subplots(2, 2, width_ratios=[3, 2], height_ratios=[3, 1]).ravel()
    blank.remove()
    mesh = np.linspace(-3.2, 3.2, 17)  # cells .4 wide, 0 an end
    fine = np.linspace(-3.2, 3.2, 401)
    x, ends = (valley().G(z[:, None])[:, 0] for z in (fine, mesh))
    curve.vlines(mesh, 1.2, ends, color=grey, linewidth=0.5)
    curve.hlines(ends[mesh >= 0], mesh[mesh >= 0], 3.2, color=grey, linewidth=0.5)
    curve.plot(fine, x, color="black")
    curve.set(ylabel="x = G(z)", xlim=(-3.2, 3.2), ylim=(1.2, 3.3), xticklabels=[])
    curve.set_title("equal cells of z ...", fontsize=9)
    below.fill_between(fine, mg.Gaussian().density(fine[:, None]), color=grey, alpha=0.3, linewidth=0)
    below.vlines(mesh, 0, 0.45, color=grey, linewidth=0.5)
    below.set(xlabel="z", ylabel="density of z", xlim=(-3.2, 3.2), ylim=(0, 0.45))
    edges, density = valley_density()
    side.stairs(density, edges, orientation="horizontal", fill=True, color=red, alpha=0.6)
    side.hlines(ends[mesh >= 0], 0, 4, color=grey, linewidth=0.5)
    side.set(xlabel="density of x", xlim=(0, 4), ylim=(1.2, 3.3), yticklabels=[])
    side.set_title("... unequal ones of x", fontsize=9)
    side.text(1.7, 1.76, "unbounded\nat the fold", fontsize=9, color=red)
    for start, hatch in ((8, ""), (13, "////")):  # the cells from 0 to .4 and from 2 to 2.4
        across, up = mesh[start : start + 2], ends[start : start + 2]
        style = {"facecolor": blue, "alpha": 0.4, "hatch": hatch, "linewidth": 0}
        below.axvspan(*across, **style)
        curve.fill_between(across, 1.2, up, **style)
        curve.fill_betweenx(up, across, 3.2, **style)
        side.axhspan(*up, **style)
    top, bottom = right.subplots(2, 1)
    layers = [mg.Dense(2, 8, init=("normal", 1.0)), mg.Tanh(), mg.Dense(8, 2)]
    G = mg.Sequential(layers, mg.Backend("numpy", "float64"), seed=6, name="G")
    for axes, name, colours in ((top, "z", "Greys"), (bottom, "x", "Oranges")):
        cells = 200 if quick else 400
        z = np.stack(np.meshgrid(*2 * [np.linspace(-4, 4, cells + 1)], indexing="ij"), axis=-1)
        middle = ((z[1:, 1:] + z[:-1, :-1]) / 2).reshape(-1, 2)
        lines = np.stack(np.meshgrid(*2 * [np.linspace(-2, 2, 21)], indexing="ij"), axis=-1)
        if name == "x":
            middle, lines = G(middle)[:, ::-1], G(lines.reshape(-1, 2)).reshape(lines.shape)[..., ::-1]
        reach = [[-2.4, 2.4], [-2.4, 2.4]] if name == "z" else [[-1.0, 1.0], [-0.75, 0.75]]
        heat = axes.hist2d(*middle.T, bins=40, range=reach, density=True, weights=cell_masses(z).ravel(),
                           cmap=colours, norm=PowerNorm(0.5))  # fmt: skip
        drawn = [*lines, *lines.swapaxes(0, 1)]
        axes.add_collection(LineCollection(drawn, color="black" if name == "x" else grey, linewidth=0.4))
        axes.set_aspect("equal")
        axes.set(xlabel=f"{name} 2" if name == "x" else "z 1", ylabel=f"{name} 1" if name == "x" else "z 2")
        right.colorbar(heat[3], ax=axes, label=f"density of {name}")
    return picture


# %% [markdown]
# ## Now you
#
# `minigan exercise start 8` puts `e08_pushforward.py` into your folder: write the density of $G(z)$, cell by cell,
# for a G that may fold, jump far or stand still. `minigan exercise check 8` judges it, `minigan exercise hint 8`
# helps. Lessons 10 and 13 lay the exact $p_G$ beside what a GAN has learned.

# %%
if __name__ == "__main__":
    show("l08_implicit_models", claims, figure)
