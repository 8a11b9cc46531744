"""How clean rows become streams: the section ``preprocessing`` of ``params.yaml``."""

from typing import Annotated

from pydantic import Field

from pipeline.preprocessing.config_media import ClipsConfig, ImagesConfig, SoundConfig
from pipeline.preprocessing.config_rows import TableConfig, TextConfig
from pipeline.preprocessing.config_series import WholeConfig, WindowsConfig
from pipeline.preprocessing.config_split import SplitConfig

__all__ = [
    "ClipsConfig", "ImagesConfig", "PreprocessingConfig", "SoundConfig", "SplitConfig", "TableConfig",
    "TextConfig", "WholeConfig", "WindowsConfig",
]  # fmt: skip

PreprocessingConfig = Annotated[
    WindowsConfig | WholeConfig | ImagesConfig | TextConfig | TableConfig | ClipsConfig | SoundConfig,
    Field(discriminator="kind"),
]
