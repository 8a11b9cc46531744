"""What happens to cells and rows that nobody measured."""

from datetime import timedelta

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import WindowsConfig


def filled_gaps(frame: pl.DataFrame, step_seconds: float | None) -> pl.DataFrame:
    """Insert a row with null channels for each missing step of a group.

    Raises:
        DataError: Months and years have no fixed length in seconds, so their grid is not made.
    """
    if step_seconds is None or frame["time"].null_count():
        return frame
    if step_seconds > 27 * 86_400:
        raise DataError(
            "preprocessing.gaps=fill works on steps up to weeks; rows here are months apart, use gaps=break"
        )
    every = timedelta(seconds=step_seconds)
    grids = (
        frame.group_by("group", maintain_order=True)
        .agg(pl.datetime_range(pl.col("time").min(), pl.col("time").max(), every).alias("time"))
        .explode("time")
    )
    joined = grids.join(frame, on=["group", "time"], how="full", coalesce=True, nulls_equal=True)
    return joined.sort("group", "time", maintain_order=True)


def filled_previous(frame: pl.DataFrame, channels: list[str]) -> pl.DataFrame:
    """Give null cells the last known value of their group; what precedes the first one stays null."""
    return frame.with_columns(pl.col(channels).forward_fill().over("group"))


def refuse_nulls(frame: pl.DataFrame, channels: list[str], config: WindowsConfig) -> None:
    """Check that every cell is known.

    Raises:
        DataError: Some are not; the message counts them per column.
    """
    empty = [name for name in channels if frame[name].null_count() == frame.height]
    if empty:
        raise DataError(
            f"the channel {empty[0]} has no value in any row; leave it out with sources.channels, or mend the source"
        )
    holes = {name: frame[name].null_count() for name in channels if frame[name].null_count()}
    if holes and config.missing == "refuse":
        counts = ", ".join(f"{name} {count}" for name, count in list(holes.items())[:8])
        raise DataError(
            f"{len(holes)} channels have cells without a value ({counts}), and preprocessing.missing=refuse; set it to "
            f"`previous` (last known value) or `mean` (of the training rows), or mend the source"
        )
