"""New recordings."""

from pathlib import Path

import numpy as np
import polars as pl

from pipeline.preprocessing.config import SoundConfig
from pipeline.preprocessing.media.sound import AT_ONCE, samples_of
from pipeline.preprocessing.media.spectrum import Spectrogram, log_mels
from pipeline.preprocessing.outlet import Outlet, Samples
from pipeline.preprocessing.sample_rows import batches
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.preprocessing.unseen.taken import Taken, chosen, fit_for, mask_of, refused, take_samples


def take_sound(table: Path, config: SoundConfig, fitted: Fitted, out: Path) -> Taken:
    """Turn recordings into log-mel frames, scaled as training says; one that cannot be read has a reason."""
    frame = pl.read_parquet(table, columns=["sample_id", "group", "time", *fitted.static_names])
    measures, scaler = Spectrogram.of(config), fitted.scaler
    lengths: list[int] = []
    reasons: list[str | None] = []
    with Outlet(out, np.float32, (config.mels,)) as outlet:
        for part in batches(table, ["rate", "sound", "defect"], AT_ONCE):
            for rate, sound, defect in part.iter_rows():
                try:
                    found = log_mels(samples_of(rate, sound, defect=defect), rate, config, measures)
                    why = fit_for(np.array([len(found)]), fitted, "frame")[0]
                except ValueError as error:
                    why = str(error)
                reasons.append(why)
                if why is None:
                    outlet.add_rows(scaler.apply(found.astype(np.float64)))
                    lengths.append(len(found))
        good, sizes = mask_of(reasons), np.array(lengths, np.int64)
        samples = Samples(
            np.cumsum(sizes) - sizes,
            frame.filter(pl.Series(good)),
            sizes if fitted.meta.ragged else None,
            static=chosen(fitted.encode_static(frame), good),
        )
        reader = take_samples(outlet, fitted, samples)
    return Taken(reader, out / "samples.parquet", refused(frame["sample_id"], reasons))
