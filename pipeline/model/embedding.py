"""Tokens become vectors."""

import torch
from torch import Tensor, nn

from pipeline.foundation.errors import ShapeError

PADDING = 0
"""The id that only fills a batch; its vector is 0 and stays so."""


class TokenEmbedding(nn.Module):
    """One vector per token of the vocabulary, trained with the rest or left as it was given."""

    def __init__(self, vocabulary: int, dimensions: int, *, frozen: bool) -> None:
        super().__init__()
        self.table = nn.Embedding(vocabulary, dimensions, padding_idx=PADDING)
        self.table.weight.requires_grad_(not frozen)

    def forward(self, ids: Tensor) -> Tensor:
        """Return vectors ``(batch, step, dimension)`` of ids ``(batch, step)``."""
        vectors: Tensor = self.table(ids)
        return vectors

    def start_from(self, vectors: Tensor) -> None:
        """Take ``vectors`` as the start, shape ``(vocabulary, dimension)``.

        Raises:
            ShapeError: They are of another vocabulary or size.
        """
        if vectors.shape != self.table.weight.shape:
            raise ShapeError(
                f"the network needs vectors of shape {tuple(self.table.weight.shape)}, one per token, and vectors.npy "
                f"holds {tuple(vectors.shape)}; make data/preprocess again with `convoy stage preprocess`"
            )
        with torch.no_grad():
            self.table.weight.copy_(vectors)
            self.table.weight[PADDING] = 0.0
