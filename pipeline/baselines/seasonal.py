"""The floors of a seasonal series: what was at this phase before."""

from typing import ClassVar

import numpy as np

from pipeline.baselines.base import Baseline, Head, Inputs, LeftOutError
from pipeline.preprocessing.stream import Floats, Ints, SplitReader


class Seasonal(Baseline):
    """Answers the mean of the last values at the same phase, one per season.

    With ``periods=1`` that is the value one season ago. Steps beyond the first season of the horizon
    repeat it: what lies in the horizon is not known.
    """

    heads: ClassVar[tuple[Head, ...]] = ("forecast",)

    def __init__(self, season: int | None, periods: int) -> None:
        self.season = season
        self.periods = periods

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Find which rows of the window are averaged; as many seasons as the window holds.

        Raises:
            LeftOutError: There is no season, or the window is shorter than one.
        """
        window = train.meta.window
        if self.season is None:
            raise LeftOutError("no season shows in the training split; set baselines.season if there is one")
        if self.season > window:
            raise LeftOutError(f"a season of {self.season} steps does not fit into a window of {window}")
        phase = np.arange(train.meta.horizon) % self.season  # (N,)
        back = self.season * np.arange(1, min(self.periods, window // self.season) + 1)  # (periods,)
        self.rows = window - back[:, None] + phase  # (periods, N)
        self.targets = list(train.meta.targets)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return ``(batch, horizon, target)``."""
        chosen = inputs[:, :, self.targets]
        total = np.zeros((len(inputs), self.rows.shape[1], len(self.targets)), np.float32)
        for rows in self.rows:  # one season at a time: the sum needs no copy per season
            total += chosen[:, rows]
        mean: Floats = total / np.float32(len(self.rows))
        return mean
