"""Exercise 14: R1's pull on a critic with a bend.

Fill the two gaps, then ask `minigan exercise check 14`. It calls your functions with random data that you don't
see; `minigan exercise hint 14` gives a hint, and `minigan exercise solution 14` opens once yours has passed.

The critic has two numbers, psi = (psi1, psi2), and its logit at a bill x, one number, is

    s(x) = psi1 x + psi2 x^2 .

R1 makes it pay gamma / 2 times the mean of (ds/dx)^2 over the true bills. Its field, R1's part of where psi wants
to go, is minus the gradient of that payment by psi1 and psi2.
"""

from __future__ import annotations

import numpy as np


def r1_field(psi: np.ndarray, x: np.ndarray, gamma: float) -> np.ndarray:
    """(2,): R1's part of (dpsi1/dt, dpsi2/dt), when the true bills are the numbers x (n,), n >= 1.

    psi (2,) and x may have any values, gamma >= 0. Neither array is changed. How nudging would say it, nearly:

        def payment(psi1, psi2):
            total = 0.0
            for bill in x:
                slope = (s(bill + h) - s(bill - h)) / (2 * h)    # of s with this psi1, psi2
                total += slope * slope
            return gamma / 2 * total / len(x)

        -(payment(psi1 + h, psi2) - payment(psi1 - h, psi2)) / (2 * h), and the same for psi2

    >>> r1_field(np.array([1.0, 1.0]), np.array([0.0, 1.0, -1.0, 4.0]), 0.5)
    array([ -1.5, -10. ])
    """
    raise NotImplementedError("your code here")


def r1_field_bell(psi: np.ndarray, s: float, gamma: float) -> np.ndarray:
    """(2,): the same in closed form for infinitely many bills from N(0, s^2), with standard deviation s >= 0.

    Nothing is drawn here: use the mean of x and of x^2 under N(0, s^2).
    """
    raise NotImplementedError("your code here")
