"""Propose a project for series that are each one sample: the cases of the UCR archive, recordings, patients."""

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.proposal.answer import choose_answer
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.division import choose_division
from pipeline.proposal.length import choose_epochs
from pipeline.proposal.settings import proposed_config
from pipeline.sources.base import SourceTable
from pipeline.sources.config import SourceConfig

KERNELS = ((24, 3), (64, 5))
"""Below so many steps, filters of that width."""


def are_cases(table: SourceTable) -> bool:
    """Return whether each group is one sample: many groups, each with one target throughout."""
    frame = table.frame
    if "target" not in frame.columns or frame["group"].null_count():
        return False
    cases = frame.group_by("group").agg(pl.col("target").n_unique())
    return cases.height >= 10 and bool((cases["target"] == 1).all())


def propose_cases(source: SourceConfig, table: SourceTable, wishes: Wishes) -> Proposal:
    """Propose a project for whole series.

    Raises:
        DataError: A case has no class, or all have one.
    """
    frame = table.frame
    cases = frame.group_by("group", maintain_order=True).agg(
        pl.col("target", "split").first(), steps=pl.len(), sample_id=pl.col("sample_id").first()
    )
    if cases.height < 10:
        raise DataError(
            f"{cases.height} series are too few to learn from as whole samples; use windows of them"
        )
    answer = choose_answer(cases["target"], wishes, name=getattr(source, "target", None))
    kind, division = choose_division(cases.with_columns(group=pl.lit(None, pl.String)), wishes, noun="series")
    lengths = cases["steps"].to_list()
    shortest, longest = min(lengths), max(lengths)
    holes = sum(frame[name].null_count() for name in table.channels)
    kernel = next((width for below, width in KERNELS if longest < below), 7)
    pool = 2 if shortest >= 24 else 1
    training, epochs = choose_epochs(cases.height, "series", wishes)
    tree = {
        "sources": source.model_dump(mode="json"),
        "preprocessing": {
            "kind": "whole", "longest": max(longest, 1), "missing": "mask" if holes else "refuse",
            "split": {"kind": kind},
        },
        "heads": answer.heads,
        "extraction": {"kind": "conv1d", "features": [64, 64], "kernel": kernel, "pool": pool, "epochs": 3},
        "temporal": {"kind": "lstm", "hidden": 64},
        "model": {"order": "cnn-lstm", "pooling": "mean", "dropout": 0.3},
        "training": training,
    }  # fmt: skip
    length = f"{shortest:,} to {longest:,}" if shortest < longest else f"{longest:,}"
    whole = Choice(
        "preprocessing.kind", "whole", f"{cases.height:,} series of {length} steps, each with one target"
    )
    return Proposal(
        config=proposed_config(tree, wishes.settings),
        choices=(whole, *answer.choices, *division, epochs),
        table=table,
        warnings=answer.warnings,
    )
