"""Convolutions inside each frame of a stream of images, the same for every step (time-distributed)."""

from torch import Tensor

from pipeline.extraction.base import build_blocks, shrink
from pipeline.extraction.config import Conv2dConfig
from pipeline.extraction.frames import FrameExtractor


class Conv2dExtractor(FrameExtractor):
    """Convolution, normalisation, activation and pooling in each frame, then the map read as steps."""

    def __init__(self, config: Conv2dConfig, frame: tuple[int, int, int]) -> None:
        bands, height, width = frame
        rows = shrink(height, config, what="pixels of height")
        columns = shrink(width, config, what="pixels of width")
        super().__init__(config, (config.features[-1], rows, columns))
        self.blocks = build_blocks(config, bands, dimensions=2)

    def maps(self, x: Tensor) -> Tensor:
        """Return the feature maps of frames."""
        maps: Tensor = self.blocks(x)
        return maps
