"""How samples are divided: the section ``preprocessing.split`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, model_validator

from pipeline.foundation.section import Section

Amount = Annotated[float | int, Field(ge=0, allow_inf_nan=False)]


class SplitConfig(Section):
    """Which samples train, choose the epoch, and judge."""

    kind: Literal["time", "group", "stratified", "given", "folds", "leave_one_out", "walk", "random"] = (
        "stratified"
    )
    """`time`: past, then present, then future; `group`: whole groups on one side; `stratified`: equal class
    shares; `given`: the source says which; `folds`: k parts, one of which tests (`folds_of` says of what);
    `leave_one_out`: one group tests; `walk`: the test part walks forward in time; `random`: by chance,
    whatever leaks (only to measure how much)."""

    train: Amount | None = None
    """Share below 1, or a number of time steps (`time` only) from the start; None: what the others leave."""

    val: Amount = 0.15
    """Share below 1, or a number of time steps (`time` only)."""

    test: Amount = 0.2
    """Share below 1, or a number of time steps (`time` only)."""

    folds: Annotated[int, Field(ge=2)] = 5
    """Parts of `folds`, or test parts one after the other of `walk`."""

    fold: NonNegativeInt = 0
    """Which of them tests, counted from 0; for `leave_one_out` which group, in the order of their names."""

    folds_of: Literal["groups", "time"] = "groups"
    """`folds` are of whole `groups` where there are any, or blocks of `time` although there are groups. Without groups
    they are blocks of time where there are times, and of a series always; else by class. A block of a series stands
    for itself: no window reaches over its edge, and nothing is filled, changed or smoothed over it."""

    history: Literal["expanding", "sliding"] = "expanding"
    """`walk`: training begins at the first time step, or keeps its length and moves along."""

    purge: NonNegativeInt = 0
    """Time steps left out between train and val and between val and test (of `folds` by time before and after both):
    what is known of a sample may reach that far."""

    embargo: NonNegativeInt = 0
    """Time steps left out of training, beside the purge, after a val or test part that later training data follow
    (`folds` by time)."""

    duplicates: Literal["together", "ignore", "refuse"] = "together"
    """Samples that are (nearly) the same: kept on one side, left where they fall, or a reason to stop."""

    similarity: Annotated[float, Field(gt=0.0, le=1.0)] = 0.9
    """From which likeness on, between 0 and 1, samples count as nearly the same."""

    @property
    def by_groups(self) -> bool:
        """Whether groups decide, where there are any."""
        folds_of_groups = self.kind == "folds" and self.folds_of == "groups"
        return self.kind in ("group", "leave_one_out") or folds_of_groups

    @property
    def by_time(self) -> bool:
        """Whether it cannot be without times."""
        return self.kind in ("time", "walk") or (self.kind == "folds" and self.folds_of == "time")

    @model_validator(mode="after")
    def _shares_fit(self) -> "SplitConfig":
        parts = {"train": self.train, "val": self.val, "test": self.test}
        counts = [name for name, part in parts.items() if part is not None and part >= 1]
        if counts and self.kind != "time":
            raise ValueError(
                f"preprocessing.split.{counts[0]}={parts[counts[0]]} counts time steps, which needs "
                f"preprocessing.split.kind=time; with kind={self.kind} give a share below 1"
            )
        total = sum(part for part in parts.values() if part is not None and part < 1)
        if not counts and total > 1 + 1e-9:
            raise ValueError(
                f"preprocessing.split.train, val and test add up to {total:g}; they may add up to 1 at most"
            )
        if not self.val or not self.test:
            raise ValueError(
                f"preprocessing.split.val={self.val} and preprocessing.split.test={self.test}: both must be "
                f"above 0, one chooses the epoch and the other judges"
            )
        if self.kind in ("folds", "walk") and self.fold >= self.folds:
            raise ValueError(
                f"preprocessing.split.fold={self.fold} is counted from 0, and there are "
                f"preprocessing.split.folds={self.folds}; the last is {self.folds - 1}"
            )
        return self
