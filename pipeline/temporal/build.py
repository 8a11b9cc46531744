"""Which encoder a config means."""

from math import prod
from typing import assert_never

from pipeline.temporal.base import TemporalEncoder
from pipeline.temporal.bilstm import BilstmEncoder
from pipeline.temporal.config import (
    BilstmConfig,
    ConvLstmConfig,
    GruConfig,
    LstmConfig,
    RnnConfig,
    TemporalConfig,
)
from pipeline.temporal.convlstm import ConvLstmEncoder
from pipeline.temporal.gru import GruEncoder
from pipeline.temporal.lstm import LstmEncoder
from pipeline.temporal.rnn import RnnEncoder


def build_encoder(config: TemporalConfig, frame: tuple[int, ...]) -> TemporalEncoder:
    """Return the encoder for ``config``; mypy fails here if a kind is forgotten.

    Args:
        config: The section ``temporal``.
        frame: Shape of one step; all kinds but ``convlstm`` are given it as a vector.

    Raises:
        ShapeError: The kind reads maps and the steps hold vectors.
    """
    in_features = prod(frame)
    match config:
        case LstmConfig():
            return LstmEncoder(config, in_features)
        case BilstmConfig():
            return BilstmEncoder(config, in_features)
        case GruConfig():
            return GruEncoder(config, in_features)
        case RnnConfig():
            return RnnEncoder(config, in_features)
        case ConvLstmConfig():
            return ConvLstmEncoder(config, frame)
        case _:
            assert_never(config)
