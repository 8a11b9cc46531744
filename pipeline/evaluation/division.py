"""How the data were divided, in words: what the test score is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

WORDS = {
    "time": ("split by time", "by time: what comes later tests what was learnt from the past"),
    "walk": (
        "split by time",
        "walking forward in time: what comes later tests what was learnt from the past",
    ),
    "group": ("split by group", "by group: the groups of the test split were never trained on"),
    "leave_one_out": ("one group left out", "one group left out: it alone tests, and was never trained on"),
    "stratified": ("stratified split", "by chance, with equal shares of the classes"),
    "given": ("split as given", "as the source gives it"),
    "folds": ("one fold of several", "into parts of equal size, one of which tests"),
    "random": ("split by chance", "by chance, whatever leaks: this shows how much a leak inflates the score"),
}
"""Kind of the split → a few words, and a clause."""

FOLDS = {
    "time": ("by time", "blocks of time", "train and val lie around it"),
    "groups": ("by group", "parts of whole groups", "its groups were never trained on"),
    "samples": ("of single samples", "parts of equal size", "the others train and choose the epoch"),
}
"""What folds are made of → a few words, what they are, and what that means for the one that tests."""


@dataclass(frozen=True)
class Division:
    """The kind of the split, and how many samples each part has."""

    kind: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    fold: int | None = None
    """Which of ``folds`` tests, from 0; None: there are none."""

    folds: int | None = None
    folds_of: str | None = None
    """`time`, `groups` or `samples`: what folds are made of."""

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Self:
        """Return what the report of preprocess says of the split."""
        return cls(report["split"], report["counts"], report["fold"], report["folds"], report["folds_of"])

    @property
    def is_by_time(self) -> bool:
        """Whether the test split lies at other times than the training split, so that both have the same groups."""
        return self.kind in ("time", "walk") or self.folds_of == "time"

    @property
    def is_by_group(self) -> bool:
        """Whether the score is about groups that were never trained on."""
        return self.kind in ("group", "leave_one_out") or self.folds_of == "groups"

    @property
    def short(self) -> str:
        """Return a few words for the line under the title; nothing if the kind is not known."""
        if self.folds_of is not None:
            return f"fold {self._which} {FOLDS[self.folds_of][0]}"
        few = WORDS.get(self.kind, ("", ""))[0]
        return f"{few}, part {self._which}" if self.fold is not None else few

    @property
    def sentence(self) -> str:
        """Return how it was divided, and the sizes."""
        order = [split for split in ("train", "val", "test") if split in self.counts]
        sizes = ", ".join(f"{self.counts[split]:,} {split}" for split in order)
        return f"{self._how}; {sizes} samples" if sizes else self._how

    @property
    def _how(self) -> str:
        if self.folds_of is not None and self.fold is not None:
            _, parts, means = FOLDS[self.folds_of]
            return f"into {self.folds} {parts}, of which number {self.fold + 1} tests: {means}"
        how = WORDS.get(self.kind, ("", self.kind))[1]
        return how if self.fold is None else f"{how} (part {self._which})"

    @property
    def _which(self) -> str:
        return f"{(self.fold or 0) + 1} of {self.folds}"


UNKNOWN = Division()
