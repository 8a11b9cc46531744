"""Arrays of images in NumPy archives and IDX files, whole and damaged."""

import gzip
import io
import struct
import zipfile

import numpy as np
import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import IdxConfig, NpzConfig

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)
CLASSES = np.array([0, 2, 1, 0, 2, 1])


def archive(tmp_path, labels=CLASSES, images=PIXELS, **arrays):
    np.savez_compressed(tmp_path / "p.npz", images=images, labels=labels, **arrays)
    return build_source(NpzConfig(path="p.npz"), tmp_path)


def pixels(frame):
    return [np.frombuffer(image, np.uint8) for image in frame["image"]]


@pytest.mark.parametrize("order", ["C", "F"])
def test_pixels_are_those_of_the_array_however_it_is_stored(tmp_path, order):
    frame = archive(tmp_path, images=np.array(PIXELS, order=order)).read().frame

    assert np.array_equal(pixels(frame), PIXELS.reshape(6, -1))
    assert frame["origin"].to_list() == [f"p.npz:images[{place}]" for place in range(6)]
    assert frame.select("height", "width", "bands").unique().rows() == [(5, 4, 1)]


def test_pixels_do_not_depend_on_how_many_are_read_at_a_time(tmp_path, write, monkeypatch):
    write.idx(tmp_path / "idx")
    sources = [archive(tmp_path), build_source(IdxConfig(path="idx"), tmp_path)]
    expected = [source.read().frame for source in sources]
    monkeypatch.setattr("pipeline.sources.npz.PIECE_BYTES", 45)
    monkeypatch.setattr("pipeline.sources.idx.PIECE_BYTES", 45)
    monkeypatch.setattr("pipeline.sources.payload.gather.MOST_BYTES", 45)

    assert all(source.read().frame.equals(frame) for source, frame in zip(sources, expected, strict=True))
    assert len(list(sources[0].batches())) == 2


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, bool])
def test_one_hot_labels_are_classes(tmp_path, dtype):
    table = archive(tmp_path, np.eye(3)[CLASSES].astype(dtype)).read()

    assert table.frame["target"].to_list() == [str(name) for name in CLASSES]
    assert table.notes == ("p.npz:labels is one-hot; the class is the place of its 1",)


def test_several_labels_of_an_image_stand_in_one_cell(tmp_path):
    labels = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1], [1, 0, 0]])

    table = archive(tmp_path, labels).read()

    assert table.frame["target"].to_list() == ["0,2", "", "1", "0,1,2", "2", "0"]
    assert "heads.kind: multilabel" in table.notes[0]


def test_a_column_of_labels_is_read_as_it_is(tmp_path):
    table = archive(tmp_path, CLASSES[:, None]).read()

    assert table.frame["target"].to_list() == [str(name) for name in CLASSES]
    assert not table.notes


def test_the_splits_of_an_archive_are_kept(tmp_path):
    np.savez(
        tmp_path / "p.npz", train_images=PIXELS[:4], train_labels=CLASSES[:4],
        test_images=PIXELS[4:], test_labels=CLASSES[4:],
    )  # fmt: skip

    frame = build_source(NpzConfig(path="p.npz"), tmp_path).read().frame

    assert frame["split"].to_list() == ["train"] * 4 + ["test"] * 2


REFUSED = {
    "labels of no image": ({"labels": np.array(3)}, r"has shape ()"),
    "labels of three axes": ({"labels": np.zeros((6, 2, 2))}, "has shape (6, 2, 2)"),
    "labels that are all 0": ({"labels": np.zeros((6, 3), int)}, "is no table of 0 and 1"),
    "labels that are other numbers": ({"labels": np.full((6, 3), 2)}, "is no table of 0 and 1"),
    "another number of labels": ({"labels": CLASSES[:5]}, "there are 6 images and 5 targets"),
    "a single number": ({"images": np.array(1)}, "images are wanted as uint8"),
    "floats": ({"images": PIXELS / 255}, "images are wanted as uint8"),
    "four bands": ({"images": np.zeros((6, 5, 4, 4), np.uint8)}, "images are wanted as uint8"),
    "no image": ({"images": PIXELS[:0], "labels": CLASSES[:0]}, "not one pixel"),
    "Python objects": ({"images": np.array([{}], object)}, "no NumPy archive of plain arrays"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_arrays_that_are_no_labelled_images_are_refused(tmp_path, case):
    arrays, sentence = REFUSED[case]

    with pytest.raises(DataError) as error:
        archive(tmp_path, **arrays).read()

    assert sentence in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_an_archive_with_other_arrays_lists_them(tmp_path):
    np.savez(tmp_path / "p.npz", pictures=np.zeros(3))

    with pytest.raises(DataError, match=r"holds the arrays \['pictures'\]"):
        build_source(NpzConfig(path="p.npz"), tmp_path).read()


def test_one_array_called_an_archive_is_refused(tmp_path):
    np.save(tmp_path / "p.npy", PIXELS)
    (tmp_path / "p.npy").rename(tmp_path / "p.npz")

    with pytest.raises(DataError, match="is one array, not an archive"):
        build_source(NpzConfig(path="p.npz"), tmp_path).read()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "p.npz").write_bytes(content)

    with pytest.raises(DataError, match="no NumPy archive of plain arrays"):
        build_source(NpzConfig(path="p.npz"), tmp_path).read()


def test_an_array_that_claims_to_be_huge_is_refused_before_it_is_read(tmp_path):
    header = io.BytesIO()
    shape = (10**9, 10**4, 10**4)
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(tmp_path / "p.npz", "w") as out:
        out.writestr("images.npy", header.getvalue())
        out.writestr("labels.npy", header.getvalue())

    with pytest.raises(DataError, match=r"claims shape \(1000000000, 10000, 10000\)"):
        build_source(NpzConfig(path="p.npz"), tmp_path).read()


def test_a_damaged_archive_is_read_as_it_was_or_refused(tmp_path):
    source = archive(tmp_path)
    path = tmp_path / "p.npz"
    sound, frame = path.read_bytes(), source.read().frame
    refused = 0
    for start in range(0, len(sound), 7):
        path.write_bytes(sound[:start] + b"\xff" * 7 + sound[start + 7 :])
        try:
            assert source.read().frame.equals(frame)
        except DataError:
            refused += 1

    assert refused > 10


def header(*sizes, kind=8):
    return struct.pack(f">BBBB{len(sizes)}I", 0, 0, kind, len(sizes), *sizes)


IDX = {
    "a truncated file": (header(2, 2, 2) + b"\1", "claims shape (2, 2, 2), which is 8 bytes, and holds 1"),
    "a file that is too long": (header(2, 2, 2) + bytes(9), "and holds more"),
    "an absurd size": (header(2, 2**31, 2**31) + bytes(8), "claims images of 2147483648x2147483648 pixels"),
    "an empty file": (b"", "is no IDX file"),
    "text": (b"hello world", "its first bytes are 68656c6c"),
    "a header alone": (header(2, 2, 2)[:9], "ends within its header"),
    "floats": (header(2, 2, 2, kind=13) + bytes(32), "no IDX file of unsigned bytes"),
    "labels for images": (header(2) + bytes(2), "has 1 dimensions, and 3 are wanted"),
    "another number of images": (header(3, 2, 2) + bytes(12), "has 3 images and"),
    "images without pixels": (header(2, 0, 2), "not one pixel"),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("case", IDX)
def test_a_broken_idx_file_is_refused_in_a_sentence(tmp_path, case, packed):
    content, sentence = IDX[case]
    name = "train-images-idx3-ubyte"
    (tmp_path / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(header(2) + b"\1\2")

    with pytest.raises(DataError) as error:
        build_source(IdxConfig(path="."), tmp_path).read()

    assert sentence in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_damaged_gzip_file_of_images_is_refused(tmp_path):
    packed = bytearray(gzip.compress(PIXELS.tobytes() * 20))
    packed[12:30] = b"\xff" * 18
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(bytes(packed))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(bytes(packed))

    with pytest.raises(DataError, match="cannot be unpacked"):
        build_source(IdxConfig(path="."), tmp_path).read()


def test_images_without_their_labels_are_refused(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(header(2, 2, 2) + bytes(8))

    with pytest.raises(DataError, match="and no train-labels-idx1-ubyte"):
        build_source(IdxConfig(path="."), tmp_path).read()
