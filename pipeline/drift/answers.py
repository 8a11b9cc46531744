"""What a table of predictions says, in columns whose distributions can be compared."""

import polars as pl

KEYS = ("group", "time")


def answer_columns(table: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what was answered, and ``group`` and ``time`` of the same rows.

    Classes: the predicted one, its probability, and whether it is right. Labels: which were predicted, and the share of
    wrong ones of a sample. Numbers: the predicted one and how far it is off. Forecasts: the first step of each channel.
    What is right or wrong is null where no target is known.

    Args:
        table: Predictions as ``docs/formats.md`` has them; rows without one are passed over.
    """
    told = table.filter(pl.col("prediction").is_not_null())
    if "label" in told.columns:
        return _labels(told)
    if "channel" in told.columns:
        return _numbers(told)
    shares = [name for name in told.columns if name.startswith("probability_")]
    right = pl.when(pl.col("target") == pl.col("prediction")).then(pl.lit("right")).otherwise(pl.lit("wrong"))
    found = told.select(
        pl.col("prediction"),
        pl.max_horizontal(shares).alias("probability"),
        pl.when(pl.col("target").is_not_null()).then(right).alias("error"),
    )
    return found, told.select(KEYS)


def _labels(told: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    wide = told.group_by("sample_id", maintain_order=True).agg(
        *(pl.first(name) for name in KEYS),
        (pl.col("target") != pl.col("prediction")).cast(pl.Float64).mean().alias("error"),
        pl.col("label"),
        pl.col("prediction"),
    )
    names = told["label"].unique(maintain_order=True).to_list()
    place = pl.col("label").list
    cells = [
        pl.col("prediction")
        .list.get(place.eval(pl.element() == name).list.arg_max(), null_on_oob=True)
        .cast(pl.String)
        .alias(f"prediction {name}")
        for name in names
    ]
    return wide.select(*cells, "error"), wide.select(KEYS)


def _numbers(told: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a column per channel, each null in the rows of the others."""
    first = told.filter(pl.col("step") == 1)
    names = first["channel"].unique(maintain_order=True).to_list()
    own = [first.filter(channel=name) for name in names]
    rows = (
        pl.concat(
            [
                part["prediction"].cast(pl.Float64).alias(f"prediction {name}").to_frame()
                for part, name in zip(own, names, strict=True)
            ],
            how="horizontal",
        )
        if own
        else pl.DataFrame()
    )
    off = (first["prediction"] - first["target"].cast(pl.Float32)).abs().alias("error")
    return (rows.with_columns(off) if len(own) == 1 else rows), (own[0] if own else first).select(KEYS)
