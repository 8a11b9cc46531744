"""JSON Lines: an object per line, plain or gzipped."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.cells.blocks import UNREADABLE, text_blocks
from pipeline.sources.cells.delimited import SHOWN
from pipeline.sources.cells.numerals import NumeralReader
from pipeline.sources.cells.tables import RawBatch, TableSource, places_of, table_files
from pipeline.sources.config_tables import JsonlConfig
from pipeline.sources.csv import text_cells

SUFFIXES = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz")
LONGEST_LINE = 64 << 20
MOST_KEYS = 10_000

LISTS = "lists of labels are joined with ','; set heads.separator: ','"

Bad = tuple[int, str, str]


class JsonlSource(TableSource):
    """One file, or many; the keys of the first objects are the columns, and an object may lack any of them."""

    config: JsonlConfig

    def __init__(self, config: JsonlConfig, project: Path) -> None:
        super().__init__(config)
        self.files = table_files(project, config.path, SUFFIXES)

    def raw_batches(self) -> Iterator[RawBatch]:
        """Yield the values as text, as a CSV file would have them; lists and objects as JSON."""
        for name in self.files.names:
            numerals = NumeralReader(self.config.decimal, Path(name).name)
            said = self.said_by(name)
            for lines, first in self._lines(self.files.root / name):
                rows, numbers, bad = self._parsed(lines, first, name)
                places = pl.Series([number for number, _, _ in bad], dtype=pl.Int64)
                reasons = pl.Series([reason for _, reason, _ in bad], dtype=pl.String)
                self.reject(
                    places_of(name, places), reasons, pl.Series([text for *_, text in bad], dtype=pl.String)
                )
                if rows and not any(rows):
                    raise DataError(
                        f"{name}: not one object from line {numbers[0]} on has a key; each row is wanted as an object "
                        f"with the columns as its keys"
                    )
                if rows:
                    cells = text_cells(_frame(rows), self.config.nulls, self.names_and_texts())
                    frame = numerals.read(cells, self.not_numbers(cells.columns))
                    yield RawBatch(frame, places_of(name, pl.Series(numbers, dtype=pl.Int64)), said)

    def _lines(self, path: Path) -> Iterator[tuple[list[bytes], int]]:
        """Yield whole lines, some 8 MB at a time, with the number of the first.

        Raises:
            DataError: The file is empty, no text, or one endless line.
        """
        rest, number = b"", 1
        for block in text_blocks(path, keep_going=self.lenient):
            *lines, rest = (rest + block).split(b"\n")
            if len(rest) > LONGEST_LINE:
                raise DataError(
                    f"{path.name}:{number + len(lines)} does not end within {LONGEST_LINE >> 20} MB; one JSON object "
                    f"per line is wanted"
                )
            if lines:
                yield lines, number
            number += len(lines)
        if not rest.strip() and number == 1:
            raise DataError(f"{path} is empty; one JSON object per line is wanted")
        yield [rest], number

    def _parsed(
        self, lines: list[bytes], first: int, name: str
    ) -> tuple[list[dict[str, str | None]], list[int], list[Bad]]:
        rows: list[dict[str, str | None]] = []
        numbers: list[int] = []
        bad: list[Bad] = []
        for number, line in enumerate(lines, first):
            if not line.strip():
                continue
            try:
                rows.append(self._row(line.decode()))
                numbers.append(number)
            except (ValueError, RecursionError) as error:
                reason = f"line {number} is no JSON object: {str(error).splitlines()[0]}"
                if not self.lenient:
                    raise DataError(
                        f"{name}: {reason}; mend it, or set sources.bad_rows=quarantine"
                    ) from None
                bad.append((number, reason, line.decode()[:SHOWN]))
        return rows, numbers, bad

    def _row(self, line: str) -> dict[str, str | None]:
        """Return the cells of one object.

        Raises:
            ValueError: It is none, or has a key twice.
        """
        if UNREADABLE in line:
            raise ValueError("it holds bytes that are not utf-8")
        row = DECODER.decode(line)
        if not isinstance(row, dict):
            raise ValueError(f"it is {line[:40]!r}")
        if len(row) > MOST_KEYS:
            raise ValueError(f"it has {len(row):,} keys, more than {MOST_KEYS:,}")
        cells = {
            key: value if value is None or type(value) is str else self._cell(key, value)
            for key, value in row.items()
        }
        if "\\ud" in line or "\\uD" in line:
            _require_whole_characters(cells)
        return cells

    def _cell(self, key: str, value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if key == self.config.target and isinstance(value, list):
            if LISTS not in self.notes:
                self.notes.append(LISTS)
            return _labels(value)
        return json.dumps(value, ensure_ascii=False)


def _require_whole_characters(cells: dict[str, str | None]) -> None:
    """Check that no escape stands for half a character, which no text can hold.

    Raises:
        ValueError: One does.
    """
    for key, cell in cells.items():
        try:
            f"{key}{cell}".encode()
        except UnicodeEncodeError as error:
            half = error.object[error.start].encode("unicode-escape").decode()
            raise ValueError(f"it has half of a character, {half}, without its other half") from None


def _labels(values: list[Any]) -> str:
    """Return several labels as one cell.

    Raises:
        ValueError: A label is no text, or holds the comma that would part it from the next.
    """
    if not all(isinstance(value, str) and "," not in value for value in values):
        raise ValueError(f"its labels {values!r} are no list of texts without commas")
    return ",".join(values)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"it has the key {next(key for key in keys if keys.count(key) > 1)!r} twice")
    return found


def _constant(name: str) -> str | None:
    return None if name == "NaN" else name


# Numbers stay as they are spelt: a code such as 00017 or a long id would not survive as a float.
DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_constant
)


def _frame(rows: list[dict[str, str | None]]) -> pl.DataFrame:
    names = dict.fromkeys(key for row in rows for key in row)
    return pl.DataFrame({name: pl.Series([row.get(name) for row in rows], dtype=pl.String) for name in names})
