"""What a GAN learns from: distributions, tables, images; how files are read, and how numbers are scaled."""
