"""VGG inside each frame of a stream of images: the convolutions of the published network, named as torchvision does."""

from torch import Tensor, nn

from pipeline.extraction.config_frames import VggConfig
from pipeline.extraction.frames import FrameExtractor, lay_features_together, require_map, start_like_kaiming

FEATURES = (64, 128, 256, 512, 512)
CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions of each level."""


class VggExtractor(FrameExtractor):
    """Levels of 3 x 3 convolutions, each with a pooling that halves the image at its end.

    Source:
        Simonyan & Zisserman (2014), "Very Deep Convolutional Networks for Large-Scale Image Recognition". With batch
        normalisation and ``steps: cells`` it is the front of the network for chest X-rays of Islam et al. (2020); per
        frame, that of Chen et al. (2023) for Baduanjin.
    """

    def __init__(self, config: VggConfig, frame: tuple[int, int, int]) -> None:
        bands, height, width = frame
        rows, columns = height >> config.levels, width >> config.levels
        require_map((height, width), (rows, columns), cure="lower extraction.levels, or use larger images")
        widths = [max(1, round(features * config.width)) for features in FEATURES[: config.levels]]
        super().__init__(config, (widths[-1], rows, columns))
        layers: list[nn.Module] = []
        for features, count in zip(widths, CONVOLUTIONS[config.depth], strict=False):
            for _ in range(count):
                layers += _convolution(config, bands, features)
                bands = features
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(config.dropout)
        start_like_kaiming(self)
        lay_features_together(self)

    def maps(self, x: Tensor) -> Tensor:
        """Return the feature maps of frames."""
        maps: Tensor = self.dropout(self.features(x))
        return maps


def _convolution(config: VggConfig, inputs: int, outputs: int) -> list[nn.Module]:
    # A bias before batch normalisation does nothing, but published weights have it, and so their count.
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
    if config.normalisation == "batch":
        return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]
    return [convolution, nn.ReLU()]
