"""Rows that cannot be read come back between those that stood around them in their file."""

import polars as pl

from pipeline.stages.unread import Unread


def rows(*origins, first=0):
    return pl.DataFrame({"sample_id": range(first, first + len(origins)), "origin": list(origins)})


def unread(tmp_path, *origins):
    path = tmp_path / "rejected.parquet"
    pl.DataFrame({"origin": list(origins), "reason": ["no number"] * len(origins)}).write_parquet(path)
    return Unread(path)


def test_a_row_stands_behind_the_last_one_before_it(tmp_path):
    bad = unread(tmp_path, "a.csv:2", "a.csv:4", "a.csv:9", "b.csv:2")

    here = bad.among(rows("a.csv:3", "a.csv:5", "b.csv:3"))

    assert dict(zip(here["origin"], here["place"], strict=True)) == {
        "a.csv:2": -0.5, "a.csv:4": 0.5, "a.csv:9": 1.5, "b.csv:2": 1.5,
    }  # fmt: skip
    assert bad.rest().is_empty()


def test_a_row_that_comes_later_waits_for_those_around_it(tmp_path):
    bad = unread(tmp_path, "a.csv:4", "a.csv:8")

    first = bad.among(rows("a.csv:2", "a.csv:3"))
    second = bad.among(rows("a.csv:5", "a.csv:7", first=2))

    assert first.is_empty()
    assert second["place"].to_list() == [1.5]
    assert bad.rest()["origin"].to_list() == ["a.csv:8"]
    assert bad.rest().is_empty()


def test_without_a_file_there_are_none(tmp_path):
    assert Unread(tmp_path / "rejected.parquet").among(rows("a.csv:2")).is_empty()
