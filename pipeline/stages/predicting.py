"""From a table of new rows to stretches of the result, some thousand rows at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from pipeline.foundation.table import TableWriter, write_table
from pipeline.preprocessing.config import ClipsConfig, WholeConfig, WindowsConfig
from pipeline.preprocessing.unseen.build import take_rows
from pipeline.preprocessing.unseen.taken import Taken
from pipeline.preprocessing.unseen.usable import row_reasons
from pipeline.quality.parquet import batch_rows, read_batches, read_footer
from pipeline.stages.bundle import Bundle
from pipeline.stages.new_table import NewTable
from pipeline.stages.represented import Represented
from pipeline.stages.result import REASONS, Result
from pipeline.stages.scoring import Scorer

AT_ONCE = 20_000
"""Rows that are worked on together; fewer where they are large."""

KEYS = ["sample_id", "group", "time", "origin", "target"]


@dataclass(frozen=True)
class Predicting:
    """One prediction of a whole table."""

    bundle: Bundle
    scorer: Scorer
    table: NewTable
    result: Result
    scratch: Path
    every: bool
    heard: Represented | None = None
    """Hears what the network makes of the samples; None: nobody wants to know."""

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows of the result in their order; what is held does not grow with them."""
        windows = isinstance(self.bundle.config.preprocessing, WindowsConfig)
        yield from self._series() if windows else self._pieces()
        yield self.result.rest()

    def _pieces(self) -> Iterator[pl.DataFrame]:
        """Predict rows (or clips, or groups) some at a time."""
        for rows in _whole_samples(self.table.path, self.bundle):
            reasons = self._reasons(rows)
            good, refused = rows.filter(reasons.is_null()), _refused(rows, reasons)
            scored = [self.scorer.empty()]
            if good.height:
                with TemporaryDirectory(dir=self.scratch) as place:
                    table = Path(place) / "table.parquet"
                    write_table(_without_target(good), table)
                    taken = self._taken(table, Path(place))
                    for some, bare in self.scorer.scored(taken, self.heard):
                        scored.append(some)
                        refused = pl.concat([refused, bare])
                    refused = pl.concat([refused, taken.refused])
            yield self.result.stretch(pl.concat(scored), refused, rows)

    def _series(self) -> Iterator[pl.DataFrame]:
        """Predict windows: the series becomes one stream on disk, of which some is read at a time."""
        kept, bad = self.scratch / "kept.parquet", self.scratch / "bad.parquet"
        with TableWriter(kept) as writer, TableWriter(bad) as aside:
            for rows in _whole_samples(self.table.path, self.bundle):
                reasons = self._reasons(rows)
                writer.add(rows.filter(reasons.is_null()))
                aside.add(_refused(rows, reasons))
        first, refused = 0, [bad]
        if writer.rows:
            taken = self._taken(kept, self.scratch)
            write_table(taken.refused, self.scratch / "refused.parquet")
            refused.append(self.scratch / "refused.parquet")
            for scored, bare in self.scorer.scored(taken, self.heard):
                until = int(pl.concat([scored["sample_id"], bare["sample_id"]]).max() or 0)  # type: ignore[arg-type]
                yield self._stretch(scored, bare, refused, first, until)
                first = until + 1
        last = self.table.rows - 1
        if first <= last:
            yield self._stretch(self.scorer.empty(), _nothing(), refused, first, last)

    def _stretch(
        self, scored: pl.DataFrame, bare: pl.DataFrame, refused: list[Path], first: int, last: int
    ) -> pl.DataFrame:
        """Return the result for the rows ``first`` to ``last`` of a series."""
        found = [bare, *(_between(path, first, last) for path in refused)]
        together = pl.concat(found).sort("sample_id", maintain_order=True)
        asked = pl.concat([scored["sample_id"], together["sample_id"]]).unique()
        rows = _between(self.table.path, first, last, KEYS)
        return self.result.stretch(scored, together, rows.filter(pl.col("sample_id").is_in(asked.implode())))

    def _taken(self, table: Path, out: Path) -> Taken:
        threads = self.bundle.config.run.threads
        taken = take_rows(table, self.bundle.fitted, out, threads=threads, every=self.every)
        self.table.notes.update(taken.notes)
        return taken

    def _reasons(self, rows: pl.DataFrame) -> pl.Series:
        """Return why each row cannot be used: what the suite says, else what the settings say; null: it can."""
        channels = tuple(self.bundle.ingested["channels"])
        own = rows.select(row_reasons(self.bundle.fitted, channels, timed=self.table.timed)).to_series()
        ids, against = rows["sample_id"], self.table.against
        first, last = against["sample_id"].search_sorted(pl.Series([ids[0], ids[-1] + 1])).to_list()
        told = ids.to_frame().join(against[first:last], on="sample_id", how="left", maintain_order="left")
        reasons = told["reason"]
        if "defect" in rows.columns:  # the suite only says that there is one
            reasons = rows["defect"].zip_with(reasons.is_not_null() & rows["defect"].is_not_null(), reasons)
        return reasons.zip_with(reasons.is_not_null(), own)


def _whole_samples(table: Path, bundle: Bundle) -> Iterator[pl.DataFrame]:
    """Yield the rows of a table some at a time; a clip, or a group that is a sample, is never torn."""
    config = bundle.config.preprocessing
    keys = {WholeConfig: ["group"], ClipsConfig: ["group", "clip"]}.get(type(config))
    footer = read_footer(table)
    batches = read_batches(
        table, list(footer.types), rows=min(AT_ONCE, batch_rows(footer, list(footer.types)))
    )
    return batches if keys is None else _untorn(batches, keys)


def _untorn(batches: Iterator[pl.DataFrame], keys: list[str]) -> Iterator[pl.DataFrame]:
    """Cut the same rows where one of the keys changes."""
    waiting: list[pl.DataFrame] = []
    for batch in batches:
        before = [part.tail(1) for part in waiting[-1:]]
        numbers = pl.concat([*before, batch]).select(pl.struct(keys).rle_id()).to_series()
        begins = int((numbers < numbers[-1]).sum())  # the last sample, which may go on in the next batch
        if not begins:
            waiting.append(batch)
            continue
        yield pl.concat([*waiting, batch[: begins - len(before)]])
        waiting = [batch[begins - len(before) :]]
    if waiting:
        yield pl.concat(waiting)


def _without_target(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows that say nothing of target and split, which nothing may depend on here."""
    return rows.with_columns(pl.lit(None, pl.String).alias(name) for name in ("target", "split"))


def _refused(rows: pl.DataFrame, reasons: pl.Series) -> pl.DataFrame:
    found = pl.DataFrame([rows["sample_id"], reasons.cast(pl.String).alias("reason")])
    return found.filter(reasons.is_not_null())


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema=REASONS)


def _between(path: Path, first: int, last: int, columns: list[str] | None = None) -> pl.DataFrame:
    """Return the rows whose ``sample_id`` lies between two, both included."""
    rows = pl.scan_parquet(path).filter(pl.col("sample_id").is_between(first, last))
    return rows.select(columns or list(REASONS)).collect()
