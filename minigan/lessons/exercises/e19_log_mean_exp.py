"""Exercise 19: log-mean-exp, and the sigma that validation takes.

Two functions, and with them you could fill the first paper's table. Nothing may overflow or vanish on the way.
Fill the gaps, then ask `minigan exercise check 19`.
"""

from __future__ import annotations

import numpy as np


def log_mean_exp(a: np.ndarray) -> np.ndarray:
    """log of the mean of e^a along each row: a (n, m) -> (n,).

    As a loop would say it, but for numbers that float64 cannot raise e to:

        for i in range(n):
            out[i] = math.log(sum(math.exp(a[i, j]) for j in range(m)) / m)

    Rows may hold any finite numbers, up to 1e300 of either sign, and may be far from one another; a may also hold
    -inf, since e^-inf = 0. A row of nothing but -inf gives -inf. The answer is never nan; a stays as it is.

    >>> log_mean_exp(np.array([[0.0, np.log(3)], [1000.0, 1000.0], [-5000.0, -np.inf]]))
    array([ 6.93147181e-01,  1.00000000e+03, -5.00069315e+03])
    """
    raise NotImplementedError("your code here")


def best_sigma(distance2: np.ndarray, dim: int, sigmas: np.ndarray) -> tuple[float, float]:
    """(the width with the highest mean log-likelihood, that mean in nats), the first of equals.

    distance2 (v, m): |x - μ|², squared already, from each of v validation images to each of m samples.
    dim: how many pixels an image has. sigmas (s,): the widths to try, all above 0.

    For one width, the log-likelihood of image i is that of a mean of m Gaussians in dim dimensions,

        log mean_j exp(-distance2[i, j] / (2 sigma²))  -  dim log(sigma sqrt(2 pi)),

    and the mean over the v images is what counts.

    >>> best_sigma(np.array([[4.0, 4.0]]), 4, np.array([0.5, 1.0, 2.0]))     # sigma² = 4/4 is the best there is
    (1.0, -5.675754132818691)
    """
    raise NotImplementedError("your code here")
