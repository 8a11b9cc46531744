"""From clean recordings to a stream of log-mel frames."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.arrays import HEADER, ArrayWriter, read_array
from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config_media import SoundConfig
from pipeline.preprocessing.media.spectrum import Spectrogram, log_mels
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.outlet import Outlet, Prepared
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.sample_rows import SampleRows, batches, divided, looks_for_twins, read_keys
from pipeline.preprocessing.scale import RunningMoments, Scaler
from pipeline.preprocessing.static import read_static

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

AT_ONCE = 16
"""Recordings read together: a minute at 48,000 Hz has 6 MB."""

OUTLINE = 32
"""Steps of the outline by which near-duplicates are found."""


def prepare_sound(table: Path, config: SoundConfig, question: Question, out: Path, *, seed: int) -> Prepared:
    """Turn recordings into log-mel frames, divide them, scale each band by training recordings, and index them.

    Args:
        table: Rows as validate let them pass.
        config: Rate, bands, frames, split.
        question: What the head asks.
        out: Folder for the files.
        seed: Decides where chance does.

    Raises:
        ConfigError: A head that does not fit.
        DataError: A recording cannot be read, or the split or the targets ask for what the data do not have.
    """
    keys = read_keys(table)
    with TemporaryDirectory(dir=out) as scratch, Outlet(out, np.float32, (config.mels,)) as outlet:
        raw, outlines = Path(scratch) / "raw.npy", Path(scratch) / "outlines.npy"
        lengths, notes = _transform(table, config, raw, outlines if looks_for_twins(config.split) else None)
        rows = divided(keys, config.split, question, seed=seed, twins=lambda: _twins(outlines, config))
        rows = rows.with_static(read_static(table, config, keys["sample_id"], train=rows.train))
        scaler = _fitted(raw, rows, lengths, config)
        for frames, mask in _recordings(raw, lengths, rows.used, config.mels):
            outlet.add_rows(scaler.apply(frames[mask].astype(np.float64)))
        used = np.where(rows.used, lengths, 0)
        ragged = len(np.unique(lengths[rows.used])) > 1
        rows.send(outlet, np.cumsum(used) - used, lengths if ragged else None)
        meta = StreamMeta(
            kind="sound",
            window=int(used.max()),
            ragged=ragged,
            frame=(config.mels,),
            channels=tuple(f"mel {band + 1}" for band in range(config.mels)),
            offset=tuple(scaler.offset.tolist()),
            scale=tuple(scaler.scale.tolist()),
            **rows.meta(),
        )
        prepared = Prepared(meta, (*rows.answers.notes, *notes), rows.split)
        outlet.close(prepared)
    return prepared


def _transform(
    table: Path, config: SoundConfig, raw: Path, outlines: Path | None
) -> tuple[Ints, tuple[str, ...]]:
    """Write the unscaled frames of all recordings, and their outlines; return the frames of each, and notes."""
    measures = Spectrogram.of(config)
    lengths: list[int] = []
    slower: Counter[int] = Counter()
    with (
        ArrayWriter(raw, np.float32, (config.mels,)) as frames,
        ArrayWriter(outlines or raw.with_name("none.npy"), np.float32, (OUTLINE, config.mels)) as outline,
    ):
        for part in batches(table, ["origin", "rate", "sound", "defect"], AT_ONCE):
            for origin, rate, sound, defect in part.iter_rows():
                found = log_mels(_samples(origin, rate, sound, defect=defect), rate, config, measures)
                frames.append(found)
                lengths.append(len(found))
                slower[rate] += rate < config.rate
                if outlines is not None:
                    outline.append(outlined(found)[None])
    return np.array(lengths, np.int64), _slow_notes(slower, config)


def _samples(origin: str, rate: int | None, sound: bytes | None, *, defect: str | None) -> NDArray[np.int16]:
    try:
        return samples_of(rate, sound, defect=defect)
    except ValueError as error:
        raise DataError(
            f"the recording {origin} {error}; let validate set it aside with a rule about defect in the quality suite"
        ) from None


def samples_of(rate: int | None, sound: bytes | None, *, defect: str | None) -> NDArray[np.int16]:
    """Return the samples of a recording as ingest wrote them.

    Raises:
        ValueError: There are none; it says why.
    """
    if sound is None or not rate or len(sound) % 2:
        raise ValueError(defect or "has no samples")
    return np.frombuffer(sound, "<i2")


def _slow_notes(slower: Counter[int], config: SoundConfig) -> tuple[str, ...]:
    count = sum(slower.values())
    if not count:
        return ()
    greatest = max(rate for rate, times in slower.items() if times)
    return (
        f"{count:,} recordings have fewer samples per second than preprocessing.rate={config.rate:,} (up to "
        f"{greatest:,}), so their upper bands hold nothing; set it to {greatest} if all are so",
    )


def outlined(frames: Floats) -> Floats:
    """Return a recording's frames averaged to ``OUTLINE`` steps, shape ``(step, mel)``; short ones repeat frames."""
    places = np.arange(OUTLINE + 1) * len(frames) / OUTLINE
    begins = np.floor(places[:-1]).astype(np.int64)
    ends = np.maximum(np.floor(places[1:]).astype(np.int64), begins + 1)
    sums = np.vstack([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0, dtype=np.float64)])
    return ((sums[ends] - sums[begins]) / (ends - begins)[:, None]).astype(np.float32)


def _twins(outlines: Path, config: SoundConfig) -> Ints:
    from pipeline.leakage.twins import series_twins

    rows: Floats = read_array(outlines, mapped=True)
    return series_twins(rows, config.split.similarity)


def _fitted(raw: Path, rows: SampleRows, lengths: Ints, config: SoundConfig) -> Scaler:
    moments = RunningMoments(config.mels)
    for frames, mask in _recordings(raw, lengths, rows.train, config.mels):
        moments.add(frames[mask].astype(np.float64))
    moments.end()
    return moments.scaler(config.scale)


def _recordings(
    raw: Path, lengths: Ints, chosen: NDArray[np.bool_], width: int
) -> Iterator[tuple[Floats, NDArray[np.bool_]]]:
    """Yield frames of some recordings one after the other, and which of them belong to chosen ones."""
    with raw.open("rb") as file:
        file.seek(HEADER)
        for first in range(0, len(lengths), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            count = int(lengths[some].sum())
            frames = np.fromfile(file, np.float32, count * width).reshape(count, width)
            yield frames, np.repeat(chosen[some], lengths[some])
