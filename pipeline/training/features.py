"""Samples whose features were computed once: what a frozen extractor made of them."""

from functools import cached_property
from pathlib import Path

import numpy as np

from pipeline.preprocessing.stream import Floats, Ints, SplitReader


class FeatureReader:
    """Reads features instead of streams, and the streams as well where their level is put back.

    Training images are as they are in it: an image that is moved anew every epoch would need the extractor
    again.
    """

    def __init__(self, reader: SplitReader, path: Path, *, with_windows: bool) -> None:
        self.reader = reader
        self.path = path
        self.with_windows = with_windows

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.reader)

    @cached_property
    def features(self) -> Floats:
        """All features, shape ``(sample, step, feature)``, on disk."""
        array: Floats = np.load(self.path, mmap_mode="r", allow_pickle=False)
        return array

    def inputs(self, positions: Ints, moves: Ints | None = None) -> tuple[Floats, ...]:
        """Return the features at ``positions``, and the windows if they are needed."""
        features: Floats = self.features[positions]
        return (features, self.reader.inputs(positions)) if self.with_windows else (features,)

    def targets(self, positions: Ints) -> Floats | Ints:
        """Return the targets at ``positions``."""
        return self.reader.targets(positions)
