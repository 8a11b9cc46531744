"""Clips become evenly taken frames, whole clips on one side."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import ClipsConfig, SplitConfig
from pipeline.preprocessing.media.clips import prepare_clips
from pipeline.preprocessing.media.volumes import evenly
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.stream import SplitReader, StreamFiles

ASKED = Question("classify")
SIZES = (5, 3, 8, 4, 6, 2, 7, 5, 4, 9)
ASL = Path(__file__).parents[4] / "shared" / "datasets" / "asl_gesture_frames" / "asl_gesture_subset.tar"
CONFIG = ClipsConfig(frames=4, height=6, width=5, scale="none")


def columns(sizes=SIZES, bands=1, **more):
    clip = np.repeat(np.arange(len(sizes)), sizes)
    count = len(clip)
    pixels = np.random.default_rng(0).integers(0, 256, (count, 6, 5, bands), dtype=np.uint8)
    return pixels, {
        "group": [f"signer {number % 4}" for number in clip],
        "clip": [f"clip {number}" for number in clip],
        "step": pl.Series(np.concatenate([np.arange(size) for size in sizes]), dtype=pl.Int32),
        "height": pl.Series([6] * count, dtype=pl.Int32),
        "width": pl.Series([5] * count, dtype=pl.Int32),
        "bands": pl.Series([bands] * count, dtype=pl.Int32),
        "encoding": ["raw"] * count,
        "image": [image.tobytes() for image in pixels],
        "defect": pl.Series([None] * count, dtype=pl.String),
        "target": [("wave", "point")[number % 2] for number in clip],
        **more,
    }


def prepare(table, out, config=CONFIG):
    return prepare_clips(table, config, ASKED, out, seed=0, threads=2)


def test_a_clip_gives_its_first_and_last_frame_and_some_between(write_rows, out):
    pixels, table = columns()

    meta = prepare(write_rows(**table), out).meta

    names = ("stream", "starts_train", "ids_train", "targets_train", "lengths_train")
    train = SplitReader(StreamFiles(*(out / f"{name}.npy" for name in names)), meta, "train")
    everything = np.arange(len(train))
    batch, lengths = train.inputs(everything), train.lengths(everything)
    firsts = np.cumsum(SIZES) - SIZES
    for place, row in enumerate(train.ids.tolist()):
        clip = firsts.tolist().index(row)
        taken = np.unique(np.linspace(0, SIZES[clip] - 1, min(4, SIZES[clip])).round().astype(int))
        assert lengths[place] == len(taken)
        assert np.array_equal(batch[place, : len(taken), 0], pixels[row + taken, :, :, 0])
        assert not batch[place, len(taken) :].any()
    assert (meta.window, meta.ragged, meta.frame) == (4, True, (1, 6, 5))


def test_clips_of_one_length_need_no_lengths(write_rows, out):
    prepared = prepare(write_rows(**columns([6] * 10)[1]), out)

    assert not prepared.meta.ragged
    assert not (out / "lengths_test.npy").exists()
    assert len(np.load(out / "stream.npy")) == 40


def test_short_clips_are_told(write_rows, out):
    prepared = prepare(write_rows(**columns()[1]), out)

    assert "2 clips have fewer than 4 frames" in prepared.notes[0]


def test_bands_are_scaled_by_training_clips(write_rows, out):
    pixels, table = columns([6] * 10, bands=3)
    config = ClipsConfig(frames=6, height=6, width=5, colour="rgb")

    meta = prepare(write_rows(**table), out, config).meta

    train = pixels.reshape(10, 6, 6, 5, 3)[np.load(out / "ids_train.npy") // 6].reshape(-1, 3)
    assert meta.offset == pytest.approx(train.mean(axis=0).tolist())
    assert meta.scale == pytest.approx(train.std(axis=0).tolist())


def test_signers_stay_on_one_side(write_rows, out):
    config = CONFIG.model_copy(update={"split": SplitConfig(kind="group")})

    prepare(write_rows(**columns()[1]), out, config)

    sides = pl.read_parquet(out / "samples.parquet").group_by("group").agg(pl.col("split").n_unique())
    assert sides["split"].to_list() == [1] * 4


def test_clips_of_one_name_from_two_groups_are_two(write_rows, out):
    names = [f"take {number % 5}" for number in np.repeat(np.arange(10), 6)]
    _, table = columns([6] * 10, clip=names)

    prepared = prepare(write_rows(**table), out)

    assert sum(prepared.meta.counts.values()) == 10


def test_copies_of_a_clip_are_on_one_side(write_rows, out):
    pixels, table = columns([6] * 30)
    pixels = pixels.reshape(30, 6, 6, 5)
    pixels[25:] = pixels[0]
    table["image"] = [image.tobytes() for image in pixels.reshape(180, 6, 5)]

    prepare(write_rows(**table), out)

    sides = pl.read_parquet(out / "samples.parquet").sort("sample_id")["split"].to_list()
    assert len({sides[0], *sides[25:]}) == 1


def test_a_clip_with_two_targets_is_named(write_rows, out):
    _, table = columns()
    table["target"][6] = "wave"

    with pytest.raises(DataError, match=r"the clip clip 1 have different entries in target \(point, wave\)"):
        prepare(write_rows(**table), out)


def test_images_that_are_no_clips_are_refused(write_rows, out):
    _, table = columns()
    del table["clip"]

    with pytest.raises(DataError, match="holds no clips"):
        prepare(write_rows(**table), out)


@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8), most=st.integers(1, 12))
def test_every_clip_gives_as_many_frames_as_wanted_or_all(sizes, most):
    chosen = evenly(np.array(sizes), most)

    parts = np.split(chosen, np.cumsum(sizes)[:-1])
    for size, part in zip(sizes, parts, strict=True):
        places = np.flatnonzero(part)
        assert len(places) == min(size, most)
        if most > 1 and size > most:
            assert (places[0], places[-1]) == (0, size - 1)
            assert np.ptp(np.diff(places)) <= 1


@pytest.mark.real
@pytest.mark.skipif(not ASL.is_file(), reason="asl_gesture_frames of shared/datasets is not here")
def test_signs_of_one_signer_test_what_the_other_taught(write_rows, out):
    rows = []
    with tarfile.open(ASL) as archive:
        for member in archive:
            path = Path(member.name)
            letter, number = path.stem[:1], path.stem[1:]
            if letter in "ABC" and number.isdigit() and int(number) < 48:
                file = archive.extractfile(member)
                assert file is not None
                rows.append((path.parent.name, letter, int(number), file.read()))
    rows.sort(key=lambda row: row[:3])
    assert Image.open(io.BytesIO(rows[0][3])).size == (200, 200)
    table = write_rows(
        group=[row[0] for row in rows],
        clip=[f"{signer} {letter} {number // 16}" for signer, letter, number, _ in rows],
        height=pl.Series([200] * len(rows), dtype=pl.Int32),
        width=pl.Series([200] * len(rows), dtype=pl.Int32),
        bands=pl.Series([3] * len(rows), dtype=pl.Int32),
        encoding=["jpeg"] * len(rows),
        image=[row[3] for row in rows],
        target=[row[1] for row in rows],
    )
    config = ClipsConfig(frames=8, split=SplitConfig(kind="leave_one_out", fold=1, duplicates="ignore"))

    prepared = prepare(table, out, config)

    samples = pl.read_parquet(out / "samples.parquet")
    assert prepared.meta.counts["test"] == 9
    assert samples.filter(split="test")["group"].unique().to_list() == ["tom"]
    assert samples.filter(pl.col("split") != "test")["group"].unique().to_list() == ["jack"]
    assert prepared.meta.window == 8


def test_what_is_known_of_a_clip_lies_beside_it_once(write_rows, out):
    ages = np.repeat(np.arange(len(SIZES)), SIZES) + 20.0
    _, table = columns(age=ages)
    config = CONFIG.model_copy(update={"static": ("age",)})

    meta = prepare(write_rows(**table), out, config).meta

    told = json.loads((out / "static.json").read_text())["channels"]["age"]
    clips = (np.cumsum(SIZES) - SIZES).tolist()
    assert meta.static == ("age",)
    for split, count in meta.counts.items():
        raw = np.load(out / f"static_{split}.npy")[:, 0] * told["scale"] + told["offset"]
        own = [20 + clips.index(row) for row in np.load(out / f"ids_{split}.npy")]
        np.testing.assert_allclose(raw, own, rtol=1e-5)
        assert len(raw) == count
