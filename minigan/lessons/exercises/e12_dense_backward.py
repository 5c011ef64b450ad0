"""Exercise 12: what a dense layer hands back, and what it pays.

Fill the gap, then ask `minigan exercise check 12`. It calls your function with random data that you don't see;
`minigan exercise hint 12` gives a hint, and `minigan exercise solution 12` opens once yours has passed.
"""

from __future__ import annotations

import numpy as np


def dense_backward(x: np.ndarray, W: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dx, dW, db) of the layer y = x W + b, given dy = dL/dy, the slope of the loss at each number of y.

    x (B, I) is the batch that went forward, B rows; W (I, O) the weights, dy (B, O). Wanted are dx = dL/dx (B, I),
    dW = dL/dW (I, O) and db = dL/db (O,). No mean is taken here: where L is a mean over the rows, dy has the 1/B
    in it already. B may be 1, or 0 (then dW and db are zeros). None of the three arrays is changed. What to
    compute, in slow loops; write it without loops:

        for r in range(B):
            for o in range(O):
                for i in range(I):
                    dx[r, i] += dy[r, o] * W[i, o]
                    dW[i, o] += x[r, i] * dy[r, o]
                db[o] += dy[r, o]

    >>> x, W, dy = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [-1.0, 3.0]]), np.array([[1.0, 10.0]])
    >>> dense_backward(x, W, dy)
    (array([[ 1., 29.]]), array([[ 1., 10.],
           [ 2., 20.]]), array([ 1., 10.]))
    """
    raise NotImplementedError("your code here")
