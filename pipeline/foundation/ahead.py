"""Make the next thing while the last one is worked on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
END = object()


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield ``items`` in their order; another thread makes the next one meanwhile, and never more than one.

    It pays where making releases Python's lock, as Polars, NumPy and reading do. An error comes when its item is due.
    """
    with ThreadPoolExecutor(1) as pool:
        due = pool.submit(next, items, END)
        while (item := due.result()) is not END:
            due = pool.submit(next, items, END)
            yield item  # type: ignore[misc]
