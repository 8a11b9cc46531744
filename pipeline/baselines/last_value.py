"""The floor of every forecast: nothing changes."""

from typing import ClassVar, Literal

import numpy as np

from pipeline.baselines.base import Baseline
from pipeline.preprocessing.stream import Floats, SplitReader


class LastValue(Baseline):
    """Repeats the last value of the window over the horizon."""

    head: ClassVar[Literal["classify", "forecast"]] = "forecast"

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Learn nothing but the shape of the answer."""
        self.horizon, self.targets = train.meta.horizon, list(train.meta.targets)

    def predict(self, inputs: Floats) -> Floats:
        """Return ``(batch, horizon, target)``."""
        return np.repeat(inputs[:, -1:, self.targets], self.horizon, axis=1)
