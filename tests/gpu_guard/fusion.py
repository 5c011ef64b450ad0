"""`fuse` as strict as CuPy's: a formula is traced with symbols before it is computed, and refused as CuPy does.

CuPy compiles a fused function by calling it once with symbols for its arguments (cupy/_core/fusion.pyx, 14.2).
A symbol knows its type and its number of dimensions, but no shape and no value; only ufuncs, operators and
`[...] =` are recorded. What this tracer cannot follow CuPy hands on to a second one, which takes Python's
floats for doubles, or raises; so here that is refused. Four things CuPy compiles without a word, and wrongly
for us; they are refused too:

- arithmetic between two numbers, which CuPy does in float16, the first type that holds floats;
- a temporary of another type than NumPy's, such as that same float16 for a mask times a number;
- writing to an argument smaller than the kernel, whose elements many threads would write;
- writing to one argument while another overlaps it elsewhere, which is a race.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import ledger
from .api import TABLE

tracing: list[Trace] = []  # the kernel that is being recorded, if any


class Refused(TypeError):
    """CuPy's fuse cannot compile this, or would compile something else."""


class Number:
    """A scalar argument or a constant. Its module is CuPy's, by which `namespace` in core/backend.py knows it."""

    __module__ = "cupy._core.fusion"

    def __init__(self, dtype: np.dtype, shape: tuple[int, ...] = (), weak: type | None = None):
        self.dtype, self._shape, self._weak = dtype, shape, weak

    def __bool__(self) -> bool:
        raise Refused("inside fuse nothing has a value yet: no if, no and, no min() or max() of Python's")

    def __setitem__(self, place: Any, value: Any) -> None:
        if place is not Ellipsis and place != slice(None):
            raise Refused("inside fuse only [...] = and [:] = are supported")
        call("copy", [value], {"out": self})

    def copy(self) -> Number:
        return call("copy", [self], {})

    def astype(self, dtype: Any) -> Number:
        return Array(np.dtype(dtype), self._shape)


class Array(Number):
    """An array argument or a temporary."""

    __module__ = "cupy._core.fusion"


def _operator(ufunc: str, swapped: bool = False, in_place: bool = False) -> Callable:
    def apply(self: Number, *other: Any) -> Number:
        return call(ufunc, [*other, self] if swapped else [self, *other], {"out": self} if in_place else {})

    return apply


for _short, _ufunc in {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
}.items():  # fmt: skip
    setattr(Number, f"__{_short}__", _operator(_ufunc))
    if _short != "pow":  # CuPy's symbols have no __rpow__, and neither __abs__ nor __pos__
        setattr(Number, f"__r{_short}__", _operator(_ufunc, swapped=True))
    setattr(Array, f"__i{_short}__", _operator(_ufunc, in_place=True))
for _short, _ufunc in {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
    "neg": "negative", "invert": "invert",
}.items():  # fmt: skip
    setattr(Number, f"__{_short}__", _operator(_ufunc))
Number.__hash__ = object.__hash__  # type: ignore[method-assign]


class Trace:
    """One recording: the kernel's shape, which arguments it writes, and the type of every result in turn."""

    def __init__(self, shape: tuple[int, ...]):
        self.shape = shape
        self.written: set[int] = set()  # by id of the symbol
        self.dtypes: list[str] = []


def call(name: str, args: list | tuple, kwargs: dict[str, Any]) -> Array:
    """Record one ufunc, copy or where, by the rules of _FusionHistory.call_ufunc."""
    trace, n_in = tracing[-1], {"copy": 1, "where": 3}.get(name) or getattr(np, name).nin
    args, out = list(args), kwargs.get("out")
    if unknown := kwargs.keys() - {"out"}:
        raise Refused(f"inside fuse {name} takes no {', '.join(unknown)}=")
    if len(args) > n_in:  # positional out, which ufuncs allow
        *args, out = args
    given = [_symbol(arg, name) for arg in args]
    if name != "copy" and not any(isinstance(one, Array) for one in given):
        raise Refused(f"inside fuse {name} of numbers alone is done in float16: do it before the call")
    dtype = given[0].dtype if name == "copy" else _result_type(name, given)
    if name != "copy":
        trace.dtypes.append(dtype.name)
    shape = np.broadcast_shapes(*(one._shape for one in given))
    if out is None:
        return Array(dtype, shape)
    if not isinstance(out, Array):
        raise Refused(f"inside fuse out= of {name} must be an array of the kernel, not {type(out).__name__}")
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise Refused(f"{name} gives {dtype}, which cannot be cast to {out.dtype}")
    if out._shape != np.broadcast_shapes(shape, out._shape) or out._shape != trace.shape:
        raise Refused(
            f"{name} writes to an argument of shape {out._shape} in a kernel over {trace.shape}: "
            f"many threads would write each of its elements"
        )
    trace.written.add(id(out))
    return out


def _symbol(value: Any, name: str) -> Number:
    if isinstance(value, Number):
        return value
    if isinstance(value, bool | int | float | complex | np.generic):
        return Number(np.dtype(type(value)), weak=None if isinstance(value, np.generic) else type(value))
    raise Refused(f"inside fuse {name} has an operand of unsupported type {type(value).__name__}")


def _result_type(name: str, given: list[Number]) -> np.dtype:
    """The type of the first of CuPy's loops that takes these (_kernel.pyx, _guess_routine_from_in_types).

    A Python number fits a loop that it would not widen: beside a bool array a float fits that of float16 first.
    """
    for loop in (TABLE["where"] if name == "where" else TABLE["ufuncs"][name]).split():
        wanted, result = loop.split("->")
        if all(map(_fits, given, wanted)):
            return np.dtype(result[0])
    raise Refused(f"CuPy's {name} has no loop for {', '.join(str(one.dtype) for one in given)}")


def _fits(one: Number, char: str) -> bool:
    wanted = np.dtype(char)
    if np.can_cast(one.dtype, wanted):
        return True
    return one._weak is not None and np.result_type(one._weak(0), wanted) == wanted


class Fused:
    """A function that CuPy would compile to one kernel: traced once for each kind of arguments, then computed."""

    def __init__(self, function: Callable, name: str, array_type: type):
        self.function, self.name, self.array_type = function, name, array_type
        self.traces: dict[tuple, tuple[frozenset[int], list[str]]] = {}
        if not name.isidentifier():
            raise ValueError(f"{name!r} is no valid name of a CUDA kernel")

    def __call__(self, *args: Any) -> Any:
        arrays = [i for i, arg in enumerate(args) if isinstance(arg, self.array_type)]
        if tracing or not arrays:  # within another fused function, or not for CuPy at all
            return self.function(*args)
        for arg in args:
            if not isinstance(arg, self.array_type | bool | int | float | complex | np.generic | None):
                raise TypeError(f"Invalid argument type for {self.name!r}: {type(arg)}")
        key = tuple((a.dtype, a.shape) if isinstance(a, self.array_type) else type(a) for a in args)
        if key not in self.traces:
            self.traces[key] = self._trace(args, arrays)
        written, dtypes = self.traces[key]
        self._check_overlaps(args, arrays, written)
        with ledger.one_launch(f"fused {self.name}", args[arrays[0]].size), ledger.recording() as seen:
            result = self.function(*args)
        if seen != dtypes:
            raise Refused(f"{self.name} is computed by NumPy in {seen}, but by the kernel in {dtypes}")
        return result

    def _trace(self, args: tuple, arrays: list[int]) -> tuple[frozenset[int], list[str]]:
        symbols: list[Any] = []
        for arg in args:
            if isinstance(arg, self.array_type):
                symbols.append(Array(arg.dtype, arg.shape))
            elif arg is None:
                symbols.append(None)
            else:
                weak = None if isinstance(arg, np.generic) else type(arg)
                symbols.append(Number(np.dtype(type(arg)), weak=weak))
        tracing.append(Trace(np.broadcast_shapes(*(args[i].shape for i in arrays))))
        try:
            self.function(*symbols)
        finally:
            trace = tracing.pop()
        return frozenset(i for i in arrays if id(symbols[i]) in trace.written), trace.dtypes

    def _check_overlaps(self, args: tuple, arrays: list[int], written: frozenset[int]) -> None:
        for i in written:
            for j in arrays:
                a, b = args[i].host, args[j].host
                if a is not b and place(a) != place(b) and np.shares_memory(a, b):
                    raise Refused(f"{self.name} writes argument {i + 1}, which overlaps argument {j + 1}: a race")


def place(a: np.ndarray) -> tuple:
    """Where an array lies in memory, and how."""
    return a.__array_interface__["data"][0], a.strides, a.shape


def fuse(array_type: type, *args: Any, **kwargs: Any) -> Any:
    """cupy.fuse: a function given alone it decorates; fuse(f, kernel_name=...) is a decorator, and forgets f."""

    def wrapper(function: Callable, kernel_name: str | None = None) -> Any:
        return functools.update_wrapper(Fused(function, kernel_name or function.__name__, array_type), function)

    if len(args) == 1 and not kwargs and callable(args[0]):
        return wrapper(args[0])
    return lambda function: wrapper(function, *args, **kwargs)
