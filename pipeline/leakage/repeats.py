"""Samples that stand in two parts, exactly or nearly."""

import numpy as np

from pipeline.leakage.clusters import Ints
from pipeline.leakage.findings import Finding, Severity
from pipeline.leakage.parts import PARTS, Parts

LEAK_FROM = 0.001
"""From this share of the test samples on, copies in train move a score in its third digit."""

EXAMPLES = 3


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
    found = [_finding(parts, "exact duplicates across parts", "are the same as", first, ranks, said=said)]
    if coarse and found[0].severity != "none":
        found = [found[0].model_copy(update={"severity": "note", "sentence": _natural(found[0])})]
    if near is None:
        return found
    again = _earlier(near, ranks)
    again[first >= 0] = -1
    return [
        *found,
        _finding(parts, "near duplicates across parts", "are nearly the same as", again, ranks, said=said),
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


def _finding(parts: Parts, check: str, verb: str, first: Ints, ranks: Ints, *, said: str) -> Finding:
    again = np.flatnonzero(first >= 0)
    again = again[np.argsort(-ranks[again], kind="stable")]  # test first
    judged, tests = int((ranks > 0).sum()), int((ranks == 2).sum())
    in_test = int((ranks[again] == 2).sum())
    if not len(again):
        is_same = verb.replace("are", "is", 1)
        sentence = f"none of {judged:,} val and test samples {is_same} one of an earlier part{said}"
        return Finding(check=check, severity="none", sentence=sentence, of=judged)
    severity: Severity = "leak" if in_test and in_test >= LEAK_FROM * tests else "warning"
    where = (
        f"{in_test:,} of {tests:,} test samples" if in_test else f"{len(again):,} of {judged:,} val samples"
    )
    return Finding(
        check=check,
        severity=severity,
        sentence=f"{where} {verb} one that trains or chooses the epoch{said}; take them out of one part, or divide "
        f"with preprocessing.split.duplicates=together",
        count=in_test or len(again),
        of=tests if in_test else judged,
        examples=tuple(
            f"{parts.example(place)} = {parts.example(first[place])}" for place in again[:EXAMPLES]
        ),
    )
