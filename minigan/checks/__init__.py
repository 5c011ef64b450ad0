"""Does it say what others say, and how fast: small steps, PyTorch, the clock."""
