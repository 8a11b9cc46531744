"""Long short-term memory read in both directions."""

from torch import nn

from pipeline.temporal.base import RecurrentEncoder, layer_dropout
from pipeline.temporal.config import BilstmConfig


class BilstmEncoder(RecurrentEncoder):
    """``nn.LSTM`` once from the first step to the last and once back; the two states are joined.

    Source:
        Graves and Schmidhuber (2005), "Framewise Phoneme Classification with Bidirectional LSTM".
    """

    def __init__(self, config: BilstmConfig, in_features: int) -> None:
        network = nn.LSTM(
            in_features,
            config.hidden,
            num_layers=config.layers,
            batch_first=True,
            dropout=layer_dropout(config),
            bidirectional=True,
        )
        super().__init__(network, config)
