"""Propose a ``quality.yaml`` from a table: what holds now, widened where it is only a guess.

Only what surely is a mistake sets rows aside or stops a run (a wrong type, an infinite number, an
unreadable image, a high below its low); what the table merely suggests (a range, a share of empty
cells) warns. The proposal holds for the table it was made from, with one exception that is meant: a
target with one class, from which nothing can be learnt.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

import polars as pl

from pipeline.foundation.steps import step_seconds
from pipeline.quality.passing import passing
from pipeline.quality.profile import Profile, measure_profile, payload_columns, profiled_columns
from pipeline.quality.propose_media import (
    blank_images,
    clip_figures,
    image_figures,
    picture_rules,
    silent_sounds,
    sound_figures,
    sound_rules,
)
from pipeline.quality.propose_prices import price_rules
from pipeline.quality.propose_series import cell_rules, channel_rules, range_rules, time_rules
from pipeline.quality.propose_target import Head, category_rules, class_rules, target_rules
from pipeline.quality.propose_text import text_figures, text_rules
from pipeline.quality.rules_reference import USUAL
from pipeline.quality.wording import HEAD, Entry, entries_text, scalar

PIECE = 100_000

Kind = Literal["series", "samples", "text", "images", "clips", "sound"]


class Table(Protocol):
    """What a source returns, as far as a proposal looks at it."""

    @property
    def kind(self) -> Kind:
        """What a row is."""

    @property
    def frame(self) -> pl.DataFrame:
        """The rows, as ``docs/formats.md`` describes them."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Columns with measurements."""

    @property
    def categories(self) -> tuple[str, ...]:
        """Columns with words or codes."""


def propose_suite(table: Table, *, head: Head | None = None, whole: bool = True) -> str:
    """Return the text of a ``quality.yaml`` for ``table``, with a comment beside every rule.

    Args:
        table: What was looked at.
        head: What is asked, which says what the target is; None: told by its values.
        whole: Whether these are all the rows; of the first ones, a class that is not among them is no mistake.
    """
    types = _types(table)
    profile = _profile(table, types)
    rows = int(profile.table["rows"] or 0)
    seen = f"The table has {rows:,} rows" if whole else f"{rows:,} rows were looked at"
    figures = [
        Entry(f"{seen}; half as many would mean that some are lost.", rule="rows", min=max(1, rows // 2)),
        *class_rules(profile, head),
    ]
    more, cells = _by_kind(table, profile)
    cells += target_rules(profile, head, whole=whole)
    return (
        HEAD
        + _schema_text(types)
        + entries_text("profile", figures + more)
        + entries_text("rows", cells)
        + entries_text("reference", _reference_rules())
    )


def _by_kind(table: Table, profile: Profile) -> tuple[list[Entry], list[Entry]]:
    """Return what a table of that kind suggests: rules about figures, and about cells."""
    frame, channels = table.frame, table.channels
    match table.kind:
        case "images":
            return image_figures(profile), picture_rules(frame, profile, clips=False)
        case "clips":
            return clip_figures(profile), picture_rules(frame, profile, clips=True)
        case "sound":
            return sound_figures(profile), sound_rules(frame, profile)
        case "text":
            return text_figures(profile), text_rules(frame)
        case "samples":
            cells = [*cell_rules(profile, channels, timed=False), *range_rules(frame, profile, channels)]
            return channel_rules(profile, channels), cells + category_rules(profile, table.categories)
        case "series":
            cells = [*cell_rules(profile, channels, timed=True), *price_rules(frame, channels)]
            return (
                [*time_rules(profile), *channel_rules(profile, channels)],
                cells + range_rules(frame, profile, channels),
            )


def propose_limit(table: Table, default: float = 0.05) -> float:
    """Return a ``quality.max_quarantined`` that the rows of ``table`` stay under: ``default``, or more."""
    share = _bad_rows(table) / max(len(table.frame), 1)
    return default if share <= default else min(1.0, math.ceil(share * 1.2 * 100) / 100)


def _bad_rows(table: Table) -> float:
    """Return how many rows the proposal sets aside; of blank images and silent recordings about how many."""
    frame = table.frame
    bad = float(len(frame) - passing(table).sum())
    if table.kind == "images":
        blank, of = blank_images(frame)
        bad += len(frame) * blank / max(of, 1)
    if table.kind == "sound":
        silent, of = silent_sounds(frame)
        bad += len(frame) * silent / max(of, 1)
    return bad


def _types(table: Table) -> dict[str, str]:
    return {name: str(kind).split("(")[0] for name, kind in table.frame.schema.items()}


def _profile(table: Table, types: dict[str, str]) -> Profile:
    columns = payload_columns(types)
    return measure_profile(
        _pieces(table.frame, profiled_columns(types)),
        types,
        step_seconds=step_seconds(table.frame) if table.kind == "series" else None,
        payload=_pieces(table.frame, columns) if columns else (),
    )


def _pieces(frame: pl.DataFrame, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    return frame.select(columns).iter_slices(PIECE)


def _reference_rules() -> list[Entry]:
    entries = []
    for proposed in USUAL:
        written = proposed.rule.model_dump(mode="json", exclude_defaults=True)
        order = [key for key in ("rule", "columns", "min", "max") if key in written]
        keys = {key: written[key] for key in order}
        entries.append(Entry(proposed.why, **keys, on_fail=proposed.rule.on_fail))
    return entries


def _schema_text(types: dict[str, str]) -> str:
    listed = "".join(f"    {scalar(name)}: {kind}\n" for name, kind in types.items())
    return (
        "# Tier 1: columns and types, read from the footer of the file. `more_columns: allow` lets others be there.\n"
        f"schema:\n  on_fail: stop\n  more_columns: refuse\n  columns:\n{listed}"
    )
