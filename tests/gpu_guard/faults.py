"""Faults that code may have which runs on NumPy and not on CuPy, or runs there slowly or wrongly.

Each is a function of (xp, x, h): the array module, a float32 array (4, 3) on the device, and the same on the host.
"""

from __future__ import annotations

import math
import pickle

import numpy as np


def draw(xp):
    return xp.random.default_rng(0)


# CuPy raises for these, on a machine without a GPU too: it looks at names and types before it touches the device.
REFUSED = {
    "np.asarray(x)": lambda xp, x, h: np.asarray(x),
    "np.array([x])": lambda xp, x, h: np.array([x]),
    "np.testing": lambda xp, x, h: np.testing.assert_array_equal(x, h),
    "a product with a NumPy array": lambda xp, x, h: x @ h.T,
    "a NumPy array times x": lambda xp, x, h: h.T @ x,
    "dot with a NumPy array": lambda xp, x, h: xp.dot(x, h.T),
    "dot into a NumPy array": lambda xp, x, h: xp.dot(x, x.T, out=np.empty((4, 4), "f")),
    "dot into column-major": lambda xp, x, h: xp.dot(x, x.T, out=x[:3, :].T),
    "a NumPy array assigned": lambda xp, x, h: x.__setitem__(..., h),
    "a NumPy array assigned to rows": lambda xp, x, h: x.__setitem__(slice(2), h[:2]),
    "a list assigned": lambda xp, x, h: x.__setitem__(..., [1, 2, 3]),
    "a mean into a NumPy array": lambda xp, x, h: x.mean(axis=0, out=h[0]),
    "stack with a NumPy array": lambda xp, x, h: xp.stack([x, h]),
    "a ufunc's where=": lambda xp, x, h: xp.log(x, out=x, where=True),
    "a ufunc's order=": lambda xp, x, h: xp.log(x, order="C"),
    "sum(where=)": lambda xp, x, h: x.sum(where=True),
    "max(initial=)": lambda xp, x, h: xp.max(x, initial=0),
    "clip(min=)": lambda xp, x, h: xp.clip(x, min=0),
    "take(mode=)": lambda xp, x, h: xp.take(x, x, mode="clip"),
    "zeros(like=)": lambda xp, x, h: xp.zeros(3, like=x),
    "asarray(device=)": lambda xp, x, h: xp.asarray(x, device=None),
    "errstate": lambda xp, x, h: xp.errstate(over="ignore"),
    "vecdot": lambda xp, x, h: xp.vecdot(x, x),
    "matmul's out by place": lambda xp, x, h: xp.matmul(x, x.T, x[:, :3]),
    "item(0)": lambda xp, x, h: x.item(0),
    "flags.writeable": lambda xp, x, h: x.flags.writeable,
    "setflags": lambda xp, x, h: x.setflags(write=False),
    "ctypes": lambda xp, x, h: x.ctypes,
    "round(x)": lambda xp, x, h: round(x),
    "x as a length": lambda xp, x, h: range(x),
    "hash(x)": lambda xp, x, h: {x: 1},
    "the truth of many elements": lambda xp, x, h: bool(x),
    "set from another type": lambda xp, x, h: x.set(h.astype(float)),
    "set from another shape": lambda xp, x, h: x.set(h.T),
    "set from a list": lambda xp, x, h: x.set([1.0]),
    "set of a strided array": lambda xp, x, h: x[:, :2].set(h[:, :2]),
    "fuse(f, kernel_name=...)": lambda xp, x, h: xp.fuse(half, kernel_name="half")(x, x),
}
# CuPy raises for these, but asks for the device first.
REFUSED_THERE = {
    "a NumPy array added": lambda xp, x, h: x + h,
    "a NumPy array times x": lambda xp, x, h: h * x,
    "a NumPy array added in place": lambda xp, x, h: x.__iadd__(h),
    "a ufunc of a NumPy array": lambda xp, x, h: xp.exp(h),
    "a ufunc of a list": lambda xp, x, h: xp.exp([1.0]),
    "a ufunc into a NumPy array": lambda xp, x, h: xp.exp(x, out=h),
    "x into a NumPy array": lambda xp, x, h: np.exp(x, out=h),
    "where of a NumPy array": lambda xp, x, h: xp.where(x > 0, h, x),
    "concatenate with a NumPy array": lambda xp, x, h: xp.concatenate([x, h]),
    "einsum(out=)": lambda xp, x, h: xp.einsum("ij,kj->ik", x, x, out=x),
    "argmax's out by place": lambda xp, x, h: xp.argmax(x, 1, x[:, 0]),
    "normal": lambda xp, x, h: draw(xp).normal(size=3),
    "permutation": lambda xp, x, h: draw(xp).permutation(3),
    "shuffle": lambda xp, x, h: draw(xp).shuffle(x),
    "choice": lambda xp, x, h: draw(xp).choice(3),
    "spawn": lambda xp, x, h: draw(xp).spawn(2),
    "standard_normal's place of out": lambda xp, x, h: draw(xp).standard_normal(3, "f", None, x),
}
# CuPy does these, and waits for all that was launched before.
WAITING = {
    "if": lambda xp, x, h: 1 if x.mean() > 3 else 0,
    "float(x)": lambda xp, x, h: float(x.sum()),
    "int(x)": lambda xp, x, h: int(x.argmax()),
    "math.exp(x)": lambda xp, x, h: math.exp(x.mean()),
    "min(a, b)": lambda xp, x, h: min(x.mean(), 1.0),
    "x.item() in a loop": lambda xp, x, h: [row.item() for row in x[:, 0]],
    "max of rows": lambda xp, x, h: max(x[:, 0]),
    "1.0 in x": lambda xp, x, h: 1.0 in x[:, 0],
    "x.get()": lambda xp, x, h: x.get(),
    "asnumpy": lambda xp, x, h: xp.asnumpy(x),
    "tolist": lambda xp, x, h: x.tolist(),
    "an f-string": lambda xp, x, h: f"{x.mean():.3f}",
    "str": lambda xp, x, h: str(x),
    "repr": lambda xp, x, h: repr(x),
    "pickle": lambda xp, x, h: pickle.dumps(x),
    "a mask as an index": lambda xp, x, h: x[x > 0],
    "a mask written": lambda xp, x, h: x.__setitem__(x > 0, 0),
    "nonzero": lambda xp, x, h: x.nonzero(),
    "where of one": lambda xp, x, h: xp.where(x),
    "unique": lambda xp, x, h: xp.unique(x),
    "if all are equal": lambda xp, x, h: 1 if xp.array_equal(x, x) else 0,
    "np.isfinite(x).all()": lambda xp, x, h: bool(np.isfinite(x).all()),
}


def half(x, y):
    y[...] = x / 2


# Formulas (xp, x, y) -> None that CuPy's fuse cannot compile.
UNFUSABLE = {
    "if": lambda xp, x, y: xp.exp(x, out=y) if x > 0 else None,
    "float": lambda xp, x, y: xp.multiply(x, float(x), out=y),
    "abs(x)": lambda xp, x, y: y.__setitem__(..., abs(x)),
    "2 ** x": lambda xp, x, y: y.__setitem__(..., 2**x),
    "rows": lambda xp, x, y: y.__setitem__(slice(2), x),
    "one row of x": lambda xp, x, y: y.__setitem__(..., x[0]),
    "the shape": lambda xp, x, y: xp.divide(x, x.shape[0], out=y),
    "len": lambda xp, x, y: xp.divide(x, len(x), out=y),
    "a transpose": lambda xp, x, y: y.__setitem__(..., x.T),
    "a product": lambda xp, x, y: xp.dot(x, x.T, out=y),
    "an array of the host's": lambda xp, x, y: xp.add(x, np.ones((4, 3)), out=y),
    "a ufunc's dtype=": lambda xp, x, y: xp.add(x, 1, dtype="f", out=y),
    "ones_like": lambda xp, x, y: y.__setitem__(..., xp.ones_like(x)),
    "out that is a number": lambda xp, x, y: xp.exp(x, out=1.0),
}
# Formulas that it compiles, and not to what NumPy gives.
MISFUSED = {
    "a float beside a mask is a float16": lambda xp, x, y: y.__setitem__(..., (x > 0) * 0.2),
    "two floats chosen from are float16": lambda xp, x, y: y.__setitem__(..., xp.where(x > 0, 0.3, 0.1)),
    "two numbers combined are a float16": lambda xp, x, y, a: y.__setitem__(..., x * (1 - a)),
}
