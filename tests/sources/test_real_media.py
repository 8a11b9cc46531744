"""The real data sets beside the repository: counts as in their MANIFEST, values as their own libraries read them."""

import tarfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.sources.build import build_source
from pipeline.sources.config import (
    AudioConfig,
    FolderConfig,
    FramesConfig,
    IdxConfig,
    LinesConfig,
    NpzConfig,
    UcrConfig,
    WfdbConfig,
)

DATASETS = Path(__file__).parents[3] / "shared" / "datasets"
pytestmark = pytest.mark.real


def there(name):
    path = DATASETS / name
    if not path.exists():
        pytest.skip(f"{path} is not there: the shared data sets are missing")
    return path


def read(config, project=DATASETS):
    return build_source(config, project).read()


def counts(table, column):
    return dict(table.frame[column].value_counts().rows())


def unpacked(name, folder):
    with tarfile.open(there(name)) as archive:
        archive.extractall(folder)  # noqa: S202 - known files; Python 3.11.2 has no filters
    return folder


def test_mnist_and_its_relative_in_one_archive():
    there("mnist"), there("pneumoniamnist_variant")

    digits = read(IdxConfig(path="mnist"))
    lungs = read(NpzConfig(path="pneumoniamnist_variant/pneumoniamnist.npz"))

    assert counts(digits, "split") == {"train": 60_000, "test": 10_000}
    assert digits.frame["target"].n_unique() == 10
    assert lungs.frame.group_by("split", "target").len().sort("split", "target")["len"].to_list() == [
        234, 390, 388, 3494, 135, 389,
    ]  # fmt: skip


def test_brain_mri_has_every_file_in_spite_of_its_names():
    there("brain_mri")

    table = read(FolderConfig(path="brain_mri"))

    assert counts(table, "target") == {"yes": 155, "no": 98}
    assert table.frame["defect"].null_count() == 253


def test_the_labels_of_white_blood_cells_stand_in_a_table():
    there("wbc")

    table = read(FolderConfig(path="wbc/Dataset 1/*.bmp", labels="wbc/Class Labels of Dataset 1.csv"))

    assert counts(table, "target") == {"1": 176, "2": 53, "3": 48, "4": 22, "5": 1}
    assert table.frame["defect"].null_count() == 300
    assert table.notes == ()


def test_the_demo_clips_have_their_frames():
    there("frames_demo")

    frame = read(FramesConfig(path="frames_demo/demo_dataset")).frame

    assert sorted(frame.group_by("target", "clip").len().select("target", "len").rows()) == [
        ("jumping", 17), ("jumping", 18), ("running", 15), ("running", 15),
    ]  # fmt: skip


def test_the_signs_are_clips_of_two_signers_in_the_order_of_their_numbers(tmp_path):
    project = unpacked("asl_gesture_frames/asl_gesture_subset.tar", tmp_path)
    config = FramesConfig(
        path="images", clip_pattern=r"^(\w+)/([A-Z])", target_pattern=r"/([A-Z])\d+\.jpg$",
        group_pattern=r"^(\w+)/", clip_length=16,
    )  # fmt: skip

    table = read(config, project)

    assert table.frame.height == 2240
    assert table.frame["clip"].n_unique() == 140
    assert counts(table, "group") == {"jack": 1120, "tom": 1120}
    first = table.frame.filter(pl.col("clip") == "jack/A:0")["origin"].to_list()
    assert first == [f"jack/A{frame}.jpg" for frame in range(16)]


def test_the_spoken_digits_have_their_speakers_and_their_samples(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    project = unpacked("fsdd/recordings.tar", tmp_path)
    config = AudioConfig(
        path="recordings", target_pattern=r"^(\d)_", group_pattern=r"^\d_(\w+)_\d",
        split_pattern=r"(?P<test>_[0-4]\.wav)|(?P<train>_\d+\.wav)",
    )  # fmt: skip

    table = read(config, project)

    assert counts(table, "target") == {str(digit): 300 for digit in range(10)}
    assert set(counts(table, "group").values()) == {500}
    assert counts(table, "split") == {"train": 2700, "test": 300}
    row = table.frame.filter(pl.col("origin") == "7_theo_3.wav").row(0, named=True)
    samples, rate = soundfile.read(tmp_path / "recordings" / "7_theo_3.wav", dtype="int16")
    assert row["rate"] == rate == 8000
    assert np.array_equal(np.frombuffer(row["sound"], "<i2"), samples)


SETS = {
    "ArrowHead": (36, 175, 1, 251, 251, 3),
    "ECG200": (100, 100, 1, 96, 96, 2),
    "GunPoint": (50, 150, 1, 150, 150, 2),
    "ItalyPowerDemand": (67, 1029, 1, 24, 24, 2),
    "SyntheticControl": (300, 300, 1, 60, 60, 6),
    "BasicMotions": (40, 40, 6, 100, 100, 4),
    "ArticularyWordRecognition": (275, 300, 9, 144, 144, 25),
    "JapaneseVowels": (270, 370, 12, 7, 29, 9),
}


@pytest.mark.parametrize("name", SETS)
def test_sets_of_the_ucr_archive_have_their_shapes(name):
    there(f"ucr_uea/{name}")

    table = read(UcrConfig(path=f"ucr_uea/{name}"))

    cases = table.frame.group_by("group").agg(pl.len(), pl.first("split"))
    parts = dict(cases["split"].value_counts().rows())
    shape = (len(table.channels), cases["len"].min(), cases["len"].max(), table.frame["target"].n_unique())
    assert (parts["train"], parts["test"], *shape) == SETS[name]
    assert table.frame.select(table.channels).null_count().sum_horizontal().item() == 0


def test_the_forms_of_one_set_hold_the_same_numbers():
    there("ucr_uea")

    def values(path):
        return read(UcrConfig(path=f"ucr_uea/{path}")).frame.drop("origin")

    assert values("BasicMotions/*.ts").equals(values("BasicMotions/*.arff"))
    assert values("ArrowHead/*_TRAIN.ts").equals(values("ArrowHead/*_TRAIN.tsv"))


def test_record_100_holds_what_its_library_reads():
    wfdb = pytest.importorskip("wfdb")
    there("mitbih_100")

    table = read(WfdbConfig(path="mitbih_100", annotations="atr"))

    record = wfdb.rdrecord(str(DATASETS / "mitbih_100" / "100"))
    beats = wfdb.rdann(str(DATASETS / "mitbih_100" / "100"), "atr")
    assert table.channels == ("MLII", "V5")
    assert np.array_equal(table.frame.select("MLII", "V5").to_numpy(), record.p_signal)
    assert (table.frame["time"][-1] - table.frame["time"][0]).total_seconds() == pytest.approx(649_999 / 360)
    found = table.frame["target"].gather(beats.sample[1:].tolist()).to_list()
    assert found == beats.symbol[1:]  # the first annotation is the rhythm, no beat


def test_sentences_in_latin_1_are_split_at_line_feeds_only():
    there("rt_polarity")

    table = read(LinesConfig(path="rt_polarity", encoding="latin-1", target_pattern=r"\.(pos|neg)$"))

    assert counts(table, "target") == {"pos": 5331, "neg": 5331}
    assert table.frame["text"].str.contains("\x85", literal=True).any()


def test_tweets_have_their_emotions_line_by_line():
    there("tweeteval_emotion")
    config = LinesConfig(
        path="tweeteval_emotion", labels=("_text", "_labels"), label_names="tweeteval_emotion/mapping.txt",
        split_pattern="^(train|val|test)_",
    )  # fmt: skip

    table = read(config)

    assert counts(table, "split") == {"train": 3257, "val": 374, "test": 1421}
    assert set(counts(table, "target")) == {"anger", "joy", "optimism", "sadness"}
    assert table.frame["text"].str.len_chars().min() > 0
