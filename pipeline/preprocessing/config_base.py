"""What every kind of preprocessing has in common."""

from typing import Literal

from pydantic import field_validator

from pipeline.foundation.section import Section
from pipeline.preprocessing.config_split import SplitConfig


class PreprocessingBase(Section):
    """Split, scale, and what is known of a sample as a whole."""

    split: SplitConfig = SplitConfig()
    """How samples are divided."""

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
