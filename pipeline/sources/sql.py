"""The answer of a database to a query, fetched piece by piece; nothing is ever written to the database."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy
from sqlalchemy.engine import URL, make_url

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError, DataError, MachineError
from pipeline.sources.cells.tables import RawBatch, TableSource, places_of
from pipeline.sources.config_tables import SqlConfig

FETCHED = 20_000
"""Rows that the database hands over at once."""

NO_ROWS = "sources.query is no question: a `select` is wanted"
KNOWN = "sqlite:///FILE, duckdb:///FILE or postgresql://USER@HOST/DATABASE"


class SqlSource(TableSource):
    """One query. Times, numbers and texts keep the types that the database gives them."""

    config: SqlConfig

    def __init__(self, config: SqlConfig, project: Path) -> None:
        super().__init__(config)
        for name in ("group_pattern", "split_pattern", "target_pattern"):
            if getattr(config, name):
                raise ConfigError(
                    f"sources.{name} looks at the paths of files, and a database has none; name a column"
                )
        self.url = _url(config.path, project)
        self._shown = shown(config.path)

    @property
    def place(self) -> str:
        """The database, without its password."""
        return f"the answer of {self._shown}"

    def raw_batches(self) -> Iterator[RawBatch]:
        """Yield the rows of the answer in the order in which the database gives them."""
        name = Path(make_url(self.config.path).database or "").name or self.url.get_backend_name()
        reading = self._from_duckdb() if self.url.get_backend_name() == "duckdb" else self._from_sqlalchemy()
        row = 1
        for frame in reading:
            numbers = pl.Series(range(row, row + frame.height), dtype=pl.Int64)
            yield RawBatch(frame, places_of(name, numbers), {})
            row += frame.height
        if row == 1:
            raise DataError(f"{self.place} to sources.query has no rows")

    def _from_sqlalchemy(self) -> Iterator[pl.DataFrame]:
        with self._told():
            engine = sqlalchemy.create_engine(self.url, poolclass=sqlalchemy.pool.NullPool)
            with engine.connect() as connection:
                for statement in PREPARED.get(self.url.get_backend_name(), ()):
                    connection.exec_driver_sql(statement)
                streamed = connection.execution_options(stream_results=True, max_row_buffer=FETCHED)
                # A percent sign is a place for a parameter to psycopg, even where there are none.
                escaped = self.url.get_backend_name() == "postgresql"
                query = self.config.query.replace("%", "%%") if escaped else self.config.query
                answer = streamed.exec_driver_sql(query)
                if not answer.returns_rows:
                    raise DataError(NO_ROWS)
                names = _once(list(answer.keys()))
                for rows in answer.yield_per(FETCHED).partitions():
                    yield _frame(names, rows, self._words())

    def _words(self) -> set[str]:
        """Return the columns whose cells are names or words: a number there is one, too, and loses no digit."""
        return self.names_and_texts() | set(self.config.categories)

    def _from_duckdb(self) -> Iterator[pl.DataFrame]:
        try:
            import duckdb
        except ImportError:
            raise MachineError(
                "sources.path=duckdb:///… needs duckdb; install it with pip install 'convoy[duckdb]'"
            ) from None
        with self._told(), duckdb.connect(self.url.database or "", read_only=True) as connection:
            for statement in PREPARED["duckdb"]:
                connection.execute(statement)
            answer = reader = None
            try:
                answer = connection.sql(self.config.query)
                if answer is None:
                    raise DataError(NO_ROWS)
                reader = answer.to_arrow_reader(FETCHED)
                _once(reader.schema.names)
                _require_readable(reader.schema)
                for batch in reader:
                    frame = pl.from_arrow(batch)
                    if isinstance(frame, pl.DataFrame) and frame.height:
                        yield frame.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))
            finally:
                # While they live, so does the database, and whoever opens it next in this process waits for its end:
                # for ever, where the traceback of an error holds them.
                answer = reader = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell an error of the database, or of its driver, in one sentence without the password."""
        try:
            yield
        except (DataError, GeneratorExit):
            raise
        except ModuleNotFoundError as error:
            raise MachineError(
                f"sources.path={self.url.drivername}://… needs {error.name}; install it with "
                f"pip install 'convoy[postgres]'"
            ) from None
        except Exception as error:
            cause = getattr(error, "orig", None) or error
            reason = " ".join(str(cause).split())[:300] or type(cause).__name__
            if self.url.password:
                reason = reason.replace(str(self.url.password), "***")
            raise DataError(f"{self._shown} does not answer sources.query: {reason}") from None


PREPARED = {
    "duckdb": (
        "set preserve_insertion_order = true",
        "set memory_limit = '512MB'",
        "set enable_progress_bar = false",
    ),
    "sqlite": ("pragma query_only = on",),
    # Rows in the order in which they lie: neither from where another reader happens to be, nor from several workers.
    "postgresql": (
        "set transaction read only",
        "set local synchronize_seqscans = off",
        "set local max_parallel_workers_per_gather = 0",
    ),
}


def _url(path: str, project: Path) -> URL:
    """Return the URL, with the file of a database as an absolute path.

    Raises:
        ConfigError: It is no URL, or of an unknown database.
        DataError: The file is not there; opening it would make an empty one.
    """
    try:
        url = make_url(path)
        backend = url.get_backend_name()
    except Exception:  # the message of SQLAlchemy would show the password
        raise ConfigError(f"sources.path is no URL of a database; wanted: {KNOWN}") from None
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url
    if backend not in ("sqlite", "duckdb"):
        raise ConfigError(f"sources.path={backend}://… is of no database known here; wanted: {KNOWN}")
    file = project / Path(url.database or "").expanduser()
    if not file.is_file():
        raise DataError(f"sources.path={backend}:///{url.database or ''}: there is no database file {file}")
    if backend == "duckdb":
        return url.set(database=str(file))
    return url.set(database=f"file:{file.as_posix()}", query={"mode": "ro", "uri": "true"})


def _once(names: list[str]) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"sources.query gives {twice} more than once; rename one with `as`")
    return names


def _require_readable(schema: Any) -> None:
    """Check that Polars has every type of an answer of DuckDB.

    Raises:
        DataError: A column holds intervals, a union, or a type that only DuckDB knows.
    """
    unreadable = {field.name: str(field.type) for field in schema if not _is_readable(field.type)}
    if unreadable:
        shown = ", ".join(f"{name!r} ({kind.split('[')[0]})" for name, kind in unreadable.items())
        raise DataError(
            f"sources.query gives columns of types that cannot be read: {shown}; leave them out of the query, or cast "
            f"them to text"
        )


def _is_readable(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_interval(kind) or pa.types.is_union(kind) or isinstance(kind, pa.BaseExtensionType):
        return False
    return all(_is_readable(kind.field(at).type) for at in range(kind.num_fields))


def _frame(names: list[str], rows: Sequence[Sequence[Any]], words: Collection[str]) -> pl.DataFrame:
    columns = zip(*rows, strict=True)
    return pl.DataFrame(
        [
            _word_series(name, values) if name in words else _series(name, values)
            for name, values in zip(names, columns, strict=True)
        ]
    )


def _word_series(name: str, values: Sequence[Any]) -> pl.Series:
    """Return a column of names: equal numbers are spelt alike, and different ones differently."""
    if not any(isinstance(value, (int, float, Decimal)) and type(value) is not bool for value in values):
        return _series(name, values)
    return pl.Series(name, [_spelt(value) for value in values], pl.String)


def _spelt(value: Any) -> str | None:
    """Return a value as text: `7` for 7, 7.0 and a decimal 7.00, all digits of a decimal, None for no number."""
    if value is None or value != value:  # not a number is unlike itself
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Decimal) and value.is_finite():
        text = format(value, "f")
        return "0" if not value else text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    """Return a column in a type that holds all its values; text where there is none, never a null for a value."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {int, float, Decimal} and kinds:
        if kinds == {int} and all(value is None or abs(value) < 1 << 63 for value in values):
            return pl.Series(name, values, pl.Int64)
        return pl.Series(
            name, [None if value is None else float(value) for value in values], pl.Float64
        ).fill_nan(None)
    if len(kinds) == 1 and kinds <= {bool, date, datetime, bytes}:
        return pl.Series(name, values)
    return pl.Series(name, [None if value is None else str(value) for value in values], pl.String)
