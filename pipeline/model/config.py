"""How the rooms stand together: the section ``model`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, field_validator

from pipeline.foundation.section import Section

Streams = Literal["one", "each"] | tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...]


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

    highway: Literal["none", "linear"] = "none"
    """Forecasts: `linear` adds one linear map from the window of each channel to its horizon, so that the rooms learn
    what it leaves."""

    steps: Literal["in_order", "shuffled"] = "in_order"
    """`shuffled`: the steps of each sample are put in disorder, anew in training, in one fixed way in evaluation: an
    ablation that costs a model exactly what it knows from their order."""

    streams: Annotated[Streams, Field(union_mode="left_to_right")] = "one"
    """Streams that the channels (of images: the bands) are divided into, each read by rooms with weights of their own
    and joined before the head: `one`; `each` channel; or lists of names, such as `[[open, close], [volume]]`, where
    those named nowhere are one more."""

    embedding: Literal["tuned", "frozen"] = "tuned"
    """Texts: whether the vectors of the tokens are trained on with the rest, or stay as preprocess left them."""

    @field_validator("streams", mode="before")
    @classmethod
    def _known(cls, streams: object) -> object:
        if isinstance(streams, str) and streams not in ("one", "each"):
            raise ValueError(
                f"model.streams={streams} is not allowed: it is one, each, or lists of channels such as [[open, close]]"
            )
        return streams

    @field_validator("streams")
    @classmethod
    def _each_once(cls, streams: Streams) -> Streams:
        if isinstance(streams, str):
            return streams
        names = [name for group in streams for name in group]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"model.streams names {', '.join(twice)} twice; a channel belongs to one stream")
        if not names:
            raise ValueError("model.streams names no channel; use one, each, or lists of channels")
        return streams


def probe_of(model: ModelConfig) -> ModelConfig | None:
    """Return the model under which the extractor is fitted alone: the CNN, the mean over its steps, and the head.

    None where the model has no CNN that reads the input.
    """
    if model.order not in ("cnn-lstm", "cnn"):
        return None
    return model.model_copy(update={"order": "cnn", "repeat": 1, "pooling": "mean"})
