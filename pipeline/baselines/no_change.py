"""The floor of a forecast of returns or differences: the price stays what it is."""

from typing import ClassVar

import numpy as np

from pipeline.baselines.base import Baseline, Head, Inputs
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.stream import Floats, Ints, SplitReader


class NoChange(Baseline):
    """Answers a change of 0 over the horizon, which is to repeat the last level: the random walk.

    Repeating the last *change* (``last_value``) is another claim, that a movement goes on, and usually a worse one.
    A target that is a level stays at its last value.

    Source:
        Meese and Rogoff (1983), "Empirical Exchange Rate Models of the Seventies: Do They Fit out of Sample?".
    """

    heads: ClassVar[tuple[Head, ...]] = ("forecast",)

    @classmethod
    def fits(cls, meta: StreamMeta) -> bool:
        """Return whether a target holds changes; where none does, this is ``last_value``."""
        return super().fits(meta) and not set(meta.targets).isdisjoint(meta.changed)

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Learn nothing but what a change of 0 is once it is scaled."""
        meta = train.meta
        self.horizon, self.targets = meta.horizon, list(meta.targets)
        self.changed = np.isin(self.targets, meta.changed)  # (target,)
        offset, scale = (np.asarray(each, np.float64)[self.targets] for each in (meta.offset, meta.scale))
        self.zero = (-offset / scale).astype(np.float32)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return ``(batch, horizon, target)``."""
        last = np.where(self.changed, self.zero, inputs[:, -1:, self.targets])
        return np.repeat(last.astype(np.float32), self.horizon, axis=1)
