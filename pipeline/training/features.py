"""Samples whose features were computed once: what a frozen extractor made of them."""

from functools import cached_property
from pathlib import Path

import numpy as np

from pipeline.foundation.arrays import read_array
from pipeline.preprocessing.stream import Floats, Ints, SplitReader, padded, running_rows


class FeatureReader:
    """Reads features instead of streams, and the streams as well where their level is put back.

    Training images are as they are in it: an image that is moved anew every epoch would need the extractor
    again.
    """

    def __init__(
        self,
        reader: SplitReader,
        path: Path,
        *,
        lengths: Path | None = None,
        with_windows: bool = False,
        second: "FeatureReader | None" = None,
    ) -> None:
        """Keep where the features are.

        Args:
            reader: The samples.
            path: Their features, as ``write_features`` left them.
            lengths: How many steps of features each sample has; None where all have as many.
            with_windows: Whether the streams are needed too.
            second: The features of the second stream, where there is one.
        """
        self.reader = reader
        self.path = path
        self.lengths_path = lengths
        self.with_windows = with_windows
        self.second = second

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.reader)

    @cached_property
    def features(self) -> Floats:
        """All features, ``(sample, step, feature)`` or the steps one after the other, on disk."""
        return read_array(self.path, mapped=True)

    def lengths(self, positions: Ints) -> Ints | None:
        """Return the steps of features of the samples at ``positions``; None where all have as many."""
        return None if self.lengths_path is None else self._lengths[positions]

    def inputs(self, positions: Ints, moves: Ints | None = None, flips: Ints | None = None) -> Floats:
        """Return the features at ``positions``."""
        lengths = self.lengths(positions)
        if lengths is not None:
            rows = running_rows(self._starts[positions], lengths)
            return padded(np.take(self.features, rows, axis=0), lengths)
        features: Floats = self.features[positions]
        return features

    def static(self, positions: Ints) -> Floats | None:
        """Return what is known of each sample as a whole, ``(batch, static)``; None where nothing is."""
        return self.reader.static(positions)

    def windows(self, positions: Ints) -> Floats | None:
        """Return the windows at ``positions`` if they are needed."""
        return self.reader.inputs(positions).astype(np.float32, copy=False) if self.with_windows else None

    def targets(self, positions: Ints) -> Floats | Ints:
        """Return the targets at ``positions``."""
        return self.reader.targets(positions)

    @cached_property
    def _lengths(self) -> Ints:
        if self.lengths_path is None:
            raise ValueError("the features of all samples have as many steps")
        return read_array(self.lengths_path)

    @cached_property
    def _starts(self) -> Ints:
        return np.cumsum(self._lengths) - self._lengths
