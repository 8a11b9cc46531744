"""One text table, block by block: every cell as text, every row with its line, and the rows that are none."""

from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.cells.blocks import SNIFFED, UNREADABLE, text_blocks
from pipeline.sources.cells.rows import Flags, Rows, find_rows, rows_with
from pipeline.sources.config_tables import CsvConfig

SEPARATORS = (",", ";", "\t", "|")
LONGEST_ROW = 64 << 20
SHOWN = 2000
"""Characters of a bad row that are kept."""

BAD = {"line": pl.Int64, "reason": pl.String, "row": pl.String}


class Piece(NamedTuple):
    """Some rows of a file."""

    frame: pl.DataFrame
    """Cells as text, exactly as written; an empty one is null or empty."""

    lines: pl.Series
    """Line of each row, from 1."""

    commas: bool
    """Whether a cell can hold a comma."""

    bad: pl.DataFrame
    """``line``, ``reason``, ``row`` of what cannot be read."""


class DelimitedFile:
    """A file with rows of cells; ``header`` is known once the first piece has come."""

    def __init__(self, path: Path, config: CsvConfig, *, lenient: bool = False) -> None:
        """Open nothing yet.

        Args:
            path: The file.
            config: How it is written.
            lenient: Whether rows that cannot be read are handed out as bad; else the first one is an error.
        """
        self.path = path
        self.config = config
        self.lenient = lenient
        self.header: list[str] = []
        self._separator = config.separator or ""

    def pieces(self, wanted: Callable[[], Collection[str] | None] = lambda: None) -> Iterator[Piece]:
        """Yield the rows of the file, a block of some 8 MB at a time; at least one piece, be it empty.

        Args:
            wanted: Tells which columns are needed now; None: all.

        Raises:
            DataError: The file is empty, is no text, has no usable header, or (unless lenient) a row is bad.
        """
        rest, line = b"", 1
        for block, last in _with_last(text_blocks(self.path, self.config.encoding, keep_going=self.lenient)):
            rows = self._rows(rest + block, line, last=last)
            left = rows.blank
            if not self.header and not left.all():
                left = self._begin(rows)
            if self.header:
                yield self._piece(rows, left, line, wanted())
            rest, line = rows.content[rows.after :], line + rows.lines_after
        if not self.header:
            raise DataError(f"{self.path} is empty; a header line and rows are wanted")

    def _rows(self, content: bytes, line: int, *, last: bool) -> Rows:
        self._separator = self._separator or find_separator(content[:SNIFFED].decode("utf-8", "ignore"))
        rows = find_rows(content, self._separator, quotes=self.config.quotes, last=last)
        if len(content) - rows.after > LONGEST_ROW and self.lenient:
            rows = find_rows(content, self._separator, quotes=self.config.quotes, last=last, stop=True)
        if len(content) - rows.after > LONGEST_ROW:
            raise DataError(
                f"{self.path.name} cannot be read as a table: the row in line {line + rows.lines_after} does not end "
                f"within {LONGEST_ROW >> 20} MB; a quote may be missing there (or set sources.quotes=false)"
            )
        return rows

    def _begin(self, rows: Rows) -> Flags:
        """Learn the columns from the first row; return the rows that are no data."""
        first = int(np.argmin(rows.blank))
        if self.config.names:
            self.header = list(self.config.names)
            return rows.blank
        names = [cell.decode().strip() for cell in rows.cells_of(first)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError(f"{self.path.name}: the header names {twice} more than once; rename one")
        if len(names) == 1 and self.config.separator is not None:
            better = find_separator(rows.content[:SNIFFED].decode("utf-8", "ignore"))
            if better != self.config.separator and better in names[0]:
                raise DataError(
                    f"{self.path.name} has one column with sources.separator={self.config.separator!r}; its header is "
                    f"{names[0][:60]!r}, which looks like separator {better!r}"
                )
        self.header = names
        left = rows.blank.copy()
        left[first] = True
        return left

    def _piece(self, rows: Rows, left: Flags, line: int, wanted: Collection[str] | None) -> Piece:
        faults = {number: self._fault(rows, number, line) for number in self._faulty(rows, left)}
        if faults and not self.lenient:
            reason = next(iter(faults.values()))
            raise DataError(f"{self.path.name} cannot be read as a table: {reason}")
        bad = [
            (int(rows.lines[number]) + line, reason, _shown(rows.text(number)))
            for number, reason in faults.items()
        ]
        left = left.copy()
        left[list(faults)] = True
        frame = self._parsed(rows.without(left), int((~left).sum()), wanted)
        lines = pl.Series("line", rows.lines[~left] + line, dtype=pl.Int64)
        commas = self._separator != "," or b'"' in rows.content
        return Piece(frame, lines, commas, pl.DataFrame(bad, schema=BAD, orient="row"))

    def _faulty(self, rows: Rows, left: Flags) -> list[int]:
        faulty = rows.broken | (rows.cells != len(self.header)) | rows_with(rows, b"\0")
        if self.lenient:
            faulty |= rows_with(rows, UNREADABLE.encode())
        numbers: list[int] = np.flatnonzero(faulty & ~left).tolist()
        return numbers

    def _fault(self, rows: Rows, number: int, line: int) -> str:
        place, text = f"line {int(rows.lines[number]) + line}", rows.text(number)
        if rows.broken[number]:
            lines = text.count(b"\n") + 1
            over = f", over {lines:,} lines" if lines > 1 else ""
            return f"{place} has a quoted cell whose quote characters do not pair up{over}"
        if rows.cells[number] != len(self.header):
            wanted = "sources.names has" if self.config.names else "the header has"
            return f"{place} has {rows.cells[number]} cells where {wanted} {len(self.header)}"
        what = "a zero byte" if b"\0" in text else f"bytes that are not {self.config.encoding}"
        return f"{place} holds {what}"

    def _parsed(self, content: bytes, rows: int, wanted: Collection[str] | None) -> pl.DataFrame:
        schema = dict.fromkeys(self.header, pl.String)
        if not rows:
            return pl.DataFrame(schema=schema)
        if content.startswith(BOM_UTF8):  # a cell's own: Polars takes the first one away from every block
            content = BOM_UTF8 + content
        try:
            frame = pl.read_csv(
                content,
                has_header=False,
                schema=schema,
                columns=[at for at, name in enumerate(self.header) if wanted is None or name in wanted]
                or None,
                separator=self._separator,
                quote_char='"' if self.config.quotes else None,
            )
        except pl.exceptions.PolarsError as error:
            reason = str(error).strip().splitlines()[0]
            raise DataError(f"{self.path.name} cannot be read as a table: {reason}") from None
        if frame.height != rows:
            raise DataError(
                f"{self.path.name} cannot be read as a table: its quote characters do not pair up, "
                f"so that {rows} rows became {frame.height}"
            )
        return frame


def find_separator(text: str) -> str:
    """Return the character that divides the first lines of ``text`` most evenly."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    lines = lines[:-1] if len(lines) > 2 else lines

    def evenness(separator: str) -> tuple[bool, int]:
        counts = [line.count(separator) for line in lines]
        return (bool(counts) and min(counts) > 0 and min(counts) == max(counts), min(counts, default=0))

    best = max(SEPARATORS, key=evenness)
    return best if evenness(best)[1] else ","


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each block, and whether it is the last one."""
    waiting = None
    for block in blocks:
        if not block:
            continue
        if waiting is not None:
            yield waiting, False
        waiting = block
    yield waiting or b"", True


def _shown(row: bytes) -> str:
    text = row.decode("utf-8", "replace").replace(UNREADABLE, "\N{REPLACEMENT CHARACTER}")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
