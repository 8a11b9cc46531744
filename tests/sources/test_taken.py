"""Which files of a folder a source would read."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from pipeline.sources.config import SourceConfig
from pipeline.sources.taken import taken_names

HERE = Path("data/raw/x/2026-01-01")
NAMES = [
    "a.csv",
    "b.CSV.gz",
    "c.jsonl",
    "d.parquet",
    "e.png",
    "e.txt",
    "sub/f.hea",
    "sub/f.dat",
    "g.csv.tmp",
    ".h.csv",
]
TABLES = ["a.csv", "b.CSV.gz", "e.txt"]
ALL = NAMES[:8]

CASES = [
    ({"kind": "csv", "path": f"{HERE}", "time": "t"}, TABLES),
    ({"kind": "csv", "path": f"{HERE}/*.csv", "time": "t"}, TABLES),
    ({"kind": "csv", "path": f"{HERE}/a.csv", "time": "t"}, ["a.csv"]),
    ({"kind": "csv", "path": f"{HERE}/e.png", "time": "t"}, ["e.png"]),
    ({"kind": "csv", "path": f"{HERE}/g.csv.tmp", "time": "t"}, ["g.csv.tmp"]),
    ({"kind": "csv", "path": "data/raw/y/2026-01-01/a.csv", "time": "t"}, TABLES),
    ({"kind": "jsonl", "path": f"./{HERE}", "time": "t"}, ["c.jsonl"]),
    ({"kind": "parquet", "path": f"{HERE}", "time": "t"}, ["d.parquet"]),
    ({"kind": "folder", "path": f"{HERE}"}, ["e.png"]),
    ({"kind": "folder", "path": f"{HERE}", "labels": f"{HERE}/a.csv"}, ["a.csv", "e.png"]),
    ({"kind": "wfdb", "path": f"{HERE}"}, ALL),
    ({"kind": "lines", "path": f"{HERE}"}, ALL),
]


@pytest.mark.parametrize(("settings", "taken"), CASES)
def test_a_source_takes_what_it_reads_and_what_its_settings_name(settings, taken):
    config = TypeAdapter(SourceConfig).validate_python(settings)

    assert taken_names(NAMES, config, HERE) == taken
