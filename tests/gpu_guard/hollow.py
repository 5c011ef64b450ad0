"""CuPy's own arrays and its own tracer of fused functions, on a machine without a GPU.

A hollow array has a shape, a type, strides and an address where there is nothing. Whatever CuPy decides before it
launches a kernel it decides for these too; and what it would compile of a fused function can be read, and compiled
for this machine.
"""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cupy
import numpy as np
from cupy._core import fusion

from minigan.core.backend import Backend

from . import stand_in

C_TYPES = {"float32": ("float", ctypes.c_float), "float64": ("double", ctypes.c_double)}
ABOVE = """
#include <cmath>
#include <algorithm>
#define __device__ static
#define __int_as_float(bits) __builtin_nanf("")
using namespace std;
"""


def hollow(shape: tuple[int, ...], dtype: Any = "float32", strides: tuple[int, ...] | None = None) -> cupy.ndarray:
    """An array of CuPy's with nothing behind it."""
    memory = cupy.cuda.UnownedMemory(1 << 20, 1 << 20, None, device_id=0)
    return cupy.ndarray(shape, dtype, cupy.cuda.MemoryPointer(memory, 0), strides)


@dataclass(frozen=True)
class Kernel:
    """What CuPy makes of a formula: the loop's body and the functions that it calls, in C++."""

    operation: str
    preamble: str
    parameters: tuple[tuple[str, str, bool], ...]  # name, type, whether it is an array
    dtypes: tuple[str, ...]  # of each ufunc's result in turn

    def function(self, name: str) -> str:
        """The kernel as a C++ function over contiguous arrays of one size."""
        heads = [f"{C_TYPES[kind][0]} {'*all_' * array}{v}" for v, kind, array in self.parameters]
        elements = [f"{C_TYPES[kind][0]} &{v} = all_{v}[i];" for v, kind, array in self.parameters if array]
        preamble = [line for line in self.preamble.splitlines() if not line.startswith("#include")]
        return "\n".join(
            [
                f"namespace of_{name} {{",
                *preamble,
                f'extern "C" void {name}(long size, {", ".join(heads)}) {{',
                "for (long i = 0; i < size; i++) {",
                *elements,
                self.operation,
                "} } }",
            ]
        )


def trace(formula: Callable, args: Sequence[Any]) -> Kernel:
    """The kernel that CuPy makes of formula(cupy, *args), for NumPy arrays and numbers.

    Raises what CuPy's first tracer raises; its second one takes Python's floats for doubles: we want none of it.
    """
    shells = [hollow(a.shape, a.dtype, a.strides) if isinstance(a, np.ndarray) else a for a in args]
    history = fusion._FusionHistory()
    fusion._thread_local.history, fusion._thread_local.is_old_fusing = history, True
    try:
        made, _ = history.get_fusion(lambda *symbols: formula(cupy, *symbols), shells, "formula")
    finally:
        fusion._thread_local.history, fusion._thread_local.is_old_fusing = None, False
    is_array = [isinstance(arg, np.ndarray) for arg in args if arg is not None]
    parameters = [(p.name, p.dtype.name, array) for p, array in zip(made.in_params, is_array, strict=True)]
    done = [op for op in history.op_list if not op.submodule.name.startswith(("cupy_copy", "astype"))]
    return Kernel(made.operation, made.preamble, tuple(parameters), tuple(op.dtypes[-1].name for op in done))


def build(kernels: Sequence[Kernel], folder: Path) -> list[Callable]:
    """The kernels compiled for this machine: functions of contiguous NumPy arrays of one size, and of numbers."""
    source, library = folder / "kernels.cpp", folder / "kernels.so"
    source.write_text("\n".join([ABOVE, *(kernel.function(f"kernel{k}") for k, kernel in enumerate(kernels))]))
    subprocess.run(["c++", "-ffp-contract=off", "-shared", "-fPIC", source, "-o", library], check=True)
    compiled = ctypes.CDLL(str(library))

    def callable_for(k: int, kernel: Kernel) -> Callable:
        function = getattr(compiled, f"kernel{k}")
        kinds = [ctypes.c_void_p if array else C_TYPES[kind][1] for _, kind, array in kernel.parameters]
        function.argtypes = [ctypes.c_long, *kinds]
        return lambda *args: function(args[0].size, *(getattr(a, "ctypes", a) for a in args))

    return [callable_for(k, kernel) for k, kernel in enumerate(kernels)]


def kernels_of(act: Callable[[], Any], monkeypatch: Any) -> list[tuple[Callable, tuple]]:
    """Each formula that a Backend on the stand-in makes a kernel of while `act` runs, and its first arguments."""
    found: dict[tuple, tuple] = {}
    make = Backend.kernel

    def kernel(self: Backend, formula: Callable, *args: Any, **options: Any) -> Callable:
        made = make(self, formula, *args, **options)

        def watched(*args: Any) -> Any:
            kinds = tuple(a.dtype if isinstance(a, stand_in.ndarray) else type(a) for a in args)
            if (formula, kinds) not in found:
                found[formula, kinds] = tuple(a.get() if isinstance(a, stand_in.ndarray) else a for a in args)
            return made(*args)

        return watched

    with monkeypatch.context() as patch:
        patch.setattr(Backend, "kernel", kernel)
        act()
    return [(formula, args) for (formula, _), args in found.items()]
