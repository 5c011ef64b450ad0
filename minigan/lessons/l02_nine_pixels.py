# %% [markdown]
# # 02. The world in nine pixels: what is the probability of an image?
# *About 2 seconds; afterwards you can list a world of images, draw from it, and say why nobody lists real ones.*
#
# *Needs: sums, powers and logarithms; no other lesson.*
#
# A generative model is said to know how the data are distributed. For pictures this means that each way of filling
# in the pixels, likely or absurd, has a probability of its own. That is quickly said and hard to imagine: a
# photograph can be filled in in so many ways that nobody ever held the list in hand.
#
# So let us shrink the world until we can. An image here has 3 x 3 pixels, and a pixel is dark (0) or lit (1).
# There are $2^9 = 512$ images. We can write down all of them, give each its probability, and look at the list.
#
# **Predict before you read on.** Suppose the world likes neighbouring pixels to be equal, and light a little more
# than dark. Which of the 512 images is the most probable? And if you drew 1,000 images, how many of them would be
# that one?

# %%
from __future__ import annotations

import math

import numpy as np

import minigan as mg
from minigan.lessons import show

SIDE = 3
AGREE, LIT = 0.7, 0.1  # what a pair of equal neighbours, and what a lit pixel, adds to the score
REPEATS = 50  # of each experiment with draws


def states(pixels: int = SIDE * SIDE) -> np.ndarray:
    """All images of so many pixels, (2^pixels, pixels) of 0 and 1; row k spells k in binary, first pixel first."""
    return np.arange(2**pixels)[:, None] >> np.arange(pixels)[::-1] & 1


# %% [markdown]
# ## A score for every image, and a sum that makes it a probability
#
# Our world gives each image a score: .7 for each of the 12 pairs of neighbours (side by side, or one above the
# other) that are equal, and .1 for each lit pixel. Write $a(x)$ for the number of equal pairs:
#
# $$ s(x) = 0.7\, a(x) + 0.1 \sum_i x_i, \qquad p(x) = \frac{e^{s(x)}}{Z}, \qquad Z = \sum_{x'} e^{s(x')}. $$
#
# The exponential makes every score positive, and $Z$, the *partition function*, makes the 512 numbers sum to 1.
# This is a small Boltzmann machine (Ackley, Hinton and Sejnowski 1985; Goodfellow, Bengio and Courville 2016,
# section 20.1): whether two bits are equal is $2 x_i x_j - x_i - x_j + 1$, so the score is a quadratic form in the
# pixels. (Nothing below needs that.)
#
# Here is the whole of it. `states()` lists, `score` scores, `world` divides by the sum.


# %%
def score(x: np.ndarray, agree: float = AGREE, lit: float = LIT) -> np.ndarray:
    """s(x) of images x (n, rows * SIDE) -> (n,)."""
    image = x.reshape(len(x), -1, SIDE)
    equal_down = (image[:, 1:] == image[:, :-1]).sum(axis=(1, 2))
    equal_across = (image[:, :, 1:] == image[:, :, :-1]).sum(axis=(1, 2))
    return agree * (equal_down + equal_across) + lit * x.sum(axis=1)


def partition_function(rows: int = SIDE, agree: float = AGREE, lit: float = LIT) -> float:
    """Z of the world with so many rows of SIDE pixels, by adding up all 2^(SIDE rows) terms."""
    return float(np.exp(score(states(SIDE * rows), agree, lit)).sum())


def world(agree: float = AGREE, lit: float = LIT) -> np.ndarray:
    """The probabilities (512,) of the images in `states()`, in its order."""
    return np.exp(score(states(), agree, lit)) / partition_function(SIDE, agree, lit)


# %% [markdown]
# The answer to the first question is the image with all nine pixels lit: it has all 12 pairs and all nine lit
# pixels. Its probability is .0909. So of 1,000 draws, about 91 show it, and *nine in ten show something else*.
# Second comes the all-dark image with .0369. A chessboard, where no neighbours agree, gets .0000137: one draw in
# 73,000.
#
# How wide is this world? Its entropy, $H = -\sum p \log_2 p$, is 7.668 bits: as uncertain as a fair choice among
# $2^{7.668} = 203$ images, out of 512 (9 bits). Lesson 04 says what a bit of entropy buys.
#
# **Why not one number per pixel?** Every pixel is lit with a probability a little above one half, and it is
# tempting to multiply nine such numbers. That model gives the all-lit image .0067, nearly fourteen times too
# little, and its KL divergence from the world (lesson 04) is 1.190 bits: it knows how bright the pixels are and
# nothing of how they go together. The probability belongs to the *combination*. That takes 511 free numbers where
# the product takes nine, and this is the whole difficulty.


# %%
def of_single_pixels(p: np.ndarray) -> np.ndarray:
    """The probabilities (512,) of the world with p's pixel means whose pixels don't know of each other."""
    mean = p @ states()
    return np.where(states() == 1, mean, 1 - mean).prod(axis=1)


# %% [markdown]
# ## Drawing an image
#
# To sample, lay the 512 probabilities end to end: they fill the stretch from 0 to 1. Throw a dart uniformly at it
# and take the image whose piece it hits. The ends of the pieces are the running sums, a staircase from 0 to 1, and
# finding the piece is reading that staircase backwards: hence *inverse-CDF sampling*. `mg.Discrete(p).sample` does
# this; in the exercise you write it.
#
# One often reads that sampling is choosing the combinations of large probability. Loosely, yes; taken at its word
# it is another thing. Choose the most probable one and you get the all-lit image, every time: those picks have
# entropy 0 bits, and .909 of the probability lies on images they never show. A sampler must show the improbable
# ones as well, exactly as rarely as they deserve, and together they are most of what there is. (Keep this in mind
# for lesson 15: a generator which has found one convincing picture and repeats it makes the same mistake.)
#
# How soon do frequencies become probabilities? Measure the miss by the *total variation distance*, half the sum of
# all absolute differences: it is the share of draws that would have to be moved. The count of one image is
# binomial, its frequency has standard deviation $\sqrt{p(1-p)/n}$, and a normal number is off by $\sqrt{2/\pi}$
# standard deviations on average. Add up over the images $x$ and halve, and the mean over many experiments is
#
# $$ \text{mean TV} \approx \sum_x \sqrt{\frac{p(x)\,(1-p(x))}{2 \pi n}}. $$
#
# For our world: .2299 at 1,000 draws, .0727 at 10,000, .0230 at 100,000. Ten times as many draws for a bit more
# than three times the precision: the slope -1/2 that will return in lesson 07. With few draws the formula promises
# too much trouble (at n = 10 it says 2.30, and no TV exceeds 1): counts of 0 and 1 aren't normal. From n = 1,000
# on it is good to 1 %, and De Moivre's exact formula for the binomial's mean miss, older than the normal curve, is
# beside it below.
#
# ![The line from 0 to 1 in 512 pieces, with sixteen darts and the images they hit; how the frequencies miss, less
# and less](../../figures/l02_nine_pixels.png)


# %%
def expected_tv(p: np.ndarray, n: int) -> float:
    """The formula above: the mean TV between p and the frequencies of n draws, for large n."""
    return float(np.sqrt(p * (1 - p) / (2 * math.pi * n)).sum())


def measured_tv(p: np.ndarray, n: int, repeats: int = REPEATS, seed: int = 2) -> float:
    """The mean TV between p and the frequencies of n draws, over so many experiments."""
    rng, distribution = np.random.default_rng(seed), mg.Discrete(p)
    total = 0.0
    for _ in range(repeats):
        draws = distribution.sample(n, rng)[:, 0].astype(int)
        total += np.abs(np.bincount(draws, minlength=len(p)) / n - p).sum() / 2
    return total / repeats


def de_moivre_tv(p: np.ndarray, n: int) -> float:
    """The same mean exactly: E|K - np| = 2 v C(n, v) p^v (1 - p)^(n - v + 1) for each image, v = floor(np) + 1."""
    total = 0.0
    for chance in p:
        v = math.floor(n * chance) + 1
        log_choose = math.lgamma(n + 1) - math.lgamma(v + 1) - math.lgamma(n - v + 1)
        total += 2 * v * math.exp(log_choose + v * math.log(chance) + (n - v + 1) * math.log1p(-chance))
    return total / n / 2


# %% [markdown]
# ## And a real picture?
#
# Listing costs one term per image, and **every further bit doubles the list**. A handwritten digit of 28 x 28
# pixels, only dark or lit, has $2^{784}$ combinations. Written out, that is

# %%
IMAGES = int(
    "10174582569701926077392351975587856746131528201775982910760891436407527523525439"
    "56225804474009941755789631639189671820136396606697711084759576928108570988471389"
    "03161308502419410142185759152435680068435915159402496058513611411689167650816"
)

# %% [markdown]
# or 1.02e236. A machine that adds $10^{18}$ terms a second and had started at the Big Bang would need some
# $10^{200}$ such lifetimes to find $Z$. The score of one image takes a moment; its *probability* is out of reach.
# That is what "intractable density" means: not a formula that we lack, but a sum that we can't finish.
#
# There are cheats, where the world is kind. Ours ties only neighbours, so a row needs to know only the row above
# it, and the sum can be carried down row by row. That is a product of 8 x 8 matrices instead of a list of 512, and
# a good check: both give $\log Z = 11.698$ nats. But for rows of 28 pixels the matrix would have $2^{28}$ rows and
# columns, and if every pixel may talk to every other, nothing is saved at all.


# %%
def z_row_by_row(rows: int = SIDE, agree: float = AGREE, lit: float = LIT) -> float:
    """Z without the list: what all images down to this row are worth, kept apart by what the last row shows."""
    row = states(SIDE)
    within = np.exp(agree * (row[:, 1:] == row[:, :-1]).sum(axis=1) + lit * row.sum(axis=1))  # (8,)
    between = np.exp(agree * (row[:, None] == row).sum(axis=2))  # (8, 8)
    worth = within
    for _ in range(rows - 1):
        worth = (worth @ between) * within
    return float(worth.sum())


# %% [markdown]
# Here the roads of the next lessons part. One can **bound** the log-probability and train on the bound (lesson
# 06). One can **walk** through the images by small steps that never need $Z$, since it cancels in every quotient
# $p(x')/p(x)$ (lesson 07, on this very world). One can build the probability **pixel after pixel**, each given the
# ones before, so that it sums to 1 by construction. And one can give up the probability and learn only to **draw**
# (lesson 08): that is what a GAN does. It is sometimes introduced as a model with a probability for each image; in
# the sense of this lesson it isn't one. It holds no list and no formula for $p(x)$, only a way to sample.
#
# ## What goes wrong in practice
#
# - **The staircase ends below 1.** 512 rounded numbers sum to $1 - 10^{-16}$ or so, and one day a dart lands above
#   the last step. Divide by the last step, not by a sum taken in another order.
# - **Scores overflow.** With .7 and 12 pairs we are safe; with 784 pixels $e^{s}$ soon isn't a finite number.
#   Subtract the largest score first: it cancels.
# - **The most probable image is taken for a typical one.** It rarely is, and less so the more pixels there are.
#
# ## In five lines
#
# 1. An image's probability belongs to the combination of its pixels, not to the pixels one by one.
# 2. A score $s(x)$ becomes a probability by $e^{s(x)} / Z$, and $Z$ is a sum over all images.
# 3. Every further bit doubles that sum, so that for real images nobody can finish it: the density is intractable.
# 4. To sample is to show every image as often as it deserves, the improbable ones too; to pick the likeliest is
#    not.
# 5. The frequencies of $n$ draws miss the probabilities by a total variation that shrinks like $n^{-1/2}$.
#
# ## Now you
#
# `minigan exercise start 2` puts `exercises/e02_inverse_cdf.py` into your folder: write the sampler that turns a
# dart into an image. The judge brings weights that don't sum to 1, pieces of width zero, and a dart on the very
# edge. Then `minigan exercise check 2`; if you are stuck, `minigan exercise hint 2`.
#
# Things to try here: set `AGREE = 2.0` and see the world shrink to two images; set it to -0.7 and guess the
# winners.
#
# Next, lesson 03: we chose .7 and .1 by decree. Given a pile of images, which numbers made them likely?
#
# **Sources.** Ackley, Hinton and Sejnowski (1985), *A learning algorithm for Boltzmann machines*, eq. 1 to 4.
# Goodfellow, Bengio and Courville (2016), *Deep Learning*, sections 16.2 and 20.1, and chapter 18 on the partition
# function. Goodfellow (2016), *NIPS 2016 Tutorial: Generative Adversarial Networks*, section 2.3. Devroye (1986),
# *Non-Uniform Random Variate Generation*, section III.2, on inverse-CDF sampling. Diaconis and Zabell (1991),
# *Closed form summation for classical distributions*, section 1, on De Moivre's formula.

# %%
if __name__ == "__main__":
    show(2)
