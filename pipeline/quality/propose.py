"""Propose a ``quality.yaml`` from a table: what holds now, widened where it is only a guess.

Only what surely is a mistake sets rows aside or stops a run (a wrong type, an infinite number, an
unreadable image); what the table merely suggests (a range, a share of empty cells) warns. The
proposal holds for the table it was made from, with one exception that is meant: a target with one
class, from which nothing can be learnt.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

import polars as pl

from pipeline.foundation.steps import step_seconds
from pipeline.quality.profile import IMAGE_COLUMNS, Profile, measure_profile, profiled_columns
from pipeline.quality.propose_series import cell_rules, channel_rules, time_rules
from pipeline.quality.wording import HEAD, Entry, entries_text, now, percent, scalar, widened_share

MOST_CLASSES = 300
PIECE = 100_000


class Table(Protocol):
    """What a source returns, as far as a proposal looks at it."""

    @property
    def kind(self) -> Literal["series", "images"]:
        """What a row is."""

    @property
    def frame(self) -> pl.DataFrame:
        """The rows, as ``docs/formats.md`` describes them."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Columns with measurements."""


def propose_suite(table: Table) -> str:
    """Return the text of a ``quality.yaml`` for ``table``, with a comment beside every rule."""
    types = _types(table)
    profile = _profile(table, types)
    suite: dict[str, list[Entry]] = {
        "profile": [*_table_rules(table, profile), *_class_rules(profile)],
        "rows": [],
    }
    if table.kind == "images":
        suite["profile"] += _image_rules(profile)
        suite["rows"] += [
            Entry(
                f"An image that cannot be decoded; the column defect says why.{now(profile.table.get('defects'))}",
                rule="readable",
            ),
            *_size_rules(profile),
        ]
    else:
        suite["profile"] += [*time_rules(profile), *channel_rules(profile, table.channels)]
        suite["rows"] += cell_rules(profile, table.channels)
    suite["rows"] += _target_rules(profile)
    return (
        HEAD
        + _schema_text(types)
        + entries_text("profile", suite["profile"])
        + entries_text("rows", suite["rows"])
    )


def propose_limit(table: Table, default: float = 0.05) -> float:
    """Return a ``quality.max_quarantined`` that the rows of ``table`` stay under: ``default``, or more."""
    types = _types(table)
    profile = _profile(table, types)
    nulls = profile.columns.get("target", {}).get("nulls") or 0
    infinite = sum((of.get("infinite") or 0) + (of.get("nans") or 0) for of in profile.columns.values())
    repeated = profile.table.get("duplicate_times")
    timeless = 0 if repeated is None else profile.columns["time"]["nulls"] or 0
    bad = nulls + infinite + timeless + (repeated or 0) + (profile.table.get("defects") or 0)
    share = bad / max(len(table.frame), 1)
    return default if share <= default else min(1.0, math.ceil(share * 1.2 * 100) / 100)


def _types(table: Table) -> dict[str, str]:
    return {name: str(kind).split("(")[0] for name, kind in table.frame.schema.items()}


def _profile(table: Table, types: dict[str, str]) -> Profile:
    return measure_profile(
        _pieces(table.frame, profiled_columns(types)),
        types,
        step_seconds=step_seconds(table.frame) if table.kind == "series" else None,
        images=_pieces(table.frame, IMAGE_COLUMNS) if table.kind == "images" else (),
    )


def _pieces(frame: pl.DataFrame, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    return frame.select(columns).iter_slices(PIECE)


def _table_rules(table: Table, profile: Profile) -> list[Entry]:
    rows = int(profile.table["rows"] or 0)
    return [
        Entry(
            f"The table has {rows:,} rows; half as many would mean that some are lost.",
            rule="rows",
            min=max(1, rows // 2),
        )
    ]


def _class_rules(profile: Profile) -> list[Entry]:
    if profile.table.get("classes") is None:
        return []
    entries = [Entry("With one class there is nothing to learn.", rule="classes", min=2)]
    if not profile.classes or len(profile.classes) > MOST_CLASSES:
        return entries
    least = min(profile.classes.values())
    names = list(profile.classes)
    return [
        *entries,
        Entry(
            "A class of which no row is left would silently be unlearnt.", rule="classes_present", names=names
        ),
        Entry(
            f"The rarest class has {least:,} rows now.",
            rule="class_rows",
            min=max(1, least // 2),
            on_fail="warn",
        ),
    ]


def _image_rules(profile: Profile) -> list[Entry]:
    return [
        Entry(
            f"Share of images that cannot be decoded; {percent(profile.table.get('defect_share'))} now.",
            rule="defect_share",
            max=widened_share(profile.table.get("defect_share")),
        ),
        Entry(
            "Images with the same bytes as an earlier one: on both sides of a split they would flatter the score.",
            rule="duplicate_images",
            max=int(profile.table.get("duplicate_images") or 0),
            on_fail="warn",
        ),
    ]


def _size_rules(profile: Profile) -> list[Entry]:
    entries: list[Entry] = []
    for name, about in (("height", "pixels high"), ("width", "pixels wide"), ("bands", "colour bands deep")):
        low, high = profile.columns[name]["min"], profile.columns[name]["max"]
        if low is None or high is None:
            continue
        size = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        entries.append(
            Entry(
                f"Images are {size} {about} now; others are resized all the same.",
                rule="between",
                columns=[name],
                min=int(low),
                max=int(high),
                on_fail="warn",
            )
        )
    return entries


def _target_rules(profile: Profile) -> list[Entry]:
    if profile.table.get("classes") is None:
        return []
    empty = now(profile.columns["target"]["nulls"])
    entries = [Entry(f"A row without a target teaches nothing.{empty}", rule="not_null", columns=["target"])]
    if profile.classes and len(profile.classes) <= MOST_CLASSES:
        entries.append(
            Entry(
                "A class that was not there when this file was written; add it here if it is meant.",
                rule="one_of",
                columns=["target"],
                values=list(profile.classes),
            )
        )
    return entries


def _schema_text(types: dict[str, str]) -> str:
    listed = "".join(f"    {scalar(name)}: {kind}\n" for name, kind in types.items())
    return (
        "# Tier 1: columns and types, read from the footer of the file. `more_columns: allow` lets others be there.\n"
        f"schema:\n  on_fail: stop\n  more_columns: refuse\n  columns:\n{listed}"
    )
