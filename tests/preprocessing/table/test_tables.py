"""Rows of a table become scaled columns, and nothing but training decides how."""

import json

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config import SplitConfig, TableConfig
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.table.columns import Columns
from pipeline.preprocessing.table.tables import prepare_tables

ASKED = Question("classify")
GIVEN = SplitConfig(kind="given", duplicates="ignore")
SPLIT = ["train"] * 6 + ["val"] * 2 + ["test"] * 2
COLUMNS = {
    "split": SPLIT,
    "age": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 100.0, 200.0, -50.0, 0.0],
    "city": ["Rome", "Rome", "Oslo", "Oslo", "Oslo", "Bern", "Rome", "Lima", "Bern", None],
    "target": ["yes", "no"] * 5,
}


def stream(out):
    return np.load(out / "stream.npy")


def test_numbers_are_scaled_and_words_one_hot_by_training_rows(write_rows, out):
    config = TableConfig(steps="one", missing="mean", split=GIVEN)

    prepared = prepare_tables(write_rows(**COLUMNS), config, ASKED, out, seed=0)

    rows = stream(out)
    assert prepared.meta.channels == ("age", "city=Oslo", "city=Rome", "city=Bern")
    assert np.allclose(rows[:, 0], (np.array(COLUMNS["age"]) - 3.5) / np.std([1, 2, 3, 4, 5, 6]))
    assert rows[2, 1:].tolist() == [1, 0, 0]
    assert rows[7, 1:].tolist() == [0, 0, 0]  # Lima: training never had it
    assert "city 2" in prepared.notes[-1]
    assert prepared.meta.frame == (4,)
    assert prepared.meta.window == 1


def test_columns_can_be_the_steps(write_rows, out):
    config = TableConfig(missing="mean", split=GIVEN)

    prepared = prepare_tables(write_rows(**COLUMNS), config, ASKED, out, seed=0)

    assert (prepared.meta.window, prepared.meta.frame) == (4, (1,))
    assert stream(out).shape == (40, 1)
    assert np.load(out / "starts_test.npy").tolist() == [32, 36]
    assert json.loads((out / "fitted.json").read_text())["columns"][0] == "age"


def test_rare_values_share_a_place(write_rows, out):
    config = TableConfig(steps="one", missing="mean", most_categories=1, split=GIVEN)

    prepared = prepare_tables(write_rows(**COLUMNS), config, ASKED, out, seed=0)

    assert prepared.meta.channels[1:] == ("city=Oslo", "city other")
    assert stream(out)[:3, 1:].tolist() == [[0, 1], [0, 1], [1, 0]]
    assert stream(out)[7, 1:].tolist() == [0, 1]


def test_empty_cells_are_refused_unless_allowed(write_rows, out):
    with pytest.raises(DataError, match="1 columns have cells without a value \\(city 1\\)"):
        prepare_tables(write_rows(**COLUMNS), TableConfig(split=GIVEN), ASKED, out, seed=0)


def test_a_mask_says_where_a_value_was_measured(write_rows, out):
    ages = [None, 2.0, 3.0, 4.0, None, 6.0, None, 8.0, 9.0, 10.0]
    table = write_rows(**{**COLUMNS, "age": ages})
    config = TableConfig(steps="one", missing="mask", split=GIVEN)

    prepared = prepare_tables(table, config, ASKED, out, seed=0)

    assert prepared.meta.channels[:2] == ("age", "age measured")
    assert stream(out)[:, 1].tolist() == [0, 1, 1, 1, 0, 1, 0, 1, 1, 1]
    assert stream(out)[[0, 4, 6], 0].tolist() == [0, 0, 0]  # the training mean, scaled


def test_a_missing_word_is_a_value_where_training_has_some(write_rows, out):
    table = write_rows(**{**COLUMNS, "city": [None, None, None, *["Oslo"] * 6, None]})
    config = TableConfig(steps="one", missing="mean", split=GIVEN)

    prepared = prepare_tables(table, config, ASKED, out, seed=0)

    assert prepared.meta.channels[1:] == ("city missing", "city=Oslo")
    assert stream(out)[[0, 3, 9], 1:].tolist() == [[1, 0], [0, 1], [1, 0]]


def test_what_is_fitted_does_not_change_with_val_and_test(write_rows, tmp_path):
    changed = {
        **COLUMNS,
        "age": [*COLUMNS["age"][:6], None, 1e6, 3.0, 4.0],
        "city": [*COLUMNS["city"][:6], *"abcd"],
    }
    config = TableConfig(steps="one", missing="mask", split=GIVEN)
    fitted = []
    for name, columns in (("one", COLUMNS), ("other", changed)):
        (tmp_path / name).mkdir()
        prepared = prepare_tables(write_rows(**columns), config, ASKED, tmp_path / name, seed=0)
        fitted.append(((tmp_path / name / "fitted.json").read_bytes(), prepared.meta))

    assert fitted[0] == fitted[1]


def test_equal_rows_stay_together(write_rows, out):
    ages = np.arange(60.0) // 1
    ages[30:40] = ages[:10]
    table = write_rows(age=ages, target=["yes", "no"] * 30)

    prepared = prepare_tables(table, TableConfig(), ASKED, out, seed=3)

    sides = pl.read_parquet(out / "samples.parquet").sort("sample_id")["split"].to_list()
    assert sides[:10] == sides[30:40]
    assert prepared.notes == ()


def test_rows_of_few_values_are_not_taken_for_copies(write_rows, out):
    table = write_rows(flag=np.arange(60.0) % 2, target=["yes", "no"] * 30)

    prepared = prepare_tables(table, TableConfig(), ASKED, out, seed=0)

    assert "100% of the rows equal another one" in prepared.notes[0]
    assert min(prepared.meta.counts.values()) > 5


def test_infinity_is_refused(write_rows, out):
    table = write_rows(**{**COLUMNS, "age": [np.inf, *COLUMNS["age"][1:]]})

    with pytest.raises(DataError, match="age holds infinity"):
        prepare_tables(table, TableConfig(missing="mean", split=GIVEN), ASKED, out, seed=0)


def test_a_table_has_no_later_steps_to_forecast(write_rows, out):
    with pytest.raises(ConfigError, match="forecast needs a series"):
        prepare_tables(write_rows(**COLUMNS), TableConfig(), Question("forecast", horizon=2), out, seed=0)


def test_a_number_can_be_asked_of_a_row(write_rows, out):
    table = write_rows(**{**COLUMNS, "target": [str(value) for value in range(10)]})

    prepared = prepare_tables(
        table, TableConfig(missing="mean", split=GIVEN), Question("regress"), out, seed=0
    )

    targets = np.load(out / "targets_test.npy")
    assert targets.dtype == np.float32
    assert np.allclose(targets[:, 0] * prepared.meta.target_scale + prepared.meta.target_offset, [8, 9])


def test_what_was_fitted_can_be_read_back_from_its_file(write_rows, out):
    names = {"zeal": COLUMNS["age"], "bank": ["b", "a"] * 5, "holes": [None, *COLUMNS["age"][1:]]}
    table = write_rows(**{**names, **COLUMNS})
    config = TableConfig(steps="one", missing="mask", most_categories=2, split=GIVEN)
    prepared = prepare_tables(table, config, ASKED, out, seed=0)

    columns = Columns.from_json(json.loads((out / "fitted.json").read_text()))

    assert columns.names == prepared.meta.channels
    assert columns.encode(pl.read_parquet(table)).tolist() == stream(out).tolist()
