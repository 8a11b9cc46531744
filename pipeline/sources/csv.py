"""Text tables: CSV and its relatives."""

from collections.abc import Collection, Iterator
from pathlib import Path

import polars as pl

from pipeline.foundation.ahead import read_ahead
from pipeline.foundation.errors import DataError
from pipeline.sources.cells.blocks import BLOCK
from pipeline.sources.cells.delimited import DelimitedFile
from pipeline.sources.cells.numerals import NumeralReader
from pipeline.sources.cells.tables import RawBatch, TableSource, places_of, table_files
from pipeline.sources.config_tables import CsvConfig

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")


class CsvSource(TableSource):
    """One file, or many with the same columns.

    Every cell is read as text first, so that no value is changed by a guess about its column.
    """

    config: CsvConfig

    def __init__(self, config: CsvConfig, project: Path) -> None:
        super().__init__(config)
        self.files = table_files(project, config.path, SUFFIXES)

    def raw_batches(self) -> Iterator[RawBatch]:
        """Yield the cells as text: null where they mean "not measured", numbers spelt as Python spells them."""
        first: DelimitedFile | None = None
        for name in self.files.names:
            file = DelimitedFile(self.files.root / name, self.config, lenient=self.lenient)
            numerals = NumeralReader(self.config.decimal, file.path.name)
            said = self.said_by(name)
            pieces = file.pieces(lambda: self.wanted)
            large = file.path.stat().st_size > BLOCK
            for piece in read_ahead(pieces) if large else pieces:
                first = first or file
                _require_same_header(file, first)
                self.reject(places_of(name, piece.bad["line"]), piece.bad["reason"], piece.bad["row"])
                if piece.frame.height:
                    cells = text_cells(piece.frame, self.config.nulls, self.names_and_texts())
                    leave = self.not_numbers(cells.columns)
                    frame = numerals.read(cells, leave, commas=piece.commas)
                    yield RawBatch(frame, places_of(name, piece.lines), said)


def text_cells(frame: pl.DataFrame, nulls: Collection[str], named: Collection[str]) -> pl.DataFrame:
    """Return stripped cells, null where they mean "not measured".

    Args:
        frame: Columns of text.
        nulls: What "not measured" looks like.
        named: Columns whose cells are names, classes or texts: they stay as they are, and only an empty one is null,
            for a group may be called NA, a class None.
    """
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    stripped = frame.with_columns(pl.col(name).str.strip_chars() for name in texts if name not in named)
    return stripped.with_columns(
        pl.when(~pl.col(name).is_in([""] if name in named else ["", *nulls])).then(pl.col(name))
        for name in texts
    )


def _require_same_header(file: DelimitedFile, first: DelimitedFile) -> None:
    if file.header != first.header:
        differing = sorted(set(file.header) ^ set(first.header)) or "in another order"
        raise DataError(
            f"{file.path.name} has other columns than {first.path.name}: {differing}; "
            f"files read together need the same header; where they have "
            f"none, name the columns with sources.names"
        )
