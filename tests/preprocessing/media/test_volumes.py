"""Steps that are volumes: slices that follow one another, or those of one file."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.preprocessing.augment import flipped
from pipeline.preprocessing.config import ClipsConfig
from pipeline.preprocessing.media.clips import prepare_clips
from pipeline.preprocessing.media.volumes import cut
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.stream import SplitReader, StreamFiles

SIZES = (12, 12, 12, 5, 12, 12, 12, 12, 2, 12)
CONFIG = ClipsConfig(frames=3, volumes="runs", depth=4, height=6, width=5, scale="none")


def columns(sizes=SIZES, per_file=4, bands=1):
    clip = np.repeat(np.arange(len(sizes)), sizes)
    step = np.concatenate([np.arange(size) for size in sizes])
    pixels = np.random.default_rng(0).integers(0, 256, (len(clip), 6, 5, bands), dtype=np.uint8)
    count = len(clip)
    return pixels, {
        "origin": [
            f"{number}/{place // per_file}.nii:{place % per_file}"
            for number, place in zip(clip, step, strict=True)
        ],
        "clip": [f"clip {number}" for number in clip],
        "step": pl.Series(step, dtype=pl.Int32),
        "height": pl.Series([6] * count, dtype=pl.Int32),
        "width": pl.Series([5] * count, dtype=pl.Int32),
        "bands": pl.Series([bands] * count, dtype=pl.Int32),
        "encoding": ["raw"] * count,
        "image": [image.tobytes() for image in pixels],
        "defect": pl.Series([None] * count, dtype=pl.String),
        "target": [("ill", "well")[number % 2] for number in clip],
    }


def prepare(table, out, config=CONFIG):
    return prepare_clips(table, config, Question("classify"), out, seed=0, threads=2)


def train_reader(out, meta):
    names = ("stream", "starts_train", "ids_train", "targets_train", "lengths_train")
    return SplitReader(StreamFiles(*(out / f"{name}.npy" for name in names)), meta, "train")


def test_slices_that_follow_one_another_are_the_volumes_of_a_clip(write_rows, out):
    pixels, table = columns()

    prepared = prepare(write_rows(**table), out)

    train = train_reader(out, prepared.meta)
    batch, lengths = (
        train.inputs(np.arange(len(train))),
        train.lengths(np.arange(len(train))),
    )
    assert (prepared.meta.window, prepared.meta.ragged, prepared.meta.frame) == (3, True, (1, 4, 6, 5))
    for place, row in enumerate(train.ids.tolist()):
        size = SIZES[(np.cumsum(SIZES) - SIZES).tolist().index(row)]
        steps = max(1, min(3, size // 4))
        taken = row + np.linspace(0, size - 1, steps * 4).round().astype(int)
        assert lengths[place] == steps
        assert np.array_equal(batch[place, :steps, 0].reshape(-1, 6, 5), pixels[taken, :, :, 0])
        assert not batch[place, steps:].any()
    assert prepared.notes == (
        "2 clips have too few frames for 3 volumes and give what they have",
        "1 clips have fewer than 4 frames; some stand twice in their only volume",
    )


def test_each_file_of_a_clip_is_a_volume_of_its_own(write_rows, out):
    pixels, table = columns([12] * 10, per_file=4, bands=3)
    config = ClipsConfig(frames=4, volumes="files", depth=2, height=6, width=5, colour="rgb", scale="none")

    meta = prepare(write_rows(**table), out, config).meta

    stream = np.load(out / "stream.npy")
    assert meta.frame == (3, 2, 6, 5) and meta.window == 3 and not meta.ragged
    files = pixels.reshape(10, 3, 4, 6, 5, 3)[:, :, [0, 3]]  # first and last slice of each file
    assert np.array_equal(stream.reshape(10, 3, 3, 2, 6, 5), np.moveaxis(files, -1, 2))


def test_a_missing_file_makes_a_shorter_sample_and_is_told(write_rows, out):
    _, table = columns([12] * 9 + [8])

    prepared = prepare(write_rows(**table), out, CONFIG.model_copy(update={"volumes": "files"}))

    assert prepared.meta.ragged
    assert prepared.notes == ("1 clips have fewer files than the 3 of others; their steps are fewer",)


def test_volumes_are_scaled_by_training_clips_band_by_band(write_rows, out):
    pixels, table = columns([12] * 10, bands=3)
    config = ClipsConfig(frames=3, volumes="runs", depth=4, height=6, width=5, colour="rgb")

    meta = prepare(write_rows(**table), out, config).meta

    train = pixels.reshape(10, 12, 6, 5, 3)[np.load(out / "ids_train.npy") // 12].reshape(-1, 3)
    assert meta.offset == pytest.approx(train.mean(axis=0).tolist())
    assert meta.scale == pytest.approx(train.std(axis=0).tolist())


def test_a_mirrored_volume_is_its_mirrored_slices():
    volume = np.random.default_rng(0).integers(0, 256, (2, 1, 3, 4, 5))

    mirrored = flipped(volume, np.array([[1, 0], [0, 1]]))

    assert np.array_equal(mirrored[0], volume[0, :, :, ::-1])
    assert np.array_equal(mirrored[1], volume[1, :, :, :, ::-1])


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    most=st.integers(1, 5),
    depth=st.integers(1, 9),
)
def test_every_volume_has_its_depth_and_stays_in_its_clip(sizes, most, depth):
    config = ClipsConfig(frames=most, volumes="runs", depth=depth)
    number = np.repeat(np.arange(len(sizes)), sizes)
    frames = pl.DataFrame({"number": number, "origin": [""] * len(number)})

    taken = cut(frames, np.array(sizes), config)

    owner = number[taken.chosen][taken.slices]
    assert taken.slices.shape == (taken.lengths.sum(), depth)
    assert np.array_equal(owner, np.repeat(np.arange(len(sizes)), taken.lengths)[:, None].repeat(depth, 1))
    assert (np.diff(taken.slices, axis=1) >= 0).all()
    assert taken.images.sum() == taken.chosen.sum() == len(np.unique(taken.slices))
