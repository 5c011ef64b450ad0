"""Exercise 21: the importance-weighted bound.

Exercise 06 had a formula for every average. Where the decoder is a network there is none, and only dice are left:
each draw z from the encoder's q weighs w = p(x, z) / q(z|x), and the mean of w over q is p(x) itself. The bound is
the logarithm of such a mean, and what it is worth is decided by what is averaged before the logarithm, what after.
(Burda, Grosse, Salakhutdinov 2016, "Importance Weighted Autoencoders", eq. 8 and theorem 1.)

Write the weights, then the bound, then ask `minigan exercise check 21`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def log_weights(
    log_joint: Callable[[np.ndarray], np.ndarray], mu: np.ndarray, sigma: np.ndarray, eps: np.ndarray
) -> np.ndarray:
    """log w = log p(x, z) - log q(z|x) of k draws for each of n images: (k, n), in nats.

    mu, sigma (n, latent): what the encoder says, q(z|x) = N(mu, diag(sigma²)); sigma > 0 (an sd, not a variance).
    eps (k, n, latent): draws from N(0, 1), thrown for you; draw j of image i is z = mu[i] + sigma[i] eps[j, i].
    log_joint: takes all these z at once, (k, n, latent), and returns log p(x, z), (k, n).
    The arguments stay as they are.

    Example: z ~ N(0, 1), x given z ~ N(z, 1), and x = 2. The exact posterior is N(1, 1/2), and with that for q
    every draw weighs the same, p(x) = N(2; 0, 2):

    >>> joint = lambda z: -(z**2 + (2 - z) ** 2).sum(axis=-1) / 2 - np.log(2 * np.pi)
    >>> log_weights(joint, np.array([[1.0]]), np.array([[0.5**0.5]]), np.array([[[-1.0]], [[0.3]]]))
    array([[-2.26551212],
           [-2.26551212]])
    """
    raise NotImplementedError("your code here")


def bound(log_w: np.ndarray, m: int) -> np.ndarray:
    """The m-sample bound of each image from all of its k draws: log_w (k, n) -> (n,), in nats.

    m divides k. The first m rows are one group, the next m another, and so on: k/m groups. Of each group take the
    log of the mean weight; of these logs, the mean. As a loop would say it, but for weights that float64 has not:

        for i in range(n):
            logs = [math.log(sum(math.exp(log_w[j, i]) for j in range(g, g + m)) / m) for g in range(0, k, m)]
            out[i] = sum(logs) / len(logs)

    So m = 1 is the ELBO by dice, and m = k takes a single logarithm, of the mean over all draws. The numbers are
    finite, but may be about -2,000 and far from one another. log_w stays as it is.

    >>> log_w = np.log([[1.0], [3.0]])
    >>> bound(log_w, 1), bound(log_w, 2)  # log 3 / 2, and log 2
    (array([0.54930614]), array([0.69314718]))

    When yours has passed, take any log_w, and for m 1, 2, 4, 8, and so on: no image's bound ever falls. Why not?
    """
    raise NotImplementedError("your code here")
