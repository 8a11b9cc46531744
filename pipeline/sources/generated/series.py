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


def series(config: GeneratedConfig, channels: tuple[str, ...]) -> Iterator[pl.DataFrame]:
    """Yield series, some at a time: each a group (``series_000017``), in the order of its steps, with its class."""
    generator = np.random.default_rng((config.seed, config.steps, config.channels))
    classes = generator.permutation(np.arange(config.series) % 2)
    for first in range(0, config.series, TOGETHER):
        part = classes[first : first + TOGETHER]
        if config.problem == "noise":
            values = generator.random((len(part), config.steps, config.channels))
        else:
            values = motif_order(generator, part, steps=config.steps, channels=config.channels)
        words = ("zero", "one") if config.problem == "noise" else ("first", "second")
        yield _frame(values, [words[index] for index in part], channels, first=first)


def _frame(values: Values, targets: list[str], channels: tuple[str, ...], *, first: int) -> pl.DataFrame:
    """Return one row per step of ``values``, shape ``(series, time, channel)``."""
    count, steps, _ = values.shape
    names = [f"series_{first + index:06}" for index in range(count)]
    keys = pl.DataFrame(
        {"origin": [f"generated:{name}" for name in names], "group": names, "target": targets}
    )
    rows = keys[np.repeat(np.arange(count), steps)]
    columns = {name: values[..., place].reshape(-1) for place, name in enumerate(channels)}
    return rows.with_columns(**columns).select("origin", "group", *channels, "target")


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
