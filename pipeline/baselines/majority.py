"""The floor of every classification: the shares of the classes or labels, whatever the sample."""

from typing import ClassVar

import numpy as np

from pipeline.baselines.base import Baseline, Head, Inputs
from pipeline.preprocessing.stream import Floats, Ints, SplitReader


class Majority(Baseline):
    """Answers the shares of the training split: always the largest class, or always the same labels."""

    heads: ClassVar[tuple[Head, ...]] = ("classify", "multilabel")

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Count the classes, or the labels."""
        targets = train.targets(np.arange(len(train)))
        if train.meta.head == "multilabel":
            self.shares: Floats = targets.mean(axis=0, dtype=np.float64).astype(np.float32)
        else:
            counts = np.bincount(targets.astype(np.int64), minlength=len(train.meta.classes))
            self.shares = (counts / counts.sum()).astype(np.float32)
        self.parameters = len(self.shares)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return the same shares for every sample."""
        return np.tile(self.shares, (len(inputs), 1))
