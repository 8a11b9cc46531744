"""Rows made one by one, or file by file in threads, become batches of bounded size."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import polars as pl

MOST_ROWS = 1024
MOST_BYTES = 64_000_000
AHEAD = 16
"""Files per thread that may be under way: enough to keep the threads busy, few enough to hold in memory."""

Row = tuple[Any, ...]
Schema = Mapping[str, pl.DataType | type[pl.DataType]]
Item = TypeVar("Item")
Result = TypeVar("Result")


def gathered(
    rows: Iterable[Row], schema: Schema, payload: str, *, most_rows: int = MOST_ROWS
) -> Iterator[pl.DataFrame]:
    """Yield ``rows`` as tables of at most ``most_rows`` rows or some 64 MB.

    Args:
        rows: Tuples in the order of ``schema``.
        schema: Columns and their types.
        payload: The column of bytes or text that weighs.
        most_rows: Rows of a table.
    """
    place = list(schema).index(payload)
    waiting: list[Row] = []
    weight = 0
    for row in rows:
        waiting.append(row)
        weight += len(row[place] or b"")
        if len(waiting) == most_rows or weight >= MOST_BYTES:
            yield _frame(waiting, schema)
            waiting, weight = [], 0
    if waiting:
        yield _frame(waiting, schema)


def _frame(rows: list[Row], schema: Schema) -> pl.DataFrame:
    columns = zip(*rows, strict=True)
    return pl.DataFrame(dict(zip(schema, columns, strict=True)), schema=dict(schema))


def in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None
) -> Iterator[Result]:
    """Yield ``function`` of each item in their order, with a few items under way at a time.

    ``Executor.map`` would take all items at once and keep every result that nobody has asked for yet.
    """
    threads = threads or os.cpu_count() or 1
    under_way: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                under_way.append(pool.submit(function, item))
                if len(under_way) >= threads * AHEAD:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()
