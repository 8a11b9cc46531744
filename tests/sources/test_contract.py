"""What every kind of source promises, on small real files written by the library that owns the format."""

import sqlite3
from typing import get_args

import polars as pl
import pytest

from pipeline.sources.base import CLIP, FIXED, IMAGE, SOUND
from pipeline.sources.build import build_source
from pipeline.sources.config import (
    AudioConfig,
    CsvConfig,
    DigitsConfig,
    FolderConfig,
    FramesConfig,
    GeneratedConfig,
    IdxConfig,
    JoinedConfig,
    JoinPart,
    JsonlConfig,
    LinesConfig,
    NpzConfig,
    ParquetConfig,
    SourceConfig,
    SqlConfig,
    UcrConfig,
    VideoConfig,
    VolumesConfig,
    WfdbConfig,
    table_kind,
)

NAMED = {"time": "when", "group": "who", "target": "state"}
CSV = CsvConfig(path="table.csv", **NAMED)
KINDS = [
    DigitsConfig(),
    CSV,
    ParquetConfig(path="table.parquet", **NAMED),
    JsonlConfig(path="table.jsonl", **NAMED),
    SqlConfig(path="sqlite:///table.db", query="select * from t", **NAMED),
    JoinedConfig(
        first=CSV, others=(JoinPart(source=CSV.model_copy(update={"target": None}), prefix="old_"),)
    ),
    LinesConfig(path="texts", target_pattern=r"(pos|neg)\.txt"),
    UcrConfig(path="ucr"),
    WfdbConfig(path="ecg", annotations="atr"),
    GeneratedConfig(series=5, steps=60, channels=2),
    GeneratedConfig(problem="noise", series=1003, steps=2),
    GeneratedConfig(problem="hyperspectral", series=50, groups=4),
    GeneratedConfig(problem="stroke", series=12),
    GeneratedConfig(problem="volumes", series=9, groups=4),
    FolderConfig(path="pictures"),
    NpzConfig(path="pictures.npz"),
    IdxConfig(path="idx"),
    FramesConfig(path="clips"),
    VideoConfig(path="films", frames=4),
    VolumesConfig(path="volumes"),
    AudioConfig(path="sounds"),
]
PAYLOADS = {"images": IMAGE, "clips": CLIP, "sound": SOUND, "text": {"text": pl.String, "target": pl.String}}
SERIES = [kind for kind in KINDS if table_kind(kind) == "series"]
CLIPS = [kind for kind in KINDS if table_kind(kind) == "clips"]
every_kind = pytest.mark.parametrize("config", KINDS, ids=lambda config: config.kind)


@pytest.fixture(scope="module")
def project(tmp_path_factory, write):
    """Each kind's files."""
    folder = tmp_path_factory.mktemp("project")
    table = pl.DataFrame(
        {
            "when": ["2024-01-02", "2024-01-01", "2024-01-01", "2024-01-02"],
            "who": ["b", "b", "a", "a"],
            "heat": [1.5, 2.0, None, 4.0],
            "state": ["on", "off", "on", "off"],
        }
    )
    table.write_csv(folder / "table.csv")
    table.write_parquet(folder / "table.parquet")
    table.write_ndjson(folder / "table.jsonl")
    with sqlite3.connect(folder / "table.db") as base:
        base.execute('create table t ("when" text, who text, heat real, state text)')
        base.executemany("insert into t values (?, ?, ?, ?)", table.rows())
    write.everything(folder)
    return folder


def test_every_kind_is_covered():
    union = get_args(SourceConfig)[0]

    assert {type(kind) for kind in KINDS} == set(get_args(union))


@every_kind
def test_the_fixed_columns_come_first_with_their_types(project, config):
    table = build_source(config, project).read()

    assert list(table.frame.schema.items())[: len(FIXED)] == list(FIXED.items())
    assert table.frame["sample_id"].to_list() == list(range(table.frame.height))
    assert table.frame["origin"].null_count() == 0


@every_kind
def test_the_kind_is_the_one_the_settings_promise(project, config):
    assert build_source(config, project).read().kind == table_kind(config)


@every_kind
def test_the_payload_is_what_the_kind_promises(project, config):
    table = build_source(config, project).read()

    if table.kind == "series":
        assert table.channels
        assert all(table.frame[name].dtype == pl.Float64 for name in table.channels)
        assert table.frame.columns == [*FIXED, *table.channels, "target"]
    else:
        assert list(table.frame.schema.items())[len(FIXED) :] == list(PAYLOADS[table.kind].items())
    assert table.frame["target"].null_count() == 0


@every_kind
def test_every_batch_has_the_same_columns_and_no_sample_ids(project, config):
    batches = list(build_source(config, project).batches())

    assert batches
    assert all(batch.schema == batches[0].schema for batch in batches)
    assert "sample_id" not in batches[0].columns
    assert batches[0].columns[-1] == "target"


@pytest.mark.parametrize("config", SERIES, ids=lambda config: config.kind)
def test_series_are_sorted_by_group_and_time(project, config):
    frame = build_source(config, project).read().frame

    assert frame.equals(frame.sort("group", "time", maintain_order=True, nulls_last=True))


@pytest.mark.parametrize("config", CLIPS, ids=lambda config: config.kind)
def test_the_frames_of_a_clip_stand_together_and_are_numbered(project, config):
    frame = build_source(config, project).read().frame

    clips = frame.group_by(run=pl.col("clip").rle_id(), maintain_order=True).agg(
        pl.first("clip"), steps="step"
    )

    assert clips["clip"].is_unique().all()
    assert all(steps.to_list() == list(range(len(steps))) for steps in clips["steps"])


@every_kind
def test_reading_twice_gives_the_same_table(project, config):
    first, second = (build_source(config, project).read().frame for _ in range(2))

    assert first.equals(second)


def test_idx_and_npz_and_png_hold_the_same_pixels(project):
    def pixels(config):
        from pipeline.preprocessing.config import ImagesConfig
        from pipeline.preprocessing.media.images import decoded

        frame = build_source(config, project).read().frame.sort("origin")
        size = ImagesConfig(height=5, width=4)
        return sorted(decoded(row, size).tobytes() for row in frame.head(6).iter_rows(named=True))

    folder, archive, idx = (
        FolderConfig(path="pictures"),
        NpzConfig(path="pictures.npz"),
        IdxConfig(path="idx"),
    )

    assert pixels(folder) == pixels(archive) == pixels(idx)


def test_the_split_is_the_one_the_idx_files_give(project):
    frame = build_source(IdxConfig(path="idx"), project).read().frame

    assert frame["split"].value_counts(sort=True).sort("split").rows() == [("test", 6), ("train", 6)]
