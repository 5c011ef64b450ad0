"""Exercise 17: packing, on D's side only.

Fill the gap, then ask `minigan exercise check 17`. It calls your function with random data that you don't see;
`minigan exercise hint 17` gives a hint, and `minigan exercise solution 17` opens once yours has passed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def packed_round(
    z: np.ndarray, real: np.ndarray, m: int, G: Callable, D: Callable
) -> tuple[float, float, np.ndarray]:
    """(D's loss, G's loss, G's slope at the fakes) of one round in which D sees packs of m samples.

    z (B, k) and real (B, d) are this round's noise and real samples; B must be a multiple of m, else raise
    ValueError. Two networks are given as functions:

        x = G(z)               x[i] is the fake that z[i] gives; z (any number of rows, k), x (as many, d)
        s, slope = D(packs)    packs (R, m d), any R; s (R,) is the logit of each pack, and slope (R, m d) holds
                               the derivatives of s[r] by the numbers of pack r

    Pack r holds samples r m, r m + 1, ..., r m + m - 1, one beside the other: D sees the first one's d numbers,
    then the second one's, and so on. A pack is all real or all fake. In nats, and with means over *packs*:

        D's loss   mean over real packs of -log sigmoid(s)  +  mean over fake packs of -log(1 - sigmoid(s))
        G's loss   mean over fake packs of -log sigmoid(s)

    The slope wanted is (B, d): of G's loss by each fake's numbers, which is where G's own backward would begin.
    Logits of +-1000 must not overflow, and m = 1 is the plain game. No argument is changed.

    >>> z, real = np.array([[1.0], [2.0], [3.0], [4.0]]), np.zeros((4, 1))
    >>> D = lambda packs: (packs @ [1.0, -1.0], np.tile([1.0, -1.0], (len(packs), 1)))
    >>> packed_round(z, real, 2, lambda z: z, D)     # both fake packs have s = -1
    (1.0064088680781682, 1.3132616875182228, array([[-0.36552929],
           [ 0.36552929],
           [-0.36552929],
           [ 0.36552929]]))
    """
    raise NotImplementedError("your code here")
