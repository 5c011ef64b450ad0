"""Randomness as a pure function of (seed, name, step).

A run that is stopped and resumed, or replayed from the middle, sees the draws that it would have seen.
All draws are made on the host in float64 and then rounded, so NumPy, CuPy, float32 and float64 see one run.
"""

from __future__ import annotations

import hashlib

import numpy as np

from .backend import Array


class Stream:
    """A named source of random numbers; `at(step)` sets it to the start of that step's own draws.

    Philox (Salmon et al. 2011) turns a key and a counter into bits. The key is a hash of (seed, name), the
    counter's highest word is the step and the lower ones count the draws within it, so no two steps overlap.
    Setting the counter costs a tenth of making a new generator, which a small network's step would feel.
    """

    def __init__(self, seed: int, *name: str | int):
        if seed != int(seed) or seed < 0:
            raise ValueError(f"seed is {seed!r}; it must be a whole number, 0 or more")
        text = "/".join(str(part) for part in (int(seed), *name))
        key = np.frombuffer(hashlib.blake2b(text.encode(), digest_size=16).digest(), "<u8")
        self.bits = np.random.Philox(key=key.astype(np.uint64))
        self.generator = np.random.Generator(self.bits)
        self.start = self.bits.state  # buffer empty: the next draw computes from the counter

    def at(self, step: int) -> np.random.Generator:
        """The generator, at the start of this step's draws."""
        self.start["state"]["counter"][3] = step
        self.bits.state = self.start
        return self.generator


def fill_normal(out: Array, rng: np.random.Generator) -> Array:
    """Fill out with draws from N(0, 1)."""
    return _fill(out, rng.standard_normal(out.shape))


def fill_uniform(out: Array, rng: np.random.Generator, low: float = 0.0, high: float = 1.0) -> Array:
    """Fill out with draws from the uniform distribution on [low, high)."""
    return _fill(out, rng.uniform(low, high, out.shape))


def _fill(out: Array, draws: np.ndarray) -> Array:
    if isinstance(out, np.ndarray):
        out[...] = draws
    else:
        out.set(draws.astype(out.dtype))
    return out
