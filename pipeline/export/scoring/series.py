"""Rows of a series, group by group: in order, filled, changed, smoothed and scaled as training did."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import complaint, numbers
from .rows import Doubles, Row, moment, number, word

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

GAP = 1.5
"""Distances over this many steps are gaps."""

DAY = 86_400.0
MONTH, MEAN_MONTH = (28 * DAY, 31 * DAY), 365.2425 / 12 * DAY


@dataclass
class Group:
    """The rows of one group in the order of time."""

    places: Ints
    """Number of each in the input; -1 where it was put into a gap."""

    times: Ints
    """Microseconds since 1970; 0 where rows have no times."""

    raw: Doubles
    """``(row, channel)``, NaN where nothing was measured."""

    values: Doubles
    """All channels that the network reads, unscaled."""

    begins: Ints
    """Row with which the unbroken stretch of each row begins."""

    @property
    def unknown(self) -> Mask:
        """Which rows have a value that nobody knows."""
        return np.asarray(np.isnan(self.values).any(axis=1))


def groups_of(rows: Sequence[Row], fitted: Mapping[str, Any]) -> tuple[list[Group], dict[int, str]]:
    """Return the groups by their names, and why rows are in none of them.

    Args:
        rows: Raw rows.
        fitted: ``preprocessing.json``.
    """
    timed = fitted["time"] is not None and any(row.get(fitted["time"]) not in (None, "") for row in rows)
    reasons: dict[int, str] = {}
    members: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for place, row in enumerate(rows):
        try:
            time = moment(row, fitted["time"], fitted["reading"]) if timed else place
        except ValueError as error:
            reasons[place] = str(error)
            continue
        why = "it has no time" if time is None else _complaint(row, fitted)
        if why is not None or time is None:
            reasons[place] = str(why)
            continue
        name = word(row, fitted["group"]) if fitted["group"] else None
        members[name or ""].append((time, place))
    found = [_group(rows, sorted(members[name]), fitted, timed=timed) for name in sorted(members)]
    return found, reasons


def scaled(values: Doubles, fitted: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return channels as the network reads them."""
    offset, scale = np.array(fitted["offset"]), np.array(fitted["scale"])
    made: NDArray[np.float32] = ((values - offset) / scale).astype(np.float32)
    return made


def _complaint(row: Row, fitted: Mapping[str, Any]) -> str | None:
    """Return why a row cannot be used at all; None: it can."""
    if fitted["needs_group"] and word(row, fitted["group"]) is None:
        return "it has no group"
    # an average of several rows can do without one cell
    refuses_holes = fitted["missing"] == "refuse" and fitted["resample_seconds"] is None
    for name in fitted["channels"]:
        try:
            value = number(row, name, fitted["reading"])
        except ValueError as error:
            return str(error)
        if refuses_holes and not np.isfinite(value):
            return f"{name} is empty or infinite, and preprocessing.missing=refuse"
        if fitted["changes"] == "returns" and name in fitted["changed"] and value <= 0:
            return f"{name} is not above 0, and preprocessing.changes=returns divides by it"
    if fitted["static"] is None:
        return None
    refuses = "preprocessing.static_missing=refuse" if fitted["static_missing"] == "refuse" else None
    return complaint(row, fitted["static"], fitted["reading"], refuses=refuses)


def _group(
    rows: Sequence[Row], order: Sequence[tuple[int, int]], fitted: Mapping[str, Any], *, timed: bool
) -> Group:
    times, places = (np.array(part, np.int64) for part in zip(*order, strict=True))
    raw = numbers([rows[place] for place in places], fitted["channels"], fitted["reading"])
    raw[np.isinf(raw)] = np.nan
    if fitted["resample_seconds"] is not None:
        times, places, raw = _resampled(times, places, raw, fitted["resample_seconds"])
    if fitted["gaps"] == "fill" and timed:
        times, places, raw = _without_gaps(times, places, raw, fitted["step_seconds"])
    starts = _gaps(times, places, fitted, timed=timed)
    starts[0] = True
    values = _filled(raw, starts, fitted)
    unknown: Mask = np.asarray(np.isnan(values).any(axis=1))
    begins = _latest(starts | unknown | np.append(True, unknown[:-1]))
    parts = [values]
    if fitted["factors"] is not None:
        parts.append(_smoothed(values, begins, np.array(fitted["factors"])))
    parts.append((~np.isnan(raw[:, fitted["masked"]])).astype(np.float64))
    parts += [_cycle(times, name) for name in fitted["calendar"]]
    return Group(places, times, raw, np.concatenate(parts, axis=1), begins)


def _resampled(times: Ints, places: Ints, raw: Doubles, seconds: float) -> tuple[Ints, Ints, Doubles]:
    """Return one row per stretch of time, told by its end and by its last row: the mean of what it knows."""
    width = max(round(seconds * 1e6), 1)
    ends = -(-times // width) * width
    begins = np.flatnonzero(np.append(True, ends[1:] != ends[:-1]))
    lasts = np.append(begins[1:], len(ends)) - 1
    known = ~np.isnan(raw)
    sums = np.add.reduceat(np.where(known, raw, 0.0), begins, axis=0)
    counts = np.add.reduceat(known.astype(np.int64), begins, axis=0)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return ends[lasts], places[lasts], means


def _gaps(times: Ints, places: Ints, fitted: Mapping[str, Any], *, timed: bool) -> Mask:
    """Return the rows before which steps are missing."""
    if fitted["gaps"] == "ignore":
        return np.zeros(len(times), bool)
    if not timed:  # a row that cannot be used leaves a hole
        return np.asarray(np.diff(places, prepend=places[0]) > GAP)
    step = fitted["step_seconds"] or np.inf
    return np.asarray(np.diff(times, prepend=times[0]) / 1e6 > GAP * step)


def _without_gaps(times: Ints, places: Ints, raw: Doubles, step: float | None) -> tuple[Ints, Ints, Doubles]:
    """Put rows with nothing but a time where steps are missing."""
    if step is None:
        return times, places, raw
    distance = np.diff(times, prepend=times[0])
    unit = MEAN_MONTH if MONTH[0] <= step <= MONTH[1] else step
    gap = distance / 1e6 > GAP * step
    parts = np.where(gap, np.maximum(np.rint(distance / 1e6 / unit), 2), 1).astype(np.int64)
    row = np.repeat(np.arange(len(times)), parts)
    passed = np.arange(len(row)) - np.repeat(np.cumsum(parts) - parts, parts) + 1
    real = passed == parts[row]
    new = times[row] - distance[row] + np.rint(distance[row] * passed / parts[row]).astype(np.int64)
    return new, np.where(real, places[row], -1), np.where(real[:, None], raw[row], np.nan)


def _filled(raw: Doubles, starts: Mask, fitted: Mapping[str, Any]) -> Doubles:
    """Return values with holes filled and channels changed, as the settings say."""
    values = raw.copy()
    if fitted["missing"] in ("previous", "mask"):
        for column in values.T:
            known = np.maximum.accumulate(np.where(np.isnan(column), -1, np.arange(len(column))))
            column[:] = np.where(known < 0, np.nan, column[np.maximum(known, 0)])
    changed = [fitted["channels"].index(name) for name in fitted["changed"]]
    if changed:
        own = values[:, changed]
        before = np.concatenate([np.full((1, len(changed)), np.nan), own[:-1]])
        before[starts] = np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            values[:, changed] = own - before if fitted["changes"] == "differences" else own / before - 1.0
    if fitted["means"] is not None:
        holes = np.isnan(values)
        holes[:, changed] &= ~starts[:, None]  # what has nothing before it has not changed by a mean
        values = np.where(holes, np.array(fitted["means"]), values)
    return values


def _latest(starts: Mask) -> Ints:
    return np.maximum.accumulate(np.where(starts, np.arange(len(starts)), 0))


def _smoothed(values: Doubles, begins: Ints, factors: Doubles) -> Doubles:
    """Return exponentially smoothed values; each stretch begins with its own first value."""
    smooth = values.copy()
    for row in range(1, len(values)):
        if begins[row] != row:
            smooth[row] = factors * values[row] + (1.0 - factors) * smooth[row - 1]
    return smooth


def _cycle(times: Ints, name: str) -> Doubles:
    """Return sine and cosine of the place of each time in the day, week, month or year."""
    origin = datetime(1970, 1, 1, tzinfo=UTC)
    turns = [_turn(origin + timedelta(microseconds=int(time)), name) for time in times]
    angles = 2 * np.pi * np.array(turns)
    return np.stack([np.sin(angles), np.cos(angles)], axis=1)


def _turn(time: datetime, name: str) -> float:
    year = datetime(time.year, 1, 1, tzinfo=UTC)
    following = datetime(time.year + 1, 1, 1, tzinfo=UTC)
    match name:
        case "hour":
            return (time.hour * 60.0 + time.minute + time.second / 60.0) / 1440.0
        case "weekday":
            return time.weekday() / 7.0
        case "monthday":
            month = time.replace(day=1)
            return (time.day - 1.0) / ((month + timedelta(days=32)).replace(day=1) - month).days
        case "yearday":
            return (time - year).days / float((following - year).days)
        case _:
            return (time.month - 1.0) / 12.0
