"""A split that a person can read."""

import numpy as np
import polars as pl

from pipeline.preprocessing.split.divide import split_table
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
