"""From clean images to a stream of steps."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import ImagesConfig
from pipeline.preprocessing.images import as_steps, decode_all
from pipeline.preprocessing.meta import SPLITS, StreamMeta
from pipeline.preprocessing.prepared import Prepared, class_indices, class_names, require_known_classes
from pipeline.preprocessing.scale import Scaler, fit_pixel_scaler
from pipeline.preprocessing.split import (
    TRAIN,
    UNUSED,
    Codes,
    require_every_part,
    split_by_group,
    split_given,
    split_stratified,
)

BANDS = {"grey": ("grey",), "rgb": ("red", "green", "blue")}


def prepare_images(frame: pl.DataFrame, config: ImagesConfig, *, seed: int, threads: int) -> Prepared:
    """Decode, split and index images; pixels stay 8-bit and are scaled when a batch is gathered.

    Raises:
        DataError: There is only one class, or a part of the split is empty.
    """
    classes = class_names(frame["target"])
    indices = class_indices(frame["target"], classes)
    codes = _codes(frame, indices, config, seed)
    require_every_part(codes, "images")
    require_known_classes(indices[codes == TRAIN], indices[codes != TRAIN], classes)
    bands = 1 if config.colour == "grey" else 3
    pixels = np.empty((frame.height, config.height, config.width, bands), np.uint8)
    columns = ["image", "encoding", "height", "width", "bands"]
    decode_all(frame.select(columns).iter_rows(named=True), pixels, config, threads)
    scaler = fit_pixel_scaler(pixels[codes == TRAIN], config.scale)
    stream, steps = as_steps(pixels, config)
    members = {name: np.flatnonzero(codes == code).astype(np.int64) for code, name in enumerate(SPLITS)}
    ids = frame["sample_id"].to_numpy()
    targets = {name: indices[rows] for name, rows in members.items()}
    return Prepared(
        stream=np.ascontiguousarray(stream),
        starts={name: rows * steps for name, rows in members.items()},
        ids={name: ids[rows] for name, rows in members.items()},
        targets=targets,
        samples=_samples(frame, codes),
        meta=StreamMeta(
            kind="images",
            head="classify",
            window=steps,
            frame=stream.shape[1:],
            channels=BANDS[config.colour],
            classes=classes,
            **_scale(scaler, stream.shape[1]),
            shift=config.shift,
            counts={name: len(rows) for name, rows in members.items()},
            class_counts=tuple(np.bincount(targets["train"], minlength=len(classes)).tolist()),
        ),
    )


def _codes(frame: pl.DataFrame, classes: NDArray[np.int64], config: ImagesConfig, seed: int) -> Codes:
    match config.split.kind:
        case "group":
            if frame["group"].null_count():
                missing = frame.filter(pl.col("group").is_null())["origin"][0]
                raise DataError(f"sources.group_pattern finds no group in {missing}; correct the pattern")
            groups = frame["group"].rank("dense").cast(pl.Int64).to_numpy() - 1
            return split_by_group(groups, config.split, seed)
        case "given":
            return split_given(frame["split"].to_list(), classes, config.split, seed)
        case _:
            return split_stratified(classes, config.split, seed)


def _scale(scaler: Scaler, entries: int) -> dict[str, tuple[float, ...]]:
    """Return offset and scale per entry of a step's first axis: per band, or per pixel of a row."""
    repeat = entries // len(scaler.offset)
    return {
        "offset": tuple(np.repeat(scaler.offset, repeat).tolist()),
        "scale": tuple(np.repeat(scaler.scale, repeat).tolist()),
    }


def _samples(frame: pl.DataFrame, codes: Codes) -> pl.DataFrame:
    names = pl.Series("split", [*SPLITS, None])[np.where(codes == UNUSED, len(SPLITS), codes).tolist()]
    return frame.select("sample_id", "group", "time", names).filter(pl.col("split").is_not_null())
