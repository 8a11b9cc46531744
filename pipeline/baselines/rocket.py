"""What MiniRocket and MultiRocket share: fixed kernels, figures of their answers, and a linear map on these."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pipeline.baselines.base import Baseline, Data, Head, Inputs, LeftOutError, drawn, in_batches
from pipeline.baselines.margins import best_sharpness, probabilities
from pipeline.baselines.ridge_loo import fit_left_out
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

SEEN = 512
"""Training samples from which thresholds are drawn."""

CELLS = 65_536
"""Steps of all samples that are looked at together: their answers stay in the processor's cache."""


class Rocket(Baseline):
    """Answers from many fixed convolutions and one linear map; nothing is trained by gradient."""

    heads: ClassVar[tuple[Head, ...]] = ("classify", "regress")
    data: ClassVar[tuple[Data, ...]] = ("series", "sound")
    most_rows: ClassVar[int]
    """Training samples at most: their number is squared in memory, and cubed in time."""

    most_steps: ClassVar[int]
    """Steps of all training and test samples together, at most."""

    def __init__(self, max_rows: int) -> None:
        self.max_rows = max_rows

    @abstractmethod
    def fit_kernels(self, inputs: Floats, lengths: Ints, seed: int) -> None:
        """Choose thresholds on training samples ``(batch, step, channel)``."""

    @abstractmethod
    def figures(self, inputs: Floats, lengths: Ints) -> Floats:
        """Return ``(batch, feature)`` of samples ``(channel, step, batch)``."""

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Fit on at most ``max_rows`` samples drawn with ``seed``; ``val`` says only how sure a class is.

        Raises:
            LeftOutError: All training samples are of one class, or there are too many steps for this rival.
        """
        positions = drawn(len(train), min(self.max_rows, self.most_rows), seed)
        targets = train.targets(positions)
        self.classes = len(train.meta.classes) if train.meta.head == "classify" else 0
        self._refuse(train, targets)
        seen = positions[drawn(len(positions), SEEN, seed)]
        few = next(in_batches(train, seen))
        inputs = np.asarray(train.inputs(few), np.float32)
        self.fit_kernels(inputs, _lengths(train.lengths(few), inputs), seed)
        self.map = fit_left_out(self._rows(train, positions), _wanted(targets, self.classes))
        self.sharpness = 1.0
        if self.classes:
            judged = drawn(len(val), self.most_rows, seed)
            if len(judged):
                self.sharpness = best_sharpness(
                    self.map(self._rows(val, judged)), val.targets(judged).astype(np.int64)
                )
        self.parameters = int(self.map.weights.size + self.map.bias.size)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return probabilities ``(batch, class)``, or scaled numbers ``(batch, 1)``."""
        answer = self.map(self.transform(inputs, lengths))
        return probabilities(answer, self.sharpness) if self.classes else answer

    def transform(self, inputs: Inputs, lengths: Ints | None) -> Floats:
        """Return ``(batch, feature)``, a few samples at a time."""
        values = np.asarray(inputs, np.float32)
        ends = _lengths(lengths, values)
        size = max(CELLS // values.shape[1], 1)
        parts = [
            self.figures(
                np.ascontiguousarray(values[first : first + size].transpose(2, 1, 0)),
                ends[first : first + size],
            )
            for first in range(0, len(values), size)
        ]
        return np.concatenate(parts)

    def _rows(self, reader: SplitReader, positions: Ints) -> Floats:
        parts = [
            self.transform(reader.inputs(batch), reader.lengths(batch))
            for batch in in_batches(reader, positions)
        ]
        return np.concatenate(parts)

    def _refuse(self, train: SplitReader, targets: Floats | Ints) -> None:
        if len(targets) < 2 or (self.classes and len(np.unique(targets)) < 2):
            raise LeftOutError("it needs two training samples, and two classes among them")
        samples = min(len(train), self.most_rows) + train.meta.counts["test"]
        steps = samples * train.meta.window
        if steps > self.most_steps:
            raise LeftOutError(
                f"{samples:,} samples of {train.meta.window:,} steps are {steps / 1e6:.0f} million steps, and beyond "
                f"{self.most_steps / 1e6:.0f} million it takes minutes"
            )


def _wanted(targets: Floats | Ints, classes: int) -> NDArray[np.floating]:
    """Return what the linear map should give: the numbers, or 1 for the class and −1 for the others."""
    if not classes:
        return np.asarray(targets, np.float32)
    return np.where(np.asarray(targets)[:, None] == np.arange(classes), 1.0, -1.0)


def _lengths(lengths: Ints | None, inputs: Floats) -> Ints:
    return np.full(len(inputs), inputs.shape[1], np.int64) if lengths is None else lengths
