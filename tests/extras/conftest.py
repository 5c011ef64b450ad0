"""The tests of what an extra brings are left out as a whole where it is not installed, and one line says so."""

from importlib.util import find_spec

NEEDS = {"test_export.py": "onnxruntime", "test_parallel.py": "mpi4py", "test_sweeps.py": "distributed"}
NEEDS |= {"test_fuzz.py": "atheris", "test_ledger.py": "distributed"}
collect_ignore = [file for file, package in NEEDS.items() if find_spec(package) is None]


def pytest_report_collectionfinish():
    if collect_ignore:
        return f"extras: {', '.join(NEEDS[file] for file in collect_ignore)} not installed: left out"
    return "extras: all installed"
