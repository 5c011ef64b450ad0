# %% [markdown]
# # 08. Implicit models: can we sample without a density?
# *About 2 seconds; afterwards you can compute the density of G(z), folds included.*
#
# *Needs: derivatives, integrals and cumulative distribution functions.*
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
from typing import Any

import numpy as np

import minigan as mg
from minigan.lessons import show

FLOOR = 2 * math.log(2)  # of the valley
UNIFORM = mg.Latent(1, "uniform")  # on +-sqrt 3: mean 0 and variance 1, as N(0, 1) has


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


def valley_density(cells: int = 1000, edges: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Edges (k+1,) of bins .02 wide from the floor on, or those given, and the density (k,) in them."""
    z = np.linspace(-8, 8, cells + 1)
    edges = FLOOR + np.arange(0, 7, 0.02) if edges is None else edges
    return edges, pushforward(valley().G(z[:, None])[:, 0], np.diff(phi(z)), edges)


# %% [markdown]
# The answer to the prediction: within .01 of the floor lie 15.9 % of the samples, about a sixth; the density there
# averages 16, forty times that of $z$. Not because those $z$ are especially common, but because $G$ is flat there
# and squeezes them together. **Where $G$ is steep $p_G$ is thin, where $G$ is flat $p_G$ is thick, and folds
# add.** (`oracle.pushforward` does this for every one-dimensional $G$ of ours, without bins: it cuts a network
# where its ReLUs turn, and undoes each straight piece.)
#
# ## When is G right?
#
# Let the data be $N(4, .5^2)$. With $z \sim N(0, 1)$ the map $G(z) = 4 + .5 z$ is exactly right. We can see that
# from samples alone: the **Kolmogorov-Smirnov distance** is the largest gap between the samples' own cdf, a
# staircase of $n$ steps, and the data's. Even for the true map it isn't 0, it is of the size $1/\sqrt n$. The bar
# in textbooks is $1.36/\sqrt n$; a right map stays below it in 95 cases of 100:
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
    """G(z) = 4 + .5 z, the true map for N(4, .5^2) if z ~ N(0, 1)."""
    return Implicit(built("line", [mg.Dense(1, 1)], [0.5], [4]), prior)


# %% [markdown]
# ## Does the prior matter?
#
# Swap the prior for the uniform one of the same mean and variance and keep the class of $G$, straight lines: no
# line will do now. The same one still has the right mean and the right standard deviation, but a distance of .057,
# which $n = 10{,}000$ samples expose. A line only shifts and stretches; the shape of $p_G$ is the prior's.
#
# Let $G$ bend, and the shape comes from $G$: sixteen ReLU pieces, which join quantiles of the data by straight
# lines, bring the uniform prior within the bar's reach. One thing they can't do. A network with bounded slopes
# takes a bounded $z$ to a bounded $x$: this one ends at 2.576 standard deviations, where the data go on, with 1 %
# of their probability beyond. So the prior is a convenience as far as $G$ can make up for it. That is why lesson
# 13 feeds normal noise to its G.
#
# ## In the plane, and why it ends there
#
# The same works in two dimensions: a mesh over $z$, each cell's probability over the *area* of its image. For
# $G(z) = z A + b$ all images have the area $|\det A|$ times that of the cell. The figure shows a $G$ that bends
# and folds.
#
# ![Cells of z carried to x by a valley, and a mesh in the plane carried by a G that
# folds](../../figures/l08_implicit_models.png)
#
# Two things forbid this for images. A mesh of only ten cells an axis over a $z$ of 100 numbers has $10^{100}$
# cells. And if $z$ has fewer coordinates than $x$, then $G$ bends a thin sheet through the space of images: a
# sheet has no volume, so $p_G$ is no density there at all, 0 almost everywhere and infinite on the sheet. There
# the question "how probable is this image" hasn't been left unanswered; it has no answer.
#
# A model that writes $p(x)$ down can be asked, exactly or by a bound or up to a constant; lesson 21 puts all kinds
# on one table, each trained on the same digits.

# %% [markdown]
# ## In five lines
#
# 1. G turns a latent $z$ into $x = G(z)$, and the distribution of $x$ is the push-forward $p_G$ of the prior.
# 2. Such a model is implicit: it samples at once, and has no formula that says how probable an $x$ is.
# 3. From outside, in one dimension, push cells of $z$ with their probabilities: steep is thin, flat is thick,
#    folds add.
# 4. Samples of the right G are within $2.23/\sqrt n$ of the data's cdf but for less than one time in 10,000.
# 5. The prior is a convenience as far as G can bend, but bounded noise through bounded slopes has no tails.
#
# ## Now you
#
# `minigan exercise start 8` puts `e08_pushforward.py` into your folder: write the density of $G(z)$, cell by cell,
# for a G that may fold, jump far or stand still. `minigan exercise check 8` judges it, `minigan exercise hint 8`
# helps. Lessons 10 and 13 lay the exact $p_G$ beside what a GAN has learned.
#
# *Next.* If only samples can be had, learn from samples. Somebody must look at two heaps, real and made, and say
# which is which. Lesson 09 asks what a perfect critic would answer.
#
# *Sources.* I. Goodfellow, NeurIPS 2016 tutorial, section 2.5 (implicit models). I. Goodfellow et al. 2014,
# section 4 ($p_G$). S. Mohamed and B. Lakshminarayanan 2016, section 1 (implicit models). P. Massart 1990 (the
# constant 2). N. Smirnov 1948 (the table with 1.36).

# %%
if __name__ == "__main__":
    show(8)
