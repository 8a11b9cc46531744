"""What the kinds share that keep every step and pool once, at their end."""

from abc import abstractmethod

from torch import Tensor

from pipeline.extraction.base import Extractor
from pipeline.extraction.ragged import blanked, count_pooled, inside, pool_steps
from pipeline.foundation.errors import ConfigError


class SameLengthExtractor(Extractor):
    """Gives as many steps as it reads, divided by ``pool``."""

    def __init__(self, *, out_features: int, pool: int) -> None:
        super().__init__()
        self.out_features = out_features
        self.pool = pool

    @abstractmethod
    def read(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Return features ``(batch, step, feature)`` of ``(batch, step, channel)``, both 0 where nothing is there.

        Args:
            x: The stream.
            there: Which steps are no padding, shape ``(batch, step)``; None: all.
        """

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return features ``(batch, step, feature)`` of ``(batch, time, channel)``."""
        if lengths is None:
            features = self.read(x, None)
        else:
            there = inside(lengths, x.shape[1])
            features = self.read(blanked(x, there), there)
        return features if self.pool == 1 else pool_steps(features, lengths, self.pool)

    def count_steps(self, steps: int) -> int:
        """Return the steps that pooling leaves."""
        if steps < self.pool:
            raise ConfigError(
                f"extraction.pool={self.pool} leaves nothing of {steps} steps; lower extraction.pool, or use longer "
                f"input (and a lower model.repeat, where blocks are stacked)"
            )
        return steps // self.pool

    def count_lengths(self, lengths: Tensor) -> Tensor:
        """Return the steps that pooling leaves of each sample, one at least."""
        return lengths if self.pool == 1 else count_pooled(lengths, self.pool)
