"""The stand-in refuses what CuPy refuses, counts what costs, and otherwise gives what NumPy gives."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from gpu_guard import HostCopy, Refused, counting, cupy, no_sync
from gpu_guard.faults import MISFUSED, REFUSED, REFUSED_THERE, UNFUSABLE, WAITING, half
from minigan.core.backend import namespace

HOST = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)


@pytest.fixture
def x():
    return cupy.asarray(HOST.copy())


def every_word(xp, x, W, b, dy):
    """A dense layer forwards and backwards, in all the words that a layer may use."""
    y = xp.empty((len(x), W.shape[1]), dtype=x.dtype)
    xp.dot(x, W, out=y)
    y += b
    won = y > 0
    xp.maximum(y, 0, out=y)
    dy = xp.where(won, dy, 0) * won
    dW, db = x.T @ dy, dy.sum(axis=0)
    dx = xp.empty_like(x)
    xp.matmul(dy, W.T, out=dx)
    loss = xp.log1p(xp.exp(-xp.abs(y))).mean()
    pieces = y.reshape(len(y), -1, 2)
    best = xp.equal(pieces.argmax(axis=2)[:, :, None], xp.arange(2))
    mean = pieces.mean(axis=1, keepdims=True)
    y[:2] = 0.5
    y[2:, 0] = x[2:, 0]
    rest = [xp.concatenate([y, y]).clip(-1, 1), xp.stack([loss, mean.max()]), xp.einsum("ij,ij->i", y, y)]
    rest += [xp.linalg.norm(y), np.sqrt(np.abs(y)), np.mean(y, axis=0), xp.full_like(y, 2) ** 2, 1 / (1 + y * y)]
    rest += [xp.argsort(xp.cumsum(y, axis=0)[-1]), y.astype(np.float64)]
    return [y, dW, db, dx, loss, best, mean, won, *rest]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_cupy_can_do_gives_numpys_bits(dtype):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in ((5, 3), (3, 4), (4,), (5, 4))]
    with no_sync():
        ours = every_word(cupy, *map(cupy.asarray, arrays))
    for a, b in zip(ours, every_word(np, *arrays), strict=True):
        assert type(a) is cupy.ndarray and a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_array_equal(a.get(), b)


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cupy_refuses_is_refused(fault, x):
    with no_sync(), pytest.raises((TypeError, ValueError, AttributeError, RuntimeError)):
        REFUSED[fault](cupy, x, HOST)


@pytest.mark.parametrize("fault", REFUSED_THERE)
def test_what_cupy_refuses_on_the_device_is_refused(fault, x):
    with no_sync(), pytest.raises((TypeError, ValueError, AttributeError)):
        REFUSED_THERE[fault](cupy, x, HOST.copy())


@pytest.mark.parametrize("fault", WAITING)
def test_what_waits_for_the_device_is_counted_and_forbidden(fault, x):
    with counting() as seen:
        WAITING[fault](cupy, x, HOST)
    assert seen.downloads.total() >= 1
    with no_sync(), pytest.raises(HostCopy):
        WAITING[fault](cupy, cupy.asarray(HOST), HOST)


def test_an_array_of_the_device_is_no_numpy_array(x):
    assert not isinstance(x, np.ndarray) and not np.isscalar(x) and namespace(x.sum(), 2.0) is not np


def test_reductions_give_arrays_of_no_dimension(x):
    for result in (x.sum(), x.mean(), x.max(), x.argmax(), x[0, 0], cupy.array_equal(x, x), np.mean(x)):
        assert type(result) is cupy.ndarray and result.shape == ()


def test_a_name_that_cupy_has_and_the_stand_in_has_not_is_no_name_that_cupy_lacks():
    with pytest.raises(NotImplementedError, match="CuPy has 'ElementwiseKernel', but"):
        _ = cupy.ElementwiseKernel
    with pytest.raises(AttributeError, match="module 'cupy' has no attribute 'wrap'"):
        _ = cupy.wrap


def test_copies_are_copies_and_views_are_views(x):
    before, view, twin, deep = x.get(), x[1:], copy.copy(x), copy.deepcopy(x)
    unpickled = pickle.loads(pickle.dumps(x))
    view[...] = 7
    assert (x.get()[1:] == 7).all()
    for other in (twin, deep, unpickled):
        np.testing.assert_array_equal(other.get(), before)
    assert cupy.asarray(x) is x and cupy.asarray(x, "float32") is x and cupy.asarray(x, "float64") is not x


# ----------------------------------------------------------------------------------------- the ledger

OVERLAPPED, OVERLAPPING, STRIDED = "copy of the result", "copy of an overlapping input", "copy of an operand"
LAUNCHES = {
    "a ufunc": (lambda x: cupy.exp(x, out=x), {"exp": 1}),
    "in place": (lambda x: x.__imul__(2), {"multiply": 1}),
    "a formula": (lambda x: 1 / (1 + cupy.exp(-x)), {"negative": 1, "exp": 1, "add": 1, "true_divide": 1}),
    "a reduction": (lambda x: x.sum(axis=0), {"sum": 1}),
    "a product": (lambda x: cupy.dot(x, x.T), {"dot": 1}),
    "a product that is one number": (lambda x: cupy.dot(x[0], x[0]), {"dot": 2}),
    "a product of a strided array": (lambda x: x[:, ::2] @ x[:2], {STRIDED: 1, "matmul": 1}),
    "a product over its operand": (lambda x: cupy.dot(x[:3], x[:3], out=x[1:]), {OVERLAPPED: 1, "dot": 1}),
    "an assignment": (lambda x: x.__setitem__(slice(2), x[2:]), {"copy": 1}),
    "a fill": (lambda x: x.__setitem__(..., 0), {"fill": 1}),
    "a ufunc over itself": (lambda x: cupy.exp(x, x), {"exp": 1}),
    "a ufunc over another view of itself": (lambda x: cupy.exp(x[1:], out=x[1:]), {OVERLAPPING: 1, "exp": 1}),
    "views": (lambda x: (x.T, x[1:], x.reshape(2, 6), x[:, None], x.ravel()), {}),
    "a reshape that must copy": (lambda x: x.T.reshape(12), {"reshape": 1}),
    "an astype": (lambda x: x.astype(float), {"astype": 1}),
    "nothing to do": (lambda x: x[:0] + 1, {}),
    "memory alone": (lambda x: (cupy.empty(3), cupy.empty_like(x)), {}),
    "memory and a value": (lambda x: (cupy.ones(3), cupy.full_like(x, 1)), {"ones": 1, "full_like": 1}),
    "three parts": (lambda x: cupy.concatenate([x, x, x]), {"concatenate": 3}),
    "a fused function": (lambda x: cupy.fuse(half)(x, x), {"fused half": 1}),
}  # fmt: skip


@pytest.mark.parametrize("what", LAUNCHES)
def test_launches_are_counted_as_cupy_makes_them(what, x):
    act, wanted = LAUNCHES[what]
    with counting() as seen, no_sync():
        act(x)
    assert seen.launches == wanted and not seen.uploads and not seen.downloads


def test_uploads_are_counted_apart(x):
    with counting() as seen, no_sync():
        x.set(HOST)
        cupy.asarray(HOST)
        cupy.asarray([1.0, 2.0])
        _ = x[[0, 2]]
    assert seen.uploads == {".set()": 1, "asarray": 2, "index": 1} and seen.launches == {"take": 1}


# --------------------------------------------------------------------------------------------- fuse


def fused(formula, *args):
    def formula_of_cupy(*args):
        formula(cupy, *args)

    return cupy.fuse(formula_of_cupy)(*args)


@pytest.mark.parametrize("fault", UNFUSABLE)
def test_what_fuse_cannot_compile_is_refused(fault, x):
    with no_sync(), pytest.raises((TypeError, AttributeError)):
        fused(UNFUSABLE[fault], x, cupy.empty_like(x))


@pytest.mark.parametrize("fault", MISFUSED)
def test_what_fuse_would_compute_in_another_type_is_refused(fault, x):
    with pytest.raises(Refused, match=r"but by the kernel in|is done in float16"):
        fused(MISFUSED[fault], x, cupy.empty_like(x), *[0.25] * ("numbers" in fault))


def test_a_right_formula_is_fused_and_gives_numpys_bits(x):
    def formula(xp, x, y, scale):
        t = xp.exp(xp.minimum(x, 0)) / (1 + xp.exp(-xp.abs(x)))
        t *= scale
        y[...] = x > 0
        y *= 1 - 0.2
        y += t.astype(np.float32)
        y[...] = xp.where(x > 1, y, -x)
        xp.multiply(y, y, out=y)

    y, wanted = cupy.empty_like(x), np.empty_like(HOST)
    with counting() as seen, no_sync():
        fused(formula, x, y, 0.3)
    formula(np, HOST, wanted, 0.3)
    np.testing.assert_array_equal(y.get(), wanted)
    assert seen.launches == {"fused formula_of_cupy": 1}


def test_a_fused_formula_may_write_over_its_input_and_read_smaller_arrays(x):
    fused(lambda xp, x, row, y: xp.add(x, row, out=y), x, cupy.asarray(HOST[0]), x)
    np.testing.assert_array_equal(x.get(), HOST + HOST[0])


def test_a_kernel_that_many_threads_would_write_at_once_is_refused(x):
    with pytest.raises(Refused, match="many threads would write"):
        fused(lambda xp, x, row: xp.add(row, 1, out=row), x, x[0])
    with pytest.raises(Refused, match="writes argument 2, which overlaps argument 1: a race"):
        fused(lambda xp, x, y: xp.add(x, 1, out=y), x[1:], x[:-1])


def test_an_array_that_is_no_argument_cannot_be_used_in_a_kernel(x):
    with pytest.raises(TypeError, match="unsupported type ndarray"):
        fused(lambda xp, y: xp.add(y, x, out=y), cupy.empty_like(x))
    with pytest.raises(TypeError, match="Invalid argument type"):
        fused(lambda xp, y, other: xp.add(y, other, out=y), x, HOST)


def test_a_kernel_needs_a_name_that_cuda_can_have(x):
    with pytest.raises(ValueError, match="'<lambda>' is no valid name"):
        cupy.fuse(lambda x: x + 1)(x)
