"""Gated recurrent unit."""

from torch import nn

from pipeline.temporal.base import RecurrentEncoder, layer_dropout
from pipeline.temporal.config import GruConfig


class GruEncoder(RecurrentEncoder):
    """``nn.GRU``: two gates and no cell of its own.

    Source:
        Cho et al. (2014), "Learning Phrase Representations using RNN Encoder-Decoder".
    """

    def __init__(self, config: GruConfig, in_features: int) -> None:
        network = nn.GRU(
            in_features,
            config.hidden,
            num_layers=config.layers,
            batch_first=True,
            dropout=layer_dropout(config),
        )
        super().__init__(network, config)
