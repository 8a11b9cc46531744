"""A table in figures: what the tier ``profile`` of a suite judges, measured over all rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.quality.tally import DistinctTally, NumberTally, TimeRange, TimeTally

NUMBERS = ("Int32", "Int64", "Float32", "Float64")
CLASS_COLUMN = "target"
IMAGE_COLUMNS = ("encoding", "image")


@dataclass(frozen=True)
class Profile:
    """Figures by the names that the suite uses; None where there is nothing to measure."""

    table: dict[str, float | None]
    columns: dict[str, dict[str, float | None]]
    classes: dict[str, int]
    """Rows of each class of the target, by name."""

    times: dict[str, str] = field(default_factory=dict)
    """First and last time, ISO 8601."""

    def class_figures(self) -> dict[str, dict[str, float | None]]:
        """Return rows and share of each class."""
        total = sum(self.classes.values())
        return {
            name: {"class_rows": rows, "class_share": rows / total} for name, rows in self.classes.items()
        }


def profiled_columns(types: Mapping[str, str]) -> list[str]:
    """Return the columns that :func:`measure_profile` wants: all but pictures."""
    return [name for name, kind in types.items() if kind != "Binary"]


def measure_profile(
    batches: Iterable[pl.DataFrame],
    types: Mapping[str, str],
    *,
    step_seconds: float | None = None,
    images: Iterable[pl.DataFrame] = (),
) -> Profile:
    """Return the figures of a whole table.

    Args:
        batches: The columns of :func:`profiled_columns`, in the order of the table.
        types: Type of each column of the table.
        step_seconds: Usual distance of two rows; None where there is none.
        images: The columns of ``IMAGE_COLUMNS`` in pieces, which may be smaller; none for series.
    """
    names = profiled_columns(types)
    numbers = {name: NumberTally() for name in names if types[name] in NUMBERS}
    distinct = {name: DistinctTally() for name in names}
    nulls: Counter[str] = Counter(dict.fromkeys(names, 0))
    classes: Counter[str] = Counter()
    times, span, rows = TimeTally(step_seconds), TimeRange(), 0
    for batch in batches:
        rows += len(batch)
        for name in names:
            nulls[name] += batch[name].null_count()
            distinct[name].add(batch[name])
            if name in numbers:
                numbers[name].add(batch[name])
        if types.get("time") == "Datetime":
            times.add(batch.select("group", "time"))
            span.add(batch["time"])
        if CLASS_COLUMN in names:
            counted = batch[CLASS_COLUMN].drop_nulls().cast(pl.String).value_counts()
            classes.update(dict(counted.iter_rows()))
    columns = {
        name: {
            "nulls": nulls[name],
            "null_share": nulls[name] / rows if rows else None,
            "distinct": distinct[name].count,
            **(numbers[name].figures() if name in numbers else {}),
        }
        for name in names
    }
    table = {"rows": rows, **times.figures(), "classes": len(classes) if CLASS_COLUMN in names else None}
    if "defect" in names:
        defects = rows - nulls["defect"]
        table |= {"defects": defects, "defect_share": defects / rows if rows else None}
    table |= _image_figures(images)
    return Profile(table, columns, dict(sorted(classes.items())), _ends(span))


def _image_figures(pieces: Iterable[pl.DataFrame]) -> dict[str, float | None]:
    """Return how many pictures repeat an earlier one's bytes, and the range of pixels stored as they are.

    Pictures in a format of their own (PNG, JPEG) are not decoded for it: ingest has done that once.
    """
    hashes: list[NDArray[np.uint64]] = []
    ends: list[int] = []
    for piece in pieces:
        hashes.append(piece["image"].drop_nulls().hash().to_numpy())
        raw = piece.filter(encoding="raw")["image"].drop_nulls()
        pixels = np.frombuffer(b"".join(raw), np.uint8)
        ends += [int(pixels.min()), int(pixels.max())] if len(pixels) else []
    if not hashes:
        return {}
    together = np.concatenate(hashes)
    return {
        "duplicate_images": len(together) - len(np.unique(together)),
        "pixel_min": min(ends, default=None),
        "pixel_max": max(ends, default=None),
    }


def _ends(span: TimeRange) -> dict[str, str]:
    if span.first is None or span.last is None:
        return {}
    return {"first": span.first.isoformat(), "last": span.last.isoformat()}
