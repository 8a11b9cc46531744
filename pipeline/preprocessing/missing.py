"""What happens to cells and rows that nobody measured."""

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import WindowsConfig
from pipeline.preprocessing.season import DAY, MONTH

GAP = 1.5
"""Distances over this many steps are gaps, as in :func:`pipeline.preprocessing.windows.segment_ids`."""

MOST_INSERTED = 1_000_000
MEAN_MONTH = 365.2425 / 12 * DAY


def filled_gaps(frame: pl.DataFrame, step_seconds: float | None) -> pl.DataFrame:
    """Insert rows with nothing but group and time where steps of a group are missing.

    Times need not lie on a grid: only a distance over one and a half steps is a gap, and rows that are there keep
    their times. The inserted rows divide the gap evenly; they have no ``sample_id``.

    Args:
        frame: Rows sorted by group and time, every time known.
        step_seconds: Usual distance of two rows; None: the rows have no times, and nothing can be missing.

    Raises:
        DataError: Far more rows would be inserted than there are: one time is wrong, or the step is.
    """
    if step_seconds is None:
        return frame
    # Months are 28 to 31 days: over years only their mean counts right.
    unit = MEAN_MONTH if MONTH[0] <= step_seconds <= MONTH[1] else step_seconds
    before = pl.col("time").shift().over("group")
    distance = (pl.col("time") - before).dt.total_microseconds() / 1e6
    gaps = frame.select("group", "time", before=before, steps=distance / unit, distance=distance).filter(
        pl.col("distance") > GAP * step_seconds
    )
    parts = gaps.with_columns(parts=pl.col("steps").round().cast(pl.Int64).clip(lower_bound=2))
    _refuse_flood(parts, frame.height)
    inserted = (
        parts.with_columns(part=pl.int_ranges(1, pl.col("parts")))
        .explode("part")
        .select(
            "group",
            time=pl.col("before")
            + pl.duration(
                microseconds=(pl.col("distance") * 1e6 * pl.col("part") / pl.col("parts")).round(0)
            ),
        )
    )
    joined = pl.concat([frame, inserted], how="diagonal")
    return joined.sort("group", "time", maintain_order=True, nulls_last=True)


def _refuse_flood(gaps: pl.DataFrame, rows: int) -> None:
    wanted = int(gaps["parts"].sum()) - gaps.height
    if wanted > max(MOST_INSERTED, 10 * rows):
        longest = gaps.sort("parts", descending=True).row(0, named=True)
        raise DataError(
            f"preprocessing.gaps=fill would insert {wanted:,} rows among {rows:,}; the longest gap lies between "
            f"{longest['before']} and {longest['time']}; mend that time, or use preprocessing.gaps=break"
        )


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
