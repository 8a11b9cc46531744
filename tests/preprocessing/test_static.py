"""What is known of a sample as a whole lies beside its steps, and nothing but training decides how."""

import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config import SplitConfig, TableConfig, WholeConfig, WindowsConfig
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.series.whole import prepare_whole
from pipeline.preprocessing.series.windowed import prepare_windows
from pipeline.preprocessing.table.tables import prepare_tables

ASKED = Question("classify")
GIVEN = SplitConfig(kind="given", duplicates="ignore")
SPLIT = ["train"] * 6 + ["val"] * 2 + ["test"] * 2
ROWS = {
    "split": SPLIT,
    "weight": [float(row) for row in range(10)],
    "age": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 100.0, 200.0, -50.0, 0.0],
    "city": ["Rome", "Rome", "Oslo", "Oslo", "Oslo", "Bern", "Rome", "Lima", "Bern", None],
    "target": ["yes", "no"] * 5,
}


def static(out, split):
    return np.load(out / f"static_{split}.npy")


def rows(write_rows, out, columns=ROWS, **settings):
    config = TableConfig(static=("age", "city"), steps="one", split=GIVEN, **settings)
    return prepare_tables(write_rows(**columns), config, ASKED, out, seed=0)


def test_numbers_are_scaled_and_words_become_columns_by_training_samples(write_rows, out):
    prepared = rows(write_rows, out)

    assert prepared.meta.static == ("age", "city=Oslo", "city=Rome", "city=Bern")
    ages = (np.array(ROWS["age"]) - 3.5) / np.std([1, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(static(out, "train")[:, 0], ages[:6], rtol=1e-6)
    np.testing.assert_allclose(static(out, "test")[:, 0], ages[8:], rtol=1e-6)
    assert static(out, "train")[2, 1:].tolist() == [1, 0, 0]
    assert static(out, "val")[1, 1:].tolist() == [0, 0, 0]  # Lima: training never had it
    assert json.loads((out / "static.json").read_text())["columns"] == list(prepared.meta.static)


def test_static_columns_are_no_steps(write_rows, out):
    prepared = rows(write_rows, out)

    assert prepared.meta.channels == ("weight",)


def test_an_empty_number_is_the_mean_and_a_column_says_where_it_is_known(write_rows, out):
    ages = [1.0, None, 3.0, 4.0, None, 6.0, None, 200.0, -50.0, 0.0]

    prepared = rows(write_rows, out, ROWS | {"age": ages})

    assert prepared.meta.static[:2] == ("age", "age measured")
    assert static(out, "train")[:, 1].tolist() == [1, 0, 1, 1, 0, 1]
    assert static(out, "train")[1, 0] == pytest.approx(0.0, abs=1e-6)
    assert static(out, "val")[0, :2].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)


def test_empty_cells_can_stop_the_run(write_rows, out):
    with pytest.raises(DataError, match=r"^1 static columns are empty for some samples \(city 1\)"):
        rows(write_rows, out, static_missing="refuse")


def test_a_column_that_is_not_there_is_named_beside_those_that_are(write_rows, out):
    config = TableConfig(static=("height",), split=GIVEN)

    with pytest.raises(ConfigError, match="no column 'height'; there are: weight, age, city"):
        prepare_tables(write_rows(**ROWS), config, ASKED, out, seed=0)


def series(write_rows, **changes):
    """Write a table of 12 groups of 5 rows, with a channel, an age and a sex."""
    groups = [f"g{group:02}" for group in range(12) for _ in range(5)]
    start = datetime(2020, 1, 1)
    columns = {
        "group": groups,
        "time": [start + timedelta(days=row % 5) for row in range(60)],
        "value": np.random.default_rng(0).normal(size=60),
        "age": [20.0 + row // 5 for row in range(60)],
        "sex": ["f" if row // 5 % 2 else "m" for row in range(60)],
        "target": ["ill" if row // 5 % 3 else "well" for row in range(60)],
    }
    return write_rows(**(columns | changes))


def test_a_whole_group_has_the_values_of_its_rows(write_rows, out):
    config = WholeConfig(static=("age", "sex"), split=SplitConfig(duplicates="ignore"))

    prepared = prepare_whole(series(write_rows), config, ASKED, out, seed=0)

    assert prepared.meta.channels == ("value",) and prepared.meta.static[0] == "age"
    samples = pl.read_parquet(out / "samples.parquet").filter(pl.col("split") == "train")
    ages = np.array([20.0 + int(group[1:]) for group in samples["group"]])
    np.testing.assert_allclose(static(out, "train")[:, 0], (ages - ages.mean()) / ages.std(), rtol=1e-5)


def test_a_static_column_that_changes_inside_a_whole_group_is_refused(write_rows, out):
    config = WholeConfig(static=("age",), split=SplitConfig(duplicates="ignore"))
    table = series(write_rows, age=[float(row) for row in range(60)])

    with pytest.raises(DataError, match=r"static column age changes inside 12 groups, such as 'g00'"):
        prepare_whole(table, config, ASKED, out, seed=0)


@pytest.mark.parametrize("block", [None, 7])
def test_a_window_has_the_value_of_its_last_step(write_rows, out, block):
    ages = [float(row) for row in range(60)]
    config = WindowsConfig(window=3, static=("age", "sex"), split=SplitConfig(kind="group"))
    table = series(write_rows, age=ages)

    prepared = prepare_windows(table, config, Question("classify"), out, seed=0, block=block)

    told = json.loads((out / "static.json").read_text())["channels"]["age"]
    for split in ("train", "val", "test"):
        raw = static(out, split)[:, 0] * told["scale"] + told["offset"]
        np.testing.assert_allclose(raw, np.load(out / f"starts_{split}.npy") + 2, atol=1e-4)
    assert prepared.meta.channels == ("value",)


def test_an_inserted_row_knows_nothing_of_its_sample(write_rows, out):
    start = datetime(2020, 1, 1)
    days = [*range(30), *range(31, 60), 60]
    table = write_rows(
        group=["one"] * 60,
        time=[start + timedelta(days=day) for day in days],
        value=[float(row) for row in range(60)],
        age=[float(row) for row in range(60)],
    )
    config = WindowsConfig(window=3, static=("age",), gaps="fill", missing="previous")

    prepared = prepare_windows(table, config, Question("forecast", horizon=1), out, seed=0)

    assert prepared.meta.static == ("age", "age measured")
    assert (static(out, "train")[:, 1] == 0).sum() == 1
