"""A pass as a table: what becomes a row gives the bits of the call that it stands for; the rest stays a call."""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np
import pytest

from minigan.core.backend import Backend, find_numba
from minigan.core.layers import Dense, LeakyReLU, Tanh
from minigan.core.network import Sequential
from minigan.core.plan import as_call, prepared
from minigan.core.scores import OBJECTIVES
from minigan.core.workspace import SIGMOIDS, _kernel

if find_numba() is not None:  # the extra `fast`
    from minigan.core import table
    from minigan.core.table import Table

    at_hand = {"sgemm", "dgemm"} <= table.at_hand

    def backend(dtype="float32"):
        found = Backend("numpy", dtype)
        found.patience = 0
        return found

    def lying(rng, shape, how, dtype):
        """An array of this shape in rows, in columns, or as the upper half of one that lies so."""
        m, n = shape
        whole = rng.standard_normal((2 * m, n) if "half" in how else shape).astype(dtype)
        whole = np.asfortranarray(whole) if "columns" in how else whole
        return whole[m:] if "half" in how else whole

    LIES = ("rows", "columns", "half of rows", "half of columns")
    SIDES = (1, 2, 3, 16, 33)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("lies", LIES)
    def test_a_product_of_any_shape_is_a_row_with_the_bits_of_numpys_own(lies, dtype):
        rng, rows, tried = np.random.default_rng(0), 0, 0
        for m, k, n in product(SIDES, repeat=3):
            for turn_a, turn_b in product((False, True), repeat=2):
                a = lying(rng, (k, m) if turn_a else (m, k), lies if not turn_a else "rows", dtype)
                b = lying(rng, (n, k) if turn_b else (k, n), "rows" if "half" in lies else lies, dtype)
                a, b = a.T if turn_a else a, b.T if turn_b else b
                out = lying(rng, (m, n), lies, dtype)
                a[0, 0] = 0  # times a negative number: -0, which no BLAS leaves behind
                whole = Table(backend(dtype))
                tried += 1
                if whole.takes("product", a, b, out):
                    rows += 1
                    out[...] = np.nan
                    whole()
                    ours = out.tobytes()
                    backend(dtype).product(a, b, out)
                    assert out.tobytes() == ours, (m, k, n, turn_a, turn_b)
        # a matrix that has gaps is copied by NumPy before it meets a vector, and its sums may round otherwise;
        # two numbers are no product of the BLAS's
        assert 0.9 * tried <= rows if at_hand else rows == 0

    def test_a_vector_of_ones_sums_the_rows_in_a_row_too():
        rng = np.random.default_rng(0)
        for n in SIDES:
            ones, dy, db = (
                np.ones(7, "float32"),
                rng.standard_normal((7, n)).astype("float32"),
                np.empty(n, "float32"),
            )
            whole = Table(backend())
            assert whole.takes("product", ones, dy, db) == at_hand
            if at_hand:
                db[...] = np.nan
                whole()
                np.testing.assert_array_equal(db, ones @ dy)

    def test_what_is_tried_is_tried_on_other_numbers_and_in_other_arrays():
        rng = np.random.default_rng(0)
        a, b, out = (lying(rng, s, "rows", "float32") for s in ((5, 7), (7, 3), (5, 3)))
        before = [array.copy() for array in (a, b, out)]
        assert Table(backend()).takes("product", a, b, out) == at_hand
        np.testing.assert_array_equal(
            np.hstack([x.ravel() for x in before]), np.hstack([a.flat, b.flat, out.flat])
        )
        gaps = np.zeros((66, 16), "float32", order="F")[33:]  # of zeros every sum is the same, in whatever order
        assert not Table(backend()).takes(
            "product", gaps, np.zeros((16, 1), "float32"), np.zeros((33, 1), "float32")
        )
        assert not Table(backend()).takes("product", a.T, a, np.zeros((7, 7), "float32"))

    def test_a_gradient_that_lies_in_the_traces_own_room_is_not_lost_where_a_pass_is_prepared():
        net = Sequential([Dense(3, 5), Dense(5, 5), Dense(5, 2)], backend(), name="net")
        rng, trace, grads = np.random.default_rng(0), net.trace(4), []
        x, dx = (rng.standard_normal((4, 3)).astype("float32") for _ in range(2))
        for _ in range(4):
            net.forward(x, trace)
            net.backward(net.tangent(dx, trace), trace)
            grads.append(net.grad.copy())
        for grad in grads[1:]:
            np.testing.assert_array_equal(grad, grads[0])

    def test_a_product_whose_bits_differ_stays_a_call(monkeypatch):
        a, b, out = (np.ones((3, 3), "float32") for _ in range(3))
        whole = Table(backend())
        monkeypatch.setattr(Backend, "product", lambda self, a, b, out: np.copyto(out, np.nextafter(a @ b, 9)))
        assert not whole.takes("product", a, b, out) and len(whole.rows) == 0

    def test_where_numpys_blas_has_other_names_products_stay_calls(monkeypatch):
        monkeypatch.setattr(table, "at_hand", set())
        nets = [
            Sequential([Dense(3, 5), LeakyReLU(), Dense(5, 2), Tanh()], backend(), name="net") for _ in range(2)
        ]
        x, dy = (np.random.default_rng(0).standard_normal(s).astype("float32") for s in ((4, 3), (4, 2)))
        traces = [net.trace(4) for net in nets]
        for k in range(3):
            for net, trace in zip(nets, traces, strict=True):
                trace = net.trace(4) if net is nets[1] else trace
                net.forward(x, trace)
                net.backward(dy, trace)
                assert k < 2 or net is nets[1] or [type(c).__name__ for c in trace.onward.calls] == [
                    "partial", "Table", "partial", "Table", "partial"
                ]  # fmt: skip
            np.testing.assert_array_equal(nets[0].grad, nets[1].grad)

    @pytest.mark.parametrize("lies", LIES)
    def test_what_stands_between_products_gives_the_bits_of_the_formulas(lies):
        rng = np.random.default_rng(0)
        odd = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 3e38], "float32")
        tried = 0
        for shape in ((1, 1), (5, 1), (1, 6), (5, 6), (40, 33)):
            y, dy, dx = (lying(rng, shape, lies, "float32") for _ in range(3))
            b, w = (
                rng.standard_normal(shape[1]).astype("float32"),
                rng.standard_normal((shape[0], 1)).astype("float32"),
            )
            y.flat[: len(odd)] = odd[: y.size]
            for operation, *args in (
                ("add", y, b),
                ("weigh", dy, w, dx),
                ("weigh", dy, w, dy),
                ("slope", LeakyReLU(0.3), y, dy, dx),
                ("slope", Tanh(), y, dy, dx),
            ):
                kept, found = [array.copy() for array in (y, dy)], []
                whole = Table(backend())
                if not whole.takes(operation, *args):
                    continue
                tried += 1
                with np.errstate(all="ignore"):
                    for call in (whole, as_call(backend(), operation, *args)):
                        y[...], dy[...] = kept
                        call()
                        found.append([array.tobytes() for array in (y, dy, dx)])
                assert found[0] == found[1], (operation, shape)
        assert tried >= 20

    ODD = {
        "backwards": lambda a: np.ascontiguousarray(a[::-1])[::-1],
        "mirrored": lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
        "with gaps": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
        "every other row": lambda a: np.repeat(a, 2, axis=0)[::2],
        "one row, for all": lambda a: np.broadcast_to(a[:1], a.shape),
        "one column, for all": lambda a: np.broadcast_to(a[:, :1], a.shape),
    }

    @pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
    def test_odd_views_give_the_bits_of_the_calls_and_blas_is_not_asked_what_it_refuses(odd, capfd):
        rng = np.random.default_rng(0)
        for m, k, n in product((1, 2, 5), repeat=3):
            a, b, w, y = (rng.standard_normal(s).astype("float32") for s in ((m, k), (k, n), (m, 1), (m, n)))
            out = np.empty((m, n), "float32")
            for operation, *args in (
                ("product", odd(a), b, out),
                ("product", a, odd(b), out),
                ("product", a.T, odd(y), np.empty((k, n), "float32")),
                ("weigh", odd(y), w, out),
                ("weigh", y, odd(w), out),
                ("slope", Tanh(), y, odd(y), out),
                ("slope", LeakyReLU(), odd(y), y, out),
            ):
                whole, found = Table(backend()), []
                if whole.takes(operation, *args):
                    for call in (whole, as_call(backend(), operation, *args)):
                        args[-1][...] = np.nan
                        call()
                        found.append(args[-1].tobytes())
                    assert found[0] == found[1], (operation, m, k, n)
        assert capfd.readouterr() == ("", "")  # a BLAS writes where it is asked wrongly

    def test_arrays_that_lie_otherwise_than_each_other_stay_calls():
        y, dy = np.ones((3, 4), "float32"), np.ones((4, 3), "float32").T
        whole = Table(backend())
        assert not whole.takes("slope", Tanh(), y, dy, y.copy()) and not whole.takes("weigh", dy, y[:, :1], y)

    def test_a_leaky_relu_goes_into_the_loop_of_the_bias_before_it_and_nowhere_else():
        y, b = np.ones((3, 4), "float32"), np.ones(4, "float32")
        whole = Table(backend())
        assert not whole.takes("value", LeakyReLU(), y, y)
        assert whole.takes("add", y, b) and whole.takes("value", LeakyReLU(), y, y) and len(whole.rows) == 1
        assert not whole.takes("value", LeakyReLU(), y.copy(), y.copy()) and not whole.takes("value", Tanh(), y, y)

    @pytest.mark.parametrize("game", [o for o in OBJECTIVES.values() if o.log_odds], ids=lambda o: o.name)
    @pytest.mark.parametrize("name", ["real_slope", "fake_slope", "generator_slope"])
    def test_a_slope_in_one_loop_gives_the_bits_of_its_formula(game, name):
        rng = np.random.default_rng(0)
        for dtype in ("float32", "float64"):
            s = np.concatenate([rng.normal(0, 30, 500), [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 104, -104]])
            s = s.astype(dtype)[:, None]
            plain = Backend("numpy", dtype)
            plain.patience = float("inf")
            found = []
            for weight in ((), (1 / 3,)):
                for where in (backend(dtype), plain):
                    out = np.empty_like(s)
                    kernel = _kernel(where, game, name)
                    for _ in range(2):
                        kernel(s, out, *weight)
                    found.append(out)
            np.testing.assert_array_equal(found[0], found[1])
            np.testing.assert_array_equal(found[2], found[3])

    def test_every_slope_that_is_said_to_be_a_sigmoid_is_one():
        s = np.linspace(-5, 5, 11)[:, None]
        for slope, (u, v) in SIGMOIDS.items():
            np.testing.assert_allclose(slope(None, s), u / (1 + np.exp(-v * s)), rtol=1e-12)

    def test_what_is_not_known_here_stays_a_call_in_its_place():
        seen = []
        steps = ((partial(seen.append, k),) for k in range(3))
        for call in prepared(backend(), steps, True):
            call()
        assert seen == [0, 1, 2]
