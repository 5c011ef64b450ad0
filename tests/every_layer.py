"""The one list of minigan's layers: how each is made, and which doors to elsewhere know it.

A new layer is written in minigan/core/layers.py, registered in LAYERS there, and gets its line here. It is then
checked alone, in every ordered pair and triple with the others, copied, saved and loaded, and held to what it
promises. The doors are "onnx" (runs/export.py), "torch" and "jax" (checks/references/, with a case in
checks/cases.py) and "twice" (a second derivative in core/penalties.py). A door that is not named here must refuse
the layer by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from minigan.core.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Maxout, ReLU, Sigmoid, Softplus, Tanh


class Entry(NamedTuple):
    """How a layer is made for x of w columns, w even, and the doors that know it."""

    make: Callable[[int], Layer]
    doors: tuple[str, ...] = ("onnx", "torch", "jax", "twice")


EVERY: dict[str, Entry] = {
    "Dense": Entry(lambda w: Dense(w, 12 if w != 12 else 16)),
    "ReLU": Entry(lambda w: ReLU()),
    "LeakyReLU": Entry(lambda w: LeakyReLU(0.3)),
    "Sigmoid": Entry(lambda w: Sigmoid()),
    "Tanh": Entry(lambda w: Tanh()),
    "Softplus": Entry(lambda w: Softplus()),
    "Maxout": Entry(lambda w: Maxout(2)),
    "Dropout": Entry(lambda w: Dropout(0.4)),
    "BatchNorm": Entry(lambda w: BatchNorm(w), ("onnx", "torch", "jax")),
}
MAKERS = {name: entry.make for name, entry in EVERY.items()}


def through(door: str) -> list[str]:
    """The layers that this door knows."""
    return [name for name, entry in EVERY.items() if door in entry.doors]


def stopped_at(door: str) -> list[str]:
    """The layers that it must refuse."""
    return [name for name in EVERY if name not in through(door)]
