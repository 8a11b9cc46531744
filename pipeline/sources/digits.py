"""The handwritten digits that arrive with scikit-learn.

Source: Alpaydin & Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI; the 1,797
images of its test part, 8×8 pixels with 17 grey values.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.sources.base import Source
from pipeline.sources.config import TableKind
from pipeline.sources.payload.gather import gathered
from pipeline.sources.payload.pixels import IMAGES, raw


class DigitsSource(Source):
    """1,797 images, 8×8, values 0 to 16, ten classes."""

    kind: TableKind = "images"

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the digits in the order scikit-learn has them."""
        from sklearn.datasets import load_digits

        digits = load_digits()
        pairs = zip(digits.images.astype(np.uint8), digits.target.tolist(), strict=True)
        rows = (
            (f"digits:{index}", None, None, *raw(pixels), str(target))
            for index, (pixels, target) in enumerate(pairs)
        )
        yield from gathered(rows, IMAGES, "image")
