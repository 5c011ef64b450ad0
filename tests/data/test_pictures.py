"""Pictures as people have them: what each kind becomes, what is said of it, and the cure where it is refused."""

import re
import struct

import numpy as np
import pytest
from PIL import Image

from minigan.cli import main
from minigan.data.dataset import DataError, Dataset, scaler
from minigan.data.readers.arrays import channel_axis
from minigan.data.readers.checks import CLASSES, as_pictures, hint
from minigan.data.readers.images import decoders
from minigan.data.samples import write_samples
from minigan.data.sources import load_dataset
from minigan.judge.evaluation import evaluate, unit_of

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (12, 8, 8), np.uint8)
COLOURS = RNG.integers(0, 256, (12, 5, 4, 3), np.uint8)


def fixed(source, **options) -> Dataset:
    data = load_dataset(source, **options)
    assert isinstance(data, Dataset)
    return data


def refused(source, *words, **options):
    with pytest.raises(DataError) as caught:
        load_dataset(source, **options)
    message = str(caught.value)
    assert message.isprintable()
    for word in words:
        assert word in message, message


def save(folder, images, ending="png", **how):
    folder.mkdir(exist_ok=True)
    for i, image in enumerate(images):
        (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
            folder / f"{i:03}.{ending}", **how
        )
    return folder


def idx(path, a, kind):
    path.write_bytes(bytes([0, 0, kind, a.ndim]) + struct.pack(f">{a.ndim}I", *a.shape) + a.tobytes())
    return path


# ---- colour


def test_colour_pictures_come_channels_last_and_keep_every_pixel(tmp_path):
    square = RNG.integers(0, 256, (5, 6, 6, 3), np.uint8)
    data = fixed(save(tmp_path / "a", square), size=6)
    assert (data.image, data.pixels, data.dim) == ((6, 6, 3), (0, 255), 108)
    assert (data.x.reshape(5, 6, 6, 3) == square).all()
    assert data.columns[:4] == ["r1c1_red", "r1c1_green", "r1c1_blue", "r1c2_red"]
    assert "5 colour images of 6 x 6 pixels" in data.said
    assert "6 x 6 x 3 pixels" in repr(data)


def test_what_is_grey_in_colours_is_grey_and_grey_is_asked_for_by_name(tmp_path):
    plain = fixed(save(tmp_path / "L", BYTES), size=8)
    stored = fixed(save(tmp_path / "RGB", [Image.fromarray(b).convert("RGB") for b in BYTES]), size=8)
    assert stored.image == plain.image == (8, 8)
    assert stored.fingerprint() == plain.fingerprint()
    jpeg = fixed(save(tmp_path / "J", [Image.fromarray(b).convert("RGB") for b in BYTES], "jpg"), size=8)
    assert jpeg.image == (8, 8)  # its colours are rounded, and differ by little
    grey = fixed(save(tmp_path / "C", COLOURS), size=5, grey=True, fit="squeeze")
    assert grey.image == (5, 5)
    assert "3 colours made grey in 12" in grey.said
    luma = np.asarray(Image.fromarray(COLOURS[0]).convert("L").resize((5, 5), Image.Resampling.BILINEAR))
    assert (grey.x[0].reshape(5, 5) == luma).all()


def test_one_picture_in_colour_makes_the_set_so_and_is_counted(tmp_path):
    save(tmp_path / "a", BYTES)
    Image.new("RGB", (8, 8), (200, 0, 0)).save(tmp_path / "a" / "x.png")
    data = fixed(tmp_path / "a", size=8)
    x = data.x.reshape(13, 8, 8, 3)
    assert (x[:12] == BYTES[..., None]).all()
    assert (x[12] == [200, 0, 0]).all()
    assert "1 of them in colour (grey=true" in data.said


def test_arrays_of_colours_last_or_first_and_equal_ones(tmp_path):
    last, first = fixed(COLOURS), fixed(np.moveaxis(COLOURS, 3, 1))
    assert last.image == first.image == (5, 4, 3)
    assert last.fingerprint() == first.fingerprint()
    assert "channels moved last" in first.said and "moved" not in last.said
    np.save(tmp_path / "a.npy", COLOURS)
    assert fixed(tmp_path / "a.npy").fingerprint() == last.fingerprint()
    equal = fixed(np.repeat(BYTES[..., None], 3, axis=3))
    assert equal.image == (8, 8)
    assert equal.fingerprint() == fixed(BYTES).fingerprint() == fixed(BYTES[:, None]).fingerprint()
    assert "3 equal colours made grey" in equal.said


def test_colours_are_scaled_and_judged_in_one_unit_and_written_in_their_shape(tmp_path):
    data = fixed(COLOURS)
    z = scaler(data).to_network(data.x)
    assert (z.min(), z.max()) == (-1, 1)
    assert np.unique(scaler(data).scale).size == np.unique(unit_of(data)).size == 1
    assert unit_of(data)[0] == pytest.approx(np.sqrt(data.x.var(axis=0, dtype=float).mean()))
    write_samples(tmp_path / "a.npy", data.x, data.columns, data.image)
    assert (np.load(tmp_path / "a.npy") == COLOURS).all()
    write_samples(tmp_path / "a.csv", data.x, data.columns, data.image)
    assert (tmp_path / "a.csv").read_text().startswith("r1c1_red,r1c1_green,")


def test_colour_goes_from_files_to_samples(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "photos", RNG.integers(0, 256, (20, 6, 6, 3), np.uint8))
    small = [w for pair in ("size=6", "log_every=10", "frames=2", "batch=8") for w in ("--set", pair)]
    assert main(["train", "photos", "--steps", "20", "--out", "run", *small]) == 0
    said = "photos: 20 colour images of 6 x 6 pixels, from 20 files"
    assert capsys.readouterr().out.splitlines()[0] == said
    assert said in (tmp_path / "run" / "recipe.json").read_text()
    for name in ("a.npy", "a.png", "a.csv"):
        assert main(["sample", "run", "-n", "4", "--out", name]) == 0
    assert np.load("a.npy").shape == (4, 6, 6, 3)
    with Image.open("a.png") as drawn:
        assert drawn.mode == "RGB"
    capsys.readouterr()
    assert main(["evaluate", "run", "-n", "20"]) == 0
    assert re.search(r"r\dc\d_(red|green|blue)", capsys.readouterr().out)


# ---- depth, frames, formats, pages


def test_deep_greys_keep_their_range_one_for_the_set(tmp_path):
    deep = RNG.integers(0, 4096, (6, 8, 8)).astype(np.uint16)
    data = fixed(save(tmp_path / "a", deep), size=8)
    assert (data.x.reshape(deep.shape) == deep).all()
    assert data.pixels == (deep.min(), deep.max())
    assert "more than 8 bits" in data.said
    floats = RNG.normal(size=(6, 8, 8)).astype(np.float32)
    data = fixed(save(tmp_path / "b", floats, "tif"), size=8)
    assert (data.x.reshape(floats.shape) == floats).all()
    floats[3, 2, 1] = np.nan
    refused(save(tmp_path / "b", floats, "tif"), "003.tif", "no number", size=8)


@pytest.mark.parametrize("ending", ["gif", "tif", "png", "webp"])
def test_every_frame_is_a_picture(tmp_path, ending):
    (tmp_path / "a").mkdir()
    first, *rest = [Image.new("L", (8, 8), 20 * k) for k in range(1, 6)]
    how = {"lossless": True} if ending == "webp" else {}
    first.save(tmp_path / "a" / f"s.{ending}", save_all=True, append_images=rest, **how)
    data = fixed(tmp_path / "a", size=4)
    assert np.abs(data.x - 20 * np.arange(1, 6)[:, None]).max() <= 1
    assert "5 grey images" in data.said and "from 1 file with all their frames" in data.said
    assert fixed(tmp_path / "a" / f"s.{ending}", size=4).fingerprint() == data.fingerprint()


def test_a_smaller_copy_in_a_tiff_is_no_picture_of_its_own(tmp_path):
    from PIL import TiffImagePlugin

    (tmp_path / "a").mkdir()
    with TiffImagePlugin.AppendingTiffWriter(str(tmp_path / "a" / "s.tif")) as stack:
        for shade, kind in ((10, 0), (20, 0), (200, 1)):
            Image.new("L", (8, 8), shade).save(stack, "TIFF", tiffinfo={254: kind})
            stack.newFrame()
    assert fixed(tmp_path / "a", size=2).x[:, 0].tolist() == [10, 20]


def test_too_many_frames_are_counted_in_the_refusal(tmp_path):
    (tmp_path / "a").mkdir()
    first, *rest = [Image.new("L", (1, 1), k % 256) for k in range(60)]
    first.save(tmp_path / "a" / "s.gif", save_all=True, append_images=rest)
    refused(tmp_path / "a", "s.gif", "60 frames", "smaller size", size=1024)
    assert len(fixed(tmp_path / "a", size=28).x) == 60


@pytest.mark.parametrize("form, ending", [("JPEG2000", "jp2"), ("AVIF", "avif"), ("WEBP", "webp")])
def test_newer_formats_are_read_where_pillow_reads_them(tmp_path, form, ending):
    if form not in decoders():
        pytest.skip(f"this Pillow reads no {form}")
    shades = [Image.new("L", (16, 16), 60 * k).convert("RGB") for k in range(1, 4)]
    data = fixed(save(tmp_path / "a", shades, ending), size=4)
    assert data.image == (4, 4)
    assert np.abs(data.x - 60 * np.arange(1, 4)[:, None]).max() <= 4


def test_what_is_passed_over_is_counted(tmp_path):
    save(tmp_path / "a", BYTES)
    for name in ("a.txt", "b.txt", ".hidden.png", "README", "c.psd", "d.\x1b[31m"):
        (tmp_path / "a" / name).write_text("words")
    said = fixed(tmp_path / "a", size=8).said
    assert said.isprintable() and "from 12 files" in said
    for words in ("2 .txt", "1 hidden", "2 without an ending", "1 .psd", "passed over"):
        assert words in said, said


@pytest.mark.skipif("HEIF" in decoders(), reason="pillow-heif is installed")
def test_heic_names_what_reads_it(tmp_path):
    save(tmp_path / "a", BYTES)
    (tmp_path / "a" / "x.heic").write_bytes(b"")
    assert "1 .heic passed over (pip install pillow-heif" in fixed(tmp_path / "a").said
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.heic").write_bytes(b"")
    refused(tmp_path / "b", "no image", "1 .heic", "pip install pillow-heif")


def test_a_page_of_a4_at_one_bit_is_read(tmp_path):
    pages = [Image.new("1", (2480, 3508), 1) for _ in range(2)]
    for x in range(500, 900):
        pages[0].putpixel((x, 1700), 0)
    folder = save(tmp_path / "a", pages)
    assert max(path.stat().st_size for path in folder.iterdir()) < 10_000
    assert fixed(folder, size=32).x.min() < 255


# ---- aspect and transparency


def test_a_picture_that_is_no_square_is_cropped_padded_or_squeezed(tmp_path):
    wide = np.full((4, 8), 100, np.uint8)
    wide[:, 2:6] = np.arange(4, dtype=np.uint8) * 10  # the middle
    folder = save(tmp_path / "a", [wide, wide.T.copy()])
    first, second = fixed(folder, size=4).x.reshape(2, 4, 4)
    assert (first == wide[:, 2:6]).all() and (second == first.T).all()
    assert "2 cropped to a square" in fixed(folder, size=4).said
    padded = fixed(folder, size=8, fit="pad", background="black")
    first, second = padded.x.reshape(2, 8, 8)
    assert (first[2:6] == wide).all() and (first[:2] == 0).all() and (first[6:] == 0).all()
    assert (second == first.T).all()
    assert "2 padded in black to a square" in padded.said
    assert fixed(folder, size=8, fit="pad").x[0, 0] == 255
    squeezed = fixed(folder, size=4, fit="squeeze").x[0].reshape(4, 4)
    assert (squeezed == np.asarray(Image.fromarray(wide).resize((4, 4), Image.Resampling.BILINEAR))).all()
    refused(folder, "fit is 'stretch'", "crop, pad, squeeze", fit="stretch")
    thin = save(tmp_path / "b", [np.arange(500, dtype=np.uint8).reshape(500, 1), np.zeros((1, 500), np.uint8)])
    assert fixed(thin, size=8, fit="pad").x.shape == (2, 64)


def test_white_on_nothing_is_refused_with_the_background_it_needs(tmp_path):
    line = np.zeros((3, 8, 8, 4), np.uint8)
    for k in range(3):
        line[k, k] = 255
    folder = save(tmp_path / "a", line)
    refused(folder, "3 of 3 pictures are transparent", "on white", "background=black", size=8)
    data = fixed(folder, size=8, background="black")
    assert (data.x.reshape(3, 8, 8) == line[..., 3]).all()
    assert "3 transparent ones on black" in data.said
    refused(folder, "background is 'red'", "white, black", background="red")


# ---- rows of pixels


@pytest.mark.parametrize("ending", ["npy", "npz", "array"])
def test_rows_become_images_by_name_and_are_proposed_where_they_may_be(tmp_path, ending):
    rows = BYTES.reshape(12, 64).copy()
    source = rows
    if ending != "array":
        source = tmp_path / f"a.{ending}"
        {"npy": np.save, "npz": np.savez}[ending](source, rows)
    data = fixed(source, image="8x8")
    assert data.image == (8, 8)
    assert (data.x == rows).all()
    assert "image=8x8, if these are pixels" in fixed(source).said
    refused(source, "image=8x9 wants 72 columns, there are 64", "image=8x8", image="8x9")
    refused(source, "28x28", image="eight")
    refused(source, "image=8x8", form="images")


def test_a_constant_column_of_pixels_proposes_images():
    rows = BYTES.reshape(12, 64).copy()
    rows[:, 0] = 0
    refused(rows, "column 1 ('x1') is constant", "image=8x8, if these are pixels")
    assert fixed(rows, image="8x8").image == (8, 8)


def test_hints_know_grey_colour_and_a_label_and_no_other_tables():
    assert hint(np.zeros((2, 784))) == "image=28x28, if these are pixels"
    assert hint(np.zeros((2, 785))) == "image=28x28 with label=NAME, if these are pixels"
    assert hint(np.zeros((2, 3072))) == "image=32x32x3, if these are pixels"
    assert hint(np.zeros((2, 49))) == hint(np.zeros((2, 63))) == hint(np.full((2, 64), 0.5)) == ""


def test_labels_come_out_of_their_column_by_name_and_by_number():
    rows = np.column_stack([np.arange(12) % 3 + 4, BYTES.reshape(12, 64)])
    for label in ("x1", 1):
        data = fixed(rows, image="8x8", label=label)
        assert data.classes == ["4", "5", "6"]
        assert data.labels.tolist() == (np.arange(12) % 3).tolist()
        assert (data.x.reshape(BYTES.shape) == BYTES).all()
    refused(rows, "one more", "label=x1", image="8x8")
    refused(rows, "label is 'y'", "'x1', 'x2'", label="y")
    refused(rows, "label is '66'", label=66)
    table, names, labels = as_pictures("here", rows, [f"c{j}" for j in range(65)], None, "c64")
    assert table.shape == (12, 64) and names == [f"c{j}" for j in range(64)]
    assert (labels == rows[:, 64]).all()


def test_labels_are_few_and_whole():
    x = RNG.normal(size=(CLASSES + 1, 2))
    refused(np.column_stack([np.arange(CLASSES + 1), x]), "101 different", "at most 100", label=1)
    refused(np.column_stack([x[:, 0], x]), "a label is", "whole numbers", label=1)


def test_colours_a_pixel_and_a_plane():
    pixelwise, planes = COLOURS.reshape(12, -1), np.moveaxis(COLOURS, 3, 1).reshape(12, -1)
    assert fixed(pixelwise, image="5x4x3").fingerprint() == fixed(COLOURS).fingerprint()
    assert fixed(planes, image="3x5x4").fingerprint() == fixed(COLOURS).fingerprint()
    turned = fixed(BYTES.reshape(12, 64), image="8x8", transpose=True)
    assert (turned.x.reshape(12, 8, 8) == BYTES.swapaxes(1, 2)).all()


def test_a_label_beside_the_array_of_an_npz(tmp_path):
    y = np.arange(12) % 2 + 1
    np.savez(tmp_path / "a.npz", x_train=BYTES, y_train=y, other=y[::-1].copy(), short=y[:5])
    data = fixed(tmp_path / "a.npz", key="x_train")
    assert data.classes == ["1", "2"] and (data.labels == y - 1).all()
    assert "2 labels kept" in data.said
    assert (fixed(tmp_path / "a.npz", key="x_train", label="other").labels == y[::-1] - 1).all()
    refused(tmp_path / "a.npz", "'short' has shape (5,)", "12 whole numbers", key="x_train", label="short")


# ---- three dimensions: pixels, or channels that share no scale


def windows(n=40):
    price, volume, change = (
        100 + RNG.normal(size=n + 9),
        1e6 * RNG.uniform(1, 2, n + 9),
        RNG.normal(size=n + 9) / 99,
    )
    series = np.c_[price, volume, change].astype(np.float32)
    return np.stack([series[i : i + 9] for i in range(n)])


def test_windows_of_channels_are_no_images_and_each_channel_has_one_scale():
    w = windows()
    for axis, a in ((2, w), (1, w.swapaxes(1, 2))):
        assert channel_axis(a) == axis
        data = fixed(a)
        assert data.image is None
        z = scaler(data).to_network(data.x).reshape(a.shape)
        others = tuple({0, 1, 2} - {axis})
        np.testing.assert_allclose(z.mean(axis=others), 0, atol=1e-3)
        np.testing.assert_allclose(z.std(axis=others), 1, atol=1e-3)  # the change is seen beside the volume
        assert np.unique(scaler(data).scale).size == np.unique(unit_of(data)).size == 3
        assert "3 channels, each in a scale of its own" in data.said and "form=images" in data.said
    assert fixed(w, form="images").image == (9, 3)
    alike = (w - w.mean(axis=(0, 1))) / w.std(axis=(0, 1))
    assert fixed(alike).image == (9, 3)


def test_a_window_may_begin_at_one_number_and_no_channel_may_be_one():
    w = windows()
    w[:, 0, 0] = 100  # each begins at a price of 100
    data = fixed(w)
    assert np.isfinite(scaler(data).to_network(data.x)).all()
    w[:, :, 0] = 100
    refused(w, "column 1 ('r1c1') (and 8 more) is constant")


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64, np.uint16, bool])
def test_pictures_with_dark_margins_look_like_pictures(kind):
    a = np.zeros((50, 12, 12))
    a[:, 2:-2, 2:-2] = RNG.integers(0, 256, (50, 8, 8))
    a[7, 0, 3] = 1
    a = (a > 0) if kind is bool else a.astype(kind) / (255 if np.dtype(kind).kind == "f" else kind(1))
    assert channel_axis(a.astype(kind)) is None
    assert fixed(a.astype(kind)).image == (12, 12)


def test_form_decides_and_says_what_contradicts_it():
    assert fixed(BYTES, form="points").image is None
    assert fixed(BYTES, form="points").columns[:2] == ["r1c1", "r1c2"]
    refused(BYTES, "form is 'image'", "images, points", form="image")
    refused(BYTES, "form=points", form="points", transpose=True)
    refused(BYTES, "image=8x8 speaks of rows", image="8x8")
    assert (fixed(BYTES, transpose=True).x.reshape(12, 8, 8) == BYTES.swapaxes(1, 2)).all()


# ---- IDX


@pytest.mark.parametrize("kind, dtype", [(8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")])
def test_idx_of_every_element_type(tmp_path, kind, dtype):
    a = (RNG.integers(0, 100, (12, 4, 5))).astype(dtype)
    data = fixed(idx(tmp_path / "a.idx", a, kind))
    assert data.image == (4, 5)
    assert (data.x.reshape(a.shape) == a).all()
    assert data.pixels == ((0, 255) if dtype == "u1" else (a.min(), a.max()))


def test_idx_of_two_and_four_dimensions_and_on_its_side(tmp_path):
    rows = idx(tmp_path / "rows.idx", BYTES.reshape(12, 64), 8)
    assert fixed(rows).image is None
    assert fixed(rows, image="8x8").pixels == (0, 255)
    assert fixed(idx(tmp_path / "colour.idx", COLOURS, 8)).image == (5, 4, 3)
    side = idx(tmp_path / "emnist-letters-train-images-idx3-ubyte", COLOURS[..., 0].copy(), 8)
    assert (fixed(side, transpose=True).x.reshape(12, 4, 5) == COLOURS[..., 0].swapaxes(1, 2)).all()


def test_labels_of_idx_images_lie_beside_them(tmp_path):
    a = np.resize(BYTES, (200, 8, 8))
    images = idx(tmp_path / "train-images-idx3-ubyte", a, 8)
    labels = idx(tmp_path / "train-labels-idx1-ubyte", np.uint8(np.arange(200) % 7), 8)
    data = fixed(images)
    assert data.classes == [str(k) for k in range(7)]
    held = np.arange(200) % 10 == 9
    assert (data.labels == np.arange(200)[~held] % 7).all()
    assert (data.held_out_labels == np.arange(200)[held] % 7).all()
    refused(labels, "labels", "'train-images-idx3-ubyte'")
    idx(labels, np.uint8(np.arange(20)), 8)
    refused(images, "train-labels-idx1-ubyte", "shape (20,)", "200 images")


# ---- labels by folder


def test_folders_of_their_own_are_labels_and_evaluate_knows_their_names(tmp_path):
    for name, shade in (("cat", 0), ("dog", 200)):
        save(tmp_path / "set" / name, []) if (tmp_path / "set").exists() else (tmp_path / "set").mkdir()
        save(tmp_path / "set" / name, BYTES // 8 + shade)
    data = fixed(tmp_path / "set", size=8)
    assert data.classes == ["cat", "dog"]
    assert data.labels.tolist() == [0] * 12 + [1] * 12
    rows = {row.what: row for row in evaluate({"copies": data.x}, data)}
    assert rows["share of label dog, by nearest neighbour"].perfect == "50.0%"
    assert rows["share of label dog, by nearest neighbour"].scores["copies"] == "50.0%"
    Image.fromarray(BYTES[0]).save(tmp_path / "set" / "loose.png")
    assert fixed(tmp_path / "set", size=8).labels is None
