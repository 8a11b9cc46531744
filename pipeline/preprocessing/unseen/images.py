"""New images."""

from pathlib import Path

import numpy as np
import polars as pl

from pipeline.preprocessing.config import ImagesConfig
from pipeline.preprocessing.media.decoding import COLUMNS, Wish, read_each, rows_at_once
from pipeline.preprocessing.media.images import as_steps
from pipeline.preprocessing.media.tones import Tones
from pipeline.preprocessing.outlet import Outlet, Samples
from pipeline.preprocessing.sample_rows import batches
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.preprocessing.unseen.taken import Taken, chosen, mask_of, refused, take_samples


def take_images(table: Path, config: ImagesConfig, fitted: Fitted, out: Path, *, threads: int) -> Taken:
    """Decode images into the size and colour that the model reads; what cannot be decoded has a reason.

    Args:
        table: Rows that can be used.
        config: Size, colour, steps.
        fitted: What training fitted.
        out: Folder for the files.
        threads: Images decoded at once.
    """
    frame = pl.read_parquet(table, columns=["sample_id", "group", "time", *fitted.static_names])
    wish = Wish(config, tones=tones_of_training(fitted))
    reasons: list[str | None] = []
    with Outlet(out, np.uint8, fitted.meta.frame) as outlet:
        for rows in batches(table, COLUMNS, rows_at_once(table)):
            pixels, told = read_each(rows, wish, threads=threads)
            reasons += told
            if len(pixels):
                outlet.add_rows(as_steps(pixels, config)[0])
        good = mask_of(reasons)
        keys = frame.filter(pl.Series(good))
        starts = np.arange(keys.height, dtype=np.int64) * fitted.meta.window
        samples = Samples(starts, keys, static=chosen(fitted.encode_static(frame), good))
        reader = take_samples(outlet, fitted, samples)
    return Taken(reader, out / "samples.parquet", refused(frame["sample_id"], reasons))


def tones_of_training(fitted: Fitted) -> Tones | None:
    """Return what training images call black and white; None where none of them was deep."""
    told = fitted.told
    return Tones(told["black"], told["white"]) if "black" in told else None
