"""How sure a forecast without quantiles may be: by how much it erred in training."""

import numpy as np

from pipeline.baselines.base import Baseline, drawn
from pipeline.preprocessing.stream import Floats, SplitReader

MOST_CELLS = 8_000_000
"""Errors that are held at once, over all windows: 32 MB."""

TOGETHER = 512
"""Windows answered at once."""


def error_quantiles(
    baseline: Baseline, train: SplitReader, levels: tuple[float, ...], *, seed: int, most: int = MOST_CELLS
) -> Floats:
    """Return the quantiles of a fitted baseline's errors on the training windows.

    A floor learns nothing, so its errors there are as large as elsewhere while the series stays as it is; of a rival
    that was fitted on the same windows they are a little too small.

    Args:
        baseline: Fitted; it forecasts.
        train: Where it erred; of very many windows some are drawn.
        levels: Which quantiles.
        seed: Of the draw.
        most: Errors that the quantiles are taken of at most.

    Returns:
        What is to be added to a forecast, scaled, shape ``(horizon, target, quantile)``.
    """
    cells = train.meta.horizon * len(train.meta.targets)
    positions = drawn(len(train), max(most // cells, 1), seed)
    errors = np.empty((len(positions), train.meta.horizon, len(train.meta.targets)), np.float32)
    for first in range(0, len(positions), TOGETHER):
        part = positions[first : first + TOGETHER]
        answer = baseline.predict(train.inputs(part), train.lengths(part))
        errors[first : first + TOGETHER] = train.targets(part) - answer
    quantiles = np.quantile(errors, levels, axis=0)  # (Q, N, K)
    return np.moveaxis(quantiles, 0, 2).astype(np.float32)
