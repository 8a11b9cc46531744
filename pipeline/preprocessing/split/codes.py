"""How a division is written down: one small number per thing that is divided."""

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.meta import SPLITS

Codes = NDArray[np.int8]
"""One entry per row or sample: 0 train, 1 val, 2 test, -1 in none."""

Ints = NDArray[np.int64]

TRAIN, VAL, TEST, UNUSED = 0, 1, 2, -1


def require_every_part(codes: Codes, what: str) -> None:
    """Check that no part is empty.

    Raises:
        DataError: One is, so nothing could be trained, chosen or judged.
    """
    counts = {name: int((codes == code).sum()) for code, name in enumerate(SPLITS)}
    empty = [name for name, count in counts.items() if not count]
    if empty:
        raise DataError(
            f"the split leaves no {what} for {' and '.join(empty)} (train {counts['train']}, val {counts['val']}, "
            f"test {counts['test']}); change preprocessing.split, or bring more data"
        )
