"""Rows to predict, read in the form that training read them in: same columns, same types, same checks of each row."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import TableConfig
from pipeline.preprocessing.config_series import SeriesBase
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.quality.parquet import read_batches, read_footer
from pipeline.quality.read import SuiteFile
from pipeline.quality.rows import judge_rows, needed_columns
from pipeline.quality.suite import CATEGORIES, CHANNELS, Suite, Words, needed_columns_of
from pipeline.sources.base import CLIP, FIXED, SOUND
from pipeline.sources.build import build_source
from pipeline.sources.new_rows import Trained, new_rows
from pipeline.stages.bundle import Bundle
from pipeline.stages.ingest import write_rows
from pipeline.stages.unread import Unread

PAYLOAD = {*FIXED, *CLIP, *SOUND, "text"}
"""Columns that are no channels and no categories."""

REASONS = pl.Schema({"sample_id": pl.Int64(), "reason": pl.String()})
FEW = 1_000
"""Rows that are judged without Great Expectations where comparisons tell the same: it costs more than they do."""


@dataclass
class NewTable:
    """Rows in a file, and those that cannot be used."""

    path: Path
    rows: int
    timed: bool
    """Whether rows have times."""

    unread: Unread
    """Rows that are not in the file, because they cannot be read."""

    against: pl.DataFrame
    """``sample_id`` and ``reason`` of rows that break a rule of the suite, in the order of the ids."""

    said: tuple[str, ...] = ()
    """What was noticed while they were read."""

    notes: Counter[str] = field(default_factory=Counter)
    """What was noticed afterwards, and how often."""


def read_new_table(source: str, bundle: Bundle, scratch: Path, *, project: Path) -> NewTable:
    """Read the data at ``source`` into ``scratch``.

    Args:
        source: File, folder, pattern or URL.
        bundle: The model.
        scratch: An empty folder.
        project: What paths are relative to.

    Raises:
        DataError: The data are missing, hold not one readable row, or lack what the model cannot do without.
    """
    about = bundle.ingested
    trained = Trained(tuple(about["channels"]), tuple(about["categories"]))
    wanted = new_rows(bundle.config.sources, source, trained, project=project)
    used = _used(bundle.fitted, trained)
    lacking = tuple(name for name in wanted.lacking if name in used)
    _require_columns(lacking, bundle.fitted, source)
    reader = build_source(wanted.config, project, answers=False)
    if reader.kind != about["kind"]:
        raise DataError(f"{shown(source)} holds {reader.kind}, and the model was trained on {about['kind']}")
    table, aside = scratch / "table.parquet", scratch / "rejected.parquet"
    written = write_rows(reader, table, aside, change=lambda batch: conformed(batch, trained))
    said = (
        *reader.notes,
        *(f"{shown(source)} has no column {name!r}, which was read as empty" for name in lacking),
    )
    timed = pl.scan_parquet(table).select(pl.col("time").is_not_null().any()).collect().item()
    words = {CHANNELS: trained.channels, CATEGORIES: trained.categories}
    against = _judged(bundle.suite, table, words)
    return NewTable(table, written.rows, bool(timed), Unread(aside), against, said)


def _used(fitted: Fitted, trained: Trained) -> tuple[str, ...]:
    """Return the columns that the model looks at."""
    if isinstance(fitted.config, TableConfig):
        return (*trained.channels, *trained.categories)
    if isinstance(fitted.config, SeriesBase):
        return (*trained.channels, *fitted.static_names)
    return fitted.static_names


def _require_columns(lacking: tuple[str, ...], fitted: Fitted, source: str) -> None:
    """Refuse data without a column for whose empty cells the settings have no answer."""
    config = fitted.config
    answered = getattr(config, "missing", "mask") in ("mean", "mask")
    for name in lacking:
        static = name in fitted.static_names
        if not (config.static_missing != "refuse" if static else answered):
            setting = "static_missing" if static else "missing"
            raise DataError(
                f"{shown(source)} has no column {name!r}, which the model was trained on, and preprocessing.{setting}="
                f"{getattr(config, setting)} has no answer to that; bring the column"
            )


def conformed(batch: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Return rows with the columns of training in their order, null where the data have none."""
    wanted = {
        **dict.fromkeys(trained.channels, pl.Float64()),
        **dict.fromkeys(trained.categories, pl.String()),
    }
    first = [name for name in batch.columns if name in PAYLOAD and name not in wanted and name != "target"]
    absent = [
        pl.lit(None, kind).alias(name)
        for name, kind in {**wanted, "target": pl.String()}.items()
        if name not in batch.columns
    ]
    return batch.with_columns(absent).select(*first, *wanted, pl.col("target").cast(pl.String))


def _judged(file: SuiteFile, table: Path, words: Words) -> pl.DataFrame:
    """Return which rows break a rule about single rows, and why.

    A rule that would stop a run sets one row aside here, one that only warns is passed over; so are rules about the
    target, which is not known, and those about the table as a whole, which may be a single row.
    """
    footer = read_footer(table)
    types = footer.types
    rules = tuple(
        rule.model_copy(update={"on_fail": "quarantine"})
        for rule in file.suite.rows
        if rule.on_fail != "warn" and set(needed_columns_of(rule, words)) <= {*types} - {"target", "split"}
    )
    if not rules:
        return pl.DataFrame(schema=REASONS)
    plain = SuiteFile(file.name, Suite(rows=rules), {})
    columns = needed_columns(plain, types, words)
    batches = read_batches(table, columns)
    judged = judge_rows(plain, batches, words=words, examples=0, few=footer.rows <= FEW)
    return judged.set_aside.cast(REASONS)
