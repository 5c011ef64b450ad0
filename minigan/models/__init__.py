"""The other leaves of Goodfellow's taxonomy, on the same layers: what each can say of log p(x), and its price."""

from .annealing import LogZ, annealed_log_z, exact_log_z
from .baselines import Mixture
from .boltzmann import RBM, FreeEnergy
from .flow import Flow
from .gsn import GSN
from .likelihood import Binomial, Categorical, Gaussian, Gaussians
from .vae import VAE
from .visible import MADE, Masked

__all__ = ["GSN", "MADE", "RBM", "VAE", "Binomial", "Categorical", "Flow", "FreeEnergy", "Gaussian", "Gaussians"]
__all__ += ["LogZ", "Masked", "Mixture", "annealed_log_z", "exact_log_z"]
