"""Propose a project for images: a folder of class folders, an archive, or IDX files."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.config import Config
from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import ImagesConfig
from pipeline.preprocessing.images import decoded
from pipeline.proposal.choice import Choice, Proposal
from pipeline.sources.build import build_source
from pipeline.sources.config import DigitsConfig, FolderConfig, IdxConfig, NpzConfig

LARGEST_SIDE = 64
LOOKED_AT = 64
STEPS_WANTED = 2500
COLOURFUL = 2.0


def propose_images(source: DigitsConfig | FolderConfig | NpzConfig | IdxConfig, project: Path) -> Proposal:
    """Look at images and propose a project for them.

    Raises:
        DataError: There are no readable images, or only one class.
    """
    table = build_source(source, project).read()
    frame = table.frame
    sound = frame.filter(pl.col("defect").is_null())
    if sound.is_empty():
        raise DataError(f"none of the {frame.height} images can be decoded, such as: {frame['defect'][0]}")
    classes = sound["target"].value_counts().sort("count", descending=True)
    if classes.height < 2:
        raise DataError(
            f"all {sound.height} images belong to the class {classes['target'][0]!r}; at least two classes are needed"
        )
    choices = [*_size(sound), _colour(sound), _split(sound, classes), _weights(classes)]
    config = _config(source, {choice.setting: choice.value for choice in choices}, sound.height)
    return Proposal(config, tuple(choices), table, _warnings(source, frame, classes))


def _size(sound: pl.DataFrame) -> list[Choice]:
    sizes = sound.select(pl.col("height", "width").median())
    height, width = (float(sizes[name][0]) for name in ("height", "width"))
    same = sound.select("height", "width").n_unique() == 1
    largest = max(height, width)
    factor = min(1.0, LARGEST_SIDE / largest)
    # Even a small map must survive two or three halvings.
    fitted = [max(8, round(side * factor / 4) * 4) for side in (height, width)]
    about = f"{'every' if same else 'the median'} image has {height:.0f} x {width:.0f} pixels"
    reason = about + (f", made smaller to {LARGEST_SIDE} at most" if factor < 1 else "")
    return [
        Choice("preprocessing.height", str(fitted[0]), reason),
        Choice("preprocessing.width", str(fitted[1]), reason),
    ]


def _colour(sound: pl.DataFrame) -> Choice:
    """Choose colour only where the bands really differ: many grey images are saved with three equal bands."""
    chosen = sound.filter(pl.col("bands") == 3)
    if chosen.is_empty():
        return Choice("preprocessing.colour", "grey", "every image has one band")
    rows = chosen.gather_every(max(1, chosen.height // LOOKED_AT)).head(LOOKED_AT)
    size = ImagesConfig(height=32, width=32, colour="rgb")
    differences = [_band_difference(decoded(row, size)) for row in rows.iter_rows(named=True)]
    if float(np.median(differences)) > COLOURFUL:
        return Choice("preprocessing.colour", "rgb", "the three bands differ")
    return Choice("preprocessing.colour", "grey", "three bands, but they are (nearly) equal")


def _band_difference(pixels: Any) -> float:
    return float(np.abs(pixels.astype(np.int16) - pixels[..., :1]).mean())


def _split(sound: pl.DataFrame, classes: pl.DataFrame) -> Choice:
    given = set(sound["split"].drop_nulls().unique())
    if {"train", "test"} <= given:
        return Choice("preprocessing.split.kind", "given", "the source marks its own train and test part")
    return Choice("preprocessing.split.kind", "stratified", "each part gets the same share of every class")


def _weights(classes: pl.DataFrame) -> Choice:
    most, least = int(classes["count"][0]), int(classes["count"][-1])
    about = f"the largest class has {most:,} images, the smallest {least:,}"
    return Choice("heads.class_weights", "balanced" if most > 1.5 * least else "none", about)


def _config(
    source: DigitsConfig | FolderConfig | NpzConfig | IdxConfig, chosen: dict[str, str], images: int
) -> Config:
    height, width = int(chosen["preprocessing.height"]), int(chosen["preprocessing.width"])
    side = min(height, width)
    features = [16, 32, 64][: 3 if side >= 32 else 2]
    batch = 32 if images < 2000 else 64
    epochs = int(min(30, max(5, STEPS_WANTED * batch // images)))
    tree = {
        "sources": source.model_dump(),
        "preprocessing": {
            "kind": "images", "height": height, "width": width, "colour": chosen["preprocessing.colour"],
            "frames": "whole", "shift": 2 if side >= 24 else 0,
            "split": {"kind": chosen["preprocessing.split.kind"]},
        },
        "heads": {"kind": "classify", "class_weights": chosen["heads.class_weights"]},
        "extraction": {"kind": "conv2d", "features": features, "steps": "rows", "epochs": min(3, epochs)},
        "temporal": {"kind": "lstm", "hidden": 64},
        "model": {"order": "cnn-lstm", "pooling": "mean", "dropout": 0.2},
        "training": {"epochs": epochs, "batch_size": batch, "patience": 6},
    }  # fmt: skip
    return Config.model_validate(tree)


def _warnings(source: Any, frame: pl.DataFrame, classes: pl.DataFrame) -> tuple[str, ...]:
    warnings = []
    broken = frame.height - int(classes["count"].sum())
    if broken:
        warnings.append(f"{broken} images cannot be decoded and will be set aside")
    if isinstance(source, FolderConfig):
        warnings.append(
            "if several images show one patient, slide or scene, say how their file names tell "
            "(sources.group_pattern, with preprocessing.split.kind: group): otherwise the test score is inflated"
        )
    if int(classes["count"][-1]) < 30:
        warnings.append(
            f"class {classes['target'][-1]} has only {classes['count'][-1]} images: its scores will be uncertain"
        )
    return tuple(warnings)
