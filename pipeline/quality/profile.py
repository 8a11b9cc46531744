"""A table in figures: what the tier ``profile`` of a suite judges, measured over all rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.redundancy import Redundancy
from pipeline.quality.sketch import MOST_NUMBERS, DayTally, QuantileSketch, ValueTally
from pipeline.quality.tally import (
    DISTINCT_AT_MOST,
    ClassTally,
    DistinctTally,
    GroupTally,
    NumberTally,
    RepeatTally,
    RunTally,
    TimeRange,
    TimeTally,
)

NUMBERS = ("Int32", "Int64", "Float32", "Float64")
CLASS_COLUMN = "target"
TEXT_COLUMN = "text"
TEXT_LENGTH = "text (characters)"
"""Under which name the sketches hold how long the texts are."""

IMAGE_COLUMNS = ("encoding", "image")
SOUND_COLUMNS = ("sound",)
PAYLOAD_FIGURES = ("duplicate_images", "duplicate_sounds", "pixel_min", "pixel_max")
"""Figures that need the pictures or recordings themselves, which are only read where a rule asks for them."""

_NO_SKETCH = ("sample_id", "origin", "time", "text", "target", "clip", "defect")


@dataclass(frozen=True)
class Profile:
    """Figures by the names that the suite uses; None where there is nothing to measure."""

    table: dict[str, float | None]
    columns: dict[str, dict[str, float | None]]
    classes: dict[str, int]
    """Rows of each class of the target, by name; empty where it has too many values to be a class."""

    times: dict[str, str] = field(default_factory=dict)
    """First and last time, ISO 8601."""

    sketches: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Per column: `rows`, `quantiles` of numbers or `values` with their counts, and how many neighbours are worth one
    row that stands alone: `redundancy`, and `null_redundancy` of whether a cell is empty."""

    days: list[str] = field(default_factory=list)
    """Spans of days with rows, ``2016-07-01/2016-07-29``."""

    def class_figures(self) -> dict[str, dict[str, float | None]]:
        """Return rows and share of each class."""
        total = sum(self.classes.values())
        return {
            name: {"class_rows": rows, "class_share": rows / total} for name, rows in self.classes.items()
        }


def profiled_columns(types: Mapping[str, str]) -> list[str]:
    """Return the columns that :func:`measure_profile` wants: all but pictures and recordings."""
    return [name for name, kind in types.items() if kind != "Binary"]


def payload_columns(types: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns with the pictures or recordings of a table; none of one that has neither."""
    if types.get("image") == "Binary":
        return IMAGE_COLUMNS
    return SOUND_COLUMNS if types.get("sound") == "Binary" else ()


def measure_profile(
    batches: Iterable[pl.DataFrame],
    types: Mapping[str, str],
    *,
    step_seconds: float | None = None,
    payload: Iterable[pl.DataFrame] = (),
) -> Profile:
    """Return the figures of a whole table.

    Args:
        batches: The columns of :func:`profiled_columns`, in the order of the table.
        types: Type of each column of the table.
        step_seconds: Usual distance of two rows; None where there is none.
        payload: The columns of :func:`payload_columns` in pieces, which may be smaller; none: not looked at.
    """
    names = profiled_columns(types)
    columns = {name: ColumnTally(name, types[name]) for name in names}
    lengths = ColumnTally(TEXT_LENGTH, "Int64")
    times, span, days, groups = TimeTally(step_seconds), TimeRange(), DayTally(), GroupTally()
    classes, clips, texts, rows = ClassTally(), RunTally(), RepeatTally(), 0
    watchers: list[tuple[str, Callable[[pl.Series], None]]] = [
        ("group", groups.add), (CLASS_COLUMN, classes.add), ("clip", clips.add), (TEXT_COLUMN, texts.add),
    ]  # fmt: skip
    if types.get("time") == "Datetime":
        watchers += [("time", span.add), ("time", days.add)]
    for batch in batches:
        rows += len(batch)
        for name, tally in columns.items():
            tally.add(batch[name])
        if types.get("time") == "Datetime":
            times.add(batch.select("group", "time"))
        if types.get(TEXT_COLUMN) == "String":
            lengths.add(batch[TEXT_COLUMN].str.len_chars().cast(pl.Int64))
        for name, add in watchers:
            if name in names:
                add(batch[name])
    table: dict[str, float | None] = {
        "rows": rows,
        **groups.figures(),
        **times.figures(),
        **_day_figures(days),
        "classes": classes.count if CLASS_COLUMN in names else None,
        "alike_classes": classes.alike if CLASS_COLUMN in names else None,
    }
    if "clip" in names:
        table |= clips.figures()
    if types.get(TEXT_COLUMN) == "String":
        table["duplicate_texts"] = texts.count
    if "defect" in names:
        defects = rows - columns["defect"].nulls
        table |= {"defects": defects, "defect_share": defects / rows if rows else None}
    table |= _payload_figures(payload)
    sketched = columns if types.get(TEXT_COLUMN) != "String" else {**columns, TEXT_LENGTH: lengths}
    sketches = {name: sketch for name, tally in sketched.items() if (sketch := tally.sketch())}
    figures = {name: tally.figures(rows) for name, tally in columns.items()}
    ordered = dict(sorted(classes.counts.items()))
    return Profile(table, figures, ordered, _ends(span), sketches, days.spans())


def _codes(values: pl.Series) -> NDArray[np.float64]:
    """Return a number for each word that is the same everywhere."""
    words = values.unique().to_list()
    codes = pl.DataFrame(
        {"word": pl.Series(words, dtype=pl.String), "code": [crc32(word.encode()) / 2**32 for word in words]},
        schema={"word": pl.String, "code": pl.Float64},
    )
    coded = values.alias("word").to_frame().join(codes, on="word", how="left", maintain_order="left")
    return coded["code"].to_numpy()


class ColumnTally:
    """Everything that is counted about one column."""

    def __init__(self, name: str, kind: str) -> None:
        """Begin.

        Args:
            name: Of the column; of some no distribution is kept.
            kind: Its type, as Polars calls it.
        """
        self.nulls = 0
        self._distinct = DistinctTally()
        self._numbers = NumberTally() if kind in NUMBERS else None
        sketched = name not in _NO_SKETCH
        self._quantiles = QuantileSketch() if sketched and kind in NUMBERS else None
        words = sketched and (kind == "String" or kind in NUMBERS)
        self._values = ValueTally(MOST_NUMBERS) if kind in NUMBERS else ValueTally()
        self._values.too_many = not words
        self._classes = name == CLASS_COLUMN and kind == "String"
        self._redundancy, self._null_redundancy = Redundancy(), Redundancy()

    def add(self, values: pl.Series) -> None:
        """Take one more batch of the column."""
        self.nulls += values.null_count()
        self._distinct.add(values)
        self._values.add(values)
        if self._quantiles is not None or not self._values.too_many:
            self._null_redundancy.add(values.is_null().cast(pl.Float64).to_numpy())
        if self._numbers is None:
            if not self._values.too_many or (self._classes and self._distinct.count <= DISTINCT_AT_MOST):
                self._redundancy.add(_codes(values.drop_nulls()))
            return
        self._numbers.add(values)
        if self._quantiles is not None:
            floats = values.cast(pl.Float64).drop_nulls().to_numpy()
            finite = floats[np.isfinite(floats)]
            self._quantiles.add(finite)
            self._redundancy.add(finite)

    def figures(self, rows: int) -> dict[str, float | None]:
        """Return the figures under the names that the suite uses."""
        return {
            "nulls": self.nulls,
            "null_share": self.nulls / rows if rows else None,
            "distinct": self._distinct.count,
            **(self._numbers.figures() if self._numbers else {}),
            **({"redundancy": self._redundancy.figure()} if self._classes else {}),
        }

    def sketch(self) -> dict[str, Any]:
        """Return the distribution, or nothing where there is none to tell."""
        values = self._values.values()
        worth = {
            "redundancy": self._redundancy.figure(),
            "null_redundancy": self._null_redundancy.figure(),
        }
        if self._quantiles is not None:
            found: dict[str, Any] = {"rows": self._quantiles.rows, "quantiles": self._quantiles.quantiles()}
            return {**found, **worth, "values": values} if values is not None else {**found, **worth}
        return {"rows": sum(values.values()), **worth, "values": values} if values else {}


def _day_figures(days: DayTally) -> dict[str, float | None]:
    missing, of = days.missing()
    if not of:
        return {"missing_days": None, "missing_day_share": None}
    return {"missing_days": missing, "missing_day_share": missing / of}


def _payload_figures(pieces: Iterable[pl.DataFrame]) -> dict[str, float | None]:
    """Return how many pictures (recordings) repeat an earlier one's bytes, and the range of pixels stored as they are.

    Pictures in a format of their own (PNG, JPEG) are not decoded for it: ingest has done that once.
    """
    repeats, ends, name = RepeatTally(), list[int](), ""
    for piece in pieces:
        name = "image" if "image" in piece.columns else "sound"
        repeats.add(piece[name])
        if name == "image":
            raw = piece.filter(encoding="raw")["image"].drop_nulls()
            pixels = np.frombuffer(b"".join(raw), np.uint8)
            ends += [int(pixels.min()), int(pixels.max())] if len(pixels) else []
    if not name:
        return {}
    if name == "sound":
        return {"duplicate_sounds": repeats.count}
    pixels_range = {"pixel_min": min(ends, default=None), "pixel_max": max(ends, default=None)}
    return {"duplicate_images": repeats.count, **pixels_range}


def _ends(span: TimeRange) -> dict[str, str]:
    if span.first is None or span.last is None:
        return {}
    return {"first": span.first.isoformat(), "last": span.last.isoformat()}
