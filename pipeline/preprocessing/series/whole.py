"""From a clean series to samples that are whole groups, as long as they are."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config import WholeConfig
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.outlet import Outlet, Prepared
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.sample_rows import SampleRows
from pipeline.preprocessing.scale import RunningMoments, Scaler, with_derived
from pipeline.preprocessing.series.blocks import Block, Recipe
from pipeline.preprocessing.series.cases import divide_cases, read_cases
from pipeline.preprocessing.series.changes import Changes
from pipeline.preprocessing.series.fitting import fitted, row_notes, write_fitted
from pipeline.preprocessing.series.missing import refuse_holes
from pipeline.preprocessing.series.pieces import Doubles, Ints, SeriesTable
from pipeline.preprocessing.series.survey import survey
from pipeline.preprocessing.split.divide import TRAIN
from pipeline.preprocessing.static import StaticNames, read_static, refuse_changing


def prepare_whole(
    table: Path, config: WholeConfig, question: Question, out: Path, *, seed: int, block: int | None = None
) -> Prepared:
    """Fill, split and scale groups, each of them one sample.

    Args:
        table: Rows as validate let them pass, sorted by group and time.
        config: What becomes of the values, how many rows of a group are kept, and split.
        question: What is asked; never a forecast.
        out: Folder for the stream and the samples.
        seed: Decides where chance does.
        block: Rows read at a time, None: as many as fit; the results do not depend on it.

    Raises:
        ConfigError: There are no groups or no target, or a forecast is asked for.
        DataError: Cells are missing and may not be, a target changes inside a group, a group has no row that is
            wholly known, or a part of the split is empty.
    """
    if question.head == "forecast":
        raise ConfigError(
            "heads.kind=forecast needs preprocessing.kind=windows; a whole group has no later rows"
        )
    static = StaticNames.of(table, config).all
    series = SeriesTable.of(table, static=static)
    cases = read_cases(series)
    refuse_changing(table, static)
    changes = Changes.of(config.changes, config.changed, series)
    recipe = Recipe(series, config, changes, block or series.block, rows=series.rows)
    seen = survey(series, recipe.pieces())
    refuse_holes(series, seen.unknown, seen.rows, config.missing)
    rows = divide_cases(cases, series, config, question, scratch=out, seed=seed)
    rows = rows.with_static(read_static(table, config, cases["sample_id"], train=rows.train))
    masked = tuple(np.flatnonzero(seen.unknown).tolist()) if config.missing == "mask" else ()
    recipe = fitted(replace(recipe, parts=rows.codes, masked=masked), seen.unknown)
    scaler, lengths = _look(recipe, config, rows, seen.sizes)
    meta = _meta(recipe, rows, scaler, lengths)
    with Outlet(out, np.float32, meta.frame) as outlet:
        for values in sample_values(recipe, config, rows, seen.sizes):
            outlet.add_rows(scaler.apply(values))
        starts = np.cumsum(lengths) - lengths
        rows.send(outlet, starts, lengths if meta.ragged else None)
        notes = (*rows.answers.notes, *row_notes(recipe, seen), *_cut_note(seen.sizes, config))
        prepared = Prepared(meta, notes, rows.split)
        outlet.close(prepared)
    write_fitted(recipe, out)
    return prepared


def kept_rows(block: Block, config: WholeConfig, rows: SampleRows, ends: Ints) -> NDArray[np.bool_]:
    """Return which rows belong to a sample: wholly known, among the last ones of a group that is used."""
    place = block.first + np.arange(len(block))
    last = ends[block.groups] - place <= config.longest
    known = ~np.isnan(block.values).any(axis=1)
    return np.asarray(last & known & rows.used[block.groups])


def _look(recipe: Recipe, config: WholeConfig, rows: SampleRows, sizes: Ints) -> tuple[Scaler, Ints]:
    """Return the scaler, fitted on training, and how many steps each group has."""
    moments, ends = RunningMoments(recipe.measured), np.cumsum(sizes)
    lengths = np.zeros(len(sizes), np.int64)
    for block in recipe.blocks():
        kept = kept_rows(block, config, rows, ends)
        moments.add(block.values[kept & (block.codes == TRAIN), : recipe.measured])
        lengths += np.bincount(block.groups[kept], minlength=len(sizes))
    moments.end()
    bare = np.flatnonzero((lengths == 0) & rows.used)
    if len(bare):
        raise DataError(
            f"{len(bare):,} groups have no row in which every channel is known, such as "
            f"{rows.keys['group'][int(bare[0])]!r}; use preprocessing.missing=mask, or leave the channel that they "
            f"lack out with sources.channels"
        )
    kind = "none" if config.normalise == "each" else config.scale
    return with_derived(moments.scaler(kind), len(recipe.channels)), lengths


def sample_values(recipe: Recipe, config: WholeConfig, rows: SampleRows, sizes: Ints) -> Iterator[Doubles]:
    """Yield the rows of the samples in order, unscaled; normalised each on its own where asked."""
    ends = np.cumsum(sizes)
    waiting, groups = np.empty((0, len(recipe.channels))), np.empty(0, np.int64)
    for block in recipe.blocks():
        kept = kept_rows(block, config, rows, ends)
        if config.normalise == "none":
            yield block.values[kept]
            continue
        values = np.concatenate([waiting, block.values[kept]])
        groups = np.concatenate([groups, block.groups[kept]])
        whole = int(np.searchsorted(groups, block.groups[-1]))  # the last group may go on in the next block
        yield _normalised(values[:whole], groups[:whole], recipe.measured)
        waiting, groups = values[whole:], groups[whole:]
    yield _normalised(waiting, groups, recipe.measured)


def _normalised(values: Doubles, groups: Ints, measured: int) -> Doubles:
    """Return whole groups with mean 0 and deviation 1 in each of the first channels; a constant one becomes 0.

    Source:
        Rakthanmanon et al. (2012), "Searching and Mining Trillions of Time Series Subsequences under Dynamic Time
        Warping": why every series is normalised on its own.
    """
    if not len(values):
        return values
    begins = np.flatnonzero(np.append(True, groups[1:] != groups[:-1]))
    counts = np.diff(np.append(begins, len(groups)))[:, None]
    group = np.repeat(np.arange(len(begins)), counts[:, 0])
    own = values[:, :measured]
    apart = own - (np.add.reduceat(own, begins, axis=0) / counts)[group]
    spread = np.sqrt(np.add.reduceat(apart**2, begins, axis=0) / counts)[group]
    # What rounding leaves of a constant is no deviation.
    constant = spread <= 1e-12 * np.maximum.reduceat(np.abs(own), begins, axis=0)[group]
    scaled = np.where(constant, 0.0, apart / np.where(constant, 1.0, spread))
    return np.concatenate([scaled, values[:, measured:]], axis=1)


def _meta(recipe: Recipe, rows: SampleRows, scaler: Scaler, lengths: Ints) -> StreamMeta:
    used = lengths[rows.used]
    return StreamMeta(
        kind="series",
        window=int(used.max()),
        ragged=bool((used != used[0]).any()),
        frame=(len(recipe.channels),),
        channels=recipe.channels,
        changed=tuple(recipe.changes.places.tolist()),
        offset=tuple(scaler.offset.tolist()),
        scale=tuple(scaler.scale.tolist()),
        **rows.meta(),
    )


def _cut_note(sizes: Ints, config: WholeConfig) -> tuple[str, ...]:
    longer = int((sizes > config.longest).sum())
    if not longer:
        return ()
    return (
        f"{longer:,} groups are longer than preprocessing.longest={config.longest}; their last rows were kept",
    )
