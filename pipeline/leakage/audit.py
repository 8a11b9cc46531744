"""What is the same on both sides of a split, or says what it should not know."""

from dataclasses import replace
from pathlib import Path

from pipeline.leakage.contents import contents
from pipeline.leakage.findings import Findings
from pipeline.leakage.giveaways import giveaways
from pipeline.leakage.merged import merged_classes, merged_parts
from pipeline.leakage.moments import moments
from pipeline.leakage.origins import origins
from pipeline.leakage.overlaps import overlapping_windows, shared_groups
from pipeline.leakage.parts import Head, Kind, load_parts
from pipeline.leakage.repeats import repeats
from pipeline.leakage.shares import class_shares


def audit_split(
    table: Path,
    samples: Path,
    *,
    kind: Kind,
    head: Head,
    window: int,
    horizon: int,
    similarity: float,
    static: tuple[str, ...] = (),
    blocks: bool = False,
    merged: tuple[str, ...] = (),
    into: str = "",
) -> Findings:
    """Look for what inflates a test score, in bounded memory; each check says what it did not look at.

    Args:
        table: ``table.parquet`` of validate.
        samples: ``samples.parquet`` of preprocess: the part of each sample.
        kind: What the samples are.
        head: What is asked of them.
        window: Steps of a sample.
        horizon: Steps to forecast; 0: a class or a number is asked for.
        similarity: From which likeness on samples are nearly the same.
        static: Columns with one value per sample that the network joins before the head.
        blocks: Whether test is a block of time with training around it.
        merged: Classes, or labels, that the head reads as ``into``.
        into: Their common name.

    Raises:
        DataError: There are no samples.
    """
    parts = load_parts(table, samples, kind=kind, head=head, window=window, horizon=horizon)
    parts = merged_parts(replace(parts, static=static, blocks=blocks), merged, into)
    held = contents(parts, similarity)
    return Findings(
        findings=(
            *repeats(parts, held.exact, held.near, said=held.said, coarse=held.coarse),
            *shared_groups(parts),
            *overlapping_windows(parts),
            *giveaways(parts),
            *moments(parts),
            *origins(parts),
            *class_shares(parts),
            *merged_classes(parts, merged, into),
        )
    )
