"""What the page draws of a run, as arrays in the data's units: samples, D, G's pull and manifold, p and p_G."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ..core.gan import Latent
from ..core.network import Sequential
from ..core.streams import Stream
from ..data.dataset import Data
from ..judge.metrics import mode_report
from ..runs.run import Run
from ..theory import oracle
from ..theory.distributions import Gaussian, Mixture
from ..theory.divergences import js, optimal_discriminator
from ..theory.generated import PushForward, pushforward

SHOWN = 300  # samples of each kind
SIDE = 36  # points a side at which D is asked on a plane
ALONG = 240  # points at which it is asked on a line
CELLS = 16  # of equal probability, a side of the manifold
COUNTED = 2000  # samples of which modes, and those in each cell of a grid, are counted
GRID = 20  # cells a side


class Picture:
    """What is drawn of every state of a run: the same real samples, the same z, the same places."""

    def __init__(self, data: Data, latent: Latent):
        rng = Stream(0, "shown").at(0)
        self.data: Any = data  # a Distribution, on a line
        self.latent = latent
        self.real = np.asarray(data.some(SHOWN, rng), np.float32)[:SHOWN]
        self.z = latent.fill(np.empty((SHOWN, latent.dim), np.float32), rng)
        low, high = (np.asarray(corner, float) for corner in data.extent())
        centre, half = (low + high) / 2, 0.65 * float((high - low).max())
        if data.dim == 1:  # G starts around the mean, and often far from where it has to go
            centre, half = centre - half / 2, 2 * half
        # from x to x, and from y to y
        self.box = [(float(c - half), float(c + half)) for c in centre]
        self.real_shares = self._shares(np.asarray(data.some(COUNTED, rng), float))
        self.many = latent.fill(np.empty((COUNTED, latent.dim), np.float32), rng)
        if data.dim == 1:
            self.places = np.linspace(self.box[0][0], self.box[0][1], ALONG)[:, None]
        else:
            sides = [np.linspace(a, b, SIDE + 1)[:-1] + (b - a) / SIDE / 2 for a, b in self.box]
            self.places = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
        x = np.linspace(-4, 4, 8001)
        shares = (np.arange(2 * CELLS + 1) + 0.5) / (2 * CELLS + 1)
        if latent.kind == "normal":
            within = np.interp(shares, Gaussian().cdf(x[:, None]), x)
        else:
            within = latent.low + shares * (latent.high - latent.low)
        at = within if latent.dim == 1 else within[::2]
        grid = np.meshgrid(*[at] * latent.dim) if latent.dim < 3 else []
        self.quantiles = np.stack(grid, axis=-1).reshape(-1, latent.dim).astype(np.float32) if grid else None

    def generator(self, run: Run, averaged: bool) -> Sequential:
        """The generator that learns, or its average where there is one."""
        return run.gan.average if averaged and run.gan.average is not None else run.gan.generator

    def generated(self, run: Run, averaged: bool = False) -> PushForward:
        """The exact p_G, on a line."""
        return pushforward(self.generator(run, averaged), self.latent, run.scaler)

    def js(self, run: Run, averaged: bool = False) -> float:
        """JS of data and fakes, in nats: exact on a line, else of 2,000 samples each, counted on a grid.

        With so few samples the second is some hundredths even where the two are alike.
        """
        if oracle.knows(run.gan, self.data):
            return js(self.data, self.generated(run, averaged))
        fakes = run.scaler.to_data(self.generator(run, averaged)(self.many))
        return js(self.real_shares, self._shares(fakes))

    def _shares(self, x: np.ndarray) -> np.ndarray:
        """The share of the samples x (n, dim) in each cell of the grid, and, last, beside it."""
        counts = np.histogramdd(x, GRID, self.box)[0].ravel()
        return np.append(counts, len(x) - counts.sum()) / len(x)

    def arrays(self, run: Run, layers: Collection[str]) -> dict[str, np.ndarray]:
        """Real samples and fakes, p and p_G on a line, and of heat, pull, manifold, average what is wanted."""
        G, units = run.gan.generator, run.scaler
        found: dict[str, np.ndarray] = {"real": self.real}
        fakes = G(self.z)
        found["fakes"] = units.to_data(fakes)
        if "pull" in layers and run.gan.packing == 1:
            # a step of the networks' units, as long as it is in the data's
            found["pull"] = run.gan.pull(fakes) * units.scale
        if "average" in layers and run.gan.average is not None:
            found["average"] = units.to_data(run.gan.average(self.z))
        if "heat" in layers:
            found["heat"] = run.judge(self.places, self.data)
        if "manifold" in layers and self.quantiles is not None:
            found["manifold"] = units.to_data(G(self.quantiles))
            found["quantiles"] = self.quantiles
        if oracle.knows(run.gan, self.data):
            p_g = self.generated(run)
            found |= {"places": self.places[:, 0], "p": self.data.density(self.places)}
            found["p_g"] = p_g.density(self.places)
            if "average" in layers and run.gan.average is not None:
                found["p_average"] = self.generated(run, True).density(self.places)
            if run.gan.log_odds and "heat" in layers:
                found["best"] = optimal_discriminator(self.data, p_g, self.places)
        return found

    def standing(self, run: Run) -> dict[str, Any]:
        """The mean pull on G, and how good the fakes of the live G and of its average are.

        That is: the modes of a mixture, or JS and the gap on a line.
        """
        found: dict[str, Any] = {}
        if run.gan.packing == 1:
            pull = run.gan.pull(run.gan.generator(self.z))
            found["pull"] = float(np.sqrt(np.square(pull).sum(axis=1)).mean())
        for name, averaged in (("live", False), ("averaged", True)):
            if averaged and run.gan.average is None:
                continue
            if not oracle.knows(run.gan, self.data):
                found[f"grid {name}"] = self.js(run, averaged)
            if isinstance(self.data, Mixture) and self.data.dim == 2:
                fakes = run.sample(COUNTED, averaged=averaged)
                if np.isfinite(fakes).all():
                    report = mode_report(fakes, self.data)
                    found[f"modes {name}"] = [report.found, len(self.data.means), report.high_quality]
            elif oracle.knows(run.gan, self.data) and run.gan.log_odds:
                exact = oracle.standing(run, self.data, averaged=averaged)
                found[f"exact {name}"] = {"js": exact.js, "gap": exact.gap, "value": exact.value}
        return found

    def at(self, run: Run, where: list[float], averaged: bool = False) -> dict[str, Any]:
        """What is at a place (dim numbers): D there, the densities on a line, and the nearest fake with its z."""
        x = np.array([where[: self.data.dim]], float)
        found: dict[str, Any] = {"x": x[0].tolist(), "d": float(run.judge(x, self.data)[0])}
        if oracle.knows(run.gan, self.data):
            p_g = self.generated(run, averaged)
            found |= {"p": float(self.data.density(x)[0]), "p_g": float(p_g.density(x)[0])}
            if run.gan.log_odds:
                found["best"] = float(optimal_discriminator(self.data, p_g, x)[0])
        fakes = run.scaler.to_data(self.generator(run, averaged)(self.z))
        i = int(np.square(fakes - x).sum(axis=1).argmin())
        near = {
            "x": fakes[i].tolist(),
            "z": self.z[i].tolist(),
            "d": float(run.judge(fakes[i : i + 1], self.data)[0]),
        }
        return found | {"fake": near}
