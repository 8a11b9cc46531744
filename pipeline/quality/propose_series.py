"""What a series suggests for its ``quality.yaml``."""

import math

import polars as pl

from pipeline.quality.plausible import far_out, plausible
from pipeline.quality.profile import Profile
from pipeline.quality.wording import Entry, now, percent, widened_share

MOST_RANGES = 60
"""With more channels than this, none gets a range of its own: nobody would edit them."""

FEW_CODES = 10
CODES_FROM = 20
"""A column of few whole numbers holds codes if each stands for so many rows on average."""

MOSTLY_OUTSIDE = 0.2
"""Where more values are impossible than this, the name of the column means something else."""


def time_rules(profile: Profile) -> list[Entry]:
    """Return what the groups, and the order and distances of the rows, suggest."""
    figures = profile.table
    entries: list[Entry] = []
    if figures.get("groups"):
        entries.append(
            Entry("Fewer groups than now.", rule="groups", min=int(figures["groups"] or 0), on_fail="warn")
        )
        shortest = int(figures.get("shortest_group") or 0)
        entries.append(
            Entry(
                f"The shortest group has {shortest:,} rows now; a window needs some.",
                rule="shortest_group",
                min=max(1, shortest // 2),
                on_fail="warn",
            )
        )
    if figures.get("unsorted_times") is None:
        return entries
    entries.append(
        Entry("Ingest sorts by group and time; this makes sure of it.", rule="unsorted_times", max=0)
    )
    gap = figures.get("largest_gap_seconds")
    if gap:
        entries.append(
            Entry(
                f"The longest pause within a group is {_duration(gap)} now.",
                rule="largest_gap_seconds",
                max=_up(gap * 2),
                on_fail="warn",
            )
        )
    share = figures.get("gap_share")
    if share is not None:
        entries.append(
            Entry(
                f"Share of steps longer than usual; {percent(share)} now.",
                rule="gap_share",
                max=widened_share(share),
                on_fail="warn",
            )
        )
    missing, share = figures.get("missing_days"), figures.get("missing_day_share")
    if missing is not None and share is not None:
        entries.append(
            Entry(
                f"Weekdays that usually have rows and have none (holidays of an exchange); {missing:,.0f} now.",
                rule="missing_day_share",
                max=widened_share(share),
                on_fail="warn",
            )
        )
    return entries


def channel_rules(profile: Profile, channels: tuple[str, ...]) -> list[Entry]:
    """Return bounds on empty cells and on channels that say nothing; those that say nothing now are left out."""
    entries: list[Entry] = []
    full = [name for name in channels if not profile.columns[name]["nulls"]]
    holed = [name for name in channels if name not in full]
    telling = [name for name in channels if (profile.columns[name]["distinct"] or 0) > 1]
    if full:
        entries.append(
            Entry(
                "Empty cells, where there are none now; preprocessing.missing says what becomes of them.",
                rule="null_share",
                columns=_short(full, channels),
                max=0.05,
                on_fail="warn",
            )
        )
    shares: dict[float, list[str]] = {}
    for name in holed:
        shares.setdefault(widened_share(profile.columns[name]["null_share"]), []).append(name)
    for share, names in sorted(shares.items()):
        observed = max(profile.columns[name]["null_share"] or 0.0 for name in names)
        entries.append(
            Entry(
                f"Empty cells; up to {percent(observed)} now.",
                rule="null_share",
                columns=_short(names, channels),
                max=share,
                on_fail="warn",
            )
        )
    if telling:
        silent = [name for name in channels if name not in telling]
        said = f" Left out, because they say nothing now: {', '.join(silent[:8])}." if silent else ""
        entries.append(
            Entry(
                f"A channel with one value for ever: a sensor that is stuck.{said}",
                rule="distinct",
                columns=_short(telling, channels),
                min=2,
                on_fail="warn",
            )
        )
    return entries


def cell_rules(profile: Profile, channels: tuple[str, ...], *, timed: bool) -> list[Entry]:
    """Return what is expected of single cells: finite, and of a series one row for each time."""
    entries: list[Entry] = []
    odd = sum(
        (profile.columns[name]["infinite"] or 0) + (profile.columns[name]["nans"] or 0) for name in channels
    )
    if channels:
        entries.append(
            Entry(
                f"Infinite numbers and NaN; an empty cell is none of them.{now(odd, 'cells')}",
                rule="finite",
                columns="channels",
            )
        )
    if timed and profile.table.get("unsorted_times") is not None:
        timeless, repeated = profile.columns["time"]["nulls"], profile.table.get("duplicate_times")
        entries += [
            Entry(
                f"A row without a time has no place in a series.{now(timeless)}",
                rule="not_null",
                columns=["time"],
            ),
            Entry(
                "A second row of the same group and time; the first one stays (keep: none sets all of them aside)."
                + now(repeated),
                rule="unique_time",
                keep="first",
            ),
        ]
    return entries


def range_rules(frame: pl.DataFrame, profile: Profile, channels: tuple[str, ...]) -> list[Entry]:
    """Return ranges of the channels, which only warn: nobody has said what is possible.

    Where the name of a channel says what it measures, or single values lie far from all others, the range
    leaves those out, so that today's impossible values are told.
    """
    if len(channels) > MOST_RANGES:
        return []
    entries: list[Entry] = []
    guess = " Where you know the limits, write them here, with on_fail: quarantine."
    for name in channels:
        entry = (
            _few_values(profile, name)
            or _possible(frame, name)
            or _not_far_out(frame, profile, name)
            or _widened(profile, name)
        )
        if entry is not None:
            entry.comment += guess if not entries else ""
            entries.append(entry)
    return entries


def _few_values(profile: Profile, name: str) -> Entry | None:
    """Return the values of a column of codes (0 and 1, 1 to 5), which has no range."""
    sketch = profile.sketches.get(name, {})
    values = [float(value) for value in sketch.get("values") or ()]
    if not 1 < len(values) <= FEW_CODES or sketch["rows"] < CODES_FROM * len(values):
        return None
    if any(value != int(value) for value in values):
        return None
    codes = sorted(int(value) for value in values)
    about = f"{name} has {len(codes)} values now."
    return Entry(about, rule="one_of", columns=[name], values=codes, on_fail="warn")


def _possible(frame: pl.DataFrame, name: str) -> Entry | None:
    known = plausible(name)
    if known is None:
        return None
    outside = _outside(frame[name], known.low, known.high)
    if outside > MOSTLY_OUTSIDE * max(len(frame), 1):  # the name means something else
        return None
    low, high = _plain(known.low), _plain(known.high)
    about = f"{name}: {known.about} is {low:g} to {high:g}.{now(outside)}"
    return Entry(about, rule="between", columns=[name], min=low, max=high, on_fail="warn")


def _not_far_out(frame: pl.DataFrame, profile: Profile, name: str) -> Entry | None:
    low, high = far_out(profile.sketches.get(name, {}).get("quantiles", []))
    wide = _wide_range(profile.columns[name])
    if wide is None or (low is None and high is None):
        return None
    floor = wide[0] if low is None else _down(low)
    ceiling = wide[1] if high is None else _up(high)
    if not math.isfinite(floor) or not math.isfinite(ceiling):
        return None
    outside, figures = _outside(frame[name], floor, ceiling), profile.columns[name]
    about = f"{name}: {figures['min']:.6g} to {figures['max']:.6g} now; {outside:,} of them lie far from all others."
    return Entry(about, rule="between", columns=[name], min=floor, max=ceiling, on_fail="warn")


def _widened(profile: Profile, name: str) -> Entry | None:
    found = _wide_range(profile.columns[name])
    if found is None:
        return None
    low, high = found
    figures = profile.columns[name]
    floor = ", but not below 0" if not low else ""
    about = f"{name}: {figures['min']:.6g} to {figures['max']:.6g} now, widened by half its span{floor}."
    return Entry(about, rule="between", columns=[name], min=low, max=high, on_fail="warn")


def _outside(values: pl.Series, low: float, high: float) -> int:
    finite = values.filter(values.is_finite())
    return int(((finite < low) | (finite > high)).sum())


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value


def _wide_range(figures: dict[str, float | None]) -> tuple[float, float] | None:
    """Return min and max with half the span added on both sides; what is never negative stays so."""
    low, high = figures.get("min"), figures.get("max")
    if low is None or high is None:
        return None
    room = (high - low) / 2 or abs(high) / 2 or 1.0
    floor = 0.0 if low >= 0 else _down(low - room)
    ceiling = _up(high + room)
    return (floor, ceiling) if math.isfinite(floor) and math.isfinite(ceiling) else None


def _up(value: float) -> float:
    """Return ``value`` rounded up to three significant digits."""
    return -_down(-value)


def _down(value: float) -> float:
    if value == 0 or not math.isfinite(value):
        return value
    rounded = float(f"{value:.3g}")
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
    return float(f"{rounded - unit:.3g}") if rounded > value else rounded


def _short(names: list[str], channels: tuple[str, ...]) -> str | list[str]:
    return "channels" if tuple(names) == channels else names


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}{'' if seconds == size else 's'}"
    return f"{seconds:g} seconds"
