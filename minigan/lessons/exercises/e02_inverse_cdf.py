"""Exercise 2: turn uniform darts into images (the inverse-CDF sampler).

`minigan exercise check 2` judges this file on weights and darts that you don't see: weights that don't sum to 1,
pieces of width zero, darts exactly on an edge. Each index must be the one that the slow loop below gives.
"""

import numpy as np


def inverse_cdf(weights: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Lay the weights end to end, throw each dart u at the line, and say whose piece it hits.

    weights (K,): 0 or more, not all 0, of any sum; the probability of k is weights[k] / weights.sum().
    u (n,): uniform draws, 0 <= u < 1. The answer is (n,) of whole numbers from 0 to K - 1, for each u the index
    k with

        weights[0] + ... + weights[k-1]  <=  u * (sum of all weights)  <  weights[0] + ... + weights[k]

    so that a dart on an edge belongs to the piece on its right, and a piece of weight 0 is never hit. That must
    hold in floating point too: for u = 1 - 2^-53, the largest that NumPy draws, the answer is the last index with
    a weight above 0, however the sums are rounded. n may be 0. u alone decides: draw nothing yourself.

        inverse_cdf(np.array([1, 2, 0, 1]), np.array([0.0, 0.2, 0.25, 0.74, 0.75]))  ->  [0, 0, 1, 1, 3]

    The same as a slow loop, in exact arithmetic:

        for i in range(n):
            left, k = u[i] * sum(weights), 0
            while left >= weights[k]:
                left, k = left - weights[k], k + 1
            answer[i] = k

    With a million darts and 512 weights it must take no more than seconds: use no loop over the darts.
    """
    raise NotImplementedError("your code here")
