"""Kinds of the section ``extraction`` that read images or volumes, beside ``conv2d``."""

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from pipeline.extraction.config_base import ExtractionBase, Fitted

MapPooling = Literal["mean", "max"]
Steps = Literal["frames", "rows", "columns", "cells", "maps"]

IMAGE_KINDS = ("conv2d", "vgg", "resnet", "convnext")
"""Kinds that read images, ``(batch, time, band, height, width)``."""

VOLUME_KINDS = ("conv3d",)
"""Kinds that read volumes, ``(batch, time, band, depth, height, width)``."""


class Conv3dConfig(ExtractionBase):
    """Convolutions inside each frame of a stream of volumes."""

    kind: Literal["conv3d"] = "conv3d"

    steps: Literal["frames", "slices", "cells"] = "frames"
    """What the steps of the result are: one per volume, or the slices (along its depth) or cells of each volume's
    feature map, one volume after the other."""

    map_pooling: MapPooling = "mean"
    """With `steps: frames`: what a step keeps of the map."""


class Images(Fitted):
    """What the known networks for images share: how their feature map is read."""

    steps: Steps = "frames"
    """What the steps of the result are: one per frame, or the rows, columns or cells of each frame's feature map, one
    frame after the other (`cells` of a 7 x 7 map are 49 steps); `maps`: one per frame, the whole map, for
    `temporal.kind=convlstm` (other rooms read it as one long vector)."""

    map_pooling: MapPooling = "mean"
    """With `steps: frames`: what a step keeps of the map."""


class VggConfig(Images):
    """VGG without its dense layers, in each frame of a stream of images."""

    kind: Literal["vgg"] = "vgg"

    depth: Literal[11, 13, 16, 19] = 16
    """Which of the published networks; they count their dense layers, too."""

    levels: Annotated[int, Field(ge=1, le=5)] = 5
    """Blocks used, each of which ends in a pooling that halves the image: 4 for images of 16 to 31 pixels."""

    width: PositiveFloat = 1.0
    """Features as a multiple of the published 64 to 512; 0.25 trains on a CPU."""

    normalisation: Literal["batch", "none"] = "batch"
    """Normalisation after each convolution; the network of 2014 had none."""

    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Share of features of the map dropped while training."""


class ResnetConfig(Images):
    """ResNet of basic blocks without its dense layer, in each frame of a stream of images."""

    kind: Literal["resnet"] = "resnet"

    depth: Literal[10, 18, 34] = 18
    """Layers; 10 has one block on each level."""

    levels: Annotated[int, Field(ge=1, le=4)] = 4
    """Levels used; each but the first halves the image."""

    width: PositiveFloat = 1.0
    """Features as a multiple of the published 64 to 512; 0.25 trains on a CPU."""

    stem: Literal["wide", "small"] = "wide"
    """First layer: 7 x 7 with stride 2 and a pooling, made for photographs; or 3 x 3 that keeps small images whole, as
    for CIFAR."""

    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Share of features of the map dropped while training."""


class ConvnextConfig(Images):
    """ConvNeXt without its dense layer, in each frame of a stream of images."""

    kind: Literal["convnext"] = "convnext"

    features: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (40, 80, 160, 320)
    """Features of each level, each but the first of which halves the image; these are ConvNeXt-Atto's."""

    blocks: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (2, 2, 6, 2)
    """Blocks on each level."""

    patch: PositiveInt = 4
    """Side in pixels of the patches that the first layer reads; 2 or 1 for small images."""

    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Share of features of the map dropped while training."""

    @model_validator(mode="after")
    def _levels_agree(self) -> Self:
        if len(self.features) != len(self.blocks):
            raise ValueError(
                f"extraction.features has {len(self.features)} levels and extraction.blocks {len(self.blocks)}; give "
                f"both one number per level"
            )
        return self
