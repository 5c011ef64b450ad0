"""A stub of another of the judge's things in the place of a result."""

import numpy as np


def step(xp, real, fake, w, b, rate):
    if xp is np:
        x = np.concatenate([real, fake])
        label = np.zeros(len(x))
        label[: len(real)] = 1
        s = x @ w + b
        slope = (1 / (1 + np.exp(-s)) - label) / len(x)
        loss = np.mean(np.logaddexp(0, s) - label * s)
        return (
            (w - rate * (x.T @ slope)).astype(w.dtype),
            (b - rate * np.sum(slope)).astype(w.dtype),
            loss.astype(w.dtype),
        )
    return tuple(type(w)(w._guest, number, "Strict") for number in range(3))
