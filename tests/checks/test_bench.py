"""The bench measures what it says: the same game on both sides, and a floor of the products that a step needs."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from minigan.checks import bench
from minigan.checks.bench import CASES, MODES, game, products
from minigan.core.backend import LONG, Backend, find_numba


@pytest.fixture
def hurry(monkeypatch):
    """No pause, one call a turn, and neither PyTorch nor JAX nor numba."""
    monkeypatch.setattr(bench, "PAUSE", 0)
    monkeypatch.setattr(bench, "STRETCH", 0)
    monkeypatch.setattr(bench, "_torch", lambda threads: None)
    monkeypatch.setattr(bench, "_jax", lambda threads: None)
    monkeypatch.setattr(bench, "find_numba", lambda: None)


@pytest.mark.parametrize("updates", MODES)
@pytest.mark.parametrize("case", ["tiny", "toy", "digits"])
def test_the_floor_is_the_products_of_a_step(case, updates, monkeypatch):
    G, D, batch = CASES[case]
    gan = game(G, D, updates)
    spent = []

    def counted(self, a, b, out):
        def call():
            if b.ndim == 2 and a.ndim == 2:  # not the rows of ones that sum a bias's gradient
                spent.append(a.shape[0] * a.shape[1] * b.shape[1])
            np.dot(a, b, out=out)

        return call

    monkeypatch.setattr(Backend, "multiplier", counted)
    gan.step(np.zeros((batch, D[0]), np.float32))
    floor = []
    monkeypatch.setattr(bench.np, "dot", lambda a, b, out: floor.append(a.shape[0] * a.shape[1] * b.shape[1]))
    products(G, D, batch, updates)()
    assert sorted(floor) == sorted(spent)


def test_the_table_of_speed_has_a_line_for_each_contender(hurry, capsys):
    bench.speed(["tiny"], threads=1, rounds=2)
    out = capsys.readouterr().out
    for name in ("floor, simultaneous", "minigan, simultaneous", "floor, alternating", "minigan, alternating"):
        assert f"  {name} " in out
    assert "PyTorch is not installed" in out and "JAX is not installed" in out and "NumPy alone" in out


def test_a_ratio_is_taken_within_each_round():
    ours, theirs = np.array([1.0, 2.0, 30.0]), np.array([2.0, 4.0, 60.0])
    assert bench._ratio(ours, theirs) == "0.50 [0.50-0.50]"


def test_growth_prints_fitted_exponents(hurry, capsys, monkeypatch):
    widths, batches = (64, 128, 256, 512, 1024, 2048), (16, 64, 256, 1024, 4096)
    times = iter([{"step": np.array([s**1.5]), "floor": np.array([s**2.0])} for s in widths])
    more = iter([{"step": np.array([s * 3.0]), "floor": np.array([s * 1.0])} for s in batches])
    monkeypatch.setattr(bench, "products", lambda *args: None)
    monkeypatch.setattr(bench, "clock", lambda contenders, rounds: next(times, None) or next(more))
    bench.growth(threads=1, rounds=2)
    out = capsys.readouterr().out
    assert "grow as width^1.50, the products as width^2.00" in out
    assert "grow as batch^1.00, the products as batch^1.00" in out


def test_a_process_reports_its_time_and_its_peak_memory(hurry, capsys, monkeypatch):
    monkeypatch.setattr(bench, "PROCESSES", (("tiny", 5),))
    bench.processes(threads=1)
    line = capsys.readouterr().out.splitlines()[-1].split()
    assert line[:2] == ["tiny", "5"] and float(line[2]) > 0 and 10 < float(line[4]) < 1000


if find_numba() is not None:  # the extra `fast`

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_adam_in_one_compiled_pass_gives_the_same_bits_as_in_blocks(dtype):
        from minigan import Adam, Dense, Sequential

        rng = np.random.default_rng(0)
        backends = Backend("numpy", dtype), Backend("numpy", dtype)
        backends[0].patience = math.inf
        plain, fast = (Sequential([Dense(LONG // 8, 9)], backend, name="net") for backend in backends)
        optimizers = [Adam(1e-3, 0.5, 0.999).bind(net) for net in (plain, fast)]
        for scale in 10.0 ** rng.uniform(-20, 4, 60):
            plain.grad[...] = fast.grad[...] = scale * rng.standard_normal(plain.size)
            for optimizer in optimizers:
                optimizer.step()
            assert np.array_equal(plain.theta, fast.theta)
        for slot in ("m", "v"):
            assert np.array_equal(*(getattr(optimizer, slot) for optimizer in optimizers))

    def adam(cache):
        """What a long Adam makes of one gradient, compiled by a numba that keeps its files there."""
        code = (
            "import minigan as mg; net = mg.Sequential([mg.Dense(200, 200)], name='G'); net.grad[:] = 1\n"
            "mg.Adam(1e-3).bind(net).step(); print(net.theta.tobytes().hex()[:64])"
        )
        environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
        return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)

    @pytest.mark.parametrize("damage", ["torn", "junk", "empty"])
    def test_a_damaged_cache_of_numba_s_is_told_and_done_without(damage, tmp_path):
        whole = adam(tmp_path)
        files = [
            path for path in tmp_path.rglob("*.nb?") if path.suffix == (".nbc" if damage == "torn" else ".nbi")
        ]
        for path in files:
            path.write_bytes({"torn": path.read_bytes()[:100], "junk": b"junk", "empty": b""}[damage])
        again = adam(tmp_path)
        assert files and whole.returncode == again.returncode == 0 and whole.stderr == ""
        assert again.stdout == whole.stdout and "numba's cache cannot be used" in again.stderr

    def test_where_numba_has_no_place_for_a_cache_it_compiles_anew(monkeypatch):
        import numba

        def nowhere(self):
            raise RuntimeError("no locator available")

        monkeypatch.setattr(numba.core.dispatcher.Dispatcher, "enable_caching", nowhere)
        with pytest.warns(UserWarning, match=r"compiles .*lambda> anew \(no locator available\)"):
            a = np.zeros(LONG)
            Backend("numpy", "float64").kernel(lambda xp, a: None, LONG, loop=lambda a: a.fill(3.0))(a)
        assert (a == 3).all()

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("case", ["tiny", "toy", "digits", "mnist"])
    @pytest.mark.parametrize("updates", MODES)
    def test_a_game_with_numba_gives_the_same_bits_as_without(updates, case, dtype):
        G, D, batch = CASES[case]
        games = [game(G, D, updates, fast, dtype) for fast in (False, True)]
        real = np.random.default_rng(0).standard_normal((batch, D[0]))
        for _ in range(4 if case == "mnist" else 20):
            for gan in games:
                gan.step(real)
        for one, other in zip(games[0].vectors().values(), games[1].vectors().values(), strict=True):
            assert np.array_equal(one, other)
