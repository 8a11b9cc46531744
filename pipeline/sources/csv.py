"""Text tables: CSV and its relatives."""

import csv
from pathlib import Path

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.base import Source, SourceTable
from pipeline.sources.config import CsvConfig
from pipeline.sources.files import matching_files
from pipeline.sources.numerals import plain_numbers
from pipeline.sources.series import series_table

SEPARATORS = (",", ";", "\t", "|")
SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
SNIFFED = 65_536


class CsvSource(Source):
    """One file, or many with the same columns.

    Every cell is read as text first, so that no value is changed by a guess about its column.
    """

    def __init__(self, config: CsvConfig, project: Path) -> None:
        self.config = config
        self.files = matching_files(project, config.path, SUFFIXES)

    def read(self) -> SourceTable:
        """Return the rows of all files as one series table."""
        return series_table(self.raw(), self.config, self.config.time_format)

    def raw(self) -> pl.DataFrame:
        """Return every cell as text, as the files have it, and ``origin``."""
        frames = [self._file(path) for path in self.files]
        for path, frame in zip(self.files, frames, strict=True):
            if frame.columns != frames[0].columns:
                differing = sorted(set(frame.columns) ^ set(frames[0].columns)) or "in another order"
                raise DataError(
                    f"{path.name} has other columns than {self.files[0].name}: {differing}; "
                    f"files read together need the same header"
                )
        return pl.concat(frames)

    def _file(self, path: Path) -> pl.DataFrame:
        text = _decoded(path, self.config.encoding)
        separator = self.config.separator or find_separator(text[:SNIFFED])
        header = _header(text, separator, path)
        try:
            frame = pl.read_csv(
                text.encode(),
                separator=separator,
                infer_schema=False,
                null_values=list(self.config.nulls),
            )
        except (pl.exceptions.PolarsError, ValueError) as error:
            reason = _ragged_line(text, separator) or _first_line(error)
            raise DataError(f"{path.name} cannot be read as a table: {reason}") from None
        _check_width(header, self.config, path, text)
        trimmed = frame.with_columns(pl.all().str.strip_chars())
        trimmed = plain_numbers(trimmed, self.config.decimal, path.name)
        lines = pl.int_range(2, trimmed.height + 2).cast(pl.String)
        return trimmed.with_columns(pl.concat_str(pl.lit(f"{path.name}:"), lines).alias("origin"))


def find_separator(text: str) -> str:
    """Return the character that divides the first lines of ``text`` most evenly."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    lines = lines[:-1] if len(lines) > 2 else lines

    def evenness(separator: str) -> tuple[bool, int]:
        counts = [line.count(separator) for line in lines]
        return (bool(counts) and min(counts) > 0 and min(counts) == max(counts), min(counts, default=0))

    best = max(SEPARATORS, key=evenness)
    return best if evenness(best)[1] else ","


def _decoded(path: Path, encoding: str) -> str:
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            import gzip

            content = gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    if not content.strip():
        raise DataError(f"{path} is empty; a header line and rows are wanted")
    if b"\0" in content[:SNIFFED] and encoding.lower().replace("_", "-") not in ("utf-16", "utf-32"):
        raise DataError(
            f"{path} is not text (it holds zero bytes); use sources.kind=parquet, or sources.encoding=utf-16"
        )
    try:
        return content.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path.name}:{line} is not {encoding} (byte {content[error.start]:#04x}); "
            f"set sources.encoding, often cp1252 or latin-1"
        ) from None
    except LookupError:
        raise DataError(
            f"sources.encoding={encoding} is no known encoding; try utf-8, cp1252 or latin-1"
        ) from None


def _header(text: str, separator: str, path: Path) -> list[str]:
    first = text.partition("\n")[0].strip("\r")
    names = [name.strip().strip('"') for name in first.split(separator)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path.name}: the header names {twice} more than once; rename one")
    return names


def _check_width(header: list[str], config: CsvConfig, path: Path, text: str) -> None:
    if len(header) == 1 and config.separator is not None:
        better = find_separator(text[:SNIFFED])
        if better != config.separator and better in header[0]:
            raise DataError(
                f"{path.name} has one column with sources.separator={config.separator!r}; its header is "
                f"{header[0][:60]!r}, which looks like separator {better!r}"
            )


def _ragged_line(text: str, separator: str) -> str | None:
    """Return a sentence about the first row that has more or fewer cells than the header, if there is one."""
    rows = csv.reader(text.splitlines(keepends=True), delimiter=separator)
    try:
        width = len(next(rows))
        for row in rows:
            if row and len(row) != width:
                return f"line {rows.line_num} has {len(row)} cells where the header has {width}"
    except (csv.Error, StopIteration):
        return None
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
