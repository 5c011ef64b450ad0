"""The other leaves of Goodfellow's taxonomy, on the same layers: what each can say of log p(x), and its price."""

from .likelihood import Binomial, Categorical, Gaussian
from .visible import MADE, Masked

__all__ = ["MADE", "Binomial", "Categorical", "Gaussian", "Masked"]
