"""The tests of *_cupy.py need CuPy, but no GPU; without it they are left out, and one line says so."""

from importlib.util import find_spec

HERE = find_spec("cupy") is not None
collect_ignore_glob = [] if HERE else ["*_cupy.py"]


def pytest_report_collectionfinish():
    if HERE:
        import cupy

        return f"gpu_guard: CuPy {cupy.__version__}"
    return "gpu_guard: CuPy is not installed: the committed table stands in, and *_cupy.py are left out"
