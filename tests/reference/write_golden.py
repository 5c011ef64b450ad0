"""Have PyTorch compute the golden numbers, and write them where minigan keeps them:

    python tests/reference/write_golden.py [FILE]

They are PyTorch's answers alone, in float64 and float32, to the cases of minigan/checks/cases.py. The same PyTorch
on the same machine writes the same bytes; another one other roundings, well within compare's bounds.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

from minigan.checks import compare
from minigan.checks.references import torch as pytorch


def main(path: Path) -> None:
    torch.set_num_threads(1)
    cases = [case for _, part in compare.PARTS for case in part] + [compare.LONG]
    numbers = {"PyTorch": np.array(torch.__version__)}
    for dtype in compare.BOUNDS:
        numbers |= {f"{case.name}, {dtype}": compare.pack(case.by(pytorch, dtype)).astype(dtype) for case in cases}
    np.savez_compressed(path, allow_pickle=False, **numbers)
    print(f"{path}: {len(numbers)} vectors, {path.stat().st_size:,} bytes, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(str(compare.GOLDEN)))
