"""How the data were divided, in words: what the test score is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Division:
    """The kind of the split, and how many samples each part has."""

    kind: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_by_time(self) -> bool:
        """Whether the test split comes after the training split, so that both have the same groups."""
        return self.kind in ("time", "walk")

    @property
    def is_by_group(self) -> bool:
        """Whether the score is about groups that were never trained on."""
        return self.kind in ("group", "leave_one_out")

    @property
    def short(self) -> str:
        """Return a few words for the line under the title; nothing if the kind is not known."""
        return WORDS.get(self.kind, ("", ""))[0]

    @property
    def sentence(self) -> str:
        """Return how it was divided, and the sizes."""
        order = [split for split in ("train", "val", "test") if split in self.counts]
        sizes = ", ".join(f"{self.counts[split]:,} {split}" for split in order)
        how = WORDS.get(self.kind, ("", self.kind))[1]
        return f"{how}; {sizes} samples" if sizes else how


UNKNOWN = Division()
