"""Whether the first line of a text table is a header, or data like the lines below it."""

from itertools import pairwise
from pathlib import Path

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.proposal.choice import Choice
from pipeline.proposal.looked import Looked
from pipeline.sources.cells.blocks import SNIFFED, text_blocks
from pipeline.sources.cells.columns import numeric_share
from pipeline.sources.cells.delimited import find_separator
from pipeline.sources.cells.rows import find_rows
from pipeline.sources.cells.times import find_format
from pipeline.sources.config import CsvConfig
from pipeline.sources.csv import SUFFIXES
from pipeline.sources.places.listing import listed

LEAST_ROWS = 3
MOSTLY_NUMBERS = 0.7
SENTENCE = 5
"""A first cell of more words than this is no name of a column."""

SHOWN = 3


def from_first_line(source: CsvConfig, kind: Choice) -> Looked | None:
    """Return the source with names for its columns where the first line is no header; None: it is one."""
    try:
        first, below = _lines(source)
    except DataError:
        return None  # told when the table is read
    if below.height < LEAST_ROWS or not is_data(first, below):
        return None
    names = tuple(f"column_{at}" for at in range(1, len(first) + 1))
    cells = ", ".join(cell[:30] + ("…" if len(cell) > 30 else "") for cell in first[:SHOWN])
    told = f"{names[0]} … {names[-1]}" if len(names) > SHOWN else ", ".join(names)
    reason = (
        f"no header: the first line ({cells}{', …' if len(first) > SHOWN else ''}) is data like those below"
    )
    return Looked(
        source.model_copy(update={"names": names}),
        (kind, Choice("sources.names", told, reason)),
        (
            "the columns have made-up names: `convoy init` takes better ones, such as -S 'sources.names=[a, b, c]', "
            "and -S 'sources.names=[]' if the first line is a header after all",
        ),
    )


def is_data(first: list[str], below: pl.DataFrame) -> bool:
    """Return whether a line is like those below it: a number above numbers, a time above times, a word again."""
    if _counts_on(first):
        return False
    votes = [_like(cell.strip(), below[name]) for cell, name in zip(first, below.columns, strict=True)]
    return False not in votes and True in votes


def _like(cell: str, below: pl.Series) -> bool | None:
    """Return whether ``cell`` is like those below it; None: it may be either."""
    known = below.str.strip_chars().replace("", None).drop_nulls()
    if not cell or known.is_empty():
        return None
    if numeric_share(known) > MOSTLY_NUMBERS:
        return numeric_share(pl.Series([cell.partition(",")[0]])) == 1.0
    if _is_time(known):
        return _is_time(pl.concat([known.head(1), pl.Series(known.name, [cell])]))
    return True if bool((known == cell).any()) or len(cell.split()) > SENTENCE else None


def _is_time(cells: pl.Series) -> bool:
    try:
        return find_format(cells) is not None
    except DataError:  # a time, but day and month cannot be told apart
        return True


def _counts_on(cells: list[str]) -> bool:
    """Return whether the whole numbers of a line follow one another, as years over the columns of a table do."""
    whole = [int(cell) for cell in cells if cell.strip().isdecimal()]
    return len(whole) >= LEAST_ROWS and all(after == before + 1 for before, after in pairwise(whole))


def _lines(source: CsvConfig) -> tuple[list[str], pl.DataFrame]:
    """Return the cells of the first line, and those of the next ones, as text.

    Raises:
        DataError: There is no such file, or it is no text.
    """
    path = Path.cwd() / Path(source.path).expanduser()
    path = path if path.is_file() else _first(source.path)
    content = next(iter(text_blocks(path, source.encoding)), b"")[:SNIFFED]
    separator = source.separator or find_separator(content.decode("utf-8", "ignore"))
    cut = len(content) == SNIFFED
    rows = find_rows(content, separator, quotes=source.quotes, last=not cut)
    blank = rows.blank
    lines = [
        [cell.decode("utf-8", "ignore") for cell in rows.cells_of(at)]
        for at in range(len(rows.starts))
        if not blank[at] and not rows.broken[at]
    ]
    first, *others = lines or [[]]
    same = [line for line in others if len(line) == len(first)]
    names = [str(at) for at in range(len(first))]
    return first, pl.DataFrame(same, schema=dict.fromkeys(names, pl.String), orient="row")


def _first(path: str) -> Path:
    found = listed(Path.cwd(), path, SUFFIXES)
    return found.root / found.names[0]
