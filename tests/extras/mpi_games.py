"""Games that test_parallel.py plays alone and on several ranks: python mpi_games.py FILE.npz [fault]"""

from __future__ import annotations

import sys

import numpy as np

import minigan as mg
from minigan.runs import parallel

GAMES = {
    "alternating": {},
    "simultaneous": {"updates": "simultaneous"},
    "three updates of D, packs of two": {"d_steps": 3, "packing": 2},
    "packs of three": {"updates": "simultaneous", "packing": 3},
    "R1 and instance noise": {"penalty": mg.R1(0.5), "instance_noise": 0.2},
    "WGAN-GP": {"penalty": mg.GradientPenalty(4.0), "objective": "wasserstein", "packing": 2},
    "dropout in both": {"dropout": 0.3},
    "dropout and packs": {"dropout": 0.2, "packing": 2, "updates": "simultaneous"},
}
BATCH, STEPS = 30, 40


def game(dropout=0.0, packing=1, **options):
    backend = mg.Backend("numpy", "float64")
    drop = [mg.Dropout(dropout)] if dropout else []
    drop_too = [mg.Dropout(dropout)] if dropout else []
    G = mg.Sequential([mg.Dense(2, 16), mg.Tanh(), *drop, mg.Dense(16, 2)], backend, name="G")
    D = [mg.Dense(2 * packing, 16), mg.Softplus(), *drop_too, mg.Dense(16, 1)]
    return mg.GAN(
        G,
        mg.Sequential(D, backend, name="D"),
        mg.Latent(2),
        packing=packing,
        **{"updates": "alternating"} | options,
    )


def play(ranks=None, batch=BATCH):
    found = {}
    for name, options in GAMES.items():
        gan = game(**options)
        if ranks is not None:
            ranks.join(gan)
        batches = mg.Batches(mg.ring(), batch * gan.d_steps, seed=3)
        for step in range(STEPS):
            gan.step(batches.at(step))
        if ranks is not None:
            ranks.agree(gan)
        found |= {f"{name}/{what}": vector for what, vector in gan.vectors().items()}
        found |= {f"{name}/{what}": np.array(number) for what, number in gan.losses().items()}
    return found


if __name__ == "__main__":
    ranks = parallel.world()
    assert ranks is not None
    if sys.argv[2:] == ["fault"]:
        gan = game()
        ranks.join(gan)
        gan.step(mg.Batches(mg.ring(), BATCH, seed=3).at(0))
        if ranks.rank == 1:
            gan.discriminator.theta[3] = np.nextafter(gan.discriminator.theta[3], 9)  # one bit
        ranks.agree(gan)
    found = play(ranks)
    if ranks.first:
        np.savez(sys.argv[1], **found)
