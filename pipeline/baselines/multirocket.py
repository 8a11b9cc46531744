"""The strongest rival of series here: four figures per threshold, of each sample and of its changes."""

from typing import ClassVar

import numpy as np

from pipeline.baselines.kernels import fit_spreads
from pipeline.baselines.pooling import figures
from pipeline.baselines.rocket import Rocket
from pipeline.preprocessing.stream import Floats, Ints

THRESHOLDS = 6_216
"""Of the samples, and as many of their changes; four figures each."""


class MultiRocket(Rocket):
    """MiniRocket's kernels on a sample and on its differences from step to step.

    Source:
        Tan et al. (2022), "MultiRocket: multiple pooling operators and transformations for fast and effective time
        series classification".
    """

    most_rows: ClassVar[int] = 2_000
    most_steps: ClassVar[int] = 1_000_000

    def fit_kernels(self, inputs: Floats, lengths: Ints, seed: int) -> None:
        """Choose thresholds for the samples and for their changes."""
        self.spreads = fit_spreads(inputs, lengths, features=THRESHOLDS, seed=seed)
        changes, ends = changed(inputs.transpose(2, 1, 0), lengths)
        self.of_changes = fit_spreads(changes.transpose(2, 1, 0), ends, features=THRESHOLDS, seed=seed + 1)

    def figures(self, inputs: Floats, lengths: Ints) -> Floats:
        """Return the figures of the samples, then those of their changes."""
        parts = [figures(self.spreads, inputs, lengths), figures(self.of_changes, *changed(inputs, lengths))]
        return np.concatenate(parts, axis=1)


def changed(inputs: Floats, lengths: Ints) -> tuple[Floats, Ints]:
    """Return the differences from step to step of samples ``(channel, step, batch)``, and how many each has.

    A sample of one step has one change: none.
    """
    changes = np.zeros((inputs.shape[0], max(inputs.shape[1] - 1, 1), inputs.shape[2]), np.float32)
    if inputs.shape[1] > 1:
        np.subtract(inputs[:, 1:], inputs[:, :-1], out=changes)
    ends = np.maximum(lengths - 1, 1)
    changes[:, np.arange(changes.shape[1])[:, None] >= np.maximum(lengths - 1, 0)] = 0.0
    return changes, ends
