"""Text tables: CSV and its relatives."""

import csv
import io
import zlib
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
        text = _decoded(path, self.config.encoding).replace("\r\n", "\n").replace("\r", "\n")
        separator = self.config.separator or find_separator(text[:SNIFFED])
        header = _header(text, separator, path)
        _check_width(header, self.config, path, text)
        try:
            lines, numbers = table_lines(text, separator)
            frame = pl.read_csv("\n".join(lines).encode(), separator=separator, infer_schema=False)
        except (pl.exceptions.PolarsError, ValueError, csv.Error) as error:
            raise DataError(f"{path.name} cannot be read as a table: {_first_line(error)}") from None
        if frame.shape != (len(numbers) - 1, len(header)):
            raise DataError(
                f"{path.name} cannot be read as a table: its quote characters do not pair up, "
                f"so that {len(numbers) - 1} rows became {frame.height}"
            )
        frame.columns = header
        known = plain_numbers(self._without_nulls(frame), self.config.decimal, path.name)
        places = pl.Series(numbers[1:], dtype=pl.Int64).cast(pl.String)
        return known.with_columns(pl.select(pl.lit(f"{path.name}:") + places).to_series().alias("origin"))

    def _without_nulls(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return stripped cells, null where they mean "not measured"; a group may be called NA, a class None."""
        named = {self.config.group, self.config.target}
        nulls = {name: [""] if name in named else ["", *self.config.nulls] for name in frame.columns}
        cells = {name: pl.col(name).str.strip_chars() for name in frame.columns}
        return frame.with_columns(
            pl.when(~cell.is_in(nulls[name])).then(cell).alias(name) for name, cell in cells.items()
        )


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
    except (OSError, EOFError, zlib.error) as error:
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
    lines = (line for line in io.StringIO(text) if line.strip(" \n"))
    try:
        names = [name.strip() for name in next(csv.reader(lines, delimiter=separator))]
    except StopIteration:
        raise DataError(f"{path} is empty; a header line and rows are wanted") from None
    except csv.Error as error:
        raise DataError(f"{path.name} cannot be read as a table: {error}") from None
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


def table_lines(text: str, separator: str) -> tuple[list[str], list[int]]:
    """Return the lines of a table without its blank ones, and the number of the line each row begins in.

    Raises:
        ValueError: A row has more or fewer cells than the header.
        csv.Error: Quote characters do not pair up.
    """
    lines = text.split("\n")
    blank = {number for number, line in enumerate(lines, 1) if not line.strip(" ")}
    if '"' in text:
        rows = _quoted_rows(lines, separator)
        inside = {line for first, after, _ in rows for line in range(first + 1, after)}
        blank -= inside
        rows = [row for row in rows if row[0] not in blank]
        starts, widths = [first for first, _, _ in rows], [cells for _, _, cells in rows]
    else:
        starts = [number for number in range(1, len(lines) + 1) if number not in blank]
        widths = [lines[number - 1].count(separator) + 1 for number in starts]
    for number, cells in zip(starts, widths, strict=True):
        if cells != widths[0]:
            raise ValueError(f"line {number} has {cells} cells where the header has {widths[0]}")
    return [line for number, line in enumerate(lines, 1) if number not in blank], starts


def _quoted_rows(lines: list[str], separator: str) -> list[tuple[int, int, int]]:
    """Return first line, line after the last, and number of cells of each row; a quoted cell may hold line ends."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    rows, first = [], 1
    for row in reader:
        rows.append((first, reader.line_num + 1, len(row)))
        first = reader.line_num + 1
    return rows


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
