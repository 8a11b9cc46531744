"""Layers along steps that padding cannot enter, for kinds that join several of them.

Streams are ``(batch, step, feature)`` throughout, and 0 wherever a step is not ``there``: each layer finds them so,
and leaves them so. ``there`` has shape ``(batch, step)``; None means that every step is there.
"""

from torch import Tensor, nn

from pipeline.extraction.ragged import on_steps


class ConvolutionLayer(nn.Module):
    """A convolution that keeps the number of steps, and what follows it step by step: normalisation, activation."""

    def __init__(self, in_channels: int, features: int, kernel: int, *, then: nn.Module) -> None:
        super().__init__()
        self.convolution = same_convolution(in_channels, features, kernel, bias=False)
        self.then = then

    def forward(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Return the features of each step."""
        return by_step(self.then, along(self.convolution, x), there)


def same_convolution(in_channels: int, features: int, kernel: int, *, bias: bool) -> nn.Module:
    """Return a convolution that keeps the number of steps; an even kernel needs one more zero after."""
    before, after = (kernel - 1) // 2, kernel // 2
    if before == after:
        return nn.Conv1d(in_channels, features, kernel, padding=before, bias=bias)
    pad = nn.ConstantPad1d((before, after), 0.0)
    return nn.Sequential(pad, nn.Conv1d(in_channels, features, kernel, bias=bias))


def along(layer: nn.Module, x: Tensor) -> Tensor:
    """Run a layer that reads ``(batch, feature, step)``."""
    read: Tensor = layer(x.transpose(1, 2))  # (B, S, F) -> (B, F, S)
    return read.transpose(1, 2)


def by_step(layer: nn.Module, x: Tensor, there: Tensor | None) -> Tensor:
    """Run a layer in which no step sees another, on the steps that are there and on nothing else."""
    return along(layer, x) if there is None else on_steps(layer, x, there)


def dropping(share: float) -> nn.Module:
    """Return dropout, or nothing where no share is dropped."""
    return nn.Dropout(share) if share else nn.Identity()
