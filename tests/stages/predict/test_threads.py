"""Threads that share a model get the answers that one thread gets."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from pipeline.stages.bundle import make_bundle
from pipeline.stages.predict import Predictor

pytestmark = pytest.mark.e2e

CALLS, THREADS = 100, 8


@pytest.mark.parametrize("kind", ["table", "text"])
def test_threads_that_predict_different_rows_at_once_get_the_answers_of_one_thread(projects, tmp_path, kind):
    project = projects(kind)
    make_bundle(project.folder, tmp_path / "model")
    predictor = Predictor(tmp_path / "model")
    rows = pl.read_csv(project.source, infer_schema=False)
    inputs = [
        _written(rows[7 * call : 7 * call + 1 + call % 4], tmp_path / f"rows{call}.csv") for call in range(20)
    ]

    def told(call: int) -> pl.DataFrame:
        out = tmp_path / f"out{call}.parquet"
        predictor.predict(str(inputs[call % len(inputs)]), out, project=tmp_path, drift=False)
        return pl.read_parquet(out)

    alone = [told(call) for call in range(len(inputs))]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(told, range(CALLS)))

    assert [table.height for table in alone[:4]] == [1, 2, 3, 4]
    assert all(table["prediction"].null_count() < table.height for table in alone)
    for call, table in enumerate(together):
        assert table.equals(alone[call % len(inputs)])


def _written(rows: pl.DataFrame, path: Path) -> Path:
    rows.write_csv(path)
    return path
