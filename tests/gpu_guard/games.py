"""Games that between them call everything that a training step can ask of a backend."""

from __future__ import annotations

import numpy as np

import minigan as mg
from minigan import Dense, LeakyReLU

GAMES = {
    "alternating": {},
    "simultaneous": {"updates": "simultaneous"},
    "minimax, two steps of D": {"objective": "minimax", "d_steps": 2},
    "packs of two": {"packing": 2},
    "packs of two, simultaneous": {"packing": 2, "updates": "simultaneous"},
    "instance noise, uniform latents": {"instance_noise": 0.1, "latent": "uniform"},
    "R1": {"penalty": mg.R1(0.5)},
    "R1, simultaneous": {"penalty": mg.R1(0.5), "updates": "simultaneous"},
    "WGAN-GP": {"penalty": mg.GradientPenalty(4.0), "objective": "wasserstein", "instance_noise": 0.1},
    "minimax under WGAN-GP's penalty": {"penalty": mg.GradientPenalty(), "updates": "simultaneous"},
    "SGD against momentum": {"optimizers": (mg.SGD(0.01), mg.Momentum(0.01, 0.5))},
    "no average": {"average": None},
    "batch norm": {"middle": lambda: [mg.BatchNorm(8)]},
    "dropout": {"middle": lambda: [mg.Dropout(0.3)]},
    "dropout, simultaneous": {"middle": lambda: [mg.Dropout(0.3)], "updates": "simultaneous"},
    "maxout": {"middle": lambda: [mg.Maxout(2), Dense(4, 8), mg.ReLU()]},
    "smooth layers under R1": {"middle": lambda: [mg.Tanh(), mg.Sigmoid(), mg.Softplus()], "penalty": mg.R1(1.0)},
}


def game(backend, middle=list, latent="normal", packing=1, **options):
    """Three dense layers a player, and whatever comes in the middle of both."""
    G = [Dense(3, 8), LeakyReLU(), *middle(), Dense(8, 8), LeakyReLU(), Dense(8, 2), mg.Tanh()]
    D = [Dense(2 * packing, 8), LeakyReLU(), *middle(), Dense(8, 8), LeakyReLU(), Dense(8, 1)]
    players = mg.Sequential(G, backend, name="G"), mg.Sequential(D, backend, name="D")
    options = {"updates": "alternating", "optimizers": mg.Adam(1e-3, 0.5)} | options
    return mg.GAN(*players, mg.Latent(3, latent), packing=packing, **options)


def batches(gan, steps):
    """So many batches of real samples, on the host."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal((8 * gan.d_steps, 2)) for _ in range(steps)]
