"""What every baseline promises: fitted on the training split, it answers batch by batch like a network."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np

from pipeline.preprocessing.stream import Floats, Ints, SplitReader

BATCH_CELLS = 8_000_000
"""Numbers in the inputs of one batch: 32 MB, whatever the window and the frame."""


class LeftOutError(Exception):
    """A baseline fits the head, but not these data; the message is the reason that the report gives."""


class Baseline(ABC):
    """A floor or a rival; a new one is unfitted."""

    head: ClassVar[Literal["classify", "forecast"]]
    """The only head it can answer."""

    parameters: int = 0
    """Numbers that fitting chose."""

    @abstractmethod
    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Learn from the training split, in batches; ``val`` may choose a setting, as it does for networks.

        Raises:
            LeftOutError: These data do not allow this baseline.
        """

    @abstractmethod
    def predict(self, inputs: Floats) -> Floats:
        """Answer scaled samples of shape ``(batch, window, *frame)``.

        Returns:
            Probabilities ``(batch, class)``, or scaled forecasts ``(batch, horizon, target)``.
        """


def batches(reader: SplitReader, *, every: int = 1) -> Iterator[Ints]:
    """Yield the positions of all samples (or every so many), in order, in batches of bounded memory."""
    cells = max(reader.meta.window * int(np.prod(reader.meta.frame)), 1)
    size = max(BATCH_CELLS // cells, 1)
    positions = np.arange(0, len(reader), every, dtype=np.int64)
    for first in range(0, len(positions), size):
        yield positions[first : first + size]


def answers(baseline: Baseline, reader: SplitReader) -> Floats:
    """Return a fitted baseline's answers for all samples of ``reader``, in their order."""
    parts = [baseline.predict(reader.inputs(positions)) for positions in batches(reader)]
    return np.concatenate(parts) if parts else np.empty((0,), np.float32)
