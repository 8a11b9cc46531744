"""What ``quality.yaml`` may say: a closed, typed tree of three tiers of rules.

Every rule names its kind (`rule`), what it is about, its bounds, and what happens when it does not
hold (`on_fail`). :mod:`pipeline.quality.build` says which expectation of Great Expectations judges it.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    FiniteFloat,
    NaiveDatetime,
    NonNegativeInt,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

from pipeline.foundation.section import Section

ColumnType = Literal[
    "Int32", "Int64", "Float32", "Float64", "Boolean", "String", "Binary", "Date", "Datetime"
]
ColumnMeasure = Literal["nulls", "null_share", "nans", "infinite", "distinct", "min", "max", "mean", "std"]
TableMeasure = Literal[
    "rows", "groups", "shortest_group", "classes",
    "unsorted_times", "duplicate_times", "largest_gap_seconds", "gap_share",
    "defects", "defect_share", "duplicate_images", "pixel_min", "pixel_max",
]  # fmt: skip
ClassMeasure = Literal["class_rows", "class_share"]

CHANNELS = "channels"
"""Stands for every channel wherever a rule wants columns."""


def _as_sequence(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _nothing_as_empty(value: object) -> object:
    return () if value is None else value


Columns = Annotated[tuple[str, ...], BeforeValidator(_as_sequence), Field(min_length=1)]
Bound = FiniteFloat | NaiveDatetime | None


class SchemaRules(Section):
    """Columns and types, as the Parquet footer lists them."""

    columns: dict[str, ColumnType] = Field(default_factory=dict)
    """Columns that must be there, each with its type."""

    more_columns: Literal["allow", "refuse"] = "refuse"
    """Whether the table may have columns that are not listed."""

    on_fail: Literal["stop", "warn"] = "stop"
    """What happens when columns or types differ."""


class _Bounded(Section):
    min: Bound = None
    """Smallest value allowed."""

    max: Bound = None
    """Largest value allowed."""

    @model_validator(mode="after")
    def _bounds_make_sense(self) -> Self:
        low, high = self.min, self.max
        if low is None and high is None:
            raise ValueError("it needs min, max or both")
        if low is not None and high is not None:
            if isinstance(low, float) != isinstance(high, float):
                raise ValueError(f"min={low} and max={high} must both be numbers or both be times")
            if low > high:  # type: ignore[operator]
                raise ValueError(f"min={low} is above max={high}, so nothing can hold")
        return self


class _ProfileBounded(_Bounded):
    min: FiniteFloat | None = None
    max: FiniteFloat | None = None
    on_fail: Literal["stop", "warn"] = "stop"
    """`stop` ends the run before anything learns from the table; `warn` only says so."""


class ColumnRule(_ProfileBounded):
    """A figure about each of some columns, over all rows; nulls and infinities count apart."""

    rule: ColumnMeasure
    columns: Columns


class TableRule(_ProfileBounded):
    """A figure about the table as a whole."""

    rule: TableMeasure


class ClassRule(_ProfileBounded):
    """A figure about every class of the target."""

    rule: ClassMeasure


class ClassesPresent(Section):
    """Classes of which the table must have rows."""

    rule: Literal["classes_present"]
    names: Annotated[tuple[str, ...], Field(min_length=1)]
    on_fail: Literal["stop", "warn"] = "stop"


class _RowRule(Section):
    on_fail: Literal["stop", "quarantine", "warn"] = "quarantine"
    """`quarantine` sets the offending rows aside with the reason, `stop` ends the run, `warn` keeps them."""


class NotNull(_RowRule):
    """A cell must hold something."""

    rule: Literal["not_null"]
    columns: Columns


class Finite(_RowRule):
    """A cell is a number, or empty; never infinite and never NaN."""

    rule: Literal["finite"]
    columns: Columns


class Between(_RowRule, _Bounded):
    """A cell lies between two bounds, both allowed, or is empty; numbers or times."""

    rule: Literal["between"]
    columns: Columns


class OneOf(_RowRule):
    """A cell is one of the listed values, or empty."""

    rule: Literal["one_of"]
    columns: Columns
    values: Annotated[tuple[StrictStr | StrictInt | StrictFloat, ...], Field(min_length=1)]


class Matches(_RowRule):
    """A regular expression is found in a cell (`^…$` for the whole cell), or the cell is empty."""

    rule: Literal["matches"]
    columns: Columns
    pattern: str

    @model_validator(mode="after")
    def _pattern_compiles(self) -> Self:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"pattern={self.pattern!r} is no regular expression: {error}") from None
        return self


class Length(_RowRule):
    """A text is between `min` and `max` characters long, or empty."""

    rule: Literal["length"]
    columns: Columns
    min: NonNegativeInt = 0
    max: NonNegativeInt


class Readable(_RowRule):
    """An image could be decoded."""

    rule: Literal["readable"]


class UniqueTime(_RowRule):
    """No two rows of one group have one time; rows without a time are left alone."""

    rule: Literal["unique_time"]
    keep: Literal["first", "none"] = "first"
    """Which of the rows with one time stays."""


ProfileRule = Annotated[ColumnRule | TableRule | ClassRule | ClassesPresent, Field(discriminator="rule")]
RowRule = Annotated[
    NotNull | Finite | Between | OneOf | Matches | Length | Readable | UniqueTime,
    Field(discriminator="rule"),
]
AnyProfileRule = ColumnRule | TableRule | ClassRule | ClassesPresent
AnyRowRule = NotNull | Finite | Between | OneOf | Matches | Length | Readable | UniqueTime


class Suite(Section):
    """All that is expected of a table."""

    version: Literal[1] = 1
    """Version of this file's layout."""

    columns: SchemaRules = Field(default=SchemaRules(more_columns="allow"), alias="schema")
    profile: Annotated[tuple[ProfileRule, ...], BeforeValidator(_nothing_as_empty)] = ()
    rows: Annotated[tuple[RowRule, ...], BeforeValidator(_nothing_as_empty)] = ()


def resolved_columns(rule: object, channels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns a rule is about, in order and once each, with ``channels`` spelt out."""
    if isinstance(rule, Readable):
        return ("defect",)
    if isinstance(rule, UniqueTime):
        return ("group", "time")
    written: tuple[str, ...] = getattr(rule, "columns", ())
    spelt = [name for entry in written for name in (channels if entry == CHANNELS else (entry,))]
    return tuple(dict.fromkeys(spelt))
