"""What ``quality.yaml`` may say: a closed, typed tree of four tiers of rules.

Every rule names its kind (`rule`), what it is about, its bounds, and what happens when it does not
hold (`on_fail`). :mod:`pipeline.quality.build` says which expectation of Great Expectations judges it.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pipeline.foundation.section import Section
from pipeline.quality.bounds import NumberBounded
from pipeline.quality.rules_reference import USUAL, AnyReferenceRule, ReferenceRule
from pipeline.quality.rules_rows import (
    AnyRowRule,
    Columns,
    Duration,
    NotBelow,
    NotBlank,
    NotSilent,
    Readable,
    UniqueTime,
)

__all__ = [
    "CATEGORIES", "CHANNELS", "AnyProfileRule", "AnyReferenceRule", "AnyRowRule", "ClassMeasure", "ClassRule",
    "ClassesPresent", "ColumnMeasure", "ColumnRule", "SchemaRules", "Suite", "TableMeasure", "TableRule",
    "needed_columns_of", "resolved_columns",
]  # fmt: skip

ColumnType = Literal[
    "Int32", "Int64", "Float32", "Float64", "Boolean", "String", "Binary", "Date", "Datetime"
]
ColumnMeasure = Literal["nulls", "null_share", "nans", "infinite", "distinct", "min", "max", "mean", "std"]
TableMeasure = Literal[
    "rows", "groups", "shortest_group", "classes", "alike_classes",
    "unsorted_times", "duplicate_times", "largest_gap_seconds", "gap_share", "missing_days", "missing_day_share",
    "defects", "defect_share", "duplicate_images", "pixel_min", "pixel_max", "clips", "shortest_clip",
    "duplicate_sounds", "duplicate_texts",
]  # fmt: skip
ClassMeasure = Literal["class_rows", "class_share"]

CHANNELS = "channels"
"""Stands for every channel wherever a rule wants columns."""

CATEGORIES = "categories"
"""Stands for every category wherever a rule wants columns."""

Words = Mapping[str, tuple[str, ...]]
"""Columns that a word stands for."""


def _nothing_as_empty(value: object) -> object:
    return () if value is None else value


class SchemaRules(Section):
    """Columns and types, as the Parquet footer lists them."""

    columns: dict[str, ColumnType] = Field(default_factory=dict)
    """Columns that must be there, each with its type."""

    more_columns: Literal["allow", "refuse"] = "refuse"
    """Whether the table may have columns that are not listed."""

    on_fail: Literal["stop", "warn"] = "stop"
    """What happens when columns or types differ."""


class _ProfileBounded(NumberBounded):
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


AnyProfileRule = ColumnRule | TableRule | ClassRule | ClassesPresent
ProfileRule = Annotated[AnyProfileRule, Field(discriminator="rule")]
OneRowRule = Annotated[AnyRowRule, Field(discriminator="rule")]


class Suite(Section):
    """All that is expected of a table."""

    version: Literal[1] = 1
    """Version of this file's layout."""

    columns: SchemaRules = Field(default=SchemaRules(more_columns="allow"), alias="schema")
    profile: Annotated[tuple[ProfileRule, ...], BeforeValidator(_nothing_as_empty)] = ()
    rows: Annotated[tuple[OneRowRule, ...], BeforeValidator(_nothing_as_empty)] = ()
    reference: Annotated[tuple[ReferenceRule, ...], BeforeValidator(_nothing_as_empty)] = tuple(
        proposed.rule for proposed in USUAL
    )
    """How far the data may be from those accepted last; a file that does not say so means the usual rules."""


def resolved_columns(rule: object, words: Words) -> tuple[str, ...]:
    """Return the columns a rule judges, in order and once each, with ``channels`` and ``categories`` spelt out."""
    match rule:
        case Readable():
            return ("defect",)
        case NotBlank():
            return ("image",)
        case NotSilent():
            return ("sound",)
        case Duration():
            return ("samples",)
        case UniqueTime():
            return ("group", "time")
        case _:
            return _spelt(getattr(rule, "columns", ()), words)


def needed_columns_of(rule: object, words: Words) -> tuple[str, ...]:
    """Return the columns a rule has to read: those it judges, and those it compares them with."""
    more: tuple[str, ...] = ()
    match rule:
        case NotBelow():
            more = _spelt(rule.others, words)
        case NotBlank():
            more = ("encoding",)
        case Duration():
            more = ("rate",)
    return tuple(dict.fromkeys((*resolved_columns(rule, words), *more)))


def _spelt(written: tuple[str, ...], words: Words) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for entry in written for name in words.get(entry, (entry,))))
