"""CNN feature extraction: the section ``extraction`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from pipeline.extraction.config_base import ExtractionBase
from pipeline.extraction.config_frames import (
    Conv3dConfig,
    ConvnextConfig,
    MapPooling,
    ResnetConfig,
    Steps,
    VggConfig,
)
from pipeline.extraction.config_vectors import (
    ArrayConfig,
    DecompositionConfig,
    FcnConfig,
    InceptionConfig,
    KernelsConfig,
    PatchConfig,
    ResidualConfig,
    RocketConfig,
)


class Conv1dConfig(ExtractionBase):
    """Convolutions along the steps of a stream of vectors."""

    kind: Literal["conv1d"] = "conv1d"

    dilation: PositiveInt = 1
    """How many times wider the gaps inside the filters become from block to block: 2 gives 1, 2, 4, … steps, so that
    a few blocks see far; 1 leaves no gaps. With `pool` the steps themselves widen as well."""

    causal: bool = False
    """Whether a filter sees its own step and those before it only; otherwise it reaches to both sides."""


class Conv2dConfig(ExtractionBase):
    """Convolutions inside each frame of a stream of images."""

    kind: Literal["conv2d"] = "conv2d"

    steps: Steps = "rows"
    """What the steps of the result are: one per frame (averaged over the map), or the rows, columns or cells of
    each frame's feature map, one frame after the other; `maps`: one per frame, the whole map, for
    `temporal.kind=convlstm` (other rooms read it as one long vector)."""

    map_pooling: MapPooling = "mean"
    """With `steps: frames`: what a step keeps of the map."""


ExtractionConfig = Annotated[
    Conv1dConfig
    | Conv2dConfig
    | Conv3dConfig
    | VggConfig
    | ResnetConfig
    | ConvnextConfig
    | KernelsConfig
    | ResidualConfig
    | FcnConfig
    | InceptionConfig
    | RocketConfig
    | DecompositionConfig
    | ArrayConfig
    | PatchConfig,
    Field(discriminator="kind"),
]

VECTOR_KINDS = (
    "conv1d",
    "kernels",
    "residual",
    "fcn",
    "inception",
    "rocket",
    "decomposition",
    "array",
    "patch",
)
"""Kinds that read vectors, ``(batch, time, channel)``."""
