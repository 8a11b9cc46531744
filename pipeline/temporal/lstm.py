"""Long short-term memory."""

from torch import nn

from pipeline.temporal.base import RecurrentEncoder, layer_dropout
from pipeline.temporal.config import LstmConfig


class LstmEncoder(RecurrentEncoder):
    """``nn.LSTM``, untouched: it computes the numbered equations of the publication (see its test).

    Source:
        Hochreiter and Schmidhuber (1997), "Long Short-Term Memory".
    """

    def __init__(self, config: LstmConfig, in_features: int) -> None:
        network = nn.LSTM(
            in_features,
            config.hidden,
            num_layers=config.layers,
            batch_first=True,
            dropout=layer_dropout(config),
        )
        super().__init__(network, config)
