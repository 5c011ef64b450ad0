"""A stand-in for CuPy on a machine without a GPU: NumPy's numbers, CuPy's refusals, and a ledger of the costs.

`cupy` here stands where the module would: it answers the names that CuPy has (cupy_api.json), each with CuPy's
parameters, and its arrays refuse what CuPy's refuse. All is computed by the NumPy call of that name, so that
results are NumPy's to the last bit. Refusals follow CuPy 14.2; the file of its sources is named where one is
followed.

What it cannot tell: whether kernels compile, what they give, how fast they are, and how much memory they take.
Temporaries are laid out as NumPy lays them out, where CuPy makes all of them row-major.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import fusion, ledger
from .api import TABLE, Parameters

NUMBERS = (bool, int, float, complex, np.generic)
FROM_HOST = {"array", "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray", "asfortranarray"}
WAITING = {  # for values that the result's size depends on, or that are there to be read
    *("argwhere", "compress", "extract", "flatnonzero", "nonzero", "trim_zeros", "union1d", "unique"),
    *("array2string", "array_repr", "array_str", "dump", "dumps", "save", "savez", "savetxt"),
    *("tobytes", "tofile", "tolist"),
}


class Flags:
    """An array's layout: CuPy's flags know no writeable and no aligned."""

    def __init__(self, flags: Any):
        self.c_contiguous, self.f_contiguous = flags.c_contiguous, flags.f_contiguous
        self.fnc, self.forc, self.owndata = flags.fnc, flags.forc, flags.owndata


class ndarray:
    """An array "on the device". Its module is CuPy's, by which `minigan.core.backend.namespace` knows it."""

    __module__ = "cupy"
    __slots__ = ("host",)
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]
    host: np.ndarray

    def __init__(self, shape: Any, dtype: Any = float, order: str = "C"):
        self.host = np.empty(shape, dtype, order)  # type: ignore[call-overload]

    shape = property(lambda self: self.host.shape)
    strides = property(lambda self: self.host.strides)
    dtype = property(lambda self: self.host.dtype)
    ndim = property(lambda self: self.host.ndim)
    size = property(lambda self: self.host.size)
    nbytes = property(lambda self: self.host.nbytes)
    itemsize = property(lambda self: self.host.itemsize)
    flags = property(lambda self: Flags(self.host.flags))
    T = property(lambda self: wrap(self.host.T))

    # In and out

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        refuse(TypeError("Implicit conversion to a NumPy array is not allowed; use .get()"))
        return np.array(self.host, *args, **kwargs)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """np.exp(x) is CuPy's exp (core.pyx); np.add.reduce(x) is nobody's."""
        if tolerates():
            result = getattr(ufunc, method)(*map(_host, inputs), **_all_hosts(kwargs))
            return result if "out" in kwargs or np.isscalar(result) else wrap(result)
        if method != "__call__" or (ufunc.__name__ not in TABLE["ufuncs"] and ufunc is not np.matmul):
            return NotImplemented
        if "out" in kwargs:
            (kwargs["out"],) = kwargs["out"]
        return getattr(cupy, ufunc.__name__)(*inputs, **kwargs)

    def __array_function__(self, function: Callable, types: Any, args: Any, kwargs: Any) -> Any:
        """np.mean(x) is CuPy's mean, where CuPy has one."""
        if tolerates():
            result = function(*map(_host, args), **_all_hosts(kwargs))
            return result if np.isscalar(result) else wrap(result)
        path = [*function.__module__.split(".")[1:], function.__name__]
        try:
            return functools.reduce(getattr, path, cupy)(*args, **kwargs)
        except AttributeError:
            return NotImplemented

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> np.ndarray:
        ledger.download(".get()")
        if out is None:
            return self.host.copy(order)  # type: ignore[arg-type]
        out[...] = self.host
        return out

    def set(self, arr: np.ndarray, stream: Any = None) -> None:
        """Copy from the host: nothing is cast or broadcast (core.pyx)."""
        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if arr.dtype != self.dtype:
            raise TypeError(f"{arr.dtype} array cannot be set to {self.dtype} array")
        if arr.shape != self.shape:
            raise ValueError(f"Shape mismatch. Old shape: {self.shape}, new shape: {arr.shape}")
        if not self.host.flags.forc:
            raise RuntimeError("Cannot set to non-contiguous array")
        ledger.upload(".set()")
        self.host[...] = arr

    def _number(self, kind: Callable, name: str) -> Any:
        if self.size != 1:
            raise ValueError(f"{name} of an array of {self.size} elements")
        ledger.download(name)
        return kind(self.host.item())

    def __bool__(self) -> bool:
        return self._number(bool, "bool()")

    def __int__(self) -> int:
        return self._number(int, "int()")

    def __float__(self) -> float:
        return self._number(float, "float()")

    def __complex__(self) -> complex:
        return self._number(complex, "complex()")

    def item(self) -> Any:
        return self._number(lambda value: value, ".item()")

    def __repr__(self) -> str:
        ledger.download("repr()")
        return repr(self.host)

    def __str__(self) -> str:
        ledger.download("str()")
        return str(self.host)

    def __format__(self, spec: str) -> str:
        ledger.download("format()")
        return format(self.host, spec)

    def __reduce__(self) -> tuple:
        ledger.download("pickle")
        return wrap, (self.host.copy(),)

    def __copy__(self) -> ndarray:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> ndarray:
        return self.copy()

    # Places

    def __len__(self) -> int:
        return len(self.host)

    def __iter__(self) -> Iterator[ndarray]:
        return iter([self[i] for i in range(len(self))])

    def __getitem__(self, index: Any) -> ndarray:
        found = wrap(self.host[_index(index, "x[mask]")])
        if not np.may_share_memory(found.host, self.host):
            ledger.launch("take", found.size)
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        """x[...] = a number or a device array, and nothing else (_routines_indexing.pyx, _scatter_op)."""
        if not isinstance(value, (ndarray, *NUMBERS)):
            refuse(ValueError("non-scalar numpy.ndarray cannot be used for fill"))
            value = wrap(np.asarray(value))
        place = _index(index, "x[mask] = ")
        part = self.host[place]
        if not isinstance(value, ndarray):
            ledger.launch("fill", part.size)
        elif fusion.place(value.host) != fusion.place(part):  # after x[i] += y it is itself
            ledger.launch("copy", part.size)
        self.host[place] = value.host if isinstance(value, ndarray) else value


def wrap(result: Any) -> Any:
    """NumPy's arrays and scalars as device arrays: CuPy's reductions give arrays of no dimension."""
    if isinstance(result, np.ndarray | np.generic):
        array = object.__new__(ndarray)
        array.host = np.asarray(result)
        return array
    if isinstance(result, list | tuple):
        return type(result)(map(wrap, result))
    return result


def unwrap(value: Any, name: str) -> Any:
    """What NumPy may compute with; TypeError for an array that is not on the device."""
    if isinstance(value, ndarray):
        return value.host
    if isinstance(value, np.ndarray):
        refuse(TypeError(f"CuPy's {name}: unsupported type {type(value)}"))
    if isinstance(value, list | tuple):
        return type(value)(unwrap(part, name) for part in value)
    return value


def tolerates() -> bool:
    """Whether the caller may look at arrays as if they were NumPy's; everywhere.py says when."""
    return False


def refuse(error: Exception) -> None:
    """Raise what CuPy raises where an array of the host's meets one of the device's."""
    if not tolerates():
        raise error


def _host(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_host, value))
    return value.host if isinstance(value, ndarray) else value


def _all_hosts(named: dict[str, Any]) -> dict[str, Any]:
    return {word: _host(value) for word, value in named.items()}


def _index(index: Any, name: str) -> Any:
    """An index for NumPy. CuPy takes arrays of the host's here and uploads them; a mask's size it must read."""
    if isinstance(index, tuple):
        return tuple(_index(part, name) for part in index)
    if isinstance(index, np.ndarray | list):
        ledger.upload("index")
    found = index.host if isinstance(index, ndarray) else index
    if isinstance(found, np.ndarray | list) and np.asarray(found).dtype == bool:
        ledger.download(name)
    return found


class ufunc:
    """One of CuPy's elementwise functions (_kernel.pyx, ufunc.__call__): out, dtype and casting, but no where."""

    __module__ = "cupy"

    def __init__(self, name: str):
        self.__name__ = self.name = name
        self.numpy = getattr(np, name)
        self.nin, self.nout = self.numpy.nin, self.numpy.nout

    def __repr__(self) -> str:
        return f"<ufunc 'cupy_{self.name}'>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if fusion.tracing:
            return fusion.call(self.name, args, kwargs)
        inputs, outs = args[: self.nin], args[self.nin :]
        if len(inputs) < self.nin or len(outs) > self.nout or ("out" in kwargs and outs):
            raise TypeError(f"Wrong number of arguments for {self.name!r}: {len(args)}")
        if kwargs:
            if unknown := kwargs.keys() - {"out", "dtype", "casting"}:
                raise TypeError(f"Wrong arguments for {self.name!r}: {', '.join(unknown)}")
            out = kwargs.pop("out", None)
            outs = out if isinstance(out, tuple) else () if out is None else (out,)
        for out in outs:
            if not isinstance(out, ndarray):
                raise TypeError(f"CuPy's {self.name}: unsupported type {type(out)} for out")
            for arg in inputs:  # _copy_in_args_if_needed asks whether it is the same object
                if arg is not out and isinstance(arg, ndarray) and np.may_share_memory(arg.host, out.host):
                    ledger.launch("copy of an overlapping input", arg.size)
        operands = [self._operand(arg) for arg in inputs]
        if outs:
            kwargs["out"] = tuple(out.host for out in outs)
        result = self.numpy(*operands, **kwargs)
        ledger.launch(self.name, np.size(result if self.nout == 1 else result[0]))
        if ledger.is_recording():
            ledger.computed(self._loop(operands))
        return (outs[0] if self.nout == 1 else outs) if outs else wrap(result)

    def _operand(self, arg: Any) -> Any:
        if isinstance(arg, ndarray):
            return arg.host
        if not isinstance(arg, NUMBERS):
            refuse(TypeError(f"CuPy's {self.name}: unsupported type {type(arg)}"))
        return arg

    def _loop(self, operands: list) -> str:
        """The type that NumPy computes the result in, whatever array it is written to."""
        kinds = (a.dtype if isinstance(a, np.ndarray | np.generic) else type(a) for a in operands)
        wanted = [np.dtype(kind) if kind is bool else kind for kind in kinds]
        return self.numpy.resolve_dtypes((*wanted, *(None,) * self.nout))[-1].name


def _function(name: str, text: str, numpy: Callable) -> Callable:
    """CuPy's function of this name and these parameters, computed by NumPy's."""
    parameters = Parameters.read(name, text)

    @functools.wraps(numpy)
    def function(*args: Any, **kwargs: Any) -> Any:
        first, named = parameters.bind(args, kwargs)
        if fusion.tracing:
            if name in ("where", "copy"):
                return fusion.call(name, [*first, *named.values()], {})
            raise fusion.Refused(f"CuPy's {name} cannot be fused to an elementwise kernel")
        out = named.get("out")
        if out is not None and not isinstance(out, ndarray):
            raise TypeError(f"CuPy's {name}: unsupported type {type(out)} for out")
        operands, options = unwrap(first, name), {word: unwrap(value, name) for word, value in named.items()}
        if name == "where":  # its x and y are positional in NumPy, and needed to make it elementwise
            operands, options = [*operands, *options.values()], {}
        if name in WAITING or (name == "where" and len(operands) == 1):
            ledger.download(name)
        result = numpy(*operands, **options)
        if name == "where" and ledger.is_recording():
            ledger.computed(result.dtype.name)
        arrays = [part for part in (*first, *named.values()) if isinstance(part, ndarray)]
        same = next((array for array in arrays if array.host is result), None)
        if same is not None and out is None:
            return same
        new = isinstance(result, np.ndarray | np.generic) and not name.startswith("empty")
        if new and (out is not None or not any(np.may_share_memory(result, array.host) for array in arrays)):
            parts = len(first[0]) if first and isinstance(first[0], list | tuple) and arrays == [] else 1
            ledger.launch(name, np.size(result), max(parts, 1))
        if isinstance(result, bool) and name in ("allclose", "array_equal", "array_equiv"):
            result = np.bool_(result)  # of CuPy's, an array without dimensions
        return out if out is not None else wrap(result)

    return function


def _dot(a: ndarray, b: ndarray, out: ndarray | None = None) -> ndarray:
    """_routines_linalg.pyx, dot: out must be row-major and of the result's type."""
    _check_on_device("dot", a, b, out)
    if out is not None and out.dtype != np.result_type(a.dtype, b.dtype):
        raise ValueError("Not supported dtype combination.")
    if out is not None and not out.flags.c_contiguous:
        raise ValueError("Output array must be C-contiguous")
    _launch_product("dot", a, b, out)
    result = np.dot(a.host, b.host, None if out is None else out.host)
    return wrap(result) if out is None else out


def _check_on_device(name: str, *arrays: Any) -> None:
    for array in arrays:
        if not isinstance(array, ndarray | None):
            raise TypeError(f"CuPy's {name}: unsupported type {type(array)}")


def _launch_product(name: str, a: ndarray, b: ndarray, out: ndarray | None) -> None:
    """tensordot_core: one call of cuBLAS, and copies where it cannot take an operand as it lies."""
    for array in (a, b):
        ledger.launch("copy of an operand", array.size, not array.host.flags.forc)
    if out is not None and any(np.may_share_memory(out.host, array.host) for array in (a, b)):
        ledger.launch("copy of the result", out.size)
    one_number = a.ndim and a.size == b.size == a.shape[-1]
    ledger.launch(name, max(a.size, b.size), 2 if one_number else 1)  # elementwise, and then a sum


def _matmul(*args: Any, **kwargs: Any) -> ndarray:
    """linalg/_product.py: out by keyword alone."""
    (a, b), named = _MATMUL.bind(args, kwargs)
    out = named.get("out")
    a, b = (wrap(one) if isinstance(one, np.ndarray) and tolerates() else one for one in (a, b))
    _check_on_device("matmul", a, b, out)
    _launch_product("matmul", a, b, out)
    result = np.matmul(a.host, b.host, **_all_hosts(named))
    return wrap(result) if out is None else out


def _asarray(name: str) -> Callable:
    parameters = Parameters.read(name, TABLE["functions"][name])

    def asarray(*args: Any, **kwargs: Any) -> ndarray:
        """The door by which data of the host come in."""
        (a,), named = parameters.bind(args, kwargs)
        named.pop("blocking", None)
        if isinstance(a, list | tuple) and any(isinstance(part, ndarray) for part in a):
            a = cupy.stack([*a])
        if not isinstance(a, ndarray):
            ledger.upload(name)
            return wrap(np.array(a, **({"dtype": named["dtype"]} if "dtype" in named else {})))
        result = getattr(np, name)(a.host, **named)
        if result is a.host:
            return a
        ledger.launch("astype", a.size, not np.may_share_memory(result, a.host))
        return wrap(result)

    return asarray


def asnumpy(a: Any, stream: Any = None, order: str = "C", out: Any = None, *, blocking: bool = True) -> np.ndarray:
    return a.get(stream, order, out) if isinstance(a, ndarray) else np.asarray(a, order=order)  # type: ignore


class Generator:
    """CuPy's generator has a part of NumPy's methods: no normal, permutation, shuffle, choice or spawn."""

    def __init__(self, rng: np.random.Generator):
        self._rng = rng

    def __getattr__(self, name: str) -> Callable:
        if name not in TABLE["Generator"]:
            raise AttributeError(f"cupy.random.Generator has no {name!r}")
        return _function(name, TABLE["Generator"][name], getattr(self._rng, name))


class Part:
    """A module within CuPy: it answers the names in its part of the table."""

    def __init__(self, name: str, numpy: Any):
        self._name, self._numpy = name, numpy

    def __getattr__(self, name: str) -> Any:
        if name not in TABLE[self._name]:
            raise AttributeError(f"module 'cupy.{self._name}' has no attribute {name!r}")
        return _function(name, TABLE[self._name][name], getattr(self._numpy, name))


class CuPy:
    """What stands where the module would."""

    __name__, __version__ = "cupy", TABLE["version"]
    ndarray, ufunc = ndarray, ufunc
    linalg = Part("linalg", np.linalg)
    random = SimpleNamespace(default_rng=lambda seed=None: Generator(np.random.default_rng(seed)))
    cuda = SimpleNamespace(
        is_available=lambda: True,
        runtime=SimpleNamespace(getDeviceProperties=lambda device: {"name": b"a stand-in, which is no GPU"}),
    )
    dot, matmul, asnumpy = staticmethod(_dot), staticmethod(_matmul), staticmethod(asnumpy)

    def fuse(self, *args: Any, **kwargs: Any) -> Any:
        return fusion.fuse(ndarray, *args, **kwargs)

    def get_array_module(self, *args: Any) -> Any:
        return self if any(isinstance(arg, ndarray) for arg in args) else np

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._find(name)
        setattr(self, name, found)  # asked once
        return found

    def _find(self, name: str) -> Any:
        if name in TABLE["ufuncs"]:
            return ufunc(name)
        if name in FROM_HOST & TABLE["functions"].keys():
            return _asarray(name)
        known = [name in TABLE[part] for part in ("functions", "classes", "values")]
        if not any(known):
            raise AttributeError(f"module 'cupy' has no attribute {name!r}")
        theirs = getattr(np, name, None)
        if known[0] and theirs is not None:
            return _function(name, TABLE["functions"][name], theirs)
        if name == "newaxis" or isinstance(theirs, float) or (isinstance(theirs, type) and known[1]):
            return theirs
        raise NotImplementedError(f"CuPy has {name!r}, but the stand-in does not model it")

    def __reduce__(self) -> tuple:
        raise TypeError("cannot pickle 'module' object")


_MATMUL = Parameters.read("matmul", TABLE["functions"]["matmul"])
cupy = CuPy()


def _method(name: str) -> Callable:
    function = _function(name, "self, " + TABLE["methods"][name], getattr(np.ndarray, name))
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)


def _operator(name: str, swapped: bool = False, in_place: bool = False) -> Callable:
    def apply(self: ndarray, *other: Any) -> Any:
        if other and not isinstance(other[0], (ndarray, np.ndarray, fusion.Number, *NUMBERS)):
            return NotImplemented
        args = (*other, self) if swapped else (self, *other)
        return getattr(cupy, name)(*args, **({"out": self} if in_place else {}))

    return apply


for _name in TABLE["methods"]:
    if hasattr(np.ndarray, _name) and _name not in vars(ndarray):
        setattr(ndarray, _name, _method(_name))
ndarray.dot = lambda self, b, out=None: _dot(self, b, out)  # type: ignore[attr-defined]
for _short, _name in {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "left_shift", "rshift": "right_shift", "divmod": "divmod", "matmul": "matmul",
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
    "neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert",
}.items():  # fmt: skip
    for _form, _how in {"__{}__": {}, "__r{}__": {"swapped": True}, "__i{}__": {"in_place": True}}.items():
        if _form.format(_short) in TABLE["operators"]:
            setattr(ndarray, _form.format(_short), _operator(_name, **_how))
