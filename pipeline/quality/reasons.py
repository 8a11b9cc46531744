"""Which rows are set aside, and why, in little memory."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Reasons:
    """Row and reason of everything set aside; a reason that returns is kept once."""

    def __init__(self, most: int | None = None) -> None:
        """Keep the reasons of ``most`` rows, and only count those after; None: keep all."""
        self.count = 0
        self._most = most
        self._ids: list[Ints] = []
        self._codes: list[NDArray[np.uint32]] = []
        self._known: dict[str, int] = {}

    def add(self, ids: Ints, problems: Mapping[int, Sequence[str]]) -> None:
        """Take what is wrong with the rows of one batch, by position."""
        room = None if self._most is None else max(0, self._most - self.count)
        self.count += len(problems)
        rows = sorted(problems)[:room]
        texts = [_together(problems[row]) for row in rows]
        codes = [self._known.setdefault(text, len(self._known)) for text in texts]
        self._ids.append(ids[rows])
        self._codes.append(np.array(codes, np.uint32))

    def frame(self) -> pl.DataFrame:
        """Return ``sample_id`` and ``reason``, one row for each row set aside, in the order they came."""
        ids = np.concatenate(self._ids) if self._ids else np.empty(0, np.int64)
        codes = np.concatenate(self._codes) if self._codes else np.empty(0, np.uint32)
        reasons = pl.Series("reason", codes, dtype=pl.UInt32).cat.to(pl.Enum(list(self._known)))
        return pl.DataFrame([pl.Series("sample_id", ids, dtype=pl.Int64), reasons])


def _together(problems: Sequence[str], most: int = 3) -> str:
    more = [f"and {len(problems) - most} more"] if len(problems) > most else []
    return "; ".join([*problems[:most], *more])
