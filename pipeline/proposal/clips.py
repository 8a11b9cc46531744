"""Propose a project for clips: image sequences, films, volumes."""

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.proposal.answer import choose_answer
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.division import choose_division, ungrouped_warning
from pipeline.proposal.images import choose_colour, choose_size
from pipeline.proposal.length import choose_epochs
from pipeline.proposal.settings import proposed_config
from pipeline.sources.base import SourceTable
from pipeline.sources.config import SourceConfig

MOST_FRAMES = 16


def propose_clips(source: SourceConfig, table: SourceTable, wishes: Wishes) -> Proposal:
    """Propose a project for clips.

    Raises:
        DataError: Nothing can be decoded, or there is one class only.
    """
    frame = table.frame
    sound = frame.filter(pl.col("defect").is_null())
    if sound.is_empty():
        raise DataError(f"none of the {frame.height} frames can be decoded, such as: {frame['defect'][0]}")
    clips = sound.group_by("clip", maintain_order=True).agg(
        pl.col("group", "target", "split").first(), frames=pl.len()
    )
    answer = choose_answer(clips["target"], wishes, name=getattr(source, "label_target", None))
    kind, division = choose_division(clips, wishes, noun="clips", head=answer.heads["kind"])
    usual = int(float(clips["frames"].median() or 1))  # type: ignore[arg-type]
    frames = max(1, min(MOST_FRAMES, usual))
    size = choose_size(sound, most=32)
    colour = choose_colour(sound)
    training, epochs = choose_epochs(clips.height, "clips", wishes)
    tree = {
        "sources": source.model_dump(mode="json"),
        "preprocessing": {
            "kind": "clips", "frames": frames, "height": int(size[0].value), "width": int(size[1].value),
            "colour": colour.value, "split": {"kind": kind},
        },
        "heads": answer.heads,
        "extraction": {"kind": "conv2d", "features": [16, 32], "steps": "frames", "epochs": 2},
        "temporal": {"kind": "lstm", "hidden": 64},
        "model": {"order": "cnn-lstm", "pooling": "mean", "dropout": 0.2},
        "training": training,
    }  # fmt: skip
    counts = clips["frames"].to_list()
    spread = f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else f"{usual}"
    taken = Choice("preprocessing.frames", str(frames), f"{clips.height:,} clips of {spread} frames")
    return Proposal(
        config=proposed_config(tree, wishes.settings),
        choices=(*answer.choices, taken, *size, colour, *division, epochs),
        table=table,
        warnings=(*answer.warnings, *ungrouped_warning(clips, kind, what="clips show one person or scene")),
    )
