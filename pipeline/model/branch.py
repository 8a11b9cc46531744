"""A chain of rooms: what one reads is what the one before it gave; at its end the steps are pooled."""

from collections.abc import Sequence
from math import prod
from typing import Literal, cast

from torch import Tensor, nn

from pipeline.extraction.base import Extractor
from pipeline.extraction.build import build_extractor
from pipeline.extraction.config import ExtractionConfig
from pipeline.model.pooling import Pooling, PoolingKind, build_pooling
from pipeline.temporal.base import TemporalEncoder
from pipeline.temporal.build import build_encoder
from pipeline.temporal.config import TemporalConfig

Room = Literal["cnn", "lstm"]


class Branch(nn.Module):
    """Extractors and encoders one after the other, then a pooling."""

    def __init__(self, rooms: Sequence[Extractor | TemporalEncoder], pooling: Pooling) -> None:
        super().__init__()
        self.rooms = nn.ModuleList(rooms)
        self.pooling = pooling
        self.out_features = pooling.out_features

    def forward(self, x: Tensor, lengths: Tensor | None = None, *, skip: int = 0) -> Tensor:
        """Return ``(batch, feature)`` of a stream, or of what the first ``skip`` rooms made of it.

        Args:
            x: Shape ``(batch, step, *frame)``.
            lengths: Steps of each sample that are not padding, shape ``(batch,)``; None: all.
            skip: Rooms that have read ``x`` already; ``lengths`` are those of what they gave.
        """
        for room in cast(list[Extractor | TemporalEncoder], list(self.rooms)[skip:]):
            if isinstance(room, TemporalEncoder) and not room.reads_maps:
                x = x.flatten(2)  # frames as vectors: (B, T, C, H, W) -> (B, T, C·H·W)
            x = room(x, lengths)  # (B, S, F) -> (B, S', F')
            lengths = None if lengths is None else room.count_lengths(lengths)
        pooled: Tensor = self.pooling(x.flatten(2), lengths)  # (B, S', F') -> (B, H)
        return pooled


def build_branch(
    rooms: Sequence[Room],
    *,
    extraction: ExtractionConfig,
    temporal: TemporalConfig,
    pooling: PoolingKind,
    frame: tuple[int, ...],
    steps: int,
) -> Branch:
    """Return a branch that reads ``steps`` steps of shape ``frame``.

    Raises:
        ShapeError: A room cannot read what the one before it gives.
        ConfigError: Pooling inside the extractors leaves no step.
    """
    built: list[Extractor | TemporalEncoder] = []
    backward = 0
    for name in rooms:
        if name == "cnn":
            extractor = build_extractor(extraction, frame)
            built.append(extractor)
            backward, frame = 0, extractor.out_frame
        else:
            encoder = build_encoder(temporal, frame)
            built.append(encoder)
            backward, frame = encoder.backward_features, (encoder.out_features,)
        steps = built[-1].count_steps(steps)
    last = build_pooling(pooling, prod(frame), steps=steps, backward_features=backward)
    return Branch(built, last)
