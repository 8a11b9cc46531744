"""Plain recurrent network with tanh."""

from torch import nn

from pipeline.temporal.base import RecurrentEncoder, layer_dropout
from pipeline.temporal.config import RnnConfig


class RnnEncoder(RecurrentEncoder):
    """``nn.RNN``: the state alone, without gates.

    Source:
        Elman (1990), "Finding Structure in Time".
    """

    def __init__(self, config: RnnConfig, in_features: int) -> None:
        network = nn.RNN(
            in_features,
            config.hidden,
            num_layers=config.layers,
            batch_first=True,
            dropout=layer_dropout(config),
        )
        super().__init__(network, config)
