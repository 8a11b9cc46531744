"""The fast strong rival of series: the share of steps at which each of ten thousand thresholds is passed."""

from typing import ClassVar

from pipeline.baselines.kernels import fit_spreads
from pipeline.baselines.pooling import shares
from pipeline.baselines.rocket import Rocket
from pipeline.preprocessing.stream import Floats, Ints

FEATURES = 9_996


class MiniRocket(Rocket):
    """84 kernels at up to 32 dilations, one figure per threshold.

    Source:
        Dempster, Schmidt & Webb (2021), "MiniRocket: A Very Fast (Almost) Deterministic Transform for Time Series
        Classification".
    """

    most_rows: ClassVar[int] = 4_000
    most_steps: ClassVar[int] = 4_000_000

    def fit_kernels(self, inputs: Floats, lengths: Ints, seed: int) -> None:
        """Choose thresholds."""
        self.spreads = fit_spreads(inputs, lengths, features=FEATURES, seed=seed)

    def figures(self, inputs: Floats, lengths: Ints) -> Floats:
        """Return the shares."""
        return shares(self.spreads, inputs, lengths)
