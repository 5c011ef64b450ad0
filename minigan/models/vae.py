"""A variational autoencoder: p(x) is an integral over a latent z, and a second network makes it a bound.

    log p(x) = log ∫ p(x | z) N(z; 0, I) dz  >=  E over q(z | x) of log p(x | z)  -  KL(q(z | x) || N(0, I))

The decoder says p(x | z), the encoder q(z | x) = N(mu(x), sigma²(x)), and both climb the right side together.
Kingma and Welling 2014, "Auto-Encoding Variational Bayes".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..core.backend import Array, Backend
from ..core.layers import Dense, Tanh
from ..core.model import Bounded, begin_at
from ..core.network import Sequential
from ..core.optimizers import Adam, Optimizer
from ..core.streams import Stream, fill_normal
from .likelihood import Likelihood


class VAE(Bounded):
    """An encoder dim -> hidden -> 2 latent (mu, log sigma²), a decoder latent -> hidden -> dim × per; both tanh.

    z = mu + sigma eps with eps ~ N(0, I) moves the draw out of the networks' way (ibid., section 2.4), and the KL
    of two Gaussians is a formula, so a row costs, for one draw of eps (ibid., eq. 10),

        -log p(x | z) + 1/2 Σ_j (mu_j² + sigma_j² - log sigma_j² - 1)                                  nats.
    """

    def __init__(
        self,
        dim: int,
        likelihood: Likelihood,
        latent: int = 24,
        hidden: int = 400,
        optimizer: Optimizer | None = None,
        average: float | None = None,
        backend: str | Backend = "numpy",
        seed: int = 0,
    ):
        self.likelihood, self.latent, self.hidden = likelihood, latent, hidden
        self.column = likelihood
        ends = [(dim, 2 * latent, "encoder"), (latent, dim * likelihood.per, "decoder")]
        self.encoder, self.decoder = (
            Sequential(
                [Dense(a, hidden, init="glorot"), Tanh(), Dense(hidden, b, init="glorot")], backend, seed, name
            )
            for a, b, name in ends
        )
        super().__init__(dim, [self.encoder, self.decoder], optimizer or Adam(), seed, ["latent"], average)

    def start(self, x: Array) -> None:
        """Begin at independent columns: the decoder's last bias is what fits each column of x (n, dim) alone."""
        begin_at(self.decoder, self.likelihood.fit(self.check(x)))

    def posterior(self, out: Array) -> tuple[Array, Array]:
        """mu and log sigma² (B, latent) of q(z | x), from the encoder's output (B, 2 latent)."""
        return out[:, : self.latent], out[:, self.latent :]

    def gradient(self, x: Array, rngs: Mapping[str, np.random.Generator]) -> None:
        """Of the mean cost above, for one draw a row.

        dL/dz comes back through the decoder. It reaches mu as it is, and log sigma² = l by z = mu + e^(l/2) eps as
        dz eps sigma / 2; the KL adds mu to the one and (sigma² - 1)/2 to the other.
        """
        xp, B = self.backend.xp, len(x)
        coded, decoded = self.trace(self.encoder, B), self.trace(self.decoder, B)
        mu, log_var = self.posterior(self.encoder.forward(self.likelihood.scaled(x), coded, training=True))
        eps = fill_normal(self.backend.empty(B, self.latent), rngs["latent"])
        sigma = xp.exp(log_var / 2)
        out = self.decoder.forward(mu + sigma * eps, decoded, training=True)
        self.paid = lambda: (
            (mu * mu + sigma * sigma - log_var - 1).sum(axis=1) / 2 - self.likelihood.log_p(x, out).sum(axis=1)
        )
        dz = self.decoder.backward(self.likelihood.slope(x, out) * (-1 / B), decoded, inputs=True)
        d_mu = dz + mu / B
        d_log_var = (dz * eps * sigma + (sigma * sigma - 1) / B) / 2
        self.encoder.backward(xp.concatenate([d_mu, d_log_var], axis=1), coded)

    def log_weight(self, x: Array) -> Callable[[np.random.Generator], Array]:
        """rng -> log w = log p(x | z) + log N(z; 0, I) - log q(z | x) for z ~ q(z | x): x (n, dim), w (n,).

        E[w] = ∫ q p(x|z) N(z; 0, I) / q dz = p(x). With z = mu + sigma eps, -log q is eps²/2 + log sigma and a
        constant that N(z; 0, I) has as well. At k = 1 this is the bound that is trained, KL by a draw too.
        """
        mu, log_var = self.posterior(self.encoder(self.likelihood.scaled(x)))
        sigma, eps = self.backend.xp.exp(log_var / 2), self.backend.empty(*mu.shape)
        trace = self.decoder.trace(len(x))

        def log_w(rng: np.random.Generator) -> Array:
            z = mu + sigma * fill_normal(eps, rng)
            log_ratio = (eps * eps - z * z + log_var).sum(axis=1) / 2
            return self.likelihood.log_p(x, self.decoder.forward(z, trace)).sum(axis=1) + log_ratio

        return log_w

    def sample(self, n: int, seed: int = 0) -> Array:
        """n samples (n, dim): z ~ N(0, I), then every column from p(x | z)."""
        rng = Stream(seed, "sample").at(0)
        z = fill_normal(self.backend.empty(n, self.latent), rng)
        return self.likelihood.draw(self.decoder(z), rng, self.backend)
