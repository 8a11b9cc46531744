"""What every temporal encoder promises, and what the recurrent ones share."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from pipeline.temporal.config import LstmBase, TemporalBase
from pipeline.temporal.ragged import Recurrent, read_packed, read_padded


class TemporalEncoder(nn.Module, ABC):
    """Reads features step by step and gives, for each step, what was seen up to it."""

    out_features: int
    """Features of each step of the result."""

    backward_features: int = 0
    """How many of them, at the end, were read from the last step to the first: they are complete at the
    first step."""

    reads_maps: bool = False
    """Whether it reads frames as they are, ``(batch, step, channel, height, width)``, and not as vectors."""

    @abstractmethod
    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return ``(batch, step, hidden)`` of features ``(batch, step, feature)``, or of maps.

        Args:
            x: The features.
            lengths: Steps of each sample that are not padding, shape ``(batch,)``, each at least 1; None:
                all. What lies behind them changes nothing, and the result there is 0.
        """

    def count_steps(self, steps: int) -> int:
        """Return how many steps come out when ``steps`` go in: as many."""
        return steps

    def count_lengths(self, lengths: Tensor) -> Tensor:
        """Return how many steps of each sample come out: as many."""
        return lengths


class RecurrentEncoder(TemporalEncoder):
    """PyTorch's own recurrent network, with dropout between its layers and after the last."""

    def __init__(self, network: Recurrent, config: TemporalBase) -> None:
        super().__init__()
        directions = 2 if network.bidirectional else 1
        self.network = network
        self.dropout = nn.Dropout(config.dropout)
        self.states = config.states if isinstance(config, LstmBase) else "output"
        features = config.hidden * (2 if self.states == "both" else 1)
        self.out_features = features * directions
        self.backward_features = features * (directions - 1)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the hidden state of every step, or what ``states`` names; see the base class."""
        if self.states != "output":
            full = torch.full((x.shape[0],), x.shape[1], device=x.device) if lengths is None else lengths
            return read_padded(self.network, x, full, self.dropout, states=self.states)
        if lengths is None:
            hidden, _ = self.network(x)  # (B, S, F) -> (B, S, H)
            dropped: Tensor = self.dropout(hidden)
            return dropped
        read = read_padded if x.device.type == "cpu" else read_packed
        return read(self.network, x, lengths, self.dropout)


def layer_dropout(config: TemporalBase) -> float:
    """Return the dropout between layers; PyTorch warns when there is only one."""
    return config.dropout if config.layers > 1 else 0.0
