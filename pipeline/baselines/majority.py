"""The floor of every classification: the shares of the classes, whatever the sample."""

from typing import ClassVar, Literal

import numpy as np

from pipeline.baselines.base import Baseline
from pipeline.preprocessing.stream import Floats, SplitReader


class Majority(Baseline):
    """Answers the class shares of the training split, so always predicts its largest class."""

    head: ClassVar[Literal["classify", "forecast"]] = "classify"

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Count the classes."""
        targets = train.targets(np.arange(len(train)))
        counts = np.bincount(targets.astype(np.int64), minlength=len(train.meta.classes))
        self.shares: Floats = (counts / counts.sum()).astype(np.float32)
        self.parameters = len(counts)

    def predict(self, inputs: Floats) -> Floats:
        """Return the same shares for every sample."""
        return np.tile(self.shares, (len(inputs), 1))
