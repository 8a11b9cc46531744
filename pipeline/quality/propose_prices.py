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
    columns = price_columns(channels)
    if not columns:
        return []
    high, low = columns["high"][0], columns["low"][0]
    ends = [name for part in ("open", "close") for name in columns.get(part, []) if "adj" not in name.lower()]
    prices = [name for part in ("open", "high", "low", "close") for name in columns.get(part, [])]
    entries = [
        _positive(frame, prices),
        _order(frame, [high], [low, *ends], "A day's high is not below its low, open and close."),
    ]
    if ends:
        entries.append(_order(frame, ends, [low], "Open and close are not below the low of the day."))
    if "volume" in columns:
        negative = frame.select(
            pl.any_horizontal(pl.col(name) < 0 for name in columns["volume"]).sum()
        ).item()
        entries.append(
            Entry(
                f"A volume is not negative.{now(negative)}",
                _set_aside(negative, frame),
                rule="between",
                columns=columns["volume"],
                min=0,
                on_fail=_consequence(negative, frame),
            )
        )
    return entries


def _positive(frame: pl.DataFrame, prices: list[str]) -> Entry:
    count = frame.select(pl.any_horizontal(pl.col(name) <= 0 for name in prices).sum()).item()
    return Entry(
        f"A price is above 0.{now(count)}",
        _set_aside(count, frame),
        rule="positive",
        columns=prices,
        on_fail=_consequence(count, frame),
    )


def _order(frame: pl.DataFrame, names: list[str], others: list[str], why: str) -> Entry:
    rule = NotBelow(rule="not_below", columns=tuple(names), others=tuple(others))
    below = [pl.Series(name, cells(frame, name, rule)) < 0 for name in names]
    count = int(pl.DataFrame(below).select(pl.any_horizontal(pl.all()).sum()).item() or 0)
    return Entry(
        f"{why}{now(count)}",
        _set_aside(count, frame),
        rule="not_below",
        columns=names,
        others=others,
        on_fail=_consequence(count, frame),
    )


def _consequence(count: int | None, frame: pl.DataFrame) -> str:
    return "warn" if (count or 0) > TOO_MANY * max(len(frame), 1) else "quarantine"


def _set_aside(count: int | None, frame: pl.DataFrame) -> int:
    return (count or 0) if _consequence(count, frame) == "quarantine" else 0
