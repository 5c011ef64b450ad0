"""A GAN on disk: one .npz that NumPy reads without minigan, and never a pickle.

It holds every vector of `gan.vectors()` under its name, and under "about" a JSON text (as bytes): the format's
version, the pieces the GAN was built of, the step. Streams of random numbers need no saving: they are functions of
(seed, name, step).
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .backend import Backend
from .datasets import write_whole
from .gan import GAN, Latent
from .layers import BatchNorm, Dense, Dropout, LeakyReLU, Maxout, ReLU, Sigmoid, Softplus, Tanh
from .network import Sequential
from .objectives import OBJECTIVES, R1, GradientPenalty
from .optimizers import SGD, Adam, Exponential, HoldThenCosine, Linear, Momentum

FORMAT = 1
KNOWN = (
    *(Dense, ReLU, LeakyReLU, Sigmoid, Tanh, Softplus, Maxout, Dropout, BatchNorm),
    *(SGD, Momentum, Adam, HoldThenCosine, Exponential, Linear, Latent, R1, GradientPenalty),
)


class CheckpointError(ValueError):
    """A file is no checkpoint that can be loaded; the message says what is wrong with it."""


def describe(thing: Any) -> Any:
    """A dataclass as {"is": its class, its fields ...}, down to what JSON can hold; raises TypeError for more."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {"is": type(thing).__name__} | {f.name: describe(getattr(thing, f.name)) for f in fields(thing)}
    if isinstance(thing, dict):
        return {name: describe(part) for name, part in thing.items()}
    if isinstance(thing, list | tuple):
        return [describe(part) for part in thing]
    if isinstance(thing, np.generic):
        return thing.item()
    if thing is None or isinstance(thing, bool | int | float | str):
        return thing
    raise TypeError(
        f"{thing!r} cannot be saved: a checkpoint holds numbers, texts and dataclasses of them, "
        f"so make a function of the step a dataclass with a __call__, as minigan.HoldThenCosine is"
    )


def rebuild(plain: Any, known: dict[str, type]) -> Any:
    """What describe described; only classes in `known` are made, and nothing is imported."""
    if isinstance(plain, list):
        return tuple(rebuild(part, known) for part in plain)
    if not isinstance(plain, dict):
        return plain
    if "is" not in plain:
        return {name: rebuild(part, known) for name, part in plain.items()}
    name = plain["is"]
    if name not in known:
        raise CheckpointError(f"it uses {name!r}, which minigan does not know: give load(..., classes=[{name}])")
    return known[name](**{k: rebuild(v, known) for k, v in plain.items() if k != "is"})


def about(gan: GAN) -> dict[str, Any]:
    """How to build this GAN again, as plain data."""
    objective: Any = gan.objective
    if type(objective) in map(type, OBJECTIVES.values()):
        objective = objective.name
    elif not vars(objective):  # a class without settings need not be a dataclass
        objective = {"is": type(objective).__name__}
    plain = {
        "backend": gan.generator.backend.name,
        "dtype": gan.generator.backend.dtype.name,
        "networks": [
            {"name": net.name, "seed": net.seed, "width": net.widths[0], "layers": net.layers}
            for net in (gan.generator, gan.discriminator)
        ],
        "latent": gan.latent,
        "objective": objective,
        "updates": gan.updates,
        "d_steps": gan.d_steps,
        "optimizers": gan.optimizers,
        "average": gan.decay,
        "packing": gan.packing,
        "instance_noise": gan.instance_noise,
        "penalty": gan.penalty,
        "seed": gan.seed,
        "steps": gan.steps,
    }
    return describe(plain)


def build(plain: dict[str, Any], backend: str | None = None, classes: Sequence[type] = ()) -> GAN:
    """The GAN that `about` describes, at its starting weights; backend overrides the one it was made on."""
    known = {c.__name__: c for c in (*KNOWN, *classes)}
    where = Backend(backend or plain["backend"], plain["dtype"])
    generator, discriminator = (
        Sequential(rebuild(net["layers"], known), where, net["seed"], net["name"], net["width"])
        for net in plain["networks"]
    )
    rest = {k: rebuild(plain[k], known) for k in ("latent", "objective", "optimizers", "instance_noise")}
    rest["penalty"] = rebuild(plain.get("penalty"), known)  # none in checkpoints of minigan 0.1
    same = {k: plain[k] for k in ("updates", "d_steps", "average", "packing", "seed")}
    return GAN(generator, discriminator, **rest, **same)


def save(gan: GAN, path: str | os.PathLike, extra: dict[str, Any] | None = None, **arrays: np.ndarray) -> None:
    """Write a checkpoint: whole or not at all, since it is written beside its place and then renamed.

    extra (JSON) and arrays go along under their names; equal GANs give equal bytes.
    """
    text = json.dumps({"format": FORMAT, "gan": about(gan), "extra": extra or {}})
    entries: dict[str, Any] = {"about": np.frombuffer(text.encode(), np.uint8)}
    entries |= {name: gan.generator.backend.to_numpy(vector) for name, vector in gan.vectors().items()} | arrays
    packed = io.BytesIO()  # on a full disk, an archive that is half in a file could not even be closed
    np.savez(packed, **entries)
    write_whole(Path(path), packed.getbuffer())


def read(
    path: str | os.PathLike, backend: str | None = None, classes: Sequence[type] = ()
) -> tuple[GAN, dict[str, Any], dict[str, np.ndarray]]:
    """(the GAN, extra, arrays) of a checkpoint; raises CheckpointError for what is none, OSError if unreadable."""
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            plain = json.loads(arrays.pop("about").tobytes())
        except Exception as error:  # a damaged archive can raise nearly anything
            raise CheckpointError(f"{path} is no minigan checkpoint, or a damaged one") from error
    try:
        if plain["format"] != FORMAT:
            raise CheckpointError(f"its format is {plain['format']}, this minigan reads {FORMAT}")
        gan = build(plain["gan"], backend, classes)
        gan.restore(plain["gan"]["steps"], {name: arrays.pop(name) for name in gan.vectors()})
        return gan, plain["extra"], arrays
    except (KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} is no minigan checkpoint, or a damaged one") from error
    except Exception as error:
        raise CheckpointError(f"{path} cannot be loaded: {error}") from error
