"""How good samples are, and what each number misses."""
