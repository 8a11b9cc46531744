"""What reaches from one part into another: groups, and windows of a series."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.leakage.clusters import Ints
from pipeline.leakage.findings import Finding
from pipeline.leakage.parts import Parts, batches

EXAMPLES = 3


def shared_groups(parts: Parts) -> list[Finding]:
    """Return whether a group (patient, speaker, ticker) has samples in train and in test."""
    keys = parts.keys.filter(pl.col("group").is_not_null())
    if keys.is_empty() or parts.whole:
        return []
    sides = keys.group_by("group").agg(
        pl.len().alias("samples"),
        trains=(pl.col("split") != "test").any(),
        tests=(pl.col("split") == "test").any(),
    )
    both = sides.filter(pl.col("trains") & pl.col("tests")).sort("group")
    count = both.height
    check, of = "groups on both sides", int(sides["tests"].sum())
    if not count:
        sentence = f"none of the {of:,} groups that test has trains too"
        return [Finding(check=check, severity="none", sentence=sentence, of=of)]
    examples = tuple(str(name) for name in both["group"].head(EXAMPLES))
    if parts.kind == "series" and not parts.whole:
        sentence = (
            f"{count:,} of {of:,} groups in test train as well, which is right for forecasting what is known; to judge "
            f"on groups never met, set preprocessing.split.kind=group"
        )
        return [
            Finding(check=check, severity="note", sentence=sentence, count=count, of=of, examples=examples)
        ]
    sentence = (
        f"{count:,} of {of:,} groups in test also train or choose the epoch, so the score tells of groups already "
        f"met; set preprocessing.split.kind=group"
    )
    return [Finding(check=check, severity="leak", sentence=sentence, count=count, of=of, examples=examples)]


def overlapping_windows(parts: Parts) -> list[Finding]:
    """Return whether training windows hold rows that test targets are made of, and test windows reach into train."""
    if parts.kind != "series" or parts.whole:
        return []
    places, step, groups = _places(parts)
    train, test = (np.flatnonzero(parts.of(name)) for name in ("train", "test"))
    length, ahead = parts.window - 1, parts.horizon
    # Of a test sample that is judged by a forecast its targets count, of one with a class all its rows.
    judged = (1, ahead) if ahead else (-length, 0)
    held = _meets(places, groups, train, span=(-length * step, ahead * step), other=test,
                  other_span=(judged[0] * step, judged[1] * step))  # fmt: skip
    found = [_cut(parts, train[held], len(train))]
    if ahead:
        back = _meets(
            places,
            groups,
            test,
            span=(-length * step, 0.0),
            other=train,
            other_span=(-length * step, ahead * step),
        )
        count = int(back.sum())
        sentence = (
            f"{count:,} of {len(test):,} test windows look back into rows of train, which are known by then"
            if count else f"none of {len(test):,} test windows looks back into rows of train"
        )  # fmt: skip
        severity = "note" if count else "none"
        found.append(
            Finding(
                check="look-backs into train", severity=severity, sentence=sentence, count=count, of=len(test)
            )
        )
    return found


def _cut(parts: Parts, held: Ints, of: int) -> Finding:
    check = "windows over the cut"
    what = "targets" if parts.horizon else "windows"
    if not len(held):
        sentence = f"none of {of:,} training windows holds rows of test {what}{parts.said_sample}"
        return Finding(check=check, severity="none", sentence=sentence, of=of)
    return Finding(
        check=check,
        severity="leak",
        sentence=f"{len(held):,} of {of:,} training windows hold rows that test {what} are made of"
        f"{parts.said_sample}; divide by time, or raise preprocessing.split.purge to "
        f"{parts.window + parts.horizon}",
        count=len(held),
        of=of,
        examples=tuple(parts.example(place) for place in held[:EXAMPLES]),
    )


def _places(parts: Parts) -> tuple[NDArray[np.float64], float, Ints]:
    """Return the place of each sample's last row on the axis of its group, the length of a step, and the group.

    The axis counts rows of the table; or seconds, where rows were inserted that the table does not have.
    """
    groups = parts.keys["group"].rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
    ids = parts.keys["sample_id"].to_numpy()
    places = _rows_of(parts, ids)
    if (places >= 0).all():
        axis = places.astype(np.float64)
    else:
        axis = parts.keys["time"].cast(pl.Int64).to_numpy() / 1e6
    tests = np.flatnonzero(parts.of("val", "test"))
    order = tests[np.lexsort((axis[tests], groups[tests]))]
    steps = np.diff(axis[order])[np.diff(groups[order]) == 0]
    steps = steps[steps > 0]
    values, counts = np.unique(steps, return_counts=True)
    return axis, float(values[counts.argmax()]) / parts.every if len(values) else 1.0, groups


def _rows_of(parts: Parts, ids: Ints) -> Ints:
    """Return in which row of the table each sample stands, -1 where in none; the table is read piece by piece."""
    order = np.argsort(ids, kind="stable")
    wanted, rows, first = ids[order], np.full(len(ids), -1, np.int64), 0
    for part in batches(parts.table, ["sample_id"]):
        own = part["sample_id"].to_numpy()  # rising
        low, high = np.searchsorted(wanted, own[0]), np.searchsorted(wanted, own[-1], side="right")
        at = np.searchsorted(own, wanted[low:high])
        rows[order[low:high]] = np.where(own[at] == wanted[low:high], first + at, -1)
        first += len(own)
    return rows


def _meets(
    places: NDArray[np.float64], groups: Ints, mine: Ints, *,
    span: tuple[float, float], other: Ints, other_span: tuple[float, float],
) -> NDArray[np.bool_]:  # fmt: skip
    """Return which of ``mine`` have a stretch that meets the stretch of one of ``other`` in the same group."""
    met = np.zeros(len(mine), bool)
    tiny = 1e-6
    own, others = _by_group(groups[mine]), _by_group(groups[other])
    length = other_span[1] - other_span[0]
    for group in own.keys() & others.keys():
        members = own[group]
        firsts = np.sort(places[other[others[group]]]) + other_span[0]
        at = places[mine[members]]
        low = np.searchsorted(firsts, at + span[0] - length - tiny)
        high = np.searchsorted(firsts, at + span[1] + tiny)
        met[members] = high > low
    return met


def _by_group(groups: Ints) -> dict[int, Ints]:
    """Return the places of each group."""
    order = np.argsort(groups, kind="stable")
    names, begins = np.unique(groups[order], return_index=True)
    return dict(zip(names.tolist(), np.split(order, begins[1:]), strict=True))
