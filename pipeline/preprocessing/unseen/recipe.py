"""What is done to the rows of a new series: the recipe of training, with what was fitted then."""

from pathlib import Path

import numpy as np

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import WholeConfig, WindowsConfig
from pipeline.preprocessing.series.blocks import Recipe
from pipeline.preprocessing.series.changes import Changes
from pipeline.preprocessing.series.pieces import Doubles, SeriesTable
from pipeline.preprocessing.unseen.fitted import Fitted


def recipe_of(table: Path, config: WindowsConfig | WholeConfig, fitted: Fitted) -> Recipe:
    """Return the recipe for the rows of ``table``; nothing in it is learnt from them.

    Raises:
        DataError: The channels are not those of training.
    """
    series = SeriesTable.of(table, static=fitted.static_names)
    own = series.channels
    recipe = Recipe(
        series,
        config,
        Changes.of(config.changes, config.changed, series),
        series.block,
        rows=series.rows,
        step=fitted.meta.step_seconds,
        masked=tuple(place for place, name in enumerate(own) if f"known({name})" in fitted.meta.channels),
        means=means_of(config, fitted, own),
        factors=factors_of(config, fitted, own),
    )
    if recipe.channels != fitted.meta.channels:
        raise DataError(
            f"the model reads the channels {', '.join(fitted.meta.channels[:20])}, and these rows give "
            f"{', '.join(recipe.channels[:20])}"
        )
    return recipe


def means_of(config: WindowsConfig | WholeConfig, fitted: Fitted, names: tuple[str, ...]) -> Doubles | None:
    """Return what fills empty cells: the means of training; None where no mean is known.

    Training fits them where it meets an empty cell. Where it met none, what the channels are scaled by is their mean.
    """
    if config.missing not in ("mean", "mask"):
        return None
    told = fitted.told.get("means")
    if told is not None:
        return np.array([told[name] for name in names])
    centred = config.scale == "standard" and getattr(config, "normalise", "none") == "none"
    return np.array(fitted.meta.offset[: len(names)]) if centred else None


def factors_of(config: WindowsConfig | WholeConfig, fitted: Fitted, names: tuple[str, ...]) -> Doubles | None:
    """Return the weight of the newest value of each channel; None where nothing is smoothed."""
    if config.smoothing == "none":
        return None
    if config.smoothing == "fitted":
        return np.array([fitted.told["smoothing"][name] for name in names])
    return np.full(len(names), config.smoothing)
