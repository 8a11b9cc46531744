"""What every kind of source promises, on small real files."""

import gzip
import struct
from typing import get_args

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.sources.base import FIXED, IMAGE
from pipeline.sources.build import build_source
from pipeline.sources.config import (
    CsvConfig,
    DigitsConfig,
    FolderConfig,
    IdxConfig,
    NpzConfig,
    ParquetConfig,
    SourceConfig,
)

KINDS = [
    DigitsConfig(),
    CsvConfig(path="table.csv", time="when", group="who", target="state"),
    ParquetConfig(path="table.parquet", time="when", group="who", target="state"),
    FolderConfig(path="pictures"),
    NpzConfig(path="pictures.npz"),
    IdxConfig(path="idx"),
]


@pytest.fixture
def project(tmp_path):
    """Each kind's files, written by the library that owns the format."""
    table = pl.DataFrame(
        {
            "when": ["2024-01-02", "2024-01-01", "2024-01-01", "2024-01-02"],
            "who": ["b", "b", "a", "a"],
            "heat": [1.5, 2.0, None, 4.0],
            "state": ["on", "off", "on", "off"],
        }
    )
    table.write_csv(tmp_path / "table.csv")
    table.write_parquet(tmp_path / "table.parquet")
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)
    np.savez(tmp_path / "pictures.npz", images=pixels, labels=np.array([0, 1, 0, 1, 0, 1]))
    for index, image in enumerate(pixels):
        path = tmp_path / "pictures" / ("cat" if index % 2 else "dog") / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    (tmp_path / "idx").mkdir()
    for prefix in ("train", "t10k"):
        images = struct.pack(">I3I", 0x803, *pixels.shape) + pixels.tobytes()
        (tmp_path / "idx" / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        labels = struct.pack(">2I", 0x801, 6) + bytes([0, 1, 0, 1, 0, 1])
        (tmp_path / "idx" / f"{prefix}-labels-idx1-ubyte").write_bytes(labels)
    return tmp_path


def test_every_kind_is_covered():
    union = get_args(SourceConfig)[0]

    assert {type(kind) for kind in KINDS} == set(get_args(union))


@pytest.mark.parametrize("config", KINDS, ids=lambda config: config.kind)
def test_the_fixed_columns_come_first_with_their_types(project, config):
    table = build_source(config, project).read()

    assert list(table.frame.schema.items())[: len(FIXED)] == list(FIXED.items())
    assert table.frame["sample_id"].to_list() == list(range(table.frame.height))
    assert table.frame["origin"].null_count() == 0


@pytest.mark.parametrize("config", KINDS, ids=lambda config: config.kind)
def test_the_payload_is_channels_or_an_image(project, config):
    table = build_source(config, project).read()

    if table.kind == "series":
        assert all(table.frame[name].dtype == pl.Float64 for name in table.channels)
        assert table.channels == ("heat",)
    else:
        assert list(table.frame.columns)[len(FIXED) :] == list(IMAGE)
    assert table.frame["target"].null_count() == 0


@pytest.mark.parametrize("config", KINDS, ids=lambda config: config.kind)
def test_series_are_sorted_by_group_and_time(project, config):
    table = build_source(config, project).read()

    assert table.frame.equals(table.frame.sort("group", "time", maintain_order=True, nulls_last=True))


@pytest.mark.parametrize("config", KINDS, ids=lambda config: config.kind)
def test_reading_twice_gives_the_same_table(project, config):
    first, second = (build_source(config, project).read().frame for _ in range(2))

    assert first.equals(second)


def test_idx_and_npz_and_png_hold_the_same_pixels(project):
    def pixels(config):
        from pipeline.preprocessing.config import ImagesConfig
        from pipeline.preprocessing.images import decoded

        frame = build_source(config, project).read().frame.sort("origin")
        size = ImagesConfig(height=5, width=4)
        return sorted(decoded(row, size).tobytes() for row in frame.head(6).iter_rows(named=True))

    assert pixels(KINDS[3]) == pixels(KINDS[4]) == pixels(KINDS[5])


def test_the_split_is_the_one_the_idx_files_give(project):
    frame = build_source(IdxConfig(path="idx"), project).read().frame

    assert frame["split"].value_counts(sort=True).sort("split").rows() == [("test", 6), ("train", 6)]
