"""How single samples are divided: what the source gives, whole groups, or equal shares of the classes."""

import polars as pl

from pipeline.proposal.choice import Choice, Wishes

LEAST_GROUPS = 3


def choose_division(
    frame: pl.DataFrame, wishes: Wishes, *, noun: str, head: str = "classify"
) -> tuple[str, list[Choice]]:
    """Return the kind of split for samples, and why.

    Args:
        frame: The rows, with ``group`` and ``split`` as the source gives them.
        wishes: What the user said.
        noun: What a sample is called, in the plural.
        head: What is asked; only classes can have equal shares.
    """
    said = wishes.said("preprocessing", "split")
    if isinstance(said, dict) and "kind" in said:
        return str(said["kind"]), [
            Choice("preprocessing.split.kind", str(said["kind"]), "as the settings say")
        ]
    given = set(frame["split"].drop_nulls().unique())
    groups = frame["group"].drop_nulls().n_unique()
    if {"train", "test"} <= given:
        kind, reason = "given", "the source marks its own train and test part"
    elif head == "classify" and groups and one_group_each(frame):
        kind, reason = "stratified", "each class comes from one group only, so no group can be kept apart"
    elif groups >= LEAST_GROUPS and groups < frame.height and not frame["group"].null_count():
        kind, reason = (
            "group",
            f"{groups:,} groups: none may be on two sides, or the score tells of people already met",
        )
    elif groups == LEAST_GROUPS - 1:
        kind, reason = "leave_one_out", "two groups: one trains and gives val, the other tests"
    else:
        shares = (
            "each part gets about the same share of every class" if head == "classify" else "drawn by chance"
        )
        kind, reason = "stratified", f"{shares}; {noun} that are alike stay together"
    return kind, [Choice("preprocessing.split.kind", kind, reason)]


def one_group_each(frame: pl.DataFrame) -> bool:
    """Return whether every class comes from a single group: a split by groups would leave training without it."""
    if frame["group"].null_count() or frame["group"].n_unique() == frame.height:
        return False
    return int(str(frame.group_by("target").agg(pl.col("group").n_unique())["group"].max())) == 1


def ungrouped_warning(frame: pl.DataFrame, kind: str, *, what: str) -> tuple[str, ...]:
    """Return what to check where nothing says which samples belong together."""
    if kind == "stratified" and one_group_each(frame):
        return (
            "each class comes from one recording or group, parts of which stand on both sides of the split: the score "
            "tells how well those are known again, not how well a new one would be; bring a second one of each class",
        )
    if kind != "stratified" or frame["group"].null_count() < frame.height:
        return ()
    return (
        f"if several {what}, say how (sources.group_pattern or --group, with preprocessing.split.kind: group): "
        f"otherwise the test score is inflated",
    )
