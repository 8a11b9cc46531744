"""The data that were accepted last, and how far the new ones are from them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.quality.profile import CLASS_COLUMN, Profile
from pipeline.quality.sketch import days_of

Floats = NDArray[np.float64]

BINS = 10
"""Parts of equal size that the accepted numbers are cut into for the population stability index."""

TINY = 1e-4
"""Share that stands for none, so that its logarithm is a number."""


@dataclass(frozen=True)
class Reference:
    """A profile, as ``verdict.json`` keeps it."""

    rows: int
    columns: dict[str, dict[str, float | None]]
    sketches: dict[str, dict[str, Any]]
    """As in :class:`Profile`; the classes of the target are among them."""

    days: frozenset[int]
    times: dict[str, str]

    @property
    def about(self) -> str:
        """What it is, for a person."""
        span = f", {self.times['first'][:10]} to {self.times['last'][:10]}" if self.times else ""
        return f"{self.rows:,} rows{span}"


def read_reference(path: Path) -> Reference:
    """Return the profile in a ``verdict.json``.

    Raises:
        DataError: The file is missing, or is no verdict with a profile.
    """
    try:
        profile = json.loads(path.read_text(encoding="utf-8"))["profile"]
        return as_reference(
            Profile(
                **{
                    name: profile[name]
                    for name in ("table", "columns", "classes", "times", "sketches", "days")
                }
            )
        )
    except FileNotFoundError:
        raise DataError(
            f"{path} does not exist; `convoy accept` writes the verdict that quality.reference names, or set it to null"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} is no verdict with a profile ({type(error).__name__}); `convoy accept` writes one"
        ) from error


def as_reference(profile: Profile) -> Reference:
    """Return a profile as something to be compared."""
    classes: dict[str, Any] = {"rows": sum(profile.classes.values()), "values": profile.classes}
    redundancy = profile.columns.get(CLASS_COLUMN, {}).get("redundancy")
    classes |= {} if redundancy is None else {"redundancy": redundancy}
    sketches = {**profile.sketches, **({CLASS_COLUMN: classes} if profile.classes else {})}
    days = frozenset(days_of(profile.days))
    return Reference(int(profile.table["rows"] or 0), profile.columns, sketches, days, profile.times)


def new_values(now: Reference, then: Reference, column: str) -> list[str] | None:
    """Return values of ``column`` that were not there; None where they cannot be compared."""
    ours, theirs = (_values(side, column) for side in (now, then))
    return None if ours is None or theirs is None else sorted(set(ours) - set(theirs))


def missing_values(now: Reference, then: Reference, column: str) -> list[str] | None:
    """Return values of ``column`` that are gone; None where they cannot be compared."""
    return new_values(then, now, column)


def null_rise(now: Reference, then: Reference, column: str) -> float | None:
    """Return by how much the share of empty cells grew; None where they cannot be compared."""
    shares = [side.columns.get(column, {}).get("null_share") for side in (now, then)]
    return None if shares[0] is None or shares[1] is None else shares[0] - shares[1]


def psi(now: Reference, then: Reference, column: str, least_rows: int) -> float | None:
    """Return the population stability index; None where there is too little to compare.

    Numbers are cut where the accepted ones are cut into ten parts of equal size, categories by value.

    Source:
        Siddiqi (2006), "Credit Risk Scorecards".
    """
    pair = _comparable(now, then, column, least_rows)
    if pair is None:
        return None
    shares = _value_shares(*pair) if "values" in pair[0] and "values" in pair[1] else _bin_shares(*pair)
    if shares is None:
        return None
    ours, theirs = (np.maximum(share, TINY) for share in shares)
    return float(((ours - theirs) * np.log(ours / theirs)).sum())


def ks(now: Reference, then: Reference, column: str, least_rows: int) -> float | None:
    """Return the largest distance of the two cumulative distributions; None where there is too little to compare.

    Source:
        Smirnov (1948), "Table for estimating the goodness of fit of empirical distributions".
    """
    pair = _comparable(now, then, column, least_rows)
    if pair is None or not (pair[0].get("quantiles") and pair[1].get("quantiles")):
        return None
    if "values" in pair[0] and "values" in pair[1]:  # counted one by one: exact
        ours, theirs = _value_shares(*pair)
        return float(np.abs(np.cumsum(ours) - np.cumsum(theirs)).max())
    first, second = (np.sort(np.array(side["quantiles"], np.float64)) for side in pair)
    places = np.concatenate([first, second])
    return float(np.abs(_reached(first, places) - _reached(second, places)).max())


def _values(side: Reference, column: str) -> dict[str, int] | None:
    return side.sketches.get(column, {}).get("values")


def _comparable(
    now: Reference, then: Reference, column: str, least_rows: int
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    ours, theirs = now.sketches.get(column), then.sketches.get(column)
    if not ours or not theirs or min(ours["rows"], theirs["rows"]) < least_rows:
        return None
    return ours, theirs


def _value_shares(ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[Floats, Floats]:
    """Return the share of every value on both sides, in the order of numbers where the values are numbers."""
    every = sorted(set(ours["values"]) | set(theirs["values"]), key=_as_number)
    first, second = (
        np.array([side["values"].get(value, 0) for value in every], np.float64) for side in (ours, theirs)
    )
    return first / first.sum(), second / second.sum()


def _as_number(value: str) -> tuple[float, str]:
    try:
        return float(value), value
    except ValueError:
        return 0.0, value


def _bin_shares(ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[Floats, Floats] | None:
    if not ours.get("quantiles") or not theirs.get("quantiles"):
        return None
    first, second = (np.sort(np.array(side["quantiles"], np.float64)) for side in (ours, theirs))
    cuts = np.unique(np.quantile(second, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    shares = [np.diff(np.concatenate([[0.0], _reached(side, cuts), [1.0]])) for side in (first, second)]
    return shares[0], shares[1]


def _reached(quantiles: Floats, places: Floats) -> Floats:
    """Return which share of the numbers with these quantiles lies at or below each of ``places``.

    Between two quantiles the share grows evenly; a value that fills several of them makes it jump.
    """
    ranks = np.linspace(0.0, 1.0, len(quantiles))
    last = np.searchsorted(quantiles, places, side="right") - 1
    inside = (last >= 0) & (last < len(quantiles) - 1)
    low, high = quantiles[np.maximum(last, 0)], quantiles[np.minimum(last + 1, len(quantiles) - 1)]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        part = np.where(high > low, (places - low) / (high - low), 0.0)
    between = ranks[np.maximum(last, 0)] + np.where(inside, np.nan_to_num(part), 0.0) / (len(quantiles) - 1)
    return np.where(last < 0, 0.0, between)
