"""What the tier ``rows`` of a suite may say: rules about cells, one by one."""

import re
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

from pipeline.foundation.section import Section
from pipeline.quality.bounds import Bounded, NumberBounded

Language = Literal["de", "en", "es", "fr", "it", "nl", "pt"]
Script = Literal[
    "Arabic", "Cyrillic", "Devanagari", "Greek", "Han", "Hangul", "Hebrew", "Hiragana", "Katakana", "Latin", "Thai",
]  # fmt: skip


def _as_sequence(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(_as_sequence), Field(min_length=1)]


class RowRule(Section):
    """What every rule about rows has."""

    on_fail: Literal["stop", "quarantine", "warn"] = "quarantine"
    """`quarantine` sets the offending rows aside with the reason, `stop` ends the run, `warn` keeps them."""


class NotNull(RowRule):
    """A cell must hold something."""

    rule: Literal["not_null"]
    columns: Columns


class Finite(RowRule):
    """A cell is a number, or empty; never infinite and never NaN."""

    rule: Literal["finite"]
    columns: Columns


class Between(RowRule, Bounded):
    """A cell lies between two bounds, both allowed, or is empty; numbers or times."""

    rule: Literal["between"]
    columns: Columns


class Positive(RowRule):
    """A cell is above 0, or empty."""

    rule: Literal["positive"]
    columns: Columns


class NotBelow(RowRule):
    """A cell is not below those of other columns in the same row: a day's high is not below its low."""

    rule: Literal["not_below"]
    columns: Columns
    others: Columns
    tolerance: NonNegativeFloat = 1e-6
    """What rounding may make of it, as a share of the cell."""


class OneOf(RowRule):
    """A cell is one of the listed values, or empty."""

    rule: Literal["one_of"]
    columns: Columns
    values: Annotated[tuple[StrictStr | StrictInt | StrictFloat, ...], Field(min_length=1)]


class Matches(RowRule):
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


class Length(RowRule):
    """A text is between `min` and `max` characters long, or empty."""

    rule: Literal["length"]
    columns: Columns
    min: NonNegativeInt = 0
    max: NonNegativeInt


class HasWords(RowRule):
    """A text has letters, digits or emoji left when markup, links and mentions are taken out."""

    rule: Literal["has_words"]
    columns: Columns
    least: PositiveInt = 1
    """So many of them."""


class InLanguage(RowRule):
    """A text is in one of some languages, told by its commonest words; a text of few words is let pass."""

    rule: Literal["language"]
    columns: Columns
    names: Annotated[tuple[Language, ...], BeforeValidator(_as_sequence), Field(min_length=1)]


class InScript(RowRule):
    """The letters of a text belong to some scripts, at least this share of them."""

    rule: Literal["script"]
    columns: Columns
    names: Annotated[tuple[Script, ...], BeforeValidator(_as_sequence), Field(min_length=1)]
    share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.5


class Readable(RowRule):
    """An image, a frame or a recording could be decoded."""

    rule: Literal["readable"]


class NotBlank(RowRule):
    """An image shows something: its brightest pixel differs from its darkest."""

    rule: Literal["not_blank"]
    least: PositiveInt = 1
    """By so much."""


class NotSilent(RowRule):
    """A recording can be heard: its loudest sample is above a level."""

    rule: Literal["not_silent"]
    decibels: Annotated[float, Field(lt=0.0)] = -60.0
    """Level below the loudest that can be written."""


class Duration(RowRule, NumberBounded):
    """A recording lasts between `min` and `max` seconds."""

    rule: Literal["duration"]


class UniqueTime(RowRule):
    """No two rows of one group have one time; rows without a time are left alone."""

    rule: Literal["unique_time"]
    keep: Literal["first", "none"] = "first"
    """Which of the rows with one time stays."""


AnyRowRule = (
    NotNull | Finite | Between | Positive | NotBelow | OneOf | Matches | Length | HasWords | InLanguage | InScript
    | Readable | NotBlank | NotSilent | Duration | UniqueTime
)  # fmt: skip
