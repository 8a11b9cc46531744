"""ConvNeXt inside each frame of a stream of images, named as torchvision does."""

import torch
from torch import Tensor, nn

from pipeline.extraction.config_frames import ConvnextConfig
from pipeline.extraction.frames import FrameExtractor, require_map

LAYER_SCALE = 1e-6
"""Start of what each block's result is multiplied by: at first a block does next to nothing."""


class ConvnextExtractor(FrameExtractor):
    """Patches, then levels of blocks: depthwise 7 x 7 convolution, layer normalisation, and a wide GELU layer per cell.

    Source:
        Liu et al. (2022), "A ConvNet for the 2020s", without stochastic depth; the small sizes are those of
        ConvNeXt-V2 (Woo et al. 2023).
    """

    def __init__(self, config: ConvnextConfig, frame: tuple[int, int, int]) -> None:
        bands, *size = frame
        rows, columns = (pixels // config.patch >> len(config.features) - 1 for pixels in size)
        cure = "lower extraction.patch, give fewer extraction.features and blocks, or use larger images"
        require_map((size[0], size[1]), (rows, columns), cure=cure)
        super().__init__(config, (config.features[-1], rows, columns))
        layers: list[nn.Module] = []
        inputs = bands
        for level, (features, count) in enumerate(zip(config.features, config.blocks, strict=True)):
            layers.append(_shrunk(inputs, features, patch=None if level else config.patch))
            layers.append(nn.Sequential(*[Block(features) for _ in range(count)]))
            inputs = features
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(config.dropout)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def maps(self, x: Tensor) -> Tensor:
        """Return the feature maps of frames."""
        maps: Tensor = self.dropout(self.features(x))
        return maps


class Block(nn.Module):
    """Adds to each cell what its neighbourhood says."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(features, features, 7, padding=3, groups=features),
            Moved(0, 2, 3, 1),  # (N, F, h, w) -> (N, h, w, F)
            nn.LayerNorm(features, eps=1e-6),
            nn.Linear(features, 4 * features),
            nn.GELU(),
            nn.Linear(4 * features, features),
            Moved(0, 3, 1, 2),  # (N, h, w, F) -> (N, F, h, w)
        )
        self.layer_scale = nn.Parameter(torch.full((features, 1, 1), LAYER_SCALE))

    def forward(self, x: Tensor) -> Tensor:
        """Return maps ``(frame, feature, row, column)``."""
        added: Tensor = x + self.layer_scale * self.block(x)
        return added


class Moved(nn.Module):
    """The axes in another order."""

    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        """Return the same numbers."""
        return x.permute(self.axes)


class CellNorm(nn.LayerNorm):
    """Layer normalisation of the features of each cell of a map."""

    def forward(self, x: Tensor) -> Tensor:
        """Return maps ``(frame, feature, row, column)``."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _shrunk(inputs: int, outputs: int, *, patch: int | None) -> nn.Sequential:
    """Return the stem, which normalises what it made, or the step to the next level, which normalises before."""
    if patch is not None:
        return nn.Sequential(nn.Conv2d(inputs, outputs, patch, stride=patch), CellNorm(outputs, eps=1e-6))
    return nn.Sequential(CellNorm(inputs, eps=1e-6), nn.Conv2d(inputs, outputs, 2, stride=2))
