"""What `minigan bench` does: measure what the README promises, so that nobody needs to believe it.

Times are medians over rounds in which all contenders take turns, with a pause before each: after a product the
BLAS's idle thread spins for a while and would slow whoever comes next. Ratios are taken within a round. Every
library gets the threads asked for: NumPy's BLAS and PyTorch by their settings, JAX by the size of its pool.
"""

from __future__ import annotations

import hashlib
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..core.backend import Backend, find_numba
from ..core.gan import GAN, Latent
from ..core.layers import Dense, Layer, LeakyReLU, Tanh
from ..core.network import Sequential
from ..core.optimizers import Adam
from ..data.sources import load_dataset
from ..judge.evaluation import scores
from ..runs.run import load
from ..runs.threads import blas_threads, cores

Widths = Sequence[int]
CASES: dict[str, tuple[Widths, Widths, int]] = {  # G, D, batch
    "tiny": ((2, 16, 16, 2), (2, 16, 16, 1), 64),
    "toy": ((2, 128, 128, 2), (2, 128, 128, 1), 256),
    "digits": ((32, 128, 256, 64), (64, 256, 128, 1), 64),
    "mnist": ((100, 128, 256, 512, 1024, 784), (784, 512, 256, 1), 64),
    "goodfellow": ((100, 1200, 1200, 784), (784, 1200, 1200, 1), 100),
}
MODES = ("simultaneous", "alternating")
PROCESSES = (("tiny", 1000), ("toy", 1000), ("digits", 1000), ("mnist", 100), ("goodfellow", 100))  # steps
PAUSE, STRETCH = 0.1, 0.2  # seconds: before each contender's turn, and of the turn itself
SCAN = 100  # steps in one lax.scan


def stack(widths: Widths, *last: Layer) -> list[Layer]:
    """Dense layers of these widths with LeakyReLU(0.2) between them, and what comes last."""
    layers: list[Layer] = []
    for n_in, n_out in zip(widths[:-1], widths[1:], strict=True):
        layers += [Dense(n_in, n_out), LeakyReLU(0.2)]
    return [*layers[:-1], *last]


def game(G: Widths, D: Widths, updates: str, fast: bool = True, dtype: str = "float32") -> GAN:
    """The GAN of a case: Adam(2e-4, 0.5, 0.999), no averaging, as PyTorch-GAN's gan.py; fast lets numba in."""
    backend = Backend("numpy", dtype)
    backend.patience = 0 if fast else math.inf
    nets = Sequential(stack(G, Tanh()), backend, name="G"), Sequential(stack(D), backend, name="D")
    return GAN(*nets, Latent(G[0]), updates=updates, optimizers=Adam(2e-4, 0.5, 0.999), average=None)


def products(G: Widths, D: Widths, batch: int, updates: str) -> Callable[[], None]:
    """The floor: the matrix products that a step of this mode cannot do without, into arrays that are there."""
    shapes: list[tuple[int, int, int]] = []  # rows, inner, columns
    pairs_g, pairs_d = (list(zip(w[:-1], w[1:], strict=True)) for w in (G, D))
    shapes += [(batch, i, o) for i, o in pairs_g] + [(2 * batch, i, o) for i, o in pairs_d]  # generate, judge
    shapes += [(i, 2 * batch, o) for i, o in pairs_d] + [(2 * batch, o, i) for i, o in pairs_d[1:]]  # D's gradient
    if updates == "alternating":
        shapes += [(batch, i, o) for i, o in pairs_g] + [(batch, i, o) for i, o in pairs_d]  # again, on fresh z
        shapes += [(batch, o, i) for i, o in pairs_d[1:]]
    shapes += [(batch, D[1], D[0])]  # what D passes on to G
    shapes += [(i, batch, o) for i, o in pairs_g] + [(batch, o, i) for i, o in pairs_g[1:]]  # G's gradient
    rng = np.random.default_rng(0)
    ready = []
    for m, k, n in shapes:
        a, b = (rng.standard_normal(shape, dtype=np.float32) for shape in ((m, k), (k, n)))
        ready.append((a, b, np.empty((m, n), np.float32)))

    def run() -> None:
        for a, b, out in ready:
            np.dot(a, b, out=out)

    return run


def clock(contenders: dict[str, Callable[[], Any]], rounds: int) -> dict[str, np.ndarray]:
    """Seconds per step (rounds,) of each contender: a call, or as many `steps` a call as it says it takes."""

    def lasts(call: Any, times: int) -> float:
        begun = time.perf_counter()
        for _ in range(times):
            call()
        getattr(call, "wait", float)()  # JAX's calls return before they are done
        return (time.perf_counter() - begun) / times

    turns = {}
    for name, call in contenders.items():
        lasts(call, 3)  # warm up: allocations, compilers, caches
        turns[name] = max(3 if getattr(call, "steps", 1) == 1 else 1, int(STRETCH / lasts(call, 1)))
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            time.sleep(PAUSE)
            lasts(call, 1)
            times[name].append(lasts(call, turns[name]) / getattr(call, "steps", 1))
    return {name: np.array(t) for name, t in times.items()}


def _ratio(ours: np.ndarray, theirs: np.ndarray) -> str:
    low, middle, high = np.quantile(ours / theirs, [0.25, 0.5, 0.75])
    return f"{middle:.2f} [{low:.2f}-{high:.2f}]"


def _torch(threads: int) -> Any:
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(threads)
    return torch


def _jax(threads: int) -> Any:
    try:
        from .references import jax_step
    except ImportError:
        return None
    jax_step.use_threads(threads)
    return jax_step


def _ours(G: Widths, D: Widths, real: np.ndarray) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {}
    for updates in MODES:
        found[f"floor, {updates}"] = products(G, D, len(real), updates)
        for fast in (False, True) if find_numba() else (False,):
            found[f"minigan{' fast' if fast else ''}, {updates}"] = partial(game(G, D, updates, fast).step, real)
    return found


def _theirs(G: Widths, D: Widths, real: np.ndarray, torch: Any, jax_step: Any) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {}
    if torch is not None:
        from .references.gan_py import gan_py_step

        there = torch.from_numpy(real)
        for name, how in (
            ("gan.py", {}),
            ("fused Adam", {"fused": True}),
            ("compiled", {"fused": True, "compiled": True}),
        ):
            found[f"PyTorch, {name}"] = call = partial(gan_py_step(G, D, len(real), **how), there)
            try:
                call()
            except Exception as error:  # torch.compile needs a C++ compiler, and says so in many ways
                del found[f"PyTorch, {name}"]
                print(f"PyTorch, {name} does not run here: {str(error).splitlines()[0]}")
    if jax_step is not None:
        for name, gradients in (("grad", jax_step.by_grad), ("one pass", jax_step.in_one_pass)):
            found[f"JAX, a call a step, {name}"] = jax_step.JaxStep(G, D, real, gradients)
            found[f"JAX, scan, {name}"] = jax_step.JaxStep(G, D, real, gradients, SCAN)
    return found


def speed(cases: Sequence[str], threads: int, rounds: int) -> None:
    """Print the time of a training step against PyTorch's and JAX's, and against the floor."""
    torch, jax_step = _torch(threads), _jax(threads)
    _versions(threads)
    for name, library in (("PyTorch", torch), ("JAX", jax_step)):
        if library is None:
            print(f"{name} is not installed, so it has no line here: pip install 'minigan[reference]'")
    for case in cases:
        G, D, batch = CASES[case]
        real = np.random.default_rng(0).standard_normal((batch, D[0])).astype(np.float32)
        with blas_threads(threads):
            times = clock(_ours(G, D, real) | _theirs(G, D, real, torch, jax_step), rounds)
        anchors = {
            "PyTorch, fused": "fused PyTorch",
            "JAX, a call": "JAX, a call a step",
            "JAX, scan": "JAX, scan",
        }
        over = {}
        for start, says in anchors.items():
            forms = [t for name, t in times.items() if name.startswith(start)]
            over[says] = min(forms, key=np.median, default=None)
        print(f"\n{case}: G {'-'.join(map(str, G))}, D {'-'.join(map(str, D))}, batch {batch}")
        print(f"  {'times over:':30} {'ms a step':>9} {'the floor':>18}", *(f"{says:>18}" for says in over))
        for name, t in times.items():
            floor = times[f"floor, {name.split(', ')[1]}"] if name.startswith("minigan") else None
            cells = [_ratio(t, a) if a is not None and not name.startswith("floor") else "" for a in over.values()]
            line = [_ratio(t, floor) if floor is not None else "", *cells]
            print(f"  {name:30} {1e3 * np.median(t):9.3f}", *(f"{cell:>18}" for cell in line), flush=True)


def growth(threads: int, rounds: int) -> None:
    """Print how the time of a step grows with width and with batch, beside the matrix products' own growth."""
    _versions(threads)
    for what, sizes in (("width", [64, 128, 256, 512, 1024, 2048]), ("batch", [16, 64, 256, 1024, 4096])):
        print(f"\n{what:>6} {'step, ms':>10} {'products, ms':>13} {'over them':>10}   (simultaneous)")
        steps, floors = [], []
        for size in sizes:
            width, batch = (size, 64) if what == "width" else (128, size)
            G, D = (64, width, width, 64), (64, width, width, 1)
            gan, real = game(G, D, "simultaneous"), np.zeros((batch, 64), np.float32)
            with blas_threads(threads):
                floor = products(G, D, batch, "simultaneous")
                times = clock({"step": partial(gan.step, real), "floor": floor}, max(3, rounds // 2))
            step_ms, floor_ms = (1e3 * float(np.median(times[name])) for name in ("step", "floor"))
            print(f"{size:6} {step_ms:10.3f} {floor_ms:13.3f} {step_ms / floor_ms:10.2f}", flush=True)
            steps.append(step_ms)
            floors.append(floor_ms)
        slopes = [np.polyfit(np.log(sizes[-3:]), np.log(t[-3:]), 1)[0] for t in (steps, floors)]
        print(f"the last three grow as {what}^{slopes[0]:.2f}, the products as {what}^{slopes[1]:.2f}")


CHILD = """
import resource, sys
import numpy as np
case, steps, who = sys.argv[1], int(sys.argv[2]), sys.argv[3]
from minigan.checks.bench import CASES, game
G, D, batch = CASES[case]
real = np.random.default_rng(0).standard_normal((batch, D[0])).astype(np.float32)
if who.startswith("minigan"):
    step = game(G, D, "simultaneous", fast=who == "minigan fast").step
elif who == "JAX":
    from minigan.checks.references import jax_step
    jax_step.use_threads({threads})
    call = jax_step.JaxStep(G, D, real, jax_step.in_one_pass)
    step = lambda real: call()
else:
    import torch
    from minigan.checks.references.gan_py import gan_py_step
    torch.set_num_threads({threads})
    real, step = torch.from_numpy(real), gan_py_step(G, D, batch, fused=who == "fused")
for _ in range(steps):
    step(real)
if who == "JAX":
    call.wait()
try:  # Linux's ru_maxrss counts what the parent had when it forked
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(int(peak.split()[1]) / 1024)
except OSError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)
"""


def processes(threads: int) -> None:
    """Print time and peak memory of whole processes, from their start to their last step."""
    _versions(threads)
    environment = os.environ | {f"{lib}_NUM_THREADS": str(threads) for lib in ("OMP", "OPENBLAS", "MKL")}
    contenders = ["minigan", *(["minigan fast"] if find_numba() else [])]
    contenders += [*(["gan.py", "fused"] if _torch(threads) else []), *(["JAX"] if _jax(threads) else [])]
    print(f"\n{'case':12} {'steps':>6}   " + "".join(f"{who:>24}" for who in contenders))
    for case, steps in PROCESSES:
        cells = []
        for who in contenders:
            begun = time.perf_counter()
            command = [sys.executable, "-c", CHILD.replace("{threads}", str(threads)), case, str(steps), who]
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            cells.append(f"{time.perf_counter() - begun:10.2f} s {float(done.stdout):8.0f} MB")
        print(f"{case:12} {steps:6}   " + "".join(f"{cell:>24}" for cell in cells), flush=True)


def _versions(threads: int) -> None:
    """Print whatever a time depends on: the machine, the kernels that the BLAS chose for it, and all versions."""
    import threadpoolctl

    jax_step = _jax(threads)
    libraries = {"PyTorch": _torch(threads), "JAX": jax_step and jax_step.jax, "numba": find_numba()}
    kernels = {
        f"{i['internal_api']} {i['version']}, {i.get('architecture', '?')} kernels"
        for i in threadpoolctl.threadpool_info()
        if i["user_api"] == "blas"
    }
    print(f"{processor()}, {cores()} cores, {threads} threads; NumPy's BLAS: {'; '.join(sorted(kernels))}")
    versions = [f"{name} {library.__version__ if library else 'none'}" for name, library in libraries.items()]
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {', '.join(versions)}")
    print(f"fast: {'loops that numba compiles, beside ' if libraries['numba'] else ''}NumPy alone")


def processor() -> str:
    """The processor's own name, where the system tells it; else the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def targets(seeds: int) -> None:
    """Print how long the default recipes take, as whole processes with their animation, and how good they end."""
    extra = np.median([_import_time() for _ in range(5)])
    print(f"import minigan adds {extra:.3f} s to import numpy (median of 5; promised: 0.15)")
    _recipe("ring", seeds, 30, _ring)
    _recipe("digits", seeds, 60, _digits)
    with tempfile.TemporaryDirectory() as folder:
        prints = []
        for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
            _minigan("train", "--steps", "300", "--seed", seed, "--out", f"{folder}/{name}")
            prints.append(hashlib.sha256(Path(folder, name, "checkpoint.npz").read_bytes()).hexdigest()[:16])
    same, other = prints[0] == prints[1], prints[0] != prints[2]
    print(f"300 steps of ring: seed 0 {prints[0]}, again {prints[1]}, seed 1 {prints[2]}", end=": ")
    print("equal seeds equal bits, other seeds others" if same and other else "NOT AS PROMISED")


def _minigan(*args: str) -> None:
    subprocess.run([sys.executable, "-m", "minigan", *args], check=True, stdout=subprocess.DEVNULL)


def _import_time() -> float:
    code = "import time, numpy; t = time.perf_counter(); import minigan; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def _recipe(name: str, seeds: int, promised: float, score: Callable[[str], str]) -> None:
    print(f"minigan train {name} (promised: {promised:.0f} s)")
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            out = f"{folder}/{seed}"
            begun = time.perf_counter()
            _minigan("train", name, "--seed", str(seed), "--out", out)
            print(f"  seed {seed}: {time.perf_counter() - begun:5.1f} s  {score(out)}", flush=True)


def _scored(name: str, says: str, folder: str, n: int) -> str:
    """Both generators of a run, by what matters of their scores; `says` formats them."""
    run, data = load(folder), load_dataset(name)
    told = [
        f"{which}: {says.format(**scores(run.sample(n, averaged=which == 'averaged'), data))}"
        for which in ("averaged", "live")
    ]
    return "; ".join([*told, f"V {np.mean(run.history['value'][-10:]):.3f} in the mean of the last ten rows"])


_ring = partial(_scored, "ring", "{modes:.0f} modes, {high_quality:.1%} good, reverse KL {reverse_kl:.4f}", n=2500)
_digits = partial(
    _scored,
    "digits",
    "least class {least_class:.1%}, sample to training {samples_to_train:.2f}, "
    "held-out to sample {held_out_to_samples:.2f}, fresh critic {critic:.1%}",
    n=1000,
)
