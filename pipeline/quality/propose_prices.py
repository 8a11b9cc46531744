"""What columns that look like prices suggest: above 0, the high above the low, volumes not negative."""

import re

import polars as pl

from pipeline.quality.cells import cells
from pipeline.quality.rules_rows import NotBelow
from pipeline.quality.wording import Entry, now

_PARTS = {
    "open": r"(.*[ _.\-])?open([ _.\-]price)?",
    "high": r"(.*[ _.\-])?high([ _.\-]price)?",
    "low": r"(.*[ _.\-])?low([ _.\-]price)?",
    "close": r"(.*[ _.\-])?close([ _.\-]price)?",
    "volume": r"(.*[ _.\-])?(volume|vol)",
}
TOO_MANY = 0.05
"""Where more rows break a rule than this, the columns mean something else, and the rule only warns."""


def price_columns(channels: tuple[str, ...]) -> dict[str, list[str]]:
    """Return which channels are opens, highs, lows, closes and volumes; nothing where they are no prices."""
    found = {
        part: [name for name in channels if re.fullmatch(pattern, name.strip().lower())]
        for part, pattern in _PARTS.items()
    }
    are_prices = len(found["high"]) == len(found["low"]) == 1 and (found["open"] or found["close"])
    return {part: names for part, names in found.items() if names} if are_prices else {}


def price_rules(frame: pl.DataFrame, channels: tuple[str, ...]) -> list[Entry]:
    """Return the rules of prices; empty where there are none."""
    return [entry for entry, _ in price_faults(frame, channels)]


def price_faults(frame: pl.DataFrame, channels: tuple[str, ...]) -> list[tuple[Entry, pl.Series]]:
    """Return the rules of prices, each with the rows that break it as true; empty where there are none."""
    columns = price_columns(channels)
    if not columns:
        return []
    high, low = columns["high"][0], columns["low"][0]
    ends = [name for part in ("open", "close") for name in columns.get(part, []) if "adj" not in name.lower()]
    prices = [name for part in ("open", "high", "low", "close") for name in columns.get(part, [])]
    faults = [
        _positive(frame, prices),
        _order(frame, [high], [low, *ends], "A day's high is not below its low, open and close."),
    ]
    if ends:
        faults.append(_order(frame, ends, [low], "Open and close are not below the low of the day."))
    if "volume" in columns:
        faults.append(_not_negative(frame, columns["volume"]))
    return faults


def _not_negative(frame: pl.DataFrame, volumes: list[str]) -> tuple[Entry, pl.Series]:
    broken = _any(frame.select(pl.col(name) < 0 for name in volumes))
    count = int(broken.sum())
    entry = Entry(
        f"A volume is not negative.{now(count)}",
        _set_aside(count, frame),
        rule="between",
        columns=volumes,
        min=0,
        on_fail=_consequence(count, frame),
    )
    return entry, broken


def _positive(frame: pl.DataFrame, prices: list[str]) -> tuple[Entry, pl.Series]:
    broken = _any(frame.select(pl.col(name) <= 0 for name in prices))
    count = int(broken.sum())
    entry = Entry(
        f"A price is above 0.{now(count)}",
        _set_aside(count, frame),
        rule="positive",
        columns=prices,
        on_fail=_consequence(count, frame),
    )
    return entry, broken


def _order(frame: pl.DataFrame, names: list[str], others: list[str], why: str) -> tuple[Entry, pl.Series]:
    rule = NotBelow(rule="not_below", columns=tuple(names), others=tuple(others))
    broken = _any(pl.DataFrame([pl.Series(name, cells(frame, name, rule)) < 0 for name in names]))
    count = int(broken.sum())
    entry = Entry(
        f"{why}{now(count)}",
        _set_aside(count, frame),
        rule="not_below",
        columns=names,
        others=others,
        on_fail=_consequence(count, frame),
    )
    return entry, broken


def _any(broken: pl.DataFrame) -> pl.Series:
    """Return the rows in which any cell is broken; an empty one is not."""
    return broken.select(pl.any_horizontal(pl.all()).fill_null(False).alias("broken")).to_series()


def _consequence(count: int | None, frame: pl.DataFrame) -> str:
    return "warn" if (count or 0) > TOO_MANY * max(len(frame), 1) else "quarantine"


def _set_aside(count: int | None, frame: pl.DataFrame) -> int:
    return (count or 0) if _consequence(count, frame) == "quarantine" else 0
