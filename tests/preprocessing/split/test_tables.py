"""A split that a person can read."""

import datetime as dt

import numpy as np
import polars as pl

from pipeline.preprocessing.split.divide import moments_table, split_table
from pipeline.preprocessing.split.units import Units


def test_each_sample_stands_with_its_part_and_what_it_is_a_copy_of():
    names = pl.DataFrame(
        {"sample_id": [3, 5, 9, 12], "group": ["anna", "ben", "ben", None], "origin": list("abcd")}
    )
    units = Units(4, twins=np.array([7, 7, 2, 4]), names=names)

    table = split_table(units, np.array([0, 0, 2, -1], np.int8))

    assert table.write_csv().splitlines() == [
        "sample_id,group,origin,split,twin", "3,anna,a,train,1", "5,ben,b,train,1", "9,ben,c,test,", "12,,d,left out,",
    ]  # fmt: skip


def test_without_copies_there_is_no_column_for_them():
    table = split_table(Units(3, twins=np.arange(3)), np.array([0, 1, 2], np.int8))

    assert table.to_dict(as_series=False) == {"sample": [0, 1, 2], "split": ["train", "val", "test"]}


def test_time_is_told_in_stretches():
    days = pl.Series([dt.datetime(2020, 1, day) for day in range(1, 9)])

    table = moments_table(days, np.array([0, 0, 0, -1, 1, 1, 2, 0], np.int8))

    assert table["split"].to_list() == ["train", "left out", "val", "test", "train"]
    assert table["time_steps"].to_list() == [3, 1, 2, 1, 1]
    assert table.row(2, named=True)["from"] == dt.datetime(2020, 1, 5)
    assert table.row(2, named=True)["to"] == dt.datetime(2020, 1, 6)


def test_time_steps_without_times_are_told_by_their_numbers():
    table = moments_table(pl.Series(range(5)), np.array([0, 0, 0, 1, 2], np.int8))

    assert table.rows() == [(0, 2, 3, "train"), (3, 3, 1, "val"), (4, 4, 1, "test")]
