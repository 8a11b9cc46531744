"""Folds are made of what the data have: groups, else times, else single samples."""

import datetime as dt

import polars as pl
import pytest

from pipeline.preprocessing.config import TableConfig, WholeConfig, WindowsConfig
from pipeline.preprocessing.split.fold_units import fold_unit

TIMES = [dt.datetime(2024, 1, day) for day in (1, 2, 3)]


@pytest.mark.parametrize(
    ("config", "groups", "times", "unit"),
    [
        (TableConfig, ["a", "b", None], TIMES, "groups"),
        (TableConfig, [None] * 3, TIMES, "time"),
        (TableConfig, [None] * 3, [*TIMES[:2], None], "samples"),
        (WindowsConfig, [None] * 3, [None] * 3, "time"),
        (WholeConfig, ["a", "b", "c"], TIMES, "samples"),
    ],
    ids=["groups", "times", "holes", "series", "cases"],
)
def test_folds_are_of_groups_where_there_are_any_else_of_time(config, groups, times, unit, tmp_path):
    samples = pl.DataFrame({"group": groups, "time": times}, {"group": pl.String, "time": pl.Datetime("us")})
    samples.write_parquet(tmp_path / "samples.parquet")

    folds = config.model_validate({"split": {"kind": "folds"}})

    assert fold_unit(folds, tmp_path / "samples.parquet") == unit
    of_time = config.model_validate({"split": {"kind": "folds", "folds_of": "time"}})
    assert fold_unit(of_time, tmp_path / "samples.parquet") == "time"
    assert fold_unit(config(), tmp_path / "samples.parquet") is None
