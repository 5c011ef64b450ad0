"""Files from strangers: damaged, malicious and merely odd ones, through every reader and the command line.

What every refusal must be (the reader's own error, one printable line that names the file, no warning) is said
once, in fuzz/readers.py. Here are the inputs: mutations of good files, and the tricks that no mutation will find.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
import signal
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zipfile
import zlib
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from fuzz.readers import PIXELS, POINTS, READERS, idx, npy, picture, run_checkpoint, run_files
from fuzz.run import corpus
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

import minigan as mg
from minigan.cli import main
from minigan.data.dataset import DataError, Dataset, scaler
from minigan.data.readers.checks import COLUMNS, refusing
from minigan.data.readers.images import SCANS
from minigan.data.samples import write_samples
from minigan.data.sources import load_dataset
from minigan.files import room, write_whole
from minigan.runs.checkpoint import CheckpointError
from minigan.runs.recipe import Recipe, RecipeError
from minigan.runs.run import read

MiB = 1 << 20
posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and such names are other things there")


@pytest.fixture(autouse=True)
def no_hang():
    """A reader that waits for ever, at a pipe say, fails its test and does not stop the suite."""

    def give_up(*_):
        pytest.fail("hangs")

    if not hasattr(signal, "alarm"):
        yield
        return
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def peak(function, *args):
    """(what the function gives back, the most memory it held meanwhile)."""
    tracemalloc.start()
    try:
        return function(*args), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def refused(source, *words, **options):
    """load_dataset refuses it with all these words, in little memory; returns the line."""

    def line():
        with pytest.raises(DataError) as caught:
            load_dataset(source, **options)
        return str(caught.value)

    said, most = peak(line)
    for word in words:
        assert word in said, said
    assert most < 8 * MiB
    return said


# ---- any good file, damaged

STRANGE = [b"\0" * 4, b"\xff" * 4, b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", b"\xff" * 8, b"9" * 30, b"1e999"]
STRANGE += [b"-1", b"nan", b"\r", b'"', b"\xef\xbb\xbf", b"\0", "\u0663".encode(), b"[" * 40, b"\n\n"]


@st.composite
def damaged(draw, good):
    """A good file of which parts were cut out, overwritten, inserted, repeated, or exchanged with another's."""
    files = sorted(good.values())
    content = bytearray(draw(st.sampled_from(files)))
    for _ in range(draw(st.integers(1, 3))):
        other = draw(st.sampled_from([bytes(content), *files]))
        part = slice(*sorted(draw(st.tuples(*[st.integers(0, len(other))] * 2))))
        patch = draw(st.one_of(st.binary(max_size=8), st.sampled_from(STRANGE), st.just(other[part])))
        start = draw(st.integers(0, len(content)))
        end = draw(st.sampled_from([start, start + 1, start + len(patch), len(content)]))
        content[start:end] = patch
    return bytes(content)


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from([0, -1, 10**18, 10**400, "", "\ud800", "a\nb", "\x1b[2J", "x" * 3000, "Dense", "normal"]),
        st.floats(),
        st.integers(-3, 9),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@st.composite
def rewritten(draw, good):
    """A good JSON text of which one to three values, anywhere in it, are others or gone."""
    tree = json.loads(draw(st.sampled_from(sorted(good.values()))))
    for _ in range(draw(st.integers(1, 3))):
        at = tree
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(at[key], dict | list) and draw(st.booleans()):
                at = at[key]
                continue
            at[key] = draw(VALUES)
            if draw(st.booleans()) and isinstance(at, dict):
                del at[key]
            break
    return json.dumps(tree).encode()


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused_in_a_line(name, tmp_path):
    reader = READERS[name]
    good = reader.good()

    @settings(max_examples=100)
    @given(damaged(good) | rewritten(good) if name in ("recipe", "description", "run", "sweep") else damaged(good))
    def judged(content):
        assert peak(reader.judge, content, tmp_path)[1] < 16 * MiB

    judged()


@pytest.mark.parametrize("name", READERS)
def test_good_files_are_read_so_the_tests_above_are_not_empty(name, tmp_path):
    said = [said for content in READERS[name].good().values() for said in READERS[name].judge(content, tmp_path)]
    assert said.count("read") >= len(READERS[name].good()) / 2


@pytest.mark.parametrize("name", READERS)
def test_what_the_fuzzer_found_is_read_or_refused_in_a_line(name, tmp_path):
    for content in corpus(name):
        READERS[name].judge(content, tmp_path)


def _raise(error):
    raise error


@pytest.mark.parametrize(
    "read, says",
    [
        (lambda path: _raise(DataError("is broken; mend it")), "does not name its file"),
        (lambda path: _raise(DataError(f"{path}: is\nbroken")), "no printable line"),
        (lambda path: _raise(DataError(f"{path}: is \x1b[31mbroken")), "no printable line"),
        (lambda path: _raise(DataError(f"{path}: {'is broken ' * 99}")), "is no line"),
        (lambda path: warnings.warn("odd", stacklevel=1), "warns: odd"),
        (lambda path: _raise(ValueError(f"{path}: is broken")), "is broken"),
        (lambda path: _raise(RecursionError("too deep")), "too deep"),
    ],
)
def test_the_judge_lets_nothing_else_pass(read, says, tmp_path):
    reader = replace(READERS["csv"], read=read)
    with pytest.raises((AssertionError, ValueError, RecursionError), match=says):
        reader.judge(b"1,2\n", tmp_path)


# ---- odd tables that are good, and tokens that are not

PLAIN = st.floats(-(2.0**59), 2.0**59, width=32, allow_subnormal=False)


@given(
    st.lists(st.tuples(PLAIN, PLAIN), min_size=2, max_size=6),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.sampled_from(["{!r}", " {!r}", "{!r}\u00a0", "{:+.9e}", "{:.9E}", '"{!r}"', "00{!r}"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_a_table_is_the_same_in_every_dialect(tmp_path_factory, rows, delimiter, newline, form, mark, head, ends):
    x = np.array(rows, np.float32)
    assume((np.ptp(x, axis=0) > 1e-30).all())
    assume(form[:2] != "00" or (x >= 0).all())
    lines = [["first", "second"]] * head + [[form.format(value) for value in row] for row in rows]
    text = "\ufeff" * mark + newline.join(map(delimiter.join, lines)) + newline * ends
    path = tmp_path_factory.getbasetemp() / "dialect.csv"
    path.write_bytes(text.encode())
    data = load_dataset(path)
    assert data.x.tobytes() == x.tobytes()
    assert data.columns == (["first", "second"] if head else ["x1", "x2"])


NO_NUMBERS = ["nan", "inf", "-Infinity", "1e400", "1e19", "1_000", "0x10", "1d5", "--1", "1,5", "", " ", "\u22121"]
NO_NUMBERS += ["\u0663", "\uff11", "1 2", "1e", "e5", "\0", "1\0", "true", "=1+1", "1%", "$1", "1;2", "#1", "1j"]


@pytest.mark.parametrize("token", NO_NUMBERS)
def test_a_token_that_is_no_number_is_refused_at_its_place(token, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f'a,b\n1,2\n3,"{token}"\n5,6\n', encoding="utf-8")
    refused(path, "a.csv: line 3, column 2 ('b')", ";")


@given(st.lists(st.text(max_size=8), min_size=2, max_size=2))
def test_whatever_the_columns_are_called_samples_come_back_with_it(tmp_path_factory, names):
    folder, packed = tmp_path_factory.getbasetemp(), io.StringIO()
    csv.writer(packed, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(names)
    (folder / "named.csv").write_text(packed.getvalue() + "3,4\n1,2\n", encoding="utf-8", newline="")
    try:
        columns = load_dataset(folder / "named.csv").columns
    except DataError:  # names that are numbers, or gaps
        return
    write_samples(folder / "back.csv", POINTS[:2, :2] + POINTS[2:, :2], columns)
    assert load_dataset(folder / "back.csv").columns == columns


def test_long_names_are_kept_and_never_printed_whole(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("w" * 100_000 + "\x1b[31m,b\n1,2\n3,4\n")
    assert len(load_dataset(path).columns[0]) == 100_005
    path.write_text("w" * 100_000 + ",b\n1,2\nx,4\n")
    assert len(refused(path, "line 3, column 1 ('www")) < 300 + len(str(path))
    path.write_text("a,b\n" + "\x1b" * 9000 + ",2\n3,4\n")
    assert refused(path, "line 2, column 1").isprintable()
    path.write_text("a" * 140_000 + "\n1\n2\n")
    refused(path, "field limit")


def test_a_masked_array_is_refused_and_one_with_nothing_masked_is_read():
    refused(np.ma.masked_equal(POINTS, 0), "masked", "fill")
    assert (load_dataset(np.ma.asarray(POINTS)).x == POINTS).all()


# ---- memory: what a header claims, and what packed bytes unpack to


def test_memory_is_bounded_by_the_size_of_a_file(tmp_path):
    bounds = {
        "rows.csv": (b"1.25,2.5\n3.75,4\n" * 20_000, 15),
        "columns.csv": (b"1," * 99_999 + b"1\n" + b"2," * 99_999 + b"2\n", 50),
        "commas.csv": (b"," * 300_000, 125),
        "lines.csv": (b"\n" * 300_000, 10),
        "quotes.csv": (b'"' * 300_000, 10),
        "words.csv": (b"a,b\n" + b"1,x\n" * 99_999, 20),
        "wide.npy": (npy(np.arange(200_000, dtype=np.int8).reshape(2, -1)), 50),
        "tall.npy": (npy(np.arange(300_000, dtype=np.int8)), 20),
        "double.npy": (npy(np.arange(90_000.0).reshape(-1, 30)), 3),
        "images.idx": (idx(np.resize(PIXELS, (400, 28, 28))), 11),
    }
    for name, (content, times) in bounds.items():
        (tmp_path / name).write_bytes(content)
        _, most = peak(tried, tmp_path / name)
        assert most < times * len(content), (name, most / len(content))


def tried(path):
    """The data of a file, or None for one that is refused."""
    try:
        return load_dataset(path)
    except DataError:
        return None


def test_bombs_are_refused_before_they_are_unpacked(tmp_path):
    zeros = np.zeros(30 * MiB, np.uint8)
    zeros[0] = 1
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(zeros.reshape(-1, 32, 32))))
    refused(tmp_path / "a.gz", "claims to unpack", "30720 x 32 x 32", "unpack it first")
    np.savez_compressed(tmp_path / "a.npz", zeros)
    refused(tmp_path / "a.npz", "claims to unpack", f"{len(npy(zeros)):,}", "np.savez")
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):  # whose blocks zipfile unpacks whole, however long
        with zipfile.ZipFile(tmp_path / "b.npz", "w", method) as archive:
            archive.writestr("x.npy", npy(zeros))
        content = (tmp_path / "b.npz").read_bytes()
        claim = struct.pack("<I", len(npy(zeros)))
        (tmp_path / "b.npz").write_bytes(content.replace(claim, struct.pack("<I", 200)))
        refused(tmp_path / "b.npz", "not packed as NumPy packs", "np.savez_compressed")


def in_runs(width, height, rows):
    """A BMP of 256 greys, coded by run lengths, from the lowest row up."""
    colours, body = b"".join(bytes([grey, grey, grey, 0]) for grey in range(256)), b"".join(rows) + b"\0\1"
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 2835, 2835, 256, 0)
    start = 14 + len(head) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + colours + body


def test_a_picture_coded_by_runs_is_read_unless_it_claims_more_than_runs_can_hold(tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    rows = [bytes([64, 7 * k % 256]) + b"\0\0" for k in range(64)]
    for name in ("a.bmp", "b.bmp"):
        (good / name).write_bytes(in_runs(64, 64, rows))
    assert load_dataset(good, size=64).x[0, ::64].tolist() == [7 * k % 256 for k in reversed(range(64))]
    for content in (in_runs(4096, 256, []), in_runs(4096, 1025, [bytes(1 << 16)])):
        (bad / "a.bmp").write_bytes(content)
        with pytest.raises(DataError, match=r"claims 4096 x \d+ pixels in run lengths of .*; save it as a PNG"):
            load_dataset(bad, size=8)


def test_what_packs_well_is_still_read(tmp_path):
    images = np.zeros((5000, 28, 28), np.uint8)
    images[:, 14] = 255  # 3.9 MB of a few KB
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(images)))
    data, most = peak(load_dataset, tmp_path / "a.gz")
    assert data.x.shape == (4500, 784)
    assert most < 10 * images.size
    assert room(0) >= images.size and room(10**9) == 128 * 10**9


def test_samples_of_a_million_numbers_are_as_wide_as_it_gets(tmp_path):
    (tmp_path / "a.npy").write_bytes(npy(np.zeros((2, COLUMNS + 1), np.int8)))
    with pytest.raises(DataError, match="1,048,577 columns; at most 1,048,576"):
        load_dataset(tmp_path / "a.npy")
    (tmp_path / "a.csv").write_bytes(b"1" + b",1" * (1 << 16) + b"\n")
    with pytest.raises(DataError, match="65,537 columns; at most 65,536"):
        load_dataset(tmp_path / "a.csv")


# ---- folders of images


def shelf(folder, **files):
    """A folder with a good image and these."""
    folder.mkdir(exist_ok=True)
    (folder / "good.png").write_bytes(picture("L", "PNG"))
    for name, content in files.items():
        (folder / f"{name}.png").write_bytes(content)
    return folder


def greys(folder, size=8):
    """The images of a folder, in the order of their names, made grey and square."""
    data = load_dataset(folder, size=size, grey=True, fit="squeeze")
    assert isinstance(data, Dataset)
    return data.x.reshape(-1, size, size)


@pytest.mark.parametrize("mode", ["1", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_a_picture_is_as_grey_in_every_mode(mode, tmp_path):
    plain = Image.open(io.BytesIO(picture("RGB", "PNG"))).convert(mode).convert("RGB").convert("L")
    seen = greys(shelf(tmp_path, a=picture(mode, "TIFF" if mode == "CMYK" else "PNG")))[0]
    assert np.abs(seen - np.asarray(plain, int)).max() <= 2


def test_odd_pictures_that_are_good(tmp_path):
    palette = Image.new("P", (2, 1))
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.putdata([0, 1])
    palette.save(tmp_path / "palette.png", transparency=0)
    first, second = Image.new("L", (3, 3), 10), Image.new("L", (3, 3), 200)
    first.save(tmp_path / "frames.gif", save_all=True, append_images=[second])
    Image.new("RGB", (1, 1), (0, 255, 0)).save(tmp_path / "one.png")
    Image.new("L", (1, 500), 77).save(tmp_path / "thin.png")
    (tmp_path / "turned.png").write_bytes(READERS["images"].good()["turned 9"])  # an orientation that there is not
    first, second, one, pal, thin, _ = greys(tmp_path, 2)
    assert (first == 10).all() and (second == 200).all()
    assert (one == 150).all()  # .587 of 255
    assert (thin == 77).all()
    assert pal[0, 0] > 200 > pal[0, 1]  # what is transparent is white, and red is .299 of 200


def test_a_hostile_exif_block_warns_of_nothing(tmp_path):
    whole = READERS["images"].good()["turned 6"]
    at = whole.index(b"Exif")
    for i in range(at, at + 90):
        READERS["images"].judge(whole[:i] + b"\xff" + whole[i + 1 :], tmp_path)


def png_header(width, height):
    """A whole PNG of one grey level: so many pixels of few bytes."""
    rows = zlib.compress(bytes((width // 8 + 1) * height), 9)
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", rows),
        (b"IEND", b""),
    ):
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return out


def test_pictures_that_unpack_to_gigapixels_are_refused_unopened(tmp_path):
    refused(shelf(tmp_path, bomb=png_header(9000, 9000)), "bomb.png", "9000 x 9000 pixels", "smaller")
    refused(shelf(tmp_path, bomb=png_header(8, 8)[:16] + b"\x7f" * 8 + png_header(8, 8)[24:]), "bomb.png")
    (tmp_path / "bomb.png").write_bytes(png_header(2000, 2000))  # 4 million pixels of 700 bytes: odd, and allowed
    assert (greys(tmp_path)[0] == 0).all()


def test_a_picture_of_endless_scans_is_refused(tmp_path):
    whole = picture("L", "JPEG", progressive=True)
    at = whole.rindex(b"\xff\xda")
    scans = whole[:-2] + whole[at:-2] * SCANS + whole[-2:]
    refused(shelf(tmp_path, scans=scans), "scans.png", f"more than {SCANS} scans")
    plain = np.resize(np.uint8([255, 218]), (32, 32))  # the mark of a scan, in a file that has none
    Image.fromarray(plain).save(tmp_path / "scans.png", "PPM")
    assert (tmp_path / "scans.png").read_bytes().count(b"\xff\xda") > SCANS
    assert (greys(tmp_path, 32)[1] == plain).all()


def test_an_image_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def forbidden(path):  # root may read anything, so a mode of 000 would prove nothing
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    refused(shelf(tmp_path), "good.png: cannot be read", "Permission denied")


def test_no_decoder_runs_that_was_not_asked_for(tmp_path, monkeypatch):
    from PIL import EpsImagePlugin

    ran = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *a, **k: ran.append(a))
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "EPS")
    refused(shelf(tmp_path, program=buffer.getvalue()), "program.png", "PNG, JPEG", "convert it")
    assert not ran


@posix
def test_links_and_pipes_among_pictures(tmp_path):
    folder = shelf(tmp_path / "set")
    (folder / "again.png").symlink_to(folder / "good.png")  # data sets are often made of links
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "folder.png").mkdir()
    assert len(greys(folder)) == 2
    (folder / "nowhere.png").symlink_to(tmp_path / "no such file")
    refused(folder, "nowhere.png", "link to nowhere")
    (folder / "nowhere.png").unlink()
    os.mkfifo(folder / "pipe.png")
    refused(folder, "pipe.png", "pipe")
    os.mkfifo(tmp_path / "pipe.csv")
    refused(tmp_path / "pipe.csv", "pipe.csv", "pipe", "copy it")
    (folder / "pipe.png").unlink()
    (folder / "a.png").symlink_to("/dev/zero")
    refused(folder, "a.png", "device")


# ---- recipes

RECIPES = {
    "{" * 100_000: "no JSON",
    "[" * 100_000: "recursion",
    '{"data_options": {"modes": ' + "[" * 400 + "]" * 400 + "}}": "modes is",
    '{"data": "ring", "steps": 3, "steps": 4}': "'steps' is set twice",
    '{"data_options": {"modes": 3, "modes": 4}}': "'modes' is set twice",
    '{"steps": 1' + "0" * 400 + "}": "steps is 1000",
    '{"learning_rate": 1' + "0" * 400 + "}": "learning_rate is 1000",
    '{"generator": [1' + "0" * 30 + "]}": "generator is (1000",
    '{"steps": 1' + "0" * 5000 + "}": "no JSON",
    '{"seed": -1}': "at least 0",
    '{"average": NaN}': "average is nan",
    '{"beta1": Infinity}': "beta1 is inf",
    '{"data_options": {"radius": NaN}}': "radius is nan",
    '{"data_options": {"radius": 1e300}}': "radius is 1e+300",
    '{"data_options": {"sd": 1e-300}}': "sd is 1e-300",
    '{"data_options": {"radius": [2]}}': "radius is [2]",
    '{"generator": "64"}': "a list of whole numbers",
    '{"steps": true}': "a whole number",
    '{"steps": 10.0}': "a whole number",
    '{"%s": 1}' % ("k" * 10_000): "no setting is called 'kkk",
    '{"objective": "%s"}' % ("o" * 10_000): "choose one of",
    '{"\\u001b[2J": 1}': "no setting",
    '["steps"]': "a JSON object",
    '{"parent": {"step": 1}}': "an object of a recipe and a step",
    '{"parent": {"step": 1, "recipe": ' + "[" * 400 + "]" * 400 + "}}": "a JSON object of settings",
    '{"parent": {"step": ' + "[" * 400 + "]" * 400 + "}}": "an object of a recipe and a step",
    '{"parent": {"step": 1, "recipe": {"average": NaN}}}': "average is nan",
    '{"parent": {"step": 1' + "0" * 300 + ', "recipe": {}}}': "never takes",
    '{"parent": {"step": -1, "recipe": {}}}': "never takes",
    '{"parent": {"step": 2, "recipe": {"parent": {"step": 3, "recipe": {}}}}}': "never takes",
    '{"steps": 2, "parent": {"step": 2, "recipe": {}}}': "a fork from step 2 wants more",
    '{"parent": {"step": 1, "recipe": ' * 300 + "{}" + "}}" * 300: "the parent is no recipe",
    "": "no JSON",
}


@pytest.mark.parametrize("text, word", RECIPES.items(), ids=[text[:30] for text in RECIPES])
def test_recipes_that_are_refused(text, word, tmp_path):
    (said,) = READERS["recipe"].judge(text.encode(), tmp_path)
    assert word in said
    with pytest.raises(RecipeError):
        Recipe.from_json(text)


def test_no_setting_of_a_wrong_type_or_size_goes_further_than_the_recipe(tmp_path):
    for f in fields(Recipe):
        for value in (None, True, -1, 0.5, 1e308, math.nan, 10**400, "x", "\ud800", [], [1], [[]], {}, {"a": [1]}):
            READERS["recipe"].judge(json.dumps({f.name: value}).encode(), tmp_path)


def test_a_byte_order_mark_before_a_recipe_is_passed_over(tmp_path):
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"steps": 7}')
    assert read(tmp_path / "a.json") == Recipe(steps=7)
    (tmp_path / "a.json").write_bytes('{"steps": 7}'.encode("utf-16"))
    with pytest.raises(RecipeError, match=r"a\.json"):
        read(tmp_path / "a.json")


def test_a_distribution_that_float32_cannot_resolve_is_refused():
    with pytest.raises(DataError, match=r"mean \[1e\+17\].* cannot tell its samples apart"):
        scaler(mg.load_dataset("gaussian", mean=1e17))
    scaler(mg.load_dataset("gaussian", mean=1e5, sd=0.5))


# ---- run folders


@pytest.fixture
def folder(tmp_path):
    """A run's folder."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name, content in run_files().items():
        (folder / name).write_bytes(content)
    return folder


def other(change):
    """The run's checkpoint with another description."""
    about = json.loads(READERS["run"].good()["whole"])
    change(about["extra"])
    return run_checkpoint(json.dumps(about).encode())


FORMS = [
    {"columns": ["a"]},
    {"columns": 3},
    {"columns": [1, 2, 3]},
    {"image": [3]},
    {"image": [1, 3]},
    {"image": [1, 3], "pixels": [0, math.nan]},
    {"image": [1, 3], "pixels": [1, 1]},
    {"image": [[1], 3], "pixels": [0, 1]},
    {"image": [2, 2], "pixels": [0, 1]},
    {"image": "ab", "pixels": [0, 1]},
    [],
    None,
    "form",
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_form_that_is_not_that_of_the_samples_is_refused(form, folder):
    (folder / "checkpoint.npz").write_bytes(other(lambda extra: extra.update(form=form)))
    with pytest.raises(CheckpointError, match=r"checkpoint\.npz"):
        mg.load(folder)


@pytest.mark.parametrize(
    "scale", [np.ones(2, "f4"), np.full(3, np.nan, "f4"), np.ones(3, int)], ids=["too short", "NaN", "integers"]
)
def test_a_scaler_that_is_not_that_of_the_samples_is_refused(scale, folder):
    content = run_checkpoint(READERS["run"].good()["whole"], **{"scaler.scale": scale})
    (folder / "checkpoint.npz").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"checkpoint\.npz .* scaler"):
        mg.load(folder)


@posix
def test_nothing_is_written_through_a_link_that_a_run_folder_brought_along(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    quick = ["--set", "log_every=1", "--set", "frames=1", "--steps"]
    victim = tmp_path / "victim"
    victim.write_text("precious")

    def with_link(name, *words):
        """What the command says in a whole run folder, where this name is a link to the victim."""
        whole = Path("run", name).read_bytes() if Path("run", name).exists() else None
        Path("run", name).unlink(missing_ok=True)
        Path("run", name).symlink_to(victim)
        main(list(words))
        Path("run", name).unlink(missing_ok=True)
        if whole is not None:
            Path("run", name).write_bytes(whole)
        assert victim.read_text() == "precious", name
        return capsys.readouterr().err

    main(["train", "--out", "run", *quick, "2"])
    assert "is a link" in with_link("draws.png", "sample", "run", "--out", "run/draws.png")
    assert "is a link" in with_link("draws.csv", "sample", "run")
    assert "is a link" in with_link("history.csv", "train", "--resume", "run")
    Path("run", "checkpoint-old.npz").touch()  # no name that minigan gives
    assert main(["replay", "run", "--at", "1"]) == 0
    Path("run", "frames.bin").mkdir()
    Path("run", "checkpoint.npz").rename("kept")
    assert main(["train", "--resume", "run"]) == 2
    assert "frames.bin is a link, a pipe or a folder" in capsys.readouterr().err
    Path("run", "frames.bin").rmdir()
    Path("kept").rename("run/checkpoint.npz")
    for name in ("history.csv", "frames.bin", "recipe.json.part", "checkpoint.npz.part", "samples.png.part"):
        Path("run", "checkpoint.npz").unlink(missing_ok=True)  # as if it had been killed before its first one
        said = with_link(name, "train", "--resume", "run")
        assert "is a link" in said if "part" not in name else said == ""


@posix
def test_a_file_is_written_whole_where_a_link_or_a_rest_lies(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "a.part").symlink_to(victim)
    write_whole(tmp_path / "a", b"new")
    (tmp_path / "a.part").write_text("half of")
    write_whole(tmp_path / "a", b"newer")
    assert ((tmp_path / "a").read_bytes(), victim.read_text()) == (b"newer", "precious")
    assert sorted(os.listdir(tmp_path)) == ["a", "victim"]


@posix
@pytest.mark.parametrize("name", ["recipe.json", "history.csv", "checkpoint.npz"])
def test_a_pipe_in_a_run_folder_is_refused_and_not_waited_for(name, folder):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(CheckpointError, match=f"{name}.* pipe"):
        mg.load(folder)
    with pytest.raises(RecipeError, match=f"{name}: it is no file"):
        read(folder / name)


def test_a_checkpoint_with_a_header_of_python_2_is_read_without_a_word(tmp_path):
    whole = READERS["checkpoint"].good()["plain"]
    old = whole.replace(b",), }  ", b"L,), } ", 1)
    assert old != whole and READERS["checkpoint"].judge(old, tmp_path)[1] == "read"


def test_what_an_error_quotes_is_cut_and_printable(tmp_path):
    READERS["npy"].judge(npy(POINTS).replace(b"<f4", b"\x93\x1b4"), tmp_path)
    READERS["history"].judge(b"step\n" + b"w" * 5000, tmp_path)
    about = json.loads(READERS["description"].good()["plain"])
    about["gan"]["latent"]["is"] = "x" * 5000
    said = READERS["description"].judge(json.dumps(about).encode(), tmp_path)
    assert any("it uses 'xxx" in line for line in said)
    with pytest.raises(DataError, match=r"is not a thing \(y{120}\)"), refusing("a", "a thing"):
        raise ValueError("y" * 999)
    with pytest.raises(DataError, match=r"is not a thing \(a b c\)"), refusing("a", "a thing"):
        raise ValueError("a\x1bb\n\x93 c")


# ---- the command line


@pytest.mark.parametrize("name", READERS)
def test_the_command_line_says_one_line_and_exits_with_2(name, tmp_path, folder, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    reader = READERS[name]
    cut = sorted(reader.good().values())[-1][:60]
    bad = folder / {"history": "history.csv", "run": "checkpoint.npz"}.get(name, f"bad{reader.ending}")
    bad.write_bytes(b"\xff\x01" + cut)
    if name in ("checkpoint", "description"):
        bad.replace(bad := folder / "checkpoint.npz")
    train = {"images": [folder], "recipe": ["--recipe", bad]}.get(name, [bad])
    of_runs = name in ("checkpoint", "description", "run", "history")
    assert main(list(map(str, ["sample", folder] if of_runs else ["train", *train, "--out", "new"]))) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("minigan: ") and err.count("\n") == 1
    assert str(bad) in err and err[:-1].isprintable()
    assert not Path("new").exists()


@posix
def test_a_name_that_would_steer_the_terminal_is_not_printed_as_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("\x1b[2J\n.csv").write_text("1,x\n")
    for words in (["train", "\x1b[2J\n.csv"], ["train", "--recipe", "\x1b[2J\n.csv"], ["sample", "\x1b[2J\n.csv"]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert said[:-1].isprintable() and "[2J" in said


def test_odd_names_train_and_draw_without_a_word(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table = "\u9ad8\u3055,\x1b[31m$\\frac{,{b}_\n1,2,3\n3,4,4\n5,7,1\n"
    names = ["\u9ad8.csv", "-x.csv", "$\\sum_.csv"]
    names += ["a\nb.csv", os.fsdecode(b"\xe9.csv")] if os.name == "posix" else []
    quick = ["--steps", "2", "--set", "log_every=1", "--set", "frames=1", "--set", "batch=2"]
    for name in names:
        Path(name).write_text(table, encoding="utf-8")
        assert main(["train", f"./{name}", "--out", "run", *quick]) == 0
        assert main(["sample", "run", "-n", "3", "--out", "a.png"]) == 0
        assert main(["sample", "run", "-n", "3", "--out", "a.csv"]) == 0
        assert load_dataset("a.csv").columns == ["\u9ad8\u3055", "\x1b[31m$\\frac{", "{b}_"]
        assert capsys.readouterr().err == ""
        for path in Path("run").iterdir():
            path.unlink()


def test_warnings_are_errors_in_this_suite_and_none_is_swallowed_by_a_process(tmp_path):
    (tmp_path / "a.csv").write_text("\u9ad8,b\n1,2\n3,4\n5,6\n", encoding="utf-8")
    line = [sys.executable, "-W", "error", "-m", "minigan", "train", "a.csv", "--steps", "2"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
