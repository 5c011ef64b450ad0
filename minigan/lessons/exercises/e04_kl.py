"""Exercise 4: the KL divergence of two distributions, zeros and all.

Fill the gap, then ask `minigan exercise check 4`. It calls your function with random data that you don't see;
`minigan exercise hint 4` gives a hint, and `minigan exercise solution 4` opens once yours has passed.
"""

from __future__ import annotations

import numpy as np


def kl(p: np.ndarray, q: np.ndarray) -> float:
    """KL(p, q) = sum of p_i log(p_i / q_i) over all outcomes i, in nats.

    p (n,) and q (n,) are probabilities of the same n outcomes; each sums to 1. Zeros are allowed:

    - p_i = 0 adds nothing, whatever q_i is: what never happens costs nothing (0 log 0 = 0);
    - q_i = 0 where p_i > 0 makes the whole inf: no code has a word for it;
    - q_i may be as small as 1e-310: not 0, so the answer is finite.

    Neither array is changed. How a loop would say it, but for the zeros:

        total = 0.0
        for i in range(len(p)):
            total += p[i] * math.log(p[i] / q[i])

    >>> kl(np.array([0.9, 0.1]), np.array([0.5, 0.5]))
    0.36806420716849714
    """
    raise NotImplementedError("your code here")
