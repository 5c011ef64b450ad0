"""Who can do a case's sums: minigan itself, PyTorch and JAX, each a module with the same five functions."""
