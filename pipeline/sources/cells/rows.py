"""Where the rows of a text table begin and end, found for a whole block at once.

A quoted cell may hold separators and line ends; hence quotes are followed first. A quote opens a cell only at its
start, and closes it only at its end, as Python's ``csv`` reads them; what goes on after a closing quote is broken.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LF, CR, QUOTE, SPACE = 10, 13, 34, 32
RECOVERIES = 50
"""Quotes left open in one block after which its other quotes are not followed any more: each costs a new look."""


@dataclass(frozen=True)
class Rows:
    """The rows of a block, in order; places are bytes from its start."""

    content: bytes
    starts: Ints
    ends: Ints
    """Without the line end."""

    cells: Ints
    """Cells of each row."""

    lines: Ints
    """Line ends of the block before each row."""

    broken: Flags
    """Rows with a quoted cell that does not end where it should."""

    stray: Flags
    """Rows with a quote that is text."""

    separators: Ints
    """Places of the separators between cells."""

    plain: bool
    """Whether every row ends with a line feed and nothing else."""

    after: int
    """Where the next block continues."""

    lines_after: int
    """Line ends before that."""

    @cached_property
    def blank(self) -> Flags:
        """Rows of nothing but spaces."""
        blank: Flags = self.ends == self.starts
        first = np.frombuffer(self.content, np.uint8)[np.minimum(self.starts, len(self.content) - 1)]
        for row in np.flatnonzero(~blank & (first == SPACE) & (self.cells == 1)).tolist():
            blank[row] = not self.text(row).strip(b" ")
        return blank

    def text(self, row: int) -> bytes:
        """Return a row as it stands."""
        return self.content[self.starts[row] : self.ends[row]]

    def cells_of(self, row: int) -> list[bytes]:
        """Return the cells of a row as they mean: without the quotes around them."""
        start, end = int(self.starts[row]), int(self.ends[row])
        first, after = np.searchsorted(self.separators, (start, end))
        places = [start - 1, *self.separators[first:after].tolist(), end]
        return [_unquoted(self.content[a + 1 : b]) for a, b in itertools.pairwise(places)]

    def without(self, left: Flags) -> bytes:
        """Return the rows that are not ``left`` as text every parser reads alike: line feeds, quotes in pairs."""
        if self.plain and not left.any() and not self.stray.any():
            return self.content[: self.after]
        rows = [
            self.content[start:end]
            for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        ]
        if self.stray.any():
            separator = (
                self.content[self.separators[0] : self.separators[0] + 1] if len(self.separators) else b","
            )
            for row in np.flatnonzero(self.stray & ~left).tolist():
                rows[row] = separator.join(_quoted(cell) for cell in self.cells_of(row))
        return b"".join(row + b"\n" for row, leave in zip(rows, left.tolist(), strict=True) if not leave)


def _unquoted(cell: bytes) -> bytes:
    if len(cell) > 1 and cell.startswith(b'"') and cell.endswith(b'"'):
        return cell[1:-1].replace(b'""', b'"')
    return cell


def _quoted(cell: bytes) -> bytes:
    return b'"' + cell.replace(b'"', b'""') + b'"'


def find_rows(
    content: bytes, separator: str, *, quotes: bool = True, last: bool = True, stop: bool = False
) -> Rows:
    """Return the rows of a block of UTF-8 that begins with a row.

    Args:
        content: The block.
        separator: An ASCII character.
        quotes: Whether cells may be quoted.
        last: Whether the block is the end of the file; else an unfinished row stays for the next block.
        stop: Whether a quote that does not close in this block never will; the end of the file says so, too.
    """
    values = np.frombuffer(content, np.uint8)
    line_ends, nexts = _line_ends(content, values, last=last)
    row_ends, row_nexts, separators = line_ends, nexts, np.flatnonzero(values == ord(separator))
    broken = stray = np.empty(0, np.int64)
    if quotes and b'"' in content:
        places = np.flatnonzero(values == QUOTE)
        marks, broken, stray = _quote_marks(
            values, places, ord(separator), line_ends if last or stop else None
        )
        outside = np.searchsorted(marks, line_ends) % 2 == 0
        row_ends, row_nexts = line_ends[outside], nexts[outside]
        separators = separators[np.searchsorted(marks, separators) % 2 == 0]
    after = int(row_nexts[-1]) if len(row_nexts) else 0
    if last and after < len(content):
        row_ends, row_nexts = np.append(row_ends, len(content)), np.append(row_nexts, len(content))
        after = len(content)
    starts = np.concatenate([np.zeros(min(1, len(row_ends)), np.int64), row_nexts[:-1]])
    separators = separators[: np.searchsorted(separators, after)]
    return Rows(
        content=content,
        starts=starts,
        ends=row_ends,
        cells=np.searchsorted(separators, row_ends) - np.searchsorted(separators, starts) + 1,
        lines=np.searchsorted(nexts, starts, side="right"),
        broken=_in_rows(broken[broken < after], starts),
        stray=_in_rows(stray[stray < after], starts),
        separators=separators,
        plain=b"\r" not in content,
        after=after,
        lines_after=int(np.searchsorted(nexts, after, side="right")),
    )


def rows_with(rows: Rows, byte: bytes) -> Flags:
    """Return which rows hold ``byte`` (or several bytes in a row)."""
    places, at = [], rows.content.find(byte)
    while -1 < at < rows.after:
        places.append(at)
        at = rows.content.find(byte, at + len(byte))
    return _in_rows(np.array(places, np.int64), rows.starts)


def _in_rows(places: Ints, starts: Ints) -> Flags:
    flags = np.zeros(len(starts), np.bool_)
    flags[np.searchsorted(starts, places, side="right") - 1] = True
    return flags


def _line_ends(content: bytes, values: NDArray[np.uint8], *, last: bool) -> tuple[Ints, Ints]:
    """Return where each line ends, and where the next begins: line feeds, returns, or both together."""
    feeds = np.flatnonzero(values == LF)
    if b"\r" not in content:
        return feeds, feeds + 1
    returns = np.flatnonzero(values == CR)
    if len(returns) and returns[-1] == len(values) - 1 and not last:
        returns = returns[:-1]  # a line feed may follow in the next block
    paired = np.append(values, 0)[returns + 1] == LF
    alone = feeds[(feeds == 0) | (values[feeds - 1] != CR)]
    ends = np.concatenate([returns, alone])
    nexts = np.concatenate([returns + 1 + paired, alone + 1])
    order = np.argsort(ends)
    return ends[order], nexts[order]


def _quote_marks(
    values: NDArray[np.uint8], places: Ints, separator: int, line_ends: Ints | None
) -> tuple[Ints, Ints, Ints]:
    """Return the quotes between which a cell lies, those that break one, and those that are text.

    Args:
        values: The bytes of the block.
        places: Where it has quotes.
        separator: The byte between cells.
        line_ends: Where its lines end, if a quote still open at its end is broken; then its line alone is.
    """
    around = np.concatenate([[LF], values, [LF]])
    before, behind = around[places], around[places + 2]
    border = np.zeros(256, np.bool_)
    border[[separator, LF, CR]] = True
    opening, closing = border[before], border[behind]
    pairs = np.zeros(256, np.bool_)
    pairs[QUOTE] = True
    sound = (opening | pairs[before])[0::2].all() and (closing | pairs[behind])[1::2].all()
    if sound and (len(places) % 2 == 0 or line_ends is None):
        none = np.empty(0, np.int64)
        return places, none, none
    return _walked(places.tolist(), opening.tolist(), closing.tolist(), line_ends)


def _walked(
    places: list[int], opening: list[bool], closing: list[bool], line_ends: Ints | None
) -> tuple[Ints, Ints, Ints]:
    """Follow the quotes one by one, for a block that has others than pairs around cells.

    A broken cell goes on to where one may end: were its lines read as rows, those of a long text could pass for some.
    """
    marks: list[int] = []
    broken: list[int] = []
    stray: list[int] = []
    at, opened, tries = 0, -1, 0
    while True:
        if at >= len(places):
            if opened < 0 or line_ends is None:
                break
            # Never closed: its line is broken, and reading goes on in the next.
            line = int(np.searchsorted(line_ends, opened))
            end = int(line_ends[line]) if line < len(line_ends) else places[-1] + 1
            broken = [*(place for place in broken if place < opened), opened]
            marks.append(max(end - 1, opened))
            at, opened, tries = int(np.searchsorted(places, end)), -1, tries + 1
            if tries > RECOVERIES:
                broken += places[at:]
                break
            continue
        place = places[at]
        if opened < 0 and opening[at]:
            opened = place
            marks.append(place)
        elif opened < 0:
            stray.append(place)
        elif at + 1 < len(places) and places[at + 1] == place + 1:
            at += 1  # a doubled quote is one, and text
        elif closing[at]:
            opened = -1
            marks.append(place)
        else:
            broken.append(place)
        at += 1
    return np.array(marks, np.int64), np.array(broken, np.int64), np.array(stray, np.int64)
