"""Exercise 7: the Metropolis rule, and a walk that obeys it.

`minigan exercise check 7` judges this file on densities, moves and darts that you don't see: logarithms of -2,000,
places of probability 0, walks that are refused again and again. The walk need not be fast; the rule takes arrays.
"""

from collections.abc import Callable

import numpy as np


def accept(log_here: np.ndarray, log_there: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Whether each move is made: (n,) of True and False, True with probability min(1, p_there / p_here).

    log_here, log_there (n,): log p of the place where we are and of the place proposed, in nats, up to one
    constant that they share; -inf where p = 0, never NaN or +inf. u (n,): uniform draws, 0 <= u < 1. Accept where

        u < p_there / p_here

    so the same probability is always accepted (u < 1), a place with p = 0 never, not even for u = 0 and not even
    from another place with p = 0; and from a place with p = 0, every place with p > 0 is accepted. It
    must be right where both p are too small, or too large, for a float: exp(-2000) is 0, and 0 / 0 says nothing.

        accept(np.array([0.0, 0.0, -2000.0]), np.array([-1.0, 2.0, -2000.5]), np.array([0.4, 0.99, 0.6]))
            ->  [False, True, True]          # e^-1 = .368, e^2 > 1, e^-.5 = .607
    """
    raise NotImplementedError("your code here")


def walk(log_p: Callable[[float], float], start: float, moves: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The path of one chain, (n + 1,): path[0] is start; step t proposes path[t] + moves[t] and decides by u[t].

    moves (n,), u (n,): given, so draw nothing yourself. log_p takes and returns one number, -inf where p = 0. A
    refused move stays where it is, and that place is in the path once more. n may be 0.

        walk(lambda x: -abs(x), 0.0, np.array([1.0, 1.0, -2.0]), np.array([0.3, 0.9, 0.5]))
            ->  [0, 1, 1, -1]                # .3 < e^-1; .9 is not; |1| = |-1|
    """
    raise NotImplementedError("your code here")
