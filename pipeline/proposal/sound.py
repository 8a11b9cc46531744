"""Propose a project for recordings."""

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.proposal.answer import choose_answer
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.division import choose_division, ungrouped_warning
from pipeline.proposal.length import choose_epochs
from pipeline.proposal.settings import proposed_config
from pipeline.sources.base import SourceTable
from pipeline.sources.config import SourceConfig

MOST_RATE = 16_000
COVERED = 0.98
MOST_SECONDS = 10.0


def propose_sound(source: SourceConfig, table: SourceTable, wishes: Wishes) -> Proposal:
    """Propose a project for recordings.

    Raises:
        DataError: Nothing can be decoded, or there is one class only.
    """
    frame = table.frame
    sound = frame.filter(pl.col("defect").is_null())
    if sound.is_empty():
        raise DataError(f"none of the {frame.height} recordings can be read, such as: {frame['defect'][0]}")
    answer = choose_answer(sound["target"], wishes)
    kind, division = choose_division(sound, wishes, noun="recordings", head=answer.heads["kind"])
    rate = min(MOST_RATE, int(float(sound["rate"].median() or MOST_RATE)))  # type: ignore[arg-type]
    seconds = (sound["samples"] / sound["rate"]).quantile(COVERED) or 1.0
    longest = round(min(MOST_SECONDS, max(0.2, float(seconds))), 2)
    hop = 0.01 if longest <= 2 else 0.02
    training, epochs = choose_epochs(sound.height, "recordings", wishes)
    tree = {
        "sources": source.model_dump(mode="json"),
        "preprocessing": {
            "kind": "sound", "rate": rate, "longest_seconds": longest, "hop_seconds": hop, "split": {"kind": kind},
        },
        "heads": answer.heads,
        "extraction": {"kind": "conv1d", "features": [64, 64], "kernel": 5, "pool": 2, "epochs": 2},
        "temporal": {"kind": "lstm", "hidden": 64},
        "model": {"order": "cnn-lstm", "pooling": "mean", "dropout": 0.3},
        "training": training,
    }  # fmt: skip
    return Proposal(
        config=proposed_config(tree, wishes.settings),
        choices=(
            *answer.choices,
            Choice(
                "preprocessing.rate", str(rate), f"most recordings have {rate:,} samples per second or more"
            ),
            Choice(
                "preprocessing.longest_seconds",
                f"{longest:g}",
                f"98 of 100 recordings have up to {seconds:.2g} s",
            ),
            *division,
            epochs,
        ),
        table=table,
        warnings=(
            *answer.warnings,
            *ungrouped_warning(sound, kind, what="recordings are of one speaker or machine"),
        ),
    )
