"""Settings that kinds of the section ``extraction`` share."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from pipeline.foundation.section import Section


class Fitted(Section):
    """What every extractor has: where its weights come from."""

    epochs: NonNegativeInt = 3
    """Epochs in which the stage `extract` fits the extractor under a linear probe; 0 leaves it untrained."""

    weights: str | None = None
    """File to start from instead of fitting, relative to the project: `.safetensors` that Convoy wrote, or, for `vgg`,
    `resnet` and `convnext`, `.safetensors` or `.pth` with the names of torchvision. It has to stand among the deps of
    `extract` in dvc.yaml, so that DVC notices when it changes."""

    freeze: bool = False
    """Whether `analyze` leaves these weights alone; the features are then computed once and kept."""

    frozen_epochs: NonNegativeInt = 0
    """Epochs at the start of `analyze` in which the extractor stays as it is while the rest learns; afterwards all of
    it is trained."""

    rate_factor: PositiveFloat = 1.0
    """Learning rate of the extractor in `analyze`, as a multiple of `training.learning_rate`."""


class Blocks(Section):
    """Blocks of convolution, normalisation, activation and pooling."""

    features: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (32, 64)
    """Output features of each block."""

    kernel: PositiveInt = 3
    """Width of the filters in steps or pixels."""

    stride: PositiveInt = 1
    """Steps or pixels between two applications of a filter."""

    pool: PositiveInt = 2
    """Max-pooling after each block; 1 keeps every step."""

    convolutions: PositiveInt = 1
    """Convolutions in each block before its pooling."""

    normalisation: Literal["batch", "none"] = "batch"
    """Normalisation after each convolution."""

    activation: Literal["relu", "gelu", "tanh"] = "relu"
    """Nonlinearity after each convolution."""

    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Share of features dropped after each block while training."""


class ExtractionBase(Fitted, Blocks):
    """An extractor made of such blocks."""
