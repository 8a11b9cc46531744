"""Two tables in figures: which columns are not what they were, beyond chance and by more than a little."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.drift.findings import DriftReport, Finding, Measure, summary_of
from pipeline.drift.mmd import discrepancy
from pipeline.drift.significance import Floats, distance_p_value, holm, shares_p_value, unseen_p_value
from pipeline.foundation.thinned import Kept
from pipeline.quality.reference import Reference, ks, psi
from pipeline.quality.sketch import QUANTILES

LEVEL = 0.05
"""Chance that a stream that has not changed is called drift."""

LEAST_DISTANCE = 0.05
"""Share of the rows below which a difference is not worth a call, however certain: of a million rows everything is."""

LEAST_ROWS = 20
"""Independent rows without which nothing is tested."""

REPRESENTATION = "features of the network"
"""Name of what the head reads, among the columns."""

RESOLUTION = 1.0 / (QUANTILES - 1)
"""What two sketches of one column may differ by."""


@dataclass(frozen=True)
class Side:
    """Two tables, of which some columns are compared."""

    now: Reference
    then: Reference
    columns: tuple[str, ...]
    dependent: bool
    """Whether neighbours in the table may resemble one another: a series, or groups."""

    inputs: bool = True
    """Whether empty cells and new values are tested too; of answers they mean nothing."""


SURE = ("new values", "representation")
"""Measures without a least distance: a new value is one at once, and of a representation so few rows are compared that
nothing small is certain."""


@dataclass(frozen=True)
class Vectors:
    """What a network makes of two tables."""

    now: Kept
    then: Kept
    dependent: bool
    """Whether neighbours may resemble one another."""


@dataclass(frozen=True)
class _Test:
    column: str
    measure: Measure
    distance: float
    psi: float | None
    rows: float
    p_value: float


def compare(sides: Sequence[Side], *, about: str, rows: int, vectors: Vectors | None = None) -> DriftReport:
    """Return what moved.

    Args:
        sides: Tables that are compared; all their tests share one correction.
        about: What the reference is, for a person.
        rows: New rows.
        vectors: What the network makes of both, which is one more test; None: nobody knows.
    """
    untested: dict[str, str] = {}
    tests = [test for side in sides for test in _tests(side, untested)]
    tests += [] if vectors is None else _representation(vectors, untested)
    adjusted = holm([test.p_value for test in tests])
    findings = tuple(
        Finding(
            column=test.column,
            measure=test.measure,
            distance=round(test.distance, 6),
            psi=None if test.psi is None else round(test.psi, 6),
            independent_rows=round(test.rows, 1),
            p_value=test.p_value,
            adjusted=value,
            drift=value <= LEVEL and (test.distance >= LEAST_DISTANCE or test.measure in SURE),
        )
        for test, value in zip(tests, adjusted, strict=True)
    )
    return DriftReport(
        summary=summary_of(findings, untested),
        drift=any(finding.drift for finding in findings),
        level=LEVEL,
        least_distance=LEAST_DISTANCE,
        reference=about,
        rows=rows,
        findings=findings,
        untested=untested,
    )


def _representation(vectors: Vectors, untested: dict[str, str]) -> list[_Test]:
    found = discrepancy(vectors.now, vectors.then, dependent=vectors.dependent)
    if isinstance(found, str):
        untested[REPRESENTATION] = found
        return []
    return [_Test(REPRESENTATION, "representation", found.distance, None, found.rows, found.p_value)]


def _tests(side: Side, untested: dict[str, str]) -> Iterator[_Test]:
    for column in side.columns:
        if side.inputs and side.now.rows and side.then.rows:
            yield from _empty_cells(side, column, untested)
        ours, theirs = (each.sketches.get(column) for each in (side.now, side.then))
        if not ours or not theirs or not ours["rows"] or not theirs["rows"]:
            if side.inputs:
                which = "the new rows have" if theirs else "the reference has"
                untested.setdefault(column, f"{which} no cells that can be counted")
            continue
        worth = [each["rows"] / _redundancy(side, column, "redundancy") for each in (ours, theirs)]
        if min(worth) < LEAST_ROWS:
            untested[column] = _too_few(worth)
            continue
        yield from _cells(side, column, ours, theirs)


def _cells(side: Side, column: str, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[_Test]:
    """Yield the tests of what stands in the cells."""
    times = _redundancy(side, column, "redundancy")
    first, second = ours["rows"] / times, theirs["rows"] / times
    index = psi(side.now, side.then, column, 1)
    if "values" in ours and "values" in theirs:
        names = sorted({*ours["values"], *theirs["values"]})
        counts = [np.array([each["values"].get(name, 0) for name in names], float) for each in (ours, theirs)]
        apart = 0.5 * float(np.abs(counts[0] / counts[0].sum() - counts[1] / counts[1].sum()).sum())
        p_value = shares_p_value(counts[0] / times, counts[1] / times)
        yield _Test(column, "shares", apart, index, first, p_value)
        if side.inputs and not theirs.get("quantiles"):
            yield _new_values(column, counts, times, index)
        return
    distance = ks(side.now, side.then, column, 1)
    if distance is not None:
        surely = max(0.0, distance - RESOLUTION)
        yield _Test(column, "distribution", distance, index, first, distance_p_value(surely, first, second))


def _new_values(column: str, counts: list[Floats], times: float, index: float | None) -> _Test:
    ours, theirs = counts
    unseen = float(ours[theirs == 0].sum() / ours.sum())
    p_value = unseen_p_value(ours, theirs, times)
    return _Test(column, "new values", unseen, index, float(ours.sum()) / times, p_value)


def _empty_cells(side: Side, column: str, untested: dict[str, str]) -> Iterator[_Test]:
    now, then = (each.columns.get(column, {}).get("null_share") for each in (side.now, side.then))
    if now is None or then is None or not (now or then):
        return
    times = _redundancy(side, column, "null_redundancy")
    worth = [side.now.rows / times, side.then.rows / times]
    if min(worth) < LEAST_ROWS:
        untested[f"empty cells of {column}"] = _too_few(worth)
        return
    pairs = [rows * np.array([share, 1.0 - share]) for rows, share in zip(worth, (now, then), strict=True)]
    yield _Test(column, "empty cells", abs(now - then), None, worth[0], shares_p_value(*pairs))


def _redundancy(side: Side, column: str, name: str) -> float:
    """Return how many rows are worth one: the larger of both sides, since the shorter one sees less of it.

    A verdict of an earlier version does not say it; then nothing may be concluded from neighbours.
    """
    if not side.dependent:
        return 1.0
    there = [each.sketches[column] for each in (side.now, side.then) if column in each.sketches]
    return max((float(sketch.get(name, np.inf)) for sketch in there), default=1.0)


def _too_few(worth: Sequence[float]) -> str:
    which = "the new rows are" if worth[0] < LEAST_ROWS else "the reference is"
    return f"{which} worth {min(worth):.0f} independent rows, and {LEAST_ROWS} are wanted"
