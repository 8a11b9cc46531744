"""Propose a project for images: a folder of class folders, an archive, or IDX files."""

from typing import Any

import numpy as np
import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import ImagesConfig
from pipeline.preprocessing.media.images import decoded
from pipeline.proposal.answer import Answer, choose_answer
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.division import choose_division, ungrouped_warning
from pipeline.proposal.settings import proposed_config
from pipeline.sources.base import SourceTable
from pipeline.sources.config import SourceConfig

LARGEST_SIDE = 64
LOOKED_AT = 64
STEPS_WANTED = 2500
COLOURFUL = 2.0


def propose_images(source: SourceConfig, table: SourceTable, wishes: Wishes) -> Proposal:
    """Propose a project for images.

    Raises:
        DataError: There are no readable images, or only one class.
    """
    frame = table.frame
    sound = frame.filter(pl.col("defect").is_null())
    if sound.is_empty():
        raise DataError(f"none of the {frame.height} images can be decoded, such as: {frame['defect'][0]}")
    if sound["target"].drop_nulls().n_unique() < 2:
        raise DataError(
            f"all {sound.height} images belong to the class {sound['target'][0]!r}; at least two classes are "
            f"needed (if a table tells them, name it: -S sources.labels=FILE)"
        )
    answer = choose_answer(sound["target"], wishes, name=getattr(source, "label_target", None))
    size, colour = choose_size(sound, most=LARGEST_SIDE), choose_colour(sound)
    kind, division = choose_division(sound, wishes, noun="images", head=answer.heads["kind"])
    tree = _tree(source, size, colour, kind=kind, answer=answer, images=sound.height)
    broken = frame.height - sound.height
    return Proposal(
        config=proposed_config(tree, wishes.settings),
        choices=(*size, colour, *division, *answer.choices),
        table=table,
        warnings=(
            *([f"{broken} images cannot be decoded and will be set aside"] if broken else []),
            *(
                ungrouped_warning(sound, kind, what="images show one patient, slide or scene")
                if source.kind == "folder"
                else ()
            ),
            *answer.warnings,
        ),
    )


def choose_size(sound: pl.DataFrame, *, most: int) -> list[Choice]:
    """Return height and width for images, with a longer side of ``most`` pixels at most."""
    sizes = sound.select(pl.col("height", "width").median())
    height, width = (float(sizes[name][0]) for name in ("height", "width"))
    same = sound.select("height", "width").n_unique() == 1
    largest = max(height, width)
    factor = min(1.0, most / largest)
    # Even a small map must survive two or three halvings.
    fitted = [max(8, round(side * factor / 4) * 4) for side in (height, width)]
    about = f"{'every' if same else 'the median'} image has {height:.0f} x {width:.0f} pixels"
    reason = about + (f", made smaller to {most} at most" if factor < 1 else "")
    return [
        Choice("preprocessing.height", str(fitted[0]), reason),
        Choice("preprocessing.width", str(fitted[1]), reason),
    ]


def choose_colour(sound: pl.DataFrame) -> Choice:
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


def _tree(
    source: SourceConfig, size: list[Choice], colour: Choice, *, kind: str, answer: Answer, images: int
) -> dict[str, Any]:
    height, width = int(size[0].value), int(size[1].value)
    side = min(height, width)
    features = [16, 32, 64][: 3 if side >= 32 else 2]
    batch = 32 if images < 2000 else 64
    epochs = int(min(30, max(5, STEPS_WANTED * batch // images)))
    return {
        "sources": source.model_dump(mode="json"),
        "preprocessing": {
            "kind": "images", "height": height, "width": width, "colour": colour.value,
            "frames": "whole", "shift": 2 if side >= 24 else 0, "split": {"kind": kind},
        },
        "heads": answer.heads,
        "extraction": {"kind": "conv2d", "features": features, "steps": "rows", "epochs": min(3, epochs)},
        "temporal": {"kind": "lstm", "hidden": 64},
        "model": {"order": "cnn-lstm", "pooling": "mean", "dropout": 0.2},
        "training": {"epochs": epochs, "batch_size": batch, "patience": 6},
    }  # fmt: skip
