"""Recordings become frames of their own length, scaled by training recordings only."""

import io
import tarfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import SoundConfig, SplitConfig
from pipeline.preprocessing.media.sound import outlined, prepare_sound
from pipeline.preprocessing.media.spectrum import Spectrogram, log_mels
from pipeline.preprocessing.question import Question

ASKED = Question("classify")
CONFIG = SoundConfig(rate=8_000, mels=12, split=SplitConfig(kind="given", duplicates="ignore"))
SPLIT = ["train"] * 6 + ["val"] * 2 + ["test"] * 2
FSDD = Path(__file__).parents[4] / "shared" / "datasets" / "fsdd" / "recordings.tar"


def sounds(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return [(rng.normal(0, 3_000, length)).astype("<i2").tobytes() for length in lengths]


def columns(lengths, **more):
    found = sounds(lengths)
    return {
        "rate": pl.Series([8_000] * len(found), dtype=pl.Int32),
        "samples": [len(sound) // 2 for sound in found],
        "sound": found,
        "defect": pl.Series([None] * len(found), dtype=pl.String),
        "target": (["one", "two"] * len(found))[: len(found)],
        **more,
    }


def test_each_recording_keeps_its_length_and_its_frames(write_rows, out):
    lengths = [1_000, 1_500, 2_000, 900, 700, 1_200, 3_000, 800, 1_100, 5_000]
    table = columns(lengths, split=SPLIT)

    prepared = prepare_sound(write_rows(**table), CONFIG, ASKED, out, seed=0)

    starts, sizes = (np.load(out / f"{name}_test.npy") for name in ("starts", "lengths"))
    stream = np.load(out / "stream.npy")
    raw = log_mels(np.frombuffer(table["sound"][9], "<i2"), 8_000, CONFIG, Spectrogram.of(CONFIG))
    back = stream[starts[1] : starts[1] + sizes[1]] * prepared.meta.scale + prepared.meta.offset
    assert prepared.meta.ragged
    assert prepared.meta.window == sizes.max() == len(raw)
    assert np.allclose(back, raw, atol=1e-4)
    assert len(stream) == sum(np.load(out / f"lengths_{name}.npy").sum() for name in ("train", "val", "test"))


def test_bands_are_scaled_by_training_frames(write_rows, out):
    prepare_sound(write_rows(**columns([2_000] * 10, split=SPLIT)), CONFIG, ASKED, out, seed=0)

    per_sample = len(np.load(out / "stream.npy")) // 10
    train = np.load(out / "stream.npy")[: 6 * per_sample]
    assert np.allclose(train.mean(axis=0), 0, atol=1e-4)
    assert np.allclose(train.std(axis=0), 1, atol=1e-4)


def test_val_and_test_do_not_change_the_scale(write_rows, tmp_path):
    found = []
    for name, last in (("one", [900] * 4), ("other", [2_500, 400, 3_000, 100])):
        (tmp_path / name).mkdir()
        table = columns([1_000] * 6 + last, split=SPLIT)
        meta = prepare_sound(write_rows(**table), CONFIG, ASKED, tmp_path / name, seed=0).meta
        found.append((meta.offset, meta.scale))

    assert found[0] == found[1]


def test_recordings_of_equal_length_need_no_lengths(write_rows, out):
    prepared = prepare_sound(write_rows(**columns([2_000] * 10, split=SPLIT)), CONFIG, ASKED, out, seed=0)

    assert not prepared.meta.ragged
    assert not (out / "lengths_train.npy").exists()


def test_a_copy_that_is_only_louder_stays_with_its_original(write_rows, out):
    table = columns([2_000 + 10 * index for index in range(40)])
    loud = [(np.frombuffer(sound, "<i2") // 2).astype("<i2").tobytes() for sound in table["sound"][:5]]
    table["sound"] = [*table["sound"][:35], *loud]

    prepare_sound(write_rows(**table), CONFIG.model_copy(update={"split": SplitConfig()}), ASKED, out, seed=1)

    sides = pl.read_parquet(out / "samples.parquet").sort("sample_id")["split"].to_list()
    assert sides[:5] == sides[35:]


def test_a_rate_that_the_recordings_do_not_have_is_told(write_rows, out):
    config = CONFIG.model_copy(update={"rate": 16_000})

    prepared = prepare_sound(write_rows(**columns([2_000] * 10, split=SPLIT)), config, ASKED, out, seed=0)

    assert "10 recordings have fewer samples per second" in prepared.notes[0]


def test_a_recording_without_samples_is_named(write_rows, out):
    table = columns([2_000] * 10, split=SPLIT)
    table["sound"][3] = None

    with pytest.raises(DataError, match="the recording row 3 has no samples"):
        prepare_sound(write_rows(**table), CONFIG, ASKED, out, seed=0)


def test_a_recording_is_refused_with_what_ingest_said_of_it(write_rows, out):
    table = columns([2_000] * 10, split=SPLIT)
    table["sound"][3] = None
    table["defect"] = pl.Series(
        [None] * 3 + ["has samples that are no finite numbers"] + [None] * 6, dtype=pl.String
    )

    with pytest.raises(
        DataError, match="the recording row 3 has samples that are no finite numbers; let validate"
    ):
        prepare_sound(write_rows(**table), CONFIG, ASKED, out, seed=0)


@pytest.mark.parametrize("frames", [1, 5, 31, 32, 33, 400])
def test_an_outline_keeps_the_mean_of_each_stretch(frames):
    values = np.arange(frames, dtype=np.float32)[:, None]

    outline = outlined(values)

    assert outline.shape == (32, 1)
    assert (np.diff(outline[:, 0]) >= 0).all()
    assert abs(outline.mean() - values.mean()) <= 0.5


@pytest.mark.skipif(not FSDD.is_file(), reason="the spoken digits of shared/datasets are not here")
@pytest.mark.real
def test_spoken_digits_are_divided_by_speaker(write_rows, out):
    import soundfile

    names, found = [], []
    with tarfile.open(FSDD) as archive:
        for member in archive:
            if member.name.endswith(("_0.wav", "_1.wav")):
                file = archive.extractfile(member)
                assert file is not None
                samples, rate = soundfile.read(io.BytesIO(file.read()), dtype="int16")
                assert rate == 8_000
                names.append(Path(member.name).stem.split("_"))
                found.append(samples.astype("<i2").tobytes())
    table = write_rows(
        group=[speaker for _, speaker, _ in names],
        rate=pl.Series([8_000] * len(names), dtype=pl.Int32),
        sound=found,
        defect=pl.Series([None] * len(names), dtype=pl.String),
        target=[digit for digit, _, _ in names],
    )
    config = SoundConfig(rate=8_000, trim=True, split=SplitConfig(kind="group"))

    prepared = prepare_sound(table, config, ASKED, out, seed=0)

    sides = pl.read_parquet(out / "samples.parquet").group_by("group").agg(pl.col("split").n_unique())
    assert prepared.meta.counts == {"train": 80, "val": 20, "test": 20}
    assert prepared.meta.classes == tuple("0123456789")
    assert sides["split"].to_list() == [1] * 6
    assert np.isfinite(np.load(out / "stream.npy")).all()
