"""What is said of forecasts that say how sure they are: worked by hand, and as the report tells it."""

import numpy as np
import polars as pl
import pytest

from pipeline.evaluation.bands import band_levels, band_scores, read_band
from pipeline.evaluation.flat_metrics import flat_metrics
from pipeline.evaluation.forecast import forecast_truth
from pipeline.evaluation.panel import judge_forecasts
from pipeline.evaluation.report import report_html
from pipeline.foundation.errors import DataError

TARGET = np.asarray([[[1.0, 2.0]], [[3.0, 9.0]]])
"""Two windows, one channel, two steps."""


def banded(table, low, high):
    """Return a table with a band of ``low`` below and ``high`` above its predictions."""
    return table.with_columns(
        (pl.col("prediction") - low).cast(pl.Float32).alias("quantile_0.1"),
        pl.col("prediction").alias("quantile_0.5"),
        (pl.col("prediction") + high).cast(pl.Float32).alias("quantile_0.9"),
    )


@pytest.fixture
def by_hand(forecast_rows):
    return banded(forecast_rows(TARGET, np.full(TARGET.shape, 2.0), ("a",)), 1.0, 2.0)


def test_scores_are_the_ones_worked_by_hand(by_hand):
    truth = forecast_truth(by_hand, {"a": 2.0}, "m", scaled=True)

    scores = band_scores(by_hand.lazy(), truth, "m")

    # Quantiles 1, 2, 4 in every step; targets 1, 2, 3, 9 in units of 2.
    lowest = [0.0, 0.1 * 1, 0.1 * 2, 0.1 * 8]
    middle = [0.5 * 1, 0.0, 0.5 * 1, 0.5 * 7]
    highest = [0.1 * 3, 0.1 * 2, 0.1 * 1, 0.9 * 5]
    assert scores == {
        "pinball": pytest.approx(sum(lowest + middle + highest) / 12 / 2),
        "coverage": 0.75,  # 1 lies on the edge and counts
        "width": pytest.approx(3.0 / 2),
    }


def test_a_table_without_quantiles_has_no_band(forecast_rows):
    table = forecast_rows(TARGET, TARGET, ("a",))
    truth = forecast_truth(table, {}, "m", scaled=False)

    assert band_levels(table.lazy()) == ()
    assert band_scores(table.lazy(), truth, "m") == {} and read_band(table.lazy(), truth, "m") is None


def test_a_quantile_that_is_no_number_is_refused(by_hand):
    truth = forecast_truth(by_hand, {}, "m", scaled=False)
    spoilt = by_hand.with_columns(pl.lit(float("nan"), pl.Float32).alias("quantile_0.9"))

    with pytest.raises(DataError, match="m"):
        band_scores(spoilt.lazy(), truth, "m")


def test_model_and_rivals_are_compared_and_the_report_draws_the_band(forecast_case):
    case = forecast_case(("a", "b"))
    tables = {name: [banded(table[0].collect(), 0.5, 0.5).lazy()] for name, table in case.tables.items()}
    judged = judge_forecasts(type(case)(**{**vars(case), "tables": tables}))

    flat, page = flat_metrics(judged), report_html(judged)

    assert all({"pinball", "coverage", "width"} <= line.scores.keys() for line in judged.lines)
    own = next(line for line in judged.lines if line.role == "model")
    assert flat["test/coverage"] == own.scores["coverage"]
    assert any(name.startswith("baseline/") and name.endswith("/pinball") for name in flat)
    assert "A band should cover 80 % of what comes" in page and page.count("curve look-band") >= 1


def test_without_quantiles_the_page_says_nothing_of_bands(forecast_case):
    page = report_html(judge_forecasts(forecast_case(("a", "b"))))

    assert 'id="bands"' not in page and "curve look-band" not in page
