"""New windows of a series: those that end at the last row of each group, from where the future is asked; or all."""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.preprocessing.config import WindowsConfig
from pipeline.preprocessing.outlet import Outlet, Samples
from pipeline.preprocessing.series.blocks import Block, Recipe
from pipeline.preprocessing.series.pieces import Ints
from pipeline.preprocessing.series.survey import survey
from pipeline.preprocessing.series.windows import Cut, Found, find_windows
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.preprocessing.unseen.recipe import recipe_of
from pipeline.preprocessing.unseen.taken import REFUSED, SPLIT, Taken, finish


def take_windows(table: Path, config: WindowsConfig, fitted: Fitted, out: Path, *, every: bool) -> Taken:
    """Fill, scale and index the rows as training says, reading them piece by piece.

    Args:
        table: Rows that can be used, sorted by group and time.
        config: Window, gaps, what becomes of the values.
        fitted: What training fitted.
        out: Folder for the stream and the windows.
        every: Whether a window ends at every row; else at the last row of each group.
    """
    recipe = recipe_of(table, config, fitted)
    ends = None if every else _last_rows(recipe)
    reasons: list[pl.DataFrame] = [pl.DataFrame(schema=REFUSED)]
    with Outlet(out, np.float32, fitted.meta.frame) as outlet:
        for block, found in find_windows(recipe.blocks(), Cut(config.window)):
            outlet.add_rows(fitted.scaler.apply(block.values))
            wanted = _rows_asked(block, ends)
            last = found.starts + config.window - 1
            used = found.at(np.flatnonzero(np.isin(last, block.first + np.flatnonzero(wanted))))
            reasons.append(_reasons(block, wanted, last, config.window))
            _add(outlet, used, fitted)
        reader = finish(outlet, fitted, ragged=False)
    return Taken(reader, out / "samples.parquet", pl.concat(reasons))


def _last_rows(recipe: Recipe) -> Ints:
    """Return the number in the stream of the last row of each group."""
    seen = survey(recipe.table, recipe.pieces(channels=False))
    return np.cumsum(seen.sizes) - 1


def _rows_asked(block: Block, ends: Ints | None) -> NDArray[np.bool_]:
    """Return at which rows a window is wanted: rows of the source, all of them or the last of each group."""
    own = block.keys["sample_id"].is_not_null().to_numpy()
    return own if ends is None else own & np.isin(block.first + np.arange(len(block)), ends)


def _reasons(block: Block, wanted: NDArray[np.bool_], last: Ints, window: int) -> pl.DataFrame:
    """Return why no window ends at rows where one is wanted."""
    rows = block.first + np.arange(len(block))
    bare = np.flatnonzero(wanted & ~np.isin(rows, last))
    known: NDArray[np.bool_] = ~np.asarray(np.isnan(block.values[bare]).any(axis=1))
    held = rows[bare] - block.begins[bare] + 1
    texts = [
        f"only {count} rows without a gap or an unknown value end here, and the model reads {window}"
        if is_known
        else "a value is unknown here, and nothing is known to fill it with"
        for count, is_known in zip(held.tolist(), known.tolist(), strict=True)
    ]
    ids = block.keys["sample_id"].gather(bare)
    return pl.DataFrame([ids.alias("sample_id"), pl.Series("reason", texts, pl.String)]).cast(REFUSED)


def _add(outlet: Outlet, used: Found, fitted: Fitted) -> None:
    if len(used.starts):
        outlet.add_samples(SPLIT, Samples(used.starts, used.keys, static=fitted.encode_static(used.keys)))
