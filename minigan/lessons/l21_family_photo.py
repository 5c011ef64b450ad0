# %% [markdown]
# # 21. One family photo: what can each kind of model be asked?
# *About 4 seconds; afterwards you can say of any generative model which question it answers, what it pays for
# that, and what two numbers of nats have to do with each other.*
#
# *Needs: lessons 02, 06, 07 and 08.*
#
# The bank has six forgers under lock and key, and the director wants to know which is the best. So each is put the
# same three questions. *How probable is this note to you?* *Print me a thousand.* *How long does that take?* The
# answers don't line up. One names a number. One says "at least so much". One says "this note is twice as probable
# as that one; don't ask me for more". Two shrug at the first question, and one of them is quickest at the second.
#
# **Predict before you read on.** All six have studied the same 1,437 small pictures of digits. On 360 others,
# which nobody saw, one says "$\log p = -88.6$ nats a picture", exactly. Another says "more than $-83$", for it can
# only state a bound. Is that possible? And a third, who takes each of the 64 pixels on its own, says $-251$,
# exactly: how bad is that?

# %%
from __future__ import annotations

import math

import numpy as np

import minigan as mg
from minigan.lessons import show
from minigan.lessons.l02_nine_pixels import states
from minigan.lessons.l08_implicit_models import Implicit, built

# %% [markdown]
# ## The family tree
#
# Goodfellow's tutorial (2016, section 2.2 and Fig. 9) sorts deep generative models that *could* be trained by
# maximum likelihood by one question: what do they do about $p(x)$?
#
# | $p(x)$ is | | leaf | asked for $\log p(x)$ | samples come |
# |---|---|---|---|---|
# | written down | exactly | fully visible belief net | the number itself | pixel by pixel |
# | (explicit) | | change of variables | the number itself | at once |
# | | approximately, by a bound | variational autoencoder | at least so much | at once |
# | | approximately, by a Markov chain | Boltzmann machine | up to a constant | by a chain |
# | not written down | sampled by a chain | generative stochastic network | no answer | by a chain |
# | (implicit) | sampled directly | GAN | no answer | at once |
#
# Here every leaf of his tree runs, twice: first small, five of them on lesson 02's world of nine pixels, where all
# 512 probabilities are known, so that nobody can hide; then on real digits, with the networks of `minigan.models`.
#
# **Explicit, tractable: the fully visible belief net.** The chain rule, pixel by pixel, each given those before:
# $p(x) = p(x_1)\, p(x_2 | x_1) \cdots p(x_9 | x_1 \ldots x_8)$. Exact, and always sums to 1. The price: nine draws
# in a row for one image (for a photograph, millions), and here 511 numbers in tables where real ones use a
# network.


# %%
class VisibleNet:
    """A fully visible belief net: tables[k][x_1, ..., x_k] = P(x_(k+1) = 1 | x_1, ..., x_k)."""

    def __init__(self, p: np.ndarray):
        heads = [p.reshape((2,) * 9).sum(axis=tuple(range(k, 9))) for k in range(10)]  # p(x_1 .. x_k)
        self.tables = [heads[k + 1][..., 1] / heads[k] for k in range(9)]

    def ask(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of images (n, 9), in nats."""
        total = np.zeros(len(x))
        for k, table in enumerate(self.tables):
            on = table[tuple(x[:, :k].T)]
            total += np.log(np.where(x[:, k] == 1, on, 1 - on))
        return total

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        x = np.zeros((n, 9), int)
        for k, table in enumerate(self.tables):
            x[:, k] = rng.random(n) < table[tuple(x[:, :k].T)]
        return x


# %% [markdown]
# **Explicit, tractable: change of variables** (nonlinear ICA, normalising flows). If $G$ has an inverse, lesson
# 08's sum over all $z$ has one term, and $G$ *can* be asked. The price: $z$ has as many coordinates as $x$, and
# $G$ may not fold. It is the only leaf that can't do nine pixels of 0 and 1: a continuous, invertible map makes no
# zeros and ones. It gets a line of numbers.
#
# **Explicit, approximate, deterministic: the variational autoencoder.** A decoder $p(x|z)$ is written down, and so
# is the prior; $p(x)$ is the average of the one over the other, too long a sum for real ones. So one bounds it
# (lesson 06): $\log p(x) \ge E_{q(z|x)}[\log p(x, z) - \log q(z|x)]$. Samples come at once.
#
# **Explicit, approximate, by Markov chain: the Boltzmann machine.** It knows a score, $p(x) = e^{s(x)} / Z$, and
# $Z$ is a sum over all images: 512 here, $17^{64}$ for our digits. So it answers "up to a constant": which of two
# images is the more probable, and by what factor. That is enough for a Gibbs chain (lesson 07), where $Z$ cancels.
# Each image takes a walk, and early ones are wrong.
#
# **Implicit, by Markov chain: the generative stochastic network.** Learn only to *repair*: noise is put on an
# image (here each pixel is flipped with probability .25), and $x'$ is drawn from what might have been there
# before. Repeat, and if the repair is right the chain's images come to follow $p$ (Bengio et al. 2013), although
# nobody wrote $p$ down, not even up to a constant.
#
# **Implicit, direct: the GAN.** A press: one pass, any number of images, no chain, and not a word about $p(x)$. To
# show that a network *can* be perfect here, ours is built by hand: $z$ uniform on [0, 1), 511 steep sigmoids that
# count how many of the world's 511 steps $z$ has passed, and a last layer that paints the image of that number.


# %%
class Press(Implicit):
    """The G that a GAN would have to find: on z uniform in [0, 1), its push-forward is the world."""

    def __init__(self, p: np.ndarray):
        x, steps = states().astype(float), np.cumsum(p)[:-1]
        layers = [mg.Dense(1, 511), mg.Sigmoid(), mg.Dense(511, 9)]
        G = built("press", layers, np.full(511, 1e12), -1e12 * steps, np.diff(x, axis=0), x[0])
        super().__init__(G, mg.Latent(1, "uniform", 0, 1))

    ask = Implicit.log_density


# %% [markdown]
# | | $\log p(x)$, nats | samples come | TV of 10,000 | lesson |
# | --- | --- | --- | --- | --- |
# | fully visible belief net | -2.398, exactly | pixel by pixel | 0.077 | 02 |
# | change of variables | -0.919 at x = 0, exactly | at once | (a line) | 08 |
# | variational autoencoder | -2.481 or more | at once | 0.228 | 06 |
# | Boltzmann machine | 9.300 - $\log Z$ | by a chain | 0.125 | 02, 07 |
# | generative stochastic network | no answer | by a chain | 0.067 | 08 |
# | GAN | no answer | at once | 0.072 | 07, 13 |
# | the world itself | -2.398 | from the list | 0.073 | 02 |
#
# Read the table by its columns. *How probable is the image with all pixels lit?* Exactly; at least so much; up to
# a constant; no answer, twice. *Give me an image*: at once, pixel by pixel, or by a chain that needs time: each
# sweep of the Boltzmann machine's leaves .79 of its distance to go, each repair .50, and ten sweeps leave .083,
# ten repairs .0008. *How far are 10,000 samples from the world?* Not 0 even for draws from the list itself: .073
# on average (lesson 02). The press is as good as the list, and so is the chain rule. The VAE isn't: within each of
# its four palettes the pixels don't know of each other.
#
# ## The same six, grown up
#
# Now 64 pixels that each have one of 17 values, and no list of probabilities. The one measure that all explicit
# models share is $\log p$ of pictures that they have not seen, in nats a picture, where $p$ is *the probability of
# these 64 values*. What a model calls its pixels is its own affair: numbers on a line get noise spread over each
# value's cell, and state a bound on its probability.
#
# What is it worth to know nothing of neighbours? Let each pixel be independent. Every value counts how many of 16
# small squares are dark, so the textbook's choice is the binomial: $\log p(x_d) = \log \binom{16}{x_d} + x_d \log
# \theta_d + (16 - x_d) \log (1 - \theta_d)$. The other choice is a free table, 17 shares a pixel.


# %%
def counts(x: np.ndarray, held: np.ndarray, n: int = 16) -> float:
    """Mean log p of rows held (m, d), pixels independent and binomial with the shares of rows x: nats a row."""
    share = (x.sum(axis=0) + 0.5) / (n * len(x) + 1)
    choices = np.array([math.log(math.comb(n, k)) for k in range(n + 1)])[held.astype(int)]
    return float((choices + held * np.log(share) + (n - held) * np.log(1 - share)).sum(axis=1).mean())


def tables(x: np.ndarray, held: np.ndarray, n: int = 16) -> float:
    """The same with a free table of n + 1 shares for each pixel, half a case added to every count."""
    seen = (x[:, :, None] == np.arange(n + 1)).sum(axis=0) + 0.5
    log_p = np.log(seen / seen.sum(axis=1, keepdims=True))
    return float(log_p[np.arange(x.shape[1]), held.astype(int)].sum(axis=1).mean())


# %% [markdown]
# The counts get $-250.9$, the tables $-107.1$. Both are exact, both know nothing of neighbours, and they are 143.7
# nats apart. So $-250.9$ is no statement about the digits. It is one about the binomial, whose values huddle about
# their mean: within a pixel the data vary eight times as much (the median), and more than half of all values are 0
# or 16. **A likelihood that is wrong is exact about the wrong thing.**
#
# What a mean of $\log p$ over unseen pictures does say, lesson 04 derived: it is $-H(p_\text{data}) -
# \mathrm{KL}(p_\text{data}, p_\text{model})$, up to the luck of the 360. The first term is the same for all and
# unknown. So differences count, and no number by itself.
#
# ## The photo
#
# Each model was trained five times, on 1,437 pictures. For the four that state a number, a third of those, kept
# back, had said how long; the 360 decided nothing. $\pm$ is half of the 95 % interval over the five seeds. A bound
# is of 50 draws for RealNVP and of 5,000 for the VAE, whose pixels are binomial.
#
# | | $\log p$, nats | at $k = 1$ | to train | to samples | critic | chain | 1,000 samples |
# |---|---|---|---|---|---|---|---|
# | belief net (MADE) | = -88.56 ± .17 | | 1.53 | 1.43 | 79 % | | 4 s |
# | change of variables (RealNVP) | > -85.67 ± .19 | -91.70 | 1.34 | 1.31 | 82 % | | .023 s |
# | variational autoencoder | > -82.55 ± .15 | -88.69 | 1.46 | 1.40 | 76 % | | .024 s |
# | Boltzmann machine | ≈ -89.79 ± .09 | | 1.55 | 1.50 | 84 % | 76 | 27 s |
# | generative stochastic network | no answer | | 1.45 | 1.43 | 74 % | 31 | 18 s |
# | GAN | no answer | | 1.06 | 1.14 | 73 % | | .0021 s |
# | *ten pictures of independent pixels* | = -99.89 | | 1.74 | 1.70 | 88 % | | |
# | *a copier of training pictures* | | | 0.00 | 1.09 | 48 % | | |
#
# ![Samples of each model in a line of its own, below a line of real digits](../../figures/l21_family_photo.png)
#
# *To train* and *to samples* are lesson 18's ratios, 1 for a perfect sampler, 0 in the first for a copier.
# *Critic* is a fresh one's accuracy (lesson 13). *Chain* counts the links until the autocorrelation of pictures
# falls below .1; samples that are drawn anew have none.
#
# The GAN makes any grey between the values, and a critic sees that at once; so its greys are rounded here. Then he
# is right 73 times of 100, no more often than of the repairing chain's (74), and its samples are the nearest to
# real pictures, both ways: the one model that nobody asked to be probable. The chains must walk 76 and 31 links
# between two pictures that have little to do with each other, MADE takes 64 passes for one, and the rest draw a
# thousand in a blink. And the best number is that of binomial pixels, which we have just called wrong. They were
# wrong *each on its own*: averaged over $z$, binomials are no longer binomial, and the VAE's $z$ carries what they
# lack.
#
# ## How a bound can stand above an exact value
#
# That was the prediction's question, and nothing is wrong. The bound of the VAE is below *the VAE's* $\log p$; it
# has nothing to do with MADE's. MADE knows its own number exactly, and that number is lower: as a model of these
# digits, and up to the scatter of 360 of them, it is worse by at least the difference. A bound against an exact
# value can settle who is ahead in one direction only: if the bound is the higher, its model is better, by that
# much or more. If it is the lower, you know nothing.
#
# How much a bound hides, more draws show. Let $z_1, \ldots, z_k$ be independent draws from $q(z | x)$. With one,
# the mean over its luck is the ELBO. Lesson 06's further dice were averaged outside of the logarithm, which
# sharpens that floor and doesn't lift it; averaged *inside*, they do:
#
# $$L_k = E\Big[\log \frac1k \sum_{j=1}^k \frac{p(x, z_j)}{q(z_j | x)}\Big], \qquad L_1 \le L_2 \le \cdots \le
# \log p(x)$$
#
# (Burda, Grosse and Salakhutdinov 2016, theorem 1). In code it is one line, if the logarithms are added with care:


# %%
def importance_bound(log_w: np.ndarray) -> np.ndarray:
    """log (1/k) sum_j w_j from log w (k, n), of k draws for each of n rows: (n,) nats."""
    top = log_w.max(axis=0)
    return top + np.log(np.exp(log_w - top).mean(axis=0))


# %% [markdown]
# For the nine-pixel VAE the truth is a sum over four $z$. Blind its encoder, so that $q$ says "any of the four"
# for every image: the bound of one draw stands 3.81 nats below $\log p$ on average, that of two 2.04, of ten .16.
# More draws make up for a poor $q$. For the digits nobody knows the truth, but the VAE gains 6.14 nats from 1 draw
# to 5,000: so much, at least, the one-draw bound had hidden. The Boltzmann machine's figure is of a third kind, an
# estimate with an interval, and leans to the other side: the logarithm of an unbiased $\hat Z$ is too small on
# average (Jensen again), and so $\log p$ comes out too high.
#
# ## What is said of them, and the row that answers
#
# | one reads | here |
# |---|---|
# | a VAE has an explicit distribution | written down, yes; asked for a picture, it states a bound |
# | a weak posterior keeps a VAE from the data, with infinite data too | lesson 06: variance 10.41 learnt for 19 |
# | variational methods are deterministic, Markov chains stochastic | a floor's bias stays; a chain's shrinks |
# | a chain sometimes is sure to converge | to the *model's* distribution; after how many links, see *chain* |
# | implicit models sample indirectly | the GAN samples in one pass; what is indirect is how it learns |
# | GANs use maximum likelihood | no row can say: a GAN states no likelihood at all |
# | tractable models are exact, hence better | MADE is exact, and behind the VAE's bound |
#
# No leaf has everything, which is why the tree has so many. Who must know *how probable* (a code, a test for the
# unusual) takes an explicit model. Who wants pictures, fast, takes one that samples at once. And the GAN gave up
# the first question to be trained on the second alone, by an opponent.

# %% [markdown]
# ## In five lines
#
# 1. A generative model knows $\log p(x)$ exactly, by a bound, up to a constant, or not at all: ask which.
# 2. A sample costs one pass, a pass for every pixel, or a chain that must forget where it began.
# 3. Nats are comparable if they are of the same values: a probability, or a bound on it, of the same 17 levels.
# 4. A bound may stand above another model's exact value: then its model is the better one, by that much or more.
# 5. A mean of $\log p$ is the data's entropy and a KL together: differences count, and no number by itself.
#
# ## Now you
#
# `minigan exercise start 21` puts `e21_importance_bound.py` into your folder: write the bound of $k$ draws, for
# weights whose logarithms are in the thousands. `minigan exercise check 21` judges it. Then
# `minigan family digits` takes the photo anew, on your machine, and `minigan train digits --set model=vae` trains
# one of them as lesson 18 trained the GAN.
#
# *Next.* The capstone, `minigan exercise start capstone`: a whole GAN in a blank file.
#
# *Sources.* I. Goodfellow, NeurIPS 2016 tutorial, sections 2.2 to 2.5, 5.3 and Fig. 9. M. Germain et al. 2015
# (MADE). L. Dinh et al. 2017 (RealNVP); L. Theis et al. 2016, section 3.1 (noise on whole numbers). D. Kingma and
# M. Welling 2014; Y. Burda et al. 2016. T. Tieleman 2008; R. Salakhutdinov and I. Murray 2008. Y. Bengio et al.
# 2013 and 2014.

# %%
if __name__ == "__main__":
    show(21)
