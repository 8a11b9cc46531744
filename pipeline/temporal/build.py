"""Which encoder a config means."""

from typing import assert_never

from pipeline.temporal.base import TemporalEncoder
from pipeline.temporal.bilstm import BilstmEncoder
from pipeline.temporal.config import BilstmConfig, GruConfig, LstmConfig, RnnConfig, TemporalConfig
from pipeline.temporal.gru import GruEncoder
from pipeline.temporal.lstm import LstmEncoder
from pipeline.temporal.rnn import RnnEncoder


def build_encoder(config: TemporalConfig, in_features: int) -> TemporalEncoder:
    """Return the encoder for ``config``; mypy fails here if a kind is forgotten."""
    match config:
        case LstmConfig():
            return LstmEncoder(config, in_features)
        case BilstmConfig():
            return BilstmEncoder(config, in_features)
        case GruConfig():
            return GruEncoder(config, in_features)
        case RnnConfig():
            return RnnEncoder(config, in_features)
        case _:
            assert_never(config)
