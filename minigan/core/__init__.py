"""The GAN itself, an evening's reading: nothing in here imports anything but NumPy and what is in here."""
