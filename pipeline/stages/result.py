"""The rows of a result in the order of the input: predictions, and what has none with the reason."""

from collections import Counter

import polars as pl

from pipeline.stages.scoring import Scorer
from pipeline.stages.unread import Unread

REASONS = pl.Schema({"sample_id": pl.Int64(), "reason": pl.String()})
PLACE = "place in the input"
FIRST = ("sample_id", "origin", "group", "time")


class Result:
    """Puts stretches of the result together, all with one schema, and counts what became of the samples."""

    def __init__(self, scorer: Scorer, unread: Unread, *, in_place: bool) -> None:
        """Begin.

        Args:
            scorer: Gives the columns of the head.
            unread: Rows that could not be read.
            in_place: Whether they are put back among the others; else they come last.
        """
        self.scorer = scorer
        self.unread = unread
        self.in_place = in_place
        self.scored = 0
        self.reasons: Counter[str] = Counter()
        own = scorer.empty()
        rest = {name: kind for name, kind in own.schema.items() if name not in FIRST}
        keys = {name: pl.String() if name == "origin" else own.schema[name] for name in FIRST}
        self.schema = pl.Schema({**keys, **rest, "reason": pl.String()})

    def stretch(self, scored: pl.DataFrame, refused: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        """Return one stretch of the result.

        Args:
            scored: Predictions, as the scorer gives them.
            refused: ``sample_id`` and ``reason``; of several reasons the first counts.
            rows: ``sample_id``, ``group``, ``time``, ``origin``, ``target`` of the rows of the stretch.
        """
        lone = refused.cast(REASONS).unique("sample_id", keep="first", maintain_order=True)
        keys = rows.select(FIRST)
        self.scored += scored["sample_id"].n_unique()
        self.reasons.update(lone["reason"].to_list())
        answered = self.scorer.with_targets(scored, rows.select("sample_id", "target"))
        origins = keys.select("sample_id", "origin")
        parts = [
            self._placed(answered.join(origins, on="sample_id", how="left", maintain_order="left")),
            self._placed(lone.join(keys, on="sample_id", how="left", maintain_order="left")),
        ]
        if self.in_place:
            among = self.unread.among(keys)
            self.reasons.update(among["reason"].to_list())
            parts.append(self._in_form(among).with_columns(among["place"].alias(PLACE)))
        return pl.concat(parts).sort(PLACE, maintain_order=True).drop(PLACE)

    def rest(self) -> pl.DataFrame:
        """Return the rows that cannot be read and stood among no others."""
        rest = self.unread.rest()
        self.reasons.update(rest["reason"].to_list())
        return self._in_form(rest)

    def _placed(self, frame: pl.DataFrame) -> pl.DataFrame:
        return self._in_form(frame).with_columns(pl.col("sample_id").cast(pl.Float64).alias(PLACE))

    def _in_form(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return rows with every column of the result, null where they have none."""
        return frame.select(
            pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
            for name, kind in self.schema.items()
        )
