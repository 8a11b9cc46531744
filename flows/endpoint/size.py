"""How much a body becomes once it is read, told before it is: some kilobytes of Parquet hold millions of equal rows."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.foundation.errors import DataError

MULTIPLE = 10
"""A table may become so many times as large as the largest body."""

_CELL_BYTES = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT96": 12}
_POINTER_BYTES = 16


class TooLargeError(Exception):
    """The body is longer than what is allowed, or would become so; the message is a sentence for the caller."""


@dataclass(frozen=True)
class Most:
    """What one request may hold."""

    body_bytes: int
    rows: int

    @property
    def table_bytes(self) -> int:
        """What a Parquet table may hold once it is read."""
        return MULTIPLE * self.body_bytes

    def require_body(self, size: int) -> None:
        """Refuse a body of more bytes than allowed.

        Raises:
            TooLargeError: It is longer.
        """
        if size > self.body_bytes:
            raise TooLargeError(f"the body is larger than {self.body_bytes:,} bytes; send fewer rows")

    def require_rows(self, rows: int, what: str = "rows") -> None:
        """Refuse more rows than allowed.

        Raises:
            TooLargeError: There are more.
        """
        if rows > self.rows:
            raise TooLargeError(
                f"the request holds {rows:,} {what}, and {self.rows:,} are answered at once; send them in parts"
            )

    def require_lines(self, body: bytes) -> None:
        """Refuse a text of more lines than there may be rows; a row in quotes may take several.

        Raises:
            TooLargeError: There are more.
        """
        self.require_rows(max(body.count(b"\n"), body.count(b"\r")) - 1, "lines")

    def require_parquet(self, body: bytes) -> None:
        """Refuse a Parquet file whose footer tells of more than allowed; of its rows none is read for that.

        Words that stand once in a dictionary, and in every row once they are read, count in every row.

        Raises:
            DataError: It is no Parquet file.
            TooLargeError: It has more rows, or becomes larger.
        """
        try:
            footer = pq.read_metadata(io.BytesIO(body))
            columns = [
                footer.row_group(group).column(position)
                for group in range(footer.num_row_groups)
                for position in range(footer.num_columns)
            ]
            values: dict[str, int] = {}
            for column in columns:
                values[column.path_in_schema] = values.get(column.path_in_schema, 0) + column.num_values
            self.require_rows(max(footer.num_rows, *values.values(), 0))
            self._require_bytes(sum(column.total_uncompressed_size for column in columns))
            self._require_bytes(sum(column.num_values * _cell_bytes(column) for column in columns))
            words = [column for column in columns if column.physical_type == "BYTE_ARRAY"]
            if _longest(words) > self.table_bytes:
                flat = {
                    each.name for each in footer.schema.to_arrow_schema() if not pa.types.is_nested(each.type)
                }
                self._require_bytes(_longest([each for each in words if each.path_in_schema not in flat]))
                self._require_bytes(_word_bytes(body, flat & {each.path_in_schema for each in words}))
        except (pa.ArrowException, OSError) as error:
            said = str(error).splitlines()[0][:120]
            raise DataError(f"the body is no readable Parquet file ({said})") from None

    def _require_bytes(self, size: int) -> None:
        if size > self.table_bytes:
            raise TooLargeError(
                f"the table takes {size:,} bytes once it is read, and {self.table_bytes:,} are allowed; send it in "
                f"parts"
            )


def _cell_bytes(column: pq.ColumnChunkMetaData) -> int:
    return _CELL_BYTES.get(
        column.physical_type, _POINTER_BYTES if column.physical_type == "BYTE_ARRAY" else 8
    )


def _longest(words: Sequence[pq.ColumnChunkMetaData]) -> int:
    """Return what words take at most: if all of a column were as long as the column is."""
    return sum(column.num_values * column.total_uncompressed_size for column in words)


def _word_bytes(body: bytes, names: Iterable[str]) -> int:
    """Return the bytes of all words, where those of a dictionary are held once and counted where they are used."""
    columns, size = sorted(names), 0
    table = pq.ParquetFile(io.BytesIO(body), read_dictionary=columns, pre_buffer=False)
    for batch in table.iter_batches(columns=columns, use_threads=False):
        for column in batch.columns:
            if isinstance(column, pa.DictionaryArray):
                lengths = pc.binary_length(column.dictionary).cast(pa.int64())
                size += pc.sum(lengths.take(column.indices)).as_py() or 0
            else:
                size += column.nbytes
    return size
