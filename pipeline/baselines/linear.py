"""The linear rivals of every forecast: one map from the window to the horizon, shared by all channels."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pipeline.baselines.base import Baseline, Head, Inputs, LeftOutError, batches
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

MOST_ROWS = 1_000_000
"""Windows of one channel that the fit looks at, about: with more, every second, third … window is taken."""

RIDGE = 1e-6
"""Penalty, as a share of the mean square of the inputs: enough for a constant channel, too little to be seen."""


class Linear(Baseline):
    """Least squares in closed form.

    Args:
        centre: Take the window's last value off its inputs and add it to the answer, so that a level
            never seen before does no harm.

    Source:
        Zeng et al. (2023), "Are Transformers Effective for Time Series Forecasting?" (Linear, NLinear),
        there trained by gradient descent.
    """

    heads: ClassVar[tuple[Head, ...]] = ("forecast",)

    def __init__(self, *, centre: bool) -> None:
        self.centre = centre

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Gather the normal equations batch by batch, and solve them once.

        Raises:
            LeftOutError: The training split has no window.
        """
        meta = train.meta
        self.targets = list(meta.targets)
        if len(train) == 0:
            raise LeftOutError("the training split has no window")
        gram = np.zeros((meta.window + 1, meta.window + 1))
        cross = np.zeros((meta.window + 1, meta.horizon))
        every = -(-len(train) * len(self.targets) // MOST_ROWS)
        for positions in batches(train, every=every):
            window, last = self._windows(train.inputs(positions))
            future = train.targets(positions).transpose(0, 2, 1).reshape(-1, meta.horizon) - last
            inputs = np.concatenate([window, np.ones((len(window), 1))], axis=1)  # (B·C, T+1)
            gram += inputs.T @ inputs
            cross += inputs.T @ future
        self.weights = _solved(gram, cross)  # (T+1, N)
        self.parameters = int(self.weights.size)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return ``(batch, horizon, target)``."""
        window, last = self._windows(inputs)
        future = window @ self.weights[:-1] + self.weights[-1] + last  # (B·C, N)
        shaped = future.reshape(len(inputs), len(self.targets), -1).transpose(0, 2, 1)
        answer: Floats = shaped.astype(np.float32)
        return answer

    def _windows(self, inputs: Inputs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return one row per sample and target channel ``(B·C, T)``, and what was taken off ``(B·C, 1)``."""
        chosen = inputs[:, :, self.targets].transpose(0, 2, 1)  # (B, T, C) -> (B, C, T)
        window = chosen.reshape(-1, chosen.shape[2]).astype(np.float64)
        last = window[:, -1:] * float(self.centre)
        return window - last, last


def _solved(gram: NDArray[np.float64], cross: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights; the penalty spares the constant in the last row."""
    penalty = np.full(len(gram), RIDGE * float(np.diag(gram)[:-1].mean()) + 1e-9)
    penalty[-1] = 0.0
    return np.asarray(np.linalg.solve(gram + np.diag(penalty), cross), np.float64)
