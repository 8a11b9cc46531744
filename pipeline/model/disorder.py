"""Time taken away: the steps of each sample in disorder."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.extraction.ragged import inside

SEED = 0
"""Of the disorder that every evaluation sees; no setting, so that all models see the same."""


class Disorder(nn.Module):
    """Puts the steps of each sample in an order that says nothing.

    While training each sample gets a new one whenever it is read. Otherwise a step's place follows from its position
    and the sample's length alone, so that a sample is answered the same whatever stands beside it.
    """

    keys: Tensor

    def __init__(self, window: int) -> None:
        """Draw the fixed order.

        Args:
            window: Steps of the longest sample there can be.
        """
        super().__init__()
        keys = np.random.default_rng(SEED).random(window, dtype=np.float32)
        self.register_buffer("keys", torch.from_numpy(keys), persistent=False)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return ``(batch, step, *frame)`` with the steps of each sample in disorder; padding stays behind them."""
        batch, steps = x.shape[:2]
        keys = (
            torch.rand(batch, len(self.keys), device=x.device)
            if self.training
            else self.keys.expand(batch, -1)
        )
        keys = F.pad(keys, (0, steps - keys.shape[1]), value=torch.inf)  # cuts off where the batch is shorter
        if lengths is not None:
            keys = keys.masked_fill(~inside(lengths.to(x.device), steps), torch.inf)
        order = keys.argsort(dim=1, stable=True)  # (B, T)
        return x[torch.arange(batch, device=x.device)[:, None], order]
