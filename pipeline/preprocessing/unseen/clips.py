"""New clips: image sequences, films, volumes."""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.preprocessing.config import ClipsConfig
from pipeline.preprocessing.media.clips import clips_of, frames_of
from pipeline.preprocessing.media.decoding import COLUMNS, Wish, read_each, rows_at_once
from pipeline.preprocessing.media.images import BANDS, Pixels, as_steps
from pipeline.preprocessing.media.volumes import cut, stack
from pipeline.preprocessing.outlet import Outlet, Samples
from pipeline.preprocessing.sample_rows import chosen_batches
from pipeline.preprocessing.stream import Ints
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.preprocessing.unseen.images import tones_of_training
from pipeline.preprocessing.unseen.taken import Taken, fit_for, mask_of, refused, take_samples


def take_clips(table: Path, config: ClipsConfig, fitted: Fitted, out: Path, *, threads: int) -> Taken:
    """Take frames from whole clips as training did; one of which a frame cannot be decoded has a reason.

    Args:
        table: Frames that can be used; those of a clip stand together, and no clip is torn.
        config: Frames of a clip, size, colour.
        fitted: What training fitted.
        out: Folder for the files.
        threads: Images decoded at once.
    """
    frames = frames_of(table)
    keys, sizes = clips_of(frames)
    taken = cut(frames, sizes, config)
    pixels, damage = _decoded(table, taken.chosen, Wish(config, tones=tones_of_training(fitted)), threads)
    reasons = _reasons(fit_for(taken.lengths, fitted, "step"), damage, frames, taken.chosen)
    good = mask_of(reasons)
    kept = pl.Series(good).gather(frames["number"])  # of each frame, whether its clip is scored
    readable = mask_of(damage)
    of_kept = kept.filter(pl.Series(taken.chosen)).to_numpy()[readable]
    again = cut(_renumbered(frames.filter(kept)), sizes[good], config) if good.any() else None
    with Outlet(out, np.uint8, (len(BANDS[config.colour]), config.height, config.width)) as outlet:
        outlet.add_rows(as_steps(pixels[of_kept], config)[0])
        outlet.stream.close()
        if again is not None and again.slices is not None:
            stack(out / "stream.npy", again.slices)
        lengths: Ints = np.zeros(0, np.int64) if again is None else again.lengths
        mine = keys.filter(pl.Series(good))
        static = fitted.encode_static(_static_rows(table, mine, fitted))
        samples = Samples(
            np.cumsum(lengths) - lengths, mine, lengths if fitted.meta.ragged else None, static=static
        )
        reader = take_samples(outlet, fitted, samples)
    return Taken(reader, out / "samples.parquet", refused(keys["sample_id"], reasons))


def _decoded(
    table: Path, chosen: NDArray[np.bool_], wish: Wish, threads: int
) -> tuple[Pixels, list[str | None]]:
    """Return the chosen frames that can be decoded, and for each chosen one why it cannot."""
    shape = (0, wish.config.height, wish.config.width, len(BANDS[wish.config.colour]))
    parts, reasons = [np.zeros(shape, np.uint8)], []
    for rows in chosen_batches(table, COLUMNS, rows_at_once(table), chosen):
        if rows.height:
            pixels, told = read_each(rows, wish, threads=threads)
            parts.append(pixels)
            reasons += told
    return np.concatenate(parts), reasons


def _reasons(
    lengths: list[str | None],
    damage: list[str | None],
    frames: pl.DataFrame,
    chosen: NDArray[np.bool_],
) -> list[str | None]:
    """Return why each clip cannot be scored: the first of its frames that cannot be decoded, or its length."""
    reasons: list[str | None] = [None] * len(lengths)
    decoded = frames.filter(pl.Series(chosen))
    for number, origin, told in zip(decoded["number"], decoded["origin"], damage, strict=True):
        if told is not None and reasons[number] is None:
            reasons[number] = f"its frame {origin} {told}"
    return [reason or length for reason, length in zip(reasons, lengths, strict=True)]


def _renumbered(frames: pl.DataFrame) -> pl.DataFrame:
    return frames.with_columns(number=pl.col("number").rle_id())


def _static_rows(table: Path, keys: pl.DataFrame, fitted: Fitted) -> pl.DataFrame:
    """Return the static columns of the first frame of each clip."""
    rows = pl.read_parquet(table, columns=["sample_id", *fitted.static_names])
    return keys.select("sample_id").join(rows, on="sample_id", how="left", maintain_order="left")
