"""The answers of a model in a bundle to samples of a table that another run ingested: what a duel on new data needs."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from pipeline.foundation.table import TableWriter
from pipeline.preprocessing.config import ClipsConfig, WholeConfig, WindowsConfig
from pipeline.quality.parquet import read_batches, read_footer
from pipeline.sources.new_rows import Trained
from pipeline.stages.bundle import open_bundle
from pipeline.stages.new_table import REASONS, NewTable, conformed
from pipeline.stages.predicting import Predicting
from pipeline.stages.result import Result
from pipeline.stages.scoring import Scorer
from pipeline.stages.unread import Unread


def answers_to(bundle: Path, table: Path, wanted: pl.DataFrame) -> pl.DataFrame:
    """Let the model of ``bundle`` answer the samples ``wanted`` of ``table``, with all that it was fitted with.

    Args:
        bundle: Folder of the model.
        table: Rows in the form of ``data/validate/table.parquet``.
        wanted: ``sample_id``, in the order of the answers.

    Returns:
        A table of predictions without the samples that it cannot answer; targets are null where the rows have none.
    """
    opened = open_bundle(bundle)
    trained = Trained(tuple(opened.ingested["channels"]), tuple(opened.ingested["categories"]))
    types = read_footer(table).types
    timed = pl.scan_parquet(table).select(pl.col("time").is_not_null().any()).collect().item()
    with TemporaryDirectory(prefix="convoy-duel-") as place:
        scorer, rows = Scorer(opened), Path(place) / "rows.parquet"
        with TableWriter(rows) as writer:
            for batch in read_batches(table, list(types)):
                writer.add(conformed(batch, trained))
        new = NewTable(rows, writer.rows, timed, Unread(Path(place) / "none"), pl.DataFrame(schema=REASONS))
        kinds = (WindowsConfig, WholeConfig, ClipsConfig)
        result = Result(scorer, new.unread, in_place=not isinstance(opened.config.preprocessing, kinds))
        frames = Predicting(opened, scorer, new, result, Path(place), every=True).frames()
        asked = wanted["sample_id"].implode()
        mine = [
            frame.filter(pl.col("reason").is_null() & pl.col("sample_id").is_in(asked)) for frame in frames
        ]
    answers = pl.concat(mine).drop("reason", "origin")
    return wanted.select("sample_id").join(answers, on="sample_id", how="inner", maintain_order="left")
