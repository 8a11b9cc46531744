"""New groups of a series, each as a whole."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.preprocessing.answers import Answers
from pipeline.preprocessing.config import WholeConfig
from pipeline.preprocessing.outlet import Outlet, Samples
from pipeline.preprocessing.sample_rows import SampleRows
from pipeline.preprocessing.series.blocks import Recipe
from pipeline.preprocessing.series.cases import read_cases
from pipeline.preprocessing.series.pieces import Ints
from pipeline.preprocessing.series.whole import kept_rows, sample_values
from pipeline.preprocessing.split.codes import TEST, UNUSED
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.preprocessing.unseen.recipe import recipe_of
from pipeline.preprocessing.unseen.taken import Taken, fit_for, refused, take_samples


def take_groups(table: Path, config: WholeConfig, fitted: Fitted, out: Path) -> Taken:
    """Fill and scale whole groups as training says; one without a row that is wholly known has a reason.

    Args:
        table: Rows that can be used, those of a group together, and no group torn.
        config: What becomes of the values, how many rows of a group are kept.
        fitted: What training fitted.
        out: Folder for the files.
    """
    recipe = recipe_of(table, config, fitted)
    cases = read_cases(recipe.table)
    sizes = cases["rows"].cast(pl.Int64).to_numpy()
    rows = SampleRows(
        cases,
        np.full(cases.height, TEST, np.int8),
        Answers(np.zeros(cases.height, np.int64)),
        pl.DataFrame(),
        fitted.question,
    )
    recipe = replace(recipe, parts=rows.codes)
    lengths = _lengths(recipe, config, rows, sizes)
    reasons = [
        why if length else "has no row in which every channel is known"
        for length, why in zip(lengths.tolist(), fit_for(lengths, fitted, "step"), strict=True)
    ]
    codes = np.where([reason is None for reason in reasons], TEST, UNUSED).astype(np.int8)
    rows, lengths = replace(rows, codes=codes), lengths[codes == TEST]
    with Outlet(out, np.float32, fitted.meta.frame) as outlet:
        for values in sample_values(recipe, config, rows, sizes):
            outlet.add_rows(fitted.scaler.apply(values))
        keys = cases.filter(pl.Series(codes == TEST))
        static = fitted.encode_static(_first_rows(table, keys, fitted))
        samples = Samples(
            np.cumsum(lengths) - lengths, keys, lengths if fitted.meta.ragged else None, static=static
        )
        reader = take_samples(outlet, fitted, samples)
    return Taken(reader, out / "samples.parquet", refused(cases["sample_id"], reasons))


def _lengths(recipe: Recipe, config: WholeConfig, rows: SampleRows, sizes: Ints) -> Ints:
    """Return how many steps each group gives."""
    ends, lengths = np.cumsum(sizes), np.zeros(len(sizes), np.int64)
    for block in recipe.blocks():
        kept = kept_rows(block, config, rows, ends)
        lengths += np.bincount(block.groups[kept], minlength=len(sizes))
    return lengths


def _first_rows(table: Path, keys: pl.DataFrame, fitted: Fitted) -> pl.DataFrame:
    """Return the static columns of the first row of each group."""
    rows = pl.read_parquet(table, columns=["sample_id", *fitted.static_names])
    return keys.select("sample_id").join(rows, on="sample_id", how="left", maintain_order="left")
