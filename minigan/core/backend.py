"""Where arrays live: NumPy in main memory, or CuPy on a GPU.

One rule: an object that owns arrays holds a `Backend`; a function that only looks at arrays asks them
(`xp = namespace(p, q)`). There is no global switch, so a network on each side can live in one process.
This is the only file that imports CuPy.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

Array = Any  # a NumPy array, or a CuPy one
BLOCK = 1 << 16  # floats: a few blocks of a long vector fit the second-level cache together
LONG = 1 << 15  # floats: from here on a compiled pass is worth the import of numba at once
PATIENCE = 2000  # calls: from here on one is worth it for the passes of any array
LINE = 64  # bytes of a cache line, which is a vector register of today's processors
SHORT, NEAR = 24, 32  # columns, and rows and columns: up to here matmul is faster in a browser
IN_BROWSER = sys.platform == "emscripten"  # WebAssembly: no BLAS, no threads, no files of other processes


class BackendError(RuntimeError):
    """The backend that was asked for cannot be used here; the message says why and what to do."""


@cache
def find_cupy() -> tuple[Any, str]:
    """(cupy, "") where it can compute, else (None, why not).

    Importing CuPy succeeds without a GPU or a driver, and its wheels hold neither cuBLAS nor the compiler of
    kernels, so only a computation that needs all of them is a proof.
    """
    try:
        import cupy
    except ImportError:
        return None, "CuPy is not installed (pip install 'minigan[cuda12]' or 'minigan[cuda13]')"
    except Exception as error:  # a broken CUDA installation fails in many ways
        return None, f"CuPy cannot be imported: {error}"
    try:
        ones = cupy.ones((2, 3), "float32")
        float((cupy.dot(ones, ones.T) / 2).sum())
    except Exception as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        if cupy.cuda.is_available():
            return None, f"CuPy cannot compute on the GPU here ({why}; CuPy's extra [ctk] brings the libraries)"
        return None, f"CuPy is installed, but no GPU answers ({why})"
    return cupy, ""


@cache
def find_numba() -> Any:
    """numba where it is installed (the extra `fast`), else None."""
    try:
        import numba
    except ImportError:
        return None
    return numba


@cache
def _compiled(numba: Any, loop: Any) -> Callable:
    """The loop as numba compiles it, kept in numba's cache; without one, and with a word, where that fails.

    One thread: after a product the BLAS's idle thread spins, and ours would wait for its core. No fastmath: it
    would fuse and reorder, and the run's bits would depend on whether numba is there.
    """

    def compiled(**how: Any) -> Callable:
        return numba.njit(loop, nogil=True, error_model="numpy", **how)

    def anew(error: Exception) -> Callable:
        why = " ".join(str(error).split())[:200]
        warnings.warn(
            f"numba's cache cannot be used, so it compiles {loop.__qualname__} anew ({why})", stacklevel=2
        )
        return compiled()

    try:
        chosen = compiled(cache=True)
    except RuntimeError as error:  # nowhere to write to
        return anew(error)
    proven = False

    def call(*args: Any) -> None:
        nonlocal chosen, proven
        try:
            chosen(*args)
        except Exception as error:  # a damaged file there fails in many ways, before the loop begins
            if proven:
                raise
            chosen = anew(error)
            chosen(*args)
        proven = True

    return call


def namespace(*arrays: Array) -> Any:
    """The module, numpy or cupy, that all these arrays belong to; Python scalars belong to either.

    Raises TypeError, naming both arguments by their place, where NumPy and CuPy arrays meet.
    """
    if all(type(array) is np.ndarray for array in arrays):
        return np  # the common case, in a fifth of the time
    found, place = None, 0
    for i, array in enumerate(arrays, 1):
        home = getattr(type(array), "__module__", "").partition(".")[0]
        if home not in ("numpy", "cupy") or np.isscalar(array):
            continue
        if found is None:
            found, place = home, i
        elif found != home:
            raise TypeError(
                f"argument {place} is a {found} array and argument {i} a {home} array; "
                f"bring both to one side, with backend.asarray(...) or backend.to_numpy(...)"
            )
    return find_cupy()[0] if found == "cupy" else np


class Backend:
    """An array module and a float type: what an object needs to own arrays.

    name "numpy", "cupy", or "auto" (CuPy where a GPU answers, else NumPy); dtype "float32" or "float64".
    Raises BackendError for CuPy where there is none, ValueError for another name or dtype.
    """

    patience: float = PATIENCE  # math.inf: never compile; 0: always

    def __init__(self, name: str = "numpy", dtype: str = "float32"):
        dtype = getattr(dtype, "__name__", str(dtype))  # np.float32 and np.dtype("float32") will do as well
        if dtype not in ("float32", "float64"):
            raise ValueError(f"dtype is {dtype!r}; minigan computes in 'float32' or 'float64'")
        if name not in ("numpy", "cupy", "auto"):
            raise ValueError(f"backend is {name!r}; choose 'numpy', 'cupy' or 'auto'")
        self.xp: Any = np
        self.reason = "asked for"
        if name != "numpy":
            cupy, why_not = find_cupy()
            if name == "cupy" and cupy is None:
                raise BackendError(f"backend 'cupy' was asked for, but {why_not}; 'numpy' runs everywhere")
            self.xp = cupy or np
            self.reason = why_not or "a GPU answers"
        self.name = "numpy" if self.xp is np else "cupy"
        self.dtype = np.dtype(dtype)

    def __repr__(self) -> str:
        return f"Backend({self.name!r}, {self.dtype.name!r})"

    def __reduce__(self) -> tuple:
        return Backend, (self.name, self.dtype.name)

    def asarray(self, a: Any) -> Array:
        """a as an array of this backend and dtype; itself, not a copy, where it is one already."""
        return self.xp.asarray(a, self.dtype)

    def to_numpy(self, a: Array) -> np.ndarray:
        """a as a NumPy array: the one door back to the host."""
        return a if isinstance(a, np.ndarray) else a.get()

    def empty(self, *shape: int) -> Array:
        """An array of this shape, contents arbitrary."""
        return self._aligned(self.xp.empty, shape)

    def zeros(self, *shape: int) -> Array:
        """An array of this shape, filled with 0."""
        return self._aligned(self.xp.zeros, shape)

    def _aligned(self, make: Callable, shape: tuple[int, ...]) -> Array:
        """On NumPy, which aligns to 16 bytes, an array that begins with a cache line; CuPy's all do."""
        if self.xp is not np:
            return make(shape, self.dtype)
        size = math.prod(shape)
        room = make(size + LINE // self.dtype.itemsize, self.dtype)
        start = -room.ctypes.data % LINE // self.dtype.itemsize
        return room[start : start + size].reshape(shape)

    def ones(self, *shape: int) -> Array:
        """An array of this shape, filled with 1."""
        return self.xp.ones(shape, self.dtype)

    def product(self, a: Array, b: Array, out: Array) -> None:
        """out = a b, for matrices or a row vector a, into an array whose rows or columns are contiguous."""
        self.multiplier(a, b, out)()

    def multiplier(self, a: Array, b: Array, out: Array) -> Callable[[], Any]:
        """The call that writes out = a b, chosen for these very arrays.

        dot fills out with zeros first, which a large one feels; matmul is slower for small ones, ten times where
        the inner dimension is 1, as it is behind D's one logit. dot writes into row-major arrays only, and
        (a b)ᵀ = bᵀ aᵀ makes the others so. In a browser there is no BLAS, and dot strides through memory: matmul
        is faster where b fits the first cache, and einsum, which runs along the rows of out, elsewhere.
        """
        if IN_BROWSER and a.ndim == 2:
            n, k = b.shape
            small = k < SHORT or (1 < n <= NEAR and k <= NEAR)
            return partial(np.matmul, a, b, out=out) if small else partial(np.einsum, "ij,jk->ik", a, b, out=out)
        large = self.xp is np and out.size >= LONG and len(b) > 1
        if large or not (out.flags.c_contiguous or out.flags.f_contiguous):
            return partial(self.xp.matmul, a, b, out=out)
        if out.flags.c_contiguous:
            return partial(self.xp.dot, a, b, out)
        return partial(self.xp.dot, b.T, a.T, out.T)

    def kernel(
        self,
        formula: Callable,
        length: int = 0,
        loop: Callable | None = None,
        arguments: Callable[..., tuple] | None = None,
    ) -> Callable:
        """formula(xp, *arrays_and_scalars), elementwise and in place, made fast.

        On CuPy it is fused to one launch, if it is made of ufuncs, operators and `[...] =` on arrays of one shape;
        two numbers, or a mask and a number, must not meet in it: CuPy would compute that in float16. On NumPy it
        is the formula itself; for vectors of a given length beyond a block's, the formula block by block, so that
        its passes find their operands in the cache. Where a `loop` over the elements says the same and numba is
        installed, that is compiled to one pass as soon as `compiles` says so. It gets numbers as Python's floats
        and has to round them to the arrays' type first, as NumPy does: each element is the same bits either way.
        `arguments` makes the loop's arguments of the formula's, where they are not the same.
        """
        xp = self.xp
        if xp is not np:

            def fused(*args: Any) -> None:
                formula(xp, *args)

            return xp.fuse(kernel_name=formula.__name__)(fused)

        def by_blocks(*args: Any) -> None:
            for i in range(0, len(args[0]), BLOCK):
                part = slice(i, i + BLOCK)
                formula(np, *(a[part] if isinstance(a, np.ndarray) else a for a in args))

        chosen: Callable = by_blocks if length > BLOCK else partial(formula, np)
        if loop is None or self.patience == math.inf or IN_BROWSER:
            return chosen
        calls = 0

        def until_it_pays(*args: Any) -> None:
            nonlocal chosen, calls
            if calls in (0, self.patience) and self.compiles(length, calls):
                compiled = self.compiled(loop)
                chosen = compiled if arguments is None else lambda *args: compiled(*arguments(*args))
            calls += 1
            chosen(*args)

        return until_it_pays

    def compiles(self, length: int, calls: int) -> bool:
        """Whether numba is here and worth its import: for vectors of this length, or after so many calls."""
        worth = length >= LONG or calls >= self.patience
        return self.xp is np and self.patience < math.inf and worth and find_numba() is not None

    def compiled(self, loop: Callable) -> Callable:
        """The loop as numba compiles it, for a backend that `compiles`."""
        return _compiled(find_numba(), loop)
