"""Rows that an exported bundle is checked with: those of the test split if they are there, as a user has them."""

import io
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from PIL import Image

from pipeline.export.reading import Reading, reading_of
from pipeline.foundation.errors import DataError
from pipeline.foundation.folder import MANIFEST
from pipeline.foundation.table import TableWriter
from pipeline.preprocessing.config import ClipsConfig, ImagesConfig, SoundConfig, WholeConfig, WindowsConfig
from pipeline.preprocessing.media.images import raw_pixels
from pipeline.quality.parquet import read_footer
from pipeline.sources.config import JoinedConfig
from pipeline.sources.new_rows import Trained
from pipeline.stages.bundle import PREDICTIONS, Bundle
from pipeline.stages.new_table import REASONS, NewTable, conformed, read_new_table
from pipeline.stages.unread import Unread

SAMPLES = 300
GROUPS = 20
CLIPS = 60
LONGER = 200
"""Rows of each series beyond one window, so that so many windows are compared."""


@dataclass(frozen=True)
class CheckRows:
    """Some rows."""

    table: NewTable
    told: str
    """Where they are from."""


def rows_to_check(bundle: Bundle, project: Path, scratch: Path) -> CheckRows:
    """Return rows of the test split, or else of the data of the project, or else of the source of the model.

    Args:
        bundle: The model.
        project: Whose data are looked at.
        scratch: An empty folder.

    Raises:
        DataError: There are none.
    """
    passed = project / "data" / "validate"
    if (passed / MANIFEST).is_file() and _same_columns(passed / "table.parquet", bundle):
        own = bundle.folder / "validate" / MANIFEST
        same = own.is_file() and (passed / MANIFEST).read_bytes() == own.read_bytes()
        ids = _test_ids(bundle) if same else None
        told = "of the test split" if ids is not None else "of the project's data"
        table = passed / "table.parquet"
    else:
        path = _source_path(bundle)
        if path is None:
            raise DataError(
                f"{project} holds no data to check the exported model with, and its source names no file; call it in "
                f"the project that the model was made in"
            )
        (scratch / "read").mkdir()
        table = read_new_table(path, bundle, scratch / "read", project=project).path
        ids, told = None, f"of {Path(path).name}"
    return CheckRows(_chosen(table, bundle, ids, scratch / "rows.parquet"), told)


def write_raw(table: Path, bundle: Bundle, scratch: Path) -> Path:
    """Write rows as a user has them: JSON Lines with the names of the source, or a folder of files."""
    rows = pl.read_parquet(table)
    match bundle.config.preprocessing:
        case ImagesConfig():
            return _images(rows, scratch / "images")
        case ClipsConfig():
            return _clips(rows, scratch / "clips")
        case SoundConfig():
            return _recordings(rows, scratch / "recordings")
    names = _names(reading_of(bundle.config.sources))
    kept = [*bundle.ingested["channels"], *bundle.ingested["categories"], *names]
    frame = rows.select(name for name in dict.fromkeys(kept) if name in rows.columns).rename(
        names, strict=False
    )
    times = [name for name, kind in frame.schema.items() if kind.is_temporal()]
    frame = frame.with_columns(pl.col(times).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f"))
    path = scratch / "rows.jsonl"
    frame.write_ndjson(path)
    return path


def _names(reading: Reading) -> dict[str, str]:
    """Return what the columns of every table are called in the user's."""
    named = {"group": reading.group, "time": reading.time, "text": reading.text}
    return {own: name for own, name in named.items() if name is not None}


def _source_path(bundle: Bundle) -> str | None:
    """Return where the model was trained from; None: its source makes its rows, or brings them."""
    config = bundle.config.sources
    path: str | None = getattr(config.first if isinstance(config, JoinedConfig) else config, "path", None)
    return path


def _same_columns(table: Path, bundle: Bundle) -> bool:
    wanted = {*bundle.ingested["channels"], *bundle.ingested["categories"]}
    wanted |= {"images": {"image"}, "clips": {"image", "clip"}, "sound": {"sound"}, "text": {"text"}}.get(
        bundle.ingested["kind"], set()
    )
    return table.is_file() and wanted <= set(read_footer(table).types)


def _test_ids(bundle: Bundle) -> pl.Series | None:
    path = bundle.folder / PREDICTIONS
    return pl.read_parquet(path, columns=["sample_id"])["sample_id"].unique() if path.is_file() else None


def _chosen(table: Path, bundle: Bundle, ids: pl.Series | None, path: Path) -> NewTable:
    """Write some of the rows, numbered anew; what they say of target and split is left out."""
    trained = Trained(tuple(bundle.ingested["channels"]), tuple(bundle.ingested["categories"]))
    keep = _kept(pl.scan_parquet(table), bundle, ids)
    rows = pl.scan_parquet(table).filter(keep).collect()
    timed = bool(rows["time"].is_not_null().any())
    frame = conformed(rows.drop("sample_id"), trained).with_row_index("sample_id")
    frame = frame.with_columns(pl.col("sample_id").cast(pl.Int64), pl.lit(None, pl.String).alias("target"))
    with TableWriter(path) as writer:
        writer.add(frame)
    if not frame.height:
        raise DataError(f"{table} holds no row to check the exported model with")
    return NewTable(path, frame.height, timed, Unread(path.with_name("none")), pl.DataFrame(schema=REASONS))


def _kept(rows: pl.LazyFrame, bundle: Bundle, ids: pl.Series | None) -> pl.Expr:
    """Return which rows are used: some samples; or some whole groups; or the last stretch of some series."""
    asked = pl.lit(True) if ids is None else pl.col("sample_id").is_in(ids.implode())
    config = bundle.config.preprocessing
    if isinstance(config, ClipsConfig):
        clip = pl.struct("group", "clip")
        chosen = (
            rows.filter(asked).select(clip.alias("clip").unique(maintain_order=True).head(CLIPS)).collect()
        )
        return clip.is_in(chosen["clip"].implode())
    if not isinstance(config, WholeConfig | WindowsConfig):
        first = rows.filter(asked).select("sample_id").head(SAMPLES).collect()["sample_id"]
        return pl.col("sample_id").is_in(first.implode())
    most = SAMPLES if isinstance(config, WholeConfig) else GROUPS
    groups = (
        rows.filter(asked).select(pl.col("group").unique(maintain_order=True).head(most)).collect()["group"]
    )
    mine = pl.col("group").is_in(groups.implode(), nulls_equal=True)
    if isinstance(config, WholeConfig):
        return mine
    ends = rows.filter(mine).group_by("group").agg(last=pl.col("sample_id").max()).collect()["last"]
    stretches = [pl.col("sample_id").is_between(end - config.window - LONGER, end) for end in ends]
    return mine & pl.any_horizontal(stretches)


def _images(rows: pl.DataFrame, folder: Path) -> Path:
    """Write each image as a file, as it came; pixels without a format as PNG, which loses nothing."""
    folder.mkdir()
    for row in rows.iter_rows(named=True):
        (folder / f"{row['sample_id']:06d}").write_bytes(_file(row))
    return folder


def _clips(rows: pl.DataFrame, folder: Path) -> Path:
    """Write the frames of each clip into a folder of its own, which is called after its first frame."""
    clips = rows.with_columns(number=pl.struct("group", "clip").rle_id())
    for frames in clips.partition_by("number", maintain_order=True):
        place = folder / f"{frames['sample_id'][0]:06d}"
        place.mkdir(parents=True)
        for row in frames.iter_rows(named=True):
            (place / f"{row['sample_id']:06d}").write_bytes(_file(row))
    return folder


def _recordings(rows: pl.DataFrame, folder: Path) -> Path:
    """Write each recording as WAV with the samples that ingest kept."""
    folder.mkdir()
    for number, rate, sound in rows.select("sample_id", "rate", "sound").iter_rows():
        with wave.open(str(folder / f"{number:06d}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate or 1)
            file.writeframes(sound or b"")
    return folder


def _file(row: Mapping[str, Any]) -> bytes:
    if row["image"] is None or row["encoding"] != "raw":
        return bytes(row["image"] or b"")
    pixels, written = raw_pixels(row), io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(written, "PNG")
    return written.getvalue()
