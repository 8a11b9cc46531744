"""The floor of every regression: the mean, whatever the sample."""

from typing import ClassVar

import numpy as np

from pipeline.baselines.base import Baseline, Head, Inputs
from pipeline.preprocessing.stream import Floats, Ints, SplitReader


class Mean(Baseline):
    """Answers the mean of the training split."""

    heads: ClassVar[tuple[Head, ...]] = ("regress",)
    parameters = 1

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Average the targets."""
        self.mean = float(train.targets(np.arange(len(train))).mean(dtype=np.float64))

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return the same number for every sample, ``(batch, 1)``."""
        return np.full((len(inputs), 1), self.mean, np.float32)
