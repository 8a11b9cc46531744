"""Convolutions that keep every step, each with features and a kernel of its own."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from pipeline.extraction.config_vectors import FcnConfig
from pipeline.extraction.layers import ConvolutionLayer, dropping
from pipeline.extraction.same_length import SameLengthExtractor


class FcnExtractor(SameLengthExtractor):
    """Convolution, batch normalisation and ReLU, once per entry of ``features``.

    With ``model.order=cnn`` and ``model.pooling=mean`` it is Wang's network, with ``model.order=parallel`` the
    convolutional half of LSTM-FCN.

    Source:
        Wang et al. (2017), "Time Series Classification from Scratch with Deep Neural Networks"; Karim et al. (2018),
        "LSTM Fully Convolutional Networks for Time Series Classification".
    """

    def __init__(self, config: FcnConfig, in_channels: int) -> None:
        super().__init__(out_features=config.features[-1], pool=config.pool)
        sizes = pairwise((in_channels, *config.features))
        self.layers = nn.ModuleList(
            [
                ConvolutionLayer(inputs, features, kernel, then=_finish(features, config.dropout))
                for (inputs, features), kernel in zip(sizes, config.kernels, strict=True)
            ]
        )
        squeezed = config.features[:-1] if config.squeeze else ()
        self.excitations = nn.ModuleList([SqueezeExcite(features, config.squeeze) for features in squeezed])

    def read(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Return the features of each step."""
        for index, layer in enumerate(self.layers):
            x = layer(x, there)
            if index < len(self.excitations):
                x = self.excitations[index](x, there)
        return x


class SqueezeExcite(nn.Module):
    """Weighs each feature by what the whole sample holds.

    Source:
        Hu et al. (2018), "Squeeze-and-Excitation Networks"; Karim et al. (2019), "Multivariate LSTM-FCNs for Time
        Series Classification".
    """

    def __init__(self, features: int, reduction: int) -> None:
        super().__init__()
        narrow = max(1, features // reduction)
        self.squeeze = nn.Linear(features, narrow, bias=False)
        self.excite = nn.Linear(narrow, features, bias=False)

    def forward(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Return ``(batch, step, feature)`` as it came, each feature of a sample times one number from 0 to 1."""
        mean = (
            x.mean(dim=1) if there is None else x.sum(dim=1) / there.sum(dim=1, keepdim=True)
        )  # (B, S, F) -> (B, F)
        weights = torch.sigmoid(self.excite(torch.relu(self.squeeze(mean))))
        return x * weights.unsqueeze(1)


def _finish(features: int, dropout: float) -> nn.Module:
    return nn.Sequential(nn.BatchNorm1d(features), nn.ReLU(), dropping(dropout))
