"""Samples that stand in two parts, exactly or nearly."""

import numpy as np

from pipeline.leakage.clusters import Ints
from pipeline.leakage.findings import Finding, Severity
from pipeline.leakage.parts import PARTS, Parts

LEAK_FROM = 0.001
"""From this share of the test samples on, copies in train move a score in its third digit."""

EXAMPLES = 3
TEST = 2


def repeats(
    parts: Parts, exact: Ints, near: Ints | None, *, said: str, coarse: bool = False
) -> list[Finding]:
    """Return what was found about samples of val and test that repeat one of an earlier part.

    Args:
        parts: The samples.
        exact: A number per sample, the same for equal ones; -1: not compared.
        near: As ``exact``, for those that are nearly the same; None: not looked for.
        said: What to add about how the check was made.
        coarse: Whether samples hold so little that many are the same by nature, without being copies.
    """
    ranks = (
        parts.keys["split"]
        .replace_strict(dict(zip(PARTS, range(3), strict=True)))
        .to_numpy()
        .astype(np.int64)
    )
    first = _earlier(exact, ranks)
    found = [_finding(parts, "exact duplicates across parts", "the same as", first, ranks, said=said)]
    if coarse and found[0].severity != "none":
        found = [found[0].model_copy(update={"severity": "note", "sentence": _natural(found[0])})]
    if near is None:
        return found
    again = _earlier(near, ranks)
    again[first >= 0] = -1
    return [
        *found,
        _finding(parts, "near duplicates across parts", "nearly the same as", again, ranks, said=said),
    ]


def _natural(found: Finding) -> str:
    return (
        f"{found.count:,} of {found.of:,} samples hold the same values as one of an earlier part, as most samples here "
        f"do: so few values tell them apart that copies cannot be told from chance"
    )


def _earlier(keys: Ints, ranks: Ints) -> Ints:
    """Return for each sample of val and test one of an earlier part with the same key, or -1."""
    order = np.lexsort((ranks, keys))
    starts = np.r_[True, np.diff(keys[order]) != 0]
    leader = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
    found = np.full(len(keys), -1, np.int64)
    later = (ranks[order] > ranks[leader]) & (keys[order] >= 0)
    found[order[later]] = leader[later]
    return found


def _finding(parts: Parts, check: str, alike: str, first: Ints, ranks: Ints, *, said: str) -> Finding:
    again = np.flatnonzero(first >= 0)
    again = again[np.argsort(-ranks[again], kind="stable")]  # test first
    if not len(again):
        judged = int((ranks > 0).sum())
        sentence = f"none of {judged:,} val and test samples is {alike} one of an earlier part{said}"
        return Finding(check=check, severity="none", sentence=sentence, of=judged)
    part = int(ranks[again[0]])
    count, of = int((ranks[again] == part).sum()), int((ranks == part).sum())
    many = count >= LEAK_FROM * of
    severity: Severity = ("leak" if many else "warning") if part == TEST else ("warning" if many else "note")
    other = "that trains or chooses the epoch" if part == TEST else "that trains"
    verb = "is" if count == 1 else "are"
    return Finding(
        check=check,
        severity=severity,
        sentence=f"{count:,} of {of:,} {PARTS[part]} samples {verb} {alike} one {other}{said}; "
        f"take them out of one part, or divide with preprocessing.split.duplicates=together",
        count=count,
        of=of,
        examples=tuple(
            f"{parts.example(place)} = {parts.example(first[place])}" for place in again[:EXAMPLES]
        ),
    )
