"""Rows that cannot be read at all, put back where they stood among the others."""

from pathlib import Path

import numpy as np
import polars as pl

PLACE = r"^(.*):(\d+)$"


class Unread:
    """Rows that a source set aside, in the order in which it met them; each is handed out once."""

    def __init__(self, path: Path) -> None:
        """Read them; there are none where there is no file."""
        schema = {"origin": pl.String, "reason": pl.String}
        rows = (
            pl.read_parquet(path, columns=["origin", "reason"])
            if path.is_file()
            else pl.DataFrame(schema=schema)
        )
        self._rows = _placed(rows)

    def among(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return those that stood among some rows: ``origin``, ``reason``, and ``place``, behind which of them.

        Args:
            rows: ``sample_id`` and ``origin`` of rows that follow one another.
        """
        if self._rows.is_empty():
            return self._rows.select("origin", "reason", place=pl.lit(None, pl.Float64))
        placed = _placed(rows)
        ends = placed.group_by("file", maintain_order=True).agg(
            first=pl.col("sample_id").min(), lines=pl.col("line"), last=pl.col("line").max()
        )
        final = placed["file"][-1]
        found = self._rows.join(ends, on="file", how="left", maintain_order="left")
        here = found["first"].is_not_null() & (
            (found["file"] != final) | (found["line"] < found["last"]).fill_null(False)
        )
        self._rows = self._rows.filter(~here)
        mine = found.filter(here)
        before = [
            first + int(np.searchsorted(lines.to_numpy(), line)) - 0.5
            for first, lines, line in zip(mine["first"], mine["lines"], mine["line"], strict=True)
        ]
        return mine.select("origin", "reason", place=pl.Series("place", before, pl.Float64))

    def rest(self) -> pl.DataFrame:
        """Return those that were not among any rows, with a ``place`` behind all."""
        rest = self._rows.select("origin", "reason", place=pl.lit(float("inf")))
        self._rows = self._rows.clear()
        return rest


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``file`` and ``line``, as the origin has them."""
    origin = pl.col("origin")
    return rows.with_columns(
        file=origin.str.extract(PLACE, 1).fill_null(origin),
        line=origin.str.extract(PLACE, 2).cast(pl.Int64).fill_null(0),
    )
