"""Exercise 16: build two cheats that beat the true sampler.

Fill the gaps, then ask `minigan exercise check 16`. It calls your functions with random data that you don't see;
`minigan exercise hint 16` gives a hint, and `minigan exercise solution 16` opens once yours has passed.
"""

from __future__ import annotations

import numpy as np


def fool_frechet(train: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Fakes (n, d) whose Fréchet distance to train (m, d) is 0 but for rounding, and nearly none of them good.

    The distance sees the means and the covariances (divided by n - 1, and by m - 1) of the two sets, nothing else:

        |m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2))

    So let your fakes have **exactly** train's mean and covariance, as a sample: n draws of a Gaussian have them
    only on average, and score no better than true samples do. d is 1 to 5, m and n are 10 d at least, and train's
    covariance can be inverted. Passed if the distance is at most 1e-9 of the trace of train's covariance, if at
    most 10 % of your fakes are within 3 sd of a mode of the mixture that train was drawn from (two bells or more,
    far apart for their width), and if no row occurs twice.
    """
    raise NotImplementedError("your code here")


def fool_parzen(train: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Fakes (n, d) that score better on Parzen's estimate than n fresh samples of the truth do.

    Each fake gets a round Gaussian of width sigma; the score is the mean log-likelihood, in nats, of unseen points
    under the mean of these Gaussians, at whichever sigma of a fine grid is best. That rewards fakes that lie in
    the **middle** of the points around them. train (m, d) has m = 20 n rows, d is 10 to 20; no row of train may be
    among your fakes (that would be copying, and scores as the truth does). Passed if your score is higher than the
    best of three true samplers by .5 nats or more.
    """
    raise NotImplementedError("your code here")
