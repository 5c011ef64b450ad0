"""Two processes that call each other's functions and trade plain values: no pickle, nothing that is run.

A message is one frame: two lengths, a tree in JSON, and the bytes of its arrays one after another. The tree
holds None, bool, int, float and str as they are, and all else as [tag, ...]. What is no plain value stays at home
and goes as a number by which it can be called; the other side holds a stub of it.

Control is with one side at a time, so arrays can be *shared*: each side has a twin, and a message carries the
contents of those that its sender has changed since the last one. That is how a function that writes into its
argument is seen to, and how a judge nudges weights that live in the other process.

This file knows NumPy alone: the student's process reads it without importing the rest of minigan.
"""

from __future__ import annotations

import json
import numbers
import os
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

HEAD = struct.Struct("<IQ")
TREE, ARRAYS, DEPTH = 1 << 24, 1 << 28, 50  # bytes of a message's tree and of its arrays, and how deep a value is
PLAIN = {np.dtype(f"{kind}{size}").str for kind, sizes in {"i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8),
         "c": (8, 16)}.items() for size in sizes} | {np.dtype(bool).str}  # fmt: skip
SAID = 4_000  # letters of what an error says
MOST = 5_000  # things that one side keeps for the other
CALL = (None,)  # who needs the arrays that are shared during a call
Tree = Any


class ProtocolError(Exception):
    """The other side sent what is no message."""


class Ended(Exception):
    """The other side is gone."""


@dataclass
class Shared:
    """An array with a twin on the other side: what both last held, and whom to tell when new contents came."""

    array: np.ndarray
    contents: bytes
    moved: Callable[[], None] | None = None


class Formula:
    """A function of x, computed on the side that calls it; the student's is a plain function without names.

    Formula("-(x - centre) / sd**2", centre=5.0, sd=2.0)
    """

    def __init__(self, text: str, **given: float):
        self.text = re.sub(
            r"[a-z]\w*", lambda name: f"({float(given[name[0]])!r})" if name[0] in given else name[0], text
        )
        self.here = eval(f"lambda x: {self.text}", {"np": np})  # a judge's words, never a student's

    def __call__(self, x: Any) -> Any:
        """f(x)."""
        return self.here(x)


@dataclass
class Deck:
    """A function that hands out the rows of an array, one a call, and begins again when they are through."""

    rows: np.ndarray
    at: int = 0

    def __call__(self) -> np.ndarray:
        """The next row, a copy."""
        self.at += 1
        return self.rows[(self.at - 1) % len(self.rows)].copy()


class Peer:
    """One end of the two pipes. A subclass says what it serves (`serve`) and how foreign things travel."""

    first = 0  # the parity of the numbers that this end gives to the arrays that it shares

    def __init__(self, reader: int, writer: int):
        self.reader, self.writer = reader, writer
        self.things: list[Any] = []  # what was sent as a number, and is kept for that
        self.numbers: dict[int, int] = {}
        self.shared: dict[int, Shared] = {}
        self.held: dict[Any, set[int]] = {}  # who needs which shared arrays
        self.given = self.first
        self.dropped: list[int] = []  # things of the other side's that we need no more, which it isn't told yet
        self.waiting = b""  # what was read beyond the last message

    # Frames.

    def send(self, tree: Tree, arrays: list[np.ndarray]) -> None:
        """Send one message, and with it the shared arrays that have changed."""
        changed = []
        for number, one in self.shared.items():
            contents = one.array.tobytes()
            if contents != one.contents:
                one.contents = contents
                changed.append([number, len(arrays)])
                arrays.append(one.array)
        shapes = [[a.dtype.str, a.shape, _layout(a)] for a in arrays]
        text = json.dumps([tree, shapes, changed, self.dropped]).encode()
        data = b"".join([a.tobytes() for a in arrays])
        if len(text) > TREE or len(data) > ARRAYS:
            raise ValueError(f"{(len(text) + len(data)) >> 20} MiB in one call are too much")
        for number in self.dropped:
            self.forget(number)
        self.dropped = []
        frame = memoryview(HEAD.pack(len(text), len(data)) + text + data)
        try:
            while frame:
                frame = frame[os.write(self.writer, frame) :]
        except OSError as error:
            raise Ended from error

    def receive(self) -> tuple[Tree, list[np.ndarray]]:
        """The next message, its shared arrays already in place; raises Ended or ProtocolError."""
        tree_size, array_size = HEAD.unpack(self._read(HEAD.size))
        if tree_size > TREE or array_size > ARRAYS:
            raise ProtocolError("a message of more bytes than are allowed")
        text, data = self._read(tree_size), self._read(array_size)
        try:
            tree, shapes, changed, dropped = json.loads(text)
            arrays, at = [], 0
            for dtype, shape, layout in shapes:
                array, at = _unpack(data, at, dtype, shape, layout)
                arrays.append(array)
            for number, k in changed:
                one, array = self.shared[number], arrays[k]
                if (array.shape, array.dtype) != (one.array.shape, one.array.dtype):
                    raise ProtocolError("a shared array came back in another shape")
                one.array[...] = array
                one.contents = array.tobytes()
                if one.moved is not None:
                    one.moved()
            for number in dropped:
                self.drop(number)
                self.forget(number)
        except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
            raise ProtocolError(f"{type(error).__name__}: {error}") from error
        return tree, arrays

    def _read(self, size: int) -> bytes:
        parts, missing = [self.waiting], size - len(self.waiting)
        while missing > 0:
            try:
                part = os.read(self.reader, max(1 << 16, min(missing, 1 << 20)))
            except OSError as error:
                raise Ended from error
            if not part:
                raise Ended
            parts.append(part)
            missing -= len(part)
        whole = b"".join(parts)
        self.waiting = whole[size:]
        return whole[:size]

    # Values.

    def pack(self, value: Any, arrays: list[np.ndarray], share: set[int] | None = None, depth: int = 0) -> Tree:
        """The tree of a value; its arrays go into the list. share collects the numbers of those to be shared."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        if depth > DEPTH:
            raise ValueError(f"a value with more than {DEPTH} lists inside each other")

        def inner(part: Any) -> Tree:
            return self.pack(part, arrays, share, depth + 1)

        if isinstance(value, np.ndarray | np.generic):
            if value.dtype.kind == "f" and value.dtype.itemsize > 8:  # longdouble, which has many formats
                value = value.astype(np.float64)
            if value.dtype.newbyteorder("=").str not in PLAIN:
                return inner(value.tolist())
            number = isinstance(value, np.generic)
            array = np.asarray(value) if value.dtype.isnative else value.astype(value.dtype.newbyteorder("="))
            if share is not None and not number and np.may_share_memory(array, value):
                return self.together(array, arrays, share)
            arrays.append(array)
            return ["number" if number else "array", len(arrays) - 1]
        if isinstance(value, list | tuple):
            return ["tuple" if isinstance(value, tuple) else "list", [inner(part) for part in value]]
        if isinstance(value, dict):
            return ["dict", [[inner(k), inner(v)] for k, v in value.items()]]
        if isinstance(value, slice):
            return ["slice", inner(value.start), inner(value.stop), inner(value.step)]
        if value is Ellipsis:
            return ["ellipsis"]
        if value is np:
            return ["numpy"]
        if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
            return ["type" if isinstance(value, type) else "dtype", np.dtype(value).str]
        if (tree := self.foreign(value, arrays, share)) is not None:
            return tree
        if isinstance(value, int | float | str):  # a subclass, an enum say
            return next(kind(value) for kind in (str, int, float) if isinstance(value, kind))
        if isinstance(value, complex):
            return ["complex", value.real, value.imag]
        if hasattr(value, "__array__"):
            return inner(np.asarray(value))
        if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
            return inner(list(value))
        if isinstance(value, numbers.Number):
            return float(value)  # type: ignore[arg-type]
        return self.at_home(value)

    def together(
        self, array: np.ndarray, arrays: list[np.ndarray], share: set[int], moved: Callable[[], None] | None = None
    ) -> Tree:
        """The number of a shared array, with its contents the first time."""
        place = _place(array)  # not its identity: a property may cut a fresh view of the same numbers each time
        number = next((n for n, one in self.shared.items() if _place(one.array) == place), None)
        first = number is None
        if number is None:
            number, self.given = self.given, self.given + 2
            self.shared[number] = Shared(array, array.tobytes(), moved)
            arrays.append(array)
        share.add(number)
        return ["shared", number, len(arrays) - 1 if first else None]

    def unpack(self, tree: Tree, arrays: list[np.ndarray], share: set[int] | None = None) -> Any:
        """The value of a tree; share collects the numbers of the shared arrays in it. Raises ProtocolError."""
        try:
            return self._unpack(tree, arrays, share)
        except (ValueError, TypeError, KeyError, IndexError, RecursionError, AttributeError) as error:
            raise ProtocolError(f"{type(error).__name__}: {error}") from error

    def _unpack(self, tree: Tree, arrays: list[np.ndarray], share: set[int] | None) -> Any:
        def inner(part: Tree) -> Any:
            return self._unpack(part, arrays, share)

        match tree:
            case None | bool() | int() | float() | str():
                return tree
            case ["array", int(k)]:
                return arrays[k]
            case ["number", int(k)]:
                return arrays[k][()]
            case ["shared", int(number), k] if share is not None and number >= 0:
                if number not in self.shared and number % 2 != self.first:
                    self.shared[number] = Shared(arrays[k], arrays[k].tobytes())
                share.add(number)
                return self.shared[number].array
            case ["list", list(parts)]:
                return [inner(part) for part in parts]
            case ["tuple", list(parts)]:
                return tuple(inner(part) for part in parts)
            case ["dict", list(pairs)]:
                return {inner(k): inner(v) for k, v in pairs}
            case ["slice", start, stop, step]:
                return slice(inner(start), inner(stop), inner(step))
            case ["ellipsis"]:
                return Ellipsis
            case ["complex", real, imag]:
                return complex(real, imag)
            case ["numpy"]:
                return np
            case ["type" | "dtype", str(name)] if name in PLAIN:
                return np.dtype(name) if tree[0] == "dtype" else np.dtype(name).type
            case ["yours", int(number)] if number >= 0:
                return self.things[number]
        return self.arrived(tree, arrays, share)

    def hold(self, who: Any, share: set[int]) -> None:
        """Share these arrays for as long as who needs them; those that nobody needs any more are forgotten.

        Both ends say so at the same message, so they forget the same ones.
        """
        self.held[who] = share
        if not share:
            del self.held[who]
        if not self.shared:
            return
        needed = set().union(*self.held.values())
        for number in self.shared.keys() - needed:
            del self.shared[number]

    def forget(self, number: int) -> None:
        """Share no arrays for this thing any more; both ends say so at the same message."""
        for who in [who for who in self.held if who[0] == number]:
            self.hold(who, set())

    def drop(self, number: int) -> None:
        """The other side needs this thing of ours no more."""
        self.numbers.pop(id(self.things[number]), None)
        self.things[number] = None

    def keep(self, thing: Any) -> int:
        """The number by which the other side may call this thing."""
        if len(self.things) >= MOST:
            raise ValueError(f"more than {MOST:,} things for the other side to call")
        number = self.numbers.setdefault(id(thing), len(self.things))
        if number == len(self.things):
            self.things.append(thing)
        return number

    # Calls.

    def ask(self, what: str, *parts: Any, share: set[int] | None = None, back: set[int] | None = None) -> Any:
        """Have the other side do something, serve it meanwhile, and return what it says or raise what it raised.

        share collects the numbers of the shared arrays that go out, back of those that come.
        """
        arrays: list[np.ndarray] = []
        self.send(["ask", what, [self.pack(part, arrays, share) for part in parts]], arrays)
        while True:
            tree, arrays = self.receive()
            match tree:
                case ["told", value]:
                    return self.unpack(value, arrays, back)
                case ["raised", str(name), list(family), str(text), str(shown)]:
                    raise self.error(name[:SAID], family[:SAID], text[:SAID], shown[: 2 * SAID])
                case ["ask", str(asked), list(values)]:
                    self.serve(asked, values, arrays)
                case _:
                    raise ProtocolError("neither a question nor an answer")

    def tell(self, value: Any, share: set[int] | None = None) -> None:
        """Answer with a value."""
        arrays: list[np.ndarray] = []
        tree = self.pack(value, arrays, share)
        self.send(["told", tree], arrays)

    def tell_error(self, error: BaseException, shown: str = "") -> None:
        """Answer with an error, as names and text."""
        family = [kind.__name__ for kind in type(error).__mro__]
        try:
            text = str(error)
        except BaseException:  # of an exception that somebody wrote
            text = "(an error that cannot say what it is)"
        self.send(["raised", type(error).__name__, family, text[:SAID], shown[: 2 * SAID]], [])

    # What the two ends do each in its own way.

    def serve(self, what: str, parts: list[Tree], arrays: list[np.ndarray]) -> None:
        """Do what the other side asks, and answer."""
        raise NotImplementedError

    def foreign(self, value: Any, arrays: list[np.ndarray], share: set[int] | None) -> Tree | None:
        """The tree of what only this end can send, or None."""
        raise NotImplementedError

    def at_home(self, value: Any) -> Tree:
        """The tree of what is sent as a number."""
        raise NotImplementedError

    def arrived(self, tree: Tree, arrays: list[np.ndarray], share: set[int] | None) -> Any:
        """The value of what only the other end can send; raises ProtocolError."""
        raise ProtocolError("a value of no known kind")

    def error(self, name: str, family: list, text: str, shown: str) -> Exception:
        """The exception for what the other side raised: the nearest that Python has itself."""
        kind = next((KINDS[k] for k in family if isinstance(k, str) and k in KINDS), RuntimeError)
        error: Any = kind(text)
        error.said = f"{name}: {text}" if text else name
        error.shown = shown
        return error


KINDS = {kind.__name__: kind for kind in (
    ValueError, TypeError, AttributeError, IndexError, KeyError, LookupError, ZeroDivisionError, OverflowError,
    FloatingPointError, ArithmeticError, NotImplementedError, RecursionError, RuntimeError, MemoryError,
    AssertionError,
)}  # fmt: skip


def _place(array: np.ndarray) -> tuple:
    """Which numbers these are: where they lie in memory, and how."""
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def _layout(array: np.ndarray) -> str:
    return "C" if array.flags.c_contiguous else "F" if array.flags.f_contiguous else "S"


def _unpack(data: bytes, at: int, dtype: str, shape: list[int], layout: str) -> tuple[np.ndarray, int]:
    """An array of its own from the bytes at this place, laid out as its twin is; and the place behind it."""
    if dtype not in PLAIN or len(shape) > 16 or any(type(n) is not int or n < 0 for n in shape):
        raise ProtocolError("an array of no plain type and shape")
    kind = np.dtype(dtype)
    size = kind.itemsize
    for n in shape:
        size *= n
    if at + size > len(data):
        raise ProtocolError("an array of more bytes than came")
    flat = np.frombuffer(data, kind, size // kind.itemsize, at) if size else np.empty(0, kind)
    apart = layout == "S" and bool(shape)  # rows with gaps between them
    array = np.empty([2 * shape[0], *shape[1:]] if apart else shape, kind, "F" if layout == "F" else "C")
    array = array[::2] if apart else array
    array[...] = flat.reshape(shape)
    return array, at + size
