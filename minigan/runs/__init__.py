"""A run: as data, in a folder, stopped and gone on with, replayed, repeated, shared over processes."""
