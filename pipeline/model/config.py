"""How the rooms stand together: the section ``model`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from pipeline.foundation.section import Section


class ModelConfig(Section):
    """A point in the grammar: streams → extraction and temporal analysis in some order → pooling → head."""

    order: Literal["cnn-lstm", "lstm-cnn", "parallel", "cnn", "lstm"] = "cnn-lstm"
    """Which room comes first; `parallel` runs both on the input and joins them; `cnn` and `lstm` use one."""

    repeat: PositiveInt = 1
    """Blocks of that order on top of one another (one-dimensional extraction only above 1)."""

    pooling: Literal["last", "mean", "max", "attention", "flatten"] = "last"
    """How the steps become one vector; `flatten` keeps them all."""

    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Share of features dropped before the head while training."""

    input_norm: Literal["none", "batch", "instance"] = "none"
    """`batch`: batch normalisation of the input; `instance`: each window of a forecast is centred and scaled by
    its own mean and deviation, and the answer is put back (reversible instance normalisation)."""

    channels: Literal["together", "each"] = "together"
    """`each`: one network with shared weights reads and forecasts every channel on its own."""

    steps: Literal["in_order", "shuffled"] = "in_order"
    """`shuffled`: the steps of each sample are put in disorder, anew in training, in one fixed way in evaluation: an
    ablation that costs a model exactly what it knows from their order."""

    embedding: Literal["tuned", "frozen"] = "tuned"
    """Texts: whether the vectors of the tokens are trained on with the rest, or stay as preprocess left them."""
