"""The floor of a direction: what followed a rise in training, and what followed a fall."""

from typing import ClassVar

import numpy as np

from pipeline.baselines.base import Baseline, Data, Head, Inputs, LeftOutError, batches
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.stream import Floats, Ints, SplitReader


class LastDirection(Baseline):
    """Answers the class shares of the training windows that ended as this one does: with a rise, or without.

    It holds what a trend that goes on, or turns around, says by itself.

    Source:
        Cowles and Jones (1937), "Some A Posteriori Probabilities in Stock Market Action" (sequences and reversals).
    """

    heads: ClassVar[tuple[Head, ...]] = ("classify",)
    data: ClassVar[tuple[Data, ...]] = ("series",)
    parameters = 2

    @classmethod
    def fits(cls, meta: StreamMeta) -> bool:
        """Return whether the classes say where a channel goes."""
        return super().fits(meta) and meta.direction is not None

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Count both classes after a rise, and after none.

        Raises:
            LeftOutError: Training has windows of one of the two only, or windows of a single level.
        """
        meta = train.meta
        self.channel = meta.direction or 0
        self.changed = self.channel in meta.changed
        if meta.window < 2 and not self.changed:
            raise LeftOutError("a window of one step does not say where the channel came from")
        self.zero = np.float32(-meta.offset[self.channel] / meta.scale[self.channel])
        counts = np.zeros((2, len(meta.classes)))
        for positions in batches(train):
            rose = self._rose(train.inputs(positions), train.lengths(positions))
            np.add.at(counts, (rose, train.targets(positions).astype(np.int64)), 1)
        if not counts.any(axis=1).all():
            raise LeftOutError("all training windows end with a rise, or none does")
        self.shares: Floats = (counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)  # (side, K)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return ``(batch, class)``."""
        return self.shares[self._rose(inputs, lengths)]

    def _rose(self, inputs: Inputs, lengths: Ints | None) -> Ints:
        """Return 1 for each window whose last step is above the one before, ``(batch,)``."""
        rows = np.arange(len(inputs))
        ends = np.full(len(inputs), inputs.shape[1]) if lengths is None else lengths
        last = inputs[rows, ends - 1, self.channel]
        before = self.zero if self.changed else inputs[rows, ends - 2, self.channel]
        return np.asarray(last > before, np.int64)
