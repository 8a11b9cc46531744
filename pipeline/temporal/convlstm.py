"""Long short-term memory whose state is a map."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.foundation.errors import ShapeError
from pipeline.temporal.base import TemporalEncoder, layer_dropout
from pipeline.temporal.config import ConvLstmConfig
from pipeline.temporal.ragged import dropped


class ConvLstmLayer(nn.Module):
    """One layer: the gates of a cell see the cells around it, of the input and of the state before."""

    def __init__(self, in_channels: int, hidden: int, kernel: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.around = ((kernel - 1) // 2, kernel // 2) * 2  # an even filter needs one more zero after
        self.entering = nn.Conv2d(in_channels, 4 * hidden, kernel)
        self.recurrent = nn.Conv2d(hidden, 4 * hidden, kernel, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the hidden maps of every step ``(batch, step, hidden, height, width)``, beginning from 0."""
        frames = F.pad(x.flatten(0, 1), self.around)
        gates = self.entering(frames).unflatten(0, x.shape[:2])  # all steps at once: (B, S, 4·H, h, w)
        hidden = gates.new_zeros(x.shape[0], self.hidden, *x.shape[3:])
        cell, states = (
            hidden.to(torch.promote_types(hidden.dtype, torch.float32)),
            [],
        )  # a long sum: never of 16 bits
        for index, entering in enumerate(gates.unbind(1)):
            gate = entering if index == 0 else entering + self.recurrent(F.pad(hidden, self.around))
            enter, keep, candidate, leave = gate.chunk(4, dim=1)
            cell = keep.sigmoid() * cell + enter.sigmoid() * candidate.tanh()
            hidden = leave.sigmoid() * cell.tanh()
            states.append(hidden)
        return torch.stack(states, dim=1)


class ConvLstmEncoder(TemporalEncoder):
    """Layers of convolutional LSTM on top of one another, then each map averaged or flattened.

    Without the peepholes of the publication, which tie the weights to one size of the map.

    Source:
        Shi et al. (2015), "Convolutional LSTM Network: A Machine Learning Approach for Precipitation Nowcasting".
    """

    reads_maps = True

    def __init__(self, config: ConvLstmConfig, frame: tuple[int, ...]) -> None:
        """Make the layers.

        Raises:
            ShapeError: The steps hold vectors.
        """
        super().__init__()
        if len(frame) != 3:
            raise ShapeError(
                f"temporal.kind=convlstm reads maps (channel, height, width), and each step has shape {frame}; use "
                f"extraction.steps=maps where a CNN comes first, or temporal.kind=lstm"
            )
        channels, height, width = frame
        sizes = [channels, *[config.hidden] * (config.layers - 1)]
        self.config = config
        self.layers = nn.ModuleList(ConvLstmLayer(size, config.hidden, config.kernel) for size in sizes)
        self.out_features = config.hidden * (1 if config.read == "mean" else height * width)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return ``(batch, step, hidden)`` of maps ``(batch, step, channel, height, width)``; see the base class."""
        full = lengths is None
        lengths = torch.full((x.shape[0],), x.shape[1]) if lengths is None else lengths
        there = torch.arange(x.shape[1], device=x.device) < lengths.to(x.device)[:, None]  # (B, S)
        x = x if full else x.masked_fill(~there[..., None, None, None], 0.0)
        for layer in self.layers[:-1]:
            x = dropped(layer(x), there, layer_dropout(self.config), training=self.training)
        x = self.layers[-1](x)
        x = (
            x.mean(dim=(3, 4)) if self.config.read == "mean" else x.flatten(2)
        )  # (B, S, H, h, w) -> (B, S, H')
        x = dropped(x, there, self.config.dropout, training=self.training)
        return x if full else x.masked_fill(~there[..., None], 0.0)
