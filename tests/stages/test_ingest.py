"""Ingest writes one table: the same bytes whatever the batches, in order, in bounded memory."""

import json
import random
import subprocess
import sys
from datetime import datetime, timedelta

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipeline.foundation import sorting, table
from pipeline.foundation.errors import DataError
from pipeline.foundation.paths import Paths
from pipeline.sources.base import FIXED, REJECTED
from pipeline.sources.cells import blocks, tables
from pipeline.sources.config import CsvConfig, FolderConfig
from pipeline.stages.ingest import ingest

SERIES = {"time": "when", "group": "who"}


@pytest.fixture
def run(tmp_path):
    """Return a function that ingests the file ``t.csv`` into a folder and returns the report and that folder."""

    def ingested(text=None, config=None, *, out="out", **settings):
        if text is not None:
            (tmp_path / "t.csv").write_text(text)
        folder = tmp_path / out
        folder.mkdir(exist_ok=True)
        paths = Paths(tmp_path, folder, tmp_path / "reports", tmp_path / "checkpoints")
        return ingest(config or CsvConfig(path="t.csv", **settings), data=paths), folder

    return ingested


def hours(rows, *, shuffled=False):
    """A table of three groups, hour after hour; one line has no time, one no group."""
    start = datetime(2024, 1, 1)
    lines = [f"{start + timedelta(hours=row)},{who},{row / 8}" for who in "abc" for row in range(rows)]
    lines += [",a,0.5", "2024-01-01 00:00:00,,0.25"]
    if shuffled:
        random.Random(0).shuffle(lines)  # noqa: S311
    return "when,who,heat\n" + "\n".join(lines) + "\n"


def test_the_report_says_what_was_read(run):
    report, folder = run(
        "when,who,heat,state\n" + "".join(f"2024-01-0{day},x,{day},on\n" for day in (1, 2, 3, 5)),
        target="state",
        **SERIES,
    )

    assert report.summary == "read 4 rows, 1 channel, 1 group"
    assert (report.kind, report.rows, report.channels, report.groups) == ("series", 4, ("heat",), 1)
    assert (report.step_seconds, report.targets, report.rejected) == (86400, ("on",), 0)
    frame = pl.read_parquet(folder / "table.parquet")
    assert list(frame.schema.items())[: len(FIXED)] == list(FIXED.items())
    assert [path.name for path in folder.iterdir()] == ["table.parquet"]


@pytest.mark.parametrize("shuffled", [False, True])
def test_equal_tables_are_equal_bytes_whatever_the_batches(run, monkeypatch, shuffled):
    monkeypatch.setattr(table, "ROW_GROUP", 50)
    monkeypatch.setattr(table.TableWriter.__init__, "__kwdefaults__", {"rows": 50, "seen": None})
    first, folder = run(hours(200, shuffled=shuffled), out="first", **SERIES)
    monkeypatch.setattr(blocks, "BLOCK", 333)
    monkeypatch.setattr(tables, "BATCH_ROWS", 7)
    monkeypatch.setattr(tables, "HEAD_ROWS", 11)

    again, other = run(out="second", **SERIES)

    assert again == first
    assert (folder / "table.parquet").read_bytes() == (other / "table.parquet").read_bytes()
    assert pq.read_metadata(folder / "table.parquet").num_row_groups == 13


def test_rows_out_of_order_are_sorted_whatever_fits_into_memory(run, monkeypatch):
    text = hours(400, shuffled=True)
    _, folder = run(text, out="whole", **SERIES)
    monkeypatch.setattr(sorting, "RUN_BYTES", 20_000)
    monkeypatch.setattr(sorting, "PIECE_BYTES", 1000)
    monkeypatch.setattr(sorting, "RANGE_BYTES", 4000)
    monkeypatch.setattr(table.TableWriter.__init__, "__kwdefaults__", {"rows": 100, "seen": None})

    report, pieces = run(out="pieces", **SERIES)

    sorted_here = pl.read_parquet(pieces / "table.parquet")
    whole = pl.read_parquet(folder / "table.parquet")
    assert sorted_here.equals(whole)
    assert whole.equals(whole.sort("group", "time", maintain_order=True, nulls_last=True))
    assert whole["sample_id"].to_list() == list(range(1202))
    assert whole["group"][-1] is None
    assert whole.filter(group="a")["time"][-1] is None
    assert report.step_seconds == 3600
    assert report.groups == 3
    assert report.notes == ("rows were not sorted by group and time, and have been put in order",)
    assert [path.name for path in pieces.iterdir()] == ["table.parquet"]


def test_rows_of_one_time_stay_in_the_order_of_the_file(run):
    lines = [f"2024-01-0{1 + row % 2},x,{row}" for row in range(60)]

    _, folder = run("when,who,heat\n" + "\n".join(lines) + "\n", **SERIES)

    frame = pl.read_parquet(folder / "table.parquet")
    assert frame["heat"].to_list() == [*range(0, 60, 2), *range(1, 60, 2)]


def test_samples_stay_in_the_order_of_the_file_and_have_no_step(run):
    report, folder = run(
        "who,when,a,y\nb,2024-01-02,1,q\na,2024-01-01,2,p\n", rows="samples", target="y", **SERIES
    )

    assert pl.read_parquet(folder / "table.parquet")["group"].to_list() == ["b", "a"]
    assert report.step_seconds is None
    assert report.targets == ("p", "q")
    assert report.summary == "read 2 rows, 1 channel, 2 different targets, 2 groups"


def test_what_cannot_be_read_is_written_down(run):
    report, folder = run("a,b\n1,2\n3\n4,x\n5,6\n7,8\n", bad_rows="quarantine")

    rejected = pl.read_parquet(folder / "rejected.parquet")
    assert report.rejected == rejected.height == 2
    assert rejected.schema == REJECTED
    assert sorted(rejected["origin"]) == ["t.csv:3", "t.csv:4"]
    assert report.summary == "read 3 rows, 2 channels, 2 rows set aside that cannot be read"


def test_no_more_than_a_thousand_targets_are_reported(run):
    report, _ = run(
        "a,y\n" + "".join(f"1,{number:05d}\n" for number in range(1500)), rows="samples", target="y"
    )

    assert len(report.targets) == 1000
    assert (report.targets[0], report.targets[-1]) == ("00000", "00999")
    assert report.summary == "read 1,500 rows, 1 channel, at least 1,000 different targets"


def test_large_rows_make_small_row_groups(run, tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.setattr(table, "GROUP_BYTES", 3000)
    for number in range(12):
        path = tmp_path / "p" / "ab"[number % 2] / f"{number:02d}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (20, 20), number).save(path)

    report, folder = run(config=FolderConfig(path="p"))

    assert report.rows == 12
    assert report.summary == "read 12 images, 2 different targets"
    metadata = pq.read_metadata(folder / "table.parquet")
    assert 3 < metadata.num_row_groups <= 12
    assert pl.read_parquet(folder / "table.parquet")["sample_id"].to_list() == list(range(12))


def test_a_stage_that_fails_says_why(run):
    with pytest.raises(DataError, match="has a header but no rows"):
        run("a,b\n")


MEASURED = """
import json, resource, sys
from pathlib import Path
from pipeline.foundation.paths import Paths
from pipeline.sources.config import CsvConfig
from pipeline.stages.ingest import ingest
project = Path(sys.argv[1])
paths = Paths(project, project / "out", project, project)
report = ingest(CsvConfig(path=sys.argv[2], time="when", group="who"), data=paths)
print(json.dumps([report.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "shuffled"])
def test_a_larger_file_does_not_need_more_memory(tmp_path, shuffled):
    times = pl.datetime_range(datetime(2000, 1, 1), datetime(2001, 12, 31), "1m", eager=True).head(200_000)
    part = pl.DataFrame({"when": times, **{f"c{at}": [0.125 * at] * len(times) for at in range(3)}})
    if shuffled:
        part = part.sample(fraction=1, shuffle=True, seed=0)
    body = part.write_csv(include_header=False, datetime_format="%Y-%m-%d %H:%M:%S").encode()
    used = []
    for name, parts in (("small.csv", 3), ("large.csv", 9)):
        (tmp_path / "out").mkdir(exist_ok=True)
        with (tmp_path / name).open("wb") as file:
            file.write(b"who,when,c0,c1,c2\n")
            for number in range(parts):
                file.write(b"\n".join(b"g%d,%b" % (number, line) for line in body.splitlines()) + b"\n")
        call = [sys.executable, "-c", MEASURED, str(tmp_path), name]
        rows, peak = json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout)
        assert rows == parts * 200_000
        used.append(peak / 1024)

    # 21 and 65 MB of text; held whole, the larger one would take more than 300 MB more than the smaller.
    assert used[1] < used[0] + 150, (
        f"{used[0]:.0f} MB for 600,000 rows, {used[1]:.0f} MB for three times as many"
    )
