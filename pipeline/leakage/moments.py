"""Times that cannot be, and parts that are not in the order of time."""

import polars as pl
import pyarrow.parquet as pq

from pipeline.leakage.findings import Finding, Severity
from pipeline.leakage.parts import MOST_SAMPLES, Parts, batches

NEARLY = 0.95
"""From this share of test samples after the end of train on, the split is taken for one by time."""

FEW = 0.01
DAY = 86_400_000_000
"""Microseconds."""


def moments(parts: Parts) -> list[Finding]:
    """Return what is wrong with the times of the samples."""
    known = parts.keys.filter(pl.col("time").is_not_null())
    if known.height < 10 or known["time"].n_unique() < 5:
        return []
    return [_from_the_future(parts), *_order(known, parts)]


def _from_the_future(parts: Parts) -> Finding:
    """Look for the few times that lie further after all others than those lie apart; no clock is asked."""
    check = "timestamps from the future"
    every = max(1, -(-pq.ParquetFile(parts.table).metadata.num_rows // MOST_SAMPLES))
    rows = pl.concat(list(batches(parts.table, ["time", "origin"], every=every))).drop_nulls("time")
    times = rows["time"].cast(pl.Int64)
    low, high = (int(times.quantile(share, "nearest") or 0) for share in (FEW, 1 - FEW))
    late = rows.filter(times > high + max(high - low, DAY))
    if late.is_empty():
        sentence = f"no time lies far after the others; the last is {_last(rows)}"
        return Finding(check=check, severity="none", sentence=sentence, of=rows.height)
    usual = _last(rows.filter(times <= high))
    return Finding(
        check=check,
        severity="warning",
        sentence=f"{late.height:,} of {rows.height:,} times lie far after all others, which end {usual}; correct them, "
        f"or a split by time puts them into test",
        count=late.height,
        of=rows.height,
        examples=tuple(f"{row['origin']}: {row['time']}" for row in late.head(3).iter_rows(named=True)),
    )


def _order(known: pl.DataFrame, parts: Parts) -> list[Finding]:
    check = "times of train and test"
    train, test = (known.filter(pl.col("split") == name) for name in ("train", "test"))
    if train.is_empty() or test.is_empty():
        return []
    # Groups on one side each may share a time span; what counts is what the same clock shows.
    last = train["time"].max()
    before = test.filter(pl.col("time") <= last)
    if before.is_empty():
        sentence = f"all {test.height:,} test samples are later than train, which ends {_last(train)}"
        return [Finding(check=check, severity="none", sentence=sentence, of=test.height)]
    severity, advice = _judged(train, test, parts, early=before.height / test.height)
    return [
        Finding(
            check=check,
            severity=severity,
            sentence=f"{before.height:,} of {test.height:,} test samples are not later than train, "
            f"which ends {_last(train)}; {advice}",
            count=before.height,
            of=test.height,
            examples=tuple(f"{row['origin']}: {row['time']}" for row in before.head(3).iter_rows(named=True)),
        )
    ]


def _judged(train: pl.DataFrame, test: pl.DataFrame, parts: Parts, *, early: float) -> tuple[Severity, str]:
    """Return what it means that a share of the test samples is not later than train, and what to do."""
    if parts.blocks:  # which was asked for
        return "note", "folds by time are so; preprocessing.split.kind=walk judges what comes later only"
    if early <= 1 - NEARLY:
        return "leak", "the split is by time but for these: correct their times, or move them"
    advice = "if the model is to judge what comes later, set preprocessing.split.kind=time"
    if parts.kind != "series" or parts.whole:
        return "note", advice
    shared = set(train["group"].unique()) & set(test["group"].unique())
    return ("warning" if shared else "note"), advice


def _last(samples: pl.DataFrame) -> str:
    """Return the last time."""
    return str(samples["time"].dt.to_string("%Y-%m-%d %H:%M").max())
