"""Normalisation of the input: of batches, or of each window by itself and put back in the answer."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor, nn

from pipeline.extraction.ragged import blanked, inside, on_steps

FLAT = 1e-5
"""Added to a window's variance, so that a constant window is not divided by zero."""


class BatchNormInput(nn.Module):
    """Batch normalisation of each channel, or of each band of images or volumes."""

    def __init__(self, frame: tuple[int, ...]) -> None:
        super().__init__()
        norms = {1: nn.BatchNorm1d, 3: nn.BatchNorm2d, 4: nn.BatchNorm3d}
        self.norm = norms[len(frame)](frame[0])

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the normalised stream, shape ``(batch, time, *frame)`` as it came.

        Steps from ``lengths`` on count for no statistic, and are 0 in the result.
        """
        if lengths is not None:
            return on_steps(self.norm, x, inside(lengths, x.shape[1]))
        flat: Tensor = self.norm(x.flatten(0, 1))  # (B, T, ...) -> (B·T, ...)
        return flat.reshape(x.shape)


@dataclass(frozen=True)
class WindowLevel:
    """Mean and deviation over time of each channel of each window, both ``(batch, 1, channel)``.

    Source:
        Kim et al. (2022), "Reversible Instance Normalization", without its learnt weights.
    """

    centre: Tensor
    spread: Tensor

    @classmethod
    def of(cls, x: Tensor, lengths: Tensor | None = None) -> Self:
        """Return the level of windows ``(batch, time, channel)``, of their first ``lengths`` steps if given."""
        if lengths is not None:
            return cls._of_ragged(x, lengths)
        centre = x.mean(dim=1, keepdim=True)
        variance = x.var(dim=1, keepdim=True, correction=0)
        return cls(centre, (variance + FLAT).sqrt())

    @classmethod
    def _of_ragged(cls, x: Tensor, lengths: Tensor) -> Self:
        there, count = inside(lengths, x.shape[1]), lengths[:, None, None]
        centre = blanked(x, there).sum(dim=1, keepdim=True) / count
        variance = blanked(x - centre, there).square().sum(dim=1, keepdim=True) / count
        return cls(centre, (variance + FLAT).sqrt())

    def removed(self, x: Tensor) -> Tensor:
        """Return the windows centred at 0 with deviation 1."""
        return (x - self.centre) / self.spread

    def restored(self, answer: Tensor, channels: tuple[int, ...]) -> Tensor:
        """Return the forecast ``(batch, horizon, target)``, or its quantiles with one more axis, at the windows' level.

        Args:
            answer: The forecast for windows whose level was removed.
            channels: Which channel of the window each target is.
        """
        chosen = list(channels)
        spread, centre = self.spread[..., chosen], self.centre[..., chosen]  # (B, 1, K)
        if answer.ndim == 4:
            spread, centre = spread.unsqueeze(3), centre.unsqueeze(3)
        return answer * spread + centre
