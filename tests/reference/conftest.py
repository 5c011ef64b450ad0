"""*_torch.py need PyTorch and *_jax.py JAX; without it they are left out as a whole, and one line says so."""

from importlib import import_module
from importlib.util import find_spec

HERE = {name: find_spec(name) is not None for name in ("torch", "jax")}
collect_ignore_glob = [f"*_{name}.py" for name, here in HERE.items() if not here]

if HERE["torch"]:
    import pytest

    @pytest.fixture(autouse=True, scope="session")
    def one_thread():
        """Networks this small are slower on more, and threads would add in another order."""
        import torch

        torch.set_num_threads(1)


def pytest_report_collectionfinish():
    lines = [f"reference: {name} {import_module(name).__version__}" for name, here in HERE.items() if here]
    if not HERE["torch"]:
        lines.append("reference: PyTorch is not installed: its golden numbers stand in, *_torch.py are left out")
    if not HERE["jax"]:
        lines.append("reference: JAX is not installed: *_jax.py are left out; pip install 'minigan[reference]'")
    return lines
