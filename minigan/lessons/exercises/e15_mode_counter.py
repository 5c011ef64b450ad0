"""Exercise 15: the mode counter, with the cases that tables leave out.

Fill the gap, then ask `minigan exercise check 15`. It calls your function with random data that you don't see;
`minigan exercise hint 15` gives a hint, and `minigan exercise solution 15` opens once yours has passed.
"""

from __future__ import annotations

import numpy as np


def count_modes(
    samples: np.ndarray, centres: np.ndarray, sd: np.ndarray, weights: np.ndarray
) -> tuple[int, float, float]:
    """(modes found, high-quality share, reverse KL in nats) of samples from a mixture of K round Gaussians.

    samples (n, d), n at least 1; centres (K, d); sd (K,), each mode's own; weights (K,), positive, with sum 1.

    - A sample belongs to the **nearest** centre: Euclidean distance, not counted in sd. Of equals, the first.
    - It is **good** if it is closer than 3 sd (of the mode that it belongs to); at exactly 3 sd it is not.
    - Modes found: how many modes have at least one good sample; from 0 to K.
    - High-quality share: good samples over all n samples; from 0 to 1.
    - Reverse KL: KL(q, weights), q_k being mode k's share **of the good samples**. A mode without good samples
      adds 0 to the sum. If no sample at all is good, it is inf.

    No argument is changed.

    >>> x = np.array([[0.0, 0.1], [4.0, 0.2], [4.1, 0.0], [4.0, 3.0], [1.9, 0.0]])
    >>> count_modes(x, np.array([[0.0, 0.0], [4.0, 0.0]]), np.array([0.1, 0.1]), np.array([0.5, 0.5]))
    (2, 0.6, 0.05663301226513252)
    """
    raise NotImplementedError("your code here")
