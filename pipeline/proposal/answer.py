"""What is asked of a sample: a class, labels, or a number, told from the cells of the target."""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.classes import class_names
from pipeline.proposal.choice import Choice, Wishes
from pipeline.sources.cells.columns import numeric_share

MOST_CLASSES = 300
FEW_NUMBERS = 20
"""More different numbers than this are a quantity, not classes."""

MOST_LABELS = 200
LABELLED = 0.02
"""From this share of cells with several labels on, labels are what is asked."""

FEW = 30
UNEVEN = 1.5


@dataclass(frozen=True)
class Answer:
    """The section ``heads`` as proposed, and why."""

    heads: dict[str, Any]
    choices: tuple[Choice, ...]
    warnings: tuple[str, ...] = field(default=())


def choose_answer(targets: pl.Series, wishes: Wishes, *, name: str | None = None) -> Answer:
    """Return what to ask, from the targets of the rows that were looked at.

    Args:
        targets: One cell per sample.
        wishes: What the user said.
        name: The user's name for the column, if it has one.

    Raises:
        DataError: There is one class only, or none.
    """
    known = targets.drop_nulls().cast(pl.String).str.strip_chars()
    kind = wishes.said("heads", "kind")
    separator = wishes.said("heads", "separator") or ","
    if kind == "multilabel" or (kind is None and _has_labels(known, separator)):
        return _labels(known, separator)
    distinct = known.n_unique()
    if kind == "regress" or (kind is None and numeric_share(known) == 1.0 and distinct > FEW_NUMBERS):
        reason = f"the target has {distinct:,} different numbers"
        return Answer(
            {"kind": "regress", **({"name": name} if name else {})},
            (Choice("heads.kind", "regress", reason),),
        )
    if kind is None and distinct > MOST_CLASSES:
        raise DataError(
            f"the target has {distinct:,} different values, such as {known[0]!r}, which are neither numbers nor few "
            f"enough to be classes; name another column with --target, or say -S heads.kind=classify"
        )
    class_names(known)
    return _classes(known)


def _has_labels(known: pl.Series, separator: str) -> bool:
    several = known.str.contains(separator, literal=True)
    if not len(known) or float(several.sum()) < LABELLED * len(known):
        return False
    single = known.filter(~several).unique()
    parts = known.filter(several).str.split(separator).explode().str.strip_chars()
    # Sentences with commas are no labels: those also stand alone, and are few.
    return parts.n_unique() <= MOST_LABELS and float(parts.is_in(single.to_list()).mean() or 0) > 0.5  # type: ignore[arg-type]


def _labels(known: pl.Series, separator: str) -> Answer:
    labels = known.str.split(separator).explode().str.strip_chars().n_unique()
    several = int(known.str.contains(separator, literal=True).sum())
    reason = f"{several:,} of {len(known):,} cells hold several of {labels} labels, with {separator!r} between them"
    return Answer(
        {"kind": "multilabel", "separator": separator, "class_weights": "none"},
        (Choice("heads.kind", "multilabel", reason),),
    )


def _classes(known: pl.Series) -> Answer:
    counts = known.value_counts().sort("count", known.name, descending=[True, False])
    most, least = int(counts["count"][0]), int(counts["count"][-1])
    weights = "balanced" if most > UNEVEN * least else "none"
    told = f"the largest class has {most:,} samples, the smallest {least:,}"
    rare = counts.filter(pl.col("count") < FEW)
    warnings = []
    if rare.height:
        names = ", ".join(str(name) for name in rare[known.name].head(4))
        more = f" and {rare.height - 4} more" if rare.height > 4 else ""
        warnings.append(
            f"{rare.height} of {counts.height} classes have fewer than {FEW} samples ({names}{more}): their scores "
            f"will be uncertain"
        )
    return Answer(
        {"kind": "classify", "class_weights": weights},
        (
            Choice("heads.kind", "classify", f"the target has {counts.height} classes"),
            Choice("heads.class_weights", weights, told),
        ),
        tuple(warnings),
    )
