"""The source of problems made from a seed: which one, and the columns that its samples come in."""

from collections.abc import Iterator

import polars as pl

from pipeline.sources.base import CLIP, Source
from pipeline.sources.config import GeneratedConfig, table_kind
from pipeline.sources.frames import CLIPS
from pipeline.sources.generated.hyperspectral import hyperspectral
from pipeline.sources.generated.series import series
from pipeline.sources.generated.stroke import stroke
from pipeline.sources.generated.volumes import volumes
from pipeline.sources.payload.gather import Schema, gathered
from pipeline.sources.payload.pixels import IMAGES


class GeneratedSource(Source):
    """Samples of one problem; nothing is read."""

    def __init__(self, config: GeneratedConfig) -> None:
        super().__init__()
        self.config = config
        self.kind = table_kind(config)
        if self.kind == "series":
            self.channels = tuple(f"channel_{place}" for place in range(config.channels))
        else:
            self.channels = config.label_channels

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the samples, some at a time."""
        match self.config.problem:
            case "motif_order" | "noise":
                yield from series(self.config, self.channels)
            case "hyperspectral":
                yield from gathered(hyperspectral(self.config), IMAGES, "image")
            case "stroke":
                yield from gathered(stroke(self.config), self._with_facts(CLIPS), "image")
            case "volumes":
                yield from gathered(volumes(self.config), CLIPS, "image")

    def _with_facts(self, schema: Schema) -> Schema:
        """Return ``schema`` with a number for each column that is brought along, before the target."""
        facts = dict.fromkeys(self.channels, pl.Float64)
        rest = {name: kind for name, kind in schema.items() if name != "target"}
        return {**rest, **facts, "target": CLIP["target"]}
