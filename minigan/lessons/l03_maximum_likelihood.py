# %% [markdown]
# # 03. Maximum likelihood: which parameters made this data likely?
# *About 1 second; afterwards you can fit a model by climbing its log-likelihood, check the climb against a
# formula, and say what the answer is not.*
#
# *Needs: derivatives, the chain rule, and the bell curve's formula; no other lesson.*
#
# A new intern starts at the bank. Before anybody shows her a forgery she gets a scale and ten genuine notes:
# "learn what a real one weighs." A note weighs about a gram. These are hers, in milligrams:

# %%
from __future__ import annotations

import math

import numpy as np

import minigan as mg
from minigan.lessons import show

NOTES = np.array([998, 993, 999, 1005, 996, 997, 1006, 1004, 1000, 1002], float)
LATER = np.array([1001, 995, 1003, 1008, 999, 992, 1000, 1005, 997, 1004], float)  # another day's, for the end

# %% [markdown]
# What she wants is more than the list. She wants a rule that gives a density to weights that she has not seen
# yet: a **model** $p_W(x)$ with parameters $W$. Hers is a Gaussian, so $W = (\mu, \sigma)$. Thousands of
# Gaussians could have made these ten notes. Which one shall she take?
#
# **Predict before you read on.** The ten weights have the mean 1000, and their squared distances from it sum to
# 160. Which spread fits best: $\sigma = \sqrt{160/10} = 4$, or $\sqrt{160/9} \approx 4.216$, the one that the
# statistics class divides by $n - 1$ for? Or does "best" not mean anything before we have said by which measure?
#
# ## The likelihood
#
# The measure is old and simple: take the parameters under which the data at hand would have been least
# surprising. For independent draws their joint density is a product, and read as a function of $W$ it is called
# the **likelihood**. The arg max is the place where it is greatest:
#
# $$L(W) = \prod_{i=1}^{n} p_W(x_i), \qquad \log L(W) = \sum_{i=1}^{n} \log p_W(x_i), \qquad
#   \hat W = \operatorname*{arg\,max}_W \, \log L(W).$$
#
# The logarithm moves no maximum, and it is no luxury either. A hundred copies of the ten notes make a product of
# 1,000 densities, which float64 gives as 0; the sum of logarithms is -2805.23 nats and perfectly healthy. This is
# the whole of it, in code:


# %%
def log_likelihood(model: mg.Distribution, x: np.ndarray) -> float:
    """log L: the sum over the points x (n,) of the model's log-density, in nats."""
    return float(model.log_density(x[:, None]).sum())


# %% [markdown]
# ## The answer as a formula
#
# Write the Gaussian out:
#
# $$\log L(\mu, \sigma) = -n \log \sigma - \frac{1}{2\sigma^2} \sum_i (x_i - \mu)^2 - \frac n2 \log 2\pi .$$
#
# At the top both slopes are 0. The slope in $\mu$ is $\sum_i (x_i - \mu) / \sigma^2$, which vanishes only at the
# mean of the data, whatever $\sigma$ is. The slope in $\sigma$ is left to you (it is this lesson's exercise); put
# to 0 at $\mu = \bar x$ it gives $\sigma^2 = \frac1n \sum_i (x_i - \bar x)^2$. **With $1/n$.** So she takes
# $\mu = 1000$ mg and $\sigma = 4$ mg. A look at every pair on a grid finds the same top, -28.0523 nats, and in
# general it is $-\frac n2 \log(2 \pi e \hat\sigma^2)$.


# %%
def closed_form(x: np.ndarray) -> tuple[float, float]:
    """The Gaussian's maximum-likelihood parameters: the mean, and the root of the mean square around it."""
    mu = float(x.mean())
    return mu, math.sqrt(float(np.square(x - mu).mean()))


def surface(x: np.ndarray, mus: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """log L at every pair, (len(sigmas), len(mus)), in nats."""
    return np.array([[log_likelihood(mg.Gaussian(mu, sigma), x) for mu in mus] for sigma in sigmas])


MUS, SIGMAS = np.linspace(988, 1012, 49), np.linspace(2, 12, 41)  # 0.5 and 0.25 mg apart

# %% [markdown]
# And the $n - 1$? It answers another question. 4.216 makes these ten notes a little less likely (by
# $5 \log \frac{10}{9} - \frac12 = .0268$ nats), but if you average $\hat\sigma^2$ over many samples of ten from a
# true $\sigma^2 = 16$ you get $\frac{9}{10} \cdot 16 = 14.4$: the estimate is too small on average, because
# $\bar x$ has been fitted to the same ten points. Dividing by $n - 1$ mends the average. Neither is a mistake;
# maximum likelihood never promised to be right on average. With a thousand notes nobody can tell the two apart.
#
# ## The answer as a climb
#
# For a neural network no formula drops out and there is only the slope, so let us practise on a hill whose top we
# know. A step in $\sigma$ could jump below 0. A step in $\eta = \log \sigma$ cannot, and it moves no maximum
# either. By the chain rule $\partial / \partial \eta = \sigma \, \partial / \partial \sigma$, and per note
#
# $$\frac1n \frac{\partial \log L}{\partial \mu} = \frac{\bar x - \mu}{\sigma^2}, \qquad
#   \frac1n \frac{\partial \log L}{\partial \eta} = -1 + \frac1n \sum_i \frac{(x_i - \mu)^2}{\sigma^2} .$$
#
# The second says: widen while the notes are, in the mean square, more than one $\sigma$ away.


# %%
def slopes(x: np.ndarray, mu: float, eta: float) -> tuple[float, float]:
    """The slopes of (log L) / n in mu (nats per mg) and in eta = log sigma (nats)."""
    variance = math.exp(2 * eta)
    return float(x.mean() - mu) / variance, float(np.square(x - mu).mean()) / variance - 1


def climb(x: np.ndarray, mu: float, sigma: float, rate: float = 0.2, steps: int = 3000) -> np.ndarray:
    """Gradient ascent on (log L) / n: the path (steps + 1, 2) of (mu, sigma)."""
    eta, path = math.log(sigma), [(mu, sigma)]
    for _ in range(steps):
        d_mu, d_eta = slopes(x, mu, eta)
        mu, eta = mu + rate * d_mu, eta + rate * d_eta
        path.append((mu, math.exp(eta)))
    return np.array(path)


START = (990.0, 6.0)

# %% [markdown]
# From $(990, 6)$ the climb first *widens*: the notes are more than one $\sigma$ off, and a wide guess is a cheap
# excuse for a wrong mean. Then the mean walks over and the width shrinks behind it. In the end climb and formula
# differ by less than $10^{-8}$.
#
# Two things went well only because they were arranged. It takes many hundreds of steps, though the hill is as
# plain as hills get, because it is steep in $\eta$ and flat in $\mu$. Near the top the second slope falls by 2 for
# each unit of $\eta$, the first by $1/\sigma^2$ for each mg: so a step of rate $r$ keeps $1 - 2r$ of the error in
# $\eta$, but $1 - r / \sigma^2$ of the error in $\mu$. Weigh in units of 4 mg, and both errors are gone in tens of
# steps: that is why data are scaled before a network sees them (lesson 09). And a bolder start is punished: from
# $(990, 3)$ with rate $.5$ the very first step throws $\sigma$ to 1,145 mg. Here there is a top to come back to.
# In a game of two players there need not be one (lesson 14).
#
# ## What the maximum is not
#
# *Not absolute.* A density has a unit, here 1/mg. Put the same notes on the scale in grams and the top of the
# same hill is +41.03 nats, $10 \log 1000$ higher. Two log-likelihoods compare only on the same data in the same
# unit (lesson 19 will need this). The place of the maximum doesn't care.
#
# *Not a distribution over a parameter.* One can read that an MLE yields a distribution over a parameter. The
# mix-up is easy, for three things live close together: $p_W(x)$ is a distribution, over **data**; $L(W)$ is a
# function of the parameters, but no distribution; $\hat W$ is one **point**. Count it out: the intern holds ten
# notes from the street against the lamp and seven are genuine. If $\theta$ is the share of genuine notes, her
# seven and three, in their order, have the likelihood $L(\theta) = \theta^7 (1 - \theta)^3$. Its maximum is at
# $\hat\theta = .7$. The area under it is $1/1320$, not 1. Somebody who holds every $\theta$ for equally plausible
# beforehand may divide by that area, and *then* has a distribution over $\theta$, a Bayesian's posterior. Its
# mean is $2/3$, another answer to another question.


# %%
def lamp(theta: np.ndarray) -> np.ndarray:
    """The likelihood of the share theta, (n, 1) or (n,), after 7 genuine notes and 3 forgeries."""
    return (theta**7 * (1 - theta) ** 3).ravel()


# %% [markdown]
# *Not always there.* Suppose that half of the notes come from a careful press, so the model becomes
# $\frac12 N(x; m, s^2) + \frac12 N(x; 1000, 4^2)$. Put $m$ on one note, 993 mg, and let $s$ shrink. What happens
# to the likelihood of all ten? Predict it.
#
# The nine other notes keep at least $\frac12 N(x; 1000, 4^2)$ each, so they can lose only so much. The one note
# gets $\frac12 \cdot \frac{1}{s \sqrt{2 \pi}}$, with no end: every tenfold smaller $s$ adds $\log 10 = 2.3026$
# nats. **A mixture's likelihood has no maximum.** At $s = 10^{-12}$ mg the ten notes are at -4.44 nats, far above
# the honest Gaussian's -28.05, and still rising.
#
# ![The climb to the one top of a Gaussian's likelihood, and a mixture's likelihood that has
# none](../../figures/l03_maximum_likelihood.png)


# %%
def spike(s: float) -> mg.Mixture:
    """Half of the mass within about s of the second note, half in the honest Gaussian."""
    return mg.Mixture([NOTES[1], 1000.0], [s, 4.0])


# %% [markdown]
# So which model is better? Weigh ten notes of another day. To each of them the spiked model gives exactly
# $\log 2 = .6931$ nats *less* than the honest one: half of its mass sits on a needle that no new note hits. The
# training likelihood rose without bound while the model got worse. Whoever fits densities with free widths meets
# this needle (mixtures, decoders with a learned variance) and puts a floor under $s$ or a prior on it, and
# everybody keeps data aside to be honest with. The critic of lesson 09 memorises a small training set in the same
# way.
#
# ## And GANs?
#
# Maximum likelihood is the plainest meaning of "fit a generative model": choose $W$ so that the real samples
# become likely, then draw new ones from $p_W$. It asks one thing of the model, that $p_W(x)$ can be computed. A
# GAN's generator cannot do this, and its usual game isn't maximum likelihood in disguise: lesson 05 shows the
# difference in a picture, lesson 11 in a formula, with the one generator loss for which it *is*. But first: in
# which sense does a likely model lie "near" the data? That is lesson 04.
#
# ## In five lines
#
# 1. The likelihood of parameters is the joint density of the data under them, and its logarithm is a sum.
# 2. A Gaussian's likelihood is greatest at the mean and at the root of the mean square deviation, with $1/n$.
# 3. Where no formula drops out one climbs the slope, which takes many steps if the data are not scaled.
# 4. The likelihood is no distribution over the parameters, and its height depends on the unit of the data.
# 5. A mixture with free widths has no maximum: a needle on one point wins the training data and loses the unseen.
#
# ## Now you
#
# `minigan exercise start 3` puts `e03_gaussian_score.py` into your folder `exercises`: write the two slopes of
# $\log L$ in $\mu$ and in $\sigma$ itself, as sums over the points. `minigan exercise check 3` judges it.
#
# *Sources.* Maximum likelihood for generative models: Goodfellow 2016, NeurIPS tutorial, section 2.1. The
# Gaussian's estimates and their bias: Bishop 2006, section 1.2.4. The likelihood as a function that is no
# distribution: MacKay 2003, section 2.3. The mixture's needle: Bishop 2006, section 9.2.1.

# %%
if __name__ == "__main__":
    show(3)
