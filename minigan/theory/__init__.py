"""What is known exactly: densities, divergences, and where a game on a line stands."""
