"""CNN feature extraction: the section ``extraction`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.extraction.config_base import ExtractionBase
from pipeline.extraction.config_frames import (
    Conv3dConfig,
    ConvnextConfig,
    MapPooling,
    ResnetConfig,
    VggConfig,
)


class Conv1dConfig(ExtractionBase):
    """Convolutions along the steps of a stream of vectors."""

    kind: Literal["conv1d"] = "conv1d"


class Conv2dConfig(ExtractionBase):
    """Convolutions inside each frame of a stream of images."""

    kind: Literal["conv2d"] = "conv2d"

    steps: Literal["frames", "rows", "columns", "cells"] = "rows"
    """What the steps of the result are: one per frame (averaged over the map), or the rows, columns or cells of
    each frame's feature map, one frame after the other."""

    map_pooling: MapPooling = "mean"
    """With `steps: frames`: what a step keeps of the map."""


ExtractionConfig = Annotated[
    Conv1dConfig | Conv2dConfig | Conv3dConfig | VggConfig | ResnetConfig | ConvnextConfig,
    Field(discriminator="kind"),
]
