"""The CuPy that is installed, without a GPU: the stand-in tells the truth about it, and minigan does without."""

from __future__ import annotations

import json
import shutil

import cupy
import numpy as np
import pytest

import gpu_guard.stand_in
import minigan as mg
from gpu_guard import fusion, hollow, read_api
from gpu_guard.faults import MISFUSED, REFUSED, REFUSED_THERE, UNFUSABLE, WAITING
from gpu_guard.games import GAMES, batches, game
from minigan import cli
from minigan.core import backend
from minigan.core.backend import Backend, BackendError

NO_GPU = not cupy.cuda.is_available()
without_a_gpu = pytest.mark.skipif(not NO_GPU, reason="a GPU answers here")
CUDA_ERROR = cupy.cuda.runtime.CUDARuntimeError


@pytest.fixture
def asked():
    """minigan's answer to whether CuPy can compute, asked anew."""
    backend.find_cupy.cache_clear()
    yield backend.find_cupy
    backend.find_cupy.cache_clear()


def test_the_table_is_what_the_installed_cupy_says():
    # After an upgrade: python tests/gpu_guard/read_api.py, and see what changed.
    ours, theirs = json.loads(read_api.TABLE.read_text("utf-8")), read_api.read()
    if ours["version"] == theirs["version"]:
        assert ours == theirs
    for part in ("ufuncs", "functions", "linalg", "Generator", "methods"):  # of another CuPy, what minigan can use
        for name in theirs[part].keys() & ours[part].keys() & set(USED.split()):
            assert theirs[part][name] == ours[part][name], name


USED = """
    add dot matmul sum mean max argmax maximum minimum exp log1p expm1 tanh sqrt abs equal asarray empty zeros ones
    zeros_like empty_like full_like arange stack where copy reshape astype set get fuse
"""


@without_a_gpu
@pytest.mark.parametrize("fault", REFUSED)
def test_cupy_refuses_what_the_stand_in_refuses(fault):
    x, h = hollow.hollow((4, 3)), np.ones((4, 3), np.float32)
    with pytest.raises((TypeError, ValueError, AttributeError, RuntimeError)) as caught:
        REFUSED[fault](cupy, x, h)
    assert not isinstance(caught.value, CUDA_ERROR)


@without_a_gpu
@pytest.mark.parametrize("fault", [*WAITING, *REFUSED_THERE])
def test_the_other_faults_get_as_far_as_the_device(fault):
    """So their spelling is CuPy's; what it says there, a machine without a GPU cannot know."""
    x, h = hollow.hollow((4, 3)), np.ones((4, 3), np.float32)
    with pytest.raises(CUDA_ERROR):
        (WAITING | REFUSED_THERE)[fault](cupy, x, h)


def test_the_stand_ins_arrays_have_no_operator_and_no_name_that_cupys_have_not():
    ours, theirs = (set(dir(module.ndarray)) for module in (gpu_guard.stand_in, cupy))
    assert ours - theirs == {"host", "_number", "__annotations__"} and len(ours & theirs) > 120


# ------------------------------------------------------------------------------------------------ fuse


@pytest.fixture
def ours(guard, monkeypatch):
    """Every formula that a step makes a kernel of, with its arguments; then CuPy takes its own place again."""

    def play():
        for options in GAMES.values():
            for dtype in ("float32", "float64"):
                gan = game(Backend("cupy", dtype), **options)
                for real in batches(gan, 2):
                    gan.step(real)

    found = hollow.kernels_of(play, monkeypatch)
    monkeypatch.setattr(backend, "find_cupy", lambda: (cupy, ""))
    return found


def test_cupy_traces_every_kernel_of_ours_in_the_types_that_numpy_computes_in(ours):
    assert len(ours) > 100
    for formula, args in ours:
        dtypes = hollow.trace(formula, args).dtypes
        assert set(dtypes) <= {"bool", args[0].dtype.name}, formula


@pytest.mark.skipif(shutil.which("c++") is None, reason="there is no C++ compiler here")
def test_what_cupy_would_compile_of_our_kernels_gives_numpys_numbers(ours, tmp_path):
    kernels = {}
    for formula, args in ours:
        kernels.setdefault(hollow.trace(formula, args), (formula, args))
    assert len(kernels) > 30
    for compiled, (formula, args) in zip(hollow.build([*kernels], tmp_path), kernels.values(), strict=True):
        theirs, numpys = ([np.array(a) if isinstance(a, np.ndarray) else a for a in args] for _ in range(2))
        compiled(*theirs)
        formula(np, *numpys)
        for a, b in zip(theirs, numpys, strict=True):
            np.testing.assert_allclose(a, b, 4 * np.finfo(args[0].dtype).eps, 1e-30, err_msg=str(formula))


@pytest.mark.parametrize("fault", sorted(set(UNFUSABLE) - {"a ufunc's dtype="}))
def test_cupys_tracer_refuses_what_the_stand_ins_refuses(fault):
    x = np.ones((4, 3), np.float32)
    with pytest.raises(Exception) as caught:  # CuPy's tracer raises bare Exceptions too
        hollow.trace(UNFUSABLE[fault], (x, x))
    assert not isinstance(caught.value, CUDA_ERROR)


def test_what_the_stand_in_calls_misfused_is_so():
    x = np.ones((4, 3), np.float32)
    for name, formula in MISFUSED.items():
        assert "float16" in hollow.trace(formula, (x, x, *[0.5] * ("numbers" in name))).dtypes, name


def test_the_stand_ins_symbols_can_do_no_more_than_cupys():
    from cupy._core.fusion import _FusionVarArray, _FusionVarScalar

    for ours, theirs in ((fusion.Number, _FusionVarScalar), (fusion.Array, _FusionVarArray)):
        assert {n for n in dir(ours) if n not in ("_shape", "_weak")} <= set(dir(theirs)) | {"__weakref__"}
        assert ours.__module__ == theirs.__module__


def test_loops_are_found_as_cupy_finds_them():
    rng = np.random.default_rng(0)
    samples = [np.ones(2, t) for t in ("bool", "int32", "int64", "float32", "float64")] + [1, 0.5, np.float64(1)]
    for name in ("add", "multiply", "maximum", "greater", "true_divide", "power"):
        for _ in range(30):
            args = [samples[i] for i in rng.integers(0, len(samples), 2)]
            if not any(isinstance(a, np.ndarray) for a in args):
                continue
            theirs = hollow.trace(lambda xp, a, b, name=name: getattr(xp, name)(a, b), args).dtypes
            mine = fusion.Fused(None, "f", np.ndarray)
            mine.function = lambda a, b, name=name: fusion.call(name, [a, b], {})
            _, ours = mine._trace(tuple(args), [i for i in (0, 1) if isinstance(args[i], np.ndarray)])
            assert tuple(ours) == theirs, (name, args)


# --------------------------------------------------------------------------------- installed, but no GPU


@without_a_gpu
def test_with_cupy_and_no_gpu_auto_takes_numpy_and_says_why(asked):
    module, why = asked()
    assert module is None and why.startswith("CuPy is installed, but no GPU answers (cuda")
    auto = Backend("auto")
    assert auto.xp is np and auto.reason == why
    with pytest.raises(BackendError, match=r"'cupy' was asked for, but CuPy is installed, but no GPU answers"):
        Backend("cupy")


@without_a_gpu
def test_with_cupy_and_no_gpu_the_command_line_says_why_and_trains_on_numpy(asked, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert not cli.main(["info"])
    assert "auto would choose numpy: CuPy is installed, but no GPU answers (cuda" in capsys.readouterr().out
    assert cli.main(["train", "--backend", "cupy", "--steps", "5", "--out", "run"]) == 2
    assert "CuPy is installed, but no GPU answers (cuda" in capsys.readouterr().err
    assert not cli.main(["train", "--backend", "auto", "--steps", "5", "--out", "run"])
    assert mg.load("run").gan.generator.backend.name == "numpy"
