"""Filters of several widths side by side, joined at each step."""

import torch
from torch import Tensor, nn

from pipeline.extraction.base import build_activation
from pipeline.extraction.config_vectors import KernelsConfig
from pipeline.extraction.layers import along, by_step, dropping, same_convolution
from pipeline.extraction.same_length import SameLengthExtractor


class KernelsExtractor(SameLengthExtractor):
    """One convolution per width over the same input; a step of the result holds what all of them found there.

    The widths have to meet at every step, for an LSTM reads them step by step. So each filter has its step in its
    middle and finds zeros beyond the ends, and a text shorter than the widest filter is read as well. With
    ``model.pooling=max`` this is Kim's network for texts, which pads its texts with zeros, too; Zhou's C-LSTM cuts off
    what the wider filters do not reach instead.

    Source:
        Kim (2014), "Convolutional Neural Networks for Sentence Classification"; Zhou et al. (2015), "A C-LSTM Neural
        Network for Text Classification".
    """

    def __init__(self, config: KernelsConfig, in_channels: int) -> None:
        super().__init__(out_features=config.filters * len(config.widths), pool=config.pool)
        self.convolutions = nn.ModuleList(
            [same_convolution(in_channels, config.filters, width, bias=True) for width in config.widths]
        )
        self.then = nn.Sequential(build_activation(config.activation), dropping(config.dropout))

    def read(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Return the features of all widths in the order of ``widths``."""
        joined = torch.cat(
            [along(layer, x) for layer in self.convolutions], dim=2
        )  # W × (B, S, F) -> (B, S, W·F)
        return by_step(self.then, joined, there)
