"""How a division is written down: one small number per thing that is divided."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.meta import SPLITS, Split

Codes = NDArray[np.int8]
"""One entry per row or sample: 0 train, 1 val, 2 test, -1 in none."""

Ints = NDArray[np.int64]

TRAIN, VAL, TEST, UNUSED = 0, 1, 2, -1


AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Members:
    """Which samples are in a part, told for a stretch of them at a time: of many no mask has to be held."""

    codes: Codes
    code: int | None = None
    """The part; None: any."""

    def __getitem__(self, stretch: slice) -> NDArray[np.bool_]:
        """Return which samples of a stretch are."""
        some = self.codes[stretch]
        return np.asarray(some != UNUSED if self.code is None else some == self.code)


def part_counts(codes: Codes) -> dict[Split, int]:
    """Return the samples of each part."""
    counts = np.zeros(len(SPLITS) + 1, np.int64)
    for first in range(0, len(codes), AT_ONCE):
        some = codes[first : first + AT_ONCE].astype(np.int64) + 1
        counts += np.bincount(some, minlength=len(counts))
    return {name: int(counts[code + 1]) for code, name in enumerate(SPLITS)}


def require_every_part(codes: Codes, what: str) -> None:
    """Check that no part is empty.

    Raises:
        DataError: One is, so nothing could be trained, chosen or judged.
    """
    counts = part_counts(codes)
    empty = [name for name, count in counts.items() if not count]
    if empty:
        raise DataError(
            f"the split leaves no {what} for {' and '.join(empty)} (train {counts['train']}, val {counts['val']}, "
            f"test {counts['test']}); change preprocessing.split, or bring more data"
        )
