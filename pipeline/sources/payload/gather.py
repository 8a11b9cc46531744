"""Rows made one by one, or file by file in threads, become batches of bounded size."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

import polars as pl

MOST_ROWS = 1024
MOST_BYTES = 64_000_000
THREADS = min(8, os.cpu_count() or 1)
AHEAD = 2
"""Portions per thread that may be under way: enough to keep the threads busy, few enough to hold in memory."""

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
    function: Callable[[Item], Result], items: Iterable[Item], *, threads: int = THREADS, each: int = 8
) -> Iterator[Result]:
    """Yield ``function`` of each item in their order, with a few items under way at a time.

    ``Executor.map`` would take all items at once and keep every result that nobody has asked for yet.

    Args:
        function: What is done in the threads.
        items: What it is done with.
        threads: How many there are.
        each: Items a thread takes at a time; to hand over a single small image costs as much as to decode it.
    """
    left = iter(items)
    under_way: deque[Future[list[Result]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            while some := list(islice(left, each)):
                under_way.append(pool.submit(_each, function, some))
                if len(under_way) >= threads * AHEAD:
                    yield from under_way.popleft().result()
            while under_way:
                yield from under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


def _each(function: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    return [function(item) for item in items]
