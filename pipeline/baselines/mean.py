"""The floor of every number that is asked for: the mean, whatever the sample."""

from typing import ClassVar

import numpy as np

from pipeline.baselines.base import Baseline, Head, Inputs, batches
from pipeline.preprocessing.stream import Floats, Ints, SplitReader


class Mean(Baseline):
    """Answers the mean of the training split.

    Of a forecast, one for each channel: what has no memory, such as returns, has no better floor.
    """

    heads: ClassVar[tuple[Head, ...]] = ("regress", "forecast")

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Average the targets, over the samples and the steps of the horizon."""
        means, counts = [], []
        for positions in batches(train):
            targets = train.targets(positions)
            targets = targets.reshape(-1, targets.shape[-1])
            means.append(targets.mean(axis=0, dtype=np.float64))
            counts.append(len(targets))
        self.mean = np.average(means, axis=0, weights=counts).astype(np.float32)
        self.shape = (train.meta.horizon, len(self.mean)) if train.meta.head == "forecast" else (1,)
        self.parameters = len(self.mean)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return the same numbers for every sample, ``(batch, 1)`` or ``(batch, horizon, target)``."""
        return np.broadcast_to(self.mean, (len(inputs), *self.shape)).copy()
