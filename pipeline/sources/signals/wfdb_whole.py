"""Whether a WFDB record is all there: the reader itself fills up what a signal file lacks at its start."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError

SAMPLE_BYTES = {"8": 1.0, "16": 2.0, "24": 3.0, "32": 4.0, "61": 2.0, "80": 1.0, "160": 2.0, "212": 1.5}
"""Bytes of a sample per storage format, where they are fixed.

Source: https://wfdb.io/spec/signal-files.html.
"""


def require_whole(header: Any, folder: Path, origin: str) -> None:
    """Refuse a record whose signal files are missing or shorter than its header says.

    Raises:
        DataError: As said.
    """
    segments = getattr(header, "segments", None)
    if segments is not None:
        for segment in segments:
            if segment is not None:
                require_whole(segment, folder, origin)
        return
    for name in dict.fromkeys(header.file_name or ()):
        if name == "~":
            continue
        path = folder / name
        if not path.is_file():
            raise DataError(f"{origin} names the signal file {name}, which is not there")
        own = [index for index, file in enumerate(header.file_name) if file == name]
        wanted = _bytes(header, own)
        size = path.stat().st_size
        if wanted is not None and size < wanted:
            raise DataError(
                f"{origin} claims {header.sig_len} samples of {len(own)} leads, which need {wanted} bytes, and {name} "
                f"has {size}; the file is truncated, fetch it again"
            )


def _bytes(header: Any, leads: list[int]) -> int | None:
    """Return how long a signal file has to be; None where the format does not say."""
    formats = {header.fmt[lead] for lead in leads}
    if len(formats) != 1 or not formats <= set(SAMPLE_BYTES) or any(header.skew[lead] for lead in leads):
        return None
    samples = int(header.sig_len) * sum(int(header.samps_per_frame[lead] or 1) for lead in leads)
    return int(header.byte_offset[leads[0]] or 0) + math.ceil(float(samples) * SAMPLE_BYTES[formats.pop()])


class Checksums:
    """The sums of a record's samples, compared with those in its header once all have passed."""

    def __init__(self, header: Any, leads: list[int]) -> None:
        plain = hasattr(header, "checksum") and all(size in (None, 1) for size in header.samps_per_frame)
        self.wanted = [header.checksum[lead] if plain else None for lead in leads]
        self.sums = [0] * len(leads)

    def add(self, digital: NDArray[np.int64]) -> None:
        """Count samples of shape ``(sample, lead)``."""
        for index, total in enumerate(digital.sum(axis=0, dtype=np.int64).tolist()):
            self.sums[index] += total

    def compare(self, origin: str, names: tuple[str, ...]) -> None:
        """Refuse samples that do not add up; a checksum of 0 says nothing.

        Raises:
            DataError: As said.
        """
        for name, total, wanted in zip(names, self.sums, self.wanted, strict=True):
            if wanted and (total - wanted) % 2**16:
                raise DataError(
                    f"{origin}: the samples of lead {name} do not add up to the checksum in the header ({wanted}); the "
                    f"signal file is damaged, fetch it again (where it was edited on purpose, set that checksum to 0)"
                )
