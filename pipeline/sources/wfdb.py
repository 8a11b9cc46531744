"""Signals of PhysioNet in the WFDB format."""

import warnings
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.base import FIXED, Source
from pipeline.sources.config import TableKind, WfdbConfig
from pipeline.sources.optional import needed
from pipeline.sources.payload.pixels import said
from pipeline.sources.places.listing import listed, readable
from pipeline.sources.places.meaning import Meaning, Place
from pipeline.sources.signals.wfdb_whole import Checksums, require_whole

PIECE = 100_000
EPOCH = datetime(1970, 1, 1)
PAUSE = timedelta(hours=1)
LONGEST_SECONDS = 100 * 365 * 86_400
BEATS = frozenset("NLRBAaJSVrFejnE/fQ?")
"""Annotation codes of beats.

Source: https://archive.physionet.org/physiobank/annotations.shtml.
"""


class WfdbSource(Source):
    """Every record below a path: one row per sample, one channel per lead in physical units.

    A record is a group unless ``group_pattern`` finds one. Times begin with the record's own, else in 1970; records
    without a date that share a group follow one another an hour apart. With ``annotations`` a row's target is the
    symbol of the nearest beat.
    """

    kind: TableKind = "series"

    def __init__(self, config: WfdbConfig, project: Path) -> None:
        super().__init__()
        if config.annotations and config.target_pattern:
            raise ConfigError("sources.annotations and sources.target_pattern both name the target; keep one")
        self.config = config
        self._wfdb = needed("wfdb", what="sources.kind=wfdb", extra="signals")
        listing = listed(project, config.path, (".hea",))
        self.root = listing.root
        self.names = listing.names
        self.meaning = Meaning(config, folders="ignored")
        self.meaning.require(self.names)
        self._ends: dict[str, datetime] = {}

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the rows of record after record, 100,000 at a time.

        Raises:
            DataError: A record is damaged, lacks a lead, or overlaps another of its group.
        """
        headers = {name: self._header(name) for name in self.names}
        segments = {
            f"{name.rpartition('/')[0]}/{segment}"
            for name, header in headers.items()
            for segment in (getattr(header, "seg_name", None) or ())
        }
        whole = [
            name for name in self.names if f"{name.rpartition('/')[0]}/{Path(name).stem}" not in segments
        ]
        rates = {float(headers[name].fs or 0) for name in whole}
        for place in self.meaning.places(whole):
            yield from self._record(place, headers[place.name])
        if not self.channels:
            raise DataError(f"sources.path={shown(self.config.path)} holds no record with a class")
        if len(rates) > 1:
            told = ", ".join(f"{rate:g}" for rate in sorted(rates))
            self.notes.append(f"the records have several sampling rates: {told} per second")
        self.notes += self.meaning.notes()

    def _header(self, name: str) -> Any:
        try:
            return self._wfdb.rdheader(str(self._stem(name)), rd_segments=True)
        except Exception as error:  # whatever the reader stumbles over: the record is no such record
            raise DataError(
                f"{readable(name)} is no readable WFDB header: {said(error, self._stem(name))}"
            ) from None

    def _record(self, place: Place, header: Any) -> Iterator[pl.DataFrame]:
        leads = self._leads(place, header)
        length, rate = int(header.sig_len or 0), float(header.fs or 0)
        if length < 1 or not 0 < rate < np.inf or length / rate > LONGEST_SECONDS:
            raise DataError(
                f"{place.origin} claims {length} samples at {rate:g} per second; correct its header"
            )
        require_whole(header, self._stem(place.name).parent, place.origin)
        group = place.group or readable(place.name).removesuffix(".hea")
        start = self._start(group, header, length / rate, place)
        beats = self._beats(place) if self.config.annotations else None
        sums = Checksums(header, leads)
        for first in range(0, length, PIECE):
            part = (first, min(first + PIECE, length))
            values = self._values(place, leads, part, sums=sums)
            yield self._frame(place, group, values, start=start, first=first, rate=rate, beats=beats)
        sums.compare(place.origin, self.channels)

    def _leads(self, place: Place, header: Any) -> list[int]:
        """Return the places of the leads in this record.

        Raises:
            DataError: It lacks one, or names one twice.
        """
        names = [str(name or f"lead_{index}").strip() for index, name in enumerate(_signal_names(header))]
        wanted = self.channels or self.config.channels or tuple(names)
        lacking = [name for name in wanted if names.count(name) != 1]
        if lacking or not names:
            raise DataError(
                f"{place.origin} has not exactly one lead {lacking[0] if lacking else ''}; it has: "
                f"{', '.join(names) or 'none'}; choose leads that every record has with sources.channels"
            )
        own = sorted({*FIXED, "target"} & set(wanted))
        if own:
            raise DataError(f"{place.origin}: {own} are names this pipeline uses itself; rename those leads")
        self.channels = tuple(wanted)
        return [names.index(name) for name in wanted]

    def _values(
        self, place: Place, leads: list[int], part: tuple[int, int], *, sums: Checksums
    ) -> NDArray[np.float64]:
        """Return samples of shape ``(sample, lead)``, NaN where the record marks them as invalid."""
        try:
            record = self._wfdb.rdrecord(
                str(self._stem(place.name)),
                sampfrom=part[0],
                sampto=part[1],
                channels=leads,
                physical=not any(sums.wanted),
            )
            if any(sums.wanted):
                sums.add(record.d_signal)
            values: NDArray[np.float64] = record.dac() if any(sums.wanted) else record.p_signal
        except Exception as error:  # whatever the reader stumbles over
            raise DataError(
                f"{place.origin}: samples {part[0]} to {part[1]} cannot be read, the signal file may be damaged: "
                f"{said(error, self._stem(place.name))}"
            ) from None
        if values.shape != (part[1] - part[0], len(leads)):
            raise DataError(f"{place.origin}: the signal file ends before sample {part[1]}")
        return values

    def _start(self, group: str, header: Any, seconds: float, place: Place) -> datetime:
        """Return the time of a record's first sample, behind that of the group's records before.

        Raises:
            DataError: It begins before another one ends.
        """
        before = self._ends.get(group)
        dated = header.base_datetime is not None
        start: datetime = header.base_datetime if dated else EPOCH
        if not dated and before is not None:
            start = before + PAUSE
        elif not dated and header.base_time is not None:
            start = datetime.combine(date(1970, 1, 1), header.base_time)
        elif before is not None and start <= before:
            raise DataError(
                f"{place.origin} begins {start}, before another record of the group {group} ends; records of one group "
                f"must follow one another"
            )
        self._ends[group] = start + timedelta(seconds=seconds)
        return start

    def _beats(self, place: Place) -> tuple[NDArray[np.int64], list[str]]:
        """Return samples and symbols of the annotated beats; of all annotations, where none is a beat."""
        try:
            with warnings.catch_warnings(action="ignore"):
                notes = self._wfdb.rdann(str(self._stem(place.name)), self.config.annotations)
        except Exception as error:
            raise DataError(
                f"{place.origin} has no readable annotations .{self.config.annotations}: "
                f"{said(error, self._stem(place.name))}"
            ) from None
        marks = [(int(at), symbol) for at, symbol in zip(notes.sample, notes.symbol, strict=True)]
        beats = [mark for mark in marks if mark[1] in BEATS] or marks
        if not beats:
            raise DataError(f"{place.origin}: the annotations .{self.config.annotations} are empty")
        return np.array([at for at, _ in beats], np.int64), [symbol for _, symbol in beats]

    def _frame(
        self,
        place: Place,
        group: str,
        values: NDArray[np.float64],
        *,
        start: datetime,
        first: int,
        rate: float,
        beats: tuple[NDArray[np.int64], list[str]] | None,
    ) -> pl.DataFrame:
        places = np.arange(first, first + len(values))
        # Each time from the record's start, not from the row before: steps of 2,777.8 microseconds do not add up.
        offsets = np.round(places * (1e6 / rate)).astype("timedelta64[us]")
        times = pl.Series("time", np.datetime64(start, "us") + offsets)
        columns = [
            pl.Series(name, np.ascontiguousarray(values[:, index])).fill_nan(None)
            for index, name in enumerate(self.channels)
        ]
        text = {"origin": place.origin, "group": group, "split": place.split}
        keys = [pl.lit(value, pl.String).alias(name) for name, value in text.items()]
        frame = pl.DataFrame([times, *columns]).with_columns(keys)
        target = [] if beats is None else [_nearest(places, *beats)]
        if self.meaning.has_target:
            target = [pl.Series("target", [place.target], pl.String).new_from_index(0, len(values))]
        return frame.select("origin", "group", "time", "split", *self.channels, *target)

    def _stem(self, name: str) -> Path:
        return self.root / name[: -len(".hea")]


def _signal_names(header: Any) -> list[str | None]:
    """Return the leads of a record, or of the segments of a long one."""
    return list(header.sig_name or ()) if hasattr(header, "sig_name") else list(header.get_sig_name())


def _nearest(places: NDArray[np.int64], samples: NDArray[np.int64], symbols: list[str]) -> pl.Series:
    """Return the symbol of the annotation nearest to each sample; halfway, of the earlier one."""
    halfway = (samples[1:] + samples[:-1]) / 2
    return pl.Series("target", symbols)[np.searchsorted(halfway, places, side="left")]
