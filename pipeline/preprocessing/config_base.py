"""What every kind of preprocessing has in common."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, field_validator

from pipeline.foundation.section import Section
from pipeline.preprocessing.config_split import SplitConfig


class RareClassesConfig(Section):
    """Classes, or labels, of which training has too few samples to learn from."""

    fewest: NonNegativeInt = 0
    """A class with fewer training samples is read as `into` in every part, and so is one that training never sees; 0:
    every class stands for itself."""

    into: Annotated[str, Field(min_length=1)] = "other"
    """Name of the class that they become; where the data have a class of that name, they join it."""

    @field_validator("fewest")
    @classmethod
    def _has_something_to_learn(cls, fewest: int) -> int:
        if fewest == 1:
            raise ValueError(
                "preprocessing.rare_classes.fewest=1 merges only classes that training never sees, so nothing could be "
                "learnt of what they become; use 0 (nothing is merged), or 2 and more"
            )
        return fewest


class PreprocessingBase(Section):
    """Split, scale, and what is known of a sample as a whole."""

    split: SplitConfig = SplitConfig()
    """How samples are divided."""

    rare_classes: RareClassesConfig = RareClassesConfig()
    """Whether rare classes are merged."""

    scale: Literal["standard", "minmax", "none"] = "standard"
    """`standard`: mean 0, deviation 1; `minmax`: 0 to 1; always fitted on the training split only."""

    static: tuple[str, ...] = ()
    """Columns with one value per sample (an age, a sex; of a window that of its last step) that the network joins just
    before the head instead of reading them step by step. Numbers are scaled, words become 0/1 columns."""

    static_missing: Literal["mask", "mean", "refuse"] = "mask"
    """Empty cells of static columns: the training mean, and for a number with holes in training a column that says
    where it is known; the mean alone; or stop. An empty word is a word of its own if training has it."""

    @field_validator("static")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is named more than once; name each column once")
        return names
