"""Propose a project for texts."""

import polars as pl

from pipeline.proposal.answer import choose_answer
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.division import choose_division, ungrouped_warning
from pipeline.proposal.length import choose_epochs
from pipeline.proposal.settings import proposed_config
from pipeline.sources.base import SourceTable
from pipeline.sources.config import SourceConfig

LONGEST = 256
COVERED = 0.95

VECTORS = Choice(
    "preprocessing.vectors", "corpus", "words start from what stands beside them in the training texts"
)


def propose_texts(source: SourceConfig, table: SourceTable, wishes: Wishes) -> Proposal:
    """Propose a project for a table with a text per row.

    Raises:
        DataError: There is one class only.
    """
    frame = table.frame
    answer = choose_answer(frame["target"], wishes, name=getattr(source, "target", None))
    longest, length = _length(frame["text"])
    kind, division = choose_division(frame, wishes, noun="texts", head=answer.heads["kind"])
    training, epochs = choose_epochs(frame.height, "texts", wishes)
    tree = {
        "sources": source.model_dump(mode="json"),
        "preprocessing": {"kind": "text", "longest": longest, "vectors": "corpus", "split": {"kind": kind}},
        "heads": answer.heads,
        "extraction": {"kind": "conv1d", "features": [64], "kernel": 3, "pool": 2, "dropout": 0.2, "epochs": 2},
        "temporal": {"kind": "lstm", "hidden": 64},
        "model": {"order": "cnn-lstm", "pooling": "max", "dropout": 0.4},
        "training": training,
    }  # fmt: skip
    column = getattr(source, "text", None)
    read = (
        [Choice("sources.text", column, "the column with the longest texts; other columns are not read")]
        if column
        else []
    )
    return Proposal(
        config=proposed_config(tree, wishes.settings),
        choices=(*read, *answer.choices, length, VECTORS, *division, epochs),
        table=table,
        warnings=(
            *answer.warnings,
            *ungrouped_warning(frame, kind, what="texts are by one author or about one thing"),
        ),
    )


def _length(texts: pl.Series) -> tuple[int, Choice]:
    words = texts.drop_nulls().str.split(" ").list.len()
    usual = float(words.quantile(COVERED) or 1)
    longest = min(LONGEST, max(8, 8 * round(usual * 1.25 / 8 + 0.5)))
    reason = f"95 of 100 texts have up to {usual:.0f} words" + (
        ", longer ones are cut off" if longest == LONGEST else ""
    )
    return longest, Choice("preprocessing.longest", str(longest), reason)
