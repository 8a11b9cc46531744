"""The floor of every forecast: nothing changes."""

from typing import ClassVar

import numpy as np

from pipeline.baselines.base import Baseline, Head, Inputs
from pipeline.preprocessing.stream import Floats, Ints, SplitReader


class LastValue(Baseline):
    """Repeats the last value of the window over the horizon."""

    heads: ClassVar[tuple[Head, ...]] = ("forecast",)

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Learn nothing but the shape of the answer."""
        self.horizon, self.targets = train.meta.horizon, list(train.meta.targets)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return ``(batch, horizon, target)``."""
        return np.repeat(inputs[:, -1:, self.targets], self.horizon, axis=1)
