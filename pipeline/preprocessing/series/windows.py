"""Which windows of a series there are: an index into it, never a copy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.preprocessing.series.blocks import Block
from pipeline.preprocessing.split.divide import TRAIN, UNUSED, Codes

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Cut:
    """How windows are cut."""

    window: int
    """Rows the model sees."""

    horizon: int = 0
    """Rows to forecast; 0: a class, labels or a number of the window's last row."""

    ahead: int = 0
    """Rows after the window's last one at which its class is decided."""

    stride: int = 1
    """Rows between the starts of two training windows; val and test use every one."""

    @property
    def length(self) -> int:
        """Return how many rows a window and its target take up."""
        return self.window + self.horizon + self.ahead


def window_codes(begins: Ints, codes: Codes, cut: Cut, *, first: int = 0) -> Codes:
    """Return for each row the part of the window that starts with it; -1 where none does.

    A window lies within one stretch (one group, no gap). A forecast belongs to the part that holds all of its target
    rows; its look-back may reach into earlier rows, which are known by then, except in training. Without a horizon
    every row of the window lies in its part, and so does the row that decides about its class.

    Args:
        begins: Row with which the stretch of each row begins, shape ``(row,)``.
        codes: Part of each row, shape ``(row,)``.
        cut: Sizes.
        first: Number of the first of these rows.

    Returns:
        One entry per row that has ``cut.length`` rows from itself on, so ``cut.length - 1`` fewer than rows.
    """
    count = max(len(begins) - cut.length + 1, 0)
    starts = np.arange(count)
    last = starts + cut.length - 1
    code = codes[last]
    runs = np.cumsum(np.concatenate([[0], codes[1:] != codes[:-1]])) if len(codes) else begins
    judged = starts + (cut.window if cut.horizon else 0)
    fits = (begins[starts] == begins[last]) & (runs[judged] == runs[last]) & (code != UNUSED)
    fits &= (codes[starts] <= code) & ((code != TRAIN) | (runs[starts] == runs[last]))
    fits &= (code != TRAIN) | ((first + starts - begins[starts]) % cut.stride == 0)
    return np.where(fits, code, UNUSED).astype(np.int8)


@dataclass(frozen=True)
class Found:
    """Windows in the order of their starts."""

    starts: Ints
    """First row of each, in the stream."""

    codes: Codes
    keys: pl.DataFrame
    """Of the last row of each: ``sample_id``, ``group``, ``time``, ``target`` if there is one."""

    now: NDArray[np.float64]
    """A channel at the last row of each, as the source has it; NaN where unknown or not asked for."""

    later: NDArray[np.float64]
    """The same channel ``ahead`` rows later."""

    def at(self, places: Ints) -> "Found":
        """Return some of them."""
        return Found(
            self.starts[places], self.codes[places], self.keys[places], self.now[places], self.later[places]
        )


def find_windows(
    blocks: Iterator[Block], cut: Cut, *, watched: int | None = None
) -> Iterator[tuple[Block, Found]]:
    """Yield each block, with the windows that are complete with its rows: windows may begin in blocks before it.

    Args:
        blocks: Rows in order.
        cut: Sizes.
        watched: The channel whose values are wanted.
    """
    kept: _Kept | None = None
    for block in blocks:
        rows = _Kept.of(block, watched) if kept is None else kept.followed(_Kept.of(block, watched))
        yield block, rows.windows(cut)
        kept = rows.last(cut.length - 1)


@dataclass(frozen=True)
class _Kept:
    """What is needed of rows until no window can begin with them."""

    first: int
    begins: Ints
    codes: Codes
    keys: pl.DataFrame
    watched: NDArray[np.float64]

    @classmethod
    def of(cls, block: Block, watched: int | None) -> "_Kept":
        values = np.full(len(block), np.nan) if watched is None else block.raw[:, watched]
        return cls(block.first, block.begins, block.codes, block.keys, values)

    def followed(self, by: "_Kept") -> "_Kept":
        return _Kept(
            self.first, np.concatenate([self.begins, by.begins]), np.concatenate([self.codes, by.codes]),
            pl.concat([self.keys, by.keys]), np.concatenate([self.watched, by.watched]),
        )  # fmt: skip

    def last(self, rows: int) -> "_Kept":
        cut = max(len(self.begins) - rows, 0)
        return _Kept(
            self.first + cut, self.begins[cut:], self.codes[cut:], self.keys[cut:], self.watched[cut:].copy()
        )

    def windows(self, cut: Cut) -> Found:
        codes = window_codes(self.begins, self.codes, cut, first=self.first)
        starts = np.flatnonzero(codes != UNUSED)
        ends = starts + cut.window - 1
        return Found(
            self.first + starts,
            codes[starts],
            self.keys[ends],
            self.watched[ends],
            self.watched[ends + cut.ahead],
        )
