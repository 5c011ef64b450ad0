"""Exercise 9: the perfect critic for unequal shares and smoothed labels, and the ratio p/q from her answers.

Fill the two gaps, then ask `minigan exercise check 9`. It calls your functions with random data that you don't
see; `minigan exercise hint 9` gives a hint, and `minigan exercise solution 9` opens once yours has passed.
"""

from __future__ import annotations

import numpy as np


def perfect_critic(p: np.ndarray, q: np.ndarray, alpha: float = 0.5, beta: float = 1.0) -> np.ndarray:
    """The D (n,) that is best at each of n places, each between 0 and beta.

    p (n,)   the density of the real notes at these places, 0 or more, and perhaps as small as 1e-300
    q (n,)   that of the fakes
    alpha    the share of real notes among all that the critic sees, 0 < alpha < 1; the rest are fakes
    beta     the label that real notes carry, 0 < beta <= 1 (1 unless smoothed); fakes carry 0

    Best is what makes her bill at a place least. For a real note she pays the part beta of -log D and the part
    1 - beta of -log(1 - D), for a fake -log(1 - D) alone:

        bill(D) = alpha p [-beta log D - (1 - beta) log(1 - D)] + (1 - alpha) q [-log(1 - D)]

    The slow way is to try many D at each place. Where p = q = 0 nobody pays, whatever D is: say alpha beta, as
    where p = q > 0. Neither array is changed.

    >>> perfect_critic(np.array([1.0, 0.0]), np.array([3.0, 2.0]), alpha=0.75, beta=0.8)
    array([0.4, 0. ])
    """
    raise NotImplementedError("your code here")


def density_ratio(D: np.ndarray, alpha: float = 0.5, beta: float = 1.0) -> np.ndarray:
    """p/q (n,) at the places where such a perfect critic says D (n,), 0 <= D <= beta; inf where D = beta.

    >>> density_ratio(np.array([0.4, 0.8]), alpha=0.75, beta=0.8)
    array([0.33333333,        inf])
    """
    raise NotImplementedError("your code here")
