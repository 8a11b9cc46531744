"""From a clean series to a stream and its windows, in memory that does not grow with the rows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.files import write_json
from pipeline.preprocessing.config import WindowsConfig
from pipeline.preprocessing.meta import SPLITS, StreamMeta
from pipeline.preprocessing.outlet import Outlet, Prepared, Samples
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.series.blocks import Recipe
from pipeline.preprocessing.series.changes import Changes
from pipeline.preprocessing.series.fitting import fitted, row_notes, write_fitted
from pipeline.preprocessing.series.missing import refuse_holes
from pipeline.preprocessing.series.moments import Moments, cuts
from pipeline.preprocessing.series.pieces import SeriesTable
from pipeline.preprocessing.series.season import season_of, without_weekends
from pipeline.preprocessing.series.survey import Survey, survey
from pipeline.preprocessing.series.window_look import Look, look_at_windows, watched_channel
from pipeline.preprocessing.series.window_targets import window_targets
from pipeline.preprocessing.series.windows import Cut, Found, find_windows
from pipeline.preprocessing.split.divide import Codes, group_codes, split_table
from pipeline.preprocessing.split.units import Units
from pipeline.preprocessing.static import FILE, StaticFit, StaticNames


def prepare_windows(
    table: Path, config: WindowsConfig, question: Question, out: Path, *, seed: int, block: int | None = None
) -> Prepared:
    """Fill, split, scale and index a series, reading it piece by piece a few times.

    Args:
        table: Rows as validate let them pass, sorted by group and time.
        config: Window, gaps, what becomes of the values, and split.
        question: What is asked; a forecast adds its horizon to every window.
        out: Folder for the stream and the windows.
        seed: Decides which groups go where, for a split by group.
        block: Rows read at a time, None: as many as fit; the results do not depend on it.

    Raises:
        ConfigError: A channel is named that is not there, or times are needed and there are none.
        DataError: Cells or times are missing and may not be, or a part of the split is empty.
        ShapeError: No stretch of rows is as long as one window.
    """
    static = StaticFit(StaticNames.of(table, config), config)
    series = SeriesTable.of(table, static=static.names.all)
    _require_names(series, config, question)
    _require_times(series, config)
    changes = Changes.of(config.changes, config.changed, series)
    recipe = Recipe(series, config, changes, block or series.block)
    recipe, seen, split = _divided(recipe, config, out, seed)
    recipe = fitted(recipe, seen.unknown)
    cut = Cut(config.window, question.horizon, config.ahead if config.direction else 0, config.stride)
    look = look_at_windows(recipe, cut, window_targets(question, direction=bool(config.direction)), static)
    with Outlet(out, np.float32, (len(recipe.channels),)) as outlet:
        _write(recipe, cut, look, seen.last_id, outlet)
        prepared = Prepared(
            _meta(recipe, question, look, seen), (*row_notes(recipe, seen), *look.notes(config)), split
        )
        outlet.close(prepared)
    write_fitted(recipe, out)
    return prepared


def _require_names(series: SeriesTable, config: WindowsConfig, question: Question) -> None:
    named = {
        "heads.targets": question.targets,
        "preprocessing.direction": (config.direction,) * bool(config.direction),
    }
    for setting, names in named.items():
        unknown = [name for name in names if name not in series.channels]
        if unknown:
            raise ConfigError(
                f"{setting}: {unknown[0]!r} is no channel; there are: {', '.join(series.channels[:20])}"
            )
    if question.head != "forecast" and not config.direction and not series.target:
        raise ConfigError(f"heads.kind={question.head} needs sources.target, and the table has no target")


def _divided(
    recipe: Recipe, config: WindowsConfig, out: Path, seed: int
) -> tuple[Recipe, Survey, pl.DataFrame]:
    """Look at the rows, and divide time or groups among the parts of the split."""
    series = recipe.table
    moments = Moments(out)
    filling = config.gaps == "fill"
    seen = survey(series, recipe.pieces(), None if filling else moments)
    recipe = replace(recipe, rows=seen.rows, step=config.resample_seconds or seen.step_seconds)
    if filling and series.timed:
        filled = survey(series, recipe.pieces(channels=False), moments)
        seen = replace(filled, holes=seen.holes + filled.inserted, infinite=seen.infinite)
    refuse_holes(series, seen.holes, seen.rows, config.missing)
    if config.missing == "mask":
        recipe = replace(recipe, masked=tuple(np.flatnonzero(seen.unknown).tolist()))
    if config.split.by_groups and (config.split.kind != "folds" or seen.names != (None,)):
        codes = _group_codes(seen, config, seed)
        names = pl.DataFrame({"group": pl.Series(seen.names, dtype=pl.String), "rows": seen.sizes})
        return replace(recipe, parts=codes), seen, split_table(Units(len(codes), names=names), codes)
    found = moments.ordered()
    parts = cuts(found if series.timed else int(seen.sizes.max()), config.split)
    found.close()
    return replace(recipe, parts=parts), seen, parts.table(timed=series.timed)


def _require_times(series: SeriesTable, config: WindowsConfig) -> None:
    wanted = {"resample_seconds": config.resample_seconds, "calendar": ", ".join(config.calendar)}
    for name, value in wanted.items():
        if value and not series.timed:
            raise ConfigError(
                f"preprocessing.{name}={value} needs times, and the rows have none; name sources.time"
            )


def _group_codes(seen: Survey, config: WindowsConfig, seed: int) -> Codes:
    if None in seen.names:
        raise DataError(
            f"preprocessing.split.kind={config.split.kind}, and some rows have no group; check sources.group"
        )
    return group_codes(seen.sizes, config.split, seed=seed)


def _write(recipe: Recipe, cut: Cut, look: Look, last_id: int, outlet: Outlet) -> None:
    if look.static.names:
        write_json(look.static.as_json(), outlet.folder / FILE)
    for block, found in find_windows(recipe.blocks(), cut, watched=watched_channel(recipe)):
        outlet.add_rows(look.scaler.apply(block.values))
        used = found.at(np.flatnonzero(look.targets.usable(found)))
        if len(used.starts):
            keys = used.keys.with_columns(_ids(used, cut, last_id))
            static = look.static.encode(used.keys) if look.static.names else None
            targets = look.targets.encode(used)
            outlet.add_coded(used.codes, Samples(used.starts, keys, targets=targets, static=static))


def _ids(found: Found, cut: Cut, last_id: int) -> pl.Series:
    """Return the ids of the last rows; an inserted one, which has none, is numbered after all others."""
    own = pl.Series("sample_id", last_id + 1 + found.starts + cut.window - 1)
    return found.keys["sample_id"].zip_with(found.keys["sample_id"].is_not_null(), own)


def _direction(recipe: Recipe) -> int | None:
    name = getattr(recipe.config, "direction", None)
    return None if name is None else recipe.table.channels.index(name)


def _meta(recipe: Recipe, question: Question, look: Look, seen: Survey) -> StreamMeta:
    names, own = recipe.channels, recipe.table.channels
    forecast = question.head == "forecast"
    chosen = (question.targets or own) if forecast else ()
    config = recipe.config
    season = season_of(recipe.step, weekends=not without_weekends(seen.distances, recipe.step))
    return StreamMeta(
        kind="series",
        head=question.head,
        window=config.window if isinstance(config, WindowsConfig) else 0,
        frame=(len(names),),
        channels=names,
        targets=tuple(own.index(name) for name in chosen),
        changed=tuple(recipe.changes.places.tolist()),
        direction=_direction(recipe),
        horizon=question.horizon,
        classes=look.targets.classes,
        target_name=question.name,
        target_offset=float(look.targets.scaler.offset[0]),
        target_scale=float(look.targets.scaler.scale[0]),
        offset=tuple(look.scaler.offset.tolist()),
        scale=tuple(look.scaler.scale.tolist()),
        season=season,
        step_seconds=recipe.step,
        static=look.static.names,
        counts={name: int(look.counts[code]) for code, name in enumerate(SPLITS)},
        class_counts=look.targets.class_counts,
        merged=look.targets.merging.names,
        merged_into=look.targets.merging.into,
    )
