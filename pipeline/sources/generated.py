"""Series made from a seed, whose answer is known before any model gives one.

``motif_order`` is built to need a hybrid. Both motifs stand in every series, one of them is the other read backwards,
so neither what occurs, nor its level, spectrum or distribution, says anything of the class: only which of two local
shapes comes first does. ``noise`` has no answer at all.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.sources.base import Source
from pipeline.sources.config import TableKind
from pipeline.sources.config_generated import GAP, MOTIF, GeneratedConfig

Values = NDArray[np.float64]
SHAPE = np.asarray([1, 1, 1, -1, -1, -1, 1, -1], np.float64)
"""The first motif; the second is the same backwards.

The two look unlike: moved over each other in any way, their product sums to 3 of 8 at most.
"""

NOISE = 0.5
"""Deviation of the noise, where a motif goes up and down by 1."""

TOGETHER = 1_000
"""Series made at once."""


class GeneratedSource(Source):
    """Each series is a group (``series_000017``), in the order of its steps, all rows with its class."""

    kind: TableKind = "series"

    def __init__(self, config: GeneratedConfig) -> None:
        super().__init__()
        self.config = config
        self.channels = tuple(f"channel_{place}" for place in range(config.channels))

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the series, some at a time."""
        config = self.config
        generator = np.random.default_rng((config.seed, config.steps, config.channels))
        classes = generator.permutation(np.arange(config.series) % 2)
        for first in range(0, config.series, TOGETHER):
            part = classes[first : first + TOGETHER]
            if config.problem == "noise":
                values = generator.random((len(part), config.steps, config.channels))
            else:
                values = motif_order(generator, part, steps=config.steps, channels=config.channels)
            yield self._frame(values, part, first)

    def _frame(self, values: Values, classes: NDArray[Any], first: int) -> pl.DataFrame:
        """Return one row per step."""
        count, steps, _ = values.shape
        names = [f"series_{first + index:06}" for index in range(count)]
        words = ("zero", "one") if self.config.problem == "noise" else ("first", "second")
        keys = pl.DataFrame(
            {
                "origin": [f"generated:{name}" for name in names],
                "group": names,
                "target": [words[index] for index in classes],
            }
        )
        rows = keys[np.repeat(np.arange(count), steps)]
        columns = {name: values[..., place].reshape(-1) for place, name in enumerate(self.channels)}
        return rows.with_columns(**columns).select("origin", "group", *self.channels, "target")


def motif_order(
    generator: np.random.Generator, classes: NDArray[Any], *, steps: int, channels: int
) -> Values:
    """Return noise in which two motifs stand anywhere, never close to each other or to an end.

    Args:
        generator: What the noise and the places are drawn from.
        classes: 0 where the motif ``SHAPE`` comes first, 1 where its reverse does, shape ``(series,)``.
        steps: Time steps of each series.
        channels: Channels of each series.

    Returns:
        Shape ``(series, time, channel)``.
    """
    values = generator.normal(0.0, NOISE, (len(classes), steps, channels))
    room = (
        steps - 2 * MOTIF - 3 * GAP
    )  # steps that are left over, to be dealt out before and between the motifs
    dealt = np.sort(generator.integers(0, room + 1, (len(classes), 2)), axis=1)
    early, late = GAP + dealt[:, 0], 2 * GAP + MOTIF + dealt[:, 1]
    rows, within = np.arange(len(classes))[:, None], np.arange(MOTIF)
    for start, turned in ((early, classes == 1), (late, classes == 0)):
        shape = np.where(turned[:, None], SHAPE[::-1], SHAPE)  # (series, MOTIF)
        values[rows, start[:, None] + within] += shape[..., None]
    return values
