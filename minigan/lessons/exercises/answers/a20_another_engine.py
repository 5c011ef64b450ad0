"""Exercise 20: a step of D that asks no engine's name."""

from __future__ import annotations

import math
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from minigan.exercises import close, wrong

HINTS = (
    "Go through step_on_numpy and ask of each line: does np. stand in it? Does it make a Python number of an "
    "array? Does it make an array, and of which float type?",
    "xp.zeros(n) is float64 everywhere, and makes all that it meets float64. xp.zeros_like(s) takes type and "
    "length from s. The check of the loss has to go: to ask is to copy.",
    "label = xp.zeros_like(s); label[: len(real)] = 1; and return xp.mean(xp.logaddexp(0, s) - label * s) as it "
    "is, without float(). All else is the NumPy version with xp for np.",
)
ANSWER = ("step",)
WHY = """
The formula never knew where it runs; what knew were the np. in front of each name, an array of labels made on the
host in float64, and a float() that was there to be kind. On a GPU the first two are refused or slow, and the third
makes the processor wait in every step for work that it could have queued. So: take the module as an argument (or
ask the arrays), make new arrays `like` those that are there, and leave the looking to whoever wants to know.

Common mistakes: xp.zeros(len(x)), with NumPy's default of float64, which widens all that it meets (a GPU's float64
is often many times slower); xp.asarray of a NumPy array in every step, a copy in the other direction; .get() or
np.asarray at the top, which computes on the host and brings nothing to the GPU; an if on the loss; w -= ..., which
moves the caller's weights.
"""


def step(xp: Any, real: Any, fake: Any, w: Any, b: Any, rate: float) -> tuple[Any, Any, Any]:
    """(w, b, loss) after one step, on the engine xp and in the float type of w."""
    x = xp.concatenate([real, fake])
    s = x @ w + b
    label = xp.zeros_like(s)
    label[: len(real)] = 1
    slope = (1 / (1 + xp.exp(-s)) - label) / len(x)
    return w - rate * (x.T @ slope), b - rate * xp.sum(slope), xp.mean(xp.logaddexp(0, s) - label * s)


class Engine:
    """A module of NumPy's names for arrays that are not on the host: what computes, and nothing that looks."""

    exposes = frozenset(name for name in dir(np) if isinstance(getattr(np, name), np.ufunc)) | {
        "concatenate", "stack", "hstack", "vstack", "zeros", "ones", "full", "empty", "zeros_like", "ones_like",
        "full_like", "empty_like", "arange", "where", "asarray", "array", "ascontiguousarray", "mean", "sum",
        "prod", "max", "min", "amax", "amin", "var", "std", "clip", "cumsum", "dot", "reshape", "ravel",
        "transpose", "squeeze", "expand_dims", "broadcast_to", "argmax", "argmin", "sort", "any", "all",
        "nan_to_num", "float32", "float64", "int32", "int64", "bool_", "pi", "e", "inf", "nan", "newaxis",
    }  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        if name not in self.exposes:
            raise AttributeError(f"this engine has no {name}")
        theirs = getattr(np, name)
        if isinstance(theirs, type) or not callable(theirs):
            return theirs  # float32, pi, newaxis
        makes = name in ("asarray", "array", "ascontiguousarray")
        takes = theirs.nin if isinstance(theirs, np.ufunc) else TAKES.get(name, 1)

        def call(*args: Any, **kwargs: Any) -> Any:
            if makes and any(isinstance(a, np.ndarray) for a in args):
                raise TypeError(f"xp.{name} of a NumPy array copies from the host in every step; make it with xp")
            if name == "arange" and not all(isinstance(a, int) for a in args):
                raise TypeError("xp.arange takes whole numbers on this engine")
            if name == "where" and len(args) != 3:
                raise _look("xp.where of a condition alone")
            return _computed(f"xp.{name}", theirs, args, kwargs, takes)

        return call


ENGINE = Engine()
TAKES = {
    "zeros": 0,
    "ones": 0,
    "empty": 0,
    "full": 0,
    "arange": 0,
    "full_like": 2,
    "dot": 2,
    "where": 3,
    "clip": 3,
}
MOST = 4096  # numbers in an array: what a student's code has computed here can't fill the memory


def _computed(name: str, function: Any, args: tuple, kwargs: dict[str, Any], takes: int) -> Any:
    """What NumPy makes of it behind the curtain; its first arguments may be arrays, a shape or an option not.

    Its errors end the judgement: who could catch them would learn of the values by whether they come.
    """
    if any(_arrays(part) for part in (*args[takes:], *kwargs.values())):
        raise _look(f"an array as a shape, an index or an option of {name}")
    args, kwargs = _in(args, name), _in(kwargs, name)
    sizes = [sum(a.size for a in _arrays(part)) for part in args[:takes]]
    asked = [math.prod(map(abs, part)) for part in map(_whole, (*args[takes:], *kwargs.values())) if part]
    if math.prod(filter(None, sizes)) > MOST**2 or max([*sizes, *asked], default=0) > MOST:
        raise ValueError(f"nothing on this engine has more than {MOST} numbers")
    try:
        return _out(function(*args, **kwargs))
    except Exception as error:
        wrong(f"{name}: {type(error).__name__}: {error}")


def _arrays(value: Any) -> list[Any]:
    """The arrays in an argument."""
    if isinstance(value, (list, tuple)):
        return [array for part in value for array in _arrays(part)]
    if isinstance(value, slice):
        return _arrays((value.start, value.stop, value.step))
    return [value] if isinstance(value, (Strict, np.ndarray)) else []


def _whole(value: Any) -> list[Any]:
    """The whole numbers in an argument, which may be a shape."""
    parts = value if isinstance(value, (list, tuple)) else [value]
    return [n for n in parts if isinstance(n, (int, np.integer)) and not isinstance(n, bool)]


class Strict:
    """An array of Engine: it meets its like and numbers, never NumPy's arrays, and can't be looked at.

    The student's process has a stub of it, which asks for every operator here: the numbers never get there.
    """

    exposes = frozenset(
        {"shape", "dtype", "ndim", "size", "T", "mean", "sum", "prod", "max", "min", "var", "std", "clip", "dot",
         "cumsum", "reshape", "ravel", "transpose", "squeeze", "astype", "copy", "flatten", "any", "all"}
        | {"get", "item", "tolist", "tobytes"}  # which say that they look
    )  # fmt: skip
    operators: frozenset[str]
    facts = ("shape", "dtype", "ndim", "size")

    def __init__(self, host: np.ndarray):
        self._host = host

    shape = property(lambda self: self._host.shape)
    dtype = property(lambda self: self._host.dtype)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    T = property(lambda self: Strict(self._host.T))

    def __len__(self) -> int:
        return len(self._host)

    def __setitem__(self, place: Any, value: Any) -> None:
        where = _place(place)
        _computed("x[...] =", lambda value: self._host.__setitem__(where, value), (value,), {}, 1)

    def __getattr__(self, name: str) -> Any:
        if name in ("get", "item", "tolist", "tobytes"):
            raise _look(f".{name}()")
        if name not in self.exposes or not hasattr(np.ndarray, name):
            raise AttributeError(f"an array of this engine has no {name!r}")
        takes = {"clip": 2, "dot": 1}.get(name, 0)
        return lambda *args, **kwargs: _computed(f".{name}", getattr(self._host, name), args, kwargs, takes)

    def __getitem__(self, place: Any) -> Any:
        where = _place(place)
        return _computed("x[...]", lambda: self._host[where], (), {}, 0)

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError(
            "NumPy was given an array that is on another engine: take xp for np., here "
            "and wherever the other array was made"
        )

    __array_function__ = __array__

    def __array_ufunc__(self, ufunc: np.ufunc | str, method: str, *inputs: Any, **kwargs: Any) -> Any:
        name = ufunc if isinstance(ufunc, str) else ufunc.__name__
        apply = getattr(np, name, None) if method == "__call__" else None
        if isinstance(apply, np.ufunc) and any(isinstance(a, np.generic) for a in inputs):
            return _computed(name, apply, inputs, {}, apply.nin)  # a NumPy scalar is as good as Python's
        return self.__array__()


def _place(place: Any) -> Any:
    if _arrays(place):
        raise _look("an array as an index")
    return _in(place, "an index")


def _look(how: str) -> Exception:
    return TypeError(f"{how} looks at values: the engine would have to stop for it and copy them to the host")


def _refusal(how: str) -> Any:
    def refuse(self: Strict, *args: Any) -> Any:
        raise _look(how)

    return refuse


def _operator(name: str) -> Any:
    def apply(self: Strict, *others: Any) -> Any:
        says = f"an operator ({name.strip('_')})"
        return _computed(says, lambda host, *rest: getattr(host, name)(*rest), (self, *others), {}, 2)

    return apply


for _name in ("float", "int", "bool", "complex", "index", "repr", "str", "format", "iter", "contains"):
    setattr(Strict, f"__{_name}__", _refusal({"repr": "print"}.get(_name, f"{_name}()")))
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    for _form in ("", "r", "i"):
        setattr(Strict, f"__{_form}{_name}__", _operator(f"__{_form}{_name}__"))
for _name in ("neg", "pos", "abs", "invert", "lt", "le", "gt", "ge", "eq", "ne", "and", "or"):
    setattr(Strict, f"__{_name}__", _operator(f"__{_name}__"))
Strict.operators = frozenset(name for name, how in vars(Strict).items() if name.startswith("__") and callable(how))
Strict.operators -= {"__init__", "__getattr__", "__class__"}


NAMES = ("float32", "float64", "int32", "int64", "bool", "C", "F")


def _in(value: Any, name: str) -> Any:
    """What NumPy may compute with behind the curtain: numbers, and no more work than they are; else TypeError."""
    if isinstance(value, Strict):
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"{name} was given an array that NumPy has made: on this engine all arrays are made by xp")
    if isinstance(value, (list, tuple)):
        return type(value)(_in(v, name) for v in value)
    if isinstance(value, dict):
        return {k: _in(v, name) for k, v in value.items()}
    plain = (bool, int, float, np.generic, np.dtype, type, slice, EllipsisType, NoneType)
    huge = isinstance(value, int) and abs(value) >= 1 << 63  # NumPy would take it for an object
    if huge or not (isinstance(value, plain) or (isinstance(value, str) and value in NAMES)):
        raise TypeError(f"{name} was given {value!r:.40}: this engine computes with numbers alone")
    return value


def _out(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        if value.size > MOST:
            raise ValueError(f"an array of {value.size} numbers; nothing here has more than {MOST}")
        return Strict(np.asarray(value))
    return type(value)(map(_out, value)) if isinstance(value, (list, tuple)) else value


def _by_loop(real: list, fake: list, w: list, b: float, rate: float) -> tuple[list[float], float, float]:
    """The oracle: one row at a time, in Python's floats."""
    rows = [(x, 1.0) for x in real] + [(x, 0.0) for x in fake]
    pays, up, lift = [], [0.0] * len(w), 0.0
    for x, label in rows:
        s = b + math.fsum(v * u for v, u in zip(x, w, strict=True))
        wanted = s if label else -s  # the logit of the right answer
        pays.append(max(-wanted, 0.0) + math.log1p(math.exp(-abs(wanted))))
        slope = (1 / (1 + math.exp(-s)) if s > 0 else math.exp(s) / (1 + math.exp(s))) - label
        up = [g + slope * v for g, v in zip(up, x, strict=True)]
        lift += slope
    n = len(rows)
    return [v - rate * g / n for v, g in zip(w, up, strict=True)], b - rate * lift / n, math.fsum(pays) / n


def judge(student: Any, rng: np.random.Generator) -> None:
    """Both engines, both float types, batches of many, of unequal sizes and of one row."""
    sizes = [(int(rng.integers(3, 9)), int(rng.integers(10, 20)), int(rng.integers(2, 6))), (1, 1, 1), (7, 7, 2)]
    for m, n, d in sizes:
        for engine in ("NumPy", "a strict engine"):
            for dtype in (np.float64, np.float32):
                _case(student, rng, engine, dtype, (m, n, d))


def _case(student: Any, rng: np.random.Generator, engine: str, dtype: Any, sizes: tuple[int, int, int]) -> None:
    m, n, d = sizes
    hosts = [a.astype(dtype) for a in (rng.normal(1, 2, (m, d)), rng.normal(-1, 2, (n, d)), rng.normal(0, 1, d),
                                       rng.normal(0, 1, 1))]  # fmt: skip
    rate = float(rng.uniform(0.1, 1))
    kept = [a.copy() for a in hosts]
    case = f"{engine}, {np.dtype(dtype).name}, {m} real and {n} fake rows of {d}"
    there = engine != "NumPy"
    xp, given = (ENGINE, [Strict(a) for a in hosts]) if there else (np, hosts)
    with np.errstate(all="ignore"):
        got = student.step(xp, *given, rate)
    if got is None:
        wrong(f"{case}: your function returned None; is there a return statement?")
    if not isinstance(got, (tuple, list)) or len(got) != 3:
        wrong(f"{case}: wanted (w, b, loss), got {type(got).__name__}")
    if not all(np.array_equal(a, b) for a, b in zip(hosts, kept, strict=True)):
        wrong(f"{case}: your function changed an argument; leave the caller's arrays as they are")
    new_w, new_b, loss = _by_loop(kept[0].tolist(), kept[1].tolist(), kept[2].tolist(), float(kept[3][0]), rate)
    for name, have, want in zip(("w", "b", "loss"), got, (new_w, [new_b], loss), strict=True):
        if there and not isinstance(have, Strict):
            wrong(f"{case}: {name} is of type {type(have).__name__}, not an array of the engine it was given on")
        found = have._host if there else np.asarray(have)
        if found.dtype != dtype:
            wrong(
                f"{case}: {name} came back as {found.dtype}, wanted {np.dtype(dtype).name}: which array was made "
                f"without a float type?"
            )
        tolerance = 1e-9 if dtype == np.float64 else 1e-4
        close(f"{case}, {name}{_guess(name, found, loss, m + n)}", found, want, tolerance)


def _guess(name: str, found: np.ndarray, loss: float, rows: int) -> str:
    """A word on what a wrong loss might be, or nothing."""
    if name == "loss" and found.size == 1:
        if math.isclose(float(found.ravel()[0]), loss * rows, rel_tol=1e-5) and rows > 1:
            return ": that is the sum over the rows; the mean is asked for"
        if math.isclose(float(found.ravel()[0]), -loss, rel_tol=1e-5):
            return ": only the sign is wrong"
    return ""
