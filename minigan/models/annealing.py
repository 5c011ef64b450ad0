"""log Z of a Boltzmann machine: by a sum over all causes where they are few, else by annealed importance sampling.

Chains walk from a machine whose Z is known, independent pixels, through machines in between to the one in
question, and weigh the way. Neal 2001; for these machines Salakhutdinov and Murray 2008, "On the Quantitative
Analysis of Deep Belief Networks".
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..core.layers import softplus
from ..core.streams import Stream
from .boltzmann import RBM
from .likelihood import log_sum_exp


class LogZ(NamedTuple):
    """log Z in nats: an estimate, and the ends of its interval, three standard errors of Z either way."""

    value: float
    low: float
    high: float


def annealed_log_z(machine: RBM, chains: int = 200, temperatures: int = 2000, seed: int = 0) -> LogZ:
    """log Z from the mean weight of so many chains: Z = Z_base E[weight].

    The machine at beta has p*(v) = e^((1 - beta) base·v + beta b·v) Π_j (1 + e^(beta a_j)), a = c + v W: the base
    at 0, this one at 1. Each step from beta to beta' multiplies a chain's weight by p*_beta'(v) / p*_beta(v), then
    moves v by a sweep at beta'. The expectation is right at any number of temperatures; more of them make it vary
    less. E log of the mean is below log of E, so log Z comes out a little low, and log p(x) a little high.
    """
    xp, rng, seen = machine.backend.xp, Stream(seed, "annealing").at(0), machine.seen
    x, log_w = machine.independent(chains, rng), machine.backend.zeros(chains)
    for beta, after in pairwise(np.linspace(0, 1, temperatures + 1).tolist()):
        v = machine.one_hot(x)
        a = v @ seen.W + seen.c
        log_w += (softplus(xp, after * a) - softplus(xp, beta * a)).sum(axis=1)
        log_w += (after - beta) * (v @ (seen.b - machine.base))
        x = machine.gibbs(x, rng, after)
    pixels = machine.base.reshape(machine.dim, -1)
    log_base = float(log_sum_exp(xp, pixels).sum()) + seen.hidden * math.log(2)
    weights = machine.backend.to_numpy(log_w).astype(float)
    top = float(weights.max())
    share = np.exp(weights - top)
    mean, error = float(share.mean()), 3 * float(share.std(ddof=1)) / math.sqrt(chains)
    ends = (log_base + top + math.log(z) if z > 0 else -math.inf for z in (mean, mean - error, mean + error))
    return LogZ(*ends)


def exact_log_z(machine: RBM) -> float:
    """log Z = log Σ_h e^(c·h) Π_d Σ_k e^(b_dk + W_dk·h) over all 2^H states h; ValueError for H above 16."""
    H = machine.seen.hidden
    if H > 16:
        raise ValueError(f"{H} hidden units have 2^{H} states; up to 16 are summed, annealed_log_z estimates")
    xp, seen = machine.backend.xp, machine.seen
    h = machine.backend.asarray((np.arange(2**H)[:, None] >> np.arange(H)) & 1)
    pixels = (h @ seen.W.T + seen.b).reshape(2**H, machine.dim, -1)
    return float(log_sum_exp(xp, log_sum_exp(xp, pixels).sum(axis=1) + h @ seen.c))
