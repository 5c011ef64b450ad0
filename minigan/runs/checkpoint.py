"""A GAN, or a model, on disk: one .npz that NumPy reads without minigan, and never a pickle.

It holds every vector of `vectors()` under its name, and under "about" a JSON text (as bytes): the format's
version, the pieces the thing was built of, the step. Streams of random numbers need no saving: they are functions
of (seed, name, step). The archive's comment is the SHA-256 of all bytes before it.

A file may come from anybody. Nothing in it is run or followed, and no more memory is asked for than the file is
long: what a header or the description claims is held against what is there first.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.backend import Backend
from ..core.gan import GAN, Latent
from ..core.layers import LAYERS
from ..core.model import Model
from ..core.network import Sequential
from ..core.optimizers import SGD, Adam, Exponential, HoldThenCosine, Linear, Momentum
from ..core.penalties import R1, GradientPenalty
from ..core.scores import OBJECTIVES
from ..core.workspace import check_whole
from ..files import contents, read_header, reason, write_whole
from .models import LIKELIHOODS, MODELS

FORMAT = 2  # 1, that of minigan before its first release, had no checksum; it is read still
DIGEST = 64  # letters of a SHA-256 in hexadecimal
KNOWN = (
    *LAYERS.values(),
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


def about(learner: GAN | Model) -> dict[str, Any]:
    """How to build this GAN, or this model, again, as plain data."""
    backend, steps = learner.backend, learner.steps
    if isinstance(learner, Model):
        place = {"backend": backend.name, "dtype": backend.dtype.name}
        return {"is": type(learner).__name__, "settings": describe(learner.settings), "steps": steps} | place
    gan = learner
    objective: Any = gan.objective
    if type(objective) in map(type, OBJECTIVES.values()):
        objective = objective.name
    elif not vars(objective):  # a class without settings need not be a dataclass
        objective = {"is": type(objective).__name__}
    plain = {
        "backend": backend.name,
        "dtype": backend.dtype.name,
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
        "steps": steps,
    }
    return describe(plain)


def build_model(
    plain: dict[str, Any],
    backend: str | None = None,
    classes: Sequence[type] = (),
    dtype: str | None = None,
    lengths: dict[str, int] | None = None,
) -> Model:
    """The model that `about` describes, at its start, as `build` builds a GAN.

    With lengths it is built in a `Room` of no more numbers first, and stays where it is if it fits.
    """
    known = {c.__name__: c for c in (*KNOWN, *MODELS.values(), *LIKELIHOODS.values(), *classes)}
    make: Any = known.get(plain["is"])
    told = plain["settings"]
    if make is None or not issubclass(make, Model):
        raise CheckpointError(
            f"it is a {plain['is']!r:.40}, which is no model that minigan knows: give load(classes=...)"
        )
    settings = {name: rebuild(part, known) for name, part in told.items()}
    place, kind = _place(plain, backend), dtype or plain["dtype"]
    if lengths is not None:
        room = Room(place, kind, most=max(sum(lengths.values()), 1 << 16))
        room.check([part for name, part in told.items() if name not in ("seed", "optimizer")])
        if settings.get("couplings", 0) > len(lengths):
            raise CheckpointError(
                f"it wants {settings['couplings']} couplings, and there are {len(lengths)} vectors"
            )
        wanted = {name: vector.size for name, vector in make(**settings, backend=room).vectors().items()}
        if apart := [name for name in wanted if wanted[name] != lengths.get(name)]:
            held = lengths.get(apart[0], 0)
            raise CheckpointError(f"{apart[0]!r} has {held} numbers, its model wants {wanted[apart[0]]}")
    return make(**settings, backend=Backend(place, kind))


class Room(Backend):
    """A backend of arrays of at most so many numbers, where a description is tried that may claim anything."""

    def __init__(self, name: str, dtype: str, most: int):
        super().__init__(name, dtype)
        self.most = most

    def _aligned(self, make: Any, shape: tuple[int, ...]) -> Any:
        self.check(math.prod(shape))
        return super()._aligned(make, shape)

    def check(self, plain: Any) -> None:
        """Raise CheckpointError where a whole number in this plain data is larger than the room."""
        if isinstance(plain, dict | list):
            for part in plain.values() if isinstance(plain, dict) else plain:
                self.check(part)
        elif isinstance(plain, int) and plain > self.most:
            raise CheckpointError(
                f"it wants {plain:,} of something, and its vectors have {self.most:,} numbers at most"
            )


def _place(plain: dict[str, Any], backend: str | None) -> str:
    """Where to build: what was made on CuPy is built on NumPy where no GPU answers."""
    return backend or ("auto" if plain["backend"] == "cupy" else plain["backend"])


def build(
    plain: dict[str, Any],
    backend: str | None = None,
    classes: Sequence[type] = (),
    dtype: str | None = None,
    lengths: dict[str, int] | None = None,
) -> GAN:
    """The GAN that `about` describes, at its starting weights; backend and dtype override those it was made on.

    lengths, by the names of `gan.vectors()`, are those of the vectors that are there for it: networks that want
    others are refused before they are built.
    """
    known = {c.__name__: c for c in (*KNOWN, *classes)}
    where = Backend(_place(plain, backend), dtype or plain["dtype"])
    built = []
    for player, net in zip(("generator", "discriminator"), plain["networks"], strict=True):
        layers = rebuild(net["layers"], known)
        for what, wanted in (("theta", [i.size for i in layers]), ("state", [i.state_size for i in layers])):
            vector = f"{player}.{what}"
            if lengths is not None and lengths[vector] != sum(wanted):
                raise CheckpointError(f"{vector!r} has {lengths[vector]} numbers, its layers want {sum(wanted)}")
        built.append(Sequential(layers, where, net["seed"], net["name"], net["width"]))
    rest = {k: rebuild(plain[k], known) for k in ("latent", "objective", "optimizers", "instance_noise")}
    rest["penalty"] = rebuild(plain.get("penalty"), known)  # none in a checkpoint of format 1
    same = {k: plain[k] for k in ("updates", "d_steps", "average", "packing", "seed")}
    generator, discriminator = built
    return GAN(generator, discriminator, **rest, **same)


def save(
    learner: GAN | Model, path: str | os.PathLike, extra: dict[str, Any] | None = None, **arrays: np.ndarray
) -> None:
    """Write a checkpoint: whole or not at all, since it is written beside its place and then renamed.

    extra (JSON) and arrays go along under their names; equal GANs give equal bytes. HalfStepError for a GAN whose
    last step was left in the middle.
    """
    if isinstance(learner, GAN):
        check_whole(learner)
    what = "gan" if isinstance(learner, GAN) else "model"
    text = json.dumps({"format": FORMAT, what: about(learner), "extra": extra or {}})
    entries: dict[str, Any] = {"about": np.frombuffer(text.encode(), np.uint8)}
    entries |= {name: learner.backend.to_numpy(vector) for name, vector in learner.vectors().items()} | arrays
    write_whole(Path(path), pack(entries))


def read(
    path: str | os.PathLike, backend: str | None = None, classes: Sequence[type] = (), dtype: str | None = None
) -> tuple[Any, dict[str, Any], dict[str, np.ndarray]]:
    """(GAN or model, extra, arrays) of a checkpoint; CheckpointError for what is none, OSError if unreadable."""
    try:
        arrays, sealed = unpack(contents(path))
        if "about" not in arrays:
            raise CheckpointError("it has no entry 'about', so minigan did not write it")
        plain = json.loads(arrays.pop("about").tobytes())
        if plain["format"] not in (1, FORMAT):
            raise CheckpointError(f"its format is {plain['format']!r:.40}, this minigan reads 1 and {FORMAT}")
        if plain["format"] == FORMAT and not sealed:
            raise CheckpointError("its checksum is gone: it was cut short, or written by another program")
        told, made_by = (plain["model"], build_model) if "model" in plain else (plain["gan"], build)
        learner = made_by(told, backend, classes, dtype, {name: v.size for name, v in arrays.items()})
        steps = told["steps"]
        if type(steps) is not int or steps < 0:
            raise CheckpointError(f"it says that {steps!r:.40} steps were taken")
        vectors = {name: _cast(arrays.pop(name), name, told, dtype) for name in learner.vectors()}
        learner.restore(steps, vectors)
        return learner, plain["extra"], arrays
    except OSError:
        raise
    except (KeyError, TypeError, AttributeError) as error:  # a description of other things than a GAN's
        raise CheckpointError(
            f"{path} cannot be loaded: it describes no GAN and no model ({error!r:.80})"
        ) from error
    except Exception as error:  # a damaged archive, or pieces that do not fit, can raise nearly anything
        raise CheckpointError(f"{path} cannot be loaded: {reason(error, 300)}") from error


def _cast(vector: np.ndarray, name: str, plain: dict[str, Any], dtype: str | None) -> np.ndarray:
    """The vector, in the float type that was asked for; without asking, only in that of the description."""
    if vector.dtype != plain["dtype"] or vector.ndim != 1:
        wanted = f"wanted is a vector of {plain['dtype']}"
        raise CheckpointError(f"{name!r} holds {vector.dtype} of shape {vector.shape!s:.60}; {wanted}")
    with np.errstate(over="raise"):
        return vector.astype(dtype or vector.dtype)


def kept(path: str | os.PathLike, mark: dict[str, Any]) -> bytes:
    """The head of a file that only grows, as far as a checkpoint knew it; raises CheckpointError for another."""
    try:
        length, digest = int(mark["bytes"]), mark["sha256"]
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: its checkpoint does not say how long it was") from error
    head = contents(path)[:length]
    if hashlib.sha256(head).hexdigest() != digest:
        raise CheckpointError(
            f"{path} is not the one that its checkpoint was saved with: its first {length:,} bytes are others. "
            f"Put that one back"
        )
    return head


# ---- bytes


def pack(entries: dict[str, Any]) -> memoryview:
    """The bytes of an .npz of these arrays, with the checksum of them as the archive's comment."""
    packed = io.BytesIO()
    np.savez(packed, **entries)
    packed.seek(-2, os.SEEK_END)  # the archive ends with the length of its comment, 0 so far
    packed.write(struct.pack("<H", DIGEST))
    packed.write(hashlib.sha256(packed.getbuffer()).hexdigest().encode())
    return packed.getbuffer()


def unpack(content: bytes) -> tuple[dict[str, np.ndarray], bool]:
    """(the arrays of an .npz, whether it has a checksum, which is then right); raises CheckpointError.

    Entries must be stored as they are, as np.savez stores them. So they can be no longer than the file, and all
    of them together neither, and NumPy's header of each is held against its length.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except Exception as error:
        raise CheckpointError("it is no .npz archive, or was cut short") from error
    digest, members = archive.comment, archive.infolist()
    sealed = len(digest) == DIGEST
    if sealed and hashlib.sha256(memoryview(content)[:-DIGEST]).hexdigest().encode() != digest:
        raise CheckpointError("its checksum is wrong: it was damaged, or changed after it was saved")
    if any(m.compress_type != zipfile.ZIP_STORED or m.flag_bits & 1 for m in members):
        raise CheckpointError("it holds compressed or encrypted entries, and those of a checkpoint never are")
    if sum(m.file_size for m in members) > len(content):
        raise CheckpointError(f"its entries claim to be longer than its {len(content):,} bytes")
    names = [m.filename.removesuffix(".npy") for m in members]
    for name in names:
        if Path(name).name != name or "\\" in name or names.count(name) > 1:
            raise CheckpointError(f"its entry {name!r:.80} has the name of a path, or of another entry")
    return {name: _array(archive, name, m) for name, m in zip(names, members, strict=True)}, sealed


def _array(archive: zipfile.ZipFile, name: str, member: zipfile.ZipInfo) -> np.ndarray:
    """The array in an .npy: its header is judged before anything of the size that it claims is asked for."""
    try:
        head = io.BytesIO(data := archive.read(member))
        shape, fortran, dtype = read_header(head)
    except Exception as error:
        raise CheckpointError(f"its entry {name!r:.80} is damaged, or no array that NumPy wrote") from error
    if dtype.hasobject:
        raise CheckpointError(f"its entry {name!r:.80} holds Python objects, and loading those could run any code")
    claimed, held = dtype.itemsize * math.prod(shape), len(data) - head.tell()
    if dtype.kind not in "biufcSU" or claimed != held or min(shape, default=0) < 0:
        raise CheckpointError(
            f"its entry {name!r:.80} claims {dtype.str:.20} of shape {shape!s:.60}, "
            f"{claimed:,} bytes, and {held:,} follow"
        )
    return np.frombuffer(data, dtype, offset=head.tell()).reshape(shape, order="F" if fortran else "C").copy()
