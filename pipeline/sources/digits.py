"""The handwritten digits that arrive with scikit-learn.

Source: Alpaydin & Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI; the 1,797
images of its test part, 8×8 pixels with 17 grey values.
"""

import numpy as np

from pipeline.sources.base import Source, SourceTable
from pipeline.sources.pixels import image_table, pixel_rows


class DigitsSource(Source):
    """1,797 images, 8×8, values 0 to 16, ten classes."""

    def read(self) -> SourceTable:
        """Return the digits in the order scikit-learn has them."""
        from sklearn.datasets import load_digits

        digits = load_digits()
        origins = [f"digits:{index}" for index in range(len(digits.images))]
        rows = pixel_rows(digits.images.astype(np.uint8), digits.target, split=None, origins=origins)
        return image_table(rows)
