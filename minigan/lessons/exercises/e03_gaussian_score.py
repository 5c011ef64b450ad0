"""Exercise 3: the score of a Gaussian, the slopes of its log-likelihood.

Fill the gap, then ask `minigan exercise check 3`. It calls your function with random data that you don't see;
`minigan exercise hint 3` gives a hint, and `minigan exercise solution 3` opens once yours has passed.
"""

from __future__ import annotations

import numpy as np


def log_likelihood(x: np.ndarray, mu: float, sigma: float) -> float:
    """log L: the sum over the points x (n,) of log N(x_i; mu, sigma^2), in nats. Written slowly, to be clear."""
    total = 0.0
    for value in x:
        total += -np.log(sigma) - np.log(2 * np.pi) / 2 - (value - mu) ** 2 / (2 * sigma**2)
    return total


def gaussian_score(x: np.ndarray, mu: float, sigma: float) -> tuple[float, float]:
    """The slopes of log L: (d log L / d mu, d log L / d sigma), for the log L that stands above.

    x (n,) holds the points, which may be integers; sigma > 0 is the standard deviation, and the second slope is
    taken in sigma itself, not in its square or its logarithm. Both are sums over the points, in nats per unit of
    x, and both are 0 for no points at all. x is left as it was.

    >>> gaussian_score(np.array([1.0, 4.0, 5.0]), 2.0, 2.0)
    (1.0, 0.25)
    """
    raise NotImplementedError("your code here")
