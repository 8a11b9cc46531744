"""Tables that grow, and tables that are sorted, are the same bytes whatever the pieces."""

import hashlib
from datetime import datetime

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.foundation import sorting, table
from pipeline.foundation.sorting import is_sorted, sorted_pieces
from pipeline.foundation.steps import StepTally, step_seconds
from pipeline.foundation.table import TableWriter

KEYS = ["group", "time", "sample_id"]
GROUPS = st.none() | st.sampled_from(["a", "b", "ä", "z😀", ""])
TIMES = st.none() | st.integers(0, 5).map(lambda day: datetime(2024, 1, 1 + day))
KEYED = st.lists(st.tuples(GROUPS, TIMES), max_size=60).map(
    lambda rows: pl.DataFrame(
        rows, schema={"group": pl.String, "time": pl.Datetime("us")}, orient="row"
    ).with_row_index("sample_id")
)


def cut(frame, sizes):
    """Cut a frame into pieces of these sizes, over and over."""
    at, pieces = 0, []
    while at < frame.height:
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(frame[at : at + size])
        at += size
    return pieces or [frame]


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.binary(max_size=40), min_size=1, max_size=50),
    sizes=st.lists(st.integers(1, 20), min_size=1, max_size=4),
)
def test_large_rows_are_grouped_alike_however_they_come(tmp_path_factory, rows, sizes):
    folder = tmp_path_factory.mktemp("t")
    frame = pl.DataFrame({"sample_id": range(len(rows)), "image": rows})
    hashes = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "GROUP_BYTES", 100)
        for pieces in (cut(frame, [len(rows)]), cut(frame, sizes), cut(frame, [1])):
            with TableWriter(folder / "t.parquet", rows=7) as writer:
                for piece in pieces:
                    writer.add(piece)
            hashes.add(hashlib.sha256((folder / "t.parquet").read_bytes()).hexdigest())

    assert len(hashes) == 1
    assert writer.rows == len(rows)
    assert pl.read_parquet(folder / "t.parquet").equals(frame)
    sizes = [len(group["image"].bin.size()) for group in table.read_groups(folder / "t.parquet")]
    assert max(sizes) <= 7


def test_a_table_is_written_in_row_groups_of_a_hundred_thousand_rows(tmp_path):
    with TableWriter(tmp_path / "t.parquet") as writer:
        for _ in range(5):
            writer.add(pl.DataFrame({"a": range(50_000)}))

    metadata = pq.read_metadata(tmp_path / "t.parquet")
    assert [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)] == [
        100_000,
        100_000,
        50_000,
    ]


def test_what_cannot_be_written_is_an_error_and_not_lost_in_the_background(tmp_path):
    with pytest.raises(OSError, match="full"), TableWriter(tmp_path / "t.parquet", rows=1) as writer:
        writer.add(pl.DataFrame({"a": [1]}))
        writer._writer.write_table = lambda *_, **__: (_ for _ in ()).throw(OSError("the disk is full"))
        writer.add(pl.DataFrame({"a": [2, 3]}))


@settings(max_examples=60, deadline=None)
@given(frame=KEYED)
def test_a_table_is_sorted_when_sorting_changes_nothing(frame):
    wanted = frame.equals(frame.sort("group", "time", nulls_last=True, maintain_order=True))

    assert is_sorted(frame, ["group", "time"]) == wanted


@settings(max_examples=40, deadline=None)
@given(frame=KEYED, run=st.integers(1, 40), piece=st.integers(1, 9), size=st.integers(1, 500))
def test_a_table_larger_than_memory_is_sorted_as_one_that_is_not(tmp_path_factory, frame, run, piece, size):
    folder = tmp_path_factory.mktemp("s")
    with TableWriter(folder / "t.parquet", rows=5) as writer:
        writer.add(frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "RUN_BYTES", run * 20)
        patch.setattr(sorting, "PIECE_ROWS", 16)
        patch.setattr(sorting, "RANGE_BYTES", size)
        pieces = list(sorted_pieces(folder / "t.parquet", KEYS, folder / "runs"))

    if frame.height:
        assert pl.concat(pieces).equals(frame.sort(KEYS, nulls_last=True))
    assert not (folder / "runs").exists()


@settings(max_examples=40, deadline=None)
@given(frame=KEYED, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_distances_are_counted_alike_in_pieces(frame, sizes):
    ordered = frame.sort(KEYS, nulls_last=True)
    tally = StepTally()

    for piece in cut(ordered, sizes):
        tally.add(piece)

    assert tally.seconds == step_seconds(ordered)


def test_of_distances_that_are_as_frequent_the_smallest_counts():
    times = [datetime(2024, 1, 1), datetime(2024, 1, 3), datetime(2024, 1, 4)]

    assert (
        step_seconds(
            pl.DataFrame({"group": [None] * 3, "time": times}, schema_overrides={"group": pl.String})
        )
        == 86400
    )


def test_a_table_says_of_itself_what_it_was_told_before_its_end(tmp_path):
    with TableWriter(tmp_path / "t.parquet") as writer:
        writer.add(pl.DataFrame({"a": [1, 2]}))
        writer.metadata["made by"] = "nobody"

    assert pq.read_metadata(tmp_path / "t.parquet").metadata[b"made by"] == b"nobody"
    assert pl.read_parquet(tmp_path / "t.parquet")["a"].to_list() == [1, 2]
