"""`pytest -m gpu`: the real CuPy on a real GPU gives NumPy's numbers, waits for nothing, and how fast that is."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest

import minigan as mg
from gpu_guard.faults import REFUSED, REFUSED_THERE, WAITING
from gpu_guard.games import GAMES, batches, game
from gpu_guard.test_stand_in import every_word
from gpu_guard.test_step import LAYERS, passes
from minigan import cli
from minigan.checks import bench
from minigan.core.backend import Backend, find_cupy
from minigan.core.layers import Elementwise, Maxout

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def cupy():
    """The real CuPy, where it can compute."""
    module, why_not = find_cupy()
    if module is None:
        pytest.skip(why_not)
    return module


@pytest.fixture
def no_waiting():
    """A context in which CuPy itself raises where it would wait (not for every wait, as its warning says)."""
    import cupyx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cupyx.allow_synchronize(False)


def assert_close(found, wanted, tolerance, what=""):
    """Within this share of the largest number."""
    scale = np.abs(wanted).max(initial=0) or 1.0
    np.testing.assert_allclose(found / scale, wanted / scale, rtol=0, atol=tolerance, err_msg=what)


@pytest.mark.parametrize(("dtype", "steps", "tolerance"), [("float64", 20, 1e-9), ("float32", 3, 1e-3)])
@pytest.mark.parametrize("name", GAMES)
def test_a_game_is_the_game_on_numpy(name, dtype, steps, tolerance, layout):
    ours, theirs = (game(Backend(where, dtype), **GAMES[name]) for where in ("cupy", "numpy"))
    for real in batches(ours, steps):
        ours.step(real)
        theirs.step(real)
    for key, vector in theirs.vectors().items():
        assert_close(ours.vectors()[key].get(), vector, tolerance, key)
    for key, loss in theirs.losses().items():
        assert ours.losses()[key] == pytest.approx(loss, abs=tolerance * max(1.0, abs(loss)))


@pytest.mark.parametrize("first", LAYERS, ids=lambda layer: type(layer).__name__)
def test_every_pair_of_layers_gives_numpys_numbers(first, layout, scramble):
    for second in LAYERS:
        if isinstance(first, Maxout) and second.width:
            continue
        both = (passes(Backend(where, "float64"), [first, second], scramble) for where in ("cupy", "numpy"))
        for a, b in zip(*both, strict=True):
            assert_close(a, b, 1e-12, f"{first} {second}")


@pytest.mark.parametrize("name", GAMES)
def test_a_step_waits_for_nothing(name, no_waiting):
    gan = game("cupy", **GAMES[name])
    first, *rest = batches(gan, 4)
    gan.step(first)  # compiles
    with no_waiting:
        for real in rest:
            gan.step(real)


def test_formulas_are_fused_by_the_tracer_that_keeps_float32(cupy):
    gan = game("cupy", middle=lambda: [mg.Tanh(), mg.Sigmoid(), mg.Softplus()], penalty=mg.R1(0.1))
    gan.step(batches(gan, 1)[0])
    layers = [layer for net in (gan.generator, gan.discriminator) for layer in net.layers]
    kernels = [k for layer in layers if isinstance(layer, Elementwise) for k in (layer._value, layer._slope)]
    kernels += [optimizer._update for optimizer in gan.optimizers]
    for kernel in kernels:
        assert kernel._memo and kernel.new_fusion is None


def test_memory_does_not_grow_with_steps(cupy):
    gan, pool = game("cupy", **GAMES["R1"]), cupy.get_default_memory_pool()
    used = []
    for real in batches(gan, 60):
        gan.step(real)
        used.append(pool.total_bytes())
    assert used[-1] == used[5]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_words_that_layers_use_mean_what_they_mean_in_numpy(cupy, dtype):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in ((5, 3), (3, 4), (4,), (5, 4))]
    for a, b in zip(every_word(cupy, *map(cupy.asarray, arrays)), every_word(np, *arrays), strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a.get(), b, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-6)


@pytest.mark.parametrize("fault", [*REFUSED, *REFUSED_THERE])
def test_cupy_refuses_what_the_stand_in_refuses(fault, cupy):
    h = np.ones((4, 3), np.float32)
    with pytest.raises((TypeError, ValueError, AttributeError, RuntimeError)):
        (REFUSED | REFUSED_THERE)[fault](cupy, cupy.asarray(h), h)


@pytest.mark.parametrize("fault", WAITING)
def test_cupy_waits_where_the_stand_in_says_so(fault, cupy, no_waiting):
    import cupyx

    x = cupy.ones((4, 3), np.float32)
    with no_waiting, pytest.raises(cupyx.DeviceSynchronized):
        WAITING[fault](cupy, x, None)


def test_the_command_line_trains_on_the_gpu_and_the_run_goes_on_anywhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert not cli.main(["info"])
    said = capsys.readouterr().out
    assert "auto would choose cupy: a GPU answers" in said and "GPU        none" not in said
    for where in ("cupy", "numpy"):
        assert not cli.main(["train", "--backend", where, "--steps", "50", "--out", where])
    ours, theirs = (mg.load(where, backend="numpy").gan for where in ("cupy", "numpy"))
    assert_close(ours.generator.theta, theirs.generator.theta, 1e-2)
    assert not cli.main(["sample", "cupy", "-n", "9", "--out", "samples.npy"])
    assert np.isfinite(np.load("samples.npy")).all()


@pytest.mark.parametrize("case", bench.CASES)
def test_bench(case, cupy, capsys):
    """Prints ms a step on either side; asserts nothing about them."""
    G, D, batch = bench.CASES[case]
    real = np.random.default_rng(0).standard_normal((batch, G[-1]))
    line = f"{case:12}"
    for where in ("numpy", "cupy"):
        players = [
            mg.Sequential(bench.stack(widths, *last), where, name=name)
            for name, widths, last in (("G", G, [mg.Tanh()]), ("D", D, []))
        ]
        gan = mg.GAN(*players, mg.Latent(G[0]), average=None)
        batch_there = gan.generator.backend.asarray(real)
        for _ in range(5):
            gan.step(batch_there)
        times = []
        for _ in range(10):
            cupy.cuda.Device().synchronize()
            begun = time.perf_counter()
            for _ in range(10):
                gan.step(batch_there)
            cupy.cuda.Device().synchronize()
            times.append((time.perf_counter() - begun) * 100)
        line += f"  {where} {np.median(times):8.3f} ms a step"
    with capsys.disabled():
        print("\n" + line)
