"""Batches come off the stream as the files say, whatever the lengths, and are moved and mirrored as asked."""

import numpy as np
import pytest

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.stream import SplitReader, StreamFiles

LENGTHS = np.array([3, 1, 4, 2])
STARTS = np.cumsum(LENGTHS) - LENGTHS
RANDOM = np.random.default_rng(0)


@pytest.fixture
def reader(tmp_path):
    """Return a function that writes a stream and opens its training split."""

    def make(stream, *, kind, lengths=None, window=4, targets=None, starts=STARTS, **meta):
        frame = stream.shape[1:]
        settings = {"offset": (2.0,) * max(frame[:1], default=0), "scale": (4.0,) * max(frame[:1], default=0)}
        told = StreamMeta(
            kind=kind, window=window, ragged=lengths is not None, frame=frame, channels=(),
            counts={"train": len(starts), "val": 0, "test": 0},
            **({"head": "classify"} | settings | meta),
        )  # fmt: skip
        arrays = {"stream": stream, "starts": starts, "ids": starts, "targets": targets, "lengths": lengths}
        paths = {name: tmp_path / f"{name}.npy" for name, array in arrays.items() if array is not None}
        for name, path in paths.items():
            np.save(path, arrays[name])
        return SplitReader(StreamFiles(**({"targets": None} | paths)), told, "train")

    return make


def test_texts_come_as_ids_with_0_behind_the_shorter_ones(reader):
    found = reader(np.arange(1, 11, dtype=np.int32), kind="text", lengths=LENGTHS)

    ids = found.inputs(np.array([3, 0, 1]))

    assert ids.dtype == np.int64
    assert ids.tolist() == [[9, 10, 0], [1, 2, 3], [4, 0, 0]]
    assert found.lengths(np.array([3, 0, 1])).tolist() == [2, 3, 1]


def test_clips_are_scaled_before_they_are_padded(reader):
    stream = RANDOM.integers(0, 256, (10, 2, 3, 5), dtype=np.uint8)
    found = reader(stream, kind="clips", lengths=LENGTHS, offset=(10.0, 20.0), scale=(2.0, 5.0))

    batch = found.inputs(np.array([1, 2]))

    expected = (stream.astype(np.float32) - np.array([10, 20])[:, None, None]) / np.array([2, 5])[
        :, None, None
    ]
    assert batch.dtype == np.float32 and batch.shape == (2, 4, 2, 3, 5)
    np.testing.assert_allclose(batch[0, 0], expected[3], rtol=1e-5)
    np.testing.assert_allclose(batch[1], expected[4:8], rtol=1e-5)
    assert not batch[0, 1:].any()


@pytest.mark.parametrize("kind", ["series", "sound"])
def test_measurements_of_unequal_length_come_as_they_are(reader, kind):
    stream = RANDOM.normal(size=(10, 3)).astype(np.float32)
    found = reader(stream, kind=kind, lengths=LENGTHS)

    batch = found.inputs(np.array([0, 3]))

    assert np.array_equal(batch[0], stream[:3])
    assert np.array_equal(batch[1, :2], stream[8:]) and not batch[1, 2].any()


def test_samples_of_one_length_have_no_lengths_of_their_own(reader):
    found = reader(np.ones((16, 2), np.float32), kind="table", starts=np.arange(4) * 4)

    assert found.lengths(np.array([0, 1])) is None
    assert found.inputs(np.array([0, 1])).shape == (2, 4, 2)


@pytest.mark.parametrize(
    ("head", "targets"),
    [
        ("classify", np.array([2, 0, 1, 2])),
        ("multilabel", RANDOM.integers(0, 2, (4, 3)).astype(np.float32)),
        ("regress", RANDOM.normal(size=(4, 1)).astype(np.float32)),
    ],
)
def test_targets_come_as_they_were_written(reader, head, targets):
    found = reader(np.arange(10, dtype=np.int32), kind="text", lengths=LENGTHS, head=head, targets=targets)

    read = found.targets(np.array([3, 1]))

    assert read.dtype == targets.dtype and np.array_equal(read, targets[[3, 1]])


def test_a_sample_without_a_step_is_refused_by_its_id(reader):
    found = reader(np.arange(10, dtype=np.int32), kind="text", lengths=np.array([3, 0, 5, 2]))

    with pytest.raises(DataError, match=r"sample 3 has 0 steps.*make data/preprocess again"):
        found.inputs(np.array([0]))


FLIPS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])


def test_each_image_is_mirrored_by_itself(reader):
    stream = RANDOM.integers(0, 256, (4, 2, 3, 5), dtype=np.uint8)
    found = reader(stream, kind="images", window=1, starts=np.arange(4), offset=(0.0,) * 2, scale=(1.0,) * 2)

    batch = found.inputs(np.arange(4), None, FLIPS)[:, 0]

    assert np.array_equal(batch[0], stream[0])
    assert np.array_equal(batch[1], stream[1, :, ::-1])
    assert np.array_equal(batch[2], stream[2, :, :, ::-1])
    assert np.array_equal(batch[3], stream[3, :, ::-1, ::-1])


def test_an_image_read_row_by_row_is_mirrored_as_a_whole(reader):
    stream = RANDOM.integers(0, 256, (4 * 3, 5), dtype=np.uint8)
    found = reader(
        stream, kind="images", window=3, starts=np.arange(4) * 3, offset=(0.0,) * 5, scale=(1.0,) * 5
    )

    batch = found.inputs(np.arange(4), None, FLIPS)

    images = stream.reshape(4, 3, 5)
    assert np.array_equal(batch[1], images[1, ::-1])
    assert np.array_equal(batch[2], images[2, :, ::-1])


def test_all_frames_of_a_clip_are_mirrored_alike_and_stay_in_order(reader):
    stream = RANDOM.integers(0, 256, (10, 1, 3, 5), dtype=np.uint8)
    found = reader(stream, kind="clips", lengths=LENGTHS, offset=(0.0,), scale=(1.0,))

    batch = found.inputs(np.arange(4), None, FLIPS)

    assert np.array_equal(batch[2], stream[4:8, :, :, ::-1])
    assert np.array_equal(batch[3, :2], stream[8:, :, ::-1, ::-1]) and not batch[3, 2:].any()


def test_images_are_moved_before_they_are_mirrored(reader):
    stream = np.arange(6, dtype=np.uint8).reshape(1, 1, 2, 3)
    found = reader(stream, kind="images", window=1, starts=np.arange(1), offset=(0.0,), scale=(1.0,))

    batch = found.inputs(np.array([0]), np.array([[0, 1]]), np.array([[0, 1]]))

    assert batch[0, 0, 0].tolist() == [[1, 0, 0], [4, 3, 3]]
