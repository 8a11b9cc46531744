"""Kinds of the section ``extraction`` that read vectors, beside ``conv1d``."""

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from pipeline.extraction.config_base import Fitted

Sizes = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
Activation = Literal["relu", "gelu", "tanh"]
Dropout = Annotated[float, Field(ge=0.0, lt=1.0)]


class KernelsConfig(Fitted):
    """Filters of several widths side by side, joined at each step."""

    kind: Literal["kernels"] = "kernels"

    widths: Sizes = (3, 4, 5)
    """Widths of the filters in steps."""

    filters: PositiveInt = 100
    """Filters of each width; a step of the result has a feature for every filter of every width."""

    activation: Activation = "relu"
    """Nonlinearity after each convolution."""

    dropout: Dropout = 0.0
    """Share of features dropped while training."""

    pool: PositiveInt = 1
    """Max-pooling of the result along the steps; 1 keeps every step."""


class FcnConfig(Fitted):
    """Convolutions with batch normalisation, each with features and a kernel of its own, and no pooling between."""

    kind: Literal["fcn"] = "fcn"

    features: Sizes = (128, 256, 128)
    """Features of each convolution."""

    kernels: Sizes = (8, 5, 3)
    """Width of the filters of each convolution in steps."""

    squeeze: NonNegativeInt = 0
    """Squeeze and excitation after each convolution but the last: features are weighed by what all steps of the
    sample hold, through a layer this many times narrower (16 in MLSTM-FCN); 0: none."""

    dropout: Dropout = 0.0
    """Share of features dropped after each convolution while training."""

    pool: PositiveInt = 1
    """Max-pooling of the result along the steps; 1 keeps every step."""

    @model_validator(mode="after")
    def _lists_are_of_one_length(self) -> Self:
        if len(self.features) != len(self.kernels):
            raise ValueError(
                f"extraction.features has {len(self.features)} entries and extraction.kernels {len(self.kernels)}; "
                f"give each convolution its features and its kernel"
            )
        return self


class ResidualConfig(Fitted):
    """Residual blocks: each adds what its convolutions give to what they read."""

    kind: Literal["residual"] = "residual"

    features: Sizes = (64, 128, 128)
    """Features of each block."""

    kernels: Sizes = (8, 5, 3)
    """Width of the filters, in steps, of each convolution inside every block."""

    dropout: Dropout = 0.0
    """Share of features dropped after each block while training."""

    pool: PositiveInt = 1
    """Max-pooling of the result along the steps; 1 keeps every step."""


class InceptionConfig(Fitted):
    """Inception modules: long and short filters and a maximum side by side, behind a bottleneck."""

    kind: Literal["inception"] = "inception"

    modules: PositiveInt = 6
    """Modules on top of one another."""

    filters: PositiveInt = 32
    """Filters of each branch of a module; a step of the result has a feature for every filter of every branch."""

    kernels: Sizes = (39, 19, 9)
    """Width of the filters of each branch in steps; odd, so that a filter has a middle (published: 40, 20, 10)."""

    bottleneck: NonNegativeInt = 32
    """Features that a module's input is brought down to before the long filters; 0: none."""

    residual: NonNegativeInt = 3
    """Modules that a shortcut leads past; 0: no shortcuts."""

    dropout: Dropout = 0.0
    """Share of features dropped after each module while training."""

    pool: PositiveInt = 1
    """Max-pooling of the result along the steps; 1 keeps every step."""


class RocketConfig(Fitted):
    """Fixed convolutions at several dilations, each as whether its output is high; nothing to learn."""

    kind: Literal["rocket"] = "rocket"

    dilations: Sizes = (1, 2, 4, 8, 16)
    """Gaps inside the kernels, whose nine steps reach over eight times as many."""

    thresholds: PositiveInt = 3
    """Thresholds of each kernel; a step of the result has 84 features for each dilation and threshold."""

    differences: bool = True
    """Whether the changes from step to step are read as well, which doubles the features."""

    pool: PositiveInt = 1
    """Max-pooling of the result along the steps; 1 keeps every step."""


class DecompositionConfig(Fitted):
    """Each channel as two: its moving average, and what is left of it; nothing to learn."""

    kind: Literal["decomposition"] = "decomposition"

    average: PositiveInt = 25
    """Steps of the moving average; at the ends the outermost value is repeated."""


class ArrayConfig(Fitted):
    """The stream as one image, steps by channels, read by convolutions over both."""

    kind: Literal["array"] = "array"

    features: Sizes = (32, 64)
    """Output features of each block."""

    kernel: PositiveInt = 3
    """Height of the filters in steps."""

    kernel_channels: PositiveInt = 3
    """Width of the filters in channels, which are neighbours in the order of the columns."""

    pool: PositiveInt = 2
    """Max-pooling along the steps after each block; 1 keeps every step."""

    pool_channels: PositiveInt = 1
    """Max-pooling over the channels after each block; 1 keeps every channel."""

    normalisation: Literal["batch", "none"] = "batch"
    """Normalisation after each convolution."""

    activation: Activation = "relu"
    """Nonlinearity after each convolution."""

    dropout: Dropout = 0.0
    """Share of features dropped after each block while training."""


class PatchConfig(Fitted):
    """Patches of steps, each as one vector."""

    kind: Literal["patch"] = "patch"

    filters: PositiveInt = 64
    """Filters that read each patch, and so features of a step of the result."""

    patch: PositiveInt = 16
    """Steps of a patch."""

    stride: PositiveInt = 8
    """Steps from the start of one patch to the start of the next."""

    activation: Literal["none", "relu", "gelu", "tanh"] = "gelu"
    """Nonlinearity after the one layer that reads a patch."""

    dropout: Dropout = 0.0
    """Share of features dropped while training."""

    @model_validator(mode="after")
    def _no_step_is_skipped(self) -> Self:
        if self.stride > self.patch:
            raise ValueError(
                f"extraction.stride={self.stride} is larger than extraction.patch={self.patch}, so steps between the "
                f"patches would be lost; set stride to {self.patch} or less"
            )
        return self
