"""Exercise 6: the bound that a variational autoencoder climbs.

Lesson 06 wrote the ELBO as energy plus entropy, for one noise and one shape of q. Here you write it the other way,
fit minus toll, as a VAE computes it for a batch: every point has a q of its own, from the encoder.

The model: z ~ N(0, I) with d latents, and x given z ~ N(w·z, noise_sd²), one number.
The encoder says, for point i: q(z) = N(mean[i], diag(variance[i])).

    ELBO = E_q[log p(x|z)] - KL(q(z), p(z))     nats, one value for each point

elbo_by_dice below is the specification: slow, and right only on average. Yours is exact and throws no dice.
Write `elbo`, then: minigan exercise check 6
"""

import math

import numpy as np


def elbo_by_dice(
    x: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    w: np.ndarray,
    noise_sd: float,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """What elbo is, by its definition: E_q[log p(x|z) + log p(z) - log q(z)] as a mean over draws from q."""
    total = np.zeros(len(x))
    for i in range(len(x)):
        for _ in range(draws):
            log_q = log_prior = reading = 0.0
            for j in range(len(w)):
                e = rng.standard_normal()
                z = mean[i, j] + math.sqrt(variance[i, j]) * e
                log_q += -(e**2) / 2 - math.log(2 * math.pi * variance[i, j]) / 2
                log_prior += -(z**2) / 2 - math.log(2 * math.pi) / 2
                reading += w[j] * z
            miss = (x[i] - reading) / noise_sd
            log_likelihood = -(miss**2) / 2 - math.log(2 * math.pi * noise_sd**2) / 2
            total[i] += (log_likelihood + log_prior - log_q) / draws
    return total


def elbo(x: np.ndarray, mean: np.ndarray, variance: np.ndarray, w: np.ndarray, noise_sd: float) -> np.ndarray:
    """The ELBO of each point, in nats, exactly.

    x (n,): the data.
    mean, variance (n, d): of q, for each point and latent; variance > 0 (a variance, not an sd), perhaps 1e-30.
    w (d,): the loadings; any of them may be 0.
    noise_sd: a positive number (an sd, not a variance).
    Returns (n,). The arguments stay as they are.

    Example, the lesson's model at x = 2 with its best mean-field q:
    elbo(np.array([2.0]), np.array([[6 / 19, 6 / 19]]), np.array([[0.1, 0.1]]), np.array([3.0, 3.0]), 1.0)
    is [-3.3267867841], which is .8304 below log p(2) = -2.4964211807.
    """
    raise NotImplementedError("your code here")
