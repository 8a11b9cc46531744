"""From the frames of clips (image sequences, films, volumes) to a stream of pictures."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.foundation.arrays import read_array
from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config_media import ClipsConfig
from pipeline.preprocessing.media.decoding import Wish, small_size, write_pictures, write_toned
from pipeline.preprocessing.media.images import BANDS, Ints
from pipeline.preprocessing.media.pixel_scale import fit_pixels, per_entry
from pipeline.preprocessing.media.volumes import Cut, cut, stack
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.outlet import Outlet, Prepared
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.sample_rows import KEYS, divided, looks_for_twins
from pipeline.preprocessing.static import read_static


def prepare_clips(
    table: Path, config: ClipsConfig, question: Question, out: Path, *, seed: int, threads: int
) -> Prepared:
    """Take frames evenly from each clip, decode them once, divide whole clips and index them.

    Args:
        table: Rows (frames) as validate let them pass; the frames of a clip stand together.
        config: Frames of a clip, size, colour, split.
        question: What the head asks of a clip.
        out: Folder for the files.
        seed: Decides where chance does.
        threads: Images decoded at once.

    Raises:
        ConfigError: A head that does not fit.
        DataError: A clip has two targets, a frame cannot be decoded, or the split or the targets ask for what the
            data do not have.
    """
    frames = frames_of(table)
    keys, sizes = clips_of(frames)
    taken = cut(frames, sizes, config)
    bands = len(BANDS[config.colour])
    small = small_size(table) if looks_for_twins(config.split) else None
    with (
        TemporaryDirectory(dir=out) as scratch,
        Outlet(out, np.uint8, (bands, config.height, config.width)) as outlet,
    ):
        copies = Path(scratch) / "small.npy"
        wish = Wish(config, small)
        ranges = write_pictures(table, wish, outlet, chosen=taken.chosen, copies=copies, threads=threads)
        twins = _Twins(copies, taken.images, config.split.similarity)
        rows = divided(keys, config.split, question, seed=seed, twins=twins.find)
        rows = rows.with_static(read_static(table, config, keys["sample_id"], train=rows.train))
        toned = write_toned(
            table,
            config,
            out,
            outlet,
            ranges=ranges,
            train=np.repeat(rows.train, taken.images),
            chosen=taken.chosen,
            threads=threads,
        )
        outlet.stream.close()
        frame = outlet.stream.frame if taken.slices is None else stack(out / "stream.npy", taken.slices)
        lengths = taken.lengths
        scaler = fit_pixels(
            out / "stream.npy", frame, config.scale, lengths=lengths, train=rows.train, bands=bands
        )
        ragged = bool((lengths != lengths[0]).any())
        rows.send(outlet, np.cumsum(lengths) - lengths, lengths if ragged else None)
        meta = StreamMeta(
            kind="clips",
            window=int(lengths.max()),
            ragged=ragged,
            frame=frame,
            channels=BANDS[config.colour],
            **per_entry(scaler, bands),
            flip=config.flip,
            **rows.meta(),
        )
        notes = (*rows.answers.notes, *_notes(taken, sizes, config), *toned)
        prepared = Prepared(meta, notes, rows.split)
        outlet.close(prepared)
    return prepared


def _notes(taken: Cut, sizes: Ints, config: ClipsConfig) -> Iterator[str]:
    """Yield what a person should know about short clips."""
    short = int((taken.lengths < config.frames).sum())
    if taken.slices is None:
        if short:
            yield f"{short:,} clips have fewer than {config.frames} frames and keep all they have"
    elif config.volumes == "files":
        fewer = int((taken.lengths < taken.lengths.max()).sum())
        if fewer:
            yield f"{fewer:,} clips have fewer files than the {taken.lengths.max()} of others; their steps are fewer"
    else:
        thin = int((sizes < config.depth).sum())
        if short:
            yield f"{short:,} clips have too few frames for {config.frames} volumes and give what they have"
        if thin:
            yield f"{thin:,} clips have fewer than {config.depth} frames; some stand twice in their only volume"


class _Twins:
    """Near-duplicates among clips, by the frame in the middle of each."""

    def __init__(self, copies: Path, lengths: Ints, similarity: float) -> None:
        self.copies = copies
        self.middles = np.cumsum(lengths) - lengths + lengths // 2
        self.similarity = similarity

    def find(self) -> Ints:
        from pipeline.leakage.twins import image_twins

        small: NDArray[np.uint8] = read_array(self.copies, mapped=True)
        return image_twins(small[self.middles], self.similarity)


def frames_of(table: Path) -> pl.DataFrame:
    """Return what identifies each frame, and the number of its clip."""
    names = pq.read_schema(table).names
    if "clip" not in names:
        raise DataError("the table holds no clips; use a source of clips, or preprocessing.kind=images")
    if "target" not in names:
        raise DataError("the clips have no target; name it with sources.target_pattern or sources.labels")
    frames = pl.read_parquet(table, columns=[*KEYS, "clip"]).with_columns(pl.col("target").cast(pl.String))
    if frames.is_empty():
        raise DataError(
            "there is not one frame; look into data/validate/quarantine.parquet for what was set aside"
        )
    return frames.with_columns(number=pl.struct("group", "clip").rle_id())


def clips_of(frames: pl.DataFrame) -> tuple[pl.DataFrame, Ints]:
    """Return the first frame's keys of each clip, and how many frames each has.

    Raises:
        DataError: The frames of a clip do not agree about its target or split.
    """
    for name in ("target", "split"):
        answers = frames.group_by("number", maintain_order=True).agg(
            pl.col("clip").first(), pl.col(name).unique(maintain_order=True)
        )
        torn = answers.filter(pl.col(name).list.len() > 1)
        if not torn.is_empty():
            said = ", ".join(str(value) for value in torn[name][0].to_list()[:3])
            raise DataError(
                f"the frames of the clip {torn['clip'][0]} have different entries in {name} ({said}); a clip is one "
                f"sample: correct sources.clip_pattern or sources.target_pattern"
            )
    clips = frames.group_by("number", maintain_order=True).agg(
        *(pl.col(name).first() for name in KEYS), pl.len().cast(pl.Int64).alias("frames")
    )
    return clips.select(KEYS), clips["frames"].to_numpy()
