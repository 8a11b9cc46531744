"""Classes that are read as one, because training has too few samples of them."""

from dataclasses import replace

import polars as pl

from pipeline.foundation.words import plural
from pipeline.leakage.findings import Finding
from pipeline.leakage.parts import PARTS, Parts

CHECK = "classes that were merged"


def merged_parts(parts: Parts, merged: tuple[str, ...], into: str) -> Parts:
    """Return the samples with the classes that the head is asked for; a cell of several labels stays as it came."""
    if not merged or parts.head != "classify":
        return parts
    keys = parts.keys.with_columns(pl.col("target").cast(pl.String).replace(list(merged), into))
    return replace(parts, keys=keys)


def merged_classes(parts: Parts, merged: tuple[str, ...], into: str) -> list[Finding]:
    """Return which share of each part the common class has, for a score counts it as one."""
    if not merged:
        return []
    count = plural(len(merged), "rare class", "rare classes")
    are = "is" if len(merged) == 1 else "are"
    told = f"{count} {are} read as {into!r}, so the score does not tell them apart"
    if parts.head == "classify":
        is_into = (parts.keys["target"] == into).fill_null(value=False).to_numpy()
        shares = [f"{is_into[parts.of(name)].mean():.1%} of {name}" for name in PARTS if parts.of(name).any()]
        told = f"{told}; it is {', '.join(shares)}"
    return [
        Finding(check=CHECK, severity="note", sentence=told, count=len(merged), examples=tuple(merged[:5]))
    ]
