"""Irregular times, or several frequencies, become regular: the mean of each stretch of time."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.preprocessing.series.pieces import Ints, Piece, first_where, joined, run_starts


def resampled(pieces: Iterator[Piece], seconds: float) -> Iterator[Piece]:
    """Yield one row per group and bin of ``seconds``: means of the channels, the last known target.

    A bin holds what was measured after the end of the one before, up to and with its own end, and is labelled by that
    end: whoever stands at that time knows all of it, and nothing later. Bins end at whole multiples of ``seconds``
    since 1970, in every group alike; one without rows is a gap. Times that are regular already stay as they are.
    """
    width = max(round(seconds * 1e6), 1)
    waiting: list[Piece] = []
    for piece in pieces:
        last = waiting[-1] if waiting else None
        begins = _begins(piece, None if last is None else last.part(len(last) - 1, len(last)), width)
        final = int(begins[-1]) if len(begins) else 0
        if not len(begins):  # one bin, and it goes on
            waiting.append(piece)
            continue
        ready = [*waiting, *([piece.part(0, final)] if final else [])]
        waiting = [piece.part(final, len(piece))]
        if ready:
            yield _means(joined(ready), width)
    if waiting:
        yield _means(joined(waiting), width)


def _ends(piece: Piece, width: int) -> Ints:
    """Return the end of the bin of each row, in microseconds."""
    return -(-piece.times // width) * width


def _begins(piece: Piece, before: Piece | None, width: int) -> Ints:
    """Return the rows with which a bin begins."""
    ends = _ends(piece, width)
    starts = run_starts(piece, before)
    starts[1:] |= ends[1:] != ends[:-1]
    if before is not None:
        starts[0] |= bool(_ends(before, width)[0] != ends[0])
    return np.flatnonzero(starts)


def _means(piece: Piece, width: int) -> Piece:
    """Return one row per bin of rows whose bins are complete."""
    begins = _begins(piece, None, width)
    lasts = np.append(begins[1:], len(piece)) - 1
    known = ~np.isnan(piece.values)
    sums = np.add.reduceat(np.where(known, piece.values, 0.0), begins, axis=0)
    counts = np.add.reduceat(known.astype(np.int64), begins, axis=0)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    keys = piece.keys[lasts].with_columns(
        pl.Series("time", _ends(piece, width)[lasts]).cast(pl.Datetime("us"))
    )
    if "target" in keys.columns:
        keys = keys.with_columns(_last_known(piece.keys["target"], begins, lasts))
    return Piece(keys, np.asfortranarray(means))


def _last_known(targets: pl.Series, begins: Ints, lasts: Ints) -> pl.Series:
    latest = first_where(targets.is_not_null().to_numpy())[lasts]
    places = pl.Series(np.where(latest >= begins, latest, -1), dtype=pl.Int64)
    return targets.gather(places.set(places < 0, None))
