"""Exercise 11: G's gradient under both labels, and a quiz on signs.

Fill the gaps, then ask `minigan exercise check 11`. It calls your functions with random data that you don't see;
`minigan exercise hint 11` gives a hint, and `minigan exercise solution 11` opens once yours has passed.
"""

from __future__ import annotations

import numpy as np


def honest_gradient(logits: np.ndarray) -> np.ndarray:
    """d loss / d logits of the minimax generator, loss = mean of log(1 - D) over the fakes, in nats.

    logits (n, 1) holds D's logits s of n fakes, D = sigmoid(s) = 1 / (1 + e^-s); the gradient has its shape. They
    may lie anywhere between -1000 and 1000, and both tails must come out: 12 digits also where the slope is as
    small as 1e-200, and no nan or inf anywhere. logits is left as it was. A slow way that needs no derivative:

        for i in range(n):
            gradient[i] = (loss(logits with h more at i) - loss(logits with h less at i)) / (2 * h)

    >>> honest_gradient(np.array([[0.0], [-5.0]]))
    array([[-0.25      ],
           [-0.00334643]])
    """
    raise NotImplementedError("your code here")


def label_trick_gradient(logits: np.ndarray) -> np.ndarray:
    """The same for loss = mean of BCE(D, 1) = mean of -log D over the fakes.

    >>> label_trick_gradient(np.array([[0.0], [-5.0]]))
    array([[-0.25      ],
           [-0.49665357]])
    """
    raise NotImplementedError("your code here")


def quiz() -> dict[str, str]:
    """What one small step of each rule, taken by G, does to the mean D(G(z)): "up", "down" or "same".

    V = mean log D(x) + mean log(1 - D(G(z))); BCE(D, y) = -y log D - (1 - y) log(1 - D); D itself stays as it is.

        a   G descends V
        b   G descends the mean BCE(D(G(z)), 0): label 0, for they are fakes
        c   G ascends the mean BCE(D(G(z)), 0)
        d   G descends the mean BCE(D(G(z)), 1)
        e   G descends D's whole loss, -V
        f   G descends the mean -log D(x) over the real samples
        g   G "maximises D's confusion": it ascends what D pays for real samples and fakes together

    Put your answers in the place of the dots.
    """
    return {"a": "...", "b": "...", "c": "...", "d": "...", "e": "...", "f": "...", "g": "..."}
