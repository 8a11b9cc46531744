"""Sources whose rows are cells: text tables, Parquet, queries, time-series archives."""

import re
from typing import Literal, Self

from pydantic import field_validator, model_validator

from pipeline.foundation.section import Section


class FileMeaning(Section):
    """What the path of a file says about the rows in it."""

    path: str
    """File, folder, glob pattern or URL (`s3://`, `gs://`, `https://`), relative to the project."""

    split_pattern: str | None = None
    """Regular expression whose first group finds `train`, `val`, `test` (or dev, valid, validation) in a
    file's path; or whose groups have these names, and the one that fits says it: `(?P<test>_[0-4])|(?P<train>_\\d)`."""

    group_pattern: str | None = None
    """Regular expression whose first group finds the patient, slide, signer or speaker in a file's path."""

    target_pattern: str | None = None
    """Regular expression whose first group finds the class in a file's path."""

    @field_validator("split_pattern", "group_pattern", "target_pattern")
    @classmethod
    def _has_a_group(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        if not groups:
            raise ValueError(
                f"{pattern!r} has no group in parentheses, which says what is taken from the path"
            )
        return pattern


class TableColumns(FileMeaning):
    """Which column of a user's table means what."""

    rows: Literal["steps", "samples"] = "steps"
    """`steps`: the rows of a group follow one another in time; `samples`: each row stands for itself."""

    time: str | None = None
    """Column with the time of a row; None: the rows are in order, one step apart."""

    group: str | None = None
    """Column that names the entity (ticker, patient, machine) a row belongs to."""

    channels: tuple[str, ...] = ()
    """Numeric columns to use, in this order; empty: every numeric column."""

    categories: tuple[str, ...] = ()
    """Columns of words or codes to use; they are learnt as categories. Of a series and beside a text they are brought
    along where they are named, for `preprocessing.static`."""

    text: str | None = None
    """Column with a text to read, for `rows: samples`; channels and categories are then only those that are named,
    for `preprocessing.static`."""

    target: str | None = None
    """Column with the class, the labels or the number to learn; forecasts need none."""

    split: str | None = None
    """Column that says `train`, `val` or `test`."""

    bad_rows: Literal["refuse", "quarantine"] = "refuse"
    """Rows that cannot be read (too many cells, text for a number, a date that is none): stop, or set them aside
    with file, line and reason."""

    @field_validator("channels", "categories")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is named more than once; name each column once")
        return names

    @model_validator(mode="after")
    def _for_samples(self) -> Self:
        if self.text and self.rows == "steps":
            raise ValueError(
                "sources.text is for rows that stand for themselves; it needs sources.rows=samples, not steps"
            )
        return self


class TextCells(TableColumns):
    """How the cells of a text table are read."""

    decimal: Literal[".", ","] | None = None
    """Mark before the fraction of a number; None: found from the cells of each column."""

    time_format: str | None = None
    """Format of the time column in strftime's letters; None: found from the first rows."""

    nulls: tuple[str, ...] = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "-")
    """Cells of channels and times that mean "not measured"; a group or class may have such a name, and only an
    empty cell is none."""


class CsvConfig(TextCells):
    """Text tables."""

    kind: Literal["csv"] = "csv"

    separator: str | None = None
    """Character between columns; None: found from the first lines."""

    encoding: str = "utf-8"
    """Encoding of the text; `utf-8` also takes a byte-order mark."""

    names: tuple[str, ...] = ()
    """Names of the columns of files without a header line; empty: the first line is the header."""

    quotes: bool = True
    """Whether a cell in double quotes may hold separators and line ends; false where quote characters are text."""

    @field_validator("separator")
    @classmethod
    def _one_character(cls, separator: str | None) -> str | None:
        if separator is not None and (len(separator) != 1 or not separator.isascii()):
            raise ValueError(
                f"sources.separator={separator!r} must be one ASCII character, such as ';' or a tab (\"\\t\" in YAML)"
            )
        return separator


class ParquetConfig(TableColumns):
    """Parquet tables, also partitioned over folders."""

    kind: Literal["parquet"] = "parquet"


class JsonlConfig(TextCells):
    """JSON Lines: one object per line, each with the columns as its keys."""

    kind: Literal["jsonl"] = "jsonl"


DATABASES = ("sqlite", "postgresql", "duckdb")
"""Schemes of URLs that `sql` reads; what a `+` names behind them is the driver."""


def is_database(place: str) -> bool:
    """Return whether a place is the URL of a database, and no file and no store."""
    return "://" in place and place.partition("://")[0].partition("+")[0] in DATABASES


class SqlConfig(TableColumns):
    """The answer of a database to a query; `path` is its URL (`sqlite:///`, `postgresql://`, `duckdb:///`)."""

    kind: Literal["sql"] = "sql"

    query: str
    """The query; `order by` is not needed."""


class LinesConfig(FileMeaning):
    """Text files with one text per line; the class is in the file's path, or in a second file line by line."""

    kind: Literal["lines"] = "lines"

    encoding: str = "utf-8"
    """Encoding of the text."""

    labels: tuple[str, str] | None = None
    """What in a file's name becomes what in the name of the file with its classes, such as `[_text, _labels]`."""

    label_names: str | None = None
    """File whose line `number name` (or line number, from 0) names the classes."""


class UcrConfig(FileMeaning):
    """Series of the UCR/UEA archive, a case per line: `.ts`, or `.tsv` with the class first; names tell the split."""

    kind: Literal["ucr"] = "ucr"


class WfdbConfig(FileMeaning):
    """Signals in the WFDB format of PhysioNet: every record below the path, one channel per lead."""

    kind: Literal["wfdb"] = "wfdb"

    annotations: str | None = None
    """Extension of the annotation file (`atr`), whose symbol at a sample becomes the target of the rows around it."""

    channels: tuple[str, ...] = ()
    """Leads to use, in this order; empty: every lead of the first record."""
