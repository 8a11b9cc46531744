"""A network whose extractor stays as it is: trained on features that were computed once."""

from torch import Tensor, nn

from pipeline.heads.base import Head
from pipeline.model.inputs import NOTHING, Beside
from pipeline.model.net import HybridNet


class FrozenNet(nn.Module):
    """Reads features instead of streams; the weights of all that comes before them get no gradient."""

    def __init__(self, net: HybridNet) -> None:
        super().__init__()
        self.net = net
        for part in net.front():
            part.requires_grad_(False)

    @property
    def head(self) -> Head:
        """The network's own head."""
        return self.net.head

    def forward(self, features: Tensor, lengths: Tensor | None = None, beside: Beside = NOTHING) -> Tensor:
        """Return the head's raw answer to features ``(batch, step, feature)``; see the network's own function."""
        return self.net.answer_features(features, lengths, beside)
