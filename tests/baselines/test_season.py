from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.baselines.season import find_season

DATASETS = Path(__file__).parents[3] / "shared" / "datasets"


@pytest.mark.parametrize("season", [7, 12, 24])
def test_a_season_is_found_under_noise_and_a_trend(season):
    random = np.random.default_rng(season)
    time = np.arange(800)[:, None]
    rows = np.sin(2 * np.pi * time / season) + 0.01 * time + 0.7 * random.normal(size=(800, 2))

    assert find_season(rows) == season


def test_a_random_walk_has_no_season():
    random = np.random.default_rng(0)

    found = [find_season(random.normal(size=(1000, 1)).cumsum(axis=0)) for _ in range(50)]

    assert found.count(None) >= 49


@pytest.mark.parametrize("rows", [np.zeros((500, 2)), np.empty((0, 1)), np.arange(20.0)[:, None]])
def test_constant_empty_and_short_series_have_no_season(rows):
    assert find_season(rows) is None


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "rows", "season"),
    [("ett/ETTh1.csv", 8640, 24), ("ett/ETTh2.csv", 8640, 24), ("illness/illness.csv", 676, 52),
     ("exchange_rate/exchange_rate.csv", 5300, None)],
)  # fmt: skip
def test_days_and_years_are_found_in_public_series(file, rows, season):
    path = DATASETS / file
    if not path.is_file():
        pytest.skip(f"{path} is not here: the shared data sets lie beside the repository")
    table = pl.read_csv(path).select(pl.col(pl.Float64))

    assert find_season(table.to_numpy()[:rows]) == season
