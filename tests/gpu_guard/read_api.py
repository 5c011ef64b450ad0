"""Write cupy_api.json: every public name of the installed CuPy, and the parameters that it takes.

CuPy can be looked at without a GPU or a driver. After a new CuPy: `python tests/gpu_guard/read_api.py`; that
the table is the installed CuPy's is tested wherever there is one (test_installed_cupy.py).

A parameter list is written as Python writes it, with the defaults' values left out: "a, axis=, *, copy=".
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("cupy_api.json")


def parameters(thing: Callable) -> str | None:
    """A function's parameters, by inspection or, for compiled ones, by the first line of the docstring."""
    if type(thing).__name__ == "_GUFunc":  # matmul: positional out is a TypeError, see linalg/_product.py
        inputs = [f"x{i + 1}" for i in range(thing._nin)]
        named = list(inspect.signature(type(thing).__call__).parameters)[2:]
        return ", ".join([*inputs, "/", "*", *(f"{name}=" for name in named)])
    try:
        written = list(inspect.signature(thing).parameters.values())
    except (TypeError, ValueError):
        return _documented(thing)
    if written and written[-1].kind is inspect.Parameter.VAR_KEYWORD and _documented(thing):
        return _documented(thing)  # einsum(*operands, **kwargs) takes two keywords, as its docstring says
    words = []
    for parameter in written:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not any(word[:1] == "*" for word in words):
            words.append("*")
        star = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        words.append(star + parameter.name + ("" if star or parameter.default is parameter.empty else "="))
    return ", ".join(word for word in words if word != "self")


def _documented(thing: Callable) -> str | None:
    """The parameters in "_ndarray_base.sum(self, axis=None, int dtype=None) -> ...", or None."""
    found = re.match(r"[\w.]+\((.*?)\)(\s*->.*)?$", (thing.__doc__ or "").strip().split("\n")[0])
    if not found:
        return None
    words = []
    for word in filter(None, (word.strip() for word in found[1].split(", "))):
        name, default, _ = word.partition("=")
        words.append(name.split(":")[0].split(" ")[-1] + default)
    return ", ".join(word for word in words if word != "self")


def read() -> dict[str, Any]:
    """The table, of the CuPy that is installed."""
    import cupy

    def public(space: Any) -> dict[str, Any]:
        return {name: getattr(space, name) for name in sorted(dir(space)) if not name.startswith("_")}

    def functions(space: Any) -> dict[str, str | None]:
        found = public(space).items()
        return {name: parameters(thing) for name, thing in found if callable(thing) and not inspect.isclass(thing)}

    def loops(ufunc: Any) -> str:
        return " ".join(loop for loop in ufunc.types if "E" not in loop)  # bfloat16, which NumPy does not have

    ufuncs = {name: loops(thing) for name, thing in public(cupy).items() if type(thing).__name__ == "ufunc"}
    return {
        "version": cupy.__version__,
        "ufuncs": ufuncs,
        "where": loops(cupy._sorting.search._where_ufunc),
        "functions": {name: known for name, known in functions(cupy).items() if name not in ufuncs},
        "classes": [name for name, thing in public(cupy).items() if inspect.isclass(thing)],
        "values": [name for name, thing in public(cupy).items() if not callable(thing)],
        "linalg": functions(cupy.linalg),
        "Generator": functions(cupy.random.Generator),
        "methods": functions(cupy.ndarray),
        "attributes": [name for name, thing in public(cupy.ndarray).items() if not callable(thing)],
        "operators": [n for n in dir(cupy.ndarray) if n[:2] == "__" and n in vars(cupy.ndarray.__base__)],
    }


if __name__ == "__main__":
    TABLE.write_text(json.dumps(read(), indent=1) + "\n", "utf-8")
