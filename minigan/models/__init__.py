"""The other leaves of Goodfellow's taxonomy, on the same layers: what each can say of log p(x), and its price."""

from .flow import Flow
from .likelihood import Binomial, Categorical, Gaussian
from .vae import VAE
from .visible import MADE, Masked

__all__ = ["MADE", "VAE", "Binomial", "Categorical", "Flow", "Gaussian", "Masked"]
