"""A pass as a table of what to do with which numbers, and the one loop, compiled by numba, that walks it.

A call from Python takes a microsecond, which is as long as a small product lasts. Here each call is a row: an
operation, addresses, lengths. For products the loop calls the functions that NumPy calls, found by name in the
library that NumPy's wheels bring, so that the bits are the same. Each product is tried both ways once; where they
differ, or NumPy's BLAS has other names (a distribution's, Apple's, any on Windows), Python goes on calling it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import numpy as np
from llvmlite import binding
from numba import carray, types
from numba.extending import intrinsic, register_jitable
from numpy.lib.stride_tricks import as_strided

from .backend import Array, Backend
from .layers import LeakyReLU, ReLU, Sigmoid, Tanh
from .streams import fill_normal

GEMM, GEMV, DOT, OUTER, ADD, WEIGH, LEAKY_SLOPE, TANH_SLOPE, SIGMOID_SLOPE = range(9)
FIELDS = ("what", "a", "b", "out", "m", "n", "k", "turn_a", "turn_b", "step_a", "step_b", "step_out", "by_line")
ENOUGH = 100  # sums that must come out alike
ROW = np.dtype([(name, np.int64) for name in FIELDS] + [("number", np.float64)])

# ---- the library ------------------------------------------------------------------------------------------------

BY_ROWS, AS_IT_LIES, TURNED = 101, 111, 112  # CBLAS's own numbers for an order, for a matrix and its transpose
HOW, COUNT, ADDRESS = types.int32, types.int64, types.int64
FLOATS = (("s", types.float32), ("d", types.float64))
at_hand: set[str] = set()  # the functions that are there


def _blas(name: str, signature: Any) -> Any:
    """A function of the BLAS in NumPy's wheels, for compiled code."""
    symbol = f"scipy_cblas_{name}64_"
    try:
        function = getattr(ctypes.CDLL(import_module("numpy._core._multiarray_umath").__file__), symbol)
        at_hand.add(name)
    except (AttributeError, OSError):
        function = ctypes.pythonapi.Py_IsInitialized  # stands there so that the loop compiles; no row asks for it
    binding.add_symbol(symbol, ctypes.cast(function, ctypes.c_void_p).value)
    return types.ExternalFunction(symbol, signature)


sgemm, dgemm = (
    _blas(f"{kind}gemm", types.void(*[HOW] * 3, *[COUNT] * 3, x, *[ADDRESS, COUNT] * 2, x, ADDRESS, COUNT))
    for kind, x in FLOATS
)
sgemv, dgemv = (
    _blas(f"{kind}gemv", types.void(*[HOW] * 2, *[COUNT] * 2, x, *[ADDRESS, COUNT] * 2, x, ADDRESS, COUNT))
    for kind, x in FLOATS
)
sdot, ddot = (_blas(f"{kind}dot", x(COUNT, *[ADDRESS, COUNT] * 2)) for kind, x in FLOATS)


def _pointer(typing: Any, address: Any, like: Any) -> Any:
    """This address as a pointer to numbers of like's type."""
    pointer = types.CPointer(like.dtype)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(pointer))

    return pointer(address, like), code


at: Any = intrinsic(_pointer)

# ---- what is compiled: each number as the formulas in layers.py have it -----------------------------------------


@register_jitable
def add(y: Array, b: Array, n: int, a: float, by_line: int) -> None:
    """y <- max(y + b, a (y + b)), for a > 0; 1 leaves y + b."""
    low = y.dtype.type(a)
    for i in range(len(y)):
        for j in range(n):
            s = y[i, j] + (b[i] if by_line else b[j])
            y[i, j] = s if s > 0 else low * s


@register_jitable
def weigh(dy: Array, w: Array, out: Array, n: int, by_line: int) -> None:
    for i in range(len(dy)):
        for j in range(n):
            out[i, j] = dy[i, j] * (w[i] if by_line else w[j])


@register_jitable
def outer(x: Array, w: Array, out: Array) -> None:
    none = x.dtype.type(0)  # a BLAS adds to zeros, so that it never leaves -0
    for i in range(len(x)):
        for j in range(len(w)):
            out[i, j] = x[i] * w[j] + none


@register_jitable
def leaky_slope(y: Array, dy: Array, dx: Array, n: int, a: float) -> None:
    low = y.dtype.type(a)
    up = y.dtype.type(1 - a) + low  # rounded as the formula rounds it, which need not be 1
    for i in range(len(y)):
        for j in range(n):
            dx[i, j] = (up if y[i, j] > 0 else low) * dy[i, j]


@register_jitable
def tanh_slope(y: Array, dy: Array, dx: Array, n: int) -> None:
    one = y.dtype.type(1)
    for i in range(len(y)):
        for j in range(n):
            dx[i, j] = (one - y[i, j] * y[i, j]) * dy[i, j]


@register_jitable
def sigmoid_slope(y: Array, dy: Array, dx: Array, n: int) -> None:
    one = y.dtype.type(1)
    for i in range(len(y)):
        for j in range(n):
            dx[i, j] = y[i, j] * (one - y[i, j]) * dy[i, j]


@register_jitable
def product(do: Any, like: Array) -> None:
    """A row that is a product: of matrices, of a matrix and a vector, or of two vectors."""
    one, none = like.dtype.type(1), like.dtype.type(0)
    a, b, out = (do.a, do.step_a), (do.b, do.step_b), (do.out, do.step_out)
    if do.what == GEMM:
        matrices = (BY_ROWS, do.turn_a, do.turn_b, do.m, do.n, do.k, one, *a, *b, none, *out)
        if like.itemsize == 8:
            dgemm(*matrices)
        else:
            sgemm(*matrices)
    elif do.what == GEMV:
        matrix_and_vector = (BY_ROWS, do.turn_a, do.m, do.n, one, *a, *b, none, *out)
        if like.itemsize == 8:
            dgemv(*matrix_and_vector)
        else:
            sgemv(*matrix_and_vector)
    elif like.itemsize == 8:
        carray(at(do.out, like), 1)[0] = ddot(do.k, *a, *b)
    else:
        carray(at(do.out, like), 1)[0] = sdot(do.k, *a, *b)


def walk(table: Array, like: Array) -> None:
    """Do what each row of the table says, with numbers of like's type."""
    for row in range(len(table)):
        do = table[row]
        what, m, n = do.what, do.m, do.n
        a, b, out = at(do.a, like), at(do.b, like), at(do.out, like)
        if what <= DOT:
            product(do, like)
        elif what == OUTER:
            outer(carray(a, m), carray(b, n), carray(out, (m, do.step_out)))
        else:  # m lines of n numbers, each line a step behind the last
            first, second = carray(a, (m, do.step_a)), carray(b, (m, do.step_b))
            result, vector = carray(out, (m, do.step_out)), carray(b, m if do.by_line else n)
            if what == ADD:
                add(result, vector, n, do.number, do.by_line)
            elif what == WEIGH:
                weigh(first, vector, result, n, do.by_line)
            elif what == LEAKY_SLOPE:
                leaky_slope(first, second, result, n, do.number)
            elif what == TANH_SLOPE:
                tanh_slope(first, second, result, n)
            else:
                sigmoid_slope(first, second, result, n)


# ---- what writes the rows ---------------------------------------------------------------------------------------

SLOPES = {
    LeakyReLU.slope: LEAKY_SLOPE,
    ReLU.slope: LEAKY_SLOPE,  # with a = 0
    Tanh.slope: TANH_SLOPE,
    Sigmoid.slope: SIGMOID_SLOPE,
}
LEAKY = LeakyReLU.value


def tabled(backend: Backend, parts: Iterable[tuple], as_call: Callable[..., Callable]) -> list[Callable]:
    """Calls that do these operations of plan.py's: tables as long as can be; what is no row goes as_call."""
    calls: list[Callable] = []
    table = Table(backend)
    for part in parts:
        if not table.takes(*part):
            calls.append(as_call(backend, *part))
            table = Table(backend)
        elif not calls or calls[-1] is not table:
            calls.append(table)
    return calls


class Table:
    """Rows that follow each other in a pass, and the call that does them all."""

    def __init__(self, backend: Backend):
        self.backend, self.like, self.walk = backend, backend.empty(0), backend.compiled(walk)
        self.rows = np.zeros(0, ROW)
        self.kept: list[Array] = []  # what the addresses point into
        self.leaky: list[tuple[int, LeakyReLU]] = []  # rows whose number is a setting, which may change

    def __call__(self) -> None:
        for row, layer in self.leaky:
            self.rows["number"][row] = layer.a
        self.walk(self.rows, self.like)

    def takes(self, operation: str, *args: Any) -> bool:
        """Whether this operation of plan.py's has become a row."""
        return getattr(self, f"_{operation}")(*args)

    def _append(self, what: int, a: Array, b: Array, out: Array, **fields: float) -> bool:
        addresses = {"a": a.ctypes.data, "b": b.ctypes.data, "out": out.ctypes.data}
        row = {"what": what, **addresses, **fields}
        self.rows = np.append(self.rows, np.array([tuple(row.get(name, 0) for name in ROW.names or ())], ROW))
        self.kept += [a, b, out]
        return True

    def _call(self, function: Any, *args: Any) -> bool:
        return False

    def _product(self, a: Array, b: Array, out: Array) -> bool:
        """out = a b, if NumPy's BLAS is at hand, and its function gives the bits of the backend's own call.

        Both are tried on random numbers in arrays that lie as these do: these may be in use, or hold zeros alone,
        of which every order of summation makes the same.
        """
        found = as_blas_has_it(a, b, out)
        if found is None or np.may_share_memory(a, b):  # NumPy has a function of its own for aᵀ a
            return False
        rng = np.random.default_rng(0)
        for _ in range(-(-ENOUGH // out.size)):  # few sums may come out alike in two orders
            left, right, ours, theirs = (like(array, self.backend, rng) for array in (a, b, out, out))
            alone = Table(self.backend)
            alone._append(**as_blas_has_it(left, right, ours) or found)
            alone()
            self.backend.product(left, right, theirs)
            if ours.tobytes() != theirs.tobytes():
                return False
        return self._append(**found)

    def _add(self, y: Array, b: Array) -> bool:
        lines = in_lines(out=y)
        return bool(lines) and self._append(ADD, y, b, y, number=1, by_line=lines["turned"], **lines)

    def _value(self, layer: Any, x: Array, y: Array) -> bool:
        """LeakyReLU's alone, and behind a bias: both in one loop."""
        behind = len(self.rows) and tuple(self.rows[-1][["what", "out"]]) == (ADD, y.ctypes.data)
        if type(layer).value is not LEAKY or not layer.a > 0 or not behind:
            return False
        self.leaky.append((len(self.rows) - 1, layer))
        return True

    def _slope(self, layer: Any, y: Array, dy: Array, dx: Array) -> bool:
        what, lines = SLOPES.get(type(layer).slope), in_lines(a=y, b=dy, out=dx)
        if what is None or not lines:
            return False
        m, n = lines["m"], lines["n"]
        if lines["step_a"] == lines["step_b"] == lines["step_out"] == n:
            lines |= {"m": 1, "n": m * n}  # one line of all
        if isinstance(layer, LeakyReLU):
            self.leaky.append((len(self.rows), layer))
        return self._append(what, y, dy, dx, **lines)

    def _weigh(self, dy: Array, w: Array, out: Array) -> bool:
        lines = in_lines(a=dy, out=out) if w.strides[0] == w.itemsize or len(w) == 1 else {}
        return bool(lines) and self._append(WEIGH, dy, w, out, by_line=not lines["turned"], **lines)


def like(a: Array, backend: Backend, rng: np.random.Generator) -> Array:
    """Random numbers in an array that lies in memory as this one does."""
    reach = sum((n - 1) * stride for n, stride in zip(a.shape, a.strides, strict=True)) // a.itemsize + 1
    return as_strided(fill_normal(backend.empty(reach), rng), a.shape, a.strides)


def in_lines(**matrices: Array) -> dict[str, int]:
    """How matrices of one shape lie in memory: m lines of n numbers, lines being columns where `turned`.

    {} where one lies otherwise than another.
    """
    found: dict[str, int] = {}
    for turned in (False, True):
        lying = {name: a.T if turned else a for name, a in matrices.items()}
        (m, n), *_ = (a.shape for a in lying.values())
        if n > found.get("n", 0) and all(a.strides[1] == a.itemsize or n == 1 for a in lying.values()):
            steps = {f"step_{name}": a.strides[0] // a.itemsize for name, a in lying.items()}
            found = {"m": m, "n": n, "turned": turned, **steps}
    return found


def as_blas_has_it(a: Array, b: Array, out: Array) -> dict[str, Any] | None:
    """The row for out = a b, as NumPy calls the BLAS for it; None where it does not, or not by these names."""
    kind = "sd"[a.itemsize == 8]
    if not {f"{kind}gemm", f"{kind}gemv", f"{kind}dot"} <= at_hand:
        return None
    if min(a.strides + b.strides) < 0:
        return None
    if out.ndim == 1:
        a, out = a[None], out[None]
    (m, k), n = a.shape, out.shape[1]
    if m == 1 < n or not (n == 1 or out.strides[1] == out.itemsize):  # by columns: (a b)ᵀ = bᵀ aᵀ
        a, b, out, m, n = b.T, a.T, out.T, n, m
    (down_a, right_a), (down_b, right_b), (step, _) = (
        (v.strides[0] // v.itemsize, v.strides[1] // v.itemsize) for v in (a, b, out)
    )
    row = {"a": a, "b": b, "out": out, "step_out": step}
    if k == 1:
        whole = m * n > 1 and (m == 1 or down_a == 1) and (n == 1 or right_b == 1) and step >= n
        return row | {"what": OUTER, "m": m, "n": n} if whole else None
    if m == n == 1:
        return row | {"what": DOT, "k": k, "step_a": right_a, "step_b": down_b}
    lies_a, lies_b = as_it_lies(a), as_it_lies(b)
    if lies_a is None or step < n:
        return None
    turn_a, step_a = lies_a
    if n == 1:  # a matrix and a vector; BLAS asks for the matrix's sides as they lie
        sides = (m, k) if turn_a == AS_IT_LIES else (k, m)
        vector = {"m": sides[0], "n": sides[1], "turn_a": turn_a, "step_a": step_a, "step_b": down_b}
        return row | {"what": GEMV, **vector} if down_b > 0 else None
    if lies_b is None:
        return None
    turn_b, step_b = lies_b
    steps = {"turn_a": turn_a, "turn_b": turn_b, "step_a": step_a, "step_b": step_b}
    return row | {"what": GEMM, "m": m, "n": n, "k": k, **steps}


def as_it_lies(a: Array) -> tuple[int, int] | None:
    """Whether a matrix lies in memory by rows or by columns, and the step between them; None if by neither."""
    (m, n), (down, right) = a.shape, (stride // a.itemsize for stride in a.strides)
    if right == 1 and down >= n:
        return AS_IT_LIES, down
    return (TURNED, right) if down == 1 and right >= m else None
