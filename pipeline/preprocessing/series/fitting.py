"""What is fitted on training rows before the values of a series are final: means that fill, smoothing factors."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.foundation.errors import DataError
from pipeline.foundation.files import write_json
from pipeline.preprocessing.config import WindowsConfig
from pipeline.preprocessing.scale import RunningMoments
from pipeline.preprocessing.series.blocks import Recipe
from pipeline.preprocessing.series.pieces import Doubles, Ints
from pipeline.preprocessing.series.smoothing import FactorSearch
from pipeline.preprocessing.series.survey import Survey
from pipeline.preprocessing.split.divide import TRAIN

HOW = {
    "previous": "filled with the previous value",
    "mean": "filled with the mean value",
    "mask": "filled with the previous value or the mean, and marked in channels of their own",
}


def fitted(recipe: Recipe, holes: Ints) -> Recipe:
    """Return the recipe with what its settings ask to be fitted; each in a pass of its own.

    Args:
        recipe: All that is known so far.
        holes: Cells without a value, per channel.

    Raises:
        DataError: A channel has no value in any training row.
    """
    config = recipe.config
    if config.missing in ("mean", "mask") and holes.any():
        recipe = replace(recipe, means=_means(recipe))
    if config.smoothing == "none":
        return recipe
    if config.smoothing == "fitted":
        return replace(recipe, factors=_factors(recipe))
    return replace(recipe, factors=np.full(len(recipe.table.channels), config.smoothing))


def _means(recipe: Recipe) -> Doubles:
    own = len(recipe.table.channels)
    moments = RunningMoments(own)
    for block in recipe.blocks():
        moments.add(block.values[block.parts == TRAIN, :own])
    moments.end()
    empty = [name for name, count in zip(recipe.table.channels, moments.count, strict=True) if not count]
    if empty:
        raise DataError(
            f"the channel {empty[0]} has no value in any training row, so there is no mean to fill it with; leave it "
            f"out with sources.channels, or change preprocessing.split"
        )
    return moments.mean


def _factors(recipe: Recipe) -> Doubles:
    own = len(recipe.table.channels)
    search = FactorSearch(own)
    for block in recipe.blocks():
        training = block.codes == TRAIN
        search.add(block.values[training, :own], block.begins[training])
    return search.factors()


def row_notes(recipe: Recipe, seen: Survey) -> tuple[str, ...]:
    """Return sentences for the user about what became of the rows and cells."""
    config, notes = recipe.config, []
    if isinstance(config, WindowsConfig) and config.resample_seconds is not None:
        notes.append(
            f"{recipe.table.rows:,} rows were averaged into {recipe.rows:,}, {config.resample_seconds:g} seconds each"
        )
    if seen.inserted:
        notes.append(f"{seen.inserted:,} missing rows were inserted")
    if seen.unknown.any() and config.missing != "refuse":
        notes.append(f"{int(seen.unknown.sum()):,} cells without a value were {HOW[config.missing]}")
    if seen.infinite.any():
        notes.append(f"{int(seen.infinite.sum()):,} cells hold infinity, which counts as not measured")
    if len(recipe.changes.places):
        names = [recipe.table.channels[place] for place in recipe.changes.places[:6]]
        more = len(recipe.changes.places) - len(names)
        notes.append(
            f"{', '.join(names)}{f' and {more} more' if more else ''} hold {config.changes}, not levels"
        )
    if config.smoothing == "fitted" and recipe.factors is not None:
        pairs = list(zip(recipe.table.channels, recipe.factors.tolist(), strict=True))
        shown = ", ".join(f"{name} {factor:g}" for name, factor in pairs[:6])
        notes.append(f"smoothing factors, fitted on training: {shown}{' …' if len(pairs) > 6 else ''}")
    return tuple(notes)


def write_fitted(recipe: Recipe, out: Path) -> None:
    """Write ``fitted.json``, if anything was fitted."""
    names, found = recipe.table.channels, {}
    for name, values in (("means", recipe.means), ("smoothing", recipe.factors)):
        if values is not None:
            found[name] = dict(zip(names, np.asarray(values).tolist(), strict=True))
    if found:
        write_json(found, out / "fitted.json")
