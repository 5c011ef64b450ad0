"""The family on one table: each model learns the digits, and says what it can of the 360 that were held out.

    python tools/family.py [SEED] [MODEL ...]

When to stop is asked of a third of the training images (minigan/models/fitting.py). Figures are nats an image,
means over the held-out images, with the kind of statement; `aim` is what is to be reached.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import minigan as mg
from minigan.models import GSN, MADE, RBM, VAE, Binomial, Categorical, Flow, Mixture, annealed_log_z
from minigan.models.fitting import fit, learn, score

DIM, LEVELS, BATCH, RBM_PASSES = 64, 17, 64, 100
DIGITS = mg.load_dataset("digits")
STEPS = RBM_PASSES * (len(DIGITS.x) // BATCH)
MAKE: dict[str, Callable[[int], Any]] = {
    "made": lambda seed: MADE(DIM, Categorical(LEVELS), average=0.99, seed=seed),
    "flow": lambda seed: Flow(DIM, LEVELS, average=0.995, seed=seed),
    "vae": lambda seed: VAE(DIM, Binomial(LEVELS), average=0.99, seed=seed),
    "vae, 17-way": lambda seed: VAE(DIM, Categorical(LEVELS), average=0.99, seed=seed),
    "rbm": lambda seed: RBM(DIM, LEVELS, optimizer=mg.SGD(mg.Linear(0.05, STEPS)), seed=seed),
    "gsn": lambda seed: GSN(DIM, LEVELS, average=0.99, seed=seed),
}
QUESTIONS = {"vae": (600, 10), "vae, 17-way": (300, 5)}  # passes at most, and between questions; else 100 and 2
AIMS = {"made": -89.0, "flow": -94.0, "vae": -84.5, "rbm": -97.0}


def line(name: str, said: str, model: Any = None, passes: int = 0, seconds: float = 0.0) -> None:
    """One row of the table."""
    aim = f"aim {AIMS[name]}" if name in AIMS else ""
    cost = f"{model.size:>9,} parameters {passes:>4} passes {seconds:>4.0f} s" if model else ""
    print(f"{name:34} {said:58} {aim:10} {cost}", flush=True)


def baselines(seed: int) -> None:
    """Independent pixels and mixtures of ten pictures, of counts and of 17 values."""
    for kind in (Binomial(LEVELS), Categorical(LEVELS)):
        for components in (1, 10):
            model = Mixture(DIM, kind, components, seed=seed)
            model.start(DIGITS.x)
            for _ in range(60 if components > 1 else 0):
                model.step(DIGITS.x)
            line(f"{components} × {kind}", f"exact {model.log_likelihood(DIGITS.held_out).mean():.2f}")


def main(seed: int = 0, *names: str) -> None:
    """Train, ask, print."""
    if not names:
        baselines(seed)
    for name in names or MAKE:
        began, passes = time.perf_counter(), RBM_PASSES
        if name == "rbm":  # whose rate falls to 0 in a number of steps that is set beforehand
            model = MAKE[name](seed)
            model.start(DIGITS.x)
            learn(model, DIGITS.x, passes, BATCH)
        else:
            most, every = QUESTIONS.get(name, (100, 2))
            model, passes, _ = fit(lambda name=name: MAKE[name](seed), DIGITS.x, most, BATCH, every)  # type: ignore[misc]
        seconds, x = time.perf_counter() - began, DIGITS.held_out
        if name == "rbm":
            z = annealed_log_z(model)
            low, best, high = (model.log_likelihood(x, log_z).mean() for log_z in (z.high, z.value, z.low))
            said = f"estimate {best:.2f}, from {low:.2f} to {high:.2f}"
        elif hasattr(model, "bound"):
            ks = (1, 50, 5000) if isinstance(model, VAE) else (1, 50)
            said = "bound " + ", ".join(f"{score(model, x, k):.2f} (k = {k:,})" for k in ks)
        else:
            said = (
                f"exact {score(model, x):.2f}" if model.says == "exact" else f"none; costs {score(model, x):.2f}"
            )
        line(name, said, model, passes, seconds)


if __name__ == "__main__":
    main(*(int(word) if word.isdigit() else word for word in sys.argv[1:]))  # type: ignore[arg-type]
