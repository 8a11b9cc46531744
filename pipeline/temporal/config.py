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


class LstmBase(TemporalBase):
    """What encoders with a cell have besides."""

    states: Literal["output", "cell", "both"] = "output"
    """What is given of each step: the output (the hidden state), the state of the cell, or both, side by side.
    `model.pooling=attention` weighs the steps by what is given: `output` is the usual attention, `both` the hybrid
    one over output and cell state. With its cell an LSTM takes about 2.7 times as long."""


class LstmConfig(LstmBase):
    """Long short-term memory."""

    kind: Literal["lstm"] = "lstm"


class BilstmConfig(LstmBase):
    """Long short-term memory read in both directions."""

    kind: Literal["bilstm"] = "bilstm"


class GruConfig(TemporalBase):
    """Gated recurrent unit."""

    kind: Literal["gru"] = "gru"


class RnnConfig(TemporalBase):
    """Plain recurrent network with tanh."""

    kind: Literal["rnn"] = "rnn"


class ConvLstmConfig(TemporalBase):
    """Long short-term memory whose state is a map: it reads frames, or the maps of `extraction.steps=maps`."""

    kind: Literal["convlstm"] = "convlstm"

    hidden: PositiveInt = 16
    """Maps of the state."""

    kernel: PositiveInt = 3
    """Width of the filters in pixels or cells of the map."""

    read: Literal["mean", "flatten"] = "mean"
    """How the state's maps become the features of a step: each averaged, or all their cells."""


TemporalConfig = Annotated[
    LstmConfig | BilstmConfig | GruConfig | RnnConfig | ConvLstmConfig, Field(discriminator="kind")
]
