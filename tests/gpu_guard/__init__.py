"""CuPy without a GPU: what can be proven of `backend="cupy"` on any machine, and what cannot.

`stand_in.cupy` is NumPy behind CuPy's refusals (its names and parameters in cupy_api.json were read off an
installed CuPy by read_api.py), `fusion` traces what `cupy.fuse` would have to compile, and `ledger` counts
kernel launches and copies. `hollow` asks the installed CuPy itself whether all that is true. So the numeric
tests run as if on a GPU, bit for bit as on NumPy; that a GPU gives those numbers is for `pytest -m gpu` to say.
"""

from .fusion import Refused
from .ledger import HostCopy, counting, no_sync
from .stand_in import cupy

__all__ = ["HostCopy", "Refused", "counting", "cupy", "no_sync"]
