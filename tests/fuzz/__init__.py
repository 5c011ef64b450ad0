"""Hostile files: every reader, good files for each, and a fuzzer that looks for what they did not expect."""
