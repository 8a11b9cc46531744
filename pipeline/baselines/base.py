"""What every baseline promises: fitted on the training split, it answers batch by batch like a network."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np

from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

BATCH_CELLS = 8_000_000
"""Numbers in the inputs of one batch: 32 MB, whatever the window and the frame."""

Head = Literal["classify", "multilabel", "regress", "forecast"]
Data = Literal["series", "images", "text", "table", "clips", "sound"]
Inputs = Floats | Ints
"""Samples as :meth:`SplitReader.inputs` gives them: scaled numbers, or token ids."""


class LeftOutError(Exception):
    """A baseline fits the head, but not these data; the message is the reason that the report gives."""


class Baseline(ABC):
    """A floor or a rival; a new one is unfitted."""

    heads: ClassVar[tuple[Head, ...]]
    """The heads that it can answer."""

    data: ClassVar[tuple[Data, ...]] = ("series", "images", "text", "table", "clips", "sound")
    """The kinds of data that it is about."""

    parameters: int = 0
    """Numbers that fitting chose."""

    @classmethod
    def fits(cls, meta: StreamMeta) -> bool:
        """Return whether it is about these data and this head; where it is not, nobody misses it."""
        return meta.head in cls.heads and meta.kind in cls.data

    @abstractmethod
    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Learn from the training split, in batches; ``val`` may choose a setting, as it does for networks.

        Raises:
            LeftOutError: These data do not allow this baseline.
        """

    @abstractmethod
    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Answer samples of shape ``(batch, step, *frame)``.

        Args:
            inputs: As the reader gives them; what lies behind the end of a sample is 0.
            lengths: Steps of each sample where they differ, shape ``(batch,)``.

        Returns:
            Probabilities ``(batch, class)`` or ``(batch, label)``, scaled numbers ``(batch, 1)``, or scaled forecasts
            ``(batch, horizon, target)``.
        """

    def answer(self, reader: SplitReader, positions: Ints) -> Floats:
        """Answer the samples of ``reader`` at ``positions``; one that sees more than their steps reads it here."""
        return self.predict(reader.inputs(positions), reader.lengths(positions))


def batches(reader: SplitReader, *, every: int = 1) -> Iterator[Ints]:
    """Yield the positions of all samples (or every so many), in order, in batches of bounded memory."""
    return in_batches(reader, np.arange(0, len(reader), every, dtype=np.int64))


def in_batches(reader: SplitReader, positions: Ints) -> Iterator[Ints]:
    """Yield ``positions`` in batches of bounded memory."""
    size = max(BATCH_CELLS // max(reader.meta.window * int(np.prod(reader.meta.frame)), 1), 1)
    for first in range(0, len(positions), size):
        yield positions[first : first + size]


def drawn(count: int, most: int, seed: int) -> Ints:
    """Return at most ``most`` of ``count`` positions, drawn with ``seed``, in order."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    chosen = np.random.default_rng(seed).choice(count, size=most, replace=False)
    return np.sort(chosen).astype(np.int64)


def answers(baseline: Baseline, reader: SplitReader) -> Floats:
    """Return a fitted baseline's answers for all samples of ``reader``, in their order."""
    parts = [baseline.answer(reader, positions) for positions in batches(reader)]
    return np.concatenate(parts) if parts else np.empty((0,), np.float32)
