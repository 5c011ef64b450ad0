"""Every reader of minigan's, good files for each, and what all of them owe to any bytes at all.

`Reader.judge` tries one input: the reader reads it, or refuses it with its own error, in one printable line of
bounded length that names the file. Anything else (another error, a warning, infinite numbers) is raised.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import tempfile
import warnings
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import minigan as mg
from minigan.data.dataset import DataError, Dataset
from minigan.data.samples import write_samples
from minigan.data.sources import load_dataset
from minigan.runs import checkpoint
from minigan.runs import folder as runs
from minigan.runs.ledger import Ledger
from minigan.runs.run import read
from minigan.runs.training import History, as_csv

from . import mend

LINES = 12  # of a refusal: the first ten things that are wrong with a table, one that counts them, and the rest
LINE = 800  # characters of a refusal beside the path: an unknown setting is answered with all that there are


@dataclass(frozen=True)
class Reader:
    """A reader: the ending of its files, the error with which it refuses, good inputs by name.

    files makes of an input the files to try: the input itself, and itself with its checksums mended. whole says
    that the file is read with others of its folder, which a refusal may name instead.
    """

    ending: str
    read: Callable[[Path], Any]
    refuses: type[Exception]
    good: Callable[[], dict[str, bytes]]
    files: Callable[[bytes], list[bytes]] = lambda content: [content]
    whole: bool = False

    def judge(self, content: bytes, folder: Path) -> list[str]:
        """What became of each file of this input: "read", or the words of its refusal."""
        said = []
        for file in dict.fromkeys(self.files(content)):
            path = folder / f"input{self.ending}"
            path.write_bytes(file)
            named = str(folder if self.whole else path)
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                try:
                    self.read(path)
                    said.append("read")
                except self.refuses as error:
                    said.append(str(error))
                    assert named in said[-1], f"does not name its file: {said[-1]}"
                    lines = said[-1].split("\n  ")  # one, or a list of what is wrong
                    assert len(lines) <= LINES, f"has {len(lines)} lines"
                    for line in lines:
                        assert line.isprintable(), f"is no printable line: {line!r}"
                        assert len(line) <= LINE + len(str(path)), f"is no line, it has {len(line)} letters"
            assert not warned, f"warns: {warned[0].message}"
        return said


# ---- data


def npy(a: np.ndarray, version: tuple[int, int] = (1, 0), **change: Any) -> bytes:
    """What np.save writes, or that with something else in its header."""
    file = io.BytesIO()
    header = np.lib.format.header_data_from_array_1_0(a) | change
    {1: np.lib.format.write_array_header_1_0, 2: np.lib.format.write_array_header_2_0}[version[0]](file, header)
    return file.getvalue() + a.tobytes(order="F" if header["fortran_order"] else "C")


def npz(compressed: bool = False, **arrays: np.ndarray) -> bytes:
    """What np.savez writes."""
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def idx(images: np.ndarray, magic: bytes = b"\0\0\x08\x03", shape: tuple[int, ...] | None = None) -> bytes:
    """Images of bytes as MNIST's files hold them, or with another beginning."""
    return magic + struct.pack(f">{images.ndim}I", *(shape or images.shape)) + images.tobytes()


def picture(mode: str, form: str, **how: Any) -> bytes:
    """A small picture in this mode of Pillow's, as a file of this format."""
    deep = Image.fromarray(PIXELS[0].astype(np.uint16) << 12)
    colour = Image.fromarray(np.stack([PIXELS[0] * 25, PIXELS[1] * 9, PIXELS[2] * 5], axis=2))
    file = io.BytesIO()
    (deep if mode == "I;16" else colour.convert(mode)).save(file, form, **how)
    return file.getvalue()


def turned(by: int) -> bytes:
    """A JPEG that its EXIF data want turned."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = by, "a camera"
    return picture("RGB", "JPEG", exif=exif)


PIXELS = np.arange(10 * 8 * 8, dtype=np.uint8).reshape(10, 8, 8) // 8
POINTS = np.arange(12, dtype=np.float32).reshape(4, 3) ** 2 / 7


def good_tables() -> dict[str, bytes]:
    return {
        "plain": b"1,2\n3,4\n",
        "header": b"height,weight\n1.5,2e3\n-3,4.25\n0.5,.75\n",
        "semicolons": b"a;b\n1;2\n3;4\n",
        "tabs": b"a\tb\r\n1\t2\r\n3\t4\r\n",
        "mark": b"\xef\xbb\xbfa,b\n1,2\n3,4\n",
        "mac": b"a,b\r1,2\r3,4\r",
        "quoted": b'"a, b","say ""c"""\n"1",2\n3,"4"\n',
        "one column": b"7\n8\n9\n",
        "blank lines": b"\n\n1,2\n\n3,4\n\n",
        "words": 'Größe,"zwei\nZeilen"\n1,2\n3,4\n'.encode(),
        "gaps": b"a,b\n1,NA\n3,\n",
        "words below": b",kind,born\n1,red,2020-01-31\n2,blue,2020-02-01\n3,red,2021-01-01\n4,blue,2020-02-01\n",
        "commas": b"a;b\n1,5;2\n1.234,5;4\n",
        "thousands": b'a|b\n"1,234.5"|yes\n"9,999,999"|no\n',
        "blanks": b"# a b\n1.5e0 2\n 3 4 \n",
        "packed": gzip.compress(b"a,b\n1,2\n3,4\n", mtime=0),
        "much is wrong": b"a,b,c,d\n" + b"".join(b"x%d,%d,,w\n" % (i, i) for i in range(9)) + b"1,w,inf,1e30\n",
        "title": b"a title\n\na,b,c\n1,2,3\n4,5,6\n",
        "strange numbers": b"a,b\ninf,1_000\n0x10,1e400\n",
    }


def good_npy() -> dict[str, bytes]:
    kinds = ("f2", "<f4", ">f8", "i1", "u8", ">i4", "?", "c8", "S3", "M8[s]", "i4,f8", "g")
    made = {kind: npy(np.arange(6, dtype="f4").astype(kind)) for kind in kinds}
    made["rows"] = npy(POINTS)
    made["Fortran"] = npy(np.asfortranarray(POINTS))
    made["images"], made["colours"] = npy(PIXELS), npy(np.stack([PIXELS, PIXELS + 1, PIXELS], axis=3))
    made["channels first"] = npy(np.moveaxis(np.stack([PIXELS, PIXELS + 1, PIXELS], axis=3), 3, 1).copy())
    made["windows"] = npy(POINTS[:, None] * np.array([1, 1e6, 1e-6], "f4")[:, None])
    made["version 2"] = npy(POINTS, (2, 0))
    made["Python 2"] = npy(POINTS).replace(b"(4, 3), }  ", b"(4L, 3L), }")
    made["objects"] = npy(POINTS, descr="|O")
    made["no dimension"] = npy(np.array(3.0))
    return made


def good_archives() -> dict[str, bytes]:
    one, two = {"x": POINTS}, {"x": POINTS, "labels": np.arange(4)}
    made = {"plain": npz(**one), "packed": npz(True, **one), "two": npz(**two), "images": npz(True, x=PIXELS)}
    made["labelled"] = npz(x_train=PIXELS, y_train=np.arange(10) % 3)
    return made


def good_idx() -> dict[str, bytes]:
    made = {"plain": idx(PIXELS), "packed": gzip.compress(idx(PIXELS), mtime=0)}
    made["labels"] = idx(np.arange(4, dtype=np.uint8), b"\0\0\x08\x01")
    made["rows"] = idx(POINTS.astype(">f4"), b"\0\0\x0d\x02")
    made["shorts"] = idx(PIXELS.astype(">i2"), b"\0\0\x0b\x03")
    made["colours"] = idx(np.stack([PIXELS, PIXELS + 1, PIXELS], axis=3), b"\0\0\x08\x04")
    return made


def good_images() -> dict[str, bytes]:
    modes = {"PNG": "1 L LA P RGB RGBA", "TIFF": "L CMYK RGB LAB", "GIF": "L P", "BMP": "L RGB", "PPM": "L RGB"}
    made = {f"{form} {m}": picture(m, form) for form, line in modes.items() for m in line.split()}
    made["JPEG L"], made["JPEG CMYK"] = picture("L", "JPEG"), picture("CMYK", "JPEG")
    made["progressive"] = picture("RGB", "JPEG", progressive=True)
    made["WEBP"], made["WEBP lossless"] = picture("RGB", "WEBP"), picture("RGBA", "WEBP", lossless=True)
    made["TIFF packed"] = picture("RGB", "TIFF", compression="tiff_lzw")
    made["frames"] = picture("P", "GIF", save_all=True, append_images=[Image.new("P", (8, 8), 3)])
    made["frames TIFF"] = picture("RGB", "TIFF", save_all=True, append_images=[Image.new("L", (9, 5), 3)])
    made["16 bits"], made["floats"] = picture("I;16", "PNG"), picture("F", "TIFF")
    made["JPEG2000"], made["AVIF"] = picture("RGB", "JPEG2000"), picture("RGBA", "AVIF")
    made |= {f"turned {by}": turned(by) for by in (1, 6, 9)}
    return made


def read_data(path: Path) -> None:
    """The data in a file, whose numbers are finite, in columns with names, and can be scaled."""
    data = load_dataset(path)
    assert isinstance(data, Dataset)
    assert data.x.dtype == np.float32
    assert data.x.shape == (len(data.x), len(data.columns))
    assert np.isfinite(data.x).all()
    assert np.isfinite(mg.scaler(data).to_network(data.x)).all()


def read_folder(path: Path) -> None:
    """The data in a folder with this image and a good one."""
    good = path.parent / "good.png"
    if not good.exists():
        good.write_bytes(picture("L", "PNG"))
    data = load_dataset(path.parent, size=4)
    assert isinstance(data, Dataset)
    assert data.image in ((4, 4), (4, 4, 3))
    assert len(data.x) >= 2 and np.isfinite(mg.scaler(data).to_network(data.x)).all()


# ---- recipes and checkpoints


def good_recipes() -> dict[str, bytes]:
    presets = {name: recipe.to_json().encode() for name, (_, recipe) in mg.RECIPES.items()}
    return presets | {"empty": b"{}", "options": b'{"data": "ring", "data_options": {"modes": 5, "radius": 2.5}}'}


def read_recipe(path: Path) -> None:
    """The recipe in a file, which comes back from its own JSON."""
    recipe = read(path)
    assert mg.Recipe.from_json(recipe.to_json()) == recipe


@cache
def games() -> dict[str, mg.GAN]:
    """Small GANs that have every kind of piece between them."""

    def game(for_g: list[Any], for_d: list[Any], **options: Any) -> mg.GAN:
        G = mg.Sequential([mg.Dense(2, 4), *for_g, mg.Dense(4, 1)], "numpy", 0, "G")
        return mg.GAN(
            G,
            mg.Sequential([*for_d, mg.Dense(4, 1)], "numpy", 0, "D"),
            mg.Latent(2),
            **{"updates": "alternating"} | options,
        )

    def leaky() -> list[Any]:
        return [mg.Dense(1, 4), mg.LeakyReLU(0.1)]

    falling = mg.Momentum(mg.Exponential(0.1, 0.9, 1e-3), mg.Linear(0.5, 9, 0.5, 0.7)), mg.SGD(0.1)
    adam, maxout = mg.Adam(mg.HoldThenCosine(1e-3, 9)), [mg.Dense(1, 8), mg.Maxout(2), mg.Dropout(0.5)]
    return {
        "plain": game([mg.Tanh()], leaky(), average=None),
        "rich": game([mg.BatchNorm(4), mg.ReLU()], maxout, optimizers=falling),
        "noisy": game([mg.Softplus()], leaky(), optimizers=(adam, adam), instance_noise=0.5),
        "steep": game([mg.Sigmoid()], leaky(), penalty=mg.R1(1.0), objective="minimax", updates="simultaneous"),
    }


def description(gan: mg.GAN) -> bytes:
    return json.dumps({"format": checkpoint.FORMAT, "gan": checkpoint.about(gan), "extra": {}}).encode()


def packed(text: bytes, gan: mg.GAN) -> bytes:
    """A whole checkpoint of this GAN's vectors that describes itself by this text."""
    vectors = {name: np.asarray(vector) for name, vector in gan.vectors().items()}
    return bytes(checkpoint.pack({"about": np.frombuffer(text, np.uint8)} | vectors))


def good_checkpoints() -> dict[str, bytes]:
    return {name: packed(description(gan), gan) for name, gan in games().items()}


def good_descriptions() -> dict[str, bytes]:
    return {name: description(gan) for name, gan in games().items()}


def read_checkpoint(path: Path) -> None:
    """The GAN in a file, which can be drawn from."""
    gan = mg.load(path)
    assert isinstance(gan, mg.GAN)
    with np.errstate(all="ignore"):  # weights may be anything
        gan.sample(2)


@cache
def run_files() -> dict[str, bytes]:
    """The files of a run, by name."""
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(data := Path(folder, "table.csv"), POINTS, delimiter=",")
        recipe = mg.Recipe(data=str(data), steps=2, batch=2, log_every=1, frames=0)
        runs.begin(recipe, Path(folder, "run"))
        return {path.name: path.read_bytes() for path in Path(folder, "run").iterdir()}


def good_runs() -> dict[str, bytes]:
    arrays, _ = checkpoint.unpack(run_files()["checkpoint.npz"])
    return {"whole": arrays["about"].tobytes()}


def run_checkpoint(text: bytes, **others: np.ndarray) -> bytes:
    """The checkpoint of the run with another description of itself, and other arrays."""
    arrays, _ = checkpoint.unpack(run_files()["checkpoint.npz"])
    return bytes(checkpoint.pack(arrays | {"about": np.frombuffer(text, np.uint8)} | others))


def read_run(path: Path) -> None:
    """The run whose checkpoint this is: samples of it can be written, as `minigan sample` does."""
    for name in ("recipe.json", "history.csv"):
        (path.parent / name).write_bytes(run_files()[name])
    path.replace(path.with_name("checkpoint.npz"))
    run = mg.load(path.parent)
    assert isinstance(run, mg.Run)
    with np.errstate(all="ignore"):
        x = run.sample(2)
    image, columns = run.form.get("image"), run.form.get("columns")
    write_samples(path.with_name("samples.csv"), x, columns, tuple(image) if image else None)


def good_histories() -> dict[str, bytes]:
    rows = [{"step": 0, "value": -1.5}, {"step": 100, "value": float("nan")}, {"step": 200, "value": 1e-300}]
    return {"short": as_csv(rows, ["step", "value"]).encode()}


MEMBERS = (
    {"status": "done", "frechet": 0.5, "made_with": {"numpy": "2.0"}},
    {"status": "failed: Diverged: step 3, 'D'"},
)


def ledger_of(folder: Path) -> Ledger:
    return Ledger(folder, mg.Recipe(), [0, 1], {"average": ["null", "0.9"], "generator": ["[8,8]"]})


@cache
def sweep_files() -> dict[str, bytes]:
    """The files of a sweep, by name."""
    with tempfile.TemporaryDirectory() as folder, closing(ledger_of(Path(folder))) as ledger:
        for key, line in zip(ledger.heads, [*MEMBERS, MEMBERS[0]], strict=False):
            ledger.add(key, line)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def reads_sweep(name: str) -> Callable[[Path], None]:
    """A function that reads the sweep of which the given file is this one."""

    def read_sweep(path: Path) -> None:
        for other in {"sweep.json", "members.csv"} - {name}:
            (path.parent / other).write_bytes(sweep_files()[other])
        path.replace(path.with_name(name))
        ledger_of(path.parent).close()

    return read_sweep


READERS = {
    "csv": Reader(".csv", read_data, DataError, good_tables),
    "npy": Reader(".npy", read_data, DataError, good_npy),
    "npz": Reader(".npz", read_data, DataError, good_archives, lambda c: [c, mend.archive(c)]),
    "idx": Reader(".gz", read_data, DataError, good_idx, lambda c: [c, mend.gz(c)]),
    "images": Reader(".png", read_folder, DataError, good_images, lambda c: [c, mend.png(c)], whole=True),
    "recipe": Reader(".json", read_recipe, mg.RecipeError, good_recipes),
    "history": Reader(".csv", History.from_csv, ValueError, good_histories),
    "checkpoint": Reader(
        ".npz", read_checkpoint, checkpoint.CheckpointError, good_checkpoints, lambda c: [c, mend.checkpoint(c)]
    ),
    "description": Reader(
        ".npz",
        read_checkpoint,
        checkpoint.CheckpointError,
        good_descriptions,
        lambda c: [packed(c, gan) for gan in games().values()],
    ),
    "run": Reader(
        ".npz", read_run, checkpoint.CheckpointError, good_runs, lambda c: [run_checkpoint(c)], whole=True
    ),
    "members": Reader(
        ".csv",
        reads_sweep("members.csv"),
        mg.RecipeError,
        lambda: {"three": sweep_files()["members.csv"]},
        whole=True,
    ),
    "sweep": Reader(
        ".json",
        reads_sweep("sweep.json"),
        mg.RecipeError,
        lambda: {"one": sweep_files()["sweep.json"]},
        whole=True,
    ),
}
