"""Exercise 18: both neighbour ratios, which tell writing from copying.

`minigan exercise check 18` judges this file on samplers that you don't see: an honest one, a copier, a copier with
noise, one that repeats itself; on pixels that are kept as bytes, and on images far from 0. There are two
functions, the second of which uses the first; neither need be fast.
"""

import numpy as np


def nearest_distances(queries: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Euclidean distance (n,) from each row of queries (n, d) to the nearest row of references (m, d).

    n, m and d are 1 or more, not always equal. The arrays may be of any number type, also uint8, where 3 - 5 is
    254; they stay as they are. A row that is also in references has the distance 0 exactly, wherever it lies. How
    a loop would say it, in floats:

        for i in range(n):
            squares = [sum((queries[i, k] - references[j, k]) ** 2 for k in range(d)) for j in range(m)]
            distance[i] = sqrt(min(squares))

        nearest_distances([[0, 0], [3, 5]], [[3, 4], [6, 8]])  ->  [5, 1]          # as arrays
    """
    raise NotImplementedError("your code here")


def neighbour_ratios(samples: np.ndarray, train: np.ndarray, held_out: np.ndarray) -> tuple[float, float]:
    """(r1, r2) of samples (n, d), given training images (m, d) and held-out images (h, d):

        r1 = median distance, sample to nearest training image  /  unit
        r2 = median distance, held-out image to nearest sample  /  unit
        unit = median distance, held-out image to nearest training image

    The median of an even number of distances is the mean of the two in the middle. Where unit is 0 (half of the
    held-out images stand in the training set too, so nothing was held out) raise ValueError.

        neighbour_ratios([[1], [9]], [[0], [10]], [[2], [6], [13]])  ->  (1/3, 1)      # as arrays; unit 3
    """
    raise NotImplementedError("your code here")
