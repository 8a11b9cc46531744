"""ResNet of basic blocks inside each frame of a stream of images, named as torchvision does."""

from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.extraction.config_frames import ResnetConfig
from pipeline.extraction.frames import FrameExtractor, lay_features_together, start_like_kaiming

FEATURES = (64, 128, 256, 512)
BLOCKS = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
"""Blocks of each level."""


class ResnetExtractor(FrameExtractor):
    """A first convolution, then levels of blocks that add to what they read.

    Source:
        He et al. (2016), "Deep Residual Learning for Image Recognition"; the small stem is that of its CIFAR networks.
    """

    def __init__(self, config: ResnetConfig, frame: tuple[int, int, int]) -> None:
        bands, *size = frame
        halvings = config.levels - 1 + (2 if config.stem == "wide" else 0)
        rows, columns = (-(-pixels // 2**halvings) for pixels in size)  # padded, so halves are rounded up
        widths = [max(1, round(features * config.width)) for features in FEATURES[: config.levels]]
        super().__init__(config, (widths[-1], rows, columns))
        self.stem = config.stem
        self.conv1 = _first(bands, widths[0], config)
        self.bn1 = nn.BatchNorm2d(widths[0])
        inputs = widths[0]
        for level, (features, count) in enumerate(zip(widths, BLOCKS[config.depth], strict=False)):
            blocks = [Block(inputs, features, stride=2 if level else 1)]
            blocks += [Block(features, features) for _ in range(count - 1)]
            self.add_module(f"layer{level + 1}", nn.Sequential(*blocks))
            inputs = features
        self.dropout = nn.Dropout(config.dropout)
        self.levels = config.levels
        start_like_kaiming(self)
        if config.stem == "small":
            lay_features_together(self)

    def maps(self, x: Tensor) -> Tensor:
        """Return the feature maps of frames."""
        x = F.relu(self.bn1(self.conv1(x)))
        if self.stem == "wide":
            x = F.max_pool2d(x, 3, stride=2, padding=1)
        for level in range(1, self.levels + 1):
            x = self.get_submodule(f"layer{level}")(x)
        maps: Tensor = self.dropout(x)
        return maps


class Block(nn.Module):
    """Two 3 x 3 convolutions whose result is added to what went in."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = (
            nn.Identity() if inputs == outputs and stride == 1 else _shortcut(inputs, outputs, stride)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return maps ``(frame, feature, row, column)``."""
        inner = F.relu(self.bn1(self.conv1(x)))
        added: Tensor = self.bn2(self.conv2(inner)) + self.downsample(x)
        return F.relu(added)


def _first(bands: int, features: int, config: ResnetConfig) -> nn.Conv2d:
    if config.stem == "wide":
        return nn.Conv2d(bands, features, 7, stride=2, padding=3, bias=False)
    return nn.Conv2d(bands, features, 3, padding=1, bias=False)


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))
