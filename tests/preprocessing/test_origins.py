"""The report finds where the test samples come from, however many there are."""

import numpy as np
import polars as pl

from pipeline.preprocessing.config import SplitConfig, TableConfig
from pipeline.preprocessing.origins import FILE, write_origins
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.table.tables import prepare_tables


def test_origins_in_pieces_are_those_of_few(write_rows, out, monkeypatch):
    ids = np.arange(500) * 3
    columns = {"sample_id": ids, "height": ids + 0.5, "target": ["a", "b"] * 250}
    table = write_rows(**columns)
    prepare_tables(table, TableConfig(split=SplitConfig()), Question("classify"), out, seed=0)
    write_origins(table, out)
    few = pl.read_parquet(out / FILE)
    monkeypatch.setattr("pipeline.preprocessing.origins.MOST_HELD", 10)
    monkeypatch.setattr("pipeline.preprocessing.origins.ROW_GROUP", 64)

    write_origins(table, out)

    assert few.height == 100
    assert pl.read_parquet(out / FILE).equals(few)
