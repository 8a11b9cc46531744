"""LSTM temporal analysis: the section ``temporal`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from pipeline.foundation.section import Section


class TemporalBase(Section):
    """What every recurrent encoder has."""

    hidden: PositiveInt = 64
    """Size of the state; a bidirectional encoder gives twice as many features."""

    layers: PositiveInt = 1
    """Recurrent layers on top of one another."""

    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Share of features dropped between layers and after the last while training."""


class LstmConfig(TemporalBase):
    """Long short-term memory."""

    kind: Literal["lstm"] = "lstm"


class BilstmConfig(TemporalBase):
    """Long short-term memory read in both directions."""

    kind: Literal["bilstm"] = "bilstm"


class GruConfig(TemporalBase):
    """Gated recurrent unit."""

    kind: Literal["gru"] = "gru"


class RnnConfig(TemporalBase):
    """Plain recurrent network with tanh."""

    kind: Literal["rnn"] = "rnn"


TemporalConfig = Annotated[LstmConfig | BilstmConfig | GruConfig | RnnConfig, Field(discriminator="kind")]
