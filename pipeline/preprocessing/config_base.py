"""What every kind of preprocessing has in common."""

from typing import Literal

from pipeline.foundation.section import Section
from pipeline.preprocessing.config_split import SplitConfig


class PreprocessingBase(Section):
    """Split and scale."""

    split: SplitConfig = SplitConfig()
    """How samples are divided."""

    scale: Literal["standard", "minmax", "none"] = "standard"
    """`standard`: mean 0, deviation 1; `minmax`: 0 to 1; always fitted on the training split only."""
