"""The answer of a database as one Parquet file: what a snapshot of it is made of."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.sources.config_tables import SqlConfig
from pipeline.sources.sql import SqlSource


def write_answer(url: str, query: str, to: Path, project: Path) -> int:
    """Ask a database and write its answer to a file, which is there when all of it is; return the number of rows.

    Equal rows in the same order give the same bytes, however long the answer took. Memory is bounded by the rows that
    the database hands over at once.

    Args:
        url: `sqlite:///FILE`, `duckdb:///FILE` or `postgresql://USER@HOST/DATABASE`; a file is relative to ``project``.
        query: What is asked.
        to: The Parquet file; its folder has to be there.
        project: Folder of the project.

    Raises:
        ConfigError: It is no URL of a known database.
        DataError: The database does not answer, or its answer has no rows.
        MachineError: A driver is missing.
    """
    scratch = to.with_name(f".{to.name}.{os.getpid()}")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        parts, kinds = _parts(SqlSource(SqlConfig(path=url, query=query), project), scratch)
        whole = scratch / "whole.parquet"
        rows = _join(parts, {name: _common(found) for name, found in kinds.items()}, whole)
        whole.replace(to)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return rows


def _parts(source: SqlSource, scratch: Path) -> tuple[list[Path], dict[str, list[pl.DataType]]]:
    """Write the answer piece by piece; return the files, and the types that each column had where it held something."""
    parts: list[Path] = []
    kinds: dict[str, list[pl.DataType]] = {}
    for batch in source.raw_batches():
        for column in batch.frame:
            known = kinds.setdefault(column.name, [])
            if column.null_count() < len(column) and column.dtype not in known:
                known.append(column.dtype)
        parts.append(scratch / f"{len(parts)}.arrow")
        batch.frame.write_ipc(parts[-1])
    return parts, kinds


def _join(parts: Sequence[Path], kinds: dict[str, pl.DataType], to: Path) -> int:
    rows, schema = 0, pl.DataFrame(schema=kinds).to_arrow().schema
    with pq.ParquetWriter(to, schema) as writer:
        for part in parts:
            frame = pl.read_ipc(part).cast(pl.Schema(kinds))
            writer.write_table(pa.Table.from_batches(frame.to_arrow().to_batches(), schema=schema))
            rows += frame.height
            part.unlink()
    return rows


def _common(kinds: Sequence[pl.DataType]) -> pl.DataType:
    """Return the type that holds all of ``kinds``: text where no other does, or where a column is empty."""
    if not kinds:
        return pl.String()
    try:
        return pl.concat([pl.Series("x", [], kind).to_frame() for kind in kinds], how="vertical_relaxed")[
            "x"
        ].dtype
    except pl.exceptions.PolarsError:
        return pl.String()
