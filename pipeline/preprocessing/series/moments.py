"""The distinct times of a table in order, however many there are, and the times at which the parts of a split begin."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.arrays import among, distinct
from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.meta import SPLITS
from pipeline.preprocessing.split.divide import Codes, moment_codes
from pipeline.preprocessing.split.tables import LEFT_OUT

Ints = NDArray[np.int64]

MOST = 4_000_000
"""Times held in memory; more of them are put in order on disk."""

BUFFER = 65_536


class Moments:
    """Distinct times, gathered piece by piece: sorted runs on disk, merged once (an external merge sort).

    Tables of many groups often share their times, so that one run in memory is all there is: what is known already
    is not kept again.
    """

    def __init__(self, folder: Path, most: int = MOST) -> None:
        """Begin with none.

        Args:
            folder: On whose disk files without a name may grow.
            most: Times held in memory.
        """
        self.folder = folder
        self.most = most
        self._known = np.empty(0, np.int64)
        self._waiting: list[Ints] = []
        self._held = 0
        self._runs: list[IO[bytes]] = []

    def add(self, times: Ints) -> None:
        """Take note of some times."""
        fresh = distinct(times)
        if len(self._known):
            fresh = fresh[~among(fresh, self._known)]
        self._waiting.append(fresh)
        self._held += len(fresh)
        if self._held < self.most:
            return
        self._known = self._together()
        if len(self._known) >= self.most * 3 // 4:
            self._runs.append(_spilled([self._known], self.folder))
            self._known = np.empty(0, np.int64)
        self._waiting, self._held = [], len(self._known)

    def _together(self) -> Ints:
        return distinct(np.concatenate([self._known, *self._waiting]))

    def ordered(self) -> "Ordered":
        """Return all of them, in order."""
        rest = self._together()
        if not self._runs:
            return Ordered(rest, None, len(rest))
        runs = [*self._runs, _spilled([rest], self.folder)]
        file = _spilled(_merged(runs), self.folder)
        for run in runs:
            run.close()
        return Ordered(np.empty(0, np.int64), file, file.tell() // 8)


@dataclass(frozen=True)
class Ordered:
    """Distinct times in order, in memory or on disk."""

    held: Ints
    file: IO[bytes] | None
    count: int

    def at(self, ranks: Ints) -> Ints:
        """Return the times with these numbers, counted from 0."""
        if self.file is None:
            return self.held[ranks]
        found = []
        for rank in ranks.tolist():
            self.file.seek(8 * rank)
            found.append(int.from_bytes(self.file.read(8), "little", signed=True))
        return np.array(found, np.int64)

    def close(self) -> None:
        """Give the disk back."""
        if self.file is not None:
            self.file.close()


@dataclass(frozen=True)
class Cuts:
    """Times at which another part of the split begins; what is known of it needs no list of all times."""

    firsts: Ints
    """First time of each stretch, in microseconds; or number of the row in its group where there are no times."""

    lasts: Ints
    steps: Ints
    """Distinct times in each."""

    codes: Codes

    def of(self, times: Ints) -> Codes:
        """Return the part of each time."""
        return self.codes[np.searchsorted(self.firsts, times, side="right") - 1]

    def table(self, *, timed: bool) -> pl.DataFrame:
        """Return the split for a person: one row per stretch of time in one part."""
        kind = pl.Datetime("us") if timed else pl.Int64
        return pl.DataFrame(
            [
                pl.Series("from", self.firsts).cast(kind),
                pl.Series("to", self.lasts).cast(kind),
                pl.Series("time_steps", self.steps),
                pl.Series("split", [*SPLITS, LEFT_OUT]).gather(np.where(self.codes < 0, 3, self.codes)),
            ]
        )


def cuts(moments: Ordered | int, config: SplitConfig) -> Cuts:
    """Divide moments as ``config`` says.

    Args:
        moments: The distinct times; or how many rows the longest group has, where there are no times.
        config: Shares or counts, purge and embargo.

    Raises:
        ConfigError: The parts need more time steps than there are.
    """
    count = moments if isinstance(moments, int) else moments.count
    codes = moment_codes(count, config)
    firsts = np.concatenate([[0], np.flatnonzero(codes[1:] != codes[:-1]) + 1]).astype(np.int64)
    lasts = np.append(firsts[1:], count) - 1
    steps = lasts - firsts + 1
    own = codes[firsts]
    if isinstance(moments, int):
        return Cuts(firsts, lasts, steps, own)
    return Cuts(moments.at(firsts), moments.at(lasts), steps, own)


def _spilled(parts: Iterable[Ints], folder: Path) -> IO[bytes]:
    """Write times to a file without a name, which is gone when it is closed."""
    file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it outlives this function
    for part in parts:
        file.write(part.astype("<i8").tobytes())
    file.flush()
    return file


def _merged(runs: list[IO[bytes]]) -> Iterator[Ints]:
    """Yield the distinct times of sorted runs, in order."""
    for run in runs:
        run.seek(0)
    buffers = [_next(run) for run in runs]
    while any(len(buffer) for buffer in buffers):
        # All that is not above the smallest last time is in memory already.
        border = min(int(buffer[-1]) for buffer in buffers if len(buffer))
        ready = []
        for place, buffer in enumerate(buffers):
            upto = int(np.searchsorted(buffer, border, side="right"))
            ready.append(buffer[:upto])
            buffers[place] = buffer[upto:] if upto < len(buffer) else _next(runs[place])
        yield distinct(np.concatenate(ready))


def _next(run: IO[bytes]) -> Ints:
    return np.frombuffer(run.read(8 * BUFFER), "<i8").astype(np.int64)
