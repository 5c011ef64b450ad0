# %% [markdown]
# # 06. A floor under the likelihood: what does a bound hide?
# *About 1 second; afterwards you can derive the bound that variational autoencoders climb, compute what it leaves
# out, and say why more data doesn't bring that back.*
#
# *Needs: matrices with their inverse and determinant, and lessons 03 to 05.*
#
# Lessons 03 and 04 trained models by their likelihood, and there was always a formula for it. Now put something
# hidden between the model and its data. Two dials stand behind a curtain, $z_1$ and $z_2$; somebody turns both
# at random, and all we read is one number $x$, with some noise $\varepsilon$ in it:
#
# $$z \sim N(0, I), \qquad x = w_1 z_1 + w_2 z_2 + \varepsilon, \quad \varepsilon \sim N(0, 1), \quad w = (3, 3).$$
#
# $z$ is a *latent variable*, the distribution of $z$ its *prior*, and $p(x \mid z) = N(x;\, w \cdot z,\, 1)$ the
# *likelihood*. Put a deep net where $w \cdot z$ stands and you have the model half of a variational autoencoder.
# To train by maximum likelihood we need $p(x) = \int p(z)\, p(x \mid z)\, dz$, how probable the reading is when
# *all* positions of the dials are counted. Two dials can be counted on a mesh of 321 points a side. With twenty
# dials such a mesh has $321^{20}$ points, a number of 51 digits, and nobody adds those up. So we do what an
# engineer does with a quantity that can't be computed: put a floor under it that can, and push the floor up. This
# lesson asks what is lost in between. Our model is simple enough to know the truth: a sum of independent Gaussians
# is Gaussian, so $x \sim N(0,\, 1 + w \cdot w) = N(0, 19)$, and everything below stands beside it.

# %%
from __future__ import annotations

import math

import numpy as np

import minigan as mg
from minigan.lessons import show

W = np.array([3.0, 3.0])
VARIANCE = 19.0  # of x: 1 + 3² + 3²


def log_p(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The exact log p(x) of the model, x (n,) -> (n,), nats."""
    return mg.Gaussian(0.0, math.sqrt(1 + w @ w)).log_density(x[:, None])


# %% [markdown]
# ## The floor
#
# Take any density $q(z)$ at all, multiply and divide by it, and pull the logarithm into the average. The
# logarithm is concave, so the average of logs lies below the log of the average (Jensen's inequality):
#
# $$\log p(x) = \log E_q\!\left[\frac{p(x, z)}{q(z)}\right] \;\ge\; E_q\!\left[\log \frac{p(x, z)}{q(z)}\right]
#   =: \mathrm{ELBO}(x, q).$$
#
# The right side is the *evidence lower bound*: for every $x$ and every $q$ it is a number that we can compute,
# and the truth isn't below it. How far above is it? Write $p(x, z) = p(x)\, p(z \mid x)$ and the answer falls
# out:
#
# $$\log p(x) - \mathrm{ELBO}(x, q) = \mathrm{KL}\big(q(z),\, p(z \mid x)\big).$$
#
# So the gap is a divergence that we know from lesson 04, and it is nought only when $q$ is the *posterior*, what
# the reading says about the dials. To push the floor up by way of $q$ is to fit $q$ to the posterior by reverse
# KL, the one of lesson 05 that picks and never covers. Two ways to write the bound are worth knowing by heart,
# energy plus entropy, and fit minus toll (how well the dials that $q$ proposes explain $x$, less how far $q$ had
# to move from the prior):
#
# $$\mathrm{ELBO} = E_q[\log p(x, z)] + H(q) = E_q[\log p(x \mid z)] - \mathrm{KL}\big(q(z),\, p(z)\big).$$
#
# The code below is the first; you will write the second. Here $\log p(x, z)$ is quadratic in $z$, with curvature
# $-\Lambda$, $\Lambda = I + w w^\top$, and a quadratic's average is its value at the mean plus half the curvature
# times the spread. The same $\Lambda$ is the inverse of the posterior's covariance. That is all:


# %%
def posterior(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """p(z|x) = N(slope x, Λ⁻¹) -> slope (d,), Λ (d, d): Λ = I + w wᵀ, and slope = Λ⁻¹ w."""
    precision = np.eye(len(w)) + np.outer(w, w)
    return np.linalg.solve(precision, w), precision


def elbo(x: np.ndarray, w: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Energy plus entropy for q = N(mean, covariance), x (n,), mean (n, d), covariance (d, d) -> (n,), nats."""
    prior, noise = mg.Gaussian(np.zeros(len(w))), mg.Gaussian()
    at_mean = prior.log_density(mean) + noise.log_density((x - mean @ w)[:, None])  # log p(x, z) there
    energy = at_mean - np.trace(posterior(w)[1] @ covariance) / 2
    return energy + mg.entropy(mg.Gaussian(np.zeros(len(w)), covariance=covariance))


def gap(x: np.ndarray, w: np.ndarray, covariance: np.ndarray, mean: np.ndarray | None = None) -> np.ndarray:
    """log p(x) - ELBO at x (n,) -> (n,), nats; q's mean is the posterior's unless given."""
    mean = np.outer(x, posterior(w)[0]) if mean is None else mean
    return log_p(x, w) - elbo(x, w, mean, covariance)


# %% [markdown]
# ## A q that is too simple
#
# With $q$ equal to the posterior the gap is 0 and nothing is hidden. But a posterior over thousands of latents
# has millions of correlations, and so nearly everybody takes a $q$ without any: one mean and one variance for
# each latent, $q(z) = q_1(z_1)\, q_2(z_2)$. This is the *mean-field* $q$, and an ordinary variational
# autoencoder puts out exactly that.
#
# What does it miss here? We read $x = 6$: the dials' sum is about 2. Was it 1 and 1, or 3 and -1? If one was
# higher, the other was lower: two causes that explain one reading compete. Our posterior has correlation -.9.
#
# > **Your prediction, please.** (a) Where is the gap largest: at the common $x = 0$, or far out at $x = 13$,
# > which is three standard deviations? (b) Given the posterior, which variance should $q$ have for $z_1$: the
# > variance that $z_1$ has in the posterior, or a smaller or larger one?
#
# (a) It is the same everywhere. The reading moves the posterior's mean, which $q$ can follow, and never its
# shape: *.8304 nats at every x*. (b) Smaller. With the mean in place, $q$'s variances $v_i$ enter the gap as
#
# $$\mathrm{KL} = \tfrac12 \Big[\sum_i (\Lambda_{ii} v_i - 1 - \log v_i) - \log \det \Lambda\Big],
#   \qquad \text{least at } v_i = 1 / \Lambda_{ii},
#   \qquad \text{and then} \qquad -\tfrac12 \log(1 - \rho^2).$$
#
# Here $\rho = -.9$ is that correlation. $\Lambda_{11} = 1 + 3^2 = 10$, so $v_1 = .1$: the variance of $z_1$ when
# $z_2$ is *known*. In the posterior, where $z_2$ is not known, $z_1$ has the variance .5263. Taking those marginal
# variances is the usual slip, and it looks so honest: they are the true ones. Yet the round cloud that they make
# lies largely where the posterior has nothing, which reverse KL punishes, and the gap grows to 3.433 nats.
# Mean-field errors have a direction: $q$ is too sure of itself.


# %%
def mean_field(w: np.ndarray) -> np.ndarray:
    """The best covariance without correlations: 1/Λᵢᵢ on the diagonal."""
    return np.diag(1 / np.diag(posterior(w)[1]))


# %% [markdown]
# ## A VAE in four lines
#
# A *variational autoencoder* (VAE) is this bound with nets in two places. Its parts, each with what it is here:
#
# | part | in a VAE | here |
# |---|---|---|
# | prior $p(z)$ | $N(0, I)$, chosen | the same |
# | likelihood $p(x \mid z)$ | a net, the *decoder*, gives its mean | $N(w \cdot z, 1)$ |
# | $q(z \mid x)$ | a net, the *encoder*, gives means and variances | mean $w x / 19$, variances .1 |
# | objective | average ELBO over the data, by gradient | the same, by formula |
#
# The encoder is there to save work. Instead of a search for the best $q$ at each data point, one net is trained
# to give it at a glance: the search is *amortised*. Our encoder is the straight line $x \mapsto w x / 19$, and a
# line is enough, because the posterior's mean is one. An encoder that is not quite right adds to the gap: let
# its slope fall short by a tenth and the average gap over the data grows from .8304 to .9204 nats. So two things
# hide in the bound, a family of $q$ that is too simple and an encoder that isn't finished (Cremer et al. 2018
# call them the approximation gap and the amortisation gap), and from the bound alone nobody can tell one from
# the other, or either from a bad model.
#
# The articles that this course grew from say that a VAE has to be "explicitly distributed". That is right in the
# sense of the taxonomy: we must *write down* a prior and a likelihood, which a GAN never does. It is easily read
# as more than that. Written down is not worked out: $p(x)$ is an integral, and for a real VAE only the floor
# under $\log p(x)$ can be evaluated. An explicit model, then, with a density that is bounded and not known.
# Lesson 21 puts that into its table.
#
# ## Dice or no dice
#
# Methods like this one are called *deterministic* approximations, in contrast to Markov chains and Monte Carlo,
# which are *stochastic*. The word is about where the error comes from. Fit $q$ by improving one dial's mean at a
# time, with the other held, and the mean's error shrinks by the factor $\rho^2 = .81$ with every sweep. Run it
# twice and every digit is the same; run it for ever and the gap is still .8304. This error is a *bias*, and
# computing longer doesn't touch it. (The appendix has the code.)
#
# A VAE does throw dice, for it draws $z = \mu + \sigma \epsilon$ to estimate its bound (the reparameterisation
# trick: with the dice kept outside, $\mu$ and $\sigma$ get gradients). But look at what those dice estimate:
# with 100,000 draws they settle on the *floor*. More dice sharpen the floor and never lift it. A stochastic
# method throws its dice at $p(x)$ or at the posterior itself: no bias in the long run, but scatter that shrinks
# like $n^{-1/2}$. That is lesson 07.

#
# ## Does it matter?
#
# One might shrug: a floor that lies .8304 nats too low *everywhere* has its peak where the truth has it. For a
# fixed model that is so. But training changes the model, and with the model the gap.
#
# > **Your prediction, please.** Real data with variance 19, infinitely many. A model
# > $x = w(z_1 + z_2) + \varepsilon$ with one number $w$ to learn, which can be exactly right ($w = 3$). A perfect
# > optimiser, started *at* $w = 3$, that maximises the average bound with the best mean-field $q$. Which variance
# > $1 + 2w^2$ will the model have at the end?
#
# It leaves the truth and stops at *10.41*. Here is why. With $k = w^2$ the model's variance is $1 + 2k$ and its
# gap $\frac12 \log \frac{(1 + k)^2}{1 + 2k}$, so that the average bound is, up to a constant,
#
# $$\underbrace{-\tfrac12 \log(1 + 2k) - \frac{19}{2(1 + 2k)}}_{\text{average of } \log p(x)} \;-\;
#   \underbrace{\log(1 + k) + \tfrac12 \log(1 + 2k)}_{\text{gap}}.$$
#
# Its derivative is nought where $(1 + 2k)^2 = 19 (1 + k)$, that is $4k^2 - 15k - 18 = 0$, $k = (15 + \sqrt{513})/8
# = 4.706$. A smaller $w$ makes the two dials less entangled, and less entangled dials are cheaper for a $q$
# without correlations. The bound pays .1117 nats of likelihood to make the gap .2603 nats smaller (.5701 instead
# of .8304), and books a profit of .1487. A learner who sees only the bound sees a curve that rises and flattens,
# as it should.
#
# What was learned is no detail: 13.9 % of the data lie beyond two of this model's standard deviations, where the
# model itself expects 4.6 %. And the training needs only these lines, which alternate between the best $q$ for
# the model and the best model for the $q$ (variational EM). Of the data they ask nothing but the mean square, so
# "infinitely many" is no exaggeration: we hand over 19 itself.
#
# ![Bound and truth with the gap between them, for one model and over training: the bound has its peak
# elsewhere](../../figures/l06_variational_bound.png)


# %%
def learn(mean_square: float, w: np.ndarray, tied: bool = True, rounds: int = 200) -> np.ndarray:
    """The w that maximises the average bound over data of this mean square; tied: w₁ = w₂."""
    for _ in range(rounds):
        slope, covariance = posterior(w)[0], mean_field(w)  # the best q for this w
        xz = mean_square * slope  # E[x z] and E[z zᵀ] under data and q
        zz = mean_square * np.outer(slope, slope) + covariance
        w = np.full(2, xz.sum() / zz.sum()) if tied else np.linalg.solve(zz, xz)  # regression of x on z
    return w


# %% [markdown]
# ## Bias, not overfitting
#
# One of the articles names the danger: with a weak approximate posterior, even perfect optimisation and infinite
# data leave a gap, and the model learns something other than the data's distribution. That is right, and you
# have just watched it. It adds "overfitting or underfitting", and here we'd rather say *bias*: overfitting needs
# scarce data and underfitting a model that can't hold the truth. Here the data were infinite and the truth was
# where we started. (We tied the two loadings for a reason: untied, a model gets away, in the appendix.)
#
# **In practice.** A bound from one model and a bound from another can't be ranked as if they were likelihoods:
# the difference of the gaps is in it. Papers therefore estimate $\log p(x)$ itself with many draws a point
# (Burda et al. 2016). If the bound is poor, ask which gap it is: fit $q$ at a few test points by hand, without
# the encoder; what this wins was the encoder's fault. And if an encoder's variances all stand at 1 and its means
# at 0, the dials are off (*posterior collapse*), which is the appendix's story carried to its end.
#
# ## In five lines
#
# 1. With a hidden $z$ the density $p(x)$ is an integral, and every $q(z)$ gives a floor under its logarithm, the
#    ELBO.
# 2. The gap between floor and truth is KL from $q$ to the posterior, lesson 05's reverse KL.
# 3. A $q$ without correlations leaves a gap, here .8304 nats at every $x$, which no further computing closes.
# 4. Training climbs the floor and not the likelihood, so infinite data of variance 19 can teach a model 10.41.
# 5. The dice of a VAE estimate the floor; more of them make it sharper and never lift it.
#
# ## Now you
#
# `minigan exercise start 6` puts `e06_elbo.py` into your folder: write the bound in its other form, fit minus
# toll, for any number of latents and any noise, the way a VAE computes it for a whole batch at once. Then
# `minigan exercise check 6`. Two questions to take along: what would the curve of the figure look like for a
# posterior with correlation -.99? And if the noise in $x$ were larger, would the bound hide more, or less?
#
# *Next.* Lesson 07 drops the floor and throws the dice: what does it cost to walk to the posterior instead?
#
# *Sources.* The bound, and what a weak $q$ does: Goodfellow 2016, NeurIPS tutorial, section 2.3.2. VAEs: Kingma
# and Welling 2014, eq. 1 to 3, and section 2.4 for the reparameterisation; Rezende et al. 2014, the same idea,
# found independently. Mean-field on a correlated Gaussian (variances $1/\Lambda_{ii}$, too compact): Bishop 2006,
# section 10.1.2; this model with more readings: section 12.2. The bias of learned parameters: Turner and Sahani
# 2011. The two gaps: Cremer et al. 2018. Principal directions: Rolinek et al. 2019. Many draws a point: Burda et
# al. 2016.

# %% [markdown]
# ## Appendix: who gets away, and who doesn't
#
# We tied $w_1 = w_2$ for a reason. Untie them, start at $(3, 2.9)$, and the same lines learn $w = (\sqrt{18}, 0)$:
# variance 19, gap 0, nothing hidden. All loadings with $w_1^2 + w_2^2 = 18$ give the same $p(x)$, and the bound
# picks from them one whose posterior has no correlation: it switched a dial off. So a bound can also *choose*
# among equally good models, for reasons that the data never gave. VAEs with free decoders tend to do this too, and
# line their latents up with the principal directions of the data (Rolinek et al. 2019). It helps as long as such
# an equivalent model exists; where the decoder can't turn, as here with tied weights, the bound takes it out of
# the truth.
#
# ## Appendix: the sweeps, and the dice
#
# The two experiments of "Dice or no dice", in code.


# %%
def sweeps(x: float, w: np.ndarray, count: int) -> np.ndarray:
    """q's mean after 0 .. count sweeps of coordinate ascent from 0: (count + 1, 2)."""
    precision = posterior(w)[1]
    mean, path = np.zeros(2), [np.zeros(2)]
    for _ in range(count):
        for i in (0, 1):
            mean[i] = (w[i] * x - precision[i, 1 - i] * mean[1 - i]) / precision[i, i]
        path.append(mean.copy())
    return np.array(path)


def dice_for_the_bound(x: float, w: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """draws of log p(x, z) - log q(z) with z = μ + σ ε, as a VAE has them: their mean estimates the ELBO."""
    mu, sd = posterior(w)[0] * x, np.sqrt(np.diag(mean_field(w)))
    z = mu + sd * rng.standard_normal((draws, len(w)))
    joint = mg.Gaussian(np.zeros(len(w))).log_density(z) + mg.Gaussian().log_density((x - z @ w)[:, None])
    return joint - mg.Gaussian(mu, sd).log_density(z)


# %% [markdown]
# ## Appendix: what is learned, and what it costs


# %%
def average_log_p(w: np.ndarray) -> float:
    """The mean of log p(x) over the data N(0, 19), nats."""
    return -mg.cross_entropy(mg.Gaussian(0.0, math.sqrt(VARIANCE)), mg.Gaussian(0.0, math.sqrt(1 + w @ w)))


def average_bound(w: np.ndarray) -> float:
    """The mean of the ELBO over the data, with the best mean-field q: the gap is the same at every x."""
    return average_log_p(w) - float(gap(np.zeros(1), w, mean_field(w))[0])


# %%
if __name__ == "__main__":
    show(6)
