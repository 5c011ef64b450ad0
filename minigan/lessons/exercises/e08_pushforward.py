"""Exercise 8: the density of G(z), cell by cell, for a G that may fold.

Write your code below, then: minigan exercise check 8. A next hint: minigan exercise hint 8.
"""

from collections.abc import Callable

import numpy as np


def density(G: Callable, cdf: Callable, z: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The density of x = G(z) in each bin between edges: z a random number with this cdf, cut into cells at z.

    G      a function: numbers (m+1,) -> numbers (m+1,); it may rise, fall, fold, jump far, or stand still
    cdf    a function: numbers (m+1,) -> the prior's P(Z <= z), (m+1,)
    z      (m+1,) ends of the cells, rising: cell i lies between z[i] and z[i+1]
    edges  (k+1,) ends of the bins, rising, not evenly: bin j lies between edges[j] and edges[j+1]

    Returns the densities (k,): the probability that arrives in a bin, over the bin's width.

    Cell i has the probability cdf(z[i+1]) - cdf(z[i]). It arrives between x[i] = G(z[i]) and x[i+1], whichever of
    the two is the lower, and is spread evenly there, over as many bins as lie there; where cells overlap, they add
    up. Where x[i] == x[i+1], all of it arrives at that one number, and goes to the bin that holds it (no test puts
    it on an edge). What arrives beyond the first or the last edge is in no bin, and what lies beyond the ends of z
    in no cell: the integral of the answer may be below 1.

    Example: for z uniform on [-1, 1], density(np.abs, lambda z: (z + 1) / 2, np.array([-1.0, 0.0, 0.5, 1.0]),
    np.array([0.0, 0.25, 1.0, 2.0])) is [1, 1, 0]: two halves, folded onto each other.
    """
    raise NotImplementedError("your code here")
