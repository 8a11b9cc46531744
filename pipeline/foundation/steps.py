"""The distance in time of two rows that follow one another."""

import polars as pl


def step_seconds(frame: pl.DataFrame) -> float | None:
    """Return the most frequent distance in seconds of two rows that follow one another in a group."""
    distances = frame.select(
        pl.col("time").diff().over("group", mapping_strategy="group_to_rows").dt.total_microseconds() / 1e6
    ).to_series()
    positive = distances.drop_nulls().filter(distances.drop_nulls() > 0)
    if positive.is_empty():
        return None
    counts = positive.value_counts(sort=False).sort(["count", positive.name], descending=[True, False])
    return float(counts[positive.name][0])
