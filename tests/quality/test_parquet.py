from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.foundation.folder import sha256
from pipeline.foundation.table import write_table
from pipeline.quality import parquet
from pipeline.quality.parquet import batch_rows, divide_rows, read_batches, read_footer

NONE = pl.DataFrame(schema={"sample_id": pl.Int64, "reason": pl.String})


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = 1000
    frame = pl.DataFrame({"sample_id": np.arange(rows), "oil": np.arange(rows) * 0.5, "name": ["a"] * rows})
    write_table(frame, tmp_path / "table.parquet")
    return tmp_path / "table.parquet"


def test_the_footer_tells_columns_types_and_rows(table: Path):
    footer = read_footer(table)

    assert footer.types == {"sample_id": "Int64", "oil": "Float64", "name": "String"}
    assert footer.rows == 1000


def test_a_damaged_parquet_file_is_told_in_a_sentence(table: Path):
    table.write_bytes(table.read_bytes()[:200])

    with pytest.raises(DataError, match=r"table\.parquet is no readable Parquet file"):
        read_footer(table)


def test_batches_hold_every_row_in_order(table: Path):
    batches = list(read_batches(table, ["oil"], rows=300))

    assert [len(batch) for batch in batches] == [300, 300, 300, 100]
    assert pl.concat(batches)["oil"].to_list() == [row * 0.5 for row in range(1000)]


def test_rows_with_large_cells_come_in_small_batches(tmp_path: Path):
    frame = pl.DataFrame(
        {"sample_id": range(64), "image": [np.random.default_rng(n).bytes(1 << 20) for n in range(64)]}
    )
    write_table(frame, tmp_path / "images.parquet")
    footer = read_footer(tmp_path / "images.parquet")

    assert batch_rows(footer, ["sample_id"]) == parquet.BATCH_ROWS
    assert batch_rows(footer, ["sample_id", "image"]) * (1 << 20) <= parquet.BATCH_BYTES


def test_a_table_without_bad_rows_passes_byte_by_byte(table: Path, tmp_path: Path):
    divide_rows(table, NONE, kept=tmp_path / "kept.parquet", set_aside=tmp_path / "aside.parquet")

    assert sha256(tmp_path / "kept.parquet") == sha256(table)
    assert pl.read_parquet(tmp_path / "aside.parquet").columns == ["sample_id", "oil", "name", "reason"]
    assert pl.read_parquet(tmp_path / "aside.parquet").is_empty()


def test_bad_rows_leave_in_order_with_their_reason_and_ids_are_not_renumbered(table: Path, tmp_path: Path):
    reasons = pl.DataFrame({"sample_id": [3, 999], "reason": ["oil is not finite", "name is empty"]})

    divide_rows(table, reasons, kept=tmp_path / "kept.parquet", set_aside=tmp_path / "aside.parquet")

    kept, aside = pl.read_parquet(tmp_path / "kept.parquet"), pl.read_parquet(tmp_path / "aside.parquet")
    assert kept["sample_id"].to_list() == [n for n in range(1000) if n not in (3, 999)]
    assert kept.schema == pl.read_parquet(table).schema
    assert aside.rows() == [(3, 1.5, "a", "oil is not finite"), (999, 499.5, "a", "name is empty")]


def test_row_groups_do_not_depend_on_how_the_rows_arrive(table: Path, tmp_path: Path, monkeypatch):
    reasons = pl.DataFrame({"sample_id": [3, 500], "reason": ["bad", "worse"]})
    monkeypatch.setattr(parquet, "ROW_GROUP", 256)
    hashes = []

    for rows in (1000, 300, 7):
        monkeypatch.setattr(parquet, "BATCH_ROWS", rows)
        divide_rows(table, reasons, kept=tmp_path / "kept.parquet", set_aside=tmp_path / "aside.parquet")
        hashes.append((sha256(tmp_path / "kept.parquet"), sha256(tmp_path / "aside.parquet")))

    assert len(set(hashes)) == 1
    assert read_footer(tmp_path / "kept.parquet").rows == 998


def test_a_column_of_the_users_own_called_reason_survives(tmp_path: Path):
    write_table(pl.DataFrame({"sample_id": [0, 1], "reason": [0.5, 1.5]}), tmp_path / "table.parquet")
    reasons = pl.DataFrame({"sample_id": [1], "reason": ["reason is not finite"]})

    divide_rows(tmp_path / "table.parquet", reasons, kept=None, set_aside=tmp_path / "aside.parquet")

    aside = pl.read_parquet(tmp_path / "aside.parquet")
    assert aside.to_dicts() == [{"sample_id": 1, "reason": 1.5, "quarantine_reason": "reason is not finite"}]
