"""The tests of *_torch.py need PyTorch; without it they are left out as a whole, and one line says so."""

from importlib.util import find_spec

HERE = find_spec("torch") is not None
collect_ignore_glob = [] if HERE else ["*_torch.py"]

if HERE:
    import pytest

    @pytest.fixture(autouse=True, scope="session")
    def one_thread():
        """Networks this small are slower on more, and threads would add in another order."""
        import torch

        torch.set_num_threads(1)


def pytest_report_collectionfinish():
    if HERE:
        import torch

        return f"reference: PyTorch {torch.__version__}"
    return "reference: PyTorch is not installed: its golden numbers stand in, and *_torch.py are left out"
