"""Propose a project for a table: a series to forecast, or windows to classify."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.config import Config
from pipeline.foundation.errors import DataError
from pipeline.foundation.words import plural
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.columns import (
    Column,
    group_column,
    like_an_index,
    looked_at,
    require_column,
    time_column,
)
from pipeline.proposal.kept import kept
from pipeline.proposal.parts import cut_parts
from pipeline.proposal.rows import raw_rows
from pipeline.proposal.settings import proposed_config
from pipeline.proposal.sizes import Seen, Sizes, choose_gaps, choose_sizes, look
from pipeline.sources.base import SourceTable
from pipeline.sources.build import build_source
from pipeline.sources.config import PlainTable, SourceConfig

MOST_ROWS = 2_000_000


def propose_series(source: PlainTable, project: Path, wishes: Wishes) -> Proposal:
    """Look at a table and propose a project for it.

    Args:
        source: Kind and path of the table.
        project: Folder the path is relative to.
        wishes: What the user said.

    Raises:
        DataError: A named column is not there, or nothing in the table can be forecast or classified.
    """
    wishes = replace(
        wishes,
        target=wishes.target or source.target,
        time=wishes.time or source.time,
        group=wishes.group or source.group,
    )
    raw = raw_rows(source, MOST_ROWS)
    columns = looked_at(raw, wishes.group if wishes.group in raw.columns else None)
    for option, name in (("--target", wishes.target), ("--time", wishes.time), ("--group", wishes.group)):
        require_column(name, columns, option)
    time = time_column(columns, wishes, Path(source.path).name)
    group = wishes.group or group_column(raw, columns, time, wishes.target)
    direction = wishes.said("preprocessing", "direction")
    classify = bool(direction) or (wishes.target is not None and columns[wishes.target].categorical)
    meaning = {"time": time, "group": group, "target": wishes.target if classify and not direction else None}
    channels = source.channels or _channels(raw, columns, meaning, wishes.target)
    source = source.model_copy(update={**meaning, "channels": channels})
    table = build_source(source, project).read(MOST_ROWS)
    found = _meaning_choices(meaning, columns, channels, wishes)
    empty = [name for name in channels if columns[name].nulls > 0.3 * table.frame.height]
    warnings = _warnings(time, empty)
    proposal = _proposed(source, kept(table), wishes, found=found, classify=classify, warnings=warnings)
    return replace(proposal, table=table)


def propose_signals(source: SourceConfig, table: SourceTable, wishes: Wishes) -> Proposal:
    """Propose a project for a series whose source itself says what time, group and target are.

    Raises:
        DataError: Nothing in it can be forecast or classified.
    """
    classify = "target" in table.frame.columns and wishes.said("heads", "kind") != "forecast"
    shown = ", ".join(table.channels[:6])
    found = [
        Choice("sources.channels", shown, plural(len(table.channels), "channel")),
        Choice(
            "heads.kind",
            "classify" if classify else "forecast",
            "the rows have a target" if classify else "of every channel",
        ),
    ]
    frame = table.frame
    time = None if frame["time"].null_count() == frame.height else "time"
    empty = [name for name in table.channels if frame[name].null_count() > 0.3 * frame.height]
    return _proposed(source, table, wishes, found=found, classify=classify, warnings=_warnings(time, empty))


def _proposed(
    source: SourceConfig,
    table: SourceTable,
    wishes: Wishes,
    *,
    found: list[Choice],
    classify: bool,
    warnings: tuple[str, ...],
) -> Proposal:
    seen = look(table.frame, table.channels)
    sizes, choices = choose_sizes(seen, wishes, classify=classify)
    gaps = choose_gaps(seen, sizes.window)
    config, more = _config(source, seen, sizes, gaps=gaps, wishes=wishes, classify=classify)
    parts = cut_parts(config, table.frame, gaps=gaps, wishes=wishes)
    # The length of training follows from the windows, unless the user said it.
    config = proposed_config(parts.config.model_dump(mode="json"), wishes.settings)
    few = (
        [
            f"{seen.rows_per_group} rows per series are few: expect wide intervals, and floors that are hard to beat"
        ]
        if seen.rows_per_group < 500
        else []
    )
    return Proposal(
        config=config,
        choices=(*found, *choices, parts.gaps, *more, *parts.choices),
        table=table,
        warnings=(*warnings, *few, *parts.warnings),
    )


def _channels(
    raw: pl.DataFrame, columns: dict[str, Column], meaning: dict[str, str | None], target: str | None
) -> tuple[str, ...]:
    taken = set(meaning.values())
    numeric = [column for column in columns.values() if column.numeric and column.name not in taken]
    measured = [column for column in numeric if column.name == target or not column.like_a_clock]
    useful = [column.name for column in measured if not like_an_index(column, raw[column.name])]
    varied = [name for name in useful if columns[name].distinct > 1]
    if not varied:
        raise DataError(
            f"no column besides time, group and target holds numbers that vary; the columns are: "
            f"{', '.join(list(columns)[:20])}"
        )
    return tuple(varied)


def _config(
    source: SourceConfig,
    seen: Seen,
    sizes: Sizes,
    *,
    gaps: Choice,
    wishes: Wishes,
    classify: bool,
) -> tuple[Config, list[Choice]]:
    missing = Choice(
        "preprocessing.missing", "refuse", "every cell has a value today; a later hole stops the run"
    )
    if seen.nulls or gaps.value == "fill":
        missing = Choice("preprocessing.missing", "previous", f"{plural(seen.nulls, 'cell')} without a value")
    split = Choice(
        "preprocessing.split.kind", "time", "the past trains, the future judges; anything else leaks"
    )
    tree: dict[str, Any] = {
        "sources": source.model_dump(mode="json"),
        "preprocessing": {
            "kind": "windows", "window": sizes.window, "stride": sizes.stride,
            "gaps": gaps.value, "missing": missing.value, "split": {"kind": "time"},
        },
        **(_classifier(sizes) if classify else _forecaster(sizes, wishes)),
    }  # fmt: skip
    return proposed_config(tree, wishes.settings), [split, missing]


def _forecaster(sizes: Sizes, wishes: Wishes) -> dict[str, Any]:
    """Return rooms for a forecast: windows normalised each on its own, one network shared by the channels."""
    kernel = min(8, max(2, sizes.window // 4))
    return {
        "heads": {"kind": "forecast", "horizon": sizes.horizon, "targets": [wishes.target] if wishes.target else []},
        "extraction": {
            "kind": "conv1d", "features": [32], "kernel": kernel, "stride": max(1, kernel // 2), "pool": 1,
            "normalisation": "none", "activation": "gelu", "epochs": 2,
        },
        "temporal": {"kind": "lstm", "hidden": 64},
        "model": {"pooling": "flatten", "dropout": 0.3, "input_norm": "instance", "channels": "each"},
        "training": {"epochs": 10, "batch_size": 64, "patience": 3},
    }  # fmt: skip


def _classifier(sizes: Sizes) -> dict[str, Any]:
    blocks = 2 if sizes.window >= 16 else 1
    return {
        "heads": {"kind": "classify", "class_weights": "balanced"},
        "extraction": {
            "kind": "conv1d", "features": [32, 64][:blocks], "pool": 2 if sizes.window >= 8 else 1, "epochs": 2,
        },
        "temporal": {"kind": "lstm", "hidden": 64},
        "model": {"pooling": "last", "dropout": 0.2},
        "training": {"epochs": 15, "batch_size": 64, "patience": 4},
    }  # fmt: skip


def _meaning_choices(
    meaning: dict[str, str | None],
    columns: dict[str, Column],
    channels: tuple[str, ...],
    wishes: Wishes,
) -> list[Choice]:
    said = {"time": wishes.time, "group": wishes.group, "target": wishes.target}
    reasons = {
        "time": "its values read as times",
        "group": "it makes the times unique: each value is a series of its own",
        "target": "",
    }
    found = [
        Choice(f"sources.{name}", str(value), "as you said" if said[name] else reasons[name])
        for name, value in meaning.items()
        if value is not None
    ]
    if meaning["time"] is None:
        found.append(Choice("sources.time", "null", "as you said: the rows are in order, one step apart"))
    left = [name for name in columns if name not in channels and name not in meaning.values()]
    shown = ", ".join(channels[:6]) + (f" and {len(channels) - 6} more" if len(channels) > 6 else "")
    why = "numeric columns that vary" + (f"; left out: {', '.join(left[:6])}" if left else "")
    direction = wishes.said("preprocessing", "direction")
    head = "classify" if meaning["target"] or direction else "forecast"
    what = "the target has few classes" if meaning["target"] else f"of {wishes.target or 'every channel'}"
    what = f"whether {direction} goes up or down" if direction else what
    return [*found, Choice("sources.channels", shown, why), Choice("heads.kind", head, what)]


def _warnings(time: str | None, empty: list[str]) -> tuple[str, ...]:
    warnings = []
    if time is None:
        warnings.append(
            "without times nothing can check the order of rows: a shuffled file would leak the future"
        )
    if empty:
        warnings.append(f"more than 30 % of {', '.join(empty[:4])} has no value: consider leaving it out")
    return tuple(warnings)
